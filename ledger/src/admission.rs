//! Whether an action may stand on the log: `admit(state, action, now)`.
//!
//! It refuses what cannot be true and never what is merely wrong. An unlawful act (late, without reasons, a second list of
//! corrections, an extension by the wrong person) happened: it is recorded, and the views flag it. Deemed facts, calendars and
//! policies are never read here. The order of the checks is the order of [`Refusal`]'s variants.

use crate::codes::{OfficeCode, RegionCode};
use crate::envelope::{Action, Envelope, SCHEMA};
use crate::field::ObjectFault;
use crate::kinds::rating::{Identity, RatingRound};
use crate::kinds::registry::{CalendarPublished, KeyRegistered, LedgerFounded};
use crate::kinds::{Act, Kind, KindSpec, Place, Post, Signers};
use crate::names::{Issuer, Origin, PublicKey, Seq, Stream};
use crate::refusal::{Impossible, NoMandate, Refusal};
use crate::signing::{VerifyingKey, possession_statement, withholding_statement};
use crate::state::{Effect, State, identity};
use crate::time::Micros;

/// How far a signer's clock may be ahead of the ledger's, in seconds.
pub const CLOCK_TOLERANCE_SECONDS: i64 = 60;

/// What is known of an action's signature before the state is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// Nobody has looked: admission checks it.
    Unchecked,
    /// It holds for the key whose thumbprint is `kid`; which key that is never changes.
    Holds,
    /// It does not.
    Fails,
}

/// The answer to an action that is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is new: record it, with this effect.
    New(Box<Effect>),
    /// The same identity stands at this position. If the content is the same, that entry is the answer; if not, it is
    /// [`Refusal::OtherContent`]. Only the store can compare.
    Seen(Seq),
}

/// Judges an action against the state, as of `now`.
///
/// # Errors
/// The first reason, in the order of precedence, why it cannot stand.
pub fn admit(
    state: &State,
    action: &Action,
    signature: Signature,
    now: Micros,
) -> Result<Admission, Refusal> {
    judge(state, action, signature, now, Beside::Supplied)
}

/// Judges a recorded entry again, as audits and replays do: its disclosures are not at hand, and may be erased.
///
/// # Errors
/// Why it should never have been recorded.
pub fn admit_recorded(
    state: &State,
    action: &Action,
    signature: Signature,
    recorded_at: Micros,
) -> Result<Admission, Refusal> {
    judge(state, action, signature, recorded_at, Beside::NotKept)
}

/// Whether the disclosures travel with the action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Supplied,
    NotKept,
}

fn judge(
    state: &State,
    action: &Action,
    signature: Signature,
    now: Micros,
    beside: Beside,
) -> Result<Admission, Refusal> {
    let envelope = &action.envelope;
    let identity = identity(envelope);
    if let Some(first) = state.position_of(identity) {
        return Ok(Admission::Seen(first));
    }
    check_audience(state, envelope)?;
    let key = find_key(state, envelope)?;
    check_signature(key, action, signature)?;
    check_mandate(state, envelope)?;
    let kind = check_schema(action)?;
    check_state(state, envelope, kind.spec())?;
    check_times_and_sight(state, envelope)?;
    let act = match &envelope.act.act {
        Ok(act) => act,
        Err(fault) => return Err(late_fault(fault, action, kind.spec(), beside)),
    };
    let effect = Effect::of(envelope, act);
    check_act(state, envelope, act, &effect).map_err(Refusal::Impossible)?;
    check_sense(state, envelope, act)?;
    if beside == Beside::Supplied {
        check_disclosures(action, kind.spec())?;
    }
    let latest = now.plus_seconds(CLOCK_TOLERANCE_SECONDS);
    if envelope.issued_at > latest || envelope.claimed_at() > latest {
        return Err(Refusal::InTheFuture);
    }
    Ok(Admission::New(Box::new(effect)))
}

fn founding(envelope: &Envelope) -> Option<&LedgerFounded> {
    if let Ok(Act::LedgerFounded(founded)) = &envelope.act.act { Some(founded) } else { None }
}

