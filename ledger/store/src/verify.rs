//! Verifying a log on the disk: every frame of both copies, every entry, every signature, on all cores.
//!
//! It opens nothing for writing. The segment files are read as they are, also beside a running server; the engine, which
//! changes its files when it opens them, is opened on a copy, and only while no server runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use case_ledger::audit::{
    Auditor, CheckpointJob, Content, Entry, Finding, Flaw, SignatureJob, read,
};
use case_ledger::checkpoint::{CheckpointFault, SignedCheckpoint};
use case_ledger::frame::{Found, Frame, decode};
use case_ledger::hash::Blake3Hash;
use case_ledger::names::{Origin, PublicKey};
use case_ledger::receipt::Receipt;
use case_ledger::record::header_hash;
use case_ledger::tree::TreeHead;
use rayon::prelude::*;

use crate::disk::keep_writers_away;
use crate::keys::Signed;
use crate::layout::Layout;
use crate::segments::{first_of, list};
use crate::sources::{Copy, EngineCopy, Sources};
use crate::vault::{Vault, VaultError};

/// Whether the engine's copy was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineCheck {
    /// Frame by frame.
    Compared,
    /// No: a server has it open.
    InUse,
    /// No: there is none here, as in a backup.
    Absent,
}

/// What verifying found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Entries that were verified.
    pub entries: u64,
    /// Commits, each with a signed checkpoint.
    pub checkpoints: u64,
    /// The last tree head that was verified.
    pub head: TreeHead,
    /// The last checkpoint.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Position of the first entry of the last commit.
    pub last_commit: u64,
    /// Entries whose content is withheld, their commitment intact.
    pub withheld: u64,
    /// Whether both copies were compared.
    pub engine: EngineCheck,
    /// What is wrong with the log itself, whichever copy is read: the first flaw.
    pub finding: Option<Finding>,
    /// What is wrong with one copy: the first flaw of each.
    pub copies: Vec<(Copy, Finding)>,
    /// What is wrong with the keyring beside the log, at the entry for which the first damaged key was made.
    pub keyring: Option<Finding>,
    /// Whether the end is one that a crash left, or that a running server is writing: bytes after the last commit, or a last
    /// commit, of which nobody was told, in one copy only.
    pub unfinished: bool,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.finding.is_none() && self.copies.is_empty() && self.keyring.is_none()
    }

    /// The first position at which anything is wrong.
    pub fn first_bad(&self) -> Option<u64> {
        self.finding
            .iter()
            .chain(self.copies.iter().map(|(_, finding)| finding))
            .chain(&self.keyring)
            .map(|finding| finding.at)
            .min()
    }
}

/// Why verifying could not be done.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file system failed.
    #[error("reading the log failed")]
    Io(#[from] io::Error),
    /// There is no log at this path.
    #[error("there is no log here")]
    Nothing,
    /// The segments do not begin with entry 0.
    #[error("these segments begin with entry {0}; a log can only be verified from its beginning")]
    NotFromTheBeginning(u64),
}

/// What somebody kept elsewhere, against which the log is held.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Checkpoints that the log must extend.
    pub checkpoints: Vec<SignedCheckpoint>,
    /// Receipts whose entries must be where they were.
    pub receipts: Vec<Receipt>,
    /// The name and a key of the ledger that this must be, present or succeeded.
    pub ledger: Option<(Origin, PublicKey)>,
}

