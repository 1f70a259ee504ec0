//! How a person's second factor stands. Changes nothing.

use crate::challenge::Offer;
use crate::command::{Context, Decide};
use crate::decision::Decision;
use crate::factor::{Factor, Method};
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Session};
use crate::time::Timestamp;
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
    /// Trusted devices.
    pub trusted_devices: usize,
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
        let is_enabled = account.factor_due(&view.factors, policy)?;
        // All of them, also of kinds that are switched off: they are the person's to see and to remove.
        let factors = view.factors.iter().map(|factor| {
            Ok(FactorStatus {
                offer: Offer::of(factor, context.keys)?,
                preferred: account.settings.preferred_factor == Some(factor.id),
                created_at: factor.created_at,
                last_used_at: factor.last_used_at,
            })
        });
        let mut factors: Vec<FactorStatus> = factors.collect::<Result<_, Broken>>()?;
        factors.sort_by_key(|factor| !factor.preferred);
        let status = Status {
            is_enabled,
            preferred_method: factors.first().map(|factor| factor.offer.method),
            factors,
            recovery_codes_remaining: view.recovery_codes,
            trusted_devices: view.trusted_devices,
            locked_until: account.settings.guesses.locked_until.filter(|until| *until > moment.now),
            fresh_until: session.fresh_until(moment.now, policy),
        };
        Ok(Decision::new(Ok(status), moment.now))
    }
}

#[cfg(test)]
mod tests;
