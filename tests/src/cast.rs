//! The people of the tests: invented offices in a region that does not exist, officers known only
//! by opaque ids, a key for each, and the actions that set them up.
//!
//! The founding is a list of signed texts, so that every ledger, in memory, on disk or behind
//! HTTP, can be given the same people.

use std::sync::LazyLock;

use case_ledger::codes::{ItemCode, OfficeCode};
use case_ledger::encoding::to_base64url;
use case_ledger::hash::sha256;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::kinds::{Kind, Post, Signers};
use case_ledger::names::{ActionId, Issuer, Origin, PublicKey, Seq, Token};
use case_ledger::signing::{SigningKey, possession_statement, withholding_statement};
use case_ledger::state::Effect;
use case_ledger::time::Micros;

use crate::act;
use crate::words::{Pen, Signer, Words, key_of};

/// The origin of the ledger in every test.
pub const ORIGIN: &str = "ledger.example/cases";
/// When it was founded: Monday, 5 January 2026, 09:00 in China.
pub const FOUNDED_AT: Micros = Micros(1_767_574_800_000_000);

/// Everybody. The district's own officers are named by their posts.
pub struct Cast {
    /// The ledger's origin.
    pub origin: Origin,
    /// The city's office (990100), where registrar, supervisor, complaint handler and importer sit.
    pub city: OfficeCode,
    /// The office that runs the portal (990100).
    pub portal_office: OfficeCode,
    /// The district's office (990102), which handles cases.
    pub district: OfficeCode,
    /// The office of the district next to it (990103).
    pub neighbour: OfficeCode,
    /// The district's permit, version 1, with steps and materials.
    pub permit: ItemCode,
    /// The district's filing (备案), version 1.
    pub filing: ItemCode,

    /// The founder.
    pub root: Signer,
    /// The ledger itself.
    pub ledger: Signer,
    /// The key that may succeed the ledger's.
    pub next_ledger: SigningKey,
    /// 登记岗 of the city.
    pub registrar: Signer,
    /// 监督岗 of the city.
    pub supervisor: Signer,
    /// 投诉处理岗 of the city.
    pub handler: Signer,
    /// 历史数据导入岗 of the city.
    pub importer: Signer,
    /// The portal's system.
    pub portal: Signer,
    /// 收件、受理岗 of the district's office.
    pub intake: Signer,
    /// 审核岗 of the district's office.
    pub reviewer: Signer,
    /// 审批岗 of the district's office.
    pub approver: Signer,
    /// 负责人 of the district's office.
    pub head: Signer,
    /// The district office's own system; by itself it holds the post intake.
    pub system: Signer,
    /// 收件、受理岗 of the neighbour.
    pub neighbour_intake: Signer,
    /// An officer of the district's office whose key nobody has registered.
    pub stranger: Signer,
    /// Whoever holds the key that a case names.
    pub citizen: Signer,
}

/// The cast of every test.
pub fn cast() -> &'static Cast {
    static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);
    &CAST
}

/// The founding actions as signed texts, in order. The first founds the ledger.
pub fn founding() -> &'static [String] {
    static FOUNDING: LazyLock<Vec<String>> = LazyLock::new(|| cast().found());
    &FOUNDING
}

/// A key's own proof that `holder` holds it, for a registration on the ledger `origin`.
pub fn possession(origin: &str, holder: &Issuer, key: &SigningKey) -> String {
    let origin = Origin::parse(origin).unwrap();
    to_base64url(&key.sign(&possession_statement(&origin, holder, key.public())))
}

/// Words that register a signer's key.
pub fn key_registered(who: &Signer) -> Words {
    let words = act!(KeyRegistered {
        "office": who.issuer.office().unwrap().to_string(),
        "algorithm": "ed25519",
        "key": who.key.public().to_string(),
        "possession": possession(ORIGIN, &who.issuer, &who.key),
    });
    with_person(words, &who.issuer)
}

