//! Real sockets: what a connection may do, and how soon one that does too little or too much is gone.

mod http2;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream as Socket};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use axum::routing::{get, post};
use tokio::task::JoinHandle;

use super::*;
use crate::config::{Config, Sources};
use crate::http::{Fields, HttpContext, Json, ReadBody, layers};

const OK: &str = "HTTP/1.1 200 OK\r\n";

struct Empty;

impl ReadBody for Empty {
    fn read(_: &mut Fields) -> Self {
        Self
    }
}

struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    ended: JoinHandle<Ending>,
}

/// Short enough for a test, long enough for a busy machine.
fn short() -> Limits {
    Limits {
        header_time: Duration::from_millis(400),
        body_time: Duration::from_millis(400),
        idle_time: Duration::from_millis(1_500),
        ..Limits::default()
    }
}

async fn start(limits: Limits, deadline: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = Config::load(&Sources::default()).unwrap();
    config.bound_to(address);
    let router = Router::new()
        .route("/open", get(async || "open"))
        .route("/auth/login/", post(async |Json(Empty): Json<Empty>| "in"))
        .route(
            "/slow",
            get(async || {
                tokio::time::sleep(Duration::from_millis(600)).await;
                "slow"
            }),
        );
    let router = layers(router, &HttpContext::new(&config, limits));
    let shutdown = CancellationToken::new();
    let ended = tokio::spawn(serve(listener, router, limits, shutdown.clone(), deadline));
    Server { address, shutdown, ended }
}

impl Server {
    fn connect(&self) -> Socket {
        let socket = Socket::connect(self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    }

    fn head(&self, line: &str, more: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", self.address)
    }
}

/// Runs a blocking client beside the server.
async fn client<T: Send + 'static>(talk: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(talk).await.unwrap()
}

/// Everything until the server closes. A reset after the answer counts as closing.
fn rest(socket: &mut Socket) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the server neither answered nor closed: {error}"),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer on a connection that stays open.
fn answer(socket: &mut Socket) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = socket.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "closed instead of answering");
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
    }
}

