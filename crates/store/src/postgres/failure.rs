//! What an error of PostgreSQL means here, and whether the unit may be run again.

use std::fmt;

use tokio_postgres::error::{DbError, Severity, SqlState};

use super::PgError;
use crate::error::StoreError;
use crate::statement::Statement;

/// Why one attempt at a unit failed.
#[derive(Debug)]
pub(super) struct Failure {
    error: StoreError,
    /// A second attempt may pass.
    retry: bool,
    /// The connection is gone.
    lost: bool,
    /// Only the echo of an earlier failure in the same transaction.
    echo: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Failure {
    /// One that a second attempt would only repeat.
    pub(super) fn final_(error: StoreError) -> Self {
        Self { error, retry: false, lost: false, echo: false }
    }

    /// The server fell silent: its connections are no good, and whether it commits is unknown.
    pub(super) fn silent() -> Self {
        Self { retry: false, ..Self::lost("it did not answer in time") }
    }

    /// A guard or constraint that refused; what is read anew may pass.
    fn conflict(guard: String) -> Self {
        Self { error: StoreError::Conflict { guard }, retry: true, lost: false, echo: false }
    }

    /// A connection that is gone. As long as COMMIT was not sent, nothing was kept.
    pub(super) fn lost(reason: impl fmt::Display) -> Self {
        Self { error: StoreError::unavailable(reason), retry: true, lost: true, echo: false }
    }

    pub(super) fn of_statement(error: &PgError, statement: &Statement) -> Self {
        if statement.is_guarded() && error.code() == Some(&SqlState::DIVISION_BY_ZERO) {
            return Self::conflict(statement.label());
        }
        Self::of(error, &statement.label())
    }

    /// `statement` is what was asked for; values never reach the reason, which is why `detail` is left out.
    pub(super) fn of(error: &PgError, statement: &str) -> Self {
        let Some(db) = error.as_db_error() else {
            // Parameters were checked before they were sent, so what is left is the connection.
            return Self::lost(error);
        };
        let code = db.code();
        let said = format!("{}: {} ({statement})", code.code(), db.message());
        let fatal = matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
        let unavailable = |retry, lost| Self { error: StoreError::unavailable(&said), retry, lost, echo: false };
        if fatal {
            return Self::lost(said);
        }
        let rejected = || {
            Self::final_(StoreError::Rejected {
                statement: statement.to_owned(),
                reason: format!("{}: {}", code.code(), db.message()),
            })
        };
        match code.code() {
            "25P02" => Self { echo: true, ..Self::final_(StoreError::unavailable(said)) },
            "40P01" | "40001" => unavailable(true, false),
            // The statement outlived the schema or the session it was prepared for; a new connection prepares it anew.
            "0A000" if db.message().contains("cached plan") => unavailable(true, true),
            "26000" => unavailable(true, true),
            "55P03" | "57014" => unavailable(false, false),
            other => match other.get(..2) {
                Some("23") => Self::conflict(constraint(db)),
                Some("22") if *code != SqlState::DIVISION_BY_ZERO => Self::final_(StoreError::Corrupt {
                    table: db.table().unwrap_or(statement).to_owned(),
                    column: db.column().unwrap_or_default().to_owned(),
                    reason: format!("the value is out of range or malformed ({})", code.code()),
                }),
                Some("08") => unavailable(true, true),
                Some("53" | "57" | "58" | "XX" | "28" | "3D") => unavailable(false, false),
                _ => rejected(),
            },
        }
    }

    /// The earlier failure, except that an echo gives way to its cause.
    pub(super) fn first(earlier: Option<Self>, answer: Result<(), Self>) -> Option<Self> {
        match (earlier, answer.err()) {
            (Some(earlier), Some(later)) if earlier.echo && !later.echo => Some(later),
            (Some(earlier), _) => Some(earlier),
            (None, later) => later,
        }
    }

    /// A connection lost now may have been lost before or after the commit: nobody knows, so nobody tries again.
    pub(super) fn after_commit_was_sent(self) -> Self {
        if self.lost { Self { retry: false, ..self } } else { self }
    }

    pub(super) fn may_retry(&self) -> bool {
        self.retry
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether the server ended it for the sake of others, who go on now: in a deadlock, or where it could not come after them.
    pub(super) fn gave_way(&self) -> bool {
        self.retry && !self.lost && matches!(self.error, StoreError::Unavailable { .. })
    }

    pub(super) fn into_error(self) -> StoreError {
        self.error
    }
}

fn constraint(db: &DbError) -> String {
    match (db.constraint(), db.table(), db.column()) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(table), Some(column)) => format!("{table}.{column}"),
        _ => db.code().code().to_owned(),
    }
}
