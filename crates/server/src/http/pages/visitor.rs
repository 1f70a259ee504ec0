//! Who is looking: somebody signed in by the session cookie, or somebody we do not know.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use domain::session::visit::{self, ProlongSession, RecognizeVisitor};
use domain::session::{Bearer, Grant, RefreshToken};
use domain::user::Email;
use store::Surroundings;

use crate::app::App;
use crate::http::caller::Anyone;
use crate::http::cookies::Cookie;
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// Somebody signed in at the pages.
pub(super) struct Visitor {
    /// What the commands know them by.
    pub(super) bearer: Bearer,
    /// Their address.
    pub(super) email: Email,
    /// Whether they have a role in the administration.
    pub(super) administers: bool,
    /// The cookie's token, to be replaced where something is proved.
    pub(super) token: RefreshToken,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let shown = token(app, parts).ok_or_else(|| Problem::new(ProblemCode::TokenInvalid))?;
        let question = RecognizeVisitor { token: shown.clone() };
        let visit::Visitor { bearer, email, role, idle } = ask(app, &question).await?;
        if idle {
            let Anyone(origin) = Anyone::from_request_parts(parts, app).await?;
            run(app, ProlongSession { bearer, origin }).await?;
        }
        Ok(Self { bearer, email, administers: role.is_some(), token: shown })
    }
}

/// The session cookie's token, alive or not.
pub(super) struct SessionCookie(pub(super) Option<RefreshToken>);

impl FromRequestParts<App> for SessionCookie {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(token(app, parts)))
    }
}

fn token(app: &App, parts: &Parts) -> Option<RefreshToken> {
    RefreshToken::parse_of_pages(&app.http.site().cookies().read(Cookie::Session, &parts.headers)?)
}

/// The session cookie of a grant. It lives as long as a session may; when the session ends before, the server knows.
pub(super) fn session_cookie(app: &App, grant: &Grant) -> Option<HeaderValue> {
    let life = u64::try_from(app.world.policy().session_life.as_secs()).unwrap_or(0);
    app.http.site().cookies().set(Cookie::Session, grant.refresh.expose(), std::time::Duration::from_secs(life))
}

/// The session cookie gone.
pub(super) fn no_session_cookie(app: &App) -> Option<HeaderValue> {
    app.http.site().cookies().clear(Cookie::Session)
}
