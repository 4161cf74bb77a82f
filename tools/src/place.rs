//! Where the data directory is, for the commands that have one.

use std::path::PathBuf;

/// The option of every command that works on a ledger's directory.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The data directory
    #[arg(long, global = true, value_name = "DIR", default_value = "ledger-data")]
    pub dir: PathBuf,
}
