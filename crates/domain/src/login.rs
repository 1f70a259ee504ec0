//! Signing in with a password, in two steps around the slow check of it.
//!
//! [`BeginLogin`] charges a try before anything is checked and gives out the hashes to check against; [`FinishLogin`] decides
//! with the proof, takes the charge of a right password back, and refuses if the hash has changed meanwhile. Unknown,
//! disabled and locked-with-a-wrong-password are one answer, and cost the same.

use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::challenge::{ChallengeState, Opened, Opening};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::factor::Factor;
use crate::ids::{ApplicationId, ChallengeId};
use crate::known_browser::{KnownBrowser, meet};
use crate::policy::Policy;
use crate::secret::{Broken, KeyRing, SecretText};
use crate::sent_code::Sends;
use crate::session::{Grant, RefreshHolder, Session};
use crate::signup::PendingSignup;
use crate::throttle::{Charged, Counter};
use crate::time::Timestamp;
use crate::trusted_device::{DeviceCookie, DeviceToken, Recognition, TrustedDevice, recognize};
use crate::user::{Account, Email, PasswordHash, PasswordProof};

/// Charges a try at a password.
#[derive(Debug)]
pub struct BeginLogin {
    /// In which application.
    pub application: ApplicationId,
    /// For which address.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

impl BeginLogin {
    /// The counters a try is charged to, that of the block first. The command line, which has no address, is not counted.
    pub fn counters(&self, policy: &Policy, keys: &KeyRing) -> Vec<Counter> {
        password_counters(&self.email, &self.origin, policy, keys)
    }
}

pub(crate) fn password_counters(email: &Email, origin: &Origin, policy: &Policy, keys: &KeyRing) -> Vec<Counter> {
    let Some(ip) = origin.ip else { return Vec::new() };
    // The block comes first, at charging and at giving back: so no two tries wait for each other.
    vec![
        Counter::passwords_from_block(ip, policy, keys),
        Counter::passwords_for_account(&email.key(), ip, policy, keys),
    ]
}

/// Takes the charge of a try back that was never checked: overload must not cost a person their tries.
#[derive(Debug)]
pub struct AbandonLogin(pub BeginLogin);

impl Decide for AbandonLogin {
    type View = ();
    type Reply = ();

    fn decide(&self, (): (), context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let mut decision = Decision::new(Ok(()), context.clock);
        let counters = self.0.counters(context.policy, context.keys);
        decision.changes.extend(counters.into_iter().map(Change::ReturnCharge));
        Ok(decision)
    }
}

/// What [`BeginLogin`] reads and charges.
#[derive(Debug)]
pub struct BeginLoginView {
    /// The address's owner.
    pub account: Option<Account>,
    /// The newest sign-up for the address.
    pub pending: Option<PendingSignup>,
    /// The counters of wrong passwords, charged with this try.
    pub passwords: Vec<(Counter, Charged)>,
}

/// What the password is to be checked against.
#[derive(Debug)]
pub struct PasswordCheck {
    /// The user's hash.
    pub user: Option<PasswordHash>,
    /// The hash of the newest sign-up.
    pub pending: Option<PasswordHash>,
}

impl Decide for BeginLogin {
    type View = BeginLoginView;
    type Reply = PasswordCheck;

