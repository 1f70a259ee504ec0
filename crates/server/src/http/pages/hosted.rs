//! The second factor of an application's sign-in, at our pages: opened by a link, shown in the application's name, and left for
//! the address it is allowed to have people sent back to.
//!
//! Nobody is signed in here. What the person sees is bound to the browser that opened the link first, by a cookie; so all of it
//! survives a reload and a lost tab, and nothing of it opens elsewhere.

pub(super) mod enroll;

use std::time::Duration;

use askama::Template;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::application::challenge::{CancelAsked, Status};
use domain::application::hosted::{
    AnswerHosted, AtHosted, HostedChallenge, OpenHosted, Phase, ReadHosted, ReturnHosted, Standing,
};
use domain::code::TypedCode;
use domain::ids::{ChallengeId, FactorId};
use domain::secret::{TokenHash, new_token};
use domain::sent_code::{SendCode, SendFor, Which};
use store::Surroundings;
use uuid::Uuid;

use super::frame::{Frame, with_cookie};
use super::second_factor::{Body, STAYS, question};
use super::see;
use crate::app::App;
use crate::http::caller::Anyone;
use crate::http::cookies::Cookie;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// How long a browser is known: longer than any challenge lives.
const KNOWN: Duration = Duration::from_hours(1);

/// What this browser is known by.
pub(super) struct KnownAs(Option<TokenHash>);

impl FromRequestParts<App> for KnownAs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cookie = app.http.site().cookies().read(Cookie::Hosted, &parts.headers);
        Ok(Self(cookie.map(|token| TokenHash::of(&token))))
    }
}

/// A form without fields.
pub(super) struct Nothing;

impl ReadBody for Nothing {
    fn read(_: &mut Fields) -> Self {
        Self
    }
}

/// How to go on from a page without a question.
enum Way {
    /// By a form.
    Form(String),
    /// By a link.
    Link(String),
    /// Nowhere: nobody knows where they came from.
    None,
}

#[derive(Template)]
#[template(path = "pages/hosted.html")]
struct View<'a> {
    page: &'a Frame,
    title: &'static str,
    lead: &'static str,
    way: Way,
}

/// Opens a link.
pub(super) async fn open(
    State(app): State<App>,
    Path(link): Path<String>,
    Anyone(origin): Anyone,
    frame: Frame,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let cookies = app.http.site().cookies();
    let known = cookies.read(Cookie::Hosted, &headers);
    let token = known.unwrap_or_else(|| new_token(app.world.rng().as_mut()).expose().to_owned().into());
    let (link, browser) = (TokenHash::of(&link), TokenHash::of(&token));
    match run(&app, OpenHosted { link, browser, origin }).await {
        Ok(id) => Ok(with_cookie(see(&path(id)), cookies.set(Cookie::Hosted, &token, KNOWN))),
        Err(problem) => gone(&frame, problem),
    }
}

fn path(id: ChallengeId) -> String {
    format!("/second-factor/{}", id.uuid())
}

/// Of another browser, unknown or long over: nobody is told which.
pub(super) fn gone(page: &Frame, problem: Problem) -> Result<Response, Problem> {
    if problem.code() != ProblemCode::TokenInvalid {
        return Err(problem);
    }
    let view = View { page, title: "hosted-gone-title", lead: "hosted-gone-lead", way: Way::None };
    let mut response = page.answer(&view)?;
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

/// What took too long, with the way back to where the person came from.
pub(super) fn over(page: &Frame) -> Result<Response, Problem> {
    let way = page.back.clone().map_or(Way::None, Way::Link);
    page.answer(&View { page, title: "hosted-over-title", lead: "hosted-over-lead", way })
}

/// A challenge of this browser.
struct Ours {
    id: ChallengeId,
    browser: TokenHash,
}

impl Ours {
    fn of(id: &str, KnownAs(browser): KnownAs) -> Result<Self, Problem> {
        let id = Uuid::parse_str(id).ok().map(ChallengeId::from_uuid);
        let (Some(id), Some(browser)) = (id, browser) else { return Err(Problem::new(ProblemCode::TokenInvalid)) };
        Ok(Self { id, browser })
    }

    async fn read(&self, app: &App) -> Result<HostedChallenge, Problem> {
        ask(app, &ReadHosted { id: self.id, browser: self.browser }).await
    }

    /// How the challenge stands now, with what went wrong before.
    async fn answer(
        &self,
        app: &App,
        mut page: Frame,
        problem: Option<Problem>,
        remembered: bool,
    ) -> Result<Response, Problem> {
        let challenge = match self.read(app).await {
            Ok(challenge) => challenge,
            Err(problem) => return gone(&page, problem),
        };
        let HostedChallenge { name, text, return_url, standing, .. } = challenge;
        page.door = Some((name, return_url.origin().to_owned()));
        if let Some(problem) = problem {
            page = page.trouble(problem)?;
        }
        let path = path(self.id);
        let (title, lead, way) = match standing {
            Standing::Pending(state) => {
                return question(app, &page, (&path, text.as_deref()), &state, remembered);
            }
            Standing::Approved => {
                ("hosted-approved-title", "hosted-approved-lead", Way::Form(format!("{path}/return")))
            }
            Standing::Locked(refusal) => {
                page = page.trouble(refusal.into())?;
                ("locked-title", "locked-lead", Way::Link(return_url.denied("locked")))
            }
            Standing::Enroll(means) => {
                let (action, back) = (format!("{path}/enroll"), return_url.denied("enrollment_required"));
                return page.answer(&enroll::Choice { page: &page, action, means, back });
            }
            Standing::Over(Status::Failed) => {
                let back = return_url.denied(Status::Failed.as_str());
                ("hosted-failed-title", "hosted-failed-lead", Way::Link(back))
            }
            Standing::Over(status) => {
                ("hosted-over-title", "hosted-over-lead", Way::Link(return_url.denied(status.as_str())))
            }
        };
        page.answer(&View { page: &page, title, lead, way })
    }
}

/// What the challenge asks.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    page: Frame,
) -> Result<Response, Problem> {
    match Ours::of(&id, known) {
        Ok(ours) => ours.answer(&app, page, None, false).await,
        Err(problem) => gone(&page, problem),
    }
}

