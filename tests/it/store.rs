//! The store on a real disk: what it answers, what it keeps, when it refuses to write.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, decode};
use case_ledger::hash::{Sha256Hash, blake3};
use case_ledger::kinds::Kind;
use case_ledger::names::{Seq, Stream};
use case_ledger::refusal::{Impossible, Refusal};
use case_ledger::tree::{TreeHead, verify_consistency, verify_inclusion};
use case_ledger_store::clock::{ClockFault, Reading};
use case_ledger_store::segments::{FrameScan, list};
use case_ledger_store::vault::VaultError;
use case_ledger_store::writer::{QUEUE_MAX, ReadOnly};
use case_ledger_store::{OpenError, OpenOptions, Recorded, ResumeError, Store, Unavailable};
use case_tests::act;
use case_tests::cast::{cast, founding, key_registered, officer, post_assigned};
use case_tests::disk::{Disk, case_of, case_stream, copy_tree, founded_size, recorded, seqs};
use case_tests::samples::{self, Extent};
use case_tests::serde_json::{Value, json};
use case_tests::words::Loose;

// What it answers.

#[test]
fn the_same_bytes_get_the_same_entry_again_wherever_they_meet_it() {
    let mut disk = Disk::founded();
    let text = disk.case(1);
    let [first, twice] = recorded(disk.submit(&[&text, &text])).try_into().unwrap();
    assert_eq!((first.again, twice.again), (false, true));
    assert_eq!(Recorded { again: false, ..twice }, first);

    let is_first_again = |disk: &mut Disk| {
        let size = disk.store().size();
        let again = recorded(disk.submit(&[&text])).remove(0);
        assert!(again.again, "recorded a second time");
        assert_eq!(Recorded { again: false, ..again }, first);
        assert_eq!(disk.store().size(), size);
    };
    is_first_again(&mut disk);
    disk.reopen();
    assert_eq!(disk.store().resumed_at(), first.seq + 1, "the snapshot was not used");
    is_first_again(&mut disk);
    disk.close_without_snapshot();
    disk.open();
    assert_eq!(disk.store().resumed_at(), 0);
    is_first_again(&mut disk);
    disk.check();
}

#[test]
fn the_same_identity_with_other_content_is_refused_and_names_the_first() {
    let mut disk = Disk::founded();
    let text = disk.case(1);
    let who = cast().signer_of(Kind::Submitted);
    let edit = |payload: &mut Value| {
        payload["act"]["applicant"] = "a-other".into();
    };
    let other = Loose::of(&text).edit(edit).sign(&who.key);
    let first = founded_size();
    let refusal = Err(Refusal::OtherContent { first });
    let answers = disk.submit(&[&text, &other]);
    assert_eq!(answers[0].as_ref().unwrap().seq, first);
    assert_eq!(answers[1], refusal);
    assert_eq!(disk.submit(&[&other]), std::slice::from_ref(&refusal));
    disk.reopen();
    assert_eq!(disk.submit(&[&other]), [refusal]);
    disk.check();
}

#[test]
fn a_batch_is_taken_in_its_order_and_each_action_sees_those_before_it() {
    let mut disk = Disk::founded();
    let newcomer = officer(cast().district, "p-newcomer");
    let (registrar, case) = (&cast().registrar, case_stream(1));
    let texts = [
        disk.text_of(&newcomer, &case, act!(Accepted)),
        disk.case(1),
        disk.text_of(registrar, "registry", key_registered(&newcomer)),
        disk.text_of(
            registrar,
            "registry",
            post_assigned(&newcomer, case_ledger::kinds::Post::Intake),
        ),
        disk.text_of(&newcomer, &case, act!(Accepted)),
        disk.text_of(&newcomer, &case, act!(Accepted)),
    ];
    let answers = disk.submit(&texts);
    assert_eq!(answers[0], Err(Refusal::UnknownKey));
    let taken: Vec<u64> = answers[1..5].iter().map(|answer| answer.as_ref().unwrap().seq).collect();
    assert_eq!(taken, (founded_size()..founded_size() + 4).collect::<Vec<_>>());
    assert!(
        matches!(answers[5], Err(Refusal::Impossible(Impossible::After(_)))),
        "{:?}",
        answers[5]
    );
    let stamps: Vec<_> =
        answers[1..5].iter().map(|answer| answer.as_ref().unwrap().recorded_at).collect();
    assert!(stamps.windows(2).all(|pair| pair[0] == pair[1]), "one stamp for a batch");
    disk.check();
}

#[test]
fn a_batch_of_refusals_commits_nothing() {
    let mut disk = Disk::founded();
    let (size, checkpoint) = (disk.store().size(), disk.checkpoint());
    let text = disk.text_of(&cast().stranger, &case_stream(1), act!(Accepted));
    assert_eq!(disk.submit(&[&text, &text]), [Err(Refusal::UnknownKey), Err(Refusal::UnknownKey)]);
    assert_eq!((disk.store().size(), disk.checkpoint()), (size, checkpoint));
    let nothing: [String; 0] = [];
    assert!(disk.submit(&nothing).is_empty());
    disk.check();
}

