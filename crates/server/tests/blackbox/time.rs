//! Clocks that jump. What was used stays used, and nobody is locked out for ten years.

use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, partial_token, refresh, verify};
use crate::totp::{code, wrong_codes};

/// a clock set back an hour brings nothing back: no used code, no dead challenge, no ended lock.
async fn a_clock_set_back_revives_nothing(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let start = world.fresh_step().await;
    let dead = partial_token(&browser, &person).await;
    let used_before = code(&person.secret, start);
    verify(&browser, &partial_token(&browser, &person).await, &used_before).await.expect(200);

    world.set_clock(start + 660).await;
    let used = code(&person.secret, start + 660);
    let session = Session::of(&verify(&browser, &partial_token(&browser, &person).await, &used).await.expect(200));
    browser.post("/auth/logout/", serde_json::json!({ "refresh": session.refresh })).await.expect(204);

    for back in [60, 3600] {
        world.set_clock(start + 660 - back).await;
        let token = partial_token(&browser, &person).await;
        verify(&browser, &token, &used).await.refused(422, "code_incorrect");
        verify(&browser, &token, &used_before).await.refused(422, "code_incorrect");
        let of_that_time = code(&person.secret, start + 660 - back);
        verify(&browser, &token, &of_that_time).await.refused(422, "code_incorrect");
        assert!(!is_signed_in(&browser, &session.access).await);
        refresh(&browser, &session.refresh).await.refused(401, "token_invalid");
    }
    world.set_clock(start + 5).await;
    let late = verify(&browser, &dead, &code(&person.secret, start + 690)).await;
    assert!(!late.is_success() && late.status < 500, "a dead challenge came back to life: {}", late.text);
    world.set_clock(start + 690).await;
    world.sign_in(&browser, &person).await;
}

/// a lock does not grow shorter or vanish when the clock is set back, and ends when its time has come.
async fn a_clock_set_back_opens_no_lock(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let mut now = 0;
    for _ in 0..2 {
        let token = partial_token(&browser, &person).await;
        now = world.fresh_step().await;
        for wrong in wrong_codes(&person.secret, now, 5) {
            verify(&browser, &token, &wrong).await;
        }
    }
    for back in [60, 3600, 20 * 3600] {
        world.set_clock(now - back).await;
        let answer = login(&browser, &person).await.refused(429, "account_locked");
        assert!(answer.number_at("/retry_after") <= 900, "{}", answer.text);
    }
    world.set_clock(now + 901).await;
    world.sign_in(&browser, &person).await;
}

/// a clock that once ran ten years ahead locks nobody out afterwards and has deleted nothing.
async fn a_clock_ten_years_ahead_leaves_no_trace(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let idle = world.add_person_with_totp();
    let browser = world.browser();
    let now = world.fresh_step().await;
    verify(&browser, &partial_token(&browser, &person).await, &code(&person.secret, now)).await.expect(200);
    let tables = ["users", "two_factor_settings", "factors", "two_factor_audit_log"];
    let mut before = Vec::new();
    for table in tables {
        before.push(world.look.count(&format!("SELECT count(*) FROM {table}")).await);
    }
    world.advance(3650 * 86_400).await;
    let far = world.fresh_step().await;
    verify(&browser, &partial_token(&browser, &person).await, &code(&person.secret, far)).await.expect(200);
    login(&browser, &idle).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;

    world.set_clock(now + 300).await;
    for person in [&person, &idle] {
        world.sign_in(&browser, person).await;
    }
    for (table, before) in tables.into_iter().zip(before) {
        assert!(world.look.count(&format!("SELECT count(*) FROM {table}")).await >= before, "{table} has shrunk");
    }
    assert!(
        world.audit_count(&person, "clock_skew", true).await + world.audit_count(&person, "clock_skew", false).await
            > 0
    );
    // The memory of used codes works again from here on.
    let now = world.fresh_step().await;
    let code = code(&person.secret, now);
    verify(&browser, &partial_token(&browser, &person).await, &code).await.expect(200);
    verify(&browser, &partial_token(&browser, &person).await, &code).await.refused(422, "code_incorrect");
}

/// of the codes used before such a jump none is good again after it.
async fn a_jump_ahead_and_back_forgets_no_used_code(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let now = world.fresh_step().await;
    let used = code(&person.secret, now);
    verify(&browser, &partial_token(&browser, &person).await, &used).await.expect(200);
    world.advance(3650 * 86_400).await;
    let far = world.fresh_step().await;
    verify(&browser, &partial_token(&browser, &person).await, &code(&person.secret, far)).await.expect(200);
    world.set_clock(now + 2).await;
    let answer = verify(&browser, &partial_token(&browser, &person).await, &used).await;
    answer.refused(422, "code_incorrect");
}

/// two nodes whose clocks differ by an hour accept one code once between them.
async fn nodes_that_disagree_about_the_time_accept_a_code_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    if world.nodes.len() < 2 {
        return;
    }
    let person = world.add_person_with_totp();
    let (ahead, behind) = (world.browser(), world.browser_at(1));
    let now = world.fresh_step().await;
    behind.post("/v1/test/clock", serde_json::json!({ "advance_seconds": -3600 })).await.expect(200);
    let used = code(&person.secret, now);
    verify(&ahead, &partial_token(&ahead, &person).await, &used).await.expect(200);
    let token = partial_token(&behind, &person).await;
    verify(&behind, &token, &used).await.refused(422, "code_incorrect");
    verify(&behind, &token, &code(&person.secret, now - 3600)).await.refused(422, "code_incorrect");
    verify(&behind, &token, &code(&person.secret, now + 30)).await.expect(200);
    let token = partial_token(&ahead, &person).await;
    verify(&ahead, &token, &code(&person.secret, now + 30)).await.refused(422, "code_incorrect");
}

on_both_databases![
    a_clock_set_back_revives_nothing,
    a_clock_set_back_opens_no_lock,
    a_clock_ten_years_ahead_leaves_no_trace,
    a_jump_ahead_and_back_forgets_no_used_code,
    nodes_that_disagree_about_the_time_accept_a_code_once,
];
