//! One action in, a receipt out; or a refusal, each with its status.

use case_ledger::encoding::{from_base64url, to_base64url};
use case_ledger::names::Issuer;
use case_ledger::receipt::Receipt;
use case_ledger::refusal::Refusal;
use serde_json::{Value, json};

use crate::client::{Answer, ask};
use crate::ledger::{
    FOUNDING_LENGTH, NOW, ORIGIN, city, district, draft, intake, key_for, key_of, ledger_key,
    officer, open_item, origin, received, registrar, signed, submitted,
};
use crate::server::Server;

fn post(server: &Server, text: &str) -> Answer {
    ask(server.address, "POST", "/v1/actions", "accept-language: en\r\n", text.as_bytes())
}

#[test]
fn an_action_is_recorded_once_and_its_receipt_stands_alone() {
    let server = Server::founded();
    let text = submitted("C1", &open_item());
    let answer = post(&server, &text);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("location"), format!("/v1/entries/{FOUNDING_LENGTH}"));
    let first = answer.json();
    assert_eq!(first["seq"], FOUNDING_LENGTH);
    assert_eq!(first["recorded_at"], "2026-01-05T01:00:00.000000Z");
    assert_eq!(
        (&first["stream"], &first["kind"], &first["again"]),
        (&json!("case/C1"), &json!("Submitted"), &json!(false))
    );

    let receipt = Receipt::parse(first["receipt"].as_str().unwrap()).unwrap();
    let proven =
        receipt.verify(&origin(), ledger_key(), Some(key_for(&intake()).public())).unwrap();
    assert_eq!(proven.header.seq, FOUNDING_LENGTH);
    assert_eq!(first["checkpoint"], proven.checkpoint.to_text());
    assert_eq!(first["leaf"], case_ledger::record::record_leaf(&receipt.header).to_string());

    for again in [text.clone(), text.clone() + "\n", text.clone() + "\r\n"] {
        let answer = post(&server, &again);
        assert_eq!(answer.status, 200);
        let again = answer.json();
        assert_eq!(again["again"], true);
        for member in ["seq", "recorded_at", "leaf", "stream", "kind"] {
            assert_eq!(again[member], first[member]);
        }
        let receipt = Receipt::parse(again["receipt"].as_str().unwrap()).unwrap();
        receipt.verify(&origin(), ledger_key(), None).unwrap();
    }
    assert_eq!(server.store.size(), FOUNDING_LENGTH + 1);
}

#[test]
fn the_content_type_does_not_matter_and_the_length_need_not_be_said() {
    let server = Server::founded();
    for (case, kind) in [
        ("C1", "content-type: text/plain\r\n"),
        ("C2", "content-type: application/sd-jwt\r\n"),
        ("C3", ""),
    ] {
        assert_eq!(
            ask(
                server.address,
                "POST",
                "/v1/actions",
                kind,
                submitted(case, &open_item()).as_bytes()
            )
            .status,
            201
        );
    }
    let mut client = crate::client::Client::new(server.address);
    client.begin_chunked("/v1/actions", "");
    for piece in submitted("C4", &open_item()).as_bytes().chunks(100) {
        client.chunk(piece);
    }
    client.end_chunks();
    assert_eq!(client.receive().status, 201);
}

/// One action for each refusal that can be brought about from outside, with the status that the table gives it.
fn refusals() -> Vec<(u16, &'static str, String)> {
    let case = |kind: &str, fields: Value| signed(&intake(), "case/C1", kind, fields);
    let stranger = officer(district(), "p-stranger");
    let id = draft(&intake(), "case/C1", "Received", json!({})).id;
    let with_id = |fields: Value| {
        let mut draft = draft(&intake(), "case/C1", "Received", fields);
        draft.id = id;
        draft.sign(&key_for(&intake()))
    };
    let mut elsewhere = draft(&intake(), "case/C1", "Received", json!({}));
    elsewhere.audience = "another.example/ledger".into();
    let mut later = draft(&intake(), "case/C1", "Received", json!({}));
    later.issued_at = NOW.plus_seconds(3600);
    let payload_edited = received("C1").replacen('.', ".e30", 1);
    let missing = submitted("C9", &open_item());
    let without_disclosures = missing[..=missing.find('~').unwrap()].to_owned();
    let forged = {
        let mut text = received("C1");
        let at = text.len() - 20;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        text.replace_range(at..=at, other);
        text
    };
    vec![
        (400, "malformed", "not an action".into()),
        (400, "malformed", String::new()),
        (400, "malformed", payload_edited),
        (413, "malformed", "a".repeat(33 * 1024) + "~"),
        (201, "", with_id(json!({ "channel": "window" }))),
        (409, "other_content", with_id(json!({ "channel": "post" }))),
        (422, "wrong_audience", elsewhere.sign(&key_for(&intake()))),
        (401, "unknown_key", signed(&stranger, "case/C1", "Received", json!({}))),
        (
            403,
            "key_of_another",
            draft(&registrar(), "case/C1", "Received", json!({})).sign(&key_for(&intake())),
        ),
        (401, "bad_signature", forged),
        (
            403,
            "no_mandate",
            signed(
                &intake(),
                "registry",
                "OfficeRegistered",
                json!({
            "office": city().to_string(), "region": "990100", "name": "别人的局" }),
            ),
        ),
        (422, "unknown_kind", case("Vanished", json!({}))),
        (422, "kind_not_on_stream", signed(&intake(), "visit/V1", "Received", json!({}))),
        (422, "unknown_field", case("Received", json!({ "colour": "red" }))),
        (422, "invalid_field", case("Received", json!({ "channel": "pigeon" }))),
        (422, "unknown_stream", received("C404")),
        (409, "impossible", submitted("C1", &open_item())),
        (422, "field_missing", case("Decided", json!({}))),
        (422, "personal_in_the_clear", case("Received", json!({ "note": "说明" }))),
        (422, "disclosures_mismatch", without_disclosures),
        (422, "in_the_future", later.sign(&key_for(&intake()))),
        (422, "unknown_schema", of_version_2()),
        (
            403,
            "key_not_yet_valid",
            signed(
                &officer(city(), "p-soon"),
                "registry",
                "PostEnded",
                json!({
            "office": city().to_string(), "post": "intake" }),
            ),
        ),
        (
            403,
            "key_revoked",
            signed(
                &officer(city(), "p-gone"),
                "registry",
                "PostEnded",
                json!({
            "office": city().to_string(), "post": "intake" }),
            ),
        ),
    ]
}

