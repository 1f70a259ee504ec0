//! What the links in mails open: confirm an address, set a new password, unlock, change an address.
//!
//! The token stands in the link's fragment, which no browser sends and no log has. The script takes it out of the address bar
//! and into the form; without scripts the person pastes the link. Opening a link alone, as scanners of mail do, changes nothing.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::administrator::reset_request::StopReset;
use domain::backup_email::ConfirmBackupEmail;
use domain::command::Origin;
use domain::email_change::{ConfirmEmailChange, ReadEmailChange};
use domain::ids::ApplicationId;
use domain::password::RequestPasswordReset;
use domain::secret::TokenHash;
use domain::signup::VerifyEmail;
use domain::unlock::UnlockAccount;
use zeroize::Zeroizing;

use super::frame::Frame;
use super::see;
use super::sign_up::{self, AskEmailPage, EmailBody};
use crate::app::App;
use crate::credentials::{address, reset_password};
use crate::http::caller::Anyone;
use crate::http::{Fields, Form, ReadBody};
use crate::problem::{Problem, ProblemCode};
use crate::run::{ask, run, run_on_the_beat};

/// The token of a link, from the script or pasted; with a new password where one is asked.
pub(super) struct Body {
    link: Zeroizing<String>,
    new_password: Option<Zeroizing<String>>,
}

impl ReadBody for Body {
    fn read(fields: &mut Fields) -> Self {
        let link = fields.optional_secret("link", 0..=2_000).unwrap_or_default();
        Self { link, new_password: fields.optional_secret("new_password", 0..=60_000) }
    }
}

impl Body {
    /// The token in what was pasted: a whole link, or its end.
    fn token(&self) -> TokenHash {
        let text = self.link.trim();
        TokenHash::of(text.split_once("#token=").map_or(text, |(_, token)| token))
    }
}

/// What a link does.
#[derive(Clone, Copy)]
struct Purpose {
    path: &'static str,
    title: &'static str,
    lead: &'static str,
    button: &'static str,
    password: bool,
    /// Where to get another link.
    again: Option<(&'static str, &'static str)>,
}

const VERIFY: Purpose = Purpose {
    path: "/verify-email",
    title: "verify-title",
    lead: "verify-lead",
    button: "verify-button",
    password: false,
    again: Some(("/sign-up/again", "sign-up-again-link")),
};
const RESET: Purpose = Purpose {
    path: "/reset-password",
    title: "reset-title",
    lead: "reset-lead",
    button: "reset-button",
    password: true,
    again: Some(("/forgot-password", "forgot-again-link")),
};
const WELCOME: Purpose = Purpose {
    path: "/welcome",
    title: "welcome-title",
    lead: "welcome-lead",
    button: "reset-button",
    password: true,
    again: None,
};
const START_OVER: Purpose = Purpose {
    path: "/start-over",
    title: "start-over-title",
    lead: "start-over-lead",
    button: "reset-button",
    password: true,
    again: Some(("/forgot-password", "forgot-again-link")),
};
const UNLOCK: Purpose = Purpose {
    path: "/unlock",
    title: "unlock-title",
    lead: "unlock-lead",
    button: "unlock-button",
    password: false,
    again: None,
};
const STOP_RESET: Purpose = Purpose {
    path: "/stop-reset",
    title: "stop-reset-title",
    lead: "stop-reset-lead",
    button: "stop-reset-button",
    password: false,
    again: None,
};
const CHANGE_EMAIL: Purpose = Purpose {
    path: "/change-email",
    title: "change-email-title",
    lead: "change-email-lead",
    button: "change-email-button",
    password: false,
    again: None,
};
const BACKUP_EMAIL: Purpose = Purpose {
    path: "/backup-email",
    title: "backup-email-title",
    lead: "backup-email-lead",
    button: "backup-email-button",
    password: false,
    again: None,
};

#[derive(Template)]
#[template(path = "pages/mail_link.html")]
struct View<'a> {
    page: &'a Frame,
    purpose: Purpose,
    /// The link as it was sent back, to be tried again.
    link: &'a str,
    /// Whether the link is dead.
    dead: bool,
}

fn answer(page: &Frame, purpose: Purpose, link: &str) -> Result<Response, Problem> {
    let dead = page.trouble.as_ref().is_some_and(|trouble| trouble.code == ProblemCode::TokenInvalid);
    page.answer(&View { page, purpose, link: if dead { "" } else { link }, dead })
}

/// What came of a link: on to the next page, or the form once more.
fn done(
    frame: Frame,
    purpose: Purpose,
    body: &Body,
    came: Result<(), Problem>,
    next: &str,
) -> Result<Response, Problem> {
    match came {
        Ok(()) => Ok(see(next)),
        Err(problem) => answer(&frame.trouble(problem)?, purpose, &body.link),
    }
}

/// After a new password.
const TO_SIGN_IN: &str = "/sign-in?said=password-reset";
/// The same where the second factor is to be set up next.
const TO_SET_UP: &str = "/sign-in?said=welcome&next=%2Fsecurity%2Fadd";

