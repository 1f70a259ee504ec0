//! Words that mean something to a machine behind the server, and words that mean nothing at all.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::database::Database;
use crate::harness::World;
use crate::input::attempts_left;
use crate::people::{PASSWORD, is_signed_in, login, login_with, partial_token, verification, verify};

/// a field that is not in the contract is refused, on every call that takes a body.
async fn an_unknown_field_is_refused_everywhere(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    let before = world.look.rows("SELECT * FROM factors").await;
    let calls = [
        ("/auth/signup/", json!({ "email": world.new_address(), "password": PASSWORD })),
        ("/auth/verify-email/", json!({ "token": "x".repeat(43) })),
        ("/auth/verify-email/resend/", json!({ "email": person.email })),
        ("/auth/login/", json!({ "email": person.email, "password": PASSWORD })),
        ("/auth/2fa/challenge/", json!({ "partial_token": token })),
        ("/auth/2fa/verify/", verification(&token, "000000")),
        ("/auth/token/refresh/", json!({ "refresh": session.refresh })),
        ("/auth/logout/", json!({ "refresh": session.refresh })),
        ("/auth/2fa/setup/", json!({ "method": "totp" })),
        ("/auth/2fa/verify-setup/", json!({ "code": "000000" })),
    ];
    for (path, body) in calls {
        for (name, value) in [
            ("is_enabled", json!(true)),
            ("role", json!("admin")),
            ("secret", json!("A".repeat(32))),
            ("locked_until", Value::Null),
            ("user_id", json!(1)),
            ("__proto__", json!({})),
            ("", json!("")),
        ] {
            let mut changed = body.clone();
            changed[name] = value;
            let answer = browser.post_as(&session.access, path, changed).await;
            assert_eq!(answer.status, 400, "{path} with {name}: {}", answer.text);
            answer.refused(400, "invalid_request");
        }
        // One field short, one field of another type.
        for name in body.as_object().unwrap().keys().filter(|name| *name != "refresh_in_body" && *name != "refresh") {
            let mut changed = body.clone();
            changed.as_object_mut().unwrap().remove(name);
            let answer = browser.post_as(&session.access, path, changed).await;
            answer.refused(400, "invalid_request");
            for wrong in [json!(1), json!([]), json!({}), json!(false)] {
                let mut changed = body.clone();
                changed[name] = wrong;
                let answer = browser.post_as(&session.access, path, changed).await;
                answer.refused(400, "invalid_request");
            }
        }
    }
    assert_eq!(world.look.rows("SELECT * FROM factors").await, before);
    assert_eq!(attempts_left(&browser, &token).await, 5);
    assert!(is_signed_in(&browser, &session.access).await);
}

/// nothing that means something to SQL means anything here.
async fn nothing_reaches_the_database_as_sql(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let users = world.look.count("SELECT count(*) FROM users").await;
    for word in [
        "%",
        "_",
        "' or 1=1--",
        "\" or \"\"=\"",
        "\\",
        "'; DROP TABLE users; --",
        "$1",
        "?1",
        "\\x00",
        "${7*7}",
        "\u{0}",
        "a'||'b",
        "1); SELECT pg_sleep(9); --",
        "🤷",
        "\u{d7ff}",
        "%s%n",
    ] {
        let email = format!("{word}@example.com");
        let answers: Vec<Answer> = vec![
            login_with(&browser, word, word).await,
            login_with(&browser, &email, word).await,
            login_with(&browser, &person.email, word).await,
            browser.post("/auth/signup/", json!({ "email": email, "password": word })).await,
            browser.post("/auth/verify-email/", json!({ "token": word })).await,
            browser.post("/auth/verify-email/resend/", json!({ "email": email })).await,
            verify(&browser, word, word).await,
            browser.post("/auth/2fa/challenge/", json!({ "partial_token": word })).await,
            browser.post("/auth/token/refresh/", json!({ "refresh": word })).await,
            browser.post("/auth/logout/", json!({ "refresh": word })).await,
            browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp", "label": word })).await,
            browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": word })).await,
            browser
                .post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": "0", "factor_id": word }))
                .await,
        ];
        for answer in answers {
            assert!(answer.status < 500, "{word:?} on {}: {}", answer.what, answer.text);
            answer.holds_no_session();
        }
        world.advance(1000).await;
        let _ = &session;
    }
    assert_eq!(world.look.count("SELECT count(*) FROM users").await, users);
}

/// three thousand bodies of noise: no 5xx, no word of the inside, the same process at the end.
async fn noise_is_refused_in_generic_words(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let pid = world.nodes[0].pid();
    let mut noise = Noise(0x5eed_2a17);
    let paths = [
        "/auth/signup/",
        "/auth/verify-email/",
        "/auth/verify-email/resend/",
        "/auth/login/",
        "/auth/2fa/challenge/",
        "/auth/2fa/verify/",
        "/auth/token/refresh/",
        "/auth/logout/",
        "/auth/2fa/setup/",
        "/auth/2fa/verify-setup/",
    ];
    let fields =
        ["email", "password", "token", "partial_token", "code", "refresh", "method", "label", "factor_id", "x"];
    for round in 0..60 {
        let calls = (0..50)
            .map(|_| {
                let call = browser.submit(paths[noise.index(paths.len())]).bearer(&session.access);
                if noise.below(4) == 0 {
                    let length = noise.below(200);
                    call.raw_json((0..length).map(|_| u8::try_from(noise.below(256)).unwrap()).collect::<Vec<u8>>())
                } else {
                    let mut body = json!({});
                    for _ in 0..noise.below(4) {
                        body[fields[noise.index(fields.len())]] = noise.value(3);
                    }
                    call.json(&body)
                }
            })
            .collect();
        for answer in world.burst(calls).await {
            assert!(answer.status < 500, "round {round}, {}: {} {}", answer.what, answer.status, answer.text);
            for word in
                ["panicked", "sqlx", "rusqlite", "tokio_postgres", "SQLSTATE", ".rs:", "/src/", "serde", "at line"]
            {
                assert!(!answer.text.contains(word), "{} says {word}: {}", answer.what, answer.text);
            }
        }
    }
    assert!(world.nodes[0].is_alive());
    assert_eq!(world.nodes[0].pid(), pid);
    login(&browser, &person).await.expect(200);
}

/// Numbers that look random and are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    fn value(&mut self, depth: u32) -> Value {
        let words = ["", " ", "a@b.c", "x", "\0", "totp", "sms", "123456", "🌊", "../..", "null", "\u{202e}", "a@b@c"];
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(self.next()),
            3 => json!(-1.5e300),
            4 => json!(words[self.index(words.len())]),
            5 => json!("y".repeat(usize::try_from(self.below(2000)).unwrap())),
            6 => Value::Array((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            _ => json!({ words[self.index(words.len())]: self.value(depth - 1) }),
        }
    }
}

on_both_databases![nothing_reaches_the_database_as_sql, noise_is_refused_in_generic_words];
on_sqlite![an_unknown_field_is_refused_everywhere];
