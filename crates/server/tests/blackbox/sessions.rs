//! Sessions: what begins one, what renews it, what ends it, everywhere at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, partial_token, refresh, verification, verify};
use crate::tokens::claims;
use crate::totp::code;

/// each refresh token is good once; an old one shown again ends the session of whoever holds the new one.
async fn an_old_refresh_token_ends_the_family(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let first = world.sign_in(&browser, &person).await;
    let second = Session::of(&refresh(&world.browser_at(1), &first.refresh).await.expect(200));
    let third = Session::of(&refresh(&browser, &second.refresh).await.expect(200));
    assert_eq!(BTreeSet::from([&first.refresh, &second.refresh, &third.refresh]).len(), 3);
    assert!(is_signed_in(&world.browser_at(1), &third.access).await);
    let untouched = world.sign_in(&browser, &person).await;

    refresh(&world.browser_at(1), &first.refresh).await.refused(401, "token_invalid");
    refresh(&browser, &third.refresh).await.refused(401, "token_invalid");
    for session in [&first, &second, &third] {
        assert!(!is_signed_in(&browser, &session.access).await);
    }
    assert!(is_signed_in(&browser, &untouched.access).await, "another login is another family");
    assert!(world.audit_count(&person, "refresh_token_reused", false).await >= 1);
}

/// a made-up refresh token ends nothing.
async fn a_forged_refresh_token_ends_nothing(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let half = session.refresh.len() / 2;
    let swapped = format!("{}{}", &session.refresh[half..], &session.refresh[..half]);
    for forged in ["", "x", &swapped, &"A".repeat(session.refresh.len()), &session.access, &"y".repeat(5000)] {
        let answer = refresh(&browser, forged).await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.text);
        answer.expect_problem().holds_no_session();
    }
    refresh(&browser, &session.refresh).await.expect(200);
}

/// after signing out, access and refresh are dead on every node at once; so is nobody else's.
async fn signing_out_works_everywhere_at_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, other) = (world.add_person(None), world.add_person(None));
    let (one, two) = (world.browser(), world.browser_at(1));
    let stays = Session::of(&login(&one, &other).await.expect(200));
    let session = Session::of(&login(&one, &person).await.expect(200));
    assert!(is_signed_in(&two, &session.access).await);
    one.stranger().post("/auth/logout/", json!({ "refresh": session.refresh })).await.expect(204);
    for browser in [&two, &one] {
        assert!(!is_signed_in(browser, &session.access).await);
        refresh(browser, &session.refresh).await.refused(401, "token_invalid");
    }
    assert!(is_signed_in(&two, &stays.access).await);

    // The same by cookie: the cookie is taken away, and what it held is dead.
    let browser = world.browser_at(1);
    let body = json!({ "email": person.email, "password": person.password });
    let access = browser.post("/auth/login/", body).await.expect(200).text_at("/tokens/access");
    let held = browser.cookie("twinlock_refresh").expect("a refresh cookie");
    browser.post("/auth/logout/", json!({})).await.expect(204);
    assert_eq!(browser.cookie("twinlock_refresh"), None);
    assert!(!is_signed_in(&one, &access).await);
    browser.set_cookie("twinlock_refresh", &held);
    browser.post("/auth/token/refresh/", json!({})).await.refused(401, "token_invalid");
}

/// every step of signing in and every renewal gives new identifiers.
async fn every_step_changes_the_identifiers(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    browser.set_cookie("twinlock_refresh", "planted-before-the-login");
    let token = partial_token(&browser, &person).await;
    assert_eq!(browser.cookie("twinlock_refresh").as_deref(), Some("planted-before-the-login"));
    let mut body = verification(&token, &code(&person.secret, world.fresh_step().await));
    body["refresh_in_body"] = json!(false);
    let answer = browser.post("/auth/2fa/verify/", body).await.expect(200);
    let after_login = browser.cookie("twinlock_refresh").unwrap();
    assert_ne!(after_login, "planted-before-the-login");
    assert_ne!(after_login, token);
    let renewed = browser.post("/auth/token/refresh/", json!({})).await.expect(200);
    let after_refresh = browser.cookie("twinlock_refresh").unwrap();
    assert_ne!(after_refresh, after_login);
    assert_ne!(renewed.text_at("/tokens/access"), answer.text_at("/tokens/access"));
    let second = world.sign_in(&browser, &person).await;
    assert_ne!(claims(&second.access)["sid"], claims(&answer.text_at("/tokens/access"))["sid"]);
}

