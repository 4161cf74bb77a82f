//! Given what stands on a case, when one more entry comes, then this is what it changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use case_ledger::envelope::Imported;
use case_ledger::hash::Blake3Hash;
use case_ledger::kinds::work::SpecialProcedure;
use case_ledger::names::Stream;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::audience::Audience;
use crate::names::Names;
use crate::sample::{
    SECRET, Way, Writing, act, as_of, case_kinds, full, item, least, office, token,
};

fn names() -> Names {
    let steps = [("check", "材料审查"), ("survey", "现场勘验")];
    Names {
        offices: BTreeMap::from([(office(1), "甲局".to_owned()), (office(2), "乙局".to_owned())]),
        steps: steps.map(|(code, name)| (token(code), name.to_owned())).into(),
    }
}

fn submitted() -> Act {
    act(Kind::Submitted, json!({ "office": office(1).as_str(), "item": item().as_str() }))
}

fn accepted() -> Vec<Act> {
    vec![submitted(), least(Kind::Received), least(Kind::Accepted)]
}

fn decided(outcome: &str) -> Vec<Act> {
    let mut acts = accepted();
    acts.push(act(Kind::Decided, json!({ "outcome": outcome })));
    acts
}

fn written(acts: &[Act]) -> Writing {
    let writing = Writing::default().at("2020-04-20T10:00");
    acts.iter().cloned().fold(writing, Writing::then)
}

fn progress(acts: &[Act]) -> Progress {
    Progress::fold(&written(acts).entries)
}

fn sentences(progress: &Progress, audience: Audience) -> [String; 2] {
    let view = progress.view(audience, &names(), as_of());
    [view.sentence.zh.into_owned(), view.sentence.en.into_owned()]
}

/// What must stand on the case for the kind to be possible, and an act of it that fits.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others need an accepted case, no more")]
fn situation(kind: Kind) -> (Vec<Act>, Act) {
    let after_acceptance = |fields| (accepted(), act(kind, fields));
    let also = |more: Act| [accepted(), vec![more]].concat();
    let lacks = json!({ "lacks": [{ "code": "form" }], "until": "2020-05-01" });
    let asked = || vec![submitted(), act(Kind::SupplementRequested, lacks.clone())];
    match kind {
        Kind::Submitted => (Vec::new(), submitted()),
        Kind::SupplementRequested => (vec![submitted()], act(kind, lacks)),
        Kind::SupplementReceived => {
            (asked(), act(kind, json!({ "materials": [{ "code": "form" }] })))
        }
        Kind::GapFilled => {
            let gaps = act(Kind::AcceptedWithGaps, json!({ "missing": ["licence"] }));
            (vec![submitted(), gaps], act(kind, json!({ "material": { "code": "licence" } })))
        }
        Kind::Received
        | Kind::Accepted
        | Kind::AcceptedWithGaps
        | Kind::NotRequired
        | Kind::RefusedToAccept
        | Kind::CommitmentMade
        | Kind::CommitmentChecked
        | Kind::DeemedFact => (vec![submitted()], least(kind)),
        Kind::TransferredTo | Kind::SentUp => {
            after_acceptance(json!({ "office": office(2).as_str() }))
        }
        Kind::HandedOver => after_acceptance(json!({ "to_office": office(2).as_str() })),
        Kind::StepStarted => after_acceptance(json!({ "step": "survey" })),
        Kind::StepFinished => {
            let started = act(Kind::StepStarted, json!({ "step": "survey" }));
            (
                also(started),
                act(kind, json!({ "step": "survey", "started": 4, "result": "passed" })),
            )
        }
        Kind::SpecialProcedureStarted => after_acceptance(json!({ "procedure": "appraisal" })),
        Kind::SpecialProcedureEnded => {
            (also(least(Kind::SpecialProcedureStarted)), act(kind, json!({ "started": 4 })))
        }
        Kind::Suspended => after_acceptance(json!({ "ground": "applicant_asked" })),
        Kind::Resumed => (also(least(Kind::Suspended)), act(kind, json!({ "started": 4 }))),
        Kind::NoticeServed => (decided("refused"), act(kind, json!({ "of": 4 }))),
        Kind::ResultPublished
        | Kind::CertificateIssued
        | Kind::Dispatched
        | Kind::DeliveryUpdated
        | Kind::Delivered
        | Kind::Revoked
        | Kind::Changed
        | Kind::Renewed
        | Kind::Cancelled => (decided("granted"), least(kind)),
        _ => after_acceptance(json!({})),
    }
}

