//! A person's own sessions: to see them, to end one, to end all others.
//!
//! Ending takes nothing but a live session: whoever sees a session that is not theirs must not be sent for a code first.

use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, EndReason, Refusal};
use crate::ids::SessionId;
use crate::link_token::LinkPurpose;
use crate::message::MessageKind;
use crate::notice;
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, Session, SessionView};
use crate::time::Timestamp;
use crate::trusted_device::revoke_trust;
use crate::user::Account;

/// Sessions on one page of the list.
pub const PAGE: usize = 50;

/// Asks for the caller's live sessions, newest first.
#[derive(Debug)]
pub struct ReadSessions {
    /// Who asks.
    pub bearer: Bearer,
    /// Goes on after this one.
    pub after: Option<SessionId>,
}

/// What [`ReadSessions`] reads.
#[derive(Debug)]
pub struct SessionsView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// One page and one more, each with when it was last used.
    pub sessions: Vec<(Session, Timestamp)>,
}

/// One page of the list.
#[derive(Debug)]
pub struct SessionPage {
    /// The sessions.
    pub items: Vec<ListedSession>,
    /// After which the next page begins, if there is one.
    pub next: Option<SessionId>,
}

/// A session as told to its owner.
#[derive(Debug)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// When it began or was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends unless refreshed.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl Decide for ReadSessions {
    type View = SessionsView;
    type Reply = SessionPage;

    fn decide(&self, view: SessionsView, context: &mut Context<'_>) -> Result<Decision<SessionPage>, Broken> {
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, context.policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let now = admitted.moment.now;
        let next = view.sessions.get(PAGE).and_then(|_| view.sessions.get(PAGE - 1)).map(|(session, _)| session.id);
        let items = view
            .sessions
            .into_iter()
            .take(PAGE)
            .filter(|(session, _)| session.is_live(now))
            .map(|(session, last_used_at)| ListedSession {
                last_used_at,
                expires_at: session.idle_expires_at.min(session.expires_at),
                current: session.id == admitted.session.id,
                session,
            })
            .collect();
        Ok(Decision::new(Ok(SessionPage { items, next }), now))
    }
}

/// Ends one of the caller's sessions; it may be the one that asks.
#[derive(Debug)]
pub struct EndOneSession {
    /// Who asks.
    pub bearer: Bearer,
    /// Which.
    pub session: SessionId,
    /// Where from.
    pub origin: Origin,
}

/// What [`EndOneSession`] reads.
#[derive(Debug)]
pub struct EndOneSessionView {
    /// The caller.
    pub account: Option<Account>,
    /// The caller's session.
    pub session: Option<Session>,
    /// The session to end.
    pub target: Option<Session>,
}

impl Decide for EndOneSession {
    type View = EndOneSessionView;
    type Reply = ();

    fn decide(&self, view: EndOneSessionView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, context.policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, moment, .. } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let user = account.user.id;
        let entry = |success| account.entry(AuditAction::SessionEnded, success, &self.origin);
        // Unknown, somebody else's, over: one answer.
        let target = view.target.filter(|target| target.user == user && target.is_live(now));
        let decision = match target {
            None => Decision::new(Err(Refusal::NotFound), now).audit(entry(false).because("not_found")),
            Some(target) => Decision::new(Ok(()), now)
                .change(Change::EndSession(target.id, EndReason::Revoked))
                .change(Change::AbandonEnrollmentsOf(target.id))
                .audit(entry(true).about("session", target.id.uuid())),
        };
        Ok(decision.on_chain_of(&account).audit_all(alarms).change(Change::SaveSettings(user, account.settings)))
    }
}

/// Ends every session but the one that asks, with the set-ups they began, and the trust in every device. A link that waits to
/// change an address goes too, for it may be one of theirs.
#[derive(Debug)]
pub struct EndOtherSessions {
    /// Who asks.
    pub bearer: Bearer,
    /// Where from.
    pub origin: Origin,
}

impl Decide for EndOtherSessions {
    type View = SessionView;
    type Reply = ();

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, context.policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let user = account.user.id;
        let (untrusted, entry) = revoke_trust(&account, "all_sessions_ended", &self.origin);
        let told = notice::notice(MessageKind::SessionsEnded, &account, &self.origin, now, context, |_| {});
        Ok(Decision::new(Ok(()), now)
            .on_chain_of(&account)
            .change(Change::EndOtherSessions { user, keep: session.id })
            .change(Change::EndChallengesOf(user))
            .change(Change::EndLinkTokens(user, LinkPurpose::ENDED_BY_SIGN_OUT))
            .change(untrusted)
            .audit_all(alarms)
            .audit(account.entry(AuditAction::SessionsEnded, true, &self.origin).because("by_owner"))
            .audit(entry)
            .send(told)
            .change(Change::SaveSettings(user, account.settings)))
    }
}

#[cfg(test)]
mod tests;
