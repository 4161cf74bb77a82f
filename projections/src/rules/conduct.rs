//! 收费、裁量、互动、评价、隐私异常: what else the supervision watches for.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, Reads};
use super::{
    DAYS, ENDED, FILED, FIRST_ANSWER, HOLDER, ITEM, Missing, POLICY, Read, Rule, SIGNER,
    STANDSTILL, TIMES,
};
use crate::words::Words;

/// F01 and F02.
pub(super) const FEES: &[Rule] = &[
    Rule {
        id: "F01",
        words: Words::fixed(
            "不收费的事项收了费，或者金额与公布标准不符。",
            "A fee was taken for what is free, or not the published amount.",
        ),
        law: "许可法 58, 59, 75",
        computed: Reads(&[
            ITEM,
            &[
                Read::Fields(Kind::FeeCharged, &["amount_fen", "basis", "standard", "paid_at"]),
                Read::Fields(Kind::ItemPublished, &["fee_fen"]),
            ],
        ]),
    },
    Rule {
        id: "F02",
        words: Words::fixed(
            "指定中介，让申请人非用不可。",
            "A named intermediary was forced on the applicant.",
        ),
        law: "营商条例 69(9)",
        // An office will rarely sign this of itself; then it is a complaint, and the finding says so.
        computed: Reads(&[&[
            Read::Fields(Kind::FeeCharged, &["intermediary", "intermediary_forced"]),
            Read::Fields(Kind::ResponsibilityFound, &["rule", "findings"]),
        ]]),
    },
];

/// D01 and D02.
pub(super) const DISCRETION: &[Rule] = &[
    Rule {
        id: "D01",
        words: Words::fixed(
            "结果超出事项公布的裁量基准。",
            "The outcome lies outside the item's published band.",
        ),
        law: "营商条例 35",
        computed: Gap {
            reads: &[
                ITEM,
                &[Read::Fields(
                    Kind::Decided,
                    &["outcome", "ground", "discretion_band", "amount_fen"],
                )],
            ],
            missing: &[Missing {
                kind: Kind::ItemPublished,
                field: "discretion_bands",
                why: "what is published: a decision names the band it applied, and nothing says which bands there are \
                      and what they allow",
            }],
        },
    },
    Rule {
        id: "D02",
        words: Words::fixed(
            "没有停表，用时却超过同事项同单位的绝大多数；只是提示。",
            "Without any standstill it took longer than nearly all of its kind at this office; only a hint.",
        ),
        law: "设计：统计提示",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            FILED,
            FIRST_ANSWER,
            STANDSTILL,
            ENDED,
            HOLDER,
        ]),
    },
];

/// I01 to I03.
pub(super) const ANSWERING: &[Rule] = &[
    Rule {
        id: "I01",
        words: Words::fixed(
            "工单或者咨询没有按期答复。",
            "A ticket or a question was not answered in time.",
        ),
        law: "GB/T 39046 表10, 济南条例 24, 潍坊条例 20, 安阳条例 50",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            &[
                Read::Fields(Kind::ComplaintFiled, &["nature", "office", "region"]),
                Read::Fields(Kind::ComplaintAccepted, &["preset", "until"]),
                Read::Entry(Kind::ComplaintRefused),
                Read::Fields(Kind::ComplaintAssigned, &["office", "until", "preset"]),
                Read::Fields(
                    Kind::ComplaintExtended,
                    &["days", "unit", "approver_role", "approved_at", "told_at"],
                ),
                Read::Fields(Kind::Answered, &["told_at"]),
                Read::Fields(Kind::ReHandlingOrdered, &["office", "until"]),
                Read::Entry(Kind::ComplaintClosed),
                Read::Fields(Kind::ConsultationAsked, &["office"]),
                Read::Fields(Kind::ConsultationAnswered, &["told_at"]),
            ],
        ]),
    },
    Rule {
        id: "I02",
        words: Words::fixed(
            "已定责的工单又被退回，或者过了二十四小时才退。",
            "A ticket was sent back although its office was settled, or later than 24 hours.",
        ),
        law: "潍坊条例 22, 安阳条例 50",
        computed: Reads(&[
            TIMES,
            POLICY,
            &[
                Read::Fields(Kind::ComplaintAssigned, &["office", "settled"]),
                Read::Fields(Kind::ReturnRequested, &["ground", "proposed", "reasons"]),
                Read::Fields(Kind::ReturnDecided, &["allowed", "settled"]),
            ],
        ]),
    },
    Rule {
        id: "I03",
        words: Words::fixed(
            "被投诉单位看了投诉内容或者投诉人身份。",
            "The office complained about read the complaint, or who made it.",
        ),
        law: "信访条例 30, 济南条例 32",
        computed: Reads(&[
            SIGNER,
            &[
                Read::Fields(Kind::ComplaintFiled, &["office", "person", "secrecy"]),
                Read::Fields(
                    Kind::ReadBy,
                    &["case", "purpose", "day", "reader", "office", "disclosures_read"],
                ),
            ],
        ]),
    },
];

