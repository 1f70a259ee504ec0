//! `twinlock keys`

use std::time::{Duration, Instant};

use clap::Subcommand;
use domain::secret::{KeyId, KeyRing};
use indicatif::ProgressBar;
use store::{Db, SEALED_COLUMNS, SealedColumn};
use uuid::Uuid;

use super::progress::bar;
use super::say;
use crate::app::system_rng;
use crate::config::Config;
use crate::{keys, serve};

/// What can be done with keys.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Print a new key ring, for `TWINLOCK_KEYS` or a file of its own. Whoever has it can read what is sealed.
    Generate,
    /// Show the keys of the ring and how many rows need each.
    Status,
    /// Seal everything anew under the first key of the ring, beside a running server. Can be stopped and run again.
    Rotate,
}

/// Prints a new ring.
pub(super) fn generate() -> anyhow::Result<()> {
    say(KeyRing::generate(&mut system_rng()).to_text().expose())
}

/// Prints a line for each key and table, and names keys that are needed and missing.
pub(super) async fn status(config: &Config) -> anyhow::Result<()> {
    let ring = keys::load(config.keys()?)?;
    let db = serve::connect(config).await?;
    anyhow::ensure!(
        db.pending_migrations().await?.is_empty(),
        "the database is not up to date: run `twinlock migrate`"
    );
    let uses = db.keys_in_use().await?;
    for (number, id) in ring.ids().enumerate() {
        let role = if number == 0 { "active" } else { "kept" };
        let needed: Vec<_> = uses.iter().filter(|used| KeyId::parse(&used.key) == Some(id)).collect();
        if needed.is_empty() {
            say(&format!("{id}  {role:<7}  no rows"))?;
        }
        for used in needed {
            let hashed = if used.sealed { "" } else { " (hashed: until used or replaced)" };
            say(&format!("{id}  {role:<7}  {}: {}{hashed}", used.table, used.rows))?;
        }
    }
    let mut missing = false;
    for used in uses.iter().filter(|used| !ring.ids().any(|id| KeyId::parse(&used.key) == Some(id))) {
        missing = true;
        say(&format!("{}  MISSING  {} rows of {}", used.key, used.rows, used.table))?;
    }
    db.close().await;
    anyhow::ensure!(!missing, "the key ring lacks keys the database still needs");
    Ok(())
}

/// How long the database may be kept from others at a time.
const CHUNK_TIME: Duration = Duration::from_millis(5);
/// Rows of the first chunk, and of the largest.
const CHUNKS: (u32, u32) = (16, 256);
/// Passes over everything, before a node that still seals with another key is to blame.
const PASSES: u32 = 3;

/// Seals everything anew under the active key.
pub(super) async fn rotate(config: &Config) -> anyhow::Result<()> {
    let db = serve::connect(config).await?;
    anyhow::ensure!(
        db.pending_migrations().await?.is_empty(),
        "the database is not up to date: run `twinlock migrate`"
    );
    let ring = serve::keys_for(config, &db).await?;
    let Some(active) = ring.ids().next() else { anyhow::bail!("the key ring holds no key") };
    let done = rotate_to(active, &ring, &db).await;
    db.close().await;
    done
}

async fn rotate_to(active: KeyId, ring: &KeyRing, db: &Db) -> anyhow::Result<()> {
    let mut sealed = 0_u64;
    let mut broken = 0_u64;
    for _ in 0..PASSES {
        let left = old_rows(active, db).await?;
        if left <= broken {
            break;
        }
        broken = 0;
        let progress = bar(left);
        for column in SEALED_COLUMNS {
            let (anew, unopened) = rotate_column(column, active, ring, db, &progress).await?;
            sealed += anew;
            broken += unopened;
        }
        progress.finish_and_clear();
    }
    let left = old_rows(active, db).await?;
    say(&format!("{sealed} values sealed anew under key {active}, {left} left under others"))?;
    anyhow::ensure!(broken == 0, "{broken} values do not open, and were left as they are");
    anyhow::ensure!(left == 0, "a node still seals with another key: give every node this ring, and run this again");
    Ok(())
}

/// How many sealed values are under other keys.
async fn old_rows(active: KeyId, db: &Db) -> anyhow::Result<u64> {
    let uses = db.keys_in_use().await?;
    Ok(uses.iter().filter(|used| used.sealed && KeyId::parse(&used.key) != Some(active)).map(|used| used.rows).sum())
}

/// One pass over a column: how many values were sealed anew, and how many do not open.
async fn rotate_column(
    column: SealedColumn,
    active: KeyId,
    ring: &KeyRing,
    db: &Db,
    progress: &ProgressBar,
) -> anyhow::Result<(u64, u64)> {
    let mut randomness = system_rng();
    let (mut sealed, mut broken) = (0, 0);
    let mut after = Uuid::nil();
    let (mut rows, most) = CHUNKS;
    loop {
        let chunk = db.old_seals(column, active, after, rows).await?;
        let Some(last) = chunk.last() else { return Ok((sealed, broken)) };
        after = last.row;
        let begun = Instant::now();
        let unopened = db.reseal(column, &chunk, ring, &mut randomness).await?;
        let took = begun.elapsed();
        for (row, why) in &unopened {
            progress.suspend(|| say(&format!("NOT OPENED  row {row}: {why}")))?;
        }
        progress.inc(chunk.len() as u64);
        broken += unopened.len() as u64;
        sealed += (chunk.len() - unopened.len()) as u64;
        rows = if took > CHUNK_TIME { (rows / 2).max(1) } else { (rows * 2).min(most) };
        // Whoever waits for the database goes first.
        tokio::time::sleep(took.min(Duration::from_secs(1))).await;
    }
}
