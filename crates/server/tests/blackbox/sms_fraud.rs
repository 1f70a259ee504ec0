//! SMS fraud control, seen from outside: what is refused, what goes on, who is told.

use serde_json::json;

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, login, verify};
use crate::totp::code;

impl World {
    /// A person of their own begins to set up a number.
    async fn somebody_sets_up(&self, number: &str) -> Answer {
        let (person, browser) = (self.add_person(None), self.browser());
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let body = json!({ "method": "sms", "phone_number": number });
        browser.post_as(&session.access, "/auth/2fa/setup/", body).await
    }
}

/// neighboring numbers, each set up by another account, run into one limit; the operator is told once, and other
/// ways to set up go on. A number further away is still served.
async fn neighboring_numbers_share_a_limit(database: Database) {
    let mut world = World::on(database).build().await;
    world.set("TWINLOCK_SMS_PER_PREFIX", "4");
    world.set("TWINLOCK_ALARM_EMAIL", "ops@example.com");
    world.add_node().await;
    for last in 0..4 {
        world.somebody_sets_up(&format!("+120255501{last}0")).await.expect(201);
    }
    for last in 5..8 {
        let refused = world.somebody_sets_up(&format!("+120255501{last}0")).await.refused(503, "delivery_unavailable");
        assert_eq!(refused.json["alternatives"], json!(["totp", "email"]));
    }
    let told = world.message("ops@example.com", "sms_limit_reached").await;
    assert!(told["text"].as_str().unwrap().contains("sms_per_prefix"), "{told}");
    assert_eq!(world.messages("ops@example.com").await.len(), 1);
    world.somebody_sets_up("+120255591234").await;
    world.somebody_sets_up("+12125550134").await.expect(201);
    world.advance(86_401).await;
    world.somebody_sets_up("+12025550190").await.expect(201);
}

/// what applications ask for is counted by where their people are: said with a set-up, and known of a challenge.
async fn an_address_block_has_a_limit_at_applications_too(database: Database) {
    let mut world = World::on(database).build().await;
    world.set("TWINLOCK_SMS_PER_BLOCK", "1");
    world.add_node().await;
    let shop = world.shop("shop");
    let set_up = async |user: &str, number: &str, ip: &str| {
        let body = json!({ "method": "sms", "phone_number": number, "ip": ip });
        shop.post(&format!("/v1/users/{user}/factors"), body).await
    };
    set_up("eve", "+12025550111", "203.0.113.9").await.expect(201);
    set_up("bob", "+12125550122", "203.0.113.9").await.refused(503, "delivery_unavailable");
    let begun = set_up("ada", "+13125550133", "198.51.100.4").await.expect(201);
    let code = world.code_to("+13125550133", "setup_code", 1).await;
    let path = format!("/v1/users/ada/factors/{}/activate", begun.text_at("/id"));
    shop.post(&path, json!({ "code": code })).await.expect(200);
    world.advance(90).await;
    let asked = shop.challenge("ada").await.expect(201);
    assert_eq!(asked.json["delivery"], "queued", "{}", asked.text);
    world.advance(90).await;
    let send = format!("/v1/challenges/{}/send", asked.text_at("/id"));
    shop.post(&send, json!({ "method": "sms" })).await.refused(503, "delivery_unavailable");
    let elsewhere = shop.challenge_with("ada", json!({ "ip": "192.0.2.77" })).await.expect(201);
    assert_eq!(elsewhere.json["delivery"], "queued", "{}", elsewhere.text);
    set_up("eve", "+12025550111", "nowhere").await.refused(400, "invalid_request");
}

/// a country that is not on the list is refused by name, before anything is sent.
async fn only_listed_countries_get_text_messages(database: Database) {
    let mut world = World::on(database).build().await;
    world.set("TWINLOCK_SMS_COUNTRIES", "DE,AT");
    world.add_node().await;
    let refused = world.somebody_sets_up("+12025550167").await.refused(422, "phone_rejected");
    assert_eq!(refused.json["reason"], json!("country_not_served"));
    world.somebody_sets_up("+4915112345678").await.expect(201);
    assert_eq!(world.sent_to("+12025550167").await.len(), 0);
}

/// a spent budget stops text messages and nothing else: sign-in says so, offers the other method, and that one works.
async fn a_spent_budget_leaves_the_other_methods(database: Database) {
    let mut world = World::on(database).build().await;
    world.set("TWINLOCK_SMS_PRICES", "0.5,US=0.25");
    world.set("TWINLOCK_SMS_BUDGET", "0.50");
    world.add_node().await;
    let number = "+12025550188";
    let (person, _) = world.person_with("sms", number).await;
    let browser = world.browser();
    let token = login(&browser, &person).await.expect(200).text_at("/partial_token");
    let typed = world.code_to(number, "login_code", 2).await;
    let session = Session::of(&verify(&browser, &token, &typed).await.expect(200));
    let secret = browser
        .post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" }))
        .await
        .expect(201)
        .text_at("/secret");
    let body = json!({ "code": code(&secret, world.fresh_step().await) });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await.expect(200);
    world.advance(400).await;

    let answer = login(&browser, &person).await.expect(200);
    assert_eq!(answer.json["delivery"], json!("unavailable"));
    assert_eq!(answer.json["code_sent"], json!(false));
    let token = answer.text_at("/partial_token");
    let body = json!({ "partial_token": token, "method": "sms" });
    let refused = browser.post("/auth/2fa/send-code/", body).await.refused(503, "delivery_unavailable");
    assert_eq!(refused.json["alternatives"], json!(["totp"]));
    verify(&browser, &token, &code(&secret, world.fresh_step().await)).await.expect(200);
    assert_eq!(world.codes_to(number).await, 2);

    let report = String::from_utf8(world.cli(&["sms", "usage", "--hours", "48"], "").stdout).unwrap();
    let line = report.lines().find(|line| line.starts_with("US")).expect("a line for US");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, ["US", "2", "2", "100", "%", "0.5000"], "{report}");
}

