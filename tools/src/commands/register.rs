//! `caseledger register`.

use std::path::PathBuf;

use case_ledger::codes::{OfficeCode, RegionCode};
use case_ledger::field::{PublicText, SignatureText};
use case_ledger::kinds::registry::{Algorithm, KeyRegistered, OfficeRegistered, PostAssigned};
use case_ledger::kinds::{Act, Kind, Post};
use case_ledger::names::{Issuer, Origin, Stream, Token};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::issuer;
use super::sign::{holder_of, read_act};
use crate::answer::Answer;
use crate::cli::Shared;
use crate::compose::Composition;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::founding::root_key_file;
use crate::ledger::Ledger;
use crate::{keyfile, opening};

/// Register offices, keys, posts and service items: signs the action with the founder's or a registrar's key and sends it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example, from nothing to an officer who may sign:
  caseledger register office --code 11990102MB00000357 --region 990102 --name 东区城市管理局
  caseledger key new --out officer.jwk
  caseledger register key --holder 11990102MB00000357/p-17 officer.jwk
  caseledger register post --holder 11990102MB00000357/p-17 intake
  caseledger register item permit.json")]
pub struct Register {
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
    /// Register an office
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
    /// Give a post to an officer, or to an office's own system
    Post {
        /// Who gets it: an office, or an office, `/` and an officer's id
        #[arg(long, value_parser = issuer)]
        holder: Issuer,
        /// The post: intake, reviewer, approver, head, supervisor, `complaint_handler`, importer, registrar, portal
        #[arg(value_parser = post)]
        post: Post,
    },
    /// Publish a version of a service item
    Item {
        /// The fields of `ItemPublished` as JSON, or a file of it
        item: String,
    },
}

impl Register {
    /// Signs and sends.
    pub fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = shared.directory();
        let key = keyfile::read(&self.signer.unwrap_or_else(|| root_key_file(&directory)))?;
        let issuer = match self.iss {
            Some(issuer) => issuer,
            None => holder_of(&key, self.url.is_none().then_some(&*directory))?,
        };
        let ledger = Ledger::open(self.url.as_deref(), &directory)?;
        let origin = ledger.origin()?;
        let act = self.what.act(&origin)?;
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
                exit = Exit::Refused;
            }
        }
        Ok(exit)
    }
}

impl What {
    /// The object that is signed.
    fn act(self, origin: &Origin) -> Result<Map<String, Value>, Failure> {
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
            Self::Post { holder, post } => {
                let (office, person) = office_and_person(&holder)?;
                Act::from(PostAssigned { office, post, person })
            }
            Self::Item { item } => {
                let mut fields = read_act(&item)?;
                fields.insert("kind".to_owned(), json!(Kind::ItemPublished.spec().name));
                return Ok(fields);
            }
        };
        Ok(act.write())
    }
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

fn post(text: &str) -> Result<Post, String> {
    Post::parse(text)
        .ok_or_else(|| Post::ALL.iter().map(|post| post.code()).collect::<Vec<_>>().join(", "))
}
