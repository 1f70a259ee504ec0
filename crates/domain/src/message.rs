//! What is said to a person outside the page they are looking at: an e-mail or a text message.
//!
//! A decision puts a [`MessageContent`] into the outbox, sealed, because it may carry a link or a code that opens an
//! account. The words are not here: `messaging` renders them from the kind, in the reader's language, when the message
//! is sent.
//!
//! Deliberately absent: names and free text chosen by other people. What a stranger may influence is only the browser
//! and the label of [`EventDetails`], and rendering treats both as hostile.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::time::Timestamp;

/// What a message is about. Each kind has its own words and its own name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// The link that turns a pending sign-up into an account.
    EmailVerification,
    /// Somebody signed up with an address that already has an account; told to its owner only.
    AccountExists,
    /// The first factor was confirmed.
    TwoFactorEnabled,
    /// A further factor was confirmed.
    FactorAdded,
    /// A factor was removed.
    FactorRemoved,
    /// The second factor was turned off.
    TwoFactorDisabled,
    /// A new set of recovery codes was made.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// Few recovery codes are left.
    RecoveryCodesLow,
    /// An administrator gave out a bypass code.
    BypassCodeMade,
    /// A bypass code was used.
    BypassCodeUsed,
    /// Too many wrong codes: codes are refused for a while.
    AccountLocked,
    /// A right password was followed by wrong codes.
    WrongCodes,
    /// Somebody signed in with a browser that was not seen before.
    NewSignIn,
    /// A browser was trusted.
    TrustedDeviceAdded,
    /// The cookie of a trusted browser was stolen.
    TrustedDeviceStolen,
    /// The trust in one browser, or in all, was ended by its owner.
    TrustRevoked,
    /// The link to set a new password.
    PasswordReset,
    /// The password was changed or reset.
    PasswordChanged,
    /// The person signed out everywhere else.
    SessionsEnded,
    /// The link that proves a new address; sent there.
    EmailChange,
    /// Another address was asked for; told to the one there is.
    EmailChangeRequested,
    /// The address was changed; told to the old one.
    EmailChanged,
    /// Somebody wants to move their account to an address that has one; told to its owner only.
    EmailChangeTaken,
    /// The link that proves an address for copies of notices; sent there.
    BackupEmail,
    /// Copies of notices go to an address from now on, or to another one.
    BackupEmailChanged,
    /// Copies of notices go nowhere any more.
    BackupEmailRemoved,
    /// An operator disabled the account.
    AccountDisabled,
    /// An operator enabled the account again.
    AccountEnabled,
    /// An operator lifted a lock.
    AccountUnlocked,
    /// An operator took away the second factor.
    TwoFactorReset,
    /// An operator deleted the account.
    AccountDeleted,
    /// An administrator took away the second factor and the password: a link is the way in.
    StartedOver,
    /// An administrator asked for the second factor to be taken away: a link stops it.
    ResetRequested,
    /// An administrator signed the person out everywhere.
    SignedOutEverywhere,
    /// A limit of text messages is reached; told to the operator.
    SmsLimitReached,
    /// The code that finishes a sign-in.
    LoginCode,
    /// The code that proves a new number or address.
    SetupCode,
    /// The code that proves presence for a change.
    StepUpCode,
}

