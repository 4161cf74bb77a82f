//! A ledger killed at random moments under load, hundreds of times.

pub(crate) mod check;
pub(crate) mod writer;

use std::time::Duration;

use tempfile::tempdir;

use self::check::{check, hold_against, open};
use self::writer::{Acknowledged, Chance, End, Writer};

/// Ledgers that are killed.
const LEDGERS: u64 = 20;
/// How often each of them is.
const KILLS: u64 = 16;

/// Whenever the process is killed, the ledger opens by itself with everything that was answered for, at its place, once.
#[test]
fn killed_at_any_moment_it_keeps_what_it_answered_for() {
    let halves = [0..LEDGERS / 2, LEDGERS / 2..LEDGERS];
    std::thread::scope(|scope| {
        for half in halves {
            scope.spawn(move || half.for_each(kill_again_and_again));
        }
    });
}

fn kill_again_and_again(seed: u64) {
    let directory = tempdir().unwrap();
    let root = directory.path().join("ledger");
    let mut chance = Chance::new(seed);
    let mut known = Acknowledged::default();
    for run in 0..KILLS {
        // Now and then while it opens, mostly while it writes.
        let opening = chance.below(4) == 0;
        let wait = Duration::from_micros(chance.below(if opening { 30_000 } else { 90_000 }));
        let mut writer = Writer::start(&root, run, u64::MAX, End::Abort);
        let said = writer.kill_after(wait, !opening);
        known.take(&said, &format!("ledger {seed}, run {run}"));
        if run % 5 == 4 && known.opened {
            let context = format!("ledger {seed}, run {run}");
            hold_against(&open(&root, &context), &known, &context);
        }
    }
    check(&root, &known, &format!("ledger {seed}"));
}
