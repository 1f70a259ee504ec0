//! Resets that are asked for before they are done: where another administrator has to approve the reset of somebody's second
//! factor, or time has to pass in which the person can stop it, or both.
//!
//! Asking changes nothing but that the person is told. Approving does not either: what is done is done by carrying out, which
//! is the same act as a reset at once ([`Act::StartOver`]), by whoever may help the person. Whoever asked does not approve.
//! Of each person at most one request is open.
//!
//! ```text
//!   open ──approved──▶ open ──carried out, when it is due──▶ done
//!     ├──declined by another, withdrawn by whoever asked──▶ over
//!     ├──stopped by the person: the link of the mail, a sign-in with the second factor──▶ over
//!     └──its life, a reset by an operator, a role──▶ over
//! ```

use super::help::{addresses, helper_of};
use super::{Role, actor, admit};
use crate::account_admin::{self, Act, Hand};
use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Factor;
use crate::ids::{PersonId, ResetRequestId, UserId};
use crate::message::MessageKind;
use crate::notice;
use crate::policy::Policy;
use crate::secret::{Broken, TokenHash, new_token};
use crate::session::{Admitted, Bearer, Session};
use crate::time::{Duration, Timestamp};
use crate::user::Account;

/// The page that the link of the notice opens.
const STOP: &str = "stop-reset";
/// How long a request can be carried out at least, once it is due.
const LEAST_TO_ACT: Duration = Duration::from_days(1);

/// What keeps a reset from being done at once, if anything does.
pub fn held_up(policy: &Policy) -> Option<Refusal> {
    if policy.resets.second_approval {
        Some(Refusal::SecondAdministratorRequired)
    } else if policy.resets.cooling_off > Duration::ZERO {
        Some(Refusal::CoolingOff { retry_after: policy.resets.cooling_off })
    } else {
        None
    }
}

/// A reset that was asked for.
#[derive(Clone, Debug)]
pub struct ResetRequest {
    /// Which.
    pub id: ResetRequestId,
    /// Whose second factor.
    pub user: UserId,
    /// Who asked.
    pub asked_by: PersonId,
    /// Why, in their words.
    pub reason: String,
    /// Hash of the token that stops it.
    pub stop: TokenHash,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it may be carried out, as the settings were then.
    pub due_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Who approved it.
    pub approved_by: Option<PersonId>,
    /// When it ended, however it did.
    pub ended_at: Option<Timestamp>,
}

impl ResetRequest {
    /// Whether it is open. What was asked for in the future was asked for by a wrong clock, and is over.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.asked_at <= now && now < self.expires_at
    }

    /// When it may be carried out: as was promised, and not before what the settings say now.
    pub fn due_at(&self, policy: &Policy) -> Timestamp {
        self.due_at.max(self.asked_at + policy.resets.cooling_off)
    }

    /// Whether somebody else has yet to approve it.
    pub const fn awaits_approval(&self, policy: &Policy) -> bool {
        policy.resets.second_approval && self.approved_by.is_none()
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetOutcome {
    /// The second factor was taken away.
    CarriedOut,
    /// Another administrator said no.
    Declined,
    /// Whoever asked took it back.
    Withdrawn,
    /// The person stopped it.
    Stopped,
}

impl ResetOutcome {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CarriedOut => "carried_out",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Stopped => "stopped",
        }
    }
}

/// Asks for the second factor of somebody to be taken away.
#[derive(Debug)]
pub struct AskReset {
    /// Who asks.
    pub bearer: Bearer,
    /// Whose.
    pub user: UserId,
    /// Why.
    pub reason: String,
    /// Where from.
    pub origin: Origin,
}

/// What administrators do about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetStep {
    /// Somebody other than whoever asked says yes.
    Approve,
    /// It is done.
    CarryOut,
    /// Whoever asked takes it back, or somebody else says no.
    Close,
}

impl ResetStep {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Approve, Self::CarryOut, Self::Close];

    /// Its name in addresses and texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::CarryOut => "carry-out",
            Self::Close => "close",
        }
    }

    /// The step of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }

    /// Whether it leads to something being taken away that guards the person: then whoever takes it proves anew who they are.
    pub const fn is_dangerous(self) -> bool {
        match self {
            Self::Approve | Self::CarryOut => true,
            Self::Close => false,
        }
    }
}

/// Takes a step with a request.
#[derive(Debug)]
pub struct StepReset {
    /// Who.
    pub bearer: Bearer,
    /// With which.
    pub request: ResetRequestId,
    /// Which step.
    pub step: ResetStep,
    /// Why.
    pub reason: String,
    /// Where from.
    pub origin: Origin,
}

