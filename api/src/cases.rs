//! Public views of a case.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use case_ledger::audit::Entry;
use case_ledger::names::{Seq, Stream};
use case_ledger::record::Header;
use case_projections::as_of::{AsOf, LedgerClock};
use case_projections::audience::Audience;
use case_projections::progress::{Progress, ProgressView};
use case_projections::timeline::{Timeline, TimelineView};
use serde::Serialize;
use tokio::time::Instant;

use crate::app::App;
use crate::problem::Problem;
use crate::query::{FROM_ONE, Page, parameters};
use crate::wire::json;

type Asked = Result<Path<String>, PathRejection>;

/// The progress of a case, as anybody may see it: one sentence, its state, whose turn it is.
///
/// `?as_of=SIZE` asks how it stood when the log had that many entries. Cases that are not public are answered exactly like
/// cases that do not exist; of one that was and is hidden, that it is, since when and why.
pub(crate) async fn progress(
    State(app): State<Arc<App>>,
    number: Asked,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let view = open_case(app, move |app| {
        let [size] = parameters(query.as_deref(), &[("as_of", FROM_ONE)])?;
        look_up_progress(app, number, size)
    });
    Ok(json(StatusCode::OK, &view.await?))
}

/// The timeline of a case, as anybody may see it: one moment for each entry up to the case's end, redacted.
///
/// `?as_of=SIZE` asks how it stood when the log had that many entries. A long timeline comes in pages: `?from=` is the number of
/// the first entry, `?limit=` how many there are at most, 100 if absent; `next` is the address of the page that follows. Cases
/// that are not public are answered exactly like cases that do not exist.
pub(crate) async fn timeline(
    State(app): State<Arc<App>>,
    number: Asked,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let view = open_case(app, move |app| {
        let [size, from, limit] =
            parameters(query.as_deref(), &[("as_of", FROM_ONE), Page::FROM, Page::LIMIT])?;
        look_up_timeline(app, number, size, Page::new(from, limit))
    });
    Ok(json(StatusCode::OK, &view.await?))
}

/// Looks up a case that anybody may see. That it is not one, is said no sooner than a while after the question: what is left
/// between looking an unknown case up and looking at one that is not public must not tell them apart.
async fn open_case<T: Send + 'static>(
    app: Arc<App>,
    look_up: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let not_before = Instant::now() + app.config.unknown_case_after;
    let found = tokio::task::spawn_blocking(move || look_up(&app));
    let found = found.await.unwrap_or(Err(Problem::Internal));
    if matches!(found, Err(Problem::UnknownCase)) {
        tokio::time::sleep_until(not_before).await;
    }
    found
}

fn look_up_progress(app: &App, number: Asked, size: Option<u64>) -> Result<ProgressView, Problem> {
    let as_of = as_of(app, size)?;
    let stream = case_stream(number)?;
    let known = app.public.case(&app.store, &stream)?;
    let entries = read(app, known.places.iter().take(known.length_at(as_of.size)))?;
    let index = app.public.look(&app.store)?;
    let hidden = index.out_of_sight(&app.store, &stream);
    let progress = entries.iter().fold(Progress::default(), |progress, entry| {
        if hidden.touches(entry) { progress.after_hidden(entry) } else { progress.after(entry) }
    });
    progress.case.as_ref().ok_or(Problem::UnknownCase)?;
    let names = index.names(&progress, as_of.size);
    Ok(progress.view(Audience::Public, &names, as_of))
}

#[derive(Debug, Serialize)]
struct TimelinePage {
    #[serde(flatten)]
    timeline: TimelineView,
    /// Where the next page is, if there is one.
    next: Option<String>,
}

fn look_up_timeline(
    app: &App,
    number: Asked,
    size: Option<u64>,
    page: Page,
) -> Result<TimelinePage, Problem> {
    let as_of = as_of(app, size)?;
    let stream = case_stream(number)?;
    let known = app.public.case_with_sights(&app.store, &stream)?;
    let length = known.length_at(as_of.size);
    if length == 0 {
        return Err(Problem::UnknownCase);
    }
    let shown = known.shown(length).map(|(number, place)| (number, (number, place)));
    let (here, next) = page.of(shown);
    let before = here.first().and_then(|(number, _)| known.sight(*number));
    let entries = read(app, here.iter().map(|(_, place)| place))?;
    let index = app.public.look(&app.store)?;
    let hidden = index.out_of_sight(&app.store, &stream);
    let part = Timeline::part(before.map(|(ending, _)| ending).unwrap_or_default());
    let mut timeline = part.with(&entries).without(&hidden).view(Audience::Public, as_of);
    timeline.stream = Some(stream.to_string());
    // Later pages are of the same tree, so that no entry comes twice or not at all.
    let next = next.map(|from| {
        let (number, limit, size) = (stream.id(), page.limit, as_of.size);
        format!("/v1/cases/{number}/timeline?from={from}&limit={limit}&as_of={size}")
    });
    Ok(TimelinePage { timeline, next })
}

fn case_stream(number: Asked) -> Result<Stream, Problem> {
    number.ok().and_then(|Path(number)| Stream::case(&number)).ok_or(Problem::UnknownCase)
}

fn read<'p>(app: &App, places: impl Iterator<Item = &'p u64>) -> Result<Vec<Entry>, Problem> {
    let entries = places.map(|place| app.public.streams.entry(&app.store, *place));
    Ok(entries.collect::<Result<_, _>>()?)
}

/// The tree that an answer is true of: the newest, or the one of an earlier size.
pub(crate) fn as_of(app: &App, size: Option<u64>) -> Result<AsOf, Problem> {
    let (newest, recorded_at) = app.store.checkpoint().ok_or(Problem::NotFounded)?;
    let clock = LedgerClock::of(&app.store.registry());
    let head = newest.checkpoint.head;
    let Some(last) = size.filter(|size| *size != head.size).map(|size| size.saturating_sub(1))
    else {
        return Ok(AsOf::new(head, recorded_at).by(clock));
    };
    if last >= head.size {
        return Err(Problem::BeyondTheLog);
    }
    let head = app.store.head_at(last + 1).ok_or(Problem::Damaged)?;
    let record = app.store.record(Seq(last))?.ok_or(Problem::Damaged)?;
    let header = Header::decode(&record.header).ok_or(Problem::Damaged)?;
    Ok(AsOf::new(head, header.time()).by(clock))
}
