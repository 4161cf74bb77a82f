//! What somebody at a terminal sees, and a script does not: how far a long work has come.

use super::World;

#[test]
fn long_work_shows_how_far_it_is_at_a_terminal_only() {
    let world = World::new();
    world.says(&["init", "--origin", "ledger.example/cases"]);
    world.says(&["import", "xes", "odd.xes", "--mapping", "odd.toml", "--setup"]);
    let at_a_terminal = |command: &str| {
        let output = std::process::Command::new("script")
            .args(["--quiet", "--return", "--command", command, "/dev/null"])
            .current_dir(world.path())
            .env("TERM", "xterm")
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let program = crate::binary::caseledger();
    let program = program.get_program().to_str().unwrap();
    let verify = format!("'{program}' verify ledger-data");
    assert!(at_a_terminal(&verify).contains("verifying"));
    assert!(!at_a_terminal(&format!("{verify} --quiet")).contains("verifying"));
    assert!(!at_a_terminal(&format!("{verify} 2>notes")).contains("verifying"));
    assert_eq!(world.text("notes"), "", "into a file goes no bar");
}
