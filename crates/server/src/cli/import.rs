//! `twinlock import`

mod database;
mod django;
mod dump;
mod fernet;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use self::database::Address;
use self::dump::Dump;
use self::fernet::Keys;
use super::with_app;
use crate::config::Config;

/// What can be brought over.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Bring users and their second factors from a Django application: from its PostgreSQL database, or from what
    /// `manage.py dumpdata` wrote as JSON.
    Django {
        /// The address of the database (`postgres://user@host/name`), or the file; `-` for standard input.
        source: PathBuf,
        /// The password of the database, in the first line of a file: one in the address shows in the list of processes.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// The table of the users, where several tables of the database might be.
        #[arg(long, value_name = "TABLE")]
        user_table: Option<String>,
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
    let Command::Django { source, password_file, user_table, fernet_key_file, dry_run } = command;
    with_app(config, async |app| {
        let keys = fernet_key_file.as_deref().map(Keys::read).transpose()?.unwrap_or_default();
        let dump = match (Address::of(&source), password_file) {
            (Some(address), Some(file)) => {
                database::read(&address.with_password_of(&file)?, user_table.as_deref()).await?
            }
            (Some(address), None) => database::read(&address, user_table.as_deref()).await?,
            (None, None) if user_table.is_none() => read_file(&source)?,
            (None, _) => anyhow::bail!("--password-file and --user-table belong to the address of a database"),
        };
        django::run(app, &dump, &keys, dry_run).await
    })
    .await
}

fn read_file(file: &Path) -> anyhow::Result<Dump> {
    if file == Path::new("-") {
        return Dump::read(io::stdin().lock());
    }
    // What was taken for the name of a file may be an address with a password in it.
    let opened = File::open(file).context("the file cannot be read")?;
    Dump::read(BufReader::new(opened))
}
