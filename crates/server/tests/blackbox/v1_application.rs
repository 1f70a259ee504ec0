//! What an application wants of its users' second factor: from when on it is required, by which kinds, for how long a device
//! is trusted, and what authenticators call it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;

const CHANGES: &str = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'application_changed'";

impl Shop {
    pub(crate) async fn set(&self, body: &Value) -> Answer {
        self.call(Method::PATCH, "/v1/application").json(body).send().await
    }

    /// What a challenge comes to.
    async fn comes_to(&self, user: &str, status: &str, why: &str) -> Answer {
        let answer = self.challenge(user).await.expect(201);
        assert_eq!((&answer.json["status"], &answer.json["why"]), (&json!(status), &json!(why)), "{}", answer.text);
        answer
    }
}

/// once it is required, nobody without a factor passes; before its day everybody is told how long is left.
async fn a_factor_is_required_from_a_day_on(database: Database) {
    let world = World::start(database).await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    shop.comes_to("ada", "not_required", "no_factor").await;
    let day = domain::time::Timestamp::from_secs(world.now().await + 7 * 24 * 3600);
    let told = shop.set(&json!({ "second_factor": "required", "required_from": day.to_string() })).await.expect(200);
    assert_eq!(told.json["required_from"], json!(day.to_string()));
    let grace = shop.comes_to("ada", "not_required", "grace").await;
    assert_eq!((&grace.json["grace_until"], &grace.json["result"]["acr"]), (&json!(day.to_string()), &json!("1")));
    shop.enroll("eve").await;
    shop.comes_to("eve", "pending", "factor_due").await;
    world.advance(7 * 24 * 3600 - 60).await;
    shop.comes_to("ada", "not_required", "grace").await;
    world.advance(61).await;
    let due = shop.comes_to("ada", "enrollment_required", "no_factor").await;
    assert!(due.json.get("result").is_none() && due.json.get("grace_until").is_none(), "{}", due.text);
    let id = due.text_at("/id");
    shop.verify(&id, "000000").await.refused(409, "no_pending_setup");
    bank.comes_to("ada", "not_required", "no_factor").await;
    world.key(&["--app", "shop", "--test"]).comes_to("ada", "not_required", "no_factor").await;

    shop.set(&json!({ "second_factor": "optional" })).await.expect(200);
    shop.comes_to("ada", "not_required", "no_factor").await;
    world.must(&["app", "set", "shop", "--second-factor", "required"]);
    shop.comes_to("ada", "enrollment_required", "no_factor").await;
    assert!(world.must(&["app", "list"]).contains("second factor required"));
    world.must(&["app", "set", "shop", "--methods", "totp,email", "--trust-days", "7", "--display-name", "The shop"]);
    let shown = world.must(&["app", "show", "shop"]);
    for line in
        ["shown as       The shop", "second factor  required", "methods        totp,email", "trust          7 days"]
    {
        assert!(shown.contains(line), "{line:?} is not in {shown}");
    }
    let keys = shown.lines().filter(|line| line.starts_with("API key ")).count();
    assert!(keys == 1 && !shown.contains("tl_live_"), "{shown}");
    assert!(world.must(&["app", "show", "shop", "--test"]).contains("methods        as the server says"));
    let refused = world.cli(&["app", "show", "nobody"], "");
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no such application"));
    assert_eq!(world.look.count(CHANGES).await, 6);
}

