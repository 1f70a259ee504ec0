//! What rests in the database: sealed into its row, or hashed so that it costs to guess.

use sha2::Digest as _;

use crate::database::Database;
use crate::harness::World;
use crate::people::{PASSWORD, login, login_with, partial_token, verify};
use crate::totp::code;

/// what is sealed is sealed into its row. One person's secret moved into another's row opens nothing.
async fn a_secret_moved_to_another_row_is_broken(database: Database) {
    let world = World::start(database).await;
    let (alice, mallory) = (world.add_person_with_totp(), world.add_person_with_totp());
    let browser = world.browser();
    let (one, other) = (world.id_of(&alice).await, world.id_of(&mallory).await);
    let swap = format!(
        "UPDATE factors SET secret = (SELECT f.secret FROM factors f WHERE f.user_id = {other}) WHERE user_id = {one}"
    );
    world.look.execute(&swap).await;
    let token = partial_token(&browser, &alice).await;
    let now = world.fresh_step().await;
    for secret in [&mallory.secret, &alice.secret] {
        let answer = verify(&browser, &token, &code(secret, now)).await;
        assert!(!answer.is_success(), "{}", answer.text);
        assert!(matches!(answer.status, 422 | 500 | 503), "{} {}", answer.status, answer.text);
        answer.holds_no_session();
    }
    let answer = login(&browser, &alice).await;
    assert_ne!(answer.json["requires_2fa"], false, "{}", answer.text);
    world.sign_in(&browser, &mallory).await;
}

/// a broken ciphertext never reads as no second factor, nor as a right code.
async fn a_broken_secret_is_no_missing_factor(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let id = world.id_of(&person).await;
    let (empty, bytes) = if world.database.is_postgres() {
        ("'\\x'::bytea", "'\\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'::bytea")
    } else {
        ("x''", "x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'")
    };
    for broken in [empty, bytes] {
        world.look.execute(&format!("UPDATE factors SET secret = {broken} WHERE user_id = {id}")).await;
        let answer = login(&browser, &person).await;
        answer.holds_no_session();
        assert_ne!(answer.json["requires_2fa"], false, "{}", answer.text);
        if answer.status == 200 {
            let token = answer.text_at("/partial_token");
            let answer = verify(&browser, &token, &code(&person.secret, world.fresh_step().await)).await;
            assert!(matches!(answer.status, 422 | 500 | 503), "{} {}", answer.status, answer.text);
            answer.expect_problem().holds_no_session();
        }
    }
}

/// a recovery code rests as a hash with a key from outside the database, over its user as well: no hash of the code alone
/// is there, and a row copied to somebody else is good for nobody.
async fn recovery_codes_rest_under_a_key(database: Database) {
    let world = World::start(database).await;
    let ((alice, _), (mallory, _)) = (world.person_with_totp().await, world.person_with_totp().await);
    let browser = world.browser();
    let stored = world.look.rows("SELECT code_hash FROM recovery_codes").await;
    let stored: Vec<String> = stored.into_iter().map(|row| row[0].clone().unwrap().to_lowercase()).collect();
    assert_eq!(stored.len(), 20);
    for code in &alice.recovery_codes {
        let bare = code.replace('-', "");
        for spelled in [code.clone(), code.to_lowercase(), bare.clone(), bare.to_lowercase()] {
            let hash = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(spelled.as_bytes()));
            assert!(stored.iter().all(|stored| !stored.contains(&hash)), "{spelled} is hashed without a key");
        }
    }
    let (one, other) = (world.id_of(&alice).await, world.id_of(&mallory).await);
    let moved = |from: &str, to: &str, ids: &str| {
        format!("UPDATE recovery_codes SET user_id = {to} WHERE user_id = {from} AND id IN ({ids})")
    };
    let ids = world.look.rows(&format!("SELECT id FROM recovery_codes WHERE user_id = {other}")).await;
    let literal = |id: &String| id.strip_prefix("\\x").map_or_else(|| format!("'{id}'"), |hex| format!("x'{hex}'"));
    let ids: Vec<String> = ids.iter().map(|row| literal(row[0].as_ref().unwrap())).collect();
    world.look.execute(&moved(&other, &one, &ids.join(", "))).await;
    let token = partial_token(&browser, &alice).await;
    for code in &mallory.recovery_codes[..4] {
        verify(&browser, &token, code).await.refused(422, "code_incorrect").holds_no_session();
    }
    world.look.execute(&moved(&one, &other, &ids.join(", "))).await;
    let token = partial_token(&browser, &mallory).await;
    verify(&browser, &token, &mallory.recovery_codes[0]).await.expect(200);
}

/// passwords rest as Argon2id with the costs of the contract, each with its own salt; weaker ones are made anew.
async fn passwords_rest_as_argon2id(database: Database) {
    let world = World::start(database).await;
    let (one, other) = (world.sign_up().await, world.add_person(None));
    let browser = world.browser();
    let hash = |email: String| {
        let look = &world.look;
        async move { look.value(&format!("SELECT password_hash FROM users WHERE email = '{email}'")).await.unwrap() }
    };
    let (first, second) = (hash(one.email.clone()).await, hash(other.email.clone()).await);
    for hash in [&first, &second] {
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }
    assert_ne!(first, second);

    for weaker in [argon2_of(PASSWORD, 8 * 1024, 1), argon2_of(PASSWORD, 19 * 1024, 1)] {
        world.look.execute(&format!("UPDATE users SET password_hash = '{weaker}' WHERE email = '{}'", one.email)).await;
        login_with(&browser, &one.email, "not it, though").await.refused(401, "credentials_invalid");
        login(&browser, &one).await.expect(200);
        let renewed = hash(one.email.clone()).await;
        assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
        login(&browser, &one).await.expect(200);
    }
}

fn argon2_of(password: &str, memory: u32, passes: u32) -> String {
    let salt = [5_u8; 16];
    let mut bytes = [0; 32];
    let costs = argon2::Params::new(memory, passes, 1, Some(32)).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, costs)
        .hash_password_into(password.as_bytes(), &salt, &mut bytes)
        .unwrap();
    let base64 = |bytes: &[u8]| data_encoding::BASE64_NOPAD.encode(bytes);
    format!("$argon2id$v=19$m={memory},t={passes},p=1${}${}", base64(&salt), base64(&bytes))
}

on_both_databases![
    a_secret_moved_to_another_row_is_broken,
    a_broken_secret_is_no_missing_factor,
    recovery_codes_rest_under_a_key,
    passwords_rest_as_argon2id
];
