//! The store: the one writer, and the disk. Both copies of the log, the vault beside it, recovery and repair.
//!
//! # In scope
//! [`Store::submit`] is the only thing in the workspace that writes a log. Everything else here reads, checks, restores.
//!
//! # Out of scope
//! What an action means and whether it may stand: `case-ledger`. Time comes in as a [`clock::Clock`]; the network is `case-api`'s.

pub mod layout;
pub mod disk;
pub mod clock;

pub mod segments;
pub mod engine;
pub mod keys;
pub mod vault;

pub mod published;
pub mod snapshot;
pub mod recovery;
pub mod removals;
pub mod writer;
mod store;

pub mod sources;
pub mod verify;
pub mod repair;

pub use store::{OpenError, OpenOptions, Record, ResumeError, Store};
pub use writer::{Answer, Answers, Prepared, Recorded, Unavailable};
