//! What somebody signs, written as it stands on the wire: so a test shows a stranger the format,
//! and can say what the ledger should not take.

use case_ledger::disclosure::Disclosure;
use case_ledger::encoding::to_base64url;
use case_ledger::envelope::{By, Draft, Imported};
use case_ledger::hash::{Blake3Hash, sha256};
use case_ledger::kinds::{Kind, Post};
use case_ledger::names::{ActionId, Issuer, Origin, Stream, Token};
use case_ledger::signing::SigningKey;
use case_ledger::time::{Day, Micros};
use serde_json::{Map, Value};

/// Somebody who signs: a name and a key.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The name in `iss`.
    pub issuer: Issuer,
    /// The key.
    pub key: SigningKey,
}

impl Signer {
    /// The opaque id of an officer.
    pub fn person(&self) -> Token {
        match &self.issuer {
            Issuer::Officer(_, person) => person.clone(),
            Issuer::Office(_) | Issuer::Citizen | Issuer::Ledger | Issuer::Root => {
                panic!("{} is no officer", self.issuer)
            }
        }
    }
}

/// The key that belongs to a name: the same in every run.
pub fn key_of(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(&[b"a key for tests, held by ", name.as_bytes()]).0)
}

/// What somebody signs: the content of an action, and what of the envelope is not as usual.
#[derive(Debug, Clone)]
pub struct Words {
    act: Map<String, Value>,
    beside: Vec<(String, String)>,
    id: Option<ActionId>,
    audience: Option<String>,
    issued_at: Option<Micros>,
    at: Option<String>,
    by: Option<By>,
    seen: Option<u64>,
    imported: Option<Imported>,
}

impl Words {
    /// Content of this kind with these fields. [`crate::act!`] is shorter.
    pub fn new(kind: Kind, fields: Value) -> Self {
        Self::of(kind.spec().name, fields)
    }

    /// Content of a kind that the ledger may not know.
    pub fn of(kind: &str, fields: Value) -> Self {
        let Value::Object(mut act) = fields else { panic!("fields are an object") };
        act.insert("kind".to_owned(), kind.into());
        Self {
            act,
            beside: Vec::new(),
            id: None,
            audience: None,
            issued_at: None,
            at: None,
            by: None,
            seen: None,
            imported: None,
        }
    }

    /// Discloses a text beside the action.
    #[must_use]
    pub fn beside(mut self, name: &str, value: &str) -> Self {
        self.beside.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a field, or takes it out with `null`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self.act.remove(name),
            value => self.act.insert(name.to_owned(), value),
        };
        self
    }

    /// Takes out what was to be disclosed under a name.
    pub fn take_beside(&mut self, name: &str) -> String {
        let place = self.beside.iter().position(|(known, _)| known == name).unwrap();
        self.beside.remove(place).1
    }

    /// Claims that it happened at this instant.
    #[must_use]
    pub fn at(mut self, instant: &str) -> Self {
        self.at = Some(instant.to_owned());
        self
    }

    /// Signed at this instant instead of now.
    #[must_use]
    pub fn issued_at(mut self, instant: Micros) -> Self {
        self.issued_at = Some(instant);
        self
    }

    /// Names the officer for whom an office's system signs.
    #[must_use]
    pub fn by(mut self, person: &Token, post: Post) -> Self {
        self.by = Some(By { person: person.clone(), post });
        self
    }

    /// The signer has seen this head of the stream.
    #[must_use]
    pub fn seen(mut self, head: u64) -> Self {
        self.seen = Some(head);
        self
    }

    /// Taken over from an older system that ended with the day `cutover`.
    #[must_use]
    pub fn imported(mut self, cutover: &str) -> Self {
        self.imported = Some(Imported {
            source: Blake3Hash([7; 32]),
            row: 1,
            cutover: Day::parse(cutover).unwrap(),
            handler: None,
            unit: None,
            activity: None,
        });
        self
    }

    /// These words with the fields and the id of `other` put in place of their own.
    #[must_use]
    pub fn over(mut self, other: Self) -> Self {
        self.act.extend(other.act);
        Self { id: other.id, ..self }
    }

    /// Under this id instead of a fresh one.
    #[must_use]
    pub fn id(mut self, id: ActionId) -> Self {
        self.id = Some(id);
        self
    }

    /// For another ledger.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }
}