fn check_audience(state: &State, envelope: &Envelope) -> Result<(), Refusal> {
    let expected = match state.registry().origin() {
        Some(origin) => Some(origin.as_str()),
        None => founding(envelope).map(|founded| founded.origin.as_str()),
    };
    match expected {
        Some(origin) if origin == &*envelope.audience => Ok(()),
        Some(_) => Err(Refusal::WrongAudience),
        // Before the founding there is nobody whose key could be known.
        None => Err(Refusal::UnknownKey),
    }
}

/// The key that must have signed.
pub fn find_key(state: &State, envelope: &Envelope) -> Result<PublicKey, Refusal> {
    let registry = state.registry();
    let named = |keys: &[PublicKey]| {
        keys.iter().copied().find(|key| key.kid() == envelope.kid).ok_or(Refusal::UnknownKey)
    };
    match &envelope.issuer {
        Issuer::Root if registry.origin().is_none() => {
            named(founding(envelope).map_or(&[], |founded| &founded.root_keys))
        }
        Issuer::Root => named(registry.root_keys()),
        Issuer::Ledger => named(registry.ledger_key().as_slice()),
        // What an action says itself counts only where there is nobody yet whose stream it could take.
        Issuer::Citizen if state.stream(&envelope.stream).is_some() => {
            named(state.citizen_key(&envelope.stream).as_slice())
        }
        Issuer::Citizen => {
            let cites = &envelope.act.cites;
            let of_case = cites.case.as_ref().and_then(|case| state.citizen_key(case));
            named(of_case.or(cites.key).as_slice())
        }
        Issuer::Office(_) | Issuer::Officer(..) => {
            let entry = registry.key(&envelope.kid).ok_or(Refusal::UnknownKey)?;
            if entry.holder() != envelope.issuer {
                return Err(Refusal::KeyOfAnother);
            }
            if entry.revoked_at.is_some() {
                return Err(Refusal::KeyRevoked);
            }
            if state.size() < entry.valid_from.0 {
                return Err(Refusal::KeyNotYetValid);
            }
            Ok(entry.key)
        }
    }
}

fn check_signature(key: PublicKey, action: &Action, signature: Signature) -> Result<(), Refusal> {
    let holds = match signature {
        Signature::Holds => true,
        Signature::Fails => false,
        Signature::Unchecked => VerifyingKey::new(key)
            .is_some_and(|key| key.verifies(&action.jws.signing_input(), &action.jws.signature)),
    };
    if holds { Ok(()) } else { Err(Refusal::BadSignature) }
}

/// The posts that count for a signer, given what the envelope says.
fn signers(state: &State, envelope: &Envelope) -> Result<Signers, Refusal> {
    let registry = state.registry();
    let held = match (&envelope.issuer, &envelope.by) {
        (Issuer::Root, _) => Signers::ROOT,
        (Issuer::Ledger, _) => Signers::LEDGER,
        (Issuer::Citizen, _) => Signers::CITIZEN,
        (Issuer::Office(office), Some(by)) => {
            let claimed =
                registry.mandate(*office, Some(by.person.clone())).and(Signers::post(by.post));
            if claimed.is_empty() {
                return Err(Refusal::NoMandate(NoMandate::By));
            }
            claimed
        }
        (Issuer::Office(office), None) => registry.mandate(*office, None),
        (Issuer::Officer(office, person), _) => registry.mandate(*office, Some(person.clone())),
    };
    let importer = Signers::post(Post::Importer);
    match envelope.imported {
        None => Ok(held.without(importer)),
        Some(_) if held.and(importer).is_empty() => Err(Refusal::NoMandate(NoMandate::Import)),
        Some(_) => Ok(importer),
    }
}

/// Posts that act for their own office only; the others act for the offices of their region.
const OWN_OFFICE: Signers = Signers::post(Post::Intake)
    .or(Signers::post(Post::Reviewer))
    .or(Signers::post(Post::Approver))
    .or(Signers::post(Post::Head));

