//! Tidying: rows whose end has long passed. Expiry is computed wherever it matters; the sweep decides nothing, and leaves a
//! day's grace, so that a clock that jumped ahead for a moment loses nothing that lives.

use std::time::Instant;

use domain::figures;
use domain::known_browser::MEMORY;
use domain::time::{Duration, Timestamp};

use crate::{Db, Plan, Statement, StoreError, params};

/// How long a dead row is kept.
const GRACE: Duration = Duration::from_hours(24);
/// How long it can be told what became of a message.
const TOLD: Duration = Duration::from_days(30);
/// Rows deleted in one go, so that no sweep holds up a writer for long.
const CHUNK: u32 = 200;
/// How long one sweep may go on. What is left waits for the next one.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

const SWEEPS: [&str; 15] = [
    // A worker has found them expired long ago and written it down, unless none runs.
    "UPDATE outbox SET state = 'expired', settled_at = $1, lease_until = NULL, trouble = 'expired', \
     payload = CASE WHEN channel = 'webhook' THEN payload END WHERE id IN (SELECT id FROM outbox WHERE settled_at IS NULL AND expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM challenges WHERE id IN (SELECT id FROM challenges WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM enrollments WHERE id IN (SELECT id FROM enrollments WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM pending_signups WHERE id IN (SELECT id FROM pending_signups WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM counters WHERE key IN (SELECT key FROM counters WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM two_factor_codes WHERE id IN (SELECT id FROM two_factor_codes WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM recovery_codes WHERE id IN (SELECT id FROM recovery_codes WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM mailbox WHERE id IN (SELECT id FROM mailbox WHERE created_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM link_tokens WHERE id IN (SELECT id FROM link_tokens WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM reset_requests WHERE id IN (SELECT id FROM reset_requests WHERE expires_at < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM sms_usage WHERE expires_at < $1 AND since IN \
     (SELECT since FROM sms_usage WHERE expires_at < $1 ORDER BY expires_at LIMIT $2) RETURNING 1",
    "DELETE FROM delivery_outages WHERE channel IN \
     (SELECT channel FROM delivery_outages WHERE until < $1 LIMIT $2) RETURNING 1",
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE settled_at < $1 AND (channel <> 'webhook' OR payload IS NULL) LIMIT $2) \
     RETURNING 1",
    "DELETE FROM kept_answers WHERE id IN (SELECT id FROM kept_answers WHERE expires_at < $1 LIMIT $2) RETURNING 1",
];

/// Events of deliveries, told after their messages are gone: kept longer.
const EVENTS: &str = "DELETE FROM delivery_events WHERE message_id IN \
     (SELECT message_id FROM delivery_events WHERE created_at < $1 LIMIT $2) RETURNING 1";
/// Dead letters to applications, which can be sent again until then.
const DEAD_LETTERS: &str = "DELETE FROM outbox WHERE id IN \
     (SELECT id FROM outbox WHERE settled_at < $1 AND channel = 'webhook' LIMIT $2) RETURNING 1";
/// Browsers nobody has signed in with for long.
const BROWSERS: &str = "DELETE FROM known_browsers WHERE seen_at < $1 AND (user_id, name) IN \
     (SELECT user_id, name FROM known_browsers WHERE seen_at < $1 LIMIT $2) RETURNING 1";
/// Browsers whose trust is over.
const TRUSTED_DEVICES: &str = "DELETE FROM trusted_devices WHERE id IN (SELECT id FROM trusted_devices WHERE expires_at < $1 LIMIT $2) RETURNING 1";

/// Hours whose figures are no longer kept; those go with them.
const HOURS: &str =
    "DELETE FROM summed_hours WHERE hour IN (SELECT hour FROM summed_hours WHERE hour < $1 LIMIT $2) RETURNING 1";

/// What a sweep came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// So many rows were tidied.
    Rows(usize),
    /// None, for the clock is not to be believed: nobody did anything within a day before it.
    ClockDoubted,
}

impl Db {
    /// Deletes what ended more than a day before `now`, in short transactions. Nothing at all is deleted when the newest
    /// thing anybody did until `now` lies more than a day before it: then the clock, not the data, is to be distrusted.
    /// Requests that came after a jump of the clock have moved that mark, so the caller watches the clock as well. An
    /// operator may say that the clock is right.
    pub async fn sweep(&self, now: Timestamp, clock_is_right: bool) -> Result<Swept, StoreError> {
        if !clock_is_right && !self.clock_is_likely(now).await? {
            return Ok(Swept::ClockDoubted);
        }
        let dead = SWEEPS.map(|sql| (sql, now - GRACE));
        let all = dead
            .into_iter()
            .chain([
                (EVENTS, now - TOLD),
                (DEAD_LETTERS, now - TOLD),
                (BROWSERS, now - MEMORY),
                (HOURS, now - figures::KEPT),
            ])
            .collect();
        Ok(Swept::Rows(self.tidy(all).await?))
    }

    /// Deletes browsers whose trust ended more than a day before `now`, under the same conditions.
    pub async fn cleanup_expired_trusted_devices(
        &self,
        now: Timestamp,
        clock_is_right: bool,
    ) -> Result<Swept, StoreError> {
        if !clock_is_right && !self.clock_is_likely(now).await? {
            return Ok(Swept::ClockDoubted);
        }
        Ok(Swept::Rows(self.tidy(vec![(TRUSTED_DEVICES, now - GRACE)]).await?))
    }

    pub(crate) async fn clock_is_likely(&self, now: Timestamp) -> Result<bool, StoreError> {
        let newest =
            Statement::new("SELECT max(created_at) FROM two_factor_audit_log WHERE created_at <= $1", params![now]);
        let answers = self.read(vec![newest]).await?;
        let seen: Option<Timestamp> =
            answers.first().and_then(|rows| rows.first()).map_or(Ok(None), |row| row.get(0))?;
        Ok(seen.is_some_and(|seen| now.since(seen) <= GRACE))
    }

    async fn tidy(&self, mut unfinished: Vec<(&'static str, Timestamp)>) -> Result<usize, StoreError> {
        let (began, mut rows) = (Instant::now(), 0);
        // A chunk of each in turn: a table that grows fast does not keep the others from being tidied.
        while !unfinished.is_empty() && began.elapsed() < PATIENCE {
            let mut more = Vec::new();
            for (sql, before) in unfinished {
                let sweep = Statement::new(sql, params![before, CHUNK]);
                let touched = self
                    .transact(vec![sweep], |rows| Ok(Plan { writes: vec![], reply: rows.first().map_or(0, Vec::len) }))
                    .await?;
                rows += touched;
                if u32::try_from(touched).is_ok_and(|touched| touched >= CHUNK) {
                    more.push((sql, before));
                }
            }
            unfinished = more;
        }
        Ok(rows)
    }
}
