//! The backup address: proved by a link, told of everything, able to do nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session, login, partial_token, verify};
use crate::setup::status;
use crate::totp::wrong_code;

const CALL: &str = "/auth/2fa/backup-email/";
const NEW_PASSWORD: &str = "copper-Heron 31 under glass";

async fn ask(browser: &Browser, session: &Session, email: Value) -> Answer {
    browser.post_as(&session.access, CALL, json!({ "email": email })).await
}

async fn confirm(browser: &Browser, token: &str) -> Answer {
    browser.post("/auth/2fa/backup-email/confirm/", json!({ "token": token })).await
}

/// The token of the link that went to an address.
async fn token(world: &World, to: &str) -> String {
    let link = world.message(to, "backup_email").await["link"].as_str().expect("a link").to_owned();
    let start = format!("{}/backup-email#token=", world.base());
    link.strip_prefix(&start).unwrap_or_else(|| panic!("{link}")).to_owned()
}

/// Has copies sent to an address nobody had before.
async fn set(world: &World, browser: &Browser, session: &Session) -> String {
    let backup = world.new_address();
    ask(browser, session, json!(backup)).await.expect(202);
    confirm(browser, &token(world, &backup).await).await.expect(200);
    backup
}

/// Somebody without a factor, signed in and fresh.
async fn somebody(world: &World) -> (Person, Browser, Session) {
    let (person, browser) = (world.add_person(None), world.browser());
    let session = Session::of(&login(&browser, &person).await.expect(200));
    (person, browser, session)
}

/// The kinds of the messages to an address, oldest first.
async fn kinds(world: &World, to: &str) -> Vec<String> {
    let messages = world.messages(to).await;
    messages.iter().rev().map(|message| message["kind"].as_str().unwrap().to_owned()).collect()
}

/// Product.md section 3, R-23: the address is proved before it counts, shown masked, and replaced by the next one; whoever
/// loses it is told there. Nothing readable of it rests in the database or stands in the log.
async fn an_address_counts_once_it_is_proved(database: Database) {
    let world = World::on(database).with("TWINLOCK_LOG", "trace").in_cluster().start().await;
    let (person, browser, session) = somebody(&world).await;
    let first = world.new_address();
    assert_eq!(ask(&browser, &session, json!(first)).await.expect(202).text, "");
    let proof = token(&world, &first).await;
    assert_eq!(status(&browser, &session).await.json["backup_email"], Value::Null);
    browser.get("/backup-email").await.expect(200);
    let elsewhere = world.browser_at(1);
    let answer = confirm(&elsewhere, &proof).await.expect(200);
    assert_eq!(answer.json, json!({ "status": "verified" }));
    answer.holds_no_session();
    assert_eq!(status(&browser, &session).await.text_at("/backup_email"), "p***@e***.com");
    confirm(&browser, &proof).await.refused(401, "token_invalid");
    world.message(&person.email, "backup_email_changed").await;

    let second = set(&world, &browser, &session).await;
    let told = world.message(&first, "backup_email_changed").await;
    assert!(told["text"].as_str().unwrap().contains("p***@e***.com"), "{told}");
    let dump = world.look.dump_without(&["mailbox"]).await.to_lowercase();
    let logs = world.logs().to_lowercase();
    for (place, text) in [("database", &dump), ("log", &logs)] {
        for form in [&first, &second].into_iter().flat_map(|secret| crate::leaks::forms(secret)) {
            assert!(!text.contains(&form), "{place} holds a backup address");
        }
    }

    assert_eq!(ask(&browser, &session, Value::Null).await.expect(204).text, "");
    assert_eq!(status(&browser, &session).await.json["backup_email"], Value::Null);
    world.message(&person.email, "backup_email_removed").await;
    world.message(&second, "backup_email_removed").await;
    ask(&browser, &session, Value::Null).await.expect(204);
    assert_eq!(kinds(&world, &first).await, ["backup_email", "backup_email_changed"]);
    assert_eq!(kinds(&world, &second).await, ["backup_email", "backup_email_removed"]);
    for (action, count) in [("backup_email_requested", 2), ("backup_email_changed", 2), ("backup_email_removed", 2)] {
        assert_eq!(world.audit_count(&person, action, true).await, count, "{action}");
    }
}

