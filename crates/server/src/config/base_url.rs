//! The address under which people reach this installation.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// Scheme, host and port; never a path, because the cookies' `__Host-` prefix allows only `Path=/`.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Parses `https://login.example.com` and its like.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| String::from("is not an address"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err("is not an http or https address".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("carries a user name".into());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("has a path; it may have scheme, host and port only".into());
        }
        Ok(Self(url))
    }

    /// The address of a listener, for a machine that serves itself.
    pub(super) fn of_address(address: SocketAddr) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip == Ipv4Addr::UNSPECIFIED => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip == Ipv6Addr::UNSPECIFIED => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        let text = format!("http://{}", SocketAddr::new(ip, address.port()));
        // An IP address and a port always parse; the fallback keeps the type honest without a panic.
        Self(Url::parse(&text).unwrap_or_else(|_| fallback()))
    }

    /// Whether browsers reach us over TLS: decides `Secure`, the `__Host-` prefix and HSTS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The origin as browsers send it, for example `https://login.example.com`; also the prefix of every link.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host as it stands in a `Host` header, without a port.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, also where it is the scheme's own.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Whether the port is the one the scheme implies.
    pub fn has_implied_port(&self) -> bool {
        self.0.port().is_none()
    }
}

/// Whether an address is of this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn fallback() -> Url {
    #[expect(clippy::expect_used, reason = "a literal that a test parses")]
    Url::parse("http://127.0.0.1:8080").expect("a literal address")
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
