//! The frames of a log from both of its copies, and what is wrong with either copy.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use case_ledger::audit::{Finding, Flaw, read};
use case_ledger::frame::{Found, SEGMENT_HEADER, decode};

use crate::engine::{Engine, EngineError, REOPEN_AFTER};
use crate::segments::{End, FrameScan, first_of};

/// One of the two copies of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The plain files.
    Segments,
    /// sled.
    Engine,
}

impl Copy {
    /// A name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Engine => "engine",
        }
    }
}

/// The engine, opened on a copy of its files: it changes them when it opens them, and they may be evidence.
pub enum EngineCopy {
    /// There is no engine's directory.
    Absent,
    /// It does not open at all.
    Broken,
    /// It opens.
    Open(Engine, Scratch),
}

impl EngineCopy {
    /// Copies the engine's directory and opens the copy.
    pub fn of(db: &Path) -> io::Result<Self> {
        if !db.is_dir() {
            return Ok(Self::Absent);
        }
        let scratch = Scratch::copy_of(db)?;
        match Engine::open_scratch(scratch.path()) {
            Ok(engine) => Ok(Self::Open(engine, scratch)),
            Err(error) => {
                tracing::debug!(%error, "the engine does not open its copy");
                Ok(Self::Broken)
            }
        }
    }
}

/// A directory that is gone when nobody needs it any more.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a copy that nobody keeps goes where the system puts such things, not beside the evidence"
    )]
    fn copy_of(from: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let scratch = Self(
            std::env::temp_dir().join(format!("caseledger-{}", case_ledger::hash::hex(&random))),
        );
        std::fs::create_dir(&scratch.0)?;
        copy_files(from, &scratch.0)?;
        Ok(scratch)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Copies a directory's files and folders.
pub fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            copy_files(&entry.path(), &target)?;
        } else {
            // Not `fs::copy`: whoever may only read the original must be able to write the copy.
            io::copy(&mut File::open(entry.path())?, &mut File::create(target)?)?;
        }
    }
    Ok(())
}

/// A whole frame and the position of its first record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameBytes {
    /// Position of its first record.
    pub first: u64,
    /// Position after its last record.
    pub end: u64,
    /// Whether it ends a commit.
    pub ends_commit: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl FrameBytes {
    fn of(bytes: Vec<u8>) -> Option<Self> {
        let Found::Frame(frame) = decode(&bytes) else { return None };
        let (first, end, ends_commit) = (frame.first, frame.end(), frame.checkpoint.is_some());
        (frame.bytes.len() == bytes.len()).then_some(Self { first, end, ends_commit, bytes })
    }
}

/// The frames of segment files in the order of the files, past any damage.
pub struct SegmentFrames {
    files: std::vec::IntoIter<(u64, PathBuf)>,
    scan: Option<FrameScan>,
    ahead: Option<FrameBytes>,
    damaged: bool,
}

impl SegmentFrames {
    /// The frames of these files.
    pub fn new(files: Vec<(u64, PathBuf)>) -> Self {
        Self { files: files.into_iter(), scan: None, ahead: None, damaged: false }
    }

    /// Where the next frame begins, if there is one.
    pub fn peek(&mut self) -> io::Result<Option<u64>> {
        if self.ahead.is_none() {
            self.ahead = self.read()?;
        }
        Ok(self.ahead.as_ref().map(|frame| frame.first))
    }

    /// The next frame.
    pub fn next_frame(&mut self) -> io::Result<Option<FrameBytes>> {
        self.peek()?;
        Ok(self.ahead.take())
    }

    /// Whether damaged bytes lie before the frame that was peeked at last; asking takes note of it.
    pub fn passed_damage(&mut self) -> bool {
        std::mem::take(&mut self.damaged)
    }

    fn read(&mut self) -> io::Result<Option<FrameBytes>> {
        loop {
            let Some(scan) = &mut self.scan else {
                let Some((first, path)) = self.files.next() else { return Ok(None) };
                let file = File::open(path)?;
                self.damaged |= first_of(&file)? != Some(first);
                self.scan = Some(FrameScan::begin(file, SEGMENT_HEADER as u64)?);
                continue;
            };
            match scan.next_frame()? {
                Ok(bytes) => {
                    if let Some(frame) = FrameBytes::of(bytes.to_vec()) {
                        return Ok(Some(frame));
                    }
                }
                Err(end) => {
                    let more = scan.resynchronise()?;
                    self.damaged |= more || end == End::Damaged;
                    if !more {
                        self.scan = None;
                    }
                }
            }
        }
    }
}

