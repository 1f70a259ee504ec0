//! From a setting's text to its value. The error is the end of a sentence that begins with the value.

use std::net::SocketAddr;
use std::time::Duration;

use domain::time::Duration as Span;
use messaging::{Sender, SmtpServer};

use super::{BaseUrl, DatabaseUrl, Environment, LogFormat, Method, Network};

pub(super) type Parsed<T> = Result<T, String>;

pub(super) fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| "is not an address and port".into())
}

pub(super) fn base_url(text: &str) -> Parsed<BaseUrl> {
    BaseUrl::parse(text)
}

pub(super) fn database(text: &str) -> Parsed<DatabaseUrl> {
    DatabaseUrl::parse(text)
}

pub(super) fn boolean(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is neither true nor false".into()),
    }
}

/// Hours and minutes since midnight.
pub(super) fn time_of_day(text: &str) -> Parsed<Span> {
    let (hours, minutes) = text.split_once(':').ok_or("is not a time like 02:00")?;
    let number = |digits: &str, most: i64| {
        let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number: &i64| fits && *number <= most)
    };
    match (number(hours, 23), number(minutes, 59)) {
        (Some(hours), Some(minutes)) => Ok(Span::from_mins(hours * 60 + minutes)),
        (None, _) | (_, None) => Err("is not a time from 00:00 to 23:59".into()),
    }
}

pub(super) fn environment(text: &str) -> Parsed<Environment> {
    match text {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        _ => Err("is neither development nor production".into()),
    }
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither pretty nor json".into()),
    }
}

/// A level, or `target=level`, several of them with commas. The filter itself would take a misspelled level for the
/// name of a target and silence everything else.
pub(super) fn log_filter(text: &str) -> Parsed<String> {
    let is_level = |level: &str| matches!(level, "off" | "error" | "warn" | "info" | "debug" | "trace");
    let is_target = |target: &str| {
        !target.is_empty() && target.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-'))
    };
    let mut directives = list(text).peekable();
    let some = directives.peek().is_some();
    let all = directives.all(|directive| match directive.split_once('=') {
        Some((target, level)) => is_target(target) && is_level(level),
        None => is_level(directive),
    });
    if some && all { Ok(text.into()) } else { Err("is not a list of levels".into()) }
}

pub(super) fn number<const LEAST: u32, const MOST: u32>(text: &str) -> Parsed<u32> {
    match text.parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("is not a whole number from {LEAST} to {MOST}")),
    }
}

pub(super) fn small_number<const LEAST: u32, const MOST: u32>(text: &str) -> Parsed<u8> {
    number::<LEAST, MOST>(text).and_then(|number| u8::try_from(number).map_err(|_| format!("is above {}", u8::MAX)))
}

pub(super) fn seconds<const LEAST: u32, const MOST: u32>(text: &str) -> Parsed<Duration> {
    number::<LEAST, MOST>(text).map(|number| Duration::from_secs(number.into()))
}

pub(super) fn minutes<const LEAST: u32, const MOST: u32>(text: &str) -> Parsed<Duration> {
    number::<LEAST, MOST>(text).map(|number| Duration::from_secs(u64::from(number) * 60))
}

pub(super) fn days<const LEAST: u32, const MOST: u32>(text: &str) -> Parsed<Duration> {
    number::<LEAST, MOST>(text).map(|number| Duration::from_secs(u64::from(number) * 86_400))
}

/// The name stands in front of a colon in the authenticator's address, so it has none itself.
pub(super) fn issuer_name(text: &str) -> Parsed<String> {
    if text.trim().is_empty() || text.chars().count() > 64 || text.contains(':') || text.chars().any(char::is_control) {
        return Err("is not a name of 1 to 64 characters without a colon".into());
    }
    Ok(text.trim().into())
}

pub(super) fn methods(text: &str) -> Parsed<Vec<Method>> {
    let mut methods = Vec::new();
    for name in list(text) {
        let method = match name {
            "totp" => Method::Totp,
            "sms" => Method::Sms,
            "email" => Method::Email,
            _ => return Err("is not a list of totp, sms and email".into()),
        };
        if methods.contains(&method) {
            return Err(format!("names {name} twice"));
        }
        methods.push(method);
    }
    if methods.is_empty() { Err("names no method".into()) } else { Ok(methods) }
}

pub(super) fn networks(text: &str) -> Parsed<Vec<Network>> {
    list(text).map(|item| Network::parse(item).ok_or_else(|| "is not a list of addresses and blocks".into())).collect()
}

pub(super) fn smtp(text: &str) -> Parsed<SmtpServer> {
    SmtpServer::parse(text)
}

pub(super) fn sender(text: &str) -> Parsed<Sender> {
    Sender::parse(text)
}

/// Origins of applications: https, or http on this machine.
pub(super) fn origins(text: &str) -> Parsed<Vec<String>> {
    let origin = |item: &str| {
        let origin = BaseUrl::parse(item).map_err(|fault| format!("names {item}, which {fault}"))?;
        if origin.is_https() || origin.is_loopback() {
            Ok(origin.origin())
        } else {
            Err(format!("names {item}, which is plain http to another machine"))
        }
    };
    list(text).map(origin).collect()
}

/// The parts of a comma-separated list, blanks around them and empty ones left out.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
