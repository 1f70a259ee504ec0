//! One factor: called otherwise, asked first, removed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::factor::manage::{PreferFactor, RemoveFactor, RenameFactor};
use domain::ids::FactorId;
use domain::status::FactorStatus;
use uuid::Uuid;

use super::desk::Desk;
use super::frame::Frame;
use crate::app::App;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};

#[derive(Template)]
#[template(path = "pages/factor.html")]
struct View<'a> {
    page: &'a Frame,
    factor: FactorStatus,
    /// Whether it is the only one there is.
    only: bool,
    /// Whether the person may do without any.
    may_turn_off: bool,
}

/// What can be done with it.
pub(super) async fn show(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> Result<Response, Problem> {
    match desk.unproved(&app).await? {
        Some(question) => Ok(question),
        None => answer(&app, &desk, &id).await,
    }
}

async fn answer(app: &App, desk: &Desk, id: &str) -> Result<Response, Problem> {
    let status = desk.status(app).await?;
    let only = status.factors.len() == 1;
    let mut factors = status.factors.into_iter();
    let factor = factors.find(|factor| factor.offer.id.uuid().to_string() == id);
    let factor = factor.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    desk.page.answer(&View { page: &desk.page, factor, only, may_turn_off: desk.may_turn_off() })
}

/// What is to be done.
pub(super) struct Body {
    action: Action,
    label: String,
}

#[derive(Clone, Copy)]
enum Action {
    Rename,
    Prefer,
    Remove,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let actions = [("rename", Action::Rename), ("prefer", Action::Prefer), ("remove", Action::Remove)];
        Self {
            action: fields.choice("action", &actions, Action::Rename),
            label: fields.optional_text("label", 0..=64).unwrap_or_default(),
        }
    }
}

/// Does it.
pub(super) async fn submit(
    State(app): State<App>,
    mut desk: Desk,
    Path(id): Path<String>,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let factor = FactorId::from_uuid(Uuid::parse_str(&id).map_err(|_| Problem::new(ProblemCode::NotFound))?);
    let (bearer, refresh, origin) = (desk.bearer, Some(desk.token.clone()), desk.origin.clone());
    let label = body.label.trim().to_owned();
    let (came, path) = match body.action {
        Action::Rename if label.is_empty() => {
            desk.page = desk.page.missing("label", "trouble-label-missing")?;
            return answer(&app, &desk, &id).await;
        }
        Action::Rename => {
            let came = desk.run(&app, RenameFactor { bearer, factor, label, origin }).await;
            (came.map(|_| None), "?said=renamed")
        }
        Action::Prefer => {
            (desk.run(&app, PreferFactor { bearer, factor, origin }).await.map(|_| None), "?said=preferred")
        }
        Action::Remove => {
            let came = desk.run(&app, RemoveFactor { bearer, factor, refresh, origin }).await;
            (came.map(|removed| removed.grant), "?said=removed")
        }
    };
    let (path, here) = (desk.page.at(path), desk.page.at(&format!("/factors/{id}")));
    let refused = match desk.came(&app, came, &path) {
        Ok(response) => return Ok(response),
        Err(refused) => refused,
    };
    match refused.on(&here)? {
        Ok(desk) => answer(&app, &desk, &id).await,
        Err(response) => Ok(response),
    }
}
