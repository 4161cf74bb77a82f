//! What happens to bytes: flipped, cut off, dropped, swapped, inserted, rewritten by whoever has the disk but no keys. `verify`
//! names the first bad position, `repair` brings everything back that either copy still has, and opening never makes it worse.

use std::path::{Path, PathBuf};

use case_ledger::audit::Flaw;
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, Frame, SEGMENT_HEADER, Stored, decode, encode};
use case_ledger::hash::sha256;
use case_ledger::kinds::Kind;
use case_ledger::record::{Header, header_hash};
use case_ledger_store::engine::Engine;
use case_ledger_store::keys::{Signed, is_in_place, mark_place};
use case_ledger_store::recovery::RecoveryError;
use case_ledger_store::repair::{Repaired, repair};
use case_ledger_store::segments::{Segments, list};
use case_ledger_store::sources::Copy;
use case_ledger_store::verify::{self, Kept, Report, VerifyError};
use case_ledger_store::writer::ReadOnly;
use case_ledger_store::{OpenError, ResumeError, Store};
use case_tests::cast::{cast, founding};
use case_tests::disk::{Disk, case_stream, copy_tree, recorded};
use case_tests::samples::{self, Extent};

/// One frame as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lies {
    path: PathBuf,
    offset: usize,
    first: u64,
    end: u64,
    /// The first entry of the commit that it is a part of.
    commit: u64,
    ends_commit: bool,
    bytes: Vec<u8>,
}

/// The frames of the segment files.
fn frames(disk: &Disk) -> Vec<Lies> {
    let mut found: Vec<Lies> = Vec::new();
    for (_, path) in list(&disk.layout().segments()).unwrap() {
        let bytes = std::fs::read(&path).unwrap();
        let mut offset = SEGMENT_HEADER;
        while let Found::Frame(frame) = decode(&bytes[offset..]) {
            let commit = found
                .last()
                .map_or(0, |last| if last.ends_commit { last.end } else { last.commit });
            found.push(Lies {
                path: path.clone(),
                offset,
                first: frame.first,
                end: frame.end(),
                commit,
                ends_commit: frame.checkpoint.is_some(),
                bytes: frame.bytes.to_vec(),
            });
            offset += frame.bytes.len();
        }
    }
    found
}

/// A few hundred entries in several commits, some of several frames, in several files, some with disclosures.
fn long() -> Disk {
    let mut disk = Disk::founded_with_segments(20_000);
    disk.given_cases(0..1);
    disk.given_cases(1..21);
    disk.given_cases(100..240);
    for number in 0..10 {
        disk.given_cases(300 + number..301 + number);
    }
    disk.given_cases(400..430);
    disk.close();
    disk
}

/// A founding in three commits: few enough bytes to try every one.
fn small() -> Disk {
    let mut disk = Disk::empty();
    for batch in [&founding()[..1], &founding()[1..4], &founding()[4..6]] {
        disk.submit(batch).into_iter().for_each(|answer| drop(answer.unwrap()));
    }
    disk.close();
    disk
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1 << (at % 8);
    std::fs::write(path, bytes).unwrap();
}

fn segments_alone(directory: &Path, kept: &Kept) -> Result<Report, VerifyError> {
    verify::segment_copy(directory, kept, &|_| {})
}

/// Repairs a damaged ledger and holds the fresh one against everything that the old one ever answered.
#[track_caller]
fn repairs(damaged: &Disk, name: &str) -> Repaired {
    let mut fresh = damaged.beside(name);
    // An earlier repair of the same directory took its place.
    mark_place(&damaged.layout()).unwrap();
    let repaired = repair(damaged.root(), &[], fresh.root(), &|_| {}).unwrap();
    assert_eq!(repaired.lost, None);
    fresh.check();
    assert_eq!(fresh.store().read_only(), None);
    assert!(repaired.writable && !is_in_place(&damaged.layout()).unwrap());
    let size = usize::try_from(fresh.store().size()).unwrap();
    if let Some(rest) = founding().get(size..) {
        fresh.submit(rest).into_iter().for_each(|answer| drop(answer.unwrap()));
    }
    fresh.given_cases(900_000..900_002);
    fresh.check();
    fresh.close();
    std::fs::remove_dir_all(fresh.root()).unwrap();
    repaired
}

// Flipped bits.

