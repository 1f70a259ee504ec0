//! What every page of a signed-in person has at hand, and the proof that changes need.
//!
//! A change that needs a fresh proof asks for it in place: the page of the change shows the question first, and itself once it
//! is answered. The rules decide whether a proof is fresh; a page only looks it up, so as not to ask for what will be refused.

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use domain::application::visit::{AtVisit, Visit};
use domain::challenge::Offer;
use domain::code::TypedCode;
use domain::command::Origin;
use domain::disable::{Disable, Disabled};
use domain::factor::Method;
use domain::ids::FactorId;
use domain::sent_code::{SendCode, SendFor, SessionPurpose, Which};
use domain::session::{Bearer, Grant, RefreshToken};
use domain::status::{ReadStatus, Status};
use domain::step_up::{Proof, StepUp};
use store::Load;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::devices::Forget;
use super::frame::{Frame, is_of_settings, with_cookie};
use super::target::Target;
use super::visitor::{Visitor, session_cookie};
use super::{see, settings};
use crate::app::App;
use crate::credentials;
use crate::http::caller::{Anyone, CookieDevice};
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run};

/// The page, who looks at it, and from where.
pub(super) struct Desk {
    /// What surrounds the page.
    pub(super) page: Frame,
    /// What the commands know the person by.
    pub(super) bearer: Bearer,
    /// Their address.
    pub(super) email: String,
    /// The token of the session cookie, to be replaced where something is proved.
    pub(super) token: RefreshToken,
    /// Where from.
    pub(super) origin: Origin,
    /// Who has sent them, where it was an application, and what it lets them do.
    pub(super) visit: Option<Visit>,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut page = Frame::from_request_parts(parts, app).await?;
        let Anyone(origin) = Anyone::from_request_parts(parts, app).await?;
        if is_of_settings(&page.path) {
            let (visit, token) = settings::visit(app, parts).await?;
            page.door = Some((visit.name.clone(), visit.return_url.origin().to_owned()));
            page.back = Some(visit.return_url.as_str().to_owned());
            let email = visit.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default();
            return Ok(Self { page, bearer: visit.bearer, email, token, origin, visit: Some(visit) });
        }
        let Visitor { bearer, email, administers, token } = Visitor::from_request_parts(parts, app).await?;
        (page.signed_in, page.administers) = (true, administers);
        Ok(Self { page, bearer, email: email.as_str().to_owned(), token, origin, visit: None })
    }
}

impl Desk {
    /// How the person's second factor stands.
    pub(super) async fn status(&self, app: &App) -> Result<Status, Problem> {
        self.ask(app, ReadStatus { bearer: self.bearer }).await
    }

    /// Runs a command, by the rules of the application that has sent the person.
    pub(super) async fn run<C: Load>(&self, app: &App, command: C) -> Result<C::Reply, Problem> {
        match &self.visit {
            None => run(app, command).await,
            Some(visit) => run(app, AtVisit { application: visit.application, turns_off: false, command }).await,
        }
    }

    /// Asks a question in the same way.
    pub(super) async fn ask<C: Load>(&self, app: &App, question: C) -> Result<C::Reply, Problem> {
        match &self.visit {
            None => ask(app, &question).await,
            Some(Visit { application, .. }) => {
                ask(app, &AtVisit { application: *application, turns_off: false, command: question }).await
            }
        }
    }

    /// Turns the second factor off, where the application leaves that to its users.
    pub(super) async fn turn_off(&self, app: &App, command: Disable) -> Result<Disabled, Problem> {
        match &self.visit {
            None => run(app, command).await,
            Some(visit) => run(app, AtVisit { application: visit.application, turns_off: true, command }).await,
        }
    }

    /// Whether the person may do without a second factor.
    pub(super) fn may_turn_off(&self) -> bool {
        self.visit.as_ref().is_none_or(|visit| visit.may_turn_off)
    }

    /// Where it goes on to, as an address or a form says.
    fn next(&self, app: &App, text: &str) -> Target {
        let site = app.http.site();
        match self.visit {
            None => Target::parse(text, site).unwrap_or_else(Target::home),
            Some(_) => Target::of_settings(text, site),
        }
    }

