//! Repair: a fresh directory from whatever is good in either copy of a damaged one. The damaged one is only read.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use case_ledger::audit::{Auditor, Finding, Flaw, read};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, decode};

use crate::disk::{create_directory, sync_directory};
use crate::engine::{Engine, EngineError};
use crate::keys::{Signed, mark_place};
use crate::layout::Layout;
use crate::segments::{Segments, list};
use crate::sources::{EngineCopy, EngineFrames, FrameBytes, SegmentFrames, copy_files};

/// What a repair brought back.
#[derive(Debug, Clone)]
pub struct Repaired {
    /// Entries in the fresh directory.
    pub entries: u64,
    /// The checkpoint under which they stand.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Commits of which only the engine had a good copy.
    pub from_engine: u64,
    /// Commits of which only the segments had a good copy.
    pub from_segments: u64,
    /// Where neither copy goes on, though more was signed: entries are lost.
    pub lost: Option<Finding>,
}

/// Why a repair could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The file system failed.
    #[error("the repair could not read or write")]
    Io(#[from] io::Error),
    /// The fresh engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The fresh directory is not fresh.
    #[error("the directory to repair into exists already; name one that does not")]
    NotFresh,
    /// There is nothing to repair from.
    #[error("there is no log here")]
    Nothing,
}

/// Frames written between syncs of the fresh copies.
const FRAMES_AT_A_TIME: usize = 256;

/// Repairs `from` into the fresh directory `into`.
pub fn repair(from: &Path, into: &Path, progress: &dyn Fn(u64)) -> Result<Repaired, RepairError> {
    let (damaged, fresh) = (Layout::new(from), Layout::new(into));
    if into.exists() && std::fs::read_dir(into)?.next().is_some() {
        return Err(RepairError::NotFresh);
    }
    let files = if damaged.segments().is_dir() { list(&damaged.segments())? } else { Vec::new() };
    let (engine, _scratch) = match EngineCopy::of(&damaged.db())? {
        EngineCopy::Absent if files.is_empty() => return Err(RepairError::Nothing),
        EngineCopy::Absent | EngineCopy::Broken => (None, None),
        EngineCopy::Open(engine, scratch) => (Some(EngineFrames::new(engine)), Some(scratch)),
    };
    let mut copies = Copies { segments: SegmentFrames::new(files), segment_frames: BTreeMap::new(), engine };

    create_directory(&fresh.segments())?;
    let mut target = Target { segments: Segments::open(&fresh.segments(), 0, 0)?, engine: Engine::open(&fresh.db())?, waiting: Vec::new() };
    let mut auditor = Auditor::default();
    let mut repaired = Repaired { entries: 0, checkpoint: None, from_engine: 0, from_segments: 0, lost: None };
    let mut flaw = None;
    while let Some(candidates) = copies.commit_at(repaired.entries)? {
        match first_good(&mut auditor, candidates) {
            Ok((commit, origin, checkpoint)) => {
                repaired.from_engine += u64::from(origin == OnlyGood::Engine);
                repaired.from_segments += u64::from(origin == OnlyGood::Segments);
                repaired.entries = checkpoint.checkpoint.head.size;
                repaired.checkpoint = Some(checkpoint);
                target.write(commit)?;
                progress(repaired.entries);
            }
            Err(finding) => {
                flaw = Some(finding);
                break;
            }
        }
    }
    target.flush()?;
    let signed = Signed::read(&damaged)?.map_or(0, |head| head.size);
    let beyond = copies.segments.peek()?.is_some();
    let missing = Finding { at: repaired.entries, flaw: Flaw::Missing { due: signed } };
    repaired.lost = flaw.or_else(|| (signed > repaired.entries || beyond).then_some(missing));
    if damaged.keys().is_dir() {
        create_directory(&fresh.keys())?;
        copy_files(&damaged.keys(), &fresh.keys())?;
        for entry in std::fs::read_dir(fresh.keys())? {
            std::fs::File::open(entry?.path())?.sync_all()?;
        }
        sync_directory(&fresh.keys())?;
    }
    // A fresh directory that lacks what was signed must not sign again: it stays a copy, and so read-only.
    if repaired.lost.is_none() {
        mark_place(&fresh.place())?;
    }
    Ok(repaired)
}

/// Which copy alone was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnlyGood {
    Both,
    Engine,
    Segments,
}

/// One commit as the two copies have it.
struct Candidates {
    /// Preferring the segments' frames.
    segments: Option<Vec<FrameBytes>>,
    /// Preferring the engine's frames, if that is something else.
    engine: Option<Vec<FrameBytes>>,
}

struct Copies {
    segments: SegmentFrames,
    segment_frames: BTreeMap<u64, FrameBytes>,
    engine: Option<EngineFrames>,
}

