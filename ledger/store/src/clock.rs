//! The ledger's time: read by whoever owns a clock, judged here.

use std::sync::Arc;

use case_ledger::time::Micros;

/// What a clock says: the time of day, and how long it has been running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Time of day, UTC.
    pub wall: Micros,
    /// Microseconds on a clock that nobody can set.
    pub running_us: u64,
}

/// Where readings come from.
pub type Clock = Arc<dyn Fn() -> Reading + Send + Sync>;

/// Backward steps up to this are an adjustment, not a fault: the stamp stays where it was.
const STEP_BACK_MAX_US: i64 = Micros::SECOND;
/// A clock that gains more than this on the one that nobody can set has been set.
const GAIN_MAX_US: i64 = 300 * Micros::SECOND;

/// Why the clock stops writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockFault {
    /// It is behind the log's last entry.
    Behind {
        /// By how many microseconds.
        by_us: i64,
    },
    /// It jumped ahead while running.
    Jumped {
        /// By how many microseconds.
        by_us: i64,
    },
}

/// Gives stamps that never decrease, and stops when the clock cannot be right.
#[derive(Debug)]
pub struct Stamps {
    last: Micros,
    reference: Option<Reading>,
    confirmed_behind: bool,
}

impl Stamps {
    /// After an entry recorded at `last`.
    pub fn after(last: Micros) -> Self {
        Self { last, reference: None, confirmed_behind: false }
    }

    /// An operator says that the clock is right now, whatever it showed before.
    pub fn confirm(&mut self) {
        self.reference = None;
        self.confirmed_behind = true;
    }

    /// The stamp for a batch at this reading.
    pub fn stamp(&mut self, reading: Reading) -> Result<Micros, ClockFault> {
        let behind = self.last.0.saturating_sub(reading.wall.0);
        if behind > STEP_BACK_MAX_US && !self.confirmed_behind {
            return Err(ClockFault::Behind { by_us: behind });
        }
        if let Some(reference) = self.reference {
            let ran = i64::try_from(reading.running_us.saturating_sub(reference.running_us))
                .unwrap_or(i64::MAX);
            let gain = reading.wall.0.saturating_sub(reference.wall.0).saturating_sub(ran);
            if gain > GAIN_MAX_US {
                return Err(ClockFault::Jumped { by_us: gain });
            }
        }
        // The reference stays where it is, so that a clock cannot creep ahead in small jumps.
        self.reference.get_or_insert(reading);
        self.confirmed_behind &= behind > 0;
        self.last = self.last.max(reading.wall);
        Ok(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall_s: i64, running_s: u64) -> Reading {
        Reading { wall: Micros::from_seconds(wall_s), running_us: running_s * 1_000_000 }
    }

    #[test]
    fn stamps_never_decrease_and_a_small_step_back_is_tolerated() {
        let mut stamps = Stamps::after(Micros::from_seconds(100));
        assert_eq!(stamps.stamp(at(101, 0)), Ok(Micros::from_seconds(101)));
        assert_eq!(stamps.stamp(at(100, 1)), Ok(Micros::from_seconds(101)));
        assert_eq!(stamps.stamp(at(102, 2)), Ok(Micros::from_seconds(102)));
    }

    #[test]
    fn a_clock_set_back_stops_writes_until_confirmed() {
        let mut stamps = Stamps::after(Micros::from_seconds(100));
        assert_eq!(stamps.stamp(at(90, 0)), Err(ClockFault::Behind { by_us: 10_000_000 }));
        stamps.confirm();
        assert_eq!(stamps.stamp(at(90, 1)), Ok(Micros::from_seconds(100)));
        assert_eq!(stamps.stamp(at(105, 16)), Ok(Micros::from_seconds(105)));
        assert_eq!(stamps.stamp(at(90, 17)), Err(ClockFault::Behind { by_us: 15_000_000 }));
    }

    #[test]
    fn a_clock_that_jumps_ahead_stops_writes_until_confirmed() {
        let mut stamps = Stamps::after(Micros::from_seconds(100));
        assert!(stamps.stamp(at(100, 0)).is_ok());
        assert!(stamps.stamp(at(10_100, 10_000)).is_ok());
        assert_eq!(
            stamps.stamp(at(99_999, 10_010)),
            Err(ClockFault::Jumped { by_us: 89_889_000_000 })
        );
        stamps.confirm();
        assert!(stamps.stamp(at(99_999, 10_011)).is_ok());
    }

    #[test]
    fn a_clock_that_creeps_ahead_is_caught() {
        let mut stamps = Stamps::after(Micros::from_seconds(0));
        let steps = (0..10).map(|step| stamps.stamp(at(step * 100, 0)));
        assert!(steps.collect::<Result<Vec<_>, _>>().is_err());
    }
}