fn check_mandate(state: &State, envelope: &Envelope) -> Result<(), Refusal> {
    let held = signers(state, envelope)?;
    let Some(kind) = envelope.act.kind else {
        // What an unknown kind would take cannot be said; a signer without any post is refused all the same.
        return if held.is_empty() { Err(Refusal::NoMandate(NoMandate::Post)) } else { Ok(()) };
    };
    let able = held.and(kind.spec().by);
    if able.is_empty() {
        let only_imported = envelope.imported.is_none()
            && !kind.spec().by.and(Signers::post(Post::Importer)).is_empty();
        let importer = envelope.issuer.office().map(|office| match &envelope.issuer {
            Issuer::Officer(_, person) => state.registry().mandate(office, Some(person.clone())),
            Issuer::Office(_) | Issuer::Citizen | Issuer::Ledger | Issuer::Root => {
                state.registry().mandate(office, None)
            }
        });
        let is_importer =
            importer.is_some_and(|held| !held.and(Signers::post(Post::Importer)).is_empty());
        let reason = if only_imported && is_importer { NoMandate::Import } else { NoMandate::Post };
        return Err(Refusal::NoMandate(reason));
    }
    let Some(office) = envelope.issuer.office() else { return Ok(()) };
    if reaches(state, envelope, office, able) {
        Ok(())
    } else {
        Err(Refusal::NoMandate(NoMandate::Office))
    }
}

/// Whether posts of `office` may act for whom the action concerns.
fn reaches(state: &State, envelope: &Envelope, office: OfficeCode, able: Signers) -> bool {
    let registry = state.registry();
    let covers =
        |region: &RegionCode| registry.region(&office).is_some_and(|own| own.covers(region));
    let covers_office = |other: &OfficeCode| registry.region(other).is_some_and(covers);
    let regional = !able.without(OWN_OFFICE).is_empty();
    let local = !able.and(OWN_OFFICE).is_empty();
    let named =
        |other: OfficeCode| (local && other == office) || (regional && covers_office(&other));
    // Kinds that open no stream concern whoever holds theirs.
    match &envelope.act.act {
        // Opening a stream: the office that it is opened for.
        Ok(Act::Submitted(act)) => named(act.office),
        Ok(Act::AppointmentBooked(act)) => named(act.office),
        Ok(Act::AdviceGiven(act)) => named(act.office),
        Ok(Act::BundleOpened(act)) => named(act.office),
        Ok(Act::CardProposed(act)) => named(act.office),
        Ok(Act::CardRaised(act)) => named(act.office),
        Ok(Act::WarningRaised(act)) => named(act.office),
        Ok(Act::Urged(act)) => named(act.office),
        Ok(Act::Rated(act)) => named(act.office),
        Ok(Act::ConsultationAsked(act)) => named(act.office),
        Ok(Act::ComplaintFiled(act)) => act.office.is_none_or(named),
        // The registry: the office that is spoken of. A new office's region stands in the act itself.
        Ok(Act::OfficeRegistered(act)) => {
            covers(&act.region) && registry.region(&act.office).is_none_or(covers)
        }
        Ok(Act::KeyRegistered(act)) => {
            covers_office(&act.office) || registry.region(&act.office).is_none()
        }
        Ok(Act::PostAssigned(act)) => {
            covers_office(&act.office) || registry.region(&act.office).is_none()
        }
        Ok(Act::PostEnded(act)) => {
            covers_office(&act.office) || registry.region(&act.office).is_none()
        }
        Ok(Act::KeyRevoked(act)) => {
            registry.key(&act.key.kid()).is_none_or(|entry| covers_office(&entry.office))
        }
        Ok(Act::ItemPublished(act)) => {
            covers_office(&act.item.office()) || registry.region(&act.item.office()).is_none()
        }
        // What holds everywhere is for the founders to publish.
        Ok(Act::CalendarPublished(act)) => act.region.as_ref().is_some_and(covers),
        Ok(Act::PolicyPublished(act)) => act.region.as_ref().is_some_and(covers),
        Ok(Act::OutageDeclared(act)) => covers_office(&act.office),
        // Removals and reads: whoever holds the stream they are about.
        Ok(Act::BodyWithheld(act)) => {
            holds_or_covers(state, &act.target, office, regional, covers_office)
        }
        Ok(Act::Restricted(act)) => {
            holds_or_covers(state, &act.target, office, regional, covers_office)
        }
        Ok(Act::Erased(act)) => {
            holds_or_covers(state, &act.target, office, regional, covers_office)
        }
        Ok(Act::Hidden(act)) => {
            holds_or_covers(state, &act.target, office, regional, covers_office)
        }
        Ok(Act::Unhidden(act)) => {
            holds_or_covers(state, &act.target, office, regional, covers_office)
        }
        Ok(Act::ReadBy(act)) => holds_or_covers(state, &act.case, office, regional, covers_office),
        _ => holds_or_covers(state, &envelope.stream, office, regional, covers_office),
    }
}

