//! The audit log: what happened, to whom, by whom; and the chain that shows if a word of it was changed.
//!
//! Entries name a person by pseudonym. Each person's entries form a chain: every entry holds the hash of the one before, so
//! altering, removing or reordering any breaks all that follow. The head of the chain is locked with the user's row. Entries
//! without a person (an unknown address, a job) stand unchained.

pub mod checkpoint;
pub mod pass;
pub mod proof;
pub mod verify;

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::administrator::Role;
use crate::application::ExternalId;
use crate::command::Origin;
use crate::factor::Method;
use crate::ids::{ApplicationId, AuditId, PersonId, TrustedDeviceId};
use crate::time::Timestamp;

/// What happened. The names are part of the log's contract: none is ever reused for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// Somebody asked to sign up.
    SignupRequested,
    /// A verification link was asked for again.
    VerificationResent,
    /// An address was verified and the user came to be.
    EmailVerified,
    /// An operator made the user.
    UserCreated,
    /// An operator brought the user from another system.
    UserImported,
    /// A password was given.
    PasswordChecked,
    /// Sign-in went on without a second factor, or stopped for one.
    SignedIn,
    /// A second factor was asked for.
    ChallengeStarted,
    /// A code was given for a challenge.
    CodeVerified,
    /// A recovery code was used up.
    RecoveryCodeUsed,
    /// An administrator gave a bypass code.
    BypassCodeMade,
    /// A bypass code was used up.
    BypassCodeUsed,
    /// An administrator took a bypass code back.
    BypassCodeWithdrawn,
    /// The account was locked after wrong codes.
    AccountLocked,
    /// A set-up was begun.
    EnrollmentStarted,
    /// A code was given to confirm a set-up.
    EnrollmentConfirmed,
    /// A factor was added.
    FactorAdded,
    /// The second factor was turned on.
    TwoFactorEnabled,
    /// A set of recovery codes was made.
    RecoveryCodesMade,
    /// A set of recovery codes was downloaded.
    RecoveryCodesDownloaded,
    /// Another factor is offered first.
    PreferredFactorChanged,
    /// A factor is called otherwise.
    FactorRenamed,
    /// A factor was removed.
    FactorRemoved,
    /// The second factor was turned off.
    TwoFactorDisabled,
    /// A signed-in person proved anew who they are.
    SteppedUp,
    /// A session's tokens were renewed.
    SessionRefreshed,
    /// A refresh token was used a second time: the session ended.
    RefreshTokenReused,
    /// The person signed out.
    SignedOut,
    /// Other sessions were ended by a change.
    SessionsEnded,
    /// The trust in every device of the person ended.
    TrustRevoked,
    /// A browser was trusted.
    TrustedDeviceAdded,
    /// A device's cookie was shown with the right password.
    TrustedDeviceRecognized,
    /// A device got a new secret.
    TrustedDeviceRotated,
    /// The trust in one device ended.
    TrustedDeviceRevoked,
    /// A secret was shown that its device had already replaced.
    TrustedDeviceStolen,
    /// A password was replaced by its owner.
    PasswordChanged,
    /// A link to set a new password was asked for.
    PasswordResetRequested,
    /// A password was set with such a link.
    PasswordReset,
    /// The person ended one of their sessions.
    SessionEnded,
    /// A lock was lifted: for a few guesses by a link, altogether by an operator.
    AccountUnlocked,
    /// Another address was asked for.
    EmailChangeRequested,
    /// The address was changed.
    EmailChanged,
    /// An operator disabled the user.
    UserDisabled,
    /// An operator enabled the user again.
    UserEnabled,
    /// An operator took away the second factor.
    TwoFactorReset,
    /// An administrator asked for the second factor of somebody to be taken away.
    ResetRequested,
    /// Another administrator approved it.
    ResetApproved,
    /// Another administrator declined it.
    ResetDeclined,
    /// Whoever asked for it took it back.
    ResetWithdrawn,
    /// The person it was about stopped it.
    ResetStopped,
    /// An operator deleted the user.
    UserDeleted,
    /// A code was asked for, and sent or not.
    CodeSent,
    /// An administrator had waiting messages tried at once.
    DeliveryHurried,
    /// A message was too old to be sent.
    DeliveryExpired,
    /// An operator dropped a message that waited.
    MessageDropped,
    /// The server's clock lies more than a day behind a time the person was seen at.
    ClockSkew,
    /// An address for copies of notices was asked for.
    BackupEmailRequested,
    /// The address for copies of notices was proved.
    BackupEmailChanged,
    /// The address for copies of notices was taken away.
    BackupEmailRemoved,
    /// An application gave up a challenge it had asked for.
    ChallengeCanceled,
    /// An application was added.
    ApplicationAdded,
    /// A key was made for an application.
    ApiKeyAdded,
    /// A key of an application was revoked.
    ApiKeyRevoked,
    /// An operator said that this database is to be served: a copy from before, or one that was moved.
    DatabaseAcknowledged,
    /// An address was added that an application is called at.
    WebhookAdded,
    /// Such an address was taken away.
    WebhookRemoved,
    /// Settings of an application were changed.
    ApplicationChanged,
    /// A challenge was opened at the hosted pages.
    ChallengeOpened,
    /// An application took the result of a challenge.
    ResultRedeemed,
    /// An application asked for a link to the security page of its user.
    SettingsLinkMade,
    /// Such a link was opened.
    SettingsOpened,
    /// Somebody was given a role in the administration.
    RoleGranted,
    /// A role was taken away.
    RoleRevoked,
    /// An administrator looked at people: on the administrator's own chain.
    Looked,
    /// A key of the administration was made.
    AdminKeyAdded,
    /// A key of the administration was revoked.
    AdminKeyRevoked,
}

