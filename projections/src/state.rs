//! The neutral states of a case, which of them gives way to which, and whose turn it is in each.
//!
//! No list of states holds nation-wide; every exchange format has its own. This is the ledger's (domain A3.1), from
//! which each of them is mapped.

use serde::Serialize;

use crate::words::Words;

/// Where a case is. What only silence makes (视为受理, 视为撤回) is computed for a day elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Nothing is recorded.
    #[default]
    Empty,
    /// 已提交.
    Submitted,
    /// 已收件: the clock has not started.
    Received,
    /// 待补正: asked for before acceptance.
    CorrectionRequested,
    /// 补正材料已交: the office looks at it.
    MaterialCompleted,
    /// 已受理.
    Accepted,
    /// 已容缺受理.
    ToleratedAccepted,
    /// 中止, or one of the special procedures of 许可法 45 is under way.
    Suspended,
    /// 已报送上级 (许可法 43): the upper office decides.
    SentUp,
    /// 不受理: nothing needs to be applied for.
    NotRequired,
    /// 不予受理.
    RefusedToAccept,
    /// 已决定.
    Decided,
    /// 已撤件, by the applicant.
    Withdrawn,
    /// 已退件, by the office.
    Returned,
    /// 已作废.
    Voided,
    /// 已变更: the decision holds, otherwise than it was.
    Changed,
    /// 已延续.
    Renewed,
    /// 决定已撤销、撤回.
    Revoked,
    /// 已注销.
    Cancelled,
    /// 已办结: for those who are not told how it ended. No entry leads to it.
    Concluded,
}

/// Whose turn it is, by the rule of thumb of the state. What the law asks of them, and until when, is another view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The office's.
    Office,
    /// The applicant's.
    Applicant,
    /// A third party's.
    ThirdParty,
    /// Nobody's.
    Nobody,
    /// The ledger cannot say: what it knows comes from an older system, and the case may have gone on there.
    Unknown,
}

/// How far along a state is: a later stage never gives way to an earlier one, whatever order entries come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Empty,
    Filed,
    Received,
    Completed,
    Handled,
    Ended,
    Altered,
    Undone,
}

impl CaseState {
    /// Every state.
    pub const ALL: [Self; 20] = [
        Self::Empty,
        Self::Submitted,
        Self::Received,
        Self::CorrectionRequested,
        Self::MaterialCompleted,
        Self::Accepted,
        Self::ToleratedAccepted,
        Self::Suspended,
        Self::SentUp,
        Self::NotRequired,
        Self::RefusedToAccept,
        Self::Decided,
        Self::Withdrawn,
        Self::Returned,
        Self::Voided,
        Self::Changed,
        Self::Renewed,
        Self::Revoked,
        Self::Cancelled,
        Self::Concluded,
    ];

    fn stage(self) -> Stage {
        match self {
            Self::Empty => Stage::Empty,
            Self::Submitted => Stage::Filed,
            Self::Received | Self::CorrectionRequested => Stage::Received,
            Self::MaterialCompleted => Stage::Completed,
            // An office may accept what it refused to accept before: among these the last one holds.
            Self::Accepted
            | Self::ToleratedAccepted
            | Self::Suspended
            | Self::SentUp
            | Self::NotRequired
            | Self::RefusedToAccept => Stage::Handled,
            Self::Decided | Self::Withdrawn | Self::Returned | Self::Voided => Stage::Ended,
            Self::Changed | Self::Renewed => Stage::Altered,
            Self::Revoked | Self::Cancelled | Self::Concluded => Stage::Undone,
        }
    }

    /// Whether an entry that leads to `next` moves a case on from here. An acceptance entered after the decision
    /// (补录) does not bring the case back.
    pub fn gives_way_to(self, next: Self) -> bool {
        self.stage() <= next.stage()
    }

    /// Before acceptance or refusal.
    pub fn is_intake(self) -> bool {
        self.stage() < Stage::Handled
    }

    /// Whether the office is working on it: accepted and not yet ended. A refusal to accept ends a case.
    pub fn is_in_work(self) -> bool {
        match self {
            Self::Accepted | Self::ToleratedAccepted | Self::Suspended | Self::SentUp => true,
            Self::Empty
            | Self::Submitted
            | Self::Received
            | Self::CorrectionRequested
            | Self::MaterialCompleted
            | Self::NotRequired
            | Self::RefusedToAccept
            | Self::Decided
            | Self::Withdrawn
            | Self::Returned
            | Self::Voided
            | Self::Changed
            | Self::Renewed
            | Self::Revoked
            | Self::Cancelled
            | Self::Concluded => false,
        }
    }

    /// Whose turn it is, as far as the state alone says. A decision is the office's to deliver until it is delivered.
    pub fn turn(self) -> Turn {
        match self {
            Self::Submitted
            | Self::Received
            | Self::MaterialCompleted
            | Self::Accepted
            | Self::ToleratedAccepted
            | Self::Suspended
            | Self::SentUp
            | Self::Decided => Turn::Office,
            Self::CorrectionRequested => Turn::Applicant,
            Self::Empty
            | Self::NotRequired
            | Self::RefusedToAccept
            | Self::Withdrawn
            | Self::Returned
            | Self::Voided
            | Self::Changed
            | Self::Renewed
            | Self::Revoked
            | Self::Cancelled
            | Self::Concluded => Turn::Nobody,
        }
    }

    /// What it is called.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Empty => ("尚无记录", "nothing recorded"),
            Self::Submitted => ("已提交", "submitted"),
            Self::Received => ("已收件", "materials received"),
            Self::CorrectionRequested => ("待补正", "correction requested"),
            Self::MaterialCompleted => ("补正材料已交", "corrected materials received"),
            Self::Accepted => ("已受理", "accepted"),
            Self::ToleratedAccepted => ("已容缺受理", "accepted with gaps"),
            Self::Suspended => ("已中止", "suspended"),
            Self::SentUp => ("已报送上级机关", "sent up"),
            Self::NotRequired => ("不受理（无需许可）", "no permit required"),
            Self::RefusedToAccept => ("不予受理", "refused to accept"),
            Self::Decided => ("已决定", "decided"),
            Self::Withdrawn => ("已撤回申请", "withdrawn"),
            Self::Returned => ("已退件", "returned"),
            Self::Voided => ("已作废", "voided"),
            Self::Changed => ("已变更", "changed"),
            Self::Renewed => ("已延续", "renewed"),
            Self::Revoked => ("决定已撤销或撤回", "revoked"),
            Self::Cancelled => ("已注销", "cancelled"),
            Self::Concluded => ("已办结", "concluded"),
        };
        Words::fixed(zh, en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_states_is_whole_and_in_order() {
        assert!(CaseState::ALL.is_sorted());
        // `Concluded` is the last one declared, so the list holds them all.
        assert_eq!(CaseState::ALL.len(), CaseState::Concluded as usize + 1);
    }

    #[test]
    fn no_case_goes_back_from_its_end() {
        for end in [CaseState::Decided, CaseState::Withdrawn, CaseState::Revoked] {
            for earlier in CaseState::ALL.into_iter().filter(|state| *state < CaseState::Decided) {
                assert!(!end.gives_way_to(earlier), "{end:?} to {earlier:?}");
            }
        }
        assert!(!CaseState::Revoked.gives_way_to(CaseState::Renewed));
        assert!(CaseState::RefusedToAccept.gives_way_to(CaseState::Accepted));
    }
}
