//! What was sent by SMS: counted with each message, judged before the next, told to operators.

use domain::command::Origin;
use domain::destination::Destination;
use domain::ids::{ApplicationId, SentCodeId};
use domain::sms_fraud::{self, Count, Country, DAY, Group, KEPT, RATIO_WINDOW, Usage};
use domain::time::{Duration, Timestamp};

use crate::load::{Handle, Reads, every, only};
use crate::value::Value;
use crate::{Db, Row, Statement, StoreError, params};

macro_rules! usage_where {
    ($condition:literal) => {
        concat!(
            "SELECT kind, name, CAST(sum(sent) AS bigint), \
             CAST(sum(CASE WHEN since > $3 AND since < $4 THEN sent ELSE 0 END) AS bigint), \
             CAST(sum(CASE WHEN since > $3 AND since < $4 THEN verified ELSE 0 END) AS bigint), \
             CAST(sum(cost) AS bigint), max(alarmed_at) FROM sms_usage WHERE since > $1 AND since <= $2 AND ",
            $condition,
            " GROUP BY kind, name ORDER BY kind, name"
        )
    };
}

const KINDS: [&str; 5] = ["all", "block", "country", "prefix", "setup"];

fn named(group: Group) -> (&'static str, String) {
    match group {
        Group::All => (KINDS[0], String::new()),
        Group::Block(key) => (KINDS[1], hex(&key)),
        Group::Country(country) => (KINDS[2], country.as_str().to_owned()),
        Group::Prefix(key) => (KINDS[3], hex(&key)),
        Group::SetUps(country) => (KINDS[4], country.as_str().to_owned()),
    }
}

fn hex(key: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(key)
}

/// The spans judged, and the names of the groups a request belongs to.
fn bounds(reads: &Reads<'_>, destination: Option<&Destination>, origin: &Origin) -> Vec<Value> {
    let (now, policy) = (reads.clock, reads.policy);
    let block = Group::block(origin, reads.keys).map_or(String::new(), |group| named(group).1);
    let prefix = match destination {
        Some(Destination::Phone(number)) => named(Group::neighbors(number, reads.keys)).1,
        Some(Destination::Email(_)) | None => String::new(),
    };
    params![now - DAY, now, now - RATIO_WINDOW, sms_fraud::settled_before(now, policy), block, prefix]
}

/// What bears on a message that is asked for: all countries, the block it is asked from, the neighbors of a new number.
pub(crate) fn usage(reads: &mut Reads<'_>, destination: Option<&Destination>, origin: &Origin) -> Handle<Vec<Usage>> {
    let bounds = bounds(reads, destination, origin);
    reads.read(
        usage_where!(
            "(kind IN ('all', 'country', 'setup') OR (kind = 'block' AND name = $5) OR (kind = 'prefix' AND name = $6))"
        ),
        bounds,
        |rows| every(rows, one),
    )
}

/// The same for whoever signs in with an address; nothing for those who have no number.
pub(crate) fn usage_for_email(
    reads: &mut Reads<'_>,
    application: ApplicationId,
    email_key: &str,
    origin: &Origin,
) -> Handle<Vec<Usage>> {
    let mut params = bounds(reads, None, origin);
    params.extend(params![application.uuid(), email_key]);
    reads.read(
        usage_where!(
            "EXISTS (SELECT 1 FROM factors WHERE method = 'sms' \
             AND user_id = (SELECT id FROM users WHERE application_id = $7 AND email_key = $8)) AND \
             (kind IN ('all', 'country', 'setup') OR (kind = 'block' AND name = $5) OR (kind = 'prefix' AND name = $6))"
        ),
        params,
        |rows| every(rows, one),
    )
}

fn one(row: &Row) -> Result<Usage, StoreError> {
    let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
    let key = || data_encoding::HEXLOWER.decode(name.as_bytes()).ok().and_then(|key| key.try_into().ok());
    let of = match KINDS.iter().position(|known| *known == kind) {
        Some(0) => Some(Group::All),
        Some(1) => key().map(Group::Block),
        Some(2) => Country::parse(&name).map(Group::Country),
        Some(3) => key().map(Group::Prefix),
        Some(4) => Country::parse(&name).map(Group::SetUps),
        _ => None,
    };
    let of = of.ok_or_else(|| StoreError::Corrupt {
        table: "sms_usage".into(),
        column: "name".into(),
        reason: "unknown group".into(),
    })?;
    let number = |column| row.get::<i64>(column).map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Usage {
        of,
        sent: number(2)?,
        settled: number(3)?,
        verified: number(4)?,
        cost: number(5)?,
        alarmed_at: row.get(6)?,
    })
}

