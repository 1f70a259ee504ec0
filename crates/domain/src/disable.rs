//! Turning the second factor off. The code is its own proof, however old the session's: a session alone, or a password,
//! never does it. All that belongs to the second factor goes in one commit.

use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Method;
use crate::guess::{Guess, Proofs, guess, wrong_without_challenge};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::Broken;
use crate::sent_code::Scope;
use crate::session::{Admitted, Bearer, Grant, RefreshToken};
use crate::step_up::ProofView;
use crate::trusted_device::revoke_trust;

/// Turns the second factor off.
#[derive(Debug)]
pub struct Disable {
    /// Who.
    pub bearer: Bearer,
    /// Any code of theirs.
    pub code: TypedCode,
    /// The refresh token the client holds in its cookie, to be replaced.
    pub refresh: Option<RefreshToken>,
    /// Where from.
    pub origin: Origin,
}

/// It is off.
#[derive(Debug)]
pub struct Disabled {
    /// The new refresh token of this session, where it is held in a cookie.
    pub grant: Option<Grant>,
}

impl Decide for Disable {
    type View = ProofView;
    type Reply = Disabled;

    fn decide(&self, view: ProofView, context: &mut Context<'_>) -> Result<Decision<Disabled>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, mut session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let action = AuditAction::TwoFactorDisabled;
        let refused = |refusal, why| {
            let entry = account.entry(action, false, &self.origin).because(why);
            Ok(Decision::refused(&account, refusal, now).audit_all(alarms.clone()).audit(entry))
        };
        // Settings that ask for a factor that is not there are broken; that is not "off already".
        if !account.factor_due(&view.factors, policy)? && view.factors.is_empty() {
            return refused(Refusal::NotEnabled, "not_enabled");
        }
        if account.role.is_some() {
            // The administration is entered with a factor, and the next one would be that of whoever has the password.
            return refused(Refusal::FeatureDisabled, "administrator");
        }
        if let Err(locked) = account.settings.guesses.check(now) {
            return refused(Refusal::locked(locked, now), "account_locked");
        }
        let proofs = Proofs {
            factors: &view.factors,
            recovery_codes: &view.recovery_codes,
            scope: Scope::Disable(session.id),
            bypass: false,
            sent_codes: &view.sent_codes,
        };
        let (method, spent) = match guess(&self.code, &mut account, &proofs, now, context)? {
            Guess::Right { method, used } => (method, used),
            Guess::Wrong { near, outcome } => {
                let wrong = wrong_without_challenge(action, &account, (near, outcome), &self.origin, now, context);
                return Ok(wrong.audit_all(alarms));
            }
        };

        let user = account.user.id;
        (account.settings.enabled_at, account.settings.preferred_factor) = (None, None);
        let (untrusted, distrust) = revoke_trust(&account, "two_factor_disabled", &self.origin);
        let rotation = session.replace_cookie(self.refresh.as_ref(), &account, now, context).unzip();
        // What proved it is used up first, by its guard: of two at once, one finds it gone.
        let mut decision = Decision::new(Ok(Disabled { grant: rotation.1 }), now)
            .on_chain_of(&account)
            .change(*spent)
            .change(Change::RemoveFactorsOf(user))
            .change(Change::ReplaceRecoveryCodes(user, Vec::new()))
            .change(Change::WipeKeptRecoveryCodes(user))
            .change(Change::AbandonAllEnrollmentsOf(user))
            .change(Change::EndChallengesOf(user))
            .change(Change::EndOtherSessions { user, keep: session.id })
            .change(untrusted)
            .audit_all(alarms);
        decision.changes.extend(rotation.0);
        if method == Method::RecoveryCode {
            decision = decision.audit(account.entry(AuditAction::RecoveryCodeUsed, true, &self.origin));
        }
        let told = notice::notice(MessageKind::TwoFactorDisabled, &account, &self.origin, now, context, |_| {});
        Ok(decision
            .audit(account.entry(action, true, &self.origin).method(method))
            .audit(account.entry(AuditAction::SessionsEnded, true, &self.origin).because("two_factor_disabled"))
            .audit(distrust)
            .send(told)
            .change(Change::SaveSettings(user, account.settings)))
    }
}

#[cfg(test)]
mod tests;
