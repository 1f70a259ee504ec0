//! `GET /docs`: the reference page of the API, and its style sheet.
//!
//! In production only the operators' own address serves it. It holds no script and no form, and its policy allows neither. It is drawn once, at the start.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::routing::get;

use crate::fault::Fault;
use crate::reference;

const CSP: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes; the examples of the page call the server at `base_url`.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(base_url: &str) -> Result<Router<S>, Fault> {
    let page = reference::page(base_url)?;
    Ok(Router::new()
        .route("/docs", get(async move || (headers("text/html; charset=utf-8"), page.clone())))
        .route("/docs/reference.css", get(async || (headers("text/css; charset=utf-8"), reference::STYLE))))
}

fn headers(kind: &'static str) -> [(HeaderName, &'static str); 3] {
    [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, CSP), (CACHE_CONTROL, "public, max-age=300")]
}
