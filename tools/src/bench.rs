//! `caseledger bench`: figures in one run, with the machine's own rates beside them, as ratios.
//!
//! Absolute figures say little on a shared machine; every figure here is held against what the same machine does in the same
//! minute with nothing but the cryptography, or nothing but the disk.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use case_ledger::signing::VerifyingKey;
use case_ledger_store::verify::Kept;
use clap::{Args, Subcommand};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::desk::{Desk, Unit};
use crate::failure::{Failure, OrFail as _};

mod bureau;

use bureau::Bureau;

/// What to measure.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseledger bench append --entries 200000\n  caseledger bench verify --entries 200000\n  caseledger bench grow --entries 3000000"
)]
pub struct Arguments {
    #[command(subcommand)]
    what: Figure,
    /// Where the ledger of the measurement is made; removed afterwards.
    #[arg(long, value_name = "DIR", global = true)]
    scratch: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Figure {
    /// Durable signed appends through HTTP: in batches, and one alone.
    Append {
        /// Entries to append.
        #[arg(long, default_value_t = 200_000)]
        entries: u64,
    },
    /// Verification of a whole log, both copies.
    Verify {
        /// Entries to verify.
        #[arg(long, default_value_t = 200_000)]
        entries: u64,
    },
    /// How the cost of an append, opening, memory and disk grow with the log.
    Grow {
        /// Entries at the end.
        #[arg(long, default_value_t = 3_000_000)]
        entries: u64,
    },
}

const MACHINE: &str = "Look whether the disk has room and who may write there.";

/// Runs the command.
///
/// # Errors
/// Exit 3 if the measurement cannot be made.
pub fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let scratch = arguments.scratch.clone().unwrap_or_else(|| PathBuf::from("./caseledger-bench"));
    if scratch.exists() {
        return Err(Failure::usage(
            format!("{} exists already.", scratch.display()),
            "Remove it, or name another directory with --scratch.",
        ));
    }
    let figures = match arguments.what {
        Figure::Append { entries } => append(&scratch, entries, desk),
        Figure::Verify { entries } => verify(&scratch, entries, desk),
        Figure::Grow { entries } => grow(&scratch, entries, desk),
    };
    let _ = std::fs::remove_dir_all(&scratch);
    let figures = figures?;
    desk.result(
        in_words(&figures),
        &Value::Object(
            figures.into_iter().map(|figure| (figure.name.to_owned(), figure.value)).collect(),
        ),
    )
}

/// One line of the result.
struct Line {
    name: &'static str,
    words: String,
    value: Value,
}

fn line(name: &'static str, words: String, value: impl Into<Value>) -> Line {
    Line { name, words, value: value.into() }
}

fn in_words(lines: &[Line]) -> String {
    lines.iter().map(|line| line.words.as_str()).collect::<Vec<_>>().join("\n")
}

/// Actions signed before anything is measured, in batches of whole cases: two connections may overtake each other.
const BATCH: usize = 4000;

fn append(scratch: &Path, entries: u64, desk: &Desk<'_>) -> Result<Vec<Line>, Failure> {
    let bureau = Bureau::found(scratch)?;
    let batches = signed_batches(&bureau, entries, desk);
    let server = Bureau::serve(scratch)?;
    let before = verification_rate(&bureau);
    let started = Instant::now();
    send_all(&server.url("/v1/actions/batch"), batches, desk)?;
    let rate = rate(entries, started.elapsed());
    let after = verification_rate(&bureau);
    let machine = f64::midpoint(before, after);
    let disk_us = write_and_sync_us(scratch, 1024)?;
    let alone_us = alone_us(&bureau, &server.url("/v1/actions"))?;
    server.stop();
    Ok(vec![
        line(
            "verifications_per_s",
            format!("this machine: {machine:.0} strict Ed25519 verifications/s on all cores"),
            machine,
        ),
        line(
            "appends_per_s",
            format!("batches over HTTP, client included: {rate:.0} durable appends/s"),
            rate,
        ),
        line(
            "appends_of_verifications",
            format!("  = {:.1} % of the verification rate (at least 60 %)", 100.0 * rate / machine),
            rate / machine,
        ),
        line(
            "write_sync_us",
            format!("this machine: {disk_us:.0} µs to write and fsync 1 KiB (median)"),
            disk_us,
        ),
        line(
            "alone_us",
            format!("one append alone over HTTP: {alone_us:.0} µs (median)"),
            alone_us,
        ),
        line(
            "alone_of_write_sync",
            format!("  = {:.1} × (at most 6 ×)", alone_us / disk_us),
            alone_us / disk_us,
        ),
    ])
}

