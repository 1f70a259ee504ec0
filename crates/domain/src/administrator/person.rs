//! A person as administrators see them: what they can use now, and what would help. No secret, no code, no whole number.

use super::key::{AdminKey, AdminScope};
use super::{Role, admit};
use crate::application::ExternalId;
use crate::command::{Context, Decide};
use crate::decision::{Decision, Refusal};
use crate::factor::Factor;
use crate::ids::{AdminKeyId, PersonId, SessionId, TrustedDeviceId, UserId};
use crate::secret::Broken;
use crate::session::{Bearer, Session};
use crate::status::FactorStatus;
use crate::time::Timestamp;
use crate::trusted_device::{TrustedDevice, device_name};
use crate::user::{Account, PasswordHash};

/// Asks for one person. Changes nothing: that somebody looked is written down before.
#[derive(Debug)]
pub struct ReadPerson {
    /// Who asks.
    pub bearer: Bearer,
    /// Who is looked at.
    pub user: UserId,
}

/// What is read.
#[derive(Debug)]
pub struct PersonView {
    /// The administrator.
    pub account: Option<Account>,
    /// The administrator's session.
    pub session: Option<Session>,
    /// The person, and what is theirs.
    pub looked_at: LookedAt,
}

/// What is read of the person.
#[derive(Debug)]
pub struct LookedAt {
    /// The person.
    pub person: Option<Account>,
    /// What their application is called.
    pub application: Option<String>,
    /// Their factors.
    pub factors: Vec<Factor>,
    /// Unused recovery codes.
    pub recovery_codes: usize,
    /// When an unused bypass code ends.
    pub bypass: Option<Timestamp>,
    /// Devices whose trust nobody revoked.
    pub devices: Vec<TrustedDevice>,
    /// Live sessions, newest first, each with when it was last used.
    pub sessions: Vec<(Session, Timestamp)>,
    /// Messages to them that wait to be sent.
    pub waiting: usize,
}

/// How the way in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayIn {
    /// The user was disabled.
    Disabled,
    /// Codes are refused until somebody unlocks the account.
    Stopped,
    /// Codes are refused until then.
    Locked(Timestamp),
    /// There is a password and no second factor.
    Unguarded,
    /// There is no password yet, and no application that keeps one.
    Invited,
    /// There is a second factor.
    Guarded,
}

impl WayIn {
    /// Its name, for texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Stopped => "stopped",
            Self::Locked(_) => "locked",
            Self::Unguarded => "unguarded",
            Self::Invited => "invited",
            Self::Guarded => "guarded",
        }
    }
}

/// A trusted device.
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// Which.
    pub id: TrustedDeviceId,
    /// What it is called.
    pub name: String,
    /// Where it was last used.
    pub ip: Option<std::net::IpAddr>,
    /// When it last stood for the factor.
    pub last_used_at: Timestamp,
    /// When trust ends.
    pub expires_at: Timestamp,
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// Which.
    pub id: SessionId,
    /// What its browser is called.
    pub browser: String,
    /// Where it began.
    pub ip: Option<std::net::IpAddr>,
    /// When it was last used.
    pub last_used_at: Timestamp,
}

/// A person at a glance.
#[derive(Debug)]
pub struct PersonSheet {
    /// Who.
    pub user: UserId,
    /// Their pseudonym in the audit log.
    pub person: PersonId,
    /// What they are called: address, name, or what their application calls them.
    pub called: String,
    /// Their address, where there is one.
    pub email: Option<String>,
    /// What their application calls them.
    pub external: Option<ExternalId>,
    /// What their application is called.
    pub application: String,
    /// What they may do in the administration.
    pub role: Option<Role>,
    /// When they came to be.
    pub created_at: Timestamp,
    /// How the way in stands.
    pub way_in: WayIn,
    /// Wrong codes that count now.
    pub wrong_codes: usize,
    /// Their factors, the preferred one first.
    pub factors: Vec<FactorStatus>,
    /// Unused recovery codes.
    pub recovery_codes: usize,
    /// Until when a bypass code works.
    pub bypass: Option<Timestamp>,
    /// Devices that are not asked for a code.
    pub devices: Vec<DeviceLine>,
    /// Where they are signed in.
    pub sessions: Vec<SessionLine>,
    /// Where copies of notices go, masked.
    pub backup_email: Option<String>,
    /// Messages to them that wait to be sent.
    pub waiting: usize,
}

