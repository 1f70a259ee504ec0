//! Changing a password, and getting a new one when it is forgotten.
//!
//! A change needs the password that is being replaced, checked like a sign-in's: charged first, then judged. A reset needs a
//! link from the mailbox and nothing else, so it gives nothing else: it signs nobody in, and leaves the second factor as it
//! is. Both end whatever the old password may have opened: sessions, challenges, pending set-ups, other links, trust.

use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, EndReason, Refusal};
use crate::ids::ApplicationId;
use crate::link_token::{self, LinkPurpose, LinkToken, LinkView, Opened};
use crate::login::{PasswordCheck, password_counters};
use crate::message::MessageKind;
use crate::notice;
use crate::policy::Policy;
use crate::secret::{Broken, KeyRing, TokenHash};
use crate::session::{Admitted, Bearer, Grant, RefreshToken, Session, SessionView};
use crate::signup::{mail_allowed, unchained};
use crate::throttle::{Charged, Counter};
use crate::time::Timestamp;
use crate::trusted_device::revoke_trust;
use crate::user::{Account, Email, PasswordHash, PasswordProof};

/// Charges a try at the password that is to be replaced.
#[derive(Debug)]
pub struct BeginPasswordChange {
    /// Who asks.
    pub bearer: Bearer,
    /// Their address.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

impl BeginPasswordChange {
    /// The counters a try is charged to: those of signing in.
    pub fn counters(&self, policy: &Policy, keys: &KeyRing) -> Vec<Counter> {
        password_counters(&self.email, &self.origin, policy, keys)
    }
}

/// What [`BeginPasswordChange`] reads and charges.
#[derive(Debug)]
pub struct BeginPasswordChangeView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The counters of wrong passwords, charged with this try.
    pub passwords: Vec<(Counter, Charged)>,
}

impl Decide for BeginPasswordChange {
    type View = BeginPasswordChangeView;
    type Reply = PasswordCheck;

    fn decide(
        &self,
        view: BeginPasswordChangeView,
        context: &mut Context<'_>,
    ) -> Result<Decision<PasswordCheck>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) if admitted.account.user.email.key() == self.email.key() => admitted,
            Ok(_) => return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock)),
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { account, session, moment } = admitted;
        let now = moment.now;
        let refused = |refusal, why| {
            let entry = account.entry(AuditAction::PasswordChanged, false, &self.origin).because(why);
            Decision::new(Err(refusal), now).on_chain_of(&account).audit(entry)
        };
        if session.fresh_until(now, policy).is_none() {
            // Nothing was judged: nothing is paid.
            let mut decision = refused(Refusal::StepUpRequired, "step_up_required");
            decision.changes.extend(view.passwords.into_iter().map(|(counter, _)| Change::ReturnCharge(counter)));
            return Ok(decision);
        }
        let wait = view.passwords.iter().filter_map(|(counter, charged)| counter.wait(charged, now)).max();
        if wait.is_some() {
            return Ok(refused(Refusal::TooManyAttempts { retry_after: wait }, "too_many_attempts"));
        }
        Ok(Decision::new(Ok(PasswordCheck { user: Some(account.user.password), pending: None }), now))
    }
}

/// Goes on after the old password was checked.
#[derive(Debug)]
pub struct FinishPasswordChange {
    /// Who asks.
    pub bearer: Bearer,
    /// Their address.
    pub email: Email,
    /// What the check found.
    pub proof: PasswordProof,
    /// The new password, hashed once the old one was found right.
    pub password: Option<PasswordHash>,
    /// The refresh token the client holds in its cookie, to be replaced.
    pub refresh: Option<RefreshToken>,
    /// Where from.
    pub origin: Origin,
}

impl Decide for FinishPasswordChange {
    type View = SessionView;
    /// The new refresh token of this session, where it is held in a cookie.
    type Reply = Option<Grant>;

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<Option<Grant>>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, mut session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let refused = |refusal, why| {
            let entry = account.entry(AuditAction::PasswordChanged, false, &self.origin).because(why);
            Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(entry)
                .change(Change::SaveSettings(account.user.id, account.settings.clone())))
        };
        let (PasswordProof::Right(proven), Some(password)) = (&self.proof, &self.password) else {
            return refused(Refusal::CredentialsInvalid, "wrong_password");
        };
        if *proven != account.user.password {
            return refused(Refusal::CredentialsInvalid, "password_changed");
        }
        let returned = password_counters(&self.email, &self.origin, policy, context.keys);
        let returned = returned.into_iter().map(Change::ReturnCharge);
        if session.fresh_until(now, policy).is_none() {
            let mut decision = refused(Refusal::StepUpRequired, "step_up_required")?;
            decision.changes.extend(returned);
            return Ok(decision);
        }
        let user = account.user.id;
        let mut decision = changed(&account, password, AuditAction::PasswordChanged, &self.origin, now, context)
            .change(Change::EndOtherSessions { user, keep: session.id })
            .audit_all(alarms);
        decision.changes.extend(returned);
        if let Some((rotation, grant)) = session.replace_cookie(self.refresh.as_ref(), &account, now, context) {
            decision = decision.change(rotation);
            decision.reply = Ok(Some(grant));
        }
        Ok(decision.change(Change::SaveSettings(user, account.settings)))
    }
}

