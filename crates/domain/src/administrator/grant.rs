//! Giving a role, and taking it away: what an operator does from the command line.
//!
//! A role ends whatever is open for the account: no session that began with less goes on with more. Whoever has no factor to
//! enter with is invited: the password of before is dead, and the way in is one link, which the operator hands over. It is the
//! link of a password reset, so there is at most one, and it dies with its use.

use super::{Role, is_equipped};
use crate::account_admin::closed;
use crate::audit::{AuditAction, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, EndReason, Refusal};
use crate::factor::{Factor, Method};
use crate::ids::ApplicationId;
use crate::link_token::{LinkPurpose, LinkToken};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::{Broken, SecretText};
use crate::signup::NewUser;
use crate::time::Timestamp;
use crate::user::{Account, Email, PasswordHash};

/// Gives somebody a role; makes the account where there is none.
#[derive(Debug)]
pub struct GrantRole {
    /// Whose address.
    pub email: Email,
    /// Which role.
    pub role: Role,
    /// Why, for the audit log.
    pub reason: Option<String>,
    /// Who acts.
    pub origin: Origin,
}

/// What is read.
#[derive(Debug)]
pub struct GrantView {
    /// The owner of the address.
    pub account: Option<Account>,
    /// Their factors.
    pub factors: Vec<Factor>,
}

/// What came of it.
#[derive(Debug)]
pub struct Granted {
    /// Whether anything changed.
    pub changed: bool,
    /// The token of the link over which they get in, and when it ends; none where a factor guards the account.
    pub link: Option<(SecretText, Timestamp)>,
}

impl GrantRole {
    fn detail(&self) -> Detail {
        Detail::Role(self.role, self.reason.clone())
    }
}

/// Adds the link to an account that has no way in.
fn invited(mut decision: Decision<Granted>, account: &Account, context: &mut Context<'_>) -> Decision<Granted> {
    let (life, now) = (context.policy.invitation_life, decision.at);
    let (token, link) = LinkToken::new(account, LinkPurpose::PasswordReset, None, life, now, context);
    decision.reply = Ok(Granted { changed: true, link: Some((token, link.expires_at)) });
    decision.change(Change::PutLinkToken(link))
}

impl Decide for GrantRole {
    type View = GrantView;
    type Reply = Granted;

    fn decide(&self, view: GrantView, context: &mut Context<'_>) -> Result<Decision<Granted>, Broken> {
        let changed = Granted { changed: true, link: None };
        let Some(mut account) = view.account else {
            let new = NewUser {
                application: ApplicationId::DEFAULT,
                email: self.email.clone(),
                password: PasswordHash::none(),
                action: AuditAction::UserCreated,
            };
            let (account, decision) = new.decide(changed, &self.origin, context);
            let mut entry = account.entry(AuditAction::RoleGranted, true, &self.origin);
            entry.detail = self.detail();
            let decision = decision.change(Change::SetRole(account.user.id, Some(self.role))).audit(entry);
            return Ok(invited(decision, &account, context));
        };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let equipped = is_equipped(&view.factors, context.policy);
        if equipped && account.role == Some(self.role) {
            return Ok(Decision::new(Ok(Granted { changed: false, link: None }), now));
        }
        let alarms = account.seen(moment, &self.origin, context.policy);
        let user = account.user.id;
        let mut entry = account.entry(AuditAction::RoleGranted, true, &self.origin);
        entry.detail = self.detail();
        let decision = Decision::new(Ok(changed), now).on_chain_of(&account).audit_all(alarms).audit(entry);
        let decision = closed(decision, &account, EndReason::RoleChanged, &self.origin)
            .change(Change::SetRole(user, Some(self.role)))
            // Who approved it may have been nobody to approve it now.
            .change(Change::EndResetRequestsOf(user));
        if equipped {
            // Codes by e-mail are asked for by whoever holds the mailbox, and passwords are reset there.
            let mailed = view.factors.iter().filter(|factor| factor.method == Method::Email);
            let mut decision = decision;
            for factor in mailed {
                let removed = account.entry(AuditAction::FactorRemoved, true, &self.origin);
                let told = notice::notice(MessageKind::FactorRemoved, &account, &self.origin, now, context, |event| {
                    event.factor_label = Some(factor.label.clone());
                });
                decision = decision
                    .change(Change::RemoveFactor(factor.id))
                    .audit(removed.method(Method::Email).about("factor", factor.id.uuid()))
                    .send(told);
                if account.settings.preferred_factor == Some(factor.id) {
                    account.settings.preferred_factor = None;
                }
            }
            return Ok(decision.change(Change::SaveSettings(user, account.settings)));
        }
        // Set or not: who knew the old one hears that it is dead.
        let told = notice::notice(MessageKind::PasswordChanged, &account, &self.origin, now, context, |_| {});
        (account.settings.enabled_at, account.settings.preferred_factor) = (None, None);
        let decision = decision
            .send(told)
            .change(Change::RemoveFactorsOf(user))
            .change(Change::ReplaceRecoveryCodes(user, Vec::new()))
            .change(Change::WipeKeptRecoveryCodes(user))
            .change(Change::SetPassword(user, PasswordHash::none()))
            .change(Change::SaveSettings(user, account.settings.clone()));
        Ok(invited(decision, &account, context))
    }
}

/// Takes somebody's role away. The account stays.
#[derive(Debug)]
pub struct RevokeRole {
    /// Whose address.
    pub email: Email,
    /// Why, for the audit log.
    pub reason: Option<String>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for RevokeRole {
    /// The owner of the address.
    type View = Option<Account>;
    type Reply = ();

    fn decide(&self, account: Option<Account>, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let Some((mut account, role)) = account.and_then(|account| account.role.map(|role| (account, role))) else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let user = account.user.id;
        let mut entry = account.entry(AuditAction::RoleRevoked, true, &self.origin);
        entry.detail = Detail::Role(role, self.reason.clone());
        let decision = Decision::new(Ok(()), now).on_chain_of(&account).audit_all(alarms).audit(entry);
        Ok(closed(decision, &account, EndReason::RoleChanged, &self.origin)
            .change(Change::SetRole(user, None))
            .change(Change::SaveSettings(user, account.settings)))
    }
}
