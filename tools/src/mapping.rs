//! The small TOML file that says how the activities of an XES log become actions of the ledger.
//!
//! # In scope
//! Which attributes name the case, its channel, its times and its handlers, and what each activity
//! [`Mapped`] becomes. Every answer is a pure function of the mapping and one trace or event.
//!
//! # Out of scope
//! Reading the log (see [`crate::xes`]), and making and signing the actions.
//!
//! A mapping may be empty: the item is then called what the log calls itself, and the other keys have the names that the XES
//! extensions give. What a mapping declares may be published: activities that it lists, and handlers and units where it says
//! that they are codes.
//! `mappings/receipt.toml` is a complete example.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use case_ledger::kinds::intake::Channel;
use case_ledger::kinds::registry::Publicity;
use serde::Deserialize;

use crate::xes::{DateTime, Event, Trace, Value};

/// How long a step code may be, in bytes.
pub const STEP_CODE_MAX: usize = 32;

/// Which attributes and activities of a log mean what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    item: Option<String>,
    item_name: Option<String>,
    publicity: Option<String>,
    #[serde(default = "concept_name")]
    case_number: String,
    #[serde(default)]
    case_prefix: String,
    submitted_at: Option<String>,
    channel: Option<String>,
    #[serde(default = "concept_name")]
    activity: String,
    #[serde(default = "org_resource")]
    handler: String,
    #[serde(default)]
    handlers_are_codes: bool,
    #[serde(default = "org_group")]
    unit: String,
    #[serde(default)]
    units_are_codes: bool,
    #[serde(default = "time_timestamp")]
    time: String,
    #[serde(default = "lifecycle_transition")]
    lifecycle: String,
    #[serde(default)]
    channels: BTreeMap<String, String>,
    #[serde(default)]
    activities: BTreeMap<String, Activity>,
    #[serde(default)]
    default: Fallback,
}

/// What one activity becomes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Activity {
    kind: ActivityKind,
    step: Option<String>,
}

/// What every activity becomes that is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fallback {
    kind: ActivityKind,
}

impl Default for Fallback {
    fn default() -> Self {
        Self { kind: ActivityKind::StepFinished }
    }
}

/// The actions that an activity can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ActivityKind {
    /// A step of the case: finished, or started if the event's lifecycle says so.
    StepFinished,
    /// The start of a step, for logs that name it as an activity of its own.
    StepStarted,
    /// The application was received.
    Received,
    /// Nothing; the event stays out of the ledger.
    Skip,
}

/// What one event becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// The application was received.
    Received,
    /// A step was started.
    StepStarted {
        /// The step's code: capital letters, digits and hyphens, at most [`STEP_CODE_MAX`].
        step: String,
    },
    /// A step was finished.
    StepFinished {
        /// The step's code, as above.
        step: String,
    },
    /// Left out because the mapping says so.
    Skipped,
    /// Left out because the mapping cannot say what it is; to be reported.
    NotMapped(NotMapped),
}

/// Why an event becomes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMapped {
    /// The event does not say what was done.
    #[error("the event names no activity")]
    NoActivity,
    /// The event is neither the start nor the completion of its activity.
    #[error("lifecycle {0:?} has no counterpart")]
    Lifecycle(String),
}

/// Why a mapping file is refused.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file cannot be read.
    #[error("the mapping {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The text is not TOML, or has a key or value that a mapping does not have. The source says
    /// which, with line and column.
    #[error("this is not a mapping")]
    Toml(#[source] Box<toml::de::Error>),
    /// An attribute is to be looked up under no name at all.
    #[error("{key} is empty")]
    Empty {
        /// The key in the mapping file.
        key: &'static str,
    },
    /// A text that becomes part of an identifier has characters that identifiers cannot have.
    #[error("{key} {text:?} is not a code: only {allowed}")]
    NotACode {
        /// The key in the mapping file, with its table.
        key: String,
        /// The text.
        text: String,
        /// What it may be made of, in words.
        allowed: &'static str,
    },
    /// A channel that the ledger does not know.
    #[error("channels.{said:?} {channel:?} is no channel of the ledger: only {known}")]
    NoChannel {
        /// What the log says.
        said: String,
        /// What it was to become.
        channel: String,
        /// What it can become.
        known: String,
    },
    /// Cases cannot be seen by these people only.
    #[error("publicity {said:?} is none: only {known}")]
    NoPublicity {
        /// What was said.
        said: String,
        /// What can be.
        known: String,
    },
    /// A step code stands where no step is made.
    #[error("activities.{activity:?} has a step, but kind {kind:?} makes none")]
    StepWithoutStep {
        /// The activity.
        activity: String,
        /// Its kind.
        kind: ActivityKind,
    },
    /// Channels are listed, but no attribute is named to find them in.
    #[error("[channels] is given, but channel, the attribute to look in, is not")]
    ChannelsWithoutChannel,
}