/// when hardly a code to numbers of a country is ever typed, setting such numbers up stops, on every node, until the
/// codes are old. Whoever has proved a number there gets codes still: strangers cannot take sign-in from a whole country.
async fn set_ups_nobody_answers_stop_set_ups_in_their_country(database: Database) {
    let mut world = World::on(database).build().await;
    world.set("TWINLOCK_SMS_VERIFY_RATIO_FROM", "10");
    world.set("TWINLOCK_SMS_PER_PREFIX", "100");
    world.add_node().await;
    let number = "+12025550139";
    let (enrolled, _) = world.person_with("sms", number).await;
    for last in 0..10 {
        world.somebody_sets_up(&format!("+1202555014{last}")).await.expect(201);
    }
    world.somebody_sets_up("+12025550150").await.expect(201);
    world.advance(3_600).await;
    world.somebody_sets_up("+12025550151").await.refused(503, "delivery_unavailable");
    let browser = world.browser();
    let asked = login(&browser, &enrolled).await.expect(200);
    assert_eq!(asked.json["code_sent"], json!(true), "{}", asked.text);
    let typed = world.code_to(number, "login_code", 2).await;
    verify(&browser, &asked.text_at("/partial_token"), &typed).await.expect(200);
    world.somebody_sets_up("+4915112345678").await.expect(201);
    world.advance(6 * 3_600).await;
    world.somebody_sets_up("+12025550152").await.expect(201);
}

/// one number confirmed by account after account gets ten codes a day from all of them together. The eleventh account
/// is told when to try again, and that stands in the audit log; those who confirmed it keep it.
async fn one_number_serves_few_accounts_a_day(database: Database) {
    let world = World::start(database).await;
    let number = "+12025550174";
    let mut confirmed = 0;
    for _ in 0..20 {
        let (person, browser) = (world.add_person(None), world.browser());
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let body = json!({ "method": "sms", "phone_number": number });
        let answer = browser.post_as(&session.access, "/auth/2fa/setup/", body).await;
        if answer.status == 201 {
            confirmed += 1;
            let code = world.code_to(number, "setup_code", confirmed).await;
            let body = json!({ "code": code });
            browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await.expect(200);
        } else {
            let refused = answer.refused(429, "send_limit");
            assert!(refused.number_at("/retry_after") > 86_000, "{}", refused.text);
        }
    }
    assert_eq!((confirmed, world.codes_to(number).await), (10, 10));
    let audited = "SELECT count(*) FROM two_factor_audit_log WHERE CAST(detail AS text) LIKE '%send_limit%'";
    assert_eq!(world.look.count(audited).await, 10);
}

/// no more accounts have a number than may, and who is refused has proved that it is theirs before they are told.
async fn no_more_accounts_have_a_number_than_may(database: Database) {
    let mut world = World::on(database).build().await;
    world.set("TWINLOCK_SMS_ACCOUNTS_PER_NUMBER", "2");
    world.add_node().await;
    let number = "+12025550176";
    for nth in 1..=3 {
        let (person, browser) = (world.add_person(None), world.browser());
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let body = json!({ "method": "sms", "phone_number": number });
        browser.post_as(&session.access, "/auth/2fa/setup/", body).await.expect(201);
        let code = world.code_to(number, "setup_code", nth).await;
        let confirm = async |code: &str| {
            browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await
        };
        if nth < 3 {
            confirm(&code).await.expect(200);
            continue;
        }
        let wrong = if code == "000000" { "000001" } else { "000000" };
        confirm(wrong).await.refused(422, "code_incorrect");
        let refused = confirm(&code).await.refused(422, "phone_rejected");
        assert_eq!(refused.text_at("/reason"), "shared_number", "{}", refused.text);
        confirm(&code).await.refused(409, "no_pending_setup");
        login(&browser, &person).await.expect(200);
    }
    assert_eq!(world.look.count("SELECT count(*) FROM factors WHERE method = 'sms'").await, 2);
    let audited = "SELECT count(*) FROM two_factor_audit_log WHERE CAST(detail AS text) LIKE '%shared_number%'";
    assert_eq!(world.look.count(audited).await, 1);
}

on_both_databases![
    no_more_accounts_have_a_number_than_may,
    neighboring_numbers_share_a_limit,
    an_address_block_has_a_limit_at_applications_too,
    one_number_serves_few_accounts_a_day,
    only_listed_countries_get_text_messages,
    a_spent_budget_leaves_the_other_methods,
    set_ups_nobody_answers_stop_set_ups_in_their_country,
];
