//! The signed envelope of an action: an SD-JWT (RFC 9901) in a narrow profile, so that every verifier agrees.
//!
//! `protected.payload.signature~disclosure~…~`, all base64url. Reading and making are the two halves of one format; who
//! may sign what is [`crate::admission`]'s business.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::disclosure::{Disclosure, DisclosureFault};
use crate::encoding::{array_from_base64url, from_base64url, push_base64url, to_base64url};
use crate::field::{Field, FieldFault, object};
use crate::hash::{Blake3Hash, Sha256Hash};
use crate::json::Json;
use crate::kinds::{ActText, Post};
use crate::names::{ActionId, Issuer, Kid, Stream, Token};
use crate::signing::SigningKey;
use crate::time::{Day, Micros};

/// The media type in the protected header; staff tokens and everything else signed with the same keys have others.
pub const TYPE: &str = "case-action+sd-jwt";
/// The schema version that this code writes.
pub const SCHEMA: u32 = 1;
/// The longest JWS, in bytes of its text.
pub const JWS_MAX: usize = 32 * 1024;
/// The longest disclosures together, in bytes of their texts.
pub const DISCLOSURES_MAX: usize = 128 * 1024;

object! {
    /// Whom an office's system names as the one who acted. It is the office's claim, and shown so.
    By {
        required {
            /// The officer, by an opaque id.
            person: Token,
            /// In which post.
            post: Post,
        }
    }
}

object! {
    /// 历史导入: marks an entry as taken over from an older system. Unattested; it uses its claimed time.
    Imported {
        required {
            /// BLAKE3 of the file it came from.
            source: Blake3Hash,
            /// Where in it: counted from 1.
            row: u64,
            /// The last day of the older system. Nothing imported may claim to be later.
            cutover: Day,
        }
        optional {
            /// Who acted according to the older system, by an opaque id.
            handler: Token,
            /// The handler's unit there.
            unit: Token,
            /// What the step was called there, as a code.
            activity: Token,
        }
    }
}

/// The three signed parts as bytes: what the log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jws {
    /// The protected header, as received.
    pub protected: Box<[u8]>,
    /// The payload, as received.
    pub payload: Box<[u8]>,
    /// The signature.
    pub signature: [u8; 64],
}

impl Jws {
    /// What was signed (RFC 7515 section 5.1): both parts in base64url with a dot between.
    pub fn signing_input(&self) -> Vec<u8> {
        let mut text =
            String::with_capacity((self.protected.len() + self.payload.len()) * 4 / 3 + 8);
        push_base64url(&self.protected, &mut text);
        text.push('.');
        push_base64url(&self.payload, &mut text);
        text.into_bytes()
    }

    /// The compact text without disclosures, with the closing tilde.
    pub fn to_text(&self) -> String {
        let mut text = String::from_utf8(self.signing_input()).unwrap_or_default();
        text.push('.');
        push_base64url(&self.signature, &mut text);
        text.push('~');
        text
    }
}

/// The claims of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `kid`: which key signed.
    pub kid: Kid,
    /// `v`: the schema version.
    pub schema: u32,
    /// `jti`: the action's own id.
    pub id: ActionId,
    /// `aud`: for which ledger it was signed.
    pub audience: Box<str>,
    /// `iss`: who signs.
    pub issuer: Issuer,
    /// `sub`: on which stream.
    pub stream: Stream,
    /// `iat`: when it was signed.
    pub issued_at: Micros,
    /// `at`: when it happened, if earlier than it was signed.
    pub happened_at: Option<Micros>,
    /// `by`: whom the office's system names.
    pub by: Option<By>,
    /// `seen`: the head of the stream that the signer saw.
    pub seen: Option<u64>,
    /// `imported`: where history was taken from.
    pub imported: Option<Imported>,
    /// `act`: what happened.
    pub act: ActText,
    /// `_sd` of `act`: digests of what is disclosed beside it.
    pub commitments: Vec<Sha256Hash>,
}

