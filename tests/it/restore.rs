//! What comes back: copies, backups, restored and repaired directories. Only one directory ever signs.

use std::path::Path;

use case_ledger::checkpoint::{Checkpoint, CheckpointFault};
use case_ledger::hash::{Sha256Hash, blake3};
use case_ledger::tree::TreeHead;
use case_ledger_store::recovery::RecoveryError;
use case_ledger_store::segments::list;
use case_ledger_store::verify::EngineCheck;
use case_ledger_store::writer::ReadOnly;
use case_ledger_store::{OpenError, ResumeError, Store, Unavailable};
use case_tests::cast::cast;
use case_tests::disk::{Disk, copy_tree, founded_size};

fn read_only(disk: &mut Disk) -> Option<ReadOnly> {
    disk.open();
    let reason = disk.store().read_only();
    let text = disk.case(4711);
    let size = disk.store().size();
    match (reason, disk.try_submit(&[text])) {
        (Some(reason), Err(Unavailable::ReadOnly(said))) => assert_eq!(said, reason),
        (None, Ok(answers)) => assert!(answers.answers[0].is_ok()),
        (reason, answers) => panic!("{reason:?} and {answers:?}"),
    }
    assert!(reason.is_none() || disk.store().size() == size);
    disk.close();
    reason
}

#[test]
fn a_copy_is_read_only_and_a_moved_original_is_not() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    let newest = disk.checkpoint();
    disk.close();
    let mut copy = disk.copied("copy");
    assert_eq!(read_only(&mut copy), Some(ReadOnly::Copied));
    copy.open();
    assert_eq!(copy.checkpoint(), newest);
    copy.close();
    disk.rename("moved");
    assert_eq!(read_only(&mut disk), None);
    disk.check();
    // Opening it read-only has left it whole, and it can be resumed in the same process.
    assert!(copy.verify().is_good());
    Store::resume(copy.root(), &newest).unwrap();
    assert_eq!(read_only(&mut copy), None);
}

#[test]
fn a_backup_put_back_in_place_of_the_original_is_read_only() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    disk.close();
    let backup = disk.copied("backup");
    disk.open();
    disk.given_cases(5..7);
    let newest = disk.checkpoint();
    disk.close();
    // Keys and all: nothing in the directory says that there was more. Inode numbers are given out again at once.
    for _ in 0..5 {
        std::fs::remove_dir_all(disk.root()).unwrap();
        copy_tree(backup.root(), disk.root());
        assert_eq!(read_only(&mut disk), Some(ReadOnly::Copied));
    }
    let lost = Store::resume(disk.root(), &newest);
    let held = founded_size() + 5;
    assert!(
        matches!(lost, Err(ResumeError::Lost { signed, held: here }) if (signed, here) == (held + 2, held)),
        "{lost:?}"
    );
    assert_eq!(read_only(&mut disk), Some(ReadOnly::Copied));
}

#[test]
fn an_older_log_under_newer_keys_says_how_much_was_signed() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    let middle = disk.checkpoint();
    disk.close();
    let old = disk.copied("old");
    disk.open();
    disk.given_cases(5..7);
    let newest = disk.checkpoint();
    disk.close();
    std::fs::remove_dir_all(disk.layout().log()).unwrap();
    copy_tree(&old.layout().log(), &disk.layout().log());
    let size = newest.checkpoint.head.size;
    let before = tree_bytes(&disk.layout().segments());
    assert_eq!(read_only(&mut disk), Some(ReadOnly::Older { signed: size }));
    assert_eq!(tree_bytes(&disk.layout().segments()), before);
    for shown in [&newest, &middle] {
        assert!(
            matches!(Store::resume(disk.root(), shown), Err(ResumeError::Lost { signed, .. }) if signed == size)
        );
    }
    let report = disk.verify();
    assert_eq!(report.first_bad(), Some(size - 2));
}

