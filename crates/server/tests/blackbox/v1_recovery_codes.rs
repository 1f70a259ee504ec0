//! Recovery codes over `/v1`: as JSON where they are made, and for ten minutes as a file for the application to hand on.

use serde_json::json;

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::strings;
use crate::recovery_code::{codes_in, pdf_text};
use crate::v1::Shop;

async fn file(shop: &Shop, user: &str, format: &str) -> Answer {
    shop.get(&format!("/v1/users/{user}/recovery-codes?format={format}")).await
}

/// the newest set in either form, with whose it is; of another application, nothing.
async fn the_newest_set_can_be_had_as_text_and_as_a_page(database: Database) {
    let world = World::start(database).await;
    let (shop, bank) = (world.shop("shop"), world.shop("bank"));
    let (_, first) = shop.enroll("ada-4711").await;
    let (_, theirs) = bank.enroll("ada-4711").await;
    let codes = codes_in(&file(&shop, "ada-4711", "txt").await.expect(200).text);
    assert_eq!(codes, first, "what came with the first factor is kept");
    let mut newest = first;
    for _ in 0..2 {
        let text = file(&shop, "ada-4711", "txt").await.expect(200);
        assert_eq!(codes_in(&text.text), newest);
        assert!(text.text.contains("Account: ada-4711"), "{}", text.text);
        let pdf = file(&shop, "ada-4711", "pdf").await.expect(200);
        let read = pdf_text(&pdf.bytes);
        assert_eq!(codes_in(&read), newest, "{read}");
        assert!(read.contains("Account: ada-4711"), "{read}");
        for (answer, kind, name) in
            [(text, "text/plain; charset=utf-8", "recovery-codes.txt"), (pdf, "application/pdf", "recovery-codes.pdf")]
        {
            assert_eq!((answer.header("content-type"), answer.header("cache-control")), (Some(kind), Some("no-store")));
            let disposition = format!("attachment; filename=\"{name}\"");
            assert_eq!(answer.header("content-disposition"), Some(disposition.as_str()));
        }
        let made = shop.post("/v1/users/ada-4711/recovery-codes", json!({})).await.expect(200);
        newest = strings(&made.json["recovery_codes"]);
    }
    assert_eq!(codes_in(&file(&bank, "ada-4711", "txt").await.expect(200).text), theirs);
    file(&shop, "nobody", "txt").await.refused(404, "not_found");
    for query in ["", "?format=", "?format=html", "?format=PDF", "?format=txt&format=pdf", "?format=txt&codes=A"] {
        let answer = shop.get(&format!("/v1/users/ada-4711/recovery-codes{query}")).await;
        answer.refused(400, "invalid_request");
    }
    let entry = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'recovery_codes_downloaded' AND success \
                 AND actor_id LIKE 'api_key:%'";
    assert_eq!(world.look.count(entry).await, 6);
    let key = world.key(&["--app", "shop", "--scope", "challenges"]);
    file(&key, "ada-4711", "txt").await.refused(403, "feature_disabled");
}

/// not later, and not after the second factor was taken away.
async fn the_set_is_gone_after_ten_minutes_and_with_the_second_factor(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let (_, codes) = shop.enroll("ada").await;
    world.advance(570).await;
    assert_eq!(codes_in(&file(&shop, "ada", "txt").await.expect(200).text), codes);
    world.advance(31).await;
    for format in ["txt", "pdf"] {
        file(&shop, "ada", format).await.refused(410, "recovery_codes_gone");
    }
    shop.post("/v1/users/ada/recovery-codes", json!({})).await.expect(200);
    file(&shop, "ada", "txt").await.expect(200);
    shop.post("/v1/users/ada/reset", json!({ "reason": "lost the phone" })).await.expect(204);
    file(&shop, "ada", "txt").await.refused(410, "recovery_codes_gone");
    shop.post("/v1/users/ada/recovery-codes", json!({})).await.refused(409, "no_pending_setup");
}

on_both_databases!(
    the_newest_set_can_be_had_as_text_and_as_a_page,
    the_set_is_gone_after_ten_minutes_and_with_the_second_factor,
);
