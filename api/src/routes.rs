//! Every URL on one page.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use case_ledger_store::Store;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::config::Config;
use crate::problem::Problem;
use crate::{actions, batch, cases, edge, entries, health, removals, tree};

/// The HTTP face of a ledger, for whoever brings a server of their own. [`crate::serve()`] is the product's.
pub fn router(store: Arc<Store>, config: Config) -> Router {
    // Nobody will say that it is going down: the sender may go.
    let (_, closing) = watch::channel(false);
    with_closing(store, config, closing)
}

pub(crate) fn with_closing(
    store: Arc<Store>,
    config: Config,
    closing: watch::Receiver<bool>,
) -> Router {
    let app = Arc::new(App::new(store, config, closing));
    Router::new()
        // What goes in.
        .route("/v1/actions", post(actions::submit))
        .route("/v1/actions/batch", post(batch::submit))
        // What the public sees of cases.
        .route("/v1/cases/{number}", get(cases::progress))
        .route("/v1/cases/{number}/timeline", get(cases::timeline))
        .route("/v1/removals", get(removals::removals))
        // The log and its proofs.
        .route("/v1/ledger", get(tree::ledger))
        .route("/v1/entries/{seq}", get(entries::entry))
        .route("/v1/entries/{seq}/proof", get(entries::proof))
        .route("/v1/consistency", get(tree::consistency))
        .route("/checkpoint", get(tree::checkpoint))
        // For operators.
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        // Everything else is a problem too.
        .fallback(async || Problem::NoSuchPlace)
        .method_not_allowed_fallback(async || Problem::Method)
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(axum::middleware::from_fn_with_state(app.clone(), edge::around))
        .with_state(app)
}

/// A panic is a fault of ours. What it said may hold anything, so it stays in the operator's log.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn after_panic(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = said.unwrap_or("without words"), "a handler panicked");
    Problem::Internal.into_response()
}
