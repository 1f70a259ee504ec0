//! What happened to a person's account of late, as told to the person: what they would want to know if it was not them.
//!
//! Taken from the audit log, which says more than a person can use. Changes nothing.

use std::net::IpAddr;

use crate::administrator::is_administrator;
use crate::audit::AuditAction;
use crate::command::{Context, Decide};
use crate::decision::Decision;
use crate::secret::Broken;
use crate::session::{Bearer, Session};
use crate::time::Timestamp;
use crate::user::Account;

/// Entries read, newest first: more than are told, for most of what is written is not told.
pub const READ: usize = 200;
/// Events told at most.
const TOLD: usize = 15;

/// One entry of the audit log, as far as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub action: AuditAction,
    /// Whether it came out as whoever did it wanted.
    pub success: bool,
    /// From where.
    pub ip: Option<IpAddr>,
    /// With which browser, as it names itself.
    pub user_agent: Option<String>,
    /// Who acted, when it was not the person.
    pub actor: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Event {
    /// Where an administrator sits and with which browser is nobody's business but the auditors'.
    fn without_the_desk(self) -> Self {
        if self.actor.as_deref().is_some_and(is_administrator) {
            return Self { ip: None, user_agent: None, ..self };
        }
        self
    }
}

/// Whether a person is told of this.
pub const fn is_told(action: AuditAction, success: bool) -> bool {
    match action {
        AuditAction::SignedIn
        | AuditAction::RecoveryCodeUsed
        | AuditAction::BypassCodeMade
        | AuditAction::BypassCodeUsed
        | AuditAction::BypassCodeWithdrawn
        | AuditAction::AccountLocked
        | AuditAction::AccountUnlocked
        | AuditAction::FactorAdded
        | AuditAction::FactorRemoved
        | AuditAction::TwoFactorEnabled
        | AuditAction::TwoFactorDisabled
        | AuditAction::TwoFactorReset
        | AuditAction::ResetRequested
        | AuditAction::ResetApproved
        | AuditAction::ResetDeclined
        | AuditAction::ResetWithdrawn
        | AuditAction::ResetStopped
        | AuditAction::RecoveryCodesMade
        | AuditAction::RecoveryCodesDownloaded
        | AuditAction::TrustedDeviceAdded
        | AuditAction::TrustedDeviceRevoked
        | AuditAction::TrustedDeviceStolen
        | AuditAction::PasswordChanged
        | AuditAction::PasswordReset
        | AuditAction::EmailChangeRequested
        | AuditAction::EmailChanged
        | AuditAction::BackupEmailRequested
        | AuditAction::BackupEmailChanged
        | AuditAction::BackupEmailRemoved
        | AuditAction::SessionEnded
        | AuditAction::RoleGranted
        | AuditAction::RoleRevoked
        | AuditAction::UserDisabled
        | AuditAction::SettingsOpened
        | AuditAction::UserEnabled => success,
        // Told whether it was right or wrong; a token that is shown twice never comes out as wanted.
        AuditAction::CodeVerified | AuditAction::RefreshTokenReused => true,
        AuditAction::PasswordChecked | AuditAction::SteppedUp => !success,
        AuditAction::SignupRequested
        | AuditAction::VerificationResent
        | AuditAction::EmailVerified
        | AuditAction::UserCreated
        | AuditAction::UserImported
        | AuditAction::ChallengeStarted
        | AuditAction::EnrollmentStarted
        | AuditAction::EnrollmentConfirmed
        | AuditAction::PreferredFactorChanged
        | AuditAction::FactorRenamed
        | AuditAction::SessionRefreshed
        | AuditAction::SignedOut
        | AuditAction::SessionsEnded
        | AuditAction::TrustRevoked
        | AuditAction::TrustedDeviceRecognized
        | AuditAction::TrustedDeviceRotated
        | AuditAction::PasswordResetRequested
        | AuditAction::UserDeleted
        | AuditAction::CodeSent
        | AuditAction::DeliveryHurried
        | AuditAction::DeliveryExpired
        | AuditAction::MessageDropped
        | AuditAction::ClockSkew
        | AuditAction::ChallengeCanceled
        | AuditAction::ApplicationAdded
        | AuditAction::ApiKeyAdded
        | AuditAction::ApiKeyRevoked
        | AuditAction::DatabaseAcknowledged
        | AuditAction::WebhookAdded
        | AuditAction::WebhookRemoved
        | AuditAction::ApplicationChanged
        | AuditAction::ChallengeOpened
        | AuditAction::ResultRedeemed
        | AuditAction::SettingsLinkMade
        | AuditAction::Looked
        | AuditAction::AdminKeyAdded
        | AuditAction::AdminKeyRevoked => false,
    }
}

/// Asks for the caller's own events, newest first.
#[derive(Debug)]
pub struct ReadEvents {
    /// Who asks.
    pub bearer: Bearer,
}

/// What is read.
#[derive(Debug)]
pub struct EventsView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The newest entries of the caller's chain.
    pub entries: Vec<Event>,
}

impl Decide for ReadEvents {
    type View = EventsView;
    type Reply = Vec<Event>;

    fn decide(&self, view: EventsView, context: &mut Context<'_>) -> Result<Decision<Vec<Event>>, Broken> {
        let admitted = self.bearer.admit(view.account, view.session, context.clock, context.policy);
        let told = |entries: Vec<Event>| {
            let told = entries.into_iter().filter(|event| is_told(event.action, event.success)).take(TOLD);
            told.map(Event::without_the_desk).collect()
        };
        Ok(Decision::new(admitted.map(|_| told(view.entries)), context.clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Refusal;
    use crate::session::RefreshHolder;
    use crate::testing::{Lab, bearer};
    use crate::time::Duration;

    fn event(action: AuditAction, success: bool) -> Event {
        Event { action, success, ip: None, user_agent: None, actor: None, at: crate::testing::START }
    }

    #[test]
    fn what_a_person_would_want_to_know_is_told_and_nothing_else() {
        let mut lab = Lab::new();
        let account = lab.account();
        let (session, grant) = lab.session(&account, None, RefreshHolder::Pages);
        let entries = vec![
            event(AuditAction::CodeSent, true),
            event(AuditAction::CodeVerified, false),
            event(AuditAction::FactorAdded, false),
            event(AuditAction::FactorAdded, true),
            event(AuditAction::PasswordChecked, true),
            event(AuditAction::PasswordChecked, false),
        ];
        let ask = |lab: &mut Lab, entries: Vec<Event>| {
            let view = EventsView { account: Some(account.clone()), session: Some(session.clone()), entries };
            lab.decide(&ReadEvents { bearer: bearer(&grant) }, view).unwrap().reply
        };
        let told: Vec<_> = ask(&mut lab, entries).unwrap().iter().map(|e| (e.action.as_str(), e.success)).collect();
        assert_eq!(told, [("code_verified", false), ("factor_added", true), ("password_checked", false)]);
        assert_eq!(ask(&mut lab, vec![event(AuditAction::SignedIn, true); READ]).unwrap().len(), TOLD);
        lab.pass(Duration::from_days(8));
        assert_eq!(ask(&mut lab, Vec::new()).unwrap_err(), Refusal::TokenInvalid);
    }
}
