//! What each problem is called, and what to do about it, in both languages.

use case_ledger::refusal::{Language, Refusal};
use case_ledger_store::Unavailable;
use case_ledger_store::writer::ReadOnly;
use case_projections::day::day_in_china;

use super::Problem;
use crate::query::QueryFault;

impl Problem {
    /// What it is called and what to do about it.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(super) fn words(&self, language: Language) -> (&'static str, String) {
        let (chinese, english) = match self {
            Self::Refused(refusal) => {
                let (chinese, english) = refusal_titles(refusal);
                let title = pick(language, chinese, english);
                return (title, refusal.sentence(language));
            }
            Self::Unavailable(reason) => unavailable_words(*reason),
            Self::Stopped => (
                ("批次中断", "该批次在轮到此行之前已中断，此行未被接收，请稍后重新提交。"),
                (
                    "Batch stopped",
                    "The batch was stopped before this line; it was not taken. Send it again later.",
                ),
            ),
            Self::TooManyBatches => (
                ("批次过多", "同时运行的批次已达上限，未接收任何内容，请稍后重试。"),
                (
                    "Too many batches",
                    "As many batches run as may; nothing was taken. Try again later.",
                ),
            ),
            Self::TooLong => (
                ("内容过长", "内容超过一项操作的上限（JWS 32 KiB，披露项合计 128 KiB）。"),
                (
                    "Too long",
                    "This is longer than any action: a JWS has 32 KiB and disclosures 128 KiB at most.",
                ),
            ),
            Self::ContentCoding => (
                ("不支持的编码", "请不要压缩请求体。"),
                ("Unsupported coding", "Send the body without compression."),
            ),
            Self::TooSlow => (
                ("请求体超时", "请求体未在规定时间内到达。已逐行答复的以答复为准，其余未被接收。"),
                (
                    "Too slow",
                    "The body did not come in time. Lines that were answered are answered; nothing else was taken.",
                ),
            ),
            Self::BrokenOff => (
                ("请求体不完整", "请求体中途断开。已逐行答复的以答复为准，其余未被接收。"),
                (
                    "Broken off",
                    "The body broke off. Lines that were answered are answered; nothing else was taken.",
                ),
            ),
            Self::Query(fault) => {
                let (chinese, english) = query_words(fault);
                let title = pick(language, "参数有误", "Invalid parameter");
                return (title, pick(language, chinese, english));
            }
            Self::OutOfSight { since, basis, .. } => {
                let (day, why) = (day_in_china(*since), basis.words());
                let day = day.map(|day| day.to_string()).unwrap_or_default();
                let chinese = format!("该办件自{day}起不向公众展示：{}。", why.zh);
                let english =
                    format!("This case has not been shown to the public since {day}: {}.", why.en);
                let title = pick(language, "不予公开", "Not shown to the public");
                return (title, pick(language, chinese, english));
            }
            Self::BeyondTheLog => (
                ("超出账本", "账本还没有这么多条记录，或起点大于终点。"),
                (
                    "Beyond the log",
                    "The log does not have that many entries yet, or the range begins after its end.",
                ),
            ),
            Self::NotYetInTree => (
                (
                    "该记录尚不在此大小的账本中",
                    "该记录的位置不小于 size：账本有 size 条记录时还没有它。",
                ),
                (
                    "Not yet in a tree of that size",
                    "The log of that size does not have this entry: size must be greater than the entry's position.",
                ),
            ),
            Self::NoCheckpoint => (
                (
                    "没有该大小的检查点",
                    "文本证明需要签名检查点，只能针对当前大小给出；请去掉 size，或改取 JSON。",
                ),
                (
                    "No checkpoint of that size",
                    "A proof as text needs a signed checkpoint, and only the newest is at hand: leave size out, or ask for JSON.",
                ),
            ),
            Self::UnknownCase => (
                (
                    "没有可公开查询的该办件",
                    "没有这个办件号，或该办件不对公众公开。申请人请凭查询码查询。",
                ),
                (
                    "No public case of this number",
                    "There is no case of this number, or it is not public. Applicants use their query code.",
                ),
            ),
            Self::UnknownEntry => (
                ("没有该记录", "账本中没有这个位置的记录。"),
                ("No such entry", "There is no entry at this position."),
            ),
            Self::NotFounded => (
                ("账本尚未建立", "账本尚未建立，还没有检查点。"),
                ("Not founded", "The ledger has not been founded yet; there is no checkpoint."),
            ),
            Self::NoSuchPlace => (
                ("没有该地址", "没有这个地址。"),
                ("Not found", "There is nothing at this address."),
            ),
            Self::Method => (
                ("不支持的方法", "该地址不支持此方法，可用的方法见 Allow。"),
                (
                    "Method not allowed",
                    "This address does not know the method; Allow says which it knows.",
                ),
            ),
            Self::Damaged => (
                (
                    "账本数据损坏",
                    "账本的这一部分无法读取。请告知运维运行 caseledger verify 定位，再以 caseledger repair 修复。",
                ),
                (
                    "Damaged",
                    "This part of the log cannot be read. Tell the operator to locate it with `caseledger verify` and to run `caseledger repair`.",
                ),
            ),
            Self::Internal => (
                ("内部错误", "服务器内部出错。请把请求编号告知运维；重新提交相同内容是安全的。"),
                (
                    "Internal error",
                    "Something went wrong here. Tell the operator the request's id; sending the same bytes again is safe.",
                ),
            ),
        };
        let (title, detail) = pick(language, chinese, english);
        (title, detail.to_owned())
    }
}

