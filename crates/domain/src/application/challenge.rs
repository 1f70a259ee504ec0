//! Challenges that an application asks for, after it has checked the password itself.
//!
//! The same challenges, guesses, sent codes and trusted devices as those of our own sign-in, by another door: an application
//! names a challenge by its id, and a right answer gives it a result instead of a session.
//!
//! ```text
//!   asked ──no factor is due, or a trusted device stands for it──▶ not_required, with its result
//!     ├──a factor is due──▶ pending ──right code──▶ approved, with its result
//!     ├──there has to be a factor, and is none──▶ enrollment_required
//!     └──the account takes no codes──▶ locked
//! ```

use std::net::IpAddr;

use super::contact::Mentioned;
use super::hosted::{Hosted, HostedWish};
use super::receipt::receipt;
use super::rules::Grace;
use super::{Application, ExternalId};
use crate::audit::{AuditAction, AuditEntry};
use crate::challenge::{Challenge, ChallengeState, ChallengeView, Opening, answerable};
use crate::code::TypedCode;
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::{Factor, Method};
use crate::ids::{ApplicationId, ChallengeId};
use crate::secret::{Broken, Fault, SecretText};
use crate::sent_code::Sends;
use crate::session::RefreshHolder;
use crate::throttle::Locked;
use crate::time::{Duration, Timestamp};
use crate::trusted_device::{DeviceToken, NewDevice, Recognition, TrustedDevice, recognize};
use crate::user::Account;
use crate::verification::{Answer, Right, VerifyView};

/// Why an application asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody signs in there.
    Login,
    /// Somebody is about to do what needs a fresh proof.
    StepUp,
    /// Somebody is to set up a second factor.
    Enroll,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Login, Self::StepUp, Self::Enroll];

    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::StepUp => "step_up",
            Self::Enroll => "enroll",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// How a challenge stands, as told to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No second factor is due.
    NotRequired,
    /// It waits for its answer.
    Pending,
    /// There has to be a second factor, and is none.
    EnrollmentRequired,
    /// The account takes no codes.
    Locked,
    /// It was answered.
    Approved,
    /// There were too many wrong answers.
    Failed,
    /// It was given up: by the application, for newer ones, by a change of factor.
    Canceled,
    /// It ran out.
    Expired,
}

impl Status {
    /// Those that a challenge may begin with.
    pub const FIRST: [Self; 4] = [Self::NotRequired, Self::Pending, Self::EnrollmentRequired, Self::Locked];

    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRequired => "not_required",
            Self::Pending => "pending",
            Self::EnrollmentRequired => "enrollment_required",
            Self::Locked => "locked",
            Self::Approved => "approved",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }

    /// Reads the name of one that a challenge may begin with.
    pub fn parse(text: &str) -> Option<Self> {
        Self::FIRST.into_iter().find(|status| status.as_str() == text)
    }
}

/// What an application asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Why.
    pub reason: Reason,
    /// How it stood at first.
    pub status: Status,
    /// In a word, why so.
    pub why: String,
    /// What the person is about to do, in the application's words.
    pub text: Option<String>,
}

/// Asks for a challenge.
#[derive(Debug)]
pub struct RequestChallenge {
    /// For whom.
    pub user: Mentioned,
    /// Why.
    pub reason: Reason,
    /// How old the proof behind a trusted device may be; without it any will do for a sign-in, and none for a step-up.
    pub max_age: Option<Duration>,
    /// What the person is about to do, in the application's words.
    pub text: Option<String>,
    /// The token of a trusted device, as the application kept it.
    pub device: Option<DeviceToken>,
    /// What it takes to have it answered at the hosted pages.
    pub hosted: Option<HostedWish>,
    /// Where the person is.
    pub origin: Origin,
}

