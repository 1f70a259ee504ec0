//! Lists over many people: newest first, a page at a time, narrowed by state, kind, application and days.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::look::Sight;
use domain::ids::UserId;
use store::desk_list::{Cell, List, ListFilter, ListLine};
use uuid::Uuid;

use super::Admin;
use super::narrow::{Narrow, applications};
use crate::app::App;
use crate::http::pages::frame::Frame;
use crate::problem::{Problem, ProblemCode};

/// Lines on one page.
const PAGE: u32 = 50;

/// What is looked for, as addresses and forms have it.
#[derive(Default)]
struct Wanted {
    /// Whose alone.
    person: Option<Uuid>,
    state: String,
    narrow: Narrow,
}

impl Wanted {
    /// Reads an address. What is no id is no place; whatever else is not known narrows nothing.
    fn parse(query: Option<&str>) -> Result<(Self, Option<Uuid>), Problem> {
        let id = |text: &str| Uuid::parse_str(text).map_err(|_| Problem::new(ProblemCode::NotFound));
        let (mut wanted, mut before) = (Self::default(), None);
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let value: String = value.chars().take(64).collect();
            match &*name {
                "person" => wanted.person = Some(id(&value)?),
                "before" => before = Some(id(&value)?),
                "state" => wanted.state = value,
                name => wanted.narrow.take(name, value),
            }
        }
        Ok((wanted, before))
    }

    fn filter(&self, list: List) -> ListFilter {
        let span = self.narrow.span();
        ListFilter {
            person: self.person.map(UserId::from_uuid).filter(|_| list.is_of_people()),
            since: span.since,
            until: span.until,
            state: list.states().iter().copied().find(|state| *state == self.state),
            method: self.narrow.method().filter(|_| list.has_method()),
            application: self.narrow.application().filter(|_| list.is_of_people()),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/admin/list.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    list: List,
    wanted: &'a Wanted,
    narrow: &'a Narrow,
    /// Id and name of each application.
    applications: Vec<(String, String)>,
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

    /// Whether anything is looked for.
    fn is_narrowed(&self) -> bool {
        !self.wanted.state.is_empty() || self.narrow.is_chosen()
    }

    /// The address of this list, with what it is narrowed to.
    fn here(&self, before: Option<Uuid>) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        if let Some(person) = self.wanted.person {
            address.append_pair("person", &person.to_string());
        }
        if !self.wanted.state.is_empty() {
            address.append_pair("state", &self.wanted.state);
        }
        self.narrow.write(&mut address, &self.narrow.from, &self.narrow.to);
        if let Some(before) = before {
            address.append_pair("before", &before.to_string());
        }
        format!("/admin/lists/{}?{}", self.list.as_str(), address.finish())
    }
}

/// Shows a page of one.
pub(super) async fn show(
    State(app): State<App>,
    admin: Admin,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let list = List::parse(&name).ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let (wanted, before) = Wanted::parse(query.as_deref())?;
    let filter = wanted.filter(list);
    admin.looks(&app, filter.person.map_or(Sight::List(list.as_str()), Sight::Person)).await?;
    let Admin { page, standing, .. } = &admin;
    let found = app.db.list(list, &filter, before, PAGE, page.now).await?;
    let applications = applications(&app, page.now).await?;
    let (lines, next, further) = (found.lines, found.next, before.is_some());
    let narrow = &wanted.narrow;
    page.answer(&View { page, standing, list, wanted: &wanted, narrow, applications, lines, next, further })
}
