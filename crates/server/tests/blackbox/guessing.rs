//! Guessing second factors: one budget per account over every door, charged first, counted over nodes and restarts.

use serde_json::json;

use crate::client::Browser;
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, login, login_with, partial_token, verification, verify};
use crate::totp::{code, wrong_code, wrong_codes};

/// Spends what one challenge allows; gives the last answer's account state.
async fn five_wrong(world: &World, browser: &Browser, person: &Person) {
    let token = partial_token(browser, person).await;
    let now = world.fresh_step().await;
    for wrong in wrong_codes(&person.secret, now, 5) {
        let answer = verify(browser, &token, &wrong).await;
        assert!(matches!(answer.code(), "code_incorrect" | "account_locked"), "{}", answer.text);
    }
}

/// Locks an account by ten wrong codes.
async fn lock(world: &World, browser: &Browser, person: &Person) {
    five_wrong(world, browser, person).await;
    five_wrong(world, browser, person).await;
}

/// five wrong codes end a challenge, and say how many are left on the way.
async fn five_wrong_codes_end_a_challenge(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let login = login(&browser, &person).await.expect(200);
    assert_eq!(login.json["attempts_left"], 5);
    let token = login.text_at("/partial_token");
    let now = world.fresh_step().await;
    for (left, wrong) in (0..5).rev().zip(wrong_codes(&person.secret, now, 5)) {
        let answer = verify(&browser, &token, &wrong).await.refused(422, "code_incorrect");
        assert_eq!(answer.json["attempts_left"], left);
        assert!(answer.json["hint"].is_null());
    }
    let right = code(&person.secret, now);
    verify(&browser, &token, &right).await.refused(429, "too_many_attempts").holds_no_session();
    let other = partial_token(&browser, &person).await;
    verify(&browser, &other, &right).await.expect(200);
}

/// the budget belongs to the account. New partial tokens, browsers, nodes and addresses give no new one.
async fn ten_wrong_codes_lock_the_account_whoever_gives_them(database: Database) {
    let world = World::on(database).in_cluster().with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let person = world.add_person_with_totp();
    let now = world.fresh_step().await;
    let (mut kept, mut judged) = (String::new(), 0);
    for (turn, wrong) in wrong_codes(&person.secret, now, 14).iter().enumerate() {
        let browser = world.browser_at(turn);
        let from = format!("198.51.100.{turn}");
        let body = json!({ "email": person.email, "password": person.password });
        let answer = browser.submit("/auth/login/").header("x-forwarded-for", &from).json(&body).send().await;
        if turn >= 10 {
            answer.refused(429, "account_locked");
            continue;
        }
        let token = answer.expect(200).text_at("/partial_token");
        let body = verification(&token, wrong);
        let answer = browser.submit("/auth/2fa/verify/").header("x-forwarded-for", &from).json(&body).send().await;
        assert!(matches!(answer.code(), "code_incorrect" | "account_locked"), "{}", answer.text);
        judged += 1;
        if judged == 5 {
            kept = partial_token(&world.browser(), &person).await;
        }
    }
    assert_eq!(judged, 10);
    let right = code(&person.secret, world.now().await);
    let refused = verify(&world.browser_at(1), &kept, &right).await.refused(429, "account_locked");
    assert!(matches!(refused.number_at("/retry_after"), 1..=900), "{}", refused.text);
    let header: i64 = refused.header("retry-after").expect("Retry-After").parse().unwrap();
    assert_eq!(header, refused.number_at("/retry_after"));
    let refused = login(&world.browser(), &person).await.refused(429, "account_locked");
    assert!(matches!(refused.number_at("/retry_after"), 1..=900), "{}", refused.text);
}

