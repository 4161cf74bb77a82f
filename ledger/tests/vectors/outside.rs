//! `tlog/` and `sealed/`: vectors made by other programs. Nothing here is ever written by this one.

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::disclosure::Disclosure;
use case_ledger::encoding::{from_base64, from_base64url, to_base64, to_base64url};
use case_ledger::hash::{Sha256Hash, from_hex, hex, sha256};
use case_ledger::names::{Origin, PublicKey};
use case_ledger::note::{KeyType, Note, NoteKey, SignatureLine, cosign};
use case_ledger::signing::SigningKey;
use case_ledger::tree::{
    Frontier, NodeId, TreeHead, consistency_proof, inclusion_proof, leaf_hash, verify_consistency,
    verify_inclusion,
};
use serde_json::Value;
use std::collections::HashMap;

use crate::{bytes, json, list, number, text, word};

pub(crate) const FILES: &[&str] = &[
    "sealed/disclosures.json",
    "tlog/add-checkpoint-3-to-8.txt",
    "tlog/big-trees.json",
    "tlog/checkpoint-0.txt",
    "tlog/checkpoint-3.txt",
    "tlog/checkpoint-8.txt",
    "tlog/keys.json",
    "tlog/leaf-5.tlog-proof",
    "tlog/rfc.json",
    "tlog/tree.json",
];

fn hash(text: &str) -> Sha256Hash {
    Sha256Hash::from_slice(&from_hex(text).unwrap()).unwrap()
}

fn proof(vector: &Value) -> Vec<Sha256Hash> {
    list(vector, "proof").iter().map(|text| hash(text.as_str().unwrap())).collect()
}

/// A tree with all its nodes at hand.
#[derive(Default)]
struct Tree {
    frontier: Frontier,
    nodes: HashMap<NodeId, Sha256Hash>,
    heads: Vec<TreeHead>,
}

impl Tree {
    fn of(leaves: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut tree = Self { heads: vec![TreeHead::empty()], ..Self::default() };
        for leaf in leaves {
            let nodes = &mut tree.nodes;
            tree.frontier.append(leaf_hash(&leaf), |id, hash| {
                nodes.insert(id, hash);
            });
            tree.heads.push(tree.frontier.head());
        }
        tree
    }

    fn lookup(&self) -> impl Fn(NodeId) -> Option<Sha256Hash> {
        |id| self.nodes.get(&id).copied()
    }
}

fn eight() -> Tree {
    let tree = json("tlog/tree.json");
    Tree::of(
        list(&tree, "leaves")
            .iter()
            .map(|leaf| from_hex(leaf.as_str().unwrap()).unwrap())
            .collect::<Vec<_>>()
            .into_iter(),
    )
}

#[test]
fn trees_are_those_of_go() {
    let (vectors, tree) = (json("tlog/tree.json"), eight());
    let head = |size: u64| tree.heads[usize::try_from(size).unwrap()];
    for root in list(&vectors, "roots") {
        assert_eq!(head(number(root, "size")).root, hash(word(root, "root")));
    }
    for vector in list(&vectors, "inclusion") {
        let (index, size) = (number(vector, "index"), number(vector, "size"));
        assert_eq!(
            inclusion_proof(index, size, &tree.lookup()),
            Some(proof(vector)),
            "{index} in {size}"
        );
        let leaf = tree.nodes[&NodeId { level: 0, index }];
        assert!(verify_inclusion(leaf, index, head(size), &proof(vector)), "{index} in {size}");
    }
    for vector in list(&vectors, "consistency") {
        let (old, new) = (number(vector, "old"), number(vector, "new"));
        assert_eq!(
            consistency_proof(old, new, &tree.lookup()),
            Some(proof(vector)),
            "{old} to {new}"
        );
        assert!(verify_consistency(head(old), head(new), &proof(vector)), "{old} to {new}");
    }
    let bundle: Vec<u8> = list(&vectors, "leaves")
        .iter()
        .flat_map(|leaf| {
            let leaf = from_hex(leaf.as_str().unwrap()).unwrap();
            [&u16::try_from(leaf.len()).unwrap().to_be_bytes()[..], &leaf].concat()
        })
        .collect();
    assert_eq!(bundle, bytes(&vectors, "entry_bundle"));
}