/// Words that give a signer a post.
pub fn post_assigned(who: &Signer, post: Post) -> Words {
    let office = who.issuer.office().unwrap().to_string();
    with_person(act!(PostAssigned { "office": office, "post": post.code() }), &who.issuer)
}

/// Words that take a post from a signer.
pub fn post_ended(who: &Signer, post: Post) -> Words {
    let office = who.issuer.office().unwrap().to_string();
    with_person(act!(PostEnded { "office": office, "post": post.code() }), &who.issuer)
}

/// Words that withhold the body of an entry that did this, with the second signature that they need.
pub fn withheld(
    second: &Signer,
    entry: Seq,
    effect: &Effect,
    basis: WithholdingBasis,
    id: ActionId,
) -> Words {
    let stub = sha256(&[&effect.to_stub()]);
    let statement = withholding_statement(&cast().origin, entry, basis, stub, id);
    act!(BodyWithheld {
        "entry": entry.0,
        "target": effect.stream.to_string(),
        "basis": basis.code(),
        "stub": stub.to_string(),
        "second_key": second.key.public().to_string(),
        "second_signature": to_base64url(&second.key.sign(&statement)),
    })
    .id(id)
}

/// Words that revoke a signer's key.
pub fn key_revoked(who: &Signer) -> Words {
    act!(KeyRevoked { "key": who.key.public().to_string() })
}

fn with_person(words: Words, holder: &Issuer) -> Words {
    match holder {
        Issuer::Officer(_, person) => words.with("person", person.as_str()),
        Issuer::Office(_) | Issuer::Citizen | Issuer::Ledger | Issuer::Root => words,
    }
}

/// An officer with an opaque id and a key of their own.
pub fn officer(office: OfficeCode, id: &str) -> Signer {
    let issuer = Issuer::Officer(office, Token::parse(id).unwrap());
    Signer { key: key_of(&issuer.to_string()), issuer }
}

impl Cast {
    fn new() -> Self {
        let office = |region, number| OfficeCode::complete("11", region, number).unwrap();
        let (city, portal_office) = (office("990100", "MB000001"), office("990100", "MB000002"));
        let (district, neighbour) = (office("990102", "MB000003"), office("990103", "MB000004"));
        let item = |code: &str| ItemCode::parse(&format!("{district}{code}")).unwrap();
        let named = |issuer: Issuer| Signer { key: key_of(&issuer.to_string()), issuer };
        Self {
            origin: Origin::parse(ORIGIN).unwrap(),
            permit: item("4000117051000"),
            filing: item("4001017052000"),
            root: named(Issuer::Root),
            ledger: named(Issuer::Ledger),
            next_ledger: key_of("the ledger, later"),
            registrar: officer(city, "p-registrar"),
            supervisor: officer(city, "p-supervisor"),
            handler: officer(city, "p-handler"),
            importer: officer(city, "p-importer"),
            portal: named(Issuer::Office(portal_office)),
            intake: officer(district, "p-intake"),
            reviewer: officer(district, "p-reviewer"),
            approver: officer(district, "p-approver"),
            head: officer(district, "p-head"),
            system: named(Issuer::Office(district)),
            neighbour_intake: officer(neighbour, "p-neighbour"),
            stranger: officer(district, "p-stranger"),
            citizen: named(Issuer::Citizen),
            city,
            portal_office,
            district,
            neighbour,
        }
    }

    /// The posts that are given out at the founding, and to whom.
    pub fn posts(&self) -> [(&Signer, Post); 11] {
        [
            (&self.registrar, Post::Registrar),
            (&self.portal, Post::Portal),
            (&self.intake, Post::Intake),
            (&self.reviewer, Post::Reviewer),
            (&self.approver, Post::Approver),
            (&self.head, Post::Head),
            (&self.handler, Post::ComplaintHandler),
            (&self.supervisor, Post::Supervisor),
            (&self.system, Post::Intake),
            (&self.neighbour_intake, Post::Intake),
            (&self.importer, Post::Importer),
        ]
    }

