//! What somebody holds, held against the ledger's public key: a receipt, a copy of the segments, a single file.

use std::fs;

use super::World;

/// Two ledgers of one name with their keys: that in `ledger-data`, with the odd log, and another one.
fn two_ledgers() -> (World, String, String) {
    let world = World::new();
    let vkey = |directory| {
        let (_, founded) =
            world.json(&["init", "--dir", directory, "--origin", "ledger.example/cases"]);
        founded["vkey"].as_str().unwrap().to_owned()
    };
    let (own, other) = (vkey("ledger-data"), vkey("other"));
    world.says(&["import", "xes", "odd.xes", "--mapping", "odd.toml", "--setup"]);
    (world, own, other)
}

#[test]
fn a_receipt_is_right_under_its_ledgers_key_only() {
    let (world, own, other) = two_ledgers();
    fs::write(world.path().join("receipt.txt"), world.says(&["show", "receipt", "7"])).unwrap();
    let (code, right) = world.json(&["verify", "receipt.txt", "--vkey", &own]);
    assert_eq!((code, &right["good"], &right["seq"]), (0, &true.into(), &7.into()));
    assert_eq!(right["kind"], "StepFinished");

    let (code, wrong) = world.json(&["verify", "receipt.txt", "--vkey", &other]);
    assert_eq!((code, &wrong["good"], &wrong["exit"]), (1, &false.into(), &1.into()));
    for (name, _) in right.as_object().unwrap() {
        assert!(wrong.get(name).is_some(), "{name} is in the good report only");
    }
    let altered = world.text("receipt.txt").replace("index 7", "index 6");
    fs::write(world.path().join("altered.txt"), altered).unwrap();
    assert_eq!(world.json(&["verify", "altered.txt", "--vkey", &own]).0, 1);
    assert_eq!(world.json(&["verify", "receipt.txt"]).0, 2);
    assert_eq!(world.json(&["verify", "receipt.txt", "--vkey", "no key"]).0, 2);
    // A receipt is not held against another one: that would look like a check and be none.
    let (code, refused) =
        world.json(&["verify", "receipt.txt", "--vkey", &own, "--receipt", "receipt.txt"]);
    assert_eq!(code, 2, "{refused}");
}

#[test]
fn a_receipt_without_its_content_says_just_that() {
    let (world, own, _) = two_ledgers();
    let text = world.says(&["show", "receipt", "7"]);
    let mut receipt = case_ledger::receipt::Receipt::parse(&text).unwrap();
    receipt.body = Vec::new().into();
    fs::write(world.path().join("redacted.txt"), receipt.to_text()).unwrap();
    let said = world.says(&["verify", "redacted.txt", "--vkey", &own]);
    assert!(said.contains("content is not included in this receipt"), "{said}");
    assert!(!said.contains("withheld"), "{said}");
}

#[test]
fn a_log_is_held_against_a_key_whole_copied_or_in_one_file() {
    let (world, own, other) = two_ledgers();
    let segments = "ledger-data/log/segments";
    fs::create_dir(world.path().join("copy")).unwrap();
    let name = "00000000000000000000.seg";
    fs::copy(world.path().join(segments).join(name), world.path().join("copy").join(name)).unwrap();
    let single = format!("copy/{name}");
    for path in ["ledger-data", "copy", &single] {
        let (code, report) = world.json(&["verify", path, "--vkey", &own]);
        assert_eq!((code, &report["entries"]), (0, &13.into()), "{path}: {report}");
        let (code, report) = world.json(&["verify", path, "--vkey", &other]);
        assert_eq!((code, &report["good"]), (1, &false.into()), "{path}: {report}");
    }
    assert_eq!(world.json(&["verify"]).1["entries"], 13, "no path is the directory's default");
    assert_eq!(world.json(&["verify", "--dir", "other"]).1["entries"], 1);
    assert_eq!(world.json(&["verify", "nowhere"]).0, 3);
}

#[test]
fn a_succeeded_key_still_names_its_ledger_and_signs_nothing_new() {
    let (world, own, other) = two_ledgers();
    fs::write(world.path().join("before.txt"), world.says(&["show", "receipt", "7"])).unwrap();
    assert_eq!(world.json(&["register", "ledger-key"]).0, 0);
    let policy = r#"{"policy":"p","version":1,"in_force":"2026-01-05","settings":[]}"#;
    assert_eq!(world.json(&["register", "policy", policy]).0, 0);
    fs::write(world.path().join("after.txt"), world.says(&["show", "receipt", "7"])).unwrap();

    let (_, succeeded) = world.json(&["show", "entry", "13"]);
    let key = succeeded["signed"]["payload"]["act"]["ledger_key"].as_str().unwrap();
    let new = super::vkey_of(key);
    for (path, vkey, code) in [
        ("ledger-data", &own, 0),
        ("ledger-data", &new, 0),
        ("ledger-data", &other, 1),
        ("before.txt", &own, 0),
        ("before.txt", &new, 1),
        ("after.txt", &own, 1),
        ("after.txt", &new, 0),
    ] {
        assert_eq!(world.json(&["verify", path, "--vkey", vkey]).0, code, "{path} {vkey}");
    }
}
