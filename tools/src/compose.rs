//! From what somebody typed to a signed action, checked against the table of kinds before it is sent.

use case_ledger::disclosure::Disclosure;
use case_ledger::envelope::{Action, By, Draft};
use case_ledger::field::ObjectFault;
use case_ledger::json::Json;
use case_ledger::kinds::{ActText, HiddenClass, HiddenSpec, Kind, KindSpec};
use case_ledger::names::{Issuer, Origin, Stream};
use case_ledger::signing::SigningKey;
use case_ledger::time::Micros;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::randomness;

/// Where to look up what an action may say.
const SEE_FORMAT: &str = "Look the kind up in FORMAT.md, section 8, and correct the action.";

/// What is to be signed, and the envelope around it.
#[derive(Debug, Clone)]
pub struct Composition {
    /// `iss`.
    pub issuer: Issuer,
    /// `sub`.
    pub stream: Stream,
    /// `aud`.
    pub audience: Origin,
    /// `iat`.
    pub issued_at: Micros,
    /// `at`, as its text.
    pub happened_at: Option<String>,
    /// `by`.
    pub by: Option<By>,
    /// `seen`.
    pub seen: Option<u64>,
    /// `act`, without what is disclosed.
    pub act: Map<String, Value>,
    /// What is disclosed: class, name, value.
    pub beside: Vec<(HiddenClass, String, String)>,
}

impl Composition {
    /// Checks and signs. The compact text is what the ledger takes.
    pub fn sign(self, key: &SigningKey) -> Result<String, Failure> {
        let kind = check_act(&self.act)?;
        check_stream(kind.spec(), &self.stream)?;
        check_beside(kind.spec(), &self.beside)?;
        let mut disclosures = Vec::with_capacity(self.beside.len());
        for (_, name, value) in &self.beside {
            disclosures.push(Disclosure::make(name, value, &randomness::salt()?));
        }
        let draft = Draft {
            id: randomness::action_id(self.issued_at)?,
            audience: self.audience.to_string(),
            issuer: self.issuer,
            stream: self.stream,
            issued_at: self.issued_at,
            happened_at: self.happened_at,
            by: self.by,
            seen: self.seen,
            imported: None,
            act: self.act,
            disclosures,
        };
        let text = draft.sign(key);
        match Action::parse(text.as_bytes()) {
            Ok(_) => Ok(text),
            Err(malformed) => {
                Err(Failure::usage("This is no action that a ledger can read.", SEE_FORMAT)
                    .because_of(malformed.to_string()))
            }
        }
    }
}

fn wrong(what: impl Into<String>) -> Failure {
    Failure::usage(what, SEE_FORMAT)
}

/// The kind of an `act` whose fields are all there and of their types.
fn check_act(act: &Map<String, Value>) -> Result<Kind, Failure> {
    let text = Value::Object(act.clone()).to_string();
    let json = Json::parse(text.as_bytes()).map_err(|_| {
        wrong("The action is not JSON as the ledger reads it: it may hold no fractions and no deep nesting.")
    })?;
    let read = ActText::read(&json);
    let Some(kind) = read.kind else { return Err(unknown_kind(act)) };
    let name = kind.spec().name;
    match read.act {
        Ok(_) => Ok(kind),
        Err(ObjectFault::Unknown(field)) => {
            Err(wrong(format!("{name} has no field {field:?}; it has {}.", fields(kind.spec()))))
        }
        Err(ObjectFault::Invalid(field)) => Err(wrong(format!(
            "The field {field:?} of {name} is not of its type: {}.",
            type_of(kind.spec(), &field)
        ))),
        Err(ObjectFault::Missing(field)) => Err(wrong(format!(
            "{name} means nothing without {field:?}: {}.",
            type_of(kind.spec(), &field)
        ))),
        Err(ObjectFault::Personal(field)) => Err(personal(kind.spec(), &field)),
    }
}

fn unknown_kind(act: &Map<String, Value>) -> Failure {
    let Some(said) = act.get("kind").and_then(Value::as_str) else {
        return wrong("The action has no \"kind\".");
    };
    let folded = said.to_lowercase();
    let alike = Kind::ALL.iter().map(|kind| kind.spec().name).filter(|name| {
        let name = name.to_lowercase();
        name.starts_with(folded.get(..4).unwrap_or(&folded)) || name.contains(&folded)
    });
    let alike = alike.collect::<Vec<_>>().join(", ");
    let hint = if alike.is_empty() { String::new() } else { format!(" Did you mean {alike}?") };
    wrong(format!("There is no kind of action called {said:?}.{hint}"))
}

fn fields(spec: &KindSpec) -> String {
    let names: Vec<_> = spec.fields.iter().map(|field| field.name).collect();
    if names.is_empty() { "none in the clear".to_owned() } else { names.join(", ") }
}

fn type_of(spec: &KindSpec, name: &str) -> String {
    let field = spec.fields.iter().find(|field| field.name == name);
    field.map_or_else(
        || "it is not in the table".to_owned(),
        |field| {
            let list = if field.list { "a list of: " } else { "" };
            format!("{list}{}", field.type_words)
        },
    )
}

