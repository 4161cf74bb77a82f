//! The one writer: it drains a bounded queue in batches, re-decides everything that depends on state, and answers when both
//! copies are durable.
//!
//! A batch goes through these steps; what a crash after each of them would leave is said there.
//! 1. *plan*: admit, number, stamp, chain, extend the tree. In memory only: a crash leaves nothing.
//! 2. *sign* the checkpoint. Still in memory.
//! 3. *sync the keyring* if there are new keys, then *write and sync both copies*. A crash leaves keys that have sealed
//!    nothing, which the next opening cuts away; or the commit in none, one or both copies. Recovery takes over what is whole,
//!    and the keys to it are there. Nobody has been told yet.
//! 4. *publish, remember, answer*. A crash loses answers only; whoever asks again with the same bytes gets the same entry.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use case_ledger::admission::{Admission, Signature, admit};
use case_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use case_ledger::envelope::Action;
use case_ledger::frame::{FULL_AT, Found, RECORDS_MAX, Stored, decode, encode};
use case_ledger::hash::{Sha256Hash, sha256};
use case_ledger::kinds::Act;
use case_ledger::names::{Seq, StreamKey, StreamType};
use case_ledger::record::{HEADER_LEN, Header, encode_body, header_hash, record_leaf, stub_of};
use case_ledger::refusal::{Impossible, Refusal};
use case_ledger::registry::KeyRing;
use case_ledger::state::{Effect, State};
use case_ledger::time::Micros;
use case_ledger::tree::{Frontier, NodeId};

use crate::clock::{Clock, ClockFault, Stamps};
use crate::disk::sync_directory;
use crate::engine::Engine;
use crate::keys::{LedgerKeys, Signed};
use crate::published::{Addition, Published, StreamHead};
use crate::removals::{stub_for, withhold_body};
use crate::segments::{FrameRef, SegmentTail, Segments};
use crate::snapshot::Snapshots;
use crate::vault::Vault;

/// Records after which a batch takes in no further request.
pub const BATCH_FULL_AT: usize = 2048;
/// Requests that wait at most.
pub const QUEUE_MAX: usize = 64;

/// An action made ready outside the writer: parsed, encoded, its signature equation checked where the key is known.
#[derive(Debug)]
pub struct Prepared {
    action: Action,
    body: Vec<u8>,
    body_digest: Sha256Hash,
    signature: Signature,
}

impl Prepared {
    /// Prepares the compact text of an action.
    ///
    /// # Errors
    /// [`Refusal::Malformed`]; every other refusal is the writer's to give, in its order.
    pub fn new(text: &[u8], keys: &KeyRing) -> Result<Self, Refusal> {
        let action = Action::parse(text).map_err(Refusal::Malformed)?;
        let signature = match keys.get(&action.envelope.kid) {
            Some(key) if key.verifies(signed_part(text), &action.jws.signature) => Signature::Holds,
            Some(_) => Signature::Fails,
            None => Signature::Unchecked,
        };
        let body = encode_body(&action.jws);
        let body_digest = sha256(&[&body]);
        Ok(Self { action, body, body_digest, signature })
    }

    /// What was parsed.
    pub fn action(&self) -> &Action {
        &self.action
    }
}

/// The part of a compact text that is signed: everything before the last dot of the JWS. Base64url is canonical here, so it is
/// what encoding the parts again would give.
fn signed_part(text: &[u8]) -> &[u8] {
    let signed = text.split(|byte| *byte == b'~').next().unwrap_or_default();
    let dot = signed.iter().rposition(|byte| *byte == b'.').unwrap_or_default();
    signed.get(..dot).unwrap_or_default()
}

/// What became of an action that stands on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its position.
    pub seq: u64,
    /// When it was recorded.
    pub recorded_at: Micros,
    /// Its leaf hash in the tree.
    pub leaf: Sha256Hash,
    /// Whether it stood there already, and this is the first answer again.
    pub again: bool,
    /// The record, as stored.
    pub record: Record,
}

