//! 时效异常: what is late, or about to be.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, Reads};
use super::{
    DAYS, ENDED, EXPIRY, EXTENSION, FILED, FIRST_ANSWER, HOLDER, ITEM, LEGAL_LIMIT, POLICY,
    PROMISED_LIMIT, Read, Rule, SENT_UP_TO, STANDSTILL, STEP_PROCEDURE, TIMES,
};
use crate::words::Words;

/// T01 to T12.
pub(super) const LATENESS: &[Rule] = &[
    Rule {
        id: "T01",
        words: Words::fixed(
            "承诺时限用到九成，或者只剩一个工作日而尚未办结：预警。",
            "Nine tenths of the promised time are used, or one working day is left: a warning.",
        ),
        law: "地方电子监察规则",
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
            PROMISED_LIMIT,
            HOLDER,
        ]),
    },
    Rule {
        id: "T02",
        words: Words::fixed(
            "超过承诺时限：黄牌。",
            "The promised time is exceeded: a yellow card.",
        ),
        law: "地方电子监察规则",
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
            PROMISED_LIMIT,
            HOLDER,
        ]),
    },
    Rule {
        id: "T03",
        words: Words::fixed(
            "超过法定时限：红牌。",
            "The time limit of the law is exceeded: a red card.",
        ),
        law: "许可法 42, 74(2)",
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
        ]),
    },
    Rule {
        id: "T04",
        words: Words::fixed(
            "收到申请五个工作日没有任何受理环节的答复，已视为受理。",
            "Nobody answered an application within five working days, so it counts as accepted.",
        ),
        law: "许可法 32(1)(4)",
        computed: Reads(&[TIMES, DAYS, POLICY, ITEM, FILED, FIRST_ANSWER]),
    },
    Rule {
        id: "T05",
        words: Words::fixed(
            "准予后十个工作日，证件还没有送到。",
            "Ten working days after the grant the certificate has not been delivered.",
        ),
        law: "许可法 44",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            &[
                Read::Fields(Kind::Decided, &["outcome"]),
                Read::Fields(Kind::CertificateIssued, &["electronic"]),
                Read::Fields(Kind::Dispatched, &["of", "dispatched_at"]),
                Read::Fields(Kind::DeliveryUpdated, &["dispatched", "status", "reached_at"]),
                Read::Fields(Kind::Delivered, &["of", "mode", "delivered_at", "proof"]),
            ],
        ]),
    },
    Rule {
        id: "T06",
        words: Words::fixed(
            "初审意见没有按期报到上级。",
            "The lower office did not send its review up in time.",
        ),
        law: "许可法 35, 43",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                ITEM,
                FILED,
                FIRST_ANSWER,
                STANDSTILL,
                ENDED,
                LEGAL_LIMIT,
                &[Read::Fields(Kind::SentUp, &["office", "sent_at"])],
            ],
            missing: &[SENT_UP_TO],
        },
    },
    Rule {
        id: "T07",
        words: Words::fixed(
            "许可到期，延续申请还没有决定，已视为延续。",
            "The permit expired before its renewal was decided, so it counts as renewed.",
        ),
        law: "许可法 50(2)",
        computed: Reads(&[TIMES, POLICY, ITEM, FILED, EXPIRY, ENDED]),
    },
    Rule {
        id: "T08",
        words: Words::fixed(
            "受理五个工作日后，检验检测检疫人员还没有指派。",
            "Five working days after acceptance nobody has been assigned to inspect, test or quarantine.",
        ),
        law: "许可法 55(2)",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                ITEM,
                FILED,
                FIRST_ANSWER,
                &[
                    Read::Fields(Kind::InspectorsAssigned, &["inspectors", "task", "procedure"]),
                    Read::Fields(Kind::SpecialProcedureStarted, &["procedure"]),
                ],
            ],
            missing: &[STEP_PROCEDURE],
        },
    },
    Rule {
        id: "T09",
        words: Words::fixed(
            "停表时间超过书面告知的天数。",
            "A clock stands still for longer than was told in writing.",
        ),
        law: "许可法 45",
        computed: Reads(&[TIMES, DAYS, POLICY, STANDSTILL]),
    },
    Rule {
        id: "T10",
        words: Words::fixed(
            "准予后七个工作日没有公开。",
            "A grant was not published within seven working days.",
        ),
        law: "许可法 40, 国办发〔2015〕51号 (18) 双公示",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            &[
                Read::Fields(Kind::ItemPublished, &["publicity"]),
                Read::Fields(Kind::Decided, &["outcome"]),
                Read::Fields(Kind::ResultPublished, &["site", "published_at", "digest"]),
            ],
        ]),
    },
    Rule {
        id: "T11",
        words: Words::fixed(
            "地方规定网上申请一个工作日内答复的，过期没有答复。",
            "Where a local statute says so, an online application was not answered within one working day.",
        ),
        law: "安阳条例 42",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            FILED,
            FIRST_ANSWER,
            &[
                Read::Fields(Kind::Submitted, &["channel", "office"]),
                Read::Fields(Kind::OfficeRegistered, &["office", "region"]),
            ],
        ]),
    },
    Rule {
        id: "T12",
        words: Words::fixed(
            "超过承诺时限，没有公开说明理由。",
            "The promised time was exceeded and no reason was published.",
        ),
        law: "营商条例 36(2)",
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
            PROMISED_LIMIT,
            &[Read::Fields(Kind::PublicReasonGiven, &["scope", "published_at", "promised_by"])],
        ]),
    },
];
