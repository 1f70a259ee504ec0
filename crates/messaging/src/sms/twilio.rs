//! Twilio: `POST /2010-04-01/Accounts/{Sid}/Messages.json` with HTTP Basic authentication.
//!
//! 201 carries the message's `sid`; a refusal carries a numeric `code`, and [`codes`] says what it means. Twilio takes no
//! idempotency key, so a try whose answer was lost may be a sending. Its reports are signed with the auth token, also
//! where requests are authorized by an API key; without the token none are asked for.

pub mod codes;
mod report;

pub use report::signature_fits;

use std::fmt;

use data_encoding::BASE64;
use domain::secret::SecretText;
use domain::time::Timestamp;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::http::{Answer, Headers, Http};
use super::report::is_id;
use super::{Callback, CallbackFault, ReceiptUpdate, Sending, Sms, SmsProvider, TryFailure};
use crate::receipt::Receipt;

/// Its name.
pub const NAME: &str = "twilio";
/// Where Twilio is.
pub const BASE_URL: &str = "https://api.twilio.com";

/// An account at Twilio.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `AC…`
    pub account_sid: String,
    /// The account's auth token: signs its reports, and authorizes requests where there is no API key.
    pub auth_token: Option<SecretText>,
    /// An API key: its SID (`SK…`) and secret.
    pub api_key: Option<(String, SecretText)>,
    /// Whom the message is from.
    pub sender: Sender,
    /// [`BASE_URL`], or another that speaks like it.
    pub base_url: Url,
}

/// Whom a message is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A number in E.164, a short code or a name.
    From(String),
    /// A messaging service (`MG…`), which chooses the number.
    MessagingService(String),
}

/// Twilio as a provider.
pub struct Twilio {
    settings: Settings,
    http: Http,
}

/// What Twilio says of a message it took.
#[derive(Deserialize)]
struct Taken {
    sid: Option<String>,
    #[serde(default)]
    error_code: Option<u32>,
}

/// What it says of one it did not take. The words beside the code quote the number, so they are not even read.
#[derive(Deserialize)]
struct Refused {
    code: u32,
}

impl Twilio {
    /// An account and a client.
    pub const fn new(settings: Settings, http: Http) -> Self {
        Self { settings, http }
    }

    async fn hand_over(&self, sms: &Sms) -> Result<Receipt, TryFailure> {
        let Settings { account_sid, auth_token, api_key, sender, base_url } = &self.settings;
        let (user, password) = match (api_key, auth_token) {
            (Some((sid, secret)), _) => (sid, secret),
            (None, Some(token)) => (account_sid, token),
            (None, None) => return Err(TryFailure::provider("neither auth token nor API key is set")),
        };
        let headers = Headers::basic(user, password)?;
        let mut url = base_url.clone();
        url.path_segments_mut()
            .map_err(|()| TryFailure::provider("the base URL has no path"))?
            .pop_if_empty()
            .extend(["2010-04-01", "Accounts", account_sid, "Messages.json"]);
        let callback = sms.status_callback.as_ref().filter(|_| auth_token.is_some());
        let body = form(sms, sender, callback).into_bytes();
        read(&self.http.post(url, "application/x-www-form-urlencoded", headers, body).await?)
    }
}

fn form(sms: &Sms, sender: &Sender, callback: Option<&Url>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("To", sms.to.as_str());
    match sender {
        Sender::From(from) => form.append_pair("From", from),
        Sender::MessagingService(sid) => form.append_pair("MessagingServiceSid", sid),
    };
    form.append_pair("Body", sms.body.expose());
    if let Some(url) = callback {
        form.append_pair("StatusCallback", url.as_str());
    }
    form.finish()
}

fn read(answer: &Answer) -> Result<Receipt, TryFailure> {
    if !answer.is_success() {
        let refused = serde_json::from_slice::<Refused>(&answer.body).ok();
        return Err(refused
            .and_then(|said| codes::failure(said.code, answer.retry_after))
            .unwrap_or_else(|| answer.failure()));
    }
    let taken = serde_json::from_slice::<Taken>(&answer.body).ok();
    match taken {
        Some(Taken { error_code: Some(code), .. }) if codes::meaning(code).is_some() => {
            Err(codes::failure(code, None).unwrap_or_else(|| answer.failure()))
        }
        Some(Taken { sid: Some(sid), .. }) if is_id(&sid) => Ok(Receipt { provider_id: Some(sid) }),
        // 201 is Twilio's word that the message exists, whatever became of the rest of the answer.
        _ if answer.status == 201 => Ok(Receipt::default()),
        // A portal, or somebody else's server.
        _ => Err(TryFailure::provider(format!("unexpected answer (status {})", answer.status))),
    }
}

impl SmsProvider for Twilio {
    fn name(&self) -> &'static str {
        NAME
    }

    fn send<'a>(&'a self, sms: &'a Sms, _now: Timestamp) -> Sending<'a> {
        Box::pin(self.hand_over(sms))
    }

    fn read_callback(&self, callback: &Callback<'_>, _now: Timestamp) -> Result<ReceiptUpdate, CallbackFault> {
        let token = self.settings.auth_token.as_ref().ok_or(CallbackFault::NoReports)?;
        report::read(token, callback)
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("base_url", &self.settings.base_url.as_str()).finish_non_exhaustive()
    }
}

/// The bytes of a header in base64; none where it is not.
fn decoded(text: &str) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).unwrap_or_default()
}
