//! A small ledger from which the vectors are taken: stated seeds, stated times, nothing random.

use case_ledger::admission::{Admission, Signature, admit};
use case_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use case_ledger::disclosure::Disclosure;
use case_ledger::encoding::{push_base64url, to_base64url};
use case_ledger::envelope::{Action, By, Draft, Imported};
use case_ledger::hash::sha256;
use case_ledger::kinds::Post;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::names::{ActionId, Issuer, Origin, Seq, Stream, Token};
use case_ledger::record::{Header, encode_body, header_hash, record_leaf};
use case_ledger::signing::{SigningKey, possession_statement, withholding_statement};
use case_ledger::state::{Effect, State};
use case_ledger::time::Micros;
use case_ledger::tree::Frontier;
use serde_json::{Map, Value, json};

pub(crate) const ORIGIN: &str = "ledger.example/cases";
/// A municipal housing bureau, and the city's supervision office, which is invented.
pub(crate) const BUREAU: &str = "11440232MB2D06811W";
pub(crate) const CITY: &str = "11440200MB0000019K";
pub(crate) const ITEM: &str = "11440232MB2D06811W4000117051000";
pub(crate) const CASE: &str = "case/2023-0001";
/// 2023-11-14T22:13:20Z.
pub(crate) const BASE: i64 = 1_700_000_000;

/// The key whose seed counts up from `first`.
pub(crate) fn key(first: u8) -> SigningKey {
    let mut seed = [0; 32];
    for (place, byte) in (0..32).zip(&mut seed) {
        *byte = first.wrapping_add(place);
    }
    SigningKey::from_seed(&seed)
}

pub(crate) const LEDGER: u8 = 0x00;
pub(crate) const WITNESS: u8 = 0x20;
pub(crate) const ROOT: u8 = 0x40;
pub(crate) const SYSTEM: u8 = 0x60;
pub(crate) const OFFICER: u8 = 0x80;
pub(crate) const SUPERVISOR: u8 = 0xa0;
pub(crate) const SECOND: u8 = 0xc0;
pub(crate) const CITIZEN: u8 = 0xe0;
pub(crate) const REVOKED: u8 = 0x10;
pub(crate) const LATER: u8 = 0x30;
pub(crate) const SPARE: u8 = 0x50;

/// Every key with its part, for the list in the vectors.
pub(crate) const KEYS: [(&str, u8); 11] = [
    ("ledger", LEDGER),
    ("witness", WITNESS),
    ("root", ROOT),
    ("system", SYSTEM),
    ("officer", OFFICER),
    ("supervisor", SUPERVISOR),
    ("second supervisor", SECOND),
    ("citizen", CITIZEN),
    ("revoked officer", REVOKED),
    ("officer of later", LATER),
    ("nobody", SPARE),
];

pub(crate) fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

/// An action about to be signed, and by whom.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) key: u8,
    pub(crate) draft: Draft,
}

/// Plans the action number `number`: its id, time and salts follow from that.
pub(crate) fn plan(number: u8, signer: (&str, u8), stream: &str, act: Value) -> Plan {
    let issued_at = BASE + i64::from(number);
    let milliseconds = u64::try_from(issued_at).unwrap() * 1000;
    let Value::Object(act) = act else { panic!("an act is an object") };
    let draft = Draft {
        id: ActionId::version_7(milliseconds, [number; 10]),
        audience: ORIGIN.to_owned(),
        issuer: Issuer::parse(signer.0).unwrap(),
        stream: Stream::parse(stream).unwrap(),
        issued_at: Micros::from_seconds(issued_at),
        happened_at: None,
        by: None,
        seen: None,
        imported: None,
        act,
        disclosures: Vec::new(),
    };
    Plan { key: signer.1, draft }
}

impl Plan {
    pub(crate) fn disclosing(mut self, name: &str, value: &str) -> Self {
        let place = u8::try_from(self.draft.disclosures.len()).unwrap();
        let first = self.draft.id.0[15];
        self.draft.disclosures.push(Disclosure::make(name, value, &[first ^ (place + 1); 16]));
        self
    }

