//! One file for each command: its options, an example, and what it does.

pub mod demo;

pub mod init;
pub mod serve;
pub mod resume;

pub mod key;
pub mod sign;
pub mod submit;
pub mod register;
pub mod import;

pub mod show;
pub mod dump;

pub mod completions;

use std::io::{self, Read as _};
use std::path::Path;

use case_ledger::names::{Issuer, Origin, Stream};
use case_ledger::time::Micros;

use crate::failure::{Failure, OrFail as _};

/// Reads an origin from the command line.
fn origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).ok_or_else(|| {
        "an origin is a host and path without scheme, as in ledger.example/cases".to_owned()
    })
}

/// Reads an issuer from the command line.
fn issuer(text: &str) -> Result<Issuer, String> {
    Issuer::parse(text).ok_or_else(|| {
        "who signs is root, citizen, an office's 18-character code, or that code, / and an officer's id".to_owned()
    })
}

/// Reads a stream's name from the command line.
fn stream(text: &str) -> Result<Stream, String> {
    Stream::parse(text).ok_or_else(|| {
        "a stream is registry, removals or reads, or a type, / and a number, as in case/20260105-1".to_owned()
    })
}

/// Reads an instant from the command line.
fn instant(text: &str) -> Result<Micros, String> {
    Micros::parse(text)
        .ok_or_else(|| "an instant has a zone, as in 2026-01-05T09:00:00+08:00".to_owned())
}

/// Reads `name=value` from the command line.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The text of a file, or of what is piped in if it is called `-`.
fn text_of(file: &Path) -> Result<String, Failure> {
    let read = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    read.or_environment(
        format!("{} cannot be read.", file.display()),
        "Name a text file that exists, or - to pipe the text in.",
    )
}
