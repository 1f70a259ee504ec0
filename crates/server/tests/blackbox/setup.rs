//! Enrolling an authenticator: pending until proven, apart from what works, and only for a session that may.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, login, partial_token, strings, verify};
use crate::totp::{code, wrong_code};

pub(crate) async fn begin(browser: &Browser, session: &Session) -> Answer {
    browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await
}

pub(crate) async fn confirm(browser: &Browser, session: &Session, code: &str) -> Answer {
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await
}

pub(crate) async fn status(browser: &Browser, session: &Session) -> Answer {
    browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200)
}

/// The value of a parameter of an otpauth URI, once; fails when it is there twice.
#[track_caller]
pub(crate) fn parameter(uri: &str, name: &str) -> String {
    let uri = url::Url::parse(uri).unwrap();
    let all: Vec<String> =
        uri.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect();
    assert_eq!(all.len(), 1, "{name} in {uri}");
    all.into_iter().next().unwrap()
}

/// The whole road: the fields the contract names, ten codes with the first factor, none with the next.
async fn the_road_to_two_authenticators(database: Database) {
    let world = World::start(database).await;
    let mut person = world.sign_up().await;
    let browser = world.browser();
    let first = login(&browser, &person).await.expect(200);
    assert_eq!(first.json["requires_2fa"], false);
    assert_eq!(first.json["reason"], "no_factor");
    assert_eq!(first.json["tokens"]["token_type"], "Bearer");
    assert_eq!(first.json["tokens"]["expires_in"], 600);
    assert_eq!(first.json["user"]["email"], person.email);
    assert_eq!(first.json["user"]["email_verified"], true);
    let session = Session::of(&first);
    let before = status(&browser, &session).await;
    assert_eq!(before.json["is_enabled"], false);
    assert_eq!(before.json["factors"], json!([]));
    assert_eq!(before.json["recovery_codes_remaining"], 0);
    assert!(before.json["fresh_until"].is_string(), "{}", before.text);

    let body = json!({ "method": "totp", "label": "Work phone" });
    let setup = browser.post_as(&session.access, "/auth/2fa/setup/", body).await.expect(201);
    assert_eq!(setup.json["method"], "totp");
    for field in ["enrollment_id", "factor_id", "secret", "qr_code", "qr_code_image", "expires_at"] {
        assert!(setup.json[field].is_string(), "{field}: {}", setup.text);
    }
    person.secret = setup.text_at("/secret");
    let now = world.fresh_step().await;
    let confirmed = confirm(&browser, &session, &code(&person.secret, now)).await.expect(200);
    assert_eq!(confirmed.json["enabled"], true);
    assert_eq!(confirmed.json["method"], "totp");
    assert_eq!(confirmed.json["factor_id"], setup.json["factor_id"]);
    let codes = strings(&confirmed.json["recovery_codes"]);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
    for code in &codes {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(groups.len() == 3 && groups.iter().all(|group| group.len() == 4), "{code}");
    }
    let after = status(&browser, &session).await;
    assert_eq!(after.json["is_enabled"], true);
    assert_eq!(after.json["preferred_method"], "totp");
    assert_eq!(after.json["recovery_codes_remaining"], 10);
    assert_eq!(after.json["factors"][0]["label"], "Work phone");
    assert_eq!(after.json["factors"][0]["preferred"], true);

    let second = begin(&browser, &session).await.expect(201);
    let code = code(&second.text_at("/secret"), now);
    let confirmed = confirm(&browser, &session, &code).await.expect(200);
    assert_eq!(confirmed.json["recovery_codes"], json!([]));
    let after = status(&browser, &session).await;
    assert_eq!(after.json["factors"].as_array().unwrap().len(), 2);
    assert_eq!(after.json["recovery_codes_remaining"], 10);
    // Either authenticator signs in.
    let now = world.fresh_step().await;
    for secret in [&person.secret, &second.text_at("/secret")] {
        let token = partial_token(&browser, &person).await;
        verify(&browser, &token, &crate::totp::code(secret, now)).await.expect(200);
    }
}

/// every set-up draws a secret of 160 bits of its own, and the URI says all an authenticator must know.
async fn every_setup_draws_its_own_secret(database: Database) {
    let issuer = "Tea & Toast? 100%";
    let world = World::on(database).with("TWOFA_ISSUER_NAME", issuer).start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let mut secrets = BTreeSet::new();
    for _ in 0..40 {
        let setup = begin(&browser, &session).await.expect(201);
        let secret = setup.text_at("/secret");
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32 without padding");
        assert!(bytes.len() >= 20, "{} bytes", bytes.len());
        let uri = setup.text_at("/qr_code");
        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(!uri.contains(' ') && uri.is_ascii(), "{uri}");
        assert_eq!(parameter(&uri, "secret"), secret);
        assert_eq!(parameter(&uri, "issuer"), issuer);
        for (name, value) in [("algorithm", "SHA1"), ("digits", "6"), ("period", "30")] {
            assert_eq!(parameter(&uri, name), value);
        }
        let label = uri["otpauth://totp/".len()..].split('?').next().unwrap();
        let label: String = url::form_urlencoded::parse(format!("x={}", label.replace('+', "%2B")).as_bytes())
            .map(|(_, value)| value.into_owned())
            .collect();
        assert_eq!(label.replace(": ", ":"), format!("{issuer}:{}", person.email));
        assert!(secrets.insert(secret), "a secret came twice");
    }
}

