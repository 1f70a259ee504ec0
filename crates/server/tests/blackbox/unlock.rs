//! The link in the mail about a lock.

use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, login, partial_token, verify};
use crate::totp::code;

async fn unlock(browser: &Browser, token: &str) -> Answer {
    browser.post("/auth/2fa/unlock/", json!({ "token": token })).await
}

/// Locks an account with ten wrong codes and gives the token of the link its owner got.
async fn lock(world: &World, person: &Person) -> String {
    let browser = world.browser();
    for _ in 0..2 {
        let token = partial_token(&browser, person).await;
        for _ in 0..5 {
            verify(&browser, &token, "not a code").await.refused(422, "code_incorrect");
        }
    }
    login(&browser, person).await.refused(429, "account_locked");
    let link = world.message(&person.email, "account_locked").await["link"].as_str().expect("a link").to_owned();
    let start = format!("{}/unlock#token=", world.base());
    link.strip_prefix(&start).unwrap_or_else(|| panic!("{link}")).to_owned()
}

/// the owner of a locked account gets in with the link, password and factor, and the lock is over.
async fn the_link_gives_three_guesses_and_a_right_one_ends_the_lock(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let token = lock(&world, &person).await;
    let browser = world.browser();
    unlock(&browser, "made up").await.refused(401, "token_invalid");
    unlock(&browser, &token).await.expect(200).holds_no_session();
    unlock(&browser, &token).await.refused(401, "token_invalid");
    let partial = partial_token(&browser, &person).await;
    let answer = verify(&browser, &partial, "not a code").await.refused(422, "code_incorrect");
    assert_eq!(answer.number_at("/attempts_left"), 2);
    let now = world.fresh_step().await;
    verify(&browser, &partial, &code(&person.secret, now)).await.expect(200);
    world.sign_in(&browser, &person).await;
}

/// three wrong guesses and the account is locked as before; the mail about it has no further link.
async fn three_wrong_guesses_are_all_the_link_gives(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let token = lock(&world, &person).await;
    let browser = world.browser();
    unlock(&browser, &token).await.expect(200);
    let partials = [partial_token(&browser, &person).await, partial_token(&browser, &person).await];
    for (turn, left) in [(0, 2), (1, 1), (0, 0)] {
        let answer = verify(&browser, &partials[turn], "not a code").await.refused(422, "code_incorrect");
        assert_eq!(answer.number_at("/attempts_left"), left);
    }
    let now = world.fresh_step().await;
    verify(&browser, &partials[1], &code(&person.secret, now)).await.refused(429, "account_locked");
    login(&browser, &person).await.refused(429, "account_locked");
    for _ in 0..100 {
        let told: Vec<_> =
            world.messages(&person.email).await.into_iter().filter(|mail| mail["kind"] == "account_locked").collect();
        if told.len() == 2 {
            assert!(told[0]["link"].is_null(), "{}", told[0]);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the second lock was not told");
}

/// Product.md section 5: out of the hard stop too; the link works for 15 minutes.
async fn the_link_leads_out_of_the_hard_stop(database: Database) {
    let world = World::start(database).await;
    let (person, late) = (world.add_person_with_totp(), world.add_person_with_totp());
    let (token, too_late) = (lock(&world, &person).await, lock(&world, &late).await);
    let stop = "UPDATE two_factor_settings SET stopped_at = last_seen_at, guesses_in_a_row = 100";
    world.look.execute(stop).await;
    let browser = world.browser();
    unlock(&browser, &token).await.expect(200);
    let partial = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    verify(&browser, &partial, &code(&person.secret, now)).await.expect(200);
    world.sign_in(&browser, &person).await;
    world.advance(901).await;
    unlock(&browser, &too_late).await.refused(401, "token_invalid");
    login(&browser, &late).await.refused(429, "account_locked");
}

on_both_databases![
    the_link_gives_three_guesses_and_a_right_one_ends_the_lock,
    three_wrong_guesses_are_all_the_link_gives,
    the_link_leads_out_of_the_hard_stop
];
