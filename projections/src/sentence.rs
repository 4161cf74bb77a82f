//! The one sentence for the person who waits: since when the case is where it is, who has it, what comes next, and
//! what they have to do. How many days are left is the clocks' to add.

use case_ledger::kinds::work::{SpecialProcedure, StepResult, SuspensionGround};
use case_ledger::time::Day;

use crate::audience::Audience;
use crate::day::day_in_china;
use crate::fact::Stamp;
use crate::names::Names;
use crate::progress::{Need, PauseCause, Progress, Step};
use crate::state::{CaseState, Turn};
use crate::words::{Words, ground_words, outcome_words, procedure_words};

/// The sentence, in both languages.
pub fn sentence(progress: &Progress, audience: Audience, names: &Names) -> Words {
    let state = progress.state();
    let Words { zh, en } =
        if progress.is_history() { beginning_of_history(state) } else { beginning(state) };
    let fill = |template: &str, parts: &[(&str, String)]| {
        parts.iter().fold(template.to_owned(), |text, (place, part)| text.replace(place, part))
    };
    let day = progress.since().map_or(Words::fixed("", ""), |since| day_words(&since));
    let office = progress.acting_office();
    let office = |nobody: &str| {
        office.map_or_else(|| nobody.to_owned(), |code| names.office(&code).to_owned())
    };
    let cause = cause_words(progress);
    let outcome = progress.outcome.map(outcome_words);
    let delivery = delivery_words(progress);
    let zh = fill(
        &zh,
        &[
            ("{day}", day.zh.into_owned()),
            (
                "{cause}",
                cause.as_ref().map(|words| format!("（{}）", words.zh)).unwrap_or_default(),
            ),
            (
                "{outcome}",
                outcome.as_ref().map(|words| format!("：{}", words.zh)).unwrap_or_default(),
            ),
            ("{delivery}", delivery.zh.into_owned()),
            ("{office}", office("办理机关")),
        ],
    );
    let en = fill(
        &en,
        &[
            ("{day}", day.en.into_owned()),
            ("{cause}", cause.map(|words| format!(" ({})", words.en)).unwrap_or_default()),
            ("{outcome}", outcome.map(|words| format!(": {}", words.en)).unwrap_or_default()),
            ("{delivery}", delivery.en.into_owned()),
            ("{office}", office("the office")),
        ],
    );
    let steps = steps_words(progress, audience, names);
    let need = need_words(progress, audience);
    let join =
        |beginning: String, steps: Option<String>, need: Option<String>, marks: [&str; 3]| {
            let [before_steps, before_need, end] = marks;
            let steps = steps.map(|steps| format!("{before_steps}{steps}")).unwrap_or_default();
            let need = need.map(|need| format!("{before_need}{need}")).unwrap_or_default();
            format!("{beginning}{steps}{need}{end}")
        };
    let (steps_zh, steps_en) = steps.map(|words| (words.zh.into(), words.en.into())).unzip();
    let (need_zh, need_en) = need.map(|words| (words.zh.into(), words.en.into())).unzip();
    Words::made(
        join(zh, steps_zh, need_zh, ["：", "；", "。"]),
        join(en, steps_en, need_en, [": ", "; ", "."]),
    )
}

/// The sentence for those who are not told how the case ended. `at_the_end` is how it stood then.
pub fn conclusion_sentence(at_the_end: &Progress, names: &Names) -> Words {
    let day = at_the_end.last.map_or(Words::fixed("", ""), |(last, _)| day_words(&last));
    let (zh, en) = match at_the_end.acting_office() {
        Some(code) => {
            let office = names.office(&code);
            (
                format!("{} {office}已办结。", day.zh),
                format!("Concluded on {} by {office}.", day.en),
            )
        }
        None => (format!("{} 已办结。", day.zh), format!("Concluded on {}.", day.en)),
    };
    Words::made(zh, en)
}

