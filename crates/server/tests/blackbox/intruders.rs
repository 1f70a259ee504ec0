//! What somebody tries who holds a part of an account: a stolen session, a known password, a link, an id, a name to hurt with.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Person, Session, login, login_with, partial_token, refresh, verify};
use crate::sent_codes::send_again;
use crate::setup::{begin, confirm};
use crate::tokens::claims;
use crate::totp::{code, wrong_codes};

/// A hostile browser: markup, a template, a line of its own, and directions.
const AGENT: &str = "\"><img src=x onerror=alert(1)><svg/onload=alert(2)> {{7*7}} =cmd|' /C calc'!A0";

async fn ask_for(world: &World, browser: &Browser, session: &Session, new: &str) -> String {
    let body = json!({ "new_email": new });
    browser.post_as(&session.access, "/auth/email/change/", body).await.expect(202);
    let link = world.message(new, "email_change").await["link"].as_str().unwrap().to_owned();
    link.split_once("#token=").unwrap().1.to_owned()
}

async fn remove(browser: &Browser, session: &Session, path: &str) -> Answer {
    browser.call(Method::DELETE, path).bearer(&session.access).send().await
}

/// who asked for another address with a stolen session gets it no more once its owner has ended that session, however.
async fn a_stolen_session_takes_its_link_along(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for ending in 0..5 {
        let person = world.add_person_with_totp();
        let stolen = world.sign_in(&browser, &person).await;
        let own = world.sign_in(&browser, &person).await;
        let link = ask_for(&world, &browser, &stolen, &format!("intruder{ending}@example.net")).await;
        world.message(&person.email, "email_change_requested").await;
        match ending {
            0 => drop(remove(&browser, &own, "/auth/sessions/").await.expect(204)),
            1 => {
                let id = claims(&stolen.access)["sid"].as_str().unwrap().to_owned();
                remove(&browser, &own, &format!("/auth/sessions/{id}/")).await.expect(204);
            }
            2 => {
                let secret = begin(&browser, &own).await.expect(201).text_at("/secret");
                confirm(&browser, &own, &code(&secret, world.now().await)).await.expect(200);
            }
            3 => {
                // Whoever of the two shows the older token.
                refresh(&browser, &stolen.refresh).await.expect(200);
                refresh(&browser, &stolen.refresh).await.refused(401, "token_invalid");
            }
            _ => drop(browser.post("/auth/logout/", json!({ "refresh": stolen.refresh })).await.expect(204)),
        }
        let body = json!({ "token": link });
        browser.post("/auth/email/change/confirm/", body).await.refused(401, "token_invalid");
        world.sign_in(&browser, &person).await;
    }
}

/// the last factor that is a way in stays, though there be others of a kind that is switched off.
async fn nobody_is_talked_into_locking_themselves_out(database: Database) {
    let mut world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    let session = world.sign_in(&browser, &person).await;
    world.enroll_at(&browser, &session, "email", "old@backup.example").await.expect(200);
    world.set("TWOFA_METHODS", "totp,sms");
    world.restart(0).await;
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let factors = crate::setup::status(&browser, &session).await;
    let items = factors.json["factors"].as_array().unwrap().clone();
    let path = |method: &str| {
        let item = items.iter().find(|item| item["method"] == method).unwrap();
        format!("/auth/2fa/factors/{}/", item["id"].as_str().unwrap())
    };
    remove(&browser, &session, &path("totp")).await.refused(409, "last_factor");
    remove(&browser, &session, &path("email")).await.expect(204);
    remove(&browser, &session, &path("totp")).await.refused(409, "last_factor");
    world.sign_in(&browser, &person).await;
}

