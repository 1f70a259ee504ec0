//! The benchmark: a real server under load, with raw twins of what it does beside it, in one run on one machine.
//!
//! `cargo xtask bench` builds the server, brings a PostgreSQL and starts this. docs/benchmark.md says what each figure means.
//! Everything is bounded in time, and whatever is not the expected answer ends the run: a fast wrong answer is no figure.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a load client has its own clock and randomness; no rule of the product lives here"
)]

mod admin;
mod audit;
mod bare;
mod calls;
mod databases;
mod http;
mod load;
mod outbox;
mod population;
mod process;
mod report;
mod run;
mod stats;
mod twin;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, ValueEnum};
use databases::Place;
use tokio::signal::unix::{SignalKind, signal};

/// Measures a server.
#[derive(Parser)]
struct Options {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// An empty folder on the disk that is to be measured.
    #[arg(long)]
    folder: PathBuf,
    /// Leave SQLite out.
    #[arg(long)]
    no_sqlite: bool,
    /// A PostgreSQL on which databases may be made; without it PostgreSQL is left out.
    #[arg(long, requires = "pgbench")]
    postgres: Option<String>,
    /// The program pgbench.
    #[arg(long)]
    pgbench: Option<PathBuf>,
    /// Measure nothing but how fast an audit log of so many entries is signed and verified.
    #[arg(long, value_name = "ENTRIES")]
    audit: Option<u64>,
    /// Measure nothing but this.
    #[arg(long)]
    part: Option<Part>,
    /// People of the part `admin`; each has ten entries in the audit log.
    #[arg(long, value_name = "NUMBER")]
    people: Option<u64>,
    /// Measure briefly: to see that it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file as well.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// How messages are sent, and what a login costs meanwhile.
    Delivery,
    /// Logins with a password, which are to cost little more than its check.
    Logins,
    /// The two calls of an application.
    Application,
    /// What the administration reads, over a million people, or in a brief run a hundredth of them.
    Admin,
}

// As many workers as the server has on the machine class of the targets.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match measure(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: Options) -> Result<()> {
    let sqlite = (!options.no_sqlite).then(|| Place::Sqlite(options.folder.clone()));
    let places = sqlite.into_iter().chain(options.postgres.clone().map(Place::Postgres));
    if let Some(entries) = options.audit {
        for place in places {
            audit::measure(&options.server, &options.folder, &place, entries).await?;
        }
        return Ok(());
    }
    if options.part == Some(Part::Admin) {
        let people = options.people.unwrap_or(if options.quick { 10_000 } else { 1_000_000 });
        for place in places {
            admin::measure(&place, people, options.quick).await?;
        }
        return Ok(());
    }
    let json = options.json.clone();
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A task of its own, so that an interrupt ends it at its next step and its servers are stopped.
    let mut run = tokio::spawn(run::run(options));
    let done = tokio::select! {
        done = &mut run => Some(done??),
        _ = interrupted.recv() => None,
        _ = terminated.recv() => None,
    };
    let Some(report) = done else {
        run.abort();
        let _ = run.await;
        bail!("interrupted");
    };
    println!("\n{}", report.markdown());
    let (met, targets) = report.score();
    println!("{met} of {targets} targets met");
    if let Some(file) = json {
        std::fs::write(&file, format!("{:#}\n", report.json())).with_context(|| file.display().to_string())?;
    }
    Ok(())
}