#[test]
fn every_flipped_byte_of_a_segment_file_is_found_and_placed() {
    let disk = small();
    let frames = frames(&disk);
    assert_eq!(
        frames.iter().map(|frame| (frame.first, frame.end)).collect::<Vec<_>>(),
        [(0, 1), (1, 4), (4, 6)]
    );
    let (path, end) = (&frames[0].path, frames[2].offset + frames[2].bytes.len());
    let good = std::fs::read(path).unwrap();
    let copy = disk.beside("copy");
    std::fs::create_dir_all(copy.layout().segments()).unwrap();
    let file = copy.layout().segments().join(path.file_name().unwrap());
    let newest = Kept { checkpoints: disk.kept.checkpoints.clone(), ..Kept::default() };
    for at in 0..end + 64 {
        let mut flipped = good[..end + 64].to_vec();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&file, &flipped).unwrap();
        let report = segments_alone(&copy.layout().segments(), &newest).unwrap();
        let frame = frames.iter().rev().find(|frame| frame.offset <= at);
        if at < end {
            assert_eq!(
                report.first_bad(),
                Some(frame.map_or(0, |frame| frame.first)),
                "byte {at}: {report:?}"
            );
        } else {
            // Space that was laid out and not used.
            assert!(report.is_good(), "byte {at}: {report:?}");
        }
    }
}

#[test]
fn a_flipped_byte_of_a_directory_is_placed_and_repaired_from_the_other_copy() {
    let disk = long();
    let all = frames(&disk);
    assert!(
        all.iter().any(|frame| !frame.ends_commit)
            && list(&disk.layout().segments()).unwrap().len() > 3
    );
    let size = all.last().unwrap().end;
    // The first, a middle and the last byte of every part of frames here and there, and the files' own headers.
    for (number, frame) in all.iter().enumerate() {
        let length = frame.bytes.len();
        let at = [0, 8, 12, 20, 24, 28, 33, length / 2, length - 33, length - 1][number % 10];
        let good = std::fs::read(&frame.path).unwrap();
        flip(&frame.path, frame.offset + at);
        let report = disk.verify();
        assert_eq!(
            (report.first_bad(), report.entries, &report.finding),
            (Some(frame.first), size, &None),
            "{at} of {number}"
        );
        assert!(report.copies.iter().all(|(copy, _)| *copy == Copy::Segments), "{report:?}");
        if number % 7 == 0 {
            assert_eq!(repairs(&disk, "fresh").from_engine, 1);
        }
        std::fs::write(&frame.path, good).unwrap();
    }
    for (first, path) in list(&disk.layout().segments()).unwrap() {
        for at in [0, 7, 8, 15] {
            flip(&path, at);
            assert_eq!(disk.verify().first_bad(), Some(first), "byte {at} of the file of {first}");
            flip(&path, at);
        }
    }
    assert!(disk.verify().is_good());
}

#[test]
fn a_flipped_byte_of_the_engine_is_found_or_changes_nothing() {
    let disk = long();
    let (segments, path) = (frames(&disk), disk.layout().db().join("db"));
    let good = std::fs::read(&path).unwrap();
    let used = good.iter().rposition(|byte| *byte != 0).unwrap();
    let (mut found, mut repaired) = (0, 0);
    for number in 0..220 {
        // Everywhere, and more at the beginning, where the engine keeps its own tables.
        let at = if number < 40 { number * 3 } else { used * (number - 40) / 180 };
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (number % 8);
        std::fs::write(&path, &flipped).unwrap();
        let report = disk.verify();
        assert!(
            report.finding.is_none() && report.entries == segments.last().unwrap().end,
            "byte {at}: {report:?}"
        );
        assert!(
            report.copies.iter().all(|(copy, _)| *copy == Copy::Engine),
            "byte {at}: {report:?}"
        );
        if report.is_good() {
            let copy = disk.beside("copy");
            std::fs::create_dir_all(copy.layout().log()).unwrap();
            copy_tree(&disk.layout().db(), &copy.layout().db());
            assert_eq!(
                in_engine(&copy.layout().db()),
                segments.iter().map(|frame| (frame.first, frame.bytes.clone())).collect::<Vec<_>>(),
                "byte {at} passed unnoticed"
            );
            std::fs::remove_dir_all(copy.root()).unwrap();
        } else {
            found += 1;
            let begins = segments.iter().any(|frame| Some(frame.first) == report.first_bad());
            assert!(begins, "byte {at}: {report:?}");
            if found % 40 == 1 {
                repairs(&disk, "fresh");
                repaired += 1;
            }
        }
    }
    assert!(found > 50 && repaired > 1, "{found} found");
}

fn in_engine(db: &Path) -> Vec<(u64, Vec<u8>)> {
    let engine = Engine::open(db).unwrap();
    let frames = engine.frames_from(0, usize::MAX).unwrap();
    engine.close().unwrap();
    frames
}

// An administrator without keys: bytes are changed and every digest that needs no key is made to fit again.

type Records = Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>;

/// What somebody may do to the records, and where it must be noticed.
type Change = fn(&mut Records, usize);

fn dropped(records: &mut Records, at: usize) {
    records.remove(at);
}

