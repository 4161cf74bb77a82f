//! Complaint (投诉、12345 工单): from what somebody says was wrong to who is answerable for it.
//!
//! What a complaint says, and who says it, the office complained about may not read (信访条例 30, 济南条例 32): both
//! are disclosures, under a key of the complaint's own.

use crate::codes::{ItemCode, OfficeCode, RegionCode};
use crate::field::{Confirmation, vocabulary};
use crate::hash::Blake3Hash;
use crate::kinds::Post;
use crate::kinds::intake::{Channel, Material};
use crate::kinds::rating::{Contentment, Identity};
use crate::kinds::work::{ApproverRole, DayUnit};
use crate::names::{Seq, Stream, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// 诉求性质.
    ComplaintNature {
        /// 咨询.
        Consultation = "consultation",
        /// 求助.
        Help = "help",
        /// 建议.
        Suggestion = "suggestion",
        /// 投诉.
        Complaint = "complaint",
        /// 检举.
        Report = "report",
    }
}

vocabulary! {
    /// 保密: who may know that there is a complaint.
    Secrecy {
        /// The office complained about knows of it, not of who says it.
        Open = "open",
        /// 检举 (信访条例 30(3)): it does not know of it at all, counts included.
        Confidential = "confidential",
    }
}

payload! {
    /// 诉求登记 (济南条例 22; GB/T 39046 table 10): somebody says what was wrong. A case is not needed.
    ComplaintFiled {
        required {
            /// 性质.
            nature: ComplaintNature,
            /// Who may know of it; nobody could be shown the entry without this.
            secrecy: Secrecy,
        }
        optional {
            /// A random id of the complainant, mapped to the person only in the vault.
            complainant: Token,
            /// How the complainant is known.
            identity: Identity,
            /// 被投诉单位.
            office: OfficeCode,
            /// 被投诉人, by opaque id.
            person: Token,
            /// The case it is about.
            case: Stream,
            /// The rating it goes back to.
            rating: Stream,
            /// An earlier complaint on the same matter.
            earlier: Stream,
            /// 事项实施编码.
            item: ItemCode,
            /// 行政区划代码 of where it happened.
            region: RegionCode,
            /// 诉求分类代码.
            topic: Token,
            /// How it came in.
            channel: Channel,
            /// The other system that it came from, as a code.
            source: Token,
            /// Its number there.
            source_no: Token,
            /// What was handed in with it.
            materials: Vec<Material>,
            /// The complainant's own key; what it signs later is citizen-signed.
            cnf: Confirmation,
            /// The complainant wants to be called back.
            call_back: bool,
        }
        personal { complainant_name, complainant_id, phone, address, email, accused_name }
        text { title, content, wish }
        needs { content }
    }
}

payload! {
    /// 诉求受理: the hotline takes it on; the limits run.
    ComplaintAccepted {
        optional {
            /// Policy preset that sets the limits (`jinan`, `weifang`, `anyang`).
            preset: Token,
            /// Last day to answer.
            until: Day,
            /// 受理编号, as told to the complainant.
            ticket_no: Token,
            /// When the complainant was told.
            told_at: Micros,
        }
        text { note }
    }
}

vocabulary! {
    /// Why a complaint is not taken on.
    ComplaintRefusalGround {
        /// 已进入或应当通过复议、仲裁、诉讼 (济南条例 23(3), 潍坊条例 19(1)).
        LegalProcedure = "legal_procedure",
        /// 信访事项已受理 (潍坊条例 19(2)).
        PetitionRunning = "petition_running",
        /// 涉及国家秘密、商业秘密、个人隐私, 违背公序良俗 (潍坊条例 19(3)).
        SecretOrImmoral = "secret_or_immoral",
        /// 已依法办结, 同一事实和理由再次提出 (济南条例 25, 潍坊条例 19(4)).
        AlreadyHandled = "already_handled",
        /// 民事纠纷.
        CivilDispute = "civil_dispute",
        /// 不属于职责范围.
        NotCompetent = "not_competent",
        /// 其他.
        Other = "other",
    }
}

