//! `caseledger demo tamper`: what a dishonest administrator with full disk access can do, and how it shows.
//!
//! Five times, each in a copy of the directory, one decision of one case is falsified:
//! 1. without any key, in the plain files only: data, digests, chain, tree and frames are all recomputed;
//! 2. the same in both copies;
//! 3. with the ledger's own key on top: every checkpoint is signed anew over the falsified history;
//! 4. with the ledger's key and more cunning: the entry is not altered but left out with whatever followed in its case, every
//!    other one moved up, all signed anew, so that the log is consistent in itself, and nothing on the disk can tell;
//! 5. the same, held against what somebody kept elsewhere: a receipt and a checkpoint.

mod forgery;

use std::path::{Path, PathBuf};

use case_ledger::names::{Origin, Seq};
use case_ledger_store::layout::Layout;
use case_ledger_store::sources::copy_files;
use case_ledger_store::verify::{Kept, Report};
use serde_json::{Value, json};

pub use forgery::{Deed, Power, falsify, victim};

use crate::desk::Desk;
use crate::failure::{Failure, OrFail as _};
use crate::opening;
use crate::reading::open_for_reading;

/// One attempt: what the administrator does, and what somebody else kept.
struct Attempt {
    name: &'static str,
    story: &'static str,
    power: Power,
    deed: Deed,
    /// The engine's copy is left alone.
    one_copy: bool,
    /// Verified against a receipt and a checkpoint that were kept elsewhere.
    kept: bool,
}

const ATTEMPTS: [Attempt; 5] = [
    Attempt {
        name: "one-copy",
        story: "The administrator alters the entry in the plain files and recomputes everything in them; the engine's copy is forgotten.",
        power: Power::Disk,
        deed: Deed::Alter,
        one_copy: true,
        kept: false,
    },
    Attempt {
        name: "both-copies",
        story: "The same in both copies.",
        power: Power::Disk,
        deed: Deed::Alter,
        one_copy: false,
        kept: false,
    },
    Attempt {
        name: "ledger-key",
        story: "The administrator has the ledger's key, too, and signs every checkpoint anew. The officer's signature cannot be made anew.",
        power: Power::DiskAndLedgerKey,
        deed: Deed::Alter,
        one_copy: false,
        kept: true,
    },
    Attempt {
        name: "left-out-unseen",
        story: "With the ledger's key the entry and what followed in its case are left out, and all others move up. Nothing on this disk tells.",
        power: Power::DiskAndLedgerKey,
        deed: Deed::Drop,
        one_copy: false,
        kept: false,
    },
    Attempt {
        name: "left-out",
        story: "The same, but somebody kept a receipt and a checkpoint.",
        power: Power::DiskAndLedgerKey,
        deed: Deed::Drop,
        one_copy: false,
        kept: true,
    },
];

/// Runs the demonstration on the ledger in `dir`, which must be the one called `origin` and is only read; the falsified copies
/// are removed afterwards.
///
/// # Errors
/// Exit 1 if an attempt goes unnoticed that should not, or if a repair does not restore; exit 2 on any other ledger.
pub fn run(dir: &Path, origin: &Origin, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let found = open_for_reading(dir)?.origin()?;
    if found.as_ref() != Some(origin) {
        let found = found.map_or_else(|| "no founded one".to_owned(), |found| found.to_string());
        return Err(Failure::usage(
            format!("The ledger in {} is {found}, no demonstration.", dir.display()),
            "Make one with `caseledger demo --no-serve`, and name its directory with --dir.",
        ));
    }
    let (at, stream) = victim(dir)?;
    let kept = keep(dir, at)?;
    desk.note(format!("The entry to be falsified: {at}, on {stream}. A receipt for it and a checkpoint are kept elsewhere."));
    let mut results = Vec::new();
    for (number, attempt) in (1..).zip(&ATTEMPTS) {
        desk.note(format_args!("\nattempt {number} of {}: {}", ATTEMPTS.len(), attempt.story));
        let (falsified, repaired) = (
            beside(dir, &format!("tampered-{}", attempt.name)),
            beside(dir, &format!("repaired-{}", attempt.name)),
        );
        for left_over in [&falsified, &repaired] {
            if left_over.exists() {
                std::fs::remove_dir_all(left_over)
                    .or_environment("A copy of an earlier run cannot be removed.", LOOK)?;
            }
        }
        let result = try_it(dir, at, attempt, &kept, (&falsified, &repaired), desk);
        for copy in [&falsified, &repaired] {
            let _ = std::fs::remove_dir_all(copy);
        }
        results.push(result?);
    }
    let json = json!({"entry": at, "stream": stream.to_string(), "attempts": results});
    desk.result(
        "Every attempt that can be noticed was noticed at the falsified entry, and every repair restored it.\nThe one that cannot is why citizens keep receipts and others keep checkpoints.",
        &json,
    )
}

