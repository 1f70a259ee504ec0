//! Trusted devices: browsers that skip the second factor for a while, and how their trust ends.
//!
//! A device is known by a cookie, a [`RotatingToken`]: its secret changes as it is used, so that a stolen copy and the
//! browser's own soon differ, and whichever comes second shows it. Trust begins with a factor, never with a trust, and ends
//! 30 days after that factor however much it is used.
//!
//! ```text
//!   trusted ──its secret──▶ trusted (and a new secret, once per rotation period)
//!     │──the secret before, within 60 s──▶ trusted (no new one: requests crossed)
//!     ├──the secret before, whose successor was never shown──▶ ended (an answer was lost; the factor is asked)
//!     ├──any other secret of its family──▶ ended (stolen; the factor is asked, the person is alarmed)
//!     └──30 days, 14 days unused, a newer sixth, its owner, any event of `revoke_trust`──▶ ended
//! ```

mod manage;
mod recognition;

use crate::audit::{AuditAction, AuditEntry};
use crate::command::{Context, Origin};
use crate::decision::Change;
use crate::factor::Method;
use crate::ids::{TrustedDeviceId, UserId};
use crate::message::MessageKind;
use crate::notice::{self, Notice};
use crate::policy::Policy;
use crate::rotating_token::RotatingToken;
use crate::secret::{SecretText, TokenHash};
use crate::time::{Duration, Timestamp};
use crate::user::Account;

pub use self::manage::{
    ListTrustedDevices, ListedDevice, RevokeTrustedDevices, TrustDevice, TrustedDevicePage, TrustedDevicesView,
};
pub(crate) use self::recognition::{Recognition, recognize};

/// A device's cookie, taken apart.
pub type DeviceToken = RotatingToken;

/// A trusted device as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Which.
    pub id: TrustedDeviceId,
    /// Whose.
    pub user: UserId,
    /// What it is called, from its user agent.
    pub name: String,
    /// Finds the device by any of its cookies.
    pub family: TokenHash,
    /// The one cookie that is good.
    pub secret: TokenHash,
    /// The cookie before it.
    pub previous: Option<TokenHash>,
    /// When the good cookie was drawn.
    pub rotated_at: Timestamp,
    /// When it was first shown; `None` as long as its answer may have been lost.
    pub shown_at: Option<Timestamp>,
    /// When trust began.
    pub created_at: Timestamp,
    /// When the factor was proved by which it began; `None` of devices trusted before this was noted.
    pub proved_at: Option<Timestamp>,
    /// When it last stood for the factor.
    pub last_used_at: Timestamp,
    /// When trust ends.
    pub expires_at: Timestamp,
    /// When it was ended before.
    pub revoked_at: Option<Timestamp>,
    /// Where it was last used.
    pub origin: Origin,
}

impl TrustedDevice {
    /// Whether it is trusted at `now`.
    pub fn is_live(&self, now: Timestamp, policy: &Policy) -> bool {
        self.over(now, policy).is_none()
    }

    /// The audit log's word for why it is trusted no more; `None` while it is.
    fn over(&self, now: Timestamp, policy: &Policy) -> Option<&'static str> {
        if self.revoked_at.is_some() {
            Some("revoked")
        } else if now >= self.expires_at || now >= self.created_at + policy.trust_life {
            Some("expired")
        } else if now >= self.last_used_at + policy.trust_idle {
            Some("idle")
        } else if now < self.created_at || now < self.last_used_at {
            // What happened in the future happened by a wrong clock, and would last too long.
            Some("clock_skew")
        } else {
            None
        }
    }

    /// The device as the changes of the same decision leave it: it was loaded before them.
    pub(crate) fn after(mut self, changes: &[Change], now: Timestamp) -> Self {
        let ended = |change: &Change| matches!(change, Change::RevokeTrust(user) if *user == self.user);
        if changes.iter().any(ended) {
            self.revoked_at.get_or_insert(now);
        }
        self
    }

    /// Ends its trust, and says why.
    fn revoke(&self, why: &'static str, account: &Account, origin: &Origin) -> (Change, AuditEntry) {
        let entry = account.entry(AuditAction::TrustedDeviceRevoked, true, origin).device(self.id).because(why);
        (Change::RevokeTrustedDevice(self.id), entry)
    }
}

/// How many devices are trusted at `now`.
pub(crate) fn count_live(devices: &[TrustedDevice], now: Timestamp, policy: &Policy) -> usize {
    devices.iter().filter(|device| policy.trusted_devices && device.is_live(now, policy)).count()
}