#[test]
fn before_the_founding_there_is_nothing_and_only_a_founding_is_taken() {
    let mut disk = Disk::empty();
    assert!(disk.store().checkpoint().is_none() && disk.store().size() == 0);
    assert_eq!(disk.submit(&founding()[1..2]), [Err(Refusal::UnknownKey)]);
    disk.reopen();
    recorded(disk.submit(founding()));
    disk.check();
}

#[test]
fn whoever_is_answered_finds_the_entry_in_both_files_and_readers() {
    let mut disk = Disk::founded();
    let segments = disk.layout().segments();
    let (done, wait) = channel();
    for number in 0..20 {
        let text = disk.case(number);
        let (done, segments) = (done.clone(), segments.clone());
        disk.store().submit(disk.prepared(&[text]), move |answers| {
            let seq = answers.unwrap().answers.remove(0).unwrap().seq;
            let _ = done.send((seq, ends_in_files(&segments)));
        });
    }
    for _ in 0..20 {
        let (seq, end) = wait.recv().unwrap();
        assert!(seq < end, "answered for {seq} when {end} entries were in the files");
    }
    disk.check();
}

/// How many entries whole commits in the files count.
fn ends_in_files(segments: &Path) -> u64 {
    let mut size = 0;
    for (_, path) in list(segments).unwrap() {
        let file = std::fs::File::open(path).unwrap();
        let mut scan = FrameScan::begin(file, case_ledger::frame::SEGMENT_HEADER as u64).unwrap();
        while let Ok(bytes) = scan.next_frame().unwrap() {
            let Found::Frame(frame) = decode(bytes) else { panic!("no frame") };
            size = if frame.checkpoint.is_some() { frame.end() } else { size };
        }
    }
    size
}

#[test]
fn a_full_queue_takes_nothing_more() {
    let mut disk = Disk::founded();
    let (hold, waits) = channel::<()>();
    let (reached, at_commit) = channel();
    disk.store().follow(move |size| {
        // The founding's own call may still be on its way.
        if size > founded_size() {
            let _ = reached.send(());
            let _ = waits.recv();
        }
    });
    // The writer stands still after its first commit; then the queue fills.
    let (done, answers) = channel();
    let texts = disk.cases(0..QUEUE_MAX as u64 + 2);
    for (number, text) in texts.iter().enumerate() {
        let done = done.clone();
        disk.store().submit(disk.prepared(&[text]), move |answer| {
            let _ = done.send((number, answer.map(|answers| answers.answers.len())));
        });
        if number == 0 {
            at_commit.recv().unwrap();
        }
    }
    assert_eq!(answers.recv().unwrap(), (0, Ok(1)));
    assert_eq!(answers.recv().unwrap(), (QUEUE_MAX + 1, Err(Unavailable::QueueFull)));
    drop(hold);
    for number in 1..=QUEUE_MAX {
        assert_eq!(answers.recv().unwrap(), (number, Ok(1)));
    }
    assert_eq!(disk.store().size(), founded_size() + QUEUE_MAX as u64 + 1);
    disk.check();
}

#[test]
fn closing_answers_those_who_wait_and_refuses_those_who_come() {
    let mut disk = Disk::founded();
    let texts = disk.cases(0..30);
    let (done, answers) = channel();
    for text in &texts {
        let done = done.clone();
        disk.store().submit(disk.prepared(&[text]), move |answer| {
            let _ = done.send(answer.map(|answers| answers.answers[0].is_ok()));
        });
    }
    disk.store().close();
    assert!((0..30).all(|_| answers.recv().unwrap() == Ok(true)));
    assert_eq!(disk.try_submit(&texts[..1]).unwrap_err(), Unavailable::ShuttingDown);
    disk.check();
}

// What it keeps.

#[test]
fn it_opens_at_every_size_with_and_without_its_indexes() {
    let mut disk = Disk::empty_with_segments(20_000);
    let mut texts = founding().iter();
    for batch in [1, 1, 2, 3, 5, 63, 64, 65, 1, 130] {
        if disk.store().size().is_multiple_of(2) {
            disk.close_without_snapshot();
        }
        disk.reopen();
        let mut batch: Vec<_> =
            texts.by_ref().take(batch).cloned().chain(disk.cases(0..0)).collect();
        let size = disk.store().size();
        while (batch.len() as u64) < size % 7 + 3 {
            batch.push(if size < founded_size() {
                batch[0].clone()
            } else {
                disk.case(1000 + size + batch.len() as u64)
            });
        }
        recorded(disk.submit(&batch));
        let (size, head) = (disk.store().size(), disk.checkpoint());
        disk.reopen();
        assert_eq!(
            (disk.store().size(), disk.checkpoint(), disk.store().resumed_at()),
            (size, head.clone(), size)
        );
        disk.close_without_snapshot();
        disk.open();
        assert_eq!(
            (disk.store().size(), disk.checkpoint(), disk.store().resumed_at()),
            (size, head, 0)
        );
    }
    disk.check();
}

