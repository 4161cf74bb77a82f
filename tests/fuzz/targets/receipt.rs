//! A receipt: a C2SP tlog-proof with the record in it.
//!
//! Whatever the text: nothing panics; what is read is printed again byte for byte; what verifies is proven by the parts
//! that it shows. With the checkpoint mended, so that the ledger signs a tree of this one record, it verifies exactly if
//! header and body are what a record can have.
#![no_main]

use case_fuzz::founded::{SIGNERS, key, ledger_key, origin};
use case_fuzz::seeds;
use case_ledger::audit::{Content, read};
use case_ledger::checkpoint::Checkpoint;
use case_ledger::hash::sha256;
use case_ledger::receipt::{Receipt, ReceiptFault};
use case_ledger::record::{Header, decode_body, encode_body, record_leaf};
use case_ledger::tree::{TreeHead, verify_inclusion};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::lay(&["receipt", "tlog"], |vector| seeds::texts(vector, &["receipt", "file"])),
    |data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        match Receipt::parse(text) {
            Ok(receipt) => {
                assert_eq!(receipt.to_text(), text);
                check_given(&receipt);
                check_mended(receipt);
            }
            Err(fault) => assert_eq!(fault, ReceiptFault::Form),
        }
    }
);

fn check_given(receipt: &Receipt) {
    let ledger = ledger_key().public();
    let given = receipt.verify(&origin(), ledger, None);
    match &given {
        Ok(proven) => {
            assert_eq!(proven.header.encode()[..], receipt.header[..]);
            let head = proven.checkpoint.checkpoint.head;
            assert!(verify_inclusion(
                record_leaf(&receipt.header),
                receipt.index,
                head,
                &receipt.proof
            ));
            assert!(proven.checkpoint.clone().open(&origin(), ledger).is_ok());
            assert_eq!(proven.envelope.is_none(), receipt.body.is_empty());
            if proven.envelope.is_some() {
                assert_eq!(sha256(&[&receipt.body]).0, proven.header.body);
            }
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    for first in SIGNERS {
        let signer = key(first).public();
        match receipt.verify(&origin(), ledger, Some(signer)) {
            Ok(proven) => {
                assert_eq!(given.as_ref(), Ok(&proven));
                assert!(proven.envelope.is_none_or(|envelope| envelope.kid == signer.kid()));
            }
            Err(ReceiptFault::Signature) => assert!(given.is_ok()),
            Err(fault) => assert_eq!(given, Err(fault)),
        }
    }
}

fn check_mended(mut receipt: Receipt) {
    let Some(mut header) = Header::decode(&receipt.header) else { return };
    header.body = sha256(&[&receipt.body]).0;
    header.seq = 0;
    receipt.header = header.encode().into();
    receipt.index = 0;
    receipt.proof.clear();
    let head = TreeHead { size: 1, root: record_leaf(&receipt.header) };
    receipt.checkpoint = Checkpoint { origin: origin(), head }.sign(&ledger_key());
    assert_eq!(Receipt::parse(&receipt.to_text()).as_ref(), Ok(&receipt));
    let verified = receipt.verify(&origin(), ledger_key().public(), None);
    if receipt.body.is_empty() {
        assert!(verified.is_ok_and(|proven| proven.envelope.is_none()));
        return;
    }
    match read(&receipt.header, &receipt.body).map(|entry| entry.content) {
        Ok(Content::Action(action)) => {
            assert_eq!(
                verified.expect("what an audit reads, a receipt shows").envelope,
                Some(action.envelope)
            );
            assert_eq!(encode_body(&decode_body(&receipt.body).unwrap())[..], receipt.body[..]);
        }
        Ok(Content::Withheld(_)) | Err(_) => assert_eq!(verified, Err(ReceiptFault::Body)),
    }
}
