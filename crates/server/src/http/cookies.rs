//! The three cookies, written and read in one place.
//!
//! Over https they carry the `__Host-` prefix, which browsers accept only with `Secure`, `Path=/` and no `Domain`: so no
//! neighbor on a sibling domain can plant one. Over http (a developer's own machine) prefix and `Secure` are left out.
//! Two cookies of one name mean that somebody planted one; then neither is believed.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

/// Longer values are none of ours.
const LONGEST: usize = 512;

/// One of our cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The refresh token of a browser.
    Refresh,
    /// The secret of a trusted device.
    Device,
    /// The session of the hosted pages.
    Session,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Refresh => "twinlock_refresh",
            Self::Device => "twinlock_device",
            Self::Session => "twinlock_session",
        }
    }

    /// Strict for what only our own pages send; Lax for what has to survive a link from elsewhere.
    fn same_site(self) -> &'static str {
        match self {
            Self::Refresh => "Strict",
            Self::Device | Self::Session => "Lax",
        }
    }
}

/// How cookies look at this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    https: bool,
}

impl Cookies {
    pub(super) fn new(https: bool) -> Self {
        Self { https }
    }

    fn prefix(self) -> &'static str {
        if self.https { "__Host-" } else { "" }
    }

    /// A `Set-Cookie` with this value. `None` if the value is not one of ours to begin with (see [`Cookies::read`]).
    pub fn set(self, cookie: Cookie, value: &str, max_age: Duration) -> Option<HeaderValue> {
        is_value(value).then(|| self.write(cookie, value, max_age)).flatten()
    }

    /// A `Set-Cookie` that removes it.
    pub fn clear(self, cookie: Cookie) -> Option<HeaderValue> {
        self.write(cookie, "", Duration::ZERO)
    }

    fn write(self, cookie: Cookie, value: &str, max_age: Duration) -> Option<HeaderValue> {
        let (prefix, name, same_site) = (self.prefix(), cookie.name(), cookie.same_site());
        let secure = if self.https { "; Secure" } else { "" };
        let seconds = max_age.as_secs();
        let text = Zeroizing::new(format!(
            "{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
        ));
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The value the browser sent, if there is exactly one and it has the form of our tokens.
    pub fn read(self, cookie: Cookie, headers: &HeaderMap) -> Option<Zeroizing<String>> {
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| name.strip_prefix(self.prefix()) == Some(cookie.name()))
            .map(|(_, value)| value);
        let value = values.next()?;
        (values.next().is_none() && is_value(value)).then(|| Zeroizing::new(value.to_owned()))
    }
}

/// Letters, digits and the marks of base64url and prefixed tokens.
fn is_value(value: &str) -> bool {
    (1..=LONGEST).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
