//! Opening: what the two copies hold, which of them is ahead, and how the other catches up.
//!
//! A commit is written to both copies and synced in both before anybody is told, so after a crash they differ by one commit at
//! most, and that one may be whole in one copy, in none, or in both. The longest run of frames that ends in a frame with a
//! checkpoint wins. A greater difference is no crash but damage, and is left as it is for `verify` and `repair`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use case_ledger::audit::{Auditor, Finding, Flaw, read};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{DIGEST, Found, Frame, SEGMENT_HEADER, Stored, decode};
use case_ledger::record::{header_hash, is_withheld};
use case_ledger::state::State;
use case_ledger::tree::Frontier;

use crate::disk::sync_directory;
use crate::engine::{Engine, EngineError, FRAMES_AT_A_TIME, finish_rewriting};
use crate::keys::{Signed, is_in_place};
use crate::layout::Layout;
use crate::published::UpperNodes;
use crate::segments::{End, FrameRef, FrameScan, Segments, first_of, list, read_frame};
use crate::snapshot::Snapshot;
use crate::sources::SegmentFrames;

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
    #[error(
        "the log is damaged: {0}; run `caseledger verify` to see where, then `caseledger repair` into a new directory"
    )]
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

    /// Takes in one commit: its frames, the last of which carries the checkpoint. Where they lie is for the caller to add.
    fn take_commit<'a>(
        &mut self,
        commit: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), RecoveryError> {
        let mut last = None;
        for bytes in commit {
            let Found::Frame(frame) = decode(bytes) else { return Err(self.damaged(Flaw::Frame)) };
            for record in &frame.records {
                let entry = read(record.header, record.body).map_err(|flaw| self.damaged(flaw))?;
                let upper = &mut self.upper;
                let taken = self.auditor.take(entry, |id, hash| upper.push(id, hash));
                taken.map_err(|flaw| self.damaged(flaw))?;
            }
            last = frame.checkpoint.map(str::to_owned);
        }
        let checkpoint = last
            .as_deref()
            .and_then(SignedCheckpoint::parse)
            .ok_or_else(|| self.damaged(Flaw::Frame))?;
        if checkpoint.checkpoint.head != self.auditor.frontier().head() {
            return Err(self.damaged(Flaw::Root));
        }
        self.checkpoint = Some(checkpoint);
        Ok(())
    }

    fn damaged(&self, flaw: Flaw) -> RecoveryError {
        damaged(self.size(), flaw)
    }
}

fn damaged(at: u64, flaw: Flaw) -> RecoveryError {
    RecoveryError::Damaged(Finding { at, flaw })
}

/// Opens both copies and brings them to the same length.
///
/// Everything is looked at before anything is written: a directory that cannot be opened stays as it is, for `repair`, and so
/// does one that has lost entries and will be read-only.
pub fn recover(layout: &Layout, segment_full_at: u64) -> Result<Recovered, RecoveryError> {
    finish_rewriting(&layout.db())?;
    restore_engine(layout)?;
    let mut engine = Engine::open(&layout.db())?;
    let mut replay = begin(layout)?;
    let resumed_at = replay.size();
    let found = replay_segments(layout, &engine, &mut replay)?;
    finish_withholdings(layout, &engine, &replay)?;
    let ahead = commit_ahead(&engine, replay.size())?;
    let reachable = ahead.as_ref().map_or(replay.size(), |ahead| ahead.end);
    // What lies behind the last good commit may be one more that a crash left in pieces, and no more than that.
    let beyond = found.beyond.iter().filter(|end| **end > reachable).count();
    if beyond > usize::from(ahead.is_none()) {
        return Err(replay.damaged(Flaw::Frame));
    }
    let lost = Signed::read(layout)?.is_some_and(|signed| signed.size > reachable);
    let mut segments =
        Segments::open(&layout.segments(), found.good_files, found.end, segment_full_at)?;
    let newest = last_commit(&replay, &segments)?;
    segments.sync(newest.first().map_or(0, |(place, _)| place.segment))?;
    let behind = if lost { Vec::new() } else { missing_in_engine(&replay, newest, &engine)? };
    if let Some(ahead) = ahead.filter(|_| !lost) {
        replay.take_commit(ahead.frames.iter().map(|(_, bytes)| bytes.as_slice()))?;
        check_last_signature(&replay)?;
        let (places, tail) = segments.append(&ahead.frames)?;
        tail.sync()?;
        replay.frames.extend(places);
        tracing::info!(
            size = replay.size(),
            "a commit that only the engine held whole was taken over into the segments"
        );
    }
    check_last_signature(&replay)?;
    if !lost && engine.last_first()?.is_some_and(|last| last >= replay.size()) {
        // The remains of a commit that nobody was told of.
        engine.cut(replay.size())?;
        engine.sync()?;
    }
    if !behind.is_empty() {
        engine.put(&behind)?;
        engine.sync()?;
        tracing::info!(
            size = replay.size(),
            "a commit that only the segments held whole was taken over into the engine"
        );
    }
    if !lost && layout.unsynced().exists() {
        engine = write_again(layout, &replay, &segments, engine)?;
    }
    let Replay { auditor, upper, frames, checkpoint } = replay;
    let (state, frontier) = auditor.into_parts();
    Ok(Recovered { state, frontier, upper, frames, checkpoint, segments, engine, resumed_at })
}

