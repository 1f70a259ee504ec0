//! Managing factors: which is offered first, what they are called, and their end. Proving and managing are different nouns:
//! nothing here looks at a code; each needs a fresh proof.

use crate::audit::{AuditAction, AuditEntry};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Factor;
use crate::ids::FactorId;
use crate::message::MessageKind;
use crate::notice;
use crate::policy::Policy;
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Grant, RefreshToken, Session};
use crate::status::{FactorStatus, Status, StatusView};
use crate::time::Timestamp;
use crate::trusted_device::{count_live, revoke_trust};
use crate::user::Account;

/// Whether a person can prove themselves with a factor here: its kind is not switched off, and codes for it can be sent.
pub(crate) fn is_usable(factor: &Factor, policy: &Policy) -> bool {
    policy.allows(factor.method) && policy.delivers(factor.method)
}

/// Which factor comes after one that is to go. Where that is the last one usable here, the person would be locked out: what
/// is left would be asked for, and could not be answered.
fn next_after<'a>(gone: &Factor, factors: &'a [Factor], policy: &Policy) -> Option<&'a Factor> {
    let mut others = factors.iter().filter(|other| other.id != gone.id);
    let fits = |other: &&Factor| is_usable(other, policy) || !is_usable(gone, policy);
    let best = others.clone().find(|other| is_usable(other, policy));
    best.or_else(|| others.find(fits))
}

/// Finds the caller's factor behind a fresh proof, or says why not, with the audit log's word for it.
fn find<'a>(
    factors: &'a [Factor],
    id: FactorId,
    session: &Session,
    now: Timestamp,
    policy: &Policy,
) -> Result<&'a Factor, (Refusal, &'static str)> {
    if session.fresh_until(now, policy).is_none() {
        return Err((Refusal::StepUpRequired, "step_up_required"));
    }
    factors.iter().find(|factor| factor.id == id).ok_or((Refusal::NotFound, "not_found"))
}

fn refused<R>(
    account: &Account,
    (refusal, why): (Refusal, &'static str),
    alarms: Vec<AuditEntry>,
    entry: AuditEntry,
    now: Timestamp,
) -> Decision<R> {
    Decision::refused(account, refusal, now).audit_all(alarms).audit(entry.because(why))
}

/// Offers a factor first.
#[derive(Debug)]
pub struct PreferFactor {
    /// Who.
    pub bearer: Bearer,
    /// Which.
    pub factor: FactorId,
    /// Where from.
    pub origin: Origin,
}

impl Decide for PreferFactor {
    type View = StatusView;
    type Reply = Status;

    fn decide(&self, view: StatusView, context: &mut Context<'_>) -> Result<Decision<Status>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::PreferredFactorChanged, success, &self.origin);
        // One that is switched off is never asked for, so it cannot come first.
        let found = find(&view.factors, self.factor, &session, now, policy).and_then(|factor| {
            if policy.allows(factor.method) { Ok(()) } else { Err((Refusal::FeatureDisabled, "method_disabled")) }
        });
        if let Err(why) = found {
            return Ok(refused(&account, why, alarms, entry(false), now));
        }
        let entry = entry(true).about("factor", self.factor.uuid());
        account.settings.preferred_factor = Some(self.factor);
        let counts = (view.recovery_codes, count_live(&view.trusted_devices, now, policy));
        let status = Status::of(&account, &session, &view.factors, counts, now, context)?;
        Ok(Decision::new(Ok(status), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// What renaming and removing read.
#[derive(Debug)]
pub struct FactorsView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's factors.
    pub factors: Vec<Factor>,
}

/// Calls a factor otherwise.
#[derive(Debug)]
pub struct RenameFactor {
    /// Who.
    pub bearer: Bearer,
    /// Which.
    pub factor: FactorId,
    /// What the person calls it from now on.
    pub label: String,
    /// Where from.
    pub origin: Origin,
}

impl Decide for RenameFactor {
    type View = FactorsView;
    type Reply = FactorStatus;

    fn decide(&self, view: FactorsView, context: &mut Context<'_>) -> Result<Decision<FactorStatus>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::FactorRenamed, success, &self.origin);
        let renamed = match find(&view.factors, self.factor, &session, now, policy) {
            Ok(factor) => Factor { label: self.label.clone(), ..factor.clone() },
            Err(why) => return Ok(refused(&account, why, alarms, entry(false), now)),
        };
        let status = FactorStatus::of(&account, &renamed, context.keys)?;
        let entry = entry(true).about("factor", self.factor.uuid());
        Ok(Decision::new(Ok(status), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::RenameFactor(self.factor, self.label.clone()))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Removes a factor, but never the last usable one: that is turning the second factor off, and needs a code.
#[derive(Debug)]
pub struct RemoveFactor {
    /// Who.
    pub bearer: Bearer,
    /// Which.
    pub factor: FactorId,
    /// The refresh token the client holds in its cookie, to be replaced.
    pub refresh: Option<RefreshToken>,
    /// Where from.
    pub origin: Origin,
}

/// A factor is gone.
#[derive(Debug)]
pub struct Removed {
    /// The new refresh token of this session, where it is held in a cookie.
    pub grant: Option<Grant>,
}

impl Decide for RemoveFactor {
    type View = FactorsView;
    type Reply = Removed;

    fn decide(&self, view: FactorsView, context: &mut Context<'_>) -> Result<Decision<Removed>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, mut session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::FactorRemoved, success, &self.origin);
        let found = find(&view.factors, self.factor, &session, now, policy).and_then(|factor| {
            let next = next_after(factor, &view.factors, policy);
            next.map(|next| (factor, next.id)).ok_or((Refusal::LastFactor, "last_factor"))
        });
        let (factor, next) = match found {
            Ok(found) => found,
            Err(why) => return Ok(refused(&account, why, alarms, entry(false), now)),
        };
        let entry = entry(true).method(factor.method).about("factor", factor.id.uuid());
        if account.settings.preferred_factor == Some(factor.id) {
            account.settings.preferred_factor = Some(next);
        }
        let user = account.user.id;
        let (untrusted, distrust) = revoke_trust(&account, "factor_removed", &self.origin);
        let told = notice::notice(MessageKind::FactorRemoved, &account, &self.origin, now, context, |event| {
            event.factor_label = Some(factor.label.clone());
        });
        let rotation = session.replace_cookie(self.refresh.as_ref(), &account, now, context).unzip();
        let mut decision = Decision::new(Ok(Removed { grant: rotation.1 }), now)
            .on_chain_of(&account)
            .change(Change::RemoveFactor(factor.id))
            .change(Change::EndChallengesOf(user))
            .change(Change::EndOtherSessions { user, keep: session.id })
            .change(untrusted)
            .audit_all(alarms)
            .audit(entry)
            .audit(account.entry(AuditAction::SessionsEnded, true, &self.origin).because("factor_removed"))
            .audit(distrust)
            .send(told);
        decision.changes.extend(rotation.0);
        Ok(decision.change(Change::SaveSettings(user, account.settings)))
    }
}

#[cfg(test)]
mod tests;
