//! What readers see: everything up to the last durable commit, never a part of one.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, decode};
use case_ledger::hash::Sha256Hash;
use case_ledger::names::StreamKey;
use case_ledger::record::record_leaf;
use case_ledger::registry::{KeyRing, Registry};
use case_ledger::state::{DigestMap, Fingerprint, State};
use case_ledger::time::Micros;
use case_ledger::tree::{
    NodeId, Nodes, TILE_WIDTH, TileId, consistency_proof, inclusion_proof, node_hash,
};

use crate::segments::{FrameRef, read_frame};

/// The last entry of a stream, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// Position of its last entry.
    pub head: u64,
    /// Number of its entries.
    pub length: u64,
}

/// Complete nodes of the tree from level 8 up: one hash for 256 entries and above, a quarter of a mebibyte a million entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UpperNodes(Vec<Vec<Sha256Hash>>);

impl UpperNodes {
    /// Takes in a node as it becomes complete; lower ones are passed over.
    pub fn push(&mut self, id: NodeId, hash: Sha256Hash) {
        if let Some(level) = id.level.checked_sub(8) {
            let level = usize::from(level);
            if self.0.len() <= level {
                self.0.resize_with(level + 1, Vec::new);
            }
            if let Some(nodes) = self.0.get_mut(level) {
                nodes.push(hash);
            }
        }
    }

    fn get(&self, id: NodeId) -> Option<Sha256Hash> {
        self.0
            .get(usize::from(id.level.checked_sub(8)?))?
            .get(usize::try_from(id.index).ok()?)
            .copied()
    }
}

/// The nodes of a row of 256 leaves, below level 8: what most of a proof's hashes are.
#[derive(Debug, Clone, Default)]
struct Row([Vec<Sha256Hash>; 8]);

impl Row {
    /// The nodes over these leaves, at most 256 of them.
    fn of(leaves: Vec<Sha256Hash>) -> Self {
        let mut row = Self::default();
        let mut hashes = leaves;
        for level in &mut row.0 {
            let pairs = hashes.chunks_exact(2);
            let above = pairs
                .filter_map(|pair| {
                    if let [left, right] = pair { Some(node_hash(left, right)) } else { None }
                })
                .collect();
            *level = std::mem::replace(&mut hashes, above);
        }
        row
    }

    /// Appends a leaf, and every node that it completes. After the 256th, the row begins anew.
    fn push(&mut self, leaf: Sha256Hash) {
        let mut hash = leaf;
        for level in &mut self.0 {
            level.push(hash);
            match level.as_slice() {
                [.., left, right] if level.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => return,
            }
        }
        *self = Self::default();
    }

    fn get(&self, node: NodeId) -> Option<Sha256Hash> {
        self.0.get(usize::from(node.level))?.get(usize::try_from(node.index).ok()?).copied()
    }
}

#[derive(Debug)]
struct View {
    checkpoint: SignedCheckpoint,
    recorded_at: Micros,
    frames: Vec<FrameRef>,
    files: Vec<Arc<File>>,
    streams: DigestMap<Fingerprint, StreamHead>,
    upper: UpperNodes,
    /// The last, incomplete row.
    last_row: Row,
    registry: Arc<Registry>,
    keys: Arc<KeyRing>,
}

/// What one commit adds to the view.
#[derive(Debug)]
pub struct Addition {
    /// Its checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// Its stamp.
    pub recorded_at: Micros,
    /// Where its frames are.
    pub frames: Vec<FrameRef>,
    /// The segment files, if there is a new one.
    pub files: Vec<Arc<File>>,
    /// The streams it went on with.
    pub streams: Vec<(StreamKey, StreamHead)>,
    /// Leaf hashes of its entries.
    pub leaves: Vec<Sha256Hash>,
    /// Nodes that became complete.
    pub nodes: Vec<(NodeId, Sha256Hash)>,
    /// The registry, if it changed.
    pub registry: Option<Registry>,
}

/// Everything that readers share.
#[derive(Debug)]
pub struct Published {
    view: RwLock<View>,
    /// Complete rows read lately, by row number.
    rows: Mutex<VecDeque<(u64, Arc<Row>)>>,
    /// Held while a frame is overwritten.
    rewriting: Mutex<()>,
}

const ROWS_KEPT: usize = 64;

