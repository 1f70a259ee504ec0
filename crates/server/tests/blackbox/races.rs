//! Many at once: over two nodes on one PostgreSQL, over one server on SQLite. Exactly one wins and nobody sees a 5xx.

use std::collections::BTreeSet;

use domain::testing::rounds;
use serde_json::json;

use crate::client::{Answer, Call};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, refresh, verification, verify};
use crate::totp::{code, wrong_codes};

/// Second steps to be sent at once: each to the next node, with the next partial token.
fn second_steps<'a>(world: &World, tokens: &[String], codes: impl Iterator<Item = &'a String>) -> Vec<Call> {
    codes
        .enumerate()
        .map(|(turn, code)| {
            let body = verification(&tokens[turn % tokens.len()], code);
            world.browser_at(turn).submit("/auth/2fa/verify/").json(&body)
        })
        .collect()
}

async fn partial_tokens(world: &World, person: &Person, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for turn in 0..count {
        tokens.push(partial_token(&world.browser_at(turn), person).await);
    }
    tokens
}

/// The single winner; everybody else was refused, in words.
#[track_caller]
fn only_winner(answers: &[Answer]) -> &Answer {
    for answer in answers {
        assert!(answer.status < 500, "{} {}", answer.status, answer.text);
        if !answer.is_success() {
            answer.clone().expect_problem().holds_no_session();
        }
    }
    let winners: Vec<&Answer> = answers.iter().filter(|answer| answer.is_success()).collect();
    assert_eq!(winners.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    winners[0]
}

async fn sessions_of(world: &World, person: &Person) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = '{}')",
        person.email
    );
    world.look.count(&sql).await
}

/// thirty tries of one authenticator code over ten partial tokens.
async fn one_code_in_thirty_requests_signs_in_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    for _ in 0..rounds("thirty tries of one authenticator code", 2, 20) {
        let before = sessions_of(&world, &person).await;
        let tokens = partial_tokens(&world, &person, 10).await;
        let code = code(&person.secret, world.fresh_step().await);
        let answers = world.burst(second_steps(&world, &tokens, std::iter::repeat_n(&code, 30))).await;
        only_winner(&answers);
        assert_eq!(sessions_of(&world, &person).await, before + 1);
        world.advance(24 * 3600).await;
    }
}

/// thirty tries of one code with one partial token: one session, and one entry that says so.
async fn one_partial_token_in_thirty_requests_signs_in_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("thirty tries of one partial token", 1, 10) {
        let person = world.add_person_with_totp();
        let tokens = partial_tokens(&world, &person, 1).await;
        let code = code(&person.secret, world.fresh_step().await);
        let answers = world.burst(second_steps(&world, &tokens, std::iter::repeat_n(&code, 30))).await;
        let session = Session::of(only_winner(&answers));
        assert!(is_signed_in(&world.browser_at(1), &session.access).await);
        assert_eq!(sessions_of(&world, &person).await, 1);
        let verified = world.audit_count(&person, "code_verified", true).await;
        assert_eq!(verified, 1);
    }
}

/// thirty tries of one recovery code over ten partial tokens.
async fn one_recovery_code_in_thirty_requests_signs_in_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("thirty tries of one recovery code", 1, 10) {
        let (person, _) = world.person_with_totp().await;
        let before = sessions_of(&world, &person).await;
        let tokens = partial_tokens(&world, &person, 10).await;
        let code = &person.recovery_codes[0];
        let answers = world.burst(second_steps(&world, &tokens, std::iter::repeat_n(code, 30))).await;
        let winner = only_winner(&answers);
        assert_eq!(winner.json["method"], "recovery_code");
        assert_eq!(winner.json["recovery_codes_remaining"], 9);
        assert_eq!(sessions_of(&world, &person).await, before + 1);
    }
}

/// one recovery code at the sign-in, the step-up and the turning off at once, on both nodes: one door opens.
async fn one_recovery_code_at_three_doors_at_once_opens_one(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("one recovery code at three doors", 2, 20) {
        let (person, session) = world.person_with_totp().await;
        let tokens = partial_tokens(&world, &person, 5).await;
        let code = &person.recovery_codes[0];
        let calls = (0..30).map(|turn| {
            // By threes, so that each door is knocked at on each node.
            let browser = world.browser_at(turn / 3);
            let body = json!({ "code": code });
            match turn % 3 {
                0 => browser.submit("/auth/2fa/verify/").json(&verification(&tokens[turn % 5], code)),
                1 => browser.submit("/auth/2fa/step-up/").bearer(&session.access).json(&body),
                _ => browser.submit("/auth/2fa/disable/").bearer(&session.access).json(&body),
            }
        });
        only_winner(&world.burst(calls.collect()).await);
        assert_eq!(world.audit_count(&person, "recovery_code_used", true).await, 1);
    }
}

