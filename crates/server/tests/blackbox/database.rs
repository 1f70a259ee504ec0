//! A database of its own for each test, and the look into it that some rows of the test plan allow.
//!
//! PostgreSQL is used when `TWINLOCK_TEST_POSTGRES` names a cluster by the URL of a superuser. Without it those tests say
//! loudly that they were skipped; with `CI` set they fail instead.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::types::ValueRef;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Where the server of one test keeps its data.
pub(crate) enum Database {
    /// A file in the test's own directory.
    Sqlite,
    /// A database made for this test, by its URL, and the URL of the cluster that can drop it.
    Postgres { url: String, admin: String, name: String },
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A fresh PostgreSQL database, or `None` (said loudly) when there is no cluster to make it on.
    pub(crate) async fn postgres(test: &str) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
        let (admin, strict) = (std::env::var("TWINLOCK_TEST_POSTGRES").ok(), std::env::var_os("CI").is_some());
        let Some(admin) = admin.filter(|url| !url.is_empty()) else {
            assert!(!strict, "CI is set but TWINLOCK_TEST_POSTGRES is not: {test} would not run on PostgreSQL");
            eprintln!("SKIPPED on PostgreSQL: {test} (set TWINLOCK_TEST_POSTGRES to the URL of a cluster)");
            return None;
        };
        let started = crate::harness::wall_clock();
        let name =
            format!("twinlock_test_{}_{started}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        run_on(&admin, &format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&admin).expect("TWINLOCK_TEST_POSTGRES is a URL");
        url.set_path(&name);
        Some(Self::Postgres { url: url.to_string(), admin, name })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Drops a PostgreSQL database, whoever is still connected to it.
    pub(crate) fn remove(&self) {
        self.remove_with("");
    }

    /// The same, and then what else was made at the cluster for it.
    pub(crate) fn remove_with(&self, sql: &str) {
        if let Self::Postgres { admin, name, .. } = self {
            let (admin, name, sql) = (admin.clone(), name.clone(), sql.to_owned());
            // Called while a test's runtime may be on its way out, so the farewell has a runtime of its own.
            let farewell = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(run_on(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
                runtime.block_on(run_on(&admin, &sql));
            });
            if farewell.join().is_err() {
                eprintln!("a test database was left behind");
            }
        }
    }
}

async fn run_on(url: &str, sql: &str) {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the cluster of TWINLOCK_TEST_POSTGRES answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    drop(client);
    let _ = driver.await;
}

/// A stranger's connection to the database of a running server.
pub(crate) enum Look {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Look {
    /// Every row of a query, every value as text (blobs as `\x…` hexadecimal, as PostgreSQL shows them).
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match self {
            Self::Sqlite(path) => sqlite_rows(path, sql),
            Self::Postgres(url) => postgres_rows(url, sql).await,
        }
    }

    /// The single value a query gives.
    pub(crate) async fn value(&self, sql: &str) -> Option<String> {
        let rows = self.rows(sql).await;
        assert_eq!(rows.len(), 1, "{sql} gave {rows:?}");
        rows.into_iter().next().unwrap().remove(0)
    }

    /// The single count a query gives.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.value(sql).await.expect("a count").parse().expect("a number")
    }

    /// Runs statements; says what the database said.
    pub(crate) async fn try_execute(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(path) => sqlite(path).execute_batch(sql).map_err(|error| error.to_string()),
            Self::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
                let driver = tokio::spawn(connection);
                let result = client.batch_execute(sql).await.map_err(|error| format!("{error:?}"));
                drop(client);
                let _ = driver.await;
                result
            }
        }
    }

    /// Runs statements that must succeed.
    pub(crate) async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The names of all tables of the server.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Self::Postgres(_) => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            }
        };
        self.rows(sql).await.into_iter().filter_map(|mut row| row.remove(0)).collect()
    }

    /// Every value of every table but those named, one `table: value | value` line per row, in order: a table has none.
    pub(crate) async fn dump_without(&self, skipped: &[&str]) -> String {
        let mut dump = Vec::new();
        for table in self.tables().await {
            if skipped.contains(&table.as_str()) {
                continue;
            }
            for row in self.rows(&format!("SELECT * FROM {table}")).await {
                let values: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
                dump.push(format!("{table}: {}\n", values.join(" | ")));
            }
        }
        dump.sort_unstable();
        dump.concat()
    }
}

fn sqlite(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

fn sqlite_rows(path: &Path, sql: &str) -> Vec<Vec<Option<String>>> {
    let connection = sqlite(path);
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let width = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let text = |index| match row.get_ref(index).unwrap() {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Some(format!("\\x{}", data_encoding::HEXLOWER.encode(bytes))),
        };
        all.push((0..width).map(text).collect());
    }
    all
}

async fn postgres_rows(url: &str, sql: &str) -> Vec<Vec<Option<String>>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    drop(client);
    let _ = driver.await;
    let mut all = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            all.push((0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect());
        }
    }
    all
}