/// A directory's files and what is in them.
fn tree_bytes(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = list(directory).unwrap().into_iter().map(|(_, path)| path).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn the_memory_of_what_was_signed_decides_and_a_forged_one_only_stops() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    let newest = disk.checkpoint();
    let head = newest.checkpoint.head;
    disk.close();
    let path = disk.layout().signed();
    let good = std::fs::read(&path).unwrap();
    let forged = |head: TreeHead| {
        let mut bytes = head.size.to_le_bytes().to_vec();
        bytes.extend_from_slice(&head.root.0);
        bytes.extend_from_slice(&blake3(&bytes).0);
        bytes
    };
    assert_eq!(good, forged(head));
    let with = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let mut copy = disk.beside("ledger");
        copy.open();
        let reason = copy.store().read_only();
        copy.close();
        reason
    };
    let elsewhere = Sha256Hash([7; 32]);
    assert_eq!(
        with(&forged(TreeHead { size: head.size + 9, root: elsewhere })),
        Some(ReadOnly::Older { signed: head.size + 9 })
    );
    assert_eq!(
        with(&forged(TreeHead { size: head.size, root: elsewhere })),
        Some(ReadOnly::Forked)
    );
    assert_eq!(
        with(&forged(TreeHead { size: head.size - 2, root: elsewhere })),
        Some(ReadOnly::Forked),
        "behind the log, but another history"
    );
    for place in 0..good.len() {
        let mut flipped = good.clone();
        flipped[place] ^= 4;
        assert_eq!(with(&flipped), Some(ReadOnly::Copied), "byte {place}");
    }
    assert_eq!(with(&good[..40]), Some(ReadOnly::Copied));
    assert_eq!(with(&good), None);
    // Behind the log, as after a power cut: the log's own past.
    let mut middle = disk.beside("ledger");
    middle.open();
    let past = middle.store().head_at(head.size - 2).unwrap();
    middle.close();
    assert_eq!(with(&forged(past)), None);
    disk.check();
}

#[test]
fn a_copy_resumes_only_under_a_checkpoint_that_it_extends() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    let older = disk.checkpoint();
    disk.given_cases(5..9);
    let newest = disk.checkpoint();
    disk.close();
    let mut copy = disk.copied("copy");
    let size = newest.checkpoint.head.size;
    let signed = |head: TreeHead| {
        Checkpoint { origin: cast().origin.clone(), head }.sign(&cast().ledger.key)
    };

    let mut foreign = newest.clone();
    foreign.checkpoint.origin =
        case_ledger::names::Origin::parse("elsewhere.example/cases").unwrap();
    assert!(matches!(
        Store::resume(copy.root(), &foreign),
        Err(ResumeError::Checkpoint(CheckpointFault::Origin))
    ));
    let unsigned = newest.checkpoint.sign(&cast().citizen.key);
    assert!(matches!(
        Store::resume(copy.root(), &unsigned),
        Err(ResumeError::Checkpoint(CheckpointFault::Unsigned))
    ));
    let larger = signed(TreeHead { size: size + 1, root: Sha256Hash([7; 32]) });
    assert!(matches!(Store::resume(copy.root(), &larger), Err(ResumeError::Lost { .. })));
    for size in [size, size - 3] {
        let forked = signed(TreeHead { size, root: Sha256Hash([7; 32]) });
        assert!(matches!(Store::resume(copy.root(), &forked), Err(ResumeError::Forked)));
    }
    assert_eq!(read_only(&mut copy), Some(ReadOnly::Copied));
    let nothing = disk.beside("nothing");
    assert!(matches!(Store::resume(nothing.root(), &newest), Err(ResumeError::Nothing)));

    // Its own memory knows of another history: no checkpoint from before the fork helps.
    let good = std::fs::read(copy.layout().signed()).unwrap();
    let mut bytes = size.to_le_bytes().to_vec();
    bytes.extend_from_slice(&[7; 32]);
    bytes.extend_from_slice(&blake3(&bytes).0);
    std::fs::write(copy.layout().signed(), bytes).unwrap();
    assert!(matches!(Store::resume(copy.root(), &older), Err(ResumeError::Forked)));
    std::fs::write(copy.layout().signed(), good).unwrap();

    // An older one is all that can be asked for if it is the newest that anybody holds.
    Store::resume(copy.root(), &older).unwrap();
    assert_eq!(read_only(&mut copy), None);
    copy.check();
}

