//! How a person's second factor stands. Changes nothing.

use crate::challenge::Offer;
use crate::command::{Context, Decide};
use crate::decision::Decision;
use crate::factor::{Factor, Method};
use crate::secret::{Broken, KeyRing};
use crate::session::{Admitted, Bearer, Session};
use crate::time::Timestamp;
use crate::trusted_device::{TrustedDevice, count_live};
use crate::user::Account;

/// Asks.
#[derive(Debug)]
pub struct ReadStatus {
    /// Who.
    pub bearer: Bearer,
}

/// What is read.
#[derive(Debug)]
pub struct StatusView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's factors.
    pub factors: Vec<Factor>,
    /// Unused recovery codes.
    pub recovery_codes: usize,
    /// Devices whose trust nobody revoked.
    pub trusted_devices: Vec<TrustedDevice>,
}

/// How it stands.
#[derive(Debug)]
pub struct Status {
    /// Whether a second factor is asked.
    pub is_enabled: bool,
    /// The method offered first.
    pub preferred_method: Option<Method>,
    /// The factors, the preferred one first.
    pub factors: Vec<FactorStatus>,
    /// Unused recovery codes.
    pub recovery_codes_remaining: usize,
    /// Trusted devices.
    pub trusted_devices: usize,
    /// Until when no code is taken.
    pub locked_until: Option<Timestamp>,
    /// The address for copies of notices, masked.
    pub backup_email: Option<String>,
    /// Until when changes need no further proof.
    pub fresh_until: Option<Timestamp>,
}

/// One factor, as told to its owner.
#[derive(Debug)]
pub struct FactorStatus {
    /// What it is.
    pub offer: Offer,
    /// Whether it is offered first.
    pub preferred: bool,
    /// When it was confirmed.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

impl FactorStatus {
    /// How one factor stands.
    pub(crate) fn of(account: &Account, factor: &Factor, keys: &KeyRing) -> Result<Self, Broken> {
        Ok(Self {
            offer: Offer::of(factor, keys)?,
            preferred: account.settings.preferred_factor == Some(factor.id),
            created_at: factor.created_at,
            last_used_at: factor.last_used_at,
        })
    }
}

impl Status {
    /// How it stands, with the numbers of recovery codes and trusted devices.
    pub(crate) fn of(
        account: &Account,
        session: &Session,
        factors: &[Factor],
        (recovery_codes, trusted_devices): (usize, usize),
        now: Timestamp,
        context: &Context<'_>,
    ) -> Result<Self, Broken> {
        let policy = context.policy;
        let is_enabled = account.factor_due(factors, policy)?;
        // All of them, also of kinds that are switched off: they are the person's to see and to remove.
        let factors = factors.iter().map(|factor| FactorStatus::of(account, factor, context.keys));
        let mut factors: Vec<FactorStatus> = factors.collect::<Result<_, Broken>>()?;
        factors.sort_by_key(|factor| !factor.preferred);
        Ok(Self {
            is_enabled,
            preferred_method: factors.first().map(|factor| factor.offer.method),
            factors,
            recovery_codes_remaining: recovery_codes,
            trusted_devices,
            locked_until: account.settings.guesses.locked_until.filter(|until| *until > now),
            backup_email: account.backup_email(context.keys)?.map(|email| email.masked()),
            fresh_until: session.fresh_until(now, policy),
        })
    }
}

impl Decide for ReadStatus {
    type View = StatusView;
    type Reply = Status;

    fn decide(&self, view: StatusView, context: &mut Context<'_>) -> Result<Decision<Status>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { account, session, moment } = admitted;
        let counts = (view.recovery_codes, count_live(&view.trusted_devices, moment.now, policy));
        let status = Status::of(&account, &session, &view.factors, counts, moment.now, context)?;
        Ok(Decision::new(Ok(status), moment.now))
    }
}

#[cfg(test)]
mod tests;
