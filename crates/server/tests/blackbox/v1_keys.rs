//! Keys of applications, and what they keep apart: applications, live and test worlds, scopes.

use serde_json::{Value, json};

use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, login};
use crate::totp;
use crate::v1::request;

/// nothing but a live key of an application is a key, and it opens nothing else.
async fn nothing_but_a_live_key_opens_the_api(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let person = world.add_person(None);
    let session = Session::of(&login(&world.browser(), &person).await.expect(200));
    let browser = world.browser();
    let unknown = format!("tl_live_{}", "A".repeat(43));
    let (cut, longer) = (&shop.key[..shop.key.len() - 1], format!("{}A", shop.key));
    let other_world = shop.key.replace("tl_live_", "tl_test_");
    let lower = shop.key.to_lowercase();
    for key in [&unknown, cut, &longer, &other_world, &lower, &session.access, "", "tl_live_", "null"] {
        let answer = browser.post_as(key, "/v1/challenges", request("ada")).await.refused(401, "api_key_invalid");
        assert!(answer.header("www-authenticate").is_some());
    }
    browser.post("/v1/challenges", request("ada")).await.refused(401, "api_key_invalid");
    let twice = browser.submit("/v1/challenges").bearer(&shop.key).bearer(&shop.key);
    twice.json(&request("ada")).send().await.refused(401, "api_key_invalid");
    browser.get_as(&shop.key, "/auth/2fa/status/").await.refused(401, "token_invalid");

    assert!(shop.key.starts_with("tl_live_") && shop.key.len() == 51, "the form of a key");
    shop.challenge("ada").await.expect(201);
    let dump = world.look.dump_without(&[]).await;
    assert!(!dump.contains(&shop.key) && !dump.contains(&shop.key[8..]), "the key is in the database");
    assert!(!world.logs().contains(&shop.key[8..]), "the key is in the log");
}

async fn a_revoked_key_is_good_no_more_and_another_goes_on(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let second = world.key(&["--app", "shop"]);
    assert!(world.must(&["key", "list", "--app", "shop"]).matches("last used never").count() == 2);
    shop.challenge("ada").await.expect(201);
    let listed = world.must(&["key", "list", "--app", "shop"]);
    assert!(listed.matches("last used never").count() == 1, "{listed}");
    assert!(!listed.contains("tl_live_"), "{listed}");
    let used = listed.lines().find(|line| !line.contains("never")).expect("the used one");
    let id = used.split_whitespace().next().unwrap();
    world.must(&["app", "add", "other"]);
    assert!(!world.cli(&["key", "revoke", "--app", "other", id], "").status.success(), "it is not theirs");
    shop.challenge("ada").await.expect(201);
    world.must(&["key", "revoke", "--app", "shop", id]);
    shop.challenge("ada").await.refused(401, "api_key_invalid");
    second.challenge("ada").await.expect(201);
    let actions = world
        .look
        .rows("SELECT action FROM two_factor_audit_log WHERE action LIKE 'a%_added' OR action LIKE 'api%'")
        .await;
    assert_eq!(actions.len(), 7, "{actions:?}");
    for arguments in [
        &["app", "add", "shop"][..],
        &["app", "add", "no spaces"],
        &["key", "add", "--app", "nobody"],
        &["key", "add", "--app", "default"],
    ] {
        assert!(!world.cli(arguments, "").status.success(), "{arguments:?}");
    }
}