/// Sends these bytes and reads to the end.
async fn talk(server: &Server, bytes: impl Into<Vec<u8>>) -> String {
    let (mut socket, bytes) = (server.connect(), bytes.into());
    client(move || {
        // The server may have closed already; what it said is still there to be read.
        let _ = socket.write_all(&bytes);
        rest(&mut socket)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_carries_several_requests() {
    let server = start(short(), Duration::ZERO).await;
    let (mut socket, head) = (server.connect(), server.head("GET /open", ""));
    client(move || {
        for _ in 0..3 {
            socket.write_all(head.as_bytes()).unwrap();
            let text = answer(&mut socket);
            assert!(text.starts_with(OK) && text.ends_with("open"), "{text}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_the_header_and_nothing_after_it() {
    let server = start(short(), Duration::ZERO).await;
    let text = talk(&server, server.head("HEAD /open", "Connection: close\r\n")).await;
    assert!(text.starts_with(OK) && text.ends_with("\r\n\r\n"), "{text}");
    let text = talk(&server, server.head("HEAD /nowhere", "Connection: close\r\n")).await;
    assert!(text.starts_with("HTTP/1.1 404") && text.ends_with("\r\n\r\n"), "{text}");
}

/// Sends a beginning, waits for the end, and says how long that took.
async fn closed_after(server: &Server, beginning: &[u8]) -> Duration {
    let (mut socket, beginning) = (server.connect(), beginning.to_vec());
    client(move || {
        let started = Instant::now();
        socket.write_all(&beginning).unwrap();
        rest(&mut socket);
        started.elapsed()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_or_only_half_is_closed() {
    let server = start(short(), Duration::ZERO).await;
    for beginning in [&b""[..], b"G", b"GET /open HTTP/1.1\r\nHost: x", b"PRI", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let took = closed_after(&server, beginning).await;
        assert!(took > Duration::from_millis(300) && took < Duration::from_secs(4), "{beginning:?}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_trickles_is_cut_off() {
    let server = start(short(), Duration::ZERO).await;
    let (mut socket, head) =
        (server.connect(), server.head("GET /open", &format!("X-Slow: {}\r\n", "x".repeat(5_000))));
    let took = client(move || {
        let started = Instant::now();
        for byte in head.into_bytes() {
            if socket.write_all(&[byte]).is_err() {
                break;
            }
            sleep(Duration::from_millis(10));
        }
        started.elapsed()
    })
    .await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn between_requests_a_connection_may_rest_but_not_begin_and_stop() {
    let limits = short();
    let server = start(limits, Duration::ZERO).await;
    let (mut socket, head) = (server.connect(), server.head("GET /open", ""));
    client(move || {
        socket.write_all(head.as_bytes()).unwrap();
        answer(&mut socket);
        sleep(limits.header_time * 2);
        socket.write_all(head.as_bytes()).unwrap();
        assert!(answer(&mut socket).starts_with(OK), "a rest is no slow header");

        socket.write_all(b"GET /op").unwrap();
        let started = Instant::now();
        assert_eq!(rest(&mut socket), "");
        let took = started.elapsed();
        assert!(took > limits.header_time / 2 && took < limits.header_time + Duration::from_secs(3), "{took:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_rests_too_long_is_closed() {
    let limits = short();
    let server = start(limits, Duration::ZERO).await;
    let (mut socket, head) = (server.connect(), server.head("GET /open", ""));
    client(move || {
        socket.write_all(head.as_bytes()).unwrap();
        answer(&mut socket);
        let started = Instant::now();
        assert_eq!(rest(&mut socket), "");
        let took = started.elapsed();
        assert!(took > limits.idle_time / 2 && took < limits.idle_time + Duration::from_secs(3), "{took:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_take_longer_than_a_silence() {
    let server = start(Limits { idle_time: Duration::from_millis(100), ..short() }, Duration::ZERO).await;
    let text = talk(&server, server.head("GET /slow", "")).await;
    assert!(text.starts_with(OK) && text.ends_with("slow"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_header_is_refused_with_a_problem_and_a_huge_one_at_all() {
    let server = start(short(), Duration::ZERO).await;
    let large = server.head("GET /open", &format!("Connection: close\r\nUser-Agent: {}\r\n", "x".repeat(64 * 1024)));
    let text = talk(&server, large).await;
    assert!(text.starts_with("HTTP/1.1 431") && text.contains("\"headers_too_large\""), "{text}");

    let huge = server.head("GET /open", &format!("User-Agent: {}\r\n", "x".repeat(1024 * 1024)));
    let text = talk(&server, huge).await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 431"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_is_refused() {
    let server = start(short(), Duration::ZERO).await;
    for garbage in
        ["\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /auth/login/ HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
    {
        let text = talk(&server, garbage).await;
        assert!(text.starts_with("HTTP/1.1 400"), "{garbage:?}: {text}");
    }
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_of_a_large_body_gets_to_read_the_refusal() {
    let server = start(Limits::default(), Duration::ZERO).await;
    let size = 10 * 1024 * 1024;
    let mut bytes = server
        .head("POST /auth/login/", &format!("{JSON}Connection: close\r\nContent-Length: {size}\r\n"))
        .into_bytes();
    bytes.resize(bytes.len() + size, b' ');
    let started = Instant::now();
    let text = talk(&server, bytes).await;
    assert!(text.starts_with("HTTP/1.1 413") && text.contains("\"body_too_large\""), "{text}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_asks_first_is_refused_at_once() {
    let server = start(Limits::default(), Duration::ZERO).await;
    let head = server.head("POST /auth/login/", &format!("{JSON}Expect: 100-continue\r\nContent-Length: 1000000\r\n"));
    let mut socket = server.connect();
    let text = client(move || {
        socket.write_all(head.as_bytes()).unwrap();
        answer(&mut socket)
    })
    .await;
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_ends_the_connection() {
    let server = start(Limits::default(), Duration::ZERO).await;
    let head = server.head("POST /auth/login/", &format!("{JSON}Transfer-Encoding: chunked\r\n"));
    let mut socket = server.connect();
    let (sent, text) = client(move || {
        socket.write_all(head.as_bytes()).unwrap();
        let mut chunk = b"10000\r\n".to_vec();
        chunk.resize(chunk.len() + 0x1_0000, b' ');
        chunk.extend_from_slice(b"\r\n");
        // A gigabyte, if it were let in.
        let sent = (0..16_384).take_while(|_| socket.write_all(&chunk).is_ok()).count();
        (sent, rest(&mut socket))
    })
    .await;
    assert!(sent < 2_000, "{sent} chunks of 64 KiB were taken");
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 413"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_refused_in_time() {
    let server = start(short(), Duration::ZERO).await;
    let head = server.head("POST /auth/login/", &format!("{JSON}Content-Length: 1000\r\n"));
    let mut socket = server.connect();
    let mut sender = socket.try_clone().unwrap();
    let text = client(move || {
        sender.write_all(head.as_bytes()).unwrap();
        let trickle = spawn(move || {
            while sender.write_all(b" ").is_ok() {
                sleep(Duration::from_millis(50));
            }
        });
        let text = answer(&mut socket);
        let _ = socket.shutdown(Shutdown::Both);
        trickle.join().unwrap();
        text
    })
    .await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("\"request_timeout\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_many_silent_connections_a_normal_request_is_answered_at_once() {
    let server = start(Limits::default(), Duration::ZERO).await;
    let silent: Vec<Socket> = (0..200).map(|_| server.connect()).collect();
    let started = Instant::now();
    let text = talk(&server, server.head("GET /open", "Connection: close\r\n")).await;
    assert!(text.starts_with(OK) && started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_wait_their_turn() {
    let server = start(Limits { connections: 2, ..short() }, Duration::ZERO).await;
    let silent = [server.connect(), server.connect()];
    // Give the server the moment it needs to accept both.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    let text = talk(&server, server.head("GET /open", "Connection: close\r\n")).await;
    assert!(text.starts_with(OK), "{text}");
    assert!(started.elapsed() > Duration::from_millis(200), "it had to wait: {:?}", started.elapsed());
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutting_down_finishes_what_has_begun_and_takes_nothing_new() {
    let server = start(Limits::default(), Duration::from_secs(10)).await;
    let (mut busy, mut resting) = (server.connect(), server.connect());
    let (slow, open) = (server.head("GET /slow", ""), server.head("GET /open", ""));
    let (mut busy, mut resting) = client(move || {
        resting.write_all(open.as_bytes()).unwrap();
        answer(&mut resting);
        busy.write_all(slow.as_bytes()).unwrap();
        sleep(Duration::from_millis(200));
        (busy, resting)
    })
    .await;
    server.shutdown.cancel();
    let text = client(move || rest(&mut busy)).await;
    assert!(text.starts_with(OK) && text.ends_with("slow"), "{text}");
    assert_eq!(client(move || rest(&mut resting)).await, "");
    assert_eq!(server.ended.await.unwrap(), Ending::Finished);
    assert!(Socket::connect(server.address).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_finished_by_the_deadline_is_cut() {
    let server = start(Limits::default(), Duration::from_millis(50)).await;
    let (mut socket, head) = (server.connect(), server.head("GET /slow", ""));
    let mut socket = client(move || {
        socket.write_all(head.as_bytes()).unwrap();
        sleep(Duration::from_millis(200));
        socket
    })
    .await;
    server.shutdown.cancel();
    assert_eq!(server.ended.await.unwrap(), Ending::Cut(1));
    assert_eq!(client(move || rest(&mut socket)).await, "");
}
