//! What an import did, and all that it did not take.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use case_ledger::hash::Blake3Hash;
use serde_json::{Value, json};

use super::opaque::MadeOpaque;
use super::plan::{LeftOut, Why};
use crate::answer::Refused;
use crate::xes::XesError;

/// How many examples are kept for each reason.
const EXAMPLES: usize = 3;

/// What an import did.
#[derive(Debug, Clone)]
pub struct Report {
    /// BLAKE3 of the file.
    pub source: Blake3Hash,
    /// Complete traces read.
    pub cases: u64,
    /// Events in them.
    pub events: u64,
    /// Events of the log that belong to no trace.
    pub loose_events: u64,
    /// Entries that are new on the ledger.
    pub recorded: u64,
    /// Entries that were there already.
    pub again: u64,
    /// Times that are not as written.
    pub respelt: u64,
    /// What says nothing any more.
    pub opaque: MadeOpaque,
    /// What became nothing.
    pub left_out: BTreeMap<Why, Tally>,
    /// What the ledger refused, by code.
    pub refused: BTreeMap<String, Tally>,
    /// Where and why the log ends too early.
    pub damage: Option<XesError>,
    /// How long it took.
    pub took: Duration,
}

/// How often something was, and the first times.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first times, in words.
    pub examples: Vec<String>,
}

impl Tally {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    fn to_json(&self) -> Value {
        json!({"count": self.count, "first": self.examples})
    }
}

impl Report {
    /// Before anything was done.
    pub fn new(source: Blake3Hash) -> Self {
        Self {
            source,
            cases: 0,
            events: 0,
            loose_events: 0,
            recorded: 0,
            again: 0,
            respelt: 0,
            opaque: MadeOpaque::default(),
            left_out: BTreeMap::new(),
            refused: BTreeMap::new(),
            damage: None,
            took: Duration::ZERO,
        }
    }

    /// Something became nothing.
    pub fn leave_out(&mut self, left_out: &LeftOut) {
        let LeftOut { why, trace, event, said } = left_out;
        self.left_out.entry(*why).or_default().add(|| {
            let event = event.map(|event| format!(", event {event}")).unwrap_or_default();
            format!("trace {trace}{event}: {said:?}")
        });
    }

    /// The ledger refused something of a case.
    pub fn refuse(&mut self, case: &str, refused: &Refused) {
        let tally = self.refused.entry(refused.full_code()).or_default();
        tally.add(|| format!("{case}: {}", refused.sentence));
    }

    /// Whether everything that the mapping takes stands on the ledger now.
    pub fn is_complete(&self) -> bool {
        self.damage.is_none() && self.refused.is_empty()
    }

    fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let entries = (self.recorded + self.again) as f64;
        entries / self.took.as_secs_f64().max(0.001)
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let left_out =
            self.left_out.iter().map(|(why, tally)| (why.code().to_owned(), tally.to_json()));
        let refused = self.refused.iter().map(|(code, tally)| (code.clone(), tally.to_json()));
        let damage = self.damage.as_ref().map(|error| {
            let place = error.place;
            json!({
                "what": error.kind.to_string(),
                "line": place.line,
                "column": place.column,
                "byte": place.byte,
                "trace": place.trace,
            })
        });
        json!({
            "source": self.source.to_string(),
            "cases": self.cases,
            "events": self.events,
            "loose_events": self.loose_events,
            "recorded": self.recorded,
            "again": self.again,
            "times_respelt": self.respelt,
            "made_opaque": self.opaque.to_json(),
            "left_out": left_out.collect::<serde_json::Map<_, _>>(),
            "refused": refused.collect::<serde_json::Map<_, _>>(),
            "damage": damage,
            "seconds": self.took.as_secs_f64(),
            "entries_per_second": self.per_second().round(),
        })
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let Self { cases, events, recorded, again, .. } = self;
        let _ = writeln!(
            text,
            "{cases} cases with {events} events read; BLAKE3 of the file {}",
            self.source
        );
        let _ = writeln!(
            text,
            "{recorded} entries recorded, {again} there already, in {:.1} s ({:.0} a second)",
            self.took.as_secs_f64(),
            self.per_second()
        );
        if self.loose_events > 0 {
            let _ =
                writeln!(text, "{} events that belong to no case were left out", self.loose_events);
        }
        if self.respelt > 0 {
            let _ = writeln!(text, "times put into UTC with milliseconds: {}", self.respelt);
        }
        text.push_str(&self.opaque.to_text());
        for (why, tally) in &self.left_out {
            tell(&mut text, "left out", &why.to_string(), tally);
        }
        for (code, tally) in &self.refused {
            tell(&mut text, "refused", code, tally);
        }
        if let Some(error) = &self.damage {
            let _ = writeln!(text, "the log is damaged: {error}");
            let _ = writeln!(
                text,
                "every complete case before that place was read, and nothing after it"
            );
        }
        text
    }
}

fn tell(text: &mut String, what: &str, why: &str, tally: &Tally) {
    let _ = writeln!(text, "{what}: {} × {why}", tally.count);
    for example in &tally.examples {
        let _ = writeln!(text, "  {example}");
    }
}
