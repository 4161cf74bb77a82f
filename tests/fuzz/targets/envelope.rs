//! An action's text, and admission behind it.
//!
//! Whatever the bytes: nothing panics; a text that is read is printed again byte for byte; each disclosure's digest is
//! the SHA-256 of its part of the text. A founded ledger takes an action as new only if its signature verifies over the
//! text itself; what it takes it would take again from the log, with the same effect, and then knows.
//!
//! A first byte below 16 means: sign. It names one of the ledger's people (its low bits) and whether the signature is
//! left wrong (8); after it come the payload, and on each further line the JSON of a disclosure. So the search gets
//! behind base64 and Ed25519, into the rules.
#![no_main]

use case_fuzz::founded::{NOW, SIGNERS, founded, key};
use case_fuzz::seeds;
use case_ledger::admission::{Admission, Signature, admit, admit_recorded, find_key};
use case_ledger::encoding::{from_base64url, to_base64url};
use case_ledger::envelope::{Action, TYPE};
use case_ledger::hash::sha256;
use case_ledger::refusal::Language;
use case_ledger::signing::VerifyingKey;
use case_ledger::state::Effect;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(
    init: seeds::lay(&["action", "admission"], |vector| {
        let texts = seeds::texts(vector, &["text"]);
        let composed: Vec<_> = texts.iter().filter_map(|text| decompose(text)).collect();
        texts.into_iter().chain(composed).collect()
    }),
    |data: &[u8]| {
        match data.split_first() {
            Some((signer @ 0..16, parts)) => check(compose(*signer, parts).as_bytes()),
            _ => check(data),
        }
    }
);

fn check(text: &[u8]) {
    let action = match Action::parse(text) {
        Ok(action) => action,
        Err(malformed) => {
            assert!(
                !malformed.to_string().is_empty()
                    && !malformed.chinese().is_empty()
                    && !malformed.code().is_empty()
            );
            return;
        }
    };
    assert_eq!(action.to_text().as_bytes(), text);
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b'~').collect();
    assert_eq!(parts.len(), action.disclosures.len() + 2);
    for (disclosure, part) in action.disclosures.iter().zip(&parts[1..]) {
        assert_eq!(disclosure.digest(), sha256(&[part]));
    }
    let founded = founded();
    let state = &founded.state;
    let admitted = admit(state, &action, Signature::Unchecked, NOW);
    assert_eq!(admit(state, &action, Signature::Unchecked, NOW), admitted);
    let unsigned = admit(state, &action, Signature::Fails, NOW);
    assert!(!matches!(unsigned, Ok(Admission::New(_))), "admitted with a wrong signature");
    match admitted {
        Ok(Admission::New(effect)) => {
            let key = find_key(state, &action.envelope).unwrap();
            assert_eq!(key.kid(), action.envelope.kid);
            let dot = parts[0].iter().rposition(|byte| *byte == b'.').unwrap();
            let signature: [u8; 64] =
                from_base64url(&parts[0][dot + 1..]).unwrap().try_into().unwrap();
            assert!(VerifyingKey::new(key).unwrap().verifies(&parts[0][..dot], &signature));
            let recorded = admit_recorded(state, &action, Signature::Holds, NOW);
            assert_eq!(recorded, Ok(Admission::New(effect.clone())));
            if effect.is_withholdable() {
                assert_eq!(Effect::from_stub(&effect.to_stub()), Some((*effect).clone()));
            }
            let position = state.size();
            let mut after = founded.clone();
            after.record(&action, &effect);
            let again = admit(&after.state, &action, Signature::Unchecked, NOW);
            assert!(matches!(again, Ok(Admission::Seen(first)) if first.0 == position));
        }
        Ok(Admission::Seen(first)) => assert!(first.0 < state.size()),
        Err(refusal) => {
            let said =
                [Language::English, Language::Chinese].map(|language| refusal.sentence(language));
            assert!(said.iter().all(|sentence| !sentence.is_empty()));
            assert!(
                !refusal.code().is_empty()
                    && !refusal.rule().is_empty()
                    && refusal.detail_code() != Some("")
            );
        }
    }
}

fn compose(signer: u8, parts: &[u8]) -> String {
    let key = key(SIGNERS[usize::from(signer % 8)]);
    let mut lines = parts.split(|byte| *byte == b'\n');
    let header =
        json!({"alg": "EdDSA", "typ": TYPE, "kid": key.public().kid().to_string()}).to_string();
    let payload = lines.next().unwrap_or_default();
    let mut text = format!("{}.{}", to_base64url(header.as_bytes()), to_base64url(payload));
    let mut signature = key.sign(text.as_bytes());
    signature[5] ^= signer & 8;
    text.push('.');
    for part in std::iter::once(&signature[..]).chain(lines) {
        text += &(to_base64url(part) + "~");
    }
    text
}

/// The input that composes the same action, if one of the ledger's people signed it.
fn decompose(text: &[u8]) -> Option<Vec<u8>> {
    let action = Action::parse(text).ok()?;
    let signer =
        SIGNERS.iter().position(|first| key(*first).public().kid() == action.envelope.kid)?;
    let mut input = vec![u8::try_from(signer).ok()?];
    input.extend_from_slice(&action.jws.payload);
    for disclosure in &action.disclosures {
        input.push(b'\n');
        input.extend(from_base64url(disclosure.encoded().as_bytes())?);
    }
    Some(input)
}