/// What a browser is given to be known by.
#[derive(Clone, Debug)]
pub struct DeviceCookie {
    /// The value.
    pub token: SecretText,
    /// How long the browser is to keep it.
    pub life: Duration,
}

/// A browser that was just trusted, as told to its person.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Which.
    pub id: TrustedDeviceId,
    /// What it is called.
    pub name: String,
    /// When trust ends.
    pub expires_at: Timestamp,
    /// What it will be known by.
    pub cookie: DeviceCookie,
}

/// What trusting a browser comes to.
pub(crate) struct Trust {
    pub(crate) device: NewDevice,
    pub(crate) changes: Vec<Change>,
    pub(crate) audit: Vec<AuditEntry>,
    pub(crate) told: Notice,
}

/// Whether trust begins, where the person wishes it. A recovery code ends trust; it begins none.
pub(crate) fn begins(wished: bool, method: Method, policy: &Policy) -> bool {
    wished && policy.trusted_devices && method != Method::RecoveryCode
}

/// Trusts a browser. Its trust ends a fixed time after `proved_at`, when the person last proved a factor. The device it was
/// before, if any, is replaced; of too many devices the oldest goes.
pub(crate) fn trust(
    account: &Account,
    devices: &[TrustedDevice],
    shown: Option<&DeviceToken>,
    proved_at: Timestamp,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Trust {
    let policy = context.policy;
    let (token, cookie) = DeviceToken::draw(context.rng);
    let device = TrustedDevice {
        id: TrustedDeviceId::new(now, context.rng),
        user: account.user.id,
        name: device_name(origin.user_agent.as_deref()),
        family: token.family(),
        secret: token.whole(),
        previous: None,
        rotated_at: now,
        shown_at: None,
        created_at: now,
        proved_at: Some(proved_at),
        last_used_at: now,
        expires_at: proved_at + policy.trust_life,
        revoked_at: None,
        origin: origin.clone(),
    };
    let shown = shown.map(DeviceToken::family);
    let live = devices.iter().filter(|device| device.is_live(now, policy));
    let (same, mut others): (Vec<_>, Vec<_>) = live.partition(|device| Some(device.family) == shown);
    others.sort_by_key(|device| (device.created_at, device.id));
    let too_many = (others.len() + 1).saturating_sub(policy.trusted_devices_max);
    let gone = same.iter().map(|device| (device, "replaced"));
    let gone = gone.chain(others.iter().take(too_many).map(|device| (device, "too_many")));
    let (mut changes, mut audit): (Vec<_>, Vec<_>) =
        gone.map(|(device, why)| device.revoke(why, account, origin)).unzip();
    audit.push(account.entry(AuditAction::TrustedDeviceAdded, true, origin).device(device.id));
    let told = notice::notice(MessageKind::TrustedDeviceAdded, account, origin, now, context, |event| {
        event.device = Some(device.name.clone());
    });
    let cookie = DeviceCookie { token: cookie, life: device.expires_at.since(now) };
    let new = NewDevice { id: device.id, name: device.name.clone(), expires_at: device.expires_at, cookie };
    changes.push(Change::AddTrustedDevice(Box::new(device)));
    Trust { device: new, changes, audit, told }
}

/// Ends the trust in every device of a person: one function for every event that does so, such as a change of password,
/// address, number or factor, the use of a recovery code, a reset, the end of all sessions. `why` is the audit log's word for
/// the event.
pub(crate) fn revoke_trust(account: &Account, why: &'static str, origin: &Origin) -> (Change, AuditEntry) {
    let entry = account.entry(AuditAction::TrustRevoked, true, origin).because(why);
    (Change::RevokeTrust(account.user.id), entry)
}

/// What a browser is called: "Firefox on Linux". Made of the words of a list only, so nothing a stranger sends is repeated.
pub fn device_name(user_agent: Option<&str>) -> String {
    match user_agent.map_or((None, None), browser_and_system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("Browser on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}

/// The browser and the system that a user agent names, in the words of a list, as far as they are in it.
pub fn browser_and_system(user_agent: &str) -> (Option<&str>, Option<&str>) {
    let parsed = woothee::parser::Parser::new().parse(user_agent).unwrap_or_default();
    let known = |word: &&str| !word.is_empty() && *word != woothee::woothee::VALUE_UNKNOWN;
    (Some(parsed.name).filter(known), Some(parsed.os).filter(known))
}

#[cfg(test)]
mod tests;
