//! What a person can change beside their factors: password, address, and whether there is a second factor at all.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::code::TypedCode;
use domain::disable::Disable;
use domain::email_change::BeginEmailChange;
use domain::sent_code::SessionPurpose;
use zeroize::Zeroizing;

use super::desk::{self, CodeQuestion, Desk};
use super::devices::Body;
use super::frame::Frame;
use super::see;
use super::sign_up::EmailBody;
use crate::app::App;
use crate::credentials::{address, change_password};
use crate::http::{Fields, Form, ReadBody};
use crate::problem::Problem;
use crate::run::run_on_the_beat;

#[derive(Template)]
#[template(path = "pages/password.html")]
struct PasswordView<'a> {
    page: &'a Frame,
    email: &'a str,
}

/// The form for a new password.
pub(super) async fn password(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    match desk.unproved(&app).await? {
        Some(question) => Ok(question),
        None => desk.page.answer(&PasswordView { page: &desk.page, email: &desk.email }),
    }
}

/// The old and the new one.
pub(super) struct Passwords {
    current: Zeroizing<String>,
    new: Zeroizing<String>,
}

impl ReadBody for Passwords {
    fn read(fields: &mut Fields) -> Self {
        Self { current: fields.secret("password", 0..=60_000), new: fields.secret("new_password", 0..=60_000) }
    }
}

/// Changes the password.
pub(super) async fn submit_password(
    State(app): State<App>,
    desk: Desk,
    Form(body): Form<Passwords>,
) -> Result<Response, Problem> {
    let refresh = Some(desk.token.clone());
    let came = change_password(&app, desk.bearer, (body.current, body.new), refresh, desk.origin.clone()).await;
    let refused = match desk.came(&app, came, "/security?said=password-changed") {
        Ok(response) => return Ok(response),
        Err(refused) => refused,
    };
    match refused.on("/security/password")? {
        Ok(desk) => desk.page.answer(&PasswordView { page: &desk.page, email: &desk.email }),
        Err(response) => Ok(response),
    }
}

#[derive(Template)]
#[template(path = "pages/email.html")]
struct EmailView<'a> {
    page: &'a Frame,
    email: &'a str,
    new: &'a str,
}

/// The form for a new address.
pub(super) async fn email(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    match desk.unproved(&app).await? {
        Some(question) => Ok(question),
        None => desk.page.answer(&EmailView { page: &desk.page, email: &desk.email, new: "" }),
    }
}

/// Sends a link to the new address.
pub(super) async fn submit_email(
    State(app): State<App>,
    desk: Desk,
    Form(body): Form<EmailBody>,
) -> Result<Response, Problem> {
    let (bearer, origin) = (desk.bearer, desk.origin.clone());
    let sent = async {
        let email = address(&body.email)?;
        run_on_the_beat(&app, BeginEmailChange { bearer, email, origin }).await
    };
    let refused = match sent.await {
        Ok(()) => return Ok(see("/security?said=email-change-sent")),
        Err(problem) => desk.refused(problem),
    };
    match refused.on("/security/email")? {
        Ok(desk) => desk.page.answer(&EmailView { page: &desk.page, email: &desk.email, new: &body.email }),
        Err(response) => Ok(response),
    }
}

#[derive(Template)]
#[template(path = "pages/off.html")]
struct OffView<'a> {
    page: &'a Frame,
    code: CodeQuestion,
}

/// Turn it off? The code is its own proof.
pub(super) async fn off(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    answer_off(&app, &desk).await
}

async fn answer_off(app: &App, desk: &Desk) -> Result<Response, Problem> {
    let status = desk.status(app).await?;
    if status.factors.is_empty() || !desk.may_turn_off() {
        return Ok(see(desk.page.desk));
    }
    desk.page.answer(&OffView { page: &desk.page, code: CodeQuestion::of(&desk.page, &status) })
}

/// Turns it off.
pub(super) async fn submit_off(
    State(app): State<App>,
    mut desk: Desk,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let came = if let Some(factor) = body.send {
        match desk::send(&app, &desk, SessionPurpose::Disable, factor).await {
            Ok(()) => return Ok(see(&desk.page.at(&format!("/off?by={factor}")))),
            Err(problem) => Err(problem),
        }
    } else if body.code.trim().is_empty() {
        desk.page = desk.page.missing("code", "trouble-code-missing")?;
        return answer_off(&app, &desk).await;
    } else {
        let (bearer, refresh, origin) = (desk.bearer, Some(desk.token.clone()), desk.origin.clone());
        let command = Disable { bearer, code: TypedCode::parse(&body.code), refresh, origin };
        desk.turn_off(&app, command).await.map(|disabled| disabled.grant)
    };
    let (done, here) = (desk.page.at("?said=off"), desk.page.at("/off"));
    let refused = match desk.came(&app, came, &done) {
        Ok(response) => return Ok(response),
        Err(refused) => refused,
    };
    match refused.on(&here)? {
        Ok(desk) => answer_off(&app, &desk).await,
        Err(response) => Ok(response),
    }
}
