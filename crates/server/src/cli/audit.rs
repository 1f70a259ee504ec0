//! `twinlock audit`: proving that the log was not altered, signing it, and taking it elsewhere.

mod checkpoint;
mod export;
mod online;
mod verify;

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use domain::time::Timestamp;

use crate::config::Config;
use crate::serve;

/// What can be done with the audit log.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Check every chain and every checkpoint, and name the first broken entry of each.
    Verify(verify::Arguments),
    /// Write the log out, oldest entry first.
    Export {
        /// As a table for spreadsheets, as one JSON object a line, or as what `audit verify --from` reads.
        #[arg(long, value_enum)]
        format: Format,
        /// Only entries of this moment and later (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<Timestamp>,
        /// Only entries before this moment (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Timestamp>,
        /// Into a new file, readable by its owner alone, instead of standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Sign what is not signed yet, now. A worker does so every ten minutes.
    Checkpoint,
    /// List the checkpoints, newest last.
    Checkpoints {
        /// As JSON lines, to be published and to be verified against.
        #[arg(long)]
        export: bool,
        /// The newest alone: it vouches for all before it.
        #[arg(long)]
        last: bool,
    },
    /// Print the public keys that checkpoints are signed with, the one in use first.
    Keys,
}

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values, by RFC 4180.
    Csv,
    /// JSON lines.
    Jsonl,
    /// JSON lines of all that is signed, with the checkpoints.
    Proof,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "not a time; example: 2026-01-31T00:00:00Z".to_owned())
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Keys => return checkpoint::keys(config),
        Command::Verify(verify::Arguments { from: Some(file), trusted, .. }) => {
            return verify::offline(&file, &verify::Known::of(config, &trusted)?);
        }
        Command::Verify(_) | Command::Export { .. } | Command::Checkpoint | Command::Checkpoints { .. } => {}
    }
    let db = serve::connect(config).await?;
    anyhow::ensure!(
        db.pending_migrations().await?.is_empty(),
        "the database is not up to date: run `twinlock migrate`"
    );
    let done = match command {
        Command::Keys => Ok(()),
        Command::Verify(arguments) => online::verify(&db, &verify::Known::of(config, &arguments.trusted)?).await,
        Command::Checkpoint => checkpoint::make(config, &db).await,
        Command::Checkpoints { export, last } => checkpoint::list(&db, export, last).await,
        Command::Export { format, since, until, output } => {
            anyhow::ensure!(
                format != Format::Proof || (since.is_none() && until.is_none()),
                "a part of the log proves nothing: --since and --until do not go with --format proof"
            );
            let span = (since.unwrap_or(Timestamp::EPOCH), until.unwrap_or(Timestamp::LAST));
            match output {
                None => {
                    let written = export::export(&db, format, span, BufWriter::new(io::stdout())).await;
                    written.or_else(export::unless_reader_left)
                }
                Some(path) => export::export_to(&db, format, span, &path).await,
            }
        }
    };
    db.close().await;
    done
}

#[cfg(test)]
mod tests;
