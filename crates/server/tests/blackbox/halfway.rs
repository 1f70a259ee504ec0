//! Half a login: a right password, and nothing yet to show for it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{login, partial_token, verification, verify};
use crate::totp::code;

/// Every declared call: method and path, with a filled-in path parameter.
pub(crate) async fn declared_calls(world: &World) -> Vec<(Method, String)> {
    let document = world.browser().get("/openapi.json").await.expect(200).json;
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().unwrap().keys() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                calls.push((method, path.replace(['{', '}'], "")));
            }
        }
    }
    assert!(calls.len() >= 12, "{calls:?}");
    calls
}

/// before the second factor there is no session, in no cookie and in no field, and hardly a word about
/// the person.
async fn before_the_second_factor_there_is_nothing(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let answer = login(&browser, &person).await.expect(200);
    answer.holds_no_session();
    let fields: BTreeSet<&str> = answer.json.as_object().unwrap().keys().map(String::as_str).collect();
    let known = BTreeSet::from([
        "requires_2fa",
        "partial_token",
        "method",
        "methods",
        "code_sent",
        "delivery",
        "next_send_at",
        "attempts_left",
        "expires_at",
    ]);
    assert_eq!(fields, known);
    assert_eq!(answer.json["requires_2fa"], true);
    assert_eq!(answer.json["method"], "totp");
    assert_eq!(answer.json["code_sent"], false);
    assert!(answer.json["delivery"].is_null());
    assert!(answer.json["methods"][0]["destination"].is_null());
    let fields: BTreeSet<&str> = answer.json["methods"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["id", "method", "label", "destination"]));
    assert!(!answer.text.contains(&person.email) && !answer.text.contains(&person.secret));
    let user = world.look.value(&format!("SELECT id FROM users WHERE email = '{}'", person.email)).await.unwrap();
    let bare = user.trim_start_matches("\\x").replace('-', "");
    assert!(!answer.text.replace('-', "").contains(&bare), "the answer names the user");

    let challenge = json!({ "partial_token": answer.text_at("/partial_token") });
    let state = browser.post("/auth/2fa/challenge/", challenge).await.expect(200);
    state.holds_no_session();
    assert!(!state.text.contains(&person.email) && !state.text.contains(&person.secret));
    assert_eq!(state.json["methods"], answer.json["methods"]);
    assert_eq!(state.json["attempts_left"], 5);
    browser.get("/auth/2fa/status/").await.refused(401, "token_invalid");
    let refreshed = browser.post("/auth/token/refresh/", json!({})).await;
    assert!(matches!(refreshed.status, 400 | 401), "{}", refreshed.text);
}

/// a client cannot say what only the server may know.
async fn flags_of_the_client_change_nothing(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    for (name, value) in [
        ("verified", json!(true)),
        ("requires_2fa", json!(false)),
        ("mfa_required", json!(0)),
        ("skip_2fa", json!(true)),
        ("remember_me", json!(true)),
        ("trusted_device", json!(true)),
        ("user_id", json!("00000000-0000-0000-0000-000000000000")),
        ("is_admin", json!(true)),
        ("return_code", json!(true)),
    ] {
        let mut body = json!({ "email": person.email, "password": person.password });
        body[name] = value.clone();
        browser.post("/auth/login/", body).await.refused(400, "invalid_request").holds_no_session();
        let token = partial_token(&browser, &person).await;
        let mut body = verification(&token, "000000");
        if name != "remember_me" {
            body[name] = value;
            browser.post("/auth/2fa/verify/", body).await.refused(400, "invalid_request").holds_no_session();
        }
    }
    let answer = browser
        .submit("/auth/login/")
        .header("cookie", "verified=true; twofa=1; twinlock_session=1; twinlock_device=1; mfa_required=0")
        .header("x-2fa-verified", "true")
        .json(&json!({ "email": person.email, "password": person.password }))
        .send()
        .await
        .expect(200);
    assert_eq!(answer.json["requires_2fa"], true);
}

