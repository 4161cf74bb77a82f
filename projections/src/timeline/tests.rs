use case_ledger::disclosure::Disclosure;
use case_ledger::envelope::By;
use case_ledger::hash::Blake3Hash;
use case_ledger::time::Day;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::as_of::AsOf;
use crate::audience::{Audience, public_fields};
use crate::sample::{
    SECRET, Way, Writing, act, as_of, case_kinds, full, item, least, office, token,
};

fn claimed(person: &str) -> Way {
    let by = By { person: token(person), post: Post::Reviewer };
    Way { by: Some(by), ..Way::by(office(1).as_str()) }
}

fn disclosing(name: &str) -> Way {
    let value = format!("{SECRET} {name}");
    Way { disclosures: vec![Disclosure::make(name, &value, &[9; 16])], ..Way::usual() }
}

fn imported() -> Way {
    let imported = Imported {
        source: Blake3Hash([0xab; 32]),
        row: 12,
        cutover: Day::parse("2020-01-01").unwrap(),
        handler: Some(token("secret-handler")),
        unit: Some(token("unit-7")),
        activity: Some(token("T02")),
    };
    let at = Some("2019-11-04T09:00:00+08:00".to_owned());
    Way { imported: Some(imported), at, ..Way::by(office(1).as_str()) }
}

fn submitted() -> Act {
    act(
        Kind::Submitted,
        json!({
            "office": office(1).as_str(), "item": item().as_str(), "item_version": 2,
            "applicant": "secret-applicant", "channel": "online", "applicant_type": "enterprise",
            "materials": [{ "code": "form", "digest": "ef".repeat(32), "size": 2048 }],
        }),
    )
}

/// A plain case: filed by the portal, accepted late in the books, surveyed, granted, delivered.
fn plain() -> Timeline {
    let portal = Way {
        disclosures: disclosing("applicant_name").disclosures,
        ..Way::by(office(3).as_str())
    };
    let late = Way { at: Some("2020-04-20T10:05:00+08:00".to_owned()), ..Way::usual() };
    let writing = Writing::default()
        .at("2020-04-20T09:12")
        .write(submitted(), portal)
        .then(act(Kind::Received, json!({ "receipt_no": "secret-receipt" })))
        .at("2020-04-22T08:00")
        .write(act(Kind::Accepted, json!({ "promised_by": "2020-04-28" })), late)
        .write(
            act(
                Kind::StepFinished,
                json!({ "step": "survey", "handler": "secret-handler", "result": "passed" }),
            ),
            claimed("secret-person"),
        )
        .at("2020-04-28T15:30")
        .write(
            act(Kind::Decided, json!({ "outcome": "granted", "approver": "secret-approver" })),
            disclosing("reasons"),
        )
        .then(act(Kind::Delivered, json!({ "mode": "electronic" })));
    Timeline::fold(&writing.entries)
}

/// An odd one: imported, signed by the applicant, deemed by the ledger, withheld, refused.
fn odd() -> Timeline {
    let refusal =
        act(Kind::Decided, json!({ "outcome": "refused", "ground": "conditions_not_met" }));
    let writing = Writing::default()
        .at("2020-04-20T09:12")
        .write(submitted(), imported())
        .write(
            act(Kind::SupplementReceived, json!({ "materials": [{ "code": "form" }] })),
            Way::by("citizen"),
        )
        .write(
            act(
                Kind::DeemedFact,
                json!({ "rule": "TL-05", "policy": "anyang", "effective": "2020-04-20" }),
            ),
            Way::by("ledger"),
        )
        .write(act(Kind::Suspended, json!({ "ground": "correction" })), Way::withheld())
        .then(refusal);
    Timeline::fold(&writing.entries)
}

#[test]
fn a_plain_case_for_the_public() {
    insta::assert_json_snapshot!(plain().view(Audience::Public, as_of()));
}

#[test]
fn a_plain_case_for_the_parties() {
    insta::assert_json_snapshot!(plain().view(Audience::Parties, as_of()));
}

#[test]
fn an_odd_case_for_the_public() {
    insta::assert_json_snapshot!(odd().view(Audience::Public, as_of()));
}

#[test]
fn an_odd_case_for_the_parties() {
    insta::assert_json_snapshot!(odd().view(Audience::Parties, as_of()));
}

#[test]
fn staff_sees_what_the_parties_see() {
    let view = |audience| plain().view(audience, as_of()).moments;
    assert_eq!(view(Audience::Staff), view(Audience::Parties));
}

