//! `ledger/FORMAT.md` says what the code does: its tables of kinds are made from the code, its examples are compared with it.
// Makes clippy's allowances for tests reach the functions beside the tests.
#![cfg(test)]
#![allow(
    clippy::disallowed_methods,
    reason = "the room is pure, its tests read the document from the disk"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use case_ledger::disclosure::SALT_MIN;
use case_ledger::encoding::from_base64url;
use case_ledger::envelope::{Action, By, Imported};
use case_ledger::field::FieldSpec;
use case_ledger::hash::{from_hex, hex, sha256};
use case_ledger::kinds::{Facts, HiddenClass, Kind, KindSpec, Place, Signers, fact_names};
use case_ledger::names::{Origin, PublicKey, Stream};
use case_ledger::note::{KeyType, NoteKey};
use case_ledger::record::{HEADER_LEN, encode_body, header_hash, leaf_data, record_leaf};
use case_ledger::state::identity;
use serde_json::Value;

const BEGIN: &str = "<!-- kinds:begin -->\n";
const END: &str = "<!-- kinds:end -->\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("FORMAT.md")
}

fn document() -> String {
    std::fs::read_to_string(path()).unwrap()
}

fn vector(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors").join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The tables of all kinds, as they stand in section 8.
fn tables() -> String {
    let mut text = String::from("### 8.2 The table\n\n");
    text.push_str(
        "| number | kind | stands on | signed by | only after | not after | marks | clears |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for kind in Kind::ALL {
        text.push_str(&row(kind.spec()));
    }
    text.push_str("\n### 8.3 The fields of each kind\n");
    for kind in Kind::ALL {
        text.push_str(&section(kind.spec()));
    }
    text.push_str("\n### 8.4 Objects inside actions\n");
    for (name, members) in objects() {
        let _ = write!(text, "\n#### {name}\n\n{}", fields(members));
    }
    text
}

fn row(spec: &KindSpec) -> String {
    let stream = match spec.place {
        Place::Opens => format!("opens a `{}`", spec.on.word()),
        Place::Continues => format!("a `{}`", spec.on.word()),
        Place::Either => format!("opens or continues a `{}`", spec.on.word()),
    };
    let stream = if spec.on.is_single() { format!("`{}`", spec.on.word()) } else { stream };
    format!(
        "| {} | {} | {stream} | {} | {} | {} | {} | {} |\n",
        spec.number,
        spec.name,
        signers(spec.by),
        facts(spec.after),
        facts(spec.not_after),
        facts(spec.marks),
        facts(spec.clears)
    )
}

fn signers(signers: Signers) -> String {
    let others =
        [("citizen", Signers::CITIZEN), ("ledger", Signers::LEDGER), ("root", Signers::ROOT)];
    let posts = signers.posts().map(case_ledger::kinds::Post::code);
    let others = others
        .into_iter()
        .filter(|(_, other)| !signers.and(*other).is_empty())
        .map(|(name, _)| name);
    posts.chain(others).collect::<Vec<_>>().join(", ")
}

fn facts(facts: Facts) -> String {
    fact_names(facts).map(str::to_lowercase).collect::<Vec<_>>().join(", ")
}

fn section(spec: &KindSpec) -> String {
    let mut text = format!("\n#### {} ({})\n\n", spec.name, spec.number);
    if spec.fields.is_empty() {
        text.push_str("No fields in the clear.\n");
    } else {
        text.push_str(&fields(spec.fields));
    }
    for (class, words) in
        [(HiddenClass::Personal, "personal data"), (HiddenClass::Text, "free text")]
    {
        let hidden = spec.hidden.iter().filter(|hidden| hidden.class == class);
        let names: Vec<_> = hidden
            .map(|hidden| {
                format!("`{}`{}", hidden.name, if hidden.required { " (required)" } else { "" })
            })
            .collect();
        if !names.is_empty() {
            let _ = write!(text, "\nDisclosed only, {words}: {}.\n", names.join(", "));
        }
    }
    text
}

fn fields(fields: &[FieldSpec]) -> String {
    let mut text = String::from("| field | type | required |\n|---|---|---|\n");
    for field in fields {
        let list = if field.list { "list of: " } else { "" };
        let required = if field.required { "yes" } else { "" };
        let _ = writeln!(text, "| `{}` | {list}{} | {required} |", field.name, field.type_words);
    }
    text
}

/// Every object that a kind or a claim holds, by name.
fn objects() -> BTreeMap<&'static str, &'static [FieldSpec]> {
    let mut found = BTreeMap::from([("By", By::FIELDS), ("Imported", Imported::FIELDS)]);
    let mut waiting: Vec<&FieldSpec> =
        Kind::ALL.iter().flat_map(|kind| kind.spec().fields).collect();
    while let Some(field) = waiting.pop() {
        let name =
            field.type_words.strip_prefix("object `").and_then(|rest| rest.strip_suffix('`'));
        assert_eq!(name.is_some(), !field.members.is_empty(), "{field:?}");
        if let Some(name) = name {
            let known = found.insert(name, field.members);
            assert!(
                known.is_none_or(|known| known == field.members),
                "two objects are called {name}"
            );
            waiting.extend(field.members);
        }
    }
    found
}

#[test]
fn the_tables_of_kinds_are_those_of_the_code() {
    let text = document();
    let (before, rest) = text.split_once(BEGIN).expect("a line that begins the tables");
    let (present, after) = rest.split_once(END).expect("a line that ends the tables");
    let tables = format!("\n{}\n", tables());
    if std::env::var_os("UPDATE_FORMAT").is_some() {
        std::fs::write(path(), format!("{before}{BEGIN}{tables}{END}{after}")).unwrap();
    } else {
        assert!(
            present == tables,
            "section 8 is not what the code says; UPDATE_FORMAT=1 writes it anew"
        );
    }
}

/// The fenced blocks tagged `hex` with their names: white space and what follows `#` on a line do not count.
fn examples(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```hex ") else { continue };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let digits =
            block.map(|line| line.split('#').next().unwrap_or_default().replace(' ', "")).collect();
        found.push((name.to_owned(), digits));
    }
    found
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    from_hex(vector[name].as_str().unwrap()).unwrap()
}

/// What the examples must say, by name.
fn expected() -> BTreeMap<&'static str, Vec<u8>> {
    let log = vector("record/log.json");
    let entry = |seq: usize| log["entries"][seq].clone();
    let first = bytes(&entry(0), "header");
    let accepted = entry(17);
    let action = Action::parse(accepted["text"].as_str().unwrap().as_bytes()).unwrap();
    let body = encode_body(&action.jws);
    let ledger_key =
        PublicKey::parse(vector("keys.json")["keys"][0]["x"].as_str().unwrap()).unwrap();
    let note_key = NoteKey {
        name: Origin::parse("ledger.example/cases").unwrap().to_string(),
        key_type: KeyType::Ed25519,
        key: ledger_key,
    };
    let stub = vector("stub/good.json");
    let possession = vector("statement/possession-officer.json");
    let frame = vector("frame/good/end-of-a-commit.json");
    let sealed = vector("sealed/disclosures.json");
    let first_body = bytes(&entry(0), "body");
    BTreeMap::from([
        ("public-key", ledger_key.0.to_vec()),
        ("kid", ledger_key.kid().0.to_vec()),
        ("identity", identity(&action.envelope).0.to_vec()),
        ("stream-key", Stream::parse("case/2023-0001").unwrap().key().0.to_vec()),
        ("header", first.clone()),
        ("body-beginning", body[..20].to_vec()),
        ("body-digest", sha256(&[&first_body]).0.to_vec()),
        ("chain", header_hash(&first).0.to_vec()),
        ("leaf-data", leaf_data(&first).0.to_vec()),
        ("leaf-hash", record_leaf(&first).0.to_vec()),
        ("key-id", note_key.id().to_vec()),
        ("stub", bytes(&stub, "stub")),
        ("stub-digest", sha256(&[&bytes(&stub, "stub")]).0.to_vec()),
        ("possession", bytes(&possession, "statement_hex")),
        (
            "possession-signature",
            from_base64url(possession["signature"].as_str().unwrap().as_bytes()).unwrap(),
        ),
        ("frame-beginning", bytes(&frame, "frame")[..58].to_vec()),
        ("segment-header", bytes(&vector("frame/segment-header.json"), "header")),
        ("associated-data", bytes(&sealed, "associated_data")),
    ])
}

#[test]
fn every_example_is_what_the_code_gives() {
    let text = document();
    let expected = expected();
    let mut seen = BTreeSet::new();
    for (name, digits) in examples(&text) {
        let right =
            expected.get(name.as_str()).unwrap_or_else(|| panic!("{name}: no such example"));
        assert_eq!(digits, hex(right), "{name}");
        assert!(seen.insert(name.clone()), "{name} stands twice");
    }
    let missing: Vec<_> = expected.keys().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "not shown: {missing:?}");
    assert_eq!(expected["header"].len(), HEADER_LEN);
}

/// Figures that stand in the text.
#[test]
fn limits_are_those_of_the_code() {
    let text = document();
    let thousands = |number: usize| {
        let digits = number.to_string();
        let groups: Vec<_> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| std::str::from_utf8(group).unwrap().to_owned())
            .collect();
        groups.join(" ")
    };
    for (words, number) in [
        ("bytes of JWS text", case_ledger::envelope::JWS_MAX),
        ("bytes of disclosure text", case_ledger::envelope::DISCLOSURES_MAX),
        ("bytes of salt", SALT_MIN),
        ("levels", case_ledger::json::DEPTH_MAX),
        ("members", case_ledger::json::MEMBERS_MAX),
        ("elements", case_ledger::field::LIST_MAX),
        ("records in a frame", case_ledger::frame::RECORDS_MAX),
        ("bytes in a frame", case_ledger::frame::FRAME_MAX),
        ("signature lines", case_ledger::note::SIGNATURES_MAX),
        ("bytes of note", case_ledger::note::NOTE_MAX),
        ("bytes of receipt", case_ledger::receipt::RECEIPT_MAX),
        (
            "seconds of tolerance",
            usize::try_from(case_ledger::admission::CLOCK_TOLERANCE_SECONDS).unwrap(),
        ),
    ] {
        let sentence = format!("{} {words}", thousands(number));
        assert!(text.contains(&sentence), "FORMAT.md should say: {sentence}");
    }
}

/// The order of refusals in section 9 is the order in which the code refuses.
#[test]
fn refusals_stand_in_their_order() {
    let text = document();
    let (_, section) = text.split_once("\n## 9 ").expect("section 9");
    let mut rest = section;
    for code in case_ledger::refusal::Refusal::CODES {
        let (_, after) = rest
            .split_once(&format!("`{code}`"))
            .unwrap_or_else(|| panic!("{code} is not in its place"));
        rest = after;
    }
}
