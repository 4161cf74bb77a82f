//! The dishonest administrator's handiwork: a log rewritten with everything that can be recomputed.

use std::io;
use std::path::Path;

use case_ledger::audit::{Auditor, Finding, Flaw, read};
use case_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use case_ledger::envelope::Jws;
use case_ledger::frame::{Found, Stored, decode, encode};
use case_ledger::hash::sha256;
use case_ledger::names::Stream;
use case_ledger::note::Note;
use case_ledger::record::{Header, decode_body, encode_body, header_hash, record_leaf};
use case_ledger::signing::SigningKey;
use case_ledger::tree::Frontier;
use case_ledger_store::engine::Engine;
use case_ledger_store::keys::{LedgerKeys, mark_place};
use case_ledger_store::layout::Layout;
use case_ledger_store::segments::{FrameScan, SEGMENT_FULL_AT, Segments, list};

use super::{LOOK, unreadable};
use crate::failure::{Failure, OrFail as _};

/// Who the administrator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Owns the disk.
    Disk,
    /// Owns the disk and the ledger's signing key.
    DiskAndLedgerKey,
}

/// What is done to the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// One word of it is changed.
    Alter,
    /// It is left out, with whatever followed in its case.
    Drop,
}

/// A record of a log that is being rewritten.
#[derive(Debug, Clone)]
struct Rewritten {
    header: Header,
    body: Vec<u8>,
    sealed: Vec<u8>,
    stream: Stream,
}

/// A log as a list of commits, each a list of frames: an administrator who wants nothing to show keeps them as they were.
struct Commits(Vec<Vec<Vec<Rewritten>>>);

impl Commits {
    fn records(&self) -> impl Iterator<Item = &Rewritten> {
        self.0.iter().flatten().flatten()
    }

    fn records_mut(&mut self) -> impl Iterator<Item = &mut Rewritten> {
        self.0.iter_mut().flatten().flatten()
    }
}

/// A case worth falsifying: the position of a decision, or of the last entry of a case if nobody has decided anything.
pub fn victim(from: &Path) -> Result<(u64, Stream), Failure> {
    let commits = read_commits(&Layout::new(from))?;
    let mut auditor = Auditor::default();
    let mut found = None;
    for record in commits.records() {
        let header = record.header.encode();
        let entry = read(&header, &record.body).map_err(|flaw| damaged(record.header.seq, flaw))?;
        let kind = entry.envelope().and_then(|envelope| envelope.act.kind);
        auditor.take(entry, |_, _| {}).map_err(|flaw| damaged(record.header.seq, flaw))?;
        let decides = kind == Some(case_ledger::kinds::Kind::Decided);
        let middling =
            record.header.seq > 500 && kind == Some(case_ledger::kinds::Kind::StepFinished);
        if decides || (middling && found.is_none()) {
            found = Some((record.header.seq, record.stream.clone()));
        }
        if decides {
            break;
        }
    }
    found.ok_or_else(|| {
        Failure::usage("There is no case to falsify.", "Run `caseledger demo --no-serve` first.")
    })
}

fn damaged(at: u64, flaw: Flaw) -> Failure {
    Failure::refused(format!("The log is damaged already: {}.", Finding { at, flaw }), LOOK)
}

/// Falsifies entry `at` in a copy of `from` and leaves the result in `to`.
///
/// # Errors
/// If the directory cannot be read or written, or there is no such entry.
pub fn falsify(from: &Path, to: &Path, at: u64, power: Power, deed: Deed) -> Result<(), Failure> {
    let (source, target) = (Layout::new(from), Layout::new(to));
    let mut commits = read_commits(&source)?;
    match deed {
        Deed::Alter => alter(&mut commits, at)?,
        Deed::Drop => leave_out(&mut commits, at),
    }
    relink(&mut commits);
    let original = original_checkpoints(&source)?;
    let frames = frames_of(&commits, &original, power, &source)?;
    write_both(&target, &frames)?;
    copy_keys(&source, &target, power).and_then(|()| mark_place(&target)).or_environment(
        "The falsified copy cannot be written.",
        "Look whether the disk has room.",
    )?;
    if deed == Deed::Drop {
        forget_signed(&target)?;
    }
    Ok(())
}

