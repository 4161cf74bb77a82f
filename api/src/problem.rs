//! Every way in which the API says no: one table from what happened to HTTP.
//!
//! An answer is an RFC 9457 problem with a stable `type` and `code` for programs, `title` and `detail` for people in their
//! language, and the `rule` where there is one. Nothing of the inside (paths, errors of libraries) ever stands in it.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use case_ledger::envelope::Malformed;
use case_ledger::refusal::{Language, Refusal};
use case_ledger::time::Micros;
use case_ledger_store::Unavailable;
use case_ledger_store::clock::ClockFault;
use case_ledger_store::writer::ReadOnly;
use case_projections::removals::{Basis, Removal};
use serde::Serialize;

use crate::query::QueryFault;

mod words;
use words::pick;

/// Why a request, or a line of a batch, is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The ledger does not take the action.
    Refused(Refusal),
    /// The ledger takes no action at present, or cannot say whether it took this one.
    Unavailable(Unavailable),
    /// The batch was stopped before this line was handed to the ledger.
    Stopped,
    /// More batches run than may.
    TooManyBatches,
    /// A body is longer than anything that could be an action.
    TooLong,
    /// A body is compressed.
    ContentCoding,
    /// A body did not come in time.
    TooSlow,
    /// A body broke off.
    BrokenOff,
    /// Something is wrong with the query.
    Query(QueryFault),
    /// A size is asked about that the log does not have yet.
    BeyondTheLog,
    /// The tree of the size that is asked about does not have the entry yet.
    NotYetInTree,
    /// Only the newest checkpoint is at hand, so there is no note for an earlier size.
    NoCheckpoint,
    /// There is no such case, or it is not public. Nobody can tell which.
    UnknownCase,
    /// The case was public and is hidden, or its processing restricted: that it is, since when and why, is public.
    OutOfSight {
        /// The entry that says so.
        entry: u64,
        /// When that was recorded.
        since: Micros,
        /// On what ground.
        basis: Basis,
    },
    /// There is no such entry.
    UnknownEntry,
    /// Nobody has founded the ledger yet.
    NotFounded,
    /// There is no such URL.
    NoSuchPlace,
    /// The URL does not know the method.
    Method,
    /// A part of the log cannot be read, or is not what was written.
    Damaged,
    /// Something went wrong here; operators find it in the log by the request's id.
    Internal,
}

impl From<QueryFault> for Problem {
    fn from(fault: QueryFault) -> Self {
        Self::Query(fault)
    }
}

impl Problem {
    /// The problem with a case that this removal takes out of sight.
    pub(crate) fn out_of_sight(removal: &Removal) -> Self {
        Self::OutOfSight { entry: removal.seq, since: removal.since, basis: removal.basis }
    }

