//! The writer thread: many units, one transaction, one COMMIT, answers only after it.
//!
//! Each unit runs under a savepoint and `catch_unwind`, so that a failed one takes nothing but itself along. What rolls
//! back the whole transaction (`RAISE(ROLLBACK)`, a full disk, a COMMIT that fails) fails every unit of the batch. The
//! thread outlives all of it; it ends when the handle is closed or dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::session::{Session, failure};
use super::{BEGIN, is_busy, open_connection};
use crate::db::Writes;
use crate::error::StoreError;
use crate::statement::{Statement, Texts};

/// Units in one transaction at most.
const BATCH_UNITS: usize = 64;

/// What the writer is asked to do.
pub(super) enum Work {
    /// Run a unit.
    Unit(Unit),
    /// See whether another process has committed.
    LookForOthers,
    /// Finish what is queued, close the file, then answer.
    Close(oneshot::Sender<()>),
    /// Run a script outside any transaction.
    #[cfg(feature = "testing")]
    Script(String, oneshot::Sender<Result<(), StoreError>>),
}

/// A unit of work.
pub(super) struct Unit {
    reads: Vec<Statement>,
    plan: Writes,
    /// Of the last run; none when it panicked.
    outcome: Option<Result<(), StoreError>>,
    reply: oneshot::Sender<Result<(), StoreError>>,
    /// When its caller stops waiting for it to begin.
    deadline: Instant,
}

impl Unit {
    pub(super) fn new(
        reads: Vec<Statement>,
        plan: Writes,
        reply: oneshot::Sender<Result<(), StoreError>>,
        deadline: Instant,
    ) -> Self {
        Self { reads, plan, outcome: None, reply, deadline }
    }

    fn attempt(&mut self, session: Session<'_>) -> Result<(), StoreError> {
        let writes = (self.plan)(session.read_all(&self.reads)?)?;
        writes.iter().try_for_each(|write| session.write(write))
    }

    /// Runs it inside the savepoint `unit`; whether it may be kept.
    fn run(&mut self, session: Session<'_>) -> bool {
        self.outcome = None;
        let mut outcome = self.attempt(session);
        if matches!(outcome, Err(StoreError::Conflict { .. }))
            && !session.connection.is_autocommit()
            && session.control("ROLLBACK TO unit").is_ok()
        {
            outcome = self.attempt(session);
        }
        self.outcome.insert(outcome).is_ok()
    }

    /// Answers the caller: its own failure first, else the batch's outcome.
    fn answer(self, batch: Result<(), StoreError>) {
        let outcome = match (self.outcome, batch) {
            (Some(Ok(())), Ok(())) => Ok(()),
            (Some(Err(error)), _) | (Some(Ok(())) | None, Err(error)) => Err(error),
            (None, Ok(())) => Err(StoreError::Panicked),
        };
        // The caller may have gone away; the unit stands all the same.
        let _ = self.reply.send(outcome);
    }
}

