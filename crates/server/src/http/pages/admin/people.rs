//! Finding people.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::look::Sight;
use domain::ids::UserId;
use store::people::{PersonLine, Place, Wanted};
use uuid::Uuid;

use super::Admin;
use crate::app::App;
use crate::http::pages::frame::Frame;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::Problem;

/// People on one page.
const PAGE: usize = 50;

/// What is looked for, and where the list goes on.
pub(super) struct Body {
    wanted: String,
    /// What the last line shown is ordered by, and whose it is.
    after: Option<(String, Uuid)>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let after = fields.optional_text("after", 0..=320);
        let id = fields.optional_parsed("after_id", "a UUID", |text| Uuid::parse_str(text).ok());
        Self { wanted: fields.optional_text("wanted", 0..=320).unwrap_or_default(), after: after.zip(id) }
    }
}

#[derive(Template)]
#[template(path = "pages/admin/people.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    wanted: &'a str,
    /// Nothing before anybody was looked for.
    found: Option<Vec<PersonLine>>,
    next: Option<Place>,
}

impl View<'_> {
    /// What an application calls its user, where it is not the address.
    #[expect(clippy::unused_self, reason = "templates call it so")]
    fn external<'a>(&self, person: &'a PersonLine) -> Option<&'a str> {
        person.key.strip_prefix("id:").filter(|_| !person.email.is_empty())
    }

    /// The name of how somebody's way in stands.
    fn state(&self, person: &PersonLine) -> &'static str {
        let locked = person.locked_until.is_some_and(|until| until > self.page.now);
        match (person.disabled_at, person.stopped_at) {
            (Some(_), _) => "disabled",
            (None, Some(_)) => "stopped",
            (None, None) if locked => "locked",
            (None, None) if person.two_factor_enabled_at.is_some() => "guarded",
            (None, None) => "unguarded",
        }
    }
}

/// Whom are you looking for?
pub(super) async fn home(admin: Admin) -> Result<Response, Problem> {
    let Admin { page, standing, .. } = &admin;
    page.answer(&View { page, standing, wanted: "", found: None, next: None })
}

/// Those.
pub(super) async fn find(
    State(app): State<App>,
    mut admin: Admin,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    if body.wanted.trim().is_empty() {
        admin.page = admin.page.missing("wanted", "trouble-wanted-missing")?;
        return home(admin).await;
    }
    admin.looks(&app, Sight::Search).await?;
    let wanted = Wanted::parse(&body.wanted);
    let after = body.after.map(|(text, id)| (text, UserId::from_uuid(id)));
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let mut found = app.db.find_people(&wanted, after.as_ref(), limit).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| last.place(&wanted));
    let Admin { page, standing, .. } = &admin;
    page.answer(&View { page, standing, wanted: body.wanted.trim(), found: Some(found), next })
}
