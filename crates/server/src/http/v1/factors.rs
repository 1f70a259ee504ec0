//! `/v1/users/{id}/factors`

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::application::factor::{ImportFactor, Imported};
use domain::application::{ExternalId, KeyScope};
use domain::decision::Refusal;
use domain::factor::Method;
use domain::time::Timestamp;
use domain::totp::TotpSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{Called, words};
use super::view::UserBody;
use crate::app::App;
use crate::http::{Fields, ReadBody};
use crate::problem::{Problem, ProblemCode};

/// What the call may refuse.
pub(super) const REFUSALS: &[ProblemCode] =
    &[ProblemCode::AlreadyEnabled, ProblemCode::EmailRejected, ProblemCode::PhoneRejected];

/// An authenticator that the user has already.
#[derive(ToSchema)]
#[schema(as = V1ImportFactor)]
pub(super) struct Body {
    /// `totp`.
    #[schema(value_type = String, example = "totp")]
    #[expect(dead_code, reason = "read for its word, which there is one of")]
    method: Method,
    /// Its secret, in base32: 128 bits at least.
    #[schema(value_type = String, max_length = 256)]
    secret: Option<TotpSecret>,
    /// What the user calls it.
    #[schema(required = false, nullable = false, min_length = 1, max_length = 64)]
    label: Option<String>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let base32 = |text: &str| TotpSecret::from_base32(text);
        Self {
            method: fields.choice("method", &[(Method::Totp.as_str(), Method::Totp)], Method::Totp),
            secret: fields.parsed("secret", "base32 of at least 128 bits", base32),
            label: fields.optional_text("label", 1..=64),
        }
    }
}

/// A factor that works from now on.
#[derive(Serialize, ToSchema)]
#[schema(as = V1FactorImported)]
struct Answer {
    id: Uuid,
    #[schema(example = "totp")]
    method: String,
    label: String,
    /// `active`.
    #[schema(example = "active")]
    status: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Ten, with the first factor; shown this once. Empty later.
    recovery_codes: Vec<String>,
}

/// Bring an authenticator that the user has already: its secret is known to you, and it works from now on.
#[utoipa::path(post, path = "/v1/users/{id}/factors", tag = "users", request_body = Body,
    params(("id" = String, Path, description = "What you call the user")), security(("api_key" = [])),
    responses((status = 201, description = "The factor works.", body = Answer)))]
pub(super) async fn add(
    State(app): State<App>,
    Path(id): Path<String>,
    Called(caller, body): Called<Body>,
) -> Result<Response, Problem> {
    let id = ExternalId::parse(&id).ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let secret = body.secret.ok_or_else(|| Problem::new(ProblemCode::InvalidRequest))?;
    let user = UserBody::named(id).mentioned(&app, caller.holder.application).await?;
    let command = ImportFactor { user, secret, label: body.label, origin: caller.acts() };
    let wording = |answer: Result<&Imported, &Refusal>| {
        words(answer, StatusCode::CREATED, |imported| {
            let codes: Vec<String> = imported.recovery_codes.iter().map(|code| code.expose().to_owned()).collect();
            let secret = !codes.is_empty();
            let answer = Answer {
                id: imported.factor.uuid(),
                method: Method::Totp.as_str().to_owned(),
                label: imported.label.clone(),
                status: "active".to_owned(),
                created_at: imported.created_at,
                recovery_codes: codes,
            };
            (answer, secret)
        })
    };
    caller.run(&app, KeyScope::Users, command, wording).await
}
