//! Cookies and origins: which browser sends what, from which page, and to which host.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::http::{raw, status_of};
use crate::people::{PASSWORD, is_signed_in};

/// behind TLS, told by the base URL, cookies carry `__Host-` and Secure and the answer asks for HSTS.
async fn with_an_https_address_cookies_are_locked_to_it(database: Database) {
    let world = World::on(database).with("TWINLOCK_BASE_URL", "https://localhost:8443").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    let body = json!({ "email": person.email, "password": person.password });
    let answer = browser.post("/auth/login/", body).await.expect(200);
    let cookies = answer.cookies();
    assert!(cookies.iter().any(|cookie| cookie.name == "__Host-twinlock_refresh"), "{cookies:?}");
    for cookie in &cookies {
        assert!(cookie.name.starts_with("__Host-"), "{cookie:?}");
        assert_eq!(cookie.attribute("path"), Some("/"));
        assert!(cookie.attribute("secure").is_some() && cookie.attribute("httponly").is_some(), "{cookie:?}");
        assert_eq!(cookie.attribute("domain"), None);
        assert_eq!(cookie.attribute("samesite").map(str::to_lowercase).as_deref(), Some("strict"));
    }
    for answer in [answer, browser.get("/nowhere").await, browser.get("/openapi.json").await] {
        let hsts = answer.header("strict-transport-security").unwrap_or_default().to_lowercase();
        let age = hsts.split(';').find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok());
        assert!(age.unwrap_or_default() >= 31_536_000 && hsts.contains("includesubdomains"), "{hsts:?}");
    }
    browser.post("/auth/token/refresh/", json!({})).await.expect(200);
    let link = crate::people::PASSWORD;
    let address = world.new_address();
    browser.post("/auth/signup/", json!({ "email": address, "password": link })).await.expect(201);
    let message = world.message(&address, "email_verification").await;
    let link = message["link"].as_str().unwrap();
    assert!(link.starts_with("https://localhost:8443/verify-email#token="), "{link}");
}

/// on a developer's machine the same cookies have no prefix and no Secure, and everything else.
async fn with_an_http_address_cookies_keep_their_other_locks(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let body = json!({ "email": person.email, "password": person.password });
    let answer = world.browser().post("/auth/login/", body).await.expect(200);
    let cookies = answer.cookies();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert_eq!(cookies[0].name, "twinlock_refresh");
    assert_eq!(cookies[0].attribute("path"), Some("/"));
    assert!(cookies[0].attribute("secure").is_none() && cookies[0].attribute("httponly").is_some());
    assert_eq!(cookies[0].attribute("domain"), None);
    assert_eq!(cookies[0].attribute("samesite").map(str::to_lowercase).as_deref(), Some("strict"));
    assert!(answer.header("strict-transport-security").is_none());
}

/// another site's page moves nothing that a cookie alone would move.
async fn another_site_signs_nobody_out(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let body = json!({ "email": person.email, "password": person.password });
    let access = browser.post("/auth/login/", body).await.expect(200).text_at("/tokens/access");
    let own = world.base().to_owned();
    let foreign = [
        ("origin", "https://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", own.replace("127.0.0.1", "localhost")),
        ("origin", format!("{own}.evil.example")),
        ("origin", own.replace("http://", "https://")),
        ("origin", "http://127.0.0.1:1".to_owned()),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
    ];
    for path in ["/auth/logout/", "/auth/token/refresh/"] {
        for (name, value) in &foreign {
            let answer = browser.submit(path).header(name, value).json(&json!({})).send().await;
            answer.refused(403, "csrf_refused");
        }
        let lying =
            browser.submit(path).header("origin", "https://evil.example").header("sec-fetch-site", "same-origin");
        lying.json(&json!({})).send().await.refused(403, "csrf_refused");
        for kind in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"]
        {
            let answer = browser.submit(path).raw(kind, "{}").send().await;
            assert_eq!(answer.expect_problem().status, 415, "{path} as {kind}");
        }
        for call in [
            browser.request(path),
            browser.request(&format!("{path}?_method=POST")),
            browser.request(path).header("x-http-method-override", "POST"),
        ] {
            assert_eq!(call.send().await.expect_problem().status, 405);
        }
        let preflight = browser
            .call(Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
            .await;
        assert!(preflight.header("access-control-allow-origin").is_none(), "{:?}", preflight.headers);
    }
    assert!(is_signed_in(&browser, &access).await, "something signed the person out");
    for (name, value) in [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), ("x-nothing", "")] {
        browser.submit("/auth/token/refresh/").header(name, value).json(&json!({})).send().await.expect(200);
    }
    browser.submit("/auth/logout/").header("origin", &own).json(&json!({})).send().await.expect(204);
}

