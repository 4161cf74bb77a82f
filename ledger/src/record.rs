//! What one entry of the log is made of: a header that commits, and a body that says.
//!
//! Hashes are over these bytes as they were stored, never over a re-encoding. FORMAT.md sections 3 and 4 state them.

use bincode::Options as _;
use serde::{Deserialize, Serialize};

use crate::envelope::Jws;
use crate::hash::{Blake3Hash, Sha256Hash, blake3, sha256};
use crate::names::Seq;
use crate::time::Micros;
use crate::tree::leaf_hash;

/// The format version that this code writes, the first byte of every header.
pub const VERSION: u8 = 1;
/// The admission rules that this code applies.
pub const RULES: u16 = 1;
/// Bytes of a version 1 header.
pub const HEADER_LEN: usize = 99;

/// A record's header. All of it is in the chain; none of it is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Which version of the admission rules let the entry in.
    pub rules: u16,
    /// Its position in the log, from 0.
    pub seq: u64,
    /// When the ledger recorded it, µs since 1970 (UTC); the same for a whole batch, never decreasing.
    pub recorded_at: i64,
    /// BLAKE3 of the header before; zeros for the first.
    pub previous: [u8; 32],
    /// Its number in its stream, from 1.
    pub stream_number: u64,
    /// The position of the entry before it in its stream; its own position if it is the first.
    pub stream_previous: u64,
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

fn encoding() -> impl bincode::Options {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_little_endian()
        .reject_trailing_bytes()
        .with_limit(65_535)
}

impl Header {
    /// The stored bytes.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let (version, rest) = bytes.split_at_mut(1);
        version.copy_from_slice(&[VERSION]);
        // A header has 98 bytes in this encoding whatever it holds, so writing it into 98 bytes does not fail.
        let written = encoding().serialize_into(rest, self);
        debug_assert!(written.is_ok());
        bytes
    }

    /// Reads stored bytes: 99 of them, the first being 1.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => encoding().deserialize(rest).ok(),
            Some(_) | None => None,
        }
    }

    /// Its position as a type.
    pub fn position(&self) -> Seq {
        Seq(self.seq)
    }

    /// When it was recorded.
    pub fn time(&self) -> Micros {
        Micros(self.recorded_at)
    }
}

/// The link in the chain: what the next header's `previous` holds.
pub fn header_hash(header: &[u8]) -> Blake3Hash {
    blake3(header)
}

/// The leaf's data: SHA-256 of the header, so that tiles, mirrors and witnesses carry commitments only.
pub fn leaf_data(header: &[u8]) -> Sha256Hash {
    sha256(&[header])
}

/// The leaf's hash in the tree (RFC 6962).
pub fn record_leaf(header: &[u8]) -> Sha256Hash {
    leaf_hash(&leaf_data(header).0)
}

/// The body: the three signed parts, each preceded by its length (u32 little-endian).
pub fn encode_body(jws: &Jws) -> Vec<u8> {
    let parts: [&[u8]; 3] = [&jws.protected, &jws.payload, &jws.signature];
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Reads a body.
pub fn decode_body(bytes: &[u8]) -> Option<Jws> {
    let mut rest = bytes;
    let mut part = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (part, after) =
            after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        rest = after;
        Some(part)
    };
    let (protected, payload, signature) = (part()?, part()?, part()?);
    let signature = signature.try_into().ok()?;
    rest.is_empty().then(|| Jws { protected: protected.into(), payload: payload.into(), signature })
}

/// What stands in a withheld body's place: the length of a protected header that no body has.
pub const WITHHELD_MARK: [u8; 4] = [0xff; 4];

/// Whether a stored body has been withheld.
pub fn is_withheld(body: &[u8]) -> bool {
    body.starts_with(&WITHHELD_MARK)
}

/// Puts a stub in a body's place: the mark, the stub's length and bytes, then zeros up to the body's own length,
/// so that nothing else on the disk moves. `None` if the body is too short for it.
pub fn withhold(body_len: usize, stub: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = WITHHELD_MARK.to_vec();
    bytes.extend_from_slice(&u32::try_from(stub.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(stub);
    if bytes.len() > body_len {
        return None;
    }
    bytes.resize(body_len, 0);
    Some(bytes)
}

/// The stub in a withheld body.
pub fn stub_of(body: &[u8]) -> Option<&[u8]> {
    let (length, rest) = body.strip_prefix(&WITHHELD_MARK)?.split_first_chunk::<4>()?;
    let (stub, zeros) =
        rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    zeros.iter().all(|byte| *byte == 0).then_some(stub)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header() -> Header {
        Header {
            rules: 1,
            seq: 300,
            recorded_at: -2,
            previous: [3; 32],
            stream_number: 4,
            stream_previous: 5,
            body: [6; 32],
        }
    }

    #[test]
    fn a_header_is_ninety_nine_bytes_in_this_order() {
        let bytes = header().encode();
        let expected = format!(
            "01{}{}{}{}{}{}{}",
            "0100",
            "2c01000000000000",
            "feffffffffffffff",
            "03".repeat(32),
            "0400000000000000",
            "0500000000000000",
            "06".repeat(32)
        );
        assert_eq!(crate::hash::hex(&bytes), expected);
        assert_eq!(Header::decode(&bytes), Some(header()));
    }

    #[test]
    fn nothing_else_is_a_header() {
        let bytes = header().encode();
        let mut other_version = bytes;
        other_version[0] = 2;
        assert_eq!(Header::decode(&other_version), None);
        assert_eq!(Header::decode(&bytes[..98]), None);
        assert_eq!(Header::decode(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Header::decode(&[]), None);
    }

    #[test]
    fn a_withheld_body_keeps_its_length() {
        let jws = Jws {
            protected: b"header"[..].into(),
            payload: b"payload, rather long"[..].into(),
            signature: [1; 64],
        };
        let body = encode_body(&jws);
        let stub = withhold(body.len(), b"stub").unwrap();
        assert_eq!((stub.len(), stub_of(&stub)), (body.len(), Some(&b"stub"[..])));
        assert!(is_withheld(&stub) && !is_withheld(&body) && decode_body(&stub).is_none());
        assert_eq!(withhold(10, b"stub"), None);
    }

    proptest! {
        #[test]
        fn headers_come_back(rules: u16, seq: u64, recorded_at: i64, previous: [u8; 32], stream_number: u64, stream_previous: u64, body: [u8; 32]) {
            let header = Header { rules, seq, recorded_at, previous, stream_number, stream_previous, body };
            prop_assert_eq!(Header::decode(&header.encode()), Some(header));
        }

        #[test]
        fn bytes_that_decode_are_the_bytes_that_encode(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(jws) = decode_body(&bytes) {
                prop_assert_eq!(encode_body(&jws), bytes.clone());
            }
            let mut header = bytes;
            header.resize(HEADER_LEN, 7);
            header[0] = VERSION;
            prop_assert_eq!(Header::decode(&header).map(|read| read.encode().to_vec()), Some(header));
        }

        #[test]
        fn bodies_come_back(protected: Vec<u8>, payload: Vec<u8>, half: [u8; 32]) {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&half);
            let jws = Jws { protected: protected.into(), payload: payload.into(), signature };
            prop_assert_eq!(decode_body(&encode_body(&jws)), Some(jws));
        }
    }
}
