//! Where the entries of streams are, remembered.
//!
//! A stream is linked from its end backwards, so that whoever wants its first entry walks past all others. That is done once:
//! what is remembered here grows by the entries that were added since, and no request walks a way that another has walked.
//! It can be thrown away, and is when it grows too large.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use case_ledger::audit::Entry;
use case_ledger::codes::ItemCode;
use case_ledger::kinds::Act;
use case_ledger::kinds::intake::ApplicantType;
use case_ledger::names::{Seq, Stream, StreamKey};
use case_ledger::record::Header;
use case_ledger_store::Store;
use case_projections::ending::{Ending, Sight};

/// Positions that are remembered at most: some 40 MB, with what stands beside them where cases are short.
const PLACES_MAX: usize = 1_000_000;

/// The memory.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    memory: Mutex<Memory>,
    /// Entries read for anybody's question.
    read: AtomicU64,
}

#[derive(Debug, Default)]
struct Memory {
    streams: HashMap<StreamKey, Arc<Known>>,
    places: usize,
}

/// What is remembered of one stream. Its parts may lag behind each other: each is caught up when it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Known {
    /// Positions of its entries, in order.
    pub(crate) places: Vec<u64>,
    /// What the first entry of a case says of who may see it.
    pub(crate) binding: Option<Binding>,
    /// For each entry of a case how far it had ended before, and what the public is shown of the entry.
    pub(crate) sights: Vec<(Ending, Sight)>,
    /// How far the case has ended after them.
    ending: Ending,
}

/// What binds a case from its first entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) item: ItemCode,
    pub(crate) version: u32,
    pub(crate) applicant_type: Option<ApplicantType>,
}

impl Binding {
    fn of(first: &Entry) -> Option<Self> {
        let Ok(Act::Submitted(submitted)) = &first.envelope()?.act.act else { return None };
        Some(Self {
            item: submitted.item,
            version: submitted.item_version,
            applicant_type: submitted.applicant_type,
        })
    }
}

impl Known {
    /// Whether this part of it is known up to the entry at `head`.
    fn has(&self, part: Part, head: u64) -> bool {
        self.places.last() >= Some(&head)
            && match part {
                Part::Places => true,
                Part::Binding => self.binding.is_some(),
                Part::Sights => self.sights.len() == self.places.len(),
            }
    }

    /// How many of its entries the log had when it had `size`.
    pub(crate) fn length_at(&self, size: u64) -> usize {
        self.places.partition_point(|place| *place < size)
    }

    /// The entries of which the public is shown something, of the first `length`: number in the stream and position.
    pub(crate) fn shown(&self, length: usize) -> impl Iterator<Item = (u64, u64)> {
        let sights = self.sights.iter().map(|(_, sight)| *sight);
        let places = (1..).zip(self.places.iter().copied()).zip(sights).take(length);
        places.filter(|(_, sight)| *sight != Sight::Behind).map(|(place, _)| place)
    }

    /// How far the case had ended before an entry, and what the public is shown of that.
    pub(crate) fn sight(&self, number: u64) -> Option<(Ending, Sight)> {
        self.sights.get(usize::try_from(number.checked_sub(1)?).ok()?).copied()
    }
}

/// What is wanted of what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Places,
    Binding,
    Sights,
}

impl Streams {
    /// Where a stream's entries are. `None` if there is no such stream.
    pub(crate) fn stream(&self, store: &Store, stream: &Stream) -> io::Result<Option<Arc<Known>>> {
        self.known(store, stream, Part::Places)
    }

    /// The same for a case, with what binds it. Of a case that is remembered no entry is read.
    pub(crate) fn case(&self, store: &Store, stream: &Stream) -> io::Result<Option<Arc<Known>>> {
        self.known(store, stream, Part::Binding)
    }

    /// The same, with what the public is shown of each entry. Each entry is read once for that, whoever asks how often.
    pub(crate) fn case_with_sights(
        &self,
        store: &Store,
        stream: &Stream,
    ) -> io::Result<Option<Arc<Known>>> {
        self.known(store, stream, Part::Sights)
    }

    /// One entry that a stream is known to have.
    pub(crate) fn entry(&self, store: &Store, place: u64) -> io::Result<Entry> {
        self.read.fetch_add(1, Ordering::Relaxed);
        store.entry(Seq(place))?.ok_or_else(missing)
    }

    /// Forgets everything: an entry no longer says what it said.
    pub(crate) fn forget(&self) {
        *self.memory() = Memory::default();
    }

    /// Entries read so far.
    #[cfg(test)]
    pub(crate) fn entries_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    fn known(&self, store: &Store, stream: &Stream, part: Part) -> io::Result<Option<Arc<Known>>> {
        let Some(head) = store.stream(stream) else { return Ok(None) };
        let remembered = self.memory().streams.get(&stream.key()).cloned().unwrap_or_default();
        if remembered.has(part, head.head) {
            return Ok(Some(remembered));
        }
        // Read without holding the lock: a long way must not stop those who know theirs.
        let mut known = Known::clone(&remembered);
        self.find_places(store, head.head, &mut known)?;
        match part {
            Part::Places => {}
            Part::Binding => self.read_binding(store, &mut known)?,
            Part::Sights => self.read_sights(store, &mut known)?,
        }
        let known = Arc::new(known);
        self.memory().remember(stream.key(), &known);
        Ok(Some(known))
    }

    fn find_places(&self, store: &Store, head: u64, known: &mut Known) -> io::Result<()> {
        let mut new = Vec::new();
        let mut next = Some(head);
        while let Some(place) = next.filter(|place| known.places.last() < Some(place)) {
            new.push(place);
            next = self.place_before(store, place)?;
        }
        known.places.extend(new.into_iter().rev());
        Ok(())
    }

    fn read_binding(&self, store: &Store, known: &mut Known) -> io::Result<()> {
        if let (None, Some(first)) = (known.binding, known.places.first()) {
            known.binding = Binding::of(&self.entry(store, *first)?);
        }
        Ok(())
    }

    fn read_sights(&self, store: &Store, known: &mut Known) -> io::Result<()> {
        for place in known.places.iter().skip(known.sights.len()) {
            let entry = self.entry(store, *place)?;
            let (next, sight) = known.ending.after(kind_of(&entry));
            known.sights.push((known.ending, sight));
            known.ending = next;
        }
        Ok(())
    }

    /// The position of the entry before this one in its stream, if there is one.
    fn place_before(&self, store: &Store, place: u64) -> io::Result<Option<u64>> {
        self.read.fetch_add(1, Ordering::Relaxed);
        let record = store.record(Seq(place))?.ok_or_else(missing)?;
        let header = Header::decode(&record.header).ok_or_else(missing)?;
        Ok((header.stream_number > 1).then_some(header.stream_previous))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn remember(&mut self, key: StreamKey, known: &Arc<Known>) {
        if self.places + known.places.len() > PLACES_MAX {
            *self = Self::default();
        }
        // Whoever was quicker may know more.
        let older = self.streams.get(&key).filter(|older| {
            older.places.len() > known.places.len() || older.sights.len() > known.sights.len()
        });
        if older.is_none() {
            let before = self.streams.insert(key, known.clone());
            self.places += known.places.len() - before.map_or(0, |before| before.places.len());
        }
    }
}

fn kind_of(entry: &Entry) -> Option<case_ledger::kinds::Kind> {
    match &entry.content {
        case_ledger::audit::Content::Action(action) => action.envelope.act.kind,
        case_ledger::audit::Content::Withheld(effect) => Some(effect.kind),
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a stream's entry is missing")
}
