//! Every rule that the ledger answers for, and what in the log it reads.
//!
//! One row per rule: its id, the rule in one sentence, the law it comes from, and the entries, fields and claims from
//! which a view computes it, or the reason why no view can. The views of clocks, responsibility, ratings, complaints,
//! cards and remedies are built from these rows. The table also shows that the kinds can carry every rule: where a
//! rule needs something that no kind says, its row names it.
//!
//! # In scope
//! Which rule reads what. The ids are those that entries themselves carry, in `rule`, `responsibility` and `findings`.
//!
//! # Out of scope
//! How a rule is computed, and the day for which it is asked: that is an argument, never something read. Which number
//! a policy sets for it: settings are data on the log.
//!
//! # Invariant
//! No rule reads what another has concluded: `DeemedFact`, warnings and cards are answers, and no view depends on
//! them.

use case_ledger::kinds::Kind;

use crate::words::Words;

mod limits;
mod liability;
mod lateness;
mod procedure;
mod conduct;
mod petition;
mod remedies;

/// Every family of rules. `P01` and `P-1` are two: the first is an anomaly of procedure, the second a petition's clock.
pub const FAMILIES: &[Family] = &[
    Family {
        prefix: "TL-",
        words: Words::fixed("法定时限", "Time limits of the law"),
        rules: limits::TIME_LIMITS,
    },
    Family {
        prefix: "R7",
        words: Words::fixed("责任情形", "What an office answers for"),
        rules: liability::LIABILITY,
    },
    Family {
        prefix: "T",
        words: Words::fixed("时效异常", "Anomalies of time"),
        rules: lateness::LATENESS,
    },
    Family {
        prefix: "P",
        words: Words::fixed("流程异常", "Anomalies of procedure"),
        rules: procedure::PROCEDURE,
    },
    Family {
        prefix: "F",
        words: Words::fixed("收费异常", "Anomalies of fees"),
        rules: conduct::FEES,
    },
    Family {
        prefix: "D",
        words: Words::fixed("裁量异常", "Anomalies of discretion"),
        rules: conduct::DISCRETION,
    },
    Family {
        prefix: "I",
        words: Words::fixed("互动异常", "Anomalies of answering"),
        rules: conduct::ANSWERING,
    },
    Family {
        prefix: "E",
        words: Words::fixed("评价异常", "Anomalies of ratings"),
        rules: conduct::RATINGS,
    },
    Family {
        prefix: "X",
        words: Words::fixed("隐私异常", "Anomalies of privacy"),
        rules: conduct::PRIVACY,
    },
    Family {
        prefix: "P-",
        words: Words::fixed("信访时限", "Clocks of petitions"),
        rules: petition::PETITION,
    },
    Family {
        prefix: "R-", words: Words::fixed("救济途径", "Remedies"), rules: remedies::REMEDIES
    },
];

/// Every rule, family by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.rules)
}

/// Rules that watch the same thing.
#[derive(Debug)]
pub struct Family {
    /// What the ids of its rules begin with.
    pub prefix: &'static str,
    /// What it is called.
    pub words: Words,
    /// Its rules, in the order of their numbers.
    pub rules: &'static [Rule],
}

/// One row of the table.
#[derive(Debug)]
pub struct Rule {
    /// Its id, as entries name it.
    pub id: &'static str,
    /// The rule in one sentence.
    pub words: Words,
    /// Where it comes from; 设计 where it is this ledger's own.
    pub law: &'static str,
    /// From what it is computed.
    pub computed: Computed,
}

/// From what a rule is computed, in groups: several rules read alike.
#[derive(Debug)]
pub enum Computed {
    /// From all this, and nothing else.
    Reads(&'static [&'static [Read]]),
    /// From all this as far as it goes; the rest needs what no kind says yet.
    Gap {
        /// What it reads today.
        reads: &'static [&'static [Read]],
        /// What is missing.
        missing: &'static [Missing],
    },
    /// From nothing on the log, with the reason.
    NotComputable(&'static str),
}

/// Something on the log that a rule reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// That there is an entry of this kind, or that there is none.
    Entry(Kind),
    /// The same, and these of its fields; `steps.limit` is the field `limit` of the objects in `steps`.
    ///
    /// A name may also be that of a disclosure, if it is the only one that the kind has. Its value never comes to a
    /// view; that it was given, the number of commitments says, and still says when it has been erased.
    Fields(Kind, &'static [&'static str]),
    /// Claims of the signer around the content of the entries that the rule reads.
    Claims(&'static [&'static str]),
    /// What the ledger attests in their headers.
    Header(&'static [&'static str]),
}

