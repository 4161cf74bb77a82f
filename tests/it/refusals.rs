//! Every way in which the ledger says no: one action that fires it, one neighbour that differs in
//! just that and passes; which of two faults is named; and the sentences that people read.

use std::collections::BTreeSet;

use case_ledger::codes::OfficeCode;
use case_ledger::disclosure::{Disclosure, DisclosureFault};
use case_ledger::encoding::to_base64url;
use case_ledger::envelope::{DISCLOSURES_MAX, JWS_MAX, Malformed};
use case_ledger::hash::sha256;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::kinds::{Kind, Post};
use case_ledger::names::{ActionId, Seq};
use case_ledger::refusal::{Impossible, Language, NoMandate, Refusal};
use case_tests::act;
use case_tests::cast::{cast, key_registered, key_revoked, officer, possession, post_assigned};
use case_tests::samples::{self, Extent};
use case_tests::words::{Loose, Signer, Words};
use case_tests::world::{World, full_code};
use serde_json::json;

const CASE: &str = World::CASE;
const ID: ActionId = ActionId([1, 0x9b, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1]);

/// One refusal: both actions are sent to worlds in which `given` has happened.
struct Case {
    code: &'static str,
    given: fn(&mut World),
    fires: fn(&mut World) -> String,
    passes: fn(&mut World) -> String,
}

fn nothing(_: &mut World) {}

fn intake(world: &mut World, words: Words) -> String {
    world.text_of(&cast().intake, CASE, words)
}

fn registrar(world: &mut World, words: Words) -> String {
    world.text_of(&cast().registrar, "registry", words)
}

fn accepted(world: &mut World) -> String {
    intake(world, act!(Accepted))
}

/// An acceptance, changed and signed again.
fn changed(world: &mut World, change: impl FnOnce(Loose) -> Loose) -> String {
    change(Loose::of(&accepted(world))).sign(&cast().intake.key)
}

fn header_with(world: &mut World, from: &str, to: &str) -> String {
    changed(world, |loose| loose.replace(from, to))
}

/// An acceptance as long as it may be, and `beyond` bytes more.
fn of_length(world: &mut World, beyond: usize) -> String {
    let loose = Loose::of(&accepted(world));
    let padded = |spaces: usize| {
        let mut padded = loose.clone();
        padded.payload.push_str(&" ".repeat(spaces));
        padded.sign(&cast().intake.key)
    };
    let fits = |spaces: &usize| padded(*spaces).find('~').unwrap() <= JWS_MAX;
    let longest = (20_000..25_000).rev().find(fits).unwrap();
    padded(longest + beyond)
}

/// An acceptance whose note is as long as it may be, and `beyond` bytes more.
fn of_note_length(world: &mut World, beyond: usize) -> String {
    let made = |length: usize| Disclosure::make("note", &"a".repeat(length), &[0; 16]);
    let fits = |length: &usize| made(*length).encoded().len() + 2 <= DISCLOSURES_MAX;
    let longest = (98_000..99_000).rev().find(fits).unwrap();
    intake(world, act!(Accepted).beside("note", &"a".repeat(longest + beyond)))
}

/// An acceptance that commits to one disclosure, made by hand.
fn disclosing(world: &mut World, encoded: &str) -> String {
    let digest = to_base64url(&sha256(&[encoded.as_bytes()]).0);
    changed(world, |loose| {
        let mut loose = loose.edit(|payload| {
            payload["_sd_alg"] = "sha-256".into();
            payload["act"]["_sd"] = json!([digest]);
        });
        loose.beside = format!("~{encoded}~");
        loose
    })
}

fn disclosing_json(world: &mut World, json: &serde_json::Value) -> String {
    disclosing(world, &to_base64url(json.to_string().as_bytes()))
}

fn salt(bytes: usize) -> String {
    to_base64url(&vec![7; bytes])
}

fn good_disclosure(world: &mut World) -> String {
    disclosing_json(world, &json!([salt(16), "note", "x"]))
}

