//! Who calls: the caller's *type* is the permission. What is checked here is shape and signature; whether a session lives is
//! read by the command.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use domain::administrator::key::AdminKey;
use domain::application::ApiKey;
use domain::application::keyed::KeyHolder;
use domain::command::Origin;
use domain::ids::AdminKeyId;
use domain::secret::TokenHash;
use domain::session::{Bearer, RefreshToken};
use domain::trusted_device::DeviceToken;
use store::Surroundings;

use super::{Client, RequestId};
use crate::app::App;
use crate::fault::Fault;
use crate::http::cookies::Cookie;
use crate::http::csrf::{self, Silence};
use crate::problem::{Problem, ProblemCode};

/// Anybody, from somewhere.
pub struct Anyone(pub Origin);

impl FromRequestParts<App> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let client = Client::from_request_parts(parts, app).await?;
        let Some(id) = parts.extensions.get::<RequestId>() else {
            return Err(Fault::plain("the request has no id").into());
        };
        Ok(Self(Origin {
            ip: Some(client.address),
            user_agent: client.user_agent.map(|agent| agent.to_string()),
            actor: None,
            request_id: Some(id.as_str().to_owned()),
            locale: client.locale,
        }))
    }
}

/// Somebody with an access token.
pub struct SignedIn(pub Bearer);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // Whoever shows nothing is told how, and not that something is wrong with it (RFC 6750 section 3.1).
        if !parts.headers.contains_key(AUTHORIZATION) {
            let challenge = HeaderValue::from_static("Bearer");
            return Err(Problem::new(ProblemCode::TokenInvalid).header(WWW_AUTHENTICATE, challenge));
        }
        let bearer = credential(parts).and_then(|token| app.tokens.check(token, app.world.now()));
        bearer.map(Self).ok_or_else(|| Problem::new(ProblemCode::TokenInvalid))
    }
}

/// Somebody with an API key: its application. Whether the key still lives is read by the command.
pub struct Keyed(pub KeyHolder);

impl FromRequestParts<App> for Keyed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let refused = || Problem::new(ProblemCode::ApiKeyInvalid);
        let key = api_key(parts).ok_or_else(refused)?;
        app.api_keys.holder(&app.db, key).await?.map(Self).ok_or_else(refused)
    }
}

/// What the key of a request is looked up by, where it has the form of one.
pub(super) fn api_key(parts: &Parts) -> Option<TokenHash> {
    credential(parts).and_then(ApiKey::parse)
}

/// A program with a key of the administration. Whether the key still lives, and what for, is read by the command.
pub struct AdminKeyed(pub AdminKeyId);

impl FromRequestParts<App> for AdminKeyed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let refused = || Problem::new(ProblemCode::ApiKeyInvalid);
        let key = admin_key(parts).ok_or_else(refused)?;
        app.admin_keys.holder(&app.db, key).await?.map(Self).ok_or_else(refused)
    }
}

/// The same of a key of the administration.
pub(super) fn admin_key(parts: &Parts) -> Option<TokenHash> {
    credential(parts).and_then(AdminKey::parse)
}

/// The one credential of a request.
fn credential(parts: &Parts) -> Option<&str> {
    let mut sent = parts.headers.get_all(AUTHORIZATION).iter();
    match (sent.next(), sent.next()) {
        (Some(header), None) => header.to_str().ok().and_then(bearer),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

/// The token of `Bearer …` (RFC 6750 section 2.1); the scheme in any case.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// The refresh token of the browser's cookie, if it holds one. Whoever acts on it checks with [`CookieRefresh::same_origin`]
/// that the request came from our own pages.
pub struct CookieRefresh {
    token: Option<RefreshToken>,
    same_origin: Result<(), Problem>,
}

impl FromRequestParts<App> for CookieRefresh {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let site = app.http.site();
        let token = site.cookies().read(Cookie::Refresh, &parts.headers);
        Ok(Self {
            token: token.and_then(|token| RefreshToken::parse(&token)),
            same_origin: csrf::require_same_origin(&parts.headers, site, Silence::Allowed),
        })
    }
}

impl CookieRefresh {
    /// The token, for a request of our own origin.
    pub fn same_origin(self) -> Result<Option<RefreshToken>, Problem> {
        match self.token {
            Some(token) => self.same_origin.map(|()| Some(token)),
            None => Ok(None),
        }
    }

    /// The token, where it is no credential but only says which one to replace.
    pub fn beside_bearer(self) -> Option<RefreshToken> {
        self.token
    }
}

/// The cookie of a trusted device, if the browser holds one. It is read from nowhere else, and is no credential by itself.
pub struct CookieDevice(pub Option<DeviceToken>);

impl FromRequestParts<App> for CookieDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cookie = app.http.site().cookies().read(Cookie::Device, &parts.headers);
        Ok(Self(cookie.and_then(|cookie| DeviceToken::parse(&cookie))))
    }
}
