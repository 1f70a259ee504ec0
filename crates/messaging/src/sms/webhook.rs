//! Any other gateway, by a signed HTTP call: the contract is ours, a few lines of code on the other side fulfill it.
//!
//! `POST` of JSON `{"id","to","body","status_callback"?}`, signed in the manner of Standard Webhooks ([`standard_webhook`](super::standard_webhook));
//! `webhook-id` and `Idempotency-Key` name the message and are the same for every try. Answers: 2xx took it, optionally
//! with `{"id"}` of the gateway's own (else it goes by ours); 408, 425, 429 (`Retry-After`) and 5xx did not, for now; 401, 402, 403, 404, 405,
//! 407, 410 and 421 say that the setting is wrong; any other 4xx says that this number will not be reached.
//!
//! Reports come to `status_callback` as JSON `{"id","state","reason"?,"number_is_dead"?}`, signed with the same secret.

use std::fmt;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::http::{Answer, Headers, Http};
use super::report;
use super::standard_webhook::{ID, SIGNATURE, TIMESTAMP, WebhookSecret};
use super::{Callback, CallbackFault, ReceiptState, ReceiptUpdate, Sending, Sms, SmsProvider, TryFailure};
use crate::receipt::Receipt;

/// Its name.
pub const NAME: &str = "webhook";

/// A gateway that is called.
#[derive(Clone)]
pub struct Settings {
    /// Where it listens. Not shown: the path may be a secret of its own.
    pub url: Url,
    /// What both sides sign with.
    pub secret: WebhookSecret,
}

/// The gateway as a provider.
pub struct Webhook {
    settings: Settings,
    http: Http,
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    to: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_callback: Option<&'a str>,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

#[derive(Deserialize)]
struct Report {
    id: String,
    state: State,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    number_is_dead: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Accepted,
    Sent,
    Delivered,
    Undelivered,
    Failed,
}

impl Webhook {
    /// A gateway and a client.
    pub const fn new(settings: Settings, http: Http) -> Self {
        Self { settings, http }
    }

    async fn hand_over(&self, sms: &Sms, now: Timestamp) -> Result<Receipt, TryFailure> {
        let id = sms.id.to_string();
        let message = Message {
            id: &id,
            to: sms.to.as_str(),
            body: sms.body.expose(),
            status_callback: sms.status_callback.as_ref().map(Url::as_str),
        };
        let body = serde_json::to_vec(&message).map_err(|_| TryFailure::route("the message cannot be written"))?;
        let seconds = now.as_secs();
        let headers = Headers::default()
            .with(ID, &id)?
            .with("idempotency-key", &id)?
            .with(TIMESTAMP, &seconds.to_string())?
            .with(SIGNATURE, &self.settings.secret.sign(&id, seconds, &body))?;
        read(&self.http.post(self.settings.url.clone(), "application/json", headers, body).await?, id)
    }
}

/// A gateway that gives no id of its own goes by ours.
fn read(answer: &Answer, ours: String) -> Result<Receipt, TryFailure> {
    if answer.is_success() {
        let taken = serde_json::from_slice::<Taken>(&answer.body).ok();
        let theirs = taken.map(|taken| taken.id).filter(|id| report::is_id(id));
        return Ok(Receipt { provider_id: Some(theirs.unwrap_or(ours)) });
    }
    Err(match answer.failure() {
        TryFailure::Route { .. } => TryFailure::number(format!("refused by the gateway (status {})", answer.status)),
        other @ (TryFailure::Number { .. } | TryFailure::Provider { .. } | TryFailure::Lost { .. }) => other,
    })
}

impl SmsProvider for Webhook {
    fn name(&self) -> &'static str {
        NAME
    }

    fn send<'a>(&'a self, sms: &'a Sms, now: Timestamp) -> Sending<'a> {
        Box::pin(self.hand_over(sms, now))
    }

    fn read_callback(&self, callback: &Callback<'_>, now: Timestamp) -> Result<ReceiptUpdate, CallbackFault> {
        self.settings.secret.verify(callback, now)?;
        let Report { id, state, reason, number_is_dead } =
            serde_json::from_slice(callback.body).map_err(|_| CallbackFault::Malformed)?;
        if !report::is_id(&id) {
            return Err(CallbackFault::Malformed);
        }
        let state = match state {
            State::Accepted => ReceiptState::Accepted,
            State::Sent => ReceiptState::Sent,
            State::Delivered => ReceiptState::Delivered,
            State::Undelivered => ReceiptState::Undelivered,
            State::Failed => ReceiptState::Failed,
        };
        let reason = reason.and_then(|code| report::reason(NAME, &code));
        Ok(ReceiptUpdate { provider_id: id, state, reason, number_is_dead })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook")
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}
