//! The security page: how a person's account is guarded, at a glance.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::session::listing::{ListedSession, ReadSessions};
use domain::status::{ReadStatus, Status};
use domain::trusted_device::{ListTrustedDevices, ListedDevice, device_name};

use super::frame::Frame;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::caller::CookieDevice;
use crate::problem::Problem;
use crate::run::ask;

/// Devices and sessions shown at most.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "pages/security.html")]
struct View<'a> {
    page: &'a Frame,
    email: &'a str,
    status: Status,
    devices: Vec<ListedDevice>,
    /// Each with what its browser is called.
    sessions: Vec<(String, ListedSession)>,
}

/// How it stands.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    CookieDevice(device): CookieDevice,
    mut page: Frame,
) -> Result<Response, Problem> {
    let bearer = visitor.bearer;
    page.signed_in = true;
    let status = ask(&app, &ReadStatus { bearer }).await?;
    let devices = ask(&app, &ListTrustedDevices { bearer, device, after: None, limit: SHOWN }).await?.items;
    let sessions = ask(&app, &ReadSessions { bearer, after: None }).await?.items.into_iter();
    let named = |listed: ListedSession| (device_name(listed.session.origin.user_agent.as_deref()), listed);
    let sessions = sessions.map(named).collect();
    page.answer(&View { page: &page, email: visitor.email.as_str(), status, devices, sessions })
}
