//! Who we are to browsers: the origin, the hosts we answer for, and how cookies look.

use std::net::SocketAddr;

use super::cookies::Cookies;
use crate::config::{BaseUrl, Config, Environment};

/// What follows from the base URL. The connection never decides any of it.
#[derive(Debug, Clone)]
pub struct Site {
    origin: String,
    admin_origin: Option<String>,
    hosts: Vec<String>,
    returns: Vec<String>,
    https: bool,
    development: bool,
    cookies: Cookies,
}

impl Site {
    pub(super) fn of(config: &Config) -> Self {
        let base = &config.base_url;
        let mut hosts = hosts_of(base);
        hosts.push(config.bind.to_string());
        let admin = config.admin_url.as_ref();
        hosts.extend(admin.map(hosts_of).unwrap_or_default());
        hosts.extend(config.admin_bind.map(|bind| bind.to_string()));
        let development = config.environment == Environment::Development;
        if development {
            hosts.extend(local_hosts(config.bind));
            hosts.extend(config.admin_bind.into_iter().flat_map(local_hosts));
        }
        Self {
            origin: base.origin(),
            admin_origin: admin.map(BaseUrl::origin),
            hosts,
            returns: config.return_origins.clone(),
            https: base.is_https(),
            development,
            cookies: Cookies::new(base.is_https()),
        }
    }

    /// Our origin: the prefix of every link, and what a browser on our pages sends.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The origins that people may go on to from our pages.
    pub fn returns(&self) -> &[String] {
        &self.returns
    }

    /// How our cookies are written and read.
    pub fn cookies(&self) -> Cookies {
        self.cookies
    }

    /// Whether browsers reach us over TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether this is a developer's machine.
    pub fn is_development(&self) -> bool {
        self.development
    }

    /// Whether a page of this origin is one of ours. A developer may have opened the page under another name of this
    /// machine; then origin and `Host` have to agree.
    pub(super) fn is_origin(&self, origin: &[u8], host: Option<&[u8]>) -> bool {
        let same_host = || {
            origin.strip_prefix(b"http://").is_some_and(|authority| {
                Some(authority) == host && std::str::from_utf8(authority).is_ok_and(|authority| self.is_host(authority))
            })
        };
        let of_admin = self.admin_origin.as_ref().is_some_and(|ours| origin == ours.as_bytes());
        origin == self.origin.as_bytes() || of_admin || (self.development && !self.https && same_host())
    }

    /// Whether we answer for this `Host`.
    pub(super) fn is_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }
}

/// The base URL's host with its port, and without where the scheme implies it.
fn hosts_of(base: &BaseUrl) -> Vec<String> {
    let with_port = format!("{}:{}", base.host(), base.port());
    if base.has_implied_port() { vec![base.host().to_owned(), with_port] } else { vec![with_port] }
}

/// The names under which a developer's own browser finds the listener.
fn local_hosts(bind: SocketAddr) -> impl Iterator<Item = String> {
    ["localhost", "127.0.0.1", "[::1]"].into_iter().map(move |name| format!("{name}:{}", bind.port()))
}
