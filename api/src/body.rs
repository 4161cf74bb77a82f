//! Request bodies: bounded in size and time.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;

use case_ledger::envelope::{DISCLOSURES_MAX, JWS_MAX};
use http_body_util::BodyExt as _;

use crate::problem::Problem;

/// The longest text that is looked at as one action. The slack lets the heart say which of its limits was passed.
pub(crate) const ACTION_MAX: usize = JWS_MAX + DISCLOSURES_MAX + 1024;

/// What is still read of a body that nobody wants, so that the client gets to read the answer: closing a connection with unread
/// bytes resets it, and the answer is lost on the way.
const LINGER_BYTES: u64 = 1024 * 1024;
const LINGER: Duration = Duration::from_secs(1);

/// The body of a request that brings actions.
pub(crate) struct Upload(pub(crate) Body);

impl<S: Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        refuse_coding(request.headers())?;
        Ok(Self(request.into_body()))
    }
}

/// Refuses compressed bodies: what is signed is bytes, and a bomb is a bomb.
fn refuse_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let identity =
        |value: &axum::http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().all(identity) {
        Ok(())
    } else {
        Err(Problem::ContentCoding)
    }
}

/// Reads the whole body of a single action.
pub(crate) async fn whole(mut body: Body, within: Duration) -> Result<Bytes, Problem> {
    let read =
        tokio::time::timeout(within, collect(&mut body)).await.unwrap_or(Err(Problem::TooSlow));
    if read == Err(Problem::TooLong) {
        linger(body).await;
    }
    read
}

async fn collect(body: &mut Body) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > ACTION_MAX as u64 {
        return Err(Problem::TooLong);
    }
    let mut whole = Bytes::new();
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Problem::BrokenOff)?.into_data() else { continue };
        if whole.len() + pieces.len() + data.len() > ACTION_MAX {
            return Err(Problem::TooLong);
        }
        // Nearly always there is one piece, and it is not copied.
        if whole.is_empty() && pieces.is_empty() {
            whole = data;
        } else {
            pieces.extend_from_slice(&std::mem::take(&mut whole));
            pieces.extend_from_slice(&data);
        }
    }
    Ok(if pieces.is_empty() { whole } else { pieces.into() })
}

/// Reads on for a moment and forgets it.
pub(crate) async fn linger(mut body: Body) {
    if body.size_hint().lower() > LINGER_BYTES {
        return;
    }
    let read = async {
        let mut left = LINGER_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, read).await;
}