/// A code, or the wish for another one.
pub(super) async fn submit(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    Anyone(origin): Anyone,
    mut page: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let ours = match Ours::of(&id, known) {
        Ok(ours) => ours,
        Err(problem) => return gone(&page, problem),
    };
    page.by = Some(body.by.clone()).filter(|by| !by.is_empty());
    let came = if let Some(factor) = body.send {
        page.by = Some(factor.to_string());
        let challenge = match ours.read(&app).await {
            Ok(challenge) => challenge,
            Err(problem) => return gone(&page, problem),
        };
        let which = Which::Factor(FactorId::from_uuid(factor));
        let wanted = SendFor::Asked(challenge.application, ours.id, which);
        // What the application has switched off sends nothing here either.
        let (id, browser, phase, command) = (ours.id, ours.browser, Phase::Answering, SendCode { wanted, origin });
        run(&app, AtHosted { id, browser, phase, command }).await.map(|_| format!("{}?by={factor}", path(ours.id)))
    } else if body.code.trim().is_empty() {
        let page = page.missing("code", "trouble-code-missing")?;
        return ours.answer(&app, page, None, body.remember).await;
    } else {
        let (code, trust) = (TypedCode::parse(&body.code), body.remember);
        let answer = AnswerHosted { id: ours.id, browser: ours.browser, code, trust, origin };
        run(&app, answer).await.map(|back| back.url())
    };
    match came {
        Ok(url) => Ok(see(&url)),
        Err(problem) if problem.code() == ProblemCode::InternalError => Err(problem),
        Err(problem) => {
            // The last try may have been used up: how it stands now says what comes next.
            let stays = STAYS.contains(&problem.code()) && problem.document().attempts_left != Some(0);
            ours.answer(&app, page, Some(problem).filter(|_| stays), body.remember).await
        }
    }
}

/// Gives it up, and goes back without.
pub(super) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    Anyone(origin): Anyone,
    page: Frame,
    Form(Nothing): Form<Nothing>,
) -> Result<Response, Problem> {
    let came = async {
        let ours = Ours::of(&id, known)?;
        let HostedChallenge { application, return_url, .. } = ours.read(&app).await?;
        run(&app, CancelAsked { application, id: ours.id, origin }).await?;
        Ok(see(&return_url.denied(Status::Canceled.as_str())).into_response())
    };
    came.await.or_else(|problem| gone(&page, problem))
}

/// Goes back with the result, where the way back was lost.
pub(super) async fn go_back(
    State(app): State<App>,
    Path(id): Path<String>,
    known: KnownAs,
    page: Frame,
    Form(Nothing): Form<Nothing>,
) -> Result<Response, Problem> {
    let ours = match Ours::of(&id, known) {
        Ok(ours) => ours,
        Err(problem) => return gone(&page, problem),
    };
    match run(&app, ReturnHosted { id: ours.id, browser: ours.browser }).await {
        Ok(back) => Ok(see(&back.url())),
        Err(_) => ours.answer(&app, page, None, false).await,
    }
}
