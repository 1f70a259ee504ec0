//! `twinlock user`

pub(super) mod import;

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::account_admin::{Act, ActOnUser, AddUser, explain_email};
use domain::command::Origin;
use domain::decision::{PasswordFault, Refusal};
use domain::ids::{ApplicationId, UserId};
use domain::locale::Locale;
use domain::totp::TotpSecret;
use domain::user::{Email, EmailKey};
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
        /// The language this person is spoken to in until they sign in: en, de, fr, es or ar.
        #[arg(long, value_name = "TAG", value_parser = language)]
        language: Option<Locale>,
    },
    /// List users, oldest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Go on after the user of this id.
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
    },
    /// Bring users from another system, from a file of JSON lines.
    Import {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// Check everything and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Show one user.
    Show {
        /// The address.
        email: String,
    },
    /// Show what became of the messages to a user: asked, queued, taken, arrived or not, and why.
    Timeline {
        /// The address.
        email: String,
        /// How many days to look back.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=30))]
        days: u16,
    },
    /// Let a user not sign in any more, and end everything of theirs that is open.
    Disable(Whom),
    /// Let a disabled user sign in again.
    Enable(Whom),
    /// Lift a lock after wrong codes.
    Unlock(Whom),
    /// Take away every factor, recovery code and remembered browser: the password alone signs in again.
    #[command(name = "reset-2fa")]
    ResetTwoFactor {
        #[command(flatten)]
        whom: Whom,
        /// Why, for the audit log: one line of up to 200 characters.
        #[arg(long)]
        reason: String,
    },
    /// Delete a user. The audit log stays.
    Delete(Whom),
}

/// On whom to act.
#[derive(clap::Args)]
pub(super) struct Whom {
    /// The address.
    email: String,
    /// Do not ask whether it is meant.
    #[arg(long)]
    yes: bool,
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
        Command::Add { email, password_stdin, totp_secret_stdin, totp_secret, language } => {
            let email = Email::parse(&email).map_err(|fault| anyhow::anyhow!("--email {}", explain_email(fault)))?;
            let (password, typed) = read_secrets(password_stdin, totp_secret_stdin)?;
            add(&app, email, password, typed.or(totp_secret.map(Zeroizing::new)), language).await
        }
        Command::List { limit, after } => list(&app, limit, after.map(UserId::from_uuid)).await,
        Command::Import { file, dry_run } => import::run(&app, &file, dry_run).await,
        Command::Show { email } => show(&app, &email).await,
        Command::Timeline { email, days } => timeline(&app, &email, days).await,
        Command::Disable(whom) => act(&app, whom, Act::Disable).await,
        Command::Enable(whom) => act(&app, whom, Act::Enable).await,
        Command::Unlock(whom) => act(&app, whom, Act::Unlock).await,
        Command::ResetTwoFactor { whom, reason } => match stated(&reason) {
            Ok(reason) => act(&app, whom, Act::ResetTwoFactor(reason)).await,
            Err(error) => Err(error),
        },
        Command::Delete(whom) => act(&app, whom, Act::Delete).await,
    };
    app.db.close().await;
    result
}

/// A reason as the audit log takes it.
pub(super) fn stated(reason: &str) -> anyhow::Result<String> {
    let reason = reason.trim();
    anyhow::ensure!(
        (1..=200).contains(&reason.chars().count()) && !reason.chars().any(char::is_control),
        "--reason takes one line of 1 to 200 characters"
    );
    Ok(reason.to_owned())
}

async fn act(app: &App, whom: Whom, act: Act) -> anyhow::Result<()> {
    let email = Email::parse(&whom.email).map_err(|fault| anyhow::anyhow!("the address {}", explain_email(fault)))?;
    let (question, done, idle) = match &act {
        Act::Disable => ("Disable", "disabled", "is disabled already"),
        Act::Enable => ("Enable", "enabled", "is not disabled"),
        Act::Unlock => ("Unlock", "unlocked", "is not locked"),
        Act::ResetTwoFactor(_) => ("Take every factor away from", "reset", ""),
        Act::Delete => ("Delete", "deleted", ""),
        Act::StartOver(_) => ("Take every factor and the password away from", "reset", ""),
        Act::EndSessions => ("Sign out everywhere", "signed out", ""),
        Act::SendNow => ("Send what waits to", "sent", ""),
        Act::CancelNumber { .. } => ("Cancel the number of", "cancelled", ""),
        Act::WithdrawBypassCode => ("Take back the bypass code of", "taken back", ""),
        Act::ForgetDevices | Act::EndTrust(_) => ("End the trust in every device of", "ended", ""),
    };
    anyhow::ensure!(whom.yes || confirmed(&format!("{question} {}?", email.as_str()))?, "nothing was done");
    let origin = Origin { actor: Some("cli".to_owned()), ..Origin::default() };
    let resets = matches!(act, Act::ResetTwoFactor(_));
    let command = ActOnUser { application: ApplicationId::DEFAULT, whose: EmailKey::of(&email), act, origin };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(true) => {
            say(done)?;
            let held = if resets { app.db.administrators().await? } else { Vec::new() };
            let key = email.key();
            match held.iter().find(|one| one.email.to_ascii_lowercase() == key) {
                Some(one) => say(&format!(
                    "Their password is dead as well, for they are an administrator. The link they get in by: twinlock admin role {} --role {}",
                    one.email,
                    one.role.as_str()
                )),
                None => Ok(()),
            }
        }
        Ok(false) => say(&format!("nothing to do: the account {idle}")),
        Err(Refusal::NotFound) => bail!("nobody has this address"),
        Err(refusal) => bail!("nothing was done: {refusal:?}"),
    }
}

/// Asks whether something is meant; anything but a yes is no.
pub(super) fn confirmed(question: &str) -> anyhow::Result<bool> {
    use std::io::Write as _;
    write!(std::io::stderr(), "{question} Type yes: ").context("nothing can be asked")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("standard input cannot be read")?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
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

fn language(tag: &str) -> Result<Locale, String> {
    Locale::of(tag).ok_or_else(|| "there are words in en, de, fr, es and ar".to_owned())
}

async fn add(
    app: &App,
    email: Email,
    password: Secret,
    totp: Option<Secret>,
    locale: Option<Locale>,
) -> anyhow::Result<()> {
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
    let origin = Origin { actor: Some("cli".to_owned()), locale, ..Origin::default() };
    let command = AddUser { application: ApplicationId::DEFAULT, email, password, totp, origin };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await? {
        Ok(Some(id)) => say(&id.to_string()),
        Ok(None) => bail!("the address has an account already"),
        Err(refusal) => bail!("the user was not made: {refusal:?}"),
    }
}

async fn list(app: &App, limit: u32, after: Option<UserId>) -> anyhow::Result<()> {
    for user in app.db.users(app.world.now(), after, limit).await? {
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

async fn timeline(app: &App, email: &str, days: u16) -> anyhow::Result<()> {
    let key = Email::parse(email).map_err(|fault| anyhow::anyhow!("the address {}", explain_email(fault)))?.key();
    let now = app.world.now();
    let user = app.db.user_by_email(now, &key).await?.context("nobody has this address")?;
    let since = now - domain::time::Duration::from_days(i64::from(days));
    let lines = app.db.timeline(user.id, since).await?;
    if lines.is_empty() {
        return say("Nothing was asked for, and nothing was sent.");
    }
    lines.iter().try_for_each(|entry| say(&super::outbox::line(entry)))
}
