//! The power goes at any moment: only what was synced is sure to be there.

pub(crate) mod disk;
pub(crate) mod trace;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use case_ledger::audit::read;
use case_ledger::frame::{Found, Frame, MAGIC, SEGMENT_HEADER, decode};
use case_ledger_store::keys::mark_place;
use case_ledger_store::layout::Layout;
use tempfile::{TempDir, tempdir};

use self::disk::{Deed, Disk, Image, Mood, lay_out};
use self::trace::ensure_strace;
use crate::crash::check::check;
use crate::crash::writer::{Ack, Acknowledged, Chance, End, arguments};

/// How often the power goes.
const CUTS: u64 = 300;

/// Three runs of the writer on one directory: two that end in the middle of their requests, one that closes.
fn story() -> &'static Disk {
    static STORY: LazyLock<Disk> = LazyLock::new(|| {
        ensure_strace();
        // A call that the end of the program cut off may have been done or not: then the story is told again.
        let mut stories = (0..10).map(|_| tell());
        stories.find(|disk| !disk.doubtful).unwrap()
    });
    &STORY
}

fn tell() -> Disk {
    let directory = tempdir().unwrap();
    let root = directory.path().join("ledger");
    let mut disk = Disk::new(&root);
    for (run, (count, end)) in (0..).zip([(330, End::Abort), (480, End::Abort), (520, End::Close)])
    {
        let run = trace::run(&arguments(&root, run, count, end), &[], directory.path());
        assert!(end == End::Abort || run.success, "{}", run.complaint);
        disk.run(&run.events);
        if disk.doubtful {
            break;
        }
        disk.hold_against(&root);
    }
    disk
}

/// A trace of system calls: when an entry is acknowledged, both copies of it, the keys to what it discloses, and the names of their files
/// have been synced.
#[test]
fn nothing_is_acknowledged_before_it_is_synced() {
    let proven = prove(story()).unwrap();
    assert!(proven > 25, "only {proven} commits were looked at");
}

/// The proof notices a sync that is missing, whichever it is.
#[test]
fn a_missing_sync_is_noticed() {
    ensure_strace();
    let directory = tempdir().unwrap();
    let root = directory.path().join("ledger");
    let run = trace::run(&arguments(&root, 0, 110, End::Close), &[], directory.path());
    assert!(run.success, "{}", run.complaint);
    let proves = |spared: &str| {
        let is_spared = |event: &&trace::Event| {
            matches!(event.name.as_str(), "fsync" | "fdatasync")
                && event.descriptor(0).1.to_str().unwrap().ends_with(spared)
        };
        let mut disk = Disk::new(&root);
        disk.run_with(run.events.iter().filter(|event| !is_spared(event)));
        prove(&disk).is_ok()
    };
    assert!(proves("nothing has this name"));
    for spared in ["/db", "/db/db", ".seg", "/segments", "/log", "/keyring", "/keys", "/ledger"] {
        assert!(!proves(spared), "nobody would notice if {spared} was never synced");
    }
}

/// Goes through the acknowledgements in the order they were given, and holds each commit against what was durable then. Gives back
/// how many commits there were, or what was not durable.
pub(crate) fn prove(disk: &Disk) -> Result<usize, String> {
    let in_engine = engine_frames(disk);
    let (mut done, mut commits) = (BTreeSet::new(), 0);
    let mut known = Acknowledged::default();
    for (at, line) in &disk.said {
        let Some(ack) = Ack::parse(line) else { continue };
        let missing =
            |what: String| Err(format!("{what} was not synced when this was said: {line}"));
        let is_fresh = known.checkpoints.values().all(|checkpoint| *checkpoint != ack.checkpoint);
        known.add(ack, line);
        if !is_fresh {
            continue;
        }
        commits += 1;
        let is_segment = |path: &Path| path.extension().is_some_and(|extension| extension == "seg");
        let durable = disk.durable(*at, |path| path.ends_with("keyring") || is_segment(path));
        for name in
            ["log/db/db", "log/db/conf", "log/place", "keys/ledger", "keys/kek", "keys/keyring"]
        {
            if !durable.contains_key(Path::new(name)) {
                return missing(name.to_owned());
            }
        }
        let keyring = durable[Path::new("keys/keyring")].as_ref().unwrap();
        let mut next = 0;
        for bytes in segment_frames(&durable) {
            let Found::Frame(frame) = decode(&bytes) else {
                unreachable!("only whole frames are given")
            };
            if frame.first != next {
                break;
            }
            next = frame.end();
            if next <= known.size() && done.insert(frame.first) {
                if !is_durable(disk, &in_engine, &bytes, *at) {
                    return missing(format!("the engine's copy of frame {}", frame.first));
                }
                if !has_keys(&frame, keyring) {
                    return missing(format!("a key to frame {}", frame.first));
                }
            }
        }
        if next < known.size() {
            return missing(format!("the segments' copy from entry {next} on"));
        }
    }
    Ok(commits)
}

