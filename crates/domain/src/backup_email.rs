//! The backup address: it gets a copy of every security notice, never a code and never a link that acts.
//!
//! It is no way in: with it nobody signs in, and nobody changes anything. So it may be anybody's, also the main address of
//! another account, and nothing is said about whose it is.
//!
//! ```text
//!   none ──set──▶ asked for ──the link in its mail──▶ verified ──set and proved anew──▶ another one
//!                    │                                   │
//!                    └──removed, a new password──────────┴──removed──▶ none
//! ```
//!
//! The link ends with the session that asked. Until it is used, copies go where they went before. A notice of the change goes to the old address too.

use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::email_change::{WantedAddress, wanted};
use crate::ids::SessionId;
use crate::link_token::{self, LinkPurpose, LinkToken, LinkView, Opened};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::{Broken, TokenHash};
use crate::session::{Admitted, Bearer, Session, SessionView};
use crate::signup::mail_allowed;
use crate::throttle::{Charged, Counter};
use crate::user::{Account, Email, EmailFault};

/// The page that the link opens.
const PAGE: &str = "backup-email";
/// What a removal ends.
const LINK: &[LinkPurpose] = &[LinkPurpose::BackupEmail];

/// Asks that copies of notices go to an address.
#[derive(Debug)]
pub struct BeginBackupEmail {
    /// Who asks.
    pub bearer: Bearer,
    /// The address.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

/// What [`BeginBackupEmail`] reads and charges.
#[derive(Debug)]
pub struct BeginBackupEmailView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The counters of mails to the address, charged with one more.
    pub mails: Vec<(Counter, Charged)>,
}

impl Decide for BeginBackupEmail {
    type View = BeginBackupEmailView;
    type Reply = ();

    fn decide(&self, view: BeginBackupEmailView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let (user, origin) = (account.user.id, &self.origin);
        let entry = |success| account.entry(AuditAction::BackupEmailRequested, success, origin);
        let decision = |reply| {
            Decision::new(reply, now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .change(Change::SaveSettings(user, account.settings.clone()))
        };
        if session.fresh_until(now, policy).is_none() {
            return Ok(decision(Err(Refusal::StepUpRequired)).audit(entry(false).because("step_up_required")));
        }
        if self.email.key() == account.user.email.key() {
            let refusal = Refusal::EmailRejected(EmailFault::SameAddress);
            return Ok(decision(Err(refusal)).audit(entry(false).because("same_address")));
        }
        if !mail_allowed(&view.mails, now) {
            return Ok(decision(Ok(())).audit(entry(true).because("send_limit")));
        }
        let payload = [session.id.uuid().as_bytes(), self.email.as_str().as_bytes()].concat();
        let (purpose, life) = (LinkPurpose::BackupEmail, policy.signup_life);
        let (token, link) = LinkToken::new(&account, purpose, Some(&payload), life, now, context);
        let shown = notice::Link { path: PAGE, token: &token, expires_at: link.expires_at };
        let message = notice::with_link(MessageKind::BackupEmail, &account, &self.email, &shown, origin, now, context);
        Ok(decision(Ok(())).audit(entry(true)).change(Change::PutLinkToken(link)).send(message))
    }
}

/// Proves the address with the token of the link. Signs nobody in.
#[derive(Debug)]
pub struct ConfirmBackupEmail {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// Where from.
    pub origin: Origin,
}

/// What [`ConfirmBackupEmail`] reads.
#[derive(Debug)]
pub struct ConfirmBackupEmailView {
    /// The link and its person.
    pub link: LinkView,
    /// The sessions of theirs that have not ended.
    pub sessions: Vec<SessionId>,
}

impl Decide for ConfirmBackupEmail {
    type View = ConfirmBackupEmailView;
    type Reply = ();

    fn decide(&self, view: ConfirmBackupEmailView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let (purpose, action) = (LinkPurpose::BackupEmail, AuditAction::BackupEmailChanged);
        let Opened { account, link, now, alarms } =
            match link_token::open(view.link, purpose, action, &self.origin, context) {
                Ok(opened) => opened,
                Err(refused) => return Ok(*refused),
            };
        let (user, origin) = (account.user.id, &self.origin);
        let WantedAddress { session, email } = wanted(&link, context)?;
        if !view.sessions.contains(&session) {
            let entry = account.entry(action, false, origin).because("session_ended");
            return Ok(Decision::refused(&account, Refusal::TokenInvalid, now).audit_all(alarms).audit(entry));
        }
        let place = Account::backup_email_place(user);
        let sealed = context.keys.seal(&place, email.as_str().as_bytes(), context.rng);
        // The account still has the backup address it had: that one is told as well.
        let told = notice::notice(MessageKind::BackupEmailChanged, &account, origin, now, context, |_| {});
        Ok(Decision::new(Ok(()), now)
            .on_chain_of(&account)
            .change(Change::ConsumeLinkToken(link.id))
            .change(Change::SetBackupEmail(user, Some(sealed)))
            .audit_all(alarms)
            .audit(account.entry(action, true, origin))
            .send(told)
            .change(Change::SaveSettings(user, account.settings)))
    }
}

/// Sends copies nowhere from now on. A link that waits is dead.
#[derive(Debug)]
pub struct RemoveBackupEmail {
    /// Who asks.
    pub bearer: Bearer,
    /// Where from.
    pub origin: Origin,
}

impl Decide for RemoveBackupEmail {
    type View = SessionView;
    type Reply = ();

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let (user, origin) = (account.user.id, &self.origin);
        let entry = |success| account.entry(AuditAction::BackupEmailRemoved, success, origin);
        if session.fresh_until(now, policy).is_none() {
            let entry = entry(false).because("step_up_required");
            return Ok(Decision::refused(&account, Refusal::StepUpRequired, now).audit_all(alarms).audit(entry));
        }
        let mut decision = Decision::new(Ok(()), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .change(Change::EndLinkTokens(user, LINK));
        // Where there is none, nothing happened that anybody would have to be told.
        decision = if account.backup_email.is_some() {
            let told = notice::notice(MessageKind::BackupEmailRemoved, &account, origin, now, context, |_| {});
            decision.change(Change::SetBackupEmail(user, None)).audit(entry(true)).send(told)
        } else {
            decision.audit(entry(true).because("none"))
        };
        Ok(decision.change(Change::SaveSettings(user, account.settings)))
    }
}

#[cfg(test)]
mod tests;
