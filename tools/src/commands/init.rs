//! `caseledger init`.

use case_ledger::names::Origin;
use case_ledger::time::Micros;
use clap::Args;
use serde_json::json;

use super::{instant, origin};
use crate::cli::Shared;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::founding::found;

/// Found a ledger in a directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger init --dir ledger-data --origin ledger.example/cases --name 明州市办件明账")]
pub struct Init {
    /// The ledger's name for ever: the first line of its checkpoints and the audience of its actions
    #[arg(long, value_parser = origin)]
    origin: Origin,
    /// What the ledger is called
    #[arg(long)]
    name: Option<String>,
    /// Invent the time, for demonstrations and tests; everything on such a ledger is marked so
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    simulated_clock: Option<Micros>,
}

impl Init {
    /// Founds it.
    pub fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = shared.directory();
        let founded = found(&directory, &self.origin, self.simulated_clock, self.name.as_deref())?;
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
