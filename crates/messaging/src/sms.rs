//! Text messages: a number and a text in, a receipt out, through one of several providers.
//!
//! A provider is one file below here that implements [`SmsProvider`]: it speaks its HTTP and says of each refusal what
//! it means ([`TryFailure`]). It knows nothing of the others. [`Carrier`] holds them in order and sends through the
//! first that is healthy; which one comes next is decided by the pure rules in [`failover`] and [`breaker`].
//!
//! Invariants: every provider of one message is given the same text; after two tries whose answer was lost no third is
//! made, so that nobody gets more than one duplicate; nothing that is logged, stored or returned holds a number, a text
//! or a credential. What a provider says in words never leaves this module, because providers quote the number.
//!
//! Deliberately absent: retries of the same provider (the worker does that, with the same code), and a memory shared by
//! processes: each finds out by itself that a provider is down.

pub mod aws_sns;
pub mod breaker;
pub mod carrier;
pub mod failover;
pub mod http;
pub mod mailbox;
pub mod report;
pub mod standard_webhook;
pub mod twilio;
pub mod vonage;
pub mod webhook;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use domain::destination::PhoneNumber;
use domain::secret::SecretText;
use domain::time::Timestamp;
use url::Url;
use uuid::Uuid;

pub use carrier::Carrier;
pub use report::{Callback, CallbackFault, ReceiptState, ReceiptUpdate};

use crate::receipt::{Receipt, SendFailure};

/// A text message ready to be sent. Its `Debug` shows its id and nothing else.
#[derive(Clone)]
pub struct Sms {
    /// The number it goes to.
    pub to: PhoneNumber,
    /// The text, the same for every provider and every try.
    pub body: SecretText,
    /// Names the message to providers that take an idempotency key; the same for every try.
    pub id: Uuid,
    /// Where its fate may be reported. [`Carrier`] adds the provider's name as the last segment of the path.
    pub status_callback: Option<Url>,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The callback may carry a token that names the message to the outside.
        f.debug_struct("Sms").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a provider did not take a message, told apart by what follows from it. Reasons are our own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryFailure {
    /// Nobody will reach this number: no other provider is asked.
    Number {
        /// Why.
        reason: String,
    },
    /// This provider, or our account there, does not reach this number; it goes on serving others. The next is asked.
    Route {
        /// Why.
        reason: String,
    },
    /// The provider serves nobody now, or not us. Nothing was sent; the next is asked, and the breaker counts.
    Provider {
        /// Why.
        reason: String,
        /// How long it asks to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The answer was lost: it may have been sent. The next is asked with the same text, and the breaker counts.
    Lost {
        /// Why.
        reason: String,
    },
}

impl TryFailure {
    /// Nobody will reach this number.
    pub fn number(reason: impl Into<String>) -> Self {
        Self::Number { reason: reason.into() }
    }

    /// Not from here.
    pub fn route(reason: impl Into<String>) -> Self {
        Self::Route { reason: reason.into() }
    }

    /// Not now; nobody said for how long.
    pub fn provider(reason: impl Into<String>) -> Self {
        Self::Provider { reason: reason.into(), retry_after: None }
    }

    /// Perhaps sent.
    pub fn lost(reason: impl Into<String>) -> Self {
        Self::Lost { reason: reason.into() }
    }

    /// Why, in words that may be logged and stored.
    pub fn reason(&self) -> &str {
        match self {
            Self::Number { reason }
            | Self::Route { reason }
            | Self::Provider { reason, .. }
            | Self::Lost { reason } => reason,
        }
    }

    /// Its name in metrics and timelines.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Number { .. } => "number_refused",
            Self::Route { .. } => "route_refused",
            Self::Provider { .. } => "provider_failed",
            Self::Lost { .. } => "answer_lost",
        }
    }
}

/// What it means to a caller who has this provider only.
impl From<TryFailure> for SendFailure {
    fn from(failure: TryFailure) -> Self {
        match failure {
            TryFailure::Number { reason } | TryFailure::Route { reason } => Self::Permanent { reason },
            TryFailure::Provider { reason, retry_after } => Self::Passing { reason, retry_after },
            TryFailure::Lost { reason } => Self::Unknown { reason },
        }
    }
}

/// A try under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Receipt, TryFailure>> + Send + 'a>>;

/// Whoever carries text messages. An implementation's `Debug` shows no credential.
pub trait SmsProvider: fmt::Debug + Send + Sync {
    /// Its name in the configuration, in metrics, and in the path of its callbacks.
    fn name(&self) -> &'static str;

    /// Hands one message over, once.
    fn send<'a>(&'a self, sms: &'a Sms, now: Timestamp) -> Sending<'a>;

    /// Reads a report about a message handed over earlier, if it is certain that this provider wrote it.
    fn read_callback(&self, _callback: &Callback<'_>, _now: Timestamp) -> Result<ReceiptUpdate, CallbackFault> {
        Err(CallbackFault::NoReports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_neither_number_nor_text_nor_callback() {
        let sms = Sms {
            to: PhoneNumber::from_e164("+12025550167").unwrap(),
            body: SecretText::new("314159 is your code"),
            id: Uuid::nil(),
            status_callback: Url::parse("https://id.example.com/sms/status/s3cret").ok(),
        };
        assert_eq!(format!("{sms:?}"), "Sms { id: 00000000-0000-0000-0000-000000000000, .. }");
    }

    #[test]
    fn a_failure_of_the_only_provider_means_the_same_to_the_caller() {
        let wait = Some(Duration::from_secs(9));
        let busy = TryFailure::Provider { reason: "busy".into(), retry_after: wait };
        assert_eq!(SendFailure::from(busy), SendFailure::Passing { reason: "busy".into(), retry_after: wait });
        assert_eq!(SendFailure::from(TryFailure::number("no")), SendFailure::permanent("no"));
        assert_eq!(SendFailure::from(TryFailure::route("no")), SendFailure::permanent("no"));
        assert_eq!(SendFailure::from(TryFailure::lost("?")), SendFailure::unknown("?"));
    }
}
