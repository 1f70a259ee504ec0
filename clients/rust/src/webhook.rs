//! Webhooks, verified after Standard Webhooks: by signature and age, before anything is read.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

/// How far the moment of the signature may be from now.
const TOLERANCE: Duration = Duration::minutes(5);

/// Not from Twinlock, or too old, or changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call is not signed by Twinlock: {0}")]
pub struct BadSignature(&'static str);

/// What happened.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookEvent {
    /// The same whenever the same event comes again.
    #[serde(skip)]
    pub id: String,
    /// Which kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub timestamp: OffsetDateTime,
    /// About whom and what.
    pub data: serde_json::Value,
}

/// The event of a call. `secret` is what adding the webhook showed (`whsec_…`), `header` gives the header of a name, `body`
/// are the bytes as they came, and `now` is the time.
pub fn verify_webhook<'a>(
    secret: &str,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<WebhookEvent, BadSignature> {
    let [Some(id), Some(stamp), Some(signatures)] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header)
    else {
        return Err(BadSignature("no signature"));
    };
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap_or(secret).as_bytes()).unwrap_or_default();
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok().filter(|_| !key.is_empty());
    let mac = mac.ok_or(BadSignature("the secret is none"))?;
    let mac = mac.chain_update(id).chain_update(".").chain_update(stamp).chain_update(".").chain_update(body);
    let signed = signatures.split(' ').filter_map(|each| BASE64.decode(each.strip_prefix("v1,")?.as_bytes()).ok());
    if !signed.into_iter().any(|given| mac.clone().verify_slice(&given).is_ok()) {
        return Err(BadSignature("no signature of this secret"));
    }
    let at = stamp.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    if at.is_none_or(|at| (now - at).abs() > TOLERANCE) {
        return Err(BadSignature("too old"));
    }
    let event: WebhookEvent = serde_json::from_slice(body).map_err(|_| BadSignature("no event"))?;
    Ok(WebhookEvent { id: id.to_owned(), ..event })
}