/// The frames that the engine gives.
pub struct EngineFrames {
    engine: Option<Engine>,
    ahead: VecDeque<(u64, Vec<u8>)>,
    read: usize,
    /// Where the engine's own order failed: from there on every frame is asked for by itself.
    one_by_one: bool,
    taken: Option<u64>,
    strays: bool,
}

/// Frames read from the engine at a time.
const ENGINE_READ: usize = 64;

impl EngineFrames {
    /// The frames of an open engine.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine: Some(engine),
            ahead: VecDeque::new(),
            read: 0,
            one_by_one: false,
            taken: None,
            strays: false,
        }
    }

    /// What the engine holds under `first`. `Some(None)` if that is no frame.
    pub fn frame_at(&mut self, first: u64) -> Option<Option<FrameBytes>> {
        while let Some((at, _)) = self.ahead.pop_front_if(|(at, _)| *at < first) {
            self.strays |= self.taken != Some(at);
        }
        if self.ahead.is_empty() && !self.one_by_one && self.fill(first).is_err() {
            self.one_by_one = true;
        }
        if self.one_by_one {
            let bytes = self.engine.as_ref()?.frame(first).ok().flatten()?;
            return Some(FrameBytes::of(bytes).filter(|frame| frame.first == first));
        }
        let (_, bytes) = self.ahead.front().filter(|(at, _)| *at == first)?;
        self.taken = Some(first);
        Some(FrameBytes::of(bytes.clone()).filter(|frame| frame.first == first))
    }

    /// Whether frames were passed that begin where none is due; asking takes note of it.
    pub fn passed_strays(&mut self) -> bool {
        std::mem::take(&mut self.strays)
    }

    /// The position of the last frame.
    pub fn last_first(&self) -> Option<u64> {
        self.engine.as_ref()?.last_first().ok().flatten()
    }

    fn fill(&mut self, first: u64) -> Result<(), EngineError> {
        if self.read >= REOPEN_AFTER {
            self.read = 0;
            self.engine = self.engine.take().map(Engine::reopen).transpose()?;
        }
        let Some(engine) = &self.engine else { return Ok(()) };
        let frames = engine.frames_from(first, ENGINE_READ)?;
        self.read += frames.len();
        self.ahead.extend(frames);
        Ok(())
    }
}

/// The frames of a log in order, from whichever copy has a good one, with what is wrong with each copy.
pub struct Sources {
    segments: SegmentFrames,
    engine: Option<EngineFrames>,
    next: u64,
    findings: Vec<(Copy, Finding)>,
    unfinished: bool,
}

impl Sources {
    /// The frames of segment files, and of the engine if it is at hand.
    pub fn new(files: Vec<(u64, PathBuf)>, engine: Option<Engine>) -> Self {
        let engine = engine.map(EngineFrames::new);
        Self {
            segments: SegmentFrames::new(files),
            engine,
            next: 0,
            findings: Vec::new(),
            unfinished: false,
        }
    }

    /// The first flaw of each copy so far.
    pub fn findings(&self) -> &[(Copy, Finding)] {
        &self.findings
    }

