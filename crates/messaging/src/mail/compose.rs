//! From a rendered mail to the bytes that go over the wire, and who gets them.
//!
//! lettre writes the headers and encodes the parts. What it is given has been looked at before, and what it returns is
//! looked at again: a bare LF before a dot ends a message early at servers that read it as a line end
//! (RUSTSEC-2026-0561), and what follows would be commands of whoever wrote it.

use std::time::{Duration, SystemTime};

use domain::ids::MessageId;
use domain::time::Timestamp;
use domain::user::Email;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Date, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartBuilder, MultiPartKind, SinglePart};
use lettre::{Address, Message};

use super::{RenderedMail, Sender};
use crate::receipt::SendFailure;

/// The longest line of a mail, without its CRLF (RFC 5321, section 4.5.3.1.6).
const LONGEST_LINE: usize = 998;

/// A mail as it goes over the wire.
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// Writes the mail. What cannot be written can never be sent, so every failure is permanent.
pub(super) fn letter(mail: &RenderedMail, sender: &Sender, id: MessageId) -> Result<Letter, SendFailure> {
    let to = address(&mail.to).ok_or_else(|| SendFailure::permanent("the recipient is no address"))?;
    let from = address(sender.address.as_str()).ok_or_else(|| SendFailure::permanent("the sender is no address"))?;
    if mail.subject.is_empty() || has_controls(&mail.subject) {
        return Err(SendFailure::permanent("the subject is not one line"));
    }
    if has_controls(&mail.language) || !mail.language.is_ascii() {
        return Err(SendFailure::permanent("the language is no tag"));
    }
    let spoilt = |_| SendFailure::permanent("the mail cannot be written");
    let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).map_err(spoilt)?;
    let message = Message::builder()
        .envelope(envelope)
        .from(Mailbox::new(sender.name.clone(), from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(mail.subject.clone())
        .header(Date::new(moment(mail.at)))
        .message_id(Some(format!("<{}@{}>", id.uuid(), sender.host())))
        // RFC 3834: nothing answers a mail that a program wrote, and no absence notice tells a stranger who is away.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .raw_header(header("Content-Language", &mail.language))
        .multipart(parts(mail, id))
        .map_err(spoilt)?;
    let bytes = message.formatted();
    if !is_well_formed(&bytes) {
        return Err(SendFailure::permanent("the mail is not well formed"));
    }
    Ok(Letter { from, to, bytes })
}

/// The text first, the HTML last: readers show the last one they understand.
fn parts(mail: &RenderedMail, id: MessageId) -> MultiPart {
    let part = |kind, text: &str| SinglePart::builder().header(kind).body(with_crlf(text));
    MultiPartBuilder::new()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("part-{}", id.uuid().simple()))
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.text))
        .singlepart(part(ContentType::TEXT_HTML, &mail.html))
}

/// An address as the domain knows them, which has neither quotes nor control characters.
fn address(text: &str) -> Option<Address> {
    let email = Email::parse(text).ok()?;
    let (local, host) = email.as_str().rsplit_once('@')?;
    Address::new(local, host).ok()
}

fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn moment(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_micros() / 1_000_000).unwrap_or_default())
}

/// Every line end as CRLF: CR, LF and CRLF are one line end each. Other control characters but the tab are dropped.
pub(super) fn with_crlf(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                lines.push_str("\r\n");
            }
            '\n' => lines.push_str("\r\n"),
            '\t' => lines.push(c),
            _ if c.is_control() => {}
            _ => lines.push(c),
        }
    }
    lines
}

/// ASCII, in lines of a lawful length that end in CRLF, with no other CR, LF or NUL.
pub(super) fn is_well_formed(bytes: &[u8]) -> bool {
    let mut length = 0;
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.next_if_eq(&&b'\n').is_some() => length = 0,
            b'\r' | b'\n' | 0 | 0x80.. => return false,
            _ => length += 1,
        }
        if length > LONGEST_LINE {
            return false;
        }
    }
    true
}