#[test]
fn a_snapshot_that_leaves_any_doubt_is_not_used() {
    let mut disk = Disk::founded();
    disk.given_cases(0..3);
    disk.close();
    let path = disk.layout().snapshot();
    let good = std::fs::read(&path).unwrap();
    let size = founded_size() + 3;
    let resumed_at = |disk: &mut Disk, snapshot: &[u8]| {
        disk.close();
        std::fs::write(&path, snapshot).unwrap();
        disk.open();
        assert_eq!(disk.store().size(), size);
        disk.store().resumed_at()
    };
    assert_eq!(resumed_at(&mut disk, &good), size);

    let mut other = Disk::founded();
    other.given_cases(7..10);
    other.close();
    assert_eq!(
        resumed_at(&mut disk, &std::fs::read(other.layout().snapshot()).unwrap()),
        0,
        "another log's"
    );
    for length in [0, 1, 8, 39, 40, good.len() / 2, good.len() - 1] {
        assert_eq!(resumed_at(&mut disk, &good[..length]), 0, "{length} bytes");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(resumed_at(&mut disk, &longer), 0);
    disk.close();
    for place in (0..good.len()).step_by(97) {
        let mut flipped = good.clone();
        flipped[place] ^= 1 << (place % 8);
        std::fs::write(&path, &flipped).unwrap();
        assert!(
            case_ledger_store::snapshot::Snapshot::load(&path).unwrap().is_none(),
            "byte {place}"
        );
        if place % (97 * 16) == 0 {
            assert_eq!(resumed_at(&mut disk, &flipped), 0, "byte {place}");
            disk.close();
        }
    }

    // One from later than the log: the log was cut, or is an older one.
    disk.open();
    disk.given_cases(3..5);
    disk.close();
    let later = std::fs::read(&path).unwrap();
    let mut older = Disk::founded();
    older.given_cases(0..3);
    older.close();
    std::fs::write(older.layout().snapshot(), later).unwrap();
    older.open();
    assert_eq!((older.store().size(), older.store().resumed_at()), (size, 0));
    // An older one of the same log is fine: only the rest is replayed.
    let end = disk_size(&mut disk);
    std::fs::write(&path, &good).unwrap();
    disk.open();
    assert_eq!((disk.store().size(), disk.store().resumed_at()), (end, size));
    disk.check();
}

fn disk_size(disk: &mut Disk) -> u64 {
    disk.open();
    let size = disk.store().size();
    disk.close();
    size
}

#[test]
fn a_snapshot_forged_with_a_right_digest_needs_the_right_chain() {
    let mut disk = Disk::founded();
    disk.given_cases(0..3);
    disk.close();
    let path = disk.layout().snapshot();
    let good = std::fs::read(&path).unwrap();
    let mut unused = 0;
    let content = good.len() - 32;
    for place in (8..content).step_by(content / 60) {
        let mut forged = good[..content].to_vec();
        forged[place] ^= 0x40;
        forged.extend_from_slice(&blake3(&forged).0);
        std::fs::write(&path, forged).unwrap();
        // Its writer can read the keys, too; but nothing that a broken program may write makes the opening panic.
        unused += u64::from(disk.try_open().is_err() || disk.store().resumed_at() == 0);
        disk.close();
    }
    assert!(unused > 0);
    disk.close_without_snapshot();
    disk.check();
}

#[test]
fn segment_files_are_begun_and_read_across() {
    let mut disk = Disk::founded_with_segments(6_000);
    for number in 0..20 {
        disk.given_cases(number * 7..number * 7 + 7);
        if number % 5 == 4 {
            disk.check();
        }
    }
    // One batch over several files.
    disk.given_cases(1000..1300);
    let files = list(&disk.layout().segments()).unwrap();
    assert!(files.len() > 12, "{} files", files.len());
    disk.check();
    // The number is of the process, not of the log.
    disk.close();
    let mut standard = Disk::founded();
    std::mem::swap(&mut disk, &mut standard);
    standard.reopen();
    standard.given_cases(2000..2010);
    standard.check();
}

#[test]
fn the_largest_actions_are_kept_in_pieces_and_come_back() {
    let mut disk = Disk::founded_with_segments(300_000);
    let who = cast().signer_of(Kind::Submitted);
    let mut wide = 0;
    for number in 0..6 {
        let id = disk.fresh_id();
        let words = samples::words(Kind::Submitted, Extent::Minimal, id);
        let materials: Vec<_> = (0..180)
            .map(|code| json!({ "code": format!("m{code}"), "digest": "5".repeat(64), "size": 1, "media": "application.pdf" }))
            .collect();
        // Six digits of base64 for four of text: 92 000 bytes are 122 700.
        let words =
            words.with("materials", materials).beside("note", &"注".repeat(30_000 + number));
        let text = disk.text_of(who, &case_stream(number as u64), words);
        let jws = text.find('~').unwrap();
        assert!(
            (20_000..32 * 1024).contains(&jws)
                && (100_000..128 * 1024).contains(&(text.len() - jws)),
            "{jws} {}",
            text.len()
        );
        wide = wide.max(text.len());
        let taken = recorded(disk.submit(&[text])).remove(0);
        let disclosed = disk.disclosed(taken.seq).unwrap();
        assert!(
            disclosed
                .iter()
                .any(|(name, value)| name == "note" && value.chars().count() == 30_000 + number)
        );
    }
    assert!(wide > 60_000, "of several pieces");
    disk.given_cases(100..105);
    disk.check();
    assert!(list(&disk.layout().segments()).unwrap().len() > 1);
}

#[test]
fn a_stream_can_be_asked_as_of_an_earlier_size() {
    let mut disk = Disk::founded();
    disk.given_cases(1..3);
    let case = case_stream(1);
    let mut story = vec![founded_size()];
    for words in [act!(Received), act!(Accepted)] {
        story.push(disk.given(&cast().intake, &case, words).seq);
        disk.given_cases(10 * story.len() as u64..10 * story.len() as u64 + 2);
    }
    let at = |size| {
        let entries = disk.store().stream_entries(&case_of(1), size).unwrap();
        entries.iter().map(|entry| entry.header.seq).collect::<Vec<_>>()
    };
    assert_eq!(at(None), story);
    for size in 0..=disk.store().size() {
        let expected: Vec<_> = story.iter().copied().filter(|seq| *seq < size).collect();
        assert_eq!(at(Some(size)), expected, "as of {size}");
    }
    assert!(disk.store().stream_entries(&case_of(999), None).unwrap().is_empty());
    disk.check();
}

#[test]
fn proofs_verify_at_and_across_every_boundary() {
    let mut disk = Disk::founded();
    let mut heads = vec![TreeHead::empty()];
    let mut number = 0;
    // Two batches of one, then larger ones, past 512 and a little more.
    while disk.store().size() < 600 {
        let batch = [1, 1, 30, 64, 2, 128][usize::try_from(number).unwrap() % 6];
        disk.given_cases(number * 1000..number * 1000 + batch);
        number += 1;
    }
    let store = disk.store();
    let leaves: Vec<Sha256Hash> = (0..store.size())
        .map(|seq| {
            case_ledger::record::record_leaf(&store.record(Seq(seq)).unwrap().unwrap().header)
        })
        .collect();
    for size in 1..=600 {
        heads.push(store.head_at(size).unwrap());
        for index in [0, size / 3, 255, 256, 511, 512, size.saturating_sub(2), size - 1]
            .into_iter()
            .filter(|index| *index < size)
        {
            let proof = store.inclusion(Seq(index), size).unwrap();
            let leaf = leaves[usize::try_from(index).unwrap()];
            assert!(
                verify_inclusion(leaf, index, heads[usize::try_from(size).unwrap()], &proof),
                "{index} in {size}"
            );
        }
    }
    let around = |size: u64| {
        [0, 1, 7, 128, 255, 256, 257, 300, 511, 512, 513, size - 1, size]
            .into_iter()
            .filter(move |old| *old <= size)
    };
    for new in (1..=600).step_by(7).chain([255, 256, 257, 511, 512, 513, 600]) {
        for old in around(new) {
            let proof = store.consistency(old, new).unwrap();
            let [old, new] = [old, new].map(|size| heads[usize::try_from(size).unwrap()]);
            assert!(verify_consistency(old, new, &proof), "{} to {}", old.size, new.size);
        }
    }
    assert_eq!(store.head_at(store.size()).unwrap(), disk.checkpoint().checkpoint.head);
    assert!(
        store.inclusion(Seq(0), store.size() + 1).is_none()
            && store.consistency(1, store.size() + 1).is_none()
    );
    disk.check();
}

#[test]
fn readers_never_see_a_part_of_a_commit() {
    const BATCH: u64 = 40;
    let mut disk = Disk::founded_with_segments(30_000);
    let batches: Vec<_> =
        (0..25).map(|batch| disk.cases(batch * 100..batch * 100 + BATCH)).collect();
    let store = disk.store();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let stop = &stop;
            scope.spawn(move || {
                let mut last = 0;
                while !stop.load(Ordering::SeqCst) {
                    let (checkpoint, recorded_at) = store.checkpoint().unwrap();
                    let head = checkpoint.checkpoint.head;
                    assert!(
                        head.size >= last && (head.size - founded_size()).is_multiple_of(BATCH),
                        "a part of a commit"
                    );
                    last = head.size;
                    let seq = Seq((head.size - 1).saturating_sub(reader * 7));
                    let record = store.record(seq).unwrap().unwrap();
                    let proof = store.inclusion(seq, head.size).unwrap();
                    assert!(verify_inclusion(
                        case_ledger::record::record_leaf(&record.header),
                        seq.0,
                        head,
                        &proof
                    ));
                    let entry = store.entry(seq).unwrap().unwrap();
                    assert!(entry.header.time() <= recorded_at);
                    assert!(
                        store.stream(entry.stream()).is_some_and(|stream| stream.head >= seq.0)
                    );
                    let receipt = store.receipt(seq).unwrap().unwrap();
                    receipt.verify(&cast().origin, cast().ledger.key.public(), None).unwrap();
                }
            });
        }
        for batch in &batches {
            let answers = store.submit_and_wait(disk.prepared(batch)).unwrap();
            assert!(answers.answers.iter().all(Result::is_ok));
        }
        stop.store(true, Ordering::SeqCst);
    });
    disk.check();
}

