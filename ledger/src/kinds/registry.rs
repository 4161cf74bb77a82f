//! The registry: who may do what, and by which rules cases are judged. It stands on the log like everything else.

use crate::codes::{ItemCode, OfficeCode, RegionCode};
use crate::field::{PublicText, SignatureText, object, vocabulary};
use crate::hash::{Blake3Hash, Sha256Hash};
use crate::kinds::Post;
use crate::kinds::work::DayUnit;
use crate::names::{Origin, PublicKey, Seq, Token};
use crate::time::{Day, Micros};

vocabulary! {
    /// Where the ledger's `recorded_at` comes from.
    ClockKind {
        /// The computer's clock.
        Real = "real",
        /// An invented time, for demonstrations; everything on such a ledger is marked so.
        Simulated = "simulated",
    }
}

vocabulary! {
    /// A signature algorithm. Others (SM2, ML-DSA) will get codes of their own.
    Algorithm {
        /// RFC 8032, strict.
        Ed25519 = "ed25519",
    }
}

object! {
    /// The log that this one continues because entries of it were lost.
    Predecessor {
        required {
            /// Its origin.
            origin: Origin,
            /// The size of its last known checkpoint.
            size: u64,
            /// The root of its last known checkpoint, as 64 hexadecimal digits (SHA-256).
            root: Sha256Hash,
        }
    }
}

payload! {
    /// 建账: the first entry of every ledger. It is signed by one of the root keys that it names.
    LedgerFounded {
        required {
            /// The ledger's origin; equal to the `aud` of this and every other action.
            origin: Origin,
            /// The key that signs checkpoints.
            ledger_key: PublicKey,
            /// Proof that the founders hold the ledger's key: see FORMAT.md, key possession.
            ledger_key_possession: SignatureText,
            /// The founders' keys. They set up the registry and succeed the ledger's key.
            root_keys: Vec<PublicKey>,
            /// Real or simulated time.
            clock: ClockKind,
        }
        optional {
            /// The log that this one continues.
            predecessor: Predecessor,
            /// What the ledger is called.
            name: PublicText,
        }
    }
}

payload! {
    /// 账本密钥更替: checkpoints of a size above this entry's position are signed by the new key.
    LedgerKeySucceeded {
        required {
            /// The new key.
            ledger_key: PublicKey,
            /// Proof that it is held.
            ledger_key_possession: SignatureText,
        }
        optional {
            /// Since when the old key may have been in other hands.
            compromised_since: Micros,
        }
    }
}

payload! {
    /// 机构登记: an office, by its 统一社会信用代码. Registered again, its name, region or parent change from then on.
    OfficeRegistered {
        required {
            /// 统一社会信用代码.
            office: OfficeCode,
            /// 行政区划代码 of the area it serves.
            region: RegionCode,
            /// Its name.
            name: PublicText,
        }
        optional {
            /// 上级主管部门.
            parent: OfficeCode,
            /// It has moved its items into the hall and onto the platform (进驻).
            moved_in: bool,
        }
    }
}

payload! {
    /// 密钥登记: a public key and who holds it, with proof of possession. A key has one holder for ever.
    KeyRegistered {
        required {
            /// The office whose key it is.
            office: OfficeCode,
            /// Algorithm.
            algorithm: Algorithm,
            /// The key.
            key: PublicKey,
            /// Signature by the key itself: see FORMAT.md, key possession.
            possession: SignatureText,
        }
        optional {
            /// The officer who holds it; absent for the office's own system.
            person: Token,
            /// First position in the log at which it may sign; at once if absent.
            valid_from: Seq,
        }
    }
}

payload! {
    /// 密钥吊销: from this position on the key signs nothing more. Earlier entries stay as they are.
    KeyRevoked {
        required {
            /// The key.
            key: PublicKey,
        }
        optional {
            /// Since when it may have been in other hands; entries after that are flagged, never voided.
            compromised_since: Micros,
        }
    }
}

payload! {
    /// 任岗: a person, or the office's own system, may sign what belongs to a post.
    PostAssigned {
        required {
            /// The office.
            office: OfficeCode,
            /// The post.
            post: Post,
        }
        optional {
            /// The officer; absent for the office's own system.
            person: Token,
        }
    }
}

payload! {
    /// 离岗.
    PostEnded {
        required {
            /// The office.
            office: OfficeCode,
            /// The post.
            post: Post,
        }
        optional {
            /// The officer; absent for the office's own system.
            person: Token,
        }
    }
}

vocabulary! {
    /// 事项类型 as the law sees it: which rules apply at all. Deemed acceptance and 许可法 42, 44, 45, 50 are for permits.
    Regime {
        /// 行政许可.
        Permit = "permit",
        /// 登记 (许可法 56, 市场主体登记).
        Registration = "registration",
        /// 行政确认.
        Confirmation = "confirmation",
        /// 行政给付.
        Payment = "payment",
        /// 备案.
        Filing = "filing",
        /// 公共服务.
        PublicService = "public_service",
        /// 行政裁决.
        Ruling = "ruling",
        /// 行政奖励.
        Award = "award",
        /// 其他行政权力.
        Other = "other",
    }
}

