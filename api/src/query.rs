//! The numbers that a query gives.

use std::ops::RangeInclusive;

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QueryFault {
    /// It has a parameter that this address does not know; these it knows.
    Unknown(Vec<&'static str>),
    /// The parameter is given more than once.
    Twice(&'static str),
    /// The parameter is needed and not given.
    Missing(&'static str),
    /// Its value is no plain decimal number.
    NoNumber(&'static str),
    /// Its value is less than this.
    TooSmall(&'static str, u64),
    /// Its value is more than this.
    TooLarge(&'static str, u64),
}

impl QueryFault {
    /// The parameter that it is about.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Unknown(_) => None,
            Self::Twice(name)
            | Self::Missing(name)
            | Self::NoNumber(name)
            | Self::TooSmall(name, _)
            | Self::TooLarge(name, _) => Some(name),
        }
    }
}

/// A parameter's name and what its value may be.
pub(crate) type Parameter = (&'static str, RangeInclusive<u64>);

/// Any number.
pub(crate) const ANY: RangeInclusive<u64> = 0..=u64::MAX;
/// Any number but 0.
pub(crate) const FROM_ONE: RangeInclusive<u64> = 1..=u64::MAX;

/// The numbers that a query gives to these parameters, each at most once, and no others: a misspelt parameter must not be
/// answered as if it had not been there.
pub(crate) fn parameters<const N: usize>(
    query: Option<&str>,
    known: &[Parameter; N],
) -> Result<[Option<u64>; N], QueryFault> {
    let mut values = [None; N];
    for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let slot = known.iter().zip(&mut values).find(|((known, _), _)| *known == name);
        let Some(((name, range), slot)) = slot else {
            return Err(QueryFault::Unknown(known.iter().map(|(name, _)| *name).collect()));
        };
        if slot.is_some() {
            return Err(QueryFault::Twice(name));
        }
        let number = decimal(value).ok_or(QueryFault::NoNumber(name))?;
        if number < *range.start() {
            return Err(QueryFault::TooSmall(name, *range.start()));
        }
        if number > *range.end() {
            return Err(QueryFault::TooLarge(name, *range.end()));
        }
        *slot = Some(number);
    }
    Ok(values)
}

/// A plain decimal number without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// The number from which on.
    pub(crate) from: u64,
    /// How many.
    pub(crate) limit: usize,
}

impl Page {
    /// The parameter from which on.
    pub(crate) const FROM: Parameter = ("from", FROM_ONE);
    /// The parameter that says how many.
    pub(crate) const LIMIT: Parameter = ("limit", 1..=1000);
    const USUAL: usize = 100;

    /// The page that these parameters ask for; the first of the usual size without any.
    pub(crate) fn new(from: Option<u64>, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(Self::USUAL);
        Self { from: from.unwrap_or(1), limit }
    }

    /// Of members in the order of their numbers those on this page, and the number of the next one.
    pub(crate) fn of<T>(self, members: impl Iterator<Item = (u64, T)>) -> (Vec<T>, Option<u64>) {
        let mut rest = members.skip_while(|(number, _)| *number < self.from);
        let here = rest.by_ref().take(self.limit).map(|(_, member)| member).collect();
        (here, rest.next().map(|(number, _)| number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_plain_numbers_given_once() {
        let size = || [("size", FROM_ONE)];
        assert_eq!(parameters(None, &size()), Ok([None]));
        assert_eq!(
            parameters(Some("to=7&from=0"), &[("from", ANY), ("to", ANY)]),
            Ok([Some(0), Some(7)])
        );
        for (query, fault) in [
            ("size", QueryFault::NoNumber("size")),
            ("size=", QueryFault::NoNumber("size")),
            ("size=+1", QueryFault::NoNumber("size")),
            ("size=01", QueryFault::NoNumber("size")),
            ("size=18446744073709551616", QueryFault::NoNumber("size")),
            ("size=1&size=1", QueryFault::Twice("size")),
            ("size=1&sise=2", QueryFault::Unknown(vec!["size"])),
            ("sise=2", QueryFault::Unknown(vec!["size"])),
            ("size=0", QueryFault::TooSmall("size", 1)),
        ] {
            assert_eq!(parameters(Some(query), &size()), Err(fault), "{query}");
        }
        assert_eq!(
            parameters(Some("limit=1001"), &[Page::LIMIT]),
            Err(QueryFault::TooLarge("limit", 1000))
        );
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        let members = || [1, 2, 3, 7, 9].map(|number| (number, number)).into_iter();
        let mut next = Some(1);
        let mut seen = Vec::new();
        while let Some(from) = next {
            let (page, following) = Page::new(Some(from), Some(2)).of(members());
            assert!(page.len() <= 2);
            seen.extend(page);
            next = following;
        }
        assert_eq!(seen, [1, 2, 3, 7, 9]);
        assert_eq!(Page::new(Some(10), None).of(members()), (vec![], None));
    }
}
