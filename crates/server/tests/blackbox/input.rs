//! What a body may hold: one strict shape, and nothing that changes what it means on the way.

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, Session, is_signed_in, login, login_with, partial_token, verification, verify};
use crate::totp::code;

async fn attempts_left(browser: &Browser, token: &str) -> i64 {
    let state = browser.post("/auth/2fa/challenge/", json!({ "partial_token": token })).await.expect(200);
    state.number_at("/attempts_left")
}

/// many codes in one request are no code; nor is none. Neither is charged, neither gets in.
async fn one_request_holds_one_code(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let right = code(&person.secret, world.fresh_step().await);
    let many: Vec<String> = (0..1000).map(|n| format!("{n:06}")).chain([right.clone()]).collect();
    let number: u64 = right.parse().unwrap();
    for value in [
        json!(many),
        json!([right]),
        json!({ "$in": [right] }),
        json!({ "$gt": "" }),
        json!({ right.as_str(): 1 }),
        json!(number),
        json!(1.234_56e5),
        json!(true),
        json!(false),
        Value::Null,
        json!([]),
        json!({}),
        json!(""),
        json!("x".repeat(65)),
        json!("1".repeat(100_000)),
    ] {
        let body = json!({ "partial_token": token, "code": value });
        let answer = browser.post("/auth/2fa/verify/", body).await.refused(400, "invalid_request");
        answer.holds_no_session();
        assert!(!answer.json["errors"].as_array().expect("errors").is_empty());
        assert!(answer.json["errors"][0]["pointer"].is_string() && answer.json["errors"][0]["detail"].is_string());
    }
    let quoted = Value::from(token.clone());
    for raw in [
        String::new(),
        "{}".into(),
        "null".into(),
        "[]".into(),
        format!("\"{right}\""),
        format!("{{\"partial_token\":{quoted}}}"),
        format!("{{\"partial_token\":{quoted},\"code\":\"000000\",\"code\":\"{right}\"}}"),
        format!("{{\"partial_token\":{quoted},\"code\":\"{right}\",\"code\":\"{right}\"}}"),
        format!("{{\"partial_token\":{quoted},\"partial_token\":{quoted},\"code\":\"{right}\"}}"),
        format!("{{\"partial_token\":{quoted},\"code\":\"{right}\"}} {{}}"),
        format!("{{\"partial_token\":{quoted},\"code\":\"{right}\"}},"),
        format!("{{\"partial_token\":{quoted},\"code\":\"{right}\",}}"),
        format!("{{\"partial_token\":{quoted},\"code\":'{right}'}}"),
        format!("{{\"partial_token\":{quoted},\"Code\":\"{right}\"}}"),
        format!("{{\"partial_token\":{quoted},\"code\":\"{right}\",\"code[]\":\"1\"}}"),
        format!("{{\"partial_token\":{quoted},\"code\":\"\\ud800\"}}"),
        format!("\u{feff}{{\"partial_token\":{quoted},\"code\":\"{right}\"}}"),
        format!("{{\"partial_token\":{quoted},\"code\":NaN}}"),
    ] {
        let answer = browser.submit("/auth/2fa/verify/").raw_json(raw.clone()).send().await;
        assert_eq!(answer.status, 400, "{raw}: {}", answer.text);
        answer.refused(400, "invalid_request").holds_no_session();
    }
    let mut bytes = format!("{{\"partial_token\":{quoted},\"code\":\"").into_bytes();
    bytes.extend([0xff, 0xfe, b'"', b'}']);
    browser.submit("/auth/2fa/verify/").raw_json(bytes).send().await.refused(400, "invalid_request");
    let query = format!("/auth/2fa/verify/?partial_token={token}&code={right}");
    browser.submit(&query).json(&json!({})).send().await.refused(400, "invalid_request");
    let form = format!("partial_token={token}&code[]=000000&code[]={right}");
    let form = browser.submit("/auth/2fa/verify/").raw("application/x-www-form-urlencoded", form).send().await;
    assert_eq!(form.expect_problem().status, 415);
    let get = browser.get(&format!("/auth/2fa/verify/?partial_token={token}&code={right}")).await;
    assert_eq!(get.expect_problem().status, 405);

    assert_eq!(attempts_left(&browser, &token).await, 5, "the shape of a body was charged");
    verify(&browser, &token, &right).await.expect(200);
}

