//! `POST /auth/logout/`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::session::{RefreshToken, SignOut, SignOutBy};

use super::refresh::Body;
use super::view::no_refresh_cookie;
use crate::app::App;
use crate::http::Json;
use crate::http::caller::{Anyone, CookieRefresh, SignedIn};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid, ProblemCode::CsrfRefused];

/// End the session of a refresh token: the body's, else the cookie's, else the one of the access token. Access and refresh
/// are dead at once.
#[utoipa::path(post, path = "/auth/logout/", tag = "session", request_body = Body,
    responses((status = 204, description = "The session is over.")))]
pub(super) async fn logout(
    State(app): State<App>,
    Anyone(origin): Anyone,
    bearer: Result<SignedIn, Problem>,
    cookie: CookieRefresh,
    Json(body): Json<Body>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let invalid = || Problem::new(ProblemCode::TokenInvalid);
    let by = match (body.refresh, bearer) {
        (Some(refresh), _) => SignOutBy::Refresh(RefreshToken::parse(&refresh).ok_or_else(invalid)?),
        (None, bearer) => match (cookie.same_origin()?, bearer) {
            (Some(token), Ok(SignedIn(bearer))) => {
                // A cookie that finds nothing must not keep the session alive that is named here.
                let by = SignOutBy::Refresh(token);
                match run(&app, SignOut { by, origin: origin.clone() }).await {
                    Err(problem) if problem.code() == ProblemCode::TokenInvalid => SignOutBy::Bearer(bearer),
                    ended => return ended.map(|()| (StatusCode::NO_CONTENT, no_refresh_cookie(&app))),
                }
            }
            (Some(token), Err(_)) => SignOutBy::Refresh(token),
            (None, Ok(SignedIn(bearer))) => SignOutBy::Bearer(bearer),
            (None, Err(problem)) => return Err(problem),
        },
    };
    run(&app, SignOut { by, origin }).await?;
    Ok((StatusCode::NO_CONTENT, no_refresh_cookie(&app)))
}