/// A new officer of the district, post intake, whose key is valid two entries after it is registered.
fn newcomer_joins(world: &mut World) {
    let newcomer = newcomer();
    let from = world.size() + 4;
    let cast = cast();
    world.given(&cast.registrar, "registry", post_assigned(&newcomer, Post::Intake));
    let words = key_registered(&newcomer).with("valid_from", from);
    world.given(&cast.registrar, "registry", words);
}

fn newcomer() -> Signer {
    officer(cast().district, "p-newcomer")
}

fn submitted(world: &mut World, stream: &str, words: Words) -> String {
    let submitted = world.sample(Kind::Submitted, Extent::Minimal);
    world.text_of(&cast().portal, stream, submitted.over(words.id(ID)))
}

fn reviewer_is_gone(world: &mut World) {
    world.given(&cast().registrar, "registry", key_revoked(&cast().reviewer));
}

fn resumed(world: &mut World, number: u32) -> String {
    intake(world, act!(Resumed { "started": number }))
}

fn gap_filled(world: &mut World) -> String {
    let words = world.sample(Kind::GapFilled, Extent::Minimal);
    intake(world, words)
}

/// A card raised on the stream of one that was proposed for the district.
fn card_raised(world: &mut World, office: OfficeCode) -> String {
    let words = world.sample(Kind::CardRaised, Extent::Minimal).with("office", office.to_string());
    world.text_of(&cast().supervisor, samples::stream(Kind::CardProposed), words)
}

fn gaps(fields: Words) -> Words {
    fields.with("missing", json!(["plan"]))
}

fn withheld(world: &mut World, second: &Signer) -> String {
    let entry = Seq(world.size() - 1);
    let words = world.withholding(second, entry, WithholdingBasis::StateSecret);
    world.text_of(&cast().registrar, "removals", words)
}

fn weak_key() -> String {
    let mut identity = [0; 32];
    identity[0] = 1;
    to_base64url(&identity)
}

fn outage(world: &mut World, to: &str) -> String {
    let words = act!(OutageDeclared {
        "office": cast().district.to_string(),
        "from": "2026-01-05T08:00:00+08:00",
        "to": to,
    });
    world.text_of(&cast().supervisor, "registry", words)
}

