//! The mark of a database, and the end of everything in it that may have been answered after a copy of it was made.

use domain::restoration::{Beat, Mark, Place};
use domain::time::Timestamp;
use domain::totp::Step;
use uuid::Uuid;

use crate::{Db, Dialect, Plan, Row, Statement, StoreError, params};

/// What happens to a table when the database turns out to be a copy from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It says what is so, not what was used.
    Kept,
    /// Its rows could be used once more.
    Ended(&'static str),
}

/// Every table, and what happens to it. `$1` is the time. A test holds this against the schema.
pub const FATES: &[(&str, Fate)] = &[
    ("applications", Fate::Kept),
    ("users", Fate::Kept),
    // Its steps, and the guesses that a link gave, are ended below.
    ("two_factor_settings", Fate::Kept),
    // So are the steps used of them.
    ("factors", Fate::Kept),
    ("enrollments", Fate::Ended("DELETE FROM enrollments")),
    ("pending_signups", Fate::Ended("DELETE FROM pending_signups")),
    ("challenges", Fate::Ended("DELETE FROM challenges")),
    // Kept as what was sent, for the limits of sending.
    (
        "two_factor_codes",
        Fate::Ended("UPDATE two_factor_codes SET ended_at = $1 WHERE used_at IS NULL AND ended_at IS NULL"),
    ),
    ("recovery_codes", Fate::Ended("DELETE FROM recovery_codes")),
    ("kept_recovery_codes", Fate::Ended("DELETE FROM kept_recovery_codes")),
    ("trusted_devices", Fate::Ended("DELETE FROM trusted_devices")),
    ("sessions", Fate::Ended("DELETE FROM sessions")),
    ("link_tokens", Fate::Ended("DELETE FROM link_tokens")),
    // What waited when the copy was made was sent long ago.
    (
        "outbox",
        Fate::Ended(
            "UPDATE outbox SET state = 'dead', settled_at = $1, payload = NULL, lease_until = NULL, trouble = 'superseded' \
         WHERE settled_at IS NULL",
        ),
    ),
    ("mailbox", Fate::Kept),
    ("counters", Fate::Kept),
    ("audit_heads", Fate::Kept),
    ("two_factor_audit_log", Fate::Kept),
    ("delivery_events", Fate::Kept),
    ("delivery_outages", Fate::Kept),
    ("jobs", Fate::Ended("UPDATE jobs SET lease_until = NULL WHERE lease_until < $1")),
    ("sms_usage", Fate::Kept),
    ("summed_hours", Fate::Kept),
    ("hourly_figures", Fate::Kept),
    ("known_browsers", Fate::Kept),
    ("api_keys", Fate::Kept),
    ("application_challenges", Fate::Ended("DELETE FROM application_challenges")),
    ("kept_answers", Fate::Ended("DELETE FROM kept_answers")),
    ("audit_positions", Fate::Kept),
    ("audit_checkpoints", Fate::Kept),
    ("audit_starts", Fate::Kept),
    ("webhooks", Fate::Kept),
    // A role that was taken away since is not given back.
    ("administrators", Fate::Ended("DELETE FROM administrators")),
    // Whoever was to be reset may have stopped it since.
    ("reset_requests", Fate::Ended("DELETE FROM reset_requests")),
    // Nor is a key that was revoked.
    ("admin_keys", Fate::Ended("DELETE FROM admin_keys")),
    ("application_return_urls", Fate::Kept),
    ("hosted_challenges", Fate::Ended("DELETE FROM hosted_challenges")),
    ("database_mark", Fate::Kept),
];

/// What was counted before it ended: the table, and which of its rows.
const COUNTED: [&str; 4] = [
    "SELECT count(*) FROM sessions WHERE ended_at IS NULL",
    "SELECT count(*) FROM trusted_devices",
    "SELECT count(*) FROM recovery_codes WHERE used_at IS NULL AND expires_at IS NULL",
    "SELECT count(*) FROM outbox WHERE settled_at IS NULL",
];

/// How much was ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Sessions.
    pub sessions: i64,
    /// Browsers that were trusted.
    pub trusted_devices: i64,
    /// Recovery codes that were unused in the copy.
    pub recovery_codes: i64,
    /// Messages that waited.
    pub messages: i64,
}

/// What becomes of a mark that is there.
#[derive(Clone, Copy)]
enum Again {
    /// It keeps its line, and beats.
    Next,
    /// It is written anew.
    Anew,
}

/// What ends, at a time and with the steps of authenticators up to one, in order.
fn endings(at: Timestamp, step: Step) -> Vec<Statement> {
    let tables = FATES.iter().filter_map(|(_, fate)| match fate {
        Fate::Kept => None,
        Fate::Ended(sql) => Some(*sql),
    });
    let timed = |sql: &'static str| {
        let params = if sql.contains("$1") { params![at] } else { params![] };
        Statement::new(sql, params)
    };
    let used = Statement::new(
        "UPDATE factors SET last_used_step = $1 WHERE method = 'totp' AND (last_used_step IS NULL OR last_used_step < $1)",
        params![step.0],
    );
    // Where a wrong clock has overwritten that memory, this one counts.
    let floors = Statement::new(
        "UPDATE two_factor_settings SET steps_used_to = $1, unlock_guesses_left = NULL, unlock_until = NULL",
        params![step.0],
    );
    tables.map(timed).chain([used, floors]).collect()
}

