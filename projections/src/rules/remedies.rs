//! 救济途径 (行政复议法, 行政诉讼法, 国家赔偿法): until when somebody can turn to whom.
//!
//! The ledger knows the act that is contested and when it reached people. It does not know what happens before the
//! reviewing organ or the court: they sign nothing here. From the day on which somebody asked them, a page can only
//! count if they tell it that day.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, NotComputable, Reads};
use super::{
    DAYS, ENDED, EXTENSION, FILED, FIRST_ANSWER, ITEM, LEGAL_LIMIT, Missing, POLICY, REMEDY_CLASS,
    Read, Rule, SERVED, STANDSTILL, TIMES,
};
use crate::words::Words;

/// Acts that can be contested, beside silence.
const CONTESTED: &[Read] = &[
    Read::Fields(Kind::Decided, &["outcome", "ground"]),
    Read::Entry(Kind::NotRequired),
    Read::Fields(Kind::RefusedToAccept, &["ground"]),
    Read::Fields(Kind::Revoked, &["ground", "remedies_told"]),
];

/// Whether people were told to whom they can turn, and until when.
const RIGHTS_TOLD: &[Read] = &[
    Read::Fields(Kind::Decided, &["remedies_told", "review_first_told"]),
    Read::Fields(Kind::RefusedToAccept, &["remedies_told"]),
    Read::Fields(Kind::NoticeServed, &["of", "remedies_told", "review_first_told"]),
];

const ANOTHER_ORGAN: &str = "because the review is held by another organ, which signs nothing here: no entry says when \
                             it was asked for, accepted or decided";
const A_COURT: &str = "because a court keeps its own time and signs nothing here";

