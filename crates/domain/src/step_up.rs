//! Step-up: a signed-in person proves anew who they are, and their session becomes fresh and is raised to what was proved.
//!
//! With any code of theirs; a person without a factor with the password. The password goes the way it goes at sign-in, in
//! two steps around its slow check and with the same counters, so that a stolen session gives no further guesses at it.

use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::{Factor, Method};
use crate::guess::{Guess, Proofs, guess, recovery_code_used, wrong_without_challenge};
use crate::login::{PasswordCheck, password_counters};
use crate::policy::Policy;
use crate::recovery_code::{StoredRecoveryCode, unused};
use crate::secret::{Broken, KeyRing};
use crate::sent_code::{Scope, SentCode};
use crate::session::{Admitted, Bearer, Grant, RefreshToken, Session, SessionView};
use crate::throttle::{Charged, Counter};
use crate::time::Timestamp;
use crate::user::{Account, Email, PasswordHash, PasswordProof};

/// Asks for the caller's own address, which the counters of wrong passwords are found by. Changes nothing.
#[derive(Debug)]
pub struct ReadAddress {
    /// Who.
    pub bearer: Bearer,
}

impl Decide for ReadAddress {
    type View = SessionView;
    type Reply = Email;

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<Email>, Broken> {
        let admitted = self.bearer.admit(view.account, view.session, context.clock, context.policy);
        Ok(Decision::new(admitted.map(|admitted| admitted.account.user.email), context.clock))
    }
}

/// Charges a try at the password.
#[derive(Debug)]
pub struct BeginStepUp {
    /// Who.
    pub bearer: Bearer,
    /// Their address, as [`ReadAddress`] told it.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

impl BeginStepUp {
    /// The counters a try is charged to: those of the sign-in.
    pub fn counters(&self, policy: &Policy, keys: &KeyRing) -> Vec<Counter> {
        password_counters(&self.email, &self.origin, policy, keys)
    }
}

/// What [`BeginStepUp`] reads and charges.
#[derive(Debug)]
pub struct BeginStepUpView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's factors.
    pub factors: Vec<Factor>,
    /// The counters of wrong passwords, charged with this try.
    pub passwords: Vec<(Counter, Charged)>,
}

impl Decide for BeginStepUp {
    type View = BeginStepUpView;
    type Reply = PasswordCheck;

