//! A visit: an application's user at their own security page, where the application has sent them.
//!
//! ```text
//!   asked for ──link opened──▶ a session of the pages, in that browser ──left, its end, a change elsewhere──▶ over
//! ```
//!
//! The application vouches for the password and no more. A visit is as fresh as a sign-in by password: whoever has a factor
//! proves it before anything changes, and who has none sets up the first. The link works once, and a newer one takes its place.
//! A visit is no session of ours: it opens these pages and nothing else, and ends soon. Codes go nowhere but where the
//! application has said that the person is reached.

use super::hosted::{Means, means};
use super::return_url::ReturnUrl;
use super::rules::SecondFactor;
use super::{Application, ExternalId};
use crate::audit::AuditAction;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Factor;
use crate::ids::ApplicationId;
use crate::link_token::{self, LinkPurpose, LinkToken, LinkView, Opened};
use crate::secret::{Broken, Fault, SecretText};
use crate::session::{Admitted, Bearer, Grant, RefreshHolder, RefreshToken, Session};
use crate::time::{Duration, Timestamp};
use crate::user::{Account, Email};

/// Where links lead to.
const LINK: &str = "/settings/open/";
/// How long a link waits for its browser, which is sent there at once.
const LINK_LIFE: Duration = Duration::from_mins(2);
/// How long a visit lasts.
pub const VISIT_LIFE: Duration = Duration::from_mins(30);

/// Asks for a link.
#[derive(Debug)]
pub struct AskVisit {
    /// Who asks.
    pub application: ApplicationId,
    /// For which of its users.
    pub user: ExternalId,
    /// Where the person goes back to.
    pub return_url: ReturnUrl,
    /// Who acts.
    pub origin: Origin,
}

/// What [`AskVisit`] reads.
#[derive(Debug)]
pub struct AskVisitView {
    /// The person.
    pub account: Option<Account>,
    /// Whether people may go back to where the application wants them to.
    pub may_return: bool,
}

