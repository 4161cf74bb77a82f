//! `caseledger completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger completions bash > ~/.local/share/bash-completion/completions/caseledger")]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    /// Prints it.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "caseledger", &mut script);
        desk.line(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Fine)
    }
}
