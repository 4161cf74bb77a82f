//! As of which tree an answer is true.

use case_ledger::hash::Sha256Hash;
use case_ledger::time::Micros;
use case_ledger::tree::TreeHead;
use serde::Serialize;

use crate::wire::as_text;

/// The tree that an answer was computed from. Whoever holds the same tree must get the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// Number of entries of the whole log, not of one case.
    pub size: u64,
    /// Root hash over them (RFC 6962), 64 hexadecimal digits.
    #[serde(serialize_with = "as_text")]
    pub root: Sha256Hash,
    /// When the last of them was recorded (UTC).
    #[serde(serialize_with = "as_text")]
    pub recorded_at: Micros,
}

impl AsOf {
    /// As of a tree whose last entry was recorded at `recorded_at`.
    pub fn new(head: TreeHead, recorded_at: Micros) -> Self {
        Self { size: head.size, root: head.root, recorded_at }
    }
}
