//! The HTTP face over real sockets, on ledgers of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a wrong assumption should stop the test at once"
)]

mod client;
mod ledger;
mod server;

mod actions;
mod batch;
mod edges;
mod going_down;
mod reading;
