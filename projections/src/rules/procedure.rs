//! 流程异常: what was done otherwise than law, guide or promise say.

use case_ledger::kinds::Kind;

use super::Computed::{Gap, Reads};
use super::{
    DAYS, EXTENSION, FILED, FIRST_ANSWER, HOLDER, ITEM, LEGAL_LIMIT, Missing, POLICY, REFUSAL,
    Read, Rule, SAME_APPLICANT, SIGNER, STANDSTILL, TIMES,
};
use crate::words::Words;

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
        law: "设计：防规避",
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
        law: "设计：防倒签",
        computed: Reads(&[TIMES, POLICY, SIGNER]),
    },
    Rule {
        id: "P11",
        words: Words::fixed(
            "申请后把即办件改成承诺件。",
            "A case to be decided on the spot was turned into one with a promised time.",
        ),
        law: "电子监察实践",
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
