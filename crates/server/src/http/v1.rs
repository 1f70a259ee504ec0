//! The second-factor API, `/v1/…`, for applications with a login of their own: one file per noun, each about parsing and
//! nothing else. A second door to the same house.

mod call;
mod challenges;
mod factors;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::ProblemCode;

/// What each call may refuse beyond what every call with a key may: its documentation, held against the answers by the tests.
pub const REFUSALS: &[(&str, &[ProblemCode])] = &[
    ("/v1/challenges", challenges::REQUEST_REFUSALS),
    ("/v1/challenges/{id}", challenges::REFUSALS),
    ("/v1/challenges/{id}/send", challenges::SEND_REFUSALS),
    ("/v1/challenges/{id}/verify", challenges::VERIFY_REFUSALS),
    ("/v1/users/{id}/factors", factors::REFUSALS),
];

/// What any call with a key may refuse.
pub const KEYED: &[ProblemCode] =
    &[ProblemCode::ApiKeyInvalid, ProblemCode::FeatureDisabled, ProblemCode::InvalidRequest];

/// What any call with an idempotency key may refuse.
pub const ONCE: &[ProblemCode] = &[ProblemCode::ReplayExpired, ProblemCode::IdempotencyKeyReused];

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(challenges::request))
        .routes(routes!(challenges::read, challenges::cancel))
        .routes(routes!(challenges::send))
        .routes(routes!(challenges::verify))
        .routes(routes!(factors::add))
}
