//! Privacy and access (个人信息保护、查阅、咨询): what is taken out of sight, who looked, who asked.
//!
//! Most kinds report what happened in the world, and what is merely wrong is recorded. The kinds on
//! `removals` are orders to the ledger itself: one that does not say on what ground would be none, so there
//! the basis is required.

use crate::codes::{ItemCode, OfficeCode};
use crate::field::{Confirmation, SignatureText, vocabulary};
use crate::hash::{Blake3Hash, Sha256Hash};
use crate::kinds::intake::Channel;
use crate::names::{PublicKey, Seq, Stream, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// 个人信息删除、限制处理的依据 (PIPL 47 and others).
    RemovalBasis {
        /// 处理目的已实现、无法实现或不再必要 (PIPL 47(1)(1)).
        PurposeDone = "purpose_done",
        /// 停止提供服务, 或保存期限已届满 (PIPL 47(1)(2)).
        RetentionOver = "retention_over",
        /// 个人撤回同意 (PIPL 47(1)(3)).
        ConsentWithdrawn = "consent_withdrawn",
        /// 违法、违约处理 (PIPL 47(1)(4)).
        Unlawful = "unlawful",
        /// 法律、行政法规规定的其他情形 (PIPL 47(1)(5)).
        OtherLaw = "other_law",
        /// 保存期限未届满, 或删除难以实现: only storage and protection go on (PIPL 47(2)).
        StorageOnly = "storage_only",
        /// 不准确: to be checked or corrected first (PIPL 46).
        Inaccurate = "inaccurate",
        /// 不满十四周岁未成年人 (PIPL 28).
        Minor = "minor",
        /// 司法文书.
        CourtOrder = "court_order",
    }
}

vocabulary! {
    /// On whose demand something is taken out of sight or brought back. The public sees the class, not the
    /// person.
    ActorClass {
        /// 本人.
        PersonConcerned = "person_concerned",
        /// 利害关系人.
        ThirdParty = "third_party",
        /// 承办机关.
        Office = "office",
        /// 监督机关.
        Supervisor = "supervisor",
        /// 热线、投诉处理机构.
        ComplaintHandler = "complaint_handler",
        /// 网信、公安等主管部门.
        Authority = "authority",
        /// 司法机关.
        Court = "court",
    }
}

