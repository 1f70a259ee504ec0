//! A challenge at the hosted pages: opened by a link, answered in one browser, and brought back to the application as a token
//! that is exchanged for the result once.
//!
//! ```text
//!   asked ──link opened──▶ of one browser ──right code──▶ approved ──token brought back──▶ redeemed
//! ```
//!
//! The pages answer it with the rules of [`super::challenge`]. A device is trusted when the result is redeemed, so that its
//! token is never stored: the application gets it, or nobody.

mod enroll;

use super::Application;
use super::challenge::{Approved, AskedChallenge, Proof, ProvedBy, ReadAsked, Reason, Status, external, theirs};
use super::receipt::receipt;
use super::return_url::ReturnUrl;
use crate::audit::AuditAction;
use crate::challenge::{Challenge, ChallengeState, ChallengeView};
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Method;
use crate::ids::{ApplicationId, ChallengeId, UserId};
use crate::secret::{Broken, Fault, SecretText, TokenHash, new_token};
use crate::time::{Duration, Timestamp};
use crate::trusted_device::{NewDevice, Trust, TrustedDevice, begins, trust};
use crate::user::Account;
use crate::verification::{Answer, Right, VerifyView};

pub(super) use enroll::means;
pub use enroll::{AtHosted, AtHostedView, ConfirmHosted, Means, Phase};

/// Where links lead to.
const LINK: &str = "/second-factor/open/";
/// How long a result waits for its application. The browser brings it at once.
const RESULT_LIFE: Duration = Duration::from_mins(2);

/// What an application asked for beside the challenge, to have it answered at the hosted pages.
#[derive(Clone, Debug)]
pub struct HostedWish {
    /// Where people go back to.
    pub return_url: ReturnUrl,
    /// What the application knows the browser by.
    pub binding: Option<TokenHash>,
}

/// The hosted side of a challenge as stored.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// Of which challenge.
    pub challenge: ChallengeId,
    /// Hash of the link's token.
    pub link: TokenHash,
    /// Where people go back to.
    pub return_url: ReturnUrl,
    /// What the application knows the browser by: it comes again with the result.
    pub binding: Option<TokenHash>,
    /// Hash of the cookie of the browser that opened it first.
    pub browser: Option<TokenHash>,
    /// What it was answered with, and whether the device is to be trusted.
    pub approved: Option<(Method, bool)>,
    /// The token that the result is exchanged for, and its end.
    pub result: Option<(TokenHash, Timestamp)>,
    /// When it was.
    pub redeemed_at: Option<Timestamp>,
}

impl Hosted {
    /// The hosted side of a new challenge, and its link.
    pub(crate) fn new(challenge: ChallengeId, wish: &HostedWish, context: &mut Context<'_>) -> (SecretText, Self) {
        let token = new_token(context.rng);
        let hosted = Self {
            challenge,
            link: TokenHash::of(token.expose()),
            return_url: wish.return_url.clone(),
            binding: wish.binding,
            browser: None,
            approved: None,
            result: None,
            redeemed_at: None,
        };
        (SecretText::new(format!("{}{LINK}{}", context.policy.base_url, token.expose())), hosted)
    }

    fn is_of(&self, browser: &TokenHash) -> bool {
        self.browser.as_ref() == Some(browser)
    }
}

/// A challenge with its hosted side, and whose it is.
#[derive(Debug)]
pub struct HostedView {
    /// The person.
    pub account: Option<Account>,
    /// The challenge.
    pub challenge: Option<Challenge>,
    /// Its hosted side.
    pub hosted: Option<Hosted>,
}

/// What is there, where all of it is.
type Found = (Account, Challenge, Hosted);

impl HostedView {
    fn found(self) -> Option<Found> {
        let account = self.account.filter(|account| account.user.disabled_at.is_none());
        Some((account?, self.challenge?, self.hosted?))
    }

    fn of(self, browser: &TokenHash) -> Option<Found> {
        self.found().filter(|(.., hosted)| hosted.is_of(browser))
    }
}

/// Opens the link: from then on the challenge is of this browser, and of no other.
#[derive(Debug)]
pub struct OpenHosted {
    /// Hash of the link's token.
    pub link: TokenHash,
    /// Hash of the browser's cookie.
    pub browser: TokenHash,
    /// Where from.
    pub origin: Origin,
}