/// Counts one more message with all its groups, always in the order of their kinds.
pub(crate) fn count(count: &Count) -> Vec<Statement> {
    let one = |group: &Group| {
        let (kind, name) = named(*group);
        let cost = match group {
            Group::Country(_) | Group::SetUps(_) => i64::try_from(count.cost).unwrap_or(i64::MAX),
            Group::All | Group::Block(_) | Group::Prefix(_) => 0,
        };
        Statement::new(
            "INSERT INTO sms_usage (kind, name, since, shard, sent, verified, cost, expires_at) \
             VALUES ($1, $2, $3, $4, 1, 0, $5, $6) ON CONFLICT (kind, name, since, shard) \
             DO UPDATE SET sent = sms_usage.sent + 1, cost = sms_usage.cost + excluded.cost",
            params![kind, name, count.slice, count.shard, cost, count.slice + KEPT],
        )
    };
    count.groups.iter().map(one).collect()
}

/// A code was typed: counted where its message was.
pub(crate) fn verified(code: SentCodeId, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO sms_usage (kind, name, since, shard, sent, verified, cost, expires_at) \
         SELECT counted.kind, c.country, c.counted_at, 0, 0, 1, 0, $2 FROM two_factor_codes c \
         JOIN (SELECT 'country' AS kind UNION ALL SELECT 'setup') counted \
         ON counted.kind = 'country' OR c.purpose = 'setup' \
         WHERE c.id = $1 AND c.country IS NOT NULL AND c.counted_at IS NOT NULL \
         ON CONFLICT (kind, name, since, shard) DO UPDATE SET verified = sms_usage.verified + 1",
        params![code.uuid(), at + KEPT],
    )
}

/// The operator is told of a group's limit.
pub(crate) fn mark_alarm(group: Group, at: Timestamp) -> Statement {
    let (kind, name) = named(group);
    let slice = sms_fraud::slice(at);
    Statement::new(
        "INSERT INTO sms_usage (kind, name, since, shard, sent, verified, cost, alarmed_at, expires_at) \
         VALUES ($1, $2, $3, 0, 0, 0, 0, $4, $5) \
         ON CONFLICT (kind, name, since, shard) DO UPDATE SET alarmed_at = excluded.alarmed_at",
        params![kind, name, slice, at, slice + KEPT],
    )
}

impl Db {
    /// What was sent within `span` before `now`, per country, and when limits last gave an alarm.
    pub async fn sms_usage(&self, now: Timestamp, span: Duration) -> Result<Vec<Usage>, StoreError> {
        let read = Statement::new(
            usage_where!(
                "kind IN ('all', 'block', 'country', 'prefix', 'setup') AND (sent > 0 OR verified > 0 OR alarmed_at IS NOT NULL)"
            ),
            // A server whose clock is a little ahead has counted ahead.
            params![now - span, now + DAY, now - span, now + DAY],
        );
        every(&only(self.read(vec![read]).await?), one)
    }

    /// How many groups of each kind had a limit reached that the operator was told of within the last day. Every kind is
    /// named, also with none.
    pub async fn sms_alarms(&self, now: Timestamp) -> Result<Vec<(&'static str, u32)>, StoreError> {
        let begin = now - DAY;
        // The slices of older alarms end before: an index finds the day in a table that keeps many.
        let read = Statement::new(
            "SELECT kind, count(DISTINCT name) FROM sms_usage WHERE expires_at >= $1 AND alarmed_at > $2 GROUP BY kind",
            params![sms_fraud::slice(begin) + KEPT, begin],
        );
        let answers = self.read(vec![read]).await?;
        let rows = answers.first().map(Vec::as_slice).unwrap_or_default();
        let mut alarms = KINDS.map(|kind| (kind, 0));
        for row in rows {
            let (kind, count): (String, i64) = (row.get(0)?, row.get(1)?);
            if let Some(alarm) = alarms.iter_mut().find(|alarm| alarm.0 == kind) {
                alarm.1 = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        Ok(alarms.to_vec())
    }
}
