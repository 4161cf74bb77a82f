//! What all handlers share: the store, the places in its queue, the read-side index.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use case_ledger_store::clock::ClockFault;
use case_ledger_store::writer::QUEUE_MAX;
use case_ledger_store::{Answers, Prepared, Store, Unavailable};
use case_projections::as_of::LedgerClock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::config::Config;
use crate::problem::Problem;
use crate::publicity::Public;
use crate::request_ids::RequestIds;

/// Places in the store's queue for single actions.
const SINGLE_PLACES: usize = QUEUE_MAX / 4 * 3;
/// Places for groups of a batch: few, so that a single action does not wait behind many of them. Together with the others they
/// leave some of the queue to the ledger's own entries.
const GROUP_PLACES: usize = QUEUE_MAX / 8;

/// How often somebody who waits for the writer looks whether it is still to be waited for.
const LOOK_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) config: Config,
    pub(crate) public: Public,
    pub(crate) ids: RequestIds,
    /// Whether the server is going down.
    pub(crate) closing: watch::Receiver<bool>,
    /// Places for batches.
    pub(crate) batches: Arc<Semaphore>,
    singles: Arc<Semaphore>,
    groups: Arc<Semaphore>,
    /// Why the clock turned the last request away, if it did.
    clock_fault: Arc<Mutex<Option<ClockFault>>>,
}

/// The answer to what was handed to the writer, once it comes.
pub(crate) type Awaited = oneshot::Receiver<Result<Answers, Unavailable>>;

impl App {
    pub(crate) fn new(store: Arc<Store>, config: Config, closing: watch::Receiver<bool>) -> Self {
        Self {
            store,
            public: Public::default(),
            ids: RequestIds::new(),
            closing,
            batches: Arc::new(Semaphore::new(config.batches_max)),
            singles: Arc::new(Semaphore::new(SINGLE_PLACES)),
            groups: Arc::new(Semaphore::new(GROUP_PLACES)),
            clock_fault: Arc::default(),
            config,
        }
    }

    /// Hands in one action, waiting a moment for a place if there is none.
    pub(crate) async fn submit_one(&self, action: Prepared) -> Result<Answers, Problem> {
        let place =
            tokio::time::timeout(self.config.queue_within, self.singles.clone().acquire_owned())
                .await;
        let Ok(Ok(place)) = place else { return Err(Problem::Unavailable(Unavailable::QueueFull)) };
        let told = self.hand_in(vec![action], place);
        self.settled(told).await.map_err(Problem::Unavailable)
    }

    /// Hands in a group of a batch, waiting for a place as long as it takes.
    pub(crate) async fn submit_group(&self, actions: Vec<Prepared>) -> Result<Awaited, Problem> {
        let place = self.groups.clone().acquire_owned().await.map_err(|_| Problem::Internal)?;
        Ok(self.hand_in(actions, place))
    }

    fn hand_in(&self, actions: Vec<Prepared>, place: OwnedSemaphorePermit) -> Awaited {
        let (tell, told) = oneshot::channel();
        let clock_fault = self.clock_fault.clone();
        self.store.submit(actions, move |answers| {
            let mut last = clock_fault.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(Unavailable::Clock(fault)) = &answers {
                *last = Some(*fault);
            } else if answers.is_ok() {
                *last = None;
            }
            drop(last);
            // Whoever asked may have gone; the entries stand all the same.
            let _ = tell.send(answers);
            drop(place);
        });
        told
    }

    /// What the writer says. One that went without a word, or that waits for a disk that never comes back, leaves the outcome
    /// unknown.
    pub(crate) async fn settled(&self, mut told: Awaited) -> Result<Answers, Unavailable> {
        loop {
            match tokio::time::timeout(LOOK_AFTER, &mut told).await {
                Ok(told) => return told.unwrap_or(Err(Unavailable::Poisoned)),
                Err(_) if self.store.is_poisoned() => return Err(Unavailable::Poisoned),
                Err(_) => {}
            }
        }
    }

    /// Why nothing would be taken now, where that is certain without trying.
    pub(crate) fn unavailable(&self) -> Option<Unavailable> {
        if let Some(reason) = self.store.read_only() {
            return Some(Unavailable::ReadOnly(reason));
        }
        if self.store.is_poisoned() {
            return Some(Unavailable::Poisoned);
        }
        self.closing.borrow().then_some(Unavailable::ShuttingDown)
    }

    /// Why an action would most likely be turned away now: what is certain, a clock that turned the last one away, no place left.
    pub(crate) fn obstacles(&self) -> Vec<Unavailable> {
        let clock = *self.clock_fault.lock().unwrap_or_else(PoisonError::into_inner);
        let full = (self.singles.available_permits() == 0).then_some(Unavailable::QueueFull);
        let obstacles = [self.unavailable(), clock.map(Unavailable::Clock), full];
        obstacles.into_iter().flatten().collect()
    }

    /// Where the ledger's time comes from.
    pub(crate) fn clock(&self) -> LedgerClock {
        LedgerClock::of(&self.store.registry())
    }
}

/// Waits until the server goes down; for ever if nobody is there to say so.
pub(crate) async fn going_down(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|closing| *closing).await.is_err() {
        std::future::pending::<()>().await;
    }
}
