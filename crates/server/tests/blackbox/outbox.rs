//! Messages: sent because of what was committed, once, and forgotten afterwards.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::PASSWORD;

/// Waits until each of the addresses has a message.
async fn everybody_has_mail(world: &World, emails: &[String]) {
    let patience = Instant::now() + Duration::from_secs(30);
    for email in emails {
        while world.messages(email).await.is_empty() {
            assert!(Instant::now() < patience, "nothing came for {email}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn sign_ups(world: &World, emails: &[String]) -> Vec<crate::client::Call> {
    let call = |(turn, email): (usize, &String)| {
        world.browser_at(turn).submit("/auth/signup/").json(&json!({ "email": email, "password": PASSWORD }))
    };
    emails.iter().enumerate().map(call).collect()
}

/// two nodes with a worker each deliver every message once, and keep nothing of it in the queue.
async fn every_message_is_delivered_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let emails: Vec<String> = (0..16).map(|_| world.new_address()).collect();
    for answer in world.burst(sign_ups(&world, &emails)).await {
        answer.expect(201);
    }
    everybody_has_mail(&world, &emails).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for email in &emails {
        assert_eq!(world.messages(email).await.len(), 1, "{email}");
    }
    let kept = "SELECT count(*) FROM outbox WHERE state <> 'delivered' OR payload IS NOT NULL";
    assert_eq!(world.look.count(kept).await, 0);
}

/// a server killed right after it answered sends what it promised once it is back; at most one comes twice.
async fn a_kill_after_the_answer_loses_no_message(database: Database) {
    let mut world = World::start(database).await;
    let emails: Vec<String> = (0..6).map(|_| world.new_address()).collect();
    for answer in world.burst(sign_ups(&world, &emails)).await {
        answer.expect(201);
    }
    world.nodes[0].kill();
    world.start_again(0).await;
    // A message that was being delivered belongs to the dead worker until its time is up.
    world.advance(3600).await;
    everybody_has_mail(&world, &emails).await;
    let mut copies = 0;
    for email in &emails {
        let messages = world.messages(email).await;
        copies += messages.len();
        let token = world.verification_token(email).await;
        world.browser().post("/auth/verify-email/", json!({ "token": token })).await.expect(200);
    }
    assert!(copies <= emails.len() + 6, "{copies} messages for {} people", emails.len());
}

/// nobody's mailbox is flooded: five links an hour to one address, whoever asks.
async fn one_address_gets_five_links_an_hour(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let email = world.new_address();
    let mut answers = world.burst(sign_ups(&world, &vec![email.clone(); 4])).await;
    answers.extend(world.burst(resends(&world, &email, 12)).await);
    for answer in answers {
        assert!(matches!(answer.status, 201 | 202), "{} {}", answer.status, answer.text);
    }
    everybody_has_mail(&world, std::slice::from_ref(&email)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = world.messages(&email).await.len();
    assert!(sent <= 5, "{sent} messages");
}

fn resends(world: &World, email: &str, count: usize) -> Vec<crate::client::Call> {
    let call = |turn| world.browser_at(turn).submit("/auth/verify-email/resend/").json(&json!({ "email": email }));
    (0..count).map(call).collect()
}

/// asking for a link that does not exist costs its owner nothing: who signs up afterwards gets one.
async fn a_stranger_cannot_use_up_the_links_of_a_newcomer(database: Database) {
    let world = World::start(database).await;
    let email = world.new_address();
    for answer in world.burst(resends(&world, &email, 20)).await {
        answer.expect(202);
    }
    world.sign_up_as(&email, PASSWORD).await;
}

/// Product.md section 3: a newcomer who had no link because too many were sent can ask for one when the hour is over.
async fn a_newcomer_gets_a_link_when_the_hour_is_over(database: Database) {
    let world = World::start(database).await;
    let email = world.new_address();
    for _ in 0..6 {
        for answer in world.burst(sign_ups(&world, std::slice::from_ref(&email))).await {
            answer.expect(201);
        }
    }
    everybody_has_mail(&world, std::slice::from_ref(&email)).await;
    world.advance(3700).await;
    let before = world.messages(&email).await.len();
    for answer in world.burst(resends(&world, &email, 1)).await {
        answer.expect(202);
    }
    let patience = Instant::now() + Duration::from_secs(10);
    while world.messages(&email).await.len() <= before {
        assert!(Instant::now() < patience, "no link came when the hour was over");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

on_both_databases![
    a_stranger_cannot_use_up_the_links_of_a_newcomer,
    every_message_is_delivered_once,
    a_kill_after_the_answer_loses_no_message,
    one_address_gets_five_links_an_hour,
];
on_sqlite![a_newcomer_gets_a_link_when_the_hour_is_over];
