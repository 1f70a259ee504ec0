//! The audit log: every event once, nothing changed afterwards, and nothing done that it could not write.

use std::collections::BTreeMap;

use serde_json::json;

use crate::database::Database;
use crate::evidence::Entry;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, login_with, partial_token, refresh, verification, verify};
use crate::totp::{code, wrong_code};

/// Each person's chain has no gap and every link holds.
#[track_caller]
fn is_chained(entries: &[Entry]) {
    let mut heads: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for entry in entries {
        let Some(person) = &entry.person else { continue };
        let seq = entry.seq.expect("a place in the chain");
        let hash = entry.hash.clone().expect("a hash");
        if let Some((last, previous)) = heads.get(person) {
            assert_eq!(seq, last + 1, "{entry:?}");
            assert_eq!(entry.previous_hash.as_ref(), Some(previous), "{entry:?}");
        }
        heads.insert(person.clone(), (seq, hash));
    }
}

/// a scripted life leaves its entries, in order, with outcome, method, address, browser and request id.
async fn a_life_leaves_its_entries_in_order(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let mut person = world.sign_up().await;
    let browser = world.browser();
    login_with(&browser, &person.email, "wrong").await.refused(401, "credentials_invalid");
    world.enroll(&browser, &mut person).await;
    let agent = "Blackbox/1.0 (audit)";
    let token = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    let id = "audit-request-0001";
    let wrong = browser
        .submit("/auth/2fa/verify/")
        .header("user-agent", agent)
        .header("x-request-id", id)
        .json(&verification(&token, &wrong_code(&person.secret, now)))
        .send()
        .await;
    wrong.refused(422, "code_incorrect");
    let session = Session::of(&verify(&world.browser_at(1), &token, &code(&person.secret, now)).await.expect(200));
    let token = partial_token(&browser, &person).await;
    verify(&browser, &token, &person.recovery_codes[0]).await.expect(200);
    let renewed = Session::of(&refresh(&browser, &session.refresh).await.expect(200));
    refresh(&browser, &session.refresh).await.refused(401, "token_invalid");
    refresh(&browser, &renewed.refresh).await.refused(401, "token_invalid");
    let last = world.sign_in(&browser, &person).await;
    browser.post("/auth/logout/", json!({ "refresh": last.refresh })).await.expect(204);

    let entries = world.audit_of(&person).await;
    is_chained(&entries);
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let mut from = 0;
    for action in [
        "email_verified",
        "password_checked",
        "password_checked",
        "enrollment_started",
        "enrollment_confirmed",
        "password_checked",
        "code_verified",
        "code_verified",
        "recovery_code_used",
        "session_refreshed",
        "refresh_token_reused",
        "code_verified",
        "signed_out",
    ] {
        let found = actions[from..].iter().position(|have| *have == action);
        from += found.unwrap_or_else(|| panic!("no {action} where it belongs in {actions:?}")) + 1;
    }
    let refused = entries.iter().find(|entry| entry.request_id.as_deref() == Some(id)).expect("the wrong code");
    assert_eq!((refused.action.as_str(), refused.success), ("code_verified", false));
    assert_eq!(refused.user_agent.as_deref(), Some(agent));
    assert!(refused.ip_address.as_deref().is_some_and(|address| address.starts_with("127.0.0.1")));
    let accepted =
        entries.iter().find(|entry| entry.action == "code_verified" && entry.success).expect("the right one");
    assert_eq!(accepted.method.as_deref(), Some("totp"));
    for entry in &entries {
        assert!(entry.request_id.is_some(), "{entry:?}");
        for secret in person.recovery_codes.iter().chain([&person.secret, &token]) {
            assert!(!entry.detail.contains(secret.as_str()), "{entry:?}");
        }
    }
    // Each refused event is one entry, not two and not none.
    let before = world.audit().await.len();
    login_with(&browser, "nobody@example.com", "wrong").await.refused(401, "credentials_invalid");
    assert_eq!(world.audit().await.len(), before + 1);
    login_with(&browser, &person.email, "wrong").await.refused(401, "credentials_invalid");
    assert_eq!(world.audit().await.len(), before + 2);
}

/// of each factor its person sees when it was enrolled and last used, and the log has from where.
async fn a_factor_has_a_history(database: Database) {
    let world = World::start(database).await;
    let (person, session) = world.person_with_totp().await;
    let browser = world.browser();
    let shown = |answer: &crate::client::Answer| {
        let factor = &answer.json["factors"][0];
        [&factor["created_at"], &factor["last_used_at"]].map(|at| at.as_str().expect("a time").to_owned())
    };
    let [enrolled, used] = shown(&crate::setup::status(&browser, &session).await);
    assert!(enrolled <= used && enrolled.ends_with('Z'), "{enrolled} {used}");
    let later = world.sign_in(&browser, &person).await;
    let [still, used_again] = shown(&crate::setup::status(&browser, &later).await);
    assert_eq!(still, enrolled);
    assert!(used_again > used, "{used_again}");
    let entries = world.audit_of(&person).await;
    let added = entries.iter().find(|entry| entry.action == "factor_added").expect("the enrollment");
    assert!(added.ip_address.as_deref().is_some_and(|address| address.starts_with("127.0.0.1")), "{added:?}");
    assert!(added.success && added.created_at.len() > 10, "{added:?}");
}

