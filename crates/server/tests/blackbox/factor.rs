//! Managing factors: which comes first, what they are called, and their end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, verify};
use crate::setup::{begin, confirm, status};
use crate::step_up::step_up;
use crate::totp::code;

async fn prefer(browser: &Browser, session: &Session, id: &str) -> Answer {
    browser.post_as(&session.access, "/auth/2fa/preferred-method/", json!({ "factor_id": id })).await
}

async fn rename(browser: &Browser, session: &Session, id: &str, body: Value) -> Answer {
    let path = format!("/auth/2fa/factors/{id}/");
    browser.call(Method::PATCH, &path).bearer(&session.access).json(&body).send().await
}

async fn remove(browser: &Browser, session: &Session, id: &str) -> Answer {
    let path = format!("/auth/2fa/factors/{id}/");
    browser.call(Method::DELETE, &path).bearer(&session.access).send().await
}

/// Somebody with two authenticators: the session that set them up, the factors' ids and the second secret.
async fn with_two(world: &World, browser: &Browser) -> (Person, Session, [String; 2], String) {
    let (person, session) = world.person_with_totp().await;
    let second = begin(browser, &session).await.expect(201);
    let secret = second.text_at("/secret");
    confirm(browser, &session, &code(&secret, world.fresh_step().await)).await.expect(200);
    let factors = status(browser, &session).await;
    let ids = [0, 1].map(|turn| factors.text_at(&format!("/factors/{turn}/id")));
    (person, session, ids, secret)
}

/// Product.md section 3: the preferred factor comes first, in the status and at the sign-in.
async fn the_preferred_factor_comes_first(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (person, session, [first, second], _) = with_two(&world, &browser).await;
    let answer = prefer(&browser, &session, &second).await.expect(200);
    assert_eq!(answer.json, status(&browser, &session).await.json);
    assert_eq!(answer.text_at("/factors/0/id"), second);
    assert_eq!(answer.json["factors"][0]["preferred"], true);
    assert_eq!(answer.json["factors"][1]["preferred"], false);
    assert_eq!(login(&browser, &person).await.expect(200).text_at("/methods/0/id"), second);
    prefer(&browser, &session, &first).await.expect(200);
    assert_eq!(world.audit_count(&person, "preferred_factor_changed", true).await, 2);
    for body in [json!({}), json!({ "factor_id": "1" }), json!({ "factor_id": first, "x": 1 })] {
        let answer = browser.post_as(&session.access, "/auth/2fa/preferred-method/", body).await;
        answer.refused(400, "invalid_request");
    }
}

/// Product.md section 3: a factor is renamed, and shown as in the status.
async fn a_factor_can_be_renamed(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (_, session, [first, _], _) = with_two(&world, &browser).await;
    let answer = rename(&browser, &session, &first, json!({ "label": "Old phone ☎" })).await.expect(200);
    assert_eq!(answer.json, status(&browser, &session).await.json["factors"][0]);
    assert_eq!(answer.json["label"], "Old phone ☎");
    for label in [json!(""), json!("x".repeat(65)), json!("a\nb"), json!(null), json!(7)] {
        rename(&browser, &session, &first, json!({ "label": label })).await.refused(400, "invalid_request");
    }
}

/// a removed factor is gone at once, with the other sessions; the last one is not removed.
async fn a_factor_can_be_removed_but_not_the_last(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let (person, _, [first, second], second_secret) = with_two(&world, &browser).await;
    let other = world.sign_in(&elsewhere, &person).await;
    let session = world.sign_in(&browser, &person).await;
    let waiting = partial_token(&elsewhere, &person).await;
    let answer = remove(&browser, &session, &first).await.expect(204);
    assert_eq!(answer.text, "");
    assert!(!is_signed_in(&elsewhere, &other.access).await);
    assert!(is_signed_in(&elsewhere, &session.access).await);
    let now = world.fresh_step().await;
    verify(&elsewhere, &waiting, &code(&second_secret, now)).await.refused(410, "challenge_expired");
    let token = partial_token(&elsewhere, &person).await;
    verify(&elsewhere, &token, &code(&person.secret, now)).await.refused(422, "code_incorrect");
    verify(&elsewhere, &token, &code(&second_secret, now)).await.expect(200);
    let told = world.message(&person.email, "factor_removed").await;
    assert!(told["text"].as_str().unwrap().contains("Authenticator"), "{told}");

    let after = status(&browser, &session).await;
    assert_eq!(
        (after.text_at("/factors/0/id"), &after.json["factors"][0]["preferred"]),
        (second.clone(), &json!(true))
    );
    remove(&browser, &session, &second).await.refused(409, "last_factor");
    remove(&browser, &session, &first).await.refused(404, "not_found");
    assert_eq!(status(&browser, &session).await.json["is_enabled"], true);
}