/// neither a reset nor a change of the password, nor a new code, gives a guess back.
async fn nothing_but_a_right_code_gives_guesses_back(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let mut person = world.add_person_with_totp();
    let session = world.sign_in(&browser, &person).await;
    let wrong = wrong_codes(&person.secret, world.fresh_step().await, 10);
    let step_up = |code: &str| browser.post_as(&session.access, "/auth/2fa/step-up/", json!({ "code": code }));
    for wrong in &wrong[..4] {
        step_up(wrong).await.refused(422, "code_incorrect");
    }
    let body = json!({ "current_password": PASSWORD, "new_password": "copper-Heron 31 under glass" });
    browser.post_as(&session.access, "/auth/password/change/", body).await.expect(204);
    let left = step_up(&wrong[4]).await.refused(422, "code_incorrect").number_at("/attempts_left");
    assert_eq!(left, 5);
    browser.post("/auth/password/reset/request/", json!({ "email": person.email })).await.expect(202);
    let link = world.message(&person.email, "password_reset").await["link"].as_str().unwrap().to_owned();
    let body = json!({ "token": link.split_once("#token=").unwrap().1, "new_password": "tin-Walrus 18 on paper" });
    browser.post("/auth/password/reset/confirm/", body).await.expect(204);
    "tin-Walrus 18 on paper".clone_into(&mut person.password);
    let token = partial_token(&browser, &person).await;
    for (turn, wrong) in wrong[5..].iter().enumerate() {
        let left = verify(&browser, &token, wrong).await.refused(422, "code_incorrect").number_at("/attempts_left");
        assert_eq!(left, 4 - i64::try_from(turn).unwrap());
    }
    login(&browser, &person).await.refused(429, "account_locked");
    browser.post("/auth/password/reset/request/", json!({ "email": person.email })).await.expect(202);
    login(&browser, &person).await.refused(429, "account_locked");
}

/// a code sent anew brings no new guesses with it.
async fn a_new_code_brings_no_new_guesses(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550180";
    let (person, _) = world.person_with("sms", to).await;
    let browser = world.browser();
    let token = login(&browser, &person).await.expect(200).text_at("/partial_token");
    world.code_to(to, "login_code", 2).await;
    for left in (1..5).rev() {
        let answer = verify(&browser, &token, "not a code").await.refused(422, "code_incorrect");
        assert_eq!(answer.number_at("/attempts_left"), left);
    }
    world.advance(61).await;
    send_again(&browser, &token, "sms").await.expect(200);
    let new = world.code_to(to, "login_code", 3).await;
    let answer = verify(&browser, &token, "not a code").await.refused(422, "code_incorrect");
    assert_eq!(answer.number_at("/attempts_left"), 0);
    verify(&browser, &token, &new).await.refused(429, "too_many_attempts");
    send_again(&browser, &token, "sms").await.refused(429, "too_many_attempts");
}

/// the ids of somebody else's factors, set-ups and sessions are the ids of nothing.
async fn the_ids_of_others_are_nothing(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (victim, theirs) = world.person_with("sms", "+12025550181").await;
    let own = world.add_person_with_totp();
    let session = world.sign_in(&browser, &own).await;
    let factor = crate::setup::status(&browser, &theirs).await.text_at("/factors/0/id");
    let begun = begin(&browser, &theirs).await.expect(201);
    let (enrollment, waits) = (begun.text_at("/enrollment_id"), begun.text_at("/factor_id"));
    let right = code(&begun.text_at("/secret"), world.now().await);
    let token = partial_token(&browser, &own).await;
    let sent = world.codes_to("+12025550181").await;
    let post = |path: &'static str, body: Value| browser.post_as(&session.access, path, body);
    for id in [&factor, &waits, &enrollment] {
        let body = json!({ "partial_token": token, "factor_id": id });
        browser.post("/auth/2fa/send-code/", body).await.refused(404, "not_found");
        let body = json!({ "purpose": "step_up", "factor_id": id });
        post("/auth/2fa/send-code/", body).await.refused(404, "not_found");
        post("/auth/2fa/send-code/", json!({ "enrollment_id": id })).await.refused(409, "no_pending_setup");
        let body = json!({ "code": right, "factor_id": id });
        post("/auth/2fa/verify-setup/", body).await.refused(409, "no_pending_setup");
        post("/auth/2fa/preferred-method/", json!({ "factor_id": id })).await.refused(404, "not_found");
        remove(&browser, &session, &format!("/auth/2fa/factors/{id}/")).await.refused(404, "not_found");
        remove(&browser, &session, &format!("/auth/sessions/{id}/")).await.refused(404, "not_found");
        browser
            .post("/auth/2fa/challenge/", json!({ "partial_token": id }))
            .await
            .refused(401, "partial_token_invalid");
    }
    assert_eq!(world.codes_to("+12025550181").await, sent);
    confirm(&browser, &theirs, &right).await.expect(200);
    assert_eq!(login(&browser, &victim).await.expect(200).json["requires_2fa"], true);
}

