//! The one verification: chain, links, admission, signatures, tree and checkpoints of a log, entry by entry.
//!
//! Store, command line, API and tests all call this. The work on one entry is cut in three, so that a shell with threads can
//! overlap them: [`read`] looks at one entry alone, [`Auditor::take`] holds it against everything before it, in order, and
//! [`SignatureJob::holds`] checks the equation.

use std::collections::BTreeMap;
use std::fmt;

use crate::admission::{Admission, Signature, admit_recorded, find_key};
use crate::checkpoint::{CheckpointFault, SignedCheckpoint};
use crate::envelope::{Action, Envelope, Jws};
use crate::hash::{Blake3Hash, Sha256Hash, sha256};
use crate::names::{Origin, PublicKey, Stream};
use crate::record::{Header, RULES, decode_body, header_hash, is_withheld, record_leaf, stub_of};
use crate::refusal::Refusal;
use crate::registry::KeyRing;
use crate::signing::VerifyingKey;
use crate::state::{Effect, State, Withheld};
use crate::tree::{Frontier, NodeId};

/// What is wrong with an entry or a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The header is none of a known version.
    Header,
    /// The body is not the one that the header commits to.
    BodyDigest,
    /// The body is no signed action, or its claims cannot be read.
    Body,
    /// The stub in a withheld body's place is damaged.
    Stub,
    /// The position in the header is not the next one.
    Position {
        /// The position that was due.
        due: u64,
        /// The position that was found.
        found: u64,
    },
    /// The chain is broken: the header does not follow the one before.
    Chain,
    /// The recorded time goes back.
    TimeGoesBack,
    /// The link to the stream's earlier entries is wrong.
    StreamLink,
    /// The admission rules' version is not known.
    UnknownRules(u16),
    /// The same action stands on the log twice.
    Doubled {
        /// Where it stood first.
        first: u64,
    },
    /// The entry should never have been admitted.
    NotAdmissible(Refusal),
    /// The action's signature is wrong.
    Signature,
    /// The content is gone, and no entry withholds it.
    Withheld,
    /// The checkpoint is not this ledger's.
    Checkpoint(CheckpointFault),
    /// The checkpoint's root is not the root of the entries below its size.
    Root,
    /// The entry is not the one that a receipt was given for.
    NotAsReceipted,
    /// Entries are missing that a checkpoint counts.
    Missing {
        /// How many entries there should be.
        due: u64,
    },
    /// A stored frame is damaged.
    Frame,
    /// The two copies of the log say different things.
    CopiesDiffer,
}

impl Flaw {
    /// A code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::BodyDigest => "body_digest",
            Self::Body => "body",
            Self::Stub => "stub",
            Self::Position { .. } => "position",
            Self::Chain => "chain",
            Self::TimeGoesBack => "time_goes_back",
            Self::StreamLink => "stream_link",
            Self::UnknownRules(_) => "unknown_rules",
            Self::Doubled { .. } => "doubled",
            Self::NotAdmissible(_) => "not_admissible",
            Self::Signature => "signature",
            Self::Withheld => "withheld",
            Self::Checkpoint(_) => "checkpoint",
            Self::Root => "root",
            Self::NotAsReceipted => "not_as_receipted",
            Self::Missing { .. } => "missing",
            Self::Frame => "frame",
            Self::CopiesDiffer => "copies_differ",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header is damaged or of an unknown version"),
            Self::BodyDigest => {
                f.write_str("the content is not the one that the header commits to: it was altered")
            }
            Self::Body => f.write_str("the content is no signed action"),
            Self::Stub => f.write_str("what stands in place of the withheld content is damaged"),
            Self::Position { due, found } => write!(
                f,
                "position {found} stands where {due} is due: an entry was dropped, inserted or moved"
            ),
            Self::Chain => {
                f.write_str("the chain is broken: this entry does not follow the one before it")
            }
            Self::TimeGoesBack => f.write_str("the recorded time goes back"),
            Self::StreamLink => {
                f.write_str("the link to the earlier entries of its stream is wrong")
            }
            Self::UnknownRules(rules) => {
                write!(f, "admission rules {rules} are not known to this program")
            }
            Self::Doubled { first } => write!(f, "the same action stands at {first} already"),
            Self::NotAdmissible(refusal) => {
                write!(f, "the entry should never have been admitted: {refusal}")
            }
            Self::Signature => f.write_str("the signature does not fit the content and the key"),
            Self::Withheld => f.write_str("the content is gone and no entry withholds it"),
            Self::Checkpoint(fault) => fault.fmt(f),
            Self::Root => f.write_str(
                "the checkpoint was signed over other entries than these: history was rewritten",
            ),
            Self::NotAsReceipted => f.write_str(
                "this is not the entry that a receipt was given for: history was rewritten",
            ),
            Self::Missing { due } => {
                write!(f, "a signed checkpoint counts {due} entries: some are missing")
            }
            Self::Frame => f.write_str("the stored bytes are damaged"),
            Self::CopiesDiffer => f.write_str("the two copies of the log say different things"),
        }
    }
}