impl Mapping {
    /// Reads the mapping file at `path`.
    pub fn load(path: &Path) -> Result<Self, MappingError> {
        let text = fs::read_to_string(path)
            .map_err(|source| MappingError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a mapping from the text of its file.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self =
            toml::from_str(text).map_err(|error| MappingError::Toml(Box::new(error)))?;
        mapping.check()?;
        Ok(mapping)
    }

    /// The mapping for a log that nobody described: standard names, the item called as the log is, every event a
    /// finished step, every channel [`Channel::Other`].
    pub fn generic() -> Self {
        Self {
            item: None,
            item_name: None,
            publicity: None,
            case_number: concept_name(),
            case_prefix: String::new(),
            submitted_at: None,
            channel: None,
            activity: concept_name(),
            handler: org_resource(),
            handlers_are_codes: false,
            unit: org_group(),
            units_are_codes: false,
            time: time_timestamp(),
            lifecycle: lifecycle_transition(),
            channels: BTreeMap::new(),
            activities: BTreeMap::new(),
            default: Fallback::default(),
        }
    }

    /// The service item that the cases are filed under: its code or any other name, if the mapping says.
    pub fn item(&self) -> Option<&str> {
        self.item.as_deref()
    }

    /// Who sees the cases, if the mapping says.
    pub fn publicity(&self) -> Option<Publicity> {
        self.publicity.as_deref().and_then(Publicity::parse)
    }

    /// The attributes that are looked up; whatever else a log holds means nothing here.
    pub fn keys(&self) -> Vec<String> {
        let always = [
            &self.case_number,
            &self.activity,
            &self.handler,
            &self.unit,
            &self.time,
            &self.lifecycle,
        ];
        let sometimes = [self.submitted_at.as_ref(), self.channel.as_ref()];
        always.into_iter().chain(sometimes.into_iter().flatten()).cloned().collect()
    }

    /// Whether the mapping lists an activity, so that its name may be published.
    pub fn declares(&self, activity: &str) -> bool {
        self.activities.contains_key(activity)
    }

    /// What the service item is called, if the mapping says.
    pub fn item_name(&self) -> Option<&str> {
        self.item_name.as_deref()
    }

    /// Whether the log's handlers are opaque codes already. Otherwise they may be names of people, which no ledger
    /// takes.
    pub fn handlers_are_codes(&self) -> bool {
        self.handlers_are_codes
    }

    /// Whether the log's units are codes or names of offices that may be published. Otherwise they may be names of people.
    pub fn units_are_codes(&self) -> bool {
        self.units_are_codes
    }

    /// The number of the case, with its prefix; none if the trace does not name its case.
    pub fn case_number(&self, trace: &Trace) -> Option<String> {
        let name = trace.attributes.get(&self.case_number).and_then(Value::to_text)?;
        (!name.is_empty()).then(|| format!("{}{name}", self.case_prefix))
    }

    /// When the application came in: as the trace says, or else when its first event happened.
    pub fn submitted_at<'a>(&self, trace: &'a Trace) -> Option<&'a DateTime> {
        let said = self.submitted_at.as_ref().and_then(|key| trace.attributes.date(key));
        said.or_else(|| self.time(trace.events.first()?))
    }

    /// What the trace says instead of a `<date>` where the mapping looks for the day of application.
    pub fn submitted_at_misfit(&self, trace: &Trace) -> Option<String> {
        let said = trace.attributes.get(self.submitted_at.as_ref()?)?;
        let is_date = matches!(said, Value::Date(_));
        (!is_date).then(|| said.to_text().unwrap_or_default().into_owned())
    }

    /// The channel that the application came through; [`Channel::Other`] if the log does not say, or says something that
    /// is not mapped.
    pub fn channel(&self, trace: &Trace) -> Channel {
        let said = self.channel.as_ref().and_then(|key| trace.attributes.text(key));
        let code = said.and_then(|said| self.channels.get(said));
        code.and_then(|code| Channel::parse(code)).unwrap_or(Channel::Other)
    }

    /// What was done, as the log names it.
    pub fn activity<'a>(&self, event: &'a Event) -> Option<&'a str> {
        said(event, &self.activity)
    }

    /// Who did it.
    pub fn handler<'a>(&self, event: &'a Event) -> Option<&'a str> {
        said(event, &self.handler)
    }

    /// The unit that did it.
    pub fn unit<'a>(&self, event: &'a Event) -> Option<&'a str> {
        said(event, &self.unit)
    }

    /// When it happened.
    pub fn time<'a>(&self, event: &'a Event) -> Option<&'a DateTime> {
        event.attributes.date(&self.time)
    }

    /// What an event becomes. An event without a lifecycle counts as complete.
    pub fn map(&self, event: &Event) -> Mapped {
        let Some(name) = self.activity(event) else {
            return Mapped::NotMapped(NotMapped::NoActivity);
        };
        let listed = self.activities.get(name);
        let step = || match listed.and_then(|activity| activity.step.as_deref()) {
            Some(step) => step.to_owned(),
            None => step_code(name),
        };
        let lifecycle = said(event, &self.lifecycle).unwrap_or("complete");
        let completes = lifecycle.eq_ignore_ascii_case("complete");
        let starts = lifecycle.eq_ignore_ascii_case("start");
        match listed.map_or(self.default.kind, |activity| activity.kind) {
            ActivityKind::Skip => Mapped::Skipped,
            ActivityKind::Received if completes => Mapped::Received,
            ActivityKind::StepFinished if completes => Mapped::StepFinished { step: step() },
            ActivityKind::StepFinished if starts => Mapped::StepStarted { step: step() },
            ActivityKind::StepStarted if completes || starts => {
                Mapped::StepStarted { step: step() }
            }
            ActivityKind::Received | ActivityKind::StepFinished | ActivityKind::StepStarted => {
                Mapped::NotMapped(NotMapped::Lifecycle(lifecycle.to_owned()))
            }
        }
    }

    fn check(&self) -> Result<(), MappingError> {
        for (key, text) in [
            ("item", self.item.as_ref()),
            ("case_number", Some(&self.case_number)),
            ("submitted_at", self.submitted_at.as_ref()),
            ("channel", self.channel.as_ref()),
            ("activity", Some(&self.activity)),
            ("handler", Some(&self.handler)),
            ("unit", Some(&self.unit)),
            ("time", Some(&self.time)),
            ("lifecycle", Some(&self.lifecycle)),
        ] {
            if text.is_some_and(String::is_empty) {
                return Err(MappingError::Empty { key });
            }
        }
        if self.item_name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(MappingError::Empty { key: "item_name" });
        }
        if let Some(item) = &self.item {
            NAME.check(|| "item".to_owned(), item)?;
        }
        if let Some(said) = self.publicity.as_ref().filter(|_| self.publicity().is_none()) {
            let known =
                Publicity::ALL.iter().map(|known| known.code()).collect::<Vec<_>>().join(", ");
            return Err(MappingError::NoPublicity { said: said.clone(), known });
        }
        if !self.case_prefix.is_empty() {
            NAME.check(|| "case_prefix".to_owned(), &self.case_prefix)?;
        }
        if self.channel.is_none() && !self.channels.is_empty() {
            return Err(MappingError::ChannelsWithoutChannel);
        }
        for (said, channel) in &self.channels {
            if Channel::parse(channel).is_none() {
                return Err(MappingError::NoChannel {
                    said: said.clone(),
                    channel: channel.clone(),
                    known: Channel::ALL
                        .iter()
                        .map(|known| known.code())
                        .collect::<Vec<_>>()
                        .join(", "),
                });
            }
        }
        self.activities.iter().try_for_each(|(name, activity)| activity.check(name))
    }
}

