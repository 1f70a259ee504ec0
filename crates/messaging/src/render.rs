//! From the content of a message to its words: subject, text part and HTML part; of a text message, its one text.
//!
//! Both parts are written from one [`Mail`], so they cannot say different things. Every mail tells when it happened,
//! with which browser and from which address, and what to do if it was somebody else. A text message has a fixed form and no
//! word of any user; its last line binds the code to this host, so that phones fill it in here and nowhere else.

use std::fmt;

use askama::Template;
use domain::message::{Channel, EventDetails, MessageContent, MessageKind};
use domain::time::Timestamp;
use fluent_bundle::FluentArgs;

use crate::language::{LANGUAGES, LanguageError, Languages, Reader};
use crate::link::{BaseUrl, BaseUrlError};
use crate::{plain, untrusted};

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
    /// The HTML part could not be written.
    #[error("the HTML part could not be written")]
    Html(#[from] askama::Error),
}

/// Everything a mail says, in the reader's language and not yet escaped.
#[derive(Template)]
#[template(path = "mail.html")]
pub(crate) struct Mail {
    pub(crate) language: String,
    pub(crate) direction: &'static str,
    /// Whether somebody may be attacking: shown in a warmer color, never by color alone.
    pub(crate) alarm: bool,
    pub(crate) app_name: String,
    pub(crate) subject: String,
    pub(crate) heading: String,
    pub(crate) intro: String,
    pub(crate) code: Option<Code>,
    pub(crate) action: Option<Action>,
    pub(crate) details_heading: String,
    pub(crate) details: Vec<Detail>,
    pub(crate) advice_heading: String,
    pub(crate) advice: String,
    pub(crate) footer: String,
    pub(crate) zone_note: String,
    pub(crate) base_url: String,
}

/// The code a person is to type.
pub(crate) struct Code {
    pub(crate) digits: String,
    pub(crate) expires: String,
}

/// The one thing a mail asks its reader to do.
pub(crate) struct Action {
    pub(crate) words: String,
    pub(crate) button: String,
    pub(crate) copy: String,
    pub(crate) link: String,
    pub(crate) expires: Option<String>,
}

/// One circumstance: apart for a table, and as a line of text.
pub(crate) struct Detail {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) line: String,
}

/// Whether a kind carries a link.
#[derive(PartialEq, Eq)]
enum LinkUse {
    Required,
    Optional,
    Never,
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
        if content.channel == Channel::Sms {
            return Ok(Rendered { subject: String::new(), text: self.text_message(content)?, html: String::new() });
        }
        let mail = self.mail(content)?;
        Ok(Rendered { text: plain::text(&mail), html: mail.render()?, subject: mail.subject })
    }

    /// The words of the kind, and the line of the origin-bound one-time-code format: `@host #code`.
    fn text_message(&self, content: &MessageContent) -> Result<String, RenderError> {
        let (kind, channel) = (content.kind.as_str(), content.channel.as_str());
        if !carries_code(content.kind) {
            return Err(RenderError::Channel { kind, channel });
        }
        let code = content.code.as_deref().ok_or(RenderError::Incomplete { kind, field: "code" })?;
        let mut args = FluentArgs::new();
        args.set("app", self.app_name.as_str());
        args.set("code", code);
        let words = self.languages.reader(&content.locale).text(kind, Some("sms"), &args)?;
        Ok(format!("{words}\n\n@{} #{code}", self.base_url.host()))
    }

    fn mail(&self, content: &MessageContent) -> Result<Mail, RenderError> {
        let kind = content.kind.as_str();
        let event = content.event.as_ref().ok_or(RenderError::Incomplete { kind, field: "event" })?;
        let reader = self.languages.reader(&content.locale);
        let mut args = FluentArgs::new();
        args.set("app", self.app_name.as_str());
        if counts_codes(content.kind) {
            args.set("remaining", event.remaining.ok_or(RenderError::Incomplete { kind, field: "remaining" })?);
        }
        let of_kind = |attribute: &str| reader.text(kind, Some(attribute), &args);
        let around = |message: &str| reader.text(message, None, &args);
        Ok(Mail {
            language: reader.tag(),
            direction: reader.direction(),
            alarm: is_alarm(content.kind),
            app_name: self.app_name.clone(),
            subject: of_kind("subject")?,
            heading: of_kind("heading")?,
            intro: of_kind("intro")?,
            code: code(content, &reader)?,
            action: self.action(content, &reader, &args)?,
            details_heading: around("details-heading")?,
            details: details(content.kind, event, &reader)?,
            advice_heading: around("advice-heading")?,
            advice: of_kind("advice")?,
            footer: around("footer")?,
            zone_note: around("zone-note")?,
            base_url: self.base_url.shown().to_owned(),
        })
    }

    fn action(
        &self,
        content: &MessageContent,
        reader: &Reader<'_>,
        args: &FluentArgs<'_>,
    ) -> Result<Option<Action>, RenderError> {
        let kind = content.kind.as_str();
        let link = match (&content.link, link_use(content.kind)) {
            (None, LinkUse::Required) => return Err(RenderError::Incomplete { kind, field: "link" }),
            (None, LinkUse::Optional | LinkUse::Never) => return Ok(None),
            (Some(_), LinkUse::Never) => return Err(RenderError::UnexpectedLink { kind }),
            (Some(link), LinkUse::Required | LinkUse::Optional) => link,
        };
        let link = self.base_url.below(link).ok_or(RenderError::ForeignLink { kind })?;
        let expires = content.expires_at.map(|at| {
            let mut args = FluentArgs::new();
            args.set("moment", moment(at, reader)?);
            reader.text("link-expires", None, &args)
        });
        Ok(Some(Action {
            words: reader.text(kind, Some("action"), args)?,
            button: reader.text(kind, Some("button"), args)?,
            copy: reader.text("link-copy", None, args)?,
            link,
            expires: expires.transpose()?,
        }))
    }
}

