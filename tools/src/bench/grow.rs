//! How the cost of an append, opening after a kill, memory and disk grow with the log.
//!
//! A process of its own fills the log, says how it goes, and is killed in the middle of the next commits; this one then opens
//! what it left.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use case_ledger_store::engine::Engine;
use case_ledger_store::verify::Kept;
use case_ledger_store::{Prepared, Store};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::bureau::Bureau;
use super::figure::{Figure, Unit};
use super::machine::{bytes_under, forget_peak_memory, median, micros, peak_memory_mib};
use super::{DEFECT, MACHINE};
use crate::desk::{Desk, Unit as Counted};
use crate::failure::{Failure, OrFail as _};

/// Actions of one commit.
const BATCH: u64 = 2000;
/// Sizes at which the cost of an append is held against that in a log of ten thousand.
const MARKS: [u64; 7] = [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];
/// Commits before a mark whose median is the cost there.
const LOOK_BACK: usize = 20;
/// The size of the log that each mark is held against.
const SMALL: u64 = 10_000;

pub(super) fn measure(
    scratch: &Path,
    entries: u64,
    desk: &Desk<'_>,
) -> Result<Vec<Figure>, Failure> {
    let (mut figures, filled) = fill_and_kill(scratch, entries, desk)?;
    figures.push(
        Figure::new("fill_memory", "peak memory of the writer", filled.memory_mib, Unit::Mebibytes)
            .at(entries)
            .at_most(1024.0),
    );
    let both = bytes_under(&scratch.join("log/db"))
        .and_then(|db| Ok(db + bytes_under(&scratch.join("log/segments"))?))
        .or_environment("The directory cannot be measured.", MACHINE)?;
    #[expect(clippy::cast_precision_loss, reason = "a ratio to two digits")]
    let ratio = both as f64 / filled.record_bytes as f64;
    figures.push(
        Figure::new("disk", "both copies, of the records' bytes", ratio, Unit::Times)
            .at(entries)
            .at_most(3.5),
    );
    figures.extend(open_after_kill(scratch, entries)?);
    forget_peak_memory();
    let report = crate::verify::report_on(scratch, &Kept::default(), desk)?;
    if !report.is_good() {
        return Err(Failure::refused(crate::verify::in_words(&report), DEFECT));
    }
    let peak = peak_memory_mib("self");
    figures.push(
        Figure::new("verify_memory", "peak memory while verifying", peak, Unit::Mebibytes)
            .at(report.entries),
    );
    Ok(figures)
}

/// What the process said that filled the log.
struct Filled {
    record_bytes: u64,
    memory_mib: f64,
}

fn fill_and_kill(
    scratch: &Path,
    entries: u64,
    desk: &Desk<'_>,
) -> Result<(Vec<Figure>, Filled), Failure> {
    let what = "The process that fills the log does not start.";
    let program = std::env::current_exe().or_environment(what, DEFECT)?;
    let mut child = Command::new(program)
        .args(["--json", "bench", "fill", "--entries", &entries.to_string(), "--scratch"])
        .arg(scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .or_environment(what, MACHINE)?;
    let told = listen(&mut child, entries, desk);
    let memory_mib = peak_memory_mib(&child.id().to_string());
    let _ = child.kill();
    let _ = child.wait();
    let (figures, record_bytes) = told?;
    Ok((figures, Filled { record_bytes, memory_mib }))
}

/// Reads what the filling process says until it has filled the log, and then lets it go on for a moment.
fn listen(child: &mut Child, entries: u64, desk: &Desk<'_>) -> Result<(Vec<Figure>, u64), Failure> {
    let broke_down = || Failure::environment("The process that fills the log broke down.", MACHINE);
    let lines = child.stdout.take().map(BufReader::new).ok_or_else(broke_down)?;
    let bar = desk.progress(entries, "filling", Counted::Entries);
    let mut figures = Vec::new();
    let (mut size, mut bytes, mut beyond) = (0, 0, 0);
    for line in lines.lines() {
        let line = line.or_environment("The process that fills the log broke down.", MACHINE)?;
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        let count = |name: &str| said.get(name).and_then(Value::as_u64);
        let cost = |name: &str| said.get(name).and_then(Value::as_f64);
        if let (Some(mark), Some(here), Some(small)) = (count("mark"), cost("us"), cost("small_us"))
        {
            let slowest = cost("slowest_us").unwrap_or(f64::NAN);
            let figure = |name, words, value, unit| Figure::new(name, words, value, unit).at(mark);
            let us = Unit::Microseconds;
            figures.extend([
                figure("append_cost", "an append, median of commits", here, us),
                figure("append_cost_slowest", "  in the slowest commit so far", slowest, us),
                figure(
                    "append_cost_small",
                    "  in a log of ten thousand at the same moment",
                    small,
                    us,
                ),
                figure("append_growth", "  of that", here / small, Unit::Times).at_most(1.3),
            ]);
            continue;
        }
        let (Some(now), Some(records)) = (count("size"), count("record_bytes")) else {
            return Err(broke_down().because_of(line));
        };
        if now > entries {
            // Killed in the middle of a commit, as likely as not.
            beyond += 1;
            if beyond == 3 {
                break;
            }
            continue;
        }
        (size, bytes) = (now, records);
        bar.set_position(now);
    }
    bar.finish_and_clear();
    if size < entries { Err(broke_down()) } else { Ok((figures, bytes)) }
}

/// What an append costs in a log of [`SMALL`] entries, now: the machine's speed drifts while a large one fills.
fn small_log(scratch: &Path) -> Result<f64, Failure> {
    let beside = scratch.join("small");
    let bureau = Bureau::found(&beside)?;
    let store = Bureau::open(&beside)?;
    let mut costs = Vec::new();
    for begin in (0..SMALL).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        costs.push(append(&bureau, &store, begin..(begin + BATCH))?.0);
    }
    store.close();
    drop(store);
    std::fs::remove_dir_all(&beside).or_environment("The small log cannot be removed.", MACHINE)?;
    Ok(median(costs))
}

