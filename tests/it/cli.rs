//! The program as a person meets it: transcripts, one story each.
//!
//! A transcript is a text file in `cli/`: lines that begin with `$ ` are run in a fresh folder, one after the other, and what
//! follows each must be what it prints, to stdout and then to stderr, with its exit code if that is not 0. `> FILE` keeps
//! stdout, `|` hands it on, and what is not `caseledger` is a command of the system. `[..]` stands for what differs from run
//! to run: keys, hashes, times. After a change that is wanted, `SNAPSHOTS=overwrite cargo test -p case-tests cli` writes them
//! anew; read the difference before keeping it.
//!
//! Stories that need more than one process at a time, or look into what was printed, are tests in the modules here.

mod clock;
mod json;
mod killed;
mod reading;
mod restoring;
mod serving;
mod terminal;
mod verifying;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use case_ledger::checkpoint::ledger_note_key;
use case_ledger::encoding::from_base64url;
use case_ledger::names::{Origin, PublicKey};
use case_tools::tamper::{Deed, Power, falsify};
use serde_json::Value;
use snapbox::assert::DEFAULT_ACTION_ENV;
use snapbox::{Assert, Data};

use crate::binary::caseledger;
use serving::Server;

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
fn what_a_log_says_of_people_stays_off_the_ledger() {
    tell("people");
}

#[test]
fn receipts_are_kept_each_in_a_file_of_its_own() {
    tell("receipts");
}

#[test]
fn a_damaged_directory_is_dumped_and_repaired() {
    tell("repair");
}

#[test]
fn a_registrar_ends_what_was_begun_and_the_ledgers_key_is_succeeded() {
    tell("registrar");
}

#[test]
fn a_dishonest_administrator_is_found_out() {
    let world = tell("tamper");
    let ledger = world.path().join("demo-ledger");
    // Whoever has only the disk gets no secret of anybody's with it.
    for (power, has_ledger_key) in [(Power::Disk, false), (Power::DiskAndLedgerKey, true)] {
        let copy = world.path().join(format!("{power:?}"));
        falsify(&ledger, &copy, 7, power, Deed::Alter).unwrap();
        let keys = fs::read_dir(copy.join("keys")).unwrap().map(|file| file.unwrap().file_name());
        let mut keys: Vec<_> = keys.map(|name| name.into_string().unwrap()).collect();
        keys.sort();
        assert_eq!(keys.contains(&"ledger".to_owned()), has_ledger_key, "{keys:?}");
        let of_the_directory = ["kek", "keyring", "ledger", "signed"];
        assert!(keys.iter().all(|name| of_the_directory.contains(&&**name)), "{keys:?}");
    }
}

#[test]
fn the_demonstration_shows_it_all() {
    let world = tell("demo");
    // Without --no-serve it goes on with the same ledger, adds nothing, and serves it.
    let server = Server::of(&world, &["demo"]);
    let [again] = &server.before[..] else { panic!("one story: {:?}", server.before) };
    assert_eq!(again["import"]["recorded"], 0);
    assert_eq!(again["import"]["again"], 10011);
    assert_eq!(again["verified"]["good"], true);
    assert_eq!(again["verified"]["entries"], 10027);
    assert_eq!(again["case"]["progress"]["case"], "WABO-case-4100");
    assert!(again["receipt"].as_str().unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));
    for case in ["WABO-case-4100", "MZ-1"] {
        assert!(server.get(&format!("/v1/cases/{case}")).contains(case));
    }
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn completions_are_scripts_that_their_shells_read() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = world.says(&["completions", shell]);
        assert!(script.contains("caseledger") && script.contains("json"), "{shell}: {script}");
        fs::write(world.path().join(shell), script).unwrap();
        // Whether a shell is here is chance; where it is, it must be able to read the script.
        if let Ok(read) = Command::new(shell).arg("-n").arg(world.path().join(shell)).output() {
            assert!(read.status.success(), "{shell}: {}", String::from_utf8_lossy(&read.stderr));
        }
    }
}

