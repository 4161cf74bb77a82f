//! Outcome (办结、送达、后续): the decision, how it reached people, and what became of it.

use crate::codes::OfficeCode;
use crate::field::vocabulary;
use crate::hash::Blake3Hash;
use crate::kinds::work::Party;
use crate::names::{Stream, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// 办理结果.
    DecisionOutcome {
        /// 准予.
        Granted = "granted",
        /// 不予.
        Refused = "refused",
        /// 部分准予.
        Partly = "partly",
    }
}

vocabulary! {
    /// Why something was not granted.
    DecisionGround {
        /// 不符合法定条件、标准 (许可法 38).
        ConditionsNotMet = "conditions_not_met",
        /// 隐瞒情况、提供虚假材料 (许可法 78).
        FalseMaterial = "false_material",
        /// 数量已满 (许可法 57).
        NumberExhausted = "number_exhausted",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 决定 (许可法 34(2), 37, 38): written; a refusal with reasons and with the remedies. One without is recorded
    /// and flagged (P03).
    Decided {
        required {
            /// 准予、不予 or in part.
            outcome: DecisionOutcome,
        }
        optional {
            /// 决定书文号.
            document_no: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
            /// The document states reasons (38(2)).
            reasons_given: bool,
            /// 复议、诉讼权利 were told (38(2)).
            remedies_told: bool,
            /// 复议前置 was told, where it applies (复议法 23(2)).
            review_first_told: bool,
            /// Why not.
            ground: DecisionGround,
            /// Last day on which no new application is taken (78, 79).
            barred_until: Day,
            /// 统一办理、联合办理、集中办理 (26, 42(2)).
            joint: bool,
            /// 裁量基准: code of the published band that was applied (营商条例 35).
            discretion_band: Token,
            /// What is paid out, in fen, where the item is a payment (给付).
            amount_fen: u64,
            /// 审批人, by opaque id, if it is not the signer.
            approver: Token,
            /// Taken by the record of the hearing (48(2)).
            by_hearing_record: bool,
        }
        text { document_title, reasons, description }
    }
}

payload! {
    /// 结果公开 (许可法 40; 双公示: within seven working days).
    ResultPublished {
        optional {
            /// Where, as a code of the site.
            site: Token,
            /// When.
            published_at: Micros,
            /// Last day on which it is to be seen, if there is one.
            until: Day,
            /// BLAKE3 of what was published.
            digest: Blake3Hash,
        }
        text { note }
    }
}

payload! {
    /// 制发证照 (许可法 39, 44): the certificate exists; it is to be issued and delivered within ten working days of
    /// the decision.
    CertificateIssued {
        optional {
            /// 证照类型代码.
            certificate_type: Token,
            /// 证照编号. One that has the form of an identity number is disclosed as `holder_certificate_no`.
            certificate_no: Token,
            /// BLAKE3 of the certificate.
            digest: Blake3Hash,
            /// 电子证照 (在线规定 10).
            electronic: bool,
            /// 发证单位, if it is not the signer's.
            issuer: OfficeCode,
            /// First day of validity.
            valid_from: Day,
            /// Last day of validity (许可法 50).
            valid_until: Day,
        }
        personal { holder_name, holder_id, holder_certificate_no }
        text { title, description }
    }
}

vocabulary! {
    /// 送达方式 (复议条例 15; 民诉法): the day that counts for remedies depends on it.
    ServiceMode {
        /// 当场: the day of the act.
        OnTheSpot = "on_the_spot",
        /// 直接送达: the day of the signature.
        Direct = "direct",
        /// 留置送达.
        Left = "left",
        /// 邮寄: the day on the slip, or of receipt.
        Post = "post",
        /// 委托、转交送达.
        Entrusted = "entrusted",
        /// 公告: the day its period ends.
        PublicNotice = "public_notice",
        /// 电子送达: the day it entered the recipient's system (电子签名法 11; 复议法 22(2)).
        Electronic = "electronic",
        /// 事后补充告知: the day the later notice arrived.
        ToldLater = "told_later",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 文书送达 (复议条例 15): a document reached somebody, and the clock for remedies starts. Without proof nothing
    /// starts for them.
    NoticeServed {
        required {
            /// Number in the stream of the entry whose document was served.
            of: u32,
        }
        optional {
            /// How.
            mode: ServiceMode,
            /// When, by the day signed on the receipt.
            served_at: Micros,
            /// 送达回证: BLAKE3 of the proof.
            proof: Blake3Hash,
            /// To whom.
            recipient: Party,
            /// The recipient would not sign.
            signature_refused: bool,
            /// Last day of the public notice's period.
            notice_until: Day,
            /// 复议、诉讼权利 were told with it.
            remedies_told: bool,
            /// 复议前置 was told, where it applies (复议法 23(2)).
            review_first_told: bool,
            /// 网上复议渠道 was offered, as service through the internet asks for (复议法 22(2)).
            online_review_offered: bool,
        }
        personal { recipient_name, phone, address }
        text { note }
    }
}

payload! {
    /// 寄出: a certificate or document is on its way. The carrier's number leads to a name and address, so it
    /// is a disclosure.
    Dispatched {
        optional {
            /// Number in the stream of the entry whose document it is.
            of: u32,
            /// The carrier, as a code.
            carrier: Token,
            /// When it was handed to the carrier.
            dispatched_at: Micros,
        }
        personal { tracking_no, recipient_name, phone, address }
        text { note }
    }
}

vocabulary! {
    /// 物流状态: where a consignment is.
    DeliveryStatus {
        /// 已揽收.
        Collected = "collected",
        /// 运输中.
        InTransit = "in_transit",
        /// 派送中.
        OutForDelivery = "out_for_delivery",
        /// 未妥投.
        Failed = "failed",
        /// 退回.
        SentBack = "sent_back",
        /// 遗失.
        Lost = "lost",
    }
}

payload! {
    /// 物流更新: what the carrier says.
    DeliveryUpdated {
        required {
            /// Where it is.
            status: DeliveryStatus,
        }
        optional {
            /// Number in the stream of the entry that sent it off.
            dispatched: u32,
            /// When it came to be there.
            reached_at: Micros,
        }
        text { note }
    }
}

payload! {
    /// 送达证照 (许可法 44): the result is in the applicant's hands; an electronic one when it can be fetched and
    /// they know of it.
    Delivered {
        optional {
            /// Number in the stream of the entry whose document it is.
            of: u32,
            /// Number in the stream of the entry that sent it off.
            dispatched: u32,
            /// How.
            mode: ServiceMode,
            /// When.
            delivered_at: Micros,
            /// 签收凭证: BLAKE3 of the proof.
            proof: Blake3Hash,
            /// To whom.
            recipient: Party,
        }
        personal { recipient_name }
        text { note }
    }
}

payload! {
    /// 撤件: the applicant withdraws the application.
    Withdrawn {
        optional {
            /// BLAKE3 of the applicant's own request.
            digest: Blake3Hash,
            /// The office had asked for it.
            asked_by_office: bool,
        }
        text { reasons }
    }
}

vocabulary! {
    /// Why an office sends an application back.
    ReturnGround {
        /// 长期不补正 (`EA_JC` 退件).
        NotCorrected = "not_corrected",
        /// 申请人主动放弃 (`EA_JC` 退件).
        GivenUp = "given_up",
        /// 重复申请.
        Duplicate = "duplicate",
        /// 申报事项错误.
        WrongItem = "wrong_item",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 退件: the office ends the case without a decision. Taken up again, its time is counted together (P08).
    Returned {
        optional {
            /// Why.
            ground: ReturnGround,
            /// Number in the stream of the entry that told of deadline and consequence.
            warned: u32,
            /// Number of the notice.
            notice_no: Token,
            /// BLAKE3 of the notice.
            digest: Blake3Hash,
            /// When the applicant was told.
            told_at: Micros,
        }
        text { reasons }
    }
}

vocabulary! {
    /// Why a case is void.
    VoidGround {
        /// 录入错误.
        EntryError = "entry_error",
        /// 重复登记.
        Duplicate = "duplicate",
        /// 测试件.
        Test = "test",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 作废: the office says that there is no such case. It stays visible, and its time counts (P08).
    Voided {
        optional {
            /// Why.
            ground: VoidGround,
            /// The case that stands in its place.
            instead: Stream,
            /// When the applicant was told.
            told_at: Micros,
        }
        text { reasons }
    }
}

vocabulary! {
    /// Why a decision is taken back.
    RevocationGround {
        /// 滥用职权、玩忽职守 (许可法 69(1)(1)).
        Misconduct = "misconduct",
        /// 超越法定职权 (69(1)(2)).
        BeyondPowers = "beyond_powers",
        /// 违反法定程序 (69(1)(3)).
        Procedure = "procedure",
        /// 申请人不具备资格、不符合条件 (69(1)(4)).
        ConditionsNotMet = "conditions_not_met",
        /// 欺骗、贿赂 (69(2), 79).
        Fraud = "fraud",
        /// 告知承诺不实 (安阳条例 27).
        PromiseBroken = "promise_broken",
        /// 撤回: the law or the circumstances changed (8(2)).
        Circumstances = "circumstances",
        /// 复议、诉讼撤销.
        Remedy = "remedy",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 撤销、撤回 (许可法 69, 8(2)): the decision holds no more.
    Revoked {
        optional {
            /// Why.
            ground: RevocationGround,
            /// First day on which it does not hold; from the beginning if it is before the decision.
            effective: Day,
            /// 上级机关 did it (69(1)).
            by_superior: OfficeCode,
            /// 赔偿、补偿 was given (69(4), 8(2)).
            compensated: bool,
            /// Last day on which no new application is taken (79).
            barred_until: Day,
            /// 决定书文号.
            document_no: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
            /// 复议、诉讼权利 were told.
            remedies_told: bool,
        }
        text { document_title, reasons }
    }
}

payload! {
    /// 变更 (许可法 49): the holder asked, and what was granted is otherwise from now on.
    Changed {
        optional {
            /// Codes of what is otherwise.
            what: Vec<Token>,
            /// The case in which it was asked for.
            case: Stream,
            /// First day on which it holds.
            effective: Day,
            /// 决定书文号.
            document_no: Token,
            /// BLAKE3 of the decision or the new certificate.
            digest: Blake3Hash,
        }
        text { document_title, description }
    }
}

payload! {
    /// 延续 (许可法 50): decided before expiry, or else deemed to be renewed.
    Renewed {
        optional {
            /// Last day of the new period.
            valid_until: Day,
            /// The case in which it was asked for.
            case: Stream,
            /// Number in the stream of the deemed fact that this confirms (50(2)).
            confirms: u32,
            /// 决定书文号.
            document_no: Token,
            /// BLAKE3 of the decision or the new certificate.
            digest: Blake3Hash,
        }
        text { document_title, description }
    }
}

vocabulary! {
    /// Why a permit is struck off.
    CancellationGround {
        /// 有效期届满未延续 (许可法 70(1)).
        Expired = "expired",
        /// 公民死亡或丧失行为能力 (70(2)).
        PersonIncapable = "person_incapable",
        /// 法人或组织终止 (70(3)).
        OrganisationEnded = "organisation_ended",
        /// 依法被撤销、撤回、吊销 (70(4)).
        TakenBack = "taken_back",
        /// 不可抗力 (70(5)).
        ForceMajeure = "force_majeure",
        /// 其他情形 (70(6)).
        Other = "other",
    }
}

payload! {
    /// 注销 (许可法 70): what no longer holds is struck off.
    Cancelled {
        optional {
            /// Why.
            ground: CancellationGround,
            /// First day on which it is struck off.
            effective: Day,
            /// 决定书文号.
            document_no: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
        }
        text { document_title, reasons }
    }
}

payload! {
    /// 更正 (公开条例 41; PIPL 46): an entry says something wrong. It stays as it is, and is shown with this beside
    /// it.
    Corrected {
        required {
            /// Number in the stream of the entry that is corrected.
            entry: u32,
        }
        optional {
            /// Name of the field or disclosure that is wrong.
            field: Token,
            /// What is right, if it is a code, a number or a day.
            code: Token,
            /// What is right, if it is a document: its BLAKE3.
            digest: Blake3Hash,
            /// Who asked for it.
            asked_by: Party,
            /// When the applicant was told.
            told_at: Micros,
        }
        personal { value }
        text { reasons }
    }
}