/// The whole frames of an image's segment files, in order, up to the first that is not whole.
fn segment_frames(image: &Image) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let segments = image
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "seg"));
    for (_, bytes) in segments {
        let mut rest = bytes.as_ref().unwrap().get(SEGMENT_HEADER..).unwrap_or_default();
        while let Found::Frame(frame) = decode(rest) {
            frames.push(frame.bytes.to_vec());
            rest = &rest[frame.bytes.len()..];
        }
    }
    frames
}

/// Where in the engine's writes a frame begins: the change, and the place in its bytes.
fn engine_frames(disk: &Disk) -> Vec<(usize, usize)> {
    // It is written anew when a body is withheld, so there are several.
    let engines = disk.files_named("db");
    let mut found = Vec::new();
    for (number, change) in disk.changes.iter().enumerate() {
        let Deed::Write { file, bytes, .. } = &change.deed else { continue };
        if !engines.contains(file) {
            continue;
        }
        let mut from = 0;
        while let Some(place) = bytes[from..].iter().position(|byte| *byte == MAGIC[0]) {
            from += place + 1;
            if bytes[from - 1..].starts_with(MAGIC) {
                found.push((number, from - 1));
            }
        }
    }
    found
}

/// Whether the engine's log holds a frame, durable at `at` with everything that was written to it before.
fn is_durable(disk: &Disk, in_engine: &[(usize, usize)], frame: &[u8], at: usize) -> bool {
    /// The engine's values are no longer than this.
    const PIECE: usize = 60_000;
    in_engine.iter().any(|(number, place)| {
        let Deed::Write { file, bytes, .. } = &disk.changes[*number].deed else { return false };
        let (first, others) = frame.split_at(frame.len().min(PIECE));
        if !bytes[*place..].starts_with(first) {
            return false;
        }
        let writes = disk.changes.iter().filter(|change| matches!(&change.deed, Deed::Write { file: other, .. } if other == file));
        let (before, after): (Vec<_>, Vec<_>) = writes.partition(|change| change.end <= disk.changes[*number].end);
        let durable: Vec<_> = after.into_iter().take_while(|change| change.durable <= at).chain(before.last().copied()).collect();
        let pieces = others.chunks(PIECE).all(|piece| {
            let holds = |change: &&disk::Change| matches!(&change.deed, Deed::Write { bytes, .. } if bytes.windows(piece.len()).any(|window| window == piece));
            durable.iter().any(holds)
        });
        pieces && before.iter().all(|change| change.durable <= at)
    })
}

/// Whether the keyring has a key for every stream in which the frame's records disclose something.
fn has_keys(frame: &Frame<'_>, keyring: &[u8]) -> bool {
    /// Magic and generation; stream, position, nonce, wrapped key.
    const HEADER: usize = 48;
    const RECORD: usize = 96;
    let keys: BTreeSet<&[u8]> =
        keyring[HEADER..].chunks_exact(RECORD).map(|record| &record[..16]).collect();
    frame.records.iter().filter(|record| !record.sealed.is_empty()).all(|record| {
        let entry = read(record.header, record.body).unwrap();
        keys.contains(&entry.stream().key().0[..])
    })
}

/// The power goes at any moment, and leaves of what was not synced whatever it likes: the ledger opens by itself with everything that was
/// acknowledged, and nothing of it twice.
#[test]
fn without_power_at_any_moment_it_keeps_what_it_answered_for() {
    let disk = story();
    let made = disk.said.iter().find(|(_, line)| line == "made").unwrap().0;
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= CUTS {
                        break;
                    }
                    let mut chance = Chance::new(seed);
                    // Most cuts where something is being written, some anywhere.
                    let some = usize::try_from(chance.below(disk.changes.len() as u64)).unwrap();
                    let cut = disk.changes[some].end + usize::try_from(chance.below(3)).unwrap();
                    cut_power(disk, cut.max(made), Mood::by(&mut chance), &mut chance, seed);
                }
            });
        }
    });
}

fn cut_power(disk: &Disk, cut: usize, mood: Mood, chance: &mut Chance, seed: u64) {
    let context = format!("cut {seed} at {cut}, {mood:?}");
    let mut known = Acknowledged::default();
    for (_, line) in disk.said.iter().filter(|(at, _)| *at <= cut) {
        if let Some(ack) = Ack::parse(line) {
            known.add(ack, &context);
        }
    }
    let image = disk.after_cut(cut, mood, chance);
    let directory = tempdir_in_memory();
    let root = directory.path().join("ledger");
    lay_out(&image, &root);
    let layout = Layout::new(&root);
    assert!(
        std::fs::read(layout.place()).is_ok_and(|mark| !mark.is_empty()),
        "{context}: the mark of the original is gone"
    );
    // The files that are laid out here are others than those that were written.
    mark_place(&layout).unwrap();
    let checked = std::panic::catch_unwind(|| check(&root, &known, &context));
    if checked.is_err() {
        let kept = directory.keep();
        panic!("{context}: see above, and {}", kept.display());
    }
}

/// A directory in memory where there is such a thing: the disk is modelled, the machine's own need not take part.
pub(crate) fn tempdir_in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap()
}
