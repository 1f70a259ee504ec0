//! Bypass codes: what an administrator gives somebody who has lost everything, and how little it is good for..

use serde_json::{Value, json};

use crate::client::Browser;
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, login, partial_token, verify};
use crate::totp;
use crate::v1::request;

/// How whoever asks has proved who they are.
const WHY: &[(&str, &str)] = &[("reason", "showed their passport")];

/// Gives somebody a code, and gives what the page shows.
async fn give(desk: &Browser, id: &str) -> String {
    let path = format!("/admin/people/{id}/bypass-code");
    desk.get(&path).await.says(200, "stands in for this person’s second step");
    let page = desk.form(&path, WHY).await.says(200, "Read this code out");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let (_, after) = page.text.split_once("<ol class=\"codes\" dir=\"ltr\"><li>").expect("a code");
    after.split_once('<').unwrap().0.to_owned()
}

/// it stands for the second step once, and for nothing else; the log has who, why and when.
async fn a_bypass_code_signs_in_once_and_does_nothing_else(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let (person, session) = world.person_with_totp().await;
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let given = give(&desk, &id).await;
    let page = desk.get(&format!("/admin/people/{id}")).await.says(200, "One-time code works until");
    assert!(page.text.contains("showed their passport") && !page.text.contains(&given), "{}", page.text);
    world.message(&person.email, "bypass_code_made").await;

    let browser = world.browser();
    for door in ["step-up", "disable"] {
        let path = format!("/auth/2fa/{door}/");
        browser.post_as(&session.access, &path, json!({ "code": given })).await.refused(422, "code_incorrect");
    }
    let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
    assert_eq!(status.json["recovery_codes_remaining"], 10);

    let other = partial_token(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    let body =
        json!({ "partial_token": token, "code": given.to_lowercase(), "refresh_in_body": true, "remember_me": true });
    let answer = browser.post("/auth/2fa/verify/", body).await.expect(200);
    assert_eq!(
        (&answer.json["method"], &answer.json["recovery_codes_remaining"]),
        (&json!("recovery_code"), &json!(10))
    );
    assert_eq!(answer.json.get("trusted_device").unwrap_or(&Value::Null), &Value::Null, "{}", answer.text);
    let again = verify(&browser, &other, &given).await.refused(422, "code_incorrect");
    assert_eq!(again.json["hint"], "already_used", "{}", again.text);
    world.message(&person.email, "bypass_code_used").await;
    // Who comes in by it can set up what is to stand in its place.
    let session = Session::of(&answer);
    browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);

    let entries = world.audit_of(&person).await;
    let made: Vec<&str> =
        entries.iter().filter(|entry| entry.action == "bypass_code_made").map(|entry| entry.detail.as_str()).collect();
    assert_eq!(made, ["stated:showed their passport"]);
    assert_eq!(world.audit_count(&person, "bypass_code_used", true).await, 1);
    assert_eq!(world.audit_count(&person, "recovery_code_used", true).await, 0);
    let ended = entries.iter().filter(|entry| entry.action == "trust_revoked" && entry.detail == "bypass_code_used");
    assert_eq!(ended.count(), 1);
    let dump = world.look.dump_without(&[]).await;
    assert!(!dump.contains(&given) && !dump.contains(&given.replace('-', "")), "the code can be read");
}

