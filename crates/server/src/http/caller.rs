//! Who calls: the caller's *type* is the permission. What is checked here is shape and signature; whether a session lives is
//! read by the command.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use domain::command::Origin;
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
        let mut sent = parts.headers.get_all(AUTHORIZATION).iter();
        let token = match (sent.next(), sent.next()) {
            (Some(header), None) => header.to_str().ok().and_then(bearer),
            (Some(_), Some(_)) => None,
            // Whoever shows nothing is told how, and not that something is wrong with it (RFC 6750 section 3.1).
            (None, _) => {
                let challenge = HeaderValue::from_static("Bearer");
                return Err(Problem::new(ProblemCode::TokenInvalid).header(WWW_AUTHENTICATE, challenge));
            }
        };
        let bearer = token.and_then(|token| app.tokens.check(token, app.world.now()));
        bearer.map(Self).ok_or_else(|| Problem::new(ProblemCode::TokenInvalid))
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