/// What both read.
#[derive(Debug)]
pub struct ResetView {
    /// The administrator.
    pub account: Option<Account>,
    /// The administrator's session.
    pub session: Option<Session>,
    /// The person.
    pub person: Option<Account>,
    /// The person's factors.
    pub factors: Vec<Factor>,
    /// The request: the one that is named, or the person's open one.
    pub request: Option<ResetRequest>,
}

/// An administrator before a person they may help.
struct Desk {
    helper: Admitted,
    role: Role,
    person: Account,
    /// Who acts, for the audit log.
    origin: Origin,
    now: Timestamp,
    /// What the clock gives reason to write down.
    alarms: Vec<AuditEntry>,
}

impl Desk {
    fn new(helper: Admitted, role: Role, mut person: Account, origin: &Origin, context: &Context<'_>) -> Self {
        let acts = Some(actor(helper.account.user.person));
        let origin = Origin { actor: acts, locale: None, ..origin.clone() };
        let moment = person.moment(context.clock, context.policy);
        let alarms = person.seen(moment, &origin, context.policy);
        Self { helper, role, person, origin, now: moment.now, alarms }
    }

    /// Why they may not, and the word for it in the audit log.
    fn refusal(&self, dangerous: bool, policy: &Policy) -> Option<(Refusal, &'static str)> {
        let least = helper_of(self.person.role);
        if self.role < least {
            Some((Refusal::RoleRequired(least), "role_required"))
        } else if self.helper.account.user.id == self.person.user.id {
            // Whoever could help themselves would need no second factor.
            Some((Refusal::RoleRequired(least), "own_account"))
        } else if dangerous && self.helper.session.factor_proved_at(self.helper.moment.now, policy).is_none() {
            Some((Refusal::StepUpRequired, "step_up_required"))
        } else {
            None
        }
    }

    /// Nothing is done, and it is written down.
    fn refused<R>(self, action: AuditAction, refusal: Refusal, why: &'static str) -> Decision<R> {
        let entry = self.person.entry(action, false, &self.origin).because(why);
        Decision::refused(&self.person, refusal, self.now).audit_all(self.alarms).audit(entry)
    }

    /// Something is done, and the reason for it is written down.
    fn done<R>(self, reply: R, action: AuditAction, reason: &str, change: Change) -> Decision<R> {
        let mut entry = self.person.entry(action, true, &self.origin);
        entry.detail = Detail::Stated(reason.to_owned());
        Decision::new(Ok(reply), self.now)
            .on_chain_of(&self.person)
            .change(change)
            .change(Change::SaveSettings(self.person.user.id, self.person.settings.clone()))
            .audit_all(self.alarms)
            .audit(entry)
    }
}

impl Decide for AskReset {
    type View = ResetView;
    /// Whether it is asked for from now on; else it is already.
    type Reply = bool;

    fn decide(&self, view: ResetView, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        let action = AuditAction::ResetRequested;
        let (helper, role) = match admit(&self.bearer, view.account, view.session, Role::Viewer, context) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Some(person) = view.person else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let asked_by = helper.account.user.person;
        let desk = Desk::new(helper, role, person, &self.origin, context);
        let now = desk.now;
        if let Some((refusal, why)) = desk.refusal(true, context.policy) {
            return Ok(desk.refused(action, refusal, why));
        }
        if held_up(context.policy).is_none() {
            return Ok(desk.refused(action, Refusal::FeatureDisabled, "not_held_up"));
        }
        if view.request.is_some_and(|request| request.is_open(now)) {
            return Ok(Decision::new(Ok(false), now));
        }
        let token = new_token(context.rng);
        let due_at = now + context.policy.resets.cooling_off;
        let request = ResetRequest {
            id: ResetRequestId::new(now, context.rng),
            user: desk.person.user.id,
            asked_by,
            reason: self.reason.clone(),
            stop: TokenHash::of(token.expose()),
            asked_at: now,
            due_at,
            expires_at: (now + context.policy.resets.request_life).max(due_at + LEAST_TO_ACT),
            approved_by: None,
            ended_at: None,
        };
        let (kind, also) = (MessageKind::ResetRequested, addresses(&view.factors, context));
        let link = notice::Link { path: STOP, token: &token, expires_at: request.expires_at };
        let told = notice::reset_requested(&desk.person, &link, now, context).also_to(
            kind,
            &also,
            &desk.person,
            &Origin::default(),
            now,
            context,
        );
        Ok(desk.done(true, action, &self.reason, Change::AddResetRequest(Box::new(request))).send(told))
    }
}

