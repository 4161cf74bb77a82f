//! Intake (申请、收件、受理): from the application coming in to the moment the clock starts.

use crate::codes::{ItemCode, OfficeCode};
use crate::field::{Confirmation, object, vocabulary};
use crate::hash::Blake3Hash;
use crate::names::{Stream, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// 申报来源 (GB/T 39046 A.5): how something came in.
    Channel {
        /// 窗口.
        Window = "window",
        /// 电脑网上.
        Online = "online",
        /// 移动端.
        Mobile = "mobile",
        /// 快递、信函.
        Post = "post",
        /// 电子邮件.
        Email = "email",
        /// 自助终端.
        Kiosk = "kiosk",
        /// 电话.
        Phone = "phone",
        /// 其他.
        Other = "other",
    }
}

vocabulary! {
    /// 服务对象 (GB/T 39046 A.4).
    ApplicantType {
        /// 自然人.
        NaturalPerson = "natural_person",
        /// 企业法人.
        Enterprise = "enterprise",
        /// 事业法人.
        Institution = "institution",
        /// 社会组织法人.
        SocialOrganisation = "social_organisation",
        /// 行政机关.
        Agency = "agency",
        /// 其他.
        Other = "other",
    }
}

vocabulary! {
    /// 办件类型 (GB/T 39046 A.6).
    CaseType {
        /// 即办件: decided on the spot.
        OnTheSpot = "on_the_spot",
        /// 承诺件: decided within a promised time.
        Promised = "promised",
        /// 其他.
        Other = "other",
    }
}

vocabulary! {
    /// 材料来源等级 (108号): who vouches for a material.
    MaterialGrade {
        /// A: produced by an agency.
        Agency = "agency",
        /// B: checked at a window.
        Window = "window",
        /// C: uploaded by the applicant, the original still to be checked.
        Upload = "upload",
        /// D: the applicant's own promise.
        Promise = "promise",
    }
}

object! {
    /// 材料: a document, by what it is and what its bytes hash to; the file stays where it is.
    Material {
        required {
            /// Code in the item version's list of materials.
            code: Token,
        }
        optional {
            /// BLAKE3 of the file.
            digest: Blake3Hash,
            /// Its size in bytes.
            size: u64,
            /// Its media type as a code (`application.pdf` for `application/pdf`).
            media: Token,
            /// Who vouches for it.
            grade: MaterialGrade,
        }
    }
}

payload! {
    /// 提交申请: an application comes in. The item version in force then binds (C54).
    Submitted {
        required {
            /// 事项实施编码.
            item: ItemCode,
            /// Version of the item's guide that was in force.
            item_version: u32,
            /// 受理单位: the office the application goes to.
            office: OfficeCode,
            /// A random id of the applicant, mapped to the person only in the vault.
            applicant: Token,
            /// How it came in.
            channel: Channel,
        }
        optional {
            /// Who applies.
            applicant_type: ApplicantType,
            /// 办件类型.
            case_type: CaseType,
            /// What was handed in.
            materials: Vec<Material>,
            /// The applicant's own key; what it signs later is citizen-signed.
            cnf: Confirmation,
            /// An earlier case that this one takes up again (anti-evasion, C19).
            supersedes: Stream,
            /// The bundle (一件事) it belongs to.
            bundle: Stream,
            /// The visit or advice before it.
            visit: Stream,
            /// 投资项目编号.
            project: Token,
            /// A third party's interests are touched (许可法 36).
            third_party: bool,
            /// 延续: the case whose permit is to be renewed (许可法 50).
            renews: Stream,
            /// Last day of the permit to be renewed (许可法 50); needed where that permit is older than the ledger.
            permit_expires: Day,
        }
        personal { applicant_name, applicant_id, contact_name, phone, address, email }
        text { project_name, note }
    }
}

payload! {
    /// 收件: the office says that it has the materials, and gives a receipt for them. The clock does not start yet.
    Received {
        optional {
            /// 收件凭证号.
            receipt_no: Token,
            /// What was received.
            materials: Vec<Material>,
            /// How.
            channel: Channel,
        }
        text { note }
    }
}

object! {
    /// One thing to correct or add.
    Lack {
        required {
            /// The material's code in the item version's list.
            code: Token,
        }
        optional {
            /// It is not on the published list of this item version (许可法 31).
            unlisted: bool,
            /// It could be had by data sharing (在线规定 7).
            shared: bool,
        }
    }
}

payload! {
    /// 补正一次性告知 (许可法 32(1)(4)): one list of all that must be corrected, on the spot or within five working days.
    SupplementRequested {
        required {
            /// What is missing or wrong.
            lacks: Vec<Lack>,
        }
        optional {
            /// 补正告知书文号.
            notice_no: Token,
            /// BLAKE3 of the notice.
            digest: Blake3Hash,
            /// Last day to correct, if the office set one.
            until: Day,
            /// When the applicant was told.
            told_at: Micros,
            /// The consequence of not correcting was told with it.
            consequence_told: bool,
        }
        text { explanation }
    }
}

