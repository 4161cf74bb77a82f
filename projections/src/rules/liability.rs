//! 责任情形 (许可法 72, 74, 75): the codes under which somebody is found answerable.
//!
//! A rule here proposes; `ResponsibilityFound` is a person's decision and names the code. What nobody can read from
//! the log can still be found by them.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, NotComputable, Reads};
use super::{
    DAYS, ENDED, EXTENSION, FILED, FIRST_ANSWER, HOLDER, ITEM, LEGAL_LIMIT, POLICY, REFUSAL, Read,
    Rule, SERVED, STANDSTILL, STEP_PROCEDURE, TIMES,
};
use crate::words::Words;

/// R72-1 to R72-8, R74-2, R75.
pub(super) const LIABILITY: &[Rule] = &[
    Rule {
        id: "R72-1",
        words: Words::fixed(
            "该受理的申请没有受理。",
            "An application that should have been accepted was not.",
        ),
        law: "许可法 72(1)",
        computed: Reads(&[
            TIMES,
            DAYS,
            ITEM,
            FILED,
            FIRST_ANSWER,
            &[
                Read::Fields(Kind::Submitted, &["materials.code"]),
                Read::Fields(Kind::SupplementReceived, &["materials.code", "complete"]),
                Read::Fields(Kind::ItemPublished, &["materials.code", "materials.tolerable"]),
                Read::Fields(Kind::RefusedToAccept, &["ground"]),
            ],
        ]),
    },
    Rule {
        id: "R72-2",
        words: Words::fixed(
            "应当在办公场所公示的没有公示。",
            "What must be put up in the office was not.",
        ),
        law: "许可法 72(2)",
        computed: NotComputable(
            "because what hangs in the hall nobody signs; the guide's completeness on the platform is another duty \
             (在线规定 6), which the registry view shows",
        ),
    },
    Rule {
        id: "R72-3",
        words: Words::fixed(
            "受理、审查、决定时该告知的没有告知。",
            "Somebody who had to be told during the procedure was not.",
        ),
        law: "许可法 72(3)",
        computed: Reads(&[
            TIMES,
            ITEM,
            STANDSTILL,
            EXTENSION,
            SERVED,
            &[
                Read::Fields(Kind::Submitted, &["third_party"]),
                Read::Fields(
                    Kind::ThirdPartyNotified,
                    &["told_at", "statement_right_told", "hearing_right_told"],
                ),
                Read::Fields(Kind::HearingNotified, &["notice", "told", "told_at"]),
                Read::Fields(Kind::SupplementRequested, &["told_at"]),
                Read::Fields(Kind::CaseTypeChanged, &["told_at"]),
                Read::Fields(Kind::Decided, &["outcome", "remedies_told"]),
            ],
        ]),
    },
    Rule {
        id: "R72-4",
        words: Words::fixed(
            "要补正的没有一次说全。",
            "What had to be corrected was not told in one go.",
        ),
        law: "许可法 72(4)",
        computed: Reads(&[
            TIMES,
            DAYS,
            ITEM,
            FILED,
            FIRST_ANSWER,
            &[
                Read::Fields(Kind::Submitted, &["materials.code"]),
                Read::Fields(Kind::SupplementRequested, &["lacks.code"]),
                Read::Fields(Kind::SupplementReceived, &["materials.code"]),
            ],
        ]),
    },
    Rule {
        id: "R72-5",
        words: Words::fixed(
            "泄露申请人提交的商业秘密或者保密信息。",
            "An applicant's trade secret or confidential information was given away.",
        ),
        law: "许可法 72(5)",
        computed: NotComputable(
            "because what is passed on outside leaves no entry; who looked at the case and when is recorded (`ReadBy`), \
             what they did with it is not",
        ),
    },
    Rule {
        id: "R72-6",
        words: Words::fixed(
            "以转让技术为许可条件，或者变相要求转让技术。",
            "A transfer of technology was made a condition, or asked for.",
        ),
        law: "许可法 72(6)",
        computed: NotComputable(
            "because nobody records such a demand against themselves; one dressed up as a material outside the \
             published list shows under P02",
        ),
    },
    Rule {
        id: "R72-7",
        words: Words::fixed(
            "不受理或者不许可而没有说明理由。",
            "An application was not accepted or not granted without reasons.",
        ),
        law: "许可法 72(7)",
        computed: Reads(&[ITEM, REFUSAL, &[Read::Fields(Kind::NotRequired, &["reasons"])]]),
    },
    Rule {
        id: "R72-8",
        words: Words::fixed("应当听证而没有听证。", "A hearing that had to be held was not."),
        law: "许可法 72(8), 46, 47",
        computed: Gap {
            reads: &[
                TIMES,
                ITEM,
                &[
                    Read::Fields(Kind::Submitted, &["third_party"]),
                    Read::Fields(Kind::HearingNotified, &["notice", "told", "published"]),
                    Read::Entry(Kind::HearingRequested),
                    Read::Entry(Kind::HearingHeld),
                    Read::Entry(Kind::Decided),
                ],
            ],
            missing: &[STEP_PROCEDURE],
        },
    },
    Rule {
        id: "R74-2",
        words: Words::fixed(
            "对合格的申请人不予许可，或者过了法定期限才许可。",
            "A qualified applicant was refused, or granted too late.",
        ),
        law: "许可法 74(2)",
        // Whether somebody qualifies is a person's judgement: the rule shows lateness, and refusals with their grounds.
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            FILED,
            FIRST_ANSWER,
            STANDSTILL,
            EXTENSION,
            ENDED,
            LEGAL_LIMIT,
            HOLDER,
            &[Read::Fields(Kind::Decided, &["outcome", "ground"])],
        ]),
    },
    Rule {
        id: "R75",
        words: Words::fixed(
            "擅自收费，或者不按公布的项目和标准收费。",
            "A fee was taken without authority or not by the published standard.",
        ),
        law: "许可法 75",
        computed: Reads(&[
            ITEM,
            &[
                Read::Fields(
                    Kind::FeeCharged,
                    &["amount_fen", "basis", "standard", "intermediary"],
                ),
                Read::Fields(Kind::ItemPublished, &["fee_fen"]),
            ],
        ]),
    },
];
