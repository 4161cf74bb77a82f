//! The one place where the commands take randomness: new keys, ids, salts.

use case_ledger::disclosure::SALT_MIN;
use case_ledger::names::ActionId;
use case_ledger::signing::SigningKey;
use case_ledger::time::Micros;

use crate::failure::Failure;

/// Random bytes from the operating system.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Failure::environment(
            "The operating system gives no random numbers.",
            "Without them no key or id can be made; look at the system's log.",
        )
        .because_of(error.to_string())),
    }
}

/// A new key.
pub fn key() -> Result<SigningKey, Failure> {
    Ok(SigningKey::from_seed(&bytes()?))
}

/// A new action id, ordered by time.
pub fn action_id(now: Micros) -> Result<ActionId, Failure> {
    let milliseconds = u64::try_from(now.0 / 1000).unwrap_or_default();
    Ok(ActionId::version_7(milliseconds, bytes()?))
}

/// A new salt for a disclosure.
pub fn salt() -> Result<[u8; SALT_MIN], Failure> {
    bytes()
}
