//! Founding a ledger in a directory: its keys, its first entry.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use case_ledger::checkpoint::ledger_note_key;
use case_ledger::field::{PublicText, SignatureText};
use case_ledger::kinds::Act;
use case_ledger::kinds::registry::{ClockKind, LedgerFounded, Predecessor};
use case_ledger::names::{Issuer, Origin, Stream};
use case_ledger::signing::SigningKey;
use case_ledger::time::Micros;
use case_ledger_store::layout::Layout;
use case_ledger_store::{OpenError, Store};

use crate::answer::Answer;
use crate::compose::Composition;
use crate::failure::{Failure, OrFail as _};
use crate::keyfile;
use crate::ledger::Ledger;
use crate::opening::{self, Time};
use crate::randomness;

/// Where a ledger's own files are.
#[derive(Debug, Clone)]
pub struct Founded {
    /// The ledger's origin.
    pub origin: Origin,
    /// The ledger's verifier key, as C2SP tools take it.
    pub vkey: String,
    /// The ledger's secret key.
    pub ledger_key: PathBuf,
    /// The founder's secret key.
    pub root_key: PathBuf,
}

/// Where the founder's key is, unless somebody has taken it to a safer place.
pub fn root_key_file(directory: &Path) -> PathBuf {
    Layout::new(directory).keys().join("root.jwk")
}

/// What a ledger is founded as.
#[derive(Debug, Clone)]
pub struct Founding<'f> {
    /// Its name for ever.
    pub origin: &'f Origin,
    /// Where its invented time begins, if it has one.
    pub simulated: Option<Micros>,
    /// What it is called.
    pub name: Option<&'f str>,
    /// The log that it continues.
    pub predecessor: Option<Predecessor>,
}

/// Founds a ledger. A founding that was cut short is taken up again.
pub fn found(directory: &Path, founding: Founding<'_>) -> Result<Founded, Failure> {
    let Founding { origin, simulated, name, predecessor } = founding;
    let layout = Layout::new(directory);
    if !layout.ledger_key().exists() {
        Store::create(directory, origin, &randomness::key()?)
            .map_err(|error| not_created(directory, &error))?;
    }
    let time = simulated.map_or(Time::Founded, Time::Simulated);
    let store = opening::open(directory, time)?;
    if store.size() > 0 {
        return Err(Failure::refused(
            format!("There is a ledger in {} already.", directory.display()),
            "Use it as it is, or choose another directory with --dir.",
        ));
    }
    let root_key = root_key_file(directory);
    let root = keyfile::read_or_make(&root_key)?;
    let ledger_key = ledger_key(&layout)?;
    let act = LedgerFounded {
        origin: origin.clone(),
        ledger_key: ledger_key.public(),
        ledger_key_possession: SignatureText(keyfile::possession(
            origin,
            &Issuer::Ledger,
            &ledger_key,
        )),
        root_keys: vec![root.public()],
        clock: if simulated.is_some() { ClockKind::Simulated } else { ClockKind::Real },
        predecessor,
        name: name.map(|name| PublicText(name.to_owned())),
    };
    let now = simulated.unwrap_or_else(opening::now);
    let ledger = Ledger::Here { directory: directory.to_owned(), store };
    register(&ledger, origin, &root, &Issuer::Root, now, vec![Act::from(act)])?;
    Ok(Founded {
        origin: origin.clone(),
        vkey: ledger_note_key(origin, ledger_key.public()).to_vkey(),
        ledger_key: layout.ledger_key(),
        root_key,
    })
}

fn not_created(directory: &Path, error: &OpenError) -> Failure {
    let is_there =
        matches!(error, OpenError::Io(cause) if cause.kind() == ErrorKind::AlreadyExists);
    if !is_there {
        return opening::explain(directory, error);
    }
    Failure::refused(
        format!("There is a log in {} already, and not its key.", directory.display()),
        "If it is a backup, put its keys into DIR/keys and run `caseledger resume`; else choose another directory with --dir.",
    )
}

fn ledger_key(layout: &Layout) -> Result<SigningKey, Failure> {
    let what = "The ledger's key cannot be read.";
    let next = "Look at the permissions of the directory's `keys`.";
    let keys = case_ledger_store::keys::LedgerKeys::load(layout).or_environment(what, next)?;
    keys.first().cloned().ok_or_else(|| Failure::environment(what, next))
}

/// Signs acts for the registry and sends them. The first refusal ends it.
pub fn register(
    ledger: &Ledger,
    origin: &Origin,
    key: &SigningKey,
    issuer: &Issuer,
    now: Micros,
    acts: Vec<Act>,
) -> Result<Vec<Answer>, Failure> {
    let mut texts = Vec::with_capacity(acts.len());
    for act in acts {
        let composition = Composition {
            issuer: issuer.clone(),
            stream: Stream::registry(),
            audience: origin.clone(),
            issued_at: now,
            happened_at: None,
            by: None,
            seen: None,
            act: act.write(),
            beside: Vec::new(),
        };
        texts.push(composition.sign(key)?);
    }
    let answers = ledger.submit(&texts)?;
    let refused = answers.iter().find_map(|answer| match answer {
        Answer::Refused(refused) => Some(refused),
        Answer::Recorded(_) => None,
    });
    match refused {
        None => Ok(answers),
        Some(refused) => Err(Failure::refused(
            "The ledger does not take this registration.",
            "Correct what it names and run the command again.",
        )
        .because_of(refused.to_string())
        .with_detail(refused.to_json())),
    }
}
