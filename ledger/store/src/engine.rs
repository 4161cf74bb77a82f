//! The first copy: frames in sled 0.34.7, behind the few verbs that the store needs.
//!
//! What to know of this engine (FORMAT.md 10.3 has the layout):
//! * `flush()` does not fsync on Linux; it ends in `sync_file_range`. So the store keeps a descriptor of its own on sled's one
//!   file and syncs that after every flush.
//! * A single `insert` is one message in sled's log; a `Batch` adds a second write. Small commits are one `insert`.
//! * Pages above a quarter of the segment size go to blob files that are never synced. 8 MiB segments and values of at most
//!   60 000 bytes keep all of them below.
//! * Damage makes it panic, return errors, or silently lose everything after the damage. It is never the only copy, nobody
//!   reads it but recovery, verification and repair, and they do so behind [`guarded`].

use std::fs::{File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::disk::{Access, overwrite, read_if_there, replace, sync_directory};

/// The longest value.
const PIECE_MAX: usize = 60_000;
const SEGMENT_SIZE: usize = 8 << 20;
const CACHE_BYTES: u64 = 64 << 20;

/// Why the engine failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It says so itself.
    #[error("the storage engine failed")]
    Sled(#[from] sled::Error),
    /// The file system says so.
    #[error("the storage engine's file failed")]
    Io(#[from] io::Error),
    /// It panicked, as it does on damaged files.
    #[error("the storage engine broke down on its files: {0}")]
    Panicked(String),
}

/// Runs something that may make sled panic.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        Err(EngineError::Panicked(text.unwrap_or("no message").to_owned()))
    })
}

/// sled, holding frames.
#[derive(Debug)]
pub struct Engine {
    db: sled::Db,
    file: File,
    path: PathBuf,
    durable: bool,
}

fn key(first: u64, piece: u16) -> [u8; 10] {
    let mut key = [0; 10];
    let (position, rest) = key.split_at_mut(8);
    position.copy_from_slice(&first.to_be_bytes());
    rest.copy_from_slice(&piece.to_be_bytes());
    key
}

impl Engine {
    /// Opens or creates.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        Self::open_as(path, true)
    }

    /// Opens a copy that nobody needs after a power cut: nothing waits for the disk.
    pub fn open_scratch(path: &Path) -> Result<Self, EngineError> {
        Self::open_as(path, false)
    }

    fn open_as(path: &Path, durable: bool) -> Result<Self, EngineError> {
        if durable && !path.exists() {
            Self::begin(path, |_| Ok(()))?;
        }
        Self::open_there(path, durable)
    }

    /// Makes the first files in a directory beside, and lets `fill` put something into them: sled takes half a `conf` for damage,
    /// and recovery half a log, so there is a whole one or none.
    pub fn begin(
        path: &Path,
        fill: impl FnOnce(&Self) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let beside = sibling(path, BEGUN);
        if beside.exists() {
            std::fs::remove_dir_all(&beside)?;
        }
        let engine = Self::open_there(&beside, true)?;
        fill(&engine)?;
        engine.close()?;
        if path.exists() {
            std::fs::remove_dir_all(path)?;
        }
        std::fs::rename(&beside, path)?;
        Ok(path.parent().map_or(Ok(()), sync_directory)?)
    }

    fn open_there(path: &Path, durable: bool) -> Result<Self, EngineError> {
        wait_for_lock(path)?;
        guarded(|| {
            prepare(path, durable)?;
            let db = sled::Config::new()
                .path(path)
                .flush_every_ms(None)
                .segment_size(SEGMENT_SIZE)
                .use_compression(false)
                .cache_capacity(CACHE_BYTES)
                .open()?;
            let file = File::open(path.join("db"))?;
            // The first opening creates files; sled syncs neither them nor their names.
            if durable {
                file.sync_all()?;
                File::open(path.join("conf"))?.sync_all()?;
                sync_directory(path)?;
                path.parent().map_or(Ok(()), sync_directory)?;
            }
            Ok(Self { db, file, path: path.to_owned(), durable })
        })
    }

    /// Puts frames in. They are durable only after [`Engine::sync`].
    pub fn put(&self, frames: &[(u64, Vec<u8>)]) -> Result<(), EngineError> {
        guarded(|| {
            if let [(first, bytes)] = frames
                && bytes.len() <= PIECE_MAX
            {
                self.db.insert(key(*first, 0), bytes.as_slice())?;
                return Ok(());
            }
            let mut batch = sled::Batch::default();
            for (first, bytes) in frames {
                for (piece, part) in (0_u16..).zip(bytes.chunks(PIECE_MAX)) {
                    batch.insert(&key(*first, piece), part);
                }
            }
            Ok(self.db.apply_batch(batch)?)
        })
    }

    /// Makes what was put in durable.
    pub fn sync(&self) -> Result<(), EngineError> {
        guarded(|| {
            self.db.flush()?;
            Ok(self.file.sync_data()?)
        })
    }

    /// The frame that begins at `first`, if there is a whole one.
    pub fn frame(&self, first: u64) -> Result<Option<Vec<u8>>, EngineError> {
        guarded(|| {
            let pieces = self.db.range(key(first, 0)..=key(first, u16::MAX));
            let mut bytes = Vec::new();
            for piece in pieces {
                bytes.extend_from_slice(&piece?.1);
            }
            Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
        })
    }

    /// The position of the first record of the last frame.
    pub fn last_first(&self) -> Result<Option<u64>, EngineError> {
        guarded(|| Ok(self.db.last()?.and_then(|(key, _)| position(&key))))
    }

    /// The last frame that begins at or before `position`.
    pub fn first_at_or_before(&self, at: u64) -> Result<Option<u64>, EngineError> {
        guarded(|| {
            let found = self.db.range(..=key(at, u16::MAX)).next_back().transpose()?;
            Ok(found.and_then(|(key, _)| position(&key)))
        })
    }

    /// Takes out every frame that begins at `from` or later: the remains of a commit that nobody was told of.
    pub fn cut(&self, from: u64) -> Result<(), EngineError> {
        guarded(|| {
            for found in self.db.range(key(from, 0)..) {
                self.db.remove(found?.0)?;
            }
            Ok(())
        })
    }

    /// Frames in order from the one that begins at `first`, up to `limit` of them, as their positions and bytes.
    pub fn frames_from(
        &self,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>, EngineError> {
        guarded(|| {
            let mut frames: Vec<(u64, Vec<u8>)> = Vec::new();
            for found in self.db.range(key(first, 0)..) {
                let (key, value) = found?;
                let Some(at) = position(&key) else { continue };
                let full = frames.len() == limit;
                match frames.last_mut() {
                    Some((last, bytes)) if *last == at => bytes.extend_from_slice(&value),
                    Some(_) if full => break,
                    Some(_) | None => frames.push((at, value.to_vec())),
                }
            }
            Ok(frames)
        })
    }

    /// Closes and opens again. sled's cache is no limit on what it keeps while reading: a long scan does this now and then.
    pub fn reopen(self) -> Result<Self, EngineError> {
        let (path, durable) = (self.path.clone(), self.durable);
        self.close()?;
        Self::open_as(&path, durable)
    }

    /// Lets go, so that somebody else may open it.
    pub fn close(self) -> Result<(), EngineError> {
        guarded(|| {
            drop(self);
            Ok(())
        })
    }

    /// Lets go without sled's own last flush, which panics after a failed sync. Everything that was answered for is on disk.
    /// sled's lock stays taken until the process ends.
    pub fn forget(self) {
        std::mem::forget(self.db);
    }
}

