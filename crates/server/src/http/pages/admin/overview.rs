//! How the service is doing: sign-ins, codes, locks, messages, and who has a second factor. Charts, and the same as tables.
//!
//! Drawn from figures that a job has summed hour by hour, however long the audit log is; only messages that wait are counted
//! now. No figure names a person, so that nobody's look is written down.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::administrator::Standing;
use domain::audit::AuditAction;
use domain::figures::{Figure, HOUR, hour_of};
use domain::sms_fraud;
use domain::time::{Duration, Timestamp};
use store::delivery::Backlog;
use store::figures::{Figures, Tally};

use super::Admin;
use super::chart::{Bar, Chart, percent, sum};
use crate::app::App;
use crate::http::pages::frame::Frame;
use crate::problem::Problem;

const DAY: Duration = Duration::from_days(1);

/// How much time is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Span {
    /// The last 24 full hours.
    #[default]
    Day,
    /// Today and six days before.
    Week,
    /// Today and 29 days before.
    Month,
}

impl Span {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// As an address names it; the shortest, where it names none.
    fn parse(query: Option<&str>) -> Self {
        let mut query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let wanted = query.find(|(name, _)| name == "span").map(|(_, value)| value);
        Self::ALL.into_iter().find(|span| wanted.as_deref() == Some(span.as_str())).unwrap_or_default()
    }

    /// How much time one bar stands for.
    const fn step(self) -> Duration {
        match self {
            Self::Day => HOUR,
            Self::Week | Self::Month => DAY,
        }
    }

    /// The beginnings of its bars, the last of which may not be over, at a moment.
    fn steps(self, now: Timestamp) -> Vec<Timestamp> {
        let (last, count) = match self {
            Self::Day => (hour_of(now) - HOUR, 24),
            Self::Week => (day_of(now), 7),
            Self::Month => (day_of(now), 30),
        };
        (0..count).rev().map(|back| last - self.step().times(back)).collect()
    }

    /// What a bar is called that begins then, in universal time.
    fn name(self, at: Timestamp) -> String {
        let at = at.to_datetime();
        let day = format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day());
        match self {
            Self::Day => format!("{day} {:02}:00", at.hour()),
            Self::Week | Self::Month => day,
        }
    }
}

/// The beginning of the day a moment is in, in universal time.
fn day_of(moment: Timestamp) -> Timestamp {
    Timestamp::from_micros(moment.as_micros().div_euclid(DAY.as_micros()).saturating_mul(DAY.as_micros()))
}

/// An amount in millionths, as people read it.
fn money(millionths: i64) -> String {
    sms_fraud::money(u64::try_from(millionths).unwrap_or(0))
}

/// A line of a table with a bar in it.
struct Line {
    /// What it counts, as the database has it.
    label: String,
    count: i64,
    /// The length of its bar, of a hundred.
    length: i64,
}

/// What a provider did.
#[derive(Default)]
struct Provider {
    accepted: i64,
    delivered: i64,
    failed: i64,
}

/// What went to a country. Its cost is in millionths.
#[derive(Default)]
struct Country {
    sent: i64,
    typed: i64,
    cost: i64,
}

#[derive(Template)]
#[template(path = "pages/admin/overview.html")]
struct View<'a> {
    page: &'a Frame,
    standing: &'a Standing,
    span: Span,
    /// The first day of it, as addresses name days.
    from: String,
    /// Until when everything is counted; nothing before the first full hour.
    until: Option<Timestamp>,
    sign_ins: Chart,
    codes: Chart,
    locks: Chart,
    people: Chart,
    methods: Vec<Line>,
    failures: Vec<Line>,
    providers: BTreeMap<(String, String), Provider>,
    countries: BTreeMap<String, Country>,
    /// People, and those of them with a second factor; of each application, and of all under no name.
    applications: BTreeMap<String, (i64, i64)>,
    waiting: Vec<Backlog>,
}

impl View<'_> {
    /// The action of a failure, where the audit log can be searched for it, and its reason.
    #[expect(clippy::unused_self, reason = "templates call it so")]
    fn failure<'a>(&self, line: &'a Line) -> (&'a str, bool, &'a str) {
        let (action, reason) = line.label.split_once(' ').unwrap_or((&line.label, ""));
        (action, AuditAction::parse(action).is_some(), reason)
    }

    /// What all messages to all countries cost.
    fn cost(&self) -> i64 {
        self.countries.values().map(|country| country.cost).sum()
    }
}

