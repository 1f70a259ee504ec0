//! The first step: wrong passwords, who they may be counted against, and what an answer gives away.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{login, login_with};

/// Two refusals that must not be told apart: status, headers and body, but for what names this one request.
#[track_caller]
pub(crate) fn assert_same(one: &Answer, other: &Answer) {
    assert_eq!(one.status, other.status);
    let headers = |answer: &Answer| {
        let mut all: Vec<(String, String)> = answer
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        all.sort();
        all
    };
    assert_eq!(headers(one), headers(other));
    let body = |answer: &Answer| {
        let mut body = answer.json.clone();
        if let Value::Object(members) = &mut body {
            members.remove("request_id");
            members.remove("instance");
        }
        body
    };
    assert_eq!(body(one), body(other));
}

/// A login attempt that comes from `address` by way of the trusted proxy.
pub(crate) async fn login_from(browser: &Browser, address: &str, email: &str, password: &str) -> Answer {
    browser
        .submit("/auth/login/")
        .header("x-forwarded-for", address)
        .json(&json!({ "email": email, "password": password }))
        .send()
        .await
}

/// unknown, wrong and disabled look alike, and nobody learns of factors before the password was right.
async fn a_wrong_password_tells_nothing(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let (plain, guarded, disabled) =
        (world.add_person(None), world.add_person_with_totp(), world.add_person_with_totp());
    world.disable(&disabled).await;
    let unknown =
        login_with(&browser, "nobody@example.com", "wrong password").await.refused(401, "credentials_invalid");
    for person in [&plain, &guarded, &disabled] {
        let wrong = login_with(&browser, &person.email, "wrong password").await;
        assert_same(&unknown, &wrong);
        assert!(wrong.cookies().is_empty());
    }
    let right_but_disabled = login_with(&browser, &disabled.email, &disabled.password).await;
    assert_same(&unknown, &right_but_disabled);
}

/// the clock tells nothing either. Medians of interleaved samples, each from an address of its own.
async fn unknown_and_known_addresses_take_the_same_time(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let (plain, guarded, disabled) = (world.add_person(None), world.add_person_with_totp(), world.add_person(None));
    world.disable(&disabled).await;
    let kinds = ["nobody@example.com", &plain.email, &guarded.email, &disabled.email];
    same_time(&world, &kinds).await;
}

/// nor does it to somebody who has tried to sign up with the address before.
async fn a_sign_up_makes_no_address_slower_than_another(database: Database) {
    let world = World::on(database).with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let taken = world.add_person_with_totp();
    let free = world.new_address();
    for email in [&free, &taken.email] {
        let body = json!({ "email": email, "password": "an attempt of 17 words" });
        world.browser().post("/auth/signup/", body).await.expect(201);
    }
    same_time(&world, &[&free, &taken.email, "nobody@example.com"]).await;
}

async fn same_time(world: &World, emails: &[&str]) {
    let browser = world.browser();
    let mut samples = vec![Vec::new(); emails.len()];
    for turn in 0..45_usize {
        for step in 0..emails.len() {
            let kind = (step + turn) % emails.len();
            let from = format!("198.18.{turn}.{step}");
            let began = Instant::now();
            let answer = login_from(&browser, &from, emails[kind], "wrong password").await;
            samples[kind].push(began.elapsed());
            answer.refused(401, "credentials_invalid");
        }
    }
    let medians: Vec<Duration> = samples.into_iter().map(median).collect();
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    assert!(most.as_secs_f64() < least.as_secs_f64() * 1.3, "{emails:?}: {medians:?}");
}

pub(crate) fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort();
    samples[samples.len() / 2]
}

/// the eleventh wrong password is refused, for a known and for an unknown address alike, and only from there.
async fn ten_wrong_passwords_from_one_block_are_enough(database: Database) {
    let world = World::on(database).in_cluster().with("TWINLOCK_TRUSTED_PROXIES", "127.0.0.1/32").start().await;
    let known = world.add_person(None);
    let (mut last, emails) = (Vec::new(), [known.email.as_str(), "nobody@example.com"]);
    for (block, email) in emails.into_iter().enumerate() {
        let from = format!("203.0.113.{block}");
        for turn in 0..10 {
            let answer = login_from(&world.browser_at(turn), &from, email, "wrong password").await;
            answer.refused(401, "credentials_invalid");
        }
        let answer = login_from(&world.browser(), &from, email, "wrong password").await;
        last.push(answer.refused(429, "too_many_attempts"));
    }
    for answer in &last {
        assert!(matches!(answer.number_at("/retry_after"), 1..=900), "{}", answer.text);
    }
    login_from(&world.browser(), "203.0.113.0", &known.email, &known.password).await.refused(429, "too_many_attempts");
    login_from(&world.browser(), "203.0.113.77", &known.email, &known.password).await.expect(200);
    world.advance(901).await;
    login_from(&world.browser(), "203.0.113.0", &known.email, &known.password).await.expect(200);
}

