//! Turns any input, plain or gzip, into buffered XML, and counts what was taken from it.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::error::XesErrorKind;

/// How a gzip member begins (RFC 1952). No XML begins with either byte.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Damage that is found below the XML, and travels through it inside an [`io::Error`].
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Damage {
    #[error("the gzip file ends too early")]
    GzipEnds,
    #[error("the gzip file is damaged")]
    GzipDamaged,
    #[error("more than {limit} bytes")]
    TooManyBytes { limit: u64 },
}

/// Names what an input error means for the log.
pub(super) fn kind_of(error: Arc<io::Error>) -> XesErrorKind {
    let damage = error.get_ref().and_then(|inner| inner.downcast_ref::<Damage>());
    match damage.copied() {
        Some(Damage::GzipEnds) => XesErrorKind::TruncatedGzip,
        Some(Damage::GzipDamaged) => XesErrorKind::DamagedGzip,
        Some(Damage::TooManyBytes { limit }) => XesErrorKind::TooManyBytes { limit },
        None => XesErrorKind::Io(error),
    }
}

/// Uncompressed XML, with the count of bytes that were taken from `input` for it.
pub(super) fn source<'a>(
    input: impl Read + 'a,
) -> io::Result<(Box<dyn BufRead + 'a>, Arc<AtomicU64>)> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted { input, taken: Arc::clone(&taken) };
    let mut input = BufReader::new(Marked { input: counted, begun: false });
    let xml: Box<dyn BufRead + 'a> = if begins_as_gzip(&mut input)? {
        let input = Gunzip(MultiGzDecoder::new(input));
        Box::new(BufReader::new(Marked { input, begun: false }))
    } else {
        Box::new(input)
    };
    Ok((xml, taken))
}

/// Whether `input` begins as gzip does, or as much of it as there is.
fn begins_as_gzip(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        match input.fill_buf() {
            Ok([]) => return Ok(false),
            Ok(head) => return Ok(head.iter().zip(GZIP_MAGIC).all(|(is, magic)| *is == magic)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The longest mark at the beginning of a file: UTF-8's byte order mark.
const MARK_MAX: usize = 3;

/// Gives a whole mark in its first read, however slowly it comes: gzip's mark and the byte order mark are looked for in
/// what the first read gave, and nowhere else.
struct Marked<R> {
    input: R,
    begun: bool,
}

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut amount = 0;
        loop {
            match self.input.read(out.get_mut(amount..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(more) => amount += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if self.begun || amount >= MARK_MAX {
                break;
            }
        }
        self.begun = true;
        Ok(amount)
    }
}

/// Counts the bytes that are read through it.
struct Counted<R> {
    input: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let amount = self.input.read(out)?;
        self.taken.fetch_add(amount as u64, Ordering::Relaxed);
        Ok(amount)
    }
}

/// Decompresses, and names its own damage apart from errors of the input below.
struct Gunzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| {
            let kind = error.kind();
            if kind == io::ErrorKind::UnexpectedEof {
                io::Error::other(Damage::GzipEnds)
            } else if matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) {
                io::Error::other(Damage::GzipDamaged)
            } else {
                error
            }
        })
    }
}
