//! The people of applications: one budget of guesses over all their challenges and both of its ends, sent codes, trusted
//! devices, and who has to enroll.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::totp;

/// R-07… …A-40: five wrong codes end a challenge, ten lock the account whatever they are given for, and a trusted device
/// still signs in.
async fn guesses_are_counted_over_all_challenges_until_the_account_locks(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, codes) = shop.enroll("ada").await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let trust = json!({ "code": totp::code(&secret, world.fresh_step().await), "trust_device": true });
    let trusted = shop.post(&format!("/v1/challenges/{id}/verify"), trust).await.expect(200);
    let device = trusted.text_at("/result/device_token");

    for (challenge, last) in [(1, 5), (2, 5)] {
        let id = shop.challenge("ada").await.expect(201).text_at("/id");
        for left in (0..last).rev() {
            let wrong = totp::wrong_code(&secret, world.now().await);
            let answer = shop.verify(&id, &wrong).await.refused(422, "code_incorrect");
            assert_eq!(answer.json["attempts_left"], left, "challenge {challenge}: {}", answer.text);
        }
        let over = if challenge == 1 { "too_many_attempts" } else { "account_locked" };
        let answer = shop.verify(&id, &codes[0]).await;
        assert!(answer.code() == over || answer.code() == "too_many_attempts", "{}", answer.text);
        let state = shop.get(&format!("/v1/challenges/{id}")).await.expect(200);
        assert_eq!(state.json["status"], "failed", "{}", state.text);
    }
    let locked = shop.challenge("ada").await.expect(201);
    assert_eq!((&locked.json["status"], &locked.json["why"]), (&json!("locked"), &json!("wrong_codes")));
    let id = locked.text_at("/id");
    assert_eq!(shop.get(&format!("/v1/challenges/{id}")).await.expect(200).json["status"], "locked");
    assert!(!shop.verify(&id, &codes[0]).await.is_success(), "a right code while locked");
    let spared = shop.challenge_with("ada", json!({ "device_token": device })).await.expect(201);
    assert_eq!((&spared.json["status"], &spared.json["why"]), (&json!("not_required"), &json!("trusted_device")));
    shop.enroll("bob").await;
    assert_eq!(shop.challenge("bob").await.expect(201).json["status"], "pending", "bob guessed nothing");
    world.advance(16 * 60).await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    shop.verify(&id, &codes[0]).await.expect(200);
}

/// a device is known by a token that rotates; a copied one ends the trust.
async fn a_trusted_device_is_spared_until_its_token_is_shown_twice(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, codes) = shop.enroll("ada").await;
    let begin = async |code: &str| {
        let id = shop.challenge("ada").await.expect(201).text_at("/id");
        let body = json!({ "code": code, "trust_device": true });
        shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200)
    };
    let first = begin(&totp::code(&secret, world.fresh_step().await)).await.text_at("/result/device_token");
    let spared = shop.challenge_with("ada", json!({ "device_token": first })).await.expect(201);
    assert_eq!(spared.json["why"], "trusted_device");
    assert_eq!(
        (&spared.json["result"]["method"], &spared.json["result"]["acr"]),
        (&json!("trusted_device"), &json!("1"))
    );
    let second = spared.text_at("/device_token");
    assert_eq!(spared.text_at("/result/device_token"), second);
    assert!(spared.json["device_expires_at"].is_string() && first != second);

    let step_up = |more| {
        let mut body = json!({ "device_token": second, "reason": "step_up" });
        body.as_object_mut().unwrap().extend(more);
        body
    };
    let text = json!({ "text": "transfer 500 €", "max_age": 3600 }).as_object().unwrap().clone();
    let asked = shop.challenge_with("ada", step_up(text)).await.expect(201);
    assert_eq!((&asked.json["status"], &asked.json["text"]), (&json!("pending"), &json!("transfer 500 €")));
    let asked = shop.challenge_with("ada", step_up(serde_json::Map::new())).await.expect(201);
    assert_eq!(asked.json["status"], "pending", "without an age none is young enough");
    world.advance(120).await;
    let old = json!({ "max_age": 60 }).as_object().unwrap().clone();
    assert_eq!(shop.challenge_with("ada", step_up(old)).await.expect(201).json["status"], "pending");
    let young = json!({ "max_age": 3600 }).as_object().unwrap().clone();
    let spared = shop.challenge_with("ada", step_up(young)).await.expect(201);
    assert_eq!(spared.json["status"], "not_required", "{}", spared.text);
    let third = spared.text_at("/device_token");

    let copied = shop.challenge_with("ada", json!({ "device_token": first })).await.expect(201);
    assert_eq!(copied.json["status"], "pending", "a replaced token");
    let ended = shop.challenge_with("ada", json!({ "device_token": third })).await.expect(201);
    assert_eq!(ended.json["status"], "pending", "trust outlived its theft");
    let recovered = begin(&codes[0]).await;
    assert!(recovered.json["result"].get("device_token").is_none(), "a recovery code began a trust");
}

