//! Removals: a body gives way to its stub in both copies, an erased stream loses its key. Doing either twice changes nothing.

use std::io;
use std::sync::{Mutex, PoisonError};

use case_ledger::frame::{Found, decode};
use case_ledger::names::Seq;
use case_ledger::record::is_withheld;
use case_ledger::state::{Effect, State};

use crate::engine::{Engine, EngineError};
use crate::published::Published;
use crate::vault::{Vault, VaultError};

/// What will stand in place of a body, if it may be withheld.
pub fn stub_for(header: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let entry = case_ledger::audit::read(header, body).ok()?;
    let envelope = entry.envelope()?;
    let act = envelope.act.act.as_ref().ok()?;
    let effect = Effect::of(envelope, act);
    if !effect.is_withholdable() {
        return None;
    }
    case_ledger::record::withhold(body.len(), &effect.to_stub())
}

/// Finishes removals that a crash cut short: bodies that the log withholds, keys that it erases.
pub fn finish_removals(
    state: &State,
    published: &Published,
    engine: Engine,
    vault: &Mutex<Vault>,
) -> Result<Engine, RemovalError> {
    for entry in state.withheld() {
        withhold_body(published, &engine, entry)?;
    }
    let withheld = state.withheld().count() as u64;
    let engine = if engine.rewritten_for().map_err(EngineError::Io)? < withheld {
        engine.rewrite(withheld)?
    } else {
        engine
    };
    let mut vault = vault.lock().unwrap_or_else(PoisonError::into_inner);
    let left: Vec<_> = state
        .erased()
        .filter(|(stream, at)| vault.holds_before(*stream, at.0))
        .map(|(stream, at)| (stream, at.0))
        .collect();
    if !left.is_empty() {
        vault.rotate(&left)?;
    }
    Ok(engine)
}

/// Puts the stub in place of a body, in both copies. Doing it twice changes nothing.
///
/// The engine goes first: it takes a new value whole or not at all. The segment's frame is overwritten where it is, and if a power
/// cut tears it, the engine has what it must become.
pub fn withhold_body(
    published: &Published,
    engine: &Engine,
    entry: Seq,
) -> Result<(), EngineError> {
    let Some((place, in_segment)) = published.frame_bytes(entry.0)? else { return Ok(()) };
    let in_engine = engine.frame(place.first)?.unwrap_or_default();
    // Whichever copy still holds the body tells the stub; one that is half rewritten is no frame.
    let whole = [&in_segment, &in_engine].into_iter().filter_map(|bytes| {
        if let Found::Frame(frame) = decode(bytes) { Some(frame) } else { None }
    });
    for frame in whole {
        let within = usize::try_from(entry.0 - frame.first).unwrap_or(usize::MAX);
        let Some(record) = frame.records.get(within) else { continue };
        let stub = if is_withheld(record.body) {
            Some(record.body.to_vec())
        } else {
            stub_for(record.header, record.body)
        };
        let Some(rewritten) = stub.and_then(|stub| frame.with_body(within, &stub)) else {
            continue;
        };
        // An engine without the frame is a damaged one, and gets no frame with a hole before it.
        if in_engine != rewritten && !in_engine.is_empty() {
            engine.put(&[(place.first, rewritten.clone())])?;
            engine.sync()?;
        }
        if in_segment != rewritten {
            published.rewrite(place, &rewritten)?;
        }
        return Ok(());
    }
    Err(EngineError::Io(io::Error::new(
        io::ErrorKind::InvalidData,
        "a frame with withheld content is damaged in both copies",
    )))
}

/// Why a removal could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum RemovalError {
    /// A copy could not be rewritten.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The keyring could not be rewritten.
    #[error(transparent)]
    Vault(#[from] VaultError),
}
