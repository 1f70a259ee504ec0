//! Signed checkpoints of the audit log: giving positions to entries that have none, and reading both back.
//!
//! Entries are looked for on a read connection and given their positions in one transaction, which fails as a whole if
//! somebody else has given any of them one, or has made the checkpoint that was to be made.

use std::time::Instant;

use domain::audit::checkpoint::{Checkpoint, Covered, EntriesHash, MOST, Recorded, SignedCheckpoint};
use domain::schedule::Job;
use domain::secret::KeyRing;
use domain::time::{Duration, Timestamp};
use uuid::Uuid;

use crate::audit_log::{columns as entry_columns, recorded};
use crate::load::only;
use crate::{Db, Plan, Row, Statement, StoreError, params};

/// How far before the last checkpoint entries without a position are looked for. A clock that went further astray is found
/// by the look at everything.
const BACK: Duration = Duration::from_days(2);
/// How long one run may go on. What is left waits for the next one.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// The columns of a checkpoint, in the order [`signed`] reads them.
macro_rules! columns {
    () => {
        "number, first_position, last_position, begins_at, entries_hash, previous_hash, created_at, public_key, hash, \
         signature"
    };
}

/// An entry that no checkpoint covers.
#[derive(Clone, Debug)]
pub struct Uncovered {
    /// Its row.
    pub id: Uuid,
    /// The entry; `Err` names a column that cannot be read.
    pub entry: Result<Recorded, String>,
    /// Whether it stands in a part of its chain that was deleted for its age.
    pub before_start: bool,
    place: Scan,
}

/// How far a pass over entries has come, in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    at: Timestamp,
    seq: i64,
    id: Uuid,
}

impl Scan {
    /// Before every entry.
    pub const BEGINNING: Self = Self::from(Timestamp::from_secs(-62_135_596_800));

    /// From a moment on.
    const fn from(at: Timestamp) -> Self {
        Self { at, seq: i64::MIN, id: Uuid::nil() }
    }
}

impl Uncovered {
    /// Where a pass goes on behind it.
    pub const fn place(&self) -> Scan {
        self.place
    }
}

impl Db {
    /// Covers what no checkpoint covers yet, with as many as it takes; gives the number of entries. Everything is looked
    /// through once a day, or if `everything` is asked for; else what is not much older than the last checkpoint.
    pub async fn make_checkpoints(
        &self,
        now: Timestamp,
        keys: &KeyRing,
        everything: bool,
    ) -> Result<usize, StoreError> {
        let (began, mut covered) = (Instant::now(), 0);
        let mut last = self.last_checkpoint().await?;
        let day = |at: Timestamp| at.as_secs().div_euclid(86_400);
        let recent = last.as_ref().map(|last| last.checkpoint.at).filter(|at| !everything && day(*at) == day(now));
        let mut place = recent.map_or(Scan::BEGINNING, |at| Scan::from(at - BACK));
        while began.elapsed() < PATIENCE {
            let found = self.uncovered_entries(place).await?;
            let Some(end) = found.last() else { break };
            place = end.place();
            covered += found.len();
            last = Some(self.cover(last, now, found, keys).await?);
        }
        Ok(covered)
    }

    /// One checkpoint over entries that have no position, behind the last one.
    async fn cover(
        &self,
        last: Option<SignedCheckpoint>,
        now: Timestamp,
        entries: Vec<Uncovered>,
        keys: &KeyRing,
    ) -> Result<SignedCheckpoint, StoreError> {
        let mut checkpoint = Checkpoint::after(last.as_ref(), now);
        let (mut hash, mut places) = (EntriesHash::default(), Vec::with_capacity(entries.len()));
        for entry in entries {
            let unreadable = |column| corrupt(column, format_args!("entry {} cannot be read", entry.id));
            let fingerprint = entry.entry.map_err(unreadable)?.fingerprint();
            checkpoint.last += 1;
            hash.add(checkpoint.last, &fingerprint);
            places.push((checkpoint.last, entry.id, fingerprint));
        }
        checkpoint.entries = hash.finish();
        self.append_checkpoint(checkpoint.sign(keys.checkpoint_key()), places).await
    }

    /// Writes a checkpoint behind the last one, unless another one has come behind that.
    pub(crate) async fn append_checkpoint(
        &self,
        checkpoint: SignedCheckpoint,
        places: Vec<(i64, Uuid, [u8; 32])>,
    ) -> Result<SignedCheckpoint, StoreError> {
        let mut writes = vec![insert(&checkpoint)];
        writes.extend(places.into_iter().map(|(position, id, hash)| {
            Statement::new(
                "INSERT INTO audit_positions (position, entry_id, hash) VALUES ($1, $2, $3)",
                params![position, id, hash],
            )
        }));
        let previous = checkpoint.checkpoint.number - 1;
        self.transact(lock(), move |answers| match newest(&answers)? {
            Some(number) if number != previous => Err(StoreError::Conflict { guard: "audit_checkpoints".to_owned() }),
            _ => Ok(Plan { writes: writes.clone(), reply: () }),
        })
        .await?;
        Ok(checkpoint)
    }

