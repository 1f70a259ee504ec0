//! Messages to people: the content of an outbox message in, the words to send out.
//!
//! This crate knows neither the database nor the HTTP server. [`Renderer`] is built once and shared by every thread;
//! each message goes through it just before it is sent, so a message is never stored in its readable form for long.
//!
//! Invariants: a link leads below the configured base URL or there is no message; a subject holds no text of users;
//! text of strangers is one line, isolated from the direction of its surroundings, escaped, and never clickable.
//!
//! Deliberately absent: transports. In development the server keeps what is rendered in its mailbox table.

mod language;
mod link;
mod mail;
mod plain;
mod receipt;
mod render;
mod untrusted;

pub use language::LanguageError;
pub use link::BaseUrlError;
pub use mail::{Mailer, RenderedMail, Security, Sender, Sending, SmtpMailer, SmtpServer, SmtpSetupError};
pub use receipt::{Receipt, SendFailure, sanitized};
pub use render::{RenderError, Rendered, Renderer, SetupError};

#[cfg(test)]
mod tests;
