//! Access tokens: JWTs (RFC 7519) by the profile of RFC 9068, signed with Ed25519 (RFC 8037).
//!
//! Only one algorithm and one type exist; the header's own claims about algorithm and keys are compared, never followed.
//! A token that passes here is well-formed and ours; whether its session still lives is read by every command.

use data_encoding::BASE64URL_NOPAD;
use domain::factor::Method;
use domain::ids::{SessionId, UserId};
use domain::jws;
use domain::secret::{KeyId, KeyRing};
use domain::session::{Bearer, Grant};
use domain::time::Timestamp;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 2048;
/// How far `iat` and `nbf` may lie ahead, for clocks of several nodes: seconds.
const LEEWAY: i64 = 60;

/// Signs and checks access tokens.
pub struct AccessTokens {
    issuer: String,
    receipts: Vec<(String, VerifyingKey)>,
    active: (KeyId, SigningKey),
    known: Vec<(KeyId, VerifyingKey)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    sub: Uuid,
    aud: String,
    client_id: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
    sid: Uuid,
    auth_time: i64,
    acr: String,
    amr: Vec<String>,
}

/// A public key, as published (RFC 7517, RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
}

/// The keys access tokens are checked with, the one in use first (RFC 7517 section 5), and behind them those of receipts.
#[derive(Serialize, ToSchema)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

/// How a sign-in was done, in the words of RFC 8176.
pub fn amr(method: Option<Method>) -> &'static [&'static str] {
    method.map_or(&["pwd"], Method::amr)
}

impl AccessTokens {
    /// Tokens of this issuer, signed with the ring's active key.
    pub fn new(issuer: &str, keys: &KeyRing) -> Self {
        let (id, key) = keys.signing_key();
        let (known, receipts) = (keys.verifying_keys().collect(), keys.receipt_public_keys().collect());
        Self { issuer: issuer.to_owned(), receipts, active: (id, key.clone()), known }
    }

