//! Who may do what, as the log says: keys by position, posts as of recording, the ledger's own key,
//! and content that has to go while its commitment stays.

use case_ledger::audit::{Auditor, Content, Finding, Flaw, read};
use case_ledger::checkpoint::CheckpointFault;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::kinds::{Kind, Post, Signers};
use case_ledger::names::{Issuer, Seq, Stream};
use case_ledger::record::{is_withheld, withhold};
use case_ledger::state::{Effect, State};
use case_tests::act;
use case_tests::cast::{
    Cast, ORIGIN, cast, key_registered, key_revoked, officer, possession, post_assigned, post_ended,
};
use case_tests::samples::Extent;
use case_tests::words::Signer;
use case_tests::world::{Record, World};

const CASE: &str = World::CASE;

fn registrar() -> &'static Signer {
    &cast().registrar
}

#[test]
fn a_key_signs_from_its_position_on() {
    let mut world = World::with_case();
    let newcomer = officer(cast().district, "p-newcomer");
    world.given(registrar(), "registry", post_assigned(&newcomer, Post::Reviewer));
    let position = world.size() + 3;
    let words = key_registered(&newcomer).with("valid_from", position);
    world.given(registrar(), "registry", words);
    while world.size() < position {
        world.then_refused(&newcomer, CASE, act!(Received), "key_not_yet_valid");
        world.given(&cast().intake, CASE, act!(Received));
    }
    world.given(&newcomer, CASE, act!(Received));
}

#[test]
fn a_key_without_position_signs_from_the_next_entry_on() {
    let mut world = World::with_case();
    let newcomer = officer(cast().district, "p-newcomer");
    world.given(registrar(), "registry", post_assigned(&newcomer, Post::Reviewer));
    world.then_refused(&newcomer, CASE, act!(Received), "unknown_key");
    world.given(registrar(), "registry", key_registered(&newcomer));
    world.given(&newcomer, CASE, act!(Received));
}

#[test]
fn a_revoked_key_signs_nothing_more_and_its_earlier_entries_stay() {
    let mut world = World::with_case();
    let seq = world.given(&cast().reviewer, CASE, act!(Received));
    let words = key_revoked(&cast().reviewer);
    let revoked = words.with("compromised_since", "2026-01-05T08:00:00+08:00");
    // Every step checks the whole log again, the reviewer's earlier entry with it.
    world.given(registrar(), "registry", revoked);
    world.then_refused(&cast().reviewer, CASE, act!(Received), "key_revoked");
    let envelope = world.entry(seq).envelope().unwrap().clone();
    assert_eq!(envelope.kid, cast().reviewer.key.public().kid());
    // A revoked key stays its holder's for ever.
    let again = key_registered(&cast().reviewer);
    world.then_refused(registrar(), "registry", again, "impossible/key_taken");
    world.then_refused(
        registrar(),
        "registry",
        key_revoked(&cast().reviewer),
        "impossible/no_such_key",
    );
    // The same officer goes on with another key.
    let Signer { issuer, .. } = &cast().reviewer;
    let other = Signer { issuer: issuer.clone(), key: cast().next_ledger.clone() };
    world.given(registrar(), "registry", key_registered(&other));
    world.given(&other, CASE, act!(Received));
}

#[test]
fn a_kid_belongs_to_one_holder() {
    let mut world = World::with_case();
    for who in [&cast().approver.issuer, &Issuer::Office(cast().district)] {
        let thief = Signer { issuer: who.clone(), key: cast().intake.key.clone() };
        world.then_refused(&thief, CASE, act!(Accepted), "key_of_another");
        // Nobody can register a key that is in other hands, even with a proof of possession.
        world.then_refused(registrar(), "registry", key_registered(&thief), "impossible/key_taken");
    }
    for taken in [&cast().root.key, &cast().ledger.key] {
        let thief = Signer { issuer: cast().stranger.issuer.clone(), key: taken.clone() };
        world.then_refused(registrar(), "registry", key_registered(&thief), "impossible/key_taken");
    }
}

