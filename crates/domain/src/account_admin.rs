//! What an operator does to an account from the command line.

use crate::audit::{AuditAction, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, EndReason, Refusal};
use crate::enrollment::import_factor;
use crate::ids::{ApplicationId, UserId};
use crate::link_token::LinkPurpose;
use crate::message::MessageKind;
use crate::notice;
use crate::secret::Broken;
use crate::signup::NewUser;
use crate::throttle::GuessBudget;
use crate::time::Timestamp;
use crate::totp::TotpSecret;
use crate::trusted_device::revoke_trust;
use crate::user::{Account, Email, EmailFault, EmailKey, PasswordHash};

/// Makes a user whose address counts as verified, with or without an authenticator of a known secret.
#[derive(Debug)]
pub struct AddUser {
    /// In which application.
    pub application: ApplicationId,
    /// With which address.
    pub email: Email,
    /// With which password.
    pub password: PasswordHash,
    /// With which authenticator.
    pub totp: Option<TotpSecret>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for AddUser {
    /// Whether the address is somebody's already.
    type View = bool;
    /// The new user; `None` when the address is taken.
    type Reply = Option<UserId>;

    fn decide(&self, taken: bool, context: &mut Context<'_>) -> Result<Decision<Option<UserId>>, Broken> {
        if taken {
            return Ok(Decision::new(Ok(None), context.clock));
        }
        let new = NewUser {
            application: self.application,
            email: self.email.clone(),
            password: self.password.clone(),
            action: AuditAction::UserCreated,
        };
        let (mut account, mut decision) = new.decide(None, &self.origin, context);
        decision.reply = Ok(Some(account.user.id));
        if let Some(secret) = &self.totp {
            let now = decision.at;
            let added = import_factor(&mut account, "Authenticator", secret, now, context);
            decision = decision
                .change(added)
                .change(Change::SaveSettings(account.user.id, account.settings.clone()))
                .audit(account.entry(AuditAction::TwoFactorEnabled, true, &self.origin).because("imported"));
        }
        Ok(decision)
    }
}

/// Brings a user from another system, with what they had there.
#[derive(Debug)]
pub struct ImportUser {
    /// In which application.
    pub application: ApplicationId,
    /// With which address.
    pub email: Email,
    /// Whether the other system had verified it.
    pub email_verified: bool,
    /// With which password. Without one the way in is a reset.
    pub password: Option<PasswordHash>,
    /// With which authenticator, and its name.
    pub totp: Option<(TotpSecret, String)>,
    /// Since when the other system knew the user.
    pub created_at: Option<Timestamp>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for ImportUser {
    /// Whether the address is somebody's already.
    type View = bool;
    /// The new user; `None` when the address is taken.
    type Reply = Option<UserId>;

    fn decide(&self, taken: bool, context: &mut Context<'_>) -> Result<Decision<Option<UserId>>, Broken> {
        if taken {
            return Ok(Decision::new(Ok(None), context.clock));
        }
        let new = NewUser {
            application: self.application,
            email: self.email.clone(),
            password: self.password.clone().unwrap_or_else(PasswordHash::none),
            action: AuditAction::UserImported,
        };
        let (mut account, mut decision) = new.decide(None, &self.origin, context);
        let now = decision.at;
        for change in &mut decision.changes {
            if let Change::AddUser(user, _) = change {
                user.created_at = self.created_at.unwrap_or(now).min(now);
                user.email_verified_at = self.email_verified.then_some(now);
            }
        }
        decision.reply = Ok(Some(account.user.id));
        if let Some((secret, label)) = &self.totp {
            let added = import_factor(&mut account, label, secret, now, context);
            decision = decision
                .change(added)
                .change(Change::SaveSettings(account.user.id, account.settings.clone()))
                .audit(account.entry(AuditAction::TwoFactorEnabled, true, &self.origin).because("imported"));
        }
        Ok(decision)
    }
}

/// Something done to a user by somebody else.
#[derive(Debug)]
pub struct ActOnUser {
    /// In which application.
    pub application: ApplicationId,
    /// What the user is found by.
    pub whose: EmailKey,
    /// What.
    pub act: Act,
    /// Who acts.
    pub origin: Origin,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// They may not sign in any more, and whatever is open closes at once.
    Disable,
    /// They may again.
    Enable,
    /// A lock or stop after wrong codes is lifted.
    Unlock,
    /// Every factor, recovery code and trust is taken away, for this reason: the password alone signs in again, but that of
    /// somebody with a role, which dies with them.
    ResetTwoFactor(String),
    /// They are gone; the audit log stays.
    Delete,
    /// The trust in their devices ends, for this reason: something of theirs has changed where they sign in.
    EndTrust(&'static str),
}

impl Act {
    const fn action(&self) -> AuditAction {
        match self {
            Self::Disable => AuditAction::UserDisabled,
            Self::Enable => AuditAction::UserEnabled,
            Self::Unlock => AuditAction::AccountUnlocked,
            Self::ResetTwoFactor(_) => AuditAction::TwoFactorReset,
            Self::Delete => AuditAction::UserDeleted,
            Self::EndTrust(_) => AuditAction::TrustRevoked,
        }
    }