impl AuditAction {
    /// Reads its name in the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    /// Every action, for documents and tests.
    pub const ALL: [Self; 76] = [
        Self::SignupRequested,
        Self::VerificationResent,
        Self::EmailVerified,
        Self::UserCreated,
        Self::UserImported,
        Self::PasswordChecked,
        Self::SignedIn,
        Self::ChallengeStarted,
        Self::CodeVerified,
        Self::RecoveryCodeUsed,
        Self::BypassCodeMade,
        Self::BypassCodeUsed,
        Self::BypassCodeWithdrawn,
        Self::AccountLocked,
        Self::EnrollmentStarted,
        Self::EnrollmentConfirmed,
        Self::FactorAdded,
        Self::TwoFactorEnabled,
        Self::RecoveryCodesMade,
        Self::RecoveryCodesDownloaded,
        Self::PreferredFactorChanged,
        Self::FactorRenamed,
        Self::FactorRemoved,
        Self::TwoFactorDisabled,
        Self::SteppedUp,
        Self::SessionRefreshed,
        Self::RefreshTokenReused,
        Self::SignedOut,
        Self::SessionsEnded,
        Self::TrustRevoked,
        Self::TrustedDeviceAdded,
        Self::TrustedDeviceRecognized,
        Self::TrustedDeviceRotated,
        Self::TrustedDeviceRevoked,
        Self::TrustedDeviceStolen,
        Self::PasswordChanged,
        Self::PasswordResetRequested,
        Self::PasswordReset,
        Self::SessionEnded,
        Self::AccountUnlocked,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::TwoFactorReset,
        Self::ResetRequested,
        Self::ResetApproved,
        Self::ResetDeclined,
        Self::ResetWithdrawn,
        Self::ResetStopped,
        Self::UserDeleted,
        Self::CodeSent,
        Self::DeliveryHurried,
        Self::DeliveryExpired,
        Self::MessageDropped,
        Self::ClockSkew,
        Self::BackupEmailRequested,
        Self::BackupEmailChanged,
        Self::BackupEmailRemoved,
        Self::ChallengeCanceled,
        Self::ApplicationAdded,
        Self::ApiKeyAdded,
        Self::ApiKeyRevoked,
        Self::DatabaseAcknowledged,
        Self::WebhookAdded,
        Self::WebhookRemoved,
        Self::ApplicationChanged,
        Self::ChallengeOpened,
        Self::ResultRedeemed,
        Self::SettingsLinkMade,
        Self::SettingsOpened,
        Self::RoleGranted,
        Self::RoleRevoked,
        Self::Looked,
        Self::AdminKeyAdded,
        Self::AdminKeyRevoked,
    ];