/// A restored backup is segments alone: the first copy is made from them. Where the log was written, an engine that is gone is
/// damage, and a second copy made of the first would hide it.
fn restore_engine(layout: &Layout) -> Result<(), RecoveryError> {
    let files = if layout.segments().is_dir() { list(&layout.segments())? } else { Vec::new() };
    if files.is_empty() {
        return Ok(());
    }
    let there = layout.db().exists();
    if is_in_place(layout)? {
        let due = Signed::read(layout)?.map_or(0, |head| head.size);
        let gone = !there && due > 0;
        return if gone { Err(damaged(0, Flaw::Missing { due })) } else { Ok(()) };
    }
    if there {
        let engine = Engine::open(&layout.db())?;
        let empty = engine.last_first()?.is_none();
        engine.close()?;
        if !empty {
            return Ok(());
        }
    }
    Engine::begin(&layout.db(), |engine| fill(engine, SegmentFrames::new(files)))?;
    tracing::info!("the engine's copy was made from the segments");
    Ok(())
}

/// Puts every whole commit of the segments into an engine, up to the first gap. Replaying them will tell whether they are right.
fn fill(engine: &Engine, mut frames: SegmentFrames) -> Result<(), EngineError> {
    let (mut next, mut commit, mut waiting) = (0, Vec::new(), Vec::new());
    while let Some(frame) = frames.next_frame()?.filter(|frame| frame.first == next) {
        next = frame.end;
        let ends_commit = frame.ends_commit;
        commit.push((frame.first, frame.bytes));
        if ends_commit {
            waiting.append(&mut commit);
        }
        if waiting.len() >= FRAMES_AT_A_TIME {
            engine.put(&std::mem::take(&mut waiting))?;
            engine.sync()?;
        }
    }
    engine.put(&waiting)?;
    engine.sync()
}

/// After a sync that failed, a system may hold pages for clean that never reached the disk, and no later sync will say so. What
/// was written last is written once more, the engine's files whole.
fn write_again(
    layout: &Layout,
    replay: &Replay,
    segments: &Segments,
    engine: Engine,
) -> Result<Engine, RecoveryError> {
    for (place, bytes) in last_commit(replay, segments)? {
        segments.write_again(place, &bytes)?;
    }
    let engine = engine.rewrite(replay.auditor.state().withheld().count() as u64)?;
    std::fs::remove_file(layout.unsynced())?;
    sync_directory(&layout.log())?;
    tracing::warn!(
        size = replay.size(),
        "a write had failed; the last commit and the engine's files were written again"
    );
    Ok(engine)
}

