//! Which addresses applications may be called at: public ones. What else there is, is ours or our neighbors'.
//!
//! After the special-purpose registries of IANA (RFC 6890 and its successors); of IPv6, what is not known to be public is not.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How far calls reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses.
    Public,
    /// These, and loopback: for development and tests.
    PublicAndThisMachine,
}

impl Reach {
    /// Whether an address may be connected to.
    pub fn allows(self, ip: IpAddr) -> bool {
        let ip = match ip {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::from),
            IpAddr::V4(_) => ip,
        };
        let this_machine = self == Self::PublicAndThisMachine && ip.is_loopback();
        this_machine
            || match ip {
                IpAddr::V4(v4) => is_public_v4(v4),
                IpAddr::V6(v6) => is_public_v6(v6),
            }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !matches!(
        ip.octets(),
        [0 | 10 | 127 | 224.., ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Global unicast (`2000::/3`) without what leads elsewhere: tunnels that carry an IPv4 address, and what is for documents.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let special =
        matches!(segments, [0x2001, 0x0000..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0x0000..=0x0fff, ..]);
    (0x2000..=0x3fff).contains(&segments[0]) && !special
}

/// A name led to an address that is not public.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutOfReach;

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("leads to an address that is not public")
    }
}

impl std::error::Error for OutOfReach {}

/// Looks names up, and gives an answer only if all of it is within reach: these very addresses are connected to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver(pub(crate) Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            checked(reach, found).map(|addresses| Box::new(addresses.into_iter()) as Addrs).map_err(Into::into)
        })
    }
}

/// A name with one address of ours among others is not a name to call.
fn checked(reach: Reach, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, OutOfReach> {
    if found.iter().all(|address| reach.allows(address.ip())) { Ok(found) } else { Err(OutOfReach) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 6] =
        ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"];
    const OURS: [&str; 27] = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "fc00::1",
        "fe80::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "ff02::1",
    ];

    #[test]
    fn only_public_addresses_are_within_reach() {
        for text in PUBLIC {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
        for text in OURS {
            assert!(!Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_machine_of_development_reaches_itself_and_not_its_neighbors() {
        let allowed = |text: &&str| Reach::PublicAndThisMachine.allows(text.parse().unwrap());
        let own: Vec<&str> = OURS.into_iter().filter(allowed).collect();
        assert_eq!(own, ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]);
    }

    #[test]
    fn an_answer_with_one_address_of_ours_is_none() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        let (public, ours) = (address("1.1.1.1"), address("10.0.0.1"));
        assert_eq!(checked(Reach::Public, vec![public]).unwrap(), [public]);
        assert!(checked(Reach::Public, vec![public, ours]).is_err() && checked(Reach::Public, vec![ours]).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_resolved() {
        let resolve =
            async |reach: Reach| Resolver(reach).resolve("localhost".parse().unwrap()).await.map(Iterator::count);
        assert!(resolve(Reach::Public).await.unwrap_err().is::<OutOfReach>());
        assert!(resolve(Reach::PublicAndThisMachine).await.is_ok_and(|count| count > 0));
    }
}
