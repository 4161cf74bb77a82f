//! `caseledger register`.

use std::path::{Path, PathBuf};

use case_ledger::codes::{OfficeCode, RegionCode};
use case_ledger::field::{PublicText, SignatureText};
use case_ledger::kinds::registry::{
    Algorithm, KeyRegistered, KeyRevoked, LedgerKeySucceeded, OfficeRegistered, OutageDeclared,
    PostAssigned, PostEnded,
};
use case_ledger::kinds::{Act, Kind, Post};
use case_ledger::names::{Issuer, Origin, Stream, Token};
use case_ledger::time::Micros;
use case_ledger_store::Store;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::sign::{holder_of, read_act};
use super::{instant, issuer};
use crate::answer::{AFTER_A_REFUSAL, Answer};
use crate::compose::Composition;
use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::founding::root_key_file;
use crate::ledger::{Ledger, origin_of};
use crate::opening::{self, Time};
use crate::place::Place;
use crate::{keyfile, randomness};

/// Register offices, keys, posts, service items and rules: signs the action with the founder's or a registrar's key and
/// sends it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example, from nothing to an officer who may sign:
  caseledger register office --code 11990102MB00000357 --region 990102 --name 东区城市管理局
  caseledger key new --out officer.jwk
  caseledger register key --holder 11990102MB00000357/p-17 officer.jwk
  caseledger register post --holder 11990102MB00000357/p-17 intake
  caseledger register item permit.json

And when the officer leaves:
  caseledger register end-post --holder 11990102MB00000357/p-17 intake
  caseledger register revoke-key officer.jwk")]
pub struct Register {
    #[command(flatten)]
    place: Place,
    /// The key that signs [default: the founder's, in --dir]
    #[arg(long, value_name = "FILE", global = true)]
    signer: Option<PathBuf>,
    /// Who signs: looked up by the key in --dir if absent
    #[arg(long, value_parser = issuer, global = true)]
    iss: Option<Issuer>,
    /// The server; the directory --dir if absent
    #[arg(long, global = true)]
    url: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Register an office, or change its name, region or parent from now on
    Office {
        /// 统一社会信用代码, 18 characters
        #[arg(long, value_parser = office)]
        code: OfficeCode,
        /// The area it serves (GB/T 2260), 6 or 9 digits
        #[arg(long, value_parser = region)]
        region: RegionCode,
        /// Its name
        #[arg(long)]
        name: String,
        /// The office above it
        #[arg(long, value_parser = office)]
        parent: Option<OfficeCode>,
    },
    /// Register a key whose file you hold
    Key {
        /// Who holds it: an office, or an office, `/` and an officer's id
        #[arg(long, value_parser = issuer)]
        holder: Issuer,
        /// The key file
        file: PathBuf,
    },
    /// Revoke a key: from now on it signs nothing more
    RevokeKey {
        /// Since when it may have been in other hands
        #[arg(long, value_parser = instant, value_name = "INSTANT")]
        compromised_since: Option<Micros>,
        /// The key file; the public half is enough
        file: PathBuf,
    },
    /// Give a post to an officer, or to an office's own system
    Post {
        /// Who gets it: an office, or an office, `/` and an officer's id
        #[arg(long, value_parser = issuer)]
        holder: Issuer,
        /// The post
        #[arg(value_parser = posts())]
        post: Post,
    },
    /// Take a post away again
    EndPost {
        /// Who had it: an office, or an office, `/` and an officer's id
        #[arg(long, value_parser = issuer)]
        holder: Issuer,
        /// The post
        #[arg(value_parser = posts())]
        post: Post,
    },
    /// Publish a version of a service item
    Item {
        /// The fields of `ItemPublished` as JSON, or a file of it
        item: String,
    },
    /// Publish the working days of a year
    Calendar {
        /// The fields of `CalendarPublished` as JSON, or a file of it
        calendar: String,
    },
    /// Publish thresholds, deadlines and readings of the law
    Policy {
        /// The fields of `PolicyPublished` as JSON, or a file of it
        policy: String,
    },
    /// Declare that an office's system was down, so that claimed times may count
    Outage {
        /// Whose
        #[arg(long, value_parser = office)]
        office: OfficeCode,
        /// From
        #[arg(long, value_parser = instant, value_name = "INSTANT")]
        from: Micros,
        /// To
        #[arg(long, value_parser = instant, value_name = "INSTANT")]
        to: Micros,
        /// What happened; published, so without personal data
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let a new key of the ledger sign checkpoints from now on (only with --dir, and no server on it)
    LedgerKey {
        /// Since when the old key may have been in other hands
        #[arg(long, value_parser = instant, value_name = "INSTANT")]
        compromised_since: Option<Micros>,
    },
}

impl Register {
    /// Signs and sends.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = self.place.dir;
        let key = keyfile::read(&self.signer.unwrap_or_else(|| root_key_file(&directory)))?;
        let issuer = match self.iss {
            Some(issuer) => issuer,
            None => holder_of(&key, self.url.is_none().then_some(&*directory))?,
        };
        let origin = origin_of(self.url.as_deref(), &directory)?;
        let act = self.what.act(&origin, self.url.is_none().then_some(&*directory))?;
        let ledger = Ledger::open(self.url.as_deref(), &directory)?;
        let composition = Composition {
            issuer,
            stream: Stream::registry(),
            audience: origin,
            issued_at: match &ledger {
                Ledger::Here { store, .. } => opening::now_on(store),
                Ledger::There(_) => opening::now(),
            },
            happened_at: None,
            by: None,
            seen: None,
            act,
            beside: Vec::new(),
        };
        let answers = ledger.submit(&[composition.sign(&key)?])?;
        let mut exit = Exit::Fine;
        for answer in &answers {
            desk.result(answer, &answer.to_json())?;
            if let Answer::Refused(_) = answer {
                if !desk.json {
                    desk.note(AFTER_A_REFUSAL);
                }
                exit = Exit::Refused;
            }
        }
        Ok(exit)
    }
}