impl Activity {
    fn check(&self, name: &str) -> Result<(), MappingError> {
        let Some(step) = &self.step else { return Ok(()) };
        match self.kind {
            ActivityKind::StepFinished | ActivityKind::StepStarted => {
                STEP.check(|| format!("activities.{name:?}.step"), step)
            }
            ActivityKind::Received | ActivityKind::Skip => {
                Err(MappingError::StepWithoutStep { activity: name.to_owned(), kind: self.kind })
            }
        }
    }
}

/// What a text that becomes part of an identifier is made of. It has at least one byte.
struct Grammar {
    allowed: &'static str,
    bytes_max: usize,
    allows: fn(u8) -> bool,
}

const NAME: Grammar = Grammar {
    allowed: "1 to 64 letters, digits, '.', '_' and '-'",
    bytes_max: 64,
    allows: |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'),
};

const STEP: Grammar = Grammar {
    allowed: "1 to 32 capital letters, digits and '-'",
    bytes_max: STEP_CODE_MAX,
    allows: |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-',
};

impl Grammar {
    fn has(&self, text: &str) -> bool {
        (1..=self.bytes_max).contains(&text.len()) && text.bytes().all(self.allows)
    }

    fn check(&self, key: impl FnOnce() -> String, text: &str) -> Result<(), MappingError> {
        if self.has(text) {
            return Ok(());
        }
        Err(MappingError::NotACode { key: key(), text: text.to_owned(), allowed: self.allowed })
    }
}