/// every notice has a copy that says whose it is; no code goes there, and no link but its own.
async fn the_address_hears_of_everything_and_can_do_nothing(database: Database) {
    let world = World::start(database).await;
    let mut person = world.sign_up().await;
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let backup = set(&world, &browser, &session).await;
    let before = kinds(&world, &person.email).await.len();
    let session = world.enroll(&browser, &mut person).await;
    let make = "/auth/2fa/recovery-codes/generate/";
    let codes = browser.post_as(&session.access, make, json!({})).await.expect(200);
    let recovery = codes.text_at("/recovery_codes/0");
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &recovery).await.expect(200);
    for _ in 0..2 {
        let token = partial_token(&browser, &person).await;
        for _ in 0..5 {
            let wrong = wrong_code(&person.secret, world.now().await);
            verify(&browser, &token, &wrong).await.refused(422, "code_incorrect");
        }
    }
    browser.post("/auth/password/reset/request/", json!({ "email": person.email })).await.expect(202);
    let link = world.message(&person.email, "password_reset").await["link"].as_str().unwrap().to_owned();
    let body = json!({ "token": link.split_once("#token=").unwrap().1, "new_password": NEW_PASSWORD });
    browser.post("/auth/password/reset/confirm/", body).await.expect(204);
    let output = world.cli(&["user", "delete", &person.email, "--yes"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.message(&backup, "account_deleted").await;
    world.message(&person.email, "account_deleted").await;

    let mut main = kinds(&world, &person.email).await.split_off(before);
    main.retain(|kind| kind != "password_reset");
    let mut copies = kinds(&world, &backup).await.split_off(1);
    for kind in [
        "two_factor_enabled",
        "recovery_codes_made",
        "recovery_code_used",
        "wrong_codes",
        "account_locked",
        "password_changed",
    ] {
        assert!(main.iter().any(|told| told == kind), "no {kind} in {main:?}");
    }
    main.sort_unstable();
    copies.sort_unstable();
    assert_eq!(copies, main);
    for message in world.messages(&backup).await.iter().filter(|message| message["kind"] != "backup_email") {
        assert!(message["code"].is_null() && message["link"].is_null(), "{message}");
        let text = message["text"].as_str().unwrap();
        assert!(text.contains("Backup address of: ") && !text.contains("#token="), "{text}");
        assert!(!text.contains(&person.email), "{text}");
    }
    assert_eq!(world.look.count("SELECT count(*) FROM two_factor_settings WHERE backup_email IS NOT NULL").await, 0);
}

/// what is asked without a fresh proof, for no address, or proved with any other token, is refused.
async fn what_proves_nothing_changes_nothing(database: Database) {
    let world = World::start(database).await;
    let (person, browser, session) = somebody(&world).await;
    for body in [json!({}), json!({ "email": 7 }), json!({ "email": "" }), json!({ "email": null, "x": 1 })] {
        browser.post_as(&session.access, CALL, body).await.refused(400, "invalid_request");
    }
    let own = person.email.to_uppercase();
    for (email, reason) in [("nobody", "malformed"), ("ä@example.com", "not_ascii"), (own.as_str(), "same_address")] {
        let answer = ask(&browser, &session, json!(email)).await.refused(422, "email_rejected");
        assert_eq!(answer.json["reason"], reason, "{email}");
    }
    browser.post(CALL, json!({ "email": "a@example.com" })).await.refused(401, "token_invalid");

    // An address may be somebody's already: nothing is said about it, and it is nobody's way in.
    let owner = world.add_person(None);
    ask(&browser, &session, json!(owner.email)).await.expect(202);
    let replaced = token(&world, &owner.email).await;
    let backup = world.new_address();
    ask(&browser, &session, json!(backup)).await.expect(202);
    let waiting = token(&world, &backup).await;
    let new_address = world.new_address();
    let change = json!({ "new_email": new_address });
    browser.post_as(&session.access, "/auth/email/change/", change).await.expect(202);
    let foreign = world.message(&new_address, "email_change").await["link"].as_str().unwrap().to_owned();
    let foreign = foreign.split_once("#token=").unwrap().1;
    for token in [replaced.as_str(), foreign, session.refresh.as_str(), "x"] {
        confirm(&browser, token).await.refused(401, "token_invalid");
    }
    for path in ["/auth/email/change/confirm/", "/auth/verify-email/", "/auth/2fa/unlock/"] {
        browser.post(path, json!({ "token": waiting })).await.refused(401, "token_invalid");
    }
    browser.post("/auth/2fa/backup-email/confirm/", json!({})).await.refused(400, "invalid_request");
    world.advance(24 * 3600 + 1).await;
    confirm(&browser, &waiting).await.refused(401, "token_invalid");

    let session = Session::of(&login(&browser, &person).await.expect(200));
    world.advance(301).await;
    ask(&browser, &session, json!(world.new_address())).await.refused(403, "step_up_required");
    ask(&browser, &session, Value::Null).await.refused(403, "step_up_required");
    assert_eq!(status(&browser, &session).await.json["backup_email"], Value::Null);
}

/// a new password ends the link that waits, so does a removal; of eight confirmations at once one wins; an
/// address gets five mails an hour.
async fn links_are_few_and_work_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (_, browser, session) = somebody(&world).await;
    let backup = world.new_address();
    ask(&browser, &session, json!(backup)).await.expect(202);
    let dead = token(&world, &backup).await;
    ask(&browser, &session, Value::Null).await.expect(204);
    confirm(&browser, &dead).await.refused(401, "token_invalid");
    let other = world.new_address();
    ask(&browser, &session, json!(other)).await.expect(202);
    let dead = token(&world, &other).await;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
    browser.post_as(&session.access, "/auth/password/change/", body).await.expect(204);
    confirm(&browser, &dead).await.refused(401, "token_invalid");

    let other = world.new_address();
    for _ in 0..7 {
        ask(&browser, &session, json!(other)).await.expect(202);
    }
    let patience = Instant::now() + Duration::from_secs(20);
    while kinds(&world, &other).await.len() < 5 && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let newest = token(&world, &other).await;
    let calls = (0..8)
        .map(|turn| world.browser_at(turn).submit("/auth/2fa/backup-email/confirm/").json(&json!({ "token": newest })));
    let answers = world.burst(calls.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.refused(401, "token_invalid");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(kinds(&world, &other).await, ["backup_email"; 5]);
}

on_both_databases![
    an_address_counts_once_it_is_proved,
    the_address_hears_of_everything_and_can_do_nothing,
    what_proves_nothing_changes_nothing,
    links_are_few_and_work_once,
];