vocabulary! {
    /// 救济途径: where else somebody can turn to.
    Route {
        /// 好差评.
        Rating = "rating",
        /// 12345 热线.
        Hotline = "hotline",
        /// 营商环境投诉.
        BusinessEnvironment = "business_environment",
        /// 行政效能监察.
        Supervision = "supervision",
        /// 信访.
        Petition = "petition",
        /// 行政复议.
        Reconsideration = "reconsideration",
        /// 诉讼.
        Suit = "suit",
        /// 仲裁.
        Arbitration = "arbitration",
        /// 国家赔偿.
        Compensation = "compensation",
        /// 政府信息公开.
        InformationDisclosure = "information_disclosure",
        /// 监察委员会 (监察法 11).
        Discipline = "discipline",
    }
}

payload! {
    /// 不予受理 (济南条例 23(3), 潍坊条例 19, 安阳条例 49(3)): with reasons and the proper way. One without is recorded and
    /// flagged.
    ComplaintRefused {
        required {
            /// Why.
            ground: ComplaintRefusalGround,
        }
        optional {
            /// Where to turn to, as told.
            route: Route,
            /// Which office to go to.
            competent: OfficeCode,
            /// When the complainant was told.
            told_at: Micros,
            /// The earlier complaint on the same facts and reasons.
            earlier: Stream,
        }
        text { reasons }
    }
}

payload! {
    /// 派单 (潍坊条例 22, 24): one office leads, others help. Again, it goes to another.
    ComplaintAssigned {
        required {
            /// 主办单位.
            office: OfficeCode,
        }
        optional {
            /// 协办单位.
            co_offices: Vec<OfficeCode>,
            /// Last day to answer.
            until: Day,
            /// Policy preset that sets the limits (`jinan`, `weifang`, `anyang`).
            preset: Token,
            /// The hotline settled whose duty it is; it may not be returned (潍坊条例 22).
            settled: bool,
        }
        text { instructions }
    }
}

