//! What the registry stream has established so far: keys and their holders, offices, posts, versions of items and rules.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::codes::{ItemCode, OfficeCode, RegionCode};
use crate::kinds::{Act, Signers};
use crate::names::{Issuer, Kid, Origin, PublicKey, Seq, Token};
use crate::signing::VerifyingKey;

/// A registered key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The key.
    pub key: PublicKey,
    /// Its office.
    pub office: OfficeCode,
    /// Its officer; `None` for the office's own system.
    pub person: Option<Token>,
    /// First position at which it may sign.
    pub valid_from: Seq,
    /// Position of its revocation.
    pub revoked_at: Option<Seq>,
}

impl KeyEntry {
    /// The one issuer for whom it signs.
    pub fn holder(&self) -> Issuer {
        match &self.person {
            None => Issuer::Office(self.office),
            Some(person) => Issuer::Officer(self.office, person.clone()),
        }
    }
}

/// Everything the registry stream says, as of one position.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Registry {
    origin: Option<Origin>,
    simulated_clock: bool,
    root_keys: Vec<PublicKey>,
    /// Ledger keys with the position of the entry that brought each.
    ledger_keys: Vec<(Seq, PublicKey)>,
    offices: BTreeMap<OfficeCode, RegionCode>,
    keys: HashMap<Kid, KeyEntry>,
    mandates: HashMap<(OfficeCode, Option<Token>), Signers>,
    items: HashMap<ItemCode, u32>,
    calendars: BTreeMap<(u32, Option<RegionCode>), u32>,
    policies: BTreeMap<(Token, Option<RegionCode>), u32>,
}

impl Registry {
    /// The ledger's origin, once it is founded.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Whether the ledger runs on an invented time.
    pub fn has_simulated_clock(&self) -> bool {
        self.simulated_clock
    }

    /// The founders' keys.
    pub fn root_keys(&self) -> &[PublicKey] {
        &self.root_keys
    }

    /// The key that signs checkpoints of `size`: the last one brought by an entry below that size.
    pub fn ledger_key_at(&self, size: u64) -> Option<PublicKey> {
        self.ledger_keys.iter().rev().find(|(position, _)| position.0 < size).map(|(_, key)| *key)
    }

    /// The ledger's key now.
    pub fn ledger_key(&self) -> Option<PublicKey> {
        self.ledger_keys.last().map(|(_, key)| *key)
    }

    /// A registered key by its thumbprint.
    pub fn key(&self, kid: &Kid) -> Option<&KeyEntry> {
        self.keys.get(kid)
    }

    /// All registered keys.
    pub fn keys(&self) -> impl Iterator<Item = &KeyEntry> {
        self.keys.values()
    }

    /// The region an office serves, if it is registered.
    pub fn region(&self, office: &OfficeCode) -> Option<&RegionCode> {
        self.offices.get(office)
    }

    /// All registered offices with their regions.
    pub fn offices(&self) -> impl Iterator<Item = (&OfficeCode, &RegionCode)> {
        self.offices.iter()
    }

    /// The posts that a person, or the office's own system, holds.
    pub fn mandate(&self, office: OfficeCode, person: Option<Token>) -> Signers {
        self.mandates.get(&(office, person)).copied().unwrap_or(Signers::NONE)
    }

    /// The latest version of an item, 0 if there is none.
    pub fn item_version(&self, item: &ItemCode) -> u32 {
        self.items.get(item).copied().unwrap_or(0)
    }

    /// The latest version of a year's calendar, 0 if there is none.
    pub fn calendar_version(&self, year: u32, region: Option<RegionCode>) -> u32 {
        self.calendars.get(&(year, region)).copied().unwrap_or(0)
    }

    /// The latest version of a policy, 0 if there is none.
    pub fn policy_version(&self, policy: &Token, region: Option<RegionCode>) -> u32 {
        self.policies.get(&(policy.clone(), region)).copied().unwrap_or(0)
    }