/// The process that is killed: it fills the log and says after each commit how large it is and what an append has cost.
pub(super) fn fill(scratch: &Path, entries: u64, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let bureau = Bureau::found(scratch)?;
    let store = Bureau::open(scratch)?;
    let (mut bytes, mut costs, mut slowest) = (0, VecDeque::new(), 0_f64);
    // Past the end it goes on until somebody kills it, or hears it no more.
    for begin in (0..entries * 2).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let size = begin + BATCH;
        let (cost, written) = append(&bureau, &store, begin..size)?;
        bytes += written;
        slowest = slowest.max(cost);
        costs.push_back(cost);
        if costs.len() > LOOK_BACK {
            costs.pop_front();
        }
        if size <= entries && MARKS.contains(&size) {
            let here = median(costs.iter().copied().collect());
            let small = small_log(scratch)?;
            desk.line(json!({"mark": size, "us": here, "slowest_us": slowest, "small_us": small}))?;
        }
        desk.line(json!({"size": size, "record_bytes": bytes}))?;
    }
    Ok(())
}

/// Fills a log in this process.
pub(super) fn fill_up_to(
    bureau: &Bureau,
    scratch: &Path,
    entries: u64,
    desk: &Desk<'_>,
) -> Result<(), Failure> {
    let store = Bureau::open(scratch)?;
    let bar = desk.progress(entries, "filling", Counted::Entries);
    for begin in (0..entries).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        append(bureau, &store, begin..(begin + BATCH).min(entries))?;
        bar.set_position(begin);
    }
    bar.finish_and_clear();
    store.close();
    Ok(())
}

/// Appends straight to the store. Gives microseconds an append, reading and checking the signatures not counted, and the bytes
/// of the records.
fn append(
    bureau: &Bureau,
    store: &Store,
    numbers: std::ops::Range<u64>,
) -> Result<(f64, u64), Failure> {
    let keys = store.keys();
    let numbers: Vec<u64> = numbers.collect();
    let prepared: Result<Vec<_>, _> = numbers
        .par_iter()
        .map(|number| Prepared::new(bureau.action(*number).as_bytes(), &keys))
        .collect();
    let prepared = prepared.map_err(|refusal| Failure::refused(refusal.to_string(), DEFECT))?;
    let started = Instant::now();
    let answers = store.submit_and_wait(prepared);
    let took = started.elapsed();
    let answers = answers.map_err(|why| Failure::environment(why.to_string(), MACHINE))?;
    let mut bytes = 0;
    for answer in answers.answers {
        let recorded = answer.map_err(|refusal| Failure::refused(refusal.to_string(), DEFECT))?;
        bytes += recorded.record.header.len() + recorded.record.body.len();
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean to a few digits")]
    let cost = micros(took) / numbers.len().max(1) as f64;
    Ok((cost, bytes as u64))
}

fn open_after_kill(scratch: &Path, entries: u64) -> Result<Vec<Figure>, Failure> {
    let engine = engine_alone(scratch)?;
    forget_peak_memory();
    let started = Instant::now();
    let store = Bureau::open(scratch)?;
    let opening = started.elapsed();
    let peak = peak_memory_mib("self");
    let more = opening.saturating_sub(engine).as_secs_f64();
    store.close();
    let figure = |name, words, value, unit| Figure::new(name, words, value, unit).at(entries);
    Ok(vec![
        figure("open", "opening after a kill", opening.as_secs_f64(), Unit::Seconds),
        figure("open_engine", "  the engine alone", engine.as_secs_f64(), Unit::Seconds),
        figure("open_more", "  more than the engine alone", more, Unit::Seconds).at_most(3.0),
        figure("open_memory", "  peak memory", peak, Unit::Mebibytes).at_most(1024.0),
    ])
}

/// How long the engine by itself takes to open the files that the kill left: on a copy, because it changes them.
fn engine_alone(scratch: &Path) -> Result<Duration, Failure> {
    let what = "The engine's files cannot be copied.";
    let copy = scratch.join("engine-alone");
    std::fs::create_dir_all(&copy).or_environment(what, MACHINE)?;
    case_ledger_store::sources::copy_files(&scratch.join("log/db"), &copy)
        .or_environment(what, MACHINE)?;
    let started = Instant::now();
    let engine = Engine::open(&copy).or_environment("The engine does not open.", DEFECT)?;
    let took = started.elapsed();
    engine.close().or_environment("The engine does not close.", DEFECT)?;
    std::fs::remove_dir_all(&copy).or_environment(what, MACHINE)?;
    Ok(took)
}