    fn decide(&self, view: BeginLoginView, context: &mut Context<'_>) -> Result<Decision<PasswordCheck>, Broken> {
        let now = context.clock;
        let wait = view.passwords.iter().filter_map(|(counter, charged)| counter.wait(charged, now)).max();
        let Some(wait) = wait else {
            let check = PasswordCheck {
                // Not that of a disabled user: a right password is checked faster than a wrong one, and would show.
                user: view.account.filter(|account| account.user.disabled_at.is_none()).map(|a| a.user.password),
                pending: view.pending.filter(|pending| pending.expires_at > now).map(|pending| pending.password),
            };
            return Ok(Decision::new(Ok(check), now));
        };
        let refusal = Err(Refusal::TooManyAttempts { retry_after: Some(wait) });
        let entry = entry(view.account.as_ref(), self.application, &self.origin).because("too_many_attempts");
        let decision = Decision::new(refusal, now).audit(entry);
        Ok(match &view.account {
            Some(account) => decision.on_chain_of(account),
            None => decision,
        })
    }
}

/// A failed password, on the person's chain if there is a person.
fn entry(account: Option<&Account>, application: ApplicationId, origin: &Origin) -> AuditEntry {
    let action = AuditAction::PasswordChecked;
    match account {
        Some(account) => account.entry(action, false, origin),
        None => AuditEntry {
            person: None,
            user: None,
            application,
            action,
            success: false,
            method: None,
            device: None,
            detail: Detail::None,
            origin: origin.clone(),
        },
    }
}

/// Goes on after the password was checked.
#[derive(Debug)]
pub struct FinishLogin {
    /// In which application.
    pub application: ApplicationId,
    /// For which address.
    pub email: Email,
    /// What the check found.
    pub proof: PasswordProof,
    /// The password hashed anew, where its stored hash was made with other parameters.
    pub rehashed: Option<PasswordHash>,
    /// Whether the check was repeated already, because the hash had changed meanwhile.
    pub repeated: bool,
    /// Where the client keeps its refresh token.
    pub holder: RefreshHolder,
    /// The cookie of a trusted device.
    pub device: Option<DeviceToken>,
    /// Where from.
    pub origin: Origin,
}

/// What [`FinishLogin`] reads.
#[derive(Debug)]
pub struct FinishLoginView {
    /// The address's owner.
    pub account: Option<Account>,
    /// Their factors.
    pub factors: Vec<Factor>,
    /// Their newest challenges that are neither answered nor ended, newest first: id and end.
    pub challenges: Vec<(ChallengeId, Timestamp)>,
    /// The device the shown cookie leads to, whosever it is.
    pub device: Option<TrustedDevice>,
    /// What was sent to them.
    pub sends: Sends,
    /// The browsers they have signed in with.
    pub browsers: Vec<KnownBrowser>,
}

/// Where a right password leads.
#[derive(Debug)]
pub enum LoggedIn {
    /// Signed in: this person has no factor.
    NoFactor(Box<Grant>, Box<SignedInUser>),
    /// The hash is another one by now: of two right logins one may have replaced it. Check again, once.
    HashChanged,
    /// Signed in: this browser is trusted.
    TrustedDevice {
        /// The session, which proved no factor.
        grant: Box<Grant>,
        /// The person.
        user: Box<SignedInUser>,
        /// What the browser is known by from now on, if that changed.
        cookie: Option<DeviceCookie>,
    },
    /// A second factor is due.
    FactorDue {
        /// Good for answering the challenge, and nothing else.
        partial_token: SecretText,
        /// What it asks.
        challenge: ChallengeState,
    },
}

/// A person as told to themselves.
#[derive(Clone, Debug)]
pub struct SignedInUser {
    /// Which.
    pub id: crate::ids::UserId,
    /// Their address.
    pub email: Email,
    /// Whether it was verified.
    pub email_verified: bool,
}

impl SignedInUser {
    /// Tells a person about themselves.
    pub fn of(account: &Account) -> Self {
        let user = &account.user;
        Self { id: user.id, email: user.email.clone(), email_verified: user.email_verified_at.is_some() }
    }
}

impl FinishLogin {
    fn counters(&self, context: &Context<'_>) -> Vec<Counter> {
        password_counters(&self.email, &self.origin, context.policy, context.keys)
    }

    fn wrong(&self, account: Option<&Account>, why: &'static str, now: Timestamp) -> Decision<LoggedIn> {
        let entry = entry(account, self.application, &self.origin).because(why);
        let decision = Decision::new(Err(Refusal::CredentialsInvalid), now).audit(entry);
        match account {
            Some(account) => decision.on_chain_of(account),
            None => decision,
        }
    }
}

impl Decide for FinishLogin {
    type View = FinishLoginView;
    type Reply = LoggedIn;

