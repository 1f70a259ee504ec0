//! Every refusal that the OpenAPI document lists for a call of `/v1`, given by that call. What many calls refuse is tried with
//! each of them; what is a call's own is tried here by name. A refusal that is listed and given by no call, or given and not
//! listed, fails.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::http::{raw, status_of};
use crate::people::strings;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::{back, opened};
use crate::v1_operations::{Names, Operation};
use crate::v1_party::{Party, nobodys, without_once};

/// What was refused so far, call by call.
struct Refused {
    operations: Vec<Operation>,
    given: BTreeSet<(String, String)>,
}

impl Refused {
    /// Takes an answer down, which must be a refusal that the document lists for this call, with this status.
    #[track_caller]
    fn take(&mut self, title: &str, answer: &Answer) {
        let answer = answer.clone().expect_problem();
        self.note(title, answer.status, answer.code());
    }

    /// As [`Refused::take`], of a refusal with this code.
    #[track_caller]
    fn take_code(&mut self, title: &str, answer: &Answer, code: &str) {
        assert_eq!(answer.code(), code, "{title}: {} {}", answer.status, answer.text);
        self.take(title, answer);
    }

    #[track_caller]
    fn note(&mut self, title: &str, status: u16, code: &str) {
        let operation = self.operations.iter().find(|it| it.title() == title).expect("a call of the document");
        let listed = operation.refusals.get(code);
        assert_eq!(listed, Some(&status), "{title} gave {status} {code}, which is not listed for it");
        self.given.insert((title.to_owned(), code.to_owned()));
    }

    /// What is listed and was not given. A mistake of ours is in no test's power.
    fn missing(&self) -> Vec<(String, String)> {
        let listed = self.operations.iter().flat_map(|it| it.refusals.keys().map(|code| (it.title(), code.clone())));
        listed.filter(|it| it.1 != "internal_error" && !self.given.contains(it)).collect()
    }
}

