//! A pending set-up, shown again to the session that began it: a page is reloaded, a code was mistyped.
//!
//! Changes nothing, and tells nobody else: to another session there is nothing pending.

use super::EnrollmentView;
use crate::command::{Context, Decide};
use crate::decision::{Decision, Refusal};
use crate::factor::Method;
use crate::ids::{EnrollmentId, FactorId};
use crate::secret::{Broken, SecretText};
use crate::sent_code::{Delivery, Scope, SentCode};
use crate::session::{Admitted, Bearer};
use crate::time::Timestamp;
use crate::totp::otpauth_uri;

/// Asks.
#[derive(Debug)]
pub struct ReadPending {
    /// Who asks.
    pub bearer: Bearer,
    /// The factor it will be.
    pub factor: FactorId,
}

/// A set-up that waits for its proof.
#[derive(Debug)]
pub struct Pending {
    /// The set-up.
    pub enrollment: EnrollmentId,
    /// Of which kind.
    pub method: Method,
    /// What the person calls it.
    pub label: String,
    /// The secret in base32 and as an `otpauth` URI, for an authenticator.
    pub secret: Option<(SecretText, SecretText)>,
    /// Where codes are sent, masked; `None` for an authenticator.
    pub destination: Option<String>,
    /// How the sending of the last code stands.
    pub delivery: Option<Delivery>,
    /// When the next code may be asked for; `None` where none is sent.
    pub next_send_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Decide for ReadPending {
    type View = EnrollmentView;
    type Reply = Pending;

    fn decide(&self, view: EnrollmentView, context: &mut Context<'_>) -> Result<Decision<Pending>, Broken> {
        let (policy, keys) = (context.policy, context.keys);
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { account, session, moment } = admitted;
        let now = moment.now;
        let mut waiting = view.enrollments.into_iter();
        let Some(enrollment) = waiting.find(|enrollment| {
            enrollment.factor == self.factor && enrollment.session == session.id && enrollment.is_live(now)
        }) else {
            return Ok(Decision::new(Err(Refusal::NoPendingSetup), now));
        };
        let destination = enrollment.destination(keys)?;
        let secret = if destination.is_none() {
            let secret = enrollment.open(keys)?;
            Some((secret.to_base32(), otpauth_uri(&policy.issuer, account.user.email.as_str(), &secret)))
        } else {
            None
        };
        let last = view.sends.codes.iter().filter(|code| code.factor == enrollment.factor);
        let scope = Scope::Setup(enrollment.id);
        let allowance = |key| view.sends.allowance((&key, scope), 0, now, policy).next(now);
        Ok(Decision::new(
            Ok(Pending {
                enrollment: enrollment.id,
                method: enrollment.method,
                label: enrollment.label,
                secret,
                delivery: last.max_by_key(|code| code.created_at).map(SentCode::delivery),
                next_send_at: destination.as_ref().map(|destination| allowance(destination.key(keys))),
                destination: destination.map(|destination| destination.masked()),
                expires_at: enrollment.expires_at,
            }),
            now,
        ))
    }
}

#[cfg(test)]
mod tests;