    /// Whether the segments end in bytes that are no frame, which a crash or a running server leaves.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    fn note(&mut self, copy: Copy, at: u64, flaw: Flaw) {
        if self.findings.iter().all(|(known, _)| *known != copy) {
            self.findings.push((copy, Finding { at, flaw }));
        }
    }

    /// The next frame, from whichever copy has a good one; `None` at the end of both.
    pub fn next_frame(&mut self) -> io::Result<Option<Vec<u8>>> {
        let next = self.next;
        let segment = self.segment_at(next)?;
        let engine = self.engine.as_mut().map(|engine| engine.frame_at(next));
        if self.engine.as_mut().is_some_and(EngineFrames::passed_strays) {
            self.note(Copy::Engine, next, Flaw::Frame);
        }
        let chosen = match (segment, engine.clone()) {
            (Some(segment), None) => Some(segment),
            (Some(segment), Some(Some(Some(engine)))) if segment == engine => Some(segment),
            (Some(segment), Some(Some(Some(engine)))) => Some(self.choose(segment, engine)),
            (Some(segment), Some(Some(None))) => {
                self.note(Copy::Engine, next, Flaw::Frame);
                Some(segment)
            }
            (Some(segment), Some(None)) => {
                self.note(Copy::Engine, next, Flaw::Missing { due: segment.end });
                Some(segment)
            }
            (None, Some(Some(Some(engine)))) => {
                let flaw =
                    if self.unfinished { Flaw::Frame } else { Flaw::Missing { due: engine.end } };
                self.note(Copy::Segments, next, flaw);
                Some(engine)
            }
            // Neither copy has the frame that is due. What the segments have after it shows that it is missing.
            (None, None | Some(None | Some(None))) => {
                let beyond = self.segments.next_frame()?;
                if beyond.is_some() && self.unfinished {
                    self.note(Copy::Segments, next, Flaw::Frame);
                }
                if let Some(first) = self
                    .engine
                    .as_ref()
                    .and_then(EngineFrames::last_first)
                    .filter(|first| *first >= next)
                {
                    let flaw = if engine == Some(Some(None)) {
                        Flaw::Frame
                    } else {
                        Flaw::Missing { due: first.saturating_add(1) }
                    };
                    self.note(Copy::Engine, next, flaw);
                }
                beyond
            }
        };
        if let Some(frame) = &chosen {
            self.next = frame.end;
        }
        Ok(chosen.map(|frame| frame.bytes))
    }

    /// The segments' frame that begins at `next`, if they have it.
    fn segment_at(&mut self, next: u64) -> io::Result<Option<FrameBytes>> {
        loop {
            let peeked = self.segments.peek()?;
            let damage = self.segments.passed_damage();
            self.unfinished |= damage;
            match peeked {
                Some(first) if first < next => {
                    self.note(Copy::Segments, next, Flaw::Position { due: next, found: first });
                    self.segments.next_frame()?;
                }
                Some(first) if first == next => {
                    if damage {
                        // Bytes between good frames: something was put in there.
                        self.note(Copy::Segments, next, Flaw::Frame);
                    }
                    self.unfinished = false;
                    return self.segments.next_frame();
                }
                Some(_) | None => return Ok(None),
            }
        }
    }

    /// Two whole frames that differ: the one whose entries are flawed by themselves is the altered one. If neither is, the
    /// audit will tell.
    fn choose(&mut self, segment: FrameBytes, engine: FrameBytes) -> FrameBytes {
        match (flaw_alone(&segment), flaw_alone(&engine)) {
            (Some(finding), None) => {
                self.note(Copy::Segments, finding.at, finding.flaw);
                engine
            }
            (None, Some(finding)) => {
                self.note(Copy::Engine, finding.at, finding.flaw);
                segment
            }
            (None, None) | (Some(_), Some(_)) => {
                self.note(Copy::Engine, first_difference(&segment, &engine), Flaw::CopiesDiffer);
                segment
            }
        }
    }
}

/// What is wrong with a frame by itself.
fn flaw_alone(frame: &FrameBytes) -> Option<Finding> {
    let Found::Frame(decoded) = decode(&frame.bytes) else {
        return Some(Finding { at: frame.first, flaw: Flaw::Frame });
    };
    let mut previous: Option<[u8; 32]> = None;
    for (record, at) in decoded.records.iter().zip(frame.first..) {
        let entry = match read(record.header, record.body) {
            Ok(entry) => entry,
            Err(flaw) => return Some(Finding { at, flaw }),
        };
        if entry.header.seq != at {
            return Some(Finding { at, flaw: Flaw::Position { due: at, found: entry.header.seq } });
        }
        if previous.is_some_and(|previous| previous != entry.header.previous) {
            return Some(Finding { at, flaw: Flaw::Chain });
        }
        previous = Some(entry.hash.0);
    }
    None
}

fn first_difference(left: &FrameBytes, right: &FrameBytes) -> u64 {
    let (Found::Frame(one), Found::Frame(other)) = (decode(&left.bytes), decode(&right.bytes))
    else {
        return left.first;
    };
    let same =
        one.records.iter().zip(&other.records).take_while(|(one, other)| one == other).count();
    left.first + (same.min(one.records.len().saturating_sub(1))) as u64
}
