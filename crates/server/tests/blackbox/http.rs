//! The manners of HTTP: headers, methods, paths, limits, hosts and origins.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::Answer;
use crate::database::Database;
use crate::halfway::declared_calls;
use crate::harness::World;
use crate::people::{login, partial_token, verify};
use crate::totp::code;

/// Writes bytes to the first node and reads until it hangs up, or for `patience`.
pub(crate) async fn raw(world: &World, bytes: &[u8], patience: Duration) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", world.nodes[0].port)).await.unwrap();
    // The server may answer and hang up before it has read all of it.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(patience, stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of a raw answer, or 0 when the server hung up without one.
pub(crate) fn status_of(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[track_caller]
fn has_security_headers(answer: &Answer) {
    let header = |name: &str| answer.header(name).unwrap_or_default().to_lowercase();
    let what = &answer.what;
    assert_eq!(header("x-content-type-options"), "nosniff", "{what} {}", answer.status);
    let policy = header("content-security-policy");
    for directive in ["frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(directive), "{what} {}: {policy:?}", answer.status);
    }
    assert!(policy.contains("object-src 'none'") || policy.contains("default-src 'none'"), "{what}: {policy:?}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{what}: {policy:?}");
    assert!(matches!(header("referrer-policy").as_str(), "no-referrer" | "same-origin"), "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    for tell in ["server", "x-powered-by"] {
        assert!(answer.header(tell).is_none(), "{what} tells {tell}: {:?}", answer.header(tell));
    }
}

/// every answer, the framework's own included, carries the headers; what may hold a secret is not kept.
async fn every_answer_carries_the_security_headers(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    let mut answers = vec![
        login(&browser, &person).await.expect(200),
        verify(&browser, &token, "000000").await.expect(422),
        browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200),
        browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201),
        browser.post("/auth/token/refresh/", json!({ "refresh": session.refresh })).await.expect(200),
        browser.post("/auth/login/", json!({})).await.expect(400),
        browser.get("/auth/2fa/status/").await.expect(401),
        browser.get("/auth/login/").await.expect(405),
        browser.submit("/auth/login/").raw_json("x".repeat(3_000_000)).send().await.expect(413),
        browser.submit("/auth/login/").raw("text/plain", "{}").send().await.expect(415),
    ];
    let count = answers.len();
    for path in
        ["/nowhere", "/openapi.json", "/.well-known/jwks.json", "/healthz", "/readyz", "/metrics", "/dev/mailbox"]
    {
        answers.push(browser.get(path).await);
    }
    for answer in &answers {
        has_security_headers(answer);
        if !answer.is_success() {
            answer.clone().expect_problem();
        }
    }
    for answer in &answers[..count] {
        let kept = answer.header("cache-control").unwrap_or_default();
        assert!(kept.contains("no-store"), "{} {}: {kept:?}", answer.what, answer.status);
    }
}

/// a path answers to its own methods, in words, and HEAD says what GET says without the body.
async fn only_declared_methods_are_served(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let calls = declared_calls(&world).await;
    for (_, path) in &calls {
        if path.starts_with("/v1/test") || path.starts_with("/dev") {
            continue;
        }
        for name in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X"] {
            let method: Method = name.parse().unwrap();
            if calls.iter().any(|(known, at)| *known == method && at == path) {
                continue;
            }
            let answer = browser.call(method, path).send().await;
            assert_eq!(answer.status, 405, "{name} {path}: {}", answer.text);
            answer.expect_problem();
        }
        let known = ["/openapi.json", "/.well-known/jwks.json", "/healthz", "/readyz", "/metrics"];
        let api = path.starts_with("/auth/") || path.starts_with("/v1/") || path.starts_with("/admin/v1/");
        assert!(api || known.contains(&path.as_str()), "a path this test does not know: {path}");
    }
    for path in ["/openapi.json", "/.well-known/jwks.json", "/healthz"] {
        let get = browser.get(path).await.expect(200);
        let head = browser.call(Method::HEAD, path).send().await.expect(200);
        assert!(head.text.is_empty() && !get.text.is_empty());
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    let connect = format!("CONNECT example.com:443 HTTP/1.1\r\nHost: {}\r\n\r\n", world.host());
    let answer = raw(&world, connect.as_bytes(), Duration::from_secs(2)).await;
    assert!((400..500).contains(&status_of(&answer)) || answer.is_empty(), "{answer}");
}

/// Product.md section 3: every path answers with and without its trailing slash, without a redirect.
async fn a_trailing_slash_makes_no_difference(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for (method, path) in declared_calls(&world).await {
        if !["/auth/", "/v1/", "/admin/v1/"].iter().any(|api| path.starts_with(api)) {
            continue;
        }
        let (with, without) = (format!("{}/", path.trim_end_matches('/')), path.trim_end_matches('/').to_owned());
        let one = browser.call(method.clone(), &with).json(&json!({})).send().await;
        let other = browser.call(method.clone(), &without).json(&json!({})).send().await;
        assert!(one.status != 404 && !(300..400).contains(&one.status), "{method} {with}: {}", one.status);
        assert_eq!(one.status, other.status, "{method} {with}");
    }
}

