//! `checkpoint/`: signed notes, good ones, and bad ones named after their flaw.

use case_ledger::checkpoint::{CheckpointFault, SignedCheckpoint};
use case_ledger::encoding::to_base64;
use case_ledger::names::{Origin, PublicKey};
use case_ledger::note::{KeyType, NoteKey, SignatureLine, cosign};
use serde_json::{Value, json};

use crate::world::{BASE, LEDGER, ORIGIN, SPARE, WITNESS, World, key};
use crate::{Vector, each, number, word};

const WITNESS_NAME: &str = "witness.example/w1";

/// The text, the blank line, and the lines that sign it.
fn note(text: &str, lines: &[SignatureLine]) -> String {
    lines.iter().fold(format!("{text}\n"), |note, line| note + &line.to_line())
}

fn signed(text: &str) -> String {
    note(text, &[SignatureLine::sign(text, ORIGIN, &key(LEDGER))])
}

fn witnessed(text: &str, seconds: i64) -> SignatureLine {
    cosign(text, u64::try_from(seconds).unwrap(), WITNESS_NAME, &key(WITNESS))
}

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let text = world.checkpoint(18).note.text;
    let good = good(&text).into_iter().map(|(name, about, note)| {
        let vector = json!({
            "about": about, "origin": ORIGIN, "ledger_key": key(LEDGER).public().to_string(), "size": 18, "note": note,
        });
        Vector::new(format!("checkpoint/good/{name}.json"), &vector)
    });
    let bad = bad(&text).into_iter().map(|(name, flaw, note)| {
        let vector = json!({
            "flaw": flaw, "origin": ORIGIN, "ledger_key": key(LEDGER).public().to_string(),
            "witness": NoteKey { name: WITNESS_NAME.to_owned(), key_type: KeyType::CosignatureV1, key: key(WITNESS).public() }.to_vkey(),
            "note": note,
        });
        Vector::new(format!("checkpoint/bad/{name}.json"), &vector)
    });
    good.chain(bad).collect()
}

fn good(text: &str) -> Vec<(&'static str, &'static str, String)> {
    let ours = SignatureLine::sign(text, ORIGIN, &key(LEDGER));
    let stranger = SignatureLine {
        name: "somebody.example".to_owned(),
        id: [1, 2, 3, 4],
        signature: vec![5; 70],
    };
    // Another type of key under the ledger's own name has another key id.
    let namesake = SignatureLine { id: [9, 9, 9, 9], ..ours.clone() };
    let extended = format!("{text}extension lines are allowed and not looked at\n");
    vec![
        ("plain", "origin, size, root; one signature", note(text, std::slice::from_ref(&ours))),
        (
            "cosigned",
            "the witness's line is carried along",
            note(text, &[ours.clone(), witnessed(text, BASE)]),
        ),
        (
            "unknown-lines",
            "lines by unknown keys are ignored, also under the ledger's name",
            note(text, &[stranger, namesake, ours.clone()]),
        ),
        (
            "signed-twice",
            "two lines by the same key, both right",
            note(text, &[ours.clone(), ours]),
        ),
        ("extension-line", "a fourth line", signed(&extended)),
    ]
}

