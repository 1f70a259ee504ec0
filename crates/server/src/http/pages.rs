//! The hosted pages: what most people see of this server.
//!
//! A page adds no rules. It reads a form, runs the commands that the API runs, and says what came of it; a change is answered
//! with a redirect, so that reloading repeats nothing. Every page works without scripts, runs nothing inline, and loads
//! nothing from elsewhere. Pages are never stored, and never framed.
//!
//! Who is signed in stands in the session cookie ([`visitor`]). A sign-in that waits for its second factor stands in the
//! challenge cookie, and in no page: so it cannot be finished in another browser. A challenge that an application asked for
//! ([`hosted`]) is of the browser that opened its link first; whoever answers it is signed in nowhere here, and goes back.
//! Somebody that an application has sent to their own security page ([`settings`]) stands in a cookie of its own.

mod account;
mod admin;
mod assets;
mod backup_email;
mod desk;
mod devices;
mod enroll;
mod factor;
mod frame;
mod hosted;
mod language;
mod look;
mod mail_link;
mod recovery;
mod second_factor;
mod security;
mod settings;
mod sign_in;
mod sign_up;
mod target;
mod trouble;
mod visitor;
mod words;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

pub(super) use admin::administration;
pub(super) use look::Look;
pub(super) use trouble::nothing;

use crate::app::App;

/// The routes.
pub(super) fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::to("/security")))
        .route("/language", post(language::choose))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-in/code", get(second_factor::show).post(second_factor::submit))
        .route("/second-factor/open/{link}", get(hosted::open))
        .route("/second-factor/{challenge}", get(hosted::show).post(hosted::submit))
        .route("/second-factor/{challenge}/cancel", post(hosted::cancel))
        .route("/second-factor/{challenge}/return", post(hosted::go_back))
        .route("/second-factor/{challenge}/enroll", post(hosted::enroll::begin))
        .route("/second-factor/{challenge}/set-up/{factor}", get(hosted::enroll::set_up).post(hosted::enroll::confirm))
        .route("/second-factor/{challenge}/recovery-codes", get(hosted::enroll::codes))
        .route("/second-factor/{challenge}/recovery-codes/file", get(hosted::enroll::file))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sign-up", get(sign_up::show).post(sign_up::submit))
        .route("/sign-up/sent", get(sign_up::sent))
        .route("/sign-up/again", get(sign_up::again).post(sign_up::resend))
        .route("/forgot-password", get(mail_link::forgot).post(mail_link::request_reset))
        .route("/forgot-password/sent", get(mail_link::reset_sent))
        .route("/reset-password", get(mail_link::reset).post(mail_link::submit_reset))
        .route("/welcome", get(mail_link::welcome).post(mail_link::submit_welcome))
        .route("/start-over", get(mail_link::start_over).post(mail_link::submit_start_over))
        .route("/stop-reset", get(mail_link::stop_reset).post(mail_link::submit_stop_reset))
        .route("/verify-email", get(mail_link::verify).post(mail_link::submit_verify))
        .route("/unlock", get(mail_link::unlock).post(mail_link::submit_unlock))
        .route("/change-email", get(mail_link::change_email).post(mail_link::submit_change_email))
        .route("/backup-email", get(mail_link::backup_email).post(mail_link::submit_backup_email))
        .route("/security", get(security::show))
        .route("/security/prove", get(desk::show).post(desk::submit))
        .route("/security/add", get(enroll::choose))
        .route("/security/add/{method}", get(enroll::show).post(enroll::begin))
        .route("/security/set-up/{factor}", get(enroll::set_up).post(enroll::confirm))
        .route("/security/factors/{factor}", get(factor::show).post(factor::submit))
        .route("/security/recovery-codes", get(recovery::show).post(recovery::make))
        .route("/security/recovery-codes/new", get(recovery::new))
        .route("/security/recovery-codes/file", get(recovery::file))
        .route("/security/remember", get(devices::ask).post(devices::remember))
        .route("/security/devices/forget", post(devices::forget_all))
        .route("/security/devices/{device}/forget", post(devices::forget))
        .route("/security/sessions/end", post(devices::end_others))
        .route("/security/sessions/{session}/end", post(devices::end))
        .route("/security/password", get(account::password).post(account::submit_password))
        .route("/security/email", get(account::email).post(account::submit_email))
        .route("/security/backup-email", get(backup_email::show).post(backup_email::submit))
        .route("/security/off", get(account::off).post(account::submit_off))
        .route("/settings", get(security::show))
        .route("/settings/open/{link}", get(settings::open))
        .route("/settings/leave", post(settings::leave))
        .route("/settings/prove", get(desk::show).post(desk::submit))
        .route("/settings/add", get(enroll::choose))
        .route("/settings/add/{method}", get(enroll::show).post(enroll::begin))
        .route("/settings/set-up/{factor}", get(enroll::set_up).post(enroll::confirm))
        .route("/settings/factors/{factor}", get(factor::show).post(factor::submit))
        .route("/settings/recovery-codes", get(recovery::show).post(recovery::make))
        .route("/settings/recovery-codes/new", get(recovery::new))
        .route("/settings/recovery-codes/file", get(recovery::file))
        .route("/settings/devices/forget", post(devices::forget_all))
        .route("/settings/devices/{device}/forget", post(devices::forget))
        .route("/settings/off", get(account::off).post(account::submit_off))
        .layer(from_fn_with_state(app.clone(), trouble::as_pages))
        .merge(assets::routes())
}

/// A redirect to one of our own pages, after which reloading repeats nothing.
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}
