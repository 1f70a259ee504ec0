//! `twinlock outbox`: messages that wait, and those that did not arrive. Content is sealed, and never shown.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::command::Origin;
use domain::decision::Refusal;
use domain::delivery::{EndMessage, Unsent};
use domain::ids::MessageId;
use store::delivery::{MessageSummary, TimelineEntry, Which};
use store::{StoreError, Surroundings};
use uuid::Uuid;

use super::say;
use crate::app::App;
use crate::config::Config;
use crate::serve;

/// What can be done with messages.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List messages that wait, newest first.
    List {
        /// Those that were given up or reported as not arrived, instead.
        #[arg(long, conflicts_with = "all")]
        failed: bool,
        /// All of the last day, instead.
        #[arg(long)]
        all: bool,
        /// How many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one message, and what happened to it.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Try a message that waits for its next try now.
    Retry {
        /// Its id.
        id: Uuid,
    },
    /// Do not send a message that waits. That is written into the audit log.
    Drop {
        /// Its id.
        id: Uuid,
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
        Command::List { failed, all, limit } => {
            let which = match (failed, all) {
                (true, _) => Which::Failed,
                (false, true) => Which::All,
                (false, false) => Which::Waiting,
            };
            list(&app, which, limit.clamp(1, 10_000)).await
        }
        Command::Show { id } => show(&app, MessageId::from_uuid(id)).await,
        Command::Retry { id } => retry(&app, MessageId::from_uuid(id)).await,
        Command::Drop { id } => drop_message(&app, MessageId::from_uuid(id)).await,
    };
    app.db.close().await;
    result
}

async fn list(app: &App, which: Which, limit: u32) -> anyhow::Result<()> {
    for message in app.db.message_summaries(which, limit).await? {
        let MessageSummary { id, created_at, kind, channel, destination, attempts, .. } = &message;
        let stage = stage(&message);
        say(&format!("{id}  {created_at}  {channel:<5}  {kind:<20}  {destination}  {stage}, tries {attempts}"))?;
    }
    Ok(())
}

async fn show(app: &App, id: MessageId) -> anyhow::Result<()> {
    let (message, events) = app.db.message_summary(id).await?.context("there is no such message")?;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let moment = |at: Option<domain::time::Timestamp>| or_none(at.map(|at| at.to_string()));
    for (name, value) in [
        ("id", message.id.to_string()),
        ("user", or_none(message.user.map(|user| user.to_string()))),
        ("kind", message.kind.clone()),
        ("by", message.channel.clone()),
        ("to", message.destination.clone()),
        ("state", stage(&message)),
        ("reason", or_none(message.reason.clone())),
        ("taken by", or_none(message.provider.clone())),
        ("as", or_none(message.provider_id.clone())),
        ("tries", message.attempts.to_string()),
        ("queued", message.created_at.to_string()),
        ("next try", if message.settled_at.is_none() { message.available_at.to_string() } else { "-".to_owned() }),
        ("of use until", moment(message.expires_at)),
        ("settled", moment(message.settled_at)),
        ("request", or_none(message.request_id.clone())),
    ] {
        say(&format!("{name:<14}{value}"))?;
    }
    events.iter().try_for_each(|event| say(&line(event)))
}

fn stage(message: &MessageSummary) -> String {
    let stage = message.stage.as_str();
    message.stage.trouble().map_or(stage.to_owned(), |trouble| format!("{stage} ({})", trouble.as_str()))
}

/// One line of what happened.
pub(super) fn line(entry: &TimelineEntry) -> String {
    let mut words = vec![entry.at.to_string(), format!("{:<9}", entry.event)];
    words.extend(entry.kind.clone());
    words.extend(entry.channel.as_ref().map(|channel| format!("by {channel}")));
    words.extend(entry.destination.as_ref().map(|destination| format!("to {destination}")));
    words.extend(entry.provider.as_ref().map(|provider| format!("({provider})")));
    words.extend(entry.trouble.as_ref().map(|trouble| format!("- {trouble}")));
    words.extend(entry.reason.as_ref().map(|reason| format!("- {reason}")));
    words.extend(entry.message.map(|id| format!("[{id}]")));
    words.join("  ")
}

async fn retry(app: &App, id: MessageId) -> anyhow::Result<()> {
    if app.db.retry_message(id, app.world.now()).await? {
        return say("It is tried again now.");
    }
    match app.db.message_summary(id).await? {
        None => bail!("there is no such message"),
        Some((message, _)) if message.settled_at.is_some() => {
            bail!("it is {}: its content is gone, and it cannot be sent again", stage(&message))
        }
        Some(_) => bail!("it is being sent right now"),
    }
}

async fn drop_message(app: &App, id: MessageId) -> anyhow::Result<()> {
    let (message, _) = app.db.message_summary(id).await?.context("there is no such message")?;
    let origin = Origin { actor: Some("cli".to_owned()), ..Origin::default() };
    let command = EndMessage { message: id, user: message.user, how: Unsent::Dropped, origin };
    let world: Arc<dyn Surroundings> = Arc::clone(&app.world) as _;
    match app.db.run(Arc::new(command), world).await {
        Ok(Ok(())) => say("dropped"),
        Ok(Err(Refusal::NotFound)) => bail!("there is no such message"),
        Ok(Err(refusal)) => bail!("nothing was done: {refusal:?}"),
        Err(StoreError::Conflict { .. }) => bail!("it does not wait any more: it is {}", stage(&message)),
        Err(error) => Err(error.into()),
    }
}