    /// Its name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignupRequested => "signup_requested",
            Self::VerificationResent => "verification_resent",
            Self::EmailVerified => "email_verified",
            Self::UserCreated => "user_created",
            Self::UserImported => "user_imported",
            Self::PasswordChecked => "password_checked",
            Self::SignedIn => "signed_in",
            Self::ChallengeStarted => "challenge_started",
            Self::CodeVerified => "code_verified",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::BypassCodeMade => "bypass_code_made",
            Self::BypassCodeUsed => "bypass_code_used",
            Self::BypassCodeWithdrawn => "bypass_code_withdrawn",
            Self::AccountLocked => "account_locked",
            Self::EnrollmentStarted => "enrollment_started",
            Self::EnrollmentConfirmed => "enrollment_confirmed",
            Self::FactorAdded => "factor_added",
            Self::TwoFactorEnabled => "two_factor_enabled",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodesDownloaded => "recovery_codes_downloaded",
            Self::PreferredFactorChanged => "preferred_factor_changed",
            Self::FactorRenamed => "factor_renamed",
            Self::FactorRemoved => "factor_removed",
            Self::TwoFactorDisabled => "two_factor_disabled",
            Self::SteppedUp => "stepped_up",
            Self::SessionRefreshed => "session_refreshed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::TrustRevoked => "trust_revoked",
            Self::TrustedDeviceAdded => "trusted_device_added",
            Self::TrustedDeviceRecognized => "trusted_device_recognized",
            Self::TrustedDeviceRotated => "trusted_device_rotated",
            Self::TrustedDeviceRevoked => "trusted_device_revoked",
            Self::TrustedDeviceStolen => "trusted_device_stolen",
            Self::PasswordChanged => "password_changed",
            Self::PasswordResetRequested => "password_reset_requested",
            Self::PasswordReset => "password_reset",
            Self::SessionEnded => "session_ended",
            Self::AccountUnlocked => "account_unlocked",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::TwoFactorReset => "two_factor_reset",
            Self::ResetRequested => "reset_requested",
            Self::ResetApproved => "reset_approved",
            Self::ResetDeclined => "reset_declined",
            Self::ResetWithdrawn => "reset_withdrawn",
            Self::ResetStopped => "reset_stopped",
            Self::UserDeleted => "user_deleted",
            Self::CodeSent => "code_sent",
            Self::DeliveryHurried => "delivery_hurried",
            Self::DeliveryExpired => "delivery_expired",
            Self::MessageDropped => "message_dropped",
            Self::ClockSkew => "clock_skew",
            Self::BackupEmailRequested => "backup_email_requested",
            Self::BackupEmailChanged => "backup_email_changed",
            Self::BackupEmailRemoved => "backup_email_removed",
            Self::ChallengeCanceled => "challenge_canceled",
            Self::ApplicationAdded => "application_added",
            Self::ApiKeyAdded => "api_key_added",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::DatabaseAcknowledged => "database_acknowledged",
            Self::WebhookAdded => "webhook_added",
            Self::WebhookRemoved => "webhook_removed",
            Self::ApplicationChanged => "application_changed",
            Self::ChallengeOpened => "challenge_opened",
            Self::ResultRedeemed => "result_redeemed",
            Self::SettingsLinkMade => "settings_link_made",
            Self::SettingsOpened => "settings_opened",
            Self::RoleGranted => "role_granted",
            Self::RoleRevoked => "role_revoked",
            Self::Looked => "looked",
            Self::AdminKeyAdded => "admin_key_added",
            Self::AdminKeyRevoked => "admin_key_revoked",
        }
    }
}

/// What else an entry says. Words and numbers of ours only: nothing a person typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// Why it came out as it did.
    Reason(&'static str),
    /// The row it is about: a challenge, session, factor or enrollment.
    Subject(&'static str, uuid::Uuid),
    /// Why, in the words of the operator who acted.
    Stated(String),
    /// A role, and why, in the words of the operator who acted.
    Role(Role, Option<String>),
}

impl Detail {
    /// As stored: one line of text, empty for nothing.
    pub fn to_text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Reason(reason) => (*reason).to_owned(),
            Self::Subject(kind, id) => format!("{kind}:{id}"),
            Self::Stated(reason) => format!("stated:{reason}"),
            Self::Role(role, None) => format!("role:{}", role.as_str()),
            Self::Role(role, Some(reason)) => format!("role:{}; stated:{reason}", role.as_str()),
        }
    }
}

