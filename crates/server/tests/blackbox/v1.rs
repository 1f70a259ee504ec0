//! The second-factor API for applications with their own login: an application, its key, a challenge and its answer, by
//! nothing but the command line and `/v1`.

use serde_json::{Value, json};
use store::testing::CountingProxy;

use crate::client::{Answer, Browser, Call};
use crate::database::Database;
use crate::harness::World;
use crate::people::strings;
use crate::totp;
use crate::v1_hosted::BACK;

/// An application with a key.
pub(crate) struct Shop {
    browser: Browser,
    pub(crate) key: String,
}

impl World {
    /// Adds an application from the command line and gives it a key.
    pub(crate) fn shop(&self, name: &str) -> Shop {
        self.must(&["app", "add", name]);
        self.key(&["--app", name])
    }

    /// One more key.
    pub(crate) fn key(&self, arguments: &[&str]) -> Shop {
        let key = self.must(&[&["key", "add"], arguments].concat());
        Shop { browser: self.browser(), key: key.trim().to_owned() }
    }

    /// Runs a command that must succeed.
    pub(crate) fn must(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments, "");
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}{wrong}");
        said.into_owned()
    }
}

impl Shop {
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.browser.post_as(&self.key, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.browser.get_as(&self.key, path).await
    }

    /// POST with an idempotency key.
    pub(crate) async fn post_once(&self, once: &str, path: &str, body: &Value) -> Answer {
        self.browser.submit(path).bearer(&self.key).header("idempotency-key", once).json(body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(reqwest::Method::DELETE, path).send().await
    }

    pub(crate) fn call(&self, method: reqwest::Method, path: &str) -> Call {
        self.browser.call(method, path).bearer(&self.key)
    }

    /// The same calls with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { browser: self.browser.clone(), key: key.to_owned() }
    }

    /// Asks for a challenge of a sign-in.
    pub(crate) async fn challenge(&self, user: &str) -> Answer {
        self.challenge_with(user, json!({})).await
    }

    /// The same, with more or other fields.
    pub(crate) async fn challenge_with(&self, user: &str, more: Value) -> Answer {
        let mut body = request(user);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/v1/challenges", body).await
    }

    /// Brings a user's authenticator, and gives its secret and the recovery codes.
    pub(crate) async fn enroll(&self, user: &str) -> (String, Vec<String>) {
        let secret = data_encoding::BASE32_NOPAD.encode(format!("{user:0>20}").as_bytes());
        let body = json!({ "method": "totp", "secret": secret });
        let answer = self.post(&format!("/v1/users/{user}/factors"), body).await.expect(201);
        (secret, strings(&answer.json["recovery_codes"]))
    }

    pub(crate) async fn verify(&self, challenge: &str, code: &str) -> Answer {
        self.post(&format!("/v1/challenges/{challenge}/verify"), json!({ "code": code })).await
    }
}

/// What asks for a challenge of a sign-in.
pub(crate) fn request(user: &str) -> Value {
    json!({ "user": { "id": user }, "ip": "203.0.113.7", "user_agent": "Firefox/140.0", "reason": "login" })
}

/// nothing is told before the factor was proved, and a code is good once.
async fn two_calls_add_a_second_factor(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let free = shop.challenge("ada").await.expect(201);
    assert_eq!((&free.json["status"], &free.json["why"]), (&json!("not_required"), &json!("no_factor")));
    assert_eq!(free.json["result"]["user_id"], "ada");
    assert_eq!(free.json["result"]["acr"], "1");

    let (secret, recovery_codes) = shop.enroll("ada").await;
    assert_eq!(recovery_codes.len(), 10);
    let challenge = shop.challenge("ada").await.expect(201);
    assert_eq!((&challenge.json["status"], &challenge.json["preferred"]), (&json!("pending"), &json!("totp")));
    assert!(challenge.json.get("result").is_none(), "{}", challenge.text);
    let id = challenge.text_at("/id");
    let answer = shop.verify(&id, &totp::wrong_code(&secret, world.now().await)).await.refused(422, "code_incorrect");
    assert_eq!(answer.json["attempts_left"], 4);
    let code = totp::code(&secret, world.fresh_step().await);
    let answer = shop.verify(&id, &code).await.expect(200);
    assert_eq!((&answer.json["id"], &answer.json["status"]), (&json!(id), &json!("approved")));
    let result = &answer.json["result"];
    assert_eq!((&result["user_id"], &result["method"], &result["acr"]), (&json!("ada"), &json!("totp"), &json!("2")));
    assert_eq!((&result["amr"], &result["recovery_codes_remaining"]), (&json!(["pwd", "otp", "mfa"]), &json!(10)));
    answer.holds_no_session();

    shop.verify(&id, &code).await.refused(409, "already_completed");
    let again = shop.challenge("ada").await.expect(201).text_at("/id");
    let answer = shop.verify(&again, &code).await.refused(422, "code_incorrect");
    assert_eq!(answer.json["hint"], "already_used");
    let answer = shop.verify(&again, &recovery_codes[0]).await.expect(200);
    assert_eq!(
        (&answer.json["result"]["method"], &answer.json["result"]["recovery_codes_remaining"]),
        (&json!("recovery_code"), &json!(9))
    );
    assert_eq!(shop.get(&format!("/v1/challenges/{again}")).await.expect(200).json["status"], "approved");
}

