//! Whether the process lives, and whether it takes entries.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use case_ledger_store::Unavailable;
use serde::Serialize;

use crate::app::App;
use crate::problem::read_only_code;
use crate::wire::json;

/// The process lives and answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether entries are taken; if not, 503 and the reasons. Reading may well go on all the same.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let size = app.store.size();
    let reasons: Vec<_> = app.obstacles().into_iter().flat_map(codes).collect();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &Readiness { writable: reasons.is_empty(), founded: size > 0, size, reasons })
}

fn codes(obstacle: Unavailable) -> Vec<&'static str> {
    match obstacle {
        Unavailable::ReadOnly(reason) => vec!["read_only", read_only_code(reason)],
        Unavailable::Poisoned => vec!["write_failed"],
        Unavailable::ShuttingDown => vec!["shutting_down"],
        Unavailable::QueueFull => vec!["queue_full"],
        Unavailable::Clock(_) => vec!["clock_fault"],
        Unavailable::Damaged { .. } => vec!["log_damaged"],
    }
}

#[derive(Debug, Serialize)]
struct Readiness {
    writable: bool,
    founded: bool,
    size: u64,
    reasons: Vec<&'static str>,
}
