//! Statements, written once for both databases.
//!
//! The text is the common subset of both with `$1` placeholders and PostgreSQL's row locks. What must differ is derived
//! here and remembered per text: SQLite gets `?1` (it would take `$1` for a *named* parameter and number it by first
//! appearance) and no `FOR UPDATE`, for its one writer holds the lock already; PostgreSQL gets guarded writes wrapped, so
//! that a guard that touches no row divides by zero and aborts the transaction before the COMMIT that is already under way.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::db::Dialect;
use crate::error::StoreError;
use crate::value::{Header, Value};

/// One SQL statement with its parameters.
#[derive(Clone, Debug)]
pub struct Statement {
    sql: &'static str,
    params: Vec<Value>,
    guarded: bool,
}

/// `params![a, b, c]`: parameters of mixed types, each through `Value::from`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Value::from($value)),*]
    };
}

impl Statement {
    /// A statement that may touch any number of rows.
    pub fn new(sql: &'static str, params: impl Into<Vec<Value>>) -> Self {
        Self { sql, params: params.into(), guarded: false }
    }

    /// A write without `RETURNING` that must touch at least one row; else the whole unit fails with
    /// [`StoreError::Conflict`].
    pub fn guarded(sql: &'static str, params: impl Into<Vec<Value>>) -> Self {
        Self { sql, params: params.into(), guarded: true }
    }

    pub(crate) fn params(&self) -> &[Value] {
        &self.params
    }

    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    pub(crate) fn is_select(&self) -> bool {
        self.verb().eq_ignore_ascii_case("select")
    }

    fn verb(&self) -> &'static str {
        self.sql.split_whitespace().next().unwrap_or_default()
    }

    /// The table it is mainly about: the first name after `INTO`, `UPDATE` or `FROM`.
    pub(crate) fn table(&self) -> &'static str {
        let mut words = self.sql.split_whitespace();
        words
            .find(|word| ["into", "update", "from"].iter().any(|before| word.eq_ignore_ascii_case(before)))
            .and_then(|_| words.next())
            .and_then(|name| name.split(['(', ')', ',', ';']).next())
            .unwrap_or_default()
    }

    /// Verb and table, as errors name it.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.verb(), self.table()).trim_end().to_owned()
    }

    /// Refuses what only one of the two databases would take.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.params.iter().position(Value::has_nul) {
            None => Ok(()),
            Some(index) => Err(StoreError::Corrupt {
                table: self.table().to_owned(),
                column: format!("${}", index + 1),
                reason: "text contains NUL".to_owned(),
            }),
        }
    }
}

/// The text of a statement as one database wants it.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) sql: String,
    header: OnceLock<Arc<Header>>,
}

impl Text {
    /// What its rows have in common; `columns` is asked once.
    pub(crate) fn header(
        &self,
        statement: &Statement,
        dialect: Dialect,
        columns: impl FnOnce() -> Vec<String>,
    ) -> Arc<Header> {
        Arc::clone(
            self.header.get_or_init(|| Arc::new(Header { dialect, table: statement.table(), columns: columns() })),
        )
    }
}

/// All texts derived so far for one database.
#[derive(Debug)]
pub(crate) struct Texts {
    dialect: Dialect,
    known: RwLock<HashMap<(&'static str, bool), Arc<Text>>>,
}

impl Texts {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, known: RwLock::default() }
    }

    pub(crate) fn of(&self, statement: &Statement) -> Arc<Text> {
        let key = (statement.sql, statement.guarded);
        if let Some(text) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(text);
        }
        let sql = match self.dialect {
            Dialect::Sqlite => for_sqlite(statement.sql),
            Dialect::Postgres if statement.guarded => {
                format!("WITH guarded AS ({} RETURNING 1) SELECT 1 / count(*) FROM guarded", statement.sql)
            }
            Dialect::Postgres => statement.sql.to_owned(),
        };
        let text = Arc::new(Text { sql, header: OnceLock::new() });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key).or_insert(text))
    }
}

fn for_sqlite(sql: &str) -> String {
    let unlocked = sql.replace(" FOR UPDATE SKIP LOCKED", "").replace(" FOR UPDATE", "");
    // SQLite compares bytes anyway; PostgreSQL does so where it is told to.
    let unlocked = unlocked.replace(" COLLATE \"C\"", "");
    let mut text = String::with_capacity(unlocked.len());
    let mut rest = unlocked.chars().peekable();
    while let Some(char) = rest.next() {
        let placeholder = char == '$' && rest.peek().is_some_and(char::is_ascii_digit);
        text.push(if placeholder { '?' } else { char });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_gets_numbered_parameters_and_no_row_locks() {
        assert_eq!(
            for_sqlite("UPDATE t SET a = $2, b = '$' WHERE id IN (SELECT id FROM t LIMIT $10 FOR UPDATE SKIP LOCKED)"),
            "UPDATE t SET a = ?2, b = '$' WHERE id IN (SELECT id FROM t LIMIT ?10)"
        );
        assert_eq!(for_sqlite("SELECT id FROM t WHERE id = $1 FOR UPDATE"), "SELECT id FROM t WHERE id = ?1");
    }

    #[test]
    fn postgres_gets_guarded_writes_wrapped() {
        let texts = Texts::new(Dialect::Postgres);
        let guarded = Statement::guarded("DELETE FROM t WHERE id = $1", params![1]);
        assert_eq!(
            texts.of(&guarded).sql,
            "WITH guarded AS (DELETE FROM t WHERE id = $1 RETURNING 1) SELECT 1 / count(*) FROM guarded"
        );
        let plain = Statement::new("DELETE FROM t WHERE id = $1", params![1]);
        assert_eq!(texts.of(&plain).sql, "DELETE FROM t WHERE id = $1");
    }

    #[test]
    fn errors_name_verb_and_table() {
        for (sql, label) in [
            ("UPDATE users SET a = 1", "UPDATE users"),
            ("INSERT INTO codes(id) VALUES (1)", "INSERT codes"),
            ("DELETE FROM codes", "DELETE codes"),
            ("SELECT id\n FROM users WHERE x = (SELECT y FROM z)", "SELECT users"),
            ("SELECT 1", "SELECT"),
        ] {
            assert_eq!(Statement::new(sql, []).label(), label);
        }
    }

    #[test]
    fn debug_shows_no_contents() {
        let shown = format!("{:?}", Statement::new("SELECT $1, $2", params!["hunter2", [7_u8; 4]]));
        assert!(shown.contains("text(7), bytes(4)"), "{shown}");
        assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn text_with_nul_is_refused_on_both_databases() {
        let json = serde_json::json!({ "a": ["b", "c\0"] });
        for params in [params![1, "a\0b"], params![1, json]] {
            let refused = Statement::new("INSERT INTO t VALUES ($1, $2)", params).check();
            assert!(
                matches!(&refused, Err(StoreError::Corrupt { table, column, .. }) if table == "t" && column == "$2")
            );
        }
        assert!(Statement::new("SELECT $1", params!["\\u0000"]).check().is_ok());
    }
}