/// Content of an action: `act!(Accepted)` or `act!(Decided { "outcome": "granted" })`.
#[macro_export]
macro_rules! act {
    ($kind:ident) => { $crate::act!($kind {}) };
    ($kind:ident { $($fields:tt)* }) => {
        $crate::words::Words::new(
            case_ledger::kinds::Kind::$kind,
            $crate::serde_json::json!({ $($fields)* }),
        )
    };
}

/// Writes drafts. Ids and salts come from a counter, so the same story gives the same bytes.
#[derive(Debug, Clone)]
pub struct Pen {
    origin: Origin,
    written: u64,
}

impl Pen {
    /// A pen for actions on this ledger. Two pens with the same `start` give the same ids.
    pub fn new(origin: Origin, start: u64) -> Self {
        Self { origin, written: start }
    }

    /// An id that nobody has used.
    pub fn fresh_id(&mut self) -> ActionId {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.fresh_number().to_be_bytes());
        ActionId::version_7(1_767_000_000_000, random)
    }

    fn fresh_number(&mut self) -> u64 {
        self.written += 1;
        self.written
    }

    fn disclosure(&mut self, name: &str, value: &str) -> Disclosure {
        let salt = sha256(&[b"salt", &self.fresh_number().to_be_bytes()]);
        Disclosure::make(name, value, salt.0.first_chunk().unwrap())
    }

    /// Puts words into an envelope.
    pub fn draft(&mut self, who: &Signer, stream: &str, words: Words, now: Micros) -> Draft {
        let disclosures =
            words.beside.iter().map(|(name, value)| self.disclosure(name, value)).collect();
        Draft {
            id: words.id.unwrap_or_else(|| self.fresh_id()),
            audience: words.audience.unwrap_or_else(|| self.origin.to_string()),
            issuer: who.issuer.clone(),
            stream: Stream::parse(stream).unwrap(),
            issued_at: words.issued_at.unwrap_or(now),
            happened_at: words.at,
            by: words.by,
            seen: words.seen,
            imported: words.imported,
            act: words.act,
            disclosures,
        }
    }
}

/// A compact text taken apart, to be changed and put together again, signed or not.
#[derive(Debug, Clone)]
pub struct Loose {
    /// The protected header's JSON.
    pub protected: String,
    /// The payload's JSON.
    pub payload: String,
    /// `~`, and the disclosures with a `~` after each.
    pub beside: String,
}

impl Loose {
    /// Takes a right text apart.
    pub fn of(text: &str) -> Self {
        let action = case_ledger::envelope::Action::parse(text.as_bytes()).unwrap();
        let json = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            protected: json(&action.jws.protected),
            payload: json(&action.jws.payload),
            beside: text[text.find('~').unwrap()..].to_owned(),
        }
    }

    /// Changes the payload as JSON.
    #[must_use]
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut payload = serde_json::from_str(&self.payload).unwrap();
        change(&mut payload);
        self.payload = payload.to_string();
        self
    }

    /// Replaces text in header and payload.
    #[must_use]
    pub fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.protected.contains(from) || self.payload.contains(from), "{from}");
        self.protected = self.protected.replace(from, to);
        self.payload = self.payload.replace(from, to);
        self
    }

    /// Signs and puts everything together.
    pub fn sign(&self, key: &SigningKey) -> String {
        let [protected, payload] =
            [&self.protected, &self.payload].map(|part| to_base64url(part.as_bytes()));
        let signature = key.sign(format!("{protected}.{payload}").as_bytes());
        format!("{protected}.{payload}.{}{}", to_base64url(&signature), self.beside)
    }
}