#[test]
fn a_proof_of_possession_is_for_one_ledger_and_one_holder() {
    let mut world = World::founded();
    let stranger = &cast().stranger;
    for (origin, holder) in [
        ("ledger.example/other", &stranger.issuer),
        (ORIGIN, &cast().intake.issuer),
        (ORIGIN, &Issuer::Office(cast().district)),
    ] {
        let words =
            key_registered(stranger).with("possession", possession(origin, holder, &stranger.key));
        world.then_refused(registrar(), "registry", words, "impossible/bad_possession");
    }
    world.given(registrar(), "registry", key_registered(stranger));
}

#[test]
fn a_mandate_counts_as_of_recording() {
    let mut world = World::with_case();
    let signed_before = world.text_of(&cast().reviewer, CASE, act!(Received));
    let seq = world.given(&cast().reviewer, CASE, act!(StepStarted { "step": "review" }));
    world.given(registrar(), "registry", post_ended(&cast().reviewer, Post::Reviewer));
    // Signed while the post was held, sent after it ended.
    world.then_text_refused(&signed_before, "no_mandate/post");
    world.then_refused(&cast().reviewer, CASE, act!(Received), "no_mandate/post");
    assert!(world.entry(seq).envelope().is_some(), "what was done in office stays done");
    // Sent again once the post is held again, the same bytes are taken.
    world.given(registrar(), "registry", post_assigned(&cast().reviewer, Post::Reviewer));
    world.submit(&signed_before).unwrap();
    let words = post_ended(&cast().reviewer, Post::Intake);
    world.then_refused(registrar(), "registry", words, "impossible/post_unchanged");
}

#[test]
fn an_officer_named_by_the_system_needs_the_post_that_is_named() {
    let mut world = World::with_case();
    let approver = cast().approver.person();
    let decided = || act!(Decided { "outcome": "granted" });
    world.then_refused(&cast().system, CASE, decided().by(&approver, Post::Head), "no_mandate/by");
    world.then_refused(
        &cast().system,
        CASE,
        decided().by(&cast().neighbour_intake.person(), Post::Intake),
        "no_mandate/by",
    );
    world.given(&cast().system, CASE, decided().by(&approver, Post::Approver));
}

#[test]
fn a_registrar_acts_for_its_own_region() {
    let mut world = World::founded();
    let neighbour = &cast().neighbour_intake;
    world.given(registrar(), "registry", post_assigned(neighbour, Post::Registrar));
    let words = post_assigned(&cast().stranger, Post::Intake);
    world.then_refused(neighbour, "registry", words.clone(), "no_mandate/office");
    let own = officer(cast().neighbour, "p-second");
    world.given(neighbour, "registry", post_assigned(&own, Post::Intake));
    world.given(registrar(), "registry", words);
}

#[test]
fn the_ledgers_key_changes_exactly_above_the_entry() {
    let mut world = World::with_case();
    let Cast { root, ledger, next_ledger, origin, .. } = cast();
    let seq = {
        let words = world.sample(Kind::LedgerKeySucceeded, Extent::Minimal);
        world.given(root, "registry", words)
    };
    world.given(&cast().intake, CASE, act!(Accepted));
    assert_eq!(world.ledger_key_at(seq.0), ledger.key.public());
    assert_eq!(world.ledger_key_at(seq.0 + 1), next_ledger.public());
    for checkpoint in world.checkpoints() {
        let size = checkpoint.checkpoint.head.size;
        let (right, wrong) = if size <= seq.0 {
            (ledger.key.public(), next_ledger.public())
        } else {
            (next_ledger.public(), ledger.key.public())
        };
        assert!(checkpoint.clone().open(origin, right).is_ok(), "size {size}");
        let fault = checkpoint.clone().open(origin, wrong).unwrap_err();
        assert_eq!(fault, CheckpointFault::Unsigned, "size {size}");
    }
    // The auditor asks for the key of the size, so an old key's word on the new size is nothing.
    let head = world.checkpoints().last().unwrap().checkpoint.clone();
    let mut auditor = Auditor::default();
    for record in world.records() {
        auditor.take(read(&record.header, &record.body).unwrap(), |_, _| ()).unwrap();
    }
    let unsigned = Flaw::Checkpoint(CheckpointFault::Unsigned);
    assert_eq!(auditor.check_checkpoint(head.sign(&ledger.key)), Err(unsigned));
    assert!(auditor.check_checkpoint(head.sign(next_ledger)).is_ok());
    // The ledger's own entries are signed by its new key from then on.
    let old = ledger.clone();
    let new = Signer { issuer: Issuer::Ledger, key: next_ledger.clone() };
    let mut deemed = || world.sample(Kind::DeemedFact, Extent::Minimal);
    let (first, second) = (deemed(), deemed());
    world.then_refused(&old, CASE, first, "unknown_key");
    world.given(&new, CASE, second);
}

