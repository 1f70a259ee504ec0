//! What an operator does to an account from the command line.

use crate::audit::{AuditAction, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision, EndReason, Refusal};
use crate::enrollment::{Proved, import_factor};
use crate::factor::Method;
use crate::ids::{ApplicationId, FactorId, UserId};
use crate::link_token::{LinkPurpose, LinkToken};
use crate::message::MessageKind;
use crate::notice;
use crate::secret::Broken;
use crate::signup::NewUser;
use crate::throttle::GuessBudget;
use crate::time::Timestamp;
use crate::totp::TotpSecret;
use crate::trusted_device::revoke_trust;
use crate::user::{Account, Email, EmailFault, EmailKey, PasswordHash};

/// The page that the link of a start from new opens.
const START_OVER: &str = "start-over";

/// Makes a user whose address counts as verified, with or without an authenticator of a known secret.
#[derive(Debug)]
pub struct AddUser {
    /// In which application.
    pub application: ApplicationId,
    /// With which address.
    pub email: Email,
    /// With which password.
    pub password: PasswordHash,
    /// With which authenticator.
    pub totp: Option<TotpSecret>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for AddUser {
    /// Whether the address is somebody's already.
    type View = bool;
    /// The new user; `None` when the address is taken.
    type Reply = Option<UserId>;

    fn decide(&self, taken: bool, context: &mut Context<'_>) -> Result<Decision<Option<UserId>>, Broken> {
        if taken {
            return Ok(Decision::new(Ok(None), context.clock));
        }
        let new = NewUser {
            application: self.application,
            email: self.email.clone(),
            password: self.password.clone(),
            action: AuditAction::UserCreated,
        };
        let (mut account, mut decision) = new.decide(None, &self.origin, context);
        decision.reply = Ok(Some(account.user.id));
        if let Some(secret) = &self.totp {
            let now = decision.at;
            let proved = Proved::Totp(secret.clone());
            let added = import_factor(&mut account, "Authenticator", &proved, now, context);
            decision = decision
                .change(added)
                .change(Change::SaveSettings(account.user.id, account.settings.clone()))
                .audit(account.entry(AuditAction::TwoFactorEnabled, true, &self.origin).because("imported"));
        }
        Ok(decision)
    }
}

/// Brings a user from another system, with what they had there.
#[derive(Debug)]
pub struct ImportUser {
    /// In which application.
    pub application: ApplicationId,
    /// With which address.
    pub email: Email,
    /// Whether the other system had verified it.
    pub email_verified: bool,
    /// With which password. Without one the way in is a reset.
    pub password: Option<PasswordHash>,
    /// With which factor, and its name.
    pub factor: Option<(Proved, String)>,
    /// Whether the other system let them sign in no more.
    pub disabled: bool,
    /// Since when the other system knew the user.
    pub created_at: Option<Timestamp>,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for ImportUser {
    /// Whether the address is somebody's already.
    type View = bool;
    /// The new user; `None` when the address is taken.
    type Reply = Option<UserId>;

    fn decide(&self, taken: bool, context: &mut Context<'_>) -> Result<Decision<Option<UserId>>, Broken> {
        if taken {
            return Ok(Decision::new(Ok(None), context.clock));
        }
        let new = NewUser {
            application: self.application,
            email: self.email.clone(),
            password: self.password.clone().unwrap_or_else(PasswordHash::none),
            action: AuditAction::UserImported,
        };
        let (mut account, mut decision) = new.decide(None, &self.origin, context);
        let now = decision.at;
        for change in &mut decision.changes {
            if let Change::AddUser(user, _) = change {
                user.created_at = self.created_at.unwrap_or(now).min(now);
                user.email_verified_at = self.email_verified.then_some(now);
                user.disabled_at = self.disabled.then_some(now);
            }
        }
        decision.reply = Ok(Some(account.user.id));
        if self.disabled {
            decision = decision.audit(account.entry(AuditAction::UserDisabled, true, &self.origin).because("imported"));
        }
        if let Some((proved, label)) = &self.factor {
            let added = import_factor(&mut account, label, proved, now, context);
            decision = decision
                .change(added)
                .change(Change::SaveSettings(account.user.id, account.settings.clone()))
                .audit(account.entry(AuditAction::TwoFactorEnabled, true, &self.origin).because("imported"));
        }
        Ok(decision)
    }
}

/// Something done to a user by somebody else.
#[derive(Debug)]
pub struct ActOnUser {
    /// In which application.
    pub application: ApplicationId,
    /// What the user is found by.
    pub whose: EmailKey,
    /// What.
    pub act: Act,
    /// Who acts.
    pub origin: Origin,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// They may not sign in any more, and whatever is open closes at once.
    Disable,
    /// They may again.
    Enable,
    /// A lock or stop after wrong codes is lifted.
    Unlock,
    /// Every factor, recovery code and trust is taken away, for this reason: the password alone signs in again, but that of
    /// somebody with a role, which dies with them.
    ResetTwoFactor(String),
    /// The same, and the password with it where it is ours to check: who knows it may be why. A link by mail is the way in,
    /// once, and leads to setting up a second factor.
    StartOver(String),
    /// They are signed out everywhere, and their devices are asked for a code again.
    EndSessions,
    /// Their devices are asked for a code again.
    ForgetDevices,
    /// The bypass code they were given is good no more.
    WithdrawBypassCode,
    /// Messages to them that wait for another try are tried at once.
    SendNow,
    /// No code goes to their phone any more: it is lost, or the number is somebody else's. What is open closes.
    CancelNumber {
        /// The factors by text message, and what they are called.
        numbers: Vec<(FactorId, String)>,
        /// The factor that is offered first from then on, where there is one that can be used.
        next: Option<FactorId>,
    },
    /// They are gone; the audit log stays.
    Delete,
    /// The trust in their devices ends, and what they are about to prove, for this reason: something of theirs has changed where
    /// they sign in.
    EndTrust(&'static str),
}

impl Act {
    pub(crate) const fn action(&self) -> AuditAction {
        match self {
            Self::Disable => AuditAction::UserDisabled,
            Self::Enable => AuditAction::UserEnabled,
            Self::Unlock => AuditAction::AccountUnlocked,
            Self::ResetTwoFactor(_) | Self::StartOver(_) => AuditAction::TwoFactorReset,
            Self::EndSessions => AuditAction::SessionsEnded,
            Self::WithdrawBypassCode => AuditAction::BypassCodeWithdrawn,
            Self::SendNow => AuditAction::DeliveryHurried,
            Self::CancelNumber { .. } => AuditAction::FactorRemoved,
            Self::Delete => AuditAction::UserDeleted,
            Self::ForgetDevices | Self::EndTrust(_) => AuditAction::TrustRevoked,
        }
    }

