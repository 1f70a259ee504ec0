//! Recovery codes: a new set, shown once, taken along as text, as a page to print, or copied by hand.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::recovery_code::set::{DownloadRecoveryCodes, MakeRecoveryCodes, RecoverySheet, ShowRecoveryCodes};
use store::Surroundings;

use super::desk::Desk;
use super::frame::Frame;
use super::see;
use super::sign_in::Empty;
use crate::app::App;
use crate::http::Form;
use crate::http::auth::recovery_code;
use crate::problem::{Problem, ProblemCode};

#[derive(Template)]
#[template(path = "pages/recovery.html")]
struct View<'a> {
    page: &'a Frame,
    left: usize,
}

/// Make new ones?
pub(super) async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    match desk.unproved(&app).await? {
        Some(question) => Ok(question),
        None => answer(&app, &desk).await,
    }
}

async fn answer(app: &App, desk: &Desk) -> Result<Response, Problem> {
    let left = desk.status(app).await?.recovery_codes_remaining;
    desk.page.answer(&View { page: &desk.page, left })
}

/// Makes them; the old ones are dead.
pub(super) async fn make(State(app): State<App>, desk: Desk, Form(Empty): Form<Empty>) -> Result<Response, Problem> {
    let command = MakeRecoveryCodes { bearer: desk.bearer, origin: desk.origin.clone() };
    let here = desk.page.at("/recovery-codes");
    let refused = match desk.run(&app, command).await {
        Ok(_) => return Ok(see(&format!("{here}/new"))),
        Err(problem) => desk.refused(problem),
    };
    match refused.on(&here)? {
        Ok(desk) => answer(&app, &desk).await,
        Err(response) => Ok(response),
    }
}

/// How it goes on from the codes.
pub(super) enum Next {
    /// By a link.
    Link(String),
    /// By a form.
    Form(String),
}

#[derive(Template)]
#[template(path = "pages/recovery_new.html")]
struct NewView<'a> {
    page: &'a Frame,
    /// Whose codes; nothing where no address is known.
    email: &'a str,
    codes: Vec<String>,
    made_at: domain::time::Timestamp,
    /// Where they are as files.
    files: String,
    next: Next,
}

/// The page of a set, at whichever door.
pub(super) fn sheet(page: &Frame, sheet: &RecoverySheet, files: String, next: Next) -> Result<Response, Problem> {
    page.answer(&NewView {
        page,
        email: sheet.account.as_str(),
        codes: sheet.codes.iter().map(|code| code.expose().to_owned()).collect(),
        made_at: sheet.made_at,
        files,
        next,
    })
}

/// The newest set, for as long as it is kept.
pub(super) async fn new(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    let codes = match desk.ask(&app, ShowRecoveryCodes { bearer: desk.bearer }).await {
        Ok(codes) => codes,
        Err(problem) if problem.code() == ProblemCode::RecoveryCodesGone => {
            return Ok(see(&desk.page.at("?said=codes-gone")));
        }
        Err(problem) => return Err(problem),
    };
    let status = desk.status(&app).await?;
    // Which browsers an application trusts, it asks its people itself.
    let remember = app.world.policy().trusted_devices && status.trusted_devices == 0 && desk.visit.is_none();
    let next = desk.page.at(if remember { "/remember" } else { "?said=codes-saved" });
    sheet(&desk.page, &codes, desk.page.at("/recovery-codes/file"), Next::Link(next))
}

/// The set as a file.
pub(super) async fn file(State(app): State<App>, desk: Desk, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let format = recovery_code::read_format(&query.unwrap_or_default())?;
    let command = DownloadRecoveryCodes { bearer: desk.bearer, origin: desk.origin.clone() };
    match desk.run(&app, command).await {
        Ok(codes) => recovery_code::written(format, codes).await,
        Err(problem) if problem.code() == ProblemCode::RecoveryCodesGone => Ok(see(&desk.page.at("?said=codes-gone"))),
        Err(problem) => Err(problem),
    }
}
