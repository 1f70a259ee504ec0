//! What an application asks with its key, whatever it is: whether the key lives, whether it may, and whether the same call was
//! answered before, are read and decided together with the command itself, which is decided by the application's own policy.

use super::idempotency::{KeptAnswer, Once, Words};
use super::{ApiKey, Application, KeyScope};
use crate::command::{Context, Decide};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{ApiKeyId, ApplicationId};
use crate::secret::{Broken, Fault};
use crate::time::{Duration, Timestamp};

/// How exactly the last use of a key is known: more would be one write with every call.
const USE_NOTED: Duration = Duration::from_mins(10);

/// Who asks: what never changes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The key.
    pub key: ApiKeyId,
    /// Its application.
    pub application: ApplicationId,
}

/// How an answer is put into words, so that the very same can be kept; `None` for what is not.
pub type Wording<R> = fn(Result<&R, &Refusal>) -> Option<Words>;

/// A command, asked for with a key.
#[derive(Debug)]
pub struct ByKey<C: Decide> {
    /// Who asks.
    pub holder: KeyHolder,
    /// What the key must be good for.
    pub scope: KeyScope,
    /// Whether it is to be answered once, and how that is worded.
    pub once: Option<(Once, Wording<C::Reply>)>,
    /// Whether it only asks. Then nothing is noted of the key.
    pub question: bool,
    /// What is asked.
    pub command: C,
}

/// What is read of a key, and of the answer to the same call.
#[derive(Debug)]
pub struct ByKeyView<V> {
    /// The key.
    pub key: Option<ApiKey>,
    /// Its application.
    pub application: Option<Application>,
    /// The answer kept under the idempotency key.
    pub kept: Option<KeptAnswer>,
    /// What the command reads.
    pub view: V,
}

/// The answer.
#[derive(Debug)]
pub enum Told<R> {
    /// Given now.
    Now(R),
    /// Given before.
    Again(Words),
}

impl<C: Decide> Decide for ByKey<C> {
    type View = ByKeyView<C::View>;
    type Reply = Told<C::Reply>;

    fn decide(&self, view: Self::View, context: &mut Context<'_>) -> Result<Decision<Told<C::Reply>>, Broken> {
        let now = context.clock;
        let Some(key) = view.key.filter(|key| key.revoked_at.is_none()) else {
            return Ok(Decision::new(Err(Refusal::ApiKeyInvalid), now));
        };
        if !key.scopes.contains(&self.scope) {
            return Ok(Decision::new(Err(Refusal::ScopeMissing(self.scope)), now));
        }
        if let (Some((once, _)), Some(kept)) = (&self.once, view.kept.filter(|kept| kept.is_remembered(now))) {
            let again = kept.again(once, now, context.keys)?;
            return Ok(Decision::new(again.map(Told::Again), now));
        }
        let missing = Broken { table: "applications", column: "id", fault: Fault::Missing };
        let policy = view.application.ok_or(missing)?.policy(context.policy);
        let mut decision = self.command.decide(view.view, &mut context.under(&policy))?;
        // Codes may go to the address: what asks for challenges must not move it on its way.
        let moves_address = decision.changes.iter().any(|change| matches!(change, Change::SetEmail(..)));
        if moves_address && !key.scopes.contains(&KeyScope::Users) {
            return Ok(Decision::new(Err(Refusal::ScopeMissing(KeyScope::Users)), now));
        }
        if let Some((once, words)) = &self.once
            && let Some(words) = words(decision.reply.as_ref())
        {
            let kept = KeptAnswer::of(once, &words, self.holder.application, now, context.keys, context.rng);
            decision.changes.push(Change::KeepAnswer(kept));
        }
        if !self.question && !noted(key.last_used_at, now) {
            decision.changes.push(Change::UseApiKey(key.id));
        }
        Ok(decision.map(Told::Now))
    }
}

fn noted(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_some_and(|last| now.since(last) < USE_NOTED)
}