/// six ASCII digits are a code; everything that only looks like them is a wrong one, charged and never a 5xx.
async fn only_ascii_digits_are_a_code(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let spellings: Vec<fn(&str) -> String> = vec![
        |code| format!("+{code}"),
        |code| format!("-{code}"),
        |code| format!("{code}0"),
        |code| format!("0{code}"),
        |code| code[..5].to_owned(),
        |code| code[1..].to_owned(),
        |code| format!("0x{:X}", code.parse::<u32>().unwrap()),
        |code| format!("{}e5", code.parse::<f64>().unwrap() / 1e5),
        |code| code.chars().map(|digit| char::from_u32(digit as u32 - 0x30 + 0xff10).unwrap()).collect(),
        |code| code.chars().map(|digit| char::from_u32(digit as u32 - 0x30 + 0x0660).unwrap()).collect(),
        |code| format!("{}\u{200b}{}", &code[..3], &code[3..]),
        |code| format!("\u{feff}{code}"),
        |code| format!("{code}\0"),
        |code| format!("\0{code}"),
        |code| format!("{code}'--"),
        |code| format!("%{}", &code[1..]),
        |code| format!("_{}", &code[1..]),
        |code| format!("{code};{code}"),
        |code| format!("{code},{code}"),
        |_| "null".to_owned(),
        |_| "undefined".to_owned(),
        |_| "%".to_owned(),
        |_| "*".to_owned(),
        |_| "\u{202e}".to_owned(),
    ];
    for group in spellings.chunks(4) {
        let person = world.add_person_with_totp();
        let token = partial_token(&browser, &person).await;
        let right = code(&person.secret, world.fresh_step().await);
        for (turn, spell) in group.iter().enumerate() {
            let spelled = spell(&right);
            let answer = verify(&browser, &token, &spelled).await;
            assert_eq!(answer.status, 422, "{spelled:?}: {}", answer.text);
            let answer = answer.refused(422, "code_incorrect");
            assert_eq!(answer.number_at("/attempts_left"), 4 - i64::try_from(turn).unwrap());
        }
        verify(&browser, &token, &right).await.expect(200);
    }
}

/// what people really type around a code: spaces. Either they are dropped, or the code is a wrong one.
async fn spaces_around_a_code_are_no_accident_of_the_server(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let person = world.add_person_with_totp();
    for spell in ["{a}{b} ", " {a}{b}", "{a} {b}", "{a}{b}\n", "{a}-{b}"] {
        let token = partial_token(&browser, &person).await;
        let right = code(&person.secret, world.fresh_step().await);
        let spelled = spell.replace("{a}", &right[..3]).replace("{b}", &right[3..]);
        let answer = verify(&browser, &token, &spelled).await;
        assert!(matches!(answer.status, 200 | 422), "{spelled:?}: {} {}", answer.status, answer.text);
        world.advance(3700).await;
    }
}

