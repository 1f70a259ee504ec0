//! Making an account: address and password, then a link by mail.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::ids::ApplicationId;
use domain::signup::ResendVerification;
use store::Surroundings;
use zeroize::Zeroizing;

use super::frame::Frame;
use super::see;
use crate::app::App;
use crate::credentials::{address, sign_up};
use crate::http::caller::Anyone;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::run_on_the_beat;

/// What is typed.
pub(super) struct Body {
    email: String,
    password: Zeroizing<String>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text("email", 0..=320), password: fields.secret("new_password", 0..=60_000) }
    }
}

#[derive(Template)]
#[template(path = "pages/sign_up.html")]
struct View<'a> {
    page: &'a Frame,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "pages/sent.html")]
struct SentPage<'a> {
    page: &'a Frame,
    title: &'static str,
    text: &'static str,
    again: &'static str,
    again_text: &'static str,
}

#[derive(Template)]
#[template(path = "pages/ask_email.html")]
pub(super) struct AskEmailPage<'a> {
    pub(super) page: &'a Frame,
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) action: &'static str,
    pub(super) button: &'static str,
    pub(super) email: &'a str,
}

/// The form.
pub(super) async fn show(State(app): State<App>, page: Frame) -> Result<Response, Problem> {
    if !app.world.policy().signup_enabled {
        return Err(Problem::new(ProblemCode::FeatureDisabled));
    }
    page.answer(&View { page: &page, email: "" })
}

/// Begins an account.
pub(super) async fn submit(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    match sign_up(&app, &body.email, body.password, origin).await {
        Ok(()) => Ok(see("/sign-up/sent")),
        Err(problem) if problem.code() == ProblemCode::FeatureDisabled => Err(problem),
        Err(problem) => {
            let page = frame.trouble(problem)?;
            page.answer(&View { page: &page, email: &body.email })
        }
    }
}

/// Look into your mail.
pub(super) async fn sent(page: Frame) -> Result<Response, Problem> {
    page.answer(&SentPage {
        page: &page,
        title: "sent-title",
        text: "sign-up-sent",
        again: "/sign-up/again",
        again_text: "sign-up-again-link",
    })
}

fn ask_again<'a>(page: &'a Frame, email: &'a str) -> AskEmailPage<'a> {
    let (title, lead, button) = ("sign-up-again-title", "sign-up-again-lead", "sign-up-again-button");
    AskEmailPage { page, title, lead, action: "/sign-up/again", button, email }
}

/// Which address waits for its mail?
pub(super) async fn again(page: Frame) -> Result<Response, Problem> {
    page.answer(&ask_again(&page, ""))
}

/// One address.
pub(super) struct EmailBody {
    pub(super) email: String,
}

impl ReadBody for EmailBody {
    fn read(fields: &mut Fields) -> Self {
        Self { email: fields.text("email", 0..=320) }
    }
}

/// Sends the mail again; the answer is the same whether there was one.
pub(super) async fn resend(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<EmailBody>,
) -> Result<Response, Problem> {
    let sent = async {
        let email = address(&body.email)?;
        run_on_the_beat(&app, ResendVerification { application: ApplicationId::DEFAULT, email, origin }).await
    };
    match sent.await {
        Ok(()) => Ok(see("/sign-up/sent")),
        Err(problem) => {
            let page = frame.trouble(problem)?;
            page.answer(&ask_again(&page, &body.email))
        }
    }
}

/// Look into your mail: the page after a wish for a new password.
pub(super) fn reset_sent(page: &Frame) -> Result<Response, Problem> {
    page.answer(&SentPage {
        page,
        title: "sent-title",
        text: "forgot-sent",
        again: "/forgot-password",
        again_text: "forgot-again-link",
    })
}