fn holds_or_covers(
    state: &State,
    stream: &Stream,
    office: OfficeCode,
    regional: bool,
    covers_office: impl Fn(&OfficeCode) -> bool,
) -> bool {
    if state.takes_part(stream, &office) {
        return true;
    }
    match state.holder(stream) {
        Some(holder) => regional && covers_office(&holder),
        // An unassigned complaint is in everybody's region, but in no office yet. What is wrong with a stream that does not
        // exist, or with an act that cannot be read, is another refusal's to say.
        None => regional || stream.kind().is_single() || state.stream(stream).is_none(),
    }
}

fn check_schema(action: &Action) -> Result<Kind, Refusal> {
    let envelope = &action.envelope;
    if envelope.schema != SCHEMA {
        return Err(Refusal::UnknownSchema(envelope.schema));
    }
    let kind = envelope.act.kind.ok_or(Refusal::UnknownKind)?;
    let spec = kind.spec();
    if spec.on != envelope.stream.kind() {
        return Err(Refusal::KindNotOnStream);
    }
    let known = |name: &str| spec.hidden.iter().any(|hidden| hidden.name == name);
    let beside = action.disclosures.iter().map(crate::disclosure::Disclosure::name);
    let in_act = match &envelope.act.act {
        Err(ObjectFault::Unknown(name)) => Some(name.as_str()),
        Ok(_)
        | Err(ObjectFault::Invalid(_) | ObjectFault::Missing(_) | ObjectFault::Personal(_)) => None,
    };
    if let Some(name) = beside.filter(|name| !known(name)).chain(in_act).min() {
        return Err(Refusal::UnknownField(name.to_owned()));
    }
    match &envelope.act.act {
        Err(ObjectFault::Invalid(name)) => Err(Refusal::InvalidField(name.clone())),
        Ok(_)
        | Err(ObjectFault::Unknown(_) | ObjectFault::Missing(_) | ObjectFault::Personal(_)) => {
            Ok(kind)
        }
    }
}

fn check_state(state: &State, envelope: &Envelope, spec: &KindSpec) -> Result<(), Refusal> {
    let exists = envelope.stream.kind().is_single() || state.stream(&envelope.stream).is_some();
    match spec.place {
        Place::Continues if !exists => return Err(Refusal::UnknownStream),
        Place::Opens if exists => return Err(Refusal::Impossible(Impossible::StreamExists)),
        Place::Opens | Place::Continues | Place::Either => {}
    }
    let facts = state.facts(&envelope.stream);
    if !facts.include(spec.after) {
        let missing = crate::kinds::Facts(spec.after.0 & !facts.0);
        return Err(Refusal::Impossible(Impossible::NotYet(missing)));
    }
    if facts.meet(spec.not_after) {
        let against = crate::kinds::Facts(spec.not_after.0 & facts.0);
        return Err(Refusal::Impossible(Impossible::After(against)));
    }
    Ok(())
}

/// A fault that is looked at after the state: what is missing, beside the act as well as in it, before what is personal.
fn late_fault(fault: &ObjectFault, action: &Action, spec: &KindSpec, beside: Beside) -> Refusal {
    let missing = missing_disclosure(action, spec).filter(|_| beside == Beside::Supplied);
    match fault {
        ObjectFault::Missing(name) => Refusal::FieldMissing(name.clone()),
        ObjectFault::Personal(name) => missing.map_or_else(
            || Refusal::PersonalInTheClear(name.clone()),
            |missing| Refusal::FieldMissing(missing.to_owned()),
        ),
        ObjectFault::Unknown(name) => Refusal::UnknownField(name.clone()),
        ObjectFault::Invalid(name) => Refusal::InvalidField(name.clone()),
    }
}