payload! {
    /// 限制处理 (PIPL 47(2)): what is disclosed there is kept and no longer shown or used.
    Restricted {
        required {
            /// The stream.
            target: Stream,
            /// On what ground.
            basis: RemovalBasis,
        }
        optional {
            /// Only these of its entries; all if absent.
            entries: Vec<Seq>,
            /// Names of the disclosures; all if absent.
            names: Vec<Token>,
            /// On whose demand.
            asked_by: ActorClass,
            /// Last day of it, if there is one.
            until: Day,
            /// Who approved it, by opaque id.
            approver: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

payload! {
    /// 删除 (PIPL 47(1)): the keys to what is disclosed there are destroyed, for good. The chain stays whole.
    Erased {
        required {
            /// The stream.
            target: Stream,
            /// On what ground.
            basis: RemovalBasis,
        }
        optional {
            /// On whose demand.
            asked_by: ActorClass,
            /// Who approved it, by opaque id.
            approver: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

vocabulary! {
    /// Why an entry's body may not stay.
    WithholdingBasis {
        /// 法律、行政法规禁止发布或者传输的信息.
        UnlawfulContent = "unlawful_content",
        /// 明文个人信息.
        PersonalInClear = "personal_in_clear",
        /// 国家秘密 (公开条例 14).
        StateSecret = "state_secret",
        /// 司法文书.
        CourtOrder = "court_order",
    }
}

payload! {
    /// 内容撤除: an entry's body is removed, on two signatures. The entry still counts and proves; it is shown as
    /// withheld.
    BodyWithheld {
        required {
            /// The entry.
            entry: Seq,
            /// The stream on which it stands.
            target: Stream,
            /// On what ground.
            basis: WithholdingBasis,
            /// SHA-256 of the stub that stands in the body's place: what the entry did, both signers answer for.
            stub: Sha256Hash,
            /// Key of the second signer, another holder than the first.
            second_key: PublicKey,
            /// Signature by that key: see FORMAT.md, second signature.
            second_signature: SignatureText,
        }
        optional {
            /// 文书号 of the order that asks for it.
            order_no: Token,
            /// BLAKE3 of that order.
            digest: Blake3Hash,
            /// On whose demand.
            asked_by: ActorClass,
        }
        text { reasons }
    }
}

vocabulary! {
    /// 不予公开的依据: why something is not shown to the public.
    HidingBasis {
        /// 国家秘密, 法律、行政法规禁止公开 (公开条例 14).
        StateSecret = "state_secret",
        /// 危及国家安全、公共安全、经济安全、社会稳定 (公开条例 14).
        Security = "security",
        /// 商业秘密 (公开条例 15; 许可法 5(2)).
        TradeSecret = "trade_secret",
        /// 个人隐私 (公开条例 15; 许可法 5(2)).
        Privacy = "privacy",
        /// 未经单独同意的个人信息 (PIPL 25).
        NoConsent = "no_consent",
        /// 不满十四周岁未成年人 (PIPL 28).
        Minor = "minor",
        /// 内部事务、过程性信息、行政执法案卷 (公开条例 16).
        Internal = "internal",
        /// 检举、控告人 (信访条例 30).
        Informant = "informant",
        /// 决定已变更、撤销 (行政处罚法 48).
        Annulled = "annulled",
        /// 违法文字, in what somebody wrote.
        UnlawfulText = "unlawful_text",
        /// 司法文书.
        CourtOrder = "court_order",
    }
}

payload! {
    /// 屏蔽: the public no longer sees it; the parties and staff do. That it is hidden, since when and why, is
    /// public.
    Hidden {
        required {
            /// The stream.
            target: Stream,
            /// On what ground.
            basis: HidingBasis,
        }
        optional {
            /// Only these of its entries; all if absent.
            entries: Vec<Seq>,
            /// Names of the fields or disclosures; all if absent.
            names: Vec<Token>,
            /// On whose demand.
            asked_by: ActorClass,
            /// Last day of it, if there is one.
            until: Day,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

vocabulary! {
    /// 恢复公开的依据.
    UnhidingBasis {
        /// 原因消失.
        GroundGone = "ground_gone",
        /// 屏蔽有误.
        Mistake = "mistake",
        /// 权利人同意 (公开条例 15).
        Consent = "consent",
        /// 不公开会对公共利益造成重大影响 (公开条例 15).
        PublicInterest = "public_interest",
        /// 上级、复议、司法机关要求.
        Ordered = "ordered",
    }
}

payload! {
    /// 解除屏蔽: the public sees it again.
    Unhidden {
        required {
            /// The stream.
            target: Stream,
            /// On what ground.
            basis: UnhidingBasis,
        }
        optional {
            /// Only these of its entries; all if absent.
            entries: Vec<Seq>,
            /// On whose demand.
            asked_by: ActorClass,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

vocabulary! {
    /// 查阅目的: why somebody looked.
    ReadPurpose {
        /// 办理.
        Handling = "handling",
        /// 审核、复核.
        Review = "review",
        /// 监督检查.
        Supervision = "supervision",
        /// 投诉处理.
        Complaint = "complaint",
        /// 答复本人.
        Enquiry = "enquiry",
        /// 复议、诉讼、监察机关调取.
        LegalRequest = "legal_request",
        /// 合规审计 (PIPL 54).
        Audit = "audit",
        /// 统计.
        Statistics = "statistics",
        /// 归档 (档案法).
        Archive = "archive",
        /// 运行维护.
        Maintenance = "maintenance",
    }
}

payload! {
    /// 查阅记录 (PIPL 51, 54; 数据安全法 38): a member of staff looked at what is not public; one per reader, case,
    /// purpose and day.
    ReadBy {
        required {
            /// What was looked at; a case, or a stream of another type.
            case: Stream,
            /// Why.
            purpose: ReadPurpose,
            /// On which day.
            day: Day,
        }
        optional {
            /// Who, by opaque id, if it is not the signer.
            reader: Token,
            /// Of which office, if it is not the signer's.
            office: OfficeCode,
            /// What was disclosed was looked at too.
            disclosures_read: bool,
        }
    }
}

vocabulary! {
    /// Why a query code was replaced.
    ReissueReason {
        /// 遗失.
        Lost = "lost",
        /// 泄露.
        Leaked = "leaked",
        /// 换人: an agent no longer acts.
        AgentChanged = "agent_changed",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 查询码重发: the old code opens nothing any more. Neither code nor its digest is on the log.
    QueryCodeReissued {
        optional {
            /// Why.
            reason: ReissueReason,
            /// How it was asked for.
            channel: Channel,
            /// The applicant's identity was checked.
            identity_checked: bool,
        }
    }
}

payload! {
    /// 咨询 (GB/T 39046 table 10): somebody asks an office something.
    ConsultationAsked {
        required {
            /// The office that is asked.
            office: OfficeCode,
        }
        optional {
            /// 事项实施编码.
            item: ItemCode,
            /// The case it is about.
            case: Stream,
            /// A random id of the one who asks, mapped to the person only in the vault.
            asker: Token,
            /// How it came in.
            channel: Channel,
            /// Question and answer may be shown to everybody.
            publishable: bool,
            /// The asker's own key; what it signs later is citizen-signed.
            cnf: Confirmation,
        }
        personal { asker_name, phone, email }
        text { title, question }
        needs { question }
    }
}

payload! {
    /// 咨询答复 (GB/T 39046 table 10).
    ConsultationAnswered {
        optional {
            /// How it was given.
            channel: Channel,
            /// When it was given.
            told_at: Micros,
            /// Question and answer may be shown to everybody.
            publishable: bool,
            /// Version of the item's guide that the answer follows.
            item_version: u32,
            /// BLAKE3 of the answer.
            digest: Blake3Hash,
        }
        text { answer }
        needs { answer }
    }
}
