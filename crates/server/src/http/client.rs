//! Who is calling: the address and the browser, as far as they can be believed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use domain::locale::Locale;

use crate::config::Network;
use crate::fault::Fault;

/// The only header that is believed, and only from a configured proxy.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Characters of a user agent that are kept.
const USER_AGENT_LENGTH: usize = 256;

/// The other end of the connection, put into every request by the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The caller, as limits and the audit log see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The address behind all trusted proxies.
    pub address: IpAddr,
    /// The browser's own description: at most 256 characters, none of them a control character.
    pub user_agent: Option<Arc<str>>,
    /// The language it asks for, if it is one there are words in.
    pub locale: Option<Locale>,
}

impl Client {
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        Self { address: address(peer, headers, trusted), user_agent: user_agent(headers), locale: locale(headers) }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Fault::plain("the gate did not see this request"))
    }
}

/// The right-most address that is not one of our proxies.
///
/// Each proxy appends the address it was called from, so the list is believed from its end, as far as the hops are ours.
/// An entry that is no address ends the walk: what stands left of it was written by nobody we know.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_ours = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for entry in lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
        if !is_ours(nearest) {
            break;
        }
        match std::str::from_utf8(entry).ok().and_then(|entry| hop(entry.trim())) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

/// An address, with or without a port.
fn hop(entry: &str) -> Option<IpAddr> {
    let address = entry.parse::<IpAddr>().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

fn user_agent(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = String::from_utf8_lossy(headers.get(USER_AGENT)?.as_bytes());
    let kept: String = text.chars().filter(|c| !c.is_control()).take(USER_AGENT_LENGTH).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.into())
}

/// A header that comes several times is one list (RFC 9110, section 5.3); its first line is enough to know a language by.
fn locale(headers: &HeaderMap) -> Option<Locale> {
    Locale::preferred(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::config::{Config, Sources};

    const PROXY: &str = "10.0.0.1";

    /// The address seen with proxies in `10.0.0.0/8`, called from `peer` with these `X-Forwarded-For` lines.
    fn seen(peer: &str, lines: &[&str]) -> String {
        let proxies = [("TWINLOCK_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8")];
        let trusted = Config::load(&Sources::of_pairs(proxies, None)).unwrap().trusted_proxies;
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(seen("203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["1.2.3.4, 10.0.0.1"]), "203.0.113.9");
    }

    #[test]
    fn no_other_header_is_believed_even_from_a_proxy() {
        let mut headers = HeaderMap::new();
        for name in ["x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip", "x-client-ip", "x-forwarded"] {
            headers.insert(name, HeaderValue::from_static("1.2.3.4"));
        }
        let trusted =
            Config::load(&Sources::of_pairs([("TWINLOCK_TRUSTED_PROXIES", "10.0.0.1")], None)).unwrap().trusted_proxies;
        assert_eq!(address(PROXY.parse().unwrap(), &headers, &trusted).to_string(), PROXY);
    }

    #[test]
    fn behind_proxies_the_right_most_stranger_is_the_client() {
        assert_eq!(seen(PROXY, &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen(PROXY, &["6.6.6.6, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen(PROXY, &["6.6.6.6, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(
            seen(PROXY, &["6.6.6.6", "203.0.113.9, 10.0.0.2", "10.0.0.3"]),
            "203.0.113.9",
            "several lines are one list"
        );
        assert_eq!(seen(PROXY, &["10.0.0.7, 10.0.0.2"]), "10.0.0.7", "all are ours: the one furthest away");
        assert_eq!(seen(PROXY, &[]), PROXY);
    }

    #[test]
    fn an_entry_that_is_no_address_leaves_the_proxy_that_wrote_it() {
        for line in [
            "unknown",
            "",
            "203.0.113.9, ",
            "203.0.113.9, x",
            "203.0.113.9, 1.2.3",
            "203.0.113.9,\u{e9}",
            "_hidden",
            "999.1.1.1",
        ] {
            assert_eq!(seen(PROXY, &[line]), PROXY, "{line}");
        }
        assert_eq!(seen(PROXY, &["203.0.113.9, x, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn addresses_have_one_spelling() {
        assert_eq!(seen("::ffff:10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("fd00::1", &["2001:DB8:0:0::1"]), "2001:db8::1");
        assert_eq!(seen(PROXY, &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(seen(PROXY, &["[2001:db8::1]:4711"]), "2001:db8::1");
    }

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let agent = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_bytes(bytes).unwrap());
            user_agent(&headers).map(|agent| agent.to_string())
        };
        assert_eq!(agent(b"curl/8.0").as_deref(), Some("curl/8.0"));
        assert_eq!(agent(b"a\tb").as_deref(), Some("ab"));
        assert_eq!(agent("a\u{85}\u{9b}b".as_bytes()).as_deref(), Some("ab"));
        assert_eq!(agent(b"\xff").as_deref(), Some("\u{fffd}"));
        assert_eq!(agent(&[b'x'; 9_000]).map(|agent| agent.len()), Some(256));
        assert_eq!(agent(b"  "), None);
        assert_eq!(user_agent(&HeaderMap::new()), None);
    }
}
