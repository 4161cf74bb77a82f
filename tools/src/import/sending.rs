//! Sending a log's cases to a ledger, whole cases at a time.

use std::collections::HashSet;
use std::time::Instant;

use case_ledger::envelope::Draft;
use case_ledger::signing::SigningKey;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::input::Input;
use super::plan::{Case, LeftOut, Plan, Why};
use super::report::Report;
use crate::answer::Answer;
use crate::failure::Failure;
use crate::ledger::Ledger;

/// Entries of a batch at most, unless one case alone has more. So a batch goes in one request, after another with the
/// submissions of cases that may be there; a longer case takes several. What a server that goes away in between leaves undone,
/// running the import again finishes.
const BATCH_MAX: usize = 1500;
/// What the ledger says of a submission whose case it has already.
const IS_THERE: &str = "impossible/stream_exists";

/// Sends everything that the plan makes of the log. What is on the ledger already is answered as such, so that whoever
/// runs this again adds nothing and finishes what was cut short.
pub fn send(
    input: &Input,
    plan: &Plan,
    key: &SigningKey,
    ledger: &Ledger,
    bar: &ProgressBar,
) -> Result<Report, Failure> {
    let began = Instant::now();
    let mut report = Report::new(plan.source);
    let mut reader = input.read()?;
    let sender = Sender { key, ledger };
    let mut seen = HashSet::new();
    let mut batch = Batch::default();
    let mut row = 1;
    while let Some(trace) = reader.next() {
        let trace = match trace {
            Ok(trace) => trace,
            Err(error) => {
                report.damage = Some(error);
                break;
            }
        };
        report.cases += 1;
        report.events += trace.events.len() as u64;
        let case = plan.case(&trace, row);
        row += 1 + trace.events.len() as u64;
        match case {
            Ok(case) if !seen.insert(case.stream.key()) => {
                let said = case.stream.id().to_owned();
                let trace = trace.ordinal;
                report.leave_out(&LeftOut { why: Why::CaseTwice, trace, event: None, said });
            }
            Ok(case) => {
                case.left_out.iter().for_each(|left_out| report.leave_out(left_out));
                report.respelt += case.respelt;
                if let Some(full) = batch.take_in(case.drafts.len(), case) {
                    sender.send(full, &mut report)?;
                    bar.set_position(reader.bytes_read());
                }
            }
            Err(left_out) => report.leave_out(&left_out),
        }
    }
    sender.send(batch.cases, &mut report)?;
    report.loose_events = reader.loose_events();
    report.took = began.elapsed();
    bar.finish_and_clear();
    Ok(report)
}

/// Whole cases that are sent together.
struct Batch<C> {
    cases: Vec<C>,
    entries: usize,
}

impl<C> Default for Batch<C> {
    fn default() -> Self {
        Self { cases: Vec::new(), entries: 0 }
    }
}

impl<C> Batch<C> {
    /// Takes in a case of so many entries. Gives the cases before it, if it does not fit beside them.
    fn take_in(&mut self, entries: usize, case: C) -> Option<Vec<C>> {
        let full = !self.cases.is_empty() && self.entries + entries > BATCH_MAX;
        let before = full.then(|| std::mem::take(self).cases);
        self.entries += entries;
        self.cases.push(case);
        before
    }
}

struct Sender<'s> {
    key: &'s SigningKey,
    ledger: &'s Ledger,
}

/// A case whose actions are signed.
struct Signed {
    trace: u64,
    name: String,
    texts: Vec<String>,
    /// Its submission was sent before, and is no longer among the texts.
    opened: bool,
}

impl Sender<'_> {
    /// Cases that may be there already first send their submission alone: if the ledger has the case from elsewhere, what
    /// happened in it must not be told twice.
    fn send(&self, batch: Vec<Case>, report: &mut Report) -> Result<(), Failure> {
        let (known, new): (Vec<Case>, Vec<Case>) =
            batch.into_iter().partition(|case| self.may_be_there(case));
        let mut ready = self.sign(new);
        let mut known = self.sign(known);
        let first: Vec<String> =
            known.iter().filter_map(|case| case.texts.first().cloned()).collect();
        let answers = self.submit(&first)?;
        for (case, answer) in known.iter_mut().zip(&answers) {
            case.opened = true;
            match answer {
                Answer::Refused(refused) if refused.full_code() == IS_THERE => {
                    let (why, said) = (Why::CaseElsewhere, case.name.clone());
                    report.leave_out(&LeftOut { why, trace: case.trace, event: None, said });
                    case.texts.clear();
                }
                Answer::Refused(refused) => {
                    report.refuse(&case.name, refused);
                    case.texts.clear();
                }
                Answer::Recorded(_) => {
                    note(report, &case.name, answer);
                    case.texts.drain(..1);
                }
            }
        }
        ready.extend(known);
        let texts: Vec<String> = ready.iter().flat_map(|case| &case.texts).cloned().collect();
        let mut answers = self.submit(&texts)?.into_iter();
        for case in &ready {
            let answers: Vec<_> = answers.by_ref().take(case.texts.len()).collect();
            // Where the submission is refused, all that follows is: it says no more.
            let refused = matches!(answers.first(), Some(Answer::Refused(_))) && !case.opened;
            let telling = if refused { 1 } else { answers.len() };
            answers.iter().take(telling).for_each(|answer| note(report, &case.name, answer));
        }
        give_up_if_nothing_is_taken(report)
    }

    fn may_be_there(&self, case: &Case) -> bool {
        match self.ledger {
            Ledger::Here { store, .. } => store.stream(&case.stream).is_some(),
            Ledger::There(_) => true,
        }
    }

    fn sign(&self, cases: Vec<Case>) -> Vec<Signed> {
        let sign = |case: Case| {
            let texts = case.drafts.into_iter().map(|draft: Draft| draft.sign(self.key)).collect();
            Signed { trace: case.trace, name: case.stream.to_string(), texts, opened: false }
        };
        cases.into_par_iter().map(sign).collect()
    }

    fn submit(&self, texts: &[String]) -> Result<Vec<Answer>, Failure> {
        if texts.is_empty() { Ok(Vec::new()) } else { self.ledger.submit(texts) }
    }
}

/// A missing key or post refuses everything; a million identical refusals say no more than a thousand.
fn give_up_if_nothing_is_taken(report: &Report) -> Result<(), Failure> {
    let Some((code, tally)) = report.refused.iter().max_by_key(|(_, tally)| tally.count) else {
        return Ok(());
    };
    if report.recorded + report.again > 0 {
        return Ok(());
    }
    Err(Failure::refused(
        "The ledger refuses everything in this log.",
        "Register the importer's office, key, post and the item first, or let --setup do it.",
    )
    .because_of(format!("{code}: {}", tally.examples.first().map_or("", String::as_str)))
    .with_detail(report.to_json()))
}

fn note(report: &mut Report, name: &str, answer: &Answer) {
    match answer {
        Answer::Recorded(recorded) if recorded.again => report.again += 1,
        Answer::Recorded(_) => report.recorded += 1,
        Answer::Refused(refused) => report.refuse(name, refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_case_is_cut_to_fill_a_batch() {
        let mut batch = Batch::default();
        let mut batches = Vec::new();
        let lengths = [700, 700, 200, 1500, 1, 60_000, 2, 1498];
        for length in lengths {
            batches.extend(batch.take_in(length, length));
        }
        batches.push(batch.cases);
        assert_eq!(
            batches,
            [vec![700, 700], vec![200], vec![1500], vec![1], vec![60_000], vec![2, 1498]]
        );
    }
}
