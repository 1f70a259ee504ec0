//! Pages: so far those that links in mails open.
//!
//! The token stands in the link's fragment, which no browser sends and no log has. The page takes it out of the address bar
//! and hands it to the API when the person says so; opening the link alone, as scanners of mail do, changes nothing.

use askama::Template;
use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::PAGE_CSP;
use crate::app::App;
use crate::fault::Fault;
use crate::problem::Problem;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/verify-email", get(verify_email))
        .route("/backup-email", get(backup_email))
        .route(
            "/assets/link.js",
            get(async || asset(include_str!("../../assets/link.js"), "text/javascript; charset=utf-8")),
        )
        .route(
            "/assets/page.css",
            get(async || asset(include_str!("../../assets/page.css"), "text/css; charset=utf-8")),
        )
}

/// A page that does one thing with the token of its link.
#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    title: &'static str,
    lead: &'static str,
    action: &'static str,
    call: &'static str,
    done: &'static str,
    gone: &'static str,
}

async fn verify_email() -> Result<Response, Problem> {
    page(&LinkPage {
        title: "Confirm your e-mail address",
        lead: "One step is left: confirm that the address is yours.",
        action: "Confirm the address",
        call: "/auth/verify-email/",
        done: "Your address is confirmed. You can sign in now.",
        gone: "This link was used already, or its time is over. Ask for a new one where you signed up.",
    })
}

async fn backup_email() -> Result<Response, Problem> {
    page(&LinkPage {
        title: "Confirm your backup address",
        lead: "One step is left: confirm that copies of security notices may come to this address.",
        action: "Confirm the address",
        call: "/auth/2fa/backup-email/confirm/",
        done: "From now on this address gets a copy of every security notice.",
        gone: "This link was used already, or its time is over. Ask for a new one in the security settings.",
    })
}

fn page(page: &LinkPage) -> Result<Response, Problem> {
    let html = page.render().map_err(|error| Fault::new("a page could not be written", error))?;
    let headers: [(HeaderName, HeaderValue); 2] =
        [(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")), (CONTENT_SECURITY_POLICY, PAGE_CSP)];
    Ok((headers, html).into_response())
}

fn asset(text: &'static str, kind: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}
