//! `receipt/`: tlog-proofs with the record in their extra line. `proof/`: inclusion and consistency, right and wrong.

use case_ledger::checkpoint::CheckpointFault;
use case_ledger::encoding::{from_base64, to_base64};
use case_ledger::hash::Sha256Hash;
use case_ledger::names::{Origin, PublicKey};
use case_ledger::receipt::{Receipt, ReceiptFault};
use case_ledger::record::{record_leaf, withhold};
use case_ledger::tree::{
    Frontier, NodeId, TreeHead, consistency_proof, inclusion_proof, leaf_hash, verify_consistency,
    verify_inclusion,
};
use serde_json::{Value, json};
use std::collections::HashMap;

use crate::world::{BASE, LEDGER, ORIGIN, SPARE, SYSTEM, WITNESS, World, key};
use crate::{Vector, each, json, list, number, word};

/// A receipt for an entry of the small log under its last checkpoint.
pub(crate) fn receipt(world: &World, index: usize) -> Receipt {
    let size = world.records.len();
    let mut nodes: HashMap<NodeId, Sha256Hash> = HashMap::new();
    let mut frontier = Frontier::default();
    for record in &world.records {
        frontier.append(record_leaf(&record.header_bytes), |id, hash| {
            nodes.insert(id, hash);
        });
    }
    let lookup = |id: NodeId| nodes.get(&id).copied();
    let record = &world.records[index];
    Receipt {
        index: index as u64,
        proof: inclusion_proof(index as u64, size as u64, &lookup).unwrap(),
        checkpoint: world.checkpoint(size),
        header: record.header_bytes.clone().into(),
        body: record.body.clone().into(),
    }
}

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let known = |vector: Value| {
        let mut vector = vector;
        vector["origin"] = ORIGIN.into();
        vector["ledger_key"] = key(LEDGER).public().to_string().into();
        vector["signer"] = key(SYSTEM).public().to_string().into();
        vector
    };
    let good = good(world).into_iter().map(|(name, about, receipt)| {
        let kind = if receipt.body.is_empty() { Value::Null } else { "Submitted".into() };
        let vector = json!({"about": about, "index": receipt.index, "kind": kind, "receipt": receipt.to_text()});
        Vector::new(format!("receipt/good/{name}.json"), &known(vector))
    });
    let bad = bad(world).into_iter().map(|(name, flaw, text)| {
        Vector::new(
            format!("receipt/bad/{name}.json"),
            &known(json!({"flaw": flaw, "receipt": text})),
        )
    });
    let text = Vector {
        path: "receipt/entry-16.tlog-proof".to_owned(),
        content: receipt(world, 16).to_text(),
    };
    good.chain(bad).chain([text, Vector::new("proof/bad.json", &bad_proofs())]).collect()
}

fn good(world: &World) -> Vec<(&'static str, &'static str, Receipt)> {
    let whole = receipt(world, 16);
    let mut cosigned = whole.clone();
    let line = case_ledger::note::cosign(
        &cosigned.checkpoint.note.text,
        u64::try_from(BASE).unwrap(),
        "witness.example/w1",
        &key(WITNESS),
    );
    cosigned.checkpoint.note.signatures.push(line);
    let bare = Receipt { body: Box::default(), ..whole.clone() };
    vec![
        ("entry-16", "the application of the small log", whole),
        ("cosigned", "the same under a cosigned checkpoint", cosigned),
        ("without-body", "position and time are proven, content is not given", bare),
    ]
}

