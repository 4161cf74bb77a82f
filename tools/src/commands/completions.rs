//! `caseledger completions`.

use clap::Args;
use clap_complete::Shell;

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
    /// Prints it for the whole program.
    pub fn run(self, program: &mut clap::Command, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, program, "caseledger", &mut script);
        desk.line(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Fine)
    }
}