/// What the envelope alone makes impossible.
fn check_times_and_sight(state: &State, envelope: &Envelope) -> Result<(), Refusal> {
    if envelope.seen.is_some_and(|seen| {
        state.stream(&envelope.stream).is_none_or(|stream| seen > stream.head.0)
    }) {
        return Err(Refusal::Impossible(Impossible::SeenAhead));
    }
    if let Some(imported) = &envelope.imported
        && envelope.claimed_at() >= imported.cutover.end_in_china()
    {
        return Err(Refusal::Impossible(Impossible::AfterCutover));
    }
    Ok(())
}

/// Everything but the founding comes after it, so that there is an origin.
const UNFOUNDED: Impossible = Impossible::NotYet(Kind::LedgerFounded.spec().marks);

fn check_act(
    state: &State,
    envelope: &Envelope,
    act: &Act,
    effect: &Effect,
) -> Result<(), Impossible> {
    if act.own_key().is_some_and(|key| VerifyingKey::new(key).is_none()) {
        return Err(Impossible::WeakKey);
    }
    let registry = state.registry();
    let origin = registry.origin();
    let stream = &envelope.stream;
    let ensure = |truth: bool, otherwise: Impossible| if truth { Ok(()) } else { Err(otherwise) };
    let office =
        |office: &OfficeCode| ensure(registry.region(office).is_some(), Impossible::NoSuchOffice);
    let known = |stream: &Stream| ensure(state.stream(stream).is_some(), Impossible::NoSuchStream);
    let entry = |entry: Seq| ensure(entry.0 < state.size(), Impossible::NoSuchEntry);
    let number = |number: u32| {
        ensure(
            number >= 1 && state.stream(stream).is_some_and(|own| u64::from(number) <= own.length),
            Impossible::NoSuchEntry,
        )
    };
    if let Some(holder) = effect.holder {
        // No post could ever act on a stream that is held by nobody known.
        office(&holder)?;
        let held = state.holder(stream).filter(|_| act.kind().spec().place == Place::Either);
        ensure(held.is_none_or(|held| held == holder), Impossible::OtherOffice)?;
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all other kinds can be true whenever the table allows them"
    )]
    match act {
        Act::LedgerFounded(founded) => check_founding(founded),
        Act::LedgerKeySucceeded(succeeded) => {
            let origin = origin.ok_or(UNFOUNDED)?;
            check_new_key(registry, succeeded.ledger_key)?;
            check_possession(
                origin,
                &Issuer::Ledger,
                succeeded.ledger_key,
                &succeeded.ledger_key_possession.0,
            )
        }
        Act::KeyRegistered(registered) => {
            office(&registered.office)?;
            check_new_key(registry, registered.key)?;
            check_registered_possession(origin.ok_or(UNFOUNDED)?, registered)
        }
        Act::KeyRevoked(revoked) => ensure(
            registry.key(&revoked.key.kid()).is_some_and(|entry| entry.revoked_at.is_none()),
            Impossible::NoSuchKey,
        ),
        Act::OfficeRegistered(registered) => registered.parent.as_ref().map_or(Ok(()), office),
        Act::PostAssigned(assigned) => {
            office(&assigned.office)?;
            let held = registry.mandate(assigned.office, assigned.person.clone());
            ensure(held.and(Signers::post(assigned.post)).is_empty(), Impossible::PostUnchanged)
        }
        Act::PostEnded(ended) => {
            let held = registry.mandate(ended.office, ended.person.clone());
            ensure(!held.and(Signers::post(ended.post)).is_empty(), Impossible::PostUnchanged)
        }
        Act::ItemPublished(published) => {
            office(&published.item.office())?;
            ensure(
                published.version == registry.item_version(&published.item) + 1,
                Impossible::VersionNotNext,
            )
        }
        Act::CalendarPublished(published) => {
            check_calendar_days(published)?;
            let latest = registry.calendar_version(published.year, published.region);
            ensure(published.version == latest + 1, Impossible::VersionNotNext)
        }
        Act::PolicyPublished(published) => {
            let latest = registry.policy_version(&published.policy, published.region);
            ensure(published.version == latest + 1, Impossible::VersionNotNext)
        }
        Act::OutageDeclared(outage) => {
            office(&outage.office)?;
            ensure(outage.from <= outage.to, Impossible::NoSuchTime)
        }
        Act::Submitted(submitted) => {
            let versions = 1..=registry.item_version(&submitted.item);
            ensure(versions.contains(&submitted.item_version), Impossible::NoSuchItem)
        }
        Act::ComplaintAssigned(assigned) => {
            assigned.co_offices.iter().flatten().try_for_each(office)
        }
        Act::SpecialProcedureEnded(ended) => ensure(
            state.is_open(stream, ended.started, Kind::SpecialProcedureStarted),
            Impossible::NotOpen,
        ),
        Act::Resumed(resumed) => {
            ensure(state.is_open(stream, resumed.started, Kind::Suspended), Impossible::NotOpen)
        }
        Act::Corrected(corrected) => number(corrected.entry),
        Act::Rated(rated) => check_round(state, stream, rated.round.unwrap_or(RatingRound::First)),
        Act::CardProposed(proposed) => {
            proposed.evidence.iter().flatten().copied().try_for_each(entry)
        }
        Act::CardRaised(raised) => raised.evidence.iter().flatten().copied().try_for_each(entry),
        Act::Restricted(removal) => known(&removal.target),
        Act::Erased(removal) => known(&removal.target),
        Act::Hidden(removal) => known(&removal.target),
        Act::Unhidden(removal) => known(&removal.target),
        Act::ReadBy(read) => known(&read.case),
        Act::BodyWithheld(withheld) => check_withholding(state, envelope, withheld),
        _ => Ok(()),
    }
}

