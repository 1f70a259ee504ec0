//! The calls of the second-factor API. What each does, takes and refuses is in docs/api.md.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method as Verb;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;

use crate::answers::{AddedFactor, Approval, Challenge, CodeSent, Device, Factor, Secret, User};
use crate::error::Error;
use crate::transport::Transport;

/// What a sign-in comes to while there is no answer. Whatever is answered, a refusal or a limit, is an answer: it never allows.
/// Nor does an answer that is lost while a code is verified or a token redeemed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenUnreachable {
    /// Nobody gets in who may have a factor.
    #[default]
    Refuse,
    /// The password alone decides until Twinlock is back, and that is logged as a warning.
    Allow,
}

/// How to wait for an answer, and what to do without one.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a sign-in comes to while there is no answer.
    pub when_unreachable: WhenUnreachable,
    /// Of one try.
    pub timeout: Duration,
    /// How often a call is tried.
    pub tries: u32,
    /// The longest Retry-After that is waited for.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let (timeout, patience) = (Duration::from_secs(5), Duration::from_secs(2));
        Self { when_unreachable: WhenUnreachable::Refuse, timeout, tries: 3, patience }
    }
}

/// Why somebody is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They sign in.
    #[default]
    Login,
    /// They are about to do something that wants a proof.
    StepUp,
    /// They set a factor up.
    Enroll,
}

/// What is told with the question: `ip` and `user_agent` are the person's.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Asked {
    /// Their address.
    pub ip: String,
    /// Their browser.
    pub user_agent: String,
    /// Why they are asked.
    pub reason: Reason,
    /// Their e-mail address.
    #[serde(skip)]
    pub email: Option<String>,
    /// Their phone number.
    #[serde(skip)]
    pub phone: Option<String>,
    /// Their name.
    #[serde(skip)]
    pub name: Option<String>,
    /// Their language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What the cookie of a trusted device holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<Secret>,
    /// Seconds that the last proof may be old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
    /// What is confirmed, shown to the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where the hosted page sends the browser back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// What the result is bound to besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser_binding: Option<Secret>,
}

impl Asked {
    /// A sign-in.
    pub fn login(ip: impl Into<String>, user_agent: impl Into<String>) -> Self {
        Self { ip: ip.into(), user_agent: user_agent.into(), ..Self::default() }
    }
}

/// A factor to add. `secret` brings an authenticator that the user has already.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewFactor {
    /// `totp`, `sms` or `email`.
    pub method: String,
    /// In base32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Where codes go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Where codes go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the person calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// By what a code is sent again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SendBy {
    /// The first factor of this kind.
    Method(String),
    /// This factor.
    FactorId(String),
}

/// What happened at your side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Trust ends.
    PasswordChanged,
    /// Trust ends.
    AccountRecovered,
    /// The user is deleted.
    Deleted,
}

/// Twinlock, for one application.
pub struct Twinlock {
    transport: Transport,
    when_unreachable: WhenUnreachable,
}

impl std::fmt::Debug for Twinlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Twinlock").field("when_unreachable", &self.when_unreachable).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Approved {
    id: Option<String>,
    status: String,
    result: Approval,
}

impl Twinlock {
    /// With a key of your application. Fails where the key is none, or TLS cannot be set up.
    pub fn new(url: &str, api_key: &str) -> Result<Self, Error> {
        Self::with(url, api_key, &Options::default())
    }

    /// The same, with other options.
    pub fn with(url: &str, api_key: &str, options: &Options) -> Result<Self, Error> {
        let transport = Transport::new(url, api_key, options)?;
        Ok(Self { transport, when_unreachable: options.when_unreachable })
    }

