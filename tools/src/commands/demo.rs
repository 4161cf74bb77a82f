//! `caseledger demo`.

mod decided;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use case_ledger::names::{Origin, Seq, Stream};
use case_ledger_store::verify::Kept;
use clap::{Args, Subcommand};
use serde_json::json;

use super::serve::{Door, serve};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::founding::{Founding, found, root_key_file};
use crate::import::input::Input;
use crate::import::report::Report;
use crate::import::setup::archive_office;
use crate::import::work::{Work, importers_key, invented_importer};
use crate::ledger::Ledger;
use crate::mapping::Mapping;
use crate::opening::{self, Time};
use crate::reading::Reading;
use crate::shown::ShownCase;
use crate::{keyfile, tamper, verify};

/// The receipt phase of applications for an environmental permit (WABO) at a Dutch municipality: see tests/data/README.md.
static LOG: &[u8] = include_bytes!("../../../tests/data/receipt.xes.gz");
const MAPPING: &str = include_str!("../../mappings/receipt.toml");
const ORIGIN: &str = "demo.invalid/mingzhang";
const NAME: &str = "明账演示 Demonstration";
/// A case that went through many steps.
const CASE: &str = "WABO-case-4100";

/// Found a ledger, import 1,434 real cases, verify all of it, show one case and a receipt, and serve it.
///
/// If there is a demonstration in the directory already, it goes on with that.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger demo
  caseledger demo --dir my-demo --listen 127.0.0.1:0
  caseledger demo --no-serve
  caseledger demo tamper")]
pub struct Demo {
    /// The data directory
    #[arg(long, global = true, value_name = "DIR", default_value = "demo-ledger")]
    dir: PathBuf,
    #[command(flatten)]
    door: Door,
    /// Stop after showing everything
    #[arg(long)]
    no_serve: bool,
    #[command(subcommand)]
    then: Option<Then>,
}

const TAMPER_HELP: &str = "\
Examples:
  caseledger demo --no-serve
  caseledger demo tamper

Five times, a decision is falsified in a copy of the directory: without any key, and with the ledger's own \
key. What `verify` says is shown each time, and what `repair` brings back. The directory itself is only read, \
and the copies are removed.";

#[derive(Debug, Subcommand)]
enum Then {
    /// Falsify the demonstration's ledger as a dishonest administrator would, and see how it shows
    #[command(after_help = TAMPER_HELP)]
    Tamper,
}

impl Demo {
    /// Shows it all.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = self.dir;
        if let Some(Then::Tamper) = self.then {
            tamper::run(&directory, &demo_origin()?, desk)?;
            return Ok(Exit::Fine);
        }
        let ledger = Ledger::Here { store: open(&directory, desk)?, directory: directory.clone() };
        let report = import(&directory, &ledger, desk)?;
        decided::record(&directory, &ledger)?;
        let Ledger::Here { store, .. } = ledger else { return Ok(Exit::Environment) };
        // The verifier reads the directory as any stranger would, so nobody may be writing to it meanwhile.
        let receipt = receipt_of(&store)?;
        let reading = Reading::Open(Box::new(store));
        let (imported, decided) = (shown(&reading, CASE)?, shown(&reading, decided::CASE)?);
        drop(reading);
        let kept = Kept::default();
        let verified = verify::report_on(&directory, &kept, desk)?;
        let text = Story {
            report: &report,
            verified: &verify::in_words(&verified),
            imported: &imported,
            decided: &decided,
            receipt: &receipt,
            directory: &directory,
        };
        let json = json!({
            "directory": directory.display().to_string(),
            "import": report.to_json(),
            "verified": verify::to_json(&verified),
            "case": imported.to_json(),
            "decided": decided.to_json(),
            "receipt": receipt,
        });
        if !verified.is_good() {
            let failure = Failure::refused(
                "The demonstration's ledger does not verify.",
                "If nobody has tried to falsify it, this is a defect: report it.",
            );
            return Err(desk.despite(failure, text, json));
        }
        desk.result(text, &json)?;
        if self.no_serve {
            return Ok(Exit::Fine);
        }
        let store = Arc::new(opening::open(&directory, Time::Founded)?);
        let places = [format!("/v1/cases/{CASE}"), "/checkpoint".to_owned()];
        serve(&store, &directory, self.door.listen, &places, desk)
    }
}

