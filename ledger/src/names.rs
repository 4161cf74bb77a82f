//! Names of things on the ledger. Each is parsed once, at the door; after that the type is the proof.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codes::OfficeCode;
use crate::encoding::{array_from_base64url, to_base64url};
use crate::hash::{hex_digit, index_key, sha256};

/// The position of an entry in the log, counted from 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A ledger's origin: the first line of its checkpoints, the name of its key, and the only audience it accepts.
///
/// C2SP wants a scheme-less URL without trailing slash; here: 1 to 128 of `A–Z a–z 0–9 . - _ / :`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/:".contains(&byte);
        let whole = (1..=128).contains(&text.len()) && text.bytes().all(allowed);
        (whole && !text.ends_with('/') && !text.contains("//")).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A code, never a sentence: 1 to 64 of `A–Z a–z 0–9 . _ -`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(Box<str>);

impl Token {
    /// Reads a token.
    pub fn parse(text: &str) -> Option<Self> {
        is_token(text, 64).then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_token(text: &str, longest: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= longest
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(allowed)
}

/// Who signs (`iss`): an office, an officer of an office, a citizen known only by a case's key, the ledger, its founders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Issuer {
    /// `<office code>`: the office's own system, for itself or for people it names in `by`.
    Office(OfficeCode),
    /// `<office code>/<officer id>`: one officer, by an opaque id.
    Officer(OfficeCode, Token),
    /// `citizen`: whoever holds the key that the case names in `cnf`.
    Citizen,
    /// `ledger`: the ledger's own entries (the sentinel's deemed facts, warnings and proposals).
    Ledger,
    /// `root`: the keys named at the founding, which set up the registry.
    Root,
}

impl Issuer {
    /// Reads an issuer.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "citizen" => Some(Self::Citizen),
            "ledger" => Some(Self::Ledger),
            "root" => Some(Self::Root),
            _ => match text.split_once('/') {
                None => OfficeCode::parse(text).ok().map(Self::Office),
                Some((office, officer)) => {
                    Some(Self::Officer(OfficeCode::parse(office).ok()?, Token::parse(officer)?))
                }
            },
        }
    }

    /// The office, if the issuer belongs to one.
    pub fn office(&self) -> Option<OfficeCode> {
        match self {
            Self::Office(office) | Self::Officer(office, _) => Some(*office),
            Self::Citizen | Self::Ledger | Self::Root => None,
        }
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Office(office) => office.fmt(f),
            Self::Officer(office, officer) => write!(f, "{office}/{officer}"),
            Self::Citizen => f.write_str("citizen"),
            Self::Ledger => f.write_str("ledger"),
            Self::Root => f.write_str("root"),
        }
    }
}

macro_rules! stream_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal $number:literal,)*) => {
        /// What a stream is about. The names are the first part of `sub`; the numbers stand in snapshots.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StreamType { $($(#[$doc])* $name = $number,)* }

        impl StreamType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word in `sub`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

stream_types! {
    /// Who may do what.
    Registry = "registry" 0,
    /// Who looked at which non-public case.
    Reads = "reads" 1,
    /// Restriction, erasure, withholding, hiding.
    Removals = "removals" 2,
    /// One case (办件), named by its number.
    Case = "case" 3,
    /// One rating (评价) with its rectification.
    Rating = "rating" 4,
    /// One complaint or hotline ticket (工单).
    Complaint = "complaint" 5,
    /// One warning or card (预警、黄牌、红牌).
    Card = "card" 6,
    /// One supervision order (督办).
    Urge = "urge" 7,
    /// One bundle of cases (一件事).
    Bundle = "bundle" 8,
    /// One question and its answer (咨询).
    Consultation = "consultation" 9,
    /// One appointment or advice before a case (预约、提前服务).
    Visit = "visit" 10,
}

/// The name of a stream (`sub`): `registry`, `reads`, `removals`, or a type, `/` and an id of at most 50 characters.
///
/// GB/T 39046 gives case numbers at most 50 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream {
    kind: StreamType,
    name: Box<str>,
    key: StreamKey,
}

impl Stream {
    /// Reads a stream's name.
    pub fn parse(text: &str) -> Option<Self> {
        let kind = match text.split_once('/') {
            None => StreamType::ALL
                .iter()
                .copied()
                .find(|kind| kind.is_single() && kind.word() == text)?,
            Some((word, id)) => StreamType::ALL
                .iter()
                .copied()
                .find(|kind| !kind.is_single() && kind.word() == word && is_token(id, 50))?,
        };
        Some(Self::of(kind, text))
    }

    fn of(kind: StreamType, name: &str) -> Self {
        let key = StreamKey(index_key(&[name.as_bytes()]));
        Self { kind, name: name.into(), key }
    }

    /// The case with this number.
    pub fn case(number: &str) -> Option<Self> {
        Self::parse(&format!("case/{number}"))
    }

    /// The registry.
    pub fn registry() -> Self {
        Self::of(StreamType::Registry, StreamType::Registry.word())
    }

