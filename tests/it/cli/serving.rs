//! The server as a process, and the commands that go through it or work beside it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, ExitStatus};

use case_ledger::hash::Sha256Hash;
use case_ledger::tree::{TreeHead, verify_consistency};
use serde_json::Value;

use super::{LOGS, Running, World};

/// A server that `caseledger` runs, on a port of its own.
pub(super) struct Server {
    process: Running,
    pub(super) url: String,
    /// What it printed before it said where it is.
    pub(super) before: Vec<Value>,
}

impl Server {
    /// Starts `caseledger serve` on `ledger-data` and waits until it says where it is.
    pub(super) fn start(world: &World, more: &[&str]) -> Self {
        Self::of(world, &[&["serve"], more].concat())
    }

    /// Starts a command that ends up serving.
    pub(super) fn of(world: &World, command: &[&str]) -> Self {
        let mut process = world.start(&[command, &["--listen", "127.0.0.1:0", "--json"]].concat());
        let mut said = BufReader::new(process.0.stdout.take().unwrap()).lines();
        let mut before = Vec::new();
        loop {
            let line = said.next().unwrap_or_else(|| panic!("no server: {}", world.text(LOGS)));
            let said: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if let Some(url) = said["serving"]["url"].as_str() {
                return Self { process, url: url.to_owned(), before };
            }
            before.push(said);
        }
    }