/// one is live at a time; its end, a withdrawal, a reset and a newer one end it.
async fn a_bypass_code_ends(database: Database) {
    let world = World::start(database).await;
    let support = world.add_administrator("support");
    let person = world.add_person_with_totp();
    let id = world.uuid_of(&person).await;
    let desk = world.at_the_desk(&support).await;
    let browser = world.browser();
    let tried = async |code: &str| verify(&browser, &partial_token(&browser, &person).await, code).await;

    let first = give(&desk, &id).await;
    let second = give(&desk, &id).await;
    tried(&first).await.refused(422, "code_incorrect");
    let withdraw = format!("/admin/people/{id}/withdraw-bypass-code");
    desk.form(&withdraw, WHY).await.leads_to(&format!("/admin/people/{id}?said=helped-withdraw-bypass-code"));
    desk.get(&format!("/admin/people/{id}?said=helped-withdraw-bypass-code")).await.says(200, "is taken back");
    tried(&second).await.refused(422, "code_incorrect");
    assert_eq!(world.audit_count(&person, "bypass_code_withdrawn", true).await, 1);

    let late = give(&desk, &id).await;
    world.advance(60 * 60).await;
    let refused = tried(&late).await.refused(422, "code_incorrect");
    assert_eq!(refused.json["hint"], "expired", "{}", refused.text);
    let desk = world.at_the_desk(&support).await;
    let page = desk.get(&format!("/admin/people/{id}")).await.expect(200);
    assert!(!page.text.contains("One-time code works until"), "{}", page.text);

    let dead = give(&desk, &id).await;
    let token = partial_token(&browser, &person).await;
    desk.form(&format!("/admin/people/{id}/start-over"), WHY).await.expect(303);
    verify(&browser, &token, &dead).await.refused(410, "challenge_expired");
    assert_eq!(world.look.count("SELECT count(*) FROM recovery_codes WHERE expires_at > created_at").await, 0);
    desk.form(&format!("/admin/people/{id}/bypass-code"), WHY).await.expect(409);
    login(&browser, &person).await.refused(401, "credentials_invalid");

    // Guesses at it are guesses: they lock the account as any.
    let other = world.add_person_with_totp();
    give(&desk, &world.uuid_of(&other).await).await;
    for _ in 0..2 {
        let token = partial_token(&browser, &other).await;
        for _ in 0..5 {
            verify(&browser, &token, "AAAA-BBBB-CCCC").await.expect(422);
        }
    }
    login(&browser, &other).await.refused(429, "account_locked");
}

/// at ten doors at once it opens one.
async fn a_bypass_code_at_once_opens_one_door(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let support = world.add_administrator("support");
    let person = world.add_person_with_totp();
    let desk = world.at_the_desk(&support).await;
    let given = give(&desk, &world.uuid_of(&person).await).await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(partial_token(&world.browser(), &person).await);
    }
    let calls = (0..10).map(|turn| {
        let body = crate::people::verification(&tokens[turn % 5], &given);
        world.browser_at(turn).submit("/auth/2fa/verify/").json(&body)
    });
    let answers = world.burst(calls.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(world.audit_count(&person, "bypass_code_used", true).await, 1);
}

/// an application's user comes in by one as well, and confirms nothing by it. Its own administration stays shut to whoever
/// comes in by one.
async fn a_bypass_code_is_for_signing_in_alone(database: Database) {
    let world = World::start(database).await;
    let administrator = world.add_administrator("administrator");
    let support = world.add_administrator("support");
    let shop = world.shop("shop");
    shop.enroll("ada").await;
    let sql = if world.database.is_postgres() { "id" } else { "lower(hex(id))" };
    let whose = "(SELECT id FROM applications WHERE name = 'shop')";
    let id = world.look.value(&format!("SELECT {sql} FROM users WHERE application_id = {whose}")).await.unwrap();
    let id = uuid::Uuid::parse_str(&id).unwrap().to_string();
    let desk = world.at_the_desk(&administrator).await;
    let given = give(&desk, &id).await;
    let mut asked = request("ada");
    asked["reason"] = json!("step_up");
    let step_up = shop.post("/v1/challenges", asked).await.expect(201).text_at("/id");
    shop.verify(&step_up, &given).await.refused(422, "code_incorrect");
    let challenge = shop.challenge("ada").await.expect(201).text_at("/id");
    let approved = shop.verify(&challenge, &given).await.expect(200);
    assert_eq!(approved.json["result"]["method"], "recovery_code", "{}", approved.text);

    let given = give(&desk, &world.uuid_of(&support).await).await;
    let browser = world.browser();
    crate::page_sign_in::type_password(&browser, &support).await.leads_to("/sign-in/code");
    browser.form("/sign-in/code", &[("code", &given)]).await.expect(303);
    assert_ne!(browser.get("/admin").await.status, 200, "a recovery code opens no administration, and this is no more");
    let own = Person { secret: support.secret.clone(), ..support };
    let code = totp::code(&own.secret, world.fresh_step().await);
    browser.form("/security/prove", &[("code", &code), ("next", "/admin")]).await.leads_to("/admin");
}

on_both_databases![
    a_bypass_code_signs_in_once_and_does_nothing_else,
    a_bypass_code_ends,
    a_bypass_code_at_once_opens_one_door,
    a_bypass_code_is_for_signing_in_alone,
];
