//! `caseledger verify`: the one verification, on whatever somebody holds: a data directory, a copy of its segments, a receipt.

use std::path::{Path, PathBuf};

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::names::{Origin, PublicKey};
use case_ledger::note::NoteKey;
use case_ledger::receipt::{FIRST_LINE, Proven, Receipt, ReceiptFault};
use case_ledger_store::layout::Layout;
use case_ledger_store::verify::{EngineCheck, Kept, Report, VerifyError, directory, segment_copy};
use clap::Args;
use serde_json::{Value, json};

use crate::desk::{Desk, Unit};
use crate::failure::{Failure, OrFail as _};

/// What to verify, and against what.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseledger verify ledger-data\n  caseledger verify backup/segments --checkpoint kept.txt\n  caseledger verify receipt.tlog-proof --vkey ledger.example/cases+0ff9ae30+AQOh…"
)]
pub struct Arguments {
    /// A data directory, a directory of segment files, one segment file, or a receipt [default: that of --dir]
    pub path: Option<PathBuf>,
    /// The data directory, if there is no PATH
    #[arg(long, value_name = "DIR", conflicts_with = "path", default_value = "ledger-data")]
    pub dir: PathBuf,
    /// A checkpoint that you kept: the log must extend it. Can be given again.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// A receipt that you kept: its entry must be where it was. Can be given again.
    #[arg(long, value_name = "FILE")]
    pub receipt: Vec<PathBuf>,
    /// The ledger's public key (C2SP vkey): a receipt must be signed by it, a log must be its own, before or after a succession.
    #[arg(long, value_name = "VKEY")]
    pub vkey: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Exit 1 if anything does not verify, with the first bad position.
pub fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let path = arguments.path.as_ref().unwrap_or(&arguments.dir);
    if is_receipt(path) {
        return verify_receipt(path, arguments, desk);
    }
    let mut kept = kept(&arguments.checkpoint, &arguments.receipt)?;
    kept.ledger = arguments.vkey.as_deref().map(parse_vkey).transpose()?;
    let report = report_on(path, &kept, desk)?;
    let (text, json) = (in_words(&report), to_json(&report));
    if report.is_good() {
        return desk.result(text, &json);
    }
    let next = "Keep this directory as it is; `caseledger repair --dir DIR --into FRESH` restores what either copy still holds.";
    Err(Failure::refused(text.trim_end(), next).with_result(json))
}

/// Verifies whatever is at `path`, with a progress bar.
pub fn report_on(path: &Path, kept: &Kept, desk: &Desk<'_>) -> Result<Report, Failure> {
    let bar = desk.progress(0, "verifying", Unit::Entries);
    let progress = |entries: u64| {
        bar.set_length(entries.max(bar.length().unwrap_or(0)));
        bar.set_position(entries);
    };
    let report = if Layout::new(path).segments().is_dir() {
        directory(path, kept, &progress)
    } else {
        segment_copy(path, kept, &progress)
    };
    bar.finish_and_clear();
    report.map_err(|error| match error {
        VerifyError::Nothing | VerifyError::NotFromTheBeginning(_) => Failure::usage(
            format!("There is nothing to verify at {}.", path.display()),
            "Name a data directory, a directory of segment files that begins with entry 0, or a receipt.",
        )
        .because(&error),
        VerifyError::Io(_) => {
            Failure::environment(format!("{} cannot be read.", path.display()), "Look at the path and who may read it.").because(&error)
        }
    })
}

/// Reads what somebody kept.
pub fn kept(checkpoints: &[PathBuf], receipts: &[PathBuf]) -> Result<Kept, Failure> {
    let no_checkpoint = |path: &Path| {
        Failure::usage(
            format!("{} is no checkpoint.", path.display()),
            "A checkpoint is the text that GET /checkpoint answers with.",
        )
    };
    let no_receipt = |path: &Path| {
        Failure::usage(
            format!("{} is no receipt.", path.display()),
            "A receipt begins with the line c2sp.org/tlog-proof@v1.",
        )
    };
    let checkpoints = checkpoints
        .iter()
        .map(|path| SignedCheckpoint::parse(&read(path)?).ok_or_else(|| no_checkpoint(path)))
        .collect::<Result<_, _>>()?;
    let receipts = receipts
        .iter()
        .map(|path| Receipt::parse(&read(path)?).map_err(|_| no_receipt(path)))
        .collect::<Result<_, _>>()?;
    Ok(Kept { checkpoints, receipts, ledger: None })
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).or_environment(
        format!("{} cannot be read.", path.display()),
        "Look at the path and who may read it.",
    )
}

fn is_receipt(path: &Path) -> bool {
    use std::io::Read as _;
    let mut beginning = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(FIRST_LINE.len() as u64).read_to_end(&mut beginning));
    path.is_file() && read.is_ok() && beginning == FIRST_LINE.as_bytes()
}

