//! An import from its first look at the log to its report, all choices made.

use std::path::Path;

use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::kinds::registry::Publicity;
use case_ledger::kinds::{Act, Kind};
use case_ledger::names::{Issuer, Stream, Token};
use case_ledger::signing::SigningKey;
use case_ledger::time::{Day, Micros};

use case_ledger_store::Store;

use super::input::{Input, damaged};
use super::opaque::Pseudonyms;
use super::plan::Plan;
use super::report::Report;
use super::sending::send;
use super::setup::{IMPORTER, Needs, archive_office, item_code, item_name};
use super::survey::Survey;
use crate::desk::{Desk, Unit};
use crate::failure::{Failure, OrFail as _};
use crate::founding::register;
use crate::ledger::Ledger;
use crate::mapping::Mapping;
use crate::{keyfile, opening};

/// The importer's key in a directory; a new one if there is none yet.
pub fn importers_key(directory: &Path) -> Result<SigningKey, Failure> {
    keyfile::read_or_make(&directory.join("keys").join("importer.jwk"))
}

/// An importer in the archive office, or in the one that is named.
pub fn invented_importer(office: Option<OfficeCode>) -> Result<Issuer, Failure> {
    let office = office.or_else(archive_office).zip(Token::parse(IMPORTER));
    let (office, person) = office.ok_or_else(|| {
        Failure::usage("There is no office to import for.", "Name one with --office.")
    })?;
    Ok(Issuer::Officer(office, person))
}

/// An import, all choices made.
#[derive(Debug)]
pub struct Work {
    /// The log.
    pub input: Input,
    /// What its words mean.
    pub mapping: Mapping,
    /// Who sees the cases, if not those whom the mapping says.
    pub publicity: Option<Publicity>,
    /// The importer's.
    pub key: SigningKey,
    /// Who imports.
    pub issuer: Issuer,
    /// Whose cases they become, if not the importer's office's.
    pub office: Option<OfficeCode>,
    /// What to call that office, if it has to be registered.
    pub office_name: &'static str,
    /// The service item, if it is not to be derived.
    pub item: Option<ItemCode>,
    /// Its version, if not the latest.
    pub item_version: Option<u32>,
    /// The last day of the older system, if not the log's.
    pub cutover: Option<Day>,
    /// When it is signed, if not at the end of that day.
    pub signed_at: Option<Micros>,
    /// Registers what is missing, if that is wanted.
    pub founder: Option<SigningKey>,
}

impl Work {
    /// Surveys the log, makes sure of what it needs, sends it.
    pub fn run(self, ledger: &Ledger, desk: &mut Desk<'_>) -> Result<Report, Failure> {
        let length = self.input.length()?;
        let pseudonyms = Pseudonyms::of_key(&self.key);
        let survey = Survey::of(
            &self.input,
            &self.mapping,
            &pseudonyms,
            &desk.progress(length, "surveying", Unit::Bytes),
        )?;
        let cutover = self.cutover.or_else(|| survey.last_day()).ok_or_else(|| empty(&survey))?;
        let signed_at = signing_time(cutover, self.signed_at)?;
        let needs = self.needs(ledger, &survey)?;
        let item_version = self.make_sure(ledger, &needs, desk)?;
        let plan = Plan {
            source: survey.source,
            audience: needs.origin,
            issuer: self.issuer,
            office: needs.office,
            item: needs.item,
            item_version,
            cutover,
            signed_at,
            pseudonyms,
            mapping: self.mapping,
        };
        let bar = desk.progress(length, "importing", Unit::Bytes);
        let report = send(&self.input, &plan, &self.key, ledger, &bar)?;
        Ok(Report { opaque: survey.opaque, ..report })
    }

