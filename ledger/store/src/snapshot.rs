//! Derived indexes on disk, so that opening need not replay everything. A snapshot that leaves any doubt is thrown away.

use std::io;
use std::path::Path;

use case_ledger::hash::blake3;
use case_ledger::state::State;
use case_ledger::tree::Frontier;
use serde::{Deserialize, Serialize};

use crate::disk::{Access, read_if_there, replace};
use crate::published::UpperNodes;
use crate::segments::FrameRef;

const MAGIC: &[u8; 8] = b"CLSNAP01";

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
        let snapshot: Option<Self> = content.strip_prefix(MAGIC).and_then(|content| bincode::deserialize(content).ok());
        Ok(snapshot.filter(|snapshot| snapshot.frontier.size() == snapshot.state.size()))
    }
}
