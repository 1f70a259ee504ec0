//! Secrets stay where they belong: in no log, metric, table, answer or message that they are not for.

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Session, login, login_with, partial_token, refresh, verify};
use crate::totp::{code, wrong_code};

/// The ways a text may stand in a dump in which everything is lower case: as it is, in hexadecimal, in base64.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_lowercase(), data_encoding::HEXLOWER.encode(secret.as_bytes())];
    forms.push(data_encoding::BASE64_NOPAD.encode(secret.as_bytes()).to_lowercase());
    if let Ok(bytes) = data_encoding::BASE64URL_NOPAD.decode(secret.as_bytes()) {
        forms.push(data_encoding::HEXLOWER.encode(&bytes));
    }
    if let Ok(bytes) = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()) {
        forms.push(data_encoding::HEXLOWER.encode(&bytes));
    }
    forms
}

/// with everything logged, no secret of a person's whole life here stands in a log, a metric or a table.
async fn no_secret_leaves_its_place(database: Database) {
    let world = World::on(database).with("TWINLOCK_LOG", "trace").with("TWINLOCK_LOG_FORMAT", "json").start().await;
    let browser = world.browser();
    let mut secrets: Vec<String> = vec![PASSWORD.to_owned()];
    let mut codes = Vec::new();

    let mut person = world.sign_up().await;
    secrets.push(world.verification_token(&person.email).await);
    let waiting = world.new_address();
    let pending = "Canary pending 1893 password";
    browser.post("/auth/signup/", json!({ "email": waiting, "password": pending })).await.expect(201);
    browser.post("/auth/verify-email/resend/", json!({ "email": waiting })).await.expect(202);
    secrets.extend([pending.to_owned(), world.verification_token(&waiting).await]);
    let wrong = "Canary wrong 4471 password";
    login_with(&browser, &person.email, wrong).await.refused(401, "credentials_invalid");
    login_with(&browser, wrong, wrong).await.expect_problem();
    secrets.push(wrong.to_owned());

    let first = world.enroll(&browser, &mut person).await;
    secrets.extend([first.access.clone(), first.refresh.clone(), person.secret.clone()]);
    secrets.extend(person.recovery_codes.iter().cloned());
    let token = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    codes.extend([wrong_code(&person.secret, now), code(&person.secret, now)]);
    verify(&browser, &token, &codes[0]).await.refused(422, "code_incorrect");
    let odd = "CANARY-CODE-0000-7788";
    verify(&browser, &token, odd).await.refused(422, "code_incorrect");
    let second = Session::of(&verify(&browser, &token, &codes[1]).await.expect(200));
    let other = partial_token(&browser, &person).await;
    verify(&browser, &other, &person.recovery_codes[0]).await.expect(200);
    verify(&browser, &partial_token(&browser, &person).await, &person.recovery_codes[0])
        .await
        .refused(422, "code_incorrect");
    let third = Session::of(&refresh(&browser, &second.refresh).await.expect(200));
    let setup = browser.post_as(&third.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    secrets.push(setup.text_at("/secret"));
    secrets.extend([odd.to_owned(), token, other]);
    for session in [second, third] {
        secrets.extend([session.access, session.refresh]);
    }
    let body = json!({ "email": person.email, "password": person.password });
    let by_cookie = world.browser();
    by_cookie.post("/auth/login/", body).await.expect(200);
    // What a client sends in the wrong place is as secret as in the right one.
    let lost = "CanaryInTheWrongPlace55";
    by_cookie.get(&format!("/auth/2fa/status/?access_token={lost}")).await.expect_problem();
    by_cookie
        .request("/auth/2fa/status/")
        .bearer(lost)
        .header("cookie", format!("twinlock_refresh={lost}"))
        .send()
        .await;
    by_cookie
        .submit("/auth/login/")
        .raw_json(format!("{{\"email\":\"{lost}\",\"password\":{{\"{lost}\":1"))
        .send()
        .await;
    by_cookie
        .post("/auth/login/", json!({ "email": "a@example.com", "password": "x", lost: lost }))
        .await
        .expect_problem();
    browser.post("/auth/logout/", json!({ "refresh": first.refresh })).await;

    let logs = world.logs();
    assert!(logs.lines().count() > 30, "the log is on: {} lines", logs.lines().count());
    let metrics = world.browser().get("/metrics").await.text;
    let status = world.cli(&["keys", "status"], "");
    let status = format!("{}{}", String::from_utf8_lossy(&status.stdout), String::from_utf8_lossy(&status.stderr));
    let dump = world.look.dump_without(&["mailbox"]).await;
    if let Some(keys) = world.setting("TWINLOCK_KEYS") {
        secrets.push(keys.to_owned());
    } else {
        secrets.extend(std::fs::read_to_string(world.path().join("twinlock.keys")).unwrap().lines().map(str::to_owned));
    }
    for (place, text) in [("log", logs), ("metrics", metrics), ("keys status", status), ("database", dump)] {
        let text = text.to_lowercase();
        for secret in secrets.iter().filter(|secret| secret.len() >= 12) {
            for form in forms(secret) {
                assert!(!text.contains(&form), "{place} holds {secret} as {form}");
            }
        }
        if place == "log" {
            for code in &codes {
                let quoted = [format!("\"{code}\""), format!(" {code} "), format!("={code}")];
                assert!(!quoted.iter().any(|form| text.contains(form)), "the log holds the code {code}");
            }
            assert!(!text.contains(&lost.to_lowercase()), "the log holds what a client put into the wrong place");
        }
    }
}

/// no answer holds more than it must, whatever is asked for.
async fn no_answer_says_more_than_it_must(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    let secret = &person.secret;
    let mut answers = vec![browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200)];
    for query in ["fields=*", "debug=1", "return_code=true", "include=secret", "expand=factors.secret"] {
        answers.push(browser.get_as(&session.access, &format!("/auth/2fa/status/?{query}")).await);
    }
    answers.push(login(&browser, &person).await.expect(200));
    let token = partial_token(&browser, &person).await;
    answers.push(browser.post("/auth/2fa/challenge/", json!({ "partial_token": token })).await.expect(200));
    answers.push(verify(&browser, &token, "000000").await);
    for path in
        ["/openapi.json", "/.well-known/jwks.json", "/healthz", "/readyz", "/metrics", "/dev/mailbox", "/nowhere"]
    {
        answers.push(browser.get(path).await);
    }
    for answer in &answers {
        let text = answer.text.to_lowercase();
        for hidden in person.recovery_codes.iter().chain([secret]) {
            assert!(!text.contains(&hidden.to_lowercase()), "{}: {}", answer.what, answer.text);
        }
        for word in ["argon2", "password_hash", "code_hash", "last_used_step", "panicked", "sqlstate"] {
            assert!(!text.contains(word), "{} says {word}: {}", answer.what, answer.text);
        }
    }
    let status = &answers[0];
    let known = [
        "is_enabled",
        "preferred_method",
        "factors",
        "recovery_codes_remaining",
        "trusted_devices",
        "locked_until",
        "backup_email",
        "fresh_until",
    ];
    for field in status.json.as_object().unwrap().keys() {
        assert!(known.contains(&field.as_str()), "{field} is not in the contract");
    }
    let factor = ["id", "method", "label", "destination", "preferred", "created_at", "last_used_at"];
    for field in status.json["factors"][0].as_object().unwrap().keys() {
        assert!(factor.contains(&field.as_str()), "{field} is not in the contract");
    }
}

on_both_databases![no_secret_leaves_its_place];
on_sqlite![no_answer_says_more_than_it_must];