/// One entry, before it is numbered and chained.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Whose chain it goes on; `None` stands unchained.
    pub person: Option<PersonId>,
    /// What their application calls them. It is told so, and the log is not.
    pub user: Option<ExternalId>,
    /// In which application.
    pub application: ApplicationId,
    /// What happened.
    pub action: AuditAction,
    /// Whether it came out as the actor wanted.
    pub success: bool,
    /// With which kind of factor.
    pub method: Option<Method>,
    /// On which trusted device.
    pub device: Option<uuid::Uuid>,
    /// What else is to be said.
    pub detail: Detail,
    /// Where from, and by whom.
    pub origin: Origin,
}

impl AuditEntry {
    /// With the kind of factor.
    #[must_use]
    pub const fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// With the trusted device.
    #[must_use]
    pub const fn device(mut self, device: TrustedDeviceId) -> Self {
        self.device = Some(device.uuid());
        self
    }

    /// With a reason.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.detail = Detail::Reason(reason);
        self
    }

    /// With the row it is about.
    #[must_use]
    pub fn about(mut self, kind: &'static str, id: uuid::Uuid) -> Self {
        self.detail = Detail::Subject(kind, id);
        self
    }
}

/// Where a person's chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry; 0 before the first.
    pub seq: i64,
    /// Its hash; all zeros before the first.
    pub hash: [u8; 32],
}

impl AuditHead {
    /// The head of an empty chain.
    pub const START: Self = Self { seq: 0, hash: [0; 32] };
}

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct ChainedEntry {
    /// Its row.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub entry: AuditEntry,
    /// Its place in the chain: number, hash of the entry before, own hash. `None` without a person.
    pub link: Option<Link>,
}

/// An entry's place in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1.
    pub seq: i64,
    /// Hash of the entry before.
    pub previous: [u8; 32],
    /// Hash of this one.
    pub hash: [u8; 32],
}

/// Puts entries on a person's chain, in order, and moves the head. Entries without a person pass through.
pub fn chain(
    head: &mut AuditHead,
    at: Timestamp,
    entries: Vec<AuditEntry>,
    mut new_id: impl FnMut() -> AuditId,
) -> Vec<ChainedEntry> {
    entries
        .into_iter()
        .map(|entry| {
            let id = new_id();
            let link = entry.person.map(|_| {
                let (seq, previous) = (head.seq + 1, head.hash);
                let hash = entry_hash(seq, &previous, id, at, &entry);
                *head = AuditHead { seq, hash };
                Link { seq, previous, hash }
            });
            ChainedEntry { id, at, entry, link }
        })
        .collect()
}

/// The hash of an entry in its place: that of the words it is stored as.
pub fn entry_hash(seq: i64, previous: &[u8; 32], id: AuditId, at: Timestamp, entry: &AuditEntry) -> [u8; 32] {
    Words::of(id, at, entry).hash(seq, previous)
}

/// An entry as it stands in the database, word for word: also with words this version does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Its row.
    pub id: uuid::Uuid,
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub person: Option<uuid::Uuid>,
    /// In which application.
    pub application: uuid::Uuid,
    /// What happened.
    pub action: String,
    /// Whether it came out as the actor wanted.
    pub success: bool,
    /// With which kind of factor.
    pub method: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// On which trusted device.
    pub device: Option<uuid::Uuid>,
    /// Who acted, when it was not the person.
    pub actor: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// What else was said.
    pub detail: String,
}

impl Words {
    /// The words an entry is stored as.
    pub fn of(id: AuditId, at: Timestamp, entry: &AuditEntry) -> Self {
        Self {
            id: id.uuid(),
            at,
            person: entry.person.map(PersonId::uuid),
            application: entry.application.uuid(),
            action: entry.action.as_str().to_owned(),
            success: entry.success,
            method: entry.method.map(|method| method.as_str().to_owned()),
            ip: entry.origin.ip.map(|ip: IpAddr| ip.to_string()),
            user_agent: entry.origin.user_agent.clone(),
            device: entry.device,
            actor: entry.origin.actor.clone(),
            request_id: entry.origin.request_id.clone(),
            detail: entry.detail.to_text(),
        }
    }

