//! `twinlock backup` and `twinlock restore`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use domain::restoration::{Beat, Standing};
use store::restoration::Ended;
use store::{Db, backup};

use super::say;
use crate::config::{Config, DatabaseUrl};
use crate::restoration::{Note, Sight, once};
use crate::{app, serve};

/// What is to be restored, or acknowledged.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Restore {
    /// The copy that is to take the place of the SQLite file. All sessions, trust, codes and links in it are ended.
    #[arg(required = true, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Let a database be served that was restored by other means: ends all sessions, trust, codes and links in it. No server
    /// may run meanwhile.
    Acknowledge {
        /// End nothing: nobody was answered since the copy was made. The database was moved, or a standby that has
        /// everything took over.
        #[arg(long)]
        nothing_is_lost: bool,
        /// Act although the database looks like the one that was served: a snapshot of its disk was restored.
        #[arg(long)]
        unnoticed: bool,
    },
}

fn file_of(config: &Config) -> anyhow::Result<&Path> {
    match &config.database {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => {
            bail!(
                "this is for SQLite: PostgreSQL has its own tools (pg_dump, pg_restore), and then `twinlock restore acknowledge`"
            )
        }
    }
}

/// Copies an SQLite database, which may be in use.
pub(super) async fn copy(config: &Config, to: PathBuf) -> anyhow::Result<()> {
    let path = file_of(config)?.to_owned();
    let (from, target) = (path.clone(), to.clone());
    tokio::task::spawn_blocking(move || backup::copy(&from, &target)).await??;
    // From now on the copy is older than what it was made of.
    let db = serve::connect(config).await?;
    if db.pending_migrations().await?.is_empty() {
        once(&db, &Note::beside(&path)).await?;
    }
    db.close().await;
    let size = fs::metadata(&to)?.len();
    say(&format!("copied to {} ({size} bytes). The keys are not in it: keep a copy of them elsewhere.", to.display()))
}

/// Runs `twinlock restore`.
pub(super) async fn restore(config: &Config, asked: Restore) -> anyhow::Result<()> {
    match (asked.command, asked.file) {
        (Some(Command::Acknowledge { nothing_is_lost, unnoticed }), _) => {
            acknowledge(config, nothing_is_lost, unnoticed).await
        }
        (None, Some(file)) => from(config, &file).await,
        (None, None) => bail!("name the copy that is to be restored"),
    }
}

async fn acknowledge(config: &Config, nothing_is_lost: bool, unnoticed: bool) -> anyhow::Result<()> {
    let db = serve::connect_at_length(config).await?;
    let done = async {
        ensure!(db.pending_migrations().await?.is_empty(), "the database is not up to date: run `twinlock migrate`");
        serve::keys_for(config, &db).await?;
        let sight = Sight::of(config, &db).await?;
        match sight.standing() {
            Standing::Suspect(suspicion) => say(&format!("acknowledged: {suspicion}"))?,
            Standing::Known => ensure!(
                unnoticed,
                "this is the database that was served: there is nothing to acknowledge. After a snapshot of its disk was \
                 restored, which leaves no trace, add --unnoticed"
            ),
        }
        let (beat, ended) = sight.acknowledge(&db, nothing_is_lost).await?;
        sight.note(beat)?;
        tell(ended, nothing_is_lost)
    };
    let done = done.await;
    db.close().await;
    done
}

fn tell(ended: Ended, nothing_is_lost: bool) -> anyhow::Result<()> {
    if nothing_is_lost {
        return say("nothing was ended");
    }
    let Ended { sessions, trusted_devices, recovery_codes, messages } = ended;
    say(&format!(
        "ended {sessions} sessions, the trust in {trusted_devices} browsers, {recovery_codes} unused recovery codes and \
         {messages} messages, with every challenge, sent code, set-up and link"
    ))?;
    say("Codes of authenticators are taken again in a minute. People need new recovery codes.")?;
    say("Passwords, numbers, addresses, factors, API keys and disabled users are as they were when the copy was made.")
}

/// Puts a copy in the place of the database.
async fn from(config: &Config, file: &Path) -> anyhow::Result<()> {
    let path = file_of(config)?;
    ensure!(file.is_file(), "{} is no file", file.display());
    let alone = if path.exists() { Some(backup::Alone::hold(path)?) } else { None };
    let new = backup::beside(path, "-restoring");
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(backup::beside(&new, suffix));
    }
    let (copy, target) = (file.to_owned(), new.clone());
    tokio::task::spawn_blocking(move || {
        backup::check(&copy)?;
        backup::copy(&copy, &target)
    })
    .await??;
    let db = serve::connect_to(format!("sqlite:{}", new.display()), config).await?;
    let prepared = prepare(config, &db).await;
    db.close().await;
    let (sight, beat, ended) = prepared?;
    ensure!(!backup::beside(&new, "-wal").exists(), "the restored copy could not be closed");
    if let Some(alone) = alone {
        let kept = alone.replace_by(&new, &format!("-replaced-{}", app::system_time().as_secs()))?;
        say(&format!("the old database is kept as {}", kept.display()))?;
    } else {
        fs::rename(&new, path).with_context(|| format!("{} cannot be made", path.display()))?;
        backup::sync_folder(path)?;
    }
    sight.note(beat)?;
    say(&format!("restored {} from {}", path.display(), file.display()))?;
    tell(ended, false)
}

/// Brings the copy up to date, and ends in it what may have been used since it was made.
async fn prepare(config: &Config, db: &Db) -> anyhow::Result<(Sight, Beat, Ended)> {
    for name in db.migrate().await? {
        say(&format!("migrated {name}"))?;
    }
    serve::keys_for(config, db).await?;
    let sight = Sight::of(config, db).await?;
    let (beat, ended) = sight.acknowledge(db, false).await?;
    Ok((sight, beat, ended))
}
