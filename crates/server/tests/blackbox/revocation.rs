//! Every event that ends what was granted before, against everything that may have been granted: a trusted browser, another
//! session, the set-up it began, a sign-in on its way with the code that was sent for it. The event happens on one node; what it ends is tried on
//! the other, once and without waiting.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::database::Database;
use crate::harness::World;
use crate::people::{
    PASSWORD, Person, Session, is_signed_in, login, login_with, partial_token, refresh, strings, verify,
};
use crate::sent_codes::begin;
use crate::totp::code;
use crate::trusted_devices::{is_trusted, remember};

const NEW_PASSWORD: &str = "copper-Heron 31 under glass";

/// What ends something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    PasswordChanged,
    PasswordReset,
    AddressChanged,
    NumberAdded,
    AuthenticatorAdded,
    FactorRemoved,
    RecoveryCodeAtSignIn,
    RecoveryCodeAtStepUp,
    AllSessionsEnded,
    SecondFactorOff,
    UserDisabled,
    SecondFactorReset,
}

impl Event {
    /// Whether it ends other sessions and sign-ins on their way. A recovery code ends trust alone.
    fn ends_sessions(self) -> bool {
        !matches!(self, Self::RecoveryCodeAtSignIn | Self::RecoveryCodeAtStepUp)
    }

    /// Whether the session that causes it goes on.
    fn spares_its_session(self) -> bool {
        !matches!(self, Self::PasswordReset | Self::UserDisabled | Self::SecondFactorReset)
    }

    /// Whether that session's refresh token, kept in a cookie, is replaced.
    fn rotates(self) -> bool {
        use Event::{AuthenticatorAdded, FactorRemoved, NumberAdded, PasswordChanged, SecondFactorOff};
        matches!(self, PasswordChanged | NumberAdded | AuthenticatorAdded | FactorRemoved | SecondFactorOff)
    }
}

/// What somebody holds at the second node when it happens.
struct Held {
    device: Browser,
    session: Session,
    partial_token: String,
    code: String,
    /// The secret of an authenticator that the other session is about to set up.
    pending: String,
}

/// The one who causes the event: a browser whose refresh token is in its cookie.
struct Actor {
    browser: Browser,
    access: String,
}

impl Actor {
    async fn sign_in(world: &World, person: &Person) -> Self {
        let browser = world.browser();
        let body = json!({ "email": person.email, "password": person.password });
        let token = browser.post("/auth/login/", body).await.expect(200).text_at("/partial_token");
        let body = json!({ "partial_token": token, "code": code(&person.secret, world.fresh_step().await) });
        let access = browser.post("/auth/2fa/verify/", body).await.expect(200).text_at("/tokens/access");
        Self { browser, access }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.browser.post_as(&self.access, path, body).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.browser.call(Method::DELETE, path).bearer(&self.access).send().await
    }
}

/// The token of the link in the newest mail of a kind.
async fn link_token(world: &World, to: &str, kind: &str) -> String {
    let link = world.message(to, kind).await["link"].as_str().expect("a link").to_owned();
    link.split_once("#token=").expect("a token").1.to_owned()
}

/// Somebody with an authenticator, an address for codes, and recovery codes.
async fn somebody(world: &World, to: &str) -> Person {
    let mut person = world.add_person_with_totp();
    let browser = world.browser();
    let session = world.sign_in(&browser, &person).await;
    world.enroll_at(&browser, &session, "email", to).await.expect(200);
    let made = browser.post_as(&session.access, "/auth/2fa/recovery-codes/generate/", json!({})).await.expect(200);
    person.recovery_codes = strings(&made.json["recovery_codes"]);
    person
}

async fn hold(world: &World, person: &Person, to: &str) -> Held {
    let device = world.browser_at(1);
    let session = Session::of(&remember(world, &device, person).await);
    let pending = crate::setup::begin(&device, &session).await.expect(201).text_at("/secret");
    let waiting = world.browser_at(1);
    let partial_token = partial_token(&waiting, person).await;
    crate::sent_codes::send_again(&waiting, &partial_token, "email").await.expect(200);
    let code = world.code_to(to, "login_code", 2).await;
    Held { device, session, partial_token, code, pending }
}