impl Decide for OpenHosted {
    type View = HostedView;
    type Reply = ChallengeId;

    fn decide(&self, view: HostedView, context: &mut Context<'_>) -> Result<Decision<ChallengeId>, Broken> {
        let Some((mut account, challenge, hosted)) = view.found() else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        if hosted.is_of(&self.browser) {
            return Ok(Decision::new(Ok(challenge.id), context.clock));
        }
        let moment = account.moment(context.clock, context.policy);
        let alarms = account.seen(moment, &self.origin, context.policy);
        // Where the application knows its browser, it has also said what that one calls itself.
        let told = challenge.origin.user_agent.as_deref().filter(|_| hosted.binding.is_some());
        let other =
            hosted.browser.is_some() || told.is_some_and(|told| self.origin.user_agent.as_deref() != Some(told));
        let entry = account.entry(AuditAction::ChallengeOpened, !other, &self.origin);
        let saved = Change::SaveSettings(account.user.id, account.settings.clone());
        let decision = |reply| Decision::new(reply, moment.now).on_chain_of(&account).audit_all(alarms.clone());
        if other {
            return Ok(decision(Err(Refusal::TokenInvalid)).audit(entry.because("other_browser")).change(saved));
        }
        Ok(decision(Ok(challenge.id))
            .audit(entry.about("challenge", challenge.id.uuid()))
            .change(Change::OpenHosted(challenge.id, self.browser))
            .change(saved))
    }
}

/// Asks what to show of a challenge. Changes nothing.
#[derive(Debug)]
pub struct ReadHosted {
    /// Which.
    pub id: ChallengeId,
    /// Hash of the browser's cookie.
    pub browser: TokenHash,
}

/// What [`ReadHosted`] reads.
#[derive(Debug)]
pub struct ReadHostedView {
    /// What [`ReadAsked`] does.
    pub asked: ChallengeView,
    /// The hosted side.
    pub hosted: Option<Hosted>,
    /// The application.
    pub application: Option<Application>,
}

/// How a challenge stands at the pages.
#[derive(Debug)]
pub enum Standing {
    /// It waits for its answer.
    Pending(Box<ChallengeState>),
    /// There has to be a second factor, and is none: what can be set up.
    Enroll(Vec<Means>),
    /// The account takes no codes.
    Locked(Refusal),
    /// It was answered here.
    Approved,
    /// It is over.
    Over(Status),
}

/// What is shown of a challenge to somebody who has proved the password only.
#[derive(Debug)]
pub struct HostedChallenge {
    /// Which.
    pub id: ChallengeId,
    /// Of which application.
    pub application: ApplicationId,
    /// Whose.
    pub user: UserId,
    /// What people call that.
    pub name: String,
    /// Why it asks.
    pub reason: Reason,
    /// What the person is about to do, in its words.
    pub text: Option<String>,
    /// Where people go back to.
    pub return_url: ReturnUrl,
    /// How it stands.
    pub standing: Standing,
}

impl Decide for ReadHosted {
    type View = ReadHostedView;
    type Reply = HostedChallenge;

    fn decide(&self, view: ReadHostedView, context: &mut Context<'_>) -> Result<Decision<HostedChallenge>, Broken> {
        let ours = view.hosted.filter(|hosted| hosted.is_of(&self.browser));
        let (Some(hosted), Some(application)) = (ours, view.application) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let account = view.asked.account.as_ref().filter(|account| account.user.disabled_at.is_none());
        let now = account.map_or(context.clock, |account| account.moment(context.clock, context.policy).now);
        let lock = account.and_then(|account| account.settings.guesses.check(now).err());
        let reason =
            view.asked.challenge.as_ref().and_then(|challenge| challenge.asked.as_ref()).map(|asked| asked.reason);
        let (Some(account), Some(reason)) = (account, reason) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let policy = application.policy(context.policy);
        let (user, means) = (account.user.id, enroll::means(&account.user, &policy, context.keys)?);
        let asked = ReadAsked { application: application.id, id: self.id };
        let asked = asked.decide(view.asked, &mut context.under(&policy))?;
        Ok(asked.map(|AskedChallenge { id, status, text, state, .. }| {
            let standing = match (status, state, lock) {
                (Status::Pending, Some(state), _) => Standing::Pending(Box::new(state)),
                (Status::EnrollmentRequired, ..) => Standing::Enroll(means),
                (Status::Locked, _, Some(locked)) => Standing::Locked(Refusal::locked(locked, now)),
                (Status::Approved, ..) if hosted.approved.is_some() && hosted.redeemed_at.is_none() => {
                    Standing::Approved
                }
                (other, ..) => Standing::Over(other),
            };
            let name = application.shown().to_owned();
            HostedChallenge {
                id,
                application: application.id,
                user,
                name,
                reason,
                text,
                return_url: hosted.return_url,
                standing,
            }
        }))
    }
}

