//! Every way in which the ledger says no.
//!
//! It refuses what cannot be true and never what is merely wrong. The variants stand in their order of precedence, so for
//! every action there is exactly one right answer; codes are for programs and never change, sentences are for people.

use std::fmt;

use crate::envelope::Malformed;
use crate::kinds::{Facts, fact_names};

/// Why an action is not taken onto the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is no action of the profile.
    Malformed(Malformed),
    /// The same issuer, stream and id stand on the log with other content.
    OtherContent {
        /// Where.
        first: u64,
    },
    /// It was signed for another ledger.
    WrongAudience,
    /// The key is not registered.
    UnknownKey,
    /// The key is registered, but not to this issuer.
    KeyOfAnother,
    /// The key was revoked.
    KeyRevoked,
    /// The key is valid from a later position on.
    KeyNotYetValid,
    /// The signature is wrong.
    BadSignature,
    /// The signer's post may not do this for this office.
    NoMandate(NoMandate),
    /// The schema version is not known.
    UnknownSchema(u32),
    /// The kind is not known.
    UnknownKind,
    /// The kind does not stand on such a stream.
    KindNotOnStream,
    /// The kind has no such field.
    UnknownField(String),
    /// A field is not of its type.
    InvalidField(String),
    /// There is no such stream.
    UnknownStream,
    /// It cannot have happened in this state.
    Impossible(Impossible),
    /// A field is missing without which the entry means nothing.
    FieldMissing(String),
    /// Personal data or free text stands in the clear.
    PersonalInTheClear(String),
    /// The disclosures are not exactly those that the action commits to.
    DisclosuresMismatch,
    /// It is said to have happened, or to have been signed, in the future.
    InTheFuture,
}

/// Why a signer has no mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMandate {
    /// The signer holds no post that signs this kind of action.
    Post,
    /// The signer's post is in another office or region.
    Office,
    /// The person named in `by` does not hold the post named there.
    By,
    /// History is imported by the post `importer` only, and marked `imported`.
    Import,
}

/// Why something cannot have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impossible {
    /// The stream exists already.
    StreamExists,
    /// Something must have happened before.
    NotYet(Facts),
    /// Something has happened that rules it out.
    After(Facts),
    /// It ends what is not open.
    NotOpen,
    /// It names an entry that does not exist.
    NoSuchEntry,
    /// It names a stream that does not exist.
    NoSuchStream,
    /// The signer saw a head that does not exist yet.
    SeenAhead,
    /// The office is not registered.
    NoSuchOffice,
    /// The item has no such version.
    NoSuchItem,
    /// Versions follow one another without gaps.
    VersionNotNext,
    /// The key belongs to somebody already.
    KeyTaken,
    /// The key is weak or no key at all.
    WeakKey,
    /// The proof of possession is wrong.
    BadPossession,
    /// The post is held already, or is not held.
    PostUnchanged,
    /// The key is not registered or revoked already.
    NoSuchKey,
    /// Imported history is later than its cut-over day.
    AfterCutover,
    /// The body is withheld already, or may not be withheld because others depend on it.
    NotWithholdable,
    /// The second signer is not a second one, or the signature is wrong.
    SecondSigner,
    /// It goes on with a stream that concerns another office than the one it names.
    OtherOffice,
    /// A day lies outside the calendar's year, or a period ends before it begins.
    NoSuchTime,
}

