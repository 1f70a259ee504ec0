//! Which SMTP server, how it is reached and who we are to it: the address of the setting `SMTP_URL`.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};
use zeroize::Zeroizing;

/// An SMTP server. Its `Debug` and `Display` show neither user nor password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<Login>,
    loopback: bool,
}

/// How a connection is protected. A certificate is checked always; there is no "if it can be had".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the first byte.
    Tls,
    /// Plain up to STARTTLS, and nothing before it: a server that does not offer it gets no mail.
    StartTls,
    /// Everything readable on the way: for a server on this machine, or where the operator says so.
    Plain,
}

/// Who we are to the server.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
}

impl SmtpServer {
    /// Parses `smtps://user:password@host:port` or `smtp://…`, where `?tls=none` does without TLS and `?tls=required`
    /// asks for it even of a server on this machine. The error is the end of a sentence that begins with the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| "is not an address".to_owned())?;
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err("is neither smtp:// nor smtps://".into());
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("names no host")?;
        // A scheme that the standard does not know is taken with any host.
        let host = Host::parse(host).map_err(|_| "has a host that is none".to_owned())?;
        if url.path().len() > 1 || url.fragment().is_some() {
            return Err("has more than user, password, host, port and tls".into());
        }
        let ip = match &host {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
        };
        let host = ip.map_or_else(|| host.to_string(), |ip| ip.to_string());
        let loopback = ip.map_or(host == "localhost", |ip| ip.is_loopback());
        let security = security(&url, loopback)?;
        let usual = match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Plain => 25,
        };
        let port = url.port().unwrap_or(usual);
        if port == 0 {
            return Err("has the port 0".into());
        }
        Ok(Self { host, port, security, login: Login::of(&url)?, loopback })
    }

    /// Whether mail and password cross a network that others may read.
    pub fn is_plain_over_network(&self) -> bool {
        self.security == Security::Plain && !self.loopback
    }
}

fn security(url: &Url, loopback: bool) -> Result<Security, String> {
    let mut asked = None;
    for (name, value) in url.query_pairs() {
        match (&*name, &*value) {
            ("tls", "none" | "required") if asked.is_none() => asked = Some(value == "required"),
            ("tls", _) => return Err("has a tls that is neither none nor required".into()),
            _ => return Err("has more than user, password, host, port and tls".into()),
        }
    }
    match (url.scheme(), asked) {
        ("smtps", None | Some(true)) => Ok(Security::Tls),
        ("smtps", Some(false)) => Err("is smtps with tls=none".into()),
        (_, Some(true)) => Ok(Security::StartTls),
        (_, Some(false)) => Ok(Security::Plain),
        (_, None) => Ok(if loopback { Security::Plain } else { Security::StartTls }),
    }
}

impl Login {
    fn of(url: &Url) -> Result<Option<Self>, String> {
        let plain = |text: &str| {
            let bytes = percent_decoded(text.as_bytes()).ok_or("has a % that two hexadecimal digits do not follow")?;
            let text = String::from_utf8(bytes).map_err(|_| "has a user or password that is not UTF-8".to_owned())?;
            if text.chars().any(char::is_control) {
                return Err("has a control character in user or password".to_owned());
            }
            Ok(text)
        };
        match (url.username(), url.password()) {
            ("", None) => Ok(None),
            ("", Some(_)) => Err("has a password without a user".into()),
            (_, None) => Err("has a user without a password".into()),
            (user, Some(password)) => Ok(Some(Self { user: plain(user)?, password: Zeroizing::new(plain(password)?) })),
        }
    }
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.security {
            Security::Tls => "TLS",
            Security::StartTls => "STARTTLS",
            Security::Plain => "without TLS",
        };
        write!(f, "{}:{} ({how})", self.host, self.port)
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({self})")
    }
}
