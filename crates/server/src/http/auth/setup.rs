//! `POST /auth/2fa/setup/`

use axum::extract::State;
use axum::http::StatusCode;
use domain::decision::Refusal;
use domain::destination::Destination;
use domain::enrollment::{BeginEnrollment, BeginSentEnrollment};
use domain::factor::Method;
use domain::time::Timestamp;
use serde::Serialize;
use store::Surroundings;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view;
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
    ProblemCode::PhoneRejected,
    ProblemCode::EmailRejected,
    ProblemCode::SendCooldown,
    ProblemCode::SendLimit,
    ProblemCode::DeliveryUnavailable,
];

/// Which kind of factor to add.
#[derive(ToSchema)]
#[schema(as = Setup)]
pub(super) struct Body {
    /// `totp`, `sms` or `email`. An authenticator is the strongest. Text messages can be intercepted, and numbers taken over;
    /// whoever reads the mail can also reset the password: offer these two beside an authenticator, not instead.
    #[schema(value_type = String, example = "totp")]
    method: Method,
    /// For `sms`: the number of a mobile phone, with `+` and the country code.
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
        for (name, given, of) in
            [("phone_number", body.phone_number.is_some(), Method::Sms), ("email", body.email.is_some(), Method::Email)]
        {
            if given && method != of {
                fields.refuse(name, format!("belongs to the method {of} only"));
            }
            if !given && method == of {
                fields.refuse(name, "is missing");
            }
        }
        body
    }
}

/// A set-up that waits for its first code.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = SetupBegun)]
pub(super) enum Answer {
    /// Of an authenticator.
    Totp {
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
    },
    /// Of a number or address: a code is on its way there.
    Sent {
        enrollment_id: Uuid,
        /// The id the factor will have.
        factor_id: Uuid,
        #[schema(example = "sms")]
        method: String,
        /// Where the code goes, masked.
        #[schema(example = "+1*** ***67")]
        destination: String,
        #[schema(example = "queued")]
        delivery: String,
        /// When the next code may be asked for.
        #[schema(value_type = String, format = DateTime)]
        next_send_at: Timestamp,
        /// When it ends unless confirmed.
        #[schema(value_type = String, format = DateTime)]
        expires_at: Timestamp,
    },
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
    let Some(destination) = body.destination(&app).await? else {
        let begun = run(&app, BeginEnrollment { bearer, label: body.label, origin }).await?;
        let answer = Answer::Totp {
            enrollment_id: begun.enrollment.uuid(),
            factor_id: begun.factor.uuid(),
            method: Method::Totp.as_str().to_owned(),
            secret: begun.secret.expose().to_owned(),
            qr_code: begun.uri.expose().to_owned(),
            qr_code_image: qr::png_data_uri(begun.uri.expose())?,
            expires_at: begun.expires_at,
        };
        return Ok((StatusCode::CREATED, Json(answer)));
    };
    let begun = run(&app, BeginSentEnrollment { bearer, destination, label: body.label, origin }).await?;
    let answer = Answer::Sent {
        enrollment_id: begun.enrollment.uuid(),
        factor_id: begun.factor.uuid(),
        method: begun.method.as_str().to_owned(),
        destination: begun.destination,
        delivery: begun.delivery.as_str().to_owned(),
        next_send_at: begun.next_send_at,
        expires_at: begun.expires_at,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

impl Body {
    /// Where codes are to go; `None` for an authenticator. What is switched off is refused before a number is looked at.
    async fn destination(&self, app: &App) -> Result<Option<Destination>, Problem> {
        if !app.world.policy().allows(self.method) {
            return Err(Refusal::FeatureDisabled.into());
        }
        Ok(match (&self.phone_number, &self.email) {
            (Some(number), _) => {
                let number = app.phones.read(number.clone()).await?;
                Some(Destination::Phone(number.map_err(Refusal::PhoneRejected)?))
            }
            (None, Some(email)) => Some(Destination::Email(view::email(email)?)),
            (None, None) => None,
        })
    }
}
