//! A set of recovery codes: made anew, and for ten minutes kept to be downloaded by the session that made it.
//!
//! The kept copy is sealed. It counts as gone the moment its time is over; the sweep wipes it afterwards.

use std::fmt;

use zeroize::Zeroizing;

use super::generate_set;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::manage::FactorsView;
use crate::ids::{SessionId, UserId};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::{Broken, Fault, Place, Sealed, SecretText};
use crate::session::{Admitted, Bearer, Session};
use crate::time::Timestamp;
use crate::user::Account;

/// The newest set of a person, as kept. One per person.
#[derive(Clone, Debug)]
pub struct KeptRecoveryCodes {
    /// Whose.
    pub user: UserId,
    /// Made by which session: only it may have them.
    pub session: SessionId,
    /// The codes, one per line.
    pub codes: Sealed,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they cannot be had any more.
    pub expires_at: Timestamp,
}

impl KeptRecoveryCodes {
    const fn place(user: UserId) -> Place {
        Place { table: "kept_recovery_codes", column: "codes", row: user.uuid(), owner: user.uuid() }
    }

    /// Keeps a new set for the session that made it.
    pub(crate) fn of(session: &Session, codes: &[SecretText], now: Timestamp, context: &mut Context<'_>) -> Self {
        Self::made_by(session.user, session.id, codes, now, context)
    }

    /// Keeps a new set for whoever made it.
    pub(crate) fn made_by(
        user: UserId,
        session: SessionId,
        codes: &[SecretText],
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Self {
        let mut lines = Zeroizing::new(String::with_capacity(codes.len() * 16));
        for code in codes {
            lines.push_str(code.expose());
            lines.push('\n');
        }
        Self {
            user,
            session,
            codes: context.keys.seal(&Self::place(user), lines.as_bytes(), context.rng),
            created_at: now,
            expires_at: now + context.policy.recovery_codes_kept,
        }
    }

    /// Whether a session may have them. What was made in the future was made by a wrong clock, and is gone.
    fn is_for(&self, session: &Session, now: Timestamp) -> bool {
        self.session == session.id && self.created_at <= now && now < self.expires_at
    }

    /// What stands on the sheet they are downloaded as.
    fn sheet(&self, account: &Account, context: &Context<'_>) -> Result<RecoverySheet, Broken> {
        Ok(RecoverySheet {
            service: context.policy.issuer.clone(),
            account: account.user.called().to_owned(),
            made_at: self.created_at,
            codes: self.open(context)?,
        })
    }

    fn open(&self, context: &Context<'_>) -> Result<Vec<SecretText>, Broken> {
        let place = Self::place(self.user);
        let plain = context.keys.open(&place, &self.codes)?;
        let text = std::str::from_utf8(&plain).map_err(|_| place.broken(Fault::Altered))?;
        Ok(text.lines().map(SecretText::new).collect())
    }
}

/// Makes a new set; the old one is dead.
#[derive(Debug)]
pub struct MakeRecoveryCodes {
    /// Who.
    pub bearer: Bearer,
    /// Where from.
    pub origin: Origin,
}

impl Decide for MakeRecoveryCodes {
    type View = FactorsView;
    type Reply = Vec<SecretText>;

    fn decide(&self, view: FactorsView, context: &mut Context<'_>) -> Result<Decision<Vec<SecretText>>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::RecoveryCodesMade, success, &self.origin);
        let refused = |refusal, why| {
            Ok(Decision::refused(&account, refusal, now).audit_all(alarms.clone()).audit(entry(false).because(why)))
        };
        if session.fresh_until(now, policy).is_none() {
            return refused(Refusal::StepUpRequired, "step_up_required");
        }
        if view.factors.is_empty() {
            return refused(Refusal::NotEnabled, "not_enabled");
        }
        let user = account.user.id;
        let (shown, stored) = generate_set(user, policy.recovery_codes, now, context.keys, context.rng);
        let kept = KeptRecoveryCodes::of(&session, &shown, now, context);
        let told = notice::notice(MessageKind::RecoveryCodesMade, &account, &self.origin, now, context, |_| {});
        Ok(Decision::new(Ok(shown), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry(true))
            .send(told)
            .change(Change::ReplaceRecoveryCodes(user, stored))
            .change(Change::KeepRecoveryCodes(kept))
            .change(Change::SaveSettings(user, account.settings)))
    }
}

/// Downloads the newest set.
#[derive(Debug)]
pub struct DownloadRecoveryCodes {
    /// Who.
    pub bearer: Bearer,
    /// Where from.
    pub origin: Origin,
}

/// What [`DownloadRecoveryCodes`] reads.
#[derive(Debug)]
pub struct DownloadView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The caller's newest set.
    pub kept: Option<KeptRecoveryCodes>,
}

/// What stands on the sheet.
pub struct RecoverySheet {
    /// What authenticators call the service.
    pub service: String,
    /// Whose codes: what their authenticator calls the account.
    pub account: String,
    /// When they were made.
    pub made_at: Timestamp,
    /// The codes, in the order they were first shown.
    pub codes: Vec<SecretText>,
}

/// Not whose codes they are: that is an address.
impl fmt::Debug for RecoverySheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoverySheet").field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

impl Decide for DownloadRecoveryCodes {
    type View = DownloadView;
    type Reply = RecoverySheet;

    fn decide(&self, view: DownloadView, context: &mut Context<'_>) -> Result<Decision<RecoverySheet>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let entry = |success| account.entry(AuditAction::RecoveryCodesDownloaded, success, &self.origin);
        let Some(kept) = view.kept.filter(|kept| kept.is_for(&session, now)) else {
            // Never made, made by another session, or too long ago: no difference is told.
            let gone = Decision::refused(&account, Refusal::RecoveryCodesGone, now);
            return Ok(gone.audit_all(alarms).audit(entry(false).because("recovery_codes_gone")));
        };
        let sheet = kept.sheet(&account, context)?;
        let entry = entry(true);
        Ok(Decision::new(Ok(sheet), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Shows the newest set again while it is kept: the page that shows it is reloaded, or the person comes back from the
/// download. Changes nothing.
#[derive(Debug)]
pub struct ShowRecoveryCodes {
    /// Who.
    pub bearer: Bearer,
}

impl Decide for ShowRecoveryCodes {
    type View = DownloadView;
    type Reply = RecoverySheet;

    fn decide(&self, view: DownloadView, context: &mut Context<'_>) -> Result<Decision<RecoverySheet>, Broken> {
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, context.policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { account, session, moment } = admitted;
        let Some(kept) = view.kept.filter(|kept| kept.is_for(&session, moment.now)) else {
            return Ok(Decision::new(Err(Refusal::RecoveryCodesGone), moment.now));
        };
        Ok(Decision::new(Ok(kept.sheet(&account, context)?), moment.now))
    }
}

#[cfg(test)]
mod tests;