fn malformed() -> Vec<Case> {
    let case = |code, fires, passes| Case { code, given: nothing, fires, passes };
    vec![
        case(
            "malformed/no_tilde",
            |world| accepted(world).trim_end_matches('~').to_owned(),
            accepted,
        ),
        case("malformed/jws_too_long", |world| of_length(world, 1), |world| of_length(world, 0)),
        case(
            "malformed/disclosures_too_long",
            |world| of_note_length(world, 1),
            |world| of_note_length(world, 0),
        ),
        case("malformed/base64", |world| accepted(world).replacen('.', "=.", 1), accepted),
        case(
            "malformed/signature_length",
            |world| {
                let text = accepted(world);
                let (rest, _) = text.rsplit_once('.').unwrap();
                format!("{rest}.{}~", to_base64url(&[0; 63]))
            },
            accepted,
        ),
        case(
            "malformed/header_json",
            |world| header_with(world, r#""typ""#, r#""alg":"EdDSA","typ""#),
            // The other name for the same algorithm (RFC 9864).
            |world| header_with(world, "EdDSA", "Ed25519"),
        ),
        case(
            "malformed/header_members",
            |world| header_with(world, r#""typ""#, r#""cty":"x","typ""#),
            |world| header_with(world, r#""typ""#, r#" "typ""#),
        ),
        case("malformed/algorithm", |world| header_with(world, "EdDSA", "ES256"), accepted),
        case("malformed/type", |world| header_with(world, "case-action+", "staff+"), accepted),
        case(
            "malformed/kid",
            |world| {
                let kid = cast().intake.key.public().kid().to_string();
                header_with(world, &kid, &kid[1..])
            },
            accepted,
        ),
        case(
            "malformed/payload_json",
            |world| header_with(world, r#""v":1"#, r#""v":1,"v":1"#),
            |world| header_with(world, r#""v":1"#, r#""v" : 1 "#),
        ),
        case(
            "malformed/claim",
            |world| changed(world, |loose| loose.edit(|claims| claims["iat"] = json!("1"))),
            |world| changed(world, |loose| loose.edit(|claims| claims["iat"] = json!(1))),
        ),
        case(
            "malformed/unknown_claim",
            |world| changed(world, |loose| loose.edit(|claims| claims["nbf"] = json!(1))),
            |world| changed(world, |loose| loose.edit(|claims| claims["seen"] = json!(1))),
        ),
        case(
            "malformed/happened_after_signing",
            |world| intake(world, act!(Accepted).at("2026-01-05T09:00:01+08:00")),
            |world| intake(world, act!(Accepted).at("2026-01-05T09:00:00.999+08:00")),
        ),
        case(
            "malformed/by_without_office",
            |world| intake(world, act!(Accepted).by(&cast().intake.person(), Post::Intake)),
            |world| {
                let words = act!(Accepted).by(&cast().intake.person(), Post::Intake);
                world.text_of(&cast().system, CASE, words)
            },
        ),
        case(
            "malformed/commitments",
            |world| {
                let text = good_disclosure(world);
                Loose::of(&text).replace("sha-256", "sha-512").sign(&cast().intake.key)
            },
            good_disclosure,
        ),
        case("malformed/disclosure_encoding", |world| disclosing(world, "a!"), good_disclosure),
        case(
            "malformed/disclosure_shape",
            |world| disclosing_json(world, &json!([salt(16), "note"])),
            good_disclosure,
        ),
        case(
            "malformed/disclosure_salt",
            |world| disclosing_json(world, &json!([salt(15), "note", "x"])),
            good_disclosure,
        ),
        case(
            "malformed/disclosure_name",
            |world| disclosing_json(world, &json!([salt(16), "_sd", "x"])),
            good_disclosure,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn signer_and_words() -> Vec<Case> {
    let case = |code, given, fires, passes| Case { code, given, fires, passes };
    vec![
        case(
            "other_content",
            |world| {
                world.given(&cast().intake, CASE, act!(Received).id(ID));
            },
            |world| intake(world, act!(Received { "channel": "window" }).id(ID)),
            |world| intake(world, act!(Received).id(ID)),
        ),
        case(
            "wrong_audience",
            nothing,
            |world| intake(world, act!(Accepted).audience("ledger.example/other")),
            |world| intake(world, act!(Accepted).audience("ledger.example/cases")),
        ),
        case(
            "unknown_key",
            |world| {
                world.given(
                    &cast().registrar,
                    "registry",
                    post_assigned(&cast().stranger, Post::Intake),
                );
            },
            |world| world.text_of(&cast().stranger, CASE, act!(Accepted)),
            |world| {
                world.given(&cast().registrar, "registry", key_registered(&cast().stranger));
                world.text_of(&cast().stranger, CASE, act!(Accepted))
            },
        ),
        case(
            "key_of_another",
            nothing,
            |world| {
                let thief = Signer {
                    issuer: cast().intake.issuer.clone(),
                    key: cast().reviewer.key.clone(),
                };
                world.text_of(&thief, CASE, act!(Accepted))
            },
            accepted,
        ),
        case(
            "key_revoked",
            reviewer_is_gone,
            |world| world.text_of(&cast().reviewer, CASE, act!(Accepted)),
            |world| world.text_of(&cast().approver, CASE, act!(Accepted)),
        ),
        case(
            "key_not_yet_valid",
            newcomer_joins,
            |world| {
                world.given(&cast().intake, CASE, act!(Received));
                world.text_of(&newcomer(), CASE, act!(Accepted))
            },
            |world| {
                world.given(&cast().intake, CASE, act!(Received));
                world.given(&cast().intake, CASE, act!(Received));
                world.text_of(&newcomer(), CASE, act!(Accepted))
            },
        ),
        case(
            "bad_signature",
            nothing,
            |world| Loose::of(&accepted(world)).sign(&cast().reviewer.key),
            |world| Loose::of(&accepted(world)).sign(&cast().intake.key),
        ),
        case(
            "no_mandate/post",
            nothing,
            |world| world.text_of(&cast().portal, CASE, act!(Accepted)),
            |world| world.text_of(&cast().portal, CASE, act!(Received)),
        ),
        case(
            "no_mandate/office",
            nothing,
            |world| world.text_of(&cast().neighbour_intake, CASE, act!(Accepted)),
            accepted,
        ),
        case(
            "no_mandate/by",
            nothing,
            |world| {
                let words = act!(Accepted).by(&cast().approver.person(), Post::Head);
                world.text_of(&cast().system, CASE, words)
            },
            |world| {
                let words = act!(Accepted).by(&cast().approver.person(), Post::Approver);
                world.text_of(&cast().system, CASE, words)
            },
        ),
        case(
            "no_mandate/import",
            nothing,
            |world| world.text_of(&cast().importer, CASE, act!(Accepted)),
            |world| world.text_of(&cast().importer, CASE, act!(Accepted).imported("2026-01-05")),
        ),
        case(
            "unknown_schema",
            nothing,
            |world| changed(world, |loose| loose.replace(r#""v":1"#, r#""v":2"#)),
            accepted,
        ),
        case(
            "unknown_kind",
            nothing,
            |world| intake(world, Words::of("Accept", json!({}))),
            |world| intake(world, Words::of("Accepted", json!({}))),
        ),
        case(
            "kind_not_on_stream",
            nothing,
            |world| world.text_of(&cast().intake, "visit/1", act!(Accepted)),
            accepted,
        ),
        case(
            "unknown_field",
            nothing,
            |world| intake(world, act!(Accepted { "voucher": "SL-1" })),
            |world| intake(world, act!(Accepted { "voucher_no": "SL-1" })),
        ),
        case(
            "invalid_field",
            nothing,
            |world| intake(world, act!(Accepted { "joint": "yes" })),
            |world| intake(world, act!(Accepted { "joint": true })),
        ),
        case(
            "unknown_stream",
            nothing,
            |world| world.text_of(&cast().intake, "case/none", act!(Accepted)),
            accepted,
        ),
        case(
            "field_missing",
            nothing,
            |world| intake(world, gaps(act!(AcceptedWithGaps))),
            |world| intake(world, gaps(act!(AcceptedWithGaps { "until": "2026-01-09" }))),
        ),
        case(
            "personal_in_the_clear",
            nothing,
            |world| intake(world, act!(Accepted { "note": "张三" })),
            |world| intake(world, act!(Accepted).beside("note", "张三")),
        ),
        case(
            "disclosures_mismatch",
            nothing,
            |world| {
                let text = intake(world, act!(Accepted).beside("note", "张三"));
                text[..=text.find('~').unwrap()].to_owned()
            },
            |world| intake(world, act!(Accepted).beside("note", "张三")),
        ),
        case(
            "in_the_future",
            nothing,
            |world| intake(world, act!(Accepted).issued_at(world.now().plus_seconds(61))),
            |world| intake(world, act!(Accepted).issued_at(world.now().plus_seconds(60))),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn impossible() -> Vec<Case> {
    let case = |code, given, fires, passes| Case { code, given, fires, passes };
    vec![
        case(
            "impossible/stream_exists",
            nothing,
            |world| submitted(world, CASE, act!(Submitted)),
            |world| submitted(world, "case/2", act!(Submitted)),
        ),
        case("impossible/not_yet", nothing, gap_filled, |world| {
            world.given_sample(Kind::AcceptedWithGaps);
            gap_filled(world)
        }),
        case(
            "impossible/after",
            |world| {
                world.given_sample(Kind::Accepted);
            },
            accepted,
            |world| intake(world, act!(Received)),
        ),
        case(
            "impossible/not_open",
            |world| {
                world.given_sample(Kind::Suspended);
            },
            |world| resumed(world, 1),
            |world| resumed(world, 2),
        ),
        case(
            "impossible/no_such_entry",
            nothing,
            |world| world.text_of(&cast().supervisor, CASE, act!(Corrected { "entry": 2 })),
            |world| world.text_of(&cast().supervisor, CASE, act!(Corrected { "entry": 1 })),
        ),
        case(
            "impossible/no_such_stream",
            nothing,
            |world| {
                let words = act!(Hidden { "target": "case/none", "basis": "privacy" });
                world.text_of(&cast().supervisor, "removals", words)
            },
            |world| {
                let words = act!(Hidden { "target": CASE, "basis": "privacy" });
                world.text_of(&cast().supervisor, "removals", words)
            },
        ),
        case(
            "impossible/seen_ahead",
            nothing,
            |world| intake(world, act!(Accepted).seen(world.size())),
            |world| intake(world, act!(Accepted).seen(world.size() - 1)),
        ),
        case(
            "impossible/no_such_office",
            nothing,
            |world| {
                let office = OfficeCode::complete("11", "990104", "MB000009").unwrap();
                intake(world, act!(TransferredTo { "office": office.to_string() }))
            },
            |world| intake(world, act!(TransferredTo { "office": cast().neighbour.to_string() })),
        ),
        case(
            "impossible/no_such_item",
            nothing,
            |world| submitted(world, "case/2", act!(Submitted { "item_version": 2 })),
            |world| submitted(world, "case/2", act!(Submitted { "item_version": 1 })),
        ),
        case(
            "impossible/version_not_next",
            nothing,
            |world| {
                let words = world.sample(Kind::ItemPublished, Extent::Minimal).with("version", 3);
                registrar(world, words)
            },
            |world| {
                let words = world.sample(Kind::ItemPublished, Extent::Minimal).with("version", 2);
                registrar(world, words)
            },
        ),
        case(
            "impossible/key_taken",
            nothing,
            |world| registrar(world, key_registered(&cast().intake)),
            |world| registrar(world, key_registered(&cast().stranger)),
        ),
        case(
            "impossible/weak_key",
            nothing,
            |world| registrar(world, key_registered(&cast().stranger).with("key", weak_key())),
            |world| registrar(world, key_registered(&cast().stranger)),
        ),
        case(
            "impossible/bad_possession",
            nothing,
            |world| {
                let Signer { issuer, key } = &cast().stranger;
                let proof = possession("ledger.example/other", issuer, key);
                registrar(world, key_registered(&cast().stranger).with("possession", proof))
            },
            |world| registrar(world, key_registered(&cast().stranger)),
        ),
        case(
            "impossible/post_unchanged",
            nothing,
            |world| registrar(world, post_assigned(&cast().intake, Post::Intake)),
            |world| registrar(world, post_assigned(&cast().intake, Post::Reviewer)),
        ),
        case(
            "impossible/no_such_key",
            nothing,
            |world| registrar(world, key_revoked(&cast().stranger)),
            |world| registrar(world, key_revoked(&cast().intake)),
        ),
        case(
            "impossible/after_cutover",
            nothing,
            |world| world.text_of(&cast().importer, CASE, act!(Accepted).imported("2026-01-04")),
            |world| world.text_of(&cast().importer, CASE, act!(Accepted).imported("2026-01-05")),
        ),
        case(
            "impossible/not_withholdable",
            nothing,
            |world| {
                let again = withheld(world, &cast().supervisor);
                let first = withheld(world, &cast().supervisor);
                world.submit(&first).unwrap();
                again
            },
            |world| withheld(world, &cast().supervisor),
        ),
        case(
            "impossible/second_signer",
            nothing,
            |world| withheld(world, &cast().registrar),
            |world| withheld(world, &cast().supervisor),
        ),
        case(
            "impossible/other_office",
            |world| {
                world.given_sample(Kind::CardProposed);
            },
            |world| card_raised(world, cast().neighbour),
            |world| card_raised(world, cast().district),
        ),
        case(
            "impossible/no_such_time",
            nothing,
            |world| outage(world, "2026-01-05T07:59:59+08:00"),
            |world| outage(world, "2026-01-05T08:00:00+08:00"),
        ),
    ]
}

fn cases() -> impl Iterator<Item = Case> {
    malformed().into_iter().chain(signer_and_words()).chain(impossible())
}

#[test]
fn every_refusal_fires_and_its_neighbour_passes() {
    for Case { code, given, fires, passes } in cases() {
        let mut world = World::with_case();
        given(&mut world);
        let text = fires(&mut world);
        world.then_text_refused(&text, code);

        let mut world = World::with_case();
        given(&mut world);
        let text = passes(&mut world);
        let answer = world.submit(&text);
        assert!(answer.is_ok(), "the neighbour of {code}: {answer:?}");
    }
}

/// A list of values that names every variant: a new one does not compile until it stands here.
macro_rules! every {
    ($type:ident { $($variant:ident $(($value:expr))? $({ $field:ident: $inside:expr })?),* $(,)? }) => {{
        let listed = |one: &$type| match one { $($type::$variant { .. } => (),)* };
        let all = vec![$($type::$variant $(($value))? $({ $field: $inside })?,)*];
        all.iter().for_each(listed);
        all
    }};
}

/// Every refusal in its order of precedence, those with details once for each.
fn every_refusal() -> Vec<Refusal> {
    let disclosure = every!(DisclosureFault { Encoding, Shape, Salt, Name });
    let malformed = every!(Malformed {
        NoTilde, JwsTooLong, DisclosuresTooLong, Base64, SignatureLength, HeaderJson, HeaderMembers,
        Algorithm, Type, Kid, PayloadJson, Claim("iat"), UnknownClaim, HappenedAfterSigning,
        ByWithoutOffice, Commitments, Disclosure(DisclosureFault::Encoding),
    });
    let no_mandate = every!(NoMandate { Post, Office, By, Import });
    let facts = |kind: Kind| kind.spec().marks;
    let impossible = every!(Impossible {
        StreamExists, NotYet(facts(Kind::AcceptedWithGaps)), After(facts(Kind::Decided)), NotOpen,
        NoSuchEntry, NoSuchStream, SeenAhead, NoSuchOffice, NoSuchItem, VersionNotNext, KeyTaken,
        WeakKey, BadPossession, PostUnchanged, NoSuchKey, AfterCutover, NotWithholdable,
        SecondSigner, OtherOffice, NoSuchTime,
    });
    let plain = every!(Refusal {
        Malformed(Malformed::NoTilde), OtherContent { first: 7 }, WrongAudience, UnknownKey,
        KeyOfAnother, KeyRevoked, KeyNotYetValid, BadSignature, NoMandate(NoMandate::Post),
        UnknownSchema(2), UnknownKind, KindNotOnStream, UnknownField("voucher".to_owned()),
        InvalidField("joint".to_owned()), UnknownStream, Impossible(Impossible::StreamExists),
        FieldMissing("until".to_owned()), PersonalInTheClear("note".to_owned()),
        DisclosuresMismatch, InTheFuture,
    });
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have no details")]
    let with_details = |refusal: Refusal| match refusal {
        Refusal::Malformed(_) => {
            let disclosure = disclosure.iter().copied().map(Malformed::Disclosure);
            let others = malformed.iter().copied();
            let others = others.filter(|one| !matches!(one, Malformed::Disclosure(_)));
            others.chain(disclosure).map(Refusal::Malformed).collect()
        }
        Refusal::NoMandate(_) => no_mandate.iter().copied().map(Refusal::NoMandate).collect(),
        Refusal::Impossible(_) => impossible.iter().copied().map(Refusal::Impossible).collect(),
        other => vec![other],
    };
    plain.into_iter().flat_map(with_details).collect()
}

#[test]
fn every_code_has_a_case() {
    let every: BTreeSet<_> = every_refusal().iter().map(full_code).collect();
    let tested = cases().map(|case| case.code);
    assert_eq!(tested.map(str::to_owned).collect::<BTreeSet<_>>(), every);
    let mut codes: Vec<_> = every_refusal().iter().map(Refusal::code).collect();
    codes.dedup();
    assert_eq!(codes, Refusal::CODES, "the list of codes is the list of variants, in their order");
}

/// An action with two faults gets the one that stands first.
struct Both {
    earlier: &'static str,
    later: &'static str,
    text: fn(&mut World) -> String,
}

/// Neighbours in the order that no action can have both of, and why.
const EXCLUSIVE: [(&str, &str, &str); 2] = [
    ("unknown_key", "key_of_another", "a key that nobody has registered has no holder"),
    ("unknown_kind", "kind_not_on_stream", "where an unknown kind stands nobody knows"),
];

fn with_both_faults() -> Vec<Both> {
    let both = |earlier, later, text| Both { earlier, later, text };
    vec![
        both("malformed", "other_content", |world| {
            world.given(&cast().intake, CASE, act!(Received).id(ID));
            let text = intake(world, act!(Accepted).id(ID));
            Loose::of(&text).replace("case-action+", "staff+").sign(&cast().intake.key)
        }),
        both("other_content", "wrong_audience", |world| {
            world.given(&cast().intake, CASE, act!(Received).id(ID));
            intake(world, act!(Received).id(ID).audience("ledger.example/other"))
        }),
        both("wrong_audience", "unknown_key", |world| {
            world.text_of(&cast().stranger, CASE, act!(Accepted).audience("ledger.example/other"))
        }),
        both("unknown_key", "bad_signature", |world| {
            let text = world.text_of(&cast().stranger, CASE, act!(Accepted));
            Loose::of(&text).sign(&cast().reviewer.key)
        }),
        both("key_of_another", "key_revoked", |world| {
            reviewer_is_gone(world);
            let issuer = cast().intake.issuer.clone();
            let thief = Signer { issuer, key: cast().reviewer.key.clone() };
            world.text_of(&thief, CASE, act!(Accepted))
        }),
        both("key_revoked", "key_not_yet_valid", |world| {
            newcomer_joins(world);
            world.given(&cast().registrar, "registry", key_revoked(&newcomer()));
            world.text_of(&newcomer(), CASE, act!(Accepted))
        }),
        both("key_not_yet_valid", "bad_signature", |world| {
            newcomer_joins(world);
            let text = world.text_of(&newcomer(), CASE, act!(Accepted));
            Loose::of(&text).sign(&cast().reviewer.key)
        }),
        both("bad_signature", "no_mandate", |world| {
            let text = world.text_of(&cast().portal, CASE, act!(Accepted));
            Loose::of(&text).sign(&cast().intake.key)
        }),
        both("no_mandate", "unknown_schema", |world| {
            let text = world.text_of(&cast().portal, CASE, act!(Accepted));
            Loose::of(&text).replace(r#""v":1"#, r#""v":2"#).sign(&cast().portal.key)
        }),
        both("unknown_schema", "unknown_kind", |world| {
            let text = intake(world, Words::of("Accept", json!({})));
            Loose::of(&text).replace(r#""v":1"#, r#""v":2"#).sign(&cast().intake.key)
        }),
        both("unknown_kind", "unknown_stream", |world| {
            world.text_of(&cast().intake, "case/none", Words::of("Accept", json!({})))
        }),
        both("kind_not_on_stream", "unknown_field", |world| {
            world.text_of(&cast().intake, "visit/1", act!(Accepted { "voucher": "SL-1" }))
        }),
        both("unknown_field", "invalid_field", |world| {
            intake(world, act!(Accepted { "joint": "yes", "voucher": "SL-1" }))
        }),
        both("invalid_field", "unknown_stream", |world| {
            world.text_of(&cast().intake, "case/none", act!(Accepted { "joint": "yes" }))
        }),
        both("unknown_stream", "impossible", |world| {
            world.text_of(&cast().intake, "case/none", act!(Accepted).seen(1_000_000))
        }),
        both("impossible", "field_missing", |world| {
            world.given_sample(Kind::Accepted);
            intake(world, gaps(act!(AcceptedWithGaps)))
        }),
        both("field_missing", "personal_in_the_clear", |world| {
            intake(world, gaps(act!(AcceptedWithGaps { "note": "张三" })))
        }),
        both("personal_in_the_clear", "disclosures_mismatch", |world| {
            let words = act!(Decided { "outcome": "refused", "reasons": "材料不全" });
            let text = intake(world, words.beside("description", "三平方米"));
            text[..=text.find('~').unwrap()].to_owned()
        }),
        both("disclosures_mismatch", "in_the_future", |world| {
            let later = world.now().plus_seconds(1000);
            let text = intake(world, act!(Accepted).beside("note", "张三").issued_at(later));
            text[..=text.find('~').unwrap()].to_owned()
        }),
    ]
}

#[test]
fn of_two_faults_the_earlier_is_named() {
    for Both { earlier, later, text } in with_both_faults() {
        let place = |code| Refusal::CODES.iter().position(|known| *known == code).unwrap();
        assert!(place(earlier) < place(later), "{earlier}, {later}");
        let mut world = World::with_case();
        let text = text(&mut world);
        let refusal = world.then_text_refused(&text, earlier);
        assert_eq!(refusal.code(), earlier, "and not {later}");
    }
}

#[test]
fn every_pair_of_neighbours_in_the_order_is_tested() {
    let tested = with_both_faults();
    for pair in Refusal::CODES.windows(2) {
        let (earlier, later) = (pair[0], pair[1]);
        let is_tested = tested.iter().any(|both| (both.earlier, both.later) == (earlier, later));
        let is_exclusive =
            EXCLUSIVE.iter().any(|(one, other, _)| (*one, *other) == (earlier, later));
        assert!(is_tested != is_exclusive, "{earlier}, then {later}");
    }
}

#[test]
fn what_people_read() {
    let told = |refusal: &Refusal| {
        let [chinese, english] =
            [Language::Chinese, Language::English].map(|language| refusal.sentence(language));
        assert_eq!(english, refusal.to_string());
        format!("{}\n  {}\n  {chinese}\n  {english}\n", full_code(refusal), refusal.rule())
    };
    let all: Vec<String> = every_refusal().iter().map(told).collect();
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_founding_stands_only_at_the_beginning_and_for_its_own_origin() {
    let mut world = World::empty();
    let words = samples::words(Kind::LedgerFounded, Extent::Minimal, ID);
    let other = words.clone().with("origin", "ledger.example/other");
    world.then_refused(&cast().root, "registry", other, "wrong_audience");
    world.then_refused(&cast().intake, CASE, act!(Accepted), "unknown_key");
    let no_roots = words.clone().with("root_keys", json!([]));
    world.then_refused(&cast().root, "registry", no_roots, "unknown_key");
    let weak = words.clone().with("ledger_key", weak_key());
    world.then_refused(&cast().root, "registry", weak, "impossible/weak_key");
    let same = words.clone().with("ledger_key", cast().root.key.public().to_string());
    world.then_refused(&cast().root, "registry", same, "impossible/key_taken");
    let unproven = words.clone().with("ledger_key", cast().next_ledger.public().to_string());
    world.then_refused(&cast().root, "registry", unproven, "impossible/bad_possession");

    world.given(&cast().root, "registry", words.clone());
    let id = world.fresh_id();
    world.then_refused(&cast().root, "registry", words.id(id), "impossible/after");
}
