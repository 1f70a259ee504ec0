//! The binary `twinlock`.

use std::process::ExitCode;

use clap::Parser as _;
use twinlock::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the sentence, then its causes.
            eprintln!("twinlock: {error:#}");
            ExitCode::FAILURE
        }
    }
}