// Keys and secrets.

#[test]
fn the_ledgers_key_is_succeeded_only_by_one_whose_secret_is_here() {
    let mut disk = Disk::founded();
    let root = &cast().root;
    let words = |disk: &mut Disk| {
        samples::words(Kind::LedgerKeySucceeded, Extent::Minimal, disk.fresh_id())
    };
    let succession = words(&mut disk);
    let refused = disk.when(root, "registry", succession);
    assert_eq!(refused, Err(Refusal::Impossible(Impossible::BadPossession)));
    disk.close();
    Store::add_ledger_key(disk.root(), &cast().origin, &cast().next_ledger).unwrap();
    disk.open();
    let before = disk.checkpoint();
    let succession = words(&mut disk);
    let at = disk.given(root, "registry", succession).seq;
    disk.given_cases(0..2);
    let key_of = |checkpoint: SignedCheckpoint| {
        let size = checkpoint.checkpoint.head.size;
        let key = disk.store().registry().ledger_key_at(size).unwrap();
        checkpoint.open(&cast().origin, key).unwrap();
        key
    };
    assert_eq!(key_of(before), cast().ledger.key.public());
    assert_eq!(key_of(disk.checkpoint()), cast().next_ledger.public());
    disk.check();
    // Without the new secret there is no writing; with it alone there is.
    disk.close();
    let secrets = std::fs::read_to_string(disk.layout().ledger_key()).unwrap();
    let [old, new] = secrets.split_inclusive('\n').collect::<Vec<_>>().try_into().unwrap();
    std::fs::write(disk.layout().ledger_key(), old).unwrap();
    disk.open();
    assert_eq!(disk.store().read_only(), Some(ReadOnly::NoKey));
    disk.close();
    std::fs::write(disk.layout().ledger_key(), new).unwrap();
    disk.reopen();
    assert_eq!(disk.store().read_only(), None);
    disk.given_cases(2..3);
    assert!(disk.store().size() > at);
    disk.check();
}

