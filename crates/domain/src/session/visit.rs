//! A visit to the hosted pages: who the session cookie stands for.
//!
//! The cookie holds a token that pages do not replace as they are looked at: several tabs share it. It is replaced whenever
//! the person proves something, and dies with its session. Looking at pages puts off the end of an idle session, as a refresh
//! does for the API; that is written down at most once per life of an access token.

use crate::administrator::Role;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::secret::Broken;
use crate::session::{Admitted, Bearer, RefreshToken, SessionView, idle};
use crate::time::Duration;
use crate::user::Email;

/// Asks whose session a cookie is. Changes nothing.
#[derive(Debug)]
pub struct RecognizeVisitor {
    /// The token of the cookie.
    pub token: RefreshToken,
}

/// Somebody signed in at the pages.
#[derive(Debug)]
pub struct Visitor {
    /// What every command knows them by.
    pub bearer: Bearer,
    /// Their address.
    pub email: Email,
    /// What they may do in the administration.
    pub role: Option<Role>,
    /// Whether the end of the session is to be put off.
    pub idle: bool,
}

impl Decide for RecognizeVisitor {
    type View = SessionView;
    type Reply = Visitor;

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<Visitor>, Broken> {
        let policy = context.policy;
        // An older token of the session is no token. It does not end the session: another tab may have sent it a moment
        // before its answer came.
        let session = view.session.filter(|session| self.token.is(&session.refresh) && session.return_url.is_none());
        let bearer = session.as_ref().map(|session| Bearer {
            user: session.user,
            session: session.id,
            expires_at: session.idle_expires_at.min(session.expires_at),
            application: None,
        });
        let Some(bearer) = bearer else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let visitor = bearer.admit(view.account, session, context.clock, policy).map(|admitted| {
            let Admitted { account, session, moment } = admitted;
            let spans = idle(&account, policy);
            // What is written down at most so often: for a short session more often.
            let pause = policy.access_life.min(Duration::from_micros(spans.as_micros() / 10));
            let idle = session.idle_expires_at <= moment.now + spans - pause;
            Visitor { bearer, email: account.user.email, role: account.role, idle }
        });
        Ok(Decision::new(visitor, context.clock))
    }
}

/// Puts off the end of a session that is in use. Its absolute end stays.
#[derive(Debug)]
pub struct ProlongSession {
    /// Whose.
    pub bearer: Bearer,
    /// Where from.
    pub origin: Origin,
}

impl Decide for ProlongSession {
    type View = SessionView;
    type Reply = ();

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let policy = context.policy;
        let admitted = match self.bearer.admit(view.account, view.session, context.clock, policy) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decision::new(Err(refusal), context.clock)),
        };
        let Admitted { mut account, session, moment } = admitted;
        let alarms = account.seen(moment, &self.origin, policy);
        let idle_expires_at = moment.now + idle(&account, policy);
        Ok(Decision::new(Ok(()), moment.now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .change(Change::ProlongSession { id: session.id, idle_expires_at })
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

#[cfg(test)]
mod tests;