    pub(crate) fn at(mut self, at: &str) -> Self {
        self.draft.happened_at = Some(at.to_owned());
        self
    }

    pub(crate) fn by(mut self, person: &str, post: Post) -> Self {
        self.draft.by = Some(By { person: Token::parse(person).unwrap(), post });
        self
    }

    pub(crate) fn seen(mut self, head: u64) -> Self {
        self.draft.seen = Some(head);
        self
    }

    pub(crate) fn imported(mut self, imported: Imported) -> Self {
        self.draft.imported = Some(imported);
        self
    }

    pub(crate) fn text(self) -> String {
        let key = key(self.key);
        self.draft.sign(&key)
    }
}

/// Signs whatever header and payload there are, right or wrong.
pub(crate) fn sign_raw(signer: u8, header: &[u8], payload: &[u8], beside: &str) -> String {
    let mut text = format!("{}.", to_base64url(header));
    push_base64url(payload, &mut text);
    let signature = key(signer).sign(text.as_bytes());
    format!("{text}.{}{beside}", to_base64url(&signature))
}

pub(crate) fn public(first: u8) -> String {
    key(first).public().to_string()
}

pub(crate) fn confirmation(first: u8) -> Value {
    json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": public(first)}})
}

pub(crate) fn possession(holder: &str, first: u8) -> String {
    let key = key(first);
    let statement = possession_statement(&origin(), &Issuer::parse(holder).unwrap(), key.public());
    to_base64url(&key.sign(&statement))
}

pub(crate) fn key_registered(office: &str, person: Option<&str>, first: u8) -> Value {
    let holder = person.map_or_else(|| office.to_owned(), |person| format!("{office}/{person}"));
    let mut act = json!({
        "kind": "KeyRegistered", "office": office, "algorithm": "ed25519",
        "key": public(first), "possession": possession(&holder, first),
    });
    insert(&mut act, "person", person.map(Value::from));
    act
}

pub(crate) fn post_assigned(office: &str, person: Option<&str>, post: &str) -> Value {
    let mut act = json!({"kind": "PostAssigned", "office": office, "post": post});
    insert(&mut act, "person", person.map(Value::from));
    act
}

pub(crate) fn submitted() -> Value {
    json!({
        "kind": "Submitted", "item": ITEM, "item_version": 1, "office": BUREAU, "applicant": "a-7f3c",
        "channel": "online", "applicant_type": "natural_person", "cnf": confirmation(CITIZEN),
        "materials": [{"code": "m1", "digest": "ab".repeat(32), "size": 204_800, "media": "application.pdf"}],
    })
}

pub(crate) fn insert(object: &mut Value, name: &str, value: Option<Value>) {
    if let (Value::Object(members), Some(value)) = (object, value) {
        members.insert(name.to_owned(), value);
    }
}

/// One entry of the small ledger.
pub(crate) struct Recorded {
    pub(crate) text: String,
    pub(crate) header: Header,
    pub(crate) header_bytes: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) effect: Effect,
}

/// The small ledger.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) frontier: Frontier,
    pub(crate) records: Vec<Recorded>,
}

/// When the entry at `position` is recorded.
pub(crate) fn recorded_at(position: u64) -> Micros {
    Micros(Micros::from_seconds(BASE + i64::try_from(position).unwrap()).0 + 250_000)
}

impl World {
    /// Its entries, from the founding to an acceptance.
    pub(crate) fn built() -> Self {
        let mut world = Self::default();
        for text in Self::texts() {
            world.record(&text);
        }
        world
    }

