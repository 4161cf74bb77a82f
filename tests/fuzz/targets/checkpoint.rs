//! A checkpoint: C2SP note, checkpoint and verifier key.
//!
//! Whatever the text: nothing panics; what is read is printed again byte for byte; a checkpoint opens only for the
//! origin it names and with a line that verifies over its text. Signed by the ledger it opens, and with any byte of
//! the signature changed it does not.
//!
//! A zero byte divides the input into a verifier key and a note to hold it against.
#![no_main]

use case_fuzz::founded::{ledger_key, origin};
use case_fuzz::seeds;
use case_ledger::checkpoint::{Checkpoint, CheckpointFault, SignedCheckpoint, ledger_note_key};
use case_ledger::note::{Found, KeyType, Note, NoteKey, SIGNATURES_MAX, SignatureLine};
use case_ledger::signing::VerifyingKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::lay(&["checkpoint", "tlog"], |vector| {
        let keys = seeds::texts(vector, &["vkey", "vkey_type_1", "vkey_type_4"]);
        let notes = seeds::texts(vector, &["note", "file"]);
        let ledger = ledger_note_key(&origin(), ledger_key().public()).to_vkey().into_bytes();
        let held: Vec<_> = notes.iter().map(|note| [&ledger[..], b"\0", note].concat()).collect();
        keys.into_iter().chain(notes).chain(held).collect()
    }),
    |data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        match text.split_once('\0') {
            Some((key, note)) => {
                check_note(note, check_key(key));
            }
            None => {
                let key = check_key(text);
                check_note(text, key);
            }
        }
    }
);

fn check_key(text: &str) -> NoteKey {
    match NoteKey::parse_vkey(text) {
        Some(key) => {
            assert_eq!(key.to_vkey(), text);
            key
        }
        None => ledger_note_key(&origin(), ledger_key().public()),
    }
}

fn check_note(text: &str, key: NoteKey) {
    if let Some(checkpoint) = Checkpoint::parse(text) {
        check_checkpoint(&checkpoint, text);
    }
    let signed = SignedCheckpoint::parse(text);
    let Some(note) = Note::parse(text) else {
        assert_eq!(signed, None);
        return;
    };
    assert_eq!(note.to_text(), text);
    assert!((1..=SIGNATURES_MAX).contains(&note.signatures.len()));
    let by_key = |line: &&SignatureLine| line.name == key.name && line.id == key.id();
    let lines: Vec<_> = note.signatures.iter().filter(by_key).collect();
    let found = note.signed_by(&key);
    if key.key_type == KeyType::Ed25519 && VerifyingKey::new(key.key).is_some() {
        let good = |line: &&SignatureLine| {
            let signature: Option<[u8; 64]> = line.signature.as_slice().try_into().ok();
            signature.is_some_and(|signature| {
                VerifyingKey::new(key.key).unwrap().verifies(note.text.as_bytes(), &signature)
            })
        };
        let expected = match (lines.is_empty(), lines.iter().all(|line| good(line))) {
            (true, _) => Found::Absent,
            (false, true) => Found::Good,
            (false, false) => Found::Bad,
        };
        assert_eq!(found, expected);
    } else {
        assert_eq!(found, Found::Absent);
    }
    if matches!(note.cosigned_by(&key), Ok(Some(_)) | Err(_)) {
        assert!(!lines.is_empty() && key.key_type == KeyType::CosignatureV1);
    }
    let Some(signed) = signed else { return };
    assert_eq!(signed.to_text(), text);
    assert_eq!(signed.note, note);
    check_checkpoint(&signed.checkpoint, &note.text);
    check_opening(signed, &key);
}

fn check_checkpoint(checkpoint: &Checkpoint, text: &str) {
    let said = checkpoint.to_text();
    let lines_after =
        text.strip_prefix(said.as_str()).expect("its three lines are the text's first three");
    assert!(lines_after.is_empty() || lines_after.ends_with('\n'));
    assert_eq!(Checkpoint::parse(&said).as_ref(), Some(checkpoint));
}

fn check_opening(mut signed: SignedCheckpoint, key: &NoteKey) {
    let opened = signed.clone().open(&origin(), key.key);
    let is_ours = signed.checkpoint.origin == origin();
    let ours = ledger_note_key(&origin(), key.key);
    match opened {
        Ok(ref same) => {
            assert!(is_ours && *same == signed && signed.note.signed_by(&ours) == Found::Good)
        }
        Err(CheckpointFault::Origin) => assert!(!is_ours),
        Err(fault) => {
            assert!(is_ours && fault != CheckpointFault::Form && !fault.to_string().is_empty())
        }
    }
    // Under the ledger's own signature the same text opens, and under a changed one it does not.
    let text = signed.note.text.clone();
    signed.note.signatures = vec![SignatureLine::sign(&text, origin().as_str(), &ledger_key())];
    let parsed = SignedCheckpoint::parse(&signed.to_text());
    assert_eq!(parsed.as_ref(), Some(&signed), "a signed checkpoint is read again");
    assert_eq!(signed.clone().open(&origin(), ledger_key().public()).is_ok(), is_ours);
    let place = text.len() % 64;
    signed.note.signatures[0].signature[place] ^= 1;
    assert!(signed.open(&origin(), ledger_key().public()).is_err());
}
