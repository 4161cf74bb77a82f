//! Ids of requests, by which an operator finds an answer's line in the log.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives ids to requests: distinct within a run, and between runs but for an accident.
pub(crate) struct RequestIds {
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        // No secret: two runs only should not look the same in a log.
        let random = RandomState::new().hash_one(0_u8);
        Self { run: u32::try_from(random >> 32).unwrap_or_default(), next: AtomicU64::new(1) }
    }

    pub(crate) fn next(&self) -> String {
        format!("{:08x}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }
}
