//! Opening: what the two copies hold, which of them is ahead, and how the other catches up.
//!
//! A commit is written to both copies and synced in both before anybody is told, so after a crash they differ by one commit at
//! most, and that one may be whole in one copy, in none, or in both. The longest run of frames that ends in a frame with a
//! checkpoint wins. A greater difference is no crash but damage, and is left as it is for `verify` and `repair`.

use std::fs::File;
use std::io;

use case_ledger::audit::{Auditor, Finding, Flaw, read};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, Frame, SEGMENT_HEADER, Stored, decode};
use case_ledger::record::{header_hash, is_withheld};
use case_ledger::state::State;
use case_ledger::tree::Frontier;

use crate::engine::{Engine, EngineError};
use crate::layout::Layout;
use crate::published::UpperNodes;
use crate::segments::{End, FrameRef, FrameScan, Segments, first_of, list, read_frame};
use crate::snapshot::Snapshot;

/// Why a directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The file system failed.
    #[error("reading the log failed")]
    Io(#[from] io::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The log is damaged in a way that no crash leaves.
    #[error("the log is damaged: {0}; run `caseledger verify` to see where, then `caseledger repair` into a new directory")]
    Damaged(Finding),
}

/// A log as it was found, both copies brought to the same length.
#[derive(Debug)]
pub struct Recovered {
    /// What admission knows.
    pub state: State,
    /// The tree's right edge.
    pub frontier: Frontier,
    /// The tree's upper nodes.
    pub upper: UpperNodes,
    /// Where the frames are.
    pub frames: Vec<FrameRef>,
    /// The last checkpoint, if the log is not empty.
    pub checkpoint: Option<SignedCheckpoint>,
    /// The segment files.
    pub segments: Segments,
    /// The engine.
    pub engine: Engine,
    /// The size from which a snapshot spared the replay.
    pub resumed_at: u64,
}

/// What has been replayed so far.
struct Replay {
    auditor: Auditor,
    upper: UpperNodes,
    frames: Vec<FrameRef>,
    checkpoint: Option<SignedCheckpoint>,
}

impl Replay {
    fn size(&self) -> u64 {
        self.auditor.state().size()
    }

    /// Takes in one commit: its frames, the last of which carries the checkpoint.
    fn take_commit(&mut self, commit: &[(FrameRef, Vec<u8>)]) -> Result<(), RecoveryError> {
        let mut last = None;
        for (_, bytes) in commit {
            let Found::Frame(frame) = decode(bytes) else { return Err(self.damaged(Flaw::Frame)) };
            for record in &frame.records {
                let entry = read(record.header, record.body).map_err(|flaw| self.damaged(flaw))?;
                let upper = &mut self.upper;
                let taken = self.auditor.take(&entry, |id, hash| upper.push(id, hash));
                taken.map_err(|flaw| self.damaged(flaw))?;
            }
            last = frame.checkpoint.map(str::to_owned);
        }
        let checkpoint = last.as_deref().and_then(SignedCheckpoint::parse).ok_or_else(|| self.damaged(Flaw::Frame))?;
        if checkpoint.checkpoint.head != self.auditor.frontier().head() {
            return Err(self.damaged(Flaw::Root));
        }
        self.frames.extend(commit.iter().map(|(place, _)| *place));
        self.checkpoint = Some(checkpoint);
        Ok(())
    }

    fn damaged(&self, flaw: Flaw) -> RecoveryError {
        RecoveryError::Damaged(Finding { at: self.size(), flaw })
    }
}

/// Opens both copies and brings them to the same length.
pub fn recover(layout: &Layout) -> Result<Recovered, RecoveryError> {
    let mut replay = begin(layout)?;
    let resumed_at = replay.size();
    let (good_files, end) = replay_segments(layout, &mut replay)?;
    let mut segments = Segments::open(&layout.segments(), good_files, end)?;
    let engine = Engine::open(&layout.db())?;
    roll_segments_forward(&mut replay, &mut segments, &engine)?;
    roll_engine_forward(&replay, &segments, &engine)?;
    check_last_signature(&replay)?;
    let Replay { auditor, upper, frames, checkpoint } = replay;
    let (state, frontier) = auditor.into_parts();
    Ok(Recovered { state, frontier, upper, frames, checkpoint, segments, engine, resumed_at })
}

