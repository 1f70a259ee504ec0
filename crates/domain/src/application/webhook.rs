//! Webhooks: what an application is told of its users without asking, at addresses of its own.
//!
//! What is told is read off the audit entries of a decision, so that no command has to remember to tell, and whatever door it
//! came by. It is committed with the state it speaks of as one *announcement*, sealed into the outbox, and only where the
//! application listens; the worker turns it into one message for each of its addresses.
//!
//! Deliberately absent: codes, secrets, addresses and numbers of people. A message says what happened, and to whom.

use std::fmt;

use data_encoding::BASE64;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{ExternalId, entry};
use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{ApplicationId, MessageId, WebhookId};
use crate::notice;
use crate::secret::{Broken, Fault, KeyRing, Place, Sealed, SecretText};
use crate::time::{Duration, Timestamp};

/// How long a message is worth sending.
pub const LIFE: Duration = Duration::from_days(3);
/// Addresses one application may have.
const ADDRESSES: usize = 10;

/// What an application can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A factor works from now on.
    FactorActivated,
    /// A factor is gone; without an id, all of them.
    FactorRemoved,
    /// A challenge was answered with a right code.
    ChallengeApproved,
    /// A challenge died of wrong codes.
    ChallengeDenied,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// A device is trusted.
    DeviceTrusted,
    /// The trust in a device ended; without an id, in all of them.
    DeviceRevoked,
    /// The token of a trusted device was stolen.
    DeviceStolen,
    /// The account takes no codes.
    AccountLocked,
    /// The whole second factor was taken away.
    UserReset,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::FactorActivated,
        Self::FactorRemoved,
        Self::ChallengeApproved,
        Self::ChallengeDenied,
        Self::RecoveryCodeUsed,
        Self::DeviceTrusted,
        Self::DeviceRevoked,
        Self::DeviceStolen,
        Self::AccountLocked,
        Self::UserReset,
    ];

    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FactorActivated => "factor.activated",
            Self::FactorRemoved => "factor.removed",
            Self::ChallengeApproved => "challenge.approved",
            Self::ChallengeDenied => "challenge.denied",
            Self::RecoveryCodeUsed => "recovery_code.used",
            Self::DeviceTrusted => "device.trusted",
            Self::DeviceRevoked => "device.revoked",
            Self::DeviceStolen => "device.stolen",
            Self::AccountLocked => "account.locked",
            Self::UserReset => "user.reset",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What an entry of the audit log is told as, if it is told.
    const fn of(action: AuditAction, success: bool) -> Option<Self> {
        let kind = match action {
            // A stolen token is never what whoever showed it wanted.
            AuditAction::TrustedDeviceStolen => return Some(Self::DeviceStolen),
            AuditAction::FactorAdded => Some(Self::FactorActivated),
            AuditAction::FactorRemoved | AuditAction::TwoFactorDisabled => Some(Self::FactorRemoved),
            AuditAction::CodeVerified => Some(Self::ChallengeApproved),
            AuditAction::RecoveryCodeUsed | AuditAction::BypassCodeUsed => Some(Self::RecoveryCodeUsed),
            AuditAction::TrustedDeviceAdded => Some(Self::DeviceTrusted),
            AuditAction::TrustedDeviceRevoked | AuditAction::TrustRevoked => Some(Self::DeviceRevoked),
            AuditAction::AccountLocked => Some(Self::AccountLocked),
            AuditAction::TwoFactorReset => Some(Self::UserReset),
            AuditAction::SignupRequested
            | AuditAction::VerificationResent
            | AuditAction::EmailVerified
            | AuditAction::UserCreated
            | AuditAction::DeliveryHurried
            | AuditAction::BypassCodeMade
            | AuditAction::BypassCodeWithdrawn
            | AuditAction::UserImported
            | AuditAction::PasswordChecked
            | AuditAction::SignedIn
            | AuditAction::ChallengeStarted
            | AuditAction::EnrollmentStarted
            | AuditAction::EnrollmentConfirmed
            | AuditAction::TwoFactorEnabled
            | AuditAction::RecoveryCodesMade
            | AuditAction::RecoveryCodesDownloaded
            | AuditAction::PreferredFactorChanged
            | AuditAction::FactorRenamed
            | AuditAction::SteppedUp
            | AuditAction::SessionRefreshed
            | AuditAction::RefreshTokenReused
            | AuditAction::SignedOut
            | AuditAction::SessionsEnded
            | AuditAction::TrustedDeviceRecognized
            | AuditAction::TrustedDeviceRotated
            | AuditAction::PasswordChanged
            | AuditAction::PasswordResetRequested
            | AuditAction::PasswordReset
            | AuditAction::SessionEnded
            | AuditAction::ResetRequested
            | AuditAction::ResetApproved
            | AuditAction::ResetDeclined
            | AuditAction::ResetWithdrawn
            | AuditAction::ResetStopped
            | AuditAction::AccountUnlocked
            | AuditAction::EmailChangeRequested
            | AuditAction::EmailChanged
            | AuditAction::UserDisabled
            | AuditAction::UserEnabled
            | AuditAction::UserDeleted
            | AuditAction::CodeSent
            | AuditAction::DeliveryExpired
            | AuditAction::MessageDropped
            | AuditAction::ClockSkew
            | AuditAction::BackupEmailRequested
            | AuditAction::BackupEmailChanged
            | AuditAction::BackupEmailRemoved
            | AuditAction::ChallengeCanceled
            | AuditAction::ApplicationAdded
            | AuditAction::ApiKeyAdded
            | AuditAction::ApiKeyRevoked
            | AuditAction::WebhookAdded
            | AuditAction::WebhookRemoved
            | AuditAction::DatabaseAcknowledged
            | AuditAction::ApplicationChanged
            | AuditAction::ChallengeOpened
            | AuditAction::ResultRedeemed
            | AuditAction::SettingsLinkMade
            | AuditAction::SettingsOpened
            | AuditAction::RoleGranted
            | AuditAction::RoleRevoked
            | AuditAction::Looked
            | AuditAction::AdminKeyAdded
            | AuditAction::AdminKeyRevoked => None,
        };
        if success { kind } else { None }
    }
}

