//! C2SP signed notes: a text and signatures by named keys, readable by people and by every transparency-log tool.

use crate::encoding::{from_base64, to_base64};
use crate::hash::{hex, sha256};
use crate::names::PublicKey;
use crate::signing::{SigningKey, VerifyingKey};

/// Signature lines that are read at most; C2SP asks for at least 16.
pub const SIGNATURES_MAX: usize = 64;
/// The longest note that is read: a checkpoint with many post-quantum cosignatures stays below.
pub const NOTE_MAX: usize = 512 * 1024;

/// What a key signs (the type byte of C2SP signed-note).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// 0x01: Ed25519 over the note's text.
    Ed25519,
    /// 0x04: Ed25519 cosignature v1, with a time.
    CosignatureV1,
}

impl KeyType {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }
}

/// A named public key for notes: a C2SP vkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    /// The key's name; for a log, its origin.
    pub name: String,
    /// What it signs.
    pub key_type: KeyType,
    /// The Ed25519 key.
    pub key: PublicKey,
}

impl NoteKey {
    /// The four bytes that a signature line carries: SHA-256(name ‖ LF ‖ type ‖ key), shortened.
    pub fn id(&self) -> [u8; 4] {
        let digest = sha256(&[self.name.as_bytes(), b"\n", &[self.key_type.byte()], &self.key.0]);
        let [a, b, c, d, ..] = digest.0;
        [a, b, c, d]
    }

    /// The vkey text: `name+id+base64(type ‖ key)`.
    pub fn to_vkey(&self) -> String {
        let typed: Vec<u8> = std::iter::once(self.key_type.byte()).chain(self.key.0).collect();
        format!("{}+{}+{}", self.name, hex(&self.id()), to_base64(&typed))
    }

    /// Reads a vkey whose id is right.
    pub fn parse_vkey(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (id, typed) = rest.split_once('+')?;
        let typed = from_base64(typed)?;
        let (type_byte, key) = typed.split_first()?;
        let key_type = match type_byte {
            0x01 => KeyType::Ed25519,
            0x04 => KeyType::CosignatureV1,
            _ => return None,
        };
        let key = Self { name: name.to_owned(), key_type, key: PublicKey(key.try_into().ok()?) };
        (is_key_name(name) && hex(&key.id()) == id).then_some(key)
    }
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|character| character.is_whitespace() || character == '+')
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: [u8; 4],
    /// The signature, whose form depends on the key's type.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// Signs a note's text with an Ed25519 key (type 0x01).
    pub fn sign(text: &str, name: &str, key: &SigningKey) -> Self {
        let note_key =
            NoteKey { name: name.to_owned(), key_type: KeyType::Ed25519, key: key.public() };
        Self {
            name: name.to_owned(),
            id: note_key.id(),
            signature: key.sign(text.as_bytes()).to_vec(),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = from_base64(encoded)?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let whole = is_key_name(name) && !signature.is_empty();
        whole.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }

    /// The line with its line feed.
    pub fn to_line(&self) -> String {
        format!("— {} {}\n", self.name, to_base64(&[&self.id[..], &self.signature].concat()))
    }

    fn is_by(&self, key: &NoteKey) -> bool {
        self.name == key.name && self.id == key.id()
    }
}

/// A note: text and signature lines, none of them checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text, ending in a line feed.
    pub text: String,
    /// Its signatures, in the order of the lines.
    pub signatures: Vec<SignatureLine>,
}

/// What looking for a key's signature on a note found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A right signature.
    Good,
    /// A signature by this key that is wrong: the whole note is to be refused.
    Bad,
    /// No signature by this key.
    Absent,
}

impl Note {
    /// Reads a note.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > NOTE_MAX || text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return None;
        }
        // The text may hold empty lines itself: the signatures begin after the last one.
        let end_of_text = text.rfind("\n\n")? + 1;
        let (text, lines) = text.split_at_checked(end_of_text)?;
        let lines = lines.strip_prefix('\n')?.strip_suffix('\n')?;
        let signatures: Option<Vec<_>> = lines.split('\n').map(SignatureLine::parse).collect();
        let signatures = signatures.filter(|found| (1..=SIGNATURES_MAX).contains(&found.len()))?;
        Some(Self { text: text.to_owned(), signatures })
    }

    /// The whole note.
    pub fn to_text(&self) -> String {
        self.signatures.iter().fold(format!("{}\n", self.text), |note, line| note + &line.to_line())
    }

    /// Looks for the signature of an Ed25519 key (type 0x01) and checks it.
    pub fn signed_by(&self, key: &NoteKey) -> Found {
        let Some(verifying) =
            VerifyingKey::new(key.key).filter(|_| key.key_type == KeyType::Ed25519)
        else {
            return Found::Absent;
        };
        let mut found = Found::Absent;
        for line in self.signatures.iter().filter(|line| line.is_by(key)) {
            let signature: Option<[u8; 64]> = line.signature.as_slice().try_into().ok();
            if !signature
                .is_some_and(|signature| verifying.verifies(self.text.as_bytes(), &signature))
            {
                return Found::Bad;
            }
            found = Found::Good;
        }
        found
    }

    /// Looks for cosignatures v1 (type 0x04) by a key, checks them all, and gives the latest time in seconds since 1970.
    pub fn cosigned_by(&self, key: &NoteKey) -> Result<Option<u64>, BadCosignature> {
        let Some(verifying) =
            VerifyingKey::new(key.key).filter(|_| key.key_type == KeyType::CosignatureV1)
        else {
            return Ok(None);
        };
        let mut latest = None;
        for line in self.signatures.iter().filter(|line| line.is_by(key)) {
            let (time, signature) =
                line.signature.split_first_chunk::<8>().ok_or(BadCosignature)?;
            let signature: [u8; 64] = signature.try_into().map_err(|_| BadCosignature)?;
            let time = u64::from_be_bytes(*time);
            if !verifying.verifies(&cosignature_message(&self.text, time), &signature) {
                return Err(BadCosignature);
            }
            latest = latest.max(Some(time));
        }
        Ok(latest)
    }
}

/// A known cosigner's line that does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCosignature;

fn cosignature_message(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// Cosigns a checkpoint's text at `time`, in seconds since 1970 (C2SP tlog-cosignature v1).
pub fn cosign(text: &str, time: u64, name: &str, key: &SigningKey) -> SignatureLine {
    let note_key =
        NoteKey { name: name.to_owned(), key_type: KeyType::CosignatureV1, key: key.public() };
    let signature = key.sign(&cosignature_message(text, time));
    SignatureLine {
        name: name.to_owned(),
        id: note_key.id(),
        signature: [&time.to_be_bytes()[..], &signature].concat(),
    }
}
