//! The security page of an application's user: opened by a link that the application asked for, shown in its name, and left for
//! the address it is allowed to have people sent back to.
//!
//! The pages are those of `/security`, below `/settings`, without what belongs to a login of ours. Who looks stands in a cookie
//! of its own, so that a visit and somebody signed in here never take each other's place.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use domain::application::visit::{OpenVisit, RecognizeVisit, VISIT_LIFE, Visit};
use domain::secret::TokenHash;
use domain::session::{Grant, RefreshToken, SignOut, SignOutBy};

use super::desk::Desk;
use super::frame::{Frame, SETTINGS, with_cookie};
use super::sign_in::Empty;
use super::{hosted, see};
use crate::app::App;
use crate::http::Form;
use crate::http::caller::Anyone;
use crate::http::cookies::Cookie;
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

pub(super) use hosted::over;

/// Whose visit the cookie stands for.
pub(super) async fn visit(app: &App, parts: &Parts) -> Result<(Visit, RefreshToken), Problem> {
    let cookie = app.http.site().cookies().read(Cookie::Settings, &parts.headers);
    let token = cookie.and_then(|cookie| RefreshToken::parse_of_pages(&cookie));
    let token = token.ok_or_else(|| Problem::new(ProblemCode::TokenInvalid))?;
    let visit = ask(app, &RecognizeVisit { token: token.clone() }).await?;
    Ok((visit, token))
}

/// The cookie of a grant.
pub(super) fn cookie(app: &App, grant: &Grant) -> Option<HeaderValue> {
    let life = Duration::from_secs(VISIT_LIFE.as_secs().unsigned_abs());
    app.http.site().cookies().set(Cookie::Settings, grant.refresh.expose(), life)
}

/// The cookie gone.
pub(super) fn no_cookie(app: &App) -> Option<HeaderValue> {
    app.http.site().cookies().clear(Cookie::Settings)
}

/// Nobody's visit: the link was used, or its time is over.
pub(super) fn gone(page: &Frame) -> Result<Response, Problem> {
    hosted::gone(page, Problem::new(ProblemCode::TokenInvalid))
}

/// Opens a link.
pub(super) async fn open(
    State(app): State<App>,
    Path(link): Path<String>,
    Anyone(origin): Anyone,
    frame: Frame,
) -> Result<Response, Problem> {
    match run(&app, OpenVisit { token: TokenHash::of(&link), origin }).await {
        Ok(grant) => Ok(with_cookie(see(SETTINGS), cookie(&app, &grant))),
        Err(problem) => hosted::gone(&frame, problem),
    }
}

/// Ends the visit, and goes back to the application.
pub(super) async fn leave(State(app): State<App>, desk: Desk, Form(Empty): Form<Empty>) -> Result<Response, Problem> {
    let back = desk.page.back.as_deref().unwrap_or(SETTINGS);
    run(&app, SignOut { by: SignOutBy::Refresh(desk.token), origin: desk.origin }).await?;
    Ok(with_cookie(see(back), no_cookie(&app)))
}
