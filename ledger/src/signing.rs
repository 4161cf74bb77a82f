//! Ed25519 as the ledger uses it: strict RFC 8032 verification, weak keys refused.

use ed25519_dalek::{Signature, Signer as _};

use crate::hash::Sha256Hash;
use crate::kinds::privacy::WithholdingBasis;
use crate::names::{ActionId, Issuer, Origin, PublicKey, Seq};

/// A secret key. It never prints itself, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key with this 32-byte seed (RFC 8032 section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, for writing it to a key file.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, secret)", self.public().kid())
    }
}

/// A public key that is a point of the curve and not weak, ready for use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Takes a public key apart.
    ///
    /// `None` if the bytes are no point, not in their one canonical form, or of small order: such a key "signs"
    /// everything and so proves nothing.
    pub fn new(key: PublicKey) -> Option<Self> {
        let point = ed25519_dalek::VerifyingKey::from_bytes(&key.0).ok()?;
        let canonical = point.to_edwards().compress().to_bytes() == key.0;
        (canonical && !point.is_weak()).then_some(Self(point))
    }

    /// The key's bytes.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.to_bytes())
    }

    /// Whether the signature is right under strict RFC 8032 rules: canonical S, no small-order points, no cofactor.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// What a key signs to show that whoever registers it also holds it.
///
/// The origin and the holder stand in it, so that a proof made for one ledger or office serves no other.
pub fn possession_statement(origin: &Origin, holder: &Issuer, key: PublicKey) -> Vec<u8> {
    format!("caseledger key possession v1\n{origin}\n{holder}\n{}\n", key.kid()).into_bytes()
}

/// What the second signer of a withholding signs: which entry, on what ground, what stays of it, by which action.
pub fn withholding_statement(
    origin: &Origin,
    entry: Seq,
    basis: WithholdingBasis,
    stub: Sha256Hash,
    action: ActionId,
) -> Vec<u8> {
    format!("caseledger withholding v1\n{origin}\n{entry}\n{basis}\n{stub}\n{action}\n")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_message_and_one_key() {
        let key = SigningKey::from_seed(&[7; 32]);
        let verifying = VerifyingKey::new(key.public()).unwrap();
        let signature = key.sign(b"message");
        assert!(verifying.verifies(b"message", &signature));
        assert!(!verifying.verifies(b"massage", &signature));
        for byte in 0..64 {
            let mut changed = signature;
            changed[byte] ^= 1;
            assert!(!verifying.verifies(b"message", &changed), "byte {byte}");
        }
    }

    #[test]
    fn weak_and_odd_keys_are_no_keys() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        let mut identity_not_canonical = [0xff; 32];
        identity_not_canonical[0] = 0xee;
        identity_not_canonical[31] = 0x7f;
        for bytes in
            [identity, minus_one, identity_not_canonical, [0xff; 32], [0; 32], [2; 32]]
        {
            assert_eq!(VerifyingKey::new(PublicKey(bytes)), None, "{bytes:?}");
        }
    }
}
