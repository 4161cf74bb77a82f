//! What admission reads: small, derived from the log alone, and the same for everybody who replays it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

use crate::codes::OfficeCode;
use crate::envelope::Envelope;
use crate::hash::{Blake3Hash, Sha256Hash, index_key};
use crate::kinds::{Act, Facts, Kind};
use crate::names::{PublicKey, Seq, Stream, StreamKey, StreamType};
use crate::record::{Header, RULES};
use crate::registry::Registry;
use crate::time::Micros;

/// Hashes keys that are digests already by taking their first eight bytes.
#[derive(Default, Clone, Copy)]
pub struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }
}

/// A map whose keys are digests.
pub type DigestMap<K, V> = HashMap<K, V, BuildHasherDefault<DigestHasher>>;

/// A key in [`DigestMap`]s: `derive(Hash)` on a byte array would hash its length, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 16]);

impl std::hash::Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl From<StreamKey> for Fingerprint {
    fn from(key: StreamKey) -> Self {
        Self(key.0)
    }
}

/// The fingerprint of an action's identity: issuer, stream and id. One identity, one content.
pub fn identity(envelope: &Envelope) -> Fingerprint {
    let issuer = envelope.issuer.to_string();
    Fingerprint(index_key(&[
        issuer.as_bytes(),
        envelope.stream.as_str().as_bytes(),
        &envelope.id.0,
    ]))
}

/// One stream, as far as admission needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamState {
    /// Its last entry.
    pub head: Seq,
    /// How many entries it has.
    pub length: u64,
    /// What has happened.
    pub facts: u32,
    /// Which office holds it, as a number in [`State`]'s own list.
    holder: Option<u32>,
}

/// How an entry changes the state. For entries of casework this is all; a withheld body keeps it as its stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The stream.
    pub stream: Stream,
    /// The kind.
    pub kind: Kind,
    /// The identity that must not come again with other content.
    pub identity: Fingerprint,
    /// The office that holds the stream from now on.
    pub holder: Option<OfficeCode>,
    /// Offices that take part in it from now on.
    pub participants: Vec<OfficeCode>,
    /// The citizen's own key.
    pub citizen_key: Option<PublicKey>,
    /// The number in the stream of the entry that this one ends.
    pub ends: Option<u32>,
    /// The content, where the state needs all of it.
    pub content: Option<Act>,
}

