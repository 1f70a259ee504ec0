//! The whole edge around a few routes, without a socket.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use serde_json::Value;
use tower::ServiceExt as _;

use super::health::Readiness;
use super::*;
use crate::config::Sources;
use crate::fault::Fault;
use crate::telemetry;

struct Empty;

impl ReadBody for Empty {
    fn read(_: &mut Fields) -> Self {
        Self
    }
}

async fn panics() {
    panic!("hunter2 in src/secret.rs");
}

fn edge(pairs: &[(&str, &str)], limits: Limits) -> Router {
    let config = Config::load(&Sources::of_pairs(pairs.iter().copied(), None)).unwrap();
    let metrics = telemetry::recorder().unwrap().handle();
    let ready =
        Readiness::new(async || Err(Fault::new("the database is away", std::io::Error::other("10.0.0.1:5432"))));
    let router = Router::new()
        .route("/auth/login/", post(async |client: Client, Json(Empty): Json<Empty>| client.address.to_string()))
        .route("/auth/2fa/status/", get(async |client: Client| client.user_agent.unwrap_or_default().to_string()))
        .route("/open", get(async || ([(header::CACHE_CONTROL, "public, max-age=300")], "open")))
        .route("/page", get(async || ([(header::CONTENT_SECURITY_POLICY, PAGE_CSP)], "page")))
        .route("/panic", get(panics))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_mins(1)).await))
        .merge(health::routes(ready, Some(metrics)));
    layers(router, &HttpContext::new(&config, limits))
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn problem(&self) -> Value {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text);
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        problem
    }

    fn code(&self) -> (u16, String) {
        (self.status, self.problem()["code"].as_str().unwrap().to_owned())
    }
}

async fn send(router: &Router, request: Request) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1_000_000).await.unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// A request from the loopback address to our host.
fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request =
        Request::builder().method(method).uri(path).extension(Peer(SocketAddr::from(([127, 0, 0, 1], 4711))));
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "127.0.0.1:8080");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(&edge(&[], Limits::default()), request(method, path, headers)).await
}

#[tokio::test]
async fn a_path_answers_with_and_without_its_slash_and_never_redirects() {
    for path in ["/auth/login/", "/auth/login"] {
        assert_eq!(ask("POST", path, &[]).await.text, "127.0.0.1");
    }
    for path in ["/open", "/open/"] {
        assert_eq!(ask("GET", path, &[]).await.text, "open");
    }
}

#[tokio::test]
async fn a_path_with_two_readings_or_in_capitals_is_not_found() {
    for path in [
        "//auth/login/",
        "/auth/%2e%2e/auth/login/",
        "/auth/..;/login/",
        "/auth/login/%00",
        "/AUTH/LOGIN/",
        "/nowhere",
        "/",
    ] {
        assert_eq!(ask("POST", path, &[]).await.code(), (404, "not_found".into()), "{path}");
    }
}

#[tokio::test]
async fn only_declared_methods_are_taken() {
    for method in ["PUT", "GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"] {
        let answer = ask(
            method,
            "/auth/login/",
            &[("origin", "https://evil.example"), ("access-control-request-method", "POST")],
        )
        .await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.headers.contains_key(header::ALLOW), "{method}");
        assert!(
            !answer.headers.keys().any(|name| name.as_str().starts_with("access-control")),
            "no other site is invited"
        );
        if method != "HEAD" {
            assert_eq!(answer.code().1, "method_not_allowed");
        }
    }
    for method in ["TRACE", "CONNECT"] {
        assert_eq!(ask(method, "/nowhere", &[]).await.status, 405);
    }
}