/// Sets the password that came with a link.
async fn new_password(
    app: &App,
    origin: Origin,
    frame: Frame,
    purpose: Purpose,
    body: &Body,
    next: &str,
) -> Result<Response, Problem> {
    let password = body.new_password.clone().unwrap_or_default();
    let came = reset_password(app, body.token(), password, origin).await;
    done(frame, purpose, body, came, next)
}

/// Confirm an address.
pub(super) async fn verify(page: Frame) -> Result<Response, Problem> {
    answer(&page, VERIFY, "")
}

/// Confirms it.
pub(super) async fn submit_verify(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let came = run(&app, VerifyEmail { token: body.token(), origin }).await.map(drop);
    done(frame, VERIFY, &body, came, "/sign-in?said=verified")
}

/// Which account?
pub(super) async fn forgot(page: Frame) -> Result<Response, Problem> {
    page.answer(&ask_email(&page, ""))
}

fn ask_email<'a>(page: &'a Frame, email: &'a str) -> AskEmailPage<'a> {
    let (title, lead, button) = ("forgot-title", "forgot-lead", "forgot-button");
    AskEmailPage { page, title, lead, action: "/forgot-password", button, email }
}

/// Sends a link; the answer is the same whether there is an account.
pub(super) async fn request_reset(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<EmailBody>,
) -> Result<Response, Problem> {
    let sent = async {
        let email = address(&body.email)?;
        run_on_the_beat(&app, RequestPasswordReset { application: ApplicationId::DEFAULT, email, origin }).await
    };
    match sent.await {
        Ok(()) => Ok(see("/forgot-password/sent")),
        Err(problem) => {
            let page = frame.trouble(problem)?;
            page.answer(&ask_email(&page, &body.email))
        }
    }
}

/// Look into your mail.
pub(super) async fn reset_sent(page: Frame) -> Result<Response, Problem> {
    sign_up::reset_sent(&page)
}

/// Set a new password.
pub(super) async fn reset(page: Frame) -> Result<Response, Problem> {
    answer(&page, RESET, "")
}

/// Sets it.
pub(super) async fn submit_reset(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    new_password(&app, origin, frame, RESET, &body, TO_SIGN_IN).await
}

/// Choose the first password of an administrator.
pub(super) async fn welcome(page: Frame) -> Result<Response, Problem> {
    answer(&page, WELCOME, "")
}

/// Sets it. What comes after the sign-in is the second factor, without which the administration stays closed.
pub(super) async fn submit_welcome(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    new_password(&app, origin, frame, WELCOME, &body, TO_SET_UP).await
}

/// Set up the sign-in again.
pub(super) async fn start_over(page: Frame) -> Result<Response, Problem> {
    answer(&page, START_OVER, "")
}

/// Sets the new password; the second factor comes after the sign-in.
pub(super) async fn submit_start_over(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    new_password(&app, origin, frame, START_OVER, &body, TO_SET_UP).await
}

/// Let me try again.
pub(super) async fn unlock(page: Frame) -> Result<Response, Problem> {
    answer(&page, UNLOCK, "")
}

/// Allows one more challenge.
pub(super) async fn submit_unlock(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let came = run(&app, UnlockAccount { token: body.token(), origin }).await.map(drop);
    done(frame, UNLOCK, &body, came, "/sign-in?said=unlocked")
}

/// Stop the reset.
pub(super) async fn stop_reset(page: Frame) -> Result<Response, Problem> {
    answer(&page, STOP_RESET, "")
}

/// Stops it.
pub(super) async fn submit_stop_reset(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let came = run(&app, StopReset { token: body.token(), origin }).await;
    done(frame, STOP_RESET, &body, came, "/sign-in?said=reset-stopped")
}

/// Confirm the new address.
pub(super) async fn change_email(page: Frame) -> Result<Response, Problem> {
    answer(&page, CHANGE_EMAIL, "")
}

/// Changes it.
pub(super) async fn submit_change_email(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let changed = async {
        let wanted = ask(&app, &ReadEmailChange { token: body.token() }).await?;
        run(&app, ConfirmEmailChange { token: body.token(), wanted, origin }).await
    };
    let came = changed.await.map(drop);
    done(frame, CHANGE_EMAIL, &body, came, "/sign-in?said=email-changed")
}

/// Confirm the backup address.
pub(super) async fn backup_email(page: Frame) -> Result<Response, Problem> {
    answer(&page, BACKUP_EMAIL, "")
}

/// Confirms it.
pub(super) async fn submit_backup_email(
    State(app): State<App>,
    Anyone(origin): Anyone,
    frame: Frame,
    Form(body): Form<Body>,
) -> Result<Response, Problem> {
    let came = run(&app, ConfirmBackupEmail { token: body.token(), origin }).await.map(drop);
    done(frame, BACKUP_EMAIL, &body, came, "/sign-in?said=notices-copied")
}