/// Runs the transcript `cli/NAME.txt` and holds it against what it says.
#[track_caller]
fn tell(name: &str) -> World {
    let path = stories().join(format!("{name}.txt"));
    let world = World::new();
    let told = fs::read_to_string(&path).unwrap();
    let mut actual = String::new();
    // Everything up to the first command is for the reader.
    let (preface, commands) = told.split_at(told.find("\n$ ").unwrap() + 1);
    actual.push_str(preface);
    for line in commands.lines().filter(|line| line.starts_with("$ ")) {
        let _ = writeln!(actual, "{line}\n{}", world.shell(line.trim_start_matches("$ ")));
    }
    // Paths stay as they are: a backslash here is JSON's.
    let assert = Assert::new().action_env(DEFAULT_ACTION_ENV).normalize_paths(false);
    assert.eq(actual, Data::read_from(&path, None));
    world
}

fn stories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it/cli")
}

/// A fresh folder with the files that the stories need.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        for file in fs::read_dir(stories().join("files")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), world.path().join(file.file_name())).unwrap();
        }
        world
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    fn run(&self, args: &[&str]) -> Output {
        caseledger().current_dir(self.path()).args(args).output().unwrap()
    }

    /// What a command prints that must end well.
    #[track_caller]
    fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?} ends with {}: {said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// The exit code, and the one document that a command prints with `--json`.
    #[track_caller]
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let output = self.run(&[args, &["--json"]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        let mut lines = said.lines();
        let json = lines.next().and_then(|line| serde_json::from_str(line).ok());
        let json = json.unwrap_or_else(|| panic!("{args:?} prints no JSON: {said}"));
        assert_eq!(lines.next(), None, "{args:?} prints more than one document");
        (output.status.code().unwrap(), json)
    }

    /// Starts a command and goes on. What it prints to stderr goes to the file `LOGS`: a pipe that nobody reads would stop it.
    fn start(&self, args: &[&str]) -> Running {
        let mut command = caseledger();
        command.current_dir(self.path()).args(args);
        let logs = fs::File::create(self.path().join(LOGS)).unwrap();
        Running(command.stdout(Stdio::piped()).stderr(logs).spawn().unwrap())
    }

    /// Founds a ledger in `ledger-data`, with the importer, office and item that `odd.xes` needs, and its cases.
    fn with_the_odd_log(self) -> Self {
        self.says(&["init", "--origin", "ledger.example/cases"]);
        self.says(&["import", "xes", "odd.xes", "--mapping", "odd.toml", "--setup"]);
        self
    }

    /// What a line of a transcript prints.
    fn shell(&self, line: &str) -> String {
        let mut words = words(line);
        let kept =
            words.iter().position(|word| word == ">").map(|at| words.split_off(at).remove(1));
        let (mut stdout, mut stderr, mut code) = (Vec::new(), Vec::new(), 0);
        for call in words.split(|word| word == "|") {
            let output = self.call(call, &stdout);
            stdout = output.stdout;
            stderr.extend(output.stderr);
            code = output.status.code().unwrap();
        }
        let mut text = String::new();
        match kept {
            Some(file) => fs::write(self.path().join(file), &stdout).unwrap(),
            None => text.push_str(&String::from_utf8(stdout).unwrap()),
        }
        text.push_str(&String::from_utf8(stderr).unwrap());
        if code != 0 {
            writeln!(text, "[exit {code}]").unwrap();
        }
        // Where the world lies is chance.
        text.replace(&self.path().display().to_string(), "[FOLDER]")
    }

    fn call(&self, words: &[String], stdin: &[u8]) -> Output {
        let (program, args) = words.split_first().unwrap();
        let mut command =
            if program == "caseledger" { caseledger() } else { Command::new(program) };
        command.current_dir(self.path()).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        // Whoever does not read its input has ended before it is written.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        child.wait_with_output().unwrap()
    }
}

/// The verifier key of `ledger.example/cases` with this public key.
fn vkey_of(key: &str) -> String {
    let key = from_base64url(key.as_bytes()).unwrap();
    let origin = Origin::parse("ledger.example/cases").unwrap();
    ledger_note_key(&origin, PublicKey(key.try_into().unwrap())).to_vkey()
}

const LOGS: &str = "logs.txt";

/// A command that runs beside the test, and ends with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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
