//! An SMTP server for tests: it writes down every byte it gets, and can be told to refuse, to fall silent, to hang up and
//! to lie. It stands alone, so that tests of other crates can include this file.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// When a connection is secured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// Never, and it is not offered.
    None,
    /// After STARTTLS.
    Start,
    /// From the first byte.
    Implicit,
}

/// What the server does instead of what it should.
#[derive(Clone, Copy)]
pub(super) enum Act {
    /// Answers this.
    Say(&'static str),
    /// Answers nothing and waits.
    Hang,
    /// Hangs up without an answer.
    Drop,
}

/// How the server behaves.
#[derive(Clone)]
pub(super) struct Behavior {
    pub(super) tls: Tls,
    /// The names in its certificate.
    pub(super) names: Vec<String>,
    /// The lines of its hello after the first.
    pub(super) offers: Vec<&'static str>,
    /// What it does at a line that begins so; `"."` is the end of a mail, `""` the greeting.
    pub(super) on: Vec<(&'static str, Act)>,
}

impl Default for Behavior {
    fn default() -> Self {
        Self { tls: Tls::None, names: vec!["localhost".into()], offers: vec!["SIZE 1000000", "8BITMIME"], on: vec![] }
    }
}

/// One connection, as the server saw it.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// The command lines, each with `tls ` before it where it came over TLS.
    pub(super) commands: Vec<String>,
    /// Each mail as it came over the wire, dots still doubled, with its last line.
    pub(super) mails: Vec<Vec<u8>>,
}

/// A running server.
pub(super) struct Sink {
    pub(super) port: u16,
    pub(super) certificate: CertificateDer<'static>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Sink {
    pub(super) async fn start(behavior: Behavior) -> Self {
        let made = rcgen::generate_simple_self_signed(behavior.names.clone()).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let book = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (behavior, acceptor, book) = (behavior.clone(), acceptor.clone(), Arc::clone(&book));
                let number = {
                    let mut book = book.lock().unwrap();
                    book.push(Seen::default());
                    book.len() - 1
                };
                let server = Server { behavior, book, number, secure: false };
                tokio::spawn(server.serve(stream, acceptor));
            }
        });
        Self { port, certificate, seen }
    }

    /// Every connection so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Every mail so far.
    pub(super) fn mails(&self) -> Vec<Vec<u8>> {
        self.seen().into_iter().flat_map(|seen| seen.mails).collect()
    }

    /// Every command line so far.
    pub(super) fn commands(&self) -> Vec<String> {
        self.seen().into_iter().flat_map(|seen| seen.commands).collect()
    }
}

struct Server {
    behavior: Behavior,
    book: Arc<Mutex<Vec<Seen>>>,
    number: usize,
    secure: bool,
}

enum End {
    Closed,
    Upgrade,
}

impl Server {
    async fn serve(mut self, mut stream: TcpStream, acceptor: TlsAcceptor) -> Option<()> {
        if self.behavior.tls == Tls::Implicit {
            self.secure = true;
            let mut stream = acceptor.accept(stream).await.ok()?;
            self.talk(&mut stream, true).await?;
            return Some(());
        }
        if let End::Upgrade = self.talk(&mut stream, true).await? {
            self.secure = true;
            let mut stream = acceptor.accept(stream).await.ok()?;
            self.talk(&mut stream, false).await?;
        }
        Some(())
    }

    /// Talks until the connection ends or is to be secured; `None` when it broke.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S, greet: bool) -> Option<End> {
        if greet && !self.answer(stream, "", "220 sink.example ESMTP").await? {
            return Some(End::Closed);
        }
        loop {
            let line = String::from_utf8_lossy(&read_until(stream, b"\r\n").await?).trim_end().to_owned();
            let mark = if self.secure { "tls " } else { "" };
            self.book.lock().unwrap()[self.number].commands.push(format!("{mark}{line}"));
            let hello = self.hello();
            let usual = match line.split(' ').next().unwrap_or_default() {
                "EHLO" => hello.as_str(),
                "STARTTLS" => "220 go ahead",
                "AUTH" if line == "AUTH LOGIN" => "334 VXNlcm5hbWU6",
                "MAIL" | "RCPT" | "NOOP" | "RSET" => "250 2.1.0 fine",
                "DATA" => "354 go ahead",
                "QUIT" => "221 bye",
                // The two answers to AUTH LOGIN.
                "c2VuZGVy" => "334 UGFzc3dvcmQ6",
                "AUTH" | "cCU6L0A=" => "235 2.7.0 welcome",
                _ => "500 5.5.2 what?",
            };
            if !self.answer(stream, &line, usual).await? || line == "QUIT" {
                return Some(End::Closed);
            }
            if line == "STARTTLS" {
                return Some(End::Upgrade);
            }
            if line == "DATA" && !self.behavior.on.iter().any(|(at, _)| *at == "DATA") {
                let mail = read_until(stream, b"\r\n.\r\n").await?;
                self.book.lock().unwrap()[self.number].mails.push(mail);
                if !self.answer(stream, ".", "250 2.0.0 Ok: queued as 4F1A2B3C").await? {
                    return Some(End::Closed);
                }
            }
        }
    }

    fn hello(&self) -> String {
        let mut offers: Vec<&str> = self.behavior.offers.clone();
        if self.behavior.tls == Tls::Start && !self.secure {
            offers.push("STARTTLS");
        }
        let mut lines = vec!["sink.example"];
        lines.extend(offers);
        let last = lines.len() - 1;
        let numbered: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }))
            .collect();
        numbered.join("\r\n")
    }

    /// Answers; `false` when the server hangs up instead.
    async fn answer<S: AsyncWrite + Unpin>(&self, stream: &mut S, line: &str, usual: &str) -> Option<bool> {
        let told =
            self.behavior.on.iter().find(|(at, _)| if at.len() < 2 { *at == line } else { line.starts_with(at) });
        let words = match told {
            None => usual,
            Some((_, Act::Say(words))) => words,
            Some((_, Act::Drop)) => return Some(false),
            Some((_, Act::Hang)) => std::future::pending().await,
        };
        stream.write_all(format!("{words}\r\n").as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        Some(true)
    }
}

/// Byte by byte, so that nothing after the end is taken away from whoever reads next.
async fn read_until<S: AsyncRead + Unpin>(stream: &mut S, end: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        bytes.push(stream.read_u8().await.ok()?);
    }
    Some(bytes)
}
