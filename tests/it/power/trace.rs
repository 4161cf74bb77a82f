//! The system calls of a program, as strace writes them down.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::crash::writer::PROGRAM;

/// Every call that can change a file, and those that would go past these.
const CALLS: &str = "trace=open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync,syncfs,\
    sync_file_range,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,\
    symlink,symlinkat,copy_file_range,sendfile,splice,mmap,msync,io_uring_setup";

/// Makes sure that strace is here.
pub(crate) fn ensure_strace() {
    let works =
        |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    if works(Command::new("strace").arg("-V")) {
        return;
    }
    let _ = Command::new("apt-get").arg("update").output();
    let _ = Command::new("apt-get").args(["install", "-y", "strace"]).output();
    assert!(
        works(Command::new("strace").arg("-V")),
        "these tests look at system calls: install strace (`apt-get install -y strace`)"
    );
}

/// How the writer fared under strace.
pub(crate) struct Run {
    pub(crate) events: Vec<Event>,
    pub(crate) success: bool,
    /// Whether it had to be killed because it did not come to an end.
    pub(crate) hung: bool,
    /// What it complained of.
    pub(crate) complaint: String,
}

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs the writer under strace, which keeps its files in `scratch`. `tamper` are strace's own options for making calls fail.
pub(crate) fn run(arguments: &[String], tamper: &[String], scratch: &Path) -> Run {
    let (trace, complaint) = (scratch.join("trace"), scratch.join("complaint"));
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-xx", "-s", "999999999", "-e", CALLS, "-o"])
        .arg(&trace)
        .args(tamper)
        .arg(PROGRAM)
        .args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&complaint).unwrap())
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let mut ended = child.try_wait().unwrap();
    while ended.is_none() && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
        ended = child.try_wait().unwrap();
    }
    if ended.is_none() {
        // strace and the program are a group of their own.
        let group = format!("-{}", child.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().unwrap();
        child.wait().unwrap();
    }
    let complaint = String::from_utf8_lossy(&std::fs::read(complaint).unwrap()).into_owned();
    let events = parse(&std::fs::read(trace).unwrap());
    Run {
        events,
        success: ended.is_some_and(|status| status.success()),
        hung: ended.is_none(),
        complaint,
    }
}

/// One system call. Its times are lines of the trace.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) thread: u32,
    pub(crate) name: String,
    pub(crate) arguments: Vec<u8>,
    /// When it was called.
    pub(crate) start: usize,
    /// When it came back; `None` if the program ended before.
    pub(crate) end: Option<usize>,
    /// What it gave back; `None` if it failed.
    pub(crate) result: Option<i64>,
}

fn parse(trace: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut unfinished: HashMap<Vec<u8>, Event> = HashMap::new();
    for (at, line) in trace.split(|byte| *byte == b'\n').enumerate() {
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (thread, rest) = line.split_at(digits);
        let rest = rest.trim_ascii_start();
        if rest.is_empty() || rest.starts_with(b"+++") || rest.starts_with(b"---") {
            continue;
        }
        if let Some(resumed) = rest.strip_prefix(b"<... ") {
            let mut event = unfinished.remove(thread).unwrap();
            let from = resumed.iter().position(|byte| *byte == b'>').unwrap();
            finish(&mut event, &resumed[from + 1..], at);
            events.push(event);
            continue;
        }
        let open = rest.iter().position(|byte| *byte == b'(').unwrap();
        let name = String::from_utf8(rest[..open].to_vec()).unwrap();
        let thread_number = String::from_utf8_lossy(thread).parse().unwrap();
        let mut event = Event {
            thread: thread_number,
            name,
            arguments: Vec::new(),
            start: at,
            end: None,
            result: None,
        };
        let rest = &rest[open + 1..];
        if let Some(begun) = rest.strip_suffix(b"<unfinished ...>") {
            begun.trim_ascii_end().clone_into(&mut event.arguments);
            unfinished.insert(thread.to_vec(), event);
        } else {
            finish(&mut event, rest, at);
            events.push(event);
        }
    }
    events.extend(unfinished.into_values());
    events
}

/// Everything quoted is hexadecimal, so brackets and signs mean what they seem to: `…) = -1 EIO (Input/output error) (INJECTED)`.
fn finish(event: &mut Event, rest: &[u8], at: usize) {
    let equals = rest.windows(2).rposition(|two| two == b"= ").unwrap();
    let close = rest[..equals].iter().rposition(|byte| *byte == b')').unwrap();
    event.arguments.extend_from_slice(&rest[..close]);
    let result = String::from_utf8_lossy(&rest[equals + 2..]).into_owned();
    let number = result.split([' ', '<']).next().unwrap();
    event.end = (number != "?").then_some(at);
    event.result = number.parse().ok().filter(|number| *number >= 0);
}

impl Event {
    /// The arguments, as they stand between commas. What is quoted holds none.
    pub(crate) fn argument(&self, place: usize) -> &[u8] {
        self.arguments.split(|byte| *byte == b',').nth(place).unwrap_or_default().trim_ascii()
    }

    pub(crate) fn text(&self, place: usize) -> String {
        String::from_utf8(self.argument(place).to_vec()).unwrap()
    }

    pub(crate) fn number(&self, place: usize) -> u64 {
        let text = self.text(place);
        text.parse().unwrap_or_else(|_| panic!("{}: {text} is no number", self.name))
    }

    /// The number and the path of a descriptor: `3<\x2f…>`.
    pub(crate) fn descriptor(&self, place: usize) -> (i64, PathBuf) {
        let argument = self.argument(place);
        let split = argument.iter().position(|byte| *byte == b'<').unwrap_or(argument.len());
        let number = String::from_utf8_lossy(&argument[..split]).parse().unwrap_or(-1);
        (number, path_of(&from_escapes(&argument[split..])))
    }

    /// A quoted path, taken to be absolute.
    pub(crate) fn path(&self, place: usize) -> PathBuf {
        path_of(&self.quoted(place))
    }

    /// The path in the argument after a directory's descriptor.
    pub(crate) fn path_at(&self, place: usize) -> PathBuf {
        self.descriptor(place).1.join(self.path(place + 1))
    }

    /// Quoted bytes.
    pub(crate) fn quoted(&self, place: usize) -> Vec<u8> {
        from_escapes(self.argument(place))
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The bytes of `"\x2f\x74"` or `<\x2f\x74>`; what follows the closing sign is left.
fn from_escapes(text: &[u8]) -> Vec<u8> {
    assert!(!text.ends_with(b"..."), "strace cut something short");
    let digit = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' + 10 };
    let escapes = text
        .get(1..)
        .unwrap_or_default()
        .chunks_exact(4)
        .take_while(|escape| escape.starts_with(b"\\x"));
    escapes.map(|escape| digit(escape[2]) * 16 + digit(escape[3])).collect()
}
