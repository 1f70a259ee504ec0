//! Vonage: `POST /v1/messages` of the Messages API, with HTTP Basic authentication.
//!
//! 202 carries a `message_uuid`; a refusal is a problem document whose `type` ends in a code, and [`codes`] says what it
//! means. Its reports carry a JWT signed with the account's signature secret; without that secret none are asked for.

pub mod codes;
mod report;

use std::fmt;

use domain::secret::SecretText;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::http::{Answer, Headers, Http};
use super::report::is_id;
use super::{Callback, CallbackFault, ReceiptUpdate, Sending, Sms, SmsProvider, TryFailure};
use crate::receipt::Receipt;

/// Its name.
pub const NAME: &str = "vonage";
/// Where Vonage is.
pub const BASE_URL: &str = "https://api.nexmo.com";

/// An account at Vonage.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account's API key.
    pub api_key: String,
    /// Its secret.
    pub api_secret: SecretText,
    /// What its reports are signed with.
    pub signature_secret: Option<SecretText>,
    /// Whom the message is from: digits of a number, or a name.
    pub from: String,
    /// [`BASE_URL`], or another that speaks like it.
    pub base_url: Url,
}

/// Vonage as a provider.
pub struct Vonage {
    settings: Settings,
    http: Http,
}

#[derive(Serialize)]
struct Message<'a> {
    channel: &'static str,
    #[serde(rename = "message_type")]
    kind: &'static str,
    to: &'a str,
    from: &'a str,
    text: &'a str,
    client_ref: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reports: Option<Reports<'a>>,
}

#[derive(Serialize)]
struct Reports<'a> {
    webhook_url: &'a str,
    webhook_version: &'static str,
}

#[derive(Deserialize)]
struct Taken {
    message_uuid: String,
}

/// A problem document. Its words quote the request, so they are not even read.
#[derive(Deserialize)]
struct Problem {
    r#type: String,
}

impl Vonage {
    /// An account and a client.
    pub const fn new(settings: Settings, http: Http) -> Self {
        Self { settings, http }
    }

    async fn hand_over(&self, sms: &Sms) -> Result<Receipt, TryFailure> {
        let Settings { api_key, api_secret, signature_secret, from, base_url } = &self.settings;
        let headers = Headers::basic(api_key, api_secret)?;
        let mut url = base_url.clone();
        url.path_segments_mut()
            .map_err(|()| TryFailure::provider("the base URL has no path"))?
            .pop_if_empty()
            .extend(["v1", "messages"]);
        let id = sms.id.to_string();
        let message = Message {
            channel: "sms",
            kind: "text",
            to: digits(sms.to.as_str()),
            from: digits(from),
            text: sms.body.expose(),
            client_ref: &id,
            reports: sms
                .status_callback
                .as_ref()
                .filter(|_| signature_secret.is_some())
                .map(|url| Reports { webhook_url: url.as_str(), webhook_version: "v1" }),
        };
        let body = serde_json::to_vec(&message).map_err(|_| TryFailure::route("the message cannot be written"))?;
        read(&self.http.post(url, "application/json", headers, body).await?)
    }
}

/// Vonage wants numbers without the plus.
fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

fn read(answer: &Answer) -> Result<Receipt, TryFailure> {
    if !answer.is_success() {
        let problem = serde_json::from_slice::<Problem>(&answer.body).ok();
        let known = problem.and_then(|said| codes::failure(codes::code(&said.r#type)?, answer.retry_after));
        return Err(known.unwrap_or_else(|| answer.failure()));
    }
    match serde_json::from_slice::<Taken>(&answer.body).ok() {
        Some(Taken { message_uuid }) if is_id(&message_uuid) => Ok(Receipt { provider_id: Some(message_uuid) }),
        // 202 is Vonage's word that the message was taken, whatever became of the rest of the answer.
        _ if answer.status == 202 => Ok(Receipt::default()),
        _ => Err(TryFailure::provider(format!("unexpected answer (status {})", answer.status))),
    }
}

impl SmsProvider for Vonage {
    fn name(&self) -> &'static str {
        NAME
    }

    fn send<'a>(&'a self, sms: &'a Sms, _now: Timestamp) -> Sending<'a> {
        Box::pin(self.hand_over(sms))
    }

    fn read_callback(&self, callback: &Callback<'_>, now: Timestamp) -> Result<ReceiptUpdate, CallbackFault> {
        let secret = self.settings.signature_secret.as_ref().ok_or(CallbackFault::NoReports)?;
        report::read(secret, &self.settings.api_key, callback, now)
    }
}

impl fmt::Debug for Vonage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vonage").field("base_url", &self.settings.base_url.as_str()).finish_non_exhaustive()
    }
}
