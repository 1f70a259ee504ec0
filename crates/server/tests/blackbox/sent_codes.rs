//! Codes by SMS and e-mail: what they prove, what they do not, how often they go out and where.

use std::time::{Duration, Instant};

use domain::testing::rounds;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, login, verification, verify};
use crate::totp;

const SETUP: &str = "/auth/2fa/setup/";
const SEND: &str = "/auth/2fa/send-code/";

impl World {
    /// All messages to a number or address, newest first.
    pub(crate) async fn sent_to(&self, to: &str) -> Vec<Value> {
        let query: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let answer = self.browser().get(&format!("/v1/test/outbox?to={query}")).await.expect(200);
        answer.json["messages"].as_array().unwrap().clone()
    }

    /// Codes sent to a number or address so far.
    pub(crate) async fn codes_to(&self, to: &str) -> usize {
        self.sent_to(to).await.iter().filter(|message| message["code"].is_string()).count()
    }

    /// The newest code to a number or address, once there are `count` of them.
    pub(crate) async fn code_to(&self, to: &str, kind: &str, count: usize) -> String {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let messages = self.sent_to(to).await;
            let codes: Vec<&Value> = messages.iter().filter(|message| message["code"].is_string()).collect();
            if codes.len() >= count {
                assert_eq!((codes.len(), &codes[0]["kind"]), (count, &json!(kind)), "{codes:?}");
                return codes[0]["code"].as_str().unwrap().to_owned();
            }
            assert!(Instant::now() < patience, "{count} codes for {to}: {messages:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Somebody whose one factor is a number or address, and the session that set it up; a minute has passed since.
    pub(crate) async fn person_with(&self, method: &str, to: &str) -> (Person, Session) {
        let person = self.add_person(None);
        let browser = self.browser();
        let session = Session::of(&login(&browser, &person).await.expect(200));
        self.enroll_at(&browser, &session, method, to).await.expect(200);
        self.advance(60).await;
        (person, session)
    }

    pub(crate) async fn enroll_at(&self, browser: &Browser, session: &Session, method: &str, to: &str) -> Answer {
        let before = self.codes_to(to).await;
        begin(browser, session, method, to).await.expect(201);
        let code = self.code_to(to, "setup_code", before + 1).await;
        browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await
    }
}

pub(crate) async fn begin(browser: &Browser, session: &Session, method: &str, to: &str) -> Answer {
    let field = if method == "sms" { "phone_number" } else { "email" };
    browser.post_as(&session.access, SETUP, json!({ "method": method, field: to })).await
}

pub(crate) async fn send_again(browser: &Browser, token: &str, method: &str) -> Answer {
    browser.post(SEND, json!({ "partial_token": token, "method": method })).await
}

/// the road of either kind: set-up, sign-in, what is told and what is not.
async fn a_number_and_an_address_sign_in(database: Database) {
    let world = World::start(database).await;
    for (method, to, masked, amr) in [
        ("sms", "+12025550167", "+1*** ***67", json!(["pwd", "sms", "mfa"])),
        ("email", "codes@backup.example", "c***@b***.example", json!(["pwd", "otp", "mfa"])),
    ] {
        let person = world.add_person(None);
        let browser = world.browser();
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let begun = begin(&browser, &session, method, to).await.expect(201);
        assert_eq!(begun.json["method"], method);
        assert_eq!(begun.json["destination"], masked);
        assert_eq!(begun.json["delivery"], "queued");
        for field in ["enrollment_id", "factor_id", "next_send_at", "expires_at"] {
            assert!(begun.json[field].is_string(), "{field}: {}", begun.text);
        }
        assert_eq!(begun.json.as_object().unwrap().len(), 7, "{}", begun.text);
        let code = world.code_to(to, "setup_code", 1).await;
        let confirmed =
            browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await.expect(200);
        assert_eq!(confirmed.json["method"], method);
        assert_eq!(confirmed.json["recovery_codes"].as_array().unwrap().len(), 10);
        let status = browser.get_as(&session.access, "/auth/2fa/status/").await.expect(200);
        assert_eq!(status.json["factors"][0]["destination"], masked, "{}", status.text);

        world.advance(60).await;
        let due = login(&browser, &person).await.expect(200);
        due.holds_no_session();
        assert_eq!(due.json["code_sent"], true, "{}", due.text);
        assert_eq!(due.json["delivery"], "queued");
        assert_eq!(due.json["method"], method);
        assert_eq!(due.json["methods"][0]["destination"], masked);
        assert!(!due.text.contains(to), "{}", due.text);
        let token = due.text_at("/partial_token");
        let code = world.code_to(to, "login_code", 2).await;
        let state = browser.post("/auth/2fa/challenge/", json!({ "partial_token": token })).await.expect(200);
        assert_eq!(state.json["code_sent"], true, "{}", state.text);
        assert_eq!(state.json["delivery"], "queued");
        assert_eq!(state.json["next_send_at"], due.json["next_send_at"]);
        let verified = verify(&browser, &token, &code).await.expect(200);
        assert_eq!(verified.json["method"], method);
        assert_eq!(verified.json["amr"], amr);
        let dump = world.look.dump_without(&["mailbox"]).await;
        assert!(!dump.contains(to) && !dump.contains(&to[1..]), "a destination lies open in the database");
    }
}

/// good at 299 seconds, dead at 300, and then said to be expired. R-13: used once.
async fn a_code_is_used_once_and_lives_five_minutes(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with("sms", "+12025550161").await;
    let browser = world.browser();
    for (sent, age, right) in [(2, 299, true), (3, 300, false)] {
        let began = world.fresh_step().await;
        let token = login(&browser, &person).await.expect(200).text_at("/partial_token");
        let code = world.code_to("+12025550161", "login_code", sent).await;
        // The code was made within the moments the login took.
        world.set_clock(began + age - if right { 3 } else { 0 }).await;
        if !right {
            world.advance(3).await;
        }
        let answer = verify(&browser, &token, &code).await;
        if right {
            answer.expect(200);
            verify(&browser, &token, &code).await.refused(409, "already_completed");
        } else {
            let answer = answer.refused(422, "code_incorrect");
            assert_eq!(answer.json["hint"], "expired", "{}", answer.text);
        }
        world.advance(400).await;
    }
}

/// two sign-ins have two codes, and neither takes the other's. A set-up code signs nobody in.
async fn a_code_is_good_for_its_own_challenge_only(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550162";
    let (person, session) = world.person_with("sms", to).await;
    let browser = world.browser();
    let first = login(&browser, &person).await.expect(200).text_at("/partial_token");
    let first_code = world.code_to(to, "login_code", 2).await;
    world.advance(61).await;
    let second = login(&browser, &person).await.expect(200).text_at("/partial_token");
    let second_code = world.code_to(to, "login_code", 3).await;
    if first_code != second_code {
        verify(&browser, &first, &second_code).await.refused(422, "code_incorrect");
    }
    begin(&browser, &session, "email", "new@backup.example").await.expect(201);
    let set_up = world.code_to("new@backup.example", "setup_code", 1).await;
    if set_up != first_code {
        verify(&browser, &first, &set_up).await.refused(422, "code_incorrect");
    }
    if second_code != set_up {
        let answer = browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": second_code })).await;
        answer.refused(422, "code_incorrect");
    }
    verify(&browser, &second, &second_code).await.expect(200);
}

/// a new code kills the old one; thirty requests at once send one.
async fn thirty_requests_at_once_send_one_code(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    for round in 0..rounds("thirty requests for a code", 1, 10) {
        let to = format!("+120255502{round:02}");
        let to = to.as_str();
        let (person, _) = world.person_with("sms", to).await;
        let browser = world.browser();
        let token = login(&browser, &person).await.expect(200).text_at("/partial_token");
        let old = world.code_to(to, "login_code", 2).await;
        world.advance(61).await;
        let body = json!({ "partial_token": token, "method": "sms" });
        let calls = (0..30).map(|turn| world.browser_at(turn).submit(SEND).json(&body)).collect();
        let answers = world.burst(calls).await;
        let sent: Vec<&Answer> = answers.iter().filter(|answer| answer.is_success()).collect();
        assert_eq!(sent.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert_eq!(sent[0].json["destination"], format!("+1*** ***{round:02}"));
        assert_eq!(sent[0].json["sends_left"], 2, "{}", sent[0].text);
        for answer in answers.iter().filter(|answer| !answer.is_success()) {
            let answer = answer.clone().refused(429, "send_cooldown");
            assert!((1..=300).contains(&answer.number_at("/retry_after")), "{}", answer.text);
            assert!(answer.header("retry-after").is_some());
        }
        let new = world.code_to(to, "login_code", 3).await;
        let live = "SELECT count(*) FROM two_factor_codes WHERE used_at IS NULL AND ended_at IS NULL";
        assert_eq!(world.look.count(live).await, 1);
        if old != new {
            verify(&browser, &token, &old).await.refused(422, "code_incorrect");
        }
        // One code in thirty answers signs in once.
        let body = verification(&token, &new);
        let calls = (0..30).map(|turn| world.browser_at(turn).submit("/auth/2fa/verify/").json(&body)).collect();
        let answers = world.burst(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_success()).count(), 1);
        assert!(answers.iter().all(|answer| answer.status < 500));
    }
}

/// over logins and requests together at most five an hour go out, and an authenticator never waits for them.
async fn a_flood_of_requests_sends_five_an_hour_and_stops_nobody(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550164";
    let (person, session) = world.person_with("sms", to).await;
    let browser = world.browser();
    let setup = browser.post_as(&session.access, SETUP, json!({ "method": "totp" })).await.expect(201);
    let secret = setup.text_at("/secret");
    let code = totp::code(&secret, world.fresh_step().await);
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await.expect(200);
    world.advance(3600).await;
    let before = world.codes_to(to).await;
    let mut limited = 0;
    for _ in 0..40 {
        let due = login(&browser, &person).await.expect(200);
        let answer = send_again(&browser, &due.text_at("/partial_token"), "sms").await;
        assert!(matches!(answer.status, 200 | 429), "{} {}", answer.status, answer.text);
        limited += usize::from(answer.code() == "send_limit");
        world.advance(35).await;
    }
    assert_eq!(world.codes_to(to).await - before, 5);
    assert!(limited > 0, "no send_limit");
    let due = login(&browser, &person).await.expect(200);
    assert_eq!(due.json["code_sent"], false, "{}", due.text);
    assert_eq!(due.json["delivery"], Value::Null);
    assert!(due.json["next_send_at"].is_string(), "{}", due.text);
    let code = totp::code(&secret, world.fresh_step().await);
    verify(&browser, &due.text_at("/partial_token"), &code).await.expect(200);
}

/// a destination shared by many people gets ten codes a day from all of them together.
async fn ten_codes_a_day_go_to_one_destination_whoever_sends(database: Database) {
    let world = World::start(database).await;
    let to = "shared@backup.example";
    let mut sent = 0;
    let mut refused = 0;
    for turn in 0..12 {
        let person = world.add_person(None);
        let browser = world.browser();
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let spelled = if turn % 2 == 0 { to.to_owned() } else { to.to_uppercase() };
        let answer = begin(&browser, &session, "email", &spelled).await;
        if answer.status == 201 {
            sent += 1;
        } else {
            let answer = answer.refused(429, "send_limit");
            assert!(answer.number_at("/retry_after") > 86_000, "{}", answer.text);
            refused += 1;
        }
    }
    assert_eq!((sent, refused), (10, 2));
}

/// of people who race for the last codes of a destination ten get one, and the others are told when to try again.
async fn a_race_for_the_last_codes_of_a_destination_has_ten_winners(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let mut calls = Vec::new();
    for turn in 0..16 {
        let person = world.add_person(None);
        let browser = world.browser_at(turn);
        let session = Session::of(&login(&browser, &person).await.expect(200));
        let body = json!({ "method": "email", "email": "raced@backup.example" });
        calls.push(browser.submit(SETUP).bearer(&session.access).json(&body));
    }
    let answers = world.burst(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 10);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(429, "send_limit");
    }
    world.code_to("raced@backup.example", "setup_code", 10).await;
}

/// until it is proven a number changes nothing and gets nothing but its set-up code.
async fn a_pending_number_gets_no_sign_in_code(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with("sms", "+12025550165").await;
    let browser = world.browser();
    begin(&browser, &session, "sms", "+12025550166").await.expect(201);
    begin(&browser, &session, "email", "new@backup.example").await.expect(201);
    let due = login(&browser, &person).await.expect(200);
    assert_eq!(due.json["methods"].as_array().unwrap().len(), 1, "{}", due.text);
    assert_eq!(due.json["methods"][0]["destination"], "+1*** ***65");
    let token = due.text_at("/partial_token");
    world.code_to("+12025550165", "login_code", 2).await;
    assert_eq!(world.codes_to("+12025550166").await, 1);
    send_again(&browser, &token, "email").await.refused(404, "not_found");
    let pending = browser.post(SEND, json!({ "partial_token": token, "factor_id": uuid::Uuid::nil() })).await;
    pending.refused(404, "not_found");
    // Enrolled once is enrolled, in whatever spelling.
    begin(&browser, &session, "sms", "+1 (202) 555-0165").await.refused(409, "already_enabled");
}

/// a change of factor kills every open code, of challenges and of other set-ups.
async fn no_code_outlives_a_change_of_factor(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550168";
    let (person, session) = world.person_with("sms", to).await;
    let browser = world.browser();
    let token = login(&browser, &person).await.expect(200).text_at("/partial_token");
    let code = world.code_to(to, "login_code", 2).await;
    begin(&browser, &session, "sms", "+12025550169").await.expect(201);
    let begun = begin(&browser, &session, "email", "new@backup.example").await.expect(201);
    let set_up = world.code_to("new@backup.example", "setup_code", 1).await;
    let body = json!({ "code": set_up, "factor_id": begun.text_at("/factor_id") });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await.expect(200);
    let open = "SELECT count(*) FROM two_factor_codes WHERE used_at IS NULL AND ended_at IS NULL";
    assert_eq!(world.look.count(open).await, 0);
    verify(&browser, &token, &code).await.refused(410, "challenge_expired");
}

/// what is no mobile phone of a country is refused before anything is sent; spellings are one number or
/// none; nobody tries a block of numbers.
async fn risky_numbers_are_refused_and_spellings_are_one(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    for number in [
        "911",
        "112",
        "+19002345678",
        "+979123456789",
        "+870773111632",
        "+881612345678",
        "+8823421234",
        "+447012345678",
        "12345",
        "+442079460123",
        "＋12025550170",
        "+1202555٠170",
        "+1202555\u{200b}0170",
        "tel:+12025550170",
        "+12025550170;ext=5",
        "+12025550170,,1",
        "+0012025550170",
        "2025550170",
        "+",
        "+1",
    ] {
        let answer = begin(&browser, &session, "sms", number).await.refused(422, "phone_rejected");
        assert!(answer.json["reason"].is_string(), "{number}: {}", answer.text);
    }
    for address in ["a", "a@localhost", "ä@x.example", "a@x.example\u{2028}"] {
        begin(&browser, &session, "email", address).await.refused(422, "email_rejected");
    }
    assert_eq!(world.look.count("SELECT count(*) FROM outbox").await, 0);
    begin(&browser, &session, "sms", "+1 202-555-0170").await.expect(201);
    begin(&browser, &session, "sms", "+1 (202) 555.0170").await.refused(429, "send_cooldown");
    assert_eq!(world.codes_to("+12025550170").await, 1);
    begin(&browser, &session, "sms", "+12025550171").await.expect(201);
    begin(&browser, &session, "sms", "+12025550172").await.expect(201);
    begin(&browser, &session, "sms", "+12025550173").await.refused(429, "send_limit");
}

/// a text message is fixed words, the code, and the line that binds it to this host.
async fn a_text_message_holds_no_word_of_anybody(database: Database) {
    let world = World::on(database).with("TWOFA_ISSUER_NAME", "Beans").start().await;
    let person = world.add_person(None);
    let browser = world.browser();
    let hostile = "https://evil.example \u{202e} @evil.example #123456";
    let call = browser.submit("/auth/login/").header("user-agent", hostile);
    let body = json!({ "email": person.email, "password": person.password, "refresh_in_body": true });
    let session = Session::of(&call.json(&body).send().await.expect(200));
    let body = json!({ "method": "sms", "phone_number": "+12025550174", "label": "https://evil.example" });
    let call = browser.submit(SETUP).bearer(&session.access).header("user-agent", hostile);
    call.json(&body).send().await.expect(201);
    let code = world.code_to("+12025550174", "setup_code", 1).await;
    let text = world.sent_to("+12025550174").await[0]["text"].as_str().unwrap().to_owned();
    assert_eq!(text, format!("{code} is your Beans set-up code. Give it to nobody.\n\n@127.0.0.1 #{code}"));
}

/// The three forms of `send-code`, and that no other combination is one.
async fn a_code_is_asked_for_in_one_of_three_ways(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550175";
    let (person, session) = world.person_with("sms", to).await;
    let browser = world.browser();
    let token = login(&browser, &person).await.expect(200).text_at("/partial_token");
    let begun = begin(&browser, &session, "email", "new@backup.example").await.expect(201);
    let enrollment = begun.text_at("/enrollment_id");
    for body in [
        json!({}),
        json!({ "partial_token": token }),
        json!({ "method": "sms" }),
        json!({ "partial_token": token, "method": "totp" }),
        json!({ "partial_token": token, "method": "sms", "factor_id": uuid::Uuid::nil() }),
        json!({ "partial_token": token, "enrollment_id": enrollment }),
        json!({ "partial_token": token, "purpose": "step_up", "method": "sms" }),
        json!({ "enrollment_id": enrollment, "method": "email" }),
        json!({ "enrollment_id": enrollment, "purpose": "disable" }),
        json!({ "purpose": "step_up" }),
        json!({ "purpose": "login", "method": "sms" }),
    ] {
        browser.post_as(&session.access, SEND, body).await.refused(400, "invalid_request");
    }
    for body in [json!({ "enrollment_id": enrollment }), json!({ "purpose": "step_up", "method": "sms" })] {
        browser.post(SEND, body.clone()).await.refused(401, "token_invalid");
        browser.post_as(&token, SEND, body).await.refused(401, "token_invalid");
    }
    send_again(&browser, "no such token", "sms").await.refused(401, "partial_token_invalid");
    let stranger = world.add_person(None);
    let other = Session::of(&login(&browser, &stranger).await.expect(200));
    let theirs = browser.post_as(&other.access, SEND, json!({ "enrollment_id": enrollment })).await;
    theirs.refused(409, "no_pending_setup");

    world.advance(61).await;
    let again = browser.post_as(&session.access, SEND, json!({ "enrollment_id": enrollment })).await.expect(200);
    assert_eq!(again.json["destination"], "n***@b***.example");
    world.code_to("new@backup.example", "setup_code", 2).await;
    for (purpose, count) in [("step_up", 3), ("disable", 4)] {
        let body = json!({ "purpose": purpose, "method": "sms" });
        let sent = browser.post_as(&session.access, SEND, body).await.expect(200);
        assert_eq!(sent.json["delivery"], "queued");
        let code = world.code_to(to, "step_up_code", count).await;
        // Not for the sign-in that waits.
        let answer = verify(&browser, &token, &code).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        world.advance(301).await;
    }
}

/// a code sent for a step-up or for turning the second factor off is good for that alone, once, in its session.
async fn a_signed_in_person_proves_themselves_by_a_code_sent_for_that(database: Database) {
    let world = World::start(database).await;
    let to = "own@backup.example";
    let (_, session) = world.person_with("email", to).await;
    let browser = world.browser();
    let send = |purpose: &'static str| {
        browser.post_as(&session.access, SEND, json!({ "purpose": purpose, "method": "email" }))
    };
    let prove = |call: &'static str, code: String| browser.post_as(&session.access, call, json!({ "code": code }));
    let (step_up, disable) = ("/auth/2fa/step-up/", "/auth/2fa/disable/");
    world.advance(61).await;
    send("disable").await.expect(200);
    let for_disable = world.code_to(to, "step_up_code", 2).await;
    world.advance(61).await;
    send("step_up").await.expect(200);
    let for_step_up = world.code_to(to, "step_up_code", 3).await;
    prove(step_up, for_disable.clone()).await.refused(422, "code_incorrect");
    prove(disable, for_step_up.clone()).await.refused(422, "code_incorrect");
    prove(step_up, for_step_up.clone()).await.expect(200);
    prove(step_up, for_step_up).await.refused(422, "code_incorrect");
    let off = prove(disable, for_disable).await.expect(200);
    assert_eq!(off.json, json!({ "enabled": false }));
}

