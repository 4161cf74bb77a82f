//! What was taken out of the public's sight: since when, on what ground, until when. A fold over the `removals` stream.
//!
//! The parties and staff go on seeing it; a restriction (PIPL 47(2)) leaves nothing but storage, and showing is more than
//! that. That something is hidden, since when and why, is itself public: see [`RemovalView`].

use std::collections::{BTreeMap, BTreeSet};

use case_ledger::audit::Entry;
use case_ledger::kinds::privacy::{ActorClass, HidingBasis, RemovalBasis};
use case_ledger::kinds::{Act, Kind};
use case_ledger::names::{Seq, Stream, StreamType, Token};
use case_ledger::time::{Day, Micros};
use serde::Serialize;

use crate::wire::{as_text, as_text_if_any};
use crate::words::{Words, hiding_words, kind_words, restriction_words};

/// All that was hidden or restricted and not shown again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removals(BTreeMap<Stream, Vec<Removal>>);

/// One order that something be out of sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Position of the entry that orders it.
    pub seq: u64,
    /// Since when.
    pub since: Micros,
    /// On what ground.
    pub basis: Basis,
    /// Its last day, if there is one.
    pub until: Option<Day>,
    /// Only these entries; all if absent.
    entries: Option<BTreeSet<Seq>>,
    /// Entries that are shown again although all are hidden.
    shown_again: BTreeSet<Seq>,
    /// Only fields and disclosures of these names; all if absent.
    names: Option<BTreeSet<Token>>,
}

/// On what ground something is out of sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// 屏蔽.
    Hidden(HidingBasis),
    /// 限制处理.
    Restricted(RemovalBasis),
}

impl Basis {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Hidden(basis) => basis.code(),
            Self::Restricted(basis) => basis.code(),
        }
    }

    /// The same in words.
    pub fn words(self) -> Words {
        match self {
            Self::Hidden(basis) => hiding_words(basis),
            Self::Restricted(basis) => restriction_words(basis),
        }
    }
}

impl Removals {
    /// With one more entry of the `removals` stream. Any other entry changes nothing.
    #[must_use]
    pub fn after(mut self, entry: &Entry) -> Self {
        let Some(act) = act_of(entry) else { return self };
        if let Act::Hidden(hidden) = act {
            let names = hidden.names.as_ref();
            let removal = Removal {
                until: hidden.until,
                entries: hidden.entries.as_ref().map(|entries| entries.iter().copied().collect()),
                names: names.map(|names| names.iter().cloned().collect()),
                ..Removal::by(entry, Basis::Hidden(hidden.basis))
            };
            self.0.entry(hidden.target.clone()).or_default().push(removal);
        } else if let Act::Restricted(restricted) = act {
            // One that names disclosures is about these alone, and no public view has any.
            if restricted.names.is_none() {
                let entries = restricted.entries.as_ref();
                let removal = Removal {
                    until: restricted.until,
                    entries: entries.map(|entries| entries.iter().copied().collect()),
                    ..Removal::by(entry, Basis::Restricted(restricted.basis))
                };
                self.0.entry(restricted.target.clone()).or_default().push(removal);
            }
        } else if let Act::Unhidden(unhidden) = act
            && let Some(removals) = self.0.get_mut(&unhidden.target)
        {
            for removal in removals.iter_mut() {
                removal.lift(unhidden.entries.as_deref());
            }
            removals.retain(|removal| !removal.is_void());
        }
        self
    }

    /// What is out of sight of a stream on a day.
    pub fn of(&self, stream: &Stream, today: Option<Day>) -> OutOfSight<'_> {
        let removals = self.0.get(stream).into_iter().flatten();
        let holds = |removal: &&Removal| {
            removal.until.zip(today).is_none_or(|(until, today)| today <= until)
        };
        OutOfSight(removals.filter(holds).collect())
    }
}

impl Removal {
    fn by(entry: &Entry, basis: Basis) -> Self {
        Self {
            seq: entry.header.seq,
            since: entry.header.time(),
            basis,
            until: None,
            entries: None,
            shown_again: BTreeSet::new(),
            names: None,
        }
    }

    /// Shows these entries again, or all. No kind lifts a restriction: it ends with its last day.
    fn lift(&mut self, entries: Option<&[Seq]>) {
        if let Basis::Restricted(_) = self.basis {
            return;
        }
        match (entries, &mut self.entries) {
            (None, hidden) => *hidden = Some(BTreeSet::new()),
            (Some(entries), Some(hidden)) => hidden.retain(|seq| !entries.contains(seq)),
            (Some(entries), None) => self.shown_again.extend(entries),
        }
    }

    fn is_void(&self) -> bool {
        self.entries.as_ref().is_some_and(BTreeSet::is_empty)
    }

    fn is_about(&self, seq: Seq) -> bool {
        self.entries.as_ref().is_none_or(|entries| entries.contains(&seq))
            && !self.shown_again.contains(&seq)
    }
}

/// What is out of sight of one stream.
#[derive(Debug, Clone, Default)]
pub struct OutOfSight<'r>(Vec<&'r Removal>);