impl MessageKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 39] = [
        Self::EmailVerification,
        Self::AccountExists,
        Self::TwoFactorEnabled,
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::TwoFactorDisabled,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::RecoveryCodesLow,
        Self::BypassCodeMade,
        Self::BypassCodeUsed,
        Self::AccountLocked,
        Self::WrongCodes,
        Self::NewSignIn,
        Self::TrustedDeviceAdded,
        Self::TrustedDeviceStolen,
        Self::TrustRevoked,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::SessionsEnded,
        Self::EmailChange,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::EmailChangeTaken,
        Self::BackupEmail,
        Self::BackupEmailChanged,
        Self::BackupEmailRemoved,
        Self::AccountDisabled,
        Self::AccountEnabled,
        Self::AccountUnlocked,
        Self::TwoFactorReset,
        Self::AccountDeleted,
        Self::StartedOver,
        Self::ResetRequested,
        Self::SignedOutEverywhere,
        Self::SmsLimitReached,
        Self::LoginCode,
        Self::SetupCode,
        Self::StepUpCode,
    ];
    /// The kinds to a known person that are of no use without the code or link they carry.
    pub const ACTING: [Self; 6] =
        [Self::PasswordReset, Self::EmailChange, Self::BackupEmail, Self::LoginCode, Self::SetupCode, Self::StepUpCode];

    /// The name on the wire, in the database and in the language files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::AccountExists => "account_exists",
            Self::TwoFactorEnabled => "two_factor_enabled",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::TwoFactorDisabled => "two_factor_disabled",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::RecoveryCodesLow => "recovery_codes_low",
            Self::BypassCodeMade => "bypass_code_made",
            Self::BypassCodeUsed => "bypass_code_used",
            Self::AccountLocked => "account_locked",
            Self::WrongCodes => "wrong_codes",
            Self::NewSignIn => "new_sign_in",
            Self::TrustedDeviceAdded => "trusted_device_added",
            Self::TrustedDeviceStolen => "trusted_device_stolen",
            Self::TrustRevoked => "trust_revoked",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::SessionsEnded => "sessions_ended",
            Self::EmailChange => "email_change",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::EmailChangeTaken => "email_change_taken",
            Self::BackupEmail => "backup_email",
            Self::BackupEmailChanged => "backup_email_changed",
            Self::BackupEmailRemoved => "backup_email_removed",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::AccountUnlocked => "account_unlocked",
            Self::TwoFactorReset => "two_factor_reset",
            Self::AccountDeleted => "account_deleted",
            Self::StartedOver => "started_over",
            Self::ResetRequested => "reset_requested",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::SmsLimitReached => "sms_limit_reached",
            Self::LoginCode => "login_code",
            Self::SetupCode => "setup_code",
            Self::StepUpCode => "step_up_code",
        }
    }

    /// Whether it carries a code that a person types, and is of no use without it.
    pub fn carries_code(self) -> bool {
        matches!(self, Self::LoginCode | Self::SetupCode | Self::StepUpCode)
    }

    /// The kind of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The way a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To an e-mail address.
    Email,
    /// To a phone number, as a text message.
    Sms,
    /// To an application, as a call to an address of its own.
    Webhook,
}

impl Channel {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        }
    }

    /// Whether whoever is reached by it knows a repeat by its id, so that a try that may have been a delivery is simply made again.
    pub const fn knows_repeats(self) -> bool {
        matches!(self, Self::Webhook)
    }

    /// The channel of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Email, Self::Sms, Self::Webhook].into_iter().find(|channel| channel.as_str() == name)
    }
}

/// An outbox message before it is sealed: everything that rendering needs, and nothing already rendered.
///
/// Code and link are wiped from memory when it is dropped. Its `Debug` shows neither them nor the destination.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ZeroizeOnDrop)]
pub struct MessageContent {
    /// What it is about.
    #[zeroize(skip)]
    pub kind: MessageKind,
    /// How it travels.
    #[zeroize(skip)]
    pub channel: Channel,
    /// The address or number (E.164) it goes to.
    pub to: String,
    /// The reader's language as a BCP 47 tag. An unknown one is rendered in English.
    #[zeroize(skip)]
    pub locale: String,
    /// The code a person types, for the kinds that carry one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link a person opens, for the kinds that carry one; always below the configured base URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When code and link stop working. After that the message is no longer sent.
    #[zeroize(skip)]
    #[serde(default, deserialize_with = "moment_or_none", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What happened. Every e-mail needs it, because every e-mail says when, from where and with which browser.
    #[zeroize(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventDetails>,
}

/// The circumstances a message tells, so that its reader can see whether it was them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetails {
    /// When it happened.
    #[serde(deserialize_with = "moment")]
    pub at: Timestamp,
    /// The client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The browser, as the client names itself: text of a stranger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The label of the factor concerned, as its owner typed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor_label: Option<String>,
    /// How many recovery codes are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// When a lock ends; `None` when it does not end by itself.
    #[serde(default, deserialize_with = "moment_or_none", skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
    /// What the trusted device concerned is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The limit of text messages that is reached, and the country where it is one country's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// In a copy to the backup address: the address of the account, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_for: Option<String>,
}

