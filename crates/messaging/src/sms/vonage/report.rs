//! Vonage's status webhooks: JSON, with a JWT (HS256) in `Authorization` that holds the SHA-256 of the body.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use domain::secret::SecretText;
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::NAME;
use super::codes::{self, Meaning};
use crate::sms::report::{self, Callback, CallbackFault, ReceiptState, ReceiptUpdate};

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    payload_hash: String,
    #[serde(default)]
    api_key: Option<String>,
    #[serde(default)]
    exp: Option<i64>,
}

#[derive(Deserialize)]
struct Report {
    message_uuid: String,
    status: String,
    #[serde(default)]
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    r#type: Option<String>,
}

pub(super) fn read(
    secret: &SecretText,
    api_key: &str,
    callback: &Callback<'_>,
    now: Timestamp,
) -> Result<ReceiptUpdate, CallbackFault> {
    let claims = claims(secret, callback)?;
    let hash = HEXLOWER.encode(&Sha256::digest(callback.body));
    let ours = claims.api_key.is_none_or(|key| key == api_key);
    // Both sides of this comparison are known to whoever sent them; only the MAC had to be compared in constant time.
    if !ours || !claims.payload_hash.eq_ignore_ascii_case(&hash) {
        return Err(CallbackFault::Forged);
    }
    report::is_fresh(Timestamp::from_secs(claims.iat), now)?;
    if claims.exp.is_some_and(|end| Timestamp::from_secs(end) <= now) {
        return Err(CallbackFault::Stale);
    }
    let said: Report = serde_json::from_slice(callback.body).map_err(|_| CallbackFault::Malformed)?;
    if !report::is_id(&said.message_uuid) {
        return Err(CallbackFault::Malformed);
    }
    let state = match said.status.as_str() {
        "submitted" => ReceiptState::Sent,
        "delivered" | "read" => ReceiptState::Delivered,
        "undeliverable" => ReceiptState::Undelivered,
        "rejected" => ReceiptState::Failed,
        _ => return Err(CallbackFault::Malformed),
    };
    let kind = said.error.and_then(|error| error.r#type);
    let code = kind.as_deref().and_then(codes::code);
    Ok(ReceiptUpdate {
        provider_id: said.message_uuid,
        state,
        reason: code.and_then(|code| report::reason(NAME, code)),
        number_is_dead: matches!(code.and_then(codes::meaning), Some((Meaning::Number, _))),
    })
}

/// The claims of the bearer token, if it is signed with the secret. The algorithm is ours, not the token's.
fn claims(secret: &SecretText, callback: &Callback<'_>) -> Result<Claims, CallbackFault> {
    let header = (callback.header)("authorization").ok_or(CallbackFault::Forged)?;
    let (scheme, token) = header.split_once(' ').ok_or(CallbackFault::Forged)?;
    let (signed, signature) = token.trim().rsplit_once('.').ok_or(CallbackFault::Forged)?;
    let (head, claims) = signed.split_once('.').ok_or(CallbackFault::Forged)?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| CallbackFault::Forged)?;
    let key = secret.expose().as_bytes();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature).map_err(|_| CallbackFault::Forged)?;
    let head: Head = part(head)?;
    if !scheme.eq_ignore_ascii_case("bearer") || head.alg != "HS256" {
        return Err(CallbackFault::Forged);
    }
    part(claims)
}

fn part<T: DeserializeOwned>(encoded: &str) -> Result<T, CallbackFault> {
    let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| CallbackFault::Forged)?;
    serde_json::from_slice(&bytes).map_err(|_| CallbackFault::Forged)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "vonage-signature-secret";
    const NOW: i64 = 1_800_000_000;

    fn token(head: &Value, claims: &Value, secret: &str) -> String {
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(head), encode(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        format!("Bearer {signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
    }

    fn claims_for(body: &str) -> Value {
        let hash = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
        json!({ "iss": "Vonage", "iat": NOW, "jti": "c5ba8f24", "api_key": "a1b2c3d4", "payload_hash": hash })
    }

    fn check(authorization: Option<&str>, body: &str) -> Result<ReceiptUpdate, CallbackFault> {
        let header = |name: &str| authorization.filter(|_| name == "authorization");
        let callback = Callback { url: "", header: &header, body: body.as_bytes() };
        read(&SecretText::new(SECRET), "a1b2c3d4", &callback, Timestamp::from_secs(NOW + 5))
    }

    fn head() -> Value {
        json!({ "typ": "JWT", "alg": "HS256" })
    }

    fn report(status: &str, code: Option<&str>) -> String {
        let error =
            code.map(|code| json!({ "type": format!("https://developer.vonage.com/api-errors/messages#{code}") }));
        json!({ "message_uuid": "aaaa-bbbb", "status": status, "to": "447700900000", "error": error }).to_string()
    }

    fn signed(body: &str) -> Result<ReceiptUpdate, CallbackFault> {
        check(Some(&token(&head(), &claims_for(body), SECRET)), body)
    }

    #[test]
    fn every_status_has_its_state_and_an_unknown_one_none() {
        for (status, state) in [
            ("submitted", Some(ReceiptState::Sent)),
            ("delivered", Some(ReceiptState::Delivered)),
            ("read", Some(ReceiptState::Delivered)),
            ("undeliverable", Some(ReceiptState::Undelivered)),
            ("rejected", Some(ReceiptState::Failed)),
            ("odd", None),
        ] {
            let found = signed(&report(status, None)).map(|update| update.state);
            assert_eq!(found, state.ok_or(CallbackFault::Malformed), "{status}");
        }
    }

    #[test]
    fn a_failed_delivery_tells_its_code_and_whether_the_number_is_dead() {
        for (code, dead) in [("1180", false), ("1190", true), ("1240", true), ("9999", false)] {
            let update = signed(&report("undeliverable", Some(code))).unwrap();
            assert_eq!((update.reason, update.number_is_dead), (Some(format!("vonage_{code}")), dead));
        }
    }

    #[test]
    fn a_token_of_another_secret_algorithm_body_or_account_is_forged() {
        let body = report("delivered", None);
        let claims = claims_for(&body);
        assert!(signed(&body).is_ok());
        let forged = |authorization: Option<&str>| assert_eq!(check(authorization, &body), Err(CallbackFault::Forged));
        forged(None);
        forged(Some("Bearer "));
        forged(Some("Bearer a.b.c"));
        forged(Some(&token(&head(), &claims, "another")));
        forged(Some(&token(&json!({ "alg": "none" }), &claims, SECRET)));
        forged(Some(&token(&head(), &claims, SECRET).replacen("Bearer", "Basic", 1)));
        let unsigned = token(&head(), &claims, SECRET);
        forged(Some(unsigned.rsplit_once('.').map_or("", |(rest, _)| rest)));
        let mut foreign = claims.clone();
        foreign["api_key"] = json!("e5f6");
        forged(Some(&token(&head(), &foreign, SECRET)));
        let mut without_hash = claims;
        without_hash.as_object_mut().unwrap().remove("payload_hash");
        forged(Some(&token(&head(), &without_hash, SECRET)));
        forged(Some(&token(&head(), &claims_for(&report("rejected", None)), SECRET)));
    }

    #[test]
    fn an_old_token_is_stale() {
        let body = report("delivered", None);
        for (field, value) in [("iat", NOW - 300), ("iat", NOW + 400), ("exp", NOW)] {
            let mut claims = claims_for(&body);
            claims[field] = json!(value);
            assert_eq!(check(Some(&token(&head(), &claims, SECRET)), &body), Err(CallbackFault::Stale), "{field}");
        }
    }
}
