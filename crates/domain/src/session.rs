//! A session: what a sign-in leads to. Its access tokens name it (`sid`), and every use looks it up, so that ending it works
//! at once. Its refresh token rotates with each use; using one twice ends the session.
//!
//! A refresh token is `family ‖ secret`: the family stays, the secret changes. Whoever shows the family with another secret
//! held an older token of this very session: that is reuse, however old the token. Whoever does not know the family cannot
//! end the session by guessing.
//!
//! ```text
//!   live ──refresh──▶ live (new secret) ──old secret shown──▶ ended
//!     └──sign-out, change of factor elsewhere, 7 days idle, 30 days──▶ ended
//! ```

pub mod listing;
pub mod visit;

use crate::application::return_url::ReturnUrl;
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, EndReason, Refusal};
use crate::factor::Method;
use crate::ids::{ApplicationId, SessionId, UserId};
use crate::policy::Policy;
use crate::rotating_token::RotatingToken;
use crate::secret::{Broken, SecretText, TokenHash};
use crate::time::{Duration, Timestamp};
use crate::user::{Account, Moment};

/// How a client holds its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshHolder {
    /// In an `HttpOnly` cookie.
    Cookie,
    /// Wherever it puts what the body said.
    Body,
    /// In the `HttpOnly` session cookie of the hosted pages, which never renew it by itself. Stored as a cookie: which of the
    /// two cookies it is, the token says.
    Pages,
}

impl RefreshHolder {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie | Self::Pages => "cookie",
            Self::Body => "body",
        }
    }
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which; `sid` in tokens.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Finds the session by any of its refresh tokens.
    pub family: TokenHash,
    /// The one refresh token that is good.
    pub refresh: TokenHash,
    /// Where the client keeps it.
    pub holder: RefreshHolder,
    /// With which factor it began; `None` with a password alone.
    pub method: Option<Method>,
    /// When the person last proved who they are: not moved by a refresh.
    pub authenticated_at: Timestamp,
    /// When the proof was last fresh enough for changes.
    pub fresh_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends unless refreshed.
    pub idle_expires_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// Where it began.
    pub origin: Origin,
    /// Of a visit to the security page: where its person goes back to. Such a session opens that page and nothing else.
    pub return_url: Option<ReturnUrl>,
}

/// A refresh token, taken apart.
pub type RefreshToken = RotatingToken;

/// What a new or renewed session gives its client: enough to sign an access token and hand out the refresh token.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// In which application.
    pub application: ApplicationId,
    /// With which factor it began.
    pub method: Option<Method>,
    /// `auth_time` of the access token.
    pub authenticated_at: Timestamp,
    /// When it was given: `iat`.
    pub issued_at: Timestamp,
    /// When the access token ends: `exp`.
    pub access_expires_at: Timestamp,
    /// When the refresh token ends unless used.
    pub refresh_expires_at: Timestamp,
    /// The new refresh token.
    pub refresh: SecretText,
    /// Where it goes.
    pub holder: RefreshHolder,
}

impl Session {
    /// Starts a session, at the end of a sign-in.
    pub fn start(
        account: &Account,
        method: Option<Method>,
        holder: RefreshHolder,
        origin: &Origin,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> (Self, Grant) {
        let (token, refresh) = match holder {
            RefreshHolder::Cookie | RefreshHolder::Body => RefreshToken::draw(context.rng),
            RefreshHolder::Pages => RefreshToken::draw_for_pages(context.rng),
        };
        let policy = context.policy;
        let session = Self {
            id: SessionId::new(now, context.rng),
            user: account.user.id,
            family: token.family(),
            refresh: token.whole(),
            holder,
            method,
            authenticated_at: now,
            fresh_at: Some(now),
            created_at: now,
            idle_expires_at: now + idle(account, policy),
            expires_at: now + life(account, policy),
            ended_at: None,
            origin: origin.clone(),
            return_url: None,
        };
        let grant = session.grant(account, refresh, now, policy);
        (session, grant)
    }

    fn grant(&self, account: &Account, refresh: SecretText, now: Timestamp, policy: &Policy) -> Grant {
        Grant {
            session: self.id,
            user: self.user,
            application: account.user.application,
            method: self.method,
            authenticated_at: self.authenticated_at,
            issued_at: now,
            access_expires_at: (now + policy.access_life).min(self.expires_at),
            refresh_expires_at: self.idle_expires_at.min(self.expires_at),
            refresh,
            holder: self.holder,
        }
    }

    /// Whether it lives at `now`. What began in the future began by a wrong clock, and would live too long: it is over.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.created_at <= now && now < self.idle_expires_at && now < self.expires_at
    }

