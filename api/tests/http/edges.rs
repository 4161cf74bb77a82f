//! What is no ordinary request: wrong URLs and methods, too much, too slow, too many; and ledgers that take nothing.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use case_api::Config;
use case_ledger_store::clock::{Clock, Reading};
use serde_json::json;

use crate::client::{Answer, Client, ask, get};
use crate::ledger::{FOUNDING_LENGTH, NOW, open, open_item, submitted};
use crate::server::{Server, config};

const ACTIONS: &str = "/v1/actions";

#[test]
fn wrong_places_and_methods_are_problems() {
    let server = Server::founded();
    for path in [
        "/",
        "/v1",
        "/v1/cases",
        "/v1/cases/",
        "/v2/actions",
        "/v1/actions/",
        "/checkpoint/",
        "/%ff",
        "/v1/entries/1/2",
    ] {
        get(server.address, path).problem(404, "no_such_place");
    }
    for (method, path, allow) in [
        ("GET", ACTIONS, "POST"),
        ("PUT", ACTIONS, "POST"),
        ("GET", "/v1/actions/batch", "POST"),
        ("POST", "/checkpoint", "GET,HEAD"),
        ("DELETE", "/v1/entries/0", "GET,HEAD"),
        ("BREW", "/healthz", "GET,HEAD"),
    ] {
        let answer = ask(server.address, method, path, "", b"");
        answer.problem(405, "method");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[test]
fn head_is_get_without_a_body() {
    let server = Server::founded();
    for path in ["/checkpoint", "/v1/ledger", "/v1/entries/0", "/healthz", "/readyz"] {
        let got = get(server.address, path);
        let mut client = Client::new(server.address);
        // The second answer would be out of step if the first had a body.
        client.send("HEAD", path, "", b"");
        let head = client.head();
        client.send("HEAD", "/nowhere", "", b"");
        assert_eq!((head.status, client.head().status), (200, 404));
        assert_eq!(head.header("content-length"), got.body.len().to_string());
        assert_eq!(head.header("content-type"), got.header("content-type"));
    }
}

#[test]
fn every_answer_has_an_id_of_its_own() {
    let server = Server::founded();
    let mut client = Client::new(server.address);
    let ids: std::collections::BTreeSet<_> = ["/healthz", "/readyz", "/nowhere"]
        .map(|path| client.ask("GET", path, "", b"").header("x-request-id").to_owned())
        .into();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.len() > 8));
    assert_eq!(get(server.address, "/healthz").header("x-content-type-options"), "nosniff");
}

#[test]
fn what_is_too_long_is_not_read() {
    let server = Server::founded();
    let long = vec![b'a'; 200 * 1024];
    ask(server.address, "POST", ACTIONS, "", &long).problem(413, "too_long");
    let mut client = Client::new(server.address);
    client.begin_chunked(ACTIONS, "");
    for piece in long.chunks(8192) {
        client.chunk(piece);
    }
    client.end_chunks();
    client.receive().problem(413, "too_long");
    // Somebody who only announces it is told at once.
    let mut client = Client::new(server.address);
    client.write(b"POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\nexpect: 100-continue\r\n\r\n");
    client.receive().problem(413, "too_long");
}

