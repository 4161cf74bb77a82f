//! The heart of caseledger: what an action is, which actions a ledger takes, and how anybody
//! proves afterwards that nothing was changed.
//!
//! # In scope
//! The signed [`envelope`], the [`kinds`] of actions, [`admission`] and the [`state`] it reads, the
//! [`record`] and its chain, the [`tree`] over all records, C2SP [`note`]s, [`checkpoint`]s,
//! [`receipt`]s, and the one [`audit`] that store, command line, API and tests all call.
//! `FORMAT.md` beside this crate states every byte.
//!
//! # Out of scope
//! Disk, clock, network, threads and randomness. They come in as arguments; `.clippy.toml` keeps
//! them out. What the law makes of the entries (time limits, cards, ratings) is in `case-projections`.
#![warn(missing_docs)]

pub mod time;
pub mod hash;
pub mod encoding;
pub mod json;
pub mod codes;
pub mod names;

pub mod field;
pub mod kinds;
pub mod envelope;
pub mod disclosure;
pub mod signing;

pub mod refusal;
pub mod registry;
pub mod state;
pub mod admission;

pub mod record;
pub mod tree;
pub mod note;
pub mod checkpoint;
pub mod frame;
pub mod receipt;
pub mod audit;
