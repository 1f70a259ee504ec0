//! What another application's is, is not there: every call of `/v1` with everything that it names, as the OpenAPI document has
//! them, asked with what is another application's, or of the other world.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::strings;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::{BACK, back, opened};
use crate::v1_operations::{Names, Operation};

/// An application, or the test world of one, with one of everything that a call names, for each call anew.
struct Party {
    name: &'static str,
    shop: Shop,
    /// What is theirs, call by call.
    own: Vec<Names>,
}

impl Party {
    fn new(name: &'static str, shop: Shop) -> Self {
        Self { name, shop, own: Vec::new() }
    }

    /// Brings a user's authenticator, with an idempotency key of the user's name.
    async fn import(&self, user: &str) -> Answer {
        let body = json!({ "method": "totp", "secret": secret("first", user) });
        self.shop.post_once(&format!("once-{user}"), &format!("/v1/users/{user}/factors"), &body).await
    }

    /// Gives a user all that this call names.
    async fn settle(&mut self, world: &World, operation: &Operation) {
        let (shop, kinds) = (&self.shop, operation.names());
        let user = format!("{}-{}", self.name, self.own.len());
        let (once, factors) = (format!("once-{user}"), format!("/v1/users/{user}/factors"));
        let codes = strings(&self.import(&user).await.expect(201).json["recovery_codes"]);
        let mut names = Names::from([("user", user.clone()), ("once", once), ("recovery_code", codes[0].clone())]);
        for kind in &kinds {
            let name = match *kind {
                "factor" => {
                    let another = json!({ "method": "totp", "secret": secret("second", &user) });
                    shop.post(&factors, another).await.expect(201).text_at("/id")
                }
                "pending" => {
                    let begun = shop.post(&factors, json!({ "method": "totp" })).await.expect(201);
                    names.insert("pending_secret", begun.text_at("/secret"));
                    begun.text_at("/id")
                }
                "address" => with_address(world, shop, &factors, &user).await,
                "device" | "device_token" => {
                    let id = shop.challenge(&user).await.expect(201).text_at("/id");
                    let body =
                        json!({ "code": totp::code(&secret("first", &user), world.now().await), "trust_device": true });
                    let approved = shop.post(&format!("/v1/challenges/{id}/verify"), body).await.expect(200);
                    let devices = shop.get(&format!("/v1/users/{user}/devices")).await.expect(200);
                    names.insert("device", devices.text_at("/items/0/id"));
                    approved.text_at("/result/device_token")
                }
                "webhook" => {
                    let hook = json!({ "url": "https://hooks.example.com/" });
                    shop.post("/v1/webhooks", hook).await.expect(201).text_at("/id")
                }
                "entry" => shop.get(&format!("/v1/audit?user={user}&limit=1")).await.expect(200).text_at("/items/0/id"),
                "result" => {
                    let browser = world.browser();
                    let page = opened(world, &browser, &shop.hosted(&user, json!({})).await.expect(201)).await;
                    back(browser.form(&page, &[("code", &codes[1])]).await, "tfa")
                }
                "challenge" => shop.challenge(&user).await.expect(201).text_at("/id"),
                "user" | "once" | "recovery_code" | "pending_secret" => continue,
                other => panic!("{} names a {other}: give them one here", operation.title()),
            };
            if *kind == "device" {
                continue;
            }
            names.insert(kind, name);
        }
        self.own.push(names);
    }

    /// Everything that the application can read: of the application, and of each of its users. The download of recovery codes
    /// is no mere reading.
    async fn sees(&self, world: &World, operations: &[Operation]) -> Vec<String> {
        let mut seen = vec![self.shop.get("/v1/audit?limit=100").await.expect(200).text];
        let reads = |it: &&Operation| it.method == reqwest::Method::GET && !it.path.ends_with("/recovery-codes");
        for operation in operations.iter().filter(reads) {
            for own in self.own.iter().filter(|own| operation.names().iter().all(|kind| own.contains_key(kind))) {
                seen.push(operation.ask(world, &self.shop, own).await.expect(200).text);
            }
        }
        seen
    }
}

/// A secret of an authenticator, for a user.
fn secret(which: &str, user: &str) -> String {
    data_encoding::BASE32_NOPAD.encode(format!("{:0>20}", format!("{which}{user}")).as_bytes())
}

/// Proves an address that codes go to; gives the factor.
async fn with_address(world: &World, shop: &Shop, factors: &str, user: &str) -> String {
    let to = format!("{user}@example.com");
    let begun = shop.post(factors, json!({ "method": "email", "email": to })).await.expect(201).text_at("/id");
    let code = world.message(&to, "setup_code").await["code"].as_str().unwrap().to_owned();
    shop.post(&format!("{factors}/{begun}/activate"), json!({ "code": code })).await.expect(200);
    world.advance(60).await;
    begun
}

