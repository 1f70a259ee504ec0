//! How much, how long and how many. Tests shorten the times; operators have no reason to.

use std::time::Duration;

/// The limits of requests and of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all header names and values of a request.
    pub header_bytes: usize,
    /// Header fields of a request.
    pub header_fields: usize,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// From the first byte of a request to the end of its header.
    pub header_time: Duration,
    /// From the first look at a body to its end.
    pub body_time: Duration,
    /// From the end of the header to the answer.
    pub request_time: Duration,
    /// How long a connection may say nothing between two requests. Above the 60 s of common proxies: whoever closes
    /// first loses no request only if it is the proxy.
    pub idle_time: Duration,
    /// Connections at one time; further ones wait in the kernel. Below the usual 1,024 file descriptors.
    pub connections: usize,
    /// Requests at one time on one HTTP/2 connection.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 16 * 1024,
            header_fields: 64,
            body_bytes: 64 * 1024,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(15),
            request_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            connections: 900,
            streams: 16,
        }
    }
}
