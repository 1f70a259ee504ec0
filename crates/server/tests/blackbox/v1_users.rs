//! What an application does to the second factor of its users, and to nobody else's.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::strings;
use crate::totp;
use crate::v1::Shop;

impl Shop {
    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path).json(&body).send().await
    }

    /// Sets an authenticator up, and gives the factor and its secret.
    async fn begin(&self, user: &str) -> (String, String) {
        let begun = self.post(&format!("/v1/users/{user}/factors"), json!({ "method": "totp" })).await.expect(201);
        assert_eq!(begun.json["status"], "pending", "{}", begun.text);
        assert!(begun.text_at("/qr_code").starts_with("otpauth://totp/"), "{}", begun.text);
        (begun.text_at("/id"), begun.text_at("/secret"))
    }

    async fn activate(&self, user: &str, factor: &str, code: &str) -> Answer {
        self.post(&format!("/v1/users/{user}/factors/{factor}/activate"), json!({ "code": code })).await
    }
}

async fn a_factor_is_set_up_called_otherwise_preferred_and_removed(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    shop.get("/v1/users/ada").await.refused(404, "not_found");
    let (first, secret) = shop.begin("ada").await;
    assert_eq!(shop.challenge("ada").await.expect(201).json["status"], "not_required", "a pending factor counts");
    let wrong = totp::wrong_code(&secret, world.now().await);
    shop.activate("ada", &first, &wrong).await.refused(422, "code_incorrect");
    shop.activate("bob", &first, &wrong).await.refused(404, "not_found");
    let code = totp::code(&secret, world.fresh_step().await);
    let active = shop.activate("ada", &first, &code).await.expect(200);
    assert_eq!((&active.json["id"], &active.json["status"]), (&json!(first), &json!("active")));
    let codes = strings(&active.json["recovery_codes"]);
    assert_eq!(codes.len(), 10);
    shop.activate("ada", &first, &code).await.refused(409, "no_pending_setup");
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    assert!(!shop.verify(&id, &code).await.is_success(), "the code that proved the set-up signs in");

    let (second, other) = shop.begin("ada").await;
    let code = totp::code(&other, world.fresh_step().await);
    let active = shop.activate("ada", &second, &code).await.expect(200);
    assert_eq!(active.json["recovery_codes"], json!([]));
    let path = |factor: &str| format!("/v1/users/ada/factors/{factor}");
    let renamed = shop.patch(&path(&second), json!({ "label": "Tablet" })).await.expect(200);
    assert_eq!((&renamed.json["label"], &renamed.json["preferred"]), (&json!("Tablet"), &json!(false)));
    let preferred = shop.patch(&path(&second), json!({ "preferred": true })).await.expect(200);
    assert_eq!((&preferred.json["id"], &preferred.json["preferred"]), (&json!(second), &json!(true)));
    for body in [json!({}), json!({ "preferred": false }), json!({ "label": "a", "preferred": true })] {
        shop.patch(&path(&second), body).await.refused(400, "invalid_request");
    }
    let user = shop.get("/v1/users/ada").await.expect(200);
    assert_eq!(user.json["factors"].as_array().unwrap().len(), 2);
    assert_eq!((&user.json["is_enabled"], &user.json["recovery_codes_remaining"]), (&json!(true), &json!(10)));
    assert!(!user.text.contains(&secret) && !user.text.contains(&other), "a secret is shown again");
    shop.delete(&path(&first)).await.expect(204);
    shop.delete(&path(&first)).await.refused(404, "not_found");
    shop.delete(&path(&second)).await.refused(409, "last_factor");

    let made = shop.post("/v1/users/ada/recovery-codes", json!({})).await.expect(200);
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    shop.verify(&id, &codes[0]).await.refused(422, "code_incorrect");
    shop.verify(&id, &strings(&made.json["recovery_codes"])[0]).await.expect(200);
    shop.post("/v1/users/nobody/recovery-codes", json!({})).await.refused(404, "not_found");
}

