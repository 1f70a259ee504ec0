//! Many authenticators brought at a time: each user by themselves, nobody twice, and nobody's second factor replaced.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;
use crate::v1_party::secret;

const IMPORT: &str = "/v1/import";

/// What the server's own jobs write while a test looks on, and when a key was used.
const OF_JOBS: [&str; 4] = ["jobs", "audit_positions", "audit_checkpoints", "api_keys"];

/// A user with an authenticator of their own.
fn user(name: &str) -> Value {
    json!({ "id": name, "factor": { "method": "totp", "secret": secret("first", name) } })
}

fn with(mut user: Value, pointer: &str, value: Value) -> Value {
    let (above, name) = pointer.rsplit_once('/').unwrap();
    user.pointer_mut(above).unwrap()[name] = value;
    user
}

fn list(users: &[Value]) -> Value {
    json!({ "users": users })
}

/// What became of each, in order.
fn statuses(answer: &Answer) -> Vec<&str> {
    let results = answer.json["results"].as_array().expect("results");
    results.iter().map(|result| result["status"].as_str().unwrap()).collect()
}

impl Shop {
    async fn import(&self, users: &[Value]) -> Answer {
        self.post(IMPORT, list(users)).await
    }

    /// Whether a code of the authenticator that was brought signs a user in.
    async fn signs_in(&self, world: &World, user: &str) -> bool {
        let challenge = self.challenge(user).await.expect(201);
        assert_eq!(challenge.json["status"], "pending", "{}", challenge.text);
        let code = totp::code(&secret("first", user), world.fresh_step().await);
        self.verify(&challenge.text_at("/id"), &code).await.is_success()
    }
}