impl Envelope {
    /// When the signer says it happened.
    pub fn claimed_at(&self) -> Micros {
        self.happened_at.unwrap_or(self.issued_at)
    }

    /// Reads the claims out of the signed bytes.
    pub fn read(jws: &Jws) -> Result<Self, Malformed> {
        let kid = read_protected(&jws.protected)?;
        let payload = Json::parse(&jws.payload).map_err(|_| Malformed::PayloadJson)?;
        let claims = payload.members().ok_or(Malformed::PayloadJson)?;
        let schema = payload.member("v").ok_or(Malformed::Claim("v"))?;
        let schema = u32::read(schema).map_err(|_| Malformed::Claim("v"))?;
        // Claims that this version does not know would be signed words that nobody reads.
        if schema == SCHEMA && claims.iter().any(|(name, _)| !CLAIMS.contains(&name.as_ref())) {
            return Err(Malformed::UnknownClaim);
        }
        let text = |name| payload.member(name).and_then(Json::text).ok_or(Malformed::Claim(name));
        let act = payload
            .member("act")
            .filter(|act| act.members().is_some())
            .ok_or(Malformed::Claim("act"))?;
        let commitments = read_commitments(&payload, act)?;
        let envelope = Self {
            kid,
            schema,
            id: ActionId::parse(text("jti")?).ok_or(Malformed::Claim("jti"))?,
            audience: text("aud")?.into(),
            issuer: Issuer::parse(text("iss")?).ok_or(Malformed::Claim("iss"))?,
            stream: Stream::parse(text("sub")?).ok_or(Malformed::Claim("sub"))?,
            issued_at: payload
                .member("iat")
                .and_then(Json::int)
                .filter(|seconds| (0..=SECONDS_MAX).contains(seconds))
                .map(Micros::from_seconds)
                .ok_or(Malformed::Claim("iat"))?,
            happened_at: optional(&payload, "at")?,
            by: optional(&payload, "by")?,
            seen: optional(&payload, "seen")?,
            imported: optional(&payload, "imported")?,
            act: ActText::read(act),
            commitments,
        };
        // `iat` has whole seconds, `at` may be finer: an act within the second of its signing is not later than it.
        if envelope.happened_at.is_some_and(|at| at.seconds() > envelope.issued_at.seconds()) {
            return Err(Malformed::HappenedAfterSigning);
        }
        if envelope.by.is_some() && !matches!(envelope.issuer, Issuer::Office(_)) {
            return Err(Malformed::ByWithoutOffice);
        }
        Ok(envelope)
    }
}

/// 9999-12-31T23:59:59Z: later instants have no RFC 3339 text.
const SECONDS_MAX: i64 = 253_402_300_799;
const CLAIMS: [&str; 12] =
    ["v", "jti", "aud", "iss", "sub", "iat", "at", "by", "seen", "imported", "act", "_sd_alg"];

fn optional<T: Field>(payload: &Json<'_>, name: &'static str) -> Result<Option<T>, Malformed> {
    match payload.member(name).map(T::read) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(FieldFault::Invalid | FieldFault::Personal)) => Err(Malformed::Claim(name)),
    }
}

fn read_protected(bytes: &[u8]) -> Result<Kid, Malformed> {
    let header = Json::parse(bytes).map_err(|_| Malformed::HeaderJson)?;
    let text = |name| header.member(name).and_then(Json::text);
    if header.members().is_none_or(|members| members.len() != 3) {
        return Err(Malformed::HeaderMembers);
    }
    if !matches!(text("alg"), Some("EdDSA" | "Ed25519")) {
        return Err(Malformed::Algorithm);
    }
    if text("typ") != Some(TYPE) {
        return Err(Malformed::Type);
    }
    text("kid").and_then(Kid::parse).ok_or(Malformed::Kid)
}

