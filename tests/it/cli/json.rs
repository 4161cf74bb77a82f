//! What programs read: one object a line, the same members whether or not all is well, and `error` and `exit` where it is not.

use std::fs;

use serde_json::Value;

use super::World;

/// A byte in the middle of the first entry.
fn damage(world: &World) {
    let path = world.path().join("ledger-data/log/segments/00000000000000000000.seg");
    let mut bytes = fs::read(&path).unwrap();
    bytes[400] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[track_caller]
fn has(json: &Value, names: &[&str]) {
    for name in names {
        assert!(json.get(name).is_some(), "{name} is missing in {json}");
    }
}

#[track_caller]
fn is_error(json: &Value, exit: i32) {
    assert_eq!(json["exit"], exit, "{json}");
    has(&json["error"], &["what", "causes", "next"]);
}

#[test]
fn every_command_tells_programs_the_same_way() {
    let world = World::new();
    let (code, founded) = world.json(&["init", "--origin", "ledger.example/cases"]);
    assert_eq!(code, 0);
    has(&founded, &["origin", "vkey", "directory", "ledger_key", "root_key"]);

    let import = ["import", "xes", "odd.xes", "--mapping", "odd.toml", "--setup"];
    let (code, report) = world.json(&import);
    assert_eq!((code, &report["recorded"], &report["damage"]), (0, &8.into(), &Value::Null));
    let (code, report) =
        world.json(&["import", "xes", "cut.xes", "--mapping", "odd.toml", "--setup"]);
    assert_eq!((code, &report["damage"]["line"]), (1, &45.into()));
    is_error(&report, 1);

    let (code, case) = world.json(&["show", "case", "ODD-1"]);
    assert_eq!((code, &case["progress"]["case"]), (0, &"ODD-1".into()));
    let (code, missing) = world.json(&["show", "entry", "99"]);
    assert_eq!(code, 1);
    is_error(&missing, 1);

    let (code, right) = world.json(&["verify"]);
    assert_eq!((code, &right["good"], &right["first_bad"]), (0, &true.into(), &Value::Null));
    damage(&world);
    let (code, wrong) = world.json(&["verify"]);
    assert_eq!((code, &wrong["good"], &wrong["first_bad"]), (1, &false.into(), &0.into()));
    is_error(&wrong, 1);
    for (name, _) in right.as_object().unwrap() {
        assert!(wrong.get(name).is_some(), "{name} is in the good report only");
    }

    let (code, repaired) = world.json(&["repair", "--into", "fresh"]);
    assert_eq!((code, &repaired["entries"], &repaired["lost_from"]), (0, &13.into(), &Value::Null));
    let (code, again) = world.json(&["repair", "--into", "fresh"]);
    assert_eq!(code, 2);
    is_error(&again, 2);
}

#[test]
fn what_is_not_understood_is_told_to_programs_too() {
    let world = World::new();
    for wrong in
        [&["dance"][..], &["init"], &["show", "entry", "x"], &["verify", "a", "--dir", "b"]]
    {
        let (code, json) = world.json(wrong);
        assert_eq!(code, 2, "{wrong:?}: {json}");
        is_error(&json, 2);
    }
    // Behind `--` there are no options.
    let output = world.run(&["show", "case", "x", "y", "--", "--json"]);
    assert!(output.stdout.is_empty());
}

#[test]
fn a_refused_line_is_an_error_like_any_other() {
    let world = World::new();
    world.says(&["init", "--origin", "ledger.example/cases"]);
    let (code, refused) = world.json(&["submit", "nonsense.txt"]);
    assert_eq!((code, &refused["status"], &refused["line"]), (1, &"refused".into(), &1.into()));
    assert_eq!(refused["refusal"]["code"], "malformed");
    is_error(&refused, 1);
}
