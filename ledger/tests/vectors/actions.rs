//! `action/`: compact texts, good ones with all that is to be read out of them, bad ones named after their one flaw.

use case_ledger::disclosure::Disclosure;
use case_ledger::encoding::{from_base64url, to_base64url};
use case_ledger::envelope::{Action, DISCLOSURES_MAX, Imported, JWS_MAX};
use case_ledger::hash::{blake3, hex, sha256};
use case_ledger::kinds::Post;
use case_ledger::names::Token;
use case_ledger::record::encode_body;
use case_ledger::state::identity;
use case_ledger::time::Day;
use serde_json::{Map, Value, json};

use crate::world::{
    BUREAU, CASE, CITIZEN, OFFICER, SYSTEM, World, insert, key, members, plan, sign_raw, submitted,
};
use crate::{Vector, each, word};

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let good = good(world).into_iter().map(|(name, about, signer, text)| {
        Vector::new(format!("action/good/{name}.json"), &reading(about, signer, &text))
    });
    let bad = bad().into_iter().map(|(name, flaw, text)| {
        let vector = json!({"flaw": flaw, "text": text});
        Vector::new(format!("action/bad/{name}.json"), &vector)
    });
    good.chain(bad).collect()
}

fn good(world: &World) -> Vec<(&'static str, &'static str, u8, String)> {
    let officer = format!("{BUREAU}/p-1");
    let by_officer = |number, act| plan(number, (&officer, OFFICER), CASE, act);
    let imported = Imported {
        source: blake3(b"an older system's file"),
        row: 12,
        cutover: Day::parse("2023-12-31").unwrap(),
        handler: Token::parse("h-3"),
        unit: Token::parse("u-1"),
        activity: Token::parse("T02"),
    };
    let other_library = {
        let header = format!(
            r#"{{ "typ" : "case-action+sd-jwt", "kid" : "{}", "alg" : "Ed25519" }}"#,
            key(OFFICER).public().kid()
        );
        let payload = format!(
            "{{\n  \"act\": {{ \"\\u006bind\": \"Received\", \"receipt_no\": \"A-1\" }},\n  \"iat\": 1700000100,\n  \"sub\": \"{CASE}\",\n  \"iss\": \"{officer}\",\n  \"aud\": \"ledger.example\\/cases\",\n  \"jti\": \"018bcfe7-eea0-7000-8000-000000000001\",\n  \"v\": 1\n}}\n"
        );
        sign_raw(OFFICER, header.as_bytes(), payload.as_bytes(), "~")
    };
    let spaced_disclosure = {
        let encoded =
            to_base64url(r#"["_26bc4LT-ac6q2KI6cBW5es", "note", "M\u00f6bius 🦋"]"#.as_bytes());
        let digest = to_base64url(&sha256(&[encoded.as_bytes()]).0);
        let mut claims = claims();
        claims.insert("_sd_alg".to_owned(), "sha-256".into());
        insert(&mut claims["act"], "_sd", Some(json!([digest])));
        sign_raw(
            OFFICER,
            header().as_bytes(),
            Value::Object(claims).to_string().as_bytes(),
            &format!("~{encoded}~"),
        )
    };
    vec![
        (
            "founding",
            "the first entry of a ledger",
            crate::world::ROOT,
            world.records[0].text.clone(),
        ),
        (
            "minimal",
            "nothing but what must be there",
            OFFICER,
            by_officer(40, json!({"kind": "Received"})).text(),
        ),
        (
            "full",
            "the application of the small ledger, with disclosures and a citizen's own key",
            SYSTEM,
            world.records[16].text.clone(),
        ),
        (
            "at-with-zone",
            "it happened before it was signed, in China's zone, to the millisecond; the head that was seen",
            OFFICER,
            world.records[17].text.clone(),
        ),
        (
            "at-within-the-second",
            "iat has whole seconds, so at may be up to 999 ms later",
            OFFICER,
            by_officer(41, json!({"kind": "Received"})).at("2023-11-14T22:14:01.999Z").text(),
        ),
        (
            "by",
            "an office's system signs for a person",
            SYSTEM,
            plan(42, (BUREAU, SYSTEM), CASE, json!({"kind": "StepStarted", "step": "s1"}))
                .by("p-1", Post::Approver)
                .text(),
        ),
        (
            "imported",
            "history taken over from an older system",
            SYSTEM,
            plan(43, (BUREAU, SYSTEM), CASE, json!({"kind": "StepFinished", "step": "s1"}))
                .at("2011-10-18T13:46:39.679+02:00")
                .imported(imported)
                .text(),
        ),
        (
            "citizen",
            "signed by the citizen's own key",
            CITIZEN,
            plan(
                44,
                ("citizen", CITIZEN),
                CASE,
                json!({"kind": "SupplementReceived", "materials": [{"code": "m2"}]}),
            )
            .text(),
        ),
        (
            "other-library",
            "another order of members, white space, escapes, alg Ed25519: the bytes differ, the meaning does not",
            OFFICER,
            other_library,
        ),
        (
            "disclosure-of-another-library",
            "white space, escapes and a character beyond the first plane in a disclosure",
            OFFICER,
            spaced_disclosure,
        ),
    ]
}

/// All that is to be read out of a text.
pub(crate) fn reading(about: &str, signer: u8, text: &str) -> Value {
    let action = Action::parse(text.as_bytes()).unwrap();
    let envelope = &action.envelope;
    let disclosure = |one: &Disclosure| json!({"encoded": one.encoded(), "name": one.name(), "value": one.value(), "digest": to_base64url(&one.digest().0)});
    let body = encode_body(&action.jws);
    let part = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut reading = json!({
        "about": about,
        "text": text,
        "signer": key(signer).public().to_string(),
        "kid": envelope.kid.to_string(),
        "protected": part(&action.jws.protected),
        "payload": part(&action.jws.payload),
        "signature": hex(&action.jws.signature),
        "signing_input": part(&action.jws.signing_input()),
        "jti": envelope.id.to_string(),
        "aud": &*envelope.audience,
        "iss": envelope.issuer.to_string(),
        "sub": envelope.stream.to_string(),
        "issued_at_us": envelope.issued_at.0,
        "claimed_at_us": envelope.claimed_at().0,
        "kind": envelope.act.kind.unwrap().spec().name,
        "disclosures": action.disclosures.iter().map(disclosure).collect::<Vec<_>>(),
        "identity": hex(&identity(envelope).0),
        "body": hex(&body),
        "body_sha256": sha256(&[&body]).to_string(),
    });
    insert(&mut reading, "seen", envelope.seen.map(Value::from));
    insert(&mut reading, "by", envelope.by.as_ref().map(|by| by.person.as_str().into()));
    reading
}

fn header() -> String {
    format!(
        r#"{{"alg":"EdDSA","kid":"{}","typ":"case-action+sd-jwt"}}"#,
        key(OFFICER).public().kid()
    )
}

fn claims() -> Map<String, Value> {
    members(json!({
        "v": 1, "jti": "018bcfe7-eea0-7000-8000-000000000002", "aud": crate::world::ORIGIN,
        "iss": format!("{BUREAU}/p-1"), "sub": CASE, "iat": 1_700_000_100, "act": {"kind": "Received"},
    }))
}

fn payload() -> String {
    Value::Object(claims()).to_string()
}

/// Signs a payload that is right but for what `change` does to its claims.
fn with(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut claims = claims();
    change(&mut claims);
    sign_raw(OFFICER, header().as_bytes(), Value::Object(claims).to_string().as_bytes(), "~")
}

fn with_claim(name: &str, value: Value) -> String {
    with(|claims| drop(claims.insert(name.to_owned(), value)))
}

fn with_header(header: &str) -> String {
    sign_raw(OFFICER, header.as_bytes(), payload().as_bytes(), "~")
}

fn with_payload(payload: &[u8]) -> String {
    sign_raw(OFFICER, header().as_bytes(), payload, "~")
}

/// An action that commits to `digests` as they are.
fn with_commitments(digests: Value, algorithm: Option<&str>) -> String {
    with(|claims| {
        insert(&mut claims["act"], "_sd", Some(digests));
        if let Some(algorithm) = algorithm {
            claims.insert("_sd_alg".to_owned(), algorithm.into());
        }
    })
}

/// An action with one disclosure, its digest right whatever it is.
fn with_disclosure(encoded: &str) -> String {
    let digest = to_base64url(&sha256(&[encoded.as_bytes()]).0);
    let text = with_commitments(json!([digest]), Some("sha-256"));
    format!("{text}{encoded}~")
}

fn with_disclosed(json: &str) -> String {
    with_disclosure(&to_base64url(json.as_bytes()))
}

/// Replaces the text's only occurrence of `from`.
fn changed(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replacen(from, to, 1)
}

/// The same bytes in base64url that stray decoders also take: the bits beyond the last byte set.
fn with_trailing_bits(part: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = part.split_at(part.len() - 1);
    let next = alphabet.find(last).unwrap() + 1;
    let stray = format!("{rest}{}", &alphabet[next..=next]);
    assert!(from_base64url(part.as_bytes()).is_some() && !part.len().is_multiple_of(4));
    stray
}

fn parts(text: &str) -> [String; 3] {
    let mut parts = text.trim_end_matches('~').split('.').map(str::to_owned);
    [parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap()]
}

/// Name, code of the flaw, text.
type Bad = (&'static str, &'static str, String);

fn bad() -> Vec<Bad> {
    [bad_texts(), bad_headers(), bad_payloads(), bad_claims(), bad_commitments(), bad_disclosures()]
        .concat()
}

fn bad_texts() -> Vec<Bad> {
    let right = with(|_| {});
    let [protected, payload_part, signature] = parts(&right);
    let disclosed =
        plan(45, (BUREAU, SYSTEM), CASE, submitted()).disclosing("phone", "13800000000").text();
    let long_payload = format!("{}{}", payload(), " ".repeat(JWS_MAX));
    let long_disclosure =
        format!(r#"["{}","note","{}"]"#, "A".repeat(22), "x".repeat(DISCLOSURES_MAX));
    vec![
        ("missing-tilde", "no_tilde", right.trim_end_matches('~').to_owned()),
        ("missing-last-tilde", "no_tilde", disclosed.strip_suffix('~').unwrap().to_owned()),
        ("line-feed-at-the-end", "no_tilde", format!("{right}\n")),
        ("empty", "no_tilde", String::new()),
        ("jws-over-32-kib", "jws_too_long", with_payload(long_payload.as_bytes())),
        ("disclosures-over-128-kib", "disclosures_too_long", with_disclosed(&long_disclosure)),
        ("padding", "base64", format!("{protected}.{payload_part}.{signature}==~")),
        (
            "trailing-bits",
            "base64",
            format!("{protected}.{payload_part}.{}~", with_trailing_bits(&signature)),
        ),
        ("standard-alphabet", "base64", {
            let text = plan(46, (BUREAU, SYSTEM), CASE, submitted()).text();
            assert!(text.contains('-') || text.contains('_'));
            text.replace('-', "+").replace('_', "/")
        }),
        ("white-space-inside", "base64", format!("{protected}.{payload_part}. {signature}~")),
        ("two-parts", "base64", format!("{protected}.{payload_part}~")),
        ("four-parts", "base64", right.replace('~', ".AA~")),
        ("detached-payload", "payload_json", format!("{protected}..{signature}~")),
        ("no-signature", "signature_length", format!("{protected}.{payload_part}.~")),
        ("signature-of-63-bytes", "signature_length", {
            let short = from_base64url(signature.as_bytes()).unwrap();
            format!("{protected}.{payload_part}.{}~", to_base64url(&short[..63]))
        }),
        ("signature-of-65-bytes", "signature_length", {
            let long = [from_base64url(signature.as_bytes()).unwrap(), vec![0]].concat();
            format!("{protected}.{payload_part}.{}~", to_base64url(&long))
        }),
    ]
}

fn bad_headers() -> Vec<Bad> {
    let right = header();
    let kid = key(OFFICER).public().kid().to_string();
    let change = |from: &str, to: &str| with_header(&changed(&right, from, to));
    vec![
        (
            "header-duplicate-member",
            "header_json",
            change(r#"{"alg":"EdDSA","#, r#"{"alg":"EdDSA","alg":"EdDSA","#),
        ),
        (
            "header-duplicate-member-escaped",
            "header_json",
            change(r#"{"alg":"EdDSA","#, r#"{"alg":"EdDSA","\u0061lg":"none","#),
        ),
        ("header-float", "header_json", change("}", r#","n":1.0}"#)),
        ("header-bom", "header_json", with_header(&format!("\u{feff}{right}"))),
        ("header-text-after", "header_json", with_header(&format!("{right}{{}}"))),
        ("header-extra-member", "header_members", change("}", r#","crit":["b64"]}"#)),
        ("header-embedded-key", "header_members", change("}", r#","jwk":{"kty":"OKP"}}"#)),
        (
            "header-without-kid",
            "header_members",
            with_header(r#"{"alg":"EdDSA","typ":"case-action+sd-jwt"}"#),
        ),
        ("header-no-object", "header_members", with_header(r#"["EdDSA"]"#)),
        ("alg-none", "algorithm", change("EdDSA", "none")),
        ("alg-hs256", "algorithm", change("EdDSA", "HS256")),
        ("alg-es256", "algorithm", change("EdDSA", "ES256")),
        ("alg-lower-case", "algorithm", change("EdDSA", "eddsa")),
        ("alg-no-text", "algorithm", change(r#""EdDSA""#, "null")),
        ("typ-jwt", "type", change("case-action+sd-jwt", "JWT")),
        ("typ-media-type", "type", change("case-action", "application/case-action")),
        ("kid-of-31-bytes", "kid", change(&kid, &to_base64url(&[7; 31]))),
        ("kid-padding", "kid", change(&kid, &format!("{kid}="))),
        ("kid-trailing-bits", "kid", change(&kid, &with_trailing_bits(&kid))),
    ]
}

fn bad_payloads() -> Vec<Bad> {
    let right = payload();
    let change = |from: &str, to: &str| with_payload(changed(&right, from, to).as_bytes());
    let act = |act: &str| change(r#"{"kind":"Received"}"#, act);
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let invalid_utf8 = {
        let mut bytes = right.clone().into_bytes();
        let place = right.find("Received").unwrap();
        bytes[place] = 0xff;
        with_payload(&bytes)
    };
    let many = (0..128).fold(String::from(r#"{"kind":"Received""#), |text, number| {
        text + &format!(r#","m{number}":0"#)
    }) + "}";
    vec![
        ("duplicate-claim", "payload_json", change(r#""v":1"#, r#""v":1,"v":1"#)),
        ("duplicate-member-of-act", "payload_json", act(r#"{"kind":"Received","kind":"Decided"}"#)),
        (
            "duplicate-member-of-act-escaped",
            "payload_json",
            act(r#"{"kind":"Received","\u006bind":"Decided"}"#),
        ),
        (
            "duplicate-member-below-act",
            "payload_json",
            act(r#"{"kind":"Received","materials":[{"code":"a","code":"b"}]}"#),
        ),
        ("float", "payload_json", change("1700000100", "1700000100.0")),
        ("exponent", "payload_json", act(r#"{"kind":"FeeCharged","amount_fen":1e2}"#)),
        ("negative-zero", "payload_json", act(r#"{"kind":"FeeCharged","amount_fen":-0}"#)),
        ("leading-zero", "payload_json", act(r#"{"kind":"FeeCharged","amount_fen":01}"#)),
        (
            "integer-of-2-to-the-53",
            "payload_json",
            act(r#"{"kind":"FeeCharged","amount_fen":9007199254740992}"#),
        ),
        (
            "nine-levels",
            "payload_json",
            act(&format!(r#"{{"kind":"Received","x":{}}}"#, nested(7))),
        ),
        ("one-hundred-and-twenty-nine-members", "payload_json", act(&many)),
        (
            "lone-leading-surrogate",
            "payload_json",
            act(r#"{"kind":"Received","receipt_no":"\ud800"}"#),
        ),
        (
            "lone-trailing-surrogate",
            "payload_json",
            act(r#"{"kind":"Received","receipt_no":"\udc00"}"#),
        ),
        (
            "control-character",
            "payload_json",
            act("{\"kind\":\"Received\",\"receipt_no\":\"a\u{1}\"}"),
        ),
        ("invalid-utf8", "payload_json", invalid_utf8),
        ("bom", "payload_json", with_payload(format!("\u{feff}{right}").as_bytes())),
        ("trailing-comma", "payload_json", change(r#""v":1}"#, r#""v":1,}"#)),
        ("comment", "payload_json", change(r#""v":1}"#, r#""v":1/**/}"#)),
        ("single-quotes", "payload_json", act("{'kind':'Received'}")),
        ("not-a-number", "payload_json", act(r#"{"kind":"FeeCharged","amount_fen":NaN}"#)),
        ("text-after", "payload_json", with_payload(format!("{right} 1").as_bytes())),
        ("no-object", "payload_json", with_payload(b"[]")),
    ]
}

fn bad_claims() -> Vec<Bad> {
    let without = |name: &str| with(|claims| drop(claims.remove(name)));
    let at = |at: &str| with_claim("at", at.into());
    vec![
        ("v-missing", "claim", without("v")),
        ("v-text", "claim", with_claim("v", "1".into())),
        ("v-negative", "claim", with_claim("v", (-1).into())),
        ("jti-missing", "claim", without("jti")),
        (
            "jti-upper-case",
            "claim",
            with_claim("jti", "018BCFE7-EEA0-7000-8000-000000000002".into()),
        ),
        (
            "jti-version-4",
            "claim",
            with_claim("jti", "018bcfe7-eea0-4000-8000-000000000002".into()),
        ),
        (
            "jti-other-variant",
            "claim",
            with_claim("jti", "018bcfe7-eea0-7000-c000-000000000002".into()),
        ),
        ("jti-braces", "claim", with_claim("jti", "{018bcfe7-eea0-7000-8000-000000000002}".into())),
        ("aud-missing", "claim", without("aud")),
        ("aud-list", "claim", with_claim("aud", json!([crate::world::ORIGIN]))),
        ("iss-missing", "claim", without("iss")),
        ("iss-check-character", "claim", with_claim("iss", "11440232MB2D06811X".into())),
        ("iss-lower-case", "claim", with_claim("iss", BUREAU.to_lowercase().into())),
        ("iss-unknown-word", "claim", with_claim("iss", "anybody".into())),
        ("iss-empty-officer", "claim", with_claim("iss", format!("{BUREAU}/").into())),
        ("sub-missing", "claim", without("sub")),
        ("sub-unknown-type", "claim", with_claim("sub", "cases/1".into())),
        ("sub-without-id", "claim", with_claim("sub", "case".into())),
        ("sub-single-with-id", "claim", with_claim("sub", "registry/1".into())),
        ("sub-no-ascii", "claim", with_claim("sub", "case/办件".into())),
        (
            "sub-of-51-characters",
            "claim",
            with_claim("sub", format!("case/{}", "9".repeat(51)).into()),
        ),
        ("sub-leading-hyphen", "claim", with_claim("sub", "case/-1".into())),
        ("iat-missing", "claim", without("iat")),
        ("iat-text", "claim", with_claim("iat", "1700000100".into())),
        ("iat-negative", "claim", with_claim("iat", (-1).into())),
        ("iat-after-9999", "claim", with_claim("iat", 253_402_300_800_i64.into())),
        ("at-number", "claim", with_claim("at", 1_700_000_000.into())),
        ("at-without-zone", "claim", at("2023-11-14T22:13:20")),
        ("at-zone-without-colon", "claim", at("2023-11-15T06:13:20+0800")),
        ("at-unknown-zone", "claim", at("2023-11-14T22:13:20-00:00")),
        ("at-zone-of-24-hours", "claim", at("2023-11-14T22:13:20+24:00")),
        ("at-lower-case", "claim", at("2023-11-14t22:13:20z")),
        ("at-microseconds", "claim", at("2023-11-14T22:13:20.123456Z")),
        ("at-leap-second", "claim", at("2016-12-31T23:59:60Z")),
        ("at-leap-second-milliseconds", "claim", at("2016-12-31T23:59:60.000Z")),
        ("at-no-such-day", "claim", at("2023-02-29T00:00:00Z")),
        ("at-null", "claim", with_claim("at", Value::Null)),
        ("by-without-post", "claim", with_claim("by", json!({"person": "p-1"}))),
        (
            "by-with-a-name",
            "claim",
            with_claim("by", json!({"person": "p-1", "post": "intake", "name": "张三"})),
        ),
        (
            "by-identity-number",
            "claim",
            with_claim("by", json!({"person": "11010519491231002X", "post": "intake"})),
        ),
        ("seen-negative", "claim", with_claim("seen", (-1).into())),
        (
            "imported-without-cutover",
            "claim",
            with_claim("imported", json!({"source": "00".repeat(32), "row": 1})),
        ),
        (
            "imported-upper-case-digest",
            "claim",
            with_claim(
                "imported",
                json!({"source": "AB".repeat(32), "row": 1, "cutover": "2023-12-31"}),
            ),
        ),
        ("act-missing", "claim", without("act")),
        ("act-text", "claim", with_claim("act", "Received".into())),
        ("unknown-claim", "unknown_claim", with_claim("exp", 1_800_000_000.into())),
        ("key-binding", "unknown_claim", with_claim("cnf", crate::world::confirmation(CITIZEN))),
        (
            "commitments-beside-act",
            "unknown_claim",
            with(|claims| {
                claims.insert("_sd".to_owned(), json!([to_base64url(&[1; 32])]));
                claims.insert("_sd_alg".to_owned(), "sha-256".into());
            }),
        ),
        ("at-after-iat", "happened_after_signing", at("2023-11-14T22:15:01Z")),
        (
            "by-from-an-officer",
            "by_without_office",
            with_claim("by", json!({"person": "p-1", "post": "approver"})),
        ),
    ]
}

fn bad_commitments() -> Vec<Bad> {
    let digest = |byte: u8| Value::from(to_base64url(&[byte; 32]));
    let sha = Some("sha-256");
    vec![
        ("sd-empty", "commitments", with_commitments(json!([]), sha)),
        ("sd-no-list", "commitments", with_commitments(digest(1), sha)),
        (
            "sd-duplicate-digest",
            "commitments",
            with_commitments(json!([digest(1), digest(2), digest(1)]), sha),
        ),
        (
            "sd-digest-of-31-bytes",
            "commitments",
            with_commitments(json!([to_base64url(&[1; 31])]), sha),
        ),
        (
            "sd-digest-padding",
            "commitments",
            with_commitments(json!([format!("{}=", to_base64url(&[1; 32]))]), sha),
        ),
        (
            "sd-digest-trailing-bits",
            "commitments",
            with_commitments(json!([with_trailing_bits(&to_base64url(&[1; 32]))]), sha),
        ),
        ("sd-alg-missing", "commitments", with_commitments(json!([digest(1)]), None)),
        ("sd-alg-sha-512", "commitments", with_commitments(json!([digest(1)]), Some("sha-512"))),
        ("sd-alg-upper-case", "commitments", with_commitments(json!([digest(1)]), Some("SHA-256"))),
        ("sd-alg-without-sd", "commitments", with_claim("_sd_alg", "sha-256".into())),
    ]
}

fn bad_disclosures() -> Vec<Bad> {
    let salt = to_base64url(&[9; 16]);
    let disclosed = |name: &str| with_disclosed(&format!(r#"["{salt}","{name}","x"]"#));
    let right = to_base64url(format!(r#"["{salt}","note","x"]"#).as_bytes());
    let ragged = to_base64url(format!(r#"["{salt}","note","xy"]"#).as_bytes());
    let ragged = if ragged.len().is_multiple_of(4) { right.clone() } else { ragged };
    vec![
        ("disclosure-empty", "disclosure_encoding", with_disclosure("")),
        ("disclosure-padding", "disclosure_encoding", with_disclosure(&format!("{ragged}="))),
        (
            "disclosure-trailing-bits",
            "disclosure_encoding",
            with_disclosure(&with_trailing_bits(&ragged)),
        ),
        ("disclosure-no-json", "disclosure_encoding", with_disclosed("note")),
        (
            "disclosure-text-after",
            "disclosure_encoding",
            with_disclosed(&format!(r#"["{salt}","note","x"]x"#)),
        ),
        (
            "disclosure-lone-surrogate",
            "disclosure_encoding",
            with_disclosed(&format!(r#"["{salt}","note","\udfff"]"#)),
        ),
        ("disclosure-of-two", "disclosure_shape", with_disclosed(&format!(r#"["{salt}","x"]"#))),
        (
            "disclosure-of-four",
            "disclosure_shape",
            with_disclosed(&format!(r#"["{salt}","note","x","y"]"#)),
        ),
        (
            "disclosure-object",
            "disclosure_shape",
            with_disclosed(&format!(r#"["{salt}","note",{{"x":1}}]"#)),
        ),
        (
            "disclosure-number",
            "disclosure_shape",
            with_disclosed(&format!(r#"["{salt}","note",7]"#)),
        ),
        (
            "salt-of-15-bytes",
            "disclosure_salt",
            with_disclosed(&format!(r#"["{}","note","x"]"#, to_base64url(&[9; 15]))),
        ),
        (
            "salt-no-base64url",
            "disclosure_salt",
            with_disclosed(r#"["sixteen bytes at least","note","x"]"#),
        ),
        (
            "salt-trailing-bits",
            "disclosure_salt",
            with_disclosed(&format!(r#"["{}","note","x"]"#, with_trailing_bits(&salt))),
        ),
        ("disclosure-named-sd", "disclosure_name", disclosed("_sd")),
        ("disclosure-named-dots", "disclosure_name", disclosed("...")),
        ("disclosure-named-kind", "disclosure_name", disclosed("kind")),
        ("disclosure-without-name", "disclosure_name", disclosed("")),
    ]
}

#[test]
fn good_actions_hold_and_come_back() {
    for (name, vector) in each("action/good") {
        let text = word(&vector, "text");
        let action =
            Action::parse(text.as_bytes()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(action.to_text(), text, "{name}");
        let signer = case_ledger::names::PublicKey::parse(word(&vector, "signer")).unwrap();
        let verifying = case_ledger::signing::VerifyingKey::new(signer).unwrap();
        assert_eq!(signer.kid(), action.envelope.kid, "{name}");
        assert!(verifying.verifies(&action.jws.signing_input(), &action.jws.signature), "{name}");
    }
}

#[test]
fn bad_actions_show_the_flaw_they_are_named_after() {
    for (name, vector) in each("action/bad") {
        let parsed = Action::parse(word(&vector, "text").as_bytes());
        let code = parsed.err().map(case_ledger::envelope::Malformed::code);
        assert_eq!(code, Some(word(&vector, "flaw")), "{name}");
    }
}

#[test]
fn every_code_of_a_malformed_text_has_a_vector() {
    let codes: std::collections::BTreeSet<_> = bad().iter().map(|(_, flaw, _)| *flaw).collect();
    // As many as `Malformed` has, disclosures counted by their four faults.
    assert_eq!(codes.len(), 20, "{codes:?}");
}