fn read_commitments(payload: &Json<'_>, act: &Json<'_>) -> Result<Vec<Sha256Hash>, Malformed> {
    let Some(digests) = act.member("_sd") else {
        return if payload.member("_sd_alg").is_none() {
            Ok(Vec::new())
        } else {
            Err(Malformed::Commitments)
        };
    };
    if payload.member("_sd_alg").and_then(Json::text) != Some("sha-256") {
        return Err(Malformed::Commitments);
    }
    let read = |digest: &Json<'_>| array_from_base64url(digest.text()?).map(Sha256Hash);
    let digests: Option<Vec<_>> = digests.list().unwrap_or_default().iter().map(read).collect();
    let digests = digests.filter(|digests| !digests.is_empty()).ok_or(Malformed::Commitments)?;
    let distinct = digests
        .iter()
        .enumerate()
        .all(|(place, digest)| !digests.iter().take(place).any(|other| other == digest));
    if distinct { Ok(digests) } else { Err(Malformed::Commitments) }
}

/// An action as it was received: the signed bytes, what they say, and what travels beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The signed bytes.
    pub jws: Jws,
    /// What they say.
    pub envelope: Envelope,
    /// What travels beside them.
    pub disclosures: Vec<Disclosure>,
}

impl Action {
    /// Reads the compact text `JWS~disclosure~…~`.
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let signed_length = text.iter().position(|byte| *byte == b'~').ok_or(Malformed::NoTilde)?;
        let (signed, beside) = text.split_at(signed_length);
        if signed.len() > JWS_MAX {
            return Err(Malformed::JwsTooLong);
        }
        if beside.len() > DISCLOSURES_MAX {
            return Err(Malformed::DisclosuresTooLong);
        }
        let mut parts = signed.split(|byte| *byte == b'.');
        let mut part = || parts.next().and_then(from_base64url);
        let (Some(protected), Some(payload), Some(signature)) = (part(), part(), part()) else {
            return Err(Malformed::Base64);
        };
        if parts.next().is_some() {
            return Err(Malformed::Base64);
        }
        let signature = signature.try_into().map_err(|_| Malformed::SignatureLength)?;
        let jws = Jws { protected: protected.into(), payload: payload.into(), signature };
        let disclosures = read_disclosures(beside)?;
        Ok(Self { envelope: Envelope::read(&jws)?, jws, disclosures })
    }

    /// The compact text.
    pub fn to_text(&self) -> String {
        self.disclosures
            .iter()
            .fold(self.jws.to_text(), |text, disclosure| text + disclosure.encoded() + "~")
    }
}

/// Reads `~disclosure~…~`.
fn read_disclosures(beside: &[u8]) -> Result<Vec<Disclosure>, Malformed> {
    let text = std::str::from_utf8(beside)
        .map_err(|_| Malformed::Disclosure(DisclosureFault::Encoding))?;
    let inner = match text.strip_prefix('~').map(|text| (text.is_empty(), text.strip_suffix('~'))) {
        Some((true, _)) => return Ok(Vec::new()),
        Some((false, Some(inner))) => inner,
        Some((false, None)) | None => return Err(Malformed::NoTilde),
    };
    inner
        .split('~')
        .map(|encoded| Disclosure::parse(encoded).map_err(Malformed::Disclosure))
        .collect()
}

/// Why a text is no action of this profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// No tilde after the JWS, or none at the end.
    NoTilde,
    /// The JWS is over [`JWS_MAX`].
    JwsTooLong,
    /// The disclosures are over [`DISCLOSURES_MAX`].
    DisclosuresTooLong,
    /// Not three parts of unpadded base64url.
    Base64,
    /// The signature is not 64 bytes.
    SignatureLength,
    /// The header is not strict JSON.
    HeaderJson,
    /// The header does not have exactly `alg`, `typ` and `kid`.
    HeaderMembers,
    /// `alg` is neither `EdDSA` nor `Ed25519`.
    Algorithm,
    /// `typ` is another.
    Type,
    /// `kid` is no RFC 7638 thumbprint.
    Kid,
    /// The payload is not a strict JSON object.
    PayloadJson,
    /// A claim is missing or outside its grammar.
    Claim(&'static str),
    /// A claim that this schema does not have.
    UnknownClaim,
    /// `at` is later than `iat`.
    HappenedAfterSigning,
    /// `by` from somebody who is not an office.
    ByWithoutOffice,
    /// `_sd` is not a list of distinct SHA-256 digests, or `_sd_alg` does not go with it.
    Commitments,
    /// A disclosure is none.
    Disclosure(DisclosureFault),
}

