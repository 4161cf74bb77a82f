//! `record/`: a small log, every entry with its bytes and hashes. `stub/`: what stands in a withheld body's place.

use case_ledger::audit::{self, Auditor, Flaw};
use case_ledger::encoding::to_base64;
use case_ledger::hash::{Blake3Hash, Sha256Hash, hex, sha256};
use case_ledger::names::PublicKey;
use case_ledger::record::{
    Header, decode_body, encode_body, header_hash, leaf_data, record_leaf, stub_of, withhold,
};
use case_ledger::state::Effect;
use case_ledger::tree::Frontier;
use serde_json::{Value, json};

use crate::world::{KEYS, ORIGIN, SECOND, World, key, withholding};
use crate::{Vector, bytes, each, json, list, number, word};

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let mut vectors =
        vec![Vector::new("keys.json", &keys()), Vector::new("record/log.json", &log(world))];
    vectors.extend(bad_headers(world).into_iter().map(|(name, header)| {
        Vector::new(format!("record/bad/{name}.json"), &json!({"header": hex(&header)}))
    }));
    vectors.extend(bad_bodies(world).into_iter().map(|(name, body)| {
        Vector::new(format!("record/bad/{name}.json"), &json!({"body": hex(&body)}))
    }));
    vectors.extend(stubs(world));
    vectors
}

fn keys() -> Value {
    let key = |(part, first): (&str, u8)| {
        let key = key(first);
        json!({
            "part": part, "seed": hex(&key.seed()), "public": hex(&key.public().0), "x": key.public().to_string(),
            "kid": key.public().kid().to_string(),
        })
    };
    json!({"about": "each seed is 32 bytes that count up", "keys": KEYS.map(key)})
}

fn log(world: &World) -> Value {
    let mut frontier = Frontier::default();
    let entries: Vec<_> = world
        .records
        .iter()
        .map(|record| {
            let header = &record.header;
            frontier.append(record_leaf(&record.header_bytes), |_, _| {});
            json!({
                "text": record.text,
                "body": hex(&record.body),
                "body_sha256": hex(&header.body),
                "rules": header.rules,
                "seq": header.seq,
                "recorded_at_us": header.recorded_at,
                "previous": hex(&header.previous),
                "stream_number": header.stream_number,
                "stream_previous": header.stream_previous,
                "header": hex(&record.header_bytes),
                "header_blake3": header_hash(&record.header_bytes).to_string(),
                "leaf_data": leaf_data(&record.header_bytes).to_string(),
                "leaf_hash": record_leaf(&record.header_bytes).to_string(),
                "root_with_it": to_base64(&frontier.head().root.0),
            })
        })
        .collect();
    json!({
        "about": "a whole log from its founding on; admission/ is judged against it",
        "origin": ORIGIN,
        "entries": entries,
        "checkpoint": world.checkpoint(world.records.len()).to_text(),
    })
}

fn bad_headers(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let right = world.records[3].header_bytes.clone();
    let with = |place: usize, byte: u8| {
        let mut changed = right.clone();
        changed[place] = byte;
        changed
    };
    vec![
        ("header-version-0", with(0, 0)),
        ("header-version-2", with(0, 2)),
        ("header-one-byte-short", right[..98].to_vec()),
        ("header-one-byte-long", [&right[..], &[0]].concat()),
        ("header-empty", Vec::new()),
    ]
}

fn bad_bodies(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let right = &world.records[3].body;
    let jws = decode_body(right).unwrap();
    let parts = |parts: [&[u8]; 3]| {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    };
    vec![
        ("body-one-byte-short", right[..right.len() - 1].to_vec()),
        ("body-one-byte-long", [&right[..], &[0]].concat()),
        ("body-signature-of-63-bytes", parts([&jws.protected, &jws.payload, &jws.signature[..63]])),
        ("body-length-beyond-its-end", [&[0xfe, 0xff, 0xff, 0xff][..], &right[4..]].concat()),
        ("body-big-endian-lengths", [&[0, 0, 0, right[0]][..], &right[4..]].concat()),
        ("body-empty", Vec::new()),
    ]
}

