//! The rooms and the doors between them: which crate may know which, and why each outside crate is in the house.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::documents::{code_spans, prose};
use super::tree::{root, text};
use super::{Faults, assert_caught, assert_tidy};

/// Each crate, its folder, and the only crates of ours it may depend on. A new edge is the rarest commit:
/// it changes this table, the drawing in the README, and says why.
const ROOMS: [(&str, &str, &[&str]); 6] = [
    ("case-ledger", "ledger", &[]),
    ("case-ledger-store", "ledger/store", &["case-ledger"]),
    ("case-projections", "projections", &["case-ledger"]),
    ("case-api", "api", &["case-ledger", "case-ledger-store", "case-projections"]),
    ("case-tools", "tools", &["case-api", "case-ledger", "case-ledger-store", "case-projections"]),
    (
        "case-tests",
        "tests",
        &["case-api", "case-ledger", "case-ledger-store", "case-projections", "case-tools"],
    ),
];

struct Room {
    folder: String,
    /// Crates of ours it depends on in any way: to run, to build, to test.
    knows: BTreeSet<String>,
}

#[test]
fn rooms_know_only_whom_they_may() {
    assert_tidy(wrong_edges(&rooms_in(&metadata())));
}

#[test]
fn the_readme_maps_the_rooms() {
    assert_tidy(wrong_map(text("README.md"), &rooms_in(&metadata())));
}

#[test]
fn every_group_of_dependencies_says_why() {
    assert_tidy(groups_without_a_reason(text("Cargo.toml")));
}

#[test]
fn every_version_stands_once_and_is_used() {
    let members = ROOMS.map(|(_, folder, _)| format!("{folder}/Cargo.toml"));
    let members = members.iter().map(|path| (path.as_str(), text(path)));
    assert_tidy(versions_astray(text("Cargo.toml"), &members.collect::<Vec<_>>()));
}

#[test]
fn the_fuzz_targets_are_built_from_what_ships() {
    assert_tidy(locked_otherwise(text("tests/fuzz/Cargo.lock"), text("Cargo.lock")));
}

fn metadata() -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let asked = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(cargo).args(asked).current_dir(root()).output();
    let output = output.expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo metadata is UTF-8")
}

fn rooms_in(metadata: &str) -> BTreeMap<String, Room> {
    let metadata: serde_json::Value = serde_json::from_str(metadata).expect("it is JSON");
    let base = metadata["workspace_root"].as_str().expect("it has a root");
    let packages = metadata["packages"].as_array().expect("it has packages");
    let names: BTreeSet<&str> =
        packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let room = |package: &serde_json::Value| {
        let manifest = package["manifest_path"].as_str().expect("it has a manifest");
        let folder = manifest.strip_prefix(base).and_then(|path| path.strip_suffix("/Cargo.toml"));
        let known = package["dependencies"].as_array().into_iter().flatten();
        let known = known.filter_map(|dependency| dependency["name"].as_str());
        let room = Room {
            folder: folder.expect("members live below the root").trim_start_matches('/').to_owned(),
            knows: known.filter(|name| names.contains(name)).map(str::to_owned).collect(),
        };
        (package["name"].as_str().expect("it has a name").to_owned(), room)
    };
    packages.iter().map(room).collect()
}

fn wrong_edges(rooms: &BTreeMap<String, Room>) -> Faults {
    let mut faults = Faults::new();
    for (name, room) in rooms {
        let folder = &room.folder;
        let Some((_, _, allowed)) =
            ROOMS.iter().find(|(known, at, _)| known == name && at == folder)
        else {
            faults.push(format!("{folder}/Cargo.toml: {name} is no room of ours: .github/CONTRIBUTING.md says how to add one"));
            continue;
        };
        let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        for extra in room.knows.difference(&allowed) {
            faults.push(format!(
                "{folder}/Cargo.toml: {name} may not know {extra}: pass what it needs as a value"
            ));
        }
        for missing in allowed.difference(&room.knows) {
            faults.push(format!(
                "{folder}/Cargo.toml: {name} no longer needs {missing}: take the edge out of ROOMS"
            ));
        }
    }
    for (name, folder, _) in ROOMS.iter().filter(|(name, _, _)| !rooms.contains_key(*name)) {
        faults.push(format!(
            "{folder}: {name} is gone: take it out of ROOMS and of the README's map"
        ));
    }
    faults
}

