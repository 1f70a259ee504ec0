//! The second-factor API, `/v1/…`, for applications with a login of their own: one file per noun, each about parsing and
//! nothing else. A second door to the same house.

mod application;
mod audit;
mod call;
mod challenges;
mod factors;
mod import;
mod users;
mod view;
mod webhooks;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::key_limit;
use crate::app::App;
use crate::problem::ProblemCode;

/// What the calls of each path may refuse beyond what every call with a key may: their documentation, held against the answers
/// by the tests.
pub const REFUSALS: &[(&str, &[ProblemCode])] = &[
    ("/v1/application", &[]),
    ("/v1/challenges", challenges::REQUEST_REFUSALS),
    ("/v1/challenges/redeem", challenges::REDEEM_REFUSALS),
    ("/v1/challenges/{id}", challenges::REFUSALS),
    ("/v1/challenges/{id}/send", challenges::SEND_REFUSALS),
    ("/v1/challenges/{id}/verify", challenges::VERIFY_REFUSALS),
    ("/v1/users/{id}", &[]),
    ("/v1/users/{id}/factors", factors::ADD_REFUSALS),
    ("/v1/users/{id}/factors/{fid}/activate", factors::ACTIVATE_REFUSALS),
    ("/v1/users/{id}/factors/{fid}", &[]),
    ("/v1/users/{id}/recovery-codes", &[]),
    ("/v1/users/{id}/devices", &[]),
    ("/v1/users/{id}/devices/{did}", &[]),
    ("/v1/users/{id}/events", &[]),
    ("/v1/users/{id}/unlock", &[]),
    ("/v1/users/{id}/reset", &[]),
    ("/v1/users/{id}/session-link", &[]),
    ("/v1/import", &[]),
    ("/v1/audit", &[]),
    ("/v1/webhooks", &[]),
    ("/v1/webhooks/{wid}", webhooks::REFUSALS),
];

/// What one call refuses, and the others of its path do not.
pub const REFUSALS_OF_ONE: &[(&str, &str, &[ProblemCode])] = &[
    ("delete", "/v1/users/{id}/factors/{fid}", factors::REMOVE_REFUSALS),
    ("post", "/v1/users/{id}/recovery-codes", users::MAKE_CODES_REFUSALS),
    ("get", "/v1/users/{id}/recovery-codes", users::CODES_FILE_REFUSALS),
    ("post", "/v1/webhooks", webhooks::ADD_REFUSALS),
];

/// What any call with a key may refuse.
pub const KEYED: &[ProblemCode] =
    &[ProblemCode::ApiKeyInvalid, ProblemCode::FeatureDisabled, ProblemCode::TooManyAttempts];

/// What any call with an idempotency key may refuse.
pub const ONCE: &[ProblemCode] = &[ProblemCode::ReplayExpired, ProblemCode::IdempotencyKeyReused];

/// The routes, each call counted by its key.
pub fn router(app: &App) -> Router<App> {
    let (routes, _) = routes().split_for_parts();
    routes.route_layer(from_fn_with_state(app.clone(), key_limit::of_applications))
}

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(application::read, application::change))
        .routes(routes!(challenges::request))
        .routes(routes!(challenges::redeem))
        .routes(routes!(challenges::read, challenges::cancel))
        .routes(routes!(challenges::send))
        .routes(routes!(challenges::verify))
        .routes(routes!(users::read))
        .routes(routes!(factors::add))
        .routes(routes!(factors::activate))
        .routes(routes!(factors::change, factors::remove))
        .routes(routes!(users::recovery_codes, users::recovery_codes_file))
        .routes(routes!(users::devices, users::revoke_all))
        .routes(routes!(users::revoke_one))
        .routes(routes!(users::events))
        .routes(routes!(users::unlock))
        .routes(routes!(users::reset))
        .routes(routes!(users::session_link))
        .routes(routes!(import::import))
        .routes(routes!(audit::read))
        .routes(routes!(webhooks::add, webhooks::list))
        .routes(routes!(webhooks::remove))
}