/// links come from the configuration, whatever host a request claims; a foreign host is not served.
async fn a_foreign_host_reaches_nothing_and_no_link(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let own = world.host().to_owned();
    let email = world.new_address();
    let answer = browser
        .submit("/auth/signup/")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("x-original-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=https")
        .json(&json!({ "email": email, "password": PASSWORD }))
        .send()
        .await;
    answer.expect(201);
    let message = world.message(&email, "email_verification").await;
    assert!(message["link"].as_str().unwrap().starts_with(&format!("{}/", world.base())), "{message}");
    assert!(!message.to_string().contains("evil.example"));

    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    let rest =
        format!("content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    for head in [
        "POST /auth/signup/ HTTP/1.1\r\nhost: evil.example\r\n".to_owned(),
        format!("POST /auth/signup/ HTTP/1.1\r\nhost: {own}.evil.example\r\n"),
        format!("POST /auth/signup/ HTTP/1.1\r\nhost: {own}@evil.example\r\n"),
        format!("POST /auth/signup/ HTTP/1.1\r\nhost: {own}\r\nhost: evil.example\r\n"),
        "POST /auth/signup/ HTTP/1.1\r\n".to_owned(),
        "POST /auth/signup/ HTTP/1.1\r\nhost:\r\n".to_owned(),
        format!("POST http://evil.example/auth/signup/ HTTP/1.1\r\nhost: {own}\r\n"),
        "POST http://evil.example/auth/signup/ HTTP/1.1\r\nhost: evil.example\r\n".to_owned(),
    ] {
        let answer = raw(&world, format!("{head}{rest}").as_bytes(), Duration::from_secs(5)).await;
        assert!(matches!(status_of(&answer), 400 | 421), "{head}: {answer}");
        assert!(answer.contains("application/problem+json") || status_of(&answer) == 400, "{head}: {answer}");
    }
}

/// nothing here sends a browser anywhere, whatever address it is given.
async fn no_answer_sends_a_browser_away(database: Database) {
    let world = World::start(database).await;
    for target in [
        "//evil.example",
        "//evil.example/%2e%2e",
        "/%2f%2fevil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/?next=//evil.example",
        "/auth/login?next=https://evil.example",
        "/auth/login/?next=javascript:alert(1)",
        "/auth/login//?return_to=https:evil.example",
        "/verify-email?next=%09//evil.example",
        "/dev/mailbox?next=//evil.example",
        "/.//evil.example",
        "/;@evil.example",
        "/auth//login",
    ] {
        for method in ["GET", "POST"] {
            let head = format!(
                "{method} {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                world.host()
            );
            let answer = raw(&world, head.as_bytes(), Duration::from_secs(5)).await;
            let lower = answer.to_lowercase();
            let places: Vec<&str> =
                lower.lines().filter_map(|line| line.strip_prefix("location:")).map(str::trim).collect();
            // The root leads to the page of one's own account, and takes nothing along.
            let home = target.starts_with("/?") && method == "GET";
            assert_eq!(places, if home { vec!["/security"] } else { vec![] }, "{target}: {answer}");
            assert_eq!((300..400).contains(&status_of(&answer)), home, "{target}: {answer}");
        }
    }
}

on_sqlite![
    with_an_https_address_cookies_are_locked_to_it,
    with_an_http_address_cookies_keep_their_other_locks,
    another_site_signs_nobody_out,
    a_foreign_host_reaches_nothing_and_no_link,
    no_answer_sends_a_browser_away
];
