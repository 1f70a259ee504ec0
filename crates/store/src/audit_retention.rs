//! Retention of the audit log: what is older than wanted goes, and the proof of the rest stays.
//!
//! A signed checkpoint says first where the log begins from now on. Only then is deleted what stands before, in short
//! transactions; whatever stops them, the next run goes on. Where a person's chain goes on from is kept with each of them.

use std::collections::HashMap;
use std::time::Instant;

use domain::audit::checkpoint::Checkpoint;
use domain::secret::KeyRing;
use domain::time::{Duration, Timestamp};
use uuid::Uuid;

use crate::{Db, Plan, Statement, StoreError, Swept, params};

/// Entries deleted in one go.
const CHUNK: u32 = 200;
/// A checkpoint further ahead than this was made by a wrong clock.
const AHEAD: Duration = Duration::from_hours(1);
/// How long one run may go on. What is left waits for the next one.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

impl Db {
    /// Deletes entries that were signed before a moment, under the same conditions as [`Db::sweep`]. What no checkpoint covers
    /// stays.
    pub async fn cut_audit_log(
        &self,
        before: Timestamp,
        now: Timestamp,
        keys: &KeyRing,
        clock_is_right: bool,
    ) -> Result<Swept, StoreError> {
        if !clock_is_right && !self.clock_is_likely(now).await? {
            return Ok(Swept::ClockDoubted);
        }
        // Somebody may sign at this very moment.
        let begins = match self.move_beginning(before, now, keys).await {
            Err(StoreError::Conflict { .. }) => self.move_beginning(before, now, keys).await?,
            moved => moved?,
        };
        let (began, mut deleted) = (Instant::now(), 0);
        while began.elapsed() < PATIENCE {
            let chunk = self.delete_before(begins).await?;
            deleted += chunk;
            if u32::try_from(chunk).is_ok_and(|chunk| chunk < CHUNK) {
                break;
            }
        }
        Ok(Swept::Rows(deleted))
    }

    /// Signs that the log begins behind what was signed before a moment; gives the position.
    async fn move_beginning(&self, before: Timestamp, now: Timestamp, keys: &KeyRing) -> Result<i64, StoreError> {
        let Some(last) = self.last_checkpoint().await? else { return Ok(0) };
        // A wrong clock dated checkpoints too early or too late: what follows one that is young stays, and one that is dated
        // ahead keeps nothing.
        let read = Statement::new(
            "SELECT max(last_position) FROM audit_checkpoints WHERE created_at < $1 AND first_position < \
             COALESCE((SELECT min(first_position) FROM audit_checkpoints WHERE created_at >= $1 AND created_at <= $2), $3)",
            params![before, now + AHEAD, i64::MAX],
        );
        let answers = self.read(vec![read]).await?;
        let old = answers.first().and_then(|rows| rows.first()).map_or(Ok(None), |row| row.get::<Option<i64>>(0))?;
        let begins = last.checkpoint.begins.max(old.map_or(0, |old| old + 1));
        if begins > last.checkpoint.begins {
            let cut = Checkpoint { begins, ..Checkpoint::after(Some(&last), now) };
            self.append_checkpoint(cut.sign(keys.checkpoint_key()), Vec::new()).await?;
        }
        Ok(begins)
    }

    /// Deletes the first entries of those before a position.
    async fn delete_before(&self, begins: i64) -> Result<usize, StoreError> {
        let read = Statement::new(
            "SELECT p.position, e.person_id, e.seq, e.hash FROM audit_positions p \
             LEFT JOIN two_factor_audit_log e ON e.id = p.entry_id WHERE p.position < $1 ORDER BY p.position LIMIT $2",
            params![begins, CHUNK],
        );
        self.transact(vec![read], |answers| {
            let rows = answers.first().map(Vec::as_slice).unwrap_or_default();
            let mut starts: HashMap<Uuid, (i64, Vec<u8>)> = HashMap::new();
            let mut until = 0;
            for row in rows {
                until = row.get(0)?;
                let place: (Option<Uuid>, Option<i64>, Option<Vec<u8>>) = (row.get(1)?, row.get(2)?, row.get(3)?);
                if let (Some(person), Some(seq), Some(hash)) = place
                    && starts.get(&person).is_none_or(|(known, _)| *known < seq)
                {
                    starts.insert(person, (seq, hash));
                }
            }
            // In one order on every node.
            let mut starts: Vec<_> = starts.into_iter().collect();
            starts.sort_unstable_by_key(|(person, _)| *person);
            let mut writes: Vec<Statement> = starts.into_iter().map(|(person, start)| begin(person, start)).collect();
            writes.push(Statement::new(
                "DELETE FROM two_factor_audit_log WHERE id IN (SELECT entry_id FROM audit_positions WHERE position <= $1)",
                params![until],
            ));
            writes.push(Statement::new("DELETE FROM audit_positions WHERE position <= $1", params![until]));
            Ok(Plan { writes: if rows.is_empty() { Vec::new() } else { writes }, reply: rows.len() })
        })
        .await
    }
}

/// From where a chain goes on.
fn begin(person: Uuid, (seq, hash): (i64, Vec<u8>)) -> Statement {
    Statement::new(
        "INSERT INTO audit_starts (person_id, seq, hash) VALUES ($1, $2, $3) ON CONFLICT (person_id) \
         DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE audit_starts.seq < excluded.seq",
        params![person, seq, hash],
    )
}
