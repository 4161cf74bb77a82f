//! JSON as a signed text may use it: no duplicate members, no floats, no deep nesting.
//!
//! Two verifiers that disagree about a text would disagree about what was signed, so whatever
//! JSON libraries are known to read differently is refused (RFC 8259 section 4, RFC 7493).

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// Objects and arrays inside each other, the outermost counted.
pub const DEPTH_MAX: usize = 8;
/// Members of one object, so that looking for duplicates stays cheap.
pub const MEMBERS_MAX: usize = 128;
/// The largest magnitude that every JSON library reads exactly: 2^53 − 1.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// A JSON value; texts borrow from the input where they hold no escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction or exponent, at most [`INTEGER_MAX`] in magnitude.
    Int(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, members in the order written, names distinct.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads a whole text.
    ///
    /// # Errors
    /// What is wrong, in the words of the parser, with line and column.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = Strict { depth: 0 }.deserialize(&mut deserializer);
        value
            .and_then(|value| deserializer.end().map(|()| value))
            .map_err(|fault| fault.to_string())
    }

    /// The member called `name`, if this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.members()?.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The members, if this is an object.
    pub fn members(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The integer, if it is one.
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The elements, if it is an array.
    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(elements) = self { Some(elements) } else { None }
    }
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        if self.depth < DEPTH_MAX {
            Ok(Self { depth: self.depth + 1 })
        } else {
            Err(E::custom(format_args!("nested deeper than {DEPTH_MAX}")))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json<'de>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without floats, duplicate members or deep nesting")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json<'de>, E> {
        if value.unsigned_abs() <= INTEGER_MAX.unsigned_abs() {
            Ok(Json::Int(value))
        } else {
            Err(E::custom("integer beyond 2^53 − 1"))
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json<'de>, E> {
        i64::try_from(value)
            .map_err(|_| E::custom("integer beyond 2^53 − 1"))
            .and_then(|value| self.visit_i64(value))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Json<'de>, E> {
        Err(E::custom("a number with fraction, exponent or negative zero, or beyond 2^53 − 1"))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::with_capacity(8);
        while let Some(name) = map.next_key_seed(Name)? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom(format_args!("duplicate member {name:?}")));
            }
            if members.len() == MEMBERS_MAX {
                return Err(de::Error::custom(format_args!("more than {MEMBERS_MAX} members")));
            }
            let value = map.next_value_seed(inner)?;
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: de::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_are_read() {
        let json = Json::parse(br#"{"a":[1,-2,true,null,"\u4e2d"],"b":{}}"#).unwrap();
        assert_eq!(json.member("a").and_then(Json::list).map(<[_]>::len), Some(5));
        assert_eq!(json.member("c"), None);
    }

    #[test]
    fn whatever_libraries_read_differently_is_refused() {
        let refused = [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            "1.0",
            "1e2",
            "-0",
            "9007199254740992",
            "123456789012345678901234567890",
            "[1,]",
            "{\"a\":1} x",
            "",
            "\"\\ud800\"",
            "[[[[[[[[[]]]]]]]]]",
            "NaN",
            "'a'",
            "\u{feff}1",
        ];
        for text in refused {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Json::parse(b"[[[[[[[[1]]]]]]]]").is_ok());
        assert!(Json::parse(b"\"\xff\"").is_err());
    }
}