    fn texts() -> Vec<String> {
        let root = ("root", ROOT);
        let officer = format!("{BUREAU}/p-1");
        let registry: Vec<Value> = vec![
            json!({
                "kind": "LedgerFounded", "origin": ORIGIN, "ledger_key": public(LEDGER),
                "ledger_key_possession": possession("ledger", LEDGER), "root_keys": [public(ROOT)],
                "clock": "simulated",
            }),
            json!({"kind": "OfficeRegistered", "office": BUREAU, "region": "440232", "name": "住房和城乡建设管理局"}),
            json!({"kind": "OfficeRegistered", "office": CITY, "region": "440200", "name": "Supervision, invented"}),
            key_registered(BUREAU, None, SYSTEM),
            key_registered(BUREAU, Some("p-1"), OFFICER),
            key_registered(CITY, Some("s-1"), SUPERVISOR),
            key_registered(CITY, Some("s-2"), SECOND),
            post_assigned(BUREAU, None, "intake"),
            post_assigned(BUREAU, None, "importer"),
            post_assigned(BUREAU, Some("p-1"), "approver"),
            post_assigned(CITY, Some("s-1"), "supervisor"),
            post_assigned(CITY, Some("s-2"), "supervisor"),
            json!({
                "kind": "ItemPublished", "item": ITEM, "version": 1, "name": "建设工程消防设计审查",
                "regime": "permit", "publicity": "open", "legal_limit": {"count": 20, "unit": "working_day"},
            }),
            key_registered(BUREAU, Some("p-2"), REVOKED),
            json!({"kind": "KeyRevoked", "key": public(REVOKED)}),
            {
                let mut later = key_registered(BUREAU, Some("p-3"), LATER);
                insert(&mut later, "valid_from", Some(1_000_000.into()));
                later
            },
        ];
        let numbered = (0_u8..).zip(registry);
        let mut texts: Vec<_> =
            numbered.map(|(number, act)| plan(number, root, "registry", act).text()).collect();
        let filed = plan(16, (BUREAU, SYSTEM), CASE, submitted())
            .disclosing("applicant_name", "张三")
            .disclosing("phone", "13800000000");
        texts.push(filed.text());
        let accepted =
            json!({"kind": "Accepted", "voucher_no": "2023-77", "promised_by": "2023-12-05"});
        texts.push(
            plan(17, (&officer, OFFICER), CASE, accepted)
                .at("2023-11-15T06:13:37.160+08:00")
                .seen(16)
                .text(),
        );
        texts
    }

    pub(crate) fn record(&mut self, text: &str) {
        let action = Action::parse(text.as_bytes()).unwrap();
        let now = recorded_at(self.state.size());
        let admitted = admit(&self.state, &action, Signature::Unchecked, now).unwrap();
        let Admission::New(effect) = admitted else { panic!("a new action") };
        let body = encode_body(&action.jws);
        let header = self.state.next_header(&effect.stream, now, sha256(&[&body]));
        let header_bytes = header.encode().to_vec();
        self.state.evolve(&header, header_hash(&header_bytes), &effect);
        self.frontier.append(record_leaf(&header_bytes), |_, _| {});
        self.records.push(Recorded {
            text: text.to_owned(),
            header,
            header_bytes,
            body,
            effect: *effect,
        });
    }

    /// The signed checkpoint over the first `size` entries.
    pub(crate) fn checkpoint(&self, size: usize) -> SignedCheckpoint {
        let mut frontier = Frontier::default();
        for record in &self.records[..size] {
            frontier.append(record_leaf(&record.header_bytes), |_, _| {});
        }
        Checkpoint { origin: origin(), head: frontier.head() }.sign(&key(LEDGER))
    }
}

/// The withholding of the application, as both supervisors sign it.
pub(crate) fn withholding(world: &World, number: u8, second: u8) -> Plan {
    let entry = Seq(16);
    let effect = &world.records[16].effect;
    let stub = sha256(&[&effect.to_stub()]);
    let act = json!({
        "kind": "BodyWithheld", "entry": entry.0, "target": effect.stream.to_string(), "basis": "court_order", "stub": stub.to_string(),
        "second_key": public(second),
    });
    let supervisor = format!("{CITY}/s-1");
    let mut plan = plan(number, (&supervisor, SUPERVISOR), "removals", act);
    let statement =
        withholding_statement(&origin(), entry, WithholdingBasis::CourtOrder, stub, plan.draft.id);
    let signature = to_base64url(&key(second).sign(&statement));
    plan.draft.act.insert("second_signature".to_owned(), signature.into());
    plan
}

/// The members of an object.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}
