//! Repair: a fresh directory from whatever is good in either copy of a damaged one. The damaged one is only read, but for the mark
//! that says which directory the log lives in: that goes over to the fresh one, if nothing is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;

use case_ledger::audit::{Auditor, Finding, Flaw, read};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, decode};

use crate::disk::{create_directory, keep_writers_away, sync_directory};
use crate::engine::{Engine, EngineError};
use crate::keys::{Signed, is_in_place, mark_place, retire_place};
use crate::layout::Layout;
use crate::segments::{SEGMENT_FULL_AT, Segments, list};
use crate::sources::{EngineCopy, EngineFrames, FrameBytes, SegmentFrames, copy_files};

/// What a repair brought back.
#[derive(Debug, Clone)]
pub struct Repaired {
    /// Entries in the fresh directory.
    pub entries: u64,
    /// The checkpoint under which they stand.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Commits with a frame that was good in the engine only.
    pub from_engine: u64,
    /// Commits with a frame that was good in the segments only.
    pub from_segments: u64,
    /// Where neither copy goes on, though more was signed: entries are lost.
    pub lost: Option<Finding>,
    /// Whether the fresh directory took the damaged one's place, and takes entries.
    pub writable: bool,
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

/// Repairs `from` into the fresh directory `into`. What `backups` (directories of segment files) hold is preferred, in their
/// order: whoever names them trusts them more than what is damaged.
pub fn repair(
    from: &Path,
    backups: &[&Path],
    into: &Path,
    progress: &dyn Fn(u64),
) -> Result<Repaired, RepairError> {
    let (damaged, fresh) = (Layout::new(from), Layout::new(into));
    if into.exists() && std::fs::read_dir(into)?.next().is_some() {
        return Err(RepairError::NotFresh);
    }
    // Beside a running server the engine's files cannot be copied whole.
    let Some(_no_writer) = keep_writers_away(&damaged.lock())? else {
        return Err(RepairError::Io(io::Error::new(
            io::ErrorKind::WouldBlock,
            "another process has this data directory open",
        )));
    };
    let files = if damaged.segments().is_dir() { list(&damaged.segments())? } else { Vec::new() };
    let (engine, _scratch) = match EngineCopy::of(&damaged.db())? {
        EngineCopy::Absent if files.is_empty() => return Err(RepairError::Nothing),
        EngineCopy::Absent | EngineCopy::Broken => (None, None),
        EngineCopy::Open(engine, scratch) => (Some(EngineFrames::new(engine)), Some(scratch)),
    };
    let mut files_of: Vec<_> =
        backups.iter().map(|backup| list(backup)).collect::<Result<_, _>>()?;
    files_of.push(files);
    let mut copies = Copies { files: files_of.into_iter().map(FileCopy::new).collect(), engine };

    create_directory(&fresh.segments())?;
    let mut target = Target {
        segments: Segments::open(&fresh.segments(), 0, 0, SEGMENT_FULL_AT)?,
        engine: Engine::open(&fresh.db())?,
        waiting: Vec::new(),
    };
    let mut auditor = Auditor::default();
    let mut repaired = Repaired {
        entries: 0,
        checkpoint: None,
        from_engine: 0,
        from_segments: 0,
        lost: None,
        writable: false,
    };
    let mut flaw = None;
    while let Some(candidates) = copies.commit_at(repaired.entries)? {
        match first_good(&mut auditor, candidates) {
            Ok((Candidate { commit, only_in_engine, only_in_files }, checkpoint)) => {
                repaired.from_engine += u64::from(only_in_engine);
                repaired.from_segments += u64::from(only_in_files);
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
    // Frames beyond the last good commit show that there were more entries.
    let due = copies.last_first()?.map_or(signed, |first| signed.max(first.saturating_add(1)));
    let missing = Finding { at: repaired.entries, flaw: Flaw::Missing { due } };
    repaired.lost = flaw.or_else(|| (due > repaired.entries).then_some(missing));
    if damaged.keys().is_dir() {
        create_directory(&fresh.keys())?;
        copy_files(&damaged.keys(), &fresh.keys())?;
        for entry in std::fs::read_dir(fresh.keys())? {
            File::open(entry?.path())?.sync_all()?;
        }
        sync_directory(&fresh.keys())?;
    }
    // A fresh directory that lacks what was signed must not sign again, nor must one that was repaired from a copy, which may be
    // an old one: it stays a copy, and so read-only.
    // And of two directories with one key only one may sign: where the mark cannot be taken away, nor can it be given.
    if repaired.lost.is_none() && is_in_place(&damaged)? && retire_place(&damaged).is_ok() {
        mark_place(&fresh)?;
        repaired.writable = true;
    }
    Ok(repaired)
}

/// One commit as a copy has it, gaps filled from the others.
struct Candidate {
    commit: Vec<FrameBytes>,
    /// No file has all of its frames.
    only_in_engine: bool,
    /// There is an engine, and it does not have all of its frames.
    only_in_files: bool,
}

/// Segment files, read along.
struct FileCopy {
    frames: SegmentFrames,
    ahead: BTreeMap<u64, FrameBytes>,
}

impl FileCopy {
    fn new(files: Vec<(u64, std::path::PathBuf)>) -> Self {
        Self { frames: SegmentFrames::new(files), ahead: BTreeMap::new() }
    }

    fn frame_at(&mut self, first: u64) -> io::Result<Option<FrameBytes>> {
        while self.frames.peek()?.is_some_and(|next| next <= first) {
            if let Some(frame) = self.frames.next_frame()? {
                self.ahead.insert(frame.first, frame);
            }
        }
        Ok(self.ahead.get(&first).cloned())
    }
}

struct Copies {
    files: Vec<FileCopy>,
    engine: Option<EngineFrames>,
}

impl Copies {
    /// The position of a frame that nobody has asked for yet, or of the engine's last one.
    fn last_first(&mut self) -> io::Result<Option<u64>> {
        let mut last = self.engine.as_ref().and_then(EngineFrames::last_first);
        for copy in &mut self.files {
            last = last.max(copy.frames.peek()?);
        }
        Ok(last)
    }

    /// What each copy has at a position, the files first.
    fn frames_at(&mut self, first: u64) -> io::Result<Vec<Option<FrameBytes>>> {
        let mut found = Vec::new();
        for copy in &mut self.files {
            found.push(copy.frame_at(first)?);
        }
        found.push(self.engine.as_mut().and_then(|engine| engine.frame_at(first)).flatten());
        Ok(found)
    }

    /// The commit that begins at `first`, as each copy has it, without doubles.
    fn commit_at(&mut self, first: u64) -> io::Result<Option<Vec<Candidate>>> {
        self.files.iter_mut().for_each(|copy| copy.ahead = copy.ahead.split_off(&first));
        // The copies may be cut differently where one is damaged, so the boundaries of all are followed.
        let mut columns: Vec<BTreeMap<u64, FrameBytes>> =
            vec![BTreeMap::new(); self.files.len() + 1];
        let mut boundaries = BTreeSet::from([first]);
        while let Some(next) = boundaries.pop_first() {
            for (frame, column) in self.frames_at(next)?.into_iter().zip(&mut columns) {
                let Some(frame) = frame else { continue };
                let (end, goes_on) = (frame.end, !frame.ends_commit);
                if column.insert(next, frame).is_none() && goes_on {
                    boundaries.insert(end);
                }
            }
        }
        let (files, engine) = columns.split_at(self.files.len());
        let has = |columns: &[BTreeMap<u64, FrameBytes>], frame: &FrameBytes| {
            columns.iter().any(|column| column.get(&frame.first) == Some(frame))
        };
        let mut candidates: Vec<Candidate> = Vec::new();
        for column in &columns {
            let Some(commit) = assemble(first, column, &columns) else { continue };
            if candidates.iter().all(|known| known.commit != commit) {
                let only_in_engine = !commit.iter().all(|frame| has(files, frame));
                let only_in_files =
                    self.engine.is_some() && !commit.iter().all(|frame| has(engine, frame));
                candidates.push(Candidate { commit, only_in_engine, only_in_files });
            }
        }
        Ok((!candidates.is_empty()).then_some(candidates))
    }
}

/// A whole commit out of the frames of all copies, one of them preferred.
fn assemble(
    first: u64,
    preferred: &BTreeMap<u64, FrameBytes>,
    all: &[BTreeMap<u64, FrameBytes>],
) -> Option<Vec<FrameBytes>> {
    let mut commit = Vec::new();
    let mut next = first;
    loop {
        let frame = preferred
            .get(&next)
            .or_else(|| all.iter().find_map(|column| column.get(&next)))?
            .clone();
        next = frame.end;
        let whole = frame.ends_commit;
        commit.push(frame);
        if whole {
            return Some(commit);
        }
    }
}

/// The first of the candidates that passes the audit, which then has taken it in.
fn first_good(
    auditor: &mut Auditor,
    candidates: Vec<Candidate>,
) -> Result<(Candidate, SignedCheckpoint), Finding> {
    let before = (candidates.len() > 1).then(|| auditor.clone());
    let mut first_flaw = None;
    for candidate in candidates {
        match audit(auditor, &candidate.commit) {
            Ok(checkpoint) => return Ok((candidate, checkpoint)),
            Err(finding) => {
                first_flaw.get_or_insert(finding);
                if let Some(before) = &before {
                    *auditor = before.clone();
                }
            }
        }
    }
    Err(first_flaw.unwrap_or(Finding { at: auditor.state().size(), flaw: Flaw::Frame }))
}

/// Holds a commit against everything before it, signatures included.
fn audit(auditor: &mut Auditor, commit: &[FrameBytes]) -> Result<SignedCheckpoint, Finding> {
    let first = auditor.state().size();
    let mut checkpoint = None;
    for bytes in commit {
        let at = auditor.state().size();
        let Found::Frame(frame) = decode(&bytes.bytes) else {
            return Err(Finding { at, flaw: Flaw::Frame });
        };
        for record in &frame.records {
            let at = auditor.state().size();
            let found = |flaw| Finding { at, flaw };
            let entry = read(record.header, record.body).map_err(found)?;
            let job = auditor.take(entry, |_, _| {}).map_err(found)?;
            if job.is_some_and(|job| !job.holds()) {
                return Err(found(Flaw::Signature));
            }
        }
        checkpoint = frame.checkpoint.and_then(SignedCheckpoint::parse);
    }
    let at = auditor.state().size().saturating_sub(1);
    let checkpoint = checkpoint.ok_or(Finding { at, flaw: Flaw::Frame })?;
    // As `verify` has it: a root that does not fit says that something in the commit was replaced, from its first entry on.
    auditor
        .check_checkpoint(checkpoint)
        .map_err(|flaw| Finding { at: if flaw == Flaw::Root { first } else { at }, flaw })
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
