//! What other rules would mean for the users there are, told before anybody makes them.

use super::{ApplicationView, Difference, Grace, Named, ToldApplication};
use crate::application::Application;
use crate::command::{Context, Decide};
use crate::decision::Decision;
use crate::factor::Method;
use crate::policy::Policy;
use crate::secret::Broken;
use crate::time::Timestamp;

/// What somebody meets at the next sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// They are asked for a factor that they have.
    Asked,
    /// They have none, and need none.
    Passes,
    /// They have none and have to enroll one: now, or from a moment on.
    Enrolls(Option<Timestamp>),
    /// Their factors are all of kinds that are not taken: somebody has to reset them.
    LockedOut,
}

impl Application {
    /// What somebody with factors of these kinds meets at `now`.
    pub fn outlook(&self, house: &Policy, kinds: &[Method], now: Timestamp) -> Outlook {
        if !house.two_factor_enabled {
            return Outlook::Passes;
        }
        if kinds.is_empty() {
            return match self.rules.second_factor.grace(now) {
                Grace::Endless => Outlook::Passes,
                Grace::Until(from) => Outlook::Enrolls(Some(from)),
                Grace::Over => Outlook::Enrolls(None),
            };
        }
        let policy = self.policy(house);
        let is_taken = kinds.iter().any(|kind| policy.methods.contains(kind));
        if is_taken { Outlook::Asked } else { Outlook::LockedOut }
    }
}

/// Asks what an application would be with a difference. Changes nothing.
#[derive(Debug)]
pub struct TryApplication {
    /// Which.
    pub application: Named,
    /// What would be different.
    pub difference: Difference,
}

impl Decide for TryApplication {
    type View = ApplicationView;
    type Reply = ToldApplication;

    fn decide(&self, view: ApplicationView, context: &mut Context<'_>) -> Result<Decision<ToldApplication>, Broken> {
        let found = view.found().map(|mut found| {
            self.difference.make(&mut found.application);
            found
        });
        Ok(Decision::new(found, context.clock))
    }
}
