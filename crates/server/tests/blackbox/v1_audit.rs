//! The audit log as an application reads it: its own part, narrowed down, page by page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1::Shop;

impl Shop {
    async fn log(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v1/audit{query}")).await.expect(200);
        assert_eq!(answer.json["next"], Value::Null, "there is more: {}", answer.text);
        answer.json["items"].as_array().unwrap().clone()
    }
}

fn actions(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["action"].as_str().unwrap()).collect()
}

/// entries of its own users and of itself, and nobody else's; what an operator wrote stays with the operator.
async fn an_application_reads_its_own_part_of_the_log(database: Database) {
    let world = World::start(database).await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    let (secret, _) = shop.enroll("ada").await;
    bank.enroll("ada").await;
    world.add_person_with_totp();
    let id = shop.challenge("ada").await.expect(201).text_at("/id");
    let answer = shop.verify(&id, &totp::code(&secret, world.fresh_step().await)).await.expect(200);
    let request = answer.header("x-request-id").unwrap().to_owned();
    let items = shop.log("").await;
    let verified = items.iter().find(|item| item["action"] == "code_verified").unwrap();
    assert_eq!((&verified["user_id"], &verified["success"]), (&json!("ada"), &json!(true)));
    assert_eq!((&verified["method"], &verified["ip_address"]), (&json!("totp"), &json!("203.0.113.7")));
    assert_eq!((&verified["request_id"], &verified["actor"]), (&json!(request), &Value::Null));
    let added = items.iter().find(|item| item["action"] == "factor_added").unwrap();
    assert!(added["actor"].as_str().unwrap().starts_with("api_key:"), "{added}");
    assert_eq!(
        (&items.last().unwrap()["action"], &items.last().unwrap()["user_id"]),
        (&json!("application_added"), &Value::Null)
    );
    let times: Vec<&str> = items.iter().map(|item| item["created_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let whole = world.look.count("SELECT count(*) FROM two_factor_audit_log").await;
    let theirs = bank.log("").await;
    assert!((items.len() + theirs.len()) < usize::try_from(whole).unwrap(), "the entries of our own sign-in are told");
    let ids =
        |items: &[Value]| items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert!(ids(&items).is_disjoint(&ids(&theirs)));
    assert!(!theirs.is_empty() && !actions(&theirs).contains(&"code_verified"), "{theirs:?}");
    assert_eq!(shop.log(&format!("?after={}", uuid::Uuid::nil())).await, Vec::<Value>::new());

    shop.post("/v1/users/ada/reset", json!({ "reason": "said at the counter" })).await.expect(204);
    let reset = &shop.log("?action=two_factor_reset").await[0];
    assert_eq!(reset["detail"], "stated:said at the counter");
    let person = "SELECT id FROM users WHERE email_key = 'id:ada' LIMIT 1";
    assert_eq!(world.look.rows(person).await.len(), 1);
    shop.post("/v1/users/ada/events", json!({ "type": "deleted" })).await.expect(204);
    let gone = &shop.log("?action=user_deleted").await[0];
    assert_eq!(gone["user_id"], Value::Null);
    assert_eq!(shop.log("?user=ada").await, Vec::<Value>::new());
    for narrow in ["users", "challenges"] {
        let key = world.key(&["--app", "shop", "--scope", narrow]);
        key.get("/v1/audit").await.refused(403, "feature_disabled");
    }
    assert_eq!(world.key(&["--app", "shop", "--test"]).log("?user=ada").await, Vec::<Value>::new());
}

async fn the_log_is_narrowed_down_and_read_page_by_page(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    for user in ["ada", "bob", "eve"] {
        shop.enroll(user).await;
        world.advance(10).await;
    }
    let all = shop.log("").await;
    let bob = shop.log("?user=bob").await;
    assert!(bob.len() > 2 && bob.iter().all(|item| item["user_id"] == "bob"), "{bob:?}");
    assert_eq!(shop.log("?user=nobody").await, Vec::<Value>::new());
    let added = shop.log("?action=factor_added").await;
    assert_eq!(actions(&added), ["factor_added"; 3]);
    assert_eq!(shop.log("?user=bob&action=factor_added").await, [added[1].clone()]);
    // From is in it, to is not: to the microsecond.
    let at = added[1]["created_at"].as_str().unwrap();
    assert_eq!(shop.log(&format!("?action=factor_added&from={at}")).await, added[..2]);
    assert_eq!(shop.log(&format!("?action=factor_added&to={at}")).await, added[2..]);
    assert_eq!(shop.log(&format!("?from={at}&to={at}")).await, Vec::<Value>::new());
    for narrowed in ["", "user=bob", "action=factor_added"] {
        let (mut read, mut after) = (Vec::new(), String::new());
        let whole = shop.log(&format!("?{narrowed}")).await;
        for _ in 0..=whole.len() {
            let answer = shop.get(&format!("/v1/audit?limit=2&{narrowed}{after}")).await.expect(200);
            let items = answer.json["items"].as_array().unwrap();
            assert!(items.len() <= 2, "{}", answer.text);
            read.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(next) = answer.json["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let mut ids: Vec<_> = whole.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        read.sort_unstable();
        ids.sort_unstable();
        assert_eq!(read, ids, "{narrowed}");
    }
    assert!(all.len() >= added.len() * 3, "{all:?}");
    for query in ["user=", "user=a&user=b", "action=x", "from=1", "to=x", "after=1", "limit=0", "limit=101", "seq=1"] {
        shop.get(&format!("/v1/audit?{query}")).await.refused(400, "invalid_request");
    }
}

on_both_databases!(an_application_reads_its_own_part_of_the_log, the_log_is_narrowed_down_and_read_page_by_page,);
