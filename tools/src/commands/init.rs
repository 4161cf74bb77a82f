//! `caseledger init`.

use std::path::{Path, PathBuf};

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::kinds::registry::Predecessor;
use case_ledger::names::Origin;
use case_ledger::receipt::Receipt;
use case_ledger::time::Micros;
use clap::Args;
use serde_json::json;

use super::{instant, origin, text_of};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::founding::{Founding, found};
use crate::place::Place;
use crate::verify::parse_vkey;

/// Found a ledger in a directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger init --dir ledger-data --origin ledger.example/cases --name 明州市办件明账
  caseledger init --origin ledger.example/cases-2 --predecessor last.txt \\
    --predecessor-vkey ledger.example/cases+0ff9ae30+AQOh…")]
pub struct Init {
    #[command(flatten)]
    place: Place,
    /// The ledger's name for ever: the first line of its checkpoints and the audience of its actions
    #[arg(long, value_parser = origin)]
    origin: Origin,
    /// What the ledger is called
    #[arg(long)]
    name: Option<String>,
    /// The last checkpoint, or a receipt, of a log that this one continues because entries of it were lost
    #[arg(long, value_name = "FILE", requires = "predecessor_vkey")]
    predecessor: Option<PathBuf>,
    /// Its public key (C2SP vkey), which signed that checkpoint
    #[arg(long, value_name = "VKEY", requires = "predecessor")]
    predecessor_vkey: Option<String>,
    /// Invent the time, for demonstrations and tests; everything on such a ledger is marked so
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    simulated_clock: Option<Micros>,
}

impl Init {
    /// Founds it.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = self.place.dir;
        let predecessor = match (&self.predecessor, &self.predecessor_vkey) {
            (Some(file), Some(vkey)) => Some(predecessor(file, vkey)?),
            _ => None,
        };
        let founding = Founding {
            origin: &self.origin,
            simulated: self.simulated_clock,
            name: self.name.as_deref(),
            predecessor,
        };
        let founded = found(&directory, founding)?;
        let (ledger_key, root_key) = (founded.ledger_key.display(), founded.root_key.display());
        let text = format!(
            "The ledger {} is founded in {}.\n\
             Verifier key:       {}\n\
             Ledger's secret:    {ledger_key} (the server needs it; never part of a backup of the log)\n\
             Founder's secret:   {root_key} (sets up the registry; keep it offline afterwards)\n\
             \n\
             Next: publish the verifier key, then register an office, its keys and posts:\n  \
             caseledger register --dir {dir} office --code CODE --region REGION --name NAME\n\
             and serve it:\n  \
             caseledger serve --dir {dir}",
            founded.origin,
            directory.display(),
            founded.vkey,
            dir = directory.display(),
        );
        let json = json!({
            "origin": founded.origin.as_str(),
            "vkey": founded.vkey,
            "directory": directory.display().to_string(),
            "ledger_key": ledger_key.to_string(),
            "root_key": root_key.to_string(),
        });
        desk.result(text, &json)?;
        Ok(Exit::Fine)
    }
}

/// The end of a lost log, as its own key signed it: nobody else's word founds a successor.
fn predecessor(file: &Path, vkey: &str) -> Result<Predecessor, Failure> {
    let text = text_of(file)?;
    let checkpoint = SignedCheckpoint::parse(&text)
        .or_else(|| Some(Receipt::parse(&text).ok()?.checkpoint))
        .ok_or_else(|| {
            Failure::usage(
                format!("{} holds no checkpoint.", file.display()),
                "Save the whole note or receipt, to the last signature line.",
            )
        })?;
    let (origin, key) = parse_vkey(vkey)?;
    let opened = checkpoint.open(&origin, key).map_err(|fault| {
        Failure::refused(
            format!("{} is no checkpoint of {origin}.", file.display()),
            "Give the checkpoint and the vkey of the same ledger.",
        )
        .because_of(fault.to_string())
    })?;
    let head = opened.checkpoint.head;
    Ok(Predecessor { origin, size: head.size, root: head.root })
}
