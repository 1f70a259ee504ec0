//! `twinlock app`

mod dry_run;
mod settings;
mod show;
mod webhook;

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::application::{AddApplication, Application};
use domain::command::Origin;
use domain::ids::ApplicationId;
use store::Surroundings;

use super::{say, with_app};
use crate::app::App;
use crate::config::Config;

/// What can be done with applications.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an application, and its test world.
    Add {
        /// What it is called: letters, digits, dots, dashes and underscores.
        name: String,
        /// Every user has to have a second factor: without one they are asked to enroll.
        #[arg(long)]
        required: bool,
    },
    /// List applications.
    List,
    /// Show one application: what is set, where people may go back to, what it is called at, and its API keys.
    Show {
        /// Which.
        name: String,
        /// Its test world.
        #[arg(long)]
        test: bool,
    },
    /// Add addresses an application is called at, list and remove them.
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Change how an application is shown, and what it wants of its users' second factor.
    Set(settings::Set),
    /// Say where people may be sent back to from the hosted pages.
    #[command(subcommand)]
    ReturnUrl(settings::ReturnUrls),
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    with_app(config, async |app| match command {
        Command::Add { name, required } => add(app, name, required).await,
        Command::List => list(app).await,
        Command::Show { name, test } => show::show(app, name, test).await,
        Command::Webhook(command) => webhook::run(app, command).await,
        Command::Set(wanted) => settings::set(app, wanted).await,
        Command::ReturnUrl(command) => settings::return_urls(app, command).await,
    })
    .await
}

/// An operator acts, at the command line.
fn origin() -> Origin {
    Origin { actor: Some("cli".to_owned()), ..Origin::default() }
}

/// The application of a name, or the test world of its name.
async fn named(app: &App, name: &str) -> anyhow::Result<Application> {
    let found = app.db.applications().await?.into_iter().find(|one| one.name == name);
    // Our own sign-in tells nobody.
    found
        .filter(|one| one.id != ApplicationId::DEFAULT)
        .context("there is no such application: add it with `twinlock app add`")
}

async fn add(app: &App, name: String, required: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        Application::name_fits(&name),
        "the name takes 1 to 64 letters, digits, dots, dashes and underscores"
    );
    let command = AddApplication { name: name.clone(), required, origin: origin() };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(Some(id)) => say(&format!("{id}  {name}")),
        Ok(None) => bail!("there is an application of this name already"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}

async fn list(app: &App) -> anyhow::Result<()> {
    for application in app.db.applications().await?.iter().filter(|application| application.test_of.is_none()) {
        say(&format!("{}  {}  {}", application.id, settings::rule(application), application.name))?;
    }
    Ok(())
}
