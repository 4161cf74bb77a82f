//! Entries for tests: drafts signed with a fixed key, recorded one minute after the other, and read back as an audit
//! reads them. Nothing is admitted here; a fold must stand whatever the log holds.

use case_ledger::audit::{Entry, read};
use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::disclosure::Disclosure;
use case_ledger::envelope::{Action, By, Draft, Imported};
use case_ledger::field::{Field as _, FieldSpec};
use case_ledger::hash::{Sha256Hash, sha256};
use case_ledger::json::Json;
use case_ledger::kinds::{Act, ActText, Kind};
use case_ledger::names::{ActionId, Issuer, Stream, StreamType, Token};
use case_ledger::record::{Header, RULES, encode_body, withhold};
use case_ledger::signing::SigningKey;
use case_ledger::state::Effect;
use case_ledger::time::Micros;
use serde_json::{Map, Value, json};

use crate::as_of::{AsOf, LedgerClock};

/// What stands in every code of [`full`] and in every disclosure: whoever shows it to the public shows too much.
pub(crate) const SECRET: &str = "secret";

pub(crate) fn office(number: u32) -> OfficeCode {
    OfficeCode::complete("11", "230102", &format!("MB{number:06}")).unwrap()
}

pub(crate) fn item() -> ItemCode {
    ItemCode::parse(&format!("{}4000117051000", office(1))).unwrap()
}

pub(crate) fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

pub(crate) fn as_of() -> AsOf {
    let recorded_at = Micros::parse("2020-05-01T00:00:00Z").unwrap();
    AsOf { size: 9, root: Sha256Hash([7; 32]), recorded_at, clock: Some(LedgerClock::Simulated) }
}

/// How an act is put on the log.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) stream: Stream,
    pub(crate) issuer: Issuer,
    pub(crate) by: Option<By>,
    pub(crate) at: Option<String>,
    pub(crate) imported: Option<Imported>,
    pub(crate) disclosures: Vec<Disclosure>,
    pub(crate) withheld: bool,
}

impl Way {
    pub(crate) fn by(issuer: &str) -> Self {
        Self {
            stream: Stream::case("20200420-1").unwrap(),
            issuer: Issuer::parse(issuer).unwrap(),
            by: None,
            at: None,
            imported: None,
            disclosures: Vec::new(),
            withheld: false,
        }
    }

    /// By an officer of the first office.
    pub(crate) fn usual() -> Self {
        Self::by(&format!("{}/{SECRET}-officer", office(1)))
    }

    pub(crate) fn withheld() -> Self {
        Self { withheld: true, ..Self::usual() }
    }
}

/// A log under construction.
pub(crate) struct Writing {
    pub(crate) entries: Vec<Entry>,
    minutes: i64,
}

impl Default for Writing {
    fn default() -> Self {
        Self { entries: Vec::new(), minutes: 0 }.at("2020-04-20T09:00")
    }
}

impl Writing {
    /// Goes on at an instant of China's time, `2020-04-20T10:00`.
    pub(crate) fn at(mut self, text: &str) -> Self {
        let now = Micros::parse(&format!("{text}:00+08:00")).unwrap();
        self.minutes = now.seconds() / 60;
        self
    }

    pub(crate) fn then(self, act: impl Into<Act>) -> Self {
        self.write(act, Way::usual())
    }

    pub(crate) fn write(self, act: impl Into<Act>, way: Way) -> Self {
        self.write_object(act.into().write(), way)
    }

    /// Puts on the log what no act of this version need be.
    pub(crate) fn write_object(mut self, act: Map<String, Value>, way: Way) -> Self {
        let seq = self.entries.len() as u64;
        let now = Micros::from_seconds(self.minutes * 60);
        self.minutes += 1;
        let draft = Draft {
            id: ActionId::version_7(seq, [1; 10]),
            audience: "ledger.example".to_owned(),
            issuer: way.issuer,
            stream: way.stream,
            issued_at: now,
            happened_at: way.at,
            by: way.by,
            seen: None,
            imported: way.imported,
            act,
            disclosures: way.disclosures,
        };
        let text = draft.sign(&SigningKey::from_seed(&[3; 32]));
        let action = Action::parse(text.as_bytes()).unwrap();
        let body = encode_body(&action.jws);
        let header = Header {
            rules: RULES,
            seq,
            recorded_at: now.0,
            previous: [0; 32],
            stream_number: seq + 1,
            stream_previous: seq.saturating_sub(1),
            body: sha256(&[&body]).0,
        };
        let kept = if way.withheld {
            let effect = Effect::of(&action.envelope, action.envelope.act.act.as_ref().unwrap());
            withhold(body.len(), &effect.to_stub()).unwrap()
        } else {
            body
        };
        self.entries.push(read(&header.encode(), &kept).unwrap());
        self
    }
}

/// Every kind that stands on cases.
pub(crate) fn case_kinds() -> Vec<Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.spec().on == StreamType::Case).collect()
}

/// An act with no field but those it must have.
pub(crate) fn least(kind: Kind) -> Act {
    build(kind, kind.spec().fields.iter().filter(|field| field.required))
}

/// An act with every field it can have, and [`SECRET`] in every code.
pub(crate) fn full(kind: Kind) -> Act {
    build(kind, kind.spec().fields.iter())
}

/// An act with the fields it must have and these.
pub(crate) fn act(kind: Kind, fields: Value) -> Act {
    let mut object = least(kind).write();
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    read_act(&object).unwrap()
}

fn build<'f>(kind: Kind, fields: impl Iterator<Item = &'f FieldSpec>) -> Act {
    let fields = fields.map(|field| (field.name.to_owned(), some_value(kind, field)));
    let mut object: Map<String, Value> = fields.collect();
    object.insert("kind".to_owned(), kind.spec().name.into());
    read_act(&object).unwrap()
}

/// Finds a value that the field takes, by trying one of each type.
fn some_value(kind: Kind, field: &FieldSpec) -> Value {
    let code = format!("{SECRET}-{}", field.name);
    let words = field.type_words.split('`').skip(1).step_by(2).map(Value::from);
    let values = words.chain([
        code.as_str().into(),
        1.into(),
        true.into(),
        office(2).write(),
        item().write(),
        "2020-06-01".into(),
        "2020-04-20T02:00:00.000Z".into(),
        format!("case/{code}").into(),
        "ef".repeat(32).into(),
        json!({ "code": code, "digest": "ef".repeat(32) }),
        json!({ "code": code }),
        json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": SigningKey::from_seed(&[4; 32]).public().to_string() } }),
    ]);
    let values: Vec<Value> = values.collect();
    let lists = values.iter().map(|value| json!([value]));
    // Without the other fields the worst fault is this field's own, or that others are missing.
    let fits = |value: &Value| {
        let mut object = Map::new();
        object.insert("kind".to_owned(), kind.spec().name.into());
        object.insert(field.name.to_owned(), value.clone());
        read_act(&object).map_or_else(|fault| fault.starts_with("Missing"), |_| true)
    };
    values.iter().cloned().chain(lists).find(fits).unwrap()
}

fn read_act(object: &Map<String, Value>) -> Result<Act, String> {
    let text = Value::Object(object.clone()).to_string();
    let json = Json::parse(text.as_bytes()).unwrap();
    ActText::read(&json).act.map_err(|fault| format!("{fault:?}"))
}
