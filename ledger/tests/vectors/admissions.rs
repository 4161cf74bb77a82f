//! `admission/`: what the small log takes and what it refuses, at least one text for every code of a refusal.

use case_ledger::admission::{Admission, Signature, admit};
use case_ledger::encoding::{from_base64url, to_base64url};
use case_ledger::envelope::{Action, Imported};
use case_ledger::hash::{blake3, sha256};
use case_ledger::kinds::Post;
use case_ledger::record::encode_body;
use case_ledger::refusal::Refusal;
use case_ledger::time::{Day, Micros};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::world::{
    BASE, BUREAU, CASE, CITIZEN, CITY, LATER, LEDGER, OFFICER, Plan, REVOKED, ROOT, SECOND, SPARE,
    SUPERVISOR, SYSTEM, World, confirmation, insert, key_registered, plan, post_assigned, public,
    submitted, withholding,
};
use crate::{Vector, each, word};

/// When the texts are judged: two minutes after the founding.
const NOW: i64 = BASE + 120;

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let good = good(world).into_iter().map(|(name, about, text)| {
        Vector::new(
            format!("admission/good/{name}.json"),
            &json!({"about": about, "now": NOW, "text": text}),
        )
    });
    let bad = bad(world).into_iter().map(|(name, code, detail, text)| {
        let mut vector = json!({"code": code, "now": NOW, "text": text});
        insert(&mut vector, "detail", detail.map(Value::from));
        Vector::new(format!("admission/bad/{name}.json"), &vector)
    });
    good.chain(bad).collect()
}

fn by_officer(number: u8, act: Value) -> Plan {
    plan(number, (&format!("{BUREAU}/p-1"), OFFICER), CASE, act)
}

fn by_system(number: u8, act: Value) -> Plan {
    plan(number, (BUREAU, SYSTEM), CASE, act)
}

fn by_root(number: u8, act: Value) -> Plan {
    plan(number, ("root", ROOT), "registry", act)
}

fn received() -> Value {
    json!({"kind": "Received"})
}

fn with(mut act: Value, name: &str, value: Value) -> Value {
    insert(&mut act, name, Some(value));
    act
}

fn imported() -> Imported {
    let cutover = Day::parse("2023-11-14").unwrap();
    Imported {
        source: blake3(b"an older system's file"),
        row: 1,
        cutover,
        handler: None,
        unit: None,
        activity: None,
    }
}

fn good(world: &World) -> Vec<(&'static str, &'static str, String)> {
    let complaint = json!({"kind": "ComplaintFiled", "nature": "complaint", "secrecy": "open", "office": BUREAU, "cnf": confirmation(SPARE)});
    vec![
        (
            "seen-already",
            "the same bytes again: the first entry is the answer",
            world.records[16].text.clone(),
        ),
        (
            "second-list-of-corrections",
            "unlawful, so recorded: the ledger refuses only what cannot be true",
            by_officer(
                70,
                json!({"kind": "SupplementRequested", "lacks": [{"code": "m9", "unlisted": true}]}),
            )
            .text(),
        ),
        (
            "by-a-person-of-the-office",
            "the office's system signs, the person named holds the post",
            by_system(71, received()).by("p-1", Post::Approver).text(),
        ),
        (
            "citizen",
            "signed by the key that the case names",
            plan(72, ("citizen", CITIZEN), CASE, json!({"kind": "Withdrawn"})).text(),
        ),
        (
            "citizen-brings-a-key",
            "a complaint under a key that it brings along itself",
            plan(73, ("citizen", SPARE), "complaint/c-1", complaint)
                .disclosing("content", "no answer for a month")
                .text(),
        ),
        (
            "sixty-seconds-ahead",
            "a signer's clock may be a minute ahead",
            by_officer(180, received()).text(),
        ),
        (
            "imported",
            "history of an older system, up to the last instant of its last day in China",
            by_system(74, received())
                .at("2023-11-14T23:59:59.999+08:00")
                .imported(imported())
                .text(),
        ),
        (
            "withholding",
            "two supervisors, and the stub that both signed for",
            withholding(world, 75, SECOND).text(),
        ),
        (
            "supervisor-of-the-region",
            "the city's supervisor about a bureau of one of its counties",
            plan(
                76,
                (&format!("{CITY}/s-1"), SUPERVISOR),
                "urge/u-1",
                json!({"kind": "Urged", "office": BUREAU}),
            )
            .text(),
        ),
    ]
}

