//! Bad days: the database goes away, the process is killed, a client hangs up, a row or a key is missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::Browser;
use crate::database::{Database, Look};
use crate::harness::World;
use crate::people::{Person, Session, is_signed_in, login, partial_token, refresh, verification, verify};
use crate::totp::code;

/// without its database the server says so, gives nobody a session, and serves again as soon as it is back.
async fn a_lost_database_is_a_503_and_comes_back(database: Database) {
    let mut world = World::on(database).through_proxy().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    let right = code(&person.secret, world.fresh_step().await);

    world.proxy.as_ref().unwrap().cut();
    let began = Instant::now();
    for answer in [
        verify(&browser, &token, &right).await,
        verify(&browser, &token, "000000").await,
        login(&browser, &person).await,
        refresh(&browser, &session.refresh).await,
        browser.get_as(&session.access, "/auth/2fa/status/").await,
        browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await,
    ] {
        answer.refused(503, "unavailable").holds_no_session();
    }
    assert!(began.elapsed() < Duration::from_mins(1), "six refusals took {:?}", began.elapsed());
    world.browser().get("/healthz").await.expect(200);
    assert_eq!(world.browser().get("/readyz").await.status, 503);

    world.proxy.as_ref().unwrap().mend();
    ready(&world).await;
    verify(&browser, &token, &right).await.expect(200);
    refresh(&browser, &session.refresh).await.expect(200);
    assert!(world.nodes[0].is_alive());
}

/// a database that says nothing any more is a 503 too, in bounded time, and holds up nothing else.
async fn a_silent_database_is_a_503_in_bounded_time(database: Database) {
    let world = World::on(database).through_proxy().start().await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    let token = partial_token(&browser, &person).await;
    let right = code(&person.secret, world.fresh_step().await);
    let wire = world.proxy.as_ref().unwrap();
    wire.fall_silent();
    let began = Instant::now();
    let calls = vec![
        browser.submit("/auth/2fa/verify/").json(&verification(&token, &right)),
        browser.submit("/auth/2fa/verify/").json(&verification(&token, "000000")),
        browser.submit("/auth/login/").json(&json!({ "email": person.email, "password": person.password })),
        browser.submit("/auth/token/refresh/").json(&json!({ "refresh": session.refresh })),
        browser.request("/auth/2fa/status/").bearer(&session.access),
    ];
    let watch = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.browser().get("/healthz").await.expect(200);
        began.elapsed()
    };
    let (answers, healthy) = tokio::join!(world.burst(calls), watch);
    assert!(healthy < Duration::from_secs(2), "/healthz waited for the database: {healthy:?}");
    for answer in answers {
        answer.refused(503, "unavailable").holds_no_session();
    }
    assert!(began.elapsed() < Duration::from_secs(45), "the refusals took {:?}", began.elapsed());

    wire.mend();
    ready(&world).await;
    let token = match verify(&browser, &token, &right).await {
        answer if answer.status == 200 => return,
        answer => {
            // The database may have carried out what it could not confirm; then the code is used, and nothing is half done.
            answer.refused(409, "already_completed");
            partial_token(&browser, &person).await
        }
    };
    let fresh = code(&person.secret, world.fresh_step().await);
    verify(&browser, &token, &fresh).await.expect(200);
    consistent(&world, &person).await;
}

/// a stranger who holds the SQLite file makes people wait, and then hear 503; nothing is lost and it goes on.
async fn a_file_held_by_somebody_else_is_a_wait_then_a_503(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let Look::Sqlite(path) = &world.look else { return };
    for (hold, expected) in [(Duration::from_millis(700), vec![200]), (Duration::from_secs(25), vec![200, 503])] {
        let token = partial_token(&browser, &person).await;
        let right = code(&person.secret, world.fresh_step().await);
        let holder = rusqlite::Connection::open(path).unwrap();
        holder.busy_timeout(Duration::from_secs(5)).unwrap();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let asking = tokio::spawn(browser.submit("/auth/2fa/verify/").json(&verification(&token, &right)).try_send());
        let began = Instant::now();
        while began.elapsed() < hold && !asking.is_finished() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        holder.execute_batch("ROLLBACK").unwrap();
        drop(holder);
        let answer = asking.await.unwrap().unwrap();
        assert!(expected.contains(&answer.status), "{} {}", answer.status, answer.text);
        if answer.status == 503 {
            answer.refused(503, "unavailable").holds_no_session();
            verify(&browser, &token, &right).await.expect(200);
        }
        consistent(&world, &person).await;
    }
}

