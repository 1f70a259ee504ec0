//! Days as addresses and forms name them, and the way down from years to days.

use domain::time::Timestamp;
use time::{Date, Duration, Month};

/// A span of time made of whole days, in universal time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// From this moment on.
    pub(super) since: Option<Timestamp>,
    /// Before this moment.
    pub(super) until: Option<Timestamp>,
}

impl Span {
    /// From the first to the last day, both of them in it. What is no day narrows nothing.
    pub(super) fn between(from: &str, to: &str) -> Self {
        let until = day(to).and_then(|day| day.checked_add(Duration::DAY));
        Self { since: day(from).map(start), until: until.map(start) }
    }
}

/// Reads a day, such as `2026-03-05`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok().filter(|year| (1970..=9998).contains(year))?, month, day.parse().ok()?)
        .ok()
}

fn start(day: Date) -> Timestamp {
    Timestamp::from_datetime(day.midnight().assume_utc())
}

fn write(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// A name, and the first and the last day it stands for.
pub(super) type Named = (String, String, String);

/// Where one is between all time and one day.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Days {
    /// What this is part of, the widest first.
    pub(super) up: Vec<Named>,
    /// What it is made of: years, months or days.
    pub(super) down: Vec<Named>,
}

fn year(number: i32) -> Option<Named> {
    let first = Date::from_calendar_date(number, Month::January, 1).ok()?;
    let last = Date::from_calendar_date(number, Month::December, 31).ok()?;
    Some((format!("{number:04}"), write(first), write(last)))
}

fn month(number: i32, month: Month) -> Option<Named> {
    let first = Date::from_calendar_date(number, month, 1).ok()?;
    let last = first.replace_day(month.length(number)).ok()?;
    Some((format!("{number:04}-{:02}", u8::from(month)), write(first), write(last)))
}

fn one(day: Date) -> Named {
    (write(day), write(day), write(day))
}

impl Days {
    /// The parts of what is looked at, as far as anything was written in them: `all` is from the first to the last entry.
    pub(super) fn within(from: &str, to: &str, all: Option<(Timestamp, Timestamp)>) -> Self {
        let Some((first, last)) = all else { return Self::default() };
        let (first, last) = (first.to_datetime().date(), last.to_datetime().date());
        let written = |named: &Named| {
            day(&named.2).is_some_and(|end| end >= first) && day(&named.1).is_some_and(|start| start <= last)
        };
        let (Some(from), Some(to)) = (day(from), day(to)) else {
            let down = (first.year()..=last.year()).filter_map(year).collect();
            return Self { up: Vec::new(), down };
        };
        let of_year = year(from.year());
        let of_month = month(from.year(), from.month());
        let is =
            |named: &Option<Named>| named.as_ref().is_some_and(|named| named.1 == write(from) && named.2 == write(to));
        if is(&of_year) {
            let months = (1..=12).filter_map(|number| month(from.year(), Month::try_from(number).ok()?));
            return Self { up: of_year.into_iter().collect(), down: months.filter(written).collect() };
        }
        if is(&of_month) {
            let days = (1..=from.month().length(from.year())).filter_map(|number| from.replace_day(number).ok());
            let up = of_year.into_iter().chain(of_month).collect();
            return Self { up, down: days.map(one).filter(written).collect() };
        }
        if from == to {
            return Self { up: of_year.into_iter().chain(of_month).chain([one(from)]).collect(), down: Vec::new() };
        }
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_span_has_its_last_day_in_it_and_what_is_no_day_narrows_nothing() {
        let span = Span::between("2026-02-28", "2026-02-28");
        assert_eq!(span.since, Some(at("2026-02-28T00:00:00Z")));
        assert_eq!(span.until, Some(at("2026-03-01T00:00:00Z")));
        for nothing in
            ["", "2026-02-30", "2026-13-01", "yesterday", "2026-02", "99999-01-01", "' or 1=1--", "9999-12-31"]
        {
            assert_eq!(Span::between(nothing, nothing), Span { since: None, until: None }, "{nothing:?}");
        }
    }

    #[test]
    fn years_lead_to_months_and_those_to_days_as_far_as_anything_was_written() {
        let all = Some((at("2025-11-30T12:00:00Z"), at("2026-02-02T12:00:00Z")));
        let names = |list: &[Named]| list.iter().map(|named| named.0.clone()).collect::<Vec<_>>().join(" ");
        let years = Days::within("", "", all);
        assert_eq!((names(&years.up), names(&years.down)), (String::new(), "2025 2026".to_owned()));
        let months = Days::within("2025-01-01", "2025-12-31", all);
        assert_eq!((names(&months.up), names(&months.down)), ("2025".to_owned(), "2025-11 2025-12".to_owned()));
        let days = Days::within("2026-02-01", "2026-02-28", all);
        let found = (names(&days.up), names(&days.down));
        assert_eq!(found, ("2026 2026-02".to_owned(), "2026-02-01 2026-02-02".to_owned()));
        let day = Days::within("2026-02-02", "2026-02-02", all);
        assert_eq!((names(&day.up), names(&day.down)), ("2026 2026-02 2026-02-02".to_owned(), String::new()));
        assert_eq!(Days::within("2026-01-05", "2026-02-02", all), Days::default());
        assert_eq!(Days::within("", "", None), Days::default());
    }
}
