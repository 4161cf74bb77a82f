//! An import that is killed while it writes.

use std::path::Path;

use super::World;

/// Imports in a fresh world, and kills the import when something of it is durable. `None` if it was faster.
fn killed_midway(import: &[&str]) -> Option<World> {
    let world = World::new();
    world.says(&["init", "--origin", "ledger.example/cases"]);
    let mut importing = world.start(import);
    while world.json(&["show", "checkpoint"]).1["size"].as_u64().unwrap() < 1000 {
        if importing.0.try_wait().unwrap().is_some() {
            return None;
        }
    }
    importing.0.kill().unwrap();
    importing.0.wait().unwrap().code().is_none().then_some(world)
}

#[test]
fn an_import_that_was_killed_is_finished_by_running_it_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let log = root.join("tests/data/receipt.xes.gz").display().to_string();
    let mapping = root.join("tools/mappings/receipt.toml").display().to_string();
    let import = ["import", "xes", &log, "--mapping", &mapping, "--setup"];
    let world = std::iter::repeat_with(|| killed_midway(&import)).take(20).flatten().next();
    let world = world.expect("one import in twenty is slow enough to be killed");

    let (code, report) = world.json(&import);
    let [recorded, again] = ["recorded", "again"].map(|name| report[name].as_u64().unwrap());
    assert_eq!((code, recorded + again), (0, 10011), "{report}");
    assert!(recorded > 0 && again >= 1000 - 5, "{report}");
    // The founding, and what --setup registered.
    let (code, report) = world.json(&["verify"]);
    assert_eq!((code, &report["entries"]), (0, &(1 + 4 + 10011).into()), "{report}");
}
