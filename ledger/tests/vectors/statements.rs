//! `statement/`: the two texts that are signed outside an action, and their signatures.

use case_ledger::encoding::to_base64url;
use case_ledger::hash::hex;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::names::{Issuer, Seq};
use case_ledger::signing::{possession_statement, withholding_statement};
use serde_json::{Value, json};

use crate::world::{BUREAU, LEDGER, OFFICER, SECOND, SYSTEM, World, key, origin, withholding};
use crate::{Vector, each, word};

pub(crate) fn made(world: &World) -> Vec<Vector> {
    let officer = format!("{BUREAU}/p-1");
    let possession = |holder: &str, first: u8| {
        let holder = Issuer::parse(holder).unwrap();
        let statement = possession_statement(&origin(), &holder, key(first).public());
        signed(&statement, first)
    };
    let plan = withholding(world, 60, SECOND);
    let stub = case_ledger::hash::sha256(&[&world.records[16].effect.to_stub()]);
    let statement = withholding_statement(
        &origin(),
        Seq(16),
        WithholdingBasis::CourtOrder,
        stub,
        plan.draft.id,
    );
    vec![
        Vector::new("statement/possession-ledger.json", &possession("ledger", LEDGER)),
        Vector::new("statement/possession-office.json", &possession(BUREAU, SYSTEM)),
        Vector::new("statement/possession-officer.json", &possession(&officer, OFFICER)),
        Vector::new("statement/withholding.json", &signed(&statement, SECOND)),
    ]
}

fn signed(statement: &[u8], first: u8) -> Value {
    let key = key(first);
    json!({
        "statement": String::from_utf8(statement.to_vec()).unwrap(),
        "statement_hex": hex(statement),
        "key": key.public().to_string(),
        "signature": to_base64url(&key.sign(statement)),
    })
}

#[test]
fn statements_are_signed() {
    for (name, vector) in each("statement") {
        let key = case_ledger::names::PublicKey::parse(word(&vector, "key")).unwrap();
        let key = case_ledger::signing::VerifyingKey::new(key).unwrap();
        let signature =
            case_ledger::encoding::from_base64url(word(&vector, "signature").as_bytes()).unwrap();
        assert!(
            key.verifies(word(&vector, "statement").as_bytes(), &signature.try_into().unwrap()),
            "{name}"
        );
    }
}
