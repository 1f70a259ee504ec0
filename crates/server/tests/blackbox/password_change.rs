//! Another password: by its owner, who proves the old one, and by a link for whoever forgot it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session, is_signed_in, login, login_with, partial_token, refresh, verify};
use crate::setup::{begin, confirm};
use crate::totp::code;

/// Another password nobody has on a list.
const NEW: &str = "copper-Heron 31 under glass";

async fn change(browser: &Browser, access: &str, current: &str, new: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": new });
    browser.post_as(access, "/auth/password/change/", body).await
}

async fn request(browser: &Browser, email: &str) -> Answer {
    browser.post("/auth/password/reset/request/", json!({ "email": email })).await
}

async fn reset(browser: &Browser, token: &str, new: &str) -> Answer {
    browser.post("/auth/password/reset/confirm/", json!({ "token": token, "new_password": new })).await
}

/// Asks for a link and gives its token.
async fn reset_token(world: &World, person: &Person) -> String {
    let known = |messages: Vec<serde_json::Value>| -> BTreeSet<String> {
        messages.iter().filter(|m| m["kind"] == "password_reset").map(|m| m["link"].as_str().unwrap().into()).collect()
    };
    let before = known(world.messages(&person.email).await);
    request(&world.browser(), &person.email).await.expect(202);
    for _ in 0..300 {
        let new: Vec<String> = known(world.messages(&person.email).await).difference(&before).cloned().collect();
        if let Some(link) = new.first() {
            let start = format!("{}/reset-password#token=", world.base());
            return link.strip_prefix(&start).unwrap_or_else(|| panic!("{link}")).to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    panic!("no link came");
}

/// a new password ends other sessions, challenges and set-ups on their way, on every node at once;
/// this session keeps its id and gets a new refresh token, and the person is told.
async fn a_new_password_ends_what_the_old_one_opened(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let other = world.sign_in(&elsewhere, &person).await;
    let waiting = partial_token(&elsewhere, &person).await;
    let body = json!({ "email": person.email, "password": person.password });
    let partial = browser.post("/auth/login/", body).await.expect(200).text_at("/partial_token");
    let now = world.fresh_step().await;
    let body = json!({ "partial_token": partial, "code": code(&person.secret, now) });
    let access = browser.post("/auth/2fa/verify/", body).await.expect(200).text_at("/tokens/access");
    let session = Session { access: access.clone(), refresh: String::new() };
    let setup = begin(&browser, &session).await.expect(201);
    let held = browser.cookie("twinlock_refresh").expect("a refresh cookie");

    change(&browser, &access, PASSWORD, NEW).await.expect(204);
    assert_ne!(browser.cookie("twinlock_refresh").expect("a refresh cookie"), held);
    assert!(is_signed_in(&browser, &access).await);
    assert!(!is_signed_in(&elsewhere, &other.access).await);
    refresh(&elsewhere, &other.refresh).await.refused(401, "token_invalid");
    let now = world.fresh_step().await;
    let late = verify(&elsewhere, &waiting, &code(&person.secret, now)).await;
    assert!(matches!(late.status, 401 | 410), "{}", late.text);
    confirm(&browser, &session, &code(&setup.text_at("/secret"), now)).await.refused(409, "no_pending_setup");
    login(&browser, &person).await.refused(401, "credentials_invalid");
    assert_eq!(login_with(&browser, &person.email, NEW).await.expect(200).json["requires_2fa"], true);
    world.message(&person.email, "password_changed").await;
}

/// the current password is needed and counted like a sign-in's; the rules for a new one are those of sign-up.
async fn the_current_password_is_needed_and_counted(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let access = Session::of(&login(&browser, &person).await.expect(200)).access;
    let local_part = person.email.split('@').next().unwrap();
    for (weak, reason) in [("password", "too_common"), ("12345678", "too_common"), ("7 chars", "too_short")] {
        let answer = change(&browser, &access, PASSWORD, weak).await.refused(422, "password_rejected");
        assert_eq!(answer.json["reason"], reason);
    }
    change(&browser, &access, PASSWORD, local_part).await.refused(422, "password_rejected");
    for _ in 0..10 {
        change(&browser, &access, "not the password", NEW).await.refused(401, "credentials_invalid");
    }
    let answer = change(&browser, &access, PASSWORD, NEW).await.refused(429, "too_many_attempts");
    assert!(answer.number_at("/retry_after") > 0);
    login(&browser, &person).await.refused(429, "too_many_attempts");
    world.advance(15 * 60 + 1).await;
    let access = Session::of(&login(&browser, &person).await.expect(200)).access;
    let exact = "🔑 päßwörter with spaces ".repeat(5);
    change(&browser, &access, PASSWORD, &exact).await.expect(204);
    login_with(&browser, &person.email, &exact).await.expect(200);
    login_with(&browser, &person.email, exact.trim_end()).await.refused(401, "credentials_invalid");
    world.advance(301).await;
    let fresh_is_over = Session::of(&login_with(&browser, &person.email, &exact).await.expect(200)).access;
    world.advance(301).await;
    change(&browser, &fresh_is_over, &exact, NEW).await.refused(403, "step_up_required");
}

/// a reset signs nobody in, ends every session, and asks for the second factor as before.
async fn a_reset_neither_signs_in_nor_skips_the_factor(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let session = world.sign_in(&elsewhere, &person).await;
    let token = reset_token(&world, &person).await;
    let answer = reset(&browser, &token, NEW).await.expect(204);
    answer.holds_no_session();
    assert!(!is_signed_in(&elsewhere, &session.access).await);
    refresh(&elsewhere, &session.refresh).await.refused(401, "token_invalid");
    login(&browser, &person).await.refused(401, "credentials_invalid");
    let answer = login_with(&browser, &person.email, NEW).await.expect(200);
    assert_eq!(answer.json["requires_2fa"], true);
    let now = world.fresh_step().await;
    let answer = login_with(&browser, &person.email, NEW).await.expect(200);
    verify(&browser, &answer.text_at("/partial_token"), &code(&person.secret, now)).await.expect(200);
    world.message(&person.email, "password_changed").await;
}

/// a link works once, for its person, for an hour, until a newer one or a change of the password; nothing else works.
async fn a_reset_link_works_once_and_not_for_long(database: Database) {
    let world = World::start(database).await;
    let (person, stranger) = (world.add_person(None), world.add_person(None));
    let browser = world.browser();
    browser.post("/auth/password/reset/confirm/", json!({ "new_password": NEW })).await.refused(400, "invalid_request");
    reset(&browser, "", NEW).await.refused(400, "invalid_request");
    reset(&browser, "made up", NEW).await.refused(401, "token_invalid");

    let theirs = reset_token(&world, &stranger).await;
    let old = reset_token(&world, &person).await;
    let token = reset_token(&world, &person).await;
    reset(&browser, &old, NEW).await.refused(401, "token_invalid");
    reset(&browser, &token, "password").await.refused(422, "password_rejected");
    reset(&browser, &theirs, NEW).await.expect(204);
    login(&browser, &person).await.expect(200);
    browser.post("/auth/2fa/unlock/", json!({ "token": token })).await.refused(401, "token_invalid");
    browser.post("/auth/email/change/confirm/", json!({ "token": token })).await.refused(401, "token_invalid");
    browser.post("/auth/verify-email/", json!({ "token": token })).await.refused(401, "token_invalid");
    reset(&browser, &token, NEW).await.expect(204);
    reset(&browser, &token, PASSWORD).await.refused(401, "token_invalid");

    let token = reset_token(&world, &person).await;
    let access = Session::of(&login_with(&browser, &person.email, NEW).await.expect(200)).access;
    change(&browser, &access, NEW, PASSWORD).await.expect(204);
    reset(&browser, &token, NEW).await.refused(401, "token_invalid");
    let token = reset_token(&world, &person).await;
    world.advance(3601).await;
    reset(&browser, &token, NEW).await.refused(401, "token_invalid");
}

/// of eight confirmations of one link at the same moment exactly one wins.
async fn a_reset_link_is_raced_by_one_winner(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person(None);
    let token = reset_token(&world, &person).await;
    let calls = (0..8).map(|turn| {
        let body = json!({ "token": token, "new_password": format!("{NEW} {turn}") });
        world.browser_at(turn).submit("/auth/password/reset/confirm/").json(&body)
    });
    let answers = world.burst(calls.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 204) {
        answer.refused(401, "token_invalid");
    }
}

/// known, unknown, pending and disabled addresses get one answer; mail goes to the known one only, and not without
/// end.
async fn nobody_learns_whose_address_it_is(database: Database) {
    let world = World::start(database).await;
    let (person, disabled) = (world.add_person(None), world.add_person(None));
    world.disable(&disabled).await;
    let browser = world.browser();
    let pending = world.new_address();
    browser.post("/auth/signup/", json!({ "email": pending, "password": PASSWORD })).await.expect(201);
    let mut shapes = BTreeSet::new();
    for email in [&person.email, &disabled.email, &pending, &world.new_address()] {
        let answer = request(&browser, email).await.expect(202);
        let names: Vec<String> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        shapes.insert((answer.text, names));
    }
    assert_eq!(shapes.len(), 1, "{shapes:?}");
    for _ in 0..8 {
        request(&browser, &person.email).await.expect(202);
    }
    world.message(&person.email, "password_reset").await;
    let sql = "SELECT count(*) FROM outbox WHERE kind = 'password_reset'";
    assert_eq!(world.look.count(sql).await, 5, "five an hour, to the one who has an account");
}

on_both_databases![
    a_new_password_ends_what_the_old_one_opened,
    the_current_password_is_needed_and_counted,
    a_reset_neither_signs_in_nor_skips_the_factor,
    a_reset_link_works_once_and_not_for_long,
    a_reset_link_is_raced_by_one_winner,
    nobody_learns_whose_address_it_is
];
