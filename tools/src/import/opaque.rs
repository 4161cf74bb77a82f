//! What of a log may stand in the clear on the ledger, and what is made opaque before it gets there.
//!
//! The log that cases are imported into is public; the log that they come from never was. So nothing of it is published
//! that the mapping does not declare, except names of activities in which nobody is to be seen.

use std::fmt;

use case_ledger::codes::looks_personal;
use case_ledger::hash::{hex, index_key};
use case_ledger::names::Token;
use case_ledger::signing::SigningKey;
use serde_json::{Value, json};

use crate::mapping::{Mapping, step_code};

/// Whether a text holds something of the form of an identity or telephone number, however people write those.
///
/// A name cannot be told from other words; whoever knows that there are some declares the activities in the mapping.
pub fn names_somebody(text: &str) -> bool {
    let narrow = |character| match character {
        '０'..='９' => char::from_digit(u32::from(character) - u32::from('０'), 10),
        // What people put between groups of digits.
        ' ' | '-' | '－' | '\u{a0}' | '\u{3000}' => None,
        other => Some(other),
    };
    let joined: String = text.chars().filter_map(narrow).collect();
    holds_somebodys_number(text) || holds_somebodys_number(&joined)
}

/// Whether a code holds an identity or telephone number in one piece. The groups of digits in a case number are its own.
pub fn holds_somebodys_number(code: &str) -> bool {
    let others = |character: char| !(character.is_ascii_digit() || "xX".contains(character));
    code.split(others)
        .map(|run| run.trim_start_matches(['x', 'X']))
        .any(|run| looks_personal(run) || looks_personal(run.trim_end_matches(['x', 'X'])))
}

/// Makes opaque ids of names: the same for the same name, and not to be guessed without the importer's key.
#[derive(Clone)]
pub struct Pseudonyms([u8; 32]);

/// What stands on the ledger for a word of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The code.
    pub code: Token,
    /// Whether it says nothing any more.
    pub opaque: bool,
}

impl Pseudonyms {
    /// Those of whoever signs with this key.
    pub fn of_key(key: &SigningKey) -> Self {
        Self(blake3::derive_key("caseledger importer pseudonyms v1", &key.seed()))
    }

    /// Who did something.
    pub fn handler(&self, mapping: &Mapping, name: &str) -> Shown {
        let code = Token::parse(name).filter(|_| mapping.handlers_are_codes());
        self.unless_somebody("p", name, code)
    }

    /// The unit that did it.
    pub fn unit(&self, mapping: &Mapping, name: &str) -> Shown {
        let code = mapping.units_are_codes().then(|| as_code(name));
        self.unless_somebody("unit", name, code)
    }

    /// What was done.
    pub fn activity(&self, mapping: &Mapping, name: &str) -> Shown {
        if mapping.declares(name) {
            return Shown { code: as_code(name), opaque: false };
        }
        self.unless_somebody("activity", name, Some(as_code(name)))
    }

    /// The step that an activity is, whose code would be `code`.
    pub fn step(&self, mapping: &Mapping, activity: &str, code: &str) -> Shown {
        if mapping.declares(activity) {
            return Shown { code: token(code), opaque: false };
        }
        self.unless_somebody("step", activity, Some(token(code)))
    }

    fn unless_somebody(&self, word: &str, name: &str, code: Option<Token>) -> Shown {
        match code.filter(|_| !names_somebody(name)) {
            Some(code) => Shown { code, opaque: false },
            None => Shown { code: self.of(word, name), opaque: true },
        }
    }

    fn of(&self, word: &str, name: &str) -> Token {
        let digest = blake3::keyed_hash(&self.0, name.as_bytes());
        opaque(word, digest.as_bytes().first_chunk::<12>().map_or(&[][..], |bytes| bytes))
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms(secret)")
    }
}

/// A word, a hyphen and digits that say nothing.
pub(super) fn opaque(word: &str, key: &[u8]) -> Token {
    // A word, a hyphen and at most 32 digits are a code.
    Token::parse(&format!("{word}-{}", hex(key))).unwrap_or_else(|| opaque("x", &index_key(&[key])))
}