/// From the snapshot, if it fits the log beyond doubt; else from nothing.
fn begin(layout: &Layout) -> io::Result<Replay> {
    let nothing = Replay {
        auditor: Auditor::default(),
        upper: UpperNodes::default(),
        frames: Vec::new(),
        checkpoint: None,
    };
    let Some(snapshot) = Snapshot::load(&layout.snapshot())? else { return Ok(nothing) };
    let Some(checkpoint) = checkpoint_of(layout, &snapshot)? else {
        tracing::warn!("the snapshot does not fit the log and is not used; everything is replayed");
        return Ok(nothing);
    };
    let Snapshot { state, frontier, upper, frames } = snapshot;
    Ok(Replay {
        auditor: Auditor::resume(state, frontier),
        upper,
        frames,
        checkpoint: Some(checkpoint),
    })
}

/// The checkpoint in the last frame that a snapshot knows, if frame, chain and root are those of the snapshot.
fn checkpoint_of(layout: &Layout, snapshot: &Snapshot) -> io::Result<Option<SignedCheckpoint>> {
    let files = list(&layout.segments()).unwrap_or_default();
    let Some(last) = snapshot.frames.last() else { return Ok(None) };
    let Some((_, path)) = usize::try_from(last.segment).ok().and_then(|segment| files.get(segment))
    else {
        return Ok(None);
    };
    let Ok(bytes) = read_frame(&File::open(path)?, *last) else { return Ok(None) };
    let Found::Frame(frame) = decode(&bytes) else { return Ok(None) };
    let chained = frame.records.last().map(|record| header_hash(record.header));
    let checkpoint = frame.checkpoint.and_then(SignedCheckpoint::parse);
    let fits =
        frame.end() == snapshot.state.size() && chained == Some(snapshot.state.previous_hash());
    Ok(checkpoint
        .filter(|checkpoint| fits && checkpoint.checkpoint.head == snapshot.frontier.head()))
}

/// How far the segment files are good.
struct FoundSegments {
    /// The files with whole commits in them.
    good_files: usize,
    /// Where the last whole commit ends in the last of those.
    end: u64,
    /// The sizes that commits behind that place end with, of which not everything is there.
    beyond: Vec<u64>,
}

/// Replays the segment files.
fn replay_segments(
    layout: &Layout,
    engine: &Engine,
    replay: &mut Replay,
) -> Result<FoundSegments, RecoveryError> {
    let files = if layout.segments().is_dir() { list(&layout.segments())? } else { Vec::new() };
    let begun = replay
        .frames
        .last()
        .map(|last| (last.segment, u64::from(last.offset) + u64::from(last.length)));
    let (mut segment, mut offset) = begun.unwrap_or((0, SEGMENT_HEADER as u64));
    // Where the last whole commit ended, and the frames since.
    let (mut good_files, mut end) = (usize::from(begun.is_some()) + segment as usize, offset);
    let mut pending: Vec<(FrameRef, Vec<u8>)> = Vec::new();
    let mut next = replay.size();
    while let Some((first, path)) = files.get(segment as usize) {
        let begins_here = offset == SEGMENT_HEADER as u64;
        if begins_here && (*first != next || first_of(&File::open(path)?)? != Some(next)) {
            break;
        }
        let mut scan = FrameScan::begin(File::open(path)?, offset)?;
        let ends_with = loop {
            let at = scan.offset();
            let bytes = match scan.next_frame()? {
                Ok(bytes) => bytes.to_vec(),
                Err(End::Damaged) if finish_withholding(path, at, next, engine)? => {
                    scan = FrameScan::begin(File::open(path)?, at)?;
                    continue;
                }
                Err(end) => break end,
            };
            let Found::Frame(frame) = decode(&bytes) else { break End::Damaged };
            if frame.first != next {
                return Err(damaged(next, Flaw::Position { due: next, found: frame.first }));
            }
            next = frame.end();
            let ends_commit = frame.checkpoint.is_some();
            let place = place_of(&frame, segment, at)?;
            pending.push((place, bytes));
            if ends_commit {
                replay.take_commit(pending.iter().map(|(_, bytes)| bytes.as_slice()))?;
                replay.frames.extend(pending.drain(..).map(|(place, _)| place));
                (good_files, end) = (segment as usize + 1, scan.offset());
            }
        };
        // A power cut can leave a torn frame before a file that was begun in the same commit.
        if ends_with == End::Damaged {
            break;
        }
        segment += 1;
        offset = SEGMENT_HEADER as u64;
    }
    let beyond = commits_beyond(&files, good_files, end)?;
    Ok(FoundSegments { good_files, end, beyond })
}

