//! Typed attributes, the only data that XES has.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::error::{XesErrorKind, clip};

/// The attributes of one log, trace or event, in the order of the file. No key appears twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Vec<(String, Value)>);

impl Attributes {
    /// How many attributes one element may have. Real logs have dozens; the bound keeps the
    /// search for duplicates short.
    pub(super) const MAX: usize = 1024;

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// The text under `key`, as written, if it is of a type whose text is kept.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The date under `key`.
    pub fn date(&self, key: &str) -> Option<&DateTime> {
        match self.get(key)? {
            Value::Date(date) => Some(date),
            Value::Text(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Id(_)
            | Value::List(_)
            | Value::Container(_) => None,
        }
    }

    /// All keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses a key that is already here, and one too many.
    pub(super) fn check_room_for(&self, key: &str) -> Result<(), XesErrorKind> {
        if self.get(key).is_some() {
            return Err(XesErrorKind::DuplicateKey { key: clip(key) });
        }
        if self.len() >= Self::MAX {
            return Err(XesErrorKind::TooManyAttributes { limit: Self::MAX });
        }
        Ok(())
    }

    /// Adds an attribute whose key passed [`Attributes::check_room_for`].
    pub(super) fn push(&mut self, key: String, value: Value) {
        self.0.push((key, value));
    }
}

/// The value of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `<string>`.
    Text(String),
    /// `<date>`.
    Date(DateTime),
    /// `<int>`.
    Int(i64),
    /// `<float>`, as written: a number in decimal or scientific notation, or an infinity, or NaN.
    Float(String),
    /// `<boolean>`.
    Bool(bool),
    /// `<id>`, as written.
    Id(String),
    /// `<list>`: ordered, and keys may repeat.
    List(Vec<(String, Value)>),
    /// `<container>`: the order means nothing, and keys may repeat.
    Container(Vec<(String, Value)>),
}

impl Value {
    /// The text as written, of the types that keep it: text, date, float and id.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Float(text) | Self::Id(text) => Some(text),
            Self::Date(date) => Some(date.as_str()),
            Self::Int(_) | Self::Bool(_) | Self::List(_) | Self::Container(_) => None,
        }
    }

    /// Any single value as text; a list or container has none.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Int(number) => Some(number.to_string().into()),
            Self::Bool(truth) => Some(truth.to_string().into()),
            Self::Text(_)
            | Self::Date(_)
            | Self::Float(_)
            | Self::Id(_)
            | Self::List(_)
            | Self::Container(_) => self.text().map(Cow::Borrowed),
        }
    }
}

/// A date and time with its offset, kept as written.
///
/// The grammar is what RFC 3339 and `xs:dateTime` have in common, strictly:
/// `2011-10-11T13:45:40.276+02:00`, with capital `T` and `Z`, a four-digit year, a fraction of at
/// most nine digits or none, an offset of at most 14 hours, and neither hour 24 nor second 60.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime {
    text: String,
    epoch_micros: i64,
}

impl DateTime {
    /// Reads a date and time, or gives the text back.
    pub fn parse(text: String) -> Result<Self, String> {
        match epoch_micros(text.as_bytes()) {
            Some(epoch_micros) => Ok(Self { text, epoch_micros }),
            None => Err(text),
        }
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Microseconds since 1970-01-01T00:00:00Z; finer digits are cut off.
    pub fn epoch_micros(&self) -> i64 {
        self.epoch_micros
    }
}

fn epoch_micros(text: &[u8]) -> Option<i64> {
    let mut scan = Scan(text);
    let year = scan.number(4).filter(|year| *year > 0)?;
    scan.byte(b'-')?;
    let month = scan.number(2)?;
    scan.byte(b'-')?;
    let day = scan.number(2)?;
    scan.byte(b'T')?;
    let hour = scan.number(2)?;
    scan.byte(b':')?;
    let minute = scan.number(2)?;
    scan.byte(b':')?;
    let second = scan.number(2)?;
    let micros = if scan.byte(b'.').is_some() { scan.fraction_micros()? } else { 0 };
    let offset_minutes = scan.offset_minutes()?;
    if !scan.0.is_empty() {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let local = date.and_hms_micro_opt(hour, minute, second, micros)?;
    Some(local.and_utc().timestamp_micros() - i64::from(offset_minutes) * 60_000_000)
}

/// What is left of a text that is read from the front.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    /// Takes exactly `digits` decimal digits, at most nine.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        head.iter().try_fold(0, |number: u32, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
        })
    }

    /// Takes `byte`, if it comes next.
    fn byte(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Takes one to nine digits after a decimal point.
    fn fraction_micros(&mut self) -> Option<u32> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match digits {
            1..=6 => Some(self.number(digits)? * 10_u32.pow(6 - u32::try_from(digits).ok()?)),
            7..=9 => Some(self.number(digits)? / 10_u32.pow(u32::try_from(digits).ok()? - 6)),
            _ => None,
        }
    }

    /// Takes `Z` or `±hh:mm`.
    fn offset_minutes(&mut self) -> Option<i32> {
        if self.byte(b'Z').is_some() {
            return Some(0);
        }
        let sign = if self.byte(b'-').is_some() { -1 } else { self.byte(b'+').map(|()| 1)? };
        let hours = i32::try_from(self.number(2)?).ok()?;
        self.byte(b':')?;
        let minutes = i32::try_from(self.number(2)?).ok()?;
        (minutes < 60 && hours * 60 + minutes <= 14 * 60).then_some(sign * (hours * 60 + minutes))
    }
}

/// The element names of XES attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Date,
    Int,
    Float,
    Boolean,
    Id,
    List,
    Container,
}

