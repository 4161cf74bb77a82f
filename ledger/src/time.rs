//! Instants and days. Nothing here knows what time it is.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, TimeZone, Utc};

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub i64);

impl Micros {
    /// One second.
    pub const SECOND: i64 = 1_000_000;

    /// The instant `seconds` after the epoch (a JWT `NumericDate` without fraction).
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(Self::SECOND))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// This instant moved by `seconds`, stopping at the ends of time.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(Self::SECOND)))
    }

    /// Reads the one spelling of an instant that the ledger accepts (a profile of RFC 3339):
    /// `YYYY-MM-DDThh:mm:ss`, optionally `.` and exactly three digits, then `Z` or `±hh:mm`.
    pub fn parse(text: &str) -> Option<Self> {
        let (clock, zone) = match text.len() {
            20 | 24 => (text.strip_suffix('Z')?, "Z"),
            25 | 29 => text.split_at_checked(text.len() - 6)?,
            _ => return None,
        };
        let digits_where_due = clock.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'.',
            _ => byte.is_ascii_digit(),
        });
        // The library would take a leap second, and other signs before the zone.
        let leap_second = clock.get(17..19) == Some("60");
        let zone_fits = match zone.as_bytes() {
            b"Z" => true,
            [b'+' | b'-', h1, h2, b':', m1, m2] => {
                [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit())
            }
            _ => false,
        };
        if !digits_where_due || leap_second || !zone_fits || zone == "-00:00" {
            return None;
        }
        let instant = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(instant.timestamp_micros()))
    }

    fn to_utc(self) -> Option<DateTime<Utc>> {
        Utc.timestamp_micros(self.0).single()
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(instant) => f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => write!(f, "{} µs", self.0),
        }
    }
}

/// A calendar day without a time or a zone, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

impl Day {
    /// Reads `YYYY-MM-DD`, four, two and two digits, nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return None;
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self)
    }

    /// The end of this day in China (UTC+8, no daylight saving): the first instant that is not of it any more.
    pub fn end_in_china(self) -> Micros {
        let next_midnight_utc = self.0.and_hms_opt(16, 0, 0).map(|at| at.and_utc().timestamp());
        Micros::from_seconds(next_midnight_utc.unwrap_or(i64::MAX / Micros::SECOND))
    }

    /// The year of this day.
    pub fn year(self) -> i32 {
        self.0.year()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_an_instant() {
        let accepted = [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T08:00:00+08:00", 0),
            ("2011-10-18T13:46:39.679+02:00", 1_318_938_399_679_000),
            ("1969-12-31T23:59:59.999Z", -1_000),
            ("1970-01-01T00:00:00.160Z", 160_000),
            ("1970-01-01T23:59:00+23:59", 0),
        ];
        for (text, micros) in accepted {
            assert_eq!(Micros::parse(text), Some(Micros(micros)), "{text}");
        }
        let refused = [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01t00:00:00Z",
            "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01T00:00:00.1Z",
            "1970-01-01T00:00:00.123456Z",
            "1970-13-01T00:00:00Z",
            "1970-02-30T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.000Z",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+08:60",
            "1970-01-01T00:00:00+8 00:",
            "1970-01-01T00:00:00+0800",
            "1970-01-01T00:00:00-00:00",
            "+970-01-01T00:00:00Z",
            "１970-01-01T00:00Z",
            "1970-01-01T00:00:00,123Z",
        ];
        for text in refused {
            assert_eq!(Micros::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_day_in_china_ends_at_sixteen_utc() {
        let day = Day::parse("2020-04-26").unwrap();
        assert_eq!(day.end_in_china(), Micros::parse("2020-04-27T00:00:00+08:00").unwrap());
        for text in ["2020-4-26", "20200426", "2020-02-30", "2020-04-26 ", "+020-04-26"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}
