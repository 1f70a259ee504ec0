//! `POST /auth/verify-email/` and `POST /auth/verify-email/resend/`

use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::ApplicationId;
use domain::secret::TokenHash;
use domain::signup::{ResendVerification, VerifyEmail};
use serde::Serialize;
use utoipa::ToSchema;

use super::view;
use crate::app::App;
use crate::http::caller::Anyone;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{run, run_on_the_beat};

/// What verifying may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid];
/// What sending again may refuse.
pub(super) const RESEND_REFUSALS: &[ProblemCode] = &[ProblemCode::EmailRejected];

/// The token of the link.
#[derive(ToSchema)]
#[schema(as = LinkToken)]
pub(super) struct Body {
    /// As it stands behind `#token=` in the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    token: TokenHash,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { token: TokenHash::of(&fields.secret("token", 1..=512)) }
    }
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifyEmailStatus)]
pub(super) struct Status {
    #[schema(example = "verified")]
    status: String,
}

/// Prove the address with the token of the link. Signs nobody in.
#[utoipa::path(post, path = "/auth/verify-email/", tag = "sign-up", request_body = Body,
    responses((status = 200, description = "The address is verified; the account exists.", body = Status)))]
pub(super) async fn verify_email(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<Body>,
) -> Result<Json<Status>, Problem> {
    run(&app, VerifyEmail { token: body.token, origin }).await?;
    Ok(Json(Status { status: "verified".to_owned() }))
}

/// An address.
#[derive(ToSchema)]
#[schema(as = Address)]
pub(super) struct ResendBody {
    #[schema(example = "person@example.org", min_length = 1, max_length = 320)]
    email: String,
}

impl ReadBody for ResendBody {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text("email", 1..=320) }
    }
}

/// Ask for the link once more. The answer is the same whether there is one to send or not.
#[utoipa::path(post, path = "/auth/verify-email/resend/", tag = "sign-up", request_body = ResendBody,
    responses((status = 202, description = "If a sign-up waits for this address, a new link is on its way.")))]
pub(super) async fn resend(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<ResendBody>,
) -> Result<StatusCode, Problem> {
    let email = view::email(&body.email)?;
    run_on_the_beat(&app, ResendVerification { application: ApplicationId::DEFAULT, email, origin }).await?;
    Ok(StatusCode::ACCEPTED)
}
