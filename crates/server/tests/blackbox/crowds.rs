//! Two things at once that must not both happen.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser, Call};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Session, login, partial_token, strings, verification, verify};
use crate::setup::{begin, confirm, status};
use crate::totp::{code, wrong_codes};
use crate::trusted_devices::is_trusted;

/// How many answers are successes. None may be a failure of ours.
#[track_caller]
pub(crate) fn wins(answers: &[Answer]) -> usize {
    for answer in answers {
        assert!(answer.status < 500, "{} {} {}", answer.what, answer.status, answer.text);
    }
    answers.iter().filter(|answer| answer.is_success()).count()
}

pub(crate) fn post_as(browser: &Browser, session: &Session, path: &str, body: &Value) -> Call {
    browser.submit(path).bearer(&session.access).json(body)
}

/// two factors removed at the same moment: one stays.
async fn of_two_factors_removed_at_once_one_stays(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let browser = world.browser();
    for _ in 0..4 {
        let (person, session) = world.person_with_totp().await;
        let second = begin(&browser, &session).await.expect(201).text_at("/secret");
        confirm(&browser, &session, &code(&second, world.fresh_step().await)).await.expect(200);
        let factors = status(&browser, &session).await;
        let remove = |turn: usize| {
            let id = factors.text_at(&format!("/factors/{turn}/id"));
            world.browser_at(turn).call(Method::DELETE, &format!("/auth/2fa/factors/{id}/")).bearer(&session.access)
        };
        let answers = world.burst(vec![remove(0), remove(1)]).await;
        assert_eq!(wins(&answers), 1);
        answers.into_iter().find(|answer| !answer.is_success()).unwrap().refused(409, "last_factor");
        assert_eq!(status(&browser, &session).await.json["factors"].as_array().unwrap().len(), 1);
        assert_eq!(login(&browser, &person).await.expect(200).json["requires_2fa"], true);
    }
}

/// of sets of recovery codes made at the same moment the ten of one answer are good, and no other.
async fn of_sets_made_at_once_one_is_good(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let (person, session) = world.person_with_totp().await;
    let path = "/auth/2fa/recovery-codes/generate/";
    let calls = (0..8).map(|turn| post_as(&world.browser_at(turn), &session, path, &json!({}))).collect();
    let answers = world.burst(calls).await;
    assert_eq!(wins(&answers), 8);
    let unused = "SELECT count(*) FROM recovery_codes WHERE used_at IS NULL";
    assert_eq!(world.look.count(unused).await, 10);
    let browser = world.browser();
    let download = "/auth/2fa/recovery-codes/download/?format=txt";
    let kept = browser.get_as(&session.access, download).await.expect(200).text;
    let good: Vec<_> = answers
        .iter()
        .map(|answer| strings(&answer.json["recovery_codes"]))
        .filter(|codes| codes.iter().all(|code| kept.contains(code.as_str())))
        .collect();
    assert_eq!(good.len(), 1, "what is downloaded is one of the answers");
    let mut token = partial_token(&browser, &person).await;
    verify(&browser, &token, &good[0][9]).await.expect(200);
    token = partial_token(&browser, &person).await;
    let dead = answers.iter().map(|answer| strings(&answer.json["recovery_codes"])).filter(|codes| *codes != good[0]);
    for codes in dead.take(4) {
        verify(&browser, &token, &codes[0]).await.refused(422, "code_incorrect");
    }
}

/// of two people who prove one new address at the same moment, and somebody who signs up with it, one has it.
async fn one_address_becomes_one_persons(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let browser = world.browser();
    for _ in 0..4 {
        let new = world.new_address();
        let mut calls = Vec::new();
        for turn in 0..2 {
            let person = world.add_person(None);
            let session = Session::of(&login(&browser, &person).await.expect(200));
            let sent = world.messages(&new).await.len();
            post_as(&browser, &session, "/auth/email/change/", &json!({ "new_email": new })).send().await.expect(202);
            let link = nth_link(&world, &new, sent + 1).await;
            calls.push(world.browser_at(turn).submit("/auth/email/change/confirm/").json(&json!({ "token": link })));
        }
        let sent = world.messages(&new).await.len();
        browser.post("/auth/signup/", json!({ "email": new, "password": PASSWORD })).await.expect(201);
        let link = nth_link(&world, &new, sent + 1).await;
        calls.push(browser.submit("/auth/verify-email/").json(&json!({ "token": link })));
        let answers = world.burst(calls).await;
        assert_eq!(wins(&answers), 1, "{answers:?}");
        for answer in answers.into_iter().filter(|answer| !answer.is_success()) {
            answer.refused(401, "token_invalid");
        }
        assert_eq!(world.look.count(&format!("SELECT count(*) FROM users WHERE email = '{new}'")).await, 1);
    }
}

