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
        let mut receipts = self.receipt.map(Receipts::create).transpose()?;
        let mut input = open(&self.file)?;
        let mut line = 0;
        let mut exit = Exit::Fine;
        loop {
            let texts = some_lines(&mut input, &self.file)?;
            if texts.is_empty() {
                break;
            }
            let answers = match &mut receipts {
                None => ledger.submit(&texts)?,
                Some(receipts) => one_by_one(&ledger, &texts, receipts)?,
            };
            for answer in answers {
                line += 1;
                tell(desk, line, &answer)?;
                if let Answer::Refused(_) = answer {
                    exit = Exit::Refused;
                }
            }
        }
        if line == 0 {
            return Err(Failure::usage(
                format!("There is no action in {}.", self.file.display()),
                "Sign one with `caseledger sign` and pipe it in.",
            ));
        }
        Ok(exit)
    }
}

/// Each answer with its receipt.
fn one_by_one(
    ledger: &Ledger,
    texts: &[String],
    receipts: &mut Receipts,
) -> Result<Vec<Answer>, Failure> {
    let mut answers = Vec::with_capacity(texts.len());
    for text in texts {
        let (answer, receipt) = ledger.submit_one(text)?;
        receipts.write(receipt.as_deref().unwrap_or_default())?;
        answers.push(answer);
    }
    Ok(answers)
}

/// The file of receipts. It is made before anything is sent.
struct Receipts {
    path: PathBuf,
    file: File,
}

impl Receipts {
    fn create(path: PathBuf) -> Result<Self, Failure> {
        let file = File::create(&path).or_environment(
            format!("The receipts cannot be written to {}.", path.display()),
            "Choose another file with --receipt. Nothing was sent.",
        )?;
        Ok(Self { path, file })
    }

    fn write(&mut self, receipt: &str) -> Result<(), Failure> {
        self.file.write_all(receipt.as_bytes()).or_environment(
            format!("The receipts cannot be written to {}.", self.path.display()),
            "Submit the same lines again with another --receipt: nothing is recorded twice.",
        )
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
