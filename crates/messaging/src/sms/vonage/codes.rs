//! What the error codes of Vonage's Messages API mean for the next step, in our own words.
//!
//! The same codes come at once, with a refusal, and later, in reports. A code that is not here is judged by the status it
//! came with.

use std::time::Duration;

use crate::sms::TryFailure;

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The number will not be reached by anybody.
    Number,
    /// Not from this sender, or not now: another provider may.
    Route,
    /// The account, its credentials or the service: nobody is served.
    Provider,
}

/// The code at the end of a problem's `type`.
pub(super) fn code(kind: &str) -> Option<&str> {
    kind.rsplit_once('#').map(|(_, code)| code)
}

/// Meaning and words of a code, if it is known.
pub fn meaning(code: &str) -> Option<(Meaning, &'static str)> {
    use Meaning::{Number, Provider, Route};
    Some(match code {
        "1050" => (Number, "barred number"),
        "1170" | "1240" => (Number, "invalid number"),
        "1190" => (Number, "number no longer in use"),
        "1040" => (Route, "message or prefix not taken"),
        "1160" => (Route, "number not on the account's list"),
        "1180" => (Route, "phone unreachable"),
        "1210" => (Route, "stopped by a spam filter"),
        "1250" | "1260" => (Route, "no route to this number"),
        "1000" => (Provider, "too many requests"),
        "1030" | "1100" => (Provider, "failing"),
        "1060" | "account-suspended" => (Provider, "account suspended"),
        "1070" | "low-balance" => (Provider, "account without credit"),
        "1080" | "1140" | "unprovisioned" => (Provider, "account not enabled"),
        "1120" => (Provider, "sender refused"),
        "unauthorized" | "forbidden" | "invalid-api-key" | "invalid-signature" => (Provider, "credentials refused"),
        _ => return None,
    })
}

/// The failure a code stands for.
pub(super) fn failure(code: &str, retry_after: Option<Duration>) -> Option<TryFailure> {
    let (meaning, words) = meaning(code)?;
    let reason = format!("{words} (vonage {code})");
    Some(match meaning {
        Meaning::Number => TryFailure::Number { reason },
        Meaning::Route => TryFailure::Route { reason },
        Meaning::Provider => TryFailure::Provider { reason, retry_after },
    })
}