fn swapped(records: &mut Records, at: usize) {
    records.swap(at, at + 1);
}

fn inserted(records: &mut Records, at: usize) {
    let double = records[at].clone();
    records.insert(at, double);
}

fn edited(records: &mut Records, at: usize) {
    let body = &mut records[at].1;
    let place = body.windows(6).position(|window| window == b"a-51c0").unwrap();
    body[place + 2] = b'6';
}

/// Numbers, links, digests, everything as it would be if this had always stood there.
fn made_to_fit(records: &mut Records) {
    let mut previous = [0; 32];
    for (seq, (bytes, body, _)) in (0..).zip(records) {
        let mut header = Header::decode(bytes).unwrap();
        if header.stream_previous == header.seq {
            header.stream_previous = seq;
        }
        (header.seq, header.previous, header.body) = (seq, previous, sha256(&[body]).0);
        *bytes = header.encode().to_vec();
        previous = header_hash(bytes).0;
    }
}

/// The frames of changed records, cut and sealed as the frames before were.
fn resealed(all: &[Lies], records: &Records) -> Vec<(u64, Vec<u8>)> {
    let mut next = 0;
    let mut sealed = Vec::new();
    for (number, lies) in all.iter().enumerate() {
        let Found::Frame(Frame { checkpoint, .. }) = decode(&lies.bytes) else {
            panic!("no frame")
        };
        let length = usize::try_from(lies.end - lies.first).unwrap();
        let upto = if number + 1 == all.len() {
            records.len()
        } else {
            (next + length).min(records.len())
        };
        let here: Vec<_> = records[next..upto]
            .iter()
            .map(|(header, body, sealed)| Stored { header, body, sealed })
            .collect();
        sealed.push((next as u64, encode(next as u64, &here, checkpoint).unwrap()));
        next = upto;
    }
    sealed
}

fn put_segments(disk: &Disk, frames: &[(u64, Vec<u8>)]) {
    std::fs::remove_dir_all(disk.layout().segments()).unwrap();
    let mut segments = Segments::open(&disk.layout().segments(), 0, 0, 20_000).unwrap();
    segments.append(frames).unwrap();
}

fn put_engine(disk: &Disk, frames: &[(u64, Vec<u8>)]) {
    std::fs::remove_dir_all(disk.layout().db()).unwrap();
    let engine = Engine::open(&disk.layout().db()).unwrap();
    engine.put(frames).unwrap();
    engine.sync().unwrap();
    engine.close().unwrap();
}

/// A log that somebody has changed.
struct Deed {
    what: &'static str,
    at: usize,
    /// Whether all was made to fit afterwards.
    fits: bool,
    /// The first entry of the commit that was changed.
    commit: u64,
    changed: Vec<(u64, Vec<u8>)>,
}

impl Deed {
    fn as_text(&self) -> String {
        format!("{} at {} (fits: {})", self.what, self.at, self.fits)
    }

    /// In both copies: the log itself is wrong, and nobody can bring it back.
    fn in_both(&self, disk: &Disk) {
        let mut both = disk.copied("both");
        put_segments(&both, &self.changed);
        put_engine(&both, &self.changed);
        let text = self.as_text();
        // The first of two equal ones is right.
        let expected = self.at as u64 + u64::from(self.what == "inserted");
        let report = both.verify();
        assert_eq!(report.first_bad(), Some(expected), "{text}: {:?}", report.finding);
        // Whoever kept nothing and finds everything signed knows only in which commit it was.
        let alone = verify::directory(both.root(), &Kept::default(), &|_| {}).unwrap().first_bad();
        let moved = self.fits && (self.what == "dropped" || self.what == "swapped");
        assert_eq!(alone, Some(if moved { self.commit } else { expected }), "{text}");
        let _ = std::fs::remove_file(both.layout().snapshot());
        let opened = both.try_open();
        let refused = matches!(opened, Err(OpenError::Recovery(RecoveryError::Damaged(_))));
        assert!(refused, "{text} opened");
        let into = both.beside("lost");
        let repaired = repair(both.root(), &[], into.root(), &|_| {}).unwrap();
        let lost = repaired.lost.map(|finding| finding.at);
        assert_eq!((repaired.entries, lost), (self.commit, alone), "{text}");
        for gone in [both, into] {
            std::fs::remove_dir_all(gone.root()).unwrap();
        }
    }

