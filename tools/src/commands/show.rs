//! `caseledger show`.

use case_ledger::audit::Content;
use case_ledger::names::{Seq, Stream};
use clap::{Args, Subcommand};
use serde_json::json;

use super::dump::{SignedParts, header_json};
use crate::cli::Shared;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::reading::open_for_reading;
use crate::shown::{ShownCase, entry_text};

/// Show a case or an entry, also while a server runs on the directory.
#[derive(Debug, Subcommand)]
pub enum Show {
    /// Where a case is and what happened in it
    Case(Case),
    /// One entry of the log, as it was signed
    Entry(ShowEntry),
}

/// Where a case is and what happened in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger show case 20260105-1 --dir ledger-data")]
pub struct Case {
    /// The case's number
    number: String,
}

/// One entry of the log.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger show entry 0 --dir ledger-data")]
pub struct ShowEntry {
    /// Its position, counted from 0
    seq: u64,
}

impl Show {
    /// Shows it.
    pub fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        match self {
            Self::Case(case) => case.run(shared, desk),
            Self::Entry(entry) => entry.run(shared, desk),
        }
    }
}

impl Case {
    fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let number = &self.number;
        let unknown = || {
            Failure::refused(
                format!("There is no case {number} on this ledger."),
                "Look whether the number and --dir are right.",
            )
        };
        let stream = Stream::case(number).ok_or_else(unknown)?;
        let reading = open_for_reading(&shared.directory())?;
        let shown = ShownCase::read(&reading, &stream)?.ok_or_else(unknown)?;
        desk.result(shown.to_text(), &shown.to_json())?;
        Ok(Exit::Fine)
    }
}

impl ShowEntry {
    fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let reading = open_for_reading(&shared.directory())?;
        let entry = reading.entry(Seq(self.seq))?.ok_or_else(|| {
            Failure::refused(
                format!("There is no entry {} on this ledger.", self.seq),
                "Entries are counted from 0; look whether --dir is right.",
            )
        })?;
        let signed = match &entry.content {
            Content::Action(action) => serde_json::to_value(SignedParts::of_jws(&action.jws)).ok(),
            Content::Withheld(_) => None,
        };
        let json = json!({
            "seq": self.seq,
            "stream": entry.stream().as_str(),
            "header": header_json(&entry.header),
            "leaf": entry.leaf.to_string(),
            "hash": entry.hash.to_string(),
            "withheld": signed.is_none(),
            "signed": signed,
        });
        desk.result(entry_text(&entry), &json)?;
        Ok(Exit::Fine)
    }
}