/// From the snapshot, if it fits the log beyond doubt; else from nothing.
fn begin(layout: &Layout) -> io::Result<Replay> {
    let nothing = Replay { auditor: Auditor::default(), upper: UpperNodes::default(), frames: Vec::new(), checkpoint: None };
    let Some(snapshot) = Snapshot::load(&layout.snapshot())? else { return Ok(nothing) };
    let Some(checkpoint) = checkpoint_of(layout, &snapshot)? else {
        tracing::warn!("the snapshot does not fit the log and is not used; everything is replayed");
        return Ok(nothing);
    };
    let Snapshot { state, frontier, upper, frames } = snapshot;
    Ok(Replay { auditor: Auditor::resume(state, frontier), upper, frames, checkpoint: Some(checkpoint) })
}

/// The checkpoint in the last frame that a snapshot knows, if frame, chain and root are those of the snapshot.
fn checkpoint_of(layout: &Layout, snapshot: &Snapshot) -> io::Result<Option<SignedCheckpoint>> {
    let files = list(&layout.segments()).unwrap_or_default();
    let Some(last) = snapshot.frames.last() else { return Ok(None) };
    let Some((_, path)) = usize::try_from(last.segment).ok().and_then(|segment| files.get(segment)) else { return Ok(None) };
    let Ok(bytes) = read_frame(&File::open(path)?, *last) else { return Ok(None) };
    let Found::Frame(frame) = decode(&bytes) else { return Ok(None) };
    let chained = frame.records.last().map(|record| header_hash(record.header));
    let checkpoint = frame.checkpoint.and_then(SignedCheckpoint::parse);
    let fits = frame.end() == snapshot.state.size() && chained == Some(snapshot.state.previous_hash());
    Ok(checkpoint.filter(|checkpoint| fits && checkpoint.checkpoint.head == snapshot.frontier.head()))
}

/// Replays the segment files and says how many of them are good, and up to where in the last one.
fn replay_segments(layout: &Layout, replay: &mut Replay) -> Result<(usize, u64), RecoveryError> {
    let files = if layout.segments().is_dir() { list(&layout.segments())? } else { Vec::new() };
    let begun = replay.frames.last().map(|last| (last.segment, u64::from(last.offset) + u64::from(last.length)));
    let (mut segment, mut offset) = begun.unwrap_or((0, SEGMENT_HEADER as u64));
    // Where the last whole commit ended, and the frames since.
    let mut good = (usize::from(begun.is_some()) + segment as usize, offset);
    let mut pending: Vec<(FrameRef, Vec<u8>)> = Vec::new();
    let mut next = replay.size();
    while let Some((first, path)) = files.get(segment as usize) {
        let file = File::open(path)?;
        let begins_here = offset == SEGMENT_HEADER as u64;
        if begins_here && (*first != next || first_of(&file)? != Some(next)) {
            break;
        }
        let mut scan = FrameScan::begin(file, offset)?;
        let end = loop {
            let at = scan.offset();
            let bytes = match scan.next_frame()? {
                Ok(bytes) => bytes.to_vec(),
                Err(end) => break end,
            };
            let Found::Frame(frame) = decode(&bytes) else { break End::Damaged };
            if frame.first != next {
                return Err(replay.damaged(Flaw::Position { due: next, found: frame.first }));
            }
            next = frame.end();
            let ends_commit = frame.checkpoint.is_some();
            let place = place_of(&frame, segment, at)?;
            pending.push((place, bytes));
            if ends_commit {
                replay.take_commit(&pending)?;
                pending.clear();
                good = (segment as usize + 1, scan.offset());
            }
        };
        if end == End::Damaged && segment as usize + 1 < files.len() {
            return Err(RecoveryError::Damaged(Finding { at: next, flaw: Flaw::Frame }));
        }
        segment += 1;
        offset = SEGMENT_HEADER as u64;
    }
    Ok(good)
}

fn place_of(frame: &Frame<'_>, segment: u32, offset: u64) -> io::Result<FrameRef> {
    let too_far = |_| io::Error::other("a segment file is too long");
    Ok(FrameRef {
        first: frame.first,
        segment,
        offset: u32::try_from(offset).map_err(too_far)?,
        length: u32::try_from(frame.bytes.len()).map_err(too_far)?,
    })
}

