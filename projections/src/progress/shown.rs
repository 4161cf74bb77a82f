//! What an audience is shown of a case's progress.

use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::kinds::outcome::DecisionOutcome;
use case_ledger::kinds::work::{Party, SpecialProcedure, StepResult, SuspensionGround};
use case_ledger::names::Token;
use case_ledger::time::Day;
use serde::Serialize;

use super::{Counts, Need, Pause, PauseCause, Progress, Step};
use crate::as_of::AsOf;
use crate::audience::Audience;
use crate::fact::Stamp;
use crate::names::Names;
use crate::sentence::{conclusion_sentence, sentence};
use crate::state::{CaseState, Turn};
use crate::wire::{as_text, as_text_if_any, as_texts};
use crate::words::{CONCLUDED, CONCLUSION, HIDDEN, UNREADABLE, Words, kind_words};

/// A case's progress as one audience is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressView {
    /// As of which tree.
    pub as_of: AsOf,
    /// For whom.
    pub audience: Audience,
    /// The case's number.
    pub case: Option<String>,
    /// The one sentence.
    pub sentence: Words,
    /// The neutral state.
    pub state: CaseState,
    /// The same in words.
    pub state_words: Words,
    /// The entry that brought it into that state.
    pub since: Option<Stamp>,
    /// What was decided; never for the public.
    #[serde(serialize_with = "as_text_if_any")]
    pub outcome: Option<DecisionOutcome>,
    /// Whose turn it is, by rule of thumb.
    pub turn: Turn,
    /// What is needed from the applicant; absent if nothing is.
    pub needed_from_applicant: Option<NeedView>,
    /// 事项实施编码.
    #[serde(serialize_with = "as_text_if_any")]
    pub item: Option<ItemCode>,
    /// The version of the item's guide that binds the case.
    pub item_version: Option<u32>,
    /// The office that holds the case.
    #[serde(serialize_with = "as_text_if_any")]
    pub holder: Option<OfficeCode>,
    /// What it is called.
    pub holder_name: Option<String>,
    /// The upper office that it was sent up to.
    #[serde(serialize_with = "as_text_if_any")]
    pub sent_up_to: Option<OfficeCode>,
    /// Steps in the order in which they first appear.
    pub steps: Vec<StepView>,
    /// Suspensions and special procedures that have not ended.
    pub open_pauses: Vec<PauseView>,
    /// The acceptance.
    pub accepted: Option<Stamp>,
    /// The decision; never for the public.
    pub decided: Option<Stamp>,
    /// The last certificate issued; never for the public.
    pub certificate_issued: Option<Stamp>,
    /// The first delivery of the result, or service of the decision; never for the public.
    pub delivered: Option<Stamp>,
    /// Whether a rating on the log names this case; the public is not told.
    pub rated: Option<bool>,
    /// The last entry.
    pub last: Option<LastView>,
    /// How often what happened.
    pub counts: Counts,
}

/// One step of the item's flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// Its code.
    #[serde(serialize_with = "as_text")]
    pub code: Token,
    /// What it is called.
    pub name: String,
    /// Whether work on it goes on.
    pub open: bool,
    /// How often it was finished.
    pub times_finished: u32,
    /// The entry that finished it last.
    pub finished: Option<Stamp>,
    /// How it ended last, if that is said; never for the public.
    #[serde(serialize_with = "as_text_if_any")]
    pub result: Option<StepResult>,
}

/// A suspension or a special procedure that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PauseView {
    /// `suspended` or `special_procedure`.
    pub kind: &'static str,
    /// The code of its ground or procedure, if it is said.
    pub cause: Option<&'static str>,
    /// Whose turn it is meanwhile, if it is said.
    #[serde(serialize_with = "as_text_if_any")]
    pub waiting_for: Option<Party>,
    /// Whether the case is called suspended because of it.
    pub suspends: bool,
    /// The entry that began it.
    pub since: Stamp,
}

/// What is needed from the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedView {
    /// `corrections`, `gaps` or `answer`.
    pub what: &'static str,
    /// Codes of the materials; never for the public.
    #[serde(serialize_with = "as_texts")]
    pub materials: Vec<Token>,
    /// The last day that the office set, if it did. Whether anything follows from it is not said here.
    #[serde(serialize_with = "as_text_if_any")]
    pub until: Option<Day>,
}