// Content that has to go.

fn replayed(records: &[Record]) -> (Auditor, State) {
    let mut auditor = Auditor::default();
    for record in records {
        let entry = read(&record.header, &record.body).unwrap();
        auditor.take(entry, |_, _| ()).unwrap();
    }
    let state = auditor.state().clone();
    (auditor, state)
}

/// A case with one entry of every kind of effect on it, and where it begins.
fn eventful() -> (World, Vec<Seq>) {
    let mut world = World::founded();
    let mut entries = Vec::new();
    for kind in [Kind::Submitted, Kind::ComplaintFiled, Kind::ComplaintAssigned] {
        let words = world.sample(kind, Extent::Full);
        let who = cast().signer_of(kind);
        entries.push(world.given(who, case_tests::samples::stream(kind), words));
    }
    entries.push(world.given(&cast().intake, CASE, act!(Suspended)));
    entries.push(world.given(&cast().intake, CASE, act!(Resumed { "started": 2 })));
    let words = act!(SentUp { "office": cast().city.to_string() });
    entries.push(world.given(&cast().intake, CASE, words));
    let words = act!(TransferredTo { "office": cast().neighbour.to_string() });
    entries.push(world.given(&cast().intake, CASE, words));
    (world, entries)
}

#[test]
fn withheld_content_leaves_every_commitment_intact() {
    let (mut world, entries) = eventful();
    for entry in entries {
        let before = world.records()[usize::try_from(entry.0).unwrap()].clone();
        let receipt = world.receipt(entry);
        let words = world.withholding(&cast().supervisor, entry, WithholdingBasis::PersonalInClear);
        // The check after this step replays the stub instead of the body, and must end in the
        // same state, with every signature, link, checkpoint and receipt still right.
        world.given(registrar(), "removals", words);

        let after = &world.records()[usize::try_from(entry.0).unwrap()];
        assert_eq!((after.header, after.body.len()), (before.header, before.body.len()));
        assert!(is_withheld(&after.body) && after.body != before.body);
        assert!(matches!(world.entry(entry).content, Content::Withheld(_)));
        assert!(world.state().is_withheld(entry));

        // Whoever took a receipt home can still prove what was said.
        let key = world.ledger_key_at(receipt.checkpoint.checkpoint.head.size);
        let proven = receipt.verify(&cast().origin, key, None).unwrap();
        assert!(proven.envelope.is_some());
        let fresh =
            world.receipt(entry).verify(&cast().origin, world.ledger_key_at(world.size()), None);
        assert_eq!(
            fresh.unwrap().envelope,
            None,
            "a fresh receipt proves that something stands there"
        );
    }
}

#[test]
fn a_replay_with_the_stub_ends_in_the_same_state_as_with_the_body() {
    let (world, entries) = eventful();
    let (_, with_bodies) = replayed(world.records());
    for entry in entries {
        let place = usize::try_from(entry.0).unwrap();
        let Content::Action(action) = world.entry(entry).content else { panic!() };
        let effect = Effect::of(&action.envelope, action.envelope.act.act.as_ref().unwrap());
        let mut records = world.records().to_vec();
        let body = &mut records[place].body;
        *body = withhold(body.len(), &effect.to_stub()).unwrap();
        let (auditor, with_stub) = replayed(&records);
        assert!(with_stub == with_bodies, "entry {entry}");
        // Nobody has ordered it: that is a flaw, not a removal.
        let finding = Finding { at: entry.0, flaw: Flaw::Withheld };
        assert_eq!(auditor.finish(), Err(finding));
    }
}

