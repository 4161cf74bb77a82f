//! Rating (好差评, 国办发〔2019〕51号, GB/T 39734): what people think of how they were served, and what the office
//! made of it.
//!
//! A rating is the citizen's own act. No kind makes one by default, and absence of a rating is only that. An
//! anonymous one names neither case nor exact time: the vault alone links it, outside the rated office.

use crate::codes::{ItemCode, OfficeCode};
use crate::field::{Confirmation, object, vocabulary};
use crate::hash::Blake3Hash;
use crate::kinds::intake::{ApplicantType, Channel};
use crate::names::{Seq, Stream, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// 满意度 (GB/T 39046 A.8). Words, because the digits run both ways in the field.
    RatingLevel {
        /// 非常满意.
        VerySatisfied = "very_satisfied",
        /// 满意.
        Satisfied = "satisfied",
        /// 基本满意.
        BasicallySatisfied = "basically_satisfied",
        /// 不满意: 差评.
        Dissatisfied = "dissatisfied",
        /// 非常不满意: 差评.
        VeryDissatisfied = "very_dissatisfied",
    }
}

vocabulary! {
    /// 评价次数.
    RatingRound {
        /// 首次评价.
        First = "first",
        /// 追评: stands beside the first, never in its place.
        FollowUp = "follow_up",
    }
}

vocabulary! {
    /// 评价对象: what is rated.
    RatingTarget {
        /// 办件、事项 (一事一评).
        Matter = "matter",
        /// 机构.
        Office = "office",
        /// 平台.
        Platform = "platform",
        /// 窗口、岗位 (一次一评).
        Post = "post",
    }
}

vocabulary! {
    /// 评价渠道 (GB/T 39046 table 9). There is none for a rating that nobody gave.
    RatingChannel {
        /// PC端.
        Computer = "computer",
        /// 移动服务端.
        Mobile = "mobile",
        /// 二维码.
        QrCode = "qr_code",
        /// 政务大厅平板电脑.
        HallTablet = "hall_tablet",
        /// 政务大厅其他终端.
        HallTerminal = "hall_terminal",
        /// 电话.
        Phone = "phone",
        /// 短信.
        Message = "message",
    }
}

vocabulary! {
    /// 评价阶段: one first rating each.
    RatingPhase {
        /// 受理阶段.
        Acceptance = "acceptance",
        /// 办结阶段.
        Completion = "completion",
    }
}

vocabulary! {
    /// 实名方式: how a rater or complainant is known.
    Identity {
        /// 实名.
        RealName = "real_name",
        /// 凭查询码: as the holder of a case's code.
        Code = "code",
        /// 匿名.
        Anonymous = "anonymous",
    }
}

vocabulary! {
    /// 分项评价: what a part of a rating is about.
    RatingAspect {
        /// 整体.
        Overall = "overall",
        /// 效率.
        Efficiency = "efficiency",
        /// 指南准确.
        Guide = "guide",
        /// 便捷.
        Convenience = "convenience",
        /// 平台运行.
        Platform = "platform",
        /// 业务能力.
        Skill = "skill",
        /// 服务态度.
        Attitude = "attitude",
    }
}

object! {
    /// One part of a rating.
    AspectRating {
        required {
            /// Of what.
            aspect: RatingAspect,
            /// How good.
            level: RatingLevel,
        }
    }
}

payload! {
    /// 评价 (51号): somebody who was served says how it was, of their own will.
    Rated {
        required {
            /// 满意度.
            level: RatingLevel,
            /// What is rated.
            target: RatingTarget,
            /// The rated office, or the one that runs what is rated.
            office: OfficeCode,
            /// How the rater is known.
            identity: Identity,
        }
        optional {
            /// First or follow-up; first if absent.
            round: RatingRound,
            /// The case; never for an anonymous rating.
            case: Stream,
            /// 事项实施编码.
            item: ItemCode,
            /// After which phase.
            phase: RatingPhase,
            /// Where it was given.
            channel: RatingChannel,
            /// 窗口号 or post, as a code.
            window: Token,
            /// The rated officer, by opaque id.
            handler: Token,
            /// 评价选项 that were chosen, by their central codes.
            options: Vec<Token>,
            /// Version of the list of options.
            options_version: u32,
            /// 分项评价.
            aspects: Vec<AspectRating>,
            /// Whether a person or an organisation rates.
            rater_type: ApplicantType,
            /// Digest of the random one-time right to rate that was used up. Which case it is for, only the
            /// vault knows.
            right: Blake3Hash,
            /// The rater's own key; what it signs later is citizen-signed.
            cnf: Confirmation,
        }
        personal { rater_name, rater_id, phone }
        text { comment }
    }
}

