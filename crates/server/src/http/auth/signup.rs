//! `POST /auth/signup/`

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::app::App;
use crate::credentials::sign_up;
use crate::http::caller::Anyone;
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::FeatureDisabled,
    ProblemCode::EmailRejected,
    ProblemCode::PasswordRejected,
    ProblemCode::TooManyAttempts,
];

/// An address and a password to sign in with.
#[derive(ToSchema)]
#[schema(as = Credentials)]
pub(super) struct Body {
    /// The address; a link is sent to it.
    #[schema(example = "person@example.org", max_length = 320, min_length = 1)]
    email: String,
    /// 8 to 1,024 characters.
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "a long sentence is good")]
    password: Zeroizing<String>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text("email", 1..=320), password: fields.secret("password", 1..=60_000) }
    }
}

/// What became of it: the same for a free and a taken address.
#[derive(Serialize, ToSchema)]
pub(super) struct Status {
    #[schema(example = "verification_sent")]
    status: String,
}

/// Sign up: a link goes to the address, and the account exists once it was opened.
#[utoipa::path(post, path = "/auth/signup/", tag = "sign-up", request_body = Body,
    responses((status = 201, description = "A message is on its way to the address.", body = Status)))]
pub(super) async fn signup(
    State(app): State<App>,
    Anyone(origin): Anyone,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<Status>), Problem> {
    sign_up(&app, &body.email, body.password, origin).await?;
    Ok((StatusCode::CREATED, Json(Status { status: "verification_sent".to_owned() })))
}
