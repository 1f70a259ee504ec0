//! What ends something, at the very moment it begins: whichever comes first, nothing is left over.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use crate::client::Call;
use crate::crowds::{post_as, wins};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, refresh, verification};
use crate::setup::begin;
use crate::totp::code;
use crate::trusted_devices::{COOKIE, is_trusted, remember, shown};

/// Signs in ten times with a trusted browser's cookie, at the moment of an event; gives what was granted.
async fn meanwhile(world: &World, person: &Person, cookie: &str, event: Call) -> Vec<Session> {
    let body = json!({ "email": person.email, "password": person.password, "refresh_in_body": true });
    let sign_in = |turn| {
        let browser = world.browser_at(turn);
        browser.set_cookie(COOKIE, cookie);
        browser.submit("/auth/login/").json(&body)
    };
    let began = Instant::now();
    assert!(is_trusted(&sign_in(0).send().await));
    let one = began.elapsed();
    let event = async {
        // Passwords are checked a few at a time: some of the ten have been let in by then.
        tokio::time::sleep(one * 2).await;
        event.send().await
    };
    let (answers, event) = tokio::join!(world.burst((0..10).map(sign_in).collect()), event);
    wins(&answers);
    assert!(event.is_success(), "{} {}", event.status, event.text);
    let granted = answers.iter().filter(|answer| answer.json["reason"] == "trusted_device");
    granted.map(Session::of).collect()
}

/// what a sign-in got at the very moment of an event that ends it has ended, on every node.
async fn nothing_granted_at_the_moment_of_an_event_outlives_it(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let elsewhere = world.browser_at(1);
    let mut in_time = 0;
    for event in 0..3 {
        let person = world.add_person_with_totp();
        let (browser, device) = (world.browser(), world.browser());
        remember(&world, &device, &person).await;
        let session = world.sign_in(&browser, &person).await;
        let pending = begin(&browser, &session).await.expect(201).text_at("/secret");
        let new = code(&pending, world.now().await);
        let call = match event {
            0 => {
                let body =
                    json!({ "current_password": person.password, "new_password": "copper-Heron 31 under glass" });
                post_as(&browser, &session, "/auth/password/change/", &body)
            }
            1 => post_as(&browser, &session, "/auth/2fa/verify-setup/", &json!({ "code": new })),
            _ => browser.call(Method::DELETE, "/auth/sessions/").bearer(&session.access),
        };
        for granted in meanwhile(&world, &person, &shown(&device), call).await {
            in_time += 1;
            assert!(!is_signed_in(&elsewhere, &granted.access).await, "event {event}");
            refresh(&elsewhere, &granted.refresh).await.refused(401, "token_invalid");
        }
        let live = format!(
            "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND user_id = {}",
            world.id_of(&person).await
        );
        assert_eq!(world.look.count(&live).await, 1, "event {event}");
        assert!(is_signed_in(&elsewhere, &session.access).await);
    }
    assert!(in_time > 0, "no sign-in was in time to be ended");
}

/// nor does what a sign-in got while its user was being disabled.
async fn nobody_signs_in_while_being_disabled(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..3 {
        let person = world.add_person_with_totp();
        let device = world.browser();
        remember(&world, &device, &person).await;
        let cookie = shown(&device);
        let body = json!({ "email": person.email, "password": person.password, "refresh_in_body": true });
        let calls = (0..12).map(|turn| {
            let browser = world.browser_at(turn);
            browser.set_cookie(COOKIE, &cookie);
            browser.submit("/auth/login/").json(&body)
        });
        let disable = async {
            let output = tokio::task::block_in_place(|| world.cli(&["user", "disable", &person.email, "--yes"], ""));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        let (answers, ()) = tokio::join!(world.burst(calls.collect()), disable);
        wins(&answers);
        for answer in answers.iter().filter(|answer| answer.is_success() && !answer.json["tokens"].is_null()) {
            assert!(!is_signed_in(&world.browser_at(1), &Session::of(answer).access).await);
        }
        let live = format!(
            "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND user_id = {}",
            world.id_of(&person).await
        );
        assert_eq!(world.look.count(&live).await, 0);
    }
}

/// trust that begins while all sessions are ended does not outlive their end, nor does the session it began with.
async fn trust_begun_at_the_end_of_all_sessions_is_none(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for turn in 0..6 {
        let person = world.add_person_with_totp();
        let session = world.sign_in(&world.browser(), &person).await;
        let device = world.browser_at(turn);
        let token = partial_token(&device, &person).await;
        let mut body = verification(&token, &code(&person.secret, world.fresh_step().await));
        body["remember_me"] = json!(true);
        let end = world.browser_at(turn + 1).call(Method::DELETE, "/auth/sessions/").bearer(&session.access);
        let mut calls = vec![device.submit("/auth/2fa/verify/").json(&body), end];
        if turn % 2 == 1 {
            calls.swap(0, 1);
        }
        let answers = world.burst(calls).await;
        wins(&answers);
        for answer in answers.iter().filter(|answer| answer.json["tokens"].is_object()) {
            assert!(!is_signed_in(&world.browser(), &Session::of(answer).access).await);
        }
        assert!(is_signed_in(&world.browser_at(turn), &session.access).await);
        assert!(!is_trusted(&login(&device, &person).await), "turn {turn}");
    }
}

/// a refresh and a step-up at the same moment leave one token that is good, and no session is taken for stolen.
async fn a_refresh_beside_a_step_up_is_no_theft(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for turn in 0..6 {
        let person = world.add_person_with_totp();
        let session = world.sign_in(&world.browser(), &person).await;
        let proof = json!({ "code": code(&person.secret, world.fresh_step().await) });
        let calls = vec![
            post_as(&world.browser_at(turn), &session, "/auth/2fa/step-up/", &proof),
            world.browser_at(turn + 1).submit("/auth/token/refresh/").json(&json!({ "refresh": session.refresh })),
        ];
        let answers = world.burst(calls).await;
        assert!(wins(&answers) >= 1);
        assert!(answers[0].is_success(), "{} {}", answers[0].status, answers[0].text);
        let raised = Session::of(&answers[0]);
        assert!(is_signed_in(&world.browser(), &raised.access).await, "turn {turn}");
        refresh(&world.browser(), &raised.refresh).await.expect(200);
        assert_eq!(world.audit_count(&person, "refresh_token_reused", false).await, 0);
    }
}

on_both_databases![
    nothing_granted_at_the_moment_of_an_event_outlives_it,
    nobody_signs_in_while_being_disabled,
    trust_begun_at_the_end_of_all_sessions_is_none,
    a_refresh_beside_a_step_up_is_no_theft,
];