/// The code of a step whose mapping gives none: the same for the same name, for ever.
///
/// It is the first word, if that looks like a code already (`T02`, `T07-1`). Otherwise it is the
/// name in capitals with a hyphen for everything that is neither letter nor digit. Where that
/// loses letters, because the name is too long or not ASCII, eight hexadecimal digits of the
/// name's BLAKE3 digest follow, so that different names keep different codes.
pub fn step_code(activity: &str) -> String {
    if let Some(code) = activity.split_whitespace().next().filter(|word| looks_like_a_code(word)) {
        return code.to_owned();
    }
    let mut slug = String::new();
    for word in activity.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_uppercase());
    }
    if activity.is_ascii() && STEP.has(&slug) {
        return slug;
    }
    let digest = blake3::hash(activity.as_bytes()).to_hex().to_ascii_uppercase();
    let digest: String = digest.chars().take(8).collect();
    let kept: String = slug.chars().take(STEP_CODE_MAX - 1 - digest.len()).collect();
    match kept.trim_end_matches('-') {
        "" => format!("STEP-{digest}"),
        kept => format!("{kept}-{digest}"),
    }
}

/// A capital letter, then capitals, digits and inner hyphens, with at least one digit.
fn looks_like_a_code(word: &str) -> bool {
    STEP.has(word)
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.contains(|c: char| c.is_ascii_digit())
        && !word.ends_with('-')
}

/// The text under `key`, unless it is empty.
fn said<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event.attributes.text(key).filter(|text| !text.is_empty())
}

fn concept_name() -> String {
    "concept:name".to_owned()
}

fn org_resource() -> String {
    "org:resource".to_owned()
}

fn org_group() -> String {
    "org:group".to_owned()
}

fn time_timestamp() -> String {
    "time:timestamp".to_owned()
}