    /// Until when changes need no further proof; `None` when they do. A proof of the future is none.
    pub fn fresh_until(&self, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
        self.fresh_at.filter(|at| *at <= now).map(|at| at + policy.freshness).filter(|until| *until > now)
    }

    /// When a factor was last proved in this session, if that is still fresh. A recovery code is no factor, nor is a
    /// password.
    pub fn factor_proved_at(&self, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
        let by_factor = match self.method? {
            Method::Totp | Method::Sms | Method::Email => true,
            Method::RecoveryCode => false,
        };
        self.fresh_until(now, policy).and(self.fresh_at).filter(|_| by_factor)
    }

    /// Gives the session a new refresh token at a change of what guards the account, where it can be handed over: in a
    /// cookie. A client that keeps the token itself gets its next one when it refreshes. Any token of the session's family
    /// is enough: where it is not the newest, whoever holds that one is left with a dead token.
    pub fn replace_cookie(
        &mut self,
        family: Option<&RefreshToken>,
        account: &Account,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Option<(Change, Grant)> {
        let of_ours = |token: &&RefreshToken| self.holder == RefreshHolder::Cookie && token.family() == self.family;
        let shown = family.filter(of_ours)?;
        Some(self.rotate(shown, account, now, context))
    }

    /// Gives the session a new refresh token where nothing changed but what it has proved. A token that was traded a
    /// moment ago, beside this request, stays good.
    pub fn rotate_cookie(
        &mut self,
        family: Option<&RefreshToken>,
        account: &Account,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Option<(Change, Grant)> {
        let shown = family.filter(|token| self.holder == RefreshHolder::Cookie && token.is(&self.refresh))?;
        Some(self.rotate(shown, account, now, context))
    }

    /// Gives a client that keeps its refresh token itself a new one, for an answer that has a place for it. It is of a new
    /// family, for only its client knows the old one's name: the token it had finds nothing any more.
    pub fn renew_in_body(
        &mut self,
        account: &Account,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Option<(Change, Grant)> {
        if self.holder != RefreshHolder::Body {
            return None;
        }
        let (family, _) = RefreshToken::draw(context.rng);
        Some(self.rotate(&family, account, now, context))
    }

    /// A grant of an access token alone: the client keeps the refresh token it has.
    pub(crate) fn access_only(&self, account: &Account, now: Timestamp, policy: &Policy) -> Grant {
        self.grant(account, SecretText::new(""), now, policy)
    }

    /// Raises the session to what its person has proved just now.
    pub(crate) const fn raise(&mut self, method: Option<Method>, now: Timestamp) -> Change {
        self.method = method;
        self.authenticated_at = now;
        self.fresh_at = Some(now);
        Change::RaiseSession { id: self.id, method, at: now }
    }

    fn rotate(
        &mut self,
        family: &RefreshToken,
        account: &Account,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> (Change, Grant) {
        let (new, token) = family.next(context.rng);
        let old = self.refresh;
        (self.family, self.refresh) = (family.family(), new);
        self.idle_expires_at = now + idle(account, context.policy);
        let change =
            Change::RotateSession { id: self.id, old, family: self.family, new, idle_expires_at: self.idle_expires_at };
        let grant = self.grant(account, token, now, context.policy);
        (change, grant)
    }
}

/// How long a session of this person lives without being used: of an administrator less.
fn idle(account: &Account, policy: &Policy) -> Duration {
    account.role.map_or(policy.session_idle, |_| policy.admin_session_idle.min(policy.session_idle))
}

/// How long it lives at most.
fn life(account: &Account, policy: &Policy) -> Duration {
    account.role.map_or(policy.session_life, |_| policy.admin_session_life.min(policy.session_life))
}

/// Who calls with an access token: checked by signature and shape at the edge, looked up by every command.
#[derive(Clone, Copy, Debug)]
pub struct Bearer {
    /// Whose token.
    pub user: UserId,
    /// Of which session.
    pub session: SessionId,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The application that acts for its user with its key. Then there is no session: the key is the proof.
    pub application: Option<ApplicationId>,
}

impl Bearer {
    /// An application that acts for its user.
    pub const fn of_application(application: ApplicationId, user: UserId) -> Self {
        let session = SessionId::from_uuid(application.uuid());
        Self { user, session, expires_at: Timestamp::from_micros(i64::MAX), application: Some(application) }
    }

    /// Finds the caller's session alive, or refuses. The token's own end is read again, with the person's time.
    pub fn admit(
        &self,
        account: Option<Account>,
        session: Option<Session>,
        clock: Timestamp,
        policy: &Policy,
    ) -> Result<Admitted, Refusal> {
        if let Some(application) = self.application {
            let theirs = |account: &Account| account.user.application == application && account.user.external.is_some();
            let account = account.filter(theirs).filter(|account| account.user.disabled_at.is_none());
            let account = account.ok_or(Refusal::NotFound)?;
            let moment = account.moment(clock, policy);
            return Ok(Admitted { session: self.standing(moment.now, policy), account, moment });
        }
        let (Some(account), Some(session)) = (account, session) else {
            return Err(Refusal::TokenInvalid);
        };
        let moment = account.moment(clock, policy);
        let alive = session.is_live(moment.now) && moment.now < self.expires_at;
        if !alive || session.user != account.user.id || account.user.disabled_at.is_some() {
            return Err(Refusal::TokenInvalid);
        }
        Ok(Admitted { account, session, moment })
    }

    /// What stands for a session where an application acts: as fresh as one can be, and never stored. What is bound to it, a
    /// set-up or a kept set of recovery codes, is bound to the application.
    fn standing(&self, now: Timestamp, policy: &Policy) -> Session {
        let none = TokenHash([0; 32]);
        Session {
            id: self.session,
            user: self.user,
            family: none,
            refresh: none,
            holder: RefreshHolder::Body,
            method: Some(Method::Totp),
            authenticated_at: now,
            fresh_at: Some(now),
            created_at: now,
            idle_expires_at: now + policy.session_idle,
            expires_at: now + policy.session_life,
            ended_at: None,
            origin: Origin::default(),
            return_url: None,
        }
    }
}

/// A caller whose session lives.
#[derive(Debug)]
pub struct Admitted {
    /// The person.
    pub account: Account,
    /// The session.
    pub session: Session,
    /// The time it is for them.
    pub moment: Moment,
}

/// Renews a session's tokens.
#[derive(Debug)]
pub struct Refresh {
    /// The token shown.
    pub token: RefreshToken,
    /// Where from.
    pub origin: Origin,
}

/// What [`Refresh`] and [`SignOut`] read.
#[derive(Debug)]
pub struct SessionView {
    /// The session's person.
    pub account: Option<Account>,
    /// The session.
    pub session: Option<Session>,
}

impl Decide for Refresh {
    type View = SessionView;
    type Reply = Grant;

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<Grant>, Broken> {
        let (Some(mut account), Some(mut session)) = (view.account, view.session) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let about = |entry: crate::audit::AuditEntry| entry.about("session", session.id.uuid());
        let refused = |action, why: Option<EndReason>| {
            let decision = Decision::new(Err(Refusal::TokenInvalid), now)
                .on_chain_of(&account)
                .audit_all(alarms.clone())
                .audit(about(account.entry(action, false, &self.origin)))
                .change(Change::SaveSettings(account.user.id, account.settings.clone()));
            match why {
                Some(why) => decision
                    .change(Change::EndSession(session.id, why))
                    .change(Change::AbandonEnrollmentsOf(session.id)),
                None => decision,
            }
        };
        if session.ended_at.is_some() || account.user.disabled_at.is_some() {
            return Ok(refused(AuditAction::SessionRefreshed, None));
        }
        if !session.is_live(now) {
            return Ok(refused(AuditAction::SessionRefreshed, Some(EndReason::Expired)));
        }
        if !self.token.is(&session.refresh) {
            return Ok(refused(AuditAction::RefreshTokenReused, Some(EndReason::TokenReused)));
        }
        let entry = about(account.entry(AuditAction::SessionRefreshed, true, &self.origin));
        let (rotation, grant) = session.rotate(&self.token, &account, now, context);
        Ok(Decision::new(Ok(grant), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(rotation)
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Ends the session of a refresh token. Showing an old one ends it too: whoever held it wants it ended.
#[derive(Debug)]
pub struct SignOut {
    /// By which token the session is found.
    pub by: SignOutBy,
    /// Where from.
    pub origin: Origin,
}

/// What names the session to end.
#[derive(Debug)]
pub enum SignOutBy {
    /// A refresh token.
    Refresh(RefreshToken),
    /// An access token.
    Bearer(Bearer),
}

impl Decide for SignOut {
    type View = SessionView;
    type Reply = ();

    fn decide(&self, view: SessionView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let (Some(mut account), Some(session)) = (view.account, view.session) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        if session.ended_at.is_some() {
            return Ok(Decision::new(Ok(()), moment.now));
        }
        let alarms = account.seen(moment, &self.origin, context.policy);
        let entry = account.entry(AuditAction::SignedOut, true, &self.origin).about("session", session.id.uuid());
        Ok(Decision::new(Ok(()), moment.now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::EndSession(session.id, EndReason::SignedOut))
            .change(Change::AbandonEnrollmentsOf(session.id))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Seconds an access token lives from `issued`, as told to its client.
pub fn expires_in(grant: &Grant) -> i64 {
    Duration::as_secs(grant.access_expires_at.since(grant.issued_at))
}

#[cfg(test)]
mod tests;