/// an account name that tries to be a query stays a name.
async fn an_account_name_cannot_write_into_the_uri(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for local in ["a?secret=AAAA&issuer=Evil", "50%25", "a+b", "x#y", "o'hara"] {
        let email = format!("{local}@example.com");
        let answer =
            browser.post("/auth/signup/", json!({ "email": email, "password": crate::people::PASSWORD })).await;
        if answer.status != 201 {
            assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
            continue;
        }
        let token = world.verification_token(&email).await;
        browser.post("/auth/verify-email/", json!({ "token": token })).await.expect(200);
        let answer = crate::people::login_with(&browser, &email, crate::people::PASSWORD).await.expect(200);
        let setup = begin(&browser, &Session::of(&answer)).await.expect(201);
        let uri = setup.text_at("/qr_code");
        assert_eq!(parameter(&uri, "secret"), setup.text_at("/secret"));
        assert_eq!(parameter(&uri, "issuer"), "Twinlock");
        assert!(!uri.contains('#'), "{uri}");
    }
    for email in [
        "a\nb@example.com",
        "a\r\nBcc: x@example.com",
        "a\u{202e}b@example.com",
        &format!("{}@example.com", "a".repeat(2000)),
    ] {
        let body = json!({ "email": email, "password": crate::people::PASSWORD });
        let answer = browser.post("/auth/signup/", body).await;
        assert!(matches!(answer.status, 400 | 422), "{email:?}: {} {}", answer.status, answer.text);
    }
    let person = world.add_person(None);
    let session = Session::of(&login(&browser, &person).await.expect(200));
    for label in ["line\nbreak", "nul\0", "\u{1b}[31m", &"x".repeat(2000)] {
        let body = json!({ "method": "totp", "label": label });
        let answer = browser.post_as(&session.access, "/auth/2fa/setup/", body).await;
        assert!(matches!(answer.status, 400 | 422), "{label:?}: {} {}", answer.status, answer.text);
    }
}

/// a set-up begun again changes nothing before its proof.
async fn the_working_secret_stays_until_the_new_one_is_proven(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let before = status(&browser, &session).await;
    let setup = begin(&browser, &session).await.expect(201);
    assert_eq!(status(&browser, &session).await.json["factors"], before.json["factors"]);

    let now = world.fresh_step().await;
    let answer = login(&browser, &person).await.expect(200);
    assert_eq!(answer.json["method"], "totp");
    assert_eq!(answer.json["methods"].as_array().unwrap().len(), 1);
    let token = answer.text_at("/partial_token");
    verify(&browser, &token, &code(&setup.text_at("/secret"), now)).await.refused(422, "code_incorrect");
    verify(&browser, &token, &code(&person.secret, now)).await.expect(200);
}

/// half a login may not set anything up.
async fn a_partial_token_sets_nothing_up(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    for (path, body) in [
        ("/auth/2fa/setup/", json!({ "method": "totp" })),
        ("/auth/2fa/verify-setup/", json!({ "code": code(&person.secret, world.fresh_step().await) })),
    ] {
        browser.post_as(&token, path, body.clone()).await.refused(401, "token_invalid");
        let cookie = format!("twinlock_refresh={token}; twinlock_session={token}; twinlock_device={token}");
        browser.submit(path).header("cookie", cookie).json(&body).send().await.refused(401, "token_invalid");
        browser.submit(path).header("x-token", &token).json(&body).send().await.refused(401, "token_invalid");
        let mut within = body;
        within["partial_token"] = json!(token);
        let answer = browser.post(path, within).await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.text);
    }
}

/// the steps of a set-up come in their order, and a refusal changes nothing.
async fn no_step_of_a_setup_can_be_skipped(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let before = status(&browser, &session).await.json;
    confirm(&browser, &session, "123456").await.refused(409, "no_pending_setup");
    let call = |body| browser.post_as(&session.access, "/auth/2fa/verify-setup/", body);
    call(json!({ "code": "123456", "factor_id": uuid::Uuid::nil() })).await.expect_problem();
    call(json!({})).await.refused(400, "invalid_request");
    for body in [
        json!({ "method": "sms" }),
        json!({ "method": "email" }),
        json!({ "method": "sms", "email": person.email }),
        json!({ "method": "email", "phone_number": "+12025550167" }),
        json!({ "method": "totp", "phone_number": "+12025550167" }),
    ] {
        browser.post_as(&session.access, "/auth/2fa/setup/", body).await.refused(400, "invalid_request");
    }
    for method in ["", "TOTP", "passkey", "totp\0"] {
        let body = json!({ "method": method });
        browser.post_as(&session.access, "/auth/2fa/setup/", body).await.refused(400, "invalid_request");
    }
    let setup = begin(&browser, &session).await.expect(201);
    let secret = setup.text_at("/secret");
    let now = world.fresh_step().await;
    confirm(&browser, &session, &wrong_code(&secret, now)).await.refused(422, "code_incorrect");
    let mut after = status(&browser, &session).await.json;
    after["fresh_until"] = before["fresh_until"].clone();
    assert_eq!(before, after);
    confirm(&browser, &session, &code(&secret, now)).await.expect(200);
    confirm(&browser, &session, &code(&secret, now)).await.refused(409, "no_pending_setup");
}

on_both_databases![
    the_road_to_two_authenticators,
    the_working_secret_stays_until_the_new_one_is_proven,
    a_partial_token_sets_nothing_up,
    no_step_of_a_setup_can_be_skipped
];
on_sqlite![every_setup_draws_its_own_secret, an_account_name_cannot_write_into_the_uri];
