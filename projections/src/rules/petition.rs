//! 信访时限 (信访工作条例): clocks of a petition, as far as it stands on the ledger as a complaint. Days are calendar
//! days unless working days are said.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, Reads};
use super::{
    ANSWER_PROOF, COMPLAINT_ROUTE, COMPLAINT_STAGE, DAYS, Missing, POLICY, Read, Rule, SIGNER,
    TIMES,
};
use crate::words::Words;

/// P-1 to P-9.
pub(super) const PETITION: &[Rule] = &[
    Rule {
        id: "P-1",
        words: Words::fixed(
            "信访部门收到后登记，十五日内转出或者交办。",
            "A petition office registers a petition and passes it on within fifteen days.",
        ),
        law: "信访条例 22",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                POLICY,
                &[
                    Read::Fields(Kind::ComplaintFiled, &["nature", "office", "region", "source"]),
                    Read::Fields(Kind::ComplaintAssigned, &["office", "preset"]),
                    Read::Fields(Kind::ComplaintRefused, &["route", "competent"]),
                ],
            ],
            missing: &[COMPLAINT_ROUTE],
        },
    },
    Rule {
        id: "P-2",
        words: Words::fixed(
            "其他机关直接收到的，当场或者十五日内书面告知是否受理。",
            "An organ that gets a petition directly says at once, or in writing within fifteen days, whether it takes it.",
        ),
        law: "信访条例 23(2)",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                POLICY,
                &[
                    Read::Fields(Kind::ComplaintFiled, &["nature", "office", "channel"]),
                    Read::Fields(Kind::ComplaintAccepted, &["preset", "told_at"]),
                    Read::Fields(Kind::ComplaintRefused, &["ground", "told_at", "reasons"]),
                ],
            ],
            missing: &[COMPLAINT_ROUTE],
        },
    },
    Rule {
        id: "P-3",
        words: Words::fixed(
            "收到转办的机关十五日内告知信访人；认为不归自己管的，五个工作日内提出并说明理由。",
            "Whoever is passed a petition tells the petitioner within fifteen days, or objects within five working days.",
        ),
        law: "信访条例 23(3)",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                POLICY,
                &[
                    Read::Fields(Kind::ComplaintAssigned, &["office", "preset"]),
                    Read::Fields(Kind::ReturnRequested, &["ground", "proposed", "reasons"]),
                    Read::Fields(Kind::ReturnDecided, &["allowed"]),
                ],
            ],
            missing: &[Missing {
                kind: Kind::ComplaintAssigned,
                field: "told_at",
                why: "when the petitioner was told who has the matter now: an assigned office has no entry for it \
                      before its answer",
            }],
        },
    },
    Rule {
        id: "P-4",
        words: Words::fixed(
            "受理后六十日内办结；负责人可以批准延长，不超过三十日，并告知理由。",
            "A petition is done within sixty days of acceptance; the head may add thirty and says why.",
        ),
        law: "信访条例 34",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            &[
                Read::Fields(Kind::ComplaintAccepted, &["preset", "until"]),
                Read::Fields(
                    Kind::ComplaintExtended,
                    &["days", "unit", "approver_role", "approved_at", "told_at", "basis"],
                ),
                Read::Fields(Kind::Answered, &["told_at", "document_no", "digest"]),
                Read::Fields(Kind::ComplaintClosed, &["result"]),
            ],
        ]),
    },
    Rule {
        id: "P-5",
        words: Words::fixed(
            "不服答复的，三十日内请求复查；复查意见三十日内作出。",
            "Review of the answer is asked for within thirty days and given within thirty.",
        ),
        law: "信访条例 35",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                POLICY,
                &[
                    Read::Fields(
                        Kind::Answered,
                        &["told_at", "document_no", "digest", "remedies_told"],
                    ),
                    Read::Fields(Kind::ComplaintFiled, &["earlier"]),
                ],
            ],
            missing: &[COMPLAINT_STAGE, ANSWER_PROOF],
        },
    },
    Rule {
        id: "P-6",
        words: Words::fixed(
            "不服复查的，三十日内请求复核，三十日内作出意见；此后同一事实和理由不再受理。",
            "Re-examination likewise; after it the same facts and reasons are not taken again.",
        ),
        law: "信访条例 36",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                POLICY,
                &[
                    Read::Fields(
                        Kind::Answered,
                        &["told_at", "document_no", "digest", "remedies_told"],
                    ),
                    Read::Fields(Kind::ComplaintFiled, &["earlier"]),
                    Read::Fields(Kind::ComplaintRefused, &["ground", "earlier"]),
                ],
            ],
            missing: &[COMPLAINT_STAGE, ANSWER_PROOF],
        },
    },
    Rule {
        id: "P-7",
        words: Words::fixed(
            "另有法定程序的诉求导入那个程序，不走信访的时限。",
            "What has a legal procedure of its own is led there, and the petition's clock does not run.",
        ),
        law: "信访条例 31",
        computed: Reads(&[&[
            Read::Fields(Kind::ComplaintAccepted, &["preset"]),
            Read::Fields(Kind::ComplaintRefused, &["ground", "route", "competent"]),
            Read::Fields(Kind::ComplaintClosed, &["result", "route"]),
        ]]),
    },
    Rule {
        id: "P-8",
        words: Words::fixed(
            "检举控告的材料和情况，不得让被检举控告的人和单位知道。",
            "What is reported about somebody must not reach them or their unit.",
        ),
        law: "信访条例 30(3)",
        computed: Reads(&[
            SIGNER,
            &[
                Read::Fields(Kind::ComplaintFiled, &["nature", "secrecy", "office", "person"]),
                Read::Fields(Kind::ComplaintAssigned, &["office", "co_offices"]),
                Read::Fields(Kind::ReadBy, &["case", "reader", "office", "disclosures_read"]),
            ],
        ]),
    },
    Rule {
        id: "P-9",
        words: Words::fixed(
            "推诿、拖延、态度恶劣、泄密、打击报复的，要追究责任。",
            "Delay, buck-passing, rudeness, leaks and retaliation are answered for.",
        ),
        law: "信访条例 45, 46",
        // Only a person can say that somebody was rude or took revenge; the rule holds what they found.
        computed: Reads(&[&[Read::Fields(
            Kind::ResponsibilityFound,
            &["rule", "office", "person", "post", "findings", "evidence", "measure"],
        )]]),
    },
];