    /// Ask, after the password was right.
    pub async fn challenge(&self, user: &str, asked: &Asked) -> Result<Challenge, Error> {
        let mut body = json!(asked);
        let Asked { email, phone, name, .. } = asked;
        let about =
            [("id", Some(user)), ("email", email.as_deref()), ("phone", phone.as_deref()), ("name", name.as_deref())];
        body["user"] = about.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))).collect();
        body["user_agent"] = json!(asked.user_agent.chars().take(2000).collect::<String>());
        let answer = self.transport.change(Verb::POST, "/v1/challenges", &body).await;
        let challenge: Challenge = match answer {
            Err(Error::Unreachable(why))
                if self.when_unreachable == WhenUnreachable::Allow && asked.reason == Reason::Login =>
            {
                tracing::warn!("signed in without a second factor, as when_unreachable says: {why}");
                return Ok(password_alone(user));
            }
            answer => answer?,
        };
        if challenge.result.is_some() != (challenge.status == "not_required") {
            return Err(Error::BadAnswer("a result and its status disagree".to_owned()));
        }
        challenge.result.as_ref().map_or(Ok(()), |result| expected(result, user))?;
        Ok(challenge)
    }

    /// What the person typed into your own form. `user` is whom the result has to be about.
    pub async fn verify(&self, challenge: &str, code: &str, user: &str, trust_device: bool) -> Result<Approval, Error> {
        let body = json!({ "code": code, "trust_device": trust_device });
        let answer: Approved = self.transport.change(Verb::POST, &on_challenge(challenge, "/verify"), &body).await?;
        if answer.id.as_deref() != Some(challenge) {
            return Err(Error::BadAnswer("an approval of another challenge".to_owned()));
        }
        approved(answer, user)
    }

    /// What came back from the hosted page. `user` is whom the result has to be about.
    pub async fn redeem(&self, token: &str, user: &str, browser_binding: Option<&Secret>) -> Result<Approval, Error> {
        let mut body = json!({ "token": token });
        if let Some(binding) = browser_binding {
            body["browser_binding"] = json!(binding);
        }
        approved(self.transport.change(Verb::POST, "/v1/challenges/redeem", &body).await?, user)
    }

    /// Send a code, or another one.
    pub async fn send(&self, challenge: &str, by: &SendBy) -> Result<CodeSent, Error> {
        self.transport.change(Verb::POST, &on_challenge(challenge, "/send"), by).await
    }

    /// How a challenge stands.
    pub async fn read_challenge(&self, challenge: &str) -> Result<Challenge, Error> {
        self.transport.get(&on_challenge(challenge, "")).await
    }

    /// End a challenge.
    pub async fn cancel(&self, challenge: &str) -> Result<(), Error> {
        self.act(Verb::DELETE, &on_challenge(challenge, ""), json!({})).await
    }

    /// What is known of a user.
    pub async fn user(&self, user: &str) -> Result<User, Error> {
        self.transport.get(&on_user(user, &[])).await
    }

    /// Add a factor.
    pub async fn add_factor(&self, user: &str, factor: &NewFactor) -> Result<AddedFactor, Error> {
        self.transport.change(Verb::POST, &on_user(user, &["factors"]), factor).await
    }

    /// Confirm a factor by its first code.
    pub async fn activate_factor(&self, user: &str, factor: &str, code: &str) -> Result<AddedFactor, Error> {
        let path = on_user(user, &["factors", factor, "activate"]);
        self.transport.change(Verb::POST, &path, &json!({ "code": code })).await
    }

    /// Give a factor another name.
    pub async fn rename_factor(&self, user: &str, factor: &str, label: &str) -> Result<Factor, Error> {
        self.transport.change(Verb::PATCH, &on_user(user, &["factors", factor]), &json!({ "label": label })).await
    }

    /// Ask for this factor first.
    pub async fn prefer_factor(&self, user: &str, factor: &str) -> Result<Factor, Error> {
        self.transport.change(Verb::PATCH, &on_user(user, &["factors", factor]), &json!({ "preferred": true })).await
    }

    /// Take a factor away.
    pub async fn remove_factor(&self, user: &str, factor: &str) -> Result<(), Error> {
        self.act(Verb::DELETE, &on_user(user, &["factors", factor]), json!({})).await
    }

    /// Ten new ones, to be shown once; the old ones are dead.
    pub async fn make_recovery_codes(&self, user: &str) -> Result<Vec<Secret>, Error> {
        #[derive(Deserialize)]
        struct Made {
            recovery_codes: Vec<Secret>,
        }
        let made: Made = self.transport.change(Verb::POST, &on_user(user, &["recovery-codes"]), &json!({})).await?;
        Ok(made.recovery_codes)
    }

    /// Every device that is trusted.
    pub async fn devices(&self, user: &str) -> Result<Vec<Device>, Error> {
        #[derive(Deserialize)]
        struct Page {
            items: Vec<Device>,
            next: Option<String>,
        }
        let (path, mut all) = (on_user(user, &["devices"]), Vec::new());
        let mut page: Page = self.transport.get(&path).await?;
        loop {
            all.append(&mut page.items);
            let Some(after) = page.next else { return Ok(all) };
            page = self.transport.get(&format!("{path}?after={}", part(&after))).await?;
        }
    }

    /// End the trust in one device, or in all.
    pub async fn end_trust(&self, user: &str, device: Option<&str>) -> Result<(), Error> {
        let path: Vec<&str> = ["devices"].into_iter().chain(device).collect();
        self.act(Verb::DELETE, &on_user(user, &path), json!({})).await
    }

    /// Where to send the browser of somebody signed in with you, at once: to their own security page, and back.
    pub async fn session_link(&self, user: &str, return_url: &str) -> Result<Secret, Error> {
        #[derive(Deserialize)]
        struct Link {
            url: Secret,
        }
        let body = json!({ "return_url": return_url });
        let link: Link = self.transport.change(Verb::POST, &on_user(user, &["session-link"]), &body).await?;
        Ok(link.url)
    }

    /// Tell what happened at your side.
    pub async fn event(&self, user: &str, event: Event) -> Result<(), Error> {
        self.act(Verb::POST, &on_user(user, &["events"]), json!({ "type": event })).await
    }

    /// Lift a lock after wrong codes.
    pub async fn unlock(&self, user: &str) -> Result<(), Error> {
        self.act(Verb::POST, &on_user(user, &["unlock"]), json!({})).await
    }

    /// Take the whole second factor away; the reason goes into the audit log.
    pub async fn reset(&self, user: &str, reason: &str) -> Result<(), Error> {
        self.act(Verb::POST, &on_user(user, &["reset"]), json!({ "reason": reason })).await
    }

    async fn act(&self, verb: Verb, path: &str, body: serde_json::Value) -> Result<(), Error> {
        self.transport.call(verb, path, &body).await.map(drop)
    }
}

