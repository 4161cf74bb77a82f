//! What each case of the log becomes: a pure function of the plan and one trace.

use std::fmt;

use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::envelope::{Draft, Imported};
use case_ledger::field::Field as _;
use case_ledger::hash::{Blake3Hash, index_key};
use case_ledger::kinds::Act;
use case_ledger::kinds::intake::{Received, Submitted};
use case_ledger::kinds::work::{StepFinished, StepStarted};
use case_ledger::names::{ActionId, Issuer, Origin, Stream, Token};
use case_ledger::time::{Day, Micros};

use super::opaque::{Pseudonyms, holds_somebodys_number, opaque};
use crate::mapping::{Mapped, Mapping, NotMapped};
use crate::xes::{DateTime, Event, Trace};

/// Everything that decides what the log becomes.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the log's words mean.
    pub mapping: Mapping,
    /// BLAKE3 of the file.
    pub source: Blake3Hash,
    /// The ledger.
    pub audience: Origin,
    /// Who signs.
    pub issuer: Issuer,
    /// Whose cases they become.
    pub office: OfficeCode,
    /// The service item.
    pub item: ItemCode,
    /// Its version.
    pub item_version: u32,
    /// The last day of the older system.
    pub cutover: Day,
    /// `iat` of every action: the same in every run.
    pub signed_at: Micros,
    /// What stands for names that nobody has declared to be codes.
    pub pseudonyms: Pseudonyms,
}

/// One case, ready to be signed.
#[derive(Debug, Clone)]
pub struct Case {
    /// The trace, from 1.
    pub trace: u64,
    /// The case.
    pub stream: Stream,
    /// Its submission, then what happened, in the order of the log.
    pub drafts: Vec<Draft>,
    /// Events that become nothing.
    pub left_out: Vec<LeftOut>,
    /// Times that were put into the ledger's spelling, and so are not as written.
    pub respelt: u64,
}

/// Something of the log that becomes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Why.
    pub why: Why,
    /// The trace, from 1.
    pub trace: u64,
    /// The event in it, from 1; none if it is the whole case.
    pub event: Option<u64>,
    /// What the log says there.
    pub said: String,
}

/// Why something of the log becomes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The trace says when the application came in, but not as a `<date>`.
    SubmittedAtNoDate,
    /// The trace does not name its case.
    CaseWithoutNumber,
    /// The name of the case cannot be a case number.
    CaseNumber,
    /// Neither the trace nor its first event says when.
    CaseWithoutTime,
    /// The application is later than the cut-over day.
    CaseAfterCutover,
    /// An earlier trace has the same number.
    CaseTwice,
    /// The ledger has the case already, and not from this file.
    CaseElsewhere,
    /// The mapping says so.
    Skipped,
    /// The event does not say what was done.
    EventWithoutActivity,
    /// The event is neither start nor completion.
    Lifecycle,
    /// The event does not say when.
    EventWithoutTime,
    /// The event is later than the cut-over day.
    EventAfterCutover,
}

impl Why {
    /// The code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::SubmittedAtNoDate => "submitted_at_no_date",
            Self::CaseWithoutNumber => "case_without_number",
            Self::CaseNumber => "case_number",
            Self::CaseWithoutTime => "case_without_time",
            Self::CaseAfterCutover => "case_after_cutover",
            Self::CaseTwice => "case_twice",
            Self::CaseElsewhere => "case_elsewhere",
            Self::Skipped => "skipped",
            Self::EventWithoutActivity => "event_without_activity",
            Self::Lifecycle => "lifecycle",
            Self::EventWithoutTime => "event_without_time",
            Self::EventAfterCutover => "event_after_cutover",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SubmittedAtNoDate => "dates of application that are no <date>; the first event's time counts instead",
            Self::CaseWithoutNumber => "cases without a number",
            Self::CaseNumber => "cases whose number is longer than 50 characters, has others than A–Z a–z 0–9 . _ -, or holds an identity or telephone number",
            Self::CaseWithoutTime => "cases that do not say when the application came in",
            Self::CaseAfterCutover => "cases later than the cut-over day",
            Self::CaseTwice => "cases whose number an earlier trace has",
            Self::CaseElsewhere => "cases that the ledger has already, and not from this file",
            Self::Skipped => "events left out by the mapping",
            Self::EventWithoutActivity => "events that do not say what was done",
            Self::Lifecycle => "events that are neither start nor completion",
            Self::EventWithoutTime => "events that do not say when",
            Self::EventAfterCutover => "events later than the cut-over day",
        })
    }
}

