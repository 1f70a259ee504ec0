//! Sending a code: one more for a challenge, a set-up, or something a signed-in person is about to prove.

use super::{Allowance, Delivery, Scope, Sends, SentCode, day_counter, draw, hash, text};
use crate::audit::AuditAction;
use crate::challenge::Challenge;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, OutboxMessage, Refusal};
use crate::delivery::Stage;
use crate::destination::Destination;
use crate::enrollment::Enrollment;
use crate::factor::{Factor, Method};
use crate::ids::{EnrollmentId, FactorId, SentCodeId};
use crate::notice;
use crate::policy::Policy;
use crate::secret::{Broken, TokenHash};
use crate::session::{Admitted, Bearer, Session};
use crate::sms_fraud::{self, Reached};
use crate::time::Timestamp;
use crate::user::{Account, Moment};

/// A code on its way, to be committed.
pub(crate) struct Dispatch {
    /// The code, counted.
    pub(crate) change: Change,
    /// The message that carries it.
    pub(crate) message: OutboxMessage,
    /// When the next one may be sent.
    pub(crate) next_send_at: Timestamp,
    /// How many more may be sent.
    pub(crate) sends_left: u32,
}

/// Why no code went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The last one was sent a moment ago.
    Cooldown(Timestamp),
    /// As many were sent as may be.
    Limit(Timestamp),
    /// There is nothing to send it with.
    NoWay,
    /// The last one was refused for good: nobody reaches this destination.
    Unreachable,
    /// A limit of all text messages is reached.
    Reached(Reached),
}

impl Unsent {
    /// The audit log's word for it.
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::Cooldown(_) => "send_cooldown",
            Self::Limit(_) => "send_limit",
            Self::NoWay => "delivery_unavailable",
            Self::Unreachable => "destination_unreachable",
            Self::Reached(reached) => reached.limit.as_str(),
        }
    }

    /// How a challenge tells it: how the sending stands, and when to ask again.
    pub(crate) const fn told(self) -> (Option<Delivery>, Option<Timestamp>) {
        match self {
            Self::Cooldown(until) | Self::Limit(until) => (None, Some(until)),
            Self::NoWay | Self::Unreachable | Self::Reached(_) => (Some(Delivery::Unavailable), None),
        }
    }

    /// What tells the operator of a limit that is reached, where it is time to.
    pub(crate) fn alarm<R>(self, decision: Decision<R>, origin: &Origin, context: &mut Context<'_>) -> Decision<R> {
        let Self::Reached(Reached { limit, alarm: Some(group) }) = self else { return decision };
        let decision = decision.change(Change::MarkSmsAlarm(group, context.clock));
        match context.policy.sms.alarms_to.clone() {
            Some(to) => decision.send(notice::sms_limit(&to, limit, group, origin, context)),
            None => decision,
        }
    }

    /// How a request for a code is refused. Of the methods at hand, those that work are named.
    pub(crate) fn refusal(self, now: Timestamp, methods: impl Iterator<Item = Method>, policy: &Policy) -> Refusal {
        match self {
            Self::Cooldown(until) => Refusal::SendCooldown { retry_after: until.since(now) },
            Self::Limit(until) => Refusal::SendLimit { retry_after: until.since(now) },
            Self::NoWay | Self::Unreachable | Self::Reached(_) => {
                Refusal::DeliveryUnavailable { alternatives: self.alternatives(methods, policy) }
            }
        }
    }

    /// Of the methods at hand, those that work.
    pub(crate) fn alternatives(self, methods: impl Iterator<Item = Method>, policy: &Policy) -> Vec<Method> {
        // Where a limit is reached no text message goes out, or this one would.
        let texts = |method: &Method| matches!(self, Self::Reached(_)) && *method == Method::Sms;
        let mut alternatives: Vec<Method> = Vec::new();
        for method in methods.filter(|method| policy.allows(*method) && policy.delivers(*method) && !texts(method)) {
            if !alternatives.contains(&method) {
                alternatives.push(method);
            }
        }
        alternatives
    }
}

