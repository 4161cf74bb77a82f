//! The types a public field of an action may have. None of them can hold a sentence about a case:
//! free text and personal data are disclosures, so the only texts here are codes, names from the registry and
//! what a registrar publishes for everybody.

use serde_json::{Value, json};

use crate::codes::{ItemCode, OfficeCode, RegionCode, looks_personal};
use crate::hash::{Blake3Hash, Sha256Hash, from_hex};
use crate::json::Json;
use crate::names::{Origin, PublicKey, Seq, Stream, Token};
use crate::time::{Day, Micros};

/// A type that can stand in an action.
pub trait Field: Sized {
    /// What it is, in the words of FORMAT.md.
    const TYPE: &'static str;
    /// Whether it is a list of that type.
    const LIST: bool = false;
    /// What it holds, if it is an object.
    const MEMBERS: &'static [FieldSpec] = &[];

    /// Reads it.
    fn read(json: &Json<'_>) -> Result<Self, FieldFault>;

    /// Writes what [`Field::read`] reads.
    fn write(&self) -> Value;
}

/// Why a value is not of its field's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    /// Not of this type or not in its grammar.
    Invalid,
    /// A code that has the form of an identity or telephone number.
    Personal,
}

fn text_of<'j>(json: &'j Json<'_>) -> Result<&'j str, FieldFault> {
    json.text().ok_or(FieldFault::Invalid)
}

macro_rules! text_field {
    ($type:ty, $words:literal, $parse:expr) => {
        impl Field for $type {
            const TYPE: &'static str = $words;

            fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
                let parse: fn(&str) -> Option<Self> = $parse;
                parse(text_of(json)?).ok_or(FieldFault::Invalid)
            }

            fn write(&self) -> Value {
                self.to_string().into()
            }
        }
    };
}

text_field!(OfficeCode, "office code, 18 characters (GB 32100)", |text| OfficeCode::parse(text)
    .ok());
text_field!(RegionCode, "region code, 6 or 9 digits (GB/T 2260)", |text| RegionCode::parse(text)
    .ok());
text_field!(ItemCode, "item code, 31 characters (实施编码)", |text| ItemCode::parse(text).ok());
text_field!(Stream, "stream name", Stream::parse);
text_field!(Origin, "origin", Origin::parse);
text_field!(Day, "day, `YYYY-MM-DD`", Day::parse);
text_field!(PublicKey, "Ed25519 public key, 43 characters of base64url", PublicKey::parse);

impl Field for Token {
    const TYPE: &'static str = "code, 1 to 64 of `A–Z a–z 0–9 . _ -`";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        let text = text_of(json)?;
        if looks_personal(text) {
            return Err(FieldFault::Personal);
        }
        Self::parse(text).ok_or(FieldFault::Invalid)
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}

/// An instant in RFC 3339, kept to the microsecond; see [`Micros::parse`] for the one spelling.
impl Field for Micros {
    const TYPE: &'static str = "instant, RFC 3339 with zone, seconds or milliseconds";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        Self::parse(text_of(json)?).ok_or(FieldFault::Invalid)
    }

    fn write(&self) -> Value {
        let text = self.to_string();
        // The ledger's own instants are finer than what an action may state.
        let milliseconds = text.len().checked_sub(4).and_then(|end| text.get(..end));
        format!("{}Z", milliseconds.unwrap_or_default()).into()
    }
}

impl Field for bool {
    const TYPE: &'static str = "true or false";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        if let Json::Bool(value) = json { Ok(*value) } else { Err(FieldFault::Invalid) }
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

macro_rules! number_field {
    ($type:ty, $words:literal) => {
        impl Field for $type {
            const TYPE: &'static str = $words;

            fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
                json.int().and_then(|number| number.try_into().ok()).ok_or(FieldFault::Invalid)
            }

            fn write(&self) -> Value {
                (*self).into()
            }
        }
    };
}

number_field!(u16, "integer, 0 to 65 535");
number_field!(u32, "integer, 0 to 4 294 967 295");
number_field!(u64, "integer, 0 to 2^53 − 1");

impl Field for Seq {
    const TYPE: &'static str = "entry number in the log";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        u64::read(json).map(Self)
    }

    fn write(&self) -> Value {
        self.0.into()
    }
}

