//! The table of refusals against the contract, and the shape of each.

use axum::body::to_bytes;
use serde_json::{Value, json};

use super::*;

async fn sent(response: Response) -> (HeaderMap, Value) {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 10_000).await.unwrap();
    (parts.headers, serde_json::from_slice(&bytes).unwrap())
}

/// Product section 3, line by line, with the framework's own statuses.
#[test]
fn every_code_of_the_contract_has_its_status() {
    let contract = [
        (400, "invalid_request"),
        (401, "credentials_invalid token_invalid api_key_invalid partial_token_invalid"),
        (
            403,
            "email_unverified step_up_required feature_disabled role_required second_administrator_required csrf_refused \
             report_refused",
        ),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (408, "request_timeout"),
        (409, "already_completed no_pending_setup last_factor already_enabled cooling_off replay_expired"),
        (410, "challenge_expired recovery_codes_gone"),
        (413, "body_too_large"),
        (415, "unsupported_media_type"),
        (421, "misdirected_request"),
        (422, "code_incorrect password_rejected phone_rejected email_rejected idempotency_key_reused"),
        (429, "too_many_attempts account_locked send_cooldown send_limit"),
        (431, "headers_too_large"),
        (500, "internal_error"),
        (503, "unavailable delivery_unavailable"),
    ];
    let expected: Vec<(u16, &str)> =
        contract.into_iter().flat_map(|(status, codes)| codes.split(' ').map(move |code| (status, code))).collect();
    let actual: Vec<(u16, &str)> =
        ProblemCode::ALL.iter().map(|code| (code.status().as_u16(), code.as_str())).collect();
    assert_eq!(actual, expected);
    for code in ProblemCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert!(code.sentence().ends_with('.') && !code.title().ends_with('.'), "{code:?}");
    }
}

#[tokio::test]
async fn a_wrong_code_says_how_many_tries_are_left_and_always_has_a_hint() {
    let (headers, body) = sent(Problem::code_incorrect(4, None).into_response()).await;
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["cache-control"], "no-store");
    let expected = json!({
        "type": "/problems/code_incorrect", "title": "Code incorrect", "status": 422, "code": "code_incorrect",
        "detail": "The code is not right.", "request_id": "", "attempts_left": 4, "hint": null,
    });
    assert_eq!(body, expected);

    let skewed = Problem::code_incorrect(3, Some(Hint::ClockSkew)).skew_seconds(-90).detail("The clock is off.");
    let (_, body) = sent(skewed.into_response()).await;
    assert_eq!((&body["hint"], &body["skew_seconds"]), (&json!("clock_skew"), &json!(-90)));
}

#[tokio::test]
async fn a_wait_stands_in_the_body_and_in_the_header() {
    let (headers, body) = sent(Problem::retry_after(ProblemCode::AccountLocked, 900).into_response()).await;
    assert_eq!(headers["retry-after"], "900");
    assert_eq!(body["retry_after"], 900);
}

#[tokio::test]
async fn every_401_names_the_scheme() {
    let challenge = async |code| sent(Problem::new(code).into_response()).await.0["www-authenticate"].clone();
    assert_eq!(challenge(ProblemCode::TokenInvalid).await, "Bearer error=\"invalid_token\"");
    assert_eq!(challenge(ProblemCode::CredentialsInvalid).await, "Bearer");
    assert_eq!(challenge(ProblemCode::PartialTokenInvalid).await, "Bearer");
}

#[tokio::test]
async fn a_refusal_keeps_its_cookies_when_it_gets_its_request_id() {
    let mut response = Problem::new(ProblemCode::TokenInvalid).reason("x").into_response();
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static("a=; Max-Age=0"));
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static("b=; Max-Age=0"));
    let (headers, body) = sent(adopt(response, "12345678")).await;
    assert_eq!(headers.get_all(header::SET_COOKIE).iter().count(), 2);
    assert_eq!((&body["request_id"], &body["reason"]), (&json!("12345678"), &json!("x")));
}

#[tokio::test]
async fn a_plain_refusal_of_the_framework_becomes_a_problem() {
    for (status, code) in [
        (400, "invalid_request"),
        (404, "not_found"),
        (408, "request_timeout"),
        (413, "body_too_large"),
        (415, "unsupported_media_type"),
        (414, "invalid_request"),
        (422, "invalid_request"),
        (500, "internal_error"),
        (502, "internal_error"),
        (503, "unavailable"),
    ] {
        let plain = (StatusCode::from_u16(status).unwrap(), "Failed to deserialize: secret").into_response();
        let (_, body) = sent(adopt(plain, "12345678")).await;
        assert_eq!(body["code"], code, "{status}");
        assert!(!body.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn pages_and_good_answers_are_left_alone() {
    for response in [
        (StatusCode::OK, "text").into_response(),
        (StatusCode::NOT_FOUND, axum::response::Html("<p>Nothing here.")).into_response(),
    ] {
        let status = response.status();
        let adopted = adopt(response, "12345678");
        assert_eq!(adopted.status(), status);
        assert!(adopted.headers()["content-type"].to_str().unwrap().starts_with("text/"));
    }
}

#[test]
fn the_schema_requires_what_every_problem_has_and_nothing_else() {
    use utoipa::PartialSchema as _;

    let schema = serde_json::to_value(ProblemDocument::schema()).unwrap();
    assert_eq!(schema["required"], json!(["type", "title", "status", "code", "detail", "request_id"]));
    assert_eq!(schema["properties"]["attempts_left"]["type"], "integer");
    let hint = schema["properties"]["hint"].to_string();
    assert!(hint.contains("null") && hint.contains("Hint"), "{hint}");
}
