//! `caseledger import`.

use std::path::{Path, PathBuf};

use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::kinds::registry::Publicity;
use case_ledger::names::Issuer;
use case_ledger::signing::SigningKey;
use case_ledger::time::{Day, Micros};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::register::office;
use super::sign::holder_of;
use super::{instant, issuer};
use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::founding::root_key_file;
use crate::import::input::Input;
use crate::import::report::Report;
use crate::import::work::{Work, importers_key, invented_importer};
use crate::keyfile;
use crate::ledger::Ledger;
use crate::mapping::Mapping;
use crate::place::Place;

/// Bring history in from another system.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Example:
  caseledger import xes receipt.xes.gz --mapping receipt.toml --setup --dir ledger-data")]
pub enum Import {
    /// From an event log in XES (IEEE 1849), plain or gzip
    Xes(Box<Xes>),
}

/// From an event log in XES. Running it again adds nothing, and finishes what was cut short.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger import xes receipt.xes.gz --mapping receipt.toml --setup --dir ledger-data
  caseledger import xes published.xes --setup --publicity open
  caseledger import xes log.xes --url http://127.0.0.1:8420 --key importer.jwk \\
    --iss 11990100MB9990012K/p-importer --item 11990100MB9990012K4001044794000

What is imported is marked: no signature attests that it happened, only that it was taken from this file.

Only parties and staff see the cases, unless --publicity or the mapping says otherwise. The log's title and \
the names of its activities are published, unless they hold a number of a person; people and units become \
pseudonyms, unless the mapping says that they are codes. The report counts what was made opaque.

A mapping (TOML) may say, all of it optional:
  item = \"NAME\"             what tells its item from others [default: the log's title]
  publicity = \"open\"
  handlers_are_codes = true
  units_are_codes = true
  [activities.\"Make phone call\"]
  kind = \"StepFinished\"     or StepStarted, Received, Skip")]
pub struct Xes {
    #[command(flatten)]
    place: Place,
    /// The log
    file: PathBuf,
    /// What its activities mean; standard names and every event a finished step if absent
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The server; the directory --dir if absent
    #[arg(long)]
    url: Option<String>,
    /// The importer's key file [default: DIR/keys/importer.jwk with --setup]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Who imports: looked up by the key in --dir if absent
    #[arg(long, value_parser = issuer)]
    iss: Option<Issuer>,
    /// Whose cases they become [default: the importer's office]
    #[arg(long, value_parser = office, value_name = "CODE")]
    office: Option<OfficeCode>,
    /// The service item [default: derived from the mapping's item, or from the log's title]
    #[arg(long, value_parser = item, value_name = "CODE")]
    item: Option<ItemCode>,
    /// Who sees the cases, if the item is published here [default: as the mapping says, or parties]
    #[arg(long, value_parser = publicities(), requires = "setup")]
    publicity: Option<Publicity>,
    /// Its version [default: the latest in --dir, or 1]
    #[arg(long, value_name = "N")]
    item_version: Option<u32>,
    /// The last day of the older system [default: the last day in the log]
    #[arg(long, value_parser = day, value_name = "DAY")]
    cutover: Option<Day>,
    /// When it is signed, the same for every action and in every run [default: the end of the cut-over day]
    #[arg(long, value_parser = instant, value_name = "INSTANT")]
    signed_at: Option<Micros>,
    /// Register what is missing first: an archive office, an importer, the service item (only with --dir)
    #[arg(long, conflicts_with = "url")]
    setup: bool,
    /// The key that registers it [default: the founder's, in --dir]
    #[arg(long, value_name = "FILE", requires = "setup")]
    root_key: Option<PathBuf>,
}

impl Import {
    /// Imports.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        match self {
            Self::Xes(xes) => xes.run(desk),
        }
    }
}

impl Xes {
    fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = self.place.dir.clone();
        let mapping = self.mapping()?;
        let key = self.importers_key(&directory)?;
        let issuer = self.importer(&key, &directory)?;
        let work = Work {
            input: Input::file(self.file.clone(), &mapping),
            publicity: self.publicity,
            mapping,
            key,
            issuer,
            office: self.office,
            office_name: "历史数据导入机构 Archive of imported cases",
            item: self.item,
            item_version: self.item_version,
            cutover: self.cutover,
            signed_at: self.signed_at,
            founder: self.founder(&directory)?,
        };
        let ledger = Ledger::open(self.url.as_deref(), &directory)?;
        let report = work.run(&ledger, desk)?;
        if report.is_complete() {
            desk.result(report.to_text(), &report.to_json())?;
            return Ok(Exit::Fine);
        }
        Err(desk.despite(incomplete(&report), report.to_text(), report.to_json()))
    }

    fn mapping(&self) -> Result<Mapping, Failure> {
        let Some(path) = &self.mapping else { return Ok(Mapping::generic()) };
        Mapping::load(path).or_usage(
            format!("The mapping {} cannot be used.", path.display()),
            "Correct it; tools/mappings/receipt.toml is a complete example.",
        )
    }

    fn importers_key(&self, directory: &Path) -> Result<SigningKey, Failure> {
        match &self.key {
            Some(path) => keyfile::read(path),
            None if self.setup => importers_key(directory),
            None => Err(Failure::usage(
                "An import is signed by the importer, and no key is named.",
                "Name it with --key, or let --setup make one.",
            )),
        }
    }

    fn importer(&self, key: &SigningKey, directory: &Path) -> Result<Issuer, Failure> {
        if let Some(issuer) = &self.iss {
            return Ok(issuer.clone());
        }
        match holder_of(key, self.url.is_none().then_some(directory)) {
            Err(_) if self.setup => invented_importer(self.office),
            holder => holder,
        }
    }

    fn founder(&self, directory: &Path) -> Result<Option<SigningKey>, Failure> {
        let path = self.root_key.clone().unwrap_or_else(|| root_key_file(directory));
        self.setup.then(|| keyfile::read(&path)).transpose()
    }
}

/// What to do about a log of which not everything is on the ledger now.
fn incomplete(report: &Report) -> Failure {
    let next = if report.damage.is_some() {
        "Mend or replace the file at the place named above and run the same command again: what is there is left alone."
    } else {
        "Register what the refusals name and run the same command again: what is there is left alone."
    };
    Failure::refused("Not everything in this log is on the ledger now.", next)
}

fn publicities() -> impl TypedValueParser<Value = Publicity> {
    let codes = Publicity::ALL.iter().map(|publicity| publicity.code());
    PossibleValuesParser::new(codes)
        .try_map(|code| Publicity::parse(&code).ok_or("no such publicity"))
}

fn item(text: &str) -> Result<ItemCode, String> {
    ItemCode::parse(text).map_err(|fault| fault.to_string())
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a day is written as 2026-01-05".to_owned())
}