macro_rules! digest_field {
    ($type:ty, $words:literal) => {
        impl Field for $type {
            const TYPE: &'static str = $words;

            fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
                let bytes = from_hex(text_of(json)?).ok_or(FieldFault::Invalid)?;
                Self::from_slice(&bytes).ok_or(FieldFault::Invalid)
            }

            fn write(&self) -> Value {
                self.to_string().into()
            }
        }
    };
}

digest_field!(Blake3Hash, "BLAKE3 digest, 64 lowercase hexadecimal digits");
digest_field!(Sha256Hash, "SHA-256 digest, 64 lowercase hexadecimal digits");

/// The most elements a list in an action may have.
pub const LIST_MAX: usize = 200;

impl<T: Field> Field for Vec<T> {
    const TYPE: &'static str = T::TYPE;
    const LIST: bool = true;
    const MEMBERS: &'static [FieldSpec] = T::MEMBERS;

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        let elements =
            json.list().filter(|list| list.len() <= LIST_MAX).ok_or(FieldFault::Invalid)?;
        elements.iter().map(T::read).collect()
    }

    fn write(&self) -> Value {
        self.iter().map(T::write).collect::<Vec<_>>().into()
    }
}

/// Text that a registrar or supervisor publishes for everybody: names of items and offices, rules, calendars.
///
/// 1 to 2000 characters without control characters. It exists only in the registry's kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicText(pub String);

impl Field for PublicText {
    const TYPE: &'static str = "published text, 1 to 2000 characters";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        let text = text_of(json)?;
        let whole =
            (1..=2000).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if whole { Ok(Self(text.to_owned())) } else { Err(FieldFault::Invalid) }
    }

    fn write(&self) -> Value {
        self.0.as_str().into()
    }
}

/// An Ed25519 signature in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureText(pub [u8; 64]);

impl Field for SignatureText {
    const TYPE: &'static str = "Ed25519 signature, 86 characters of base64url";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        let bytes = crate::encoding::array_from_base64url(text_of(json)?);
        bytes.map(Self).ok_or(FieldFault::Invalid)
    }

    fn write(&self) -> Value {
        crate::encoding::to_base64url(&self.0).into()
    }
}

/// A citizen's own key in a case (RFC 7800 `cnf` with an RFC 8037 key): `{"jwk":{"kty":"OKP","crv":"Ed25519","x":…}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation(pub PublicKey);

