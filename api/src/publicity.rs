//! What anybody may see: a read-side index of the registry's items and names, and of what was hidden.
//!
//! It is folded from two streams and can be thrown away. Each look catches up with them first, so an answer is never older than
//! the log it was asked of.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use case_ledger::audit::Entry;
use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::kinds::Act;
use case_ledger::kinds::intake::ApplicantType;
use case_ledger::kinds::registry::{ItemPublished, Publicity};
use case_ledger::names::{Seq, Stream, StreamType, Token};
use case_ledger_store::Store;
use case_projections::day::day_in_china;
use case_projections::ending::{Ending, Sight};
use case_projections::names::Names;
use case_projections::progress::Progress;
use case_projections::removals::{OutOfSight, Removals};

use crate::problem::Problem;
use crate::streams::{Binding, Known, Streams};

/// How much of an entry anybody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grade {
    /// The signed bytes: the registry, on which everybody's checking rests.
    Whole,
    /// What a public timeline shows of it: removals, and entries of open cases up to their end; of a case with how far it had
    /// ended before. Not the signed bytes, for they name officers, link cases of one applicant and tell refusals, none of which
    /// the public is told.
    Redacted(Ending),
    /// That it exists, and what it commits to.
    Commitment,
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Public {
    index: Mutex<Index>,
    /// Where the entries of cases are.
    pub(crate) streams: Streams,
}

#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The last position that was folded of each of the two streams.
    registry: Option<u64>,
    removed: Option<u64>,
    items: HashMap<(ItemCode, u32), Item>,
    /// Names with the position from which on they hold.
    offices: BTreeMap<OfficeCode, Vec<(u64, String)>>,
    removals: Removals,
}

#[derive(Debug)]
struct Item {
    publicity: Publicity,
    /// Nobody but natural persons can apply.
    is_for_persons: bool,
    steps: Vec<(Token, String)>,
}

impl Public {
    /// The index, caught up with the log.
    pub(crate) fn look(&self, store: &Store) -> io::Result<MutexGuard<'_, Index>> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in news(store, &Stream::registry(), index.registry)? {
            index.registry = Some(entry.header.seq);
            index.take(&entry);
        }
        for entry in news(store, &removals(), index.removed)? {
            index.removed = Some(entry.header.seq);
            index.removals = std::mem::take(&mut index.removals).after(&entry);
            if matches!(act_of(&entry), Some(Act::BodyWithheld(_))) {
                self.streams.forget();
            }
        }
        Ok(index)
    }

    /// A case that anybody may see. Whether it is one, its first entry says: before that is known nothing else of it is read,
    /// so that a case that is not public and one that does not exist go the same way.
    pub(crate) fn case(&self, store: &Store, stream: &Stream) -> Result<Arc<Known>, Problem> {
        let known = self.streams.case(store, stream)?;
        let index = self.look(store)?;
        let known = known.filter(|known| index.is_open(known.binding));
        let known = known.ok_or(Problem::UnknownCase)?;
        match index.out_of_sight(store, stream).whole() {
            Some(removal) => Err(Problem::out_of_sight(removal)),
            None => Ok(known),
        }
    }

    /// The same, with what anybody is shown of each of its entries.
    pub(crate) fn case_with_sights(
        &self,
        store: &Store,
        stream: &Stream,
    ) -> Result<Arc<Known>, Problem> {
        self.case(store, stream)?;
        self.streams.case_with_sights(store, stream)?.ok_or(Problem::UnknownCase)
    }

    /// Whether it is public that there is such a stream, be it out of sight or not.
    pub(crate) fn is_public(&self, store: &Store, stream: &Stream) -> io::Result<bool> {
        match stream.kind() {
            StreamType::Registry | StreamType::Removals => Ok(true),
            StreamType::Case => {
                let known = self.streams.case(store, stream)?;
                let index = self.look(store)?;
                Ok(known.is_some_and(|known| index.is_open(known.binding)))
            }
            StreamType::Reads
            | StreamType::Rating
            | StreamType::Complaint
            | StreamType::Card
            | StreamType::Urge
            | StreamType::Bundle
            | StreamType::Consultation
            | StreamType::Visit => Ok(false),
        }
    }

    /// How much of this entry anybody may see.
    pub(crate) fn grade(&self, store: &Store, entry: &Entry) -> Result<Grade, Problem> {
        match entry.stream().kind() {
            StreamType::Registry => Ok(Grade::Whole),
            StreamType::Removals => Ok(Grade::Redacted(Ending::default())),
            StreamType::Case => {
                let known = match self.case_with_sights(store, entry.stream()) {
                    Ok(known) => known,
                    Err(Problem::UnknownCase | Problem::OutOfSight { .. }) => {
                        return Ok(Grade::Commitment);
                    }
                    Err(problem) => return Err(problem),
                };
                Ok(match known.sight(entry.header.stream_number) {
                    Some((before, Sight::Shown | Sight::Conclusion)) => Grade::Redacted(before),
                    Some((_, Sight::Behind)) | None => Grade::Commitment,
                })
            }
            StreamType::Reads
            | StreamType::Rating
            | StreamType::Complaint
            | StreamType::Card
            | StreamType::Urge
            | StreamType::Bundle
            | StreamType::Consultation
            | StreamType::Visit => Ok(Grade::Commitment),
        }
    }
}

