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
/// a document could confirm it), the grounds of what went against the applicant and how a step ended (公开条例 16:
/// 过程性信息), and codes that an office writes as it likes. Of a case's end nothing is shown but that it is one: see
/// [`crate::ending`].
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not on the list is not shown")]
pub fn public_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Submitted => {
            &["item", "item_version", "office", "channel", "applicant_type", "case_type"]
        }
        Kind::Received => &["channel"],
        Kind::SupplementRequested => &["until", "told_at"],
        Kind::SupplementReceived => &["complete", "channel"],
        Kind::Accepted => &["promised_by", "case_type", "joint", "place"],
        Kind::AcceptedWithGaps => &["until", "promised_by"],
        Kind::TransferredTo => &["office"],
        Kind::DeemedFact => &["rule", "policy", "policy_version", "effective"],

        Kind::StepStarted => &["step", "unit", "started_at"],
        Kind::StepFinished => &["step", "started", "started_at", "ended_at", "unit"],
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

        Kind::NoticeServed => &["of", "mode", "served_at"],
        Kind::Corrected => &["entry"],

        // Every hide and unhide is public with date and basis; what it is about, [`crate::removals`] says where it may.
        Kind::Restricted | Kind::Hidden => &["basis", "asked_by", "until"],
        Kind::Erased | Kind::BodyWithheld | Kind::Unhidden => &["basis", "asked_by"],

        // That it happened is all that is shown; of some not even that: see [`crate::ending`].
        _ => &[],
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
        let published = ["basis", "policy", "rule", "standard", "step"];
        for kind in Kind::ALL {
            let shown = public_fields(*kind);
            let codes = kind.spec().fields.iter().filter(|field| field.type_words == Token::TYPE);
            for field in codes.filter(|field| shown.contains(&field.name)) {
                assert!(published.contains(&field.name), "{kind:?} {}", field.name);
            }
        }
    }
}
