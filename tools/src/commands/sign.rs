//! `caseledger sign`.

use std::path::{Path, PathBuf};

use case_ledger::envelope::By;
use case_ledger::kinds::{HiddenClass, Post};
use case_ledger::names::{Issuer, Origin, Stream, Token};
use case_ledger::signing::SigningKey;
use case_ledger::time::Micros;
use clap::Args;
use serde_json::{Map, Value, json};

use super::{instant, issuer, origin, pair, stream, text_of};
use crate::compose::Composition;
use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::ledger::origin_of;
use crate::place::Place;
use crate::reading::open_for_reading;
use crate::{keyfile, opening};

/// Sign an action. The result is checked against the table of kinds and printed; nothing is sent.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger sign --key officer.jwk --sub case/20260105-1 '{\"kind\":\"Accepted\",\"voucher_no\":\"A-1\"}'
  caseledger sign --key officer.jwk --sub case/20260105-1 --text reasons=@reasons.txt refused.json \\
    | caseledger submit --url http://127.0.0.1:8420

What stands on a command line can be read by everybody on the machine: give personal data as NAME=@FILE or NAME=-.")]
pub struct Sign {
    #[command(flatten)]
    place: Place,
    /// The signer's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who signs: looked up by the key in --dir if absent
    #[arg(long, value_parser = issuer)]
    iss: Option<Issuer>,
    /// On which stream, as in case/20260105-1
    #[arg(long, value_parser = stream, value_name = "STREAM")]
    sub: Stream,
    /// When it happened, if it was earlier than now
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// When it is signed [default: now]
    #[arg(long, value_parser = instant, value_name = "INSTANT")]
    iat: Option<Micros>,
    /// Whom an office's system signs for, and in which post
    #[arg(long, value_parser = by, value_name = "PERSON:POST")]
    by: Option<By>,
    /// The head of the stream that the signer has seen
    #[arg(long, value_name = "SEQ")]
    seen: Option<u64>,
    /// Free text to be disclosed beside the action: NAME=VALUE, NAME=@FILE, or NAME=- for what is piped in
    #[arg(long, value_parser = pair, value_name = "NAME=VALUE")]
    text: Vec<(String, String)>,
    /// Personal data to be disclosed beside the action, said in the same ways
    #[arg(long, value_parser = pair, value_name = "NAME=VALUE")]
    personal: Vec<(String, String)>,
    /// For which ledger [default: that of --url, or else of --dir]
    #[arg(long, value_parser = origin, value_name = "ORIGIN")]
    aud: Option<Origin>,
    /// The server whose ledger it is for
    #[arg(long)]
    url: Option<String>,
    /// What happened: JSON with `kind` and fields, or a file of it, or - for what is piped in
    act: String,
}

impl Sign {
    /// Signs and prints.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let act = read_act(&self.act)?;
        let mut piped = usize::from(self.act == "-");
        let mut said = |class, pairs: Vec<(String, String)>| -> Result<Vec<_>, Failure> {
            let said = |(name, value): (String, String)| {
                piped += usize::from(value == "-");
                if piped > 1 {
                    return Err(Failure::usage(
                        "Only one thing can be piped in.",
                        "Give the others as NAME=@FILE.",
                    ));
                }
                Ok((class, name, disclosed(value)?))
            };
            pairs.into_iter().map(said).collect()
        };
        let mut beside = said(HiddenClass::Personal, self.personal)?;
        beside.extend(said(HiddenClass::Text, self.text)?);
        if let Some(at) = self.at.as_deref().filter(|at| Micros::parse(at).is_none()) {
            return Err(Failure::usage(
                format!("{at:?} is no instant."),
                "Write it with its zone, as in 2026-01-05T09:00:00+08:00.",
            ));
        }
        let directory = self.place.dir;
        let key = keyfile::read(&self.key)?;
        let is_here = self.aud.is_none() && self.url.is_none();
        let audience = match self.aud {
            Some(audience) => audience,
            None => origin_of(self.url.as_deref(), &directory)?,
        };
        let issuer = match self.iss {
            Some(issuer) => issuer,
            None => holder_of(&key, self.url.is_none().then_some(&*directory))?,
        };
        let composition = Composition {
            issuer,
            stream: self.sub,
            audience,
            issued_at: match (self.iat, is_here) {
                (Some(instant), _) => instant,
                (None, true) => open_for_reading(&directory)?.now()?,
                (None, false) => opening::now(),
            },
            happened_at: self.at,
            by: self.by,
            seen: self.seen,
            act,
            beside,
        };
        let action = composition.sign(&key)?;
        if desk.json {
            desk.line(json!({"action": action}))?;
        } else {
            desk.line(action)?;
        }
        Ok(Exit::Fine)
    }
}

/// Reads the object `act` from JSON on the command line, from a file, or from what is piped in.
pub(super) fn read_act(said: &str) -> Result<Map<String, Value>, Failure> {
    let text = if said.trim_start().starts_with('{') {
        said.to_owned()
    } else {
        text_of(Path::new(said))?
    };
    serde_json::from_str(&text).or_usage(
        "The action is not a JSON object.",
        "Write it as in {\"kind\":\"Accepted\",\"voucher_no\":\"A-1\"}.",
    )
}

/// A value to be disclosed: itself, or the text of the file that it names.
fn disclosed(said: String) -> Result<String, Failure> {
    let file = if said == "-" { Some("-") } else { said.strip_prefix('@') };
    let Some(file) = file else { return Ok(said) };
    Ok(text_of(Path::new(file))?.trim_end_matches(['\r', '\n']).to_owned())
}

/// For whom a key signs, as the registry in `directory` says.
pub(super) fn holder_of(key: &SigningKey, directory: Option<&Path>) -> Result<Issuer, Failure> {
    let kid = key.public().kid();
    let holder = directory.map(|directory| open_for_reading(directory)?.holder(kid)).transpose()?;
    holder.flatten().ok_or_else(|| {
        Failure::usage(
            format!("Nothing here says for whom the key {kid} signs."),
            "Say it with --iss: root, citizen, an office's code, or that code, / and an officer's id.",
        )
    })
}

fn by(text: &str) -> Result<By, String> {
    let read = || {
        let (person, post) = text.split_once(':')?;
        Some(By { person: Token::parse(person)?, post: Post::parse(post)? })
    };
    let posts = || Post::ALL.iter().map(|post| post.code()).collect::<Vec<_>>().join(", ");
    read().ok_or_else(|| format!("write it as PERSON:POST, with one of the posts {}", posts()))
}