type Bad = (&'static str, &'static str, Option<&'static str>, String);

fn bad(world: &World) -> Vec<Bad> {
    [bad_signers(world), bad_contents(), bad_states(world), bad_registry(), bad_disclosures()]
        .concat()
}

fn bad_signers(world: &World) -> Vec<Bad> {
    let mut other_content = by_system(16, with(submitted(), "channel", "window".into()));
    other_content.draft.disclosures.clear();
    let mut other_audience = by_officer(80, received());
    other_audience.draft.audience = "ledger.example/others".to_owned();
    let altered = {
        let text = by_officer(81, received()).text();
        let parts: Vec<_> = text.trim_end_matches('~').split('.').collect();
        let mut signature = from_base64url(parts[2].as_bytes()).unwrap();
        signature[0] ^= 1;
        format!("{}.{}.{}~", parts[0], parts[1], to_base64url(&signature))
    };
    // S + L: verifiers without the rule S < L take it.
    let high_s = {
        let text = by_officer(82, received()).text();
        let parts: Vec<_> = text.trim_end_matches('~').split('.').collect();
        let mut signature = from_base64url(parts[2].as_bytes()).unwrap();
        add_order(&mut signature[32..]);
        format!("{}.{}.{}~", parts[0], parts[1], to_base64url(&signature))
    };
    vec![
        ("other-content", "other_content", None, other_content.text()),
        ("wrong-audience", "wrong_audience", None, other_audience.text()),
        (
            "unknown-key",
            "unknown_key",
            None,
            plan(83, (&format!("{BUREAU}/p-1"), SPARE), CASE, received()).text(),
        ),
        (
            "root-by-another-key",
            "unknown_key",
            None,
            plan(
                84,
                ("root", OFFICER),
                "registry",
                json!({"kind": "KeyRevoked", "key": public(SYSTEM)}),
            )
            .text(),
        ),
        (
            "citizen-by-another-key",
            "unknown_key",
            None,
            plan(85, ("citizen", SPARE), CASE, json!({"kind": "Withdrawn"})).text(),
        ),
        (
            "key-of-another",
            "key_of_another",
            None,
            plan(86, (&format!("{BUREAU}/p-1"), SYSTEM), CASE, received()).text(),
        ),
        (
            "key-revoked",
            "key_revoked",
            None,
            plan(87, (&format!("{BUREAU}/p-2"), REVOKED), CASE, received()).text(),
        ),
        (
            "key-not-yet-valid",
            "key_not_yet_valid",
            None,
            plan(88, (&format!("{BUREAU}/p-3"), LATER), CASE, received()).text(),
        ),
        ("bad-signature", "bad_signature", None, altered),
        ("signature-with-a-high-s", "bad_signature", None, high_s),
        (
            "post-not-held",
            "no_mandate",
            Some("post"),
            plan(89, (&format!("{CITY}/s-1"), SUPERVISOR), CASE, received()).text(),
        ),
        (
            "office-of-another-case",
            "no_mandate",
            Some("office"),
            by_system(90, with(submitted(), "office", CITY.into())).text(),
        ),
        (
            "by-without-the-post",
            "no_mandate",
            Some("by"),
            by_system(91, received()).by("p-1", Post::Head).text(),
        ),
        (
            "import-without-the-post",
            "no_mandate",
            Some("import"),
            by_officer(92, received()).imported(imported()).text(),
        ),
        (
            "ledger-for-an-office",
            "no_mandate",
            Some("post"),
            plan(93, ("ledger", LEDGER), CASE, received()).text(),
        ),
        ("seen-with-another-signature", "other_content", None, {
            // The same words signed by somebody else: the identity is the issuer's, the stream's and the id's.
            let text = &world.records[17].text;
            let parts: Vec<_> = text.trim_end_matches('~').split('.').collect();
            format!("{}.{}.{}~", parts[0], parts[1], to_base64url(&[0; 64]))
        }),
    ]
}

/// Adds the group's order L to a little-endian number.
fn add_order(scalar: &mut [u8]) {
    let order = case_ledger::hash::from_hex(
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    )
    .unwrap();
    let mut carry = 0_u16;
    for (byte, addend) in scalar.iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(addend);
        *byte = (carry & 0xff) as u8;
        carry >>= 8;
    }
}