/// A message could not be turned into bytes or back. It holds no part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content of a message is malformed")]
pub struct MalformedMessage;

impl MessageContent {
    /// As JSON, ready to be sealed.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, MalformedMessage> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| MalformedMessage)
    }

    /// From the JSON of [`to_bytes`](Self::to_bytes). Fields it does not know are passed over: the next version may
    /// have written them. The reason of a failure is dropped, for it would quote the message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        serde_json::from_slice(bytes).map_err(|_| MalformedMessage)
    }
}

impl EventDetails {
    /// Something that happened at `at`, and nothing more known about it.
    pub const fn at(at: Timestamp) -> Self {
        Self {
            at,
            ip: None,
            browser: None,
            factor_label: None,
            remaining: None,
            locked_until: None,
            device: None,
            limit: None,
            copy_for: None,
        }
    }
}

impl fmt::Debug for MessageContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageContent")
            .field("kind", &self.kind)
            .field("channel", &self.channel)
            .field("locale", &self.locale)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EventDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventDetails")
            .field("at", &self.at)
            .field("remaining", &self.remaining)
            .field("locked_until", &self.locked_until)
            .finish_non_exhaustive()
    }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("not a moment in RFC 3339"))
}

fn moment_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    moment(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verification() -> MessageContent {
        MessageContent {
            kind: MessageKind::EmailVerification,
            channel: Channel::Email,
            to: "ada@example.com".to_owned(),
            locale: "de-AT".to_owned(),
            code: Some("314159".to_owned()),
            link: Some("https://id.example.com/verify-email#token=s3cret".to_owned()),
            expires_at: Some(Timestamp::from_secs(86_400)),
            event: Some(EventDetails {
                ip: Some("192.0.2.7".to_owned()),
                browser: Some("Firefox".to_owned()),
                factor_label: Some("Phone".to_owned()),
                remaining: Some(3),
                locked_until: Some(Timestamp::from_micros(1_500_000)),
                device: Some("Safari on iPhone".to_owned()),
                copy_for: Some("a***@e***.com".to_owned()),
                ..EventDetails::at(Timestamp::from_micros(1_700_000_000_123_456))
            }),
        }
    }

    #[test]
    fn names_lead_back_to_kind_and_channel_and_are_those_of_the_json() {
        assert!(MessageKind::ACTING.iter().all(|acting| MessageKind::ALL.contains(acting)));
        for kind in MessageKind::ALL {
            assert_eq!(MessageKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for channel in [Channel::Email, Channel::Sms, Channel::Webhook] {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
        assert_eq!((MessageKind::parse("Email_Verification"), Channel::parse("")), (None, None));
    }

    #[test]
    fn a_content_survives_its_bytes() {
        let full = verification();
        assert_eq!(MessageContent::from_bytes(&full.to_bytes().unwrap()), Ok(full));
        let mut bare = verification();
        bare.code = None;
        bare.link = None;
        bare.expires_at = None;
        bare.event = Some(EventDetails::at(Timestamp::EPOCH));
        assert_eq!(MessageContent::from_bytes(&bare.to_bytes().unwrap()), Ok(bare));
    }

    #[test]
    fn bytes_of_a_later_version_are_read_and_broken_ones_are_refused_without_being_quoted() {
        let newer = r#"{"kind":"wrong_codes","channel":"email","to":"a@example.com","locale":"en","priority":1}"#;
        assert_eq!(MessageContent::from_bytes(newer.as_bytes()).unwrap().kind, MessageKind::WrongCodes);
        let broken = r#"{"kind":"s3cret","channel":"email","to":"a@example.com","locale":"en"}"#;
        let refusal = MessageContent::from_bytes(broken.as_bytes()).unwrap_err();
        assert_eq!(refusal.to_string(), "the content of a message is malformed");
    }

    #[test]
    fn debug_shows_no_address_code_link_or_place() {
        let content = verification();
        let shown = format!("{content:?} {:?}", content.event);
        for secret in ["ada", "314159", "s3cret", "192.0.2.7", "Firefox", "Phone", "Safari"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("EmailVerification"));
    }
}
