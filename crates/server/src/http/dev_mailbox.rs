//! The development mailbox: what would have been sent, for a developer's eyes. Loopback only, and not in production.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_FRAME_OPTIONS};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::MailboxMessage;
use uuid::Uuid;

use super::test_mode::loopback_only;
use crate::app::App;
use crate::fault::Fault;
use crate::problem::{Problem, ProblemCode};

/// The page has one style sheet of its own; a mail is shown in a frame that runs nothing.
const LIST_CSP: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
                        frame-ancestors 'none'";
/// A mail brings its styles with it, as mails do. It may stand in a frame of ours, and open its link in a new tab.
const MAIL_CSP: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                        style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The routes.
pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/dev/mailbox", get(list))
        .route("/dev/mailbox/{id}", get(mail))
        .route("/dev/mailbox.css", get(style))
        .layer(from_fn(loopback_only))
}

#[derive(Template)]
#[template(path = "dev_mailbox.html")]
struct Page {
    messages: Vec<MailboxMessage>,
}

async fn list(State(app): State<App>) -> Result<Response, Problem> {
    let page = Page { messages: app.db.mailbox(None).await? };
    let html = page.render().map_err(|error| Fault::new("the mailbox page could not be written", error))?;
    Ok(answer(html, "text/html; charset=utf-8", LIST_CSP))
}

async fn mail(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::new(ProblemCode::NotFound))?;
    let message = app.db.mailbox(None).await?.into_iter().find(|message| message.id == id);
    let message = message.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let mut response = answer(message.html, "text/html; charset=utf-8", MAIL_CSP);
    response.headers_mut().insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

async fn style() -> Response {
    answer(include_str!("../../assets/dev_mailbox.css").to_owned(), "text/css; charset=utf-8", LIST_CSP)
}

fn answer(body: String, kind: &'static str, csp: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp))];
    (headers, body).into_response()
}