/// Opens a case with a name that must not be lost nor, once erased, found.
fn given_name(disk: &mut Disk, number: u64, name: &str) -> u64 {
    let id = disk.fresh_id();
    let words = samples::words(Kind::Submitted, Extent::Minimal, id).beside("applicant_name", name);
    disk.given(cast().signer_of(Kind::Submitted), &case_stream(number), words).seq
}

fn erasing(number: u64) -> case_tests::words::Words {
    act!(Erased { "target": case_stream(number), "basis": "purpose_done" })
        .beside("reasons", "目的已实现")
}

fn name_of(disk: &Disk, seq: u64) -> Option<String> {
    disk.disclosed(seq)?
        .into_iter()
        .find(|(name, _)| name == "applicant_name")
        .map(|(_, value)| value)
}

#[test]
fn disclosures_are_sealed_everywhere_and_come_back_with_the_keyring_alone() {
    let mut disk = Disk::founded();
    let seq = given_name(&mut disk, 1, "张三其人");
    let other = given_name(&mut disk, 2, "李四其人");
    assert_eq!(name_of(&disk, seq).as_deref(), Some("张三其人"));
    // One stream's key opens nothing of another's.
    let record = disk.store().record(Seq(seq)).unwrap().unwrap();
    assert_eq!(disk.store().disclosures(&case_of(2), &record).unwrap(), None);
    disk.check();
    assert_eq!(name_of(&disk, other).as_deref(), Some("李四其人"));
    disk.close();
    let sealed = disk.entries_in_files()[usize::try_from(seq).unwrap()].2.clone();
    assert!(!sealed.is_empty());
    let encoded = case_ledger::encoding::to_base64url("张三其人".as_bytes());
    assert_nowhere(
        disk.root(),
        &["张三其人".as_bytes(), &encoded.as_bytes()[2..encoded.len() - 2]],
    );

    // Another ledger's keyring, and none.
    let mut stranger = Disk::founded();
    given_name(&mut stranger, 1, "王五");
    stranger.close();
    let copy = disk.copied("with another keyring");
    for (theirs, ours) in [
        (stranger.layout().keyring(), copy.layout().keyring()),
        (stranger.layout().kek(), copy.layout().kek()),
    ] {
        std::fs::copy(theirs, ours).unwrap();
    }
    let mut copy = copy;
    copy.open();
    let record = copy.store().record(Seq(seq)).unwrap().unwrap();
    let disclosed = copy.store().disclosures(&case_of(1), &record);
    assert!(
        matches!(disclosed, Err(VaultError::Damaged(_))),
        "what was not erased is not called so"
    );
    assert_eq!(copy.store().size(), other + 1);
}

