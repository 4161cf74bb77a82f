//! A ledger of a test's own: two offices, three who sign, an open item and one for parties only.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use case_ledger::codes::OfficeCode;
use case_ledger::disclosure::Disclosure;
use case_ledger::encoding::to_base64url;
use case_ledger::envelope::Draft;
use case_ledger::hash::sha256;
use case_ledger::names::{ActionId, Issuer, Origin, PublicKey, Stream, Token};
use case_ledger::signing::{SigningKey, possession_statement};
use case_ledger::time::Micros;
use case_ledger_store::clock::Clock;
use case_ledger_store::{OpenOptions, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "ledger.example/http";
/// Monday, 5 January 2026, 09:00 in China.
pub(crate) const NOW: Micros = Micros(1_767_574_800_000_000);

pub(crate) fn key_of(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(&[b"http test ", name.as_bytes()]).0)
}

pub(crate) fn ledger_key() -> PublicKey {
    key_of("ledger").public()
}

pub(crate) fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

fn office(region: &str, number: &str) -> OfficeCode {
    OfficeCode::complete("11", region, number).unwrap()
}

/// The office that keeps the registry.
pub(crate) fn city() -> OfficeCode {
    office("990100", "MB000001")
}

/// The office that handles cases.
pub(crate) fn district() -> OfficeCode {
    office("990102", "MB000003")
}

pub(crate) fn officer(office: OfficeCode, id: &str) -> Issuer {
    Issuer::Officer(office, Token::parse(id).unwrap())
}

pub(crate) fn registrar() -> Issuer {
    officer(city(), "p-registrar")
}

pub(crate) fn intake() -> Issuer {
    officer(district(), "p-intake")
}

pub(crate) fn open_item() -> String {
    format!("{}4001017052000", district())
}

pub(crate) fn quiet_item() -> String {
    format!("{}4000117051000", district())
}

/// An action about to be signed, as it stands on the wire.
pub(crate) fn draft(who: &Issuer, stream: &str, kind: &str, fields: Value) -> Draft {
    static IDS: AtomicU64 = AtomicU64::new(1);
    let mut random = [0; 10];
    random[2..].copy_from_slice(&IDS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let Value::Object(mut act) = fields else { panic!("fields are an object") };
    act.insert("kind".into(), kind.into());
    Draft {
        id: ActionId::version_7(1_767_000_000_000, random),
        audience: ORIGIN.into(),
        issuer: who.clone(),
        stream: Stream::parse(stream).unwrap(),
        issued_at: NOW,
        happened_at: None,
        by: None,
        seen: None,
        imported: None,
        act,
        disclosures: Vec::new(),
    }
}

/// The key that a name signs with.
pub(crate) fn key_for(who: &Issuer) -> SigningKey {
    key_of(&who.to_string())
}

pub(crate) fn signed(who: &Issuer, stream: &str, kind: &str, fields: Value) -> String {
    draft(who, stream, kind, fields).sign(&key_for(who))
}

pub(crate) fn submitted(case: &str, item: &str) -> String {
    let fields = json!({
        "item": item, "item_version": 1, "office": district().to_string(), "applicant": "a-1", "channel": "window",
    });
    let mut draft = draft(&intake(), &format!("case/{case}"), "Submitted", fields);
    draft.disclosures.push(Disclosure::make("applicant_name", "张三丰", &[7; 16]));
    draft.sign(&key_for(&intake()))
}

pub(crate) fn received(case: &str) -> String {
    signed(&intake(), &format!("case/{case}"), "Received", json!({}))
}

fn possession(holder: &Issuer, key: &SigningKey) -> String {
    to_base64url(&key.sign(&possession_statement(&origin(), holder, key.public())))
}

fn with_key(who: &Issuer) -> Value {
    let Issuer::Officer(office, person) = who else { panic!("an officer") };
    let key = key_for(who);
    json!({
        "office": office.to_string(), "person": person.as_str(), "algorithm": "ed25519",
        "key": key.public().to_string(), "possession": possession(who, &key),
    })
}

fn with_post(who: &Issuer, post: &str) -> Value {
    let Issuer::Officer(office, person) = who else { panic!("an officer") };
    json!({ "office": office.to_string(), "person": person.as_str(), "post": post })
}

fn item(code: &str, publicity: &str) -> Value {
    json!({
        "item": code, "version": 1, "name": "活动备案", "regime": "filing", "publicity": publicity,
        "steps": [{ "code": "accept", "name": "受理" }],
    })
}

/// The actions that found the ledger.
pub(crate) fn founding() -> Vec<String> {
    let root = Issuer::Root;
    let founded = json!({
        "origin": ORIGIN, "ledger_key": ledger_key().to_string(),
        "ledger_key_possession": possession(&Issuer::Ledger, &key_of("ledger")),
        "root_keys": [key_for(&root).public().to_string()], "clock": "simulated",
    });
    let office = |code: OfficeCode, region: &str, name: &str| json!({ "office": code.to_string(), "region": region, "name": name });
    let (registrar, intake) = (registrar(), intake());
    let story = [
        (&root, "LedgerFounded", founded),
        (&root, "OfficeRegistered", office(city(), "990100", "明州市政务服务局")),
        (&root, "KeyRegistered", with_key(&registrar)),
        (&root, "PostAssigned", with_post(&registrar, "registrar")),
        (&registrar, "OfficeRegistered", office(district(), "990102", "东区城市管理局")),
        (&registrar, "KeyRegistered", with_key(&intake)),
        (&registrar, "PostAssigned", with_post(&intake, "intake")),
        (&registrar, "PostAssigned", with_post(&registrar, "supervisor")),
        (&registrar, "ItemPublished", item(&open_item(), "open")),
        (&registrar, "ItemPublished", item(&quiet_item(), "parties")),
    ];
    story.into_iter().map(|(who, kind, fields)| signed(who, "registry", kind, fields)).collect()
}

pub(crate) const FOUNDING_LENGTH: u64 = 10;

/// A directory in which a ledger can be founded.
pub(crate) fn created() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    Store::create(directory.path(), &origin(), &key_of("ledger")).unwrap();
    directory
}

/// Opens the store in a directory.
pub(crate) fn open(root: &Path, clock: Clock) -> Arc<Store> {
    Arc::new(Store::open(root, OpenOptions { clock, confirm_clock: false }).unwrap())
}

/// Submits without HTTP.
pub(crate) fn submit(store: &Store, texts: &[String]) {
    let prepared = texts.iter().map(|text| store.prepare(text.as_bytes()).unwrap()).collect();
    for answer in store.submit_and_wait(prepared).unwrap().answers {
        answer.unwrap();
    }
}
