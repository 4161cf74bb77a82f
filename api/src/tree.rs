//! The log as a whole: who it is, its newest checkpoint, and that one size of it extends another.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use case_ledger::checkpoint::ledger_note_key;
use case_ledger::hash::Sha256Hash;
use case_ledger::tree::TreeHead;
use serde::Serialize;

use crate::app::App;
use crate::problem::Problem;
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
    let [from, to] = parameters(query.as_deref(), ["from", "to"])?;
    let from = from.ok_or(Problem::Parameter("from"))?;
    let look = move || {
        let (newest, _) = app.store.checkpoint().ok_or(Problem::NotFounded)?;
        let newest_size = newest.checkpoint.head.size;
        let to = to.unwrap_or(newest_size);
        let proof = app.store.consistency(from, to).ok_or(Problem::BeyondTheLog)?;
        let head = |size| app.store.head_at(size).ok_or(Problem::Internal);
        let shown = ConsistencyShown {
            from: head(from)?.into(),
            to: head(to)?.into(),
            proof,
            checkpoint: (to == newest_size).then(|| newest.to_text()),
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
        clock: if registry.has_simulated_clock() { "simulated" } else { "real" },
        size: app.store.size(),
    };
    Ok(json(StatusCode::OK, &shown))
}

#[derive(Debug, Serialize)]
struct LedgerShown<'a> {
    origin: &'a str,
    vkey: String,
    clock: &'static str,
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

/// The numbers that a query gives to these parameters, each at most once, and no others: a misspelt parameter must not be
/// answered as if it had not been there.
pub(crate) fn parameters<const N: usize>(
    query: Option<&str>,
    names: [&'static str; N],
) -> Result<[Option<u64>; N], Problem> {
    let mut values = [None; N];
    for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let fault = Problem::Parameter(
            names
                .iter()
                .find(|known| **known == name)
                .or(names.first())
                .copied()
                .unwrap_or("query"),
        );
        let slot =
            names.iter().zip(&mut values).find(|(known, _)| **known == name).map(|(_, slot)| slot);
        match (slot, decimal(value)) {
            (Some(slot @ None), Some(number)) => *slot = Some(number),
            (Some(_) | None, _) => return Err(fault),
        }
    }
    Ok(values)
}

/// A plain decimal number without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_plain_numbers_given_once() {
        assert_eq!(parameters(None, ["size"]), Ok([None]));
        assert_eq!(parameters(Some("to=7&from=0"), ["from", "to"]), Ok([Some(0), Some(7)]));
        for query in [
            "size",
            "size=",
            "size=+1",
            "size=01",
            "size=1&size=1",
            "size=1&sise=2",
            "sise=2",
            "size=18446744073709551616",
        ] {
            assert_eq!(
                parameters(Some(query), ["size"]),
                Err(Problem::Parameter("size")),
                "{query}"
            );
        }
    }

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