#[test]
fn compressed_bodies_are_refused() {
    let server = Server::founded();
    for path in [ACTIONS, "/v1/actions/batch"] {
        ask(server.address, "POST", path, "content-encoding: gzip\r\n", b"x")
            .problem(415, "content_coding");
    }
    ask(server.address, "POST", ACTIONS, "content-encoding: identity\r\n", b"x")
        .problem(400, "malformed");
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::with(
        Config { action_within: Duration::from_millis(200), ..config() },
        case_api::clock::simulated(NOW),
    );
    let mut client = Client::new(server.address);
    client.write(b"POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
    client.receive().problem(408, "too_slow");
}

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    let server = Server::with(
        Config { head_within: Duration::from_millis(200), ..config() },
        case_api::clock::simulated(NOW),
    );
    let started = Instant::now();
    for begun in ["", "GET /healthz HT"] {
        let mut client = Client::new(server.address);
        client.write(begun.as_bytes());
        assert!(!client.line().contains("200"));
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let server =
        Server::with(Config { head_max: 8192, ..config() }, case_api::clock::simulated(NOW));
    let large = format!("x-large: {}\r\n", "a".repeat(9000));
    let many = "x-many: 1\r\n".repeat(70);
    for headers in [large, many] {
        assert_eq!(ask(server.address, "GET", "/healthz", &headers, b"").status, 431);
    }
}

#[test]
fn a_client_that_never_reads_loses_its_connection() {
    let server = Server::with(
        Config { answer_idle: Duration::from_millis(300), ..config() },
        case_api::clock::simulated(NOW),
    );
    let mut client = Client::new(server.address);
    client.stream.get_mut().set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    // Answers pile up unread until the server gives up, and so does the writing here.
    let request = b"GET /v1/entries/1 HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    let given_up =
        (0..20_000).any(|_| std::io::Write::write_all(client.stream.get_mut(), &request).is_err());
    assert!(given_up);
    assert_eq!(get(server.address, "/healthz").status, 200);
}

#[test]
fn noise_is_survived() {
    let server = Server::founded();
    for noise in [
        &b"\0\x01\x02\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\0",
        b"POST /v1/actions HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
    ] {
        let mut client = Client::new(server.address);
        client.write(noise);
        client.stream.get_mut().shutdown(std::net::Shutdown::Write).unwrap();
        client.line();
    }
    assert_eq!(get(server.address, "/healthz").text(), "ok\n");
}

/// A clock that can be held: whoever asks it, the writer, waits. It says when it is asked.
fn holdable() -> (Clock, Arc<Mutex<()>>, mpsc::Receiver<()>) {
    let held = Arc::new(Mutex::new(()));
    let gate = held.clone();
    let (tell, asked) = mpsc::channel();
    let clock = move || {
        let _ = tell.send(());
        drop(gate.lock().unwrap());
        Reading { wall: NOW, running_us: 0 }
    };
    (Arc::new(clock), held, asked)
}

/// Places for single actions: three quarters of the store's queue.
const SINGLE_PLACES: usize = 48;

/// So many clients that post one action each, all at once: their answers, as they come.
fn crowd(server: &Server, clients: usize) -> mpsc::Receiver<Answer> {
    let (tell, answers) = mpsc::channel();
    for case in 0..clients {
        let (address, tell) = (server.address, tell.clone());
        std::thread::spawn(move || {
            let text = submitted(&format!("C{case}"), &open_item());
            let english = "accept-language: en\r\n";
            tell.send(ask(address, "POST", ACTIONS, english, text.as_bytes())).unwrap();
        });
    }
    answers
}

#[test]
fn when_the_queue_is_full_the_client_is_told_that_nothing_was_taken() {
    let (clock, held, _asked) = holdable();
    let server = Server::with(config(), clock);
    let pause = held.lock().unwrap();
    let answers = crowd(&server, SINGLE_PLACES + 32);
    // While the writer stands still, only those are answered for whom there is no place.
    for answer in answers.iter().take(32) {
        let problem = answer.problem(503, "queue_full");
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(problem["recorded"], "nothing");
        assert!(problem["detail"].as_str().unwrap().contains("nothing was taken"));
    }
    let ready = get(server.address, "/readyz");
    assert_eq!((ready.status, ready.json()["reasons"].clone()), (503, json!(["queue_full"])));
    assert_eq!(server.store.size(), FOUNDING_LENGTH);
    drop(pause);
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(server.store.size(), FOUNDING_LENGTH + SINGLE_PLACES as u64);
    assert_eq!(get(server.address, "/readyz").status, 200);
}

#[test]
fn requests_that_wait_together_share_a_commit() {
    let (clock, held, _asked) = holdable();
    let server = Server::with(config(), clock);
    let (tell, commits) = mpsc::channel();
    server.store.follow(move |size| tell.send(size).unwrap());
    let pause = held.lock().unwrap();
    let answers = crowd(&server, SINGLE_PLACES + 1);
    // One is turned away: all the others have been handed to the writer, who stands still.
    answers.recv().unwrap().problem(503, "queue_full");
    drop(pause);
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), SINGLE_PLACES);
    // What the writer held already, and everything behind that. Followers are told last, of the founding too.
    let all = FOUNDING_LENGTH + SINGLE_PLACES as u64;
    let sizes: Vec<_> = commits.iter().take_while(|size| *size < all).collect();
    assert!(sizes.iter().filter(|size| **size > FOUNDING_LENGTH).count() <= 1, "{sizes:?}");
}

#[test]
fn a_batch_waits_while_the_writer_is_busy() {
    let (clock, held, asked) = holdable();
    let server = Server::with(Config { group_lines: 2, ..config() }, clock);
    while asked.try_recv().is_ok() {}
    let pause = held.lock().unwrap();
    let lines: Vec<_> = (0..200).map(|case| submitted(&format!("C{case}"), &open_item())).collect();
    let address = server.address;
    let batch = std::thread::spawn(move || {
        ask(address, "POST", "/v1/actions/batch", "", lines.join("\n").as_bytes()).lines()
    });
    // The first group has come to the writer, who stands still.
    asked.recv().unwrap();
    assert_eq!(server.store.size(), FOUNDING_LENGTH);
    drop(pause);
    let answers = batch.join().unwrap();
    assert_eq!(answers.len(), 201);
    assert!(answers[..200].iter().all(|answer| answer["seq"].is_u64()));
}

#[test]
fn a_copy_takes_nothing_and_says_why() {
    let directory = Server::founded().join();
    let copy = tempfile::tempdir().unwrap();
    copy_directory(directory.path(), copy.path());
    let store = open(copy.path(), case_api::clock::simulated(NOW));
    let server = Server::on(copy, store, config());
    let ready = get(server.address, "/readyz");
    assert_eq!(
        (ready.status, ready.json()["reasons"].clone()),
        (503, json!(["read_only", "copied"]))
    );
    for path in [ACTIONS, "/v1/actions/batch"] {
        let answer =
            ask(server.address, "POST", path, "", submitted("C1", &open_item()).as_bytes());
        assert_eq!(answer.problem(503, "read_only")["detail_code"], "copied");
        assert_eq!(answer.header("retry-after"), "600");
    }
    assert_eq!(get(server.address, "/checkpoint").status, 200);
}

fn copy_directory(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_directory(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_writer_that_died_leaves_the_outcome_unknown() {
    let (clock, wrong) = crate::batch::breakable();
    let server = Server::with(
        config(),
        Arc::new(move || {
            let reading = clock();
            assert!(reading.wall == NOW, "the writer dies");
            reading
        }),
    );
    wrong.store(true, std::sync::atomic::Ordering::SeqCst);
    let text = submitted("C1", &open_item());
    let answer = ask(server.address, "POST", ACTIONS, "", text.as_bytes());
    answer.problem(503, "outcome_unknown");
    assert_eq!(answer.header("retry-after"), "30");
    // The answer may be here before the writer's last breath.
    while get(server.address, "/readyz").status == 200 {
        std::thread::yield_now();
    }
    ask(server.address, "POST", "/v1/actions/batch", "", text.as_bytes())
        .problem(503, "outcome_unknown");
    assert_eq!(get(server.address, "/readyz").json()["reasons"], json!(["write_failed"]));
    assert_eq!(get(server.address, "/v1/entries/0").status, 200);
}
