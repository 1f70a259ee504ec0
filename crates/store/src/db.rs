//! One handle for both databases: units of work, reads, migrations and the end.
//!
//! A **unit** is a batch of reads, a pure plan, a batch of writes; it is kept whole or not at all. Reads may write
//! (`INSERT … ON CONFLICT … RETURNING` of a counter), so a unit without writes is committed too. A unit is run again as a
//! whole, once, when a guard or constraint refuses it, on deadlock or serialization failure, and when its connection
//! turns out to be dead before COMMIT was sent. Whoever is told `Ok` has it on disk; an error while COMMIT was under way
//! means that nobody knows, and is never retried here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::error::StoreError;
use crate::migrate;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::statement::Statement;
use crate::value::Row;

/// Which of the two databases a handle speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, one file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Where the database is and how long to wait for it. Without `Debug`, for the URL may hold a password.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:path`, `postgres://…`, or PostgreSQL's `host=… dbname=…` form. `sslmode=require` and `verify-full` both
    /// check the certificate against the system's roots (or `SSL_CERT_FILE`).
    pub url: String,
    /// Connections to PostgreSQL for units, at most.
    pub max_connections: usize,
    /// Connections for reads at most, beside those for units.
    pub read_connections: usize,
    /// How long a unit waits for a connection, or for SQLite's writer to begin it.
    pub acquire_timeout: Duration,
    /// How long a statement waits for a row lock on PostgreSQL.
    pub lock_timeout: Duration,
    /// SQLite adds no unit to a transaction that has worked this long: the first in it waits for the last.
    pub batch_time: Duration,
    /// How long one attempt at a unit may take in all.
    pub unit_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            url: String::new(),
            max_connections: 16,
            read_connections: 4,
            acquire_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(5),
            batch_time: Duration::from_millis(2),
            unit_timeout: Duration::from_secs(30),
        }
    }
}

/// What a plan decided: writes to commit, and the answer to give once they are.
#[derive(Debug)]
pub struct Plan<T> {
    /// Executed in order.
    pub writes: Vec<Statement>,
    /// Handed to the caller after the commit.
    pub reply: T,
}

/// A plan that keeps its reply to itself. With this the engines know one type for all units, and are compiled once instead
/// of once for each command.
pub(crate) type Writes = Box<dyn FnMut(Vec<Vec<Row>>) -> Result<Vec<Statement>, StoreError> + Send>;

/// A database. Clones share it.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    commits: watch::Sender<u64>,
    pub(crate) messages: watch::Sender<u64>,
    #[cfg(feature = "testing")]
    pub(crate) recorder: crate::testing::Recorder,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens the database without migrating it; an SQLite file that is not there yet is created, readable by its owner
    /// only.
    pub async fn connect(options: &Options) -> Result<Self, StoreError> {
        let (commits, _) = watch::channel(0);
        let engine = if let Some(path) = options.url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            Engine::Sqlite(Arc::new(Sqlite::open(path.into(), options, commits.clone()).await?))
        } else {
            let postgres = Postgres::open(options)?;
            postgres.ping().await?;
            Engine::Postgres(Arc::new(postgres))
        };
        Ok(Self {
            engine,
            commits,
            messages: watch::channel(0).0,
            #[cfg(feature = "testing")]
            recorder: crate::testing::Recorder::default(),
        })
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// One unit of work in two round trips: BEGIN and `reads`; `plan`; its writes and COMMIT. `plan` gets one list of
    /// rows per read and may be called a second time with fresh ones. When it errs, everything is rolled back.
    pub async fn transact<T, P>(&self, reads: Vec<Statement>, mut plan: P) -> Result<T, StoreError>
    where
        P: FnMut(Vec<Vec<Row>>) -> Result<Plan<T>, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let given = Arc::new(Mutex::new(None));
        let giving = Arc::clone(&given);
        let writes = move |rows| {
            let Plan { writes, reply } = plan(rows)?;
            *giving.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
            Ok(writes)
        };
        self.unit(reads, Box::new(writes)).await?;
        let reply = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        reply.ok_or(StoreError::Panicked)
    }

    async fn unit(&self, reads: Vec<Statement>, writes: Writes) -> Result<(), StoreError> {
        #[cfg(feature = "testing")]
        let writes = self.recorder.unit(self.dialect(), self.begin(), &reads, writes);
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.transact(reads, writes).await,
            Engine::Postgres(postgres) => {
                if postgres.transact(reads, writes).await? {
                    self.commits.send_modify(|count| *count += 1);
                }
                Ok(())
            }
        }
    }

    /// Reads that decide nothing: one round trip, one snapshot, never behind a writer, and unable to write.
    pub async fn read(&self, reads: Vec<Statement>) -> Result<Vec<Vec<Row>>, StoreError> {
        #[cfg(feature = "testing")]
        self.record_reads(&reads);
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(reads).await,
            Engine::Postgres(postgres) => postgres.read(&reads).await,
        }
    }

    /// Ticks after every commit of this handle that changed something and, on SQLite, within a quarter of a second of
    /// another process's. Another node's commits on PostgreSQL are not seen.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Ticks after every command of this handle that left a message in the outbox: what a worker wakes for, for most commits
    /// leave none.
    pub fn messages(&self) -> watch::Receiver<u64> {
        self.messages.subscribe()
    }

    /// Whether the database answers: on SQLite through the writer, so that a stuck one is noticed.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.transact(Vec::new(), Box::new(|_| Ok(Vec::new()))).await,
            Engine::Postgres(postgres) => postgres.ping().await,
        }
    }

    /// Brings the schema to this program's state and names the migrations that were applied. On PostgreSQL under an
    /// advisory lock on a connection of its own, which must not go through a transaction-mode pooler.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => migrate::sqlite(sqlite.path().to_owned()).await,
            Engine::Postgres(postgres) => migrate::postgres(postgres.direct().await?).await,
        }
    }

    /// The migrations that [`Db::migrate`] would apply; errs when the database is too new for this program.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => migrate::pending_sqlite(sqlite.path().to_owned()).await,
            Engine::Postgres(postgres) => migrate::pending_postgres(postgres.direct().await?).await,
        }
    }

    /// Finishes what began and closes the database; later calls on any clone are `Unavailable`.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }

    #[cfg(feature = "testing")]
    fn begin(&self) -> &str {
        match &self.engine {
            Engine::Sqlite(_) => crate::sqlite::BEGIN,
            Engine::Postgres(postgres) => postgres.begin(),
        }
    }

    #[cfg(feature = "testing")]
    fn record_reads(&self, reads: &[Statement]) {
        let (opening, closing) = match self.dialect() {
            Dialect::Sqlite => (crate::sqlite::BEGIN_READ, crate::sqlite::END_READ),
            Dialect::Postgres => (crate::postgres::BEGIN_READ, "COMMIT"),
        };
        self.recorder.reads(self.dialect(), opening, reads, closing);
    }

    /// Runs a script outside any unit; on SQLite on the writer's own connection, so that its PRAGMAs take effect there.
    #[cfg(feature = "testing")]
    pub async fn execute_batch(&self, sql: &str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute_batch(sql).await,
            Engine::Postgres(postgres) => postgres.execute_batch(sql).await,
        }
    }
}
