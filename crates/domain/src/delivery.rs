//! Delivery: what becomes of a message between its commit and its recipient.
//!
//! ```text
//!   queued ──claim──▶ leased ──a transport took it──▶ accepted ──its report──▶ delivered | failed
//!     ▲                  │
//!     │                  ├──refused for good, answer lost twice, unreadable, replaced──▶ dead
//!     │                  └──its life is over──▶ expired
//!     └──back off, or the lease runs out
//! ```
//!
//! Each try carries the same content. A try whose answer was lost may have been a delivery: after one of them a second try
//! is made, for a code that does not come locks a person out; after two there is none, so that nobody gets more than one
//! duplicate. A worker that dies holding a message counts as a lost answer too.
//!
//! Nothing here decides whether a code is right: a report about a message never touches a challenge or a person.

use rand::CryptoRng;

use crate::audit::{AuditAction, AuditEntry, Detail};
use crate::command::{Context, Decide, Origin};
use crate::decision::{Change, Decision};
use crate::ids::{ApplicationId, MessageId, UserId};
use crate::secret::Broken;
use crate::time::{Duration, Timestamp};
use crate::user::Account;

/// The wait after the first failed try, at most; each further one doubles.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Tries of one message, should its life not end before: more than three days of the longest wait.
const MOST_TRIES: u32 = 320;
/// Tries whose answer was lost, after which there is no further one.
const MOST_LOST: u32 = 2;

/// What keeps a message from its recipient, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This destination will never be reached.
    Refused,
    /// No transport takes it now.
    Unavailable,
    /// It may have been sent; nobody knows.
    Lost,
    /// It cannot be read, or not be put into words.
    Unreadable,
    /// Its life was over before it was sent.
    Expired,
    /// The code in it is dead: a newer one was sent, or what it was for is over.
    Superseded,
    /// An operator dropped it.
    Dropped,
    /// It was taken, and did not arrive.
    Undelivered,
}

impl Trouble {
    /// Every word.
    pub const ALL: [Self; 8] = [
        Self::Refused,
        Self::Unavailable,
        Self::Lost,
        Self::Unreadable,
        Self::Expired,
        Self::Superseded,
        Self::Dropped,
        Self::Undelivered,
    ];

    /// Its name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::Lost => "lost",
            Self::Unreadable => "unreadable",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Dropped => "dropped",
            Self::Undelivered => "undelivered",
        }
    }

    /// The word of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.as_str() == name)
    }
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its first try, or is being tried.
    Queued,
    /// The last try failed; there will be another.
    Delayed(Trouble),
    /// A transport took it.
    Accepted,
    /// Its provider says that it arrived.
    Delivered,
    /// It will not arrive.
    Failed(Trouble),
}

impl Stage {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delayed(_) => "delayed",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Failed(_) => "failed",
        }
    }

    /// What stands in its way.
    pub const fn trouble(self) -> Option<Trouble> {
        match self {
            Self::Delayed(trouble) | Self::Failed(trouble) => Some(trouble),
            Self::Queued | Self::Accepted | Self::Delivered => None,
        }
    }
}

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// A transport took the message.
    Taken,
    /// It will never be taken.
    Refused,
    /// It was not taken, and later may be.
    Failed {
        /// How long the transport asks to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The answer was lost, so many times over.
    Lost {
        /// How many transports may have sent it.
        answers: u32,
    },
}

/// What comes after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is on its way.
    Accepted,
    /// Another try, not before then.
    Again(Timestamp, Trouble),
    /// Nothing: it is given up.
    GiveUp(Trouble),
}

/// What the rules know of a claimed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Tries, this one included.
    pub tries: u32,
    /// Earlier ones that may have been deliveries.
    pub lost: u32,
    /// When its life is over.
    pub expires_at: Option<Timestamp>,
    /// Whether the code in it is dead already.
    pub superseded: bool,
}

