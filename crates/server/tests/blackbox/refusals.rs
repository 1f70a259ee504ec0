//! Every refusal the contract names, given once by a call that may give it, with what the contract says comes with it; and the
//! OpenAPI document says the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::http::raw;
use crate::people::{PASSWORD, Session, login, login_with, partial_token, verify};
use crate::sent_codes::{begin, send_again};
use crate::setup::confirm;
use crate::totp::{code, wrong_codes};
use crate::v1::request;

/// The refusals of product.md sections 3 and 4, and what HTTP itself adds.
const CONTRACT: &[(u16, &str)] = &[
    (400, "invalid_request"),
    (401, "credentials_invalid"),
    (401, "token_invalid"),
    (401, "partial_token_invalid"),
    (401, "api_key_invalid"),
    (403, "email_unverified"),
    (403, "step_up_required"),
    (403, "feature_disabled"),
    (403, "csrf_refused"),
    (404, "not_found"),
    (405, "method_not_allowed"),
    (408, "request_timeout"),
    (409, "already_completed"),
    (409, "no_pending_setup"),
    (409, "last_factor"),
    (409, "already_enabled"),
    (409, "replay_expired"),
    (410, "challenge_expired"),
    (410, "recovery_codes_gone"),
    (413, "body_too_large"),
    (415, "unsupported_media_type"),
    (421, "misdirected_request"),
    (422, "code_incorrect"),
    (422, "idempotency_key_reused"),
    (422, "password_rejected"),
    (422, "phone_rejected"),
    (422, "email_rejected"),
    (429, "too_many_attempts"),
    (429, "account_locked"),
    (429, "send_cooldown"),
    (429, "send_limit"),
    (431, "headers_too_large"),
    (503, "unavailable"),
    (503, "delivery_unavailable"),
];

/// What was refused so far.
struct Refused {
    document: Value,
    seen: BTreeMap<String, u16>,
}

impl Refused {
    /// Takes an answer down: its shape, its status in itself, what belongs to its code, and that the document names it for
    /// this call.
    #[track_caller]
    fn take(&mut self, call: (&str, &str), answer: &Answer, code: &str) {
        let answer = answer.clone().expect_problem();
        assert_eq!(answer.code(), code, "{} {}", answer.status, answer.text);
        assert_eq!(answer.json["status"], answer.status, "{}", answer.text);
        assert_eq!(answer.json["type"], format!("/problems/{code}"));
        assert!(answer.json["title"].is_string() && answer.header("x-request-id").is_some(), "{}", answer.text);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{} {code}", answer.what);
        answer.holds_no_session();
        let member = |name: &str| !answer.json[name].is_null();
        assert_eq!(member("errors"), code == "invalid_request", "{}", answer.text);
        assert_eq!(member("attempts_left"), code == "code_incorrect", "{}", answer.text);
        assert_eq!(answer.json.get("hint").is_some(), code == "code_incorrect", "{}", answer.text);
        assert_eq!(member("reason"), ["password_rejected", "phone_rejected", "email_rejected"].contains(&code));
        assert_eq!(member("alternatives"), code == "delivery_unavailable", "{}", answer.text);
        assert_eq!(member("retry_after"), answer.status == 429, "{}", answer.text);
        let waits = answer.json["retry_after"].as_i64().map(|seconds| seconds.to_string());
        if answer.status == 429 {
            assert_eq!(answer.header("retry-after").map(str::to_owned), waits, "{}", answer.text);
        }
        assert_eq!(answer.header("www-authenticate").is_some(), answer.status == 401, "{} {code}", answer.what);
        if answer.status == 405 {
            assert!(answer.header("allow").is_some(), "{}", answer.what);
        }
        let (method, path) = call;
        let said = &self.document["paths"][path][method]["responses"][answer.status.to_string()]["description"];
        let said = said.as_str().unwrap_or_else(|| panic!("{method} {path} says nothing of {}", answer.status));
        assert!(said.contains(&format!("`{code}`")), "{method} {path} {} says {said}", answer.status);
        self.seen.insert(code.to_owned(), answer.status);
    }
}

/// What the raw answer to a request by hand was.
fn parsed(answer: &str) -> (u16, Value) {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (crate::http::status_of(answer), serde_json::from_str(body.trim()).unwrap_or_default())
}

/// Production, where this server has nothing to send a text message with.
async fn without_a_way_to_send(world: &World, refused: &mut Refused) {
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let answer = begin(&browser, &session, "sms", "+12025550150").await;
    refused.take(("post", "/auth/2fa/setup/"), &answer, "delivery_unavailable");
    assert!(answer.json["alternatives"].as_array().unwrap().contains(&json!("totp")), "{}", answer.text);
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    let answer = browser.post("/auth/signup/", body).await;
    refused.take(("post", "/auth/signup/"), &answer, "feature_disabled");
}

