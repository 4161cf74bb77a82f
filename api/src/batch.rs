//! Many signed actions in, one answer a line out, while the upload is still running.
//!
//! Three stages, a few groups of lines between them, all of it bounded:
//! 1. *read* cuts the upload into lines and lines into groups, and has each group prepared on other threads;
//! 2. *hand in* passes prepared groups to the writer, in order;
//! 3. *answer* waits for the writer and writes a group's answers in one piece.
//!
//! So the signatures of one group are checked while the one before is committed. A stage that is full stops the one before it,
//! and at last the client's upload. A group goes when it is full, or when nothing else is under way: a client that sends one
//! line and waits gets its answer at once.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use case_ledger::refusal::{Language, Refusal};
use case_ledger::registry::KeyRing;
use case_ledger::time::Micros;
use case_ledger_store::{Answer, Prepared, Unavailable};
use case_projections::as_of::LedgerClock;
use http_body_util::BodyExt as _;
use rayon::prelude::*;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio_stream::StreamExt as _;

use crate::app::{App, Awaited, going_down};
use crate::body::{Upload, linger};
use crate::language;
use crate::lines::{Gathering, Group};
use crate::problem::{Problem, Shown};
use crate::unread::{Unread, unread};
use crate::wire::push_hex;

/// Groups that are prepared or wait to be handed in. Two keep all cores busy.
const PREPARED_AHEAD: usize = 2;
/// Groups that are with the writer or wait to be answered.
const HANDED_IN_AHEAD: usize = 4;
/// Bytes of answers that wait for a client that does not read yet: whoever sends no more than 4096 lines may write all of them
/// before reading anything.
const ANSWERS_AHEAD: usize = 4096 * ANSWER_MAX;
/// Bytes of one answer at most.
const ANSWER_MAX: usize = 1024;
/// Lines that one thread takes at a time when a group is prepared: some 0.5 ms.
const LINES_AT_ONCE: usize = 16;

