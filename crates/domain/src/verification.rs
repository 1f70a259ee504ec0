//! Answering a challenge: one endpoint takes every kind of code.
//!
//! The order is the rule: the challenge must be live and the account open; then the guess is charged; only then is it judged.
//! A right answer takes back its own charge, completes the challenge, uses up the step or the recovery code, and starts the
//! session, all in one commit or not at all.

use crate::administrator::reset_request::ResetOutcome;
use crate::application::challenge::Reason;
use crate::audit::AuditAction;
use crate::challenge::{Challenge, Purpose};
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::{Factor, Judgement, Method};
use crate::guess::{Guess, Proofs, bypass_code_used, explain, guess, reason, recovery_code_used, tell_wrong};
use crate::ids::ResetRequestId;
use crate::known_browser::{KnownBrowser, meet};
use crate::login::SignedInUser;
use crate::recovery_code::{StoredRecoveryCode, unused};
use crate::secret::{Broken, TokenHash};
use crate::sent_code::{Scope, SentCode};
use crate::session::{Grant, RefreshHolder, Session};
use crate::throttle::Outcome;
use crate::time::Timestamp;
use crate::trusted_device::{DeviceToken, NewDevice, Trust, TrustedDevice, begins, trust};
use crate::user::Account;

/// Answers a challenge.
#[derive(Debug)]
pub struct Verify {
    /// Hash of the partial token shown.
    pub token: TokenHash,
    /// What was typed.
    pub code: TypedCode,
    /// Where the client keeps its refresh token, if it says so now.
    pub holder: Option<RefreshHolder>,
    /// Whether this browser is to be trusted from now on.
    pub remember: bool,
    /// The cookie of a trusted device it has already.
    pub device: Option<DeviceToken>,
    /// Where from.
    pub origin: Origin,
}

/// What [`Verify`] reads.
#[derive(Debug)]
pub struct VerifyView {
    /// The challenge's person.
    pub account: Option<Account>,
    /// The challenge.
    pub challenge: Option<Challenge>,
    /// The person's factors.
    pub factors: Vec<Factor>,
    /// Their set of recovery codes.
    pub recovery_codes: Vec<StoredRecoveryCode>,
    /// Their devices whose trust nobody revoked, where this browser is to be one.
    pub devices: Vec<TrustedDevice>,
    /// The codes sent for the challenge.
    pub sent_codes: Vec<SentCode>,
    /// The browsers they have signed in with.
    pub browsers: Vec<KnownBrowser>,
    /// The reset of their second factor that waits.
    pub reset_request: Option<ResetRequestId>,
}

/// A right answer.
#[derive(Debug)]
pub struct Verified {
    /// The session it started.
    pub grant: Grant,
    /// The person.
    pub user: SignedInUser,
    /// Which kind of code it was.
    pub method: Method,
    /// Recovery codes left.
    pub recovery_codes_remaining: usize,
    /// The browser, if it is trusted from now on.
    pub trusted_device: Option<NewDevice>,
}

impl Decide for Verify {
    type View = VerifyView;
    type Reply = Verified;

    fn decide(&self, view: VerifyView, context: &mut Context<'_>) -> Result<Decision<Verified>, Broken> {
        // What an application asked for is answered at its own door, and signs nobody in.
        let ours = view.challenge.as_ref().filter(|challenge| challenge.asked.is_none());
        match ours.map(|challenge| challenge.purpose) {
            // A purpose that is added must say here that it signs nobody in.
            Some(Purpose::Login) => {}
            None => return Ok(Decision::new(Err(Refusal::PartialTokenInvalid), context.clock)),
        }
        let (code, remember, device, origin) = (&self.code, self.remember, self.device.as_ref(), &self.origin);
        let answer = Answer { code, remember, device, origin, unknown: Refusal::PartialTokenInvalid };
        let decision = answer.judge(view, context, |account, challenge, method, now, context| {
            let holder = self.holder.unwrap_or(challenge.holder);
            let (session, grant) = Session::start(account, Some(method), holder, &self.origin, now, context);
            ((grant, SignedInUser::of(account)), Some(Change::AddSession(session)))
        })?;
        Ok(decision.map(|right| {
            let Right { entered: (grant, user), method, recovery_codes_remaining, trusted_device, .. } = right;
            Verified { grant, user, method, recovery_codes_remaining, trusted_device }
        }))
    }
}

/// An answer to a challenge, at whichever door.
pub(crate) struct Answer<'a> {
    /// What was typed.
    pub(crate) code: &'a TypedCode,
    /// Whether this browser is to be trusted from now on.
    pub(crate) remember: bool,
    /// The token of a trusted device it has already.
    pub(crate) device: Option<&'a DeviceToken>,
    /// Where from.
    pub(crate) origin: &'a Origin,
    /// How this door says that there is no such challenge.
    pub(crate) unknown: Refusal,
}

/// What a right answer comes to.
pub(crate) struct Right<E> {
    /// What the door gives.
    pub(crate) entered: E,
    /// Which kind of code it was.
    pub(crate) method: Method,
    /// Recovery codes left.
    pub(crate) recovery_codes_remaining: usize,
    /// The browser, if it is trusted from now on.
    pub(crate) trusted_device: Option<NewDevice>,
    /// When.
    pub(crate) at: Timestamp,
}