/// codes by mail, to the address that was told, by the same rules as everywhere: each for its own challenge.
async fn codes_go_to_the_address_that_was_told(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let none = shop.post("/v1/users/ada/factors", json!({ "method": "email" })).await.refused(400, "invalid_request");
    assert_eq!(none.json["errors"][0]["pointer"], "/email");
    shop.challenge_with("", json!({ "user": { "id": "ada", "email": "ada@example.com" } })).await.expect(201);
    let begun = shop.post("/v1/users/ada/factors", json!({ "method": "email" })).await.expect(201);
    assert_eq!((&begun.json["status"], &begun.json["destination"]), (&json!("pending"), &json!("a***@e***.com")));
    let code = world.message("ada@example.com", "setup_code").await["code"].as_str().unwrap().to_owned();
    shop.activate("ada", &begun.text_at("/id"), &code).await.expect(200);
    world.advance(40).await;
    let challenge = shop.challenge("ada").await.expect(201);
    assert_eq!((&challenge.json["code_sent"], &challenge.json["delivery"]), (&json!(true), &json!("queued")));
    let first = world.message("ada@example.com", "login_code").await["code"].as_str().unwrap().to_owned();
    let id = challenge.text_at("/id");
    let send = format!("/v1/challenges/{id}/send");
    shop.post(&send, json!({ "method": "email" })).await.refused(429, "send_cooldown");
    world.advance(90).await;
    shop.post(&send, json!({ "method": "email" })).await.expect(200);
    let second = shop.challenge("ada").await.expect(201).text_at("/id");
    shop.verify(&second, &first).await.refused(422, "code_incorrect");
    let dead = shop.verify(&id, &first).await.refused(422, "code_incorrect");
    assert_eq!(dead.json["hint"], "expired", "{}", dead.text);
}

async fn what_happens_at_the_application_ends_trust_and_a_reset_ends_everything(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, codes) = shop.enroll("ada").await;
    let trust = async || {
        let id = shop.challenge("ada").await.expect(201).text_at("/id");
        let body = json!({ "code": totp::code(&secret, world.fresh_step().await), "trust_device": true });
        let approved = shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200);
        approved.text_at("/result/device_token")
    };
    let spared = async |token: &str| {
        let challenge = shop.challenge_with("ada", json!({ "device_token": token })).await.expect(201);
        challenge.json["status"] == "not_required"
    };
    for kind in ["password_changed", "account_recovered"] {
        let token = trust().await;
        shop.post("/v1/users/ada/events", json!({ "type": kind })).await.expect(204);
        assert!(!spared(&token).await, "trust outlived {kind}");
    }
    shop.post("/v1/users/ada/events", json!({ "type": "signed_in" })).await.refused(400, "invalid_request");
    let (one, two) = (trust().await, trust().await);
    let devices = shop.get("/v1/users/ada/devices").await.expect(200);
    let items = devices.json["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{}", devices.text);
    assert!(!devices.text.contains(&one) && items[0].get("current").is_none(), "{}", devices.text);
    let newest = items[0]["id"].as_str().unwrap();
    shop.delete(&format!("/v1/users/ada/devices/{newest}")).await.expect(204);
    assert!(!spared(&two).await && spared(&one).await, "the wrong one was revoked");
    shop.delete("/v1/users/ada/devices").await.expect(204);
    assert_eq!(shop.get("/v1/users/ada/devices").await.expect(200).json["items"], json!([]));

    for _ in 0..2 {
        let id = shop.challenge("ada").await.expect(201).text_at("/id");
        for _ in 0..5 {
            let wrong = totp::wrong_code(&secret, world.now().await);
            shop.verify(&id, &wrong).await.refused(422, "code_incorrect");
        }
    }
    assert!(shop.get("/v1/users/ada").await.expect(200).json["locked_until"].is_string());
    shop.post("/v1/users/ada/unlock", json!({})).await.expect(204);
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    shop.verify(&id, &codes[0]).await.expect(200);

    shop.post("/v1/users/ada/reset", json!({})).await.refused(400, "invalid_request");
    shop.post("/v1/users/ada/reset", json!({ "reason": "  " })).await.refused(400, "invalid_request");
    shop.post("/v1/users/ada/reset", json!({ "reason": "lost the phone" })).await.expect(204);
    assert_eq!(shop.challenge("ada").await.expect(201).json["why"], "no_factor");
    let entry = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'two_factor_reset' \
                 AND detail = 'stated:lost the phone' AND actor_id LIKE 'api_key:%'";
    assert_eq!(world.look.count(entry).await, 1);
    shop.post("/v1/users/ada/events", json!({ "type": "deleted" })).await.expect(204);
    shop.get("/v1/users/ada").await.refused(404, "not_found");
}

on_both_databases!(
    a_factor_is_set_up_called_otherwise_preferred_and_removed,
    codes_go_to_the_address_that_was_told,
    what_happens_at_the_application_ends_trust_and_a_reset_ends_everything,
);
