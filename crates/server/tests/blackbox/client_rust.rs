//! The client library for Rust, against a running server. R-31, A-05, A-06 as an application sees them: a lost answer costs no
//! guess, a result about somebody else signs nobody in, and no answer is no yes.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use standardwebhooks::Webhook;
use time::OffsetDateTime;
use twinlock_client::{
    Asked, BadSignature, Begun, Error, Event, NewFactor, Options, Reason, Secret, SendBy, SignIn, Twinlock,
    WhenUnreachable, verify_webhook,
};

use crate::database::Database;
use crate::harness::World;
use crate::totp;
use crate::v1_hosted::{BACK, back};

const AGENT: &str = "Firefox/140.0";
const BASE32: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn login() -> Asked {
    Asked::login("203.0.113.7", AGENT)
}

fn authenticator() -> NewFactor {
    NewFactor { method: "totp".to_owned(), secret: Some(BASE32.into()), ..NewFactor::default() }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> (u16, String) {
    match answer {
        Err(Error::Refused { status, problem }) => (status, problem.code),
        other => panic!("it was not refused: {other:?}"),
    }
}

impl World {
    /// The client with a new key of an application that is there already.
    fn client(&self, application: &str) -> Twinlock {
        Twinlock::new(self.base(), &self.key(&["--app", application]).key).unwrap()
    }

    async fn code(&self) -> String {
        totp::code(BASE32, self.fresh_step().await)
    }
}

/// An address that a user may have at an application: all of it has to be encoded in a path.
const USER: &str = "user 1:7 ü?+@x";

async fn a_code_in_a_form_and_a_trusted_device(database: Database) {
    let world = World::start(database).await;
    world.must(&["app", "add", "shop"]);
    let ours = world.client("shop");
    let free = ours.challenge(USER, &Asked { email: Some("ada@example.com".to_owned()), ..login() }).await.unwrap();
    let result = free.result.unwrap();
    assert_eq!((free.status.as_str(), result.user_id.as_str(), result.acr.as_str()), ("not_required", USER, "1"));

    assert_eq!(ours.add_factor(USER, &authenticator()).await.unwrap().recovery_codes.len(), 10);
    let asked = Asked { reason: Reason::StepUp, text: Some("Pay 5 €".to_owned()), ..login() };
    let challenge = ours.challenge(USER, &asked).await.unwrap();
    assert!(challenge.is_pending() && challenge.text.as_deref() == Some("Pay 5 €"), "{challenge:?}");
    let wrong = ours.verify(&challenge.id, "000 000", USER, false).await.unwrap_err();
    assert_eq!(wrong.problem().unwrap().attempts_left, Some(4));
    assert!(wrong.to_string().contains("(code_incorrect)"), "{wrong}");
    let proved = ours.verify(&challenge.id, &world.code().await, USER, false).await.unwrap();
    assert_eq!((proved.method.as_deref(), proved.acr.as_str()), (Some("totp"), "2"));
    assert!(proved.receipt.is_some());
    let again = ours.verify(&challenge.id, &world.code().await, USER, false).await;
    assert_eq!(refused(again), (409, "already_completed".to_owned()));
    assert_eq!(ours.read_challenge(&challenge.id).await.unwrap().status, "approved");

    let challenge = ours.challenge(USER, &login()).await.unwrap();
    let other = ours.verify(&challenge.id, &world.code().await, "mallory", false).await.unwrap_err();
    assert_eq!(other.word(), "wrong_user");

    let challenge = ours.challenge(USER, &login()).await.unwrap();
    let trusted = ours.verify(&challenge.id, &world.code().await, USER, true).await.unwrap().device_token.unwrap();
    let with = |token: &Secret| Asked { device_token: Some(token.clone()), ..login() };
    let spared = ours.challenge(USER, &with(&trusted)).await.unwrap().result.unwrap();
    assert_eq!(spared.method.as_deref(), Some("trusted_device"));
    let token = spared.device_token.clone().unwrap();
    assert_ne!(token, trusted, "the token is exchanged with each use");
    assert!(!format!("{spared:?} {:?} {ours:?}", with(&token)).contains(token.expose()), "a secret is printed");
    let devices = ours.devices(USER).await.unwrap();
    assert_eq!(devices.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(), ["Firefox"]);
    ours.end_trust(USER, Some(&devices[0].id)).await.unwrap();
    assert!(ours.challenge(USER, &with(&token)).await.unwrap().is_pending());
    ours.event(USER, Event::PasswordChanged).await.unwrap();
    ours.end_trust(USER, None).await.unwrap();
}

async fn factors_come_and_go(database: Database) {
    let world = World::start(database).await;
    world.must(&["app", "add", "shop"]);
    world.must(&["app", "add", "bank"]);
    let (ours, theirs) = (world.client("shop"), world.client("bank"));
    let new = NewFactor { method: "totp".to_owned(), label: Some("Phone".to_owned()), ..NewFactor::default() };
    let added = ours.add_factor(USER, &new).await.unwrap();
    assert_eq!(added.status, "pending");
    let code = totp::code(added.secret.unwrap().expose(), world.fresh_step().await);
    let active = ours.activate_factor(USER, &added.id, &code).await.unwrap();
    assert_eq!((active.status.as_str(), active.recovery_codes.len()), ("active", 10));
    let second = ours.add_factor(USER, &authenticator()).await.unwrap();
    assert_eq!(ours.rename_factor(USER, &second.id, "Old phone").await.unwrap().label, "Old phone");
    assert!(ours.prefer_factor(USER, &second.id).await.unwrap().preferred);
    let known = ours.user(USER).await.unwrap();
    assert_eq!((known.id.as_str(), known.factors.len(), known.is_enabled), (USER, 2, true));
    assert_eq!(refused(theirs.user(USER).await), (404, "not_found".to_owned()));
    ours.remove_factor(USER, &second.id).await.unwrap();
    assert_eq!(refused(ours.remove_factor(USER, &added.id).await).1, "last_factor");
    assert_eq!(ours.make_recovery_codes(USER).await.unwrap().len(), 10);

    world.must(&["app", "return-url", "add", "shop", BACK]);
    let link = ours.session_link(USER, BACK).await.unwrap();
    assert!(link.expose().starts_with(world.base()), "{}", link.expose());
    for _ in 0..10 {
        let challenge = ours.challenge(USER, &login()).await.unwrap();
        assert_eq!(refused(ours.verify(&challenge.id, "000000", USER, false).await).0, 422);
    }
    let locked = ours.challenge(USER, &login()).await.unwrap();
    assert_eq!((locked.status.as_str(), locked.result.is_none()), ("locked", true));
    ours.unlock(USER).await.unwrap();
    let challenge = ours.challenge(USER, &login()).await.unwrap();
    assert!(challenge.is_pending());
    ours.cancel(&challenge.id).await.unwrap();
    assert_eq!(ours.read_challenge(&challenge.id).await.unwrap().status, "canceled");
    ours.reset(USER, "lost the phone, seen in person").await.unwrap();
    assert!(ours.user(USER).await.unwrap().factors.is_empty());
    ours.event(USER, Event::Deleted).await.unwrap();
    assert_eq!(refused(ours.user(USER).await).1, "not_found");
    let elsewhere = Asked { return_url: Some("https://elsewhere.example.com/".to_owned()), ..login() };
    let told = ours.challenge(USER, &elsewhere).await.unwrap_err();
    assert_eq!(told.problem().unwrap().errors[0].pointer, "/return_url");
    assert!(told.to_string().contains("/return_url"), "{told}");
}

async fn a_code_is_sent(database: Database) {
    let world = World::start(database).await;
    world.must(&["app", "add", "shop"]);
    let ours = world.client("shop");
    ours.challenge(USER, &Asked { email: Some("ada@example.com".to_owned()), ..login() }).await.unwrap();
    let by_mail = NewFactor { method: "email".to_owned(), ..NewFactor::default() };
    let added = ours.add_factor(USER, &by_mail).await.unwrap();
    assert_eq!(added.destination.as_deref(), Some("a***@e***.com"));
    ours.activate_factor(USER, &added.id, &world.code_to("ada@example.com", "setup_code", 1).await).await.unwrap();
    world.advance(700).await;
    let challenge = ours.challenge(USER, &login()).await.unwrap();
    assert!(challenge.code_sent);
    let by = SendBy::Method("email".to_owned());
    assert_eq!(refused(ours.send(&challenge.id, &by).await).1, "send_cooldown");
    world.advance(61).await;
    assert_eq!(ours.send(&challenge.id, &by).await.unwrap().delivery, "queued");
    let code = world.code_to("ada@example.com", "login_code", 3).await;
    assert_eq!(ours.verify(&challenge.id, &code, USER, false).await.unwrap().method.as_deref(), Some("email"));
}

/// A-05, A-06, A-30: what the hosted page gives is worth something to the browser that was sent there, once, about one user.
async fn the_hosted_page_signs_in_who_was_sent_there(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop_with_pages();
    let ours = Arc::new(world.client("shop"));
    let (_, codes) = shop.enroll("ada").await;
    let sign_in = SignIn::new(Arc::clone(&ours));
    let asked = || Asked { return_url: Some(BACK.to_owned()), locale: Some("de-AT,de;q=0.9".to_owned()), ..login() };
    let mut token = Vec::new();
    let mut waits = Vec::new();
    for code in &codes[..2] {
        let Begun::Away { waiting, url } = sign_in.begin("ada", asked(), "/basket").await.unwrap() else {
            panic!("nothing is asked")
        };
        let browser = world.browser();
        let opened = browser.request(world.path_of(&url)).header("user-agent", AGENT).send().await.expect(303);
        let page = opened.header("location").unwrap().to_owned();
        token.push(back(browser.form(&page, &[("code", code)]).await, "tfa"));
        waits.push(waiting);
    }
    assert_eq!(refused(sign_in.finish(&waits[0], &token[1]).await).1, "not_found", "another browser's token");
    let kept = serde_json::to_string(&waits[1]).unwrap();
    let waiting = serde_json::from_str(&kept).unwrap();
    let result = sign_in.finish(&waiting, &token[1]).await.unwrap();
    assert_eq!((result.user_id.as_str(), waiting.carry.as_str()), ("ada", "/basket"));
    assert_eq!(refused(sign_in.finish(&waiting, &token[1]).await).1, "already_completed");
    assert!(matches!(ours.redeem(&token[0], "mallory", None).await, Err(Error::Refused { .. })));
}

/// What a server of the test's own answers a call with, by its number; `None` hands it on and drops the answer.
type Script = fn(usize) -> Told;

enum Told {
    HandOn,
    Lose,
    Say(u16, &'static str, String),
}

#[derive(Clone)]
struct Between {
    to: String,
    script: Script,
    keys: Arc<Mutex<Vec<String>>>,
}

impl Between {
    /// Starts it in front of a world; gives its address.
    async fn start(world: &World, script: Script) -> (Self, String) {
        let this = Self { to: world.base().to_owned(), script, keys: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(take).with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (this, url)
    }

    /// How many calls came, and under how many keys.
    fn heard(&self) -> (usize, usize) {
        let mut keys = self.keys.lock().unwrap().clone();
        let calls = keys.len();
        keys.sort();
        keys.dedup();
        (calls, keys.len())
    }
}

async fn take(State(this): State<Between>, headers: HeaderMap, request: Request) -> Response {
    let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned()).unwrap_or_default();
    let turn = {
        let mut keys = this.keys.lock().unwrap();
        keys.push(key);
        keys.len()
    };
    let told = (this.script)(turn);
    if let Told::Say(status, kind, body) = told {
        return (StatusCode::from_u16(status).unwrap(), [(CONTENT_TYPE, kind)], body).into_response();
    }
    let (mut headers, address) = (headers, format!("{}{}", this.to, request.uri()));
    headers.remove(HOST);
    let method = request.method().clone();
    let body: Bytes = axum::body::to_bytes(request.into_body(), 100_000).await.unwrap();
    let answer = reqwest::Client::new().request(method, address).headers(headers).body(body).send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    if matches!(told, Told::Lose) {
        // Cut off in the middle of the answer.
        let broken = futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("cut"))]);
        return (status, axum::body::Body::from_stream(broken)).into_response();
    }
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

