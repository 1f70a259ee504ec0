//! Applications that have one of everything that a call of `/v1` names, for tests that go through all calls.

use serde_json::json;

use crate::client::Answer;
use crate::harness::World;
use crate::people::strings;
use crate::totp;
use crate::v1::Shop;
use crate::v1_hosted::{back, opened};
use crate::v1_operations::{Names, Operation};

/// An application, or the test world of one, with one of everything that a call names, for each call anew.
pub(crate) struct Party {
    pub(crate) name: &'static str,
    pub(crate) shop: Shop,
    /// What is theirs, call by call.
    pub(crate) own: Vec<Names>,
}

impl Party {
    pub(crate) fn new(name: &'static str, shop: Shop) -> Self {
        Self { name, shop, own: Vec::new() }
    }

    /// Brings a user's authenticator, with an idempotency key of the user's name.
    pub(crate) async fn import(&self, user: &str) -> Answer {
        let body = json!({ "method": "totp", "secret": secret("first", user) });
        self.shop.post_once(&format!("once-{user}"), &format!("/v1/users/{user}/factors"), &body).await
    }

    /// Gives a user all that this call names.
    pub(crate) async fn settle(&mut self, world: &World, operation: &Operation) {
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
}

/// What is theirs, without the idempotency key of a call that was made.
pub(crate) fn without_once(own: &Names) -> Names {
    own.clone().into_iter().filter(|(kind, _)| *kind != "once").collect()
}

/// A secret of an authenticator, for a user.
pub(crate) fn secret(which: &str, user: &str) -> String {
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
pub(crate) fn nobodys(theirs: &Names, turn: usize) -> Names {
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
