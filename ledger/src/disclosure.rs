//! Disclosures (RFC 9901): what is personal or free text is signed only as a digest and travels beside the action.

use crate::encoding::{from_base64url, to_base64url};
use crate::hash::{Sha256Hash, sha256};
use crate::json::Json;

/// The shortest salt, in bytes: 128 bits, so that nobody can guess the value from its digest.
pub const SALT_MIN: usize = 16;

/// One disclosed value: base64url of the JSON array `[salt, name, value]`, kept as it was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    encoded: Box<str>,
    name: Box<str>,
    value: Box<str>,
}

/// Why a disclosure is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisclosureFault {
    /// Not unpadded base64url of UTF-8 JSON.
    Encoding,
    /// Not an array of three texts.
    Shape,
    /// A salt under 128 bits, or not base64url.
    Salt,
    /// A name that would shadow the profile's own (`_sd`, `...`, `kind`).
    Name,
}

impl Disclosure {
    /// Reads the encoded form.
    pub fn parse(encoded: &str) -> Result<Self, DisclosureFault> {
        let bytes = from_base64url(encoded.as_bytes()).ok_or(DisclosureFault::Encoding)?;
        let json = Json::parse(&bytes).map_err(|_| DisclosureFault::Encoding)?;
        let Some([Json::Text(salt), Json::Text(name), Json::Text(value)]) = json.list() else {
            return Err(DisclosureFault::Shape);
        };
        if from_base64url(salt.as_bytes()).is_none_or(|salt| salt.len() < SALT_MIN) {
            return Err(DisclosureFault::Salt);
        }
        if matches!(name.as_ref(), "_sd" | "..." | "kind" | "") {
            return Err(DisclosureFault::Name);
        }
        Ok(Self {
            encoded: encoded.into(),
            name: name.as_ref().into(),
            value: value.as_ref().into(),
        })
    }

    /// Makes a disclosure. The salt comes from the edge, like all randomness.
    pub fn make(name: &str, value: &str, salt: &[u8; SALT_MIN]) -> Self {
        let json = serde_json::json!([to_base64url(salt), name, value]).to_string();
        Self {
            encoded: to_base64url(json.as_bytes()).into(),
            name: name.into(),
            value: value.into(),
        }
    }

    /// The form that was received and is hashed.
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// SHA-256 of the encoded form, as it stands in `_sd`.
    pub fn digest(&self) -> Sha256Hash {
        sha256(&[self.encoded.as_bytes()])
    }
}

/// A disclosure never prints its value: a log line must not leak what the log itself keeps out.
impl std::fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Disclosure({}, withheld)", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disclosure_comes_back_as_it_was_made() {
        let made = Disclosure::make("reasons", "材料不全", &[9; 16]);
        let read = Disclosure::parse(made.encoded()).unwrap();
        assert_eq!(
            (read.name(), read.value(), read.digest()),
            ("reasons", "材料不全", made.digest())
        );
        assert!(!format!("{read:?}").contains("材料"));
    }

    #[test]
    fn the_digest_is_that_of_rfc_9901() {
        // RFC 9901 section 4.2.1 and 4.2.3, the family name of its first example.
        let encoded = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        let disclosure = Disclosure::parse(encoded).unwrap();
        assert_eq!((disclosure.name(), disclosure.value()), ("family_name", "Möbius"));
        assert_eq!(
            to_base64url(&disclosure.digest().0),
            "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
        );
    }

    #[test]
    fn what_is_no_disclosure_is_refused_by_name() {
        let of = |json: &str| Disclosure::parse(&to_base64url(json.as_bytes())).unwrap_err();
        let salt = to_base64url(&[1; 16]);
        assert_eq!(Disclosure::parse("a b").unwrap_err(), DisclosureFault::Encoding);
        assert_eq!(of("[1"), DisclosureFault::Encoding);
        assert_eq!(of(&format!(r#"["{salt}","a"]"#)), DisclosureFault::Shape);
        assert_eq!(of(&format!(r#"["{salt}","a",{{}}]"#)), DisclosureFault::Shape);
        assert_eq!(of(r#"["short","a","b"]"#), DisclosureFault::Salt);
        assert_eq!(of(&format!(r#"["{salt}","_sd","b"]"#)), DisclosureFault::Name);
    }
}
