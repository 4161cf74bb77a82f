//! What one entry tells a view: its place, its times, and as much of its content as is there.

use case_ledger::audit::{Content, Entry};
use case_ledger::envelope::Envelope;
use case_ledger::kinds::{Act, Kind};
use case_ledger::names::Stream;
use case_ledger::state::Effect;
use case_ledger::time::Micros;
use serde::Serialize;

use crate::wire::{as_text, as_text_if_any};

/// Where an entry stands and when it was. Which of its times counts is for the clocks to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// Its number in its stream, from 1.
    pub number: u64,
    /// Its position in the log, from 0.
    pub seq: u64,
    /// When the signer says it happened (`at`, or else `iat`); unknown if the content is withheld.
    #[serde(serialize_with = "as_text_if_any")]
    pub claimed_at: Option<Micros>,
    /// When the ledger recorded it.
    #[serde(serialize_with = "as_text")]
    pub recorded_at: Micros,
    /// Taken over from an older system, and so attested by nobody.
    pub imported: bool,
}

impl Stamp {
    /// By how many whole seconds it was recorded later than it is said to have happened; 0 if it was not.
    pub fn late_seconds(&self) -> i64 {
        let late = self.claimed_at.map(|claimed| self.recorded_at.0.saturating_sub(claimed.0));
        late.map_or(0, |micros| micros.max(0) / Micros::SECOND)
    }
}

/// One entry as the folds read it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fact<'e> {
    pub(crate) stream: &'e Stream,
    pub(crate) stamp: Stamp,
    /// `None` if this program does not know the kind.
    pub(crate) kind: Option<Kind>,
    /// What it says, unless that is withheld or cannot be read.
    pub(crate) act: Option<&'e Act>,
    /// The claims around it, unless they are withheld.
    pub(crate) envelope: Option<&'e Envelope>,
    /// What is left of a withheld one.
    pub(crate) left: Option<&'e Effect>,
    /// Whether its content is kept from whoever this is folded for.
    pub(crate) hidden: bool,
}

impl<'e> Fact<'e> {
    pub(crate) fn of(entry: &'e Entry) -> Self {
        let header = &entry.header;
        let envelope = entry.envelope();
        let left = match &entry.content {
            Content::Action(_) => None,
            Content::Withheld(effect) => Some(&**effect),
        };
        Self {
            stream: entry.stream(),
            stamp: Stamp {
                number: header.stream_number,
                seq: header.seq,
                claimed_at: envelope.map(Envelope::claimed_at),
                recorded_at: header.time(),
                imported: envelope.is_some_and(|envelope| envelope.imported.is_some()),
            },
            kind: envelope.map_or(left.map(|effect| effect.kind), |envelope| envelope.act.kind),
            act: envelope.and_then(|envelope| envelope.act.act.as_ref().ok()),
            envelope,
            left,
            hidden: false,
        }
    }

    /// The same for whoever is not shown its content: it moves the case by its kind, as a withheld one does.
    pub(crate) fn without_content(self) -> Self {
        let stamp = Stamp { claimed_at: None, ..self.stamp };
        Self { stamp, act: None, envelope: None, left: None, hidden: true, ..self }
    }
}
