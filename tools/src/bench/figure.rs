//! One figure: what was measured, in which unit, and what it should be.

use serde_json::{Value, json};

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Budget {
    AtLeast(f64),
    AtMost(f64),
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Figure {
    name: &'static str,
    words: &'static str,
    value: f64,
    unit: Unit,
    budget: Option<Budget>,
    entries: Option<u64>,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    PerSecond,
    Microseconds,
    Seconds,
    Mebibytes,
    Percent,
    Times,
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Microseconds => "µs",
            Self::Seconds => "s",
            Self::Mebibytes => "MiB",
            Self::Percent => "%",
            Self::Times => "×",
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::PerSecond | Self::Mebibytes => 0,
            Self::Microseconds | Self::Percent => 1,
            Self::Seconds | Self::Times => 2,
        }
    }
}

impl Figure {
    pub(super) fn new(name: &'static str, words: &'static str, value: f64, unit: Unit) -> Self {
        Self { name, words, value, unit, budget: None, entries: None }
    }

    pub(super) fn at_least(mut self, least: f64) -> Self {
        self.budget = Some(Budget::AtLeast(least));
        self
    }

    pub(super) fn at_most(mut self, most: f64) -> Self {
        self.budget = Some(Budget::AtMost(most));
        self
    }

    pub(super) fn at(mut self, entries: u64) -> Self {
        self.entries = Some(entries);
        self
    }

    fn is_met(&self) -> Option<bool> {
        self.budget.map(|budget| match budget {
            Budget::AtLeast(least) => self.value >= least,
            Budget::AtMost(most) => self.value <= most,
        })
    }

    fn written(&self, value: f64) -> String {
        format!("{value:.*} {}", self.unit.digits(), self.unit.symbol())
    }

    pub(super) fn in_words(&self) -> String {
        let entries =
            self.entries.map_or_else(String::new, |entries| format!("{entries:>9} entries: "));
        let budget = match (self.budget, self.is_met()) {
            (Some(Budget::AtLeast(least)), Some(met)) => {
                format!(" (at least {}: {})", self.written(least), said(met))
            }
            (Some(Budget::AtMost(most)), Some(met)) => {
                format!(" (at most {}: {})", self.written(most), said(met))
            }
            (_, _) => String::new(),
        };
        format!("{entries}{}: {}{budget}", self.words, self.written(self.value))
    }

    pub(super) fn to_json(&self) -> Value {
        let budget = self.budget.map(|budget| match budget {
            Budget::AtLeast(least) => json!({ "at_least": least }),
            Budget::AtMost(most) => json!({ "at_most": most }),
        });
        json!({
            "name": self.name,
            "entries": self.entries,
            "value": self.value,
            "unit": self.unit.symbol(),
            "budget": budget,
            "met": self.is_met(),
        })
    }
}

fn said(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}