/// E01 to E03.
pub(super) const RATINGS: &[Rule] = &[
    Rule {
        id: "E01",
        words: Words::fixed(
            "评价没有本人的凭证，或者柜台设备短时间内连续评价。",
            "A rating without the rater's own right, or several within seconds at one counter.",
        ),
        law: "国办发〔2019〕51号",
        // Anonymous ratings carry no exact time and come in batches, so that seconds are told of the others only.
        computed: Reads(&[
            TIMES,
            POLICY,
            SIGNER,
            &[Read::Fields(
                Kind::Rated,
                &["identity", "round", "case", "phase", "channel", "window", "right", "cnf"],
            )],
        ]),
    },
    Rule {
        id: "E02",
        words: Words::fixed(
            "差评没有按期联系、整改或者回访。",
            "Nobody contacted, put right or called back after a bad rating in time.",
        ),
        law: "国办发〔2019〕51号, 安阳条例 52",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            &[
                Read::Fields(Kind::Rated, &["level", "office", "identity"]),
                Read::Fields(
                    Kind::RectificationOpened,
                    &["office", "preset", "contact_until", "until", "ticket"],
                ),
                Read::Fields(Kind::RaterContacted, &["reached", "contacted_at"]),
                Read::Fields(Kind::RectificationClassified, &["class", "until"]),
                Read::Fields(Kind::Rectified, &["result", "published"]),
                Read::Fields(Kind::RaterCalledBack, &["reached", "called_at"]),
                Read::Fields(Kind::RatingAppealDecided, &["outcome"]),
            ],
        ]),
    },
    Rule {
        id: "E03",
        words: Words::fixed(
            "整改办结，却没有回访结果。",
            "A rectification was closed without the result of a call back.",
        ),
        law: "国办发〔2019〕51号",
        computed: Reads(&[
            TIMES,
            &[
                Read::Fields(Kind::Rated, &["level", "identity"]),
                Read::Fields(Kind::Rectified, &["result"]),
                Read::Fields(
                    Kind::RaterCalledBack,
                    &["reached", "called_at", "resolved", "contentment"],
                ),
                Read::Fields(Kind::RectificationRated, &["contentment", "resolved"]),
            ],
        ]),
    },
];

/// X01.
pub(super) const PRIVACY: &[Rule] = &[Rule {
    id: "X01",
    words: Words::fixed(
        "没有正当目的或者不在岗而查阅办件。",
        "Somebody read a case without a purpose or a post for it.",
    ),
    law: "个人信息保护法 34, 51, 数据安全法 38",
    // A purpose is required of every read; whether it is the reader's own, their post and their part in the case say.
    computed: Reads(&[
        SIGNER,
        HOLDER,
        &[
            Read::Fields(
                Kind::ReadBy,
                &["case", "purpose", "day", "reader", "office", "disclosures_read"],
            ),
            Read::Fields(Kind::ComplaintAssigned, &["office", "co_offices"]),
        ],
    ]),
}];
