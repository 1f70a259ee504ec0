//! The first factor of an application's user, set up at the hosted pages.
//!
//! The commands are those of every set-up. What stands for a session is the challenge, in the browser that opened it: it asks for
//! a factor, lives, and there is none yet. What is begun there is bound to it, and is nothing to another challenge, to the
//! application or to a session.

use super::{Found, Hosted, HostedChallenge, HostedView, way_back};
use crate::application::Application;
use crate::application::challenge::Status;
use crate::audit::AuditAction;
use crate::challenge::Challenge;
use crate::command::{Context, Decide};
use crate::decision::{Change, Decision, Refusal};
use crate::destination::Destination;
use crate::enrollment::ConfirmEnrollment;
use crate::factor::{Factor, Method};
use crate::ids::{ChallengeId, SessionId};
use crate::policy::Policy;
use crate::secret::{Broken, KeyRing, TokenHash};
use crate::session::Bearer;
use crate::time::Timestamp;
use crate::user::{Account, User};

/// What a person can set up there: a kind, and where its codes go, which is nowhere but where the application said they are
/// reached.
pub type Means = (Method, Option<Destination>);

/// The means of a person, the safest first.
pub(in crate::application) fn means(user: &User, policy: &Policy, keys: &KeyRing) -> Result<Vec<Means>, Broken> {
    let phone = user.phone(keys)?.map(Destination::Phone);
    let email = Some(user.email.clone()).filter(|email| !email.is_none()).map(Destination::Email);
    let reached = [phone.map(|phone| (Method::Sms, Some(phone))), email.map(|email| (Method::Email, Some(email)))];
    let all = [Some((Method::Totp, None))].into_iter().chain(reached).flatten();
    Ok(all.filter(|(method, _)| policy.offers(*method)).collect())
}

impl HostedChallenge {
    /// What the commands of a set-up know its person by.
    pub const fn bearer(&self) -> Bearer {
        let session = SessionId::from_uuid(self.id.uuid());
        Bearer { session, ..Bearer::of_application(self.application, self.user) }
    }
}

/// How far a challenge has to be for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its person has factors, and is asked for a code.
    Answering,
    /// Its person is to set up their first factor.
    Enrolling,
    /// They have done that, and the application has not taken the result.
    Enrolled,
}

/// A command at the hosted pages, decided by the rules of the application: for the browser that opened the challenge.
#[derive(Debug)]
pub struct AtHosted<C> {
    /// Which challenge.
    pub id: ChallengeId,
    /// Hash of the browser's cookie.
    pub browser: TokenHash,
    /// How far it has to be.
    pub phase: Phase,
    /// What is done there; its bearer is that of the challenge.
    pub command: C,
}

/// What [`AtHosted`] reads.
#[derive(Debug)]
pub struct AtHostedView<V> {
    /// The challenge, and whose it is.
    pub hosted: HostedView,
    /// The application.
    pub application: Option<Application>,
    /// The person's factors.
    pub factors: Vec<Factor>,
    /// What the command reads.
    pub view: V,
}

impl Phase {
    fn check(
        self,
        (account, challenge, hosted): &Found,
        factors: &[Factor],
        now: Timestamp,
        policy: &Policy,
    ) -> Result<(), Refusal> {
        let enrolls = challenge.asked.as_ref().is_some_and(|asked| matches!(asked.status, Status::EnrollmentRequired));
        match self {
            Self::Answering => Ok(()),
            Self::Enrolling if !enrolls => Err(Refusal::AlreadyEnabled),
            Self::Enrolling => {
                challenge.check(now, policy)?;
                let has_one = !factors.is_empty() || account.settings.enabled_at.is_some();
                if has_one { Err(Refusal::AlreadyEnabled) } else { Ok(()) }
            }
            Self::Enrolled => {
                let waits = hosted.approved.is_some() && hosted.redeemed_at.is_none();
                if enrolls && waits { Ok(()) } else { Err(Refusal::RecoveryCodesGone) }
            }
        }
    }
}

impl<C: Decide> Decide for AtHosted<C> {
    type View = AtHostedView<C::View>;
    type Reply = C::Reply;

    fn decide(&self, view: Self::View, context: &mut Context<'_>) -> Result<Decision<C::Reply>, Broken> {
        let (Some(found), Some(application)) = (view.hosted.of(&self.browser), view.application) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let policy = application.policy(context.policy);
        let context = &mut context.under(&policy);
        let now = found.0.moment(context.clock, context.policy).now;
        if let Err(refusal) = self.phase.check(&found, &view.factors, now, context.policy) {
            return Ok(Decision::new(Err(refusal), now));
        }
        self.command.decide(view.view, context)
    }
}

/// Confirms the first factor. Its code answers the challenge as well.
#[derive(Debug)]
pub struct ConfirmHosted(pub AtHosted<ConfirmEnrollment>);

impl Decide for ConfirmHosted {
    type View = AtHostedView<<ConfirmEnrollment as Decide>::View>;
    type Reply = Method;

    fn decide(&self, view: Self::View, context: &mut Context<'_>) -> Result<Decision<Method>, Broken> {
        let Self(at) = self;
        let hosted: Option<(Account, Challenge, Hosted)> = view
            .hosted
            .account
            .clone()
            .zip(view.hosted.challenge.clone())
            .zip(view.hosted.hosted.clone())
            .map(|((account, challenge), hosted)| (account, challenge, hosted));
        let mut decision = at.decide(view, context)?.map(|confirmed| confirmed.method);
        let (Ok(method), Some((account, challenge, hosted))) = (&decision.reply, hosted) else { return Ok(decision) };
        let method = *method;
        // The way back is drawn anew once the person has put the recovery codes away: nobody knows this one.
        let (_, result) = way_back(hosted.return_url, decision.at, context);
        // The new factor ends what else is open, and takes back results that nobody took: this challenge is answered before
        // that, and its result is there after it.
        decision.changes.insert(0, Change::CompleteChallenge(challenge.id));
        let approved = Change::ApproveHosted { id: challenge.id, method, trust: false, result };
        decision.changes.push(approved);
        let entry = account.entry(AuditAction::CodeVerified, true, &at.command.origin);
        Ok(decision.audit(entry.about("challenge", challenge.id.uuid()).method(method)))
    }
}
