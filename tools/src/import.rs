//! Bringing an older system's history onto the ledger, from an XES log.
//!
//! # In scope
//! What of a log may be seen ([`opaque`]), what it needs on the ledger ([`setup`]), what each case becomes ([`plan`]), sending
//! whole cases ([`sending`]), and the [`report`] of all that was not taken; [`work`] puts them together. The same file and the
//! same options always give the same actions, bytes and all: a second run adds nothing, and a run that was cut short is
//! finished by running it again.
//!
//! # Out of scope
//! Reading XES ([`crate::xes`]) and what an activity means ([`crate::mapping`]).

pub mod input;
pub mod opaque;
pub mod survey;
pub mod setup;
pub mod plan;
pub mod sending;
pub mod report;
pub mod work;
