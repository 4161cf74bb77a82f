//! What the machine does by itself: strict verifications, a write with its sync. And what a process takes of it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use case_ledger::signing::SigningKey;
use ed25519_dalek::{Signature, VerifyingKey};
use rayon::prelude::*;

/// Things a second.
pub(super) fn rate(count: u64, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate to a few digits")]
    let count = count as f64;
    count / took.as_secs_f64()
}

/// The middle one; NaN of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(super) fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

/// Strict verifications a second on all cores, of messages as long as an action.
pub(super) fn verification_rate(key: &SigningKey) -> f64 {
    const MANY: u64 = 12_000;
    let message = vec![b'a'; 520];
    let signature = Signature::from_bytes(&key.sign(&message));
    let Ok(verifying) = VerifyingKey::from_bytes(&key.public().0) else { return f64::NAN };
    let started = Instant::now();
    let all =
        (0..MANY).into_par_iter().all(|_| verifying.verify_strict(&message, &signature).is_ok());
    if all { rate(MANY, started.elapsed()) } else { f64::NAN }
}

/// A file for measuring how long a write with its sync takes. It grows, as logs do.
pub(super) struct Probe {
    file: File,
    bytes: Vec<u8>,
}

impl Probe {
    pub(super) fn new(scratch: &Path, length: usize) -> std::io::Result<Self> {
        Ok(Self { file: File::create(scratch.join("probe"))?, bytes: vec![7; length] })
    }

    /// Microseconds for one write at the end and its fsync.
    pub(super) fn write_and_sync(&mut self) -> std::io::Result<f64> {
        let started = Instant::now();
        self.file.write_all(&self.bytes)?;
        self.file.sync_all()?;
        Ok(micros(started.elapsed()))
    }
}

/// The most memory that a process has held, in MiB, since it was last forgotten.
pub(super) fn peak_memory_mib(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()
    });
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}

/// Forgets how much memory this process held before.
pub(super) fn forget_peak_memory() {
    // Where the system does not know this, the figure is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The bytes of all files under a directory.
pub(super) fn bytes_under(path: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let directory = entry.file_type()?.is_dir();
        bytes += if directory { bytes_under(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