fn bad(world: &World) -> Vec<(&'static str, &'static str, String)> {
    let right = receipt(world, 16);
    let text = right.to_text();
    let of = |change: &dyn Fn(&mut Receipt)| {
        let mut changed = right.clone();
        change(&mut changed);
        changed.to_text()
    };
    let extra = |change: &dyn Fn(&mut Vec<u8>)| {
        let line = text.lines().nth(1).unwrap();
        let mut bytes = from_base64(line.strip_prefix("extra ").unwrap()).unwrap();
        change(&mut bytes);
        text.replacen(line, &format!("extra {}", to_base64(&bytes)), 1)
    };
    let flip = |bytes: &mut Box<[u8]>, place: usize| bytes[place] ^= 1;
    let stub = withhold(right.body.len(), &world.records[16].effect.to_stub()).unwrap();
    let other_key = case_ledger::checkpoint::Checkpoint { ..right.checkpoint.checkpoint.clone() }
        .sign(&key(SPARE));
    vec![
        ("other-first-line", "form", text.replacen("@v1", "@v2", 1)),
        (
            "no-extra-line",
            "form",
            text.replacen(text.lines().nth(1).unwrap(), "", 1).replacen("\n\n", "\n", 1),
        ),
        ("index-leading-zero", "form", text.replacen("index 16", "index 016", 1)),
        ("index-plus-sign", "form", text.replacen("index 16", "index +16", 1)),
        (
            "hash-of-31-bytes",
            "form",
            text.replacen("index 16\n", &format!("index 16\n{}\n", to_base64(&[1; 31])), 1),
        ),
        ("sixty-four-hashes", "form", of(&|receipt| receipt.proof = vec![Sha256Hash([1; 32]); 64])),
        ("extra-version-2", "form", extra(&|bytes| bytes[0] = 2)),
        ("extra-cut-off", "form", extra(&|bytes| bytes.truncate(bytes.len() - 1))),
        ("extra-longer", "form", extra(&|bytes| bytes.push(0))),
        ("extra-trailing-bits", "form", {
            let text = of(&|receipt| receipt.body = Box::default());
            let line = text.lines().nth(1).unwrap().to_owned();
            assert!(
                line.ends_with("AAA=") || line.ends_with("AA==") || line.ends_with("AAAA"),
                "{line}"
            );
            text.replacen(&line, &format!("{}B=", line.trim_end_matches(['A', '='])), 1)
        }),
        ("no-checkpoint", "form", text.split_once("\n\n").unwrap().0.to_owned() + "\n\n"),
        (
            "checkpoint-of-another-key",
            "unsigned",
            of(&|receipt| receipt.checkpoint = other_key.clone()),
        ),
        ("checkpoint-altered", "bad_signature", text.replacen("\n18\n", "\n19\n", 1)),
        ("index-of-another-entry", "header", text.replacen("index 16", "index 15", 1)),
        ("header-version-2", "header", of(&|receipt| receipt.header[0] = 2)),
        (
            "header-one-byte-short",
            "header",
            of(&|receipt| receipt.header = receipt.header[..98].into()),
        ),
        ("recorded-time-altered", "inclusion", of(&|receipt| flip(&mut receipt.header, 11))),
        ("proof-hash-missing", "inclusion", of(&|receipt| receipt.proof.truncate(1))),
        ("proof-hash-altered", "inclusion", of(&|receipt| receipt.proof[0].0[0] ^= 1)),
        ("proof-hash-more", "inclusion", of(&|receipt| receipt.proof.push(Sha256Hash([1; 32])))),
        ("body-altered", "body", of(&|receipt| flip(&mut receipt.body, 40))),
        (
            "body-of-another-entry",
            "body",
            of(&|receipt| receipt.body = world.records[17].body.clone().into()),
        ),
        ("stub-for-a-body", "body", of(&|receipt| receipt.body = stub.clone().into())),
    ]
}