/// What [`RequestChallenge`] reads.
#[derive(Debug)]
pub struct RequestView {
    /// The application.
    pub application: Option<Application>,
    /// The person, if they were mentioned before.
    pub account: Option<Account>,
    /// Their factors.
    pub factors: Vec<Factor>,
    /// Their newest challenges that are neither answered nor ended, newest first: id and end.
    pub challenges: Vec<(ChallengeId, Timestamp)>,
    /// The device the shown token leads to, whosever it is.
    pub device: Option<TrustedDevice>,
    /// What was sent to them.
    pub sends: Sends,
    /// Unused recovery codes.
    pub recovery_codes: usize,
    /// Whether people may go back to where the application wants them to.
    pub may_return: bool,
}

/// What stood for a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvedBy {
    /// A code.
    Code(Method),
    /// A trusted device.
    TrustedDevice,
    /// Nothing: none is due.
    Nothing,
}

/// What an application is told of its user.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Whom it is about.
    pub user: ExternalId,
    /// What stood for the factor.
    pub by: ProvedBy,
    /// When.
    pub at: Timestamp,
    /// What the device is known by from now on, if that changed, and until when.
    pub device: Option<(SecretText, Timestamp)>,
    /// Recovery codes left.
    pub recovery_codes_remaining: usize,
}

/// A challenge as its application sees it.
#[derive(Clone, Debug)]
pub struct AskedChallenge {
    /// Which.
    pub id: ChallengeId,
    /// How it stands.
    pub status: Status,
    /// In a word, why so.
    pub why: String,
    /// What the person is about to do.
    pub text: Option<String>,
    /// Where the person was when it was asked for.
    pub ip: Option<IpAddr>,
    /// What it can be answered with, while it is pending.
    pub state: Option<ChallengeState>,
    /// When it runs out.
    pub expires_at: Timestamp,
    /// What it came to, where nothing was to be answered.
    pub proof: Option<Proof>,
    /// The link to the hosted pages, where there is something to do: told this once.
    pub link: Option<SecretText>,
    /// Until when the person may pass without a factor, where there has to be one from then on.
    pub grace_until: Option<Timestamp>,
}

/// The word for a factor that is not due yet.
const GRACE: &str = "grace";

/// The word for a lock.
const fn locked_why(locked: Locked) -> &'static str {
    if locked.until.is_some() { "wrong_codes" } else { "wrong_codes_in_a_row" }
}

/// A user of an application has what it calls them.
pub(crate) fn external(account: &Account) -> Result<ExternalId, Broken> {
    account.user.external.clone().ok_or(Broken { table: "users", column: "email_key", fault: Fault::Missing })
}

