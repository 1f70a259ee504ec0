//! A bypass code for one person: what it does, the reason for it, and the code, shown this once.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::bypass::{BypassCode, GiveBypassCode};
use domain::administrator::look::Sight;
use domain::administrator::person::{PersonSheet, ReadPerson};
use domain::administrator::reset_request::held_up;
use domain::decision::Refusal;
use domain::ids::UserId;
use store::Surroundings;
use uuid::Uuid;

use super::Admin;
use super::help::Body;
use crate::app::App;
use crate::http::Form;
use crate::http::pages::frame::Frame;
use crate::http::pages::see;
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

#[derive(Template)]
#[template(path = "pages/admin/bypass.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    sheet: &'a PersonSheet,
    given: Option<BypassCode>,
}

fn wanted(user: &str) -> Result<UserId, Problem> {
    Uuid::parse_str(user).map(UserId::from_uuid).map_err(|_| Problem::new(ProblemCode::NotFound))
}

/// To the question for a proof, and back.
fn prove(user: UserId) -> Response {
    let place = format!("/admin/people/{}/bypass-code", user.uuid());
    let next: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
    see(&format!("/security/prove?next={next}"))
}

/// What is about to be done, and why?
pub(super) async fn show(State(app): State<App>, admin: Admin, Path(user): Path<String>) -> Result<Response, Problem> {
    answer(&app, &admin, wanted(&user)?, None).await
}

async fn answer(app: &App, admin: &Admin, user: UserId, given: Option<BypassCode>) -> Result<Response, Problem> {
    admin.looks(app, Sight::Person(user)).await?;
    let sheet = ask(app, &ReadPerson { bearer: admin.bearer, user }).await?;
    // The command decides it again; nobody writes a reason for what will be refused.
    admin.standing.may_help(sheet.person, sheet.role)?;
    if held_up(app.world.policy()).is_some() {
        return Err(Refusal::FeatureDisabled.into());
    }
    if given.is_none() && admin.standing.fresh_until.is_none() {
        return Ok(prove(user));
    }
    admin.page.answer(&View { page: &admin.page, standing: &admin.standing, sheet: &sheet, given })
}

/// Gives one.
pub(super) async fn submit(
    State(app): State<App>,
    mut admin: Admin,
    Path(user): Path<String>,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let user = wanted(&user)?;
    if body.reason.is_empty() {
        admin.page = admin.page.missing("reason", "trouble-reason-missing")?;
        return answer(&app, &admin, user, None).await;
    }
    let origin = admin.origin.clone();
    match run(&app, GiveBypassCode { bearer: admin.bearer, user, reason: body.reason, origin }).await {
        Ok(given) => answer(&app, &admin, user, Some(given)).await,
        Err(problem) if problem.code() == ProblemCode::StepUpRequired => Ok(prove(user)),
        Err(problem) => Err(problem),
    }
}
