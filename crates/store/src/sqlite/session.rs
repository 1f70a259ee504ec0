//! Statements on one SQLite connection, and what its errors mean here.

use rusqlite::ffi;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};

use crate::db::Dialect;
use crate::error::StoreError;
use crate::statement::{Statement, Texts};
use crate::value::{Row, Value};

/// A connection and the texts of its statements.
#[derive(Clone, Copy)]
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    pub(super) texts: &'a Texts,
}

impl Session<'_> {
    /// Executes each read to its end.
    pub(super) fn read_all(self, reads: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        reads.iter().map(|read| self.query(read)).collect()
    }

    fn query(self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        statement.check()?;
        let failed = |error: rusqlite::Error| failure(&error, &statement.label());
        let text = self.texts.of(statement);
        let mut prepared = self.connection.prepare_cached(&text.sql).map_err(failed)?;
        let header = text.header(statement, Dialect::Sqlite, || prepared.column_names().map(str::to_owned).collect());
        let width = prepared.column_count();
        let mut cursor = prepared.query(params_from_iter(statement.params())).map_err(failed)?;
        let mut rows = Vec::new();
        while let Some(row) = cursor.next().map_err(failed)? {
            let mut values = Vec::with_capacity(width);
            for index in 0..width {
                values.push(match row.get_ref(index).map_err(failed)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => Value::Int(number),
                    ValueRef::Text(text) => Value::Text(
                        str::from_utf8(text).map_err(|_| header.corrupt(index, "text that is not UTF-8"))?.to_owned(),
                    ),
                    ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                    ValueRef::Real(_) => return Err(header.corrupt(index, "a REAL, which no column is")),
                });
            }
            rows.push(Row::new(header.clone(), values));
        }
        Ok(rows)
    }

    /// Executes one write to its end; a guarded one must have changed a row.
    pub(super) fn write(self, statement: &Statement) -> Result<(), StoreError> {
        statement.check()?;
        let failed = |error: rusqlite::Error| failure(&error, &statement.label());
        let text = self.texts.of(statement);
        let mut prepared = self.connection.prepare_cached(&text.sql).map_err(failed)?;
        let mut cursor = prepared.query(params_from_iter(statement.params())).map_err(failed)?;
        while cursor.next().map_err(failed)?.is_some() {}
        if statement.is_guarded() && self.connection.changes() == 0 {
            return Err(StoreError::Conflict { guard: statement.label() });
        }
        Ok(())
    }

    /// Executes transaction control.
    pub(super) fn control(self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Bool(it) => ToSqlOutput::Borrowed(ValueRef::Integer((*it).into())),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Uuid(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Self::Time(moment) => ToSqlOutput::Borrowed(ValueRef::Integer(moment.as_micros())),
            Self::Json(json) => ToSqlOutput::Owned(json.to_string().into()),
        })
    }
}

/// What an error of SQLite means here. Its messages name tables and columns, never values.
pub(super) fn failure(error: &rusqlite::Error, statement: &str) -> StoreError {
    let reason = || {
        // Its own Display repeats the statement, of which verb and table are enough.
        if let rusqlite::Error::SqlInputError { msg, .. } = error { msg.clone() } else { error.to_string() }
    };
    let rejected = || StoreError::Rejected { statement: statement.to_owned(), reason: reason() };
    let (Some(code), rusqlite::Error::SqliteFailure(raw, message)) = (error.sqlite_error_code(), error) else {
        return rejected();
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "SQLite's list of errors is open; unknown ones are the program's"
    )]
    match code {
        // A RAISE() in a trigger says what it means itself; it is not a guard that a second try could pass.
        ErrorCode::ConstraintViolation
            if [ffi::SQLITE_CONSTRAINT_TRIGGER, ffi::SQLITE_CONSTRAINT_DATATYPE].contains(&raw.extended_code) =>
        {
            rejected()
        }
        ErrorCode::ConstraintViolation => StoreError::Conflict { guard: message.clone().unwrap_or_default() },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt {
            table: "the database file".to_owned(),
            column: String::new(),
            reason: error.to_string(),
        },
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::OutOfMemory
        | ErrorCode::ReadOnly
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::OperationAborted
        | ErrorCode::OperationInterrupted
        | ErrorCode::FileLockingProtocolFailed => StoreError::unavailable(error),
        _ => rejected(),
    }
}
