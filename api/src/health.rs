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
    let mut reasons = Vec::new();
    match app.unavailable() {
        None => {}
        Some(Unavailable::ReadOnly(reason)) => {
            reasons.extend(["read_only", read_only_code(reason)]);
        }
        Some(Unavailable::Poisoned) => reasons.push("write_failed"),
        Some(Unavailable::ShuttingDown) => reasons.push("shutting_down"),
        Some(Unavailable::QueueFull) => reasons.push("queue_full"),
        Some(Unavailable::Clock(_)) => reasons.push("clock_fault"),
        Some(Unavailable::Damaged { .. }) => reasons.push("log_damaged"),
    }
    if app.has_clock_fault() {
        reasons.push("clock_fault");
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &Readiness { writable: reasons.is_empty(), founded: size > 0, size, reasons })
}

#[derive(Debug, Serialize)]
struct Readiness {
    writable: bool,
    founded: bool,
    size: u64,
    reasons: Vec<&'static str>,
}