/// who can be brought is, and is told; who cannot is answered as the call for them alone would answer, and costs
/// nobody else theirs. Sent again, the list changes nothing.
async fn each_is_brought_or_not_by_themselves(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    shop.post("/v1/users/old/factors", user("old")["factor"].clone()).await.expect(201);
    let (old, users) = (secret("other", "old"), "SELECT count(*) FROM users WHERE email <> 'demo@example.com'");
    let contact = json!("ada@example.com");
    let people = [
        with(with(user("ada"), "/email", contact.clone()), "/locale", json!("de")),
        with(user("short"), "/factor/secret", json!("hunter2")),
        with(user("bob"), "/factor/label", json!("Tablet")),
        with(user("none"), "/factor/secret", Value::Null),
        with(user("mail"), "/email", json!("hunter2")),
        with(user("number"), "/phone", json!("12")),
        with(user("sms"), "/factor/method", json!("sms")),
        with(user("more"), "/hunter2", json!(true)),
        json!({ "id": "without" }),
        with(user("x"), "/id", json!("a\nb")),
        json!("hunter2"),
        with(with(user("old"), "/factor/secret", json!(old)), "/email", json!("moved@example.com")),
        with(user("bob"), "/factor/secret", json!(secret("other", "bob"))),
        user("eve"),
    ];
    let answer = shop.import(&people).await.expect(200);
    let results = answer.json["results"].as_array().unwrap();
    let refusals = [
        (1, "short", "invalid_request", "/users/1/factor/secret"),
        (3, "none", "invalid_request", "/users/3/factor/secret"),
        (4, "mail", "email_rejected", ""),
        (5, "number", "phone_rejected", ""),
        (6, "sms", "invalid_request", "/users/6/factor/method"),
        (7, "more", "invalid_request", "/users/7/hunter2"),
        (8, "without", "invalid_request", "/users/8/factor"),
        (9, "", "invalid_request", "/users/9/id"),
        (10, "", "invalid_request", "/users/10"),
    ];
    for (place, id, code, pointer) in refusals {
        let result = &results[place];
        assert_eq!(result["id"], if id.is_empty() { Value::Null } else { json!(id) }, "{result}");
        assert_eq!((&result["status"], &result["problem"]["code"]), (&json!("refused"), &json!(code)), "{result}");
        assert_eq!(result["problem"]["errors"][0]["pointer"].as_str().unwrap_or_default(), pointer, "{result}");
        assert_eq!(result["problem"]["request_id"].as_str(), answer.header("x-request-id"));
        assert_eq!(result["problem"]["reason"].is_string(), pointer.is_empty(), "{result}");
    }
    for (place, id, status) in [
        (0, "ada", "imported"),
        (2, "bob", "imported"),
        (11, "old", "already_enabled"),
        (12, "bob", "already_enabled"),
        (13, "eve", "imported"),
    ] {
        let result = &results[place];
        assert_eq!((&result["id"], &result["status"]), (&json!(id), &json!(status)), "{result}");
        assert_eq!((result["factor_id"].is_string(), result.get("problem")), (status == "imported", None), "{result}");
    }
    assert_eq!(results.len(), people.len());
    assert_eq!(world.look.count(users).await, 4, "somebody came who was refused");

    let told = world.message("ada@example.com", "two_factor_enabled").await;
    assert_eq!(told["locale"], "de");
    let ada = shop.get("/v1/users/ada").await.expect(200);
    assert_eq!((&ada.json["email"], &ada.json["recovery_codes_remaining"]), (&contact, &json!(0)), "{}", ada.text);
    let bob = shop.get("/v1/users/bob").await.expect(200);
    assert_eq!(
        (&bob.json["factors"][0]["id"], &bob.json["factors"][0]["label"]),
        (&results[2]["factor_id"], &json!("Tablet"))
    );
    assert!(shop.get("/v1/users/old").await.expect(200).json["email"].is_null(), "the address was moved");
    for action in ["user_created", "factor_added", "two_factor_enabled"] {
        let entries = format!(
            "SELECT count(*) FROM two_factor_audit_log WHERE action = '{action}' AND actor_id LIKE 'api_key:%'"
        );
        assert_eq!(world.look.count(&entries).await, 4, "{action}");
    }

    let before = world.look.dump_without(&OF_JOBS).await;
    let again = shop.import(&people).await.expect(200);
    for (first, second) in statuses(&answer).iter().zip(statuses(&again)) {
        assert_eq!(second, if *first == "imported" { "already_enabled" } else { first }, "{}", again.text);
    }
    assert_eq!(world.look.dump_without(&OF_JOBS).await, before, "a list that was sent again changed something");
    for name in ["ada", "bob", "eve", "old"] {
        for secret in [secret("first", name), secret("other", name), "hunter2".to_owned()] {
            let told = answer.text.replace("/users/7/hunter2", "");
            assert!(!before.contains(&secret) && !told.contains(&secret), "{secret}");
        }
        assert!(shop.signs_in(&world, name).await, "{name}");
    }
    let codes = shop.post("/v1/users/ada/recovery-codes", json!({})).await.expect(200);
    assert_eq!(codes.json["recovery_codes"].as_array().unwrap().len(), 10);
    assert!(world.cli(&["audit", "verify"], "").status.success());
}

/// of whoever has a user of the same name in another application, or in the other world, nothing is touched.
async fn a_list_is_of_one_application_and_one_world(database: Database) {
    let world = World::start(database).await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    let test = world.key(&["--app", "shop", "--test"]);
    shop.import(&[user("ada")]).await.expect(200);
    let own = shop.get("/v1/users/ada").await.expect(200).text;
    for other in [&bank, &test] {
        other.get("/v1/users/ada").await.refused(404, "not_found");
        let people = [with(user("ada"), "/factor/secret", json!(secret("other", "ada")))];
        assert_eq!(statuses(&other.import(&people).await.expect(200)), ["imported"]);
        assert_eq!(shop.get("/v1/users/ada").await.expect(200).text, own);
    }
    assert!(shop.signs_in(&world, "ada").await);
    let limited = ["challenges", "application"].map(|scope| world.key(&["--app", "shop", "--scope", scope]));
    let before = world.look.dump_without(&OF_JOBS).await;
    for limited in limited {
        limited.import(&[user("bob")]).await.refused(403, "feature_disabled");
        limited.import(&[json!({})]).await.refused(403, "feature_disabled");
    }
    let hundred: Vec<Value> = (0..101).map(|number| user(&format!("user-{number}"))).collect();
    for body in [json!({}), list(&[]), list(&hundred), json!({ "users": { "id": "ada" } }), json!({ "users": null })] {
        let refused = shop.post(IMPORT, body).await.refused(400, "invalid_request");
        assert_eq!(refused.text_at("/errors/0/pointer"), "/users", "{}", refused.text);
    }
    assert_eq!(world.look.dump_without(&OF_JOBS).await, before);
    let answer = shop.import(&hundred[..100]).await.expect(200);
    assert_eq!(statuses(&answer), ["imported"; 100]);
}

