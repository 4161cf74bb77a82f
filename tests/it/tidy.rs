//! The repository's own laws. What a reviewer would otherwise have to look for stands here as a test, and each
//! failure says where it is and what to do.
//!
//! Every law is a function from text to faults, with a test beside it that plants the fault and sees it caught.

mod tree;

mod commands;
mod data;
mod documents;
mod fences;
mod rooms;
mod source;

/// What is wrong, and what to do about it: one sentence each, beginning with `path:` or `path:line:`.
type Faults = Vec<String>;

/// Shows every fault at once, so that one run is enough to mend them all.
#[track_caller]
fn assert_tidy(faults: impl IntoIterator<Item = String>) {
    let faults: Faults = faults.into_iter().collect();
    assert!(faults.is_empty(), "{} to mend:\n  {}\n", faults.len(), faults.join("\n  "));
}

/// For a planted fault: exactly one is found, and its message holds `words`.
#[track_caller]
fn assert_caught(faults: impl IntoIterator<Item = String>, words: &str) {
    let faults: Faults = faults.into_iter().collect();
    assert_eq!(faults.len(), 1, "one fault was planted, found: {faults:#?}");
    assert!(faults[0].contains(words), "the message should hold {words:?}: {}", faults[0]);
}
