//! `twinlock jobs`: what comes round by the clock.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::schedule::{Job, Schedule};
use store::{Surroundings as _, Swept};

use super::say;
use crate::app::App;
use crate::config::Config;
use crate::serve;
use crate::worker::schedule::{self, Asked};

/// What can be done with jobs.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List the jobs: when each began last, how it ended, and when it is due.
    List,
    /// Run a job now, unless a worker is at it.
    Run {
        /// Its name.
        name: String,
        /// Delete although nobody did anything within a day: the clock of this machine is right.
        #[arg(long)]
        clock_is_right: bool,
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
        Command::List => list(&app, config).await,
        Command::Run { name, clock_is_right } => begin(&app, &name, clock_is_right).await,
    };
    app.db.close().await;
    result
}

async fn list(app: &App, config: &Config) -> anyhow::Result<()> {
    let (records, now) = (app.db.jobs().await?, app.world.now());
    for job in Job::ALL {
        let record = records.iter().find(|record| record.name == job.as_str());
        let started = record.and_then(|record| record.started_at);
        let schedule = schedule::schedule(job, config.cleanup_at);
        let next = schedule.next(started, now).max(now);
        let ended = match record {
            None => "never ran".to_owned(),
            Some(record) => match (&record.failure, record.started_at, record.finished_at) {
                (Some(failure), Some(at), _) => format!("began {at}, did nothing or not all: {failure}"),
                (None, Some(at), Some(end)) => format!("began {at}, ended {end}"),
                (None, Some(at), None) => format!("began {at}, runs or was cut off"),
                (_, None, _) => "never ran".to_owned(),
            },
        };
        say(&format!("{:<32}  {:<18}  next {next}  {ended}", job.as_str(), when(schedule)))?;
    }
    Ok(())
}

fn when(schedule: Schedule) -> String {
    match schedule {
        Schedule::Daily(at) => {
            let minutes = at.as_secs() / 60;
            format!("daily {:02}:{:02} UTC", minutes / 60, minutes % 60)
        }
        Schedule::Every(span) => format!("every {} min", span.as_secs() / 60),
    }
}

async fn begin(app: &App, name: &str, clock_is_right: bool) -> anyhow::Result<()> {
    let names = Job::ALL.map(Job::as_str).join(", ");
    let job = Job::parse(name).with_context(|| format!("there is no job of this name; there are {names}"))?;
    match schedule::run(app, job, Asked { clock_is_right, ..Asked::default() }, |_| true).await? {
        None => bail!("a worker is at it right now"),
        Some(Swept::Rows(rows)) if job == Job::SignAuditLog => say(&format!("{rows} entries were signed")),
        Some(Swept::Rows(rows)) if job == Job::SumFigures => say(&format!("{rows} hours were summed")),
        Some(Swept::Rows(rows)) => say(&format!("{rows} rows were tidied")),
        Some(Swept::ClockDoubted) => bail!(
            "nothing was deleted: nobody did anything within a day, so the clock may be wrong; if it is right, say \
             --clock-is-right"
        ),
    }
}
