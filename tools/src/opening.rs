//! Opening a data directory for writing, with the clock that its ledger runs on.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use case_ledger::names::Origin;
use case_ledger::time::Micros;
use case_ledger_store::clock::Clock;
use case_ledger_store::{OpenError, OpenOptions, Store};

use crate::failure::{Failure, OrFail as _};

/// The time of day.
pub fn now() -> Micros {
    case_api::clock::system()().wall
}

/// The time of day where nobody writes to the ledger, or the time of the ledger's last entry if its clock is simulated.
pub fn now_on(store: &Store) -> Micros {
    let simulated = store.registry().has_simulated_clock();
    store.checkpoint().filter(|_| simulated).map_or_else(now, |(_, recorded_at)| recorded_at)
}

/// Which clock a ledger is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// The one that it was founded with. A simulated one stands still at the last entry.
    Founded,
    /// The one that it was founded with, and an operator says that it is right.
    Confirmed,
    /// A simulated one that stands still at this instant: for founding.
    Simulated(Micros),
}

/// Opens the ledger in `directory`.
pub fn open(directory: &Path, time: Time) -> Result<Store, Failure> {
    if !directory.join("log").is_dir() {
        return Err(no_ledger(directory));
    }
    let (clock, chosen) = clock(time);
    let options = OpenOptions { clock, confirm_clock: time == Time::Confirmed };
    let store = Store::open(directory, options).map_err(|error| explain(directory, &error))?;
    if store.registry().has_simulated_clock()
        && let Some((_, recorded_at)) = store.checkpoint()
    {
        // Whoever founds a ledger has chosen already, and it is the same instant.
        let _ = chosen.set(case_api::clock::simulated(recorded_at));
    }
    Ok(store)
}

/// Which clock it is can be known only after opening, so the choice is made later than the clock is handed over.
fn clock(time: Time) -> (Clock, Arc<OnceLock<Clock>>) {
    let chosen = Arc::new(OnceLock::new());
    if let Time::Simulated(instant) = time {
        let _ = chosen.set(case_api::clock::simulated(instant));
    }
    let (later, system) = (chosen.clone(), case_api::clock::system());
    (Arc::new(move || later.get().map_or_else(|| system(), |clock| clock())), chosen)
}

/// What to say when a directory holds no ledger.
pub fn no_ledger(directory: &Path) -> Failure {
    Failure::environment(
        format!("There is no ledger in {}.", directory.display()),
        "Name its directory with --dir, or make one with `caseledger init`.",
    )
}

/// What to say when a directory cannot be opened.
pub fn explain(directory: &Path, error: &OpenError) -> Failure {
    let what = format!("The ledger in {} cannot be opened.", directory.display());
    let next = match error {
        OpenError::Locked => {
            "Stop the other process, or go through it: name the server's address with --url."
        }
        OpenError::Io(_) => "Look at the directory's owner, its permissions, and the disk's space.",
        OpenError::Recovery(_) | OpenError::Removal(_) => {
            "Run `caseledger verify` to see what is damaged and `caseledger repair` to mend it."
        }
        OpenError::Vault(_) => "Put the latest copy of `keys` back beside the log.",
    };
    Failure::environment(what, next).because(error)
}

/// The origin of an open ledger.
pub fn origin(store: &Store, directory: &Path) -> Result<Origin, Failure> {
    store.registry().origin().cloned().ok_or_else(|| no_ledger(directory))
}

/// Waits for the writer and lets go of the directory.
pub fn close(store: &Store) {
    store.close();
}

/// The runtime for whatever needs one.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .or_environment("The runtime cannot be started.", "Look at the limits on threads.")
}