/// fifty wrong passwords at once are charged before they are judged, on every node together.
async fn a_burst_of_passwords_is_charged_before_it_is_judged(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person(None);
    let calls = (0..50)
        .map(|turn| {
            let body = json!({ "email": person.email, "password": format!("wrong {turn}") });
            world.browser_at(turn).submit("/auth/login/").json(&body)
        })
        .collect();
    let answers = world.burst(calls).await;
    let judged = answers.iter().filter(|answer| answer.code() == "credentials_invalid").count();
    assert!(judged <= 10, "{judged} passwords were judged");
    for answer in answers {
        assert!(matches!(answer.status, 401 | 429 | 503), "{} {}", answer.status, answer.text);
    }
    login(&world.browser_at(1), &person).await.refused(429, "too_many_attempts");
}

/// a body without an address is a bad request, never an address that everybody shares.
async fn a_missing_address_is_nobodys_bucket(database: Database) {
    let world = World::start(database).await;
    let people: Vec<_> = (0..3).map(|_| world.add_person(None)).collect();
    let browser = world.browser();
    for _ in 0..15 {
        browser.post("/auth/login/", json!({ "password": "x" })).await.refused(400, "invalid_request");
        browser.post("/auth/login/", json!({ "email": "", "password": "x" })).await.refused(400, "invalid_request");
        browser.post("/auth/login/", json!({ "email": null, "password": "x" })).await.refused(400, "invalid_request");
        let form = browser.submit("/auth/login/").raw("application/x-www-form-urlencoded", "email=a&password=b");
        assert_eq!(form.send().await.expect_problem().status, 415);
    }
    for person in &people {
        login(&browser, person).await.expect(200);
    }
}

/// however an address or the path is spelled, it is one bucket, or no address and no path at all.
async fn another_spelling_is_no_other_bucket(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let email = &person.email;
    let upper = email.to_uppercase();
    let mixed = email.replace('e', "E");
    let host = email.replace("example.com", "EXAMPLE.COM");
    let mut counted = 0;
    for spelling in [email, &upper, &mixed, &host, email, &upper, &mixed, &host, email, &upper] {
        login_with(&browser, spelling, "wrong").await.refused(401, "credentials_invalid");
        counted += 1;
    }
    assert_eq!(counted, 10);
    let fullwidth = email.replace("person", "ｐｅｒｓｏｎ");
    for spelling in [
        format!(" {email}"),
        format!("{email} "),
        format!("{email}\n"),
        format!("{email}\0"),
        format!("\u{feff}{email}"),
        format!("{email}."),
        format!("\"{}\"@example.com", email.split('@').next().unwrap()),
        fullwidth,
    ] {
        let answer = login_with(&browser, &spelling, &person.password).await;
        assert!(matches!(answer.status, 400 | 401 | 422 | 429), "{spelling:?}: {} {}", answer.status, answer.text);
        answer.expect_problem();
    }
    let body = json!({ "email": email, "password": person.password });
    for path in ["/auth/login", "/auth/login/", "//auth/login/", "/AUTH/LOGIN/", "/auth/./login/", "/auth/%6cogin/"] {
        let answer = browser.post(path, body.clone()).await;
        assert!(matches!(answer.status, 400 | 404 | 429), "{path}: {} {}", answer.status, answer.text);
    }
}

on_both_databases![
    a_wrong_password_tells_nothing,
    ten_wrong_passwords_from_one_block_are_enough,
    a_burst_of_passwords_is_charged_before_it_is_judged,
    another_spelling_is_no_other_bucket,
];
on_sqlite![
    unknown_and_known_addresses_take_the_same_time,
    a_sign_up_makes_no_address_slower_than_another,
    a_missing_address_is_nobodys_bucket
];
