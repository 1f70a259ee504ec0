//! A challenge: one request to prove presence. Its token is the *partial token*, made only after a right password, and good
//! for answering this challenge and nothing else.
//!
//! ```text
//!   live ──right code──▶ completed
//!     ├──5 wrong codes──▶ spent
//!     ├──10 minutes────▶ expired
//!     └──newer ones, a change of factor──▶ ended
//! ```

use crate::command::{Context, Decide, Origin};
use crate::decision::{Decision, Refusal, SkewHint};
use crate::delivery::Stage;
use crate::factor::{Factor, Method};
use crate::ids::{ChallengeId, FactorId, UserId};
use crate::policy::Policy;
use crate::secret::{Broken, Fault, KeyRing, TokenHash};
use crate::sent_code::{Delivery, Scope, Sends, SentCode};
use crate::session::RefreshHolder;
use crate::time::Timestamp;
use crate::user::Account;

/// What a challenge is for: a code given for one purpose is of no use for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Finishing a sign-in.
    Login,
}

impl Purpose {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::Login.as_str()).then_some(Self::Login)
    }
}

/// A challenge as stored.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Which.
    pub id: ChallengeId,
    /// Whose.
    pub user: UserId,
    /// Hash of the partial token.
    pub token: TokenHash,
    /// What for.
    pub purpose: Purpose,
    /// Where the client of the sign-in it belongs to keeps its refresh token, unless it says otherwise with the code.
    pub holder: RefreshHolder,
    /// Wrong codes so far.
    pub attempts: u32,
    /// What the last wrong code said about the person's clock.
    pub skew: Option<SkewHint>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub completed_at: Option<Timestamp>,
    /// When it died unanswered.
    pub ended_at: Option<Timestamp>,
    /// Where it began.
    pub origin: Origin,
}

impl Challenge {
    /// Whether a code may still answer it.
    pub fn check(&self, now: Timestamp, policy: &Policy) -> Result<(), Refusal> {
        if self.completed_at.is_some() {
            Err(Refusal::AlreadyCompleted)
        } else if self.ended_at.is_some() || now >= self.expires_at || now < self.created_at {
            // What began in the future began by a wrong clock, and would live too long.
            Err(Refusal::ChallengeExpired)
        } else if self.attempts >= policy.challenge_attempts {
            Err(Refusal::TooManyAttempts { retry_after: None })
        } else {
            Ok(())
        }
    }

    /// Tries left: of the challenge or of the account, whichever has fewer.
    pub fn attempts_left(&self, account: &Account, now: Timestamp, policy: &Policy) -> u32 {
        let own = policy.challenge_attempts.saturating_sub(self.attempts);
        own.min(account.settings.guesses.left(now, policy))
    }
}

/// A factor as shown to somebody who has proved the password only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub id: FactorId,
    /// Of which kind.
    pub method: Method,
    /// What the person calls it.
    pub label: String,
    /// Where a code would go, masked; `None` for an authenticator.
    pub destination: Option<String>,
}

impl Offer {
    /// Shows a factor, its destination masked.
    pub fn of(factor: &Factor, keys: &KeyRing) -> Result<Self, Broken> {
        let destination = factor.destination(keys)?.map(|destination| destination.masked());
        Ok(Self { id: factor.id, method: factor.method, label: factor.label.clone(), destination })
    }
}

/// The factors a person can answer with, the preferred one first. Those of a kind that is switched off are not among them.
pub fn answerable<'a>(account: &Account, factors: &'a [Factor], policy: &Policy) -> Vec<&'a Factor> {
    let mut usable: Vec<&Factor> = factors.iter().filter(|factor| policy.allows(factor.method)).collect();
    usable.sort_by_key(|factor| account.settings.preferred_factor != Some(factor.id));
    usable
}

/// The kinds of factor that work beside this one: nothing has to be sent, or there is something to send it with.
fn others(but: FactorId, answerable: &[&Factor], policy: &Policy) -> Vec<Method> {
    let mut methods = Vec::new();
    for factor in answerable.iter().filter(|factor| factor.id != but && policy.delivers(factor.method)) {
        if !methods.contains(&factor.method) {
            methods.push(factor.method);
        }
    }
    methods
}

/// How a challenge stands.
#[derive(Clone, Debug)]
pub struct ChallengeState {
    /// The method offered first.
    pub method: Method,
    /// What it can be answered with.
    pub methods: Vec<Offer>,
    /// Whether a code was sent for it.
    pub code_sent: bool,
    /// By which factor the last one was sent.
    pub sent_by: Option<FactorId>,
    /// How the sending of the last code stands.
    pub delivery: Option<Delivery>,
    /// How far the last code has come.
    pub stage: Option<Stage>,
    /// What works, when no code can be sent or the last one does not arrive.
    pub alternatives: Vec<Method>,
    /// When the next code may be asked for; `None` when there is nothing to send.
    pub next_send_at: Option<Timestamp>,
    /// Tries left.
    pub attempts_left: u32,
    /// When it runs out.
    pub expires_at: Timestamp,
}

