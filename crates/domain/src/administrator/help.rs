//! Help: what administrators do for somebody who cannot get in, or whose account somebody else may be in.
//!
//! Nothing here is a second set of rules: each act is one of [`crate::account_admin::Act`]. What is decided here is who may. An
//! act stands on the person's chain, with the pseudonym of whoever acted and their reason, also where it was refused. No secret
//! is told or set: what starts over starts with a link by mail, which nobody but its reader sees.

use super::key::{self, AdminKey, AdminScope};
use super::reset_request::held_up;
use super::{Role, Standing, actor, admit};
use crate::account_admin::{self, Act, Hand};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Decision, Refusal};
use crate::destination::Destination;
use crate::factor::manage::is_usable;
use crate::factor::{Factor, Method};
use crate::ids::{AdminKeyId, PersonId, UserId};
use crate::policy::Policy;
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Session};
use crate::user::{Account, Email};

/// How somebody is helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpAct {
    /// A lock or stop after wrong codes is lifted.
    Unlock,
    /// They are signed out everywhere.
    EndSessions,
    /// Their devices are asked for a code again.
    ForgetDevices,
    /// The bypass code they were given is good no more.
    WithdrawBypassCode,
    /// Messages to them that wait for another try are tried at once.
    SendNow,
    /// No code goes to their phone number any more.
    CancelNumber,
    /// The second factor is taken away, and set up anew by a link.
    StartOver,
}

impl HelpAct {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Unlock,
        Self::SendNow,
        Self::WithdrawBypassCode,
        Self::EndSessions,
        Self::ForgetDevices,
        Self::CancelNumber,
        Self::StartOver,
    ];

    /// Its name in addresses and texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unlock => "unlock",
            Self::EndSessions => "end-sessions",
            Self::ForgetDevices => "forget-devices",
            Self::WithdrawBypassCode => "withdraw-bypass-code",
            Self::SendNow => "send-now",
            Self::CancelNumber => "cancel-number",
            Self::StartOver => "start-over",
        }
    }

    /// The act of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }

    /// Whether it takes something away that guards the person: then the administrator proves anew who they are. What only
    /// closes doors is done at once.
    pub const fn is_dangerous(self) -> bool {
        match self {
            Self::Unlock | Self::CancelNumber | Self::StartOver => true,
            Self::EndSessions | Self::ForgetDevices | Self::WithdrawBypassCode | Self::SendNow => false,
        }
    }

    fn act(self, reason: &str, factors: &[Factor], policy: &Policy) -> Act {
        match self {
            Self::SendNow => Act::SendNow,
            Self::CancelNumber => {
                let (numbers, others): (Vec<_>, Vec<_>) =
                    factors.iter().partition(|factor| factor.method == Method::Sms);
                let next = others.into_iter().find(|other| is_usable(other, policy)).map(|other| other.id);
                let numbers = numbers.into_iter().map(|factor| (factor.id, factor.label.clone())).collect();
                Act::CancelNumber { numbers, next }
            }
            Self::Unlock => Act::Unlock,
            Self::EndSessions => Act::EndSessions,
            Self::ForgetDevices => Act::ForgetDevices,
            Self::WithdrawBypassCode => Act::WithdrawBypassCode,
            Self::StartOver => Act::StartOver(reason.to_owned()),
        }
    }
}

/// The role it takes to help somebody who has this one.
pub(super) const fn helper_of(role: Option<Role>) -> Role {
    match role {
        None => Role::Support,
        Some(_) => Role::Administrator,
    }
}

impl Standing {
    /// Whether they may help somebody who has this role; whoever could help themselves would need no second factor.
    ///
    /// # Errors
    /// The role it takes.
    pub fn may_help(&self, person: PersonId, role: Option<Role>) -> Result<(), Refusal> {
        let least = helper_of(role);
        if self.role < least || self.person == person { Err(Refusal::RoleRequired(least)) } else { Ok(()) }
    }
}

/// Helps somebody.
#[derive(Debug)]
pub struct Help {
    /// Who helps.
    pub bearer: Bearer,
    /// Whom.
    pub user: UserId,
    /// How.
    pub act: HelpAct,
    /// Why.
    pub reason: String,
    /// Where from.
    pub origin: Origin,
}

/// What is read.
#[derive(Debug)]
pub struct HelpView {
    /// The administrator.
    pub account: Option<Account>,
    /// The administrator's session.
    pub session: Option<Session>,
    /// The person.
    pub person: Option<Account>,
    /// The person's factors.
    pub factors: Vec<Factor>,
}

/// The addresses among somebody's factors. One that does not open is told nothing, and hinders no help.
pub(super) fn addresses(factors: &[Factor], context: &Context<'_>) -> Vec<Email> {
    let opened = factors.iter().filter_map(|factor| factor.destination(context.keys).ok().flatten());
    opened
        .filter_map(|destination| match destination {
            Destination::Email(email) => Some(email),
            Destination::Phone(_) => None,
        })
        .collect()
}

