//! Figures: what happened, hour by hour, counted for those who run the service. No figure names a person.
//!
//! Each entry of the audit log adds to some of them. An hour is summed once it is over, and once more when everything that
//! belongs to it has come in: codes sent at its end are typed after it.

use std::collections::BTreeMap;

use crate::audit::AuditAction;
use crate::factor::Method;
use crate::time::{Duration, Timestamp};

/// The span that is summed in one.
pub const HOUR: Duration = Duration::from_hours(1);
/// How far back hours are summed that were missed.
pub const BACK: Duration = Duration::from_days(30);
/// How long figures are kept.
pub const KEPT: Duration = Duration::from_days(400);
/// How long after its end everything of an hour has come in: longer than any code is good for.
const SETTLED: Duration = Duration::from_hours(2);
/// An hour that was summed further ahead than this was summed by a wrong clock.
const AHEAD: Duration = Duration::from_hours(1);

/// What is counted. Each has labels of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Figure {
    /// Sign-ins that ended well: `code` by a second factor, `free` without being asked for one.
    SignIns,
    /// Codes given at sign-ins: `right` or `wrong`.
    Codes,
    /// What stood for the second factor: the kind of code, or `trusted_device`.
    Methods,
    /// What did not work: the action, and the reason behind a space where there is one.
    Failures,
    /// Accounts locked after wrong codes: the reason.
    Locks,
    /// Messages that a provider took: channel and provider.
    Accepted,
    /// Those that it says arrived.
    Delivered,
    /// Those that it did not take, or says did not arrive.
    Failed,
    /// Text messages sent: the country; the amount is their cost, in millionths.
    TextMessages,
    /// Those whose code was typed: the country.
    TextMessagesTyped,
    /// Accounts that can sign in, at the end of the hour: the application, or nothing for all of them.
    People,
    /// Those of them that have a second factor.
    Guarded,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Self; 12] = [
        Self::SignIns,
        Self::Codes,
        Self::Methods,
        Self::Failures,
        Self::Locks,
        Self::Accepted,
        Self::Delivered,
        Self::Failed,
        Self::TextMessages,
        Self::TextMessagesTyped,
        Self::People,
        Self::Guarded,
    ];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIns => "sign_ins",
            Self::Codes => "codes",
            Self::Methods => "methods",
            Self::Failures => "failures",
            Self::Locks => "locks",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::TextMessages => "text_messages",
            Self::TextMessagesTyped => "text_messages_typed",
            Self::People => "people",
            Self::Guarded => "guarded",
        }
    }

    /// The figure of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.as_str() == name)
    }
}

/// Entries of the audit log that have all of this in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// What happened, as the log has it.
    pub action: String,
    /// Whether it came out as wanted.
    pub success: bool,
    /// With which kind of factor, as the log has it.
    pub method: Option<String>,
    /// Why it did not; empty where it did, or where no reason is told.
    pub reason: String,
}

impl Entries {
    /// The figures each of them adds one to, and under which label.
    pub fn figures(&self) -> Vec<(Figure, String)> {
        let mut figures = Vec::new();
        let mut add = |figure, label: &str| figures.push((figure, label.to_owned()));
        match (AuditAction::parse(&self.action), self.success) {
            (Some(AuditAction::SignedIn), true) => add(Figure::SignIns, "free"),
            (Some(AuditAction::CodeVerified), true) => {
                add(Figure::SignIns, "code");
                add(Figure::Codes, "right");
                if let Some(method) = self.method.as_deref().and_then(Method::parse) {
                    add(Figure::Methods, method.as_str());
                }
            }
            (Some(AuditAction::CodeVerified), false) => add(Figure::Codes, "wrong"),
            (Some(AuditAction::TrustedDeviceRecognized), true) => add(Figure::Methods, "trusted_device"),
            (Some(AuditAction::AccountLocked), true) => add(Figure::Locks, &self.reason),
            _ => {}
        }
        if !self.success {
            add(Figure::Failures, format!("{} {}", self.action, self.reason).trim_end());
        }
        figures
    }
}

/// The beginning of the hour a moment is in.
pub fn hour_of(moment: Timestamp) -> Timestamp {
    Timestamp::from_micros(moment.as_micros().div_euclid(HOUR.as_micros()).saturating_mul(HOUR.as_micros()))
}

