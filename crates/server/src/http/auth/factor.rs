//! `POST /auth/2fa/preferred-method/`, and `PATCH` and `DELETE /auth/2fa/factors/{id}/`

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::factor::manage::{PreferFactor, RemoveFactor, RenameFactor};
use domain::ids::FactorId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::status::{Answer, FactorView};
use super::view;
use crate::app::App;
use crate::http::caller::{Anyone, CookieRefresh, SignedIn};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What choosing may refuse; `not_found` is among what every call may.
pub(super) const PREFER_REFUSALS: &[ProblemCode] =
    &[ProblemCode::TokenInvalid, ProblemCode::StepUpRequired, ProblemCode::FeatureDisabled];
/// What renaming and removing may refuse.
pub(super) const REFUSALS: &[ProblemCode] =
    &[ProblemCode::TokenInvalid, ProblemCode::StepUpRequired, ProblemCode::LastFactor];

/// The factor to be offered first.
#[derive(ToSchema)]
#[schema(as = PreferredMethod)]
pub(super) struct Preferred {
    #[schema(value_type = Uuid)]
    factor_id: FactorId,
}

impl ReadBody for Preferred {
    fn read(fields: &mut Fields) -> Self {
        let id = fields.parsed("factor_id", "a UUID", |text| Uuid::parse_str(text).ok());
        Self { factor_id: FactorId::from_uuid(id.unwrap_or_default()) }
    }
}

/// Choose which factor is offered first. Needs a fresh proof.
#[utoipa::path(post, path = "/auth/2fa/preferred-method/", tag = "factors", request_body = Preferred,
    security(("access_token" = [])), responses((status = 200, description = "How it stands now.", body = Answer)))]
pub(super) async fn prefer(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    Json(body): Json<Preferred>,
) -> Result<Json<Answer>, Problem> {
    Ok(Json(run(&app, PreferFactor { bearer, factor: body.factor_id, origin }).await?.into()))
}

/// A new name.
#[derive(ToSchema)]
#[schema(as = FactorName)]
pub(super) struct Renamed {
    /// What the person calls it.
    #[schema(min_length = 1, max_length = 64, example = "My phone")]
    label: String,
}

impl ReadBody for Renamed {
    fn read(fields: &mut Fields) -> Self {
        Self { label: fields.text("label", 1..=64) }
    }
}

/// Rename a factor. Needs a fresh proof.
#[utoipa::path(patch, path = "/auth/2fa/factors/{id}/", tag = "factors", request_body = Renamed,
    params(("id" = Uuid, Path, description = "The factor.")), security(("access_token" = [])),
    responses((status = 200, description = "The factor as it stands now.", body = FactorView)))]
pub(super) async fn rename(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    Path(id): Path<String>,
    Json(body): Json<Renamed>,
) -> Result<Json<FactorView>, Problem> {
    Ok(Json(run(&app, RenameFactor { bearer, factor: factor(&id), label: body.label, origin }).await?.into()))
}

/// Remove a factor; the last one is not removed but disabled. Needs a fresh proof. All other sessions end, and so does the
/// trust in devices.
#[utoipa::path(delete, path = "/auth/2fa/factors/{id}/", tag = "factors",
    params(("id" = Uuid, Path, description = "The factor.")), security(("access_token" = [])),
    responses((status = 204, description = "The factor is gone.")))]
pub(super) async fn remove(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    cookie: CookieRefresh,
    Path(id): Path<String>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let command = RemoveFactor { bearer, factor: factor(&id), refresh: cookie.beside_bearer(), origin };
    let removed = run(&app, command).await?;
    let headers = removed.grant.map(|grant| view::refresh_cookie(&app, &grant)).unwrap_or_default();
    Ok((StatusCode::NO_CONTENT, headers))
}

/// The factor of an id; what is no id is one nobody has.
fn factor(id: &str) -> FactorId {
    FactorId::from_uuid(Uuid::parse_str(id).unwrap_or_default())
}
