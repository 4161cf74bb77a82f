//! One action of every kind: as short as it may be, and with everything it may say.
//!
//! They stand in `samples.json`, in the order of the table of kinds. Words in braces there are
//! the cast's codes and keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use case_ledger::encoding::to_base64url;
use case_ledger::kinds::{Facts, Kind, Place, Post, Signers};
use case_ledger::names::{ActionId, Issuer, StreamType};
use serde_json::{Map, Value};

use crate::cast::{ORIGIN, cast, founding, officer, possession};
use crate::words::Words;

/// The case that samples speak of.
pub const CASE: &str = "case/990102-2026-000001";

/// What `samples.json` says of one kind.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Fields in the clear.
    pub act: Map<String, Value>,
    /// What is disclosed beside them.
    pub beside: Map<String, Value>,
}

/// How much a sample says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Only what its kind needs.
    Minimal,
    /// Everything its kind may say.
    Full,
}

/// The sample of a kind, under this id. What a withholding says fits no entry yet: ask
/// [`crate::world::World::sample`] for one that does.
pub fn words(kind: Kind, extent: Extent, id: ActionId) -> Words {
    let spec = kind.spec();
    let needs = |name: &str| {
        let field = spec.fields.iter().any(|field| field.required && field.name == name);
        // Without a region it would hold everywhere, and only the founders may say that.
        let bounded =
            name == "region" && matches!(kind, Kind::CalendarPublished | Kind::PolicyPublished);
        let field = field || bounded;
        let text = spec.hidden.iter().any(|text| text.required && text.name == name);
        // Either of two fields will do for the one; the proof of possession names the person of the other.
        let person = [(Kind::HandedOver, "to_person"), (Kind::KeyRegistered, "person")];
        field || text || person.contains(&(kind, name))
    };
    let says = |name: &str| extent == Extent::Full || needs(name);
    let Sample { mut act, beside } = sample(kind);
    act.retain(|name, _| says(name));
    let words = Words::new(kind, Value::Object(act)).id(id);
    let disclosed = beside.iter().filter(|(name, _)| says(name));
    disclosed.fold(words, |words, (name, value)| words.beside(name, value.as_str().unwrap()))
}

/// The sample of a kind as it stands in `samples.json`, codes and keys filled in.
pub fn sample(kind: Kind) -> Sample {
    let text = SAMPLES.get(kind.spec().name).map_or("{}", String::as_str);
    let filled = PLACES.iter().fold(text.to_owned(), |text, (place, value)| {
        // A number stands without the quotes of the place that it takes.
        let text = match value.parse::<u64>() {
            Ok(_) => text.replace(&format!("\"{{{place}}}\""), value),
            Err(_) => text,
        };
        text.replace(&format!("{{{place}}}"), value)
    });
    let mut both: Map<String, Value> = serde_json::from_str(&filled).unwrap();
    let mut part = |name: &str| match both.remove(name) {
        Some(Value::Object(members)) => members,
        None => Map::new(),
        Some(other) => panic!("{kind:?}: {name} is {other}"),
    };
    let sample = Sample { act: part("act"), beside: part("beside") };
    assert!(both.is_empty(), "{kind:?}: {both:?}");
    sample
}

/// Names of all kinds in `samples.json`.
pub fn names() -> impl Iterator<Item = &'static str> {
    SAMPLES.keys().map(String::as_str)
}

static SAMPLES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let all: BTreeMap<String, Value> = serde_json::from_str(include_str!("samples.json")).unwrap();
    all.into_iter().map(|(name, sample)| (name, sample.to_string())).collect()
});