impl What {
    /// The object that is signed.
    fn act(self, origin: &Origin, directory: Option<&Path>) -> Result<Map<String, Value>, Failure> {
        let act = match self {
            Self::Office { code, region, name, parent } => Act::from(OfficeRegistered {
                office: code,
                region,
                name: PublicText(name),
                parent,
                moved_in: None,
            }),
            Self::Key { holder, file } => {
                let (office, person) = office_and_person(&holder)?;
                let key = keyfile::read(&file)?;
                Act::from(KeyRegistered {
                    office,
                    algorithm: Algorithm::Ed25519,
                    key: key.public(),
                    possession: SignatureText(keyfile::possession(origin, &holder, &key)),
                    person,
                    valid_from: None,
                })
            }
            Self::RevokeKey { compromised_since, file } => {
                Act::from(KeyRevoked { key: keyfile::read_public(&file)?, compromised_since })
            }
            Self::Post { holder, post } => {
                let (office, person) = office_and_person(&holder)?;
                Act::from(PostAssigned { office, post, person })
            }
            Self::EndPost { holder, post } => {
                let (office, person) = office_and_person(&holder)?;
                Act::from(PostEnded { office, post, person })
            }
            Self::Item { item } => return published(Kind::ItemPublished, &item),
            Self::Calendar { calendar } => return published(Kind::CalendarPublished, &calendar),
            Self::Policy { policy } => return published(Kind::PolicyPublished, &policy),
            Self::Outage { office, from, to, reason } => {
                Act::from(OutageDeclared { office, from, to, reason: reason.map(PublicText) })
            }
            Self::LedgerKey { compromised_since } => {
                Act::from(succession(origin, directory, compromised_since)?)
            }
        };
        Ok(act.write())
    }
}

/// What is written by hand, of a kind that the command says.
fn published(kind: Kind, said: &str) -> Result<Map<String, Value>, Failure> {
    let mut fields = read_act(said)?;
    fields.insert("kind".to_owned(), json!(kind.spec().name));
    Ok(fields)
}

/// A fresh key of the ledger. Its secret is in the directory before anything says that it signs: the other way round, a
/// crash in between would leave a ledger that nobody can sign for.
fn succession(
    origin: &Origin,
    directory: Option<&Path>,
    compromised_since: Option<Micros>,
) -> Result<LedgerKeySucceeded, Failure> {
    let directory = directory.ok_or_else(|| {
        Failure::usage(
            "The ledger's own key is made where the ledger is, not over a network.",
            "Stop the server and run this on its directory, with --dir.",
        )
    })?;
    // A server that runs here would not know the new secret.
    drop(opening::open(directory, Time::Founded)?);
    let key = randomness::key()?;
    Store::add_ledger_key(directory, origin, &key).or_environment(
        "The new secret cannot be added to the directory's `keys`.",
        "Look at the directory's owner, its permissions, and the disk's space.",
    )?;
    Ok(LedgerKeySucceeded {
        ledger_key: key.public(),
        ledger_key_possession: SignatureText(keyfile::possession(origin, &Issuer::Ledger, &key)),
        compromised_since,
    })
}

fn office_and_person(holder: &Issuer) -> Result<(OfficeCode, Option<Token>), Failure> {
    match holder {
        Issuer::Office(office) => Ok((*office, None)),
        Issuer::Officer(office, person) => Ok((*office, Some(person.clone()))),
        Issuer::Citizen | Issuer::Ledger | Issuer::Root => Err(Failure::usage(
            format!("{holder} holds no keys and posts in the registry."),
            "Give --holder as an office's code, or that code, / and an officer's id.",
        )),
    }
}

pub(super) fn office(text: &str) -> Result<OfficeCode, String> {
    OfficeCode::parse(text).map_err(|fault| fault.to_string())
}

fn region(text: &str) -> Result<RegionCode, String> {
    RegionCode::parse(text).map_err(|fault| fault.to_string())
}

fn posts() -> impl clap::builder::TypedValueParser<Value = Post> {
    let codes = Post::ALL.iter().map(|post| post.code());
    PossibleValuesParser::new(codes).try_map(|code| Post::parse(&code).ok_or("no such post"))
}
