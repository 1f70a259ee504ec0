//! An upgrade while people are served: the previous program and this one side by side on one PostgreSQL.
//!
//! `TWINLOCK_TEST_PREVIOUS` names the previous program; docs/decisions/0017 says which one that is. Without it these tests say
//! loudly that they were skipped.

use std::path::PathBuf;

use serde_json::json;

use crate::client::Browser;
use crate::database::Database;
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, refresh, verification, verify};
use crate::totp::code;
use crate::trusted_devices::{is_trusted, shown};

#[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
fn previous() -> Option<PathBuf> {
    let program = std::env::var_os("TWINLOCK_TEST_PREVIOUS").filter(|path| !path.is_empty());
    if program.is_none() {
        eprintln!("SKIPPED: an upgrade (set TWINLOCK_TEST_PREVIOUS to the previous program)");
    }
    program.map(PathBuf::from)
}

/// The first node runs the previous program on the schema that it made; the second one is this program, which has migrated
/// under it.
async fn both(database: Database, previous: PathBuf) -> (World, Person, Session) {
    let mut world = World::on(database).build().await;
    let ours = std::mem::replace(&mut world.program, previous);
    world.add_node().await;
    let (person, session) = world.person_with_totp().await;
    world.program = ours;
    let migrated = world.cli(&["migrate"], "");
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    world.add_node().await;
    (world, person, session)
}

async fn crosses(world: &World, person: &Person, from: usize, to: usize) {
    let (here, there) = (world.browser_at(from), world.browser_at(to));
    let token = partial_token(&here, person).await;
    let typed = code(&person.secret, world.fresh_step().await);
    let session = Session::of(&verify(&there, &token, &typed).await.expect(200));
    verify(&here, &partial_token(&here, person).await, &typed).await.refused(422, "code_incorrect");
    assert!(is_signed_in(&here, &session.access).await && is_signed_in(&there, &session.access).await);
    let next = Session::of(&refresh(&here, &session.refresh).await.expect(200));
    refresh(&there, &next.refresh).await.expect(200);
    refresh(&here, &session.refresh).await.refused(401, "token_invalid");
    assert!(!is_signed_in(&there, &session.access).await);
}

/// Issue 4: what one of them began the other finishes, a code is accepted once by both together, and what one queued is sent.
async fn the_previous_program_and_this_one_serve_the_same_people(database: Database) {
    let Some(previous) = previous() else { return database.remove() };
    let (world, person, session) = both(database, previous).await;
    assert!(is_signed_in(&world.browser_at(1), &session.access).await);
    for (from, to) in [(0, 1), (1, 0)] {
        crosses(&world, &person, from, to).await;
        // A browser that one trusts the other trusts too.
        let browser = world.browser_at(from);
        let token = partial_token(&browser, &person).await;
        let mut body = verification(&token, &code(&person.secret, world.fresh_step().await));
        body["remember_me"] = json!(true);
        browser.post("/auth/2fa/verify/", body).await.expect(200);
        let elsewhere = world.browser_at(to);
        elsewhere.set_cookie(crate::trusted_devices::COOKIE, &shown(&browser));
        assert!(is_trusted(&login(&elsewhere, &person).await));
    }
    // Numbers and addresses, whoever of the two sends the code.
    for (from, to) in [(0, 1), (1, 0)] {
        let other = world.add_person(None);
        let number = world.new_number();
        let browser: Browser = world.browser_at(from);
        let session = Session::of(&login(&browser, &other).await.expect(200));
        let body = json!({ "method": "sms", "phone_number": number });
        browser.post_as(&session.access, "/auth/2fa/setup/", body).await.expect(201);
        let typed = world.code_to(&number, "setup_code", 1).await;
        let body = json!({ "code": typed });
        world.browser_at(to).post_as(&session.access, "/auth/2fa/verify-setup/", body).await.expect(200);
        world.message(&other.email, "two_factor_enabled").await;
    }
    assert!(world.cli(&["audit", "verify"], "").status.success());
}

/// The previous program may be started again on the schema of this one: a roll-out can be taken back.
async fn the_previous_program_starts_on_the_grown_schema(database: Database) {
    let Some(previous) = previous() else { return database.remove() };
    let (mut world, person, _) = both(database, previous.clone()).await;
    world.nodes.pop().unwrap().kill();
    let ours = std::mem::replace(&mut world.program, previous);
    world.restart(0).await;
    world.sign_in(&world.browser(), &person).await;
    world.program = ours;
    world.add_node().await;
    crosses(&world, &person, 1, 0).await;
}

on_postgresql![
    the_previous_program_and_this_one_serve_the_same_people,
    the_previous_program_starts_on_the_grown_schema
];
