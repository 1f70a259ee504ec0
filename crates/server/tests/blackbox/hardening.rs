//! Holes that a review by an attacker's eyes found, each closed and kept closed.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::http::raw;
use crate::people::{PASSWORD, login_with};

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

/// one address block cannot sign up without end; others can go on.
async fn sign_ups_of_one_block_are_limited(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let browser = world.browser();
    let from = |address: &str| {
        let body = json!({ "email": "stranger@example.com", "password": "password" });
        browser.submit("/auth/signup/").header("x-forwarded-for", address).json(&body)
    };
    for _ in 0..25 {
        for answer in world.burst((0..40).map(|_| from("198.51.100.7")).collect()).await {
            answer.refused(422, "password_rejected");
        }
    }
    let answer = from("198.51.100.7").send().await.refused(429, "too_many_attempts");
    assert!((1..=3600).contains(&answer.number_at("/retry_after")), "{}", answer.text);
    from("198.51.100.8").send().await.refused(422, "password_rejected");
}

/// all links for one address, opened twice each at the same moment: one makes the account, and nothing breaks.
async fn links_for_one_address_do_not_wait_for_each_other(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..5 {
        let email = world.new_address();
        for _ in 0..4 {
            let body = json!({ "email": email, "password": PASSWORD });
            world.browser().post("/auth/signup/", body).await.expect(201);
        }
        let patience = Instant::now() + Duration::from_secs(20);
        let mut messages = world.messages(&email).await;
        while messages.len() < 4 {
            assert!(Instant::now() < patience, "{} of four mails came", messages.len());
            tokio::time::sleep(Duration::from_millis(30)).await;
            messages = world.messages(&email).await;
        }
        let tokens: Vec<&str> =
            messages.iter().map(|message| message["link"].as_str().unwrap().split_once("#token=").unwrap().1).collect();
        let calls =
            tokens.iter().chain(&tokens).enumerate().map(|(turn, token)| {
                world.browser_at(turn).submit("/auth/verify-email/").json(&json!({ "token": token }))
            });
        let answers = world.burst(calls.collect()).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for answer in answers.into_iter().filter(|answer| answer.status != 200) {
            answer.refused(401, "token_invalid");
        }
    }
}

/// once a block's tries are used up, they leave no row behind for each address they name.
async fn a_full_block_leaves_no_row_per_address(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for turn in 0..110 {
        login_with(&browser, &format!("nobody{turn}@example.com"), "wrong").await.expect_problem();
    }
    // A hundred addresses and the block itself.
    assert_eq!(world.look.count("SELECT count(*) FROM counters").await, 101);
    let refused = login_with(&browser, "nobody@example.com", "wrong").await.refused(429, "too_many_attempts");
    assert!(refused.number_at("/retry_after") > 3000, "the block says how long: {}", refused.text);
}

/// behind a proxy on the same machine, the mailbox, the test calls and the measurements are not the world's.
async fn what_is_for_this_machine_is_not_handed_on_by_a_proxy(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for path in ["/dev/mailbox", "/v1/test/clock", "/v1/test/outbox", "/metrics"] {
        browser.get(path).await.expect(200);
        for (name, value) in [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "login.example.com"),
            ("forwarded", "for=203.0.113.9"),
        ] {
            browser.request(path).header(name, value).send().await.refused(404, "not_found");
        }
    }
    let name = "login.example.com";
    let head = format!("GET /metrics HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
    let answer = raw(&world, head.as_bytes(), Duration::from_secs(3)).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

on_both_databases![
    a_sign_up_buys_no_guess,
    links_for_one_address_do_not_wait_for_each_other,
    a_full_block_leaves_no_row_per_address,
];
on_sqlite![sign_ups_of_one_block_are_limited, what_is_for_this_machine_is_not_handed_on_by_a_proxy];
