//! The program that the crash tests kill, trace and starve: a ledger under load.
//!
//! `crash-writer DIR RUN COUNT END`
//!
//! It opens the ledger in `DIR`, founding it if there is none, and submits an endless story: action number `n` is the same in
//! every run and stands at position `n` of the log, or the program stops with an error. It begins a little before the end of the log it finds, so
//! that every action that was not answered for is sent again. `RUN` is added to the clock in seconds; at `COUNT` records
//! it ends, by `close` or by `abort`.
//!
//! Each line on standard output is one `write`:
//!
//! ```text
//! made                      the directory is ready to be opened
//! open SIZE                 opened, with so many entries
//! ack SEQ LEAF CHECKPOINT   entry SEQ is durable; LEAF and CHECKPOINT in hexadecimal
//! no REASON                 a request was not answered
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a wrong assumption should stop the program at once"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use case_ledger::envelope::Action;
use case_ledger::hash::hex;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::names::Seq;
use case_ledger::state::Effect;
use case_ledger_store::clock::{Clock, Reading};
use case_ledger_store::{Answers, OpenOptions, Store, Unavailable};
use case_tests::act;
use case_tests::cast::{FOUNDED_AT, cast, founding};
use case_tests::words::{Pen, Signer, Words};

/// Requests that wait for their answers at the same time.
const IN_FLIGHT: usize = 4;
/// Requests that are sent all the same after one got no answer.
const AFTER_FAILURE: usize = 6;
/// Actions that are sent again after a restart.
const AGAIN: u64 = 260;
/// Sizes of requests, one after the other.
const SIZES: [u64; 12] = [1, 1, 3, 1, 64, 1, 3, 200, 1, 1, 3, 1];
/// Segment files are short, so that many are begun.
const SEGMENT_FULL_AT: u64 = 150_000;
/// Actions on one case.
const PER_CASE: u64 = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, run, count, end] = arguments.as_slice() else {
        panic!("usage: crash-writer DIR RUN COUNT close|abort");
    };
    let (directory, count) = (Path::new(directory), count.parse().unwrap());
    // The key is written last; whoever was interrupted before begins again.
    if !directory.join("keys/ledger").exists() {
        Store::create(directory, &cast().origin, &cast().ledger.key).unwrap();
    }
    say("made\n");
    let clock = clock_of(run.parse().unwrap());
    let options = OpenOptions { clock, confirm_clock: false };
    let opened = Store::open_with_segments(directory, options, SEGMENT_FULL_AT);
    let store = opened.unwrap_or_else(|error| panic!("it does not open: {error:?}"));
    assert_eq!(store.read_only(), None, "it takes no entries");
    say(&format!("open {}\n", store.size()));
    let answered = write(&store, count, end == "abort");
    store.close();
    if answered { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// One line, with one system call.
fn say(line: &str) {
    if std::io::stdout().write_all(line.as_bytes()).is_err() {
        // Nobody hears it any more.
        std::process::exit(4);
    }
}

/// Five minutes after the founding and ever later, so that what is recorded again would show.
fn clock_of(run: i64) -> Clock {
    let started = Instant::now();
    Arc::new(move || {
        let running_us = u64::try_from(started.elapsed().as_micros()).unwrap();
        Reading { wall: FOUNDED_AT.plus_seconds(300 + run), running_us }
    })
}

/// Goes on with the story until there are `count` entries, or until a request is not answered. `abort` ends the program in the
/// middle of its last requests.
fn write(store: &Store, count: u64, abort: bool) -> bool {
    let (done, answered) = channel::<bool>();
    let mut next = store.size().saturating_sub(AGAIN);
    let (mut in_flight, mut failed) = (0, 0);
    for size in SIZES.iter().cycle() {
        if next >= count || failed > AFTER_FAILURE {
            break;
        }
        let first = next;
        next += if first < founding().len() as u64 { 1 } else { *size };
        // What is taken off the log must be on it: such a request begins with the removal and is sent when all others are answered.
        next = (first + 1..next).find(|number| removal_at(*number).is_some()).unwrap_or(next);
        let waiting = if removal_at(first).is_some() { 0 } else { IN_FLIGHT - 1 };
        while in_flight > waiting {
            failed += usize::from(!answered.recv().unwrap());
            in_flight -= 1;
        }
        submit(store, first..next, done.clone());
        in_flight += 1;
    }
    if abort && failed == 0 {
        std::process::abort();
    }
    drop(done);
    failed == 0 && answered.iter().all(|good| good)
}

fn submit(store: &Store, numbers: std::ops::Range<u64>, done: Sender<bool>) {
    let first = numbers.start;
    let prepared =
        numbers.map(|number| store.prepare(text_of(number).as_bytes()).unwrap()).collect();
    store.submit(prepared, move |answers| {
        acknowledge(first, &answers);
        let _ = done.send(answers.is_ok());
    });
}

/// On the writer's own thread, at the moment of the answer.
fn acknowledge(first: u64, answers: &Result<Answers, Unavailable>) {
    let answers = match answers {
        Ok(answers) => answers,
        Err(reason) => return say(&format!("no {reason:?}\n")),
    };
    let checkpoint = hex(answers.checkpoint.as_ref().unwrap().to_text().as_bytes());
    for (answer, number) in answers.answers.iter().zip(first..) {
        match answer {
            Ok(recorded) if recorded.seq == number => {
                say(&format!("ack {number} {} {checkpoint}\n", recorded.leaf));
            }
            other => {
                eprintln!("action {number}: {other:?}");
                std::process::exit(3);
            }
        }
    }
}

/// Action number `number` of the story, always the same.
fn text_of(number: u64) -> String {
    let founded = founding().len() as u64;
    let Some(later) = number.checked_sub(founded) else {
        return founding()[usize::try_from(number).unwrap()].clone();
    };
    let case = later / PER_CASE;
    let stream = |case: u64| format!("case/990102-2026-{case:06}");
    let (who, stream, words) = match later % PER_CASE {
        0 => (&cast().portal, stream(case), submitted(case)),
        1 => (&cast().intake, stream(case), act!(Accepted)),
        2 => (&cast().intake, stream(case), act!(StepStarted { "step": "review" })),
        3 => (&cast().reviewer, stream(case), note(case)),
        4 => (&cast().approver, stream(case), act!(Decided { "outcome": "granted" })),
        // The case before is gone from the vault; what is said on it afterwards must not be.
        5 if case % 4 == 3 => {
            let erased = act!(Erased { "target": stream(case - 1), "basis": "purpose_done" });
            (&cast().supervisor, "removals".to_owned(), erased)
        }
        6 if case % 4 == 3 => (&cast().reviewer, stream(case - 1), note(case)),
        7 if let Some(entry) = removal_at(number) => {
            (&cast().registrar, "removals".to_owned(), withheld(entry, number))
        }
        _ => (&cast().reviewer, stream(case), act!(StepFinished { "step": "review" })),
    };
    sign(number, who, &stream, words)
}

/// The entry that this action takes off the log: now and then what an earlier case said when it came in.
fn removal_at(number: u64) -> Option<u64> {
    let later = number.checked_sub(founding().len() as u64)?;
    let (case, place) = (later / PER_CASE, later % PER_CASE);
    (place == 7 && case % 8 == 5).then(|| number - 7 - 4 * PER_CASE)
}

fn sign(number: u64, who: &Signer, stream: &str, words: Words) -> String {
    let mut pen = Pen::new(cast().origin.clone(), 1000 + number * 100);
    pen.draft(who, stream, words, FOUNDED_AT).sign(&who.key)
}

/// With personal data, so that the keyring grows; now and then with so much that a frame takes several of the engine's values.
fn submitted(case: u64) -> Words {
    let words = act!(Submitted {
        "item": cast().permit.to_string(),
        "item_version": 1,
        "office": cast().district.to_string(),
        "applicant": format!("a-{case}"),
        "channel": "online",
    });
    let words = words.beside("applicant_name", "张三").beside("phone", "电话号码");
    if case % 16 == 9 { words.beside("note", &"很长的说明。".repeat(4000)) } else { words }
}

fn note(case: u64) -> Words {
    act!(PublicReasonGiven).beside("reasons", &format!("第{case}件需要更多时间"))
}

/// Two signers take an entry's content off the log.
fn withheld(entry: u64, number: u64) -> Words {
    let action = Action::parse(text_of(entry).as_bytes()).unwrap();
    let effect = Effect::of(&action.envelope, action.envelope.act.act.as_ref().unwrap());
    let id = Pen::new(cast().origin.clone(), 1050 + number * 100).fresh_id();
    case_tests::cast::withheld(
        &cast().supervisor,
        Seq(entry),
        &effect,
        WithholdingBasis::CourtOrder,
        id,
    )
}