impl Effect {
    /// What an action will change.
    pub fn of(envelope: &Envelope, act: &Act) -> Self {
        let mut effect = Self {
            stream: envelope.stream.clone(),
            kind: act.kind(),
            identity: identity(envelope),
            holder: None,
            participants: Vec::new(),
            citizen_key: act.own_key(),
            ends: None,
            content: None,
        };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "most kinds change nothing but the table's facts"
        )]
        match act {
            Act::Submitted(submitted) => effect.holder = Some(submitted.office),
            Act::SentUp(sent) => effect.participants = vec![sent.office],
            Act::TransferredTo(transferred) => effect.holder = Some(transferred.office),
            Act::HandedOver(handed) => effect.holder = handed.to_office,
            Act::Rated(rated) => effect.holder = Some(rated.office),
            // The office that took the complaint down goes on speaking for whoever came.
            Act::ComplaintFiled(filed) => {
                let taken_by =
                    envelope.issuer.office().filter(|office| Some(*office) != filed.office);
                effect.participants = filed.office.into_iter().chain(taken_by).collect();
            }
            Act::ComplaintAssigned(assigned) => {
                effect.holder = Some(assigned.office);
                effect.participants = assigned.co_offices.clone().unwrap_or_default();
            }
            Act::CardRaised(raised) => effect.holder = Some(raised.office),
            Act::CardProposed(proposed) => effect.holder = Some(proposed.office),
            Act::WarningRaised(raised) => effect.holder = Some(raised.office),
            Act::Urged(urged) => effect.holder = Some(urged.office),
            Act::BundleOpened(opened) => effect.holder = Some(opened.office),
            Act::ConsultationAsked(asked) => effect.holder = Some(asked.office),
            Act::AppointmentBooked(booked) => effect.holder = Some(booked.office),
            Act::AdviceGiven(given) => effect.holder = Some(given.office),
            Act::SpecialProcedureEnded(ended) => effect.ends = Some(ended.started),
            Act::Resumed(resumed) => effect.ends = Some(resumed.started),
            // The views need all of an order: withheld, it would be one no longer.
            Act::BodyWithheld(_)
            | Act::Erased(_)
            | Act::Restricted(_)
            | Act::Hidden(_)
            | Act::Unhidden(_) => effect.content = Some(act.clone()),
            _ if envelope.stream.kind() == StreamType::Registry => {
                effect.content = Some(act.clone());
            }
            _ => {}
        }
        effect
    }

    /// Whether the body may be withheld: everything else the state needs of it fits into a stub.
    pub fn is_withholdable(&self) -> bool {
        self.content.is_none()
    }

    /// The stub's bytes: see FORMAT.md section 4.3.
    pub fn to_stub(&self) -> Vec<u8> {
        let mut bytes = self.identity.0.to_vec();
        bytes.extend_from_slice(&self.kind.spec().number.to_le_bytes());
        let put = |bytes: &mut Vec<u8>, part: &[u8]| {
            bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(part);
        };
        put(&mut bytes, self.stream.as_str().as_bytes());
        put(&mut bytes, self.citizen_key.as_ref().map_or(&[], |key| &key.0[..]));
        bytes.extend_from_slice(&self.ends.unwrap_or(0).to_le_bytes());
        bytes.push(u8::from(self.holder.is_some()));
        for office in self.holder.iter().chain(&self.participants) {
            bytes.extend_from_slice(office.as_str().as_bytes());
        }
        bytes
    }

    /// Reads a stub.
    pub fn from_stub(bytes: &[u8]) -> Option<Self> {
        let (identity, rest) = bytes.split_first_chunk::<16>()?;
        let (kind, mut rest) = rest.split_first_chunk::<2>()?;
        let mut part = || {
            let (length, after) = rest.split_first()?;
            let (part, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            Some(part)
        };
        let (stream, key) = (part()?, part()?);
        let (ends, rest) = rest.split_first_chunk::<4>()?;
        let (has_holder, rest) = rest.split_first()?;
        let office = |code: &[u8]| OfficeCode::parse(std::str::from_utf8(code).ok()?).ok();
        let (holder, rest) = match has_holder {
            0 => (None, rest),
            1 => rest.split_at_checked(18).map(|(code, rest)| (Some(code), rest))?,
            _ => return None,
        };
        let participants: Option<Vec<_>> = rest.chunks(18).map(office).collect();
        let effect = Self {
            stream: Stream::parse(std::str::from_utf8(stream).ok()?)?,
            kind: Kind::from_number(u16::from_le_bytes(*kind))?,
            identity: Fingerprint(*identity),
            holder: if let Some(code) = holder { Some(office(code)?) } else { None },
            participants: participants?,
            citizen_key: if key.is_empty() { None } else { Some(PublicKey(key.try_into().ok()?)) },
            ends: Some(u32::from_le_bytes(*ends)).filter(|number| *number != 0),
            content: None,
        };
        // What a stub cannot say in full was never withheld.
        let whole = effect.kind.spec().on == effect.stream.kind()
            && effect.stream.kind() != StreamType::Registry
            && effect.kind.spec().on != StreamType::Removals;
        whole.then_some(effect)
    }
}

/// A start that waits for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Its number in the stream.
    pub number: u32,
    /// The number of its kind.
    pub kind: u16,
}

/// What a withholding said of the entry whose body it took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// SHA-256 of the stub that stands in the body's place.
    pub stub: [u8; 32],
    /// The stream on which the entry stands.
    pub stream: StreamKey,
}

