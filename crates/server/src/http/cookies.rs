//! Our cookies, written and read in one place.
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
    /// The partial token of a sign-in at the hosted pages: it is nowhere else, so only this browser finishes the sign-in.
    Challenge,
    /// The browser of a challenge that an application asked for.
    Hosted,
    /// The visit of somebody that an application has sent to their security page.
    Settings,
    /// The language a person chose for the hosted pages.
    Language,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Refresh => "twinlock_refresh",
            Self::Device => "twinlock_device",
            Self::Session => "twinlock_session",
            Self::Challenge => "twinlock_challenge",
            Self::Hosted => "twinlock_hosted",
            Self::Settings => "twinlock_settings",
            Self::Language => "twinlock_language",
        }
    }

    /// Strict for what only our own pages send; Lax for what has to survive a link from elsewhere.
    fn same_site(self) -> &'static str {
        match self {
            Self::Refresh | Self::Challenge => "Strict",
            Self::Device | Self::Session | Self::Hosted | Self::Settings | Self::Language => "Lax",
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECURE: Cookies = Cookies { https: true };
    const PLAIN: Cookies = Cookies { https: false };
    const HOUR: Duration = Duration::from_hours(1);

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    fn read(cookies: Cookies, lines: &[&str]) -> Option<String> {
        cookies.read(Cookie::Refresh, &headers(lines)).map(|value| value.to_string())
    }

    #[test]
    fn over_https_every_cookie_is_bound_to_this_host() {
        for (cookie, expected) in [
            (Cookie::Refresh, "__Host-twinlock_refresh=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure"),
            (Cookie::Device, "__Host-twinlock_device=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"),
            (Cookie::Session, "__Host-twinlock_session=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"),
            (Cookie::Challenge, "__Host-twinlock_challenge=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure"),
            (Cookie::Hosted, "__Host-twinlock_hosted=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"),
            (Cookie::Settings, "__Host-twinlock_settings=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"),
            (Cookie::Language, "__Host-twinlock_language=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"),
        ] {
            assert_eq!(SECURE.set(cookie, "v", HOUR).unwrap(), expected);
        }
    }

    #[test]
    fn over_http_the_names_stay_and_the_prefix_goes() {
        let expected = "twinlock_refresh=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict";
        assert_eq!(PLAIN.set(Cookie::Refresh, "v", HOUR).unwrap(), expected);
    }

    #[test]
    fn a_cookie_is_removed_with_the_attributes_it_was_set_with() {
        let expected = "__Host-twinlock_device=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(SECURE.clear(Cookie::Device).unwrap(), expected);
    }

    #[test]
    fn a_value_cannot_add_attributes_and_never_shows_in_debug() {
        for value in ["", "a;Domain=evil", "a b", "a,b", "a\r\nX: y", "ä"] {
            assert_eq!(SECURE.set(Cookie::Refresh, value, HOUR), None, "{value}");
        }
        assert!(!format!("{:?}", SECURE.set(Cookie::Refresh, "hunter2", HOUR)).contains("hunter2"));
    }

    #[test]
    fn the_one_cookie_of_that_name_is_read() {
        assert_eq!(read(SECURE, &["a=b; __Host-twinlock_refresh=tl_x-1.y; c=d"]).as_deref(), Some("tl_x-1.y"));
        assert_eq!(read(SECURE, &["a=b", "__Host-twinlock_refresh=x"]).as_deref(), Some("x"), "HTTP/2 splits the line");
        assert_eq!(read(PLAIN, &["twinlock_refresh=x"]).as_deref(), Some("x"));
    }

    #[test]
    fn two_cookies_of_one_name_are_none() {
        assert_eq!(read(SECURE, &["__Host-twinlock_refresh=x; __Host-twinlock_refresh=y"]), None);
        assert_eq!(read(SECURE, &["__Host-twinlock_refresh=x", "__Host-twinlock_refresh=x"]), None);
    }

    #[test]
    fn what_we_did_not_set_is_not_read() {
        for line in [
            "twinlock_refresh=x",
            "__host-twinlock_refresh=x",
            "__Host-twinlock_refresh=",
            "__Host-twinlock_refresh=\"x\"",
            "__Host-twinlock_refresh",
        ] {
            assert_eq!(read(SECURE, &[line]), None, "{line}");
        }
        assert_eq!(read(PLAIN, &["__Host-twinlock_refresh=x"]), None);
        assert_eq!(read(SECURE, &[&format!("__Host-twinlock_refresh={}", "x".repeat(513))]), None);
    }
}
