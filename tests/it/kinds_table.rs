//! The table of kinds: every row can be written, read, signed, recorded and withheld, and says
//! what it does.

use std::collections::{BTreeMap, BTreeSet};

use case_ledger::admission::{Admission, Signature, admit};
use case_ledger::audit::{Auditor, read};
use case_ledger::envelope::Action;
use case_ledger::hash::sha256;
use case_ledger::json::Json;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::kinds::{ActText, Facts, Kind, Place, Post, Signers};
use case_ledger::names::{ActionId, Issuer, Seq, Stream, StreamType};
use case_ledger::record::{Header, RULES, encode_body, header_hash};
use case_ledger::state::Effect;

use case_tests::cast::{Cast, cast};
use case_tests::samples::{self, Extent};
use case_tests::words::{Pen, Signer, Words};
use case_tests::world::{World, full_code};
use proptest::prelude::*;
use serde_json::json;

const ID: ActionId = ActionId([0; 16]);
const EXTENTS: [Extent; 2] = [Extent::Minimal, Extent::Full];

fn all_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied()
}

#[test]
fn names_and_numbers_are_unique() {
    let rows = || all_kinds().map(Kind::spec);
    assert_eq!(rows().map(|row| row.name).collect::<BTreeSet<_>>().len(), Kind::ALL.len());
    assert_eq!(rows().map(|row| row.number).collect::<BTreeSet<_>>().len(), Kind::ALL.len());
    for kind in all_kinds() {
        assert_eq!(Kind::parse(kind.spec().name), Some(kind));
        assert_eq!(Kind::from_number(kind.spec().number), Some(kind));
        assert_eq!(kind as u16, kind.spec().number, "{kind:?}");
    }
}

#[test]
fn a_name_is_either_in_the_clear_or_hidden() {
    for kind in all_kinds() {
        let spec = kind.spec();
        let names = || {
            let fields = spec.fields.iter().map(|field| field.name);
            fields.chain(spec.hidden.iter().map(|hidden| hidden.name))
        };
        let distinct: BTreeSet<_> = names().collect();
        assert_eq!(distinct.len(), names().count(), "{kind:?} has a name twice");
        let reserved = ["kind", "_sd", "...", ""];
        assert!(reserved.iter().all(|name| !distinct.contains(name)), "{kind:?}: {distinct:?}");
    }
}

#[test]
fn the_table_makes_sense() {
    for kind in all_kinds() {
        let spec = kind.spec();
        assert!(!spec.by.is_empty(), "nobody may sign {kind:?}");
        assert!(!spec.after.meet(spec.not_after), "{kind:?} is never possible");
        assert!(!spec.marks.meet(spec.clears), "{kind:?} undoes what it does");
        let opens_single = spec.place == Place::Opens && spec.on.is_single();
        assert!(!opens_single, "{kind:?} opens a stream that is always there");
    }
    for on in StreamType::ALL.iter().filter(|on| !on.is_single()) {
        let opens = |kind: Kind| kind.spec().on == *on && kind.spec().place != Place::Continues;
        assert!(all_kinds().any(opens), "nothing opens a {on:?}");
    }
    let brought = all_kinds().fold(Facts(0), |all, kind| all.after(kind.spec().marks, Facts(0)));
    for kind in all_kinds() {
        assert!(brought.include(kind.spec().after), "nothing brings about what {kind:?} is after");
    }
}

#[test]
fn every_kind_has_a_sample_and_every_sample_a_kind() {
    let kinds: BTreeSet<_> = all_kinds().map(|kind| kind.spec().name).collect();
    assert_eq!(samples::names().collect::<BTreeSet<_>>(), kinds);
}

#[test]
fn a_full_sample_says_everything_that_its_kind_can_say() {
    for kind in all_kinds() {
        let (spec, sample) = (kind.spec(), samples::sample(kind));
        let said: BTreeSet<_> = sample.act.keys().map(String::as_str).collect();
        let fields: BTreeSet<_> = spec.fields.iter().map(|field| field.name).collect();
        assert_eq!(said, fields, "fields of {kind:?}");
        let disclosed: BTreeSet<_> = sample.beside.keys().map(String::as_str).collect();
        let hidden: BTreeSet<_> = spec.hidden.iter().map(|hidden| hidden.name).collect();
        assert_eq!(disclosed, hidden, "disclosures of {kind:?}");
    }
}