impl Malformed {
    /// A code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoTilde => "no_tilde",
            Self::JwsTooLong => "jws_too_long",
            Self::DisclosuresTooLong => "disclosures_too_long",
            Self::Base64 => "base64",
            Self::SignatureLength => "signature_length",
            Self::HeaderJson => "header_json",
            Self::HeaderMembers => "header_members",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Kid => "kid",
            Self::PayloadJson => "payload_json",
            Self::Claim(_) => "claim",
            Self::UnknownClaim => "unknown_claim",
            Self::HappenedAfterSigning => "happened_after_signing",
            Self::ByWithoutOffice => "by_without_office",
            Self::Commitments => "commitments",
            Self::Disclosure(DisclosureFault::Encoding) => "disclosure_encoding",
            Self::Disclosure(DisclosureFault::Shape) => "disclosure_shape",
            Self::Disclosure(DisclosureFault::Salt) => "disclosure_salt",
            Self::Disclosure(DisclosureFault::Name) => "disclosure_name",
        }
    }
}

impl Malformed {
    /// What is wrong, in Chinese.
    pub fn chinese(self) -> String {
        let sentence = match self {
            Self::NoTilde => "格式须为 JWS~披露项~…~，没有披露项时也须以波浪号结尾",
            Self::JwsTooLong => "JWS 超过 32 KiB",
            Self::DisclosuresTooLong => "披露项合计超过 128 KiB",
            Self::Base64 => "JWS 须为三段无填充的 base64url，末尾多余位须为零",
            Self::SignatureLength => "Ed25519 签名应为 64 字节",
            Self::HeaderJson => "头部须为没有重复成员、没有小数的 JSON",
            Self::HeaderMembers => "头部须恰好含有 alg、typ 和 kid",
            Self::Algorithm => "alg 须为 EdDSA 或 Ed25519",
            Self::Type => "typ 须为 case-action+sd-jwt",
            Self::Kid => "kid 须为密钥的 RFC 7638 指纹",
            Self::PayloadJson => "载荷须为没有重复成员、没有小数、嵌套不深的 JSON 对象",
            Self::Claim(name) => return format!("声明 {name} 缺失或不合语法"),
            Self::UnknownClaim => "载荷中有本格式不认识的声明",
            Self::HappenedAfterSigning => "at 不得晚于 iat",
            Self::ByWithoutOffice => "只有机构自己的密钥才能在 by 中指明人员",
            Self::Commitments => {
                "_sd 须为互不相同的 SHA-256 摘要，并在 act 之外注明 _sd_alg 为 sha-256"
            }
            Self::Disclosure(DisclosureFault::Encoding) => "有披露项不是 JSON 的 base64url",
            Self::Disclosure(DisclosureFault::Shape) => "披露项须为三段文本的数组",
            Self::Disclosure(DisclosureFault::Salt) => "披露项的盐须为至少 128 位的 base64url",
            Self::Disclosure(DisclosureFault::Name) => "披露项不能使用这个名称",
        };
        sentence.to_owned()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Self::NoTilde => {
                "the text must be JWS~disclosure~…~ with a tilde at the end, also without disclosures"
            }
            Self::JwsTooLong => "the JWS is longer than 32 KiB",
            Self::DisclosuresTooLong => "the disclosures are longer than 128 KiB together",
            Self::Base64 => {
                "the JWS must be three parts of unpadded base64url with zero trailing bits"
            }
            Self::SignatureLength => "an Ed25519 signature has 64 bytes",
            Self::HeaderJson => "the header must be JSON without duplicate members or floats",
            Self::HeaderMembers => "the header must have exactly alg, typ and kid",
            Self::Algorithm => "alg must be EdDSA or Ed25519",
            Self::Type => "typ must be case-action+sd-jwt",
            Self::Kid => "kid must be the key's RFC 7638 thumbprint",
            Self::PayloadJson => {
                "the payload must be a JSON object without duplicate members, floats or deep nesting"
            }
            Self::Claim(name) => {
                return write!(f, "the claim {name} is missing or outside its grammar");
            }
            Self::UnknownClaim => "the payload has a claim that this schema does not know",
            Self::HappenedAfterSigning => "at must not be later than iat",
            Self::ByWithoutOffice => "only an office's own key may name a person in by",
            Self::Commitments => {
                "_sd must be a list of distinct SHA-256 digests, with _sd_alg sha-256 beside act"
            }
            Self::Disclosure(DisclosureFault::Encoding) => "a disclosure is not base64url of JSON",
            Self::Disclosure(DisclosureFault::Shape) => {
                "a disclosure must be an array of three texts"
            }
            Self::Disclosure(DisclosureFault::Salt) => {
                "a disclosure's salt must be at least 128 bits in base64url"
            }
            Self::Disclosure(DisclosureFault::Name) => "a disclosure cannot have this name",
        };
        f.write_str(sentence)
    }
}