vocabulary! {
    /// Why an office wants to give a ticket back.
    TicketReturnGround {
        /// 不属于本单位职责 (安阳条例 50).
        NotCompetent = "not_competent",
        /// 重复派单.
        Duplicate = "duplicate",
        /// 信息不全.
        Unclear = "unclear",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 申请退单 (潍坊条例 22; 安阳条例 50: within 24 hours, with reasons). Until another office has it, this one does.
    ReturnRequested {
        optional {
            /// Why.
            ground: TicketReturnGround,
            /// The office whose duty it is said to be.
            proposed: OfficeCode,
        }
        text { reasons }
    }
}

payload! {
    /// 退单审核: the hotline lets it go back, or not.
    ReturnDecided {
        required {
            /// It may go back.
            allowed: bool,
        }
        optional {
            /// The hotline settled whose duty it is; it may not be returned again (潍坊条例 22).
            settled: bool,
        }
        text { reasons }
    }
}

payload! {
    /// 工单延期 (安阳条例 50: five more working days, approved by the unit's head; 信访条例 34: thirty days).
    ComplaintExtended {
        required {
            /// By how much.
            days: u32,
        }
        optional {
            /// What [`Self::days`] counts; working days if absent.
            unit: DayUnit,
            /// Who approved.
            approver_role: ApproverRole,
            /// The one who approved, by opaque id.
            approver: Token,
            /// When it was approved.
            approved_at: Micros,
            /// When the complainant was told the reasons.
            told_at: Micros,
            /// 依据: the article relied on, as a code (`xfgztl-34`).
            basis: Token,
        }
        text { reasons }
    }
}

payload! {
    /// 单位陈述: the office's own side, in its own words.
    StatementGiven {
        optional {
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// BLAKE3 of other evidence.
            digests: Vec<Blake3Hash>,
        }
        text { statement }
        needs { statement }
    }
}

vocabulary! {
    /// 核查结论.
    ComplaintFinding {
        /// 属实.
        Substantiated = "substantiated",
        /// 部分属实.
        PartlySubstantiated = "partly_substantiated",
        /// 不属实.
        Unsubstantiated = "unsubstantiated",
        /// 无法查实.
        Undetermined = "undetermined",
    }
}

payload! {
    /// 调查核实: what was found out.
    Investigated {
        optional {
            /// 核查结论.
            finding: ComplaintFinding,
            /// Who looked into it, by opaque ids.
            investigators: Vec<Token>,
            /// 回避: who stayed out of it (济南条例 32), by opaque ids.
            recused: Vec<Token>,
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// BLAKE3 of the report.
            digest: Blake3Hash,
        }
        text { findings }
    }
}

payload! {
    /// 答复 (济南条例 24, 潍坊条例 20: within five working days).
    Answered {
        optional {
            /// 核查结论, as told.
            finding: ComplaintFinding,
            /// The office says that it is solved.
            resolved: bool,
            /// How it was given.
            channel: Channel,
            /// When it was given.
            told_at: Micros,
            /// 答复文号.
            document_no: Token,
            /// BLAKE3 of the answer.
            digest: Blake3Hash,
            /// 复查、复议、诉讼权利 were told.
            remedies_told: bool,
        }
        text { answer }
    }
}

payload! {
    /// 诉求回访 (济南条例 27: every one).
    ComplainantCalledBack {
        optional {
            /// The complainant was reached.
            reached: bool,
            /// How.
            channel: Channel,
            /// When.
            called_at: Micros,
            /// The complainant says that it is solved.
            resolved: bool,
            /// How content the complainant is, as the caller heard it.
            contentment: Contentment,
            /// What the answer says is so (安阳条例 56(10)).
            answer_true: bool,
        }
        text { complainant_said, note }
    }
}

vocabulary! {
    /// Why a complaint is handled a second time.
    ReHandlingGround {
        /// 应办未办 (济南条例 27).
        NotDone = "not_done",
        /// 不满意 (济南条例 27).
        Dissatisfied = "dissatisfied",
        /// 答复不实 (安阳条例 56(10)).
        UntrueAnswer = "untrue_answer",
        /// 未答复全部诉求.
        Incomplete = "incomplete",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 退回重办 (济南条例 27): not done, not true or not good enough; once more.
    ReHandlingOrdered {
        optional {
            /// Why.
            ground: ReHandlingGround,
            /// 主办单位 from now on, if it is another.
            office: OfficeCode,
            /// Last day to answer.
            until: Day,
        }
        text { instructions }
    }
}

vocabulary! {
    /// 处理措施: what follows for the one answerable.
    Measure {
        /// 约谈.
        Interview = "interview",
        /// 通报.
        Circular = "circular",
        /// 责令整改.
        CorrectionOrdered = "correction_ordered",
        /// 扣分.
        Points = "points",
        /// 效能告诫.
        Admonition = "admonition",
        /// 政务处分: by the competent organ only.
        Sanction = "sanction",
        /// 移送: to the competent organ.
        Referred = "referred",
        /// 公开承诺整改 (黑龙江优化营商环境条例 91).
        PublicPromise = "public_promise",
        /// 不予追究.
        Nothing = "nothing",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 责任认定 (许可法 72–77, 营商条例 69, 安阳条例 56): who is answerable for what, by which rule. A person decides it
    /// (PIPL 24).
    ResponsibilityFound {
        required {
            /// The rule that was broken, by its code (`R72-4`, `R74-2`).
            rule: Token,
            /// Whose office.
            office: OfficeCode,
        }
        optional {
            /// Who, by opaque id.
            person: Token,
            /// As what.
            post: Post,
            /// 分管负责人, by opaque id.
            superior: Token,
            /// Codes of the anomalies it rests on (`P03`, `T05`).
            findings: Vec<Token>,
            /// Entries of the log that show it.
            evidence: Vec<Seq>,
            /// What follows.
            measure: Measure,
            /// 扣分: how many points.
            points: u32,
            /// 处理决定文号.
            document_no: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

vocabulary! {
    /// How a complaint ended.
    ClosingResult {
        /// 已解决.
        Resolved = "resolved",
        /// 已解释说明.
        Explained = "explained",
        /// 未解决.
        Unresolved = "unresolved",
        /// 诉求人撤回.
        Withdrawn = "withdrawn",
        /// 并案.
        Merged = "merged",
        /// 转其他途径.
        Elsewhere = "elsewhere",
    }
}

payload! {
    /// 办结: the hotline is done with it.
    ComplaintClosed {
        optional {
            /// How it ended.
            result: ClosingResult,
            /// The complaint that goes on in its place.
            merged_into: Stream,
            /// Where it goes on, if elsewhere.
            route: Route,
        }
        text { note }
    }
}

payload! {
    /// 补充反映: the complainant says more, or says what the answer is worth.
    ComplaintFollowedUp {
        optional {
            /// It is solved.
            resolved: bool,
            /// How content the complainant is.
            contentment: Contentment,
            /// What was handed in with it.
            materials: Vec<Material>,
            /// How it came in.
            channel: Channel,
        }
        personal { phone, email }
        text { content }
        needs { content }
    }
}