#[test]
fn withholding_takes_two() {
    let (mut world, entries) = eventful();
    let entry = entries[0];
    let basis = WithholdingBasis::CourtOrder;
    let [alone, stranger, no_post, ledger] =
        [registrar(), &cast().stranger, &cast().intake, &cast().ledger]
            .map(|second| world.withholding(second, entry, basis));
    for words in [alone, stranger, no_post, ledger] {
        world.then_refused(registrar(), "removals", words, "impossible/second_signer");
    }
    // A second signature is for one entry, one ground and one action.
    let right = world.withholding(&cast().supervisor, entry, basis);
    let other_id = right.clone().id(world.fresh_id());
    world.then_refused(registrar(), "removals", other_id, "impossible/second_signer");
    let other_stub = right.clone().with("stub", "00".repeat(32));
    world.then_refused(registrar(), "removals", other_stub, "impossible/second_signer");
    let other_ground = right.clone().with("basis", "state_secret");
    world.then_refused(registrar(), "removals", other_ground, "impossible/second_signer");
    let other_entry = right.clone().with("entry", entries[1].0);
    world.then_refused(registrar(), "removals", other_entry, "impossible/second_signer");
    world.then_refused(&cast().intake, "removals", right.clone(), "no_mandate/post");
    world.given(registrar(), "removals", right);
}

#[test]
fn what_others_depend_on_cannot_be_withheld() {
    let mut world = World::with_case();
    let case = Seq(world.size() - 1);
    let words = world.withholding(&cast().supervisor, case, WithholdingBasis::CourtOrder);
    let withholding = world.given(registrar(), "removals", words);
    // The founding, a key's registration, and the order that explains the stub.
    for entry in [Seq(0), Seq(2), withholding] {
        let words = world.withholding(&cast().supervisor, entry, WithholdingBasis::CourtOrder);
        world.then_refused(registrar(), "removals", words, "impossible/not_withholdable");
    }
    let beyond = act!(BodyWithheld {
        "entry": 1_000_000,
        "target": CASE,
        "basis": "court_order",
        "stub": "00".repeat(32),
        "second_key": cast().supervisor.key.public().to_string(),
        "second_signature": possession(ORIGIN, &cast().supervisor.issuer, &cast().supervisor.key),
    });
    world.then_refused(registrar(), "removals", beyond, "impossible/no_such_entry");
}

#[test]
fn content_is_withheld_by_whoever_has_a_say_in_its_stream() {
    let mut world = World::with_case();
    let entry = Seq(world.size() - 1);
    let right = world.withholding(&cast().supervisor, entry, WithholdingBasis::CourtOrder);
    let elsewhere = right.clone().with("target", "registry");
    world.then_refused(registrar(), "removals", elsewhere, "impossible/not_withholdable");
    let nowhere = right.clone().with("target", "case/none");
    world.then_refused(registrar(), "removals", nowhere, "impossible/no_such_stream");
    world.given(registrar(), "removals", right);
}

#[test]
fn a_withheld_action_is_still_answered_once() {
    let mut world = World::with_case();
    let text = world.text_of(&cast().intake, CASE, act!(Accepted));
    let entry = world.submit(&text).unwrap();
    let words = world.withholding(&cast().supervisor, entry, WithholdingBasis::UnlawfulContent);
    world.given(registrar(), "removals", words);
    assert_eq!(world.submit(&text), Ok(entry), "resending does not bring the content back");
    assert!(is_withheld(&world.records()[usize::try_from(entry.0).unwrap()].body));
    let facts = world.state().facts(&Stream::parse(CASE).unwrap());
    assert!(facts.include(Kind::Accepted.spec().marks));
}

#[test]
fn the_cast_holds_its_posts() {
    let world = World::founded();
    for (who, post) in cast().posts() {
        let office = who.issuer.office().unwrap();
        let person = match &who.issuer {
            Issuer::Officer(_, person) => Some(person.clone()),
            Issuer::Office(_) | Issuer::Citizen | Issuer::Ledger | Issuer::Root => None,
        };
        let held = world.state().registry().mandate(office, person);
        assert_eq!(held, Signers::post(post), "{}", who.issuer);
    }
}
