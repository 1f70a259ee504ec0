//! Holes that a review by an attacker's eyes found, each closed and kept closed.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::login_with;

/// signing up for somebody's address with each guess does not buy one more guess at their password.
async fn a_sign_up_buys_no_guess(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person(None);
    for email in [person.email.clone(), world.new_address()] {
        let mut refused = None;
        for turn in 1..=11 {
            let guess = format!("guess number {turn} of Eleven");
            browser.post("/auth/signup/", json!({ "email": email, "password": guess })).await.expect(201);
            let answer = login_with(&browser, &email, &guess).await;
            if answer.status == 429 {
                refused = Some((turn, answer.refused(429, "too_many_attempts")));
                break;
            }
            answer.refused(403, "email_unverified");
        }
        assert!(refused.is_some(), "eleven guesses at {email} went through");
    }
}

on_both_databases![a_sign_up_buys_no_guess];
