//! `twinlock admin`

mod key;

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use domain::account_admin::explain_email;
use domain::administrator::Role;
use domain::administrator::grant::{GrantRole, RevokeRole};
use domain::command::Origin;
use domain::decision::Refusal;
use domain::user::Email;
use store::Surroundings;

use super::user::{confirmed, stated};
use super::{say, with_app};
use crate::app::App;
use crate::config::Config;

/// What can be done about administrators.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Let somebody enter. Where no second factor guards their account, it prints a link, which works once.
    Add {
        /// Their address; the account is made where there is none.
        email: String,
        #[command(flatten)]
        role: Given,
    },
    /// Give an administrator another role. Ends their sessions.
    Role {
        /// Their address.
        email: String,
        #[command(flatten)]
        role: Given,
    },
    /// List administrators.
    List,
    /// Keys for programs that do what administrators do.
    #[command(subcommand)]
    Key(key::Command),
    /// Let somebody not enter any more. Their account stays.
    Remove {
        /// Their address.
        email: String,
        /// Why, for the audit log: one line of up to 200 characters.
        #[arg(long)]
        reason: Option<String>,
        /// Do not ask whether it is meant.
        #[arg(long)]
        yes: bool,
    },
}

/// A role, and why.
#[derive(clap::Args)]
pub(super) struct Given {
    /// viewer looks; support helps people who are locked out; administrator helps administrators too.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Why, for the audit log: one line of up to 200 characters.
    #[arg(long)]
    reason: Option<String>,
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| "there are the roles viewer, support and administrator".to_owned())
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let home = match (&config.admin_url, config.admin_bind) {
        (Some(url), _) => url.origin(),
        (None, Some(bind)) => format!("http://{bind}"),
        (None, None) => config.base_url.origin(),
    };
    with_app(config, async |app| match command {
        Command::Add { email, role } => grant(app, &email, role, &home, false).await,
        Command::Role { email, role } => grant(app, &email, role, &home, true).await,
        Command::List => list(app).await,
        Command::Key(command) => key::run(app, command).await,
        Command::Remove { email, reason, yes } => remove(app, &email, reason.as_deref(), yes).await,
    })
    .await
}

fn origin() -> Origin {
    Origin { actor: Some("cli".to_owned()), ..Origin::default() }
}

fn address(text: &str) -> anyhow::Result<Email> {
    Email::parse(text).map_err(|fault| anyhow::anyhow!("the address {}", explain_email(fault)))
}

async fn grant(app: &App, email: &str, given: Given, home: &str, only_known: bool) -> anyhow::Result<()> {
    let email = address(email)?;
    let reason = given.reason.as_deref().map(stated).transpose()?;
    if only_known {
        let key = email.key();
        let known = app.db.administrators().await?.iter().any(|one| one.email.to_ascii_lowercase() == key);
        anyhow::ensure!(known, "this is no administrator: use `twinlock admin add`");
    }
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    let command = GrantRole { email, role: given.role, reason, origin: origin() };
    match app.db.run(Arc::new(command), world).await? {
        Ok(granted) if !granted.changed => say("nothing to do: they have this role already"),
        Ok(granted) => {
            say(&format!("{} may enter the administration at {home}/admin", given.role.as_str()))?;
            let Some((token, until)) = granted.link else { return Ok(()) };
            say("This link works once. Whoever opens it chooses the password: hand it over safely.")?;
            say(&format!("{}/welcome#token={}", app.world.policy().base_url, token.expose()))?;
            say(&format!("It ends at {until}. Until then nothing else opens the account."))
        }
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}

async fn list(app: &App) -> anyhow::Result<()> {
    for one in app.db.administrators().await? {
        let factor = if one.two_factor_enabled_at.is_some() { "two-factor" } else { "no factor yet" };
        let state = if one.disabled_at.is_some() { "  disabled" } else { "" };
        say(&format!("{}  {:<13}  {factor:<13}  {}{state}", one.user, one.role.as_str(), one.email))?;
    }
    Ok(())
}

async fn remove(app: &App, email: &str, reason: Option<&str>, yes: bool) -> anyhow::Result<()> {
    let email = address(email)?;
    let reason = reason.map(stated).transpose()?;
    anyhow::ensure!(yes || confirmed(&format!("Take the role of {} away?", email.as_str()))?, "nothing was done");
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(RevokeRole { email, reason, origin: origin() }), world).await? {
        Ok(()) => say("removed"),
        Err(Refusal::NotFound) => bail!("this is no administrator"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}
