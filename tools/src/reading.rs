//! Reading a ledger, whether or not a server has it open.
//!
//! An idle directory is opened as always, and recovered if a crash left something. If another process holds the lock, the
//! segment files are read as they stand: only whole commits, up to the last signed checkpoint. What is signed and chained
//! is not checked here; that is what `caseledger verify` is for. The same goes for a directory that may only be read.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use case_ledger::audit::{self, Content, Entry};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, SEGMENT_HEADER, decode};
use case_ledger::hash::Sha256Hash;
use case_ledger::kinds::Act;
use case_ledger::kinds::registry::ClockKind;
use case_ledger::names::{Issuer, Kid, Origin, Seq, Stream};
use case_ledger::receipt::Receipt;
use case_ledger::record::encode_body;
use case_ledger::time::Micros;
use case_ledger::tree::{Frontier, NodeId, TreeHead, consistency_proof, inclusion_proof};
use case_ledger_store::layout::Layout;
use case_ledger_store::segments::{FrameScan, list};
use case_ledger_store::{OpenError, OpenOptions, Store};

use crate::failure::{Failure, OrFail as _};
use crate::opening;

/// A ledger that is only read.
#[derive(Debug)]
pub enum Reading {
    /// Through the engine.
    Open(Box<Store>),
    /// Beside whoever has it open.
    Beside(PathBuf),
}

/// The newest checkpoint and when its last entry was recorded.
#[derive(Debug, Clone)]
pub struct Newest {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// When its last entry was recorded.
    pub recorded_at: Micros,
}

/// Opens the ledger in `directory` if nobody else has it open, and else reads beside them.
pub fn open_for_reading(directory: &Path) -> Result<Reading, Failure> {
    if !directory.join("log").is_dir() {
        return Err(opening::no_ledger(directory));
    }
    let options = OpenOptions { clock: case_api::clock::system(), confirm_clock: false };
    match Store::open(directory, options) {
        Ok(store) => Ok(Reading::Open(Box::new(store))),
        Err(OpenError::Locked) => Ok(Reading::Beside(directory.to_owned())),
        Err(OpenError::Io(error)) if may_only_be_read(&error) => {
            Ok(Reading::Beside(directory.to_owned()))
        }
        Err(error) => Err(opening::explain(directory, &error)),
    }
}

/// Opening writes: the lock, the engine's own files, the mark of the place.
fn may_only_be_read(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

impl Reading {
    /// The entries of a stream, in order.
    pub fn stream(&self, stream: &Stream) -> Result<Vec<Entry>, Failure> {
        match self {
            Self::Open(store) => unread(store.stream_entries(stream, None)),
            Self::Beside(directory) => {
                let mut entries = Vec::new();
                unread(scan(directory, |entry| {
                    if entry.stream() == stream {
                        entries.push(entry);
                    }
                }))?;
                Ok(entries)
            }
        }
    }

    /// One entry.
    pub fn entry(&self, seq: Seq) -> Result<Option<Entry>, Failure> {
        match self {
            Self::Open(store) => unread(store.entry(seq)),
            Self::Beside(directory) => {
                let mut found = None;
                unread(scan(directory, |entry| {
                    if entry.header.seq == seq.0 {
                        found = Some(entry);
                    }
                }))?;
                Ok(found)
            }
        }
    }

    /// The newest checkpoint; `None` before the founding.
    pub fn newest(&self) -> Result<Option<Newest>, Failure> {
        match self {
            Self::Open(store) => Ok(store
                .checkpoint()
                .map(|(checkpoint, recorded_at)| Newest { checkpoint, recorded_at })),
            Self::Beside(directory) => unread(scan(directory, |_| {})),
        }
    }

    /// The receipt of an entry under the newest checkpoint; `None` if there is no such entry.
    pub fn receipt(&self, seq: Seq) -> Result<Option<Receipt>, Failure> {
        let directory = match self {
            Self::Open(store) => return unread(store.receipt(seq)),
            Self::Beside(directory) => directory,
        };
        let (mut tree, mut record) = (Tree::default(), None);
        let newest = unread(scan(directory, |entry| {
            tree.append(entry.leaf);
            if entry.header.seq == seq.0 {
                record = Some(record_of(&entry));
            }
        }))?;
        let proof = tree.inclusion(seq.0);
        let Some(((header, body), (proof, newest))) = record.zip(proof.zip(newest)) else {
            return Ok(None);
        };
        Ok(Some(Receipt { index: seq.0, proof, checkpoint: newest.checkpoint, header, body }))
    }

    /// The heads of two sizes and the proof that the later tree extends the earlier; `None` if the log is not that long.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Option<Consistency>, Failure> {
        let directory = match self {
            Self::Open(store) => {
                let heads = store.head_at(from).zip(store.head_at(to));
                let proof = store.consistency(from, to);
                return Ok(heads.zip(proof).map(|((from, to), hashes)| Consistency {
                    from,
                    to,
                    hashes,
                }));
            }
            Self::Beside(directory) => directory,
        };
        let mut tree = Tree::default();
        unread(scan(directory, |entry| tree.append(entry.leaf)))?;
        Ok(tree.consistency(from, to))
    }

    /// The ledger's origin.
    pub fn origin(&self) -> Result<Option<Origin>, Failure> {
        match self {
            Self::Open(store) => Ok(store.registry().origin().cloned()),
            Self::Beside(_) => Ok(self.newest()?.map(|newest| newest.checkpoint.checkpoint.origin)),
        }
    }

    /// The time of the ledger's last entry if its clock is simulated, and else the time of day.
    pub fn now(&self) -> Result<Micros, Failure> {
        let founded = self.entry(Seq(0))?;
        let act = founded.as_ref().and_then(|entry| entry.envelope()?.act.act.as_ref().ok());
        let simulated = if let Some(Act::LedgerFounded(founded)) = act {
            founded.clock == ClockKind::Simulated
        } else {
            false
        };
        let newest = if simulated { self.newest()? } else { None };
        Ok(newest.map_or_else(opening::now, |newest| newest.recorded_at))
    }

    /// For whom a key signs, as the registry says.
    pub fn holder(&self, kid: Kid) -> Result<Option<Issuer>, Failure> {
        let registry = self.stream(&Stream::registry())?;
        Ok(registry.iter().rev().find_map(|entry| holder_in(entry, kid)))
    }
}