/// A field that a rule needs and no kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The kind that should say it.
    pub kind: Kind,
    /// The field, as it might be called.
    pub field: &'static str,
    /// What cannot be told without it.
    pub why: &'static str,
}

impl Rule {
    /// All that it reads.
    pub fn reads(&self) -> impl Iterator<Item = &'static Read> + use<> {
        let groups = match &self.computed {
            Computed::Reads(reads) | Computed::Gap { reads, .. } => *reads,
            Computed::NotComputable(_) => &[],
        };
        groups.iter().copied().flatten()
    }

    /// What it would need besides.
    pub fn missing(&self) -> &'static [Missing] {
        match &self.computed {
            Computed::Gap { missing, .. } => missing,
            Computed::Reads(_) | Computed::NotComputable(_) => &[],
        }
    }
}

/// Kinds that no rule reads, each with the reason. They are there for the views and for the proofs.
pub const UNREAD: &[(Kind, &str)] = &[
    (Kind::LedgerFounded, "says whose ledger it is; every proof rests on it, no duty does"),
    (Kind::LedgerKeySucceeded, "says which key signs checkpoints; for verifiers"),
    (Kind::KeyRegistered, "says whose signature it is; admission judged that before any rule"),
    (Kind::KeyRevoked, "the same; what was signed before is flagged as such, by position"),
    (Kind::AppointmentBooked, "no limit runs before somebody applies; what came of it is a figure"),
    (Kind::AppointmentKept, "the same: the wait at the window is a figure without a limit"),
    (Kind::AdviceGiven, "advice starts no clock and binds nobody"),
    (Kind::DeemedFact, "what a rule concluded; the views conclude it again by themselves"),
    (
        Kind::Changed,
        "a permit otherwise than before: the case in which it was asked for has the clocks",
    ),
    (Kind::Cancelled, "the end of a permit (许可法 70) sets nobody a limit"),
    (Kind::Corrected, "stands beside what it corrects; a rule counts what was signed first"),
    (Kind::RatingAppealed, "contests a rating; only the decision on it changes a figure"),
    (Kind::StatementGiven, "the office's own side: for whoever judges, not for a rule"),
    (
        Kind::Investigated,
        "what was found out is a person's judgement; what follows is in the finding",
    ),
    (
        Kind::ComplainantCalledBack,
        "how the complainant took it is a figure; no rule sets a day for it",
    ),
    (
        Kind::ComplaintFollowedUp,
        "the complainant's own word on the answer; it obliges whoever reads it",
    ),
    (Kind::WarningRaised, "what T01 concluded"),
    (Kind::CardProposed, "what a rule concluded"),
    (Kind::CardRaised, "what a supervisor concluded from a rule"),
    (Kind::CardExplained, "the office's own side of a card"),
    (Kind::CardAppealed, "contests a card; the card's state is a view"),
    (Kind::CardUpheld, "decides on a card; the card's state is a view"),
    (Kind::CardWithdrawn, "decides on a card; the card's state is a view"),
    (
        Kind::Urged,
        "an order of its own, with a day of its own; the supervision view holds it to that",
    ),
    (Kind::UrgeAnswered, "answers an order; the supervision view holds it to its day"),
    (Kind::Restricted, "an order to the ledger: what is no longer used, whatever a rule says"),
    (Kind::Erased, "an order to the ledger; rules read no disclosed value, so none changes"),
    (Kind::BodyWithheld, "an order to the ledger; what is left of the entry stands in its stub"),
    (Kind::Hidden, "an order to the ledger: what the public is not shown"),
    (Kind::Unhidden, "the same, undone"),
    (Kind::QueryCodeReissued, "opens a case to its applicant; obliges nobody"),
];

// What several rules read alike.

/// When something happened. Which of the two times counts follows from whose clock it moves, from import and from a
/// declared outage.
const TIMES: &[Read] = &[
    Read::Claims(&["at", "iat", "imported"]),
    Read::Header(&["recorded_at"]),
    Read::Fields(Kind::OutageDeclared, &["office", "from", "to"]),
];

/// Which days count (许可法 82), and whether a last day is a rest day.
const DAYS: &[Read] =
    &[Read::Fields(Kind::CalendarPublished, &["year", "version", "off", "work", "region"])];

/// Thresholds, local limits, readings of ambiguous law.
const POLICY: &[Read] = &[Read::Fields(
    Kind::PolicyPublished,
    &["policy", "version", "settings", "in_force", "region"],
)];

