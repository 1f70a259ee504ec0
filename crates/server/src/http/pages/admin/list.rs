//! Lists over many people: newest first, a page at a time.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::look::Sight;
use domain::ids::UserId;
use store::desk_list::{Cell, List, ListLine};
use uuid::Uuid;

use super::Admin;
use crate::app::App;
use crate::http::pages::frame::Frame;
use crate::problem::{Problem, ProblemCode};

/// Lines on one page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "pages/admin/list.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    list: List,
    /// Whose alone.
    person: Option<Uuid>,
    lines: Vec<ListLine>,
    next: Option<Uuid>,
    /// Whether this is not its beginning.
    further: bool,
}

impl View<'_> {
    /// The cells of a line, each with the name of its column.
    fn named<'a>(&self, line: &'a ListLine) -> impl Iterator<Item = (&'static str, &'a Cell)> {
        self.list.columns().iter().map(|(name, _)| *name).zip(&line.cells)
    }

    /// The address of this list, with what it is narrowed to.
    fn here(&self, before: Option<Uuid>) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        if let Some(person) = self.person {
            address.append_pair("person", &person.to_string());
        }
        if let Some(before) = before {
            address.append_pair("before", &before.to_string());
        }
        format!("/admin/lists/{}?{}", self.list.as_str(), address.finish())
    }
}

/// The id an address has under a name. What is no id is no place.
fn id(query: Option<&str>, wanted: &str) -> Result<Option<Uuid>, Problem> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let text = pairs.find(|(name, _)| name == wanted);
    text.map(|(_, text)| Uuid::parse_str(&text).map_err(|_| Problem::new(ProblemCode::NotFound))).transpose()
}

/// Shows a page of one.
pub(super) async fn show(
    State(app): State<App>,
    admin: Admin,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let list = List::parse(&name).ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let (person, before) = (id(query.as_deref(), "person")?, id(query.as_deref(), "before")?);
    let person = person.filter(|_| list.is_of_people());
    admin.looks(&app, person.map_or(Sight::List(list.as_str()), |user| Sight::Person(UserId::from_uuid(user)))).await?;
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let mut lines = app.db.list(list, person.map(UserId::from_uuid), before, limit).await?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| more).map(|line| line.id);
    let Admin { page, standing, .. } = &admin;
    page.answer(&View { page, standing, list, person, lines, next, further: before.is_some() })
}
