//! `codes/`: office, region and item codes, instants, and other names, good and bad.

use case_ledger::codes::{ItemCode, OfficeCode, RegionCode, looks_personal};
use case_ledger::names::{ActionId, Issuer, Origin, Stream, Token};
use case_ledger::note::NoteKey;
use case_ledger::time::{Day, Micros};
use serde_json::{Value, json};

use crate::world::{CITY, KEYS, ORIGIN, key};
use crate::{Vector, json, list};

/// A grammar: its name, whether a text is of it, texts that are, texts that are not with the reason.
type Grammar = (&'static str, fn(&str) -> bool, Vec<String>, Vec<(String, &'static str)>);

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn flawed(texts: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    texts.iter().map(|(text, flaw)| ((*text).to_owned(), *flaw)).collect()
}

fn grammars() -> Vec<Grammar> {
    let long = "9".repeat(51);
    vec![
        (
            "office",
            |text| OfficeCode::parse(text).is_ok(),
            owned(&["11440232MB2D06811W", "12441500196720244T", CITY]),
            flawed(&[
                ("11440232MB2D06811", "length"),
                ("11440232MB2D06811WW", "length"),
                ("11440232MB2D06811X", "last check character"),
                ("11440232MB2D06812W", "check character of the organisation"),
                ("11440232mb2d06811w", "lower case"),
                ("11440232MI2D06811W", "I is not in the alphabet"),
                ("11000232MB2D06811W", "division"),
                ("１1440232MB2D0681", "no ASCII"),
            ]),
        ),
        (
            "region",
            |text| RegionCode::parse(text).is_ok(),
            owned(&["440000", "440200", "440232", "440232001"]),
            flawed(&[
                ("44023", "length"),
                ("4402320", "length"),
                ("44023x", "no digit"),
                ("040232", "no province begins with 0"),
                ("440032", "county without prefecture"),
                ("440200001", "township without county"),
                ("440232000", "township 000: the six digits say it"),
            ]),
        ),
        (
            "item",
            |text| ItemCode::parse(text).is_ok(),
            owned(&[
                "11440232MB2D06811W4000117051000",
                "12441500196720244T3442199806003",
                "11440232MB2D06811W400011705100Y",
            ]),
            flawed(&[
                ("11440232MB2D06811W400011705100", "length"),
                ("11440232MB2D06811W0000117051000", "level 0"),
                ("11440232MB2D06811W8000117051000", "level 8"),
                ("11440232MB2D06811X4000117051000", "check character of the office"),
                ("11440232MB2D06811W400Y117051000", "type is no number"),
                ("11440232MB2D06811W40001170510Y0", "Y before the end"),
            ]),
        ),
        (
            "instant",
            |text| Micros::parse(text).is_some(),
            owned(&[
                "1970-01-01T00:00:00Z",
                "2023-11-15T06:13:20+08:00",
                "2011-10-18T13:46:39.679+02:00",
                "2011-10-18T13:46:39.160Z",
            ]),
            flawed(&[
                ("2023-11-14T22:13:20", "no zone"),
                ("2023-11-14 22:13:20Z", "no T"),
                ("2023-11-14t22:13:20Z", "lower case"),
                ("2023-11-14T22:13:20.1Z", "one digit of fraction"),
                ("2023-11-14T22:13:20.123456Z", "six digits of fraction"),
                ("2023-11-14T22:13:20,123Z", "comma"),
                ("2023-11-14T24:00:00Z", "hour 24"),
                ("2016-12-31T23:59:60Z", "leap second"),
                ("2016-12-31T23:59:60.000Z", "leap second"),
                ("2023-11-14T22:13:20-00:00", "unknown zone"),
                ("2023-11-14T22:13:20+24:00", "zone of 24 hours"),
                ("2023-11-14T22:13:20+0800", "zone without colon"),
                ("2023-02-29T00:00:00Z", "no such day"),
            ]),
        ),
        (
            "day",
            |text| Day::parse(text).is_some(),
            owned(&["2024-02-29", "1970-01-01"]),
            flawed(&[
                ("2023-02-29", "no such day"),
                ("2023-2-9", "one digit"),
                ("20230209", "no hyphens"),
                ("+023-02-09", "sign"),
            ]),
        ),
        (
            "token",
            |text| Token::parse(text).is_some(),
            owned(&["a", "0", "A.b_c-9", &"x".repeat(64)]),
            [
                flawed(&[
                    ("", "empty"),
                    (".a", "first character"),
                    ("-a", "first character"),
                    ("a b", "space"),
                    ("办", "no ASCII"),
                ]),
                vec![("x".repeat(65), "length")],
            ]
            .concat(),
        ),
        (
            "stream",
            |text| Stream::parse(text).is_some(),
            owned(&[
                "registry",
                "reads",
                "removals",
                "case/WABO-case-10017",
                "rating/1",
                "consultation/x",
                &format!("case/{}", &long[1..]),
            ]),
            [
                flawed(&[
                    ("case", "no id"),
                    ("case/", "empty id"),
                    ("case/a/b", "two slashes"),
                    ("cases/1", "unknown type"),
                    ("Case/1", "upper case"),
                    ("registry/1", "the registry is one"),
                    ("case/-a", "first character"),
                    ("case/张", "no ASCII"),
                ]),
                vec![(format!("case/{long}"), "length")],
            ]
            .concat(),
        ),
        (
            "issuer",
            |text| Issuer::parse(text).is_some(),
            owned(&["citizen", "ledger", "root", "11440232MB2D06811W", "11440232MB2D06811W/p-7"]),
            flawed(&[
                ("Citizen", "upper case"),
                ("11440232MB2D06811X", "check character"),
                ("11440232MB2D06811W/", "empty officer"),
                ("11440232MB2D06811W/a/b", "two slashes"),
            ]),
        ),
        (
            "origin",
            |text| Origin::parse(text).is_some(),
            owned(&[ORIGIN, "localhost:8080", "a"]),
            [
                flawed(&[
                    ("", "empty"),
                    ("ledger.example/", "slash at the end"),
                    ("https://ledger.example", "scheme"),
                    ("a b", "space"),
                    ("a+b", "plus"),
                    ("é", "no ASCII"),
                ]),
                vec![("a".repeat(129), "length")],
            ]
            .concat(),
        ),
        (
            "action-id",
            |text| ActionId::parse(text).is_some(),
            owned(&[
                "018bcfe5-6800-7fff-bfff-ffffffffffff",
                "018bcfe5-6800-8fff-8fff-ffffffffffff",
            ]),
            flawed(&[
                ("018bcfe5-6800-4fff-bfff-ffffffffffff", "version 4"),
                ("018bcfe5-6800-7fff-cfff-ffffffffffff", "variant"),
                ("018BCFE5-6800-7FFF-BFFF-FFFFFFFFFFFF", "upper case"),
                ("018bcfe568007fffbfffffffffffffff", "no hyphens"),
            ]),
        ),
        (
            "personal",
            looks_personal,
            owned(&["11010519491231002X", "110105194912310021", "13800000000"]),
            flawed(&[
                ("11440232MB2D06811W", "an office code"),
                ("12800000000", "no mobile number begins with 12"),
                ("110105194913310021", "month 13"),
                ("110105300012310021", "year 3000"),
                ("1380000000", "ten digits"),
            ]),
        ),
    ]
}