    /// What the stream is about.
    pub fn kind(&self) -> StreamType {
        self.kind
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The part after the slash, empty for the single streams.
    pub fn id(&self) -> &str {
        self.name.split_once('/').map_or("", |(_, id)| id)
    }

    /// The key of this stream in indexes.
    pub fn key(&self) -> StreamKey {
        self.key
    }
}

impl StreamType {
    /// Whether there is only one stream of this type, present from the founding.
    pub fn is_single(self) -> bool {
        matches!(self, Self::Registry | Self::Reads | Self::Removals)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A stream's key in indexes: 16 bytes instead of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamKey(pub [u8; 16]);

/// An Ed25519 public key, 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Reads 32 bytes in base64url (the `x` of an RFC 8037 key).
    pub fn parse(text: &str) -> Option<Self> {
        array_from_base64url(text).map(Self)
    }

    /// The RFC 7638 thumbprint: SHA-256 of the key's required members in lexical order (RFC 8037 appendix A.3).
    pub fn kid(&self) -> Kid {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, to_base64url(&self.0));
        Kid(sha256(&[jwk.as_bytes()]).0)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

/// A key's name: its RFC 7638 thumbprint, in base64url where it is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Kid(pub [u8; 32]);

impl Kid {
    /// Reads 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        array_from_base64url(text).map(Self)
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

/// An action's own id (`jti`): a UUID of version 7 (time-ordered) or 8 (the sentinel's, derived), RFC 9562, lowercase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub [u8; 16]);

/// Where a UUID's text has its hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl ActionId {
    /// Reads `xxxxxxxx-xxxx-[78]xxx-[89ab]xxx-xxxxxxxxxxxx`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = text.bytes().enumerate().filter(|(place, _)| !HYPHENS.contains(place));
        let hyphens = text.len() == 36
            && HYPHENS.iter().all(|place| text.as_bytes().get(*place) == Some(&b'-'));
        let mut bytes = [0; 16];
        for byte in bytes.iter_mut().filter(|_| hyphens) {
            let (_, high) = digits.next()?;
            let (_, low) = digits.next()?;
            *byte = hex_digit(high)? << 4 | hex_digit(low)?;
        }
        let [.., version, _, variant, _, _, _, _, _, _, _] = bytes;
        let known = matches!(version >> 4, 7 | 8) && variant >> 6 == 0b10;
        (hyphens && known).then_some(Self(bytes))
    }

    /// A version 7 id from a time in milliseconds since 1970 and ten random bytes.
    pub fn version_7(unix_ms: u64, random: [u8; 10]) -> Self {
        let [_, _, t0, t1, t2, t3, t4, t5] = unix_ms.to_be_bytes();
        let [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9] = random;
        Self([
            t0,
            t1,
            t2,
            t3,
            t4,
            t5,
            0x70 | (r0 & 0x0f),
            r1,
            0x80 | (r2 & 0x3f),
            r3,
            r4,
            r5,
            r6,
            r7,
            r8,
            r9,
        ])
    }

    /// A version 8 id from a digest: whoever derives it from the same facts gets the same id.
    pub fn version_8(digest: [u8; 16]) -> Self {
        let mut bytes = digest;
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = 0x80 | (*version & 0x0f);
        *variant = 0x80 | (*variant & 0x3f);
        Self(bytes)
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_accepted_only_in_their_grammar() {
        assert!(Origin::parse("ledger.example/cases").is_some());
        for text in ["", "ledger.example/", "a//b", "a b", "https://é", "a+b"] {
            assert!(Origin::parse(text).is_none(), "{text}");
        }
        for text in
            ["registry", "reads", "removals", "case/WABO-case-10017", "rating/1", "visit/a.b"]
        {
            assert_eq!(Stream::parse(text).map(|stream| stream.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "case",
            "case/",
            "case/a/b",
            "case/张",
            "cases/1",
            "registry/1",
            "case/-a",
            "Case/1",
            "case/ 1",
        ] {
            assert!(Stream::parse(text).is_none(), "{text}");
        }
        assert!(Stream::parse(&format!("case/{}", "9".repeat(50))).is_some());
        assert!(Stream::parse(&format!("case/{}", "9".repeat(51))).is_none());
        for text in ["citizen", "ledger", "root", "11440232MB2D06811W", "11440232MB2D06811W/p-7"] {
            assert_eq!(Issuer::parse(text).map(|issuer| issuer.to_string()).as_deref(), Some(text));
        }
        for text in
            ["", "Citizen", "11440232MB2D06811X", "11440232MB2D06811W/", "11440232MB2D06811W/a/b"]
        {
            assert!(Issuer::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let key = PublicKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(key.kid().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn action_ids_round_trip() {
        let id = ActionId::version_7(1_700_000_000_000, [0xff; 10]);
        assert_eq!(ActionId::parse(&id.to_string()), Some(id));
        let derived = ActionId::version_8([0xff; 16]);
        assert_eq!(ActionId::parse(&derived.to_string()), Some(derived));
        for text in [
            "",
            "018bcfe5-6800-4fff-bfff-ffffffffffff",
            "018BCFE5-6800-7fff-bfff-ffffffffffff",
            "018bcfe568007fffbfffffffffffffff",
        ] {
            assert!(ActionId::parse(text).is_none(), "{text}");
        }
    }
}
