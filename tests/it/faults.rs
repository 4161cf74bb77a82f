//! Each call to the disk fails in turn.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::tempdir;

use crate::crash::check::check;
use crate::crash::writer::{Acknowledged, End, Writer, arguments};
use crate::power::disk::Disk;
use crate::power::trace::{self, ensure_strace};
use crate::power::{prove, tempdir_in_memory};

/// Calls that fail.
const CALLS: [&str; 11] = [
    "fsync",
    "fdatasync",
    "pwrite64",
    "write",
    "sync_file_range",
    "rename",
    "openat",
    "ftruncate",
    "fallocate",
    "mkdir",
    "unlink",
];
/// How far the story goes.
const COUNT: u64 = 110;

/// A call that fails loses nothing that was acknowledged, nothing is acknowledged on the strength of it, and the next opening finds a
/// ledger that works.
#[test]
fn whichever_call_fails_nothing_is_acknowledged_that_is_not_durable() {
    ensure_strace();
    let faults = faults();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((call, at)) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    fail(call, *at, if at % 2 == 0 { "EIO" } else { "ENOSPC" });
                }
            });
        }
    });
}

/// Which call fails, and which of its kind in each thread: the first ones, then here and there.
fn faults() -> Vec<(&'static str, usize)> {
    let directory = tempdir().unwrap();
    let run = trace::run(
        &arguments(&directory.path().join("ledger"), 0, COUNT, End::Close),
        &[],
        directory.path(),
    );
    assert!(run.success, "{}", run.complaint);
    let mut counts: HashMap<(&str, u32), usize> = HashMap::new();
    for event in &run.events {
        *counts.entry((event.name.as_str(), event.thread)).or_default() += 1;
    }
    let mut faults = Vec::new();
    for call in CALLS {
        let most = counts
            .iter()
            .filter(|((name, _), _)| *name == call)
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0);
        let sample = (1..=4).chain((8..).step_by(9)).take_while(|at| *at <= most.min(60));
        faults.extend(sample.map(|at| (call, at)));
    }
    faults
}

fn fail(call: &str, at: usize, error: &str) {
    let context = format!("{call} number {at} fails with {error}");
    let directory = tempdir_in_memory();
    let root = directory.path().join("ledger");
    let tamper = ["-e".to_owned(), format!("inject={call}:error={error}:when={at}")];
    let run = trace::run(&arguments(&root, 0, COUNT, End::Close), &tamper, directory.path());
    assert!(!run.hung, "{context}: the writer hangs: {}", run.complaint);
    let mut disk = Disk::new(&root);
    disk.run(&run.events);
    prove(&disk).unwrap_or_else(|missing| panic!("{context}: {missing}"));

    let said: Vec<String> = disk.said.iter().map(|(_, line)| line.clone()).collect();
    let failed = said.iter().position(|line| line.starts_with("no ")).unwrap_or(said.len());
    let after = said[failed..].iter().find(|line| line.starts_with("ack "));
    assert_eq!(after, None, "{context}: acknowledged after a failure");
    let mut known = Acknowledged::default();
    known.take(&said[..failed], &context);

    // It opens with what was acknowledged, or this stops; and it goes on.
    let mut writer = Writer::start(&root, 1, COUNT + 20, End::Close);
    known.take(&writer.finish(&context), &context);
    check(&root, &known, &context);
}
