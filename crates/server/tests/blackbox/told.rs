//! The person is told of everything that changes what protects them, by mail, in words that say when and where.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Browser;
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session, partial_token, strings, verify};
use crate::sent_codes::begin;
use crate::setup::status;
use crate::totp::code;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A session whose every call comes from one browser.
struct Own {
    browser: Browser,
    session: Session,
}

impl Own {
    async fn call(&self, method: Method, path: &str, body: Value) -> crate::client::Answer {
        let call = self.browser.call(method, path).header("user-agent", AGENT);
        call.bearer(&self.session.access).json(&body).send().await
    }

    async fn post(&self, path: &str, body: Value) -> crate::client::Answer {
        self.call(Method::POST, path, body).await
    }
}

/// Lets everybody there is be spoken to in another language than that of the program.
async fn everybody_speaks(world: &World, language: &str) {
    world.look.execute(&format!("UPDATE users SET locale = '{language}'")).await;
}

/// Waits for a mail of a kind and reads it: in which language, when, from where, with what, and no link to anywhere else.
async fn told(world: &World, to: &str, kind: &str, language: &str) {
    let mail = world.message(to, kind).await;
    assert_eq!(mail["locale"], language, "{kind}: {mail}");
    assert!(mail["html"].as_str().unwrap().contains(&format!("<html lang=\"{language}\"")), "{kind}: {mail}");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("UTC"), "{kind} says no time with its zone: {text}");
    assert!(text.contains("127.0.0.1") || mail["kind"].as_str().unwrap().starts_with("account_"), "{kind}: {text}");
    assert!(!mail["subject"].as_str().unwrap().is_empty(), "{mail}");
    for word in text.split_whitespace().filter(|word| word.contains("://")) {
        assert!(word.starts_with(world.base()), "{kind} leads to {word}");
    }
}

/// each change brings one mail of its own, to the address that was the person's before it.
async fn every_change_is_told(database: Database) {
    let world = World::start(database).await;
    let mut person = world.sign_up().await;
    everybody_speaks(&world, "de").await;
    world.enroll(&world.browser(), &mut person).await;
    told(&world, &person.email, "two_factor_enabled", "de").await;
    let own = Own { browser: world.browser(), session: world.sign_in(&world.browser(), &person).await };

    begin(&own.browser, &own.session, "sms", "+12025550190").await.expect(201);
    let sent = world.code_to("+12025550190", "setup_code", 1).await;
    own.post("/auth/2fa/verify-setup/", json!({ "code": sent })).await.expect(200);
    told(&world, &person.email, "factor_added", "de").await;
    let factors = status(&own.browser, &own.session).await.json["factors"].as_array().unwrap().clone();
    let number = factors.iter().find(|factor| factor["method"] == "sms").unwrap()["id"].as_str().unwrap().to_owned();
    own.call(Method::DELETE, &format!("/auth/2fa/factors/{number}/"), json!({})).await.expect(204);
    told(&world, &person.email, "factor_removed", "de").await;

    own.post("/auth/2fa/trusted-devices/", json!({})).await.expect(201);
    told(&world, &person.email, "trusted_device_added", "de").await;
    own.call(Method::DELETE, "/auth/2fa/trusted-devices/", json!({})).await.expect(204);
    told(&world, &person.email, "trust_revoked", "de").await;
    let made = own.post("/auth/2fa/recovery-codes/generate/", json!({})).await.expect(200);
    person.recovery_codes = strings(&made.json["recovery_codes"]);
    told(&world, &person.email, "recovery_codes_made", "de").await;
    use_up_seven(&world, &person).await;
    told(&world, &person.email, "recovery_code_used", "de").await;
    told(&world, &person.email, "recovery_codes_low", "de").await;
    let low = world.messages(&person.email).await;
    assert_eq!(low.iter().filter(|mail| mail["kind"] == "recovery_codes_low").count(), 1);

    let own = Own { browser: world.browser(), session: world.sign_in(&world.browser(), &person).await };
    own.call(Method::DELETE, "/auth/sessions/", json!({})).await.expect(204);
    told(&world, &person.email, "sessions_ended", "de").await;
    let new = "copper-Heron 31 under glass";
    let body = json!({ "current_password": PASSWORD, "new_password": new });
    own.post("/auth/password/change/", body).await.expect(204);
    told(&world, &person.email, "password_changed", "de").await;
    let address = world.new_address();
    own.post("/auth/email/change/", json!({ "new_email": address })).await.expect(202);
    told(&world, &person.email, "email_change_requested", "de").await;
    let link = world.message(&address, "email_change").await["link"].as_str().unwrap().to_owned();
    let body = json!({ "token": link.split_once("#token=").unwrap().1 });
    world.browser().post("/auth/email/change/confirm/", body).await.expect(200);
    told(&world, &person.email, "email_changed", "de").await;
    own.post("/auth/2fa/disable/", json!({ "code": person.recovery_codes[9] })).await.expect(200);
    told(&world, &address, "two_factor_disabled", "de").await;
    for mail in world.messages(&address).await {
        assert!(["email_change", "two_factor_disabled"].contains(&mail["kind"].as_str().unwrap()), "{mail}");
    }
}

