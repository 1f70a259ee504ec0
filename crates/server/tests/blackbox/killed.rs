//! SIGKILL in the middle of load, again and again: what was answered stays done, what was not is done or not done, and
//! nothing that was used up works a second time. One node of two goes on, and so does the file it was killed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::testing::rounds;
use serde_json::json;

use crate::client::Browser;
use crate::database::{Database, Look};
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, partial_token, refresh, verification, verify};
use crate::totp::code;

/// What somebody has used up, and what they hold.
#[derive(Default)]
struct Hand {
    /// Codes whose use was answered.
    used: Vec<String>,
    /// The code whose use was not.
    unanswered: Option<String>,
    /// The session of each answered sign-in, with its newest tokens.
    sessions: Vec<Session>,
    /// A refresh token that was traded, with the answer, for the newest of the last session.
    traded: Option<String>,
    /// Whether the last request was a trade, and was not answered.
    trading: bool,
}

/// Signs in with one code after the other, steps up with every third one, and trades each refresh token for the next, until
/// no answer comes or there is nothing left.
async fn spend(browser: Browser, person: Person, now: i64, stopped: Arc<AtomicBool>) -> Hand {
    let mut hand = Hand::default();
    let mut codes = person.recovery_codes.clone();
    codes.insert(1, code(&person.secret, now));
    for (turn, code) in codes.into_iter().enumerate() {
        if stopped.load(Ordering::SeqCst) || !use_up(&browser, &person, code, turn % 3 == 2, &mut hand).await {
            return hand;
        }
        let Some(held) = hand.sessions.last_mut() else { continue };
        let body = json!({ "refresh": held.refresh });
        let Ok(answer) = browser.stranger().submit("/auth/token/refresh/").json(&body).try_send().await else {
            hand.trading = true;
            return hand;
        };
        let next = Session::of(&answer.expect(200));
        hand.traded = Some(std::mem::replace(held, next).refresh);
    }
    hand
}

/// Uses up one code; whether that was answered.
async fn use_up(browser: &Browser, person: &Person, code: String, raise: bool, hand: &mut Hand) -> bool {
    let call = if let Some(held) = hand.sessions.last().filter(|_| raise) {
        browser.submit("/auth/2fa/step-up/").bearer(&held.access).json(&json!({ "code": code }))
    } else {
        let body = json!({ "email": person.email, "password": person.password, "refresh_in_body": true });
        let Ok(due) = browser.submit("/auth/login/").json(&body).try_send().await else { return false };
        let token = due.expect(200).text_at("/partial_token");
        browser.submit("/auth/2fa/verify/").json(&verification(&token, &code))
    };
    let Ok(answer) = call.try_send().await else {
        hand.unanswered = Some(code);
        // A step-up trades the refresh token too.
        hand.trading = raise && !hand.sessions.is_empty();
        return false;
    };
    let session = Session::of(&answer.expect(200));
    hand.used.push(code);
    // A step-up gives the same session new tokens; those it had find nothing any more.
    if raise && !hand.sessions.is_empty() {
        hand.sessions.pop();
    }
    hand.sessions.push(session);
    hand.traded = None;
    true
}

