//! `caseledger submit`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::answer::Answer;
use crate::cli::Shared;
use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::ledger::Ledger;

/// Lines that are sent together.
const LINES_MAX: usize = 1024;

/// Record signed actions, one a line. A line that stands on the ledger already is answered again, never recorded twice.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger submit actions.txt --dir ledger-data        no server runs on it
  caseledger submit actions.txt --url http://127.0.0.1:8420 --receipt receipts.txt
  caseledger sign --key officer.jwk --sub case/20260105-1 accepted.json | caseledger submit")]
pub struct Submit {
    /// The signed actions; - or nothing for what is piped in
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The server; the directory --dir if absent
    #[arg(long)]
    url: Option<String>,
    /// Where to write the receipts, one after the other
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

impl Submit {
    /// Records them.
    pub fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let ledger = Ledger::open(self.url.as_deref(), &shared.directory())?;
        let mut recorded = Vec::new();
        let mut exit = Exit::Fine;
        let mut line = 0;
        let mut input = open(&self.file)?;
        loop {
            let texts = some_lines(&mut input, &self.file)?;
            if texts.is_empty() {
                break;
            }
            for answer in ledger.submit(&texts)? {
                line += 1;
                tell(desk, line, &answer)?;
                match answer {
                    Answer::Recorded(one) => recorded.push(one.seq),
                    Answer::Refused(_) => exit = Exit::Refused,
                }
            }
        }
        if line == 0 {
            return Err(Failure::usage(
                format!("There is no action in {}.", self.file.display()),
                "Sign one with `caseledger sign` and pipe it in.",
            ));
        }
        if let Some(path) = self.receipt {
            write_receipts(&ledger, &recorded, &path)?;
            desk.note(format_args!("{} receipts are in {}", recorded.len(), path.display()));
        }
        Ok(exit)
    }
}

fn tell(desk: &mut Desk<'_>, line: u64, answer: &Answer) -> Result<(), Failure> {
    if !desk.json {
        return desk.line(format_args!("line {line}: {answer}"));
    }
    let mut json = answer.to_json();
    if let serde_json::Value::Object(members) = &mut json {
        members.insert("line".to_owned(), json!(line));
    }
    desk.line(json)
}

fn open(file: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = unread(File::open(file), file)?;
    Ok(Box::new(BufReader::new(opened)))
}

/// The next lines that are not empty.
fn some_lines(input: &mut dyn BufRead, file: &Path) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    while texts.len() < LINES_MAX {
        let mut line = String::new();
        if unread(input.read_line(&mut line), file)? == 0 {
            break;
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            texts.push(text.to_owned());
        }
    }
    Ok(texts)
}

fn unread<T>(read: io::Result<T>, file: &Path) -> Result<T, Failure> {
    read.or_environment(
        format!("{} cannot be read.", file.display()),
        "Name a text file with one signed action a line, or - to pipe them in.",
    )
}

fn write_receipts(ledger: &Ledger, recorded: &[u64], path: &Path) -> Result<(), Failure> {
    let unwritten = |error: &io::Error| {
        Failure::environment(
            format!("The receipts cannot be written to {}.", path.display()),
            "Everything is recorded; submit the same lines again with another --receipt to get them.",
        )
        .because(error)
    };
    let mut file = File::create(path).map_err(|error| unwritten(&error))?;
    for seq in recorded {
        file.write_all(ledger.receipt(*seq)?.as_bytes()).map_err(|error| unwritten(&error))?;
    }
    Ok(())
}
