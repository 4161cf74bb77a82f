//! Every kind of action: past-tense facts, in one table.
//!
//! A row says on which streams a kind stands, whose signature it takes and what must have happened before for it to be
//! possible at all. What an entry of the kind says is in the family modules, with the law above each. The table is all
//! that admission knows of procedure: it refuses what cannot be true, never what is merely wrong.

use crate::field::{Confirmation, Field as _, FieldSpec, Fields, ObjectFault, vocabulary};
use crate::json::Json;
use crate::names::{PublicKey, Stream, StreamType};

/// What an entry of one kind says: its public fields, and the names of what it may disclose.
pub trait Payload: Sized {
    /// Fields in the clear.
    const FIELDS: &'static [FieldSpec];
    /// Names that may be disclosed, each with its class.
    const HIDDEN: &'static [HiddenSpec];

    /// Reads the public fields; what is wrong is left in `fields`.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
    /// Writes the public fields that [`Payload::read`] reads, without `kind`.
    fn write(&self) -> serde_json::Map<String, serde_json::Value>;
}

/// Something that is said only in a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HiddenSpec {
    /// Its name.
    pub name: &'static str,
    /// Why it may not stand in the clear.
    pub class: HiddenClass,
    /// Whether the entry means nothing without it.
    pub required: bool,
}

/// Why something may not stand in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenClass {
    /// Personal data (个人信息保护法 4).
    Personal,
    /// Free text, which may hold personal data whatever it was meant for.
    Text,
}