payload! {
    /// 补正材料收讫: what was asked for came in, or part of it.
    SupplementReceived {
        required {
            /// What came in.
            materials: Vec<Material>,
        }
        optional {
            /// Everything that was asked for is there now.
            complete: bool,
            /// How.
            channel: Channel,
        }
        text { note }
    }
}

payload! {
    /// 受理 (许可法 32(1)(5), 32(2)): the clock starts; a dated voucher with the seal is due.
    Accepted {
        optional {
            /// 受理通知书文号.
            voucher_no: Token,
            /// BLAKE3 of the voucher.
            digest: Blake3Hash,
            /// 承诺办结时间 as printed on the voucher.
            promised_by: Day,
            /// 即办件 or 承诺件, if it differs from the filing.
            case_type: CaseType,
            /// 统一办理、联合办理、集中办理 (许可法 26, 42(2)).
            joint: bool,
            /// Where it was accepted (安阳条例 56(1)).
            place: AcceptancePlace,
        }
        text { note }
    }
}

vocabulary! {
    /// Where an application is accepted.
    AcceptancePlace {
        /// 政务服务大厅.
        Hall = "hall",
        /// 政务服务平台.
        Platform = "platform",
        /// 大厅、平台之外.
        Elsewhere = "elsewhere",
    }
}

payload! {
    /// 容缺受理: accepted although a secondary material is missing, on written promise (安阳条例 24).
    AcceptedWithGaps {
        required {
            /// What is missing.
            missing: Vec<Token>,
            /// Until when it must be handed in.
            until: Day,
        }
        optional {
            /// 受理通知书文号.
            voucher_no: Token,
            /// BLAKE3 of the applicant's written promise.
            promise_digest: Blake3Hash,
            /// 承诺办结时间 as printed on the voucher.
            promised_by: Day,
            /// Deadline and consequence were told on the spot.
            consequence_told: bool,
        }
        text { note }
    }
}

payload! {
    /// 容缺材料补齐: a missing material came in.
    GapFilled {
        required {
            /// Which.
            material: Material,
        }
        text { note }
    }
}

payload! {
    /// 不受理 (许可法 32(1)(1)): no permit is needed for this.
    NotRequired {
        optional {
            /// Number of the written notice.
            notice_no: Token,
            /// BLAKE3 of the notice.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

vocabulary! {
    /// Why an office does not accept.
    RefusalGround {
        /// 不属于本机关职权范围 (许可法 32(1)(2)).
        NotCompetent = "not_competent",
        /// 材料不齐且不补正.
        Incomplete = "incomplete",
        /// 一年内或三年内不得再次申请 (许可法 78, 79).
        Barred = "barred",
        /// 其他.
        Other = "other",
    }
}

payload! {
    /// 不予受理决定 (许可法 32(1)(2), 32(2)): formal, with the office to go to. One without reasons is recorded and flagged.
    RefusedToAccept {
        required {
            /// Why.
            ground: RefusalGround,
        }
        optional {
            /// Which office to go to.
            competent: OfficeCode,
            /// 决定书文号.
            notice_no: Token,
            /// BLAKE3 of the decision.
            digest: Blake3Hash,
            /// 复议、诉讼权利 were told.
            remedies_told: bool,
        }
        text { reasons }
    }
}

payload! {
    /// 移送: the case goes to another office, which holds it from now on.
    TransferredTo {
        required {
            /// The office that holds the case now.
            office: OfficeCode,
        }
        optional {
            /// BLAKE3 of the transfer note.
            digest: Blake3Hash,
        }
        text { reasons }
    }
}

payload! {
    /// 告知承诺 (安阳条例 25–29): the applicant promises to satisfy the conditions; the decision is taken on the spot.
    CommitmentMade {
        required {
            /// The conditions promised, by their codes.
            conditions: Vec<Token>,
        }
        optional {
            /// BLAKE3 of the signed promise.
            digest: Blake3Hash,
            /// The applicant chose this way freely (安阳条例 26).
            chosen: bool,
        }
        text { note }
    }
}

vocabulary! {
    /// What a check of a commitment showed.
    CheckResult {
        /// 符合.
        Met = "met",
        /// 限期整改.
        Correctable = "correctable",
        /// 不符合.
        NotMet = "not_met",
    }
}

payload! {
    /// 承诺核查 (安阳条例 27): whether what was promised is so.
    CommitmentChecked {
        required {
            /// What it showed.
            result: CheckResult,
        }
        optional {
            /// Until when to correct.
            until: Day,
            /// BLAKE3 of the record of the check.
            digest: Blake3Hash,
        }
        text { findings }
    }
}

payload! {
    /// 视为事实: what the law deems to have happened by silence, put on the log by the ledger's sentinel exactly once.
    /// No view depends on it.
    DeemedFact {
        required {
            /// The rule, as `domain` names it (`TL-05`, `TL-19` …).
            rule: Token,
            /// The policy that was applied.
            policy: Token,
            /// Its version.
            policy_version: u32,
            /// From when it holds: for deemed acceptance the day the materials came in, not the day the silence ended.
            effective: Day,
        }
    }
}