/// a path has one reading. Detours around it end in 400 or 404, and nothing guarded opens.
async fn detours_lead_nowhere(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let access = crate::people::Session::of(&login(&world.browser(), &person).await.expect(200)).access;
    for target in [
        "/auth/..;/auth/2fa/status",
        "/auth/../auth/2fa/status",
        "/auth/%2e%2e/auth/2fa/status",
        "/auth/%2e%2e%2fauth/2fa/status",
        "//auth/2fa/status",
        "/auth//2fa/status",
        "/auth/2fa/status;x",
        "/auth/2fa/status;/",
        "/auth/2fa/status/.",
        "/auth/2fa/status%00",
        "/auth/2fa/status%2f",
        "/auth/2fa/%73tatus%ff",
        "/auth/2fa/%ff%fe",
        "/auth/2fa/status%0d%0ax:y",
        "/%61uth/%252e%252e/2fa/status",
        "/AUTH/2FA/STATUS",
        "/auth\\2fa\\status",
        "/./auth/2fa/status",
    ] {
        for bearer in ["", &access] {
            let head = format!(
                "GET {target} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {bearer}\r\nconnection: close\r\n\r\n",
                world.host()
            );
            let answer = raw(&world, head.as_bytes(), Duration::from_secs(5)).await;
            assert!(matches!(status_of(&answer), 400 | 404), "{target}: {answer}");
        }
    }
    for target in ["/v1/test/../test/clock", "//v1/test/clock", "/v1/%74est/clock/..", "*"] {
        let head = format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", world.host());
        let answer = raw(&world, head.as_bytes(), Duration::from_secs(5)).await;
        assert!((400..500).contains(&status_of(&answer)), "{target}: {answer}");
    }
}

/// a request whose length can be read in two ways is refused, or is the last one on its connection.
async fn a_length_has_one_reading(database: Database) {
    let world = World::start(database).await;
    let hidden = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", world.host());
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "content-length: 0\r\ncontent-length: 60\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
        "transfer-encoding:\r\n chunked\r\n",
    ] {
        let head =
            format!("POST /auth/login/ HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n", world.host());
        let request = format!("{head}{lengths}\r\n0\r\n\r\n{hidden}");
        let answer = raw(&world, request.as_bytes(), Duration::from_secs(3)).await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lengths}: {answer}");
        assert_eq!(status_of(&answer), 400, "{lengths}: {answer}");
    }
}

/// each answer has its request id; a client may give one of its own if it is harmless.
async fn each_answer_has_a_request_id(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let answer = browser.get("/nowhere").await.refused(404, "not_found");
        let id = answer.header("x-request-id").expect("a request id").to_owned();
        assert_eq!(answer.json["request_id"], id);
        assert!(seen.insert(id));
    }
    let own = "client-0123456789-abc";
    let answer = browser.request("/nowhere").header("x-request-id", own).send().await;
    assert_eq!(answer.header("x-request-id"), Some(own));
    for bad in ["short", "with space in it", "semi;colon;semi", "\"quoted\"-quoted", &"x".repeat(65), "{\"a\":1}-----"]
    {
        let answer = browser.request("/nowhere").header("x-request-id", bad).send().await;
        assert_ne!(answer.header("x-request-id"), Some(bad));
    }
}

/// refusals are counted under the call that refused, not under no call at all.
async fn refusals_are_counted_under_their_call(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for _ in 0..3 {
        crate::people::login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    }
    let metrics = browser.get("/metrics").await.expect(200).text;
    let counted = metrics
        .lines()
        .filter(|line| line.starts_with("http_requests_total{"))
        .any(|line| line.contains("/auth/login") && line.contains("status=\"401\"") && line.ends_with(" 3"));
    assert!(counted, "{metrics}");
}

/// a code with a right first digit takes as long as one without; so does one that was used.
async fn no_digit_of_a_code_shows_in_the_time(database: Database) {
    let world = World::on(database).with("TWOFA_MAX_ATTEMPTS", "20").with("TWOFA_RATE_LIMIT_MAX", "1000").start().await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..12 {
        let token = partial_token(&browser, &person).await;
        let now = world.fresh_step().await;
        let right = code(&person.secret, now);
        let turned = |digit: &str| ((digit.parse::<u8>().unwrap() + 5) % 10).to_string();
        let near = format!("{}{}", &right[..5], turned(&right[5..]));
        let far: String = right.chars().map(|digit| turned(&digit.to_string())).collect();
        for turn in 0..16 {
            let guess = if turn % 2 == 0 { &near } else { &far };
            let began = Instant::now();
            let answer = verify(&browser, &token, guess).await;
            samples[turn % 2].push(began.elapsed());
            // Ninety-nine wrong codes in a row would stop the account.
            assert_eq!(answer.status, 422, "{}", answer.text);
        }
        verify(&browser, &token, &right).await.expect(200);
    }
    let [near, far] = samples.map(crate::passwords::median);
    let ratio = near.as_secs_f64() / far.as_secs_f64();
    assert!((0.7..1.43).contains(&ratio), "near {near:?}, far {far:?}");
}

on_sqlite![
    every_answer_carries_the_security_headers,
    only_declared_methods_are_served,
    a_trailing_slash_makes_no_difference,
    detours_lead_nowhere,
    a_length_has_one_reading,
    each_answer_has_a_request_id,
    refusals_are_counted_under_their_call,
    no_digit_of_a_code_shows_in_the_time
];
