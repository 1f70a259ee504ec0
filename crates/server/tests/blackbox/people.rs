//! The people of the tests, made through the public API (or by `twinlock user add` where many are needed).

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::harness::World;
use crate::totp;

/// A password nobody has on a list.
pub(crate) const PASSWORD: &str = "tidal-Lantern 77 over moss";

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) password: String,
    /// The base32 secret of the authenticator; empty without one.
    pub(crate) secret: String,
    pub(crate) recovery_codes: Vec<String>,
}

/// What a finished login leaves in the hands of a client that asked for its refresh token in the body.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Session {
    /// The tokens of a login, verification or refresh.
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        Self { access: answer.text_at("/tokens/access"), refresh: answer.text_at("/tokens/refresh") }
    }
}

impl World {
    /// An address nobody in this world has.
    pub(crate) fn new_address(&self) -> String {
        format!("person{}@example.com", self.people.fetch_add(1, Ordering::Relaxed))
    }

    /// A mobile number nobody in this world has.
    pub(crate) fn new_number(&self) -> String {
        format!("+120255501{:02}", self.people.fetch_add(1, Ordering::Relaxed) % 100)
    }

    /// Signs somebody up and verifies the address by the link in the mail.
    pub(crate) async fn sign_up(&self) -> Person {
        self.sign_up_as(&self.new_address(), PASSWORD).await
    }

    /// As [`World::sign_up`], with an address and a password.
    pub(crate) async fn sign_up_as(&self, email: &str, password: &str) -> Person {
        let browser = self.browser();
        let answer = browser.post("/auth/signup/", json!({ "email": email, "password": password })).await.expect(201);
        assert_eq!(answer.json, json!({ "status": "verification_sent" }));
        let token = self.verification_token(email).await;
        let answer = browser.post("/auth/verify-email/", json!({ "token": token })).await.expect(200);
        assert_eq!(answer.json, json!({ "status": "verified" }));
        Person { email: email.to_owned(), password: password.to_owned(), secret: String::new(), recovery_codes: vec![] }
    }

    /// The token of the newest verification mail.
    pub(crate) async fn verification_token(&self, email: &str) -> String {
        let message = self.message(email, "email_verification").await;
        let link = message["link"].as_str().expect("a link").to_owned();
        link.split_once("#token=").unwrap_or_else(|| panic!("no token in {link}")).1.to_owned()
    }

    /// Somebody with an authenticator and ten recovery codes, and the session that set it up.
    pub(crate) async fn person_with_totp(&self) -> (Person, Session) {
        let mut person = self.sign_up().await;
        let browser = self.browser();
        let session = self.enroll(&browser, &mut person).await;
        (person, session)
    }

    /// Signs in somebody without a factor and enrolls an authenticator.
    pub(crate) async fn enroll(&self, browser: &Browser, person: &mut Person) -> Session {
        let session = Session::of(&login(browser, person).await.expect(200));
        let setup = browser.post_as(&session.access, "/auth/2fa/setup/", json!({ "method": "totp" })).await.expect(201);
        person.secret = setup.text_at("/secret");
        let code = totp::code(&person.secret, self.fresh_step().await);
        let answer =
            browser.post_as(&session.access, "/auth/2fa/verify-setup/", json!({ "code": code })).await.expect(200);
        person.recovery_codes = strings(&answer.json["recovery_codes"]);
        session
    }

    /// Adds a verified person from the command line; with a secret, one whose authenticator is enrolled already.
    pub(crate) fn add_person(&self, secret: Option<&str>) -> Person {
        let email = self.new_address();
        let mut arguments = vec!["user", "add", "--email", &email, "--password-stdin"];
        if let Some(secret) = secret {
            arguments.extend(["--totp-secret", secret]);
        }
        let output = self.cli(&arguments, PASSWORD);
        assert!(output.status.success(), "user add: {}", String::from_utf8_lossy(&output.stderr));
        Person {
            email,
            password: PASSWORD.to_owned(),
            secret: secret.unwrap_or_default().to_owned(),
            recovery_codes: vec![],
        }
    }

    /// As [`World::add_person`], with a secret that is this person's alone.
    pub(crate) fn add_person_with_totp(&self) -> Person {
        let number = self.people.load(Ordering::Relaxed);
        let bytes = format!("{number:020}");
        self.add_person(Some(&data_encoding::BASE32_NOPAD.encode(bytes.as_bytes())))
    }

    /// Signs in with password and authenticator, at a step of its own.
    pub(crate) async fn sign_in(&self, browser: &Browser, person: &Person) -> Session {
        let token = partial_token(browser, person).await;
        let code = totp::code(&person.secret, self.fresh_step().await);
        Session::of(&verify(browser, &token, &code).await.expect(200))
    }
}

/// The texts of a JSON list.
pub(crate) fn strings(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| item.as_str().expect("a text").to_owned()).collect()
}

/// The first step of a login.
pub(crate) async fn login(browser: &Browser, person: &Person) -> Answer {
    login_with(browser, &person.email, &person.password).await
}

/// The first step of a login with any two words.
pub(crate) async fn login_with(browser: &Browser, email: &str, password: &str) -> Answer {
    browser.post("/auth/login/", json!({ "email": email, "password": password, "refresh_in_body": true })).await
}

/// The first step of a login of somebody with a factor.
pub(crate) async fn partial_token(browser: &Browser, person: &Person) -> String {
    let answer = login(browser, person).await.expect(200);
    assert_eq!(answer.json["requires_2fa"], true, "{}", answer.text);
    answer.text_at("/partial_token")
}

/// The second step of a login.
pub(crate) async fn verify(browser: &Browser, partial_token: &str, code: &str) -> Answer {
    browser.post("/auth/2fa/verify/", verification(partial_token, code)).await
}

/// The body of a second step.
pub(crate) fn verification(partial_token: &str, code: &str) -> Value {
    json!({ "partial_token": partial_token, "code": code, "refresh_in_body": true })
}

/// Whether an access token opens a protected call.
pub(crate) async fn is_signed_in(browser: &Browser, access: &str) -> bool {
    let answer = browser.stranger().get_as(access, "/auth/2fa/status/").await;
    if answer.status == 200 {
        return true;
    }
    answer.refused(401, "token_invalid");
    false
}

/// Trades a refresh token given in the body.
pub(crate) async fn refresh(browser: &Browser, token: &str) -> Answer {
    browser.stranger().post("/auth/token/refresh/", json!({ "refresh": token })).await
}