///
pub(super) const REMEDIES: &[Rule] = &[
    Rule {
        id: "R-1",
        words: Words::fixed(
            "知道行政行为后六十日内可以申请复议；法律规定更长的从其规定。",
            "Reconsideration is open for sixty days from knowing of the act, or longer where the law says so.",
        ),
        law: "复议法 20(1)",
        computed: Reads(&[TIMES, DAYS, POLICY, CONTESTED, SERVED, RIGHTS_TOLD]),
    },
    Rule {
        id: "R-2",
        words: Words::fixed(
            "因不可抗力耽误的，障碍消除后接着算。",
            "Time lost to force majeure runs on once the obstacle is gone.",
        ),
        law: "复议法 20(2)",
        computed: NotComputable(
            "because what kept a citizen from applying is theirs to show to the reviewing organ, and nobody records it",
        ),
    },
    Rule {
        id: "R-3",
        words: Words::fixed(
            "没有告知复议权利、机关和期限的，从知道这些起算，最长一年。",
            "If nobody told of right, organ and period, it runs from knowing them, for at most a year.",
        ),
        law: "复议法 20(3)",
        computed: Reads(&[TIMES, DAYS, CONTESTED, SERVED, RIGHTS_TOLD]),
    },
    Rule {
        id: "R-4",
        words: Words::fixed(
            "无论如何，不动产二十年、其他五年后不再受理复议。",
            "In any case it ends after five years, for real property after twenty.",
        ),
        law: "复议法 21",
        computed: Gap { reads: &[TIMES, DAYS, ITEM, CONTESTED], missing: &[REMEDY_CLASS] },
    },
    Rule {
        id: "R-5",
        words: Words::fixed(
            "从哪天算知道，看送达方式：当场、签收、邮件回执、公告期满、补充告知。",
            "From which day somebody knows depends on how the act was served.",
        ),
        law: "复议条例 15",
        computed: Reads(&[TIMES, CONTESTED, SERVED]),
    },
    Rule {
        id: "R-6",
        words: Words::fixed(
            "不作为的，从法定期限届满起算；没有期限的，从收到申请满六十日起算。",
            "Against silence the period runs from the end of the legal limit, or from sixty days after the application.",
        ),
        law: "复议条例 16",
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
        ]),
    },
    Rule {
        id: "R-7",
        words: Words::fixed(
            "不予许可、逾期不答复、不履行保护职责、不给付、不公开信息的，都可以复议。",
            "Open to review: a permit refused or unanswered, protection, benefits or information denied.",
        ),
        law: "复议法 11(3), (11), (12), (14)",
        computed: Gap {
            reads: &[TIMES, DAYS, ITEM, FILED, FIRST_ANSWER, ENDED, LEGAL_LIMIT, CONTESTED],
            missing: &[REMEDY_CLASS],
        },
    },
    Rule {
        id: "R-8",
        words: Words::fixed(
            "不履行法定职责、自然资源权属、不公开信息等，先复议再诉讼，并且要告知。",
            "For silence, natural resources, refused information and some others review comes before suit, and that is told.",
        ),
        law: "复议法 23",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                ITEM,
                FILED,
                FIRST_ANSWER,
                ENDED,
                LEGAL_LIMIT,
                CONTESTED,
                RIGHTS_TOLD,
            ],
            missing: &[REMEDY_CLASS],
        },
    },
    Rule {
        id: "R-9",
        words: Words::fixed(
            "决定通过互联网送达的，同时提供网上复议的渠道。",
            "A decision served through the internet comes with an online way to ask for review.",
        ),
        law: "复议法 22(2)",
        computed: Reads(&[&[Read::Fields(
            Kind::NoticeServed,
            &["of", "mode", "online_review_offered"],
        )]]),
    },
    Rule {
        id: "R-10",
        words: Words::fixed(
            "对部门的行为，向本级政府申请复议；垂直领导的机关向上一级主管部门。",
            "A department's act is reviewed by the government of its level; a vertical body's by the department above.",
        ),
        law: "复议法 24, 27",
        computed: Gap {
            reads: &[
                ITEM,
                CONTESTED,
                &[
                    Read::Claims(&["iss"]),
                    Read::Fields(Kind::OfficeRegistered, &["office", "region", "parent"]),
                    Read::Fields(Kind::ItemPublished, &["remedies"]),
                ],
            ],
            missing: &[Missing {
                kind: Kind::OfficeRegistered,
                field: "review_office",
                why: "who reviews its acts: region and parent do not tell a vertical body from a department, nor which \
                      office is the government; until then the guide's own words must do",
            }],
        },
    },
    Rule {
        id: "R-11",
        words: Words::fixed(
            "复议机关五个工作日内审查，逾期算作受理。",
            "The reviewing organ checks within five working days, or has accepted.",
        ),
        law: "复议法 30",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-12",
        words: Words::fixed(
            "复议申请要补正的，一次告知，十日内补正，否则算作放弃。",
            "A request for review is corrected within ten days of one notice, or given up.",
        ),
        law: "复议法 31",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-13",
        words: Words::fixed(
            "须先复议的，复议不受理、被驳回或者逾期，十五日内起诉。",
            "Where review comes first and fails or is not decided, suit is open for fifteen days.",
        ),
        law: "复议法 34",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-14",
        words: Words::fixed(
            "复议有法定情形的中止，并书面告知。",
            "A review stands still only on the grounds of the law, and that is told in writing.",
        ),
        law: "复议法 39",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-15",
        words: Words::fixed(
            "复议期间一般不停止执行。",
            "A review does not stop the act from being carried out, with exceptions.",
        ),
        law: "复议法 42",
        computed: NotComputable(
            "because it says what a review does not do: nothing falls due by it, and who orders an exception signs \
             nothing here",
        ),
    },
    Rule {
        id: "R-16",
        words: Words::fixed(
            "简易程序的复议三十日内审结。",
            "A simplified review takes thirty days.",
        ),
        law: "复议法 53, 62(2)",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-17",
        words: Words::fixed(
            "普通程序的复议受理后六十日内决定，可以延长，不超过三十日。",
            "An ordinary review takes sixty days from acceptance, and at most thirty more.",
        ),
        law: "复议法 62(1)",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-18",
        words: Words::fixed(
            "收到复议意见书的机关，六十日内报告纠正情况。",
            "An agency that gets a review opinion reports within sixty days what it corrected.",
        ),
        law: "复议法 76",
        computed: NotComputable(
            "because opinion and report pass between the agency and the reviewing organ; the ledger sees at most the \
             act revoked or corrected in the end",
        ),
    },
    Rule {
        id: "R-19",
        words: Words::fixed(
            "复议法里三、五、七、十日指工作日；其余末日遇休息日顺延。",
            "Three, five, seven and ten days are working days; of other periods a last day off moves to the next.",
        ),
        law: "复议法 88",
        computed: Reads(&[DAYS]),
    },
    Rule {
        id: "R-20",
        words: Words::fixed(
            "不服复议决定或者复议逾期的，十五日内起诉。",
            "After a review, or its period without decision, suit is open for fifteen days.",
        ),
        law: "行诉法 45",
        computed: NotComputable(ANOTHER_ORGAN),
    },
    Rule {
        id: "R-21",
        words: Words::fixed(
            "直接起诉的，知道后六个月内；最长五年，不动产二十年。",
            "A direct suit is open for six months from knowing; at most five years, for real property twenty.",
        ),
        law: "行诉法 46",
        computed: Gap {
            reads: &[TIMES, DAYS, POLICY, ITEM, CONTESTED, SERVED, RIGHTS_TOLD],
            missing: &[REMEDY_CLASS],
        },
    },
    Rule {
        id: "R-22",
        words: Words::fixed(
            "对不作为，没有特别期限的，申请满两个月后可以起诉，此后六个月内。",
            "Against silence suit opens two months after the application and is open for six.",
        ),
        law: "行诉法 47, 行诉解释 66",
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
        ]),
    },
    Rule {
        id: "R-23",
        words: Words::fixed(
            "没有告知起诉期限的，从知道期限起算，最长一年。",
            "If nobody told of the period for suit, it runs from knowing it, for at most a year.",
        ),
        law: "行诉解释 64",
        computed: Reads(&[TIMES, DAYS, CONTESTED, SERVED, RIGHTS_TOLD]),
    },
    Rule {
        id: "R-24",
        words: Words::fixed(
            "因不可抗力耽误起诉的时间不算；其他原因的，障碍消除后十日内申请延长。",
            "Time lost to force majeure does not count; for other reasons the court is asked within ten days.",
        ),
        law: "行诉法 48",
        computed: NotComputable(
            "because what kept a citizen from suing is theirs to show to the court, and nobody records it",
        ),
    },
    Rule {
        id: "R-25",
        words: Words::fixed(
            "法院立案、一审、上诉各有期限。",
            "The court has its own limits for docketing, trial and appeal.",
        ),
        law: "行诉法 51, 81, 83, 85",
        computed: NotComputable(A_COURT),
    },
    Rule {
        id: "R-26",
        words: Words::fixed(
            "国家赔偿两年内请求，两个月内决定，不服的三个月内起诉。",
            "State compensation is asked for within two years, decided within two months, sued for within three.",
        ),
        law: "国家赔偿法 13, 14, 39",
        computed: NotComputable(
            "because neither the damage, nor when somebody knew of it, nor the claim stands on the log; `Revoked` says \
             at most that something was paid",
        ),
    },
];
