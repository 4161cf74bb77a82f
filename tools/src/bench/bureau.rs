//! The office whose day is measured: founded by itself, one registered clerk, cases of ten entries each.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use case_ledger::codes::{ItemCode, OfficeCode, RegionCode};
use case_ledger::envelope::Draft;
use case_ledger::field::{PublicText, SignatureText};
use case_ledger::kinds::intake::{Accepted, Channel, Received, Submitted};
use case_ledger::kinds::registry::{
    Algorithm, ClockKind, ItemPublished, KeyRegistered, LedgerFounded, OfficeRegistered,
    PostAssigned, Publicity, Regime,
};
use case_ledger::kinds::work::StepFinished;
use case_ledger::kinds::{Act, Post};
use case_ledger::names::{ActionId, Issuer, Origin, Stream, Token};
use case_ledger::signing::{SigningKey, possession_statement};
use case_ledger::time::Micros;
use case_ledger_store::clock::{Clock, Reading};
use case_ledger_store::{OpenOptions, Prepared, Store};

use crate::failure::{Failure, OrFail as _};

/// Entries of one case.
const CASE_LENGTH: u64 = 10;
/// When the measured days begin: an instant that all actions claim, so that signing them needs no clock.
const BEGINNING: Micros = Micros(1_767_574_800_000_000);

/// Numbers from here on are for measuring one action at a time.
pub(super) const ALONE: u64 = 1 << 40;

/// A founded office with one clerk.
pub(super) struct Bureau {
    origin: Origin,
    office: OfficeCode,
    item: ItemCode,
    issuer: Issuer,
    /// The clerk's key.
    pub(super) clerk: SigningKey,
}

fn defect() -> Failure {
    Failure::environment("The measured office cannot be founded.", super::DEFECT)
}

impl Bureau {
    /// Founds a ledger in `scratch` with an office and its clerk.
    pub(super) fn found(scratch: &Path) -> Result<Self, Failure> {
        let office = OfficeCode::complete("11", "990100", "MB000009").ok_or_else(defect)?;
        let person = Token::parse("clerk-1").ok_or_else(defect)?;
        let bureau = Self {
            origin: Origin::parse("bench.example/ledger").ok_or_else(defect)?,
            item: ItemCode::parse(&format!("{office}4000117051000")).map_err(|_| defect())?,
            issuer: Issuer::Officer(office, person),
            clerk: SigningKey::from_seed(&[11; 32]),
            office,
        };
        let ledger_key = SigningKey::from_seed(&[12; 32]);
        Store::create(scratch, &bureau.origin, &ledger_key)
            .or_environment("The measurement cannot begin.", super::MACHINE)?;
        let store = Self::open(scratch)?;
        let root = SigningKey::from_seed(&[13; 32]);
        let acts = bureau.founding(&ledger_key, &root).ok_or_else(defect)?;
        for (number, act) in (0..).zip(acts) {
            let text = bureau.draft(Issuer::Root, &Stream::registry(), number, &act).sign(&root);
            let prepared = Prepared::new(text.as_bytes(), &store.keys())
                .map_err(|refusal| defect().because_of(refusal.to_string()))?;
            let answers = store
                .submit_and_wait(vec![prepared])
                .map_err(|why| defect().because_of(why.to_string()))?;
            for answer in answers.answers {
                answer.map_err(|refusal| defect().because_of(refusal.to_string()))?;
            }
        }
        Ok(bureau)
    }

    /// Opens the ledger, on a clock that begins with the measured days.
    pub(super) fn open(scratch: &Path) -> Result<Store, Failure> {
        let options = OpenOptions { clock: running_clock(), confirm_clock: true };
        Store::open(scratch, options)
            .or_environment("The measured ledger does not open.", super::MACHINE)
    }

