//! What an operator may set.

use std::time::Duration;

/// Limits and times of the HTTP face. There is no `Default`: whoever serves says so, if only by [`Config::standard`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Connections that are served at once; more wait to be accepted.
    pub connections_max: usize,
    /// Within which a request's head must have come; an idle connection is closed after it too.
    pub head_within: Duration,
    /// The longest request head, in bytes. Bodies are read in pieces of at most this size.
    pub head_max: usize,
    /// Header fields of a request at most.
    pub headers_max: usize,
    /// Within which a single action's body must have come.
    pub action_within: Duration,
    /// How long a batch's upload may pause.
    pub upload_idle: Duration,
    /// How long a client may leave an answer unread.
    pub answer_idle: Duration,
    /// How long a single action waits for a place in the queue before it is told to come again.
    pub queue_within: Duration,
    /// Batches that run at once. Each holds a few MiB.
    pub batches_max: usize,
    /// Lines of a batch that are submitted together at most.
    pub group_lines: usize,
    /// Bytes of a batch after which no further line joins a group.
    pub group_bytes: usize,
    /// How soon after the question an unknown case is said to be unknown, at the earliest. Looking a case up is well below, so
    /// the time does not tell an unknown case from one that is not public.
    pub unknown_case_after: Duration,
    /// How long requests may take to finish once the server is going down.
    pub drain_within: Duration,
}

impl Config {
    /// Values for one machine behind a reverse proxy that ends TLS.
    pub fn standard() -> Self {
        Self {
            connections_max: 1024,
            head_within: Duration::from_secs(20),
            // 64 KiB: ample for a head, and some ninety lines of a batch in one read.
            head_max: 64 * 1024,
            headers_max: 64,
            action_within: Duration::from_secs(30),
            upload_idle: Duration::from_secs(30),
            answer_idle: Duration::from_mins(1),
            queue_within: Duration::from_secs(1),
            batches_max: 8,
            // 256 lines are some 7 ms of signature checks on one core: enough to hide a commit of the group before.
            group_lines: 256,
            group_bytes: 512 * 1024,
            unknown_case_after: Duration::from_millis(5),
            drain_within: Duration::from_secs(10),
        }
    }
}