fn bad(text: &str) -> Vec<(&'static str, &'static str, String)> {
    let [origin, size, root] = {
        let mut lines = text.lines();
        [lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap()]
    };
    let of = |origin: &str, size: &str, root: &str| signed(&format!("{origin}\n{size}\n{root}\n"));
    let ours = SignatureLine::sign(text, ORIGIN, &key(LEDGER));
    let right = note(text, std::slice::from_ref(&ours));
    let mut broken = ours.clone();
    broken.signature[10] ^= 1;
    let mut cosigned = witnessed(text, BASE);
    cosigned.signature[0] ^= 1;
    let by_another = SignatureLine::sign(text, ORIGIN, &key(SPARE));
    let short = SignatureLine { signature: ours.signature[..63].to_vec(), ..ours.clone() };
    let lines = |count: usize| vec![ours.clone(); count];
    vec![
        ("size-leading-zero", "form", of(origin, &format!("0{size}"), root)),
        ("size-plus-sign", "form", of(origin, &format!("+{size}"), root)),
        ("size-space", "form", of(origin, &format!(" {size}"), root)),
        ("size-negative", "form", of(origin, "-1", root)),
        ("size-hexadecimal", "form", of(origin, "0x12", root)),
        ("size-empty", "form", of(origin, "", root)),
        ("size-2-to-the-63", "form", of(origin, "9223372036854775808", root)),
        ("root-of-31-bytes", "form", of(origin, size, &to_base64(&[7; 31]))),
        ("root-without-padding", "form", of(origin, size, root.trim_end_matches('='))),
        ("root-base64url", "form", of(origin, size, &to_base64(&[0xff; 32]).replace('/', "_"))),
        ("origin-empty", "form", of("", size, root)),
        ("origin-with-scheme", "form", of("https://ledger.example", size, root)),
        ("two-lines", "form", signed(&format!("{origin}\n{size}\n"))),
        ("empty-extension-line", "form", signed(&format!("{text}\nlast\n"))),
        ("missing-last-line-feed", "form", right.strip_suffix('\n').unwrap().to_owned()),
        ("carriage-returns", "form", right.replace('\n', "\r\n")),
        ("no-blank-line", "form", right.replacen("\n\n", "\n", 1)),
        ("no-signature-line", "form", format!("{text}\n")),
        ("hyphen-for-dash", "form", right.replace('—', "-")),
        ("signature-line-no-base64", "form", format!("{}*\n", right.trim_end())),
        ("sixty-five-lines", "form", note(text, &lines(65))),
        ("another-origin", "origin", of("ledger.example/others", size, root)),
        ("signed-by-another-key", "unsigned", note(text, &[by_another])),
        ("only-cosigned", "unsigned", note(text, &[witnessed(text, BASE)])),
        ("bad-signature", "bad_signature", note(text, &[broken.clone()])),
        ("good-and-bad-signature", "bad_signature", note(text, &[ours.clone(), broken])),
        ("signature-of-63-bytes", "bad_signature", note(text, &[short])),
        ("altered-size", "bad_signature", right.replacen(&format!("\n{size}\n"), "\n17\n", 1)),
        (
            "altered-time-of-a-cosignature",
            "bad_cosignature",
            note(text, &[ours.clone(), cosigned.clone()]),
        ),
        (
            "good-and-bad-cosignature",
            "bad_cosignature",
            note(text, &[ours, witnessed(text, BASE), cosigned]),
        ),
    ]
}

fn fault(vector: &Value) -> &'static str {
    let origin = Origin::parse(word(vector, "origin")).unwrap();
    let ledger_key = PublicKey::parse(word(vector, "ledger_key")).unwrap();
    let Some(parsed) = SignedCheckpoint::parse(word(vector, "note")) else { return "form" };
    match parsed.open(&origin, ledger_key) {
        Err(CheckpointFault::Form) => "form",
        Err(CheckpointFault::Origin) => "origin",
        Err(CheckpointFault::Unsigned) => "unsigned",
        Err(CheckpointFault::BadSignature) => "bad_signature",
        Ok(opened) => {
            let witness = vector["witness"].as_str().map(|vkey| NoteKey::parse_vkey(vkey).unwrap());
            match witness.map(|witness| opened.note.cosigned_by(&witness)) {
                Some(Err(_)) => "bad_cosignature",
                Some(Ok(_)) | None => "none",
            }
        }
    }
}

#[test]
fn good_checkpoints_open() {
    for (name, vector) in each("checkpoint/good") {
        assert_eq!(fault(&vector), "none", "{name}");
        let parsed = SignedCheckpoint::parse(word(&vector, "note")).unwrap();
        assert_eq!(parsed.checkpoint.head.size, number(&vector, "size"), "{name}");
        assert_eq!(parsed.to_text(), word(&vector, "note"), "{name}");
    }
}

#[test]
fn bad_checkpoints_show_the_flaw_they_are_named_after() {
    for (name, vector) in each("checkpoint/bad") {
        assert_eq!(fault(&vector), word(&vector, "flaw"), "{name}");
    }
}
