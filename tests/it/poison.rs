//! Writes that fail: the store is poisoned, answers for nothing more, and loses nothing that it answered for.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use case_ledger::kinds::Kind;
use case_ledger_store::clock::Reading;
use case_ledger_store::{OpenOptions, Store, Unavailable};
use case_tests::cast::cast;
use case_tests::disk::{Disk, case_stream, founded_size, recorded, seqs};
use case_tests::samples::{self, Extent};

const CHILD: &str = "CASELEDGER_TEST_POISON";

/// The process in which writes fail, started by the tests below. A line of `texts` is a batch.
#[test]
#[ignore = "part of the tests of failed writes"]
fn the_process_whose_writes_fail() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let directory = Path::new(&directory);
    let texts = std::fs::read_to_string(directory.join("texts")).unwrap();
    let wall = case_tests::cast::FOUNDED_AT;
    let clock = Arc::new(move || Reading { wall, running_us: 0 });
    let options = OpenOptions { clock, confirm_clock: false };
    let store = Store::open_with_segments(&directory.join("ledger"), options, 30_000).unwrap();
    if let Ok(obstacle) = std::fs::read_to_string(directory.join("obstacle")) {
        std::fs::create_dir(obstacle).unwrap();
    }
    // The name of the test stands on the line so far.
    println!();
    for batch in texts.lines() {
        let prepared =
            batch.split(' ').map(|text| store.prepare(text.as_bytes()).unwrap()).collect();
        match store.submit_and_wait(prepared) {
            Ok(answers) => answers
                .answers
                .iter()
                .for_each(|one| println!("answered {}", one.as_ref().unwrap().seq)),
            Err(Unavailable::Poisoned) => println!("unknown {}", store.is_poisoned()),
            Err(other) => panic!("{other}"),
        }
    }
    println!("shown {}", store.size());
    store.close();
}

/// Runs batches in a process of their own, whose files cannot grow beyond a limit, until a write fails; then opens the directory,
/// sends everything again, and holds it all against what was answered. Returns how many entries were answered for.
fn fails(disk: &mut Disk, batches: &[Vec<String>], limit: u64, mend: impl FnOnce(&Disk)) -> u64 {
    disk.close();
    let directory = disk.root().parent().unwrap();
    let lines: Vec<_> = batches.iter().map(|batch| batch.join(" ")).collect();
    std::fs::write(directory.join("texts"), lines.join("\n")).unwrap();
    let mut child = Command::new("sh");
    // The signal would end the process before the write could fail.
    child.args(["-c", "trap '' XFSZ; exec prlimit --fsize=\"$0\" \"$@\"", &limit.to_string()]);
    child.arg(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "poison::the_process_whose_writes_fail",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    let output = child.env(CHILD, directory).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines = |word: &str| {
        said.lines()
            .filter_map(|line| line.strip_prefix(word).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let (answered, unknown) = (lines("answered "), lines("unknown "));
    assert!(
        !answered.is_empty() && !unknown.is_empty(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Once poisoned, always: nothing is answered for after the first failure, and nothing more is shown.
    let after = &said[said.find("unknown").unwrap()..];
    assert!(!after.contains("answered") && !after.contains("unknown false"), "{said}");
    let shown = founded_size() + answered.len() as u64;
    assert_eq!(lines("shown "), [shown.to_string()]);

    mend(disk);
    disk.open();
    let held = disk.store().size();
    let failed = batches.iter().scan(0, |before, batch| {
        Some((*before, {
            *before += batch.len();
            batch.len()
        }))
    });
    let mut failed = failed;
    let failed = failed.find(|(before, _)| *before >= answered.len()).unwrap().1;
    assert!(
        held == shown || held == shown + failed as u64,
        "{held} of {shown} and {failed}: a part of a commit"
    );
    let texts = batches.concat();
    let again = recorded(disk.submit(&texts));
    assert_eq!(
        seqs(&again),
        (founded_size()..founded_size() + texts.len() as u64).collect::<Vec<_>>()
    );
    for (seq, recorded) in answered.iter().zip(&again) {
        assert_eq!((seq, recorded.again), (&recorded.seq.to_string(), true));
    }
    disk.check();
    answered.len() as u64
}

#[test]
fn a_full_disk_poisons_the_store_and_loses_nothing_it_answered_for() {
    let mut disk = Disk::founded();
    let who = cast().signer_of(Kind::Submitted);
    let batches: Vec<_> = (0..90)
        .map(|number| {
            let id = disk.fresh_id();
            let words = samples::words(Kind::Submitted, Extent::Minimal, id)
                .beside("note", &"注".repeat(30_000));
            vec![disk.text_of(who, &case_stream(number), words)]
        })
        .collect();
    // sled lays out eight megabytes and fails when it needs the next ones.
    let answered = fails(&mut disk, &batches, (8 << 20) + 1, |_| {});
    assert!(answered > 10, "{answered}");
}

#[test]
fn a_segment_file_that_cannot_be_begun_poisons_the_store_within_a_commit() {
    let mut disk = Disk::founded_with_segments(30_000);
    let mut batches: Vec<_> = (0..5).map(|number| vec![disk.case(number)]).collect();
    batches.push(disk.cases(100..300));
    batches.push(disk.cases(5..6));
    // The second frame of the large commit would begin a file, and cannot.
    let second = case_ledger_store::segments::file_name(founded_size() + 5 + 64);
    let obstacle = disk.layout().segments().join(second);
    std::fs::write(disk.root().with_file_name("obstacle"), obstacle.to_str().unwrap()).unwrap();
    let answered = fails(&mut disk, &batches, 1 << 40, |_| std::fs::remove_dir(&obstacle).unwrap());
    assert_eq!(answered, 5);
}

#[test]
fn after_a_failed_write_what_was_written_last_is_written_again() {
    let mut disk = Disk::founded_with_segments(30_000);
    disk.given_cases(0..60);
    disk.close();
    let inode = |disk: &Disk| {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(disk.layout().db().join("db")).unwrap().ino()
    };
    let before = inode(&disk);
    disk.reopen();
    disk.close();
    assert_eq!(inode(&disk), before);
    std::fs::write(disk.layout().unsynced(), b"").unwrap();
    disk.open();
    disk.close();
    assert_ne!(inode(&disk), before, "the engine's files are fresh ones");
    assert!(!disk.layout().unsynced().exists());
    disk.open();
    disk.given_cases(60..62);
    disk.check();
}
