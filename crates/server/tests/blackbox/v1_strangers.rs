//! What another application's is, is not there: every call of `/v1` with every id that it takes, as the OpenAPI document has
//! them, asked with ids of another application. A call or an id that is new to the document fails here until it is tried.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::{back, opened};

/// What names somebody or something in a call, by the name of its parameter or field: of users, of challenges, …
type Names = BTreeMap<&'static str, String>;

/// Calls in which an application's user comes to be at the first mention: a name is nobody else's there.
const MAKES_USERS: [&str; 2] = ["POST /v1/challenges", "POST /v1/users/{id}/factors"];

/// A call, as the document describes it.
struct Operation {
    method: Method,
    path: String,
    names: Vec<&'static str>,
    /// A body that would do, without what is named.
    body: Map<String, Value>,
}

/// What a parameter or field names; none where it names nothing.
fn named(path: &str, field: &str) -> Option<&'static str> {
    match field {
        "id" if path.starts_with("/v1/challenges/") => Some("challenge"),
        "id" | "user" => Some("user"),
        "fid" if path.ends_with("/activate") => Some("pending"),
        "fid" | "factor_id" => Some("factor"),
        "did" => Some("device"),
        "wid" => Some("webhook"),
        "token" => Some("result"),
        "device_token" => Some("device_token"),
        "after" => Some("entry"),
        other if other.ends_with("id") || other.ends_with("token") => {
            panic!("{path} takes {other}: say here what it names, and let another application try it")
        }
        _ => None,
    }
}

/// What is said in a field that a call needs, or that it needs one of.
fn said(path: &str, field: &str) -> Option<Value> {
    Some(match field {
        "code" => json!("000000"),
        "ip" => json!("203.0.113.7"),
        "user_agent" => json!("Firefox/140.0"),
        "reason" if path.ends_with("/reset") => json!("none of theirs"),
        "reason" => json!("login"),
        "type" => json!("deleted"),
        "label" if path.ends_with("{fid}") => json!("stolen"),
        "method" if path.ends_with("/factors") => json!("totp"),
        "url" => json!("https://hooks.example.com/"),
        _ => return None,
    })
}

impl Operation {
    /// Every call of `/v1`, but for the tools of the test mode.
    fn all(document: &Value) -> Vec<Self> {
        let paths = document["paths"].as_object().unwrap();
        let of_ours = paths.iter().filter(|(path, _)| path.starts_with("/v1/") && !path.starts_with("/v1/test/"));
        let calls = of_ours.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |call| (path, call)));
        calls.map(|(path, (method, call))| Self::read(document, path, method, call)).collect()
    }

    fn read(document: &Value, path: &str, method: &str, call: &Value) -> Self {
        let parameters = call["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] != "header");
        let mut names: Vec<_> = parameters.filter_map(|it| named(path, it["name"].as_str().unwrap())).collect();
        let mut body = Map::new();
        let schema = &call["requestBody"]["content"]["application/json"]["schema"];
        let pointer = schema["$ref"].as_str().map(|pointer| pointer.trim_start_matches('#'));
        let schema = pointer.map_or(schema, |pointer| document.pointer(pointer).unwrap());
        let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for field in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
            match (named(path, field), said(path, field)) {
                (Some(name), _) => names.push(name),
                (None, Some(value)) => drop(body.insert(field.clone(), value)),
                (None, None) if needed.contains(&field.as_str()) => {
                    panic!("{method} {path} needs {field}: say here what would do")
                }
                (None, None) => {}
            }
        }
        Self { method: method.to_uppercase().parse().unwrap(), path: path.to_owned(), names, body }
    }

    fn title(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Makes the call with these names.
    async fn ask(&self, shop: &Shop, names: &Names) -> Answer {
        let (mut path, mut body) = (self.path.clone(), self.body.clone());
        for name in &self.names {
            let value = &names[name];
            match *name {
                "user" if self.path == "/v1/challenges" => drop(body.insert("user".into(), json!({ "id": value }))),
                "user" if self.path == "/v1/audit" => path = format!("{path}?user={value}"),
                "entry" => path = format!("{path}{}after={value}", if path.contains('?') { '&' } else { '?' }),
                "result" => drop(body.insert("token".into(), json!(value))),
                "device_token" => drop(body.insert("device_token".into(), json!(value))),
                "factor" if self.path.ends_with("/send") => drop(body.insert("factor_id".into(), json!(value))),
                "factor" | "pending" => path = path.replace("{fid}", value),
                "device" => path = path.replace("{did}", value),
                "webhook" => path = path.replace("{wid}", value),
                "user" | "challenge" => path = path.replace("{id}", value),
                other => panic!("{} says {other} nowhere", self.title()),
            }
        }
        assert!(!path.contains('{'), "{path} is not filled in");
        let downloads = self.method == Method::GET && path.ends_with("/recovery-codes");
        let path = format!("{path}{}", if downloads { "?format=txt" } else { "" });
        let call = shop.call(self.method.clone(), &path);
        if self.method == Method::GET { call.send().await } else { call.json(&Value::Object(body)).send().await }
    }
}

