//! One signed action in, its place on the log and a receipt out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use case_ledger::hash::Sha256Hash;
use case_ledger::names::Seq;
use case_ledger_store::{Prepared, Recorded};
use case_projections::as_of::LedgerClock;
use serde::Serialize;

use crate::app::App;
use crate::body::{Upload, whole};
use crate::problem::Problem;
use crate::wire::{as_text, json};

/// Takes one signed action: the compact SD-JWT text, under any content type, with or without a line end.
///
/// 201 when it was recorded just now; it is durable in both copies then. 200 when the same bytes stood there already: sending
/// again is always safe. The answer has the receipt, a C2SP tlog-proof that needs nobody's word.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    Upload(body): Upload,
) -> Result<Response, Problem> {
    let text = whole(body, app.config.action_within).await?;
    // One signature check: not worth the way to another thread and back.
    let action = app.store.prepare(without_line_end(&text)).map_err(Problem::Refused)?;
    let stands = Stands::before(&action);
    let answers = app.submit_one(action).await?;
    let answer = answers.answers.into_iter().next().ok_or(Problem::Internal)?;
    let mut recorded = answer.map_err(Problem::Refused)?;
    let record = std::mem::replace(
        &mut recorded.record,
        case_ledger_store::Record { header: Vec::new(), body: Vec::new() },
    );
    let receipt = app.store.receipt_of(Seq(recorded.seq), record.header, record.body);
    let checkpoint =
        receipt.as_ref().map(|receipt| &receipt.checkpoint).or(answers.checkpoint.as_ref());
    let answer = Answer {
        seq: recorded.seq,
        recorded_at: recorded.recorded_at.to_string(),
        leaf: recorded.leaf,
        stream: stands.stream,
        kind: stands.kind,
        again: recorded.again,
        checkpoint: checkpoint.map(case_ledger::checkpoint::SignedCheckpoint::to_text),
        receipt: receipt.as_ref().map(case_ledger::receipt::Receipt::to_text),
        clock: app.clock(),
    };
    Ok(answered(&recorded, &answer))
}

fn answered(recorded: &Recorded, answer: &Answer) -> Response {
    let status = if recorded.again { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = json(status, answer);
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/entries/{}", recorded.seq)) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// What the answer repeats of the action, which by then is the writer's.
struct Stands {
    stream: String,
    kind: Option<&'static str>,
}

impl Stands {
    fn before(action: &Prepared) -> Self {
        let envelope = &action.action().envelope;
        Self {
            stream: envelope.stream.to_string(),
            kind: envelope.act.kind.map(|kind| kind.spec().name),
        }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    seq: u64,
    recorded_at: String,
    #[serde(serialize_with = "as_text")]
    leaf: Sha256Hash,
    stream: String,
    kind: Option<&'static str>,
    /// Whether it stood there already.
    again: bool,
    checkpoint: Option<String>,
    receipt: Option<String>,
    /// Whose time it is: of a ledger with a simulated clock no receipt is evidence.
    clock: LedgerClock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_tolerated() {
        for (text, line) in [
            ("a~", "a~"),
            ("a~\n", "a~"),
            ("a~\r\n", "a~"),
            ("a~\n\n", "a~\n"),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(without_line_end(text.as_bytes()), line.as_bytes());
        }
    }
}
