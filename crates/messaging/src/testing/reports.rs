//! The reports that providers send later, signed with the secrets of the fakes.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::Serializer;

use super::dialect::{API_KEY, SIGNATURE_SECRET, TOKEN, webhook_mac};

/// A request that a provider would make.
#[derive(Clone, Debug)]
pub struct SignedReport {
    /// Its headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: String,
}

impl SignedReport {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// Twilio says of message `id` that it is `status`, to the full address `url`; `code` is empty where nothing went wrong.
pub fn twilio_report(url: &str, id: &str, status: &str, code: &str) -> SignedReport {
    let mut fields = vec![("AccountSid", API_KEY), ("MessageSid", id), ("MessageStatus", status), ("SmsSid", id)];
    if !code.is_empty() {
        fields.push(("ErrorCode", code));
    }
    fields.sort_unstable();
    let signed: String = fields.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()) else { unreachable!("HMAC takes any key") };
    mac.update(format!("{url}{signed}").as_bytes());
    let signature = BASE64.encode(&mac.finalize().into_bytes());
    let headers =
        vec![("x-twilio-signature", signature), ("content-type", "application/x-www-form-urlencoded".to_owned())];
    SignedReport { headers, body: Serializer::new(String::new()).extend_pairs(fields).finish() }
}

/// Vonage says of message `id` that it is `status`, at `seconds` since 1970.
pub fn vonage_report(id: &str, status: &str, code: &str, seconds: i64) -> SignedReport {
    let mut body = json!({ "message_uuid": id, "status": status, "channel": "sms", "client_ref": "x" });
    if !code.is_empty() {
        body["error"] = json!({ "type": format!("https://developer.vonage.com/api-errors/messages#{code}") });
    }
    let body = body.to_string();
    let claims = json!({
        "iss": "Vonage", "iat": seconds, "jti": id, "api_key": API_KEY,
        "payload_hash": HEXLOWER.encode(&Sha256::digest(body.as_bytes())),
    });
    let encode = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
    let signed =
        format!("{}.{}", encode(json!({ "typ": "JWT", "alg": "HS256" }).to_string()), encode(claims.to_string()));
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SIGNATURE_SECRET.as_bytes()) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(signed.as_bytes());
    let token = format!("Bearer {signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()));
    SignedReport { headers: vec![("authorization", token), ("content-type", "application/json".to_owned())], body }
}

/// The gateway says of message `id` that it is in `state`, at `seconds` since 1970.
pub fn webhook_report(id: &str, state: &str, reason: &str, seconds: i64) -> SignedReport {
    let body = json!({ "id": id, "state": state, "reason": reason }).to_string();
    let signature = webhook_mac(format!("report-1.{seconds}.{body}").as_bytes());
    let headers = vec![
        ("webhook-id", "report-1".to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
        ("content-type", "application/json".to_owned()),
    ];
    SignedReport { headers, body }
}