    /// What the person is told; nothing where they are told elsewhere.
    const fn notice(&self) -> Option<MessageKind> {
        Some(match self {
            Self::Disable => MessageKind::AccountDisabled,
            Self::Enable => MessageKind::AccountEnabled,
            Self::Unlock => MessageKind::AccountUnlocked,
            Self::ResetTwoFactor(_) => MessageKind::TwoFactorReset,
            Self::Delete => MessageKind::AccountDeleted,
            Self::EndTrust(_) => return None,
        })
    }

    /// Whether nothing is left to do: then nothing is written, and nobody is told.
    fn is_done(&self, account: &Account) -> bool {
        match self {
            Self::Disable => account.user.disabled_at.is_some(),
            Self::Enable => account.user.disabled_at.is_none(),
            Self::Unlock => account.settings.guesses == GuessBudget::default(),
            // What is pending ends with it, whether or not there was a factor.
            Self::ResetTwoFactor(_) | Self::Delete | Self::EndTrust(_) => false,
        }
    }
}

impl Decide for ActOnUser {
    /// The person.
    type View = Option<Account>;
    /// Whether there was anything to do.
    type Reply = bool;

    fn decide(&self, account: Option<Account>, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        let Some(mut account) = account else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        if self.act.is_done(&account) {
            return Ok(Decision::new(Ok(false), now));
        }
        let alarms = account.seen(moment, &self.origin, context.policy);
        let user = account.user.id;
        let mut entry = account.entry(self.act.action(), true, &self.origin);
        let told = self.act.notice().map(|kind| notice::notice(kind, &account, &self.origin, now, context, |_| {}));
        let decision = Decision::new(Ok(true), now).on_chain_of(&account).audit_all(alarms);
        let decision = match &self.act {
            Act::Disable => closed(decision, &account, EndReason::Disabled, &self.origin)
                .change(Change::SetDisabled(user, Some(now))),
            Act::Enable => decision.change(Change::SetDisabled(user, None)),
            Act::Unlock => {
                account.settings.guesses = GuessBudget::default();
                decision.change(Change::EndLinkTokens(user, &[LinkPurpose::Unlock]))
            }
            Act::ResetTwoFactor(reason) => {
                entry.detail = Detail::Stated(reason.clone());
                let settings = &mut account.settings;
                (settings.enabled_at, settings.preferred_factor) = (None, None);
                settings.guesses = GuessBudget::default();
                let mut decision = closed(decision, &account, EndReason::TwoFactorReset, &self.origin)
                    .change(Change::RemoveFactorsOf(user))
                    .change(Change::ReplaceRecoveryCodes(user, Vec::new()))
                    .change(Change::WipeKeptRecoveryCodes(user));
                if account.role.is_some() {
                    // A password alone is no way into the administration: they are invited again, as at the beginning.
                    decision = decision.change(Change::SetPassword(user, PasswordHash::none()));
                }
                decision
            }
            Act::EndTrust(why) => {
                let (untrusted, ended) = revoke_trust(&account, why, &self.origin);
                entry = ended;
                decision.change(untrusted)
            }
            Act::Delete => {
                // The mail outlives the user it is about.
                let mut decision = decision.change(Change::DropMessagesOf(user)).change(Change::DeleteUser(user));
                if let Some(mut told) = told {
                    told.outlive_user();
                    decision = decision.send(told);
                }
                return Ok(decision.audit(entry));
            }
        };
        let mut decision = decision.audit(entry).change(Change::SaveSettings(user, account.settings));
        decision.outbox.extend(told.into_iter().flatten());
        Ok(decision)
    }
}

/// Everything that is open for a person closes: sessions, challenges, pending set-ups, links, waiting codes, trust.
pub(crate) fn closed<R>(decision: Decision<R>, account: &Account, why: EndReason, origin: &Origin) -> Decision<R> {
    let user = account.user.id;
    let (untrusted, entry) = revoke_trust(account, why.as_str(), origin);
    decision
        .change(Change::EndSessionsOf(user, why))
        .change(Change::EndChallengesOf(user))
        .change(Change::AbandonAllEnrollmentsOf(user))
        .change(Change::EndLinkTokens(user, &LinkPurpose::ALL))
        .change(Change::DropMessagesOf(user))
        .change(untrusted)
        .audit(account.entry(AuditAction::SessionsEnded, true, origin).because(why.as_str()))
        .audit(entry)
}

/// What keeps an address from being used, as the command line says it.
pub const fn explain_email(fault: EmailFault) -> &'static str {
    match fault {
        EmailFault::Malformed => "is not an e-mail address",
        EmailFault::TooLong => "is longer than 254 characters",
        EmailFault::NotAscii => "has characters outside ASCII",
        EmailFault::SameAddress => "is the address of the account",
    }
}

#[cfg(test)]
mod tests;
