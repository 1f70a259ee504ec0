//! Another address.

use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Session, is_signed_in, login, login_with, refresh};

async fn change(browser: &Browser, session: &Session, new: &str) -> Answer {
    browser.post_as(&session.access, "/auth/email/change/", json!({ "new_email": new })).await
}

async fn confirm(browser: &Browser, token: &str) -> Answer {
    browser.post("/auth/email/change/confirm/", json!({ "token": token })).await
}

async fn token(world: &World, new: &str) -> String {
    let link = world.message(new, "email_change").await["link"].as_str().expect("a link").to_owned();
    let start = format!("{}/change-email#token=", world.base());
    link.strip_prefix(&start).unwrap_or_else(|| panic!("{link}")).to_owned()
}

/// nothing changes before the link is used; the old address is told twice; other sessions end.
async fn an_address_changes_with_the_link_and_not_before(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person(None);
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let other = Session::of(&login(&elsewhere, &person).await.expect(200));
    let session = Session::of(&login(&browser, &person).await.expect(200));
    browser.post("/auth/password/reset/request/", json!({ "email": person.email })).await.expect(202);
    let reset = world.message(&person.email, "password_reset").await["link"].as_str().unwrap().to_owned();
    let new = world.new_address();
    change(&browser, &session, &new).await.expect(202);
    world.message(&person.email, "email_change_requested").await;
    let token = token(&world, &new).await;
    login_with(&browser, &new, PASSWORD).await.refused(401, "credentials_invalid");
    assert!(is_signed_in(&elsewhere, &other.access).await);

    let answer = confirm(&elsewhere, &token).await.expect(200);
    assert_eq!(answer.json, json!({ "status": "changed" }));
    answer.holds_no_session();
    world.message(&person.email, "email_changed").await;
    assert!(world.messages(&new).await.iter().all(|message| message["kind"] == "email_change"));
    assert!(!is_signed_in(&elsewhere, &other.access).await);
    refresh(&elsewhere, &other.refresh).await.refused(401, "token_invalid");
    assert!(is_signed_in(&browser, &session.access).await);
    login(&browser, &person).await.refused(401, "credentials_invalid");
    login_with(&browser, &new, PASSWORD).await.expect(200);
    confirm(&browser, &token).await.refused(401, "token_invalid");
    // a link to the old mailbox is worth nothing any more.
    let body =
        json!({ "token": reset.split_once("#token=").unwrap().1, "new_password": "copper-Heron 31 under glass" });
    browser.post("/auth/password/reset/confirm/", body).await.refused(401, "token_invalid");
}

/// it needs a fresh proof; a taken address gets the same answer, and its owner is told.
async fn a_taken_address_stays_with_its_owner(database: Database) {
    let world = World::start(database).await;
    let (person, owner) = (world.add_person(None), world.add_person(None));
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let free = world.new_address();
    let answers = [change(&browser, &session, &owner.email).await, change(&browser, &session, &free).await];
    assert_eq!(
        answers.clone().map(|answer| (answer.status, answer.text)),
        [(202, String::new()), (202, String::new())]
    );
    world.message(&owner.email, "email_change_taken").await;
    change(&browser, &session, "no address").await.refused(422, "email_rejected");

    // Whoever comes first has it.
    let late = token(&world, &free).await;
    world.sign_up_as(&free, PASSWORD).await;
    confirm(&browser, &late).await.refused(401, "token_invalid");
    world.advance(301).await;
    change(&browser, &session, &world.new_address()).await.refused(403, "step_up_required");
}

/// a change of the password ends the link; of eight confirmations at once one wins.
async fn a_link_is_used_once_and_dies_with_the_password(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let new = world.new_address();
    change(&browser, &session, &new).await.expect(202);
    let dead = token(&world, &new).await;
    let body = json!({ "current_password": PASSWORD, "new_password": "copper-Heron 31 under glass" });
    browser.post_as(&session.access, "/auth/password/change/", body).await.expect(204);
    confirm(&browser, &dead).await.refused(401, "token_invalid");

    let new = world.new_address();
    change(&browser, &session, &new).await.expect(202);
    let token = token(&world, &new).await;
    let calls = (0..8)
        .map(|turn| world.browser_at(turn).submit("/auth/email/change/confirm/").json(&json!({ "token": token })));
    let answers = world.burst(calls.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.refused(401, "token_invalid");
    }
}

on_both_databases![
    an_address_changes_with_the_link_and_not_before,
    a_taken_address_stays_with_its_owner,
    a_link_is_used_once_and_dies_with_the_password
];
