//! The progress of a case: where it is, who holds it, whose turn it is.
//!
//! A fold over the case's own entries, in order, and over ratings that name it. It remembers little: what the sentence
//! needs, not the entries.

use std::collections::BTreeSet;

use case_ledger::audit::Entry;
use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::kinds::intake::{AcceptedWithGaps, SupplementReceived, SupplementRequested};
use case_ledger::kinds::outcome::{DecisionOutcome, NoticeServed};
use case_ledger::kinds::work::{StepFinished, StepResult};
use case_ledger::kinds::{Act, Kind};
use case_ledger::names::{Stream, StreamType, Token};
use case_ledger::time::Day;
use serde::Serialize;

use crate::ending::{Ending, Sight};
use crate::fact::{Fact, Stamp};
use crate::state::{CaseState, Turn};

mod pause;
mod shown;
pub use pause::{Pause, PauseCause};
pub use shown::{LastView, NeedView, PauseView, ProgressView, StepView};

/// What the entries of a case so far add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The case, once it has an entry.
    pub case: Option<Stream>,
    /// 事项实施编码.
    pub item: Option<ItemCode>,
    /// The version of the item's guide that binds the case.
    pub item_version: Option<u32>,
    /// The office that holds the case.
    pub holder: Option<OfficeCode>,
    /// The upper office that it was sent up to.
    pub sent_up_to: Option<OfficeCode>,
    /// The state without what is open beside it; see [`Progress::state`].
    main_state: CaseState,
    main_since: Option<Stamp>,
    /// The correction that was asked for and has not come, or not whole.
    pub correction: Option<Correction>,
    /// What is still missing of a case accepted with gaps.
    pub gaps: Option<Gaps>,
    /// Suspensions and special procedures that have not ended.
    pub pauses: Vec<Pause>,
    /// Steps in the order in which they first appear.
    pub steps: Vec<Step>,
    /// The first acceptance, with or without gaps.
    pub accepted: Option<Stamp>,
    /// The decision.
    pub decided: Option<Stamp>,
    /// What was decided; unknown if that is withheld.
    pub outcome: Option<DecisionOutcome>,
    /// The last certificate issued.
    pub certificate_issued: Option<Stamp>,
    /// The first delivery of the result, or service of the decision.
    pub delivered: Option<Stamp>,
    /// Whether a rating on the log names this case. Anonymous ones never do.
    pub rated: bool,
    /// The last entry and its kind.
    pub last: Option<(Stamp, Option<Kind>)>,
    /// The last entry is one whose content is kept from whoever this is folded for.
    last_is_hidden: bool,
    /// How often what happened.
    pub counts: Counts,
    /// Whether it has ended, as the public is told it.
    ending: Ending,
    /// How it stood at its end: all that the public is shown of it from then on.
    at_the_end: Option<Box<Self>>,
}

/// 补正: what the applicant was asked to correct or add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The entry that asked for it.
    pub since: Stamp,
    /// Codes of the materials that have not come.
    pub lacking: BTreeSet<Token>,
    /// The last day that the office set, if it did.
    pub until: Option<Day>,
}

/// 容缺: what is missing of an accepted application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    /// Codes of the materials that have not come.
    pub missing: BTreeSet<Token>,
    /// The last day for them; unknown if the entry is withheld.
    pub until: Option<Day>,
}

/// One step of the item's flow, as far as this case has gone through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its code.
    pub code: Token,
    /// Numbers of the entries that started it and are not answered by an end.
    pub open: Vec<u64>,
    /// How often it was finished.
    pub times_finished: u32,
    /// The entry that finished it last.
    pub finished: Option<Stamp>,
    /// How it ended last, if that is said.
    pub result: Option<StepResult>,
}

impl Step {
    /// Whether work on it goes on.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }
}

/// How often what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Entries of the case.
    pub entries: u32,
    /// Corrections asked for (补正).
    pub corrections_requested: u32,
    /// Times that corrected materials came.
    pub supplements_received: u32,
    /// Suspensions.
    pub suspensions: u32,
    /// Special procedures.
    pub special_procedures: u32,
    /// Extensions.
    pub extensions: u32,
    /// Hearings held.
    pub hearings: u32,
    /// Transfers to another office.
    pub transfers: u32,
    /// Hand-overs to another person or unit.
    pub hand_overs: u32,
    /// Third parties' notices.
    pub third_party_notices: u32,
    /// Corrections of entries (更正).
    pub corrected_entries: u32,
    /// Fees charged.
    pub fees: u32,
    /// Entries taken over from an older system.
    pub imported: u32,
    /// Entries whose content is withheld.
    pub withheld: u32,
    /// Entries that this program does not understand.
    pub unreadable: u32,
}