pub(crate) fn made() -> Vec<Vector> {
    let vector = |(name, _, good, bad): Grammar| {
        let bad: Vec<_> =
            bad.into_iter().map(|(text, flaw)| json!({"text": text, "flaw": flaw})).collect();
        Vector::new(format!("codes/{name}.json"), &json!({"good": good, "bad": bad}))
    };
    grammars().into_iter().map(vector).collect()
}

#[test]
fn texts_are_accepted_only_in_their_grammar() {
    for (name, accepts, ..) in grammars() {
        let vector = json(&format!("codes/{name}.json"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for good in list(&vector, "good").iter().map(text) {
            assert!(accepts(&good), "{name}: {good}");
        }
        for bad in list(&vector, "bad").iter().map(|bad| text(&bad["text"])) {
            assert!(!accepts(&bad), "{name}: {bad}");
        }
    }
}

/// Every proper substring and every increment of one byte, as Go's `x/mod` tests its own parser.
#[test]
fn nothing_near_a_vkey_is_one() {
    let ours = KEYS.map(|(_, first)| {
        let key = NoteKey {
            name: ORIGIN.to_owned(),
            key_type: case_ledger::note::KeyType::Ed25519,
            key: key(first).public(),
        };
        key.to_vkey()
    });
    let public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".to_owned();
    for vkey in ours.into_iter().chain([public]) {
        assert_eq!(NoteKey::parse_vkey(&vkey).map(|key| key.to_vkey()), Some(vkey.clone()));
        for start in 0..vkey.len() {
            for end in start..=vkey.len() {
                let part = &vkey[start..end];
                assert!(part.len() == vkey.len() || NoteKey::parse_vkey(part).is_none(), "{part}");
            }
        }
        for place in 0..vkey.len() {
            let mut bytes = vkey.clone().into_bytes();
            bytes[place] += 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(NoteKey::parse_vkey(&changed).is_none(), "{changed}");
        }
    }
}
