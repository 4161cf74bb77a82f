//! 法定时限 (行政许可法): the clocks of a permit, from the application to its renewal.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, NotComputable, Reads};
use super::{
    DAYS, ENDED, EXPIRY, EXTENSION, FILED, FIRST_ANSWER, ITEM, LEGAL_LIMIT, Missing, POLICY, Read,
    Rule, SAME_APPLICANT, SENT_UP_TO, SERVED, SIGNER, STANDSTILL, STEP_PROCEDURE, TIMES,
};
use crate::words::Words;

/// TL-01 to TL-23.
pub(super) const TIME_LIMITS: &[Rule] = &[
    Rule {
        id: "TL-01",
        words: Words::fixed(
            "申请的事项无需许可的，当时就告诉申请人。",
            "Whoever applies for what needs no permit is told so on the spot.",
        ),
        law: "许可法 32(1)(1)",
        computed: Reads(&[
            TIMES,
            ITEM,
            FILED,
            &[Read::Fields(Kind::NotRequired, &["notice_no", "digest"])],
        ]),
    },
    Rule {
        id: "TL-02",
        words: Words::fixed(
            "不归本机关管的，当时决定不予受理，并指明该找哪个机关。",
            "An office that is not competent refuses on the spot and names the office that is.",
        ),
        law: "许可法 32(1)(2)",
        computed: Reads(&[
            TIMES,
            ITEM,
            FILED,
            &[Read::Fields(Kind::RefusedToAccept, &["ground", "competent", "notice_no", "digest"])],
        ]),
    },
    Rule {
        id: "TL-03",
        words: Words::fixed(
            "当场能改的错，让申请人当场改。",
            "What can be put right on the spot may be put right on the spot.",
        ),
        law: "许可法 32(1)(3)",
        computed: NotComputable(
            "because a slip put right at the window leaves nothing to record, and one that was not allowed to be is \
             somebody's word: that is what a complaint is for",
        ),
    },
    Rule {
        id: "TL-04",
        words: Words::fixed(
            "材料要补正的，当场或者五个工作日内，一份清单说全。",
            "What must be corrected is told in one list, on the spot or within five working days.",
        ),
        law: "许可法 32(1)(4)",
        computed: Reads(&[
            TIMES,
            DAYS,
            ITEM,
            FILED,
            FIRST_ANSWER,
            &[Read::Fields(Kind::SupplementRequested, &["lacks", "notice_no", "digest"])],
        ]),
    },
    Rule {
        id: "TL-05",
        words: Words::fixed(
            "五个工作日内没有告知的，从收到材料那天起算作已受理。",
            "If nobody answers within five working days, the application counts as accepted from the day it came in.",
        ),
        law: "许可法 32(1)(4)",
        computed: Reads(&[TIMES, DAYS, POLICY, ITEM, FILED, FIRST_ANSWER]),
    },
    Rule {
        id: "TL-06",
        words: Words::fixed(
            "属于职权范围、材料已齐的申请，应当受理。",
            "A complete application to the competent office is to be accepted.",
        ),
        law: "许可法 32(1)(5)",
        computed: Reads(&[
            TIMES,
            ITEM,
            FILED,
            FIRST_ANSWER,
            &[
                Read::Fields(Kind::Submitted, &["materials.code"]),
                Read::Fields(Kind::Received, &["materials.code"]),
                Read::Fields(Kind::SupplementReceived, &["materials.code", "complete"]),
                Read::Fields(Kind::RefusedToAccept, &["ground"]),
                Read::Fields(Kind::ItemPublished, &["materials.code", "materials.tolerable"]),
            ],
        ]),
    },
    Rule {
        id: "TL-07",
        words: Words::fixed(
            "受理与否，都给一份盖章并写明日期的书面凭证。",
            "Accepted or not, the applicant gets a sealed and dated voucher.",
        ),
        law: "许可法 32(2)",
        // The seal is on the document to which the digest holds the office.
        computed: Reads(&[
            TIMES,
            ITEM,
            &[
                Read::Fields(Kind::Accepted, &["voucher_no", "digest"]),
                Read::Fields(Kind::AcceptedWithGaps, &["voucher_no"]),
                Read::Fields(Kind::NotRequired, &["notice_no", "digest"]),
                Read::Fields(Kind::RefusedToAccept, &["notice_no", "digest"]),
            ],
        ]),
    },
    Rule {
        id: "TL-08",
        words: Words::fixed(
            "能当场决定的，当场作出书面决定。",
            "What can be decided on the spot is, in writing.",
        ),
        law: "许可法 34(2)",
        computed: Reads(&[
            TIMES,
            ITEM,
            &[
                Read::Fields(Kind::Submitted, &["case_type"]),
                Read::Fields(Kind::Accepted, &["case_type"]),
                Read::Fields(Kind::CaseTypeChanged, &["from", "to"]),
                Read::Fields(Kind::Decided, &["document_no", "digest"]),
            ],
        ]),
    },
    Rule {
        id: "TL-09",
        words: Words::fixed(
            "要核实材料内容的，派两人以上。",
            "Where the substance is checked, two or more people are assigned.",
        ),
        law: "许可法 34(3)",
        computed: Reads(&[
            ITEM,
            &[
                Read::Fields(
                    Kind::InspectorsAssigned,
                    &["inspectors", "task", "step", "procedure"],
                ),
                Read::Fields(Kind::SpecialProcedureStarted, &["procedure", "step"]),
            ],
        ]),
    },
    Rule {
        id: "TL-10",
        words: Words::fixed(
            "受理后二十个工作日内决定；机关负责人可以批准延长一次，不超过十个工作日，并说明理由。",
            "A decision within twenty working days of acceptance; the head may add ten, once, and says why.",
        ),
        law: "许可法 42(1)",
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
        id: "TL-11",
        words: Words::fixed(
            "统一、联合、集中办理的为四十五个工作日；本级政府负责人可以批准延长十五个工作日。",
            "Joint handling has forty-five working days; the head of the government may add fifteen.",
        ),
        law: "许可法 26, 42(2)",
        computed: Gap {
            reads: &[
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
                &[
                    Read::Fields(Kind::Submitted, &["bundle"]),
                    Read::Fields(Kind::Accepted, &["joint"]),
                    Read::Fields(Kind::Decided, &["joint"]),
                    Read::Fields(Kind::BundleOpened, &["members", "limit.count", "limit.unit"]),
                ],
            ],
            missing: &[Missing {
                kind: Kind::AcceptedWithGaps,
                field: "joint",
                why: "that a case accepted with gaps is handled jointly, where no bundle says so",
            }],
        },
    },
    Rule {
        id: "TL-12",
        words: Words::fixed(
            "下级初审，二十个工作日内审完，意见连同全部材料报上级；上级不得再要一遍材料。",
            "The lower office reviews within twenty working days and sends all of it up; the upper may not ask again.",
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
                SIGNER,
                &[
                    Read::Fields(Kind::SentUp, &["office", "opinion", "whole_file", "sent_at"]),
                    Read::Fields(Kind::SupplementRequested, &["lacks.code"]),
                ],
            ],
            missing: &[SENT_UP_TO],
        },
    },
    Rule {
        id: "TL-13",
        words: Words::fixed(
            "准予后十个工作日内，把证件发到申请人手里。",
            "The certificate is in the applicant's hands within ten working days of the grant.",
        ),
        law: "许可法 44",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            ITEM,
            &[
                Read::Fields(Kind::Decided, &["outcome"]),
                Read::Fields(Kind::CertificateIssued, &["electronic", "digest"]),
                Read::Fields(Kind::Dispatched, &["of", "dispatched_at"]),
                Read::Fields(Kind::DeliveryUpdated, &["dispatched", "status", "reached_at"]),
                Read::Fields(
                    Kind::Delivered,
                    &["of", "dispatched", "mode", "delivered_at", "proof", "recipient"],
                ),
            ],
        ]),
    },
    Rule {
        id: "TL-14",
        words: Words::fixed(
            "听证、检验、专家评审等八种程序的时间不算在内，但要书面告知需要多久。",
            "The eight special procedures do not count, if the applicant is told in writing how long they take.",
        ),
        law: "许可法 45",
        computed: Reads(&[TIMES, DAYS, POLICY, ITEM, STANDSTILL]),
    },
    Rule {
        id: "TL-15",
        words: Words::fixed(
            "被告知听证权利后，申请人和利害关系人五日内可以要求听证。",
            "Whoever is told of the right to a hearing has five days to ask for one.",
        ),
        law: "许可法 47(1)",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            SERVED,
            &[
                Read::Fields(Kind::HearingNotified, &["notice", "told", "told_at", "until"]),
                Read::Fields(Kind::ThirdPartyNotified, &["hearing_right_told", "told_at", "until"]),
                Read::Fields(Kind::HearingRequested, &["asked_by", "notice"]),
            ],
        ]),
    },
    Rule {
        id: "TL-16",
        words: Words::fixed(
            "要求听证的，二十日内举行，费用不由他们承担。",
            "A hearing asked for is held within twenty days, at no cost to those who asked.",
        ),
        law: "许可法 47",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            &[
                Read::Entry(Kind::HearingRequested),
                Read::Fields(Kind::HearingHeld, &["began_at", "cost_charged"]),
            ],
        ]),
    },
    Rule {
        id: "TL-17",
        words: Words::fixed(
            "听证提前七日通知，公开举行，由不参加审查的人主持，笔录签字，据以决定。",
            "A hearing is announced seven days ahead, public, led by somebody else than the reviewer, on a signed record.",
        ),
        law: "许可法 48",
        computed: Reads(&[
            TIMES,
            DAYS,
            POLICY,
            SIGNER,
            &[
                Read::Fields(
                    Kind::HearingNotified,
                    &["notice", "told", "told_at", "session_at", "digest", "published"],
                ),
                Read::Fields(
                    Kind::HearingHeld,
                    &["began_at", "presider", "recused", "public", "digest", "record_signed"],
                ),
                Read::Fields(Kind::StepFinished, &["step", "handler"]),
                Read::Fields(Kind::Decided, &["by_hearing_record"]),
            ],
        ]),
    },
    Rule {
        id: "TL-18",
        words: Words::fixed(
            "要延续许可的，到期三十日前提出。",
            "Whoever wants a permit renewed asks thirty days before it expires.",
        ),
        law: "许可法 50(1)",
        computed: Reads(&[TIMES, DAYS, POLICY, ITEM, EXPIRY]),
    },
    Rule {
        id: "TL-19",
        words: Words::fixed(
            "到期前没有答复延续申请的，算作准予延续。",
            "A renewal not decided before expiry counts as granted.",
        ),
        law: "许可法 50(2)",
        computed: Reads(&[TIMES, POLICY, ITEM, FILED, EXPIRY, ENDED]),
    },
    Rule {
        id: "TL-20",
        words: Words::fixed(
            "需要检验、检测、检疫的，受理后五个工作日内派两人以上。",
            "For inspection, testing or quarantine two or more people are assigned within five working days.",
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
        id: "TL-21",
        words: Words::fixed(
            "登记类事项，材料齐全、形式合格的当场登记。",
            "A registration that is complete and in form is made on the spot.",
        ),
        law: "许可法 56",
        computed: Reads(&[
            TIMES,
            ITEM,
            FILED,
            FIRST_ANSWER,
            &[
                Read::Fields(Kind::Submitted, &["materials.code"]),
                Read::Fields(Kind::ItemPublished, &["materials.code"]),
                Read::Entry(Kind::InspectorsAssigned),
                Read::Fields(Kind::Decided, &["outcome"]),
            ],
        ]),
    },
    Rule {
        id: "TL-22",
        words: Words::fixed(
            "隐瞒情况或者材料造假的，不受理、不许可；涉及安全的事项一年内不得再申请。",
            "False material bars the application, and for matters of safety a new one for a year.",
        ),
        law: "许可法 78",
        computed: Gap {
            reads: &[
                TIMES,
                DAYS,
                ITEM,
                SAME_APPLICANT,
                &[
                    Read::Fields(Kind::Decided, &["ground", "barred_until"]),
                    Read::Fields(Kind::RefusedToAccept, &["ground"]),
                    Read::Entry(Kind::Accepted),
                    Read::Entry(Kind::AcceptedWithGaps),
                ],
            ],
            missing: &[Missing {
                kind: Kind::RefusedToAccept,
                field: "barred_until",
                why: "until when somebody is barred whose false material was noticed before acceptance; nor has \
                      `ground` a word for false material",
            }],
        },
    },
    Rule {
        id: "TL-23",
        words: Words::fixed(
            "靠欺骗、贿赂取得许可、涉及安全的，三年内不得再申请。",
            "A permit got by fraud or bribery bars a new application for three years in matters of safety.",
        ),
        law: "许可法 79",
        computed: Reads(&[
            TIMES,
            DAYS,
            ITEM,
            SAME_APPLICANT,
            &[
                Read::Fields(Kind::Revoked, &["ground", "barred_until"]),
                Read::Fields(Kind::RefusedToAccept, &["ground"]),
                Read::Entry(Kind::Accepted),
                Read::Entry(Kind::AcceptedWithGaps),
            ],
        ]),
    },
];
