//! Time as the rules see it: a [`Timestamp`] handed in, never read from a clock.
//!
//! Both are counted in whole microseconds, which is what PostgreSQL's `timestamptz` keeps and what SQLite stores as an
//! integer, so a value survives either database unchanged.

use std::fmt;
use std::ops::{Add, Sub};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// 0000-01-01T00:00:00Z.
const FIRST_MICROS: i64 = -62_167_219_200_000_000;
/// 9999-12-31T23:59:59.999999Z.
const LAST_MICROS: i64 = 253_402_300_799_999_999;

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in microseconds; negative when the second moment of a difference lies later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Timestamp {
    /// The start of Unix time.
    pub const EPOCH: Self = Self(0);
    /// The end of the year 9999, after which a moment is not written down: later than anything.
    pub const LAST: Self = Self(LAST_MICROS);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the epoch, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time passed since `earlier`; negative when `earlier` lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// As a calendar date and time in UTC; outside the years 0 to 9999, which RFC 3339 can name, the nearest moment inside.
    pub fn to_datetime(self) -> OffsetDateTime {
        let micros = self.0.clamp(FIRST_MICROS, LAST_MICROS);
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// From a calendar date and time, cut to microseconds.
    pub fn from_datetime(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(i64::MAX))
    }

    /// Parses RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(Self::from_datetime)
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// From minutes, saturating.
    pub const fn from_mins(mins: i64) -> Self {
        Self::from_secs(mins.saturating_mul(60))
    }

    /// From hours, saturating.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_mins(hours.saturating_mul(60))
    }

    /// From days of 24 hours, saturating.
    pub const fn from_days(days: i64) -> Self {
        Self::from_hours(days.saturating_mul(24))
    }

    /// In microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// In seconds, rounded up: a wait told to a person is never too short.
    pub const fn as_secs_ceil(self) -> i64 {
        self.0.saturating_add(999_999).div_euclid(1_000_000)
    }

    /// In whole seconds, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// `times` this length, saturating.
    #[must_use]
    pub const fn times(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_can_be_written_and_what_the_calendar_reaches_reads_back() {
        let now = Timestamp::from_micros(1_800_000_000_123_456);
        assert_eq!(now.to_string(), "2027-01-15T08:00:00.123456Z");
        assert_eq!(Timestamp::parse(&now.to_string()), Some(now));
        assert_eq!(Timestamp::parse("2027-01-15T09:00:00.123456+01:00"), Some(now));
        for (micros, text) in [
            (i64::MIN, "0000-01-01T00:00:00Z"),
            (FIRST_MICROS - 1, "0000-01-01T00:00:00Z"),
            (LAST_MICROS, "9999-12-31T23:59:59.999999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp::from_micros(micros).to_string(), text);
        }
    }

    #[test]
    fn a_wait_is_rounded_up_and_a_moment_down() {
        assert_eq!(Duration::from_micros(1).as_secs_ceil(), 1);
        assert_eq!(Duration::from_secs(2).as_secs_ceil(), 2);
        assert_eq!(Timestamp::from_micros(-1).as_secs(), -1);
    }

    #[test]
    fn sums_beyond_the_end_of_time_stay_there() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end + Duration::from_days(1), end);
        assert_eq!(Timestamp::from_micros(i64::MIN).since(end), Duration::from_micros(i64::MIN));
        assert_eq!(Duration::from_days(i64::MAX).times(2), Duration::from_micros(i64::MAX));
    }
}
