//! From a setting's text to its value. The error is the end of a sentence that begins with the value.

use domain::destination::PhoneNumber;
use domain::secret::SecretText;
use messaging::sms::standard_webhook::WebhookSecret;
use url::Url;

use super::SmsProviderName;
use crate::config::base_url::is_loopback;
use crate::config::parse::{Parsed, list};

/// The mailbox takes every message, so nothing comes after it.
pub(in crate::config) fn providers(text: &str) -> Parsed<Vec<SmsProviderName>> {
    let mut names = Vec::new();
    for word in list(text) {
        let name = match word {
            "mailbox" => SmsProviderName::Mailbox,
            "twilio" => SmsProviderName::Twilio,
            "webhook" => SmsProviderName::Webhook,
            "vonage" => SmsProviderName::Vonage,
            "sns" => SmsProviderName::Sns,
            _ => return Err("is not a list of mailbox, twilio, webhook, vonage and sns".into()),
        };
        if names.contains(&name) {
            return Err(format!("names {word} twice"));
        }
        if names.contains(&SmsProviderName::Mailbox) {
            return Err(format!("names {word} after mailbox, which takes every message"));
        }
        names.push(name);
    }
    if names.is_empty() { Err("names no provider".into()) } else { Ok(names) }
}

/// A name of Twilio's: two letters that say of what, then letters and digits.
pub(in crate::config) fn sid(prefix: &str, text: &str) -> Parsed<String> {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    if (1..=62).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text.into());
    }
    Err(format!("does not begin with {prefix} and go on with letters and digits"))
}

/// A credential: visible ASCII in one word, as everything is that fits into a header.
pub(in crate::config) fn secret(text: &str) -> Parsed<SecretText> {
    if (1..=4_096).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(SecretText::new(text));
    }
    Err("is not one word of visible ASCII characters".into())
}

/// A name that is written into addresses and headers.
pub(in crate::config) fn name(text: &str) -> Parsed<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=128).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(text.into());
    }
    Err("is not a word of letters, digits, - and _".into())
}

/// A number in E.164, a short code, or a name of up to eleven letters, digits and spaces with a letter among them.
pub(in crate::config) fn sender(text: &str) -> Parsed<String> {
    let short_code = (3..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ';
    let name = (1..=11).contains(&text.len())
        && text.bytes().all(is_part)
        && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    if short_code || name || PhoneNumber::from_e164(text).is_some() {
        return Ok(text.into());
    }
    Err("is neither a number like +15005550006, nor a short code, nor a name of up to 11 letters and digits".into())
}

/// Where a provider is reached; a path may come first, a query may not.
pub(in crate::config) fn base_url(text: &str) -> Parsed<Url> {
    let url = webhook_url(text)?;
    if url.query().is_some() { Err("has a query".into()) } else { Ok(url) }
}

/// An address that numbers and codes are sent to: https, unless it is on this machine.
pub(in crate::config) fn webhook_url(text: &str) -> Parsed<Url> {
    let url = Url::parse(text).map_err(|_| String::from("is not an address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("is not an http or https address".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user name".into());
    }
    if url.fragment().is_some() {
        return Err("has a fragment".into());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("is plain http to a host that is not this machine".into());
    }
    Ok(url)
}

pub(in crate::config) fn webhook_secret(text: &str) -> Parsed<WebhookSecret> {
    WebhookSecret::parse(text).ok_or_else(|| "is not whsec_ and 24 to 64 bytes in base64".into())
}
