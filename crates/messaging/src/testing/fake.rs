//! A server on loopback that takes messages, refuses them, hangs or hangs up, and remembers what came.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::dialect::{Dialect, Said};

/// What a provider does with the next requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Takes messages.
    Well,
    /// Takes messages, and answers so much later.
    Slow(Duration),
    /// Takes messages and never answers.
    Silent,
    /// Refuses with this status and its own code for the reason (empty: none), and perhaps says when to come back.
    Refusing {
        /// The HTTP status.
        status: u16,
        /// The code in the body.
        code: &'static str,
        /// Seconds for `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Hangs up on every connection before a byte is read.
    HangingUpBefore,
    /// Takes the message, then hangs up instead of answering.
    HangingUpAfter,
}

impl Mood {
    /// Refuses with a status and a code.
    pub const fn refusing(status: u16, code: &'static str) -> Self {
        Self::Refusing { status, code, retry_after: None }
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The number, in E.164.
    pub to: String,
    /// The sender, or the messaging service.
    pub from: String,
    /// The text.
    pub text: String,
    /// Where reports are to go.
    pub callback: Option<String>,
    /// What names the message to the provider, where it takes such a thing.
    pub idempotency_key: Option<String>,
    /// The id it was given; none where it was not taken.
    pub id: Option<String>,
    /// The path and the headers, as text: for looking for what must not be there.
    pub head: String,
}

/// A provider of text messages. Dropped, it is gone.
pub struct FakeProvider {
    dialect: Dialect,
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

struct Shared {
    dialect: Dialect,
    mood: Mutex<Mood>,
    seen: Mutex<Vec<Seen>>,
}

impl FakeProvider {
    /// A well one that speaks this dialect, on a port of its own.
    ///
    /// # Panics
    /// Where no port can be had.
    pub async fn start(dialect: Dialect) -> Self {
        let shared = Shared { dialect, mood: Mutex::new(Mood::Well), seen: Mutex::default() };
        let unbound = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut fake = Self { dialect, address: unbound, shared: Arc::new(shared), listener: None };
        fake.open().await;
        fake
    }

    /// Where it listens: `http://127.0.0.1:1234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings of the server that lead here, by their names in the environment.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        self.dialect.settings(&self.url())
    }

    /// Changes its mood, for requests from now on.
    pub fn be(&self, mood: Mood) {
        *locked(&self.shared.mood) = mood;
    }

    /// Every request so far that could be read.
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.shared.seen).clone()
    }

    /// The messages it took: what would be on a phone.
    pub fn taken(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.id.is_some()).collect()
    }

    /// Refuses connections from now on.
    pub async fn close(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.abort();
            let _ = listener.await;
        }
    }

    /// Takes connections again, at the same address.
    ///
    /// # Panics
    /// Where somebody else took the port in the meantime.
    #[expect(clippy::expect_used, reason = "a test without its provider cannot go on")]
    pub async fn open(&mut self) {
        let socket = TcpListener::bind(self.address).await.expect("a port on loopback");
        self.address = socket.local_addr().expect("a bound address");
        let shared = Arc::clone(&self.shared);
        self.listener = Some(tokio::spawn(async move {
            // Connections end with their listener.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = socket.accept().await {
                if *locked(&shared.mood) != Mood::HangingUpBefore {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
            }
        }));
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.abort();
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    // An error here is a connection that one of the two sides broke, which is what some tests are about.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> io::Result<Response<String>> {
    let (head, body) = request.into_parts();
    let body = read(body).await?;
    let mood = locked(&shared.mood).clone();
    let said = shared.dialect.read(&head, &body, &mood, locked(&shared.seen).len());
    if let Some(seen) = said.seen.clone() {
        locked(&shared.seen).push(seen);
    }
    match mood {
        Mood::Silent => match std::future::pending::<Infallible>().await {},
        Mood::HangingUpAfter | Mood::HangingUpBefore => return Err(io::Error::other("hanging up")),
        Mood::Slow(wait) => tokio::time::sleep(wait).await,
        Mood::Well | Mood::Refusing { .. } => {}
    }
    Ok(response(said))
}

#[expect(clippy::expect_used, reason = "statuses and headers are written by the test")]
fn response(said: Said) -> Response<String> {
    let status = StatusCode::from_u16(said.status).expect("a status");
    let mut response = Response::builder().status(status).header("content-type", said.content_type);
    if let Some(seconds) = said.retry_after {
        response = response.header("retry-after", seconds);
    }
    response.body(said.body).expect("an answer")
}

async fn read(mut body: Incoming) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