/// Who signed, and in which post they were at that moment.
const SIGNER: &[Read] = &[
    Read::Claims(&["iss", "by"]),
    Read::Fields(Kind::PostAssigned, &["office", "post", "person"]),
    Read::Fields(Kind::PostEnded, &["office", "post", "person"]),
];

/// What was applied for, by which version of the guide, and which law applies at all.
const ITEM: &[Read] = &[
    Read::Fields(Kind::Submitted, &["item", "item_version"]),
    Read::Fields(Kind::ItemPublished, &["item", "version", "regime"]),
];

/// The application came in.
const FILED: &[Read] = &[Read::Entry(Kind::Submitted), Read::Entry(Kind::Received)];

/// What may be the first answer to an application. If there is none in time, the law deems it accepted.
const FIRST_ANSWER: &[Read] = &[
    Read::Fields(Kind::SupplementRequested, &["told_at"]),
    Read::Fields(Kind::SupplementReceived, &["complete"]),
    Read::Entry(Kind::Accepted),
    Read::Entry(Kind::AcceptedWithGaps),
    Read::Entry(Kind::NotRequired),
    Read::Entry(Kind::RefusedToAccept),
];

/// What may stop a clock, and how long it was said to take.
const STANDSTILL: &[Read] = &[
    Read::Fields(
        Kind::SpecialProcedureStarted,
        &["procedure", "expected_days", "unit", "notice_no", "digest", "told_at", "started_at"],
    ),
    Read::Fields(Kind::SpecialProcedureEnded, &["started", "ended_at"]),
    Read::Fields(
        Kind::Suspended,
        &[
            "ground",
            "procedure",
            "expected_days",
            "unit",
            "notice_no",
            "digest",
            "told_at",
            "started_at",
        ],
    ),
    Read::Fields(Kind::Resumed, &["started", "ended_at"]),
];

/// How an extension came about: who approved it, when, for how long, and whether the applicant knows.
const EXTENSION: &[Read] = &[Read::Fields(
    Kind::Extended,
    &["days", "unit", "scope", "step", "approver_role", "approved_at", "told_at"],
)];

/// What ends a case's clock.
const ENDED: &[Read] = &[
    Read::Entry(Kind::Decided),
    Read::Entry(Kind::NotRequired),
    Read::Entry(Kind::RefusedToAccept),
    Read::Entry(Kind::Withdrawn),
    Read::Entry(Kind::Returned),
    Read::Entry(Kind::Voided),
];

/// The limit that the law sets, in the unit in which it sets it.
const LEGAL_LIMIT: &[Read] = &[Read::Fields(
    Kind::ItemPublished,
    &["legal_limit.count", "legal_limit.unit", "legal_limit.unit_disputed"],
)];

/// The limit that the office promised: in its guide, on the voucher, for the whole bundle.
const PROMISED_LIMIT: &[Read] = &[
    Read::Fields(Kind::ItemPublished, &["promised_limit.count", "promised_limit.unit"]),
    Read::Fields(Kind::Accepted, &["promised_by"]),
    Read::Fields(Kind::AcceptedWithGaps, &["promised_by"]),
    Read::Fields(Kind::BundleOpened, &["members", "promised_by"]),
];

/// Who holds the case, and so whose card it is.
const HOLDER: &[Read] = &[
    Read::Fields(Kind::Submitted, &["office"]),
    Read::Fields(Kind::TransferredTo, &["office"]),
    Read::Fields(Kind::HandedOver, &["to_office", "to_person", "step"]),
];

/// Until when a permit holds, as far as a renewal needs it.
const EXPIRY: &[Read] = &[
    Read::Fields(Kind::Submitted, &["renews", "permit_expires"]),
    Read::Fields(Kind::CertificateIssued, &["valid_until"]),
    Read::Fields(Kind::Renewed, &["valid_until", "case", "confirms"]),
];

/// That a document reached somebody, and on which day that is proven.
const SERVED: &[Read] = &[Read::Fields(
    Kind::NoticeServed,
    &["of", "mode", "served_at", "proof", "recipient", "signature_refused", "notice_until"],
)];

/// The same applicant and the same item, seen across cases. Holds as far as one person has one id.
const SAME_APPLICANT: &[Read] =
    &[Read::Fields(Kind::Submitted, &["applicant", "item", "supersedes"])];

