//! `cargo xtask bench`: how fast is it, beside what the machine can do at all?
//!
//! Builds the server as it is released, brings a private PostgreSQL whose commits are as durable as those of any other, and
//! hands both to the load client in `bench/`. docs/benchmark.md says what each figure means.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::command::{build, find_program, run as run_step};
use crate::parts::postgres_programs;
use crate::postgres::{Cluster, Durability};

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Measure briefly: to see that it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Measure nothing but how fast an audit log of so many entries is signed and verified.
    #[arg(long, value_name = "ENTRIES")]
    audit: Option<u64>,
    /// Measure nothing but one part: `delivery` of messages and what a login costs meanwhile, `logins` with a password, the two
    /// calls of an `application`, or what the administration (`admin`) reads of a million people and ten million entries of their
    /// audit log.
    #[arg(long)]
    part: Option<String>,
    /// So many people for `--part admin` instead; each has ten entries.
    #[arg(long, value_name = "NUMBER")]
    people: Option<u64>,
    /// Write the figures to this file as well.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only this database.
    #[arg(long)]
    only: Option<Database>,
    /// A PostgreSQL of your own on which databases may be made and dropped, instead of a private one.
    #[arg(long)]
    postgres: Option<String>,
    /// Where the databases lie: on the disk that is to be measured.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// For work on the benchmark itself: programs as `cargo build` makes them.
    #[arg(long, hide = true)]
    debug_build: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

/// Measures; the tables are the load client's.
pub(crate) fn run(options: &Options) -> Result<String> {
    let mut programs = None;
    if options.only != Some(Database::Sqlite) {
        programs = Some(postgres_programs().context("PostgreSQL is not installed; `--only sqlite` does without it")?);
    }
    // Apart from each other, for cargo would build the server with the features that only the load client asks for.
    let server = build("twinlock", options.debug_build)?;
    let client = build("twinlock-bench", options.debug_build)?;

    let mut folder = tempfile::Builder::new();
    folder.prefix("twinlock-bench-");
    let folder = match &options.folder {
        Some(parent) => folder.tempdir_in(parent)?,
        None => folder.tempdir()?,
    };
    let mut measure = Command::new(client);
    measure.arg("--server").arg(server).arg("--folder").arg(folder.path());
    measure.args(options.quick.then_some("--quick"));
    if let Some(part) = &options.part {
        measure.args(["--part", part]);
    }
    if let Some(people) = options.people {
        measure.arg("--people").arg(people.to_string());
    }
    if let Some(entries) = options.audit {
        measure.arg("--audit").arg(entries.to_string());
    }
    if let Some(file) = &options.json {
        measure.arg("--json").arg(file);
    }
    if options.only == Some(Database::Postgres) {
        measure.arg("--no-sqlite");
    }
    let mut cluster = None;
    if let Some(programs) = &programs {
        measure.arg("--pgbench").arg(pgbench(programs)?);
        let url = match &options.postgres {
            Some(url) => url.clone(),
            None => cluster.insert(Cluster::start(programs, Durability::Full, options.folder.as_deref())?).url(),
        };
        measure.args(["--postgres", &url]);
    }
    run_step(&mut measure)?;
    drop(cluster);
    Ok("measured".to_owned())
}

fn pgbench(programs: &Path) -> Result<PathBuf> {
    let beside = programs.join("pgbench");
    if beside.is_file() {
        return Ok(beside);
    }
    find_program("pgbench").context("pgbench is not installed (Debian: postgresql-contrib)")
}
