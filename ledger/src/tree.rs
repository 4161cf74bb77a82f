//! The Merkle tree over all records: RFC 6962 with SHA-256, as every existing verifier computes it.

use crate::hash::{Sha256Hash, sha256};

/// A tree's size and root: they travel together, so that they cannot be mixed up with another tree's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: u64,
    /// Root hash.
    pub root: Sha256Hash,
}

impl TreeHead {
    /// The tree without leaves: SHA-256 of nothing.
    pub fn empty() -> Self {
        Self { size: 0, root: sha256(&[]) }
    }
}

/// The hash of a leaf (RFC 6962 section 2.1).
pub fn leaf_hash(data: &[u8]) -> Sha256Hash {
    sha256(&[&[0], data])
}

/// The hash of an inner node.
pub fn node_hash(left: &Sha256Hash, right: &Sha256Hash) -> Sha256Hash {
    sha256(&[&[1], &left.0, &right.0])
}

/// A perfect subtree: 2^`level` leaves, the first of them leaf `index` · 2^`level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Height above the leaves.
    pub level: u8,
    /// Which one on its level, from the left.
    pub index: u64,
}

/// The right edge of a growing tree: the roots of its perfect subtrees, largest first. All that appending needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Sha256Hash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves whose nodes are at hand.
    pub fn load(size: u64, nodes: &impl Nodes) -> Option<Self> {
        let peaks: Option<Vec<_>> =
            perfect_subtrees(0, size).into_iter().map(|id| nodes.node(id)).collect();
        Some(Self { size, peaks: peaks? })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash and reports each node that becomes complete, the leaf first.
    pub fn append(&mut self, leaf: Sha256Hash, mut completed: impl FnMut(NodeId, Sha256Hash)) {
        let (mut hash, mut id) = (leaf, NodeId { level: 0, index: self.size });
        completed(id, hash);
        while id.index % 2 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
            id = NodeId { level: id.level + 1, index: id.index / 2 };
            completed(id, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The tree's head.
    pub fn head(&self) -> TreeHead {
        let root = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        root.map_or_else(TreeHead::empty, |root| TreeHead { size: self.size, root })
    }
}

/// Where complete nodes are looked up.
pub trait Nodes {
    /// The hash of a perfect subtree, if it is complete and at hand.
    fn node(&self, id: NodeId) -> Option<Sha256Hash>;
}

impl<F: Fn(NodeId) -> Option<Sha256Hash>> Nodes for F {
    fn node(&self, id: NodeId) -> Option<Sha256Hash> {
        self(id)
    }
}

/// The perfect subtrees that make up leaves `start..end`, where `start` is a multiple of the first one's size.
fn perfect_subtrees(start: u64, end: u64) -> Vec<NodeId> {
    let mut subtrees = Vec::new();
    let mut next = start;
    while next < end {
        let room = (end - next).ilog2();
        let aligned = if next == 0 { room } else { next.trailing_zeros().min(room) };
        let level = u8::try_from(aligned).unwrap_or(u8::MAX);
        subtrees.push(NodeId { level, index: next >> level });
        next += 1 << level;
    }
    subtrees
}

/// The hash over leaves `start..end` of a tree (`MTH(D[start:end])`), for a range that RFC 6962 splits off.
fn range_hash(start: u64, end: u64, nodes: &impl Nodes) -> Option<Sha256Hash> {
    let hashes: Option<Vec<_>> =
        perfect_subtrees(start, end).into_iter().map(|id| nodes.node(id)).collect();
    hashes?.into_iter().rev().reduce(|right, left| node_hash(&left, &right))
}

/// The largest power of two below `size`; `size` is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The inclusion proof for leaf `index` in the tree of `size` leaves, the leaf's sibling first.
///
/// `None` if the leaf is not in the tree or a node is not at hand.
pub fn inclusion_proof(index: u64, size: u64, nodes: &impl Nodes) -> Option<Vec<Sha256Hash>> {
    if index >= size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut siblings = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
        }
    }
    siblings.into_iter().rev().map(|(start, end)| range_hash(start, end, nodes)).collect()
}

/// The consistency proof between the trees of `old` and `new` leaves.
///
/// `None` if `old` is larger than `new` or a node is not at hand; empty if `old` is 0 or equal to `new`.
pub fn consistency_proof(old: u64, new: u64, nodes: &impl Nodes) -> Option<Vec<Sha256Hash>> {
    if old > new {
        return None;
    }
    if old == 0 || old == new {
        return Some(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut known = true;
    let mut ranges = Vec::new();
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
            known = false;
        }
    }
    if !known {
        ranges.push((start, end));
    }
    ranges.into_iter().rev().map(|(start, end)| range_hash(start, end, nodes)).collect()
}

/// Whether `proof` shows that `leaf` is leaf `index` of the tree `head` (RFC 9162 section 2.1.3.2).
pub fn verify_inclusion(
    leaf: Sha256Hash,
    index: u64,
    head: TreeHead,
    proof: &[Sha256Hash],
) -> bool {
    if index >= head.size {
        return false;
    }
    let (mut node, mut last) = (index, head.size - 1);
    let mut hash = leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == head.root
}