/// Declares what an entry of one kind says.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident {
        $(required { $($(#[$r_doc:meta])* $r:ident: $r_type:ty,)* })?
        $(optional { $($(#[$o_doc:meta])* $o:ident: $o_type:ty,)* })?
        $(personal { $($p:ident),* $(,)? })?
        $(text { $($t:ident),* $(,)? })?
        $(needs { $($n:ident),* $(,)? })?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $($($(#[$r_doc])* pub $r: $r_type,)*)?
            $($($(#[$o_doc])* pub $o: Option<$o_type>,)*)?
        }

        impl $name {
            /// What must be said, and nothing else.
            #[allow(clippy::too_many_arguments, reason = "as many as the kind has required fields")]
            #[allow(clippy::new_without_default, reason = "a kind may require nothing")]
            pub fn bare($($($r: $r_type,)*)?) -> Self {
                Self { $($($r,)*)? $($($o: None,)*)? }
            }
        }

        impl $crate::kinds::Payload for $name {
            const FIELDS: &'static [$crate::field::FieldSpec] = &[
                $($($crate::field::FieldSpec::of::<$r_type>(stringify!($r), true),)*)?
                $($($crate::field::FieldSpec::of::<$o_type>(stringify!($o), false),)*)?
            ];

            const HIDDEN: &'static [$crate::kinds::HiddenSpec] = {
                const NEEDED: &[&str] = &[$($(stringify!($n),)*)?];
                const KNOWN: &[&str] = &[$($(stringify!($p),)*)? $($(stringify!($t),)*)?];
                assert!($crate::kinds::names_within(NEEDED, KNOWN), "`needs` names what is disclosed");
                &[
                    $($($crate::kinds::HiddenSpec { name: stringify!($p), class: $crate::kinds::HiddenClass::Personal, required: $crate::kinds::names_contain(NEEDED, stringify!($p)) },)*)?
                    $($($crate::kinds::HiddenSpec { name: stringify!($t), class: $crate::kinds::HiddenClass::Text, required: $crate::kinds::names_contain(NEEDED, stringify!($t)) },)*)?
                ]
            };

            #[allow(unused_variables, reason = "a kind may have no public field")]
            fn read(fields: &mut $crate::field::Fields<'_>) -> Option<Self> {
                $($(let $r = fields.required::<$r_type>(stringify!($r));)*)?
                $($(let $o = fields.optional::<$o_type>(stringify!($o));)*)?
                Some(Self { $($($r: $r?,)*)? $($($o,)*)? })
            }

            #[allow(unused_mut, reason = "a kind may have no public field")]
            fn write(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut members = serde_json::Map::new();
                $($(members.insert(stringify!($r).to_owned(), $crate::field::Field::write(&self.$r));)*)?
                $($(if let Some(value) = &self.$o {
                    members.insert(stringify!($o).to_owned(), $crate::field::Field::write(value));
                })*)?
                members
            }
        }
    };
}

/// Whether `names` holds `name`, in a constant.
pub(crate) const fn names_contain(names: &[&str], name: &str) -> bool {
    let mut place = 0;
    while place < names.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "a constant expression has no iterators; the loop bounds the index"
        )]
        if same(names[place].as_bytes(), name.as_bytes()) {
            return true;
        }
        place += 1;
    }
    false
}

/// Whether every one of `names` is among `known`, in a constant.
#[expect(
    clippy::indexing_slicing,
    reason = "a constant expression has no iterators; the loop bounds the index"
)]
pub(crate) const fn names_within(names: &[&str], known: &[&str]) -> bool {
    let mut place = 0;
    while place < names.len() {
        if !names_contain(known, names[place]) {
            return false;
        }
        place += 1;
    }
    true
}

#[expect(
    clippy::indexing_slicing,
    reason = "a constant expression has no iterators; the loop bounds the index"
)]
const fn same(left: &[u8], right: &[u8]) -> bool {
    let mut place = 0;
    while place < left.len() && place < right.len() && left[place] == right[place] {
        place += 1;
    }
    place == left.len() && place == right.len()
}

pub mod before;
pub mod intake;
pub mod work;
pub mod outcome;
pub mod rating;
pub mod complaint;
pub mod supervision;
pub mod bundle;
pub mod privacy;
pub mod registry;

vocabulary! {
    /// 岗位: what a person or a system may sign for an office.
    Post {
        /// 收件、受理岗.
        Intake = "intake",
        /// 审核岗.
        Reviewer = "reviewer",
        /// 审批(决定)岗.
        Approver = "approver",
        /// 负责人: head of the office.
        Head = "head",
        /// 监督岗: supervision of the offices in its region.
        Supervisor = "supervisor",
        /// 投诉处理岗: handles complaints about the offices in its region.
        ComplaintHandler = "complaint_handler",
        /// 历史数据导入岗.
        Importer = "importer",
        /// 登记岗: keeps offices, posts, keys, items of its region.
        Registrar = "registrar",
        /// 门户: the platform that files for people without a key.
        Portal = "portal",
        /// 见证岗: keeps the record of the ledger's checkpoints.
        WitnessOfRecord = "witness_of_record",
    }
}

/// A set of signers: posts, and the three that are no posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signers(u16);

impl Signers {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Whoever holds the case's own key.
    pub const CITIZEN: Self = Self(1 << 13);
    /// The ledger itself.
    pub const LEDGER: Self = Self(1 << 14);
    /// The founders.
    pub const ROOT: Self = Self(1 << 15);

    /// One post.
    pub const fn post(post: Post) -> Self {
        Self(1 << post as u16)
    }

    /// Both sets.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nobody is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The posts in the set.
    pub fn posts(self) -> impl Iterator<Item = Post> {
        Post::ALL.iter().copied().filter(move |post| !self.and(Self::post(*post)).is_empty())
    }
}

const INTAKE: Signers = Signers::post(Post::Intake);
const PORTAL: Signers = Signers::post(Post::Portal);
const IMPORTER: Signers = Signers::post(Post::Importer);
const SUPERVISOR: Signers = Signers::post(Post::Supervisor);
const HANDLER: Signers = Signers::post(Post::ComplaintHandler);
const CITIZEN: Signers = Signers::CITIZEN;
const LEDGER: Signers = Signers::LEDGER;
/// The posts that do casework. Which of them the law asks for is for the views to judge: an act by the wrong one is
/// recorded and flagged.
const CASEWORK: Signers = INTAKE
    .or(Signers::post(Post::Reviewer))
    .or(Signers::post(Post::Approver))
    .or(Signers::post(Post::Head))
    .or(IMPORTER);
/// Whoever brings in what an applicant does.
const APPLICANT: Signers = PORTAL.or(CITIZEN).or(INTAKE).or(IMPORTER);
/// Casework, and systems that act for the applicant's notices.
const DELIVERY: Signers = CASEWORK.or(PORTAL);
/// A rating is the citizen's own act: no post of an office can make one.
const RATER: Signers = PORTAL.or(CITIZEN);
const HOTLINE: Signers = HANDLER.or(SUPERVISOR);
const HANDLING: Signers = CASEWORK.or(HOTLINE);
const COMPLAINANT: Signers = PORTAL.or(CITIZEN).or(HANDLER).or(INTAKE);
const REGISTRARS: Signers = Signers::post(Post::Registrar).or(Signers::ROOT);
const ROOT: Signers = Signers::ROOT;
const KEEPERS: Signers = SUPERVISOR.or(REGISTRARS);
const READERS: Signers = Signers::post(Post::Portal).or(CASEWORK).or(HOTLINE).or(LEDGER);

/// What has happened on a stream, as far as it decides what is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts(pub u32);

impl Facts {
    /// Whether all of `facts` are among these.
    pub const fn include(self, facts: Self) -> bool {
        self.0 & facts.0 == facts.0
    }

    /// Whether any of `facts` is among these.
    pub const fn meet(self, facts: Self) -> bool {
        self.0 & facts.0 != 0
    }

    /// These with `marks` added and `clears` taken away.
    #[must_use]
    pub const fn after(self, marks: Self, clears: Self) -> Self {
        Self((self.0 & !clears.0) | marks.0)
    }
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident $bit:literal,)*) => {
        $($(#[$doc])* #[allow(missing_docs, reason = "the name is the fact")] const $name: u32 = 1 << $bit;)*
        const FACT_NAMES: &[(u32, &str)] = &[$(($name, stringify!($name)),)*];
    };
}

facts! {
    RECEIVED 0, ACCEPTED 1, HAD_GAPS 2, COMMITTED 3, DECIDED 4, GONE 5, DISPATCHED 6, SUPPLEMENT_ASKED 7,
    HEARING_ASKED 8, BOOKED 9,
    RATED 10, RECTIFYING 12, RATING_APPEALED 13,
    TAKEN 14, ASSIGNED 15, RETURN_ASKED 16, ANSWERED 17, CLOSED 18,
    PROPOSED 19, RAISED 20, CARD_APPEALED 21, CARD_ENDED 22,
    URGED 23, ASKED 24, FOUNDED 25,
}

/// The names of the facts in a set.
pub fn fact_names(facts: Facts) -> impl Iterator<Item = &'static str> {
    FACT_NAMES.iter().filter(move |(bit, _)| facts.0 & bit != 0).map(|(_, name)| *name)
}

/// How a kind stands to its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The first entry of a new stream.
    Opens,
    /// An entry of a stream that exists.
    Continues,
    /// Either.
    Either,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSpec {
    /// The name in `kind`.
    pub name: &'static str,
    /// The number in snapshots and in the stubs of withheld bodies.
    pub number: u16,
    /// Which streams it stands on.
    pub on: StreamType,
    /// Whether it opens them.
    pub place: Place,
    /// Whose signature it takes.
    pub by: Signers,
    /// What must have happened for it to be possible.
    pub after: Facts,
    /// What makes it impossible.
    pub not_after: Facts,
    /// What has happened once it is recorded.
    pub marks: Facts,
    /// What it undoes.
    pub clears: Facts,
    /// Its public fields.
    pub fields: &'static [FieldSpec],
    /// What it may disclose.
    pub hidden: &'static [HiddenSpec],
}

macro_rules! kinds {
    ($($family:ident { $($name:ident $number:literal $place:ident $on:ident by [$($by:ident)|+]
        $(after [$($after:ident)|*])? $(not [$($not:ident)|*])? $(marks [$($marks:ident)|*])? $(clears [$($clears:ident)|*])?;)* })*) => {
        /// The name of a kind of action.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is documented at its payload")]
        pub enum Kind { $($($name = $number,)*)* }

        /// An action's content, read.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is documented at its payload")]
        pub enum Act { $($($name(Box<$family::$name>),)*)* }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// Reads the name in `kind`.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($(stringify!($name) => Some(Self::$name),)*)* _ => None }
            }

            /// The kind with this number.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($($number => Some(Self::$name),)*)* _ => None }
            }

            /// Its row.
            pub const fn spec(self) -> &'static KindSpec {
                match self { $($(Self::$name => {
                    const SPEC: KindSpec = KindSpec {
                        name: stringify!($name),
                        number: $number,
                        on: StreamType::$on,
                        place: kinds!(@place $place),
                        by: Signers::NONE$(.or($by))+,
                        after: Facts(0 $($(| $after)*)?),
                        not_after: Facts(0 $($(| $not)*)?),
                        marks: Facts(0 $($(| $marks)*)?),
                        clears: Facts(0 $($(| $clears)*)?),
                        fields: <$family::$name as Payload>::FIELDS,
                        hidden: <$family::$name as Payload>::HIDDEN,
                    };
                    &SPEC
                })*)* }
            }

            fn read(self, fields: &mut Fields<'_>) -> Option<Act> {
                match self { $($(Self::$name => <$family::$name as Payload>::read(fields).map(|payload| Act::$name(Box::new(payload))),)*)* }
            }
        }

        impl Act {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self { $($(Self::$name(_) => Kind::$name,)*)* }
            }

            /// The object that goes into the envelope's `act`, without disclosures.
            pub fn write(&self) -> serde_json::Map<String, serde_json::Value> {
                let (name, mut fields) = match self { $($(Self::$name(payload) => (stringify!($name), payload.write()),)*)* };
                fields.insert("kind".to_owned(), name.into());
                fields
            }
        }

        $($(impl From<$family::$name> for Act {
            fn from(payload: $family::$name) -> Self {
                Self::$name(Box::new(payload))
            }
        })*)*
    };
    (@place opens) => { Place::Opens };
    (@place on) => { Place::Continues };
    (@place either) => { Place::Either };
}

