//! Proving oneself anew: what it takes, what it gives, and that nothing else gives it.

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, partial_token, refresh, verify};
use crate::setup::{begin, status};
use crate::tokens::claims;
use crate::totp::{code, wrong_codes};

pub(crate) async fn step_up(browser: &Browser, session: &Session, proof: Value) -> Answer {
    browser.post_as(&session.access, "/auth/2fa/step-up/", proof).await
}

/// a proof makes the session fresh and raises it; a refresh moves neither `auth_time` nor freshness.
async fn a_proof_raises_the_session_and_a_refresh_does_not(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let before = claims(&session.access);
    world.advance(400).await;
    begin(&browser, &session).await.refused(403, "step_up_required");

    let now = world.fresh_step().await;
    let answer = step_up(&browser, &session, json!({ "code": code(&person.secret, now) })).await.expect(200);
    let raised = Session::of(&answer);
    let after = claims(&raised.access);
    assert_eq!(after["sid"], before["sid"], "the session keeps its id");
    assert_eq!(after["acr"], "2");
    assert!(after["auth_time"].as_i64().unwrap() - now < 5, "{after}");
    assert_eq!(answer.json["fresh_until"], status(&browser, &raised).await.json["fresh_until"]);
    begin(&browser, &raised).await.expect(201);
    refresh(&browser, &session.refresh).await.refused(401, "token_invalid");

    let mut held = raised;
    for _ in 0..6 {
        world.advance(590).await;
        held = Session::of(&refresh(&browser, &held.refresh).await.expect(200));
        assert_eq!(claims(&held.access)["auth_time"], after["auth_time"]);
        begin(&browser, &held).await.refused(403, "step_up_required");
        assert!(status(&browser, &held).await.json["fresh_until"].is_null());
    }
}

/// a session begun with the password alone says `acr` 2 once a factor was proved; a recovery code will do.
async fn a_weaker_session_is_raised_to_what_was_proved(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    assert_eq!(claims(&session.access)["acr"], "1", "it began before there was a factor");
    let browser = world.browser();
    let proof = json!({ "code": person.recovery_codes[0] });
    let raised = Session::of(&step_up(&browser, &session, proof.clone()).await.expect(200));
    assert_eq!(claims(&raised.access)["acr"], "2");
    assert_eq!(status(&browser, &raised).await.json["recovery_codes_remaining"], 9);
    world.message(&person.email, "recovery_code_used").await;
    step_up(&browser, &raised, proof).await.refused(422, "code_incorrect");
}

/// The refresh token in the cookie rotates with the proof; the access token is new in either case.
async fn the_cookie_rotates_with_the_proof(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let body = json!({ "email": person.email, "password": person.password });
    let token = browser.post("/auth/login/", body).await.expect(200).text_at("/partial_token");
    let body = json!({ "partial_token": token, "code": code(&person.secret, world.fresh_step().await) });
    let access = browser.post("/auth/2fa/verify/", body).await.expect(200).text_at("/tokens/access");
    let before = browser.cookie("twinlock_refresh").expect("a refresh cookie");
    let proof = json!({ "code": code(&person.secret, world.fresh_step().await) });
    let answer = browser.post_as(&access, "/auth/2fa/step-up/", proof).await.expect(200);
    assert!(answer.json["tokens"]["refresh"].is_null(), "{}", answer.text);
    assert!(is_signed_in(&browser, &answer.text_at("/tokens/access")).await);
    assert_ne!(browser.cookie("twinlock_refresh").expect("a refresh cookie"), before);
    browser.post("/auth/token/refresh/", json!({})).await.expect(200);

    // Without the cookie there is nothing to replace: what it holds goes on.
    let proof = json!({ "code": code(&person.secret, world.fresh_step().await) });
    let answer = browser.stranger().post_as(&access, "/auth/2fa/step-up/", proof).await.expect(200);
    assert!(answer.cookies().is_empty() && answer.json["tokens"]["refresh"].is_null());
    browser.post("/auth/token/refresh/", json!({})).await.expect(200);
}

