//! `caseledger submit`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::answer::{AFTER_A_REFUSAL, Answer};
use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::ledger::Ledger;
use crate::place::Place;
use crate::receipts::Receipts;

/// Lines that are sent together.
const LINES_MAX: usize = 1024;

/// Record signed actions, one a line. A line that stands on the ledger already is answered again, never recorded twice.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger submit actions.txt --dir ledger-data        no server runs on it
  caseledger submit actions.txt --url http://127.0.0.1:8420 --receipts receipts
  caseledger sign --key officer.jwk --sub case/20260105-1 accepted.json | caseledger submit --receipt receipt.txt")]
pub struct Submit {
    #[command(flatten)]
    place: Place,
    /// The signed actions, also as `sign --json` prints them; - or nothing for what is piped in
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The server; the directory --dir if absent
    #[arg(long)]
    url: Option<String>,
    /// The new file for the receipt of a single action
    #[arg(long, value_name = "FILE", conflicts_with = "receipts")]
    receipt: Option<PathBuf>,
    /// The folder for the receipts of many, each a file SEQ.tlog-proof
    #[arg(long, value_name = "FOLDER")]
    receipts: Option<PathBuf>,
}

impl Submit {
    /// Records them.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = &self.place.dir;
        let server = self.url.as_deref().map(|url| Ledger::open(Some(url), directory));
        let server = server.transpose()?;
        let mut input = open(&self.file)?;
        let mut texts = some_lines(&mut input, &self.file)?;
        if texts.is_empty() {
            return Err(Failure::usage(
                if self.file == Path::new("-") {
                    "There is no action in what is piped in.".to_owned()
                } else {
                    format!("There is no action in {}.", self.file.display())
                },
                "Sign one with `caseledger sign` and pipe it in.",
            ));
        }
        if self.receipt.is_some() && texts.len() > 1 {
            return Err(Failure::usage(
                "--receipt is for a single action, and there are more. Nothing was sent.",
                "Name a folder with --receipts: it gets a file for each.",
            ));
        }
        // Whoever signs into our pipe has the directory open until the first action comes.
        let ledger = server.map_or_else(|| Ledger::open(None, directory), Ok)?;
        let mut receipts = Receipts::begin(self.receipt, self.receipts)?;
        let mut line = 0;
        let mut refused = false;
        while !texts.is_empty() {
            let answers = match &mut receipts {
                None => ledger.submit(&texts)?,
                Some(receipts) => with_receipts(&ledger, &texts, receipts)?,
            };
            for answer in answers {
                line += 1;
                tell(desk, line, &answer)?;
                refused |= matches!(answer, Answer::Refused(_));
            }
            texts = some_lines(&mut input, &self.file)?;
        }
        if refused && !desk.json {
            desk.note(AFTER_A_REFUSAL);
        }
        Ok(if refused { Exit::Refused } else { Exit::Fine })
    }
}

/// The answers, when each receipt is in its file.
fn with_receipts(
    ledger: &Ledger,
    texts: &[String],
    receipts: &mut Receipts,
) -> Result<Vec<Answer>, Failure> {
    let answered = ledger.submit_for_receipts(texts)?;
    let keep = |(answer, receipt): (Answer, Option<String>)| {
        if let (Answer::Recorded(recorded), Some(receipt)) = (&answer, receipt) {
            receipts.keep(recorded.seq, &receipt)?;
        }
        Ok(answer)
    };
    answered.into_iter().map(keep).collect()
}

fn tell(desk: &mut Desk<'_>, line: u64, answer: &Answer) -> Result<(), Failure> {
    if !desk.json {
        return desk.line(format_args!("line {line}: {answer}"));
    }
    let mut json = answer.to_json();
    if let Value::Object(members) = &mut json {
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
            texts.push(unwrapped(text));
        }
    }
    Ok(texts)
}

/// The action itself, if it comes in the document that `sign --json` prints.
fn unwrapped(line: &str) -> String {
    let json = || serde_json::from_str::<Value>(line).ok();
    let wrapped = if line.starts_with('{') { json() } else { None };
    let action = wrapped.as_ref().and_then(|json| json.get("action")?.as_str());
    action.unwrap_or(line).to_owned()
}

fn unread<T>(read: io::Result<T>, file: &Path) -> Result<T, Failure> {
    read.or_environment(
        format!("{} cannot be read.", file.display()),
        "Name a text file with one signed action a line, or - to pipe them in.",
    )
}