/// That none of the needles stands in any file of a directory.
#[track_caller]
fn assert_nowhere(directory: &Path, needles: &[&[u8]]) {
    for found in std::fs::read_dir(directory).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            assert_nowhere(&path, needles);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for needle in needles {
            let first = needle[0];
            let found = bytes
                .iter()
                .enumerate()
                .any(|(at, byte)| *byte == first && bytes[at..].starts_with(needle));
            assert!(!found, "{} holds what should be gone", path.display());
        }
    }
}

#[test]
fn who_is_erased_stays_erased_and_everybody_else_comes_back() {
    let mut disk = Disk::founded();
    let gone = given_name(&mut disk, 1, "甲");
    let kept = given_name(&mut disk, 2, "乙");
    disk.close();
    let backup = disk.copied("backup");
    disk.open();
    let text = {
        let record = disk.entry(gone);
        let envelope = record.envelope().unwrap().id;
        let words = samples::words(Kind::Submitted, Extent::Minimal, envelope)
            .beside("applicant_name", "甲");
        disk.text_of(cast().signer_of(Kind::Submitted), &case_stream(1), words)
    };
    let erased = disk.given(&cast().supervisor, "removals", erasing(1)).seq;
    disk.reopen();
    assert_eq!((name_of(&disk, gone), name_of(&disk, kept).as_deref()), (None, Some("乙")));
    // Salts differ, so this is other content; in any case nothing is refilled.
    assert_eq!(disk.submit(&[&text]), [Err(Refusal::OtherContent { first: gone })]);
    assert_eq!(name_of(&disk, gone), None);
    // The reasons of the erasure are on another stream.
    assert!(disk.disclosed(erased).is_some());
    // What comes after it is not erased.
    let words = act!(Received).beside("note", "其后");
    let later = disk.given(&cast().intake, &case_stream(1), words).seq;
    disk.check();
    assert_eq!(disk.disclosed(later).unwrap(), [("note".to_owned(), "其后".to_owned())]);
    assert_eq!(name_of(&disk, gone), None);
    disk.close();

    // An old backup of the log with the present keys: everybody but the erased.
    let restored = disk.beside("restored");
    copy_tree(&backup.layout().log(), &restored.layout().log());
    copy_tree(&disk.layout().keys(), &restored.layout().keys());
    let mut restored = restored;
    restored.open();
    assert_eq!(restored.store().read_only(), Some(ReadOnly::Older { signed: later + 1 }));
    assert_eq!((name_of(&restored, gone), name_of(&restored, kept).as_deref()), (None, Some("乙")));
    restored.close();
    // The present log with an old keyring, but without the old key-encryption key, which was destroyed.
    std::fs::copy(backup.layout().keyring(), restored.layout().keyring()).unwrap();
    assert!(matches!(restored.try_open(), Err(OpenError::Vault(_))));
}

#[test]
fn resubmission_never_refills_what_was_erased() {
    let mut disk = Disk::founded();
    let id = disk.fresh_id();
    let words = samples::words(Kind::Submitted, Extent::Minimal, id).beside("applicant_name", "甲");
    let text = disk.text_of(cast().signer_of(Kind::Submitted), &case_stream(1), words);
    let gone = recorded(disk.submit(&[&text])).remove(0).seq;
    disk.given(&cast().supervisor, "removals", erasing(1));
    for _ in 0..2 {
        let again = recorded(disk.submit(&[&text])).remove(0);
        assert_eq!((again.seq, again.again), (gone, true));
        disk.reopen();
        assert_eq!(name_of(&disk, gone), None);
    }
    disk.check();
}

