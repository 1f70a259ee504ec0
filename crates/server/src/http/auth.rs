//! The login API, `/auth/…`: one file per call, each about parsing and nothing else.

mod challenge;
mod jwks;
mod login;
mod logout;
mod refresh;
mod send_code;
mod setup;
mod signup;
mod status;
mod verify;
mod verify_email;
mod verify_setup;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::ProblemCode;

/// What each call may refuse beyond what every call may: its documentation, held against the answers by the tests.
pub const REFUSALS: &[(&str, &[ProblemCode])] = &[
    ("/auth/signup/", signup::REFUSALS),
    ("/auth/verify-email/", verify_email::REFUSALS),
    ("/auth/verify-email/resend/", verify_email::RESEND_REFUSALS),
    ("/auth/login/", login::REFUSALS),
    ("/auth/2fa/challenge/", challenge::REFUSALS),
    ("/auth/2fa/send-code/", send_code::REFUSALS),
    ("/auth/2fa/verify/", verify::REFUSALS),
    ("/auth/token/refresh/", refresh::REFUSALS),
    ("/auth/logout/", logout::REFUSALS),
    ("/auth/2fa/setup/", setup::REFUSALS),
    ("/auth/2fa/verify-setup/", verify_setup::REFUSALS),
    ("/auth/2fa/status/", status::REFUSALS),
    ("/.well-known/jwks.json", &[]),
];

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(signup::signup))
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(verify_email::resend))
        .routes(routes!(login::login))
        .routes(routes!(challenge::challenge))
        .routes(routes!(send_code::send_code))
        .routes(routes!(verify::verify))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(setup::setup))
        .routes(routes!(verify_setup::verify_setup))
        .routes(routes!(status::status))
        .routes(routes!(jwks::jwks))
}
