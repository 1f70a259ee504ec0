//! The login API, `/auth/…`: one file per call, each about parsing and nothing else.

mod backup_email;
mod challenge;
mod disable;
mod email_change;
mod factor;
mod jwks;
mod login;
mod logout;
mod password;
pub(super) mod recovery_code;
mod refresh;
mod send_code;
mod sessions;
mod setup;
mod signup;
mod status;
mod step_up;
mod trusted_devices;
mod unlock;
mod verify;
mod verify_email;
mod verify_setup;
pub(super) mod view;

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
    ("/auth/2fa/step-up/", step_up::REFUSALS),
    ("/auth/2fa/disable/", disable::REFUSALS),
    ("/auth/2fa/preferred-method/", factor::PREFER_REFUSALS),
    ("/auth/2fa/factors/{id}/", factor::REFUSALS),
    ("/auth/2fa/recovery-codes/generate/", recovery_code::REFUSALS),
    ("/auth/2fa/recovery-codes/download/", recovery_code::DOWNLOAD_REFUSALS),
    ("/auth/2fa/trusted-devices/", trusted_devices::REFUSALS),
    ("/auth/2fa/trusted-devices/{id}/", trusted_devices::ONE_REFUSALS),
    ("/auth/password/change/", password::CHANGE_REFUSALS),
    ("/auth/password/reset/request/", password::REQUEST_REFUSALS),
    ("/auth/password/reset/confirm/", password::CONFIRM_REFUSALS),
    ("/auth/sessions/", sessions::REFUSALS),
    ("/auth/sessions/{id}/", sessions::ONE_REFUSALS),
    ("/auth/2fa/unlock/", unlock::REFUSALS),
    ("/auth/email/change/", email_change::REFUSALS),
    ("/auth/email/change/confirm/", email_change::CONFIRM_REFUSALS),
    ("/auth/2fa/backup-email/", backup_email::REFUSALS),
    ("/auth/2fa/backup-email/confirm/", backup_email::CONFIRM_REFUSALS),
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
        .routes(routes!(step_up::step_up))
        .routes(routes!(disable::disable))
        .routes(routes!(factor::prefer))
        .routes(routes!(factor::rename, factor::remove))
        .routes(routes!(recovery_code::generate))
        .routes(routes!(recovery_code::download))
        .routes(routes!(trusted_devices::list, trusted_devices::trust, trusted_devices::revoke_all))
        .routes(routes!(trusted_devices::revoke))
        .routes(routes!(password::change))
        .routes(routes!(password::request))
        .routes(routes!(password::confirm))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end_one))
        .routes(routes!(unlock::unlock))
        .routes(routes!(email_change::change))
        .routes(routes!(email_change::confirm))
        .routes(routes!(backup_email::backup_email))
        .routes(routes!(backup_email::confirm))
        .routes(routes!(jwks::jwks))
}