#[test]
fn a_backup_copied_over_the_original_is_read_only() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    disk.close();
    let backup = disk.copied("backup");
    disk.open();
    disk.given_cases(5..7);
    let newest = disk.checkpoint();
    disk.close();
    // Every file keeps its inode and its birth; what is too much is taken away, as rsync does.
    for file in files_under(disk.root()) {
        let before = backup.root().join(file.strip_prefix(disk.root()).unwrap());
        if before.exists() {
            std::fs::write(&file, std::fs::read(before).unwrap()).unwrap();
        } else {
            std::fs::remove_file(&file).unwrap();
        }
    }
    for file in files_under(backup.root()) {
        let now = disk.root().join(file.strip_prefix(backup.root()).unwrap());
        if !now.exists() {
            std::fs::copy(file, now).unwrap();
        }
    }
    assert_eq!(read_only(&mut disk), Some(ReadOnly::Copied));
    assert!(matches!(Store::resume(disk.root(), &newest), Err(ResumeError::Lost { .. })));
}

fn files_under(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files
}

/// The restore procedure of the README: segments and keys, and nothing else.
fn restored(disk: &Disk, name: &str) -> Disk {
    let copy = disk.beside(name);
    for part in ["log/segments", "keys"] {
        std::fs::create_dir_all(copy.root().join(part)).unwrap();
        copy_tree(&disk.root().join(part), &copy.root().join(part));
    }
    copy
}

#[test]
fn segments_and_keys_alone_come_back_as_a_whole_ledger() {
    let mut disk = Disk::founded_with_segments(30_000);
    disk.given_cases(0..90);
    let newest = disk.checkpoint();
    disk.close();
    let mut copy = restored(&disk, "restored");
    let report = copy.verify();
    assert!(report.is_good() && report.engine == EngineCheck::Absent);
    // Half of an engine is no engine: the next opening begins anew.
    std::fs::create_dir_all(copy.layout().log().join("db.begun")).unwrap();
    std::fs::write(copy.layout().log().join("db.begun/conf"), b"half").unwrap();
    assert_eq!(read_only(&mut copy), Some(ReadOnly::Copied));
    let report = copy.verify();
    assert!(report.is_good() && report.engine == EngineCheck::Compared);
    Store::resume(copy.root(), &newest).unwrap();
    assert_eq!(read_only(&mut copy), None);
    copy.check();
}

#[test]
fn a_segment_backup_taken_while_the_ledger_ran_comes_back_to_its_last_commit() {
    let mut disk = Disk::founded();
    disk.given_cases(0..9);
    let newest = disk.checkpoint();
    disk.close();
    let mut copy = restored(&disk, "restored");
    let (_, last) = list(&copy.layout().segments()).unwrap().pop().unwrap();
    // The next commit had begun to be written.
    let mut bytes = std::fs::read(&last).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.truncate(end);
    bytes.extend_from_slice(b"CLFRAME1 and half of what would follow");
    std::fs::write(&last, bytes).unwrap();
    Store::resume(copy.root(), &newest).unwrap();
    assert_eq!(read_only(&mut copy), None);
    copy.check();
}

#[test]
fn where_the_log_was_written_a_lost_engine_is_damage() {
    let mut disk = Disk::founded();
    disk.given_cases(0..5);
    disk.close();
    std::fs::remove_dir_all(disk.layout().db()).unwrap();
    for _ in 0..2 {
        let opened = disk.try_open();
        assert!(
            matches!(opened, Err(OpenError::Recovery(RecoveryError::Damaged(_)))),
            "{opened:?}"
        );
        assert!(!disk.layout().db().exists());
    }
    assert!(!disk.verify().is_good());
}

#[test]
fn a_founding_that_was_interrupted_can_be_begun_again() {
    let disk = Disk::empty();
    let again = disk.beside("again");
    Store::create(again.root(), &cast().origin, &cast().ledger.key).unwrap();
    std::fs::remove_file(again.layout().ledger_key()).unwrap();
    Store::create(again.root(), &cast().origin, &cast().ledger.key).unwrap();
}
