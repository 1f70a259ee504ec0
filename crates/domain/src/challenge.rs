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
use crate::factor::{Factor, Method};
use crate::ids::{ChallengeId, FactorId, UserId};
use crate::policy::Policy;
use crate::secret::{Broken, Fault, TokenHash};
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

/// The factors a person can answer with, the preferred one first.
pub fn offers(account: &Account, factors: &[Factor]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = factors
        .iter()
        .map(|factor| Offer { id: factor.id, method: factor.method, label: factor.label.clone(), destination: None })
        .collect();
    offers.sort_by_key(|offer| account.settings.preferred_factor != Some(offer.id));
    offers
}

/// How a challenge stands.
#[derive(Clone, Debug)]
pub struct ChallengeState {
    /// The method offered first.
    pub method: Method,
    /// What it can be answered with.
    pub methods: Vec<Offer>,
    /// Tries left.
    pub attempts_left: u32,
    /// When it runs out.
    pub expires_at: Timestamp,
}

impl ChallengeState {
    /// Describes a live challenge.
    pub fn of(
        challenge: &Challenge,
        account: &Account,
        factors: &[Factor],
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Self, Broken> {
        let methods = offers(account, factors);
        let first = methods.first().ok_or(Broken { table: "factors", column: "id", fault: Fault::Missing })?;
        Ok(Self {
            method: first.method,
            attempts_left: challenge.attempts_left(account, now, policy),
            expires_at: challenge.expires_at,
            methods,
        })
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
        let state = ChallengeState::of(&challenge, &account, &view.factors, now, policy)?;
        Ok(Decision::new(Ok(state), now))
    }
}

#[cfg(test)]
mod tests;
