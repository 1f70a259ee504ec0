//! The command line.

mod admin;
mod app;
mod audit;
mod backup;
mod doctor;
mod import;
mod jobs;
mod key;
mod keys;
mod outbox;
mod progress;
mod sms;
mod user;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::app::App;
use crate::config::{Config, Sources};
use crate::serve::{self, Asked};
use crate::{openapi, telemetry};

/// The second lock for the login you already have.
#[derive(Parser)]
#[command(name = "twinlock", version, about, propagate_version = true)]
pub struct Cli {
    /// A file of settings, below the environment; twinlock.toml in the working folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, and send what is to be sent.
    Serve {
        /// Bring the database up to date first.
        #[arg(long)]
        migrate: bool,
        /// For tests on this machine: a clock that can be moved and an outbox that can be read.
        #[arg(long)]
        test_mode: bool,
        /// Leave the sending of messages to `twinlock worker`.
        #[arg(long)]
        without_worker: bool,
    },
    /// Send what is to be sent, and tidy up, without serving the API.
    Worker {
        /// Bring the database up to date first.
        #[arg(long)]
        migrate: bool,
        /// For tests on this machine: keep a readable copy of every message.
        #[arg(long)]
        test_mode: bool,
    },
    /// Bring the database up to date.
    Migrate,
    /// Look at users, make them, and act on them.
    #[command(subcommand)]
    User(user::Command),
    /// Bring over what another system has.
    #[command(subcommand)]
    Import(import::Command),
    /// Say who may enter the administration.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Add applications with a login of their own, and list them.
    #[command(subcommand)]
    App(app::Command),
    /// Make API keys for applications, list and revoke them.
    #[command(subcommand)]
    Key(key::Command),
    /// Make keys, see which are in use, and take a new one into use.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Verify the audit log, and write it out.
    #[command(subcommand)]
    Audit(audit::Command),
    /// See what text messages were sent, and what they cost.
    #[command(subcommand)]
    Sms(sms::Command),
    /// Look at the messages that wait or did not arrive, and act on them. Never shows their content.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// See when each job ran, and run one now.
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Copy an SQLite database while it is in use.
    Backup {
        /// A file that is not there yet.
        file: PathBuf,
    },
    /// Put a copy in the place of an SQLite database, or acknowledge one that was restored by other means.
    Restore(backup::Restore),
    /// Print the OpenAPI document.
    Openapi,
    /// Check the configuration, the database and the keys.
    Doctor {
        /// Send a test message to this address or number (+ and digits), through each provider in turn.
        #[arg(long, value_name = "ADDRESS_OR_NUMBER")]
        send_test_to: Option<String>,
    },
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<()> {
        let sources = Sources::of_process(self.config);
        let config = || Config::load(&sources).map_err(anyhow::Error::from);
        match self.command {
            Command::Serve { migrate, test_mode, without_worker } => {
                serve::serve(config()?, Asked { migrate, test_mode, without_worker }).await
            }
            Command::Worker { migrate, test_mode } => {
                serve::work(config()?, Asked { migrate, test_mode, without_worker: false }).await
            }
            Command::Migrate => migrate(&config()?).await,
            Command::User(command) => user::run(&config()?, command).await,
            Command::Import(command) => import::run(&config()?, command).await,
            Command::Admin(command) => admin::run(&config()?, command).await,
            Command::App(command) => app::run(&config()?, command).await,
            Command::Key(command) => key::run(&config()?, command).await,
            Command::Keys(keys::Command::Generate) => keys::generate(),
            Command::Keys(keys::Command::Status) => keys::status(&config()?).await,
            Command::Keys(keys::Command::Rotate) => keys::rotate(&config()?).await,
            Command::Audit(command) => audit::run(&config()?, command).await,
            Command::Sms(command) => sms::run(&config()?, command).await,
            Command::Openapi => {
                let document =
                    openapi::document().to_pretty_json().context("the OpenAPI document cannot be written")?;
                say(&document)
            }
            Command::Outbox(command) => outbox::run(&config()?, command).await,
            Command::Jobs(command) => jobs::run(&config()?, command).await,
            Command::Backup { file } => backup::copy(&config()?, file).await,
            Command::Restore(asked) => backup::restore(&config()?, asked).await,
            Command::Doctor { send_test_to } => doctor::examine(config(), send_test_to.as_deref()).await,
        }
    }
}

/// Runs what needs the application put together, on a database that is up to date.
async fn with_app(config: &Config, act: impl AsyncFnOnce(&App) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let db = serve::connect(config).await?;
    anyhow::ensure!(
        db.pending_migrations().await?.is_empty(),
        "the database is not up to date: run `twinlock migrate`"
    );
    let ring = serve::keys_for(config, &db).await?;
    let app = serve::assemble(config, db, ring)?;
    let result = act(&app).await;
    app.db.close().await;
    result
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    telemetry::start_logs("warn", config.log_format)?;
    let db = serve::connect(config).await?;
    let done = db.migrate().await?;
    if done.is_empty() {
        say("The database is up to date.")?;
    }
    for name in done {
        say(&format!("migrated {name}"))?;
    }
    db.close().await;
    Ok(())
}

/// Prints a line. A reader that went away is no reason to fail.
fn say(line: &str) -> anyhow::Result<()> {
    use std::io::{ErrorKind, Write as _};
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("nothing can be printed"),
        Ok(()) | Err(_) => Ok(()),
    }
}