    /// The cookie of a grant.
    pub(super) fn cookie(&self, app: &App, grant: &Grant) -> Option<HeaderValue> {
        match self.visit {
            None => session_cookie(app, grant),
            Some(_) => settings::cookie(app, grant),
        }
    }

    /// The question for a proof, where this page needs a fresh one and there is none.
    pub(super) async fn unproved(&self, app: &App) -> Result<Option<Response>, Problem> {
        let status = self.status(app).await?;
        if status.fresh_until.is_some() {
            return Ok(None);
        }
        self.question(&status, &self.next(app, &self.page.path)).map(Some)
    }

    /// Notes that a change was refused.
    pub(super) fn refused(self, problem: Problem) -> Refused {
        Refused { desk: Box::new(self), problem }
    }

    /// What came of a change: on to `path` with the new cookie; to the question for a proof; or back with the reason.
    pub(super) fn came(self, app: &App, came: Result<Option<Grant>, Problem>, path: &str) -> Result<Response, Refused> {
        match came {
            Ok(grant) => Ok(with_cookie(see(path), grant.and_then(|grant| self.cookie(app, &grant)))),
            Err(problem) => Err(self.refused(problem)),
        }
    }
}

/// A change that was refused.
pub(super) struct Refused {
    desk: Box<Desk>,
    problem: Problem,
}

impl Refused {
    /// The same page with the reason, or the question for a proof that comes before `path`.
    pub(super) fn on(self, path: &str) -> Result<Result<Desk, Response>, Problem> {
        let Self { mut desk, problem } = self;
        if problem.code() == ProblemCode::StepUpRequired {
            let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            return Ok(Err(see(&desk.page.at(&format!("/prove?next={next}")))));
        }
        desk.page = desk.page.trouble(problem)?;
        Ok(Ok(*desk))
    }
}

/// A code or a password, or the wish that a code be sent.
pub(super) struct Body {
    code: Zeroizing<String>,
    password: Zeroizing<String>,
    send: Option<Uuid>,
    next: String,
    then: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            code: fields.optional_secret("code", 0..=64).unwrap_or_default(),
            password: fields.optional_secret("password", 0..=1_024).unwrap_or_default(),
            send: fields.optional_parsed("send", "a UUID", |text| Uuid::parse_str(text).ok()),
            next: fields.optional_text("next", 0..=2_000).unwrap_or_default(),
            then: fields.optional_text("then", 0..=64).unwrap_or_default(),
        }
    }
}

/// How a code is asked for from somebody signed in.
pub(super) struct CodeQuestion {
    /// Whether there is an authenticator to look at.
    pub(super) totp: bool,
    /// Where codes can be sent.
    pub(super) sendable: Vec<(Uuid, Method, String)>,
    /// Where one was sent just now.
    pub(super) sent: Option<String>,
    /// Whether a recovery code will do.
    pub(super) recovery: bool,
}

impl CodeQuestion {
    /// What the person's factors allow.
    pub(super) fn of(page: &Frame, status: &Status) -> Self {
        let offers = || status.factors.iter().map(|factor| &factor.offer);
        let place = |offer: &Offer| {
            let destination = offer.destination.clone()?;
            Some((offer.id.uuid(), offer.method, destination))
        };
        let sendable: Vec<_> = offers().filter_map(place).collect();
        let by = page.by.as_deref().and_then(|by| Uuid::parse_str(by).ok());
        let sent = sendable.iter().find(|(id, ..)| Some(*id) == by).map(|(_, _, destination)| destination.clone());
        Self { totp: offers().any(|offer| offer.method == Method::Totp), sendable, sent, recovery: true }
    }

    /// The same where a factor itself has to be proved.
    pub(super) fn by_factor(self) -> Self {
        Self { recovery: false, ..self }
    }
}