/// the password is the proof of a person without a factor, and of nobody else.
async fn the_password_is_a_proof_only_without_a_factor(database: Database) {
    let world = World::start(database).await;
    let (plain, guarded) = (world.add_person(None), world.add_person_with_totp());
    let browser = world.browser();
    let session = Session::of(&login(&browser, &plain).await.expect(200));
    world.advance(400).await;
    step_up(&browser, &session, json!({ "password": "not it" })).await.refused(401, "credentials_invalid");
    begin(&browser, &session).await.refused(403, "step_up_required");
    let answer = step_up(&browser, &session, json!({ "password": plain.password })).await.expect(200);
    let raised = Session::of(&answer);
    assert_eq!(claims(&raised.access)["acr"], "1");
    begin(&browser, &raised).await.expect(201);

    let session = world.sign_in(&browser, &guarded).await;
    for password in [guarded.password.as_str(), "not it"] {
        step_up(&browser, &session, json!({ "password": password })).await.refused(403, "step_up_required");
    }
    for body in [json!({}), json!({ "code": "123456", "password": "x" }), json!({ "code": "" }), json!({ "code": 1 })] {
        step_up(&browser, &session, body).await.refused(400, "invalid_request");
    }
}

/// with a stolen session the password cannot be guessed any further than at the sign-in.
async fn a_session_gives_no_further_guesses_at_the_password(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let mut judged = 0;
    for turn in 0..40 {
        let wrong = format!("wrong {turn}");
        let answer = if turn % 2 == 0 {
            step_up(&browser, &session, json!({ "password": wrong })).await
        } else {
            crate::people::login_with(&browser, &person.email, &wrong).await
        };
        if answer.status == 401 {
            answer.refused(401, "credentials_invalid");
            judged += 1;
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
    assert_eq!(judged, 10, "the sign-in and the step-up share one count");
    step_up(&browser, &session, json!({ "password": person.password })).await.refused(429, "too_many_attempts");
}

/// forty wrong codes at the step-up come off the account's one budget.
async fn codes_cannot_be_guessed_here_either(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    for (turn, wrong) in wrong_codes(&person.secret, world.fresh_step().await, 40).iter().enumerate() {
        let answer = step_up(&browser, &session, json!({ "code": wrong })).await;
        if turn < 10 {
            let left = answer.refused(422, "code_incorrect").number_at("/attempts_left");
            assert_eq!(left, 9 - i64::try_from(turn).unwrap());
        } else {
            answer.refused(429, "account_locked");
        }
    }
    assert_eq!(world.judged_wrong(&person).await, 10);
    let right = json!({ "code": code(&person.secret, world.now().await) });
    step_up(&browser, &session, right).await.refused(429, "account_locked");
    login(&browser, &person).await.refused(429, "account_locked");
}

/// a code is used up for every purpose at once.
async fn one_code_is_good_for_one_purpose(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let used = code(&person.secret, world.fresh_step().await);
    let session = Session::of(&verify(&browser, &token, &used).await.expect(200));
    for path in ["/auth/2fa/step-up/", "/auth/2fa/disable/"] {
        let again = browser.post_as(&session.access, path, json!({ "code": used })).await;
        assert_eq!(again.refused(422, "code_incorrect").json["hint"], "already_used");
    }
    let used = code(&person.secret, world.fresh_step().await);
    let session = Session::of(&step_up(&browser, &session, json!({ "code": used })).await.expect(200));
    let disable = browser.post_as(&session.access, "/auth/2fa/disable/", json!({ "code": used })).await;
    assert_eq!(disable.refused(422, "code_incorrect").json["hint"], "already_used");
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &used).await.refused(422, "code_incorrect");
}

/// half a login is no session, whatever it is shown as.
async fn a_partial_token_manages_nothing(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let id = uuid::Uuid::nil();
    let code = code(&person.secret, world.fresh_step().await);
    for (path, body) in [
        ("/auth/2fa/step-up/", json!({ "code": code })),
        ("/auth/2fa/disable/", json!({ "code": code })),
        ("/auth/2fa/preferred-method/", json!({ "factor_id": id })),
        ("/auth/2fa/recovery-codes/generate/", json!({})),
    ] {
        browser.post_as(&token, path, body.clone()).await.refused(401, "token_invalid");
        let cookie = format!("twinlock_refresh={token}; twinlock_session={token}");
        browser.submit(path).header("cookie", cookie).json(&body).send().await.refused(401, "token_invalid");
        let mut within = body;
        within["partial_token"] = json!(token);
        let answer = browser.post(path, within).await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.text);
    }
    let download = "/auth/2fa/recovery-codes/download/?format=txt";
    browser.get_as(&token, download).await.refused(401, "token_invalid");
    browser.get(download).await.refused(401, "token_invalid");
}

on_both_databases![
    a_proof_raises_the_session_and_a_refresh_does_not,
    a_weaker_session_is_raised_to_what_was_proved,
    the_cookie_rotates_with_the_proof,
    the_password_is_a_proof_only_without_a_factor,
    a_session_gives_no_further_guesses_at_the_password,
    codes_cannot_be_guessed_here_either,
    one_code_is_good_for_one_purpose,
    a_partial_token_manages_nothing,
];
