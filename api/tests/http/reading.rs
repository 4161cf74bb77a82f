//! What comes out: cases, entries, proofs, checkpoints.

use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::hash::{Sha256Hash, from_hex, sha256};
use case_ledger::names::{Seq, Stream};
use case_ledger::note::NoteKey;
use case_ledger::receipt::Receipt;
use case_ledger::tree::{TreeHead, verify_consistency, verify_inclusion};
use serde_json::{Value, json};

use crate::client::{Answer, ask, get};
use crate::ledger::{
    FOUNDING_LENGTH, NOW, ORIGIN, created, district, founding, intake, ledger_key, open, open_item,
    origin, quiet_item, received, registrar, signed, submit, submitted,
};
use crate::server::{Server, config};

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
    for (query, said) in [
        ("as_of=0", "参数as_of不得小于1。"),
        ("as_of=-1", "参数as_of须为十进制非负整数，不带符号和前导零。"),
        ("as_of=x", "参数as_of须为十进制非负整数，不带符号和前导零。"),
        ("as_of=11&as_of=11", "参数as_of只能出现一次。"),
        ("as_off=11", "该地址只接受以下参数：as_of。"),
    ] {
        let problem =
            get(server.address, &format!("/v1/cases/C1?{query}")).problem(400, "parameter");
        assert_eq!(problem["detail"], said, "{query}");
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
    for path in ["/v1/cases/C1", "/v1/cases/C1?as_of=13", "/v1/cases/C1/timeline"] {
        let problem = get(server.address, path).problem(451, "hidden");
        assert_eq!((&problem["detail_code"], &problem["entry"]), (&json!("privacy"), &json!(13)));
        assert_eq!(problem["since"], "2026-01-05T01:00:00.000000Z");
        assert_eq!(problem["detail"], "该办件自2026-01-05起不向公众展示：个人隐私。");
        assert!(problem["rule"].is_string());
    }
    assert_eq!(get(server.address, "/v1/entries/10").json()["shown"], "commitment");
    hide("Unhidden", json!({ "target": "case/C1", "basis": "mistake" }));
    assert_eq!(get(server.address, "/v1/cases/C1").status, 200);

    // A case that is not public is not said to be hidden either.
    hide("Hidden", json!({ "target": "case/C2", "basis": "privacy" }));
    get(server.address, "/v1/cases/C2").problem(404, "unknown_case");
    hide("Restricted", json!({ "target": "case/C1", "basis": "storage_only" }));
    get(server.address, "/v1/cases/C1").problem(451, "restricted");

    // That all this was done, when and why, anybody may read; what it was done to, where that is public.
    let orders = get(server.address, "/v1/removals").json();
    let told =
        |order: &Value| (order["kind"].clone(), order["basis"].clone(), order["target"].clone());
    let told: Vec<_> = orders["removals"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        told,
        [
            (json!("Hidden"), json!("privacy"), json!("case/C1")),
            (json!("Unhidden"), json!("mistake"), json!("case/C1")),
            (json!("Hidden"), json!("privacy"), Value::Null),
            (json!("Restricted"), json!("storage_only"), json!("case/C1")),
        ]
    );
    let page = get(server.address, "/v1/removals?from=2&limit=1").json();
    assert_eq!(
        (&page["removals"][0], page["removals"].as_array().unwrap().len()),
        (&orders["removals"][1], 1)
    );
    assert_eq!(
        get(server.address, page["next"].as_str().unwrap()).json()["removals"][0],
        orders["removals"][2]
    );
    let entry = get(server.address, "/v1/entries/13").json();
    assert_eq!((&entry["shown"], &entry["moment"]["kind"]), (&json!("redacted"), &json!("Hidden")));
    assert!(!entry.to_string().contains("case/C1"));
}

#[test]
fn one_entry_can_be_hidden_and_the_rest_be_seen() {
    let server = with_cases();
    let fields = json!({ "target": "case/C1", "basis": "privacy", "entries": [12] });
    submit(&server.store, &[signed(&registrar(), "removals", "Hidden", fields)]);
    let moments = get(server.address, "/v1/cases/C1/timeline").json()["moments"].clone();
    assert_eq!(
        (&moments[0]["kind"], &moments[0]["content"]),
        (&json!("Submitted"), &json!("present"))
    );
    assert_eq!((&moments[1]["kind"], &moments[1]["content"]), (&Value::Null, &json!("hidden")));
    assert_eq!(get(server.address, "/v1/entries/12").json()["moment"], moments[1]);
    assert_eq!(get(server.address, "/v1/cases/C1").json()["state"], "received");
}

