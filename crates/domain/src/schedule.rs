//! Jobs that come round by the clock: which there are, and when one is due. They tidy, sign what was written down, and count;
//! nothing else depends on their running in time.

use crate::time::{Duration, Timestamp};

const DAY: Duration = Duration::from_days(1);
/// A job that began further ahead than this began by a wrong clock. Clocks of several nodes differ by less.
const AHEAD: Duration = Duration::from_hours(1);

/// A job that comes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Deletes browsers whose trust is over.
    CleanupExpiredTrustedDevices,
    /// Deletes what ended, but for the audit log: codes, challenges, sessions, contents of messages.
    Sweep,
    /// Signs what was added to the audit log.
    SignAuditLog,
    /// Deletes what of the audit log is older than it is kept.
    CutAuditLog,
    /// Sums what happened, hour by hour.
    SumFigures,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 5] =
        [Self::CleanupExpiredTrustedDevices, Self::Sweep, Self::SignAuditLog, Self::CutAuditLog, Self::SumFigures];

    /// Its name in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CleanupExpiredTrustedDevices => "cleanup_expired_trusted_devices",
            Self::Sweep => "sweep",
            Self::SignAuditLog => "sign_audit_log",
            Self::CutAuditLog => "cut_audit_log",
            Self::SumFigures => "sum_figures",
        }
    }

    /// The job of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.as_str() == name)
    }
}

/// When a job comes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every day, at this time after midnight, UTC.
    Daily(Duration),
    /// Again and again, so long after it began last.
    Every(Duration),
}

impl Schedule {
    /// Whether a job that began last at `last` is due. One that was missed is, once; so is one that never ran.
    pub fn is_due(self, last: Option<Timestamp>, now: Timestamp) -> bool {
        self.next(last, now) <= now
    }

    /// When a job that began last at `last` is to begin; in the past, if that was missed.
    pub fn next(self, last: Option<Timestamp>, now: Timestamp) -> Timestamp {
        match (self, last.filter(|last| last.since(now) <= AHEAD)) {
            (_, None) => now,
            (Self::Every(span), Some(last)) => last + span,
            (Self::Daily(at), Some(last)) => {
                let today = midnight(last) + at;
                if last < today { today } else { today + DAY }
            }
        }
    }
}

/// The beginning of the day, UTC.
fn midnight(moment: Timestamp) -> Timestamp {
    Timestamp::from_micros(moment.as_micros().div_euclid(DAY.as_micros()).saturating_mul(DAY.as_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    const AT_TWO: Schedule = Schedule::Daily(Duration::from_hours(2));

    #[test]
    fn a_daily_job_is_due_once_a_day_at_its_time() {
        let last = Some(at("2026-03-01T02:00:03Z"));
        assert!(!AT_TWO.is_due(last, at("2026-03-01T23:59:59Z")));
        assert!(!AT_TWO.is_due(last, at("2026-03-02T01:59:59Z")));
        assert!(AT_TWO.is_due(last, at("2026-03-02T02:00:00Z")));
        assert_eq!(AT_TWO.next(last, at("2026-03-01T12:00:00Z")), at("2026-03-02T02:00:00Z"));
    }

    #[test]
    fn a_job_that_was_missed_is_caught_up_once_and_then_comes_at_its_time_again() {
        let now = at("2026-03-09T17:00:00Z");
        assert!(AT_TWO.is_due(Some(at("2026-03-01T02:00:03Z")), now), "eight of them were missed");
        assert!(!AT_TWO.is_due(Some(now), now + Duration::from_mins(1)));
        assert_eq!(AT_TWO.next(Some(now), now), at("2026-03-10T02:00:00Z"));
        assert!(AT_TWO.is_due(None, now), "who knows when it ran last");
    }

    #[test]
    fn a_job_that_ran_by_a_clock_far_ahead_is_due_again_and_one_by_a_clock_slightly_ahead_is_not() {
        let now = at("2026-03-01T12:00:00Z");
        for schedule in [AT_TWO, Schedule::Every(Duration::from_mins(10))] {
            assert!(schedule.is_due(Some(at("2036-03-01T12:00:00Z")), now));
            assert!(!schedule.is_due(Some(now + Duration::from_secs(3)), now));
        }
    }

    #[test]
    fn what_comes_again_and_again_counts_from_its_beginning() {
        let (last, every) = (at("2026-03-01T12:00:00Z"), Schedule::Every(Duration::from_mins(10)));
        assert!(!every.is_due(Some(last), last + Duration::from_secs(599)));
        assert!(every.is_due(Some(last), last + Duration::from_mins(10)));
    }

    #[test]
    fn before_1970_midnight_lies_before_too() {
        assert_eq!(midnight(at("1969-12-31T23:00:00Z")), at("1969-12-31T00:00:00Z"));
    }

    #[test]
    fn names_lead_back() {
        for job in Job::ALL {
            assert_eq!(Job::parse(job.as_str()), Some(job));
        }
    }
}
