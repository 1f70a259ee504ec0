//! Access tokens: signed claims that an app can check by itself, and that nobody else can make.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, partial_token, verification};
use crate::totp::code;

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// The claims of an access token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

fn encode(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// The key that signed a token, as the server publishes it.
async fn published_key(world: &World, token: &str) -> (Value, VerifyingKey) {
    let set = world.browser().get("/.well-known/jwks.json").await.expect(200);
    let id = part(token, 0)["kid"].clone();
    let key = set.json["keys"].as_array().unwrap().iter().find(|key| key["kid"] == id).expect("the key").clone();
    assert_eq!(key["kty"], "OKP");
    assert_eq!(key["crv"], "Ed25519");
    assert!(key.get("d").is_none(), "the private key is published");
    let bytes = BASE64URL_NOPAD.decode(key["x"].as_str().unwrap().as_bytes()).unwrap();
    let public = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
    (key, public)
}

/// an app verifies a token with the published key alone, and finds the claims of RFC 9068 in it.
async fn an_app_verifies_tokens_by_itself(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let mut person = world.sign_up().await;
    let browser = world.browser();
    let now = world.now().await;
    let answer = login(&browser, &person).await.expect(200);
    let weak = Session::of(&answer);
    let user = answer.text_at("/user/id");
    world.enroll(&browser, &mut person).await;
    let token = partial_token(&browser, &person).await;
    let totp = code(&person.secret, world.fresh_step().await);
    let strong = Session::of(&crate::people::verify(&browser, &token, &totp).await.expect(200));
    let token = partial_token(&browser, &person).await;
    let recovered = crate::people::verify(&browser, &token, &person.recovery_codes[0]).await.expect(200);

    for (access, acr, amr) in [
        (&weak.access, "1", vec!["pwd"]),
        (&strong.access, "2", vec!["mfa", "otp", "pwd"]),
        (&Session::of(&recovered).access, "2", vec!["mfa", "otp", "pwd"]),
    ] {
        let (_, key) = published_key(&world, access).await;
        let (signed, signature) = access.rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap()).unwrap();
        key.verify_strict(signed.as_bytes(), &signature).expect("signed by the published key");
        let header = part(access, 0);
        assert_eq!(header["alg"], "EdDSA");
        assert_eq!(header["typ"], "at+jwt");
        let claims = claims(access);
        assert_eq!(claims["iss"], world.base());
        assert_eq!(claims["sub"], user);
        assert_eq!(claims["acr"], acr);
        let mut methods = crate::people::strings(&claims["amr"]);
        methods.sort();
        assert_eq!(methods, amr);
        for name in ["aud", "client_id", "jti", "sid"] {
            assert!(claims[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {claims}");
        }
        for name in ["iat", "exp", "auth_time"] {
            assert!(claims[name].as_i64().is_some_and(|at| at >= now - 5), "{name}: {claims}");
        }
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    }
    let listed: BTreeSet<String> = crate::people::strings(&recovered.json["amr"]).into_iter().collect();
    assert_eq!(listed, ["mfa", "otp", "pwd"].map(str::to_owned).into());
    // Both nodes sign with the same ring.
    assert_eq!(
        world.browser().get("/.well-known/jwks.json").await.json,
        world.browser_at(1).get("/.well-known/jwks.json").await.json
    );
}

/// no algorithm but ours, no key but ours, no claim bent.
async fn a_forged_token_is_refused(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let access = &session.access;
    let (jwk, public) = published_key(&world, access).await;
    let (header, claims) = (part(access, 0), claims(access));
    let signature = access.rsplit_once('.').unwrap().1;
    let mut forged = Vec::new();

    for algorithm in ["none", "None", "nOnE", "", "HS256", "RS256", "ES256", "eddsa"] {
        let mut changed = header.clone();
        changed["alg"] = json!(algorithm);
        for ending in ["", signature] {
            forged.push(format!("{}.{}.{ending}", encode(&changed), encode(&claims)));
        }
    }
    // HMAC under everything public that a confused verifier might take for a key.
    let x = jwk["x"].as_str().unwrap();
    for key in [public.as_bytes().as_slice(), x.as_bytes(), jwk.to_string().as_bytes(), b"", b"secret", &[0; 32]] {
        for algorithm in ["HS256", "EdDSA"] {
            let mut changed = header.clone();
            changed["alg"] = json!(algorithm);
            let signed = format!("{}.{}", encode(&changed), encode(&claims));
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(signed.as_bytes());
            forged.push(format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())));
        }
    }
    // A key of our own, named and brought along in every way a header knows.
    let own = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let own_jwk =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(own.verifying_key().as_bytes()) });
    for (name, value) in [
        ("kid", header["kid"].clone()),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(7)),
        ("kid", json!("")),
        ("kid", Value::Null),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("jwk", own_jwk),
        ("x5u", json!("http://127.0.0.1:1/x")),
        ("crit", json!(["exp"])),
    ] {
        let mut changed = header.clone();
        changed[name] = value;
        let signed = format!("{}.{}", encode(&changed), encode(&claims));
        let mine = ed25519_dalek::Signer::sign(&own, signed.as_bytes());
        forged.push(format!("{signed}.{}", BASE64URL_NOPAD.encode(&mine.to_bytes())));
        if changed != header {
            forged.push(format!("{signed}.{signature}"));
        }
    }
    for (name, value) in [
        ("exp", json!("9999999999")),
        ("exp", json!(1e20)),
        ("exp", Value::Null),
        ("nbf", json!(9_999_999_999_i64)),
        ("aud", json!("other")),
        ("acr", json!("9")),
        ("sub", json!("00000000-0000-0000-0000-000000000000")),
    ] {
        let mut changed = claims.clone();
        changed[name] = value;
        forged.push(format!("{}.{}.{signature}", encode(&header), encode(&changed)));
    }
    for (index, _) in access.char_indices().step_by(11) {
        let mut changed = access.clone();
        let other = if &access[index..=index] == "A" { "B" } else { "A" };
        changed.replace_range(index..=index, other);
        forged.push(changed);
    }
    forged.extend([
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        format!("{access}."),
        format!("{access}.x"),
    ]);
    forged.push(access.replace('.', " "));
    forged.push(format!("{access}="));
    for token in forged {
        assert!(&token != access);
        let answer = browser.get_as(&token, "/auth/2fa/status/").await;
        assert_eq!(answer.status, 401, "{token}: {}", answer.text);
        answer.refused(401, "token_invalid");
    }
    assert!(is_signed_in(&browser, access).await);
}

