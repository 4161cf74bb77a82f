//! `caseledger bench`: figures in one run, with the machine's own rates beside them, as ratios.
//!
//! Absolute figures say little on a shared machine. Every figure here is held against what the same machine does in the same
//! moments with nothing but the cryptography, or nothing but the disk; rounds of both alternate, and the medians are given.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::failure::Failure;

mod append;
mod bureau;
mod figure;
mod grow;
mod machine;
mod verify;

use figure::Figure;

/// What to measure.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseledger bench                                 everything: some minutes, and gigabytes in ./caseledger-bench\n  caseledger bench append --entries 200000\n  caseledger bench --json verify --entries 200000"
)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Where the ledgers of the measurement are made [default: ./caseledger-bench]; removed afterwards.
    #[arg(long, value_name = "DIR", global = true)]
    scratch: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Durable signed appends through HTTP: in batches, and one alone.
    Append {
        /// Entries to append.
        #[arg(long, default_value_t = STANDARD)]
        entries: u64,
    },
    /// Verification of a whole log, both copies.
    Verify {
        /// Entries to verify.
        #[arg(long, default_value_t = STANDARD)]
        entries: u64,
    },
    /// How the cost of an append, opening after a kill, memory and disk grow with the log.
    Grow {
        /// Entries at the end.
        #[arg(long, default_value_t = LARGE)]
        entries: u64,
    },
    /// The process that `grow` kills.
    #[command(hide = true)]
    Fill {
        /// Entries until it only waits to be killed.
        #[arg(long)]
        entries: u64,
    },
}

const STANDARD: u64 = 200_000;
const LARGE: u64 = 3_000_000;
const MACHINE: &str = "Look whether the disk has room and who may write there.";
const DEFECT: &str = "This is a defect: report it.";

/// Runs the command.
///
/// # Errors
/// Exit 2 if there is too little to measure, exit 3 if the measurement cannot be made.
pub fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let scratch = arguments.scratch.clone().unwrap_or_else(|| PathBuf::from("./caseledger-bench"));
    if let Some(What::Fill { entries }) = arguments.what {
        return grow::fill(&scratch, entries, desk);
    }
    if scratch.exists() {
        return Err(Failure::usage(
            format!("{} exists already.", scratch.display()),
            "Remove it, or name another directory with --scratch.",
        ));
    }
    let what = arguments.what.map_or_else(
        || {
            vec![
                What::Append { entries: STANDARD },
                What::Verify { entries: STANDARD },
                What::Grow { entries: LARGE },
            ]
        },
        |one| vec![one],
    );
    let mut figures = Vec::new();
    for one in what {
        let measured = measure(one, &scratch, desk);
        let _ = std::fs::remove_dir_all(&scratch);
        figures.extend(measured?);
    }
    let words: Vec<String> = figures.iter().map(Figure::in_words).collect();
    let all: Vec<Value> = figures.iter().map(Figure::to_json).collect();
    desk.result(words.join("\n"), &json!({ "figures": all }))
}

fn measure(what: What, scratch: &Path, desk: &Desk<'_>) -> Result<Vec<Figure>, Failure> {
    match what {
        What::Append { entries } => append::measure(scratch, at_least(1_000, entries)?, desk),
        What::Verify { entries } => verify::measure(scratch, at_least(1_000, entries)?, desk),
        What::Grow { entries } | What::Fill { entries } => {
            grow::measure(scratch, at_least(10_000, entries)?, desk)
        }
    }
}

fn at_least(least: u64, entries: u64) -> Result<u64, Failure> {
    if entries >= least {
        return Ok(entries);
    }
    Err(Failure::usage(
        format!("{entries} entries are too few to say anything."),
        format!("Ask for {least} at least."),
    ))
}
