//! Signatures in the manner of Standard Webhooks 1.0 (standardwebhooks.com), symmetric: HMAC-SHA256 over
//! `id.timestamp.body`, keyed with the bytes behind `whsec_`.

use std::fmt;

use data_encoding::BASE64;
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::report::{Callback, CallbackFault, is_fresh};

/// The header with the message's id.
pub const ID: &str = "webhook-id";
/// The header with the time of signing, in seconds.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with one or more signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// A signing secret: 24 to 64 bytes. Its `Debug` is redacted, and it is wiped when dropped.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl WebhookSecret {
    /// From `whsec_` and base64.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix("whsec_")?;
        let bytes = Zeroizing::new(BASE64.decode(encoded.as_bytes()).ok()?);
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The value of [`SIGNATURE`].
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        format!("v1,{}", BASE64.encode(&self.mac(id, seconds, body).finalize().into_bytes()))
    }

    /// Checks a request: one signature of the list must fit, and its time must be near. In constant time.
    pub fn verify(&self, callback: &Callback<'_>, now: Timestamp) -> Result<(), CallbackFault> {
        let header = |name| (callback.header)(name).ok_or(CallbackFault::Forged);
        let (id, time, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
        let seconds: i64 = time.parse().map_err(|_| CallbackFault::Forged)?;
        // What was signed is the text of the header; the number must have no other spelling.
        if seconds.to_string() != time {
            return Err(CallbackFault::Forged);
        }
        let fits = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|encoded| {
            let claimed = BASE64.decode(encoded.as_bytes()).unwrap_or_default();
            self.mac(id, seconds, callback.body).verify_slice(&claimed).is_ok()
        });
        if fits { is_fresh(Timestamp::from_secs(seconds), now) } else { Err(CallbackFault::Forged) }
    }

    fn mac(&self, id: &str, seconds: i64, body: &[u8]) -> Hmac<Sha256> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length")
        };
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn check(time: &str, signature: &str, body: &[u8], now: i64) -> Result<(), CallbackFault> {
        let header = |name: &str| match name {
            ID => Some(MESSAGE),
            TIMESTAMP => Some(time),
            SIGNATURE => Some(signature),
            _ => None,
        };
        let callback = Callback { url: "", header: &header, body };
        WebhookSecret::parse(SECRET).unwrap().verify(&callback, Timestamp::from_secs(now))
    }

    #[test]
    fn the_published_example_signs_and_verifies() {
        assert_eq!(WebhookSecret::parse(SECRET).unwrap().sign(MESSAGE, 1_614_265_330, BODY), SIGNED);
        assert_eq!(check("1614265330", SIGNED, BODY, 1_614_265_330), Ok(()));
        let rotated = format!("v1,AAAA v1a,{} {SIGNED}", &SIGNED[3..]);
        assert_eq!(check("1614265330", &rotated, BODY, 1_614_265_330 + 300), Ok(()));
    }

    #[test]
    fn another_body_time_or_signature_is_forged_and_another_day_is_stale() {
        let now = 1_614_265_330;
        assert_eq!(check("1614265330", SIGNED, b"{}", now), Err(CallbackFault::Forged));
        assert_eq!(check("1614265331", SIGNED, BODY, now), Err(CallbackFault::Forged));
        assert_eq!(check("+1614265330", SIGNED, BODY, now), Err(CallbackFault::Forged));
        assert_eq!(check("1614265330", "", BODY, now), Err(CallbackFault::Forged));
        assert_eq!(check("1614265330", &SIGNED[3..], BODY, now), Err(CallbackFault::Forged));
        assert_eq!(check("1614265330", SIGNED, BODY, now + 301), Err(CallbackFault::Stale));
        assert_eq!(check("1614265330", SIGNED, BODY, now - 301), Err(CallbackFault::Stale));
    }

    #[test]
    fn a_secret_has_its_prefix_and_enough_bytes_and_is_not_shown() {
        for wrong in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64"] {
            assert!(WebhookSecret::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{:?}", WebhookSecret::parse(SECRET).unwrap()), "[redacted]");
    }
}
