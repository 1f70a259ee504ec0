//! What a body may look like, and how a refusal names what is wrong with it.

use std::sync::Arc;

use axum::http::Method;
use futures_util::stream;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, PartialEq)]
struct Example {
    email: String,
    code: String,
    method: char,
    remember: Option<bool>,
    label: Option<String>,
}

impl ReadBody for Example {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email", 1..=254),
            code: fields.secret("code", 1..=64).to_string(),
            method: fields.choice("method", &[("totp", 't'), ("sms", 's')], 't'),
            remember: fields.optional_flag("remember"),
            label: fields.optional_text("label", 1..=10),
        }
    }
}

/// A body all of whose fields may be left out.
#[derive(Debug, PartialEq)]
struct Nothing(Option<String>);

impl ReadBody for Nothing {
    fn read(fields: &mut Fields) -> Self {
        Self(fields.optional_text("refresh", 1..=10))
    }
}

fn request(body: impl Into<Body>) -> Request {
    let request = Request::builder().method(Method::POST).uri("/auth/login/").header(CONTENT_TYPE, "application/json");
    request.body(body.into()).unwrap()
}

async fn refused(request: Request) -> Value {
    let Json(_) = match Json::<Example>::from_request(request, &()).await {
        Ok(body) => body,
        Err(problem) => return serde_json::to_value(problem.document()).unwrap(),
    };
    panic!("accepted");
}

/// The faults of a body, as pointer and detail.
async fn faults(body: &str) -> Vec<(String, String)> {
    let problem = refused(request(body.to_owned())).await;
    assert_eq!(problem["code"], "invalid_request", "{problem}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (text(&fault["pointer"]), text(&fault["detail"])))
        .collect()
}

async fn fault(body: &str) -> (String, String) {
    let mut faults = faults(body).await;
    assert_eq!(faults.len(), 1, "{body}: {faults:?}");
    faults.remove(0)
}

fn with(name: &str, value: Value) -> String {
    let mut body = json!({"email": "a@example.com", "code": "123456", "method": "totp"});
    body[name] = value;
    body.to_string()
}

#[tokio::test]
async fn a_good_body_is_read() {
    let body = r#" {"email":"a@example.com","code":"123456","method":"sms","remember":true} "#;
    let Json(example) = Json::<Example>::from_request(request(body), &()).await.unwrap();
    let expected = Example {
        email: "a@example.com".into(),
        code: "123456".into(),
        method: 's',
        remember: Some(true),
        label: None,
    };
    assert_eq!(example, expected);
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let found =
        faults(r#"{"code":123456,"method":"fax","remember":"yes","label":"much too long","is_admin":true}"#).await;
    let expected = [
        ("/email", "is missing"),
        ("/code", "must be a string"),
        ("/method", "must be one of: totp, sms"),
        ("/remember", "must be true or false"),
        ("/label", "must have 1 to 10 characters"),
        ("/is_admin", "is not a field of this call"),
    ];
    assert_eq!(found, expected.map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned())));
}

