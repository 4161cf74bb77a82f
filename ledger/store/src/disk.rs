//! Files that are there after a power cut, or not at all.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Makes a directory and everything above it durable.
pub fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_directory(parent)?;
        std::fs::create_dir(path)
            .or_else(|error| if path.is_dir() { Ok(()) } else { Err(error) })?;
        return sync_directory(parent);
    }
    std::fs::create_dir(path)
}

/// Makes a directory's entries durable.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever may read the directory.
    Shared,
    /// The owner alone.
    Owner,
}

/// Puts a whole file in place of what was there: written beside it, synced, renamed, the rename synced.
/// A crash leaves the old file or the new one.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if access == Access::Owner {
        options.mode(0o600);
    }
    let mut file = options.open(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(beside, path)?;
    sync_directory(directory)
}

/// Puts zeros in place of a file's bytes.
pub fn overwrite(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let zeros = vec![0; 1 << 16];
    let mut at = 0;
    while at < length {
        let step = (length - at).min(zeros.len() as u64);
        file.write_all_at(
            zeros.get(..usize::try_from(step).unwrap_or_default()).unwrap_or_default(),
            at,
        )?;
        at += step;
    }
    file.sync_all()
}

/// Reads a file that may be missing.
pub fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long a lock is asked for again.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// Takes a file's lock, and says whether it was to be had.
///
/// A program that this process is just starting holds all our locks for the moment until it has become that program, so one
/// that is taken is asked for again for a while.
pub fn take_lock(file: &File) -> io::Result<bool> {
    patiently(|| file.try_lock())
}

/// Keeps writers away from a directory for as long as it lives.
#[derive(Debug)]
pub struct NoWriter {
    _lock: Option<File>,
}

/// Keeps writers away from the directory with this lock file; `None` if there is one already. Readers may do so together, and need
/// no more than to read. A directory without a lock file never had a writer.
pub fn keep_writers_away(lock: &Path) -> io::Result<Option<NoWriter>> {
    let file = match File::open(lock) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Some(NoWriter { _lock: None }));
        }
        Err(error) => return Err(error),
    };
    let taken = patiently(|| file.try_lock_shared())?;
    Ok(taken.then_some(NoWriter { _lock: Some(file) }))
}

fn patiently(mut attempt: impl FnMut() -> Result<(), TryLockError>) -> io::Result<bool> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}