vocabulary! {
    /// 目录变更类型 (108号): why there is a new version.
    ItemChange {
        /// 新增.
        Added = "added",
        /// 变更.
        Changed = "changed",
        /// 拆分.
        Split = "split",
        /// 合并.
        Merged = "merged",
        /// 暂停.
        Paused = "paused",
        /// 取消.
        Cancelled = "cancelled",
    }
}

vocabulary! {
    /// 公开范围: who sees the cases of an item.
    Publicity {
        /// The redacted timeline is public by case number.
        Open = "open",
        /// Whoever has the query code, and staff with a mandate. The default whenever the applicant is a natural person.
        Parties = "parties",
        /// Staff with a mandate only.
        Closed = "closed",
    }
}

object! {
    /// A time limit in the unit in which it was set.
    Limit {
        required {
            /// How many.
            count: u32,
            /// Of what.
            unit: DayUnit,
        }
        optional {
            /// The text calls the unit just 日 where the item is a permit, so its reading is disputed.
            unit_disputed: bool,
        }
    }
}

object! {
    /// 环节: one step of the item's published flow.
    Step {
        required {
            /// Its code, as steps on cases name it.
            code: Token,
            /// Its name.
            name: PublicText,
        }
        optional {
            /// Which post acts.
            post: Post,
            /// Its own limit.
            limit: Limit,
        }
    }
}

object! {
    /// One entry of the item's published list of materials.
    MaterialRule {
        required {
            /// Its code, as cases name it.
            code: Token,
            /// Its name.
            name: PublicText,
        }
        optional {
            /// It can be had by data sharing, so it may not be asked of the applicant (在线规定 7).
            shared: bool,
            /// Its absence can be tolerated (容缺).
            tolerable: bool,
        }
    }
}

payload! {
    /// 事项发布: a version of a service item's guide (办事指南). The version in force at submission binds the case.
    ItemPublished {
        required {
            /// 实施编码.
            item: ItemCode,
            /// Version, counted from 1.
            version: u32,
            /// 事项名称.
            name: PublicText,
            /// Which rules apply.
            regime: Regime,
            /// Who sees its cases.
            publicity: Publicity,
        }
        optional {
            /// Why there is a new version.
            change: ItemChange,
            /// 服务对象.
            targets: Vec<crate::kinds::intake::ApplicantType>,
            /// 法定办结时限.
            legal_limit: Limit,
            /// 承诺办结时限.
            promised_limit: Limit,
            /// 办理流程.
            steps: Vec<Step>,
            /// 申请材料.
            materials: Vec<MaterialRule>,
            /// 收费标准, in fen; 0 is free of charge.
            fee_fen: u64,
            /// 设定依据.
            basis: Vec<PublicText>,
            /// 联系方式.
            contact: PublicText,
            /// 监督投诉电话.
            supervision_contact: PublicText,
            /// 表格下载: BLAKE3 of each form.
            forms: Vec<Blake3Hash>,
            /// 复议、诉讼渠道.
            remedies: PublicText,
            /// 受理条件.
            conditions: PublicText,
            /// 网办深度: trips needed.
            trips: u32,
        }
    }
}

payload! {
    /// 工作日历发布: the days off and the working weekends of one year, by version, with its source.
    CalendarPublished {
        required {
            /// The year.
            year: u32,
            /// Version, counted from 1 for each year.
            version: u32,
            /// Weekdays turned into rest days.
            off: Vec<Day>,
            /// Weekend days turned into working days (调休).
            work: Vec<Day>,
        }
        optional {
            /// 发文字号.
            source: PublicText,
            /// Where it holds, if not everywhere.
            region: RegionCode,
        }
    }
}

object! {
    /// One figure of a policy.
    Setting {
        required {
            /// Its name.
            name: Token,
            /// Its value: a number in the unit that the name ends in, or 0 and 1 for no and yes.
            value: u64,
        }
    }
}

payload! {
    /// 规则参数发布: thresholds, deadlines, tolerances and readings of ambiguous law, by version, with the day they are in force.
    PolicyPublished {
        required {
            /// Which policy.
            policy: Token,
            /// Version, counted from 1 for each policy.
            version: u32,
            /// Its figures.
            settings: Vec<Setting>,
            /// First day in force.
            in_force: Day,
        }
        optional {
            /// Where it holds, if not everywhere.
            region: RegionCode,
            /// Where it comes from.
            source: PublicText,
        }
    }
}

payload! {
    /// 系统故障声明: entries of this office and time may count from their claimed times, flagged.
    OutageDeclared {
        required {
            /// Whose.
            office: OfficeCode,
            /// From.
            from: Micros,
            /// To.
            to: Micros,
        }
        optional {
            /// What happened.
            reason: PublicText,
        }
    }
}
