//! `twinlock key`

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use domain::application::{AddApiKey, Application, KeyScope, RevokeApiKey};
use domain::command::Origin;
use domain::decision::Refusal;
use domain::ids::{ApiKeyId, ApplicationId};
use domain::time::Timestamp;
use store::Surroundings;
use uuid::Uuid;

use super::{say, with_app};
use crate::app::App;
use crate::config::Config;

/// What can be done with API keys.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a key and print it: it is shown this once.
    Add {
        /// For which application.
        #[arg(long, value_name = "NAME")]
        app: String,
        /// For its test world, whose users are never live users.
        #[arg(long)]
        test: bool,
        /// What it is good for: challenges, users or application; everything unless said.
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
        scopes: Vec<KeyScope>,
    },
    /// List keys. Never shows a key itself.
    List {
        /// Of which application; of all unless said.
        #[arg(long, value_name = "NAME")]
        app: Option<String>,
    },
    /// Revoke a key, at once and for good.
    Revoke {
        /// Of which application, to be sure.
        #[arg(long, value_name = "NAME")]
        app: Option<String>,
        /// The key's id, as it is listed.
        id: Uuid,
    },
}

fn scope(text: &str) -> Result<KeyScope, String> {
    KeyScope::parse(text).ok_or_else(|| "there are the scopes challenges, users and application".to_owned())
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    with_app(config, async |app| match command {
        Command::Add { app: name, test, scopes } => add(app, name, test, scopes).await,
        Command::List { app: name } => list(app, name.as_deref()).await,
        Command::Revoke { app: name, id } => revoke(app, name.as_deref(), ApiKeyId::from_uuid(id)).await,
    })
    .await
}

fn origin() -> Origin {
    Origin { actor: Some("cli".to_owned()), ..Origin::default() }
}

async fn add(app: &App, name: String, test: bool, scopes: Vec<KeyScope>) -> anyhow::Result<()> {
    let application = if test { Application::test_name(&name) } else { name };
    let scopes = if scopes.is_empty() { KeyScope::ALL.to_vec() } else { scopes };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(AddApiKey { application, scopes, origin: origin() }), world).await? {
        Ok((_, key)) => say(key.expose()),
        Err(Refusal::NotFound) => bail!("there is no such application: add it with `twinlock app add`"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}

/// The application of a name and its test world; an error when there is none.
async fn worlds(app: &App, name: &str) -> anyhow::Result<Vec<ApplicationId>> {
    let test = Application::test_name(name);
    let all = app.db.applications().await?;
    let found: Vec<_> = all.iter().filter(|one| one.name == name || one.name == test).map(|one| one.id).collect();
    anyhow::ensure!(!found.is_empty(), "there is no application of this name");
    Ok(found)
}

async fn list(app: &App, name: Option<&str>) -> anyhow::Result<()> {
    let only = match name {
        Some(name) => Some(worlds(app, name).await?),
        None => None,
    };
    let applications = app.db.applications().await?;
    for key in app.db.api_keys().await? {
        if only.as_ref().is_some_and(|only| !only.contains(&key.application)) {
            continue;
        }
        let owner = applications.iter().find(|one| one.id == key.application).map_or("", |one| one.name.as_str());
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = if key.revoked_at.is_some() { "  revoked" } else { "" };
        let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at: Timestamp| at.to_string());
        say(&format!("{}  {owner}  {}  last used {used}{state}", key.id, scopes.join(",")))?;
    }
    Ok(())
}

async fn revoke(app: &App, name: Option<&str>, key: ApiKeyId) -> anyhow::Result<()> {
    if let Some(name) = name {
        let worlds = worlds(app, name).await?;
        let theirs = app.db.api_keys().await?.iter().any(|one| one.id == key && worlds.contains(&one.application));
        anyhow::ensure!(theirs, "this application has no such key");
    }
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(RevokeApiKey { key, origin: origin() }), world).await? {
        Ok(()) => say("revoked"),
        Err(Refusal::NotFound) => bail!("there is no such key"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}
