//! The program as a person meets it: transcripts, one story each.
//!
//! A transcript is a text file in `cli/`: lines that begin with `$ ` are run in a fresh folder, one after the other, and what
//! follows each must be what it prints, to stdout and then to stderr, with its exit code if that is not 0. `> FILE` keeps
//! stdout. `[..]` stands for what differs from run to run: keys, hashes, times. After a change that is wanted,
//! `SNAPSHOTS=overwrite cargo test -p case-tests cli` writes them anew; read the difference before keeping it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use snapbox::assert::DEFAULT_ACTION_ENV;
use snapbox::{Assert, Data};

use crate::binary::caseledger;

#[test]
fn a_newcomer_sets_up_a_ledger_by_hand() {
    tell("by_hand");
}

#[test]
fn mistakes_are_answered_with_what_to_do_next() {
    tell("mistakes");
}

#[test]
fn a_log_is_imported_once_however_often_it_is_tried() {
    tell("import");
}

#[test]
fn damage_in_a_log_is_found_to_the_character() {
    tell("damaged_log");
}

#[test]
fn the_demonstration_shows_it_all() {
    tell("demo");
}

/// Runs the transcript `cli/NAME.txt` and holds it against what it says.
#[track_caller]
fn tell(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/cli");
    let path = folder.join(format!("{name}.txt"));
    let world = World::new(&folder);
    let told = fs::read_to_string(&path).unwrap();
    let mut actual = String::new();
    // Everything up to the first command is for the reader.
    let (preface, commands) = told.split_at(told.find("\n$ ").unwrap() + 1);
    actual.push_str(preface);
    for line in commands.lines().filter(|line| line.starts_with("$ ")) {
        let _ = writeln!(actual, "{line}\n{}", world.run(line.trim_start_matches("$ ")));
    }
    // Paths stay as they are: a backslash here is JSON's.
    let assert = Assert::new().action_env(DEFAULT_ACTION_ENV).normalize_paths(false);
    assert.eq(actual, Data::read_from(&path, None));
}

/// A fresh folder with the files that the stories need.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new(folder: &Path) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        for file in fs::read_dir(folder.join("files")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), world.path().join(file.file_name())).unwrap();
        }
        world
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What a command prints, as a transcript shows it.
    fn run(&self, command: &str) -> String {
        let mut words = words(command);
        let kept =
            words.iter().position(|word| word == ">").map(|at| words.split_off(at).remove(1));
        assert_eq!(words.remove(0), "caseledger", "of {command}");
        let output = caseledger().current_dir(self.path()).args(words).output().unwrap();
        let mut text = String::new();
        match kept {
            Some(file) => fs::write(self.path().join(file), &output.stdout).unwrap(),
            None => text.push_str(&String::from_utf8(output.stdout).unwrap()),
        }
        text.push_str(&String::from_utf8(output.stderr).unwrap());
        match output.status.code().unwrap() {
            0 => {}
            code => writeln!(text, "[exit {code}]").unwrap(),
        }
        // Where the world lies is chance.
        text.replace(&self.path().display().to_string(), "[FOLDER]")
    }
}

/// The words of a command line; single quotes keep theirs together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars().chain([' ']) {
        if c == '\'' {
            quoted = !quoted;
            word.get_or_insert_default();
        } else if c.is_whitespace() && !quoted {
            words.extend(word.take());
        } else {
            word.get_or_insert_default().push(c);
        }
    }
    words
}

#[test]
fn words_are_read_as_a_shell_would() {
    assert_eq!(words("a  'b c' --d='e f'"), ["a", "b c", "--d=e f"]);
}