/// a token signed by another installation, and the authorization header in other shapes.
async fn only_a_bearer_token_of_this_installation_counts(database: Database) {
    let world = World::start(database).await;
    let foreign = World::start(Database::Sqlite).await;
    let browser = world.browser();
    let stranger = foreign.add_person(None);
    let from_elsewhere = Session::of(&login(&foreign.browser(), &stranger).await.expect(200));
    browser.get_as(&from_elsewhere.access, "/auth/2fa/status/").await.refused(401, "token_invalid");

    let person = world.add_person(None);
    let access = Session::of(&login(&browser, &person).await.expect(200)).access;
    for header in [
        format!("Basic {access}"),
        access.clone(),
        format!("Bearer {access} {access}"),
        format!("Bearer {access},"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Token {access}"),
    ] {
        let answer = browser.request("/auth/2fa/status/").header("authorization", &header).send().await;
        answer.refused(401, "token_invalid");
    }
    let twice = browser.request("/auth/2fa/status/").bearer("x").bearer(&access).send().await;
    assert_eq!(twice.status, 401, "two headers are no header: {}", twice.text);
    for path in [format!("/auth/2fa/status/?access_token={access}"), format!("/auth/2fa/status/?token={access}")] {
        browser.get(&path).await.refused(401, "token_invalid");
    }
    assert!(is_signed_in(&browser, &access).await);
}

/// partial and refresh tokens are long, random and have nothing in common; no column holds one.
async fn tokens_are_random_and_stored_hashed(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    let mut tokens = BTreeSet::new();
    for _ in 0..60 {
        tokens.insert(partial_token(&browser, &person).await);
    }
    assert_eq!(tokens.len(), 60, "a partial token came twice");
    let alphabet: BTreeSet<char> = tokens.iter().flat_map(|token| token.chars()).collect();
    assert!(alphabet.len() > 55, "only {} different characters", alphabet.len());
    for token in &tokens {
        assert!(token.len() >= 43 && uuid::Uuid::parse_str(token).is_err(), "{token}");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{token}");
    }
    for at in 0..8 {
        let here: BTreeSet<&str> = tokens.iter().map(|token| &token[at..=at]).collect();
        assert!(here.len() > 10, "position {at} has {here:?}");
    }
    let token = partial_token(&browser, &person).await;
    let body = verification(&token, &code(&person.secret, world.fresh_step().await));
    let later = Session::of(&browser.post("/auth/2fa/verify/", body).await.expect(200));
    let dump = world.look.dump_without(&["mailbox"]).await.to_lowercase();
    let secrets = tokens.iter().chain([&token, &session.refresh, &later.refresh, &session.access, &later.access]);
    for secret in secrets {
        for form in crate::leaks::forms(secret) {
            assert!(!dump.contains(&form), "a token stands in the database");
        }
    }
}

on_both_databases![an_app_verifies_tokens_by_itself, tokens_are_random_and_stored_hashed];
on_sqlite![a_forged_token_is_refused, only_a_bearer_token_of_this_installation_counts];
