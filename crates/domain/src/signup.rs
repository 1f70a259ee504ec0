//! Signing up: a pending account, apart from the users, until its address is proved.
//!
//! A taken address gets the same answer and the same kind of pending row, only no link: nothing tells a stranger who has an
//! account. The owner of a taken address is told by mail.

use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, Refusal};
use crate::ids::{ApplicationId, PendingSignupId, PersonId, UserId};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::{Broken, TokenHash, new_token};
use crate::throttle::{Charged, Counter};
use crate::time::Timestamp;
use crate::user::{Account, Email, EmailKey, PasswordHash, Settings, User};

/// A sign-up that waits for its address.
#[derive(Clone, Debug)]
pub struct PendingSignup {
    /// Which.
    pub id: PendingSignupId,
    /// In which application.
    pub application: ApplicationId,
    /// For which address.
    pub email: Email,
    /// With which password.
    pub password: PasswordHash,
    /// Hash of the link's token; `None` for a taken address, whose sign-up can never be finished.
    pub token: Option<TokenHash>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it and its link end.
    pub expires_at: Timestamp,
    /// Where it came from: told in every mail with its link, also in one that somebody else asked for.
    pub origin: Origin,
}

/// Charges a sign-up to its address block, before its password is judged and hashed: both cost more than all the rest, and
/// each sign-up may send a stranger a mail. The command line, which has no address, is not counted.
#[derive(Debug)]
pub struct BeginSignUp {
    /// Where from.
    pub origin: Origin,
}

impl Decide for BeginSignUp {
    type View = Vec<(Counter, Charged)>;
    type Reply = ();

    fn decide(&self, view: Self::View, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        // Nothing is written down: a flood would fill the audit log with the one thing its counter says already.
        let wait = view.iter().filter_map(|(counter, charged)| counter.wait(charged, now)).max();
        let reply = wait.map_or(Ok(()), |wait| Err(Refusal::TooManyAttempts { retry_after: Some(wait) }));
        Ok(Decision::new(reply, now))
    }
}

/// Asks to sign up.
#[derive(Debug)]
pub struct SignUp {
    /// In which application.
    pub application: ApplicationId,
    /// With which address.
    pub email: Email,
    /// With which password, hashed before the command ran.
    pub password: PasswordHash,
    /// Where from.
    pub origin: Origin,
}

/// What [`SignUp`] reads, and charges: the mails to this address.
#[derive(Debug)]
pub struct SignUpView {
    /// Whose address it is already.
    pub owner: Option<Account>,
    /// The counters of mails to the address, charged with one more.
    pub mails: Vec<(Counter, Charged)>,
}

pub(crate) fn unchained(application: ApplicationId, action: AuditAction, success: bool, origin: &Origin) -> AuditEntry {
    AuditEntry {
        person: None,
        user: None,
        application,
        action,
        success,
        method: None,
        device: None,
        detail: Detail::None,
        origin: origin.clone(),
    }
}

pub(crate) fn mail_allowed(mails: &[(Counter, Charged)], now: Timestamp) -> bool {
    mails.iter().all(|(counter, charged)| counter.wait(charged, now).is_none())
}

impl Decide for SignUp {
    type View = SignUpView;
    type Reply = ();

    fn decide(&self, view: SignUpView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        if !context.policy.signup_enabled {
            return Ok(Decision::new(Err(Refusal::FeatureDisabled), now));
        }
        let entry = unchained(self.application, AuditAction::SignupRequested, true, &self.origin);
        let send = mail_allowed(&view.mails, now);
        let expires_at = now + context.policy.signup_life;
        let token = new_token(context.rng);
        let free = view.owner.is_none();
        let pending = PendingSignup {
            id: PendingSignupId::new(now, context.rng),
            application: self.application,
            email: self.email.clone(),
            password: self.password.clone(),
            token: free.then(|| TokenHash::of(token.expose())),
            created_at: now,
            expires_at,
            origin: self.origin.clone(),
        };
        let about = pending.id.uuid();
        let message = match &view.owner {
            None => {
                let link = Some((&token, expires_at));
                let kind = MessageKind::EmailVerification;
                let locale = self.origin.locale.unwrap_or_default().as_str();
                notice::link(kind, &self.email, "verify-email", link, locale, &self.origin, now, context)
            }
            // To the address its owner proved: spelled with other capitals it may be another mailbox.
            Some(owner) => {
                let (kind, reader) = (MessageKind::AccountExists, &owner.user);
                notice::link(kind, &reader.email, "", None, &reader.locale, &self.origin, now, context)
            }
        };
        let decision = Decision::new(Ok(()), now).change(Change::AddPendingSignup(pending)).audit(if send {
            entry.about("pending_signup", about)
        } else {
            entry.because("send_limit")
        });
        Ok(if send { decision.send(message) } else { decision })
    }
}

/// Asks for the verification link once more. The answer is the same whatever there is to send.
#[derive(Debug)]
pub struct ResendVerification {
    /// In which application.
    pub application: ApplicationId,
    /// To which address.
    pub email: Email,
    /// Where from.
    pub origin: Origin,
}