impl Course {
    /// Whether it may be sent now; else why it never will.
    pub fn check(&self, now: Timestamp) -> Result<(), Trouble> {
        if self.expires_at.is_some_and(|end| end <= now) {
            Err(Trouble::Expired)
        } else if self.superseded {
            Err(Trouble::Superseded)
        } else if self.lost >= MOST_LOST {
            Err(Trouble::Lost)
        } else if self.tries > MOST_TRIES {
            Err(Trouble::Unavailable)
        } else {
            Ok(())
        }
    }

    /// What comes after a try that ended at `now`.
    pub fn after(&self, tried: Tried, now: Timestamp, rng: &mut dyn CryptoRng) -> Next {
        let (trouble, asked) = match tried {
            Tried::Taken => return Next::Accepted,
            Tried::Refused => return Next::GiveUp(Trouble::Refused),
            Tried::Lost { answers } if self.lost.saturating_add(answers) >= MOST_LOST => {
                return Next::GiveUp(Trouble::Lost);
            }
            Tried::Lost { .. } => (Trouble::Lost, None),
            Tried::Failed { retry_after } => (Trouble::Unavailable, retry_after),
        };
        if self.tries >= MOST_TRIES {
            return Next::GiveUp(trouble);
        }
        let wait = back_off(self.tries, rng).max(asked.unwrap_or(Duration::ZERO).min(LONGEST_WAIT));
        // At the end of its life it is looked at once more, to be written off on time.
        let at = self.expires_at.map_or(now + wait, |end| end.min(now + wait));
        Next::Again(at, trouble)
    }
}

/// How long to wait after so many tries: half of it fixed and half by chance, so that what failed together does not come
/// back together.
pub fn back_off(tries: u32, rng: &mut dyn CryptoRng) -> Duration {
    let doubled = FIRST_WAIT.times(1 << tries.saturating_sub(1).min(20)).min(LONGEST_WAIT);
    let half = doubled.as_micros() / 2;
    let chance = i64::try_from(rng.next_u64() >> 1).unwrap_or(0).checked_rem(half + 1).unwrap_or(0);
    Duration::from_micros(half + chance)
}

/// How a message ends that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Its life is over: found by the worker that holds it, at this try.
    Expired {
        /// Tries, this one included.
        tries: u32,
    },
    /// An operator drops it.
    Dropped,
}

/// Ends a message unsent, and writes that down where the person it was for has their entries.
#[derive(Debug)]
pub struct EndMessage {
    /// Which.
    pub message: MessageId,
    /// Whose, if anybody's.
    pub user: Option<UserId>,
    /// How.
    pub how: Unsent,
    /// Who acts.
    pub origin: Origin,
}

impl Decide for EndMessage {
    /// The person, if they are still there.
    type View = Option<Account>;
    type Reply = ();

    fn decide(&self, account: Option<Account>, context: &mut Context<'_>) -> Result<Decision<()>, Broken> {
        let (action, success) = match self.how {
            Unsent::Expired { .. } => (AuditAction::DeliveryExpired, false),
            Unsent::Dropped => (AuditAction::MessageDropped, true),
        };
        let decision = Decision::new(Ok(()), context.clock).change(Change::EndMessage(self.message, self.how));
        let about = Detail::Subject("message", self.message.uuid());
        Ok(match &account {
            Some(account) => {
                let entry = account.entry(action, success, &self.origin);
                decision.on_chain_of(account).audit(AuditEntry { detail: about, ..entry })
            }
            None => decision.audit(AuditEntry {
                person: None,
                user: None,
                application: ApplicationId::DEFAULT,
                action,
                success,
                method: None,
                device: None,
                detail: about,
                origin: self.origin.clone(),
            }),
        })
    }
}

/// What a provider reports of a message it took, from the least to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reported {
    /// It has it.
    Accepted,
    /// It went to the network.
    Sent,
    /// It did not arrive.
    Failed,
    /// It arrived.
    Delivered,
}

impl Reported {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
        }
    }

    /// The report of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Accepted, Self::Sent, Self::Failed, Self::Delivered].into_iter().find(|known| known.as_str() == name)
    }

    /// Whether it tells more than what is known. A report repeated, or overtaken by a later one, tells nothing.
    pub fn advances(self, known: Option<Self>) -> bool {
        known.is_none_or(|known| self > known)
    }
}

#[cfg(test)]
mod tests;
