//! Who looks, and what of an entry's public fields they are shown.

use case_ledger::kinds::Kind;
use serde::Serialize;

/// Who looks. Whether they may look at this case at all was decided before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Anybody: office and post, never a person, and only the fields of [`public_fields`].
    Public,
    /// Whoever has the query code: everything that stands in the clear.
    Parties,
    /// Staff with a mandate: the same.
    Staff,
}

impl Audience {
    /// Whether all that stands in the clear is shown, officers' opaque ids included.
    pub fn sees_all(self) -> bool {
        match self {
            Self::Public => false,
            Self::Parties | Self::Staff => true,
        }
    }
}

/// The fields of a kind that anybody may see.
///
/// A list of what is shown, not of what is hidden: a new field stays hidden until somebody puts it here. Left out are
/// ids of persons, links to other cases of the same applicant, materials and digests of documents (whoever can guess
/// a document could confirm it), the grounds of what went against the applicant (公开条例 16: 过程性信息), and codes
/// that an office writes as it likes. What was decided is shown only if it was granted: see
/// [`crate::timeline::Moment`].
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn public_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Submitted => {
            &["item", "item_version", "office", "channel", "applicant_type", "case_type", "supersedes"]
        }
        Kind::Received => &["channel"],
        Kind::SupplementRequested => &["until", "told_at"],
        Kind::SupplementReceived => &["complete", "channel"],
        Kind::Accepted => &["promised_by", "case_type", "joint", "place"],
        Kind::AcceptedWithGaps => &["until", "promised_by"],
        Kind::TransferredTo => &["office"],
        Kind::DeemedFact => &["rule", "policy", "policy_version", "effective"],

        Kind::StepStarted => &["step", "unit", "started_at"],
        Kind::StepFinished => {
            &["step", "result", "started", "started_at", "ended_at", "returned_to", "unit"]
        }
        Kind::HandedOver => &["to_office", "step"],
        Kind::InspectorsAssigned => &["task", "step", "procedure"],
        Kind::SpecialProcedureStarted => &[
            "procedure",
            "basis",
            "expected_days",
            "unit",
            "told_at",
            "started_at",
            "step",
            "performed_by",
        ],
        Kind::SpecialProcedureEnded | Kind::Resumed => &["started", "ended_at"],
        Kind::HearingNotified => &["notice", "told_at", "until", "session_at", "published"],
        Kind::HearingHeld => &["began_at", "ended_at", "public"],
        Kind::Suspended => &[
            "ground",
            "basis",
            "procedure",
            "waiting_for",
            "expected_days",
            "unit",
            "told_at",
            "started_at",
        ],
        Kind::Extended => {
            &["days", "unit", "scope", "step", "approver_role", "approved_at", "told_at", "basis"]
        }
        Kind::ThirdPartyNotified => &["told_at", "until"],
        Kind::CaseTypeChanged => &["to", "from"],
        Kind::SentUp => &["office", "sent_at"],
        Kind::FeeCharged => &["amount_fen", "basis", "standard"],
        Kind::PublicReasonGiven => &["scope", "published_at", "promised_by"],

        Kind::Decided => &["outcome", "joint"],
        Kind::ResultPublished => &["site", "published_at", "until"],
        Kind::CertificateIssued => &["electronic", "issuer"],
        Kind::NoticeServed => &["of", "mode", "served_at"],
        Kind::Delivered => &["of", "mode", "delivered_at"],
        Kind::Returned => &["told_at"],
        Kind::Voided => &["ground", "instead", "told_at"],
        Kind::Revoked => &["effective", "by_superior"],
        Kind::Changed | Kind::Cancelled => &["effective"],
        Kind::Renewed => &["valid_until"],
        Kind::Corrected => &["entry"],

        // That it happened is all that is shown.
        Kind::GapFilled
        | Kind::NotRequired
        | Kind::RefusedToAccept
        | Kind::CommitmentMade
        | Kind::CommitmentChecked
        | Kind::HearingRequested
        | Kind::DataReused
        | Kind::Dispatched
        | Kind::DeliveryUpdated
        | Kind::Withdrawn
        | Kind::QueryCodeReissued
        // Of streams that have views of their own.
        | Kind::LedgerFounded
        | Kind::LedgerKeySucceeded
        | Kind::OfficeRegistered
        | Kind::KeyRegistered
        | Kind::KeyRevoked
        | Kind::PostAssigned
        | Kind::PostEnded
        | Kind::ItemPublished
        | Kind::CalendarPublished
        | Kind::PolicyPublished
        | Kind::OutageDeclared
        | Kind::AppointmentBooked
        | Kind::AppointmentKept
        | Kind::AdviceGiven
        | Kind::Rated
        | Kind::RectificationOpened
        | Kind::RaterContacted
        | Kind::RectificationClassified
        | Kind::Rectified
        | Kind::RaterCalledBack
        | Kind::RectificationRated
        | Kind::RatingAppealed
        | Kind::RatingAppealDecided
        | Kind::ComplaintFiled
        | Kind::ComplaintAccepted
        | Kind::ComplaintRefused
        | Kind::ComplaintAssigned
        | Kind::ReturnRequested
        | Kind::ReturnDecided
        | Kind::ComplaintExtended
        | Kind::StatementGiven
        | Kind::Investigated
        | Kind::Answered
        | Kind::ComplainantCalledBack
        | Kind::ReHandlingOrdered
        | Kind::ResponsibilityFound
        | Kind::ComplaintClosed
        | Kind::ComplaintFollowedUp
        | Kind::WarningRaised
        | Kind::CardProposed
        | Kind::CardRaised
        | Kind::CardExplained
        | Kind::CardAppealed
        | Kind::CardUpheld
        | Kind::CardWithdrawn
        | Kind::Urged
        | Kind::UrgeAnswered
        | Kind::BundleOpened
        | Kind::Restricted
        | Kind::Erased
        | Kind::BodyWithheld
        | Kind::Hidden
        | Kind::Unhidden
        | Kind::ReadBy
        | Kind::ConsultationAsked
        | Kind::ConsultationAnswered => &[],
    }
}

#[cfg(test)]
mod tests {
    use case_ledger::field::Field;
    use case_ledger::names::Token;

    use super::*;

    #[test]
    fn every_name_shown_is_a_field_of_its_kind() {
        for kind in Kind::ALL {
            for name in public_fields(*kind) {
                assert!(
                    kind.spec().fields.iter().any(|field| field.name == *name),
                    "{kind:?} {name}"
                );
            }
        }
    }

    /// A code can hold anything that fits its grammar, so each code that anybody may see is looked at here once:
    /// it names something published, never a person.
    #[test]
    fn codes_that_anybody_may_see_are_few() {
        let published = ["basis", "policy", "returned_to", "rule", "site", "standard", "step"];
        for kind in Kind::ALL {
            let shown = public_fields(*kind);
            let codes = kind.spec().fields.iter().filter(|field| field.type_words == Token::TYPE);
            for field in codes.filter(|field| shown.contains(&field.name)) {
                assert!(published.contains(&field.name), "{kind:?} {}", field.name);
            }
        }
    }
}
