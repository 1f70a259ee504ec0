//! `POST /auth/token/refresh/`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::session::{Refresh, RefreshHolder, RefreshToken};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::view::{Tokens, no_refresh_cookie};
use crate::app::App;
use crate::http::caller::{Anyone, CookieRefresh};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid, ProblemCode::CsrfRefused];

/// A refresh token, unless the cookie holds it.
#[derive(ToSchema)]
#[schema(as = RefreshToken)]
pub(super) struct Body {
    /// The refresh token; else the cookie's.
    #[schema(value_type = String, required = false, nullable = false, min_length = 1, max_length = 512)]
    pub refresh: Option<Zeroizing<String>>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { refresh: fields.optional_secret("refresh", 1..=512) }
    }
}

/// New tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = Refreshed)]
pub(super) struct Answer {
    tokens: Tokens,
}

/// Renew a session's tokens. The refresh token is good once: showing it again ends the session.
#[utoipa::path(post, path = "/auth/token/refresh/", tag = "session", request_body = Body,
    responses((status = 200, description = "New tokens; the old refresh token is dead.", body = Answer)))]
pub(super) async fn refresh(
    State(app): State<App>,
    Anyone(origin): Anyone,
    cookie: CookieRefresh,
    Json(body): Json<Body>,
) -> Response {
    let in_cookie = body.refresh.is_none();
    match renew(&app, origin, cookie, body).await {
        Ok((headers, answer)) => (headers, answer).into_response(),
        // A cookie that is good for nothing goes.
        Err(problem) if in_cookie && problem.code() == ProblemCode::TokenInvalid => {
            (no_refresh_cookie(&app), problem).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn renew(
    app: &App,
    origin: domain::command::Origin,
    cookie: CookieRefresh,
    body: Body,
) -> Result<(HeaderMap, Json<Answer>), Problem> {
    let (token, holder) = match body.refresh {
        Some(refresh) => (RefreshToken::parse(&refresh), RefreshHolder::Body),
        None => (cookie.same_origin()?, RefreshHolder::Cookie),
    };
    let token = token.ok_or_else(|| Problem::new(ProblemCode::TokenInvalid))?;
    let mut grant = run(app, Refresh { token, origin }).await?;
    // It goes back the way it came.
    grant.holder = holder;
    let (tokens, headers) = Tokens::of(app, &grant);
    Ok((headers, Json(Answer { tokens })))
}