/// on every declared call a partial token is no key: not as bearer, cookie or header.
async fn a_partial_token_opens_no_call(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let mut protected = 0;
    for (method, path) in declared_calls(&world).await {
        if path.starts_with("/v1/test") {
            continue;
        }
        let bare = browser.call(method.clone(), &path).json(&json!({})).send().await;
        if bare.status != 401 {
            continue;
        }
        protected += 1;
        let bearer = browser.call(method.clone(), &path).bearer(&token).json(&json!({})).send().await;
        assert_eq!(bearer.status, 401, "{method} {path}: {}", bearer.text);
        bearer.holds_no_session();
        let cookies = format!("twinlock_refresh={token}; twinlock_session={token}; twinlock_device={token}");
        let cookie = browser.call(method.clone(), &path).header("cookie", cookies).json(&json!({})).send().await;
        assert!(matches!(cookie.status, 401 | 403), "{method} {path}: {}", cookie.text);
        let header = browser.call(method, &path).header("x-token", &token).json(&json!({})).send().await;
        assert_eq!(header.status, 401, "{path}: {}", header.text);
    }
    assert!(protected >= 3, "only {protected} calls ask who is there");
}

/// no call that needs no token gives a session to somebody with a second factor, but the second step itself.
async fn only_the_second_step_ends_in_a_session(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let bodies = [
        json!({}),
        json!({ "email": person.email, "password": person.password }),
        json!({ "email": person.email }),
        json!({ "token": token }),
        json!({ "partial_token": token }),
        json!({ "refresh": token }),
    ];
    for (method, path) in declared_calls(&world).await {
        if path.starts_with("/v1/test") {
            continue;
        }
        for body in &bodies {
            let answer = browser.call(method.clone(), &path).json(body).send().await;
            assert!(answer.status < 500, "{method} {path}: {}", answer.text);
            if path != "/openapi.json" {
                answer.holds_no_session();
            }
        }
    }
    // The link of a mail signs nobody in.
    let email = world.new_address();
    browser.post("/auth/signup/", json!({ "email": email, "password": person.password })).await.expect(201);
    let link = world.verification_token(&email).await;
    let answer = browser.post("/auth/verify-email/", json!({ "token": link })).await.expect(200);
    answer.holds_no_session();
    browser.post("/auth/verify-email/", json!({ "token": link })).await.refused(401, "token_invalid");
}

/// Product.md section 5: at most ten logins wait for their second step; the oldest gives way.
async fn the_eleventh_waiting_login_ends_the_first(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let mut tokens = Vec::new();
    for _ in 0..11 {
        tokens.push(partial_token(&browser, &person).await);
        world.advance(1).await;
    }
    let now = world.fresh_step().await;
    let first = verify(&browser, &tokens[0], &code(&person.secret, now)).await;
    assert!(matches!(first.status, 401 | 410), "{} {}", first.status, first.text);
    verify(&browser, &tokens[1], &code(&person.secret, now)).await.expect(200);
}

/// R-39, product.md section 5: a partial token lives ten minutes, to the second.
async fn a_partial_token_lives_ten_minutes(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let began = world.fresh_step().await;
    let (kept, late) = (partial_token(&browser, &person).await, partial_token(&browser, &person).await);
    world.set_clock(began + 595).await;
    verify(&browser, &kept, &code(&person.secret, began + 595)).await.expect(200);
    world.set_clock(began + 660).await;
    let answer = verify(&browser, &late, &code(&person.secret, began + 660)).await;
    answer.refused(410, "challenge_expired").holds_no_session();
    browser.post("/auth/2fa/challenge/", json!({ "partial_token": late })).await.refused(410, "challenge_expired");
}

on_both_databases![
    before_the_second_factor_there_is_nothing,
    the_eleventh_waiting_login_ends_the_first,
    a_partial_token_lives_ten_minutes
];
on_sqlite![flags_of_the_client_change_nothing, a_partial_token_opens_no_call, only_the_second_step_ends_in_a_session];