/// an access token lives ten minutes, a session seven idle days and thirty in all, and a refresh moves none
/// of `auth_time`.
async fn sessions_end_when_they_must(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    world.advance(590).await;
    assert!(is_signed_in(&browser, &session.access).await);
    world.advance(11).await;
    assert!(!is_signed_in(&browser, &session.access).await);

    let renewed = Session::of(&refresh(&browser, &session.refresh).await.expect(200));
    assert!(is_signed_in(&browser, &renewed.access).await);
    for claim in ["auth_time", "sid", "sub", "amr", "acr"] {
        assert_eq!(claims(&renewed.access)[claim], claims(&session.access)[claim], "{claim}");
    }
    world.advance(7 * 86_400 - 60).await;
    let renewed = Session::of(&refresh(&browser, &renewed.refresh).await.expect(200));
    world.advance(7 * 86_400 + 1).await;
    refresh(&browser, &renewed.refresh).await.refused(401, "token_invalid");

    let mut session = world.sign_in(&browser, &person).await;
    for day in 0..29 {
        world.advance(86_400).await;
        let answer = refresh(&browser, &session.refresh).await;
        assert_eq!(answer.status, 200, "day {day}: {}", answer.text);
        session = Session::of(&answer);
    }
    world.advance(86_400).await;
    refresh(&browser, &session.refresh).await.refused(401, "token_invalid");
    assert!(!is_signed_in(&browser, &session.access).await);
}

/// the access token of a session near its end does not outlive it.
async fn an_access_token_does_not_outlive_its_session(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let mut session = Session::of(&login(&browser, &person).await.expect(200));
    for _ in 0..5 {
        world.advance(6 * 86_400 - 24).await;
        session = Session::of(&refresh(&browser, &session.refresh).await.expect(200));
    }
    assert!(is_signed_in(&browser, &session.access).await);
    world.advance(180).await;
    assert!(!is_signed_in(&browser, &session.access).await);
}

/// a person who is disabled loses partial token, access and refresh at once, on every node.
async fn a_disabled_person_is_out_at_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    world.disable(&person).await;
    for browser in [world.browser_at(1), world.browser()] {
        assert!(!is_signed_in(&browser, &session.access).await);
        let now = world.fresh_step().await;
        let answer = verify(&browser, &token, &code(&person.secret, now)).await;
        assert!(matches!(answer.status, 401 | 410), "{} {}", answer.status, answer.text);
        answer.expect_problem().holds_no_session();
        login(&browser, &person).await.refused(401, "credentials_invalid");
    }
    refresh(&browser, &session.refresh).await.refused(401, "token_invalid");
}

/// `/auth` listens to the bearer token only; a cookie renews and signs out, and does nothing else.
async fn a_refresh_cookie_is_no_access(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    browser.post("/auth/login/", json!({ "email": person.email, "password": person.password })).await.expect(200);
    assert!(browser.cookie("twinlock_refresh").is_some());
    browser.get("/auth/2fa/status/").await.refused(401, "token_invalid");
    browser.post("/auth/2fa/setup/", json!({ "method": "totp" })).await.refused(401, "token_invalid");
    let held = browser.cookie("twinlock_refresh").unwrap();
    browser.stranger().get_as(&held, "/auth/2fa/status/").await.refused(401, "token_invalid");
    let answer = browser.post("/auth/token/refresh/", json!({})).await.expect(200);
    assert!(answer.json["tokens"]["refresh"].is_null() || answer.json["tokens"].get("refresh") == Some(&Value::Null));
}

on_both_databases![
    an_old_refresh_token_ends_the_family,
    signing_out_works_everywhere_at_once,
    every_step_changes_the_identifiers,
    sessions_end_when_they_must,
    a_disabled_person_is_out_at_once
];
on_sqlite![
    a_forged_refresh_token_ends_nothing,
    an_access_token_does_not_outlive_its_session,
    a_refresh_cookie_is_no_access
];