/// The sizes that commits behind a place end with.
fn commits_beyond(files: &[(u64, PathBuf)], good_files: usize, end: u64) -> io::Result<Vec<u64>> {
    let mut sizes = Vec::new();
    let (last_good, rest) = files.split_at(good_files.min(files.len()));
    let from = last_good.last().map(|(_, path)| (path, end));
    for (path, offset) in
        from.into_iter().chain(rest.iter().map(|(_, path)| (path, SEGMENT_HEADER as u64)))
    {
        let mut scan = FrameScan::begin(File::open(path)?, offset)?;
        loop {
            if let Ok(bytes) = scan.next_frame()? {
                if let Found::Frame(frame) = decode(bytes) {
                    sizes.extend(frame.checkpoint.map(|_| frame.end()));
                }
            } else if !scan.resynchronise()? {
                break;
            }
        }
    }
    Ok(sizes)
}

/// The same for frames that a snapshot spared the replay.
fn finish_withholdings(
    layout: &Layout,
    engine: &Engine,
    replay: &Replay,
) -> Result<(), RecoveryError> {
    let files = if layout.segments().is_dir() { list(&layout.segments())? } else { Vec::new() };
    for entry in replay.auditor.state().withheld() {
        let after = replay.frames.partition_point(|frame| frame.first <= entry.0);
        let place = after.checked_sub(1).and_then(|index| replay.frames.get(index));
        let Some(place) = place else { continue };
        let Some((_, path)) = files.get(place.segment as usize) else { continue };
        if decode(&read_frame(&File::open(path)?, *place)?) == Found::Damaged {
            finish_withholding(path, u64::from(place.offset), place.first, engine)?;
        }
    }
    Ok(())
}

