//! Derived indexes on disk, so that opening need not replay everything. A snapshot that leaves any doubt is thrown away.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use case_ledger::hash::blake3;
use case_ledger::state::State;
use case_ledger::tree::Frontier;
use serde::{Deserialize, Serialize};

use crate::disk::{Access, read_if_there, replace};
use crate::layout::Layout;
use crate::published::{Published, UpperNodes};
use crate::segments::FrameRef;

const MAGIC: &[u8; 8] = b"CLSNAP02";

/// Everything that a replay would have arrived at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What admission knows.
    pub state: State,
    /// The tree's right edge.
    pub frontier: Frontier,
    /// The tree's upper nodes.
    pub upper: UpperNodes,
    /// Where the frames are.
    pub frames: Vec<FrameRef>,
}

impl Snapshot {
    /// Puts it in place of the one before.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut bytes = MAGIC.to_vec();
        bincode::serialize_into(&mut bytes, self).map_err(io::Error::other)?;
        let digest = blake3(&bytes);
        bytes.extend_from_slice(&digest.0);
        replace(path, &bytes, Access::Shared)
    }

    /// Reads one. `None` if there is none, or none that can be trusted.
    pub fn load(path: &Path) -> io::Result<Option<Self>> {
        let Some(bytes) = read_if_there(path)? else { return Ok(None) };
        let Some((content, digest)) = bytes.split_last_chunk::<32>() else { return Ok(None) };
        if blake3(content).0 != *digest {
            return Ok(None);
        }
        let snapshot: Option<Self> =
            content.strip_prefix(MAGIC).and_then(|content| bincode::deserialize(content).ok());
        Ok(snapshot.filter(|snapshot| snapshot.frontier.size() == snapshot.state.size()))
    }
}

/// Entries after which derived indexes are saved at the least.
const SNAPSHOT_AFTER: u64 = 65_536;

/// Saves derived indexes now and then, beside the writer.
pub struct Snapshots {
    layout: Layout,
    saved_at: u64,
    busy: Arc<AtomicBool>,
}

impl Snapshots {
    /// Beside a log whose indexes were saved at a size of `saved_at`.
    pub fn new(layout: &Layout, saved_at: u64) -> Self {
        Self { layout: layout.clone(), saved_at, busy: Arc::new(AtomicBool::new(false)) }
    }

    /// Saves if enough has come since: an eighth of the log, so that the work per entry stays the same however long it gets.
    pub fn save_if_due(
        &mut self,
        state: &State,
        frontier: &Frontier,
        published: &Mutex<Option<Arc<Published>>>,
    ) {
        let size = state.size();
        if size < self.saved_at + SNAPSHOT_AFTER.max(size / 8)
            || self.busy.swap(true, Ordering::AcqRel)
        {
            return;
        }
        self.saved_at = size;
        let (path, busy) = (self.layout.snapshot(), self.busy.clone());
        let snapshot = take(state, frontier, published);
        std::thread::spawn(move || {
            if let Some(snapshot) = snapshot {
                save(&snapshot, &path);
            }
            busy.store(false, Ordering::Release);
        });
    }

    /// Saves at the end.
    pub fn save_now(
        &mut self,
        state: &State,
        frontier: &Frontier,
        published: &Mutex<Option<Arc<Published>>>,
    ) {
        if state.size() == self.saved_at || self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(snapshot) = take(state, frontier, published) {
            save(&snapshot, &self.layout.snapshot());
        }
        self.busy.store(false, Ordering::Release);
    }
}

fn take(
    state: &State,
    frontier: &Frontier,
    published: &Mutex<Option<Arc<Published>>>,
) -> Option<Snapshot> {
    let published = published.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    let (frames, upper) = published.index();
    Some(Snapshot { state: state.clone(), frontier: frontier.clone(), upper, frames })
}

fn save(snapshot: &Snapshot, path: &Path) {
    if let Err(error) = snapshot.save(path) {
        // Nothing is lost: the next opening replays more.
        tracing::warn!(%error, "the indexes could not be saved");
    }
}