impl Answer<'_> {
    /// Judges it. `enter` says what the door gives for a right one, and what changes with that.
    pub(crate) fn judge<E>(
        &self,
        view: VerifyView,
        context: &mut Context<'_>,
        enter: impl FnOnce(&Account, &Challenge, Method, Timestamp, &mut Context<'_>) -> (E, Option<Change>),
    ) -> Result<Decision<Right<E>>, Broken> {
        let (Some(mut account), Some(challenge)) = (view.account, view.challenge) else {
            return Ok(Decision::new(Err(self.unknown.clone()), context.clock));
        };
        let policy = context.policy;
        let moment = account.moment(context.clock, policy);
        let now = moment.now;
        let alarms = account.seen(moment, self.origin, context.policy);
        let entry = |success| {
            account.entry(AuditAction::CodeVerified, success, self.origin).about("challenge", challenge.id.uuid())
        };
        let refused = |refusal, why| {
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry(false).because(why))
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        if account.user.disabled_at.is_some() {
            return refused(self.unknown.clone(), "disabled");
        }
        if let Err(refusal) = challenge.check(now, policy) {
            return refused(refusal, "challenge_over");
        }
        if let Err(locked) = account.settings.guesses.check(now) {
            return refused(Refusal::locked(locked, now), "account_locked");
        }
        if !policy.two_factor_enabled {
            // Nobody is asked for a second factor: the person signs in anew, with the password alone.
            return refused(Refusal::ChallengeExpired, "two_factor_off");
        }

        let right = entry(true);
        let proofs = Proofs {
            factors: &view.factors,
            recovery_codes: &view.recovery_codes,
            scope: Scope::Login(challenge.id),
            // Whoever gave one out would else confirm what an application asks its user.
            bypass: challenge.asked.as_ref().is_none_or(|asked| asked.reason == Reason::Login),
            sent_codes: &view.sent_codes,
        };
        let (method, used) = match guess(self.code, &mut account, &proofs, now, context)? {
            Guess::Right { method, used } => (method, used),
            Guess::Wrong { near, outcome } => {
                return Ok(self.wrong(&account, challenge, near, outcome, now, context).audit_all(alarms));
            }
        };
        let spoken_to = account.spoken_to(self.origin);
        let (entered, began) = enter(&account, &challenge, method, now, context);
        let bypassed = matches!(*used, Change::UseBypassCode(_));
        let spent = usize::from(method == Method::RecoveryCode && !bypassed);
        let remaining = unused(&view.recovery_codes).saturating_sub(spent);
        let remember = begins(self.remember, method, policy);
        let trust = remember.then(|| trust(&account, &view.devices, self.device, now, self.origin, now, context));
        let reply = Right {
            entered,
            method,
            recovery_codes_remaining: remaining,
            trusted_device: trust.as_ref().map(|trust| trust.device.clone()),
            at: now,
        };
        let mut decision = Decision::new(Ok(reply), now)
            .on_chain_of(&account)
            .change(Change::CompleteChallenge(challenge.id))
            .change(*used)
            .audit_all(alarms)
            .audit(right.method(method));
        decision.changes.extend(began);
        if let Some(id) = view.reset_request {
            // Whoever has their second factor needs no reset.
            decision = decision
                .change(Change::EndResetRequest { id, outcome: ResetOutcome::Stopped, approved: false })
                .audit(account.entry(AuditAction::ResetStopped, true, self.origin).because("signed_in"));
        }
        decision.changes.extend(spoken_to);
        if challenge.asked.is_none() {
            // Whom an application has signed in, and where, is for the application to tell.
            decision = meet(decision, &account, &view.browsers, self.origin, now, context);
        }
        if let Some(Trust { changes, audit, told, .. }) = trust {
            decision.changes.extend(changes);
            decision = decision.audit_all(audit).send(told);
        }
        if bypassed {
            decision = bypass_code_used(decision, &account, self.origin, now, context);
        } else if method == Method::RecoveryCode {
            decision = recovery_code_used(decision, &account, remaining, self.origin, now, context);
        }
        Ok(decision.change(Change::SaveSettings(account.user.id, account.settings)))
    }

    fn wrong<R>(
        &self,
        account: &Account,
        mut challenge: Challenge,
        near: Option<Judgement>,
        outcome: Outcome,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Decision<R> {
        let (hint, skew) = explain(near, challenge.skew, now);
        let entry = account.entry(AuditAction::CodeVerified, false, self.origin).because(reason(near));
        challenge.attempts += 1;
        let left = match outcome {
            Outcome::Open(left) => left.min(context.policy.challenge_attempts.saturating_sub(challenge.attempts)),
            Outcome::Locked(_) => 0,
        };
        let decision = Decision::new(Err(Refusal::CodeIncorrect { attempts_left: left, hint }), now)
            .on_chain_of(account)
            .audit(entry)
            .change(Change::SaveAttempts { id: challenge.id, attempts: challenge.attempts, skew })
            .change(Change::SaveSettings(account.user.id, account.settings.clone()));
        tell_wrong(decision, outcome, account, self.origin, now, context)
    }
}

#[cfg(test)]
mod tests;