/// An address an application is called at, as stored: what it is, and what calls are signed with, are sealed together.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// Whose.
    pub application: ApplicationId,
    /// Its host, for operators.
    pub host: String,
    /// Address and secret, sealed into this row.
    pub target: Sealed,
    /// What it is told of; `None` for everything, what is yet to come included.
    pub events: Option<Vec<EventKind>>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Where calls go, and what they are signed with.
#[derive(Clone)]
pub struct Target {
    /// The address. Not shown in logs: a path may be a secret of its own.
    pub url: SecretText,
    /// `whsec_` and base64, as Standard Webhooks has it.
    pub secret: SecretText,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target")
    }
}

impl Target {
    fn draw(url: SecretText, rng: &mut dyn rand::CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        let encoded = Zeroizing::new(BASE64.encode(bytes.as_ref()));
        Self { url, secret: SecretText::new(format!("whsec_{}", encoded.as_str())) }
    }
}

impl Webhook {
    const fn place(id: WebhookId, application: ApplicationId) -> Place {
        Place { table: "webhooks", column: "target", row: id.uuid(), owner: application.uuid() }
    }

    /// Opens where calls go. No address has a line break, and neither has a secret.
    pub fn target(&self, keys: &KeyRing) -> Result<Target, Broken> {
        let place = Self::place(self.id, self.application);
        let plain = keys.open(&place, &self.target)?;
        let parts = std::str::from_utf8(&plain).ok().and_then(|text| text.split_once('\n'));
        let (secret, url) = parts.ok_or_else(|| place.broken(Fault::Altered))?;
        Ok(Target { url: SecretText::new(url), secret: SecretText::new(secret) })
    }