/// The map is a table in the README whose rows begin ``| `crate` | `folder` |``: exactly our crates, where they are.
/// Anywhere else, a name in backticks that looks like one of our crates must be one.
fn wrong_map(readme: &str, rooms: &BTreeMap<String, Room>) -> Faults {
    let mut mapped = BTreeSet::new();
    let mut faults = Faults::new();
    for (number, line) in prose(readme) {
        if let Some((name, folder)) = row(line) {
            let folder = folder.trim_end_matches('/');
            mapped.insert(name);
            if rooms.get(name).is_none_or(|room| room.folder != folder) {
                faults
                    .push(format!("README.md:{number}: there is no crate `{name}` in `{folder}`"));
            }
            continue;
        }
        let strangers =
            code_spans(line).filter(|span| looks_like_ours(span) && !rooms.contains_key(*span));
        faults.extend(
            strangers.map(|span| format!("README.md:{number}: there is no crate `{span}`")),
        );
    }
    let unmapped = rooms.iter().filter(|(name, _)| !mapped.contains(name.as_str()));
    faults.extend(unmapped.map(|(name, room)| {
        let folder = &room.folder;
        format!("README.md: the map lacks a row that begins | `{name}` | `{folder}` |")
    }));
    faults
}

/// The crate and folder that a row of the map begins with.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let mut quoted = || cells.next()?.strip_prefix('`')?.strip_suffix('`');
    let name = quoted()?;
    Some((name, quoted()?)).filter(|_| looks_like_ours(name))
}

fn looks_like_ours(span: &str) -> bool {
    span.strip_prefix("case-")
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
}

/// In `[workspace.dependencies]`, what follows the heading or an empty line begins with a comment.
fn groups_without_a_reason(manifest: &str) -> Faults {
    let mut faults = Faults::new();
    let mut inside = false;
    let mut begins = false;
    for (before, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
            begins = true;
        } else if line.is_empty() {
            begins = true;
        } else {
            if inside && begins && !line.starts_with('#') {
                let number = before + 1;
                faults.push(format!(
                    "Cargo.toml:{number}: say in a line above why this group is in the house"
                ));
            }
            begins = false;
        }
    }
    faults
}

/// Every entry of `[workspace.dependencies]` is used by a member, and no member states a version of its own.
fn versions_astray(manifest: &str, members: &[(&str, &str)]) -> Faults {
    let mut used = BTreeSet::new();
    let mut faults = Faults::new();
    for (path, text) in members {
        let member: toml::Table = toml::from_str(text).expect("a manifest is TOML");
        let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
        let tables = tables.iter().filter_map(|table| member.get(*table)?.as_table());
        for (name, dependency) in tables.flatten() {
            if dependency.is_str() || dependency.get("version").is_some() {
                faults.push(format!("{path}: {name}: its version belongs in the root's Cargo.toml: write {name}.workspace = true"));
            }
            used.insert(name.clone());
        }
    }
    let house: toml::Table = toml::from_str(manifest).expect("Cargo.toml is TOML");
    let offered =
        house["workspace"]["dependencies"].as_table().into_iter().flat_map(toml::Table::keys);
    let idle = offered.filter(|name| !used.contains(*name));
    faults.extend(idle.map(|name| format!("Cargo.toml: nobody uses {name}: take it out")));
    faults
}

/// The fuzz targets are a workspace of their own and cannot inherit versions. Whatever crate both lockfiles have, they
/// have in the same version; otherwise the runs would say nothing about the crate that ships.
fn locked_otherwise(fuzz: &str, house: &str) -> Faults {
    let locked = |lock: &str| -> BTreeSet<(String, String)> {
        let lock: toml::Table = toml::from_str(lock).expect("a lockfile is TOML");
        let packages = lock["package"].as_array().into_iter().flatten();
        let word = |package: &toml::Value, key| package.get(key)?.as_str().map(str::to_owned);
        packages
            .filter_map(|package| Some((word(package, "name")?, word(package, "version")?)))
            .collect()
    };
    let (fuzz, house) = (locked(fuzz), locked(house));
    let known = |name: &str| house.iter().any(|(shipped, _)| shipped == name);
    let astray = fuzz.iter().filter(|package| known(&package.0) && !house.contains(package));
    astray
        .map(|(name, version)| format!("tests/fuzz/Cargo.lock: {name} {version} is not what ships: in tests/fuzz, cargo update {name} --precise, to the version in Cargo.lock"))
        .collect()
}

