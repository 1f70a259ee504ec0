//! Mail: what is handed over, to whom it is handed, and who it is from.
//!
//! [`Mailer`] is the seam: a rendered mail and the id of its outbox message in, a receipt out. It knows neither the
//! database nor the HTTP server, and it never tries twice: whether and when to try again is the worker's business.
//!
//! Invariants: one mail has one recipient. The `Message-ID` comes from the id of the outbox message and the `Date` from
//! the event told, so a second try is the same mail to whoever compares. Nothing that carries a control character in
//! address, name or subject reaches the transport, and every line that does ends in CRLF.

mod compose;
mod dialog;
mod server;
mod smtp;

#[cfg(test)]
mod sink;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use domain::ids::MessageId;
use domain::message::MessageContent;
use domain::time::Timestamp;
use domain::user::Email;

use crate::receipt::{Receipt, SendFailure};
use crate::render::Rendered;
use crate::untrusted;

pub use server::SmtpServer;
pub use smtp::{SmtpMailer, SmtpSetupError};

/// The longest name of a sender, in characters.
const LONGEST_NAME: usize = 64;

/// Hands mail over.
pub trait Mailer: Send + Sync {
    /// Hands one mail over, once. `id` names the outbox message: the same one at every try.
    fn send<'a>(&'a self, mail: &'a RenderedMail, id: MessageId) -> Sending<'a>;
}

/// A mail on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Receipt, SendFailure>> + Send + 'a>>;

/// A mail with all that its transport needs. Its `Debug` shows the language only.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// The one address it goes to.
    pub to: String,
    /// The subject, without any text of users.
    pub subject: String,
    /// The text part, its lines ended by LF.
    pub text: String,
    /// The HTML part, its lines ended by LF.
    pub html: String,
    /// The language it is written in, as a BCP 47 tag.
    pub language: String,
    /// When what it tells of happened: its `Date`.
    pub at: Timestamp,
}

impl RenderedMail {
    /// The mail of a message, from its content and its words. `now` dates one that tells of no event.
    pub fn new(content: &MessageContent, words: Rendered, now: Timestamp) -> Self {
        Self {
            to: content.to.clone(),
            subject: words.subject,
            text: words.text,
            html: words.html,
            language: words.language,
            at: content.event.as_ref().map_or(now, |event| event.at),
        }
    }
}

impl fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedMail").field("language", &self.language).finish_non_exhaustive()
    }
}

/// Who mail is from: `Example <no-reply@example.com>`, or the bare address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    name: Option<String>,
    address: Email,
}

impl Sender {
    /// Reads a sender. The error is the end of a sentence that begins with the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, address) = match text.trim().strip_suffix('>').map(|rest| rest.rsplit_once('<')) {
            Some(Some((name, address))) => (name.trim(), address),
            Some(None) => return Err("has a > without a <".into()),
            None => ("", text.trim()),
        };
        let address = Email::parse(address).map_err(|_| "does not end in an e-mail address".to_owned())?;
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        if name.is_empty() {
            return Ok(Self { name: None, address });
        }
        if name.chars().count() > LONGEST_NAME || !untrusted::is_one_visible_line(name) {
            return Err(format!("has a name that is not 1 to {LONGEST_NAME} visible characters on one line"));
        }
        Ok(Self { name: Some(name.to_owned()), address })
    }

    /// The part behind the `@`, in which the ids of our mails are unique.
    fn host(&self) -> &str {
        self.address.as_str().rsplit('@').next().unwrap_or_default()
    }
}
