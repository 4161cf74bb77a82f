//! Ed25519 as the ledger uses it: strict RFC 8032 verification, weak keys refused.

use ed25519_dalek::{Signature, Signer as _, Verifier as _};

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
    ///
    /// The library's plain verification computes the point R again and compares its one canonical encoding, without a cofactor,
    /// and takes canonical S only. Strict is that and neither A nor R of small order. A was looked at in [`VerifyingKey::new`];
    /// and as R is canonical where the equation holds, it need not be taken apart to be told from the eight points of small
    /// order. That spares a square root; `verify_strict` gives the same answer (the tests compare them).
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let of_small_order = SMALL_ORDER.iter().any(|point| signature.starts_with(point));
        !of_small_order && self.0.verify(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// The canonical encodings of the eight points of the curve whose order divides its cofactor (RFC 8032 section 5.1.3).
const SMALL_ORDER: [[u8; 32]; 8] = {
    const ZERO: [u8; 32] = [0; 32];
    const MINUS_ONE: [u8; 32] = ends(0xec, 0x7f, [0xff; 32]);
    [
        ends(1, 0, ZERO),
        MINUS_ONE,
        ZERO,
        ends(0, 0x80, ZERO),
        ends(0x26, 0x05, EIGHTH),
        ends(0x26, 0x85, EIGHTH),
        ends(0xc7, 0x7a, OTHER_EIGHTH),
        ends(0xc7, 0xfa, OTHER_EIGHTH),
    ]
};

/// y of two of the four points of order eight, without its first and last byte; the other two have p − y.
const EIGHTH: [u8; 32] = [
    0, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0,
];
const OTHER_EIGHTH: [u8; 32] = [
    0, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
    0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0,
];

const fn ends(first: u8, last: u8, mut bytes: [u8; 32]) -> [u8; 32] {
    bytes[0] = first;
    bytes[31] = last;
    bytes
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
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::{EdwardsPoint, Scalar};
    use sha2::Digest as _;

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
    fn the_points_of_small_order_are_all_of_them() {
        let all: std::collections::BTreeSet<_> = SMALL_ORDER.into_iter().collect();
        let torsion = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes());
        assert_eq!(all, torsion.collect());
    }

    /// What the library's own strict verification says.
    fn strictly(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
        key.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// A signature with the secret scalars `a` and `r`, whose points may have a part of small order each.
    fn signature_of(
        a: Scalar,
        r: Scalar,
        torsion: &[EdwardsPoint; 2],
        message: &[u8],
    ) -> (PublicKey, [u8; 64]) {
        let public = (EdwardsPoint::mul_base(&a) + torsion[0]).compress().to_bytes();
        let point = (EdwardsPoint::mul_base(&r) + torsion[1]).compress().to_bytes();
        let digest = sha2::Sha512::new().chain_update(point).chain_update(public);
        let digest: [u8; 64] = digest.chain_update(message).finalize().into();
        let s = r + Scalar::from_bytes_mod_order_wide(&digest) * a;
        (PublicKey(public), [point, s.to_bytes()].concat().try_into().unwrap())
    }

    #[test]
    fn it_says_what_strict_verification_says_also_of_crafted_points() {
        let (mut good, mut crafted_and_bad) = (0, 0);
        let scalars =
            [Scalar::ZERO, Scalar::ONE, Scalar::from(7_u8), Scalar::from(123_456_789_u64)];
        for a in scalars {
            for r in scalars {
                for of_key in EIGHT_TORSION {
                    for of_point in EIGHT_TORSION {
                        let message = [a.as_bytes()[0], r.as_bytes()[0], 1];
                        let (public, signature) = signature_of(a, r, &[of_key, of_point], &message);
                        let Some(key) = VerifyingKey::new(public) else { continue };
                        let said = key.verifies(&message, &signature);
                        assert_eq!(said, strictly(&key, &message, &signature));
                        let plain = key.0.verify(&message, &Signature::from_bytes(&signature));
                        good += u32::from(said);
                        crafted_and_bad += u32::from(plain.is_ok() && !said);
                    }
                }
            }
        }
        assert!(good > 0 && crafted_and_bad > 0, "{good} {crafted_and_bad}");
    }

    proptest::proptest! {
        #[test]
        fn it_says_what_strict_verification_says(
            seed: [u8; 32], message: Vec<u8>, place in 0..64_usize, change: u8, point in 0..8_usize,
        ) {
            let key = SigningKey::from_seed(&seed);
            let verifying = VerifyingKey::new(key.public()).unwrap();
            let mut signature = key.sign(&message);
            signature[place] ^= change;
            let same = |signature: &[u8; 64]| {
                verifying.verifies(&message, signature) == strictly(&verifying, &message, signature)
            };
            proptest::prop_assert!(same(&signature));
            signature[..32].copy_from_slice(&SMALL_ORDER[point]);
            proptest::prop_assert!(same(&signature));
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
        for bytes in [identity, minus_one, identity_not_canonical, [0xff; 32], [0; 32], [2; 32]] {
            assert_eq!(VerifyingKey::new(PublicKey(bytes)), None, "{bytes:?}");
        }
    }
}
