//! `POST /auth/2fa/unlock/`

use axum::extract::State;
use domain::secret::TokenHash;
use domain::unlock::UnlockAccount;
use serde::Serialize;
use utoipa::ToSchema;

use super::view;
use crate::app::App;
use crate::http::caller::Anyone;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid];

/// The token of the link.
#[derive(ToSchema)]
#[schema(as = Unlock)]
pub(super) struct Body {
    /// As it stands behind `#token=` in the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    token: TokenHash,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { token: view::link_token(fields) }
    }
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = UnlockStatus)]
pub(super) struct Status {
    #[schema(example = "unlocked")]
    status: String,
}

/// Allow three guesses in spite of a lock, with the token of the link in the mail about it. Signs nobody in; a right code
/// ends the lock.
#[utoipa::path(post, path = "/auth/2fa/unlock/", tag = "sign-in", request_body = Body,
    responses((status = 200, description = "Sign in within 15 minutes.", body = Status)))]
pub(super) async fn unlock(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<Body>,
) -> Result<Json<Status>, Problem> {
    run(&app, UnlockAccount { token: body.token, origin }).await?;
    Ok(Json(Status { status: "unlocked".to_owned() }))
}