    /// The table.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => of_refusal(refusal),
            // Whatever the reason, asking again later may help, and asking again is safe: the same bytes are one entry.
            Self::Unavailable(_) | Self::Stopped | Self::TooManyBatches => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenOff
            | Self::Query(_)
            | Self::BeyondTheLog
            | Self::NotYetInTree
            | Self::NoCheckpoint => StatusCode::BAD_REQUEST,
            Self::UnknownCase | Self::UnknownEntry | Self::NotFounded | Self::NoSuchPlace => {
                StatusCode::NOT_FOUND
            }
            Self::OutOfSight { .. } => StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Damaged | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code for programs. It never changes its meaning.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Unavailable(Unavailable::QueueFull) => "queue_full",
            Self::Unavailable(Unavailable::Poisoned) => "outcome_unknown",
            Self::Unavailable(Unavailable::ReadOnly(_)) => "read_only",
            Self::Unavailable(Unavailable::Clock(_)) => "clock_fault",
            Self::Unavailable(Unavailable::ShuttingDown) => "shutting_down",
            Self::Unavailable(Unavailable::Damaged { .. }) => "log_damaged",
            Self::Stopped => "batch_stopped",
            Self::TooManyBatches => "too_many_batches",
            Self::TooLong => "too_long",
            Self::ContentCoding => "content_coding",
            Self::TooSlow => "too_slow",
            Self::BrokenOff => "broken_off",
            Self::Query(_) => "parameter",
            Self::BeyondTheLog => "beyond_the_log",
            Self::NotYetInTree => "not_yet_in_tree",
            Self::NoCheckpoint => "no_checkpoint",
            Self::UnknownCase => "unknown_case",
            Self::OutOfSight { basis: Basis::Hidden(_), .. } => "hidden",
            Self::OutOfSight { basis: Basis::Restricted(_), .. } => "restricted",
            Self::UnknownEntry => "unknown_entry",
            Self::NotFounded => "not_founded",
            Self::NoSuchPlace => "no_such_place",
            Self::Method => "method",
            Self::Damaged => "damaged",
            Self::Internal => "internal",
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the code of all others says it all")]
    fn detail_code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.detail_code(),
            Self::Unavailable(Unavailable::ReadOnly(reason)) => Some(read_only_code(*reason)),
            Self::Unavailable(Unavailable::Clock(ClockFault::Behind { .. })) => Some("behind"),
            Self::Unavailable(Unavailable::Clock(ClockFault::Jumped { .. })) => Some("jumped"),
            Self::Query(fault) => fault.name(),
            Self::OutOfSight { basis, .. } => Some(basis.code()),
            _ => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are no matter of law")]
    fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.rule()),
            Self::OutOfSight { basis: Basis::Hidden(_), .. } => Some("政府信息公开条例 14–16"),
            Self::OutOfSight { basis: Basis::Restricted(_), .. } => Some("个人信息保护法 46–47"),
            _ => None,
        }
    }

    /// After how many seconds asking again may help.
    #[expect(clippy::wildcard_enum_match_arm, reason = "asking the others again helps nobody")]
    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Unavailable(Unavailable::QueueFull) | Self::TooManyBatches => Some(1),
            Self::Unavailable(Unavailable::ShuttingDown) | Self::Stopped => Some(5),
            // These wait for an operator.
            Self::Unavailable(Unavailable::Poisoned | Unavailable::Clock(_)) => Some(30),
            Self::Unavailable(Unavailable::ReadOnly(_) | Unavailable::Damaged { .. }) => Some(600),
            _ => None,
        }
    }

    /// Whether anything of what was sent may have been recorded, where a program could be in doubt: a write that failed says
    /// neither yes nor no, and of a group with a damaged entry in it the rest may stand.
    #[expect(clippy::wildcard_enum_match_arm, reason = "of the others nobody is in doubt")]
    fn recorded(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable(Unavailable::Poisoned | Unavailable::Damaged { .. }) => {
                Some("unknown")
            }
            Self::Unavailable(_) | Self::Stopped | Self::TooManyBatches => Some("nothing"),
            _ => None,
        }
    }

    /// The problem's members, without those that only a whole response has.
    pub(crate) fn shown(&self, language: Language) -> Shown {
        let (title, detail) = self.words(language);
        let first = if let Self::Refused(Refusal::OtherContent { first }) = self {
            Some(*first)
        } else {
            None
        };
        Shown {
            kind: format!("urn:caseledger:problem:{}", self.code()),
            title,
            status: self.status().as_u16(),
            detail,
            code: self.code(),
            detail_code: self.detail_code(),
            rule: self.rule(),
            first,
            recorded: self.recorded(),
            out_of_sight: if let Self::OutOfSight { entry, since, .. } = self {
                Some(OutOfSightShown { entry: *entry, since: since.to_string() })
            } else {
                None
            },
            request: None,
        }
    }

    /// The response. `before` has headers that a router set with it, such as `Allow`.
    pub(crate) fn render(&self, language: Language, request: &str, before: Response) -> Response {
        let mut shown = self.shown(language);
        shown.request = Some(request.to_owned());
        let (mut parts, _) = before.into_parts();
        parts.status = self.status();
        let fixed = [
            (CONTENT_TYPE, "application/problem+json"),
            (CONTENT_LANGUAGE, pick(language, "zh-CN", "en")),
            (VARY, "Accept-Language"),
            (CACHE_CONTROL, "no-store"),
        ];
        parts.headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        if let Some(seconds) = self.retry_after() {
            parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if parts.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 wants to hear how one proves who one is: by signing the action, which no browser does by itself.
            parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
        let text = serde_json::to_vec(&shown).unwrap_or_default();
        Response::from_parts(parts, Body::from(text))
    }
}

const CHALLENGE: &str = "Signed-Action typ=\"case-action+sd-jwt\"";

