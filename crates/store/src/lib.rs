//! The only crate that knows SQL: SQLite and PostgreSQL, each statement written once.
//!
//! The engine below knows the two drivers and nothing about tables: [`Db`] runs units of work made of [`Statement`]s,
//! [`Row`]s come back.

mod db;
mod error;
mod migrate;
mod postgres;
mod sqlite;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

pub use db::{Db, Dialect, Options, Plan};
pub use error::StoreError;
pub use statement::Statement;
pub use value::{FromColumn, Row, Value};