fn verify(scratch: &Path, entries: u64, desk: &Desk<'_>) -> Result<Vec<Line>, Failure> {
    let bureau = Bureau::found(scratch)?;
    fill(&bureau, scratch, 0, entries, desk)?;
    let before = verification_rate(&bureau);
    let started = Instant::now();
    let report = crate::verify::report_on(scratch, &Kept::default(), desk)?;
    let rate = rate(report.entries, started.elapsed());
    let machine = f64::midpoint(before, verification_rate(&bureau));
    if !report.is_good() {
        return Err(Failure::refused(
            crate::verify::in_words(&report),
            "This is a defect: report it.",
        ));
    }
    let peak = peak_memory_mib();
    Ok(vec![
        line(
            "verifications_per_s",
            format!("this machine: {machine:.0} strict Ed25519 verifications/s on all cores"),
            machine,
        ),
        line("verified_per_s", format!("whole log, both copies: {rate:.0} entries/s"), rate),
        line(
            "verified_of_verifications",
            format!("  = {:.1} % of the verification rate (at least 85 %)", 100.0 * rate / machine),
            rate / machine,
        ),
        line("peak_memory_mib", format!("peak memory of the whole run: {peak:.0} MiB"), peak),
    ])
}

fn grow(scratch: &Path, entries: u64, desk: &Desk<'_>) -> Result<Vec<Line>, Failure> {
    let bureau = Bureau::found(scratch)?;
    let mut lines = Vec::new();
    let mut from = 0;
    let mut first_cost = None;
    for target in [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
        .into_iter()
        .filter(|target| *target <= entries)
    {
        let (cost_us, record_bytes) = fill(&bureau, scratch, from, target, desk)?;
        from = target;
        let first = *first_cost.get_or_insert(cost_us);
        let text = format!(
            "{target:>9} entries: {cost_us:.2} µs an append, {:.2} × the first",
            cost_us / first
        );
        lines.push(line("append_cost", text, json!({"entries": target, "us": cost_us})));
        if target == entries || target * 10 > entries * 3 {
            let both_copies = disk_bytes(scratch)?;
            #[expect(clippy::cast_precision_loss, reason = "a ratio to two digits")]
            let ratio = both_copies as f64 / (record_bytes as f64 * target as f64);
            lines.push(line(
                "disk_ratio",
                format!("  both copies: {ratio:.2} × the record bytes (at most 3.5 ×)"),
                ratio,
            ));
        }
    }
    let engine = Instant::now();
    drop(
        case_ledger_store::engine::Engine::open(&scratch.join("log/db"))
            .or_environment("The engine does not open.", MACHINE)?,
    );
    let engine = engine.elapsed();
    let opening = Instant::now();
    drop(Bureau::open(scratch)?);
    let opening = opening.elapsed();
    lines.push(line(
        "open_s",
        format!(
            "opening: {:.2} s, of which the engine alone {:.2} s (at most 3 s more)",
            opening.as_secs_f64(),
            engine.as_secs_f64()
        ),
        json!({"open": opening.as_secs_f64(), "engine": engine.as_secs_f64()}),
    ));
    let peak = peak_memory_mib();
    lines.push(line(
        "peak_memory_mib",
        format!("peak memory of the whole run: {peak:.0} MiB (at most 1024)"),
        peak,
    ));
    Ok(lines)
}

fn rate(count: u64, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate to a few digits")]
    let count = count as f64;
    count / took.as_secs_f64()
}

/// Strict verifications a second on all cores, of messages as long as an action.
fn verification_rate(bureau: &Bureau) -> f64 {
    const MANY: u64 = 20_000;
    let key = &bureau.clerk;
    let message = vec![b'a'; 520];
    let signature = key.sign(&message);
    let Some(verifying) = VerifyingKey::new(key.public()) else { return f64::NAN };
    let started = Instant::now();
    let all = (0..MANY).into_par_iter().all(|_| verifying.verifies(&message, &signature));
    if all { rate(MANY, started.elapsed()) } else { f64::NAN }
}

fn signed_batches(bureau: &Bureau, entries: u64, desk: &Desk<'_>) -> VecDeque<Vec<u8>> {
    let bar = desk.progress(entries, "signing", Unit::Entries);
    let numbers: Vec<u64> = (0..entries).collect();
    let batches = numbers
        .chunks(BATCH)
        .map(|chunk| {
            let lines: Vec<String> =
                chunk.par_iter().map(|number| bureau.action(*number) + "\n").collect();
            bar.inc(chunk.len() as u64);
            lines.concat().into_bytes()
        })
        .collect();
    bar.finish_and_clear();
    batches
}

/// Sends the batches over two connections, as a client with two requests in flight does.
fn send_all(url: &str, batches: VecDeque<Vec<u8>>, desk: &Desk<'_>) -> Result<(), Failure> {
    let bar = desk.progress(batches.len() as u64 * BATCH as u64, "appending", Unit::Entries);
    let queue = std::sync::Mutex::new(batches);
    let work = || -> Result<(), Failure> {
        let agent = ureq::agent();
        loop {
            let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front();
            let Some(batch) = next else { return Ok(()) };
            let lines = batch.split(|byte| *byte == b'\n').count().saturating_sub(1);
            let mut answer = agent
                .post(url)
                .send(&batch[..])
                .or_environment("The server did not answer.", "This is a defect: report it.")?;
            let text = answer.body_mut().with_config().limit(1 << 30).read_to_string();
            let text =
                text.or_environment("The server did not answer.", "This is a defect: report it.")?;
            let recorded = text.lines().filter(|line| line.contains("\"leaf\"")).count();
            if recorded != lines {
                let refused = text
                    .lines()
                    .find(|line| line.contains("problem"))
                    .unwrap_or("fewer answers than actions")
                    .to_owned();
                return Err(Failure::refused(
                    "Not everything was recorded.",
                    "This is a defect: report it.",
                )
                .because_of(refused));
            }
            bar.inc(lines as u64);
        }
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(work);
        let other = work();
        (one.join(), other)
    });
    bar.finish_and_clear();
    other?;
    one.unwrap_or_else(|_| {
        Err(Failure::environment("A client broke down.", "This is a defect: report it."))
    })
}

