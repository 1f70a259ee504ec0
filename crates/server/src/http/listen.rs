//! Accepting connections, with a limit on everything a stranger can hold open.
//!
//! One clock per connection, in [`quiet`]: the first request has to come soon, a header that has begun has to end soon,
//! and between requests a connection may rest for a while. hyper's own header timeout counts the rest as part of the
//! header and does not run before the protocol is known, so ours replaces it.
//!
//! What hyper refuses before a request exists (no HTTP at all, a header beyond [`HARD_HEADER_BYTES`]) it answers with a
//! bare 400 or 431 of its own; everything after that is answered by us.

mod quiet;

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use self::quiet::{Activity, Watched};
use super::{Limits, Peer};

/// The most hyper keeps of a header: several times our own limit, so that it is we who refuse, with a problem document.
const HARD_HEADER_BYTES: usize = 128 * 1024;

/// The same for the number of fields.
const HARD_HEADER_FIELDS: usize = 256;

/// The pause after a failed accept, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a connection that was told to close may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How the server came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every request that had begun was answered.
    Finished,
    /// The deadline passed; this many connections were cut.
    Cut(usize),
}

/// Serves `router` until `shutdown`, then finishes what has begun, at most until `deadline` has passed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
    deadline: Duration,
) -> Ending {
    let builder = Arc::new(builder(&limits));
    let permits = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let accept = async {
        loop {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let stream = next_connection(&listener).await;
            let connection = connection(Arc::clone(&builder), stream, router.clone(), limits, shutdown.clone());
            let cut = cut.clone();
            connections.spawn(async move {
                cut.run_until_cancelled(connection).await;
                drop(permit);
            });
        }
    };
    // Stopping in the middle of an accept loses nothing: the connection stays with the kernel until it is returned.
    shutdown.run_until_cancelled(accept).await;
    drop(listener);
    connections.close();
    if tokio::time::timeout(deadline, connections.wait()).await.is_ok() {
        return Ending::Finished;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    Ending::Cut(left)
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .keep_alive(true)
        .max_headers(HARD_HEADER_FIELDS)
        .max_buf_size(HARD_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        // Rapid reset (CVE-2023-44487) and its cousins: a connection that resets more than this is closed.
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(64)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX).saturating_mul(2))
        .max_send_buf_size(64 * 1024)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024)
        .keep_alive_interval(limits.idle_time / 2)
        .keep_alive_timeout(limits.header_time);
    builder
}

async fn next_connection(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => return (stream, Peer(address)),
            // The caller hung up while it waited in the kernel: nobody's fault.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    builder: Arc<Builder<TokioExecutor>>,
    (stream, peer): (TcpStream, Peer),
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    // Answers are one small write; waiting for more only adds delay. A socket without the option works all the same.
    let _ = stream.set_nodelay(true);
    let activity = Activity::new(limits.header_time, limits.idle_time);
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let busy = activity.begin();
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await;
            drop(busy);
            response
        }
    });
    let served = builder.serve_connection(TokioIo::new(Watched::new(stream, activity.clone())), service);
    let mut served = pin!(served);
    tokio::select! {
        _ = served.as_mut() => return,
        () = shutdown.cancelled() => served.as_mut().graceful_shutdown(),
        () = activity.too_quiet() => {
            served.as_mut().graceful_shutdown();
            // Half a header has nothing to finish.
            let _ = tokio::time::timeout(FAREWELL, served).await;
            return;
        }
    }
    // Shutting down: requests under way go on, silence does not.
    tokio::select! {
        _ = served.as_mut() => {}
        () = activity.too_quiet() => {}
    }
}

#[cfg(test)]
mod tests;
