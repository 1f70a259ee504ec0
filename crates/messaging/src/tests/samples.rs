//! A message of every kind, with everything it may carry and with as little as it can do with.

use domain::message::{Channel, EventDetails, MessageContent, MessageKind};
use domain::time::{Duration, Timestamp};

use crate::Renderer;

pub(super) const BASE: &str = "https://id.example.com";
/// 5 March 2026, 14:07 UTC.
pub(super) const MOMENT: Timestamp = Timestamp::from_secs(1_772_719_620);

/// What a browser says of itself.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The kinds that carry a code, which are those that a text message can say.
pub(super) const CODES: [MessageKind; 3] = [MessageKind::LoginCode, MessageKind::SetupCode, MessageKind::StepUpCode];

pub(super) fn renderer() -> Renderer {
    Renderer::new("Tinybeans", BASE).unwrap()
}

/// A complete message of the kind, with everything a message of it may carry.
pub(super) fn sample(kind: MessageKind) -> MessageContent {
    let link = match kind {
        MessageKind::EmailVerification => Some("verify-email#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::AccountExists | MessageKind::EmailChangeTaken => Some("login"),
        MessageKind::AccountLocked => Some("unlock#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::StartedOver => Some("start-over#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::ResetRequested => Some("stop-reset#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::PasswordReset => Some("reset-password#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::EmailChange => Some("change-email#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::BackupEmail => Some("backup-email#token=Qm9hdCBkcmlua3MgdGVh"),
        MessageKind::TwoFactorEnabled
        | MessageKind::FactorAdded
        | MessageKind::FactorRemoved
        | MessageKind::TwoFactorDisabled
        | MessageKind::RecoveryCodesMade
        | MessageKind::RecoveryCodeUsed
        | MessageKind::RecoveryCodesLow
        | MessageKind::BypassCodeMade
        | MessageKind::BypassCodeUsed
        | MessageKind::WrongCodes
        | MessageKind::NewSignIn
        | MessageKind::TrustedDeviceAdded
        | MessageKind::TrustedDeviceStolen
        | MessageKind::TrustRevoked
        | MessageKind::PasswordChanged
        | MessageKind::SessionsEnded
        | MessageKind::EmailChangeRequested
        | MessageKind::EmailChanged
        | MessageKind::BackupEmailChanged
        | MessageKind::BackupEmailRemoved
        | MessageKind::AccountDisabled
        | MessageKind::AccountEnabled
        | MessageKind::AccountUnlocked
        | MessageKind::TwoFactorReset
        | MessageKind::SignedOutEverywhere
        | MessageKind::SmsLimitReached
        | MessageKind::AccountDeleted
        | MessageKind::LoginCode
        | MessageKind::SetupCode
        | MessageKind::StepUpCode => None,
    };
    let code = CODES.contains(&kind).then(|| "012345".to_owned());
    let with_label = [MessageKind::TwoFactorEnabled, MessageKind::FactorAdded, MessageKind::FactorRemoved];
    let label = with_label.contains(&kind).then(|| "My phone".to_owned());
    MessageContent {
        kind,
        channel: Channel::Email,
        to: "ada@example.com".to_owned(),
        locale: "en".to_owned(),
        code,
        link: link.map(|path| format!("{BASE}/{path}")),
        // The link to the sign-in page is there for ever.
        expires_at: (link != Some("login")).then_some(MOMENT + Duration::from_days(1)),
        event: Some(EventDetails {
            ip: Some("2001:db8::7".to_owned()),
            browser: Some(FIREFOX.to_owned()),
            factor_label: label,
            remaining: Some(3),
            locked_until: Some(MOMENT + Duration::from_mins(15)),
            limit: (kind == MessageKind::SmsLimitReached).then(|| "sms_verify_ratio DE".to_owned()),
            copy_for: (kind == MessageKind::WrongCodes).then(|| "a***@e***.com".to_owned()),
            device: (kind == MessageKind::TrustedDeviceStolen).then(|| "Safari on iPhone".to_owned()),
            ..EventDetails::at(MOMENT)
        }),
    }
}

/// The samples, and each again with everything left out that may be.
pub(super) fn samples() -> Vec<MessageContent> {
    let bare = MessageKind::ALL.map(|kind| {
        let mut bare = sample(kind);
        let needed = [
            MessageKind::EmailVerification,
            MessageKind::PasswordReset,
            MessageKind::EmailChange,
            MessageKind::BackupEmail,
        ];
        if !needed.contains(&kind) {
            bare.link = None;
        }
        if !CODES.contains(&kind) {
            bare.expires_at = None;
        }
        bare.event = Some(EventDetails { remaining: Some(0), ..EventDetails::at(MOMENT) });
        bare
    });
    MessageKind::ALL.map(sample).into_iter().chain(bare).collect()
}

/// The text message of a kind.
pub(super) fn text_message(kind: MessageKind) -> MessageContent {
    let mut content = sample(kind);
    (content.channel, content.to) = (Channel::Sms, "+12025550167".to_owned());
    content
}

/// Everything that has words.
pub(super) fn all_samples() -> Vec<MessageContent> {
    samples().into_iter().chain(CODES.map(text_message)).collect()
}

/// The content for a reader of this language.
pub(super) fn in_language(mut content: MessageContent, tag: &str) -> MessageContent {
    tag.clone_into(&mut content.locale);
    content
}
