//! The harness that tests of every room share.
//!
//! - [`cast`]: invented offices, people and keys, and the actions that set them up on any ledger.
//! - [`words`]: what somebody signs, written as it stands on the wire.
//! - [`samples`]: one action of every kind, as short as it may be and with everything it may say.
//! - [`world`]: a ledger in memory that checks all of itself after every step.
//! - [`disk`]: a ledger in a directory that keeps all it was ever answered and holds the disk against it.
//!
//! A test reads: given what has happened, when somebody signs this, then that.
//!
//! ```
//! use case_tests::{act, cast::cast, world::World};
//!
//! let mut world = World::with_case();
//! world.given(&cast().intake, World::CASE, act!(Accepted));
//! world.given(&cast().approver, World::CASE, act!(Decided { "outcome": "granted" }));
//! world.then_refused(&cast().intake, World::CASE, act!(Accepted), "impossible/after");
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::missing_panics_doc,
    reason = "test code: a wrong assumption should stop the test at once"
)]

pub mod cast;
pub mod words;
pub mod samples;
pub mod world;
pub mod disk;

pub use serde_json;
