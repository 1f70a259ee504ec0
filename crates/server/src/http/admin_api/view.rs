//! How people, and what happened to them, are told to programs.

use std::net::IpAddr;

use domain::administrator::Role;
use domain::administrator::person::{PersonSheet, WayIn};
use domain::time::Timestamp;
use serde::Serialize;
use store::people::{PersonLine, StoryEvent, StoryLine};
use utoipa::ToSchema;
use uuid::Uuid;

/// One of those who were found.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminPerson)]
pub(super) struct PersonView {
    /// The user's id.
    id: Uuid,
    /// The address, or what the application calls its user.
    #[schema(example = "ada@example.com")]
    called: String,
    #[schema(example = "default")]
    application: String,
    /// `viewer`, `support` or `administrator`; null for nobody of the administration.
    role: Option<&'static str>,
    /// Since when a second factor is asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    two_factor_enabled_at: Option<Timestamp>,
    /// Locked until then, if that is not over.
    #[schema(value_type = Option<String>, format = DateTime)]
    locked_until: Option<Timestamp>,
    /// Since when no code is taken until somebody unlocks the account.
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    /// Since when they may not sign in.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
}

impl From<PersonLine> for PersonView {
    fn from(line: PersonLine) -> Self {
        Self {
            id: line.user.uuid(),
            called: line.called().to_owned(),
            application: line.application,
            role: line.role.map(Role::as_str),
            two_factor_enabled_at: line.two_factor_enabled_at,
            locked_until: line.locked_until,
            stopped_at: line.stopped_at,
            disabled_at: line.disabled_at,
        }
    }
}

/// A factor.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminFactor)]
pub(super) struct FactorView {
    id: Uuid,
    #[schema(example = "totp")]
    method: &'static str,
    /// What the person calls it.
    #[schema(example = "Authenticator")]
    label: String,
    /// Where codes go, masked; null for an authenticator.
    destination: Option<String>,
    /// Whether it is offered first.
    preferred: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

/// A browser that is not asked for a code.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminDevice)]
pub(super) struct DeviceView {
    id: Uuid,
    #[schema(example = "Firefox on Linux")]
    name: String,
    /// Where it was last used.
    #[schema(value_type = Option<String>)]
    ip_address: Option<IpAddr>,
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Where somebody is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminSession)]
pub(super) struct SessionView {
    id: Uuid,
    #[schema(example = "Firefox on Linux")]
    browser: String,
    /// Where it began.
    #[schema(value_type = Option<String>)]
    ip_address: Option<IpAddr>,
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
}

/// A person.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminSheet)]
pub(super) struct SheetView {
    /// The user's id.
    id: Uuid,
    /// Their pseudonym in the audit log.
    person_id: Uuid,
    called: String,
    email: Option<String>,
    /// What their application calls them.
    external_id: Option<String>,
    application: String,
    role: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// `guarded`, `unguarded`, `locked`, `stopped`, `disabled`, or `invited`: no password yet.
    #[schema(example = "guarded")]
    way_in: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    locked_until: Option<Timestamp>,
    /// Wrong codes that count now.
    wrong_codes: usize,
    /// The preferred one first.
    factors: Vec<FactorView>,
    recovery_codes_remaining: usize,
    /// Until when a one-time code of the help desk works.
    #[schema(value_type = Option<String>, format = DateTime)]
    bypass_code_until: Option<Timestamp>,
    trusted_devices: Vec<DeviceView>,
    sessions: Vec<SessionView>,
    /// Where copies of notices go, masked.
    backup_email: Option<String>,
    /// Messages to them that wait to be sent.
    messages_waiting: usize,
}

impl From<PersonSheet> for SheetView {
    fn from(sheet: PersonSheet) -> Self {
        let locked_until = if let WayIn::Locked(until) = sheet.way_in { Some(until) } else { None };
        let factors = sheet.factors.into_iter().map(|factor| FactorView {
            id: factor.offer.id.uuid(),
            method: factor.offer.method.as_str(),
            label: factor.offer.label,
            destination: factor.offer.destination,
            preferred: factor.preferred,
            created_at: factor.created_at,
            last_used_at: factor.last_used_at,
        });
        let devices = sheet.devices.into_iter().map(|device| DeviceView {
            id: device.id.uuid(),
            name: device.name,
            ip_address: device.ip,
            last_used_at: device.last_used_at,
            expires_at: device.expires_at,
        });
        let sessions = sheet.sessions.into_iter().map(|session| SessionView {
            id: session.id.uuid(),
            browser: session.browser,
            ip_address: session.ip,
            last_used_at: session.last_used_at,
        });
        Self {
            id: sheet.user.uuid(),
            person_id: sheet.person.uuid(),
            called: sheet.called,
            email: sheet.email,
            external_id: sheet.external.map(|id| id.as_str().to_owned()),
            application: sheet.application,
            role: sheet.role.map(Role::as_str),
            created_at: sheet.created_at,
            way_in: sheet.way_in.as_str(),
            locked_until,
            wrong_codes: sheet.wrong_codes,
            factors: factors.collect(),
            recovery_codes_remaining: sheet.recovery_codes,
            bypass_code_until: sheet.bypass,
            trusted_devices: devices.collect(),
            sessions: sessions.collect(),
            backup_email: sheet.backup_email,
            messages_waiting: sheet.waiting,
        }
    }
}

/// Something that happened: an entry of the audit log, or to a message.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminEvent)]
pub(super) struct EventView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The action of the log; of a message `asked`, `queued`, `accepted`, `delivered`, …
    #[schema(example = "code_verified")]
    event: String,
    /// Whether it came out as whoever acted wanted; null for messages.
    success: Option<bool>,
    /// With which kind of factor, or by which way a message went.
    method: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// Who acted, where it was not the person: `admin:`, `admin_key:` or `api_key:` and an id, `operator`, `cli`.
    actor: Option<String>,
    /// What a message is about.
    #[schema(example = "login_code")]
    message: Option<String>,
    /// Where it goes, masked.
    destination: Option<String>,
    provider: Option<String>,
    /// Why so, or what it is about.
    detail: Option<String>,
}

impl From<StoryLine> for EventView {
    fn from(line: StoryLine) -> Self {
        match line.event {
            StoryEvent::Entry(entry) => Self {
                at: line.at,
                event: entry.name,
                success: Some(entry.success),
                method: entry.method,
                ip_address: entry.ip,
                user_agent: entry.user_agent,
                actor: entry.actor,
                message: None,
                destination: None,
                provider: None,
                detail: Some(entry.detail).filter(|detail| !detail.is_empty()),
            },
            StoryEvent::Message(message) => Self {
                at: line.at,
                event: message.event,
                success: None,
                method: message.channel,
                ip_address: None,
                user_agent: None,
                actor: None,
                message: message.kind,
                destination: message.destination,
                provider: message.provider,
                detail: message.reason.or(message.trouble),
            },
        }
    }
}