#[test]
fn every_kind_is_read_back_as_it_was_written() {
    for kind in all_kinds() {
        for extent in EXTENTS {
            let words = samples::words(kind, extent, ID);
            let draft = Pen::new(cast().origin.clone(), 0).draft(
                cast().signer_of(kind),
                samples::stream(kind),
                words,
                World::empty().now(),
            );
            let written = serde_json::Value::Object(draft.act.clone()).to_string();
            let text = ActText::read(&Json::parse(written.as_bytes()).unwrap());
            let act = text.act.unwrap_or_else(|fault| panic!("{kind:?}: {fault:?}"));
            assert_eq!((text.kind, act.kind()), (Some(kind), kind));

            let again = serde_json::Value::Object(act.write()).to_string();
            let reread = ActText::read(&Json::parse(again.as_bytes()).unwrap());
            assert_eq!(reread.act, Ok(act), "{kind:?}");
            let names = |members: &serde_json::Map<String, serde_json::Value>| {
                members.keys().cloned().collect::<BTreeSet<_>>()
            };
            let again: serde_json::Map<_, _> = serde_json::from_str(&again).unwrap();
            assert_eq!(names(&again), names(&draft.act), "{kind:?} lost a field");
        }
    }
}

/// The ledger before the sample of a kind: empty, or founded and with everything it needs.
fn world_before(kind: Kind) -> World {
    if kind == Kind::LedgerFounded {
        return World::empty();
    }
    let mut world = World::founded();
    world.given_all_before(kind);
    world
}

#[test]
fn every_minimal_sample_is_recorded_and_leaves_the_facts_of_the_table() {
    for kind in all_kinds() {
        let mut world = world_before(kind);
        let stream = Stream::parse(samples::stream(kind)).unwrap();
        let before = world.state().facts(&stream);
        world.given_sample(kind);
        let spec = kind.spec();
        let after = world.state().facts(&stream);
        assert_eq!(after, before.after(spec.marks, spec.clears), "{kind:?}");
    }
}

#[test]
fn every_full_sample_is_recorded() {
    for kind in all_kinds() {
        let mut world = world_before(kind);
        let words = world.sample(kind, Extent::Full);
        world.given(cast().signer_of(kind), samples::stream(kind), words);
    }
}

/// Judges a sample in a world without recording it.
fn judged(world: &World, who: &Signer, kind: Kind, words: Words) -> Result<Effect, String> {
    let text = world.clone().text_of(who, samples::stream(kind), words);
    let action = Action::parse(text.as_bytes()).unwrap();
    match admit(world.state(), &action, Signature::Unchecked, world.now()) {
        Ok(Admission::New(effect)) => Ok(*effect),
        Ok(Admission::Seen(first)) => panic!("{kind:?} stands at {first} already"),
        Err(refusal) => Err(full_code(&refusal)),
    }
}

/// A world before a kind in which a citizen's key stands on the case and the stream.
fn with_citizen_key(kind: Kind) -> World {
    let mut world = World::founded();
    // A rating is signed with the key of the case that it names.
    let rated = (kind == Kind::Rated).then_some(Kind::Submitted);
    for earlier in rated.into_iter().chain(samples::before(kind)) {
        // It is the full samples that bring a key.
        let words = world.sample(earlier, Extent::Full);
        world.given(cast().signer_of(earlier), samples::stream(earlier), words);
    }
    world
}

#[test]
fn whoever_the_table_names_may_sign_and_nobody_else() {
    for kind in all_kinds().filter(|kind| *kind != Kind::LedgerFounded) {
        let world = world_before(kind);
        for (who, set) in cast().signers() {
            let mut world = world.clone();
            let mut words = world.sample(kind, Extent::Minimal);
            if kind == Kind::BodyWithheld {
                let second = if set == Signers::post(Post::Supervisor) {
                    &cast().registrar
                } else {
                    &cast().supervisor
                };
                words =
                    world.withholding(second, Seq(world.size() - 1), WithholdingBasis::CourtOrder);
            }
            if set == Signers::CITIZEN {
                world = with_citizen_key(kind);
                if kind.spec().place != Place::Continues {
                    words = world.sample(kind, Extent::Full);
                }
            }
            if set == Signers::post(Post::Importer) {
                words = words.imported("2026-01-31");
            }
            // The table says which post signs; the neighbour's officer has the right post in the
            // wrong office.
            let neighbour = who.issuer == cast().neighbour_intake.issuer;
            let named = !set.and(kind.spec().by).is_empty() && !neighbour;
            let outcome = judged(&world, who, kind, words);
            match outcome {
                Ok(_) => assert!(named || reaches_all(kind), "{kind:?} by {}", who.issuer),
                Err(code) => {
                    assert!(!named, "{kind:?} by {}: {code}", who.issuer);
                    let expected = ["no_mandate/", "unknown_key"];
                    let why = expected.iter().any(|start| code.starts_with(start));
                    assert!(why, "{kind:?} by {}: {code}", who.issuer);
                }
            }
        }
    }
}

