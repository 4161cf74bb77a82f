//! `caseledger resume`.

use std::path::PathBuf;

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger_store::Store;
use clap::Args;
use serde_json::json;

use super::text_of;
use crate::cli::Shared;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};

/// Let a restored or cloned directory take entries again, shown the newest checkpoint that anybody holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger resume --dir restored --checkpoint newest-checkpoint.txt

Ask witnesses, mirrors and holders of receipts for the newest one: with an older one, entries that others
hold receipts for could be signed away.")]
pub struct Resume {
    /// The checkpoint, as a signed note
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
}

impl Resume {
    /// Checks that the directory still extends it.
    pub fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = shared.directory();
        let checkpoint = SignedCheckpoint::parse(&text_of(&self.checkpoint)?).ok_or_else(|| {
            Failure::usage(
                format!("{} holds no signed checkpoint.", self.checkpoint.display()),
                "Save the whole note, from the origin to the last signature line.",
            )
        })?;
        let size = checkpoint.checkpoint.head.size;
        Store::resume(&directory, &checkpoint).map_err(|error| {
            Failure::refused(
                format!("The ledger in {} does not go on from this checkpoint.", directory.display()),
                "If entries are lost for good, found a new ledger that names this one's last checkpoint.",
            )
            .because(&error)
        })?;
        let text = format!(
            "The ledger in {} takes entries again; it extends the checkpoint of size {size}.",
            directory.display()
        );
        desk.result(text, &json!({"resumed": true, "checkpoint_size": size}))?;
        Ok(Exit::Fine)
    }
}
