//! The words for people, in two languages, Chinese first.

use std::borrow::Cow;

use case_ledger::kinds::Kind;
use case_ledger::kinds::outcome::DecisionOutcome;
use case_ledger::kinds::privacy::{HidingBasis, RemovalBasis};
use case_ledger::kinds::work::{SpecialProcedure, SuspensionGround};
use serde::Serialize;

/// One thing said twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// In Chinese.
    pub zh: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

impl Words {
    /// Words known beforehand.
    pub const fn fixed(zh: &'static str, en: &'static str) -> Self {
        Self { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }

    /// Words put together.
    pub fn made(zh: String, en: String) -> Self {
        Self { zh: Cow::Owned(zh), en: Cow::Owned(en) }
    }
}

/// What stands where an entry's content has been withheld.
pub const WITHHELD: Words =
    Words::fixed("内容已撤除，承诺值完好", "content withheld, commitment intact");
/// What stands where this program does not understand an entry.
pub const UNREADABLE: Words =
    Words::fixed("本程序无法识别此条内容", "this program cannot read the content");

/// What stands where an entry is kept from the public.
pub const HIDDEN: Words = Words::fixed("此条不予公开", "this entry is not shown to the public");
/// What stands for the kind of the entry that ends a case, whichever that is.
pub const CONCLUSION: &str = "Concluded";
/// The same in words.
pub const CONCLUDED: Words = Words::fixed("办结", "Concluded");

/// What an entry of this kind is called.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn kind_words(kind: Kind) -> Words {
    let (zh, en) = match kind {
        Kind::LedgerFounded => ("账本创立", "Ledger founded"),
        Kind::LedgerKeySucceeded => ("账本密钥更替", "Ledger key succeeded"),
        Kind::OfficeRegistered => ("机构登记", "Office registered"),
        Kind::KeyRegistered => ("密钥登记", "Key registered"),
        Kind::KeyRevoked => ("密钥吊销", "Key revoked"),
        Kind::PostAssigned => ("任岗", "Post assigned"),
        Kind::PostEnded => ("离岗", "Post ended"),
        Kind::ItemPublished => ("事项发布", "Service item published"),
        Kind::CalendarPublished => ("工作日历发布", "Working calendar published"),
        Kind::PolicyPublished => ("规则参数发布", "Policy published"),
        Kind::OutageDeclared => ("系统故障声明", "Outage declared"),

        Kind::AppointmentBooked => ("预约", "Appointment booked"),
        Kind::AppointmentKept => ("赴约", "Appointment kept"),
        Kind::AdviceGiven => ("提前服务", "Advice given"),

        Kind::Submitted => ("提交申请", "Application submitted"),
        Kind::Received => ("收件", "Materials received"),
        Kind::SupplementRequested => ("一次性告知补正", "Correction requested"),
        Kind::SupplementReceived => ("补正材料收讫", "Corrected materials received"),
        Kind::Accepted => ("受理", "Accepted"),
        Kind::AcceptedWithGaps => ("容缺受理", "Accepted with gaps"),
        Kind::GapFilled => ("容缺材料补齐", "Gap filled"),
        Kind::NotRequired => ("不受理（无需许可）", "No permit required"),
        Kind::RefusedToAccept => ("不予受理", "Refused to accept"),
        Kind::TransferredTo => ("移送", "Transferred to another office"),
        Kind::CommitmentMade => ("告知承诺", "Commitment made"),
        Kind::CommitmentChecked => ("承诺核查", "Commitment checked"),
        Kind::DeemedFact => ("视为事实", "Deemed by law"),

        Kind::StepStarted => ("环节开始", "Step started"),
        Kind::StepFinished => ("环节完成", "Step finished"),
        Kind::HandedOver => ("交办", "Handed over"),
        Kind::InspectorsAssigned => ("指派核查人员", "Inspectors assigned"),
        Kind::SpecialProcedureStarted => ("特别程序开始", "Special procedure started"),
        Kind::SpecialProcedureEnded => ("特别程序结束", "Special procedure ended"),
        Kind::HearingNotified => ("听证告知", "Notice of hearing"),
        Kind::HearingRequested => ("申请听证", "Hearing requested"),
        Kind::HearingHeld => ("举行听证", "Hearing held"),
        Kind::Suspended => ("中止", "Suspended"),
        Kind::Resumed => ("恢复办理", "Resumed"),
        Kind::Extended => ("延长期限", "Time limit extended"),
        Kind::ThirdPartyNotified => ("告知利害关系人", "Third party notified"),
        Kind::CaseTypeChanged => ("办件类型变更", "Case type changed"),
        Kind::SentUp => ("报送上级机关", "Sent up to a higher office"),
        Kind::FeeCharged => ("收费", "Fee charged"),
        Kind::DataReused => ("共享数据复用", "Shared data reused"),
        Kind::PublicReasonGiven => ("公开说明超时理由", "Reason for delay published"),

        Kind::Decided => ("作出决定", "Decided"),
        Kind::ResultPublished => ("结果公开", "Result published"),
        Kind::CertificateIssued => ("制发证照", "Certificate issued"),
        Kind::NoticeServed => ("文书送达", "Notice served"),
        Kind::Dispatched => ("寄出", "Dispatched"),
        Kind::DeliveryUpdated => ("物流更新", "Delivery updated"),
        Kind::Delivered => ("结果送达", "Delivered"),
        Kind::Withdrawn => ("撤回申请", "Withdrawn"),
        Kind::Returned => ("退件", "Returned"),
        Kind::Voided => ("作废", "Voided"),
        Kind::Revoked => ("撤销、撤回决定", "Decision revoked"),
        Kind::Changed => ("变更", "Decision changed"),
        Kind::Renewed => ("延续", "Renewed"),
        Kind::Cancelled => ("注销", "Cancelled"),
        Kind::Corrected => ("更正", "Correction of an entry"),

        Kind::Rated => ("评价", "Rated"),
        Kind::RectificationOpened => ("整改开启", "Rectification opened"),
        Kind::RaterContacted => ("联系评价人", "Rater contacted"),
        Kind::RectificationClassified => ("差评分类", "Bad rating classified"),
        Kind::Rectified => ("整改完成", "Rectified"),
        Kind::RaterCalledBack => ("差评回访", "Rater called back"),
        Kind::RectificationRated => ("整改评价", "Rectification rated"),
        Kind::RatingAppealed => ("差评申诉", "Rating appealed"),
        Kind::RatingAppealDecided => ("差评申诉决定", "Rating appeal decided"),

        Kind::ComplaintFiled => ("诉求登记", "Complaint filed"),
        Kind::ComplaintAccepted => ("诉求受理", "Complaint accepted"),
        Kind::ComplaintRefused => ("诉求不予受理", "Complaint refused"),
        Kind::ComplaintAssigned => ("派单", "Complaint assigned"),
        Kind::ReturnRequested => ("申请退单", "Return requested"),
        Kind::ReturnDecided => ("退单审核", "Return decided"),
        Kind::ComplaintExtended => ("诉求延期", "Complaint extended"),
        Kind::StatementGiven => ("情况说明", "Statement given"),
        Kind::Investigated => ("调查", "Investigated"),
        Kind::Answered => ("答复", "Answered"),
        Kind::ComplainantCalledBack => ("诉求回访", "Complainant called back"),
        Kind::ReHandlingOrdered => ("发回重办", "Re-handling ordered"),
        Kind::ResponsibilityFound => ("责任认定", "Responsibility found"),
        Kind::ComplaintClosed => ("诉求办结", "Complaint closed"),
        Kind::ComplaintFollowedUp => ("补充诉求", "Complaint followed up"),

        Kind::WarningRaised => ("预警", "Warning raised"),
        Kind::CardProposed => ("待发牌", "Card proposed"),
        Kind::CardRaised => ("发牌", "Card raised"),
        Kind::CardExplained => ("说明情况", "Card explained"),
        Kind::CardAppealed => ("监察申诉", "Card appealed"),
        Kind::CardUpheld => ("申诉维持", "Card upheld"),
        Kind::CardWithdrawn => ("撤销发牌", "Card withdrawn"),
        Kind::Urged => ("督办", "Supervision order"),
        Kind::UrgeAnswered => ("督办反馈", "Supervision order answered"),

        Kind::BundleOpened => ("一件事立项", "Bundle opened"),

        Kind::Restricted => ("限制处理", "Processing restricted"),
        Kind::Erased => ("删除个人信息", "Personal data erased"),
        Kind::BodyWithheld => ("内容撤除", "Content withheld"),
        Kind::Hidden => ("屏蔽", "Hidden"),
        Kind::Unhidden => ("解除屏蔽", "Shown again"),
        Kind::ReadBy => ("查阅记录", "Read by staff"),
        Kind::QueryCodeReissued => ("查询码重发", "Query code reissued"),
        Kind::ConsultationAsked => ("咨询", "Question asked"),
        Kind::ConsultationAnswered => ("咨询答复", "Question answered"),
    };
    Words::fixed(zh, en)
}

