//! What an operator does to an account from the command line.

use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision};
use crate::enrollment::import_factor;
use crate::ids::{ApplicationId, UserId};
use crate::secret::Broken;
use crate::signup::NewUser;
use crate::time::Timestamp;
use crate::totp::TotpSecret;
use crate::user::{Email, EmailFault, PasswordHash};

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

/// What keeps an address from being used, as the command line says it.
pub const fn explain_email(fault: EmailFault) -> &'static str {
    match fault {
        EmailFault::Malformed => "is not an e-mail address",
        EmailFault::TooLong => "is longer than 254 characters",
        EmailFault::NotAscii => "has characters outside ASCII",
    }
}

#[cfg(test)]
mod tests;