    /// In one copy: the other still has everything.
    fn in_one(&self, disk: &Disk, copy: Copy, also_repair: bool) {
        let text = self.as_text();
        let mut one = disk.copied("one");
        match copy {
            Copy::Segments => put_segments(&one, &self.changed),
            Copy::Engine => put_engine(&one, &self.changed),
        }
        make_original(&mut one);
        let report = one.verify();
        let first_bad = report.first_bad().unwrap();
        let near = (self.commit..=self.at as u64 + 1).contains(&first_bad);
        assert!(near, "{text} in {copy:?}: {:?} {:?}", report.finding, report.copies);
        let _ = std::fs::remove_file(one.layout().snapshot());
        if copy == Copy::Segments {
            assert!(one.try_open().is_err(), "{text} opened");
        }
        if also_repair {
            repairs(&one, "fresh");
        }
        std::fs::remove_dir_all(one.root()).unwrap();
    }
}

#[test]
fn a_dishonest_administrator_without_keys_is_found_in_either_copy_and_in_both() {
    let disk = long();
    let (all, records) = (frames(&disk), disk.entries_in_files());
    let founded = founding().len();
    let ways: [(&str, Change); 4] =
        [("dropped", dropped), ("swapped", swapped), ("inserted", inserted), ("edited", edited)];
    // In a commit of one, within a frame, in a commit of several frames, in the last one.
    let places = [founded, founded + 5, founded + 60, records.len() - 20];
    for (number, at) in places.into_iter().enumerate() {
        for (turn, (what, change)) in ways.iter().enumerate() {
            for fits in [false, true] {
                let mut records = records.clone();
                change(&mut records, at);
                if fits {
                    made_to_fit(&mut records);
                }
                let changed = resealed(&all, &records);
                let deed = Deed { what, at, fits, commit: commit_of(&all, at), changed };
                let one_in_four = (number + turn).is_multiple_of(4);
                if one_in_four {
                    deed.in_both(&disk);
                }
                deed.in_one(&disk, Copy::Segments, one_in_four);
                deed.in_one(&disk, Copy::Engine, one_in_four);
            }
        }
    }
}

/// The first entry of the commit that an entry is a part of.
fn commit_of(all: &[Lies], at: usize) -> u64 {
    all.iter().rev().find(|frame| frame.first <= at as u64).unwrap().commit
}

// Cut off.

