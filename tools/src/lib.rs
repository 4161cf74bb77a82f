//! The one program `caseledger`, as a library: commands are values, so that tests can call them.
//!
//! # In scope
//! The table of contents ([`cli`]) and one file for each of the [`commands`]; signing, sending, importing, reading beside a
//! server. Randomness, files and the terminal are met here and nowhere deeper.
//!
//! # Out of scope
//! Whether an action may stand (`case-ledger`), what is durable (`case-ledger-store`), what a case means
//! (`case-projections`), the clock and HTTP's server side (`case-api`).

pub mod cli;
pub mod commands;

pub mod failure;
pub mod desk;
pub mod place;
pub mod randomness;
pub mod keyfile;
pub mod opening;
pub mod reading;
pub mod shown;

pub mod answer;
pub mod remote;
pub mod receipts;
pub mod ledger;
pub mod compose;
pub mod founding;

pub mod xes;
pub mod mapping;
pub mod import;

pub mod verify;
pub mod repair;
pub mod tamper;
pub mod bench;
