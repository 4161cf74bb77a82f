//! Many actions in one upload.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use case_api::Config;
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::time::Micros;
use case_ledger_store::clock::{Clock, Reading};
use serde_json::Value;

use crate::client::{Client, ask, get};
use crate::ledger::{FOUNDING_LENGTH, NOW, ledger_key, open_item, origin, received, submitted};
use crate::server::{Server, config};

const BATCH: &str = "/v1/actions/batch";

fn in_english(server: &Server, body: &[u8]) -> Vec<Value> {
    let answer = ask(server.address, "POST", BATCH, "accept-language: en\r\n", body);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/x-ndjson"),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.lines()
}

fn codes(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["problem"]["code"].as_str().unwrap_or("")).collect()
}

#[test]
fn good_and_bad_lines_are_answered_in_their_order() {
    let server = Server::founded();
    let twice = received("C1");
    let lines = [
        submitted("C1", &open_item()),
        "no action".into(),
        received("C1") + "\r",
        String::new(),
        twice.clone(),
        twice,
        received("C404"),
        "x".repeat(200_000),
        submitted("C1", &open_item()),
        submitted("C2", &open_item()),
    ];
    let answers = in_english(&server, lines.join("\n").as_bytes());
    assert_eq!(
        codes(&answers),
        [
            "",
            "malformed",
            "",
            "malformed",
            "",
            "",
            "unknown_stream",
            "too_long",
            "impossible",
            "",
            ""
        ]
    );
    let numbers: Vec<_> =
        answers[..10].iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    let places: Vec<_> = answers
        .iter()
        .filter_map(|answer| Some((answer["seq"].as_u64()?, answer["again"].as_bool()?)))
        .collect();
    let first = FOUNDING_LENGTH;
    assert_eq!(
        places,
        [
            (first, false),
            (first + 1, false),
            (first + 2, false),
            (first + 2, true),
            (first + 3, false)
        ]
    );
    assert_eq!(answers[0]["recorded_at"], "2026-01-05T01:00:00.000000Z");
    let leaf = server.store.entry(case_ledger::names::Seq(first)).unwrap().unwrap().leaf;
    assert_eq!(answers[0]["leaf"], leaf.to_string());
    assert_eq!(answers[1]["problem"]["title"], "Malformed action");
    let note = SignedCheckpoint::parse(answers[10]["checkpoint"].as_str().unwrap()).unwrap();
    assert_eq!(note.open(&origin(), ledger_key()).unwrap().checkpoint.head.size, first + 4);
}

#[test]
fn thousands_of_lines_in_small_groups_keep_their_order() {
    let server =
        Server::with(Config { group_lines: 7, ..config() }, case_api::clock::simulated(NOW));
    let lines: Vec<_> =
        (0..1500).map(|case| submitted(&format!("C{case}"), &open_item())).collect();
    let answers = in_english(&server, (lines.join("\n") + "\n").as_bytes());
    assert_eq!(answers.len(), 1501);
    for (at, answer) in (0_u64..).zip(&answers[..1500]) {
        assert_eq!(
            (answer["line"].as_u64(), answer["seq"].as_u64()),
            (Some(at + 1), Some(FOUNDING_LENGTH + at))
        );
    }
    // All of it once more: the first answers again.
    let again = in_english(&server, lines.join("\n").as_bytes());
    for (first, again) in answers[..1500].iter().zip(&again) {
        assert_eq!((again["again"].as_bool(), &again["leaf"]), (Some(true), &first["leaf"]));
    }
    assert_eq!(server.store.size(), FOUNDING_LENGTH + 1500);
}

#[test]
fn an_empty_batch_is_answered_with_the_checkpoint() {
    let server = Server::founded();
    let answers = in_english(&server, b"");
    assert_eq!(answers.len(), 1);
    assert!(SignedCheckpoint::parse(answers[0]["checkpoint"].as_str().unwrap()).is_some());
}

#[test]
fn a_client_that_waits_for_each_answer_gets_it() {
    let server = Server::founded();
    let mut client = Client::new(server.address);
    client.begin_chunked(BATCH, "");
    client.chunk((submitted("C1", &open_item()) + "\n").as_bytes());
    assert_eq!(client.head().status, 200);
    for turn in 0..20 {
        let answer: Value = serde_json::from_slice(&client.piece()).unwrap();
        assert_eq!(answer["seq"], FOUNDING_LENGTH + turn);
        let text = received("C1") + "\n";
        let (front, back) = text.split_at(40);
        client.chunk(front.as_bytes());
        client.chunk(back.as_bytes());
    }
    client.piece();
    client.end_chunks();
    let last: Value = serde_json::from_slice(&client.piece()).unwrap();
    assert!(last["checkpoint"].is_string());
    assert!(client.piece().is_empty());
}

