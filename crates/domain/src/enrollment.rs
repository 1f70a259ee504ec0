//! Adding a factor. The pending one lives apart: nothing that works changes before the proof.
//!
//! ```text
//!   pending ──right code──▶ factor
//!     ├──5 wrong codes──▶ spent
//!     └──10 minutes, a newer set-up, the end of its session──▶ gone
//! ```

mod pending;
mod sent;

use crate::audit::AuditAction;
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal, SkewHint};
use crate::destination::{Destination, PhoneFault, SealedDestination};
use crate::factor::{Factor, Judgement, Method};
use crate::guess::{explain, reason, tell_locked};
use crate::ids::{EnrollmentId, FactorId, SessionId, UserId};
use crate::message::MessageKind;
use crate::notice;
use crate::policy::Policy;
use crate::recovery_code::{self, set::KeptRecoveryCodes};
use crate::secret::{Broken, Fault, KeyRing, Place, Sealed, SecretText};
use crate::sent_code::{self, Found, Scope, Sends};
use crate::session::{Admitted, Bearer, Grant, RefreshToken, Session};
use crate::throttle::Outcome;
use crate::time::Timestamp;
use crate::totp::{TotpSecret, otpauth_uri};
use crate::trusted_device::revoke_trust;
use crate::user::Account;

pub use pending::{Pending, ReadPending};
pub use sent::{BeginSentEnrollment, SentEnrollmentBegun};

/// A factor that waits for its proof.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Which.
    pub id: EnrollmentId,
    /// The id the factor will have.
    pub factor: FactorId,
    /// Whose.
    pub user: UserId,
    /// Begun by which session: it ends with it, and only it confirms without further proof.
    pub session: SessionId,
    /// Of which kind.
    pub method: Method,
    /// What the person calls it.
    pub label: String,
    /// The authenticator's secret; none where codes are sent.
    pub secret: Option<Sealed>,
    /// Where codes are sent; none for an authenticator.
    pub destination: Option<SealedDestination>,
    /// Wrong codes so far.
    pub attempts: u32,
    /// What the last wrong code said about the person's clock.
    pub skew: Option<SkewHint>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Enrollment {
    /// Whether it may still be confirmed. What began in the future began by a wrong clock, and is over.
    fn is_live(&self, now: Timestamp) -> bool {
        self.created_at <= now && now < self.expires_at
    }

    pub(crate) const fn place(id: EnrollmentId, user: UserId) -> Place {
        Place { table: "enrollments", column: "secret", row: id.uuid(), owner: user.uuid() }
    }

    /// Where its destination stands.
    pub const fn destination_place(id: EnrollmentId, user: UserId) -> Place {
        Place { table: "enrollments", column: "destination", row: id.uuid(), owner: user.uuid() }
    }

    /// Where its codes are sent; `None` for an authenticator.
    pub fn destination(&self, keys: &KeyRing) -> Result<Option<Destination>, Broken> {
        let place = Self::destination_place(self.id, self.user);
        match (&self.destination, self.method.channel()) {
            (_, None) => Ok(None),
            (None, Some(_)) => Err(place.broken(Fault::Missing)),
            (Some(sealed), Some(_)) => sealed.open(self.method, &place, keys).map(Some),
        }
    }

    /// Where its codes are sent, and the blind index they are counted by. That one stays with the row when the active key
    /// changes: what was counted before goes on counting.
    pub(crate) fn addressed(&self, keys: &KeyRing) -> Result<Option<(Destination, [u8; 32])>, Broken> {
        Ok(self.destination(keys)?.zip(self.destination.as_ref().map(|sealed| sealed.key)))
    }

    /// Whether as many others have its number as may. Told to nobody before they have proved that it is theirs.
    fn is_shared_by_too_many(&self, holders: &[([u8; 32], u32)], policy: &Policy) -> bool {
        let Some(destination) = self.destination.as_ref().filter(|_| self.method == Method::Sms) else { return false };
        holders.iter().any(|(key, others)| *key == destination.key && *others >= policy.sms.accounts)
    }

    /// The opened secret of an authenticator.
    fn open(&self, keys: &KeyRing) -> Result<TotpSecret, Broken> {
        let place = Self::place(self.id, self.user);
        let secret = self.secret.as_ref().ok_or_else(|| place.broken(Fault::Missing))?;
        keys.open(&place, secret).map(TotpSecret::from_bytes)
    }
}