/// A view as one text for each member; places of entries as their number.
fn members(progress: &Progress) -> BTreeMap<String, String> {
    fn shorten(value: &mut Value) {
        if let Some(number) = value.get("seq").and(value.get("number")) {
            *value = format!("#{number}").into();
        }
        match value {
            Value::Array(elements) => elements.iter_mut().for_each(shorten),
            Value::Object(members) => members.values_mut().for_each(shorten),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let view = progress.view(Audience::Parties, &names(), as_of());
    let mut view = serde_json::to_value(&view).unwrap();
    shorten(&mut view);
    let mut members = BTreeMap::new();
    for (name, value) in view.as_object().unwrap() {
        match name.as_str() {
            "last" | "state_words" => {}
            "counts" => {
                for (count, value) in value.as_object().unwrap() {
                    if count != "entries" {
                        members.insert(format!("counts.{count}"), value.to_string());
                    }
                }
            }
            "sentence" => {
                members.insert("sentence".to_owned(), value["zh"].to_string());
            }
            _ => {
                members.insert(name.clone(), value.to_string());
            }
        }
    }
    members
}

#[test]
fn what_each_kind_changes() {
    let mut table = String::new();
    for kind in case_kinds() {
        let (given, when) = situation(kind);
        let before = written(&given);
        let first = Progress::fold(&before.entries);
        let entries = before.then(when).entries;
        let then = first.clone().after(entries.last().unwrap());
        assert_eq!(then.counts.entries, first.counts.entries + 1);
        writeln!(table, "{kind:?}").unwrap();
        let (old, new) = (members(&first), members(&then));
        for (name, value) in new.iter().filter(|(name, value)| old.get(*name) != Some(value)) {
            writeln!(table, "    {name}: {} → {value}", old[name]).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_sentence_in_every_state() {
    let more = |given: Vec<Act>, act: Act| [given, vec![act]].concat();
    let ended = |kind| more(accepted(), least(kind));
    let altered = |kind| more(decided("granted"), least(kind));
    let lacks = json!({ "lacks": [{ "code": "form" }], "until": "2020-05-01" });
    let asked = || more(vec![submitted()], act(Kind::SupplementRequested, lacks.clone()));
    let came = act(Kind::SupplementReceived, json!({ "materials": [], "complete": true }));
    let step = |kind, step| act(kind, json!({ "step": step }));
    let surveyed = more(accepted(), step(Kind::StepFinished, "survey"));
    let suspended = |fields| more(accepted(), act(Kind::Suspended, fields));
    let cases = [
        vec![],
        vec![submitted()],
        vec![submitted(), least(Kind::Received)],
        asked(),
        more(asked(), came),
        accepted(),
        surveyed.clone(),
        more(
            more(accepted(), step(Kind::StepFinished, "check")),
            step(Kind::StepStarted, "survey"),
        ),
        more(accepted(), act(Kind::SupplementRequested, lacks.clone())),
        vec![submitted(), act(Kind::AcceptedWithGaps, json!({ "until": "2020-05-06" }))],
        more(surveyed, act(Kind::SpecialProcedureStarted, json!({ "procedure": "hearing" }))),
        suspended(json!({ "ground": "applicant_asked" })),
        suspended(json!({ "waiting_for": "third_party" })),
        suspended(json!({ "ground": "force_majeure" })),
        more(accepted(), act(Kind::SentUp, json!({ "office": office(2).as_str() }))),
        more(vec![submitted()], least(Kind::NotRequired)),
        more(vec![submitted()], least(Kind::RefusedToAccept)),
        decided("granted"),
        altered(Kind::Delivered),
        decided("refused"),
        ended(Kind::Withdrawn),
        ended(Kind::Returned),
        ended(Kind::Voided),
        altered(Kind::Changed),
        altered(Kind::Renewed),
        altered(Kind::Revoked),
        altered(Kind::Cancelled),
    ];
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    for acts in &cases {
        let progress = progress(acts);
        seen.insert(progress.state());
        seen.insert(progress.view(Audience::Public, &names(), as_of()).state);
        writeln!(text, "{:?}, turn {:?}", progress.state(), progress.turn()).unwrap();
        let parties = sentences(&progress, Audience::Parties);
        let public = sentences(&progress, Audience::Public);
        for line in parties.iter().chain(public.iter().filter(|line| !parties.contains(line))) {
            writeln!(text, "    {line}").unwrap();
        }
        for line in parties.iter().chain(&public) {
            assert!(!line.contains(['{', '}']), "a place is not filled: {line}");
        }
    }
    assert_eq!(seen, CaseState::ALL.into(), "every state has its sentence here");
    insta::assert_snapshot!(text);
}

#[test]
fn the_sentence_of_the_design() {
    let survey = act(Kind::StepFinished, json!({ "step": "survey" }));
    let [zh, en] = sentences(&progress(&[accepted(), vec![survey]].concat()), Audience::Parties);
    assert_eq!(
        zh,
        "2020-04-20 已受理，目前由甲局办理：现场勘验已完成，下一步由办理机关决定；您暂时不用做什么。"
    );
    assert_eq!(
        en,
        "Accepted on 2020-04-20, now with 甲局: 现场勘验 is finished, the office decides what comes next; \
         nothing is needed from you for now."
    );
}

#[test]
fn a_late_or_imported_entry_says_so_in_the_sentence() {
    let late = Way { at: Some("2020-04-17T09:00:00+08:00".to_owned()), ..Way::usual() };
    let entries = written(&[submitted()]).write(least(Kind::Accepted), late).entries;
    let [zh, _] = sentences(&Progress::fold(&entries), Audience::Parties);
    assert!(zh.starts_with("2020-04-17（2020-04-20 记录） 已受理"), "{zh}");
    assert_eq!(Progress::fold(&entries).since().unwrap().late_seconds(), (3 * 24 + 1) * 3600 + 60);
    let (act, way) = old(submitted());
    let entries = written(&[]).write(act, way).entries;
    let [zh, en] = sentences(&Progress::fold(&entries), Audience::Parties);
    assert!(zh.starts_with("2019-11-04（历史导入） 已提交申请"), "{zh}");
    assert!(en.starts_with("Submitted on 2019-11-04 (imported history); "), "{en}");
}

#[test]
fn part_of_a_correction_leaves_the_rest_with_the_applicant() {
    let asked =
        act(Kind::SupplementRequested, json!({ "lacks": [{ "code": "a" }, { "code": "b" }] }));
    let came = |code, complete: Option<bool>| {
        let mut fields = json!({ "materials": [{ "code": code }] });
        if let Some(complete) = complete {
            fields["complete"] = complete.into();
        }
        act(Kind::SupplementReceived, fields)
    };
    let given = [submitted(), asked];
    let state = |acts: &[Act]| progress(&[&given[..], acts].concat()).state();
    assert_eq!(state(&[came("a", None)]), CaseState::CorrectionRequested);
    assert_eq!(state(&[came("a", None), came("b", None)]), CaseState::MaterialCompleted);
    assert_eq!(state(&[came("a", Some(true))]), CaseState::MaterialCompleted);
    assert_eq!(state(&[came("a", None), came("b", Some(false))]), CaseState::CorrectionRequested);
    assert_eq!(state(&[least(Kind::Accepted)]), CaseState::Accepted);
}

#[test]
fn a_step_that_is_started_twice_stays_open_until_both_have_ended() {
    let start = || act(Kind::StepStarted, json!({ "step": "survey" }));
    let finish = |started| act(Kind::StepFinished, json!({ "step": "survey", "started": started }));
    let twice = [accepted(), vec![start(), start(), finish(4)]].concat();
    let step = progress(&twice).steps.remove(0);
    assert_eq!((step.open.as_slice(), step.times_finished), (&[5][..], 1));
    let step = progress(&[twice, vec![finish(5)]].concat()).steps.remove(0);
    assert_eq!((step.is_open(), step.times_finished), (false, 2));
}

#[test]
fn only_the_procedures_of_article_45_suspend() {
    let started = |procedure| act(Kind::SpecialProcedureStarted, json!({ "procedure": procedure }));
    let state = |procedure| progress(&[accepted(), vec![started(procedure)]].concat()).state();
    let words = SpecialProcedure::ALL.iter().map(|procedure| procedure.code());
    let suspending: Vec<_> = words.filter(|word| state(*word) == CaseState::Suspended).collect();
    let article_45 = [
        "hearing",
        "tender",
        "auction",
        "inspection",
        "testing",
        "quarantine",
        "appraisal",
        "expert_review",
    ];
    assert_eq!(suspending, article_45);
}

#[test]
fn what_is_entered_after_the_end_does_not_bring_a_case_back() {
    for kind in
        [Kind::Received, Kind::Accepted, Kind::SentUp, Kind::SupplementRequested, Kind::Suspended]
    {
        let late = progress(&[decided("granted"), vec![least(kind)]].concat());
        assert_eq!((late.state(), late.need()), (CaseState::Decided, None), "{kind:?}");
    }
}

#[test]
fn another_document_served_is_no_delivery() {
    let served = |of: u32| act(Kind::NoticeServed, json!({ "of": of }));
    assert!(progress(&[decided("granted"), vec![served(3)]].concat()).delivered.is_none());
    assert!(progress(&[decided("granted"), vec![served(4)]].concat()).delivered.is_some());
}

#[test]
fn a_rating_counts_only_for_the_case_it_names() {
    let rated = |case: &str| {
        let way = Way { stream: Stream::parse("rating/1").unwrap(), ..Way::by("citizen") };
        let rating = act(Kind::Rated, json!({ "case": case, "identity": "code" }));
        Progress::fold(&written(&accepted()).write(rating, way).entries)
    };
    assert!(rated("case/20200420-1").rated);
    let other = rated("case/20200420-2");
    assert!(!other.rated);
    assert_eq!(other.counts.entries, 3);
}

#[test]
fn a_withheld_content_still_moves_the_case() {
    let transfer = act(Kind::TransferredTo, json!({ "office": office(2).as_str() }));
    let suspend = act(Kind::Suspended, json!({}));
    let resume = act(Kind::Resumed, json!({ "started": 5 }));
    let writing =
        written(&accepted()).write(transfer, Way::withheld()).write(suspend, Way::withheld());
    let suspended = Progress::fold(&writing.entries);
    assert_eq!((suspended.state(), suspended.holder), (CaseState::Suspended, Some(office(2))));
    let writing = writing.write(resume, Way::withheld());
    let decision = act(Kind::Decided, json!({ "outcome": "granted" }));
    assert_eq!(Progress::fold(&writing.entries).state(), CaseState::Accepted);
    let ended = Progress::fold(&writing.write(decision, Way::withheld()).entries);
    assert_eq!((ended.state(), ended.outcome), (CaseState::Decided, None));
    assert_eq!(ended.counts.withheld, 4);
}

#[test]
fn the_public_cannot_tell_one_end_from_another() {
    let step = |result| act(Kind::StepFinished, json!({ "step": "survey", "result": result }));
    let ended = |result, by: Act, after: &[Kind]| {
        let after = after.iter().map(|kind| act(*kind, json!({ "of": 5 }))).collect();
        progress(&[accepted(), vec![step(result), by], after].concat())
    };
    let decided = |outcome| act(Kind::Decided, json!({ "outcome": outcome }));
    let ends = [
        ended("passed", decided("granted"), &[Kind::Delivered]),
        ended("other", decided("refused"), &[Kind::NoticeServed, Kind::NoticeServed]),
        ended("returned", decided("partly"), &[]),
        ended("passed", least(Kind::CertificateIssued), &[Kind::Delivered]),
        ended("other", least(Kind::RefusedToAccept), &[Kind::NoticeServed]),
        ended("passed", least(Kind::NotRequired), &[]),
        ended("passed", least(Kind::Withdrawn), &[]),
        ended("returned", least(Kind::Returned), &[]),
        ended("passed", least(Kind::Voided), &[]),
    ];
    let public = |end: &Progress| end.view(Audience::Public, &names(), as_of());
    let first = public(&ends[0]);
    assert_eq!((first.state, first.turn), (CaseState::Concluded, Turn::Nobody));
    assert_eq!(first.sentence.zh, "2020-04-20 甲局已办结。");
    assert_eq!(first.last.as_ref().unwrap().kind, Some("Concluded"));
    for end in &ends {
        assert_eq!(public(end), first);
        let staff = end.view(Audience::Staff, &names(), as_of());
        assert_ne!(staff.state, CaseState::Concluded);
    }
    assert!(ends[1].view(Audience::Parties, &names(), as_of()).outcome.is_some());
}

#[test]
fn a_case_that_is_accepted_after_all_is_open_for_the_public_again() {
    let turned_away = [vec![submitted()], vec![least(Kind::RefusedToAccept)]].concat();
    let public = |acts: &[Act]| progress(acts).view(Audience::Public, &names(), as_of()).state;
    assert_eq!(public(&turned_away), CaseState::Concluded);
    assert_eq!(public(&[turned_away, vec![least(Kind::Accepted)]].concat()), CaseState::Accepted);
}

fn old(act: Act) -> (Act, Way) {
    let imported = Imported {
        source: Blake3Hash([1; 32]),
        row: 1,
        cutover: Day::parse("2020-01-01").unwrap(),
        handler: None,
        unit: None,
        activity: None,
    };
    let at = Some("2019-11-04T09:00:00+08:00".to_owned());
    (act, Way { imported: Some(imported), at, ..Way::usual() })
}

/// An older system that told only the steps of a case has not told how it ended; nobody may be said to be waiting.
#[test]
fn imported_history_claims_no_waiting() {
    let survey = || act(Kind::StepFinished, json!({ "step": "survey" }));
    let suspended = || act(Kind::Suspended, json!({ "ground": "applicant_asked" }));
    let asked = act(Kind::SupplementRequested, json!({ "lacks": [{ "code": "form" }] }));
    let given = act(Kind::AcceptedWithGaps, json!({ "until": "2020-05-06" }));
    let histories = [
        vec![submitted()],
        vec![submitted(), survey()],
        vec![submitted(), least(Kind::Received)],
        vec![submitted(), asked],
        vec![submitted(), given],
        [accepted(), vec![survey()]].concat(),
        [accepted(), vec![suspended()]].concat(),
        [accepted(), vec![act(Kind::SentUp, json!({ "office": office(2).as_str() }))]].concat(),
        decided("granted"),
    ];
    let mut text = String::new();
    for history in histories {
        let written = history.into_iter().map(old);
        let entries =
            written.fold(Writing::default(), |writing, (act, way)| writing.write(act, way)).entries;
        let progress = Progress::fold(&entries);
        assert_eq!((progress.turn(), progress.need()), (Turn::Unknown, None));
        for line in sentences(&progress, Audience::Parties) {
            for claim in [
                "等待",
                "目前",
                "尚待",
                "下一步",
                "暂时",
                "has yet",
                "now with",
                "is to",
                "next",
                "waits",
            ] {
                assert!(!line.contains(claim), "{line}");
            }
            writeln!(text, "{line}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
    // What an office of this ledger has taken up goes on like any other case.
    let entries = Writing::default()
        .write(old(submitted()).0, old(submitted()).1)
        .then(least(Kind::Received))
        .entries;
    assert_eq!(Progress::fold(&entries).turn(), Turn::Office);
}

#[test]
fn what_is_out_of_sight_moves_the_case_and_says_nothing() {
    let entries = written(
        &[accepted(), vec![act(Kind::Suspended, json!({ "ground": "applicant_asked" }))]].concat(),
    )
    .entries;
    let (last, before) = entries.split_last().unwrap();
    let hidden = Progress::fold(before).after_hidden(last);
    assert_eq!(hidden.state(), CaseState::Suspended);
    assert_eq!(
        hidden.suspending().unwrap().cause,
        PauseCause::Suspended { ground: None, waiting_for: None }
    );
    assert_eq!(hidden.counts.unreadable, 0);
    let view = hidden.view(Audience::Public, &names(), as_of());
    let last = view.last.unwrap();
    assert_eq!((last.kind, last.at.claimed_at), (None, None));
    assert!(last.words.en.contains("not shown"));
}

#[test]
fn the_public_is_told_of_no_person() {
    let everything = Progress::fold(&everything().entries);
    let public = everything.view(Audience::Public, &names(), as_of());
    let text = serde_json::to_string(&public).unwrap();
    // The codes of steps are published with the item; no other code of an entry is here.
    let text = text.replace(&format!("{SECRET}-step"), "");
    assert!(!text.contains(SECRET), "{text}");
}

/// Every kind of entry, full.
fn everything() -> Writing {
    let kinds = case_kinds();
    kinds.iter().fold(Writing::default(), |writing, kind| writing.then(full(*kind)))
}

fn any_entry() -> impl Strategy<Value = (Act, Way)> {
    let acts =
        case_kinds().into_iter().flat_map(|kind| [least(kind), full(kind), situation(kind).1]);
    let acts: Vec<Act> = acts.collect();
    (proptest::sample::select(acts), prop::bool::weighted(0.1))
        .prop_map(|(act, withheld)| (act, if withheld { Way::withheld() } else { Way::usual() }))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn in_two_parts_is_at_once(acts in prop::collection::vec(any_entry(), 0..40), part in 0.0..1.0_f64) {
        let writing = acts.into_iter().fold(Writing::default(), |writing, (act, way)| writing.write(act, way));
        let entries = &writing.entries;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short list")]
        let (head, tail) = entries.split_at((entries.len() as f64 * part) as usize);
        let at_once = Progress::fold(entries);
        prop_assert_eq!(&at_once, &tail.iter().fold(Progress::fold(head), Progress::after));
        prop_assert_eq!(at_once.counts.entries as usize, entries.len());
        // Whatever stands on the log, there is a sentence for it.
        for audience in [Audience::Public, Audience::Parties, Audience::Staff] {
            let [zh, en] = sentences(&at_once, audience);
            let whole = zh.ends_with('。') && en.ends_with('.') && !zh.contains(['{', '}']);
            prop_assert!(whole, "{zh} {en}");
        }
        prop_assert!(at_once.need().is_none() || at_once.state() < CaseState::NotRequired);
    }
}
