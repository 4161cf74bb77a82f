//! Verification of a whole log, both copies, against bare verification of as many signatures.

use std::path::Path;
use std::time::Instant;

use case_ledger_store::verify::Kept;

use super::bureau::Bureau;
use super::figure::{Figure, Unit};
use super::machine::{forget_peak_memory, median, peak_memory_mib, rate, verification_rate};
use super::{DEFECT, grow};
use crate::desk::Desk;
use crate::failure::Failure;

/// Rounds of which the median counts.
const ROUNDS: usize = 5;

pub(super) fn measure(
    scratch: &Path,
    entries: u64,
    desk: &Desk<'_>,
) -> Result<Vec<Figure>, Failure> {
    let bureau = Bureau::found(scratch)?;
    grow::fill_up_to(&bureau, scratch, entries, desk)?;
    forget_peak_memory();
    let (mut machine, mut log, mut share) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = verification_rate(&bureau.clerk);
        let started = Instant::now();
        let report = crate::verify::report_on(scratch, &Kept::default(), desk)?;
        let verified = rate(report.entries, started.elapsed());
        if !report.is_good() {
            return Err(Failure::refused(crate::verify::in_words(&report), DEFECT));
        }
        let alone = f64::midpoint(before, verification_rate(&bureau.clerk));
        machine.push(alone);
        log.push(verified);
        share.push(100.0 * verified / alone);
    }
    let peak = peak_memory_mib("self");
    let words = "this machine: strict Ed25519 verifications on all cores";
    let figure = |name, words, value, unit| Figure::new(name, words, value, unit).at(entries);
    Ok(vec![
        figure("verifications", words, median(machine), Unit::PerSecond),
        figure("verify", "verify, both copies, entries", median(log), Unit::PerSecond),
        figure("verify_share", "  of the verification rate", median(share), Unit::Percent)
            .at_least(85.0),
        figure("verify_memory", "  peak memory while verifying", peak, Unit::Mebibytes),
    ])
}