    fn founding(&self, ledger_key: &SigningKey, root: &SigningKey) -> Option<Vec<Act>> {
        let proof = |holder: &Issuer, key: &SigningKey| {
            SignatureText(key.sign(&possession_statement(&self.origin, holder, key.public())))
        };
        let Issuer::Officer(office, person) = &self.issuer else { return None };
        let (office, person) = (*office, Some(person.clone()));
        let post = |post| Act::from(PostAssigned { office, post, person: person.clone() });
        Some(vec![
            Act::from(LedgerFounded {
                origin: self.origin.clone(),
                ledger_key: ledger_key.public(),
                ledger_key_possession: proof(&Issuer::Ledger, ledger_key),
                root_keys: vec![root.public()],
                clock: ClockKind::Simulated,
                predecessor: None,
                name: None,
            }),
            Act::from(OfficeRegistered {
                office,
                region: RegionCode::parse("990100").ok()?,
                name: PublicText("测量用虚构机构".to_owned()),
                parent: None,
                moved_in: None,
            }),
            Act::from(KeyRegistered {
                office,
                algorithm: Algorithm::Ed25519,
                key: self.clerk.public(),
                possession: proof(&self.issuer, &self.clerk),
                person: person.clone(),
                valid_from: None,
            }),
            post(Post::Intake),
            post(Post::Reviewer),
            Act::from(ItemPublished::bare(
                self.item,
                1,
                PublicText("测量用虚构事项".to_owned()),
                Regime::Permit,
                Publicity::Open,
            )),
        ])
    }

    fn draft(&self, issuer: Issuer, stream: &Stream, number: u64, act: &Act) -> Draft {
        let mut random = [0; 10];
        let (_, counter) = random.split_at_mut(2);
        counter.copy_from_slice(&number.to_be_bytes());
        Draft {
            id: ActionId::version_7(1_767_574_800_000, random),
            audience: self.origin.to_string(),
            issuer,
            stream: stream.clone(),
            issued_at: BEGINNING,
            happened_at: None,
            by: None,
            seen: None,
            imported: None,
            act: act.write(),
            disclosures: Vec::new(),
        }
    }

    /// The clerk's action number `number`, signed: case after case, ten entries each. Numbers from [`ALONE`] on belong to
    /// the first case, for measuring one action at a time.
    pub(super) fn action(&self, number: u64) -> String {
        let alone = number >= ALONE;
        let (case, place) =
            if alone { (0, CASE_LENGTH) } else { (number / CASE_LENGTH, number % CASE_LENGTH) };
        let act = match place {
            0 => self.submitted(number),
            1 => Some(Act::from(Received::bare())),
            2 => Some(Act::from(Accepted::bare())),
            _ => step(number),
        };
        let draft = Stream::case(&format!("BENCH-{case:010}")).zip(act).map(|(stream, act)| {
            self.draft(self.issuer.clone(), &stream, number.wrapping_add(1000), &act)
        });
        draft.map(|draft| draft.sign(&self.clerk)).unwrap_or_default()
    }

    fn submitted(&self, number: u64) -> Option<Act> {
        Some(Act::from(Submitted::bare(
            self.item,
            1,
            self.office,
            Token::parse(&format!("a-{number}"))?,
            Channel::Online,
        )))
    }

    /// Serves the ledger on loopback in this process.
    pub(super) fn serve(scratch: &Path) -> Result<Server, Failure> {
        let what = "The measured server does not start.";
        let runtime = tokio::runtime::Runtime::new().or_environment(what, super::MACHINE)?;
        let store = Arc::new(Self::open(scratch)?);
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .or_environment(what, super::MACHINE)?;
        let address = listener.local_addr().or_environment(what, super::MACHINE)?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = runtime.spawn(case_api::serve(
            listener,
            store.clone(),
            case_api::Config::standard(),
            async {
                let _ = stopped.await;
            },
        ));
        Ok(Server { store, runtime, address, stop, serving })
    }
}

fn step(number: u64) -> Option<Act> {
    Some(Act::from(StepFinished::bare(Token::parse(&format!("T{:02}", number % 20))?)))
}

/// A clock that begins with the measured days and runs.
fn running_clock() -> Clock {
    let started = Instant::now();
    Arc::new(move || {
        let ran = started.elapsed().as_micros();
        let wall = Micros(BEGINNING.0.saturating_add(i64::try_from(ran).unwrap_or(i64::MAX)));
        Reading { wall, running_us: u64::try_from(ran).unwrap_or(u64::MAX) }
    })
}

/// A server in this process.
pub(super) struct Server {
    /// Its store.
    pub(super) store: Arc<Store>,
    runtime: tokio::runtime::Runtime,
    address: std::net::SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// The URL of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Shuts down and waits.
    pub(super) fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.runtime.block_on(self.serving);
    }
}
