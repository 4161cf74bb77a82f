//! `caseledger resume`.

use std::path::{Path, PathBuf};

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::receipt::Receipt;
use case_ledger_store::{OpenError, ResumeError, Store};
use clap::Args;
use serde_json::json;

use super::text_of;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::opening;
use crate::place::Place;

/// Let a restored or cloned directory take entries again, shown the newest checkpoint that anybody holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger resume --dir restored --checkpoint newest-checkpoint.txt
  caseledger resume --dir restored --receipt newest-receipt.txt

Ask witnesses, mirrors and holders of receipts for the newest one: with an older one, entries that others
hold receipts for could be signed away.")]
pub struct Resume {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    newest: Newest,
}

/// The newest checkpoint that anybody holds.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Newest {
    /// The checkpoint, as a signed note
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// A receipt: it holds the checkpoint under which its entry stands
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

impl Resume {
    /// Checks that the directory still extends it.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = self.place.dir;
        // The store would make what is missing here, and the next founding would stumble over it.
        if !directory.join("log").is_dir() {
            return Err(no_ledger(&directory));
        }
        let checkpoint = self.newest.read()?;
        let size = checkpoint.checkpoint.head.size;
        Store::resume(&directory, &checkpoint).map_err(|error| explain(&directory, &error))?;
        let text = format!(
            "The ledger in {} takes entries again; it extends the checkpoint of size {size}.",
            directory.display()
        );
        desk.result(text, &json!({"resumed": true, "checkpoint_size": size}))?;
        Ok(Exit::Fine)
    }
}

impl Newest {
    fn read(&self) -> Result<SignedCheckpoint, Failure> {
        let (file, is_receipt) = match (&self.checkpoint, &self.receipt) {
            (Some(file), _) => (file, false),
            (None, Some(file)) => (file, true),
            (None, None) => {
                return Err(Failure::usage(
                    "Nothing says how far this ledger had come.",
                    "Give --checkpoint or --receipt.",
                ));
            }
        };
        let text = text_of(file)?;
        let checkpoint = if is_receipt {
            Receipt::parse(&text).ok().map(|receipt| receipt.checkpoint)
        } else {
            SignedCheckpoint::parse(&text)
        };
        checkpoint.ok_or_else(|| {
            let (what, next) = if is_receipt {
                ("receipt", "Save the whole file, from c2sp.org/tlog-proof@v1 to the last line.")
            } else {
                (
                    "signed checkpoint",
                    "Save the whole note, from the origin to the last signature line.",
                )
            };
            Failure::usage(format!("{} holds no {what}.", file.display()), next)
        })
    }
}

fn no_ledger(directory: &Path) -> Failure {
    Failure::environment(
        format!("There is no ledger in {}.", directory.display()),
        "Look whether --dir is right. A backup goes into DIR/log/segments, its keys into DIR/keys.",
    )
}

/// Only lost entries and another history end a log; everything else can be put right.
fn explain(directory: &Path, error: &ResumeError) -> Failure {
    let not_from_here =
        format!("The ledger in {} does not go on from this checkpoint.", directory.display());
    match error {
        ResumeError::Nothing => no_ledger(directory),
        ResumeError::Open(OpenError::Locked) => Failure::environment(
            format!("The ledger in {} is in use.", directory.display()),
            "If a server runs on it and takes entries, there is nothing to resume; else stop that process first.",
        )
        .because(error),
        ResumeError::Open(error) => opening::explain(directory, error),
        ResumeError::Checkpoint(_) => Failure::refused(
            not_from_here,
            "Look whether the checkpoint is this ledger's; take it from a witness, a mirror or a receipt.",
        )
        .because(error),
        ResumeError::Lost { .. } | ResumeError::Forked => Failure::refused(
            not_from_here,
            "Look for a newer backup. If entries are lost for good, found a new ledger with `caseledger init --predecessor`.",
        )
        .because(error),
    }
}