/// The way back to the application, with the token of the result.
#[derive(Debug)]
pub struct WayBack {
    /// Where to.
    pub return_url: ReturnUrl,
    /// What the application exchanges for the result.
    pub token: SecretText,
}

impl WayBack {
    /// The address, with the token.
    pub fn url(&self) -> String {
        self.return_url.approved(self.token.expose())
    }
}

fn way_back(return_url: ReturnUrl, now: Timestamp, context: &mut Context<'_>) -> (WayBack, (TokenHash, Timestamp)) {
    let token = new_token(context.rng);
    let result = (TokenHash::of(token.expose()), now + RESULT_LIFE);
    (WayBack { return_url, token }, result)
}

/// Answers a challenge at the hosted pages.
#[derive(Debug)]
pub struct AnswerHosted {
    /// Which.
    pub id: ChallengeId,
    /// Hash of the browser's cookie.
    pub browser: TokenHash,
    /// What was typed.
    pub code: TypedCode,
    /// Whether the device is to be trusted.
    pub trust: bool,
    /// Where from.
    pub origin: Origin,
}

/// What [`AnswerHosted`] reads.
#[derive(Debug)]
pub struct AnswerHostedView {
    /// What answering at any door does.
    pub verify: VerifyView,
    /// The hosted side.
    pub hosted: Option<Hosted>,
    /// The application.
    pub application: Option<Application>,
}

impl Decide for AnswerHosted {
    type View = AnswerHostedView;
    type Reply = WayBack;

    fn decide(&self, mut view: AnswerHostedView, context: &mut Context<'_>) -> Result<Decision<WayBack>, Broken> {
        let VerifyView { account, challenge, .. } = &mut view.verify;
        let all = HostedView { account: account.take(), challenge: challenge.take(), hosted: view.hosted };
        let (Some((account, challenge, hosted)), Some(application)) = (all.of(&self.browser), view.application) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let policy = application.policy(context.policy);
        let context = &mut context.under(&policy);
        if view.verify.factors.is_empty() && account.settings.enabled_at.is_none() && challenge.completed_at.is_none() {
            // There is nothing the code could be of.
            return Ok(Decision::new(Err(Refusal::NotEnabled), context.clock));
        }
        // Trust begins with the result, for only then is there somebody to keep the token.
        let (code, unknown) = (&self.code, Refusal::TokenInvalid);
        let answer = Answer { code, remember: false, device: None, origin: &self.origin, unknown };
        let verify = VerifyView { account: Some(account), challenge: Some(challenge), ..view.verify };
        let decision = answer.judge(verify, context, |_, challenge, method, now, context| {
            let (back, result) = way_back(hosted.return_url, now, context);
            let trust = begins(self.trust, method, context.policy);
            (back, Some(Change::ApproveHosted { id: challenge.id, method, trust, result }))
        })?;
        Ok(decision.map(|Right { entered, .. }| entered))
    }
}

/// Goes back to the application from a challenge that was answered, where the way back was lost the first time.
#[derive(Debug)]
pub struct ReturnHosted {
    /// Which.
    pub id: ChallengeId,
    /// Hash of the browser's cookie.
    pub browser: TokenHash,
}

impl Decide for ReturnHosted {
    type View = HostedView;
    type Reply = WayBack;

