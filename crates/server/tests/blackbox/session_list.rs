//! A person's own sessions: seen, ended one by one, ended all but this.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{Session, is_signed_in, login, refresh};
use crate::setup::{begin, confirm};
use crate::totp::code;

async fn list(browser: &Browser, session: &Session, query: &str) -> Answer {
    browser.get_as(&session.access, &format!("/auth/sessions/{query}")).await
}

async fn end(browser: &Browser, session: &Session, which: &str) -> Answer {
    browser.call(Method::DELETE, &format!("/auth/sessions/{which}")).bearer(&session.access).send().await
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json["items"].as_array().expect("items").clone()
}

fn current(items: &[Value]) -> String {
    let marked: Vec<&Value> = items.iter().filter(|item| item["current"] == true).collect();
    assert_eq!(marked.len(), 1, "{items:?}");
    marked[0]["id"].as_str().unwrap().to_owned()
}

/// a person sees their sessions, which one asks, and ends one; its tokens are dead at once, on every node.
async fn a_person_ends_one_of_their_sessions(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person_with_totp();
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let other = world.sign_in(&elsewhere, &person).await;
    let session = world.sign_in(&browser, &person).await;
    let seen = items(&list(&browser, &session, "").await.expect(200));
    assert_eq!(seen.len(), 2);
    for item in &seen {
        assert_eq!(item["method"], "totp");
        assert_eq!(item["ip_address"], "127.0.0.1");
        assert!(item["created_at"].as_str() <= item["last_used_at"].as_str());
        assert!(item["last_used_at"].as_str() < item["expires_at"].as_str());
    }
    let mine = current(&seen);
    let theirs = current(&items(&list(&elsewhere, &other, "").await.expect(200)));
    assert_ne!(mine, theirs);
    world.advance(60).await;
    let other = Session::of(&refresh(&elsewhere, &other.refresh).await.expect(200));
    let seen = items(&list(&browser, &session, "").await.expect(200));
    let refreshed = seen.iter().find(|item| item["id"] == theirs.as_str()).unwrap();
    assert!(refreshed["created_at"].as_str() < refreshed["last_used_at"].as_str(), "{refreshed}");

    end(&browser, &session, &format!("{theirs}/")).await.expect(204);
    assert!(!is_signed_in(&elsewhere, &other.access).await);
    refresh(&elsewhere, &other.refresh).await.refused(401, "token_invalid");
    assert_eq!(items(&list(&browser, &session, "").await.expect(200)).len(), 1);
    end(&browser, &session, &format!("{theirs}/")).await.refused(404, "not_found");
    end(&browser, &session, &format!("{mine}/")).await.expect(204);
    list(&browser, &session, "").await.refused(401, "token_invalid");
}

/// somebody else's session, an unknown one and no id at all look the same, and end nothing.
async fn nobody_ends_the_session_of_another(database: Database) {
    let world = World::start(database).await;
    let (person, victim) = (world.add_person(None), world.add_person(None));
    let browser = world.browser();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let theirs = Session::of(&login(&browser, &victim).await.expect(200));
    let id = current(&items(&list(&browser, &theirs, "").await.expect(200)));
    let mut told = Vec::new();
    for id in [id.as_str(), "01890000-0000-7000-8000-000000000000", "no-id"] {
        let answer = end(&browser, &session, &format!("{id}/")).await.refused(404, "not_found");
        told.push(answer.text_at("/detail"));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(is_signed_in(&browser, &theirs.access).await);
    browser.get("/auth/sessions/").await.refused(401, "token_invalid");
}

/// all others end at once, without a fresh proof; the person is told.
async fn all_others_end_at_once(database: Database) {
    let world = World::on(database).in_cluster().start().await;
    let person = world.add_person(None);
    let (browser, elsewhere) = (world.browser(), world.browser_at(1));
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(Session::of(&login(&elsewhere, &person).await.expect(200)));
    }
    let session = Session::of(&login(&browser, &person).await.expect(200));
    world.advance(301).await;
    end(&browser, &session, "").await.expect(204);
    for other in others {
        assert!(!is_signed_in(&elsewhere, &other.access).await);
        refresh(&elsewhere, &other.refresh).await.refused(401, "token_invalid");
    }
    assert!(is_signed_in(&browser, &session.access).await);
    refresh(&browser, &session.refresh).await.expect(200);
    world.message(&person.email, "sessions_ended").await;
}

/// what the others began ends with them: a set-up, and a link that would change an address.
async fn what_the_others_began_ends_with_them(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let (browser, elsewhere) = (world.browser(), world.browser());
    let other = Session::of(&login(&elsewhere, &person).await.expect(200));
    let body = json!({ "method": "email", "email": world.new_address() });
    let theirs = elsewhere.post_as(&other.access, "/auth/2fa/setup/", body).await.expect(201).text_at("/factor_id");
    let new = world.new_address();
    elsewhere.post_as(&other.access, "/auth/email/change/", json!({ "new_email": new })).await.expect(202);
    let link = world.message(&new, "email_change").await["link"].as_str().unwrap().to_owned();
    let session = Session::of(&login(&browser, &person).await.expect(200));
    let secret = begin(&browser, &session).await.expect(201).text_at("/secret");

    end(&browser, &session, "").await.expect(204);
    let body = json!({ "code": "000000", "factor_id": theirs });
    browser.post_as(&session.access, "/auth/2fa/verify-setup/", body).await.refused(409, "no_pending_setup");
    let token = link.split_once("#token=").unwrap().1;
    browser.post("/auth/email/change/confirm/", json!({ "token": token })).await.refused(401, "token_invalid");
    let typed = code(&secret, world.fresh_step().await);
    confirm(&browser, &session, &typed).await.expect(200);
    assert_eq!(world.look.count("SELECT count(*) FROM enrollments").await, 0);
}

/// Product.md section 3: every list is `{items,next}`; pages follow each other without a gap, newest first.
async fn long_lists_come_in_pages(database: Database) {
    let world = World::start(database).await;
    let person = world.add_person(None);
    let browser = world.browser();
    let mut session = Session::of(&login(&browser, &person).await.expect(200));
    for _ in 0..60 {
        session = Session::of(&login(&browser, &person).await.expect(200));
    }
    let first = list(&browser, &session, "").await.expect(200);
    let next = first.text_at("/next");
    let second = list(&browser, &session, &format!("?after={next}")).await.expect(200);
    assert!(second.json["next"].is_null(), "{}", second.text);
    let ids: Vec<String> =
        items(&first).iter().chain(&items(&second)).map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((items(&first).len(), ids.len()), (50, 61));
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice");
    for query in ["?after=x", "?before=1", "?after="] {
        list(&browser, &session, query).await.refused(400, "invalid_request");
    }
}

on_both_databases![
    a_person_ends_one_of_their_sessions,
    nobody_ends_the_session_of_another,
    all_others_end_at_once,
    what_the_others_began_ends_with_them,
    long_lists_come_in_pages
];