/// Draws a code and puts it on its way, unless there is no way or too many went it.
pub(crate) fn dispatch(
    account: &Account,
    (scope, factor): (Scope, FactorId),
    (destination, key): (&Destination, [u8; 32]),
    sends: &Sends,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Result<Dispatch, Unsent> {
    let policy = context.policy;
    let (method, user) = (destination.method(), account.user.id);
    if !policy.delivers(method) {
        return Err(Unsent::NoWay);
    }
    if sends.is_refused(&key, now) {
        return Err(Unsent::Unreachable);
    }
    match sends.allowance((&key, scope), 0, now, policy) {
        Allowance::Open(_) => {}
        Allowance::Wait(until) => return Err(Unsent::Cooldown(until)),
        Allowance::Spent(until) => return Err(Unsent::Limit(until)),
    }
    let count = match destination {
        Destination::Email(_) => None,
        Destination::Phone(number) => {
            if let Some(until) = sends.too_many_texts(now, policy) {
                return Err(Unsent::Limit(until));
            }
            let setting_up = matches!(scope, Scope::Setup(_));
            let around = (context.clock, context.keys, policy);
            let count = sms_fraud::judge(&sends.sms, number, setting_up, origin, around, context.rng);
            Some(Box::new(count.map_err(Unsent::Reached)?))
        }
    };
    let code = draw(context.rng);
    let expires_at = now + policy.code_life;
    let message = notice::code(scope.message(), destination, &text(code), expires_at, account, origin, now, context);
    let sent = SentCode {
        id: SentCodeId::from_uuid(message.id.uuid()),
        user,
        scope,
        factor,
        method,
        destination: key,
        hash: hash(code, user, scope, destination, context.keys),
        created_at: now,
        expires_at,
        used_at: None,
        ended_at: None,
        stage: Stage::Queued,
    };
    Ok(Dispatch {
        change: Change::AddSentCode(Box::new(sent), day_counter(key, scope, policy), count),
        message,
        next_send_at: sends.allowance((&key, scope), 1, now, policy).next(now),
        sends_left: sends.left((&key, scope), 1, now, policy).unwrap_or(0),
    })
}

/// Which of the person's factors is to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The preferred one of a kind, or the oldest.
    Method(Method),
    /// This one.
    Factor(FactorId),
}

/// What a signed-in person is about to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionPurpose {
    /// A step-up.
    StepUp,
    /// Turning the second factor off.
    Disable,
}

/// What the code is for.
#[derive(Debug)]
pub enum SendFor {
    /// Answering a challenge.
    Challenge(TokenHash, Which),
    /// Confirming a set-up.
    Enrollment(Bearer, EnrollmentId),
    /// Proving presence within a session.
    Session(Bearer, SessionPurpose, Which),
}

/// Sends a code.
#[derive(Debug)]
pub struct SendCode {
    /// What for, and by which factor.
    pub wanted: SendFor,
    /// Where from.
    pub origin: Origin,
}

/// What [`SendCode`] reads.
#[derive(Debug)]
pub struct SendCodeView {
    /// The person.
    pub account: Option<Account>,
    /// The challenge, when it is for one.
    pub challenge: Option<Challenge>,
    /// The session, when it is for one or for a set-up.
    pub session: Option<Session>,
    /// The person's factors.
    pub factors: Vec<Factor>,
    /// Their pending set-ups.
    pub enrollments: Vec<Enrollment>,
    /// What was sent before.
    pub sends: Sends,
}

/// A code on its way.
#[derive(Debug)]
pub struct CodeSent {
    /// By which way.
    pub method: Method,
    /// Where it goes, masked.
    pub destination: String,
    /// How it stands.
    pub delivery: Delivery,
    /// When the next one may be asked for.
    pub next_send_at: Timestamp,
    /// How many more may be asked for.
    pub sends_left: u32,
}

/// What is to be sent, once found and allowed.
struct Aim {
    scope: Scope,
    factor: FactorId,
    destination: Destination,
    key: [u8; 32],
}

impl SendCode {
    /// Who asks, and at what time. A partial token and an access token are refused in their own words.
    fn admit(&self, view: &mut SendCodeView, context: &Context<'_>) -> Result<(Account, Moment), Refusal> {
        match &self.wanted {
            SendFor::Challenge(..) => {
                let account = view.account.take().filter(|account| account.user.disabled_at.is_none());
                let account = account.filter(|_| view.challenge.is_some()).ok_or(Refusal::PartialTokenInvalid)?;
                let moment = account.moment(context.clock, context.policy);
                Ok((account, moment))
            }
            SendFor::Enrollment(bearer, _) | SendFor::Session(bearer, ..) => {
                let session = view.session.clone();
                let Admitted { account, moment, .. } =
                    bearer.admit(view.account.take(), session, context.clock, context.policy)?;
                Ok((account, moment))
            }
        }
    }