#[test]
fn what_follows_an_erasure_in_the_same_batch_is_kept() {
    let mut disk = Disk::founded();
    let gone = given_name(&mut disk, 1, "甲");
    let texts = [
        disk.text_of(&cast().supervisor, "removals", erasing(1)),
        disk.text_of(&cast().intake, &case_stream(1), act!(Received).beside("note", "其后")),
        disk.text_of(&cast().intake, &case_stream(1), act!(Accepted).beside("note", "再后")),
    ];
    let taken = seqs(&recorded(disk.submit(&texts)));
    for _ in 0..2 {
        disk.check();
        assert_eq!(name_of(&disk, gone), None);
        assert_eq!(disk.disclosed(taken[1]).unwrap()[0].1, "其后");
        assert_eq!(disk.disclosed(taken[2]).unwrap()[0].1, "再后");
    }
}

#[test]
fn an_erasure_that_a_crash_cut_short_is_finished_by_opening() {
    let mut disk = Disk::founded();
    let gone = given_name(&mut disk, 1, "甲");
    let kept = given_name(&mut disk, 2, "乙");
    disk.close();
    let before = disk.copied("before");
    disk.open();
    disk.given(&cast().supervisor, "removals", erasing(1));
    let later =
        disk.given(&cast().intake, &case_stream(2), act!(Received).beside("note", "其后")).seq;
    disk.close();
    // The keyring as it was before the entry, as if its rotation had never begun.
    for (old, new) in [
        (before.layout().kek(), disk.layout().kek()),
        (before.layout().keyring(), disk.layout().keyring()),
    ] {
        std::fs::copy(old, new).unwrap();
    }
    disk.open();
    assert_eq!((name_of(&disk, gone), name_of(&disk, kept).as_deref()), (None, Some("乙")));
    assert_eq!(disk.disclosed(later).unwrap()[0].1, "其后");
    disk.check();
}

/// Two entries whose content is known byte by byte, the first of which will be withheld.
fn given_notorious(disk: &mut Disk) -> (u64, Vec<u8>) {
    let id = disk.fresh_id();
    let words = samples::words(Kind::Submitted, Extent::Minimal, id)
        .with("applicant", "a-notorious-51c0ffee");
    let texts = [
        disk.case(7),
        disk.text_of(cast().signer_of(Kind::Submitted), &case_stream(1), words),
        disk.case(8),
    ];
    let seq = recorded(disk.submit(&texts))[1].seq;
    (seq, b"a-notorious-51c0ffee".to_vec())
}

#[test]
fn a_withheld_body_is_gone_from_both_copies_and_everything_verifies() {
    let mut disk = Disk::founded();
    let (entry, content) = given_notorious(&mut disk);
    disk.given_cases(10..12);
    let words = disk.withholding(&cast().supervisor, Seq(entry));
    disk.given(&cast().registrar, "removals", words);
    disk.given_cases(12..14);
    assert!(disk.entry(entry).envelope().is_none(), "withheld");
    disk.check();
    disk.close();
    let report = disk.verify();
    assert_eq!(report.withheld, 1);
    for place in [disk.layout().segments(), disk.layout().db(), disk.layout().log()] {
        assert_nowhere(&place, &[&content]);
    }
    // The case goes on, and sending the same bytes again still finds the entry.
    disk.open();
    disk.given(&cast().intake, &case_stream(1), act!(Received));
    // Another one: the engine is written anew a second time.
    let id = disk.fresh_id();
    let infamous = samples::words(Kind::Submitted, Extent::Minimal, id)
        .with("applicant", "a-infamous-c0ffee51");
    let second = disk.given(cast().signer_of(Kind::Submitted), &case_stream(2), infamous).seq;
    let words = disk.withholding(&cast().supervisor, Seq(second));
    disk.given(&cast().registrar, "removals", words);
    disk.check();
    disk.close();
    assert_nowhere(&disk.layout().log(), &[b"a-infamous-c0ffee51", &content]);
}

#[test]
fn a_stub_that_was_not_what_both_signed_is_refused() {
    let mut disk = Disk::founded();
    let (entry, _) = given_notorious(&mut disk);
    let other = disk.withholding(&cast().supervisor, Seq(entry + 1));
    let words = disk.withholding(&cast().supervisor, Seq(entry)).over(other.with("entry", entry));
    assert!(disk.when(&cast().registrar, "removals", words).is_err());
    disk.check();
    assert_eq!(
        disk.entry(entry).envelope().map(|envelope| envelope.stream.clone()),
        Some(case_of(1))
    );
}