/// What any call may refuse, whoever calls.
async fn by_http_itself(world: &World, refused: &mut Refused) {
    let browser = world.browser();
    let login = ("post", "/auth/login/");
    let post = || browser.submit("/auth/login/");
    refused.take(login, &browser.post("/auth/login/", json!({ "email": 1 })).await, "invalid_request");
    refused.take(login, &browser.get("/auth/login/").await, "method_not_allowed");
    refused.take(login, &post().raw_json("x".repeat(70_000)).send().await, "body_too_large");
    refused.take(login, &post().raw("text/plain", "{}").send().await, "unsupported_media_type");
    let foreign = crate::client::Browser::new(&world.nodes[0].url(), "evil.example");
    refused.take(login, &foreign.post("/auth/login/", json!({})).await, "misdirected_request");
    let many = (0..70).fold(post(), |call, turn| call.header(&format!("x-{turn}"), "1"));
    refused.take(login, &many.json(&json!({})).send().await, "headers_too_large");
    let person = world.add_person(None);
    let body = json!({ "email": person.email, "password": person.password });
    browser.post("/auth/login/", body).await.expect(200);
    let refresh = browser.submit("/auth/token/refresh/").header("origin", "https://evil.example");
    refused.take(("post", "/auth/token/refresh/"), &refresh.json(&json!({})).send().await, "csrf_refused");
    let head = format!(
        "POST /auth/login/ HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        world.host()
    );
    let (status, late) = parsed(&raw(world, head.as_bytes(), Duration::from_secs(20)).await);
    assert_eq!((status, &late["code"]), (408, &json!("request_timeout")), "{late}");
    refused.seen.insert("request_timeout".to_owned(), status);
}

/// Of passwords, links, addresses and sign-ups.
async fn at_the_first_step(world: &World, refused: &mut Refused) {
    let browser = world.browser();
    let login_call = ("post", "/auth/login/");
    let person = world.add_person(None);
    let wrong = login_with(&browser, &person.email, "wrong").await;
    refused.take(login_call, &wrong, "credentials_invalid");
    refused.take(login_call, &login_with(&browser, "no address", "x").await, "email_rejected");
    let pending = world.new_address();
    let body = json!({ "email": pending, "password": PASSWORD });
    browser.post("/auth/signup/", body).await.expect(201);
    refused.take(login_call, &login_with(&browser, &pending, PASSWORD).await, "email_unverified");
    let body = json!({ "email": world.new_address(), "password": "password" });
    refused.take(("post", "/auth/signup/"), &browser.post("/auth/signup/", body).await, "password_rejected");
    let answer = browser.post("/auth/verify-email/", json!({ "token": "made up" })).await;
    refused.take(("post", "/auth/verify-email/"), &answer, "token_invalid");
    for _ in 0..10 {
        login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    }
    refused.take(login_call, &login_with(&browser, "nobody@example.com", "wrong").await, "too_many_attempts");
    world.advance(901).await;
}

/// Of set-ups, factors, and what is downloaded.
async fn while_setting_up(world: &World, refused: &mut Refused) {
    let browser = world.browser();
    let (set_up, confirmed) = (("post", "/auth/2fa/setup/"), ("post", "/auth/2fa/verify-setup/"));
    let person = world.add_person(None);
    let session = Session::of(&login(&browser, &person).await.expect(200));
    refused.take(confirmed, &confirm(&browser, &session, "123456").await, "no_pending_setup");
    refused.take(set_up, &begin(&browser, &session, "sms", "911").await, "phone_rejected");
    let number = "+12025550151";
    begin(&browser, &session, "sms", number).await.expect(201);
    refused.take(set_up, &begin(&browser, &session, "sms", number).await, "send_cooldown");
    let sent = world.code_to(number, "setup_code", 1).await;
    confirm(&browser, &session, &sent).await.expect(200);
    refused.take(set_up, &begin(&browser, &session, "sms", number).await, "already_enabled");
    let factors = crate::setup::status(&browser, &session).await;
    let one = ("delete", "/auth/2fa/factors/{id}/");
    let remove = |id: String| {
        let call = browser.call(Method::DELETE, &format!("/auth/2fa/factors/{id}/"));
        call.bearer(&session.access).send()
    };
    refused.take(one, &remove(factors.text_at("/factors/0/id")).await, "last_factor");
    refused.take(one, &remove(uuid::Uuid::nil().to_string()).await, "not_found");
    for turn in 2..4 {
        begin(&browser, &session, "sms", &format!("+1202555015{turn}")).await.expect(201);
    }
    refused.take(set_up, &begin(&browser, &session, "sms", "+12025550154").await, "send_limit");
    world.advance(301).await;
    refused.take(set_up, &begin(&browser, &session, "sms", "+12025550154").await, "step_up_required");
    world.advance(300).await;
    let session = Session::of(&crate::people::refresh(&browser, &session.refresh).await.expect(200));
    let path = "/auth/2fa/recovery-codes/download/";
    let answer = browser.get_as(&session.access, &format!("{path}?format=txt")).await;
    refused.take(("get", path), &answer, "recovery_codes_gone");
}

