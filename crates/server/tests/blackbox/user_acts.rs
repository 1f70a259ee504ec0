//! What an operator does to a user from the command line: one command, one entry, one mail.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, is_signed_in, login, login_with, partial_token, refresh, verify};
use crate::totp::code;

fn text(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn act(world: &World, arguments: &[&str]) {
    let output = world.cli(&[&["user"], arguments, &["--yes"]].concat(), "");
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
}

/// How many rows the tables of people have.
async fn rows(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["users", "two_factor_settings", "factors", "recovery_codes", "sessions", "challenges", "link_tokens"]
    {
        counts.push(world.look.count(&format!("SELECT count(*) FROM {table}")).await);
    }
    counts
}

async fn entries(world: &World, action: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM two_factor_audit_log WHERE action = '{action}' AND actor_id = 'cli'");
    world.look.count(&sql).await
}

/// a disabled user loses sessions, challenges and links at once, on every node; enabled, they sign in anew.
async fn disabling_takes_everything_at_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser_at(1);
    let session = world.sign_in(&browser, &person).await;
    browser.post("/auth/password/reset/request/", json!({ "email": person.email })).await.expect(202);
    let link = world.message(&person.email, "password_reset").await["link"].as_str().unwrap().to_owned();
    let waiting = partial_token(&browser, &person).await;
    act(&world, &["disable", &person.email]);
    assert!(!is_signed_in(&browser, &session.access).await);
    refresh(&browser, &session.refresh).await.refused(401, "token_invalid");
    let now = world.fresh_step().await;
    let answer = verify(&browser, &waiting, &code(&person.secret, now)).await;
    assert!(matches!(answer.status, 401 | 410), "{}", answer.text);
    login(&browser, &person).await.refused(401, "credentials_invalid");
    world.message(&person.email, "account_disabled").await;
    act(&world, &["enable", &person.email]);
    world.message(&person.email, "account_enabled").await;
    assert!(!is_signed_in(&browser, &session.access).await, "what ended stays ended");
    let body = json!({ "token": link.split_once("#token=").unwrap().1, "new_password": "copper-Heron 31 under glass" });
    browser.post("/auth/password/reset/confirm/", body).await.refused(401, "token_invalid");
    world.sign_in(&browser, &person).await;
    assert_eq!((entries(&world, "user_disabled").await, entries(&world, "user_enabled").await), (1, 1));
}

/// an operator lifts a lock, and resets a second factor for a reason that is kept.
async fn locks_are_lifted_and_factors_reset(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    for _ in 0..2 {
        let token = partial_token(&browser, &person).await;
        for _ in 0..5 {
            verify(&browser, &token, "not a code").await.refused(422, "code_incorrect");
        }
    }
    login(&browser, &person).await.refused(429, "account_locked");
    act(&world, &["unlock", &person.email]);
    world.message(&person.email, "account_unlocked").await;
    let session = world.sign_in(&browser, &person).await;

    for reason in ["", "two\nlines", &"x".repeat(201)] {
        let output = world.cli(&["user", "reset-2fa", &person.email, "--reason", reason, "--yes"], "");
        assert!(!output.status.success(), "{reason:?} was taken");
    }
    assert!(is_signed_in(&browser, &session.access).await);
    act(&world, &["reset-2fa", &person.email, "--reason", "lost phone; seen in person"]);
    world.message(&person.email, "two_factor_reset").await;
    assert!(!is_signed_in(&browser, &session.access).await);
    assert_eq!(login(&browser, &person).await.expect(200).json["requires_2fa"], false);
    let sql = "SELECT count(*) FROM two_factor_audit_log WHERE detail = 'stated:lost phone; seen in person'";
    assert_eq!(world.look.count(sql).await, 1);
}

/// a deleted user is gone with everything of theirs, their log stays; who takes the address inherits nothing.
async fn whoever_takes_the_address_of_a_deleted_user_inherits_nothing(database: Database) {
    let world = World::start(database).await;
    // Somebody may have been there from the start.
    let before = rows(&world).await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    let waiting = partial_token(&browser, &person).await;
    let output = world.cli(&["user", "delete", &person.email], "no\n");
    assert!(!output.status.success() && text(&output).contains("nothing was done"), "{}", text(&output));
    assert!(is_signed_in(&browser, &session.access).await);
    let output = world.cli(&["user", "delete", &person.email], "yes\n");
    assert!(output.status.success(), "{}", text(&output));
    world.message(&person.email, "account_deleted").await;
    assert!(!is_signed_in(&browser, &session.access).await);
    refresh(&browser, &session.refresh).await.refused(401, "token_invalid");
    login(&browser, &person).await.refused(401, "credentials_invalid");
    assert_eq!(rows(&world).await, before);
    assert!(world.look.count("SELECT count(*) FROM two_factor_audit_log WHERE action = 'factor_added'").await > 0);
    assert_eq!(entries(&world, "user_deleted").await, 1);

    world.sign_up_as(&person.email, PASSWORD).await;
    assert_eq!(login_with(&browser, &person.email, PASSWORD).await.expect(200).json["requires_2fa"], false);
    for code in &person.recovery_codes {
        verify(&browser, &waiting, code).await.refused(401, "partial_token_invalid");
    }
    assert!(!is_signed_in(&browser, &session.access).await);
}

/// What is nobody's cannot be acted on, and says so in one line.
async fn nobody_is_acted_on_by_mistake(database: Database) {
    let world = World::start(database).await;
    let person: Person = world.add_person(None);
    for command in ["disable", "enable", "unlock", "delete"] {
        let output = world.cli(&["user", command, "nobody@example.com", "--yes"], "");
        assert!(!output.status.success() && text(&output).contains("nobody has this address"), "{}", text(&output));
        let output = world.cli(&["user", command, &person.email], "");
        assert!(!output.status.success(), "{command} without a yes");
    }
    login(&world.browser(), &person).await.expect(200);
}

on_both_databases![
    disabling_takes_everything_at_once,
    locks_are_lifted_and_factors_reset,
    whoever_takes_the_address_of_a_deleted_user_inherits_nothing,
    nobody_is_acted_on_by_mistake
];