fn bad_contents() -> Vec<Bad> {
    let with_schema = |number: u8, schema: u64| {
        let text = by_officer(number, received()).text();
        let payload = from_base64url(text.split('.').nth(1).unwrap().as_bytes()).unwrap();
        let header = from_base64url(text.split('.').next().unwrap().as_bytes()).unwrap();
        let payload =
            String::from_utf8(payload).unwrap().replace(r#""v":1"#, &format!(r#""v":{schema}"#));
        crate::world::sign_raw(OFFICER, &header, payload.as_bytes(), "~")
    };
    let material = json!({"code": "m1", "_sd": ["x"]});
    vec![
        ("unknown-schema", "unknown_schema", None, with_schema(100, 2)),
        ("unknown-kind", "unknown_kind", None, by_officer(101, json!({"kind": "Bribed"})).text()),
        ("kind-missing", "unknown_kind", None, by_officer(102, json!({"receipt_no": "1"})).text()),
        (
            "kind-not-on-stream",
            "kind_not_on_stream",
            None,
            plan(103, (BUREAU, SYSTEM), "visit/v-1", received()).text(),
        ),
        (
            "unknown-field",
            "unknown_field",
            None,
            by_officer(104, json!({"kind": "Received", "mood": "good"})).text(),
        ),
        (
            "unknown-disclosure",
            "unknown_field",
            None,
            by_officer(105, received()).disclosing("mood", "good").text(),
        ),
        (
            "field-of-another-type",
            "invalid_field",
            None,
            by_officer(106, json!({"kind": "Received", "receipt_no": 7})).text(),
        ),
        (
            "field-null",
            "invalid_field",
            None,
            by_officer(107, json!({"kind": "Received", "receipt_no": null})).text(),
        ),
        (
            "code-outside-a-vocabulary",
            "invalid_field",
            None,
            by_officer(108, json!({"kind": "Received", "channel": "pigeon"})).text(),
        ),
        (
            "commitments-inside-an-object",
            "invalid_field",
            None,
            by_officer(109, json!({"kind": "Received", "materials": [material]})).text(),
        ),
        (
            "commitment-inside-a-list",
            "invalid_field",
            None,
            by_officer(110, json!({"kind": "Received", "materials": [{"...": "x"}]})).text(),
        ),
        (
            "list-of-201",
            "invalid_field",
            None,
            by_officer(111, json!({"kind": "InspectorsAssigned", "inspectors": vec!["p"; 201]}))
                .text(),
        ),
        (
            "digest-in-upper-case",
            "invalid_field",
            None,
            by_officer(
                112,
                json!({"kind": "Decided", "outcome": "granted", "digest": "AB".repeat(32)}),
            )
            .text(),
        ),
        (
            "field-missing",
            "field_missing",
            None,
            by_officer(113, json!({"kind": "Decided"})).text(),
        ),
        (
            "neither-of-two-fields",
            "field_missing",
            None,
            by_officer(114, json!({"kind": "HandedOver"})).text(),
        ),
        (
            "disclosure-missing",
            "field_missing",
            None,
            plan(
                115,
                (BUREAU, SYSTEM),
                "consultation/q-1",
                json!({"kind": "ConsultationAsked", "office": BUREAU}),
            )
            .text(),
        ),
        (
            "text-in-the-clear",
            "personal_in_the_clear",
            None,
            by_officer(116, json!({"kind": "Received", "note": "handed in by Zhang San"})).text(),
        ),
        (
            "identity-number-for-a-code",
            "personal_in_the_clear",
            None,
            by_officer(117, json!({"kind": "Received", "receipt_no": "11010519491231002X"})).text(),
        ),
        (
            "telephone-number-for-a-code",
            "personal_in_the_clear",
            None,
            by_officer(118, json!({"kind": "Received", "receipt_no": "13800000000"})).text(),
        ),
        ("signed-in-the-future", "in_the_future", None, by_officer(181, received()).text()),
    ]
}

fn bad_states(world: &World) -> Vec<Bad> {
    let of = |number: u8, act: Value| by_officer(number, act).text();
    let supervisor = format!("{CITY}/s-1");
    let changed = |number: u8, name: &str, value: Value| {
        let mut plan = withholding(world, number, SECOND);
        plan.draft.act.insert(name.to_owned(), value);
        plan.text()
    };
    vec![
        (
            "unknown-stream",
            "unknown_stream",
            None,
            plan(130, (&format!("{BUREAU}/p-1"), OFFICER), "case/none", received()).text(),
        ),
        ("stream-exists", "impossible", Some("stream_exists"), by_system(131, submitted()).text()),
        ("not-yet", "impossible", Some("not_yet"), of(132, json!({"kind": "ResultPublished"}))),
        ("after", "impossible", Some("after"), of(133, json!({"kind": "Accepted"}))),
        (
            "not-open",
            "impossible",
            Some("not_open"),
            of(134, json!({"kind": "Resumed", "started": 1})),
        ),
        ("no-such-entry", "impossible", Some("no_such_entry"), {
            let raised = json!({"kind": "CardRaised", "level": "yellow", "about": CASE, "office": BUREAU, "rule": "T02", "evidence": [18]});
            plan(135, (&supervisor, SUPERVISOR), "card/k-1", raised).text()
        }),
        ("no-such-stream", "impossible", Some("no_such_stream"), {
            let hidden = json!({"kind": "Hidden", "target": "case/none", "basis": "privacy"});
            plan(136, (&supervisor, SUPERVISOR), "removals", hidden).text()
        }),
        (
            "seen-ahead",
            "impossible",
            Some("seen_ahead"),
            by_officer(137, received()).seen(18).text(),
        ),
        (
            "seen-ahead-before-field-missing",
            "impossible",
            Some("seen_ahead"),
            by_officer(154, json!({"kind": "Decided"})).seen(18).text(),
        ),
        ("signature-before-kind", "bad_signature", None, {
            let text = by_officer(155, json!({"kind": "Bribed"})).text();
            let parts: Vec<_> = text.trim_end_matches('~').split('.').collect();
            format!("{}.{}.{}~", parts[0], parts[1], to_base64url(&[0; 64]))
        }),
        (
            "mandate-before-stream",
            "no_mandate",
            Some("post"),
            plan(156, (&supervisor, SUPERVISOR), "case/none", received()).text(),
        ),
        (
            "no-such-office",
            "impossible",
            Some("no_such_office"),
            of(138, json!({"kind": "TransferredTo", "office": "12441500196720244T"})),
        ),
        ("no-such-item", "impossible", Some("no_such_item"), {
            let filed = with(submitted(), "item_version", 2.into());
            plan(139, (BUREAU, SYSTEM), "case/2023-0002", filed).text()
        }),
        ("weak-key-of-a-citizen", "impossible", Some("weak_key"), {
            let weak =
                json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": to_base64url(&[0; 32])}});
            plan(140, (BUREAU, SYSTEM), "case/2023-0003", with(submitted(), "cnf", weak)).text()
        }),
        (
            "after-cutover",
            "impossible",
            Some("after_cutover"),
            by_system(141, received())
                .at("2023-11-15T00:00:00.000+08:00")
                .imported(imported())
                .text(),
        ),
        (
            "second-signer-of-the-same-person",
            "impossible",
            Some("second_signer"),
            withholding(world, 142, SUPERVISOR).text(),
        ),
        (
            "second-signer-without-a-post",
            "impossible",
            Some("second_signer"),
            withholding(world, 143, OFFICER).text(),
        ),
        (
            "second-signature-for-another-entry",
            "impossible",
            Some("second_signer"),
            changed(144, "entry", 15.into()),
        ),
        (
            "second-signature-for-another-stub",
            "impossible",
            Some("second_signer"),
            changed(145, "stub", "00".repeat(32).into()),
        ),
        (
            "second-signature-for-another-ground",
            "impossible",
            Some("second_signer"),
            changed(146, "basis", "state_secret".into()),
        ),
        (
            "withholding-of-what-is-not-there",
            "impossible",
            Some("no_such_entry"),
            changed(147, "entry", 18.into()),
        ),
        ("anonymous-rating-that-names-its-case", "personal_in_the_clear", None, {
            let rated = json!({"kind": "Rated", "level": "satisfied", "target": "matter", "office": BUREAU, "identity": "anonymous", "case": CASE, "cnf": confirmation(CITIZEN)});
            plan(148, ("citizen", CITIZEN), "rating/r-1", rated).text()
        }),
        ("citizen-opens-without-a-key", "field_missing", None, {
            let rated = json!({"kind": "Rated", "level": "satisfied", "target": "matter", "office": BUREAU, "identity": "code", "case": CASE});
            plan(181, ("citizen", CITIZEN), "rating/r-2", rated).text()
        }),
        (
            "imported-by-a-citizen",
            "no_mandate",
            Some("import"),
            plan(182, ("citizen", CITIZEN), CASE, json!({"kind": "Withdrawn"}))
                .at("2023-11-14T23:59:59.999+08:00")
                .imported(imported())
                .text(),
        ),
        (
            "withholding-on-no-stream",
            "impossible",
            Some("no_such_stream"),
            changed(183, "target", "case/none".into()),
        ),
    ]
}

fn bad_registry() -> Vec<Bad> {
    let key_of = |number: u8, act: Value| by_root(number, act).text();
    let other_possession = {
        let other = key_registered(CITY, Some("p-9"), SPARE);
        with(other, "person", "p-8".into())
    };
    let weak = with(key_registered(CITY, Some("p-9"), SPARE), "key", to_base64url(&[0; 32]).into());
    let item = json!({
        "kind": "ItemPublished", "item": crate::world::ITEM, "version": 3, "name": "x", "regime": "permit", "publicity": "open",
    });
    let calendar = json!({"kind": "CalendarPublished", "year": 2024, "version": 1, "off": ["2023-12-31"], "work": []});
    vec![
        ("founded-already", "impossible", Some("after"), by_root(160, json!({
            "kind": "LedgerFounded", "origin": crate::world::ORIGIN, "ledger_key": public(SPARE),
            "ledger_key_possession": crate::world::possession("ledger", SPARE), "root_keys": [public(ROOT)], "clock": "real",
        })).text()),
        ("key-taken", "impossible", Some("key_taken"), key_of(161, key_registered(CITY, Some("p-9"), OFFICER))),
        ("key-of-the-root-taken", "impossible", Some("key_taken"), key_of(162, key_registered(CITY, Some("p-9"), ROOT))),
        ("key-revoked-is-taken-for-ever", "impossible", Some("key_taken"), key_of(163, key_registered(BUREAU, Some("p-2"), REVOKED))),
        ("weak-key", "impossible", Some("weak_key"), key_of(164, weak)),
        ("possession-for-another-holder", "impossible", Some("bad_possession"), key_of(165, other_possession)),
        ("post-held-already", "impossible", Some("post_unchanged"), key_of(166, post_assigned(BUREAU, Some("p-1"), "approver"))),
        ("no-such-key", "impossible", Some("no_such_key"), key_of(167, json!({"kind": "KeyRevoked", "key": public(SPARE)}))),
        ("version-left-out", "impossible", Some("version_not_next"), key_of(168, item)),
        ("day-of-another-year", "impossible", Some("no_such_time"), key_of(169, calendar)),
    ]
}

fn bad_disclosures() -> Vec<Bad> {
    let two = || by_officer(150, received()).disclosing("note", "one");
    let text = two().text();
    let without = format!("{}~", text.split('~').next().unwrap());
    let doubled =
        by_officer(151, received()).disclosing("note", "one").disclosing("note", "two").text();
    let more = {
        let extra = by_officer(152, received()).disclosing("note", "another").text();
        format!("{text}{}~", extra.split('~').nth(1).unwrap())
    };
    let changed = {
        let other = by_officer(153, received()).disclosing("note", "altered").text();
        format!("{}~{}~", text.split('~').next().unwrap(), other.split('~').nth(1).unwrap())
    };
    vec![
        ("disclosure-left-out", "disclosures_mismatch", None, without),
        ("disclosure-too-many", "disclosures_mismatch", None, more),
        ("disclosure-altered", "disclosures_mismatch", None, changed),
        ("disclosed-twice", "disclosures_mismatch", None, doubled),
    ]
}

/// The answer to a text: the code of a refusal and its detail, or none.
fn answer(world: &World, vector: &Value) -> Option<(&'static str, Option<&'static str>)> {
    let refused = |refusal: Refusal| Some((refusal.code(), refusal.detail_code()));
    let action = match Action::parse(word(vector, "text").as_bytes()) {
        Ok(action) => action,
        Err(malformed) => return refused(Refusal::Malformed(malformed)),
    };
    let now = Micros::from_seconds(vector["now"].as_i64().unwrap());
    match admit(&world.state, &action, Signature::Unchecked, now) {
        Ok(Admission::New(_)) => None,
        Ok(Admission::Seen(first)) => {
            let recorded = &world.records[usize::try_from(first.0).unwrap()];
            let same = sha256(&[&encode_body(&action.jws)]).0 == recorded.header.body;
            if same { None } else { refused(Refusal::OtherContent { first: first.0 }) }
        }
        Err(refusal) => refused(refusal),
    }
}

#[test]
fn good_actions_are_taken() {
    let world = World::built();
    for (name, vector) in each("admission/good") {
        assert_eq!(answer(&world, &vector), None, "{name}");
    }
}

#[test]
fn bad_actions_are_refused_for_the_reason_they_are_named_after() {
    let world = World::built();
    for (name, vector) in each("admission/bad") {
        let expected = (word(&vector, "code"), vector["detail"].as_str());
        assert_eq!(answer(&world, &vector), Some(expected), "{name}");
    }
}

#[test]
fn every_code_of_a_refusal_has_a_vector() {
    let used: BTreeSet<_> =
        bad(&World::built()).iter().map(|(_, code, ..)| *code).chain(["malformed"]).collect();
    let all: BTreeSet<_> = Refusal::CODES.into_iter().collect();
    assert_eq!(used, all);
}