    /// Everybody who can sign, with the set that each belongs to.
    pub fn signers(&self) -> impl Iterator<Item = (&Signer, Signers)> {
        let posts = self.posts().into_iter().map(|(who, post)| (who, Signers::post(post)));
        posts.chain([
            (&self.root, Signers::ROOT),
            (&self.ledger, Signers::LEDGER),
            (&self.citizen, Signers::CITIZEN),
        ])
    }

    /// The first who may sign an action of this kind.
    pub fn signer_of(&self, kind: Kind) -> &Signer {
        let by = kind.spec().by;
        self.signers().find(|(_, set)| !set.and(by).is_empty()).map(|(who, _)| who).unwrap()
    }

    /// The officer or system that holds a key.
    pub fn holder_of(&self, key: PublicKey) -> Option<&Signer> {
        self.signers().map(|(who, _)| who).find(|who| who.key.public() == key)
    }

    fn office_registered(office: OfficeCode, region: &str, name: &str) -> Words {
        act!(OfficeRegistered { "office": office.to_string(), "region": region, "name": name })
    }

    fn ledger_founded(&self) -> Words {
        act!(LedgerFounded {
            "origin": ORIGIN,
            "ledger_key": self.ledger.key.public().to_string(),
            "ledger_key_possession": possession(ORIGIN, &Issuer::Ledger, &self.ledger.key),
            "root_keys": [self.root.key.public().to_string()],
            "clock": "simulated",
            "name": "测试账本",
        })
    }

    fn permit_published(&self) -> Words {
        act!(ItemPublished {
            "item": self.permit.to_string(),
            "version": 1,
            "name": "临时占道许可",
            "regime": "permit",
            "publicity": "parties",
            "legal_limit": { "count": 20, "unit": "working_day" },
            "promised_limit": { "count": 5, "unit": "working_day" },
            "steps": [
                { "code": "accept", "name": "受理", "post": "intake" },
                { "code": "review", "name": "审核", "post": "reviewer" },
                { "code": "decide", "name": "决定", "post": "approver" },
            ],
            "materials": [
                { "code": "form", "name": "申请表" },
                { "code": "plan", "name": "占道方案", "tolerable": true },
                { "code": "licence", "name": "营业执照", "shared": true },
            ],
            "fee_fen": 0,
        })
    }

    fn filing_published(&self) -> Words {
        act!(ItemPublished {
            "item": self.filing.to_string(),
            "version": 1,
            "name": "活动备案",
            "regime": "filing",
            "publicity": "open",
            "promised_limit": { "count": 1, "unit": "working_day" },
            "materials": [{ "code": "form", "name": "备案表" }],
            "fee_fen": 0,
        })
    }

    /// The root founds, names the city's office and its registrar; the registrar does the rest.
    fn found(&self) -> Vec<String> {
        let Self { root, registrar, .. } = self;
        let mut actions = vec![
            (root, self.ledger_founded()),
            (root, Self::office_registered(self.city, "990100", "明州市政务服务局")),
            (root, key_registered(registrar)),
            (root, post_assigned(registrar, Post::Registrar)),
        ];
        let offices = [
            (self.portal_office, "990100", "明州市政务服务平台"),
            (self.district, "990102", "明州市东区城市管理局"),
            (self.neighbour, "990103", "明州市西区城市管理局"),
        ];
        for (office, region, name) in offices {
            actions.push((registrar, Self::office_registered(office, region, name)));
        }
        for (who, post) in self.posts().into_iter().skip(1) {
            actions.push((registrar, key_registered(who)));
            actions.push((registrar, post_assigned(who, post)));
        }
        actions.push((registrar, self.permit_published()));
        actions.push((registrar, self.filing_published()));
        let mut pen = Pen::new(self.origin.clone(), 0);
        let sign = |(who, words): (&Signer, Words)| {
            pen.draft(who, "registry", words, FOUNDED_AT).sign(&who.key)
        };
        actions.into_iter().map(sign).collect()
    }
}