    /// The newest checkpoint.
    pub async fn last_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        let read = Statement::new(
            concat!("SELECT ", columns!(), " FROM audit_checkpoints ORDER BY number DESC LIMIT 1"),
            params![],
        );
        let answers = self.read(vec![read]).await?;
        answers.first().and_then(|rows| rows.first()).map(signed).transpose()
    }

    /// Checkpoints behind a number, in order, a page of them.
    pub async fn checkpoints(&self, after: i64) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let read = Statement::new(
            concat!("SELECT ", columns!(), " FROM audit_checkpoints WHERE number > $1 ORDER BY number LIMIT $2"),
            params![after, MOST],
        );
        only(self.read(vec![read]).await?).iter().map(signed).collect()
    }

    /// What stands at a span of positions, in order.
    pub async fn covered_entries(&self, first: i64, last: i64) -> Result<Vec<Covered>, StoreError> {
        let read = Statement::new(
            concat!(
                "SELECT ",
                entry_columns!(),
                ", p.position, p.entry_id, p.hash FROM audit_positions p \
                 LEFT JOIN two_factor_audit_log e ON e.id = p.entry_id \
                 WHERE p.position >= $1 AND p.position <= $2 ORDER BY p.position"
            ),
            params![first, last],
        );
        let covered = |row: &mut Row| {
            let there: Option<Uuid> = row.get(0)?;
            let entry = there.map(|_| readable(row)).transpose()?;
            Ok(Covered { position: row.get(16)?, id: row.get(17)?, fingerprint: row.take(18)?, entry })
        };
        only(self.read(vec![read]).await?).iter_mut().map(covered).collect()
    }

    /// Entries that no checkpoint covers, in order of time, behind a place; a page of them. Those of one chain that are of
    /// one moment come in their order.
    pub async fn uncovered_entries(&self, after: Scan) -> Result<Vec<Uncovered>, StoreError> {
        let read = Statement::new(
            concat!(
                "SELECT ",
                entry_columns!(),
                ", s.seq FROM two_factor_audit_log e LEFT JOIN audit_starts s ON s.person_id = e.person_id \
                 WHERE e.created_at >= $1 AND (e.created_at, COALESCE(e.seq, 0), e.id) > ($1, $2, $3) \
                 AND NOT EXISTS (SELECT 1 FROM audit_positions p WHERE p.entry_id = e.id) \
                 ORDER BY e.created_at, COALESCE(e.seq, 0), e.id LIMIT $4"
            ),
            params![after.at, after.seq, after.id, MOST],
        );
        let uncovered = |row: &mut Row| {
            let (id, at, seq) = (row.get(0)?, row.get(1)?, row.get::<Option<i64>>(13)?);
            let start: Option<i64> = row.get(16)?;
            let before_start = start.zip(seq).is_some_and(|(start, seq)| seq <= start);
            Ok(Uncovered { id, entry: readable(row)?, before_start, place: Scan { at, seq: seq.unwrap_or(0), id } })
        };
        only(self.read(vec![read]).await?).iter_mut().map(uncovered).collect()
    }

    /// How many entries have positions, by the newest checkpoint: for whoever shows how far a pass has come.
    pub async fn count_covered(&self) -> Result<u64, StoreError> {
        let last = self.last_checkpoint().await?;
        Ok(last.map_or(0, |last| (last.checkpoint.last - last.checkpoint.begins + 1).max(0).unsigned_abs()))
    }
}

fn insert(signed: &SignedCheckpoint) -> Statement {
    let SignedCheckpoint { checkpoint, public_key, hash, signature } = signed;
    Statement::new(
        concat!("INSERT INTO audit_checkpoints (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        params![
            checkpoint.number,
            checkpoint.first,
            checkpoint.last,
            checkpoint.begins,
            checkpoint.entries,
            checkpoint.previous,
            checkpoint.at,
            public_key,
            hash,
            signature,
        ],
    )
}

fn signed(row: &Row) -> Result<SignedCheckpoint, StoreError> {
    let checkpoint = Checkpoint {
        number: row.get(0)?,
        first: row.get(1)?,
        last: row.get(2)?,
        begins: row.get(3)?,
        entries: row.get(4)?,
        previous: row.get(5)?,
        at: row.get(6)?,
    };
    Ok(SignedCheckpoint { checkpoint, public_key: row.get(7)?, hash: row.get(8)?, signature: row.get(9)? })
}

/// Lets one maker of checkpoints in at a time: there is no row to lock before the first, and the newest is another one
/// after each.
fn lock() -> Vec<Statement> {
    vec![
        Statement::new(
            "INSERT INTO jobs (name, runs) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING",
            params![Job::SignAuditLog.as_str()],
        ),
        Statement::new("SELECT name FROM jobs WHERE name = $1 FOR UPDATE", params![Job::SignAuditLog.as_str()]),
        Statement::new("SELECT max(number) FROM audit_checkpoints", params![]),
    ]
}

fn newest(answers: &[Vec<Row>]) -> Result<Option<i64>, StoreError> {
    answers.get(2).and_then(|rows| rows.first()).map_or(Ok(Some(0)), |row| Ok(row.get::<Option<i64>>(0)?.or(Some(0))))
}

/// A column that does not read is the entry's flaw.
pub(crate) fn readable(row: &mut Row) -> Result<Result<Recorded, String>, StoreError> {
    match recorded(row) {
        Ok(entry) => Ok(Ok(entry)),
        Err(StoreError::Corrupt { column, .. }) => Ok(Err(column)),
        Err(error) => Err(error),
    }
}

fn corrupt(column: String, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table: "two_factor_audit_log".to_owned(), column, reason: reason.to_string() }
}
