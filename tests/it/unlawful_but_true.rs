//! What happened is recorded, however unlawful: the ledger refuses what cannot be true, never what
//! is merely wrong. Each story ends with an act that breaks a rule; it must stand on the log, and
//! everything that the rule reads must stand there with it.

use case_ledger::kinds::work::ApproverRole;
use case_ledger::kinds::{Act, Kind};
use case_ledger::names::Seq;
use case_tests::act;
use case_tests::cast::{cast, founding};
use case_tests::words::{Signer, Words};
use case_tests::world::World;
use serde_json::json;

const CASE: &str = World::CASE;

/// A case for the permit, filed on Monday 5 January 2026.
fn filed() -> World {
    World::with_case()
}

/// The same, accepted the day after with the promise of 12 January.
fn accepted() -> World {
    let mut world = filed();
    world.advance_to("2026-01-06T10:00:00+08:00");
    world.given(&cast().intake, CASE, act!(Accepted { "promised_by": "2026-01-12" }));
    world
}

fn decided() -> World {
    let mut world = accepted();
    world.given(&cast().approver, CASE, act!(Decided { "outcome": "granted" }));
    world
}

/// The act is recorded as the next entry of its stream.
#[track_caller]
fn recorded(mut world: World, who: &Signer, words: Words) -> (World, Seq) {
    let before = world.newest(CASE);
    let seq = world.given(who, CASE, words);
    assert_eq!(world.newest(CASE), before + 1);
    (world, seq)
}

#[test]
fn p03_a_refusal_without_reasons_or_remedies() {
    let words = act!(Decided {
        "outcome": "refused", "reasons_given": false, "remedies_told": false
    });
    let (world, seq) = recorded(accepted(), &cast().approver, words);
    let Act::Decided(decided) = world.act(seq) else { panic!() };
    assert_eq!((decided.reasons_given, decided.remedies_told), (Some(false), Some(false)));
    // Nothing said of it at all is as bad, and as true.
    recorded(accepted(), &cast().approver, act!(Decided { "outcome": "refused" }));
    recorded(filed(), &cast().intake, act!(RefusedToAccept { "ground": "other" }));
}

#[test]
fn p01_a_second_list_of_corrections() {
    let lacking = |code| act!(SupplementRequested { "lacks": [{ "code": code }] });
    let (world, _) = recorded(filed(), &cast().intake, lacking("form"));
    let (world, _) = recorded(world, &cast().intake, lacking("plan"));
    recorded(world, &cast().intake, lacking("licence"));
    // After acceptance, too.
    recorded(accepted(), &cast().intake, lacking("plan"));
}

#[test]
fn p02_material_that_is_not_on_the_list_or_could_be_shared() {
    let lacks = json!([{ "code": "village-stamp" }, { "code": "licence", "shared": true }]);
    let (world, seq) =
        recorded(filed(), &cast().intake, act!(SupplementRequested { "lacks": lacks }));
    let Act::SupplementRequested(requested) = world.act(seq) else { panic!() };
    assert_eq!(requested.lacks[0].code.as_str(), "village-stamp");
    assert_eq!((requested.lacks[0].unlisted, requested.lacks[1].shared), (None, Some(true)));
}

#[test]
fn p06_an_extension_by_the_wrong_post_untold_too_long_twice_and_late() {
    let extended = |days: u32| act!(Extended { "days": days });
    let (mut world, seq) = recorded(accepted(), &cast().intake, extended(1000));
    let Act::Extended(first) = world.act(seq) else { panic!() };
    assert_eq!((first.days, first.told_at, first.approver_role), (1000, None, None));
    let role = extended(10).with("approver_role", "other");
    let (_, seq) = recorded(world.clone(), &cast().reviewer, role);
    assert_eq!(seq.0, world.size());
    // Long after the twentieth working day.
    world.advance_to("2026-06-01T09:00:00+08:00");
    let late = extended(10).with("approver_role", "office_head");
    let (world, seq) = recorded(world, &cast().head, late);
    let Act::Extended(second) = world.act(seq) else { panic!() };
    assert_eq!(second.approver_role, Some(ApproverRole::OfficeHead));
    // Of something that has been decided.
    recorded(decided(), &cast().head, extended(10));
}

