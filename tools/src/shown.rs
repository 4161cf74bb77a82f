//! A case and an entry as lines for people: Chinese first, English beside it.

use std::fmt::Write as _;

use case_ledger::audit::{Content, Entry};
use case_ledger::codes::OfficeCode;
use case_ledger::kinds::Act;
use case_ledger::kinds::registry::ItemPublished;
use case_ledger::names::{Seq, Stream};
use case_ledger::time::Micros;
use case_projections::as_of::AsOf;
use case_projections::audience::Audience;
use case_projections::names::Names;
use case_projections::progress::{Progress, ProgressView};
use case_projections::timeline::{MomentView, Timeline, TimelineView};
use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::reading::Reading;

/// A case as its staff see it.
#[derive(Debug)]
pub struct ShownCase {
    /// Where it is.
    pub progress: ProgressView,
    /// What happened.
    pub timeline: TimelineView,
    names: Names,
}

impl ShownCase {
    /// Reads a case. `None` if there is none of this number.
    pub fn read(reading: &Reading, stream: &Stream) -> Result<Option<Self>, Failure> {
        let entries = reading.stream(stream)?;
        let (Some(newest), Some(_)) = (reading.newest()?, entries.first()) else { return Ok(None) };
        let as_of = AsOf::new(newest.checkpoint.checkpoint.head, newest.recorded_at);
        let progress = Progress::fold(&entries);
        let names = names(&reading.stream(&Stream::registry())?, &progress);
        Ok(Some(Self {
            progress: progress.view(Audience::Staff, &names, as_of),
            timeline: Timeline::fold(&entries).view(Audience::Staff, as_of),
            names,
        }))
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({"progress": self.progress, "timeline": self.timeline})
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let progress = &self.progress;
        let mut text = String::new();
        let number = progress.case.as_deref().unwrap_or("?");
        let _ = writeln!(text, "办件 Case {number}");
        let _ = writeln!(text, "  {}\n  {}", progress.sentence.zh, progress.sentence.en);
        let state = &progress.state_words;
        let _ = writeln!(text, "  状态 State: {} {}", state.zh, state.en);
        if let (Some(item), Some(version)) = (progress.item, progress.item_version) {
            let _ = writeln!(text, "  事项 Item: {item}, 第{version}版 version {version}");
        }
        if let Some(holder) = &progress.holder_name {
            let _ = writeln!(text, "  承办 With: {holder}");
        }
        let _ = writeln!(text, "  时间线 Timeline:");
        for moment in &self.timeline.moments {
            self.tell(moment, &mut text);
        }
        let as_of = &self.timeline.as_of;
        let _ = writeln!(text, "  截至 As of: {} entries, root {}", as_of.size, as_of.root);
        text
    }

    fn tell(&self, moment: &MomentView, text: &mut String) {
        let when = moment.claimed_at.unwrap_or(moment.recorded_at);
        let words = moment.content_words.as_ref().unwrap_or(&moment.words);
        let step = moment.step.as_ref().map(|step| format!(" {}", self.step(step)));
        let who = moment.imported.as_ref().and_then(|imported| imported.handler.as_ref());
        let who = who.map(ToString::to_string).or_else(|| {
            let signer = moment.signer.as_ref()?;
            Some(
                signer.officer.as_ref().map_or_else(|| signer.role.to_owned(), ToString::to_string),
            )
        });
        let _ = writeln!(
            text,
            "  {:>3}. {}  {} {}{}  [{} · #{}]",
            moment.number,
            in_china(when),
            words.zh,
            words.en,
            step.unwrap_or_default(),
            who.unwrap_or_default(),
            moment.seq,
        );
    }

    /// The step's code and its name, once.
    fn step(&self, code: &case_ledger::names::Token) -> String {
        let name = self.names.step(code);
        if name.starts_with(code.as_str()) { name.to_owned() } else { format!("{code} {name}") }
    }
}

/// Names of offices and of the case's steps, as the registry says now.
fn names(registry: &[Entry], progress: &Progress) -> Names {
    let mut names = Names::default();
    let acts = registry.iter().filter_map(|entry| entry.envelope()?.act.act.as_ref().ok());
    for act in acts {
        if let Act::OfficeRegistered(registered) = act {
            let office: OfficeCode = registered.office;
            names.offices.insert(office, registered.name.0.clone());
        } else if let Act::ItemPublished(published) = act {
            let ItemPublished { item, version, steps, .. } = &**published;
            if Some(*item) == progress.item && Some(*version) == progress.item_version {
                let steps = steps.iter().flatten();
                names.steps.extend(steps.map(|step| (step.code.clone(), step.name.0.clone())));
            }
        }
    }
    names
}

/// An instant as clocks in China show it, to the second.
fn in_china(at: Micros) -> String {
    let zone = FixedOffset::east_opt(8 * 3600);
    let there = DateTime::from_timestamp_micros(at.0)
        .zip(zone)
        .map(|(utc, zone)| utc.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string());
    there.unwrap_or_else(|| at.to_string())
}

/// An entry for people.
pub fn entry_text(entry: &Entry) -> String {
    let header = &entry.header;
    let mut text = String::new();
    let _ = writeln!(text, "记录 Entry {}", Seq(header.seq));
    let _ = writeln!(text, "  收录 Recorded:  {}", header.time());
    let _ = writeln!(text, "  流 Stream:      {}, no. {}", entry.stream(), header.stream_number);
    let _ = writeln!(text, "  叶 Leaf:        {}", entry.leaf);
    let _ = writeln!(text, "  头摘要 Header:  {}", entry.hash);
    match &entry.content {
        Content::Withheld(_) => {
            let _ = writeln!(text, "  内容已撤除，承诺值完好 Content withheld, commitment intact");
        }
        Content::Action(action) => {
            let envelope = &action.envelope;
            let _ = writeln!(text, "  签署 Signer:    {}, key {}", envelope.issuer, envelope.kid);
            let _ = writeln!(text, "  称发生 Claimed: {}", envelope.claimed_at());
            let payload: Option<Value> = serde_json::from_slice(&action.jws.payload).ok();
            let pretty = payload.and_then(|payload| serde_json::to_string_pretty(&payload).ok());
            let _ = writeln!(text, "{}", pretty.unwrap_or_default());
        }
    }
    text
}
