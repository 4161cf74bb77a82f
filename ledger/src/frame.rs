//! The frame: what one commit, or a part of it, is on the disk. Both copies of the log hold the same frames.
//!
//! ```text
//! 0   8  "CLFRAME1"
//! 8   4  length of the whole frame
//! 12  8  position of the first record
//! 20  4  number of records n, 1 to 64
//! 24  4  length of the checkpoint c; 0 unless the frame ends a commit
//! 28  n × { 2 header length, 4 body length, 4 sealed length }
//!     headers, one after the other
//!     checkpoint, c bytes
//!     32  BLAKE3 of everything above
//!     bodies, one after the other
//!     sealed disclosures, one after the other
//!     32  BLAKE3 of bodies and sealed disclosures
//! ```
//!
//! Numbers are little-endian. The two digests find damage; what *proves* a frame is the signed checkpoint and the chain.
//! They are two so that a body can be withheld in place: the first one, over the commitments, never changes.

use crate::hash::blake3;

/// The first bytes of a frame.
pub const MAGIC: &[u8; 8] = b"CLFRAME1";
/// Records in a frame at most.
pub const RECORDS_MAX: usize = 64;
/// Bytes after which no further record is put into a frame.
pub const FULL_AT: usize = 60_000;
/// The longest frame: one record with the longest body and disclosures, and room for a checkpoint.
pub const FRAME_MAX: usize = 512 * 1024;

const FIXED: usize = 28;
const ROW: usize = 10;
/// Bytes of each of a frame's two digests.
pub const DIGEST: usize = 32;

/// One record as a frame holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored<'a> {
    /// The header's bytes.
    pub header: &'a [u8],
    /// The body's bytes, or what stands in their place.
    pub body: &'a [u8],
    /// The sealed disclosures, empty if there are none.
    pub sealed: &'a [u8],
}

/// A frame, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Position of the first record.
    pub first: u64,
    /// The records.
    pub records: Vec<Stored<'a>>,
    /// The checkpoint that ends a commit.
    pub checkpoint: Option<&'a str>,
    /// The whole frame.
    pub bytes: &'a [u8],
}

/// What the bytes at some place turn out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// A whole frame.
    Frame(Frame<'a>),
    /// Nothing has been written here: zeros, or the end.
    Nothing,
    /// A frame that is damaged, cut off, or no frame at all.
    Damaged,
}

/// Puts records into a frame. `None` if they do not fit.
pub fn encode(first: u64, records: &[Stored<'_>], checkpoint: Option<&str>) -> Option<Vec<u8>> {
    if records.is_empty() || records.len() > RECORDS_MAX {
        return None;
    }
    let checkpoint = checkpoint.unwrap_or_default().as_bytes();
    let content: usize = records
        .iter()
        .map(|record| record.header.len() + record.body.len() + record.sealed.len())
        .sum();
    let length = FIXED + records.len() * ROW + content + checkpoint.len() + 2 * DIGEST;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(
        &u32::try_from(length).ok().filter(|_| length <= FRAME_MAX)?.to_le_bytes(),
    );
    bytes.extend_from_slice(&first.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(records.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(checkpoint.len()).ok()?.to_le_bytes());
    for record in records {
        bytes.extend_from_slice(&u16::try_from(record.header.len()).ok()?.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(record.body.len()).ok()?.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(record.sealed.len()).ok()?.to_le_bytes());
    }
    for record in records {
        bytes.extend_from_slice(record.header);
    }
    bytes.extend_from_slice(checkpoint);
    bytes.extend_from_slice(&blake3(&bytes).0);
    let content_start = bytes.len();
    for record in records {
        bytes.extend_from_slice(record.body);
    }
    for record in records {
        bytes.extend_from_slice(record.sealed);
    }
    let digest = blake3(bytes.get(content_start..)?);
    bytes.extend_from_slice(&digest.0);
    Some(bytes)
}

/// The length that a frame's first 12 bytes state, if they can be the beginning of one.
pub fn stated_length(bytes: &[u8]) -> Option<usize> {
    let (length, _) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    (FIXED + ROW + 2 * DIGEST..=FRAME_MAX).contains(&length).then_some(length)
}

/// Looks at the bytes from some place on; what follows the frame does not matter.
pub fn decode(bytes: &[u8]) -> Found<'_> {
    let beginning = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if beginning.iter().all(|byte| *byte == 0) {
        return Found::Nothing;
    }
    read(bytes).map_or(Found::Damaged, Found::Frame)
}

fn read(bytes: &[u8]) -> Option<Frame<'_>> {
    let bytes = bytes.get(..stated_length(bytes)?)?;
    let mut rest = Reader(bytes.get(12..)?);
    let first = rest.u64()?;
    let count = rest.length()?;
    let checkpoint_length = rest.length()?;
    if !(1..=RECORDS_MAX).contains(&count) {
        return None;
    }
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        rows.push((usize::from(rest.u16()?), rest.length()?, rest.length()?));
    }
    let headers: Option<Vec<_>> = rows.iter().map(|(header, ..)| rest.take(*header)).collect();
    let checkpoint = rest.take(checkpoint_length)?;
    let committed = bytes.get(..bytes.len() - rest.0.len())?;
    if rest.take(DIGEST)? != blake3(committed).0 {
        return None;
    }
    let content = rest.0.get(..rest.0.len().checked_sub(DIGEST)?)?;
    let bodies: Option<Vec<_>> = rows.iter().map(|(_, body, _)| rest.take(*body)).collect();
    let sealed: Option<Vec<_>> = rows.iter().map(|(.., sealed)| rest.take(*sealed)).collect();
    if rest.0 != blake3(content).0 {
        return None;
    }
    let parts = headers?.into_iter().zip(bodies?).zip(sealed?);
    Some(Frame {
        first,
        records: parts.map(|((header, body), sealed)| Stored { header, body, sealed }).collect(),
        checkpoint: if checkpoint.is_empty() {
            None
        } else {
            Some(std::str::from_utf8(checkpoint).ok()?)
        },
        bytes,
    })
}