// Read a row as: name, number, `opens` or continues (`on`) which streams, by whose signature, what must and must not
// have happened, what has happened then.
kinds! {
    registry {
        LedgerFounded        1 on Registry by [ROOT] not [FOUNDED] marks [FOUNDED];
        LedgerKeySucceeded   2 on Registry by [ROOT] after [FOUNDED];
        OfficeRegistered     3 on Registry by [REGISTRARS] after [FOUNDED];
        KeyRegistered        4 on Registry by [REGISTRARS] after [FOUNDED];
        KeyRevoked           5 on Registry by [REGISTRARS] after [FOUNDED];
        PostAssigned         6 on Registry by [REGISTRARS] after [FOUNDED];
        PostEnded            7 on Registry by [REGISTRARS] after [FOUNDED];
        ItemPublished        8 on Registry by [REGISTRARS] after [FOUNDED];
        CalendarPublished    9 on Registry by [KEEPERS] after [FOUNDED];
        PolicyPublished     10 on Registry by [KEEPERS] after [FOUNDED];
        OutageDeclared      11 on Registry by [SUPERVISOR] after [FOUNDED];
    }
    before {
        AppointmentBooked   20 opens Visit by [APPLICANT] marks [BOOKED];
        AppointmentKept     21 on Visit by [CASEWORK] after [BOOKED];
        AdviceGiven         22 either Visit by [CASEWORK];
    }
    intake {
        Submitted           30 opens Case by [APPLICANT];
        Received            31 on Case by [CASEWORK | PORTAL] marks [RECEIVED];
        SupplementRequested 32 on Case by [CASEWORK] marks [SUPPLEMENT_ASKED];
        SupplementReceived  33 on Case by [APPLICANT];
        Accepted            34 on Case by [CASEWORK] not [ACCEPTED | GONE] marks [ACCEPTED];
        AcceptedWithGaps    35 on Case by [CASEWORK] not [ACCEPTED | GONE] marks [ACCEPTED | HAD_GAPS];
        GapFilled           36 on Case by [APPLICANT] after [HAD_GAPS];
        NotRequired         37 on Case by [CASEWORK] not [DECIDED | GONE];
        RefusedToAccept     38 on Case by [CASEWORK] not [DECIDED | GONE];
        TransferredTo       39 on Case by [CASEWORK];
        CommitmentMade      40 on Case by [APPLICANT] marks [COMMITTED];
        CommitmentChecked   41 on Case by [CASEWORK] after [COMMITTED];
        DeemedFact          42 on Case by [LEDGER];
    }
    work {
        StepStarted            50 on Case by [CASEWORK];
        StepFinished           51 on Case by [CASEWORK];
        HandedOver             52 on Case by [CASEWORK];
        InspectorsAssigned     53 on Case by [CASEWORK];
        SpecialProcedureStarted 54 on Case by [CASEWORK];
        SpecialProcedureEnded  55 on Case by [CASEWORK];
        HearingNotified        56 on Case by [CASEWORK];
        HearingRequested       57 on Case by [APPLICANT] marks [HEARING_ASKED];
        HearingHeld            58 on Case by [CASEWORK];
        Suspended              59 on Case by [CASEWORK];
        Resumed                60 on Case by [CASEWORK];
        Extended               61 on Case by [CASEWORK];
        ThirdPartyNotified     62 on Case by [CASEWORK];
        CaseTypeChanged        63 on Case by [CASEWORK];
        SentUp                 64 on Case by [CASEWORK];
        FeeCharged             65 on Case by [CASEWORK];
        DataReused             66 on Case by [CASEWORK | PORTAL];
        PublicReasonGiven      67 on Case by [CASEWORK];
    }
    outcome {
        Decided             80 on Case by [CASEWORK] not [DECIDED | GONE] marks [DECIDED];
        ResultPublished     81 on Case by [CASEWORK | PORTAL] after [DECIDED];
        CertificateIssued   82 on Case by [CASEWORK];
        NoticeServed        83 on Case by [DELIVERY];
        Dispatched          84 on Case by [DELIVERY] marks [DISPATCHED];
        DeliveryUpdated     85 on Case by [DELIVERY] after [DISPATCHED];
        Delivered           86 on Case by [DELIVERY];
        Withdrawn           87 on Case by [APPLICANT] not [DECIDED | GONE] marks [GONE];
        Returned            88 on Case by [CASEWORK] not [DECIDED | GONE] marks [GONE];
        Voided              89 on Case by [CASEWORK] not [DECIDED | GONE] marks [GONE];
        Revoked             90 on Case by [CASEWORK] after [DECIDED];
        Changed             91 on Case by [CASEWORK] after [DECIDED];
        Renewed             92 on Case by [CASEWORK] after [DECIDED];
        Cancelled           93 on Case by [CASEWORK] after [DECIDED];
        Corrected           94 on Case by [HANDLING];
    }
    rating {
        Rated                 110 either Rating by [RATER] marks [RATED];
        RectificationOpened   111 on Rating by [HANDLING | LEDGER] after [RATED] not [RECTIFYING] marks [RECTIFYING];
        RaterContacted        112 on Rating by [HANDLING] after [RATED];
        RectificationClassified 113 on Rating by [HANDLING] after [RECTIFYING];
        Rectified             114 on Rating by [HANDLING] after [RECTIFYING];
        RaterCalledBack       115 on Rating by [HANDLING] after [RATED];
        RectificationRated    116 on Rating by [RATER] after [RECTIFYING];
        RatingAppealed        117 on Rating by [CASEWORK] after [RATED] marks [RATING_APPEALED];
        RatingAppealDecided   118 on Rating by [HOTLINE] after [RATING_APPEALED] clears [RATING_APPEALED];
    }
    complaint {
        ComplaintFiled      130 opens Complaint by [COMPLAINANT];
        ComplaintAccepted   131 on Complaint by [HOTLINE] not [TAKEN] marks [TAKEN];
        ComplaintRefused    132 on Complaint by [HOTLINE] not [CLOSED];
        ComplaintAssigned   133 on Complaint by [HOTLINE] marks [ASSIGNED];
        ReturnRequested     134 on Complaint by [CASEWORK] after [ASSIGNED] marks [RETURN_ASKED];
        ReturnDecided       135 on Complaint by [HOTLINE] after [RETURN_ASKED] clears [RETURN_ASKED];
        ComplaintExtended   136 on Complaint by [HANDLING];
        StatementGiven      137 on Complaint by [CASEWORK];
        Investigated        138 on Complaint by [HANDLING];
        Answered            139 on Complaint by [HANDLING] marks [ANSWERED];
        ComplainantCalledBack 140 on Complaint by [HOTLINE];
        ReHandlingOrdered   141 on Complaint by [HOTLINE] after [ANSWERED] clears [ANSWERED | CLOSED];
        ResponsibilityFound 142 on Complaint by [HOTLINE];
        ComplaintClosed     143 on Complaint by [HOTLINE] not [CLOSED] marks [CLOSED];
        ComplaintFollowedUp 144 on Complaint by [COMPLAINANT];
    }
    supervision {
        WarningRaised       160 opens Card by [SUPERVISOR | LEDGER];
        CardProposed        161 opens Card by [SUPERVISOR | LEDGER] marks [PROPOSED];
        CardRaised          162 either Card by [SUPERVISOR | LEDGER] not [RAISED | CARD_ENDED] marks [RAISED];
        CardExplained       163 on Card by [CASEWORK];
        CardAppealed        164 on Card by [CASEWORK] after [RAISED] marks [CARD_APPEALED];
        CardUpheld          165 on Card by [SUPERVISOR] after [CARD_APPEALED] clears [CARD_APPEALED];
        CardWithdrawn       166 on Card by [SUPERVISOR] not [CARD_ENDED] marks [CARD_ENDED] clears [CARD_APPEALED];
        Urged               167 opens Urge by [SUPERVISOR] marks [URGED];
        UrgeAnswered        168 on Urge by [CASEWORK] after [URGED];
    }
    bundle {
        BundleOpened        180 opens Bundle by [APPLICANT | CASEWORK];
    }
    privacy {
        Restricted          190 on Removals by [KEEPERS | HANDLER];
        Erased              191 on Removals by [KEEPERS | HANDLER];
        BodyWithheld        192 on Removals by [KEEPERS];
        Hidden              193 on Removals by [KEEPERS | HANDLER];
        Unhidden            194 on Removals by [KEEPERS | HANDLER];
        ReadBy              195 on Reads by [READERS];
        QueryCodeReissued   196 on Case by [APPLICANT];
        ConsultationAsked   197 opens Consultation by [COMPLAINANT] marks [ASKED];
        ConsultationAnswered 198 on Consultation by [HANDLING] after [ASKED];
    }
}

