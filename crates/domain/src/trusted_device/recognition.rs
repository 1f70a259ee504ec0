//! Recognizing a device at sign-in, after the right password. A cookie that is not accepted is told to nobody but the audit
//! log, and, if it was stolen, to its owner: the factor is asked as from any other browser.

use super::{DeviceCookie, DeviceToken, TrustedDevice};
use crate::audit::{AuditAction, AuditEntry};
use crate::command::{Context, Origin};
use crate::decision::Change;
use crate::message::MessageKind;
use crate::notice::{self, Notice};
use crate::policy::Policy;
use crate::time::Timestamp;
use crate::user::Account;

/// What a shown cookie comes to.
#[derive(Default)]
pub(crate) struct Recognition {
    /// Whether the device stands for the factor.
    pub(crate) trusted: bool,
    /// Its next cookie, if it gets one.
    pub(crate) cookie: Option<DeviceCookie>,
    pub(crate) changes: Vec<Change>,
    pub(crate) audit: Vec<AuditEntry>,
    pub(crate) told: Option<Notice>,
}

/// Which cookie of its family a device has shown.
enum Shown {
    /// The good one.
    Current,
    /// The one before, so soon that the two requests must have crossed.
    Crossed,
    /// The one before; the browser never got the good one.
    Lost,
    /// One that its owner's browser has already replaced.
    Stolen,
}

impl TrustedDevice {
    fn shown(&self, token: &DeviceToken, now: Timestamp, policy: &Policy) -> Shown {
        if token.is(&self.secret) {
            Shown::Current
        } else if !self.previous.as_ref().is_some_and(|previous| token.is(previous)) {
            Shown::Stolen
        } else if now.since(self.rotated_at) < policy.trust_grace {
            Shown::Crossed
        } else if self.shown_at.is_none() {
            Shown::Lost
        } else {
            Shown::Stolen
        }
    }
}

/// Judges a cookie that came with the right password; `device` is what its family leads to, if anything.
pub(crate) fn recognize(
    token: &DeviceToken,
    device: Option<TrustedDevice>,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Recognition {
    let refused = account.entry(AuditAction::TrustedDeviceRecognized, false, origin);
    // A device of somebody else is not judged: it is under another person's lock.
    let Some(device) = device.filter(|device| device.user == account.user.id) else {
        return Recognition { audit: vec![refused.because("unknown")], ..Recognition::default() };
    };
    if let Some(why) = device.over(now, context.policy) {
        return Recognition { audit: vec![refused.device(device.id).because(why)], ..Recognition::default() };
    }
    match device.shown(token, now, context.policy) {
        Shown::Current => accept(Some(token), device, account, origin, now, context),
        Shown::Crossed => accept(None, device, account, origin, now, context),
        Shown::Lost => {
            let (change, entry) = device.revoke("answer_lost", account, origin);
            Recognition { changes: vec![change], audit: vec![entry], ..Recognition::default() }
        }
        Shown::Stolen => {
            let stolen = account.entry(AuditAction::TrustedDeviceStolen, false, origin).device(device.id);
            let (change, entry) = device.revoke("stolen", account, origin);
            let told = notice::notice(MessageKind::TrustedDeviceStolen, account, origin, now, context, |event| {
                event.device = Some(device.name.clone());
            });
            Recognition {
                changes: vec![change],
                audit: vec![stolen, entry],
                told: Some(told),
                ..Recognition::default()
            }
        }
    }
}

/// Lets the device stand for the factor. `current` is its good cookie, where that was shown.
fn accept(
    current: Option<&DeviceToken>,
    mut device: TrustedDevice,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Recognition {
    let entry = |action| account.entry(action, true, origin).device(device.id);
    let mut audit = vec![entry(AuditAction::TrustedDeviceRecognized)];
    let (was, mut cookie) = (device.secret, None);
    device.last_used_at = now;
    device.origin = origin.clone();
    if let Some(token) = current {
        device.shown_at.get_or_insert(now);
        if now.since(device.rotated_at) >= context.policy.trust_rotation {
            let (secret, next) = token.next(context.rng);
            (device.previous, device.secret) = (Some(was), secret);
            (device.rotated_at, device.shown_at) = (now, None);
            audit.push(entry(AuditAction::TrustedDeviceRotated));
            cookie = Some(DeviceCookie { token: next, life: device.expires_at.since(now) });
        }
    }
    let changes = vec![Change::SaveTrustedDevice { was, device: Box::new(device) }];
    Recognition { trusted: true, cookie, changes, audit, told: None }
}
