//! `twinlock app webhook`

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use domain::application::Application;
use domain::application::webhook::{AddWebhook, EventKind, RemoveWebhook};
use domain::decision::Refusal;
use domain::ids::WebhookId;
use domain::secret::SecretText;
use messaging::webhook::Hooks;
use store::Surroundings;
use uuid::Uuid;

use super::{named, origin};
use crate::app::App;
use crate::cli::say;

/// What can be done with the addresses an application is called at.
#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Call an application at one more address, and print what calls are signed with: it is shown this once.
    Add {
        /// Which application.
        #[arg(long, value_name = "NAME")]
        app: String,
        /// Its test world, whose users are never live users.
        #[arg(long)]
        test: bool,
        /// What it is told of; everything unless said.
        #[arg(long = "event", value_name = "EVENT", value_parser = event)]
        events: Vec<EventKind>,
        /// Where: a public https address.
        url: String,
    },
    /// List addresses, by their hosts.
    List {
        /// Of which application; of all unless said.
        #[arg(long, value_name = "NAME")]
        app: Option<String>,
    },
    /// Take an address away, and drop what waits to be sent there.
    Remove {
        /// Its id, as it is listed.
        id: Uuid,
    },
}

fn event(text: &str) -> Result<EventKind, String> {
    let names = EventKind::ALL.map(EventKind::as_str).join(", ");
    EventKind::parse(text).ok_or_else(|| format!("there are the events {names}"))
}

/// Runs a command.
pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { app: name, test, events, url } => add(app, &name, test, events, &url).await,
        Command::List { app: name } => list(app, name.as_deref()).await,
        Command::Remove { id } => remove(app, WebhookId::from_uuid(id)).await,
    }
}

async fn add(app: &App, name: &str, test: bool, events: Vec<EventKind>, url: &str) -> anyhow::Result<()> {
    let name = if test { Application::test_name(name) } else { name.to_owned() };
    let application = named(app, &name).await?.id;
    let url = Hooks::address(url, app.webhooks.reach()).map_err(|why| anyhow::anyhow!("the address {why}"))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let events = Some(events).filter(|events| !events.is_empty());
    let command = AddWebhook { application, url: SecretText::new(url), host, events, origin: origin() };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok((_, secret)) => say(secret.expose()),
        Err(Refusal::WebhooksFull) => bail!("there are as many addresses as one application may have"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}

async fn list(app: &App, name: Option<&str>) -> anyhow::Result<()> {
    let applications = app.db.applications().await?;
    let only = name.map(|name| [name.to_owned(), Application::test_name(name)]);
    for webhook in app.db.webhooks().await? {
        let owner = applications.iter().find(|one| one.id == webhook.application).map_or("", |one| one.name.as_str());
        if only.as_ref().is_some_and(|only| !only.iter().any(|name| name == owner)) {
            continue;
        }
        let events = webhook.events.map_or_else(
            || "everything".to_owned(),
            |events| events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(","),
        );
        say(&format!("{}  {owner}  {}  {events}", webhook.id, webhook.host))?;
    }
    Ok(())
}

async fn remove(app: &App, id: WebhookId) -> anyhow::Result<()> {
    let Some(webhook) = app.db.webhook(id).await? else { bail!("there is no such address") };
    let command = RemoveWebhook { application: webhook.application, id, origin: origin() };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(()) => say("removed"),
        Err(Refusal::NotFound) => bail!("there is no such address"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}
