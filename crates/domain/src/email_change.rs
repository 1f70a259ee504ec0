//! Changing the address: the new one gets a link, the old one is told, and nothing changes before the link is used.
//!
//! The link ends with the session that asked, like everything a session has begun: whoever reads at the old address that
//! somebody else asked, and ends that session, has stopped it.
//!
//! A taken address gets the same answer and no link; its owner is told that somebody wanted it.

use uuid::Uuid;

use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::SessionId;
use crate::link_token::{self, LinkPurpose, LinkToken, LinkView, Opened};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::{Broken, TokenHash};
use crate::session::{Admitted, Bearer, Session};
use crate::signup::mail_allowed;
use crate::throttle::{Charged, Counter};
use crate::trusted_device::revoke_trust;
use crate::user::{Account, Email};

/// Asks to have another address.
#[derive(Debug)]
pub struct BeginEmailChange {
    /// Who asks.
    pub bearer: Bearer,
    /// The new address.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

/// What [`BeginEmailChange`] reads and charges.
#[derive(Debug)]
pub struct BeginEmailChangeView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// Whose address it is already.
    pub owner: Option<Account>,
    /// The counters of mails to the new address, charged with one more.
    pub mails: Vec<(Counter, Charged)>,
}

impl Decide for BeginEmailChange {
    type View = BeginEmailChangeView;
    type Reply = ();

    fn decide(&self, view: BeginEmailChangeView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, policy);
        let (user, origin) = (account.user.id, &self.origin);
        let entry = |success| account.entry(AuditAction::EmailChangeRequested, success, origin);
        let decision = |reply| {
            Decision::new(reply, now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .change(Change::SaveSettings(user, account.settings.clone()))
        };
        if session.fresh_until(now, policy).is_none() {
            return Ok(decision(Err(Refusal::StepUpRequired)).audit(entry(false).because("step_up_required")));
        }
        if !mail_allowed(&view.mails, now) {
            return Ok(decision(Ok(())).audit(entry(true).because("send_limit")));
        }
        let told = notice::notice(MessageKind::EmailChangeRequested, &account, origin, now, context, |_| {});
        if let Some(owner) = view.owner.filter(|owner| owner.user.id != user) {
            let (kind, reader) = (MessageKind::EmailChangeTaken, &owner.user);
            let message = notice::link(kind, &reader.email, "", None, &reader.locale, origin, now, context);
            let entry = entry(true).because("address_taken");
            return Ok(decision(Ok(())).audit(entry).send(told).send(message));
        }
        let payload = [session.id.uuid().as_bytes(), self.email.as_str().as_bytes()].concat();
        let (purpose, life) = (LinkPurpose::EmailChange, policy.signup_life);
        let (token, link) = LinkToken::new(&account, purpose, Some(&payload), life, now, context);
        let shown = notice::Link { path: "change-email", token: &token, expires_at: link.expires_at };
        let message = notice::with_link(MessageKind::EmailChange, &account, &self.email, &shown, origin, now, context);
        Ok(decision(Ok(())).audit(entry(true)).change(Change::PutLinkToken(link)).send(told).send(message))
    }
}

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedAddress {
    /// The session that asked.
    pub session: SessionId,
    /// The new address.
    pub email: Email,
}

/// Reads what a link asks for, so that it can be looked up what became of it meanwhile.
#[derive(Debug)]
pub struct ReadEmailChange {
    /// Hash of the token shown.
    pub token: TokenHash,
}

impl Decide for ReadEmailChange {
    type View = LinkView;
    type Reply = WantedAddress;

    fn decide(&self, view: LinkView, context: &mut Context<'_>) -> Result<Decision<WantedAddress>, Broken> {
        // A used link has been emptied.
        let holds = |link: &LinkToken| link.purpose == LinkPurpose::EmailChange && link.used_at.is_none();
        let reply = match view.link.filter(holds) {
            Some(link) => Ok(wanted(&link, context)?),
            None => Err(Refusal::TokenInvalid),
        };
        Ok(Decision::new(reply, context.clock))
    }
}

/// Opens what a link for another address carries, this one's or that of a backup address.
pub(crate) fn wanted(link: &LinkToken, context: &Context<'_>) -> Result<WantedAddress, Broken> {
    let plain = link.open(context)?;
    let altered = || Broken { table: "link_tokens", column: "payload", fault: crate::secret::Fault::Altered };
    let (session, email) = plain.split_at_checked(16).ok_or_else(altered)?;
    let session = Uuid::from_slice(session).map_err(|_| altered())?;
    let email = String::from_utf8(email.to_vec()).map_err(|_| altered())?;
    Ok(WantedAddress { session: SessionId::from_uuid(session), email: Email::stored(email) })
}

/// Proves the new address with the link's token. Signs nobody in.
#[derive(Debug)]
pub struct ConfirmEmailChange {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// What [`ReadEmailChange`] found in it.
    pub wanted: WantedAddress,
    /// Where from.
    pub origin: Origin,
}

/// What [`ConfirmEmailChange`] reads.
#[derive(Debug)]
pub struct ConfirmEmailChangeView {
    /// The link and its person.
    pub link: LinkView,
    /// The session that asked.
    pub session: Option<Session>,
    /// Whose address it became meanwhile.
    pub owner: Option<Account>,
}

impl Decide for ConfirmEmailChange {
    type View = ConfirmEmailChangeView;
    type Reply = ();

    fn decide(&self, view: ConfirmEmailChangeView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let (purpose, action) = (LinkPurpose::EmailChange, AuditAction::EmailChanged);
        let Opened { account, link, now, alarms } =
            match link_token::open(view.link, purpose, action, &self.origin, context) {
                Ok(opened) => opened,
                Err(refused) => return Ok(*refused),
            };
        let (user, origin) = (account.user.id, &self.origin);
        let wanted = wanted(&link, context)?;
        let ended = view.session.is_none_or(|session| session.ended_at.is_some());
        let taken = view.owner.is_some_and(|owner| owner.user.id != user);
        let fault = if wanted != self.wanted {
            Some("link_replaced")
        } else if ended {
            Some("session_ended")
        } else {
            taken.then_some("address_taken")
        };
        let WantedAddress { session, email } = wanted;
        if let Some(why) = fault {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), now)
                .on_chain_of(&account)
                .audit_all(alarms)
                .audit(account.entry(action, false, origin).because(why))
                .change(Change::SaveSettings(user, account.settings)));
        }
        let (untrusted, entry) = revoke_trust(&account, "email_changed", origin);
        // The account still has the old address: that is where this goes.
        let told = notice::notice(MessageKind::EmailChanged, &account, origin, now, context, |_| {});
        Ok(Decision::new(Ok(()), now)
            .on_chain_of(&account)
            .change(Change::ConsumeLinkToken(link.id))
            .change(Change::SetEmail(user, email))
            .change(Change::EndOtherSessions { user, keep: session })
            .change(Change::EndChallengesOf(user))
            .change(Change::AbandonAllEnrollmentsOf(user))
            .change(Change::EndLinkTokens(user, &LinkPurpose::ALL))
            .change(Change::DropMessagesOf(user))
            .change(untrusted)
            .audit_all(alarms)
            .audit(account.entry(action, true, origin))
            .audit(account.entry(AuditAction::SessionsEnded, true, origin).because("email_changed"))
            .audit(entry)
            .send(told)
            .change(Change::SaveSettings(user, account.settings)))
    }
}

#[cfg(test)]
mod tests;
