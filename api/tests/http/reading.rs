//! What comes out: cases, entries, proofs, checkpoints.

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::hash::{Sha256Hash, from_hex, sha256};
use case_ledger::note::NoteKey;
use case_ledger::receipt::Receipt;
use case_ledger::tree::{TreeHead, verify_consistency, verify_inclusion};
use serde_json::{Value, json};

use crate::client::{Answer, ask, get};
use crate::ledger::{
    FOUNDING_LENGTH, ORIGIN, district, intake, ledger_key, open_item, origin, quiet_item, received,
    registrar, signed, submit, submitted,
};
use crate::server::Server;

fn hash(value: &Value) -> Sha256Hash {
    Sha256Hash::from_slice(&from_hex(value.as_str().unwrap()).unwrap()).unwrap()
}

fn hashes(value: &Value) -> Vec<Sha256Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn head(value: &Value) -> TreeHead {
    TreeHead { size: value["size"].as_u64().unwrap(), root: hash(&value["root"]) }
}

/// Open case C1 (entries 10 and 12) and quiet case C2 (entry 11).
fn with_cases() -> Server {
    let server = Server::founded();
    submit(
        &server.store,
        &[submitted("C1", &open_item()), submitted("C2", &quiet_item()), received("C1")],
    );
    server
}

#[test]
fn an_open_case_is_shown_redacted_with_its_tree() {
    let server = with_cases();
    let (newest, _) = server.store.checkpoint().unwrap();
    let progress = get(server.address, "/v1/cases/C1");
    assert_eq!((progress.status, progress.header("cache-control")), (200, "no-store"));
    let progress = progress.json();
    assert_eq!(
        (&progress["audience"], &progress["case"], &progress["state"]),
        (&json!("public"), &json!("C1"), &json!("received"))
    );
    assert_eq!(progress["holder_name"], "东区城市管理局");
    assert_eq!(progress["as_of"]["size"], 13);
    assert_eq!(progress["as_of"]["root"], newest.checkpoint.head.root.to_string());
    assert_eq!(progress["as_of"]["recorded_at"], "2026-01-05T01:00:00.000000Z");

    let timeline = get(server.address, "/v1/cases/C1/timeline");
    let kinds: Vec<_> = timeline.json()["moments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["kind"].clone())
        .collect();
    assert_eq!(kinds, ["Submitted", "Received"]);
    for private in ["p-intake", "a-1", "张三丰"] {
        assert!(!timeline.text().contains(private) && !progress.to_string().contains(private));
    }
}

#[test]
fn a_case_can_be_asked_as_of_an_earlier_size() {
    let server = with_cases();
    let then = get(server.address, "/v1/cases/C1?as_of=11").json();
    assert_eq!((&then["state"], &then["counts"]["entries"]), (&json!("submitted"), &json!(1)));
    assert_eq!(head(&then["as_of"]), server.store.head_at(11).unwrap());
    assert_eq!(
        get(server.address, "/v1/cases/C1/timeline?as_of=12").json()["moments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    get(server.address, "/v1/cases/C1?as_of=10").problem(404, "unknown_case");
    get(server.address, "/v1/cases/C1?as_of=14").problem(400, "beyond_the_log");
    for query in ["as_of=0", "as_of=-1", "as_of=x", "as_of=11&as_of=11", "as_off=11"] {
        get(server.address, &format!("/v1/cases/C1?{query}")).problem(400, "parameter");
    }
}

#[test]
fn what_is_not_public_looks_like_what_is_not_there() {
    let server = with_cases();
    let without_id = |mut answer: Answer| {
        let mut problem = answer.problem(404, "unknown_case");
        problem["request"] = Value::Null;
        answer
            .headers
            .retain(|name, _| name != "date" && name != "x-request-id" && name != "content-length");
        (problem, answer.headers)
    };
    let unknown = without_id(get(server.address, "/v1/cases/C404"));
    for number in
        ["C2", "C2/timeline", "C404/timeline", "%E5%BC%A0", "%ff", "a%2Fb", "..", &"9".repeat(60)]
    {
        assert_eq!(
            without_id(get(server.address, &format!("/v1/cases/{number}"))),
            unknown,
            "{number}"
        );
    }
    for number in ["C2", "C404"] {
        let started = std::time::Instant::now();
        get(server.address, &format!("/v1/cases/{number}"));
        assert!(started.elapsed() >= case_api::Config::standard().unknown_case_after, "{number}");
    }
}

#[test]
fn a_hidden_case_is_out_of_sight_until_it_is_shown_again() {
    let server = with_cases();
    let hide = |kind: &str, fields: Value| {
        submit(&server.store, &[signed(&registrar(), "removals", kind, fields)]);
    };
    assert_eq!(get(server.address, "/v1/cases/C1").status, 200);
    hide("Hidden", json!({ "target": "case/C1", "basis": "privacy" }));
    get(server.address, "/v1/cases/C1").problem(404, "unknown_case");
    get(server.address, "/v1/cases/C1?as_of=13").problem(404, "unknown_case");
    assert_eq!(get(server.address, "/v1/entries/10").json()["shown"], "commitment");
    hide("Unhidden", json!({ "target": "case/C1", "basis": "mistake" }));
    assert_eq!(get(server.address, "/v1/cases/C1").status, 200);
}

#[test]
fn the_version_that_binds_a_case_says_who_sees_it() {
    let server = with_cases();
    let quiet = json!({ "item": open_item(), "version": 2, "name": "活动备案", "regime": "filing", "publicity": "closed" });
    submit(&server.store, &[signed(&registrar(), "registry", "ItemPublished", quiet)]);
    assert_eq!(get(server.address, "/v1/cases/C1").status, 200);
    let fields = json!({
        "item": open_item(), "item_version": 2, "office": district().to_string(), "applicant": "a-2", "channel": "window",
    });
    submit(&server.store, &[signed(&intake(), "case/C3", "Submitted", fields)]);
    get(server.address, "/v1/cases/C3").problem(404, "unknown_case");
}

#[test]
fn an_entry_shows_what_anybody_may_see() {
    let server = with_cases();
    let registry = get(server.address, "/v1/entries/1").json();
    assert_eq!(
        (&registry["shown"], &registry["kind"], &registry["stream"]),
        (&json!("whole"), &json!("OfficeRegistered"), &json!("registry"))
    );
    assert_eq!(registry["payload"]["act"]["name"], "明州市政务服务局");
    let action =
        case_ledger::envelope::Action::parse(registry["jws"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&action.jws.payload).unwrap(), registry["payload"]);
    let header =
        case_ledger::encoding::from_base64(registry["header_bytes"].as_str().unwrap()).unwrap();
    assert_eq!(hash(&registry["commitment"]), sha256(&[&header]));
    assert_eq!(hash(&registry["leaf"]), case_ledger::record::record_leaf(&header));

    let open = get(server.address, "/v1/entries/10");
    assert_eq!(
        (&open.json()["shown"], &open.json()["moment"]["kind"]),
        (&json!("redacted"), &json!("Submitted"))
    );
    assert!(!open.text().contains("p-intake") && !open.text().contains("a-1"));

    let quiet = get(server.address, "/v1/entries/11").json();
    let members: Vec<_> = quiet.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["commitment", "leaf", "recorded_at", "seq", "shown"]);

    for seq in ["13", "18446744073709551615", "18446744073709551616", "x", "-1", "+1", "01", "%ff"]
    {
        get(server.address, &format!("/v1/entries/{seq}")).problem(404, "unknown_entry");
        get(server.address, &format!("/v1/entries/{seq}/proof")).problem(404, "unknown_entry");
    }
}

#[test]
fn proofs_verify_under_every_size() {
    let server = with_cases();
    for size in 1..=13 {
        for seq in 0..13 {
            let answer = get(server.address, &format!("/v1/entries/{seq}/proof?size={size}"));
            if seq >= size {
                answer.problem(400, "beyond_the_log");
                continue;
            }
            assert_eq!(answer.header("vary"), "Accept");
            let proof = answer.json();
            assert!(verify_inclusion(
                hash(&proof["leaf"]),
                seq,
                head(&proof),
                &hashes(&proof["proof"])
            ));
            assert_eq!(proof["checkpoint"].is_string(), size == 13);
        }
    }
    let newest = get(server.address, "/v1/entries/3/proof").json();
    let note = SignedCheckpoint::parse(newest["checkpoint"].as_str().unwrap())
        .unwrap()
        .open(&origin(), ledger_key())
        .unwrap();
    assert_eq!(note.checkpoint.head, head(&newest));
}

#[test]
fn a_proof_as_text_is_a_tlog_proof() {
    let server = with_cases();
    let text = |seq: u64, query: &str| {
        ask(
            server.address,
            "GET",
            &format!("/v1/entries/{seq}/proof{query}"),
            "accept: text/plain\r\n",
            b"",
        )
    };
    let registry = text(1, "");
    assert_eq!(
        (registry.header("content-type"), registry.header("vary")),
        ("text/plain; charset=utf-8", "Accept")
    );
    let receipt = Receipt::parse(registry.text()).unwrap();
    assert!(receipt.verify(&origin(), ledger_key(), None).unwrap().envelope.is_some());

    let open = Receipt::parse(text(10, "?size=13").text()).unwrap();
    assert!(open.body.is_empty() && open.verify(&origin(), ledger_key(), None).is_ok());

    let quiet = text(11, "");
    assert!(quiet.text().starts_with("c2sp.org/tlog-proof@v1\nindex 11\n"));
    text(11, "?size=12").problem(400, "no_checkpoint");
    assert_eq!(
        get(server.address, "/v1/entries/1/proof").header("content-type"),
        "application/json"
    );
}

#[test]
fn every_size_is_shown_to_extend_every_smaller_one() {
    let server = with_cases();
    for to in 1..=13 {
        for from in 1..=to {
            let shown = get(server.address, &format!("/v1/consistency?from={from}&to={to}")).json();
            assert!(
                verify_consistency(
                    head(&shown["from"]),
                    head(&shown["to"]),
                    &hashes(&shown["proof"])
                ),
                "{from} {to}"
            );
        }
    }
    assert_eq!(get(server.address, "/v1/consistency?from=5").json()["to"]["size"], 13);
    assert_eq!(get(server.address, "/v1/consistency?from=0").json()["proof"], json!([]));
    for query in ["from=5&to=4", "from=1&to=14", "from=14"] {
        get(server.address, &format!("/v1/consistency?{query}")).problem(400, "beyond_the_log");
    }
    for query in ["", "to=4", "from=a", "from=1&to=", "from=1&size=2"] {
        get(server.address, &format!("/v1/consistency?{query}")).problem(400, "parameter");
    }
}

#[test]
fn the_checkpoint_is_a_signed_note_with_a_tag() {
    let server = with_cases();
    let answer = get(server.address, "/checkpoint");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "public, max-age=5");
    let note =
        SignedCheckpoint::parse(answer.text()).unwrap().open(&origin(), ledger_key()).unwrap();
    assert_eq!(note.checkpoint.head.size, 13);
    let tag = answer.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", note.checkpoint.head.root));

    let known = |tag: &str| {
        ask(server.address, "GET", "/checkpoint", &format!("if-none-match: {tag}\r\n"), b"")
    };
    let unchanged = known(&tag);
    assert_eq!(
        (unchanged.status, unchanged.header("etag"), unchanged.body.len()),
        (304, tag.as_str(), 0)
    );
    submit(&server.store, &[submitted("C4", &open_item())]);
    assert_eq!(known(&tag).status, 200);
}

#[test]
fn the_ledger_says_who_it_is() {
    let server = Server::founded();
    let ledger = get(server.address, "/v1/ledger").json();
    let key = NoteKey::parse_vkey(ledger["vkey"].as_str().unwrap()).unwrap();
    assert_eq!((key.name.as_str(), key.key), (ORIGIN, ledger_key()));
    assert_eq!(
        ledger,
        json!({ "origin": ORIGIN, "vkey": ledger["vkey"], "clock": "simulated", "size": FOUNDING_LENGTH })
    );
}
