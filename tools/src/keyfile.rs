//! Key files: an Ed25519 key as a JSON Web Key (RFC 8037), so that any JOSE library can use it too.
//!
//! `{"kty":"OKP","crv":"Ed25519","kid":…,"x":…,"d":…}`; `d` is the secret, and only the owner may read the file.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use case_ledger::encoding::{from_base64url, to_base64url};
use case_ledger::names::{Issuer, Origin, PublicKey};
use case_ledger::signing::{SigningKey, possession_statement};
use serde_json::{Value, json};

use crate::failure::{Failure, OrFail as _};
use crate::randomness;

/// What may be done about any key file that cannot be read.
const MAKE_ONE: &str = "Name a key file made by `caseledger key new`.";

/// The public half as a JSON Web Key.
pub fn public_jwk(key: PublicKey) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": key.kid().to_string(), "x": key.to_string()})
}

/// Both halves as a JSON Web Key.
pub fn secret_jwk(key: &SigningKey) -> Value {
    let mut jwk = public_jwk(key.public());
    if let Value::Object(members) = &mut jwk {
        members.insert("d".to_owned(), to_base64url(&key.seed()).into());
    }
    jwk
}

/// Writes a new key file that only its owner may read. An existing file is never replaced: it may hold the only copy
/// of a key.
pub fn write(path: &Path, key: &SigningKey) -> Result<(), Failure> {
    let text = format!("{}\n", secret_jwk(key));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().or_environment(
        format!("The key file {} cannot be written.", path.display()),
        "Choose a new file in a folder that you may write to.",
    )
}

/// Reads a key file with its secret.
pub fn read(path: &Path) -> Result<SigningKey, Failure> {
    let jwk = read_jwk(path)?;
    let wrong = |cause: &str| {
        let what = format!("{} is no key file.", path.display());
        Failure::usage(what, MAKE_ONE).because_of(cause)
    };
    let public = public_of(&jwk).map_err(wrong)?;
    let secret = jwk.get("d").ok_or("it holds no secret (d), only the public half");
    let seed = secret.and_then(|secret| bytes(secret).ok_or("d is not 32 bytes in base64url"));
    let key = SigningKey::from_seed(&seed.map_err(wrong)?);
    if key.public() == public { Ok(key) } else { Err(wrong("x and d are not halves of one key")) }
}

/// Reads a key file with its secret; makes it with a new key if there is none.
pub fn read_or_make(path: &Path) -> Result<SigningKey, Failure> {
    if !path.exists() {
        write(path, &randomness::key()?)?;
    }
    read(path)
}

/// Reads the public half of a key file, whether or not the secret is there.
pub fn read_public(path: &Path) -> Result<PublicKey, Failure> {
    let jwk = read_jwk(path)?;
    public_of(&jwk).map_err(|cause| {
        Failure::usage(format!("{} is no key file.", path.display()), MAKE_ONE).because_of(cause)
    })
}

fn read_jwk(path: &Path) -> Result<Value, Failure> {
    let text = std::fs::read(path)
        .or_environment(format!("The key file {} cannot be read.", path.display()), MAKE_ONE)?;
    serde_json::from_slice(&text).or_usage(format!("{} is no key file.", path.display()), MAKE_ONE)
}

fn public_of(jwk: &Value) -> Result<PublicKey, &'static str> {
    let is = |name: &str, text: &str| jwk.get(name).and_then(Value::as_str) == Some(text);
    if !is("kty", "OKP") || !is("crv", "Ed25519") {
        return Err("it is no Ed25519 key: kty must be OKP and crv Ed25519");
    }
    jwk.get("x").and_then(bytes).map(PublicKey).ok_or("x is not 32 bytes in base64url")
}

fn bytes(value: &Value) -> Option<[u8; 32]> {
    from_base64url(value.as_str()?.as_bytes())?.try_into().ok()
}

/// The key's own proof that `holder` holds it, for a registration on the ledger `origin`.
pub fn possession(origin: &Origin, holder: &Issuer, key: &SigningKey) -> [u8; 64] {
    key.sign(&possession_statement(origin, holder, key.public()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_rfc_8037_is_written_as_there() {
        let seed = from_base64url(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_seed(seed.as_slice().try_into().unwrap());
        let jwk = secret_jwk(&key);
        assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(jwk["d"], "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        assert_eq!(jwk["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(public_of(&jwk), Ok(key.public()));
    }
}
