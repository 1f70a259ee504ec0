//! Factors of an application's users, as the application manages them.

use super::contact::Mentioned;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::enrollment::{Proved, import_factor};
use crate::factor::{Factor, Method};
use crate::ids::FactorId;
use crate::message::MessageKind;
use crate::notice;
use crate::recovery_code;
use crate::recovery_code::set::KeptRecoveryCodes;
use crate::secret::{Broken, SecretText};
use crate::session::Bearer;
use crate::time::Timestamp;
use crate::totp::TotpSecret;
use crate::trusted_device::revoke_trust;
use crate::user::Account;

/// Brings an authenticator that the user has already: its secret is known to the application.
#[derive(Debug)]
pub struct ImportFactor {
    /// Whose.
    pub user: Mentioned,
    /// Its secret.
    pub secret: TotpSecret,
    /// What the user calls it.
    pub label: Option<String>,
    /// Whether it is one of a list. A list makes no recovery codes, for nobody is there to be shown them; and it never adds a way
    /// in for somebody who has a second factor already.
    pub listed: bool,
    /// Who acts.
    pub origin: Origin,
}

/// What [`ImportFactor`] reads.
#[derive(Debug)]
pub struct ImportView {
    /// The person, if they were mentioned before.
    pub account: Option<Account>,
    /// Their factors.
    pub factors: Vec<Factor>,
}

/// A factor that works from now on.
#[derive(Debug)]
pub struct Imported {
    /// Which.
    pub factor: FactorId,
    /// What it is called.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// The recovery codes, made with the first factor but for one of a list; shown this once.
    pub recovery_codes: Vec<SecretText>,
}

impl Decide for ImportFactor {
    type View = ImportView;
    type Reply = Imported;

    fn decide(&self, view: ImportView, context: &mut Context<'_>) -> Result<Decision<Imported>, Broken> {
        let policy = context.policy;
        let acts = view.account.as_ref().is_some_and(|known| known.user.disabled_at.is_none());
        if self.listed && acts && !view.factors.is_empty() {
            return Ok(Decision::new(Err(Refusal::AlreadyEnabled), context.clock));
        }
        let (mut account, decision) = self.user.meet(view.account, &self.origin, context)?;
        let now = decision.at;
        if account.user.disabled_at.is_some() {
            return Ok(decision.refuse(Refusal::NotFound));
        }
        if !policy.two_factor_enabled || !policy.allows(Method::Totp) {
            return Ok(decision.refuse(Refusal::FeatureDisabled));
        }
        if view.factors.len() >= policy.factors_max {
            return Ok(decision.refuse(Refusal::AlreadyEnabled));
        }
        let label = self.label.clone().unwrap_or_else(|| "Authenticator".to_owned());
        let (first, preferred) = (view.factors.is_empty(), account.settings.preferred_factor);
        let (enabled_at, user) = (account.settings.enabled_at, account.user.id);
        let added = import_factor(&mut account, &label, &Proved::Totp(self.secret.clone()), now, context);
        let Some(factor) = account.settings.preferred_factor else { return Ok(decision.refuse(Refusal::NotFound)) };
        if !first {
            (account.settings.preferred_factor, account.settings.enabled_at) = (preferred, enabled_at);
        }
        let (untrusted, ended) = revoke_trust(&account, "factor_added", &self.origin);
        let entry = |action| account.entry(action, true, &self.origin);
        let mut decision = decision
            .audit(entry(AuditAction::FactorAdded).about("factor", factor.uuid()))
            .audit(ended)
            .change(added)
            .change(Change::EndChallengesOf(user))
            .change(untrusted);
        if first {
            decision = decision.audit(entry(AuditAction::TwoFactorEnabled).because("imported"));
        }
        let mut recovery_codes = Vec::new();
        if first && !self.listed {
            let (shown, stored) =
                recovery_code::generate_set(user, policy.recovery_codes, now, context.keys, context.rng);
            let maker = Bearer::of_application(self.user.application, user).session;
            let kept = KeptRecoveryCodes::made_by(user, maker, &shown, now, context);
            recovery_codes = shown;
            decision = decision
                .change(Change::KeepRecoveryCodes(kept))
                .change(Change::ReplaceRecoveryCodes(user, stored))
                .audit(entry(AuditAction::RecoveryCodesMade));
        }
        let kind = if first { MessageKind::TwoFactorEnabled } else { MessageKind::FactorAdded };
        let told = notice::notice(kind, &account, &self.origin, now, context, |event| {
            event.factor_label = Some(label.clone());
        });
        let saved = Change::SaveSettings(user, account.settings);
        let reply = Imported { factor, label, created_at: now, recovery_codes };
        Ok(decision.send(told).change(saved).map(|()| reply))
    }
}

/// Opens a list of imports, before the first of them is done: whether the key may, and whether the list is the one that its
/// idempotency key was first used for.
#[derive(Debug)]
pub struct OpenImport;

impl Decide for OpenImport {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        Ok(Decision::new(Ok(()), context.clock))
    }
}