impl Plan {
    /// What a trace becomes. `row` is the running number of the trace in the file; its events follow it.
    pub fn case(&self, trace: &Trace, row: u64) -> Result<Case, LeftOut> {
        let whole = |why, said: &str| LeftOut {
            why,
            trace: trace.ordinal,
            event: None,
            said: said.to_owned(),
        };
        let number =
            self.mapping.case_number(trace).ok_or_else(|| whole(Why::CaseWithoutNumber, ""))?;
        let stream = Stream::case(&number).filter(|_| !holds_somebodys_number(&number));
        let stream = stream.ok_or_else(|| whole(Why::CaseNumber, &number))?;
        let submitted_at = self.mapping.submitted_at(trace);
        let submitted_at = submitted_at.ok_or_else(|| whole(Why::CaseWithoutTime, &number))?;
        if self.is_late(submitted_at) {
            return Err(whole(Why::CaseAfterCutover, submitted_at.as_str()));
        }
        let mut case = Case {
            trace: trace.ordinal,
            stream,
            drafts: Vec::new(),
            left_out: Vec::new(),
            respelt: 0,
        };
        if let Some(said) = self.mapping.submitted_at_misfit(trace) {
            case.left_out.push(whole(Why::SubmittedAtNoDate, &said));
        }
        let submitted = self.submitted(trace, &number);
        let imported = Imported {
            source: self.source,
            row,
            cutover: self.cutover,
            handler: None,
            unit: None,
            activity: None,
        };
        self.add(&mut case, &submitted, submitted_at, imported, (trace.ordinal, 0));
        for (place, event) in (1_u64..).zip(&trace.events) {
            match self.act(event) {
                Ok((act, at)) => {
                    let imported = self.imported(event, row + place);
                    self.add(&mut case, &act, at, imported, (trace.ordinal, event.ordinal));
                }
                Err((why, said)) => {
                    let event = Some(event.ordinal);
                    case.left_out.push(LeftOut { why, trace: trace.ordinal, event, said });
                }
            }
        }
        Ok(case)
    }

    fn submitted(&self, trace: &Trace, number: &str) -> Act {
        Act::from(Submitted::bare(
            self.item,
            self.item_version,
            self.office,
            self.applicant(number),
            self.mapping.channel(trace),
        ))
    }

    /// The log does not say who applied: nobody's id, another one for each case.
    fn applicant(&self, number: &str) -> Token {
        opaque("unknown", &index_key(&[b"applicant", &self.source.0, number.as_bytes()]))
    }

    fn act<'e>(&self, event: &'e Event) -> Result<(Act, &'e DateTime), (Why, String)> {
        let said = || self.mapping.activity(event).unwrap_or_default().to_owned();
        let act = match self.mapping.map(event) {
            Mapped::Received => Act::from(Received::bare()),
            Mapped::StepStarted { step } => Act::from(StepStarted::bare(self.step(event, &step))),
            Mapped::StepFinished { step } => Act::from(StepFinished::bare(self.step(event, &step))),
            Mapped::Skipped => return Err((Why::Skipped, said())),
            Mapped::NotMapped(NotMapped::NoActivity) => {
                return Err((Why::EventWithoutActivity, String::new()));
            }
            Mapped::NotMapped(NotMapped::Lifecycle(lifecycle)) => {
                return Err((Why::Lifecycle, lifecycle));
            }
        };
        let at = self.mapping.time(event).ok_or_else(|| (Why::EventWithoutTime, said()))?;
        if self.is_late(at) {
            return Err((Why::EventAfterCutover, at.as_str().to_owned()));
        }
        Ok((act, at))
    }

    fn step(&self, event: &Event, code: &str) -> Token {
        let activity = self.mapping.activity(event).unwrap_or_default();
        self.pseudonyms.step(&self.mapping, activity, code).code
    }

    fn is_late(&self, at: &DateTime) -> bool {
        Micros(at.epoch_micros()) > self.cutover.end_in_china()
    }

    fn imported(&self, event: &Event, row: u64) -> Imported {
        let (mapping, pseudonyms) = (&self.mapping, &self.pseudonyms);
        let handler = mapping.handler(event).map(|name| pseudonyms.handler(mapping, name).code);
        let unit = mapping.unit(event).map(|name| pseudonyms.unit(mapping, name).code);
        let activity = mapping.activity(event).map(|name| pseudonyms.activity(mapping, name).code);
        Imported { source: self.source, row, cutover: self.cutover, handler, unit, activity }
    }

    fn add(
        &self,
        case: &mut Case,
        act: &Act,
        at: &DateTime,
        imported: Imported,
        place: (u64, u64),
    ) {
        let (happened_at, as_written) = spelt(at);
        case.respelt += u64::from(!as_written);
        let (trace, event) = place;
        let id = [
            &b"caseledger xes import v1"[..],
            &self.source.0,
            &trace.to_le_bytes(),
            &event.to_le_bytes(),
        ];
        case.drafts.push(Draft {
            id: ActionId::version_8(index_key(&id)),
            audience: self.audience.to_string(),
            issuer: self.issuer.clone(),
            stream: case.stream.clone(),
            issued_at: self.signed_at,
            happened_at: Some(happened_at),
            by: None,
            seen: None,
            imported: Some(imported),
            act: act.write(),
            disclosures: Vec::new(),
        });
    }
}

/// The time as written, if that is the ledger's spelling, and else in UTC with milliseconds, finer digits cut off.
fn spelt(at: &DateTime) -> (String, bool) {
    match Micros::parse(at.as_str()) {
        Some(_) => (at.as_str().to_owned(), true),
        None => (Micros(at.epoch_micros()).write().as_str().unwrap_or_default().to_owned(), false),
    }
}