/// Who would be locked out or asked to enroll is told before anybody is, and telling it changes nothing.
async fn a_dry_run_tells_whom_a_change_would_meet(database: Database) {
    let world = World::start(database).await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    shop.enroll("eve").await;
    shop.challenge("ada").await.expect(201);
    bank.enroll("mallory").await;
    let said = world.must(&["app", "set", "shop", "--second-factor", "required", "--methods", "email", "--dry-run"]);
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "shop: second factor required, by email",
            "0  are asked for a factor they have",
            "0  have none and need none",
            "1  have none and have to enroll one",
            "ada",
            "1  are locked out until they are reset: none of their factors is of a kind that is taken",
            "eve",
            "Nothing was changed.",
        ],
        "{said}"
    );
    shop.comes_to("ada", "not_required", "no_factor").await;
    shop.comes_to("eve", "pending", "factor_due").await;
    assert_eq!(world.look.count(CHANGES).await, 0);
    let later = world.must(&["app", "set", "shop", "--second-factor", "2099-01-01", "--dry-run"]);
    assert!(later.contains("1  are asked for a factor they have"), "{later}");
    assert!(later.contains("have to enroll one from 2099-01-01T00:00:00"), "{later}");
}

/// Kinds that an application does not want can neither be set up nor answered with; its name is in the authenticator.
async fn kinds_and_names_are_those_of_the_application(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    shop.set(&json!({ "methods": ["email"], "issuer": "The Bank", "display_name": "Bank" })).await.expect(200);
    let refused = shop.post("/v1/users/eve/factors", json!({ "method": "totp" })).await;
    refused.refused(403, "feature_disabled");
    let brought = json!({ "method": "totp", "secret": secret });
    shop.post("/v1/users/eve/factors", brought).await.refused(403, "feature_disabled");
    shop.challenge("ada").await.refused(403, "feature_disabled");
    shop.set(&json!({ "methods": null })).await.expect(200);
    let id = shop.comes_to("ada", "pending", "factor_due").await.text_at("/id");
    shop.set(&json!({ "methods": ["email"] })).await.expect(200);
    let code = totp::code(&secret, world.fresh_step().await);
    let answer = shop.verify(&id, &code).await;
    assert_ne!(answer.status, 200, "a kind that is off was taken: {}", answer.text);
    shop.set(&json!({ "methods": ["totp", "sms"] })).await.expect(200);
    let added = shop.post("/v1/users/eve/factors", json!({ "method": "totp" })).await.expect(201);
    assert!(added.text_at("/qr_code").contains("issuer=The%20Bank"), "{}", added.text);
    shop.set(&json!({ "issuer": null })).await.expect(200);
    let added = shop.post("/v1/users/eve/factors", json!({ "method": "totp" })).await.expect(201);
    assert!(added.text_at("/qr_code").contains("issuer=Bank"), "{}", added.text);
}

/// An application that trusts for fewer days trusts nobody longer, whenever that began.
async fn devices_are_trusted_for_the_days_of_the_application(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (secret, _) = shop.enroll("ada").await;
    let trusted = async || {
        let id = shop.comes_to("ada", "pending", "factor_due").await.text_at("/id");
        let code = totp::code(&secret, world.fresh_step().await);
        let body = json!({ "code": code, "trust_device": true });
        shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200).json["result"].clone()
    };
    let result = trusted().await;
    let token = result["device_token"].as_str().expect("a device is trusted").to_owned();
    world.advance(3 * 24 * 3600).await;
    shop.set(&json!({ "trust_days": 2 })).await.expect(200);
    let late = shop.challenge_with("ada", json!({ "device_token": token })).await.expect(201);
    assert_eq!(late.json["status"], "pending", "it is trusted for longer than the application wants");
    let result = trusted().await;
    let (until, now) = (result["device_expires_at"].as_str().unwrap(), world.now().await);
    let until = domain::time::Timestamp::parse(until).unwrap();
    assert!(until <= domain::time::Timestamp::from_secs(now + 2 * 24 * 3600 + 1), "{result}");
    let token = result["device_token"].as_str().unwrap().to_owned();
    world.must(&["app", "set", "shop", "--trust-days", "0"]);
    let off = shop.challenge_with("ada", json!({ "device_token": token })).await.expect(201);
    assert_eq!(off.json["status"], "pending");
    assert!(trusted().await.get("device_token").is_none());
    shop.delete("/v1/users/ada/devices").await.expect(204);
    world.must(&["app", "set", "shop", "--trust-days", ""]);
    let revoked = shop.challenge_with("ada", json!({ "device_token": token })).await.expect(201);
    assert_eq!(revoked.json["status"], "pending", "a device that was revoked while trust was off");
    assert_eq!(shop.get("/v1/application").await.expect(200).json["trust_days"], Value::Null);
}