/// An action of a schema that is not known yet: no draft writes one.
fn of_version_2() -> String {
    let text = draft(&intake(), "case/C1", "Received", json!({})).sign(&key_for(&intake()));
    let mut parts = text.trim_end_matches('~').split('.');
    let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
    let payload = String::from_utf8(from_base64url(payload.as_bytes()).unwrap()).unwrap();
    let payload = to_base64url(payload.replacen("\"v\":1", "\"v\":2", 1).as_bytes());
    let signed = format!("{header}.{payload}");
    let signature = key_for(&intake()).sign(signed.as_bytes());
    format!("{signed}.{}~", to_base64url(&signature))
}

/// One key that was revoked, and one that may sign only later.
fn with_keys_out_of_time(server: &Server) {
    let registered = |who: &Issuer| {
        let Issuer::Officer(office, person) = who else { panic!("an officer") };
        let key = key_for(who);
        let possession = case_ledger::signing::possession_statement(&origin(), who, key.public());
        json!({
            "office": office.to_string(), "person": person.as_str(), "algorithm": "ed25519", "key": key.public().to_string(),
            "possession": to_base64url(&key.sign(&possession)),
        })
    };
    let (gone, soon) = (officer(city(), "p-gone"), officer(city(), "p-soon"));
    let mut later = registered(&soon);
    later["valid_from"] = 1_000_000.into();
    let revoked = json!({ "key": key_for(&gone).public().to_string() });
    for (kind, fields) in
        [("KeyRegistered", registered(&gone)), ("KeyRevoked", revoked), ("KeyRegistered", later)]
    {
        assert_eq!(post(server, &signed(&registrar(), "registry", kind, fields)).status, 201);
    }
}

#[test]
fn every_refusal_has_its_status() {
    let server = Server::founded();
    assert_eq!(post(&server, &submitted("C1", &open_item())).status, 201);
    with_keys_out_of_time(&server);
    let mut seen = std::collections::BTreeSet::new();
    for (status, code, text) in refusals() {
        let answer = post(&server, &text);
        if code.is_empty() {
            assert_eq!(answer.status, status, "{}", answer.text());
            continue;
        }
        let problem = answer.problem(status, code);
        assert!(problem["rule"].as_str().is_some_and(|rule| !rule.is_empty()), "{problem}");
        assert_eq!(answer.header("www-authenticate").is_empty(), status != 401);
        assert_eq!(problem["first"].is_u64(), code == "other_content");
        seen.insert(code);
    }
    let unseen = Refusal::CODES.iter().filter(|code| !seen.contains(**code)).copied();
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&str>::new(), "every code is seen over HTTP");
}

#[test]
fn finer_codes_and_both_languages() {
    let server = Server::founded();
    let ask_in = |language: &str| ask(server.address, "POST", "/v1/actions", language, b"no tilde");
    let (chinese, english) = (ask_in(""), ask_in("accept-language: en-US,en;q=0.8\r\n"));
    for (answer, language) in [(&chinese, "zh-CN"), (&english, "en")] {
        let problem = answer.problem(400, "malformed");
        assert_eq!(problem["detail_code"], "no_tilde");
        assert_eq!(answer.header("content-language"), language);
    }
    assert!(chinese.json()["detail"].as_str().unwrap().starts_with("账本无法读取该操作"));
    assert!(english.json()["detail"].as_str().unwrap().starts_with("This is not an action"));
}

#[test]
fn before_the_founding_only_a_founding_is_taken() {
    let directory = crate::ledger::created();
    let store = crate::ledger::open(directory.path(), case_api::clock::simulated(NOW));
    let server = Server::on(directory, store, crate::server::config());
    for path in ["/checkpoint", "/v1/ledger", "/v1/consistency?from=0", "/v1/cases/C1"] {
        crate::client::get(server.address, path).problem(404, "not_founded");
    }
    crate::client::get(server.address, "/v1/entries/0").problem(404, "unknown_entry");
    post(&server, &submitted("C1", &open_item())).problem(401, "unknown_key");
    for text in crate::ledger::founding() {
        assert_eq!(post(&server, &text).status, 201);
    }
    assert_eq!(crate::client::get(server.address, "/v1/ledger").json()["origin"], ORIGIN);
    assert_eq!(key_of("ledger").public(), ledger_key());
}