/// What a refusal must say (许可法 38(2)).
const REFUSAL: &[Read] = &[
    Read::Fields(Kind::RefusedToAccept, &["ground", "reasons", "remedies_told"]),
    Read::Fields(Kind::Decided, &["outcome", "reasons_given", "remedies_told"]),
    Read::Fields(Kind::NoticeServed, &["of", "remedies_told"]),
];

// What no kind says yet, where more than one rule needs it.

const STEP_PROCEDURE: Missing = Missing {
    kind: Kind::ItemPublished,
    field: "steps.procedure",
    why: "which special procedure a step of the flow is: an inspection or hearing that the law asks for and that \
          nobody began leaves no entry by which it could be missed",
};

const SENT_UP_TO: Missing = Missing {
    kind: Kind::ItemPublished,
    field: "sent_up_to",
    why: "that another office decides after this one's preliminary review: while nothing has been sent up, a case \
          that should be looks like any other",
};

const REMEDY_CLASS: Missing = Missing {
    kind: Kind::ItemPublished,
    field: "remedy_class",
    why: "whether what is decided is about real property, natural resources, disclosure of information or a duty to \
          protect: the last days and the order of the routes differ",
};

const COMPLAINT_ROUTE: Missing = Missing {
    kind: Kind::ComplaintFiled,
    field: "route",
    why: "whether it came in as a petition or to the hotline: until somebody accepts it and names a preset, nothing \
          says which limits run",
};

const COMPLAINT_STAGE: Missing = Missing {
    kind: Kind::ComplaintFiled,
    field: "stage",
    why: "whether it asks for review (复查) or re-examination (复核) of an answer: `earlier` alone is any second \
          complaint on the same matter",
};

