//! `caseledger show`.

use case_ledger::audit::Content;
use case_ledger::names::{Seq, Stream};
use case_ledger::tree::TreeHead;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::dump::{SignedParts, header_json};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::opening::no_ledger;
use crate::place::Place;
use crate::reading::{Consistency, Reading, open_for_reading};
use crate::shown::{ShownCase, entry_text};

/// Show a case, an entry, a checkpoint, a receipt or a proof, also while a server runs on the directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger show case 20260105-1 --dir ledger-data
  caseledger show checkpoint > checkpoint.txt
  caseledger show receipt 7 > 7.tlog-proof")]
pub struct Show {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Where a case is and what happened in it
    Case(Case),
    /// One entry of the log, as it was signed
    Entry(ShowEntry),
    /// The newest checkpoint, as a signed note
    Checkpoint,
    /// The receipt of an entry, under the newest checkpoint
    Receipt(ShowEntry),
    /// The proof that the log of one size extends the log of an earlier one
    Proof(Proof),
}

/// Where a case is and what happened in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger show case 20260105-1 --dir ledger-data")]
struct Case {
    /// The case's number
    number: String,
}

/// One entry of the log.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger show entry 0 --dir ledger-data
  caseledger show receipt 0 > 0.tlog-proof")]
struct ShowEntry {
    /// Its position, counted from 0
    seq: u64,
}

/// The proof that the log of one size extends the log of an earlier one.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger show proof --from 7 --to 12")]
struct Proof {
    /// The number of entries of the earlier log, as a checkpoint says it
    #[arg(long, value_name = "SIZE")]
    from: u64,
    /// That of the later one [default: the newest]
    #[arg(long, value_name = "SIZE")]
    to: Option<u64>,
}

impl Show {
    /// Shows it.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let reading = open_for_reading(&self.place.dir)?;
        match self.what {
            What::Case(case) => case.run(&reading, desk)?,
            What::Entry(entry) => entry.run(&reading, desk)?,
            What::Checkpoint => {
                let newest = reading.newest()?.ok_or_else(|| no_ledger(&self.place.dir))?;
                let head = newest.checkpoint.checkpoint.head;
                let text = newest.checkpoint.to_text();
                let json = json!({
                    "checkpoint": text,
                    "size": head.size,
                    "root": head.root.to_string(),
                    "recorded_at": newest.recorded_at.to_string(),
                });
                desk.result(text, &json)?;
            }
            What::Receipt(entry) => {
                let receipt = reading.receipt(Seq(entry.seq))?.ok_or_else(|| entry.unknown())?;
                let text = receipt.to_text();
                desk.result(&text, &json!({"seq": entry.seq, "receipt": text}))?;
            }
            What::Proof(proof) => proof.run(&reading, desk)?,
        }
        Ok(Exit::Fine)
    }
}

impl Case {
    fn run(self, reading: &Reading, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let number = &self.number;
        let unknown = || {
            Failure::refused(
                format!("There is no case {number} on this ledger."),
                "Look whether the number and --dir are right.",
            )
        };
        let stream = Stream::case(number).ok_or_else(unknown)?;
        let shown = ShownCase::read(reading, &stream)?.ok_or_else(unknown)?;
        desk.result(shown.to_text(), &shown.to_json())
    }
}

impl ShowEntry {
    fn unknown(&self) -> Failure {
        Failure::refused(
            format!("There is no entry {} on this ledger.", self.seq),
            "Entries are counted from 0; look whether --dir is right.",
        )
    }

    fn run(self, reading: &Reading, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let entry = reading.entry(Seq(self.seq))?.ok_or_else(|| self.unknown())?;
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
        desk.result(entry_text(&entry), &json)
    }
}

impl Proof {
    fn run(self, reading: &Reading, desk: &mut Desk<'_>) -> Result<(), Failure> {
        let newest = reading.newest()?.map_or(0, |newest| newest.checkpoint.checkpoint.head.size);
        let (from, to) = (self.from, self.to.unwrap_or(newest));
        let within = from <= to && to <= newest;
        let proof = if within { reading.consistency(from, to)? } else { None };
        let proof = proof.ok_or_else(|| {
            Failure::refused(
                format!("There is no proof from {from} to {to} entries."),
                format!("The log has {newest} entries; --from may not be larger than --to, nor --to than that."),
            )
        })?;
        desk.result(proof_text(&proof), &proof_json(&proof))
    }
}

fn proof_text(proof: &Consistency) -> String {
    let head = |word: &str, head: TreeHead| format!("{word} {} {}", head.size, head.root);
    let mut lines = vec![head("from", proof.from), head("to", proof.to)];
    lines.extend(proof.hashes.iter().map(ToString::to_string));
    lines.join("\n")
}

fn proof_json(proof: &Consistency) -> Value {
    let head = |head: TreeHead| json!({"size": head.size, "root": head.root.to_string()});
    let hashes: Vec<_> = proof.hashes.iter().map(ToString::to_string).collect();
    json!({"from": head(proof.from), "to": head(proof.to), "proof": hashes})
}