fn way_in(account: &Account, factors: &[Factor], now: Timestamp) -> WayIn {
    let guesses = &account.settings.guesses;
    if account.user.disabled_at.is_some() {
        return WayIn::Disabled;
    }
    if guesses.stopped_at.is_some() {
        return WayIn::Stopped;
    }
    if let Some(until) = guesses.locked_until.filter(|until| *until > now) {
        return WayIn::Locked(until);
    }
    if !factors.is_empty() {
        return WayIn::Guarded;
    }
    let unset = account.user.password == PasswordHash::none() && account.user.external.is_none();
    if unset { WayIn::Invited } else { WayIn::Unguarded }
}

impl Decide for ReadPerson {
    type View = PersonView;
    type Reply = PersonSheet;

    fn decide(&self, view: PersonView, context: &mut Context<'_>) -> Result<Decision<PersonSheet>, Broken> {
        match admit(&self.bearer, view.account, view.session, Role::Viewer, context) {
            Ok(_) => view.looked_at.decide(context),
            Err(refusal) => Ok(Decision::new(Err(refusal), context.clock)),
        }
    }
}

/// Asks for one person, with a key. Changes nothing, as [`ReadPerson`].
#[derive(Debug)]
pub struct ReadPersonByKey {
    /// Which key.
    pub key: AdminKeyId,
    /// Who is looked at.
    pub user: UserId,
}

/// What is read.
#[derive(Debug)]
pub struct PersonByKeyView {
    /// The key.
    pub key: Option<AdminKey>,
    /// The person, and what is theirs.
    pub looked_at: LookedAt,
}

impl Decide for ReadPersonByKey {
    type View = PersonByKeyView;
    type Reply = PersonSheet;

    fn decide(&self, view: PersonByKeyView, context: &mut Context<'_>) -> Result<Decision<PersonSheet>, Broken> {
        match AdminKey::admit(view.key, AdminScope::Read, context.clock) {
            Ok(_) => view.looked_at.decide(context),
            Err(refusal) => Ok(Decision::new(Err(refusal), context.clock)),
        }
    }
}

impl LookedAt {
    /// What whoever may look sees.
    fn decide(self, context: &Context<'_>) -> Result<Decision<PersonSheet>, Broken> {
        let (view, policy, clock) = (self, context.policy, context.clock);
        let Some(account) = view.person else { return Ok(Decision::new(Err(Refusal::NotFound), clock)) };
        let now = account.moment(clock, policy).now;
        let factors = view.factors.iter().map(|factor| FactorStatus::of(&account, factor, context.keys));
        let mut factors: Vec<FactorStatus> = factors.collect::<Result<_, Broken>>()?;
        factors.sort_by_key(|factor| !factor.preferred);
        let devices = view.devices.into_iter().filter(|device| device.is_live(now, policy));
        let line = |device: TrustedDevice| DeviceLine {
            id: device.id,
            name: device.name,
            ip: device.origin.ip,
            last_used_at: device.last_used_at,
            expires_at: device.expires_at,
        };
        let sessions = view.sessions.into_iter().map(|(session, last_used_at)| SessionLine {
            id: session.id,
            browser: device_name(session.origin.user_agent.as_deref()),
            ip: session.origin.ip,
            last_used_at,
        });
        let wrong_codes = account.settings.guesses.recent.iter().filter(|at| now.since(**at) < policy.guess_window);
        let sheet = PersonSheet {
            user: account.user.id,
            person: account.user.person,
            called: account.user.called().to_owned(),
            email: (!account.user.email.is_none()).then(|| account.user.email.as_str().to_owned()),
            external: account.user.external.clone(),
            application: view.application.unwrap_or_default(),
            role: account.role,
            created_at: account.user.created_at,
            way_in: way_in(&account, &view.factors, now),
            wrong_codes: wrong_codes.count(),
            factors,
            recovery_codes: view.recovery_codes,
            bypass: view.bypass.filter(|end| now < *end),
            devices: devices.map(line).collect(),
            sessions: sessions.collect(),
            backup_email: account.backup_email(context.keys)?.map(|email| email.masked()),
            waiting: view.waiting,
        };
        Ok(Decision::new(Ok(sheet), now))
    }
}