#[test]
fn a_client_that_writes_all_before_it_reads_is_served() {
    let server = Server::founded();
    let lines: Vec<_> =
        (0..4000).map(|case| submitted(&format!("C{case}"), &open_item())).collect();
    assert_eq!(in_english(&server, lines.join("\n").as_bytes()).len(), 4001);
}

#[test]
fn an_upload_that_pauses_is_ended_and_its_whole_lines_are_answered() {
    let server = Server::with(
        Config { upload_idle: Duration::from_millis(200), ..config() },
        case_api::clock::simulated(NOW),
    );
    let mut client = Client::new(server.address);
    client.begin_chunked(BATCH, "accept-language: en\r\n");
    client.chunk(
        format!("{}\n{}\nhalf a li", submitted("C1", &open_item()), received("C1")).as_bytes(),
    );
    let answers = client.receive().lines();
    assert_eq!(codes(&answers), ["", "", "too_slow"]);
    assert_eq!(answers[2]["line"], 3);
    assert_eq!(server.store.size(), FOUNDING_LENGTH + 2);
}

#[test]
fn an_upload_that_breaks_off_leaves_whole_lines_recorded() {
    let server = Server::founded();
    let mut client = Client::new(server.address);
    client.begin_chunked(BATCH, "");
    client.chunk((submitted("C1", &open_item()) + "\n" + &received("C1")).as_bytes());
    client.write(b"not a chunk\r\n");
    let answers = client.receive().lines();
    assert_eq!(codes(&answers), ["", "broken_off"]);
    drop(client);
    // The server lives on.
    assert_eq!(get(server.address, "/healthz").status, 200);
}

#[test]
fn more_batches_than_may_are_told_to_come_again() {
    let server =
        Server::with(Config { batches_max: 1, ..config() }, case_api::clock::simulated(NOW));
    let mut client = Client::new(server.address);
    client.begin_chunked(BATCH, "");
    client.chunk((submitted("C1", &open_item()) + "\n").as_bytes());
    assert_eq!(client.head().status, 200);
    let refused = ask(server.address, "POST", BATCH, "", b"x");
    refused.problem(503, "too_many_batches");
    assert_eq!(refused.header("retry-after"), "1");
    client.end_chunks();
}

/// A clock that goes wrong when it is told to.
pub(crate) fn breakable() -> (Clock, Arc<AtomicBool>) {
    let wrong = Arc::new(AtomicBool::new(false));
    let told = wrong.clone();
    let wall = move || if told.load(Ordering::SeqCst) { Micros(0) } else { NOW };
    (Arc::new(move || Reading { wall: wall(), running_us: 0 }), wrong)
}

#[test]
fn when_the_ledger_takes_nothing_every_line_says_so_and_the_batch_ends() {
    let (clock, wrong) = breakable();
    let server = Server::with(Config { group_lines: 4, ..config() }, clock);
    let mut client = Client::new(server.address);
    client.begin_chunked(BATCH, "accept-language: en\r\n");
    client.chunk((submitted("C1", &open_item()) + "\n").as_bytes());
    assert_eq!(client.head().status, 200);
    assert!(String::from_utf8(client.piece()).unwrap().contains("\"seq\""));
    wrong.store(true, Ordering::SeqCst);
    let lines: Vec<_> = (2..12).map(|case| submitted(&format!("C{case}"), &open_item())).collect();
    client.chunk((lines.join("\n") + "\n").as_bytes());
    let mut text = Vec::new();
    loop {
        let piece = client.piece();
        if piece.is_empty() {
            break;
        }
        text.extend(piece);
    }
    let answers: Vec<Value> = String::from_utf8(text)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = answers.last().unwrap();
    assert_eq!(codes(std::slice::from_ref(last)), ["clock_fault"]);
    let next = last["line"].as_u64().unwrap();
    let numbers: Vec<_> = answers[..answers.len() - 1]
        .iter()
        .map(|answer| answer["line"].as_u64().unwrap())
        .collect();
    assert_eq!(
        numbers,
        (2..next).collect::<Vec<_>>(),
        "every line that was looked at is answered, in order"
    );
    assert!(answers.iter().all(|answer| matches!(
        answer["problem"]["code"].as_str(),
        Some("clock_fault" | "batch_stopped")
    )));
    assert_eq!(server.store.size(), FOUNDING_LENGTH + 1);

    let ready = get(server.address, "/readyz");
    assert_eq!(
        (ready.status, ready.json()["reasons"].clone()),
        (503, serde_json::json!(["clock_fault"]))
    );
    let single = ask(server.address, "POST", "/v1/actions", "", lines[0].as_bytes());
    assert_eq!(single.problem(503, "clock_fault")["detail_code"], "behind");
    wrong.store(false, Ordering::SeqCst);
    assert_eq!(ask(server.address, "POST", "/v1/actions", "", lines[0].as_bytes()).status, 201);
    assert_eq!(get(server.address, "/readyz").status, 200);
}