#[test]
fn a_withholding_that_a_crash_cut_short_is_finished_by_opening() {
    // With and without indexes: the replay meets the frame, or does not.
    for snapshot in [true, false] {
        let mut disk = Disk::founded();
        let (entry, content) = given_notorious(&mut disk);
        disk.given_cases(10..12);
        disk.close();
        let before = disk.copied("before");
        disk.open();
        let words = disk.withholding(&cast().supervisor, Seq(entry));
        disk.given(&cast().registrar, "removals", words);
        disk.given_cases(12..14);
        disk.close();
        let (path, was) = only_segment(&before);
        let (_, is) = only_segment(&disk);
        let changed: Vec<usize> =
            (0..was.len().min(is.len())).filter(|at| is[*at] != was[*at]).collect();
        let (from, to) = (
            changed[0],
            *changed.iter().find(|at| is[**at..].starts_with(b"CLFRAME1")).unwrap_or(&is.len()),
        );
        // The segment still has the body, or the first or the last part of it.
        for cut in [from, from + 10, from + 150, to.min(from + 700)] {
            let mut torn = is.clone();
            torn[cut..to].copy_from_slice(&was[cut..to]);
            std::fs::write(disk.layout().segments().join(path.file_name().unwrap()), &torn)
                .unwrap();
            if !snapshot {
                let _ = std::fs::remove_file(disk.layout().snapshot());
            }
            disk.open();
            assert!(disk.entry(entry).envelope().is_none());
            disk.close();
            assert_nowhere(&disk.layout().segments(), &[&content]);
        }
        disk.check();
        // The engine had not been written anew.
        disk.close();
        std::fs::remove_file(disk.layout().db().join("withheld")).unwrap();
        let half_written = disk.layout().log().join("db.new");
        copy_tree(&before.layout().db(), &half_written);
        copy_tree(&before.layout().db(), &disk.layout().log().join("db.old"));
        disk.open();
        disk.close();
        assert_nowhere(&disk.layout().log(), &[&content]);
        assert!(!half_written.exists() && disk.layout().db().join("withheld").exists());
        // Or was, and was not in its place yet.
        std::fs::rename(disk.layout().db(), half_written).unwrap();
        disk.open();
        disk.check();
    }
}

fn only_segment(disk: &Disk) -> (std::path::PathBuf, Vec<u8>) {
    let files = list(&disk.layout().segments()).unwrap();
    assert_eq!(files.len(), 1);
    let path = files[0].1.clone();
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

// When it refuses to write.

#[test]
fn a_clock_that_cannot_be_right_stops_writes_until_it_is_confirmed() {
    let mut disk = Disk::founded();
    disk.hands.advance(3600);
    disk.given_cases(0..1);
    let text = disk.case(1);
    disk.hands.set(-60);
    let behind = |disk: &mut Disk| disk.try_submit(std::slice::from_ref(&text)).unwrap_err();
    assert_eq!(behind(&mut disk), Unavailable::Clock(ClockFault::Behind { by_us: 60_000_000 }));
    disk.reopen();
    assert_eq!(behind(&mut disk), Unavailable::Clock(ClockFault::Behind { by_us: 60_000_000 }));
    let size = disk.store().size();
    disk.open_with_clock(true).unwrap();
    // Confirmed: stamps stand still until the clock has caught up.
    let stamp = recorded(disk.submit(&[&text]))[0].recorded_at;
    assert_eq!((stamp.0 - disk.hands.now().0, disk.store().size()), (60_000_000, size + 1));
    disk.hands.advance(61);
    disk.given_cases(2..3);
    // Ahead while it runs.
    disk.hands.set(86_400);
    let text = disk.case(3);
    let jumped = disk.try_submit(std::slice::from_ref(&text)).unwrap_err();
    assert_eq!(jumped, Unavailable::Clock(ClockFault::Jumped { by_us: 86_400_000_000 }));
    disk.open_with_clock(true).unwrap();
    recorded(disk.submit(&[text]));
    disk.check();
}

#[test]
fn a_directory_is_open_once() {
    let mut disk = Disk::founded();
    let second = Store::open(disk.root(), options(&disk));
    assert!(matches!(second, Err(OpenError::Locked)));
    let checkpoint = disk.checkpoint();
    assert!(matches!(
        Store::resume(disk.root(), &checkpoint),
        Err(ResumeError::Open(OpenError::Locked))
    ));
    let into = disk.beside("repaired");
    assert!(case_ledger_store::repair::repair(disk.root(), &[], into.root(), &|_| {}).is_err());
    let report = case_ledger_store::verify::directory(disk.root(), &disk.kept, &|_| {}).unwrap();
    assert!(report.is_good() && report.engine == case_ledger_store::verify::EngineCheck::InUse);
    disk.reopen();
    assert!(matches!(
        Store::create(disk.root(), &cast().origin, &cast().ledger.key),
        Err(OpenError::Io(_))
    ));
    disk.check();
}

fn options(disk: &Disk) -> OpenOptions {
    let wall = disk.hands.now();
    OpenOptions { clock: Arc::new(move || Reading { wall, running_us: 0 }), confirm_clock: false }
}

#[test]
fn streams_of_one_kind_only_are_there_from_the_founding() {
    let disk = Disk::founded();
    assert_eq!(disk.store().stream(&Stream::registry()).unwrap().length, founded_size());
    assert!(disk.store().stream(&case_of(1)).is_none());
}