/// R-16, product.md section 5: a recovery code is read as people write it, works once, and is nobody else's.
async fn a_recovery_code_is_read_kindly_and_once(database: Database) {
    let world = World::start(database).await;
    let (person, _) = world.person_with_totp().await;
    let (other, _) = world.person_with_totp().await;
    let browser = world.browser();
    let spellings: [fn(&str) -> String; 5] = [
        |code| code.to_lowercase(),
        |code| code.replace('-', ""),
        |code| format!("  {}  ", code.replace('-', " ")),
        |code| code.replace('0', "O").replace('1', "l"),
        |code| code.replace('0', "o").replace('1', "I").replace('-', " - "),
    ];
    for (turn, spell) in spellings.iter().enumerate() {
        let token = partial_token(&browser, &person).await;
        let answer = verify(&browser, &token, &spell(&person.recovery_codes[turn])).await.expect(200);
        assert_eq!(answer.json["method"], "recovery_code");
        assert_eq!(answer.number_at("/recovery_codes_remaining"), 9 - i64::try_from(turn).unwrap());
        assert!(answer.json["trusted_device"].is_null());
    }
    let token = partial_token(&browser, &person).await;
    let again = verify(&browser, &token, &person.recovery_codes[0]).await.refused(422, "code_incorrect");
    assert_eq!(again.json["hint"], "already_used");
    let foreign = verify(&browser, &token, &other.recovery_codes[0]).await.refused(422, "code_incorrect");
    assert!(foreign.json["hint"].is_null());
    verify(&browser, &token, &person.recovery_codes[5]).await.expect(200);
    let token = partial_token(&browser, &other).await;
    verify(&browser, &token, &other.recovery_codes[0]).await.expect(200);
}

/// recovery codes use every letter of their alphabet evenly, and none that could be taken for another.
async fn recovery_codes_are_evenly_random(database: Database) {
    let world = World::start(database).await;
    let mut counts = [0_u32; 128];
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let (person, _) = world.person_with_totp().await;
        for code in person.recovery_codes {
            code.bytes().filter(|byte| *byte != b'-').for_each(|byte| counts[usize::from(byte)] += 1);
            assert!(seen.insert(code), "a recovery code came twice");
        }
    }
    let alphabet = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let total: u32 = counts.iter().sum();
    assert_eq!(total, alphabet.iter().map(|letter| counts[usize::from(*letter)]).sum::<u32>(), "a foreign letter");
    assert_eq!(total, 8 * 10 * 12);
    let expected = f64::from(total) / 32.0;
    let deviation: f64 =
        alphabet.iter().map(|letter| (f64::from(counts[usize::from(*letter)]) - expected).powi(2) / expected).sum();
    // Chi-square with 31 degrees of freedom: above 85 once in a million runs of a fair source.
    assert!(deviation < 85.0, "chi-square {deviation}: {counts:?}");
}

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

/// an answer about a challenge needs its token, and an unknown one is refused like a made-up one.
async fn a_challenge_is_shown_to_its_token_only(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let token = partial_token(&browser, &person).await;
    let other = format!("{}{}", &token[1..], &token[..1]);
    for wrong in [other.as_str(), &person.email, "x"] {
        let answer = browser.post("/auth/2fa/challenge/", json!({ "partial_token": wrong })).await;
        answer.refused(401, "partial_token_invalid");
    }
    let session = world.sign_in(&browser, &person).await;
    browser
        .post("/auth/2fa/challenge/", json!({ "partial_token": session.access }))
        .await
        .refused(401, "partial_token_invalid");
    assert_eq!(attempts_left(&browser, &token).await, 5);
    let refused = verify(&browser, &token, "abc").await.refused(422, "code_incorrect");
    assert_eq!(refused.json["attempts_left"], 4);
    assert_eq!(attempts_left(&browser, &token).await, 4);
    // A session without a factor is not made of a challenge that is over.
    let _ = Session::of(&verify(&browser, &token, &code(&person.secret, world.fresh_step().await)).await.expect(200));
    let over = browser.post("/auth/2fa/challenge/", json!({ "partial_token": token })).await;
    assert!(matches!(over.status, 401 | 409 | 410), "{} {}", over.status, over.text);
}

on_both_databases![
    one_request_holds_one_code,
    only_ascii_digits_are_a_code,
    a_recovery_code_is_read_kindly_and_once,
    nothing_reaches_the_database_as_sql,
    noise_is_refused_in_generic_words,
];
on_sqlite![
    spaces_around_a_code_are_no_accident_of_the_server,
    recovery_codes_are_evenly_random,
    an_unknown_field_is_refused_everywhere,
    a_challenge_is_shown_to_its_token_only,
];
