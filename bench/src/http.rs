//! A keep-alive HTTP/1.1 connection that costs next to nothing: the client shares the processors with what it measures.

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the client calls itself.
pub(crate) const USER_AGENT: &str = "twinlock-bench";

/// One connection, one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    port: u16,
    received: Vec<u8>,
}

impl Connection {
    /// Connects to a server on the loopback interface.
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("the server cannot be reached")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, port, received: Vec::with_capacity(8 * 1024) })
    }

    /// Posts a JSON body and gives the body of the answer, which must be a 200.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<&str> {
        self.post_with(path, "", body).await
    }

    /// The same with the cookie of a trusted device.
    pub(crate) async fn post_as_device(&mut self, path: &str, device: &str, body: &str) -> Result<&str> {
        self.post_with(path, &format!("Cookie: twinlock_device={device}\r\n"), body).await
    }

    /// Posts a JSON body as an application, once; the answer must be a 200 or 201.
    pub(crate) async fn post_as_application(&mut self, path: &str, key: &str, once: &str, body: &str) -> Result<&str> {
        self.post_with(path, &format!("Authorization: Bearer {key}\r\nIdempotency-Key: {once}\r\n"), body).await
    }

    async fn post_with(&mut self, path: &str, header: &str, body: &str) -> Result<&str> {
        let (port, length) = (self.port, body.len());
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {USER_AGENT}\r\n{header}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    /// Gets a path with an access token; the answer must be a 200.
    pub(crate) async fn get(&mut self, path: &str, access: &str) -> Result<&str> {
        let port = self.port;
        self.exchange(&format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {USER_AGENT}\r\nAuthorization: Bearer {access}\r\n\r\n"
        ))
        .await
    }

    /// Gets a page as somebody who is not signed in; the answer must be a 200.
    pub(crate) async fn page(&mut self, path: &str) -> Result<&str> {
        let port = self.port;
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {USER_AGENT}\r\n\r\n"))
            .await
    }

    async fn exchange(&mut self, request: &str) -> Result<&str> {
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        let body = loop {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the server closed the connection on\n{request}\nafter {:?}", self.text());
            let Some(head) = self.received.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let length = content_length(&self.received[..head]).context("an answer without Content-Length")?;
            let body = head + 4..head + 4 + length;
            if self.received.len() >= body.end {
                break body;
            }
        };
        let ok = [b"HTTP/1.1 200 ", b"HTTP/1.1 201 "].iter().any(|ok| self.received.starts_with(*ok));
        ensure!(ok, "the server answered\n{}\nto\n{request}", self.text());
        Ok(str::from_utf8(&self.received[body])?)
    }

    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.received)
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let name = b"content-length:";
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name))?;
    str::from_utf8(&line[name.len()..]).ok()?.trim().parse().ok()
}

/// The text of a field of a JSON answer, without reading the rest of it.
pub(crate) fn field<'a>(json: &'a str, name: &str) -> Result<&'a str> {
    json.split_once(&format!("\"{name}\":\""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value)
        .with_context(|| format!("an answer without {name}: {json}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_found_in_any_spelling() {
        let head = b"HTTP/1.1 200 OK\r\nx: content-length: 1\r\nContent-Length: 42\r\nDate: x";
        assert_eq!(content_length(head), Some(42));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\ncontent-length:7"), Some(7));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\nDate: x"), None);
    }

    #[test]
    fn a_field_is_found_where_it_stands() {
        assert_eq!(field(r#"{"a":"b","partial_token":"xyz"}"#, "partial_token").unwrap(), "xyz");
        assert!(field("{}", "partial_token").is_err());
    }
}