/// What HTTP itself, keys and idempotency keys have any call refuse.
async fn by_every_call(world: &World, refused: &mut Refused) {
    let mut party = Party::new("shop", world.shop_with_pages());
    let scopes = ["challenges", "users", "application"];
    let limited = scopes.map(|scope| world.key(&["--app", "shop", "--scope", scope]));
    for operation in &refused.operations {
        party.settle(world, operation).await;
    }
    let (nobody, foreign) =
        (format!("tl_live_{}", "A".repeat(43)), Browser::new(&world.nodes[0].url(), "evil.example"));
    let (shop, mut slow) = (&party.shop, Vec::new());
    for (turn, own) in party.own.iter().enumerate() {
        let operation = &refused.operations[turn];
        let (title, method, once) = (operation.title(), operation.method.clone(), operation.names().contains("once"));
        let none = without_once(&nobodys(own, turn));
        let call = async || operation.call(world, shop, &without_once(own)).await;
        let mut answers = vec![
            (operation.ask(world, &shop.with_key(&nobody), own).await, "api_key_invalid"),
            (shop.call(Method::PUT, &operation.path).json(&json!({})).send().await, "method_not_allowed"),
            (foreign.call(method.clone(), &operation.path).bearer(&shop.key).send().await, "misdirected_request"),
            (
                (0..70).fold(call().await, |call, nth| call.header(&format!("x-{nth}"), "1")).send().await,
                "headers_too_large",
            ),
            // A path that can be read in two ways is none.
            (shop.call(method.clone(), &format!("{}//", operation.path)).send().await, "not_found"),
        ];
        let forbidden = limited.each_ref().map(|limited| operation.ask(world, limited, &none));
        let forbidden = join_all(forbidden).await.into_iter().find(|answer| answer.status == 403);
        answers.push((forbidden.expect("a key without the scope"), "feature_disabled"));
        if operation.path.contains('{') && !title.starts_with("POST /v1/users/{id}/factors") {
            answers.push((operation.ask(world, shop, &none).await, "not_found"));
        }
        if operation.takes_query() {
            let path = operation.path.replace("{id}", &own["user"]);
            answers.push((shop.get(&format!("{path}?nonsense=1")).await, "invalid_request"));
        }
        if once {
            let path = operation.filled(own);
            let with = |kind, body: String| shop.call(method.clone(), &path).raw(kind, body).send();
            answers.push((call().await.header("idempotency-key", "no key").send().await, "invalid_request"));
            answers.push((with("application/json", r#"{"nonsense":1}"#.into()).await, "invalid_request"));
            answers.push((with("application/json", "x".repeat(70_000)).await, "body_too_large"));
            answers.push((with("text/plain", "{}".into()).await, "unsupported_media_type"));
            answers.push((operation.ask(world, shop, own).await, "idempotency_key_reused"));
            let head =
                format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}", world.host(), shop.key);
            let head = format!("{head}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{");
            slow.push(async move { (title, raw(world, head.as_bytes(), Duration::from_secs(30)).await) });
        }
        let title = operation.title();
        for (answer, code) in &answers {
            refused.take_code(&title, answer, code);
        }
    }
    for (title, answer) in join_all(slow).await {
        assert!(answer.contains("\"request_timeout\""), "{title}: {answer}");
        refused.note(&title, status_of(&answer), "request_timeout");
    }

    // An answer with a secret in it is kept for ten minutes; then the sweep takes it away, and its key stays known.
    world.advance(601).await;
    world.look.execute("UPDATE kept_answers SET answer = NULL").await;
    for (turn, own) in party.own.iter().enumerate() {
        let operation = &refused.operations[turn];
        if operation.names().contains("once") {
            let (title, answer) = (operation.title(), operation.ask(world, &party.shop, own).await);
            refused.take_code(&title, &answer, "replay_expired");
        }
    }
    // A key that was never seen is asked for.
    let fresh = world.key(&["--app", "shop"]);
    world.look.execute("ALTER TABLE api_keys RENAME TO away").await;
    for (turn, own) in party.own.iter().enumerate() {
        let (title, answer) = {
            let operation = &refused.operations[turn];
            (operation.title(), operation.ask(world, &fresh, own).await)
        };
        refused.take_code(&title, &answer, "unavailable");
    }
    world.look.execute("ALTER TABLE away RENAME TO api_keys").await;
}

/// A key has so many calls in a minute.
async fn by_a_key_that_called_too_often(world: &World, refused: &mut Refused) {
    let spent = world.key(&["--app", "shop"]);
    while spent.get("/v1/webhooks").await.status == 200 {}
    for turn in 0..refused.operations.len() {
        let operation = &refused.operations[turn];
        let names: Names = operation.names().into_iter().map(|kind| (kind, "nobodys".to_owned())).collect();
        let call = spent.call(operation.method.clone(), &operation.filled(&names)).send().await;
        refused.take_code(&operation.title(), &call, "too_many_attempts");
    }
}

const CHALLENGES: &str = "POST /v1/challenges";
const FACTORS: &str = "POST /v1/users/{id}/factors";
const ACTIVATE: &str = "POST /v1/users/{id}/factors/{fid}/activate";
const SEND: &str = "POST /v1/challenges/{id}/send";
const VERIFY: &str = "POST /v1/challenges/{id}/verify";
const REDEEM: &str = "POST /v1/challenges/redeem";

/// Of challenges that are over, or that there is nothing to answer with.
async fn of_challenges(world: &World, shop: &Shop, refused: &mut Refused) {
    for (contact, code) in [("email", "email_rejected"), ("phone", "phone_rejected")] {
        let mut user = json!({ "id": "ada" });
        user[contact] = json!("12");
        refused.take_code(CHALLENGES, &shop.challenge_with("", json!({ "user": user })).await, code);
    }
    let (secret, codes) = shop.enroll("ada").await;
    let asked = async || shop.challenge("ada").await.expect(201).text_at("/id");
    let verify = async |id: &str, code: &str| shop.verify(id, code).await;
    let send = async |id: &str| shop.post(&format!("/v1/challenges/{id}/send"), json!({ "method": "email" })).await;
    let id = asked().await;
    let wrong = totp::wrong_code(&secret, world.now().await);
    refused.take_code(VERIFY, &verify(&id, &wrong).await, "code_incorrect");
    verify(&id, &codes[0]).await.expect(200);
    refused.take_code(VERIFY, &verify(&id, &codes[1]).await, "already_completed");
    refused.take_code(SEND, &send(&id).await, "already_completed");
    let id = asked().await;
    shop.delete(&format!("/v1/challenges/{id}")).await.expect(204);
    refused.take_code(VERIFY, &verify(&id, &codes[1]).await, "challenge_expired");
    refused.take_code(SEND, &send(&id).await, "challenge_expired");

    let token = async |code: &str| {
        let browser = world.browser();
        let page = opened(world, &browser, &shop.hosted("ada", json!({})).await.expect(201)).await;
        back(browser.form(&page, &[("code", code)]).await, "tfa")
    };
    let redeem = async |token: &str| shop.post("/v1/challenges/redeem", json!({ "token": token })).await;
    let (once, late) = (token(&codes[1]).await, token(&codes[2]).await);
    redeem(&once).await.expect(200);
    refused.take_code(REDEEM, &redeem(&once).await, "already_completed");
    world.advance(121).await;
    refused.take_code(REDEEM, &redeem(&late).await, "challenge_expired");

    let begun = shop.post("/v1/users/ada/factors", json!({ "method": "totp" })).await.expect(201).text_at("/id");
    let waiting = asked().await;
    // With the wrong one before, ten.
    for guesses in [5, 4] {
        let id = asked().await;
        for _ in 0..guesses {
            verify(&id, &totp::wrong_code(&secret, world.now().await)).await.refused(422, "code_incorrect");
        }
    }
    refused.take_code(VERIFY, &verify(&waiting, &codes[3]).await, "account_locked");
    refused.take_code(SEND, &send(&waiting).await, "account_locked");
    let answer = shop.post(&format!("/v1/users/ada/factors/{begun}/activate"), json!({ "code": "123456" })).await;
    refused.take_code(ACTIVATE, &answer, "account_locked");

    shop.call(Method::PATCH, "/v1/application").json(&json!({ "second_factor": "required" })).send().await.expect(200);
    let due = shop.challenge("new").await.expect(201).text_at("/id");
    refused.take_code(VERIFY, &verify(&due, "123456").await, "no_pending_setup");
}

/// R-56: of factors and recovery codes. A person gets so many codes in a while, whatever asks for them.
async fn of_factors(world: &World, shop: &Shop, refused: &mut Refused) {
    let add = async |user: &str, body: Value| shop.post(&format!("/v1/users/{user}/factors"), body).await;
    let activate = async |user: &str, factor: &str, code: &str| {
        shop.post(&format!("/v1/users/{user}/factors/{factor}/activate"), json!({ "code": code })).await
    };
    for (method, place, code) in [("email", "email", "email_rejected"), ("sms", "phone_number", "phone_rejected")] {
        let mut body = json!({ "method": method });
        body[place] = json!("12");
        refused.take_code(FACTORS, &add("bob", body).await, code);
    }
    let codes = "/v1/users/bob/recovery-codes";
    refused.take_code("POST /v1/users/{id}/recovery-codes", &shop.post(codes, json!({})).await, "no_pending_setup");
    let answer = shop.get(&format!("{codes}?format=txt")).await;
    refused.take_code("GET /v1/users/{id}/recovery-codes", &answer, "recovery_codes_gone");

    let email = json!({ "method": "email", "email": "bob@example.com" });
    let begun = add("bob", email.clone()).await.expect(201).text_at("/id");
    refused.take_code(FACTORS, &add("bob", email.clone()).await, "send_cooldown");
    let code = world.message("bob@example.com", "setup_code").await["code"].as_str().unwrap().to_owned();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    refused.take_code(ACTIVATE, &activate("bob", &begun, wrong).await, "code_incorrect");
    let proven = activate("bob", &begun, &code).await.expect(200);
    assert_eq!(strings(&proven.json["recovery_codes"]).len(), 10);
    refused.take_code(ACTIVATE, &activate("bob", &begun, &code).await, "no_pending_setup");
    refused.take_code(FACTORS, &add("bob", email).await, "already_enabled");
    let last = shop.delete(&format!("/v1/users/bob/factors/{begun}")).await;
    refused.take_code("DELETE /v1/users/{id}/factors/{fid}", &last, "last_factor");

    world.advance(120).await;
    let asked = async || shop.challenge("bob").await.expect(201).text_at("/id");
    let send = async |id: &str| shop.post(&format!("/v1/challenges/{id}/send"), json!({ "method": "email" })).await;
    let mut id = asked().await;
    refused.take_code(SEND, &send(&id).await, "send_cooldown");
    let limited = until(world, "send_limit", async || {
        let answer = send(&id).await;
        if answer.status == 410 {
            id = asked().await;
        }
        answer
    });
    refused.take_code(SEND, &limited.await, "send_limit");
    let mut turn = 0;
    let limited = until(world, "send_limit", async || {
        turn += 1;
        add("eve", json!({ "method": "email", "email": format!("eve-{turn}@example.com") })).await
    });
    refused.take_code(FACTORS, &limited.await, "send_limit");
}

/// Calls again and again, and waits between as long as it is told to, until this is refused.
async fn until(world: &World, code: &str, mut call: impl AsyncFnMut() -> Answer) -> Answer {
    for _ in 0..60 {
        let answer = call().await;
        if answer.code() == code {
            return answer;
        }
        if answer.code() == "send_cooldown" {
            world.advance(answer.number_at("/retry_after")).await;
        }
    }
    panic!("nothing refused {code}");
}

/// Of text messages: a number that another account has, and a server that sends no more.
async fn of_text_messages(world: &World, shop: &Shop, refused: &mut Refused) {
    let (number, place) = ("+12025550176", "203.0.113.7");
    let set_up = async |user: &str, number: &str| {
        let body = json!({ "method": "sms", "phone_number": number, "ip": place });
        shop.post(&format!("/v1/users/{user}/factors"), body).await
    };
    for (nth, user) in ["sam", "tim"].into_iter().enumerate() {
        let begun = set_up(user, number).await.expect(201).text_at("/id");
        let code = world.code_to(number, "setup_code", nth + 1).await;
        let path = format!("/v1/users/{user}/factors/{begun}/activate");
        let answer = shop.post(&path, json!({ "code": code })).await;
        if user == "tim" {
            refused.take_code(ACTIVATE, &answer, "phone_rejected");
        } else {
            answer.expect(200);
        }
        world.advance(120).await;
    }
    let mut turn = 100;
    let unavailable = until(world, "delivery_unavailable", async || {
        turn += 1;
        set_up(&format!("uma-{turn}"), &format!("+12025550{turn}")).await
    });
    refused.take_code(FACTORS, &unavailable.await, "delivery_unavailable");
    let unavailable = until(world, "delivery_unavailable", async || {
        let id = shop.challenge("sam").await.expect(201).text_at("/id");
        world.advance(120).await;
        shop.post(&format!("/v1/challenges/{id}/send"), json!({ "method": "sms" })).await
    });
    refused.take_code(SEND, &unavailable.await, "delivery_unavailable");
}

/// R-39, R-42: what is listed is given, and nothing else.
async fn every_refusal_that_is_listed_is_given(database: Database) {
    let mut world = World::on(database)
        .with("TWINLOCK_API_RATE_LIMIT", "100000")
        .with("TWINLOCK_SMS_ACCOUNTS_PER_NUMBER", "1")
        .with("TWINLOCK_SMS_PER_DAY", "8")
        .with("TWINLOCK_WEBHOOK_LOOPBACK", "true")
        .start()
        .await;
    let mut refused = Refused { operations: Operation::all(&world).await, given: BTreeSet::new() };
    by_every_call(&world, &mut refused).await;
    let mill = world.shop("mill");
    world.must(&["app", "return-url", "add", "mill", crate::v1_hosted::BACK]);
    of_challenges(&world, &mill, &mut refused).await;
    let bank = world.shop("bank");
    of_factors(&world, &bank, &mut refused).await;
    of_text_messages(&world, &bank, &mut refused).await;
    let hook = json!({ "url": "https://hooks.example.com/" });
    for _ in 0..10 {
        bank.post("/v1/webhooks", hook.clone()).await.expect(201);
    }
    refused.take_code("POST /v1/webhooks", &bank.post("/v1/webhooks", hook).await, "already_enabled");
    world.set("TWINLOCK_API_RATE_LIMIT", "3");
    world.restart(0).await;
    by_a_key_that_called_too_often(&world, &mut refused).await;
    assert_eq!(refused.missing(), [], "listed, and given by no call");
}

on_both_databases!(every_refusal_that_is_listed_is_given);
