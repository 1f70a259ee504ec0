//! `GET /auth/sessions/`, `DELETE /auth/sessions/` and `DELETE /auth/sessions/{id}/`

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::ids::SessionId;
use domain::session::listing::{EndOneSession, EndOtherSessions, ListedSession, ReadSessions, SessionPage};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::http::Json;
use crate::http::caller::{Anyone, SignedIn};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// What listing and ending all others may refuse.
pub(super) const REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid, ProblemCode::InvalidRequest];
/// What ending one may refuse; `not_found` may come from any call.
pub(super) const ONE_REFUSALS: &[ProblemCode] = &[ProblemCode::TokenInvalid];

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// The `next` of the page before.
    after: Option<Uuid>,
}

/// One page of sessions, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Sessions)]
pub(super) struct Answer {
    items: Vec<SessionView>,
    /// Give it as `after` to get the next page; null on the last one.
    next: Option<Uuid>,
}

/// A live session.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionView {
    id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it began or was last refreshed.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it ends unless refreshed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Where it began.
    #[schema(example = "192.0.2.7")]
    ip_address: Option<String>,
    /// The browser, as it names itself.
    user_agent: Option<String>,
    /// With which kind of code it began; null with a password alone.
    #[schema(example = "totp")]
    method: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<ListedSession> for SessionView {
    fn from(listed: ListedSession) -> Self {
        let ListedSession { session, last_used_at, expires_at, current } = listed;
        Self {
            id: session.id.uuid(),
            created_at: session.created_at,
            last_used_at,
            expires_at,
            ip_address: session.origin.ip.map(|ip| ip.to_string()),
            user_agent: session.origin.user_agent,
            method: session.method.map(|method| method.as_str().to_owned()),
            current,
        }
    }
}

/// The caller's live sessions, newest first.
#[utoipa::path(get, path = "/auth/sessions/", tag = "session", security(("access_token" = [])), params(Page),
    responses((status = 200, description = "One page of them.", body = Answer)))]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(bearer): SignedIn,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Answer>, Problem> {
    let Query(page) = page.map_err(|_| Problem::invalid_at("", "the query takes after, an id"))?;
    let SessionPage { items, next } =
        ask(&app, &ReadSessions { bearer, after: page.after.map(SessionId::from_uuid) }).await?;
    let items = items.into_iter().map(SessionView::from).collect();
    Ok(Json(Answer { items, next: next.map(SessionId::uuid) }))
}

/// End every session but this one. Remembered browsers are forgotten.
#[utoipa::path(delete, path = "/auth/sessions/", tag = "session", security(("access_token" = [])),
    responses((status = 204, description = "Only this one is left.")))]
pub(super) async fn end_others(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
) -> Result<StatusCode, Problem> {
    run(&app, EndOtherSessions { bearer, origin }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session. An id that is unknown or somebody else's is not found.
#[utoipa::path(delete, path = "/auth/sessions/{id}/", tag = "session", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "Which.")),
    responses((status = 204, description = "The session is over.")))]
pub(super) async fn end_one(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SignedIn(bearer): SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id.map_err(|_| Problem::new(ProblemCode::NotFound))?;
    run(&app, EndOneSession { bearer, session: SessionId::from_uuid(id), origin }).await?;
    Ok(StatusCode::NO_CONTENT)
}