/// What belongs to the directory and not to its people, and the ledger's own key only if it is in wrong hands.
fn copy_keys(source: &Layout, target: &Layout, power: Power) -> io::Result<()> {
    std::fs::create_dir_all(target.keys())?;
    let mut files = vec![
        (source.signed(), target.signed()),
        (source.kek(), target.kek()),
        (source.keyring(), target.keyring()),
    ];
    if power == Power::DiskAndLedgerKey {
        files.push((source.ledger_key(), target.ledger_key()));
    }
    for (from, to) in files.iter().filter(|(from, _)| from.exists()) {
        std::fs::copy(from, to)?;
    }
    Ok(())
}

/// The administrator also takes back what the directory remembers of the last signature.
fn forget_signed(target: &Layout) -> Result<(), Failure> {
    std::fs::remove_file(target.signed())
        .or_environment("The falsified copy cannot be written.", "Look whether the disk has room.")
}

fn frames_in(layout: &Layout) -> Result<Vec<Vec<u8>>, Failure> {
    let files = list(&layout.segments()).or_environment(unreadable(&layout.segments()), LOOK)?;
    let mut frames = Vec::new();
    for (_, path) in files {
        let scanned = std::fs::File::open(&path).and_then(|file| {
            let mut scan = FrameScan::begin(file, case_ledger::frame::SEGMENT_HEADER as u64)?;
            while let Ok(bytes) = scan.next_frame()? {
                frames.push(bytes.to_vec());
            }
            Ok(())
        });
        scanned.or_environment(unreadable(&path), LOOK)?;
    }
    Ok(frames)
}

fn read_commits(layout: &Layout) -> Result<Commits, Failure> {
    let mut commits = vec![Vec::new()];
    for bytes in frames_in(layout)? {
        let Found::Frame(frame) = decode(&bytes) else { continue };
        let records: Result<Vec<_>, Failure> = frame.records.iter().map(rewritable).collect();
        if let Some(commit) = commits.last_mut() {
            commit.push(records?);
        }
        if frame.checkpoint.is_some() {
            commits.push(Vec::new());
        }
    }
    commits.retain(|commit| !commit.is_empty());
    Ok(Commits(commits))
}

fn rewritable(record: &Stored<'_>) -> Result<Rewritten, Failure> {
    let entry = read(record.header, record.body)
        .map_err(|flaw| Failure::refused(format!("The log is damaged already: {flaw}."), LOOK))?;
    Ok(Rewritten {
        header: entry.header,
        body: record.body.to_vec(),
        sealed: record.sealed.to_vec(),
        stream: entry.stream().clone(),
    })
}

fn original_checkpoints(layout: &Layout) -> Result<Vec<SignedCheckpoint>, Failure> {
    let frames = frames_in(layout)?;
    let text = |bytes: &Vec<u8>| {
        if let Found::Frame(frame) = decode(bytes) {
            frame.checkpoint.map(str::to_owned)
        } else {
            None
        }
    };
    Ok(frames.iter().filter_map(text).filter_map(|text| SignedCheckpoint::parse(&text)).collect())
}

/// Leaves out an entry, and what would make no sense without it.
fn leave_out(commits: &mut Commits, at: u64) {
    let entry = commits.records().find(|record| record.header.seq == at);
    let Some(stream) = entry.map(|record| record.stream.clone()) else { return };
    let goes = |record: &Rewritten| record.header.seq >= at && record.stream == stream;
    commits.0.iter_mut().flatten().for_each(|frame| frame.retain(|record| !goes(record)));
}

/// Changes one word of the signed text, keeping the signature that no longer fits it.
fn alter(commits: &mut Commits, at: u64) -> Result<(), Failure> {
    let no_such = || {
        Failure::usage(
            format!("Entry {at} cannot be falsified."),
            "Choose the position of an entry that is there.",
        )
    };
    let record =
        commits.records_mut().find(|record| record.header.seq == at).ok_or_else(no_such)?;
    let jws = decode_body(&record.body).ok_or_else(no_such)?;
    let text = String::from_utf8(jws.payload.to_vec()).map_err(|_| no_such())?;
    let altered = WORDS
        .iter()
        .find(|(honest, _)| text.contains(honest))
        .map(|(honest, false_word)| text.replacen(honest, false_word, 1));
    let altered = altered.ok_or_else(no_such)?;
    record.body = encode_body(&Jws { payload: altered.into_bytes().into(), ..jws });
    Ok(())
}

