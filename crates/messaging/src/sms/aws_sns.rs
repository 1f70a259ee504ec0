//! AWS SNS: the action `Publish` to a phone number, signed with Signature Version 4.
//!
//! SNS answers in XML, of which one element matters. It takes no idempotency key and calls nobody back: what became of a
//! message is in the account's logs at AWS.

pub mod sigv4;

use std::fmt;

use domain::secret::SecretText;
use domain::time::Timestamp;
use url::Url;
use url::form_urlencoded::Serializer;

use super::http::{Answer, Headers, Http};
use super::report::is_id;
use super::{Sending, Sms, SmsProvider, TryFailure};
use crate::receipt::Receipt;
use sigv4::Credentials;

/// Its name.
pub const NAME: &str = "sns";
const FORM: &str = "application/x-www-form-urlencoded";

/// An account at AWS.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What requests are signed with.
    pub credentials: Credentials,
    /// The token that belongs to temporary credentials.
    pub session_token: Option<SecretText>,
    /// The region, as `eu-central-1`.
    pub region: String,
    /// The name messages are from, in countries that show one.
    pub sender_id: Option<String>,
    /// `https://sns.{region}.amazonaws.com`, or another that speaks like it.
    pub base_url: Url,
}

/// SNS as a provider.
pub struct AwsSns {
    settings: Settings,
    http: Http,
}

impl AwsSns {
    /// An account and a client.
    pub const fn new(settings: Settings, http: Http) -> Self {
        Self { settings, http }
    }

    async fn hand_over(&self, sms: &Sms, now: Timestamp) -> Result<Receipt, TryFailure> {
        let Settings { credentials, session_token, region, sender_id, base_url } = &self.settings;
        let body = form(sms, sender_id.as_deref());
        let date = sigv4::date(now);
        let host = host(base_url).ok_or_else(|| TryFailure::provider("the base URL has no host"))?;
        let mut signed = vec![("content-type", FORM), ("host", host.as_str()), ("x-amz-date", date.as_str())];
        if let Some(token) = session_token {
            signed.push(("x-amz-security-token", token.expose()));
        }
        let scope = sigv4::Scope { date: &date, region, service: "sns" };
        let authorization = credentials.authorization(&scope, base_url.path(), &signed, body.as_bytes());
        let mut headers = Headers::default().with("x-amz-date", &date)?.with("authorization", &authorization)?;
        if let Some(token) = session_token {
            headers = headers.with("x-amz-security-token", token.expose())?;
        }
        read(&self.http.post(base_url.clone(), FORM, headers, body.into_bytes()).await?)
    }
}

fn form(sms: &Sms, sender_id: Option<&str>) -> String {
    let attributes = [("AWS.SNS.SMS.SMSType", Some("Transactional")), ("AWS.SNS.SMS.SenderID", sender_id)];
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "Publish")
        .append_pair("Version", "2010-03-31")
        .append_pair("PhoneNumber", sms.to.as_str())
        .append_pair("Message", sms.body.expose());
    let given = attributes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (place, (name, value)) in (1..).zip(given) {
        let entry = format!("MessageAttributes.entry.{place}");
        form.append_pair(&format!("{entry}.Name"), name)
            .append_pair(&format!("{entry}.Value.DataType"), "String")
            .append_pair(&format!("{entry}.Value.StringValue"), value);
    }
    form.finish()
}

/// The host as the header names it: with the port, where that is not the scheme's own.
fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn read(answer: &Answer) -> Result<Receipt, TryFailure> {
    let text = String::from_utf8_lossy(&answer.body);
    if answer.is_success() {
        return match element(&text, "MessageId").filter(|id| is_id(id)) {
            Some(id) => Ok(Receipt { provider_id: Some(id.to_owned()) }),
            // The answer began with success and was cut, or it is somebody else's page.
            None if text.is_empty() || text.contains("<PublishResponse") => Ok(Receipt::default()),
            None => Err(TryFailure::provider(format!("unexpected answer (status {})", answer.status))),
        };
    }
    let words = match element(&text, "Code").unwrap_or_default() {
        // SNS names the parameter in words only. Ours are the number, and what every message has.
        "InvalidParameter" | "InvalidParameterValue" if text.contains("PhoneNumber") => {
            return Err(TryFailure::number("invalid number (sns)"));
        }
        "OptedOut" => return Err(TryFailure::number("unsubscribed (sns)")),
        "Throttling" | "Throttled" | "ThrottlingException" | "TooManyRequestsException" => "too many requests",
        "AuthorizationError"
        | "AccessDenied"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "InvalidSecurity" => "credentials refused",
        "InternalError" | "InternalFailure" | "ServiceUnavailable" => "failing",
        _ => return Err(answer.failure()),
    };
    Err(TryFailure::Provider { reason: format!("{words} (sns)"), retry_after: answer.retry_after })
}

/// The text of the first element of that name. The names looked for stand once in the answers of SNS, and what is read
/// becomes an id or is compared with a list: no parser of XML is needed, and none can be attacked.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    after.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

impl SmsProvider for AwsSns {
    fn name(&self) -> &'static str {
        NAME
    }

    fn send<'a>(&'a self, sms: &'a Sms, now: Timestamp) -> Sending<'a> {
        Box::pin(self.hand_over(sms, now))
    }
}

impl fmt::Debug for AwsSns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSns").field("base_url", &self.settings.base_url.as_str()).finish_non_exhaustive()
    }
}
