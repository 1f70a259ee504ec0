//! The PostgreSQL database of a Django application: the rows that `dumpdata` would write, out of the tables Django makes for
//! their models.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use store::{ForeignDatabase, ForeignTable};
use url::Url;
use zeroize::Zeroizing;

use super::dump::{Dump, Model, Row};
use crate::config::DatabaseUrl;

/// The parser's own message may repeat the password.
const UNREADABLE: &str = "the address of the database is not of the form postgres://user@host/name";

const NO_USERS: &str = "there is no table of users: its name ends in user, and it has a column password";
const NO_SETTINGS: &str =
    "there is no table whose name ends in _twofactorsettings, and everybody would lose their second factor";

/// Where the database is, with its password. No error repeats it.
pub(super) struct Address(String);

impl Address {
    /// The address of a database, if it is one and no file.
    pub(super) fn of(source: &Path) -> Option<Self> {
        source.to_str().filter(|text| text.contains("://")).map(|text| Self(text.to_owned()))
    }

    /// With the password that a file holds in its first line.
    pub(super) fn with_password_of(self, file: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("--password-file {} cannot be read", file.display());
        let text = Zeroizing::new(std::fs::read_to_string(file).with_context(cannot)?);
        let mut url = Url::parse(&self.0).ok().context(UNREADABLE)?;
        let set = url.set_password(text.lines().next());
        set.ok().context("--password-file takes an address that names a host")?;
        Ok(Self(url.into()))
    }
}

/// The rows of the known models, in one snapshot. `user_table` says which holds the users where several might.
pub(super) async fn read(address: &Address, user_table: Option<&str>) -> anyhow::Result<Dump> {
    let Ok(url @ DatabaseUrl::Postgres(_)) = DatabaseUrl::parse(&address.0) else { anyhow::bail!(UNREADABLE) };
    if let Some(mode) = url.plain_over_network() {
        anyhow::bail!("with sslmode={mode} secrets would cross the network unencrypted: leave it out");
    }
    read_from(address, user_table).await.context("the application's database could not be read; nothing was imported")
}

async fn read_from(address: &Address, user_table: Option<&str>) -> anyhow::Result<Dump> {
    let database = ForeignDatabase::open(&address.0).await?;
    let tables = database.tables().await?;
    let mut dump = Dump::default();
    let of_users = |table: &ForeignTable| match user_table {
        Some(name) => table.name == name,
        None => table.name.ends_with("user") && table.columns.iter().any(|column| column == "password"),
    };
    let no_users = user_table.map_or_else(|| NO_USERS.to_owned(), |name| format!("there is no table {name}"));
    take(&database, the_one(&tables, of_users, &no_users)?, Model::User, &mut dump).await?;
    let of_settings = |table: &ForeignTable| table.name.ends_with("_twofactorsettings");
    take(&database, the_one(&tables, of_settings, NO_SETTINGS)?, Model::Settings, &mut dump).await?;
    for (end, model) in [
        ("_recoverycode", Model::RecoveryCode),
        ("_trusteddevice", Model::TrustedDevice),
        ("_twofactorcode", Model::Code),
        ("_twofactorauditlog", Model::AuditLog),
    ] {
        for table in tables.iter().filter(|table| table.name.ends_with(end)) {
            take(&database, table, model, &mut dump).await?;
        }
    }
    Ok(dump)
}

/// The table of which there has to be one.
fn the_one<'a>(
    tables: &'a [ForeignTable],
    is_it: impl Fn(&ForeignTable) -> bool,
    none: &str,
) -> anyhow::Result<&'a ForeignTable> {
    let found: Vec<&'a ForeignTable> = tables.iter().filter(|table| is_it(table)).collect();
    match found.as_slice() {
        [] => anyhow::bail!("{none}, in the schemas of its search_path"),
        [table] => Ok(table),
        [first, second, ..] => anyhow::bail!(
            "it might be {} or {}: name the users' with --user-table, or the schema in search_path",
            first.name,
            second.name
        ),
    }
}

async fn take(database: &ForeignDatabase, table: &ForeignTable, model: Model, dump: &mut Dump) -> anyhow::Result<()> {
    if model.is_counted() {
        dump.count(model, database.count(table).await?);
        return Ok(());
    }
    let key = table.key.as_deref().unwrap_or("id");
    let mut number = 0;
    database
        .each_row(table, |fields| {
            number += 1;
            let pk = fields.get(key).cloned().unwrap_or(Value::Null);
            dump.keep(Row { model, number, pk, fields });
        })
        .await?;
    Ok(())
}