impl Act {
    /// The citizen's own key that it brings along: what that key signs on the stream later is citizen-signed.
    pub fn own_key(&self) -> Option<PublicKey> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "no other kind brings a key")]
        let brought = match self {
            Self::Submitted(submitted) => submitted.cnf,
            Self::AppointmentBooked(booked) => booked.cnf,
            Self::ComplaintFiled(filed) => filed.cnf,
            Self::ConsultationAsked(asked) => asked.cnf,
            Self::Rated(rated) => rated.cnf,
            Self::BundleOpened(opened) => opened.cnf,
            _ => None,
        };
        brought.map(|confirmation| confirmation.0)
    }
}

/// An action's content before anybody asked whether it may stand: its kind, its fields, the digests it commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActText {
    /// The kind, if it is known.
    pub kind: Option<Kind>,
    /// The content, or the worst that is wrong with it.
    pub act: Result<Act, ObjectFault>,
    /// Names of what may only be disclosed and stands in the clear.
    pub in_the_clear: Vec<&'static str>,
    /// What says whose key must have signed, also where other fields are wrong.
    pub cites: Cites,
}

/// What an action says of the key with which a citizen signs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cites {
    /// The key that it brings itself, in `cnf`.
    pub key: Option<PublicKey>,
    /// The case whose key it goes by, in `case`, if it is a rating or a complaint.
    pub case: Option<Stream>,
}