    fn hears(&self, kind: EventKind) -> bool {
        self.events.as_ref().is_none_or(|events| events.contains(&kind))
    }
}

/// An address as its application sees it.
#[derive(Clone, Debug)]
pub struct ShownWebhook {
    /// Which.
    pub id: WebhookId,
    /// Where.
    pub url: SecretText,
    /// What it is told of; `None` for everything.
    pub events: Option<Vec<EventKind>>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Adds an address for an application.
#[derive(Debug)]
pub struct AddWebhook {
    /// Whose.
    pub application: ApplicationId,
    /// Where: looked at by whoever asks, and once more at every call.
    pub url: SecretText,
    /// Its host.
    pub host: String,
    /// What it is to be told of; `None` for everything.
    pub events: Option<Vec<EventKind>>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for AddWebhook {
    /// How many the application has.
    type View = usize;
    /// The address, and its secret: shown this once.
    type Reply = (ShownWebhook, SecretText);

    fn decide(&self, has: usize, context: &mut Context<'_>) -> Result<Decision<(ShownWebhook, SecretText)>, Broken> {
        let now = context.clock;
        if has >= ADDRESSES {
            return Ok(Decision::new(Err(Refusal::WebhooksFull), now));
        }
        let id = WebhookId::new(now, context.rng);
        let Target { url, secret } = Target::draw(self.url.clone(), context.rng);
        let plain = Zeroizing::new(format!("{}\n{}", secret.expose(), url.expose()));
        let target = context.keys.seal(&Webhook::place(id, self.application), plain.as_bytes(), context.rng);
        let (application, host, events) = (self.application, self.host.clone(), self.events.clone());
        let shown = ShownWebhook { id, url, events: events.clone(), created_at: now };
        let added = Webhook { id, application, host, target, events, created_at: now };
        let written = entry(application, AuditAction::WebhookAdded, &self.origin).about("webhook", id.uuid());
        Ok(Decision::new(Ok((shown, secret)), now).audit(written).change(Change::AddWebhook(added)))
    }
}

/// Asks for the addresses of an application. Changes nothing.
#[derive(Debug)]
pub struct ListWebhooks {
    /// Whose.
    pub application: ApplicationId,
}

impl Decide for ListWebhooks {
    /// All of them.
    type View = Vec<Webhook>;
    type Reply = Vec<ShownWebhook>;