#[tokio::test]
async fn method_overrides_are_ignored() {
    let answer =
        ask("GET", "/auth/login/?_method=POST", &[("x-http-method-override", "POST"), ("x-method-override", "POST")])
            .await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let answer = ask("HEAD", "/open", &[]).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    for (method, path) in [
        ("GET", "/open"),
        ("GET", "/nowhere"),
        ("GET", "/auth/login/"),
        ("GET", "/panic"),
        ("GET", "/readyz"),
        ("POST", "/auth/login/"),
        ("TRACE", "/"),
    ] {
        let headers = ask(method, path, &[]).await.headers;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{method} {path}");
        }
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(headers.contains_key("permissions-policy") && headers.contains_key("x-request-id"));
        assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"));
        let caching = if path == "/open" { "public, max-age=300" } else { "no-store" };
        assert_eq!(headers["cache-control"], caching, "{method} {path}");
        assert!(!headers.contains_key("strict-transport-security"), "http says nothing about https");
    }
}

#[tokio::test]
async fn a_page_has_its_own_policy_without_anything_inline() {
    let headers = ask("GET", "/page", &[]).await.headers;
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in
        ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]
    {
        assert!(policy.contains(part), "{part}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(headers.get_all("content-security-policy").iter().count(), 1);
}

#[tokio::test]
async fn an_https_site_says_so_for_two_years() {
    let router = edge(&[("TWINLOCK_BASE_URL", "https://login.example.com")], Limits::default());
    for path in ["/open", "/nowhere", "/panic"] {
        let answer = send(&router, request("GET", path, &[])).await;
        assert_eq!(answer.headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
    }
}

#[tokio::test]
async fn a_panic_and_a_fault_tell_nothing() {
    let panic = ask("GET", "/panic", &[]).await;
    assert_eq!(panic.code(), (500, "internal_error".into()));
    let fault = ask("GET", "/readyz", &[]).await;
    assert_eq!(fault.code(), (503, "unavailable".into()));
    for answer in [panic, fault] {
        for word in ["hunter2", "secret.rs", "panicked", "database", "5432"] {
            assert!(!answer.text.contains(word), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let limits = Limits { request_time: Duration::from_millis(20), ..Limits::default() };
    let answer = send(&edge(&[], limits), request("GET", "/slow", &[])).await;
    assert_eq!(answer.code(), (503, "unavailable".into()));
}

#[tokio::test]
async fn a_request_id_is_taken_over_only_if_it_is_harmless() {
    for id in ["12345678", "0f8fad5b-d9cb-469f-a165-70867728950e", &"a".repeat(64)] {
        assert_eq!(ask("GET", "/open", &[("x-request-id", id)]).await.headers["x-request-id"], id);
    }
    for id in ["1234567", &"a".repeat(65), "12345678\t", "1234567_8", "12345678{\"a\":1}", ""] {
        let answer = ask("GET", "/nowhere", &[("x-request-id", id)]).await;
        let ours = answer.problem()["request_id"].as_str().unwrap().to_owned();
        assert!(ours != id && ours.len() == 32, "{id:?}: {ours}");
    }
    let router = edge(&[], Limits::default());
    let first = send(&router, request("GET", "/open", &[])).await.headers["x-request-id"].clone();
    let second = send(&router, request("GET", "/open", &[])).await.headers["x-request-id"].clone();
    assert_ne!(first, second);
}

#[tokio::test]
async fn only_our_own_hosts_are_answered() {
    let production =
        edge(&[("TWINLOCK_ENV", "production"), ("TWINLOCK_BASE_URL", "https://login.example.com")], Limits::default());
    let development = edge(&[], Limits::default());
    let status =
        async |router: &Router, headers: &[(&str, &str)]| send(router, request("GET", "/open", headers)).await.status;
    for host in ["login.example.com", "LOGIN.example.com", "login.example.com:443", "127.0.0.1:8080"] {
        assert_eq!(status(&production, &[("host", host)]).await, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost:8080",
        "login.example.com:80",
        "login.example.com.evil.example",
        "login.example.com@evil",
        "",
    ] {
        assert_eq!(status(&production, &[("host", host)]).await, 421, "{host}");
    }
    for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
        assert_eq!(status(&development, &[("host", host)]).await, 200, "{host}");
    }
    for host in ["evil.example", "evil.example:8080", "localhost", "localhost:1"] {
        assert_eq!(status(&development, &[("host", host)]).await, 421, "{host}");
    }
    assert_eq!(status(&development, &[("host", "127.0.0.1:8080"), ("host", "evil.example")]).await, 421, "two hosts");
    assert_eq!(status(&development, &[("host", "127.0.0.1:8080"), ("host", "127.0.0.1:8080")]).await, 421);
    let ignored =
        [("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example"), ("x-forwarded-proto", "https")];
    assert_eq!(status(&development, &ignored).await, 200, "headers that nobody reads do nothing");
}

#[tokio::test]
async fn the_host_of_an_absolute_target_counts_too() {
    assert_eq!(ask("GET", "http://evil.example/open", &[]).await.code(), (421, "misdirected_request".into()));
    assert_eq!(ask("GET", "http://127.0.0.1:8080/open", &[("host", "evil.example")]).await.status, 421);
    assert_eq!(ask("GET", "http://127.0.0.1:8080/open", &[]).await.text, "open");
    let mut http2 = request("GET", "http://127.0.0.1:8080/open", &[]);
    http2.headers_mut().remove("host");
    assert_eq!(send(&edge(&[], Limits::default()), http2).await.text, "open");
    let mut nameless = request("GET", "/open", &[]);
    nameless.headers_mut().remove("host");
    assert_eq!(send(&edge(&[], Limits::default()), nameless).await.status, 421);
}

#[tokio::test]
async fn probes_come_by_address() {
    let host = [("host", "10.1.2.3:8080")];
    let alive = ask("GET", "/healthz", &host).await;
    assert_eq!((alive.status, alive.text.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(ask("GET", "/readyz/", &host).await.status, 503);
    assert_eq!(ask("GET", "/metrics", &host).await.status, 200);
}

#[tokio::test]
async fn metrics_are_served_only_where_they_were_given() {
    let context = HttpContext::new(&Config::load(&Sources::default()).unwrap(), Limits::default());
    let router = layers(health::routes(Readiness::new(async || Ok(())), None), &context);
    assert_eq!(send(&router, request("GET", "/metrics", &[])).await.code(), (404, "not_found".into()));
    assert_eq!(send(&router, request("GET", "/readyz", &[])).await.text, r#"{"status":"ready"}"#);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let recorder = telemetry::recorder().unwrap();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    ask("POST", "/auth/login", &[]).await;
    ask("BREW", "/secret-path", &[]).await;
    let text = handle.render();
    assert!(text.contains(r#"http_requests_total{method="POST",route="/auth/login/",status="200"} 1"#), "{text}");
    assert!(text.contains(r#"http_requests_total{method="other",route="none",status="404"} 1"#), "{text}");
    assert!(!text.contains("secret-path"));
}

#[tokio::test]
async fn large_header_fields_are_refused() {
    let large = "x".repeat(17 * 1024);
    assert_eq!(ask("GET", "/open", &[("user-agent", &large)]).await.code(), (431, "headers_too_large".into()));
    let many: Vec<(&str, &str)> = vec![("x-many", "1"); 65];
    assert_eq!(ask("GET", "/open", &many).await.status, 431);
}

#[tokio::test]
async fn the_client_is_known_behind_the_gate() {
    let proxied = [("x-forwarded-for", "203.0.113.9"), ("user-agent", "curl/8")];
    assert_eq!(ask("POST", "/auth/login/", &proxied).await.text, "127.0.0.1", "nobody is trusted by default");
    let router = edge(&[("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1")], Limits::default());
    assert_eq!(send(&router, request("POST", "/auth/login/", &proxied)).await.text, "203.0.113.9");
    assert_eq!(ask("GET", "/auth/2fa/status/", &proxied).await.text, "curl/8");
}

#[tokio::test]
async fn without_a_listener_that_names_the_peer_nothing_is_answered() {
    let mut request = request("GET", "/open", &[]);
    request.extensions_mut().clear();
    assert_eq!(send(&edge(&[], Limits::default()), request).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