fn planted(name: &str, folder: &str, knows: &[&str]) -> (String, Room) {
    let knows = knows.iter().map(|name| (*name).to_owned()).collect();
    (name.to_owned(), Room { folder: folder.to_owned(), knows })
}

fn house() -> BTreeMap<String, Room> {
    ROOMS.iter().map(|(name, folder, knows)| planted(name, folder, knows)).collect()
}

#[test]
fn a_wrong_edge_is_caught() {
    let with = |(name, room): (String, Room)| {
        let mut rooms = house();
        rooms.insert(name, room);
        wrong_edges(&rooms)
    };
    assert_tidy(wrong_edges(&house()));
    assert_caught(
        with(planted("case-ledger", "ledger", &["case-tests"])),
        "may not know case-tests",
    );
    assert_caught(
        with(planted("case-projections", "projections", &[])),
        "no longer needs case-ledger",
    );
    assert_caught(with(planted("case-cellar", "cellar", &[])), "no room of ours");
    let mut rooms = house();
    rooms.remove("case-api");
    assert_caught(wrong_edges(&rooms), "case-api is gone");
}

#[test]
fn edges_are_read_from_every_kind_of_dependency() {
    let metadata = r#"{"workspace_root": "/w", "packages": [
        {"name": "case-ledger", "manifest_path": "/w/ledger/Cargo.toml",
         "dependencies": [{"name": "sha2", "kind": null}, {"name": "case-tests", "kind": "dev"}]},
        {"name": "case-tests", "manifest_path": "/w/tests/Cargo.toml", "dependencies": []}]}"#;
    let rooms = rooms_in(metadata);
    assert_eq!(rooms["case-ledger"].folder, "ledger");
    assert_eq!(rooms["case-ledger"].knows, BTreeSet::from(["case-tests".to_owned()]));
}

#[test]
fn a_wrong_map_is_caught() {
    let rows = ROOMS.map(|(name, folder, _)| format!("| `{name}` | `{folder}/` | what for |\n"));
    let map = rows.concat();
    assert_tidy(wrong_map(&map, &house()));
    assert_caught(wrong_map(&rows[1..].concat(), &house()), "lacks a row");
    assert_caught(
        wrong_map(&format!("{map}| `case-cellar` | `cellar` | wine |"), &house()),
        "README.md:7",
    );
    assert_caught(wrong_map(&map.replace("`api/`", "`web/`"), &house()), "`web`");
    assert_caught(
        wrong_map(&format!("{map}\nAsk `case-cellar`, not a `case-action+sd-jwt`."), &house()),
        "README.md:8",
    );
}

#[test]
fn a_group_without_a_reason_is_caught() {
    let manifest = "[workspace.dependencies]\n# Why.\na = \"1\"\nb = \"1\"\n\nc = \"1\"\n[profile.dev]\ndebug = 1\n";
    assert_caught(groups_without_a_reason(manifest), "Cargo.toml:6");
    assert_caught(groups_without_a_reason("[workspace.dependencies]\na = \"1\"\n"), "Cargo.toml:2");
}

#[test]
fn a_version_astray_is_caught() {
    let manifest = "[workspace.dependencies]\na = \"1\"\nb = { version = \"1\" }\n";
    let member = |text| versions_astray(manifest, &[("x/Cargo.toml", text)]);
    assert_tidy(member(
        "[dependencies]\na.workspace = true\n[dev-dependencies]\nb = { workspace = true }\n",
    ));
    assert_caught(member("[dependencies]\na.workspace = true\n"), "nobody uses b");
    assert_caught(member("[dependencies]\na.workspace = true\nb = \"1\"\n"), "b.workspace = true");
    assert_caught(
        member("[dependencies]\na.workspace = true\nb = { version = \"1\" }\n"),
        "b.workspace = true",
    );
}

#[test]
fn a_crate_locked_otherwise_is_caught() {
    let lock = |packages: &[(&str, &str)]| {
        let package = |(name, version): &(&str, &str)| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        packages.iter().map(package).collect::<String>()
    };
    let house = lock(&[("a", "1.0.0"), ("b", "1.0.0"), ("b", "2.0.0")]);
    assert_tidy(locked_otherwise(
        &lock(&[("a", "1.0.0"), ("b", "2.0.0"), ("own", "3.0.0")]),
        &house,
    ));
    assert_caught(locked_otherwise(&lock(&[("a", "1.0.1"), ("b", "1.0.0")]), &house), "a 1.0.1");
}