impl<'r> OutOfSight<'r> {
    /// The order for which nothing at all is to be seen, if there is one.
    pub fn whole(&self) -> Option<&'r Removal> {
        let all = |removal: &&&Removal| {
            removal.entries.is_none() && removal.shown_again.is_empty() && removal.names.is_none()
        };
        self.0.iter().find(all).copied()
    }

    /// The order for which this entry is not to be seen, if there is one.
    pub fn entry(&self, seq: u64) -> Option<&'r Removal> {
        let about = |removal: &&&Removal| removal.names.is_none() && removal.is_about(Seq(seq));
        self.0.iter().find(about).copied()
    }

    /// Whether this field of this entry is not to be seen.
    pub fn hides_field(&self, seq: u64, name: &str) -> bool {
        self.0.iter().any(|removal| {
            removal.is_about(Seq(seq))
                && removal
                    .names
                    .as_ref()
                    .is_none_or(|names| names.iter().any(|hidden| hidden.as_str() == name))
        })
    }

    /// Whether any of what the public would see of this entry is not to be seen.
    pub fn touches(&self, entry: &Entry) -> bool {
        let seq = entry.header.seq;
        let shown = act_of(entry).map(|act| crate::audience::public_fields(act.kind()));
        let mut fields = shown.into_iter().flatten();
        self.entry(seq).is_some() || fields.any(|name| self.hides_field(seq, name))
    }
}

fn act_of(entry: &Entry) -> Option<&Act> {
    if entry.stream().kind() == StreamType::Removals || entry.stream().kind() == StreamType::Case {
        entry.envelope()?.act.act.as_ref().ok()
    } else {
        None
    }
}

/// The stream that an entry of the `removals` stream is about, if it says.
pub fn target_of(entry: &Entry) -> Option<&Stream> {
    Said::of(act_of(entry)?).target
}

/// One entry of the `removals` stream, as anybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovalView {
    /// Its number in the stream, from 1.
    pub number: u64,
    /// Its position in the log, from 0.
    pub seq: u64,
    /// The name of its kind.
    pub kind: Option<&'static str>,
    /// What it is called.
    pub words: Option<Words>,
    /// When the ledger recorded it.
    #[serde(serialize_with = "as_text")]
    pub recorded_at: Micros,
    /// On what ground.
    pub basis: Option<&'static str>,
    /// On whose demand, if it is said.
    pub asked_by: Option<&'static str>,
    /// Its last day, if there is one.
    #[serde(serialize_with = "as_text_if_any")]
    pub until: Option<Day>,
    /// What it is about, if that would be public but for this.
    pub target: Option<String>,
    /// How many of its entries, if not all. Which, is not said: some lie behind a case's end.
    pub entries: Option<usize>,
}

impl RemovalView {
    /// What anybody sees of an entry; with what it is about if `tells_target`, because that this exists is public.
    pub fn of(entry: &Entry, tells_target: bool) -> Self {
        let act = act_of(entry);
        let said = act.map_or_else(Said::default, Said::of);
        let target = said.target.filter(|_| tells_target);
        let entries = said.entries.filter(|_| target.is_some());
        let kind = act.map(Act::kind);
        Self {
            number: entry.header.stream_number,
            seq: entry.header.seq,
            kind: kind.map(|kind: Kind| kind.spec().name),
            words: kind.map(kind_words),
            recorded_at: entry.header.time(),
            basis: said.basis,
            asked_by: said.asked_by.map(ActorClass::code),
            until: said.until,
            target: target.map(ToString::to_string),
            entries: entries.map(<[Seq]>::len),
        }
    }
}

/// What the kinds of the stream have in common.
#[derive(Default)]
struct Said<'a> {
    target: Option<&'a Stream>,
    basis: Option<&'static str>,
    asked_by: Option<ActorClass>,
    until: Option<Day>,
    entries: Option<&'a [Seq]>,
}

impl<'a> Said<'a> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other kind stands on this stream")]
    fn of(act: &'a Act) -> Self {
        match act {
            Act::Hidden(said) => Self {
                target: Some(&said.target),
                basis: Some(said.basis.code()),
                asked_by: said.asked_by,
                until: said.until,
                entries: said.entries.as_deref(),
            },
            Act::Unhidden(said) => Self {
                target: Some(&said.target),
                basis: Some(said.basis.code()),
                asked_by: said.asked_by,
                until: None,
                entries: said.entries.as_deref(),
            },
            Act::Restricted(said) => Self {
                target: Some(&said.target),
                basis: Some(said.basis.code()),
                asked_by: said.asked_by,
                until: said.until,
                entries: said.entries.as_deref(),
            },
            Act::Erased(said) => Self {
                target: Some(&said.target),
                basis: Some(said.basis.code()),
                asked_by: said.asked_by,
                ..Self::default()
            },
            Act::BodyWithheld(said) => {
                Self { basis: Some(said.basis.code()), asked_by: said.asked_by, ..Self::default() }
            }
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests;