fn as_code(text: &str) -> Token {
    Token::parse(text).unwrap_or_else(|| token(&step_code(text)))
}

/// A code that the mapping's own grammar has made one already.
fn token(code: &str) -> Token {
    Token::parse(code).unwrap_or_else(|| opaque("step", &index_key(&[code.as_bytes()])))
}

/// How much of a log was made opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MadeOpaque {
    /// The log's title, which would have become the item's name.
    pub title: bool,
    /// Events whose activity is not named.
    pub activities: u64,
    /// Events whose handler is a pseudonym.
    pub handlers: u64,
    /// Events whose unit is a pseudonym.
    pub units: u64,
}

impl MadeOpaque {
    /// For programs.
    pub fn to_json(self) -> Value {
        json!({
            "title": self.title,
            "activities": self.activities,
            "handlers": self.handlers,
            "units": self.units,
        })
    }

    /// For people; nothing if nothing was.
    pub fn to_text(self) -> String {
        let of_events =
            |count: u64, what: &str| (count > 0).then(|| format!("{what} {count} events"));
        let made: Vec<_> = [
            self.title.then(|| "the log's title".to_owned()),
            of_events(self.activities, "the activities of"),
            of_events(self.handlers, "the handlers of"),
            of_events(self.units, "the units of"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if made.is_empty() { String::new() } else { format!("made opaque: {}\n", made.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::of_key(&SigningKey::from_seed(&[1; 32]))
    }

    #[test]
    fn numbers_of_people_are_seen_however_they_are_written() {
        for text in [
            "13800138000",
            "致电申请人13800138000核实",
            "tel:138-0013-8000",
            "call 138 0013 8000",
            "１３８００１３８０００",
            "id 110101199003070011",
            "身份证11010119900307001X复印件",
            "x13800138000x",
        ] {
            assert!(names_somebody(text), "{text}");
        }
        for text in ["T02 Check confirmation", "窗口 12", "2011-10-11", "110101202699070011", ""]
        {
            assert!(!names_somebody(text), "{text}");
        }
    }

    #[test]
    fn only_what_the_mapping_declares_is_named_whatever_it_looks_like() {
        let generic = Mapping::generic();
        let listed = Mapping::parse(
            "units_are_codes = true\nhandlers_are_codes = true\n\
             [activities.'Call 13800138000']\nkind = 'StepFinished'\nstep = 'CALL'",
        )
        .unwrap();
        let pseudonyms = pseudonyms();
        let call = "Call 13800138000";
        let hidden = pseudonyms.step(&generic, call, "CALL-13800138000");
        assert!(hidden.opaque && !hidden.code.as_str().contains("138"), "{hidden:?}");
        assert!(pseudonyms.activity(&generic, call).opaque);
        assert_eq!(pseudonyms.step(&listed, call, "CALL").code.as_str(), "CALL");
        assert!(!pseudonyms.step(&generic, "T02 Check", "T02").opaque);
        assert!(pseudonyms.unit(&generic, "Group 1").opaque);
        assert_eq!(pseudonyms.unit(&listed, "Group 1").code.as_str(), "GROUP-1");
        assert!(pseudonyms.unit(&listed, "Van 13800138000").opaque);
        assert!(pseudonyms.handler(&generic, "Resource21").opaque);
        assert!(!pseudonyms.handler(&listed, "Resource21").opaque);
        assert!(pseudonyms.handler(&listed, "Jan de Vries").opaque);
    }

    #[test]
    fn a_pseudonym_is_the_same_for_the_same_name_and_key_only() {
        let (generic, other) = (Mapping::generic(), SigningKey::from_seed(&[2; 32]));
        let one = pseudonyms().handler(&generic, "Jan de Vries");
        assert_eq!(one, pseudonyms().handler(&generic, "Jan de Vries"));
        assert_ne!(one, Pseudonyms::of_key(&other).handler(&generic, "Jan de Vries"));
    }
}
