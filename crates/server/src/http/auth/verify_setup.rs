//! `POST /auth/2fa/verify-setup/`

use axum::extract::State;
use axum::http::HeaderMap;
use domain::code::TypedCode;
use domain::enrollment::ConfirmEnrollment;
use domain::ids::FactorId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view;
use crate::app::App;
use crate::http::caller::{Anyone, CookieRefresh, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::TokenInvalid,
    ProblemCode::StepUpRequired,
    ProblemCode::FeatureDisabled,
    ProblemCode::NoPendingSetup,
    ProblemCode::CodeIncorrect,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// The first code of a new factor.
#[derive(ToSchema)]
#[schema(as = SetupConfirmation)]
pub(super) struct Body {
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "123456")]
    code: TypedCode,
    /// Which set-up, when several wait.
    #[schema(required = false, nullable = false)]
    factor_id: Option<Uuid>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            code: view::code(fields),
            factor_id: fields.optional_parsed("factor_id", "a UUID", |text| Uuid::parse_str(text).ok()),
        }
    }
}

/// The factor works.
#[derive(Serialize, ToSchema)]
#[schema(as = SetupConfirmed)]
pub(super) struct Answer {
    enabled: bool,
    #[schema(example = "totp")]
    method: String,
    factor_id: Uuid,
    /// Made with the first factor and shown this once; empty later.
    recovery_codes: Vec<String>,
}

/// Confirm a new factor with a code of it. The first one turns the second factor on and makes recovery codes. All other
/// sessions end.
#[utoipa::path(post, path = "/auth/2fa/verify-setup/", tag = "factors", request_body = Body, security(("access_token" = [])),
    responses((status = 200, description = "The factor works.", body = Answer)))]
pub(super) async fn verify_setup(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    cookie: CookieRefresh,
    Json(body): Json<Body>,
) -> Result<(HeaderMap, Json<Answer>), Problem> {
    let factor = body.factor_id.map(FactorId::from_uuid);
    let command = ConfirmEnrollment { bearer, code: body.code, factor, refresh: cookie.beside_bearer(), origin };
    let confirmed = run(&app, command).await?;
    let headers = confirmed.grant.map(|grant| view::refresh_cookie(&app, &grant)).unwrap_or_default();
    let answer = Answer {
        enabled: true,
        method: confirmed.method.as_str().to_owned(),
        factor_id: confirmed.factor.uuid(),
        recovery_codes: confirmed.recovery_codes.iter().map(|code| code.expose().to_owned()).collect(),
    };
    Ok((headers, Json(answer)))
}
