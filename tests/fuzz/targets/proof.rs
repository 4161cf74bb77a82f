//! Proofs in the tree, held against RFC 6962's own definitions.
//!
//! Whatever leaf, index, sizes, roots and hashes: `verify_inclusion` and `verify_consistency` do not panic and say yes
//! exactly when the recursive definition does. Against the head of a real tree, an inclusion proof that verifies is the
//! honest one, for the leaf that stands there; and every honest proof verifies.
#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;

use case_ledger::hash::{Sha256Hash, sha256};
use case_ledger::tree::{
    Frontier, NodeId, TreeHead, consistency_proof, inclusion_proof, leaf_hash, node_hash,
    verify_consistency, verify_inclusion,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

const LARGEST: u64 = 70;

/// One growing tree: its leaves, its nodes, and its head at every size.
struct Tree {
    leaves: Vec<Sha256Hash>,
    nodes: HashMap<NodeId, Sha256Hash>,
    heads: Vec<TreeHead>,
}

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree =
        Tree { leaves: Vec::new(), nodes: HashMap::new(), heads: vec![TreeHead::empty()] };
    let mut frontier = Frontier::default();
    for number in 0..LARGEST {
        let leaf = leaf_hash(&number.to_le_bytes());
        tree.leaves.push(leaf);
        frontier.append(leaf, |id, hash| assert_eq!(tree.nodes.insert(id, hash), None));
        assert_eq!(frontier.head().root, root_of(&tree.leaves));
        tree.heads.push(frontier.head());
    }
    tree
});

fuzz_target!(|data: &[u8]| {
    // An input that is too short for a question asks none.
    let _ = ask(&mut Unstructured::new(data));
});

fn ask(input: &mut Unstructured<'_>) -> Result<()> {
    let tree = &*TREE;
    let lookup = |id: NodeId| tree.nodes.get(&id).copied();
    if input.arbitrary()? {
        let size = a_size(input)?;
        let index = if input.arbitrary()? {
            input.int_in_range(0..=size.saturating_sub(1))?
        } else {
            input.arbitrary()?
        };
        let honest = inclusion_proof(index, size.min(LARGEST), &lookup);
        if let (Some(honest), Some(leaf)) = (&honest, tree.leaves.get(index as usize)) {
            assert!(verify_inclusion(*leaf, index, tree.heads[size.min(LARGEST) as usize], honest));
        }
        let proof = changed(honest.clone().unwrap_or_default(), input)?;
        let leaf = a_hash(index, input)?;
        let defined = if index < size { root_by_path(leaf, index, size, &proof) } else { None };
        let root = a_root(size, defined, input)?;
        let verified = verify_inclusion(leaf, index, TreeHead { size, root }, &proof);
        assert_eq!(verified, defined == Some(root));
        if verified && tree.heads.get(size as usize).is_some_and(|head| head.root == root) {
            assert_eq!(
                (Some(leaf), Some(proof)),
                (tree.leaves.get(index as usize).copied(), honest)
            );
        }
    } else {
        let (old, new) = (a_size(input)?, a_size(input)?);
        let honest = consistency_proof(old.min(LARGEST), new.min(LARGEST), &lookup);
        if let Some(honest) = &honest {
            let head = |size: u64| tree.heads[size.min(LARGEST) as usize];
            assert!(verify_consistency(head(old), head(new), honest));
        }
        let proof = changed(honest.unwrap_or_default(), input)?;
        let claimed = a_root(old, None, input)?;
        let defined = if old <= new { roots_by_path(old, new, claimed, &proof) } else { None };
        let old_root =
            if input.arbitrary()? { defined.map_or(claimed, |(old, _)| old) } else { claimed };
        let new_root = a_root(new, defined.map(|(_, new)| new), input)?;
        let heads =
            (TreeHead { size: old, root: old_root }, TreeHead { size: new, root: new_root });
        let verified = verify_consistency(heads.0, heads.1, &proof);
        let by_definition = if old == 0 {
            proof.is_empty() && old_root == sha256(&[])
        } else {
            old <= new && roots_by_path(old, new, old_root, &proof) == Some((old_root, new_root))
        };
        assert_eq!(verified, by_definition);
        let is_real = |head: TreeHead| tree.heads.get(head.size as usize) == Some(&head);
        if verified && old > 0 && is_real(heads.1) {
            assert!(is_real(heads.0), "a real tree extends nothing but its own beginnings");
        }
    }
    Ok(())
}