/// a kind that is switched off is neither set up nor offered, and lets nobody in without a factor.
async fn a_kind_that_is_switched_off_fails_closed(database: Database) {
    let mut world = World::start(database).await;
    let (person, session) = world.person_with("email", "only@backup.example").await;
    world.set("TWOFA_METHODS", "totp");
    world.restart(0).await;
    let browser = world.browser();
    let answer = login(&browser, &person).await.refused(403, "feature_disabled");
    answer.holds_no_session();
    let answer = begin(&browser, &session, "sms", "911").await;
    answer.refused(403, "feature_disabled");
    assert_eq!(world.codes_to("only@backup.example").await, 1);
}

/// what is rolled back is not sent. A-92: what is too old is not sent either, and that is written down.
async fn nothing_is_sent_that_was_not_committed_or_is_too_old(database: Database) {
    let world = World::start(database).await;
    let to = "+12025550176";
    let (person, _) = world.person_with("sms", to).await;
    let browser = world.browser();
    world.look.execute("ALTER TABLE two_factor_codes RENAME TO away").await;
    let answer = login(&browser, &person).await;
    assert!(answer.status >= 500, "{} {}", answer.status, answer.text);
    world.look.execute("ALTER TABLE away RENAME TO two_factor_codes").await;
    assert_eq!(world.codes_to(to).await, 1);

    // A message that nobody could send before its time ran out.
    let late = "UPDATE outbox SET state = 'queued', payload = (SELECT destination FROM factors WHERE destination IS NOT NULL), attempts = 0, \
                settled_at = NULL, expires_at = created_at WHERE kind = 'setup_code'";
    world.look.execute(late).await;
    let written = "SELECT count(*) FROM two_factor_audit_log WHERE action = 'delivery_expired'";
    let patience = Instant::now() + Duration::from_secs(20);
    while world.look.count(written).await == 0 {
        assert!(Instant::now() < patience, "no delivery_expired");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.codes_to(to).await, 1);
    let kept = "SELECT count(*) FROM outbox WHERE kind = 'setup_code' AND (state <> 'expired' OR payload IS NOT NULL)";
    assert_eq!(world.look.count(kept).await, 0);
}

on_both_databases![
    a_signed_in_person_proves_themselves_by_a_code_sent_for_that,
    a_number_and_an_address_sign_in,
    a_code_is_used_once_and_lives_five_minutes,
    a_code_is_good_for_its_own_challenge_only,
    thirty_requests_at_once_send_one_code,
    a_flood_of_requests_sends_five_an_hour_and_stops_nobody,
    ten_codes_a_day_go_to_one_destination_whoever_sends,
    a_race_for_the_last_codes_of_a_destination_has_ten_winners,
    a_pending_number_gets_no_sign_in_code,
    no_code_outlives_a_change_of_factor,
    a_code_is_asked_for_in_one_of_three_ways,
    a_kind_that_is_switched_off_fails_closed,
    nothing_is_sent_that_was_not_committed_or_is_too_old
];
on_sqlite![risky_numbers_are_refused_and_spellings_are_one, a_text_message_holds_no_word_of_anybody];
