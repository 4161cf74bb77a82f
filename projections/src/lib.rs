//! Views: what the log says, made readable. Each is a pure fold over entries and can be thrown away and made again,
//! by us or by a stranger, from the log alone.
//!
//! # In scope
//! The [`timeline`] of a stream, as the public or the parties may see it, and the [`progress`] of a case: its state,
//! who holds it, whose turn it is, and the one [`sentence`] for the person who waits; for the public both stop where the
//! case does, and do not say in which [`ending`]. What is out of the public's sight, and why: [`removals`]. Every answer says
//! [`as_of`] which tree it is true.
//!
//! What the views of clocks, ratings, complaints, cards and remedies will compute is listed in [`rules`], each rule with
//! what it reads.
//!
//! # Out of scope
//! Disk, clock, network and randomness: entries, a day, an instant or names come in as arguments; `.clippy.toml` keeps
//! the rest out. Whether an entry may stand is the heart's to say (`case_ledger::admission`). Which of an entry's two
//! times counts, due days, deemed facts and flags are not decided here. Nor is who may ask: the caller knows the
//! audience and the publicity of the case. Disclosed values never come here at all.
#![warn(missing_docs)]

pub mod as_of;
pub mod audience;
pub mod words;
pub mod names;
pub mod day;
pub mod fact;
mod wire;

pub mod ending;
pub mod removals;

pub mod rules;

pub mod timeline;
mod shown;

pub mod state;
pub mod progress;
pub mod sentence;

#[cfg(test)]
mod sample;
