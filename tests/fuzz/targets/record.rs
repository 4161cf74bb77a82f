//! A record: 99 bytes of header, the rest its body.
//!
//! Whatever the bytes: header, body and stub are read only from the bytes that they are written to; `audit::read` does
//! not panic and gives back what it was given. With the header mended, so that it commits to the body and follows the
//! last entry, the audit of a founded ledger takes the entry or names its flaw, and takes it only once.
#![no_main]

use case_fuzz::founded::founded;
use case_fuzz::seeds;
use case_ledger::audit::{Auditor, Content, Entry, Flaw, read};
use case_ledger::record::{
    HEADER_LEN, Header, VERSION, decode_body, encode_body, header_hash, is_withheld, record_leaf,
    stub_of, withhold,
};
use case_ledger::state::Effect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::lay(&["record", "stub", "action/good", "admission/good"], |vector| {
        let header = seeds::bytes(vector, "header").unwrap_or(vec![VERSION; HEADER_LEN]);
        let mut seeds: Vec<_> = ["body", "withheld"]
            .iter()
            .filter_map(|name| Some([header.clone(), seeds::bytes(vector, name)?].concat()))
            .collect();
        seeds.extend(seeds::bytes(vector, "stub"));
        seeds
    }),
    |data: &[u8]| {
        let (header, body) = data.split_at(data.len().min(HEADER_LEN));
        let decoded = Header::decode(header);
        if let Some(decoded) = decoded {
            assert_eq!(decoded.encode(), header);
        }
        if let Some(jws) = decode_body(body) {
            assert_eq!(encode_body(&jws), body);
            assert!(!is_withheld(body));
        }
        if let Some(stub) = stub_of(body) {
            assert!(is_withheld(body) && decode_body(body).is_none());
            assert_eq!(withhold(body.len(), stub).as_deref(), Some(body));
        }
        for stub in [Some(data), stub_of(body)].into_iter().flatten() {
            if let Some(effect) = Effect::from_stub(stub) {
                assert_eq!(effect.to_stub(), stub);
                assert!(effect.is_withholdable());
            }
        }
        match read(header, body) {
            Ok(entry) => check_entry(&entry, header, body),
            Err(flaw) => assert!(!flaw.to_string().is_empty()),
        }
        mended(body);
    }
);

fn check_entry(entry: &Entry, header: &[u8], body: &[u8]) {
    assert_eq!(entry.header.encode(), header);
    assert_eq!((entry.hash, entry.leaf), (header_hash(header), record_leaf(header)));
    match &entry.content {
        Content::Action(action) => assert_eq!(encode_body(&action.jws), body),
        Content::Withheld(effect) => assert_eq!(stub_of(body), Some(&effect.to_stub()[..])),
    }
}

fn mended(body: &[u8]) {
    let founded = founded();
    let read_with = |header: Header| read(&header.encode(), body);
    // The stream stands in the body, and the link to it in the header: read once to know it.
    let any = case_ledger::names::Stream::registry();
    let Ok(entry) = read_with(founded.next_header(&any, body)) else { return };
    let header = founded.next_header(entry.stream(), body);
    let entry = read_with(header).expect("a body is read under any header that commits to it");
    check_entry(&entry, &header.encode(), body);
    let mut auditor = Auditor::resume(founded.state.clone(), founded.frontier.clone());
    let size = founded.state.size();
    match auditor.take(entry.clone(), |_, _| {}) {
        Ok(job) => {
            // Only a withheld entry has no signature to check, and then the end of the log asks why it was withheld.
            assert_eq!(job.map(|job| job.holds()).is_none(), auditor.finish().is_err());
            assert_eq!((auditor.state().size(), auditor.frontier().size()), (size + 1, size + 1));
            let due = Flaw::Position { due: size + 1, found: size };
            assert_eq!(auditor.take(entry, |_, _| {}).err(), Some(due));
        }
        Err(flaw) => {
            assert!(!flaw.to_string().is_empty() && !flaw.code().is_empty());
            assert_eq!((auditor.state(), auditor.frontier()), (&founded.state, &founded.frontier));
        }
    }
}