/// Whether `proof` shows that the tree `new` extends the tree `old` (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(old: TreeHead, new: TreeHead, proof: &[Sha256Hash]) -> bool {
    if old.size > new.size {
        return false;
    }
    if old.size == 0 {
        return proof.is_empty() && old.root == TreeHead::empty().root;
    }
    if old.size == new.size {
        return proof.is_empty() && old.root == new.root;
    }
    let mut hashes = proof.iter().copied();
    let first = if old.size.is_power_of_two() { Some(old.root) } else { hashes.next() };
    let Some(first) = first.filter(|_| !proof.is_empty()) else { return false };
    let (mut node, mut last) = (old.size - 1, new.size - 1);
    while node % 2 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in hashes {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(&sibling, &old_hash);
            new_hash = node_hash(&sibling, &new_hash);
            while node % 2 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, &sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == old.root && new_hash == new.root
}

/// Hashes in one full tile of C2SP tlog-tiles: eight levels of the tree.
pub const TILE_WIDTH: u64 = 256;

/// A full tile (C2SP tlog-tiles): 256 hashes, each the root of a perfect subtree of 256^`level` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Tile level; leaves are on 0.
    pub level: u8,
    /// Which one on its level, from the left.
    pub index: u64,
}

impl TileId {
    /// The tile from which a node can be had, and which of the tile's perfect subtrees it is (levels above the tile's bottom row).
    pub fn of(node: NodeId) -> (Self, NodeId) {
        let (level, within) = (node.level / 8, node.level % 8);
        let first = node.index << within;
        let tile = Self { level, index: first / TILE_WIDTH };
        (tile, NodeId { level: within, index: (first % TILE_WIDTH) >> within })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The definition of RFC 6962 section 2.1, as slow as it is plain.
    fn root_by_definition(leaves: &[Sha256Hash]) -> Sha256Hash {
        match leaves {
            [] => sha256(&[]),
            [leaf] => *leaf,
            _ => {
                let (left, right) =
                    leaves.split_at(usize::try_from(split(leaves.len() as u64)).unwrap());
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    #[test]
    fn every_proof_up_to_seventy_leaves_verifies_and_no_changed_one_does() {
        let leaves: Vec<_> =
            (0..70_u64).map(|leaf| leaf_hash(leaf.to_string().as_bytes())).collect();
        let mut frontier = Frontier::default();
        let mut nodes = HashMap::new();
        let mut heads = vec![frontier.head()];
        for leaf in &leaves {
            frontier.append(*leaf, |id, hash| assert_eq!(nodes.insert(id, hash), None));
            heads.push(frontier.head());
            assert_eq!(frontier.head().root, root_by_definition(&leaves[..heads.len() - 1]));
        }
        let lookup = |id: NodeId| nodes.get(&id).copied();
        for head in &heads {
            assert_eq!(Frontier::load(head.size, &lookup).unwrap().head(), *head);
            for (index, leaf) in (0..head.size).zip(&leaves) {
                let proof = inclusion_proof(index, head.size, &lookup).unwrap();
                assert!(verify_inclusion(*leaf, index, *head, &proof));
                assert!(!verify_inclusion(sha256(&[b"other"]), index, *head, &proof));
                assert!(!verify_inclusion(*leaf, index + 1, *head, &proof));
                assert!(proof.is_empty() || !verify_inclusion(*leaf, index, *head, &proof[1..]));
                let longer = [proof.clone(), vec![*leaf]].concat();
                assert!(!verify_inclusion(*leaf, index, *head, &longer));
            }
            assert_eq!(inclusion_proof(head.size, head.size, &lookup), None);
            for old in &heads {
                let proof = consistency_proof(old.size, head.size, &lookup);
                if old.size > head.size {
                    assert_eq!(proof, None);
                    continue;
                }
                let proof = proof.unwrap();
                assert!(verify_consistency(*old, *head, &proof), "{} {}", old.size, head.size);
                let forged = TreeHead { root: sha256(&[b"other"]), ..*old };
                assert!(!verify_consistency(forged, *head, &proof));
                let longer = [proof.clone(), vec![head.root]].concat();
                assert!(!verify_consistency(*old, *head, &longer));
                assert!(proof.is_empty() || !verify_consistency(*old, *head, &proof[1..]));
            }
        }
    }

    #[test]
    fn nodes_are_found_in_their_tiles() {
        let of = |level, index| TileId::of(NodeId { level, index });
        assert_eq!(of(0, 256), (TileId { level: 0, index: 1 }, NodeId { level: 0, index: 0 }));
        assert_eq!(of(3, 33), (TileId { level: 0, index: 1 }, NodeId { level: 3, index: 1 }));
        assert_eq!(of(8, 5), (TileId { level: 1, index: 0 }, NodeId { level: 0, index: 5 }));
        assert_eq!(of(17, 3), (TileId { level: 2, index: 0 }, NodeId { level: 1, index: 3 }));
    }
}
