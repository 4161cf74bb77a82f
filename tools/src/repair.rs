//! `caseledger repair`: a fresh directory from whatever is good in either copy of a damaged one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use case_ledger_store::repair::{RepairError, Repaired, repair};
use clap::Args;
use serde_json::json;

use crate::desk::{Desk, Unit};
use crate::failure::Failure;
use crate::place::Place;

/// Where to.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseledger repair --dir ledger-data --into ledger-repaired\n  caseledger repair --dir ledger-data --backup backup/segments --into ledger-repaired\n  caseledger verify ledger-repaired"
)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The fresh directory; it must not exist yet.
    #[arg(long, value_name = "FRESH")]
    pub into: PathBuf,
    /// A directory of segment files that you trust more: a backup, a mirror's copy. Can be given again.
    #[arg(long, value_name = "SEGMENTS")]
    pub backup: Vec<PathBuf>,
}

/// Runs the command on the damaged directory, which is only read.
///
/// # Errors
/// Exit 1 if entries are lost, exit 3 if it cannot be done.
pub fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let from = &arguments.place.dir;
    let repaired = into_fresh(from, &arguments.backup, &arguments.into, desk)?;
    let json = json!({
        "entries": repaired.entries,
        "root": repaired.checkpoint.as_ref().map(|checkpoint| checkpoint.checkpoint.head.root.to_string()),
        "commits_from_engine": repaired.from_engine,
        "commits_from_segments": repaired.from_segments,
        "lost_from": repaired.lost.as_ref().map(|finding| finding.at),
        "into": arguments.into.display().to_string(),
    });
    let text = format!(
        "{} entries are in {}.\n  {} commits were good in the engine's copy only, {} in files only; in the rest all copies agree",
        repaired.entries,
        arguments.into.display(),
        repaired.from_engine,
        repaired.from_segments
    );
    match repaired.lost {
        None => desk.result(text, &json),
        Some(finding) => Err(Failure::refused(
            format!("{text}\n  Neither copy goes on from there: {finding}."),
            "Look for another copy of the segments (a backup, a mirror). If there is none, this log has ended: found a new one with `caseledger init --predecessor`.",
        )
        .with_result(json)),
    }
}

/// Repairs with a progress bar.
pub fn into_fresh(
    from: &Path,
    backups: &[PathBuf],
    into: &Path,
    desk: &Desk<'_>,
) -> Result<Repaired, Failure> {
    let bar = desk.progress(0, "repairing", Unit::Entries);
    let progress = |entries: u64| {
        bar.set_length(entries.max(bar.length().unwrap_or(0)));
        bar.set_position(entries);
    };
    let backups: Vec<&Path> = backups.iter().map(PathBuf::as_path).collect();
    let repaired = repair(from, &backups, into, &progress);
    bar.finish_and_clear();
    repaired.map_err(|error| match error {
        RepairError::NotFresh | RepairError::Nothing => {
            Failure::usage("Nothing was repaired.", "Name a data directory with --dir and a directory that does not exist yet with --into.").because(&error)
        }
        RepairError::Io(ref cause) if cause.kind() == ErrorKind::WouldBlock => Failure::environment(
            format!("The ledger in {} is in use.", from.display()),
            "Stop the server that runs on it first: beside one, the engine's files cannot be read whole.",
        )
        .because(&error),
        RepairError::Io(_) | RepairError::Engine(_) => {
            Failure::environment("The repair was broken off.", "Look whether the disk has room and who may write there, then remove the fresh directory and try again.").because(&error)
        }
    })
}
