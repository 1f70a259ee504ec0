//! One connection to an SMTP server: RFC 5321 as far as one mail to one recipient needs it.
//!
//! By our own hand (docs/decisions/0012-smtp-by-our-own-hand.md), because what may be done after a failure depends on
//! where in the dialog it came: before the last line of a mail it was certainly not sent, after it nobody knows.
//!
//! The server is not trusted with anything but the mail. Its lines are bounded; what it says before STARTTLS is
//! forgotten, and if it says more than it was asked there, somebody else may have said it: the connection is dropped.
//! Of its words only codes leave this file, for it likes to quote addresses.

use std::io;

use data_encoding::BASE64;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::compose::Letter;
use super::server::{Login, Security, SmtpServer};
use crate::receipt::{Receipt, SendFailure, sanitized};

/// The longest line of a server, in bytes; RFC 5321 has 512.
const LONGEST_LINE: u64 = 2_048;
/// The most lines of one reply.
const MOST_LINES: usize = 128;

/// What bytes go over.
trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// A connection that has said hello and, where there is a login, is logged in.
pub(super) struct Dialog {
    wire: BufReader<Box<dyn Wire>>,
}

/// What a server answered.
#[derive(Debug)]
struct Reply {
    code: u16,
    lines: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug)]
struct Lost(&'static str);

/// Why a mail was not handed over, before its end.
pub(super) enum Trouble {
    /// The connection is gone, or the server takes leave (421): another connection may do better at once.
    Gone(&'static str),
    /// The server said no.
    Refused(SendFailure),
}

impl From<Lost> for Trouble {
    fn from(Lost(why): Lost) -> Self {
        Self::Gone(why)
    }
}

impl From<Trouble> for SendFailure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Gone(why) => Self::passing(why),
            Trouble::Refused(failure) => failure,
        }
    }
}

impl Dialog {
    /// Connects, secures the connection, says hello as `name` and logs in. Every failure is passing: no mail was seen yet.
    pub(super) async fn open(server: &SmtpServer, tls: Option<&TlsConnector>, name: &str) -> Result<Self, SendFailure> {
        let stream = TcpStream::connect((server.host.as_str(), server.port))
            .await
            .map_err(|error| SendFailure::passing(format!("the server cannot be reached ({})", error.kind())))?;
        let unable = || SendFailure::passing("there are no root certificates to check the server by");
        let mut dialog = match server.security {
            Security::Plain => Self::over(stream),
            Security::Tls => {
                let mut dialog = Self::over(secured(stream, tls.ok_or_else(unable)?, server).await?);
                dialog.greeted().await?;
                return dialog.introduced(server, name).await;
            }
            Security::StartTls => {
                let mut reader = BufReader::new(stream);
                start_tls(&mut reader, name).await?;
                if !reader.buffer().is_empty() {
                    return Err(SendFailure::passing("something spoke before the connection was secured"));
                }
                let secured = secured(reader.into_inner(), tls.ok_or_else(unable)?, server).await?;
                return Self::over(secured).introduced(server, name).await;
            }
        };
        dialog.greeted().await?;
        dialog.introduced(server, name).await
    }

    fn over(wire: impl Wire + 'static) -> Self {
        Self { wire: BufReader::new(Box::new(wire)) }
    }

    async fn greeted(&mut self) -> Result<(), SendFailure> {
        expect(read_reply(&mut self.wire).await, 220, "greeting")
    }

    async fn introduced(mut self, server: &SmtpServer, name: &str) -> Result<Self, SendFailure> {
        let hello = command(&mut self.wire, &format!("EHLO {name}\r\n")).await.map_err(lost)?;
        if hello.code != 250 {
            return Err(hello.refuses("EHLO"));
        }
        if let Some(login) = &server.login {
            self.log_in(login, &hello).await?;
        }
        Ok(self)
    }

    /// A login that is refused says nothing about the recipient: the operator mends it, and the mail waits.
    async fn log_in(&mut self, login: &Login, hello: &Reply) -> Result<(), SendFailure> {
        let offered = hello.mechanisms();
        let done = if offered.iter().any(|mechanism| mechanism == "PLAIN") {
            let secret = Zeroizing::new(format!("\0{}\0{}", login.user, login.password.as_str()));
            let line = Zeroizing::new(format!("AUTH PLAIN {}\r\n", BASE64.encode(secret.as_bytes())));
            command(&mut self.wire, &line).await
        } else if offered.iter().any(|mechanism| mechanism == "LOGIN") {
            let mut reply = command(&mut self.wire, "AUTH LOGIN\r\n").await.map_err(lost)?;
            for answer in [login.user.as_str(), login.password.as_str()] {
                if reply.code != 334 {
                    return Err(reply.refuses("AUTH"));
                }
                let line = Zeroizing::new(format!("{}\r\n", BASE64.encode(answer.as_bytes())));
                reply = command(&mut self.wire, &line).await.map_err(lost)?;
            }
            Ok(reply)
        } else {
            return Err(SendFailure::passing("the server offers neither PLAIN nor LOGIN to log in"));
        };
        expect(done, 235, "AUTH")
    }

