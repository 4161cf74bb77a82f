//! Durable signed appends through HTTP, client included: in batches, and one alone.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use case_ledger_store::Prepared;
use rayon::prelude::*;

use super::bureau::{ALONE, Bureau, Server};
use super::figure::{Figure, Unit};
use super::machine::{Probe, median, micros, rate, verification_rate};
use super::{DEFECT, MACHINE};
use crate::desk::{Desk, Unit as Counted};
use crate::failure::{Failure, OrFail as _};

/// Actions of one request, all signed before anything is measured. Whole cases: two connections may overtake each other.
const BATCH: u64 = 4000;
/// Rounds of which the median counts.
const ROUNDS: usize = 5;
/// Appends of one action alone: the first are for warming up.
const WARM_UP: u64 = 100;
const ALONE_ROUNDS: u64 = 400;

pub(super) fn measure(
    scratch: &Path,
    entries: u64,
    desk: &Desk<'_>,
) -> Result<Vec<Figure>, Failure> {
    let bureau = Bureau::found(scratch)?;
    let batches = signed_batches(&bureau, entries, desk);
    let server = Bureau::serve(scratch)?;
    let mut figures = in_batches(&bureau, &server, batches, entries, desk)?;
    figures.extend(alone(scratch, &bureau, &server)?);
    server.stop();
    Ok(figures)
}

fn in_batches(
    bureau: &Bureau,
    server: &Server,
    mut batches: Vec<Vec<u8>>,
    entries: u64,
    desk: &Desk<'_>,
) -> Result<Vec<Figure>, Failure> {
    let url = server.url("/v1/actions/batch");
    let of_a_round = batches.len().div_ceil(ROUNDS).max(1);
    let (mut machine, mut appended, mut share) = (Vec::new(), Vec::new(), Vec::new());
    while !batches.is_empty() {
        let round: VecDeque<_> = batches.drain(..of_a_round.min(batches.len())).collect();
        let actions = round.iter().map(|batch| lines_of(batch)).sum();
        let before = verification_rate(&bureau.clerk);
        let started = Instant::now();
        send_all(&url, round, desk)?;
        let appends = rate(actions, started.elapsed());
        let alone = f64::midpoint(before, verification_rate(&bureau.clerk));
        machine.push(alone);
        appended.push(appends);
        share.push(100.0 * appends / alone);
    }
    let words = "this machine: strict Ed25519 verifications on all cores";
    let figure = |name, words, value, unit| Figure::new(name, words, value, unit).at(entries);
    Ok(vec![
        figure("verifications", words, median(machine), Unit::PerSecond),
        figure("append", "durable appends, batches over HTTP", median(appended), Unit::PerSecond),
        figure("append_share", "  of the verification rate", median(share), Unit::Percent)
            .at_least(60.0),
    ])
}

