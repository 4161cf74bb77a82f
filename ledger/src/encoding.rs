//! Base64 as the formats want it: one text for one value, everything else refused.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Unpadded base64url (RFC 7515 section 2).
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends unpadded base64url to `text`.
pub fn push_base64url(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Reads unpadded base64url; padding, other alphabets, white space and non-zero trailing bits are refused.
pub fn from_base64url(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Reads unpadded base64url that stands for exactly `N` bytes, at most 66.
pub fn array_from_base64url<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut buffer = [0; 66];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut buffer).ok()?;
    buffer.get(..length)?.try_into().ok()
}

/// Padded standard base64 (RFC 4648 section 4), as C2SP notes use it.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads padded standard base64; missing padding and non-zero trailing bits are refused.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_one_value() {
        assert_eq!(from_base64url(b"AQ"), Some(vec![1]));
        for text in ["AR", "AQ==", "A", "AQ ", "A+/=", "AQ\n"] {
            assert_eq!(from_base64url(text.as_bytes()), None, "{text:?}");
        }
        for length in [32, 43, 64, 86, 87, 200] {
            let text = "A".repeat(length);
            let plain = from_base64url(text.as_bytes());
            let key: Option<[u8; 32]> = plain.clone().and_then(|bytes| bytes.try_into().ok());
            assert_eq!(array_from_base64url::<32>(&text), key, "{length}");
            let signature: Option<[u8; 64]> = plain.and_then(|bytes| bytes.try_into().ok());
            assert_eq!(array_from_base64url::<64>(&text), signature, "{length}");
        }
        assert_eq!(from_base64("AQ=="), Some(vec![1]));
        for text in ["AQ", "AR==", "A-_=", "AQ==\n"] {
            assert_eq!(from_base64(text), None, "{text:?}");
        }
    }
}
