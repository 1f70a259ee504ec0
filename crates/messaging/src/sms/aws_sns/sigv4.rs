//! AWS Signature Version 4, for requests without a query: what SNS needs of it.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use domain::secret::SecretText;
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// An access key.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: SecretText,
}

/// What a signature is good for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// As [`date`] writes it.
    pub date: &'a str,
    /// The region.
    pub region: &'a str,
    /// The service.
    pub service: &'a str,
}

impl Scope<'_> {
    fn day(&self) -> &str {
        self.date.get(..8).unwrap_or_default()
    }

    fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day(), self.region, self.service)
    }
}

/// `x-amz-date`: `20150830T123600Z`.
pub fn date(now: Timestamp) -> String {
    let at = now.to_datetime();
    let (month, day) = (u8::from(at.month()), at.day());
    format!("{:04}{month:02}{day:02}T{:02}{:02}{:02}Z", at.year(), at.hour(), at.minute(), at.second())
}

impl Credentials {
    /// The header `Authorization` of a POST to `path` with these headers, sorted and in lower case, and this body.
    pub fn authorization(&self, scope: &Scope<'_>, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = format!("POST\n{path}\n\n");
        for (name, value) in headers {
            // Writing to a String cannot fail.
            let _ = writeln!(canonical, "{name}:{}", value.trim());
        }
        let _ = write!(canonical, "\n{names}\n{}", HEXLOWER.encode(&Sha256::digest(body)));
        // It may hold a session token.
        let canonical = SecretText::new(canonical);
        let hash = HEXLOWER.encode(&Sha256::digest(canonical.expose().as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{}\n{hash}", scope.date, scope.text());
        let signature = HEXLOWER.encode(&*hmac(&*self.key(scope), to_sign.as_bytes()));
        let (id, scope) = (&self.access_key_id, scope.text());
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    fn key(&self, scope: &Scope<'_>) -> Zeroizing<[u8; 32]> {
        let secret = SecretText::new(format!("AWS4{}", self.secret_access_key.expose()));
        let day = hmac(secret.expose().as_bytes(), scope.day().as_bytes());
        let region = hmac(&*day, scope.region.as_bytes());
        let service = hmac(&*region, scope.service.as_bytes());
        hmac(&*service, b"aws4_request")
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Zeroizing<[u8; 32]> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    mac.update(text);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials and the moment of AWS's published test suite.
    fn suite() -> (Credentials, Scope<'static>) {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: SecretText::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        };
        (credentials, Scope { date: "20150830T123600Z", region: "us-east-1", service: "service" })
    }

    #[test]
    fn the_published_suite_is_reproduced() {
        let (credentials, scope) = suite();
        let vanilla = credentials.authorization(
            &scope,
            "/",
            &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")],
            b"",
        );
        assert_eq!(
            vanilla,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
        let form = credentials.authorization(
            &scope,
            "/",
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("host", "example.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ],
            b"Param1=value1",
        );
        assert!(form.ends_with("Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"), "{form}");
    }

    #[test]
    fn the_published_signing_key_is_reproduced() {
        let (credentials, _) = suite();
        let scope = Scope { date: "20150830T123600Z", region: "us-east-1", service: "iam" };
        let key = HEXLOWER.encode(&*credentials.key(&scope));
        assert_eq!(key, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    }

    #[test]
    fn the_date_is_written_without_separators() {
        assert_eq!(date(Timestamp::from_secs(1_440_938_160)), "20150830T123600Z");
    }

    #[test]
    fn the_key_is_not_shown() {
        let (credentials, _) = suite();
        assert!(!format!("{credentials:?}").contains("wJalr"));
    }
}