/// What is nobody's, as like to these names as can be.
fn nobodys(theirs: &Names, turn: usize) -> Names {
    let name = |(kind, theirs): (&&'static str, &String)| match *kind {
        "user" => format!("nobody-{turn}"),
        "once" => format!("never-{turn}"),
        "pending_secret" => secret("first", "nobody"),
        // Another last letter: of an id, of a token, of a code.
        _ => {
            let (rest, last) = theirs.split_at(theirs.len() - 1);
            format!("{rest}{}", if last == "4" { "5" } else { "4" })
        }
    };
    theirs.iter().map(|named| (*named.0, name(named))).collect()
}

/// What an answer tells, but for what is new with each: ids, moments, secrets, counts, and the names it was asked with.
fn told(answer: &Answer, names: &Names) -> (u16, BTreeSet<String>, Value) {
    let headers = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
    let json = answer.json.clone();
    let told = if json.is_null() { json!(answer.text) } else { json };
    (answer.status, headers, without_chance(told, names))
}

fn without_chance(value: Value, names: &Names) -> Value {
    let is_named = |text: &str| names.values().any(|name| name == text);
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, without_chance(value, names))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| without_chance(item, names)).collect(),
        Value::String(text) if is_named(&text) => json!("<named>"),
        Value::String(text) if text.len() >= 20 && !text.contains(' ') => json!("<chance>"),
        Value::Number(_) => json!("<number>"),
        Value::String(_) | Value::Bool(_) | Value::Null => value,
    }
}

/// Lets strangers try all calls with all that is the victim's. What was named is there all the time: the victim's own calls with
/// the same names do what they do afterwards.
async fn try_out(
    world: &World,
    operations: &[Operation],
    mut victim: Party,
    mut strangers: Vec<Party>,
    newcomer: Party,
) {
    for operation in operations {
        for party in strangers.iter_mut().chain([&mut victim]) {
            party.settle(world, operation).await;
        }
    }
    strangers.push(newcomer);
    let before = victim.sees(world, operations).await;
    let mut turn = 0;
    for (which, (operation, theirs)) in operations.iter().zip(&victim.own).enumerate() {
        let kinds = operation.names();
        for stranger in &strangers {
            let mut tries = vec![(Names::new(), kinds.clone())];
            // With what is their own but for one name; a key of a call that was made is one of itself.
            if let Some(own) = stranger.own.get(which) {
                let own = without_once(own);
                let alone = kinds.iter().filter(|kind| **kind != "once");
                tries.extend(alone.map(|kind| (own.clone(), BTreeSet::from([*kind]))));
            }
            for (own, foreign) in tries {
                turn += 1;
                let theirs: Names = foreign.iter().map(|kind| (*kind, theirs[kind].clone())).collect();
                let nobodys = nobodys(&theirs, turn);
                let [theirs, nobodys] = [theirs, nobodys].map(|names| own.clone().into_iter().chain(names).collect());
                let answer = operation.ask(world, &stranger.shop, &theirs).await;
                let none = operation.ask(world, &stranger.shop, &nobodys).await;
                let case = format!("{}: {} with another's {foreign:?}", operation.title(), stranger.name);
                assert_eq!(told(&answer, &theirs), told(&none, &nobodys), "{case}: {}", answer.text);
            }
        }
    }
    assert_eq!(victim.sees(world, operations).await, before, "somebody changed something");
    for (operation, own) in operations.iter().zip(&victim.own) {
        let again = victim.import(&own["user"]).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", again.text);
        let answer = operation.ask(world, &victim.shop, &without_once(own)).await;
        assert!(answer.is_success(), "{}: {}", operation.title(), answer.text);
    }
}

fn without_once(own: &Names) -> Names {
    own.clone().into_iter().filter(|(kind, _)| *kind != "once").collect()
}

/// what is another application's, or of the other world, is answered like what is nobody's, and stays as it was.
async fn what_is_anothers_is_not_there(database: Database) {
    let world = World::on(database).with("TWINLOCK_API_RATE_LIMIT", "1000000").start().await;
    let mut operations = Operation::all(&world).await;
    // What lives for two minutes is made last, and what moves the clock first.
    operations.sort_by_key(|it| (it.names().contains("result"), !it.names().contains("address")));
    let app = |name: &'static str| {
        Party::new(name, {
            let shop = world.shop(name);
            for more in [&[][..], &["--test"]] {
                world.must(&[&["app", "return-url", "add", name], more, &[BACK]].concat());
            }
            shop
        })
    };
    let (shop, bank, mill) = (app("shop"), app("bank"), app("mill"));
    let test = |name, of| Party::new(name, world.key(&["--app", of, "--test"]));
    try_out(&world, &operations, shop, vec![bank, test("shop-test", "shop")], app("new")).await;
    try_out(&world, &operations, test("mill-test", "mill"), vec![mill], test("new-test", "new")).await;
}

on_both_databases!(what_is_anothers_is_not_there);
