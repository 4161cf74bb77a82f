//! What a ledger answers to an action, whether it is in a directory or behind HTTP.

use std::fmt;

use case_ledger::refusal::{Language, Refusal};
use serde_json::{Value, json};

use crate::failure::Exit;

/// What to do after a refusal.
pub const AFTER_A_REFUSAL: &str =
    "next: correct what is refused and sign it anew; what stands already is never recorded twice";

/// What became of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It stands on the log.
    Recorded(Recorded),
    /// It does not.
    Refused(Refused),
}

/// Where an action stands on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its position.
    pub seq: u64,
    /// When it was recorded.
    pub recorded_at: String,
    /// Its leaf hash in the tree, in hexadecimal digits.
    pub leaf: String,
    /// Whether it stood there already.
    pub again: bool,
}

/// Why an action is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The code for programs.
    pub code: String,
    /// A finer code, where there is one.
    pub detail: Option<String>,
    /// The sentence for people.
    pub sentence: String,
    /// The same in Chinese; empty if the server did not say it.
    pub sentence_zh: String,
    /// The rule that it follows.
    pub rule: String,
}

impl Answer {
    /// For programs.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Recorded(recorded) => json!({
                "status": if recorded.again { "again" } else { "recorded" },
                "seq": recorded.seq,
                "recorded_at": recorded.recorded_at,
                "leaf": recorded.leaf,
            }),
            Self::Refused(refused) => json!({
                "status": "refused",
                "refusal": refused.to_json(),
                "error": {
                    "what": refused.sentence,
                    "causes": [format!("{}: {}", refused.full_code(), refused.rule)],
                    "next": AFTER_A_REFUSAL.trim_start_matches("next: "),
                },
                "exit": Exit::Refused.code(),
            }),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recorded(Recorded { seq, recorded_at, again: false, .. }) => {
                write!(f, "entry {seq}, recorded at {recorded_at}")
            }
            Self::Recorded(Recorded { seq, recorded_at, again: true, .. }) => {
                write!(f, "entry {seq}, recorded already at {recorded_at}")
            }
            Self::Refused(refused) => refused.fmt(f),
        }
    }
}

impl Refused {
    /// `code` or `code/detail`.
    pub fn full_code(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{}/{detail}", self.code),
            None => self.code.clone(),
        }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code,
            "detail": self.detail,
            "sentence": self.sentence,
            "sentence_zh": self.sentence_zh,
            "rule": self.rule,
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused ({}): {}", self.full_code(), self.sentence)?;
        if self.sentence_zh.is_empty() { Ok(()) } else { write!(f, " {}", self.sentence_zh) }
    }
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code().to_owned(),
            detail: refusal.detail_code().map(str::to_owned),
            sentence: refusal.sentence(Language::English),
            sentence_zh: refusal.sentence(Language::Chinese),
            rule: refusal.rule().to_owned(),
        }
    }
}
