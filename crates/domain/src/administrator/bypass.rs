//! A bypass code: what an administrator reads out to somebody who has proved by other means who they are, and who has lost
//! everything that gives codes. It stands in for the second factor at one sign-in, within the hour.
//!
//! It has the form of a recovery code and is typed where one is. It confirms nothing else: no step-up, no turning off. Nor is
//! any browser trusted by it, nor the administration opened. One is live at a time.

use super::help::{HelpView, addresses, barred};
use super::reset_request::held_up;
use super::{Role, actor, admit};
use crate::audit::{AuditAction, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::UserId;
use crate::message::MessageKind;
use crate::notice;
use crate::recovery_code::{RecoveryCode, StoredRecoveryCode};
use crate::secret::{Broken, SecretText};
use crate::session::Bearer;
use crate::time::Timestamp;

/// Gives somebody a bypass code. Needs a fresh proof of the administrator's factor.
#[derive(Debug)]
pub struct GiveBypassCode {
    /// Who gives it.
    pub bearer: Bearer,
    /// To whom.
    pub user: UserId,
    /// Why: how they have proved who they are.
    pub reason: String,
    /// Where from.
    pub origin: Origin,
}

/// A new code, shown this once.
#[derive(Debug)]
pub struct BypassCode {
    /// The code.
    pub code: SecretText,
    /// When it is good no more.
    pub expires_at: Timestamp,
}

impl Decide for GiveBypassCode {
    type View = HelpView;
    type Reply = BypassCode;

    fn decide(&self, view: HelpView, context: &mut Context<'_>) -> Result<Decision<BypassCode>, Broken> {
        let (helper, role) = match admit(&self.bearer, view.account, view.session, Role::Viewer, context) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Some(mut person) = view.person else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let acts = Some(actor(helper.account.user.person));
        let origin = Origin { actor: acts, locale: None, ..self.origin.clone() };
        let moment = person.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = person.seen(moment, &origin, context.policy);
        let entry = |success| person.entry(AuditAction::BypassCodeMade, success, &origin);
        let barred = barred(&helper, role, &person, true, context)
            // Whoever is asked for no second factor has nothing to get past.
            // Nor does one alone let anybody in where one alone may not take the second factor away.
            .or_else(|| held_up(context.policy).map(|_| (Refusal::FeatureDisabled, "request_required")))
            .or_else(|| view.factors.is_empty().then_some((Refusal::NotEnabled, "not_enabled")));
        if let Some((refusal, why)) = barred {
            return Ok(Decision::refused(&person, refusal, now).audit_all(alarms).audit(entry(false).because(why)));
        }
        let mut made = entry(true);
        made.detail = Detail::Stated(self.reason.clone());
        let user = person.user.id;
        let code = RecoveryCode::generate(context.rng);
        let expires_at = now + context.policy.bypass_life;
        let stored = StoredRecoveryCode::of(&code, user, Some(expires_at), now, (context.keys, &mut *context.rng));
        let also = addresses(&view.factors, context);
        // Where the help desk sits is no business of whoever reads the mail.
        let (kind, nowhere) = (MessageKind::BypassCodeMade, Origin::default());
        let told = notice::notice(kind, &person, &nowhere, now, context, |_| {});
        let told = told.also_to(kind, &also, &person, &nowhere, now, context);
        Ok(Decision::new(Ok(BypassCode { code: code.to_text(), expires_at }), now)
            .on_chain_of(&person)
            .audit_all(alarms)
            .audit(made)
            .send(told)
            .change(Change::GiveBypassCode(user, stored))
            .change(Change::SaveSettings(user, person.settings)))
    }
}
