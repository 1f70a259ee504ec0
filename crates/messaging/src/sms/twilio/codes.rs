//! What Twilio's error codes mean for the next step: from its error dictionary, in our own words.
//!
//! The same codes come at once, with a refusal, and later, in reports. A code that is not here is judged by the status it
//! came with.

use std::time::Duration;

use crate::sms::TryFailure;

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The number will not be reached by anybody, or its owner wants no messages.
    Number,
    /// Not from this sender, or not now: another provider may.
    Route,
    /// The account, its credentials or the service: nobody is served.
    Provider,
}

/// Meaning and words of a code, if it is known.
pub const fn meaning(code: u32) -> Option<(Meaning, &'static str)> {
    use Meaning::{Number, Provider, Route};
    Some(match code {
        // The number.
        21211 | 21214 | 21217 => (Number, "invalid number"),
        21263 | 21265 | 21267 => (Number, "short code or premium number"),
        21266 => (Number, "the sender's own number"),
        21610 => (Number, "unsubscribed"),
        21614 | 21635 => (Number, "not a mobile phone"),
        30004 => (Number, "blocked"),
        30005 => (Number, "unknown number"),
        30006 => (Number, "landline or unreachable carrier"),
        // Whom one provider holds to be a fraud is not tried through another.
        30450 => (Number, "stopped by fraud protection"),
        // The way there.
        21219 | 21608 => (Route, "trial account sends to verified numbers only"),
        21408 => (Route, "country not enabled for this account"),
        21612 => (Route, "no route from this sender"),
        30003 => (Route, "phone unreachable"),
        30007 => (Route, "filtered by the carrier"),
        30008 => (Route, "lost by the carrier"),
        30009 => (Route, "segment lost"),
        30010 => (Route, "above the price limit"),
        30024 | 30032 | 30034 | 30035 => (Route, "sender not registered for this country"),
        30023 | 30027 => (Route, "daily limit of the carrier reached"),
        30036 => (Route, "validity period over"),
        // The account and the service.
        20003 | 20004 | 20008 | 20403 => (Provider, "credentials refused"),
        20005 | 30002 => (Provider, "account suspended"),
        20404 => (Provider, "account not found"),
        20429 | 14107 | 30022 => (Provider, "too many requests"),
        21611 | 30001 => (Provider, "queue full"),
        63038 => (Provider, "daily limit reached"),
        21212 | 21603 | 21606 | 21618 | 21659 | 21660 | 21661 => (Provider, "sender refused"),
        21701 | 21703 | 21704 | 21705 | 21712 => (Provider, "messaging service refused"),
        20500 | 20503 | 30410 | 30500 => (Provider, "failing"),
        _ => return None,
    })
}

/// The failure a code stands for.
pub(super) fn failure(code: u32, retry_after: Option<Duration>) -> Option<TryFailure> {
    let (meaning, words) = meaning(code)?;
    let reason = format!("{words} (twilio {code})");
    Some(match meaning {
        Meaning::Number => TryFailure::Number { reason },
        Meaning::Route => TryFailure::Route { reason },
        Meaning::Provider => TryFailure::Provider { reason, retry_after },
    })
}
