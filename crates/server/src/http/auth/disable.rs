//! `POST /auth/2fa/disable/`

use axum::extract::State;
use axum::http::HeaderMap;
use domain::code::TypedCode;
use domain::disable::Disable;
use serde::Serialize;
use utoipa::ToSchema;

use super::view;
use crate::app::App;
use crate::http::caller::{Anyone, CookieRefresh, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse. Without a factor there is nothing to turn off: `no_pending_setup`.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::TokenInvalid,
    ProblemCode::FeatureDisabled,
    ProblemCode::NoPendingSetup,
    ProblemCode::CodeIncorrect,
    ProblemCode::AccountLocked,
];

/// A code as the proof.
#[derive(ToSchema)]
#[schema(as = Disable)]
pub(super) struct Body {
    /// A code of any factor, or a recovery code.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "123456")]
    code: TypedCode,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { code: view::code(fields) }
    }
}

/// The second factor is off.
#[derive(Serialize, ToSchema)]
#[schema(as = Disabled)]
pub(super) struct Answer {
    /// False.
    #[schema(example = false)]
    enabled: bool,
}

/// Turn the second factor off. The code is its own proof. Factors, recovery codes, pending set-ups and trusted devices are
/// gone at once; all other sessions end.
#[utoipa::path(post, path = "/auth/2fa/disable/", tag = "factors", request_body = Body, security(("access_token" = [])),
    responses((status = 200, description = "The second factor is off.", body = Answer)))]
pub(super) async fn disable(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    cookie: CookieRefresh,
    Json(body): Json<Body>,
) -> Result<(HeaderMap, Json<Answer>), Problem> {
    let command = Disable { bearer, code: body.code, refresh: cookie.beside_bearer(), origin };
    let disabled = run(&app, command).await?;
    let headers = disabled.grant.map(|grant| view::refresh_cookie(&app, &grant)).unwrap_or_default();
    Ok((headers, Json(Answer { enabled: false })))
}
