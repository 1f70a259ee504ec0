//! `twinlock audit checkpoint`, `checkpoints`, `keys`.

use anyhow::bail;
use domain::audit::checkpoint::SignedCheckpoint;
use domain::schedule::Job;
use store::{Db, Swept};

use super::super::progress::bar;
use super::super::say;
use crate::audit_proof::lines;
use crate::config::Config;
use crate::worker::schedule::{self, Asked};
use crate::{keys as ring, serve};

/// Signs everything that is not signed yet.
pub(super) async fn make(config: &Config, db: &Db) -> anyhow::Result<()> {
    let keys = serve::keys_for(config, db).await?;
    let app = serve::assemble(config, db.clone(), keys)?;
    let progress = bar(db.count_entries().await?.saturating_sub(db.count_covered().await?));
    let mut signed = 0;
    loop {
        let asked = Asked { everything: true, ..Asked::default() };
        match schedule::run(&app, Job::SignAuditLog, asked, |_| true).await? {
            None => bail!("a worker is at it right now"),
            Some(Swept::Rows(0) | Swept::ClockDoubted) => break,
            Some(Swept::Rows(rows)) => {
                signed += rows;
                progress.inc(rows as u64);
            }
        }
    }
    progress.finish_and_clear();
    match db.last_checkpoint().await? {
        None => say("There is nothing to sign."),
        Some(last) => {
            say(&format!("{signed} entries were signed"))?;
            say(&line(&last))
        }
    }
}

/// Prints them.
pub(super) async fn list(db: &Db, export: bool, last: bool) -> anyhow::Result<()> {
    let print = |signed: &SignedCheckpoint| say(&if export { lines::checkpoint(signed) } else { line(signed) });
    if last {
        return db.last_checkpoint().await?.iter().try_for_each(print);
    }
    let mut after = 0;
    loop {
        let page = db.checkpoints(after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.checkpoint.number;
        page.iter().try_for_each(print)?;
    }
}

fn line(signed: &SignedCheckpoint) -> String {
    let stated = &signed.checkpoint;
    let positions = match (stated.first, stated.last) {
        (first, last) if last < first => "no new entries".to_owned(),
        (first, last) => format!("positions {first} to {last}"),
    };
    let cut = if stated.begins > 1 { format!(", the log begins at {}", stated.begins) } else { String::new() };
    format!(
        "checkpoint {}  {}  {positions}{cut}  {}",
        stated.number,
        stated.at,
        data_encoding::HEXLOWER.encode(&signed.hash)
    )
}

/// Prints the public keys.
pub(super) fn keys(config: &Config) -> anyhow::Result<()> {
    let ring = ring::load(config.keys()?)?;
    for (number, key) in ring.checkpoint_public_keys().enumerate() {
        say(&format!("{}  {}", lines::key(&key), if number == 0 { "active" } else { "kept" }))?;
    }
    Ok(())
}