/// what was counted is still counted after the server was killed.
async fn a_restart_forgets_no_wrong_code(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    five_wrong(&world, &world.browser(), &person).await;
    let token = partial_token(&world.browser(), &person).await;
    let wrong = wrong_codes(&person.secret, world.fresh_step().await, 4);
    for code in &wrong {
        verify(&world.browser(), &token, code).await.refused(422, "code_incorrect");
    }
    world.restart(0).await;
    let now = world.now().await;
    let last = verify(&world.browser(), &token, &wrong_code(&person.secret, now)).await;
    assert!(matches!(last.code(), "code_incorrect" | "account_locked"), "{}", last.text);
    world.restart(0).await;
    login(&world.browser(), &person).await.refused(429, "account_locked");
}

/// locks end, each lasts longer than the one before, and none outlasts a day.
async fn a_lock_ends_and_the_next_one_is_longer(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let mut last = 0;
    for expected in [15 * 60, 30 * 60, 60 * 60] {
        lock(&world, &browser, &person).await;
        let answer = login(&browser, &person).await.refused(429, "account_locked");
        last = answer.number_at("/retry_after");
        assert!((expected - 30..=expected).contains(&last), "{last} where {expected} was due");
        world.advance(last - 5).await;
        login(&browser, &person).await.refused(429, "account_locked");
        world.advance(6).await;
    }
    assert!(last <= 24 * 3600);
    world.sign_in(&browser, &person).await;
}

/// a hundred wrong codes in a row, however far apart, stop the account until a stronger proof.
async fn a_hundred_wrong_codes_in_a_row_are_a_hard_stop(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    for _ in 0..10 {
        lock(&world, &browser, &person).await;
        world.advance(26 * 3600).await;
    }
    for days in [0, 3, 30] {
        world.advance(days * 24 * 3600).await;
        login(&browser, &person).await.refused(429, "account_locked").holds_no_session();
    }
}

/// a right code ends the row of wrong ones, but gives back nothing of the hour's budget.
async fn a_right_code_gives_back_its_own_charge_only(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    for _ in 0..2 {
        let token = partial_token(&browser, &person).await;
        let now = world.fresh_step().await;
        for wrong in wrong_codes(&person.secret, now, 4) {
            verify(&browser, &token, &wrong).await.refused(422, "code_incorrect");
        }
        verify(&browser, &token, &code(&person.secret, now)).await.expect(200);
    }
    let token = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    let wrong = wrong_codes(&person.secret, now, 2);
    verify(&browser, &token, &wrong[0]).await.refused(422, "code_incorrect");
    let tenth = verify(&browser, &token, &wrong[1]).await;
    assert!(matches!(tenth.code(), "code_incorrect" | "account_locked"), "{}", tenth.text);
    verify(&browser, &token, &code(&person.secret, now)).await.refused(429, "account_locked");
}

/// somebody else's success, and a right password, clear nothing.
async fn success_elsewhere_clears_no_counter(database: Database) {
    let world = World::start(database).await;
    let (victim, attacker) = (world.add_person_with_totp(), world.add_person_with_totp());
    let browser = world.browser();
    for _ in 0..2 {
        let token = partial_token(&browser, &victim).await;
        let now = world.fresh_step().await;
        for wrong in wrong_codes(&victim.secret, now, 5) {
            verify(&browser, &token, &wrong).await;
            login(&browser, &victim).await;
        }
        world.sign_in(&browser, &attacker).await;
    }
    login(&browser, &victim).await.refused(429, "account_locked");
    world.sign_in(&browser, &attacker).await;
}

/// without the password nobody spends anything: the victim still signs in.
async fn a_stranger_locks_nobody_out(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let victim = world.add_person_with_totp();
    let browser = world.browser();
    for turn in 0..60 {
        let from = format!("198.51.{turn}.7");
        let body = json!({ "email": victim.email, "password": "guessed" });
        let answer = browser.submit("/auth/login/").header("x-forwarded-for", &from).json(&body).send().await;
        answer.refused(401, "credentials_invalid");
    }
    for turn in 0..300 {
        let forged = format!("{turn:043}");
        verify(&browser, &forged, "123456").await.refused(401, "partial_token_invalid");
    }
    let from = "203.0.113.4";
    let body = json!({ "email": victim.email, "password": victim.password });
    let answer = browser.submit("/auth/login/").header("x-forwarded-for", from).json(&body).send().await.expect(200);
    assert_eq!(answer.json["attempts_left"], 5);
    let code = code(&victim.secret, world.fresh_step().await);
    verify(&browser, &answer.text_at("/partial_token"), &code).await.expect(200);
}

