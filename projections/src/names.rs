//! Names for codes.

use std::collections::BTreeMap;

use case_ledger::codes::OfficeCode;
use case_ledger::names::Token;

/// What offices and steps are called, as the registry says for the version of the item that binds the case. Whoever
/// asks for a sentence has them; a code without a name is shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Offices.
    pub offices: BTreeMap<OfficeCode, String>,
    /// Steps of the item's published flow.
    pub steps: BTreeMap<Token, String>,
}

impl Names {
    /// The office's name, or its code.
    pub fn office<'n>(&'n self, code: &'n OfficeCode) -> &'n str {
        self.offices.get(code).map_or(code.as_str(), String::as_str)
    }

    /// The step's name, or its code.
    pub fn step<'n>(&'n self, code: &'n Token) -> &'n str {
        self.steps.get(code).map_or(code.as_str(), String::as_str)
    }
}