impl Copies {
    fn from_segments(&mut self, first: u64) -> io::Result<Option<FrameBytes>> {
        while self.segments.peek()?.is_some_and(|next| next <= first) {
            if let Some(frame) = self.segments.next()? {
                self.segment_frames.insert(frame.first, frame);
            }
        }
        Ok(self.segment_frames.get(&first).cloned())
    }

    fn from_engine(&mut self, first: u64) -> Option<FrameBytes> {
        self.engine.as_mut().and_then(|engine| engine.frame_at(first)).flatten()
    }

    /// The commit that begins at `first`, from the one copy and from the other.
    fn commit_at(&mut self, first: u64) -> io::Result<Option<Candidates>> {
        self.segment_frames = self.segment_frames.split_off(&first);
        let (mut in_segments, mut in_engine) = (BTreeMap::new(), BTreeMap::new());
        let mut ends = vec![first];
        // Frames of the commit in either copy; the two may be cut differently, so both sets of boundaries are followed.
        while let Some(next) = ends.pop() {
            let (segment, engine) = (self.from_segments(next)?, self.from_engine(next));
            for (frame, found) in [(segment, &mut in_segments), (engine, &mut in_engine)] {
                let Some(frame) = frame else { continue };
                let (end, goes_on) = (frame.end, !frame.ends_commit);
                if found.insert(next, frame).is_none() && goes_on && !ends.contains(&end) {
                    ends.push(end);
                }
            }
        }
        let segments = assemble(first, &in_segments, &in_engine);
        let engine = assemble(first, &in_engine, &in_segments).filter(|engine| Some(engine) != segments.as_ref());
        Ok((segments.is_some() || engine.is_some()).then_some(Candidates { segments, engine }))
    }
}

/// A whole commit out of two sets of frames, the one preferred to the other.
fn assemble(first: u64, preferred: &BTreeMap<u64, FrameBytes>, other: &BTreeMap<u64, FrameBytes>) -> Option<Vec<FrameBytes>> {
    let mut commit = Vec::new();
    let mut next = first;
    loop {
        let frame = preferred.get(&next).or_else(|| other.get(&next))?.clone();
        next = frame.end;
        let whole = frame.ends_commit;
        commit.push(frame);
        if whole {
            return Some(commit);
        }
    }
}

type Good = (Vec<FrameBytes>, OnlyGood, SignedCheckpoint);

/// The first of the candidates that passes the audit, which then has taken it in.
fn first_good(auditor: &mut Auditor, candidates: Candidates) -> Result<Good, Finding> {
    match (candidates.segments, candidates.engine) {
        (Some(segments), None) => audit(auditor, &segments).map(|checkpoint| (segments, OnlyGood::Both, checkpoint)),
        (None, Some(engine)) => audit(auditor, &engine).map(|checkpoint| (engine, OnlyGood::Engine, checkpoint)),
        (Some(segments), Some(engine)) => {
            let before = auditor.clone();
            if let Ok(checkpoint) = audit(auditor, &segments) {
                return Ok((segments, OnlyGood::Segments, checkpoint));
            }
            *auditor = before;
            audit(auditor, &engine).map(|checkpoint| (engine, OnlyGood::Engine, checkpoint))
        }
        (None, None) => Err(Finding { at: auditor.state().size(), flaw: Flaw::Frame }),
    }
}

/// Holds a commit against everything before it, signatures included.
fn audit(auditor: &mut Auditor, commit: &[FrameBytes]) -> Result<SignedCheckpoint, Finding> {
    let mut checkpoint = None;
    for bytes in commit {
        let at = auditor.state().size();
        let Found::Frame(frame) = decode(&bytes.bytes) else { return Err(Finding { at, flaw: Flaw::Frame }) };
        for record in &frame.records {
            let at = auditor.state().size();
            let found = |flaw| Finding { at, flaw };
            let entry = read(record.header, record.body).map_err(found)?;
            let job = auditor.take(&entry, |_, _| {}).map_err(found)?;
            if job.is_some_and(|job| !job.holds()) {
                return Err(found(Flaw::Signature));
            }
        }
        checkpoint = frame.checkpoint.and_then(SignedCheckpoint::parse);
    }
    let at = auditor.state().size().saturating_sub(1);
    let checkpoint = checkpoint.ok_or(Finding { at, flaw: Flaw::Frame })?;
    auditor.check_checkpoint(checkpoint).map_err(|flaw| Finding { at, flaw })
}

/// The fresh copies.
struct Target {
    segments: Segments,
    engine: Engine,
    waiting: Vec<(u64, Vec<u8>)>,
}

impl Target {
    fn write(&mut self, commit: Vec<FrameBytes>) -> Result<(), RepairError> {
        self.waiting.extend(commit.into_iter().map(|frame| (frame.first, frame.bytes)));
        if self.waiting.len() >= FRAMES_AT_A_TIME { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), RepairError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let frames = std::mem::take(&mut self.waiting);
        let (_, tail) = self.segments.append(&frames)?;
        tail.sync()?;
        self.engine.put(&frames)?;
        self.engine.sync()?;
        Ok(())
    }
}
