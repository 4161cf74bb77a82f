//! The receipt: what a citizen takes home, and what nobody can talk away.
//!
//! A C2SP tlog-proof whose `extra` line carries the record, so that the one file says what was recorded and proves it.

use crate::checkpoint::{CheckpointFault, SignedCheckpoint};
use crate::encoding::{from_base64, to_base64};
use crate::envelope::Envelope;
use crate::hash::{Sha256Hash, sha256};
use crate::names::{Origin, PublicKey};
use crate::record::{Header, decode_body, record_leaf};
use crate::signing::VerifyingKey;
use crate::tree::verify_inclusion;

/// The first line of every tlog-proof.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// The version of the `extra` line's content.
const EXTRA_VERSION: u8 = 1;
/// The longest receipt that is read.
pub const RECEIPT_MAX: usize = 1024 * 1024;

/// A receipt, read but not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's position.
    pub index: u64,
    /// Hashes from the entry's sibling up to the root.
    pub proof: Vec<Sha256Hash>,
    /// The checkpoint under which it stands.
    pub checkpoint: SignedCheckpoint,
    /// The record's header, as stored.
    pub header: Box<[u8]>,
    /// The record's body; empty if its content is not given. That it was withheld, only the log's own entry says.
    pub body: Box<[u8]>,
}

/// What a right receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The record's header.
    pub header: Header,
    /// What the entry says; `None` if its content is not given, its commitment intact.
    pub envelope: Option<Envelope>,
    /// The checkpoint under which it stands.
    pub checkpoint: SignedCheckpoint,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptFault {
    /// Not a receipt.
    Form,
    /// The checkpoint is not this ledger's.
    Checkpoint(CheckpointFault),
    /// The header is none, or of another position.
    Header,
    /// The header is not in the tree.
    Inclusion,
    /// The body is not the one the header commits to.
    Body,
    /// The action's signature is wrong.
    Signature,
}

impl std::fmt::Display for ReceiptFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Form => {
                "not a receipt: it must be a C2SP tlog-proof with the record in its extra line"
            }
            Self::Checkpoint(fault) => return fault.fmt(f),
            Self::Header => "the record's header is damaged or of another position",
            Self::Inclusion => "the entry is not in the tree that the checkpoint signs",
            Self::Body => "the content is not the one that the entry commits to",
            Self::Signature => "the signature on the action is wrong",
        })
    }
}

impl Receipt {
    /// The text: a valid tlog-proof.
    pub fn to_text(&self) -> String {
        let mut extra = vec![EXTRA_VERSION];
        for part in [&self.header, &self.body] {
            extra.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            extra.extend_from_slice(part);
        }
        let proof: String = self.proof.iter().map(|hash| to_base64(&hash.0) + "\n").collect();
        format!(
            "{FIRST_LINE}\nextra {}\nindex {}\n{proof}\n{}",
            to_base64(&extra),
            self.index,
            self.checkpoint.to_text()
        )
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, ReceiptFault> {
        Self::read(text).ok_or(ReceiptFault::Form)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > RECEIPT_MAX {
            return None;
        }
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let extra = from_base64(lines.next()?.strip_prefix("extra ")?)?;
        let number = lines.next()?.strip_prefix("index ")?;
        let index: u64 = number.parse().ok()?;
        if index.to_string() != number {
            return None;
        }
        let hash = |line: &str| Sha256Hash::from_slice(&from_base64(line)?);
        let proof: Option<Vec<_>> = lines.map(hash).collect();
        let (header, body) = read_extra(&extra)?;
        let proof = proof.filter(|proof| proof.len() <= 63)?;
        Some(Self {
            index,
            proof,
            checkpoint: SignedCheckpoint::parse(checkpoint)?,
            header: header.into(),
            body: body.into(),
        })
    }

    /// Checks the receipt against the ledger's origin and key: checkpoint, inclusion, header and body.
    ///
    /// The action's own signature is checked too when the signer's key is at hand; who that key belongs to stands in the
    /// registry, whose entries have receipts of their own.
    pub fn verify(
        &self,
        origin: &Origin,
        ledger_key: PublicKey,
        signer: Option<PublicKey>,
    ) -> Result<Proven, ReceiptFault> {
        let checkpoint =
            self.checkpoint.clone().open(origin, ledger_key).map_err(ReceiptFault::Checkpoint)?;
        let header = Header::decode(&self.header)
            .filter(|header| header.seq == self.index)
            .ok_or(ReceiptFault::Header)?;
        if !verify_inclusion(
            record_leaf(&self.header),
            self.index,
            checkpoint.checkpoint.head,
            &self.proof,
        ) {
            return Err(ReceiptFault::Inclusion);
        }
        if self.body.is_empty() {
            return Ok(Proven { header, envelope: None, checkpoint });
        }
        if sha256(&[&self.body]).0 != header.body {
            return Err(ReceiptFault::Body);
        }
        let jws = decode_body(&self.body).ok_or(ReceiptFault::Body)?;
        let envelope = Envelope::read(&jws).map_err(|_| ReceiptFault::Body)?;
        if let Some(signer) = signer {
            let key = VerifyingKey::new(signer)
                .filter(|_| signer.kid() == envelope.kid)
                .ok_or(ReceiptFault::Signature)?;
            if !key.verifies(&jws.signing_input(), &jws.signature) {
                return Err(ReceiptFault::Signature);
            }
        }
        Ok(Proven { header, envelope: Some(envelope), checkpoint })
    }
}

fn read_extra(extra: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = extra.strip_prefix(&[EXTRA_VERSION])?;
    let mut part = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (part, after) =
            after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        rest = after;
        Some(part)
    };
    let (header, body) = (part()?, part()?);
    rest.is_empty().then_some((header, body))
}
