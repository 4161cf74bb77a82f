//! Single entries and their proofs.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use case_ledger::audit::{self, Content, Entry};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::encoding::to_base64;
use case_ledger::hash::{Blake3Hash, Sha256Hash};
use case_ledger::names::Seq;
use case_ledger::receipt::{FIRST_LINE, Receipt};
use case_ledger::record::leaf_data;
use case_ledger_store::published::RawRecord;
use case_projections::as_of::LedgerClock;
use case_projections::audience::Audience;
use case_projections::removals::OutOfSight;
use case_projections::timeline::{MomentView, Timeline};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::App;
use crate::problem::Problem;
use crate::publicity::Grade;
use crate::query::{FROM_ONE, decimal, parameters};
use crate::wire::{as_text, as_texts, json};

type Asked = Result<Path<String>, PathRejection>;

/// One entry, as far as anybody may see it.
///
/// Of the registry's entries everything: header, signed payload, signed bytes. Of entries of open cases the header and what the
/// public timeline shows. Of all others only that they exist: position, leaf and commitment.
pub(crate) async fn entry(
    State(app): State<Arc<App>>,
    seq: Asked,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let look = move || {
        // What an entry says it says for good, so that there is no `as_of` to ask for.
        let [] = parameters(query.as_deref(), &[])?;
        let (record, entry) = read(&app, seq)?;
        let grade = app.public.grade(&app.store, &entry)?;
        let hidden = app.public.look(&app.store)?;
        let hidden = hidden.out_of_sight(&app.store, entry.stream());
        let shown = EntryShown::of(&record, &entry, grade, &hidden, app.clock());
        Ok(json(StatusCode::OK, &shown))
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(Err(Problem::Internal))
}

/// The proof that an entry is in the tree.
///
/// As JSON: the hashes from the entry's sibling up to the root, under the newest checkpoint or, with `?size=`, the tree of that
/// size. As `text/plain`: a C2SP tlog-proof, with the record in its `extra` line as far as anybody may see that.
pub(crate) async fn proof(
    State(app): State<Arc<App>>,
    seq: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let look = move || {
        let [size] = parameters(query.as_deref(), &[("size", FROM_ONE)])?;
        let (record, entry) = read(&app, seq)?;
        if wants_text(&headers) {
            proof_text(&app, &record, &entry, size)
        } else {
            proof_json(&app, &entry, size)
        }
    };
    let mut response =
        tokio::task::spawn_blocking(look).await.unwrap_or(Err(Problem::Internal)).into_response();
    response.headers_mut().insert(VARY, axum::http::HeaderValue::from_static("Accept"));
    Ok(response)
}

fn read(app: &App, seq: Asked) -> Result<(RawRecord, Entry), Problem> {
    let seq = seq.ok().and_then(|Path(seq)| decimal(&seq)).ok_or(Problem::UnknownEntry)?;
    let record = app.store.record(Seq(seq))?.ok_or(Problem::UnknownEntry)?;
    let entry = audit::read(&record.header, &record.body)
        .map_err(|flaw| std::io::Error::new(std::io::ErrorKind::InvalidData, flaw.to_string()))?;
    Ok((record, entry))
}

fn wants_text(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(ACCEPT).iter().filter_map(|field| field.to_str().ok());
    let mut types = fields
        .flat_map(|field| field.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    // The first of the two that is named; weights between two forms of one answer have not been seen in the wild.
    types.find(|range| matches!(*range, "text/plain" | "application/json" | "*/*"))
        == Some("text/plain")
}

fn proof_json(app: &App, entry: &Entry, size: Option<u64>) -> Result<Response, Problem> {
    let (newest, _) = app.store.checkpoint().ok_or(Problem::NotFounded)?;
    let newest_size = newest.checkpoint.head.size;
    let size = size.unwrap_or(newest_size);
    if size > newest_size {
        return Err(Problem::BeyondTheLog);
    }
    if size <= entry.header.seq {
        return Err(Problem::NotYetInTree);
    }
    // Every node is there, so what is missing cannot be read.
    let proof = app.store.inclusion(Seq(entry.header.seq), size).ok_or(Problem::Damaged)?;
    let head = app.store.head_at(size).ok_or(Problem::Damaged)?;
    let shown = ProofShown {
        seq: entry.header.seq,
        leaf: entry.leaf,
        size,
        root: head.root,
        proof,
        checkpoint: (size == newest_size).then(|| newest.to_text()),
        clock: app.clock(),
    };
    Ok(json(StatusCode::OK, &shown))
}

fn proof_text(
    app: &App,
    record: &RawRecord,
    entry: &Entry,
    size: Option<u64>,
) -> Result<Response, Problem> {
    let receipt = app
        .store
        .receipt_of(Seq(entry.header.seq), record.header.clone(), record.body.clone())
        .ok_or(Problem::Damaged)?;
    if size.is_some_and(|size| size != receipt.checkpoint.checkpoint.head.size) {
        return Err(Problem::NoCheckpoint);
    }
    let text = match app.public.grade(&app.store, entry)? {
        Grade::Whole => receipt.to_text(),
        Grade::Redacted(_) => Receipt { body: Box::default(), ..receipt }.to_text(),
        // A header would tell which entries belong together.
        Grade::Commitment => bare_proof(receipt.index, &receipt.proof, &receipt.checkpoint),
    };
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A C2SP tlog-proof without an `extra` line.
fn bare_proof(index: u64, proof: &[Sha256Hash], checkpoint: &SignedCheckpoint) -> String {
    let proof: String = proof.iter().map(|hash| to_base64(&hash.0) + "\n").collect();
    format!("{FIRST_LINE}\nindex {index}\n{proof}\n{}", checkpoint.to_text())
}

#[derive(Debug, Serialize)]
struct ProofShown {
    seq: u64,
    #[serde(serialize_with = "as_text")]
    leaf: Sha256Hash,
    size: u64,
    #[serde(serialize_with = "as_text")]
    root: Sha256Hash,
    #[serde(serialize_with = "as_texts")]
    proof: Vec<Sha256Hash>,
    /// The signed note over `size` and `root`; absent for any but the newest size.
    checkpoint: Option<String>,
    clock: LedgerClock,
}

#[derive(Debug, Serialize)]
struct EntryShown {
    seq: u64,
    /// What stands in the tree: a hash of the commitment, so that it says no more than that.
    #[serde(serialize_with = "as_text")]
    leaf: Sha256Hash,
    /// What tiles and mirrors carry: SHA-256 of the header.
    #[serde(serialize_with = "as_text")]
    commitment: Sha256Hash,
    #[serde(flatten)]
    content: ContentShown,
}

#[derive(Debug, Serialize)]
#[serde(tag = "shown", rename_all = "snake_case")]
enum ContentShown {
    Whole {
        recorded_at: String,
        clock: LedgerClock,
        stream: String,
        kind: Option<&'static str>,
        header: HeaderShown,
        /// The header's bytes, in base64: their SHA-256 is the commitment.
        header_bytes: String,
        /// What was signed; absent if it was withheld.
        payload: Option<Box<RawValue>>,
        /// The same with its signature, without disclosures.
        jws: Option<String>,
    },
    Redacted {
        recorded_at: String,
        clock: LedgerClock,
        stream: String,
        header: HeaderShown,
        header_bytes: String,
        moment: Option<Box<MomentView>>,
    },
    Commitment,
}

#[derive(Debug, Serialize)]
struct HeaderShown {
    rules: u16,
    #[serde(serialize_with = "as_text")]
    previous: Blake3Hash,
    stream_number: u64,
    stream_previous: u64,
    #[serde(serialize_with = "as_text")]
    body: Sha256Hash,
}

impl EntryShown {
    fn of(
        record: &RawRecord,
        entry: &Entry,
        grade: Grade,
        hidden: &OutOfSight<'_>,
        clock: LedgerClock,
    ) -> Self {
        let header = HeaderShown {
            rules: entry.header.rules,
            previous: Blake3Hash(entry.header.previous),
            stream_number: entry.header.stream_number,
            stream_previous: entry.header.stream_previous,
            body: Sha256Hash(entry.header.body),
        };
        let recorded_at = entry.header.time().to_string();
        let (stream, header_bytes) = (entry.stream().to_string(), to_base64(&record.header));
        let content = match grade {
            Grade::Whole => {
                let (kind, payload, jws) = signed(&entry.content);
                ContentShown::Whole {
                    recorded_at,
                    clock,
                    stream,
                    kind,
                    header,
                    header_bytes,
                    payload,
                    jws,
                }
            }
            Grade::Redacted(before) => {
                let timeline = Timeline::part(before).after(entry).without(hidden);
                let moment = timeline.moments.first();
                let moment = moment.and_then(|moment| moment.view(Audience::Public)).map(Box::new);
                ContentShown::Redacted { recorded_at, clock, stream, header, header_bytes, moment }
            }
            Grade::Commitment => ContentShown::Commitment,
        };
        Self {
            seq: entry.header.seq,
            leaf: entry.leaf,
            commitment: leaf_data(&record.header),
            content,
        }
    }
}

fn signed(content: &Content) -> (Option<&'static str>, Option<Box<RawValue>>, Option<String>) {
    match content {
        Content::Action(action) => {
            let kind = action.envelope.act.kind.map(|kind| kind.spec().name);
            let payload = String::from_utf8(action.jws.payload.to_vec()).ok();
            let payload = payload.and_then(|text| RawValue::from_string(text).ok());
            (kind, payload, Some(action.jws.to_text()))
        }
        Content::Withheld(effect) => (Some(effect.kind.spec().name), None, None),
    }
}
