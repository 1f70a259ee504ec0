//! Beginning a challenge, at whichever door: the oldest of too many dies, and where the factor offered first is one that codes
//! are sent for, one is sent at once.

use super::{Challenge, ChallengeState, Purpose, answerable};
use crate::application::challenge::Asked;
use crate::audit::{AuditAction, AuditEntry};
use crate::command::{Context, Origin};
use crate::decision::{Change, Decision, OutboxMessage};
use crate::delivery::Stage;
use crate::factor::Factor;
use crate::ids::ChallengeId;
use crate::secret::{Broken, SecretText, TokenHash, new_token};
use crate::sent_code::{Delivery, Scope, Sends, dispatch};
use crate::session::RefreshHolder;
use crate::time::Timestamp;
use crate::user::Account;

/// What a challenge is begun with.
pub(crate) struct Opening<'a> {
    /// For whom.
    pub(crate) account: &'a Account,
    /// Their factors.
    pub(crate) factors: &'a [Factor],
    /// Their newest challenges that are neither answered nor ended, newest first.
    pub(crate) open: &'a [(ChallengeId, Timestamp)],
    /// What was sent to them.
    pub(crate) sends: &'a Sends,
    /// Where the client keeps its refresh token.
    pub(crate) holder: RefreshHolder,
    /// Where from.
    pub(crate) origin: &'a Origin,
}

/// A challenge that has begun, and what is to be committed after it.
pub(crate) struct Opened {
    /// Its partial token.
    pub(crate) token: SecretText,
    /// Itself.
    pub(crate) challenge: Challenge,
    /// How it stands.
    pub(crate) state: ChallengeState,
    pub(crate) changes: Vec<Change>,
    pub(crate) audit: Vec<AuditEntry>,
    pub(crate) outbox: Vec<OutboxMessage>,
}

impl Opening<'_> {
    /// A challenge as it begins, with its token.
    pub(crate) fn draw(
        &self,
        asked: Option<Asked>,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> (SecretText, Challenge) {
        let token = new_token(context.rng);
        let challenge = Challenge {
            id: ChallengeId::new(now, context.rng),
            user: self.account.user.id,
            token: TokenHash::of(token.expose()),
            purpose: Purpose::Login,
            holder: self.holder,
            attempts: 0,
            skew: None,
            created_at: now,
            expires_at: now + context.policy.challenge_life,
            completed_at: None,
            ended_at: None,
            origin: self.origin.clone(),
            asked,
        };
        (token, challenge)
    }

    /// Begins a challenge; `None` when nothing the person has can answer it. What stands in the way of sending a code is told,
    /// and hinders nobody.
    pub(crate) fn open(
        self,
        asked: Option<Asked>,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Result<Option<Opened>, Broken> {
        let (account, origin) = (self.account, self.origin);
        let (token, challenge) = self.draw(asked, now, context);
        let answerable = answerable(account, self.factors, context.policy);
        let state = ChallengeState::of(&challenge, account, &answerable, now, context)?;
        let (Some(mut state), Some(first)) = (state, answerable.first()) else { return Ok(None) };
        let entry = account.entry(AuditAction::ChallengeStarted, true, origin).about("challenge", challenge.id.uuid());
        let live = self.open.iter().filter(|(_, expires_at)| *expires_at > now).map(|(id, _)| *id);
        let too_many = live.skip(context.policy.live_challenges.saturating_sub(1)).map(Change::EndChallenge);
        let scope = Scope::Login(challenge.id);
        let mut decision = Decision::new(Ok(()), now).audit(entry);
        decision.changes.extend(too_many);
        if let Some((destination, key)) = first.addressed(context.keys)? {
            let entry = |success| account.entry(AuditAction::CodeSent, success, origin).method(first.method);
            match dispatch(account, (scope, first.id), (&destination, key), self.sends, origin, now, context) {
                Ok(sent) => {
                    (state.code_sent, state.sent_by) = (true, Some(first.id));
                    (state.delivery, state.next_send_at) = (Some(Delivery::Queued), Some(sent.next_send_at));
                    state.stage = Some(Stage::Queued);
                    let entry = entry(true).about(scope.purpose(), scope.id());
                    decision = decision.change(sent.change).send(sent.message).audit(entry);
                }
                Err(unsent) => {
                    (state.delivery, state.next_send_at) = unsent.told();
                    if state.delivery.is_some() {
                        let others = answerable.iter().filter(|other| other.id != first.id).map(|other| other.method);
                        state.alternatives = unsent.alternatives(others, context.policy);
                    }
                    decision = decision.audit(entry(false).because(unsent.why()));
                    decision = unsent.alarm(decision, origin, context);
                }
            }
        }
        let Decision { changes, audit, outbox, .. } = decision;
        Ok(Some(Opened { token, challenge, state, changes, audit, outbox }))
    }
}