/// Verifies a data directory: both copies if no server runs on it, else the segments.
pub fn directory(
    root: &Path,
    kept: &Kept,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, VerifyError> {
    let layout = Layout::new(root);
    if !layout.segments().is_dir() {
        return Err(VerifyError::Nothing);
    }
    // What was signed before the reading began must be there; what comes while reading may be half there.
    let signed = read_signed(&layout)?;
    // The segments can be read beside a writer; the engine's files cannot be copied whole.
    let no_writer = keep_writers_away(&layout.lock())?;
    let copy = no_writer.as_ref().map(|_| EngineCopy::of(&layout.db())).transpose()?;
    let (engine, check, broken) = match copy {
        None => (None, EngineCheck::InUse, None),
        Some(EngineCopy::Absent) => (None, EngineCheck::Absent, None),
        Some(EngineCopy::Broken) => {
            (None, EngineCheck::Compared, Some(Finding { at: 0, flaw: Flaw::Frame }))
        }
        Some(EngineCopy::Open(engine, scratch)) => {
            (Some((engine, scratch)), EngineCheck::Compared, None)
        }
    };
    let (engine, _scratch) = engine.unzip();
    let sources = Sources::new(list(&layout.segments())?, engine);
    let mut report = verify(sources, kept, progress)?;
    report.engine = check;
    if let Some(signed) = signed {
        forgive_last_commit(&mut report, signed.size);
    }
    report.copies.extend(broken.map(|finding| (Copy::Engine, finding)));
    if check == EngineCheck::Absent && report.entries > 0 && layout.place().exists() {
        // This is no backup: a whole copy is gone.
        report
            .copies
            .push((Copy::Engine, Finding { at: 0, flaw: Flaw::Missing { due: report.entries } }));
    }
    report.keyring = damaged_key(&layout, report.entries)?;
    if let Some(signed) =
        signed.filter(|signed| report.finding.is_none() && signed.size > report.entries)
    {
        report.finding =
            Some(Finding { at: report.entries, flaw: Flaw::Missing { due: signed.size } });
    }
    Ok(report)
}

/// A process that was killed leaves its last commit whole in one copy only, if it had told nobody of it: what the ledger
/// remembers to have signed ends before it. The next opening completes it.
fn forgive_last_commit(report: &mut Report, signed: u64) {
    let begin = report.last_commit;
    let left = |finding: &Finding| {
        finding.at >= begin && matches!(finding.flaw, Flaw::Missing { .. } | Flaw::Frame)
    };
    if report.finding.is_none() && signed <= begin {
        let before = report.copies.len();
        report.copies.retain(|(_, finding)| !left(finding));
        report.unfinished |= report.copies.len() < before;
    }
}

/// What was last signed; unknown to whoever may read the log and not the keys.
fn read_signed(layout: &Layout) -> io::Result<Option<TreeHead>> {
    Signed::read(layout).or_else(unless_denied)
}

/// The first damaged key, at the entry for which it was made. A ring that is not here, or not for this user to read, is passed over.
fn damaged_key(layout: &Layout, size: u64) -> io::Result<Option<Finding>> {
    let at = match Vault::inspect(layout, size) {
        Ok(at) => at,
        Err(VaultError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(VaultError::Io(error)) => unless_denied(error)?,
        Err(VaultError::Damaged(_) | VaultError::Random) => Some(0),
    };
    Ok(at.map(|at| Finding { at, flaw: Flaw::Frame }))
}

fn unless_denied<T>(error: io::Error) -> io::Result<Option<T>> {
    if error.kind() == io::ErrorKind::PermissionDenied { Ok(None) } else { Err(error) }
}

/// Verifies segment files alone: a backup, a mirror's copy.
pub fn segment_copy(
    directory: &Path,
    kept: &Kept,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, VerifyError> {
    let files = if directory.is_dir() {
        list(directory)?
    } else {
        vec![(first_of(&File::open(directory)?)?.unwrap_or(0), directory.to_owned())]
    };
    match files.first() {
        None => Err(VerifyError::Nothing),
        Some((0, _)) => verify(Sources::new(files, None), kept, progress),
        Some((first, _)) => Err(VerifyError::NotFromTheBeginning(*first)),
    }
}

/// Frames that are audited at a time: a few thousand entries, so that both cores have work.
const FRAMES_AT_A_TIME: usize = 48;

/// A signature still to be checked, whichever it is.
enum Job {
    Action(Box<SignatureJob>),
    Checkpoint(u64, Box<CheckpointJob>),
}

impl Job {
    fn check(self) -> Option<Finding> {
        match self {
            Self::Action(job) => {
                (!job.holds()).then_some(Finding { at: job.at, flaw: Flaw::Signature })
            }
            Self::Checkpoint(at, job) => job.open().err().map(|flaw| Finding { at, flaw }),
        }
    }
}

struct Audit<'a> {
    auditor: Auditor,
    ledger: Option<&'a (Origin, PublicKey)>,
    /// Whether that key has signed a checkpoint here. That the log names it proves nothing: the proof of possession can be copied.
    signed_by_ledger: bool,
    /// Checkpoints by size, entries' chain values by position.
    kept_checkpoints: BTreeMap<u64, Vec<SignedCheckpoint>>,
    kept_entries: BTreeMap<u64, Vec<Blake3Hash>>,
    checkpoints: u64,
    checkpoint: Option<SignedCheckpoint>,
    withheld: u64,
    committed: u64,
    last_commit: u64,
    uncommitted: bool,
}

/// A frame's entries, each read by itself.
struct ReadFrame {
    first: u64,
    entries: Vec<Result<Entry, Flaw>>,
    checkpoint: Option<String>,
}

/// Audits everything the sources give. The equations of one group are checked while the next one is read and taken in.
pub fn verify(
    mut sources: Sources,
    kept: &Kept,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, VerifyError> {
    let mut audit = Audit::against(kept);
    let mut jobs: Vec<Job> = Vec::new();
    let finding = loop {
        let (bad_signature, taken) = rayon::join(
            || check_all(jobs),
            || -> io::Result<_> {
                let mut group = Vec::with_capacity(FRAMES_AT_A_TIME);
                while group.len() < FRAMES_AT_A_TIME
                    && let Some(frame) = sources.next_frame()?
                {
                    group.push(frame);
                }
                let read = group.par_iter().map(|bytes| read_frame(bytes)).collect();
                Ok((group.is_empty(), audit.take(read)))
            },
        );
        let (ended, (next_jobs, flaw)) = taken?;
        progress(audit.committed);
        if bad_signature.is_some() {
            break bad_signature;
        }
        if let Some(flaw) = flaw {
            // The equations of the entries before it: one of them may be the cause.
            break Some(cause(flaw, check_all(next_jobs)));
        }
        if ended {
            break audit.finish();
        }
        jobs = next_jobs;
    };
    Ok(Report {
        entries: audit.committed,
        checkpoints: audit.checkpoints,
        head: audit
            .checkpoint
            .as_ref()
            .map_or_else(TreeHead::empty, |checkpoint| checkpoint.checkpoint.head),
        checkpoint: audit.checkpoint,
        last_commit: audit.last_commit,
        withheld: audit.withheld,
        engine: EngineCheck::Absent,
        copies: sources.findings().to_vec(),
        keyring: None,
        // Where a flaw ended the reading, nothing can be said of the end of the log.
        unfinished: finding.is_none() && (audit.uncommitted || sources.is_unfinished()),
        finding,
    })
}

fn check_all(jobs: Vec<Job>) -> Option<Finding> {
    jobs.into_par_iter().filter_map(Job::check).min_by_key(|finding| finding.at)
}

/// A root that does not fit only says that something in its commit was replaced; a wrong signature in there says what.
fn cause(flaw: Finding, bad_signature: Option<Finding>) -> Finding {
    match bad_signature {
        Some(signature) if flaw.flaw == Flaw::Root || signature.at <= flaw.at => signature,
        Some(_) | None => flaw,
    }
}

fn read_frame(bytes: &[u8]) -> ReadFrame {
    match decode(bytes) {
        Found::Frame(Frame { first, records, checkpoint, .. }) => ReadFrame {
            first,
            entries: records.iter().map(|record| read(record.header, record.body)).collect(),
            checkpoint: checkpoint.map(str::to_owned),
        },
        Found::Nothing | Found::Damaged => {
            ReadFrame { first: u64::MAX, entries: vec![Err(Flaw::Frame)], checkpoint: None }
        }
    }
}

impl<'a> Audit<'a> {
    fn against(kept: &'a Kept) -> Self {
        let mut kept_checkpoints: BTreeMap<u64, Vec<SignedCheckpoint>> = BTreeMap::new();
        let of_receipts = kept.receipts.iter().map(|receipt| &receipt.checkpoint);
        for checkpoint in
            kept.checkpoints.iter().chain(of_receipts).filter(|kept| kept.checkpoint.head.size > 0)
        {
            kept_checkpoints
                .entry(checkpoint.checkpoint.head.size)
                .or_default()
                .push(checkpoint.clone());
        }
        let mut kept_entries: BTreeMap<u64, Vec<Blake3Hash>> = BTreeMap::new();
        for receipt in &kept.receipts {
            kept_entries.entry(receipt.index).or_default().push(header_hash(&receipt.header));
        }
        Self {
            auditor: Auditor::default(),
            ledger: kept.ledger.as_ref(),
            signed_by_ledger: false,
            kept_checkpoints,
            kept_entries,
            checkpoints: 0,
            checkpoint: None,
            withheld: 0,
            committed: 0,
            last_commit: 0,
            uncommitted: false,
        }
    }

    /// Takes in frames in order, up to the first flaw.
    fn take(&mut self, frames: Vec<ReadFrame>) -> (Vec<Job>, Option<Finding>) {
        let mut jobs = Vec::with_capacity(frames.iter().map(|frame| frame.entries.len() + 1).sum());
        for frame in frames {
            if let Err(finding) = self.take_frame(frame, &mut jobs) {
                return (jobs, Some(finding));
            }
        }
        (jobs, None)
    }

    fn take_frame(&mut self, frame: ReadFrame, jobs: &mut Vec<Job>) -> Result<(), Finding> {
        let due = self.auditor.state().size();
        if frame.first != due && frame.first != u64::MAX {
            return Err(Finding { at: due, flaw: Flaw::Position { due, found: frame.first } });
        }
        for entry in frame.entries {
            let at = self.auditor.state().size();
            let found = |flaw| Finding { at, flaw };
            let entry = entry.map_err(found)?;
            self.withheld += u64::from(matches!(entry.content, Content::Withheld(_)));
            let hash = entry.hash;
            let job = self.auditor.take(entry, |_, _| {}).map_err(found)?;
            jobs.extend(job.map(|job| Job::Action(Box::new(job))));
            self.check_kept(at, hash)?;
        }
        self.uncommitted = frame.checkpoint.is_none();
        if let Some(text) = frame.checkpoint {
            let size = self.auditor.state().size();
            let found = |flaw| Finding { at: size.saturating_sub(1), flaw };
            let signed = SignedCheckpoint::parse(&text).ok_or_else(|| found(Flaw::Frame))?;
            // A root that does not fit says that something in this commit was replaced: its first entry is the first suspect.
            let job = self
                .auditor
                .expect_checkpoint(signed.clone())
                .map_err(|flaw| Finding { at: self.committed, flaw })?;
            self.signed_by_ledger |= self.ledger.is_some_and(|(_, key)| *key == job.key());
            jobs.push(Job::Checkpoint(size.saturating_sub(1), Box::new(job)));
            self.checkpoints += 1;
            self.checkpoint = Some(signed);
            self.last_commit = self.committed;
            self.committed = size;
        }
        Ok(())
    }

    /// What somebody kept, as its position is reached.
    fn check_kept(&mut self, at: u64, found: Blake3Hash) -> Result<(), Finding> {
        let kept = self.kept_entries.remove(&at).unwrap_or_default();
        if kept.iter().any(|hash| *hash != found) {
            return Err(Finding { at, flaw: Flaw::NotAsReceipted });
        }
        for kept in self.kept_checkpoints.remove(&(at + 1)).unwrap_or_default() {
            self.auditor.check_checkpoint(kept).map_err(|flaw| Finding { at, flaw })?;
        }
        Ok(())
    }

    fn finish(&self) -> Option<Finding> {
        if let Err(finding) = self.auditor.finish() {
            return Some(finding);
        }
        if let Some((origin, _)) = self.ledger {
            let fault = if self.auditor.state().registry().origin() == Some(origin) {
                (!self.signed_by_ledger).then_some(CheckpointFault::Unsigned)
            } else {
                Some(CheckpointFault::Origin)
            };
            if let Some(fault) = fault {
                return Some(Finding { at: 0, flaw: Flaw::Checkpoint(fault) });
            }
        }
        let entry = self.kept_entries.last_key_value().map(|(at, _)| at + 1);
        let checkpoint = self.kept_checkpoints.last_key_value().map(|(size, _)| *size);
        let due = entry.max(checkpoint)?;
        Some(Finding { at: self.committed, flaw: Flaw::Missing { due } })
    }
}
