//! What an audience is shown of a timeline. This is the only way out of it.

use case_ledger::codes::OfficeCode;
use case_ledger::envelope::Imported;
use case_ledger::hash::Blake3Hash;
use case_ledger::kinds::Post;
use case_ledger::names::Token;
use case_ledger::time::{Day, Micros};
use serde::Serialize;
use serde_json::Value;

use crate::as_of::AsOf;
use crate::audience::{Audience, public_fields};
use crate::ending::Sight;
use crate::timeline::{Attestation, ContentState, Moment, Signer, Timeline};
use crate::wire::{as_text, as_text_if_any};
use crate::words::{CONCLUDED, CONCLUSION, HIDDEN, UNREADABLE, WITHHELD, Words, kind_words};

/// A timeline as one audience is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineView {
    /// As of which tree.
    pub as_of: AsOf,
    /// For whom.
    pub audience: Audience,
    /// Name of the stream; for a case `case/` and its number.
    pub stream: Option<String>,
    /// One for each entry, in order; for the public up to the case's end.
    pub moments: Vec<MomentView>,
}

/// One entry as one audience is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MomentView {
    /// Its number in the stream, from 1.
    pub number: u64,
    /// Its position in the log, from 0.
    pub seq: u64,
    /// The name of its kind, if this program knows it; `Concluded` for whatever ends a case, if the public asks.
    pub kind: Option<&'static str>,
    /// What it is called; for one that this program does not understand, that.
    pub words: Words,
    /// How much of its content there is.
    pub content: ContentState,
    /// What stands in its content's place, if that is not there.
    pub content_words: Option<Words>,
    /// When the signer says it happened.
    #[serde(serialize_with = "as_text_if_any")]
    pub claimed_at: Option<Micros>,
    /// When the signer says it was signed.
    #[serde(serialize_with = "as_text_if_any")]
    pub signed_at: Option<Micros>,
    /// When the ledger recorded it.
    #[serde(serialize_with = "as_text")]
    pub recorded_at: Micros,
    /// By how many whole seconds it was recorded later than it is said to have happened (补录); 0 if it was not.
    pub recorded_later_seconds: i64,
    /// Who signed it.
    pub signer: Option<SignerView>,
    /// What the signature vouches for; not told of an entry that is hidden or ends the case.
    pub attestation: Option<Attestation>,
    /// The same in words.
    pub attestation_words: Option<Words>,
    /// Where it was taken from, if it was.
    pub imported: Option<ImportView>,
    /// Code of the step it is about.
    #[serde(serialize_with = "as_text_if_any")]
    pub step: Option<Token>,
    /// Its fields, in the order of the kind's table.
    pub fields: Vec<FieldView>,
    /// How many values are committed to that are disclosed elsewhere, if at all.
    pub disclosures: usize,
}

/// A field and its value, as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// The field's name.
    pub name: &'static str,
    /// Its value: a code, a number, a day, an instant, or a list or object of these.
    pub value: Value,
}

/// Who signed, as one audience is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignerView {
    /// `officer`, `office_system`, `citizen`, `ledger` or `founders`.
    pub role: &'static str,
    /// The office, if there is one.
    #[serde(serialize_with = "as_text_if_any")]
    pub office: Option<OfficeCode>,
    /// The post in which somebody acted, where the office's system says so.
    #[serde(serialize_with = "as_text_if_any")]
    pub post: Option<Post>,
    /// The officer's opaque id; never for the public.
    #[serde(serialize_with = "as_text_if_any")]
    pub officer: Option<Token>,
}

/// Where an entry was taken from, as one audience is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportView {
    /// BLAKE3 of the file it came from.
    #[serde(serialize_with = "as_text")]
    pub source: Blake3Hash,
    /// Where in it: counted from 1.
    pub row: u64,
    /// The last day of the older system.
    #[serde(serialize_with = "as_text")]
    pub cutover: Day,
    /// The handler's unit there.
    #[serde(serialize_with = "as_text_if_any")]
    pub unit: Option<Token>,
    /// What the step was called there.
    #[serde(serialize_with = "as_text_if_any")]
    pub activity: Option<Token>,
    /// Who acted according to the older system, by an opaque id; never for the public.
    #[serde(serialize_with = "as_text_if_any")]
    pub handler: Option<Token>,
}

impl Timeline {
    /// What `audience` is shown of it.
    pub fn view(&self, audience: Audience, as_of: AsOf) -> TimelineView {
        TimelineView {
            as_of,
            audience,
            stream: self.stream.as_ref().map(ToString::to_string),
            moments: self.moments.iter().filter_map(|moment| moment.view(audience)).collect(),
        }
    }
}

