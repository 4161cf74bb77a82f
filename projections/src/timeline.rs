//! The timeline of a stream: one moment for each entry, in order, with nothing left out and nothing judged.

use case_ledger::audit::Entry;
use case_ledger::codes::OfficeCode;
use case_ledger::envelope::{Envelope, Imported};
use case_ledger::kinds::{Act, Kind, Post, Signers};
use case_ledger::names::{Issuer, Stream, Token};
use case_ledger::time::Micros;
use serde::Serialize;
use serde_json::Value;

use crate::ending::{Ending, Sight};
use crate::fact::{Fact, Stamp};
use crate::removals::OutOfSight;

pub use crate::shown::{FieldView, ImportView, MomentView, SignerView, TimelineView};

/// All entries of one stream, unredacted. To show it, take [`Timeline::view`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The stream, once it has an entry.
    pub stream: Option<Stream>,
    /// One moment for each entry, in order.
    pub moments: Vec<Moment>,
    /// Whether the case has ended, as the public is told it.
    pub ending: Ending,
}

impl Timeline {
    /// The timeline of these entries of one stream, in order.
    pub fn fold<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        Self::default().with(entries)
    }

    /// A part of a timeline, to begin after entries that brought the case as far as `ending`.
    pub fn part(ending: Ending) -> Self {
        Self { ending, ..Self::default() }
    }

    /// The timeline with more entries.
    #[must_use]
    pub fn with<'e>(self, entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        entries.into_iter().fold(self, Self::after)
    }

    /// The timeline with one more entry. An entry of another stream changes nothing.
    #[must_use]
    pub fn after(mut self, entry: &Entry) -> Self {
        let fact = Fact::of(entry);
        if self.stream.get_or_insert_with(|| fact.stream.clone()) == fact.stream {
            let sight;
            (self.ending, sight) = self.ending.after(fact.kind);
            self.moments.push(Moment::of(&fact, sight));
        }
        self
    }

    /// The timeline without what is out of the public's sight.
    #[must_use]
    pub fn without(mut self, hidden: &OutOfSight<'_>) -> Self {
        for moment in &mut self.moments {
            let seq = moment.stamp.seq;
            moment.fields.retain(|(name, _)| !hidden.hides_field(seq, name));
            moment.step = moment.step.take().filter(|_| !hidden.hides_field(seq, "step"));
            if hidden.entry(seq).is_some() {
                moment.content = ContentState::Hidden;
            }
        }
        self
    }
}

/// How much of an entry's content there is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentState {
    /// All that stands in the clear.
    Present,
    /// None: content withheld, commitment intact.
    Withheld,
    /// It is there, but this program does not understand it.
    Unreadable,
    /// None: it is kept from the public. See [`crate::removals`].
    Hidden,
}

/// One entry, as far as it stands in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Its place and times.
    pub stamp: Stamp,
    /// `iat`; unknown if the content is withheld.
    pub signed_at: Option<Micros>,
    /// Its kind, if this program knows it.
    pub kind: Option<Kind>,
    /// How much of it there is.
    pub content: ContentState,
    /// Who signed it; unknown if the content is withheld.
    pub signer: Option<Signer>,
    /// What the signature vouches for.
    pub attestation: Attestation,
    /// Where it was taken from, if it was.
    pub imported: Option<Imported>,
    /// Code of the step it is about.
    pub step: Option<Token>,
    /// Public fields in the order of the kind's table.
    pub fields: Vec<(&'static str, Value)>,
    /// How many values are committed to that are disclosed elsewhere, if at all.
    pub disclosures: usize,
    /// What the public is shown of it.
    pub sight: Sight,
}

impl Moment {
    fn of(fact: &Fact<'_>, sight: Sight) -> Self {
        let content = match (fact.left, fact.act) {
            (Some(_), _) => ContentState::Withheld,
            (None, Some(_)) => ContentState::Present,
            (None, None) => ContentState::Unreadable,
        };
        let fields = fact.act.map(fields_of).unwrap_or_default();
        let step = fields.iter().find(|(name, _)| *name == "step");
        Self {
            stamp: fact.stamp,
            signed_at: fact.envelope.map(|envelope| envelope.issued_at),
            kind: fact.kind,
            content,
            signer: fact.envelope.map(Signer::of),
            attestation: fact.envelope.map_or(Attestation::Unknown, Attestation::of),
            imported: fact.envelope.and_then(|envelope| envelope.imported.clone()),
            step: step.and_then(|(_, code)| Token::parse(code.as_str()?)),
            fields,
            disclosures: fact.envelope.map_or(0, |envelope| envelope.commitments.len()),
            sight,
        }
    }
}

/// Who signed an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// One officer with their own key.
    Officer {
        /// The office.
        office: OfficeCode,
        /// The officer, by an opaque id.
        officer: Token,
    },
    /// An office's own system.
    OfficeSystem {
        /// The office.
        office: OfficeCode,
        /// The post in which, by its claim, somebody acted.
        post: Option<Post>,
        /// Who, by its claim, acted; an opaque id.
        officer: Option<Token>,
    },
    /// Whoever holds the case's own key.
    Citizen,
    /// The ledger itself.
    Ledger,
    /// The founders.
    Founders,
}

impl Signer {
    fn of(envelope: &Envelope) -> Self {
        match &envelope.issuer {
            Issuer::Officer(office, officer) => {
                Self::Officer { office: *office, officer: officer.clone() }
            }
            Issuer::Office(office) => Self::OfficeSystem {
                office: *office,
                post: envelope.by.as_ref().map(|by| by.post),
                officer: envelope.by.as_ref().map(|by| by.person.clone()),
            },
            Issuer::Citizen => Self::Citizen,
            Issuer::Ledger => Self::Ledger,
            Issuer::Root => Self::Founders,
        }
    }
}

/// What the signature on an entry vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attestation {
    /// The one who acted signed it: an officer, or an office's system for itself.
    Signed,
    /// An office's system signed it and says who acted.
    ClaimedByOffice,
    /// The applicant signed it with the case's own key.
    CitizenSigned,
    /// An act of the applicant that the portal, or the window that took it in, signed for them.
    PortalAttested,
    /// The ledger's own entry.
    LedgerOwn,
    /// Taken over from an older system: nobody attests it.
    Unattested,
    /// The content is withheld.
    Unknown,
}

impl Attestation {
    fn of(envelope: &Envelope) -> Self {
        let citizens_act = |kind: Kind| !kind.spec().by.and(Signers::CITIZEN).is_empty();
        if envelope.imported.is_some() {
            return Self::Unattested;
        }
        match envelope.issuer {
            Issuer::Citizen => Self::CitizenSigned,
            Issuer::Ledger => Self::LedgerOwn,
            Issuer::Office(_) | Issuer::Officer(..)
                if envelope.act.kind.is_some_and(citizens_act) =>
            {
                Self::PortalAttested
            }
            Issuer::Office(_) if envelope.by.is_some() => Self::ClaimedByOffice,
            Issuer::Office(_) | Issuer::Officer(..) | Issuer::Root => Self::Signed,
        }
    }
}

/// Public fields in the order of the kind's table.
fn fields_of(act: &Act) -> Vec<(&'static str, Value)> {
    let mut written = act.write();
    let names = act.kind().spec().fields.iter().map(|field| field.name);
    names.filter_map(|name| Some((name, written.remove(name)?))).collect()
}

#[cfg(test)]
mod tests;
