//! What a mail says: every word of it, in the reader's language and not yet escaped.
//!
//! Every mail tells when it happened, with which browser and from which address, and what to do if it was somebody else.
//! In a language that is written from right to left the name of the service is isolated, as the words of strangers are in
//! every language, so that it cannot reorder the sentence around it.

use askama::Template;
use domain::message::{EventDetails, MessageContent, MessageKind};
use domain::time::Timestamp;
use domain::trusted_device::browser_and_system;
use fluent_bundle::FluentArgs;

use crate::kind::{LinkUse, shape};
use crate::language::{LanguageError, Reader};
use crate::link::BaseUrl;
use crate::render::RenderError;
use crate::untrusted;

/// Everything a mail says.
#[derive(Template)]
#[template(path = "mail.html")]
pub(crate) struct Mail {
    pub(crate) language: String,
    pub(crate) direction: &'static str,
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
    /// The digits one by one, for whoever hears them.
    pub(crate) label: String,
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

/// One circumstance: in two parts, and as a line of text.
pub(crate) struct Detail {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) line: String,
}

impl Mail {
    /// Finds the words for a message.
    pub(crate) fn new(
        content: &MessageContent,
        app_name: &str,
        base_url: &BaseUrl,
        reader: &Reader<'_>,
    ) -> Result<Self, RenderError> {
        let kind = content.kind.as_str();
        let event = content.event.as_ref().ok_or(RenderError::Incomplete { kind, field: "event" })?;
        let mut args = FluentArgs::new();
        args.set("app", app_name);
        if shape(content.kind).counts {
            args.set("remaining", event.remaining.ok_or(RenderError::Incomplete { kind, field: "remaining" })?);
        }
        let subject = reader.text(kind, Some("subject"), &args)?;
        args.set("app", isolated(app_name, reader));
        let of_kind = |attribute: &str| reader.text(kind, Some(attribute), &args);
        let around = |message: &str| reader.text(message, None, &args);
        Ok(Self {
            language: reader.tag(),
            direction: reader.direction(),
            alarm: shape(content.kind).alarm,
            app_name: app_name.to_owned(),
            subject,
            heading: of_kind("heading")?,
            intro: of_kind("intro")?,
            code: code(content, reader)?,
            action: action(content, base_url, reader, &args)?,
            details_heading: around("details-heading")?,
            details: details(content.kind, event, reader)?,
            advice_heading: around("advice-heading")?,
            advice: of_kind("advice")?,
            footer: around("footer")?,
            zone_note: around("zone-note")?,
            base_url: base_url.shown().to_owned(),
        })
    }
}

/// The name of the service as it stands in a sentence.
fn isolated(app_name: &str, reader: &Reader<'_>) -> String {
    match reader.direction() {
        "rtl" => untrusted::isolate(app_name),
        _ => app_name.to_owned(),
    }
}

fn action(
    content: &MessageContent,
    base_url: &BaseUrl,
    reader: &Reader<'_>,
    args: &FluentArgs<'_>,
) -> Result<Option<Action>, RenderError> {
    let kind = content.kind.as_str();
    let link = match (&content.link, shape(content.kind).link) {
        (None, LinkUse::Required) => return Err(RenderError::Incomplete { kind, field: "link" }),
        (None, LinkUse::Optional | LinkUse::Never) => return Ok(None),
        (Some(_), LinkUse::Never) => return Err(RenderError::UnexpectedLink { kind }),
        (Some(link), LinkUse::Required | LinkUse::Optional) => link,
    };
    Ok(Some(Action {
        words: reader.text(kind, Some("action"), args)?,
        button: reader.text(kind, Some("button"), args)?,
        copy: reader.text("link-copy", None, args)?,
        link: base_url.below(link).ok_or(RenderError::ForeignLink { kind })?,
        expires: content.expires_at.map(|end| until("link-expires", end, reader)).transpose()?,
    }))
}

/// The code and its end, of the kinds that carry one.
fn code(content: &MessageContent, reader: &Reader<'_>) -> Result<Option<Code>, RenderError> {
    if !shape(content.kind).code {
        return Ok(None);
    }
    let lacks = |field| RenderError::Incomplete { kind: content.kind.as_str(), field };
    let digits = content.code.clone().ok_or_else(|| lacks("code"))?;
    let end = content.expires_at.ok_or_else(|| lacks("expires_at"))?;
    let mut args = FluentArgs::new();
    args.set("digits", digits.chars().map(String::from).collect::<Vec<_>>().join(" "));
    let label = reader.text("code-label", None, &args)?;
    Ok(Some(Code { digits, label, expires: until("code-expires", end, reader)? }))
}

fn until(message: &str, end: Timestamp, reader: &Reader<'_>) -> Result<String, LanguageError> {
    let mut args = FluentArgs::new();
    args.set("moment", moment(end, reader)?);
    reader.text(message, None, &args)
}

/// Time, browser and address always, though they may be unknown; the rest where there is something to tell.
fn details(kind: MessageKind, event: &EventDetails, reader: &Reader<'_>) -> Result<Vec<Detail>, LanguageError> {
    let plain = |message: &str| reader.text(message, None, &FluentArgs::new());
    let mut rows = vec![("detail-time", moment(event.at, reader)?)];
    if let Some(account) = event.copy_for.as_deref() {
        // Masked, so that it leads nowhere.
        rows.push(("detail-copy", untrusted::isolate(account)));
    }
    if let Some(label) = event.factor_label.as_deref().and_then(untrusted::fit) {
        rows.push(("detail-method", label));
    }
    if let Some(device) = event.device.as_deref().and_then(untrusted::fit) {
        rows.push(("detail-device", device));
    }
    if let Some(limit) = event.limit.as_deref().and_then(untrusted::fit) {
        rows.push(("detail-limit", limit));
    }
    let browser = event.browser.as_deref().map(|agent| browser(agent, reader)).transpose()?.flatten();
    rows.push(("detail-browser", browser.map_or_else(|| plain("unknown"), Ok)?));
    let address = event.ip.as_deref().and_then(untrusted::fit);
    rows.push(("detail-ip", address.map_or_else(|| plain("unknown"), Ok)?));
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

/// What people call the browser; one that is in no list is told in its own words.
fn browser(agent: &str, reader: &Reader<'_>) -> Result<Option<String>, LanguageError> {
    let (Some(browser), Some(system)) = browser_and_system(agent) else { return Ok(untrusted::fit(agent)) };
    let mut args = FluentArgs::new();
    args.set("browser", isolated(browser, reader));
    args.set("system", isolated(system, reader));
    reader.text("browser-and-system", None, &args).map(Some)
}

/// Date and time to the minute, in UTC and saying so.
fn moment(at: Timestamp, reader: &Reader<'_>) -> Result<String, LanguageError> {
    let at = at.to_datetime();
    let mut args = FluentArgs::new();
    args.set("day", at.day());
    args.set("month", u8::from(at.month()));
    args.set("year", at.year().to_string());
    args.set("time", format!("{:02}:{:02}", at.hour(), at.minute()));
    reader.text("moment", None, &args)
}
