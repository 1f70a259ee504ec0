//! `POST /auth/email/change/` and `POST /auth/email/change/confirm/`

use axum::extract::State;
use axum::http::StatusCode;
use domain::email_change::{BeginEmailChange, ConfirmEmailChange, ReadEmailChange};
use domain::secret::TokenHash;
use serde::Serialize;
use utoipa::ToSchema;

use super::view;
use crate::app::App;
use crate::http::caller::{Anyone, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run, run_on_the_beat};

/// What asking may refuse.
pub(super) const REFUSALS: &[ProblemCode] =
    &[ProblemCode::TokenInvalid, ProblemCode::StepUpRequired, ProblemCode::EmailRejected];
/// What confirming may refuse.
pub(super) const CONFIRM_REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid];

/// The address to come.
#[derive(ToSchema)]
#[schema(as = EmailChange)]
pub(super) struct Body {
    #[schema(example = "person@example.org", min_length = 1, max_length = 320)]
    new_email: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { new_email: fields.text("new_email", 1..=320) }
    }
}

/// Ask to have another address. A link goes to it, and the old one is told; nothing changes before the link is used. The
/// answer is the same for a taken address.
#[utoipa::path(post, path = "/auth/email/change/", tag = "factors", request_body = Body, security(("access_token" = [])),
    responses((status = 202, description = "A message is on its way to the new address.")))]
pub(super) async fn change(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    Json(body): Json<Body>,
) -> Result<StatusCode, Problem> {
    let email = view::email(&body.new_email)?;
    run_on_the_beat(&app, BeginEmailChange { bearer, email, origin }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of the link.
#[derive(ToSchema)]
#[schema(as = EmailChangeConfirmation)]
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
#[schema(as = EmailChangeStatus)]
pub(super) struct Status {
    #[schema(example = "changed")]
    status: String,
}

/// Prove the new address with the token of the link. Signs nobody in; sessions end, but for the one that asked.
#[utoipa::path(post, path = "/auth/email/change/confirm/", tag = "factors", request_body = ConfirmBody,
    responses((status = 200, description = "The address is the new one.", body = Status)))]
pub(super) async fn confirm(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<ConfirmBody>,
) -> Result<Json<Status>, Problem> {
    let wanted = ask(&app, &ReadEmailChange { token: body.token }).await?;
    run(&app, ConfirmEmailChange { token: body.token, wanted, origin }).await?;
    Ok(Json(Status { status: "changed".to_owned() }))
}
