//! Where a command's words go: results to stdout, everything else to stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::failure::Failure;

/// The two outputs of a command, and how they are wanted.
pub struct Desk<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Notes and failures.
    pub err: &'a mut dyn Write,
    /// Results for programs instead of people.
    pub json: bool,
    /// No notes and no progress.
    pub quiet: bool,
}

impl Desk<'_> {
    /// The result: `text` for people or `json` for programs, one document on one line.
    pub fn result(&mut self, text: impl Display, json: &Value) -> Result<(), Failure> {
        let written = if self.json {
            writeln!(self.out, "{json}")
        } else {
            let text = text.to_string();
            writeln!(self.out, "{}", text.trim_end_matches('\n'))
        };
        self.flushed(written)
    }

    /// A line that is the same for people and programs, such as a signed action.
    pub fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        let written = writeln!(self.out, "{line}");
        self.flushed(written)
    }

    /// A result that is not all it should be: people read it before the failure, programs find both in one document.
    pub fn despite(&mut self, failure: Failure, text: impl Display, json: Value) -> Failure {
        if self.json {
            return failure.with_result(json);
        }
        match self.result(text, &json) {
            Ok(()) => failure,
            Err(unheard) => unheard,
        }
    }

    /// The last word of a command that did not do what it was asked.
    pub fn fail(&mut self, failure: &Failure) {
        // Where even that cannot be written, the exit code is left.
        let _ = if self.json {
            writeln!(self.out, "{}", failure.to_json())
        } else {
            write!(self.err, "{}", failure.to_text())
        };
    }

    fn flushed(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        written.and_then(|()| self.out.flush()).map_err(|error| Failure::output(&error))
    }

    /// Something worth knowing that is no result. Nothing depends on it, so it is not missed if it cannot be written.
    pub fn note(&mut self, note: impl Display) {
        if !self.quiet {
            let _ = writeln!(self.err, "{note}");
        }
    }

    /// A progress bar over `length` units on stderr; invisible where nobody looks.
    pub fn progress(&self, length: u64, what: &'static str, unit: Unit) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let template = match unit {
            Unit::Bytes => "{msg:>10} {wide_bar} {bytes}/{total_bytes} {eta}",
            Unit::Entries => "{msg:>10} {wide_bar} {pos}/{len} {per_sec} {eta}",
        };
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// What a progress bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of a file.
    Bytes,
    /// Entries of a log.
    Entries,
}
