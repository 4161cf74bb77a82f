//! The log as a whole: who it is, its newest checkpoint, and that one size of it extends another.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use case_ledger::checkpoint::ledger_note_key;
use case_ledger::hash::Sha256Hash;
use case_ledger::tree::TreeHead;
use case_projections::as_of::LedgerClock;
use serde::Serialize;

use crate::app::App;
use crate::problem::Problem;
use crate::query::{ANY, QueryFault, parameters};
use crate::wire::{as_text, as_texts, json};

/// The newest checkpoint, a C2SP signed note. Its `ETag` is the root hash.
pub(crate) async fn checkpoint(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (newest, _) = app.store.checkpoint().ok_or(Problem::NotFounded)?;
    let tag = format!("\"{}\"", newest.checkpoint.head.root);
    let known = is_known(&headers, &tag);
    // Long enough that a crowd asks a cache and not us; short enough that a receipt is under the next one soon.
    let fields = [(ETAG, tag), (CACHE_CONTROL, "public, max-age=5".to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, fields).into_response());
    }
    Ok((fields, [(CONTENT_TYPE, "text/plain; charset=utf-8")], newest.to_text()).into_response())
}

/// Whether the client holds what has this tag (RFC 9110 section 13.1.2, weak comparison).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let fields = headers.get_all(IF_NONE_MATCH).iter().filter_map(|field| field.to_str().ok());
    let mut tags = fields.flat_map(|field| field.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The proof that the log of `?to=` entries (the newest size if absent) extends the log of `?from=` entries.
pub(crate) async fn consistency(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let [from, to] = parameters(query.as_deref(), &[("from", ANY), ("to", ANY)])?;
    let from = from.ok_or(QueryFault::Missing("from"))?;
    let look = move || {
        let (newest, _) = app.store.checkpoint().ok_or(Problem::NotFounded)?;
        let newest_size = newest.checkpoint.head.size;
        let to = to.unwrap_or(newest_size);
        if from > to || to > newest_size {
            return Err(Problem::BeyondTheLog);
        }
        let proof = app.store.consistency(from, to).ok_or(Problem::Damaged)?;
        let head = |size| app.store.head_at(size).ok_or(Problem::Damaged);
        let shown = ConsistencyShown {
            from: head(from)?.into(),
            to: head(to)?.into(),
            proof,
            checkpoint: (to == newest_size).then(|| newest.to_text()),
            clock: app.clock(),
        };
        Ok(json(StatusCode::OK, &shown))
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(Err(Problem::Internal))
}

/// Who this ledger is: its origin, the key that signs its checkpoints, where its time comes from, how long it is.
pub(crate) async fn ledger(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let registry = app.store.registry();
    let (origin, key) = registry.origin().zip(registry.ledger_key()).ok_or(Problem::NotFounded)?;
    let shown = LedgerShown {
        origin: origin.as_str(),
        vkey: ledger_note_key(origin, key).to_vkey(),
        clock: LedgerClock::of(&registry),
        size: app.store.size(),
    };
    Ok(json(StatusCode::OK, &shown))
}

#[derive(Debug, Serialize)]
struct LedgerShown<'a> {
    origin: &'a str,
    vkey: String,
    clock: LedgerClock,
    size: u64,
}

#[derive(Debug, Serialize)]
struct ConsistencyShown {
    from: HeadShown,
    to: HeadShown,
    #[serde(serialize_with = "as_texts")]
    proof: Vec<Sha256Hash>,
    /// The signed note over `to`; absent for any but the newest size.
    checkpoint: Option<String>,
    clock: LedgerClock,
}

#[derive(Debug, Serialize)]
struct HeadShown {
    size: u64,
    #[serde(serialize_with = "as_text")]
    root: Sha256Hash,
}

impl From<TreeHead> for HeadShown {
    fn from(head: TreeHead) -> Self {
        Self { size: head.size, root: head.root }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_a_list_or_weakly() {
        for (field, known) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, field.parse().unwrap());
            assert_eq!(is_known(&headers, "\"a\""), known, "{field}");
        }
    }
}
