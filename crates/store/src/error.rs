//! What can go wrong below the rules. The reader is the operator: reasons name tables, columns, constraints and
//! SQLSTATEs, never the values in them.

use std::fmt::Display;

/// The ground moved: the database did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database is gone, busy or full, or a connection or lock was not to be had in time. Trying later may help.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What happened, for the operator.
        reason: String,
    },
    /// A file of a backup, or the folder it lies in, did not do what was asked.
    #[error("{reason}")]
    File {
        /// Which file, and what happened.
        reason: String,
    },
    /// A guarded write touched no row or a constraint was violated, twice. Nothing of the unit was kept.
    #[error("a guard failed: {guard}")]
    Conflict {
        /// The statement or constraint that refused.
        guard: String,
    },
    /// A column holds, or was about to be given, what this program cannot read back.
    #[error("unreadable value in {table}.{column}: {reason}")]
    Corrupt {
        /// The table, as far as it is known.
        table: String,
        /// The column, as far as it is known.
        column: String,
        /// What was expected and what kind of value was found.
        reason: String,
    },
    /// The database does not accept the statement: a mistake in the program, or a schema it does not fit.
    #[error("the database refused {statement}: {reason}")]
    Rejected {
        /// Verb and table of the statement.
        statement: String,
        /// The database's own words.
        reason: String,
    },
    /// The unit's plan panicked. Nothing of it was kept.
    #[error("a unit of work panicked")]
    Panicked,
    /// The schema cannot be brought to, or is not at, the state this program needs.
    #[error("migration: {reason}")]
    Migration {
        /// What stands in the way.
        reason: String,
    },
}

impl StoreError {
    pub(crate) fn unavailable(reason: impl Display) -> Self {
        Self::Unavailable { reason: reason.to_string() }
    }

    pub(crate) fn file(reason: impl Display) -> Self {
        Self::File { reason: reason.to_string() }
    }

    pub(crate) fn migration(reason: impl Display) -> Self {
        Self::Migration { reason: reason.to_string() }
    }
}