/// A language of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Refusal {
    /// The code for programs. It never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::OtherContent { .. } => "other_content",
            Self::WrongAudience => "wrong_audience",
            Self::UnknownKey => "unknown_key",
            Self::KeyOfAnother => "key_of_another",
            Self::KeyRevoked => "key_revoked",
            Self::KeyNotYetValid => "key_not_yet_valid",
            Self::BadSignature => "bad_signature",
            Self::NoMandate(_) => "no_mandate",
            Self::UnknownSchema(_) => "unknown_schema",
            Self::UnknownKind => "unknown_kind",
            Self::KindNotOnStream => "kind_not_on_stream",
            Self::UnknownField(_) => "unknown_field",
            Self::InvalidField(_) => "invalid_field",
            Self::UnknownStream => "unknown_stream",
            Self::Impossible(_) => "impossible",
            Self::FieldMissing(_) => "field_missing",
            Self::PersonalInTheClear(_) => "personal_in_the_clear",
            Self::DisclosuresMismatch => "disclosures_mismatch",
            Self::InTheFuture => "in_the_future",
        }
    }

    /// All codes, in their order of precedence.
    pub const CODES: [&'static str; 20] = [
        "malformed",
        "other_content",
        "wrong_audience",
        "unknown_key",
        "key_of_another",
        "key_revoked",
        "key_not_yet_valid",
        "bad_signature",
        "no_mandate",
        "unknown_schema",
        "unknown_kind",
        "kind_not_on_stream",
        "unknown_field",
        "invalid_field",
        "unknown_stream",
        "impossible",
        "field_missing",
        "personal_in_the_clear",
        "disclosures_mismatch",
        "in_the_future",
    ];

    /// A finer code for programs, where there is one.
    pub fn detail_code(&self) -> Option<&'static str> {
        match self {
            Self::Malformed(malformed) => Some(malformed.code()),
            Self::NoMandate(reason) => Some(reason.code()),
            Self::Impossible(reason) => Some(reason.code()),
            Self::OtherContent { .. }
            | Self::WrongAudience
            | Self::UnknownKey
            | Self::KeyOfAnother
            | Self::KeyRevoked
            | Self::KeyNotYetValid
            | Self::BadSignature
            | Self::UnknownSchema(_)
            | Self::UnknownKind
            | Self::KindNotOnStream
            | Self::UnknownField(_)
            | Self::InvalidField(_)
            | Self::UnknownStream
            | Self::FieldMissing(_)
            | Self::PersonalInTheClear(_)
            | Self::DisclosuresMismatch
            | Self::InTheFuture => None,
        }
    }

    /// The rule that it follows.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "FORMAT.md 2; RFC 7515; RFC 9901; RFC 8259 4",
            Self::OtherContent { .. } => {
                "FORMAT.md 2.4: one action id (jti), one content; RFC 7519 4.1.7"
            }
            Self::WrongAudience => "RFC 7519 4.1.3",
            Self::UnknownKey | Self::KeyOfAnother => {
                "FORMAT.md 7: a key has one holder, registered on the log; 电子签名法 13"
            }
            Self::KeyRevoked | Self::KeyNotYetValid => {
                "FORMAT.md 7: keys are valid by log position"
            }
            Self::BadSignature => "RFC 8032 5.1.7, strict; 电子签名法 13",
            Self::NoMandate(_) => "FORMAT.md 7: 岗位 as registered at the moment of recording",
            Self::UnknownSchema(_)
            | Self::UnknownKind
            | Self::KindNotOnStream
            | Self::UnknownField(_)
            | Self::InvalidField(_) => "FORMAT.md 8: kinds and fields",
            Self::UnknownStream | Self::Impossible(_) => {
                "FORMAT.md 8: what must have happened before"
            }
            Self::FieldMissing(_) => "FORMAT.md 8: required fields",
            Self::PersonalInTheClear(_) => "个人信息保护法 4, 19, 47; FORMAT.md 2.3",
            Self::DisclosuresMismatch => "RFC 9901 7.1; FORMAT.md 2.3",
            Self::InTheFuture => "FORMAT.md 2.2: nothing has happened later than now",
        }
    }

    /// The sentence for people.
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::Chinese => self.chinese(),
            Language::English => self.english(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Malformed(malformed) => {
                format!("This is not an action that the ledger can read: {malformed}.")
            }
            Self::OtherContent { first } => {
                format!(
                    "Entry {first} has the same issuer, stream and id but other content. Sign the new content under a new id."
                )
            }
            Self::WrongAudience => "The action was signed for another ledger.".into(),
            Self::UnknownKey => "The key that signed is not registered on this ledger.".into(),
            Self::KeyOfAnother => "The key that signed is registered to somebody else.".into(),
            Self::KeyRevoked => "The key that signed was revoked.".into(),
            Self::KeyNotYetValid => {
                "The key that signed is not valid yet at this position of the log.".into()
            }
            Self::BadSignature => "The signature does not fit the content and the key.".into(),
            Self::NoMandate(reason) => reason.english().into(),
            Self::UnknownSchema(version) => format!("Schema version {version} is not known here."),
            Self::UnknownKind => "This kind of action is not known here.".into(),
            Self::KindNotOnStream => "This kind of action does not belong on such a stream.".into(),
            Self::UnknownField(name) => format!("This kind of action has no field {name}."),
            Self::InvalidField(name) => format!("The field {name} is not of its type."),
            Self::UnknownStream => {
                "There is no such stream; something has to open it first.".into()
            }
            Self::Impossible(reason) => reason.english(),
            Self::FieldMissing(name) => format!("Without {name} the entry means nothing."),
            Self::PersonalInTheClear(name) => {
                format!(
                    "{name} is personal or free text and must be disclosed beside the action, never in the clear."
                )
            }
            Self::DisclosuresMismatch => {
                "The disclosures are not exactly those that the action commits to.".into()
            }
            Self::InTheFuture => "The action claims a time in the future.".into(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Malformed(malformed) => format!("账本无法读取该操作：{}。", malformed.chinese()),
            Self::OtherContent { first } => {
                format!("第{first}条记录的签发方、流和编号相同而内容不同。请用新的编号签署新内容。")
            }
            Self::WrongAudience => "该操作是为另一账本签署的。".into(),
            Self::UnknownKey => "签名所用密钥未在本账本登记。".into(),
            Self::KeyOfAnother => "签名所用密钥登记在他人名下。".into(),
            Self::KeyRevoked => "签名所用密钥已被吊销。".into(),
            Self::KeyNotYetValid => "签名所用密钥在账本的当前位置尚未生效。".into(),
            Self::BadSignature => "签名与内容、密钥不符。".into(),
            Self::NoMandate(reason) => reason.chinese().into(),
            Self::UnknownSchema(version) => format!("本账本不识别第{version}版操作格式。"),
            Self::UnknownKind => "本账本不识别该类操作。".into(),
            Self::KindNotOnStream => "该类操作不属于此类流。".into(),
            Self::UnknownField(name) => format!("该类操作没有字段{name}。"),
            Self::InvalidField(name) => format!("字段{name}的内容不符合其类型。"),
            Self::UnknownStream => "没有这个流，须先有开启它的操作。".into(),
            Self::Impossible(reason) => reason.chinese(),
            Self::FieldMissing(name) => format!("缺少{name}，记录便没有意义。"),
            Self::PersonalInTheClear(name) => {
                format!("{name}属个人信息或自由文本，须作为披露项另附，不得明文写入。")
            }
            Self::DisclosuresMismatch => "所附披露项与操作中承诺的摘要不一致。".into(),
            Self::InTheFuture => "该操作声称的时间在将来。".into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

impl NoMandate {
    /// A finer code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Office => "office",
            Self::By => "by",
            Self::Import => "import",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Self::Post => "The signer holds no post that signs this kind of action.",
            Self::Office => "The signer's post is in another office or region.",
            Self::By => "The person named in by does not hold the post named there.",
            Self::Import => "Imported history is signed by the post importer, and only that.",
        }
    }

    fn chinese(self) -> &'static str {
        match self {
            Self::Post => "签署人不在可签署此类操作的岗位上。",
            Self::Office => "签署人的岗位属于其他机构或区域。",
            Self::By => "by 中所列人员不在所列岗位上。",
            Self::Import => "历史数据只能由导入岗签署，导入岗也只能签署历史数据。",
        }
    }
}