/// The stream of what was taken out of sight.
pub(crate) fn removals() -> Stream {
    Stream::parse(StreamType::Removals.word()).unwrap_or_else(Stream::registry)
}

/// The entries of a stream after position `seen`, in order.
fn news(store: &Store, stream: &Stream, seen: Option<u64>) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut next = store.stream(stream).map(|head| head.head);
    while let Some(at) = next.filter(|at| seen.is_none_or(|seen| *at > seen)) {
        let entry =
            store.entry(Seq(at))?.ok_or_else(|| io::Error::other("a stream's entry is missing"))?;
        next = (entry.header.stream_number > 1).then_some(entry.header.stream_previous);
        entries.push(entry);
    }
    entries.reverse();
    Ok(entries)
}

fn act_of(entry: &Entry) -> Option<&Act> {
    entry.envelope()?.act.act.as_ref().ok()
}

impl Index {
    fn take(&mut self, entry: &Entry) {
        if let Some(Act::ItemPublished(item)) = act_of(entry) {
            self.items.insert((item.item, item.version), Item::of(item));
        } else if let Some(Act::OfficeRegistered(office)) = act_of(entry) {
            let names = self.offices.entry(office.office).or_default();
            names.push((entry.header.seq, office.name.0.clone()));
        }
    }

    /// Whether the version of the item that binds a case says that anybody may see it. The cases of natural persons are for the
    /// parties whatever it says.
    fn is_open(&self, binding: Option<Binding>) -> bool {
        let Some(binding) = binding else { return false };
        self.items.get(&(binding.item, binding.version)).is_some_and(|item| {
            let person = match binding.applicant_type {
                Some(applicant) => applicant == ApplicantType::NaturalPerson,
                None => item.is_for_persons,
            };
            match item.publicity {
                Publicity::Open => !person,
                Publicity::Parties | Publicity::Closed => false,
            }
        })
    }

    /// What is out of the public's sight of a stream, on the day of the log's last entry: whatever ends with a day ends when
    /// the ledger has seen the next.
    pub(crate) fn out_of_sight(&self, store: &Store, stream: &Stream) -> OutOfSight<'_> {
        let today = store.checkpoint().and_then(|(_, recorded_at)| day_in_china(recorded_at));
        self.removals.of(stream, today)
    }

    /// What the offices and steps of this case were called when the log had `size` entries.
    pub(crate) fn names(&self, case: &Progress, size: u64) -> Names {
        let offices = [case.holder, case.sent_up_to].into_iter().flatten();
        let item = case.item.zip(case.item_version).and_then(|version| self.items.get(&version));
        Names {
            offices: offices
                .filter_map(|code| Some((code, self.office_name(code, size)?)))
                .collect(),
            steps: item.map(|item| item.steps.iter().cloned().collect()).unwrap_or_default(),
        }
    }

    fn office_name(&self, code: OfficeCode, size: u64) -> Option<String> {
        let named = self.offices.get(&code)?.iter().rev().find(|(since, _)| *since < size);
        named.map(|(_, name)| name.clone())
    }
}

impl Item {
    fn of(item: &ItemPublished) -> Self {
        let steps =
            item.steps.iter().flatten().map(|step| (step.code.clone(), step.name.0.clone()));
        let targets = item.targets.as_deref().unwrap_or_default();
        let person = |target: &ApplicantType| *target == ApplicantType::NaturalPerson;
        Self {
            publicity: item.publicity,
            is_for_persons: !targets.is_empty() && targets.iter().all(person),
            steps: steps.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