/// What the administrator would rather read there.
const WORDS: [(&str, &str); 5] = [
    (r#""outcome":"granted""#, r#""outcome":"refused""#),
    (r#""outcome":"refused""#, r#""outcome":"granted""#),
    (r#""kind":"Received""#, r#""kind":"Accepted""#),
    (r#""step":"T0"#, r#""step":"T9"#),
    (r#""step":"T1"#, r#""step":"T8"#),
];

/// Numbers everything anew and recomputes every digest and link, as somebody does who wants nothing to show.
fn relink(commits: &mut Commits) {
    let mut heads: std::collections::HashMap<Stream, (u64, u64)> = std::collections::HashMap::new();
    let mut previous = [0; 32];
    for (seq, record) in (0..).zip(commits.records_mut()) {
        let (number, before) =
            heads.get(&record.stream).map_or((1, seq), |(number, head)| (number + 1, *head));
        record.header = Header {
            seq,
            previous,
            stream_number: number,
            stream_previous: before,
            body: sha256(&[&record.body]).0,
            ..record.header
        };
        heads.insert(record.stream.clone(), (number, seq));
        previous = header_hash(&record.header.encode()).0;
    }
}

fn frames_of(
    commits: &Commits,
    original: &[SignedCheckpoint],
    power: Power,
    source: &Layout,
) -> Result<Vec<(u64, Vec<u8>)>, Failure> {
    let too_large = || {
        Failure::environment("A falsified commit does not fit its frames.", "Try another entry.")
    };
    let secret = match power {
        Power::Disk => None,
        Power::DiskAndLedgerKey => Some(signing_key(source)?),
    };
    let mut frontier = Frontier::default();
    let mut frames = Vec::new();
    for (commit, honest) in commits.0.iter().zip(original) {
        let headers: Vec<Vec<_>> = commit
            .iter()
            .map(|frame| frame.iter().map(|record| record.header.encode()).collect())
            .collect();
        headers.iter().flatten().for_each(|header| frontier.append(record_leaf(header), |_, _| {}));
        let forged = Checkpoint { origin: honest.checkpoint.origin.clone(), head: frontier.head() };
        let checkpoint = match &secret {
            Some(secret) => forged.sign(secret).to_text(),
            // Without the key the old signature stays, under a text that it does not fit.
            None => SignedCheckpoint {
                note: Note { text: forged.to_text(), signatures: honest.note.signatures.clone() },
                checkpoint: forged,
            }
            .to_text(),
        };
        let whole = commit.iter().zip(&headers).filter(|(frame, _)| !frame.is_empty());
        let last = whole.clone().count().saturating_sub(1);
        for (number, (frame, headers)) in whole.enumerate() {
            let stored: Vec<_> = frame
                .iter()
                .zip(headers)
                .map(|(record, header)| Stored {
                    header,
                    body: &record.body,
                    sealed: &record.sealed,
                })
                .collect();
            let first = frame.first().map_or(0, |record| record.header.seq);
            let bytes = encode(first, &stored, (number == last).then_some(checkpoint.as_str()))
                .ok_or_else(too_large)?;
            frames.push((first, bytes));
        }
    }
    Ok(frames)
}

fn signing_key(source: &Layout) -> Result<SigningKey, Failure> {
    let keys = LedgerKeys::load(source).or_environment("The ledger's key cannot be read.", LOOK)?;
    keys.first().cloned().ok_or_else(|| {
        Failure::environment(
            "The ledger's key is not here.",
            "Run this on the ledger's own directory.",
        )
    })
}

fn write_both(target: &Layout, frames: &[(u64, Vec<u8>)]) -> Result<(), Failure> {
    const NO_ROOM: &str = "Look whether the disk has room.";
    let what = "The falsified copy cannot be written.";
    let mut segments =
        Segments::open(&target.segments(), 0, 0, SEGMENT_FULL_AT).or_environment(what, NO_ROOM)?;
    let (_, tail) = segments.append(frames).or_environment(what, NO_ROOM)?;
    tail.sync().or_environment(what, NO_ROOM)?;
    let engine = Engine::open(&target.db()).or_environment(what, NO_ROOM)?;
    for group in frames.chunks(256) {
        engine.put(group).or_environment(what, NO_ROOM)?;
    }
    engine.sync().or_environment(what, NO_ROOM)
}