/// Mostly of a small tree, sometimes of any, and then near a power of two.
fn a_size(input: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match input.arbitrary::<u8>()? {
        small @ 0..=200 => u64::from(small) % (LARGEST + 1),
        201..=225 => input.arbitrary()?,
        226..=240 => 1 << input.int_in_range(0..=63)?,
        241..=255 => (1_u64 << input.int_in_range(0..=63)?).wrapping_sub(1),
    })
}

fn a_hash(place: u64, input: &mut Unstructured<'_>) -> Result<Sha256Hash> {
    let tree = &*TREE;
    let honest = tree.leaves.get(place as usize).copied();
    Ok(match input.arbitrary::<u8>()? % 4 {
        0 | 1 => honest.unwrap_or_default(),
        2 => tree.leaves[usize::from(input.arbitrary::<u8>()?) % tree.leaves.len()],
        _ => tree.heads[usize::from(input.arbitrary::<u8>()?) % tree.heads.len()].root,
    })
}

fn a_root(
    size: u64,
    defined: Option<Sha256Hash>,
    input: &mut Unstructured<'_>,
) -> Result<Sha256Hash> {
    let honest = TREE.heads.get(size as usize).map(|head| head.root);
    Ok(match input.arbitrary::<u8>()? % 4 {
        0 => honest.or(defined).unwrap_or_default(),
        1 | 2 => defined.or(honest).unwrap_or_default(),
        _ => a_hash(size, input)?,
    })
}

/// The proof with hashes dropped, added, replaced, swapped or bent.
fn changed(mut proof: Vec<Sha256Hash>, input: &mut Unstructured<'_>) -> Result<Vec<Sha256Hash>> {
    for _ in 0..input.int_in_range(0..=3)? {
        let place = input.int_in_range(0..=proof.len())?;
        let change = input.arbitrary::<u8>()? % 5;
        match (change, proof.get_mut(place)) {
            (0, Some(_)) => drop(proof.remove(place)),
            (1, Some(hash)) => *hash = a_hash(0, input)?,
            (2, Some(hash)) => {
                hash.0[input.int_in_range(0..=31)?] ^= 1 << input.int_in_range(0..=7)?
            }
            (3, Some(_)) => proof.swap(place, 0),
            // To a length that large trees have.
            (4, _) => proof.resize(input.int_in_range(0..=70)?, a_hash(place as u64, input)?),
            (_, _) => proof.insert(place, a_hash(place as u64, input)?),
        }
    }
    Ok(proof)
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    let mut power: u64 = 1;
    while power < size - power {
        power *= 2;
    }
    power
}

/// `MTH(D)` of RFC 6962 section 2.1.
fn root_of(leaves: &[Sha256Hash]) -> Sha256Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The root that `PATH(m, D[n])` of section 2.1.1 leads to, if it has the path's length.
fn root_by_path(
    leaf: Sha256Hash,
    index: u64,
    size: u64,
    path: &[Sha256Hash],
) -> Option<Sha256Hash> {
    if size == 1 {
        return path.is_empty().then_some(leaf);
    }
    let (last, path) = path.split_last()?;
    let left = split(size);
    if index < left {
        Some(node_hash(&root_by_path(leaf, index, left, path)?, last))
    } else {
        Some(node_hash(last, &root_by_path(leaf, index - left, size - left, path)?))
    }
}

/// The old and the new root that `PROOF(m, D[n])` of section 2.1.2 leads to, if it has the proof's length.
fn roots_by_path(
    old: u64,
    new: u64,
    old_root: Sha256Hash,
    proof: &[Sha256Hash],
) -> Option<(Sha256Hash, Sha256Hash)> {
    fn subproof(
        old: u64,
        new: u64,
        whole: Option<Sha256Hash>,
        proof: &[Sha256Hash],
    ) -> Option<(Sha256Hash, Sha256Hash)> {
        if old == new {
            return match (whole, proof) {
                (Some(root), []) => Some((root, root)),
                (None, [root]) => Some((*root, *root)),
                _ => None,
            };
        }
        let (last, proof) = proof.split_last()?;
        let left = split(new);
        if old <= left {
            let (before, after) = subproof(old, left, whole, proof)?;
            Some((before, node_hash(&after, last)))
        } else {
            let (before, after) = subproof(old - left, new - left, None, proof)?;
            Some((node_hash(last, &before), node_hash(last, &after)))
        }
    }
    if old == 0 { None } else { subproof(old, new, Some(old_root), proof) }
}