fn problem(status: u16, code: &str, retry_after: u64) -> Told {
    let body = json!({ "code": code, "status": status, "detail": "Not now.", "retry_after": retry_after });
    Told::Say(status, "application/problem+json", body.to_string())
}

/// R-31: the same call under the same key is one call, and no answer is no yes.
async fn answers_that_are_lost_late_or_none(database: Database) {
    let world = World::start(database).await;
    let shop = world.shop("shop");
    let direct = Twinlock::new(world.base(), &shop.key).unwrap();
    direct.add_factor(USER, &authenticator()).await.unwrap();
    let challenge = direct.challenge(USER, &login()).await.unwrap();

    let (between, url) = Between::start(&world, |turn| if turn == 1 { Told::Lose } else { Told::HandOn }).await;
    let client = Twinlock::new(&url, &shop.key).unwrap();
    let result = client.verify(&challenge.id, &world.code().await, USER, false).await.unwrap();
    assert_eq!((result.user_id.as_str(), between.heard()), (USER, (2, 1)), "tried again under the same key");
    client.challenge("eve", &login()).await.unwrap();
    assert_eq!(between.heard(), (3, 2), "each call has a key of its own");

    let wait = |turn| if turn == 1 { problem(429, "too_many_attempts", 1) } else { Told::HandOn };
    let (_, url) = Between::start(&world, wait).await;
    let begun = Instant::now();
    Twinlock::new(&url, &shop.key).unwrap().challenge("eve", &login()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(990));
    let (between, url) = Between::start(&world, |_| problem(429, "account_locked", 900)).await;
    let client = Twinlock::new(&url, &shop.key).unwrap();
    assert_eq!(refused(client.challenge("eve", &login()).await), (429, "account_locked".to_owned()));
    assert_eq!(between.heard().0, 1, "a long wait is told, not waited for");

    let allow = Options { when_unreachable: WhenUnreachable::Allow, ..Options::default() };
    for script in [(|_| problem(503, "unavailable", 0)) as Script, |_| Told::Say(502, "text/html", "away".to_owned())] {
        let (between, url) = Between::start(&world, script).await;
        let client = Twinlock::new(&url, &shop.key).unwrap();
        assert_eq!(client.challenge("eve", &login()).await.unwrap_err().word(), "unreachable");
        assert_eq!(between.heard(), (3, 1));
        let lenient = Twinlock::with(&url, &shop.key, &allow).unwrap();
        let alone = lenient.challenge("eve", &login()).await.unwrap();
        assert_eq!((alone.why.as_str(), alone.result.unwrap().acr.as_str()), ("unreachable", "1"));
        let step_up = Asked { reason: Reason::StepUp, ..login() };
        assert_eq!(lenient.challenge("eve", &step_up).await.unwrap_err().word(), "unreachable");
        assert_eq!(lenient.verify(&challenge.id, "000000", USER, false).await.unwrap_err().word(), "unreachable");
    }
    let lies: [Script; 4] = [
        |_| Told::Say(200, "application/json", r#"{"status":"approved"}"#.to_owned()),
        |_| Told::Say(200, "text/html", "<p>hello".to_owned()),
        |_| Told::Say(404, "text/html", "<p>no".to_owned()),
        |_| Told::Say(302, "text/html", String::new()),
    ];
    for lie in lies {
        let (_, url) = Between::start(&world, lie).await;
        let client = Twinlock::with(&url, &shop.key, &allow).unwrap();
        let wrong = client.challenge("eve", &login()).await.unwrap_err();
        assert!(matches!(wrong, Error::BadAnswer(_)), "{wrong:?}");
        assert!(matches!(client.redeem("x", "eve", None).await, Err(Error::BadAnswer(_))));
    }
}

/// Signed by the published library, read by ours; changed, old or foreign ones are refused.
#[test]
fn webhooks_are_verified() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = br#"{"type":"factor.activated","timestamp":"2026-11-23T12:00:00Z","data":{"user_id":"ada"}}"#;
    let now = OffsetDateTime::from_unix_timestamp(1_795_400_000).unwrap();
    let signature = Webhook::new(secret).unwrap().sign("msg_1", now.unix_timestamp(), body).unwrap();
    let stamp = now.unix_timestamp().to_string();
    let verified = |secret: &str, signature: &str, body: &[u8], now: OffsetDateTime| {
        let header = |name: &str| match name {
            "webhook-id" => Some("msg_1"),
            "webhook-timestamp" => Some(&*stamp),
            "webhook-signature" => Some(signature),
            _ => None,
        };
        verify_webhook(secret, header, body, now)
    };
    let event = verified(secret, &format!("v1,AAAA {signature}"), body, now).unwrap();
    assert_eq!(
        (event.id.as_str(), event.kind.as_str(), &event.data["user_id"]),
        ("msg_1", "factor.activated", &json!("ada"))
    );
    let refused: [Result<_, BadSignature>; 6] = [
        verified(secret, &signature, &body.map(|byte| byte ^ 1), now),
        verified("whsec_AAAA", &signature, body, now),
        verified("whsec_", &signature, body, now),
        verified(secret, "v1,", body, now),
        verified(secret, &signature, body, now + Duration::from_secs(301)),
        verified(secret, &signature, body, now - Duration::from_secs(301)),
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert!(verify_webhook(secret, |_| None, body, now).is_err());
}

on_sqlite![
    a_code_in_a_form_and_a_trusted_device,
    factors_come_and_go,
    a_code_is_sent,
    the_hosted_page_signs_in_who_was_sent_there,
    answers_that_are_lost_late_or_none,
];