    fn decide(&self, view: HostedView, context: &mut Context<'_>) -> Result<Decision<WayBack>, Broken> {
        let Some((account, challenge, hosted)) = view.of(&self.browser) else {
            return Ok(Decision::new(Err(Refusal::TokenInvalid), context.clock));
        };
        let now = account.moment(context.clock, context.policy).now;
        if hosted.approved.is_none() || challenge.completed_at.is_none() || now >= challenge.expires_at {
            return Ok(Decision::new(Err(Refusal::ChallengeExpired), now));
        }
        if hosted.redeemed_at.is_some() {
            return Ok(Decision::new(Err(Refusal::AlreadyCompleted), now));
        }
        let (back, result) = way_back(hosted.return_url, now, context);
        Ok(Decision::new(Ok(back), now).change(Change::RenewHostedResult(challenge.id, result)))
    }
}

/// Exchanges a token that came back with the browser for the result.
#[derive(Debug)]
pub struct RedeemHosted {
    /// Who asks.
    pub application: ApplicationId,
    /// Hash of the token.
    pub token: TokenHash,
    /// What the application knows the browser by that brought it.
    pub binding: Option<TokenHash>,
    /// The request. Where the person is was said when the challenge was asked for.
    pub request_id: Option<String>,
}

/// What [`RedeemHosted`] reads.
#[derive(Debug)]
pub struct RedeemView {
    /// The challenge, and whose it is.
    pub hosted: HostedView,
    /// The person's devices that nobody revoked.
    pub devices: Vec<TrustedDevice>,
    /// Unused recovery codes.
    pub recovery_codes: usize,
    /// The application.
    pub application: Option<Application>,
}

impl Decide for RedeemHosted {
    type View = RedeemView;
    type Reply = Approved;

    fn decide(&self, view: RedeemView, context: &mut Context<'_>) -> Result<Decision<Approved>, Broken> {
        let unknown = |at| Ok(Decision::new(Err(Refusal::NotFound), at));
        let Some((account, challenge, hosted)) = view.hosted.found() else { return unknown(context.clock) };
        let theirs = theirs(self.application, Some(account), Some(challenge));
        let (Some((mut account, challenge, asked)), Some(application)) = (theirs, view.application) else {
            return unknown(context.clock);
        };
        let origin = Origin { request_id: self.request_id.clone(), ..challenge.origin.clone() };
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = account.seen(moment, &origin, context.policy);
        let entry = |success| {
            account.entry(AuditAction::ResultRedeemed, success, &origin).about("challenge", challenge.id.uuid())
        };
        let refused = match (hosted.redeemed_at, hosted.result) {
            _ if hosted.binding.is_some() && hosted.binding != self.binding => {
                Some((Refusal::NotFound, "other_browser"))
            }
            (Some(_), _) => Some((Refusal::AlreadyCompleted, "used")),
            (None, Some((_, end))) if now < end => None,
            (None, _) => Some((Refusal::ChallengeExpired, "expired")),
        };
        let saved = Change::SaveSettings(account.user.id, account.settings.clone());
        if let Some((refusal, why)) = refused {
            return Ok(Decision::new(Err(refusal), now)
                .on_chain_of(&account)
                .audit_all(alarms)
                .audit(entry(false).because(why))
                .change(saved));
        }
        let broken = |column, fault| Broken { table: "hosted_challenges", column, fault };
        let (method, wanted) = hosted.approved.ok_or_else(|| broken("method", Fault::Missing))?;
        let at = challenge.completed_at.ok_or_else(|| broken("challenge_id", Fault::Altered))?;
        // Whether it may still begin is asked anew: it may have been switched off meanwhile.
        let begun = begins(wanted, method, context.policy)
            .then(|| trust(&account, &view.devices, None, at, &origin, now, context));
        let device = begun.as_ref().map(|trust| {
            let NewDevice { cookie, expires_at, .. } = &trust.device;
            (cookie.token.clone(), *expires_at)
        });
        let (user, by) = (external(&account)?, ProvedBy::Code(method));
        let proof = Proof { user, by, at, device, recovery_codes_remaining: view.recovery_codes };
        let receipt = receipt(&application, (challenge.id, &asked), &proof, now, context);
        let mut decision = Decision::new(Ok(Approved { id: challenge.id, proof, receipt }), now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry(true).method(method))
            .change(Change::RedeemHosted(challenge.id))
            .change(saved);
        if let Some(Trust { changes, audit, told, .. }) = begun {
            decision.changes.extend(changes);
            decision = decision.audit_all(audit).send(told);
        }
        Ok(decision)
    }
}

#[cfg(test)]
mod tests;
