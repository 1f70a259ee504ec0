//! Calls to applications: an event to an address that the application chose, signed in the manner of Standard Webhooks.
//!
//! The address is a stranger's text, and we call from inside: so no call reaches an address that is not public. It is looked
//! at twice. [`Hooks::address`] refuses what can be seen in the text, when it is added; and whatever a name resolves to is
//! looked at in the very lookup whose answer is connected to ([`reach`]), so that a name which changes its mind gains nothing.
//! No redirect is followed, no connection is kept, and what is answered is neither read nor shown, but for its status.
//!
//! Deliberately absent: trying again, which is the worker's business.

pub mod reach;

use std::sync::Arc;
use std::time::Duration;

use domain::secret::SecretText;
use domain::time::Timestamp;
use url::{Host, Url};
use uuid::Uuid;

use crate::receipt::SendFailure;
use crate::sms::TryFailure;
use crate::sms::http::{Headers, Http, HttpUnavailable, Patience};
use crate::sms::standard_webhook::{ID, SIGNATURE, TIMESTAMP, WebhookSecret};
use reach::{Reach, Resolver};

/// The longest address that is taken.
const LONGEST_ADDRESS: usize = 2_000;
/// Whoever is called takes the event down and answers; what it does with it comes later.
const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(3), silence: Duration::from_secs(8), whole: Duration::from_secs(10) };

/// Calls applications. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hooks {
    http: Http,
    reach: Reach,
}

impl Hooks {
    /// A client that reaches so far.
    pub fn new(reach: Reach) -> Result<Self, HttpUnavailable> {
        Ok(Self { http: Http::guarded(PATIENCE, Arc::new(Resolver(reach)))?, reach })
    }

    /// How far this client reaches.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// An address that may be called, as far as its text shows; else what is wrong with it.
    pub fn address(text: &str, reach: Reach) -> Result<Url, &'static str> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_ADDRESS).ok_or("is not an address")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not carry a user name");
        }
        if url.fragment().is_some() {
            return Err("must not have a fragment");
        }
        let here = reach == Reach::PublicAndThisMachine && is_this_machine(&url);
        if url.scheme() != "https" && !(here && url.scheme() == "http") {
            return Err("must begin with https://");
        }
        // Below are other services than web servers, for whom the beginning of a call may be a command.
        if !url.port_or_known_default().is_some_and(|port| matches!(port, 443 | 1024..)) && !here {
            return Err("must have the port 443, or one from 1024 on");
        }
        if let Some(ip) = literal(&url)
            && !reach.allows(ip)
        {
            return Err("must lead to a public address");
        }
        Ok(url)
    }

    /// Tells an event once. Nothing is said of it before the connection stands.
    pub async fn call(
        &self,
        url: &SecretText,
        secret: &SecretText,
        id: Uuid,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), SendFailure> {
        let url =
            Self::address(url.expose(), self.reach).map_err(|why| SendFailure::passing(format!("address {why}")))?;
        let secret = WebhookSecret::parse(secret.expose()).ok_or(SendFailure::permanent("the secret is none"))?;
        let (id, seconds) = (id.to_string(), now.as_secs());
        let headers = Headers::default()
            .with(ID, &id)
            .and_then(|headers| headers.with(TIMESTAMP, &seconds.to_string()))
            .and_then(|headers| headers.with(SIGNATURE, &secret.sign(&id, seconds, body)))
            .map_err(|failure| failed(&failure))?;
        let answer = self.http.post(url, "application/json", headers, body.to_vec()).await;
        match answer {
            Ok(answer) if answer.is_success() => Ok(()),
            // The one answer that says that nobody will ever listen there.
            Ok(answer) if answer.status == 410 => Err(SendFailure::permanent("gone (status 410)")),
            Ok(answer) => Err(SendFailure::Passing {
                reason: format!("not taken (status {})", answer.status),
                retry_after: answer.retry_after,
            }),
            Err(failure) => Err(failed(&failure)),
        }
    }
}

/// Whoever is called knows a repeat by its id: an answer that was lost is asked for again.
fn failed(failure: &TryFailure) -> SendFailure {
    SendFailure::passing(failure.reason())
}

/// The address in the text itself. It is never looked up, so it is looked at here; spelled as a number or in hexadecimal, it has
/// become one when the text was read.
fn literal(url: &Url) -> Option<std::net::IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(_) => None,
    }
}

fn is_this_machine(url: &Url) -> bool {
    literal(url).map_or_else(|| url.host_str() == Some("localhost"), |ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