/// How the sentence begins in each state. `{…}` are places to fill.
pub fn beginning(state: CaseState) -> Words {
    let (zh, en) = match state {
        CaseState::Empty => ("尚无记录", "Nothing is recorded"),
        CaseState::Submitted => (
            "{day} 已提交申请，等待{office}收件",
            "Submitted on {day}; {office} has yet to take the materials in",
        ),
        CaseState::Received => (
            "{day} 已收件，由{office}审查是否受理",
            "Materials received on {day}; {office} is to say whether it accepts the application",
        ),
        CaseState::CorrectionRequested => {
            ("{day} {office}要求补正材料", "Corrections asked for on {day} by {office}")
        }
        CaseState::MaterialCompleted => (
            "{day} 已收到补正材料，由{office}审查是否受理",
            "Corrected materials received on {day}; {office} is to say whether it accepts the application",
        ),
        CaseState::Accepted => {
            ("{day} 已受理，目前由{office}办理", "Accepted on {day}, now with {office}")
        }
        CaseState::ToleratedAccepted => (
            "{day} 已容缺受理，目前由{office}办理",
            "Accepted with gaps on {day}, now with {office}",
        ),
        CaseState::Suspended => (
            "{day} 起中止办理{cause}，目前在{office}",
            "Suspended since {day}{cause}, now with {office}",
        ),
        CaseState::SentUp => {
            ("{day} 已报送上级机关，由{office}审查决定", "Sent up on {day}; {office} is to decide")
        }
        CaseState::NotRequired => (
            "{day} {office}告知不需要取得许可，不受理",
            "On {day} {office} said that no permit is required",
        ),
        CaseState::RefusedToAccept => {
            ("{day} {office}决定不予受理", "On {day} {office} refused to accept the application")
        }
        CaseState::Decided => (
            "{day} {office}已作出决定{outcome}{delivery}",
            "Decided on {day} by {office}{outcome}{delivery}",
        ),
        CaseState::Withdrawn => ("{day} 申请人已撤回申请", "Withdrawn by the applicant on {day}"),
        CaseState::Returned => {
            ("{day} {office}已退件，未作决定", "Returned by {office} on {day} without a decision")
        }
        CaseState::Voided => ("{day} {office}已将本件作废", "Voided by {office} on {day}"),
        CaseState::Changed => {
            ("{day} 决定已变更，由{office}作出", "The decision was changed on {day} by {office}")
        }
        CaseState::Renewed => ("{day} 已延续，由{office}作出", "Renewed on {day} by {office}"),
        CaseState::Revoked => (
            "{day} 决定已撤销或撤回，不再有效",
            "The decision was revoked on {day} and holds no more",
        ),
        CaseState::Cancelled => ("{day} 已注销", "Cancelled on {day}"),
        CaseState::Concluded => ("{day} 已办结", "Concluded on {day}"),
    };
    Words::fixed(zh, en)
}

/// The same for imported history: what happened, and nobody who is said to wait or to work.
#[expect(clippy::wildcard_enum_match_arm, reason = "where a case has ended, nobody waits anyway")]
fn beginning_of_history(state: CaseState) -> Words {
    let (zh, en) = match state {
        CaseState::Submitted => ("{day} 已提交申请", "Submitted on {day}"),
        CaseState::Received => ("{day} 已收件", "Materials received on {day}"),
        CaseState::MaterialCompleted => {
            ("{day} 已收到补正材料", "Corrected materials received on {day}")
        }
        CaseState::Accepted => ("{day} {office}已受理", "Accepted on {day} by {office}"),
        CaseState::ToleratedAccepted => {
            ("{day} {office}已容缺受理", "Accepted with gaps on {day} by {office}")
        }
        CaseState::Suspended => ("{day} 起中止办理{cause}", "Suspended since {day}{cause}"),
        CaseState::SentUp => ("{day} 已报送上级机关（{office}）", "Sent up to {office} on {day}"),
        _ => return beginning(state),
    };
    Words::fixed(zh, en)
}

/// The day on which it is said to have happened, and the day of the record if that is another: neither is judged.
fn day_words(stamp: &Stamp) -> Words {
    let text = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let recorded = text(day_in_china(stamp.recorded_at));
    let claimed = stamp.claimed_at.map_or_else(|| recorded.clone(), |at| text(day_in_china(at)));
    if stamp.imported {
        let zh = format!("{claimed}（历史导入）");
        Words::made(zh, format!("{claimed} (imported history)"))
    } else if recorded == claimed {
        Words::made(claimed.clone(), claimed)
    } else {
        let zh = format!("{claimed}（{recorded} 记录）");
        Words::made(zh, format!("{claimed} (recorded on {recorded})"))
    }
}

fn cause_words(progress: &Progress) -> Option<Words> {
    match progress.suspending()?.cause {
        PauseCause::Special(procedure) => procedure.map(procedure_words),
        PauseCause::Suspended { ground, waiting_for: _ } => match ground? {
            // The procedure itself says more.
            SuspensionGround::SpecialProcedure => {
                let special = running_procedure(progress).map(procedure_words);
                special.or_else(|| Some(ground_words(SuspensionGround::SpecialProcedure)))
            }
            ground @ (SuspensionGround::Correction
            | SuspensionGround::ApplicantAsked
            | SuspensionGround::OtherProceedings
            | SuspensionGround::ForceMajeure
            | SuspensionGround::Other) => Some(ground_words(ground)),
        },
    }
}