#[test]
fn every_answer_says_as_of_which_tree() {
    let view = Timeline::default().view(Audience::Public, as_of());
    let text = serde_json::to_value(&view).unwrap();
    assert_eq!(text["as_of"]["size"], 9);
    assert_eq!(view.as_of, AsOf { ..as_of() });
}

/// Every kind with every field, signed in every way that names a person: nothing of it reaches the public.
#[test]
fn no_person_and_no_disclosure_reaches_the_public() {
    for kind in case_kinds() {
        for way in [
            Way::usual(),
            claimed("secret-person"),
            imported(),
            disclosing("note"),
            Way::withheld(),
        ] {
            let entries = Writing::default().write(full(kind), way).entries;
            let timeline = Timeline::fold(&entries);
            let text = |audience| serde_json::to_string(&timeline.view(audience, as_of())).unwrap();
            let (public, parties) = (text(Audience::Public), text(Audience::Parties));
            // What may be seen is taken away first; whatever secret is left then is one too many.
            let shown = public_fields(kind).iter();
            let left = shown.fold(public.clone(), |text, name| {
                text.replace(&format!("{SECRET}-{name}\""), "\"")
            });
            assert!(!left.contains(SECRET), "{kind:?}: {left}");
            for digest in ["efef", "jwk"] {
                assert!(!public.contains(digest), "{kind:?}: {public}");
            }
            assert!(!parties.contains("secret note"), "a disclosed value is nowhere");
        }
    }
}

#[test]
fn the_parties_see_every_field_that_was_written() {
    for kind in case_kinds() {
        let entries = Writing::default().then(full(kind)).entries;
        let moment = Timeline::fold(&entries).moments.remove(0).view(Audience::Parties).unwrap();
        let names: Vec<_> = moment.fields.iter().map(|field| field.name).collect();
        let all: Vec<_> = kind.spec().fields.iter().map(|field| field.name).collect();
        assert_eq!(names, all, "{kind:?}");
    }
}

#[test]
fn who_vouches_for_an_entry() {
    let of = |act: Act, way: Way| {
        Timeline::fold(&Writing::default().write(act, way).entries).moments.remove(0).attestation
    };
    let ours = || least(Kind::Accepted);
    let theirs = || least(Kind::SupplementReceived);
    assert_eq!(of(ours(), Way::usual()), Attestation::Signed);
    assert_eq!(of(ours(), claimed("p-1")), Attestation::ClaimedByOffice);
    assert_eq!(of(ours(), imported()), Attestation::Unattested);
    assert_eq!(of(ours(), Way::withheld()), Attestation::Unknown);
    assert_eq!(of(theirs(), Way::by("citizen")), Attestation::CitizenSigned);
    assert_eq!(of(theirs(), Way::usual()), Attestation::PortalAttested);
    assert_eq!(of(least(Kind::DeemedFact), Way::by("ledger")), Attestation::LedgerOwn);
}

#[test]
fn what_nobody_understands_is_shown_as_that() {
    let unknown = json!({ "kind": "Teleported", "to": "secret-place" });
    let entries =
        Writing::default().write_object(unknown.as_object().unwrap().clone(), Way::usual()).entries;
    let moment = Timeline::fold(&entries).moments.remove(0);
    assert_eq!((moment.kind, moment.content), (None, ContentState::Unreadable));
    let view = moment.view(Audience::Parties).unwrap();
    assert!(view.fields.is_empty() && view.content_words.is_some());
}

#[test]
fn an_entry_of_another_stream_is_no_moment() {
    let other = Way { stream: Stream::parse("case/2").unwrap(), ..Way::usual() };
    let entries = Writing::default().then(submitted()).write(least(Kind::Accepted), other).entries;
    assert_eq!(Timeline::fold(&entries).moments.len(), 1);
}

/// How a case goes on from its acceptance to its end and beyond, told so that a stranger could tell which end.
fn ended(by: Kind, fields: Value, after: &[Kind]) -> Vec<Entry> {
    let way =
        Way { disclosures: disclosing(by.spec().name).disclosures, ..claimed("secret-person") };
    let writing = Writing::default()
        .then(submitted())
        .then(least(Kind::Received))
        .at("2020-04-20T10:00")
        .write(act(by, fields), way);
    let after = after.iter().map(|kind| act(*kind, json!({ "of": 3 })));
    after.fold(writing, Writing::then).entries
}

