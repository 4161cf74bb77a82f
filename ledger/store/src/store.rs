//! A ledger's data directory, open.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use case_ledger::audit::{self, Entry};
use case_ledger::checkpoint::{CheckpointFault, SignedCheckpoint};
use case_ledger::disclosure::Disclosure;
use case_ledger::hash::Sha256Hash;
use case_ledger::names::{Origin, Seq, Stream};
use case_ledger::receipt::Receipt;
use case_ledger::record::{Header, is_withheld};
use case_ledger::refusal::Refusal;
use case_ledger::registry::{KeyRing, Registry};
use case_ledger::signing::SigningKey;
use case_ledger::state::State;
use case_ledger::time::Micros;
use case_ledger::tree::TreeHead;

use crate::clock::Clock;
use crate::disk::{create_directory, take_lock};
use crate::keys::{LedgerKeys, Signed, is_in_place, mark_place};
use crate::layout::Layout;
use crate::published::{Beginning, Published, RawRecord, StreamHead};
use crate::recovery::{Recovered, RecoveryError, recover};
use crate::removals::{RemovalError, finish_removals};
use crate::segments::SEGMENT_FULL_AT;
use crate::snapshot::Snapshots;
use crate::vault::{Vault, VaultError};
use crate::writer::{Answers, Followers, Gate, Prepared, ReadOnly, Unavailable, Writer};

pub use crate::writer::Record;

/// How to open a directory.
pub struct OpenOptions {
    /// The time.
    pub clock: Clock,
    /// An operator says that the clock is right, whatever the log says.
    pub confirm_clock: bool,
}

/// Why a directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system failed.
    #[error("the data directory cannot be used")]
    Io(#[from] io::Error),
    /// Somebody else has it open.
    #[error("another process has this data directory open")]
    Locked,
    /// The log cannot be recovered by itself.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The keyring cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A removal that a crash cut short cannot be finished.
    #[error(transparent)]
    Removal(#[from] RemovalError),
}

/// Why a directory stays read-only.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// It cannot be opened at all.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The checkpoint is not this ledger's.
    #[error("{0}")]
    Checkpoint(CheckpointFault),
    /// The log holds fewer entries than the checkpoint, or than were signed here: entries are lost and this log has ended.
    #[error(
        "entries are lost: {signed} were signed and {held} are here. This log has ended; found a new one that names its last checkpoint"
    )]
    Lost {
        /// The size that was signed.
        signed: u64,
        /// The size that is here.
        held: u64,
    },
    /// The log is another history than the checkpoint's.
    #[error("this directory holds another history than the checkpoint")]
    Forked,
    /// There is no log.
    #[error("there is no ledger in this directory")]
    Nothing,
}

/// A ledger's data directory, open: readers read what is durable, and one writer appends.
pub struct Store {
    layout: Layout,
    gate: Option<Gate>,
    read_only: Option<ReadOnly>,
    published: Arc<Mutex<Option<Arc<Published>>>>,
    vault: Arc<Mutex<Vault>>,
    followers: Followers,
    resumed_at: u64,
    _lock: File,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.layout.root().display())
    }
}

