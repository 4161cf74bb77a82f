//! `caseledger demo`.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use case_ledger::names::{Origin, Stream};
use case_ledger_store::verify::Kept;
use clap::{Args, Subcommand};
use serde_json::json;

use super::import::{Work, importers_key, invented_importer};
use super::serve::{Door, serve};
use crate::cli::Shared;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::founding::{found, root_key_file};
use crate::import::input::Input;
use crate::import::report::Report;
use crate::import::setup::archive_office;
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
    #[command(flatten)]
    door: Door,
    /// Stop after showing everything
    #[arg(long)]
    no_serve: bool,
    #[command(subcommand)]
    then: Option<Then>,
}

#[derive(Debug, Subcommand)]
enum Then {
    /// Falsify the demonstration's ledger as a dishonest administrator would, and see how it shows
    Tamper,
}

impl Demo {
    /// Shows it all.
    pub fn run(self, shared: &Shared, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = shared.directory_or("demo-ledger");
        if let Some(Then::Tamper) = self.then {
            tamper::run(&directory, desk)?;
            return Ok(Exit::Fine);
        }
        let ledger = Ledger::Here { store: open(&directory, desk)?, directory: directory.clone() };
        let report = import(&directory, &ledger, desk)?;
        let Ledger::Here { store, .. } = ledger else { return Ok(Exit::Environment) };
        // The verifier reads the directory as any stranger would, so nobody may be writing to it meanwhile.
        let receipt = receipt_of(&store)?;
        let reading = Reading::Open(Box::new(store));
        let shown = shown(&reading)?;
        drop(reading);
        let kept = Kept::default();
        let verified = verify::report_on(&directory, &kept, desk)?;
        let text = story(&report, &verify::in_words(&verified), &shown, &receipt, &directory);
        let json = json!({
            "directory": directory.display().to_string(),
            "import": report.to_json(),
            "verified": verify::to_json(&verified),
            "case": shown.to_json(),
            "receipt": receipt,
        });
        desk.result(text, &json)?;
        if !verified.is_good() {
            return Ok(Exit::Refused);
        }
        if self.no_serve {
            return Ok(Exit::Fine);
        }
        let store = Arc::new(opening::open(&directory, Time::Founded)?);
        let places = [format!("/v1/cases/{CASE}"), "/checkpoint".to_owned()];
        serve(&store, &directory, self.door.listen, &places, desk)
    }
}

/// Opens the demonstration's ledger, founding it if there is none.
fn open(directory: &Path, desk: &mut Desk<'_>) -> Result<case_ledger_store::Store, Failure> {
    let origin = Origin::parse(ORIGIN).ok_or_else(broken)?;
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
    found(directory, &origin, None, Some(NAME))?;
    opening::open(directory, Time::Founded)
}

fn import(directory: &Path, ledger: &Ledger, desk: &mut Desk<'_>) -> Result<Report, Failure> {
    let mapping = Mapping::parse(MAPPING).map_err(|error| broken().because(&error))?;
    let work = Work {
        input: Input::Carried(LOG),
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
    Ok(work.run(ledger, desk)?.1)
}

fn case_stream() -> Result<Stream, Failure> {
    Stream::case(CASE).ok_or_else(broken)
}

fn shown(reading: &Reading) -> Result<ShownCase, Failure> {
    ShownCase::read(reading, &case_stream()?)?.ok_or_else(broken)
}

fn receipt_of(store: &case_ledger_store::Store) -> Result<String, Failure> {
    let head = store.stream(&case_stream()?).ok_or_else(broken)?;
    let receipt = store
        .receipt(case_ledger::names::Seq(head.head))
        .map_err(|error| broken().because(&error))?;
    Ok(receipt.ok_or_else(broken)?.to_text())
}

fn broken() -> Failure {
    Failure::environment(
        "The demonstration does not find what it has just made.",
        "Remove its directory and run it again; if that does not help, tell us.",
    )
}

fn story(
    report: &Report,
    verified: &str,
    shown: &ShownCase,
    receipt: &str,
    directory: &Path,
) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "== 导入 Imported\n{}", report.to_text());
    let _ = writeln!(text, "== 核验 Verified\n{verified}");
    let _ = writeln!(text, "== 一个办件 One case\n{}", shown.to_text());
    let _ = writeln!(
        text,
        "== 回执 A receipt of its last entry (long lines cut here; `--json` has it whole)"
    );
    for line in receipt.lines() {
        let short: String = line.chars().take(96).collect();
        let cut = if short.len() < line.len() { "…" } else { "" };
        let _ = writeln!(text, "{short}{cut}");
    }
    let _ = writeln!(text, "\nThe ledger is in {}.", directory.display());
    text
}
