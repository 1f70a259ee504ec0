//! `POST /auth/2fa/challenge/`

use axum::extract::State;
use domain::challenge::ReadChallenge;
use domain::secret::TokenHash;
use utoipa::ToSchema;

use super::view::{self, ChallengeProgress};
use crate::app::App;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::ask;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::PartialTokenInvalid,
    ProblemCode::FeatureDisabled,
    ProblemCode::AlreadyCompleted,
    ProblemCode::ChallengeExpired,
    ProblemCode::TooManyAttempts,
    ProblemCode::AccountLocked,
];

/// The partial token of a sign-in.
#[derive(ToSchema)]
#[schema(as = PartialToken)]
pub(super) struct Body {
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    partial_token: TokenHash,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { partial_token: view::partial_token(fields) }
    }
}

/// How a challenge stands.
#[utoipa::path(post, path = "/auth/2fa/challenge/", tag = "sign-in", request_body = Body,
    responses((status = 200, description = "The challenge is live.", body = ChallengeProgress)))]
pub(super) async fn challenge(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<ChallengeProgress>, Problem> {
    let state = ask(&app, &ReadChallenge { token: body.partial_token }).await?;
    Ok(Json(state.into()))
}
