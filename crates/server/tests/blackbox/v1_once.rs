//! Idempotency keys: the same call is answered once, whatever comes between.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::request;

/// a repetition costs no guess, and gives none.
async fn a_repeated_call_gets_its_answer_again_and_costs_nothing(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    let asked = shop.post_once("a", "/v1/challenges", &request("ada")).await.expect(201);
    assert!(asked.header("idempotency-replayed").is_none());
    let again = shop.post_once("a", "/v1/challenges", &request("ada")).await.expect(201);
    assert_eq!((&asked.text, again.header("idempotency-replayed")), (&again.text, Some("true")));
    assert_eq!(world.look.count("SELECT count(*) FROM challenges").await, 1);

    let id = asked.text_at("/id");
    let verify = format!("/v1/challenges/{id}/verify");
    let wrong = json!({ "code": totp::wrong_code(&secret, world.now().await) });
    for _ in 0..12 {
        let answer = shop.post_once("b", &verify, &wrong).await.refused(422, "code_incorrect");
        assert_eq!(answer.json["attempts_left"], 4, "a repetition was charged");
        assert_eq!(answer.header("x-request-id"), answer.json["request_id"].as_str());
    }
    let right = json!({ "code": totp::code(&secret, world.fresh_step().await) });
    let first = shop.post_once("c", &verify, &right).await.expect(200);
    let second = shop.post_once("c", &verify, &right).await.expect(200);
    assert_eq!(first.text, second.text);
    assert_eq!(first.header("content-type"), second.header("content-type"));
    shop.post(&verify, right.clone()).await.refused(409, "already_completed");

    for (once, path, body) in [
        ("c", verify.as_str(), &wrong),
        ("c", "/v1/challenges", &request("ada")),
        ("a", "/v1/challenges", &request("bob")),
    ] {
        shop.post_once(once, path, body).await.refused(422, "idempotency_key_reused");
    }
    let other = world.shop("other");
    other.post_once("c", "/v1/challenges", &request("ada")).await.expect(201);
    for once in ["", &"x".repeat(256), "two words", "é"] {
        shop.post_once(once, "/v1/challenges", &request("ada")).await.refused(400, "invalid_request");
    }
    let dump = world.look.dump_without(&[]).await;
    assert!(!dump.contains("attempts_left") && !dump.contains("\"approved\""), "an answer is readable");
}

async fn an_answer_with_a_secret_is_given_again_for_ten_minutes_and_any_other_for_a_day(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let path = "/v1/users/ada/factors";
    let factor = json!({ "method": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    let before = world.look.count("SELECT count(*) FROM factors").await;
    let made = shop.post_once("secret", path, &factor).await.expect(201);
    let asked = shop.post_once("plain", "/v1/challenges", &request("ada")).await.expect(201);
    world.advance(590).await;
    assert_eq!(shop.post_once("secret", path, &factor).await.expect(201).text, made.text);
    world.advance(20).await;
    shop.post_once("secret", path, &factor).await.refused(409, "replay_expired");
    assert_eq!(world.look.count("SELECT count(*) FROM factors").await, before + 1);
    world.advance(23 * 3600).await;
    assert_eq!(shop.post_once("plain", "/v1/challenges", &request("ada")).await.expect(201).text, asked.text);
    shop.post_once("secret", path, &factor).await.refused(409, "replay_expired");
    world.advance(3600).await;
    let anew = shop.post_once("plain", "/v1/challenges", &request("ada")).await.expect(201);
    assert_ne!(anew.text_at("/id"), asked.text_at("/id"), "after a day it is another call");
}

/// a concurrent duplicate waits and gets the same answer; of many different calls with one key one is answered.
async fn of_equal_calls_at_once_one_is_done_and_all_are_answered(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let browser = world.browser();
    let call = |once: &str, path: &str, body| {
        browser.submit(path).bearer(&shop.key).header("idempotency-key", once).json(body)
    };
    let first = request("new-here");
    let answers = world.burst((0..12).map(|_| call("new", "/v1/challenges", &first)).collect()).await;
    for answer in &answers {
        assert_eq!(answer.clone().expect(201).text, answers[0].text);
    }
    assert_eq!(world.look.count("SELECT count(*) FROM challenges").await, 1);

    let (secret, _) = shop.enroll("ada").await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let verify = format!("/v1/challenges/{id}/verify");
    let wrong = json!({ "code": totp::wrong_code(&secret, world.now().await) });
    let answers = world.burst((0..12).map(|_| call("wrong", &verify, &wrong)).collect()).await;
    for answer in &answers {
        assert_eq!(answer.clone().refused(422, "code_incorrect").json["attempts_left"], 4);
    }
    let right = json!({ "code": totp::code(&secret, world.fresh_step().await) });
    let answers = world.burst((0..12).map(|_| call("right", &verify, &right)).collect()).await;
    for answer in &answers {
        assert_eq!(answer.clone().expect(200).text, answers[0].text);
    }
    let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_some()).count();
    assert_eq!(replayed, 11);

    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let verify = format!("/v1/challenges/{id}/verify");
    let right = json!({ "code": totp::code(&secret, world.fresh_step().await) });
    let calls = (0..8).map(|number| call(&format!("own-{number}"), &verify, &right)).collect();
    let answers = world.burst(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "one code, two answers");
}

on_both_databases!(
    a_repeated_call_gets_its_answer_again_and_costs_nothing,
    an_answer_with_a_secret_is_given_again_for_ten_minutes_and_any_other_for_a_day,
    of_equal_calls_at_once_one_is_done_and_all_are_answered,
);