/// That a later tree extends an earlier one.
#[derive(Debug, Clone)]
pub struct Consistency {
    /// The earlier.
    pub from: TreeHead,
    /// The later.
    pub to: TreeHead,
    /// The proof (RFC 6962, 2.1.2).
    pub hashes: Vec<Sha256Hash>,
}

/// A tree that is built while the segments are read: every node of it, some hundred bytes an entry.
#[derive(Default)]
struct Tree {
    frontier: Frontier,
    nodes: HashMap<NodeId, Sha256Hash>,
}

impl Tree {
    fn append(&mut self, leaf: Sha256Hash) {
        let nodes = &mut self.nodes;
        self.frontier.append(leaf, |id, hash| {
            nodes.insert(id, hash);
        });
    }

    fn node(&self, id: NodeId) -> Option<Sha256Hash> {
        self.nodes.get(&id).copied()
    }

    fn inclusion(&self, index: u64) -> Option<Vec<Sha256Hash>> {
        inclusion_proof(index, self.frontier.size(), &|id| self.node(id))
    }

    fn consistency(&self, from: u64, to: u64) -> Option<Consistency> {
        let node = |id| self.node(id);
        let head = |size| Some(Frontier::load(size, &node)?.head());
        let hashes = consistency_proof(from, to, &node)?;
        Some(Consistency { from: head(from)?, to: head(to)?, hashes })
    }
}

/// Header and body as a receipt carries them.
fn record_of(entry: &Entry) -> (Box<[u8]>, Box<[u8]>) {
    let body = match &entry.content {
        Content::Action(action) => encode_body(&action.jws),
        Content::Withheld(_) => Vec::new(),
    };
    (entry.header.encode().into(), body.into())
}

fn holder_in(entry: &Entry, kid: Kid) -> Option<Issuer> {
    let act = entry.envelope()?.act.act.as_ref().ok()?;
    if let Act::KeyRegistered(registered) = act {
        let officer = |person: &_| Issuer::Officer(registered.office, Clone::clone(person));
        let holder = registered.person.as_ref().map_or(Issuer::Office(registered.office), officer);
        (registered.key.kid() == kid).then_some(holder)
    } else if let Act::LedgerFounded(founded) = act {
        founded.root_keys.iter().any(|key| key.kid() == kid).then_some(Issuer::Root)
    } else {
        None
    }
}

fn unread<T>(read: io::Result<T>) -> Result<T, Failure> {
    read.or_environment(
        "The log cannot be read.",
        "Run `caseledger verify` to see whether it is damaged.",
    )
}

/// Goes through the whole commits in the segment files in order, and says which checkpoint ends the last one.
fn scan(directory: &Path, mut each: impl FnMut(Entry)) -> io::Result<Option<Newest>> {
    let mut newest = None;
    // Entries of a commit whose checkpoint has not come yet.
    let mut pending: Vec<Entry> = Vec::new();
    let mut due = 0;
    for (_, path) in list(&Layout::new(directory).segments())? {
        let mut frames = FrameScan::begin(File::open(path)?, SEGMENT_HEADER as u64)?;
        while let Ok(bytes) = frames.next_frame()? {
            let Found::Frame(frame) = decode(bytes) else { break };
            if frame.first != due {
                return Err(invalid(frame.first, "entries before it are missing"));
            }
            due = frame.end();
            for record in &frame.records {
                let read = audit::read(record.header, record.body);
                pending.push(read.map_err(|flaw| invalid(frame.first, &flaw.to_string()))?);
            }
            let Some(text) = frame.checkpoint else { continue };
            let checkpoint = SignedCheckpoint::parse(text)
                .ok_or_else(|| invalid(frame.first, "its checkpoint is none"))?;
            if let Some(last) = pending.last() {
                newest = Some(Newest { checkpoint, recorded_at: last.header.time() });
            }
            pending.drain(..).for_each(&mut each);
        }
    }
    Ok(newest)
}

fn invalid(first: u64, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("in the frame of entry {first}: {what}"))
}