impl Impossible {
    /// A finer code.
    pub fn code(self) -> &'static str {
        match self {
            Self::StreamExists => "stream_exists",
            Self::NotYet(_) => "not_yet",
            Self::After(_) => "after",
            Self::NotOpen => "not_open",
            Self::NoSuchEntry => "no_such_entry",
            Self::NoSuchStream => "no_such_stream",
            Self::SeenAhead => "seen_ahead",
            Self::NoSuchOffice => "no_such_office",
            Self::NoSuchItem => "no_such_item",
            Self::VersionNotNext => "version_not_next",
            Self::KeyTaken => "key_taken",
            Self::WeakKey => "weak_key",
            Self::BadPossession => "bad_possession",
            Self::PostUnchanged => "post_unchanged",
            Self::NoSuchKey => "no_such_key",
            Self::AfterCutover => "after_cutover",
            Self::NotWithholdable => "not_withholdable",
            Self::SecondSigner => "second_signer",
            Self::OtherOffice => "other_office",
            Self::NoSuchTime => "no_such_time",
        }
    }

    fn english(self) -> String {
        let listed = |facts| {
            fact_names(facts).collect::<Vec<_>>().join(", ").to_lowercase().replace('_', " ")
        };
        match self {
            Self::StreamExists => "The stream exists already; its number cannot be given twice.".into(),
            Self::NotYet(facts) => format!("This cannot have happened yet: missing before it: {}.", listed(facts)),
            Self::After(facts) => format!("This cannot happen any more after: {}.", listed(facts)),
            Self::NotOpen => "It ends something that is not open.".into(),
            Self::NoSuchEntry => "It names an entry that does not exist.".into(),
            Self::NoSuchStream => "It names a stream that does not exist.".into(),
            Self::SeenAhead => "The signer cannot have seen an entry that does not exist yet.".into(),
            Self::NoSuchOffice => "The office is not registered.".into(),
            Self::NoSuchItem => "The service item has no such version.".into(),
            Self::VersionNotNext => "Versions follow one another without gaps.".into(),
            Self::KeyTaken => "The key belongs to somebody already, and a key has one holder for ever.".into(),
            Self::WeakKey => "The key is weak or no Ed25519 key at all.".into(),
            Self::BadPossession => "The proof that the key is held is wrong.".into(),
            Self::PostUnchanged => "The post is held already, or was not held.".into(),
            Self::NoSuchKey => "The key is not registered or was revoked already.".into(),
            Self::AfterCutover => "Imported history cannot be later than its cut-over day.".into(),
            Self::NotWithholdable => "The content is withheld already, or other entries depend on it.".into(),
            Self::SecondSigner => "Withholding takes two signers, and the second signature is not a second one or wrong.".into(),
            Self::OtherOffice => "The stream concerns another office than the one named.".into(),
            Self::NoSuchTime => "A day lies outside its year, or a period ends before it begins.".into(),
        }
    }

    fn chinese(self) -> String {
        let listed = |facts| fact_names(facts).map(chinese_fact).collect::<Vec<_>>().join("、");
        match self {
            Self::StreamExists => "该流已存在，编号不能重复使用。".into(),
            Self::NotYet(facts) => format!("此事不可能已经发生：此前尚无{}。", listed(facts)),
            Self::After(facts) => format!("{}之后，此事不可能再发生。", listed(facts)),
            Self::NotOpen => "所结束的事项并未开始或已结束。".into(),
            Self::NoSuchEntry => "所指的记录不存在。".into(),
            Self::NoSuchStream => "所指的流不存在。".into(),
            Self::SeenAhead => "签署人不可能看到尚不存在的记录。".into(),
            Self::NoSuchOffice => "该机构未登记。".into(),
            Self::NoSuchItem => "该事项没有此版本。".into(),
            Self::VersionNotNext => "版本号须连续。".into(),
            Self::KeyTaken => "该密钥已有持有人，一把密钥永远只属于一个持有人。".into(),
            Self::WeakKey => "该密钥为弱密钥或根本不是 Ed25519 公钥。".into(),
            Self::BadPossession => "持有密钥的证明不成立。".into(),
            Self::PostUnchanged => "该岗位已任命，或本未任命。".into(),
            Self::NoSuchKey => "该密钥未登记或已吊销。".into(),
            Self::AfterCutover => "导入的历史数据不得晚于切换日。".into(),
            Self::NotWithholdable => "内容已撤下，或有其他记录依赖于它。".into(),
            Self::SecondSigner => "撤下内容须两人签署，第二签名并非出自第二人或不成立。".into(),
            Self::OtherOffice => "该流涉及的机构与所列机构不同。".into(),
            Self::NoSuchTime => "日期不在该年份内，或期间的结束早于开始。".into(),
        }
    }
}

fn chinese_fact(name: &str) -> &'static str {
    match name {
        "RECEIVED" => "收件",
        "ACCEPTED" => "受理",
        "HAD_GAPS" => "容缺受理",
        "COMMITTED" => "告知承诺",
        "DECIDED" => "决定",
        "GONE" => "撤件、退件或作废",
        "DISPATCHED" => "寄出",
        "SUPPLEMENT_ASKED" => "补正告知",
        "HEARING_ASKED" => "听证申请",
        "BOOKED" => "预约",
        "RATED" => "评价",
        "RECTIFYING" => "整改",
        "RATING_APPEALED" => "评价申诉",
        "TAKEN" => "投诉受理",
        "ASSIGNED" => "派单",
        "RETURN_ASKED" => "退单申请",
        "ANSWERED" => "答复",
        "CLOSED" => "办结",
        "PROPOSED" => "发牌建议",
        "RAISED" => "发牌",
        "CARD_APPEALED" => "发牌申诉",
        "CARD_ENDED" => "撤牌",
        "URGED" => "督办",
        "ASKED" => "咨询",
        "FOUNDED" => "建账",
        _ => "前序事项",
    }
}
