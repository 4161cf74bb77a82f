//! `caseledger serve`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use case_ledger_store::Store;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::opening::{self, Time};
use crate::place::Place;

/// Serve a ledger over HTTP until it is told to stop (Ctrl-C or SIGTERM).
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  caseledger serve --dir ledger-data --listen 127.0.0.1:8420

TLS is the business of a reverse proxy in front. Logs go to stderr; RUST_LOG says how much.")]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    door: Door,
    /// You have looked at the computer's clock and it is right, whatever the log says
    #[arg(long)]
    confirm_clock: bool,
}

/// Where a server listens.
#[derive(Debug, Args)]
pub struct Door {
    /// The address to listen on; port 0 for any that is free
    #[arg(long, default_value = "127.0.0.1:8420")]
    pub listen: SocketAddr,
}

impl Serve {
    /// Serves.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = self.place.dir;
        let time = if self.confirm_clock { Time::Confirmed } else { Time::Founded };
        let store = Arc::new(opening::open(&directory, time)?);
        if let Some(reason) = store.read_only() {
            desk.note(format_args!("note: {reason}"));
        }
        serve(&store, &directory, self.door.listen, &[], desk)
    }
}

/// Serves an open ledger until a signal comes. `places` are worth looking at.
pub(super) fn serve(
    store: &Arc<Store>,
    directory: &Path,
    listen: SocketAddr,
    places: &[String],
    desk: &mut Desk<'_>,
) -> Result<Exit, Failure> {
    let origin = opening::origin(store, directory)?;
    start_logs(desk);
    let runtime = opening::runtime()?;
    let unheard = format!("The server cannot listen on {listen}.");
    let listener = runtime
        .block_on(TcpListener::bind(listen))
        .or_environment(unheard, "Choose another address with --listen.")?;
    let address = listener.local_addr().map_err(|error| Failure::output(&error))?;
    let url = format!("http://{address}");
    desk.result(
        format_args!("{origin} is served on {url}"),
        &json!({"serving": {"origin": origin.as_str(), "url": url, "size": store.size()}}),
    )?;
    for place in places {
        desk.note(format_args!("  see {url}{place}"));
    }
    let served = runtime.block_on(async {
        let stopped = stop_signal()?;
        case_api::serve(listener, store.clone(), case_api::Config::standard(), stopped).await
    });
    opening::close(store);
    served.or_environment(
        "The server has stopped.",
        "Look at its last log lines, then start it again.",
    )?;
    Ok(Exit::Fine)
}

/// Comes when somebody asks the process to stop.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: requests that have begun are finished first");
    })
}

/// Structured logs on stderr, as JSON if results are.
fn start_logs(desk: &Desk<'_>) {
    let usual = if desk.quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    let logs = logs.with_writer(std::io::stderr);
    // A second server in one process, as in tests, finds the logs started.
    let _ = if desk.json { logs.json().try_init() } else { logs.try_init() };
}