/// thirty trades of one refresh token: one is served, and the thief's family ends with the owner's.
async fn one_refresh_token_in_thirty_requests_is_traded_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("thirty trades of one refresh token", 1, 10) {
        let person = world.add_person(None);
        let session = Session::of(&login(&world.browser(), &person).await.expect(200));
        let calls = (0..30)
            .map(|turn| {
                world.browser_at(turn).submit("/auth/token/refresh/").json(&json!({ "refresh": session.refresh }))
            })
            .collect();
        let answers = world.burst(calls).await;
        let next = Session::of(only_winner(&answers));
        for answer in answers.into_iter().filter(|answer| !answer.is_success()) {
            answer.refused(401, "token_invalid");
        }
        refresh(&world.browser(), &next.refresh).await.refused(401, "token_invalid");
        assert!(!is_signed_in(&world.browser_at(1), &next.access).await);
    }
}

/// two hundred guesses at once, one of them right, over ten partial tokens: no more are judged than the budget has.
async fn a_burst_of_guesses_is_charged_before_it_is_judged(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let mut lucky = 0;
    let runs = rounds("two hundred guesses at once", 3, 40) as usize;
    for run in 0..runs {
        let person = world.add_person_with_totp();
        let tokens = partial_tokens(&world, &person, 10).await;
        let now = world.fresh_step().await;
        let mut codes = wrong_codes(&person.secret, now, 199);
        codes.insert((run * 67 + 60) % 200, code(&person.secret, now));
        let answers = world.burst(second_steps(&world, &tokens, codes.iter())).await;
        assert!(answers.iter().all(|answer| answer.status < 500));
        let judged_wrong = answers.iter().filter(|answer| answer.code() == "code_incorrect").count();
        let judged_right = answers.iter().filter(|answer| answer.is_success()).count();
        assert!(judged_wrong <= 10, "{judged_wrong} wrong codes were judged");
        assert!(judged_right <= 1);
        lucky += judged_right;
        let charged = world.judged_wrong(&person).await;
        assert!(charged <= 10, "the audit log shows {charged} judged guesses");
        if judged_right == 0 {
            login(&world.browser(), &person).await.refused(429, "account_locked");
        }
    }
    assert!(lucky <= runs / 2 + 1, "the right code, mostly sent late, won {lucky} times of {runs}");
}

/// two hundred guesses at once at one partial token: five are judged.
async fn a_burst_on_one_partial_token_has_five_guesses(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let tokens = partial_tokens(&world, &person, 1).await;
    let now = world.fresh_step().await;
    let codes = wrong_codes(&person.secret, now, 200);
    let answers = world.burst(second_steps(&world, &tokens, codes.iter())).await;
    let judged: BTreeSet<i64> = answers
        .iter()
        .filter(|answer| answer.code() == "code_incorrect")
        .map(|answer| answer.number_at("/attempts_left"))
        .collect();
    assert_eq!(judged, BTreeSet::from([0, 1, 2, 3, 4]));
    for answer in answers {
        if answer.code() != "code_incorrect" {
            answer.refused(429, "too_many_attempts");
        }
    }
}

/// five wrong codes at once are five, not fewer, and the right one comes too late.
async fn no_failure_is_lost_when_five_come_at_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("five wrong codes at once", 1, 20) {
        let person = world.add_person_with_totp();
        let tokens = partial_tokens(&world, &person, 1).await;
        let now = world.fresh_step().await;
        let codes = wrong_codes(&person.secret, now, 5);
        let answers = world.burst(second_steps(&world, &tokens, codes.iter())).await;
        let left: BTreeSet<i64> = answers.iter().map(|answer| answer.number_at("/attempts_left")).collect();
        assert_eq!(left, BTreeSet::from([0, 1, 2, 3, 4]));
        verify(&world.browser(), &tokens[0], &code(&person.secret, now)).await.refused(429, "too_many_attempts");
        assert_eq!(world.judged_wrong(&person).await, 5);
    }
}

/// fifty different people at once: everybody is served, nobody hears of a locked database.
async fn fifty_people_at_once_are_all_served(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let mut calls = Vec::new();
    let (mut person, _) = world.person_with_totp().await;
    let recovery_codes = std::mem::take(&mut person.recovery_codes);
    let tokens = partial_tokens(&world, &person, 10).await;
    calls.extend(second_steps(&world, &tokens, recovery_codes.iter()));
    for turn in 0..40 {
        let body = json!({ "email": format!("newcomer{turn}@example.com"), "password": person.password });
        calls.push(world.browser_at(turn).submit("/auth/signup/").json(&body));
    }
    for answer in world.burst(calls).await {
        assert!(matches!(answer.status, 200 | 201), "{} {}", answer.what, answer.text);
    }
}

