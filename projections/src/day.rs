//! From an instant to the day that people mean by it.

use case_ledger::time::{Day, Micros};
use chrono::{DateTime, TimeDelta};

/// The calendar day in China (UTC+8, no daylight saving) on which an instant falls. `None` beyond the calendar.
pub fn day_in_china(at: Micros) -> Option<Day> {
    let utc = DateTime::from_timestamp_micros(at.0)?;
    utc.naive_utc().checked_add_signed(TimeDelta::hours(8)).map(|there| Day(there.date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_begins_at_sixteen_utc_and_ends_where_the_heart_says() {
        let day = Day::parse("2020-04-27").unwrap();
        let begins = Micros::parse("2020-04-26T16:00:00Z").unwrap();
        assert_eq!(day_in_china(begins), Some(day));
        assert_eq!(day_in_china(Micros(begins.0 - 1)), Day::parse("2020-04-26"));
        assert_eq!(day_in_china(Micros(day.end_in_china().0 - 1)), Some(day));
        assert_eq!(day_in_china(Micros(i64::MAX)), None);
    }
}