impl ChallengeState {
    /// Describes a live challenge, for which nothing was sent yet; `None` when nothing can answer it.
    pub fn of(
        challenge: &Challenge,
        account: &Account,
        answerable: &[&Factor],
        now: Timestamp,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Broken> {
        let Some(first) = answerable.first() else { return Ok(None) };
        let methods: Result<_, _> = answerable.iter().map(|factor| Offer::of(factor, context.keys)).collect();
        let undeliverable = !context.policy.delivers(first.method);
        Ok(Some(Self {
            method: first.method,
            methods: methods?,
            code_sent: false,
            sent_by: None,
            delivery: undeliverable.then_some(Delivery::Unavailable),
            stage: None,
            alternatives: if undeliverable { others(first.id, answerable, context.policy) } else { Vec::new() },
            next_send_at: None,
            attempts_left: challenge.attempts_left(account, now, context.policy),
            expires_at: challenge.expires_at,
        }))
    }

    /// Tells of the last code that was sent for it, and when the next may be.
    fn with_codes(
        mut self,
        id: ChallengeId,
        answerable: &[&Factor],
        first: &Factor,
        sends: &Sends,
        now: Timestamp,
        context: &Context<'_>,
    ) -> Result<Self, Broken> {
        let sent = sends.codes.iter().filter(|code| code.scope == Scope::Login(id));
        let last: Option<&SentCode> = sent.max_by_key(|code| code.created_at);
        if let Some(code) = last {
            (self.code_sent, self.sent_by) = (true, Some(code.factor));
            (self.delivery, self.stage) = (Some(code.delivery()), Some(code.stage));
            self.alternatives = match code.delivery() {
                Delivery::Queued => Vec::new(),
                Delivery::Unavailable => others(code.factor, answerable, context.policy),
            };
        }
        let destination = match (last, first.addressed(context.keys)?) {
            (Some(code), _) => Some((code.method, code.destination)),
            (None, Some((destination, key))) => Some((destination.method(), key)),
            (None, None) => None,
        };
        let deliverable = destination.filter(|(method, _)| context.policy.delivers(*method));
        let next = |key| sends.allowance((&key, Scope::Login(id)), 0, now, context.policy).next(now);
        self.next_send_at = deliverable.map(|(_, key)| next(key));
        Ok(self)
    }
}

/// Asks how a challenge stands. Changes nothing.
#[derive(Debug)]
pub struct ReadChallenge {
    /// Hash of the partial token shown.
    pub token: TokenHash,
}

/// What is read of a challenge.
#[derive(Debug)]
pub struct ChallengeView {
    /// The challenge's person.
    pub account: Option<Account>,
    /// The challenge.
    pub challenge: Option<Challenge>,
    /// The person's factors.
    pub factors: Vec<Factor>,
    /// What was sent to the person.
    pub sends: Sends,
}

impl Decide for ReadChallenge {
    type View = ChallengeView;
    type Reply = ChallengeState;

    fn decide(&self, view: ChallengeView, context: &mut Context<'_>) -> Result<Decision<ChallengeState>, Broken> {
        let (Some(account), Some(challenge)) = (view.account, view.challenge) else {
            return Ok(Decision::new(Err(Refusal::PartialTokenInvalid), context.clock));
        };
        let policy = context.policy;
        let now = account.moment(context.clock, policy).now;
        if account.user.disabled_at.is_some() {
            return Ok(Decision::new(Err(Refusal::PartialTokenInvalid), now));
        }
        if let Err(refusal) = challenge.check(now, policy) {
            return Ok(Decision::new(Err(refusal), now));
        }
        if let Err(locked) = account.settings.guesses.check(now) {
            return Ok(Decision::new(Err(Refusal::locked(locked, now)), now));
        }
        if !policy.two_factor_enabled {
            return Ok(Decision::new(Err(Refusal::ChallengeExpired), now));
        }
        if view.factors.is_empty() {
            return Err(Broken { table: "factors", column: "id", fault: Fault::Missing });
        }
        let answerable = answerable(&account, &view.factors, policy);
        let state = ChallengeState::of(&challenge, &account, &answerable, now, context)?;
        let (Some(state), Some(first)) = (state, answerable.first()) else {
            return Ok(Decision::new(Err(Refusal::FeatureDisabled), now));
        };
        let state = state.with_codes(challenge.id, &answerable, first, &view.sends, now, context)?;
        Ok(Decision::new(Ok(state), now))
    }
}

#[cfg(test)]
mod tests;