/// Signs in with seven of the ten recovery codes.
async fn use_up_seven(world: &World, person: &Person) {
    let browser = world.browser();
    for code in &person.recovery_codes[..7] {
        verify(&browser, &partial_token(&browser, person).await, code).await.expect(200);
    }
}

/// a lock is told, and so is what an operator does.
async fn locks_and_operators_are_told_of(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    everybody_speaks(&world, "fr").await;
    for _ in 0..2 {
        let token = partial_token(&browser, &person).await;
        for _ in 0..5 {
            verify(&browser, &token, "not a code").await.refused(422, "code_incorrect");
        }
    }
    told(&world, &person.email, "account_locked", "fr").await;
    for (arguments, kind) in [
        (&["unlock"][..], "account_unlocked"),
        (&["disable"], "account_disabled"),
        (&["enable"], "account_enabled"),
        (&["reset-2fa", "--reason", "lost phone"], "two_factor_reset"),
        (&["delete"], "account_deleted"),
    ] {
        let all = [&["user"], &arguments[..1], &[person.email.as_str()], &arguments[1..], &["--yes"]].concat();
        let output = world.cli(&all, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(world.message(&person.email, kind).await["locale"], "fr", "{kind}");
    }
}

/// Product.md section 7, R-23: a sign-in with another browser is told once, with and without a factor; the first one, a
/// known one and one that is refused are not.
async fn a_sign_in_with_another_browser_is_told(database: Database) {
    let world = World::start(database).await;
    let sign_in = async |person: &Person, agent: &str| {
        let login = json!({ "email": person.email, "password": person.password });
        let call = world.browser().submit("/auth/login/").header("user-agent", agent).json(&login);
        let answer = call.send().await.expect(200);
        if answer.json["requires_2fa"] == true {
            let token = answer.text_at("/partial_token");
            let now = world.fresh_step().await;
            for (code, status) in [("not a code".to_owned(), 422), (code(&person.secret, now), 200)] {
                let body = json!({ "partial_token": token, "code": code });
                let call = world.browser().submit("/auth/2fa/verify/").header("user-agent", agent).json(&body);
                call.send().await.expect(status);
            }
        }
    };
    let count = async |person: &Person| {
        let mails = world.messages(&person.email).await;
        mails.iter().filter(|mail| mail["kind"] == "new_sign_in").count()
    };
    let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                  Version/18.0 Mobile/15E148 Safari/604.1";
    let people = [world.add_person(None), world.add_person_with_totp()];
    everybody_speaks(&world, "ar").await;
    for person in people {
        for agent in [AGENT, AGENT, &AGENT.replace("140.0", "151.0")] {
            sign_in(&person, agent).await;
        }
        sign_in(&person, safari).await;
        told(&world, &person.email, "new_sign_in", "ar").await;
        let mail = world.message(&person.email, "new_sign_in").await;
        assert!(mail["text"].as_str().unwrap().contains("Safari"), "{mail}");
        for agent in [safari, AGENT] {
            sign_in(&person, agent).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!(count(&person).await, 1);
        world.advance(91 * 24 * 3600).await;
    }
}

on_both_databases![every_change_is_told, locks_and_operators_are_told_of, a_sign_in_with_another_browser_is_told];