    /// What the person is told; nothing where they are told elsewhere.
    const fn notice(&self) -> Option<MessageKind> {
        Some(match self {
            Self::Disable => MessageKind::AccountDisabled,
            Self::Enable => MessageKind::AccountEnabled,
            Self::Unlock => MessageKind::AccountUnlocked,
            Self::ResetTwoFactor(_) => MessageKind::TwoFactorReset,
            Self::StartOver(_) => MessageKind::StartedOver,
            Self::EndSessions => MessageKind::SignedOutEverywhere,
            Self::ForgetDevices => MessageKind::TrustRevoked,
            Self::CancelNumber { .. } => MessageKind::FactorRemoved,
            Self::Delete => MessageKind::AccountDeleted,
            // Nothing of theirs has changed: what they were told of does less now.
            Self::WithdrawBypassCode | Self::SendNow | Self::EndTrust(_) => return None,
        })
    }

    /// Whether nothing is left to do: then nothing is written, and nobody is told.
    fn is_done(&self, account: &Account) -> bool {
        match self {
            Self::Disable => account.user.disabled_at.is_some(),
            Self::Enable => account.user.disabled_at.is_none(),
            Self::Unlock => account.settings.guesses == GuessBudget::default(),
            Self::CancelNumber { numbers, .. } => numbers.is_empty(),
            // What is pending ends with it, whether or not there was a factor.
            Self::ResetTwoFactor(_)
            | Self::StartOver(_)
            | Self::EndSessions
            | Self::ForgetDevices
            | Self::WithdrawBypassCode
            | Self::SendNow
            | Self::Delete
            | Self::EndTrust(_) => false,
        }
    }

