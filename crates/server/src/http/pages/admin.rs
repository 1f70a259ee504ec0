//! The administration: finding people, and understanding what happened to them.
//!
//! Nobody is here but administrators who have proved their second factor in this session ([`Admin`]); the commands decide that
//! again wherever they are run. What is shown of people was written down before it is shown. Addresses are searched for by a
//! form that is posted, so that none of them stands in an address bar, a log or a history.

mod audit;
mod bypass;
mod chart;
mod days;
mod help;
mod list;
mod narrow;
mod overview;
mod people;
mod person;
mod requests;
mod story;

use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::administrator::look::{Look, Sight};
use domain::administrator::{Enter, Entrance, Standing};
use domain::command::Origin;
use domain::session::Bearer;

use super::desk::Desk;
use super::frame::Frame;
use super::target::Target;
use super::{see, trouble};
use crate::app::App;
use crate::problem::Problem;
use crate::run::{ask, run};

/// The routes of the administration.
pub(in crate::http) fn administration(app: &App) -> Router<App> {
    Router::new()
        .route("/admin", get(people::home))
        .route("/admin/overview", get(overview::show))
        .route("/admin/people", get(async || Redirect::to("/admin")).post(people::find))
        .route("/admin/people/{user}", get(person::show))
        .route("/admin/audit", get(audit::show))
        .route("/admin/audit/export", post(audit::export))
        .route("/admin/audit/proof", post(audit::prove))
        .route("/admin/lists", get(async || Redirect::to("/admin/lists/settings")))
        .route("/admin/lists/{list}", get(list::show))
        .route("/admin/people/{user}/bypass-code", get(bypass::show).post(bypass::submit))
        .route("/admin/requests", get(requests::show))
        .route("/admin/requests/{request}/{step}", get(requests::show_step).post(requests::submit))
        .route("/admin/people/{user}/{act}", get(help::show).post(help::submit))
        .layer(from_fn_with_state(app.clone(), trouble::as_pages))
}

/// An administrator who may enter, and the page they asked for.
struct Admin {
    /// What surrounds the page.
    page: Frame,
    /// What the commands know them by.
    bearer: Bearer,
    /// Who they are, and what they are for.
    standing: Standing,
    /// Where from.
    origin: Origin,
}

impl Admin {
    /// Writes down what is about to be looked at.
    async fn looks(&self, app: &App, at: Sight) -> Result<(), Problem> {
        run(app, Look { bearer: self.bearer, at, origin: self.origin.clone() }).await
    }
}

/// A page for an administrator without a factor to enter with.
#[derive(Template)]
#[template(path = "pages/admin/factor_missing.html")]
struct FactorMissing<'a> {
    page: &'a Frame,
}

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let refused = IntoResponse::into_response;
        let Desk { page, bearer, origin, .. } = Desk::from_request_parts(parts, app).await.map_err(refused)?;
        match ask(app, &Enter { bearer }).await.map_err(refused)? {
            Entrance::Open(standing) => Ok(Self { page, bearer, standing, origin }),
            Entrance::NoFactor => {
                let mut answer = page.answer(&FactorMissing { page: &page }).map_err(refused)?;
                *answer.status_mut() = StatusCode::FORBIDDEN;
                Err(answer)
            }
            Entrance::Unproved => {
                let here = Target::parse(parts.uri.path(), app.http.site()).filter(|_| parts.method.is_safe());
                let next = here.or_else(|| Target::parse("/admin", app.http.site())).unwrap_or_else(Target::home);
                Err(see(&next.behind("/security/prove")))
            }
        }
    }
}
