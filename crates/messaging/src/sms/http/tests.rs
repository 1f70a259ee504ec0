//! The client against servers that misbehave below HTTP: none, silent, dripping, endless, with a strange certificate.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::*;

const SHORT: Patience = Patience {
    connect: Duration::from_secs(1),
    silence: Duration::from_millis(300),
    whole: Duration::from_millis(900),
};

fn client(patience: Patience) -> Http {
    Http::trusting(RootCertStore::empty(), patience).unwrap()
}

async fn post(http: &Http, url: &str) -> Result<Answer, TryFailure> {
    let headers = Headers::basic("user", &SecretText::new("password")).unwrap();
    http.post(Url::parse(url).unwrap(), "text/plain", headers, b"text".to_vec()).await
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\ntext") {
        let mut part = [0; 1024];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(length) => text.extend_from_slice(&part[..length]),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Serves one connection: reads the request, then writes the pieces, each after a pause, and hangs up.
async fn serve(pieces: Vec<Vec<u8>>, pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        answer(&mut stream, pieces, pause).await;
    });
    url
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), pieces: Vec<Vec<u8>>, pause: Duration) {
    for piece in pieces {
        tokio::time::sleep(pause).await;
        if stream.write_all(&piece).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

fn head(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_connection_that_is_refused_is_a_sure_failure_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let start = Instant::now();
    assert_eq!(post(&client(SHORT), &url).await.unwrap_err(), TryFailure::provider("no connection"));
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_host_without_an_address_is_a_sure_failure() {
    let failure = post(&client(SHORT), "http://nowhere.invalid/").await.unwrap_err();
    assert!(matches!(failure, TryFailure::Provider { .. }), "{failure:?}");
}

#[tokio::test]
async fn silence_after_the_request_leaves_it_open_whether_it_arrived() {
    let url = serve(vec![head("200 OK")], Duration::from_secs(30)).await;
    assert_eq!(post(&client(SHORT), &url).await.unwrap_err(), TryFailure::lost("no answer in time"));
}

#[tokio::test]
async fn a_head_that_drips_is_silence() {
    let drops = b"HTTP/1.1 200 OK\r\n".iter().map(|byte| vec![*byte]).collect();
    let url = serve(drops, Duration::from_millis(200)).await;
    let start = Instant::now();
    assert_eq!(post(&client(SHORT), &url).await.unwrap_err(), TryFailure::lost("no answer in time"));
    assert!(start.elapsed() < Duration::from_millis(800), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_whole_time_and_the_status_counts() {
    let mut drops = vec![head("201 Created")];
    drops.extend(std::iter::repeat_n(b"x".to_vec(), 50));
    let url = serve(drops, Duration::from_millis(200)).await;
    let start = Instant::now();
    assert_eq!(post(&client(SHORT), &url).await.unwrap().status, 201);
    assert!((800..2_000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_leaves_it_open() {
    let url = serve(Vec::new(), Duration::ZERO).await;
    assert_eq!(post(&client(SHORT), &url).await.unwrap_err(), TryFailure::lost("connection lost before the answer"));
}

#[tokio::test]
async fn a_status_counts_though_the_rest_of_the_answer_is_lost() {
    let cut = b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"sid\":".to_vec();
    let url = serve(vec![cut], Duration::ZERO).await;
    assert_eq!(post(&client(SHORT), &url).await.unwrap().status, 201);
}

///
#[tokio::test]
async fn an_endless_answer_is_cut() {
    let mut pieces = vec![head("200 OK")];
    pieces.extend(std::iter::repeat_n(vec![b'x'; 60_000], 50));
    let url = serve(pieces, Duration::ZERO).await;
    assert_eq!(post(&client(SHORT), &url).await.unwrap().body.len(), LONGEST_ANSWER);
}

/// where a request goes is the operator's choice alone, and no answer leads elsewhere.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    let moved = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{target}/\r\nConnection: close\r\n\r\n");
    let url = serve(vec![moved.into_bytes()], Duration::ZERO).await;
    let answer = post(&client(SHORT), &url).await.unwrap();
    assert_eq!(answer.failure(), TryFailure::provider("unexpected answer (status 307)"));
    let knock = tokio::time::timeout(Duration::from_millis(200), elsewhere.accept()).await;
    assert!(knock.is_err(), "nobody came to the other address");
}

#[tokio::test]
async fn a_provider_says_how_long_to_wait_and_an_hour_at_most() {
    for (said, understood) in [("7", Some(7)), ("999999", Some(3600)), ("soon", None), ("-1", None)] {
        let busy = format!("HTTP/1.1 429 Too Many Requests\r\nRetry-After: {said}\r\nConnection: close\r\n\r\n");
        let url = serve(vec![busy.into_bytes()], Duration::ZERO).await;
        let answer = post(&client(SHORT), &url).await.unwrap();
        let retry_after = understood.map(Duration::from_secs);
        let reason = "too many requests (status 429)".to_owned();
        assert_eq!(answer.failure(), TryFailure::Provider { reason, retry_after });
    }
}

#[test]
fn each_status_means_the_number_the_way_or_the_provider() {
    let of = |status| Answer { status, retry_after: None, body: Vec::new() }.failure().kind();
    for status in [400, 406, 409, 413, 415, 422, 451] {
        assert_eq!(of(status), "route_refused", "{status}");
    }
    for status in [301, 307, 401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 429, 500, 502, 503, 504, 599] {
        assert_eq!(of(status), "provider_failed", "{status}");
    }
}

/// A server with a certificate of its own making; gives its port, the certificate, and what it read of a request.
async fn tls_server() -> (u16, RootCertStore, tokio::task::JoinHandle<String>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let read = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else { return String::new() };
        let request = read_request(&mut stream).await;
        answer(&mut stream, vec![head("201 Created")], Duration::ZERO).await;
        request
    });
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    (port, roots, read)
}

#[tokio::test]
async fn a_certificate_of_a_known_root_is_trusted() {
    let (port, roots, read) = tls_server().await;
    let http = Http::trusting(roots, SHORT).unwrap();
    let answer = post(&http, &format!("https://localhost:{port}/")).await.unwrap();
    assert_eq!(answer.status, 201);
    assert!(read.await.unwrap().contains("authorization: Basic dXNlcjpwYXNzd29yZA=="));
}

///
#[tokio::test]
async fn a_certificate_of_an_unknown_root_or_another_host_is_a_sure_failure_and_nothing_is_sent() {
    let (port, _, read) = tls_server().await;
    let failure = post(&client(SHORT), &format!("https://localhost:{port}/")).await.unwrap_err();
    assert_eq!(failure, TryFailure::provider("no connection"));
    assert_eq!(read.await.unwrap(), "");

    let (port, roots, read) = tls_server().await;
    let http = Http::trusting(roots, SHORT).unwrap();
    let failure = post(&http, &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(failure, TryFailure::provider("no connection"));
    assert_eq!(read.await.unwrap(), "");
}

#[test]
fn the_real_patience_fits_into_five_seconds() {
    let Patience { connect, silence, whole } = Patience::default();
    assert!(connect == Duration::from_secs(2) && silence == Duration::from_secs(4));
    assert!(whole > silence && whole < Duration::from_secs(5));
}