pub(super) fn pick<T>(language: Language, chinese: T, english: T) -> T {
    match language {
        Language::Chinese => chinese,
        Language::English => english,
    }
}

fn refusal_titles(refusal: &Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::Malformed(_) => ("格式不符", "Malformed action"),
        Refusal::OtherContent { .. } => ("编号已用于其他内容", "Id used for other content"),
        Refusal::WrongAudience => ("为另一账本签署", "Signed for another ledger"),
        Refusal::UnknownKey => ("密钥未登记", "Unknown key"),
        Refusal::KeyOfAnother => ("密钥属于他人", "Key of somebody else"),
        Refusal::KeyRevoked => ("密钥已吊销", "Revoked key"),
        Refusal::KeyNotYetValid => ("密钥尚未生效", "Key not valid yet"),
        Refusal::BadSignature => ("签名不符", "Wrong signature"),
        Refusal::NoMandate(_) => ("无权签署", "No mandate"),
        Refusal::UnknownSchema(_) => ("格式版本未知", "Unknown schema version"),
        Refusal::UnknownKind => ("操作类别未知", "Unknown kind of action"),
        Refusal::KindNotOnStream => ("操作不属于此类流", "Kind not on such a stream"),
        Refusal::UnknownField(_) => ("字段未知", "Unknown field"),
        Refusal::InvalidField(_) => ("字段类型不符", "Invalid field"),
        Refusal::UnknownStream => ("没有这个流", "Unknown stream"),
        Refusal::Impossible(_) => ("此状态下不可能发生", "Impossible in this state"),
        Refusal::FieldMissing(_) => ("缺少字段", "Field missing"),
        Refusal::PersonalInTheClear(_) => ("个人信息明文", "Personal data in the clear"),
        Refusal::DisclosuresMismatch => ("披露项不一致", "Disclosures do not match"),
        Refusal::InTheFuture => ("时间在将来", "In the future"),
    }
}

/// What is wrong with a query, in both languages.
fn query_words(fault: &QueryFault) -> (String, String) {
    match fault {
        QueryFault::Unknown(known) if known.is_empty() => {
            ("该地址不接受参数。".into(), "This address takes no parameters.".into())
        }
        QueryFault::Unknown(known) => (
            format!("该地址只接受以下参数：{}。", known.join("、")),
            format!("This address takes no parameters but {}.", known.join(", ")),
        ),
        QueryFault::Twice(name) => (
            format!("参数{name}只能出现一次。"),
            format!("The parameter {name} may be given only once."),
        ),
        QueryFault::Missing(name) => {
            (format!("缺少参数{name}。"), format!("The parameter {name} is needed."))
        }
        QueryFault::NoNumber(name) => (
            format!("参数{name}须为十进制非负整数，不带符号和前导零。"),
            format!(
                "The parameter {name} must be a plain decimal number without sign or leading zeros."
            ),
        ),
        QueryFault::TooSmall(name, least) => (
            format!("参数{name}不得小于{least}。"),
            format!("The parameter {name} must be at least {least}."),
        ),
        QueryFault::TooLarge(name, most) => (
            format!("参数{name}不得大于{most}。"),
            format!("The parameter {name} must be at most {most}."),
        ),
    }
}

