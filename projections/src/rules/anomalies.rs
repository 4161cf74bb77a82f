//! 异常 (电子监察): what the supervision watches for. A warning, a card or a finding names one of these ids.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, Reads};
use super::{
    DAYS, ENDED, EXPIRY, EXTENSION, FILED, FIRST_ANSWER, HOLDER, ITEM, LEGAL_LIMIT, Missing,
    POLICY, PROMISED_LIMIT, REFUSAL, Read, Rule, SAME_APPLICANT, SENT_UP_TO, SIGNER, STANDSTILL,
    STEP_PROCEDURE, TIMES,
};
use crate::words::Words;

/// T01 to T12.
pub(super) const TIME: &[Rule] = &[
    Rule {
        id: "T01",
        words: Words::fixed(
            "承诺时限用到九成，或者只剩一个工作日而尚未办结：预警。",
            "Nine tenths of the promised time are used, or one working day is left: a warning.",
        ),
        law: "监察规则 (地方), A5.1",
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
        law: "监察规则 (地方), A5.1",
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

/// P01 to P14.
pub(super) const PROCEDURE: &[Rule] = &[
    Rule {
        id: "P01",
        words: Words::fixed(
            "第二份补正清单里，有第一次就该说的内容。",
            "A second correction list names what the first could have named.",
        ),
        law: "许可法 32(1)(4), 72(4)",
        computed: Reads(&[
            TIMES,
            ITEM,
            &[
                Read::Fields(Kind::Submitted, &["materials.code"]),
                Read::Fields(Kind::Received, &["materials.code"]),
                Read::Fields(Kind::SupplementRequested, &["lacks.code"]),
                Read::Fields(Kind::SupplementReceived, &["materials.code", "complete"]),
            ],
        ]),
    },
    Rule {
        id: "P02",
        words: Words::fixed(
            "要了清单以外的材料，或者共享就能取得的材料。",
            "A material was asked for that is not on the list, or that sharing provides.",
        ),
        law: "许可法 31, 在线规定 7, 营商条例 35",
        computed: Reads(&[
            ITEM,
            &[
                Read::Fields(
                    Kind::SupplementRequested,
                    &["lacks.code", "lacks.unlisted", "lacks.shared"],
                ),
                Read::Fields(Kind::ItemPublished, &["materials.code", "materials.shared"]),
                Read::Fields(Kind::DataReused, &["materials"]),
            ],
        ]),
    },
    Rule {
        id: "P03",
        words: Words::fixed(
            "不予受理或者不予许可，没有理由或者没有告知救济途径。",
            "A refusal gives no reasons or does not tell of the remedies.",
        ),
        law: "许可法 38(2), 72(7)",
        computed: Reads(&[ITEM, REFUSAL]),
    },
    Rule {
        id: "P04",
        words: Words::fixed("现场核查不足两人。", "Fewer than two people checked on site."),
        law: "许可法 34(3)",
        computed: Reads(&[&[
            Read::Fields(
                Kind::InspectorsAssigned,
                &["inspectors", "task", "step", "procedure", "day"],
            ),
            Read::Fields(Kind::SpecialProcedureStarted, &["procedure", "step"]),
        ]]),
    },
    Rule {
        id: "P05",
        words: Words::fixed(
            "停表没有书面告知，或者不属于法定的八种程序。",
            "A clock was stopped without written notice, or for something that the law does not name.",
        ),
        law: "许可法 45",
        computed: Reads(&[
            TIMES,
            POLICY,
            ITEM,
            STANDSTILL,
            &[
                Read::Fields(Kind::SpecialProcedureStarted, &["basis"]),
                Read::Fields(Kind::Suspended, &["basis"]),
            ],
        ]),
    },
    Rule {
        id: "P06",
        words: Words::fixed(
            "延期不止一次、批得太晚、延得太长、批准人不对，或者没有告知。",
            "An extension came twice, too late, too long, from the wrong head, or untold.",
        ),
        law: "许可法 42",
        computed: Reads(&[
            TIMES,
            DAYS,
            ITEM,
            FILED,
            FIRST_ANSWER,
            STANDSTILL,
            EXTENSION,
            LEGAL_LIMIT,
            SIGNER,
        ]),
    },
    Rule {
        id: "P07",
        words: Words::fixed(
            "跳过环节、颠倒顺序、岗位不符，或者应当分开的由同一人包办。",
            "A step was skipped or out of order, or one person did what separate posts should.",
        ),
        law: "事项办理流程",
        computed: Reads(&[
            TIMES,
            POLICY,
            ITEM,
            SIGNER,
            &[
                Read::Fields(
                    Kind::ItemPublished,
                    &["steps.code", "steps.post", "steps.limit.count"],
                ),
                Read::Fields(Kind::StepStarted, &["step", "unit", "handler", "started_at"]),
                Read::Fields(
                    Kind::StepFinished,
                    &["step", "result", "started", "ended_at", "returned_to", "unit", "handler"],
                ),
                Read::Entry(Kind::Accepted),
                Read::Entry(Kind::AcceptedWithGaps),
                Read::Fields(Kind::Decided, &["approver"]),
            ],
        ]),
    },
    Rule {
        id: "P08",
        words: Words::fixed(
            "退件、作废或者劝撤后，同一申请人的同一事项很快又重新登记。",
            "A case was returned, voided or talked away, and soon filed again by the same applicant for the same item.",
        ),
        law: "A3.1 (反规避)",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            SAME_APPLICANT,
            &[
                Read::Fields(Kind::Returned, &["ground", "warned", "told_at"]),
                Read::Fields(Kind::Voided, &["ground", "instead"]),
                Read::Fields(Kind::Withdrawn, &["asked_by_office"]),
            ],
        ]),
    },
    Rule {
        id: "P09",
        words: Words::fixed(
            "涉及他人重大利益，没有告知他们。",
            "Somebody else's interests are touched and they were not told.",
        ),
        law: "许可法 36, 47",
        computed: Reads(&[
            TIMES,
            &[
                Read::Fields(Kind::Submitted, &["third_party"]),
                Read::Fields(
                    Kind::ThirdPartyNotified,
                    &["parties", "told_at", "statement_right_told", "hearing_right_told"],
                ),
                Read::Fields(Kind::HearingNotified, &["told", "told_at"]),
                Read::Entry(Kind::Decided),
            ],
        ]),
    },
    Rule {
        id: "P10",
        words: Words::fixed(
            "事后补录：记录时间比所称时间晚太多。",
            "An entry was recorded much later than it is said to have happened.",
        ),
        law: "A5.6 (设计)",
        computed: Reads(&[TIMES, POLICY, SIGNER]),
    },
    Rule {
        id: "P11",
        words: Words::fixed(
            "申请后把即办件改成承诺件。",
            "A case to be decided on the spot was turned into one with a promised time.",
        ),
        law: "A5.3 (电子监察)",
        computed: Reads(&[
            TIMES,
            &[
                Read::Fields(Kind::Submitted, &["case_type"]),
                Read::Fields(Kind::Accepted, &["case_type"]),
                Read::Fields(
                    Kind::CaseTypeChanged,
                    &["from", "to", "agreed", "told_at", "reasons"],
                ),
            ],
        ]),
    },
    Rule {
        id: "P12",
        words: Words::fixed(
            "已进驻的事项在大厅、平台之外受理。",
            "An item that has moved into the hall was accepted elsewhere.",
        ),
        law: "安阳条例 56(1)",
        computed: Gap {
            reads: &[
                HOLDER,
                &[
                    Read::Fields(Kind::Accepted, &["place"]),
                    Read::Fields(Kind::OfficeRegistered, &["office", "moved_in"]),
                ],
            ],
            missing: &[Missing {
                kind: Kind::AcceptedWithGaps,
                field: "place",
                why: "where it was accepted, if with gaps",
            }],
        },
    },
    Rule {
        id: "P13",
        words: Words::fixed(
            "凭承诺作出决定，规定时间内没有核查。",
            "A decision rests on a promise that nobody checked in the time set for it.",
        ),
        law: "安阳条例 27, 56(7)",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            &[
                Read::Fields(Kind::CommitmentMade, &["conditions", "chosen"]),
                Read::Fields(Kind::CommitmentChecked, &["result", "until"]),
                Read::Fields(Kind::Decided, &["outcome"]),
                Read::Fields(Kind::Revoked, &["ground"]),
            ],
        ]),
    },
    Rule {
        id: "P14",
        words: Words::fixed(
            "容缺受理的材料没有补齐就发了证。",
            "A certificate was issued before the missing materials came in.",
        ),
        law: "安阳条例 24",
        computed: Reads(&[
            TIMES,
            POLICY,
            &[
                Read::Fields(
                    Kind::AcceptedWithGaps,
                    &["missing", "until", "promise_digest", "consequence_told"],
                ),
                Read::Fields(Kind::GapFilled, &["material.code"]),
                Read::Entry(Kind::CertificateIssued),
            ],
        ]),
    },
];

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
        law: "A5.6 (统计)",
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
