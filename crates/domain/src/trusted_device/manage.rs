//! A person and their trusted devices: listing them, trusting the browser at hand, ending trust.

use super::{DeviceToken, NewDevice, Trust, TrustedDevice, revoke_trust, trust};
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::TrustedDeviceId;
use crate::message::MessageKind;
use crate::notice;
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Session};
use crate::time::Timestamp;
use crate::user::Account;

/// What all commands of this file read.
#[derive(Debug)]
pub struct TrustedDevicesView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's devices that nobody revoked; some may be over.
    pub devices: Vec<TrustedDevice>,
}

/// Lists the caller's trusted devices, the newest first. Changes nothing.
#[derive(Debug)]
pub struct ListTrustedDevices {
    /// Who asks.
    pub bearer: Bearer,
    /// The cookie of the caller's browser.
    pub device: Option<DeviceToken>,
    /// Goes on after this one.
    pub after: Option<TrustedDeviceId>,
    /// At most so many.
    pub limit: usize,
}

/// A part of the list.
#[derive(Debug)]
pub struct TrustedDevicePage {
    /// The devices.
    pub items: Vec<ListedDevice>,
    /// Where the next part begins, if there is one.
    pub next: Option<TrustedDeviceId>,
}

/// A trusted device as told to its person.
#[derive(Debug)]
pub struct ListedDevice {
    /// Which.
    pub id: TrustedDeviceId,
    /// What it is called.
    pub name: String,
    /// Where it was last used.
    pub ip_address: Option<std::net::IpAddr>,
    /// When trust began.
    pub created_at: Timestamp,
    /// When it last stood for the factor.
    pub last_used_at: Timestamp,
    /// When trust ends.
    pub expires_at: Timestamp,
    /// Whether it is the caller's browser.
    pub current: bool,
}

impl Decide for ListTrustedDevices {
    type View = TrustedDevicesView;
    type Reply = TrustedDevicePage;

    fn decide(&self, view: TrustedDevicesView, context: &mut Context<'_>) -> Result<Decision<Self::Reply>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let now = admitted.moment.now;
        if !policy.trusted_devices {
            return Ok(Decision::new(Err(Refusal::FeatureDisabled), now));
        }
        let own = self.device.as_ref().map(DeviceToken::family);
        let mut devices = view.devices;
        devices.retain(|device| device.is_live(now, policy) && self.after.is_none_or(|after| device.id < after));
        devices.sort_by_key(|device| std::cmp::Reverse(device.id));
        let more = devices.len() > self.limit;
        devices.truncate(self.limit);
        let next = devices.last().filter(|_| more).map(|device| device.id);
        let items = devices
            .into_iter()
            .map(|device| ListedDevice {
                id: device.id,
                current: Some(device.family) == own,
                name: device.name,
                ip_address: device.origin.ip,
                created_at: device.created_at,
                last_used_at: device.last_used_at,
                expires_at: device.expires_at,
            })
            .collect();
        Ok(Decision::new(Ok(TrustedDevicePage { items, next }), now))
    }
}

/// Trusts the caller's browser.
#[derive(Debug)]
pub struct TrustDevice {
    /// Who asks.
    pub bearer: Bearer,
    /// The cookie the browser has already.
    pub device: Option<DeviceToken>,
    /// Where from.
    pub origin: Origin,
}

impl Decide for TrustDevice {
    type View = TrustedDevicesView;
    type Reply = NewDevice;

    fn decide(&self, view: TrustedDevicesView, context: &mut Context<'_>) -> Result<Decision<NewDevice>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let enabled = policy.trusted_devices && policy.two_factor_enabled;
        let proved_at = session.factor_proved_at(now, policy).filter(|_| account.settings.enabled_at.is_some());
        let refused = |refusal, why| {
            let entry = account.entry(AuditAction::TrustedDeviceAdded, false, &self.origin).because(why);
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry)
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        if !enabled {
            return refused(Refusal::FeatureDisabled, "feature_disabled");
        }
        let Some(proved_at) = proved_at else {
            return refused(Refusal::StepUpRequired, "step_up_required");
        };
        let shown = self.device.as_ref();
        let Trust { device, changes, audit, told } =
            trust(&account, &view.devices, shown, proved_at, &self.origin, now, context);
        let mut decision = Decision::new(Ok(device), now).on_chain_of(&account).audit_all(alarms).audit_all(audit);
        decision.changes.extend(changes);
        Ok(decision
            .change(Change::EndChallengesOf(account.user.id))
            .change(Change::SaveSettings(account.user.id, account.settings))
            .send(told))
    }
}

/// Ends the trust in one of the caller's devices, or in all of them, also while no device stands for a factor: when that is
/// switched on again, it is too late. Says whether the caller's own browser was among them.
#[derive(Debug)]
pub struct RevokeTrustedDevices {
    /// Who asks.
    pub bearer: Bearer,
    /// Which; `None` for all.
    pub which: Option<TrustedDeviceId>,
    /// The cookie of the caller's browser.
    pub device: Option<DeviceToken>,
    /// Where from.
    pub origin: Origin,
}

impl Decide for RevokeTrustedDevices {
    type View = TrustedDevicesView;
    type Reply = bool;

    fn decide(&self, view: TrustedDevicesView, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let refused = |refusal, why| {
            let entry = account.entry(AuditAction::TrustedDeviceRevoked, false, &self.origin).because(why);
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry)
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        if session.fresh_until(now, policy).is_none() {
            return refused(Refusal::StepUpRequired, "step_up_required");
        }
        let may_live = |device: &TrustedDevice| !policy.trusted_devices || device.is_live(now, policy);
        let meant = |device: &&TrustedDevice| may_live(device) && self.which.is_none_or(|which| which == device.id);
        let gone: Vec<&TrustedDevice> = view.devices.iter().filter(meant).collect();
        let (change, entry) = match (self.which, gone.first()) {
            (Some(_), None) => return refused(Refusal::NotFound, "not_found"),
            (Some(_), Some(device)) => device.revoke("by_owner", &account, &self.origin),
            (None, _) => revoke_trust(&account, "by_owner", &self.origin),
        };
        let own = self.device.as_ref().map(DeviceToken::family);
        let current = gone.iter().any(|device| Some(device.family) == own);
        let mut decision = Decision::new(Ok(current), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(change)
            .change(Change::EndChallengesOf(account.user.id));
        if !gone.is_empty() {
            let name = self.which.and(gone.first()).map(|device| device.name.clone());
            let kind = MessageKind::TrustRevoked;
            decision = decision.send(notice::notice(kind, &account, &self.origin, now, context, |event| {
                event.device = name;
            }));
        }
        Ok(decision.change(Change::SaveSettings(account.user.id, account.settings)))
    }
}
