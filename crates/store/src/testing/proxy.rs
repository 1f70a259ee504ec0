//! A loopback TCP proxy in front of PostgreSQL that counts round trips, and can fall silent or go away.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What the client sends within this time is one request: a pipeline may leave it in several segments.
const WINDOW: Duration = Duration::from_millis(10);

/// Forwards to a PostgreSQL server until dropped. Every turn of the client is held back for a few milliseconds.
pub struct CountingProxy {
    address: SocketAddr,
    target: Config,
    turns: Arc<AtomicUsize>,
    forgotten: Arc<AtomicUsize>,
    mode: watch::Sender<Mode>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Forward,
    Silent,
    Gone,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl CountingProxy {
    /// A proxy on a free port in front of the server that `url` names.
    ///
    /// # Panics
    /// Where `url` is not PostgreSQL's or no port is free.
    #[expect(clippy::expect_used, reason = "a test without its proxy cannot go on")]
    pub async fn in_front_of(url: &str) -> Self {
        let target: Config = url.parse().expect("a PostgreSQL URL");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let turns = Arc::new(AtomicUsize::new(0));
        let (mode, watched) = watch::channel(Mode::Forward);
        let forgotten = Arc::new(AtomicUsize::new(0));
        let counters = (Arc::clone(&turns), Arc::clone(&forgotten));
        let accepting = tokio::spawn(accept(listener, target.clone(), counters, watched));
        Self { address, target, turns, forgotten, mode, accepting }
    }

    /// As in [`crate::Options::url`], through the proxy.
    pub fn url(&self) -> String {
        let optional = |key, value: Option<&str>| value.map(|value| format!(" {key}={value}")).unwrap_or_default();
        let password = self.target.get_password().map(String::from_utf8_lossy);
        format!(
            "host=127.0.0.1 port={} sslmode=disable{}{}{}",
            self.address.port(),
            optional("user", self.target.get_user()),
            optional("dbname", self.target.get_dbname()),
            optional("password", password.as_deref()),
        )
    }

    /// Where it listens on this machine.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How often clients have sent something and then waited, so far.
    pub fn round_trips(&self) -> usize {
        self.turns.load(Ordering::SeqCst)
    }

    /// Keeps connections open and says nothing any more.
    pub fn fall_silent(&self) {
        self.mode.send_replace(Mode::Silent);
    }

    /// Breaks all connections and answers no new ones.
    pub fn go_away(&self) {
        self.mode.send_replace(Mode::Gone);
    }

    /// Forgets the connections there are, as a firewall does: each breaks when its client next says something.
    pub fn forget_connections(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
    }

    /// Forwards again.
    pub fn come_back(&self) {
        self.mode.send_replace(Mode::Forward);
    }
}

impl Drop for CountingProxy {
    fn drop(&mut self) {
        self.mode.send_replace(Mode::Gone);
        self.accepting.abort();
    }
}

/// Turns of clients, and how often all connections were forgotten.
type Counters = (Arc<AtomicUsize>, Arc<AtomicUsize>);

async fn accept(listener: TcpListener, target: Config, counters: Counters, mode: watch::Receiver<Mode>) {
    while let Ok((client, _)) = listener.accept().await {
        if *mode.borrow() == Mode::Gone {
            continue;
        }
        let (target, counters, mode) = (target.clone(), counters.clone(), mode.clone());
        tokio::spawn(async move {
            let mut until = mode.clone();
            let forwarding = async {
                let server = connect(&target).await?;
                forward(client, server, &counters, mode).await
            };
            // Either end means that the connection is over.
            tokio::select! {
                _ = until.wait_for(|mode| *mode == Mode::Gone) => {}
                _ = forwarding => {}
            }
        });
    }
}

async fn connect(target: &Config) -> io::Result<Box<dyn Stream>> {
    let port = target.get_ports().first().copied().unwrap_or(5432);
    Ok(match target.get_hosts().first() {
        Some(Host::Unix(folder)) => Box::new(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?),
        Some(Host::Tcp(host)) => {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        None => Box::new(TcpStream::connect(("127.0.0.1", port)).await?),
    })
}

async fn forward(
    client: TcpStream,
    server: Box<dyn Stream>,
    (turns, forgotten): &Counters,
    mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    let known_since = forgotten.load(Ordering::SeqCst);
    client.set_nodelay(true)?;
    let (mut client_says, mut to_client) = client.into_split();
    let (mut server_says, mut to_server) = tokio::io::split(server);
    let (mut mode_up, mut mode_down) = (mode.clone(), mode);
    let up = async {
        let mut request = Vec::new();
        while client_says.read_buf(&mut request).await? > 0 {
            sleep(WINDOW).await;
            while let Ok(more) = timeout(Duration::ZERO, client_says.read_buf(&mut request)).await {
                if more? == 0 {
                    break;
                }
            }
            speaking(&mut mode_up).await;
            if forgotten.load(Ordering::SeqCst) != known_since {
                return Ok(());
            }
            turns.fetch_add(1, Ordering::SeqCst);
            to_server.write_all(&request).await?;
            request.clear();
        }
        to_server.shutdown().await
    };
    let down = async {
        let mut answer = Vec::new();
        while server_says.read_buf(&mut answer).await? > 0 {
            speaking(&mut mode_down).await;
            to_client.write_all(&answer).await?;
            answer.clear();
        }
        to_client.shutdown().await
    };
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

async fn speaking(mode: &mut watch::Receiver<Mode>) {
    // A proxy that was dropped forwards nothing any more either; its connections end through `Gone`.
    let _ = mode.wait_for(|mode| *mode == Mode::Forward).await;
}