/// Cuts the segments so that `size` entries are left.
fn cut_segments(disk: &Disk, all: &[Lies], size: u64) {
    let first_gone = all.iter().find(|frame| frame.first >= size).unwrap();
    for (first, path) in list(&disk.layout().segments()).unwrap() {
        if first > size {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::File::options()
        .write(true)
        .open(&first_gone.path)
        .unwrap()
        .set_len(first_gone.offset as u64)
        .unwrap();
}

fn cut_engine(disk: &Disk, size: u64) {
    let engine = Engine::open(&disk.layout().db()).unwrap();
    engine.cut(size).unwrap();
    engine.sync().unwrap();
    engine.close().unwrap();
}

fn commit_ends(all: &[Lies]) -> Vec<u64> {
    all.iter().filter(|frame| frame.ends_commit).map(|frame| frame.end).collect()
}

/// The segment files, and the engine's frames.
type Evidence = (Vec<(PathBuf, Vec<u8>)>, Vec<(u64, Vec<u8>)>);

/// Everything that a refused opening must leave as it was.
fn evidence(disk: &Disk) -> Evidence {
    let files = list(&disk.layout().segments()).unwrap().into_iter();
    let files = files.map(|(_, path)| (path.clone(), std::fs::read(path).unwrap())).collect();
    (files, in_engine(&disk.layout().db()))
}

#[test]
fn a_last_commit_in_one_copy_only_is_unfinished_if_nobody_was_told_of_it_and_damage_if_somebody_was()
 {
    let disk = long();
    let all = frames(&disk);
    let before = *commit_ends(&all).iter().rev().nth(1).unwrap();
    for copy in [Copy::Segments, Copy::Engine] {
        for told in [false, true] {
            let mut cut = disk.copied("cut");
            mark_place(&cut.layout()).unwrap();
            match copy {
                Copy::Segments => cut_segments(&cut, &in_(&cut, &all), before),
                Copy::Engine => cut_engine(&cut, before),
            }
            if !told {
                remember(&cut, &all, before);
            }
            let report = verify::directory(cut.root(), &Kept::default(), &|_| {}).unwrap();
            assert_eq!(
                (report.is_good(), report.unfinished),
                (!told, !told),
                "{copy:?} {report:?}"
            );
            assert_eq!(report.first_bad(), told.then_some(before));
            cut.open();
            cut.close();
            assert!(cut.verify().is_good());
            std::fs::remove_dir_all(cut.root()).unwrap();
        }
    }
}

/// Makes a directory remember that the head of this size was the last one signed.
fn remember(disk: &Disk, all: &[Lies], size: u64) {
    let last = all.iter().find(|frame| frame.end == size).unwrap();
    let Found::Frame(frame) = decode(&last.bytes) else { panic!("no frame") };
    let signed = SignedCheckpoint::parse(frame.checkpoint.unwrap()).unwrap();
    Signed::open(&disk.layout()).unwrap().remember(signed.checkpoint.head).unwrap();
}

/// A proof of possession stands on the log for everybody to copy: a forger can name the ledger's key and sign with another.
#[test]
fn a_key_that_a_log_only_names_is_not_one_that_signed_it() {
    let mut disk = Disk::empty();
    Store::add_ledger_key(disk.root(), &cast().origin, &cast().next_ledger).unwrap();
    disk.reopen();
    let id = disk.fresh_id();
    let succession = samples::words(Kind::LedgerKeySucceeded, Extent::Minimal, id);
    let succession = disk.text_of(&cast().root, "registry", succession);
    // In one commit: the key that is named first signs no checkpoint.
    let texts = [founding()[0].clone(), succession];
    disk.submit(&texts).into_iter().for_each(|answer| drop(answer.unwrap()));
    disk.close();
    for (key, signed) in [(&cast().ledger.key, false), (&cast().next_ledger, true)] {
        let ledger = Some((cast().origin.clone(), key.public()));
        let kept = Kept { ledger, ..Kept::default() };
        let report = verify::directory(disk.root(), &kept, &|_| {}).unwrap();
        assert_eq!(report.is_good(), signed, "{report:?}");
    }
}

#[test]
fn a_damaged_key_is_reported_with_its_entry() {
    let mut disk = Disk::founded();
    let seq = disk.store().size();
    let id = disk.fresh_id();
    let words = samples::words(Kind::Submitted, Extent::Minimal, id);
    let text = disk.text_of(
        cast().signer_of(Kind::Submitted),
        &case_stream(1),
        words.beside("applicant_name", "张三其人"),
    );
    disk.submit(&[text]).into_iter().for_each(|answer| drop(answer.unwrap()));
    disk.close();
    let length = std::fs::metadata(disk.layout().keyring()).unwrap().len();
    flip(&disk.layout().keyring(), usize::try_from(length).unwrap() - 20);
    let report = disk.verify();
    assert_eq!((report.first_bad(), report.copies.len()), (Some(seq), 0));
    assert!(report.keyring.is_some());
}

#[test]
fn a_damaged_entry_that_is_sent_again_stops_nobody() {
    let mut disk = Disk::founded();
    let text = disk.case(1);
    let first = recorded(disk.submit(std::slice::from_ref(&text)));
    disk.given_cases(2..4);
    let (at, size) = (first[0].seq, disk.store().size());
    let frame = frames(&disk).into_iter().find(|frame| frame.first == at).unwrap();
    flip(&frame.path, frame.offset + frame.bytes.len() / 2);
    // The engine's copy is whole.
    let again = recorded(disk.submit(std::slice::from_ref(&text)));
    assert_eq!((again[0].seq, again[0].again), (at, true));
    flip(&frame.path, frame.offset + frame.bytes.len() / 2);
    disk.given_cases(4..6);
    assert_eq!(disk.store().size(), size + 2);
    disk.check();
}

#[test]
fn copies_that_differ_by_more_than_one_commit_are_refused_and_left_as_they_are() {
    let disk = long();
    let all = frames(&disk);
    let ends = commit_ends(&all);
    let last = *ends.last().unwrap();
    for behind in [2, 3, 12, ends.len() - 1, ends.len()] {
        let size = if behind == ends.len() { 0 } else { ends[ends.len() - 1 - behind] };
        for copy in [Copy::Segments, Copy::Engine] {
            for snapshot in [true, false] {
                let mut cut = disk.copied("cut");
                // A copy whose engine is empty is a restored backup, and gets one.
                mark_place(&cut.layout()).unwrap();
                match copy {
                    Copy::Segments if size == 0 => {
                        std::fs::remove_dir_all(cut.layout().segments()).unwrap();
                    }
                    Copy::Segments => cut_segments(&cut, &in_(&cut, &all), size),
                    Copy::Engine => cut_engine(&cut, size),
                }
                std::fs::create_dir_all(cut.layout().segments()).unwrap();
                if !snapshot {
                    std::fs::remove_file(cut.layout().snapshot()).unwrap();
                }
                let before = evidence(&cut);
                match cut.try_open() {
                    Err(OpenError::Recovery(RecoveryError::Damaged(finding))) => {
                        assert_eq!(
                            (finding.at, finding.flaw),
                            (size, Flaw::Missing { due: last }),
                            "{copy:?} {behind} behind"
                        );
                    }
                    other => panic!("{copy:?} {behind} behind: {other:?}"),
                }
                assert!(
                    evidence(&cut) == before,
                    "{copy:?} {behind} behind: the refusal changed something"
                );
                let report = cut.verify();
                assert_eq!((report.first_bad(), report.entries), (Some(size), last));
                if snapshot && behind == 3 {
                    make_original(&mut cut);
                    repairs(&cut, "fresh");
                }
                std::fs::remove_dir_all(cut.root()).unwrap();
            }
        }
    }
}

/// The same frames in another directory.
fn in_(disk: &Disk, all: &[Lies]) -> Vec<Lies> {
    let there = |lies: &Lies| Lies {
        path: disk.layout().segments().join(lies.path.file_name().unwrap()),
        ..lies.clone()
    };
    all.iter().map(there).collect()
}

/// Makes a test's copy the directory where the log lives.
fn make_original(disk: &mut Disk) {
    mark_place(&disk.layout()).unwrap();
}

#[test]
fn damage_before_the_last_commit_is_refused_and_left_as_it_is() {
    let disk = long();
    let all = frames(&disk);
    for frame in [
        &all[2],
        &all[all.len() / 2],
        all.iter()
            .rfind(|frame| frame.end == commit_ends(&all)[commit_ends(&all).len() - 2])
            .unwrap(),
    ] {
        let mut damaged = disk.copied("damaged");
        let frame = &in_(&damaged, std::slice::from_ref(frame))[0];
        flip(&frame.path, frame.offset + frame.bytes.len() / 2);
        std::fs::remove_file(damaged.layout().snapshot()).unwrap();
        let before = evidence(&damaged);
        match damaged.try_open() {
            Err(OpenError::Recovery(RecoveryError::Damaged(finding))) => {
                assert_eq!(finding.at, frame.commit);
            }
            other => panic!("{other:?}"),
        }
        assert!(evidence(&damaged) == before, "the refusal changed something");
        std::fs::remove_dir_all(damaged.root()).unwrap();
    }
    // The same in both copies, and the memory of what was signed gone: nothing is cut away.
    let mut damaged = disk.copied("damaged");
    let frame = in_(&damaged, &all)[all.len() / 2].clone();
    flip(&frame.path, frame.offset + frame.bytes.len() / 2);
    cut_engine(&damaged, frame.commit);
    for gone in [damaged.layout().snapshot(), damaged.layout().signed()] {
        std::fs::remove_file(gone).unwrap();
    }
    let before = evidence(&damaged);
    assert!(
        matches!(damaged.try_open(), Err(OpenError::Recovery(RecoveryError::Damaged(finding))) if finding.at == frame.commit)
    );
    assert!(evidence(&damaged) == before, "the refusal changed something");
}

#[test]
fn a_commit_in_one_copy_only_is_taken_over_by_the_other() {
    let disk = long();
    let all = frames(&disk);
    let ends = commit_ends(&all);
    // As if the log had ended with each of these commits: of one frame, of several, over two files.
    for number in [0, 1, 2, 3, 4, ends.len() - 1] {
        let (size, before) = (ends[number], number.checked_sub(1).map_or(0, |number| ends[number]));
        for copy in [Copy::Segments, Copy::Engine] {
            let mut cut = disk.copied("cut");
            if size < *ends.last().unwrap() {
                cut_segments(&cut, &in_(&cut, &all), size);
                cut_engine(&cut, size);
                forget_later(&mut cut, &disk, size);
            }
            make_original(&mut cut);
            match copy {
                Copy::Segments if before == 0 => list(&cut.layout().segments())
                    .unwrap()
                    .into_iter()
                    .for_each(|(_, path)| std::fs::remove_file(path).unwrap()),
                Copy::Segments => cut_segments(&cut, &in_(&cut, &all), before),
                Copy::Engine => cut_engine(&cut, before),
            }
            cut.open();
            assert_eq!(
                (cut.store().size(), cut.store().read_only()),
                (size, None),
                "{copy:?} {number}"
            );
            cut.check();
            cut.given_cases(800_000..800_003);
            cut.check();
            cut.close();
            std::fs::remove_dir_all(cut.root()).unwrap();
        }
    }
}

/// Makes keys, snapshot and what was kept those of a log that never went beyond `size`.
fn forget_later(disk: &mut Disk, whole: &Disk, size: u64) {
    let _ = std::fs::remove_file(disk.layout().snapshot());
    disk.kept.checkpoints.retain(|kept| kept.checkpoint.head.size <= size);
    disk.kept.receipts.retain(|kept| kept.checkpoint.checkpoint.head.size <= size);
    let head = whole
        .kept
        .checkpoints
        .iter()
        .find(|kept| kept.checkpoint.head.size == size)
        .unwrap()
        .checkpoint
        .head;
    Signed::open(&disk.layout()).unwrap().remember(head).unwrap();
}

#[test]
fn a_torn_tail_of_every_length_is_survived() {
    let mut disk = Disk::founded();
    disk.given_cases(0..1);
    let answered = disk.checkpoint();
    disk.close();
    let before = disk.copied("before");
    disk.open();
    let text = disk.case(1);
    let [first] = disk.submit(std::slice::from_ref(&text)).try_into().unwrap();
    disk.close();
    let all = frames(&disk);
    let torn = all.last().unwrap();
    // The engine does not have the commit, nobody was told of it, and of the segments' frame so many bytes are there.
    let mut crashed = before.copied("crashed");
    make_original(&mut crashed);
    let file = in_(&crashed, &all).last().unwrap().path.clone();
    let mut clean = std::fs::read(&file).unwrap();
    clean.truncate(torn.offset);
    for length in 0..torn.bytes.len() {
        let mut tail = clean.clone();
        tail.extend_from_slice(&torn.bytes[..length]);
        // Every other time the space behind is laid out, and sometimes the beginning did not reach the disk.
        if length % 2 == 0 {
            tail.resize(torn.offset + 4096, 0);
        }
        if length % 3 == 0 && length > 512 {
            tail[torn.offset..torn.offset + 512].fill(0);
        }
        std::fs::write(&file, &tail).unwrap();
        if length % 16 < 2 {
            crashed.open();
            assert_eq!(
                (crashed.checkpoint(), crashed.store().read_only()),
                (answered.clone(), None),
                "{length} bytes"
            );
            crashed.close();
        } else {
            // What opening looks at, without the engine.
            let report = segments_alone(
                &crashed.layout().segments(),
                &Kept { checkpoints: vec![answered.clone()], ..Kept::default() },
            )
            .unwrap();
            assert!(
                report.is_good() && report.checkpoint.as_ref() == Some(&answered),
                "{length} bytes: {report:?}"
            );
        }
    }
    crashed.kept = before.kept.clone();
    crashed.open();
    let again = crashed.submit(&[text]).remove(0).unwrap();
    assert_eq!((again.seq, again.again), (first.unwrap().seq, false));
    crashed.check();
}

#[test]
fn what_is_cut_from_both_copies_is_missed_by_whoever_kept_anything() {
    let disk = long();
    let all = frames(&disk);
    let ends = commit_ends(&all);
    let (last, size) = (*ends.last().unwrap(), ends[ends.len() - 3]);
    let mut cut = disk.copied("cut");
    make_original(&mut cut);
    cut_segments(&cut, &in_(&cut, &all), size);
    cut_engine(&cut, size);
    std::fs::remove_file(cut.layout().snapshot()).unwrap();
    let kept = |checkpoints: bool, receipts: bool| {
        let mut kept = Kept::default();
        if checkpoints {
            kept.checkpoints = cut.kept.checkpoints.clone();
        }
        if receipts {
            kept.receipts = cut.kept.receipts.clone();
        }
        kept
    };
    let missing = |report: &Report, due: u64| {
        assert_eq!(
            report.finding.as_ref().map(|finding| (finding.at, finding.flaw.clone())),
            Some((size, Flaw::Missing { due }))
        );
    };
    // The directory's own memory; a kept checkpoint; a kept receipt.
    missing(&verify::directory(cut.root(), &kept(false, false), &|_| {}).unwrap(), last);
    let alone = |checkpoints, receipts| {
        let _ = std::fs::remove_file(cut.layout().signed());
        verify::directory(cut.root(), &kept(checkpoints, receipts), &|_| {}).unwrap()
    };
    missing(&alone(true, false), last);
    missing(&alone(false, true), last);
    assert!(
        alone(false, false).is_good(),
        "nobody kept anything: no log can prove what is not there"
    );
    std::fs::copy(disk.layout().signed(), cut.layout().signed()).unwrap();

    // It opens for reading and changes nothing; repair says what is lost, and what it makes is for reading only.
    let before = evidence(&cut);
    cut.open();
    assert_eq!(
        (cut.store().size(), cut.store().read_only()),
        (size, Some(ReadOnly::Older { signed: last }))
    );
    cut.close();
    assert!(evidence(&cut) == before);
    let mut fresh = cut.beside("fresh");
    let repaired = repair(cut.root(), &[], fresh.root(), &|_| {}).unwrap();
    assert_eq!(
        (repaired.entries, repaired.lost.map(|finding| (finding.at, finding.flaw))),
        (size, Some((size, Flaw::Missing { due: last })))
    );
    fresh.open();
    assert_eq!(fresh.store().read_only(), Some(ReadOnly::Older { signed: last }));
    fresh.close();
    let newest = disk.kept.checkpoints.last().unwrap();
    assert!(matches!(Store::resume(fresh.root(), newest), Err(ResumeError::Lost { .. })));
    // And if the memory is gone as well, it is still no original.
    std::fs::remove_file(fresh.layout().signed()).unwrap();
    fresh.open();
    assert_eq!(fresh.store().read_only(), Some(ReadOnly::Copied));
}

#[test]
fn a_hole_in_both_copies_is_placed_and_what_is_before_it_repaired() {
    let disk = long();
    let all = frames(&disk);
    let hole = &all[all.len() / 2];
    let without: Vec<_> = all
        .iter()
        .filter(|frame| frame.commit != hole.commit)
        .map(|frame| (frame.first, frame.bytes.clone()))
        .collect();
    for signed in [true, false] {
        for engine_only in [true, false] {
            let mut holed = disk.copied("holed");
            put_engine(&holed, &without);
            if engine_only {
                cut_segments(&holed, &in_(&holed, &all), hole.commit);
            } else {
                put_segments(&holed, &without);
            }
            let _ = std::fs::remove_file(holed.layout().snapshot());
            if !signed {
                std::fs::remove_file(holed.layout().signed()).unwrap();
            }
            holed.kept = Kept::default();
            assert_eq!(holed.verify().first_bad(), Some(hole.commit), "{signed} {engine_only}");
            let before = evidence(&holed);
            assert!(holed.try_open().is_err(), "it opened");
            assert!(evidence(&holed) == before);
            let mut fresh = holed.beside("fresh");
            let repaired = repair(holed.root(), &[], fresh.root(), &|_| {}).unwrap();
            assert_eq!(
                (repaired.entries, repaired.lost.map(|finding| finding.at)),
                (hole.commit, Some(hole.commit))
            );
            fresh.open();
            assert!(fresh.store().read_only().is_some());
            fresh.close();
            for gone in [&holed, &fresh] {
                std::fs::remove_dir_all(gone.root()).unwrap();
            }
        }
    }
}

#[test]
fn damage_here_and_there_in_both_copies_is_repaired_from_the_two_together() {
    let disk = long();
    let all = frames(&disk);
    // Every third frame of the segments, and every third of the engine's, never the same.
    let engine: Vec<_> = all
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 3 != 1)
        .map(|(_, frame)| (frame.first, frame.bytes.clone()))
        .collect();
    for frame in all.iter().step_by(3) {
        flip(&frame.path, frame.offset + frame.bytes.len() - 40);
    }
    put_engine(&disk, &engine);
    let report = disk.verify();
    assert_eq!(
        report.copies.iter().map(|(copy, finding)| (*copy, finding.at)).collect::<Vec<_>>(),
        [(Copy::Segments, all[0].first), (Copy::Engine, all[1].first)]
    );
    assert!(report.finding.is_none());
    let repaired = repairs(&disk, "fresh");
    assert!(repaired.from_engine > 0 && repaired.from_segments > 0);
}

#[test]
fn a_copy_that_is_gone_altogether_is_missed_and_repaired() {
    for copy in [Copy::Segments, Copy::Engine] {
        let disk = small();
        match copy {
            Copy::Segments => list(&disk.layout().segments())
                .unwrap()
                .into_iter()
                .for_each(|(_, path)| std::fs::remove_file(path).unwrap()),
            Copy::Engine => std::fs::remove_dir_all(disk.layout().db()).unwrap(),
        }
        assert_eq!(disk.verify().first_bad(), Some(0), "{copy:?}");
        repairs(&disk, "fresh");
    }
}

#[test]
fn an_engine_that_does_not_open_is_no_obstacle_to_repair() {
    let disk = small();
    for bytes in [Vec::new(), b"garbage".to_vec(), vec![0xff; 100_000]] {
        for name in ["db", "conf"] {
            let copy = disk.copied("copy");
            std::fs::write(copy.layout().db().join(name), &bytes).unwrap();
            let mut copy = copy;
            make_original(&mut copy);
            let report = copy.verify();
            assert!(report.finding.is_none() && report.entries == 6, "{report:?}");
            if !report.is_good() {
                assert_eq!(report.first_bad(), Some(0));
            }
            repairs(&copy, "fresh");
            std::fs::remove_dir_all(copy.root()).unwrap();
        }
    }
}

#[test]
fn a_repaired_copy_is_still_a_copy() {
    let disk = small();
    let copy = disk.copied("copy");
    let mut fresh = copy.beside("fresh");
    assert_eq!(repair(copy.root(), &[], fresh.root(), &|_| {}).unwrap().lost, None);
    fresh.open();
    assert_eq!(fresh.store().read_only(), Some(ReadOnly::Copied));
    fresh.close();
    Store::resume(fresh.root(), disk.kept.checkpoints.last().unwrap()).unwrap();
    fresh.open();
    assert_eq!(fresh.store().read_only(), None);
    fresh.check();
}