fn check_founding(founded: &LedgerFounded) -> Result<(), Impossible> {
    let weak = |key: &PublicKey| VerifyingKey::new(*key).is_none();
    if founded.root_keys.is_empty()
        || founded.root_keys.iter().any(weak)
        || weak(&founded.ledger_key)
    {
        return Err(Impossible::WeakKey);
    }
    let mut all: Vec<PublicKey> =
        founded.root_keys.iter().copied().chain([founded.ledger_key]).collect();
    all.sort();
    all.dedup();
    if all.len() != founded.root_keys.len() + 1 {
        return Err(Impossible::KeyTaken);
    }
    check_possession(
        &founded.origin,
        &Issuer::Ledger,
        founded.ledger_key,
        &founded.ledger_key_possession.0,
    )
}

/// A first rating is the first entry of its stream; a follow-up follows it (A6.4: a follow-up never deletes the first).
fn check_round(state: &State, stream: &Stream, round: RatingRound) -> Result<(), Impossible> {
    let rated = Kind::Rated.spec().marks;
    match (round, state.facts(stream).include(rated)) {
        (RatingRound::First, true) => Err(Impossible::After(rated)),
        (RatingRound::FollowUp, false) => Err(Impossible::NotYet(rated)),
        (RatingRound::First, false) | (RatingRound::FollowUp, true) => Ok(()),
    }
}

/// What the table of fields cannot say: one of two fields is needed, or one rules out the other.
fn check_sense(state: &State, envelope: &Envelope, act: &Act) -> Result<(), Refusal> {
    let opens = !envelope.stream.kind().is_single() && state.stream(&envelope.stream).is_none();
    // Whoever opened it could sign nothing more on it.
    if opens && envelope.issuer == Issuer::Citizen && act.own_key().is_none() {
        return Err(Refusal::FieldMissing("cnf".to_owned()));
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "for all other kinds the table of fields says everything"
    )]
    match act {
        Act::HandedOver(handed) if handed.to_office.is_none() && handed.to_person.is_none() => {
            Err(Refusal::FieldMissing("to_office".to_owned()))
        }
        // An anonymous rater would be known by the case.
        Act::Rated(rated) if rated.identity == Identity::Anonymous && rated.case.is_some() => {
            Err(Refusal::PersonalInTheClear("case".to_owned()))
        }
        _ => Ok(()),
    }
}

fn check_new_key(registry: &crate::registry::Registry, key: PublicKey) -> Result<(), Impossible> {
    if VerifyingKey::new(key).is_none() {
        return Err(Impossible::WeakKey);
    }
    if registry.is_taken(key) { Err(Impossible::KeyTaken) } else { Ok(()) }
}