type TwoPairs = ((&'static str, &'static str), (&'static str, &'static str));

fn unavailable_words(reason: Unavailable) -> TwoPairs {
    match reason {
        Unavailable::QueueFull => (
            ("排队已满", "等待处理的请求过多，未接收任何内容，请稍后重试。"),
            ("Queue full", "Too many requests are waiting; nothing was taken. Try again later."),
        ),
        Unavailable::Poisoned => (
            (
                "结果未知",
                "写入失败，无法确定是否已记录。账本恢复后请重新提交完全相同的内容，不会重复记录。",
            ),
            (
                "Outcome unknown",
                "A write failed and nobody can say whether this was recorded. Send exactly the same bytes again once the ledger is back; it will not stand there twice.",
            ),
        ),
        Unavailable::ReadOnly(ReadOnly::Copied) => (
            ("账本只读", "本目录是副本，在出示最新检查点之前不接收任何内容。未接收任何内容。"),
            (
                "Read-only",
                "This is a copy of the ledger and takes nothing until it is shown the newest checkpoint. Nothing was taken.",
            ),
        ),
        Unavailable::ReadOnly(ReadOnly::Older { .. }) => (
            ("账本只读", "本账本早于曾签署的最新检查点，不接收任何内容。未接收任何内容。"),
            (
                "Read-only",
                "This ledger is older than the last checkpoint that was signed, and takes nothing. Nothing was taken.",
            ),
        ),
        Unavailable::ReadOnly(ReadOnly::Forked) => (
            ("账本只读", "曾签署过另一份历史，本账本不接收任何内容。未接收任何内容。"),
            (
                "Read-only",
                "Another history than this one was signed; this ledger takes nothing. Nothing was taken.",
            ),
        ),
        Unavailable::ReadOnly(ReadOnly::NoKey) => (
            ("账本只读", "账本的签名密钥不在此处，不接收任何内容。未接收任何内容。"),
            (
                "Read-only",
                "The ledger's signing key is not here, so it takes nothing. Nothing was taken.",
            ),
        ),
        Unavailable::Clock(_) => (
            ("时钟异常", "服务器时钟不可信，待运维确认后才接收内容。未接收任何内容。"),
            (
                "Clock fault",
                "The ledger's clock cannot be right; it takes nothing until an operator confirms it. Nothing was taken.",
            ),
        ),
        Unavailable::Damaged { .. } => (
            (
                "账本损坏",
                "所涉的较早记录在两份副本中均已损坏，须由运维修复。修复后请重新提交完全相同的内容。",
            ),
            (
                "Log damaged",
                "An earlier entry that this is about is damaged in both copies; an operator has to repair the log. Send exactly the same bytes again after that.",
            ),
        ),
        Unavailable::ShuttingDown => (
            ("正在停机", "账本正在停机，未接收此内容，请稍后重新提交。"),
            ("Shutting down", "The ledger is going down; this was not taken. Send it again later."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_a_query_says_which() {
        let faults = [
            QueryFault::Unknown(vec![]),
            QueryFault::Unknown(vec!["from", "to"]),
            QueryFault::Twice("from"),
            QueryFault::Missing("from"),
            QueryFault::NoNumber("from"),
            QueryFault::TooSmall("from", 1),
            QueryFault::TooLarge("from", 1),
        ];
        let words: std::collections::BTreeSet<_> = faults.iter().map(query_words).collect();
        assert_eq!(words.len(), faults.len());
        assert!(words.iter().all(|(chinese, english)| !chinese.is_ascii() && english.is_ascii()));
    }
}