/// Finishes withholding a body that a power cut interrupted while the frame was overwritten. The engine was rewritten first, so it
/// has the whole frame, with the same commitments and a body withheld.
fn finish_withholding(
    path: &Path,
    offset: u64,
    first: u64,
    engine: &Engine,
) -> Result<bool, RecoveryError> {
    let Some(rewritten) = engine.frame(first)? else { return Ok(false) };
    let Found::Frame(frame) = decode(&rewritten) else { return Ok(false) };
    let content: usize =
        frame.records.iter().map(|record| record.body.len() + record.sealed.len()).sum();
    let commitments =
        rewritten.get(..rewritten.len().saturating_sub(content + DIGEST)).unwrap_or_default();
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut torn = vec![0; commitments.len()];
    let withheld = frame.records.iter().any(|record| is_withheld(record.body));
    if !withheld || file.read_exact_at(&mut torn, offset).is_err() || torn != commitments {
        return Ok(false);
    }
    file.write_all_at(&rewritten, offset)?;
    file.sync_all()?;
    tracing::info!(first, "a body that was half withheld is withheld");
    Ok(true)
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

/// A whole commit that only the engine holds.
struct Ahead {
    frames: Vec<(u64, Vec<u8>)>,
    end: u64,
}

/// Frames that are looked at beyond the end of the segments: more than one commit has.
const LOOK_AHEAD: usize = 4096;

/// The commit that the engine holds and the segments, which end with `size` entries, do not.
fn commit_ahead(engine: &Engine, size: u64) -> Result<Option<Ahead>, RecoveryError> {
    let mut ahead = Ahead { frames: Vec::new(), end: size };
    let mut whole = false;
    for (first, bytes) in engine.frames_from(size, LOOK_AHEAD)? {
        let frame = match decode(&bytes) {
            Found::Frame(frame) if frame.bytes.len() == bytes.len() => Some(frame),
            Found::Frame(_) | Found::Nothing | Found::Damaged => None,
        };
        let ends_commit = frame.as_ref().is_some_and(|frame| frame.checkpoint.is_some());
        let follows = frame
            .as_ref()
            .filter(|frame| first == ahead.end && frame.first == first)
            .map(Frame::end);
        match follows {
            Some(end) if !whole => {
                ahead.end = end;
                ahead.frames.push((first, bytes));
                whole = ends_commit;
            }
            // A second commit that the segments do not have, or one with a hole before it: that is no crash.
            _ if whole || ends_commit => {
                let last = engine.last_first()?.unwrap_or(first);
                let due = match decode(&engine.frame(last)?.unwrap_or_default()) {
                    Found::Frame(frame) => frame.end(),
                    Found::Nothing | Found::Damaged => last + 1,
                };
                return Err(damaged(size, Flaw::Missing { due }));
            }
            Some(_) | None => {}
        }
    }
    Ok(whole.then_some(ahead))
}

/// The frames of the last commit, as the segments have them.
fn last_commit(
    replay: &Replay,
    segments: &Segments,
) -> Result<Vec<(FrameRef, Vec<u8>)>, RecoveryError> {
    let mut commit = Vec::new();
    // Back from the end to the commit before, whose last frame carries a checkpoint.
    for place in replay.frames.iter().rev() {
        let bytes = frame_at(segments, *place)?;
        let Found::Frame(frame) = decode(&bytes) else {
            return Err(damaged(place.first, Flaw::Frame));
        };
        if !commit.is_empty() && frame.checkpoint.is_some() {
            break;
        }
        commit.push((*place, bytes));
    }
    commit.reverse();
    Ok(commit)
}

/// The frames of the last commit, if the engine lacks any of them.
fn missing_in_engine(
    replay: &Replay,
    commit: Vec<(FrameRef, Vec<u8>)>,
    engine: &Engine,
) -> Result<Vec<(u64, Vec<u8>)>, RecoveryError> {
    let commit: Vec<_> = commit.into_iter().map(|(place, bytes)| (place.first, bytes)).collect();
    let Some((begin, _)) = commit.first() else { return Ok(commit) };
    let held = match begin
        .checked_sub(1)
        .map(|before| engine.first_at_or_before(before))
        .transpose()?
        .flatten()
    {
        None => 0,
        Some(last) => match decode(&engine.frame(last)?.unwrap_or_default()) {
            Found::Frame(frame) if frame.first == last => frame.end(),
            Found::Frame(_) | Found::Nothing | Found::Damaged => last,
        },
    };
    if held != *begin {
        // More than the last commit is missing: that is no crash.
        return Err(damaged(held, Flaw::Missing { due: replay.size() }));
    }
    let mut all_there = true;
    for (first, bytes) in &commit {
        let in_engine = engine.frame(*first)?.unwrap_or_default();
        match decode(&in_engine) {
            Found::Frame(_) if in_engine == *bytes || differ_by_withholding(&in_engine, bytes) => {}
            Found::Frame(_) => return Err(damaged(*first, Flaw::CopiesDiffer)),
            Found::Nothing | Found::Damaged => all_there = false,
        }
    }
    Ok(if all_there { Vec::new() } else { commit })
}

/// Whether a body is withheld in one copy and not yet in the other, as a crash in between leaves it; opening finishes that.
fn differ_by_withholding(left: &[u8], right: &[u8]) -> bool {
    let (Found::Frame(left), Found::Frame(right)) = (decode(left), decode(right)) else {
        return false;
    };
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
    let file = segments
        .file(place.segment)
        .ok_or_else(|| io::Error::other("a segment file is missing"))?;
    read_frame(&file, place)
}

/// The last checkpoint must be signed by the ledger: its root has been compared already.
fn check_last_signature(replay: &Replay) -> Result<(), RecoveryError> {
    let Some(checkpoint) = &replay.checkpoint else { return Ok(()) };
    match replay.auditor.check_checkpoint(checkpoint.clone()) {
        Ok(_) => Ok(()),
        Err(flaw) => {
            Err(RecoveryError::Damaged(Finding { at: replay.size().saturating_sub(1), flaw }))
        }
    }
}