    /// Signs the access token of a grant. `id` makes it unlike any other.
    pub fn sign(&self, grant: &Grant, id: Uuid) -> String {
        let (acr, amr) = (if grant.method.is_some() { "2" } else { "1" }, amr(grant.method));
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: grant.user.uuid(),
            aud: self.issuer.clone(),
            client_id: grant.application.uuid(),
            iat: grant.issued_at.as_secs(),
            nbf: grant.issued_at.as_secs(),
            exp: grant.access_expires_at.as_secs(),
            jti: id,
            sid: grant.session.uuid(),
            auth_time: grant.authenticated_at.as_secs(),
            acr: acr.into(),
            amr: amr.iter().map(ToString::to_string).collect(),
        };
        jws::sign("at+jwt", &self.active.0.to_string(), &self.active.1, &claims)
    }

    /// Checks form, key, signature, issuer, audience and times; gives whom it names.
    pub fn check(&self, token: &str, now: Timestamp) -> Option<Bearer> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        if header.alg != "EdDSA" || header.typ != "at+jwt" {
            return None;
        }
        let (_, key) = self.known.iter().find(|(id, _)| id.to_string() == header.kid)?;
        let signature = Signature::from_slice(&decode(signature)?).ok()?;
        key.verify_strict(signed.as_bytes(), &signature).ok()?;
        let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
        let seconds = now.as_secs();
        let in_time = claims.nbf <= seconds.saturating_add(LEEWAY) && seconds < claims.exp;
        if claims.iss != self.issuer || claims.aud != self.issuer || !in_time {
            return None;
        }
        Some(Bearer {
            user: UserId::from_uuid(claims.sub),
            session: SessionId::from_uuid(claims.sid),
            expires_at: Timestamp::from_secs(claims.exp),
            application: None,
        })
    }

    /// The public keys: those of access tokens, then those of receipts.
    pub fn jwks(&self) -> JwkSet {
        let jwk = |(name, key): (String, &VerifyingKey)| Jwk {
            kty: "OKP",
            crv: "Ed25519",
            usage: "sig",
            alg: "EdDSA",
            kid: name,
            x: BASE64URL_NOPAD.encode(key.as_bytes()),
        };
        let tokens = self.known.iter().map(|(id, key)| (id.to_string(), key));
        let receipts = self.receipts.iter().map(|(name, key)| (name.clone(), key));
        JwkSet { keys: tokens.chain(receipts).map(jwk).collect() }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Signer;

    use super::*;
    use domain::ids::ApplicationId;
    use domain::secret::SecretText;
    use domain::session::RefreshHolder;
    use domain::testing::rng;

    fn grant() -> Grant {
        Grant {
            session: SessionId::from_uuid(Uuid::from_u128(1)),
            user: UserId::from_uuid(Uuid::from_u128(2)),
            application: ApplicationId::DEFAULT,
            method: Some(Method::Totp),
            authenticated_at: Timestamp::from_secs(1_000),
            issued_at: Timestamp::from_secs(1_000),
            access_expires_at: Timestamp::from_secs(1_600),
            refresh_expires_at: Timestamp::from_secs(9_000),
            refresh: SecretText::new("unused"),
            holder: RefreshHolder::Cookie,
        }
    }

    fn tokens() -> AccessTokens {
        AccessTokens::new("https://id.example.org", &KeyRing::generate(&mut rng(1)))
    }

    fn resigned(tokens: &AccessTokens, header: &str, claims: &str) -> String {
        let signed =
            format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(claims.as_bytes()));
        let signature = tokens.active.1.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }

    fn parts(token: &str) -> (String, String) {
        let mut parts = token.split('.').map(|part| {
            String::from_utf8(BASE64URL_NOPAD.decode(part.as_bytes()).unwrap_or_default()).unwrap_or_default()
        });
        (parts.next().unwrap(), parts.next().unwrap())
    }

    #[test]
    fn a_token_is_good_from_its_making_to_its_end() {
        let (tokens, token) = (tokens(), tokens().sign(&grant(), Uuid::nil()));
        for (second, good) in [(939, false), (940, true), (1_599, true), (1_600, false)] {
            assert_eq!(tokens.check(&token, Timestamp::from_secs(second)).is_some(), good, "at {second}");
        }
        assert_eq!(tokens.check(&token, Timestamp::from_secs(1_000)).unwrap().session, grant().session);
    }

    #[test]
    fn other_algorithms_types_keys_and_claims_are_refused_even_with_our_signature() {
        let tokens = tokens();
        let (header, claims) = parts(&tokens.sign(&grant(), Uuid::nil()));
        let now = Timestamp::from_secs(1_000);
        assert!(tokens.check(&resigned(&tokens, &header, &claims), now).is_some(), "the untouched parts pass");
        for (from, to) in [
            ("EdDSA", "none"),
            ("EdDSA", "nOnE"),
            ("EdDSA", "HS256"),
            ("at+jwt", "JWT"),
            ("\"kid\":\"", "\"kid\":\"../../"),
            ("\"kid\"", "\"jku\":\"https://evil.example\",\"kid\""),
        ] {
            let altered = header.replace(from, to);
            assert_ne!(altered, header);
            assert!(tokens.check(&resigned(&tokens, &altered, &claims), now).is_none(), "{from} → {to}");
        }
        for (from, to) in [
            ("\"exp\":1600", "\"exp\":\"1600\""),
            ("\"exp\":1600,", ""),
            ("\"exp\":1600", "\"exp\":1600.5"),
            ("\"exp\":1600", "\"exp\":1e20"),
            ("\"nbf\":1000", "\"nbf\":2000"),
            ("\"aud\":\"https://id", "\"aud\":\"https://other"),
            ("\"iss\":\"https://id", "\"iss\":\"https://other"),
            ("\"acr\"", "\"admin\":true,\"acr\""),
        ] {
            let altered = claims.replace(from, to);
            assert_ne!(altered, claims);
            assert!(tokens.check(&resigned(&tokens, &header, &altered), now).is_none(), "{from} → {to}");
        }
    }

    #[test]
    fn no_character_of_a_token_can_be_changed() {
        let (tokens, token) = (tokens(), tokens().sign(&grant(), Uuid::nil()));
        let now = Timestamp::from_secs(1_000);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(tokens.check(&String::from_utf8(bytes).unwrap(), now).is_none(), "character {at}");
        }
        for text in ["", ".", "..", "...", "a.b", &"A".repeat(100_000)] {
            assert!(tokens.check(text, now).is_none());
        }
    }

    #[test]
    fn a_key_that_was_active_before_still_checks_and_is_published_second() {
        let (old, new) = (KeyRing::generate(&mut rng(1)), KeyRing::generate(&mut rng(2)));
        let both = format!("{}\n{}", new.to_text().expose(), old.to_text().expose());
        let both = AccessTokens::new("https://id.example.org", &KeyRing::parse(&both).unwrap());
        assert!(both.check(&tokens().sign(&grant(), Uuid::nil()), Timestamp::from_secs(1_000)).is_some());
        assert_eq!(both.jwks().keys[1].kid, tokens().jwks().keys[0].kid);
    }
}