/// A record's bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its header.
    pub header: Vec<u8>,
    /// Its body.
    pub body: Vec<u8>,
}

/// The answer to one action.
pub type Answer = Result<Recorded, Refusal>;

/// The answers to a request, in order, and the checkpoint under which all recorded ones stand.
#[derive(Debug)]
pub struct Answers {
    /// One for each action.
    pub answers: Vec<Answer>,
    /// The newest checkpoint; `None` only while the log is empty.
    pub checkpoint: Option<SignedCheckpoint>,
}

/// Why a request got no answer. None of these says that the actions were not recorded unless it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// Too many wait already: nothing was taken. Try again later.
    QueueFull,
    /// A write failed: outcome unknown. Send the same bytes again once the ledger is back.
    Poisoned,
    /// This directory takes no entries.
    ReadOnly(ReadOnly),
    /// The clock cannot be right: nothing was taken until an operator confirms it.
    Clock(ClockFault),
    /// The ledger is going down: nothing was taken.
    ShuttingDown,
    /// An earlier entry that the request is about cannot be read from either copy. Of a batch the rest may have been taken.
    Damaged {
        /// Its position.
        entry: u64,
    },
}

/// Why a directory takes no entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// It is a copy: restored, cloned or moved across file systems.
    Copied,
    /// It is older than the last checkpoint that was signed.
    Older {
        /// The size that was signed.
        signed: u64,
    },
    /// Another history than this one was signed.
    Forked,
    /// The ledger's secret key is not here.
    NoKey,
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::QueueFull => f.write_str("too many requests are waiting; nothing was taken, try again later"),
            Self::Poisoned => f.write_str("a write failed and the outcome is unknown; send the same bytes again once the ledger is back"),
            Self::ReadOnly(reason) => reason.fmt(f),
            Self::Clock(ClockFault::Behind { by_us }) => {
                write!(f, "the clock is {} s behind the log's last entry; an operator has to confirm it", by_us / 1_000_000)
            }
            Self::Clock(ClockFault::Jumped { by_us }) => {
                write!(f, "the clock jumped ahead by {} s; an operator has to confirm it", by_us / 1_000_000)
            }
            Self::ShuttingDown => f.write_str("the ledger is going down; nothing was taken"),
            Self::Damaged { entry } => {
                write!(f, "entry {entry}, which this is about, is damaged in both copies; an operator has to repair the log")
            }
        }
    }
}

impl std::fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Copied => f.write_str("this directory is a copy and takes no entries until it is shown the newest checkpoint (`caseledger resume`)"),
            Self::Older { signed } => write!(f, "this directory is older than the last checkpoint that was signed, of size {signed}; it takes no entries"),
            Self::Forked => f.write_str("another history than this one was signed; this directory takes no entries"),
            Self::NoKey => f.write_str("the ledger's secret key is not here; this directory takes no entries"),
        }
    }
}

/// Who is told of every commit: the size it reached.
pub type Followers = Arc<Mutex<Vec<Box<dyn Fn(u64) + Send>>>>;

type Reply = Box<dyn FnOnce(Result<Answers, Unavailable>) + Send>;

enum Message {
    Submit(Vec<Prepared>, Reply),
    ConfirmClock,
    Stop,
}

/// A commit that has not come to its end after so long never will: after a failed write sled may wait for itself.
pub const STUCK_AFTER: Duration = Duration::from_secs(45);

/// Since when the writer has been waiting for the disk.
#[derive(Debug, Default)]
struct Waiting(Mutex<Option<Instant>>);

impl Waiting {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn is_too_long(&self) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() > STUCK_AFTER)
    }
}

/// The door to the writer.
#[derive(Debug)]
pub struct Gate {
    queue: SyncSender<Message>,
    closing: AtomicBool,
    poisoned: Arc<AtomicBool>,
    waiting: Arc<Waiting>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Submit(..) => "Submit",
            Self::ConfirmClock => "ConfirmClock",
            Self::Stop => "Stop",
        })
    }
}

