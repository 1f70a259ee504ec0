//! A factor: one enrolled means of proof.
//!
//! Its secret is sealed into its row; its used-step memory only moves forward and serves every purpose.

pub mod manage;

use std::fmt;

use crate::command::Context;
use crate::destination::{Destination, SealedDestination};
use crate::ids::{FactorId, UserId};
use crate::message::Channel;
use crate::policy::Policy;
use crate::secret::{Broken, Fault, KeyRing, Place, Sealed};
use crate::time::Timestamp;
use crate::totp::{Step, TotpSecret};

/// A kind of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A time-based code of an authenticator.
    Totp,
    /// A code sent by SMS.
    Sms,
    /// A code sent by e-mail.
    Email,
    /// A recovery code.
    RecoveryCode,
}

impl Method {
    /// Its name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Totp, Self::Sms, Self::Email, Self::RecoveryCode].into_iter().find(|method| method.as_str() == text)
    }

    /// By which way its codes are sent, if they are sent.
    pub const fn channel(self) -> Option<Channel> {
        match self {
            Self::Sms => Some(Channel::Sms),
            Self::Email => Some(Channel::Email),
            Self::Totp | Self::RecoveryCode => None,
        }
    }

    /// What a sign-in with it says of itself (RFC 8176).
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Totp | Self::Email | Self::RecoveryCode => &["pwd", "otp", "mfa"],
            Self::Sms => &["pwd", "sms", "mfa"],
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An enrolled factor.
#[derive(Clone, Debug)]
pub struct Factor {
    /// Which.
    pub id: FactorId,
    /// Whose.
    pub user: UserId,
    /// Of which kind.
    pub method: Method,
    /// What the person calls it.
    pub label: String,
    /// The authenticator's secret; none where codes are sent.
    pub secret: Option<Sealed>,
    /// Where codes are sent; none for an authenticator.
    pub destination: Option<SealedDestination>,
    /// The last step used, for any purpose.
    pub last_used_step: Option<Step>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When it was confirmed.
    pub created_at: Timestamp,
}

/// What a code is to a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Live and not used: this step is to be used up.
    Right(Step),
    /// It was right, and was used.
    AlreadyUsed,
    /// It belongs to a step that is not live: this many seconds off, negative when past.
    OtherStep(Step),
    /// It was sent and right, and its time is over.
    Expired,
    /// It belongs to no step near now.
    Wrong,
}

impl Factor {
    /// Where its secret stands.
    pub const fn place(id: FactorId, user: UserId) -> Place {
        Place { table: "factors", column: "secret", row: id.uuid(), owner: user.uuid() }
    }

    /// Where its destination stands.
    pub const fn destination_place(id: FactorId, user: UserId) -> Place {
        Place { table: "factors", column: "destination", row: id.uuid(), owner: user.uuid() }
    }

    /// The opened secret.
    pub fn open(&self, keys: &KeyRing) -> Result<TotpSecret, Broken> {
        let place = Self::place(self.id, self.user);
        let secret = self.secret.as_ref().ok_or_else(|| place.broken(Fault::Missing))?;
        keys.open(&place, secret).map(TotpSecret::from_bytes)
    }

    /// Where its codes are sent; `None` for an authenticator. A factor that sends and has no destination is broken.
    pub fn destination(&self, keys: &KeyRing) -> Result<Option<Destination>, Broken> {
        let place = Self::destination_place(self.id, self.user);
        match (&self.destination, self.method.channel()) {
            (_, None) => Ok(None),
            (None, Some(_)) => Err(place.broken(Fault::Missing)),
            (Some(sealed), Some(_)) => sealed.open(self.method, &place, keys).map(Some),
        }
    }

    /// Where its codes are sent, and the blind index they are counted by. That one stays with the row when the active key
    /// changes: what was counted before goes on counting.
    pub(crate) fn addressed(&self, keys: &KeyRing) -> Result<Option<(Destination, [u8; 32])>, Broken> {
        Ok(self.destination(keys)?.zip(self.destination.as_ref().map(|sealed| sealed.key)))
    }

    /// The used-step memory. One further ahead than the clock is trusted came from a wrong clock, and has overwritten what
    /// was known before: then no step up to `floor` is taken.
    fn used_step(&self, floor: Option<Step>, now: Timestamp, policy: &Policy) -> Option<Step> {
        let trusted = Step::at(now + policy.clock_trust);
        self.last_used_step.and_then(|step| if step <= trusted { Some(step) } else { floor })
    }

    /// Judges a code of six digits; for `floor` see [`Settings::steps_used_to`](crate::user::Settings::steps_used_to).
    pub fn judge(
        &self,
        code: u32,
        floor: Option<Step>,
        now: Timestamp,
        context: &Context<'_>,
    ) -> Result<Judgement, Broken> {
        let secret = self.open(context.keys)?;
        let used = self.used_step(floor, now, context.policy);
        Ok(match secret.live_step(code, now) {
            Some(step) if used.is_none_or(|used| step > used) => Judgement::Right(step),
            Some(_) => Judgement::AlreadyUsed,
            None => match secret.dead_step(code, now) {
                Some(step) if used == Some(step) => Judgement::AlreadyUsed,
                Some(step) => Judgement::OtherStep(step),
                None => Judgement::Wrong,
            },
        })
    }
}
