//! Turning the second factor off: only by a code, whole, and once.

use domain::testing::rounds;
use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, refresh, verification, verify};
use crate::setup::{begin, confirm, status};
use crate::totp::{code, code_at, wrong_codes};

async fn disable(browser: &Browser, session: &Session, code: &str) -> Answer {
    browser.post_as(&session.access, "/auth/2fa/disable/", json!({ "code": code })).await
}

/// Rows of a person in a table.
async fn rows(world: &World, person: &Person, table: &str) -> i64 {
    let id = world.id_of(person).await;
    world.look.count(&format!("SELECT count(*) FROM {table} WHERE user_id = {id}")).await
}

/// a code is its own proof, however old the session's; nothing of the second factor is left.
async fn a_code_turns_it_off_and_leaves_nothing(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, first) = world.person_with_totp().await;
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let setup = begin(&browser, &first).await.expect(201);
    let other = world.sign_in(&elsewhere, &person).await;
    let session = world.sign_in(&browser, &person).await;
    let waiting = partial_token(&elsewhere, &person).await;
    world.advance(400).await;
    begin(&browser, &session).await.refused(403, "step_up_required");
    let now = world.fresh_step().await;
    let answer = disable(&browser, &session, &code(&person.secret, now)).await.expect(200);
    assert_eq!(answer.json, json!({ "enabled": false }));

    for table in ["factors", "recovery_codes", "enrollments", "kept_recovery_codes"] {
        assert_eq!(rows(&world, &person, table).await, 0, "{table}");
    }
    for dead in [&other, &first] {
        assert!(!is_signed_in(&elsewhere, &dead.access).await);
        refresh(&elsewhere, &dead.refresh).await.refused(401, "token_invalid");
    }
    assert!(is_signed_in(&elsewhere, &session.access).await);
    verify(&elsewhere, &waiting, &code_at(&person.secret, now, 1)).await.refused(410, "challenge_expired");
    let after = status(&browser, &session).await;
    assert_eq!(after.json["is_enabled"], false);
    assert_eq!((&after.json["factors"], &after.json["preferred_method"]), (&json!([]), &json!(null)));
    confirm(&browser, &session, &code(&setup.text_at("/secret"), now)).await.refused(409, "no_pending_setup");
    assert_eq!(login(&browser, &person).await.expect(200).json["requires_2fa"], false);
    world.message(&person.email, "two_factor_disabled").await;
    assert_eq!(world.audit_count(&person, "two_factor_disabled", true).await, 1);

    // There is nothing more to turn off, and it can be turned on again.
    disable(&browser, &session, "123456").await.refused(409, "no_pending_setup");
    let mut again = person.clone();
    world.enroll(&browser, &mut again).await;
    world.sign_in(&browser, &again).await;
}

/// Product.md section 3: a recovery code will do.
async fn a_recovery_code_turns_it_off(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    disable(&world.browser(), &session, &person.recovery_codes[4].to_lowercase()).await.expect(200);
    assert_eq!(login(&world.browser(), &person).await.expect(200).json["requires_2fa"], false);
}

/// neither a session alone, nor the password, nor a fresh proof of before turns it off.
async fn a_stolen_session_turns_nothing_off(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    for body in [json!({}), json!({ "password": person.password }), json!({ "code": null }), json!({ "code": "" })] {
        browser.post_as(&session.access, "/auth/2fa/disable/", body).await.refused(400, "invalid_request");
    }
    disable(&browser, &session, &person.password).await.refused(422, "code_incorrect");
    assert_eq!(status(&browser, &session).await.json["is_enabled"], true);
}