impl Store {
    /// Makes a directory ready for a ledger with this origin and key. The first action submitted must found it.
    pub fn create(root: &Path, origin: &Origin, ledger_key: &SigningKey) -> Result<(), OpenError> {
        let layout = Layout::new(root);
        create_directory(&layout.log())?;
        create_directory(&layout.keys())?;
        if layout.segments().exists() || layout.ledger_key().exists() {
            return Err(OpenError::Io(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is a ledger in this directory already",
            )));
        }
        drop(Signed::open(&layout)?);
        mark_place(&layout)?;
        // The key last: without it the directory is none yet, and whoever was interrupted can begin again.
        LedgerKeys::add(&layout, origin, ledger_key)?;
        Ok(())
    }

    /// Adds the secret key by which the ledger's present one is to be succeeded.
    pub fn add_ledger_key(root: &Path, origin: &Origin, key: &SigningKey) -> io::Result<()> {
        LedgerKeys::add(&Layout::new(root), origin, key)
    }

    /// Opens a directory, recovering whatever a crash left.
    pub fn open(root: &Path, options: OpenOptions) -> Result<Self, OpenError> {
        Self::open_with_segments(root, options, SEGMENT_FULL_AT)
    }

    /// Opens a directory as [`Store::open`] does, and begins a new segment file after `full_at` bytes instead of the standard
    /// [`SEGMENT_FULL_AT`]. A log may have files of different lengths.
    pub fn open_with_segments(
        root: &Path,
        options: OpenOptions,
        full_at: u64,
    ) -> Result<Self, OpenError> {
        let layout = Layout::new(root);
        let lock = lock(&layout)?;
        let recovered = recover(&layout, full_at)?;
        let vault = Arc::new(Mutex::new(Vault::open(&layout)?));
        let resumed_at = recovered.resumed_at;
        let Recovered { state, frontier, upper, frames, checkpoint, segments, mut engine, .. } =
            recovered;
        let published = match checkpoint {
            None => None,
            Some(checkpoint) => {
                let beginning =
                    Beginning { checkpoint, frames, files: segments.files().to_vec(), upper };
                Some(Arc::new(Published::new(beginning, &state)?))
            }
        };
        let read_only = read_only(&layout, &state, published.as_deref())?;
        if read_only.is_none() {
            vault.lock().unwrap_or_else(PoisonError::into_inner).settle(state.size())?;
        }
        // What another history than this one orders to be removed is not for this directory to do.
        let astray = matches!(read_only, Some(ReadOnly::Forked | ReadOnly::Older { .. }));
        if let Some(published) = published.as_ref().filter(|_| !astray) {
            engine = finish_removals(&state, published, engine, &vault)?;
        }
        let published = Arc::new(Mutex::new(published));
        let followers = Arc::new(Mutex::new(Vec::new()));
        let gate = if read_only.is_some() {
            engine.close().map_err(RecoveryError::Engine)?;
            None
        } else {
            // A backup from before this opening is none of this place any more.
            let signed = Signed::open(&layout)?;
            mark_place(&layout)?;
            let snapshots = Snapshots::new(&layout, resumed_at);
            let writer = Writer {
                state,
                frontier,
                engine: Some(engine),
                segments,
                vault: vault.clone(),
                ledger_keys: LedgerKeys::load(&layout)?,
                signed,
                published: published.clone(),
                clock: options.clock,
                followers: followers.clone(),
                snapshots,
                unsynced: layout.unsynced(),
            };
            Some(writer.start())
        };
        if let Some(gate) = gate.as_ref().filter(|_| options.confirm_clock) {
            gate.confirm_clock();
        }
        Ok(Self { layout, gate, read_only, published, vault, followers, resumed_at, _lock: lock })
    }

    /// Lets a restored or cloned directory take entries again, shown the newest checkpoint that anybody holds.
    pub fn resume(root: &Path, newest: &SignedCheckpoint) -> Result<(), ResumeError> {
        let layout = Layout::new(root);
        let _lock = lock(&layout)?;
        let recovered = recover(&layout, SEGMENT_FULL_AT).map_err(OpenError::Recovery)?;
        let Some(checkpoint) = recovered.checkpoint else { return Err(ResumeError::Nothing) };
        let registry = recovered.state.registry();
        let size = newest.checkpoint.head.size;
        let (origin, key) = registry
            .origin()
            .zip(registry.ledger_key_at(size.min(recovered.state.size())))
            .ok_or(ResumeError::Nothing)?;
        newest.clone().open(origin, key).map_err(ResumeError::Checkpoint)?;
        let remembered = Signed::read(&layout).map_err(OpenError::Io)?;
        let signed = remembered.map_or(0, |head| head.size).max(size);
        let held = recovered.state.size();
        if signed > held {
            return Err(ResumeError::Lost { signed, held });
        }
        let beginning = Beginning {
            checkpoint,
            frames: recovered.frames,
            files: recovered.segments.files().to_vec(),
            upper: recovered.upper,
        };
        let published = Published::new(beginning, &recovered.state).map_err(OpenError::Io)?;
        // Not only whoever comes with a checkpoint may know of another history: this directory's own memory may, too.
        if !extends(Some(&published), newest.checkpoint.head)
            || remembered.is_some_and(|head| !extends(Some(&published), head))
        {
            return Err(ResumeError::Forked);
        }
        let memory = Signed::open(&layout).map_err(OpenError::Io)?;
        memory.remember(published.checkpoint().0.checkpoint.head).map_err(OpenError::Io)?;
        mark_place(&layout).map_err(OpenError::Io)?;
        Ok(())
    }

    /// Prepares an action on the caller's thread: parsing, encoding, the signature equation.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn prepare(&self, text: &[u8]) -> Result<Prepared, Refusal> {
        Prepared::new(text, &self.keys())
    }

    /// The keys that may sign, for preparing many actions.
    pub fn keys(&self) -> Arc<KeyRing> {
        self.published().map(|published| published.keys()).unwrap_or_default()
    }

    /// Hands actions to the writer, in order. The reply comes when all that was recorded is durable in both copies.
    pub fn submit(
        &self,
        actions: Vec<Prepared>,
        reply: impl FnOnce(Result<Answers, Unavailable>) + Send + 'static,
    ) {
        match (&self.gate, self.read_only) {
            (Some(gate), _) => gate.submit(actions, Box::new(reply)),
            (None, Some(reason)) => reply(Err(Unavailable::ReadOnly(reason))),
            (None, None) => reply(Err(Unavailable::ShuttingDown)),
        }
    }

    /// Submits and waits.
    pub fn submit_and_wait(&self, actions: Vec<Prepared>) -> Result<Answers, Unavailable> {
        let (done, wait) = std::sync::mpsc::sync_channel(1);
        self.submit(actions, move |answers| {
            let _ = done.send(answers);
        });
        loop {
            match wait.recv_timeout(Duration::from_secs(1)) {
                Ok(answers) => return answers,
                Err(RecvTimeoutError::Timeout) if !self.is_poisoned() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(Unavailable::Poisoned);
                }
            }
        }
    }

    /// Why the directory takes no entries, if it does not.
    pub fn read_only(&self) -> Option<ReadOnly> {
        self.read_only
    }

    /// Whether a write has failed since the opening.
    pub fn is_poisoned(&self) -> bool {
        self.gate.as_ref().is_some_and(Gate::is_poisoned)
    }

    /// From which size on the opening had to replay.
    pub fn resumed_at(&self) -> u64 {
        self.resumed_at
    }

    /// Calls `follower` with the new size after every commit. It must be quick.
    pub fn follow(&self, follower: impl Fn(u64) + Send + 'static) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(follower));
    }

    /// Refuses new requests, answers those that wait, saves the indexes, lets go.
    pub fn close(&self) {
        if let Some(gate) = &self.gate {
            gate.close();
        }
    }

    fn published(&self) -> Option<Arc<Published>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.published().map_or(0, |published| published.size())
    }

    /// The newest checkpoint with the time of its last entry; `None` before the founding.
    pub fn checkpoint(&self) -> Option<(SignedCheckpoint, Micros)> {
        self.published().map(|published| published.checkpoint())
    }

    /// The registry as of the newest checkpoint.
    pub fn registry(&self) -> Arc<Registry> {
        self.published().map(|published| published.registry()).unwrap_or_default()
    }

    /// A stream's last position and length.
    pub fn stream(&self, stream: &Stream) -> Option<StreamHead> {
        self.published()?.stream(stream.key())
    }

    /// The stored bytes of an entry.
    pub fn record(&self, seq: Seq) -> io::Result<Option<RawRecord>> {
        self.published().map_or(Ok(None), |published| published.record(seq.0))
    }

    /// An entry, read and checked by itself.
    pub fn entry(&self, seq: Seq) -> io::Result<Option<Entry>> {
        self.record(seq)?.map(|record| read_entry(&record)).transpose()
    }

    /// The entries of a stream in order, as of the newest checkpoint or an earlier `size`.
    pub fn stream_entries(&self, stream: &Stream, size: Option<u64>) -> io::Result<Vec<Entry>> {
        let Some(head) = self.stream(stream) else { return Ok(Vec::new()) };
        let mut entries = Vec::with_capacity(usize::try_from(head.length).unwrap_or_default());
        let mut at = head.head;
        loop {
            let entry = self
                .entry(Seq(at))?
                .ok_or_else(|| io::Error::other("a stream's entry is missing"))?;
            let (number, previous) = (entry.header.stream_number, entry.header.stream_previous);
            if size.is_none_or(|size| at < size) {
                entries.push(entry);
            }
            if number <= 1 {
                entries.reverse();
                return Ok(entries);
            }
            at = previous;
        }
    }

    /// The disclosures of an entry. `None` if they were erased; empty if it has none.
    pub fn disclosures(
        &self,
        stream: &Stream,
        record: &RawRecord,
    ) -> Result<Option<Vec<Disclosure>>, VaultError> {
        if record.sealed.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let Some(header) = Header::decode(&record.header) else {
            return Err(VaultError::Damaged("no header"));
        };
        let key = self
            .vault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .key_at(stream.key(), header.seq)?;
        let Some(key) = key else { return Ok(None) };
        let Some(plain) = Vault::unseal(&key, Sha256Hash(header.body), &record.sealed) else {
            return Err(VaultError::Damaged("a sealed text or its key was altered"));
        };
        let text = std::str::from_utf8(&plain).map_err(|_| VaultError::Damaged("sealed text"))?;
        let parsed: Result<Vec<_>, _> = text.split_terminator('~').map(Disclosure::parse).collect();
        parsed.map(Some).map_err(|_| VaultError::Damaged("sealed disclosure"))
    }

    /// The inclusion proof of an entry in the tree of `size` entries.
    pub fn inclusion(&self, seq: Seq, size: u64) -> Option<Vec<Sha256Hash>> {
        self.published()?.inclusion(seq.0, size)
    }

    /// The consistency proof between two sizes.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Sha256Hash>> {
        self.published()?.consistency(old, new)
    }

    /// The tree's head when it had `size` entries.
    pub fn head_at(&self, size: u64) -> Option<TreeHead> {
        Some(TreeHead { size, root: self.published()?.root_at(size)? })
    }

    /// The receipt of an entry under the newest checkpoint.
    pub fn receipt(&self, seq: Seq) -> io::Result<Option<Receipt>> {
        let Some(record) = self.record(seq)? else { return Ok(None) };
        Ok(self.receipt_of(seq, record.header, record.body))
    }

    /// The receipt of an entry whose bytes are at hand.
    pub fn receipt_of(&self, seq: Seq, header: Vec<u8>, body: Vec<u8>) -> Option<Receipt> {
        let published = self.published()?;
        let (checkpoint, _) = published.checkpoint();
        let proof = published.inclusion(seq.0, checkpoint.checkpoint.head.size)?;
        let body = if is_withheld(&body) { Vec::new() } else { body };
        Some(Receipt { index: seq.0, proof, checkpoint, header: header.into(), body: body.into() })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn read_entry(record: &RawRecord) -> io::Result<Entry> {
    audit::read(&record.header, &record.body)
        .map_err(|flaw| io::Error::new(io::ErrorKind::InvalidData, flaw.to_string()))
}

fn lock(layout: &Layout) -> Result<File, OpenError> {
    create_directory(layout.root())?;
    let file = File::options().write(true).create(true).truncate(false).open(layout.lock())?;
    if take_lock(&file)? { Ok(file) } else { Err(OpenError::Locked) }
}

/// Whether the log goes on from a head that was signed once.
fn extends(published: Option<&Published>, head: TreeHead) -> bool {
    published.map_or(Some(TreeHead::empty().root), |published| published.root_at(head.size))
        == Some(head.root)
}

fn read_only(
    layout: &Layout,
    state: &State,
    published: Option<&Published>,
) -> io::Result<Option<ReadOnly>> {
    let signed = Signed::read(layout)?;
    if let Some(signed) = signed.filter(|signed| signed.size > state.size()) {
        return Ok(Some(ReadOnly::Older { signed: signed.size }));
    }
    // The memory may be behind the log after a power cut; what it remembers must be the log's own past all the same.
    if signed.is_some_and(|signed| !extends(published, signed)) {
        return Ok(Some(ReadOnly::Forked));
    }
    if !is_in_place(layout)? || (signed.is_none() && state.size() > 0) {
        return Ok(Some(ReadOnly::Copied));
    }
    let keys = LedgerKeys::load(layout)?;
    let key = state.registry().ledger_key().or_else(|| keys.first().map(SigningKey::public));
    Ok(key.is_none_or(|key| keys.get(key).is_none()).then_some(ReadOnly::NoKey))
}