/// A stored record as it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// The header's bytes.
    pub header: Vec<u8>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The sealed disclosures.
    pub sealed: Vec<u8>,
}

/// What the view is made from at opening.
pub struct Beginning {
    /// The last checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// Where the frames are.
    pub frames: Vec<FrameRef>,
    /// The segment files.
    pub files: Vec<Arc<File>>,
    /// Upper nodes of the tree.
    pub upper: UpperNodes,
}

impl Published {
    /// The view of a log that was opened.
    pub fn new(beginning: Beginning, state: &State) -> io::Result<Self> {
        let heads = state.streams().map(|(key, stream)| {
            (key.into(), StreamHead { head: stream.head.0, length: stream.length })
        });
        let view = View {
            checkpoint: beginning.checkpoint,
            recorded_at: state.recorded_at(),
            frames: beginning.frames,
            files: beginning.files,
            streams: heads.collect(),
            upper: beginning.upper,
            last_row: Row::default(),
            registry: Arc::new(state.registry().clone()),
            keys: Arc::new(KeyRing::of(state.registry())),
        };
        let published = Self {
            view: RwLock::new(view),
            rows: Mutex::new(VecDeque::new()),
            rewriting: Mutex::new(()),
        };
        let size = state.size();
        let last_row = Row::of(published.read_row(size / TILE_WIDTH, size)?);
        published.write(|view| view.last_row = last_row);
        Ok(published)
    }

    fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.view.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Shows a commit that is durable now.
    pub fn add(&self, addition: Addition) {
        let keys = addition.registry.as_ref().map(|registry| {
            let mut keys = KeyRing::clone(&self.keys());
            keys.take_over(registry);
            Arc::new(keys)
        });
        self.write(|view| {
            view.frames.extend(addition.frames);
            if !addition.files.is_empty() {
                view.files = addition.files;
            }
            view.streams.extend(
                addition.streams.into_iter().map(|(key, head)| (Fingerprint::from(key), head)),
            );
            addition.nodes.into_iter().for_each(|(id, hash)| view.upper.push(id, hash));
            addition.leaves.into_iter().for_each(|leaf| view.last_row.push(leaf));
            if let (Some(registry), Some(keys)) = (addition.registry, keys) {
                view.registry = Arc::new(registry);
                view.keys = keys;
            }
            view.recorded_at = addition.recorded_at;
            view.checkpoint = addition.checkpoint;
        });
    }

    /// The newest checkpoint, and when its last entry was recorded.
    pub fn checkpoint(&self) -> (SignedCheckpoint, Micros) {
        self.read(|view| (view.checkpoint.clone(), view.recorded_at))
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.read(|view| view.checkpoint.checkpoint.head.size)
    }

    /// The registry as of the newest checkpoint.
    pub fn registry(&self) -> Arc<Registry> {
        self.read(|view| view.registry.clone())
    }

    /// The keys as of the newest checkpoint.
    pub fn keys(&self) -> Arc<KeyRing> {
        self.read(|view| view.keys.clone())
    }

    /// A stream's head as of the newest checkpoint.
    pub fn stream(&self, key: StreamKey) -> Option<StreamHead> {
        self.read(|view| view.streams.get(&key.into()).copied())
    }

    /// The frame index and the upper nodes, as a snapshot keeps them.
    pub fn index(&self) -> (Vec<FrameRef>, UpperNodes) {
        self.read(|view| (view.frames.clone(), view.upper.clone()))
    }

    /// Where the frame that holds an entry is.
    fn frame_of(&self, seq: u64) -> Option<(FrameRef, Arc<File>)> {
        self.read(|view| {
            if seq >= view.checkpoint.checkpoint.head.size {
                return None;
            }
            let after = view.frames.partition_point(|frame| frame.first <= seq);
            let frame = *view.frames.get(after.checked_sub(1)?)?;
            Some((frame, view.files.get(usize::try_from(frame.segment).ok()?)?.clone()))
        })
    }

