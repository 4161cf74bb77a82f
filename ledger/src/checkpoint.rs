//! C2SP checkpoints: the ledger's signed word on how large its log is and what it holds.

use crate::encoding::{from_base64, to_base64};
use crate::hash::Sha256Hash;
use crate::names::{Origin, PublicKey};
use crate::note::{Found, KeyType, Note, NoteKey, SignatureLine};
use crate::signing::SigningKey;
use crate::tree::TreeHead;

/// A checkpoint's text, read: origin, size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// Its tree.
    pub head: TreeHead,
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.head.size, to_base64(&self.head.root.0))
    }

    /// Reads a checkpoint's text. Lines after the third are allowed by C2SP and not looked at.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        if lines.any(str::is_empty) {
            return None;
        }
        let number: u64 = size.parse().ok()?;
        let whole = number.to_string() == size && number <= i64::MAX.unsigned_abs();
        let head = TreeHead { size: number, root: Sha256Hash::from_slice(&from_base64(root)?)? };
        whole.then_some(Self { origin: Origin::parse(origin)?, head })
    }

    /// Signs the checkpoint with the ledger's key.
    pub fn sign(&self, key: &SigningKey) -> SignedCheckpoint {
        let text = self.to_text();
        let line = SignatureLine::sign(&text, self.origin.as_str(), key);
        SignedCheckpoint { checkpoint: self.clone(), note: Note { text, signatures: vec![line] } }
    }
}

/// The note key under which a ledger with this origin and key signs its checkpoints.
pub fn ledger_note_key(origin: &Origin, key: PublicKey) -> NoteKey {
    NoteKey { name: origin.to_string(), key_type: KeyType::Ed25519, key }
}

/// A checkpoint with the note that carries its signatures. Whose they are is for [`SignedCheckpoint::open`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note, with all signature lines as they came.
    pub note: Note,
}

/// Why a text is no checkpoint of this log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointFault {
    /// Not a signed note with a checkpoint in it.
    Form,
    /// Of another log.
    Origin,
    /// The log's own signature is missing.
    Unsigned,
    /// The log's own signature is wrong.
    BadSignature,
}

impl std::fmt::Display for CheckpointFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Form => "not a signed checkpoint",
            Self::Origin => "a checkpoint of another log",
            Self::Unsigned => "the checkpoint carries no signature by this ledger's key",
            Self::BadSignature => "the ledger's signature on the checkpoint is wrong",
        })
    }
}

impl SignedCheckpoint {
    /// Reads a note that holds a checkpoint, without asking who signed it.
    pub fn parse(text: &str) -> Option<Self> {
        let note = Note::parse(text)?;
        Some(Self { checkpoint: Checkpoint::parse(&note.text)?, note })
    }

    /// Checks that it is this ledger's: origin and Ed25519 signature. Lines by unknown keys are ignored.
    pub fn open(self, origin: &Origin, key: PublicKey) -> Result<Self, CheckpointFault> {
        if self.checkpoint.origin != *origin {
            return Err(CheckpointFault::Origin);
        }
        match self.note.signed_by(&ledger_note_key(origin, key)) {
            Found::Good => Ok(self),
            Found::Bad => Err(CheckpointFault::BadSignature),
            Found::Absent => Err(CheckpointFault::Unsigned),
        }
    }

    /// The whole note.
    pub fn to_text(&self) -> String {
        self.note.to_text()
    }
}
