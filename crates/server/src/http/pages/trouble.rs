//! What went wrong, said to a person: a sentence, and where in the form it belongs.
//!
//! A refusal that a form can mend is shown above that form. All others become a page of their own; a request id is told only
//! where the people who run the server would need it.

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::header::ACCEPT;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, is_of_settings, with_cookie};
use super::visitor::no_session_cookie;
use super::{see, settings, target::Target};
use crate::app::App;
use crate::http::RequestId;
use crate::http::cookies::Cookie;
use crate::problem::{Hint, Problem, ProblemCode, ProblemDocument};

/// What went wrong with a form.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Why it was refused.
    pub(super) code: ProblemCode,
    /// The sentence.
    pub(super) text: String,
    /// The field it is about, or nothing.
    pub(super) field: &'static str,
}

impl Frame {
    /// Takes a refusal in, to be shown above the form; gives it back where no form can mend it.
    pub(super) fn trouble(mut self, problem: Problem) -> Result<Self, Problem> {
        let code = problem.code();
        if (self.signed_in || self.back.is_some()) && code == ProblemCode::TokenInvalid {
            // Their session is over; that is no matter of the form.
            return Err(problem);
        }
        let Some((mut key, field)) = place(problem.document()) else { return Err(problem) };
        if key == "trouble-code-used" && self.by.as_deref() == Some("recovery") {
            "trouble-recovery-used".clone_into(&mut key);
        }
        let document = problem.document();
        let wait = i64::try_from(document.retry_after.unwrap_or(0)).unwrap_or(i64::MAX);
        let skew = document.skew_seconds.unwrap_or(0);
        let written = |frame: &Self| -> Result<String, askama::Error> {
            let wait = frame.how_long(wait)?;
            let skew = frame.how_long(skew.abs())?;
            let mut text = frame.with_all(&key, &[("wait", wait.into()), ("skew", skew.into())])?;
            if let Some(left) = document.attempts_left {
                text.push(' ');
                text.push_str(&frame.with("trouble-attempts-left", "n", left)?);
            }
            Ok(text)
        };
        let text =
            written(&self).map_err(|error| crate::fault::Fault::new("a refusal could not be put into words", error))?;
        self.trouble = Some(Trouble { code, text, field });
        Ok(self)
    }
}

/// The name of the sentence and the field it belongs to; `None` for what no form can mend.
#[expect(clippy::wildcard_enum_match_arm, reason = "what no form can mend is a page of its own, whichever it is")]
fn place(document: &ProblemDocument) -> Option<(String, &'static str)> {
    let reason = document.reason.as_deref().unwrap_or_default().replace('_', "-");
    let named = |key: &str, field| Some((key.to_owned(), field));
    match document.code {
        ProblemCode::CredentialsInvalid => named("trouble-credentials", "password"),
        ProblemCode::EmailUnverified => named("trouble-unverified", ""),
        ProblemCode::EmailRejected => Some((format!("trouble-email-{reason}"), "email")),
        ProblemCode::PasswordRejected => Some((format!("trouble-password-{reason}"), "new_password")),
        ProblemCode::PhoneRejected => Some((format!("trouble-phone-{reason}"), "phone_number")),
        ProblemCode::CodeIncorrect => match document.hint.flatten() {
            Some(Hint::AlreadyUsed) => named("trouble-code-used", "code"),
            Some(Hint::Expired) => named("trouble-code-expired", "code"),
            Some(Hint::ClockSkew) if document.skew_seconds.unwrap_or(0) < 0 => named("trouble-clock-behind", "code"),
            Some(Hint::ClockSkew) => named("trouble-clock-ahead", "code"),
            None => named("trouble-code", "code"),
        },
        ProblemCode::TooManyAttempts if document.retry_after.unwrap_or(0) > 0 => named("trouble-too-many", ""),
        ProblemCode::TooManyAttempts => named("trouble-spent", ""),
        ProblemCode::AccountLocked if document.retry_after.is_some() => named("trouble-locked", ""),
        ProblemCode::AccountLocked => named("trouble-stopped", ""),
        ProblemCode::SendCooldown => named("trouble-cooldown", ""),
        ProblemCode::SendLimit => named("trouble-send-limit", ""),
        ProblemCode::DeliveryUnavailable => named("trouble-undeliverable", ""),
        ProblemCode::TokenInvalid => named("trouble-link", ""),
        ProblemCode::StepUpRequired => named("trouble-step-up", ""),
        ProblemCode::FeatureDisabled => named("trouble-off", ""),
        ProblemCode::AlreadyEnabled => named("trouble-already", ""),
        ProblemCode::NoPendingSetup => named("trouble-no-set-up", ""),
        ProblemCode::LastFactor => named("trouble-last", ""),
        ProblemCode::RecoveryCodesGone => named("trouble-codes-gone", ""),
        ProblemCode::Unavailable => named("trouble-busy", ""),
        _ => None,
    }
}