/// The hours that are to be summed at `now`, newest first: those that are over and were not summed yet, or were before
/// everything had come in. Nothing happened before `first`; `summed` has when each hour since [`BACK`] was summed.
pub fn due(first: Timestamp, summed: &BTreeMap<Timestamp, Timestamp>, now: Timestamp) -> Vec<Timestamp> {
    let from = hour_of(first.max(now - BACK));
    let mut due = Vec::new();
    let mut hour = hour_of(now) - HOUR;
    while hour >= from {
        let settled_at = hour + HOUR + SETTLED;
        let is_due = match summed.get(&hour) {
            Some(at) if at.since(now) <= AHEAD => *at < settled_at && settled_at <= now,
            _ => true,
        };
        if is_due {
            due.push(hour);
        }
        hour = hour - HOUR;
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn figures(action: &str, success: bool, method: Option<&str>, reason: &str) -> Vec<(Figure, String)> {
        let method = method.map(str::to_owned);
        Entries { action: action.to_owned(), success, method, reason: reason.to_owned() }.figures()
    }

    #[test]
    fn an_entry_adds_to_what_it_tells_of() {
        let named = |figure, label: &str| (figure, label.to_owned());
        assert_eq!(figures("signed_in", true, None, ""), [named(Figure::SignIns, "free")]);
        assert_eq!(
            figures("code_verified", true, Some("totp"), ""),
            [named(Figure::SignIns, "code"), named(Figure::Codes, "right"), named(Figure::Methods, "totp")]
        );
        assert_eq!(
            figures("code_verified", false, None, "wrong_code"),
            [named(Figure::Codes, "wrong"), named(Figure::Failures, "code_verified wrong_code")]
        );
        let recognized = figures("trusted_device_recognized", true, None, "");
        assert_eq!(recognized, [named(Figure::Methods, "trusted_device")]);
        assert_eq!(figures("account_locked", true, None, "wrong_codes"), [named(Figure::Locks, "wrong_codes")]);
        assert_eq!(figures("of_a_newer_version", false, None, ""), [named(Figure::Failures, "of_a_newer_version")]);
        assert_eq!(figures("looked", true, None, ""), []);
    }

    #[test]
    fn an_hour_is_summed_when_it_is_over_and_once_more_when_all_has_come_in() {
        let (first, hour) = (at("2026-03-01T12:20:00Z"), at("2026-03-01T12:00:00Z"));
        let mut summed = BTreeMap::new();
        assert_eq!(due(first, &summed, at("2026-03-01T12:59:59Z")), []);
        let now = at("2026-03-01T13:00:00Z");
        assert_eq!(due(first, &summed, now), [hour]);
        summed.insert(hour, now);
        assert_eq!(due(first, &summed, at("2026-03-01T13:59:59Z")), []);
        let later = at("2026-03-01T15:00:00Z");
        assert_eq!(due(first, &summed, later), [hour + HOUR + HOUR, hour + HOUR, hour]);
        summed.extend([(hour, later), (hour + HOUR, later), (hour + HOUR + HOUR, later)]);
        assert_eq!(due(first, &summed, later), []);
    }

    #[test]
    fn hours_that_were_missed_are_caught_up_within_bounds() {
        let (first, now) = (at("2020-01-01T00:00:00Z"), at("2026-03-31T12:30:00Z"));
        let missed = due(first, &BTreeMap::new(), now);
        assert_eq!(missed.first(), Some(&at("2026-03-31T11:00:00Z")));
        assert_eq!(missed.last(), Some(&at("2026-03-01T12:00:00Z")));
        assert_eq!(missed.len(), 30 * 24);
    }

    #[test]
    fn an_hour_that_a_wrong_clock_summed_ahead_is_summed_again() {
        let (hour, now) = (at("2026-03-01T12:00:00Z"), at("2026-03-01T13:10:00Z"));
        assert_eq!(due(hour, &BTreeMap::from([(hour, at("2027-01-01T00:00:00Z"))]), now), [hour]);
        assert_eq!(due(hour, &BTreeMap::from([(hour, now + Duration::from_mins(1))]), now), []);
    }

    #[test]
    fn names_lead_back() {
        for figure in Figure::ALL {
            assert_eq!(Figure::parse(figure.as_str()), Some(figure));
        }
    }
}