/// Makes it happen. The person as they sign in afterwards.
async fn happen(world: &World, event: Event, actor: &Actor, person: &Person) -> Person {
    let mut after = person.clone();
    let act = |arguments: &[&str]| {
        let output = world.cli(&[&["user"], arguments, &["--yes"]].concat(), "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    match event {
        Event::PasswordChanged => {
            let body = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
            actor.post("/auth/password/change/", body).await.expect(204);
            NEW_PASSWORD.clone_into(&mut after.password);
        }
        Event::PasswordReset => {
            let browser = world.browser();
            browser.post("/auth/password/reset/request/", json!({ "email": person.email })).await.expect(202);
            let token = link_token(world, &person.email, "password_reset").await;
            let body = json!({ "token": token, "new_password": NEW_PASSWORD });
            browser.post("/auth/password/reset/confirm/", body).await.expect(204);
            NEW_PASSWORD.clone_into(&mut after.password);
        }
        Event::AddressChanged => {
            after.email = world.new_address();
            actor.post("/auth/email/change/", json!({ "new_email": after.email })).await.expect(202);
            let token = link_token(world, &after.email, "email_change").await;
            world.browser().post("/auth/email/change/confirm/", json!({ "token": token })).await.expect(200);
        }
        Event::NumberAdded => {
            let session = Session { access: actor.access.clone(), refresh: String::new() };
            let begun = begin(&actor.browser, &session, "sms", "+12025550141").await.expect(201);
            let code = world.code_to("+12025550141", "setup_code", 1).await;
            let body = json!({ "code": code, "factor_id": begun.text_at("/factor_id") });
            actor.post("/auth/2fa/verify-setup/", body).await.expect(200);
        }
        Event::AuthenticatorAdded => {
            let setup = actor.post("/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
            let body = json!({ "code": code(&setup.text_at("/secret"), world.now().await) });
            actor.post("/auth/2fa/verify-setup/", body).await.expect(200);
        }
        Event::FactorRemoved => {
            let status = actor.browser.get_as(&actor.access, "/auth/2fa/status/").await.expect(200);
            let factors = status.json["factors"].as_array().unwrap().clone();
            let id = factors.iter().find(|factor| factor["method"] == "email").unwrap()["id"].as_str().unwrap();
            actor.delete(&format!("/auth/2fa/factors/{id}/")).await.expect(204);
        }
        Event::RecoveryCodeAtSignIn => {
            let browser = world.browser();
            let token = partial_token(&browser, person).await;
            verify(&browser, &token, &person.recovery_codes[0]).await.expect(200);
        }
        Event::RecoveryCodeAtStepUp => {
            actor.post("/auth/2fa/step-up/", json!({ "code": person.recovery_codes[0] })).await.expect(200);
        }
        Event::AllSessionsEnded => {
            actor.delete("/auth/sessions/").await.expect(204);
        }
        Event::SecondFactorOff => {
            actor.post("/auth/2fa/disable/", json!({ "code": person.recovery_codes[0] })).await.expect(200);
        }
        Event::UserDisabled => act(&["disable", &person.email]),
        Event::SecondFactorReset => act(&["reset-2fa", &person.email, "--reason", "lost phone"]),
    }
    after
}

/// Whether the trusted browser is still spared the factor, once there is a factor to be spared again.
async fn still_trusted(world: &World, event: Event, device: &Browser, person: &Person) -> bool {
    if event == Event::UserDisabled {
        login(device, person).await.refused(401, "credentials_invalid");
        let output = world.cli(&["user", "enable", &person.email, "--yes"], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    if [Event::SecondFactorOff, Event::SecondFactorReset].contains(&event) {
        assert_eq!(login(&world.browser_at(1), person).await.expect(200).json["reason"], "no_factor");
        world.enroll(&world.browser(), &mut person.clone()).await;
    }
    is_trusted(&login(device, person).await)
}

/// One row of the table.
async fn it_ends(database: Database, event: Event) {
    let world = World::on(database).in_cluster().start().await;
    let to = "codes@backup.example";
    let person = somebody(&world, to).await;
    let held = hold(&world, &person, to).await;
    let actor = Actor::sign_in(&world, &person).await;
    let cookie = actor.browser.cookie("twinlock_refresh").expect("a refresh cookie");

    let after = happen(&world, event, &actor, &person).await;

    let elsewhere = world.browser_at(1);
    let ends = event.ends_sessions();
    assert_eq!(is_signed_in(&elsewhere, &held.session.access).await, !ends, "the other session's access token");
    assert_eq!(is_signed_in(&elsewhere, &actor.access).await, event.spares_its_session(), "the session that did it");
    let renewed = refresh(&elsewhere, &held.session.refresh).await;
    let answered = verify(&elsewhere, &held.partial_token, &held.code).await;
    if ends {
        renewed.refused(401, "token_invalid");
        assert!(matches!(answered.code(), "challenge_expired" | "partial_token_invalid"), "{}", answered.text);
        answered.holds_no_session();
        let open = "SELECT count(*) FROM two_factor_codes WHERE used_at IS NULL AND ended_at IS NULL";
        assert_eq!(world.look.count(open).await, 0, "a code that was sent before is still open");
        if event.spares_its_session() {
            let body = json!({ "code": code(&held.pending, world.now().await) });
            actor.post("/auth/2fa/verify-setup/", body).await.refused(409, "no_pending_setup");
        }
        let waiting = "SELECT count(*) FROM enrollments";
        assert_eq!(world.look.count(waiting).await, 0, "a set-up begun before still waits");
    } else {
        renewed.expect(200);
        answered.expect(200);
    }
    assert!(!still_trusted(&world, event, &held.device, &after).await, "trust outlived it");
    if after.password != person.password {
        login_with(&elsewhere, &after.email, &person.password).await.refused(401, "credentials_invalid");
    }

    if event.rotates() {
        let new = actor.browser.cookie("twinlock_refresh").expect("a refresh cookie");
        assert_ne!(new, cookie, "the refresh token of the session that did it");
        let old = world.browser_at(1);
        old.set_cookie("twinlock_refresh", &cookie);
        old.post("/auth/token/refresh/", json!({})).await.refused(401, "token_invalid");
    }
}

///
async fn a_changed_password_ends_it_all(database: Database) {
    it_ends(database, Event::PasswordChanged).await;
}

///
async fn a_reset_password_ends_it_all(database: Database) {
    it_ends(database, Event::PasswordReset).await;
}

///
async fn a_changed_address_ends_it_all(database: Database) {
    it_ends(database, Event::AddressChanged).await;
}

///
async fn a_new_number_ends_it_all(database: Database) {
    it_ends(database, Event::NumberAdded).await;
}

///
async fn a_new_authenticator_ends_it_all(database: Database) {
    it_ends(database, Event::AuthenticatorAdded).await;
}

///
async fn a_removed_factor_ends_it_all(database: Database) {
    it_ends(database, Event::FactorRemoved).await;
}

/// at the sign-in.
async fn a_recovery_code_ends_trust(database: Database) {
    it_ends(database, Event::RecoveryCodeAtSignIn).await;
}

/// at a step-up.
async fn a_recovery_code_in_a_session_ends_trust(database: Database) {
    it_ends(database, Event::RecoveryCodeAtStepUp).await;
}

/// "end all sessions".
async fn the_end_of_all_sessions_ends_it_all(database: Database) {
    it_ends(database, Event::AllSessionsEnded).await;
}

/// off, and on again.
async fn turning_the_second_factor_off_ends_it_all(database: Database) {
    it_ends(database, Event::SecondFactorOff).await;
}

///
async fn a_disabled_user_has_nothing_left(database: Database) {
    it_ends(database, Event::UserDisabled).await;
}

///
async fn an_operators_reset_ends_it_all(database: Database) {
    it_ends(database, Event::SecondFactorReset).await;
}

on_both_databases![
    a_changed_password_ends_it_all,
    a_reset_password_ends_it_all,
    a_changed_address_ends_it_all,
    a_new_number_ends_it_all,
    a_new_authenticator_ends_it_all,
    a_removed_factor_ends_it_all,
    a_recovery_code_ends_trust,
    a_recovery_code_in_a_session_ends_trust,
    the_end_of_all_sessions_ends_it_all,
    turning_the_second_factor_off_ends_it_all,
    a_disabled_user_has_nothing_left,
    an_operators_reset_ends_it_all,
];
