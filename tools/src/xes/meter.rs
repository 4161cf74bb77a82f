//! Knows where in the XML the reader is, and how much further it may go.

use std::io::{self, BufRead, Read};

use super::error::Place;
use super::source::Damage;

/// A buffered input that counts lines, columns and bytes, and ends in an error when an allowance
/// is used up. All memory that a log can claim is bounded by this allowance.
pub(super) struct Meter<R> {
    input: R,
    place: Place,
    limit: u64,
    left: u64,
    ended: bool,
}

impl<R: BufRead> Meter<R> {
    /// At the start of `input`, with nothing allowed yet.
    pub(super) fn new(input: R) -> Self {
        Self { input, place: Place::START, limit: 0, left: 0, ended: false }
    }

    /// Allows `bytes` more from here, whatever was left before.
    pub(super) fn allow(&mut self, bytes: u64) {
        self.limit = bytes;
        self.left = bytes;
    }

    /// Says which trace is read from here on.
    pub(super) fn enter_trace(&mut self, ordinal: u64) {
        self.place.trace = ordinal;
    }

    /// Just after the last byte that was consumed.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Whether the end of the input has been seen.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

impl<R: BufRead> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.input.fill_buf()?;
        self.ended = available.is_empty();
        if self.left == 0 && !self.ended {
            return Err(io::Error::other(Damage::TooManyBytes { limit: self.limit }));
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(available.get(..left).unwrap_or(available))
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was filled before, so this neither reads nor fails.
        if amount > 0
            && let Ok(available) = self.input.fill_buf()
        {
            self.place.advance(available.get(..amount).unwrap_or(available));
        }
        self.left = self.left.saturating_sub(amount as u64);
        self.input.consume(amount);
    }
}

impl<R: BufRead> Read for Meter<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(out)?;
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_is_exact_and_can_be_renewed() {
        let mut meter = Meter::new(&b"one\ntwo"[..]);
        meter.allow(5);
        assert_eq!(meter.fill_buf().unwrap(), b"one\nt");
        meter.consume(5);
        assert_eq!(meter.place(), Place { line: 2, column: 2, byte: 5, trace: 0 });
        assert!(meter.fill_buf().is_err());
        meter.allow(2);
        let mut rest = String::new();
        meter.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "wo");
        assert!(meter.ended());
    }
}