#[test]
fn the_public_cannot_tell_one_end_from_another() {
    let granted = json!({ "outcome": "granted", "joint": true });
    let refused = json!({ "outcome": "refused", "ground": "conditions_not_met" });
    let ends = [
        ended(Kind::Decided, granted, &[Kind::Delivered]),
        ended(Kind::Decided, refused, &[Kind::NoticeServed, Kind::Dispatched, Kind::NoticeServed]),
        ended(Kind::Decided, json!({ "outcome": "partly" }), &[]),
        ended(Kind::RefusedToAccept, json!({}), &[Kind::NoticeServed]),
        ended(Kind::NotRequired, json!({}), &[]),
        ended(Kind::Withdrawn, json!({}), &[]),
        ended(Kind::Returned, json!({}), &[Kind::NoticeServed]),
        ended(Kind::Voided, json!({}), &[]),
        ended(Kind::CertificateIssued, json!({}), &[Kind::Delivered]),
    ];
    let public = |entries| Timeline::fold(entries).view(Audience::Public, as_of());
    let first = public(&ends[0]);
    assert_eq!((first.moments.len(), first.moments[2].kind), (3, Some("Concluded")));
    for end in &ends {
        assert_eq!(public(end), first);
        let parties = Timeline::fold(end).view(Audience::Parties, as_of());
        assert_eq!(parties.moments.len(), end.len(), "the parties are told all");
    }
}

#[test]
fn how_a_step_ended_is_not_public() {
    let finished = |result| {
        let step = json!({ "step": "approval", "result": result, "returned_to": "survey" });
        let entries = Writing::default().then(act(Kind::StepFinished, step)).entries;
        Timeline::fold(&entries).view(Audience::Public, as_of())
    };
    assert_eq!(finished("passed"), finished("returned"));
}

#[test]
fn what_is_out_of_sight_is_a_moment_without_content() {
    let entries = Writing::default()
        .then(submitted())
        .then(act(Kind::FeeCharged, json!({ "amount_fen": 100, "basis": "rule-1" })))
        .then(act(Kind::StepStarted, json!({ "step": "survey" })))
        .entries;
    let way = || Way { stream: Stream::parse("removals").unwrap(), ..Way::usual() };
    let hide = |fields: Value| {
        let mut fields = fields;
        fields["target"] = "case/20200420-1".into();
        let orders = Writing::default().write(act(Kind::Hidden, fields), way()).entries;
        let removals = crate::removals::Removals::default().after(&orders[0]);
        let case = Stream::parse("case/20200420-1").unwrap();
        let timeline = Timeline::fold(&entries).without(&removals.of(&case, None));
        timeline.view(Audience::Public, as_of()).moments
    };
    let whole = hide(json!({ "basis": "privacy", "entries": [2] }));
    assert_eq!(whole[2].content, ContentState::Hidden);
    assert_eq!((whole[2].kind, &whole[2].step, &whole[2].signer), (None, &None, &None));
    assert_eq!((whole[1].fields.len(), whole[2].number), (2, 3));
    let field = hide(json!({ "basis": "trade_secret", "names": ["amount_fen", "step"] }));
    let names: Vec<_> = field[1].fields.iter().map(|field| field.name).collect();
    assert_eq!((names, &field[2].step, field[2].kind), (vec!["basis"], &None, Some("StepStarted")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn in_two_parts_is_at_once(
        acts in prop::collection::vec((proptest::sample::select(case_kinds()), any::<bool>(), prop::bool::weighted(0.1)), 0..40),
        part in any::<proptest::sample::Index>(),
    ) {
        let writing = acts.into_iter().fold(Writing::default(), |writing, (kind, all, withheld)| {
            let way = if withheld { Way::withheld() } else { Way::usual() };
            writing.write(if all { full(kind) } else { least(kind) }, way)
        });
        let entries = &writing.entries;
        let (head, tail) = entries.split_at(part.index(entries.len() + 1));
        let at_once = Timeline::fold(entries);
        prop_assert_eq!(&Timeline::fold(head).with(tail), &at_once);
        // A page that knows no more than how the part before it ended shows the same.
        let before = Timeline::fold(head);
        let page = Timeline::part(before.ending).with(tail);
        let pages = [before, page].map(|part| part.view(Audience::Public, as_of()).moments).concat();
        prop_assert_eq!(pages, at_once.view(Audience::Public, as_of()).moments);
    }
}
