//! What each provider wants to be told, and how it answers.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::http::request::Parts;
use serde_json::{Value, json};
use sha2::Sha256;
use url::form_urlencoded;

use super::fake::{Mood, Seen};

/// Names the account to Twilio, Vonage and AWS.
pub const API_KEY: &str = "ACfa4e0123456789abcdef0123456789ab";
/// Authorizes requests at Vonage and AWS.
pub const API_SECRET: &str = "canary-api-secret-7f31";
/// Authorizes requests at Twilio, and signs its reports.
pub const TOKEN: &str = "canary-auth-token-91c2";
/// Signs Vonage's reports.
pub const SIGNATURE_SECRET: &str = "canary-signature-secret-55e0";
/// Signs calls to the gateway, and its reports.
pub const WEBHOOK_SECRET: &str = "whsec_Y2FuYXJ5IG9mIHRoZSB3ZWJob29rIDAx";

/// Whose HTTP a fake speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Twilio's Messages API.
    Twilio,
    /// Vonage's Messages API.
    Vonage,
    /// Our own contract of the signed call.
    Webhook,
    /// `Publish` of AWS SNS.
    Sns,
}

/// An answer to be.
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) retry_after: Option<u32>,
    pub(super) seen: Option<Seen>,
}

impl Dialect {
    /// The settings of the server that lead to a fake at this address.
    pub(super) fn settings(self, url: &str) -> Vec<(&'static str, String)> {
        let pairs: &[(&str, &str)] = match self {
            Self::Twilio => &[
                ("TWILIO_ACCOUNT_SID", API_KEY),
                ("TWILIO_AUTH_TOKEN", TOKEN),
                ("TWILIO_PHONE_NUMBER", "+15005550006"),
                ("TWILIO_API_BASE_URL", url),
            ],
            Self::Vonage => &[
                ("VONAGE_API_KEY", API_KEY),
                ("VONAGE_API_SECRET", API_SECRET),
                ("VONAGE_SIGNATURE_SECRET", SIGNATURE_SECRET),
                ("VONAGE_FROM", "Example"),
                ("VONAGE_API_BASE_URL", url),
            ],
            Self::Webhook => &[("SMS_WEBHOOK_URL", url), ("SMS_WEBHOOK_SECRET", WEBHOOK_SECRET)],
            Self::Sns => &[
                ("AWS_ACCESS_KEY_ID", API_KEY),
                ("AWS_SECRET_ACCESS_KEY", API_SECRET),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_SNS_API_BASE_URL", url),
            ],
        };
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    /// Reads a request. What the real one would refuse is refused, whatever the mood.
    pub(super) fn read(self, head: &Parts, body: &[u8], mood: &Mood, turn: usize) -> Said {
        let Some(mut seen) = self.understood(head, body) else {
            return self.refusal(400, "malformed", None, "");
        };
        if !self.is_authorized(head, body) {
            return Said { seen: Some(seen), ..self.refusal(401, self.stranger(), None, "") };
        }
        if let Mood::Refusing { status, code, retry_after } = mood {
            let refusal = self.refusal(*status, code, *retry_after, &seen.to);
            return Said { seen: Some(seen), ..refusal };
        }
        let id = format!("SM{turn:032x}");
        seen.id = Some(id.clone());
        let (status, content_type, body) = match self {
            Self::Twilio => {
                let body =
                    json!({ "sid": id, "status": "queued", "to": seen.to, "body": seen.text, "error_code": null });
                (201, "application/json", body.to_string())
            }
            Self::Vonage => (202, "application/json", json!({ "message_uuid": id }).to_string()),
            Self::Webhook => (200, "application/json", json!({ "id": id }).to_string()),
            Self::Sns => {
                let result = format!("<PublishResult><MessageId>{id}</MessageId></PublishResult>");
                (200, "text/xml", format!("<PublishResponse>{result}</PublishResponse>"))
            }
        };
        Said { status, content_type, body, retry_after: None, seen: Some(seen) }
    }

    fn understood(self, head: &Parts, body: &[u8]) -> Option<Seen> {
        let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let field = |wanted: &str| Some(form.iter().find(|(name, _)| name == wanted)?.1.clone());
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
        let path = match self {
            Self::Twilio => format!("/2010-04-01/Accounts/{API_KEY}/Messages.json"),
            Self::Vonage => "/v1/messages".to_owned(),
            Self::Webhook | Self::Sns => "/".to_owned(),
        };
        if head.uri.path() != path || head.method != hyper::Method::POST {
            return None;
        }
        let (to, from, words, callback, key) = match self {
            Self::Twilio => {
                let from = field("From").xor(field("MessagingServiceSid"))?;
                (field("To")?, from, field("Body")?, field("StatusCallback"), None)
            }
            Self::Vonage => {
                (text("channel")? == "sms" && text("message_type")? == "text").then_some(())?;
                let to = format!("+{}", text("to").filter(|to| !to.starts_with('+'))?);
                (to, text("from")?, text("text")?, text("webhook_url"), text("client_ref"))
            }
            Self::Webhook => {
                let key = header("idempotency-key").filter(|key| text("id").as_ref() == Some(key))?;
                (text("to")?, String::new(), text("body")?, text("status_callback"), Some(key))
            }
            Self::Sns => {
                let is_publish = field("Action")? == "Publish" && field("Version")? == "2010-03-31";
                is_publish.then_some(())?;
                let sender = field("MessageAttributes.entry.2.Value.StringValue").unwrap_or_default();
                (field("PhoneNumber")?, sender, field("Message")?, None, None)
            }
        };
        let head = format!("{} {:?}", head.uri, head.headers);
        Some(Seen { to, from, text: words, callback, idempotency_key: key, id: None, head })
    }

    fn is_authorized(self, head: &Parts, body: &[u8]) -> bool {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let basic =
            |user: &str, password: &str| format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()));
        let authorization = header("authorization");
        match self {
            Self::Twilio => authorization == basic(API_KEY, TOKEN) || authorization == basic("SKcanary", API_SECRET),
            Self::Vonage => authorization == basic(API_KEY, API_SECRET),
            Self::Webhook => {
                let signed = [header("webhook-id"), header("webhook-timestamp"), ""].join(".");
                header("webhook-signature") == format!("v1,{}", webhook_mac(&[signed.as_bytes(), body].concat()))
            }
            Self::Sns => {
                let day = header("x-amz-date").get(..8).unwrap_or_default();
                let scope = format!("AWS4-HMAC-SHA256 Credential={API_KEY}/{day}/eu-central-1/sns/aws4_request, ");
                authorization.starts_with(&scope)
            }
        }
    }

    /// The code for wrong credentials.
    const fn stranger(self) -> &'static str {
        match self {
            Self::Twilio => "20003",
            Self::Vonage => "unauthorized",
            Self::Webhook => "",
            Self::Sns => "SignatureDoesNotMatch",
        }
    }

    /// A refusal that quotes the number, as providers do.
    fn refusal(self, status: u16, code: &str, retry_after: Option<u32>, to: &str) -> Said {
        let words = format!("The number {to} cannot be used");
        let (content_type, body) = match self {
            _ if code.is_empty() => ("text/html", format!("<h1>{words}</h1>")),
            Self::Twilio => {
                let code: u32 = code.parse().unwrap_or_default();
                ("application/json", json!({ "code": code, "message": words, "status": status }).to_string())
            }
            Self::Vonage => {
                let kind = format!("https://developer.vonage.com/api-errors/messages#{code}");
                ("application/problem+json", json!({ "type": kind, "title": code, "detail": words }).to_string())
            }
            Self::Webhook => ("application/json", json!({ "error": words }).to_string()),
            Self::Sns => {
                let which = if code == "InvalidParameter" { "PhoneNumber Reason: " } else { "" };
                let words = format!("Invalid parameter: {which}{words}");
                let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>");
                ("text/xml", format!("<ErrorResponse>{error}</ErrorResponse>"))
            }
        };
        Said { status, content_type, body, retry_after, seen: None }
    }
}

/// Base64 of the gateway's signature.
pub(super) fn webhook_mac(signed: &[u8]) -> String {
    let key = BASE64.decode(WEBHOOK_SECRET.trim_start_matches("whsec_").as_bytes()).unwrap_or_default();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { unreachable!("HMAC takes keys of any length") };
    mac.update(signed);
    BASE64.encode(&mac.finalize().into_bytes())
}
