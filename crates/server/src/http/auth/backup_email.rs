//! `POST /auth/2fa/backup-email/` and `POST /auth/2fa/backup-email/confirm/`

use axum::extract::State;
use axum::http::StatusCode;
use domain::backup_email::{BeginBackupEmail, ConfirmBackupEmail, RemoveBackupEmail};
use domain::secret::TokenHash;
use serde::Serialize;
use utoipa::ToSchema;

use super::view;
use crate::app::App;
use crate::http::caller::{Anyone, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What asking may refuse.
pub(super) const REFUSALS: &[ProblemCode] =
    &[ProblemCode::TokenInvalid, ProblemCode::StepUpRequired, ProblemCode::EmailRejected];
/// What confirming may refuse.
pub(super) const CONFIRM_REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid];

/// Where copies of notices go.
#[derive(ToSchema)]
#[schema(as = BackupEmail)]
pub(super) struct Body {
    /// The address; null for none.
    #[schema(required, example = "backup@example.org", min_length = 1, max_length = 320)]
    email: Option<String>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text_or_null("email", 1..=320) }
    }
}

/// Have a copy of every security notice sent to a second address, or to none any more. A link goes to the address, and
/// nothing changes before it is used. Codes, and links that act, never go there. Needs a fresh proof.
#[utoipa::path(post, path = "/auth/2fa/backup-email/", tag = "factors", request_body = Body,
    security(("access_token" = [])),
    responses((status = 202, description = "A message is on its way to the address."),
        (status = 204, description = "There is no such address any more.")))]
pub(super) async fn backup_email(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    Json(body): Json<Body>,
) -> Result<StatusCode, Problem> {
    let Some(email) = body.email else {
        run(&app, RemoveBackupEmail { bearer, origin }).await?;
        return Ok(StatusCode::NO_CONTENT);
    };
    run(&app, BeginBackupEmail { bearer, email: view::email(&email)?, origin }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of the link.
#[derive(ToSchema)]
#[schema(as = BackupEmailConfirmation)]
pub(super) struct ConfirmBody {
    /// As it stands behind `#token=` in the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    token: TokenHash,
}

impl ReadBody for ConfirmBody {
    fn read(fields: &mut Fields) -> Self {
        Self { token: view::link_token(fields) }
    }
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = BackupEmailStatus)]
pub(super) struct Status {
    #[schema(example = "verified")]
    status: String,
}

/// Prove the second address with the token of the link. Signs nobody in.
#[utoipa::path(post, path = "/auth/2fa/backup-email/confirm/", tag = "factors", request_body = ConfirmBody,
    responses((status = 200, description = "Copies go there from now on.", body = Status)))]
pub(super) async fn confirm(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<ConfirmBody>,
) -> Result<Json<Status>, Problem> {
    run(&app, ConfirmBackupEmail { token: body.token, origin }).await?;
    Ok(Json(Status { status: "verified".to_owned() }))
}
