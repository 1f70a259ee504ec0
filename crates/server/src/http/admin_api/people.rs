//! `/admin/v1/people`: finding somebody, how they stand, what happened to them, and helping them.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use domain::administrator::help::{HelpAct, HelpByKey};
use domain::administrator::look::{LookByKey, Sight};
use domain::administrator::person::ReadPersonByKey;
use domain::command::Origin;
use domain::ids::{AdminKeyId, UserId};
use domain::time::Timestamp;
use serde::Serialize;
use store::people::{Before, Place, Wanted};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::{EventView, PersonView, SheetView};
use crate::app::App;
use crate::http::caller::{AdminKeyed, Anyone};
use crate::http::{Fields, Json, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// What helping may refuse.
pub(super) const ACT_REFUSALS: &[ProblemCode] = &[
    ProblemCode::RoleRequired,
    ProblemCode::SecondAdministratorRequired,
    ProblemCode::CoolingOff,
    ProblemCode::LastFactor,
];

/// People in one part of a list.
const PART: usize = 50;

/// Which key calls, and from where.
pub(super) struct Caller {
    key: AdminKeyId,
    origin: Origin,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let AdminKeyed(key) = AdminKeyed::from_request_parts(parts, app).await?;
        let Anyone(origin) = Anyone::from_request_parts(parts, app).await?;
        Ok(Self { key, origin })
    }
}

impl Caller {
    /// Writes down what is about to be looked at.
    async fn looks(&self, app: &App, at: Sight) -> Result<(), Problem> {
        run(app, LookByKey { key: self.key, at, origin: self.origin.clone() }).await
    }
}

/// Whom an address names; what is no id is nobody's.
fn named(user: &str) -> Result<UserId, Problem> {
    Uuid::parse_str(user).map(UserId::from_uuid).map_err(|_| Problem::new(ProblemCode::NotFound))
}

/// Who is looked for.
#[derive(ToSchema)]
#[schema(as = AdminSearch, example = json!({"wanted": "ada@"}))]
pub(super) struct Search {
    /// The beginning of an address; an id, the user's or that of the audit log; or `id:` and the beginning of what an
    /// application calls its user.
    #[schema(min_length = 1, max_length = 320, example = "ada@")]
    wanted: String,
    /// Where the list goes on: the `next` of the part before.
    #[schema(value_type = Option<NextView>, required = false, nullable = false)]
    after: Option<Place>,
}

impl ReadBody for Search {
    fn read(fields: &mut Fields) -> Self {
        let wanted = fields.text("wanted", 1..=320).trim().to_owned();
        if wanted.is_empty() {
            fields.refuse("wanted", "must not be empty");
        }
        let after = fields.optional_object("after", |next| {
            let text = next.text("text", 0..=320);
            next.parsed("id", "a UUID", |id| Uuid::parse_str(id).ok()).map(|id| (text, UserId::from_uuid(id)))
        });
        Self { wanted, after: after.flatten() }
    }
}

/// Where a list goes on.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminNext)]
pub(super) struct NextView {
    /// What the last of the part is ordered by.
    text: String,
    /// Who that is.
    id: Uuid,
}

/// A part of those who were found.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminPeople)]
pub(super) struct People {
    /// At most fifty.
    items: Vec<PersonView>,
    /// What `after` takes for the next part; null with the last part.
    next: Option<NextView>,
}

/// Find people. That somebody searched is written down, and not for what.
#[utoipa::path(post, path = "/admin/v1/people", tag = "administration", request_body = Search, security(("admin_key" = [])),
    responses((status = 200, description = "Those who were found.", body = People)))]
pub(super) async fn find(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Search>,
) -> Result<Json<People>, Problem> {
    caller.looks(&app, Sight::Search).await?;
    let wanted = Wanted::parse(&body.wanted);
    let limit = u32::try_from(PART + 1).unwrap_or(u32::MAX);
    let mut found = app.db.find_people(&wanted, body.after.as_ref(), limit).await?;
    let more = found.len() > PART;
    found.truncate(PART);
    let next = found.last().filter(|_| more).map(|last| last.place(&wanted));
    let next = next.map(|(text, id)| NextView { text, id: id.uuid() });
    Ok(Json(People { items: found.into_iter().map(PersonView::from).collect(), next }))
}