/// How long sled's threads may hold on to what was dropped.
const LETTING_GO: Duration = Duration::from_secs(10);

/// Dropping a `sled::Db` does not always end it: for a moment a thread of its pool may still hold it, and its lock on the file.
/// That nobody else has the directory is for the store's own lock to say.
fn wait_for_lock(path: &Path) -> io::Result<()> {
    let Ok(file) = File::open(path.join("db")) else { return Ok(()) };
    let begun = Instant::now();
    while begun.elapsed() < LETTING_GO {
        match file.try_lock() {
            Ok(()) => return file.unlock(),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(())
}

impl Engine {
    /// Writes everything into fresh files and does away with the old ones.
    ///
    /// sled appends: what it no longer holds stays in its file until the space is used again. After this nothing is left of
    /// the bodies that were withheld; `withheld` is how many those are on the whole log.
    pub fn rewrite(self, withheld: u64) -> Result<Self, EngineError> {
        let path = self.path.clone();
        let beside = sibling(&path, NEW);
        if beside.exists() {
            std::fs::remove_dir_all(&beside)?;
        }
        let (mut old, mut fresh) = (self, Self::open(&beside)?);
        let (mut next, mut moved) = (0, 0);
        loop {
            let frames = old.frames_from(next, FRAMES_AT_A_TIME)?;
            let Some((last, _)) = frames.last() else { break };
            next = last + 1;
            fresh.put(&frames)?;
            fresh.sync()?;
            moved += frames.len();
            if moved >= REOPEN_AFTER {
                moved = 0;
                (old, fresh) = (old.reopen()?, fresh.reopen()?);
            }
        }
        fresh.close()?;
        replace(&beside.join(WITHHELD), withheld.to_string().as_bytes(), Access::Shared)?;
        old.close()?;
        std::fs::rename(&path, sibling(&path, OLD))?;
        finish_rewriting(&path)?;
        Self::open(&path)
    }

    /// How many bodies were withheld when the files were last written anew.
    pub fn rewritten_for(&self) -> io::Result<u64> {
        let text = read_if_there(&self.path.join(WITHHELD))?
            .and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}

/// Frames moved at a time.
pub const FRAMES_AT_A_TIME: usize = 256;
/// Frames after which what sled keeps in memory is given up by closing and opening it again.
pub const REOPEN_AFTER: usize = 4096;
const BEGUN: &str = "db.begun";
const NEW: &str = "db.new";
const OLD: &str = "db.old";
const WITHHELD: &str = "withheld";

fn sibling(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}

/// Finishes what [`Engine::rewrite`] began, from whatever place a crash stopped it at.
pub fn finish_rewriting(path: &Path) -> io::Result<()> {
    let (new, old) = (sibling(path, NEW), sibling(path, OLD));
    if !path.exists() && new.join(WITHHELD).exists() {
        std::fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), sync_directory)?;
    }
    // Its bytes go before its name does: a file system may keep the blocks of an unlinked file.
    if path.exists() && old.join("db").exists() {
        overwrite(&File::options().write(true).open(old.join("db"))?)?;
    }
    for left in [new, old] {
        if path.exists() && left.exists() {
            std::fs::remove_dir_all(left)?;
        }
    }
    Ok(())
}

/// What sled leaves undone before it opens its files.
///
/// A snapshot of its own that a crash cut short is taken for the newest one, and then for a damaged one. What a process wrote
/// before it was killed may not be on the disk yet, and the snapshot that sled makes now would be, and rely on it.
fn prepare(path: &Path, durable: bool) -> io::Result<()> {
    if !path.join("db").exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "generating") {
            std::fs::remove_file(file)?;
        }
    }
    if durable { File::open(path.join("db"))?.sync_all() } else { Ok(()) }
}

fn position(key: &[u8]) -> Option<u64> {
    let (position, piece) = key.split_first_chunk::<8>()?;
    (piece.len() == 2).then(|| u64::from_be_bytes(*position))
}