/// Everything admission knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    next: u64,
    previous: [u8; 32],
    recorded_at: i64,
    registry: Registry,
    streams: DigestMap<Fingerprint, StreamState>,
    identities: DigestMap<Fingerprint, u64>,
    open: DigestMap<Fingerprint, Vec<Open>>,
    citizen_keys: DigestMap<Fingerprint, PublicKey>,
    /// Offices that hold a stream, by the number that stands in [`StreamState`].
    holders: Vec<OfficeCode>,
    holder_numbers: BTreeMap<OfficeCode, u32>,
    /// Offices besides the holder that take part in a stream.
    participants: DigestMap<Fingerprint, Vec<OfficeCode>>,
    /// Entries whose body was withheld.
    withheld: BTreeMap<u64, Withheld>,
    /// Streams whose personal data was erased, with the position of the entry that says so.
    erased: BTreeMap<StreamKey, u64>,
}

impl State {
    /// The position of the next entry: the size of the log.
    pub fn size(&self) -> u64 {
        self.next
    }

    /// What the next header's `previous` will be.
    pub fn previous_hash(&self) -> Blake3Hash {
        Blake3Hash(self.previous)
    }

    /// When the last entry was recorded.
    pub fn recorded_at(&self) -> Micros {
        Micros(self.recorded_at)
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A stream.
    pub fn stream(&self, stream: &Stream) -> Option<&StreamState> {
        self.streams.get(&stream.key().into())
    }

    /// Where an action with this identity stands.
    pub fn position_of(&self, identity: Fingerprint) -> Option<Seq> {
        self.identities.get(&identity).copied().map(Seq)
    }

    /// What has happened on a stream.
    pub fn facts(&self, stream: &Stream) -> Facts {
        Facts(self.stream(stream).map_or(0, |state| state.facts))
    }

    /// The office that holds a stream.
    pub fn holder(&self, stream: &Stream) -> Option<OfficeCode> {
        let number = self.stream(stream)?.holder?;
        self.holders.get(usize::try_from(number).ok()?).copied()
    }

    /// Whether an office holds a stream or takes part in it.
    pub fn takes_part(&self, stream: &Stream, office: &OfficeCode) -> bool {
        let others = self.participants.get(&stream.key().into());
        self.holder(stream).as_ref() == Some(office)
            || others.is_some_and(|others| others.contains(office))
    }

    /// The citizen's own key in a case.
    pub fn citizen_key(&self, stream: &Stream) -> Option<PublicKey> {
        self.citizen_keys.get(&stream.key().into()).copied()
    }

    /// Whether an entry of a stream started something of `kind` that has not ended.
    pub fn is_open(&self, stream: &Stream, number: u32, kind: Kind) -> bool {
        let open = Open { number, kind: kind.spec().number };
        self.open.get(&stream.key().into()).is_some_and(|starts| starts.contains(&open))
    }

    /// Whether an entry's body was withheld.
    pub fn is_withheld(&self, entry: Seq) -> bool {
        self.withheld.contains_key(&entry.0)
    }

    /// What the two signers of a withholding said of the entry, if its body was withheld.
    pub fn withholding(&self, entry: Seq) -> Option<&Withheld> {
        self.withheld.get(&entry.0)
    }

    /// The entries whose bodies were withheld.
    pub fn withheld(&self) -> impl Iterator<Item = Seq> {
        self.withheld.keys().copied().map(Seq)
    }

    /// The streams whose personal data was erased, each with the position of the last entry that says so.
    pub fn erased(&self) -> impl Iterator<Item = (StreamKey, Seq)> {
        self.erased.iter().map(|(stream, at)| (*stream, Seq(*at)))
    }

    /// All streams, as far as admission needs them.
    pub fn streams(&self) -> impl Iterator<Item = (StreamKey, &StreamState)> {
        self.streams.iter().map(|(key, state)| (StreamKey(key.0), state))
    }

    /// The link that an entry of this stream gets: its number, from 1, and the position of the one before.
    pub fn link(&self, stream: &Stream) -> Link {
        match self.stream(stream) {
            Some(state) => Link { number: state.length + 1, previous: state.head.0 },
            None => Link { number: 1, previous: self.next },
        }
    }

    /// The header of the next record: its place in the log and in its stream, after everything so far.
    pub fn next_header(&self, stream: &Stream, recorded_at: Micros, body: Sha256Hash) -> Header {
        let link = self.link(stream);
        Header {
            rules: RULES,
            seq: self.next,
            recorded_at: recorded_at.0,
            previous: self.previous,
            stream_number: link.number,
            stream_previous: link.previous,
            body: body.0,
        }
    }

    /// Takes in a recorded entry. Total: whatever stands on the log can be taken in.
    pub fn evolve(&mut self, header: &Header, header_hash: Blake3Hash, effect: &Effect) {
        let key: Fingerprint = effect.stream.key().into();
        let spec = effect.kind.spec();
        let seq = Seq(header.seq);
        self.next = header.seq.saturating_add(1);
        self.previous = header_hash.0;
        self.recorded_at = header.recorded_at;
        self.identities.entry(effect.identity).or_insert(header.seq);
        let before = self.streams.get(&key).copied();
        let facts = Facts(before.map_or(0, |state| state.facts)).after(spec.marks, spec.clears);
        let mut holder = before.and_then(|state| state.holder);
        if let Some(office) = effect.holder {
            // Whoever held it before still has to answer for that time.
            if let Some(replaced) =
                holder.and_then(|number| self.holders.get(usize::try_from(number).ok()?).copied())
            {
                self.add_participant(key, replaced);
            }
            holder = Some(self.number_of(office));
        }
        for office in &effect.participants {
            self.add_participant(key, *office);
        }
        self.streams.insert(
            key,
            StreamState { head: seq, length: header.stream_number, facts: facts.0, holder },
        );
        if let Some(citizen) = effect.citizen_key.filter(|_| before.is_none()) {
            self.citizen_keys.insert(key, citizen);
        }
        self.evolve_open(key, header, effect);
        if let Some(act) = &effect.content {
            self.registry.evolve(seq, act);
            if let Act::BodyWithheld(withheld) = act {
                let said = Withheld { stub: withheld.stub.0, stream: withheld.target.key() };
                self.withheld.insert(withheld.entry.0, said);
            }
            if let Act::Erased(erased) = act {
                self.erased.insert(erased.target.key(), header.seq);
            }
        }
    }

    fn evolve_open(&mut self, key: Fingerprint, header: &Header, effect: &Effect) {
        let number = u32::try_from(header.stream_number).unwrap_or(u32::MAX);
        if matches!(effect.kind, Kind::Suspended | Kind::SpecialProcedureStarted) {
            self.open
                .entry(key)
                .or_default()
                .push(Open { number, kind: effect.kind.spec().number });
        }
        if let Some(ended) = effect.ends
            && let Some(starts) = self.open.get_mut(&key)
        {
            starts.retain(|open| open.number != ended);
            if starts.is_empty() {
                self.open.remove(&key);
            }
        }
    }

    fn number_of(&mut self, office: OfficeCode) -> u32 {
        if let Some(number) = self.holder_numbers.get(&office) {
            return *number;
        }
        let number = u32::try_from(self.holders.len()).unwrap_or(u32::MAX);
        self.holders.push(office);
        self.holder_numbers.insert(office, number);
        number
    }

    fn add_participant(&mut self, key: Fingerprint, office: OfficeCode) {
        let others = self.participants.entry(key).or_default();
        if !others.contains(&office) {
            others.push(office);
        }
    }
}

/// How a new entry hangs on its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its number in the stream, from 1.
    pub number: u64,
    /// The position of the entry before it; its own if it is the first.
    pub previous: u64,
}
