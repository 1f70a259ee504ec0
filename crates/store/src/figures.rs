//! Figures, hour by hour: summed from the audit log, the events of deliveries and the counts of text messages, and read by the
//! page that draws them. That page never reads what they are summed from.
//!
//! An hour is read without holding up anybody, and written in one unit: whoever comes second with the same hour finds it
//! summed. Summing it again replaces what was there.

use std::collections::BTreeMap;
use std::time::Instant;

use domain::figures::{BACK, Entries, Figure, HOUR, due, hour_of};
use domain::sms_fraud::KEPT;
use domain::time::Timestamp;

use crate::load::only;
use crate::{Db, Plan, Row, Statement, StoreError, params};

/// How long one run may go on. What is left waits for the next one.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Entries of live applications between two moments, by what they have in common. A detail with a colon names a row, or holds
/// an operator's words.
const ENTRIES: &str = "SELECT action, success, method, CASE WHEN detail LIKE '%:%' OR (success AND action <> 'account_locked') \
     THEN '' ELSE detail END, count(*) FROM two_factor_audit_log WHERE created_at >= $1 AND created_at < $2 \
     AND application_id NOT IN (SELECT id FROM applications WHERE test_of IS NOT NULL) GROUP BY 1, 2, 3, 4";
/// What providers did with messages; one that is reported twice is one.
const DELIVERIES: &str = "SELECT channel, provider, CASE event WHEN 'tried' THEN 'failed' ELSE event END, count(DISTINCT message_id) \
     FROM delivery_events WHERE created_at >= $1 AND created_at < $2 AND provider IS NOT NULL \
     AND event IN ('accepted', 'delivered', 'tried', 'failed') GROUP BY 1, 2, 3";
/// An index finds by their end what began then.
const TEXT_MESSAGES: &str = "SELECT name, CAST(sum(sent) AS bigint), CAST(sum(verified) AS bigint), CAST(sum(cost) AS bigint) \
     FROM sms_usage WHERE expires_at >= $3 AND since >= $1 AND since < $2 AND kind = 'country' GROUP BY name";
/// Who can sign in, and who of them has a second factor.
const PEOPLE: &str = "SELECT a.name, count(*), count(s.enabled_at) FROM users u JOIN two_factor_settings s ON s.user_id = u.id \
     JOIN applications a ON a.id = u.application_id WHERE u.disabled_at IS NULL AND a.test_of IS NULL GROUP BY a.name";

/// How often something was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What.
    pub figure: Figure,
    /// Of which sort.
    pub label: String,
    /// How often.
    pub count: i64,
    /// What it cost, in millionths.
    pub amount: i64,
}

/// What is drawn of a span.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The first and the last hour that were summed, of all time.
    pub summed: Option<(Timestamp, Timestamp)>,
    /// Sums over the span.
    pub totals: Vec<Tally>,
    /// What is drawn over time, by hour: sign-ins, codes, locks, people.
    pub hours: Vec<(Timestamp, Tally)>,
    /// People by application, at the end of the last hour they were counted in.
    pub people: Vec<Tally>,
}

type Sums = BTreeMap<(Figure, String), (i64, i64)>;

fn add(sums: &mut Sums, figure: Figure, label: impl Into<String>, count: i64, amount: i64) {
    if count == 0 && amount == 0 {
        return;
    }
    let sum = sums.entry((figure, label.into())).or_default();
    *sum = (sum.0 + count, sum.1 + amount);
}