/// killed at any moment, the server has lost nothing it answered, and takes nothing twice.
async fn a_kill_at_any_moment_loses_nothing_and_accepts_nothing_twice(database: Database) {
    let mut world = World::on(database).in_cluster().start().await;
    let mut answered = 0;
    for round in 0..rounds("kill -9 in the middle of load", 1, 12) {
        let mut people = Vec::new();
        for _ in 0..3 {
            people.push(world.person_with_totp().await.0);
        }
        let now = world.fresh_step().await;
        let stopped = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(turn, person)| {
                tokio::spawn(spend(world.browser_at(turn), person.clone(), now, Arc::clone(&stopped)))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(u64::from(300 + round * 331 % 1500))).await;
        // Every third time all nodes die, else one.
        let dead: Vec<usize> = match round % 3 {
            0 => (0..world.nodes.len()).collect(),
            turn => vec![turn as usize % world.nodes.len()],
        };
        for index in &dead {
            world.nodes[*index].kill();
        }
        stopped.store(true, Ordering::SeqCst);
        let mut spent = Vec::new();
        for task in tasks {
            spent.push(task.await.unwrap());
        }
        for index in dead {
            world.start_again(index).await;
        }
        answered += spent.iter().map(|hand| hand.used.len()).sum::<usize>();
        // Sessions first, of everybody: what follows takes hours, and access tokens live for minutes.
        for (person, hand) in people.iter().zip(&spent) {
            no_session_is_lost(&world, person, hand).await;
        }
        for (person, hand) in people.iter().zip(spent) {
            no_code_works_again(&world, person, hand).await;
        }
        the_database_is_whole(&world).await;
    }
    assert!(answered > 0, "nothing was answered before a kill");
}

async fn no_session_is_lost(world: &World, person: &Person, hand: &Hand) {
    let browser = world.browser_at(1);
    // At once, while the authenticator's code would still be good.
    for used in hand.used.iter().filter(|code| code.len() == 6) {
        let token = partial_token(&browser, person).await;
        verify(&browser, &token, used).await.refused(422, "code_incorrect");
    }
    let last = hand.sessions.len().saturating_sub(1);
    for (turn, session) in hand.sessions.iter().enumerate() {
        assert!(is_signed_in(&browser, &session.access).await, "an answered session is gone");
        let again = refresh(&browser, &session.refresh).await;
        // A trade that was not answered may have been made.
        let traded_away = turn == last && hand.trading && again.status == 401;
        assert!(again.is_success() || traded_away, "{} {}", again.status, again.text);
    }
    if let Some(old) = &hand.traded {
        refresh(&browser, old).await.refused(401, "token_invalid");
    }
}

async fn no_code_works_again(world: &World, person: &Person, hand: Hand) {
    let browser = world.browser_at(1);
    for codes in hand.used.chunks(4) {
        // Nobody's budget of wrong codes is to run out over this check.
        world.advance(3700).await;
        let token = partial_token(&browser, person).await;
        for used in codes {
            verify(&browser, &token, used).await.refused(422, "code_incorrect");
        }
    }
    if let Some(code) = hand.unanswered {
        world.advance(3700).await;
        // An authenticator's code has grown old by now; a recovery code was used, or still works, and then once.
        for turn in 0..2 {
            let token = partial_token(&browser, person).await;
            let answer = verify(&browser, &token, &code).await;
            if turn == 1 || !answer.is_success() {
                answer.refused(422, "code_incorrect");
            }
        }
    }
    let id = world.id_of(person).await;
    let unused = format!("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL AND user_id = {id}");
    let unused = usize::try_from(world.look.count(&unused).await).unwrap();
    let written = world.audit_count(person, "recovery_code_used", true).await;
    assert_eq!(unused + written, 10, "each used code is one entry");
    let completed = format!("SELECT count(*) FROM challenges WHERE completed_at IS NOT NULL AND user_id = {id}");
    let completed = usize::try_from(world.look.count(&completed).await).unwrap();
    assert_eq!(
        world.audit_count(person, "code_verified", true).await,
        completed,
        "each answered challenge is one entry"
    );
    let sessions = format!("SELECT count(*) FROM sessions WHERE user_id = {id}");
    // The session that enrolled the authenticator needed no challenge.
    assert_eq!(world.look.count(&sessions).await, i64::try_from(completed + 1).unwrap());
}

/// The audit log holds together, and so does the file.
async fn the_database_is_whole(world: &World) {
    let output = world.cli(&["audit", "verify"], "");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    if matches!(world.look, Look::Sqlite(_)) {
        assert_eq!(world.look.value("PRAGMA integrity_check").await.as_deref(), Some("ok"));
    }
}

on_both_databases![a_kill_at_any_moment_loses_nothing_and_accepts_nothing_twice];
