//! axum, with `tower-sessions`: ask after the password, and let in whoever proved the factor.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use axum::{Router, response::Response, routing::post};
//! # use twinlock_client::{Twinlock, axum::{Browser, SecondFactor}};
//! # fn app(key: &str) -> Result<Router, twinlock_client::Error> {
//! let twinlock = Arc::new(Twinlock::new("https://2fa.example.com", key)?);
//! let second_factor = SecondFactor::new(twinlock, "https://shop.example.com/second-factor");
//! let asks = second_factor.clone();
//! let log_in = |browser: Browser| async move {
//!     // … your own check of the password
//!     asks.ask(browser, "user-4711", "/").await
//! };
//! // Before the layer of the sessions.
//! Ok(Router::new().route("/log-in", post(log_in)).merge(second_factor.router()))
//! # }
//! ```
//!
//! Who is signed in is [`user_of`] the session.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, Query};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, COOKIE, HeaderName, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use time::OffsetDateTime;
use tower_sessions::Session;
use tower_sessions::session::Error as SessionError;

use crate::answers::{Approval, Secret};
use crate::client::{Asked, Twinlock};
use crate::error::Error;
use crate::sign_in::{Begun, SignIn, Waiting};

/// The cookie of a trusted device.
const DEVICE: &str = "twinlock_device";
/// Where the session holds a sign-in that waits.
const WAITING: &str = "twinlock_waiting";
/// Where it holds who is signed in.
const USER: &str = "user";

/// The browser that a request came from, as the second factor is told of it.
#[derive(Clone, Debug)]
pub struct Browser {
    session: Session,
    /// Its address: that of the connection, where the server is started with `ConnectInfo<SocketAddr>`. Behind a proxy set
    /// it to what that tells.
    pub ip: String,
    user_agent: String,
    locale: Option<String>,
    device: Option<Secret>,
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let session = Session::from_request_parts(parts, state).await?;
        let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let device = pairs.find(|(name, _)| *name == DEVICE).map(|(_, token)| Secret::from(token));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            ip: peer.map(|peer| peer.0.ip().to_string()).unwrap_or_default(),
            user_agent: text(USER_AGENT).unwrap_or_default(),
            locale: text(ACCEPT_LANGUAGE),
            device,
            session,
        })
    }
}

/// Who is signed in.
pub async fn user_of(session: &Session) -> Result<Option<String>, SessionError> {
    session.get(USER).await
}

/// What a sign-in failed by: nobody is signed in.
enum Failure {
    Factor(Error),
    Session(SessionError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Factor(error)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// What a person sees when nobody was signed in. The word may come from an address: show it, decide nothing by it.
pub type Refused = fn(word: &str) -> Response;

/// A second factor behind every right password.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    sign_in: SignIn,
    return_url: Arc<str>,
    refused: Refused,
}

#[derive(Deserialize)]
struct Back {
    tfa: Option<String>,
    tfa_denied: Option<String>,
}

impl SecondFactor {
    /// `return_url` is one of the application's (`twinlock app return-url add`); its path is what [`Self::router`] answers.
    pub fn new(client: Arc<Twinlock>, return_url: &str) -> Self {
        Self { sign_in: SignIn::new(client), return_url: return_url.into(), refused: says_so }
    }

    /// With a page of your own for those who were not signed in.
    #[must_use]
    pub fn refused_by(self, refused: Refused) -> Self {
        Self { refused, ..self }
    }

    /// The answer to a right password; whoever gets in goes on to `then`.
    pub async fn ask(&self, browser: Browser, user: &str, then: &str) -> Response {
        self.ask_with(browser, user, then, Asked::default()).await
    }

    /// The same, with what else is told: address, phone, name, text. What the browser tells itself is filled in.
    pub async fn ask_with(&self, browser: Browser, user: &str, then: &str, told: Asked) -> Response {
        let Browser { session, ip, user_agent, locale, device } = browser;
        let return_url = Some(self.return_url.to_string());
        let asked = Asked { ip, user_agent, locale, device_token: device, return_url, ..told };
        let begun = async {
            session.remove::<String>(USER).await?;
            session.remove::<Waiting>(WAITING).await?;
            Ok(match self.sign_in.begin(user, asked, then).await? {
                Begun::Away { waiting, url } => {
                    session.insert(WAITING, waiting).await?;
                    Redirect::to(&url).into_response()
                }
                Begun::In(result) => self.signed_in(&session, &result, then).await?,
                Begun::Refused(challenge) => (self.refused)(&challenge.status),
            })
        };
        self.answer(begun.await)
    }

    /// Answers where the browser comes back to.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let (this, path) = (self.clone(), path_of(&self.return_url));
        Router::new()
            .route(path, get(async move |session: Session, back: Query<Back>| this.returned(session, back.0).await))
    }

    async fn returned(&self, session: Session, back: Back) -> Response {
        let Some(token) = back.tfa else {
            return (self.refused)(back.tfa_denied.as_deref().unwrap_or("not_started"));
        };
        let back = async {
            let waiting: Waiting = session.get(WAITING).await?.ok_or(Error::NotStarted)?;
            let result = self.sign_in.finish(&waiting, &token).await?;
            self.signed_in(&session, &result, &waiting.carry).await
        };
        self.answer(back.await)
    }

    /// Nothing of the session before goes on: somebody else may have begun it.
    async fn signed_in(&self, session: &Session, result: &Approval, then: &str) -> Result<Response, Failure> {
        session.flush().await?;
        session.insert(USER, &result.user_id).await?;
        let mut response = Redirect::to(then).into_response();
        response.headers_mut().extend(self.device_cookie(result).map(|cookie| (SET_COOKIE, cookie)));
        Ok(response)
    }

    fn device_cookie(&self, result: &Approval) -> Option<HeaderValue> {
        let left = (result.device_expires_at? - OffsetDateTime::now_utc()).whole_seconds();
        let secure = if self.return_url.starts_with("https:") { "; Secure" } else { "" };
        let token = result.device_token.as_ref()?.expose();
        let cookie = format!("{DEVICE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={left}{secure}");
        HeaderValue::try_from(cookie).ok()
    }

    fn answer(&self, outcome: Result<Response, Failure>) -> Response {
        let mut response = outcome.unwrap_or_else(|failure| match failure {
            Failure::Factor(error) => (self.refused)(error.word()),
            Failure::Session(error) => {
                tracing::error!("the session cannot be kept, and nobody is signed in: {error}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        });
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn path_of(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = host.find('/').map_or("/", |at| &host[at..]);
    path.split(['?', '#']).next().unwrap_or("/")
}

fn says_so(word: &str) -> Response {
    let word: String = word.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
    let page = format!("<!doctype html><title>Not signed in</title><p>You are not signed in ({word}).</p>");
    (StatusCode::FORBIDDEN, Html(page)).into_response()
}