fn lifecycle_transition() -> String {
    "lifecycle:transition".to_owned()
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::xes;

    const RECEIPT: &str = include_str!("../mappings/receipt.toml");

    /// The only trace of a log with this inside.
    fn trace(inside: &str) -> Trace {
        let xml = format!("<log><trace>{inside}</trace></log>");
        xes::from_read(xml.as_bytes()).unwrap().next().unwrap().unwrap()
    }

    /// What `mapping` makes of one event with this name and lifecycle.
    fn map(mapping: &Mapping, name: &str, lifecycle: &str) -> Mapped {
        let trace = trace(&format!(
            "<event><string key='concept:name' value='{name}'/>\
             <string key='lifecycle:transition' value='{lifecycle}'/></event>"
        ));
        mapping.map(trace.events.first().unwrap())
    }

    fn finished(step: &str) -> Mapped {
        Mapped::StepFinished { step: step.to_owned() }
    }

    fn started(step: &str) -> Mapped {
        Mapped::StepStarted { step: step.to_owned() }
    }

    fn no_counterpart(lifecycle: &str) -> Mapped {
        Mapped::NotMapped(NotMapped::Lifecycle(lifecycle.to_owned()))
    }

    #[test]
    fn the_receipt_mapping_reads_every_case_of_the_real_log() {
        let mapping = Mapping::parse(RECEIPT).unwrap();
        assert_eq!(mapping.item(), Some("WABO-RECEIPT"));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/receipt.xes.gz");
        let (mut received, mut steps, mut channels) = (0, 0, BTreeMap::new());
        for trace in xes::open(Path::new(path)).unwrap() {
            let trace = trace.unwrap();
            assert!(mapping.case_number(&trace).unwrap().starts_with("WABO-case-"));
            assert!(mapping.submitted_at(&trace).unwrap().as_str().starts_with("20"));
            *channels.entry(mapping.channel(&trace).code()).or_insert(0) += 1;
            for event in &trace.events {
                assert!(mapping.time(event).is_some() && mapping.handler(event).is_some());
                assert!(mapping.unit(event).is_some());
                match mapping.map(event) {
                    Mapped::Received => received += 1,
                    Mapped::StepFinished { step } => {
                        assert!(step.starts_with('T') && step.len() <= 5, "{step}");
                        steps += 1;
                    }
                    other @ (Mapped::StepStarted { .. }
                    | Mapped::Skipped
                    | Mapped::NotMapped(_)) => {
                        panic!("{other:?}")
                    }
                }
            }
        }
        assert_eq!((received, steps), (1434, 7143));
        let expected =
            [("email", 21), ("online", 1250), ("other", 1), ("post", 53), ("window", 109)];
        assert_eq!(channels, expected.into());
    }

    #[test]
    fn lifecycles_start_and_finish_steps() {
        let mapping = Mapping::parse(
            "item = 'X'\n[activities]\nA = { kind = 'Received' }\nB = { kind = 'StepStarted' }\n\
             C = { kind = 'Skip' }\nD = { kind = 'StepFinished', step = 'D-4' }",
        )
        .unwrap();
        assert_eq!(map(&mapping, "A", "complete"), Mapped::Received);
        assert_eq!(map(&mapping, "A", ""), Mapped::Received);
        assert_eq!(map(&mapping, "A", "start"), no_counterpart("start"));
        assert_eq!(map(&mapping, "B", "COMPLETE"), started("B"));
        assert_eq!(map(&mapping, "B", "start"), started("B"));
        assert_eq!(map(&mapping, "C", "suspend"), Mapped::Skipped);
        assert_eq!(map(&mapping, "D", "complete"), finished("D-4"));
        assert_eq!(map(&mapping, "D", "START"), started("D-4"));
        assert_eq!(map(&mapping, "D", "suspend"), no_counterpart("suspend"));
        assert_eq!(map(&mapping, "E five", "complete"), finished("E-FIVE"));
        assert_eq!(map(&mapping, "", "complete"), Mapped::NotMapped(NotMapped::NoActivity));
    }

    #[test]
    fn the_generic_mapping_is_what_an_empty_file_says() {
        assert_eq!(Mapping::parse("").unwrap(), Mapping::generic());
        let mapping = Mapping::generic();
        let trace = trace(
            "<int key='concept:name' value='173688'/><event>\
             <date key='time:timestamp' value='2011-10-01T00:38:44.546+02:00'/></event>",
        );
        assert_eq!(mapping.case_number(&trace).unwrap(), "173688");
        assert_eq!(mapping.channel(&trace), Channel::Other);
        assert_eq!(mapping.submitted_at(&trace).unwrap().as_str(), "2011-10-01T00:38:44.546+02:00");
        assert_eq!(mapping.handler(trace.events.first().unwrap()), None);
    }

    #[test]
    fn a_day_of_application_that_is_no_date_is_not_passed_over_in_silence() {
        let mapping = Mapping::parse("submitted_at = 'applied'").unwrap();
        assert!(mapping.keys().contains(&"applied".to_owned()));
        let misfit = |inside| mapping.submitted_at_misfit(&trace(inside));
        assert_eq!(misfit("<string key='applied' value='2012-03-01'/>").unwrap(), "2012-03-01");
        assert_eq!(misfit("<date key='applied' value='2012-03-01T00:00:00Z'/>"), None);
        assert_eq!(misfit("<string key='other' value='2012-03-01'/>"), None);
        assert_eq!(Mapping::generic().submitted_at_misfit(&trace("")), None);
    }

    #[test]
    fn a_trace_without_events_or_names_gives_nothing() {
        let mapping = Mapping::parse(RECEIPT).unwrap();
        let trace = trace("<string key='concept:name' value=''/>");
        assert_eq!(mapping.case_number(&trace), None);
        assert_eq!(mapping.submitted_at(&trace), None);
    }

    #[test]
    fn step_codes_are_short_stable_and_distinct() {
        for (name, code) in [
            ("T02 Check confirmation of receipt", "T02"),
            ("T07-1 Draft intern advice aspect 1", "T07-1"),
            ("Confirmation of receipt", "CONFIRMATION-OF-RECEIPT"),
            ("  W_Completeren  aanvraag ", "W-COMPLETEREN-AANVRAAG"),
            ("01_HOOFD_010", "01-HOOFD-010"),
            ("A - b", "A-B"),
            ("受理", "STEP-8C1C37AA"),
            ("補正 T02", "T02-5B030722"),
        ] {
            assert_eq!(step_code(name), code);
        }
        let long = "Process or receive external advice from party number ";
        let (one, two) = (step_code(&format!("{long}1")), step_code(&format!("{long}2")));
        assert!(one.starts_with("PROCESS-OR-RECEIVE-EXTE") && one.len() <= STEP_CODE_MAX);
        assert_ne!(one, two);
        assert!(STEP.has(&one) && STEP.has(&step_code("")) && STEP.has(&step_code("é")));
    }

    /// The sentence, and that of its source, if it has one.
    fn refusal(text: &str) -> String {
        let error = Mapping::parse(text).unwrap_err();
        match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("item = ", "line 1, column 8"),
            ("item = 'X'\nhandlr = 'a'", "line 2, column 1"),
            ("item = 'X'\nhandlr = 'a'", "unknown field `handlr`"),
            ("item = 'X'\n[activities.A]\nkind = 'Decided'", "unknown variant `Decided`"),
            ("item = 'X'\n[activities.A]\nstep = 'T1'", "missing field `kind`"),
            ("item = 'X'\n[activities.A]\nkind = 'Skip'\nx = 1", "unknown field `x`"),
            ("item = 'X'\n[default]\nkind = 'Skip'\nstep = 'T1'", "unknown field `step`"),
            ("item = ''", "item is empty"),
            ("item = 'X'\ntime = ''", "time is empty"),
            ("item = 'a b'", "item \"a b\" is not a code: only 1 to 64 letters"),
            ("item = 'X'\ncase_prefix = 'Ä'", "case_prefix \"Ä\" is not a code"),
            (
                "item = 'X'\nchannel = 'c'\n[channels]\n\"e-mail\" = 'E-Mail'",
                "channels.\"e-mail\" \"E-Mail\" is no channel of the ledger: only window, online",
            ),
            ("publicity = 'all'", "publicity \"all\" is none: only open, parties, closed"),
            ("item = 'X'\n[channels]\na = 'b'", "[channels] is given, but channel"),
            (
                "item = 'X'\n[activities.A]\nkind = 'StepFinished'\nstep = 't1'",
                "activities.\"A\".step \"t1\" is not a code: only 1 to 32 capital letters",
            ),
            (
                "item = 'X'\n[activities.A]\nkind = 'Received'\nstep = 'T1'",
                "activities.\"A\" has a step, but kind Received makes none",
            ),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(expected), "{text:?} gives {refusal:?}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Mapping::load(Path::new("/nowhere/a.toml")).unwrap_err();
        assert_eq!(error.to_string(), "the mapping /nowhere/a.toml cannot be read");
    }
}
