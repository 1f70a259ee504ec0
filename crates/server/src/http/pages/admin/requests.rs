//! Resets that were asked for: the list of those that wait, and what is done about one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::administrator::look::Sight;
use domain::administrator::person::{PersonSheet, ReadPerson};
use domain::administrator::reset_request::{ResetStep, StepReset};
use domain::decision::Refusal;
use domain::ids::ResetRequestId;
use domain::policy::Policy;
use store::Surroundings;
use store::reset_request::RequestLine;
use uuid::Uuid;

use super::Admin;
use super::help::Body;
use crate::app::App;
use crate::http::Form;
use crate::http::pages::frame::Frame;
use crate::http::pages::see;
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// What this is called where it is written down that somebody looked.
const SIGHT: Sight = Sight::List("reset_requests");

#[derive(Template)]
#[template(path = "pages/admin/requests.html")]
struct ListView<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    policy: &'a Policy,
    lines: Vec<RequestLine>,
}

impl ListView<'_> {
    /// The steps that can be taken now by whoever looks, as far as it depends on the request.
    fn steps(&self, line: &RequestLine) -> Vec<ResetStep> {
        let (own, awaits) = (self.is_own(line), line.request.awaits_approval(self.policy));
        let ready = !awaits && line.request.due_at(self.policy) <= self.page.now;
        let sensible = |step: &ResetStep| match step {
            ResetStep::Approve => awaits && !own,
            ResetStep::CarryOut => ready,
            ResetStep::Close => true,
        };
        ResetStep::ALL.into_iter().filter(sensible).collect()
    }

    fn is_own(&self, line: &RequestLine) -> bool {
        line.request.asked_by == self.standing.person
    }

    /// The name of the text on a button.
    fn text(&self, line: &RequestLine, step: ResetStep) -> String {
        name(step, self.is_own(line))
    }
}

/// The name of what a step is called.
fn name(step: ResetStep, own: bool) -> String {
    match step {
        ResetStep::Close if own => "admin-request-withdraw".to_owned(),
        ResetStep::Approve | ResetStep::CarryOut | ResetStep::Close => format!("admin-request-{}", step.as_str()),
    }
}

/// Shows what waits.
pub(super) async fn show(State(app): State<App>, admin: Admin) -> Result<Response, Problem> {
    admin.looks(&app, SIGHT).await?;
    let Admin { page, standing, .. } = &admin;
    let lines = app.db.reset_requests(page.now).await?;
    page.answer(&ListView { page, standing, policy: app.world.policy(), lines })
}

#[derive(Template)]
#[template(path = "pages/admin/request.html")]
struct StepView<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    sheet: &'a PersonSheet,
    line: &'a RequestLine,
    step: ResetStep,
}

impl StepView<'_> {
    /// The name of what the step is called.
    fn title(&self) -> String {
        name(self.step, self.line.request.asked_by == self.standing.person)
    }

    /// The name of the sentence that says what it does.
    fn about(&self) -> &'static str {
        match self.step {
            ResetStep::Approve => "admin-request-about-approve",
            ResetStep::Close => "admin-request-about-close",
            ResetStep::CarryOut if self.sheet.external.is_some() => "admin-help-about-start-over-elsewhere",
            ResetStep::CarryOut => "admin-help-about-start-over",
        }
    }
}

/// Reads which request an address names, and which step.
fn wanted((request, step): (String, String)) -> Result<(ResetRequestId, ResetStep), Problem> {
    let missing = || Problem::new(ProblemCode::NotFound);
    let request = Uuid::parse_str(&request).map_err(|_| missing())?;
    Ok((ResetRequestId::from_uuid(request), ResetStep::parse(&step).ok_or_else(missing)?))
}

/// To the question for a proof, and back.
fn prove(request: ResetRequestId, step: ResetStep) -> Response {
    let place = format!("/admin/requests/{}/{}", request.uuid(), step.as_str());
    let next: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
    see(&format!("/security/prove?next={next}"))
}

/// What is about to be done, and why?
pub(super) async fn show_step(
    State(app): State<App>,
    admin: Admin,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (request, step) = wanted(path)?;
    answer(&app, &admin, request, step).await
}

async fn answer(app: &App, admin: &Admin, request: ResetRequestId, step: ResetStep) -> Result<Response, Problem> {
    let found = app.db.reset_request(request, admin.page.now).await?;
    let line = found.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let user = line.request.user;
    admin.looks(app, Sight::Person(user)).await?;
    let sheet = ask(app, &ReadPerson { bearer: admin.bearer, user }).await?;
    // The command decides it again; nobody writes a reason for what will be refused.
    admin.standing.may_help(sheet.person, sheet.role)?;
    if step == ResetStep::Approve && line.request.asked_by == admin.standing.person {
        return Err(Refusal::SecondAdministratorRequired.into());
    }
    if step.is_dangerous() && admin.standing.fresh_until.is_none() {
        return Ok(prove(request, step));
    }
    admin.page.answer(&StepView { page: &admin.page, standing: &admin.standing, sheet: &sheet, line: &line, step })
}

/// Does it.
pub(super) async fn submit(
    State(app): State<App>,
    mut admin: Admin,
    Path(path): Path<(String, String)>,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let (request, step) = wanted(path)?;
    if body.reason.is_empty() {
        admin.page = admin.page.missing("reason", "trouble-reason-missing")?;
        return answer(&app, &admin, request, step).await;
    }
    let taken = StepReset { bearer: admin.bearer, request, step, reason: body.reason, origin: admin.origin };
    match run(&app, taken).await {
        Ok(done) => {
            let said = match step {
                _ if !done => "nothing-to-do",
                ResetStep::Approve => "request-approved",
                ResetStep::CarryOut => "helped-start-over",
                ResetStep::Close => "request-closed",
            };
            Ok(see(&format!("/admin/requests?said={said}")))
        }
        Err(problem) if problem.code() == ProblemCode::StepUpRequired => Ok(prove(request, step)),
        Err(problem) => Err(problem),
    }
}