/// Every window takes a complaint down, whomever it is about.
fn reaches_all(kind: Kind) -> bool {
    kind == Kind::ComplaintFiled
}

/// Judges a full sample that lacks one field.
fn judged_without(world: &World, who: &Signer, kind: Kind, name: &str) -> Result<Effect, String> {
    let words = world.clone().sample(kind, Extent::Full).with(name, serde_json::Value::Null);
    judged(world, who, kind, words)
}

#[test]
fn without_a_required_field_no_entry_means_anything_and_without_an_optional_one_it_does() {
    for kind in all_kinds().filter(|kind| *kind != Kind::LedgerFounded) {
        let world = world_before(kind);
        let who = cast().signer_of(kind);
        for field in kind.spec().fields {
            let outcome = judged_without(&world, who, kind, field.name);
            if field.required {
                assert_eq!(outcome.unwrap_err(), "field_missing", "{kind:?} {}", field.name);
            } else {
                // Without it, an entry of the registry is about something else: another holder, another region.
                let of_registry = kind.spec().on == StreamType::Registry;
                let other = |code: &String| of_registry && !code.starts_with("field_missing");
                let fine = outcome.is_ok() || outcome.as_ref().is_err_and(other);
                assert!(fine, "{kind:?} without {}: {outcome:?}", field.name);
            }
        }
    }
}

#[test]
fn what_may_only_be_disclosed_is_refused_in_the_clear_and_what_is_needed_is_missed() {
    for kind in all_kinds().filter(|kind| *kind != Kind::LedgerFounded) {
        let world = world_before(kind);
        let who = cast().signer_of(kind);
        for hidden in kind.spec().hidden {
            let mut without = world.clone().sample(kind, Extent::Full);
            let value = without.take_beside(hidden.name);
            let clear = without.clone().with(hidden.name, value);
            let code = judged(&world, who, kind, clear).unwrap_err();
            assert_eq!(code, "personal_in_the_clear", "{kind:?} {}", hidden.name);
            let outcome = judged(&world, who, kind, without);
            assert_eq!(
                outcome.err().as_deref(),
                hidden.required.then_some("field_missing"),
                "{kind:?} {}",
                hidden.name
            );
        }
    }
}

#[test]
fn no_kind_stands_on_a_stream_that_is_not_there_nor_opens_one_that_is() {
    for kind in all_kinds().filter(|kind| !kind.spec().on.is_single()) {
        let who = cast().signer_of(kind);
        let words = |world: &World| world.clone().sample(kind, Extent::Minimal);
        match kind.spec().place {
            Place::Continues => {
                let world = World::founded();
                let code = judged(&world, who, kind, words(&world)).unwrap_err();
                assert_eq!(code, "unknown_stream", "{kind:?}");
            }
            Place::Opens => {
                let mut world = world_before(kind);
                world.given_sample(kind);
                let code = judged(&world, who, kind, words(&world)).unwrap_err();
                assert_eq!(code, "impossible/stream_exists", "{kind:?}");
            }
            Place::Either => {}
        }
    }
}

#[test]
fn stubs_keep_what_the_state_needs() {
    for kind in all_kinds().filter(|kind| *kind != Kind::LedgerFounded) {
        let world = world_before(kind);
        let who = cast().signer_of(kind);
        for extent in EXTENTS {
            let words = world.clone().sample(kind, extent);
            let Ok(effect) = judged(&world, who, kind, words) else { panic!("{kind:?}") };
            let needs_all = matches!(kind.spec().on, StreamType::Registry | StreamType::Removals);
            assert_eq!(effect.is_withholdable(), !needs_all, "{kind:?}");
            let expected = if needs_all { None } else { Some(effect.clone()) };
            assert_eq!(Effect::from_stub(&effect.to_stub()), expected, "{kind:?}");
        }
    }
}

// Sequences nobody thought of.

#[derive(Debug, Clone)]
struct Throw {
    kind: Kind,
    who: usize,
    extent: Extent,
    seconds: i64,
    imported: bool,
    again: bool,
}

