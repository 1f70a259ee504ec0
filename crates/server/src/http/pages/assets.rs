//! Style, script and picture of the pages, from the binary. Their addresses change with their content, so browsers keep them.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::app::App;

const STYLE: &str = include_str!("../../../assets/page.css");
const SCRIPT: &str = include_str!("../../../assets/page.js");
const ICON: &str = include_str!("../../../assets/icon.svg");

/// Changes whenever one of them does.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = [STYLE, SCRIPT, ICON].iter().fold(Sha256::new(), sha2::Digest::chain_update);
    HEXLOWER.encode(digest.finalize().get(..6).unwrap_or_default())
});

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/assets/page.css", get(async || asset(STYLE, "text/css; charset=utf-8")))
        .route("/assets/page.js", get(async || asset(SCRIPT, "text/javascript; charset=utf-8")))
        .route("/assets/icon.svg", get(async || asset(ICON, "image/svg+xml")))
}

fn asset(text: &'static str, kind: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, text).into_response()
}