fn personal(spec: &KindSpec, field: &str) -> Failure {
    let hidden = spec.hidden.iter().find(|hidden| hidden.name == field);
    match hidden.map(|hidden| option_of(hidden.class)) {
        Some(option) => Failure::usage(
            format!("{field:?} is personal data or free text and may not stand in the clear."),
            format!("Take it out of the action and give it as {option} {field}=… instead."),
        ),
        None => wrong(format!(
            "{field:?} has the form of an identity or telephone number; it takes a code."
        )),
    }
}

fn option_of(class: HiddenClass) -> &'static str {
    match class {
        HiddenClass::Personal => "--personal",
        HiddenClass::Text => "--text",
    }
}

fn check_stream(spec: &KindSpec, stream: &Stream) -> Result<(), Failure> {
    if spec.on == stream.kind() {
        return Ok(());
    }
    let word = spec.on.word();
    let name = if spec.on.is_single() { word.to_owned() } else { format!("{word}/…") };
    Err(wrong(format!("{} stands on {name}, not on {stream}.", spec.name)))
}

fn check_beside(spec: &KindSpec, beside: &[(HiddenClass, String, String)]) -> Result<(), Failure> {
    for (class, name, _) in beside {
        let Some(hidden) = spec.hidden.iter().find(|hidden| hidden.name == name) else {
            return Err(wrong(format!(
                "{} discloses no {name:?}; {}.",
                spec.name,
                disclosed(spec)
            )));
        };
        if hidden.class != *class {
            let option = option_of(hidden.class);
            return Err(wrong(format!("Give {name:?} as {option}, because of its class.")));
        }
        if beside.iter().filter(|(_, other, _)| other == name).count() > 1 {
            return Err(wrong(format!("{name:?} is given twice.")));
        }
    }
    let given = |hidden: &&HiddenSpec| beside.iter().any(|(_, name, _)| name == hidden.name);
    match spec.hidden.iter().filter(|hidden| hidden.required).find(|hidden| !given(hidden)) {
        None => Ok(()),
        Some(hidden) => Err(Failure::usage(
            format!("{} means nothing without {:?}.", spec.name, hidden.name),
            format!("Give it as {} {}=… beside the action.", option_of(hidden.class), hidden.name),
        )),
    }
}

fn disclosed(spec: &KindSpec) -> String {
    let names: Vec<_> = spec.hidden.iter().map(|hidden| hidden.name).collect();
    if names.is_empty() {
        "it discloses nothing".to_owned()
    } else {
        format!("it may disclose {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn composed(
        act: Value,
        beside: &[(HiddenClass, &str)],
        stream: &str,
    ) -> Result<String, String> {
        let Value::Object(act) = act else { panic!("an object") };
        let own =
            |(class, name): &(HiddenClass, &str)| (*class, (*name).to_owned(), "文字".to_owned());
        let composition = Composition {
            issuer: Issuer::Root,
            stream: Stream::parse(stream).unwrap(),
            audience: Origin::parse("ledger.example/cases").unwrap(),
            issued_at: Micros::from_seconds(1_800_000_000),
            happened_at: None,
            by: None,
            seen: None,
            act,
            beside: beside.iter().map(own).collect(),
        };
        composition.sign(&SigningKey::from_seed(&[1; 32])).map_err(|failure| failure.to_text())
    }

    #[test]
    fn a_right_action_is_signed_with_what_is_beside_it() {
        let act = json!({"kind": "SupplementRequested", "lacks": [{"code": "form"}]});
        let text = composed(act, &[(HiddenClass::Text, "explanation")], "case/1").unwrap();
        let action = Action::parse(text.as_bytes()).unwrap();
        assert_eq!(action.disclosures.len(), 1);
        assert_eq!(action.disclosures[0].value(), "文字");
        assert!(!text.contains("explanation"));
    }

    #[test]
    fn mistakes_are_named_before_anything_is_signed() {
        let text = HiddenClass::Text;
        for (act, beside, stream, expected) in [
            (json!({}), vec![], "case/1", "no \"kind\""),
            (json!({"kind": "accepted"}), vec![], "case/1", "Did you mean Accepted"),
            (
                json!({"kind": "Accepted", "x": 1}),
                vec![],
                "case/1",
                "no field \"x\"; it has voucher_no",
            ),
            (
                json!({"kind": "Accepted", "digest": "ab"}),
                vec![],
                "case/1",
                "not of its type: BLAKE3",
            ),
            (json!({"kind": "Decided"}), vec![], "case/1", "means nothing without \"outcome\""),
            (json!({"kind": "Accepted"}), vec![], "registry", "stands on case/…, not on registry"),
            (json!({"kind": "Received", "note": "x"}), vec![], "case/1", "--text note=…"),
            (
                json!({"kind": "Received"}),
                vec![(text, "reasons")],
                "case/1",
                "discloses no \"reasons\"",
            ),
            (
                json!({"kind": "Received"}),
                vec![(HiddenClass::Personal, "note")],
                "case/1",
                "as --text",
            ),
            (json!({"kind": "Received"}), vec![(text, "note"), (text, "note")], "case/1", "twice"),
        ] {
            let failure = composed(act, &beside, stream).unwrap_err();
            assert!(failure.contains(expected), "{failure} lacks {expected}");
        }
    }
}
