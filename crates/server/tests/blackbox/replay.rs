//! A code is good once, for one person, for one purpose, in one window of time.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, login, login_with, partial_token, refresh, verification, verify};
use crate::totp::{code, code_at};

/// the second use of a code is refused, charged and explained, whoever asks and from wherever.
async fn a_used_code_is_refused_in_every_browser(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let first = partial_token(&browser, &person).await;
    let second = partial_token(&browser, &person).await;
    let code = code(&person.secret, world.fresh_step().await);
    verify(&browser, &first, &code).await.expect(200);

    let elsewhere = browser
        .stranger()
        .submit("/auth/2fa/verify/")
        .header("x-forwarded-for", "203.0.113.9")
        .header("user-agent", "Another/1.0")
        .json(&verification(&second, &code))
        .send()
        .await
        .refused(422, "code_incorrect");
    assert_eq!(elsewhere.json["hint"], "already_used");
    assert_eq!(elsewhere.json["attempts_left"], 4);
    elsewhere.holds_no_session();
    let again = partial_token(&browser, &person).await;
    verify(&browser, &again, &code).await.refused(422, "code_incorrect");
}

/// after a step was used, that step and every earlier one is dead, and stays dead when it grows old.
async fn the_used_step_only_moves_forward(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let now = world.fresh_step().await;

    let ahead = code_at(&person.secret, now, 1);
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &ahead).await.expect(200);
    let token = partial_token(&browser, &person).await;
    for steps in [0, -1, 1] {
        let answer = verify(&browser, &token, &code_at(&person.secret, now, steps)).await;
        let answer = answer.refused(422, "code_incorrect");
        assert_eq!(answer.json["hint"], "already_used", "step {steps}");
    }
    world.set_clock(now + 30).await;
    verify(&browser, &token, &ahead).await.refused(422, "code_incorrect");
    world.set_clock(now + 60).await;
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &ahead).await.refused(422, "code_incorrect");
    verify(&browser, &token, &code_at(&person.secret, now, 2)).await.expect(200);
}

/// in the first and in the last second of a step, exactly the steps −1, 0 and +1 are good.
async fn only_the_step_before_this_one_and_the_next_are_good(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for second in [0, 28] {
        let person = world.add_person_with_totp();
        for steps in [-3, -2, 2, 3, -1, 0, 1] {
            world.advance(1200).await;
            let token = partial_token(&browser, &person).await;
            let answer = loop {
                let moment = world.fresh_step().await + second;
                let code = code_at(&person.secret, moment, steps);
                world.set_clock(moment).await;
                let answer = verify(&browser, &token, &code).await;
                // On a machine so slow that the step ended meanwhile, this try has shown nothing.
                if world.now().await / 30 == moment / 30 {
                    break answer;
                }
            };
            let expected = if steps.abs() <= 1 { 200 } else { 422 };
            assert_eq!(answer.status, expected, "step {steps} at second {second}: {}", answer.text);
        }
    }
}

/// R-04, product.md section 3: a wrong clock is explained, never tolerated. A past step is named at once; a future one
/// only after two different tries in a row that agree.
async fn a_clock_that_is_off_is_explained_and_not_learned(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let now = world.fresh_step().await;
    let token = partial_token(&browser, &person).await;
    let past = verify(&browser, &token, &code_at(&person.secret, now, -5)).await.refused(422, "code_incorrect");
    assert_eq!(past.json["hint"], "clock_skew", "{}", past.text);
    assert!((120..=180).contains(&past.number_at("/skew_seconds").abs()), "{}", past.text);

    let first = verify(&browser, &token, &code_at(&person.secret, now, 6)).await.refused(422, "code_incorrect");
    assert!(first.json["hint"].is_null(), "{}", first.text);
    let same = verify(&browser, &token, &code_at(&person.secret, now, 6)).await.refused(422, "code_incorrect");
    assert!(same.json["hint"].is_null(), "the same code twice proves nothing: {}", same.text);
    world.set_clock(now + 30).await;
    let second = verify(&browser, &token, &code_at(&person.secret, now, 7)).await.refused(422, "code_incorrect");
    assert_eq!(second.json["hint"], "clock_skew", "{}", second.text);
    assert!((150..=210).contains(&second.number_at("/skew_seconds").abs()), "{}", second.text);

    let other = world.fresh_step().await;
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &code_at(&person.secret, other, 6)).await.refused(422, "code_incorrect");
    verify(&browser, &token, &code_at(&person.secret, other, 0)).await.expect(200);
}

/// the vectors of RFC 6238 and RFC 4226, leading zeros included, at their times and in their order.
async fn the_vectors_of_the_standard_are_accepted(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
    let browser = world.browser();
    for (unix, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        world.set_clock(unix).await;
        let token = partial_token(&browser, &person).await;
        world.set_clock(unix).await;
        let answer = verify(&browser, &token, code).await;
        assert_eq!(answer.status, 200, "{code} at {unix}: {}", answer.text);
        assert_eq!(answer.json["method"], "totp");
    }
}