/// confirming a set-up is no side door: five guesses each, from the account's one budget.
async fn a_setup_cannot_be_guessed_either(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let mut judged = 0;
    for _ in 0..4 {
        let setup = browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await;
        if setup.status == 429 {
            setup.refused(429, "account_locked");
            continue;
        }
        let secret = setup.expect(201).text_at("/secret");
        let now = world.now().await;
        let mut answers = Vec::new();
        for wrong in wrong_codes(&secret, now, 10) {
            let body = json!({ "code": wrong });
            answers.push(browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await);
        }
        let here = answers.iter().filter(|answer| answer.code() == "code_incorrect").count();
        assert!(here <= 5, "{here} guesses at one set-up");
        judged += here;
        for answer in answers {
            assert!(answer.status < 500 && !answer.is_success(), "{}", answer.text);
        }
        let body = json!({ "code": code(&secret, world.now().await) });
        let late = browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await;
        assert!(!late.is_success(), "{}", late.text);
    }
    assert!(judged <= 10, "{judged} guesses in all");
    login(&browser, &person).await.refused(429, "account_locked");
    let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
    assert!(status.json["locked_until"].is_string(), "{}", status.text);
}

/// recovery codes of the right form are guessed at the same price.
async fn recovery_codes_are_guessed_at_the_same_price(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let mut judged = 0;
    for round in 0..3 {
        let answer = login(&browser, &person).await;
        if answer.status == 429 {
            answer.refused(429, "account_locked");
            continue;
        }
        let token = answer.text_at("/partial_token");
        for turn in 0..10 {
            let guess = format!("AAAA-BBBB-{round}{turn:03}");
            let answer = verify(&browser, &token, &guess).await;
            if answer.code() == "code_incorrect" {
                judged += 1;
            } else {
                assert_eq!(answer.status, 429, "{}", answer.text);
            }
        }
    }
    assert!(judged <= 10, "{judged} were judged");
    login(&browser, &person).await.refused(429, "account_locked");
}

/// what was signed in before the lock stays signed in; the lock keeps codes out, not people.
async fn a_lock_ends_no_session(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    lock(&world, &browser.stranger(), &person).await;
    login(&browser, &person).await.refused(429, "account_locked");
    let answer = crate::people::refresh(&browser, &session.refresh).await.expect(200);
    let renewed = Session::of(&answer);
    let status = browser.get_as(&renewed.access, "/auth/2fa/status/").await.expect(200);
    assert!(status.json["locked_until"].is_string(), "{}", status.text);
}

/// a locked account tells nothing to somebody with a wrong password.
async fn a_lock_is_told_only_to_the_right_password(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    lock(&world, &browser, &person).await;
    let wrong = login_with(&browser, &person.email, "not it").await.refused(401, "credentials_invalid");
    let unknown = login_with(&browser, "nobody@example.com", "not it").await.refused(401, "credentials_invalid");
    crate::passwords::assert_same(&wrong, &unknown);
}

on_both_databases![
    five_wrong_codes_end_a_challenge,
    ten_wrong_codes_lock_the_account_whoever_gives_them,
    a_restart_forgets_no_wrong_code,
    a_lock_ends_and_the_next_one_is_longer,
    a_hundred_wrong_codes_in_a_row_are_a_hard_stop,
    a_right_code_gives_back_its_own_charge_only,
    success_elsewhere_clears_no_counter,
    a_stranger_locks_nobody_out,
    a_setup_cannot_be_guessed_either,
    recovery_codes_are_guessed_at_the_same_price,
    a_lock_ends_no_session,
    a_lock_is_told_only_to_the_right_password,
];