    /// Tells from whom and to whom, and asks for the mail. Nothing is sent yet, so nothing is unknown.
    pub(super) async fn announce(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let from = self.asked(&format!("MAIL FROM:<{}>\r\n", letter.from)).await?;
        if from.code != 250 {
            return Err(Trouble::Refused(from.refuses("MAIL")));
        }
        let to = self.asked(&format!("RCPT TO:<{}>\r\n", letter.to)).await?;
        if !matches!(to.code, 250 | 251) {
            return Err(Trouble::Refused(to.refuses_recipient("RCPT")));
        }
        // Some servers look at the recipient only now.
        let data = self.asked("DATA\r\n").await?;
        if data.code == 354 { Ok(()) } else { Err(Trouble::Refused(data.refuses_recipient("DATA"))) }
    }

    async fn asked(&mut self, line: &str) -> Result<Reply, Trouble> {
        let reply = command(&mut self.wire, line).await?;
        if reply.code == 421 { Err(Trouble::Gone("the server takes leave (421)")) } else { Ok(reply) }
    }

    /// Sends the mail but for its end. A server never takes a mail whose end it has not seen.
    pub(super) async fn transfer(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let write = async {
            self.wire.write_all(&dot_stuffed(&letter.bytes)).await?;
            self.wire.flush().await
        };
        write.await.map_err(|_| Trouble::Gone("the connection broke in the middle of the mail"))
    }

    /// Ends the mail and waits for the word that it was taken. From here on silence means that nobody knows.
    pub(super) async fn conclude(&mut self) -> Result<Receipt, SendFailure> {
        let reply = command(&mut self.wire, ".\r\n").await.map_err(|Lost(why)| SendFailure::unknown(why))?;
        match reply.code {
            250 => Ok(Receipt { provider_id: reply.queue_id() }),
            400..=499 => Err(reply.refuses("the mail")),
            500..=599 => Err(reply.refuses_for_ever("the mail")),
            _ => Err(SendFailure::unknown(format!("the server answered {} to the mail", reply.code))),
        }
    }

    /// Says goodbye. Nobody waits for the answer.
    pub(super) async fn quit(mut self) {
        let _ = self.wire.write_all(b"QUIT\r\n").await;
        let _ = self.wire.shutdown().await;
    }
}

/// The plain part of a dialog, up to the point where TLS begins.
async fn start_tls(wire: &mut BufReader<TcpStream>, name: &str) -> Result<(), SendFailure> {
    expect(read_reply(wire).await, 220, "greeting")?;
    let hello = command(wire, &format!("EHLO {name}\r\n")).await.map_err(lost)?;
    if hello.code != 250 {
        return Err(hello.refuses("EHLO"));
    }
    if !hello.offers("STARTTLS") {
        return Err(SendFailure::passing("the server does not offer STARTTLS"));
    }
    expect(command(wire, "STARTTLS\r\n").await, 220, "STARTTLS")
}

async fn secured(stream: TcpStream, tls: &TlsConnector, server: &SmtpServer) -> Result<impl Wire + use<>, SendFailure> {
    let name = ServerName::try_from(server.host.clone())
        .map_err(|_| SendFailure::passing("the server's host is no name a certificate can have"))?;
    tls.connect(name, stream).await.map_err(|error| {
        let untrusted = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        SendFailure::passing(match untrusted {
            Some(rustls::Error::InvalidCertificate(fault)) => {
                format!("the server's certificate is refused: {}", sanitized(&fault.to_string()))
            }
            Some(fault) => format!("no TLS with the server: {}", sanitized(&fault.to_string())),
            None => format!("no TLS with the server ({})", error.kind()),
        })
    })
}

async fn command<W: Wire>(wire: &mut BufReader<W>, line: &str) -> Result<Reply, Lost> {
    let broke = |_: io::Error| Lost("the connection broke");
    wire.write_all(line.as_bytes()).await.map_err(broke)?;
    wire.flush().await.map_err(broke)?;
    read_reply(wire).await
}

