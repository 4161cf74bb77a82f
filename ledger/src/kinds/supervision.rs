//! Supervision (电子监察): warnings, cards and orders.
//!
//! A card against a person is a person's decision (PIPL 24): the ledger warns and proposes. A withdrawn card
//! stays where it is.

use crate::codes::OfficeCode;
use crate::field::{object, vocabulary};
use crate::hash::Blake3Hash;
use crate::kinds::work::{DayUnit, LimitScope};
use crate::names::{Seq, Stream, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// 监察等级.
    CardLevel {
        /// 黄牌.
        Yellow = "yellow",
        /// 红牌.
        Red = "red",
    }
}

object! {
    /// How far a clock had run.
    Reckoning {
        required {
            /// How much was used.
            used: u32,
            /// How much there is.
            limit: u32,
        }
        optional {
            /// What both count; working days if absent.
            unit: DayUnit,
            /// Which limit it is.
            scope: LimitScope,
            /// Last day in time.
            due: Day,
            /// The day up to which [`Self::used`] counts.
            counted_to: Day,
        }
    }
}

object! {
    /// Which version of a year's calendar was used.
    CalendarUsed {
        required {
            /// The year.
            year: u32,
            /// The version.
            version: u32,
        }
    }
}

payload! {
    /// 预警: a limit is about to be exceeded (T01). No reproach yet.
    WarningRaised {
        required {
            /// What it is about.
            about: Stream,
            /// Who has to act.
            office: OfficeCode,
            /// The rule, as `domain` names it (`T01`).
            rule: Token,
        }
        optional {
            /// The policy that was applied.
            policy: Token,
            /// Its version.
            policy_version: u32,
            /// The calendars that were used.
            calendars: Vec<CalendarUsed>,
            /// Entries of the log that it rests on.
            evidence: Vec<Seq>,
            /// The figures.
            reckoning: Reckoning,
        }
        text { note }
    }
}

payload! {
    /// 待发牌: the rule is met; a supervisor has not yet said that a card is due.
    CardProposed {
        required {
            /// 黄牌 or 红牌.
            level: CardLevel,
            /// What it is about.
            about: Stream,
            /// Whose office.
            office: OfficeCode,
            /// The rule, as `domain` names it (`T02`, `P03`).
            rule: Token,
        }
        optional {
            /// The policy that was applied.
            policy: Token,
            /// Its version.
            policy_version: u32,
            /// The calendars that were used.
            calendars: Vec<CalendarUsed>,
            /// Entries of the log that it rests on.
            evidence: Vec<Seq>,
            /// The figures.
            reckoning: Reckoning,
        }
        text { note }
    }
}

payload! {
    /// 发牌 (GB/T 39046 table 11): a yellow or red card, with the rule, its version, the entries that prove it
    /// and the figures.
    CardRaised {
        required {
            /// 黄牌 or 红牌.
            level: CardLevel,
            /// What it is about.
            about: Stream,
            /// 责任部门.
            office: OfficeCode,
            /// The rule, as `domain` names it (`T02`, `P03`).
            rule: Token,
        }
        optional {
            /// 责任人, by opaque id; never by the ledger alone (PIPL 24).
            person: Token,
            /// Responsibility code that goes with it (`R74-2`).
            responsibility: Token,
            /// The policy that was applied.
            policy: Token,
            /// Its version.
            policy_version: u32,
            /// The calendars that were used.
            calendars: Vec<CalendarUsed>,
            /// Entries of the log that it rests on.
            evidence: Vec<Seq>,
            /// The figures.
            reckoning: Reckoning,
            /// 监察编号.
            supervision_no: Token,
            /// 扣分: how many points.
            points: u32,
            /// Last day to explain or appeal.
            until: Day,
        }
        text { reasons }
    }
}

payload! {
    /// 说明情况: the office's own side, in its own words.
    CardExplained {
        optional {
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// BLAKE3 of other evidence.
            digests: Vec<Blake3Hash>,
        }
        text { explanation }
        needs { explanation }
    }
}

vocabulary! {
    /// Why a card should not stand, or does not.
    CardFault {
        /// 事实有误.
        Facts = "facts",
        /// 规则适用有误.
        Rule = "rule",
        /// 日历变更.
        Calendar = "calendar",
        /// 系统故障.
        Outage = "outage",
        /// 不可抗力.
        ForceMajeure = "force_majeure",
        /// 责任不在本单位.
        NotOurs = "not_ours",
        /// 重复发牌.
        Duplicate = "duplicate",
        /// 巡检发现错误.
        Recheck = "recheck",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 监察申诉: the office contests the card.
    CardAppealed {
        optional {
            /// Why.
            ground: CardFault,
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// BLAKE3 of other evidence.
            digests: Vec<Blake3Hash>,
        }
        text { reasons }
    }
}

payload! {
    /// 申诉维持: the card stands.
    CardUpheld {
        optional {
            /// Entries of the log that it rests on.
            evidence: Vec<Seq>,
            /// When the office was told.
            told_at: Micros,
        }
        text { reasons }
    }
}

payload! {
    /// 撤销: the card does not count. It stays visible, with who withdrew it and why; without a reason it is
    /// flagged.
    CardWithdrawn {
        optional {
            /// Why.
            ground: CardFault,
            /// Entries of the log that it rests on.
            evidence: Vec<Seq>,
            /// When the office was told.
            told_at: Micros,
        }
        text { reasons }
    }
}

payload! {
    /// 督办 (GB/T 39046 table 11): a supervisor orders an office to act.
    Urged {
        required {
            /// 被督办机构.
            office: OfficeCode,
        }
        optional {
            /// What it is about.
            about: Stream,
            /// The card it goes back to.
            card: Stream,
            /// The rule, as `domain` names it.
            rule: Token,
            /// Last day to answer.
            until: Day,
            /// 监察编号.
            supervision_no: Token,
            /// 挂牌督办 (潍坊条例 26).
            listed: bool,
            /// BLAKE3 of the order.
            digest: Blake3Hash,
        }
        text { order }
    }
}

payload! {
    /// 督办反馈: what the office did.
    UrgeAnswered {
        optional {
            /// What was ordered is done.
            done: bool,
            /// The day by which it will be.
            promised_by: Day,
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// BLAKE3 of the report.
            digest: Blake3Hash,
        }
        text { answer }
        needs { answer }
    }
}