#[derive(Template)]
#[template(path = "pages/prove.html")]
struct View<'a> {
    page: &'a Frame,
    next: &'a str,
    /// What is done after it.
    then: Option<Forget>,
    /// Nothing where the password is asked.
    code: Option<CodeQuestion>,
}

impl Desk {
    fn question(&self, status: &Status, next: &Target) -> Result<Response, Problem> {
        let page = &self.page;
        if !status.is_enabled && self.visit.is_some() {
            // There is nothing to prove with here: their application signs them in anew.
            return settings::over(page);
        }
        let code = status.is_enabled.then(|| CodeQuestion::of(page, status));
        let then = page.then.as_deref().and_then(Forget::parse);
        page.answer(&View { page, next: next.as_str(), then, code })
    }
}

/// The question, where a form was refused for want of a proof.
pub(super) async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    let status = desk.status(&app).await?;
    let next = desk.next(&app, desk.page.next.as_str());
    desk.question(&status, &next)
}

/// Sends a code for a purpose of a signed-in person.
pub(super) async fn send(app: &App, desk: &Desk, purpose: SessionPurpose, factor: Uuid) -> Result<(), Problem> {
    let wanted = SendFor::Session(desk.bearer, purpose, Which::Factor(FactorId::from_uuid(factor)));
    desk.run(app, SendCode { wanted, origin: desk.origin.clone() }).await.map(drop)
}

/// Proves by a code who the person is.
pub(super) async fn prove_by_code(app: &App, desk: &mut Desk, code: &str) -> Result<Option<Grant>, Problem> {
    prove(app, desk, Proof::Code(TypedCode::parse(code))).await
}

/// Raises the session, and takes over the token it has from then on.
async fn prove(app: &App, desk: &mut Desk, proof: Proof) -> Result<Option<Grant>, Problem> {
    let (bearer, origin) = (desk.bearer, desk.origin.clone());
    let raised = desk.run(app, StepUp { bearer, proof, refresh: Some(desk.token.clone()), origin }).await?;
    if let Some(token) = RefreshToken::parse_of_pages(raised.grant.refresh.expose()).filter(|_| raised.rotated) {
        desk.token = token;
    }
    Ok(raised.rotated.then_some(raised.grant))
}

/// The answer.
pub(super) async fn submit(
    State(app): State<App>,
    mut desk: Desk,
    device: CookieDevice,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let then = Forget::parse(&body.then);
    desk.page.then = then.map(Forget::write);
    let next = desk.next(&app, &body.next);
    let status = desk.status(&app).await?;
    let came = if let Some(factor) = body.send {
        let then = then.map(|then| format!("&then={}", then.write())).unwrap_or_default();
        let back = next.behind(desk.page.at(&format!("/prove?by={factor}{then}")));
        match send(&app, &desk, SessionPurpose::StepUp, factor).await {
            Ok(()) => return Ok(see(&back)),
            Err(problem) => Err(problem),
        }
    } else if !body.code.trim().is_empty() {
        prove_by_code(&app, &mut desk, &body.code).await
    } else if !body.password.is_empty() && desk.visit.is_none() {
        match credentials::prove(&app, desk.bearer, body.password.clone(), &desk.origin).await {
            Ok(proof) => prove(&app, &mut desk, proof).await,
            Err(problem) => Err(problem),
        }
    } else {
        desk.page = desk.page.missing("code", "trouble-code-missing")?;
        return desk.question(&status, &next);
    };
    if let (Ok(grant), Some(then)) = (&came, then) {
        let cookie = grant.as_ref().and_then(|grant| desk.cookie(&app, grant));
        // Where it was forgotten meanwhile, the list says so; the new cookie has to get there either way.
        let done = then.run(&app, &desk, device).await.unwrap_or_else(|_| see(desk.page.desk));
        return Ok(with_cookie(done, cookie));
    }
    let refused = match desk.came(&app, came, next.as_str()) {
        Ok(response) => return Ok(response),
        Err(refused) => refused,
    };
    match refused.on(next.as_str())? {
        Ok(desk) => desk.question(&status, &next),
        Err(response) => Ok(response),
    }
}