const ANSWER_PROOF: Missing = Missing {
    kind: Kind::Answered,
    field: "proof",
    why: "that the written answer arrived: without proof of service no day starts against the petitioner",
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use case_ledger::envelope::{Envelope, Jws, Malformed};
    use case_ledger::field::FieldSpec;
    use case_ledger::record::Header;
    use serde_json::json;

    use super::*;

    /// The ids that there are to be: a family's prefix, how wide its numbers are, and how many.
    fn expected(prefix: &str) -> Vec<String> {
        let numbered = |width: usize, count: u32| {
            (1..=count).map(|number| format!("{prefix}{number:0width$}")).collect()
        };
        match prefix {
            "TL-" => numbered(2, 23),
            // 许可法 72 has eight items; of 74 and 75 only these two are used.
            "R7" => (1..=8)
                .map(|item| format!("R72-{item}"))
                .chain(["R74-2".to_owned(), "R75".to_owned()])
                .collect(),
            "T" => numbered(2, 12),
            "P" => numbered(2, 14),
            "F" | "D" => numbered(2, 2),
            "I" | "E" => numbered(2, 3),
            "X" => numbered(2, 1),
            "P-" => numbered(1, 9),
            "R-" => numbered(1, 26),
            other => panic!("a family {other:?} without a count"),
        }
    }

    #[test]
    fn every_rule_has_its_row_once_and_in_order() {
        let families: Vec<_> = FAMILIES.iter().map(|family| family.prefix).collect();
        assert_eq!(families, ["TL-", "R7", "T", "P", "F", "D", "I", "E", "X", "P-", "R-"]);
        for family in FAMILIES {
            let ids: Vec<_> = family.rules.iter().map(|rule| rule.id).collect();
            assert_eq!(ids, expected(family.prefix));
        }
        let distinct: BTreeSet<_> = all().map(|rule| rule.id).collect();
        assert_eq!((distinct.len(), all().count()), (105, 105));
    }

    #[test]
    fn every_rule_is_said_in_both_languages_and_cites_its_source() {
        for family in FAMILIES {
            assert!(said_twice(&family.words), "{}", family.prefix);
        }
        for rule in all() {
            assert!(said_twice(&rule.words), "{}", rule.id);
            assert!(!rule.law.is_empty(), "{}", rule.id);
        }
    }

    fn said_twice(words: &Words) -> bool {
        !words.zh.is_ascii() && !words.en.is_empty() && words.en.is_ascii()
    }

    #[test]
    fn every_rule_reads_something_or_says_why_not() {
        for rule in all() {
            match &rule.computed {
                Computed::Reads(_) => assert!(rule.reads().count() > 0, "{}", rule.id),
                Computed::Gap { missing, .. } => {
                    assert!(rule.reads().count() > 0, "{}", rule.id);
                    assert!(!missing.is_empty(), "{}", rule.id);
                }
                Computed::NotComputable(reason) => {
                    assert!(reason.starts_with("because "), "{}", rule.id);
                }
            }
        }
    }

    #[test]
    fn every_field_read_exists() {
        for (rule, kind, name) in fields_read() {
            let place = format!("{rule} reads {kind:?}.{name}");
            assert!(field(kind, name).is_some() || only_disclosure(kind, name), "{place}");
        }
    }

    /// A closed gap turns this red: its row is then to read the field.
    #[test]
    fn every_missing_field_is_missing() {
        for rule in all() {
            for missing in rule.missing() {
                let place = format!("{} misses {:?}.{}", rule.id, missing.kind, missing.field);
                assert!(field(missing.kind, missing.field).is_none(), "{place}");
                assert!(!disclosable(missing.kind, missing.field), "{place}");
                assert!(!missing.why.is_empty(), "{place}");
            }
        }
    }

    #[test]
    fn every_claim_read_is_one_that_an_envelope_may_have() {
        assert!(!is_claim("happened"), "the check sees nothing");
        for rule in all() {
            for read in rule.reads() {
                if let Read::Claims(names) = read {
                    assert!(!names.is_empty(), "{}", rule.id);
                    assert!(names.iter().all(|name| is_claim(name)), "{}: {names:?}", rule.id);
                }
            }
        }
    }

    #[test]
    fn every_header_field_read_exists() {
        for rule in all() {
            for read in rule.reads() {
                if let Read::Header(names) = read {
                    assert!(!names.is_empty(), "{}", rule.id);
                    assert!(names.iter().all(|name| in_header(name)), "{}: {names:?}", rule.id);
                }
            }
        }
    }

    #[test]
    fn every_kind_is_read_by_a_rule_or_stands_among_the_unread() {
        for kind in Kind::ALL {
            let read = kinds_read().any(|found| found == *kind);
            let reasons: Vec<_> = UNREAD.iter().filter(|(unread, _)| unread == kind).collect();
            assert_eq!(reasons.len(), usize::from(!read), "{kind:?}: {reasons:?}");
        }
        assert!(UNREAD.iter().all(|(_, reason)| !reason.is_empty()));
    }

    fn fields_read() -> impl Iterator<Item = (&'static str, Kind, &'static str)> {
        all().flat_map(|rule| {
            rule.reads().flat_map(|read| match read {
                Read::Fields(kind, names) => {
                    assert!(!names.is_empty(), "{}: {kind:?} is read as an entry", rule.id);
                    names.iter().map(|name| (rule.id, *kind, *name)).collect()
                }
                Read::Entry(_) | Read::Claims(_) | Read::Header(_) => Vec::new(),
            })
        })
    }

    fn kinds_read() -> impl Iterator<Item = Kind> {
        all().flat_map(Rule::reads).filter_map(|read| match read {
            Read::Entry(kind) | Read::Fields(kind, _) => Some(*kind),
            Read::Claims(_) | Read::Header(_) => None,
        })
    }

    /// The public field of a kind, found along the dots of its name.
    fn field(kind: Kind, path: &str) -> Option<&'static FieldSpec> {
        let mut specs = kind.spec().fields;
        let mut found = None;
        for name in path.split('.') {
            found = Some(specs.iter().find(|spec| spec.name == name)?);
            specs = found?.members;
        }
        found
    }

    fn disclosable(kind: Kind, name: &str) -> bool {
        kind.spec().hidden.iter().any(|hidden| hidden.name == name)
    }

    /// Which of several disclosures a commitment is for, no view can tell.
    fn only_disclosure(kind: Kind, name: &str) -> bool {
        disclosable(kind, name) && kind.spec().hidden.len() == 1
    }

    /// The envelope refuses claims that it does not know before it reads the others.
    fn is_claim(name: &str) -> bool {
        let header =
            json!({"alg": "EdDSA", "typ": case_ledger::envelope::TYPE, "kid": "A".repeat(43)});
        let payload = json!({"v": case_ledger::envelope::SCHEMA, name: 0});
        let jws = Jws {
            protected: header.to_string().into_bytes().into(),
            payload: payload.to_string().into_bytes().into(),
            signature: [0; 64],
        };
        Envelope::read(&jws) != Err(Malformed::UnknownClaim)
    }

    fn in_header(name: &str) -> bool {
        let header = Header {
            rules: 1,
            seq: 0,
            recorded_at: 0,
            previous: [0; 32],
            stream_number: 1,
            stream_previous: 0,
            body: [0; 32],
        };
        serde_json::to_value(header).unwrap().get(name).is_some()
    }
}
