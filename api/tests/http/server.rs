//! A server of a test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use case_api::Config;
use case_ledger_store::Store;
use case_ledger_store::clock::Clock;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::ledger::{NOW, created, founding, open, submit};

/// Values for tests: short waits.
pub(crate) fn config() -> Config {
    Config {
        queue_within: Duration::from_millis(50),
        drain_within: Duration::from_secs(5),
        ..Config::standard()
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<Store>,
    pub(crate) directory: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A founded ledger.
    pub(crate) fn founded() -> Self {
        Self::with(config(), case_api::clock::simulated(NOW))
    }

    pub(crate) fn with(config: Config, clock: Clock) -> Self {
        let directory = created();
        let store = open(directory.path(), clock);
        submit(&store, &founding());
        Self::on(directory, store, config)
    }

    pub(crate) fn on(directory: TempDir, store: Arc<Store>, config: Config) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = store.clone();
        let serving = async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            case_api::serve(listener, served, config, stopped).await.unwrap();
        };
        let thread = std::thread::spawn(move || {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap()
                .block_on(serving);
        });
        Self { address, store, directory, stop: Some(stop), thread: Some(thread) }
    }

    /// Asks it to go down.
    pub(crate) fn tell_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it has gone down; gives the directory, with the store closed.
    pub(crate) fn join(mut self) -> TempDir {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
        let Self { store, directory, .. } = &mut self;
        assert_eq!(Arc::strong_count(store), 1, "the server keeps nothing of the store");
        let directory = std::mem::replace(directory, tempfile::tempdir().unwrap());
        drop(self);
        directory
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