    /// The bytes of the frame that holds an entry, with its place.
    pub fn frame_bytes(&self, seq: u64) -> io::Result<Option<(FrameRef, Vec<u8>)>> {
        let Some((place, file)) = self.frame_of(seq) else { return Ok(None) };
        let bytes = read_frame(&file, place)?;
        if let Found::Frame(_) = decode(&bytes) {
            return Ok(Some((place, bytes)));
        }
        // It may have been read while a body in it was being withheld.
        let _alone = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Some((place, read_frame(&file, place)?)))
    }

    /// The record at a position. `None` if there is none yet.
    pub fn record(&self, seq: u64) -> io::Result<Option<RawRecord>> {
        let Some((place, bytes)) = self.frame_bytes(seq)? else { return Ok(None) };
        let Found::Frame(frame) = decode(&bytes) else { return Err(damaged(place)) };
        let within = usize::try_from(seq - frame.first).unwrap_or(usize::MAX);
        let record = frame.records.get(within).ok_or_else(|| damaged(place))?;
        Ok(Some(RawRecord {
            header: record.header.to_vec(),
            body: record.body.to_vec(),
            sealed: record.sealed.to_vec(),
        }))
    }

    /// Overwrites a frame with another of the same length: a body in it is withheld.
    pub(crate) fn rewrite(&self, place: FrameRef, bytes: &[u8]) -> io::Result<()> {
        use std::os::unix::fs::FileExt as _;
        let file = self.read(|view| {
            usize::try_from(place.segment).ok().and_then(|segment| view.files.get(segment).cloned())
        });
        let file = file.ok_or_else(|| io::Error::other("a segment file is missing"))?;
        let _alone = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all_at(bytes, u64::from(place.offset))?;
        file.sync_all()
    }

    /// Leaf hashes `row`·256 up to `row`·256 + 256 or `size`, whichever is less, read from the records' headers.
    fn read_row(&self, row: u64, size: u64) -> io::Result<Vec<Sha256Hash>> {
        let (mut next, end) = (row * TILE_WIDTH, ((row + 1) * TILE_WIDTH).min(size));
        let mut leaves = Vec::new();
        while next < end {
            let Some((place, bytes)) = self.frame_bytes(next)? else { break };
            let Found::Frame(frame) = decode(&bytes) else { return Err(damaged(place)) };
            let skipped = usize::try_from(next - frame.first).unwrap_or(usize::MAX);
            let wanted = usize::try_from(end - next).unwrap_or(usize::MAX);
            leaves.extend(
                frame
                    .records
                    .iter()
                    .skip(skipped)
                    .take(wanted)
                    .map(|record| record_leaf(record.header)),
            );
            next = frame.end().min(end);
        }
        Ok(leaves)
    }

    /// A row that is complete, and so never changes.
    fn complete_row(&self, row: u64) -> Option<Arc<Row>> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = rows.iter().find(|(number, _)| *number == row) {
            return Some(known.clone());
        }
        let read = Arc::new(Row::of(self.read_row(row, self.size()).ok()?));
        if rows.len() == ROWS_KEPT {
            rows.pop_front();
        }
        rows.push_back((row, read.clone()));
        Some(read)
    }

    /// The inclusion proof of an entry in the tree of `size` entries.
    pub fn inclusion(&self, seq: u64, size: u64) -> Option<Vec<Sha256Hash>> {
        if size > self.size() { None } else { inclusion_proof(seq, size, self) }
    }

    /// The consistency proof between two sizes.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Sha256Hash>> {
        if new > self.size() { None } else { consistency_proof(old, new, self) }
    }

    /// The root of the tree when it had `size` entries.
    pub fn root_at(&self, size: u64) -> Option<Sha256Hash> {
        if size > self.size() {
            return None;
        }
        case_ledger::tree::Frontier::load(size, self).map(|frontier| frontier.head().root)
    }
}

impl Nodes for Published {
    fn node(&self, id: NodeId) -> Option<Sha256Hash> {
        if id.level >= 8 {
            return self.read(|view| view.upper.get(id));
        }
        let (tile, within) = TileId::of(id);
        let in_last = self.read(|view| {
            let last = view.checkpoint.checkpoint.head.size / TILE_WIDTH;
            (tile.index == last).then(|| view.last_row.get(within))
        });
        in_last.unwrap_or_else(|| self.complete_row(tile.index)?.get(within))
    }
}

fn damaged(place: FrameRef) -> io::Error {
    let text = format!(
        "the frame of entry {} is damaged: run `caseledger verify`, then `caseledger repair`",
        place.first
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}
