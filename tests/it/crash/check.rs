//! Whether a directory is a ledger that lost nothing.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use case_ledger::audit::{Content, Entry};
use case_ledger::kinds::Act;
use case_ledger::names::{ActionId, Seq, Stream};
use case_ledger::record::is_withheld;
use case_ledger::state::identity;
use case_ledger::tree::verify_consistency;
use case_ledger_store::clock::Reading;
use case_ledger_store::engine::Engine;
use case_ledger_store::layout::Layout;
use case_ledger_store::segments::list;
use case_ledger_store::sources::Sources;
use case_ledger_store::verify::{Kept, Report, verify};
use case_ledger_store::{OpenError, OpenOptions, Store};
use case_tests::act;
use case_tests::cast::{FOUNDED_AT, cast};
use case_tests::words::{Pen, Signer, Words};

use super::writer::{Acknowledged, parse_checkpoint};

/// As short as the writer makes them.
const SEGMENT_FULL_AT: u64 = 150_000;

/// Opens the ledger, holds it against what was acknowledged, goes on writing, closes it, and verifies the whole directory.
pub(crate) fn check(root: &Path, known: &Acknowledged, context: &str) {
    let store = open(root, context);
    hold_against(&store, known, context);
    go_on(&store, context);
    let size = store.size();
    store.close();
    drop(store);
    let checkpoints = known.checkpoints.values().map(|text| parse_checkpoint(text)).collect();
    let report = compare(root, &Kept { checkpoints, receipts: Vec::new(), ledger: None });
    assert!(report.is_good(), "{context}: {report:?}");
    assert_eq!(report.entries, size, "{context}");
}

/// Verifies both copies of a log that nobody needs afterwards: unlike `verify::directory`, the engine's files are not copied first.
fn compare(root: &Path, kept: &Kept) -> Report {
    let layout = Layout::new(root);
    let engine = Engine::open_scratch(&layout.db()).unwrap();
    let sources = Sources::new(list(&layout.segments()).unwrap(), Some(engine));
    verify(sources, kept, &|_| {}).unwrap()
}

/// Opens it as the writer does, or stops the test.
pub(crate) fn open(root: &Path, context: &str) -> Store {
    let reading = Reading { wall: FOUNDED_AT.plus_seconds(100_000), running_us: 0 };
    loop {
        let options = OpenOptions { clock: Arc::new(move || reading), confirm_clock: true };
        match Store::open_with_segments(root, options, SEGMENT_FULL_AT) {
            Ok(store) => {
                assert_eq!(store.read_only(), None, "{context}");
                return store;
            }
            Err(OpenError::Locked) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => panic!("{context}: it does not open: {error:?}"),
        }
    }
}

/// Everything acknowledged is there, nothing is there twice, and the vault opens what it should and nothing else.
pub(crate) fn hold_against(store: &Store, known: &Acknowledged, context: &str) {
    let size = store.size();
    assert!(
        size >= known.size(),
        "{context}: {} entries were acknowledged, {size} are here",
        known.size()
    );
    let entries: Vec<Entry> =
        (0..size).map(|seq| store.entry(Seq(seq)).unwrap().unwrap()).collect();
    for (seq, leaf) in &known.leaves {
        assert_eq!(
            entries[usize::try_from(*seq).unwrap()].leaf,
            *leaf,
            "{context}: entry {seq} is another"
        );
    }
    let identities: HashSet<_> = entries.iter().map(identity_of).collect();
    assert_eq!(identities.len(), entries.len(), "{context}: an action was recorded twice");
    hold_checkpoints(store, known, context);
    hold_vault(store, &entries, context);
}

fn identity_of(entry: &Entry) -> [u8; 16] {
    match &entry.content {
        Content::Action(action) => identity(&action.envelope).0,
        Content::Withheld(effect) => effect.identity.0,
    }
}