/// What [`ResendVerification`] reads and charges.
#[derive(Debug)]
pub struct ResendView {
    /// The newest sign-up for the address.
    pub pending: Option<PendingSignup>,
    /// The counters of mails to the address, charged with one more.
    pub mails: Vec<(Counter, Charged)>,
}

impl Decide for ResendVerification {
    type View = ResendView;
    type Reply = ();

    fn decide(&self, view: ResendView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let entry = unchained(self.application, AuditAction::VerificationResent, true, &self.origin);
        let decision = Decision::new(Ok(()), now);
        if !mail_allowed(&view.mails, now) {
            return Ok(decision.audit(entry.because("send_limit")));
        }
        // Without a token the address was taken when it signed up: no link for it is ever made.
        let Some(pending) = view.pending.filter(|pending| pending.token.is_some() && pending.expires_at > now) else {
            // Nothing is sent, so nothing is charged: a stranger cannot use up the mails of a newcomer.
            let mut decision = decision.audit(entry.because("nothing_pending"));
            decision.changes.extend(view.mails.into_iter().map(|(counter, _)| Change::ReturnCharge(counter)));
            return Ok(decision);
        };
        let token = new_token(context.rng);
        let expires_at = now + context.policy.signup_life;
        let link = Some((&token, expires_at));
        let message = notice::link(
            MessageKind::EmailVerification,
            &pending.email,
            "verify-email",
            link,
            self.origin.locale.unwrap_or_default().as_str(),
            &pending.origin,
            now,
            context,
        );
        let renewed = Change::RenewPendingSignup { id: pending.id, token: TokenHash::of(token.expose()), expires_at };
        Ok(decision.change(renewed).audit(entry.about("pending_signup", pending.id.uuid())).send(message))
    }
}

/// Proves an address with the link's token: the user comes to be. Signs nobody in.
#[derive(Debug)]
pub struct VerifyEmail {
    /// Hash of the token shown.
    pub token: TokenHash,
    /// Where from.
    pub origin: Origin,
}

/// What [`VerifyEmail`] reads.
#[derive(Debug)]
pub struct VerifyEmailView {
    /// The sign-up of the link.
    pub pending: Option<PendingSignup>,
    /// Whether the address became somebody's meanwhile.
    pub taken: bool,
}

impl Decide for VerifyEmail {
    type View = VerifyEmailView;
    type Reply = ();

    fn decide(&self, view: VerifyEmailView, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let now = context.clock;
        let pending = match view.pending {
            Some(pending) if pending.expires_at > now && !view.taken => pending,
            Some(pending) => {
                let entry = unchained(pending.application, AuditAction::EmailVerified, false, &self.origin);
                let why = if view.taken { "address_taken" } else { "expired" };
                return Ok(Decision::new(Err(Refusal::TokenInvalid), now).audit(entry.because(why)));
            }
            None => return Ok(Decision::new(Err(Refusal::TokenInvalid), now)),
        };
        let used = Change::ConsumePendingSignup {
            id: pending.id,
            application: pending.application,
            email_key: EmailKey::of(&pending.email),
        };
        let new = NewUser {
            application: pending.application,
            email: pending.email,
            password: pending.password,
            action: AuditAction::EmailVerified,
        };
        let (_, mut decision) = new.decide((), &self.origin, context);
        // The sign-up is consumed before the user is added: of two links for one address, one finds its row gone.
        decision.changes.insert(0, used);
        Ok(decision)
    }
}

/// A user about to exist: what sign-up and the command line share.
#[derive(Debug)]
pub struct NewUser {
    /// In which application.
    pub application: ApplicationId,
    /// With which address, verified.
    pub email: Email,
    /// With which password.
    pub password: PasswordHash,
    /// What the audit log says of it.
    pub action: AuditAction,
}

impl NewUser {
    /// Decides on the new user, and gives the account as it will be.
    pub fn decide<R>(self, reply: R, origin: &Origin, context: &mut Context<'_>) -> (Account, Decision<R>) {
        let now = context.clock;
        let user = User {
            id: UserId::new(now, context.rng),
            person: PersonId::new(now, context.rng),
            application: self.application,
            external: None,
            email: self.email,
            name: None,
            phone: None,
            password: self.password,
            email_verified_at: Some(now),
            disabled_at: None,
            locale: origin.locale.unwrap_or_default().as_str().to_owned(),
            created_at: now,
        };
        let account = Account {
            user,
            settings: Settings::new(now),
            head: crate::audit::AuditHead::START,
            backup_email: None,
            role: None,
        };
        let decision = Decision::new(Ok(reply), now)
            .on_chain_of(&account)
            .change(Change::AddUser(Box::new(account.user.clone()), account.settings.clone()))
            .audit(account.entry(self.action, true, origin).about("user", account.user.id.uuid()));
        (account, decision)
    }
}

#[cfg(test)]
mod tests;