/// Why somebody may not help, and the word for it in the audit log.
pub(super) fn barred(
    helper: &Admitted,
    role: Role,
    person: &Account,
    dangerous: bool,
    context: &Context<'_>,
) -> Option<(Refusal, &'static str)> {
    let least = helper_of(person.role);
    let now = helper.moment.now;
    if role < least {
        Some((Refusal::RoleRequired(least), "role_required"))
    } else if helper.account.user.id == person.user.id {
        // Whoever could help themselves would need no second factor.
        Some((Refusal::RoleRequired(least), "own_account"))
    } else if dangerous && helper.session.factor_proved_at(now, context.policy).is_none() {
        Some((Refusal::StepUpRequired, "step_up_required"))
    } else {
        None
    }
}

impl Decide for Help {
    type View = HelpView;
    /// Whether there was anything to do.
    type Reply = bool;

    fn decide(&self, view: HelpView, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        let (helper, role) = match admit(&self.bearer, view.account, view.session, Role::Viewer, context) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Some(person) = view.person else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let acts = Some(actor(helper.account.user.person));
        let origin = Origin { actor: acts, locale: None, ..self.origin.clone() };
        let barred = barred(&helper, role, &person, self.act.is_dangerous(), context);
        let wish = Wish { act: self.act, reason: &self.reason, origin };
        Ok(wish.decide(person, &view.factors, barred, context))
    }
}

/// Helps somebody, with a key.
#[derive(Debug)]
pub struct HelpByKey {
    /// Which key.
    pub key: AdminKeyId,
    /// Whom.
    pub user: UserId,
    /// How.
    pub act: HelpAct,
    /// Why.
    pub reason: String,
    /// Where from.
    pub origin: Origin,
}

/// What is read.
#[derive(Debug)]
pub struct HelpByKeyView {
    /// The key.
    pub key: Option<AdminKey>,
    /// The person.
    pub person: Option<Account>,
    /// The person's factors.
    pub factors: Vec<Factor>,
}

/// Why a key may not help, and the word for it in the audit log. No program proves anew who it is, so what takes a guard away
/// takes the scope for it, and nobody who has a role is helped so: a key that leaked would lead into the administration.
fn barred_key(key: &AdminKey, act: HelpAct, person: &Account) -> Option<(Refusal, &'static str)> {
    let least = if act.is_dangerous() { AdminScope::Administer } else { AdminScope::Support };
    if person.role.is_some() {
        Some((Refusal::RoleRequired(Role::Administrator), "has_role"))
    } else if key.scope < least {
        Some((Refusal::RoleRequired(least.role()), "role_required"))
    } else {
        None
    }
}

impl Decide for HelpByKey {
    type View = HelpByKeyView;
    /// Whether there was anything to do.
    type Reply = bool;

    fn decide(&self, view: HelpByKeyView, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        let key = match AdminKey::admit(view.key, AdminScope::Read, context.clock) {
            Ok(key) => key,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Some(person) = view.person else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let origin = Origin { actor: Some(key::actor(key.id)), locale: None, ..self.origin.clone() };
        let barred = barred_key(&key, self.act, &person);
        let wish = Wish { act: self.act, reason: &self.reason, origin };
        let mut decision = wish.decide(person, &view.factors, barred, context);
        decision.changes.extend(key.used(context.clock));
        Ok(decision)
    }
}

/// What is to be done, by whomever.
struct Wish<'a> {
    act: HelpAct,
    reason: &'a str,
    origin: Origin,
}

impl Wish<'_> {
    /// Does it, unless whoever wishes it may not, or nobody may.
    fn decide(
        &self,
        mut person: Account,
        factors: &[Factor],
        barred: Option<(Refusal, &'static str)>,
        context: &mut Context<'_>,
    ) -> Decision<bool> {
        let act = self.act.act(self.reason, factors, context.policy);
        // Where it takes more than one decision, nothing is done at once, at whichever door.
        let held_up = || held_up(context.policy).filter(|_| self.act == HelpAct::StartOver);
        let barred = barred
            .or_else(|| held_up().map(|refusal| (refusal, "request_required")))
            .or_else(|| act.leaves_nothing().then_some((Refusal::LastFactor, "last_factor")));
        if let Some((refusal, why)) = barred {
            let moment = person.moment(context.clock, context.policy);
            let alarms = person.seen(moment, &self.origin, context.policy);
            let entry = person.entry(act.action(), false, &self.origin).because(why);
            return Decision::refused(&person, refusal, moment.now).audit_all(alarms).audit(entry);
        }
        let also = addresses(factors, context);
        // Where the help desk sits is no business of whoever reads the mail.
        let hand = Hand { origin: &self.origin, shown: &Origin::default(), reason: Some(self.reason), also: &also };
        account_admin::act(&act, person, &hand, context)
    }
}

#[cfg(test)]
mod tests;