impl Db {
    /// The mark, if this database has one.
    pub async fn mark(&self) -> Result<Option<Mark>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Postgres => {
                "SELECT lineage, beat, place, timeline, written_in = CAST(CAST(xmin AS text) AS bigint) FROM database_mark"
            }
            Dialect::Sqlite => "SELECT lineage, beat, place, timeline, 1 FROM database_mark",
        };
        let answers = self.read(vec![Statement::new(sql, params![])]).await?;
        answers.first().and_then(|rows| rows.first()).map(mark).transpose()
    }

    /// Where this database lies in its cluster; none of a file.
    pub async fn place(&self) -> Result<Option<Place>, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(None);
        }
        let read = Statement::new(
            "SELECT (SELECT CAST(system_identifier AS text) FROM pg_control_system()) || '/' || \
             (SELECT CAST(oid AS text) FROM pg_database WHERE datname = current_database()) || '/' || \
             CAST(CAST(CAST('database_mark' AS regclass) AS oid) AS text), \
             substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)",
            params![],
        );
        let answers = self.read(vec![read]).await?;
        let place = |row: &Row| Ok(Place { identity: row.get(0)?, timeline: row.get(1)? });
        answers.first().and_then(|rows| rows.first()).map(place).transpose()
    }

    /// Marks the database as it is served here, with its next beat. The first of several that mark one that has none decides
    /// its line.
    pub async fn mark_served(&self, fresh: Uuid, place: &Place, at: Timestamp) -> Result<Beat, StoreError> {
        let set = self.setting_mark(Beat { lineage: fresh, number: 1 }, place, at, Again::Next);
        self.transact(vec![set], |answers| Ok(Plan { writes: vec![], reply: only(&answers)? })).await
    }

    /// The next beat, if the database has a mark.
    pub async fn beat(&self, at: Timestamp) -> Result<Option<Beat>, StoreError> {
        let beat = Statement::new(
            "UPDATE database_mark SET beat = beat + 1, marked_at = $1 RETURNING lineage, beat",
            params![at],
        );
        self.transact(vec![beat], |answers| {
            let reply = answers.first().and_then(|rows| rows.first()).map(beat_of).transpose()?;
            Ok(Plan { writes: vec![], reply })
        })
        .await
    }

    /// Marks the database anew and, with `end`, ends all of it that can be used once; `with` is committed in the same
    /// transaction. Nobody may be served meanwhile.
    pub async fn acknowledge(
        &self,
        beat: Beat,
        place: &Place,
        (at, end): (Timestamp, Option<Step>),
        with: Vec<Statement>,
    ) -> Result<Ended, StoreError> {
        let mut reads: Vec<Statement> = COUNTED.iter().map(|sql| Statement::new(sql, params![])).collect();
        reads.push(self.setting_mark(beat, place, at, Again::Anew));
        self.transact(reads, move |answers| {
            let count = |index: usize| -> Result<i64, StoreError> {
                answers.get(index).and_then(|rows| rows.first()).map_or(Ok(0), |row| row.get(0))
            };
            let found = Ended {
                sessions: count(0)?,
                trusted_devices: count(1)?,
                recovery_codes: count(2)?,
                messages: count(3)?,
            };
            let endings = end.map(|step| endings(at, step)).unwrap_or_default();
            let reply = if end.is_some() { found } else { Ended::default() };
            Ok(Plan { writes: endings.into_iter().chain(with.clone()).collect(), reply })
        })
        .await
    }

    /// Writes the one row; only PostgreSQL knows by which transaction a row was written.
    fn setting_mark(&self, beat: Beat, place: &Place, at: Timestamp, again: Again) -> Statement {
        macro_rules! set {
            ($transaction:literal, $lineage:literal, $beat:literal) => {
                concat!(
                    "INSERT INTO database_mark (id, lineage, beat, place, timeline, written_in, marked_at) \
                     VALUES (1, $1, $2, $3, $4, ",
                    $transaction,
                    ", $5) ON CONFLICT (id) DO UPDATE SET lineage = ",
                    $lineage,
                    ", beat = ",
                    $beat,
                    ", place = excluded.place, timeline = excluded.timeline, written_in = excluded.written_in, \
                     marked_at = excluded.marked_at RETURNING lineage, beat"
                )
            };
        }
        let sql = match (self.dialect(), again) {
            (Dialect::Postgres, Again::Next) => {
                set!("txid_current() % 4294967296", "database_mark.lineage", "database_mark.beat + 1")
            }
            (Dialect::Postgres, Again::Anew) => {
                set!("txid_current() % 4294967296", "excluded.lineage", "excluded.beat")
            }
            (Dialect::Sqlite, Again::Next) => set!("0", "database_mark.lineage", "database_mark.beat + 1"),
            (Dialect::Sqlite, Again::Anew) => set!("0", "excluded.lineage", "excluded.beat"),
        };
        Statement::new(sql, params![beat.lineage, beat.number, place.identity.as_str(), place.timeline.as_str(), at])
    }
}

fn only(answers: &[Vec<Row>]) -> Result<Beat, StoreError> {
    let row = answers.first().and_then(|rows| rows.first());
    row.map_or_else(|| Err(StoreError::unavailable("the database took no mark")), beat_of)
}

fn beat_of(row: &Row) -> Result<Beat, StoreError> {
    Ok(Beat { lineage: row.get(0)?, number: row.get(1)? })
}

fn mark(row: &Row) -> Result<Mark, StoreError> {
    Ok(Mark {
        beat: beat_of(row)?,
        place: Place { identity: row.get(2)?, timeline: row.get(3)? },
        original: row.get(4)?,
    })
}
