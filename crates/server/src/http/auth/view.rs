//! What several answers share.

use axum::extract::{FromRequestParts, Query};
use axum::http::HeaderMap;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use domain::challenge::{ChallengeState, Offer};
use domain::delivery::Stage;
use domain::factor::Method;
use domain::login::SignedInUser;
use domain::session::{Grant, RefreshHolder, expires_in};
use domain::time::Timestamp;
use domain::trusted_device::{DeviceCookie, NewDevice};
use domain::user::Email;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::Fields;
use crate::http::cookies::Cookie;
use crate::problem::Problem;
use crate::run::access_token;

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    /// The access token: a signed JWT (RFC 9068).
    access: String,
    /// How to send it.
    #[schema(example = "Bearer")]
    token_type: String,
    /// Seconds it lives.
    #[schema(example = 600)]
    expires_in: i64,
    /// The refresh token, when it was asked for in the body; else it is in the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh: Option<String>,
}

impl Tokens {
    /// The tokens of a grant, and the cookie to set with them.
    pub(super) fn of(app: &App, grant: &Grant) -> (Self, HeaderMap) {
        let in_body = grant.holder == RefreshHolder::Body;
        let tokens = Self {
            access: access_token(app, grant),
            token_type: "Bearer".to_owned(),
            expires_in: expires_in(grant),
            refresh: in_body.then(|| grant.refresh.expose().to_owned()),
        };
        (tokens, refresh_cookie(app, grant))
    }

    /// The access token of a grant alone, for a client that keeps the refresh token it has.
    pub(super) fn access_only(app: &App, grant: &Grant) -> Self {
        Self {
            access: access_token(app, grant),
            token_type: "Bearer".to_owned(),
            expires_in: expires_in(grant),
            refresh: None,
        }
    }
}

/// The cookie of a grant whose refresh token is held in one.
pub(super) fn refresh_cookie(app: &App, grant: &Grant) -> HeaderMap {
    let life = grant.refresh_expires_at.since(grant.issued_at).as_secs();
    let life = std::time::Duration::from_secs(u64::try_from(life).unwrap_or(0));
    let cookie = match grant.holder {
        RefreshHolder::Cookie => app.http.site().cookies().set(Cookie::Refresh, grant.refresh.expose(), life),
        // Only the pages hand out theirs.
        RefreshHolder::Body | RefreshHolder::Pages => None,
    };
    headers(cookie)
}

/// The cookie gone.
pub(super) fn no_refresh_cookie(app: &App) -> HeaderMap {
    headers(app.http.site().cookies().clear(Cookie::Refresh))
}

/// Adds the cookie a trusted browser is known by from now on, if that changed.
pub(in crate::http) fn device_cookie(app: &App, cookie: Option<&DeviceCookie>, headers: &mut HeaderMap) {
    let Some(DeviceCookie { token, life }) = cookie else { return };
    let life = std::time::Duration::from_secs(u64::try_from(life.as_secs()).unwrap_or(0));
    if let Some(cookie) = app.http.site().cookies().set(Cookie::Device, token.expose(), life) {
        headers.append(SET_COOKIE, cookie);
    }
}

/// The cookie of a trusted browser gone.
pub(in crate::http) fn no_device_cookie(app: &App) -> HeaderMap {
    headers(app.http.site().cookies().clear(Cookie::Device))
}

/// A browser that was just trusted.
#[derive(Serialize, ToSchema)]
pub(super) struct TrustedDevice {
    id: Uuid,
    /// What it is called, after its user agent.
    #[schema(example = "Firefox on Linux")]
    name: String,
    /// When trust ends, however much it is used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<NewDevice> for TrustedDevice {
    fn from(device: NewDevice) -> Self {
        Self { id: device.id.uuid(), name: device.name, expires_at: device.expires_at }
    }
}

fn headers(cookie: Option<HeaderValue>) -> HeaderMap {
    cookie.map(|cookie| (SET_COOKIE, cookie)).into_iter().collect()
}

/// Which part of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Goes on after this item: the `next` of the part before.
    pub(super) after: Option<Uuid>,
    /// At most so many items; 50 unless said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

impl Page {
    /// At most so many items.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(50)
    }
}

impl FromRequestParts<App> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let refused = || Problem::invalid_at("", "the query takes after, an id, and limit, a number from 1 to 100");
        let Query(page) = Query::<Self>::from_request_parts(parts, app).await.map_err(|_| refused())?;
        if (1..=100).contains(&page.limit()) { Ok(page) } else { Err(refused()) }
    }
}

/// The person signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    id: Uuid,
    #[schema(example = "person@example.org")]
    email: String,
    email_verified: bool,
}