#[test]
fn big_trees_are_those_of_go() {
    let vectors = json("tlog/big-trees.json");
    let roots = list(&vectors, "roots");
    let largest = roots.iter().map(|root| number(root, "size")).max().unwrap();
    let tree = Tree::of((0..largest).map(|leaf| leaf.to_string().into_bytes()));
    for root in roots {
        let size = number(root, "size");
        assert_eq!(
            to_base64(&tree.heads[usize::try_from(size).unwrap()].root.0),
            word(root, "root"),
            "{size}"
        );
    }
    let tile = &vectors["tile"];
    let first = number(tile, "index") * 256;
    let row: Vec<u8> = (first..first + number(tile, "width"))
        .flat_map(|index| tree.nodes[&NodeId { level: 0, index }].0)
        .collect();
    assert_eq!(
        (row.len() as u64, sha256(&[&row])),
        (number(tile, "bytes"), hash(word(tile, "sha256")))
    );
}

fn note_key(vector: &Value, key_type: KeyType) -> (SigningKey, NoteKey) {
    let signing = SigningKey::from_seed(&bytes(vector, "seed").try_into().unwrap());
    let key = NoteKey { name: word(vector, "name").to_owned(), key_type, key: signing.public() };
    (signing, key)
}

#[test]
fn keys_and_checkpoints_are_those_of_go() {
    let vectors = json("tlog/keys.json");
    let (ledger, ledger_key) = note_key(&vectors["ledger"], KeyType::Ed25519);
    let (witness, witness_key) = note_key(&vectors["witness"], KeyType::CosignatureV1);
    let (_, witness_as_signer) = note_key(&vectors["witness"], KeyType::Ed25519);
    assert_eq!(ledger_key.to_vkey(), word(&vectors["ledger"], "vkey"));
    assert_eq!(witness_key.to_vkey(), word(&vectors["witness"], "vkey_type_4"));
    assert_eq!(witness_as_signer.to_vkey(), word(&vectors["witness"], "vkey_type_1"));
    assert_eq!(
        sha256(&[word(&vectors["ledger"], "name").as_bytes()]).to_string(),
        word(&vectors["ledger"], "name_sha256")
    );
    for known in list(&vectors, "known_vkeys") {
        let vkey = known.as_str().unwrap();
        assert_eq!(NoteKey::parse_vkey(vkey).map(|key| key.to_vkey()).as_deref(), Some(vkey));
    }
    let skey = word(&vectors["ledger"], "skey");
    let typed = [&[1], &ledger.seed()[..]].concat();
    assert_eq!(
        format!("PRIVATE+KEY+{}+{}+{}", ledger_key.name, hex(&ledger_key.id()), to_base64(&typed)),
        skey
    );

    let tree = eight();
    let origin = Origin::parse(&ledger_key.name).unwrap();
    for (size, path) in
        [(0, "tlog/checkpoint-0.txt"), (3, "tlog/checkpoint-3.txt"), (8, "tlog/checkpoint-8.txt")]
    {
        let opened =
            SignedCheckpoint::parse(&text(path)).unwrap().open(&origin, ledger.public()).unwrap();
        assert_eq!(opened.checkpoint.head, tree.heads[size], "{path}");
        assert_eq!(opened.to_text(), text(path));
        let mut made = opened.checkpoint.sign(&ledger);
        if size == 8 {
            let time = number(&vectors["witness"], "time");
            assert_eq!(opened.note.cosigned_by(&witness_key), Ok(Some(time)));
            assert_eq!(opened.note.cosigned_by(&witness_as_signer), Ok(None));
            made.note.signatures.push(cosign(&made.note.text, time, &witness_key.name, &witness));
        }
        assert_eq!(made.to_text(), text(path));
    }
}

