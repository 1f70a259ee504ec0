//! What a message of each kind carries, in one table.

use domain::message::MessageKind;

/// What a message of a kind carries, and how it looks.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Whether it carries a code. Those kinds, and no others, can be text messages.
    pub(crate) code: bool,
    /// Whether it carries a link.
    pub(crate) link: LinkUse,
    /// Whether it counts the recovery codes that are left.
    pub(crate) counts: bool,
    /// Whether somebody may be attacking: shown in a warmer color, never by color alone.
    pub(crate) alarm: bool,
}

/// Whether a kind carries a link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkUse {
    /// It is of no use without one.
    Required,
    /// It makes sense with and without.
    Optional,
    /// One in it is a mistake.
    Never,
}

const NOTICE: Shape = Shape { code: false, link: LinkUse::Never, counts: false, alarm: false };
const ALARM: Shape = Shape { alarm: true, ..NOTICE };
const CODE: Shape = Shape { code: true, ..NOTICE };
const LINK: Shape = Shape { link: LinkUse::Required, ..NOTICE };

/// The shape of a kind.
pub(crate) const fn shape(kind: MessageKind) -> Shape {
    match kind {
        MessageKind::EmailVerification
        | MessageKind::PasswordReset
        | MessageKind::EmailChange
        | MessageKind::BackupEmail => LINK,
        MessageKind::LoginCode | MessageKind::SetupCode | MessageKind::StepUpCode => CODE,
        MessageKind::AccountExists | MessageKind::EmailChangeTaken => Shape { link: LinkUse::Optional, ..NOTICE },
        MessageKind::AccountLocked | MessageKind::StartedOver | MessageKind::ResetRequested => {
            Shape { link: LinkUse::Optional, ..ALARM }
        }
        MessageKind::RecoveryCodeUsed => Shape { counts: true, ..ALARM },
        MessageKind::RecoveryCodesLow => Shape { counts: true, ..NOTICE },
        MessageKind::TwoFactorDisabled
        | MessageKind::BypassCodeMade
        | MessageKind::BypassCodeUsed
        | MessageKind::WrongCodes
        | MessageKind::NewSignIn
        | MessageKind::TrustedDeviceStolen
        | MessageKind::PasswordChanged
        | MessageKind::EmailChangeRequested
        | MessageKind::EmailChanged
        | MessageKind::TwoFactorReset
        | MessageKind::SignedOutEverywhere
        | MessageKind::BackupEmailRemoved
        | MessageKind::SmsLimitReached => ALARM,
        MessageKind::TwoFactorEnabled
        | MessageKind::FactorAdded
        | MessageKind::FactorRemoved
        | MessageKind::RecoveryCodesMade
        | MessageKind::TrustedDeviceAdded
        | MessageKind::TrustRevoked
        | MessageKind::SessionsEnded
        | MessageKind::BackupEmailChanged
        | MessageKind::AccountDisabled
        | MessageKind::AccountEnabled
        | MessageKind::AccountUnlocked
        | MessageKind::AccountDeleted => NOTICE,
    }
}
