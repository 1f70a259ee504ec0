//! Sign-up: an address becomes an account by the link sent to it, and by nothing else.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::database::Database;
use crate::harness::World;
use crate::passwords::assert_same;
use crate::people::{PASSWORD, login, login_with};

/// sign-up and resend say the same of a taken, a pending and a free address.
async fn sign_up_and_resend_tell_nothing(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let taken = world.sign_up().await;
    let (free, pending) = (world.new_address(), world.new_address());
    let sign_up = |email: String| {
        let browser = browser.clone();
        async move { browser.post("/auth/signup/", json!({ "email": email, "password": PASSWORD })).await }
    };
    let for_pending = sign_up(pending.clone()).await.expect(201);
    assert_same(&for_pending, &sign_up(taken.email.clone()).await);
    assert_same(&for_pending, &sign_up(pending.clone()).await);
    assert_same(&for_pending, &sign_up(free.clone()).await);
    // The owner of a taken address hears of it, and gets no link that would make a second account.
    let told = world.messages(&taken.email).await;
    assert!(told.len() >= 2, "{told:?}");

    let resend = |email: String| {
        let browser = browser.clone();
        async move { browser.post("/auth/verify-email/resend/", json!({ "email": email })).await }
    };
    let for_pending = resend(pending).await.expect(202);
    assert_same(&for_pending, &resend(taken.email.clone()).await);
    assert_same(&for_pending, &resend("nobody@example.com".to_owned()).await);

    // With the right password a pending account is told so, the same where the address is another's.
    let pending_login = login_with(&browser, &free, PASSWORD).await.refused(403, "email_unverified");
    pending_login.holds_no_session();
    let other = "an entirely different 9";
    browser.post("/auth/signup/", json!({ "email": taken.email, "password": other })).await.expect(201);
    let shadow = login_with(&browser, &taken.email, other).await;
    assert_same(&pending_login, &shadow);
    login(&browser, &taken).await.expect(200);
}

/// long passwords count to the last byte, common ones and the address are refused, and nothing is trimmed.
async fn passwords_are_taken_as_they_are(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let sign_up = |password: String| {
        let browser = browser.clone();
        let email = world.new_address();
        async move { browser.post("/auth/signup/", json!({ "email": email, "password": password })).await }
    };
    for weak in ["password", "12345678", "qwertyuiop", "Password1", "iloveyou", "short12", "1234567"] {
        let answer = sign_up(weak.to_owned()).await;
        assert!(matches!(answer.status, 400 | 422), "{weak}: {} {}", answer.status, answer.text);
        if answer.status == 422 {
            answer.refused(422, "password_rejected");
        }
    }
    let email = "rosalind.franklin@example.com";
    for own in [email, "rosalind.franklin"] {
        let answer = browser.post("/auth/signup/", json!({ "email": email, "password": own })).await;
        answer.refused(422, "password_rejected");
    }
    let long = format!("{}{}", "long ".repeat(20), "end");
    for good in [&long, "tide 🌊 glass 🪟 moss 🌿", "  two spaces at each end  ", &"Zäh".repeat(43)] {
        let person = world.sign_up_as(&world.new_address(), good).await;
        let shorter: String = good.chars().take(good.chars().count() - 1).collect();
        for almost in [shorter.as_str(), &good.to_lowercase(), &good.to_uppercase(), good.trim()] {
            if almost != good {
                login_with(&browser, &person.email, almost).await.refused(401, "credentials_invalid");
            }
        }
        login(&browser, &person).await.expect(200);
    }
    let cut_at_72 = &long[..72];
    let person = world.sign_up_as(&world.new_address(), &long).await;
    login_with(&browser, &person.email, cut_at_72).await.refused(401, "credentials_invalid");
}

/// of two sign-ups for one address the link that was opened decides whose password counts; the other dies.
async fn each_link_belongs_to_its_own_sign_up(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    let email = world.new_address();
    let (squatter, owner) = ("the squatter's Own 41", "the owner's Own 96 words");
    browser.post("/auth/signup/", json!({ "email": email, "password": squatter })).await.expect(201);
    let first = world.verification_token(&email).await;
    browser.post("/auth/signup/", json!({ "email": email, "password": owner })).await.expect(201);
    let patience = Instant::now() + Duration::from_secs(20);
    while world.messages(&email).await.len() < 2 {
        assert!(Instant::now() < patience, "the second mail did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second = world.verification_token(&email).await;
    assert_ne!(first, second);
    browser.post("/auth/verify-email/", json!({ "token": second })).await.expect(200).holds_no_session();
    login_with(&browser, &email, owner).await.expect(200);
    let shadow = login_with(&browser, &email, squatter).await;
    assert!(!shadow.is_success(), "{}", shadow.text);
    browser.post("/auth/verify-email/", json!({ "token": first })).await.refused(401, "token_invalid");
    login_with(&browser, &email, owner).await.expect(200);
    assert!(!login_with(&browser, &email, squatter).await.is_success());
    assert_eq!(world.look.count(&format!("SELECT count(*) FROM users WHERE email = '{email}'")).await, 1);
}

on_both_databases![sign_up_and_resend_tell_nothing, each_link_belongs_to_its_own_sign_up];
on_sqlite![passwords_are_taken_as_they_are];