/// An action about to be signed. Ids, times and salts come from whoever has them.
#[derive(Debug, Clone)]
pub struct Draft {
    /// `jti`.
    pub id: ActionId,
    /// `aud`.
    pub audience: String,
    /// `iss`.
    pub issuer: Issuer,
    /// `sub`.
    pub stream: Stream,
    /// `iat`, whole seconds.
    pub issued_at: Micros,
    /// `at` as its text, if the act happened earlier.
    pub happened_at: Option<String>,
    /// `by`.
    pub by: Option<By>,
    /// `seen`.
    pub seen: Option<u64>,
    /// `imported`.
    pub imported: Option<Imported>,
    /// `act` without `_sd`: see [`crate::kinds::Act::write`].
    pub act: Map<String, Value>,
    /// What goes beside it.
    pub disclosures: Vec<Disclosure>,
}

impl Draft {
    /// Signs the draft and returns the compact text.
    pub fn sign(self, key: &SigningKey) -> String {
        let protected =
            json!({"alg": "EdDSA", "typ": TYPE, "kid": key.public().kid().to_string()}).to_string();
        let mut act = self.act;
        let mut digests: Vec<String> =
            self.disclosures.iter().map(|one| to_base64url(&one.digest().0)).collect();
        // In the order of the fields the digests would tell which was which.
        digests.sort();
        let mut payload = json!({
            "v": SCHEMA,
            "jti": self.id.to_string(),
            "aud": self.audience,
            "iss": self.issuer.to_string(),
            "sub": self.stream.as_str(),
            "iat": self.issued_at.seconds(),
        });
        if !digests.is_empty() {
            act.insert("_sd".to_owned(), digests.into());
        }
        if let Value::Object(claims) = &mut payload {
            let optional = [
                ("at", self.happened_at.map(Value::from)),
                ("by", self.by.map(|by| by.write())),
                ("seen", self.seen.map(Value::from)),
                ("imported", self.imported.map(|imported| imported.write())),
                ("_sd_alg", act.contains_key("_sd").then(|| "sha-256".into())),
                ("act", Some(Value::Object(act))),
            ];
            claims.extend(
                optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))),
            );
        }
        let jws = Jws {
            protected: protected.into_bytes().into(),
            payload: payload.to_string().into_bytes().into(),
            signature: [0; 64],
        };
        let signature = key.sign(&jws.signing_input());
        let jws = Jws { signature, ..jws };
        self.disclosures
            .iter()
            .fold(jws.to_text(), |text, disclosure| text + disclosure.encoded() + "~")
    }
}
