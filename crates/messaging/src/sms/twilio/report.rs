//! Twilio's status callbacks: a form, signed with HMAC-SHA1 over the full URL and every parameter.

use std::collections::BTreeSet;

use domain::secret::SecretText;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use url::Url;
use url::form_urlencoded;

use super::codes::{self, Meaning};
use super::{NAME, decoded};
use crate::sms::report::{self, Callback, CallbackFault, ReceiptState, ReceiptUpdate};

/// Whether `signature` (the header `X-Twilio-Signature`) is Twilio's for this URL and these parameters: base64 of
/// HMAC-SHA1 over the URL and then each name and value, sorted, equal pairs once. Compared in constant time.
pub fn signature_fits(auth_token: &SecretText, url: &str, form: &[(String, String)], signature: &str) -> bool {
    let sorted: BTreeSet<&(String, String)> = form.iter().collect();
    let claimed = decoded(signature);
    let fits = |url: &str| {
        let key = auth_token.expose().as_bytes();
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
        mac.update(url.as_bytes());
        for (name, value) in &sorted {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(&claimed).is_ok()
    };
    // Twilio writes the scheme's own port at times, and at times not.
    fits(url) || with_port(url).is_some_and(|url| fits(&url))
}

/// The same address with the port the scheme implies; nothing where a port is written.
fn with_port(url: &str) -> Option<String> {
    let parsed = Url::parse(url).ok()?;
    let (port, host) = (parsed.port().xor(parsed.port_or_known_default())?, parsed.host_str()?);
    let start = url.find(host)? + host.len();
    let (head, tail) = url.split_at(start);
    (!tail.starts_with(':')).then(|| format!("{head}:{port}{tail}"))
}

pub(super) fn read(auth_token: &SecretText, callback: &Callback<'_>) -> Result<ReceiptUpdate, CallbackFault> {
    let signature = (callback.header)("x-twilio-signature").ok_or(CallbackFault::Forged)?;
    let form: Vec<(String, String)> = form_urlencoded::parse(callback.body).into_owned().collect();
    if !signature_fits(auth_token, callback.url, &form, signature) {
        return Err(CallbackFault::Forged);
    }
    let value = |wanted: &str| form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let provider_id = value("MessageSid").filter(|sid| report::is_id(sid)).ok_or(CallbackFault::Malformed)?.to_owned();
    let state = match value("MessageStatus").unwrap_or_default() {
        "accepted" | "scheduled" | "queued" | "sending" => ReceiptState::Accepted,
        "sent" => ReceiptState::Sent,
        "delivered" | "read" => ReceiptState::Delivered,
        "undelivered" => ReceiptState::Undelivered,
        "failed" | "canceled" => ReceiptState::Failed,
        _ => return Err(CallbackFault::Malformed),
    };
    let code = value("ErrorCode").filter(|code| *code != "0");
    let dead = |code: &str| matches!(code.parse().ok().and_then(codes::meaning), Some((Meaning::Number, _)));
    Ok(ReceiptUpdate {
        provider_id,
        state,
        number_is_dead: code.is_some_and(dead),
        reason: code.and_then(|code| report::reason(NAME, code)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    /// Twilio's published example, with the token `12345`.
    const SIGNED: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    fn token() -> SecretText {
        SecretText::new("12345")
    }

    fn example() -> Vec<(String, String)> {
        [
            ("To", "+18005551212"),
            ("Digits", "1234"),
            ("Caller", "+14158675309"),
            ("From", "+14158675309"),
            ("CallSid", "CA1234567890ABCDE"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn sign(url: &str, form: &[(&str, &str)]) -> String {
        let mut sorted = form.to_vec();
        sorted.sort_unstable();
        let mut mac = Hmac::<Sha1>::new_from_slice(b"12345").unwrap();
        mac.update(url.as_bytes());
        for (name, value) in sorted {
            mac.update(format!("{name}{value}").as_bytes());
        }
        data_encoding::BASE64.encode(&mac.finalize().into_bytes())
    }

    fn report(url: &str, form: &[(&str, &str)], signature: &str) -> Result<ReceiptUpdate, CallbackFault> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let header = |name: &str| (name == "x-twilio-signature").then_some(signature);
        read(&token(), &Callback { url, header: &header, body: body.as_bytes() })
    }

    #[test]
    fn the_published_example_verifies_and_nothing_else_does() {
        assert!(signature_fits(&token(), URL, &example(), SIGNED));
        let mut twice = example();
        twice.push(twice[0].clone());
        assert!(signature_fits(&token(), URL, &twice, SIGNED), "an equal pair counts once");
        let mut other = example();
        other[0].1.push('3');
        assert!(!signature_fits(&token(), URL, &other, SIGNED));
        assert!(!signature_fits(&token(), "https://mycompany.com/myapp.php?foo=1&bar=3", &example(), SIGNED));
        assert!(!signature_fits(&SecretText::new("12346"), URL, &example(), SIGNED));
        for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "not base64"] {
            assert!(!signature_fits(&token(), URL, &example(), signature), "{signature}");
        }
    }

    #[test]
    fn the_implied_port_may_be_written_or_not() {
        let url = "https://id.example.com/sms/status/abc/twilio";
        let with = sign("https://id.example.com:443/sms/status/abc/twilio", &[]);
        assert!(signature_fits(&token(), url, &[], &with));
        let elsewhere = sign("https://id.example.com:8443/sms/status/abc/twilio", &[]);
        assert!(!signature_fits(&token(), url, &[], &elsewhere));
    }

    #[test]
    fn every_status_has_its_state_and_an_unknown_one_none() {
        for (status, state) in [
            ("queued", Some(ReceiptState::Accepted)),
            ("sending", Some(ReceiptState::Accepted)),
            ("sent", Some(ReceiptState::Sent)),
            ("delivered", Some(ReceiptState::Delivered)),
            ("undelivered", Some(ReceiptState::Undelivered)),
            ("failed", Some(ReceiptState::Failed)),
            ("received", None),
        ] {
            let form = [("MessageSid", "SM1"), ("MessageStatus", status)];
            let found = report(URL, &form, &sign(URL, &form)).map(|update| update.state);
            assert_eq!(found, state.ok_or(CallbackFault::Malformed), "{status}");
        }
    }

    #[test]
    fn a_failed_delivery_tells_its_code_and_whether_the_number_is_dead() {
        for (code, dead) in [("30003", false), ("30005", true), ("30006", true), ("21610", true), ("39999", false)] {
            let form =
                [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", code), ("To", "+12025550167")];
            let update = report(URL, &form, &sign(URL, &form)).unwrap();
            assert_eq!(update.reason, Some(format!("twilio_{code}")));
            assert_eq!(update.number_is_dead, dead, "{code}");
        }
        let odd = [("MessageSid", "SM1"), ("MessageStatus", "failed"), ("ErrorCode", "+12025550167")];
        assert_eq!(report(URL, &odd, &sign(URL, &odd)).unwrap().reason, None);
    }

    #[test]
    fn an_unsigned_or_altered_report_is_forged() {
        let form = [("MessageSid", "SM1"), ("MessageStatus", "delivered")];
        let signature = sign(URL, &form);
        let altered = [("MessageSid", "SM2"), ("MessageStatus", "delivered")];
        assert_eq!(report(URL, &altered, &signature), Err(CallbackFault::Forged));
        assert_eq!(report(&format!("{URL}&x"), &form, &signature), Err(CallbackFault::Forged));
        let header = |_: &str| None;
        let unsigned = Callback { url: URL, header: &header, body: b"MessageSid=SM1&MessageStatus=delivered" };
        assert_eq!(read(&token(), &unsigned), Err(CallbackFault::Forged));
    }
}
