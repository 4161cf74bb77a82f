//! What an import needs on the ledger: an office, an importer with a key and the post, a version of the service item.

use case_ledger::codes::{ItemCode, OfficeCode, RegionCode};
use case_ledger::field::{LIST_MAX, PublicText, SignatureText};
use case_ledger::hash::index_key;
use case_ledger::kinds::registry::{
    Algorithm, ItemPublished, KeyRegistered, OfficeRegistered, PostAssigned, Publicity, Regime,
    Step,
};
use case_ledger::kinds::{Act, Post, Signers};
use case_ledger::names::{Issuer, Origin, Token};
use case_ledger::registry::Registry;
use case_ledger::signing::SigningKey;

use super::opaque::names_somebody;
use super::survey::Survey;
use crate::keyfile;
use crate::mapping::Mapping;

/// The office that holds imported cases if nobody names one. Region 990100 does not exist.
pub fn archive_office() -> Option<OfficeCode> {
    OfficeCode::complete("11", "990100", "MB999001")
}

/// What the importer is called in that office.
pub const IMPORTER: &str = "p-importer";

/// Names in the registry come from the log's title and activities: longer ones are cut.
const NAME_MAX: usize = 200;

/// Who and what an import relies on.
#[derive(Debug, Clone)]
pub struct Needs {
    /// The ledger.
    pub origin: Origin,
    /// Whose cases they become.
    pub office: OfficeCode,
    /// What to call it, if it has to be registered.
    pub office_name: String,
    /// The office of the importer; the same unless they sit elsewhere.
    pub importer: Issuer,
    /// The service item.
    pub item: ItemCode,
    /// What to call it, if it has to be published.
    pub item_name: String,
    /// Who sees its cases, if it has to be published.
    pub publicity: Publicity,
    /// Its steps.
    pub steps: Vec<(String, String)>,
}

impl Needs {
    /// What is missing, as the actions that register it.
    pub fn missing(&self, registry: &Registry, key: &SigningKey) -> Vec<Act> {
        let mut acts = Vec::new();
        let mut offices = vec![self.office];
        offices.extend(self.importer.office().filter(|office| *office != self.office));
        for office in offices {
            if registry.region(&office).is_none() {
                acts.extend(self.office_registered(office));
            }
        }
        if registry.key(&key.public().kid()).is_none() {
            acts.extend(self.key_registered(key));
        }
        if let Some(office) = self.importer.office() {
            let person = person_of(&self.importer);
            let held = registry.mandate(office, person.clone());
            if held.and(Signers::post(Post::Importer)).is_empty() {
                acts.push(Act::from(PostAssigned { office, post: Post::Importer, person }));
            }
        }
        if registry.item_version(&self.item) == 0 {
            acts.push(Act::from(self.item_published()));
        }
        acts
    }

    fn office_registered(&self, office: OfficeCode) -> Option<Act> {
        let region = RegionCode::parse(office.as_str().get(2..8)?).ok()?;
        let name = PublicText(public(&self.office_name));
        Some(Act::from(OfficeRegistered { office, region, name, parent: None, moved_in: None }))
    }

    fn key_registered(&self, key: &SigningKey) -> Option<Act> {
        let possession = SignatureText(keyfile::possession(&self.origin, &self.importer, key));
        Some(Act::from(KeyRegistered {
            office: self.importer.office()?,
            algorithm: Algorithm::Ed25519,
            key: key.public(),
            possession,
            person: person_of(&self.importer),
            valid_from: None,
        }))
    }

    fn item_published(&self) -> ItemPublished {
        let step = |(code, name): &(String, String)| {
            let name = PublicText(public(name));
            Some(Step { code: Token::parse(code)?, name, post: None, limit: None })
        };
        let steps: Vec<_> = self.steps.iter().filter_map(step).take(LIST_MAX).collect();
        // Whatever it was elsewhere, no Chinese statute on permits applies to it.
        let (name, regime) = (PublicText(public(&self.item_name)), Regime::Other);
        ItemPublished {
            steps: (!steps.is_empty()).then_some(steps),
            ..ItemPublished::bare(self.item, 1, name, regime, self.publicity)
        }
    }
}

