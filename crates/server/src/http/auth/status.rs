//! `GET /auth/2fa/status/`

use axum::extract::State;
use domain::status::{FactorStatus, ReadStatus, Status};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::Json;
use crate::http::caller::SignedIn;
use crate::problem::{Problem, ProblemCode};
use crate::run::ask;

/// What this call may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid];

/// How a person's second factor stands.
#[derive(Serialize, ToSchema)]
#[schema(as = TwoFactorStatus)]
pub(super) struct Answer {
    is_enabled: bool,
    /// The method offered first; null without a factor.
    preferred_method: Option<String>,
    factors: Vec<FactorView>,
    recovery_codes_remaining: usize,
    /// How many devices are trusted.
    trusted_devices: usize,
    /// Until when no code is taken; null when codes are taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    locked_until: Option<Timestamp>,
    /// The address that gets copies of security notices, masked; null when there is none.
    backup_email: Option<String>,
    /// Until when changes need no further proof; null when they do.
    #[schema(value_type = Option<String>, format = DateTime)]
    fresh_until: Option<Timestamp>,
}

/// One factor.
#[derive(Serialize, ToSchema)]
pub(super) struct FactorView {
    id: Uuid,
    #[schema(example = "totp")]
    method: String,
    label: String,
    /// Where codes go, masked; null for an authenticator.
    destination: Option<String>,
    preferred: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

impl From<FactorStatus> for FactorView {
    fn from(factor: FactorStatus) -> Self {
        Self {
            id: factor.offer.id.uuid(),
            method: factor.offer.method.as_str().to_owned(),
            label: factor.offer.label,
            destination: factor.offer.destination,
            preferred: factor.preferred,
            created_at: factor.created_at,
            last_used_at: factor.last_used_at,
        }
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self {
            is_enabled: status.is_enabled,
            preferred_method: status.preferred_method.map(|method| method.as_str().to_owned()),
            factors: status.factors.into_iter().map(FactorView::from).collect(),
            recovery_codes_remaining: status.recovery_codes_remaining,
            trusted_devices: status.trusted_devices,
            locked_until: status.locked_until,
            backup_email: status.backup_email,
            fresh_until: status.fresh_until,
        }
    }
}

/// How the caller's second factor stands.
#[utoipa::path(get, path = "/auth/2fa/status/", tag = "factors", security(("access_token" = [])),
    responses((status = 200, description = "How it stands.", body = Answer)))]
pub(super) async fn status(State(app): State<App>, SignedIn(bearer): SignedIn) -> Result<Json<Answer>, Problem> {
    Ok(Json(ask(&app, &ReadStatus { bearer }).await?.into()))
}
