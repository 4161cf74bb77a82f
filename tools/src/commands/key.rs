//! `caseledger key`.

use std::path::PathBuf;

use case_ledger::encoding::to_base64url;
use case_ledger::names::{Issuer, Origin};
use clap::{Args, Subcommand};

use super::{issuer, origin};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::{keyfile, randomness};

/// Make and show key files.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  caseledger key new --out officer.jwk
  caseledger key show officer.jwk")]
pub enum Key {
    /// Make a new key
    New(New),
    /// Show the public half of a key, and prove that you hold it
    Show(ShowKey),
}

/// Make a new key: a JSON Web Key (RFC 8037) that only you may read.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger key new --out officer.jwk")]
pub struct New {
    /// Where to write it; printed if absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Show the public half of a key.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger key show officer.jwk
  caseledger key show officer.jwk --origin ledger.example/cases --holder 11990102MB00000357/p-17")]
pub struct ShowKey {
    /// The key file
    file: PathBuf,
    /// The ledger that the key is to be registered on
    #[arg(long, value_parser = origin, requires = "holder")]
    origin: Option<Origin>,
    /// Who holds it there: an office, or an office, `/` and an officer's id
    #[arg(long, value_parser = issuer, requires = "origin")]
    holder: Option<Issuer>,
}

impl Key {
    /// Makes or shows a key.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        match self {
            Self::New(new) => new.run(desk),
            Self::Show(show) => show.run(desk),
        }
    }
}

impl New {
    fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let key = randomness::key()?;
        let Some(file) = self.out else {
            desk.line(keyfile::secret_jwk(&key))?;
            return Ok(Exit::Fine);
        };
        keyfile::write(&file, &key)?;
        let kid = key.public().kid();
        let jwk = keyfile::public_jwk(key.public());
        desk.result(format!("{}: key {kid}\n{jwk}", file.display()), &jwk)?;
        Ok(Exit::Fine)
    }
}

impl ShowKey {
    fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let mut jwk = keyfile::public_jwk(keyfile::read_public(&self.file)?);
        if let (Some(origin), Some(holder)) = (self.origin, self.holder) {
            let key = keyfile::read(&self.file)?;
            let possession = to_base64url(&keyfile::possession(&origin, &holder, &key));
            if let serde_json::Value::Object(members) = &mut jwk {
                members.insert("possession".to_owned(), possession.into());
            }
        }
        let line = |name: &str| Some(format!("{name}: {}\n", jwk.get(name)?.as_str()?));
        let text: String = ["kid", "x", "possession"].into_iter().filter_map(line).collect();
        desk.result(text, &jwk)?;
        Ok(Exit::Fine)
    }
}
