//! Migrations: pairs of SQL files with one name, forward only, embedded in the program.
//!
//! Old and new programs run side by side during a roll-out, so a schema may only grow while the old one still runs. A
//! database that is ahead of the program is therefore fine, unless one of the migrations it is ahead by is named
//! `contract_…`: that name says that something the old program needs has been taken away, and the old program refuses.
//! Each run is one transaction. Two processes that migrate at once are ordered by an advisory lock on PostgreSQL; on SQLite
//! the second one fails on the history's primary key, looks again, and finds nothing left to do.

use std::path::PathBuf;

use deadpool_postgres::ClientWrapper;
use refinery::{Migration, Report, Runner};
use tokio_postgres::error::SqlState;

use crate::db::Dialect;
use crate::error::StoreError;
use crate::sqlite::open_connection;

/// `"twinlock"` as a number: the key of the advisory lock.
const LOCK: i64 = 0x7477_696e_6c6f_636b;

/// A migration in both languages.
struct Pair {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! pairs {
    ($($name:literal),* $(,)?) => {
        &[$(Pair {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// How often a run that was in a deadlock is tried on PostgreSQL.
const TRIES: u32 = 10;

/// All of them, in order. A file without its twin does not compile; a test finds files that are missing here.
const PAIRS: &[Pair] = pairs![
    "V1__two_factor",
    "V2__backup_email",
    "V3__key_ids",
    "V4__delivery",
    "V5__sms_fraud",
    "V6__known_browsers",
    "V7__applications",
    "V8__audit_checkpoints",
    "V12__database_mark",
    "V14__set_up_clock",
    "V15__administrators",
    "V16__hosted_challenges",
    "V17__webhooks",
    "V18__application_rules",
    "V19__number_holders",
    "V20__audit_of_applications",
    "V24__device_proof_and_shares",
    "V26__session_links",
    "V27__bypass_codes",
    "V28__hourly_figures",
    "V29__admin_keys",
    "V30__reset_requests",
];

fn embedded(dialect: Dialect) -> Result<Vec<Migration>, StoreError> {
    let sql = |pair: &Pair| match dialect {
        Dialect::Sqlite => pair.sqlite,
        Dialect::Postgres => pair.postgres,
    };
    PAIRS.iter().map(|pair| Migration::unapplied(pair.name, sql(pair)).map_err(StoreError::migration)).collect()
}

fn runner(known: &[Migration]) -> Runner {
    // Missing ones are judged below, by name.
    Runner::new(known).set_grouped(true).set_abort_divergent(true).set_abort_missing(false)
}

/// Compares what is applied with what is known: the names still to be applied.
fn pending(known: &[Migration], applied: &[Migration]) -> Result<Vec<String>, StoreError> {
    for done in applied {
        match known.iter().find(|known| known.version() == done.version()) {
            Some(known) if known != done => {
                return Err(StoreError::migration(format_args!(
                    "{done} was applied with another content than {known}"
                )));
            }
            Some(_) => {}
            None if done.name().starts_with("contract") => {
                return Err(StoreError::migration(format_args!(
                    "the database is too new for this program: {done} took something away that it needs"
                )));
            }
            None => tracing::warn!(migration = %done, "the database is newer than this program"),
        }
    }
    let newest = applied.iter().map(Migration::version).max();
    let missing = |known: &&Migration| !applied.iter().any(|done| done.version() == known.version());
    known
        .iter()
        .filter(missing)
        .map(|known| match newest {
            Some(newest) if known.version() < newest => {
                Err(StoreError::migration(format_args!("{known} was never applied, though V{newest} was")))
            }
            _ => Ok(known.to_string()),
        })
        .collect()
}

/// What a run applied, which is less than was pending where another process was quicker.
fn names(report: &Report) -> Vec<String> {
    report.applied_migrations().iter().map(ToString::to_string).collect()
}

/// The known ones up to a version: all of them, but for tests of older databases.
fn embedded_to(dialect: Dialect, newest: Option<u32>) -> Result<Vec<Migration>, StoreError> {
    let mut known = embedded(dialect)?;
    known.retain(|known| newest.is_none_or(|newest| u32::try_from(known.version()).is_ok_and(|it| it <= newest)));
    Ok(known)
}

pub(crate) async fn sqlite(path: PathBuf, newest: Option<u32>) -> Result<Vec<String>, StoreError> {
    blocking(move || {
        let known = embedded_to(Dialect::Sqlite, newest)?;
        let mut connection = sqlite_connection(&path)?;
        let attempt = |connection: &mut rusqlite::Connection| {
            if pending(&known, &sqlite_applied(connection)?)?.is_empty() {
                return Ok(Vec::new());
            }
            runner(&known)
                .run(connection)
                .map(|report| names(&report))
                .map_err(|error| StoreError::migration(source_of(&error)))
        };
        // A failed run has left nothing; the second look tells a lost race from a bad migration.
        attempt(&mut connection).or_else(|_| attempt(&mut connection))
    })
    .await
}

pub(crate) async fn pending_sqlite(path: PathBuf) -> Result<Vec<String>, StoreError> {
    blocking(move || pending(&embedded(Dialect::Sqlite)?, &sqlite_applied(&mut sqlite_connection(&path)?)?)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(StoreError::migration)?
}

fn sqlite_connection(path: &std::path::Path) -> Result<rusqlite::Connection, StoreError> {
    let mut connection = open_connection(path).map_err(StoreError::migration)?;
    connection.busy_timeout(std::time::Duration::from_secs(30)).map_err(StoreError::migration)?;
    connection.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
    Ok(connection)
}

fn sqlite_applied(connection: &mut rusqlite::Connection) -> Result<Vec<Migration>, StoreError> {
    let runner = runner(&[]);
    let exists = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'refinery_schema_history'",
            [],
            |row| row.get::<_, i64>(0),
        )
        .map_err(StoreError::migration)?;
    if exists == 0 { Ok(Vec::new()) } else { runner.get_applied_migrations(connection).map_err(StoreError::migration) }
}

pub(crate) async fn postgres(mut connection: ClientWrapper, newest: Option<u32>) -> Result<Vec<String>, StoreError> {
    let known = embedded_to(Dialect::Postgres, newest)?;
    // A migration that waits for a table's lock makes everybody behind it wait: better to fail and be run again.
    connection
        .batch_execute(&format!("SET lock_timeout = '60s'; SELECT pg_advisory_lock({LOCK}); SET lock_timeout = '10s'"))
        .await
        .map_err(|error| migration_error(&error))?;
    if pending(&known, &postgres_applied(&mut connection).await?)?.is_empty() {
        return Ok(Vec::new());
    }
    // The lock goes with the connection.
    let mut tries = 1;
    loop {
        match runner(&known).run_async(&mut *connection).await {
            Ok(report) => return Ok(names(&report)),
            Err(error) if is_deadlock(&error) && tries < TRIES => tries += 1,
            Err(error) => return Err(StoreError::migration(source_of(&error))),
        }
    }
}

/// Whether PostgreSQL broke a circle of waiting by ending this run, which has left nothing: during a roll-out an older program
/// may lock the same tables in another order.
fn is_deadlock(error: &refinery::Error) -> bool {
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.any(|cause| {
        let answer = cause.downcast_ref::<tokio_postgres::Error>();
        answer.and_then(tokio_postgres::Error::code) == Some(&SqlState::T_R_DEADLOCK_DETECTED)
    })
}

pub(crate) async fn pending_postgres(mut connection: ClientWrapper) -> Result<Vec<String>, StoreError> {
    pending(&embedded(Dialect::Postgres)?, &postgres_applied(&mut connection).await?)
}

async fn postgres_applied(connection: &mut ClientWrapper) -> Result<Vec<Migration>, StoreError> {
    let exists = connection
        .query_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[])
        .await
        .and_then(|row| row.try_get::<_, bool>(0))
        .map_err(|error| migration_error(&error))?;
    if !exists {
        return Ok(Vec::new());
    }
    runner(&[]).get_applied_migrations_async(&mut **connection).await.map_err(StoreError::migration)
}

fn migration_error(error: &tokio_postgres::Error) -> StoreError {
    StoreError::migration(source_of(error))
}

/// The error with its cause, which tokio-postgres keeps out of its own words.
fn source_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", source_of(cause)),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations(names: &[&str]) -> Vec<Migration> {
        names.iter().map(|name| Migration::unapplied(name, "SELECT 1").unwrap()).collect()
    }

    #[test]
    fn every_file_is_embedded_and_has_a_twin() {
        for folder in ["sqlite", "postgres"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let mut files: Vec<_> =
                folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            files.sort();
            let mut embedded: Vec<_> = PAIRS.iter().map(|pair| format!("{}.sql", pair.name)).collect();
            embedded.sort();
            assert_eq!(files, embedded);
        }
    }

    #[test]
    fn what_is_not_applied_is_pending() {
        let known = migrations(&["V1__a", "V2__b", "V3__c"]);
        assert_eq!(pending(&known, &[]).unwrap(), ["V1__a", "V2__b", "V3__c"]);
        assert_eq!(pending(&known, &known[..2]).unwrap(), ["V3__c"]);
        assert_eq!(pending(&known, &known).unwrap(), [""; 0]);
    }

    #[test]
    fn an_old_program_runs_on_a_grown_schema_but_not_on_a_contracted_one() {
        let known = migrations(&["V1__a"]);
        assert_eq!(pending(&known, &migrations(&["V1__a", "V2__add_column"])).unwrap(), [""; 0]);
        let refused = pending(&known, &migrations(&["V1__a", "V2__add_column", "V3__contract_names"])).unwrap_err();
        assert!(refused.to_string().contains("too new for this program: V3__contract_names"), "{refused}");
    }

    /// SQLite widens no CHECK: the second migration moves the rows of a table that is in use.
    #[test]
    fn the_second_migration_keeps_the_links_there_are_and_takes_those_of_a_new_purpose() {
        let known = embedded(Dialect::Sqlite).unwrap();
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        runner(&known).set_target(refinery::Target::Version(1)).run(&mut connection).unwrap();
        let link = |connection: &rusqlite::Connection, id: &str, purpose: &str| {
            let sql = "INSERT INTO link_tokens (id, user_id, purpose, token_hash, payload, created_at, expires_at) \
                       VALUES (?1, x'01', ?2, ?1, x'09', 5, 6)";
            connection.execute(sql, rusqlite::params![id.as_bytes(), purpose])
        };
        let person = "INSERT INTO applications (id, name, created_at) VALUES (x'00', 'x', 1); \
             INSERT INTO users (id, application_id, person_id, email, email_key, password_hash, locale, created_at) \
             VALUES (x'01', x'00', x'02', 'a', 'a', '!', 'en', 1)";
        connection.execute_batch(person).unwrap();
        link(&connection, "old", "email_change").unwrap();
        assert!(link(&connection, "new", "backup_email").is_err());
        runner(&known).run(&mut connection).unwrap();
        link(&connection, "new", "backup_email").unwrap();
        assert!(link(&connection, "odd", "anything").is_err());
        let kept = "SELECT group_concat(purpose || hex(payload) || expires_at) FROM link_tokens";
        let kept: String = connection.query_row(kept, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "backup_email096,email_change096");
        connection.execute("DELETE FROM users", []).unwrap();
        let left = connection.query_row("SELECT count(*) FROM link_tokens", [], |row| row.get::<_, i64>(0));
        assert_eq!(left.unwrap(), 0);
    }

    #[test]
    fn a_changed_or_skipped_migration_is_refused() {
        let known = migrations(&["V1__a", "V2__b", "V3__c"]);
        let changed = [known[0].clone(), Migration::unapplied("V2__b", "SELECT 2").unwrap()];
        assert!(pending(&known, &changed).unwrap_err().to_string().contains("another content"));
        let skipped = [known[0].clone(), known[2].clone()];
        assert!(pending(&known, &skipped).unwrap_err().to_string().contains("V2__b was never applied"));
    }
}
