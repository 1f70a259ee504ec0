//! The HTTP that all providers share: one POST, an answer of bounded size within a bounded time, or the one question
//! that matters when there is none: can the request have arrived?
//!
//! Invariants: no redirect is followed, no proxy of the environment is used, nothing is sent twice; a certificate that
//! does not verify ends the try before a byte of the message is written. An error of the HTTP library never leaves this
//! file, because it quotes the address.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use domain::secret::SecretText;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use rustls::RootCertStore;
use url::Url;

use super::TryFailure;
use crate::webhook::reach::{OutOfReach, Resolver};

/// The longest answer that is read. A receipt is some hundred bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The longest time a provider may ask to be left alone: what it says beyond is a mistake, or an attack.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// How long one try may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the name of the host to a connection ready for use.
    pub connect: Duration,
    /// From the request to the head of the answer, and from one piece of its body to the next.
    pub silence: Duration,
    /// For everything together, so that an answer that trickles ends too.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), silence: Duration::from_secs(4), whole: Duration::from_millis(4_800) }
    }
}

/// Sends requests; keeps connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Http(reqwest::Client);

/// No client can be made on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no HTTPS client can be made: {0}")]
pub struct HttpUnavailable(&'static str);

/// What a provider answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Cut at [`LONGEST_ANSWER`]; empty when the rest of the answer was lost, for the status has said what matters.
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// A client for that address, which trusts the roots of this machine (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others).
    pub fn new(url: &Url, patience: Patience) -> Result<Self, HttpUnavailable> {
        let (roots, added) = native_roots();
        if added == 0 && url.scheme() == "https" {
            return Err(HttpUnavailable(
                "no root certificates were found; install ca-certificates or set SSL_CERT_FILE",
            ));
        }
        Self::trusting(roots, patience)
    }

    /// A client that trusts these roots and no others.
    pub fn trusting(roots: RootCertStore, patience: Patience) -> Result<Self, HttpUnavailable> {
        Self::built(builder(roots, patience)?)
    }

    /// A client for addresses that strangers choose: it connects to what this resolver lets through, and keeps no connection.
    pub(crate) fn guarded(patience: Patience, resolver: Arc<Resolver>) -> Result<Self, HttpUnavailable> {
        let (roots, _) = native_roots();
        Self::built(builder(roots, patience)?.dns_resolver(resolver).pool_max_idle_per_host(0))
    }

    fn built(builder: reqwest::ClientBuilder) -> Result<Self, HttpUnavailable> {
        builder.build().map(Self).map_err(|_| HttpUnavailable("TLS cannot be set up"))
    }

    /// Sends a body of that type once.
    pub(crate) async fn post(
        &self,
        url: Url,
        content_type: &'static str,
        headers: Headers,
        body: Vec<u8>,
    ) -> Result<Answer, TryFailure> {
        let mut headers = headers.0;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let sent = self.0.post(url).headers(headers).body(body).send().await;
        let mut answer = sent.map_err(|error| no_answer(&error))?;
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(retry_after);
        let status = answer.status();
        let mut body = Vec::new();
        while let Ok(Some(part)) = answer.chunk().await {
            let room = LONGEST_ANSWER.saturating_sub(body.len());
            body.extend_from_slice(part.get(..room).unwrap_or(&part));
            if body.len() >= LONGEST_ANSWER {
                break;
            }
        }
        Ok(Answer { status: status.as_u16(), retry_after, body })
    }
}

/// The roots of this machine, and how many there are.
fn native_roots() -> (RootCertStore, usize) {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    (roots, added)
}

fn builder(roots: RootCertStore, patience: Patience) -> Result<reqwest::ClientBuilder, HttpUnavailable> {
    // Named, not the process's default: a library does not rely on what main may have installed.
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| HttpUnavailable("TLS cannot be set up"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("twinlock/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(patience.connect)
        .read_timeout(patience.silence)
        .timeout(patience.whole)
        .pool_idle_timeout(Duration::from_secs(30)))
}

impl Answer {
    /// Whether the status says that the message was taken.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// What a status means by itself, where the body says nothing better. A 4xx of which nothing is known is about this
    /// message: the next provider is asked, and this one is not held to be down.
    pub(crate) fn failure(&self) -> TryFailure {
        let status = self.status;
        let provider = |what: &str| TryFailure::Provider {
            reason: format!("{what} (status {status})"),
            retry_after: self.retry_after,
        };
        match StatusCode::from_u16(status) {
            Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED) => {
                provider("credentials refused")
            }
            Ok(StatusCode::PAYMENT_REQUIRED) => provider("account without credit"),
            Ok(StatusCode::TOO_MANY_REQUESTS) => provider("too many requests"),
            Ok(
                StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::GONE
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::MISDIRECTED_REQUEST
                | StatusCode::TOO_EARLY,
            ) => provider("not served"),
            Ok(status) if status.is_client_error() => TryFailure::route(format!("request refused (status {status})")),
            Ok(status) if status.is_server_error() => provider("failing"),
            Ok(_) | Err(_) => provider("unexpected answer"),
        }
    }
}

/// Headers of a request, those with a credential marked so that no debugging aid shows them.
#[derive(Default)]
pub(crate) struct Headers(HeaderMap);

impl Headers {
    /// HTTP Basic authentication (RFC 7617).
    pub(crate) fn basic(user: &str, password: &SecretText) -> Result<Self, TryFailure> {
        let pair = SecretText::new(format!("{user}:{}", password.expose()));
        let value = SecretText::new(format!("Basic {}", BASE64.encode(pair.expose().as_bytes())));
        Self::default().with(AUTHORIZATION.as_str(), value.expose())
    }

    /// One header more; its value is treated as a secret.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Result<Self, TryFailure> {
        let mut value =
            HeaderValue::from_str(value).map_err(|_| TryFailure::provider("a setting does not fit into a header"))?;
        value.set_sensitive(true);
        self.0.insert(HeaderName::from_static(name), value);
        Ok(self)
    }
}

/// Whether the request can have arrived. Only a connection that never came to be proves that it did not.
fn no_answer(error: &reqwest::Error) -> TryFailure {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(refused) = cause.downcast_ref::<OutOfReach>() {
            return TryFailure::provider(refused.to_string());
        }
        source = cause.source();
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => TryFailure::provider("no connection in time"),
        (true, false) => TryFailure::provider("no connection"),
        (false, true) => TryFailure::lost("no answer in time"),
        (false, false) => TryFailure::lost("connection lost before the answer"),
    }
}

/// Seconds only: a date would need a clock that agrees with the provider's.
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests;