fn running_procedure(progress: &Progress) -> Option<SpecialProcedure> {
    let procedures = progress.pauses.iter().rev().map(|pause| match pause.cause {
        PauseCause::Special(procedure) => procedure,
        PauseCause::Suspended { .. } => None,
    });
    procedures.flatten().next()
}

fn delivery_words(progress: &Progress) -> Words {
    if progress.delivered.is_some() {
        Words::fixed("，结果已送达", ", delivered")
    } else if progress.is_history() {
        Words::fixed("", "")
    } else {
        Words::fixed("，尚待送达", ", still to be delivered")
    }
}

/// The steps, while the office is working: the last one done, and what is being done or comes next.
fn steps_words(progress: &Progress, audience: Audience, names: &Names) -> Option<Words> {
    let finished = progress.steps.iter().filter_map(|step| Some((step.finished?.number, step)));
    let last = finished.max_by_key(|(number, _)| *number);
    let last = last.map(|(_, step)| done_words(step, audience, names));
    if progress.is_history() {
        return last.filter(|_| is_unfinished(progress));
    }
    if !progress.state().is_in_work() || progress.steps.is_empty() {
        return None;
    }
    let open = progress.steps.iter().filter(|step| step.is_open());
    let open: Vec<&str> = open.map(|step| names.step(&step.code)).collect();
    let (done_zh, done_en) = last.map(|words| (words.zh.into(), words.en.into())).unzip();
    let (next_zh, next_en) = if open.is_empty() {
        let pauses = progress.state() == CaseState::Suspended;
        let decides = ("下一步由办理机关决定", "the office decides what comes next");
        let goes_on = ("恢复后继续办理", "work goes on once the suspension ends");
        let (zh, en) = if pauses { goes_on } else { decides };
        (zh.to_owned(), en.to_owned())
    } else {
        (format!("正在进行{}", open.join("、")), format!("{} under way", open.join(", ")))
    };
    Some(Words::made(
        Option::<String>::into_iter(done_zh).chain([next_zh]).collect::<Vec<_>>().join("，"),
        Option::<String>::into_iter(done_en).chain([next_en]).collect::<Vec<_>>().join(", "),
    ))
}

fn done_words(step: &Step, audience: Audience, names: &Names) -> Words {
    let name = names.step(&step.code);
    match step.result.filter(|_| audience.sees_all()) {
        Some(StepResult::Returned) => {
            Words::made(format!("{name}已退回"), format!("{name} was sent back"))
        }
        Some(StepResult::Passed | StepResult::Other) | None => {
            Words::made(format!("{name}已完成"), format!("{name} is finished"))
        }
    }
}

/// What the applicant has to do. After an end that may have gone against them nothing is said: that they need do
/// nothing could cost them a remedy.
fn need_words(progress: &Progress, audience: Audience) -> Option<Words> {
    let (zh, en) =
        if audience == Audience::Parties { ("您", "you") } else { ("申请人", "the applicant") };
    let until = |day: Option<Day>| match day {
        Some(day) => (format!("（最晚 {day}）"), format!(" (by {day} at the latest)")),
        None => (String::new(), String::new()),
    };
    if progress.is_history() {
        return is_unfinished(progress).then(|| {
            Words::fixed("其后办理情况未记入本账本", "what came later is not on this ledger")
        });
    }
    match progress.need() {
        Some(Need::Corrections(open)) => {
            let (until_zh, until_en) = until(open.until);
            Some(Words::made(
                format!("需要{zh}按告知补正材料{until_zh}"),
                format!("corrected materials are needed from {en}{until_en}"),
            ))
        }
        Some(Need::Gaps(open)) => {
            let (until_zh, until_en) = until(open.until);
            Some(Words::made(
                format!("需要{zh}补齐容缺材料{until_zh}"),
                format!("the missing materials are needed from {en}{until_en}"),
            ))
        }
        Some(Need::Answer) => {
            Some(Words::made(format!("需等{zh}处理后才能继续"), format!("it waits for {en}")))
        }
        None if is_unfinished(progress) => Some(match progress.turn() {
            Turn::ThirdParty => Words::made(
                format!("正在等待利害关系人，{zh}暂时不用做什么"),
                format!("it waits for a third party, nothing is needed from {en} for now"),
            ),
            Turn::Office | Turn::Applicant | Turn::Nobody | Turn::Unknown => Words::made(
                format!("{zh}暂时不用做什么"),
                format!("nothing is needed from {en} for now"),
            ),
        }),
        None => None,
    }
}

fn is_unfinished(progress: &Progress) -> bool {
    let state = progress.state();
    state != CaseState::Empty && (state.is_intake() || state.is_in_work())
}