#[test]
fn p05_a_suspension_without_written_notice_and_of_a_kind_outside_article_45() {
    let (world, _) = recorded(accepted(), &cast().intake, act!(Suspended));
    // Once more while it stands still already.
    let correction = act!(Suspended { "ground": "correction" });
    let (world, seq) = recorded(world, &cast().intake, correction);
    let Act::Suspended(suspended) = world.act(seq) else { panic!() };
    assert_eq!((suspended.notice_no, suspended.told_at), (None, None));
    let hold = act!(SpecialProcedureStarted { "procedure": "correction_hold" });
    let (world, _) = recorded(world, &cast().reviewer, hold);
    // Decided while it stands still.
    recorded(world, &cast().approver, act!(Decided { "outcome": "granted" }));
}

#[test]
fn t09_a_suspension_that_lasts_longer_than_was_told() {
    let told = act!(Suspended { "ground": "special_procedure", "expected_days": 5 });
    let (mut world, _) = recorded(accepted(), &cast().intake, told);
    let number = world.newest(CASE);
    world.advance_to("2026-12-31T09:00:00+08:00");
    recorded(world, &cast().intake, act!(Resumed { "started": number }));
}

#[test]
fn p07_a_decision_before_acceptance_and_by_whoever_came_by() {
    let granted = || act!(Decided { "outcome": "granted" });
    // Before acceptance, by the officer of the counter, who did every other step as well.
    let (world, _) = recorded(filed(), &cast().intake, granted());
    // Accepted afterwards.
    recorded(world, &cast().intake, act!(Accepted));
    recorded(accepted(), &cast().intake, granted());
    recorded(accepted(), &cast().reviewer, granted());
    recorded(accepted(), &cast().system, granted());
}

#[test]
fn p07_steps_skipped_out_of_order_and_unknown_to_the_item() {
    let finished = |step: &str| act!(StepFinished { "step": step });
    let (world, _) = recorded(filed(), &cast().intake, finished("decide"));
    let (world, _) = recorded(world, &cast().intake, finished("accept"));
    recorded(world, &cast().intake, finished("no-such-step"));
}

#[test]
fn p04_one_inspector_only_or_none() {
    let alone = act!(InspectorsAssigned { "inspectors": ["p-reviewer"] });
    let (world, _) = recorded(accepted(), &cast().reviewer, alone);
    let nobody = act!(InspectorsAssigned { "inspectors": [] });
    let (world, seq) = recorded(world, &cast().reviewer, nobody);
    let Act::InspectorsAssigned(assigned) = world.act(seq) else { panic!() };
    assert!(assigned.inspectors.is_empty());
}

#[test]
fn p14_a_certificate_before_the_gaps_are_filled() {
    let mut world = filed();
    let words = act!(AcceptedWithGaps { "missing": ["plan"], "until": "2026-01-09" });
    world.given(&cast().intake, CASE, words);
    world.given(&cast().approver, CASE, act!(Decided { "outcome": "granted" }));
    let (mut world, _) = recorded(world, &cast().approver, act!(CertificateIssued));
    // Filled long after the promised day, or with something else.
    world.advance_to("2026-03-02T09:00:00+08:00");
    recorded(world, &cast().portal, act!(GapFilled { "material": { "code": "form" } }));
    // A certificate without any decision.
    recorded(filed(), &cast().intake, act!(CertificateIssued));
}

#[test]
fn t03_a_decision_long_after_the_limit() {
    let mut world = accepted();
    world.advance_to("2028-01-04T09:00:00+08:00");
    recorded(world, &cast().approver, act!(Decided { "outcome": "granted" }));
}

#[test]
fn t04_an_acceptance_months_after_the_filing() {
    let mut world = filed();
    world.advance_to("2026-05-06T09:00:00+08:00");
    recorded(world, &cast().intake, act!(Accepted));
}

