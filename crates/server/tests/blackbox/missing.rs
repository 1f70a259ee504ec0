//! A row or a key that is not there, or not the right one. None of it ever reads as "no second factor".

use serde_json::json;

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::{login, partial_token, verify};
use crate::totp::{code, wrong_code};

#[track_caller]
fn fails_closed(answer: &Answer) {
    assert_eq!(answer.status, 503, "{} {}", answer.what, answer.text);
    answer.clone().refused(503, "unavailable").holds_no_session();
}

/// a missing settings row is a fault; it never reads as "this person has no second factor".
async fn a_missing_settings_row_lets_nobody_in(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    let id = world.id_of(&person).await;
    world.look.execute(&format!("DELETE FROM two_factor_settings WHERE user_id = {id}")).await;
    fails_closed(&login(&browser, &person).await);
    fails_closed(&verify(&browser, &token, &code(&person.secret, world.fresh_step().await)).await);
    let setup = browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await;
    assert!(!setup.is_success(), "{}", setup.text);
    // Somebody else is not concerned.
    let other = world.add_person_with_totp();
    world.sign_in(&browser, &other).await;
}

/// settings that say "enabled" without any factor to ask for, and factors that nobody enabled, let nobody in.
async fn settings_that_contradict_the_factors_let_nobody_in(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (bare, unset) = (world.add_person_with_totp(), world.add_person_with_totp());
    let id = world.id_of(&bare).await;
    world.look.execute(&format!("DELETE FROM factors WHERE user_id = {id}")).await;
    let answer = login(&browser, &bare).await;
    answer.holds_no_session();
    assert_ne!(answer.json["requires_2fa"], false, "{}", answer.text);

    let id = world.id_of(&unset).await;
    world.look.execute(&format!("UPDATE two_factor_settings SET enabled_at = NULL WHERE user_id = {id}")).await;
    let answer = login(&browser, &unset).await;
    answer.holds_no_session();
    assert_ne!(answer.json["requires_2fa"], false, "{}", answer.text);
}

/// with another key ring the server refuses to start, or refuses every factor; never skips one.
async fn another_key_ring_lets_nobody_in(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    let own = world.setting("TWINLOCK_KEYS").map(str::to_owned);
    world.nodes[0].kill();
    let foreign = world.generate_keys();
    for keys in [foreign.as_str(), "nonsense", &"A".repeat(64)] {
        world.set("TWINLOCK_KEYS", keys);
        let port = world.nodes[0].port;
        match world.try_start(port).await {
            Err(log) => {
                assert!(log.contains("TWINLOCK_KEYS") || log.contains("key"), "{log}");
                assert!(!log.contains("panicked"), "{log}");
            }
            Ok(node) => {
                world.nodes[0] = node;
                let browser = world.browser();
                let answer = login(&browser, &person).await;
                answer.holds_no_session();
                if answer.status == 200 {
                    let token = answer.text_at("/partial_token");
                    let now = world.fresh_step().await;
                    for code in [code(&person.secret, now), wrong_code(&person.secret, now)] {
                        fails_closed(&verify(&browser, &token, &code).await);
                    }
                }
                world.nodes[0].kill();
            }
        }
    }
    match own {
        Some(keys) => world.set("TWINLOCK_KEYS", &keys),
        None => world.unset("TWINLOCK_KEYS"),
    }
    world.start_again(0).await;
    world.sign_in(&world.browser(), &person).await;
}

/// a key file that vanished under a database in use is not silently made anew.
async fn a_vanished_key_file_is_no_fresh_start(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    let file = world.path().join("twinlock.keys");
    let keys = std::fs::read_to_string(&file).unwrap();
    world.nodes[0].kill();
    std::fs::remove_file(&file).unwrap();
    let port = world.nodes[0].port;
    match world.try_start(port).await {
        Err(log) => assert!(log.contains("key") && !log.contains("panicked"), "{log}"),
        Ok(node) => {
            world.nodes[0] = node;
            let browser = world.browser();
            let answer = login(&browser, &person).await;
            answer.holds_no_session();
            assert_ne!(answer.json["requires_2fa"], false, "{}", answer.text);
            world.nodes[0].kill();
        }
    }
    std::fs::write(&file, keys).unwrap();
    world.start_again(0).await;
    world.sign_in(&world.browser(), &person).await;
}

on_both_databases![
    a_missing_settings_row_lets_nobody_in,
    settings_that_contradict_the_factors_let_nobody_in,
    another_key_ring_lets_nobody_in
];
on_sqlite![a_vanished_key_file_is_no_fresh_start];
