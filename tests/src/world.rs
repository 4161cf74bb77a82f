//! A ledger in memory, for given, when, then. It does what a store does with an accepted action,
//! and after every step it verifies all of itself again, as a stranger would.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use case_ledger::admission::{Admission, Signature, admit};
use case_ledger::audit::{Auditor, Content, Entry, read};
use case_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use case_ledger::envelope::{Action, Draft};
use case_ledger::hash::{Sha256Hash, sha256};
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::kinds::{Act, Kind};
use case_ledger::names::{ActionId, PublicKey, Seq, Stream};
use case_ledger::receipt::Receipt;
use case_ledger::record::{
    HEADER_LEN, encode_body, header_hash, is_withheld, record_leaf, withhold,
};
use case_ledger::refusal::{Impossible, Refusal};
use case_ledger::signing::SigningKey;
use case_ledger::state::{Effect, State};
use case_ledger::time::Micros;
use case_ledger::tree::{
    Frontier, NodeId, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion,
};

use crate::cast::{Cast, FOUNDED_AT, cast, founding, withheld};
use crate::samples::{self, Extent};
use crate::words::{Loose, Pen, Signer, Words};

/// One stored record.
#[derive(Debug, Clone)]
pub struct Record {
    /// Header bytes.
    pub header: [u8; HEADER_LEN],
    /// Body bytes, or the stub in their place.
    pub body: Vec<u8>,
}

/// The whole ledger.
#[derive(Debug, Clone)]
pub struct World {
    pen: Pen,
    now: Micros,
    state: State,
    frontier: Frontier,
    nodes: BTreeMap<NodeId, Sha256Hash>,
    records: Vec<Record>,
    checkpoints: Vec<SignedCheckpoint>,
    receipts: Vec<String>,
}

impl World {
    /// The case that [`World::with_case`] opens.
    pub const CASE: &str = samples::CASE;

