//! The demonstration's own case: what is imported was signed by nobody who was there, so one application is handled here, by
//! a clerk and an approver with keys of their own, to its decision. Another one comes in after it.

use std::path::Path;

use case_ledger::codes::{ItemCode, OfficeCode, RegionCode};
use case_ledger::field::{PublicText, SignatureText};
use case_ledger::kinds::intake::{Accepted, Channel, Received, Submitted};
use case_ledger::kinds::outcome::{Decided, DecisionOutcome};
use case_ledger::kinds::registry::{
    Algorithm, ItemPublished, KeyRegistered, Limit, OfficeRegistered, PostAssigned, Publicity,
    Regime,
};
use case_ledger::kinds::work::DayUnit;
use case_ledger::kinds::{Act, HiddenClass, Post};
use case_ledger::names::{Issuer, Origin, Stream, Token};
use case_ledger::signing::SigningKey;
use case_ledger::time::Micros;

use crate::answer::Answer;
use crate::compose::Composition;
use crate::failure::Failure;
use crate::founding::root_key_file;
use crate::ledger::Ledger;
use crate::{keyfile, opening};

/// The case's number.
pub(super) const CASE: &str = "MZ-1";
/// The number of the case that comes in after it.
const LATER: &str = "MZ-2";
const OFFICE_NAME: &str = "明州市城市管理局（虚构） Urban management of Mingzhou (invented)";
const ITEM_NAME: &str = "占用道路许可（虚构） Permit to occupy a road (invented)";
const VERSION: u32 = 1;

/// Everybody and everything that the case needs.
struct Bureau {
    origin: Origin,
    office: OfficeCode,
    item: ItemCode,
    now: Micros,
}

/// Somebody of the bureau.
struct Officer {
    person: Token,
    post: Post,
    key: SigningKey,
}

/// Records the case, with the office, officers and item that it needs. All of it is one commit, so it is there or it is not;
/// where it is, nothing is done.
pub(super) fn record(directory: &Path, ledger: &Ledger) -> Result<(), Failure> {
    let Ledger::Here { store, .. } = ledger else { return Ok(()) };
    let stream = Stream::case(CASE).ok_or_else(super::broken)?;
    if store.stream(&stream).is_some() {
        return Ok(());
    }
    let office = OfficeCode::complete("11", "990100", "MB999002").ok_or_else(super::broken)?;
    let item = ItemCode::parse(&format!("{office}4000117001000")).map_err(|_| super::broken())?;
    let bureau = Bureau { origin: ledger.origin()?, office, item, now: opening::now_on(store) };
    let clerk = Officer::new(directory, "clerk", Post::Intake)?;
    let approver = Officer::new(directory, "approver", Post::Approver)?;
    let root = keyfile::read(&root_key_file(directory))?;
    let mut texts = Vec::new();
    for act in bureau.registrations(&[&clerk, &approver])? {
        texts.push(bureau.signed(&Stream::registry(), &root, Issuer::Root, &act, Vec::new())?);
    }
    for Taken { case, officer, act, beside } in bureau.handling(&clerk, &approver)? {
        let stream = Stream::case(case).ok_or_else(super::broken)?;
        let issuer = Issuer::Officer(office, officer.person.clone());
        texts.push(bureau.signed(&stream, &officer.key, issuer, &act, beside)?);
    }
    let answers = ledger.submit(&texts)?;
    match answers.into_iter().find_map(refusal) {
        None => Ok(()),
        Some(refused) => Err(super::broken().because_of(refused)),
    }
}

fn refusal(answer: Answer) -> Option<String> {
    match answer {
        Answer::Refused(refused) => Some(refused.to_string()),
        Answer::Recorded(_) => None,
    }
}

impl Officer {
    /// Only a demonstration keeps its officers' keys beside the ledger.
    fn new(directory: &Path, person: &str, post: Post) -> Result<Self, Failure> {
        let key = keyfile::read_or_make(&directory.join("keys").join(format!("{person}.jwk")))?;
        let person = Token::parse(&format!("p-{person}")).ok_or_else(super::broken)?;
        Ok(Self { person, post, key })
    }
}

/// An action on a case, who takes it, and what they disclose beside it.
struct Taken<'o> {
    case: &'static str,
    officer: &'o Officer,
    act: Act,
    beside: Vec<(HiddenClass, String, String)>,
}

impl Bureau {
    fn registrations(&self, officers: &[&Officer]) -> Result<Vec<Act>, Failure> {
        let region = RegionCode::parse("990100").map_err(|_| super::broken())?;
        let name = PublicText(OFFICE_NAME.to_owned());
        let office =
            OfficeRegistered { office: self.office, region, name, parent: None, moved_in: None };
        let mut acts = vec![Act::from(office)];
        for Officer { person, post, key } in officers {
            let holder = Issuer::Officer(self.office, person.clone());
            let possession = keyfile::possession(&self.origin, &holder, key);
            acts.push(Act::from(KeyRegistered {
                office: self.office,
                algorithm: Algorithm::Ed25519,
                key: key.public(),
                possession: SignatureText(possession),
                person: Some(person.clone()),
                valid_from: None,
            }));
            let person = Some(person.clone());
            acts.push(Act::from(PostAssigned { office: self.office, post: *post, person }));
        }
        acts.push(Act::from(self.published()));
        Ok(acts)
    }

    fn published(&self) -> ItemPublished {
        let limit = |count| Some(Limit { count, unit: DayUnit::WorkingDay, unit_disputed: None });
        let (name, regime) = (PublicText(ITEM_NAME.to_owned()), Regime::Permit);
        // Nobody applies here but somebody invented, and everybody is to see how it went.
        let bare = ItemPublished::bare(self.item, VERSION, name, regime, Publicity::Open);
        ItemPublished { legal_limit: limit(20), promised_limit: limit(5), fee_fen: Some(0), ..bare }
    }

    fn handling<'o>(
        &self,
        clerk: &'o Officer,
        approver: &'o Officer,
    ) -> Result<Vec<Taken<'o>>, Failure> {
        let code = |text: &str| Token::parse(text).ok_or_else(super::broken);
        let submitted =
            Submitted::bare(self.item, VERSION, self.office, code("a-7f3c")?, Channel::Window);
        let received = Received::bare();
        let accepted = Accepted { voucher_no: Some(code("A-1")?), ..Accepted::bare() };
        let decided =
            Decided { document_no: Some(code("D-1")?), ..Decided::bare(DecisionOutcome::Granted) };
        let later = Submitted { applicant: code("a-19d4")?, ..submitted.clone() };
        let named = |name: &str| {
            vec![(HiddenClass::Personal, "applicant_name".to_owned(), name.to_owned())]
        };
        let taken = |case, officer, act, beside| Taken { case, officer, act, beside };
        Ok(vec![
            taken(CASE, clerk, Act::from(submitted), named("张三（虚构）")),
            taken(CASE, clerk, Act::from(received), Vec::new()),
            taken(CASE, clerk, Act::from(accepted), Vec::new()),
            taken(CASE, approver, Act::from(decided), Vec::new()),
            taken(LATER, clerk, Act::from(later), named("李四（虚构）")),
        ])
    }

    fn signed(
        &self,
        stream: &Stream,
        key: &SigningKey,
        issuer: Issuer,
        act: &Act,
        beside: Vec<(HiddenClass, String, String)>,
    ) -> Result<String, Failure> {
        let composition = Composition {
            issuer,
            stream: stream.clone(),
            audience: self.origin.clone(),
            issued_at: self.now,
            happened_at: None,
            by: None,
            seen: None,
            act: act.write(),
            beside,
        };
        composition.sign(key)
    }
}
