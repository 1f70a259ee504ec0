//! From the content of a message to its words: subject, text part and HTML part; of a text message, its one text.
//!
//! Both parts of a mail are written from one [`Mail`], so they cannot say different things.

use std::fmt;

use askama::Template as _;
use domain::message::{Channel, MessageContent};

use crate::language::{LANGUAGES, LanguageError, Languages};
use crate::link::{BaseUrl, BaseUrlError};
use crate::words::Mail;
use crate::{plain, text_message, untrusted};

/// The longest name of a service, in characters: it stands in subjects.
const LONGEST_NAME: usize = 64;

/// Writes messages. Built once; any number of threads may use it.
pub struct Renderer {
    languages: Languages,
    app_name: String,
    base_url: BaseUrl,
}

/// A message ready to be sent. Its `Debug` shows the subject only.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line without any text of users; empty for a text message.
    pub subject: String,
    /// The text part, its lines ended by LF.
    pub text: String,
    /// The HTML part, a whole document with inline styles and without images or scripts; empty for a text message.
    pub html: String,
    /// The language of most of its words, as a BCP 47 tag.
    pub language: String,
}

/// A renderer cannot be built from these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The name of the service cannot stand in a subject.
    #[error("the name of the service must be 1 to {LONGEST_NAME} visible characters on one line")]
    AppName,
    /// Links cannot lie below this base URL.
    #[error("the base URL {0}")]
    BaseUrl(#[from] BaseUrlError),
    /// The texts in this binary are broken.
    #[error(transparent)]
    Language(#[from] LanguageError),
}

/// A message cannot be rendered. It holds no part of the message.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// There are no words for this channel.
    #[error("{kind} has no form for the channel {channel}")]
    Channel {
        /// What the message is about.
        kind: &'static str,
        /// How it was meant to travel.
        channel: &'static str,
    },
    /// The kind needs something the content lacks.
    #[error("{kind} lacks {field}")]
    Incomplete {
        /// What the message is about.
        kind: &'static str,
        /// What is lacking.
        field: &'static str,
    },
    /// The kind carries no link, but the content does.
    #[error("{kind} carries no link")]
    UnexpectedLink {
        /// What the message is about.
        kind: &'static str,
    },
    /// The link does not lie below the base URL.
    #[error("the link of {kind} leads outside the base URL")]
    ForeignLink {
        /// What the message is about.
        kind: &'static str,
    },
    /// The words are missing or broken.
    #[error(transparent)]
    Language(#[from] LanguageError),
    /// The text part could not be written.
    #[error("the text part could not be written")]
    Text(#[source] askama::Error),
    /// The HTML part could not be written.
    #[error("the HTML part could not be written")]
    Html(#[source] askama::Error),
}

impl Renderer {
    /// Takes the name of the service as people know it and the base URL of this installation.
    pub fn new(app_name: &str, base_url: &str) -> Result<Self, SetupError> {
        Self::speaking(LANGUAGES, app_name, base_url)
    }

    /// As [`new`](Self::new), with other languages.
    pub(crate) fn speaking(languages: &[(&str, &str)], app_name: &str, base_url: &str) -> Result<Self, SetupError> {
        let fits = (1..=LONGEST_NAME).contains(&app_name.chars().count()) && untrusted::is_one_visible_line(app_name);
        if !fits {
            return Err(SetupError::AppName);
        }
        let (languages, base_url) = (Languages::load(languages)?, BaseUrl::parse(base_url)?);
        Ok(Self { languages, app_name: app_name.to_owned(), base_url })
    }

    /// Writes the message. What the kind needs and the content lacks is an error, and so is a link that leads away.
    pub fn render(&self, content: &MessageContent) -> Result<Rendered, RenderError> {
        let reader = self.languages.reader(&content.locale);
        if content.channel == Channel::Sms {
            let text = text_message::text(content, &self.app_name, &self.base_url, &reader)?;
            return Ok(Rendered { subject: String::new(), text, html: String::new(), language: reader.tag() });
        }
        let mail = Mail::new(content, &self.app_name, &self.base_url, &reader)?;
        let (text, html) = (plain::text(&mail).map_err(RenderError::Text)?, mail.render().map_err(RenderError::Html)?);
        Ok(Rendered { subject: mail.subject, text, html, language: mail.language })
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("subject", &self.subject).finish_non_exhaustive()
    }
}