async fn a_key_does_what_its_scopes_say(database: Database) {
    let world = World::start(database).await;
    world.must(&["app", "add", "shop"]);
    let asks = world.key(&["--app", "shop", "--scope", "challenges"]);
    let manages = world.key(&["--app", "shop", "--scope", "users"]);
    asks.challenge("ada").await.expect(201);
    let factor = json!({ "method": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    asks.post("/v1/users/ada/factors", factor.clone()).await.refused(403, "feature_disabled");
    manages.challenge("ada").await.refused(403, "feature_disabled");
    manages.post("/v1/users/ada/factors", factor).await.expect(201);
}

/// what asks for challenges tells an address at the first mention; to move it takes `users`, and the old one is
/// told.
async fn an_address_is_moved_by_a_key_for_users_only_and_told_where_it_was(database: Database) {
    let world = World::start(database).await;
    world.must(&["app", "add", "shop"]);
    let asks = world.key(&["--app", "shop", "--scope", "challenges"]);
    let manages = world.key(&["--app", "shop", "--scope", "challenges", "--scope", "users"]);
    let known = |email: &str| json!({ "user": { "id": "ada", "email": email } });
    asks.challenge_with("ada", known("ada@example.com")).await.expect(201);
    asks.challenge_with("ada", known("ada@example.com")).await.expect(201);
    let refused = asks.challenge_with("ada", known("thief@example.org")).await.refused(403, "feature_disabled");
    assert!(refused.text.contains("scope users"), "{}", refused.text);
    assert_eq!(manages.get("/v1/users/ada").await.expect(200).json["email"], "ada@example.com");
    manages.challenge_with("ada", known("ada@example.org")).await.expect(201);
    assert_eq!(manages.get("/v1/users/ada").await.expect(200).json["email"], "ada@example.org");
    world.message("ada@example.com", "email_changed").await;
}

/// what one application asks for is nothing to another, and neither are its users, codes and devices.
async fn applications_and_worlds_see_nothing_of_each_other(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (bank, test) = (world.shop("bank"), world.key(&["--app", "shop", "--test"]));
    assert!(test.key.starts_with("tl_test_"));
    let (secret, codes) = shop.enroll("ada").await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let code = totp::code(&secret, world.fresh_step().await);
    for stranger in [&bank, &test] {
        assert_eq!(stranger.challenge("ada").await.expect(201).json["status"], "not_required", "they share a user");
        stranger.get(&format!("/v1/challenges/{id}")).await.refused(404, "not_found");
        stranger.verify(&id, &code).await.refused(404, "not_found");
        stranger.verify(&id, &codes[0]).await.refused(404, "not_found");
        stranger.verify(&id, "000000").await.refused(404, "not_found");
        let send = json!({ "method": "sms" });
        stranger.post(&format!("/v1/challenges/{id}/send"), send).await.refused(404, "not_found");
        stranger.delete(&format!("/v1/challenges/{id}")).await.refused(404, "not_found");
    }
    let state = shop.get(&format!("/v1/challenges/{id}")).await.expect(200);
    assert_eq!((&state.json["status"], &state.json["attempts_left"]), (&json!("pending"), &json!(5)));

    let trust = json!({ "code": code, "trust_device": true });
    let approved = shop.post(&format!("/v1/challenges/{id}/verify"), trust).await.expect(200);
    let token = approved.text_at("/result/device_token");
    bank.enroll("ada").await;
    let foreign = bank.challenge_with("ada", json!({ "device_token": token })).await.expect(201);
    assert_eq!(foreign.json["status"], "pending", "a device of another application");
    shop.enroll("bob").await;
    let foreign = shop.challenge_with("bob", json!({ "device_token": token })).await.expect(201);
    assert_eq!(foreign.json["status"], "pending", "a device of another user");
    let own = shop.challenge_with("ada", json!({ "device_token": token })).await.expect(201);
    assert_eq!(own.json["status"], "not_required", "{}", own.text);
}

/// bodies are strict, and what is no id is the id of nothing. Nothing of it is charged.
async fn bodies_are_strict_and_ids_are_ids(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    shop.enroll("ada").await;
    let without = |name: &str| {
        let mut body = request("ada");
        body.as_object_mut().unwrap().remove(name);
        body
    };
    let with = |name: &str, value: Value| {
        let mut body = request("ada");
        body[name] = value;
        body
    };
    for (body, pointer) in [
        (without("user"), "/user"),
        (without("ip"), "/ip"),
        (without("user_agent"), "/user_agent"),
        (without("reason"), "/reason"),
        (with("user", json!("ada")), "/user"),
        (with("user", json!({})), "/user/id"),
        (with("user", json!({ "id": "ada", "is_admin": true })), "/user/is_admin"),
        (with("user", json!({ "id": "" })), "/user/id"),
        (with("user", json!({ "id": "a\u{0}b" })), "/user/id"),
        (with("user", json!({ "id": "x".repeat(129) })), "/user/id"),
        (with("user", json!({ "id": ["ada"] })), "/user/id"),
        (with("ip", json!("nowhere")), "/ip"),
        (with("reason", json!("skip")), "/reason"),
        (with("max_age", json!(-1)), "/max_age"),
        (with("status", json!("not_required")), "/status"),
        (with("user_id", json!("bob")), "/user_id"),
    ] {
        let answer = shop.post("/v1/challenges", body).await.refused(400, "invalid_request");
        assert_eq!(answer.json["errors"][0]["pointer"], pointer, "{}", answer.text);
    }
    let email = with("user", json!({ "id": "ada", "email": "no address" }));
    shop.post("/v1/challenges", email).await.refused(422, "email_rejected");
    let phone = with("user", json!({ "id": "ada", "phone": "12" }));
    shop.post("/v1/challenges", phone).await.refused(422, "phone_rejected");

    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let path = format!("/v1/challenges/{id}/verify");
    for body in [
        json!({}),
        json!({ "code": "" }),
        json!({ "code": null }),
        json!({ "code": ["000000", "000001"] }),
        json!({ "code": "000000", "user_id": "ada" }),
    ] {
        shop.post(&path, body).await.refused(400, "invalid_request");
    }
    for id in ["1", "x", "00000000-0000-0000-0000-000000000000", "%2A"] {
        shop.get(&format!("/v1/challenges/{id}")).await.refused(404, "not_found");
        shop.verify(id, "000000").await.refused(404, "not_found");
    }
    assert_eq!(shop.get(&format!("/v1/challenges/{id}")).await.expect(200).json["attempts_left"], 5);
    shop.delete(&format!("/v1/challenges/{id}")).await.expect(204);
    assert_eq!(shop.get(&format!("/v1/challenges/{id}")).await.expect(200).json["status"], "canceled");
    shop.verify(&id, "000000").await.refused(410, "challenge_expired");
}

/// a challenge of an application is none of the login API, and the other way round.
async fn each_door_has_challenges_of_its_own(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    shop.enroll("ada").await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let body = json!({ "partial_token": id, "code": "000000" });
    browser.post("/auth/2fa/verify/", body).await.refused(401, "partial_token_invalid");
    crate::people::partial_token(&browser, &person).await;
    let id_of = if world.database.is_postgres() { "id::text" } else { "lower(hex(id))" };
    let login =
        format!("SELECT {id_of} FROM challenges WHERE id NOT IN (SELECT challenge_id FROM application_challenges)");
    let ours = world.look.value(&login).await.expect("the challenge of the sign-in");
    shop.get(&format!("/v1/challenges/{ours}")).await.refused(404, "not_found");
    shop.verify(&ours, "000000").await.refused(404, "not_found");
}

/// One key's calls are counted by the minute and told with every answer; another key's are not touched.
async fn a_key_has_so_many_calls_in_a_minute(database: Database) {
    let world = World::on(database).with("TWINLOCK_API_RATE_LIMIT", "5").start().await;
    let shop = world.shop("shop");
    let other = world.key(&["--app", "shop"]);
    for left in (1..5).rev() {
        let answer = shop.challenge("ada").await.expect(201);
        let told = answer.header("ratelimit").unwrap();
        assert!(told.starts_with(&format!("\"key\";r={left};t=")), "{told}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"key\";q=5;w=60"));
    }
    let refused = shop.get("/v1/users/nobody").await.refused(404, "not_found");
    assert!(refused.header("ratelimit").unwrap().starts_with("\"key\";r=0;t="), "a refusal does not tell");
    let spent = shop.challenge("ada").await.refused(429, "too_many_attempts");
    let wait = spent.number_at("/retry_after");
    assert!((1..=60).contains(&wait) && spent.header("retry-after") == Some(&wait.to_string()), "{}", spent.text);
    assert!(spent.header("ratelimit").unwrap().starts_with("\"key\";r=0;t="));
    other.challenge("ada").await.expect(201);
    let nobody = world.browser().post("/v1/challenges", request("ada")).await.refused(401, "api_key_invalid");
    assert!(nobody.header("ratelimit").is_none());
}

on_both_databases!(
    nothing_but_a_live_key_opens_the_api,
    a_revoked_key_is_good_no_more_and_another_goes_on,
    a_key_does_what_its_scopes_say,
    an_address_is_moved_by_a_key_for_users_only_and_told_where_it_was,
    applications_and_worlds_see_nothing_of_each_other,
    bodies_are_strict_and_ids_are_ids,
    each_door_has_challenges_of_its_own,
    a_key_has_so_many_calls_in_a_minute,
);