/// the code that confirmed the set-up signs nobody in, and the code that signed in confirms nothing.
async fn a_code_serves_one_purpose(database: Database) {
    let world = World::start(database).await;
    let mut person = world.sign_up().await;
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let setup = browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    person.secret = setup.text_at("/secret");
    let confirming = code(&person.secret, world.fresh_step().await);
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": confirming })).await.expect(200);
    let token = partial_token(&browser, &person).await;
    let answer = verify(&browser, &token, &confirming).await.refused(422, "code_incorrect");
    assert_eq!(answer.json["hint"], "already_used");

    let signing_in = code(&person.secret, world.fresh_step().await);
    let session = Session::of(&verify(&browser, &token, &signing_in).await.expect(200));
    let confirm = json!({ "code": signing_in });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", confirm.clone()).await.refused(409, "no_pending_setup");
    browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", confirm).await.refused(422, "code_incorrect");
    let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
    assert_eq!(status.json["factors"].as_array().unwrap().len(), 1);
}

/// one person's code is worth nothing for another, and a body cannot name whom it is for.
async fn nobody_signs_in_with_the_code_of_another(database: Database) {
    let world = World::start(database).await;
    let (alice, mallory) = (world.add_person_with_totp(), world.add_person_with_totp());
    let browser = world.browser();
    let alices = partial_token(&browser, &alice).await;
    let mallorys = partial_token(&browser, &mallory).await;
    let code = code(&mallory.secret, world.fresh_step().await);
    verify(&browser, &alices, &code).await.refused(422, "code_incorrect").holds_no_session();
    for field in ["user", "email", "login", "user_id", "sub"] {
        let mut body = verification(&mallorys, &code);
        body[field] = json!(alice.email);
        browser.post("/auth/2fa/verify/", body).await.refused(400, "invalid_request").holds_no_session();
    }
    let answer = verify(&browser, &mallorys, &code).await.expect(200);
    assert_eq!(answer.json["user"]["email"], mallory.email);
}

/// nothing but a partial token is a partial token, and only a right password makes one.
async fn no_other_token_passes_for_a_partial_token(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let address = world.new_address();
    browser.post("/auth/signup/", json!({ "email": address, "password": person.password })).await.expect(201);
    let link = world.verification_token(&address).await;
    let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
    let factor = status.text_at("/factors/0/id");
    let ended = partial_token(&browser, &person).await;
    verify(&browser, &ended, &code(&person.secret, world.fresh_step().await)).await.expect(200);

    let code = code(&person.secret, world.fresh_step().await);
    let forged = format!("{}AAAA", &ended[..ended.len() - 4]);
    for token in [
        "1",
        "0",
        "9",
        "../x",
        "null",
        " ",
        "*",
        "%",
        "'",
        "undefined",
        &person.email,
        &factor,
        &link,
        &forged,
        &session.access,
        &session.refresh,
        "00000000-0000-0000-0000-000000000000",
        &"A".repeat(43),
        &"x".repeat(4000),
    ] {
        let answer = verify(&browser, token, &code).await;
        assert!(matches!(answer.status, 400 | 401), "{token}: {} {}", answer.status, answer.text);
        answer.expect_problem().holds_no_session();
    }
    for token in [&session.refresh, &link, &forged] {
        verify(&browser, token, &code).await.refused(401, "partial_token_invalid");
    }
    verify(&browser, &ended, &code).await.refused(409, "already_completed").holds_no_session();
    for body in [
        json!({ "code": code }),
        json!({ "partial_token": null, "code": code }),
        json!({ "partial_token": "", "code": code }),
    ] {
        let answer = browser.post("/auth/2fa/verify/", body).await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.text);
        answer.expect_problem().holds_no_session();
    }
    let wrong = login_with(&browser, &person.email, "not the password").await.refused(401, "credentials_invalid");
    assert!(!wrong.text.contains("partial_token"));
    // The reverse way: a verification link and a refresh token are not each other either.
    refresh(&browser, &link).await.refused(401, "token_invalid");
    browser.post("/auth/verify-email/", json!({ "token": session.refresh })).await.refused(401, "token_invalid");
}

on_both_databases![
    a_used_code_is_refused_in_every_browser,
    the_used_step_only_moves_forward,
    only_the_step_before_this_one_and_the_next_are_good,
    a_clock_that_is_off_is_explained_and_not_learned,
    the_vectors_of_the_standard_are_accepted,
    a_code_serves_one_purpose,
    nobody_signs_in_with_the_code_of_another,
    no_other_token_passes_for_a_partial_token,
];