impl StepReset {
    /// What the step stands as in the audit log.
    const fn action(&self, own: bool) -> AuditAction {
        match self.step {
            ResetStep::Approve => AuditAction::ResetApproved,
            ResetStep::CarryOut => AuditAction::TwoFactorReset,
            ResetStep::Close if own => AuditAction::ResetWithdrawn,
            ResetStep::Close => AuditAction::ResetDeclined,
        }
    }

    /// Why the request is not ready for the step, and the word for it in the audit log.
    fn unready(
        &self,
        request: &ResetRequest,
        own: bool,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<(Refusal, &'static str)> {
        match self.step {
            ResetStep::Approve if own => Some((Refusal::SecondAdministratorRequired, "own_request")),
            ResetStep::CarryOut if request.awaits_approval(policy) => {
                Some((Refusal::SecondAdministratorRequired, "not_approved"))
            }
            ResetStep::CarryOut if now < request.due_at(policy) => {
                Some((Refusal::CoolingOff { retry_after: request.due_at(policy).since(now) }, "cooling_off"))
            }
            ResetStep::Approve | ResetStep::CarryOut | ResetStep::Close => None,
        }
    }
}

impl Decide for StepReset {
    type View = ResetView;
    /// Whether there was anything to do.
    type Reply = bool;

    fn decide(&self, view: ResetView, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        let (helper, role) = match admit(&self.bearer, view.account, view.session, Role::Viewer, context) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let (Some(person), Some(request)) = (view.person, view.request) else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let who = helper.account.user.person;
        let own = who == request.asked_by;
        let (id, action) = (request.id, self.action(own));
        let desk = Desk::new(helper, role, person, &self.origin, context);
        if let Some((refusal, why)) = desk.refusal(self.step.is_dangerous(), context.policy) {
            return Ok(desk.refused(action, refusal, why));
        }
        if !request.is_open(desk.now) {
            return Ok(desk.refused(action, Refusal::NotFound, "request_over"));
        }
        if let Some((refusal, why)) = self.unready(&request, own, desk.now, context.policy) {
            return Ok(desk.refused(action, refusal, why));
        }
        Ok(match self.step {
            ResetStep::Approve if request.approved_by.is_some() => Decision::new(Ok(false), desk.now),
            ResetStep::Approve => desk.done(true, action, &self.reason, Change::ApproveResetRequest(id, who)),
            ResetStep::Close => {
                let outcome = if own { ResetOutcome::Withdrawn } else { ResetOutcome::Declined };
                let end = Change::EndResetRequest { id, outcome, approved: false };
                desk.done(true, action, &self.reason, end)
            }
            ResetStep::CarryOut => {
                let (approved, outcome) = (context.policy.resets.second_approval, ResetOutcome::CarriedOut);
                let also = addresses(&view.factors, context);
                let (origin, shown) = (&desk.origin, &Origin::default());
                let hand = Hand { origin, shown, reason: Some(&self.reason), also: &also };
                let act = Act::StartOver(self.reason.clone());
                let mut decision = account_admin::act(&act, desk.person, &hand, context);
                // First: what follows overtakes whatever is open.
                decision.changes.insert(0, Change::EndResetRequest { id, outcome, approved });
                decision.audit_all(desk.alarms)
            }
        })
    }
}

/// Stops what was asked for, by the link of the mail about it.
#[derive(Debug)]
pub struct StopReset {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// Where from.
    pub origin: Origin,
}

/// What is read.
#[derive(Debug)]
pub struct StopView {
    /// The person.
    pub account: Option<Account>,
    /// What is to be stopped.
    pub request: Option<ResetRequest>,
}

impl Decide for StopReset {
    type View = StopView;
    type Reply = ();

    fn decide(&self, view: StopView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let (Some(mut account), Some(request)) = (view.account, view.request) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        let alarms = account.seen(moment, &self.origin, context.policy);
        let entry = |success| account.entry(AuditAction::ResetStopped, success, &self.origin);
        if !request.is_open(moment.now) {
            return Ok(Decision::refused(&account, Refusal::TokenInvalid, moment.now)
                .audit_all(alarms)
                .audit(entry(false).because("request_over")));
        }
        let end = Change::EndResetRequest { id: request.id, outcome: ResetOutcome::Stopped, approved: false };
        Ok(Decision::new(Ok(()), moment.now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry(true).because("link"))
            .change(end)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

#[cfg(test)]
mod tests;