/// What may stand in a path stays as it is: Twinlock takes no dot beside something encoded, and addresses have dots.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'@')
    .remove(b':')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b'=');

fn part(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn on_challenge(challenge: &str, act: &str) -> String {
    format!("/v1/challenges/{}{act}", part(challenge))
}

fn on_user(user: &str, more: &[&str]) -> String {
    let parts: Vec<String> = [user].iter().chain(more).map(|text| part(text)).collect();
    format!("/v1/users/{}", parts.join("/"))
}

fn password_alone(user: &str) -> Challenge {
    let now = OffsetDateTime::now_utc();
    let result = Approval {
        user_id: user.to_owned(),
        method: None,
        amr: vec!["pwd".to_owned()],
        acr: "1".to_owned(),
        auth_time: now,
        recovery_codes_remaining: 0,
        device_token: None,
        device_expires_at: None,
        receipt: None,
    };
    Challenge {
        id: String::new(),
        status: "not_required".to_owned(),
        why: "unreachable".to_owned(),
        methods: Vec::new(),
        preferred: None,
        code_sent: false,
        attempts_left: 0,
        expires_at: now,
        text: None,
        url: None,
        result: Some(result),
    }
}

fn approved(answer: Approved, user: &str) -> Result<Approval, Error> {
    if answer.status != "approved" {
        return Err(Error::BadAnswer("a success that is no approval".to_owned()));
    }
    expected(&answer.result, user)?;
    Ok(answer.result)
}

fn expected(result: &Approval, user: &str) -> Result<(), Error> {
    if result.user_id == user {
        return Ok(());
    }
    Err(Error::WrongUser { expected: user.to_owned(), found: result.user_id.clone() })
}
