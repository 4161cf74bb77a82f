//! The HTTP face of a ledger: a thin shell around the store and the views.
//!
//! # In scope
//! What goes in (one signed action, or a stream of them) and what comes out (answers, proofs, checkpoints, public views), in
//! HTTP's words: [`routes`] has every URL, `problem` the one table from refusals to statuses. The product's one [`clock`] and
//! its listening socket are here too.
//!
//! # Out of scope
//! Whether an action may stand (`case-ledger`), when it is durable (`case-ledger-store`), what a case means
//! (`case-projections`). Logins: until there are any, only what is public is shown.
//!
//! # Known quirks
//! - A request head that is too large, too slow or no HTTP at all is answered by the HTTP library (431, 400, or a closed
//!   connection), not with a problem: there is no request yet.
//! - A batch's status is 200 before its first line is judged. Only its last line says how it ended; a stream that stops without
//!   one broke off, and the lines without an answer have an unknown outcome.
//! - A batch's client reads while it writes, or sends 4096 lines at most: the answers that it leaves unread stop its upload.
//! - The first question about a case since the start walks to the case's first entry, so that one about a long case that is not
//!   public may take longer than one about an unknown case, once. A stream's head that knew its first entry would end that.
#![warn(missing_docs)]

pub mod clock;
mod config;
pub mod routes;
mod serve;

mod app;
mod edge;
mod request_ids;
mod language;
mod query;
mod problem;
mod body;
mod wire;

mod actions;
mod batch;
mod lines;
mod unread;
mod cases;
mod removals;
mod entries;
mod publicity;
mod streams;
mod tree;
mod health;

pub use config::Config;
pub use routes::router;
pub use serve::serve;

#[cfg(test)]
#[path = "../tests/http/ledger.rs"]
#[expect(dead_code, reason = "the tests over HTTP need more of it")]
mod ledger;
