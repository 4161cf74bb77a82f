//! Why a case pauses, and whose turn it is meanwhile.

use case_ledger::kinds::work::{Party, SpecialProcedure, SuspensionGround};

use crate::fact::Stamp;
use crate::state::Turn;

/// A suspension or a special procedure that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The entry that began it.
    pub since: Stamp,
    /// Which of the two, and why.
    pub cause: PauseCause,
}

/// Why a case pauses, or may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseCause {
    /// 中止, 挂起.
    Suspended {
        /// Why, if it is said.
        ground: Option<SuspensionGround>,
        /// Whose turn it is meanwhile, if it is said.
        waiting_for: Option<Party>,
    },
    /// 特别程序; unknown which if that is withheld.
    Special(Option<SpecialProcedure>),
}

impl PauseCause {
    /// Whether the case is called suspended because of it: a suspension, or one of the eight procedures of 许可法 45.
    /// What others stop, policy says.
    pub fn suspends(self) -> bool {
        match self {
            Self::Suspended { .. } => true,
            Self::Special(procedure) => procedure.is_some_and(is_of_article_45),
        }
    }

    pub(super) fn turn(self) -> Turn {
        match self {
            Self::Suspended { waiting_for: Some(party), .. } => match party {
                Party::Office => Turn::Office,
                Party::Applicant => Turn::Applicant,
                Party::ThirdParty => Turn::ThirdParty,
            },
            Self::Suspended { waiting_for: None, ground: Some(ground) } => match ground {
                SuspensionGround::Correction | SuspensionGround::ApplicantAsked => Turn::Applicant,
                SuspensionGround::ForceMajeure => Turn::Nobody,
                SuspensionGround::SpecialProcedure
                | SuspensionGround::OtherProceedings
                | SuspensionGround::Other => Turn::Office,
            },
            // Who says nothing about it has the turn.
            Self::Suspended { waiting_for: None, ground: None } | Self::Special(_) => Turn::Office,
        }
    }
}

/// 许可法 45: 听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审.
fn is_of_article_45(procedure: SpecialProcedure) -> bool {
    match procedure {
        SpecialProcedure::Hearing
        | SpecialProcedure::Tender
        | SpecialProcedure::Auction
        | SpecialProcedure::Inspection
        | SpecialProcedure::Testing
        | SpecialProcedure::Quarantine
        | SpecialProcedure::Appraisal
        | SpecialProcedure::ExpertReview => true,
        SpecialProcedure::SiteSurvey
        | SpecialProcedure::TechnicalReview
        | SpecialProcedure::PublicNotice
        | SpecialProcedure::Verification
        | SpecialProcedure::CorrectionHold
        | SpecialProcedure::Other => false,
    }
}