    pub(super) fn get(&self, path: &str) -> String {
        let mut answer = ureq::get(format!("{}{path}", self.url)).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    /// Asks it to stop as an operator or a supervisor of processes does.
    pub(super) fn stop(mut self) -> ExitStatus {
        let id = self.process.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.process.0.wait().unwrap()
    }
}

#[test]
fn a_server_says_where_it_is_and_stops_when_it_is_asked_to() {
    let world = World::new().with_the_odd_log();
    let server = Server::start(&world, &[]);
    assert!(!server.get("/healthz").is_empty());
    assert!(server.get("/checkpoint").starts_with("ledger.example/cases\n13\n"));

    let (code, refused) = world.json(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((code, &refused["exit"]), (3, &3.into()));
    let (code, locked) = world.json(&["repair", "--into", "fresh"]);
    assert_eq!(code, 3);
    assert!(locked["error"]["next"].as_str().unwrap().starts_with("Stop the server"), "{locked}");
    std::fs::write(world.path().join("checkpoint.txt"), world.says(&["show", "checkpoint"]))
        .unwrap();
    let (code, in_use) = world.json(&["resume", "--checkpoint", "checkpoint.txt"]);
    assert_eq!(code, 3, "{in_use}");
    assert!(in_use["error"]["next"].as_str().unwrap().contains("nothing to resume"), "{in_use}");

    let shows = [
        &["show", "receipt", "7"][..],
        &["show", "proof", "--from", "0"],
        &["show", "proof", "--from", "5", "--to", "12"],
    ];
    let beside = shows.map(|args| world.says(args));
    let ended = server.stop();
    let logs = world.text(LOGS);
    assert_eq!(ended.code(), Some(0), "{logs}");
    assert!(logs.contains("stopping"), "{logs}");
    assert_eq!(shows.map(|args| world.says(args)), beside, "the same with the server and without");
    // It has let go of the directory.
    assert_eq!(world.json(&["verify"]).1["engine"], "compared");
}

#[test]
fn actions_are_submitted_through_a_server_and_their_receipts_verify() {
    let world = World::new().with_the_odd_log();
    let founded = world.says(&["show", "entry", "0", "--json"]);
    let founded: Value = serde_json::from_str(&founded).unwrap();
    assert_eq!(founded["signed"]["payload"]["act"]["kind"], "LedgerFounded");
    let server = Server::start(&world, &[]);
    let vkey: Value = serde_json::from_str(&server.get("/v1/ledger")).unwrap();
    let vkey = vkey["vkey"].as_str().unwrap();

    let office = ["register", "office", "--code", "11990102MB00000357", "--region", "990102"];
    let through = ["--name", "东区", "--url", &server.url, "--iss", "root"];
    let (code, registered) = world.json(&[&office[..], &through[..]].concat());
    assert_eq!((code, &registered["seq"]), (0, &13.into()));

    let root = ["sign", "--key", "ledger-data/keys/root.jwk", "--iss", "root", "--sub", "registry"];
    let act = r#"{"kind":"PolicyPublished","policy":"p","version":1,"in_force":"2026-01-05","settings":[]}"#;
    let signed = world.says(&[&root[..], &["--url", &server.url, act, "--json"]].concat());
    std::fs::write(world.path().join("policy.txt"), signed).unwrap();
    let submit = ["submit", "policy.txt", "--url", &server.url, "--receipt", "policy.tlog-proof"];
    let (code, recorded) = world.json(&submit);
    assert_eq!((code, &recorded["status"], &recorded["seq"]), (0, &"recorded".into(), &14.into()));

    let (code, right) = world.json(&["verify", "policy.tlog-proof", "--vkey", vkey]);
    assert_eq!(
        (code, &right["good"], &right["kind"]),
        (0, &true.into(), &"PolicyPublished".into())
    );
}

/// The real log, through a server, while others read beside it.
#[test]
fn a_log_is_imported_through_a_server_and_watched_beside_it() {
    let world = World::new().with_the_odd_log();
    let server = Server::start(&world, &[]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let log = root.join("tests/data/receipt.xes.gz").display().to_string();
    let mapping = root.join("tools/mappings/receipt.toml").display().to_string();
    let import = ["import", "xes", &log, "--mapping", &mapping, "--url", &server.url, "--json"];
    let importer =
        ["--key", "ledger-data/keys/importer.jwk", "--iss", "11990100MB9990012K/p-importer"];
    let item = ["--item", "11990100MB9990012K4001021518000"];
    let import = [&import[..], &importer[..], &item[..]].concat();

    let mut importing = world.start(&import);
    let mut before: Option<TreeHead> = None;
    let mut seen = Vec::new();
    while importing.0.try_wait().unwrap().is_none() {
        let (code, report) = world.json(&["verify", "ledger-data"]);
        assert_eq!((code, &report["engine"]), (0, &"in_use".into()), "{report}");
        seen.push(report["entries"].as_u64().unwrap());
        assert_eq!(world.json(&["show", "entry", "12"]).0, 0);
        let (_, newest) = world.json(&["show", "checkpoint"]);
        let now = head(&newest);
        if let Some(before) = before {
            let (from, to) = (before.size.to_string(), now.size.to_string());
            let (code, proof) = world.json(&["show", "proof", "--from", &from, "--to", &to]);
            assert_eq!(code, 0, "{proof}");
            let hashes = proof["proof"].as_array().unwrap();
            let hashes: Vec<_> = hashes.iter().map(hash_of).collect();
            assert!(verify_consistency(before, now, &hashes), "{proof}");
        }
        before = Some(now);
    }
    assert!(seen.is_sorted() && !seen.is_empty(), "a log only grows: {seen:?}");
    let mut said = String::new();
    importing.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&report["recorded"], &report["again"]), (&10011.into(), &0.into()), "{report}");

    assert_eq!(server.stop().code(), Some(0));
    let (code, report) = world.json(&["verify"]);
    assert_eq!((code, &report["entries"]), (0, &(13 + 10011).into()));
    let (_, open) = world.json(&["show", "checkpoint"]);
    assert_eq!(open["size"], 13 + 10011);
}

fn head(shown: &Value) -> TreeHead {
    TreeHead { size: shown["size"].as_u64().unwrap(), root: hash_of(&shown["root"]) }
}

fn hash_of(hex: &Value) -> Sha256Hash {
    let text = hex.as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    Sha256Hash(std::array::from_fn(|place| byte(2 * place)))
}
