//! The ledger that a command writes to: a directory that no server has open, or a server.

use std::path::{Path, PathBuf};

use case_ledger::names::{Origin, Seq};
use case_ledger_store::{Store, Unavailable};
use rayon::prelude::*;

use crate::answer::{Answer, Recorded, Refused};
use crate::failure::{Failure, OrFail as _};
use crate::opening::{self, Time};
use crate::reading;
use crate::remote::Remote;

/// Where a command sends its actions.
pub enum Ledger {
    /// A directory, opened here.
    Here {
        /// The directory.
        directory: PathBuf,
        /// The ledger in it.
        store: Store,
    },
    /// A server.
    There(Remote),
}

impl Ledger {
    /// The server at `url` if there is one, and else the directory.
    pub fn open(url: Option<&str>, directory: &Path) -> Result<Self, Failure> {
        match url {
            Some(url) => Ok(Self::There(Remote::new(url)?)),
            None => Ok(Self::Here {
                directory: directory.to_owned(),
                store: opening::open(directory, Time::Founded)?,
            }),
        }
    }

    /// The ledger's origin: the only audience it accepts.
    pub fn origin(&self) -> Result<Origin, Failure> {
        match self {
            Self::Here { directory, store } => opening::origin(store, directory),
            Self::There(remote) => remote.origin(),
        }
    }

    /// Sends actions in order and waits until what was recorded is durable. One answer for each.
    ///
    /// To a directory they are one commit: all that is taken of them is there, or nothing.
    pub fn submit(&self, texts: &[String]) -> Result<Vec<Answer>, Failure> {
        match self {
            Self::Here { store, .. } => submit_here(store, texts),
            Self::There(remote) => remote.submit(texts),
        }
    }

    /// Sends actions in order, and gives the receipt with the answer of each that is recorded.
    pub fn submit_for_receipts(
        &self,
        texts: &[String],
    ) -> Result<Vec<(Answer, Option<String>)>, Failure> {
        match self {
            Self::Here { store, .. } => {
                let with_receipt = |answer| {
                    let receipt = match &answer {
                        Answer::Recorded(recorded) => Some(receipt(store, recorded.seq)?),
                        Answer::Refused(_) => None,
                    };
                    Ok((answer, receipt))
                };
                submit_here(store, texts)?.into_iter().map(with_receipt).collect()
            }
            Self::There(remote) => texts.iter().map(|text| remote.submit_one(text)).collect(),
        }
    }
}

fn unanswered() -> Failure {
    Failure::environment("The ledger gave no answer.", "Run the same command again.")
}

/// The receipt of an entry, as text.
fn receipt(store: &Store, seq: u64) -> Result<String, Failure> {
    let receipt = store.receipt(Seq(seq)).or_environment(
        format!("Entry {seq} cannot be read."),
        "Run `caseledger verify` to see whether the log is damaged.",
    )?;
    Ok(receipt.ok_or_else(unanswered)?.to_text())
}

/// The origin of the ledger that actions are made for, without writing to it.
pub fn origin_of(url: Option<&str>, directory: &Path) -> Result<Origin, Failure> {
    if let Some(url) = url {
        return Remote::new(url)?.origin();
    }
    let origin = reading::open_for_reading(directory)?.origin()?;
    origin.ok_or_else(|| opening::no_ledger(directory))
}

fn submit_here(store: &Store, texts: &[String]) -> Result<Vec<Answer>, Failure> {
    // The first actions may register the keys of later ones, whose signatures the writer then checks itself.
    let prepared: Vec<_> =
        texts.par_iter().map(|text| store.prepare(text.trim_ascii().as_bytes())).collect();
    let mut refused = Vec::with_capacity(prepared.len());
    let mut ready = Vec::with_capacity(prepared.len());
    for one in prepared {
        match one {
            Ok(prepared) => {
                ready.push(prepared);
                refused.push(None);
            }
            Err(refusal) => refused.push(Some(Refused::from(&refusal))),
        }
    }
    let answers = store.submit_and_wait(ready).map_err(|reason| unavailable(&reason))?;
    let mut answers = answers.answers.into_iter();
    let answer = |refused: Option<Refused>| match refused {
        Some(refused) => Some(Answer::Refused(refused)),
        None => answers.next().map(|answer| match answer {
            Ok(recorded) => Answer::Recorded(Recorded {
                seq: recorded.seq,
                recorded_at: recorded.recorded_at.to_string(),
                leaf: recorded.leaf.to_string(),
                again: recorded.again,
            }),
            Err(refusal) => Answer::Refused(Refused::from(&refusal)),
        }),
    };
    Ok(refused.into_iter().filter_map(answer).collect())
}

fn unavailable(reason: &Unavailable) -> Failure {
    let next = match reason {
        Unavailable::QueueFull | Unavailable::ShuttingDown => "Try again in a moment.",
        Unavailable::Poisoned => {
            "Look at the disk; then run the same command again: what is there already is not recorded twice."
        }
        Unavailable::ReadOnly(_) => {
            "Show it the newest checkpoint that anybody holds with `caseledger resume`."
        }
        Unavailable::Damaged { .. } => {
            "See with `caseledger verify` where, then `caseledger repair` into a new directory, from a backup if you have one."
        }
        Unavailable::Clock(_) => {
            "Set the computer's clock right, or confirm it with `caseledger serve --confirm-clock`."
        }
    };
    Failure::environment("The ledger takes no entries.", next).because_of(reason.to_string())
}