/// The last entry of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastView {
    /// The name of its kind, if this program knows it.
    pub kind: Option<&'static str>,
    /// What it is called.
    pub words: Words,
    /// Its place and times.
    pub at: Stamp,
}

impl Progress {
    /// What `audience` is shown of it.
    pub fn view(&self, audience: Audience, names: &Names, as_of: AsOf) -> ProgressView {
        let end = self.at_the_end.as_deref().filter(|_| !audience.sees_all());
        let shown = end.unwrap_or(self);
        let view = shown.view_whole(audience, names, as_of);
        if end.is_some() { concluded(view, shown, names) } else { view }
    }

    fn view_whole(&self, audience: Audience, names: &Names, as_of: AsOf) -> ProgressView {
        let state = self.state();
        ProgressView {
            as_of,
            audience,
            case: self.case.as_ref().map(|case| case.id().to_owned()),
            sentence: sentence(self, audience, names),
            state,
            state_words: state.words(),
            since: self.since(),
            outcome: self.outcome,
            turn: self.turn(),
            needed_from_applicant: self.need().map(|need| need.view(audience)),
            item: self.item,
            item_version: self.item_version,
            holder: self.holder,
            holder_name: self.holder.map(|office| names.office(&office).to_owned()),
            sent_up_to: self.sent_up_to,
            steps: self.steps.iter().map(|step| step.view(audience, names)).collect(),
            open_pauses: self.pauses.iter().map(Pause::view).collect(),
            accepted: self.accepted,
            decided: self.decided,
            certificate_issued: self.certificate_issued,
            delivered: self.delivered,
            rated: audience.sees_all().then_some(self.rated),
            last: self.last.map(|(at, kind)| {
                let kind = kind.filter(|_| !self.last_is_hidden);
                let without = if self.last_is_hidden { HIDDEN } else { UNREADABLE };
                LastView {
                    kind: kind.map(|kind| kind.spec().name),
                    words: kind.map_or(without, kind_words),
                    at,
                }
            }),
            counts: self.counts,
        }
    }
}

/// The view of a case as it stood at its end, with nothing in it that says which end.
fn concluded(view: ProgressView, at_the_end: &Progress, names: &Names) -> ProgressView {
    let since = at_the_end.last.map(|(at, _)| at);
    ProgressView {
        sentence: conclusion_sentence(at_the_end, names),
        state: CaseState::Concluded,
        state_words: CaseState::Concluded.words(),
        since,
        outcome: None,
        turn: Turn::Nobody,
        needed_from_applicant: None,
        decided: None,
        certificate_issued: None,
        delivered: None,
        last: since.map(|at| LastView { kind: Some(CONCLUSION), words: CONCLUDED, at }),
        ..view
    }
}

impl Step {
    fn view(&self, audience: Audience, names: &Names) -> StepView {
        StepView {
            code: self.code.clone(),
            name: names.step(&self.code).to_owned(),
            open: self.is_open(),
            times_finished: self.times_finished,
            finished: self.finished,
            result: self.result.filter(|_| audience.sees_all()),
        }
    }
}

impl Pause {
    fn view(&self) -> PauseView {
        let (kind, cause, waiting_for) = match self.cause {
            PauseCause::Suspended { ground, waiting_for } => {
                ("suspended", ground.map(SuspensionGround::code), waiting_for)
            }
            PauseCause::Special(procedure) => {
                ("special_procedure", procedure.map(SpecialProcedure::code), None)
            }
        };
        PauseView { kind, cause, waiting_for, suspends: self.cause.suspends(), since: self.since }
    }
}

impl Need<'_> {
    fn view(self, audience: Audience) -> NeedView {
        let (what, materials, until) = match self {
            Self::Corrections(open) => ("corrections", Some(&open.lacking), open.until),
            Self::Gaps(open) => ("gaps", Some(&open.missing), open.until),
            Self::Answer => ("answer", None, None),
        };
        let materials = materials.filter(|_| audience.sees_all());
        NeedView { what, materials: materials.into_iter().flatten().cloned().collect(), until }
    }
}