/// A link.
#[derive(Debug)]
pub struct VisitLink {
    /// The address, with a token that is stored nowhere.
    pub url: SecretText,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Decide for AskVisit {
    type View = AskVisitView;
    type Reply = VisitLink;

    fn decide(&self, view: AskVisitView, context: &mut Context<'_>) -> Result<Decision<VisitLink>, Broken> {
        if !view.may_return {
            return Ok(Decision::new(Err(Refusal::ReturnUrlUnknown), context.clock));
        }
        let Some(mut account) = view.account.filter(|account| account.user.disabled_at.is_none()) else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let back = Some(self.return_url.as_str().as_bytes());
        let (token, link) = LinkToken::new(&account, LinkPurpose::Settings, back, LINK_LIFE, now, context);
        let url = SecretText::new(format!("{}{LINK}{}", context.policy.base_url, token.expose()));
        let reply = VisitLink { url, expires_at: link.expires_at };
        let entry = account.entry(AuditAction::SettingsLinkMade, true, &self.origin);
        Ok(Decision::new(Ok(reply), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::PutLinkToken(link))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Opens a link: the visit begins, in the browser that opened it.
#[derive(Debug)]
pub struct OpenVisit {
    /// Hash of the link's token.
    pub token: crate::secret::TokenHash,
    /// Where from.
    pub origin: Origin,
}

/// What [`OpenVisit`] reads.
#[derive(Debug)]
pub struct OpenVisitView {
    /// The link, and its person.
    pub link: LinkView,
    /// The person's factors.
    pub factors: Vec<Factor>,
}

impl Decide for OpenVisit {
    type View = OpenVisitView;
    type Reply = Grant;

    fn decide(&self, view: OpenVisitView, context: &mut Context<'_>) -> Result<Decision<Grant>, Broken> {
        let (purpose, action) = (LinkPurpose::Settings, AuditAction::SettingsOpened);
        let Opened { account, link, now, alarms } =
            match link_token::open(view.link, purpose, action, &self.origin, context) {
                Ok(opened) => opened,
                Err(refused) => return Ok(*refused),
            };
        let back = link.open(context)?;
        let altered = || Broken { table: "link_tokens", column: "payload", fault: Fault::Altered };
        let back = std::str::from_utf8(&back).map_err(|_| altered())?;
        let (mut session, mut grant) = Session::start(&account, None, RefreshHolder::Pages, &self.origin, now, context);
        let end = now + VISIT_LIFE;
        (session.idle_expires_at, session.expires_at, grant.refresh_expires_at) = (end, end, end);
        session.return_url = Some(ReturnUrl::stored(back.to_owned()));
        // A stolen password must not change what guards against stolen passwords.
        let guarded = !view.factors.is_empty() || account.settings.enabled_at.is_some();
        session.fresh_at = session.fresh_at.filter(|_| !guarded);
        let entry = account.entry(action, true, &self.origin).about("session", session.id.uuid());
        Ok(Decision::new(Ok(grant), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry)
            .change(Change::ConsumeLinkToken(link.id))
            .change(Change::AddSession(session))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Asks whose visit a cookie is. Changes nothing.
#[derive(Debug)]
pub struct RecognizeVisit {
    /// The token of the cookie.
    pub token: RefreshToken,
}

/// What [`RecognizeVisit`] reads.
#[derive(Debug)]
pub struct RecognizeVisitView {
    /// The person.
    pub account: Option<Account>,
    /// The session.
    pub session: Option<Session>,
    /// The application.
    pub application: Option<Application>,
}

/// Somebody an application has sent.
#[derive(Debug)]
pub struct Visit {
    /// What every command knows them by.
    pub bearer: Bearer,
    /// Who has sent them.
    pub application: ApplicationId,
    /// What people call that.
    pub name: String,
    /// Where they go back to.
    pub return_url: ReturnUrl,
    /// Their address, where the application has told it.
    pub email: Option<Email>,
    /// What they can set up.
    pub means: Vec<Means>,
    /// Whether they may do without a second factor.
    pub may_turn_off: bool,
}

impl Decide for RecognizeVisit {
    type View = RecognizeVisitView;
    type Reply = Visit;

    fn decide(&self, view: RecognizeVisitView, context: &mut Context<'_>) -> Result<Decision<Visit>, Broken> {
        let refused = |at| Ok(Decision::new(Err(Refusal::TokenInvalid), at));
        let session = view.session.filter(|session| self.token.is(&session.refresh));
        let (Some(session), Some(application)) = (session, view.application) else { return refused(context.clock) };
        let Some(return_url) = session.return_url.clone() else { return refused(context.clock) };
        let expires_at = session.idle_expires_at.min(session.expires_at);
        let bearer = Bearer { user: session.user, session: session.id, expires_at, application: None };
        let policy = application.policy(context.policy);
        let Ok(Admitted { account, .. }) = bearer.admit(view.account, Some(session), context.clock, &policy) else {
            return refused(context.clock);
        };
        let means = means(&account.user, &policy, context.keys)?;
        let visit = Visit {
            bearer,
            application: application.id,
            name: application.shown().to_owned(),
            return_url,
            email: Some(account.user.email).filter(|email| !email.is_none()),
            means,
            may_turn_off: may_turn_off(&application),
        };
        Ok(Decision::new(Ok(visit), context.clock))
    }
}

/// Who has to have a second factor, now or soon, does not turn it off.
fn may_turn_off(application: &Application) -> bool {
    application.rules.second_factor == SecondFactor::Optional
}

/// A command of a visit: decided by the rules of the application.
#[derive(Debug)]
pub struct AtVisit<C> {
    /// Who has sent the person.
    pub application: ApplicationId,
    /// Whether it turns the second factor off.
    pub turns_off: bool,
    /// What is done.
    pub command: C,
}

/// What [`AtVisit`] reads.
#[derive(Debug)]
pub struct AtVisitView<V> {
    /// The application.
    pub application: Option<Application>,
    /// What the command reads.
    pub view: V,
}

impl<C: Decide> Decide for AtVisit<C> {
    type View = AtVisitView<C::View>;
    type Reply = C::Reply;

    fn decide(&self, view: Self::View, context: &mut Context<'_>) -> Result<Decision<C::Reply>, Broken> {
        let missing = Broken { table: "applications", column: "id", fault: Fault::Missing };
        let application = view.application.ok_or(missing)?;
        if self.turns_off && !may_turn_off(&application) {
            return Ok(Decision::new(Err(Refusal::FeatureDisabled), context.clock));
        }
        let policy = application.policy(context.policy);
        self.command.decide(view.view, &mut context.under(&policy))
    }
}

#[cfg(test)]
mod tests;
