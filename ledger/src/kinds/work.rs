//! Work (审查、特别程序、延期): everything between acceptance and decision, above all what moves a clock.

use crate::codes::OfficeCode;
use crate::field::vocabulary;
use crate::hash::Blake3Hash;
use crate::kinds::intake::CaseType;
use crate::names::Token;
use crate::time::{Day, Micros};

vocabulary! {
    /// 时限单位 (`EA_JC`, `promisetimelimit`): what a limit is counted in.
    DayUnit {
        /// 工作日 (许可法 82): without statutory holidays, with make-up working days.
        WorkingDay = "working_day",
        /// 自然日.
        CalendarDay = "calendar_day",
        /// 小时 (民法典 201(2)).
        Hour = "hour",
        /// 分钟.
        Minute = "minute",
        /// 月 (民法典 202): ends on the corresponding date.
        Month = "month",
    }
}

vocabulary! {
    /// 业务动作 (GB/T 39046 table 7): how a step ended.
    StepResult {
        /// 通过.
        Passed = "passed",
        /// 退回.
        Returned = "returned",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 环节开始: work on one step of the item's published flow begins.
    StepStarted {
        required {
            /// Code of the step in the item version's flow.
            step: Token,
        }
        optional {
            /// 处理单位, if it is not the signer's.
            unit: OfficeCode,
            /// 处理人, by opaque id, if it is not the signer.
            handler: Token,
            /// When it began.
            started_at: Micros,
        }
        text { note }
    }
}

payload! {
    /// 环节结束 (GB/T 39046 table 7): a step is done. An import may have no other entry of it, so the start can
    /// stand here too.
    StepFinished {
        required {
            /// Code of the step in the item version's flow.
            step: Token,
        }
        optional {
            /// 业务动作.
            result: StepResult,
            /// Number in the stream of the entry that started it.
            started: u32,
            /// When it began.
            started_at: Micros,
            /// When it ended.
            ended_at: Micros,
            /// Code of the step that the case goes back to.
            returned_to: Token,
            /// 处理单位, if it is not the signer's.
            unit: OfficeCode,
            /// 处理人, by opaque id, if it is not the signer.
            handler: Token,
        }
        text { opinion }
    }
}

payload! {
    /// 交办: another person or another unit of the same matter goes on with the case. Who held it until now is
    /// free.
    HandedOver {
        optional {
            /// The office that goes on.
            to_office: OfficeCode,
            /// The person who goes on, by opaque id.
            to_person: Token,
            /// Code of the step that is handed over; the whole case if absent.
            step: Token,
        }
        text { note }
    }
}

vocabulary! {
    /// What staff is assigned for.
    InspectionTask {
        /// 实质内容核实 (许可法 34(3)).
        Substance = "substance",
        /// 检验 (许可法 55(2)).
        Inspection = "inspection",
        /// 检测 (许可法 55(2)).
        Testing = "testing",
        /// 检疫 (许可法 55(2)).
        Quarantine = "quarantine",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 指派核查人员 (许可法 34(3), 55(2)): two or more; for inspection within five working days. Fewer are recorded
    /// and flagged.
    InspectorsAssigned {
        required {
            /// Who, by opaque ids.
            inspectors: Vec<Token>,
        }
        optional {
            /// For what.
            task: InspectionTask,
            /// Code of the step it belongs to.
            step: Token,
            /// Number in the stream of the special procedure it belongs to.
            procedure: u32,
            /// The day of the check.
            day: Day,
        }
        text { place, note }
    }
}

vocabulary! {
    /// 特别程序种类. The first eight are those of 许可法 45 and stop the legal clock; what the others stop, policy
    /// says.
    SpecialProcedure {
        /// 听证 (许可法 45).
        Hearing = "hearing",
        /// 招标 (许可法 45).
        Tender = "tender",
        /// 拍卖 (许可法 45).
        Auction = "auction",
        /// 检验 (许可法 45).
        Inspection = "inspection",
        /// 检测 (许可法 45).
        Testing = "testing",
        /// 检疫 (许可法 45).
        Quarantine = "quarantine",
        /// 鉴定 (许可法 45).
        Appraisal = "appraisal",
        /// 专家评审 (许可法 45).
        ExpertReview = "expert_review",
        /// 现场勘验 (安阳条例 37).
        SiteSurvey = "site_survey",
        /// 技术审查 (安阳条例 37).
        TechnicalReview = "technical_review",
        /// 公示.
        PublicNotice = "public_notice",
        /// 核实.
        Verification = "verification",
        /// 补正挂起: a correction asked for after acceptance. 许可法 45 knows no such ground.
        CorrectionHold = "correction_hold",
        /// 其他.
        Other = "other",
    }
}

vocabulary! {
    /// Who is meant by an entry about a case.
    Party {
        /// 行政机关.
        Office = "office",
        /// 申请人.
        Applicant = "applicant",
        /// 利害关系人 (许可法 36, 47).
        ThirdParty = "third_party",
    }
}

payload! {
    /// 特别程序开始 (许可法 45): the applicant is to be told in writing how long it takes. Without that it is recorded
    /// and flagged.
    SpecialProcedureStarted {
        required {
            /// 种类.
            procedure: SpecialProcedure,
        }
        optional {
            /// 依据: the article relied on, as a code (`xkf-45` for 许可法 45).
            basis: Token,
            /// The time it takes, as told in writing.
            expected_days: u32,
            /// What [`Self::expected_days`] counts; working days if absent.
            unit: DayUnit,
            /// 特别程序告知书文号.
            notice_no: Token,
            /// BLAKE3 of the written notice.
            digest: Blake3Hash,
            /// When the applicant was told.
            told_at: Micros,
            /// When it began.
            started_at: Micros,
            /// On whose demand.
            asked_by: Party,
            /// Code of the step it belongs to.
            step: Token,
            /// 办理单位: who carries it out, if an office does.
            performed_by: OfficeCode,
        }
        text { reasons, institution }
    }
}

payload! {
    /// 特别程序结束 (许可法 45): the clock runs again where it stood still.
    SpecialProcedureEnded {
        required {
            /// Number in the stream of the entry that started it.
            started: u32,
        }
        optional {
            /// When it ended.
            ended_at: Micros,
            /// How it ended.
            result: StepResult,
            /// BLAKE3 of the report.
            digest: Blake3Hash,
        }
        text { opinion }
    }
}

vocabulary! {
    /// Which of the two notices before a hearing.
    HearingNotice {
        /// 告知听证权利 (许可法 47(1)): the five days to ask for a hearing begin.
        Right = "right",
        /// 听证通知 (许可法 48(1)(1)): time and place, seven days ahead.
        Session = "session",
    }
}

payload! {
    /// 听证告知、听证通知 (许可法 46, 47, 48): somebody is told of the right to a hearing, or of its time and place.
    HearingNotified {
        required {
            /// Of what they are told.
            notice: HearingNotice,
        }
        optional {
            /// Who is told.
            told: Vec<Party>,
            /// When they were told.
            told_at: Micros,
            /// Last day to ask for a hearing, as told.
            until: Day,
            /// When the hearing is to begin.
            session_at: Micros,
            /// 听证告知书文号.
            notice_no: Token,
            /// BLAKE3 of the notice.
            digest: Blake3Hash,
            /// It was published (许可法 46, 48(1)(1)).
            published: bool,
        }
        text { place, note }
    }
}

payload! {
    /// 听证申请 (许可法 47(1)): to be held within twenty days.
    HearingRequested {
        optional {
            /// Who asks.
            asked_by: Party,
            /// Number in the stream of the notice that it answers.
            notice: u32,
            /// BLAKE3 of the request.
            digest: Blake3Hash,
        }
        personal { asker_name, phone }
        text { reasons }
    }
}

payload! {
    /// 听证举行 (许可法 48): in public, under somebody who does not review the application, with a record that is
    /// signed.
    HearingHeld {
        optional {
            /// When it began.
            began_at: Micros,
            /// When it ended.
            ended_at: Micros,
            /// 听证主持人, by opaque id; may not be the one who reviews (48(1)(3)).
            presider: Token,
            /// 申请回避 was asked for and granted (48(1)(3)).
            recused: bool,
            /// 公开举行 (48(1)(2)).
            public: bool,
            /// 听证笔录: BLAKE3 of the record.
            digest: Blake3Hash,
            /// Those present signed the record (48(1)(5)).
            record_signed: bool,
            /// Applicant or third party had to pay for it; not allowed (47(2)).
            cost_charged: bool,
        }
        text { place, note }
    }
}

vocabulary! {
    /// Why a case stands still.
    SuspensionGround {
        /// 特别程序 (许可法 45).
        SpecialProcedure = "special_procedure",
        /// 补正挂起 after acceptance; stops no legal clock.
        Correction = "correction",
        /// 申请人请求.
        ApplicantAsked = "applicant_asked",
        /// 等待其他机关、司法结论.
        OtherProceedings = "other_proceedings",
        /// 不可抗力.
        ForceMajeure = "force_majeure",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 中止、挂起: the office says that a clock stands still. Which one does is for law and policy; a suspension
    /// without written notice is recorded and flagged (许可法 45).
    Suspended {
        optional {
            /// Why.
            ground: SuspensionGround,
            /// 依据: the article relied on, as a code (`xkf-45`).
            basis: Token,
            /// Number in the stream of the special procedure that it is for.
            procedure: u32,
            /// Whose turn it is meanwhile.
            waiting_for: Party,
            /// The time it takes, as told in writing.
            expected_days: u32,
            /// What [`Self::expected_days`] counts; working days if absent.
            unit: DayUnit,
            /// 中止通知书文号.
            notice_no: Token,
            /// BLAKE3 of the written notice.
            digest: Blake3Hash,
            /// When the applicant was told.
            told_at: Micros,
            /// From when the clock is said to stand still.
            started_at: Micros,
        }
        text { reasons }
    }
}

payload! {
    /// 恢复: a suspension is over.
    Resumed {
        required {
            /// Number in the stream of the entry that suspended.
            started: u32,
        }
        optional {
            /// From when the clock runs again.
            ended_at: Micros,
            /// What came of it.
            result: StepResult,
            /// When the applicant was told.
            told_at: Micros,
        }
        text { note }
    }
}

vocabulary! {
    /// Who approved an exception.
    ApproverRole {
        /// 本机关负责人 (许可法 42(1)).
        OfficeHead = "office_head",
        /// 本级人民政府负责人 (许可法 42(2)).
        GovernmentHead = "government_head",
        /// 其他.
        Other = "other",
    }
}

vocabulary! {
    /// Which limit an act is about.
    LimitScope {
        /// 法定办结时限.
        Legal = "legal",
        /// 承诺办结时限 (营商条例 36(2)).
        Promised = "promised",
        /// Both.
        Both = "both",
        /// The limit of one step.
        Step = "step",
    }
}

payload! {
    /// 延长审批 (许可法 42, GB/T 39046 A.7 code 1): once, before the due day, by the right head, and the applicant
    /// is told why. What falls short of that is recorded, flagged, and moves no day.
    Extended {
        required {
            /// By how much.
            days: u32,
        }
        optional {
            /// What [`Self::days`] counts; working days if absent.
            unit: DayUnit,
            /// Which limit; the legal one if absent.
            scope: LimitScope,
            /// Code of the step, if it is a step's limit.
            step: Token,
            /// Who approved.
            approver_role: ApproverRole,
            /// The one who approved, by opaque id.
            approver: Token,
            /// When it was approved.
            approved_at: Micros,
            /// When the applicant was told the reasons.
            told_at: Micros,
            /// 依据: the article relied on, as a code (`xkf-42-1`).
            basis: Token,
            /// 延期通知书文号.
            notice_no: Token,
            /// BLAKE3 of the notice.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

payload! {
    /// 告知利害关系人 (许可法 36, 47): somebody whose interests the permit touches is told and may be heard.
    ThirdPartyNotified {
        optional {
            /// A random id of the third party, mapped to the person only in the vault.
            party: Token,
            /// How many are told, if it is more than one.
            parties: u32,
            /// When they were told.
            told_at: Micros,
            /// Last day to be heard, as told.
            until: Day,
            /// They were told of the right to state their case and to defend themselves (36).
            statement_right_told: bool,
            /// They were told of the right to a hearing (47(1)).
            hearing_right_told: bool,
            /// Number of the notice.
            notice_no: Token,
            /// BLAKE3 of the notice.
            digest: Blake3Hash,
        }
        personal { party_name, phone, address }
        text { note }
    }
}

payload! {
    /// 办件类型变更: usually 即办件 to 承诺件. It does not set any clock back (P11).
    CaseTypeChanged {
        required {
            /// The type from now on.
            to: CaseType,
        }
        optional {
            /// The type until now.
            from: CaseType,
            /// The applicant agreed.
            agreed: bool,
            /// When the applicant was told.
            told_at: Micros,
        }
        text { reasons }
    }
}

vocabulary! {
    /// 初审意见: what the lower office thinks of the application.
    Opinion {
        /// 同意.
        InFavour = "in_favour",
        /// 不同意.
        Against = "against",
        /// 无意见.
        NoView = "no_view",
    }
}

payload! {
    /// 报送上级 (许可法 43; `EA_JC` 转报): preliminary review is over; opinion and the whole file go up within the
    /// limit. The upper office may not ask the applicant for the same again (35).
    SentUp {
        required {
            /// The upper office.
            office: OfficeCode,
        }
        optional {
            /// 初审意见.
            opinion: Opinion,
            /// The whole file went with it.
            whole_file: bool,
            /// When it was sent.
            sent_at: Micros,
            /// 报送文号.
            document_no: Token,
            /// BLAKE3 of what was sent.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

payload! {
    /// 收费 (许可法 58, 59, 75): free unless a law or administrative regulation says otherwise; by the published
    /// standard.
    FeeCharged {
        required {
            /// The amount, in fen.
            amount_fen: u64,
        }
        optional {
            /// 收费依据: the article relied on, as a code.
            basis: Token,
            /// Code of the published standard.
            standard: Token,
            /// 票据号.
            receipt_no: Token,
            /// When it was paid.
            paid_at: Micros,
            /// It went to an intermediary (中介服务), not to the state.
            intermediary: bool,
            /// The office forced that intermediary on the applicant (营商条例 69(9)).
            intermediary_forced: bool,
        }
        text { intermediary_name, note }
    }
}

payload! {
    /// 数据共享复用 (在线规定 7(1), 营商条例 35): the office had it from another agency instead of asking the applicant.
    DataReused {
        required {
            /// Codes of the materials in the item version's list.
            materials: Vec<Token>,
        }
        optional {
            /// Whose data it is.
            source: OfficeCode,
            /// 共享目录代码.
            catalogue: Token,
            /// The applicant agreed, where that is needed (PIPL 13, 25).
            agreed: bool,
            /// BLAKE3 of what was had.
            digest: Blake3Hash,
        }
        text { note }
    }
}

payload! {
    /// 超时公开说明理由 (营商条例 36(2)): a promised time was exceeded and the office publishes why. The text is for
    /// everybody, but a disclosure like every text: what was published by mistake can then be taken back.
    PublicReasonGiven {
        optional {
            /// Which limit was exceeded; the promised one if absent.
            scope: LimitScope,
            /// When it was published.
            published_at: Micros,
            /// The new day promised.
            promised_by: Day,
            /// BLAKE3 of what was published.
            digest: Blake3Hash,
        }
        text { reasons }
        needs { reasons }
    }
}