/// What the two calls of a sign-in cost on PostgreSQL: four round trips together, counted between the server and its database
/// once the statements are prepared. The least of some, for a job of the server's may fall in between and only adds to them.
async fn the_two_calls_are_four_round_trips(database: Database) {
    let mut world = World::on(database).build().await;
    let proxy = CountingProxy::in_front_of(&world.database_url).await;
    let mut through = url::Url::parse(&world.database_url).unwrap();
    through.set_host(Some("127.0.0.1")).unwrap();
    through.set_port(Some(proxy.port())).unwrap();
    world.database_url = through.to_string();
    world.arguments.push("--without-worker".to_owned());
    world.add_node().await;
    let shop = world.shop("shop");
    let (mut counted, mut people) = (Vec::new(), Vec::new());
    for turn in 0..16 {
        let user = format!("user-{turn}");
        people.push((shop.enroll(&user).await.0, user));
    }
    for (turn, (secret, user)) in people.into_iter().enumerate() {
        let code = totp::code(&secret, world.now().await);
        let before = proxy.round_trips();
        let asked = shop.post_once(&format!("ask-{turn}"), "/v1/challenges", &request(&user)).await.expect(201);
        let path = format!("/v1/challenges/{}/verify", asked.text_at("/id"));
        shop.post_once(&format!("answer-{turn}"), &path, &json!({ "code": code })).await.expect(200);
        counted.push(proxy.round_trips() - before);
    }
    assert_eq!(counted.iter().min(), Some(&4), "{counted:?}");
}

/// whatever an application asks for and however, whoever has a factor gives it: no reason, age, unknown device, kind that
/// is switched off, event or set-up that waits leads to a result without it.
async fn no_way_to_a_result_spares_the_factor(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let (secret, _) = shop.enroll("ada").await;
    let asked = async |more: Value| {
        let challenge = shop.challenge_with("ada", more.clone()).await.expect(201);
        assert_ne!(challenge.json["status"], "not_required", "{more}: {}", challenge.text);
        let id = challenge.text_at("/id");
        let read = shop.get(&format!("/v1/challenges/{id}")).await.expect(200);
        for answer in [&challenge, &read] {
            assert!(
                answer.json.get("result").is_none() && answer.json.get("device_token").is_none(),
                "{}",
                answer.text
            );
        }
        shop.post("/v1/challenges/redeem", json!({ "token": id })).await.refused(404, "not_found");
        (challenge.text_at("/status"), id)
    };
    for more in [
        json!({}),
        json!({ "reason": "step_up" }),
        json!({ "reason": "step_up", "max_age": 31_536_000, "text": "Pay 500 €" }),
        json!({ "reason": "enroll" }),
        json!({ "max_age": 31_536_000 }),
        json!({ "device_token": "tl_device_of-nobody" }),
        json!({ "return_url": BACK }),
        json!({ "user": { "id": "ada", "email": "ada@example.com", "name": "Ada" } }),
    ] {
        assert_eq!(asked(more.clone()).await.0, "pending", "{more}");
    }
    let set = async |rules: Value| {
        shop.call(reqwest::Method::PATCH, "/v1/application").json(&rules).send().await.expect(200);
    };
    set(json!({ "methods": ["email"] })).await;
    shop.challenge("ada").await.refused(403, "feature_disabled");
    set(json!({ "methods": null, "second_factor": "optional" })).await;
    for kind in ["password_changed", "account_recovered"] {
        shop.post("/v1/users/ada/events", json!({ "type": kind })).await.expect(204);
        assert_eq!(asked(json!({})).await.0, "pending", "{kind}");
    }
    shop.post("/v1/users/ada/factors", json!({ "method": "totp" })).await.expect(201);
    let (status, id) = asked(json!({})).await;
    assert_eq!(status, "pending");
    let result = shop.verify(&id, &totp::code(&secret, world.now().await)).await.expect(200);
    assert_eq!(result.json["result"]["acr"], "2", "{}", result.text);
}

on_both_databases!(two_calls_add_a_second_factor, no_way_to_a_result_spares_the_factor);
on_postgresql!(the_two_calls_are_four_round_trips);