/// A flaw and the position of the first entry it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry's position.
    pub at: u64,
    /// What is wrong.
    pub flaw: Flaw,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.at, self.flaw)
    }
}

/// What an entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A signed action, its disclosures elsewhere.
    Action(Box<Action>),
    /// Content withheld, commitment intact: what is left of it.
    Withheld(Box<Effect>),
}

/// One entry, read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its header.
    pub header: Header,
    /// What the next header's `previous` must be.
    pub hash: Blake3Hash,
    /// Its leaf in the tree.
    pub leaf: Sha256Hash,
    /// What it holds.
    pub content: Content,
}

impl Entry {
    /// The stream it stands on.
    pub fn stream(&self) -> &Stream {
        match &self.content {
            Content::Action(action) => &action.envelope.stream,
            Content::Withheld(effect) => &effect.stream,
        }
    }

    /// What it says, unless that is withheld.
    pub fn envelope(&self) -> Option<&Envelope> {
        match &self.content {
            Content::Action(action) => Some(&action.envelope),
            Content::Withheld(_) => None,
        }
    }
}

/// Reads one entry from its stored bytes and checks what can be checked by looking at it alone.
pub fn read(header_bytes: &[u8], body: &[u8]) -> Result<Entry, Flaw> {
    let header = Header::decode(header_bytes).ok_or(Flaw::Header)?;
    let content = if is_withheld(body) {
        let effect = stub_of(body).and_then(Effect::from_stub).ok_or(Flaw::Stub)?;
        Content::Withheld(Box::new(effect))
    } else {
        if sha256(&[body]).0 != header.body {
            return Err(Flaw::BodyDigest);
        }
        let jws = decode_body(body).ok_or(Flaw::Body)?;
        let envelope = Envelope::read(&jws).map_err(|_| Flaw::Body)?;
        Content::Action(Box::new(Action { jws, envelope, disclosures: Vec::new() }))
    };
    Ok(Entry { header, hash: header_hash(header_bytes), leaf: record_leaf(header_bytes), content })
}

/// A signature equation still to be checked.
#[derive(Debug, Clone)]
pub struct SignatureJob {
    /// The entry's position.
    pub at: u64,
    key: VerifyingKey,
    jws: Jws,
}

impl SignatureJob {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.key.verifies(&self.jws.signing_input(), &self.jws.signature)
    }
}

/// A checkpoint whose signature is still to be checked.
#[derive(Debug, Clone)]
pub struct CheckpointJob {
    origin: Origin,
    key: PublicKey,
    signed: SignedCheckpoint,
}

impl CheckpointJob {
    /// The key that must have signed.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The checkpoint, if the ledger signed it.
    pub fn open(self) -> Result<SignedCheckpoint, Flaw> {
        self.signed.open(&self.origin, self.key).map_err(Flaw::Checkpoint)
    }
}

/// The state of an audit: what all entries so far add up to.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    state: State,
    frontier: Frontier,
    keys: KeyRing,
    /// Entries whose body is gone, with what stands in its place.
    bodies_gone: BTreeMap<u64, Withheld>,
}

impl Auditor {
    /// Goes on from a state that was reached before, by whoever can vouch for it.
    pub fn resume(state: State, frontier: Frontier) -> Self {
        let keys = KeyRing::of(state.registry());
        Self { state, frontier, keys, bodies_gone: BTreeMap::new() }
    }

    /// What admission knows after the entries so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The tree of the entries so far.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Gives up the audit for what it has reached.
    pub fn into_parts(self) -> (State, Frontier) {
        (self.state, self.frontier)
    }

