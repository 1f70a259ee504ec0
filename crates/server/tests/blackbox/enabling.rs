//! What a set-up may touch: the session that began it, for ten minutes, and nothing that works already.

use serde_json::json;

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, partial_token, verify};
use crate::setup::{begin, confirm, status};
use crate::totp::code;

/// a pending secret dies after ten minutes, and it dies with the session that began it.
async fn a_pending_secret_does_not_wait_for_a_victim(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let gone =
        |answer: Answer| assert!(matches!(answer.code(), "no_pending_setup" | "challenge_expired"), "{}", answer.text);

    let session = Session::of(&login(&browser, &person).await.expect(200));
    let setup = begin(&browser, &session).await.expect(201);
    world.advance(601).await;
    let session = Session::of(&login(&browser, &person).await.expect(200));
    gone(confirm(&browser, &session, &code(&setup.text_at("/secret"), world.now().await)).await);

    let setup = begin(&browser, &session).await.expect(201);
    browser.post("/auth/logout/", json!({ "refresh": session.refresh })).await.expect(204);
    let session = Session::of(&login(&browser, &person).await.expect(200));
    gone(confirm(&browser, &session, &code(&setup.text_at("/secret"), world.fresh_step().await)).await);

    // Another session cannot confirm what this one began, unless it is fresh itself.
    let other = Session::of(&login(&browser, &person).await.expect(200));
    world.advance(200).await;
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let setup = begin(&browser, &session).await.expect(201);
    world.advance(120).await;
    let code = code(&setup.text_at("/secret"), world.now().await);
    confirm(&browser, &other, &code).await.refused(403, "step_up_required");
    assert_eq!(status(&browser, &other).await.json["is_enabled"], false);
}

/// Product.md section 5: a set-up lives ten minutes, to the second, however old its session's proof.
async fn a_setup_can_be_confirmed_for_ten_minutes(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let setup = begin(&browser, &session).await.expect(201);
    world.advance(8 * 60).await;
    confirm(&browser, &session, &code(&setup.text_at("/secret"), world.fresh_step().await)).await.expect(200);
}

/// R-25, product.md section 3: a change of factors needs a proof of the last five minutes; a refresh is none.
async fn an_old_login_sets_nothing_up(database: Database) {
    let world = World::start(database).await;
    let (plain, guarded) = (world.add_person(None), world.add_person_with_totp());
    let browser = world.browser();
    let sessions = [Session::of(&login(&browser, &plain).await.expect(200)), world.sign_in(&browser, &guarded).await];
    world.advance(150).await;
    begin(&browser, &sessions[1]).await.expect(201);
    world.advance(151).await;
    for session in sessions {
        begin(&browser, &session).await.refused(403, "step_up_required");
        let renewed = Session::of(&crate::people::refresh(&browser, &session.refresh).await.expect(200));
        begin(&browser, &renewed).await.refused(403, "step_up_required");
        assert!(status(&browser, &renewed).await.json["fresh_until"].is_null());
    }
}

/// turning the second factor on ends the other sessions, on every node, at once; this one goes on.
async fn enabling_ends_every_other_session(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let mut person = world.sign_up().await;
    let (elsewhere, browser) = (world.browser_at(1), world.browser());
    let other = Session::of(&login(&elsewhere, &person).await.expect(200));
    let half_way = login(&elsewhere, &person).await.expect(200);
    let session = world.enroll(&browser, &mut person).await;
    for dead in [other, Session::of(&half_way)] {
        assert!(!is_signed_in(&elsewhere, &dead.access).await);
        crate::people::refresh(&elsewhere, &dead.refresh).await.refused(401, "token_invalid");
    }
    assert!(is_signed_in(&elsewhere, &session.access).await);

    // Adding a second factor does the same to sessions and to logins on their way.
    let other = world.sign_in(&elsewhere, &person).await;
    let waiting = partial_token(&elsewhere, &person).await;
    let session = world.sign_in(&browser, &person).await;
    let setup = begin(&browser, &session).await.expect(201);
    let now = world.fresh_step().await;
    confirm(&browser, &session, &code(&setup.text_at("/secret"), now)).await.expect(200);
    assert!(!is_signed_in(&elsewhere, &other.access).await);
    assert!(is_signed_in(&browser, &session.access).await);
    let late = verify(&elsewhere, &waiting, &code(&person.secret, now)).await;
    assert!(!late.is_success() && late.status < 500, "{}", late.text);
}

/// the session that changed a factor keeps its id and gets a new refresh token.
async fn the_session_that_enables_gets_a_new_refresh_token(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let body = json!({ "email": person.email, "password": person.password });
    let answer = browser.post("/auth/login/", body).await.expect(200);
    assert!(answer.json["tokens"]["refresh"].is_null(), "nobody asked for it in the body: {}", answer.text);
    let access = answer.text_at("/tokens/access");
    let before = browser.cookie("twinlock_refresh").expect("a refresh cookie");
    let setup = browser.post_as(&access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    let body = json!({ "code": code(&setup.text_at("/secret"), world.fresh_step().await) });
    browser.post_as(&access, "/auth/2fa/verify-setup/", body).await.expect(200);
    let after = browser.cookie("twinlock_refresh").expect("a refresh cookie");
    assert_ne!(before, after);
    browser.post("/auth/token/refresh/", json!({})).await.expect(200);
    assert!(is_signed_in(&browser, &access).await);
}

/// Product.md section 6: with `TWOFA_ENABLED=false` nobody is asked and nothing can be set up, and nothing is deleted.
async fn switched_off_means_not_asked_and_nothing_lost(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    world.set("TWOFA_ENABLED", "false");
    world.restart(0).await;
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    begin(&browser, &session).await.refused(403, "feature_disabled");
    world.unset("TWOFA_ENABLED");
    world.restart(0).await;
    world.sign_in(&world.browser(), &person).await;
}

on_both_databases![
    a_pending_secret_does_not_wait_for_a_victim,
    a_setup_can_be_confirmed_for_ten_minutes,
    an_old_login_sets_nothing_up,
    enabling_ends_every_other_session,
    the_session_that_enables_gets_a_new_refresh_token,
    switched_off_means_not_asked_and_nothing_lost
];