/// What is needed from the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'p> {
    /// The corrections that the office asked for.
    Corrections(&'p Correction),
    /// What is missing of an application accepted with gaps.
    Gaps(&'p Gaps),
    /// That they do what the case is suspended for.
    Answer,
}

/// What an entry says, if it is of the kind and its content is there.
macro_rules! said {
    ($fact:expr, $kind:ident) => {
        if let Some(Act::$kind(said)) = $fact.act { Some(&**said) } else { None }
    };
}

impl Progress {
    /// The progress after these entries, in order.
    pub fn fold<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        entries.into_iter().fold(Self::default(), Self::after)
    }

    /// The progress with one more entry: the next of the case, or a rating that names it. Any other entry changes
    /// nothing.
    #[must_use]
    pub fn after(self, entry: &Entry) -> Self {
        self.after_fact(&Fact::of(entry))
    }

    /// The progress with one more entry, for whoever is not shown what it says.
    #[must_use]
    pub fn after_hidden(self, entry: &Entry) -> Self {
        self.after_fact(&Fact::of(entry).without_content())
    }

    fn after_fact(mut self, fact: &Fact<'_>) -> Self {
        if fact.stream.kind() == StreamType::Case {
            if self.case.get_or_insert_with(|| fact.stream.clone()) == fact.stream {
                self.take(fact);
            }
        } else if let Some(Act::Rated(rated)) = fact.act {
            self.rated |= rated.case.is_some() && rated.case == self.case;
        }
        self
    }

    /// The neutral state, what is open beside the main line included.
    pub fn state(&self) -> CaseState {
        if self.main_state.is_intake() && self.correction.is_some() {
            CaseState::CorrectionRequested
        } else if self.main_state.is_in_work() && self.suspending().is_some() {
            CaseState::Suspended
        } else {
            self.main_state
        }
    }

    /// The entry that brought the case into its state.
    pub fn since(&self) -> Option<Stamp> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the two that stand beside the main line"
        )]
        match self.state() {
            CaseState::CorrectionRequested => self.correction.as_ref().map(|open| open.since),
            CaseState::Suspended => self.suspending().map(|open| open.since),
            _ => self.main_since,
        }
    }

    /// Whether all that is known of it lately comes from an older system. How it went on there, the ledger cannot say.
    pub fn is_history(&self) -> bool {
        self.last.is_some_and(|(stamp, _)| stamp.imported)
    }

    /// Whose turn it is, by rule of thumb. A case accepted with gaps goes on at the office meanwhile.
    pub fn turn(&self) -> Turn {
        let turn = match (self.state(), self.suspending(), &self.correction) {
            (CaseState::Suspended, Some(pause), _) => pause.cause.turn(),
            (state, _, Some(_)) if state.is_in_work() => Turn::Applicant,
            (CaseState::Decided, ..) if self.delivered.is_some() => Turn::Nobody,
            (state, ..) => state.turn(),
        };
        if self.is_history() && turn != Turn::Nobody { Turn::Unknown } else { turn }
    }

    /// What is needed from the applicant, if anything is.
    pub fn need(&self) -> Option<Need<'_>> {
        let state = self.state();
        if self.is_history() || !(state.is_intake() || state.is_in_work()) {
            return None;
        }
        let corrections = self.correction.as_ref().map(Need::Corrections);
        let gaps = self.gaps.as_ref().map(Need::Gaps);
        let answer = (self.turn() == Turn::Applicant).then_some(Need::Answer);
        corrections.or(gaps).or(answer)
    }

    /// The office whose turn it is when it is an office's: the upper one once the case was sent up.
    pub fn acting_office(&self) -> Option<OfficeCode> {
        let upper = self.sent_up_to.filter(|_| self.main_state == CaseState::SentUp);
        upper.or(self.holder)
    }

    /// The latest of the pauses for which the case is called suspended.
    pub fn suspending(&self) -> Option<&Pause> {
        self.pauses.iter().rev().find(|pause| pause.cause.suspends())
    }

    fn take(&mut self, fact: &Fact<'_>) {
        self.count(fact);
        self.last = Some((fact.stamp, fact.kind));
        self.last_is_hidden = fact.hidden;
        if let Some(kind) = fact.kind {
            self.take_kind(kind, fact);
        }
        let sight;
        (self.ending, sight) = self.ending.after(fact.kind);
        match sight {
            Sight::Shown => self.at_the_end = None,
            Sight::Conclusion => self.at_the_end = Some(Box::new(self.clone())),
            Sight::Behind => {}
        }
    }

    fn count(&mut self, fact: &Fact<'_>) {
        let counts = &mut self.counts;
        count(&mut counts.entries);
        if fact.stamp.imported {
            count(&mut counts.imported);
        }
        if fact.left.is_some() {
            count(&mut counts.withheld);
        } else if fact.act.is_none() && !fact.hidden {
            count(&mut counts.unreadable);
        }
    }

    /// What each kind changes. The kind alone says most of it, so that a withheld content loses little.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other kind is a moment of the timeline and changes nothing here"
    )]
    fn take_kind(&mut self, kind: Kind, fact: &Fact<'_>) {
        match kind {
            Kind::Submitted => {
                let said = said!(fact, Submitted);
                self.item = said.map(|said| said.item).or(self.item);
                self.item_version = said.map(|said| said.item_version).or(self.item_version);
                self.hold(said.map(|said| said.office), fact);
                self.enter(CaseState::Submitted, fact);
            }
            Kind::Received => self.enter(CaseState::Received, fact),
            Kind::SupplementRequested => {
                count(&mut self.counts.corrections_requested);
                self.correction = Some(correction(said!(fact, SupplementRequested), fact));
            }
            Kind::SupplementReceived => {
                count(&mut self.counts.supplements_received);
                self.supplement(said!(fact, SupplementReceived));
                if self.correction.is_none() {
                    self.enter(CaseState::MaterialCompleted, fact);
                }
            }
            Kind::Accepted => self.accept(CaseState::Accepted, fact),
            Kind::AcceptedWithGaps => {
                self.accept(CaseState::ToleratedAccepted, fact);
                self.gaps = Some(gaps(said!(fact, AcceptedWithGaps)));
            }
            Kind::GapFilled => {
                if let (Some(said), Some(gaps)) = (said!(fact, GapFilled), &mut self.gaps) {
                    gaps.missing.remove(&said.material.code);
                }
                self.gaps.take_if(|gaps| gaps.missing.is_empty());
            }
            Kind::NotRequired => self.enter(CaseState::NotRequired, fact),
            Kind::RefusedToAccept => self.enter(CaseState::RefusedToAccept, fact),
            Kind::TransferredTo => {
                count(&mut self.counts.transfers);
                self.hold(said!(fact, TransferredTo).map(|said| said.office), fact);
            }

            Kind::StepStarted => {
                if let Some(said) = said!(fact, StepStarted) {
                    self.step(&said.step).open.push(fact.stamp.number);
                }
            }
            Kind::StepFinished => {
                if let Some(said) = said!(fact, StepFinished) {
                    finish(self.step(&said.step), said, fact.stamp);
                }
            }
            Kind::HandedOver => {
                count(&mut self.counts.hand_overs);
                self.hold(said!(fact, HandedOver).and_then(|said| said.to_office), fact);
            }
            Kind::SpecialProcedureStarted => {
                count(&mut self.counts.special_procedures);
                let procedure = said!(fact, SpecialProcedureStarted).map(|said| said.procedure);
                self.pause(PauseCause::Special(procedure), fact);
            }
            Kind::SpecialProcedureEnded => {
                let started = said!(fact, SpecialProcedureEnded).map(|said| said.started);
                self.end_pause(started, fact);
            }
            Kind::Suspended => {
                count(&mut self.counts.suspensions);
                let said = said!(fact, Suspended);
                let cause = PauseCause::Suspended {
                    ground: said.and_then(|said| said.ground),
                    waiting_for: said.and_then(|said| said.waiting_for),
                };
                self.pause(cause, fact);
            }
            Kind::Resumed => self.end_pause(said!(fact, Resumed).map(|said| said.started), fact),
            Kind::HearingHeld => count(&mut self.counts.hearings),
            Kind::Extended => count(&mut self.counts.extensions),
            Kind::ThirdPartyNotified => count(&mut self.counts.third_party_notices),
            Kind::SentUp => {
                let left = fact.left.and_then(|effect| effect.participants.first().copied());
                self.sent_up_to = said!(fact, SentUp).map(|said| said.office).or(left);
                self.enter(CaseState::SentUp, fact);
            }
            Kind::FeeCharged => count(&mut self.counts.fees),

            Kind::Decided => {
                self.decided = Some(fact.stamp);
                self.outcome = said!(fact, Decided).map(|said| said.outcome);
                self.enter(CaseState::Decided, fact);
            }
            Kind::CertificateIssued => self.certificate_issued = Some(fact.stamp),
            Kind::NoticeServed
                if said!(fact, NoticeServed).is_some_and(|said| self.is_of_decision(said)) =>
            {
                self.deliver(fact);
            }
            Kind::Delivered => self.deliver(fact),
            Kind::Withdrawn => self.enter(CaseState::Withdrawn, fact),
            Kind::Returned => self.enter(CaseState::Returned, fact),
            Kind::Voided => self.enter(CaseState::Voided, fact),
            Kind::Revoked => self.enter(CaseState::Revoked, fact),
            Kind::Changed => self.enter(CaseState::Changed, fact),
            Kind::Renewed => self.enter(CaseState::Renewed, fact),
            Kind::Cancelled => self.enter(CaseState::Cancelled, fact),
            Kind::Corrected => count(&mut self.counts.corrected_entries),

            // Of a deemed fact too: the law's clocks are the judge, not the entry.
            _ => {}
        }
    }

    fn enter(&mut self, state: CaseState, fact: &Fact<'_>) {
        if self.main_state.gives_way_to(state) {
            self.main_state = state;
            self.main_since = Some(fact.stamp);
        }
    }

    /// Acceptance settles what was asked for before it.
    fn accept(&mut self, state: CaseState, fact: &Fact<'_>) {
        self.accepted.get_or_insert(fact.stamp);
        self.correction = None;
        self.enter(state, fact);
    }

    fn hold(&mut self, office: Option<OfficeCode>, fact: &Fact<'_>) {
        let left = fact.left.and_then(|effect| effect.holder);
        self.holder = office.or(left).or(self.holder);
    }

    fn step(&mut self, code: &Token) -> &mut Step {
        let known = self.steps.iter().position(|step| step.code == *code);
        let place = known.unwrap_or(self.steps.len());
        if known.is_none() {
            self.steps.push(Step {
                code: code.clone(),
                open: Vec::new(),
                times_finished: 0,
                finished: None,
                result: None,
            });
        }
        #[expect(clippy::indexing_slicing, reason = "found, or pushed just now")]
        &mut self.steps[place]
    }

    fn pause(&mut self, cause: PauseCause, fact: &Fact<'_>) {
        self.pauses.push(Pause { since: fact.stamp, cause });
    }

    fn end_pause(&mut self, started: Option<u32>, fact: &Fact<'_>) {
        let left = fact.left.and_then(|effect| effect.ends);
        let started = started.or(left).map(u64::from);
        self.pauses.retain(|pause| Some(pause.since.number) != started);
    }

    /// What came closes the correction if the entry says so, or if nothing that was named is lacking any more.
    fn supplement(&mut self, said: Option<&SupplementReceived>) {
        let Some(open) = &mut self.correction else { return };
        for material in said.iter().flat_map(|said| &said.materials) {
            open.lacking.remove(&material.code);
        }
        let complete = said.and_then(|said| said.complete);
        if complete.unwrap_or(open.lacking.is_empty()) {
            self.correction = None;
        }
    }

    fn deliver(&mut self, fact: &Fact<'_>) {
        self.delivered.get_or_insert(fact.stamp);
    }

    /// Many documents are served in a case; this is about the decision's or the certificate's.
    fn is_of_decision(&self, served: &NoticeServed) -> bool {
        let results = [self.decided, self.certificate_issued];
        results.iter().flatten().any(|stamp| stamp.number == u64::from(served.of))
    }
}

fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

fn correction(said: Option<&SupplementRequested>, fact: &Fact<'_>) -> Correction {
    let lacks = said.iter().flat_map(|said| &said.lacks);
    Correction {
        since: fact.stamp,
        lacking: lacks.map(|lack| lack.code.clone()).collect(),
        until: said.and_then(|said| said.until),
    }
}

fn gaps(said: Option<&AcceptedWithGaps>) -> Gaps {
    Gaps {
        missing: said.iter().flat_map(|said| &said.missing).cloned().collect(),
        until: said.map(|said| said.until),
    }
}

/// The end names its start, or else answers the latest one. An import may have no start at all.
fn finish(step: &mut Step, said: &StepFinished, stamp: Stamp) {
    if let Some(started) = said.started.map(u64::from) {
        step.open.retain(|number| *number != started);
    } else {
        step.open.pop();
    }
    count(&mut step.times_finished);
    step.finished = Some(stamp);
    step.result = said.result;
}

#[cfg(test)]
mod tests;
