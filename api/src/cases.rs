//! Public views of a case.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use case_ledger::audit::Entry;
use case_ledger::names::{Seq, Stream};
use case_ledger::record::Header;
use case_projections::as_of::AsOf;
use case_projections::audience::Audience;
use case_projections::names::Names;
use case_projections::progress::Progress;
use case_projections::timeline::Timeline;
use tokio::time::Instant;

use crate::app::App;
use crate::problem::Problem;
use crate::tree::parameters;
use crate::wire::json;

type Asked = Result<Path<String>, PathRejection>;

/// The progress of a case, as anybody may see it: one sentence, its state, whose turn it is.
///
/// `?as_of=SIZE` asks how it stood when the log had that many entries. Cases that are not public are answered exactly like
/// cases that do not exist.
pub(crate) async fn progress(
    State(app): State<Arc<App>>,
    number: Asked,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let case = open_case(app, number, query).await?;
    Ok(json(StatusCode::OK, &case.progress.view(Audience::Public, &case.names, case.as_of)))
}

/// The timeline of a case, as anybody may see it: one moment for each entry, redacted.
///
/// `?as_of=SIZE` asks how it stood when the log had that many entries. Cases that are not public are answered exactly like
/// cases that do not exist.
pub(crate) async fn timeline(
    State(app): State<Arc<App>>,
    number: Asked,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let case = open_case(app, number, query).await?;
    Ok(json(StatusCode::OK, &Timeline::fold(&case.entries).view(Audience::Public, case.as_of)))
}

struct OpenCase {
    as_of: AsOf,
    entries: Vec<Entry>,
    progress: Progress,
    names: Names,
}

/// A case that anybody may see. That it is not one, is said no sooner than a while after the question: looking an unknown case up
/// takes less time than looking at one that is not public, and the difference would tell.
async fn open_case(
    app: Arc<App>,
    number: Asked,
    query: Option<String>,
) -> Result<OpenCase, Problem> {
    let not_before = Instant::now() + app.config.unknown_case_after;
    let found = tokio::task::spawn_blocking(move || look_up(&app, number, query.as_deref()));
    let found = found.await.unwrap_or(Err(Problem::Internal));
    if matches!(found, Err(Problem::UnknownCase)) {
        tokio::time::sleep_until(not_before).await;
    }
    found
}

fn look_up(app: &App, number: Asked, query: Option<&str>) -> Result<OpenCase, Problem> {
    let [size] = parameters(query, ["as_of"])?;
    let as_of = as_of(app, size)?;
    let stream =
        number.ok().and_then(|Path(number)| Stream::case(&number)).ok_or(Problem::UnknownCase)?;
    let entries = app.store.stream_entries(&stream, Some(as_of.size))?;
    let progress = Progress::fold(&entries);
    let index = app.index.look(&app.store)?;
    if !index.is_open(&progress) {
        return Err(Problem::UnknownCase);
    }
    let names = index.names(&progress, as_of.size);
    Ok(OpenCase { as_of, entries, progress, names })
}

/// The tree that an answer is true of: the newest, or the one of an earlier size.
pub(crate) fn as_of(app: &App, size: Option<u64>) -> Result<AsOf, Problem> {
    let (newest, recorded_at) = app.store.checkpoint().ok_or(Problem::NotFounded)?;
    let head = newest.checkpoint.head;
    let Some(size) = size.filter(|size| *size != head.size) else {
        return Ok(AsOf::new(head, recorded_at));
    };
    if size > head.size {
        return Err(Problem::BeyondTheLog);
    }
    let last = size.checked_sub(1).ok_or(Problem::Parameter("as_of"))?;
    let head = app.store.head_at(size).ok_or(Problem::Internal)?;
    let record = app.store.record(Seq(last))?.ok_or(Problem::Internal)?;
    let header = Header::decode(&record.header).ok_or(Problem::Internal)?;
    Ok(AsOf::new(head, header.time()))
}
