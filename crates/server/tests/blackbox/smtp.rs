//! Mail by a real dialog: a mail server that keeps what it is given, byte by byte, and can be told to refuse.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::database::Database;
use crate::delivery::until;
use crate::harness::World;
use crate::people::PASSWORD;

/// A mail server on loopback. It ends with its test.
pub(crate) struct MailServer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<String>>,
    busy: AtomicBool,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, shared) = (listener.local_addr().unwrap().port(), Arc::<Shared>::default());
        let kept = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&kept);
                // A connection that breaks is the client's affair.
                tokio::spawn(async move { talk(stream, &shared).await });
            }
        });
        Self { port, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    fn mails(&self) -> Vec<String> {
        self.shared.mails.lock().unwrap().clone()
    }
}

async fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut wire = BufReader::new(stream);
    wire.write_all(b"220 here\r\n").await?;
    let mut envelope = String::new();
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-here\r\n250 8BITMIME\r\n",
            "MAIL" if shared.busy.load(Ordering::SeqCst) => b"451 4.3.2 not now\r\n",
            "MAIL" | "RCPT" => {
                envelope.push_str(&line);
                b"250 fine\r\n"
            }
            "DATA" => {
                wire.write_all(b"354 go on\r\n").await?;
                let mut mail = std::mem::take(&mut envelope);
                loop {
                    let mut line = String::new();
                    if wire.read_line(&mut line).await? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(&line);
                }
                shared.mails.lock().unwrap().push(mail);
                b"250 2.0.0 queued as 4F1A2B\r\n"
            }
            "QUIT" => {
                wire.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 fine\r\n",
        };
        wire.write_all(answer).await?;
    }
}

/// a mail leaves by SMTP to one recipient, says that a program wrote it, and is tried again while the server is
/// busy; what went out is told by id. `doctor` sends a test mail when asked.
async fn a_mail_goes_out_by_smtp_and_again_when_the_server_was_busy(database: Database) {
    let server = MailServer::start().await;
    let plan = World::on(database).with("SMTP_URL", server.url());
    let world = plan.with("EMAIL_FROM", "Example <no-reply@example.com>").start().await;
    server.shared.busy.store(true, Ordering::SeqCst);
    let email = world.new_address();
    let body = json!({ "email": email, "password": PASSWORD });
    world.browser().post("/auth/signup/", body).await.expect(201);
    let waits = "SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts > 0 AND trouble = 'unavailable'";
    until("it waits", async || world.look.count(waits).await == 1).await;
    assert!(server.mails().is_empty());
    server.shared.busy.store(false, Ordering::SeqCst);
    until("it came", async || server.mails().len() == 1).await;
    let taken =
        "SELECT count(*) FROM outbox WHERE state = 'delivered' AND provider = 'smtp' AND provider_id = '4F1A2B'";
    until("it is written down", async || world.look.count(taken).await == 1).await;
    let mail = &server.mails()[0];
    for part in ["MAIL FROM:<no-reply@example.com>", &format!("RCPT TO:<{email}>"), "Auto-Submitted: auto-generated"] {
        assert!(mail.contains(part), "{part} in\n{mail}");
    }
    assert_eq!((mail.matches("RCPT TO").count(), mail.matches("Message-ID: <").count()), (1, 1), "{mail}");

    let sent = world.cli(&["doctor", "--send-test-to", "ops@example.com"], "");
    let said = String::from_utf8_lossy(&sent.stdout).into_owned();
    assert!(sent.status.success() && said.contains("ok    test mail: taken as 4F1A2B"), "{said}");
    assert!(server.mails()[1].contains("RCPT TO:<ops@example.com>"));
    assert!(!world.cli(&["doctor", "--send-test-to", "nonsense"], "").status.success());
}

on_both_databases![a_mail_goes_out_by_smtp_and_again_when_the_server_was_busy];
