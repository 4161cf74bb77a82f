use std::sync::Arc;

use case_ledger_store::Store;
use tempfile::TempDir;

use super::*;
use crate::clock::simulated;
use crate::ledger::{
    NOW, created, founding, open, open_item, quiet_item, received, submit, submitted,
};

/// A ledger with these cases, each of `length` entries.
fn with_cases(cases: &[(&str, String)], length: usize) -> (TempDir, Arc<Store>) {
    let directory = created();
    let store = open(directory.path(), simulated(NOW));
    submit(&store, &founding());
    for (case, item) in cases {
        submit(&store, &[submitted(case, item)]);
        submit(&store, &(1..length).map(|_| received(case)).collect::<Vec<_>>());
    }
    (directory, store)
}

fn case(number: &str) -> Stream {
    Stream::case(number).unwrap()
}

/// How many entries a question costs.
fn cost(public: &Public, ask: impl FnOnce()) -> u64 {
    let before = public.streams.entries_read();
    ask();
    public.streams.entries_read() - before
}

#[test]
fn an_unknown_case_costs_as_much_as_one_that_is_not_public() {
    let (_directory, store) = with_cases(&[("quiet", quiet_item())], 50);
    let public = Public::default();
    let ask = |number| {
        cost(&public, || assert_eq!(public.case(&store, &case(number)), Err(Problem::UnknownCase)))
    };
    // The first question finds the case's first entry, and reads what that says. Nobody pays for it again, and nobody reads
    // the other 49 for what they say.
    assert_eq!(ask("quiet"), 51);
    assert_eq!((ask("quiet"), ask("unknown")), (0, 0));
    // What is new of it is found from where the last question came to.
    submit(&store, &[received("quiet"), received("quiet")]);
    assert_eq!((ask("quiet"), ask("unknown")), (2, 0));
}

#[test]
fn asking_for_entries_of_an_open_case_reads_none_of_the_others() {
    let (_directory, store) = with_cases(&[("open", open_item())], 50);
    let public = Public::default();
    let entries = store.stream_entries(&case("open"), None).unwrap();
    let grade = |entry| {
        cost(&public, || {
            assert_eq!(public.grade(&store, entry).unwrap(), Grade::Redacted(Ending::Open));
        })
    };
    // Found once, and read once each for how far the case has ended.
    assert_eq!(grade(&entries[0]), 101);
    for entry in &entries {
        assert_eq!(grade(entry), 0);
    }
}

#[test]
fn what_is_remembered_is_what_a_walk_finds() {
    let (_directory, store) = with_cases(&[("a", open_item()), ("b", open_item())], 3);
    let public = Public::default();
    for turn in 0..4 {
        for number in ["a", "b"] {
            let known = public.case_with_sights(&store, &case(number)).unwrap();
            let walked = store.stream_entries(&case(number), None).unwrap();
            let places: Vec<_> = walked.iter().map(|entry| entry.header.seq).collect();
            assert_eq!((&known.places, known.sights.len()), (&places, 3 + turn));
        }
        public.streams.forget();
        submit(&store, &[received("a"), received("b")]);
    }
}