/// Waits until the server says it is ready again.
async fn ready(world: &World) {
    let patience = Instant::now() + Duration::from_secs(20);
    while world.browser().get("/readyz").await.status != 200 {
        assert!(Instant::now() < patience, "it did not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// a connection that breaks in the middle of many logins leaves each of them done or not done, never half.
async fn a_connection_lost_under_load_leaves_nothing_half_done(database: Database) {
    let world = World::on(database).through_proxy().start().await;
    let people: Vec<Person> = (0..6).map(|_| world.add_person_with_totp()).collect();
    let browser = world.browser();
    let wire = world.proxy.as_ref().unwrap();
    for pause in [2, 6, 10, 15, 25] {
        let mut tokens = Vec::new();
        for person in &people {
            tokens.push(partial_token(&browser, person).await);
        }
        let now = world.fresh_step().await;
        let calls = people.iter().zip(&tokens).map(|(person, token)| {
            let body = verification(token, &code(&person.secret, now));
            browser.stranger().submit("/auth/2fa/verify/").json(&body)
        });
        let cutting = async {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            wire.cut();
            tokio::time::sleep(Duration::from_millis(200)).await;
            wire.mend();
        };
        let (answers, ()) = tokio::join!(world.burst(calls.collect()), cutting);
        ready(&world).await;
        for ((person, token), answer) in people.iter().zip(&tokens).zip(answers) {
            assert!(matches!(answer.status, 200 | 503), "{} {}", answer.status, answer.text);
            let again = verify(&browser, token, &code(&person.secret, now)).await;
            if answer.status == 200 {
                assert!(!again.is_success(), "accepted twice");
                assert!(is_signed_in(&browser, &Session::of(&answer).access).await);
            } else {
                assert!(matches!(again.status, 200 | 409), "{} {}", again.status, again.text);
            }
            consistent(&world, person).await;
        }
    }
}

/// A session for each accepted code, an accepted code for each session, and the challenge closed with them.
async fn consistent(world: &World, person: &Person) {
    consistent_beside(world, person, 0).await;
}

/// As [`consistent`], for somebody who has `others` sessions that needed no code.
async fn consistent_beside(world: &World, person: &Person, others: i64) {
    let id = world.id_of(person).await;
    let sessions = world.look.count(&format!("SELECT count(*) FROM sessions WHERE user_id = {id}")).await;
    let done = "completed_at IS NOT NULL";
    let completed = world.look.count(&format!("SELECT count(*) FROM challenges WHERE user_id = {id} AND {done}")).await;
    let accepted = world.audit_count(person, "code_verified", true).await;
    let accepted = i64::try_from(accepted).unwrap();
    assert_eq!((sessions, completed), (accepted + others, accepted));
}

/// killed in the middle of load, the server has lost nothing it answered, and takes nothing twice.
async fn a_kill_under_load_loses_nothing_and_accepts_nothing_twice(database: Database) {
    let mut world = World::start(database).await;
    let mut people = Vec::new();
    for _ in 0..3 {
        people.push(world.person_with_totp().await.0);
    }
    let now = world.fresh_step().await;
    let stopped = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = people
        .iter()
        .map(|person| tokio::spawn(spend_everything(world.browser(), person.clone(), now, Arc::clone(&stopped))))
        .collect();
    tokio::time::sleep(Duration::from_millis(900)).await;
    world.nodes[0].kill();
    stopped.store(true, Ordering::SeqCst);
    let mut answered = Vec::new();
    for task in tasks {
        answered.push(task.await.unwrap());
    }
    assert!(answered.iter().any(|list| !list.is_empty()), "nothing was answered before the kill");
    world.start_again(0).await;

    let browser = world.browser();
    for (_, session) in answered.iter().flatten() {
        assert!(is_signed_in(&browser, &session.access).await, "an answered session is gone");
        refresh(&browser, &session.refresh).await.expect(200);
    }
    for (person, answered) in people.iter().zip(answered) {
        for codes in answered.chunks(4) {
            // Nobody's budget of wrong codes is to run out over this check.
            world.advance(3700).await;
            let token = partial_token(&browser, person).await;
            for (used, _) in codes {
                verify(&browser, &token, used).await.refused(422, "code_incorrect");
            }
        }
        // The session that enrolled the authenticator needed none of its codes.
        consistent_beside(&world, person, 1).await;
    }
}

/// Signs in with every code a person has, until the server is gone; gives what was answered.
async fn spend_everything(
    browser: Browser,
    person: Person,
    now: i64,
    stopped: Arc<AtomicBool>,
) -> Vec<(String, Session)> {
    let mut answered = Vec::new();
    let mut codes = person.recovery_codes.clone();
    codes.insert(1, code(&person.secret, now));
    for code in codes {
        let body = json!({ "email": person.email, "password": person.password, "refresh_in_body": true });
        let Ok(answer) = browser.submit("/auth/login/").json(&body).try_send().await else { break };
        let token = answer.expect(200).text_at("/partial_token");
        let call = browser.submit("/auth/2fa/verify/").json(&verification(&token, &code));
        let Ok(answer) = call.try_send().await else { break };
        answered.push((code, Session::of(&answer.expect(200))));
        if stopped.load(Ordering::SeqCst) {
            break;
        }
    }
    answered
}

/// A client that hangs up, before or after its request was whole, leaves the step done or not done.
async fn a_client_that_hangs_up_leaves_nothing_half_done(database: Database) {
    let world = World::start(database).await;
    let browser = world.browser();
    for pause in [0, 1, 2, 4, 8, 15, 30] {
        let person = world.add_person_with_totp();
        let token = partial_token(&browser, &person).await;
        let right = code(&person.secret, world.fresh_step().await);
        let body = verification(&token, &right).to_string();
        let head = format!(
            "POST /auth/2fa/verify/ HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            world.host(),
            body.len()
        );
        let mut half = TcpStream::connect(("127.0.0.1", world.nodes[0].port)).await.unwrap();
        half.write_all(format!("{head}{}", &body[..body.len() / 2]).as_bytes()).await.unwrap();
        drop(half);
        let mut whole = TcpStream::connect(("127.0.0.1", world.nodes[0].port)).await.unwrap();
        whole.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        drop(whole);
        tokio::time::sleep(Duration::from_millis(150)).await;
        let again = verify(&browser, &token, &right).await;
        assert!(matches!(again.status, 200 | 409), "{} {}", again.status, again.text);
        consistent(&world, &person).await;
        assert_eq!(world.audit_count(&person, "code_verified", true).await, 1);
    }
}

/// A graceful stop finishes what it began.
async fn a_stop_finishes_what_it_began(database: Database) {
    let mut world = World::start(database).await;
    let person = world.add_person_with_totp();
    let browser = world.browser();
    let calls: Vec<_> = (0..10)
        .map(|turn| {
            let body = json!({ "email": format!("late{turn}@example.com"), "password": person.password });
            tokio::spawn(browser.submit("/auth/signup/").json(&body).try_send())
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(60)).await;
    let pid = world.nodes[0].pid().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut served = 0;
    for call in calls {
        if let Ok(answer) = call.await.unwrap() {
            assert!(matches!(answer.status, 201 | 503), "{} {}", answer.status, answer.text);
            served += i32::from(answer.status == 201);
        }
    }
    let patience = Instant::now() + Duration::from_secs(30);
    while world.nodes[0].is_alive() {
        assert!(Instant::now() < patience, "it does not stop");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let kept = world.look.count("SELECT count(*) FROM pending_signups").await;
    assert!(kept >= i64::from(served) && served >= 1, "{served} answered, {kept} kept");
}

on_both_databases![
    a_kill_under_load_loses_nothing_and_accepts_nothing_twice,
    a_client_that_hangs_up_leaves_nothing_half_done,
    a_stop_finishes_what_it_began
];
on_sqlite![a_file_held_by_somebody_else_is_a_wait_then_a_503];
on_postgresql![
    a_silent_database_is_a_503_in_bounded_time,
    a_lost_database_is_a_503_and_comes_back,
    a_connection_lost_under_load_leaves_nothing_half_done
];
