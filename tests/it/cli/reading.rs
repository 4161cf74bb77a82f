//! Reading with nothing but the right to read: an auditor's account, a mounted backup.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use super::World;
use crate::binary::caseledger;

/// Anybody but the owner.
const NOBODY: u32 = 65534;

/// Runs the program as somebody who may not write here.
fn run_as_a_reader(world: &World, args: &[&str]) -> Output {
    let program = world.path().join("caseledger");
    if !program.exists() {
        fs::copy(caseledger().get_program(), &program).unwrap();
    }
    let mut command = Command::new(program);
    command.current_dir(world.path()).args(args);
    // For the owner of everything no permission counts.
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap()
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn whoever_may_only_read_sees_what_the_owner_sees() {
    let world = World::new().with_the_odd_log();
    let shows = [
        &["show", "case", "ODD-1"][..],
        &["show", "entry", "7"],
        &["show", "checkpoint"],
        &["show", "receipt", "7"],
        &["show", "proof", "--from", "0"],
        &["show", "proof", "--from", "3", "--to", "12"],
        &["show", "proof", "--from", "13"],
    ];
    let owner = shows.map(|args| world.says(args));
    let directory = world.path().join("ledger-data");
    allow(&world.path(), 0o755);
    for (part, mode) in [("lock", 0o444), ("log/segments", 0o555), ("log", 0o555), ("", 0o555)] {
        allow(&directory.join(part), mode);
    }
    for (args, expected) in shows.iter().zip(&owner) {
        let output = run_as_a_reader(&world, args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        assert_eq!(&String::from_utf8_lossy(&output.stdout), expected, "{args:?}");
    }
    // The folder is to be removed again.
    for part in ["", "log", "log/segments"] {
        allow(&directory.join(part), 0o755);
    }
}