/// a code used twice is in the log as what it was.
async fn a_replay_is_told_apart_in_the_log(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let used = code(&person.secret, world.fresh_step().await);
    verify(&browser, &partial_token(&browser, &person).await, &used).await.expect(200);
    verify(&browser, &partial_token(&browser, &person).await, &used).await.refused(422, "code_incorrect");
    let entries = world.audit_of(&person).await;
    let last = entries.iter().rfind(|entry| entry.action == "code_verified").unwrap();
    assert!(!last.success);
    assert!(last.detail.contains("used") || last.detail.contains("replay"), "{last:?}");
}

/// what stands in the log is never changed or taken out, and the chain grows at its end only.
async fn no_entry_is_ever_changed(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    world.sign_in(&browser, &person).await;
    let before = world.audit_of(&person).await;
    for _ in 0..3 {
        let token = partial_token(&browser, &person).await;
        verify(&browser, &token, "000000").await;
        world.advance(40 * 86_400).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    world.restart(0).await;
    world.sign_in(&world.browser(), &person).await;
    let after = world.audit_of(&person).await;
    assert!(after.len() > before.len());
    assert_eq!(after[..before.len()], before[..]);
    is_chained(&after);
}

/// Makes every INSERT into the log fail, from outside.
pub(crate) async fn break_the_log(world: &World) {
    let sql = if world.database.is_postgres() {
        "CREATE FUNCTION refuse_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
         CREATE TRIGGER refuse_entry BEFORE INSERT ON two_factor_audit_log FOR EACH ROW EXECUTE FUNCTION refuse_entry()"
    } else {
        "CREATE TRIGGER refuse_entry BEFORE INSERT ON two_factor_audit_log BEGIN SELECT RAISE(ABORT, 'no'); END"
    };
    world.look.execute(sql).await;
}

/// Lets them succeed again.
pub(crate) async fn mend_the_log(world: &World) {
    let table = if world.database.is_postgres() { " ON two_factor_audit_log" } else { "" };
    world.look.execute(&format!("DROP TRIGGER refuse_entry{table}")).await;
}

/// what cannot be logged is not done. The answer is a 5xx, the state is as before, and a right code cannot
/// be told from a wrong one.
async fn what_cannot_be_logged_is_not_done(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let newcomer = world.add_person(None);
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let enrolling = Session::of(&login(&browser, &newcomer).await.expect(200));
    let setup = browser.post_as(&enrolling.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
    let address = world.new_address();
    let body = json!({ "email": address, "password": person.password });
    browser.post("/auth/signup/", body).await.expect(201);
    let link = world.verification_token(&address).await;
    let token = partial_token(&browser, &person).await;
    let now = world.fresh_step().await;
    let right = code(&person.secret, now);
    let confirmation = json!({ "code": code(&setup.text_at("/secret"), now) });
    // A wrong code may be charged all the same, which these two tables show.
    let apart = ["counters", "mailbox", "outbox", "challenges", "two_factor_settings", "jobs"];
    let another = json!({ "current_password": person.password, "new_password": "quiet harbor 41 lanterns" });
    let before = world.look.dump_without(&apart).await;

    break_the_log(&world).await;
    let mut refused = vec![
        verify(&browser, &token, &wrong_code(&person.secret, now)).await,
        verify(&browser, &token, &right).await,
        browser.post_as(&enrolling.access, "/auth/2fa/verify-setup/", confirmation.clone()).await,
        browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await,
        browser.post_as(&session.access, "/auth/2fa/disable/", json!({ "code": right })).await,
        browser.post_as(&session.access, "/auth/2fa/recovery-codes/generate/", json!({})).await,
        browser.post_as(&session.access, "/auth/password/change/", another).await,
        refresh(&browser, &session.refresh).await,
        browser.stranger().post("/auth/logout/", json!({ "refresh": session.refresh })).await,
        browser.post("/auth/verify-email/", json!({ "token": link })).await,
        login(&browser, &person).await,
        login(&browser, &newcomer).await,
    ];
    for answer in &refused {
        assert!(matches!(answer.status, 500 | 503), "{} {} {}", answer.what, answer.status, answer.text);
        answer.clone().expect_problem().holds_no_session();
    }
    let (right_one, wrong_one) = (refused.swap_remove(1), refused.swap_remove(0));
    crate::passwords::assert_same(&wrong_one, &right_one);
    mend_the_log(&world).await;

    assert_eq!(world.look.dump_without(&apart).await, before);
    let state = browser.post("/auth/2fa/challenge/", json!({ "partial_token": token })).await.expect(200);
    assert!(matches!(state.number_at("/attempts_left"), 4 | 5), "{}", state.text);
    assert!(is_signed_in(&browser, &session.access).await);
    verify(&browser, &token, &right).await.expect(200);
    browser.post_as(&enrolling.access, "/auth/2fa/verify-setup/", confirmation).await.expect(200);
    refresh(&browser, &session.refresh).await.expect(200);
    browser.post("/auth/verify-email/", json!({ "token": link })).await.expect(200);
    is_chained(&world.audit().await);
}

on_both_databases![
    a_life_leaves_its_entries_in_order,
    a_factor_has_a_history,
    a_replay_is_told_apart_in_the_log,
    no_entry_is_ever_changed,
    what_cannot_be_logged_is_not_done,
];