/// an application reads and changes itself only, by a key with that scope, and nothing but its settings.
async fn an_application_is_changed_by_its_own_key_only(database: Database) {
    let world = World::start(database).await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    let narrow = world.key(&["--app", "shop", "--scope", "challenges", "--scope", "users"]);
    narrow.get("/v1/application").await.refused(403, "feature_disabled");
    narrow.set(&json!({ "second_factor": "required" })).await.refused(403, "feature_disabled");
    for (body, field) in [
        (json!({ "second_factor": "never" }), "/second_factor"),
        (json!({ "second_factor": null }), "/second_factor"),
        (json!({ "required_from": "2027-01-01T00:00:00Z" }), "/required_from"),
        (json!({ "second_factor": "optional", "required_from": "2027-01-01T00:00:00Z" }), "/required_from"),
        (json!({ "second_factor": "required", "required_from": "soon" }), "/required_from"),
        (json!({ "methods": [] }), "/methods"),
        (json!({ "methods": ["recovery_code"] }), "/methods"),
        (json!({ "methods": ["totp", "totp"] }), "/methods"),
        (json!({ "trust_days": -1 }), "/trust_days"),
        (json!({ "trust_days": 366 }), "/trust_days"),
        (json!({ "trust_days": 1.5 }), "/trust_days"),
        (json!({ "issuer": "a:b" }), "/issuer"),
        (json!({ "display_name": "" }), "/display_name"),
        (json!({ "id": bank.key }), "/id"),
        (json!({ "name": "bank" }), "/name"),
        (json!({ "return_urls": ["https://evil.example/"] }), "/return_urls"),
    ] {
        let answer = shop.set(&body).await.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], field, "{body}");
    }
    assert_eq!(world.look.count(CHANGES).await, 0);
    let before = bank.get("/v1/application").await.expect(200).json;
    assert_eq!((&before["name"], &before["second_factor"]), (&json!("bank"), &json!("optional")));
    shop.set(&json!({ "second_factor": "required", "methods": ["totp"], "trust_days": 7 })).await.expect(200);
    shop.set(&json!({ "second_factor": "required" })).await.expect(200);
    shop.set(&json!({})).await.expect(200);
    let after = shop.get("/v1/application").await.expect(200).json;
    assert_eq!((&after["methods"], &after["trust_days"]), (&json!(["totp"]), &json!(7)));
    assert_eq!(bank.get("/v1/application").await.expect(200).json, before, "another application was changed");
    assert_eq!(world.look.count(CHANGES).await, 3, "one entry for each that changed");
    for arguments in [
        &["app", "set", "shop"][..],
        &["app", "set", "shop", "--second-factor", "sometimes"],
        &["app", "set", "shop", "--methods", "carrier-pigeon"],
        &["app", "set", "shop", "--methods", "recovery_code"],
        &["app", "set", "shop", "--trust-days", "366"],
        &["app", "set", "default", "--second-factor", "required"],
    ] {
        assert!(!world.cli(arguments, "").status.success(), "{arguments:?}");
    }
    let said = world.must(&["app", "set", "shop", "--second-factor", "2030-01-01", "--methods", "totp,email"]);
    assert!(said.contains("required from 2030-01-01T00:00:00") && said.contains("by totp,email"), "{said}");
}

on_both_databases!(
    a_dry_run_tells_whom_a_change_would_meet,
    a_factor_is_required_from_a_day_on,
    kinds_and_names_are_those_of_the_application,
    devices_are_trusted_for_the_days_of_the_application,
    an_application_is_changed_by_its_own_key_only,
);
