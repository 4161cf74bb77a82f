//! Going down under load: every request that was taken is answered or refused, and every good answer stands.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use case_ledger::names::Seq;
use serde_json::Value;

use crate::client::{Client, get};
use crate::ledger::{FOUNDING_LENGTH, NOW, open, open_item, received, submitted};
use crate::server::Server;

/// Posts until it is turned away or the connection is gone; tells of every entry that was recorded.
///
/// A connection may be closed while a request is on its way to it: such a request was not taken, and the caller sees by the log
/// that it was not. An answer that breaks off in the middle is a fault of its own.
fn post_until_refused(address: SocketAddr, who: usize, tell: &mpsc::Sender<(u64, String)>) {
    let Ok(stream) = TcpStream::connect(address) else { return };
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut stream = std::io::BufReader::new(stream);
    for turn in 0.. {
        let text = submitted(&format!("C{who}-{turn}"), &open_item());
        let request = format!(
            "POST /v1/actions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        if stream.get_mut().write_all(request.as_bytes()).is_err() {
            return;
        }
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(read) if read > 0 => {}
                Ok(_) | Err(_) => {
                    assert!(head.is_empty(), "an answer was cut off: {head}");
                    return;
                }
            }
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap()
            .parse()
            .unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        if head.starts_with("HTTP/1.1 201") {
            let leaf = answer["leaf"].as_str().unwrap().to_owned();
            tell.send((answer["seq"].as_u64().unwrap(), leaf)).unwrap();
        } else {
            assert_eq!(answer["code"], "shutting_down", "{answer}");
        }
    }
}

#[test]
fn under_load_every_entry_that_stands_was_answered_and_every_good_answer_stands() {
    let mut server = Server::founded();
    let address = server.address;
    let (tell, told) = mpsc::channel();
    let clients: Vec<_> = (0..8)
        .map(|who| {
            let tell = tell.clone();
            std::thread::spawn(move || post_until_refused(address, who, &tell))
        })
        .collect();
    drop(tell);
    // They are in full swing.
    let mut recorded: Vec<_> = told.iter().take(100).collect();
    server.tell_stop();
    recorded.extend(told);
    for client in clients {
        client.join().unwrap();
    }
    let directory = server.join();
    assert!(TcpStream::connect(address).is_err());
    let store = open(directory.path(), case_api::clock::simulated(NOW));
    for (seq, leaf) in &recorded {
        assert_eq!(store.entry(Seq(*seq)).unwrap().unwrap().leaf.to_string(), *leaf);
    }
    assert_eq!(store.size(), FOUNDING_LENGTH + recorded.len() as u64, "nobody's answer was lost");
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
    let head = format!(
        "POST /v1/actions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        text.len()
    );
    client.write(head.as_bytes());
    // The server is reading the body.
    assert_eq!(client.head().status, 100);
    let mut idle = Client::new(server.address);
    assert_eq!(idle.ask("GET", "/healthz", "", b"").status, 200);
    server.tell_stop();
    assert_eq!(idle.line(), "", "the server is going down: idle connections are closed");
    client.write(text.as_bytes());
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