/// Takes many signed actions, one compact SD-JWT text a line, in a body of any length.
///
/// The answer is NDJSON, written while lines still come in: one object a line, in their order, with `line` and either the
/// entry's place or a `problem`; lines are judged one by one, and a refused one stops nothing. The last object has the newest
/// `checkpoint`, under which every entry stands that was answered with a place, or a `problem` if the batch was stopped: `line`
/// is then the first that was not looked at. A client reads while it writes, or sends at most 4096 lines at a time: a longer
/// batch is stopped by its own unread answers.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Upload(body): Upload,
) -> Result<Response, Problem> {
    if let Some(reason) = app.unavailable() {
        return Err(Problem::Unavailable(reason));
    }
    let place = app.batches.clone().try_acquire_owned().map_err(|_| Problem::TooManyBatches)?;
    let (answers, stream) = unread(ANSWERS_AHEAD);
    let batch = Batch {
        app,
        language: language::wanted(&headers),
        answers,
        under_way: watch::Sender::new(0),
        stopped: watch::Sender::new(None),
    };
    tokio::spawn(batch.run(body, place));
    let mut response = Response::new(Body::from_stream(stream.map(Ok::<_, Infallible>)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

struct Batch {
    app: Arc<App>,
    language: Language,
    answers: Unread,
    /// Groups that were read and not answered yet.
    under_way: watch::Sender<usize>,
    /// Why no further group is handed in.
    stopped: watch::Sender<Option<Problem>>,
}

/// A group whose preparation has begun.
struct Preparing {
    first: u64,
    count: usize,
    ready: JoinHandle<Ready>,
}

/// A prepared group: what can be handed in, and what cannot.
struct Ready {
    actions: Vec<Prepared>,
    /// Places in the group, in order.
    faults: Vec<(usize, Fault)>,
}

/// Why a line cannot be handed in.
enum Fault {
    Refused(Refusal),
    TooLong,
}

/// A group on its way through the writer.
struct HandedIn {
    first: u64,
    count: usize,
    faults: Vec<(usize, Fault)>,
    outcome: Outcome,
}

enum Outcome {
    /// The writer will say.
    Awaited(Awaited),
    /// There was nothing to hand in.
    Nothing,
    /// It was not handed in.
    Not(Problem),
}

impl Batch {
    async fn run(self, mut body: Body, _place: OwnedSemaphorePermit) {
        let (prepare, prepared) = mpsc::channel(PREPARED_AHEAD);
        let (hand_in, handed_in) = mpsc::channel(HANDED_IN_AHEAD);
        let (end, (), ()) = tokio::join!(
            self.read(&mut body, prepare),
            self.hand_in(prepared, hand_in),
            self.answer(handed_in)
        );
        let stopped = self.stopped.borrow().clone();
        let last = match stopped.or(end.problem) {
            None => LastLine {
                checkpoint: self.app.store.checkpoint().map(|(newest, _)| newest.to_text()),
                line: None,
                problem: None,
                clock: self.app.clock(),
            },
            Some(problem) => LastLine {
                checkpoint: None,
                line: Some(end.next_line),
                problem: Some(problem.shown(self.language)),
                clock: self.app.clock(),
            },
        };
        let complete = last.problem.is_none();
        let mut text = serde_json::to_vec(&last).unwrap_or_default();
        text.push(b'\n');
        let _ = self.answers.send(text.into()).await;
        // The answer ends here, so that a client that goes on writing can read why it should not.
        drop(self);
        if !complete {
            linger(body).await;
        }
    }

    /// Stage 1.
    async fn read(&self, body: &mut Body, prepare: mpsc::Sender<Preparing>) -> End {
        let config = &self.app.config;
        let mut gathering = Gathering::new(config.group_lines, config.group_bytes);
        let (mut under_way, mut stopped, mut closing) =
            (self.under_way.subscribe(), self.stopped.subscribe(), self.app.closing.clone());
        let problem = loop {
            let event = tokio::select! {
                biased;
                _ = stopped.wait_for(Option::is_some) => Event::Stopped,
                () = going_down(&mut closing) => Event::Closing,
                data = tokio::time::timeout(config.upload_idle, next_data(body)) => Event::of(data),
                _ = under_way.wait_for(|groups| *groups == 0), if gathering.has_lines() => Event::NothingUnderWay,
            };
            match event {
                Event::Data(data) => {
                    let mut piece = &data[..];
                    while let Some(group) = gathering.take_in(&mut piece) {
                        self.begin(group, &prepare).await;
                    }
                }
                Event::NothingUnderWay => self.begin(gathering.let_go(), &prepare).await,
                Event::End => {
                    self.begin(gathering.finish(), &prepare).await;
                    break None;
                }
                Event::Stopped => break None,
                Event::Closing => break Some(Problem::Unavailable(Unavailable::ShuttingDown)),
                Event::TooSlow => break Some(Problem::TooSlow),
                Event::BrokenOff => break Some(Problem::BrokenOff),
            }
        };
        // Lines that are whole are answered, however the upload ended.
        self.begin(gathering.let_go(), &prepare).await;
        End { next_line: gathering.next_line(), problem }
    }

    async fn begin(&self, group: Group, prepare: &mpsc::Sender<Preparing>) {
        if group.len() == 0 {
            return;
        }
        self.under_way.send_modify(|groups| *groups += 1);
        let (first, count, keys) = (group.first, group.len(), self.app.store.keys());
        let ready = tokio::task::spawn_blocking(move || Ready::of(&group, &keys));
        let _ = prepare.send(Preparing { first, count, ready }).await;
    }

    /// Stage 2.
    async fn hand_in(
        &self,
        mut prepared: mpsc::Receiver<Preparing>,
        hand_in: mpsc::Sender<HandedIn>,
    ) {
        while let Some(Preparing { first, count, ready }) = prepared.recv().await {
            let (actions, faults, failed) = match ready.await {
                Ok(Ready { actions, faults }) => (actions, faults, None),
                // A thread that panicked has handed in nothing.
                Err(_) => (Vec::new(), Vec::new(), Some(Problem::Internal)),
            };
            let stopped = self.stopped.borrow().is_some().then_some(Problem::Stopped);
            let outcome = match failed.or(stopped) {
                Some(problem) => Outcome::Not(problem),
                None if actions.is_empty() => Outcome::Nothing,
                None => {
                    self.app.submit_group(actions).await.map_or_else(Outcome::Not, Outcome::Awaited)
                }
            };
            let _ = hand_in.send(HandedIn { first, count, faults, outcome }).await;
        }
    }

    /// Stage 3.
    async fn answer(&self, mut handed_in: mpsc::Receiver<HandedIn>) {
        let mut lines = AnswerLines::new(self.language);
        while let Some(group) = handed_in.recv().await {
            let answers = match group.outcome {
                Outcome::Awaited(told) => match self.app.settled(told).await {
                    Ok(answers) => Ok(answers.answers),
                    Err(reason) => Err(Problem::Unavailable(reason)),
                },
                Outcome::Nothing => Ok(Vec::new()),
                Outcome::Not(problem) => Err(problem),
            };
            if let Err(problem) = &answers {
                self.stop(problem.clone());
            }
            let text = lines.of_group(group.first, group.count, group.faults, answers);
            self.under_way.send_modify(|groups| *groups -= 1);
            if self.answers.send(text).await.is_err() {
                // Nobody reads any more. What was handed in stands; nothing else is taken for nobody.
                self.stop(Problem::BrokenOff);
            }
        }
    }

    /// Stops the batch, for the first reason that there is.
    fn stop(&self, problem: Problem) {
        self.stopped.send_if_modified(|stopped| {
            let first = stopped.is_none();
            stopped.get_or_insert(problem);
            first
        });
    }
}

/// How the reading ended.
struct End {
    next_line: u64,
    problem: Option<Problem>,
}

enum Event {
    Data(Bytes),
    NothingUnderWay,
    End,
    Stopped,
    Closing,
    TooSlow,
    BrokenOff,
}

impl Event {
    fn of(data: Result<Option<Result<Bytes, axum::Error>>, Elapsed>) -> Self {
        match data {
            Ok(Some(Ok(data))) => Self::Data(data),
            Ok(Some(Err(_))) => Self::BrokenOff,
            Ok(None) => Self::End,
            Err(_) => Self::TooSlow,
        }
    }
}

/// The next piece of the upload; trailers are an empty one.
async fn next_data(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = body.frame().await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

impl Ready {
    fn of(group: &Group, keys: &KeyRing) -> Self {
        let prepare = |place| match group.line(place) {
            Some(line) => Prepared::new(line, keys).map_err(Fault::Refused),
            None => Err(Fault::TooLong),
        };
        let prepared: Vec<_> =
            (0..group.len()).into_par_iter().with_min_len(LINES_AT_ONCE).map(prepare).collect();
        let mut ready = Self { actions: Vec::with_capacity(prepared.len()), faults: Vec::new() };
        for (place, prepared) in prepared.into_iter().enumerate() {
            match prepared {
                Ok(action) => ready.actions.push(action),
                Err(fault) => ready.faults.push((place, fault)),
            }
        }
        ready
    }
}

/// The line after all others.
#[derive(Debug, Serialize)]
struct LastLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    clock: LedgerClock,
}

/// A line that was not recorded.
#[derive(Debug, Serialize)]
struct ProblemLine<'a> {
    line: u64,
    problem: &'a Shown,
}

/// Writes answers. All entries of a commit have one stamp, so its text is made once.
struct AnswerLines {
    language: Language,
    stamp: Option<(Micros, String)>,
}

/// Bytes of an ordinary answer, and some more.
const ANSWER_BYTES: usize = 224;

impl AnswerLines {
    fn new(language: Language) -> Self {
        Self { language, stamp: None }
    }

    /// The answers to a group: faults where there are faults, and between them the writer's answers in order, or the one problem
    /// that stands for all of them.
    fn of_group(
        &mut self,
        first: u64,
        count: usize,
        faults: Vec<(usize, Fault)>,
        answers: Result<Vec<Answer>, Problem>,
    ) -> Bytes {
        let mut text = Vec::with_capacity(count * ANSWER_BYTES);
        let mut faults = faults.into_iter().peekable();
        let (mut answers, problem) = match answers {
            Ok(answers) => (answers.into_iter(), Problem::Internal),
            Err(problem) => (Vec::new().into_iter(), problem),
        };
        let for_all = problem.shown(self.language);
        for (place, line) in (0..count).zip(first..) {
            if let Some((_, fault)) = faults.next_if(|(at, _)| *at == place) {
                let problem = match fault {
                    Fault::Refused(refusal) => Problem::Refused(refusal),
                    Fault::TooLong => Problem::TooLong,
                };
                push_problem(&mut text, line, &problem.shown(self.language));
                continue;
            }
            match answers.next() {
                Some(Ok(recorded)) => self.push_recorded(&mut text, line, &recorded),
                Some(Err(refusal)) => {
                    push_problem(&mut text, line, &Problem::Refused(refusal).shown(self.language));
                }
                None => push_problem(&mut text, line, &for_all),
            }
        }
        text.into()
    }

    fn push_recorded(
        &mut self,
        text: &mut Vec<u8>,
        line: u64,
        recorded: &case_ledger_store::Recorded,
    ) {
        if self.stamp.as_ref().is_none_or(|(at, _)| *at != recorded.recorded_at) {
            self.stamp = Some((recorded.recorded_at, recorded.recorded_at.to_string()));
        }
        let stamp = self.stamp.as_ref().map_or("", |(_, text)| text);
        text.extend_from_slice(b"{\"line\":");
        push_decimal(line, text);
        text.extend_from_slice(b",\"seq\":");
        push_decimal(recorded.seq, text);
        text.extend_from_slice(b",\"leaf\":\"");
        push_hex(&recorded.leaf.0, text);
        text.extend_from_slice(b"\",\"recorded_at\":\"");
        text.extend_from_slice(stamp.as_bytes());
        text.extend_from_slice(if recorded.again {
            b"\",\"again\":true}\n"
        } else {
            b"\",\"again\":false}\n"
        });
    }
}

fn push_decimal(number: u64, text: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing into memory does not fail.
    let _ = write!(text, "{number}");
}

fn push_problem(text: &mut Vec<u8>, line: u64, problem: &Shown) {
    let begun = text.len();
    let mut push = |problem: &Shown| {
        text.truncate(begun);
        // As above; every part of a problem can be written as JSON.
        let _ = serde_json::to_writer(&mut *text, &ProblemLine { line, problem });
        text.push(b'\n');
        text.len() - begun
    };
    // A sentence repeats names that the client made up, and these may be of any length.
    if push(problem) > ANSWER_MAX {
        push(&problem.in_short());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_longer_than_was_promised() {
        for length in [1, 400, 30_000] {
            for name in ["x", "\u{1}", "名"] {
                let refusal = Refusal::UnknownField(name.repeat(length));
                for language in [Language::Chinese, Language::English] {
                    let mut text = b"before\n".to_vec();
                    let shown = Problem::Refused(refusal.clone()).shown(language);
                    push_problem(&mut text, u64::MAX, &shown);
                    let line = text.strip_prefix(b"before\n").unwrap();
                    assert!(line.len() <= ANSWER_MAX, "{length}");
                    let said: serde_json::Value = serde_json::from_slice(line).unwrap();
                    assert_eq!(said["problem"]["code"], "unknown_field");
                    assert!(
                        said["problem"]["detail"].as_str().is_some_and(|text| !text.is_empty())
                    );
                }
            }
        }
    }
}