impl Db {
    /// Sums every hour that is due at `now`, newest first, for 20 seconds at most; gives how many. One that somebody
    /// else summed meanwhile is left to them.
    pub async fn sum_figures(&self, now: Timestamp) -> Result<usize, StoreError> {
        let first =
            Statement::new("SELECT created_at FROM two_factor_audit_log ORDER BY created_at LIMIT 1", params![]);
        let summed =
            Statement::new("SELECT hour, summed_at FROM summed_hours WHERE hour >= $1", params![hour_of(now - BACK)]);
        let mut answers = self.read(vec![first, summed]).await?.into_iter();
        let first = answers.next().unwrap_or_default();
        let Some(first) = first.first().map(|row| row.get::<Timestamp>(0)).transpose()? else { return Ok(0) };
        let summed = answers.next().unwrap_or_default();
        let summed = summed.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
        let summed = summed.collect::<Result<BTreeMap<Timestamp, Timestamp>, StoreError>>()?;

        let (began, newest, mut done) = (Instant::now(), hour_of(now) - HOUR, 0);
        for hour in due(first, &summed, now) {
            if began.elapsed() >= PATIENCE {
                break;
            }
            let before = summed.get(&hour).copied();
            let mut sums = self.sums_of(hour).await?;
            if hour == newest && before.is_none() {
                self.count_people(&mut sums).await?;
            }
            match self.keep_sums(hour, before, now, sums).await {
                Ok(()) => done += 1,
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// What happened in an hour.
    async fn sums_of(&self, hour: Timestamp) -> Result<Sums, StoreError> {
        let end = hour + HOUR;
        let reads = vec![
            Statement::new(ENTRIES, params![hour, end]),
            Statement::new(DELIVERIES, params![hour, end]),
            Statement::new(TEXT_MESSAGES, params![hour, end, hour + KEPT]),
        ];
        let mut answers = self.read(reads).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let mut sums = Sums::new();
        for row in next() {
            let entries =
                Entries { action: row.get(0)?, success: row.get(1)?, method: row.get(2)?, reason: row.get(3)? };
            let count = row.get(4)?;
            for (figure, label) in entries.figures() {
                add(&mut sums, figure, label, count, 0);
            }
        }
        for row in next() {
            let (channel, provider, event): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if let Some(figure) = Figure::parse(&event) {
                add(&mut sums, figure, format!("{channel} {provider}"), row.get(3)?, 0);
            }
        }
        for row in next() {
            let country: String = row.get(0)?;
            add(&mut sums, Figure::TextMessages, country.as_str(), row.get(1)?, row.get(3)?);
            add(&mut sums, Figure::TextMessagesTyped, country, row.get(2)?, 0);
        }
        Ok(sums)
    }

    /// Adds who is there now.
    async fn count_people(&self, sums: &mut Sums) -> Result<(), StoreError> {
        for row in only(self.read(vec![Statement::new(PEOPLE, params![])]).await?) {
            let (application, people, guarded): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            for label in ["", &application] {
                add(sums, Figure::People, label, people, 0);
                add(sums, Figure::Guarded, label, guarded, 0);
            }
        }
        Ok(())
    }

    /// Writes an hour, in place of what was summed at `before`; a conflict, if somebody else did since. Who was there stays
    /// as it was counted then.
    async fn keep_sums(
        &self,
        hour: Timestamp,
        before: Option<Timestamp>,
        now: Timestamp,
        sums: Sums,
    ) -> Result<(), StoreError> {
        let mark = Statement::guarded(
            "INSERT INTO summed_hours (hour, summed_at) VALUES ($1, $2) ON CONFLICT (hour) \
             DO UPDATE SET summed_at = excluded.summed_at WHERE summed_hours.summed_at = $3",
            params![hour, now, before],
        );
        let clear = Statement::new(
            "DELETE FROM hourly_figures WHERE hour = $1 AND figure NOT IN ('people', 'guarded')",
            params![hour],
        );
        let rows = sums.into_iter().map(|((figure, label), (count, amount))| {
            Statement::new(
                "INSERT INTO hourly_figures (hour, figure, label, count, amount) VALUES ($1, $2, $3, $4, $5)",
                params![hour, figure.as_str(), label, count, amount],
            )
        });
        let writes: Vec<Statement> = [mark, clear].into_iter().chain(rows).collect();
        self.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
    }

    /// What was summed of the hours from one moment to another.
    pub async fn figures(&self, since: Timestamp, until: Timestamp) -> Result<Figures, StoreError> {
        let reads = vec![
            Statement::new("SELECT min(hour), max(hour) FROM summed_hours WHERE hour < $1", params![until]),
            Statement::new(
                "SELECT figure, label, CAST(sum(count) AS bigint), CAST(sum(amount) AS bigint) FROM hourly_figures \
                 WHERE hour >= $1 AND hour < $2 AND figure NOT IN ('people', 'guarded') GROUP BY figure, label",
                params![since, until],
            ),
            Statement::new(
                "SELECT figure, label, count, amount, hour FROM hourly_figures WHERE hour >= $1 AND hour < $2 AND \
                 (figure IN ('sign_ins', 'codes', 'locks') OR (figure IN ('people', 'guarded') AND label = '')) \
                 ORDER BY hour",
                params![since, until],
            ),
            Statement::new(
                "SELECT figure, label, count, amount FROM hourly_figures WHERE figure IN ('people', 'guarded') AND hour = \
                 (SELECT max(hour) FROM hourly_figures WHERE figure = 'people' AND label = '' AND hour < $1)",
                params![until],
            ),
        ];
        let mut answers = self.read(reads).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let summed = match next().first() {
            Some(row) => row.get::<Option<Timestamp>>(0)?.zip(row.get(1)?),
            None => None,
        };
        let mut figures = Figures { summed, totals: tallies(&next())?, ..Figures::default() };
        for row in next() {
            if let Some(tally) = tally(&row)? {
                figures.hours.push((row.get(4)?, tally));
            }
        }
        figures.people = tallies(&next())?;
        Ok(figures)
    }
}

/// What this program knows of them: one that is newer may count more.
fn tallies(rows: &[Row]) -> Result<Vec<Tally>, StoreError> {
    rows.iter().filter_map(|row| tally(row).transpose()).collect()
}

fn tally(row: &Row) -> Result<Option<Tally>, StoreError> {
    let Some(figure) = Figure::parse(&row.get::<String>(0)?) else { return Ok(None) };
    Ok(Some(Tally { figure, label: row.get(1)?, count: row.get(2)?, amount: row.get(3)? }))
}