fn hold_checkpoints(store: &Store, known: &Acknowledged, context: &str) {
    let key = cast().ledger.key.public();
    let Some((newest, _)) = store.checkpoint() else { return };
    let newest = newest.open(&cast().origin, key).unwrap().checkpoint.head;
    for text in known.checkpoints.values() {
        let old = parse_checkpoint(text).open(&cast().origin, key).unwrap().checkpoint.head;
        let proof = store.consistency(old.size, newest.size).unwrap();
        assert!(
            verify_consistency(old, newest, &proof),
            "{context}: size {} was another history",
            old.size
        );
    }
    // Receipts follow from leaf, checkpoint and tree; some are made and read as their holders would.
    for seq in known.leaves.keys().step_by(17) {
        let receipt = store.receipt(Seq(*seq)).unwrap().unwrap();
        let proven = receipt.verify(&cast().origin, key, None);
        assert!(proven.is_ok(), "{context}: the receipt of entry {seq} does not verify");
    }
}

fn hold_vault(store: &Store, entries: &[Entry], context: &str) {
    let mut erased: BTreeMap<&str, u64> = BTreeMap::new();
    let mut withheld = Vec::new();
    for entry in entries {
        match entry.envelope().map(|envelope| envelope.act.act.as_ref().unwrap()) {
            Some(Act::Erased(act)) => drop(erased.insert(act.target.as_str(), entry.header.seq)),
            Some(Act::BodyWithheld(act)) => withheld.push(act.entry),
            Some(_) | None => {}
        }
    }
    for seq in withheld {
        let body = store.record(seq).unwrap().unwrap().body;
        assert!(is_withheld(&body), "{context}: entry {seq} was to be withheld");
    }
    for entry in entries {
        let seq = entry.header.seq;
        let record = store.record(Seq(seq)).unwrap().unwrap();
        let opened = store.disclosures(entry.stream(), &record).unwrap();
        let gone = erased.get(entry.stream().as_str()).is_some_and(|at| seq < *at)
            && !record.sealed.is_empty();
        assert_eq!(opened.is_none(), gone, "{context}: disclosures of entry {seq}");
        if let (Some(opened), Some(envelope)) = (opened, entry.envelope()) {
            let digests: HashSet<_> =
                opened.iter().map(|disclosure| disclosure.digest().0).collect();
            let committed: HashSet<_> =
                envelope.commitments.iter().map(|digest| digest.0).collect();
            assert_eq!(digests, committed, "{context}: disclosures of entry {seq} are others");
        }
    }
}

/// A case comes in and is erased again: the log, the keyring and its rotation still work.
fn go_on(store: &Store, context: &str) {
    if store.size() < case_tests::cast::founding().len() as u64 {
        return;
    }
    let stream = "case/990102-2025-000001";
    let submitted = act!(Submitted {
        "item": cast().permit.to_string(),
        "item_version": 1,
        "office": cast().district.to_string(),
        "applicant": "a-later",
        "channel": "online",
    });
    let erased = act!(Erased { "target": stream, "basis": "purpose_done" });
    let seq =
        submit(store, 1, &cast().portal, stream, submitted.beside("phone", "电话号码"), context);
    submit(store, 2, &cast().supervisor, "removals", erased, context);
    // Removing comes after the answer; the next answer comes after it.
    let _ = store.submit_and_wait(Vec::new());
    assert!(!store.is_poisoned(), "{context}: it no longer writes");
    let record = store.record(Seq(seq)).unwrap().unwrap();
    let stream = Stream::parse(stream).unwrap();
    assert_eq!(
        store.disclosures(&stream, &record).unwrap(),
        None,
        "{context}: erased and still there"
    );
}

fn submit(
    store: &Store,
    number: u64,
    who: &Signer,
    stream: &str,
    words: Words,
    context: &str,
) -> u64 {
    let mut random = [9; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let words = words.id(ActionId::version_7(1_767_000_000_001, random));
    let draft = Pen::new(cast().origin.clone(), 0).draft(who, stream, words, FOUNDED_AT);
    let prepared = store.prepare(draft.sign(&who.key).as_bytes()).unwrap();
    let answers =
        store.submit_and_wait(vec![prepared]).unwrap_or_else(|error| panic!("{context}: {error}"));
    let recorded =
        answers.answers[0].as_ref().unwrap_or_else(|error| panic!("{context}: {error:?}"));
    recorded.seq
}
