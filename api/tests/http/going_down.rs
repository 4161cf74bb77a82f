//! Going down under load: every request that was taken is answered or refused, and every good answer stands.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use case_ledger::names::Seq;
use serde_json::Value;

use crate::client::{Client, get};
use crate::ledger::{FOUNDING_LENGTH, NOW, open, open_item, received, submitted};
use crate::server::Server;

/// Posts until it is turned away or the connection is gone; gives what was recorded, and whether a sent request went unanswered.
fn post_until_refused(address: SocketAddr, who: usize) -> (Vec<(u64, String)>, bool) {
    let mut recorded = Vec::new();
    let Ok(stream) = TcpStream::connect(address) else { return (recorded, false) };
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut stream = std::io::BufReader::new(stream);
    for turn in 0.. {
        let text = submitted(&format!("C{who}-{turn}"), &open_item());
        let request = format!(
            "POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        if stream.get_mut().write_all(request.as_bytes()).is_err() {
            break;
        }
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(read) if read > 0 => {}
                // Closed between two requests: a connection that was idle. In the middle of an answer it would be a fault.
                Ok(_) | Err(_) => return (recorded, !head.is_empty()),
            }
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap()
            .parse()
            .unwrap();
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).is_err() {
            return (recorded, true);
        }
        let answer: Value = serde_json::from_slice(&body).unwrap();
        if head.starts_with("HTTP/1.1 201") {
            recorded.push((
                answer["seq"].as_u64().unwrap(),
                answer["leaf"].as_str().unwrap().to_owned(),
            ));
        } else {
            assert_eq!(answer["code"], "shutting_down", "{answer}");
        }
    }
    (recorded, false)
}

#[test]
fn under_load_every_good_answer_stands_after_reopening() {
    let mut server = Server::founded();
    let address = server.address;
    let clients: Vec<_> =
        (0..8).map(|who| std::thread::spawn(move || post_until_refused(address, who))).collect();
    std::thread::sleep(Duration::from_millis(300));
    server.tell_stop();
    let mut recorded = Vec::new();
    for client in clients {
        let (own, cut_off) = client.join().unwrap();
        assert!(!cut_off, "an answer was cut off");
        recorded.extend(own);
    }
    let directory = server.join();
    assert!(TcpStream::connect(address).is_err());
    assert!(!recorded.is_empty());
    let store = open(directory.path(), case_api::clock::simulated(NOW));
    for (seq, leaf) in &recorded {
        assert_eq!(store.entry(Seq(*seq)).unwrap().unwrap().leaf.to_string(), *leaf);
    }
    assert!(store.size() >= FOUNDING_LENGTH + recorded.len() as u64);
}

#[test]
fn a_running_batch_is_answered_up_to_where_it_was_and_told_so() {
    let mut server = Server::founded();
    let mut client = Client::new(server.address);
    client.begin_chunked("/v1/actions/batch", "accept-language: en\r\n");
    client.chunk((submitted("C1", &open_item()) + "\n").as_bytes());
    assert_eq!(client.head().status, 200);
    client.piece();
    let mut idle = Client::new(server.address);
    assert_eq!(idle.ask("GET", "/readyz", "", b"").status, 200);

    server.tell_stop();
    let last: Value = serde_json::from_slice(&client.piece()).unwrap();
    assert_eq!(
        (&last["problem"]["code"], last["line"].as_u64()),
        (&"shutting_down".into(), Some(2))
    );
    assert!(client.piece().is_empty());
    drop(client);
    assert_eq!(idle.line(), "", "an idle connection is closed");
    let directory = server.join();
    assert_eq!(open(directory.path(), case_api::clock::simulated(NOW)).size(), FOUNDING_LENGTH + 1);
}

#[test]
fn a_request_on_its_way_is_finished() {
    let mut server = Server::founded();
    let text = submitted("C1", &open_item());
    let mut client = Client::new(server.address);
    let (front, back) = text.split_at(100);
    client.write(
        format!(
            "POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{front}",
            text.len()
        )
        .as_bytes(),
    );
    std::thread::sleep(Duration::from_millis(100));
    server.tell_stop();
    std::thread::sleep(Duration::from_millis(100));
    client.write(back.as_bytes());
    assert_eq!(client.receive().status, 201);
    server.join();
}

#[test]
fn a_store_that_was_closed_refuses_and_readers_go_on() {
    let server = Server::founded();
    server.store.close();
    let answer =
        crate::client::ask(server.address, "POST", "/v1/actions", "", received("C1").as_bytes());
    answer.problem(503, "shutting_down");
    assert_eq!(get(server.address, "/v1/entries/0").status, 200);
}
