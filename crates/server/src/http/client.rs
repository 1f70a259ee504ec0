//! Who is calling: the address and the browser, as far as they can be believed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

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
}

impl Client {
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        Self { address: address(peer, headers, trusted), user_agent: user_agent(headers) }
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