/// What the commands read.
#[derive(Debug)]
pub struct EnrollmentView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's factors.
    pub factors: Vec<Factor>,
    /// The caller's pending set-ups.
    pub enrollments: Vec<Enrollment>,
    /// What was sent to the caller; an authenticator's set-up does not read it.
    pub sends: Sends,
    /// How many other accounts of the application have the number or address that waits, by its blind index; read to
    /// confirm.
    pub holders: Vec<([u8; 32], u32)>,
}

/// Begins the set-up of an authenticator.
#[derive(Debug)]
pub struct BeginEnrollment {
    /// Who asks.
    pub bearer: Bearer,
    /// What the person calls it.
    pub label: Option<String>,
    /// Where from.
    pub origin: Origin,
}

/// A set-up that waits for its proof.
#[derive(Debug)]
pub struct Begun {
    /// The set-up.
    pub enrollment: EnrollmentId,
    /// The factor it will be.
    pub factor: FactorId,
    /// The secret in base32.
    pub secret: SecretText,
    /// The same as an `otpauth` URI.
    pub uri: SecretText,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Decide for BeginEnrollment {
    type View = EnrollmentView;
    type Reply = Begun;

    fn decide(&self, view: EnrollmentView, context: &mut Context<'_>) -> Result<Decision<Begun>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let entry = |success| account.entry(AuditAction::EnrollmentStarted, success, &self.origin).method(Method::Totp);
        let refused = |refusal, why| {
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry(false).because(why))
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        if !policy.two_factor_enabled || !policy.allows(Method::Totp) {
            return refused(Refusal::FeatureDisabled, "feature_disabled");
        }
        if session.fresh_until(now, policy).is_none() {
            return refused(Refusal::StepUpRequired, "step_up_required");
        }
        if view.factors.len() >= policy.factors_max {
            return refused(Refusal::AlreadyEnabled, "too_many_factors");
        }
        let secret = TotpSecret::generate(context.rng);
        let id = EnrollmentId::new(now, context.rng);
        let label = self.label.clone().unwrap_or_else(|| match view.factors.len() {
            0 => "Authenticator".to_owned(),
            others => format!("Authenticator {}", others + 1),
        });
        let enrollment = Enrollment {
            id,
            factor: FactorId::new(now, context.rng),
            user: account.user.id,
            session: session.id,
            method: Method::Totp,
            label,
            secret: Some(context.keys.seal(&Enrollment::place(id, account.user.id), secret.as_bytes(), context.rng)),
            destination: None,
            attempts: 0,
            skew: None,
            created_at: now,
            expires_at: now + policy.enrollment_life,
        };
        let begun = Begun {
            enrollment: id,
            factor: enrollment.factor,
            secret: secret.to_base32(),
            uri: otpauth_uri(&policy.issuer, account.user.called(), &secret),
            expires_at: enrollment.expires_at,
        };
        let entry = entry(true).about("factor", enrollment.factor.uuid());
        Ok(Decision::new(Ok(begun), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::PutEnrollment(enrollment))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Confirms a set-up with a code of the new authenticator, or the code sent to the new number or address.
#[derive(Debug)]
pub struct ConfirmEnrollment {
    /// Who asks.
    pub bearer: Bearer,
    /// What was typed.
    pub code: TypedCode,
    /// Which factor, when several wait.
    pub factor: Option<FactorId>,
    /// The refresh token the client holds in its cookie, to be replaced.
    pub refresh: Option<RefreshToken>,
    /// Where from.
    pub origin: Origin,
}

/// A confirmed factor.
#[derive(Debug)]
pub struct Confirmed {
    /// Of which kind.
    pub method: Method,
    /// Which.
    pub factor: FactorId,
    /// The recovery codes, made with the first factor; shown this once.
    pub recovery_codes: Vec<SecretText>,
    /// The new refresh token of this session, where it is held in a cookie.
    pub grant: Option<Grant>,
}

impl ConfirmEnrollment {
    /// Picks the pending set-up meant. An application confirms what it began itself, and a challenge at the hosted pages the same:
    /// the recovery codes are for whoever was shown the secret.
    fn pick(&self, mut waiting: Vec<Enrollment>, now: Timestamp) -> Result<Enrollment, Refusal> {
        let within = self.bearer.application.map(|_| self.bearer.session);
        waiting.retain(|enrollment| {
            let meant = self.factor.is_none_or(|id| id == enrollment.factor);
            enrollment.is_live(now) && meant && within.is_none_or(|session| session == enrollment.session)
        });
        if waiting.len() > 1 { Err(Refusal::FactorIdNeeded) } else { waiting.pop().ok_or(Refusal::NoPendingSetup) }
    }
}

impl Enrollment {
    /// Judges a code against the pending factor. The one that proves it is used up with it: it does not sign anyone in.
    fn proven_by(
        &self,
        typed: &TypedCode,
        sends: &Sends,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Result<Result<(Factor, Option<Change>), Judgement>, Broken> {
        let TypedCode::Digits(code) = typed else { return Ok(Err(Judgement::Wrong)) };
        let (id, user, keys) = (self.factor, self.user, context.keys);
        let proven = Factor {
            id,
            user,
            method: self.method,
            label: self.label.clone(),
            secret: None,
            destination: None,
            last_used_step: None,
            last_used_at: Some(now),
            created_at: now,
        };
        if let Some(destination) = self.destination(keys)? {
            let whose = (user, Scope::Setup(self.id), id);
            return Ok(match sent_code::find(*code, whose, &destination, &sends.codes, now, keys)? {
                Some(Found::Live(code)) => {
                    let sealed = destination.seal(&Factor::destination_place(id, user), keys, context.rng);
                    let spent = Change::UseSentCode { id: code, factor: id };
                    Ok((Factor { destination: Some(sealed), ..proven }, Some(spent)))
                }
                Some(Found::Used) => Err(Judgement::AlreadyUsed),
                Some(Found::Over) => Err(Judgement::Expired),
                None => Err(Judgement::Wrong),
            });
        }
        let secret = self.open(keys)?;
        let secret = keys.seal(&Factor::place(id, user), secret.as_bytes(), context.rng);
        let proven = Factor { secret: Some(secret), ..proven };
        Ok(match proven.judge(*code, None, now, context)? {
            Judgement::Right(step) => Ok((Factor { last_used_step: Some(step), ..proven }, None)),
            wrong @ (Judgement::AlreadyUsed | Judgement::OtherStep(_) | Judgement::Expired | Judgement::Wrong) => {
                Err(wrong)
            }
        })
    }
}

impl Decide for ConfirmEnrollment {
    type View = EnrollmentView;
    type Reply = Confirmed;

    fn decide(&self, view: EnrollmentView, context: &mut Context<'_>) -> Result<Decision<Confirmed>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, mut session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let entry = |success| account.entry(AuditAction::EnrollmentConfirmed, success, &self.origin);
        let refused = |refusal, why| {
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry(false).because(why))
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        if !policy.two_factor_enabled {
            return refused(Refusal::FeatureDisabled, "feature_disabled");
        }
        let enrollment = match self.pick(view.enrollments, now) {
            Ok(enrollment) => enrollment,
            Err(refusal) => return refused(refusal, "no_pending_setup"),
        };
        if !policy.allows(enrollment.method) {
            return refused(Refusal::FeatureDisabled, "method_disabled");
        }
        if enrollment.session != session.id && session.fresh_until(now, policy).is_none() {
            return refused(Refusal::StepUpRequired, "step_up_required");
        }
        if enrollment.attempts >= policy.challenge_attempts {
            return refused(Refusal::TooManyAttempts { retry_after: None }, "too_many_attempts");
        }
        if let Err(locked) = account.settings.guesses.check(now) {
            return refused(Refusal::locked(locked, now), "account_locked");
        }

        let right = entry(true).method(enrollment.method);
        let charge = account.settings.guesses.charge(now, policy);
        let proof = enrollment.proven_by(&self.code, &view.sends, now, context)?;
        let (factor, spent) = match proof {
            Ok(proven) => proven,
            Err(judgement) => {
                let outcome = account.settings.guesses.kept(charge, policy);
                return Ok(self.wrong(&account, &enrollment, judgement, outcome, now, context).audit_all(alarms));
            }
        };
        account.settings.guesses.returned(charge);
        if enrollment.is_shared_by_too_many(&view.holders, policy) {
            let refused = account.entry(AuditAction::EnrollmentConfirmed, false, &self.origin);
            let mut decision = Decision::new(Err(Refusal::PhoneRejected(PhoneFault::Shared)), now)
                .on_chain_of(&account)
                .audit_all(alarms)
                .audit(refused.method(enrollment.method).because("shared_number"))
                .change(Change::ConsumeEnrollment(enrollment.id));
            decision.changes.extend(spent);
            return Ok(decision.change(Change::SaveSettings(account.user.id, account.settings)));
        }
        let first = view.factors.is_empty();
        let mut decision = Decision::new(Err(Refusal::NoPendingSetup), now)
            .on_chain_of(&account)
            .change(Change::ConsumeEnrollment(enrollment.id))
            .change(Change::AddFactor(factor));
        decision.changes.extend(spent);
        let mut decision = decision
            .change(Change::EndChallengesOf(account.user.id))
            .change(Change::EndOtherSessions { user: account.user.id, keep: session.id })
            .audit_all(alarms)
            .audit(right)
            .audit(
                account.entry(AuditAction::FactorAdded, true, &self.origin).about("factor", enrollment.factor.uuid()),
            )
            .audit(account.entry(AuditAction::SessionsEnded, true, &self.origin).because("factor_added"));
        let (untrusted, entry) = revoke_trust(&account, "factor_added", &self.origin);
        decision = decision.change(untrusted).audit(entry);
        let mut recovery_codes = Vec::new();
        if first {
            account.settings.enabled_at = Some(now);
            account.settings.preferred_factor = Some(enrollment.factor);
            let user = account.user.id;
            let (shown, stored) =
                recovery_code::generate_set(user, policy.recovery_codes, now, context.keys, context.rng);
            recovery_codes = shown;
            decision = decision
                .change(Change::ReplaceRecoveryCodes(user, stored))
                .change(Change::KeepRecoveryCodes(KeptRecoveryCodes::of(&session, &recovery_codes, now, context)))
                .audit(account.entry(AuditAction::TwoFactorEnabled, true, &self.origin))
                .audit(account.entry(AuditAction::RecoveryCodesMade, true, &self.origin));
        }
        let kind = if first { MessageKind::TwoFactorEnabled } else { MessageKind::FactorAdded };
        let told = notice::notice(kind, &account, &self.origin, now, context, |event| {
            event.factor_label = Some(enrollment.label.clone());
        });
        let mut grant = None;
        if let Some((rotation, rotated)) = session.replace_cookie(self.refresh.as_ref(), &account, now, context) {
            decision = decision.change(rotation);
            grant = Some(rotated);
        }
        decision.reply = Ok(Confirmed { method: enrollment.method, factor: enrollment.factor, recovery_codes, grant });
        Ok(decision.send(told).change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

impl ConfirmEnrollment {
    fn wrong(
        &self,
        account: &Account,
        enrollment: &Enrollment,
        judgement: Judgement,
        outcome: Outcome,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Decision<Confirmed> {
        let (hint, skew) = explain(Some(judgement), enrollment.skew, now);
        let entry = account
            .entry(AuditAction::EnrollmentConfirmed, false, &self.origin)
            .method(enrollment.method)
            .because(reason(Some(judgement)));
        let attempts = enrollment.attempts + 1;
        let left = match outcome {
            Outcome::Open(left) => left.min(context.policy.challenge_attempts.saturating_sub(attempts)),
            Outcome::Locked(_) => 0,
        };
        let decision = Decision::new(Err(Refusal::CodeIncorrect { attempts_left: left, hint }), now)
            .on_chain_of(account)
            .audit(entry)
            .change(Change::SaveEnrollmentAttempts { id: enrollment.id, attempts, skew })
            .change(Change::SaveSettings(account.user.id, account.settings.clone()));
        tell_locked(decision, outcome, account, &self.origin, now, context)
    }
}

/// What another system proved: the secret of an authenticator, or where codes go.
#[derive(Debug)]
pub enum Proved {
    /// An authenticator.
    Totp(TotpSecret),
    /// A number or an address.
    Sent(Destination),
}

impl Proved {
    /// Of which kind its factor is.
    pub const fn method(&self) -> Method {
        match self {
            Self::Totp(_) => Method::Totp,
            Self::Sent(destination) => destination.method(),
        }
    }
}

/// Adds a factor that is proved already: for operators, imports and demonstrations.
pub fn import_factor(
    account: &mut Account,
    label: &str,
    proved: &Proved,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Change {
    let (id, user) = (FactorId::new(now, context.rng), account.user.id);
    account.settings.enabled_at = Some(now);
    account.settings.preferred_factor = Some(id);
    let (secret, destination) = match proved {
        Proved::Totp(secret) => {
            (Some(context.keys.seal(&Factor::place(id, user), secret.as_bytes(), context.rng)), None)
        }
        Proved::Sent(destination) => {
            (None, Some(destination.seal(&Factor::destination_place(id, user), context.keys, context.rng)))
        }
    };
    Change::AddFactor(Factor {
        id,
        user,
        method: proved.method(),
        label: label.to_owned(),
        secret,
        destination,
        last_used_step: None,
        last_used_at: None,
        created_at: now,
    })
}

#[cfg(test)]
mod tests;