/// The code and its end, of the kinds that carry one.
fn code(content: &MessageContent, reader: &Reader<'_>) -> Result<Option<Code>, RenderError> {
    if !carries_code(content.kind) {
        return Ok(None);
    }
    let lacks = |field| RenderError::Incomplete { kind: content.kind.as_str(), field };
    let digits = content.code.clone().ok_or_else(|| lacks("code"))?;
    let end = content.expires_at.ok_or_else(|| lacks("expires_at"))?;
    let mut args = FluentArgs::new();
    args.set("moment", moment(end, reader)?);
    Ok(Some(Code { digits, expires: reader.text("code-expires", None, &args)? }))
}

/// Time, browser and address always, though they may be unknown; the rest where there is something to tell.
fn details(kind: MessageKind, event: &EventDetails, reader: &Reader<'_>) -> Result<Vec<Detail>, LanguageError> {
    let plain = |message: &str| reader.text(message, None, &FluentArgs::new());
    let shown = |text: &Option<String>| text.as_deref().and_then(untrusted::fit).map_or_else(|| plain("unknown"), Ok);
    let mut rows = vec![("detail-time", moment(event.at, reader)?)];
    if let Some(account) = event.copy_for.as_deref() {
        rows.push(("detail-copy", untrusted::isolated(account)));
    }
    if let Some(label) = event.factor_label.as_deref().and_then(untrusted::fit) {
        rows.push(("detail-method", label));
    }
    if let Some(device) = event.device.as_deref().and_then(untrusted::fit) {
        rows.push(("detail-device", device));
    }
    if let Some(limit) = &event.limit {
        rows.push(("detail-limit", limit.clone()));
    }
    rows.push(("detail-browser", shown(&event.browser)?));
    rows.push(("detail-ip", shown(&event.ip)?));
    if kind == MessageKind::AccountLocked {
        let until = event.locked_until.map_or_else(|| plain("until-unlocked"), |until| moment(until, reader))?;
        rows.push(("detail-locked", until));
    }
    rows.into_iter()
        .map(|(name, value)| {
            let name = plain(name)?;
            let mut args = FluentArgs::new();
            args.set("name", name.as_str());
            args.set("value", value.as_str());
            let line = reader.text("detail", None, &args)?;
            Ok(Detail { name, value, line })
        })
        .collect()
}

/// Date and time to the minute, in UTC and saying so.
fn moment(at: Timestamp, reader: &Reader<'_>) -> Result<String, LanguageError> {
    let at = at.to_datetime();
    let mut args = FluentArgs::new();
    args.set("day", at.day().to_string());
    args.set("month", u8::from(at.month()));
    args.set("year", at.year().to_string());
    args.set("time", format!("{:02}:{:02}", at.hour(), at.minute()));
    reader.text("moment", None, &args)
}

const fn carries_code(kind: MessageKind) -> bool {
    match kind {
        MessageKind::LoginCode | MessageKind::SetupCode | MessageKind::StepUpCode => true,
        MessageKind::EmailVerification
        | MessageKind::AccountExists
        | MessageKind::TwoFactorEnabled
        | MessageKind::FactorAdded
        | MessageKind::FactorRemoved
        | MessageKind::TwoFactorDisabled
        | MessageKind::RecoveryCodesMade
        | MessageKind::RecoveryCodeUsed
        | MessageKind::RecoveryCodesLow
        | MessageKind::AccountLocked
        | MessageKind::WrongCodes
        | MessageKind::TrustedDeviceAdded
        | MessageKind::TrustedDeviceStolen
        | MessageKind::TrustRevoked
        | MessageKind::PasswordReset
        | MessageKind::PasswordChanged
        | MessageKind::SessionsEnded
        | MessageKind::EmailChange
        | MessageKind::EmailChangeRequested
        | MessageKind::EmailChanged
        | MessageKind::EmailChangeTaken
        | MessageKind::BackupEmail
        | MessageKind::BackupEmailChanged
        | MessageKind::BackupEmailRemoved
        | MessageKind::AccountDisabled
        | MessageKind::AccountEnabled
        | MessageKind::AccountUnlocked
        | MessageKind::TwoFactorReset
        | MessageKind::SmsLimitReached
        | MessageKind::AccountDeleted => false,
    }
}