    fn decide(&self, view: Vec<Webhook>, context: &mut Context<'_>) -> Result<Decision<Vec<ShownWebhook>>, Broken> {
        let mut shown = Vec::new();
        for webhook in view {
            let Target { url, .. } = webhook.target(context.keys)?;
            let Webhook { id, events, created_at, .. } = webhook;
            shown.push(ShownWebhook { id, url, events, created_at });
        }
        Ok(Decision::new(Ok(shown), context.clock))
    }
}

/// Takes an address away. What waits to be sent there is not.
#[derive(Debug)]
pub struct RemoveWebhook {
    /// Whose.
    pub application: ApplicationId,
    /// Which.
    pub id: WebhookId,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for RemoveWebhook {
    /// The address.
    type View = Option<Webhook>;
    type Reply = ();

    fn decide(&self, webhook: Option<Webhook>, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let Some(webhook) = webhook.filter(|webhook| webhook.application == self.application) else {
            return Ok(Decision::new(Err(Refusal::NotFound), now));
        };
        let written = entry(self.application, AuditAction::WebhookRemoved, &self.origin);
        Ok(Decision::new(Ok(()), now)
            .audit(written.about("webhook", webhook.id.uuid()))
            .change(Change::RemoveWebhook(webhook.id)))
    }
}

/// What an application is told of by one decision.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Its row in the outbox.
    pub id: MessageId,
    /// Who is told.
    pub application: ApplicationId,
    /// The events, sealed into that row.
    pub payload: Sealed,
    /// Until when it is worth telling.
    pub expires_at: Timestamp,
}

impl Announcement {
    /// What its row in the outbox is about.
    pub const KIND: &'static str = "webhook_events";
}

/// Adds to a decision what the application of its person is to be told, if anything.
pub fn announce<R>(mut decision: Decision<R>, context: &mut Context<'_>) -> Decision<R> {
    let Some((application, user)) =
        decision.audit.iter().find_map(|entry| Some((entry.application, entry.user.clone()?)))
    else {
        return decision;
    };
    let at = decision.at;
    let mut events: Vec<Value> = decision
        .audit
        .iter()
        .filter(|entry| entry.user.as_ref() == Some(&user))
        .filter_map(|entry| Some(event(EventKind::of(entry.action, entry.success)?, &user, entry, at)))
        .collect();
    for change in &decision.changes {
        if let Change::SaveAttempts { id, attempts, .. } = change
            && *attempts >= context.policy.challenge_attempts
        {
            let data = json!({ "user_id": user.as_str(), "challenge_id": id.uuid(), "reason": "too_many_attempts" });
            events.push(worded(EventKind::ChallengeDenied, at, &data));
        }
    }
    if !events.is_empty() {
        let id = MessageId::new(at, context.rng);
        let plain = Zeroizing::new(Value::from(events).to_string());
        let payload = context.keys.seal(&notice::place(id), plain.as_bytes(), context.rng);
        decision.changes.push(Change::Announce(Announcement { id, application, payload, expires_at: at + LIFE }));
    }
    decision
}

fn event(kind: EventKind, user: &ExternalId, entry: &AuditEntry, at: Timestamp) -> Value {
    let mut data = serde_json::Map::new();
    data.insert("user_id".to_owned(), user.as_str().into());
    match &entry.detail {
        Detail::Subject(what, id) => drop(data.insert(format!("{what}_id"), id.to_string().into())),
        Detail::Reason(why) => drop(data.insert("reason".to_owned(), (*why).into())),
        // What an operator wrote of a person is not the application's to read.
        Detail::None | Detail::Stated(_) | Detail::Role(..) => {}
    }
    if let Some(device) = entry.device {
        data.insert("device_id".to_owned(), device.to_string().into());
    }
    if let Some(method) = entry.method {
        data.insert("method".to_owned(), method.as_str().into());
    }
    worded(kind, at, &data.into())
}

fn worded(kind: EventKind, at: Timestamp, data: &Value) -> Value {
    json!({ "type": kind.as_str(), "timestamp": at.to_string(), "data": data })
}

/// One event on its way to one address. Its id is that of the webhook: the same for every try.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its row in the outbox.
    pub id: MessageId,
    /// Whose.
    pub application: ApplicationId,
    /// Where to.
    pub webhook: WebhookId,
    /// That address's host, for operators.
    pub host: String,
    /// What about.
    pub kind: EventKind,
    /// The body as it is sent, sealed into its row.
    pub payload: Sealed,
    /// Until when it is worth sending.
    pub expires_at: Timestamp,
}

/// The messages an announcement comes to: one for each event and each address that hears of it. `None` when the announcement
/// is none of ours.
pub fn deliveries(
    announced: &[u8],
    webhooks: &[Webhook],
    expires_at: Timestamp,
    now: Timestamp,
    keys: &KeyRing,
    rng: &mut dyn rand::CryptoRng,
) -> Option<Vec<Delivery>> {
    let events: Vec<Value> = serde_json::from_slice(announced).ok()?;
    let mut deliveries = Vec::new();
    for event in events {
        let kind = EventKind::parse(event.get("type")?.as_str()?)?;
        let body = Zeroizing::new(event.to_string());
        for webhook in webhooks.iter().filter(|webhook| webhook.hears(kind)) {
            let id = MessageId::new(now, rng);
            let payload = keys.seal(&notice::place(id), body.as_bytes(), rng);
            let Webhook { id: webhook, application, host, .. } = webhook.clone();
            deliveries.push(Delivery { id, application, webhook, host, kind, payload, expires_at });
        }
    }
    Some(deliveries)
}

#[cfg(test)]
mod tests;