    /// Before anything.
    pub fn empty() -> Self {
        Self {
            // The founding has used up some ids.
            pen: Pen::new(cast().origin.clone(), 1000),
            now: FOUNDED_AT,
            state: State::default(),
            frontier: Frontier::default(),
            nodes: BTreeMap::new(),
            records: Vec::new(),
            checkpoints: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// Founded, with the whole cast in place.
    pub fn founded() -> Self {
        static FOUNDED: LazyLock<World> = LazyLock::new(|| {
            let mut world = World::empty();
            for text in founding() {
                world.submit(text).unwrap();
            }
            world
        });
        FOUNDED.clone()
    }

    /// Founded, and one application for the permit has come in through the portal.
    pub fn with_case() -> Self {
        let mut world = Self::founded();
        world.given_sample(Kind::Submitted);
        world
    }

    /// What admission knows now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// All records as they are stored.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The checkpoints of all sizes from 1 on.
    pub fn checkpoints(&self) -> &[SignedCheckpoint] {
        &self.checkpoints
    }

    /// The ledger's clock.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// Lets time pass.
    pub fn advance(&mut self, seconds: i64) {
        assert!(seconds >= 0, "time does not go back");
        self.now = self.now.plus_seconds(seconds);
    }

    /// Lets time pass until an instant.
    pub fn advance_to(&mut self, instant: &str) {
        let instant = Micros::parse(instant).unwrap();
        assert!(instant >= self.now, "time does not go back");
        self.now = instant;
    }

    /// What the next header gets as its position.
    pub fn size(&self) -> u64 {
        self.state.size()
    }

    /// The number in its stream of the newest entry there.
    pub fn newest(&self, stream: &str) -> u64 {
        self.state.stream(&Stream::parse(stream).unwrap()).map_or(0, |known| known.length)
    }

    /// One entry, read from its stored bytes.
    pub fn entry(&self, seq: Seq) -> Entry {
        let record = &self.records[usize::try_from(seq.0).unwrap()];
        read(&record.header, &record.body).unwrap()
    }

    /// What an entry says.
    pub fn act(&self, seq: Seq) -> Act {
        self.entry(seq).envelope().unwrap().act.act.clone().unwrap()
    }

    /// Puts words into an envelope, for tests that want to change it before it is signed.
    pub fn draft(&mut self, who: &Signer, stream: &str, words: Words) -> Draft {
        self.pen.draft(who, stream, words, self.now)
    }

    /// The compact text that somebody would send, for tests that want to spoil it.
    pub fn text_of(&mut self, who: &Signer, stream: &str, words: Words) -> String {
        self.draft(who, stream, words).sign(&who.key)
    }

    /// Given: this has happened. It must be taken.
    #[track_caller]
    pub fn given(&mut self, who: &Signer, stream: &str, words: Words) -> Seq {
        let text = self.text_of(who, stream, words);
        let size = self.size();
        match self.submit(&text) {
            Ok(seq) => {
                assert_eq!((seq.0, self.size()), (size, size + 1), "recorded once, at the end");
                seq
            }
            Err(refusal) => panic!(
                "refused as {}: {refusal}\n{}",
                full_code(&refusal),
                Loose::of(&text).payload
            ),
        }
    }

    /// Given: the shortest action of a kind, signed by the first who may.
    #[track_caller]
    pub fn given_sample(&mut self, kind: Kind) -> Seq {
        let words = self.sample(kind, Extent::Minimal);
        self.given(cast().signer_of(kind), samples::stream(kind), words)
    }

    /// The words of a kind's sample, about what stands on this ledger.
    pub fn sample(&mut self, kind: Kind, extent: Extent) -> Words {
        let id = self.fresh_id();
        let words = samples::words(kind, extent, id);
        let entry = Seq(founding().len() as u64);
        if kind == Kind::BodyWithheld && entry.0 < self.size() && !self.state.is_withheld(entry) {
            let second = &cast().supervisor;
            let signed = self.withholding(second, entry, WithholdingBasis::CourtOrder);
            return words.over(signed);
        }
        words
    }

    /// Given: everything that must have happened before an action of this kind can.
    #[track_caller]
    pub fn given_all_before(&mut self, kind: Kind) {
        for earlier in samples::before(kind) {
            self.given_sample(earlier);
        }
    }

    /// An id for words that have to know their own.
    pub fn fresh_id(&mut self) -> ActionId {
        self.pen.fresh_id()
    }

    /// When: somebody signs this and sends it.
    pub fn when(&mut self, who: &Signer, stream: &str, words: Words) -> Result<Seq, Refusal> {
        let text = self.text_of(who, stream, words);
        self.submit(&text)
    }

    /// Then: it is refused, with this code (`code` or `code/detail`), and nothing has changed.
    #[track_caller]
    pub fn then_refused(
        &mut self,
        who: &Signer,
        stream: &str,
        words: Words,
        code: &str,
    ) -> Refusal {
        let text = self.text_of(who, stream, words);
        self.then_text_refused(&text, code)
    }

    /// Then: this text is refused, with this code, and nothing has changed.
    #[track_caller]
    pub fn then_text_refused(&mut self, text: &str, code: &str) -> Refusal {
        let (state, size) = (self.state.clone(), self.records.len());
        let refusal = match self.submit(text) {
            Err(refusal) => refusal,
            Ok(seq) => panic!("entry {seq} should have been refused as {code}"),
        };
        let full = full_code(&refusal);
        assert!(full == code || refusal.code() == code, "{full} instead of {code}: {refusal}");
        assert!(self.state == state && self.records.len() == size, "a refusal changed something");
        refusal
    }

    /// Does with a text what a store does: reads it, judges it, records it or answers with the
    /// entry that is there already; then checks everything.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn submit(&mut self, text: &str) -> Result<Seq, Refusal> {
        let action = Action::parse(text.as_bytes()).map_err(Refusal::Malformed)?;
        match admit(&self.state, &action, Signature::Unchecked, self.now)? {
            Admission::Seen(first) => {
                let body = sha256(&[&encode_body(&action.jws)]);
                let same = self.entry(first).header.body == body.0;
                if same { Ok(first) } else { Err(Refusal::OtherContent { first: first.0 }) }
            }
            Admission::New(effect) => {
                self.check_withholdable(&effect)?;
                let seq = self.append(&action, &effect);
                self.check();
                Ok(seq)
            }
        }
    }

    /// What only a store can refuse, because it has the entry: a body whose removal would take
    /// more with it, or of which something else would stay than was signed.
    fn check_withholdable(&self, effect: &Effect) -> Result<(), Refusal> {
        let Some(Act::BodyWithheld(withheld)) = &effect.content else { return Ok(()) };
        let target = self.effect(withheld.entry);
        let stays = sha256(&[&target.to_stub()]);
        let there = target.stream == withheld.target;
        if target.is_withholdable() && there && stays == withheld.stub {
            Ok(())
        } else {
            Err(Refusal::Impossible(Impossible::NotWithholdable))
        }
    }

    fn append(&mut self, action: &Action, effect: &Effect) -> Seq {
        let body = encode_body(&action.jws);
        let recorded_at = self.now.max(self.state.recorded_at());
        let header = self.state.next_header(&action.envelope.stream, recorded_at, sha256(&[&body]));
        let bytes = header.encode();
        self.state.evolve(&header, header_hash(&bytes), effect);
        let nodes = &mut self.nodes;
        self.frontier.append(record_leaf(&bytes), |id, hash| {
            nodes.insert(id, hash);
        });
        self.records.push(Record { header: bytes, body });
        let checkpoint = Checkpoint { origin: cast().origin.clone(), head: self.frontier.head() };
        self.checkpoints.push(checkpoint.sign(&self.ledger_secret()));
        self.receipts.push(self.receipt(Seq(header.seq)).to_text());
        if let Some(Act::BodyWithheld(withheld)) = &effect.content {
            self.remove_body(withheld.entry);
        }
        Seq(header.seq)
    }

    /// The secret half of the key that signs checkpoints of the present size.
    fn ledger_secret(&self) -> SigningKey {
        let key = self.state.registry().ledger_key_at(self.size()).unwrap();
        let Cast { ledger, next_ledger, .. } = cast();
        let mut known = [&ledger.key, next_ledger].into_iter();
        known.find(|secret| secret.public() == key).unwrap().clone()
    }

    /// What an entry did, from its own words.
    fn effect(&self, seq: Seq) -> Effect {
        let Content::Action(action) = self.entry(seq).content else { panic!("{seq} is withheld") };
        Effect::of(&action.envelope, action.envelope.act.act.as_ref().unwrap())
    }

    /// Puts the stub in a withheld body's place, as the store's disk does.
    fn remove_body(&mut self, seq: Seq) {
        let effect = self.effect(seq);
        let body = &mut self.records[usize::try_from(seq.0).unwrap()].body;
        *body = withhold(body.len(), &effect.to_stub()).unwrap();
    }

    /// A receipt for an entry under the newest checkpoint.
    pub fn receipt(&self, seq: Seq) -> Receipt {
        let record = &self.records[usize::try_from(seq.0).unwrap()];
        let nodes = |id: NodeId| self.nodes.get(&id).copied();
        let body = if is_withheld(&record.body) { Vec::new() } else { record.body.clone() };
        Receipt {
            index: seq.0,
            proof: inclusion_proof(seq.0, self.size(), &nodes).unwrap(),
            checkpoint: self.checkpoints.last().unwrap().clone(),
            header: record.header.as_slice().into(),
            body: body.into(),
        }
    }

    /// The key that signs checkpoints of this size, as the log says.
    pub fn ledger_key_at(&self, size: u64) -> PublicKey {
        self.state.registry().ledger_key_at(size).unwrap()
    }

    /// Words that withhold an entry's body, with the second signature that they need.
    pub fn withholding(&mut self, second: &Signer, entry: Seq, basis: WithholdingBasis) -> Words {
        withheld(second, entry, &self.effect(entry), basis, self.fresh_id())
    }

    /// Replays the stored records the way an auditor does. Every flaw stops the test.
    pub fn replay(&self) -> (State, Frontier) {
        let mut auditor = Auditor::default();
        let mut jobs = Vec::new();
        for (record, checkpoint) in self.records.iter().zip(&self.checkpoints) {
            let entry = read(&record.header, &record.body).unwrap();
            jobs.extend(auditor.take(entry, |_, _| ()).unwrap());
            auditor.check_checkpoint(checkpoint.clone()).unwrap();
        }
        assert!(jobs.iter().all(case_ledger::audit::SignatureJob::holds), "a signature is wrong");
        auditor.finish().unwrap();
        auditor.into_parts()
    }

    /// Verifies everything again: every record, signature, link and checkpoint; that the replay
    /// ends in the state at hand; every receipt ever given; and that history only grew.
    pub fn check(&self) {
        let (state, frontier) = self.replay();
        assert!(state == self.state, "the replay ends in another state");
        assert_eq!(frontier, self.frontier, "the replay ends in another tree");

        let newest = self.checkpoints.last().unwrap().checkpoint.head;
        let nodes = |id: NodeId| self.nodes.get(&id).copied();
        for (record, text) in self.records.iter().zip(&self.receipts) {
            let receipt = Receipt::parse(text).unwrap();
            let head = receipt.checkpoint.checkpoint.head;
            let key = self.ledger_key_at(head.size);
            let proven = receipt.verify(&cast().origin, key, None).unwrap();
            let seq = proven.header.seq;
            assert_eq!(receipt.header.as_ref(), record.header, "receipt {seq} is of another entry");
            let proof = inclusion_proof(seq, newest.size, &nodes).unwrap();
            let leaf = record_leaf(&record.header);
            assert!(verify_inclusion(leaf, seq, newest, &proof), "entry {seq} is not in the tree");
            let proof = consistency_proof(head.size, newest.size, &nodes).unwrap();
            assert!(verify_consistency(head, newest, &proof), "size {} was rewritten", head.size);
        }
    }
}

/// `code/detail`, or `code` where there is no finer one.
pub fn full_code(refusal: &Refusal) -> String {
    match refusal.detail_code() {
        Some(detail) => format!("{}/{detail}", refusal.code()),
        None => refusal.code().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use case_ledger::record::Header;

    use super::*;

    type Spoil = fn(&mut World);

    /// Whether the check stops at a world that was spoilt.
    fn is_caught(spoil: Spoil) -> bool {
        let mut world = World::with_case();
        world.given_sample(Kind::Accepted);
        world.check();
        spoil(&mut world);
        catch_unwind(AssertUnwindSafe(|| world.check())).is_err()
    }

    #[test]
    fn a_spoilt_world_is_caught() {
        let spoils: [(&str, Spoil); 10] = [
            ("a header's byte", |world| world.records[30].header[70] ^= 1),
            ("a body's byte", |world| world.records[30].body[200] ^= 1),
            ("a signature's byte", |world| {
                // The header is made to fit, as somebody would who rewrites the last entry.
                let record = world.records.last_mut().unwrap();
                *record.body.last_mut().unwrap() ^= 1;
                let mut header = Header::decode(&record.header).unwrap();
                header.body = sha256(&[&record.body]).0;
                record.header = header.encode();
            }),
            ("a body gone", |world| {
                let stub = world.effect(Seq(30)).to_stub();
                let body = &mut world.records[30].body;
                *body = withhold(body.len(), &stub).unwrap();
            }),
            ("two records swapped", |world| world.records.swap(29, 30)),
            ("a record dropped", |world| {
                world.records.pop();
            }),
            ("another's checkpoint", |world| {
                let last = world.checkpoints.last_mut().unwrap();
                *last = last.checkpoint.sign(&cast().next_ledger);
            }),
            ("a checkpoint over other entries", |world| {
                let last = world.checkpoints.last_mut().unwrap();
                last.checkpoint.head.root.0[0] ^= 1;
                *last = last.checkpoint.sign(&cast().ledger.key);
            }),
            ("a receipt of another entry", |world| world.receipts.swap(3, 4)),
            ("a state that forgot", |world| world.state = World::with_case().state),
        ];
        for (what, spoil) in spoils {
            assert!(is_caught(spoil), "{what} was not noticed");
        }
    }
}