payload! {
    /// 整改开启 (51号: every bad rating is rectified): from here the office owes an answer.
    RectificationOpened {
        optional {
            /// Who has to act, if it is not the rated office.
            office: OfficeCode,
            /// Policy preset that sets the limits (`shanghai-1-5-15`).
            preset: Token,
            /// Last day to contact the rater.
            contact_until: Day,
            /// Last day to rectify.
            until: Day,
            /// The hotline's ticket for it.
            ticket: Stream,
        }
        text { note }
    }
}

payload! {
    /// 联系评价人 (安阳条例 52: within one working day, if the rating is real-name).
    RaterContacted {
        optional {
            /// The rater was reached.
            reached: bool,
            /// How.
            channel: Channel,
            /// When.
            contacted_at: Micros,
        }
        text { rater_said, note }
    }
}

vocabulary! {
    /// 差评分类 (51号).
    RectificationClass {
        /// 事实清楚、诉求合理: to be put right at once.
        Simple = "simple",
        /// 情况复杂: on a list, to be put right by a day.
        Complex = "complex",
        /// 缺乏法定依据: to be explained.
        NoBasis = "no_basis",
    }
}

payload! {
    /// 差评分类 (51号): how much there is to do about it.
    RectificationClassified {
        required {
            /// Which.
            class: RectificationClass,
        }
        optional {
            /// Last day to rectify.
            until: Day,
        }
        text { reasons }
    }
}

vocabulary! {
    /// What was done about a bad rating.
    RectificationResult {
        /// 已整改.
        Fixed = "fixed",
        /// 已解释说明.
        Explained = "explained",
        /// 未能整改.
        NotFixed = "not_fixed",
    }
}

payload! {
    /// 整改完成: the office says what it did. Whether that is enough, the rater says.
    Rectified {
        optional {
            /// What was done.
            result: RectificationResult,
            /// BLAKE3 of the record.
            digest: Blake3Hash,
            /// 评价和答复 were published (安阳条例 52).
            published: bool,
        }
        text { reply, measures }
    }
}

vocabulary! {
    /// 回访满意度.
    Contentment {
        /// 满意.
        Satisfied = "satisfied",
        /// 基本满意.
        BasicallySatisfied = "basically_satisfied",
        /// 不满意.
        Dissatisfied = "dissatisfied",
        /// 未表态.
        Silent = "silent",
    }
}

payload! {
    /// 差评回访 (51号: 100 % of real-name bad ratings).
    RaterCalledBack {
        optional {
            /// The rater was reached.
            reached: bool,
            /// How.
            channel: Channel,
            /// When.
            called_at: Micros,
            /// The rater says that it is solved.
            resolved: bool,
            /// How content the rater is, as the caller heard it.
            contentment: Contentment,
        }
        text { rater_said, note }
    }
}

payload! {
    /// 整改评价: the rater's own word on the rectification.
    RectificationRated {
        required {
            /// How content.
            contentment: Contentment,
        }
        optional {
            /// It is solved.
            resolved: bool,
            /// Where it was given.
            channel: RatingChannel,
        }
        text { comment }
    }
}

vocabulary! {
    /// Why an office contests a rating.
    RatingAppealGround {
        /// 误评.
        Mistaken = "mistaken",
        /// 恶意评价.
        Malicious = "malicious",
        /// 非本单位职责.
        NotOurs = "not_ours",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 差评申诉 (51号): the rated office contests the rating.
    RatingAppealed {
        optional {
            /// Why.
            ground: RatingAppealGround,
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// BLAKE3 of other evidence.
            digests: Vec<Blake3Hash>,
        }
        text { reasons }
    }
}

vocabulary! {
    /// What becomes of a contested rating.
    RatingAppealOutcome {
        /// 不计入统计: it counts no more, but stays readable.
        Excluded = "excluded",
        /// 维持.
        Kept = "kept",
    }
}

payload! {
    /// 差评申诉决定 (51号): by somebody outside the rated office.
    RatingAppealDecided {
        required {
            /// What becomes of it.
            outcome: RatingAppealOutcome,
        }
        optional {
            /// Entries of the log that it rests on.
            evidence: Vec<Seq>,
            /// When the rater was told.
            told_at: Micros,
        }
        text { reasons }
    }
}