/// The state of the writer thread.
pub(super) struct Writer {
    connection: Connection,
    path: PathBuf,
    texts: Arc<Texts>,
    batch_time: Duration,
    commits: watch::Sender<u64>,
    data_version: i64,
    closing: Vec<oneshot::Sender<()>>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        path: PathBuf,
        texts: Arc<Texts>,
        batch_time: Duration,
        commits: watch::Sender<u64>,
    ) -> Result<Self, StoreError> {
        let data_version = data_version(&connection).map_err(|error| failure(&error, "PRAGMA data_version"))?;
        Ok(Self { connection, path, texts, batch_time, commits, data_version, closing: Vec::new() })
    }

    /// Works until the queue is closed or all its senders are gone, then checkpoints.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Work>) {
        while let Some(work) = queue.blocking_recv() {
            // A panic here is none of a unit, which are caught one by one: drop the batch's callers, keep the thread.
            if catch_unwind(AssertUnwindSafe(|| self.turn(work, &mut queue))).is_err() {
                tracing::error!("the store's writer panicked between units");
            }
            self.leave_transaction();
        }
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the last checkpoint failed; the next start makes up for it");
        }
        let Self { connection, closing, .. } = self;
        drop(connection);
        for done in closing {
            let _ = done.send(());
        }
    }

    fn turn(&mut self, work: Work, queue: &mut mpsc::Receiver<Work>) {
        match work {
            Work::Unit(unit) => {
                if let Some(next) = self.batch(unit, queue) {
                    self.turn(next, queue);
                }
            }
            Work::LookForOthers => self.look_for_others(),
            Work::Close(done) => {
                queue.close();
                self.closing.push(done);
            }
            #[cfg(feature = "testing")]
            Work::Script(sql, done) => {
                let outcome = self.connection.execute_batch(&sql).map_err(|error| failure(&error, "script"));
                let _ = done.send(outcome);
            }
        }
    }

    /// Runs `first` and whatever units wait behind it in one transaction. Returns the other work it came across.
    fn batch(&mut self, first: Unit, queue: &mut mpsc::Receiver<Work>) -> Option<Work> {
        if let Err(error) = self.begin(first.deadline) {
            first.answer(Err(error));
            return None;
        }
        let begun = Instant::now();
        let mut done = Vec::new();
        let mut other = None;
        let mut look = false;
        let mut next = Some(first);
        let mut sound = Ok(());
        let mut changed = false;
        while let Some(mut unit) = next.take() {
            sound = self.run_unit(&mut unit).map(|unit_changed| changed |= unit_changed);
            done.push(unit);
            if sound.is_err() || done.len() == BATCH_UNITS || begun.elapsed() >= self.batch_time {
                break;
            }
            next = loop {
                match queue.try_recv() {
                    Ok(Work::Unit(unit)) => break Some(unit),
                    Ok(Work::LookForOthers) => look = true,
                    Ok(work) => other = Some(work),
                    Err(_) => break None,
                }
                if other.is_some() {
                    break None;
                }
            };
        }
        let outcome = sound.and_then(|()| self.commit(done.len()));
        if outcome.is_err() {
            self.leave_transaction();
        } else if changed {
            self.commits.send_modify(|count| *count += 1);
        }
        for unit in done {
            unit.answer(outcome.clone());
        }
        if look {
            self.look_for_others();
        }
        other
    }

    /// Takes the file's write lock, waiting for other processes until `deadline`.
    fn begin(&self, deadline: Instant) -> Result<(), StoreError> {
        loop {
            if Instant::now() >= deadline {
                return Err(StoreError::unavailable("the writer was busy for too long"));
            }
            match self.session().control(BEGIN) {
                Ok(()) => return Ok(()),
                // SQLite has mostly waited already; where it answers at once, waiting would not have helped it.
                Err(error) if is_busy(&error) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(failure(&error, "BEGIN")),
            }
        }
    }

    /// Runs one unit under its savepoint; whether it changed anything that is kept. An error means that the transaction
    /// is lost with all units in it.
    fn run_unit(&self, unit: &mut Unit) -> Result<bool, StoreError> {
        let session = self.session();
        let lost = |error: rusqlite::Error| StoreError::unavailable(format_args!("the batch was lost: {error}"));
        session.control("SAVEPOINT unit").map_err(lost)?;
        let changes = self.connection.total_changes();
        let keep = catch_unwind(AssertUnwindSafe(|| unit.run(session))).unwrap_or(false);
        if self.connection.is_autocommit() {
            return Err(StoreError::unavailable("SQLite rolled the whole batch back"));
        }
        if !keep {
            session.control("ROLLBACK TO unit").map_err(lost)?;
        }
        session.control("RELEASE unit").map_err(lost)?;
        Ok(keep && self.connection.total_changes() != changes)
    }

    fn commit(&self, units: usize) -> Result<(), StoreError> {
        let Err(error) = self.session().control("COMMIT") else { return Ok(()) };
        let error = failure(&error, "COMMIT");
        // Whose constraint it was cannot be told in company.
        if units > 1 { Err(StoreError::unavailable(format_args!("the batch was lost: {error}"))) } else { Err(error) }
    }

    /// Whatever happened, the next batch begins outside a transaction.
    fn leave_transaction(&mut self) {
        if self.connection.is_autocommit() || self.session().control("ROLLBACK").is_ok() {
            return;
        }
        match open_connection(&self.path) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(%error, "the store's writer cannot leave a failed transaction"),
        }
    }

    fn look_for_others(&mut self) {
        match data_version(&self.connection) {
            Ok(version) if version != self.data_version => {
                self.data_version = version;
                self.commits.send_modify(|count| *count += 1);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot look for other processes' commits"),
        }
    }

    fn session(&self) -> Session<'_> {
        Session { connection: &self.connection, texts: &self.texts }
    }
}

/// A number that changes when another connection has committed to the file.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0))
}