#[tokio::test]
async fn only_a_string_is_a_code() {
    for value in [json!(123_456), json!(12345.6), json!(true), json!(null), json!({}), json!([]), json!(["123456"])] {
        assert_eq!(fault(&with("code", value)).await, ("/code".into(), "must be a string".into()));
    }
    // Numbers that are no JSON numbers do not become anything else.
    assert_eq!(fault(r#"{"code":012345}"#).await.0, "");
    assert_eq!(fault(r#"{"code":1e999}"#).await.0, "");
}

#[tokio::test]
async fn a_secret_may_hold_any_character_and_stored_text_no_control_character() {
    for value in ["123456\n", "123456\u{0}", "\u{feff}123456", "１２３４５６"] {
        Json::<Example>::from_request(request(with("code", json!(value))), &()).await.unwrap();
    }
    for value in ["a\u{0}@x", "a@x\n", "\u{85}", "\u{7f}"] {
        assert_eq!(
            fault(&with("email", json!(value))).await,
            ("/email".into(), "must not contain control characters".into())
        );
    }
}

#[tokio::test]
async fn a_key_that_stands_twice_is_refused_wherever_it_is() {
    assert_eq!(fault(r#"{"email":"a","email":"b"}"#).await, ("/email".into(), "stands here twice".into()));
    assert_eq!(fault(r#"{"email":"a","e\u006dail":"b"}"#).await, ("/email".into(), "stands here twice".into()));
    assert_eq!(fault(r#"{"x":[{"a/b":1,"a/b":2}]}"#).await, ("/x/0/a~1b".into(), "stands here twice".into()));
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_with_its_place() {
    for body in ["[]", "1", "null", "\"x\""] {
        assert_eq!(fault(body).await, (String::new(), "must be a JSON object".into()), "{body}");
    }
    for body in [
        "{",
        "{}x",
        "{} {}",
        "{'a':1}",
        "{\"a\":1,}",
        "\u{feff}{}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":NaN}",
        "//",
        "{\"a\":\"\n\"}",
    ] {
        let (pointer, detail) = fault(body).await;
        assert!(pointer.is_empty() && detail.starts_with("is not valid JSON (line "), "{body:?}: {detail}");
    }
    let problem = refused(request(vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}'])).await;
    assert_eq!(problem["status"], 400);
}

#[tokio::test]
async fn a_deep_body_is_refused() {
    for depth in [10, 200, 5_000] {
        let body = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(fault(&body).await, (String::new(), "is nested too deeply".into()));
    }
}

#[tokio::test]
async fn a_body_with_very_many_faults_gets_a_short_answer() {
    let members: Vec<String> = (0..5_000).map(|i| format!("\"k{i}\":0")).collect();
    assert_eq!(faults(&format!("{{{}}}", members.join(","))).await.len(), 16);
    let (pointer, _) = fault(&with(&"k".repeat(60_000), json!(0))).await;
    assert_eq!(pointer.len(), 65);
}

#[tokio::test]
async fn a_refusal_never_repeats_what_was_sent() {
    let body = r#"{"email":"hunter2\u0000","code":["hunter2"],"method":"hunter2","remember":"hunter2","label":{"x":"hunter2"}}"#;
    let shown = refused(request(body)).await.to_string();
    assert!(!shown.contains("hunter2"), "{shown}");
    let shown = refused(request("{\"password\":hunter2}")).await.to_string();
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn nothing_at_all_stands_for_an_empty_object() {
    let empty = Request::builder().method(Method::POST).body(Body::empty()).unwrap();
    assert_eq!(Json::<Nothing>::from_request(empty, &()).await.unwrap(), Json(Nothing(None)));
    assert_eq!(Json::<Nothing>::from_request(request(""), &()).await.unwrap(), Json(Nothing(None)));
    let missing = faults("").await;
    assert_eq!(missing.len(), 3, "the required fields are named: {missing:?}");
}

#[tokio::test]
async fn only_json_is_taken() {
    let status = async |kind: &[&str], body: &'static str| {
        let mut request = Request::builder().method(Method::POST);
        for kind in kind {
            request = request.header(CONTENT_TYPE, *kind);
        }
        let result = Json::<Nothing>::from_request(request.body(Body::from(body)).unwrap(), &()).await;
        result.map_or_else(|problem| problem.document().status, |_| 200)
    };
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        assert_eq!(status(&[kind], "{}").await, 200, "{kind}");
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=utf-16",
        "text/plain; application/json",
        "application/problem+json",
        "",
    ] {
        assert_eq!(status(&[kind], "{}").await, 415, "{kind}");
    }
    assert_eq!(status(&[], "{}").await, 415);
    assert_eq!(status(&["text/plain"], "").await, 415);
    assert_eq!(status(&["application/json", "text/plain"], "{}").await, 415);
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let mut request = request("{}");
    request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(refused(request).await["code"], "unsupported_media_type");
}

#[tokio::test]
async fn a_query_string_is_refused() {
    let mut request = request("{}");
    *request.uri_mut() = "/auth/login/?code=123456".parse().unwrap();
    let problem = refused(request).await;
    assert_eq!(problem["errors"][0]["detail"], "this call takes no query string");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let limit = Limits::default().body_bytes;
    let fits = format!("{{}}{}", " ".repeat(limit - 2));
    Json::<Nothing>::from_request(request(fits), &()).await.unwrap();
    assert_eq!(refused(request(" ".repeat(limit + 1))).await["code"], "body_too_large");

    let mut announced = request("{}");
    announced.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000000"));
    assert_eq!(refused(announced).await["code"], "body_too_large");
}

#[tokio::test]
async fn an_endless_body_is_read_only_so_far() {
    let sent = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let chunk = Bytes::from(vec![b' '; 64 * 1024]);
    let endless = stream::repeat_with(move || {
        counter.fetch_add(chunk.len(), std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(chunk.clone())
    });
    assert_eq!(refused(request(Body::from_stream(endless))).await["code"], "body_too_large");
    assert!(sent.load(std::sync::atomic::Ordering::Relaxed) < 2 * DISCARDED_BYTES);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]);
    let problem = refused(request(Body::from_stream(broken))).await;
    assert_eq!(problem["errors"][0]["detail"], "the body could not be read to its end");
}

#[tokio::test]
async fn a_body_that_trickles_is_cut_off_in_time() {
    let trickle = stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
    });
    let mut request = request(Body::from_stream(Box::pin(trickle)));
    let body_time = Duration::from_millis(100);
    request.extensions_mut().insert(Limits { body_time, ..Limits::default() });
    assert_eq!(refused(request).await["code"], "request_timeout");
}

#[tokio::test]
async fn bodies_that_are_held_open_have_only_so_much_room_together() {
    let room = Semaphore::new(10_000);
    let (headers, limits) = (HeaderMap::new(), Limits::default());
    let held_open = || {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 6000]))]);
        Body::from_stream(first.chain(stream::pending()))
    };
    let mut first = std::pin::pin!(read(&headers, held_open(), &limits, &room));
    assert!(futures_util::poll!(first.as_mut()).is_pending());
    let mut second = std::pin::pin!(read(&headers, held_open(), &limits, &room));
    assert!(futures_util::poll!(second.as_mut()).is_pending());
    let refused = read(&headers, held_open(), &limits, &room).await.err().unwrap();
    assert_eq!(refused.into_response().status(), 503);
    let small = read(&headers, Body::from(vec![b' '; SMALL]), &limits, &room).await;
    assert!(small.is_ok(), "small ones are not in the way of each other");
    let big = read(&headers, Body::from(vec![b' '; 4000]), &limits, &room).await;
    assert_eq!(room.available_permits(), 10_000 - 2 * (6000 - SMALL) - (4000 - SMALL));
    drop(big);
    assert_eq!(room.available_permits(), 10_000 - 2 * (6000 - SMALL));
}