/// What was counted of one figure.
fn of(totals: &[Tally], figure: Figure) -> impl Iterator<Item = &Tally> {
    totals.iter().filter(move |tally| tally.figure == figure)
}

/// Lines of a figure, the highest first.
fn lines(totals: &[Tally], figure: Figure) -> Vec<Line> {
    let mut found: Vec<&Tally> = of(totals, figure).collect();
    found.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.label.cmp(&other.label)));
    let most = found.first().map_or(1, |tally| tally.count.max(1));
    let line = |tally: &Tally| Line {
        label: tally.label.clone(),
        count: tally.count,
        length: percent(tally.count, most).unwrap_or(0).max(1),
    };
    found.into_iter().map(line).collect()
}

/// Puts hours into bars.
struct Bars<'a> {
    span: Span,
    steps: &'a [Timestamp],
    hours: &'a [(Timestamp, Tally)],
}

impl Bars<'_> {
    fn chart(&self, id: &'static str, title: &'static str, sorts: [&'static str; 2], counts: &[[i64; 2]]) -> Chart {
        let bar = |(at, counts): (&Timestamp, &[i64; 2])| Bar { when: self.span.name(*at), counts: *counts };
        let bars = self.steps.iter().zip(counts).map(bar).collect();
        Chart { id, title, sorts, bars, all: sum(counts), has_share: true }
    }

    /// The bar an hour belongs to.
    fn place(&self, hour: Timestamp) -> Option<usize> {
        self.steps.partition_point(|step| *step <= hour).checked_sub(1)
    }

    /// How often something happened: the sort of this label, and everything else.
    fn summed(&self, figure: Figure, first: &str) -> Vec<[i64; 2]> {
        let mut counts = vec![[0, 0]; self.steps.len()];
        for (hour, tally) in self.hours.iter().filter(|(_, tally)| tally.figure == figure) {
            let sort = usize::from(tally.label != first);
            let bar = self.place(*hour).and_then(|place| counts.get_mut(place));
            if let Some(count) = bar.and_then(|bar| bar.get_mut(sort)) {
                *count += tally.count;
            }
        }
        counts
    }

    /// People with a second factor and without one, as it was at the end of each bar.
    fn people(&self) -> Vec<[i64; 2]> {
        let mut hours: BTreeMap<Timestamp, (i64, i64)> = BTreeMap::new();
        for (hour, tally) in self.hours {
            let of_hour = hours.entry(*hour).or_default();
            if tally.figure == Figure::People {
                of_hour.0 = tally.count;
            } else if tally.figure == Figure::Guarded {
                of_hour.1 = tally.count;
            }
        }
        let mut counts = vec![[0, 0]; self.steps.len()];
        // In order: the last hour of a bar stays.
        for (hour, (people, guarded)) in hours {
            let bar = self.place(hour).and_then(|place| counts.get_mut(place));
            if let Some(bar) = bar.filter(|_| people > 0) {
                *bar = [guarded, people - guarded];
            }
        }
        counts
    }
}

fn providers(totals: &[Tally]) -> BTreeMap<(String, String), Provider> {
    let mut providers: BTreeMap<_, Provider> = BTreeMap::new();
    let mut add = |figure, field: fn(&mut Provider) -> &mut i64| {
        for tally in of(totals, figure) {
            let (channel, provider) = tally.label.split_once(' ').unwrap_or(("", &tally.label));
            *field(providers.entry((channel.to_owned(), provider.to_owned())).or_default()) += tally.count;
        }
    };
    add(Figure::Accepted, |provider| &mut provider.accepted);
    add(Figure::Delivered, |provider| &mut provider.delivered);
    add(Figure::Failed, |provider| &mut provider.failed);
    providers
}

fn countries(totals: &[Tally]) -> BTreeMap<String, Country> {
    let mut countries: BTreeMap<String, Country> = BTreeMap::new();
    for tally in of(totals, Figure::TextMessages) {
        let country = countries.entry(tally.label.clone()).or_default();
        (country.sent, country.cost) = (tally.count, tally.amount);
    }
    for tally in of(totals, Figure::TextMessagesTyped) {
        countries.entry(tally.label.clone()).or_default().typed = tally.count;
    }
    countries
}