    /// SHA-256 over every stored column, each with its length before it, version first.
    pub fn hash(&self, seq: i64, previous: &[u8; 32]) -> [u8; 32] {
        let (seq, at) = (seq.to_be_bytes(), self.at.as_micros().to_be_bytes());
        let success = [u8::from(self.success)];
        let fields: [Option<&[u8]>; 16] = [
            Some(b"twinlock-audit-1"),
            Some(&seq),
            Some(previous),
            Some(self.id.as_bytes()),
            Some(&at),
            self.person.as_ref().map(|person| person.as_bytes().as_slice()),
            Some(self.application.as_bytes()),
            Some(self.action.as_bytes()),
            Some(&success),
            self.method.as_deref().map(str::as_bytes),
            self.ip.as_deref().map(str::as_bytes),
            self.user_agent.as_deref().map(str::as_bytes),
            self.device.as_ref().map(|device| device.as_bytes().as_slice()),
            self.actor.as_deref().map(str::as_bytes),
            self.request_id.as_deref().map(str::as_bytes),
            Some(self.detail.as_bytes()),
        ];
        // Collected first: hashing forty small pieces one by one takes twice as long.
        let mut bytes = Vec::with_capacity(512);
        for field in fields {
            match field {
                None => bytes.push(0),
                Some(field) => {
                    bytes.push(1);
                    bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
                    bytes.extend_from_slice(field);
                }
            }
        }
        Sha256::digest(&bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_names_of_their_own() {
        let names: std::collections::HashSet<&str> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(names.len(), AuditAction::ALL.len());
    }

    #[test]
    fn each_entry_holds_the_hash_of_the_one_before() {
        let mut rng = crate::testing::rng(1);
        let person = PersonId::new(Timestamp::EPOCH, &mut rng);
        let entry = |person| AuditEntry {
            user: None,
            person,
            application: ApplicationId::DEFAULT,
            action: AuditAction::SignedIn,
            success: true,
            method: None,
            device: None,
            detail: Detail::None,
            origin: Origin::default(),
        };
        let mut head = AuditHead::START;
        let entries = vec![entry(Some(person)), entry(None), entry(Some(person))];
        let chained = chain(&mut head, Timestamp::EPOCH, entries, || AuditId::new(Timestamp::EPOCH, &mut rng));
        let links: Vec<Option<Link>> = chained.iter().map(|e| e.link).collect();
        let (first, last) = (links[0].unwrap(), links[2].unwrap());
        assert_eq!(links[1], None);
        assert_eq!((first.seq, first.previous), (1, [0; 32]));
        assert_eq!((last.seq, last.previous), (2, first.hash));
        assert_eq!(head, AuditHead { seq: 2, hash: last.hash });
    }

    #[test]
    fn a_change_of_any_word_changes_the_hash() {
        let mut rng = crate::testing::rng(1);
        let id = AuditId::new(Timestamp::EPOCH, &mut rng);
        let base = AuditEntry {
            user: None,
            person: Some(PersonId::new(Timestamp::EPOCH, &mut rng)),
            application: ApplicationId::DEFAULT,
            action: AuditAction::CodeVerified,
            success: false,
            method: Some(Method::Totp),
            device: None,
            detail: Detail::Reason("wrong"),
            origin: Origin {
                ip: "192.0.2.1".parse().ok(),
                user_agent: Some("ua".into()),
                actor: Some("me".into()),
                request_id: Some("id".into()),
                ..Origin::default()
            },
        };
        let hash = |entry: &AuditEntry| entry_hash(1, &[0; 32], id, Timestamp::EPOCH, entry);
        let mut variants: Vec<AuditEntry> = vec![base.clone(); 8];
        variants[0].person = None;
        variants[1].action = AuditAction::SignedIn;
        variants[2].success = true;
        variants[3].method = None;
        variants[4].detail = Detail::None;
        variants[5].origin.ip = None;
        variants[6].origin.user_agent = Some("ub".into());
        variants[7].origin.actor = None;
        for (number, variant) in variants.iter().enumerate() {
            assert_ne!(hash(variant), hash(&base), "variant {number}");
        }
    }
}
