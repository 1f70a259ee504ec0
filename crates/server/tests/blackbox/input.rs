//! What a body may hold: one strict shape, and nothing that changes what it means on the way.

use serde_json::{Value, json};

use crate::client::Browser;
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, partial_token, verify};
use crate::totp::code;

pub(crate) async fn attempts_left(browser: &Browser, token: &str) -> i64 {
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
        json!("1".repeat(5_000)),
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
        .post("/auth/2fa/challenge/", json!({ "partial_token": session.refresh }))
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

on_both_databases![one_request_holds_one_code, only_ascii_digits_are_a_code, a_recovery_code_is_read_kindly_and_once];
on_sqlite![
    spaces_around_a_code_are_no_accident_of_the_server,
    recovery_codes_are_evenly_random,
    a_challenge_is_shown_to_its_token_only
];
