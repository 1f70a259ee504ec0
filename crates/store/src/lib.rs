//! The only crate that knows SQL: SQLite and PostgreSQL, each statement written once.
//!
//! The engine below knows the two drivers and nothing about tables: [`Db`] runs units of work made of [`Statement`]s,
//! [`Row`]s come back.

mod admin_key;
mod administrator;
mod application;
mod audit_checkpoint;
mod audit_log;
mod audit_pass;
mod audit_retention;
pub mod audit_search;
pub mod backup;
mod challenge;
mod commands;
mod commit;
mod counter;
mod db;
pub mod delivery;
pub mod desk_list;
mod directory;
mod enrollment;
mod error;
mod execute;
mod factor;
pub mod figures;
mod hosted;
mod kept_answer;
mod key_use;
mod known_browser;
mod link_token;
mod load;
mod mailbox;
mod migrate;
mod outbox;
pub mod people;
mod postgres;
mod recovery_code;
mod reseal;
pub mod reset_request;
pub mod restoration;
mod schedule;
mod sent_code;
mod session;
mod signup;
mod sms_fraud;
mod sqlite;
mod statement;
mod sweep;
#[cfg(feature = "testing")]
pub mod testing;
mod trusted_device;
mod user;
mod value;
pub mod webhook;

pub use administrator::AdministratorSummary;
pub use audit_checkpoint::{Scan, Uncovered};
pub use audit_log::unchained;
pub use audit_pass::Logged;
pub use db::{Db, Dialect, Options, Plan};
pub use directory::{UserKinds, UserSummary};
pub use error::StoreError;
pub use execute::Surroundings;
pub use key_use::KeyUse;
pub use load::{Answers, Assemble, Handle, Load, Reads};
pub use mailbox::MailboxMessage;
pub use outbox::{Claimed, Ending, Settled};
pub use postgres::{ForeignDatabase, ForeignTable};
pub use reseal::{OldSeal, SEALED_COLUMNS, SealedColumn};
pub use schedule::JobRecord;
pub use statement::Statement;
pub use sweep::Swept;
pub use value::{FromColumn, Row, Value};
