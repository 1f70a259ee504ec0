//! Counters shared by many users: charged in the load, in the order of their keys, so that no two commands wait for each other.

use domain::throttle::{Charged, Counter};
use domain::time::Timestamp;

use crate::load::{Handle, Reads};
use crate::{Statement, params};

/// Charges counters with one more each. A window that ended starts anew, and so does one that a wrong clock began in the
/// future.
pub(crate) fn charge(reads: &mut Reads<'_>, mut counters: Vec<Counter>) -> Vec<(Counter, Handle<Charged>)> {
    counters.sort();
    let now = reads.clock;
    counters
        .into_iter()
        .map(|counter| {
            let handle = reads.read(
                "INSERT INTO counters (key, count, since, expires_at) VALUES ($1, 1, $2, $3) \
                 ON CONFLICT (key) DO UPDATE SET \
                 count = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN 1 ELSE counters.count + 1 END, \
                 since = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN $2 ELSE counters.since END, \
                 expires_at = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN $3 \
                 ELSE counters.expires_at END RETURNING count, since",
                params![counter.key, now, now + counter.window],
                |rows| match rows.first() {
                    Some(row) => Ok(Charged { count: row.get(0)?, since: row.get(1)? }),
                    // Not charged is not allowed: as if the window were full.
                    None => Ok(Charged { count: i64::MAX, since: Timestamp::EPOCH }),
                },
            );
            (counter, handle)
        })
        .collect()
}

/// Charges the counter of an address block, and then, where that one is not full, the counter of an account within it: once
/// a block is full its tries leave no row per address they name. Always in this order, so no two commands wait for each
/// other.
pub(crate) fn charge_within(
    reads: &mut Reads<'_>,
    block: Counter,
    account: Counter,
) -> Vec<(Counter, Handle<Charged>)> {
    let now = reads.clock;
    let (key, limit) = (block.key, i64::from(block.limit));
    let mut handles = charge(reads, vec![block]);
    let handle = reads.read(
        "INSERT INTO counters (key, count, since, expires_at) SELECT $1, 1, $2, $3 \
         WHERE NOT EXISTS (SELECT 1 FROM counters b WHERE b.key = $4 AND b.count > $5) \
         ON CONFLICT (key) DO UPDATE SET \
         count = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN 1 ELSE counters.count + 1 END, \
         since = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN $2 ELSE counters.since END, \
         expires_at = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN $3 \
         ELSE counters.expires_at END RETURNING count, since",
        params![account.key, now, now + account.window, key, limit],
        |rows| match rows.first() {
            Some(row) => Ok(Charged { count: row.get(0)?, since: row.get(1)? }),
            // The block is full, and says how long to wait.
            None => Ok(Charged { count: i64::MAX, since: Timestamp::EPOCH }),
        },
    );
    handles.push((account, handle));
    handles
}

/// How a conflict over a shared counter names itself.
pub(crate) const GUARD: &str = "INSERT counters";

/// Charges a counter with one more, as a write; guarded by its window having room. Who else shares it may have taken the last.
pub(crate) fn charge_within_limit(counter: &Counter, at: Timestamp) -> Statement {
    Statement::guarded(
        "INSERT INTO counters (key, count, since, expires_at) VALUES ($1, 1, $2, $3) \
         ON CONFLICT (key) DO UPDATE SET \
         count = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN 1 ELSE counters.count + 1 END, \
         since = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN $2 ELSE counters.since END, \
         expires_at = CASE WHEN counters.expires_at <= $2 OR counters.since > $3 THEN $3 ELSE counters.expires_at END \
         WHERE counters.count < $4 OR counters.expires_at <= $2 OR counters.since > $3",
        params![counter.key, at, at + counter.window, counter.limit],
    )
}

/// Takes a charge back.
pub(crate) fn give_back(counter: &Counter) -> Statement {
    Statement::new("UPDATE counters SET count = count - 1 WHERE key = $1 AND count > 0", params![counter.key])
}
