//! A small ledger with the keys and names of the test vectors, so that their texts mean something to it: two offices,
//! their people, one kind of permit and one application for it.

use std::sync::LazyLock;

use case_ledger::admission::{Admission, Signature, admit};
use case_ledger::encoding::to_base64url;
use case_ledger::envelope::{Action, Draft};
use case_ledger::hash::sha256;
use case_ledger::names::{ActionId, Issuer, Origin, Stream};
use case_ledger::record::{Header, encode_body, header_hash, record_leaf};
use case_ledger::signing::{SigningKey, possession_statement};
use case_ledger::state::{Effect, State};
use case_ledger::time::Micros;
use case_ledger::tree::Frontier;
use serde_json::{Value, json};

pub const ORIGIN: &str = "ledger.example/cases";
const BUREAU: &str = "11440232MB2D06811W";
const CITY: &str = "11440200MB0000019K";
const ITEM: &str = "11440232MB2D06811W4000117051000";
const CASE: &str = "case/2023-0001";
/// 2023-11-14T22:13:20Z.
const BASE: i64 = 1_700_000_000;
/// When the ledger is asked: a day after it was founded.
pub const NOW: Micros = Micros((BASE + 86_400) * 1_000_000);

const LEDGER: u8 = 0x00;
const ROOT: u8 = 0x40;
const SYSTEM: u8 = 0x60;
const OFFICER: u8 = 0x80;
const SUPERVISOR: u8 = 0xa0;
const SECOND: u8 = 0xc0;
const CITIZEN: u8 = 0xe0;
/// Registered by nobody.
const SPARE: u8 = 0x50;

/// Everybody who can sign, the ledger first.
pub const SIGNERS: [u8; 8] = [LEDGER, ROOT, SYSTEM, OFFICER, SUPERVISOR, SECOND, CITIZEN, SPARE];

/// The key whose seed counts up from `first`.
pub fn key(first: u8) -> SigningKey {
    let mut seed = [0; 32];
    seed.iter_mut().zip(first..=u8::MAX).for_each(|(byte, value)| *byte = value);
    SigningKey::from_seed(&seed)
}

pub fn ledger_key() -> SigningKey {
    key(LEDGER)
}

pub fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

/// What the ledger has come to.
#[derive(Clone, Default)]
pub struct Founded {
    pub state: State,
    pub frontier: Frontier,
}

/// The ledger after its founding and one application.
pub fn founded() -> &'static Founded {
    static FOUNDED: LazyLock<Founded> = LazyLock::new(|| {
        let mut founded = Founded::default();
        for text in texts() {
            let action = Action::parse(text.as_bytes()).unwrap();
            let admitted = admit(&founded.state, &action, Signature::Unchecked, NOW).unwrap();
            let Admission::New(effect) = admitted else { panic!("an action is new") };
            founded.record(&action, &effect);
        }
        founded
    });
    &FOUNDED
}

impl Founded {
    /// The header that the next entry would have.
    pub fn next_header(&self, stream: &Stream, body: &[u8]) -> Header {
        self.state.next_header(stream, NOW, sha256(&[body]))
    }

    /// Takes in an admitted action.
    pub fn record(&mut self, action: &Action, effect: &Effect) {
        let header = self.next_header(&effect.stream, &encode_body(&action.jws));
        let bytes = header.encode();
        self.state.evolve(&header, header_hash(&bytes), effect);
        self.frontier.append(record_leaf(&bytes), |_, _| {});
    }
}

fn possession(holder: &str, first: u8) -> String {
    let statement =
        possession_statement(&origin(), &Issuer::parse(holder).unwrap(), key(first).public());
    to_base64url(&key(first).sign(&statement))
}

fn public(first: u8) -> String {
    key(first).public().to_string()
}

fn officer_key(office: &str, person: &str, first: u8) -> Value {
    json!({
        "kind": "KeyRegistered", "office": office, "person": person, "algorithm": "ed25519",
        "key": public(first), "possession": possession(&format!("{office}/{person}"), first),
    })
}

fn texts() -> Vec<String> {
    let root = |act| ("root", ROOT, "registry", act);
    let post = |office: &str, person: &str, post: &str| {
        root(json!({"kind": "PostAssigned", "office": office, "person": person, "post": post}))
    };
    let acts = [
        root(json!({
            "kind": "LedgerFounded", "origin": ORIGIN, "ledger_key": public(LEDGER),
            "ledger_key_possession": possession("ledger", LEDGER), "root_keys": [public(ROOT)], "clock": "simulated",
        })),
        root(
            json!({"kind": "OfficeRegistered", "office": BUREAU, "region": "440232", "name": "住房和城乡建设管理局"}),
        ),
        root(
            json!({"kind": "OfficeRegistered", "office": CITY, "region": "440200", "name": "Supervision, invented"}),
        ),
        root(json!({
            "kind": "KeyRegistered", "office": BUREAU, "algorithm": "ed25519", "key": public(SYSTEM),
            "possession": possession(BUREAU, SYSTEM),
        })),
        root(officer_key(BUREAU, "p-1", OFFICER)),
        root(officer_key(CITY, "s-1", SUPERVISOR)),
        root(officer_key(CITY, "s-2", SECOND)),
        root(json!({"kind": "PostAssigned", "office": BUREAU, "post": "intake"})),
        root(json!({"kind": "PostAssigned", "office": BUREAU, "post": "importer"})),
        post(BUREAU, "p-1", "approver"),
        post(BUREAU, "p-1", "reviewer"),
        post(BUREAU, "p-1", "head"),
        post(CITY, "s-1", "supervisor"),
        post(CITY, "s-1", "registrar"),
        post(CITY, "s-2", "supervisor"),
        post(CITY, "s-2", "complaint_handler"),
        root(json!({
            "kind": "ItemPublished", "item": ITEM, "version": 1, "name": "建设工程消防设计审查", "regime": "permit",
            "publicity": "open", "legal_limit": {"count": 20, "unit": "working_day"},
        })),
        (
            BUREAU,
            SYSTEM,
            CASE,
            json!({
                "kind": "Submitted", "item": ITEM, "item_version": 1, "office": BUREAU, "applicant": "a-7f3c",
                "channel": "online", "applicant_type": "natural_person",
                "cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": public(CITIZEN)}},
            }),
        ),
    ];
    (0..)
        .zip(acts)
        .map(|(number, (issuer, signer, stream, act))| sign(number, issuer, signer, stream, act))
        .collect()
}

fn sign(number: u8, issuer: &str, signer: u8, stream: &str, act: Value) -> String {
    let issued_at = BASE + i64::from(number);
    let Value::Object(act) = act else { panic!("an act is an object") };
    let draft = Draft {
        // Not the vectors' ids: their actions are to be new here.
        id: ActionId::version_7(u64::try_from(issued_at).unwrap() * 1000, [0xf0 | number % 16; 10]),
        audience: ORIGIN.to_owned(),
        issuer: Issuer::parse(issuer).unwrap(),
        stream: Stream::parse(stream).unwrap(),
        issued_at: Micros::from_seconds(issued_at),
        happened_at: None,
        by: None,
        seen: None,
        imported: None,
        act,
        disclosures: Vec::new(),
    };
    draft.sign(&key(signer))
}
