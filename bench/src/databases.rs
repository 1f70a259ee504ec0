//! The two databases: seeded once, then copied, so that every measurement begins with the same rows.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio_postgres::NoTls;

use crate::process::Stat;

/// Where databases are made.
#[derive(Clone)]
pub(crate) enum Place {
    /// Files in a folder.
    Sqlite(PathBuf),
    /// Databases on a server, by the URL of one on which others may be made.
    Postgres(String),
}

/// The name of the database that all others are copies of.
pub(crate) const SEEDED: &str = "seeded";

impl Place {
    /// Its name in tables.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// `DATABASE_URL` of a database here.
    pub(crate) fn url(&self, name: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("sqlite:{}", self.file(name).display()),
            Self::Postgres(admin) => {
                let (head, _) = admin.rsplit_once('/').unwrap_or((admin, ""));
                format!("{head}/bench_{name}")
            }
        }
    }

    /// The file of a database here; of no meaning on PostgreSQL.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.join(format!("{name}.db")),
            Self::Postgres(_) => PathBuf::new(),
        }
    }

    /// Makes an empty database.
    pub(crate) async fn create(&self, name: &str) -> Result<()> {
        self.drop(name).await?;
        self.administer(&[&format!("CREATE DATABASE bench_{name} TEMPLATE template0")]).await
    }

    /// What an operator's nightly maintenance does, so that it is not done while something is measured.
    pub(crate) async fn tidy(&self, name: &str) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => execute(&self.url(name), &["VACUUM (ANALYZE)"]).await,
        }
    }

    /// Copies a database, and leaves no write of that behind.
    pub(crate) async fn copy(&self, from: &str, name: &str) -> Result<()> {
        self.drop(name).await?;
        match self {
            Self::Sqlite(_) => {
                let target = self.file(name);
                fs::copy(self.file(from), &target).with_context(|| format!("{from} cannot be copied"))?;
                File::open(&target)?.sync_all()?;
                Ok(())
            }
            Self::Postgres(_) => {
                let copy = format!("CREATE DATABASE bench_{name} TEMPLATE bench_{from} STRATEGY file_copy");
                self.administer(&[&copy, "CHECKPOINT"]).await
            }
        }
    }

    /// Lets everybody who has a phone prefer it.
    pub(crate) async fn prefer_phones(&self, name: &str) -> Result<()> {
        const PREFER: &str = "UPDATE two_factor_settings SET preferred_factor_id = (SELECT id FROM factors \
             WHERE factors.user_id = two_factor_settings.user_id AND method = 'sms') \
             WHERE user_id IN (SELECT user_id FROM factors WHERE method = 'sms')";
        match self {
            Self::Sqlite(_) => Ok(store::testing::sqlite_connection(&self.file(name))?.execute_batch(PREFER)?),
            Self::Postgres(_) => execute(&self.url(name), &[PREFER]).await,
        }
    }

    /// Removes a database.
    pub(crate) async fn drop(&self, name: &str) -> Result<()> {
        match self {
            Self::Sqlite(_) => {
                for suffix in ["", "-wal", "-shm", "-mark"] {
                    let file = format!("{}{suffix}", self.file(name).display());
                    if Path::new(&file).exists() {
                        fs::remove_file(file)?;
                    }
                }
                Ok(())
            }
            Self::Postgres(_) => {
                self.administer(&[&format!("DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)")]).await
            }
        }
    }

    /// The server's first process, where it runs on this machine.
    pub(crate) async fn process(&self) -> Result<Option<u32>> {
        let Self::Postgres(admin) = self else { return Ok(None) };
        let (client, connection) = tokio_postgres::connect(admin, NoTls).await?;
        let connection = tokio::spawn(connection);
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
        let ours = u32::try_from(row.try_get::<_, i32>(0)?)?;
        let parent = Stat::of(ours).map(|stat| stat.parent);
        drop(client);
        connection.await??;
        Ok(parent)
    }

    async fn administer(&self, statements: &[&str]) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(admin) => execute(admin, statements).await,
        }
    }
}

/// Executes statements one by one, each in a transaction of its own.
async fn execute(url: &str, statements: &[&str]) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("PostgreSQL cannot be reached")?;
    let connection = tokio::spawn(connection);
    for statement in statements {
        client.batch_execute(statement).await.with_context(|| (*statement).to_owned())?;
    }
    drop(client);
    connection.await??;
    Ok(())
}
