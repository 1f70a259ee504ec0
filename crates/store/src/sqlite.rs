//! SQLite: one writer thread with group commit, a few read connections beside it.

mod reader;
mod session;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use self::reader::Readers;
use self::session::failure;
use self::writer::{Unit, Work, Writer};
use crate::db::{Dialect, Options, Writes};
use crate::error::StoreError;
use crate::statement::{Statement, Texts};
use crate::value::Row;

/// Begins a batch of units: takes the write lock at once, so that no unit finds out later that it cannot have it.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
/// Begins a snapshot.
pub(crate) const BEGIN_READ: &str = "BEGIN";
/// Ends one: there is nothing to keep.
pub(crate) const END_READ: &str = "ROLLBACK";
/// Units that may wait for the writer before callers wait for a place in the queue.
const QUEUE: usize = 1024;
/// How often another process's commits are looked for.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(250);
/// How long SQLite itself waits for another process's lock before the writer looks at the clock again.
const BUSY_SLICE: Duration = Duration::from_millis(100);

/// An open SQLite file.
pub(crate) struct Sqlite {
    path: PathBuf,
    queue: mpsc::Sender<Work>,
    readers: Readers,
    acquire_timeout: Duration,
    unit_timeout: Duration,
}

impl Sqlite {
    pub(crate) async fn open(
        path: PathBuf,
        options: &Options,
        commits: watch::Sender<u64>,
    ) -> Result<Self, StoreError> {
        let texts = Arc::new(Texts::new(Dialect::Sqlite));
        let (queue, work) = mpsc::channel(QUEUE);
        let writer_path = path.clone();
        let writer_texts = Arc::clone(&texts);
        let (patience, batch_time) = (options.acquire_timeout, options.batch_time);
        tokio::task::spawn_blocking(move || {
            create_private(&writer_path)
                .map_err(|error| StoreError::unavailable(format_args!("{}: {error}", writer_path.display())))?;
            let connection = open_patiently(&writer_path, patience)?;
            let writer = Writer::new(connection, writer_path, writer_texts, batch_time, commits)?;
            std::thread::Builder::new()
                .name("store-writer".to_owned())
                .spawn(move || writer.run(work))
                .map_err(StoreError::unavailable)
        })
        .await
        .map_err(StoreError::unavailable)??;
        look_for_others(queue.downgrade());
        let readers = Readers::new(path.clone(), texts, options.read_connections, options.acquire_timeout);
        Ok(Self { path, queue, readers, acquire_timeout: options.acquire_timeout, unit_timeout: options.unit_timeout })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) async fn transact(&self, reads: Vec<Statement>, plan: Writes) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let unit = Unit::new(reads, plan, reply, Instant::now() + self.acquire_timeout);
        self.submit(Work::Unit(unit)).await?;
        match timeout(self.acquire_timeout + self.unit_timeout, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(StoreError::unavailable("the writer dropped the unit")),
            Err(_) => Err(StoreError::unavailable("the writer did not answer in time")),
        }
    }

    pub(crate) async fn read(&self, reads: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.readers.read(reads).await
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let (done, closed) = oneshot::channel();
        let ended = async {
            if self.queue.send(Work::Close(done)).await.is_ok() {
                let _ = closed.await;
            }
        };
        if timeout(self.unit_timeout, ended).await.is_err() {
            tracing::warn!("units were still under way when the database was closed");
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) async fn execute_batch(&self, sql: &str) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.submit(Work::Script(sql.to_owned(), done)).await?;
        answer.await.map_err(|_| StoreError::unavailable("the writer dropped the script"))?
    }

    async fn submit(&self, work: Work) -> Result<(), StoreError> {
        match timeout(self.acquire_timeout, self.queue.send(work)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(StoreError::unavailable("the database is closed")),
            Err(_) => Err(StoreError::unavailable("the writer's queue is full")),
        }
    }
}

/// Asks the writer every now and then whether another process has committed. Ends with the queue.
fn look_for_others(queue: mpsc::WeakSender<Work>) {
    tokio::spawn(async move {
        let mut ticks = interval(LOOK_FOR_OTHERS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(queue) = queue.upgrade() else { return };
            if let Err(mpsc::error::TrySendError::Closed(_)) = queue.try_send(Work::LookForOthers) {
                return;
            }
        }
    });
}

/// Creates the file with mode 0600 before SQLite would create it with the process's umask; SQLite gives `-wal` and `-shm`
/// the mode of the file itself.
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file.set_permissions(fs::Permissions::from_mode(0o600)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
                tracing::warn!(path = %path.display(), "the database file is readable by others than its owner");
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Opens a connection, waiting while another process switches the file to WAL or recovers it.
fn open_patiently(path: &Path, patience: Duration) -> Result<Connection, StoreError> {
    let begun = Instant::now();
    loop {
        match open_connection(path) {
            Err(error) if is_busy(&error) && begun.elapsed() < patience => std::thread::sleep(Duration::from_millis(5)),
            outcome => return outcome.map_err(|error| failure(&error, "open")),
        }
    }
}

/// A connection with the settings every writer needs.
pub(crate) fn open_connection(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_SLICE)?;
    connection.set_prepared_statement_cache_capacity(512);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -64000;
         PRAGMA mmap_size = 268435456;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 8000;",
    )?;
    Ok(connection)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