#[test]
fn proofs_as_text_are_those_of_go() {
    let tree = eight();
    let request = text("tlog/add-checkpoint-3-to-8.txt");
    let (head, checkpoint) = request.split_once("\n\n").unwrap();
    let hashes: Vec<_> = head
        .lines()
        .skip(1)
        .map(|line| Sha256Hash::from_slice(&from_base64(line).unwrap()).unwrap())
        .collect();
    assert_eq!(head.lines().next(), Some("old 3"));
    assert_eq!(consistency_proof(3, 8, &tree.lookup()), Some(hashes));
    assert_eq!(checkpoint, text("tlog/checkpoint-8.txt"));

    let proof = text("tlog/leaf-5.tlog-proof");
    let (head, checkpoint) = proof.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some(case_ledger::receipt::FIRST_LINE));
    assert_eq!(lines.next(), Some("index 5"));
    let hashes: Vec<_> =
        lines.map(|line| Sha256Hash::from_slice(&from_base64(line).unwrap()).unwrap()).collect();
    assert_eq!(inclusion_proof(5, 8, &tree.lookup()), Some(hashes));
    assert_eq!(checkpoint, text("tlog/checkpoint-8.txt"));
    // A proof without the record is no receipt.
    assert!(case_ledger::receipt::Receipt::parse(&proof).is_err());
}

#[test]
fn what_the_standards_print_comes_out() {
    let vectors = json("tlog/rfc.json");
    for vector in list(&vectors, "rfc_8032_7_1") {
        let key = SigningKey::from_seed(&bytes(vector, "seed").try_into().unwrap());
        assert_eq!(hex(&key.public().0), word(vector, "public"));
        assert_eq!(hex(&key.sign(&bytes(vector, "message"))), word(vector, "signature"));
    }
    let thumbprint = &vectors["rfc_8037_a_3"];
    assert_eq!(
        PublicKey::parse(word(thumbprint, "x")).unwrap().kid().to_string(),
        word(thumbprint, "thumbprint")
    );
    let disclosed = &vectors["rfc_9901_4_2"];
    let disclosure = Disclosure::parse(word(disclosed, "disclosure")).unwrap();
    assert_eq!(
        (disclosure.name(), disclosure.value()),
        (word(disclosed, "name"), word(disclosed, "value"))
    );
    assert_eq!(to_base64url(&disclosure.digest().0), word(disclosed, "digest"));
}

/// The cipher is the store's; what goes into it is checked here.
#[test]
fn sealed_disclosures_are_made_of_the_right_parts() {
    let sealed = json("sealed/disclosures.json");
    let action = json("action/good/full.json");
    let beside: String = list(&action, "disclosures")
        .iter()
        .fold(String::new(), |text, one| text + word(one, "encoded") + "~");
    assert_eq!(word(&sealed, "plaintext"), beside);
    let associated = [&b"caseledger sealed v1\n"[..], &bytes(&action, "body_sha256")].concat();
    assert_eq!(bytes(&sealed, "associated_data"), associated);
    let nonce = bytes(&sealed, "nonce");
    let whole = bytes(&sealed, "sealed");
    assert_eq!((nonce.len(), &whole[..24]), (24, &nonce[..]));
    assert_eq!(whole.len(), 24 + beside.len() + 16);
    assert_eq!(bytes(&sealed, "key").len(), 32);
}

/// Nothing of the public formats is read that nobody could have written.
#[test]
fn notes_come_back_as_they_were() {
    let note = Note::parse(&text("tlog/checkpoint-8.txt")).unwrap();
    let ours: Vec<_> = note.signatures.iter().map(SignatureLine::to_line).collect();
    assert_eq!(ours.len(), 2);
    assert!(from_base64url(b"").is_some_and(|empty| empty.is_empty()));
}
