//! What a command is: a view of what it needs to know, and a pure decision about it.

use std::net::IpAddr;

use rand::CryptoRng;

use crate::decision::Decision;
use crate::locale::Locale;
use crate::policy::Policy;
use crate::secret::{Broken, KeyRing};
use crate::time::Timestamp;

/// A command decides; it does not act. The same view, time and randomness give the same decision.
pub trait Decide {
    /// Exactly what the command reads, loaded in one round trip under the user's lock.
    type View;
    /// What it answers when it says yes.
    type Reply;

    /// Decides. `Err` means that something loaded cannot be trusted: nothing is changed and the answer is "unavailable".
    fn decide(&self, view: Self::View, context: &mut Context<'_>) -> Result<Decision<Self::Reply>, Broken>;
}

/// Everything outside the view that a decision may depend on.
pub struct Context<'a> {
    /// The server's clock, read once after the lock was taken.
    pub clock: Timestamp,
    /// Randomness.
    pub rng: &'a mut dyn CryptoRng,
    /// Keys.
    pub keys: &'a KeyRing,
    /// Settings.
    pub policy: &'a Policy,
}

impl<'a> Context<'a> {
    /// The same under another policy.
    pub fn under<'b>(&'b mut self, policy: &'b Policy) -> Context<'b>
    where
        'a: 'b,
    {
        Context { clock: self.clock, rng: &mut *self.rng, keys: self.keys, policy }
    }
}

/// Where a command came from: for the audit log, and for what a person is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; `None` for the command line and jobs.
    pub ip: Option<IpAddr>,
    /// What the client calls itself, cut to 256 characters.
    pub user_agent: Option<String>,
    /// Who acts, when it is not the person: `cli`, `job`, an administrator.
    pub actor: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The language the client asks to be answered in. Not for the audit log.
    pub locale: Option<Locale>,
}