    /// Whether a key is in anybody's hands already.
    pub fn is_taken(&self, key: PublicKey) -> bool {
        self.keys.contains_key(&key.kid())
            || self.root_keys.contains(&key)
            || self.ledger_keys.iter().any(|(_, known)| *known == key)
    }

    /// Takes in an entry of the registry stream at position `seq`. Kinds of other streams change nothing here.
    pub(crate) fn evolve(&mut self, seq: Seq, act: &Act) {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "only the registry's own kinds change the registry"
        )]
        match act {
            Act::LedgerFounded(founded) => {
                self.origin = Some(founded.origin.clone());
                self.simulated_clock =
                    founded.clock == crate::kinds::registry::ClockKind::Simulated;
                self.root_keys.clone_from(&founded.root_keys);
                self.ledger_keys.push((seq, founded.ledger_key));
            }
            Act::LedgerKeySucceeded(succeeded) => {
                self.ledger_keys.push((seq, succeeded.ledger_key));
            }
            Act::OfficeRegistered(registered) => {
                self.offices.insert(registered.office, registered.region);
            }
            Act::KeyRegistered(registered) => {
                let entry = KeyEntry {
                    key: registered.key,
                    office: registered.office,
                    person: registered.person.clone(),
                    valid_from: registered.valid_from.unwrap_or(Seq(seq.0.saturating_add(1))),
                    revoked_at: None,
                };
                self.keys.insert(registered.key.kid(), entry);
            }
            Act::KeyRevoked(revoked) => {
                if let Some(entry) = self.keys.get_mut(&revoked.key.kid()) {
                    entry.revoked_at = Some(seq);
                }
            }
            Act::PostAssigned(assigned) => {
                let held = self
                    .mandates
                    .entry((assigned.office, assigned.person.clone()))
                    .or_insert(Signers::NONE);
                *held = held.or(Signers::post(assigned.post));
            }
            Act::PostEnded(ended) => {
                if let Some(held) = self.mandates.get_mut(&(ended.office, ended.person.clone())) {
                    *held = held.without(Signers::post(ended.post));
                }
            }
            Act::ItemPublished(published) => {
                self.items.insert(published.item, published.version);
            }
            Act::CalendarPublished(published) => {
                self.calendars.insert((published.year, published.region), published.version);
            }
            Act::PolicyPublished(published) => {
                self.policies
                    .insert((published.policy.clone(), published.region), published.version);
            }
            _ => {}
        }
    }
}

/// Registered keys taken apart once, for checking signatures outside the one writer.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: HashMap<Kid, VerifyingKey>,
}

impl KeyRing {
    /// All keys that may sign actions on this ledger, citizens' own excepted.
    pub fn of(registry: &Registry) -> Self {
        let mut ring = Self::default();
        ring.take_over(registry);
        ring
    }

    /// Adds the keys of `registry` that are not in here. Taking a key apart costs a square root, so it is done once.
    pub fn take_over(&mut self, registry: &Registry) {
        registry.keys.values().for_each(|entry| self.insert(entry.key));
        registry.root_keys.iter().for_each(|key| self.insert(*key));
        registry.ledger_keys.iter().for_each(|(_, key)| self.insert(*key));
    }

    /// Adds the keys that an entry of the registry brings.
    pub(crate) fn learn(&mut self, act: &Act) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these kinds bring keys")]
        match act {
            Act::LedgerFounded(founded) => {
                self.insert(founded.ledger_key);
                founded.root_keys.iter().for_each(|key| self.insert(*key));
            }
            Act::LedgerKeySucceeded(succeeded) => self.insert(succeeded.ledger_key),
            Act::KeyRegistered(registered) => self.insert(registered.key),
            _ => {}
        }
    }

    fn insert(&mut self, key: PublicKey) {
        if let Entry::Vacant(place) = self.keys.entry(key.kid())
            && let Some(key) = VerifyingKey::new(key)
        {
            place.insert(key);
        }
    }

    /// The key with this thumbprint.
    pub fn get(&self, kid: &Kid) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }
}