impl From<SignedInUser> for UserView {
    fn from(user: SignedInUser) -> Self {
        Self { id: user.id.uuid(), email: user.email.as_str().to_owned(), email_verified: user.email_verified }
    }
}

/// A factor a challenge can be answered with.
#[derive(Serialize, ToSchema)]
pub(super) struct MethodView {
    id: Uuid,
    #[schema(example = "totp")]
    method: String,
    #[schema(example = "Authenticator")]
    label: String,
    /// Where a code would go, masked; null for an authenticator.
    destination: Option<String>,
}

impl From<Offer> for MethodView {
    fn from(offer: Offer) -> Self {
        Self {
            id: offer.id.uuid(),
            method: offer.method.as_str().to_owned(),
            label: offer.label,
            destination: offer.destination,
        }
    }
}

/// How a challenge stands.
#[derive(Serialize, ToSchema)]
pub(super) struct ChallengeBody {
    /// The method offered first.
    #[schema(example = "totp")]
    method: String,
    /// What the challenge can be answered with, the preferred one first.
    methods: Vec<MethodView>,
    /// Whether a code was sent.
    code_sent: bool,
    /// How the sending of the last code stands: `queued`, `unavailable`, or null when none was sent.
    #[schema(example = "queued")]
    delivery: Option<String>,
    /// The kinds of factor that work, when `delivery` is `unavailable`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    alternatives: Option<Vec<String>>,
    /// When the next code may be asked for; null when there is nothing to send.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_send_at: Option<Timestamp>,
    /// Tries left.
    #[schema(example = 5)]
    attempts_left: u32,
    /// When the challenge runs out.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// How a challenge stands, and how far its last code has come.
#[derive(Serialize, ToSchema)]
pub(super) struct ChallengeProgress {
    /// How the challenge stands.
    #[serde(flatten)]
    challenge: ChallengeBody,
    /// How far the last code has come, more exactly than `delivery`: `queued`, `delayed` (a try failed, another follows),
    /// `accepted` (a provider took it), `delivered`, `failed`. Once a code was sent.
    #[schema(example = "accepted", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_state: Option<String>,
    /// With `delayed` and `failed`: `refused` (this destination cannot be reached), `unavailable` (nobody sends now),
    /// `undelivered`, `expired`, `lost` (it may have arrived), or another word.
    #[schema(example = "unavailable", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_reason: Option<String>,
}

impl From<ChallengeState> for ChallengeProgress {
    fn from(state: ChallengeState) -> Self {
        Self {
            delivery_state: state.stage.map(|stage| stage.as_str().to_owned()),
            delivery_reason: state.stage.and_then(Stage::trouble).map(|trouble| trouble.as_str().to_owned()),
            challenge: state.into(),
        }
    }
}

impl From<ChallengeState> for ChallengeBody {
    fn from(state: ChallengeState) -> Self {
        let names = |methods: &[Method]| methods.iter().map(|method| method.as_str().to_owned()).collect();
        Self {
            method: state.method.as_str().to_owned(),
            methods: state.methods.into_iter().map(MethodView::from).collect(),
            code_sent: state.code_sent,
            delivery: state.delivery.map(|delivery| delivery.as_str().to_owned()),
            alternatives: (!state.alternatives.is_empty()).then(|| names(&state.alternatives)),
            next_send_at: state.next_send_at,
            attempts_left: state.attempts_left,
            expires_at: state.expires_at,
        }
    }
}

/// Where the client says it keeps its refresh token.
pub(super) fn holder(refresh_in_body: Option<bool>) -> Option<RefreshHolder> {
    refresh_in_body.map(|in_body| if in_body { RefreshHolder::Body } else { RefreshHolder::Cookie })
}

/// A partial token as it was sent: any text may be one.
pub(super) fn partial_token(fields: &mut Fields) -> domain::secret::TokenHash {
    domain::secret::TokenHash::of(&fields.secret("partial_token", 1..=512))
}

/// The token of a link as it was sent: any text may be one.
pub(super) fn link_token(fields: &mut Fields) -> domain::secret::TokenHash {
    domain::secret::TokenHash::of(&fields.secret("token", 1..=512))
}

/// A code as it was typed: any 1 to 64 characters are a guess.
pub(super) fn code(fields: &mut Fields) -> domain::code::TypedCode {
    domain::code::TypedCode::parse(&fields.secret("code", 1..=64))
}

/// An address as it was typed; whether it is one is judged after the shape of the body.
pub(super) fn email(text: &str) -> Result<Email, Problem> {
    crate::credentials::address(text)
}
