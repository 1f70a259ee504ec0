//! Administrators: who may enter the administration, what each role is for, and what is written down of a look.
//!
//! An administrator is a user of our own sign-in with a role. There is no second way of signing in, so nothing guards the
//! administration less than the account: entering takes a second factor that was proved in this very session, not long ago.
//! A mailbox is what passwords are reset with, so a code by e-mail does not count, and an administrator has no such factor.
//! A recovery code signs in, and does not enter: it is there to set up another factor with.
//!
//! ```text
//!   invited (no password: the link is the only way) ──password──▶ enrolling ──factor──▶ may enter
//!   had a factor of another kind than e-mail ───────────────────────────────────────────▶ may enter
//! ```

pub mod bypass;
pub mod grant;
pub mod help;
pub mod key;
pub mod look;
pub mod person;
pub mod reset_request;

use crate::command::{Context, Decide};
use crate::decision::{Decision, Refusal};
use crate::factor::{Factor, Method};
use crate::ids::PersonId;
use crate::policy::Policy;
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Session};
use crate::time::Timestamp;
use crate::user::{Account, Email};

/// What an administrator is for. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Helps people who are locked out.
    Support,
    /// Helps administrators too.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Support, Self::Administrator];

    /// Its name in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// Whether a kind of factor lets an administrator in.
pub(crate) const fn lets_in(method: Method) -> bool {
    match method {
        Method::Totp | Method::Sms => true,
        Method::Email | Method::RecoveryCode => false,
    }
}

/// Whether a person has a factor that would let them in.
pub(crate) fn is_equipped(factors: &[Factor], policy: &Policy) -> bool {
    factors.iter().any(|factor| lets_in(factor.method) && policy.allows(factor.method))
}

/// Whether such a factor was proved in this session, not too long ago.
fn is_proved(session: &Session, now: Timestamp, policy: &Policy) -> bool {
    let recent = session.authenticated_at <= now && now < session.authenticated_at + policy.admin_session_life;
    recent && session.method.is_some_and(lets_in)
}

/// Asks whether somebody signed in may enter. Changes nothing.
#[derive(Debug)]
pub struct Enter {
    /// Who.
    pub bearer: Bearer,
}

/// What is read.
#[derive(Debug)]
pub struct EnterView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's factors.
    pub factors: Vec<Factor>,
}

/// Whether the door opens.
#[derive(Debug)]
pub enum Entrance {
    /// It does.
    Open(Standing),
    /// There is a role, and no factor to enter with, or nobody is asked for one here.
    NoFactor,
    /// There is one, and it was not proved in this session.
    Unproved,
}

/// Somebody who is in.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Their address.
    pub email: Email,
    /// Their pseudonym in the audit log.
    pub person: PersonId,
    /// What they are for.
    pub role: Role,
    /// Until when dangerous acts need no further proof.
    pub fresh_until: Option<Timestamp>,
}

impl Decide for Enter {
    type View = EnterView;
    type Reply = Entrance;

    fn decide(&self, view: EnterView, context: &mut Context<'_>) -> Result<Decision<Entrance>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { account, session, moment } = admitted;
        let now = moment.now;
        // Whoever has no role learns no more than that there is nothing here.
        let entrance = match account.role {
            None => Err(Refusal::NotFound),
            Some(_) if !policy.two_factor_enabled || !is_equipped(&view.factors, policy) => Ok(Entrance::NoFactor),
            Some(_) if !is_proved(&session, now, policy) => Ok(Entrance::Unproved),
            Some(role) => Ok(Entrance::Open(Standing {
                email: account.user.email,
                person: account.user.person,
                role,
                fresh_until: session.factor_proved_at(now, policy).and(session.fresh_until(now, policy)),
            })),
        };
        Ok(Decision::new(entrance, now))
    }
}

/// Finds whoever commands in the administration, or refuses: at the door, and again wherever something is done.
///
/// # Errors
/// Where there is no role, one that is not enough, or no proof of a factor in this session.
pub(crate) fn admit(
    bearer: &Bearer,
    account: Option<Account>,
    session: Option<Session>,
    least: Role,
    context: &Context<'_>,
) -> Result<(Admitted, Role), Refusal> {
    let admitted = bearer.admit(account, session, context.clock, context.policy)?;
    let role = admitted.account.role.ok_or(Refusal::NotFound)?;
    if !is_proved(&admitted.session, admitted.moment.now, context.policy) {
        return Err(Refusal::StepUpRequired);
    }
    if role < least {
        return Err(Refusal::RoleRequired(least));
    }
    Ok((admitted, role))
}

/// What stands for an administrator in the audit log where they act on somebody else: their pseudonym, which outlives them.
pub fn actor(person: PersonId) -> String {
    format!("{ACTOR}{person}")
}

const ACTOR: &str = "admin:";

/// Whether an actor of the audit log is an administrator, or a key of the administration.
pub(crate) fn is_administrator(actor: &str) -> bool {
    actor.starts_with(ACTOR) || actor.starts_with(key::ACTOR)
}

#[cfg(test)]
mod tests;
