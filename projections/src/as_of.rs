//! As of which tree an answer is true.

use case_ledger::hash::Sha256Hash;
use case_ledger::registry::Registry;
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
    /// Where the ledger's time comes from, if whoever asked has said so. No time of a simulated one is evidence of anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<LedgerClock>,
}

/// Where a ledger's time comes from, as its founding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerClock {
    /// A clock.
    Real,
    /// 演示: whoever runs it makes the time up.
    Simulated,
}

impl LedgerClock {
    /// The clock of the ledger with this registry.
    pub fn of(registry: &Registry) -> Self {
        if registry.has_simulated_clock() { Self::Simulated } else { Self::Real }
    }
}

impl AsOf {
    /// As of a tree whose last entry was recorded at `recorded_at`.
    pub fn new(head: TreeHead, recorded_at: Micros) -> Self {
        Self { size: head.size, root: head.root, recorded_at, clock: None }
    }

    /// The same, said to be by this clock.
    #[must_use]
    pub fn by(self, clock: LedgerClock) -> Self {
        Self { clock: Some(clock), ..self }
    }
}