    /// Finds what is to be sent, or refuses with the audit log's word for it.
    fn aim(
        &self,
        view: &SendCodeView,
        account: &Account,
        now: Timestamp,
        context: &Context<'_>,
    ) -> Result<Result<Aim, (Refusal, &'static str)>, Broken> {
        let policy = context.policy;
        if !policy.two_factor_enabled {
            return Ok(Err((Refusal::FeatureDisabled, "feature_disabled")));
        }
        if let (SendFor::Challenge(..), Some(challenge)) = (&self.wanted, &view.challenge)
            && let Err(refusal) = challenge.check(now, policy)
        {
            return Ok(Err((refusal, "challenge_over")));
        }
        if let Err(locked) = account.settings.guesses.check(now) {
            return Ok(Err((Refusal::locked(locked, now), "account_locked")));
        }
        let (scope, which) = match (&self.wanted, &view.challenge, &view.session) {
            (SendFor::Challenge(_, which), Some(challenge), _) => (Scope::Login(challenge.id), *which),
            (SendFor::Session(_, SessionPurpose::StepUp, which), _, Some(session)) => {
                (Scope::StepUp(session.id), *which)
            }
            (SendFor::Session(_, SessionPurpose::Disable, which), _, Some(session)) => {
                (Scope::Disable(session.id), *which)
            }
            (SendFor::Enrollment(_, id), _, Some(session)) => {
                return Ok(match pending(&view.enrollments, *id, session, now, policy) {
                    Ok(enrollment) => match enrollment.addressed(context.keys)? {
                        None => Err((Refusal::NoPendingSetup, "no_pending_setup")),
                        Some((destination, key)) => {
                            Ok(Aim { scope: Scope::Setup(*id), factor: enrollment.factor, destination, key })
                        }
                    },
                    Err(refused) => Err(refused),
                });
            }
            (SendFor::Challenge(..), None, _) | (SendFor::Session(..) | SendFor::Enrollment(..), _, None) => {
                return Ok(Err((Refusal::TokenInvalid, "token_invalid")));
            }
        };
        let Some(factor) = pick(which, account, &view.factors) else {
            return Ok(Err((Refusal::NotFound, "no_such_factor")));
        };
        if !policy.allows(factor.method) {
            return Ok(Err((Refusal::FeatureDisabled, "method_disabled")));
        }
        Ok(match factor.addressed(context.keys)? {
            Some((destination, key)) => Ok(Aim { scope, factor: factor.id, destination, key }),
            None => Err((Refusal::NotFound, "no_such_factor")),
        })
    }
}

/// The factor meant; of several of a kind the preferred one, else the oldest.
fn pick<'a>(which: Which, account: &Account, factors: &'a [Factor]) -> Option<&'a Factor> {
    match which {
        Which::Factor(id) => factors.iter().find(|factor| factor.id == id),
        Which::Method(method) => {
            let mut of_kind = factors.iter().filter(|factor| factor.method == method);
            let preferred = of_kind.clone().find(|factor| account.settings.preferred_factor == Some(factor.id));
            preferred.or_else(|| of_kind.next())
        }
    }
}

/// The set-up meant, if this session may still confirm it.
fn pending<'a>(
    enrollments: &'a [Enrollment],
    id: EnrollmentId,
    session: &Session,
    now: Timestamp,
    policy: &Policy,
) -> Result<&'a Enrollment, (Refusal, &'static str)> {
    let waiting = enrollments.iter().find(|enrollment| enrollment.id == id && enrollment.expires_at > now);
    let enrollment = waiting.ok_or((Refusal::NoPendingSetup, "no_pending_setup"))?;
    if !policy.allows(enrollment.method) {
        return Err((Refusal::FeatureDisabled, "method_disabled"));
    }
    if enrollment.session != session.id && session.fresh_until(now, policy).is_none() {
        return Err((Refusal::StepUpRequired, "step_up_required"));
    }
    if enrollment.attempts >= policy.challenge_attempts {
        return Err((Refusal::TooManyAttempts { retry_after: None }, "too_many_attempts"));
    }
    Ok(enrollment)
}

impl Decide for SendCode {
    type View = SendCodeView;
    type Reply = CodeSent;

    fn decide(&self, mut view: SendCodeView, context: &mut Context<'_>) -> Result<Decision<CodeSent>, Broken> {
        let (mut account, moment) = match self.admit(&mut view, context) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let aim = self.aim(&view, &account, now, context)?;
        let entry = |success| account.entry(AuditAction::CodeSent, success, &self.origin);
        let saved = Change::SaveSettings(account.user.id, account.settings.clone());
        let refused = |refusal, entry| {
            Decision::new(Err(refusal), now).on_chain_of(&account).audit_all(alarms.clone()).audit(entry)
        };
        let Aim { scope, factor, destination, key } = match aim {
            Ok(aim) => aim,
            Err((refusal, why)) => return Ok(refused(refusal, entry(false).because(why)).change(saved)),
        };
        let method = destination.method();
        match dispatch(&account, (scope, factor), (&destination, key), &view.sends, &self.origin, now, context) {
            Ok(sent) => {
                let reply = CodeSent {
                    method,
                    destination: destination.masked(),
                    delivery: Delivery::Queued,
                    next_send_at: sent.next_send_at,
                    sends_left: sent.sends_left,
                };
                Ok(Decision::new(Ok(reply), now)
                    .on_chain_of(&account)
                    .audit_all(alarms)
                    .audit(entry(true).method(method).about(scope.purpose(), scope.id()))
                    .send(sent.message)
                    .change(sent.change)
                    .change(saved))
            }
            Err(unsent) => {
                let others = view.factors.iter().filter(|other| other.id != factor);
                let methods = others.map(|other| other.method);
                let refusal = unsent.refusal(now, methods, context.policy);
                let decision = refused(refusal, entry(false).method(method).because(unsent.why())).change(saved);
                Ok(unsent.alarm(decision, &self.origin, context))
            }
        }
    }
}
