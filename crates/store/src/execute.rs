//! Running a command against the database: load, decide, commit, in two round trips.

use std::sync::Arc;

use domain::application::webhook::announce;
use domain::command::Context;
use domain::decision::{Change, Decision, Refusal};
use domain::policy::Policy;
use domain::secret::{Broken, KeyRing};
use domain::time::Timestamp;
use rand::CryptoRng;

use crate::load::{Answers, Load, Reads};
use crate::{Db, Plan, StoreError, commit, counter};

/// What a decision depends on besides its view. The server makes one; tests make theirs with a still clock and a seed.
pub trait Surroundings: Send + Sync + 'static {
    /// The time it is.
    fn now(&self) -> Timestamp;
    /// Fresh randomness.
    fn rng(&self) -> Box<dyn CryptoRng + Send>;
    /// The keys.
    fn keys(&self) -> &KeyRing;
    /// The settings.
    fn policy(&self) -> &Policy;
}

/// A value that does not open is the operator's to mend; the caller hears "unavailable".
impl From<Broken> for StoreError {
    fn from(broken: Broken) -> Self {
        Self::Corrupt {
            table: broken.table.to_owned(),
            column: broken.column.to_owned(),
            reason: broken.fault.to_string(),
        }
    }
}

/// Which part of a decision is committed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Whole,
    /// A refusal's charge, when its audit entry could not be written.
    ChargeOnly,
}

impl Db {
    /// Runs a command: what it decides is committed before anyone hears of it.
    ///
    /// A refused guess is paid for even when the audit log takes no entry: then its charge is committed alone, and the
    /// caller still hears "unavailable", not whether the guess was right.
    pub async fn run<C: Load>(
        &self,
        command: Arc<C>,
        surroundings: Arc<dyn Surroundings>,
    ) -> Result<Result<C::Reply, Refusal>, StoreError> {
        let mut outcome = self.attempt(command.clone(), surroundings.clone(), Extent::Whole).await;
        if matches!(&outcome, Err(StoreError::Conflict { guard }) if guard == counter::GUARD) {
            // Somebody else took the last of a counter that many share. Decided anew, it is seen to be spent.
            outcome = self.attempt(command.clone(), surroundings.clone(), Extent::Whole).await;
        }
        let failed = match outcome {
            Ok(reply) => return Ok(reply),
            Err(failed) => failed,
        };
        // Only a write that was refused can be left out. A database that cannot be reached, or a value that does not open,
        // would fail again, and after a lost COMMIT the guess may be charged already.
        if matches!(failed, StoreError::Rejected { .. } | StoreError::Conflict { .. }) {
            let charged = self.attempt(command, surroundings, Extent::ChargeOnly).await;
            if let Err(again) = charged {
                tracing::debug!(error = %again, "the charge of a failed command could not be kept");
            }
        }
        Err(failed)
    }

    async fn attempt<C: Load>(
        &self,
        command: Arc<C>,
        surroundings: Arc<dyn Surroundings>,
        extent: Extent,
    ) -> Result<Result<C::Reply, Refusal>, StoreError> {
        let mut reads = Reads::new(self.dialect(), surroundings.now(), surroundings.keys(), surroundings.policy());
        let assemble = command.load(&mut reads);
        let statements = reads.into_statements();
        let plan = move |rows| {
            let view = assemble(&Answers::new(rows))?;
            let mut rng = surroundings.rng();
            let mut decision = decide(command.as_ref(), view, surroundings.as_ref(), rng.as_mut())?;
            let writes = match (extent, &decision.reply) {
                (Extent::Whole, _) => commit::statements(&mut decision, rng.as_mut()),
                (Extent::ChargeOnly, Err(_)) => {
                    // An answer that was not given is not given later either, and nobody is told of what is not written down.
                    decision.changes.retain(|change| !matches!(change, Change::KeepAnswer(_) | Change::Announce(_)));
                    commit::changes(&decision)
                }
                (Extent::ChargeOnly, Ok(_)) => vec![],
            };
            let announced = decision.changes.iter().any(|change| matches!(change, Change::Announce(_)));
            let leaves_messages = extent == Extent::Whole && (announced || !decision.outbox.is_empty());
            Ok(Plan { writes, reply: (decision.reply, leaves_messages) })
        };
        let (reply, leaves_messages) = self.transact(statements, plan).await?;
        if leaves_messages {
            self.messages.send_modify(|count| *count += 1);
        }
        Ok(reply)
    }

    /// Answers a question: reads on a read connection, decides, changes nothing.
    pub async fn ask<C: Load>(
        &self,
        question: &C,
        surroundings: &dyn Surroundings,
    ) -> Result<Result<C::Reply, Refusal>, StoreError> {
        let mut reads = Reads::new(self.dialect(), surroundings.now(), surroundings.keys(), surroundings.policy());
        let assemble = question.load(&mut reads);
        let rows = self.read(reads.into_statements()).await?;
        let view = assemble(&Answers::new(rows))?;
        let decision = decide(question, view, surroundings, surroundings.rng().as_mut())?;
        debug_assert!(decision.changes.is_empty() && decision.audit.is_empty() && decision.outbox.is_empty());
        Ok(decision.reply)
    }
}

fn decide<C: Load>(
    command: &C,
    view: C::View,
    surroundings: &dyn Surroundings,
    rng: &mut dyn CryptoRng,
) -> Result<Decision<C::Reply>, Broken> {
    let mut context =
        Context { clock: surroundings.now(), rng, keys: surroundings.keys(), policy: surroundings.policy() };
    Ok(announce(command.decide(view, &mut context)?, &mut context))
}
