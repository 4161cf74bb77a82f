//! The built `caseledger`, for tests that run it as a person would.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A fresh call of `caseledger`.
///
/// Cargo tells a test where a binary is only in the binary's own package, and builds it for a test only there. So this
/// asks cargo itself, which is also never out of date. `--test it` looks idle and is not: it makes cargo choose the
/// features that this very test was built with, so that only the binary is left to build.
pub(crate) fn caseledger() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BINARY.get_or_init(build))
}

fn build() -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    // What cargo told this test about its own package would make build scripts, and all above them, run again.
    for (name, _) in std::env::vars_os() {
        let is_ours =
            |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(is_ours) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--workspace", "--bin", "caseledger", "--test", "it"]);
    cargo.args(["--locked", "--offline", "--message-format", "json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.output().expect("cargo can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "caseledger does not build:\n{said}");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let messages =
        messages.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    let mut binaries = messages.filter(|message| message["target"]["name"] == "caseledger");
    let binary = binaries.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    binary.expect("case-tools has a binary `caseledger`")
}
