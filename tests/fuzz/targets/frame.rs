//! A segment: frames one after the other, as they lie on the disk.
//!
//! Whatever the bytes, and from whatever place on: `decode` does not panic; a frame that is found is the one that its
//! parts encode to, and one changed bit makes it another or none. A walk over the bytes as a scan does it, from frame to
//! frame and past damage to the next, comes to an end. The same holds with all digests mended, so that the search gets
//! behind BLAKE3; and mended frames are found when the rules of the table at the top of `frame.rs` are met, and only then.
#![no_main]

use case_fuzz::seeds;
use case_ledger::frame::{
    FRAME_MAX, Found, Frame, MAGIC, RECORDS_MAX, decode, encode, read_segment_header,
    segment_header, stated_length,
};
use case_ledger::hash::blake3;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::lay(&["frame"], |vector| {
        let frame = seeds::bytes(vector, "frame");
        let twice = frame.as_ref().map(|frame| [&frame[..], b"CLFR", frame].concat());
        let header = seeds::bytes(vector, "header");
        [frame, twice, header].into_iter().flatten().collect()
    }),
    |data: &[u8]| {
        if let Some(first) = read_segment_header(data) {
            assert!(data.starts_with(&segment_header(first)));
        }
        walk(data, &[]);
        let mut mended = data.to_vec();
        let whole = mend(&mut mended);
        walk(&mended, &whole);
    }
);

/// Walks as `FrameScan` does, and expects a frame at each of the given places that it comes to by itself.
fn walk(bytes: &[u8], whole: &[usize]) {
    let mut place = 0;
    while place < bytes.len() {
        let rest = &bytes[place..];
        match decode(rest) {
            Found::Frame(frame) => {
                check(&frame, rest);
                place += frame.bytes.len();
            }
            Found::Nothing => {
                assert!(rest.iter().take(MAGIC.len()).all(|byte| *byte == 0));
                return;
            }
            Found::Damaged => {
                assert!(!whole.contains(&place), "a whole frame at {place} is not read");
                let next = |at: &usize| rest[*at..].starts_with(MAGIC);
                let Some(next) = (1..rest.len()).find(next) else { return };
                place += next;
            }
        }
    }
}

fn check(frame: &Frame<'_>, rest: &[u8]) {
    assert_eq!(stated_length(rest), Some(frame.bytes.len()));
    assert!(frame.bytes.len() <= FRAME_MAX && rest.starts_with(frame.bytes));
    assert!((1..=RECORDS_MAX).contains(&frame.records.len()));
    assert_eq!(encode(frame.first, &frame.records, frame.checkpoint).as_deref(), Some(frame.bytes));
    assert_eq!(decode(frame.bytes), Found::Frame(frame.clone()));
    for cut in [frame.bytes.len() - 1, frame.bytes.len() / 2] {
        assert_eq!(decode(&frame.bytes[..cut]), Found::Damaged);
    }
    let mut bent = frame.bytes.to_vec();
    let place = frame.bytes[12..]
        .iter()
        .fold(0, |sum: usize, byte| (sum * 31 + usize::from(*byte)) % bent.len());
    bent[place] ^= 1 << (place % 8);
    assert_eq!(decode(&bent), Found::Damaged, "a bit of byte {place} was changed");
    let last = frame.records.len() - 1;
    let gone = vec![0xff; frame.records[last].body.len()];
    let withheld = frame.with_body(last, &gone).expect("a body of the same length");
    let Found::Frame(withheld) = decode(&withheld) else {
        panic!("a frame with a body withheld is a frame")
    };
    assert_eq!((withheld.bytes.len(), withheld.records[last].body), (frame.bytes.len(), &gone[..]));
}

/// Puts right digests wherever something is laid out like a frame, and returns where that made a whole frame.
fn mend(bytes: &mut [u8]) -> Vec<usize> {
    let mut whole = Vec::new();
    let mut place = 0;
    while place + MAGIC.len() <= bytes.len() {
        match bytes[place..].starts_with(MAGIC).then(|| mend_one(&mut bytes[place..])).flatten() {
            Some(length) => {
                whole.push(place);
                place += length;
            }
            None => place += 1,
        }
    }
    whole
}

fn mend_one(bytes: &mut [u8]) -> Option<usize> {
    let number = |at: usize, width: usize| {
        let bytes = bytes.get(at..at + width)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let (length, count, checkpoint) = (number(8, 4)?, number(20, 4)?, number(24, 4)?);
    if length > FRAME_MAX || length > bytes.len() || !(1..=64).contains(&count) {
        return None;
    }
    let (mut headers, mut contents) = (0, 0);
    for row in (28..).step_by(10).take(count) {
        headers += number(row, 2)?;
        contents += number(row + 2, 4)? + number(row + 6, 4)?;
    }
    let checkpoint_at = 28 + count * 10 + headers;
    let digest_at = checkpoint_at + checkpoint;
    if digest_at + 32 + contents + 32 != length {
        return None;
    }
    let is_text = std::str::from_utf8(&bytes[checkpoint_at..digest_at]).is_ok();
    let digest = blake3(&bytes[..digest_at]);
    bytes[digest_at..digest_at + 32].copy_from_slice(&digest.0);
    let digest = blake3(&bytes[digest_at + 32..length - 32]);
    bytes[length - 32..length].copy_from_slice(&digest.0);
    is_text.then_some(length)
}