fn throws() -> impl Strategy<Value = Vec<Throw>> {
    let kind = proptest::sample::select(Kind::ALL);
    // Mostly somebody who may sign, so that stories get somewhere.
    let who = prop_oneof![3 => Just(usize::MAX), 1 => 0..14_usize];
    let one = (kind, who, any::<bool>(), 0..100_000_i64, any::<bool>(), any::<bool>());
    let one = one.prop_map(|(kind, who, full, seconds, imported, again)| {
        let extent = if full { Extent::Full } else { Extent::Minimal };
        Throw { kind, who, extent, seconds, imported: imported && again, again }
    });
    proptest::collection::vec(one, 1..24)
}

fn thrower(throw: &Throw) -> &'static Signer {
    let cast: &Cast = cast();
    cast.signers().nth(throw.who).map_or_else(|| cast.signer_of(throw.kind), |(who, _)| who)
}

fn imported_or_not(throw: &Throw, words: Words) -> Words {
    if throw.imported { words.imported("2026-01-31") } else { words }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is thrown at it, the ledger answers, and stays whole.
    #[test]
    fn any_sequence_is_answered(throws in throws()) {
        let mut world = World::founded();
        let mut recorded = BTreeMap::new();
        for throw in throws {
            world.advance(throw.seconds);
            let who = thrower(&throw);
            let words = world.sample(throw.kind, throw.extent);
            let words = imported_or_not(&throw, words);
            let text = world.text_of(who, samples::stream(throw.kind), words);
            let size = world.size();
            if let Ok(seq) = world.submit(&text) {
                prop_assert_eq!((seq.0, world.size()), (size, size + 1));
                recorded.insert(size, text);
            } else {
                prop_assert_eq!(world.size(), size, "a refusal leaves nothing behind");
            }
            if throw.again && let Some((seq, text)) = recorded.last_key_value() {
                // Sent again, it is answered with the same entry, whatever has changed since.
                let size = world.size();
                prop_assert_eq!(world.submit(text).map(|seq| seq.0), Ok(*seq));
                prop_assert_eq!(world.size(), size);
            }
        }

        // A snapshot at any point and the rest of the log give what the whole log gives.
        let (whole, tree) = world.replay();
        let records = world.records();
        let middle = records.len() / 2;
        let mut first = Auditor::default();
        for record in &records[..middle] {
            first.take(read(&record.header, &record.body).unwrap(), |_, _| ()).ok();
        }
        let (state, frontier) = first.into_parts();
        let snapshot = bincode::serialize(&state).unwrap();
        let mut rest = Auditor::resume(bincode::deserialize(&snapshot).unwrap(), frontier);
        for record in &records[middle..] {
            rest.take(read(&record.header, &record.body).unwrap(), |_, _| ()).ok();
        }
        prop_assert_eq!(rest.into_parts(), (whole, tree));
    }

    /// `evolve` takes in whatever stands on a log, also what should never have been admitted.
    #[test]
    fn evolve_is_total(throws in throws(), wild: u64) {
        let mut state = World::founded().state().clone();
        let mut pen = Pen::new(cast().origin.clone(), 5000);
        let mut folded = Vec::new();
        for (place, throw) in throws.iter().enumerate() {
            let words = samples::words(throw.kind, throw.extent, pen.fresh_id());
            let words = imported_or_not(throw, words);
            let now = World::empty().now();
            let text = pen.draft(thrower(throw), samples::stream(throw.kind), words, now);
            let text = text.sign(&thrower(throw).key);
            let action = Action::parse(text.as_bytes()).unwrap();
            let Ok(act) = &action.envelope.act.act else { panic!("{:?}", throw.kind) };
            let link = state.link(&action.envelope.stream);
            let number = if throw.again { wild } else { link.number };
            let header = Header {
                rules: RULES,
                seq: if throw.imported { wild.rotate_left(7) } else { place as u64 },
                recorded_at: throw.seconds,
                previous: state.previous_hash().0,
                stream_number: number,
                stream_previous: link.previous,
                body: sha256(&[&encode_body(&action.jws)]).0,
            };
            let effect = Effect::of(&action.envelope, act);
            state.evolve(&header, header_hash(&header.encode()), &effect);
            folded.push((header, effect));
        }
        let mut again = World::founded().state().clone();
        for (header, effect) in &folded {
            again.evolve(header, header_hash(&header.encode()), effect);
        }
        prop_assert!(again == state);
    }
}

