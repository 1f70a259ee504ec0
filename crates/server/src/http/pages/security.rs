//! The security page: how a person's account is guarded, at a glance.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::application::visit::Visit;
use domain::audit::AuditAction;
use domain::event::{Event, ReadEvents};
use domain::session::listing::{ListedSession, ReadSessions};
use domain::status::Status;
use domain::trusted_device::{ListTrustedDevices, ListedDevice, device_name};
use store::Surroundings;

use super::desk::Desk;
use super::enroll::kinds;
use super::frame::Frame;
use crate::app::App;
use crate::fault::Fault;
use crate::http::caller::CookieDevice;
use crate::problem::Problem;

/// Devices and sessions shown at most.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "pages/security.html")]
struct View<'a> {
    page: &'a Frame,
    email: &'a str,
    status: Status,
    /// How long codes are not accepted.
    locked: Option<String>,
    devices: Vec<ListedDevice>,
    /// Each with what its browser is called.
    sessions: Vec<(String, ListedSession)>,
    /// What happened of late: its text, and with which browser.
    events: Vec<(String, Option<String>, Event)>,
    /// Whether second factors are switched on here at all.
    offered: bool,
    /// Whether there is a kind of factor that can be added.
    can_add: bool,
    /// Whether this browser could be remembered.
    can_remember: bool,
    /// Who has sent the person, where it was an application.
    visit: Option<&'a Visit>,
}

/// How it stands.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    CookieDevice(device): CookieDevice,
) -> Result<Response, Problem> {
    let (bearer, page) = (desk.bearer, &desk.page);
    let status = desk.status(&app).await?;
    let devices = desk.ask(&app, ListTrustedDevices { bearer, device, after: None, limit: SHOWN }).await?.items;
    let own = desk.visit.is_none();
    let sessions = if own { desk.ask(&app, ReadSessions { bearer, after: None }).await?.items } else { Vec::new() };
    let named = |listed: ListedSession| (device_name(listed.session.origin.user_agent.as_deref()), listed);
    let sessions = sessions.into_iter().map(named).collect();
    let events = desk.ask(&app, ReadEvents { bearer }).await?.into_iter();
    let events = events.map(|event| {
        let browser = event.user_agent.as_deref().map(|agent| device_name(Some(agent)));
        (key(event.action, event.success), browser, event)
    });
    let events = events.collect();
    let known = devices.iter().any(|device| device.current);
    let policy = app.world.policy();
    let offered = policy.two_factor_enabled;
    let can_add = !kinds(&app, &desk).is_empty();
    let can_remember = own && policy.trusted_devices && status.is_enabled && !known;
    let visit = desk.visit.as_ref();
    let locked = status.locked_until.map(|until| page.how_long(page.seconds_to(until))).transpose();
    let locked = locked.map_err(|error| Fault::new("a span of time has no words", error))?;
    let email = &desk.email;
    page.answer(&View { page, email, status, locked, devices, sessions, events, offered, can_add, can_remember, visit })
}

/// The name of the text about an event.
pub(super) fn key(action: AuditAction, success: bool) -> String {
    let name = action.as_str().replace('_', "-");
    let guesses = [AuditAction::CodeVerified, AuditAction::PasswordChecked, AuditAction::SteppedUp];
    if guesses.contains(&action) && !success { format!("event-{name}-failed") } else { format!("event-{name}") }
}