fn check_registered_possession(
    origin: &Origin,
    registered: &KeyRegistered,
) -> Result<(), Impossible> {
    let holder = match &registered.person {
        None => Issuer::Office(registered.office),
        Some(person) => Issuer::Officer(registered.office, person.clone()),
    };
    check_possession(origin, &holder, registered.key, &registered.possession.0)
}

fn check_possession(
    origin: &Origin,
    holder: &Issuer,
    key: PublicKey,
    proof: &[u8; 64],
) -> Result<(), Impossible> {
    let verifying = VerifyingKey::new(key).ok_or(Impossible::WeakKey)?;
    if verifying.verifies(&possession_statement(origin, holder, key), proof) {
        Ok(())
    } else {
        Err(Impossible::BadPossession)
    }
}

fn check_calendar_days(published: &CalendarPublished) -> Result<(), Impossible> {
    let days = published.off.iter().chain(&published.work);
    let inside =
        |day: &crate::time::Day| u32::try_from(day.year()).is_ok_and(|year| year == published.year);
    if days.clone().all(inside) { Ok(()) } else { Err(Impossible::NoSuchTime) }
}

fn check_withholding(
    state: &State,
    envelope: &Envelope,
    withheld: &crate::kinds::privacy::BodyWithheld,
) -> Result<(), Impossible> {
    if withheld.entry.0 >= state.size() {
        return Err(Impossible::NoSuchEntry);
    }
    if state.stream(&withheld.target).is_none() {
        return Err(Impossible::NoSuchStream);
    }
    if state.is_withheld(withheld.entry) {
        return Err(Impossible::NotWithholdable);
    }
    let registry = state.registry();
    let second = registry.key(&withheld.second_key.kid()).ok_or(Impossible::SecondSigner)?;
    let posts = registry.mandate(second.office, second.person.clone());
    let able = !posts.and(Kind::BodyWithheld.spec().by).is_empty();
    // An office's system that names a person signs for that person: the two would be one.
    let same_person = envelope.issuer.office() == Some(second.office)
        && envelope.by.as_ref().is_some_and(|by| Some(&by.person) == second.person.as_ref());
    let same =
        second.key.kid() == envelope.kid || second.holder() == envelope.issuer || same_person;
    let in_force = second.revoked_at.is_none() && state.size() >= second.valid_from.0;
    if same || !in_force || !able {
        return Err(Impossible::SecondSigner);
    }
    let origin = registry.origin().ok_or(UNFOUNDED)?;
    let statement =
        withholding_statement(origin, withheld.entry, withheld.basis, withheld.stub, envelope.id);
    let key = VerifyingKey::new(withheld.second_key).ok_or(Impossible::SecondSigner)?;
    if key.verifies(&statement, &withheld.second_signature.0) {
        Ok(())
    } else {
        Err(Impossible::SecondSigner)
    }
}

/// The first required disclosure that nobody committed to. One left out of an action that commits to it is a mismatch; one that
/// stands in the clear is not missing.
fn missing_disclosure(action: &Action, spec: &KindSpec) -> Option<&'static str> {
    let said = |name: &str| {
        let disclosed = action.disclosures.iter().any(|disclosure| disclosure.name() == name);
        disclosed || action.envelope.act.in_the_clear.contains(&name)
    };
    let missing = spec.hidden.iter().filter(|hidden| hidden.required && !said(hidden.name));
    let missing = missing.map(|hidden| hidden.name).min();
    missing.filter(|_| action.disclosures.len() >= action.envelope.commitments.len())
}

fn check_disclosures(action: &Action, spec: &KindSpec) -> Result<(), Refusal> {
    let committed = &action.envelope.commitments;
    if let Some(name) = missing_disclosure(action, spec) {
        return Err(Refusal::FieldMissing(name.to_owned()));
    }
    let names_distinct = action.disclosures.iter().enumerate().all(|(place, one)| {
        action.disclosures.iter().take(place).all(|other| other.name() != one.name())
    });
    let mut digests: Vec<_> =
        action.disclosures.iter().map(crate::disclosure::Disclosure::digest).collect();
    let mut expected = committed.clone();
    digests.sort();
    expected.sort();
    if names_distinct && digests == expected { Ok(()) } else { Err(Refusal::DisclosuresMismatch) }
}
