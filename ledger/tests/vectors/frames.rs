//! `frame/`: what stands on the disk, whole and damaged.

use case_ledger::frame::{Found, Stored, decode, encode, read_segment_header, segment_header};
use case_ledger::hash::{blake3, hex};
use case_ledger::record::withhold;
use serde_json::json;

use crate::world::World;
use crate::{Vector, bytes, each, list, number, word};

const SEALED: &[u8] = b"a sealed text would stand here";

fn frame(world: &World, checkpoint: bool) -> Vec<u8> {
    let records = &world.records[3..6];
    let sealed = |place: usize| if place == 1 { SEALED } else { &[] };
    let stored: Vec<_> = records
        .iter()
        .enumerate()
        .map(|(place, record)| Stored {
            header: &record.header_bytes,
            body: &record.body,
            sealed: sealed(place),
        })
        .collect();
    let text = world.checkpoint(6).to_text();
    encode(3, &stored, checkpoint.then_some(text.as_str())).unwrap()
}

/// Writes both digests anew, as somebody would who alters a frame on purpose.
fn redigested(mut bytes: Vec<u8>, committed: usize) -> Vec<u8> {
    let end = bytes.len() - 32;
    let first = blake3(&bytes[..committed]);
    bytes[committed..committed + 32].copy_from_slice(&first.0);
    let second = blake3(&bytes[committed + 32..end]);
    bytes[end..].copy_from_slice(&second.0);
    bytes
}

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let whole = frame(world, true);
    let Found::Frame(read) = decode(&whole) else { panic!("a frame") };
    let record = |stored: &Stored<'_>| json!({"header": hex(stored.header), "body": hex(stored.body), "sealed": hex(stored.sealed)});
    let good = |about: &str, bytes: &[u8]| {
        let Found::Frame(read) = decode(bytes) else { panic!("a frame") };
        json!({
            "about": about, "first": read.first, "records": read.records.iter().map(record).collect::<Vec<_>>(),
            "checkpoint": read.checkpoint, "frame": hex(bytes),
        })
    };
    let stub = withhold(read.records[2].body.len(), &[0; 16]).unwrap();
    let withheld = read.with_body(2, &stub).unwrap();
    let mut vectors = vec![
        Vector::new(
            "frame/good/end-of-a-commit.json",
            &good("three records and the checkpoint that ends the commit", &whole),
        ),
        Vector::new(
            "frame/good/middle-of-a-commit.json",
            &good("no checkpoint: the commit goes on in the next frame", &frame(world, false)),
        ),
        Vector::new(
            "frame/good/withheld-in-place.json",
            &good(
                "the last body withheld: only it and the second digest differ from end-of-a-commit",
                &withheld,
            ),
        ),
        Vector::new(
            "frame/segment-header.json",
            &json!({"first": 300, "header": hex(&segment_header(300))}),
        ),
    ];
    vectors.extend(bad(&whole).into_iter().map(|(name, flaw, bytes)| {
        Vector::new(format!("frame/bad/{name}.json"), &json!({"flaw": flaw, "frame": hex(&bytes)}))
    }));
    vectors
}

fn bad(whole: &[u8]) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let Found::Frame(read) = decode(whole) else { panic!("a frame") };
    let headers: usize = read.records.iter().map(|record| record.header.len()).sum();
    let committed = 28 + 30 + headers + read.checkpoint.unwrap().len();
    let with = |place: usize, bytes: &[u8]| {
        let mut changed = whole.to_vec();
        changed[place..place + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let digested = |place: usize, bytes: &[u8]| redigested(with(place, bytes), committed);
    let length = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    vec![
        ("nothing", "nothing", Vec::new()),
        ("zeros", "nothing", vec![0; 64]),
        ("other-magic", "damaged", with(7, b"2")),
        ("cut-off", "damaged", whole[..whole.len() - 1].to_vec()),
        ("only-the-magic", "damaged", whole[..8].to_vec()),
        ("length-below-the-smallest", "damaged", with(8, &length(101))),
        ("length-beyond-512-kib", "damaged", with(8, &length(512 * 1024 + 1))),
        ("flipped-bit-in-a-header", "damaged", with(60, &[whole[60] ^ 1])),
        ("flipped-bit-in-a-body", "damaged", with(committed + 40, &[whole[committed + 40] ^ 1])),
        ("no-records", "damaged", digested(20, &length(0))),
        ("sixty-five-records", "damaged", digested(20, &length(65))),
        (
            "row-longer-than-its-record",
            "damaged",
            digested(30, &length(read.records[0].body.len() + 1)),
        ),
        (
            "checkpoint-longer-than-it-is",
            "damaged",
            digested(24, &length(read.checkpoint.unwrap().len() + 1)),
        ),
        ("checkpoint-no-utf8", "damaged", digested(committed - 1, &[0xff])),
    ]
}

#[test]
fn frames_are_read_and_written() {
    for (name, vector) in each("frame/good") {
        let whole = bytes(&vector, "frame");
        let padded = [&whole[..], &[0; 9]].concat();
        let Found::Frame(read) = decode(&padded) else { panic!("{name}") };
        let parts: Vec<_> = list(&vector, "records")
            .iter()
            .map(|record| (bytes(record, "header"), bytes(record, "body"), bytes(record, "sealed")))
            .collect();
        let stored: Vec<_> =
            parts.iter().map(|(header, body, sealed)| Stored { header, body, sealed }).collect();
        assert_eq!(
            (read.first, &read.records, read.bytes),
            (number(&vector, "first"), &stored, &whole[..]),
            "{name}"
        );
        assert_eq!(
            encode(read.first, &stored, vector["checkpoint"].as_str()),
            Some(whole),
            "{name}"
        );
    }
    let header = crate::json("frame/segment-header.json");
    assert_eq!(read_segment_header(&bytes(&header, "header")), Some(number(&header, "first")));
}

#[test]
fn damage_is_noticed() {
    let flaw = |found: Found<'_>| match found {
        Found::Frame(_) => "none",
        Found::Nothing => "nothing",
        Found::Damaged => "damaged",
    };
    for (name, vector) in each("frame/bad") {
        assert_eq!(flaw(decode(&bytes(&vector, "frame"))), word(&vector, "flaw"), "{name}");
    }
}