/// One reply: lines `250-…`, then `250 …`.
async fn read_reply<W: Wire>(wire: &mut BufReader<W>) -> Result<Reply, Lost> {
    const NONSENSE: Lost = Lost("the server's answer is no reply");
    let mut reply = Reply { code: 0, lines: Vec::new() };
    for _ in 0..MOST_LINES {
        let mut line = Vec::new();
        let read = (&mut *wire).take(LONGEST_LINE).read_until(b'\n', &mut line).await;
        match read {
            Err(_) => return Err(Lost("the connection broke")),
            Ok(0) => return Err(Lost("the server hung up")),
            Ok(_) if line.last() != Some(&b'\n') => return Err(NONSENSE),
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        let (code, rest) = line.split_at_checked(3).ok_or(NONSENSE)?;
        reply.code = match code.parse() {
            Ok(code @ 200..=599) if reply.lines.is_empty() || reply.code == code => code,
            _ => return Err(NONSENSE),
        };
        let text = rest.get(1..).unwrap_or_default().to_owned();
        reply.lines.push(text);
        match rest.bytes().next() {
            Some(b'-') => {}
            Some(b' ') | None => return Ok(reply),
            Some(_) => return Err(NONSENSE),
        }
    }
    Err(NONSENSE)
}

/// Before the end of a mail, a lost connection means that it was not sent.
fn lost(Lost(why): Lost) -> SendFailure {
    SendFailure::passing(why)
}

fn expect(reply: Result<Reply, Lost>, code: u16, to: &str) -> Result<(), SendFailure> {
    let reply = reply.map_err(lost)?;
    if reply.code == code { Ok(()) } else { Err(reply.refuses(to)) }
}

impl Reply {
    /// Whether the reply to EHLO has this keyword.
    fn offers(&self, keyword: &str) -> bool {
        self.keywords().any(|mut words| words.next().is_some_and(|word| word.eq_ignore_ascii_case(keyword)))
    }

    /// The mechanisms of the line AUTH, in capitals.
    fn mechanisms(&self) -> Vec<String> {
        self.keywords()
            .filter_map(|mut words| words.next().filter(|word| word.eq_ignore_ascii_case("AUTH")).map(|_| words))
            .flatten()
            .map(str::to_ascii_uppercase)
            .collect()
    }

    /// The lines of the reply to EHLO after the first, in words.
    fn keywords(&self) -> impl Iterator<Item = std::str::SplitWhitespace<'_>> {
        self.lines.iter().skip(1).map(|line| line.split_whitespace())
    }

    /// The status of RFC 3463 (`5.1.1`) that a line may begin with.
    fn status(&self) -> Option<&str> {
        let word = self.lines.last()?.split_whitespace().next()?;
        let mut parts = word.split('.');
        let number = |part: Option<&str>, most: usize| {
            part.is_some_and(|part| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let fits = number(parts.next(), 1) && number(parts.next(), 3) && number(parts.next(), 3);
        (fits && parts.next().is_none()).then_some(word)
    }

    /// For ever, if it is this mailbox that cannot be reached. Not if the server does not want us: `5.7.X` is policy, a
    /// missing login for instance. Nor for 552, a mailbox that is full today.
    fn refuses_recipient(&self, what: &str) -> SendFailure {
        let policy = self.status().is_some_and(|status| status.starts_with("5.7."));
        let mailbox = matches!(self.code, 521 | 550 | 551 | 553 | 554 | 556);
        if mailbox && !policy { self.refuses_for_ever(what) } else { self.refuses(what) }
    }

    fn refuses(&self, what: &str) -> SendFailure {
        SendFailure::passing(self.told(what))
    }

    fn refuses_for_ever(&self, what: &str) -> SendFailure {
        SendFailure::permanent(self.told(what))
    }

    fn told(&self, what: &str) -> String {
        match self.status() {
            Some(status) => format!("the server answered {} {status} to {what}", self.code),
            None => format!("the server answered {} to {what}", self.code),
        }
    }

    /// What the server calls the mail, where it says so as most do: `queued as 4F1A2B`.
    fn queue_id(&self) -> Option<String> {
        let (_, id) = self.lines.last()?.split_once("queued as ")?;
        let id = id.split_whitespace().next()?;
        let fits = (4..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| id.to_owned())
    }
}

/// The mail with each line that begins with a dot given a second one (RFC 5321, section 4.5.2), ended by CRLF.
fn dot_stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(bytes.len() + 16);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}
