//! The listening socket: connections, their time limits, and going down without leaving anybody in the dark.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use case_ledger_store::Store;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Sleep;

use crate::app::going_down;
use crate::config::Config;
use crate::routes::with_closing;

/// Serves until `shutdown` is ready. Then nothing new is accepted; requests that have come are answered or refused, batches stop
/// at the line they have reached; what is not finished within `config.drain_within` is cut off; and the store is closed, so that
/// every answer that was given stands in both copies.
///
/// # Errors
/// Closing the store failed in a way that nobody could handle.
pub async fn serve(
    listener: TcpListener,
    store: Arc<Store>,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (close, closing) = watch::channel(false);
    let router = with_closing(store.clone(), config.clone(), closing.clone());
    let mut connections = JoinSet::new();

    accept(listener, &router, &config, &closing, &mut connections, shutdown).await;

    tracing::info!(connections = connections.len(), "going down");
    close.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(config.drain_within, drained).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests were cut off: they did not finish in time"
        );
    }
    connections.shutdown().await;
    tokio::task::spawn_blocking(move || store.close()).await.map_err(io::Error::other)
}

async fn accept(
    listener: TcpListener,
    router: &Router,
    config: &Config,
    closing: &watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(config.connections_max));
    let http = Arc::new(protocol(config));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, _)| (place, stream))
        };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => return,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((place, stream)) => {
                let connection = connection(
                    http.clone(),
                    stream,
                    router.clone(),
                    config.answer_idle,
                    closing.clone(),
                );
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of descriptors, most likely: give those that are served time to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// HTTP/1.1 only: a reverse proxy speaks everything else, and speaks this to us.
fn protocol(config: &Config) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_within)
        .max_headers(config.headers_max)
        // The library does not take less than 8 KiB.
        .max_buf_size(config.head_max.max(8 * 1024));
    http
}

async fn connection(
    http: Arc<auto::Builder<TokioExecutor>>,
    stream: TcpStream,
    router: Router,
    answer_idle: Duration,
    mut closing: watch::Receiver<bool>,
) {
    // An answer goes out when it is written, not when more has come together.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Patient { stream, within: answer_idle, stalled: None });
    let connection = http.serve_connection(io, TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = going_down(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// A socket whose peer may leave what we write unread only so long. Without it a client that never reads would keep its
/// connection, and what was prepared for it, for ever.
struct Patient {
    stream: TcpStream,
    within: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn wait<T>(
        &mut self,
        progress: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let within = self.within;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wait(progress, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wait(progress, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
