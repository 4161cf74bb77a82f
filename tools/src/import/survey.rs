//! A first look at the whole log: what it needs on the ledger, and when it ends.

use case_ledger::hash::Blake3Hash;
use case_ledger::time::{Day, Micros};
use case_projections::day::day_in_china;
use indicatif::ProgressBar;

use super::input::Input;
use crate::failure::Failure;
use crate::mapping::{Mapped, Mapping};
use crate::xes::{Event, Trace, XesError};

/// What a log holds.
#[derive(Debug, Clone)]
pub struct Survey {
    /// BLAKE3 of the file.
    pub source: Blake3Hash,
    /// What the log calls itself.
    pub title: Option<String>,
    /// Whom to name as its source.
    pub attribution: Option<String>,
    /// Complete traces.
    pub cases: u64,
    /// Events in them.
    pub events: u64,
    /// Events that belong to no trace.
    pub loose_events: u64,
    /// Steps in the order in which they first appear: code, and name as the log has it.
    pub steps: Vec<(String, String)>,
    /// The latest time in it.
    pub latest: Option<Micros>,
    /// Where and why it ends too early.
    pub damage: Option<XesError>,
}

impl Survey {
    /// Reads the whole log once.
    pub fn of(input: &Input, mapping: &Mapping, bar: &ProgressBar) -> Result<Self, Failure> {
        let source = input.digest()?;
        let mut reader = input.read()?;
        let header = reader.header();
        let mut survey = Self {
            source,
            title: header.name().map(str::to_owned),
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
                Ok(trace) => survey.take(&trace, mapping),
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

    fn take(&mut self, trace: &Trace, mapping: &Mapping) {
        self.cases += 1;
        self.events += trace.events.len() as u64;
        self.note_time(mapping.submitted_at(trace).map(crate::xes::DateTime::epoch_micros));
        for event in &trace.events {
            self.note_time(mapping.time(event).map(crate::xes::DateTime::epoch_micros));
            self.note_step(event, mapping);
        }
    }

    fn note_time(&mut self, micros: Option<i64>) {
        self.latest = self.latest.max(micros.map(Micros));
    }

    fn note_step(&mut self, event: &Event, mapping: &Mapping) {
        let step = match mapping.map(event) {
            Mapped::StepStarted { step } | Mapped::StepFinished { step } => step,
            Mapped::Received | Mapped::Skipped | Mapped::NotMapped(_) => return,
        };
        if !self.steps.iter().any(|(code, _)| *code == step) {
            let name = mapping.activity(event).unwrap_or(&step).to_owned();
            self.steps.push((step, name));
        }
    }
}