impl Type {
    /// The type that an element of this name has.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "date" => Self::Date,
            "int" => Self::Int,
            "float" => Self::Float,
            "boolean" => Self::Boolean,
            "id" => Self::Id,
            "list" => Self::List,
            "container" => Self::Container,
            _ => return None,
        })
    }

    /// The element's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Date => "date",
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Id => "id",
            Self::List => "list",
            Self::Container => "container",
        }
    }

    /// Reads `text` as a value of this type. A list or container has no text, only children.
    pub(super) fn parse(self, key: &str, text: String) -> Result<Value, XesErrorKind> {
        let value = match self {
            Self::String => Ok(Value::Text(text)),
            Self::Id => Ok(Value::Id(text)),
            Self::Date => DateTime::parse(text).map(Value::Date),
            Self::Int => text.parse().map(Value::Int).map_err(|_| text),
            Self::Float if is_float(&text) => Ok(Value::Float(text)),
            Self::Float => Err(text),
            Self::Boolean => match text.as_str() {
                "true" | "1" => Ok(Value::Bool(true)),
                "false" | "0" => Ok(Value::Bool(false)),
                _ => Err(text),
            },
            Self::List => Ok(Value::List(Vec::new())),
            Self::Container => Ok(Value::Container(Vec::new())),
        };
        value.map_err(|text| XesErrorKind::BadValue {
            key: clip(key),
            expected: self.meaning(),
            text: clip(&text),
        })
    }

    /// What values of this type look like, in words.
    fn meaning(self) -> &'static str {
        match self {
            Self::Date => "a date and time with an offset (RFC 3339)",
            Self::Int => "a whole number of 64 bits",
            Self::Float => "a number",
            Self::Boolean => "true or false",
            Self::String | Self::Id => "a text",
            Self::List | Self::Container => "a group of attributes",
        }
    }
}

/// `xs:double`, and the infinities as Java writes them.
fn is_float(text: &str) -> bool {
    let number =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    matches!(text, "NaN" | "INF" | "-INF" | "Infinity" | "-Infinity")
        || (number && text.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        DateTime::parse(text.to_owned()).ok().map(|date| date.epoch_micros())
    }

    #[test]
    fn dates_are_instants() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T01:00:00.000+01:00", 0),
            ("1969-12-31T18:59:59.9999999-05:00", -1),
            ("2011-10-11T13:45:40.276+02:00", 1_318_333_540_276_000),
            ("2012-02-29T00:00:00.5Z", 1_330_473_600_500_000),
            ("2011-10-11T13:45:40.123456789Z", 1_318_340_740_123_456),
            ("2011-10-12T03:45:40+14:00", 1_318_340_740_000_000),
            ("2011-10-11T13:45:40-00:00", 1_318_340_740_000_000),
        ] {
            assert_eq!(micros(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn dates_are_strict_and_kept_as_written() {
        for text in [
            "",
            "2011-10-11",
            "2011-10-11T13:45:40",
            "2011-10-11t13:45:40Z",
            "2011-10-11T13:45:40z",
            "2011-10-11 13:45:40Z",
            "2011-10-11T13:45Z",
            "2011-10-11T13:45:40.Z",
            "2011-10-11T13:45:40.1234567890Z",
            "2011-10-11T13:45:40,5Z",
            "2011-10-11T13:45:40+0200",
            "2011-10-11T13:45:40+02",
            "2011-10-11T13:45:40+14:01",
            "2011-10-11T13:45:40+02:60",
            "2011-10-11T13:45:40ZZ",
            " 2011-10-11T13:45:40Z",
            "2011-13-11T13:45:40Z",
            "2011-02-29T13:45:40Z",
            "2011-10-11T24:00:00Z",
            "2011-10-11T23:60:00Z",
            "2011-06-30T23:59:60Z",
            "0000-10-11T13:45:40Z",
            "-2011-10-11T13:45:40Z",
            "12011-10-11T13:45:40Z",
            "2011-1٣-11T13:45:40Z",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
        let text = "2011-10-11T13:45:40.2760+02:00";
        assert_eq!(DateTime::parse(text.to_owned()).unwrap().as_str(), text);
    }

    #[test]
    fn each_type_takes_its_own_values_only() {
        let parse = |ty: Type, text: &str| ty.parse("k", text.to_owned()).ok();
        assert_eq!(parse(Type::Int, "-9223372036854775808"), Some(Value::Int(i64::MIN)));
        assert_eq!(parse(Type::Int, "9223372036854775808"), None);
        assert_eq!(parse(Type::Int, "1.0"), None);
        assert_eq!(parse(Type::Boolean, "1"), Some(Value::Bool(true)));
        assert_eq!(parse(Type::Boolean, "True"), None);
        for text in ["2.3832541524E7", "-0.5", "INF", "-INF", "NaN", "-Infinity", "7"] {
            assert_eq!(parse(Type::Float, text), Some(Value::Float(text.to_owned())), "{text}");
        }
        for text in ["", "inf", "nan", "1,5", "e", "0x10", "1_0"] {
            assert_eq!(parse(Type::Float, text), None, "{text}");
        }
        for name in ["string", "date", "int", "float", "boolean", "id", "list", "container"] {
            assert_eq!(Type::of(name).unwrap().name(), name);
        }
    }

    #[test]
    fn single_values_have_a_text() {
        assert_eq!(Value::Int(7).to_text().unwrap(), "7");
        assert_eq!(Value::Bool(true).to_text().unwrap(), "true");
        assert_eq!(Value::Id("a".to_owned()).to_text().unwrap(), "a");
        assert_eq!(Value::List(Vec::new()).to_text(), None);
    }
}
