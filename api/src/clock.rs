//! The one clock of the product. Everything else is handed a reading, a day or an instant.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use case_ledger::time::Micros;
use case_ledger_store::clock::{Clock, Reading};

/// The computer's clock.
pub fn system() -> Clock {
    let started = Instant::now();
    Arc::new(move || Reading { wall: now(), running_us: micros(started.elapsed().as_micros()) })
}

/// A clock that stands still: for demonstrations and tests, on ledgers that say so.
pub fn simulated(start: Micros) -> Clock {
    Arc::new(move || Reading { wall: start, running_us: 0 })
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one clock that everybody else is sent to"
)]
fn now() -> Micros {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 is behind any log, and the store says so.
    Micros(since_1970.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
}

fn micros(elapsed: u128) -> u64 {
    u64::try_from(elapsed).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_computer_knows_roughly_what_time_it_is_and_runs() {
        let clock = system();
        let (first, second) = (clock(), clock());
        assert!(first.wall > Micros::parse("2025-01-01T00:00:00Z").unwrap());
        assert!(second.running_us >= first.running_us);
    }

    #[test]
    fn a_simulated_clock_stands_still() {
        let clock = simulated(Micros(7));
        assert_eq!((clock(), clock()), (Reading { wall: Micros(7), running_us: 0 }, clock()));
    }
}
