//! `twinlock admin key`

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::administrator::key::{AddAdminKey, AdminKey, AdminScope, RevokeAdminKey};
use domain::decision::Refusal;
use domain::ids::AdminKeyId;
use domain::time::{Duration, Timestamp};
use store::Surroundings;
use uuid::Uuid;

use super::origin;
use crate::app::App;
use crate::cli::say;

/// What can be done with keys of the administration.
#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Make a key and print it: it is shown this once.
    Add {
        /// What it is for: one line of up to 64 characters.
        #[arg(long, value_parser = name)]
        name: String,
        /// read looks; support closes doors for people, too; administer takes away locks, numbers and second factors, too.
        #[arg(long, value_parser = scope)]
        scope: AdminScope,
        /// After how many days it ends; never unless said.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3_650))]
        days: Option<u16>,
    },
    /// List keys. Never shows a key itself.
    List,
    /// Revoke a key, at once and for good.
    Revoke {
        /// The key's id, as it is listed.
        id: Uuid,
    },
}

fn name(text: &str) -> Result<String, String> {
    let fits = AdminKey::name_fits(text.trim());
    fits.then(|| text.trim().to_owned()).ok_or_else(|| "takes 1 to 64 characters in one line".to_owned())
}

fn scope(text: &str) -> Result<AdminScope, String> {
    AdminScope::parse(text).ok_or_else(|| "there are the scopes read, support and administer".to_owned())
}

/// Runs a command.
pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { name, scope, days } => add(app, name, scope, days).await,
        Command::List => list(app).await,
        Command::Revoke { id } => revoke(app, AdminKeyId::from_uuid(id)).await,
    }
}

async fn add(app: &App, name: String, scope: AdminScope, days: Option<u16>) -> anyhow::Result<()> {
    let expires_at = days.map(|days| app.world.now() + Duration::from_days(days.into()));
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(AddAdminKey { name, scope, expires_at, origin: origin() }), world).await? {
        Ok(key) => say(key.context("it would be over already")?.expose()),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}

async fn list(app: &App) -> anyhow::Result<()> {
    let now = app.world.now();
    for key in app.db.admin_keys().await? {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "  revoked".to_owned(),
            (None, Some(end)) if end <= now => "  over".to_owned(),
            (None, Some(end)) => format!("  until {end}"),
            (None, None) => String::new(),
        };
        let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at: Timestamp| at.to_string());
        say(&format!("{}  {:<10}  {}  last used {used}{state}", key.id, key.scope.as_str(), key.name))?;
    }
    Ok(())
}

async fn revoke(app: &App, key: AdminKeyId) -> anyhow::Result<()> {
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(RevokeAdminKey { key, origin: origin() }), world).await? {
        Ok(()) => say("revoked"),
        Err(Refusal::NotFound) => bail!("there is no such key"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}
