//! How long a connection has said nothing, or too little.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

/// What a connection is doing.
#[derive(Clone, Copy)]
struct State {
    /// Requests that are being answered.
    busy: usize,
    /// When a silent connection is to be closed.
    until: Instant,
    /// Whether part of a request has arrived since the last answer.
    begun: bool,
}

/// Shared between the socket, the requests on it and the clock.
#[derive(Clone)]
pub(super) struct Activity {
    state: Arc<watch::Sender<State>>,
    header_time: Duration,
    idle_time: Duration,
}

impl Activity {
    /// A new connection: its first request has the time of a header.
    pub(super) fn new(header_time: Duration, idle_time: Duration) -> Self {
        let state = State { busy: 0, until: Instant::now() + header_time, begun: true };
        Self { state: Arc::new(watch::Sender::new(state)), header_time, idle_time }
    }

    /// A request has arrived whole; it is over when the guard is dropped.
    pub(super) fn begin(&self) -> Busy {
        self.state.send_modify(|state| state.busy += 1);
        Busy(self.clone())
    }

    /// Bytes have arrived. Those of a body come while a request is busy, and have a time limit of their own.
    fn received(&self) {
        self.state.send_if_modified(|state| {
            let starts = state.busy == 0 && !state.begun;
            if starts {
                state.begun = true;
                state.until = Instant::now() + self.header_time;
            }
            starts
        });
    }

    /// Returns when the connection has been silent for too long.
    pub(super) async fn too_quiet(&self) {
        let mut changes = self.state.subscribe();
        loop {
            let State { busy, until, .. } = *changes.borrow_and_update();
            let silence = async {
                if busy > 0 {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep_until(until).await;
            };
            tokio::select! {
                () = silence => return,
                // The sender lives as long as `self`.
                _ = changes.changed() => {}
            }
        }
    }
}

/// One request under way.
pub(super) struct Busy(Activity);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| {
            state.busy -= 1;
            state.begun = false;
            state.until = Instant::now() + self.0.idle_time;
        });
    }
}

/// A socket that tells when bytes arrive.
pub(super) struct Watched {
    stream: TcpStream,
    activity: Activity,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, activity: Activity) -> Self {
        Self { stream, activity }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