/// Of a sign-in that waits for its code.
async fn at_the_second_step(world: &World, refused: &mut Refused) {
    let browser = world.browser();
    let call = ("post", "/auth/2fa/verify/");
    let person = world.add_person_with_totp();
    refused.take(call, &verify(&browser, "made up", "123456").await, "partial_token_invalid");
    let token = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    verify(&browser, &token, &code(&person.secret, now)).await.expect(200);
    refused.take(call, &verify(&browser, &token, "123456").await, "already_completed");
    let token = partial_token(&browser, &person).await;
    refused.take(("post", "/auth/2fa/send-code/"), &send_again(&browser, &token, "sms").await, "not_found");
    world.advance(600).await;
    refused.take(call, &verify(&browser, &token, "123456").await, "challenge_expired");
    let token = partial_token(&browser, &person).await;
    let wrong = wrong_codes(&person.secret, world.now().await, 5);
    for wrong in &wrong {
        refused.take(call, &verify(&browser, &token, wrong).await, "code_incorrect");
    }
    refused.take(call, &verify(&browser, &token, &wrong[0]).await, "too_many_attempts");
    let token = partial_token(&browser, &person).await;
    for wrong in &wrong {
        verify(&browser, &token, wrong).await.refused(422, "code_incorrect");
    }
    refused.take(call, &verify(&browser, &token, &wrong[0]).await, "too_many_attempts");
    refused.take(("post", "/auth/login/"), &login(&browser, &person).await, "account_locked");
}

/// Of applications with a login of their own.
async fn to_applications(world: &World, refused: &mut Refused) {
    let shop = world.shop("shop");
    let (challenges, factors) = (("post", "/v1/challenges"), ("post", "/v1/users/{id}/factors"));
    let answer = world.browser().post(challenges.1, request("ada")).await;
    refused.take(challenges, &answer, "api_key_invalid");
    let factor = json!({ "method": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    shop.post_once("once", "/v1/users/ada/factors", &factor).await.expect(201);
    let answer = shop.post_once("once", challenges.1, &request("ada")).await;
    refused.take(challenges, &answer, "idempotency_key_reused");
    world.advance(601).await;
    let answer = shop.post_once("once", "/v1/users/ada/factors", &factor).await;
    refused.take(factors, &answer, "replay_expired");
}

/// each is given, none that the contract does not know, and all of them stand in the OpenAPI document.
async fn every_refusal_is_given_by_some_call(database: Database) {
    let keys = World::on(Database::Sqlite).build().await.generate_keys();
    let plan = World::on(database).without_test_mode().with("TWINLOCK_KEYS", keys);
    let plan = plan.with("TWINLOCK_ENV", "production").with("TWINLOCK_BASE_URL", "https://login.example.com");
    let plan = plan.with("SMTP_URL", "smtp://127.0.0.1:1").with("EMAIL_FROM", "Example <no-reply@example.com>");
    let mut world = plan.with("TWOFA_SIGNUP_ENABLED", "false").start().await;
    let document = world.browser().get("/openapi.json").await.expect(200).json;
    let mut refused = Refused { document, seen: BTreeMap::new() };
    without_a_way_to_send(&world, &mut refused).await;

    for setting in ["TWINLOCK_ENV", "TWINLOCK_BASE_URL", "TWOFA_SIGNUP_ENABLED", "SMTP_URL", "EMAIL_FROM"] {
        world.unset(setting);
    }
    world.arguments.push("--test-mode".to_owned());
    world.base = None;
    world.restart(0).await;
    by_http_itself(&world, &mut refused).await;
    at_the_first_step(&world, &mut refused).await;
    while_setting_up(&world, &mut refused).await;
    at_the_second_step(&world, &mut refused).await;
    to_applications(&world, &mut refused).await;
    world.look.execute("ALTER TABLE users RENAME TO away").await;
    let answer = login_with(&world.browser(), "nobody2@example.com", "wrong").await;
    refused.take(("post", "/auth/login/"), &answer, "unavailable");
    world.look.execute("ALTER TABLE away RENAME TO users").await;

    let contract: BTreeMap<String, u16> = CONTRACT.iter().map(|(status, code)| ((*code).to_owned(), *status)).collect();
    assert_eq!(refused.seen, contract);
    let listed = refused.document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    let listed: BTreeSet<&str> = listed.iter().map(|code| code.as_str().unwrap()).collect();
    // A mistake of ours is in the document and in no test's power; reports of providers are tried where delivery is,
    // roles and what takes two administrators or time where the administration is.
    let elsewhere =
        ["internal_error", "report_refused", "role_required", "second_administrator_required", "cooling_off"];
    let known: BTreeSet<&str> = CONTRACT.iter().map(|(_, code)| *code).chain(elsewhere).collect();
    assert_eq!(listed, known);
}

on_both_databases![every_refusal_is_given_by_some_call];
