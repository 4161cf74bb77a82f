//! The vectors in `ledger/testdata/vectors`: what a second implementation is held to, and what holds this one.
//!
//! Whatever this program can make is made again and compared byte for byte; `UPDATE_VECTORS=1` writes it anew. Every bad
//! vector is run and must show the flaw that it is named after. `tlog/` and `sealed/` come from other programs and are
//! only read.
// Makes clippy's allowances for tests reach the functions beside the tests.
#![cfg(test)]
#![allow(
    clippy::disallowed_methods,
    reason = "the room is pure, its tests read their vectors from the disk"
)]
#![allow(clippy::too_many_lines, reason = "a table of vectors is as long as it is")]

mod world;

mod actions;
mod admissions;
mod checkpoints;
mod codes;
mod frames;
mod outside;
mod receipts;
mod records;
mod statements;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file below `ledger/testdata/vectors`.
struct Vector {
    path: String,
    content: String,
}

impl Vector {
    fn new(path: impl Into<String>, value: &Value) -> Self {
        Self { path: path.into(), content: format!("{value:#}\n") }
    }
}

/// Everything this program can make.
fn made() -> Vec<Vector> {
    let world = world::World::built();
    [
        actions::made(&world),
        admissions::made(&world),
        checkpoints::made(&world),
        codes::made(),
        frames::made(&world),
        receipts::made(&world),
        records::made(&world),
        statements::made(&world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// The vectors of a folder, each with its name: the file's without its ending.
fn each(folder_name: &str) -> Vec<(String, Value)> {
    let files = files_in(&folder().join(folder_name));
    let paths = files.iter().map(|path| format!("{folder_name}/{path}"));
    let name =
        |path: &String| path.rsplit('/').next().unwrap().trim_end_matches(".json").to_owned();
    let vectors: Vec<_> = paths.map(|path| (name(&path), json(&path))).collect();
    assert!(!vectors.is_empty(), "{folder_name} holds nothing");
    vectors
}

fn files_in(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found
                .extend(files_in(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            found.insert(name);
        }
    }
    found
}

/// A text member; a vector without it is a broken vector.
fn word<'v>(vector: &'v Value, name: &str) -> &'v str {
    vector[name].as_str().unwrap_or_else(|| panic!("no text {name} in {vector}"))
}

fn number(vector: &Value, name: &str) -> u64 {
    vector[name].as_u64().unwrap_or_else(|| panic!("no number {name} in {vector}"))
}

fn list<'v>(vector: &'v Value, name: &str) -> &'v [Value] {
    vector[name].as_array().unwrap_or_else(|| panic!("no list {name} in {vector}"))
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    case_ledger::hash::from_hex(word(vector, name))
        .unwrap_or_else(|| panic!("{name} is not hexadecimal"))
}

#[test]
fn the_files_are_what_the_code_makes() {
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    for vector in made() {
        let path = folder().join(&vector.path);
        if update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &vector.content).unwrap();
        }
        assert!(
            text(&vector.path) == vector.content,
            "{}: differs; UPDATE_VECTORS=1 writes it anew",
            vector.path
        );
    }
}

#[test]
fn no_file_is_an_orphan() {
    let made = made().into_iter().map(|vector| vector.path);
    let known: BTreeSet<_> =
        made.chain(outside::FILES.iter().map(|path| (*path).to_owned())).collect();
    let found = files_in(&folder());
    let strangers: Vec<_> = found.symmetric_difference(&known).collect();
    assert!(strangers.is_empty(), "files without a test, or tests without a file: {strangers:?}");
}