    /// Whether no factor that can be used would be left: that is another act, and takes more.
    pub(crate) const fn leaves_nothing(&self) -> bool {
        matches!(self, Self::CancelNumber { numbers, next: None } if !numbers.is_empty())
    }

    /// What the person's factor was called that goes with it.
    fn factor_label(&self) -> Option<String> {
        let Self::CancelNumber { numbers, .. } = self else { return None };
        numbers.first().map(|(_, label)| label.clone())
    }
}

impl Decide for ActOnUser {
    /// The person.
    type View = Option<Account>;
    /// Whether there was anything to do.
    type Reply = bool;

    fn decide(&self, account: Option<Account>, context: &mut Context<'_>) -> Result<Decision<bool>, Broken> {
        Ok(match account {
            Some(account) => act(&self.act, account, &Hand::of(&self.origin), context),
            None => Decision::new(Err(Refusal::NotFound), context.clock),
        })
    }
}

/// Whose hand it is, and how the person hears of it.
#[derive(Clone, Copy)]
pub(crate) struct Hand<'a> {
    /// Who acts, for the audit log.
    pub(crate) origin: &'a Origin,
    /// What the person is told of that.
    pub(crate) shown: &'a Origin,
    /// Why, in the words of whoever acts.
    pub(crate) reason: Option<&'a str>,
    /// Addresses of the person's that are told, too.
    pub(crate) also: &'a [Email],
}

impl<'a> Hand<'a> {
    const fn of(origin: &'a Origin) -> Self {
        Self { origin, shown: origin, reason: None, also: &[] }
    }
}

/// Acts on a person. One function for whoever acts: an operator, an application, an administrator.
pub(crate) fn act(act: &Act, mut account: Account, hand: &Hand<'_>, context: &mut Context<'_>) -> Decision<bool> {
    let origin = hand.origin;
    let moment = account.moment(context.clock, context.policy);
    let now = moment.now;
    if act.is_done(&account) {
        return Decision::new(Ok(false), now);
    }
    let alarms = account.seen(moment, origin, context.policy);
    let user = account.user.id;
    let mut entry = account.entry(act.action(), true, origin);
    let mut link = None;
    if matches!(act, Act::StartOver(_)) && account.user.external.is_none() {
        let life = context.policy.password_reset_life;
        link = Some(LinkToken::new(&account, LinkPurpose::PasswordReset, None, life, now, context));
    }
    let told = act.notice().map(|kind| {
        let notice = if kind == MessageKind::StartedOver {
            let link = link.as_ref();
            let shown = link.map(|(token, link)| notice::Link { path: START_OVER, token, expires_at: link.expires_at });
            notice::start_over(&account, shown.as_ref(), hand.shown, now, context)
        } else {
            notice::notice(kind, &account, hand.shown, now, context, |event| event.factor_label = act.factor_label())
        };
        notice.also_to(kind, hand.also, &account, hand.shown, now, context)
    });
    let decision = Decision::new(Ok(true), now).on_chain_of(&account).audit_all(alarms);
    let decision = match act {
        Act::Disable => {
            closed(decision, &account, EndReason::Disabled, origin).change(Change::SetDisabled(user, Some(now)))
        }
        Act::Enable => decision.change(Change::SetDisabled(user, None)),
        Act::Unlock => {
            account.settings.guesses = GuessBudget::default();
            decision.change(Change::EndLinkTokens(user, &[LinkPurpose::Unlock]))
        }
        Act::ResetTwoFactor(reason) | Act::StartOver(reason) => {
            entry.detail = Detail::Stated(reason.clone());
            let settings = &mut account.settings;
            (settings.enabled_at, settings.preferred_factor) = (None, None);
            settings.guesses = GuessBudget::default();
            let mut decision = closed(decision, &account, EndReason::TwoFactorReset, origin)
                .change(Change::EndResetRequestsOf(user))
                .change(Change::RemoveFactorsOf(user))
                .change(Change::ReplaceRecoveryCodes(user, Vec::new()))
                .change(Change::WipeKeptRecoveryCodes(user));
            if link.is_some() || account.role.is_some() {
                // A password alone is no way into the administration: they are invited again, as at the beginning.
                decision = decision.change(Change::SetPassword(user, PasswordHash::none()));
            }
            if let Some((_, link)) = link {
                decision = decision.change(Change::PutLinkToken(link));
            }
            decision
        }
        Act::EndSessions => {
            let (untrusted, ended) = revoke_trust(&account, "all_sessions_ended", origin);
            decision
                .change(Change::EndSessionsOf(user, EndReason::EndedForThem))
                .change(Change::EndChallengesOf(user))
                .change(Change::EndLinkTokens(user, LinkPurpose::ENDED_BY_SIGN_OUT))
                .change(untrusted)
                .audit(ended)
        }
        Act::ForgetDevices => decision.change(Change::RevokeTrust(user)),
        Act::WithdrawBypassCode => decision.change(Change::WithdrawBypassCode(user)),
        Act::SendNow => decision.change(Change::HurryMessagesOf(user)),
        Act::CancelNumber { numbers, next } => {
            let gone = |factor| numbers.iter().any(|(id, _)| *id == factor);
            if account.settings.preferred_factor.is_some_and(gone) {
                account.settings.preferred_factor = *next;
            }
            entry = entry.method(Method::Sms);
            let removed = numbers.iter().map(|(id, _)| Change::RemoveFactor(*id));
            // Whoever has the phone may be in already.
            removed.fold(closed(decision, &account, EndReason::EndedForThem, origin), Decision::change)
        }
        Act::EndTrust(why) => {
            let (untrusted, ended) = revoke_trust(&account, why, origin);
            entry = ended;
            // So does what they change at our pages.
            decision
                .change(Change::EndChallengesOf(user))
                .change(Change::EndSessionsOf(user, EndReason::EndedForThem))
                .change(Change::EndLinkTokens(user, &[LinkPurpose::Settings]))
                .change(untrusted)
        }
        Act::Delete => {
            // The mail outlives the user it is about.
            let mut decision = decision.change(Change::DropMessagesOf(user)).change(Change::DeleteUser(user));
            if let Some(mut told) = told {
                told.outlive_user();
                decision = decision.send(told);
            }
            return decision.audit(entry);
        }
    };
    if let Some(reason) = hand.reason {
        entry.detail = Detail::Stated(reason.to_owned());
    }
    let mut decision = decision.audit(entry).change(Change::SaveSettings(user, account.settings));
    decision.outbox.extend(told.into_iter().flatten());
    decision
}

/// Everything that is open for a person closes: sessions, challenges, pending set-ups, links, waiting codes, trust.
pub(crate) fn closed<R>(decision: Decision<R>, account: &Account, why: EndReason, origin: &Origin) -> Decision<R> {
    let user = account.user.id;
    let (untrusted, entry) = revoke_trust(account, why.as_str(), origin);
    decision
        .change(Change::EndSessionsOf(user, why))
        .change(Change::EndChallengesOf(user))
        .change(Change::WithdrawBypassCode(user))
        .change(Change::AbandonAllEnrollmentsOf(user))
        .change(Change::EndLinkTokens(user, &LinkPurpose::ALL))
        .change(Change::DropMessagesOf(user))
        .change(untrusted)
        .audit(account.entry(AuditAction::SessionsEnded, true, origin).because(why.as_str()))
        .audit(entry)
}

/// What keeps an address from being used, as the command line says it.
pub const fn explain_email(fault: EmailFault) -> &'static str {
    match fault {
        EmailFault::Malformed => "is not an e-mail address",
        EmailFault::TooLong => "is longer than 254 characters",
        EmailFault::NotAscii => "has characters outside ASCII",
        EmailFault::SameAddress => "is the address of the account",
    }
}

#[cfg(test)]
mod tests;
