//! Seeds: where a target begins, so that it does not have to invent Ed25519 before it finds anything.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Writes seeds for one target into the folder that `.ci/fuzz` names in `FUZZ_SEEDS`; without it, for example when a
/// single input is run again, nothing happens.
///
/// Every JSON object in the given folders of `ledger/testdata/vectors` is shown to `take`, the inner ones too, and a file
/// that is no JSON as `{"file": …}`. What `take` does not know it passes over: the vectors grow without this.
pub fn lay(folders: &[&str], take: impl Fn(&Map<String, Value>) -> Vec<Vec<u8>>) {
    let Some(out) = std::env::var_os("FUZZ_SEEDS") else { return };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ledger/testdata/vectors");
    let mut files = Vec::new();
    folders.iter().for_each(|folder| list(&vectors.join(folder), &mut files));
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for text in files {
        let value = serde_json::from_str(&text).unwrap_or_else(|_| json!({ "file": text }));
        show(&value, &mut |object| seeds.extend(take(object)));
    }
    seeds.sort();
    seeds.dedup();
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(Path::new(&out).join(format!("vector-{number:04}")), seed)
            .expect("FUZZ_SEEDS is a folder");
    }
}

fn list(path: &Path, files: &mut Vec<String>) {
    if let Ok(entries) = fs::read_dir(path) {
        entries.flatten().for_each(|entry| list(&entry.path(), files));
    } else if let Ok(text) = fs::read_to_string(path) {
        files.push(text);
    }
}

fn show(value: &Value, take: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| show(element, take)),
        Value::Object(members) => {
            take(members);
            members.values().for_each(|member| show(member, take));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text under one of the names.
pub fn texts(object: &Map<String, Value>, names: &[&str]) -> Vec<Vec<u8>> {
    let texts = names.iter().filter_map(|name| object.get(*name)?.as_str());
    texts.map(|text| text.as_bytes().to_vec()).collect()
}

/// The bytes under a name, if it is a text of hexadecimal digits.
pub fn bytes(object: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    case_ledger::hash::from_hex(object.get(name)?.as_str()?)
}