/// What was decided.
pub fn outcome_words(outcome: DecisionOutcome) -> Words {
    match outcome {
        DecisionOutcome::Granted => Words::fixed("准予", "granted"),
        DecisionOutcome::Refused => Words::fixed("不予", "refused"),
        DecisionOutcome::Partly => Words::fixed("部分准予", "granted in part"),
    }
}

/// What a special procedure is called.
pub fn procedure_words(procedure: SpecialProcedure) -> Words {
    let (zh, en) = match procedure {
        SpecialProcedure::Hearing => ("听证", "hearing"),
        SpecialProcedure::Tender => ("招标", "tender"),
        SpecialProcedure::Auction => ("拍卖", "auction"),
        SpecialProcedure::Inspection => ("检验", "inspection"),
        SpecialProcedure::Testing => ("检测", "testing"),
        SpecialProcedure::Quarantine => ("检疫", "quarantine"),
        SpecialProcedure::Appraisal => ("鉴定", "expert appraisal"),
        SpecialProcedure::ExpertReview => ("专家评审", "expert review"),
        SpecialProcedure::SiteSurvey => ("现场勘验", "site survey"),
        SpecialProcedure::TechnicalReview => ("技术审查", "technical review"),
        SpecialProcedure::PublicNotice => ("公示", "public notice"),
        SpecialProcedure::Verification => ("核实", "verification"),
        SpecialProcedure::CorrectionHold => ("补正挂起", "on hold for corrections"),
        SpecialProcedure::Other => ("其他特别程序", "other special procedure"),
    };
    Words::fixed(zh, en)
}