#[test]
fn cases_of_natural_persons_are_for_the_parties() {
    let server = Server::founded();
    let for_persons = json!({
        "item": open_item(), "version": 2, "name": "活动备案", "regime": "filing", "publicity": "open",
        "targets": ["natural_person"],
    });
    submit(&server.store, &[signed(&registrar(), "registry", "ItemPublished", for_persons)]);
    let submitted_by = |case: &str, version: u32, who: Option<&str>| {
        let mut fields = json!({
            "item": open_item(), "item_version": version, "office": district().to_string(), "applicant": "a-1",
            "channel": "window",
        });
        if let Some(who) = who {
            fields["applicant_type"] = who.into();
        }
        submit(&server.store, &[signed(&intake(), &format!("case/{case}"), "Submitted", fields)]);
        get(server.address, &format!("/v1/cases/{case}")).status
    };
    assert_eq!(submitted_by("P1", 1, Some("natural_person")), 404);
    assert_eq!(submitted_by("P2", 1, Some("enterprise")), 200);
    assert_eq!(submitted_by("P3", 1, None), 200);
    assert_eq!(submitted_by("P4", 2, None), 404);
}

/// Takes away what is a case's own: its number and its places.
fn strip(value: &mut Value, case: &str) {
    match value {
        Value::Object(members) => {
            members.remove("seq");
            members.values_mut().for_each(|member| strip(member, case));
        }
        Value::Array(members) => members.iter_mut().for_each(|member| strip(member, case)),
        Value::String(text) => *text = text.replace(case, "…"),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Everything that anybody may see of a case, with its own number, places and proofs taken away.
fn all_that_is_public(server: &Server, case: &str) -> Value {
    let places = server.store.stream_entries(&Stream::case(case).unwrap(), None).unwrap();
    let entries = places.iter().map(|entry| {
        let shown = get(server.address, &format!("/v1/entries/{}", entry.header.seq)).json();
        (shown["shown"] == "redacted").then(|| shown["moment"].clone())
    });
    let entries: Vec<_> = entries.flatten().collect();
    let mut all = json!({
        "progress": get(server.address, &format!("/v1/cases/{case}")).json(),
        "timeline": get(server.address, &format!("/v1/cases/{case}/timeline")).json(),
        "page": get(server.address, &format!("/v1/cases/{case}/timeline?limit=3")).json(),
        "entries": entries,
    });
    strip(&mut all, case);
    all
}

#[test]
fn a_granted_and_a_refused_case_look_alike() {
    let server = Server::founded();
    let case = |number: &str, result: &str, end: (&str, Value), after: &[(&str, Value)]| {
        let act =
            |kind: &str, fields: Value| signed(&intake(), &format!("case/{number}"), kind, fields);
        let mut acts = vec![
            submitted(number, &open_item()),
            act("Accepted", json!({})),
            act("StepFinished", json!({ "step": "accept", "result": result })),
            act(end.0, end.1),
        ];
        acts.extend(after.iter().map(|(kind, fields)| act(kind, fields.clone())));
        submit(&server.store, &acts);
    };
    let decided = |outcome: &str| ("Decided", json!({ "outcome": outcome }));
    case(
        "granted",
        "passed",
        decided("granted"),
        &[("CertificateIssued", json!({})), ("Delivered", json!({}))],
    );
    case("refused", "other", decided("refused"), &[("NoticeServed", json!({ "of": 4 }))]);
    case("partly", "returned", decided("partly"), &[]);
    case("away", "other", ("RefusedToAccept", json!({ "ground": "other" })), &[]);
    let granted = all_that_is_public(&server, "granted");
    assert_eq!(granted["progress"]["state"], "concluded");
    assert_eq!(granted["entries"].as_array().unwrap().len(), 4);
    assert_eq!(granted["page"]["next"], "/v1/cases/…/timeline?from=4&limit=3&as_of=29");
    for number in ["refused", "partly", "away"] {
        assert_eq!(all_that_is_public(&server, number), granted, "{number}");
    }
}

#[test]
fn a_long_timeline_comes_in_pages_of_one_tree() {
    let server = Server::founded();
    let mut acts = vec![submitted("C1", &open_item())];
    acts.extend((0..249).map(|_| received("C1")));
    submit(&server.store, &acts);
    let mut next = Some("/v1/cases/C1/timeline".to_owned());
    let mut numbers = Vec::new();
    let mut pages = Vec::new();
    while let Some(address) = next {
        let page = get(server.address, &address).json();
        assert_eq!(
            (&page["stream"], &page["as_of"]["size"]),
            (&json!("case/C1"), &json!(FOUNDING_LENGTH + 250))
        );
        let moments = page["moments"].as_array().unwrap();
        numbers.extend(moments.iter().map(|moment| moment["number"].as_u64().unwrap()));
        pages.push(moments.len());
        next = page["next"].as_str().map(str::to_owned);
        // What comes meanwhile is of another tree.
        submit(&server.store, &[received("C1")]);
    }
    assert_eq!((numbers, pages), ((1..=250).collect::<Vec<_>>(), vec![100, 100, 50]));
    assert_eq!(get(server.address, "/v1/cases/C1").json()["counts"]["entries"], 253);
    for query in ["limit=0", "limit=1001", "from=0"] {
        get(server.address, &format!("/v1/cases/C1/timeline?{query}")).problem(400, "parameter");
    }
}

#[test]
fn answers_of_a_ledger_with_a_simulated_clock_say_so() {
    let server = with_cases();
    let clock = |path: &str, at: &str| get(server.address, path).json().pointer(at).cloned();
    let simulated = Some(json!("simulated"));
    for path in ["/v1/cases/C1", "/v1/cases/C1/timeline", "/v1/cases/C1?as_of=11", "/v1/removals"] {
        assert_eq!(clock(path, "/as_of/clock"), simulated, "{path}");
    }
    for path in [
        "/v1/ledger",
        "/v1/entries/0",
        "/v1/entries/10",
        "/v1/entries/0/proof",
        "/v1/consistency?from=1",
    ] {
        assert_eq!(clock(path, "/clock"), simulated, "{path}");
    }
    let posted = ask(server.address, "POST", "/v1/actions", "", received("C1").as_bytes()).json();
    assert_eq!(posted["clock"], "simulated");
    let batch = ask(server.address, "POST", "/v1/actions/batch", "", received("C1").as_bytes());
    assert_eq!(batch.lines()[1]["clock"], "simulated");
}

/// Everything else is served, and nobody is told that the log is too short.
#[test]
fn what_is_damaged_is_said_to_be() {
    let directory = created();
    let store = open(directory.path(), case_api::clock::simulated(NOW));
    submit(&store, &founding());
    for case in 0..30 {
        let cases = (0..10).map(|turn| submitted(&format!("C{case}-{turn}"), &open_item()));
        submit(&store, &cases.collect::<Vec<_>>());
    }
    let body = store.record(Seq(15)).unwrap().unwrap().body;
    let server = Server::on(directory, store, config());
    let segments = server.directory.path().join("log/segments");
    let file = std::fs::read_dir(segments).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(body.len()).position(|window| window == body).unwrap();
    std::os::unix::fs::FileExt::write_all_at(
        &std::fs::File::options().write(true).open(&file).unwrap(),
        b"?",
        at as u64,
    )
    .unwrap();

    get(server.address, "/v1/entries/15").problem(500, "damaged");
    // The proof of an entry that is whole needs its neighbours.
    get(server.address, "/v1/entries/0/proof").problem(500, "damaged");
    get(server.address, "/v1/consistency?from=13").problem(500, "damaged");
    get(server.address, "/v1/cases/C0-0?as_of=17").problem(500, "damaged");
    assert_eq!(get(server.address, "/v1/entries/0").status, 200);
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
    assert_eq!(members, ["commitment", "leaf", "seq", "shown"]);

    for (seq, query) in [(0, "as_of=1"), (10, "size=11"), (11, "x")] {
        get(server.address, &format!("/v1/entries/{seq}?{query}")).problem(400, "parameter");
    }

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
                answer.problem(400, "not_yet_in_tree");
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
    get(server.address, "/v1/entries/3/proof?size=14").problem(400, "beyond_the_log");
    get(server.address, "/v1/entries/3/proof?size=0").problem(400, "parameter");
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