/// A user with one of everything, and what it is called.
async fn lived_in(world: &World, shop: &Shop) -> Names {
    let (secret, _) = shop.enroll("ada").await;
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let body = json!({ "code": totp::code(&secret, world.fresh_step().await), "trust_device": true });
    let approved = shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200);
    let begun = shop.post("/v1/users/ada/factors", json!({ "method": "totp" })).await.expect(201);
    let hook = json!({ "url": "https://hooks.example.com/" });
    let devices = shop.get("/v1/users/ada/devices").await.expect(200);
    BTreeMap::from([
        ("user", "ada".to_owned()),
        ("challenge", shop.challenge("ada").await.expect(201).text_at("/id")),
        ("pending", begun.text_at("/id")),
        ("factor", shop.get("/v1/users/ada").await.expect(200).text_at("/factors/0/id")),
        ("device", devices.text_at("/items/0/id")),
        ("device_token", approved.text_at("/result/device_token")),
        ("webhook", shop.post("/v1/webhooks", hook).await.expect(201).text_at("/id")),
        ("entry", shop.get("/v1/audit").await.expect(200).text_at("/items/0/id")),
        ("result", "tl_result_none".to_owned()),
    ])
}

/// What is nobody's.
fn nobodys() -> Names {
    let id = "0199f000-0000-7000-8000-000000000000";
    let ids = ["challenge", "pending", "factor", "device", "webhook", "entry"].map(|name| (name, id.to_owned()));
    let words = [("user", "nobody"), ("device_token", "tl_device_nobodys"), ("result", "tl_result_nobodys")];
    ids.into_iter().chain(words.map(|(name, word)| (name, word.to_owned()))).collect()
}

/// What is told of one who asks: neither more nor less than if it were nobody's.
fn told(operation: &Operation, answer: &Answer) -> (u16, Value) {
    let title = operation.title();
    let told = match &*title {
        "GET /v1/audit" => answer.json["items"].clone(),
        "POST /v1/challenges" => json!([answer.json["status"], answer.json["why"]]),
        _ => {
            let none = ["not_found", "no_pending_setup"].contains(&answer.code());
            assert!(none, "{title} answered {} {}", answer.status, answer.text);
            json!([answer.json["code"], answer.json["detail"]])
        }
    };
    (answer.status, told)
}

/// what is another application's, or of the other world, is answered like what is nobody's, and stays as it was.
async fn what_is_anothers_is_not_there(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let mut theirs = lived_in(&world, &shop).await;
    let (browser, secret) = (world.browser(), data_encoding::BASE32_NOPAD.encode(format!("{:0>20}", "ada").as_bytes()));
    let page = opened(&world, &browser, &shop.hosted("ada", json!({})).await.expect(201)).await;
    let code = totp::code(&secret, world.fresh_step().await);
    theirs.insert("result", back(browser.form(&page, &[("code", &code)]).await, "tfa"));
    let user = shop.get("/v1/users/ada").await.expect(200).json;
    let document = world.browser().get("/openapi.json").await.expect(200).json;
    let operations = Operation::all(&document);
    let nobodys = nobodys();
    let mut calls = 0;
    for stranger in [world.shop("bank"), world.key(&["--app", "shop", "--test"])] {
        // Nothing is theirs yet: whoever is named is nobody.
        for operation in operations.iter().filter(|it| !it.names.is_empty()) {
            if MAKES_USERS.contains(&&*operation.title()) {
                continue;
            }
            let (ours, none) = (operation.ask(&stranger, &theirs).await, operation.ask(&stranger, &nobodys).await);
            assert_eq!(told(operation, &ours), told(operation, &none), "{}", operation.title());
            calls += 1;
        }
        // With one of everything of their own, one name at a time is another's.
        let own = lived_in(&world, &stranger).await;
        for operation in &operations {
            for name in operation.names.iter().filter(|name| own[*name] != theirs[*name]) {
                let with = |value: &str| own.clone().into_iter().chain([(*name, value.to_owned())]).collect::<Names>();
                let ours = operation.ask(&stranger, &with(&theirs[name])).await;
                let none = operation.ask(&stranger, &with(&nobodys[name])).await;
                assert_eq!(told(operation, &ours), told(operation, &none), "{} with {name}", operation.title());
                calls += 1;
            }
        }
    }
    assert!(calls >= 60, "only {calls} calls were tried");
    assert_eq!(shop.get("/v1/users/ada").await.expect(200).json, user, "somebody changed something");
    let challenge = shop.get(&format!("/v1/challenges/{}", theirs["challenge"])).await.expect(200);
    assert_eq!((&challenge.json["status"], &challenge.json["attempts_left"]), (&json!("pending"), &json!(5)));
    shop.post("/v1/challenges/redeem", json!({ "token": theirs["result"] })).await.expect(200);
    let asked = shop.challenge_with("ada", json!({ "device_token": theirs["device_token"] })).await.expect(201);
    assert_eq!(asked.json["status"], "not_required", "the trust in the device is gone");
    assert_eq!(shop.get("/v1/webhooks").await.expect(200).text_at("/items/0/id"), theirs["webhook"]);
}

on_both_databases!(what_is_anothers_is_not_there);
