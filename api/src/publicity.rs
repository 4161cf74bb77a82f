//! What anybody may see: a read-side index of the registry's items and names, and of what was hidden.
//!
//! It is folded from two streams and can be thrown away. Each look catches up with them first, so an answer is never older than
//! the log it was asked of.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use case_ledger::audit::Entry;
use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::kinds::Act;
use case_ledger::kinds::registry::{ItemPublished, Publicity};
use case_ledger::names::{Seq, Stream, StreamType, Token};
use case_ledger_store::Store;
use case_projections::names::Names;
use case_projections::progress::Progress;

/// How much of an entry anybody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grade {
    /// The signed bytes: the registry, on which everybody's checking rests.
    Whole,
    /// What the public timeline shows of it: entries of open cases. Not the signed bytes, for they name officers, link cases of
    /// one applicant and tell refusals, none of which the public is told.
    Redacted,
    /// That it exists, and what it commits to.
    Commitment,
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct PublicIndex(Mutex<Index>);

#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The last position that was folded of each of the two streams.
    registry: Option<u64>,
    removals: Option<u64>,
    items: HashMap<(ItemCode, u32), Item>,
    /// Names with the position from which on they hold.
    offices: BTreeMap<OfficeCode, Vec<(u64, String)>>,
    hidden: HashSet<Stream>,
}

#[derive(Debug)]
struct Item {
    publicity: Publicity,
    steps: Vec<(Token, String)>,
}

impl PublicIndex {
    /// The index, caught up with the log.
    pub(crate) fn look(&self, store: &Store) -> io::Result<MutexGuard<'_, Index>> {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (registry, removals) = (Stream::registry(), Stream::parse("removals"));
        for entry in news(store, &registry, index.registry)? {
            index.registry = Some(entry.header.seq);
            index.take(&entry);
        }
        for entry in
            removals.map_or(Ok(Vec::new()), |removals| news(store, &removals, index.removals))?
        {
            index.removals = Some(entry.header.seq);
            index.take(&entry);
        }
        Ok(index)
    }

    /// How much of this entry anybody may see.
    pub(crate) fn grade(&self, store: &Store, entry: &Entry) -> io::Result<Grade> {
        match entry.stream().kind() {
            StreamType::Registry => Ok(Grade::Whole),
            StreamType::Case => {
                // The first entry says which version of which item binds the case.
                let entries = store.stream_entries(entry.stream(), Some(entry.header.seq + 1))?;
                let open = self.look(store)?.is_open(&Progress::fold(&entries));
                Ok(if open { Grade::Redacted } else { Grade::Commitment })
            }
            StreamType::Reads
            | StreamType::Removals
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

impl Index {
    fn take(&mut self, entry: &Entry) {
        let Some(Ok(act)) = entry.envelope().map(|envelope| &envelope.act.act) else { return };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "of the two streams, only these say what the public may see"
        )]
        match act {
            Act::ItemPublished(item) => {
                self.items.insert((item.item, item.version), Item::of(item));
            }
            Act::OfficeRegistered(office) => {
                let names = self.offices.entry(office.office).or_default();
                names.push((entry.header.seq, office.name.0.clone()));
            }
            // Whatever of it is hidden, all of it is: showing the rest needs views that know which entries and fields.
            Act::Hidden(hidden) => {
                self.hidden.insert(hidden.target.clone());
            }
            // Lifted only when all of it is.
            Act::Unhidden(unhidden) if unhidden.entries.is_none() => {
                self.hidden.remove(&unhidden.target);
            }
            _ => {}
        }
    }

    /// Whether anybody may see this case: the version of the item that binds it says so, and nobody has hidden it since.
    pub(crate) fn is_open(&self, case: &Progress) -> bool {
        let item = case.item.zip(case.item_version).and_then(|version| self.items.get(&version));
        let hidden = case.case.as_ref().is_none_or(|stream| self.hidden.contains(stream));
        !hidden
            && item.is_some_and(|item| match item.publicity {
                Publicity::Open => true,
                Publicity::Parties | Publicity::Closed => false,
            })
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
        Self { publicity: item.publicity, steps: steps.collect() }
    }
}