    fn decide(&self, view: FinishLoginView, context: &mut Context<'_>) -> Result<Decision<LoggedIn>, Broken> {
        let proven = match &self.proof {
            PasswordProof::Wrong => {
                let account = view.account.as_ref();
                let disabled = account.is_some_and(|account| account.user.disabled_at.is_some());
                let why = if disabled { "disabled" } else { "wrong_password" };
                return Ok(self.wrong(account, why, context.clock));
            }
            PasswordProof::Pending => {
                let entry = entry(None, self.application, &self.origin).because("email_unverified");
                // The charge is kept: anyone may sign up for anyone's address, and with the charge returned each password
                // signed up with would be one free guess at the password of the address's owner.
                return Ok(Decision::new(Err(Refusal::EmailUnverified), context.clock).audit(entry));
            }
            PasswordProof::Right(proven) => proven,
        };
        // Between the check and this lock the password may have changed, or the user may be gone.
        let FinishLoginView { account, factors, challenges, device, sends, browsers } = view;
        let Some(mut account) = account else {
            return Ok(self.wrong(None, "password_changed", context.clock));
        };
        if account.user.password != *proven {
            if !self.repeated {
                // The repetition is charged, and written down, for both.
                let mut decision = Decision::new(Ok(LoggedIn::HashChanged), context.clock);
                decision.changes.extend(self.counters(context).into_iter().map(Change::ReturnCharge));
                return Ok(decision);
            }
            return Ok(self.wrong(Some(&account), "password_changed", context.clock));
        }
        if account.user.disabled_at.is_some() {
            return Ok(self.wrong(Some(&account), "disabled", context.clock));
        }
        let moment = account.moment(context.clock, context.policy);
        let now = moment.now;
        let alarms = account.seen(moment, &self.origin, context.policy);
        let right = account.entry(AuditAction::PasswordChecked, true, &self.origin);
        let mut changes: Vec<Change> = self.counters(context).into_iter().map(Change::ReturnCharge).collect();
        if let Some(hash) = &self.rehashed {
            changes.push(Change::SetPassword(account.user.id, hash.clone()));
        }
        let mut decision = if account.factor_due(&factors, context.policy)? {
            let shown = self.device.as_ref().filter(|_| context.policy.trusted_devices);
            let Recognition { trusted, cookie, mut changes, audit, told } =
                shown.map(|token| recognize(token, device, &account, &self.origin, now, context)).unwrap_or_default();
            if trusted {
                changes.extend(account.spoken_to(&self.origin));
            }
            let mut decision = match account.settings.guesses.check(now) {
                // Also while codes are refused: nobody guesses here.
                _ if trusted => self.trusted(&account, cookie, right, now, context),
                Err(locked) => {
                    Decision::new(Err(Refusal::locked(locked, now)), now).audit(right.because("account_locked"))
                }
                Ok(()) => self.challenge(&account, &factors, &challenges, &sends, right, now, context)?,
            };
            decision.changes.extend(changes);
            decision.outbox.extend(told.into_iter().flatten());
            decision.audit_all(audit)
        } else {
            changes.extend(account.spoken_to(&self.origin));
            let (mut session, grant) = Session::start(&account, None, self.holder, &self.origin, now, context);
            if !factors.is_empty() {
                // The second factor is switched off, not gone: the password alone is no proof for changing it.
                session.fresh_at = None;
            }
            let entry = account.entry(AuditAction::SignedIn, true, &self.origin).about("session", session.id.uuid());
            let reply = LoggedIn::NoFactor(Box::new(grant), Box::new(SignedInUser::of(&account)));
            let decision = Decision::new(Ok(reply), now).change(Change::AddSession(session)).audit(right).audit(entry);
            meet(decision, &account, &browsers, &self.origin, now, context)
        };
        decision.changes.extend(changes);
        let saved = Change::SaveSettings(account.user.id, account.settings.clone());
        Ok(decision.audit_all(alarms).on_chain_of(&account).change(saved))
    }
}

impl FinishLogin {
    /// Signs in by a device that stands for the factor. No factor was proved, so nothing is fresh.
    fn trusted(
        &self,
        account: &Account,
        cookie: Option<DeviceCookie>,
        right: AuditEntry,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Decision<LoggedIn> {
        let (mut session, grant) = Session::start(account, None, self.holder, &self.origin, now, context);
        session.fresh_at = None;
        let entry = account.entry(AuditAction::SignedIn, true, &self.origin).about("session", session.id.uuid());
        let (grant, user) = (Box::new(grant), Box::new(SignedInUser::of(account)));
        Decision::new(Ok(LoggedIn::TrustedDevice { grant, user, cookie }), now)
            .change(Change::AddSession(session))
            .audit(right)
            .audit(entry)
    }

    /// Begins the challenge.
    #[expect(clippy::too_many_arguments, reason = "what the command has read")]
    fn challenge(
        &self,
        account: &Account,
        factors: &[Factor],
        challenges: &[(ChallengeId, Timestamp)],
        sends: &Sends,
        right: AuditEntry,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Result<Decision<LoggedIn>, Broken> {
        let opening = Opening { account, factors, open: challenges, sends, holder: self.holder, origin: &self.origin };
        let Some(Opened { token, challenge, state, changes, audit, outbox }) = opening.open(None, now, context)? else {
            // Every factor the person has is of a kind that is switched off. Without one nobody gets in.
            return Ok(Decision::new(Err(Refusal::FeatureDisabled), now).audit(right.because("method_disabled")));
        };
        let reply = LoggedIn::FactorDue { partial_token: token, challenge: state };
        let mut decision = Decision::new(Ok(reply), now).audit(right).change(Change::AddChallenge(challenge));
        decision.changes.extend(changes);
        decision.outbox.extend(outbox);
        Ok(decision.audit_all(audit))
    }
}

#[cfg(test)]
mod tests;
