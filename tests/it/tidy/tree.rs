//! The files that the laws are about: what git tracks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub(super) struct File {
    /// From the repository's root, with `/`.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl File {
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

pub(super) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace holds the tests").to_path_buf()
}

/// Every tracked file. Leftovers of a run (a data directory, a log) are not the repository and are not judged.
/// Where git knows of no files, in an unpacked archive or before the first commit, it is everything but `target`.
pub(super) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut paths = tracked();
        if paths.is_empty() {
            walk(&root(), "", &mut paths);
        }
        paths.sort();
        let read =
            |path: String| Some(File { bytes: std::fs::read(root().join(&path)).ok()?, path });
        paths.into_iter().filter_map(read).collect()
    })
}

/// Every tracked file that is text, with its path.
pub(super) fn texts() -> impl Iterator<Item = (&'static File, &'static str)> {
    files().iter().filter_map(|file| Some((file, std::str::from_utf8(&file.bytes).ok()?)))
}

/// Every tracked text with this extension, as (path, text).
pub(super) fn texts_of(extension: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    texts()
        .filter(move |(file, _)| file.has_extension(extension))
        .map(|(file, text)| (file.path.as_str(), text))
}

/// One file that must be there.
pub(super) fn text(path: &str) -> &'static str {
    let found = texts().find(|(file, _)| file.path == path);
    found.unwrap_or_else(|| panic!("{path}: missing, or not tracked; write it and `git add` it")).1
}

pub(super) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

fn tracked() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let stdout = listed.map(|output| output.stdout).unwrap_or_default();
    let names = String::from_utf8(stdout).expect("file names are UTF-8");
    names.split_terminator('\0').map(str::to_owned).collect()
}

fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository can be read") {
        let entry = entry.expect("an entry can be read");
        let name = entry.file_name().into_string().expect("file names are UTF-8");
        let path = format!("{prefix}{name}");
        if name == "target" || name == ".git" {
            continue;
        }
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), paths);
        } else {
            paths.push(path);
        }
    }
}

/// What a newcomer sees first, and nothing else; what machines read begins with a dot.
const TOP: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "api",
    "ledger",
    "projections",
    "tests",
    "tools",
];

#[test]
fn the_top_level_is_short() {
    let mut found: Vec<_> = files()
        .iter()
        .filter_map(|file| file.path.split('/').next())
        .filter(|name| !name.starts_with('.'))
        .collect();
    found.dedup();
    assert_eq!(found, TOP);
}