/// What a new password brings with it, however it came to be. Which sessions end, the caller says.
fn changed<R: Default>(
    account: &Account,
    password: &PasswordHash,
    action: AuditAction,
    origin: &Origin,
    now: Timestamp,
    context: &mut Context<'_>,
) -> Decision<R> {
    let user = account.user.id;
    let (untrusted, entry) = revoke_trust(account, "password_changed", origin);
    Decision::new(Ok(R::default()), now)
        .on_chain_of(account)
        .change(Change::SetPassword(user, password.clone()))
        .change(Change::EndChallengesOf(user))
        .change(Change::AbandonAllEnrollmentsOf(user))
        .change(Change::EndLinkTokens(user, LinkPurpose::ENDED_BY_PASSWORD))
        .change(untrusted)
        .audit(account.entry(action, true, origin))
        .audit(account.entry(AuditAction::SessionsEnded, true, origin).because("password_changed"))
        .audit(entry)
        .send(notice::notice(MessageKind::PasswordChanged, account, origin, now, context, |_| {}))
}

/// Asks for a link to set a new password. The answer is the same whoever's address it is, or nobody's.
#[derive(Debug)]
pub struct RequestPasswordReset {
    /// In which application.
    pub application: ApplicationId,
    /// For which address.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

/// What [`RequestPasswordReset`] reads and charges.
#[derive(Debug)]
pub struct RequestPasswordResetView {
    /// The address's owner.
    pub account: Option<Account>,
    /// The counters of mails to the address, charged with one more.
    pub mails: Vec<(Counter, Charged)>,
}

impl Decide for RequestPasswordReset {
    type View = RequestPasswordResetView;
    type Reply = ();

    fn decide(&self, view: RequestPasswordResetView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let action = AuditAction::PasswordResetRequested;
        let Some(mut account) = view.account else {
            let entry = unchained(self.application, action, true, &self.origin).because("unknown_address");
            return Ok(Decision::new(Ok(()), context.clock).audit(entry));
        };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let decision = Decision::new(Ok(()), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .change(Change::SaveSettings(account.user.id, account.settings.clone()));
        let entry = account.entry(action, true, &self.origin);
        if account.user.disabled_at.is_some() {
            return Ok(decision.audit(entry.because("disabled")));
        }
        if account.role.is_some() && account.settings.enabled_at.is_none() {
            // A mailbox alone is no way into the administration: who has no factor yet has the operator's link.
            return Ok(decision.audit(entry.because("administrator")));
        }
        if !mail_allowed(&view.mails, now) {
            return Ok(decision.audit(entry.because("send_limit")));
        }
        let life = context.policy.password_reset_life;
        let (token, link) = LinkToken::new(&account, LinkPurpose::PasswordReset, None, life, now, context);
        let shown = notice::Link { path: "reset-password", token: &token, expires_at: link.expires_at };
        let kind = MessageKind::PasswordReset;
        let message = notice::with_link(kind, &account, &account.user.email, &shown, &self.origin, now, context);
        Ok(decision.audit(entry).change(Change::PutLinkToken(link)).send(message))
    }
}

/// Looks at a reset link before anything slow is done for it.
#[derive(Debug)]
pub struct BeginPasswordReset {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// Where from.
    pub origin: Origin,
}

impl Decide for BeginPasswordReset {
    type View = LinkView;
    /// The address the new password must not be.
    type Reply = Email;

    fn decide(&self, view: LinkView, context: &mut Context<'_>) -> Result<Decision<Email>, Broken> {
        let (purpose, action) = (LinkPurpose::PasswordReset, AuditAction::PasswordReset);
        Ok(match link_token::open(view, purpose, action, &self.origin, context) {
            Ok(opened) => Decision::new(Ok(opened.account.user.email), opened.now),
            Err(refused) => *refused,
        })
    }
}

/// Sets a new password with the link's token.
#[derive(Debug)]
pub struct FinishPasswordReset {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// The new password.
    pub password: PasswordHash,
    /// Where from.
    pub origin: Origin,
}

impl Decide for FinishPasswordReset {
    type View = LinkView;
    type Reply = ();

    fn decide(&self, view: LinkView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let (purpose, action) = (LinkPurpose::PasswordReset, AuditAction::PasswordReset);
        let Opened { account, link, now, alarms } = match link_token::open(view, purpose, action, &self.origin, context)
        {
            Ok(opened) => opened,
            Err(refused) => return Ok(*refused),
        };
        let user = account.user.id;
        let mut decision = changed(&account, &self.password, action, &self.origin, now, context)
            .change(Change::EndSessionsOf(user, EndReason::PasswordReset))
            .change(Change::SaveSettings(user, account.settings))
            .audit_all(alarms);
        // Of two tries with one link, the second finds it used and changes nothing.
        decision.changes.insert(0, Change::ConsumeLinkToken(link.id));
        Ok(decision)
    }
}

#[cfg(test)]
mod tests;