fn demo_origin() -> Result<Origin, Failure> {
    Origin::parse(ORIGIN).ok_or_else(broken)
}

/// Opens the demonstration's ledger, founding it if there is none.
fn open(directory: &Path, desk: &mut Desk<'_>) -> Result<case_ledger_store::Store, Failure> {
    let origin = demo_origin()?;
    if directory.join("log").is_dir() {
        let store = opening::open(directory, Time::Founded)?;
        match store.registry().origin() {
            Some(found) if *found == origin => return Ok(store),
            Some(found) => {
                return Err(Failure::refused(
                    format!("The ledger in {} is {found}, no demonstration.", directory.display()),
                    "Choose another directory with --dir.",
                ));
            }
            // A founding that was cut short.
            None => drop(store),
        }
    }
    desk.note(format_args!("founding {ORIGIN} in {}", directory.display()));
    let founding =
        Founding { origin: &origin, simulated: None, name: Some(NAME), predecessor: None };
    found(directory, founding)?;
    opening::open(directory, Time::Founded)
}

fn import(directory: &Path, ledger: &Ledger, desk: &mut Desk<'_>) -> Result<Report, Failure> {
    let mapping = Mapping::parse(MAPPING).map_err(|error| broken().because(&error))?;
    let work = Work {
        input: Input::carried(LOG, &mapping),
        // Open, as the mapping declares: the log is a published data set.
        publicity: None,
        mapping,
        key: importers_key(directory)?,
        issuer: invented_importer(None)?,
        office: archive_office(),
        office_name: "明州市档案馆（虚构） Archive of Mingzhou (invented)",
        item: None,
        item_version: None,
        cutover: None,
        signed_at: None,
        founder: Some(keyfile::read(&root_key_file(directory))?),
    };
    desk.note("importing 1,434 cases of a Dutch municipality (Buijs 2014, doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6)");
    work.run(ledger, desk)
}

fn case_stream(number: &str) -> Result<Stream, Failure> {
    Stream::case(number).ok_or_else(broken)
}

fn shown(reading: &Reading, number: &str) -> Result<ShownCase, Failure> {
    ShownCase::read(reading, &case_stream(number)?)?.ok_or_else(broken)
}

/// The receipt of the decision.
fn receipt_of(store: &case_ledger_store::Store) -> Result<String, Failure> {
    let head = store.stream(&case_stream(decided::CASE)?).ok_or_else(broken)?;
    let receipt = store.receipt(Seq(head.head)).map_err(|error| broken().because(&error))?;
    Ok(receipt.ok_or_else(broken)?.to_text())
}

fn broken() -> Failure {
    Failure::environment(
        "The demonstration does not find what it has just made.",
        "Remove its directory and run it again; if that does not help, tell us.",
    )
}

/// Everything that was done, for people.
struct Story<'s> {
    report: &'s Report,
    verified: &'s str,
    imported: &'s ShownCase,
    decided: &'s ShownCase,
    receipt: &'s str,
    directory: &'s Path,
}

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "== 导入 Imported\n{}", self.report.to_text())?;
        writeln!(f, "== 核验 Verified\n{}", self.verified)?;
        writeln!(f, "== 一个导入的办件 One imported case\n{}", self.imported.to_text())?;
        writeln!(f, "== 一个在此签署的办件 One case signed here\n{}", self.decided.to_text())?;
        writeln!(
            f,
            "== 回执 The receipt of its decision (long lines cut here; `--json` has it whole)"
        )?;
        for line in self.receipt.lines() {
            let short: String = line.chars().take(96).collect();
            let cut = if short.len() < line.len() { "…" } else { "" };
            writeln!(f, "{short}{cut}")?;
        }
        writeln!(f, "\nThe ledger is in {}.", self.directory.display())
    }
}
