//! `GET /.well-known/jwks.json`

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;

use crate::app::App;
use crate::http::Json;
use crate::token::JwkSet;

/// The keys to check access tokens with, and behind them those of receipts (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "session",
    responses((status = 200, description = "The keys of each kind, the one in use first.", body = JwkSet)))]
pub(super) async fn jwks(State(app): State<App>) -> ([(HeaderName, &'static str); 1], Json<JwkSet>) {
    ([(CACHE_CONTROL, "public, max-age=300")], Json(app.tokens.jwks()))
}
