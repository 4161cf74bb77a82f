//! What was hidden, restricted or removed: when, on what ground, on whose demand.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use case_projections::as_of::AsOf;
use case_projections::removals::{RemovalView, target_of};
use serde::Serialize;

use crate::app::App;
use crate::cases::as_of;
use crate::problem::Problem;
use crate::publicity;
use crate::query::{Page, parameters};
use crate::wire::json;

#[derive(Debug, Serialize)]
struct RemovalsPage {
    as_of: AsOf,
    removals: Vec<RemovalView>,
    /// Where the next page is, if there is one.
    next: Option<String>,
}

/// Everything that was taken out of sight or brought back, in order. What it was is said where that it exists is public.
///
/// It comes in pages like a timeline: `?from=`, `?limit=`, `next`.
pub(crate) async fn removals(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let look = move || {
        let [from, limit] = parameters(query.as_deref(), &[Page::FROM, Page::LIMIT])?;
        Ok(json(StatusCode::OK, &page(&app, Page::new(from, limit))?))
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(Err(Problem::Internal))
}

fn page(app: &App, page: Page) -> Result<RemovalsPage, Problem> {
    let as_of = as_of(app, None)?;
    let known = app.public.streams.stream(&app.store, &publicity::removals())?.unwrap_or_default();
    let length = known.length_at(as_of.size);
    let (here, next) = page.of((1..).zip(known.places.iter().take(length)));
    let mut removals = Vec::with_capacity(here.len());
    for place in here {
        let entry = app.public.streams.entry(&app.store, *place)?;
        let tells_target = match target_of(&entry) {
            Some(target) => app.public.is_public(&app.store, target)?,
            None => false,
        };
        removals.push(RemovalView::of(&entry, tells_target));
    }
    let next = next.map(|from| format!("/v1/removals?from={from}&limit={}", page.limit));
    Ok(RemovalsPage { as_of, removals, next })
}