/// Refusals to statuses, by three questions. Could anybody send it, ever: 400 (unreadable) or 413. Is it about who signs: 401
/// where signing with the right key would help, 403 where this key or person may not. Is it about what the log holds: 409,
/// because the same bytes may be right at another moment or on another log. All else is 422: readable, and still not sayable;
/// an unknown stream too, since 404 would say that the URL is wrong.
fn of_refusal(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed(Malformed::JwsTooLong | Malformed::DisclosuresTooLong) => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::UnknownKey | Refusal::BadSignature => StatusCode::UNAUTHORIZED,
        Refusal::KeyOfAnother
        | Refusal::KeyRevoked
        | Refusal::KeyNotYetValid
        | Refusal::NoMandate(_) => StatusCode::FORBIDDEN,
        Refusal::OtherContent { .. } | Refusal::Impossible(_) => StatusCode::CONFLICT,
        Refusal::WrongAudience
        | Refusal::UnknownSchema(_)
        | Refusal::UnknownKind
        | Refusal::KindNotOnStream
        | Refusal::UnknownField(_)
        | Refusal::InvalidField(_)
        | Refusal::UnknownStream
        | Refusal::FieldMissing(_)
        | Refusal::PersonalInTheClear(_)
        | Refusal::DisclosuresMismatch
        | Refusal::InTheFuture => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The code of a reason why a directory takes nothing.
pub(crate) fn read_only_code(reason: ReadOnly) -> &'static str {
    match reason {
        ReadOnly::Copied => "copied",
        ReadOnly::Older { .. } => "older",
        ReadOnly::Forked => "forked",
        ReadOnly::NoKey => "no_key",
    }
}

/// A problem on the wire (RFC 9457).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// Where the same id stands with other content.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    /// `nothing` or `unknown`, where an action was sent and the ledger took none.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    out_of_sight: Option<OutOfSightShown>,
    /// The request's id, for asking the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
}

impl Shown {
    /// The same with its title for a sentence.
    pub(crate) fn in_short(&self) -> Self {
        Self { detail: self.title.to_owned(), ..self.clone() }
    }
}

/// The order that a case be out of sight.
#[derive(Debug, Clone, Serialize)]
struct OutOfSightShown {
    /// Its position in the log.
    entry: u64,
    /// When it was recorded.
    since: String,
}

/// The edge knows the language and the request's id and renders it: see [`crate::edge`].
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What the store could not do, said in the operator's log and nowhere else.
impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "the store could not be read");
        if error.kind() == std::io::ErrorKind::InvalidData { Self::Damaged } else { Self::Internal }
    }
}

#[cfg(test)]
mod tests {
    use case_ledger::kinds::privacy::{HidingBasis, RemovalBasis};

    use super::*;

    #[test]
    fn every_problem_has_words_in_both_languages_and_a_code_of_its_own() {
        let hidden = |basis| Problem::OutOfSight { entry: 1, since: Micros(0), basis };
        let problems = [
            Problem::Refused(Refusal::UnknownKind),
            Problem::Unavailable(Unavailable::QueueFull),
            Problem::Unavailable(Unavailable::Poisoned),
            Problem::Unavailable(Unavailable::ReadOnly(ReadOnly::Copied)),
            Problem::Unavailable(Unavailable::Clock(ClockFault::Behind { by_us: 1 })),
            Problem::Unavailable(Unavailable::ShuttingDown),
            Problem::Unavailable(Unavailable::Damaged { entry: 7 }),
            Problem::Stopped,
            Problem::TooManyBatches,
            Problem::TooLong,
            Problem::ContentCoding,
            Problem::TooSlow,
            Problem::BrokenOff,
            Problem::Query(QueryFault::TooSmall("size", 1)),
            Problem::BeyondTheLog,
            Problem::NotYetInTree,
            Problem::NoCheckpoint,
            Problem::UnknownCase,
            hidden(Basis::Hidden(HidingBasis::Privacy)),
            hidden(Basis::Restricted(RemovalBasis::StorageOnly)),
            Problem::UnknownEntry,
            Problem::NotFounded,
            Problem::NoSuchPlace,
            Problem::Method,
            Problem::Damaged,
            Problem::Internal,
        ];
        let codes: std::collections::BTreeSet<_> = problems.iter().map(Problem::code).collect();
        assert_eq!(codes.len(), problems.len());
        for problem in &problems {
            let (chinese, english) =
                (problem.words(Language::Chinese), problem.words(Language::English));
            assert!(!chinese.0.is_ascii() && !chinese.1.is_ascii(), "{problem:?}");
            assert!(english.0.is_ascii() && english.1.is_ascii(), "{problem:?}");
            assert!(!problem.status().is_success());
            assert!(
                !Refusal::CODES[..].contains(&problem.code())
                    || matches!(problem, Problem::Refused(_))
            );
        }
    }

    #[test]
    fn the_challenge_names_the_profile() {
        assert!(CHALLENGE.contains(case_ledger::envelope::TYPE));
    }
}
