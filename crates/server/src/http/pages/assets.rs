//! Style, script and picture of the pages, from the binary. Their addresses change with their content, so browsers keep them.

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::problem::{Problem, ProblemCode};

pub(super) const STYLE: &str = include_str!("../../../assets/page.css");
/// The further one of the administration.
pub(super) const ADMIN_STYLE: &str = include_str!("../../../assets/admin.css");
pub(super) const SCRIPT: &str = include_str!("../../../assets/page.js");
pub(super) const ICON: &str = include_str!("../../../assets/icon.svg");

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/assets/page.css", get(style))
        .route("/assets/admin.css", get(async || asset(ADMIN_STYLE, "text/css; charset=utf-8")))
        .route("/assets/page.js", get(async || asset(SCRIPT, "text/javascript; charset=utf-8")))
        .route("/assets/icon.svg", get(async || asset(ICON, "image/svg+xml")))
        .route("/assets/logo", get(logo))
}

async fn style(State(app): State<App>) -> Response {
    asset(app.http.pages().style.clone(), "text/css; charset=utf-8")
}

async fn logo(State(app): State<App>) -> Result<Response, Problem> {
    let logo = app.http.pages().logo.as_ref().ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    Ok(asset(logo.bytes.clone(), logo.media_type))
}

fn asset(content: impl IntoResponse, kind: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, content).into_response()
}