/// How somebody stands, and what they can use now. Never a secret, a code or a whole number.
#[utoipa::path(get, path = "/admin/v1/people/{user}", tag = "administration",
    params(("user" = Uuid, Path, description = "The user's id")), security(("admin_key" = [])),
    responses((status = 200, description = "The person.", body = SheetView)))]
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Json<SheetView>, Problem> {
    let user = named(&user)?;
    caller.looks(&app, Sight::Person(user)).await?;
    let sheet = ask(&app, &ReadPersonByKey { key: caller.key, user }).await?;
    Ok(Json(SheetView::from(sheet)))
}

/// Which part of a story.
#[derive(Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// Goes on before this place: the `next` of the part before.
    #[param(value_type = Option<String>, example = "17.1790000000000000")]
    before: Option<Before>,
}

impl From {
    fn read(query: &str) -> Option<Self> {
        let mut from = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if name != "before" || from.before.is_some() {
                return None;
            }
            let (seq, at) = value.split_once('.')?;
            from.before = Some(Before { seq: seq.parse().ok()?, at: Timestamp::from_micros(at.parse().ok()?) });
        }
        Some(from)
    }
}

impl FromRequestParts<App> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let refused = || Problem::invalid_at("", "the query takes before, the next of the part before, once");
        Self::read(parts.uri.query().unwrap_or_default()).ok_or_else(refused)
    }
}

/// A part of what happened to somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminStory)]
pub(super) struct Story {
    /// Entries of the audit log, and what became of messages: the newest first.
    items: Vec<EventView>,
    /// What `before` takes for the next part; null with the last part.
    next: Option<String>,
}

/// What happened to somebody, the newest first.
#[utoipa::path(get, path = "/admin/v1/people/{user}/story", tag = "administration",
    params(("user" = Uuid, Path, description = "The user's id"), From), security(("admin_key" = [])),
    responses((status = 200, description = "What happened.", body = Story)))]
pub(super) async fn story(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
    from: From,
) -> Result<Json<Story>, Problem> {
    let user = named(&user)?;
    caller.looks(&app, Sight::Person(user)).await?;
    let story = app.db.story(user, from.before).await?;
    let next = story.next.map(|next| format!("{}.{}", next.seq, next.at.as_micros()));
    Ok(Json(Story { items: story.lines.into_iter().map(EventView::from).collect(), next }))
}

/// What is to be done for somebody, and why.
#[derive(ToSchema)]
#[schema(as = AdminAct, example = json!({"act": "end-sessions", "reason": "phone stolen, called back"}))]
pub(super) struct Act {
    /// With the scope `support`: `end-sessions`, `forget-devices`, `send-now`, `withdraw-bypass-code`. With `administer`, too:
    /// `unlock`, `cancel-number`, `start-over`.
    #[schema(value_type = String, example = "end-sessions")]
    act: Option<HelpAct>,
    /// For the audit log: one line, and never empty.
    #[schema(min_length = 1, max_length = 200, example = "phone stolen, called back")]
    reason: String,
}

impl ReadBody for Act {
    fn read(fields: &mut Fields) -> Self {
        let acts = HelpAct::ALL.map(|act| (act.as_str(), Some(act)));
        let act = fields.choice("act", &acts, None);
        let reason = fields.text("reason", 1..=200).trim().to_owned();
        if reason.is_empty() {
            fields.refuse("reason", "must not be empty");
        }
        Self { act, reason }
    }
}

/// What came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminDone)]
pub(super) struct Done {
    /// Whether there was anything to do.
    done: bool,
}

/// Help somebody. They are told by mail, as when the help desk does it. Nobody who has a role is helped with a key.
#[utoipa::path(post, path = "/admin/v1/people/{user}/acts", tag = "administration", request_body = Act,
    params(("user" = Uuid, Path, description = "The user's id")), security(("admin_key" = [])),
    responses((status = 200, description = "What came of it.", body = Done)))]
pub(super) async fn act(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
    Json(body): Json<Act>,
) -> Result<Json<Done>, Problem> {
    let user = named(&user)?;
    let act = body.act.ok_or_else(|| Problem::new(ProblemCode::InvalidRequest))?;
    let command = HelpByKey { key: caller.key, user, act, reason: body.reason, origin: caller.origin };
    Ok(Json(Done { done: run(&app, command).await? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_once_and_nothing_else() {
        assert_eq!(From::read("").unwrap().before, None);
        let place = From::read("before=17.1790000000000000").unwrap().before.unwrap();
        assert_eq!((place.seq, place.at.as_micros()), (17, 1_790_000_000_000_000));
        for query in ["before=", "before=1", "before=a.b", "before=1.2&before=1.2", "after=1.2"] {
            assert!(From::read(query).is_none(), "{query}");
        }
    }
}