/// what is unknown, somebody else's or no id at all looks the same, and nothing happens to it.
async fn other_peoples_factors_are_not_there(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (victim, theirs, [id, _], _) = with_two(&world, &browser).await;
    let (_, session, _, _) = with_two(&world, &browser).await;
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for id in [id.as_str(), nobody] {
        prefer(&browser, &session, id).await.refused(404, "not_found");
    }
    for id in [id.as_str(), nobody, "1", "x%20y", "null", "'%20OR%201=1--"] {
        rename(&browser, &session, id, json!({ "label": "mine" })).await.refused(404, "not_found");
        remove(&browser, &session, id).await.refused(404, "not_found");
    }
    let after = status(&browser, &theirs).await;
    assert_eq!(after.json["factors"].as_array().unwrap().len(), 2);
    assert!(!after.text.contains("mine"), "{}", after.text);
    world.sign_in(&browser, &victim).await;
}

/// each change needs a proof of the last five minutes, and a step-up gives it.
async fn every_change_needs_a_fresh_proof(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (person, session, [first, second], _) = with_two(&world, &browser).await;
    world.advance(301).await;
    for id in [first.as_str(), "1"] {
        rename(&browser, &session, id, json!({ "label": "x" })).await.refused(403, "step_up_required");
        remove(&browser, &session, id).await.refused(403, "step_up_required");
    }
    prefer(&browser, &session, &second).await.refused(403, "step_up_required");
    let make = "/auth/2fa/recovery-codes/generate/";
    browser.post_as(&session.access, make, json!({})).await.refused(403, "step_up_required");
    let proof = json!({ "code": code(&person.secret, world.fresh_step().await) });
    let session = Session::of(&step_up(&browser, &session, proof).await.expect(200));
    prefer(&browser, &session, &second).await.expect(200);
    rename(&browser, &session, &first, json!({ "label": "x" })).await.expect(200);
    browser.post_as(&session.access, make, json!({})).await.expect(200);
    remove(&browser, &session, &first).await.expect(204);
}

/// what the operator has switched off counts for nothing when the last factor is to stay, and cannot come first.
async fn the_last_factor_that_works_here_stays(database: Database) {
    let mut world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let mailbox = world.new_address();
    let body = json!({ "method": "email", "email": mailbox });
    browser.post_as(&session.access, "/auth/2fa/setup/", body).await.expect(201);
    let typed = world.code_to(&mailbox, "setup_code", 1).await;
    confirm(&browser, &session, &typed).await.expect(200);
    let factors = status(&browser, &session).await;
    let [totp, email] = [0, 1].map(|turn| factors.text_at(&format!("/factors/{turn}/id")));
    assert_eq!(factors.text_at("/factors/1/method"), "email");

    world.set("TWOFA_METHODS", "totp");
    world.restart(0).await;
    remove(&browser, &session, &totp).await.refused(409, "last_factor");
    prefer(&browser, &session, &email).await.refused(403, "feature_disabled");
    prefer(&browser, &session, &totp).await.expect(200);
    remove(&browser, &session, &email).await.expect(204);
    remove(&browser, &session, &totp).await.refused(409, "last_factor");
    world.sign_in(&browser, &person).await;
}

/// of two removals at once one factor always stays.
async fn two_removals_at_once_leave_one_factor(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let browser = world.browser();
    for _ in 0..5 {
        let (_, session, ids, _) = with_two(&world, &browser).await;
        let calls = ids.iter().enumerate().map(|(turn, id)| {
            let path = format!("/auth/2fa/factors/{id}/");
            world.browser_at(turn).call(Method::DELETE, &path).bearer(&session.access)
        });
        let mut codes: Vec<u16> = world.burst(calls.collect()).await.iter().map(|answer| answer.status).collect();
        codes.sort_unstable();
        assert_eq!(codes, [204, 409]);
        assert_eq!(status(&browser, &session).await.json["factors"].as_array().unwrap().len(), 1);
    }
}

on_both_databases![
    the_preferred_factor_comes_first,
    a_factor_can_be_renamed,
    a_factor_can_be_removed_but_not_the_last,
    other_peoples_factors_are_not_there,
    every_change_needs_a_fresh_proof,
    two_removals_at_once_leave_one_factor,
    the_last_factor_that_works_here_stays,
];
