//! What another application's is, is not there: every call of `/v1` with everything that it names, as the OpenAPI document has
//! them, asked with what is another application's, or of the other world.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::v1_hosted::BACK;
use crate::v1_operations::{Names, Operation};
use crate::v1_party::{Party, nobodys, secret, without_once};

impl Party {
    /// What was told once, or is told to us only, and is to be in no answer.
    fn secrets(&self) -> Vec<String> {
        let kinds = ["recovery_code", "pending_secret", "device_token", "result", "once"];
        let named = self.own.iter().flat_map(|own| kinds.iter().filter_map(|kind| own.get(kind).cloned()));
        let seeds = self.own.iter().map(|own| secret("first", &own["user"]));
        named.chain(seeds).chain([self.shop.key.clone()]).collect()
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
    let secrets = victim.secrets();
    let tells = |text: &str| secrets.iter().find(|secret| text.contains(secret.as_str())).cloned();
    for text in &before {
        assert_eq!(tells(text), None, "a secret is read again: {text}");
    }
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
                if operation.path == "/v1/import" {
                    // Whoever was brought is known to the stranger now, and would be answered as such the next time.
                    for names in [&theirs, &nobodys] {
                        let path = format!("/v1/users/{}/events", names["user"]);
                        stranger.shop.post(&path, json!({ "type": "deleted" })).await.expect(204);
                    }
                }
            }
        }
    }
    assert_eq!(victim.sees(world, operations).await, before, "somebody changed something");
    for (operation, own) in operations.iter().zip(&victim.own) {
        let again = victim.import(&own["user"]).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", again.text);
        let answer = operation.ask(world, &victim.shop, &without_once(own)).await;
        assert!(answer.is_success(), "{}: {}", operation.title(), answer.text);
        // What the file is for.
        let told = tells(&answer.text).filter(|_| operation.title() != "GET /v1/users/{id}/recovery-codes");
        assert_eq!(told, None, "{} tells a secret again: {}", operation.title(), answer.text);
    }
}

/// what is another application's, or of the other world, is answered like what is nobody's, and stays as it was;
/// and no answer tells a secret again.
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