/// A call with an idempotency key is answered once, also where many come at the same time or the first one broke off.
async fn a_list_is_brought_once_and_goes_on_where_it_broke_off(database: Database) {
    let on_postgresql = database.is_postgres();
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let people = [user("ada"), with(user("bad"), "/factor/secret", json!("7")), user("bob"), user("ada")];
    let outcome = ["imported", "refused", "imported", "already_enabled"];
    let browser = world.browser();
    let call = |once: &str, people: &[Value]| {
        browser.submit(IMPORT).bearer(&shop.key).header("idempotency-key", once).json(&list(people))
    };
    let mut texts = Vec::new();
    for answer in world.burst((0..8).map(|_| call("list", &people)).collect()).await {
        assert_eq!(statuses(&answer.clone().expect(200)), outcome, "{}", answer.text);
        // Whose request it was is the answer's own.
        let id = answer.header("x-request-id").unwrap().to_owned();
        texts.push(answer.text.replace(&id, "<request>"));
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    let factors =
        "SELECT count(*) FROM factors WHERE user_id IN (SELECT id FROM users WHERE email <> 'demo@example.com')";
    assert_eq!(world.look.count(factors).await, 2);
    world.advance(23 * 3600).await;
    let again = call("list", &people).send().await.expect(200);
    assert_eq!((statuses(&again), again.header("idempotency-replayed")), (outcome.to_vec(), Some("true")));
    call("list", &[user("eve")]).send().await.refused(422, "idempotency_key_reused");
    shop.post_once("list", "/v1/users/eve/factors", &user("eve")["factor"])
        .await
        .refused(422, "idempotency_key_reused");
    shop.get("/v1/users/eve").await.refused(404, "not_found");

    // Many lists at once, each a call of its own: each user is brought by one of them.
    let lists = (0..8).map(|number| call(&format!("own-{number}"), &[user("cem"), user("dee")])).collect();
    let answers = world.burst(lists).await;
    for place in 0..2 {
        let brought = answers.iter().filter(|answer| statuses(answer)[place] == "imported");
        assert_eq!(brought.count(), 1, "{place}");
    }
    assert_eq!(world.look.count(factors).await, 4);

    let rest = [user("fay"), with(user("gus"), "/factor/label", json!("broken")), user("hal")];
    let [broken, mended] = if on_postgresql {
        [
            "ALTER TABLE factors ADD CONSTRAINT broken CHECK (label <> 'broken')",
            "ALTER TABLE factors DROP CONSTRAINT broken",
        ]
    } else {
        [
            "CREATE TRIGGER broken BEFORE INSERT ON factors WHEN NEW.label = 'broken' \
             BEGIN SELECT RAISE(ABORT, 'broken'); END",
            "DROP TRIGGER broken",
        ]
    };
    world.look.execute(broken).await;
    let answer = call("rest", &rest).send().await;
    assert!(answer.status >= 500, "{}", answer.text);
    let fay = shop.get("/v1/users/fay").await.expect(200);
    for name in ["gus", "hal"] {
        shop.get(&format!("/v1/users/{name}")).await.refused(404, "not_found");
    }
    world.look.execute(mended).await;
    let answer = call("rest", &rest).send().await.expect(200);
    assert_eq!(statuses(&answer), ["imported"; 3], "{}", answer.text);
    assert_eq!(answer.json["results"][0]["factor_id"], fay.json["factors"][0]["id"]);
    assert_eq!(answer.header("idempotency-replayed"), None);
    let again = call("rest", &rest).send().await.expect(200);
    assert_eq!((&again.text, again.header("idempotency-replayed")), (&answer.text, Some("true")));
    assert_eq!(world.look.count(factors).await, 7);
    for name in ["ada", "cem", "gus"] {
        assert!(shop.signs_in(&world, name).await, "{name}");
    }
}

on_both_databases!(
    each_is_brought_or_not_by_themselves,
    a_list_is_of_one_application_and_one_world,
    a_list_is_brought_once_and_goes_on_where_it_broke_off,
);