    fn decide(&self, view: BeginStepUpView, context: &mut Context<'_>) -> Result<Decision<PasswordCheck>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, moment, .. } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let failed = account.entry(AuditAction::SteppedUp, false, &self.origin);
        if account.factor_due(&view.factors, policy)? || !view.factors.is_empty() {
            // Nothing is judged, so nothing is paid: whether the password was right stays unsaid.
            let mut decision = Decision::refused(&account, Refusal::StepUpRequired, now)
                .audit_all(alarms)
                .audit(failed.because("factor_needed"));
            decision.changes.extend(view.passwords.into_iter().map(|(counter, _)| Change::ReturnCharge(counter)));
            return Ok(decision);
        }
        // The windows of shared counters are kept by the clock.
        let wait = view.passwords.iter().filter_map(|(counter, charged)| counter.wait(charged, context.clock)).max();
        if wait.is_some() {
            let decision = Decision::refused(&account, Refusal::TooManyAttempts { retry_after: wait }, now);
            return Ok(decision.audit_all(alarms).audit(failed.because("too_many_attempts")));
        }
        let check = PasswordCheck { user: Some(account.user.password.clone()), pending: None };
        Ok(Decision::new(Ok(check), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// What a person proves themselves with.
#[derive(Debug)]
pub enum Proof {
    /// Any code of theirs.
    Code(TypedCode),
    /// The password, checked before; for a person without a factor. One whose factors are not asked for at sign-in, because
    /// the second factor is switched off, has factors all the same.
    Password {
        /// The address its try was charged to.
        email: Email,
        /// What the check found.
        proof: PasswordProof,
        /// The password hashed anew, where its stored hash was made with other parameters.
        rehashed: Option<PasswordHash>,
    },
}

/// Raises a session by a new proof.
#[derive(Debug)]
pub struct StepUp {
    /// Who.
    pub bearer: Bearer,
    /// The proof.
    pub proof: Proof,
    /// The refresh token the client holds in its cookie, to be replaced.
    pub refresh: Option<RefreshToken>,
    /// Where from.
    pub origin: Origin,
}

/// What is read of a signed-in person who proves themselves by a code.
#[derive(Debug)]
pub struct ProofView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's factors.
    pub factors: Vec<Factor>,
    /// The caller's unused recovery codes.
    pub recovery_codes: Vec<StoredRecoveryCode>,
    /// The codes sent for this within the session.
    pub sent_codes: Vec<SentCode>,
}

/// A raised session.
#[derive(Debug)]
pub struct SteppedUp {
    /// Until when changes need no further proof.
    pub fresh_until: Timestamp,
    /// The session's new tokens.
    pub grant: Grant,
    /// Whether the refresh token among them is new; else the client keeps the one it has, and the grant's is empty.
    pub rotated: bool,
}

impl Decide for StepUp {
    type View = ProofView;
    type Reply = SteppedUp;

    fn decide(&self, view: ProofView, context: &mut Context<'_>) -> Result<Decision<SteppedUp>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, mut session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::SteppedUp, success, &self.origin);
        let refused = |refusal, why: &'static str| {
            Ok(Decision::refused(&account, refusal, now).audit_all(alarms.clone()).audit(entry(false).because(why)))
        };

        let mut changes = Vec::new();
        let method = match &self.proof {
            Proof::Password { email, proof, rehashed } => {
                if account.factor_due(&view.factors, policy)? || !view.factors.is_empty() {
                    return refused(Refusal::StepUpRequired, "factor_needed");
                }
                // Between the check and this lock password or address may have changed.
                let same = |proven: &PasswordHash| account.user.password == *proven && account.user.email == *email;
                if !matches!(proof, PasswordProof::Right(proven) if same(proven)) {
                    return refused(Refusal::CredentialsInvalid, "wrong_password");
                }
                let counters = password_counters(email, &self.origin, policy, context.keys);
                changes.extend(counters.into_iter().map(Change::ReturnCharge));
                changes.extend(rehashed.clone().map(|hash| Change::SetPassword(account.user.id, hash)));
                None
            }
            Proof::Code(code) => {
                if let Err(locked) = account.settings.guesses.check(now) {
                    return refused(Refusal::locked(locked, now), "account_locked");
                }
                let proofs = Proofs {
                    factors: &view.factors,
                    recovery_codes: &view.recovery_codes,
                    scope: Scope::StepUp(session.id),
                    bypass: false,
                    sent_codes: &view.sent_codes,
                };
                match guess(code, &mut account, &proofs, now, context)? {
                    Guess::Right { method, used } => {
                        changes.push(*used);
                        Some(method)
                    }
                    Guess::Wrong { near, outcome } => {
                        let (action, came) = (AuditAction::SteppedUp, (near, outcome));
                        let wrong = wrong_without_challenge(action, &account, came, &self.origin, now, context);
                        return Ok(wrong.audit_all(alarms));
                    }
                }
            }
        };

        changes.push(session.raise(method, now));
        let rotation = session
            .rotate_cookie(self.refresh.as_ref(), &account, now, context)
            .or_else(|| session.renew_in_body(&account, now, context));
        let rotated = rotation.is_some();
        let (rotation, grant) = match rotation {
            Some((change, grant)) => (Some(change), grant),
            None => (None, session.access_only(&account, now, policy)),
        };
        changes.extend(rotation);
        let right = account.entry(AuditAction::SteppedUp, true, &self.origin);
        let right = right.about("session", session.id.uuid());
        let reply = SteppedUp { fresh_until: now + policy.freshness, grant, rotated };
        let mut decision = Decision::new(Ok(reply), now).on_chain_of(&account).audit_all(alarms);
        decision.changes.extend(changes);
        decision = decision.audit(match method {
            Some(method) => right.method(method),
            None => right,
        });
        if method == Some(Method::RecoveryCode) {
            let remaining = unused(&view.recovery_codes).saturating_sub(1);
            decision = recovery_code_used(decision, &account, remaining, &self.origin, now, context);
        }
        Ok(decision.change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

#[cfg(test)]
mod tests;