impl Frame<'_> {
    /// The position after its last record.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.records.len() as u64)
    }

    /// The same frame with another body of the same length at one place, as withholding leaves it.
    pub fn with_body(&self, place: usize, body: &[u8]) -> Option<Vec<u8>> {
        let mut records = self.records.clone();
        let record = records.get_mut(place).filter(|record| record.body.len() == body.len())?;
        record.body = body;
        encode(self.first, &records, self.checkpoint)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        let number = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        usize::try_from(number).ok()
    }
}

/// The first bytes of a segment file: a name, the version, and the position of the first record in the file.
pub const SEGMENT_MAGIC: &[u8; 8] = b"CLSEGMT1";
/// Bytes before the first frame of a segment file.
pub const SEGMENT_HEADER: usize = 16;

/// The header of a segment file.
pub fn segment_header(first: u64) -> [u8; SEGMENT_HEADER] {
    let mut bytes = [0; SEGMENT_HEADER];
    let (magic, position) = bytes.split_at_mut(SEGMENT_MAGIC.len());
    magic.copy_from_slice(SEGMENT_MAGIC);
    position.copy_from_slice(&first.to_le_bytes());
    bytes
}

/// Reads the header of a segment file.
pub fn read_segment_header(bytes: &[u8]) -> Option<u64> {
    let (position, _) = bytes.strip_prefix(SEGMENT_MAGIC)?.split_first_chunk::<8>()?;
    Some(u64::from_le_bytes(*position))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        let records = [
            Stored { header: b"header 7", body: b"body 7", sealed: b"" },
            Stored { header: b"header 8", body: b"body 8, longer", sealed: b"sealed" },
        ];
        encode(7, &records, Some("checkpoint\n")).unwrap()
    }

    #[test]
    fn a_frame_comes_back_and_every_flipped_bit_is_noticed() {
        let bytes = sample();
        let padded = [bytes.clone(), vec![0; 40]].concat();
        let Found::Frame(frame) = decode(&padded) else { panic!("no frame") };
        assert_eq!((frame.first, frame.end(), frame.checkpoint), (7, 9, Some("checkpoint\n")));
        assert_eq!(frame.bytes, bytes);
        for place in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[place / 8] ^= 1 << (place % 8);
            assert_eq!(decode(&changed), Found::Damaged, "bit {place}");
        }
        for length in 8..bytes.len() {
            assert_eq!(decode(&bytes[..length]), Found::Damaged, "{length} bytes");
        }
        assert_eq!(decode(&[]), Found::Nothing);
        assert_eq!(decode(&[0; 100]), Found::Nothing);
    }

    #[test]
    fn a_body_is_withheld_in_place() {
        let bytes = sample();
        let Found::Frame(frame) = decode(&bytes) else { panic!("no frame") };
        let withheld = frame.with_body(1, b"xxxxxxxxxxxxxx").unwrap();
        let Found::Frame(after) = decode(&withheld) else { panic!("no frame") };
        assert_eq!(withheld.len(), bytes.len());
        assert_eq!(
            (after.records[0], after.records[1].body),
            (frame.records[0], &b"xxxxxxxxxxxxxx"[..])
        );
        assert_eq!(frame.with_body(1, b"short"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, cut in 0..200_usize) {
            let _ = decode(&bytes);
            let mut like_a_frame = sample();
            like_a_frame.splice(cut.min(like_a_frame.len()).., bytes);
            let _ = decode(&like_a_frame);
        }
    }
}
