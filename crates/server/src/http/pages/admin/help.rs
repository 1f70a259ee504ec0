//! Helping one person: what an act does, the reason for it, and the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::help::{Help, HelpAct};
use domain::administrator::look::Sight;
use domain::administrator::person::{PersonSheet, ReadPerson};
use domain::administrator::reset_request::{AskReset, held_up};
use domain::ids::UserId;
use store::Surroundings;
use uuid::Uuid;

use super::Admin;
use crate::app::App;
use crate::http::pages::frame::Frame;
use crate::http::pages::see;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// Why.
pub(super) struct Body {
    pub(super) reason: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { reason: fields.optional_text("reason", 0..=200).unwrap_or_default().trim().to_owned() }
    }
}

#[derive(Template)]
#[template(path = "pages/admin/help.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    sheet: &'a PersonSheet,
    act: HelpAct,
    /// Whether it is only asked for.
    asks: bool,
}

impl View<'_> {
    /// The name of the sentence that says what the act does.
    fn about(&self) -> String {
        let elsewhere = self.act == HelpAct::StartOver && self.sheet.external.is_some();
        let name = self.act.as_str();
        if elsewhere { "admin-help-about-start-over-elsewhere".to_owned() } else { format!("admin-help-about-{name}") }
    }
}

/// Reads whom an address names, and what is to be done.
fn wanted((user, act): (String, String)) -> Result<(UserId, HelpAct), Problem> {
    let missing = || Problem::new(ProblemCode::NotFound);
    let user = Uuid::parse_str(&user).map_err(|_| missing())?;
    Ok((UserId::from_uuid(user), HelpAct::parse(&act).ok_or_else(missing)?))
}

/// Whether an act is asked for here, and done later.
fn is_asked_for(app: &App, act: HelpAct) -> bool {
    act == HelpAct::StartOver && held_up(app.world.policy()).is_some()
}

/// Where somebody is helped.
fn place(user: UserId, act: HelpAct) -> String {
    format!("/admin/people/{}/{}", user.uuid(), act.as_str())
}

/// To the question for a proof, and back.
fn prove(user: UserId, act: HelpAct) -> Response {
    let next: String = url::form_urlencoded::byte_serialize(place(user, act).as_bytes()).collect();
    see(&format!("/security/prove?next={next}"))
}

/// What is about to be done, and why?
pub(super) async fn show(
    State(app): State<App>,
    admin: Admin,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (user, act) = wanted(path)?;
    answer(&app, &admin, user, act).await
}

async fn answer(app: &App, admin: &Admin, user: UserId, act: HelpAct) -> Result<Response, Problem> {
    admin.looks(app, Sight::Person(user)).await?;
    let sheet = ask(app, &ReadPerson { bearer: admin.bearer, user }).await?;
    // The command decides it again; nobody writes a reason for what will be refused.
    admin.standing.may_help(sheet.person, sheet.role)?;
    if act.is_dangerous() && admin.standing.fresh_until.is_none() {
        return Ok(prove(user, act));
    }
    let asks = is_asked_for(app, act);
    admin.page.answer(&View { page: &admin.page, standing: &admin.standing, sheet: &sheet, act, asks })
}

/// Does it.
pub(super) async fn submit(
    State(app): State<App>,
    mut admin: Admin,
    Path(path): Path<(String, String)>,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let (user, act) = wanted(path)?;
    if body.reason.is_empty() {
        admin.page = admin.page.missing("reason", "trouble-reason-missing")?;
        return answer(&app, &admin, user, act).await;
    }
    let (bearer, reason, origin) = (admin.bearer, body.reason, admin.origin);
    let said = if is_asked_for(&app, act) {
        let asked = run(&app, AskReset { bearer, user, reason, origin }).await;
        asked.map(|asked| if asked { "reset-asked".to_owned() } else { "reset-asked-already".to_owned() })
    } else {
        let helped = run(&app, Help { bearer, user, act, reason, origin }).await;
        helped.map(|done| if done { format!("helped-{}", act.as_str()) } else { "nothing-to-do".to_owned() })
    };
    match said {
        Ok(said) => Ok(see(&format!("/admin/people/{}?said={said}", user.uuid()))),
        Err(problem) if problem.code() == ProblemCode::StepUpRequired => Ok(prove(user, act)),
        Err(problem) => Err(problem),
    }
}
