//! The program that is killed, and what it said until then.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::hash::{Sha256Hash, from_hex};

/// Where the program is.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_crash-writer");

/// How the program ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    Abort,
}

/// Its arguments.
pub(crate) fn arguments(root: &Path, run: u64, count: u64, end: End) -> [String; 4] {
    let end = match end {
        End::Close => "close",
        End::Abort => "abort",
    };
    [root.to_str().unwrap().to_owned(), run.to_string(), count.to_string(), end.to_owned()]
}

/// The program, running.
pub(crate) struct Writer {
    child: Child,
    lines: Receiver<String>,
}

impl Writer {
    pub(crate) fn start(root: &Path, run: u64, count: u64, end: End) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments(root, run, count, end)).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (line, lines) = channel();
        // A pipe's reader of its own: a full pipe would stop the program.
        std::thread::spawn(move || {
            stdout.split(b'\n').for_each(|bytes| {
                let _ = line.send(String::from_utf8(bytes.unwrap()).unwrap());
            });
        });
        Self { child, lines }
    }

    /// Lets it come to its end, which must be a good one, and gives back everything it said.
    pub(crate) fn finish(&mut self, context: &str) -> Vec<String> {
        let said = self.lines.iter().collect();
        assert!(
            self.child.wait().unwrap().success(),
            "{context}: the writer did not come to its end"
        );
        said
    }

    /// Kills it after some time, which begins when it starts or when it has opened, and gives back everything it said.
    pub(crate) fn kill_after(&mut self, wait: Duration, once_open: bool) -> Vec<String> {
        let mut said = Vec::new();
        while once_open && !said.last().is_some_and(|line: &String| line.starts_with("open")) {
            let Ok(line) = self.lines.recv() else { break };
            said.push(line);
        }
        std::thread::sleep(wait);
        let ended = self.child.try_wait().unwrap();
        assert_eq!(ended, None, "the writer stopped by itself: {:?}", said.last());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        said.extend(self.lines.iter());
        said
    }
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) seq: u64,
    pub(crate) leaf: Sha256Hash,
    /// The checkpoint's text in hexadecimal.
    pub(crate) checkpoint: String,
}

impl Ack {
    /// Reads a line. `None` if it says something else.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("ack ")?.split(' ');
        let (seq, leaf) = (words.next()?.parse().ok()?, from_hex(words.next()?)?);
        let checkpoint = words.next()?.to_owned();
        Some(Self { seq, leaf: Sha256Hash::from_slice(&leaf)?, checkpoint })
    }

    /// The checkpoint under which the entry stands.
    pub(crate) fn checkpoint(&self) -> SignedCheckpoint {
        parse_checkpoint(&self.checkpoint)
    }
}

pub(crate) fn parse_checkpoint(text: &str) -> SignedCheckpoint {
    let text = String::from_utf8(from_hex(text).unwrap()).unwrap();
    SignedCheckpoint::parse(&text).unwrap()
}

/// Everything that was acknowledged on one ledger.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acknowledged {
    /// Whether it was ever ready to be opened.
    pub(crate) opened: bool,
    /// Leaf hashes by position.
    pub(crate) leaves: BTreeMap<u64, Sha256Hash>,
    /// Texts of checkpoints in hexadecimal, by size.
    pub(crate) checkpoints: BTreeMap<u64, String>,
}

impl Acknowledged {
    /// Takes in what the program said in one run, which must not contradict what it said before.
    pub(crate) fn take(&mut self, said: &[String], context: &str) {
        for line in said {
            self.opened |= line == "made";
            if let Some(size) = line.strip_prefix("open ") {
                let size: u64 = size.parse().unwrap();
                let due = self.size();
                assert!(
                    size >= due,
                    "{context}: {due} entries were acknowledged, and it opened with {size}"
                );
            }
            assert!(!line.starts_with("no "), "{context}: {line}");
            if let Some(ack) = Ack::parse(line) {
                self.add(ack, context);
            }
        }
    }

    pub(crate) fn add(&mut self, ack: Ack, context: &str) {
        let before = self.leaves.insert(ack.seq, ack.leaf);
        assert!(before.is_none_or(|leaf| leaf == ack.leaf), "{context}: two entries {}", ack.seq);
        if self.checkpoints.values().next_back() != Some(&ack.checkpoint) {
            let head = ack.checkpoint().checkpoint.head;
            assert!(
                head.size > ack.seq,
                "{context}: the checkpoint does not cover entry {}",
                ack.seq
            );
            self.checkpoints.entry(head.size).or_insert(ack.checkpoint);
        }
    }

    /// How many entries the log must have at least.
    pub(crate) fn size(&self) -> u64 {
        let by_checkpoints = self.checkpoints.last_key_value().map_or(0, |(size, _)| *size);
        by_checkpoints.max(self.leaves.last_key_value().map_or(0, |(seq, _)| seq + 1))
    }
}

/// Numbers that look random and are the same in every run.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator `SplitMix64`.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True this many times in a hundred.
    pub(crate) fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }
}
