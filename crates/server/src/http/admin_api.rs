//! The administration for programs, `/admin/v1/…`: what the pages of the help desk show and do, with a key in the place of a
//! session. The rules are those of the pages; what a key may not do is decided with them.

mod people;
mod view;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::key_limit;
use crate::app::App;
use crate::problem::ProblemCode;

/// What the calls of each path may refuse beyond what every call with a key of the administration may.
pub const REFUSALS: &[(&str, &[ProblemCode])] = &[
    ("/admin/v1/people", &[]),
    ("/admin/v1/people/{user}", &[]),
    ("/admin/v1/people/{user}/story", &[]),
    ("/admin/v1/people/{user}/acts", people::ACT_REFUSALS),
];

/// What any call with such a key may refuse.
pub const KEYED: &[ProblemCode] = &[ProblemCode::ApiKeyInvalid, ProblemCode::TooManyAttempts];

/// The routes, each call counted by its key.
pub fn router(app: &App) -> Router<App> {
    let (routes, _) = routes().split_for_parts();
    routes.route_layer(from_fn_with_state(app.clone(), key_limit::of_the_administration))
}

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(people::find))
        .routes(routes!(people::read))
        .routes(routes!(people::story))
        .routes(routes!(people::act))
}