/// Where a request leads, before anything is opened.
enum Way {
    Free(ProvedBy, &'static str, Option<(SecretText, Timestamp)>),
    Enroll(&'static str),
    Locked(&'static str),
    Due,
}

impl RequestChallenge {
    /// Whether a device may stand for the factor: for a sign-in, or where the proof behind it is young enough.
    fn spares(&self, device: Option<&TrustedDevice>, now: Timestamp) -> bool {
        match (self.reason, self.max_age) {
            (Reason::Login, None) => true,
            // What is confirmed has to be seen: no device does that.
            (Reason::StepUp, Some(_)) if self.text.is_some() => false,
            (Reason::Login | Reason::StepUp, Some(age)) => {
                device.and_then(|found| found.proved_at).is_some_and(|proved| now.since(proved) <= age)
            }
            (Reason::StepUp, None) | (Reason::Enroll, _) => false,
        }
    }

    fn way(
        &self,
        application: &Application,
        account: &Account,
        factors: &[Factor],
        device: Option<TrustedDevice>,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Result<(Way, Recognition), Broken> {
        let none = Recognition::default();
        if !context.policy.two_factor_enabled {
            return Ok((Way::Free(ProvedBy::Nothing, "two_factor_off", None), none));
        }
        if !account.factor_due(factors, context.policy)? {
            let way = match self.reason {
                Reason::Login => match application.rules.second_factor.grace(now) {
                    Grace::Endless => Way::Free(ProvedBy::Nothing, "no_factor", None),
                    Grace::Until(_) => Way::Free(ProvedBy::Nothing, GRACE, None),
                    Grace::Over => Way::Enroll("no_factor"),
                },
                Reason::StepUp => Way::Enroll("no_factor"),
                Reason::Enroll => Way::Enroll("enroll"),
            };
            return Ok((way, none));
        }
        let spares = context.policy.trusted_devices && self.spares(device.as_ref(), now);
        let shown = self.device.as_ref().filter(|_| spares);
        let expires_at = device.as_ref().map(|device| device.expires_at);
        let recognized = shown.map(|token| recognize(token, device, account, &self.origin, now, context));
        let mut recognized = recognized.unwrap_or_default();
        let way = if recognized.trusted {
            // Also while codes are refused: nobody guesses here.
            let device = recognized.cookie.take().zip(expires_at).map(|(cookie, end)| (cookie.token, end));
            Way::Free(ProvedBy::TrustedDevice, "trusted_device", device)
        } else {
            account.settings.guesses.check(now).map_or_else(|locked| Way::Locked(locked_why(locked)), |()| Way::Due)
        };
        Ok((way, recognized))
    }

    fn asked(&self, way: &Way) -> Asked {
        let (status, why) = match way {
            Way::Free(_, why, _) => (Status::NotRequired, *why),
            Way::Enroll(why) => (Status::EnrollmentRequired, *why),
            Way::Locked(why) => (Status::Locked, *why),
            Way::Due => (Status::Pending, "factor_due"),
        };
        Asked { reason: self.reason, status, why: why.to_owned(), text: self.text.clone() }
    }

    /// What the audit log says of it; of a challenge that waits for its answer more is said where it is opened.
    fn entry(&self, way: &Way, account: &Account) -> AuditEntry {
        let entry = |action, success| account.entry(action, success, &self.origin);
        match way {
            Way::Free(_, why, _) => entry(AuditAction::SignedIn, true).because(why),
            Way::Enroll(_) => entry(AuditAction::ChallengeStarted, true).because("enrollment_required"),
            Way::Locked(_) => entry(AuditAction::ChallengeStarted, false).because("account_locked"),
            Way::Due => entry(AuditAction::ChallengeStarted, false),
        }
    }
}

impl Decide for RequestChallenge {
    type View = RequestView;
    type Reply = AskedChallenge;

    fn decide(&self, view: RequestView, context: &mut Context<'_>) -> Result<Decision<AskedChallenge>, Broken> {
        let missing = Broken { table: "applications", column: "id", fault: Fault::Missing };
        let application = view.application.ok_or(missing)?;
        if self.hosted.is_some() && !view.may_return {
            return Ok(Decision::new(Err(Refusal::ReturnUrlUnknown), context.clock));
        }
        let (mut account, mut decision) = self.user.meet(view.account, &self.origin, context)?;
        let now = decision.at;
        if account.user.disabled_at.is_some() {
            return Ok(decision.refuse(Refusal::NotFound));
        }
        let device = view.device.map(|device| device.after(&decision.changes, now));
        let (way, recognized) = self.way(&application, &account, &view.factors, device, now, context)?;
        let Recognition { changes, audit, told, .. } = recognized;
        let opening = Opening {
            account: &account,
            factors: &view.factors,
            open: &view.challenges,
            sends: &view.sends,
            holder: RefreshHolder::Body,
            origin: &self.origin,
        };
        let (asked, entry) = (self.asked(&way), self.entry(&way, &account));
        let (status, why) = (asked.status, asked.why.clone());
        let (mut proof, mut state) = (None, None);
        let challenge = match way {
            Way::Due => {
                let Some(opened) = opening.open(Some(asked), now, context)? else {
                    // Every factor the person has is of a kind that is switched off. Without one nobody gets in.
                    return Ok(decision.audit(entry.because("method_disabled")).refuse(Refusal::FeatureDisabled));
                };
                state = Some(opened.state);
                decision = decision.change(Change::AddChallenge(opened.challenge.clone())).audit_all(opened.audit);
                decision.changes.extend(opened.changes);
                decision.outbox.extend(opened.outbox);
                opened.challenge
            }
            Way::Free(..) | Way::Enroll(_) | Way::Locked(_) => {
                let mut challenge = opening.draw(Some(asked), now, context).1;
                match way {
                    Way::Free(by, _, device) => {
                        let (user, recovery_codes_remaining) = (external(&account)?, view.recovery_codes);
                        proof = Some(Proof { user, by, at: now, device, recovery_codes_remaining });
                        challenge.completed_at = Some(now);
                    }
                    Way::Locked(_) => challenge.ended_at = Some(now),
                    Way::Enroll(_) | Way::Due => {}
                }
                decision = decision.change(Change::AddChallenge(challenge.clone())).audit(entry);
                challenge
            }
        };
        decision.changes.extend(changes);
        decision.outbox.extend(told.into_iter().flatten());
        if proof.is_some() {
            decision.changes.extend(account.spoken_to(&self.origin));
        }
        let (id, expires_at, text, ip) = (challenge.id, challenge.expires_at, self.text.clone(), self.origin.ip);
        let waits = matches!(status, Status::Pending | Status::EnrollmentRequired);
        let hosted = self.hosted.as_ref().filter(|_| waits).map(|wish| Hosted::new(id, wish, context));
        let (link, hosted) = hosted.unzip();
        decision.changes.extend(hosted.map(|hosted| Change::AddHosted(Box::new(hosted))));
        let saved = Change::SaveSettings(account.user.id, account.settings);
        let grace_until = application.rules.second_factor.from().filter(|_| why == GRACE);
        let reply = AskedChallenge { id, status, why, text, ip, state, expires_at, proof, link, grace_until };
        Ok(decision.audit_all(audit).change(saved).map(|()| reply))
    }
}

/// Asks how a challenge stands. Changes nothing.
#[derive(Debug)]
pub struct ReadAsked {
    /// Of which application.
    pub application: ApplicationId,
    /// Which.
    pub id: ChallengeId,
}

/// The challenge and its person, where they are this application's.
pub(crate) fn theirs(
    application: ApplicationId,
    account: Option<Account>,
    challenge: Option<Challenge>,
) -> Option<(Account, Challenge, Asked)> {
    let account = account.filter(|account| account.user.application == application)?;
    let challenge = challenge?;
    let asked = challenge.asked.clone()?;
    Some((account, challenge, asked))
}

impl Decide for ReadAsked {
    type View = ChallengeView;
    type Reply = AskedChallenge;

    fn decide(&self, view: ChallengeView, context: &mut Context<'_>) -> Result<Decision<AskedChallenge>, Broken> {
        let Some((account, challenge, asked)) = theirs(self.application, view.account, view.challenge) else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let policy = context.policy;
        let now = account.moment(context.clock, policy).now;
        let live = challenge.check(now, policy);
        let (mut status, mut why, mut state) = (asked.status, asked.why, None);
        match (live, account.settings.guesses.check(now)) {
            (Err(Refusal::AlreadyCompleted), _) if status == Status::NotRequired => {}
            (Err(Refusal::AlreadyCompleted), _) => status = Status::Approved,
            (Err(_), _) if status == Status::Locked => {}
            (Err(Refusal::TooManyAttempts { .. }), _) => status = Status::Failed,
            (Err(_), _) if challenge.ended_at.is_some() => status = Status::Canceled,
            (Err(_), _) => status = Status::Expired,
            (Ok(()), Err(locked)) => (status, why) = (Status::Locked, locked_why(locked).to_owned()),
            (Ok(()), Ok(())) => {
                let answerable = answerable(&account, &view.factors, policy);
                state = match (ChallengeState::of(&challenge, &account, &answerable, now, context)?, answerable.first())
                {
                    (Some(state), Some(first)) => {
                        Some(state.with_codes(challenge.id, &answerable, first, &view.sends, now, context)?)
                    }
                    (Some(_) | None, _) => None,
                };
            }
        }
        let (id, expires_at) = (challenge.id, challenge.expires_at);
        let (text, ip, proof, link, grace_until) = (asked.text, challenge.origin.ip, None, None, None);
        let reply = AskedChallenge { id, status, why, text, ip, state, expires_at, proof, link, grace_until };
        Ok(Decision::new(Ok(reply), now))
    }
}

/// Gives a challenge up. One that is over already stays as it is.
#[derive(Debug)]
pub struct CancelAsked {
    /// Of which application.
    pub application: ApplicationId,
    /// Which.
    pub id: ChallengeId,
    /// Who acts.
    pub origin: Origin,
}

/// What [`CancelAsked`] reads.
#[derive(Debug)]
pub struct CancelView {
    /// The challenge's person.
    pub account: Option<Account>,
    /// The challenge.
    pub challenge: Option<Challenge>,
}

impl Decide for CancelAsked {
    type View = CancelView;
    type Reply = ();

    fn decide(&self, view: CancelView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let Some((mut account, challenge, _)) = theirs(self.application, view.account, view.challenge) else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        let moment = account.moment(context.clock, context.policy);
        if challenge.completed_at.is_some() || challenge.ended_at.is_some() {
            return Ok(Decision::new(Ok(()), moment.now));
        }
        let alarms = account.seen(moment, &self.origin, context.policy);
        let entry = account.entry(AuditAction::ChallengeCanceled, true, &self.origin);
        Ok(Decision::new(Ok(()), moment.now)
            .on_chain_of(&account)
            .audit_all(alarms)
            .audit(entry.about("challenge", challenge.id.uuid()))
            .change(Change::EndChallenge(challenge.id))
            .change(Change::SaveSettings(account.user.id, account.settings)))
    }
}

/// Answers a challenge for the person, who typed the code into the application's own form.
#[derive(Debug)]
pub struct AnswerAsked {
    /// Of which application.
    pub application: ApplicationId,
    /// Which.
    pub id: ChallengeId,
    /// What was typed.
    pub code: TypedCode,
    /// Whether the person's device is to be trusted from now on.
    pub trust: bool,
    /// The request. Where the person is was said when the challenge was asked for.
    pub request_id: Option<String>,
}

/// A challenge that was answered.
#[derive(Clone, Debug)]
pub struct Approved {
    /// Which.
    pub id: ChallengeId,
    /// What it came to.
    pub proof: Proof,
    /// What shows it to others: of a step-up.
    pub receipt: Option<String>,
}

/// What [`AnswerAsked`] reads.
#[derive(Debug)]
pub struct AnswerView {
    /// What answering at any door does.
    pub verify: VerifyView,
    /// The application.
    pub application: Option<Application>,
}

impl Decide for AnswerAsked {
    type View = AnswerView;
    type Reply = Approved;

    fn decide(&self, view: AnswerView, context: &mut Context<'_>) -> Result<Decision<Approved>, Broken> {
        let AnswerView { verify: mut view, application } = view;
        let theirs = theirs(self.application, view.account.take(), view.challenge.take());
        let (Some((account, challenge, asked)), Some(application)) = (theirs, application) else {
            return Ok(Decision::new(Err(Refusal::NotFound), context.clock));
        };
        if view.factors.is_empty() && account.settings.enabled_at.is_none() && challenge.completed_at.is_none() {
            // There is nothing the code could be of.
            return Ok(Decision::new(Err(Refusal::NotEnabled), context.clock));
        }
        let user = external(&account)?;
        let origin = Origin { request_id: self.request_id.clone(), ..challenge.origin.clone() };
        let (id, unknown) = (challenge.id, Refusal::NotFound);
        let answer = Answer { code: &self.code, remember: self.trust, device: None, origin: &origin, unknown };
        let view = VerifyView { account: Some(account), challenge: Some(challenge), ..view };
        let decision = answer.judge(view, context, |_, _, _, _, _| ((), None))?;
        let now = decision.at;
        Ok(decision.map(|right| {
            let Right { method, recovery_codes_remaining, trusted_device, at, .. } = right;
            let device = trusted_device.map(|NewDevice { cookie, expires_at, .. }| (cookie.token, expires_at));
            let proof = Proof { user, by: ProvedBy::Code(method), at, device, recovery_codes_remaining };
            let receipt = receipt(&application, (id, &asked), &proof, now, context);
            Approved { id, proof, receipt }
        }))
    }
}