fn keep(dir: &Path, at: u64) -> Result<Kept, Failure> {
    let store = opening::open(dir, opening::Time::Founded)?;
    let receipt = store.receipt(Seq(at)).or_environment(unreadable(dir), LOOK)?;
    let checkpoint = store.checkpoint().map(|(checkpoint, _)| checkpoint);
    Ok(Kept {
        checkpoints: checkpoint.into_iter().collect(),
        receipts: receipt.into_iter().collect(),
        ledger: None,
    })
}

fn try_it(
    dir: &Path,
    at: u64,
    attempt: &Attempt,
    kept: &Kept,
    (falsified, repaired): (&Path, &Path),
    desk: &mut Desk<'_>,
) -> Result<Value, Failure> {
    falsify(dir, falsified, at, attempt.power, attempt.deed)?;
    if attempt.one_copy {
        let (honest, forged) = (Layout::new(dir).db(), Layout::new(falsified).db());
        std::fs::remove_dir_all(&forged)
            .and_then(|()| std::fs::create_dir_all(&forged))
            .and_then(|()| copy_files(&honest, &forged))
            .or_environment(
                "The falsified copy cannot be written.",
                "Look whether the disk has room.",
            )?;
    }
    let nothing = Kept::default();
    let report =
        crate::verify::report_on(falsified, if attempt.kept { kept } else { &nothing }, desk)?;
    let unnoticeable = attempt.deed == Deed::Drop && !attempt.kept;
    let noticed = report.first_bad();
    desk.note(format!(
        "  verify: {}",
        crate::verify::in_words(&report).trim_end().replace('\n', "\n  ")
    ));
    if noticed != (!unnoticeable).then_some(at) {
        return Err(unexpected(attempt, &report));
    }
    let restored = if unnoticeable {
        Value::Null
    } else {
        restore(dir, falsified, repaired, attempt, kept, desk)?
    };
    Ok(
        json!({"attempt": attempt.name, "noticed_at": noticed, "report": crate::verify::to_json(&report), "restored": restored}),
    )
}

/// From the other copy where that is honest, else from a backup of the segments.
fn restore(
    dir: &Path,
    falsified: &Path,
    repaired: &Path,
    attempt: &Attempt,
    kept: &Kept,
    desk: &mut Desk<'_>,
) -> Result<Value, Failure> {
    let backups = if attempt.one_copy { Vec::new() } else { vec![Layout::new(dir).segments()] };
    let outcome = crate::repair::into_fresh(falsified, &backups, repaired, desk)?;
    let report = crate::verify::report_on(repaired, kept, desk)?;
    if !report.is_good() {
        return Err(unexpected(attempt, &report));
    }
    let from = if attempt.one_copy { "the engine's copy" } else { "a backup of the segments" };
    desk.note(format!("  repair: {} entries restored from {from}; verified against the kept receipt and checkpoint", outcome.entries));
    Ok(json!({"entries": outcome.entries, "root": report.head.root.to_string()}))
}

fn unexpected(attempt: &Attempt, report: &Report) -> Failure {
    Failure::refused(
        format!("The attempt {:?} did not end as it should.", attempt.name),
        "This is a defect: report it.",
    )
    .because_of(crate::verify::in_words(report))
}

fn unreadable(path: &Path) -> String {
    format!("{} cannot be read.", path.display())
}

const LOOK: &str =
    "Look at the path and who may read it; `caseledger verify` says whether the log is whole.";

/// Where the falsified copies go.
pub fn beside(dir: &Path, name: &str) -> PathBuf {
    let mut path = dir.as_os_str().to_owned();
    path.push(format!(".{name}"));
    PathBuf::from(path)
}
