//! Signing in with a password, and signing out.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::login::LoggedIn;
use domain::secret::SecretText;
use domain::session::{RefreshHolder, SignOut, SignOutBy};
use store::Surroundings;
use zeroize::Zeroizing;

use super::frame::{Frame, with_cookie};
use super::see;
use super::target::Target;
use super::visitor::{SessionCookie, Visitor, no_session_cookie, session_cookie};
use crate::app::App;
use crate::credentials::{Credentials, log_in};
use crate::http::auth::view;
use crate::http::caller::{Anyone, CookieDevice};
use crate::http::cookies::Cookie;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run;

/// What is typed.
pub(super) struct Body {
    email: String,
    password: Zeroizing<String>,
    next: String,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email", 0..=320),
            password: fields.secret("password", 0..=60_000),
            next: fields.optional_text("next", 0..=2_000).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct View<'a> {
    page: &'a Frame,
    email: &'a str,
    signup: bool,
    /// Whether the address waits to be verified.
    unverified: bool,
}

/// The form; who is signed in goes on.
pub(super) async fn show(
    State(app): State<App>,
    frame: Frame,
    visitor: Result<Visitor, Problem>,
) -> Result<Response, Problem> {
    if visitor.is_ok() {
        return Ok(see(frame.next.as_str()));
    }
    answer(&app, &frame, "")
}

fn answer(app: &App, page: &Frame, email: &str) -> Result<Response, Problem> {
    let unverified = page.trouble.as_ref().is_some_and(|trouble| trouble.code == ProblemCode::EmailUnverified);
    page.answer(&View { page, email, signup: app.world.policy().signup_enabled, unverified })
}

/// The first step.
pub(super) async fn submit(
    State(app): State<App>,
    Anyone(origin): Anyone,
    CookieDevice(device): CookieDevice,
    mut frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    frame.next = Target::parse(&body.next, app.http.site()).unwrap_or_else(Target::home);
    let Body { email, password, .. } = body;
    let credentials = Credentials { email: email.clone(), password, holder: RefreshHolder::Pages, device, origin };
    match log_in(&app, &credentials).await {
        Ok(LoggedIn::FactorDue { partial_token, .. }) => {
            Ok(with_cookie(see(&frame.next.behind("/sign-in/code")), challenge_cookie(&app, &partial_token)))
        }
        Ok(LoggedIn::HashChanged) => {
            answer(&app, &frame.trouble(Problem::new(ProblemCode::CredentialsInvalid))?, &email)
        }
        Ok(LoggedIn::NoFactor(grant, _)) => Ok(with_cookie(see(frame.next.as_str()), session_cookie(&app, &grant))),
        Ok(LoggedIn::TrustedDevice { grant, cookie, .. }) => {
            let mut response = with_cookie(see(frame.next.as_str()), session_cookie(&app, &grant));
            view::device_cookie(&app, cookie.as_ref(), response.headers_mut());
            Ok(response)
        }
        Err(problem) => answer(&app, &frame.trouble(problem)?, &email),
    }
}

/// The cookie that holds the partial token, for as long as a challenge lives.
fn challenge_cookie(app: &App, token: &SecretText) -> Option<axum::http::HeaderValue> {
    let life = u64::try_from(app.world.policy().challenge_life.as_secs()).unwrap_or(0);
    app.http.site().cookies().set(Cookie::Challenge, token.expose(), std::time::Duration::from_secs(life))
}

/// Nothing but the button.
pub(super) struct Empty;

impl ReadBody for Empty {
    fn read(_: &mut Fields) -> Self {
        Self
    }
}

/// Ends the session. Where it is over already, nothing is left to say.
pub(super) async fn sign_out(
    State(app): State<App>,
    Anyone(origin): Anyone,
    SessionCookie(token): SessionCookie,
    Form(Empty): Form<Empty>,
) -> Result<Response, Problem> {
    if let Some(token) = token {
        match run(&app, SignOut { by: SignOutBy::Refresh(token), origin }).await {
            Err(problem) if problem.code() != ProblemCode::TokenInvalid => return Err(problem),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(with_cookie(see("/sign-in?said=signed-out"), no_session_cookie(&app)))
}