#[test]
fn f01_a_fee_on_an_item_without_fee() {
    let (world, seq) =
        recorded(accepted(), &cast().intake, act!(FeeCharged { "amount_fen": 50_000 }));
    let Act::FeeCharged(charged) = world.act(seq) else { panic!() };
    assert_eq!((charged.amount_fen, charged.basis), (50_000, None));
}

#[test]
fn f02_an_intermediary_forced_on_the_applicant() {
    let words = act!(FeeCharged {
        "amount_fen": 80_000, "intermediary": true, "intermediary_forced": true
    });
    recorded(accepted(), &cast().intake, words);
}

#[test]
fn p10_an_act_that_is_said_to_have_happened_long_ago() {
    let mut world = filed();
    world.advance_to("2026-04-01T09:00:00+08:00");
    let claimed = "2026-01-06T09:00:00+08:00";
    let (world, seq) = recorded(world, &cast().intake, act!(Accepted).at(claimed));
    let entry = world.entry(seq);
    assert!(entry.envelope().unwrap().claimed_at() < entry.header.time());
    // Even before the case was filed, and before there was a ledger.
    recorded(world, &cast().intake, act!(Received).at("1999-12-31T09:00:00+08:00"));
}

#[test]
fn t12_a_promise_exceeded_without_a_public_reason() {
    let mut world = accepted();
    world.advance_to("2026-02-27T09:00:00+08:00");
    let (world, _) = recorded(world, &cast().approver, act!(Decided { "outcome": "granted" }));
    let kinds = world.records().iter().enumerate();
    let said = kinds.filter(|(at, _)| {
        let entry = world.entry(Seq(*at as u64));
        entry.envelope().is_some_and(|said| said.act.kind == Some(Kind::PublicReasonGiven))
    });
    assert_eq!(said.count(), 0, "silence is data");
}

#[test]
fn p08_a_case_sent_back_and_filed_again() {
    let (mut world, _) = recorded(accepted(), &cast().intake, act!(Returned));
    let again = act!(Submitted {
        "item": cast().permit.to_string(), "item_version": 1, "office": cast().district.to_string(),
        "applicant": "a-51c0", "channel": "window", "supersedes": CASE,
    });
    world.given(&cast().intake, "case/990102-2026-000002", again.clone());
    // Without a word of the first one, too.
    world.given(
        &cast().intake,
        "case/990102-2026-000003",
        again.with("supersedes", json!(null)).id(world.clone().fresh_id()),
    );
    recorded(filed(), &cast().intake, act!(Voided { "ground": "test" }));
}

#[test]
fn p11_a_case_for_the_counter_becomes_one_with_a_promise() {
    let change = || act!(CaseTypeChanged { "from": "on_the_spot", "to": "promised" });
    recorded(accepted(), &cast().intake, change().with("agreed", false));
    recorded(decided(), &cast().intake, change());
}

#[test]
fn p12_accepted_outside_hall_and_platform() {
    recorded(filed(), &cast().intake, act!(Accepted { "place": "elsewhere" }));
}

#[test]
fn p13_a_commitment_that_nobody_checks() {
    let mut world = filed();
    world.given(&cast().portal, CASE, act!(CommitmentMade { "conditions": [] }));
    world.given(&cast().approver, CASE, act!(Decided { "outcome": "granted" }));
    world.advance_to("2027-01-04T09:00:00+08:00");
    recorded(world, &cast().reviewer, act!(CommitmentChecked { "result": "not_met" }));
}

#[test]
fn p09_a_third_party_told_after_the_decision_or_never() {
    recorded(decided(), &cast().intake, act!(ThirdPartyNotified));
}

#[test]
fn a_hearing_that_nobody_announced_held_by_the_reviewer_for_a_fee() {
    let words = act!(HearingHeld {
        "presider": "p-reviewer", "public": false, "record_signed": false, "cost_charged": true
    });
    recorded(accepted(), &cast().reviewer, words);
}

