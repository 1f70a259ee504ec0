//! `GET /docs`: the reference page of the API; `GET /problems/{code}`: what a refusal means, where its `type` leads.
//!
//! In production only the operators' own address serves the reference. A refusal is explained wherever one is given: what
//! stands there is the same for everybody, and known to whoever was refused. Neither holds a script or a form, and their
//! policy allows neither. All are drawn once, at the start.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;

use crate::fault::Fault;
use crate::problem::{Problem, ProblemCode};
use crate::reference;

const CSP: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes; the examples of the page call the server at `base_url`.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(base_url: &str) -> Result<Router<S>, Fault> {
    let page = reference::page(base_url)?;
    Ok(Router::new()
        .route("/docs", get(async move || (headers("text/html; charset=utf-8"), page.clone())))
        .route("/docs/reference.css", get(async || (headers("text/css; charset=utf-8"), reference::STYLE))))
}

/// The pages of the refusals, and their style sheet.
pub(super) fn problems<S: Clone + Send + Sync + 'static>() -> Result<Router<S>, Fault> {
    let pages = Arc::new(reference::problems()?);
    let page = async move |Path(code): Path<String>| match pages.get(&code) {
        Some(page) => (headers("text/html; charset=utf-8"), page.clone()).into_response(),
        None => Problem::new(ProblemCode::NotFound).into_response(),
    };
    Ok(Router::new()
        .route("/problems/{code}", get(page))
        .route("/problems/style.css", get(async || (headers("text/css; charset=utf-8"), reference::STYLE))))
}

fn headers(kind: &'static str) -> [(HeaderName, &'static str); 3] {
    [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, CSP), (CACHE_CONTROL, "public, max-age=300")]
}
