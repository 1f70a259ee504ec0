//! Habits as code: `cargo xtask test` and its siblings, so that a fresh machine needs cargo only.
//!
//! Every command prints what it runs, fails when a step fails, and ends with one line that says how it went.
//! Nothing here is part of the product: no crate imports this one.
#![expect(
    clippy::disallowed_methods,
    reason = "a build tool reads PATH, CI and the time; no rule of the product lives here"
)]

mod bench;
mod command;
mod deps;
mod figures;
mod packages;
mod parts;
mod postgres;
mod previous;
mod release;
mod schemathesis;
mod screenshots;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The tasks of this repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints and all tests, on SQLite and on a private PostgreSQL.
    Test(test::Options),
    /// A real server under load on both databases, with raw twins beside it.
    Bench(bench::Options),
    /// Licenses, bans, sources, advisories and unused dependencies.
    Deps,
    /// Print the OpenAPI document that the handlers generate.
    Openapi,
    /// Search a running server for answers that its OpenAPI document does not promise.
    Schemathesis(schemathesis::Options),
    /// Pictures of the hosted pages for the documents.
    Screenshots,
    /// The stripped program, checksums and a container file, in `target/dist`.
    Release,
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(outcome) => {
            println!("{outcome}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<String> {
    command::watch_signals()?;
    match task {
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Deps => deps::run(),
        Task::Openapi => command::output(&mut command::cargo(&["run", "--quiet", "-p", "twinlock", "--", "openapi"])),
        Task::Schemathesis(options) => schemathesis::run(&options),
        Task::Screenshots => screenshots::run(),
        Task::Release => release::run(),
    }
}
