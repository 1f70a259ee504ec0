//! `twinlock user`

use std::io::Read as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::account_admin::{AddUser, explain_email};
use domain::command::Origin;
use domain::decision::PasswordFault;
use domain::ids::{ApplicationId, UserId};
use domain::totp::TotpSecret;
use domain::user::Email;
use store::{Surroundings, UserSummary};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::say;
use crate::app::App;
use crate::config::Config;
use crate::run::salt;
use crate::serve;

/// What can be done with users.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a user whose address counts as verified. Asks for the password.
    Add {
        /// The address to sign in with.
        #[arg(long)]
        email: String,
        /// Read the password from standard input instead of asking.
        #[arg(long)]
        password_stdin: bool,
        /// Read the base32 secret of an authenticator the person already has from standard input, after the password.
        #[arg(long, conflicts_with = "totp_secret")]
        totp_secret_stdin: bool,
        /// The base32 secret itself. Other users of this machine can see it: for tests.
        #[arg(long, value_name = "BASE32")]
        totp_secret: Option<String>,
    },
    /// List users, oldest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Go on after the user of this id.
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
    },
    /// Show one user.
    Show {
        /// The address.
        email: String,
    },
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let db = serve::connect(config).await?;
    anyhow::ensure!(
        db.pending_migrations().await?.is_empty(),
        "the database is not up to date: run `twinlock migrate`"
    );
    let ring = serve::keys_for(config, &db).await?;
    let app = serve::assemble(config, db, ring)?;
    let result = match command {
        Command::Add { email, password_stdin, totp_secret_stdin, totp_secret } => {
            let (password, typed) = read_secrets(password_stdin, totp_secret_stdin)?;
            add(&app, &email, password, typed.or(totp_secret.map(Zeroizing::new))).await
        }
        Command::List { limit, after } => list(&app, limit, after.map(UserId::from_uuid)).await,
        Command::Show { email } => show(&app, &email).await,
    };
    app.db.close().await;
    result
}

type Secret = Zeroizing<String>;

fn read_secrets(password_stdin: bool, totp_stdin: bool) -> anyhow::Result<(Secret, Option<Secret>)> {
    if !password_stdin && !totp_stdin {
        return Ok((Zeroizing::new(rpassword::prompt_password("Password: ").context("no password was given")?), None));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    let mut lines = text.lines().map(|line| Zeroizing::new(line.to_owned()));
    let password = lines.next().context("standard input holds no password")?;
    let totp =
        if totp_stdin { Some(lines.next().context("standard input holds no authenticator secret")?) } else { None };
    Ok((password, totp))
}

async fn add(app: &App, email: &str, password: Secret, totp: Option<Secret>) -> anyhow::Result<()> {
    let email = Email::parse(email).map_err(|fault| anyhow::anyhow!("--email {}", explain_email(fault)))?;
    let totp = match totp {
        None => None,
        Some(text) => Some(
            TotpSecret::from_base32(&text).context("the authenticator secret is not base32 of at least 128 bits")?,
        ),
    };
    if let Err(fault) = app.hasher.judge(password.clone(), &email).await? {
        bail!(match fault {
            PasswordFault::TooShort => "the password has fewer than 8 characters",
            PasswordFault::TooLong => "the password has more than 1,024 characters",
            PasswordFault::TooCommon => "the password is among the first that would be tried",
        });
    }
    let password = app.hasher.hash(password, salt(app)).await?;
    let origin = Origin { actor: Some("cli".to_owned()), ..Origin::default() };
    let command = AddUser { application: ApplicationId::DEFAULT, email, password, totp, origin };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(Some(id)) => say(&id.to_string()),
        Ok(None) => bail!("the address has an account already"),
        Err(refusal) => bail!("the user was not made: {refusal:?}"),
    }
}

async fn list(app: &App, limit: u32, after: Option<UserId>) -> anyhow::Result<()> {
    for user in app.db.users(app.world.now(), after, limit.clamp(1, 10_000)).await? {
        let factor = if user.two_factor_enabled_at.is_some() { "two-factor" } else { "password" };
        say(&format!("{}  {factor:<10}  {}{}", user.id, user.email, state(app, &user)))?;
    }
    Ok(())
}

fn state(app: &App, user: &UserSummary) -> String {
    let locked = user.locked_until.filter(|until| *until > app.world.now());
    match (user.disabled_at, user.stopped_at, locked) {
        (Some(_), _, _) => "  disabled".to_owned(),
        (None, Some(_), _) => "  stopped after too many wrong codes".to_owned(),
        (None, None, Some(until)) => format!("  locked until {until}"),
        (None, None, None) => String::new(),
    }
}

async fn show(app: &App, email: &str) -> anyhow::Result<()> {
    let key = Email::parse(email).map_err(|fault| anyhow::anyhow!("the address {}", explain_email(fault)))?.key();
    let user = app.db.user_by_email(app.world.now(), &key).await?.context("nobody has this address")?;
    let or_never = |moment: Option<domain::time::Timestamp>| moment.map_or("never".to_owned(), |at| at.to_string());
    say(&format!("id                  {}", user.id))?;
    say(&format!("email               {}", user.email))?;
    say(&format!("made                {}", user.created_at))?;
    say(&format!("two-factor since    {}", or_never(user.two_factor_enabled_at)))?;
    say(&format!("factors             {}", user.factors))?;
    say(&format!("recovery codes      {}", user.recovery_codes))?;
    say(&format!("sessions            {}", user.sessions))?;
    let state = state(app, &user);
    say(&format!("state               {}", if state.is_empty() { "open" } else { state.trim() }))
}