fn person_of(issuer: &Issuer) -> Option<Token> {
    match issuer {
        Issuer::Officer(_, person) => Some(person.clone()),
        Issuer::Office(_) | Issuer::Citizen | Issuer::Ledger | Issuer::Root => None,
    }
}

/// A text of the log as a published text: no control characters, not empty, not too long.
fn public(text: &str) -> String {
    let clean: String =
        text.chars().filter(|character| !character.is_control()).take(NAME_MAX).collect();
    if clean.trim().is_empty() { "—".to_owned() } else { clean }
}

/// The item's code: the mapping's own, if it is one, and else one that is derived for the office from what the mapping calls
/// it, or from what the log calls itself. `None` if neither calls it anything: two such logs could not be told apart.
///
/// Level 4, type 10 (其他行政权力); the digits after that say nothing and belong to no catalogue.
pub fn item_code(mapping: &Mapping, survey: &Survey, office: OfficeCode) -> Option<ItemCode> {
    let digest = match (mapping.item(), &survey.title) {
        (Some(item), _) => match ItemCode::parse(item) {
            Ok(code) => return Some(code),
            Err(_) => index_key(&[b"item of an import", item.as_bytes()]),
        },
        (None, Some(title)) => index_key(&[b"item of a log", title.as_bytes()]),
        (None, None) => return None,
    };
    let number =
        digest.iter().fold(0_u64, |number, byte| (number * 256 + u64::from(*byte)) % 100_000);
    ItemCode::parse(&format!("{office}40010{number:05}000")).ok()
}

/// What the item is called: as the mapping says, or the log if its title names nobody, or by its code.
pub fn item_name(mapping: &Mapping, survey: &Survey, item: ItemCode) -> String {
    let title = || survey.title.clone().filter(|title| !names_somebody(title));
    let said = mapping.item_name().map(str::to_owned).or_else(title);
    said.unwrap_or_else(|| mapping.item().map_or_else(|| item.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use case_ledger::hash::Blake3Hash;

    use super::*;
    use crate::import::opaque::MadeOpaque;

    fn survey(title: Option<&str>, source: u8) -> Survey {
        Survey {
            source: Blake3Hash([source; 32]),
            title: title.map(str::to_owned),
            attribution: None,
            opaque: MadeOpaque::default(),
            cases: 0,
            events: 0,
            loose_events: 0,
            steps: Vec::new(),
            latest: None,
            damage: None,
        }
    }

    #[test]
    fn logs_of_different_titles_are_of_different_items() {
        let office = archive_office().unwrap();
        let item = |mapping: &str, title, source| {
            item_code(&Mapping::parse(mapping).unwrap(), &survey(title, source), office)
        };
        let permits = item("", Some("Permits 2012"), 1).unwrap();
        assert_eq!(item("", Some("Permits 2012"), 2), Some(permits), "a mended log goes on");
        assert_ne!(item("", Some("Complaints 2012"), 1), Some(permits));
        assert_eq!(item("", None, 1), None);
        assert_eq!(item("item = 'A'", Some("x"), 1), item("item = 'A'", None, 2));
        assert_ne!(item("item = 'A'", None, 1), item("item = 'B'", None, 1));
        let declared = format!("item = '{permits}'");
        assert_eq!(item(&declared, None, 1), Some(permits));
    }

    #[test]
    fn an_item_is_not_called_after_somebody() {
        let office = archive_office().unwrap();
        let name = |mapping: &str, title: &str| {
            let (mapping, survey) = (Mapping::parse(mapping).unwrap(), survey(Some(title), 1));
            let item = item_code(&mapping, &survey, office).unwrap();
            (item_name(&mapping, &survey, item), item.to_string())
        };
        assert_eq!(name("", "Permits 2012").0, "Permits 2012");
        let (called, item) = name("", "Case of 13800138000");
        assert_eq!(called, item);
        assert_eq!(name("item_name = 'Permits'", "Case of 13800138000").0, "Permits");
    }
}