/// Why a case stands still.
pub fn ground_words(ground: SuspensionGround) -> Words {
    let (zh, en) = match ground {
        SuspensionGround::SpecialProcedure => ("特别程序", "special procedure"),
        SuspensionGround::Correction => ("补正", "corrections"),
        SuspensionGround::ApplicantAsked => ("申请人请求", "asked for by the applicant"),
        SuspensionGround::OtherProceedings => {
            ("等待其他机关或司法结论", "waiting for other proceedings")
        }
        SuspensionGround::ForceMajeure => ("不可抗力", "force majeure"),
        SuspensionGround::Other => ("其他原因", "other reason"),
    };
    Words::fixed(zh, en)
}

/// On what ground something is kept from the public.
pub fn hiding_words(basis: HidingBasis) -> Words {
    let (zh, en) = match basis {
        HidingBasis::StateSecret => {
            ("国家秘密或法律、行政法规禁止公开", "state secret, or publication forbidden by law")
        }
        HidingBasis::Security => ("国家安全、公共安全等", "national or public security"),
        HidingBasis::TradeSecret => ("商业秘密", "trade secret"),
        HidingBasis::Privacy => ("个人隐私", "personal privacy"),
        HidingBasis::NoConsent => {
            ("个人信息未经单独同意", "personal information without separate consent")
        }
        HidingBasis::Minor => ("未成年人信息", "information of a minor"),
        HidingBasis::Internal => ("内部事务或过程性信息", "internal affairs or matters of process"),
        HidingBasis::Informant => ("保护检举、控告人", "protection of an informant"),
        HidingBasis::Annulled => ("决定已变更或撤销", "the decision was changed or annulled"),
        HidingBasis::UnlawfulText => ("含有违法文字", "unlawful text"),
        HidingBasis::CourtOrder => ("司法文书要求", "order of a court"),
    };
    Words::fixed(zh, en)
}

/// On what ground the processing of personal information is restricted.
pub fn restriction_words(basis: RemovalBasis) -> Words {
    let (zh, en) = match basis {
        RemovalBasis::PurposeDone => ("处理目的已实现或不再必要", "the purpose is fulfilled"),
        RemovalBasis::RetentionOver => ("保存期限已届满", "the time of keeping is over"),
        RemovalBasis::ConsentWithdrawn => ("个人撤回同意", "consent was withdrawn"),
        RemovalBasis::Unlawful => ("违法或违约处理", "processing against the law or an agreement"),
        RemovalBasis::OtherLaw => ("法律、行政法规规定的其他情形", "another ground of the law"),
        RemovalBasis::StorageOnly => ("除存储和安全保护外停止处理", "stored and protected only"),
        RemovalBasis::Inaccurate => {
            ("信息不准确，核实更正前限制处理", "inaccurate, to be checked first")
        }
        RemovalBasis::Minor => ("未成年人信息", "information of a minor"),
        RemovalBasis::CourtOrder => ("司法文书要求", "order of a court"),
    };
    Words::fixed(zh, en)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_kinds_are_called_the_same() {
        let names: Vec<Words> = Kind::ALL.iter().map(|kind| kind_words(*kind)).collect();
        let chinese: BTreeSet<_> = names.iter().map(|words| &words.zh).collect();
        let english: BTreeSet<_> = names.iter().map(|words| &words.en).collect();
        assert_eq!((chinese.len(), english.len()), (Kind::ALL.len(), Kind::ALL.len()));
    }
}