/// codes that wait to be sent when their user is disabled are not sent, and not kept.
async fn a_disabled_user_is_sent_no_code(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550182";
    let (person, _) = world.person_with("sms", to).await;
    world.look.execute("ALTER TABLE mailbox RENAME TO away").await;
    let answer = login(&world.browser(), &person).await.expect(200);
    assert_eq!(answer.json["code_sent"], true, "{}", answer.text);
    let output = world.cli(&["user", "disable", &person.email, "--yes"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.look.execute("ALTER TABLE away RENAME TO mailbox").await;
    world.advance(120).await;
    let waiting = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased')";
    let patience = Instant::now() + Duration::from_secs(30);
    while world.look.count(waiting).await > 0 {
        assert!(Instant::now() < patience, "the notice of it was not delivered");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(world.codes_to(to).await, 1, "the set-up's, and no other");
    assert_eq!(world.look.count("SELECT count(*) FROM outbox WHERE payload IS NOT NULL").await, 0);
    world.message(&person.email, "account_disabled").await;
}

/// three wrong codes after a right password are told once, with time and place; more are not told again.
async fn wrong_codes_are_told_once(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    let token = partial_token(&browser, &person).await;
    for wrong in wrong_codes(&person.secret, world.fresh_step().await, 5) {
        verify(&browser, &token, &wrong).await.refused(422, "code_incorrect");
    }
    let told = world.message(&person.email, "wrong_codes").await["text"].as_str().unwrap().to_owned();
    assert!(told.contains("127.0.0.1") && told.contains("UTC"), "{told}");
    let mails = world.messages(&person.email).await;
    assert_eq!(mails.iter().filter(|mail| mail["kind"] == "wrong_codes").count(), 1);
}

/// a browser with a hostile name is told of by its name: no mail, page or log line is made of it.
async fn a_hostile_browser_is_text(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let login = |body: Value| browser.submit("/auth/login/").header("user-agent", AGENT).json(&body).send();
    let token = login(json!({ "email": person.email, "password": person.password })).await.text_at("/partial_token");
    let now = world.fresh_step().await;
    let call = browser.submit("/auth/2fa/verify/").header("user-agent", AGENT);
    let body = json!({ "partial_token": token, "code": code(&person.secret, now), "remember_me": true });
    let access = call.json(&body).send().await.expect(200).text_at("/tokens/access");
    let items = browser.get_as(&access, "/auth/2fa/trusted-devices/").await.expect(200);
    assert_eq!(items.json["items"][0]["name"], "Unknown browser");
    let mail = world.message(&person.email, "trusted_device_added").await;
    let page = world.browser().get("/dev/mailbox").await.expect(200).text;
    for text in [mail["html"].as_str().unwrap_or_default(), &page] {
        for markup in ["<img", "<svg", "onerror=alert(1)>"] {
            assert!(!text.contains(markup), "{text}");
        }
    }
    assert!(!mail["text"].as_str().unwrap().contains("http://sink"), "{mail}");
    assert!(world.logs().lines().all(|line| !line.contains('\u{1b}')));
}

/// an address that would write into the head of a mail, or to two people, is no address, at every door.
async fn an_address_is_one_address(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person(None);
    let session = Session::of(&login(&browser, &person).await.expect(200));
    for email in [
        "a@example.com\r\nBcc: e@example.net",
        "a@example.com\nBcc: e@example.net",
        "\"a\\\r\nb\"@example.com",
        "a@example.com,e@example.net",
        "a@example.com e@example.net",
        "Name <a@example.com>",
        "<a@example.com>",
        "a@example.com>\r\nRCPT TO:<e@example.net",
        "a@example.com\r\n.\r\nMAIL FROM:<e@example.net>",
        "a\0@example.com",
        "a@[127.0.0.1]",
        "@a:b@example.com",
        "a%e.example.net@example.com\u{85}",
        "a@example.com\u{2028}b",
    ] {
        let body = json!({ "email": email });
        let mut answers = vec![
            browser.post("/auth/signup/", json!({ "email": email, "password": PASSWORD })).await,
            login_with(&browser, email, PASSWORD).await,
            browser.post("/auth/verify-email/resend/", body.clone()).await,
            browser.post("/auth/password/reset/request/", body).await,
        ];
        for (path, body) in [
            ("/auth/email/change/", json!({ "new_email": email })),
            ("/auth/2fa/setup/", json!({ "method": "email", "email": email })),
        ] {
            answers.push(browser.post_as(&session.access, path, body).await);
        }
        for answer in answers {
            assert!(matches!(answer.status, 400 | 422), "{email:?}: {} {}", answer.status, answer.text);
            let code = answer.code().to_owned();
            assert!(["invalid_request", "email_rejected"].contains(&code.as_str()), "{email:?}: {}", answer.text);
            answer.expect_problem();
        }
    }
    assert_eq!(world.look.count("SELECT count(*) FROM outbox").await, 0);
}

/// there is no way around the second factor to call, and nothing a caller says comes back signed.
async fn nothing_is_skipped_and_nothing_is_signed_for_anybody(database: Database) {
    let world = World::start(database).await;
    let person: Person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    for path in ["skip", "later", "remind", "cancel", "complete", "enroll", "bypass", "approve"] {
        for path in [format!("/auth/2fa/{path}/"), format!("/auth/{path}/"), format!("/auth/2fa/setup/{path}/")] {
            let body = json!({ "partial_token": token, "user_id": uuid::Uuid::nil() });
            browser.post(&path, body).await.refused(404, "not_found");
        }
    }
    let call = browser.submit("/auth/2fa/verify/").header("user-agent", "Signed/1.0 signed-canary");
    let call = call.header("x-request-id", "signed-canary-0001").header("accept-language", "signed-canary");
    let body = json!({ "partial_token": token, "code": code(&person.secret, world.fresh_step().await) });
    let signed = claims(&call.json(&body).send().await.expect(200).text_at("/tokens/access"));
    assert!(!signed.to_string().contains("canary") && !signed.to_string().contains(&person.email), "{signed}");
    let names: Vec<&str> = signed.as_object().unwrap().keys().map(String::as_str).collect();
    let mut known =
        ["iss", "sub", "aud", "client_id", "iat", "nbf", "exp", "jti", "sid", "auth_time", "acr", "amr"].to_vec();
    known.sort_unstable();
    assert_eq!(names, known);
}

on_both_databases![
    a_stolen_session_takes_its_link_along,
    nobody_is_talked_into_locking_themselves_out,
    nothing_but_a_right_code_gives_guesses_back,
    a_new_code_brings_no_new_guesses,
    the_ids_of_others_are_nothing,
    a_disabled_user_is_sent_no_code,
    wrong_codes_are_told_once,
];
on_sqlite![a_hostile_browser_is_text, an_address_is_one_address, nothing_is_skipped_and_nothing_is_signed_for_anybody];