/// A page that says why there is no other.
#[derive(Template)]
#[template(path = "pages/problem.html")]
struct View<'a> {
    page: &'a Frame,
    title: &'static str,
    text: &'static str,
    /// What to give to the people who run the server.
    reference: Option<String>,
}

/// Turns refusals into pages. Who is not signed in any more is sent to sign in.
pub(super) async fn as_pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let frame = Frame::from_request_parts(&mut parts, &app).await;
    let id = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let sent = |cookie| app.http.site().cookies().read(cookie, &parts.headers).is_some();
    let (was_signed_in, was_visiting) = (sent(Cookie::Session), sent(Cookie::Settings));
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let Ok(frame) = frame else { return put_back(response, problem) };
    if problem.code() == ProblemCode::TokenInvalid && is_of_settings(&path) {
        let gone = settings::no_cookie(&app).filter(|_| was_visiting);
        return settings::gone(&frame).map_or_else(|_| put_back(response, problem), |page| with_cookie(page, gone));
    }
    if problem.code() == ProblemCode::TokenInvalid {
        let here = if method == Method::GET { Target::parse(&path, app.http.site()) } else { None };
        // A form of another site comes without the cookie, and must not be able to take it away.
        let gone = no_session_cookie(&app).filter(|_| was_signed_in);
        let sign_in = if was_signed_in { "/sign-in?said=session-over" } else { "/sign-in" };
        return with_cookie(see(&here.unwrap_or_else(Target::home).behind(sign_in)), gone);
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "a person can do the same about all others")]
    let (title, text) = match problem.code() {
        ProblemCode::NotFound | ProblemCode::MethodNotAllowed => ("problem-missing-title", "problem-missing"),
        ProblemCode::CsrfRefused => ("problem-foreign-title", "problem-foreign"),
        ProblemCode::FeatureDisabled => ("problem-off-title", "trouble-off"),
        ProblemCode::RoleRequired => ("problem-role-title", "problem-role"),
        ProblemCode::SecondAdministratorRequired => ("problem-second-title", "problem-second"),
        ProblemCode::CoolingOff => ("problem-cooling-off-title", "problem-cooling-off"),
        ProblemCode::Unavailable | ProblemCode::DeliveryUnavailable => ("problem-busy-title", "trouble-busy"),
        ProblemCode::InternalError => ("problem-internal-title", "problem-internal"),
        _ => ("problem-request-title", "problem-request"),
    };
    let reference = id.filter(|_| problem.code().status().is_server_error());
    let page = View { page: &frame, title, text, reference };
    match frame.answer(&page) {
        Ok(mut page) => {
            *page.status_mut() = problem.code().status();
            page
        }
        Err(_) => put_back(response, problem),
    }
}

/// What is at an address where nothing is: a page for people, a document for programs.
pub(in crate::http) async fn nothing(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let for_people =
        parts.headers.get(ACCEPT).is_some_and(|kinds| kinds.to_str().is_ok_and(|k| k.contains("text/html")));
    let problem = Problem::new(ProblemCode::NotFound);
    let path = parts.uri.path();
    if !for_people || ["/auth/", "/v1/", "/admin/v1/"].iter().any(|api| path.starts_with(api)) {
        return problem.into_response();
    }
    let Ok(frame) = Frame::from_request_parts(&mut parts, &app).await else { return problem.into_response() };
    let view = View { page: &frame, title: "problem-missing-title", text: "problem-missing", reference: None };
    match frame.answer(&view) {
        Ok(mut page) => {
            *page.status_mut() = problem.code().status();
            page
        }
        Err(_) => problem.into_response(),
    }
}

fn put_back(mut response: Response, problem: Problem) -> Response {
    response.extensions_mut().insert(problem);
    response
}
