//! `twinlock import`

mod django;
mod dump;
mod fernet;

use std::path::PathBuf;

use clap::Subcommand;

use super::with_app;
use crate::config::Config;

/// What can be brought over.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Bring users and their second factors from a Django application, from what `manage.py dumpdata` wrote as JSON.
    Django {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// The Fernet keys the application's secrets are under: one a line, each in base64url.
        #[arg(long, value_name = "FILE")]
        fernet_key_file: Option<PathBuf>,
        /// Check everything and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs a command.
pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Django { file, fernet_key_file, dry_run } = command;
    with_app(config, async |app| django::run(app, &file, fernet_key_file.as_deref(), dry_run).await).await
}
