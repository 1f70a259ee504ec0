//! For tests and benchmarks, of this and other crates: fresh databases, people in bulk, the statements a command sends, and
//! a proxy that counts round trips.
//!
//! Nothing here is compiled into the program. A database lives as long as its [`TestDatabase`].

mod proxy;
mod recorder;
mod seed;

use tokio_postgres::{Config, NoTls};

pub use self::proxy::CountingProxy;
pub(crate) use self::recorder::Recorder;
pub use self::recorder::{Recorded, RecordedUnit};
pub use self::seed::{Belongings, Person, append_entries};
use crate::{Db, Options};

/// The variable that names a PostgreSQL server on which tests may create databases.
pub const POSTGRES_VARIABLE: &str = "TWINLOCK_TEST_POSTGRES";

/// A fresh, empty database, gone when this is dropped.
pub struct TestDatabase {
    /// `sqlite` or `postgres`, for the messages of assertions.
    pub name: &'static str,
    /// As in [`Options::url`].
    pub url: String,
    guard: Guard,
}

enum Guard {
    Sqlite { _directory: tempfile::TempDir },
    Postgres { admin: String, name: String },
}

impl TestDatabase {
    /// An SQLite file in a directory of its own.
    ///
    /// # Panics
    /// Where the directory cannot be made.
    #[expect(clippy::expect_used, reason = "a test without a temporary directory cannot go on")]
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = format!("sqlite:{}", directory.path().join("twinlock.db").display());
        Self { name: "sqlite", url, guard: Guard::Sqlite { _directory: directory } }
    }

    /// A database on the server that `TWINLOCK_TEST_POSTGRES` names. Without it the test is skipped, loudly, or fails
    /// where `CI` is set.
    ///
    /// # Panics
    /// Where the database cannot be made, or `CI` is set and the variable is not.
    pub async fn postgres() -> Option<Self> {
        let Some(admin) = environment(POSTGRES_VARIABLE) else {
            assert!(environment("CI").is_none(), "{POSTGRES_VARIABLE} is not set, and CI may not skip PostgreSQL");
            eprintln!("SKIPPED: PostgreSQL, for {POSTGRES_VARIABLE} is not set. `cargo xtask test` sets it.");
            return None;
        };
        Some(Self::postgres_on(&admin).await)
    }

    /// A database on the server at `admin`.
    ///
    /// # Panics
    /// Where the database cannot be made.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    #[expect(clippy::disallowed_methods, reason = "nothing is decided by the name of a test's database")]
    pub async fn postgres_on(admin: &str) -> Self {
        let name = format!("twinlock_test_{}", uuid::Uuid::now_v7().simple());
        // template0 has no other users; a copy of template1 fails while another test copies it.
        administer(admin, &format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("a database");
        let url = with_database(admin, &name);
        Self { name: "postgres", url, guard: Guard::Postgres { admin: admin.to_owned(), name } }
    }

    /// Options for it, the rest as in production.
    pub fn options(&self) -> Options {
        Options { url: self.url.clone(), ..Options::default() }
    }

    /// A handle on it, not migrated.
    ///
    /// # Panics
    /// Where it cannot be opened.
    #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
    pub async fn connect(&self) -> Db {
        Db::connect(&self.options()).await.expect("a connection")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Guard::Postgres { admin, name } = &self.guard else { return };
        let (admin, drop) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A thread, for the test's own runtime must not be blocked on, and may be gone.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(administer(&admin, &drop)).map_err(std::io::Error::other)
        });
        if !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("the test's database {name} could not be dropped");
        }
    }
}

/// A bare connection to an SQLite file, with the settings of the store's own writer.
pub fn sqlite_connection(path: &std::path::Path) -> rusqlite::Result<rusqlite::Connection> {
    crate::sqlite::open_connection(path)
}

/// A fresh database of each kind; PostgreSQL as in [`TestDatabase::postgres`].
pub async fn databases() -> Vec<TestDatabase> {
    let mut databases = vec![TestDatabase::sqlite()];
    databases.extend(TestDatabase::postgres().await);
    databases
}

#[expect(clippy::disallowed_methods, reason = "the tests' server is no setting of the program")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

async fn administer(admin: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = admin.parse::<Config>()?.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    let outcome = client.batch_execute(sql).await;
    drop(client);
    let _ = connection.await;
    outcome
}

fn with_database(url: &str, name: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return format!("{url} dbname={name}");
    };
    let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    let authority = address.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_databases_name_is_replaced_in_either_form_of_url() {
        assert_eq!(with_database("postgres://me@h:1/postgres?host=/s", "x"), "postgres://me@h:1/x?host=/s");
        assert_eq!(with_database("postgres://me@h", "x"), "postgres://me@h/x");
        assert_eq!(with_database("host=/s dbname=postgres", "x"), "host=/s dbname=postgres dbname=x");
    }
}
