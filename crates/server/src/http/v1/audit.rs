//! `GET /v1/audit`: what happened to an application's users, and to the application itself.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use domain::application::audit::{Line, ReadAudit};
use domain::application::{ExternalId, KeyScope};
use domain::audit::AuditAction;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::call::Caller;
use crate::app::App;
use crate::http::Json;
use crate::problem::Problem;

/// Which part of the log. Without anything, the newest fifty entries.
#[derive(Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only what is about this user of yours.
    #[param(value_type = Option<String>, min_length = 1, max_length = 128, example = "user-4711")]
    user: Option<ExternalId>,
    /// Only this action.
    #[param(value_type = Option<String>, example = "code_verified")]
    action: Option<AuditAction>,
    /// Not before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Goes on after this entry: the `next` of the part before.
    after: Option<Uuid>,
    /// At most so many entries; 50 unless said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

impl Wanted {
    /// Each parameter once, and none that is unknown.
    fn read(query: &str) -> Result<Self, &'static str> {
        let mut wanted = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let read = match &*name {
                "user" => {
                    set(&mut wanted.user, ExternalId::parse(&value)).ok_or("user takes 1 to 128 characters, once")
                }
                "action" => set(&mut wanted.action, AuditAction::parse(&value))
                    .ok_or("action takes the name of an action, once"),
                "from" => set(&mut wanted.from, Timestamp::parse(&value))
                    .ok_or("from takes a moment as RFC 3339 writes it, once"),
                "to" => {
                    set(&mut wanted.to, Timestamp::parse(&value)).ok_or("to takes a moment as RFC 3339 writes it, once")
                }
                "after" => set(&mut wanted.after, Uuid::parse_str(&value).ok()).ok_or("after takes an id, once"),
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=100).contains(limit));
                    set(&mut wanted.limit, limit).ok_or("limit takes a number from 1 to 100, once")
                }
                _ => Err("the query takes user, action, from, to, after and limit"),
            };
            read?;
        }
        Ok(wanted)
    }
}

/// Sets what was not set before.
fn set<T>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    let free = place.is_none();
    *place = Some(value.filter(|_| free)?);
    Some(())
}

impl FromRequestParts<App> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default()).map_err(|why| Problem::invalid_at("", why))
    }
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = V1AuditEntry)]
pub(super) struct Entry {
    id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// About which user; null for what is about the application itself, and for users that are deleted.
    user_id: Option<String>,
    #[schema(example = "code_verified")]
    action: String,
    /// Whether it came out as whoever acted wanted.
    success: bool,
    /// With which kind of factor.
    #[schema(example = "totp")]
    method: Option<String>,
    /// Where the person was.
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// On which trusted device.
    device_id: Option<Uuid>,
    /// Who acted, where it was not the person: `api_key:` and the id of your key, or `operator`.
    actor: Option<String>,
    /// `X-Request-Id` of the call.
    request_id: Option<String>,
    /// In a word, why so, or what it is about.
    #[schema(example = "challenge:0199a5b2-7d60-7c3e-9f41-2f6f0c6f7b1a")]
    detail: Option<String>,
}

impl From<Line> for Entry {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            created_at: line.at,
            user_id: line.user.map(|user| user.as_str().to_owned()),
            action: line.action,
            success: line.success,
            method: line.method,
            ip_address: line.ip,
            user_agent: line.user_agent,
            device_id: line.device,
            actor: line.actor,
            request_id: line.request_id,
            detail: line.detail,
        }
    }
}

/// A part of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = V1Audit)]
pub(super) struct Audit {
    /// The newest first.
    items: Vec<Entry>,
    /// Where the next part begins; null with the last part.
    next: Option<Uuid>,
}

/// What happened to your users and to the application itself, the newest first. Entries outlive the user they are about.
#[utoipa::path(get, path = "/v1/audit", tag = "application", params(Wanted), security(("api_key" = [])),
    responses((status = 200, description = "The entries.", body = Audit)))]
pub(super) async fn read(State(app): State<App>, caller: Caller, wanted: Wanted) -> Result<Json<Audit>, Problem> {
    let (application, limit) = (caller.holder.application, wanted.limit.unwrap_or(50));
    let Wanted { user, action, from, to, after, .. } = wanted;
    let question = ReadAudit { application, user, action, from, to, after, limit };
    let part = caller.ask(&app, KeyScope::Application, question).await?;
    Ok(Json(Audit { items: part.items.into_iter().map(Entry::from).collect(), next: part.next }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_read_once_and_nothing_else() {
        let wanted = Wanted::read("user=a%20b&action=signed_in&from=2026-01-01T00:00:00Z&limit=7").unwrap();
        assert_eq!(wanted.user.as_ref().map(ExternalId::as_str), Some("a b"));
        assert_eq!((wanted.action, wanted.limit), (Some(AuditAction::SignedIn), Some(7)));
        assert!(wanted.from.is_some() && wanted.to.is_none() && wanted.after.is_none());
        for (query, named) in [
            ("user=", "user"),
            ("user=a&user=b", "user"),
            ("action=anything", "action"),
            ("from=yesterday", "from"),
            ("to=2026-01-01", "to"),
            ("after=1", "after"),
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("application=1", "the query"),
        ] {
            assert!(Wanted::read(query).err().is_some_and(|why| why.starts_with(named)), "{query}");
        }
    }
}