impl Cites {
    fn of(kind: Kind, object: &Json<'_>) -> Self {
        let goes_by_case = matches!(kind, Kind::Rated | Kind::ComplaintFiled);
        let brings_key = kind.spec().fields.iter().any(|field| field.name == "cnf");
        let key = object.member("cnf").filter(|_| brings_key);
        let case = object.member("case").filter(|_| goes_by_case);
        Self {
            key: key.and_then(|key| Confirmation::read(key).ok()).map(|key| key.0),
            case: case.and_then(|case| Stream::read(case).ok()),
        }
    }
}

impl ActText {
    /// Reads the object `act`. `_sd` is the envelope's business and passed over here.
    pub fn read(object: &Json<'_>) -> Self {
        let members = object.members().unwrap_or_default();
        let Some(kind) = object.member("kind").and_then(Json::text).and_then(Kind::parse) else {
            return Self {
                kind: None,
                act: Err(ObjectFault::Unknown("kind".to_owned())),
                in_the_clear: Vec::new(),
                cites: Cites::default(),
            };
        };
        let spec = kind.spec();
        let mut fields = Fields::of(members);
        let act = kind.read(&mut fields);
        let hidden = spec.hidden.iter().filter(|hidden| object.member(hidden.name).is_some());
        let in_the_clear: Vec<_> = hidden.map(|hidden| hidden.name).collect();
        let personal = in_the_clear.iter().map(|name| ObjectFault::Personal((*name).to_owned()));
        fields.faults.extend(personal);
        let mut passed_over: Vec<&str> = spec.hidden.iter().map(|hidden| hidden.name).collect();
        passed_over.extend(["kind", "_sd"]);
        fields.finish(spec.fields, &passed_over);
        let act = match (fields.faults.into_iter().min(), act) {
            (None, Some(act)) => Ok(act),
            (Some(fault), _) => Err(fault),
            (None, None) => Err(ObjectFault::Missing("kind".to_owned())),
        };
        Self { kind: Some(kind), act, in_the_clear, cites: Cites::of(kind, object) }
    }
}