/// Median microseconds to write and fsync so many bytes at the end of a file.
fn write_and_sync_us(scratch: &Path, length: usize) -> Result<f64, Failure> {
    let path = scratch.join("probe");
    let bytes = vec![7; length];
    let times = File::create(&path).and_then(|mut file| {
        let mut times = Vec::new();
        for _ in 0..300 {
            let started = Instant::now();
            file.write_all(&bytes)?;
            file.sync_all()?;
            times.push(started.elapsed());
        }
        file.write_all_at(&bytes, 0)?;
        Ok(times)
    });
    let _ = std::fs::remove_file(&path);
    times.map(median_us).or_environment("The disk cannot be measured.", MACHINE)
}

fn median_us(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}

fn alone_us(bureau: &Bureau, url: &str) -> Result<f64, Failure> {
    // A refusal is an answer, too: it is shown below.
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut times = Vec::new();
    for number in 0..400 {
        let text = bureau.action(bureau::ALONE + number);
        let started = Instant::now();
        let mut answer = agent
            .post(url)
            .send(text.as_bytes())
            .or_environment("The server did not answer.", "This is a defect: report it.")?;
        let body = answer
            .body_mut()
            .read_to_string()
            .or_environment("The server did not answer.", "This is a defect: report it.")?;
        times.push(started.elapsed());
        if !body.contains("\"leaf\"") {
            return Err(Failure::refused(
                "The action was not recorded.",
                "This is a defect: report it.",
            )
            .because_of(body));
        }
    }
    Ok(median_us(times.split_off(100)))
}

/// Appends entries `from..to` straight into the store; gives the cost of one in µs and the mean size of a record.
fn fill(
    bureau: &Bureau,
    scratch: &Path,
    from: u64,
    to: u64,
    desk: &Desk<'_>,
) -> Result<(f64, u64), Failure> {
    let store = Bureau::open(scratch)?;
    let keys = store.keys();
    let bar = desk.progress(to - from, "filling", Unit::Entries);
    let mut spent = Duration::ZERO;
    let mut bytes = 0;
    let numbers: Vec<u64> = (from..to).collect();
    for chunk in numbers.chunks(BATCH / 2) {
        let prepared: Result<Vec<_>, _> = chunk
            .par_iter()
            .map(|number| {
                case_ledger_store::Prepared::new(bureau.action(*number).as_bytes(), &keys)
            })
            .collect();
        let prepared = prepared.map_err(|refusal| {
            Failure::refused(refusal.to_string(), "This is a defect: report it.")
        })?;
        let started = Instant::now();
        let answers = store.submit_and_wait(prepared);
        spent += started.elapsed();
        let answers = answers.map_err(|why| Failure::environment(why.to_string(), MACHINE))?;
        for answer in answers.answers {
            let recorded = answer.map_err(|refusal| {
                Failure::refused(refusal.to_string(), "This is a defect: report it.")
            })?;
            bytes += recorded.record.header.len() + recorded.record.body.len();
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    store.close();
    let count = (to - from).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a mean to a few digits")]
    let cost = spent.as_secs_f64() * 1e6 / count as f64;
    Ok((cost, bytes as u64 / count))
}

fn disk_bytes(scratch: &Path) -> Result<u64, Failure> {
    fn under(path: &Path) -> std::io::Result<u64> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            bytes += if entry.file_type()?.is_dir() {
                under(&entry.path())?
            } else {
                entry.metadata()?.len()
            };
        }
        Ok(bytes)
    }
    let both = under(&scratch.join("log/db"))
        .and_then(|db| Ok(db + under(&scratch.join("log/segments"))?));
    both.or_environment("The directory cannot be measured.", MACHINE)
}

/// The most memory this process has ever held, in MiB.
fn peak_memory_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()
    });
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}