/// Verifies a receipt by itself: nothing of the ledger is needed but its public key.
fn verify_receipt(path: &Path, arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Failure> {
    if !(arguments.checkpoint.is_empty() && arguments.receipt.is_empty()) {
        return Err(Failure::usage(
            format!("{} is a receipt, and a receipt is checked by itself.", path.display()),
            "Leave out --checkpoint and --receipt; to hold a log against them, name its directory.",
        ));
    }
    let Some(vkey) = arguments.vkey.as_deref() else {
        return Err(Failure::usage(
            "A receipt is checked against the ledger's public key, and none was given.",
            "Give --vkey. Take it from a place that the ledger's operator cannot change behind your back.",
        ));
    };
    let (origin, key) = parse_vkey(vkey)?;
    let text = read(path)?;
    let verified = Receipt::parse(&text).and_then(|receipt| receipt.verify(&origin, key, None));
    let json = receipt_json(&origin, verified.as_ref());
    match verified {
        Ok(proven) => desk.result(receipt_in_words(&origin, &proven), &json),
        Err(fault) => Err(Failure::refused(
            format!("The receipt does not verify: {fault}."),
            "Do not rely on it; look whether the vkey is its ledger's, and ask the ledger for it again.",
        )
        .with_result(json)),
    }
}

/// What a receipt says, for people.
fn receipt_in_words(origin: &Origin, proven: &Proven) -> String {
    let head = proven.checkpoint.checkpoint.head;
    let said = proven.envelope.as_ref().map_or_else(
        || "its content is not included in this receipt, the commitment to it is right".to_owned(),
        |envelope| {
            let kind = envelope.act.kind.map_or("an unknown kind", |kind| kind.spec().name);
            format!("{kind} on {} by {}", envelope.stream, envelope.issuer)
        },
    );
    format!(
        "The receipt is right.\n  entry {}: {said}\n  recorded {}\n  under the checkpoint of {origin} with {} entries, root {}",
        proven.header.seq,
        proven.header.time(),
        head.size,
        head.root
    )
}

/// What a receipt says, for programs: the same members whether or not it is right.
fn receipt_json(origin: &Origin, verified: Result<&Proven, &ReceiptFault>) -> Value {
    let proven = verified.ok();
    let envelope = proven.and_then(|proven| proven.envelope.as_ref());
    let head = proven.map(|proven| proven.checkpoint.checkpoint.head);
    json!({
        "good": verified.is_ok(),
        "fault": verified.err().map(ToString::to_string),
        "origin": origin.to_string(),
        "seq": proven.map(|proven| proven.header.seq),
        "recorded_at": proven.map(|proven| proven.header.time().to_string()),
        "kind": envelope.and_then(|envelope| envelope.act.kind).map(|kind| kind.spec().name),
        "stream": envelope.map(|envelope| envelope.stream.to_string()),
        "issuer": envelope.map(|envelope| envelope.issuer.to_string()),
        "tree_size": head.map(|head| head.size),
        "root": head.map(|head| head.root.to_string()),
    })
}

/// Reads a verifier key from the command line.
pub fn parse_vkey(vkey: &str) -> Result<(Origin, PublicKey), Failure> {
    let parsed =
        NoteKey::parse_vkey(vkey).and_then(|key| Some((Origin::parse(&key.name)?, key.key)));
    parsed.ok_or_else(|| {
        Failure::usage(
            "The vkey is none.",
            "A vkey is name+id+base64, as `caseledger init` prints it.",
        )
    })
}

/// What verifying found, for people.
pub fn in_words(report: &Report) -> String {
    let engine = match report.engine {
        EngineCheck::Compared if report.copies.is_empty() => "both copies are the same",
        EngineCheck::Compared => "the two copies were compared",
        EngineCheck::InUse => {
            "a server has the engine open: its copy was not compared, the segments were verified"
        }
        EngineCheck::Absent => "there is only this copy",
    };
    let mut lines = if report.is_good() {
        let right = format!(
            "{} entries under {} checkpoints are right; {engine}.",
            report.entries, report.checkpoints
        );
        vec![right, format!("  root {}", report.head.root)]
    } else {
        let first =
            report.first_bad().map_or_else(String::new, |at| format!(", first at entry {at}"));
        vec![format!("The log does not verify{first}.")]
    };
    if report.withheld > 0 {
        lines.push(format!("  {} entries: content withheld, commitment intact", report.withheld));
    }
    lines.extend(report.finding.as_ref().map(|finding| format!("  log: {finding}")));
    lines.extend(
        report.copies.iter().map(|(copy, finding)| format!("  {} copy: {finding}", copy.code())),
    );
    lines.extend(report.keyring.as_ref().map(|finding| {
        format!("  keyring: the key to what was disclosed from entry {} on is damaged; a copy of the keyring brings it back", finding.at)
    }));
    if report.unfinished {
        lines.push(
            "  the last commit was not finished when the ledger stopped; nobody was told of it, and the next opening completes or drops it"
                .to_owned(),
        );
    }
    lines.join("\n") + "\n"
}

/// What verifying found, for programs.
pub fn to_json(report: &Report) -> Value {
    let finding = |finding: &case_ledger::audit::Finding| json!({"at": finding.at, "code": finding.flaw.code(), "sentence": finding.flaw.to_string()});
    json!({
        "good": report.is_good(),
        "first_bad": report.first_bad(),
        "entries": report.entries,
        "checkpoints": report.checkpoints,
        "root": report.head.root.to_string(),
        "checkpoint": report.checkpoint.as_ref().map(SignedCheckpoint::to_text),
        "withheld": report.withheld,
        "engine": match report.engine {
            EngineCheck::Compared => "compared",
            EngineCheck::InUse => "in_use",
            EngineCheck::Absent => "absent",
        },
        "finding": report.finding.as_ref().map(finding),
        "copies": report.copies.iter().map(|(copy, found)| json!({"copy": copy.code(), "finding": finding(found)})).collect::<Vec<_>>(),
        "keyring": report.keyring.as_ref().map(finding),
        "unfinished": report.unfinished,
    })
}
