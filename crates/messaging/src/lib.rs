//! Messages to people: the content of an outbox message in, the words to send out, and those who carry them.
//!
//! This crate knows neither the database nor the HTTP server. [`Renderer`] is built once and shared by every thread;
//! each message goes through it just before it is sent, so a message is never stored in its readable form for long.
//!
//! Invariants: a link leads below the configured base URL or there is no message; a subject holds no text of users;
//! text of strangers is one line, isolated from the direction of its surroundings, escaped, and never clickable.
//!
//! Transports hand over what is rendered and say what came of it ([`Receipt`], [`SendFailure`]): mail by SMTP, text messages
//! through [`sms`], calls to applications through [`webhook`]. Deliberately absent: trying again, which is the worker's business; the development mailbox, which is a table
//! of the server's.

mod kind;
mod language;
mod link;
mod mail;
mod plain;
mod receipt;
mod render;
pub mod sms;
#[cfg(feature = "testing")]
pub mod testing;
mod text_message;
mod untrusted;
pub mod webhook;
mod words;

pub use language::{LanguageError, Languages, Reader};
pub use link::BaseUrlError;
pub use mail::{Mailer, RenderedMail, Sender, Sending, SmtpMailer, SmtpServer, SmtpSetupError};
pub use receipt::{Receipt, SendFailure};
pub use render::{RenderError, Rendered, Renderer, SetupError};
pub use text_message::segments;

#[cfg(test)]
mod tests;
