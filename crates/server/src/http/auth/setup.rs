//! `POST /auth/2fa/setup/`

use axum::extract::State;
use axum::http::StatusCode;
use domain::enrollment::BeginEnrollment;
use domain::factor::Method;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::caller::{Anyone, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::qr;
use crate::run::run;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[
    ProblemCode::TokenInvalid,
    ProblemCode::StepUpRequired,
    ProblemCode::FeatureDisabled,
    ProblemCode::AlreadyEnabled,
];

/// Which kind of factor to add.
#[derive(ToSchema)]
#[schema(as = Setup)]
pub(super) struct Body {
    /// `totp`; `sms` and `email` are not part of this version and refused as `feature_disabled`.
    #[schema(value_type = String, example = "totp")]
    method: Method,
    /// For `sms`: the number, in any usual spelling.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 64)]
    phone_number: Option<String>,
    /// For `email`: the address.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 320)]
    email: Option<String>,
    /// What the person calls it.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 64, example = "My phone")]
    label: Option<String>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let methods = [Method::Totp, Method::Sms, Method::Email].map(|method| (method.as_str(), method));
        let method = fields.choice("method", &methods, Method::Totp);
        let body = Self {
            method,
            phone_number: fields.optional_text("phone_number", 1..=64),
            email: fields.optional_text("email", 1..=320),
            label: fields.optional_text("label", 1..=64),
        };
        if body.phone_number.is_some() && method != Method::Sms {
            fields.refuse("phone_number", "belongs to the method sms only");
        }
        if body.email.is_some() && method != Method::Email {
            fields.refuse("email", "belongs to the method email only");
        }
        body
    }
}

/// A set-up that waits for its first code.
#[derive(Serialize, ToSchema)]
#[schema(as = SetupBegun)]
pub(super) struct Answer {
    enrollment_id: Uuid,
    /// The id the factor will have.
    factor_id: Uuid,
    #[schema(example = "totp")]
    method: String,
    /// The secret in base32, for typing.
    secret: String,
    /// The same as an `otpauth` URI.
    qr_code: String,
    /// The URI as a QR code: a PNG in a `data:` URI.
    qr_code_image: String,
    /// When it ends unless confirmed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Begin to add a factor. Nothing that works changes before its first code is confirmed.
#[utoipa::path(post, path = "/auth/2fa/setup/", tag = "factors", request_body = Body, security(("access_token" = [])),
    responses((status = 201, description = "The set-up waits for its first code.", body = Answer)))]
pub(super) async fn setup(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    if body.method != Method::Totp {
        return Err(Problem::new(ProblemCode::FeatureDisabled).detail("This method is not part of this version."));
    }
    let begun = run(&app, BeginEnrollment { bearer, label: body.label, origin }).await?;
    let answer = Answer {
        enrollment_id: begun.enrollment.uuid(),
        factor_id: begun.factor.uuid(),
        method: body.method.as_str().to_owned(),
        secret: begun.secret.expose().to_owned(),
        qr_code: begun.uri.expose().to_owned(),
        qr_code_image: qr::png_data_uri(begun.uri.expose())?,
        expires_at: begun.expires_at,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