impl Gate {
    /// Hands a request to the writer; the reply comes when everything in it is durable.
    pub fn submit(&self, actions: Vec<Prepared>, reply: Reply) {
        if self.closing.load(Ordering::Acquire) {
            return reply(Err(Unavailable::ShuttingDown));
        }
        if self.is_poisoned() {
            return reply(Err(Unavailable::Poisoned));
        }
        match self.queue.try_send(Message::Submit(actions, reply)) {
            Err(TrySendError::Full(Message::Submit(_, reply))) => {
                reply(Err(Unavailable::QueueFull));
            }
            Err(TrySendError::Disconnected(Message::Submit(_, reply))) => {
                let closing = self.closing.load(Ordering::Acquire);
                reply(Err(if closing { Unavailable::ShuttingDown } else { Unavailable::Poisoned }));
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// An operator confirms the clock.
    pub fn confirm_clock(&self) {
        let _ = self.queue.send(Message::ConfirmClock);
    }

    /// Whether a write has failed, or does not come to its end.
    pub fn is_poisoned(&self) -> bool {
        if self.waiting.is_too_long() && !self.poisoned.swap(true, Ordering::AcqRel) {
            tracing::error!("a write does not come to its end: the ledger has to be restarted");
        }
        self.poisoned.load(Ordering::Acquire)
    }

    /// Refuses new requests, answers those that wait, and ends the writer.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        let mut stop = Some(Message::Stop);
        while !thread.is_finished() && !self.waiting.is_too_long() {
            // The queue may be full, and whoever empties it may hang.
            stop = stop.and_then(|message| match self.queue.try_send(message) {
                Err(TrySendError::Full(message)) => Some(message),
                Ok(()) | Err(TrySendError::Disconnected(_)) => None,
            });
            std::thread::sleep(Duration::from_millis(1));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

/// Everything the writer owns.
pub struct Writer {
    /// What admission knows.
    pub state: State,
    /// The tree's right edge.
    pub frontier: Frontier,
    /// The first copy; gone only if writing it anew failed.
    pub engine: Option<Engine>,
    /// The second copy.
    pub segments: Segments,
    /// The streams' keys.
    pub vault: Arc<Mutex<Vault>>,
    /// The ledger's keys.
    pub ledger_keys: LedgerKeys,
    /// The memory of what was signed.
    pub signed: Signed,
    /// What readers see.
    pub published: Arc<Mutex<Option<Arc<Published>>>>,
    /// The time.
    pub clock: Clock,
    /// What to do after each commit: the size it reached.
    pub followers: Followers,
    /// Where and how often derived indexes are saved.
    pub snapshots: Snapshots,
    /// The file that tells the next opening of a write that failed.
    pub unsynced: PathBuf,
}

/// A commit, planned: everything that will be true once it is durable.
#[derive(Default)]
struct Plan {
    records: Vec<Planned>,
    streams: HashMap<StreamKey, StreamHead>,
    leaves: Vec<Sha256Hash>,
    nodes: Vec<(NodeId, Sha256Hash)>,
    registry_changed: bool,
    new_keys: bool,
    withheld: Vec<Seq>,
    /// Streams whose keys are to be forgotten, with the positions that say so.
    erased: Vec<(StreamKey, u64)>,
}

struct Planned {
    header: [u8; HEADER_LEN],
    body: Vec<u8>,
    body_digest: Sha256Hash,
    sealed: Vec<u8>,
}

/// What is known of an answer before the commit is durable.
enum Pending {
    Refused(Refusal),
    /// The record at this place of the plan.
    New(usize),
    /// The record at this place of the plan, sent twice in one batch.
    Twice(usize),
    /// A record that was durable before.
    Again(Box<Recorded>),
    /// The record at this position is needed for the answer, and neither copy has it whole.
    Unreadable(u64),
}

/// A failure after which the durable state is unknown.
struct Fatal;

/// An entry that neither copy has whole.
struct Unreadable(u64);

impl Writer {
    /// Starts the writer's thread.
    pub fn start(self) -> Gate {
        let (queue, requests) = sync_channel(QUEUE_MAX);
        let poisoned = Arc::new(AtomicBool::new(false));
        let flag = poisoned.clone();
        let waiting = Arc::new(Waiting::default());
        let waits = waiting.clone();
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || self.run(&requests, &flag, &waits));
        if thread.is_err() {
            poisoned.store(true, Ordering::Release);
        }
        Gate {
            queue,
            closing: AtomicBool::new(false),
            poisoned,
            waiting,
            thread: Mutex::new(thread.ok()),
        }
    }

    fn run(mut self, requests: &Receiver<Message>, poisoned: &Arc<AtomicBool>, waiting: &Waiting) {
        // A panic must not leave requests waiting for ever, nor a half-known state in use.
        let _guard = PoisonOnUnwind(poisoned.clone());
        let mut stamps = Stamps::after(self.state.recorded_at());
        let (work, copier) = Copier::start();
        let mut stopping = false;
        while !stopping {
            let Ok(first) = requests.recv() else { break };
            let batch = gather(first, requests, &mut stamps, &mut stopping);
            if batch.is_empty() {
                continue;
            }
            if poisoned.load(Ordering::Acquire) {
                for (_, reply) in batch {
                    reply(Err(Unavailable::Poisoned));
                }
                continue;
            }
            waiting.set(Some(Instant::now()));
            let served = self.serve(batch, &mut stamps, &work, poisoned);
            waiting.set(None);
            if served.is_err() {
                tracing::error!(
                    "a write failed: the ledger takes no further entries until it is restarted"
                );
                poisoned.store(true, Ordering::Release);
                // A disk that takes nothing any more does not take this either.
                if let Err(error) = mark(&self.unsynced) {
                    tracing::error!(%error, "the failure could not be noted");
                }
            }
        }
        // A request may have come through the gate while it closed.
        while let Ok(message) = requests.try_recv() {
            if let Message::Submit(_, reply) = message {
                reply(Err(Unavailable::ShuttingDown));
            }
        }
        drop(work);
        let _ = copier.join();
        if poisoned.load(Ordering::Acquire) {
            if let Some(engine) = self.engine.take() {
                engine.forget();
            }
        } else {
            self.snapshots.save_now(&self.state, &self.frontier, &self.published);
        }
    }

    fn serve(
        &mut self,
        batch: Vec<(Vec<Prepared>, Reply)>,
        stamps: &mut Stamps,
        work: &SyncSender<CopyWork>,
        poisoned: &AtomicBool,
    ) -> Result<(), Fatal> {
        let now = match stamps.stamp((self.clock)()) {
            Ok(now) => now,
            Err(fault) => {
                for (_, reply) in batch {
                    reply(Err(Unavailable::Clock(fault)));
                }
                return Ok(());
            }
        };
        let mut plan = Plan::default();
        let base = self.state.size();
        let mut requests = Vec::with_capacity(batch.len());
        for (actions, reply) in batch {
            let pending: Result<Vec<_>, Fatal> = actions
                .into_iter()
                .map(|prepared| self.plan(prepared, now, base, &mut plan))
                .collect();
            requests.push((pending, reply));
        }
        let committed = if requests.iter().any(|(pending, _)| pending.is_err()) {
            Err(Fatal)
        } else if plan.records.is_empty() {
            Ok(())
        } else {
            self.commit(&plan, now, work)
        };
        if committed.is_err() {
            // Whoever is told finds the store poisoned.
            poisoned.store(true, Ordering::Release);
            for (_, reply) in requests {
                reply(Err(Unavailable::Poisoned));
            }
            return Err(Fatal);
        }
        let checkpoint = self.checkpoint();
        for (pending, reply) in requests {
            let settled = pending
                .unwrap_or_default()
                .into_iter()
                .map(|pending| settle(pending, &plan, base, now))
                .collect();
            reply(match settled {
                Ok(answers) => Ok(Answers { answers, checkpoint: checkpoint.clone() }),
                Err(Unreadable(entry)) => Err(Unavailable::Damaged { entry }),
            });
        }
        self.after_commit(&plan)
    }

    fn checkpoint(&self) -> Option<SignedCheckpoint> {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.as_ref().map(|published| published.checkpoint().0)
    }

    fn engine(&self) -> Result<&Engine, Fatal> {
        self.engine.as_ref().ok_or(Fatal)
    }

    /// Step 1 for one action.
    fn plan(
        &mut self,
        prepared: Prepared,
        now: Micros,
        base: u64,
        plan: &mut Plan,
    ) -> Result<Pending, Fatal> {
        let effect = match admit(&self.state, &prepared.action, prepared.signature, now) {
            Err(refusal) => return Ok(Pending::Refused(refusal)),
            Ok(Admission::Seen(first)) => {
                let seen = self.seen(first, &prepared, base, plan);
                return Ok(seen.unwrap_or_else(|Unreadable(entry)| Pending::Unreadable(entry)));
            }
            Ok(Admission::New(effect)) => effect,
        };
        match self.cannot_do(&effect, base, plan) {
            Ok(None) => {}
            Ok(Some(refusal)) => return Ok(Pending::Refused(refusal)),
            Err(Unreadable(entry)) => return Ok(Pending::Unreadable(entry)),
        }
        let stream = effect.stream.key();
        let header = self.state.next_header(&effect.stream, now, prepared.body_digest);
        let sealed = self.seal(&prepared, stream, header.seq, plan)?;
        let bytes = header.encode();
        let leaf = record_leaf(&bytes);
        let nodes = &mut plan.nodes;
        self.frontier.append(leaf, |id, hash| nodes.push((id, hash)));
        self.state.evolve(&header, header_hash(&bytes), &effect);
        plan.leaves.push(leaf);
        plan.streams.insert(stream, StreamHead { head: header.seq, length: header.stream_number });
        plan.registry_changed |= effect.stream.kind() == StreamType::Registry;
        match effect.content {
            Some(Act::BodyWithheld(withheld)) => plan.withheld.push(withheld.entry),
            Some(Act::Erased(erased)) => plan.erased.push((erased.target.key(), header.seq)),
            _ => {}
        }
        plan.records.push(Planned {
            header: bytes,
            body: prepared.body,
            body_digest: prepared.body_digest,
            sealed,
        });
        Ok(Pending::New(plan.records.len() - 1))
    }

    /// What only the store can refuse: a ledger key whose secret is not here, a body whose removal would take more with it.
    fn cannot_do(
        &self,
        effect: &Effect,
        base: u64,
        plan: &Plan,
    ) -> Result<Option<Refusal>, Unreadable> {
        let refused = match &effect.content {
            Some(Act::LedgerFounded(founded))
                if self.ledger_keys.get(founded.ledger_key).is_none() =>
            {
                Some(Impossible::BadPossession)
            }
            Some(Act::LedgerKeySucceeded(succeeded))
                if self.ledger_keys.get(succeeded.ledger_key).is_none() =>
            {
                Some(Impossible::BadPossession)
            }
            Some(Act::BodyWithheld(withheld)) => {
                let entry = withheld.entry.0;
                let record = match planned_at(plan, base, entry) {
                    Some((_, planned)) => planned.record(),
                    None => self.stored(entry)?,
                };
                let stub = stub_for(&record.header, &record.body);
                // What both signers say stays of the entry must be what will stay.
                let able = stub.as_deref().and_then(stub_of).is_some_and(|stub| {
                    let stays = Effect::from_stub(stub);
                    sha256(&[stub]) == withheld.stub
                        && stays.is_some_and(|stays| stays.stream == withheld.target)
                });
                (!able).then_some(Impossible::NotWithholdable)
            }
            _ => None,
        };
        Ok(refused.map(Refusal::Impossible))
    }

    /// A record that is durable, from whichever copy has it whole.
    fn stored(&self, entry: u64) -> Result<Record, Unreadable> {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let published = published.ok_or(Unreadable(entry))?;
        if let Ok(Some(record)) = published.record(entry) {
            return Ok(Record { header: record.header, body: record.body });
        }
        tracing::error!(entry, "an entry is damaged in the segments; run `caseledger verify`");
        let frame = self.engine.as_ref().and_then(|engine| {
            let first = engine.first_at_or_before(entry).ok().flatten()?;
            engine.frame(first).ok().flatten()
        });
        let Some(Found::Frame(frame)) = frame.as_deref().map(decode) else {
            return Err(Unreadable(entry));
        };
        let within = entry.checked_sub(frame.first).and_then(|within| usize::try_from(within).ok());
        let record =
            within.and_then(|within| frame.records.get(within)).ok_or(Unreadable(entry))?;
        Ok(Record { header: record.header.to_vec(), body: record.body.to_vec() })
    }

    fn seal(
        &self,
        prepared: &Prepared,
        stream: StreamKey,
        seq: u64,
        plan: &mut Plan,
    ) -> Result<Vec<u8>, Fatal> {
        if prepared.action.disclosures.is_empty() {
            return Ok(Vec::new());
        }
        let text = prepared
            .action
            .disclosures
            .iter()
            .fold(String::new(), |text, one| text + one.encoded() + "~");
        let mut vault = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes after an erasure, also in the same batch, is not erased by it.
        let erased_at =
            plan.erased.iter().rev().find(|(erased, _)| *erased == stream).map(|(_, at)| *at);
        let key = vault.key_for(stream, seq, erased_at).map_err(fatal)?;
        plan.new_keys = true;
        Vault::seal(&key, prepared.body_digest, text.as_bytes()).map_err(fatal)
    }

    fn seen(
        &self,
        first: Seq,
        prepared: &Prepared,
        base: u64,
        plan: &Plan,
    ) -> Result<Pending, Unreadable> {
        let other = || Pending::Refused(Refusal::OtherContent { first: first.0 });
        if let Some((place, planned)) = planned_at(plan, base, first.0) {
            let same = planned.body_digest == prepared.body_digest;
            return Ok(if same { Pending::Twice(place) } else { other() });
        }
        let record = self.stored(first.0)?;
        let header = Header::decode(&record.header).ok_or(Unreadable(first.0))?;
        if header.body != prepared.body_digest.0 {
            return Ok(other());
        }
        let leaf = record_leaf(&record.header);
        let recorded =
            Recorded { seq: first.0, recorded_at: header.time(), leaf, again: true, record };
        Ok(Pending::Again(Box::new(recorded)))
    }

    /// Steps 2 to 4.
    fn commit(
        &mut self,
        plan: &Plan,
        now: Micros,
        work: &SyncSender<CopyWork>,
    ) -> Result<(), Fatal> {
        let head = self.frontier.head();
        let registry = self.state.registry();
        let origin = registry.origin().ok_or(Fatal)?.clone();
        let key = registry
            .ledger_key_at(head.size)
            .and_then(|key| self.ledger_keys.get(key))
            .ok_or(Fatal)?;
        let checkpoint = Checkpoint { origin, head }.sign(key);
        let frames = Arc::new(frames_of(plan, head.size, &checkpoint.to_text()).ok_or(Fatal)?);

        let (places, files) = self.write_both(&frames, plan.new_keys, work)?;

        let addition = Addition {
            checkpoint,
            recorded_at: now,
            frames: places,
            files,
            streams: plan.streams.iter().map(|(key, head)| (*key, *head)).collect(),
            leaves: plan.leaves.clone(),
            nodes: plan.nodes.clone(),
            registry: plan.registry_changed.then(|| self.state.registry().clone()),
        };
        self.publish(addition)?;
        self.signed.remember(head).map_err(fatal)
    }

    /// Step 3: the keyring, then both copies, synced concurrently. The other copy's thread owns the segment files meanwhile.
    fn write_both(
        &mut self,
        frames: &Arc<Vec<(u64, Vec<u8>)>>,
        new_keys: bool,
        work: &SyncSender<CopyWork>,
    ) -> Result<(Vec<FrameRef>, Vec<Arc<File>>), Fatal> {
        if new_keys {
            // Before anything of the commit can survive: an entry whose key is lost would never open again.
            self.vault.lock().unwrap_or_else(PoisonError::into_inner).sync().map_err(fatal)?;
        }
        let files_before = self.segments.files().len();
        let (places, tail) = self.segments.append(frames).map_err(fatal)?;
        let small = frames.len() == 1;
        // A small commit waits for the disk: the engine's message goes out first. A large one keeps both cores busy.
        if small {
            self.engine()?.put(frames).map_err(fatal)?;
        }
        let (done, wait) = sync_channel(1);
        work.send(CopyWork { tail, done }).map_err(fatal)?;
        if !small {
            self.engine()?.put(frames).map_err(fatal)?;
        }
        let engine = self.engine()?.sync().map_err(fatal);
        let copy = wait.recv().map_err(fatal)?;
        engine?;
        copy?;
        let new_file = self.segments.files().len() != files_before;
        Ok((places, if new_file { self.segments.files().to_vec() } else { Vec::new() }))
    }

    fn publish(&mut self, addition: Addition) -> Result<(), Fatal> {
        let mut slot = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(published) = &*slot {
            published.add(addition);
            return Ok(());
        }
        // The founding: from now on there is something to show.
        let mut upper = crate::published::UpperNodes::default();
        addition.nodes.iter().for_each(|(id, hash)| upper.push(*id, *hash));
        let beginning = crate::published::Beginning {
            checkpoint: addition.checkpoint,
            frames: addition.frames,
            files: addition.files,
            upper,
        };
        *slot = Some(Arc::new(Published::new(beginning, &self.state).map_err(fatal)?));
        Ok(())
    }

    /// What follows from a commit and delays no answer.
    fn after_commit(&mut self, plan: &Plan) -> Result<(), Fatal> {
        if plan.records.is_empty() {
            return Ok(());
        }
        for entry in &plan.withheld {
            let published = self
                .published
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
                .ok_or(Fatal)?;
            withhold_body(&published, self.engine()?, *entry).map_err(fatal)?;
        }
        if !plan.withheld.is_empty() {
            let engine = self.engine.take().ok_or(Fatal)?;
            self.engine =
                Some(engine.rewrite(self.state.withheld().count() as u64).map_err(fatal)?);
        }
        if !plan.erased.is_empty() {
            self.vault
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .rotate(&plan.erased)
                .map_err(fatal)?;
        }
        let size = self.state.size();
        self.followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|follower| follower(size));
        self.snapshots.save_if_due(&self.state, &self.frontier, &self.published);
        Ok(())
    }
}

/// The record at a position that this plan will fill, and its place in it.
fn planned_at(plan: &Plan, base: u64, position: u64) -> Option<(usize, &Planned)> {
    let place = usize::try_from(position.checked_sub(base)?).ok()?;
    Some((place, plan.records.get(place)?))
}

impl Planned {
    fn record(&self) -> Record {
        Record { header: self.header.to_vec(), body: self.body.clone() }
    }
}

/// Everything from the queue that fits one batch.
fn gather(
    first: Message,
    requests: &Receiver<Message>,
    stamps: &mut Stamps,
    stopping: &mut bool,
) -> Vec<(Vec<Prepared>, Reply)> {
    let mut batch = Vec::new();
    let mut records = 0;
    let mut next = Ok(first);
    loop {
        match next {
            Ok(Message::Submit(actions, reply)) => {
                records += actions.len();
                batch.push((actions, reply));
            }
            Ok(Message::ConfirmClock) => stamps.confirm(),
            // What came before the stop is in the batch; the gate lets nothing in after it.
            Ok(Message::Stop) => *stopping = true,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return batch,
        }
        if records >= BATCH_FULL_AT || *stopping {
            return batch;
        }
        next = requests.try_recv();
    }
}

fn settle(pending: Pending, plan: &Plan, base: u64, now: Micros) -> Result<Answer, Unreadable> {
    let (place, again) = match pending {
        Pending::Refused(refusal) => return Ok(Err(refusal)),
        Pending::Again(recorded) => return Ok(Ok(*recorded)),
        Pending::Unreadable(entry) => return Err(Unreadable(entry)),
        Pending::New(place) => (place, false),
        Pending::Twice(place) => (place, true),
    };
    let record = plan.records.get(place).map(Planned::record).unwrap_or_default();
    let leaf = plan.leaves.get(place).copied().unwrap_or_default();
    Ok(Ok(Recorded { seq: base + place as u64, recorded_at: now, leaf, again, record }))
}

/// The frames of a commit; the last one carries the checkpoint.
fn frames_of(plan: &Plan, end: u64, checkpoint: &str) -> Option<Vec<(u64, Vec<u8>)>> {
    let stored: Vec<Stored<'_>> = plan
        .records
        .iter()
        .map(|planned| Stored {
            header: &planned.header,
            body: &planned.body,
            sealed: &planned.sealed,
        })
        .collect();
    let mut frames = Vec::new();
    let mut first = end - stored.len() as u64;
    let mut rest = stored.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(RECORDS_MAX).take_while(|record| {
            let fits = bytes == 0
                || bytes + record.body.len() + record.sealed.len() + HEADER_LEN <= FULL_AT;
            bytes += record.body.len() + record.sealed.len() + HEADER_LEN;
            fits
        });
        let (here, after) = rest.split_at_checked(fitting.count())?;
        frames.push((first, encode(first, here, after.is_empty().then_some(checkpoint))?));
        first += here.len() as u64;
        rest = after;
    }
    Some(frames)
}

/// Syncs the second copy while the writer's own thread syncs the first.
struct Copier;

struct CopyWork {
    tail: SegmentTail,
    done: SyncSender<Result<(), Fatal>>,
}

impl Copier {
    fn start() -> (SyncSender<CopyWork>, JoinHandle<()>) {
        let (work, orders) = sync_channel::<CopyWork>(1);
        let thread = std::thread::spawn(move || {
            for order in orders {
                let _ = order.done.send(order.tail.sync().map_err(fatal));
            }
        });
        (work, thread)
    }
}

/// Makes an empty file, durably.
fn mark(path: &Path) -> std::io::Result<()> {
    File::create(path)?.sync_all()?;
    path.parent().map_or(Ok(()), sync_directory)
}

fn fatal(error: impl std::fmt::Display) -> Fatal {
    tracing::error!(%error, "the store failed");
    Fatal
}

struct PoisonOnUnwind(Arc<AtomicBool>);

impl Drop for PoisonOnUnwind {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gate before a writer that waits for the disk since so long, and never ends.
    fn gate_before_a_wait_of(long: Duration) -> (Gate, Receiver<Message>, SyncSender<()>) {
        let (queue, requests) = sync_channel(1);
        let (end, hung) = sync_channel::<()>(0);
        let waiting = Arc::new(Waiting::default());
        waiting.set(Instant::now().checked_sub(long));
        let thread = std::thread::spawn(move || {
            let _ = hung.recv();
        });
        let gate = Gate {
            queue,
            closing: AtomicBool::new(false),
            poisoned: Arc::default(),
            waiting,
            thread: Mutex::new(Some(thread)),
        };
        (gate, requests, end)
    }

    #[test]
    fn a_disk_that_never_answers_poisons_and_keeps_nobody_from_closing() {
        let (gate, _requests, _end) = gate_before_a_wait_of(Duration::from_secs(1));
        assert!(!gate.is_poisoned(), "a slow disk is no dead one");
        let (gate, _requests, _end) = gate_before_a_wait_of(STUCK_AFTER + Duration::from_secs(1));
        let (tell, told) = sync_channel(1);
        let reply = move |answers: Result<Answers, _>| tell.send(answers.err()).unwrap();
        gate.submit(Vec::new(), Box::new(reply));
        assert_eq!(told.recv().unwrap(), Some(Unavailable::Poisoned));
        assert!(gate.is_poisoned());
        gate.close();
    }
}