/// What the words in braces stand for.
static PLACES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let cast = cast();
    let newcomer = officer(cast.district, "p-newcomer");
    let possession = |holder, key| possession(ORIGIN, holder, key);
    vec![
        ("origin", ORIGIN.to_owned()),
        ("city", cast.city.to_string()),
        ("district", cast.district.to_string()),
        ("neighbour", cast.neighbour.to_string()),
        ("permit", cast.permit.to_string()),
        ("filing", cast.filing.to_string()),
        ("case", CASE.to_owned()),
        // What the samples of all other kinds bring onto a founded ledger begins here.
        ("entry", founding().len().to_string()),
        ("root_key", cast.root.key.public().to_string()),
        ("ledger_key", cast.ledger.key.public().to_string()),
        ("ledger_key_possession", possession(&Issuer::Ledger, &cast.ledger.key)),
        ("next_ledger_key", cast.next_ledger.public().to_string()),
        ("next_ledger_key_possession", possession(&Issuer::Ledger, &cast.next_ledger)),
        ("newcomer_key", newcomer.key.public().to_string()),
        ("newcomer_key_possession", possession(&newcomer.issuer, &newcomer.key)),
        ("head_key", cast.head.key.public().to_string()),
        ("citizen_key", cast.citizen.key.public().to_string()),
        ("second_key", cast.supervisor.key.public().to_string()),
        ("second_signature", to_base64url(&cast.supervisor.key.sign(b"of no withholding"))),
    ]
});

/// The stream on which the sample of a kind stands.
pub fn stream(kind: Kind) -> &'static str {
    match kind.spec().on {
        StreamType::Registry => "registry",
        StreamType::Reads => "reads",
        StreamType::Removals => "removals",
        StreamType::Case => CASE,
        StreamType::Rating => "rating/990102-2026-000001",
        StreamType::Complaint => "complaint/990100-2026-000001",
        StreamType::Card => "card/990100-2026-000001",
        StreamType::Urge => "urge/990100-2026-000001",
        StreamType::Bundle => "bundle/990100-2026-000001",
        StreamType::Consultation => "consultation/990102-2026-000001",
        StreamType::Visit => "visit/990102-2026-000001",
    }
}

/// What must have happened, in this order, on a founded ledger for the sample of a kind to be
/// possible. It follows from the table of kinds; only what a sample points at is said here.
pub fn before(kind: Kind) -> Vec<Kind> {
    let spec = kind.spec();
    let mut story = match kind {
        Kind::SpecialProcedureEnded => vec![Kind::Submitted, Kind::SpecialProcedureStarted],
        Kind::Resumed => vec![Kind::Submitted, Kind::Suspended],
        _ => match spec.on {
            StreamType::Removals | StreamType::Reads => vec![Kind::Submitted],
            // A window has no say in a complaint that nobody has assigned to its office.
            StreamType::Complaint
                if spec.place == Place::Continues
                    && !spec.by.and(Signers::post(Post::Intake)).is_empty() =>
            {
                vec![Kind::ComplaintFiled, Kind::ComplaintAssigned]
            }
            _ if spec.place == Place::Continues && !spec.on.is_single() => {
                vec![opener(spec.on)]
            }
            _ => Vec::new(),
        },
    };
    // The facts that are still missing, each by the first kind that brings it about.
    loop {
        let known = story.iter().map(|earlier| earlier.spec());
        let facts = known.fold(Facts::default(), |facts, row| facts.after(row.marks, row.clears));
        if spec.on == StreamType::Registry || facts.include(spec.after) {
            return story;
        }
        let missing = Facts(spec.after.0 & !facts.0);
        let brings = |other: &&Kind| other.spec().marks.meet(missing) && **other != kind;
        let next = *Kind::ALL.iter().find(brings).unwrap();
        let before_next = before(next).into_iter().filter(|earlier| !story.contains(earlier));
        let mut wanted: Vec<Kind> = before_next.collect();
        wanted.push(next);
        story.extend(wanted);
    }
}

fn opener(on: StreamType) -> Kind {
    let opens = |kind: &&Kind| kind.spec().on == on && kind.spec().place == Place::Opens;
    let either = |kind: &&Kind| kind.spec().on == on && kind.spec().place == Place::Either;
    let mut all = Kind::ALL.iter();
    *all.clone().find(opens).or_else(|| all.find(either)).unwrap()
}
