//! The table of contents: every command, with its options in the file of the same name.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    completions, demo, dump, import, init, key, register, resume, serve, show, sign, submit,
};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};

/// 明账: every action on a government case, signed by who took it, in one log that can only grow.
#[derive(Debug, Parser)]
#[command(name = "caseledger", version, about, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    /// Print results for programs: one JSON document, or one a line
    #[arg(long, global = true)]
    json: bool,
    /// Print results only: no notes, no progress
    #[arg(long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  caseledger demo                                        see it all, with a real log
  caseledger init --origin ledger.example/cases          found a ledger in ./ledger-data
  caseledger serve                                       serve it on 127.0.0.1:8420

Exit codes: 0 fine, 1 refused or not in order, 2 not understood, 3 disk or network in the way

With --json every result is one JSON object on one line of stdout, logs and notes apart. Where something \
is not fine, the object has two members more, whatever else it holds: `exit`, the exit code, and `error` \
with `what`, `causes`, `next` and sometimes `detail`.";

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
    /// Register offices, keys, posts, service items, calendars and policies, and succeed the ledger's key
    Register(register::Register),
    /// Bring history in from another system
    #[command(subcommand)]
    Import(import::Import),

    // Read.
    /// Show a case, an entry, a checkpoint, a receipt or a proof
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
    fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        match self {
            Self::Demo(demo) => demo.run(desk),
            Self::Init(init) => init.run(desk),
            Self::Serve(serve) => serve.run(desk),
            Self::Resume(resume) => resume.run(desk),
            Self::Key(key) => key.run(desk),
            Self::Sign(sign) => sign.run(desk),
            Self::Submit(submit) => submit.run(desk),
            Self::Register(register) => register.run(desk),
            Self::Import(import) => import.run(desk),
            Self::Show(show) => show.run(desk),
            Self::Dump(dump) => dump.run(desk),
            Self::Verify(verify) => crate::verify::run(&verify, desk).map(|()| Exit::Fine),
            Self::Repair(repair) => crate::repair::run(&repair, desk).map(|()| Exit::Fine),
            Self::Bench(bench) => crate::bench::run(&bench, desk).map(|()| Exit::Fine),
            Self::Completions(completions) => completions.run(&mut Cli::command(), desk),
        }
    }
}

/// Runs the program: `args` with its name first, results to `out`, everything else to `err`.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let (ended, mut desk) = match Cli::try_parse_from(&args) {
        Ok(Cli { json, quiet, command }) => {
            let mut desk = Desk { out, err, json, quiet };
            (command.run(&mut desk), desk)
        }
        Err(told) => {
            let json = asks_for_json(&args);
            let mut desk = Desk { out, err, json, quiet: false };
            (tell(&told, &mut desk), desk)
        }
    };
    match ended {
        Ok(exit) => exit,
        Err(failure) if failure.unheard => Exit::Fine,
        Err(failure) => {
            desk.fail(&failure);
            failure.exit
        }
    }
}

/// Whether results are wanted for programs, of a command line that is not understood otherwise.
fn asks_for_json(args: &[OsString]) -> bool {
    args.iter().take_while(|arg| *arg != OsStr::new("--")).any(|arg| arg == OsStr::new("--json"))
}

/// Help, the version, or what was not understood.
fn tell(told: &clap::Error, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let rendered = told.render().to_string();
    if !told.use_stderr() {
        return desk.line(rendered.trim_end_matches('\n')).map(|()| Exit::Fine);
    }
    if desk.json {
        let what = rendered.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
        return Err(Failure::usage(what, "Look at `caseledger --help`, or --help of the command."));
    }
    let _ = write!(desk.err, "{rendered}");
    Ok(Exit::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn json_is_asked_for_before_the_options_end() {
        let asks =
            |words: &[&str]| asks_for_json(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(asks(&["caseledger", "dance", "--json"]));
        assert!(!asks(&["caseledger", "show", "--", "--json"]));
    }
}