/// forty wrong codes come off the one budget; then no right one is taken, here or at the sign-in.
async fn it_cannot_be_guessed_off(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let now = world.fresh_step().await;
    let answers: Vec<Answer> = {
        let calls = wrong_codes(&person.secret, now, 40).into_iter().map(|wrong| {
            let body = json!({ "code": wrong });
            browser.submit("/auth/2fa/disable/").bearer(&session.access).json(&body)
        });
        world.burst(calls.collect()).await
    };
    assert_eq!(answers.iter().filter(|answer| answer.code() == "code_incorrect").count(), 10);
    assert_eq!(answers.iter().filter(|answer| answer.code() == "account_locked").count(), 30);
    disable(&browser, &session, &code(&person.secret, now)).await.refused(429, "account_locked");
    login(&browser, &person).await.refused(429, "account_locked");
    assert_eq!(status(&browser, &session).await.json["is_enabled"], true);
}

/// thirty redemptions of one recovery code, half at the sign-in and half here: one wins.
async fn one_recovery_code_is_good_for_one_door(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("one recovery code at sign-in and turning off", 3, 20) {
        let (person, session) = world.person_with_totp().await;
        let mut tokens = Vec::new();
        for turn in 0..5 {
            tokens.push(partial_token(&world.browser_at(turn), &person).await);
        }
        let code = &person.recovery_codes[0];
        let calls = (0..30).map(|turn| {
            let browser = world.browser_at(turn / 2);
            if turn % 2 == 0 {
                browser.submit("/auth/2fa/verify/").json(&verification(&tokens[turn % 5], code))
            } else {
                let call = browser.submit("/auth/2fa/disable/").bearer(&session.access);
                call.json(&json!({ "code": code }))
            }
        });
        let answers = world.burst(calls.collect()).await;
        for answer in &answers {
            assert!(answer.status < 500, "{} {}", answer.status, answer.text);
        }
        assert_eq!(answers.iter().filter(|answer| answer.is_success()).count(), 1);
        assert_eq!(world.audit_count(&person, "recovery_code_used", true).await, 1);
    }
}

/// confirming and disabling at once, again and again: it ends whole or not at all.
async fn confirming_and_disabling_at_once_ends_in_a_legal_state(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for turn in 0..rounds("confirming against turning off", 12, 50) {
        let (person, browser) = (world.add_person(None), world.browser());
        let holder = Session::of(&login(&browser, &person).await.expect(200));
        // By turns: the first factor being confirmed, or a further one beside it.
        let setup = begin(&browser, &holder).await.expect(201).text_at("/secret");
        let now = world.fresh_step().await;
        let secret = if turn % 2 == 0 {
            setup.clone()
        } else {
            confirm(&browser, &holder, &code_at(&setup, now, 0)).await.expect(200);
            begin(&browser, &holder).await.expect(201).text_at("/secret")
        };
        let node = usize::try_from(turn).unwrap();
        let call = |node, path, code| {
            world.browser_at(node).submit(path).bearer(&holder.access).json(&json!({ "code": code }))
        };
        let calls = vec![
            call(node, "/auth/2fa/verify-setup/", code_at(&secret, now, 0)),
            call(node + 1, "/auth/2fa/disable/", code_at(&setup, now, 1)),
        ];
        for answer in world.burst(calls).await {
            assert!(answer.status < 500, "{} {}", answer.status, answer.text);
        }
        let after = status(&browser, &holder).await.json;
        let factors = rows(&world, &person, "factors").await;
        let codes = rows(&world, &person, "recovery_codes").await;
        let legal = if after["is_enabled"] == true { factors > 0 && codes == 10 } else { factors == 0 && codes == 0 };
        assert!(legal, "turn {turn}: {factors} factors, {codes} codes, {after}");
        assert_eq!(after["is_enabled"], login(&browser, &person).await.expect(200).json["requires_2fa"]);
        let enabled = world.audit_count(&person, "two_factor_enabled", true).await;
        let disabled = world.audit_count(&person, "two_factor_disabled", true).await;
        assert_eq!(enabled - disabled, usize::from(after["is_enabled"] == true), "turn {turn}");
    }
}

on_both_databases![
    a_code_turns_it_off_and_leaves_nothing,
    a_recovery_code_turns_it_off,
    a_stolen_session_turns_nothing_off,
    it_cannot_be_guessed_off,
    one_recovery_code_is_good_for_one_door,
    confirming_and_disabling_at_once_ends_in_a_legal_state,
];