/// Takes over a commit that only the engine holds whole.
fn roll_segments_forward(replay: &mut Replay, segments: &mut Segments, engine: &Engine) -> Result<(), RecoveryError> {
    let mut commit: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut next = replay.size();
    let mut whole = false;
    while let Some(bytes) = engine.frame(next)? {
        let Found::Frame(frame) = decode(&bytes) else { break };
        if frame.bytes.len() != bytes.len() {
            break;
        }
        let (first, end, ends_commit) = (frame.first, frame.end(), frame.checkpoint.is_some());
        if whole {
            // A second commit that the segments do not have: that is no crash.
            return Err(RecoveryError::Damaged(Finding { at: replay.size(), flaw: Flaw::Missing { due: end } }));
        }
        commit.push((first, bytes));
        next = end;
        whole = ends_commit;
    }
    if !whole {
        return Ok(());
    }
    let (places, tail) = segments.append(&commit)?;
    tail.sync()?;
    let commit: Vec<_> = places.into_iter().zip(commit.into_iter().map(|(_, bytes)| bytes)).collect();
    replay.take_commit(&commit)?;
    tracing::info!(size = replay.size(), "a commit that a crash left in one copy was taken over into the other");
    Ok(())
}

/// Takes out of the engine what no checkpoint covers, and puts in a commit that only the segments hold.
fn roll_engine_forward(replay: &Replay, segments: &Segments, engine: &Engine) -> Result<(), RecoveryError> {
    let size = replay.size();
    if engine.last_first()?.is_some_and(|last| last >= size) {
        engine.cut(size)?;
        engine.sync()?;
    }
    let Some(last) = replay.frames.last() else { return Ok(()) };
    if engine.last_first()? == Some(last.first) {
        return same_frame(segments, engine, *last);
    }
    // The frames of the last commit: back from the end to the one before that carries a checkpoint.
    let mut missing = Vec::new();
    for place in replay.frames.iter().rev() {
        let bytes = frame_at(segments, *place)?;
        let Found::Frame(frame) = decode(&bytes) else {
            return Err(RecoveryError::Damaged(Finding { at: place.first, flaw: Flaw::Frame }));
        };
        if !missing.is_empty() && frame.checkpoint.is_some() {
            if engine.last_first()?.is_some_and(|last| last < place.first) {
                return Err(RecoveryError::Damaged(Finding { at: place.first, flaw: Flaw::Missing { due: size } }));
            }
            break;
        }
        missing.push((place.first, bytes));
    }
    let alone = missing.len() == replay.frames.len();
    if engine.last_first()?.is_none() && !alone {
        return Err(RecoveryError::Damaged(Finding { at: 0, flaw: Flaw::Missing { due: size } }));
    }
    missing.reverse();
    engine.put(&missing)?;
    engine.sync()?;
    tracing::info!(size, "a commit that a crash left in one copy was taken over into the other");
    Ok(())
}

fn same_frame(segments: &Segments, engine: &Engine, place: FrameRef) -> Result<(), RecoveryError> {
    let (in_engine, in_segments) = (engine.frame(place.first)?.unwrap_or_default(), frame_at(segments, place)?);
    if in_engine == in_segments || differ_by_withholding(&in_engine, &in_segments) {
        return Ok(());
    }
    Err(RecoveryError::Damaged(Finding { at: place.first, flaw: Flaw::CopiesDiffer }))
}

/// Whether a body is withheld in one copy and not yet in the other, as a crash in between leaves it; opening finishes that.
fn differ_by_withholding(left: &[u8], right: &[u8]) -> bool {
    let (Found::Frame(left), Found::Frame(right)) = (decode(left), decode(right)) else { return false };
    let same = |(left, right): (&Stored<'_>, &Stored<'_>)| {
        left.header == right.header
            && left.sealed == right.sealed
            && (left.body == right.body || is_withheld(left.body) != is_withheld(right.body))
    };
    left.records.len() == right.records.len()
        && left.checkpoint == right.checkpoint
        && left.records.iter().zip(&right.records).all(same)
}

fn frame_at(segments: &Segments, place: FrameRef) -> io::Result<Vec<u8>> {
    let file = segments.file(place.segment).ok_or_else(|| io::Error::other("a segment file is missing"))?;
    read_frame(&file, place)
}

/// The last checkpoint must be signed by the ledger: its root has been compared already.
fn check_last_signature(replay: &Replay) -> Result<(), RecoveryError> {
    let Some(checkpoint) = &replay.checkpoint else { return Ok(()) };
    match replay.auditor.check_checkpoint(checkpoint.clone()) {
        Ok(_) => Ok(()),
        Err(flaw) => Err(RecoveryError::Damaged(Finding { at: replay.size().saturating_sub(1), flaw })),
    }
}

