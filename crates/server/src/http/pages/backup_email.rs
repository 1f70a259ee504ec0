//! A second address that gets a copy of every security notice: told, changed, taken away.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::backup_email::{BeginBackupEmail, RemoveBackupEmail};

use super::desk::Desk;
use super::frame::Frame;
use super::see;
use crate::app::App;
use crate::credentials::address;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::Problem;
use crate::run::{run, run_on_the_beat};

#[derive(Template)]
#[template(path = "pages/backup_email.html")]
struct View<'a> {
    page: &'a Frame,
    /// Where copies go now, masked.
    current: Option<String>,
    new: &'a str,
}

/// The form for it.
pub(super) async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    match desk.unproved(&app).await? {
        Some(question) => Ok(question),
        None => answer(&app, &desk, "").await,
    }
}

async fn answer(app: &App, desk: &Desk, new: &str) -> Result<Response, Problem> {
    let current = desk.status(app).await?.backup_email;
    desk.page.answer(&View { page: &desk.page, current, new })
}

/// The address, or that there is to be none.
pub(super) struct Body {
    email: String,
    remove: bool,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.optional_text("email", 0..=320).unwrap_or_default(),
            remove: fields.optional_text("remove", 1..=8).is_some(),
        }
    }
}

/// Sends a link to the address, or copies nowhere any more.
pub(super) async fn submit(State(app): State<App>, desk: Desk, Form(body): Form<Body>) -> Result<Response, Problem> {
    let (bearer, origin) = (desk.bearer, desk.origin.clone());
    let came = async {
        if body.remove {
            run(&app, RemoveBackupEmail { bearer, origin }).await?;
            return Ok("/security?said=notices-ended");
        }
        let email = address(&body.email)?;
        run_on_the_beat(&app, BeginBackupEmail { bearer, email, origin }).await?;
        Ok("/security?said=backup-email-sent")
    };
    let refused = match came.await {
        Ok(path) => return Ok(see(path)),
        Err(problem) => desk.refused(problem),
    };
    match refused.on("/security/backup-email")? {
        Ok(desk) => answer(&app, &desk, &body.email).await,
        Err(response) => Ok(response),
    }
}
