//! The table of contents: every command, with its options in the file of the same name.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{
    completions, demo, dump, import, init, key, register, resume, serve, show, sign, submit,
};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};

/// 明账: every action on a government case, signed by who took it, in one log that can only grow.
#[derive(Debug, Parser)]
#[command(name = "caseledger", version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
pub struct Shared {
    /// The data directory [default: ./ledger-data]
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print results for programs: one JSON document, or one a line
    #[arg(long, global = true)]
    json: bool,
    /// Print results only: no notes, no progress
    #[arg(long, global = true)]
    quiet: bool,
}

impl Shared {
    /// The data directory.
    pub fn directory(&self) -> PathBuf {
        self.directory_or("ledger-data")
    }

    /// The data directory, of a command with a default of its own.
    pub fn directory_or(&self, default: &str) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| PathBuf::from(default))
    }
}

const AFTER_HELP: &str = "\
Examples:
  caseledger demo                                        see it all, with a real log
  caseledger init --origin ledger.example/cases          found a ledger in ./ledger-data
  caseledger serve                                       serve it on 127.0.0.1:8420

Exit codes: 0 fine, 1 refused or not in order, 2 not understood, 3 disk or network in the way";

#[derive(Debug, Subcommand)]
enum Command {
    // See it.
    /// Found a ledger, import a real log, verify it, serve it
    Demo(demo::Demo),

    // Found and serve.
    /// Found a ledger in a directory
    Init(init::Init),
    /// Serve a ledger over HTTP
    Serve(serve::Serve),
    /// Let a restored or cloned directory take entries again
    Resume(resume::Resume),

    // Sign and record.
    /// Make and show key files
    #[command(subcommand)]
    Key(key::Key),
    /// Sign an action
    Sign(sign::Sign),
    /// Record signed actions
    Submit(submit::Submit),
    /// Register offices, keys, posts and service items
    Register(register::Register),
    /// Bring history in from another system
    #[command(subcommand)]
    Import(import::Import),

    // Read.
    /// Show a case or an entry
    #[command(subcommand)]
    Show(show::Show),
    /// Print every entry as it is stored, also from a damaged directory
    Dump(dump::Dump),

    // Audit and mend.
    /// Verify a ledger, a copy of its segments, or a receipt
    Verify(crate::verify::Arguments),
    /// Make a fresh directory from whatever is good in a damaged one
    Repair(crate::repair::Arguments),
    /// Measure, with the machine's own rates beside it
    Bench(crate::bench::Arguments),

    /// Print a completion script for a shell
    Completions(completions::Completions),
}

impl Command {
    fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        match self {
            Self::Demo(demo) => demo.run(shared, desk),
            Self::Init(init) => init.run(shared, desk),
            Self::Serve(serve) => serve.run(shared, desk),
            Self::Resume(resume) => resume.run(shared, desk),
            Self::Key(key) => key.run(desk),
            Self::Sign(sign) => sign.run(shared, desk),
            Self::Submit(submit) => submit.run(shared, desk),
            Self::Register(register) => register.run(shared, desk),
            Self::Import(import) => import.run(shared, desk),
            Self::Show(show) => show.run(shared, desk),
            Self::Dump(dump) => dump.run(shared, desk),
            Self::Verify(verify) => crate::verify::run(&verify, desk).map(|()| Exit::Fine),
            Self::Repair(repair) => {
                crate::repair::run(&shared.directory(), &repair, desk).map(|()| Exit::Fine)
            }
            Self::Bench(bench) => crate::bench::run(&bench, desk).map(|()| Exit::Fine),
            Self::Completions(completions) => completions.run(desk),
        }
    }
}

/// Runs the program: `args` with its name first, results to `out`, everything else to `err`.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let Cli { shared, command } = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(told) => return tell(&told, out, err),
    };
    let mut desk = Desk { out, err, json: shared.json, quiet: shared.quiet };
    match command.run(&shared, &mut desk) {
        Ok(exit) => exit,
        Err(failure) if failure.unheard => Exit::Fine,
        Err(failure) => {
            let _ = if desk.json {
                writeln!(desk.out, "{}", failure.to_json())
            } else {
                write!(desk.err, "{}", failure.to_text())
            };
            failure.exit
        }
    }
}

/// Help, the version, or what was not understood.
fn tell(told: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let rendered = told.render();
    let _ = if told.use_stderr() { write!(err, "{rendered}") } else { write!(out, "{rendered}") };
    if told.use_stderr() { Exit::Usage } else { Exit::Fine }
}
