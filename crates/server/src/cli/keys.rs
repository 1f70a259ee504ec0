//! `twinlock keys`

use clap::Subcommand;
use domain::secret::{KeyId, KeyRing};

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
            say(&format!("{id}  {role:<7}  {}: {}", used.table, used.rows))?;
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