/// The token in the newest message to an address, once there are so many.
async fn nth_link(world: &World, to: &str, count: usize) -> String {
    for _ in 0..400 {
        let messages = world.messages(to).await;
        if messages.len() >= count {
            let link = messages[0]["link"].as_str().expect("a link");
            return link.split_once("#token=").unwrap().1.to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{count} messages to {to} did not come");
}

/// twelve browsers trusted at the same moment: five are.
async fn of_twelve_browsers_trusted_at_once_five_are(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let session = world.sign_in(&world.browser(), &person).await;
    let browsers: Vec<Browser> = (0..12).map(|turn| world.browser_at(turn)).collect();
    let path = "/auth/2fa/trusted-devices/";
    let calls = browsers.iter().map(|browser| post_as(browser, &session, path, &json!({}))).collect();
    assert_eq!(wins(&world.burst(calls).await), 12);
    let mut trusted = 0;
    for browser in &browsers {
        trusted += usize::from(is_trusted(&login(browser, &person).await));
    }
    assert_eq!(trusted, 5);
}

/// one code at the sign-in, the step-up and the turning off at the same moment: one door opens.
async fn one_code_at_three_doors_at_once_opens_one(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for _ in 0..4 {
        let person = world.add_person_with_totp();
        let browser = world.browser();
        let session = world.sign_in(&browser, &person).await;
        let token = partial_token(&browser, &person).await;
        let code = code(&person.secret, world.fresh_step().await);
        let calls = (0..9).map(|turn| {
            let at = world.browser_at(turn % 2);
            match turn % 3 {
                0 => at.submit("/auth/2fa/verify/").json(&verification(&token, &code)),
                1 => post_as(&at, &session, "/auth/2fa/step-up/", &json!({ "code": code })),
                _ => post_as(&at, &session, "/auth/2fa/disable/", &json!({ "code": code })),
            }
        });
        assert_eq!(wins(&world.burst(calls.collect()).await), 1);
    }
}

/// the link of a lock opened by twenty at once gives three guesses, not sixty, at all doors together.
async fn a_link_opened_by_many_at_once_gives_three_guesses(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let wrong = wrong_codes(&person.secret, world.fresh_step().await, 40);
    for code in &wrong[..10] {
        let body = json!({ "code": code });
        post_as(&browser, &session, "/auth/2fa/step-up/", &body).send().await.refused(422, "code_incorrect");
    }
    let link = world.message(&person.email, "account_locked").await["link"].as_str().unwrap().to_owned();
    let body = json!({ "token": link.split_once("#token=").unwrap().1 });
    let calls = (0..20).map(|turn| world.browser_at(turn).submit("/auth/2fa/unlock/").json(&body)).collect();
    assert_eq!(wins(&world.burst(calls).await), 1);
    let before = world.judged_wrong(&person).await;
    let token = partial_token(&browser, &person).await;
    let calls = wrong[10..].iter().enumerate().map(|(turn, code)| {
        let at = world.browser_at(turn % 2);
        match turn % 3 {
            0 => at.submit("/auth/2fa/verify/").json(&verification(&token, code)),
            1 => post_as(&at, &session, "/auth/2fa/step-up/", &json!({ "code": code })),
            _ => post_as(&at, &session, "/auth/2fa/disable/", &json!({ "code": code })),
        }
    });
    assert_eq!(wins(&world.burst(calls.collect()).await), 0);
    assert_eq!(world.judged_wrong(&person).await - before, 3);
}

/// asked for at every door at the same moment, one code goes out; the others wait for the cool-down.
async fn one_code_goes_out_whatever_it_is_asked_for(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let to = "+12025550160";
    let (person, session) = world.person_with("sms", to).await;
    let browser = world.browser();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(login(&browser, &person).await.expect(200).text_at("/partial_token"));
    }
    let sent = world.codes_to(to).await;
    world.advance(61).await;
    let calls = (0..15).map(|turn| {
        let at = world.browser_at(turn % 2);
        let body = match turn % 5 {
            0 => json!({ "purpose": "step_up", "method": "sms" }),
            1 => json!({ "purpose": "disable", "method": "sms" }),
            turn => json!({ "partial_token": tokens[turn - 2], "method": "sms" }),
        };
        let body_is_a_sign_in = body["purpose"].is_null();
        let call = at.submit("/auth/2fa/send-code/").json(&body);
        if body_is_a_sign_in { call } else { call.bearer(&session.access) }
    });
    let answers = world.burst(calls.collect()).await;
    assert_eq!(wins(&answers), 1);
    for answer in answers.into_iter().filter(|answer| !answer.is_success()) {
        answer.refused(429, "send_cooldown");
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(world.codes_to(to).await, sent + 1);
}

on_both_databases![
    of_two_factors_removed_at_once_one_stays,
    of_sets_made_at_once_one_is_good,
    one_address_becomes_one_persons,
    of_twelve_browsers_trusted_at_once_five_are,
    one_code_at_three_doors_at_once_opens_one,
    a_link_opened_by_many_at_once_gives_three_guesses,
    one_code_goes_out_whatever_it_is_asked_for,
];
