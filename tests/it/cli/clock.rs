//! A clock that is behind the log, and an operator who says that it is right.

use std::sync::Arc;

use case_ledger::names::{Issuer, Origin, Stream};
use case_ledger::time::Micros;
use case_ledger_store::clock::Reading;
use case_ledger_store::{OpenOptions, Store};
use case_tools::compose::Composition;
use case_tools::keyfile;
use serde_json::{Value, json};

use super::World;
use super::serving::Server;

/// An action for the registry that nothing else depends on.
fn policy(world: &World, name: &str, issued_at: Micros) -> String {
    let act = json!({"kind": "PolicyPublished", "policy": name, "version": 1, "in_force": "2026-01-05", "settings": []});
    let Value::Object(act) = act else { panic!("an object") };
    let root = keyfile::read(&world.path().join("ledger-data/keys/root.jwk")).unwrap();
    let composition = Composition {
        issuer: Issuer::Root,
        stream: Stream::registry(),
        audience: Origin::parse("ledger.example/cases").unwrap(),
        issued_at,
        happened_at: None,
        by: None,
        seen: None,
        act,
        beside: Vec::new(),
    };
    composition.sign(&root).unwrap()
}

#[test]
fn a_clock_behind_the_log_stops_writes_until_an_operator_confirms_it() {
    let world = World::new();
    world.says(&["init", "--origin", "ledger.example/cases"]);
    let (_, newest) = world.json(&["show", "checkpoint"]);
    let (_, root) = world.json(&["show", "entry", "0"]);
    let founded = root["signed"]["payload"]["iat"].as_i64().unwrap();
    let founded = Micros::from_seconds(founded);
    // One entry is recorded while the clock is a day ahead.
    let ahead = Micros(founded.0 + 24 * 3600 * Micros::SECOND);
    assert!(newest["recorded_at"].as_str().unwrap() < ahead.to_string().as_str());
    let clock = Arc::new(move || Reading { wall: ahead, running_us: 0 });
    let options = OpenOptions { clock, confirm_clock: false };
    let store = Store::open(&world.path().join("ledger-data"), options).unwrap();
    let text = policy(&world, "early", ahead);
    let prepared = store.prepare(text.as_bytes()).unwrap();
    assert!(store.submit_and_wait(vec![prepared]).unwrap().answers[0].is_ok());
    drop(store);

    std::fs::write(world.path().join("late.txt"), policy(&world, "late", founded)).unwrap();
    let (code, stopped) = world.json(&["submit", "late.txt"]);
    assert_eq!(code, 3, "{stopped}");
    assert!(stopped["error"]["next"].as_str().unwrap().contains("--confirm-clock"), "{stopped}");

    let server = Server::start(&world, &["--confirm-clock"]);
    let (code, recorded) = world.json(&["submit", "late.txt", "--url", &server.url]);
    assert_eq!((code, &recorded["seq"]), (0, &2.into()), "{recorded}");
    // Stamps never decrease, confirmed or not.
    assert_eq!(recorded["recorded_at"], ahead.to_string(), "{recorded}");
}
