//! How a case ends for the public: it is concluded (办结), and no more is told.
//!
//! Refusals are public in aggregate only. Whoever could see which cases were granted would see which were not, so every end
//! looks alike: granted or refused, refused to accept, withdrawn, returned. That a case was accepted is told when it happens,
//! so an end without an acceptance before it can be told from one with; what the office then made of it cannot. What comes after it (a certificate, a notice
//! served) would tell as well, even by its number, so for the public the case stops there. What the law wants published of
//! a grant (双公示) is a list of its own.

use case_ledger::kinds::Kind;

/// What the public is shown of one entry of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Its kind, and the fields on the list of [`crate::audience::public_fields`].
    Shown,
    /// That the case is concluded with it.
    Conclusion,
    /// Nothing: it comes after the end.
    Behind,
}

/// Whether a case has ended, after some of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// It has not.
    #[default]
    Open,
    /// The office turned it away, and may accept it after all.
    TurnedAway,
    /// It has.
    Ended,
}

impl Ending {
    /// After one more entry of the case, and what the public is shown of that. A content that is withheld or cannot be read
    /// changes nothing here: the kind alone decides.
    #[must_use]
    pub fn after(self, kind: Option<Kind>) -> (Self, Sight) {
        let next = kind.map_or(Self::Open, brought_by);
        match (self, next) {
            (Self::Open, Self::Open) => (Self::Open, Sight::Shown),
            (Self::Open, end) => (end, Sight::Conclusion),
            (Self::TurnedAway, Self::Open) if kind.is_some_and(takes_up) => {
                (Self::Open, Sight::Shown)
            }
            (Self::TurnedAway, Self::Ended) | (Self::Ended, _) => (Self::Ended, Sight::Behind),
            (Self::TurnedAway, _) => (Self::TurnedAway, Sight::Behind),
        }
    }
}

/// What brings a case to its end, or can only come after one: a certificate that is entered before the decision says what
/// was decided all the same.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other kind ends a case")]
fn brought_by(kind: Kind) -> Ending {
    match kind {
        Kind::NotRequired | Kind::RefusedToAccept => Ending::TurnedAway,
        Kind::Decided
        | Kind::ResultPublished
        | Kind::CertificateIssued
        | Kind::Delivered
        | Kind::Withdrawn
        | Kind::Returned
        | Kind::Voided
        | Kind::Revoked
        | Kind::Changed
        | Kind::Renewed
        | Kind::Cancelled => Ending::Ended,
        _ => Ending::Open,
    }
}

fn takes_up(kind: Kind) -> bool {
    matches!(kind, Kind::Accepted | Kind::AcceptedWithGaps | Kind::SentUp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sights(kinds: &[Kind]) -> Vec<Sight> {
        let mut ending = Ending::default();
        let mut sight = |kind: &Kind| {
            let sight;
            (ending, sight) = ending.after(Some(*kind));
            sight
        };
        kinds.iter().map(&mut sight).collect()
    }

    #[test]
    fn a_case_stops_at_its_end() {
        let kinds = [
            Kind::Submitted,
            Kind::NoticeServed,
            Kind::Decided,
            Kind::NoticeServed,
            Kind::Accepted,
            Kind::Revoked,
        ];
        let told = [Sight::Shown, Sight::Shown, Sight::Conclusion];
        assert_eq!(sights(&kinds), [&told[..], &[Sight::Behind; 3]].concat());
    }

    #[test]
    fn a_certificate_before_the_decision_is_the_end() {
        let kinds = [Kind::Accepted, Kind::CertificateIssued, Kind::Decided];
        assert_eq!(sights(&kinds), [Sight::Shown, Sight::Conclusion, Sight::Behind]);
    }

    #[test]
    fn what_was_turned_away_may_be_accepted_after_all() {
        let kinds = [
            Kind::Submitted,
            Kind::RefusedToAccept,
            Kind::NoticeServed,
            Kind::Accepted,
            Kind::Decided,
            Kind::Accepted,
        ];
        assert_eq!(
            sights(&kinds),
            [
                Sight::Shown,
                Sight::Conclusion,
                Sight::Behind,
                Sight::Shown,
                Sight::Conclusion,
                Sight::Behind
            ]
        );
    }
}
