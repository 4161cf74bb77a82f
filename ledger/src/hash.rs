//! The two hashes of the ledger, as two types that cannot be mixed up.
//!
//! SHA-256 is what strangers recompute (RFC 6962, C2SP, WebCrypto). BLAKE3 is ours: the chain,
//! checksums and index keys.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Writes bytes as lowercase hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The value of a lowercase hexadecimal digit.
pub fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// Reads lowercase hexadecimal digits, two a byte.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
            _ => None,
        })
        .collect()
}

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// Takes exactly 32 bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex(&self.0))
            }
        }
    };
}

hash_type!(
    /// A SHA-256 digest: body digests, leaf data, tree nodes and roots.
    Sha256Hash
);
hash_type!(
    /// A BLAKE3 digest: the chain over record headers, materials, checksums.
    Blake3Hash
);

/// SHA-256 of the concatenated parts.
pub fn sha256(parts: &[&[u8]]) -> Sha256Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Sha256Hash(hasher.finalize().into())
}

/// BLAKE3 of the bytes.
pub fn blake3(bytes: &[u8]) -> Blake3Hash {
    Blake3Hash(*blake3::hash(bytes).as_bytes())
}

/// The first 16 bytes of BLAKE3 over the parts, each preceded by its length (u64 little-endian).
///
/// Used as an index key in place of long names: 128 bits, so finding a second name with a given
/// key costs 2^128 trials and an accident among 2^32 names has a chance below 2^-64.
pub fn index_key(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_both_ways() {
        assert_eq!(hex(&[0, 0x0f, 0xff]), "000fff");
        assert_eq!(from_hex("000fff"), Some(vec![0, 0x0f, 0xff]));
        for text in ["0", "0F", "zz", "00 "] {
            assert_eq!(from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn an_index_key_knows_where_its_parts_end() {
        assert_ne!(index_key(&[b"ab", b"c"]), index_key(&[b"a", b"bc"]));
    }
}