/// One action at a time, each after one write and sync of as many bytes: both find the machine as busy, or as asleep.
fn alone(scratch: &Path, bureau: &Bureau, server: &Server) -> Result<Vec<Figure>, Failure> {
    let agent: ureq::Agent =
        // A refusal is an answer, too: it is shown below.
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let (url, health) = (server.url("/v1/actions"), server.url("/healthz"));
    let frame = bureau.action(ALONE).len();
    let mut probe =
        Probe::new(scratch, frame).or_environment("The disk cannot be measured.", MACHINE)?;
    let mut times: [Vec<f64>; 5] = Default::default();
    for number in 0..WARM_UP + ALONE_ROUNDS {
        let text = bureau.action(ALONE + 2 * number);
        let disk =
            probe.write_and_sync().or_environment("The disk cannot be measured.", MACHINE)?;
        let whole = timed(|| {
            let body = answer(agent.post(&url).send(text.as_bytes()))?;
            if body.contains("\"leaf\"") {
                return Ok(());
            }
            Err(Failure::refused("The action was not recorded.", DEFECT).because_of(body))
        })?;
        let http = timed(|| answer(agent.get(&health).call()).map(drop))?;
        // The same again without HTTP: what the signature costs, and what the store does until both copies are durable.
        let text = bureau.action(ALONE + 2 * number + 1);
        let keys = server.store.keys();
        let started = Instant::now();
        let prepared = Prepared::new(text.as_bytes(), &keys)
            .map_err(|refusal| Failure::refused(refusal.to_string(), DEFECT))?;
        let reading = micros(started.elapsed());
        let store = timed(|| {
            let answers = server.store.submit_and_wait(vec![prepared]);
            answers.map(drop).map_err(|why| Failure::environment(why.to_string(), MACHINE))
        })?;
        if number >= WARM_UP {
            for (times, time) in times.iter_mut().zip([disk, whole, http, reading, store]) {
                times.push(time);
            }
        }
    }
    let [disk, whole, http, reading, store] = times.map(median);
    let figure = |name, words, value| Figure::new(name, words, value, Unit::Microseconds);
    Ok(vec![
        figure("write_sync", "this machine: a write and fsync of an action's bytes", disk),
        figure("alone", "one append alone over HTTP", whole),
        Figure::new("alone_of_write_sync", "  of the write and fsync", whole / disk, Unit::Times)
            .at_most(6.0),
        figure("alone_http", "  of that, a request that does nothing", http),
        figure("alone_reading", "  reading the action and its signature", reading),
        figure(
            "alone_store",
            "  the store: deciding, signing the checkpoint, both copies synced",
            store,
        ),
    ])
}

fn timed(work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let started = Instant::now();
    work()?;
    Ok(micros(started.elapsed()))
}

fn answer(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<String, Failure> {
    let what = "The server did not answer.";
    let mut response = response.or_environment(what, DEFECT)?;
    response.body_mut().with_config().limit(1 << 30).read_to_string().or_environment(what, DEFECT)
}

fn signed_batches(bureau: &Bureau, entries: u64, desk: &Desk<'_>) -> Vec<Vec<u8>> {
    let bar = desk.progress(entries, "signing", Counted::Entries);
    let numbers: Vec<u64> = (0..entries).collect();
    let sign = |chunk: &[u64]| {
        let lines: Vec<String> =
            chunk.par_iter().map(|number| bureau.action(*number) + "\n").collect();
        bar.inc(chunk.len() as u64);
        lines.concat().into_bytes()
    };
    let of_a_batch = usize::try_from(BATCH.min(entries / 5).max(1)).unwrap_or(1);
    let batches = numbers.chunks(of_a_batch).map(sign).collect();
    bar.finish_and_clear();
    batches
}

fn lines_of(batch: &[u8]) -> u64 {
    batch.split(|byte| *byte == b'\n').count().saturating_sub(1) as u64
}

/// Sends the batches over two connections, as a client with two requests in flight does.
fn send_all(url: &str, batches: VecDeque<Vec<u8>>, desk: &Desk<'_>) -> Result<(), Failure> {
    let bar = desk.progress(batches.len() as u64 * BATCH, "appending", Counted::Entries);
    let queue = Mutex::new(batches);
    let work = || -> Result<(), Failure> {
        let agent = ureq::agent();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(batch) = next else { return Ok(()) };
            let lines = lines_of(&batch);
            let text = answer(agent.post(url).send(&batch[..]))?;
            let recorded = text.lines().filter(|line| line.contains("\"leaf\"")).count() as u64;
            if recorded != lines {
                let refused = text.lines().find(|line| line.contains("problem"));
                let refused = refused.unwrap_or("fewer answers than actions");
                let failure = Failure::refused("Not everything was recorded.", DEFECT);
                return Err(failure.because_of(refused));
            }
            bar.inc(lines);
        }
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(work);
        let other = work();
        (one.join(), other)
    });
    bar.finish_and_clear();
    other?;
    one.unwrap_or_else(|_| Err(Failure::environment("A client broke down.", DEFECT)))
}
