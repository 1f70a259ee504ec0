//! Mail by SMTP: connections that are kept for the next mail, and time-outs that end well before a lease of the worker.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::MessageId;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::compose::{Letter, letter};
use super::dialog::{Dialog, Trouble};
use super::server::{Security, SmtpServer};
use super::{Mailer, RenderedMail, Sender, Sending};
use crate::receipt::{Receipt, SendFailure};

/// Connections at a time. Servers limit those of one client, commonly to ten.
const CONNECTIONS: usize = 4;
/// How long a connection waits for the next mail. Servers hang up after some minutes, some after half of one.
const KEPT: Duration = Duration::from_secs(20);
/// How long goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long each part of a dialog may take. Together less than the minute that a message is leased for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// For one of the connections to become free.
    pub(super) turn: Duration,
    /// From the first packet to the login.
    pub(super) connect: Duration,
    /// For sender, recipient and the mail itself.
    pub(super) transfer: Duration,
    /// From the end of the mail to the word that it was taken.
    pub(super) conclude: Duration,
}

const PATIENCE: Patience = Patience {
    turn: Duration::from_secs(5),
    connect: Duration::from_secs(10),
    transfer: Duration::from_secs(10),
    conclude: Duration::from_secs(20),
};

/// Sends mail through one SMTP server. Shared by every thread.
pub struct SmtpMailer {
    server: SmtpServer,
    sender: Sender,
    tls: Option<TlsConnector>,
    patience: Patience,
    turns: Semaphore,
    kept: Mutex<Vec<(Dialog, Instant)>>,
}

/// A mailer cannot be built on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpSetupError {
    /// Certificates could not be checked.
    #[error("this machine has no root certificates to check the mail server by; install them or set SSL_CERT_FILE")]
    NoRoots,
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Tls,
}

impl SmtpMailer {
    /// Takes the server and who mail is from. Connects to nothing yet.
    pub fn new(server: SmtpServer, sender: Sender) -> Result<Self, SmtpSetupError> {
        let mut roots = RootCertStore::empty();
        if server.security != Security::Plain {
            let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if added == 0 {
                return Err(SmtpSetupError::NoRoots);
            }
        }
        Self::trusting(server, sender, roots)
    }

    /// As [`new`](Self::new), with root certificates of its own.
    pub(super) fn trusting(server: SmtpServer, sender: Sender, roots: RootCertStore) -> Result<Self, SmtpSetupError> {
        let tls = match server.security {
            Security::Plain => None,
            Security::Tls | Security::StartTls => Some(connector(roots)?),
        };
        let (turns, kept) = (Semaphore::new(CONNECTIONS), Mutex::default());
        Ok(Self { server, sender, tls, patience: PATIENCE, turns, kept })
    }

    /// With other time-outs.
    #[cfg(test)]
    pub(super) fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Connects, secures the connection and logs in, and sends nothing: whether mail could be sent now.
    pub async fn check(&self) -> Result<(), SendFailure> {
        let dialog = self.connect().await?;
        let _ = timeout(GOODBYE, dialog.quit()).await;
        Ok(())
    }

    async fn hand_over(&self, mail: &RenderedMail, id: MessageId) -> Result<Receipt, SendFailure> {
        let letter = letter(mail, &self.sender, id)?;
        let turn = timeout(self.patience.turn, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(SendFailure::passing("all connections to the server are taken"));
        };
        let mut dialog = self.announced(&letter).await?;
        let sent = timeout(self.patience.conclude, dialog.conclude()).await;
        let sent =
            sent.unwrap_or_else(|_| Err(SendFailure::unknown("the server did not say whether it took the mail")));
        if sent.is_ok() {
            self.keep(dialog);
        } else {
            let _ = timeout(GOODBYE, dialog.quit()).await;
        }
        sent
    }

    /// A connection to which all of the mail but its end was given: one that was kept, or else a new one. One that was
    /// kept may have died meanwhile; then nothing was sent, and the next one is tried.
    async fn announced(&self, letter: &Letter) -> Result<Dialog, SendFailure> {
        while let Some(dialog) = self.take_kept() {
            match self.transferred(dialog, letter).await {
                Err(Trouble::Gone(_)) => {}
                done => return Ok(done?),
            }
        }
        Ok(self.transferred(self.connect().await?, letter).await?)
    }

    async fn transferred(&self, mut dialog: Dialog, letter: &Letter) -> Result<Dialog, Trouble> {
        let transfer = async {
            dialog.announce(letter).await?;
            dialog.transfer(letter).await
        };
        let late = |_| Err(Trouble::Refused(SendFailure::passing("the server did not answer in time")));
        match timeout(self.patience.transfer, transfer).await.unwrap_or_else(late) {
            Ok(()) => Ok(dialog),
            Err(trouble) => {
                let _ = timeout(GOODBYE, dialog.quit()).await;
                Err(trouble)
            }
        }
    }

    async fn connect(&self) -> Result<Dialog, SendFailure> {
        let open = Dialog::open(&self.server, self.tls.as_ref(), self.sender.host());
        let opened = timeout(self.patience.connect, open).await;
        opened.unwrap_or_else(|_| Err(SendFailure::passing("no connection to the server in time")))
    }

    fn take_kept(&self) -> Option<Dialog> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, since)| since.elapsed() < KEPT);
        kept.pop().map(|(dialog, _)| dialog)
    }

    fn keep(&self, dialog: Dialog) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((dialog, Instant::now()));
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, mail: &'a RenderedMail, id: MessageId) -> Sending<'a> {
        Box::pin(self.hand_over(mail, id))
    }
}

/// Named, not the process's default: a library does not rely on what main may have installed.
fn connector(roots: RootCertStore) -> Result<TlsConnector, SmtpSetupError> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SmtpSetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("server", &self.server).finish_non_exhaustive()
    }
}