/// of ten set-ups begun at once one is left, and it is the newest that counts.
async fn many_setups_at_once_leave_one_pending(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person(None);
    let session = Session::of(&login(&world.browser(), &person).await.expect(200));
    let calls = (0..10)
        .map(|turn| {
            let browser = world.browser_at(turn);
            browser.submit("/auth/2fa/setup/").bearer(&session.access).json(&json!({ "method": "totp" }))
        })
        .collect();
    let answers = world.burst(calls).await;
    let now = world.fresh_step().await;
    let mut accepted = 0;
    let mut judged = 0;
    for answer in answers {
        let answer = answer.expect(201);
        let body = json!({ "code": code(&answer.text_at("/secret"), now) });
        let confirmed = world.browser().post_as(&session.access, "/auth/2fa/verify-setup/", body).await;
        assert!(confirmed.status < 500, "{}", confirmed.text);
        accepted += i32::from(confirmed.is_success());
        judged += i32::from(confirmed.code() == "code_incorrect");
    }
    assert!(accepted <= 1 && judged <= 5, "{accepted} confirmed, {judged} judged");

    let second = world.add_person(None);
    let session = Session::of(&login(&world.browser(), &second).await.expect(200));
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let body = json!({ "method": "totp" });
        let answer = world.browser().post_as(&session.access, "/auth/2fa/setup/", body).await.expect(201);
        secrets.push((answer.text_at("/secret"), answer.text_at("/factor_id")));
    }
    let now = world.fresh_step().await;
    let confirm = |secret: &str| json!({ "code": code(secret, now) });
    let browser = world.browser();
    let stale = browser.post_as(&session.access, "/auth/2fa/verify-setup/", confirm(&secrets[0].0)).await;
    assert!(!stale.is_success(), "{}", stale.text);
    let newest = browser.post_as(&session.access, "/auth/2fa/verify-setup/", confirm(&secrets[1].0)).await.expect(200);
    assert_eq!(newest.text_at("/factor_id"), secrets[1].1);
}

/// thirty confirmations of one set-up enable one factor and make one set of recovery codes.
async fn one_setup_confirmed_thirty_times_makes_one_factor(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("thirty confirmations of one set-up", 1, 10) {
        let person = world.add_person(None);
        let browser = world.browser();
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let setup = browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
        let body = json!({ "code": code(&setup.text_at("/secret"), world.fresh_step().await) });
        let calls = (0..30)
            .map(|turn| world.browser_at(turn).submit("/auth/2fa/verify-setup/").bearer(&session.access).json(&body))
            .collect();
        let answers = world.burst(calls).await;
        only_winner(&answers);
        let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
        assert_eq!(status.json["factors"].as_array().unwrap().len(), 1);
        assert_eq!(status.json["recovery_codes_remaining"], 10);
    }
}

/// thirty uses of one verification link make one account.
async fn one_verification_link_in_thirty_requests_works_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..rounds("thirty uses of one link", 1, 10) {
        let email = world.new_address();
        let body = json!({ "email": email, "password": crate::people::PASSWORD });
        world.browser().post("/auth/signup/", body).await.expect(201);
        let token = world.verification_token(&email).await;
        let calls = (0..30)
            .map(|turn| world.browser_at(turn).submit("/auth/verify-email/").json(&json!({ "token": token })))
            .collect();
        let answers = world.burst(calls).await;
        only_winner(&answers);
        let users = world.look.count(&format!("SELECT count(*) FROM users WHERE email = '{email}'")).await;
        assert_eq!(users, 1);
    }
}

on_both_databases![
    one_code_in_thirty_requests_signs_in_once,
    one_partial_token_in_thirty_requests_signs_in_once,
    one_recovery_code_in_thirty_requests_signs_in_once,
    one_recovery_code_at_three_doors_at_once_opens_one,
    one_refresh_token_in_thirty_requests_is_traded_once,
    a_burst_of_guesses_is_charged_before_it_is_judged,
    a_burst_on_one_partial_token_has_five_guesses,
    no_failure_is_lost_when_five_come_at_once,
    fifty_people_at_once_are_all_served,
    many_setups_at_once_leave_one_pending,
    one_setup_confirmed_thirty_times_makes_one_factor,
    one_verification_link_in_thirty_requests_works_once,
];