fn applications(people: &[Tally]) -> BTreeMap<String, (i64, i64)> {
    let mut applications: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for tally in people {
        let (people, guarded) = applications.entry(tally.label.clone()).or_default();
        *(if tally.figure == Figure::People { people } else { guarded }) = tally.count;
    }
    applications
}

/// Shows it.
pub(super) async fn show(State(app): State<App>, admin: Admin, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let Admin { page, standing, .. } = &admin;
    let span = Span::parse(query.as_deref());
    let steps = span.steps(page.now);
    let since = steps.first().copied().unwrap_or(page.now);
    let Figures { summed, totals, hours, people } = app.db.figures(since, hour_of(page.now)).await?;
    let bars = Bars { span, steps: &steps, hours: &hours };
    let of_people = bars.people();
    let last = of_people.iter().rfind(|counts| **counts != [0, 0]).copied();
    let people_now = Chart {
        all: last.unwrap_or_default(),
        ..bars.chart("people", "admin-overview-people", ["admin-overview-guarded", "admin-state-unguarded"], &of_people)
    };
    let of_locks = ["admin-row-locked", "admin-row-stopped"];
    let locks = bars.chart("locks", "admin-overview-locks", of_locks, &bars.summed(Figure::Locks, "wrong_codes"));
    let locks = Chart { has_share: false, ..locks };
    page.answer(&View {
        page,
        standing,
        span,
        from: Span::Month.name(since),
        until: summed.map(|(_, last)| last + HOUR),
        sign_ins: bars.chart(
            "signins",
            "admin-overview-sign-ins",
            ["admin-overview-with-code", "admin-overview-without-code"],
            &bars.summed(Figure::SignIns, "code"),
        ),
        codes: bars.chart(
            "codes",
            "admin-overview-codes",
            ["admin-overview-right", "admin-overview-wrong"],
            &bars.summed(Figure::Codes, "right"),
        ),
        locks,
        people: people_now,
        methods: lines(&totals, Figure::Methods),
        failures: lines(&totals, Figure::Failures),
        providers: providers(&totals),
        countries: countries(&totals),
        applications: applications(&people),
        waiting: app.db.backlog().await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_span_ends_with_the_last_full_hour_or_with_today() {
        let now = at("2026-03-01T12:34:56Z");
        let ends = |span: Span| {
            let steps = span.steps(now);
            (steps.len(), span.name(steps[0]), span.name(steps[steps.len() - 1]))
        };
        let named = |count, first: &str, last: &str| (count, first.to_owned(), last.to_owned());
        assert_eq!(ends(Span::Day), named(24, "2026-02-28 12:00", "2026-03-01 11:00"));
        assert_eq!(ends(Span::Week), named(7, "2026-02-23", "2026-03-01"));
        assert_eq!(ends(Span::Month), named(30, "2026-01-31", "2026-03-01"));
        for (query, span) in [("span=week", Span::Week), ("a=b&span=month", Span::Month), ("span=' or 1=1", Span::Day)]
        {
            assert_eq!(Span::parse(Some(query)), span);
        }
    }

    #[test]
    fn hours_fall_into_the_bars_they_belong_to() {
        let now = at("2026-03-02T03:30:00Z");
        let tally = |figure, label: &str, count| Tally { figure, label: label.to_owned(), count, amount: 0 };
        let hours = [
            (at("2026-03-01T00:00:00Z"), tally(Figure::SignIns, "code", 2)),
            (at("2026-03-01T22:00:00Z"), tally(Figure::People, "", 10)),
            (at("2026-03-01T23:00:00Z"), tally(Figure::SignIns, "code", 1)),
            (at("2026-03-01T23:00:00Z"), tally(Figure::SignIns, "free", 4)),
            (at("2026-03-01T23:00:00Z"), tally(Figure::Guarded, "", 3)),
            (at("2026-03-01T23:00:00Z"), tally(Figure::People, "", 11)),
            (at("2026-03-02T00:00:00Z"), tally(Figure::SignIns, "code", 8)),
        ];
        let steps = Span::Week.steps(now);
        let bars = Bars { span: Span::Week, steps: &steps, hours: &hours };
        assert_eq!(bars.summed(Figure::SignIns, "code")[5..], [[3, 4], [8, 0]]);
        assert_eq!(bars.people()[5..], [[3, 8], [0, 0]], "the last count of a day stands for it");
        assert_eq!(bars.place(at("2020-01-01T00:00:00Z")), None);
    }
}