    fn needs(&self, ledger: &Ledger, survey: &Survey) -> Result<Needs, Failure> {
        let office = self.office.or_else(|| self.issuer.office()).ok_or_else(|| {
            Failure::usage(
                "Nothing says whose cases these become.",
                "Name the office with --office.",
            )
        })?;
        let item = self.item.or_else(|| item_code(&self.mapping, survey, office));
        let item = item.ok_or_else(|| {
            Failure::usage(
                "Neither the log nor a mapping says what tells its cases from those of another log.",
                "Write a mapping file with a line like item = \"PERMITS-2012\" and name it with --mapping, or name the service item with --item.",
            )
        })?;
        Ok(Needs {
            origin: ledger.origin()?,
            office,
            office_name: self.office_name.to_owned(),
            importer: self.issuer.clone(),
            item,
            item_name: item_name(&self.mapping, survey, item),
            publicity: self.publicity.or(self.mapping.publicity()).unwrap_or(Publicity::Parties),
            steps: survey.steps.clone(),
        })
    }

    /// Registers what is missing, or says what is. Gives the item's version.
    fn make_sure(
        &self,
        ledger: &Ledger,
        needs: &Needs,
        desk: &mut Desk<'_>,
    ) -> Result<u32, Failure> {
        let Ledger::Here { store, .. } = ledger else { return Ok(self.item_version.unwrap_or(1)) };
        let missing = needs.missing(&store.registry(), &self.key);
        let publishes = missing.iter().any(|act| act.kind() == Kind::ItemPublished);
        if let Some(published) = published_for(store, needs.item)?.filter(|_| !publishes) {
            // What stands in the open on a log stands there for ever.
            if width(published) > width(needs.publicity) {
                return Err(Failure::usage(
                    format!(
                        "Cases of this service item are {} on this ledger, and these would be for {} only.",
                        published.code(),
                        needs.publicity.code()
                    ),
                    "If that is meant, say so with --publicity; if not, name another item with --item.",
                ));
            }
            if self.publicity.is_some() {
                desk.note("note: the item is published already; who sees its cases stays as its latest version says");
            }
        }
        if !missing.is_empty() {
            let kinds: Vec<_> = missing.iter().map(|act| act.kind().spec().name).collect();
            let Some(founder) = &self.founder else {
                return Err(Failure::refused(
                    format!("The ledger lacks what this import needs: {}.", kinds.join(", ")),
                    "Register it with `caseledger register`, or let --setup do it.",
                ));
            };
            desk.note(format_args!("registering first: {}", kinds.join(", ")));
            let now = opening::now_on(store);
            register(ledger, &needs.origin, founder, &Issuer::Root, now, missing)?;
        }
        Ok(self.item_version.unwrap_or_else(|| store.registry().item_version(&needs.item)))
    }
}

/// Who may see the cases of an item, as its latest version says.
fn published_for(store: &Store, item: ItemCode) -> Result<Option<Publicity>, Failure> {
    let entries = store.stream_entries(&Stream::registry(), None).or_environment(
        "The registry cannot be read.",
        "Look at the disk; run `caseledger verify`.",
    )?;
    let latest = entries.iter().rev().find_map(|entry| match &entry.envelope()?.act.act {
        Ok(Act::ItemPublished(published)) if published.item == item => Some(published.publicity),
        Ok(_) | Err(_) => None,
    });
    Ok(latest)
}

/// How many people a publicity lets in, as far as an order goes.
fn width(publicity: Publicity) -> u8 {
    match publicity {
        Publicity::Closed => 0,
        Publicity::Parties => 1,
        Publicity::Open => 2,
    }
}

/// `iat` of every action. It may not lie in the future, nor before what it vouches for.
fn signing_time(cutover: Day, said: Option<Micros>) -> Result<Micros, Failure> {
    let end = cutover.end_in_china();
    let signed_at = said.unwrap_or(end);
    if signed_at < end {
        return Err(Failure::usage(
            format!("--signed-at {signed_at} lies before the end of the cut-over day {cutover}."),
            "Sign at the end of that day or later.",
        ));
    }
    if signed_at > opening::now() {
        return Err(Failure::usage(
            format!("The cut-over day {cutover} has not ended yet."),
            "Import after it, or name an earlier day with --cutover: later events are left out then.",
        ));
    }
    Ok(signed_at)
}

fn empty(survey: &Survey) -> Failure {
    match &survey.damage {
        Some(error) => damaged(error),
        None => Failure::refused(
            "There is nothing in this log that says when it happened.",
            "Look whether the mapping names the attribute that holds the time.",
        ),
    }
}