/// Inclusion and consistency over the eight leaves of `tlog/tree.json`, each wrong in one way.
fn bad_proofs() -> Value {
    let tree = json("tlog/tree.json");
    let root = |size: u64| {
        word(list(&tree, "roots").iter().find(|root| number(root, "size") == size).unwrap(), "root")
            .to_owned()
    };
    let leaf = |index: usize| {
        let data =
            case_ledger::hash::from_hex(list(&tree, "leaves")[index].as_str().unwrap()).unwrap();
        leaf_hash(&data).to_string()
    };
    let known = |list_name: &str, matches: &dyn Fn(&Value) -> bool| {
        let proofs = list(&tree, list_name).iter().find(|proof| matches(proof)).unwrap();
        list(proofs, "proof")
            .iter()
            .map(|hash| hash.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let included =
        known("inclusion", &|proof| number(proof, "index") == 5 && number(proof, "size") == 8);
    let consistent =
        known("consistency", &|proof| number(proof, "old") == 3 && number(proof, "new") == 7);
    let inclusion = |flaw: &str,
                     index: u64,
                     size: u64,
                     root: String,
                     leaf: String,
                     proof: Vec<String>| {
        json!({"flaw": flaw, "index": index, "size": size, "root": root, "leaf_hash": leaf, "proof": proof})
    };
    let consistency = |flaw: &str,
                       old: u64,
                       old_root: String,
                       new: u64,
                       new_root: String,
                       proof: Vec<String>| {
        json!({"flaw": flaw, "old": old, "old_root": old_root, "new": new, "new_root": new_root, "proof": proof})
    };
    let reversed = |proof: &[String]| proof.iter().rev().cloned().collect::<Vec<_>>();
    let longer = |proof: &[String]| [proof, &[root(1)]].concat();
    json!({
        "about": "over the leaves of tlog/tree.json; none of these may be accepted",
        "inclusion": [
            inclusion("index equal to the size", 8, 8, root(8), leaf(5), included.clone()),
            inclusion("another index", 4, 8, root(8), leaf(5), included.clone()),
            inclusion("another size", 5, 6, root(8), leaf(5), included.clone()),
            inclusion("another root", 5, 8, root(7), leaf(5), included.clone()),
            inclusion("another leaf", 5, 8, root(8), leaf(4), included.clone()),
            inclusion("leaf not hashed", 5, 8, root(8), "40".repeat(32), included.clone()),
            inclusion("last hash missing", 5, 8, root(8), leaf(5), included[..2].to_vec()),
            inclusion("first hash missing", 5, 8, root(8), leaf(5), included[1..].to_vec()),
            inclusion("one hash more", 5, 8, root(8), leaf(5), longer(&included)),
            inclusion("from the root downwards", 5, 8, root(8), leaf(5), reversed(&included)),
            inclusion("a hash in a tree of one leaf", 0, 1, root(1), leaf(0), vec![root(1)]),
            inclusion("empty tree", 0, 0, root(1), leaf(0), Vec::new()),
        ],
        "consistency": [
            consistency("smaller than before", 7, root(7), 3, root(3), consistent.clone()),
            consistency("another old root", 3, root(2), 7, root(7), consistent.clone()),
            consistency("another new root", 3, root(3), 7, root(8), consistent.clone()),
            consistency("another old size", 2, root(2), 7, root(7), consistent.clone()),
            consistency("last hash missing", 3, root(3), 7, root(7), consistent[..3].to_vec()),
            consistency("one hash more", 3, root(3), 7, root(7), longer(&consistent)),
            consistency("empty", 3, root(3), 7, root(7), Vec::new()),
            consistency("empty from a power of two", 4, root(4), 8, root(8), Vec::new()),
            consistency("hashes between equal trees", 7, root(7), 7, root(7), consistent.clone()),
            consistency("equal sizes, other roots", 7, root(7), 7, root(6), Vec::new()),
            consistency("hashes from the empty tree", 0, TreeHead::empty().root.to_string(), 7, root(7), consistent),
        ],
    })
}

fn hash(text: &str) -> Sha256Hash {
    Sha256Hash::from_slice(&case_ledger::hash::from_hex(text).unwrap()).unwrap()
}

fn hashes(vector: &Value) -> Vec<Sha256Hash> {
    list(vector, "proof").iter().map(|text| hash(text.as_str().unwrap())).collect()
}

#[test]
fn wrong_proofs_prove_nothing() {
    let vectors = json("proof/bad.json");
    for vector in list(&vectors, "inclusion") {
        let head = TreeHead { size: number(vector, "size"), root: hash(word(vector, "root")) };
        let leaf = hash(word(vector, "leaf_hash"));
        assert!(
            !verify_inclusion(leaf, number(vector, "index"), head, &hashes(vector)),
            "{}",
            word(vector, "flaw")
        );
    }
    for vector in list(&vectors, "consistency") {
        let old = TreeHead { size: number(vector, "old"), root: hash(word(vector, "old_root")) };
        let new = TreeHead { size: number(vector, "new"), root: hash(word(vector, "new_root")) };
        assert!(!verify_consistency(old, new, &hashes(vector)), "{}", word(vector, "flaw"));
    }
    let none = |_: NodeId| None;
    assert_eq!(consistency_proof(8, 7, &none), None);
}

fn verified(vector: &Value) -> Result<(u64, Option<&'static str>), &'static str> {
    let origin = Origin::parse(word(vector, "origin")).unwrap();
    let ledger_key = PublicKey::parse(word(vector, "ledger_key")).unwrap();
    let signer = PublicKey::parse(word(vector, "signer"));
    let proven = Receipt::parse(word(vector, "receipt"))
        .and_then(|receipt| receipt.verify(&origin, ledger_key, signer));
    let said = |fault| match fault {
        ReceiptFault::Form => "form",
        ReceiptFault::Checkpoint(CheckpointFault::Form) => "checkpoint_form",
        ReceiptFault::Checkpoint(CheckpointFault::Origin) => "origin",
        ReceiptFault::Checkpoint(CheckpointFault::Unsigned) => "unsigned",
        ReceiptFault::Checkpoint(CheckpointFault::BadSignature) => "bad_signature",
        ReceiptFault::Header => "header",
        ReceiptFault::Inclusion => "inclusion",
        ReceiptFault::Body => "body",
        ReceiptFault::Signature => "signature",
    };
    let proven = proven.map_err(said)?;
    Ok((proven.header.seq, proven.envelope.map(|envelope| envelope.act.kind.unwrap().spec().name)))
}

#[test]
fn good_receipts_prove_their_entry() {
    for (name, vector) in each("receipt/good") {
        assert_eq!(
            verified(&vector),
            Ok((
                number(&vector, "index"),
                match vector["kind"].as_str() {
                    Some("Submitted") => Some("Submitted"),
                    _ => None,
                }
            )),
            "{name}"
        );
        let text = word(&vector, "receipt");
        assert_eq!(Receipt::parse(text).unwrap().to_text(), text, "{name}");
        // Against another signer's key the action's own signature does not hold.
        let mut other = vector.clone();
        other["signer"] = key(SPARE).public().to_string().into();
        assert!(vector["kind"].is_null() || verified(&other) == Err("signature"), "{name}");
    }
    assert_eq!(
        crate::text("receipt/entry-16.tlog-proof"),
        word(&json("receipt/good/entry-16.json"), "receipt")
    );
}

#[test]
fn bad_receipts_show_the_flaw_they_are_named_after() {
    for (name, vector) in each("receipt/bad") {
        assert_eq!(verified(&vector), Err(word(&vector, "flaw")), "{name}");
    }
}