    /// Holds an entry against everything before it and takes it in. Each completed tree node is reported.
    ///
    /// # Errors
    /// The flaw; nothing was taken in then.
    pub fn take(
        &mut self,
        entry: Entry,
        completed: impl FnMut(NodeId, Sha256Hash),
    ) -> Result<Option<SignatureJob>, Flaw> {
        let header = &entry.header;
        self.check_place(header)?;
        let link = self.state.link(entry.stream());
        if (header.stream_number, header.stream_previous) != (link.number, link.previous) {
            return Err(Flaw::StreamLink);
        }
        let (effect, job) = match entry.content {
            Content::Action(action) => {
                let action = *action;
                let admitted =
                    admit_recorded(&self.state, &action, Signature::Holds, header.time());
                let effect = match admitted.map_err(Flaw::NotAdmissible)? {
                    Admission::New(effect) => effect,
                    Admission::Seen(first) => return Err(Flaw::Doubled { first: first.0 }),
                };
                let key = self.verifying_key(&action.envelope)?;
                (effect, Some(SignatureJob { at: header.seq, key, jws: action.jws }))
            }
            Content::Withheld(effect) => {
                let stub = sha256(&[&effect.to_stub()]).0;
                let gone = Withheld { stub, stream: effect.stream.key() };
                self.bodies_gone.insert(header.seq, gone);
                (effect, None)
            }
        };
        self.state.evolve(header, entry.hash, &effect);
        self.frontier.append(entry.leaf, completed);
        if let Some(act) = &effect.content {
            self.keys.learn(act);
        }
        Ok(job)
    }

    /// The key that must have signed, from the ring where it has been taken apart already. A citizen's is not in there.
    fn verifying_key(&self, envelope: &Envelope) -> Result<VerifyingKey, Flaw> {
        let key = find_key(&self.state, envelope).map_err(Flaw::NotAdmissible)?;
        let known = self.keys.get(&envelope.kid).copied();
        known.or_else(|| VerifyingKey::new(key)).ok_or(Flaw::Signature)
    }

    fn check_place(&self, header: &Header) -> Result<(), Flaw> {
        if header.seq != self.state.size() {
            return Err(Flaw::Position { due: self.state.size(), found: header.seq });
        }
        if header.previous != self.state.previous_hash().0 {
            return Err(Flaw::Chain);
        }
        if header.rules != RULES {
            return Err(Flaw::UnknownRules(header.rules));
        }
        if header.time() < self.state.recorded_at() && header.seq > 0 {
            return Err(Flaw::TimeGoesBack);
        }
        Ok(())
    }

    /// Holds a checkpoint of the present size against the entries; its signature is left to the job.
    pub fn expect_checkpoint(&self, signed: SignedCheckpoint) -> Result<CheckpointJob, Flaw> {
        let size = signed.checkpoint.head.size;
        if size > self.state.size() {
            return Err(Flaw::Missing { due: size });
        }
        let registry = self.state.registry();
        let (Some(origin), Some(key)) = (registry.origin(), registry.ledger_key_at(size)) else {
            return Err(Flaw::Checkpoint(CheckpointFault::Unsigned));
        };
        if signed.checkpoint.head != self.frontier.head() {
            return Err(Flaw::Root);
        }
        Ok(CheckpointJob { origin: origin.clone(), key, signed })
    }

    /// Holds a checkpoint of the present size against the entries, signature included.
    pub fn check_checkpoint(&self, signed: SignedCheckpoint) -> Result<SignedCheckpoint, Flaw> {
        self.expect_checkpoint(signed)?.open()
    }

    /// The end of the log: every content that is gone must have been withheld by an entry, which says what is left of it.
    ///
    /// # Errors
    /// The first entry whose content is gone for no recorded reason, or in whose place something else stands.
    pub fn finish(&self) -> Result<(), Finding> {
        self.bodies_gone.iter().try_for_each(|(at, stub)| {
            match self.state.withholding(crate::names::Seq(*at)) {
                Some(signed) if signed == stub => Ok(()),
                Some(_) => Err(Finding { at: *at, flaw: Flaw::Stub }),
                None => Err(Finding { at: *at, flaw: Flaw::Withheld }),
            }
        })
    }
}