impl Moment {
    /// What `audience` is shown of it, if anything.
    pub fn view(&self, audience: Audience) -> Option<MomentView> {
        if audience.sees_all() {
            return Some(self.view_whole(audience));
        }
        match (self.sight, self.content) {
            (Sight::Behind, _) => None,
            (_, ContentState::Hidden) => Some(self.bare(None, HIDDEN)),
            (Sight::Conclusion, _) => Some(MomentView {
                claimed_at: self.stamp.claimed_at,
                signed_at: self.signed_at,
                recorded_later_seconds: self.stamp.late_seconds(),
                ..self.bare(Some(CONCLUSION), CONCLUDED)
            }),
            (Sight::Shown, _) => Some(self.view_whole(audience)),
        }
    }

    fn view_whole(&self, audience: Audience) -> MomentView {
        let listed = self.kind.map(public_fields).unwrap_or_default();
        let shows = |name: &str| audience.sees_all() || listed.contains(&name);
        let fields = self.fields.iter().filter(|(name, _)| shows(name));
        MomentView {
            number: self.stamp.number,
            seq: self.stamp.seq,
            kind: self.kind.map(|kind| kind.spec().name),
            words: self.kind.map_or(UNREADABLE, kind_words),
            content: self.content,
            content_words: self.content.words(),
            claimed_at: self.stamp.claimed_at,
            signed_at: self.signed_at,
            recorded_at: self.stamp.recorded_at,
            recorded_later_seconds: self.stamp.late_seconds(),
            signer: self.signer.as_ref().map(|signer| signer.view(audience)),
            attestation: Some(self.attestation),
            attestation_words: Some(self.attestation.words()),
            imported: self.imported.as_ref().map(|imported| import_view(imported, audience)),
            step: self.step.clone().filter(|_| shows("step")),
            fields: fields.map(|(name, value)| FieldView { name, value: value.clone() }).collect(),
            disclosures: self.disclosures,
        }
    }

    /// That there is an entry, when it was recorded, and what it is called. How many disclosures it has, who signed it, even
    /// where it was imported from would tell what it is.
    fn bare(&self, kind: Option<&'static str>, words: Words) -> MomentView {
        MomentView {
            number: self.stamp.number,
            seq: self.stamp.seq,
            kind,
            words,
            content: self.content,
            content_words: self.content.words(),
            claimed_at: None,
            signed_at: None,
            recorded_at: self.stamp.recorded_at,
            recorded_later_seconds: 0,
            signer: None,
            attestation: None,
            attestation_words: None,
            imported: None,
            step: None,
            fields: Vec::new(),
            disclosures: 0,
        }
    }
}

impl ContentState {
    fn words(self) -> Option<Words> {
        match self {
            Self::Present => None,
            Self::Withheld => Some(WITHHELD),
            Self::Unreadable => Some(UNREADABLE),
            Self::Hidden => Some(HIDDEN),
        }
    }
}

impl Attestation {
    /// The same in words.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Signed => ("经办机构或人员签名", "signed by the office or officer who acted"),
            Self::ClaimedByOffice => {
                ("经办人由机构系统声明", "who acted is claimed by the office's system")
            }
            Self::CitizenSigned => ("申请人本人签名", "signed by the applicant's own key"),
            Self::PortalAttested => (
                "由平台或窗口代为证明，非本人签名",
                "attested by the portal or window, not signed by the applicant",
            ),
            Self::LedgerOwn => ("账本自身记录", "the ledger's own entry"),
            Self::Unattested => ("历史数据导入，未经证明", "imported history, unattested"),
            Self::Unknown => ("签名随内容撤除", "the signature is withheld with the content"),
        };
        Words::fixed(zh, en)
    }
}

impl Signer {
    fn view(&self, audience: Audience) -> SignerView {
        let shown = |officer: &Token| Some(officer.clone()).filter(|_| audience.sees_all());
        let nobody = |role| SignerView { role, office: None, post: None, officer: None };
        match self {
            Self::Officer { office, officer } => SignerView {
                role: "officer",
                office: Some(*office),
                post: None,
                officer: shown(officer),
            },
            Self::OfficeSystem { office, post, officer } => SignerView {
                role: "office_system",
                office: Some(*office),
                post: *post,
                officer: officer.as_ref().and_then(shown),
            },
            Self::Citizen => nobody("citizen"),
            Self::Ledger => nobody("ledger"),
            Self::Founders => nobody("founders"),
        }
    }
}

fn import_view(imported: &Imported, audience: Audience) -> ImportView {
    ImportView {
        source: imported.source,
        row: imported.row,
        cutover: imported.cutover,
        unit: imported.unit.clone(),
        activity: imported.activity.clone(),
        handler: imported.handler.clone().filter(|_| audience.sees_all()),
    }
}
