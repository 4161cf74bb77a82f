//! The fences that clippy holds around the rooms are there, still ban what they must, and nobody climbs over.

use std::collections::BTreeSet;

use super::tree::{text, texts_of};
use super::{Faults, assert_caught, assert_tidy};

const HEART: &str = "ledger/.clippy.toml";
const VIEWS: &str = "projections/.clippy.toml";
const STORE: &str = "ledger/store/.clippy.toml";
const SHELL: &str = ".clippy.toml";

/// One of each kind is enough to notice that a kind was dropped: clock, disk, environment, threads, processes,
/// console, randomness, network, machine widths.
const PURE: [&str; 12] = [
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::fs::read",
    "std::fs::File",
    "std::env::var",
    "std::thread::spawn",
    "std::process::Command",
    "std::println",
    "std::io::stdin",
    "getrandom::fill",
    "std::net::TcpStream",
    "usize::to_le_bytes",
];
const STORED: [&str; 5] = [
    "std::time::SystemTime::now",
    "std::env::var",
    "std::process::Command",
    "std::net::TcpStream",
    "usize::to_le_bytes",
];
const SHELLED: [&str; 1] = ["std::time::SystemTime::now"];

const BANS: [&str; 3] = ["disallowed-methods", "disallowed-types", "disallowed-macros"];
const IN_TESTS: [&str; 4] = [
    "allow-unwrap-in-tests",
    "allow-expect-in-tests",
    "allow-indexing-slicing-in-tests",
    "allow-panic-in-tests",
];

#[test]
fn the_fences_stand() {
    assert_tidy(gaps(HEART, text(HEART), &PURE));
    assert_tidy(gaps(VIEWS, text(VIEWS), &PURE));
    assert_tidy(gaps(STORE, text(STORE), &STORED));
    assert_tidy(gaps(SHELL, text(SHELL), &SHELLED));
}

#[test]
fn both_pure_rooms_have_the_same_fence() {
    assert!(
        text(HEART) == text(VIEWS),
        "{VIEWS}: copy {HEART} over it: the two pure rooms have one fence"
    );
}

#[test]
fn nobody_climbs_a_pure_fence() {
    let pure = texts_of("rs").filter(|(path, _)| is_pure(path));
    assert_tidy(pure.flat_map(|(path, text)| climbers(path, text)));
}

fn is_pure(path: &str) -> bool {
    path.starts_with("projections/")
        || path.starts_with("ledger/")
            && !path.starts_with("ledger/store/")
            // The room's tests read their vectors from the disk; `pure` in .ci/run holds the room itself.
            && !path.starts_with("ledger/tests/")
}

/// Each ban that must stand does, each ban says why, and the allowances for tests are there.
fn gaps(path: &str, fence: &str, must_ban: &[&str]) -> Faults {
    let fence: toml::Table = toml::from_str(fence).expect("a fence is TOML");
    let bans = BANS.iter().filter_map(|list| fence.get(*list)?.as_array()).flatten();
    let mut banned = BTreeSet::new();
    let mut faults = Faults::new();
    for ban in bans {
        let name = ban.get("path").and_then(toml::Value::as_str).unwrap_or_default();
        if ban.get("reason").and_then(toml::Value::as_str).is_none_or(str::is_empty) {
            faults.push(format!("{path}: the ban of {name} has no reason: say what to do instead"));
        }
        banned.insert(name);
    }
    let missing = must_ban.iter().filter(|name| !banned.contains(**name));
    faults.extend(
        missing.map(|name| format!("{path}: {name} is no longer banned: put the ban back")),
    );
    let silent =
        IN_TESTS.iter().filter(|key| fence.get(**key).and_then(toml::Value::as_bool) != Some(true));
    faults.extend(
        silent
            .map(|key| format!("{path}: lacks {key} = true; clippy reads only the nearest fence")),
    );
    faults
}

/// An `allow` or `expect` of a fence's lint, anywhere in a pure room.
fn climbers(path: &str, text: &str) -> Faults {
    let names = BANS.map(|ban| format!("clippy::{}", ban.replace('-', "_")));
    let climbs = |line: &str| names.iter().any(|name| line.contains(name.as_str()));
    let lines = text.lines().enumerate().filter(|(_, line)| climbs(line));
    lines
        .map(|(before, _)| {
            format!("{path}:{}: a pure room has no exceptions: take a value instead", before + 1)
        })
        .collect()
}

#[test]
fn a_gap_is_caught() {
    let allowances = IN_TESTS.map(|key| format!("{key} = true\n")).concat();
    let fence = format!(
        "{allowances}disallowed-methods = [{{ path = \"std::env::var\", reason = \"take a value\" }}]\n"
    );
    let gaps = |fence: &str, must_ban: &[&str]| gaps("x/.clippy.toml", fence, must_ban);
    assert_tidy(gaps(&fence, &["std::env::var"]));
    assert_caught(
        gaps(&fence, &["std::env::var", "std::fs::read"]),
        "std::fs::read is no longer banned",
    );
    assert_caught(gaps(&fence.replace("take a value", ""), &["std::env::var"]), "has no reason");
    assert_caught(
        gaps(&fence.replace("allow-panic-in-tests = true", ""), &["std::env::var"]),
        "allow-panic-in-tests",
    );
}

#[test]
fn a_climber_is_caught() {
    let climb =
        format!("fn f() {{}}\n#[expect(clippy::{}, reason = \"just once\")]", "disallowed_methods");
    assert_caught(climbers("ledger/src/x.rs", &climb), "ledger/src/x.rs:2");
    assert!(is_pure("ledger/src/x.rs") && is_pure("projections/src/x.rs"));
    assert!(!is_pure("ledger/store/src/x.rs") && !is_pure("api/src/x.rs"));
    assert!(!is_pure("ledger/tests/x.rs"));
}
