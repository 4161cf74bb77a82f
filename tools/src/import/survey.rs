//! A first look at the whole log: what it needs on the ledger, and when it ends.

use case_ledger::hash::Blake3Hash;
use case_ledger::time::{Day, Micros};
use case_projections::day::day_in_china;
use indicatif::ProgressBar;

use super::input::Input;
use super::opaque::{MadeOpaque, Pseudonyms, Shown, names_somebody};
use crate::failure::Failure;
use crate::mapping::{Mapped, Mapping};
use crate::xes::{Event, Trace, XesError};

/// What a log holds.
#[derive(Debug, Clone)]
pub struct Survey {
    /// BLAKE3 of the file.
    pub source: Blake3Hash,
    /// What the log calls itself, if it does.
    pub title: Option<String>,
    /// What of it is made opaque.
    pub opaque: MadeOpaque,
    /// Whom to name as its source.
    pub attribution: Option<String>,
    /// Complete traces.
    pub cases: u64,
    /// Events in them.
    pub events: u64,
    /// Events that belong to no trace.
    pub loose_events: u64,
    /// Steps in the order in which they first appear: code, and name as it may be published.
    pub steps: Vec<(String, String)>,
    /// The latest time in it.
    pub latest: Option<Micros>,
    /// Where and why it ends too early.
    pub damage: Option<XesError>,
}

impl Survey {
    /// Reads the whole log once.
    pub fn of(
        input: &Input,
        mapping: &Mapping,
        pseudonyms: &Pseudonyms,
        bar: &ProgressBar,
    ) -> Result<Self, Failure> {
        let source = input.digest()?;
        let mut reader = input.read()?;
        let header = reader.header();
        let title = header.name().filter(|name| !name.trim().is_empty()).map(str::to_owned);
        let hides_title =
            mapping.item_name().is_none() && title.as_deref().is_some_and(names_somebody);
        let mut survey = Self {
            source,
            title,
            opaque: MadeOpaque { title: hides_title, ..MadeOpaque::default() },
            attribution: header.attribution(),
            cases: 0,
            events: 0,
            loose_events: 0,
            steps: Vec::new(),
            latest: None,
            damage: None,
        };
        while let Some(trace) = reader.next() {
            match trace {
                Ok(trace) => survey.take(&trace, mapping, pseudonyms),
                Err(error) => survey.damage = Some(error),
            }
            bar.set_position(reader.bytes_read());
        }
        survey.loose_events = reader.loose_events();
        bar.finish_and_clear();
        Ok(survey)
    }

    /// The last day of the log, in China.
    pub fn last_day(&self) -> Option<Day> {
        self.latest.and_then(day_in_china)
    }

    fn take(&mut self, trace: &Trace, mapping: &Mapping, pseudonyms: &Pseudonyms) {
        self.cases += 1;
        self.events += trace.events.len() as u64;
        self.note_time(mapping.submitted_at(trace).map(crate::xes::DateTime::epoch_micros));
        for event in &trace.events {
            self.note_time(mapping.time(event).map(crate::xes::DateTime::epoch_micros));
            self.note_step(event, mapping, pseudonyms);
            self.note_opaque(event, mapping, pseudonyms);
        }
    }

    fn note_time(&mut self, micros: Option<i64>) {
        self.latest = self.latest.max(micros.map(Micros));
    }

    fn note_step(&mut self, event: &Event, mapping: &Mapping, pseudonyms: &Pseudonyms) {
        let step = match mapping.map(event) {
            Mapped::StepStarted { step } | Mapped::StepFinished { step } => step,
            Mapped::Received | Mapped::Skipped | Mapped::NotMapped(_) => return,
        };
        let activity = mapping.activity(event).unwrap_or(&step);
        let shown = pseudonyms.step(mapping, activity, &step);
        let code = shown.code.as_str();
        if !self.steps.iter().any(|(known, _)| known == code) {
            let name = if shown.opaque { code } else { activity };
            self.steps.push((code.to_owned(), name.to_owned()));
        }
    }

    fn note_opaque(&mut self, event: &Event, mapping: &Mapping, pseudonyms: &Pseudonyms) {
        let opaque = &mut self.opaque;
        let hidden = |shown: Option<Shown>| u64::from(shown.is_some_and(|shown| shown.opaque));
        let activity = mapping.activity(event).map(|name| pseudonyms.activity(mapping, name));
        opaque.activities += hidden(activity);
        opaque.handlers +=
            hidden(mapping.handler(event).map(|name| pseudonyms.handler(mapping, name)));
        opaque.units += hidden(mapping.unit(event).map(|name| pseudonyms.unit(mapping, name)));
    }
}
