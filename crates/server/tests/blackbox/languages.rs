//! People are spoken to in the language of the browser that last signed them in, and in no other that somebody asks for.

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session};
use crate::totp;

async fn post(browser: &Browser, path: &str, language: Option<&str>, body: Value) -> Answer {
    let call = browser.submit(path).json(&body);
    match language {
        Some(language) => call.header("accept-language", language).send().await,
        None => call.send().await,
    }
}

async fn login(browser: &Browser, person: &Person, language: Option<&str>) -> Answer {
    let body = json!({ "email": person.email, "password": person.password, "refresh_in_body": true });
    post(browser, "/auth/login/", language, body).await.expect(200)
}

/// The language and the subject of the newest mail of a kind.
async fn told(world: &World, email: &str, kind: &str) -> (String, String) {
    let message = world.message(email, kind).await;
    (message["locale"].as_str().unwrap().to_owned(), message["subject"].as_str().unwrap().to_owned())
}

/// The newest message, once there are more than before.
async fn newer(world: &World, email: &str, before: usize) -> Value {
    for _ in 0..300 {
        let messages = world.messages(email).await;
        if messages.len() > before {
            return messages[0].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    panic!("nothing came");
}

/// S14: the language of the request that signs up, of the one that verifies, and of each finished sign-in; none of them if
/// the browser asks for none there are words in.
async fn mail_is_in_the_language_of_the_browser_that_signed_in(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let email = world.new_address();
    let body = json!({ "email": email, "password": PASSWORD });
    post(&browser, "/auth/signup/", Some("de-AT, en;q=0.5"), body.clone()).await.expect(201);
    let (locale, subject) = told(&world, &email, "email_verification").await;
    assert!(locale == "de" && subject.starts_with("Bestätigen Sie"), "{locale}: {subject}");
    let token = world.verification_token(&email).await;
    post(&browser, "/auth/verify-email/", Some("zh, fr;q=0.2"), json!({ "token": token })).await.expect(200);

    let person = Person { email, password: PASSWORD.to_owned(), secret: String::new(), recovery_codes: vec![] };
    // Whoever signs up with a taken address does not choose the language of its owner.
    post(&browser, "/auth/signup/", Some("es"), body).await.expect(201);
    let (locale, subject) = told(&world, &person.email, "account_exists").await;
    assert!(locale == "fr" && subject.starts_with("Vous avez déjà"), "{locale}: {subject}");

    for (language, locale, begins) in [
        (Some("ar-EG,ar;q=0.9,en;q=0.8"), "ar", "سُجّل خروجك"),
        (None, "ar", "سُجّل خروجك"),
        (Some("ja"), "ar", "سُجّل خروجك"),
        (Some("es-419"), "es", "Se cerró su sesión"),
    ] {
        let access = Session::of(&login(&browser, &person, language).await).access;
        let before = world.messages(&person.email).await.len();
        browser.call(reqwest::Method::DELETE, "/auth/sessions/").bearer(&access).send().await.expect(204);
        let message = newer(&world, &person.email, before).await;
        assert_eq!((&message["kind"], &message["locale"]), (&json!("sessions_ended"), &json!(locale)), "{language:?}");
        assert!(message["subject"].as_str().unwrap().starts_with(begins), "{message}");
        let direction = if locale == "ar" { "dir=\"rtl\"" } else { "dir=\"ltr\"" };
        assert!(message["html"].as_str().unwrap().contains(&format!("<html lang=\"{locale}\" {direction}>")));
    }
}

/// S14, R-24: the password alone does not choose the language in which its owner is warned; the second factor does.
async fn half_a_sign_in_chooses_no_language(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    let begun = login(&browser, &person, Some("ar")).await;
    let token = begun.text_at("/partial_token");
    for _ in 0..3 {
        let body = json!({ "partial_token": token, "code": "000000" });
        post(&browser, "/auth/2fa/verify/", Some("ar"), body).await.refused(422, "code_incorrect");
    }
    assert_eq!(told(&world, &person.email, "wrong_codes").await.0, "en");
    let body = json!({ "partial_token": token, "code": totp::code(&person.secret, world.fresh_step().await), "remember_me": true });
    post(&browser, "/auth/2fa/verify/", Some("de"), body).await.expect(200);
    assert_eq!(told(&world, &person.email, "trusted_device_added").await.0, "de");
    assert_eq!(world.look.count("SELECT count(*) FROM users WHERE locale = 'de'").await, 1);
}

on_both_databases! {
    mail_is_in_the_language_of_the_browser_that_signed_in,
    half_a_sign_in_chooses_no_language,
}
