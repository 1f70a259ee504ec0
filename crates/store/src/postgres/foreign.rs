//! A PostgreSQL database of another system: read in one snapshot, and never written to.
//!
//! What its columns are called and mean is the reader's business. Nothing is prepared, so any pooler will do.

use std::pin::pin;

use deadpool_postgres::ClientWrapper;
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};
use tokio_postgres::SimpleQueryMessage;

use super::failure::Failure;
use super::{BEGIN_READ, Postgres};
use crate::db::Options;
use crate::error::StoreError;

/// Rows that a policy hides from us are a refusal then, and are not taken for rows that are not there.
const SHOW_ALL: &str = "SET LOCAL row_security = off";

/// The tables and views that can be named without their schema, column by column.
const TABLES: &str = "SELECT c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname, \
    EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1 \
    AND i.indkey[0] = a.attnum) \
    FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND pg_catalog.pg_table_is_visible(c.oid) \
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
    ORDER BY c.relname, a.attnum";

/// The database, in a transaction that reads.
pub struct ForeignDatabase {
    connection: ClientWrapper,
}

/// A table of it, or a view.
#[derive(Clone, Debug)]
pub struct ForeignTable {
    /// What it is called, without its schema.
    pub name: String,
    /// What its columns are called.
    pub columns: Vec<String>,
    /// The column of its primary key, where that is one.
    pub key: Option<String>,
    quoted: String,
}

impl ForeignDatabase {
    /// Connects, as to a database of our own: over TLS where the connection leaves this machine. No error repeats the address.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = Options { url: url.to_owned(), ..Options::default() };
        let unreadable = |_| StoreError::unavailable("its address cannot be read");
        let connection = Postgres::open(&options).map_err(unreadable)?.direct().await?;
        let begun = connection.batch_execute(&format!("{BEGIN_READ}; {SHOW_ALL}")).await;
        begun.map_err(|error| Failure::of(&error, "BEGIN").into_error())?;
        Ok(Self { connection })
    }

    /// The tables and views on its search path.
    pub async fn tables(&self) -> Result<Vec<ForeignTable>, StoreError> {
        let mut tables: Vec<ForeignTable> = Vec::new();
        self.query(TABLES, "the list of tables", |texts| {
            let [Some(name), Some(quoted), Some(column), Some(is_key)] = texts else { return Ok(()) };
            if tables.last().is_none_or(|table| table.quoted != *quoted) {
                let (name, quoted) = ((*name).to_owned(), (*quoted).to_owned());
                tables.push(ForeignTable { name, columns: Vec::new(), key: None, quoted });
            }
            if let Some(table) = tables.last_mut() {
                table.columns.push((*column).to_owned());
                table.key = table.key.take().or_else(|| (*is_key == "t").then(|| (*column).to_owned()));
            }
            Ok(())
        })
        .await?;
        Ok(tables)
    }

    /// Hands over each row as the object that PostgreSQL makes of it (`row_to_json`).
    pub async fn each_row(
        &self,
        table: &ForeignTable,
        mut row: impl FnMut(Map<String, Value>),
    ) -> Result<(), StoreError> {
        let unreadable = || StoreError::Corrupt {
            table: table.name.clone(),
            column: String::new(),
            reason: "a row is no object".to_owned(),
        };
        self.query(&format!("SELECT row_to_json(t) FROM {} t", table.quoted), &table.name, |texts| {
            let [Some(text)] = texts else { return Err(unreadable()) };
            row(serde_json::from_str(text).map_err(|_| unreadable())?);
            Ok(())
        })
        .await
    }

    /// How many rows there are.
    pub async fn count(&self, table: &ForeignTable) -> Result<u64, StoreError> {
        let mut count = 0;
        self.query(&format!("SELECT count(*) FROM {}", table.quoted), &table.name, |texts| {
            count = texts.first().and_then(|text| text.as_deref()?.parse().ok()).unwrap_or_default();
            Ok(())
        })
        .await?;
        Ok(count)
    }

    async fn query(
        &self,
        sql: &str,
        name: &str,
        mut row: impl FnMut(&[Option<&str>]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = |error| Failure::of(&error, name).into_error();
        let mut answers = pin!(self.connection.simple_query_raw(sql).await.map_err(failed)?);
        while let Some(answer) = answers.try_next().await.map_err(failed)? {
            if let SimpleQueryMessage::Row(texts) = answer {
                let texts: Vec<Option<&str>> = (0..texts.len()).map(|column| texts.get(column)).collect();
                row(&texts)?;
            }
        }
        Ok(())
    }
}