#[test]
fn t05_and_t10_nothing_published_nothing_delivered_or_much_too_late() {
    let mut world = decided();
    world.advance_to("2026-12-01T09:00:00+08:00");
    let (world, _) = recorded(world, &cast().portal, act!(ResultPublished));
    let (world, _) = recorded(world, &cast().intake, act!(Delivered));
    // A refusal served by nobody knows whom.
    recorded(world, &cast().intake, act!(NoticeServed { "of": 999 }));
}

#[test]
fn refused_although_it_had_been_accepted_and_the_other_way_round() {
    let refused = || act!(RefusedToAccept { "ground": "incomplete" });
    recorded(accepted(), &cast().intake, refused());
    let (world, _) = recorded(filed(), &cast().intake, refused());
    recorded(world, &cast().intake, act!(Accepted));
    recorded(accepted(), &cast().intake, act!(NotRequired));
}

#[test]
fn a_case_handed_to_whoever_has_no_business_with_it() {
    let words = act!(TransferredTo { "office": cast().neighbour.to_string() });
    let (mut world, _) = recorded(accepted(), &cast().intake, words);
    // The office that let it go still answers for its time; the other one goes on.
    world.given(&cast().neighbour_intake, CASE, act!(Received));
    world.given(&cast().intake, CASE, act!(Received));
}

#[test]
fn a_card_without_proposal_for_a_case_that_nobody_knows() {
    let mut world = filed();
    let raised = act!(CardRaised {
        "level": "red", "about": "case/none", "office": cast().district.to_string(), "rule": "T99",
    });
    world.given(&cast().supervisor, "card/1", raised.clone());
    // By the ledger alone, which the policy may not allow, and after the first for the same.
    let id = world.fresh_id();
    world.given(&cast().ledger, "card/2", raised.id(id));
    // Withdrawn without a reason, and without an appeal.
    world.given(&cast().supervisor, "card/1", act!(CardWithdrawn));
}

#[test]
fn i02_a_ticket_sent_back_late_and_after_the_hotline_settled_it() {
    let ticket = "complaint/990100-2026-000001";
    let mut world = filed();
    world.given_sample(Kind::ComplaintFiled);
    let office = cast().district.to_string();
    let settled = act!(ComplaintAssigned { "office": office, "settled": true });
    world.given(&cast().handler, ticket, settled);
    world.advance_to("2026-03-02T09:00:00+08:00");
    world.given(&cast().intake, ticket, act!(ReturnRequested));
    // Answered without an investigation, closed without a call back.
    world.given(&cast().intake, ticket, act!(Answered));
    world.given(&cast().handler, ticket, act!(ComplaintClosed));
    // Refused although it was taken on; without reasons.
    let mut world = filed();
    world.given_sample(Kind::ComplaintFiled);
    world.given(&cast().handler, ticket, act!(ComplaintAccepted));
    world.given(&cast().handler, ticket, act!(ComplaintRefused { "ground": "other" }));
}

#[test]
fn e02_and_e03_a_bad_rating_closed_without_a_word_to_the_rater() {
    let rating = "rating/990102-2026-000001";
    let mut world = filed();
    world.given_sample(Kind::Rated);
    world.advance_to("2026-06-01T09:00:00+08:00");
    world.given(&cast().intake, rating, act!(RectificationOpened));
    world.given(&cast().intake, rating, act!(Rectified { "result": "not_fixed" }));
    world.given(&cast().intake, rating, act!(RatingAppealed { "ground": "malicious" }));
    world.given(&cast().handler, rating, act!(RatingAppealDecided { "outcome": "excluded" }));
}

#[test]
fn an_advice_that_was_wrong_is_corrected_by_adding() {
    let mut world = decided();
    let correction = act!(Corrected { "entry": 2, "field": "promised_by", "code": "2026-01-13" });
    let seq = world.given(&cast().intake, CASE, correction);
    // What it corrects stays what it was: the acceptance is the second entry of the case.
    let accepted = Seq(founding().len() as u64 + 1);
    let Act::Accepted(stays) = world.act(accepted) else { panic!() };
    assert_eq!(stays.promised_by.unwrap().to_string(), "2026-01-12");
    assert!(matches!(world.act(seq), Act::Corrected(_)));
}
