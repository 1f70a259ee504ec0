//! What providers report later: the fate of a message they took.
//!
//! A report is believed only if it carries the provider's signature over the very request: who can name a message must
//! not be able to say that it arrived. The functions here and in the providers' files are pure; the route that takes the
//! request, and the row it changes, are not theirs.
//!
//! A report never moves a message backwards and never decides whether a code is right; that is the caller's to keep.
//! Twilio signs no time: against replay of its reports only that rule helps.

use domain::time::{Duration, Timestamp};

/// How old a signed time may be, and how far ahead.
pub(crate) const TOLERANCE: Duration = Duration::from_mins(5);

/// A request as it came in, before anything of it is believed.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// The address as the provider called it: the configured base URL, then path and query as received. Never the
    /// `Host` header, which a forger chooses.
    pub url: &'a str,
    /// The value of a header by its lower-case name.
    pub header: &'a (dyn Fn(&str) -> Option<&'a str> + Send + Sync),
    /// The body, unparsed.
    pub body: &'a [u8],
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptState {
    /// The provider has it.
    Accepted,
    /// It went to the network.
    Sent,
    /// It is on the phone.
    Delivered,
    /// It went to the network and did not reach the phone.
    Undelivered,
    /// It never left the provider.
    Failed,
}

impl ReceiptState {
    /// Its name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will be reported.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Accepted | Self::Sent => false,
            Self::Delivered | Self::Undelivered | Self::Failed => true,
        }
    }
}

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptUpdate {
    /// The message, as its receipt named it.
    pub provider_id: String,
    /// How far it has come.
    pub state: ReceiptState,
    /// Why not further: the provider's code, as `twilio_30003`; only letters, digits and `_`.
    pub reason: Option<String>,
    /// Whether the reason says that this number will never be reached.
    pub number_is_dead: bool,
}

/// Why a report changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// The provider is not configured, sends no reports, or its signing secret is not set.
    #[error("no reports are expected from this provider")]
    NoReports,
    /// It is not signed, or not by the provider.
    #[error("the signature is missing or wrong")]
    Forged,
    /// It is signed, for another time.
    #[error("the signature is too old, or from the future")]
    Stale,
    /// It is signed, and says nothing that is understood.
    #[error("the report cannot be read")]
    Malformed,
}

/// Whether a signed moment is near enough.
pub(crate) fn is_fresh(signed: Timestamp, now: Timestamp) -> Result<(), CallbackFault> {
    let age = now.since(signed);
    if age <= TOLERANCE && age.as_micros() >= -TOLERANCE.as_micros() { Ok(()) } else { Err(CallbackFault::Stale) }
}

/// A reason made of the provider's code, if that is of a form that tells nothing else.
pub(crate) fn reason(provider: &str, code: &str) -> Option<String> {
    let fits = (1..=32).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // A run of digits as long as a phone number is none of the codes we know.
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    (fits && digits <= 5).then(|| format!("{provider}_{code}"))
}

/// Whether a foreign name of a message can be kept beside it: short, one word, ASCII.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_cannot_hold_a_number_or_a_code() {
        assert_eq!(reason("twilio", "30003").as_deref(), Some("twilio_30003"));
        assert_eq!(reason("webhook", "no_such_number").as_deref(), Some("webhook_no_such_number"));
        for text in ["", "314159", "+12025550167", "a b", "a12b34c56", "x\n", &"x".repeat(33)] {
            assert_eq!(reason("webhook", text), None, "{text:?}");
        }
    }

    #[test]
    fn a_foreign_id_is_one_short_word() {
        assert!(is_id("SM0123456789abcdef") && is_id("aaaaaaaa-bbbb-cccc-dddd-0123456789ab"));
        for text in ["", "a b", "a\nb", "ä", &"x".repeat(129)] {
            assert!(!is_id(text), "{text:?}");
        }
    }

    #[test]
    fn only_an_end_is_final() {
        let open = [ReceiptState::Accepted, ReceiptState::Sent];
        let ends = [ReceiptState::Delivered, ReceiptState::Undelivered, ReceiptState::Failed];
        assert!(open.iter().all(|state| !state.is_final()) && ends.iter().all(|state| state.is_final()));
        assert!(ReceiptState::Accepted < ReceiptState::Sent && ReceiptState::Sent < ReceiptState::Delivered);
    }
}
