//! The README's restore procedure: segments and keys into a fresh directory, then `resume`.

use std::fs;
use std::path::Path;

use super::World;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to);
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A copy of these parts of `ledger-data`, put where the README says.
fn restore(world: &World, parts: [&str; 2]) {
    for part in parts {
        copy(
            &world.path().join("ledger-data").join(part),
            &world.path().join("restored").join(part),
        );
    }
}

/// What a backup holds, and what a clone of the whole disk holds.
const BACKUP: [&str; 2] = ["log/segments", "keys"];
const CLONE: [&str; 2] = ["log", "keys"];

/// Read-only until it is shown the newest checkpoint; then it takes entries, and still extends what others kept.
fn goes_on_when_shown_the_newest_checkpoint(parts: [&str; 2]) {
    let world = World::new().with_the_odd_log();
    fs::write(world.path().join("newest.txt"), world.says(&["show", "checkpoint"])).unwrap();
    fs::write(world.path().join("7.tlog-proof"), world.says(&["show", "receipt", "7"])).unwrap();
    restore(&world, parts);
    fs::remove_dir_all(world.path().join("ledger-data")).unwrap();

    let office = ["register", "office", "--code", "11990102MB00000357", "--region", "990102"];
    let office = [&office[..], &["--name", "东区", "--dir", "restored"]].concat();
    let (code, read_only) = world.json(&office);
    assert_eq!(code, 3, "{read_only}");
    assert!(read_only["error"]["next"].as_str().unwrap().contains("resume"), "{read_only}");

    let resume = ["resume", "--dir", "restored", "--checkpoint", "newest.txt"];
    let (code, resumed) = world.json(&resume);
    assert_eq!((code, &resumed["checkpoint_size"]), (0, &13.into()), "{resumed}");
    let (code, registered) = world.json(&office);
    assert_eq!((code, &registered["seq"]), (0, &13.into()), "{registered}");
    let verify = ["verify", "restored", "--checkpoint", "newest.txt", "--receipt", "7.tlog-proof"];
    let (code, report) = world.json(&verify);
    assert_eq!((code, &report["entries"]), (0, &14.into()), "{report}");
}

#[test]
fn a_cloned_disk_goes_on_when_it_is_shown_the_newest_checkpoint() {
    goes_on_when_shown_the_newest_checkpoint(CLONE);
}

#[test]
fn a_restored_backup_goes_on_when_it_is_shown_the_newest_checkpoint() {
    goes_on_when_shown_the_newest_checkpoint(BACKUP);
}

#[test]
fn a_receipt_shows_how_far_a_ledger_had_come_too() {
    let world = World::new().with_the_odd_log();
    restore(&world, CLONE);
    fs::write(world.path().join("7.tlog-proof"), world.says(&["show", "receipt", "7"])).unwrap();
    let resume = ["resume", "--dir", "restored", "--receipt", "7.tlog-proof"];
    let (code, resumed) = world.json(&resume);
    assert_eq!((code, &resumed["checkpoint_size"]), (0, &13.into()), "{resumed}");
}

#[test]
fn a_backup_that_lacks_entries_is_not_resumed_and_the_next_ledger_names_it() {
    let world = World::new().with_the_odd_log();
    restore(&world, CLONE);
    world.says(&[
        "register",
        "office",
        "--code",
        "11990102MB00000357",
        "--region",
        "990102",
        "--name",
        "东区",
    ]);
    fs::write(world.path().join("newest.txt"), world.says(&["show", "checkpoint"])).unwrap();
    let (code, lost) = world.json(&["resume", "--dir", "restored", "--checkpoint", "newest.txt"]);
    assert_eq!(code, 1, "{lost}");
    assert!(lost["error"]["next"].as_str().unwrap().contains("--predecessor"), "{lost}");

    let vkey = vkey(&world);
    let init = ["init", "--dir", "next", "--origin", "ledger.example/cases-2"];
    let predecessor = ["--predecessor", "newest.txt", "--predecessor-vkey", &vkey];
    assert_eq!(world.json(&[&init[..], &predecessor].concat()).0, 0);
    let (_, founded) = world.json(&["show", "entry", "0", "--dir", "next"]);
    let named = &founded["signed"]["payload"]["act"]["predecessor"];
    assert_eq!((&named["origin"], &named["size"]), (&"ledger.example/cases".into(), &14.into()));
    // Whoever comes with somebody else's word founds nothing.
    let (_, other) = world.json(&["init", "--dir", "other", "--origin", "ledger.example/cases"]);
    let init = ["init", "--dir", "third", "--origin", "ledger.example/cases-3"];
    let other = other["vkey"].as_str().unwrap();
    let predecessor = ["--predecessor", "newest.txt", "--predecessor-vkey", other];
    assert_eq!(world.json(&[&init[..], &predecessor].concat()).0, 1);
    assert!(!world.path().join("third").exists());
}

/// The verifier key of the ledger in `ledger-data`, from its founding.
fn vkey(world: &World) -> String {
    let (_, founded) = world.json(&["show", "entry", "0"]);
    let key = founded["signed"]["payload"]["act"]["ledger_key"].as_str().unwrap();
    super::vkey_of(key)
}

#[test]
fn no_second_ledger_is_founded_over_a_log_whose_key_is_elsewhere() {
    let world = World::new().with_the_odd_log();
    fs::remove_dir_all(world.path().join("ledger-data/keys")).unwrap();
    let (code, there) = world.json(&["init", "--origin", "ledger.example/cases"]);
    assert_eq!(code, 1, "{there}");
    assert!(there["error"]["next"].as_str().unwrap().contains("DIR/keys"), "{there}");
}

#[test]
fn a_mistyped_directory_is_left_as_it_is() {
    let world = World::new().with_the_odd_log();
    fs::write(world.path().join("newest.txt"), world.says(&["show", "checkpoint"])).unwrap();
    let (code, none) = world.json(&["resume", "--dir", "ledgr-data", "--checkpoint", "newest.txt"]);
    assert_eq!(code, 3, "{none}");
    assert!(!none["error"]["next"].as_str().unwrap().contains("found"), "{none}");
    assert!(!world.path().join("ledgr-data").exists());
    world.says(&["init", "--dir", "ledgr-data", "--origin", "ledger.example/cases"]);
}