const fn link_use(kind: MessageKind) -> LinkUse {
    match kind {
        MessageKind::EmailVerification
        | MessageKind::PasswordReset
        | MessageKind::EmailChange
        | MessageKind::BackupEmail => LinkUse::Required,
        MessageKind::AccountExists | MessageKind::EmailChangeTaken | MessageKind::AccountLocked => LinkUse::Optional,
        MessageKind::TwoFactorEnabled
        | MessageKind::FactorAdded
        | MessageKind::FactorRemoved
        | MessageKind::TwoFactorDisabled
        | MessageKind::RecoveryCodesMade
        | MessageKind::RecoveryCodeUsed
        | MessageKind::RecoveryCodesLow
        | MessageKind::WrongCodes
        | MessageKind::TrustedDeviceAdded
        | MessageKind::TrustedDeviceStolen
        | MessageKind::TrustRevoked
        | MessageKind::PasswordChanged
        | MessageKind::SessionsEnded
        | MessageKind::EmailChangeRequested
        | MessageKind::EmailChanged
        | MessageKind::BackupEmailChanged
        | MessageKind::BackupEmailRemoved
        | MessageKind::AccountDisabled
        | MessageKind::AccountEnabled
        | MessageKind::AccountUnlocked
        | MessageKind::TwoFactorReset
        | MessageKind::SmsLimitReached
        | MessageKind::AccountDeleted
        | MessageKind::LoginCode
        | MessageKind::SetupCode
        | MessageKind::StepUpCode => LinkUse::Never,
    }
}

const fn counts_codes(kind: MessageKind) -> bool {
    match kind {
        MessageKind::RecoveryCodeUsed | MessageKind::RecoveryCodesLow => true,
        MessageKind::EmailVerification
        | MessageKind::AccountExists
        | MessageKind::TwoFactorEnabled
        | MessageKind::FactorAdded
        | MessageKind::FactorRemoved
        | MessageKind::TwoFactorDisabled
        | MessageKind::RecoveryCodesMade
        | MessageKind::AccountLocked
        | MessageKind::WrongCodes
        | MessageKind::TrustedDeviceAdded
        | MessageKind::TrustedDeviceStolen
        | MessageKind::TrustRevoked
        | MessageKind::PasswordReset
        | MessageKind::PasswordChanged
        | MessageKind::SessionsEnded
        | MessageKind::EmailChange
        | MessageKind::EmailChangeRequested
        | MessageKind::EmailChanged
        | MessageKind::EmailChangeTaken
        | MessageKind::BackupEmail
        | MessageKind::BackupEmailChanged
        | MessageKind::BackupEmailRemoved
        | MessageKind::AccountDisabled
        | MessageKind::AccountEnabled
        | MessageKind::AccountUnlocked
        | MessageKind::TwoFactorReset
        | MessageKind::SmsLimitReached
        | MessageKind::AccountDeleted
        | MessageKind::LoginCode
        | MessageKind::SetupCode
        | MessageKind::StepUpCode => false,
    }
}

const fn is_alarm(kind: MessageKind) -> bool {
    match kind {
        MessageKind::TwoFactorDisabled
        | MessageKind::RecoveryCodeUsed
        | MessageKind::AccountLocked
        | MessageKind::WrongCodes
        | MessageKind::TrustedDeviceStolen
        | MessageKind::PasswordChanged
        | MessageKind::EmailChangeRequested
        | MessageKind::EmailChanged
        | MessageKind::SmsLimitReached
        | MessageKind::BackupEmailRemoved
        | MessageKind::TwoFactorReset => true,
        MessageKind::EmailVerification
        | MessageKind::AccountExists
        | MessageKind::TwoFactorEnabled
        | MessageKind::FactorAdded
        | MessageKind::FactorRemoved
        | MessageKind::RecoveryCodesMade
        | MessageKind::RecoveryCodesLow
        | MessageKind::TrustedDeviceAdded
        | MessageKind::TrustRevoked
        | MessageKind::PasswordReset
        | MessageKind::SessionsEnded
        | MessageKind::EmailChange
        | MessageKind::EmailChangeTaken
        | MessageKind::BackupEmail
        | MessageKind::BackupEmailChanged
        | MessageKind::AccountDisabled
        | MessageKind::AccountEnabled
        | MessageKind::AccountUnlocked
        | MessageKind::AccountDeleted
        | MessageKind::LoginCode
        | MessageKind::SetupCode
        | MessageKind::StepUpCode => false,
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("subject", &self.subject).finish_non_exhaustive()
    }
}