impl Field for Confirmation {
    const TYPE: &'static str =
        "`{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":…}}` (RFC 7800, RFC 8037)";

    fn read(json: &Json<'_>) -> Result<Self, FieldFault> {
        let only =
            |json: &Json<'_>, members| json.members().is_some_and(|found| found.len() == members);
        let jwk = json.member("jwk").filter(|_| only(json, 1)).ok_or(FieldFault::Invalid)?;
        let is = |name, text| jwk.member(name).and_then(Json::text) == Some(text);
        if !only(jwk, 3) || !is("kty", "OKP") || !is("crv", "Ed25519") {
            return Err(FieldFault::Invalid);
        }
        jwk.member("x").map(PublicKey::read).ok_or(FieldFault::Invalid)?.map(Self)
    }

    fn write(&self) -> Value {
        json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": self.0.to_string()}})
    }
}

/// One field of a kind or of a nested object, as the tables of FORMAT.md list it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// Its type, in words.
    pub type_words: &'static str,
    /// Whether it is a list of that type.
    pub list: bool,
    /// What it holds, if it is an object.
    pub members: &'static [FieldSpec],
    /// Whether the entry means nothing without it.
    pub required: bool,
}

impl FieldSpec {
    /// The field called `name`, of type `T`.
    pub const fn of<T: Field>(name: &'static str, required: bool) -> Self {
        Self { name, type_words: T::TYPE, list: T::LIST, members: T::MEMBERS, required }
    }
}

/// The members of an object while its fields are being read, and what was wrong with them.
pub struct Fields<'j> {
    members: &'j [(std::borrow::Cow<'j, str>, Json<'j>)],
    taken: usize,
    /// Faults found so far.
    pub faults: Vec<ObjectFault>,
}

/// What is wrong with an object's fields, worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectFault {
    /// A field that the kind does not have.
    Unknown(String),
    /// A field that is not of its type.
    Invalid(String),
    /// A field without which the object means nothing.
    Missing(String),
    /// A person in a field for codes.
    Personal(String),
}

impl<'j> Fields<'j> {
    /// Starts reading an object's members.
    pub fn of(members: &'j [(std::borrow::Cow<'j, str>, Json<'j>)]) -> Self {
        Self { members, taken: 0, faults: Vec::new() }
    }

    /// Reads a field that may be left out.
    pub fn optional<T: Field>(&mut self, name: &str) -> Option<T> {
        let (_, value) = self.members.iter().find(|(found, _)| found == name)?;
        self.taken += 1;
        match T::read(value) {
            Ok(value) => Some(value),
            Err(FieldFault::Invalid) => {
                self.faults.push(ObjectFault::Invalid(name.to_owned()));
                None
            }
            Err(FieldFault::Personal) => {
                self.faults.push(ObjectFault::Personal(name.to_owned()));
                None
            }
        }
    }

    /// Reads a field that must be there.
    pub fn required<T: Field>(&mut self, name: &str) -> Option<T> {
        let known_faults = self.faults.len();
        let value = self.optional(name);
        if value.is_none() && self.faults.len() == known_faults {
            self.faults.push(ObjectFault::Missing(name.to_owned()));
        }
        value
    }

    /// Notes every member that nobody asked for. `known` are the fields read, `passed_over` those read elsewhere.
    pub fn finish(&mut self, known: &[FieldSpec], passed_over: &[&str]) {
        if self.taken == self.members.len() {
            return;
        }
        for (name, _) in self.members {
            let expected = known.iter().any(|field| field.name == name)
                || passed_over.contains(&name.as_ref());
            if !expected {
                self.faults.push(ObjectFault::Unknown(name.to_string()));
            }
        }
    }
}

/// A closed list of codes, each with the term of the law or the field in its doc comment.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it is written.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads a code.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::field::Field for $name {
            const TYPE: &'static str = concat!("one of" $(, " `", $text, "`")+);

            fn read(json: &$crate::json::Json<'_>) -> Result<Self, $crate::field::FieldFault> {
                json.text().and_then(Self::parse).ok_or($crate::field::FieldFault::Invalid)
            }

            fn write(&self) -> serde_json::Value {
                self.code().into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

/// An object inside an action: named, typed fields, nothing else.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident {
        $(required { $($(#[$r_doc:meta])* $r:ident: $r_type:ty,)* })?
        $(optional { $($(#[$o_doc:meta])* $o:ident: $o_type:ty,)* })?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $($($(#[$r_doc])* pub $r: $r_type,)*)?
            $($($(#[$o_doc])* pub $o: Option<$o_type>,)*)?
        }

        impl $name {
            /// Its fields.
            pub const FIELDS: &'static [$crate::field::FieldSpec] = &[
                $($($crate::field::FieldSpec::of::<$r_type>(stringify!($r), true),)*)?
                $($($crate::field::FieldSpec::of::<$o_type>(stringify!($o), false),)*)?
            ];
        }

        impl $crate::field::Field for $name {
            const TYPE: &'static str = concat!("object `", stringify!($name), "`");
            const MEMBERS: &'static [$crate::field::FieldSpec] = Self::FIELDS;

            fn read(json: &$crate::json::Json<'_>) -> Result<Self, $crate::field::FieldFault> {
                let members = json.members().ok_or($crate::field::FieldFault::Invalid)?;
                let mut fields = $crate::field::Fields::of(members);
                $($(let $r = fields.required::<$r_type>(stringify!($r));)*)?
                $($(let $o = fields.optional::<$o_type>(stringify!($o));)*)?
                fields.finish(Self::FIELDS, &[]);
                let worst = fields.faults.into_iter().min();
                match worst {
                    None => {}
                    Some($crate::field::ObjectFault::Personal(_)) => return Err($crate::field::FieldFault::Personal),
                    Some(_) => return Err($crate::field::FieldFault::Invalid),
                }
                let whole = || Some(Self { $($($r: $r?,)*)? $($($o,)*)? });
                whole().ok_or($crate::field::FieldFault::Invalid)
            }

            fn write(&self) -> serde_json::Value {
                let mut members = serde_json::Map::new();
                $($(members.insert(stringify!($r).to_owned(), $crate::field::Field::write(&self.$r));)*)?
                $($(if let Some(value) = &self.$o {
                    members.insert(stringify!($o).to_owned(), $crate::field::Field::write(value));
                })*)?
                serde_json::Value::Object(members)
            }
        }
    };
}

pub(crate) use {object, vocabulary};