/// an address that changes with the sign-in ends the trust that comes along, and the sign-in goes on.
async fn a_new_address_ends_the_trust_that_comes_with_it(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    let known = |email: &str| json!({ "user": { "id": "ada", "email": email } });
    let id = shop.challenge_with("ada", known("ada@example.com")).await.expect(201).text_at("/id");
    let body = json!({ "code": totp::code(&secret, world.fresh_step().await), "trust_device": true });
    let trusted = shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200);
    let token = trusted.text_at("/result/device_token");
    let with = |email: &str| {
        let mut body = known(email);
        body["device_token"] = json!(token);
        body
    };
    let asked = shop.challenge_with("ada", with("ada@example.org")).await.expect(201);
    assert_eq!(asked.json["status"], "pending", "trust outlived the address: {}", asked.text);
    assert_eq!(shop.get("/v1/users/ada").await.expect(200).json["email"], "ada@example.org");
    let again = shop.challenge_with("ada", with("ada@example.org")).await.expect(201);
    assert_eq!(again.json["status"], "pending", "{}", again.text);
    let refused = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'trusted_device_recognized' \
                   AND detail = 'revoked'";
    assert_eq!(world.look.count(refused).await, 2);
}

/// Users come to be at the first mention; notices go to the address that was told, and an application may want everybody to
/// have a factor.
async fn users_are_known_from_the_first_mention_and_may_have_to_enroll(database: Database) {
    let world = World::start(database).await;
    world.must(&["app", "add", "bank", "--required"]);
    let bank = world.key(&["--app", "bank"]);
    let user = json!({ "id": "ada@intra", "email": "ada@example.com", "phone": "+12025550143", "name": "Ada" });
    let first = bank.challenge_with("", json!({ "user": user })).await.expect(201);
    assert_eq!((&first.json["status"], &first.json["why"]), (&json!("enrollment_required"), &json!("no_factor")));
    assert!(first.json.get("result").is_none(), "{}", first.text);
    let id = first.text_at("/id");
    bank.verify(&id, "000000").await.refused(409, "no_pending_setup");
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let factor = json!({ "method": "totp", "secret": secret, "label": "Phone" });
    let factor = bank.post("/v1/users/ada%40intra/factors", factor).await.expect(201);
    assert_eq!(factor.json["label"], "Phone");
    world.message("ada@example.com", "two_factor_enabled").await;
    let challenge = bank.challenge("ada@intra").await.expect(201);
    assert_eq!(challenge.json["status"], "pending");
    assert_eq!(challenge.json["methods"][0]["label"], "Phone");
    let code = totp::code(secret, world.fresh_step().await);
    let result = bank.verify(&challenge.text_at("/id"), &code).await.expect(200);
    assert_eq!(result.json["result"]["user_id"], "ada@intra");
    assert_eq!(
        world.look.count("SELECT count(*) FROM users WHERE email_key LIKE 'id:%'").await,
        1,
        "another user came to be"
    );
    let dump = world.look.dump_without(&["mailbox"]).await;
    assert!(!dump.contains("2025550143"), "the number is readable");

    let moved = json!({ "user": { "id": "ada@intra", "email": "ada@example.org" } });
    bank.challenge_with("", moved).await.expect(201);
    let id = bank.challenge("ada@intra").await.expect(201).text_at("/id");
    for _ in 0..3 {
        bank.verify(&id, "000000").await;
    }
    world.message("ada@example.org", "wrong_codes").await;
    let enroll = bank.challenge_with("nobody", json!({ "reason": "enroll" })).await.expect(201);
    assert_eq!((&enroll.json["status"], &enroll.json["why"]), (&json!("enrollment_required"), &json!("enroll")));
}

/// What has no address gets no mail, and is locked and told of like anybody.
async fn a_user_without_an_address_is_nobody_to_write_to(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    for _ in 0..2 {
        let id = shop.challenge("ada").await.expect(201).text_at("/id");
        for _ in 0..5 {
            let wrong = totp::wrong_code(&secret, world.now().await);
            shop.verify(&id, &wrong).await.refused(422, "code_incorrect");
        }
    }
    assert_eq!(shop.challenge("ada").await.expect(201).json["status"], "locked");
    assert_eq!(world.look.count("SELECT count(*) FROM outbox").await, 0, "a mail to nobody");
}

on_both_databases!(
    guesses_are_counted_over_all_challenges_until_the_account_locks,
    a_trusted_device_is_spared_until_its_token_is_shown_twice,
    a_new_address_ends_the_trust_that_comes_with_it,
    users_are_known_from_the_first_mention_and_may_have_to_enroll,
    a_user_without_an_address_is_nobody_to_write_to,
);