fn stubs(world: &World) -> Vec<Vector> {
    let record = &world.records[16];
    let stub = record.effect.to_stub();
    let withheld = withhold(record.body.len(), &stub).unwrap();
    let good = json!({
        "about": "the application of the small log, withheld: holder and the citizen's key stay",
        "body": hex(&record.body),
        "stub": hex(&stub),
        "stub_sha256": sha256(&[&stub]).to_string(),
        "withheld": hex(&withheld),
        "identity": hex(&record.effect.identity.0),
        "kind": record.effect.kind.spec().name,
        "stream": record.effect.stream.as_str(),
        "citizen_key": record.effect.citizen_key.map(|key| key.to_string()),
        "holder": record.effect.holder.map(|office| office.to_string()),
    });
    let registry = world.records[3].effect.to_stub();
    let change = |place: usize, byte: u8| {
        let mut changed = stub.clone();
        changed[place] = byte;
        changed
    };
    // 16 identity, 2 kind, 1 + 14 stream, 1 + 32 key, 4 ends, 1 holder flag.
    let flag = 16 + 2 + 15 + 33 + 4;
    let bad = [
        ("unknown-kind", change(16, 0xff)),
        ("kind-of-another-stream", change(16, 1)),
        ("stream-outside-its-grammar", change(19, b'C')),
        ("key-of-31-bytes", change(33, 31)),
        ("holder-flag-2", change(flag, 2)),
        ("holder-flag-0-before-half-an-office", [&change(flag, 0)[..stub.len() - 1], &[]].concat()),
        ("office-check-character", change(flag + 18, b'0')),
        ("cut-off", stub[..flag].to_vec()),
        ("entry-of-the-registry", registry),
    ];
    let mut vectors = vec![Vector::new("stub/good.json", &good)];
    vectors.extend(bad.into_iter().map(|(name, stub)| {
        Vector::new(format!("stub/bad/{name}.json"), &json!({"stub": hex(&stub)}))
    }));
    let mut ragged = withheld;
    *ragged.last_mut().unwrap() = 1;
    vectors
        .push(Vector::new("stub/bad/no-zeros-after-it.json", &json!({"withheld": hex(&ragged)})));
    vectors
}

#[test]
fn the_log_adds_up() {
    let log = json("record/log.json");
    let (mut previous, mut frontier) = (Blake3Hash::default(), Frontier::default());
    for entry in list(&log, "entries") {
        let (header_bytes, body) = (bytes(entry, "header"), bytes(entry, "body"));
        let header = Header::decode(&header_bytes).unwrap();
        assert_eq!(header.seq, number(entry, "seq"));
        assert_eq!(header.previous, previous.0);
        assert_eq!(sha256(&[&body]).0, header.body);
        assert_eq!(encode_body(&decode_body(&body).unwrap()), body);
        assert_eq!(leaf_data(&header_bytes), sha256(&[&header_bytes]));
        assert_eq!(record_leaf(&header_bytes), sha256(&[&[0], &leaf_data(&header_bytes).0]));
        frontier.append(record_leaf(&header_bytes), |_, _| {});
        assert_eq!(to_base64(&frontier.head().root.0), word(entry, "root_with_it"));
        previous = header_hash(&header_bytes);
    }
}

/// Audits the log with its entry 16 withheld behind `stub`, and with the entry that says so.
fn audit_withheld(stub: &[u8]) -> Result<(), Flaw> {
    let mut world = World::built();
    world.record(&withholding(&world, 60, SECOND).text());
    let mut auditor = Auditor::default();
    for record in &world.records {
        let withheld = withhold(record.body.len(), stub);
        let body = if record.header.seq == 16 { withheld.unwrap() } else { record.body.clone() };
        let entry = audit::read(&record.header_bytes, &body)?;
        let job = auditor.take(entry, |_, _| {})?;
        assert!(job.is_none_or(|job| job.holds()));
    }
    auditor.check_checkpoint(world.checkpoint(world.records.len()))?;
    auditor.finish().map_err(|finding| finding.flaw)
}

#[test]
fn a_stub_is_what_both_signers_signed_for() {
    let good = json("stub/good.json");
    let stub = bytes(&good, "stub");
    assert_eq!(stub_of(&bytes(&good, "withheld")), Some(&stub[..]));
    let effect = Effect::from_stub(&stub).unwrap();
    assert_eq!(effect.to_stub(), stub);
    assert_eq!(effect.citizen_key, PublicKey::parse(word(&good, "citizen_key")));
    assert_eq!(Sha256Hash::from_slice(&bytes(&good, "stub_sha256")), Some(sha256(&[&stub])));
    assert_eq!(audit_withheld(&stub), Ok(()));
    // The same stub without the citizen's key reads well, and is not what was signed.
    let other = Effect { citizen_key: None, ..effect }.to_stub();
    assert_eq!(audit_withheld(&other), Err(Flaw::Stub));
}

#[test]
fn bad_records_and_stubs_are_none() {
    for (name, vector) in each("record/bad") {
        if vector["header"].is_string() {
            assert_eq!(Header::decode(&bytes(&vector, "header")), None, "{name}");
        } else {
            assert_eq!(decode_body(&bytes(&vector, "body")), None, "{name}");
        }
    }
    for (name, vector) in each("stub/bad") {
        if vector["withheld"].is_string() {
            assert_eq!(stub_of(&bytes(&vector, "withheld")), None, "{name}");
        } else {
            assert_eq!(Effect::from_stub(&bytes(&vector, "stub")), None, "{name}");
        }
    }
}