#[test]
fn a_citizen_opens_a_stream_with_a_key_for_what_follows() {
    let mut world = with_citizen_key(Kind::Accepted);
    let citizen = &cast().citizen;
    let own = Signer { issuer: Issuer::Citizen, key: cast().stranger.key.clone() };
    let filed = world.sample(Kind::ComplaintFiled, Extent::Minimal).with("case", World::CASE);
    world.then_refused(citizen, "complaint/own", filed.clone(), "field_missing");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": own.key.public().to_string() });
    let filed = filed.with("cnf", json!({ "jwk": jwk }));
    // It is the case's key that says who complains, and the complaint's own that goes on.
    world.then_refused(&own, "complaint/own", filed.clone(), "unknown_key");
    world.given(citizen, "complaint/own", filed);
    let words = world.sample(Kind::ComplaintFollowedUp, Extent::Minimal);
    world.given(&own, "complaint/own", words);
}

#[test]
fn whose_key_it_must_be_is_read_whatever_else_is_wrong() {
    let mut world = World::founded();
    let own = Signer { issuer: Issuer::Citizen, key: cast().stranger.key.clone() };
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": own.key.public().to_string() });
    let rated = world.sample(Kind::Rated, Extent::Minimal).with("cnf", json!({ "jwk": jwk }));
    let wrong = rated.clone().with("level", "superb");
    world.then_refused(&own, "rating/own", wrong, "invalid_field");
    world.given(&own, "rating/own", rated);
}

#[test]
fn nobody_takes_a_stream_over_with_a_key_of_his_own() {
    let own = Signer { issuer: Issuer::Citizen, key: cast().stranger.key.clone() };
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": own.key.public().to_string() });
    let again = |world: &mut World| {
        let rated = world.sample(Kind::Rated, Extent::Minimal).with("round", "follow_up");
        rated.with("cnf", json!({ "jwk": jwk })).id(world.fresh_id())
    };
    // The portal filed it for somebody without a key.
    let mut world = World::founded();
    let rated = world.sample(Kind::Rated, Extent::Minimal);
    world.given(&cast().portal, "rating/portal", rated);
    let words = again(&mut world);
    world.then_refused(&own, "rating/portal", words, "unknown_key");
    // Somebody with a key has it, and goes on having it.
    let citizen = &cast().citizen;
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": citizen.key.public().to_string() });
    let rated = world.sample(Kind::Rated, Extent::Minimal).with("cnf", json!({ "jwk": key }));
    let id = world.fresh_id();
    world.given(citizen, "rating/own", rated.id(id));
    let words = again(&mut world);
    world.then_refused(&own, "rating/own", words.clone(), "unknown_key");
    world.given(citizen, "rating/own", words);
    let words = again(&mut world);
    world.then_refused(&own, "rating/own", words.clone(), "unknown_key");
    world.given(citizen, "rating/own", words);
}

#[test]
fn a_window_has_no_say_in_a_complaint_that_is_not_its_own() {
    let mut world = World::founded();
    let filed = world.sample(Kind::ComplaintFiled, Extent::Minimal);
    world.given(&cast().portal, "complaint/1", filed.clone());
    let answered = world.sample(Kind::Answered, Extent::Minimal);
    world.then_refused(&cast().intake, "complaint/1", answered.clone(), "no_mandate/office");
    world.given(&cast().handler, "complaint/1", answered);
    // The one that took it down goes on speaking for whoever came.
    let filed = filed.id(world.fresh_id());
    world.given(&cast().intake, "complaint/2", filed);
    let followed = world.sample(Kind::ComplaintFollowedUp, Extent::Minimal);
    world.given(&cast().intake, "complaint/2", followed);
}

#[test]
fn only_an_importer_imports() {
    let mut world = with_citizen_key(Kind::Accepted);
    let words = world.sample(Kind::SupplementReceived, Extent::Minimal).imported("2026-01-31");
    world.then_refused(&cast().citizen, World::CASE, words, "no_mandate/import");
    let fact = world.sample(Kind::DeemedFact, Extent::Minimal).imported("2026-01-31");
    world.then_refused(&cast().ledger, World::CASE, fact, "no_mandate/import");
}

#[test]
fn a_citizen_signs_with_the_key_that_a_case_names() {
    let mut world = with_citizen_key(Kind::Accepted);
    let citizen = &cast().citizen;
    assert_eq!(citizen.issuer, Issuer::Citizen);
    let words = world.sample(Kind::SupplementReceived, Extent::Minimal);
    world.given(citizen, World::CASE, words.clone());
    let other = Signer { issuer: Issuer::Citizen, key: cast().stranger.key.clone() };
    let words = words.id(world.fresh_id());
    world.then_refused(&other, World::CASE, words, "unknown_key");
}
