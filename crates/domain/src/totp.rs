//! Time-based one-time passwords (RFC 6238) over HOTP (RFC 4226): SHA-1, six digits, steps of 30 seconds.
//!
//! Three steps are live at a time (−1, 0, +1); all three are always computed and compared in constant time. Which step was
//! matched is the answer: the caller keeps it, and it only ever moves forward, per secret and for every purpose.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::secret::SecretText;
use crate::time::Timestamp;

/// Seconds a step lasts (RFC 6238 section 4.1, X).
pub const STEP_SECS: i64 = 30;
/// Bytes of a secret: 160 bits (RFC 4226 section 4, R6).
pub const SECRET_BYTES: usize = 20;
/// Fewest bytes of a secret made elsewhere: 128 bits (RFC 4226 section 4, R6).
pub const MIN_SECRET_BYTES: usize = 16;
/// How many steps beyond the live ones are searched to explain a refusal: 20 minutes either way.
const SKEW_SEARCH: i64 = 40;

/// A step: whole periods of 30 seconds since the epoch (RFC 6238 section 4.2, T).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(pub i64);

impl Step {
    /// The step `now` lies in.
    pub const fn at(now: Timestamp) -> Self {
        Self(now.as_secs().div_euclid(STEP_SECS))
    }
}

/// What an authenticator and we share.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret")
    }
}

impl TotpSecret {
    /// Draws a new secret of 160 bits.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// From stored bytes.
    pub const fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// From base32, spaces and case forgiven; `None` when malformed or shorter than 128 bits.
    pub fn from_base32(text: &str) -> Option<Self> {
        let plain: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| *c != ' ' && *c != '=').map(|c| c.to_ascii_uppercase()).collect());
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(plain.as_bytes()).ok()?);
        (bytes.len() >= MIN_SECRET_BYTES && bytes.len() <= 128).then_some(Self(bytes))
    }

    /// For sealing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Base32 without padding, as authenticators take it.
    pub fn to_base32(&self) -> SecretText {
        SecretText::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The code of one step: HOTP with the step as counter, dynamic truncation as in RFC 4226 section 5.3.
    pub fn code(&self, step: Step) -> u32 {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else {
            return u32::MAX; // HMAC takes keys of any length; a value no code can equal
        };
        mac.update(&step.0.to_be_bytes());
        let digest: [u8; 20] = mac.finalize().into_bytes().into();
        let offset = usize::from(digest[19] & 0xf);
        let word = [digest[offset], digest[offset + 1], digest[offset + 2], digest[offset + 3]];
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
    }

    /// The live step `code` belongs to, if any. Takes the same time whatever the code is.
    pub fn live_step(&self, code: u32, now: Timestamp) -> Option<Step> {
        let middle = Step::at(now).0;
        let mut found = Choice::from(0);
        let mut offset = 0_i64;
        for delta in [-1, 0, 1] {
            let equal = self.code(Step(middle + delta)).ct_eq(&code);
            offset.conditional_assign(&delta, equal & !found);
            found |= equal;
        }
        bool::from(found).then_some(Step(middle + offset))
    }

    /// The nearest step within 20 minutes, outside the live ones, that `code` belongs to. For explaining a refusal only.
    pub fn dead_step(&self, code: u32, now: Timestamp) -> Option<Step> {
        let middle = Step::at(now).0;
        (2..=SKEW_SEARCH)
            .flat_map(|distance| [middle - distance, middle + distance])
            .map(Step)
            .find(|step| self.code(*step) == code)
    }
}

/// The `otpauth` URI an authenticator reads from the QR code, every parameter spelled out and everything given by a person
/// percent-encoded, so that no name can add or replace a parameter.
pub fn otpauth_uri(issuer: &str, account: &str, secret: &TotpSecret) -> SecretText {
    let (issuer, account) = (percent_encode(issuer), percent_encode(account));
    SecretText::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECS}",
        secret.to_base32().expose()
    ))
}

const fn hex(digit: u8) -> char {
    b"0123456789ABCDEF"[digit as usize] as char
}

/// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;
    use proptest::prelude::*;

    fn rfc_secret() -> TotpSecret {
        TotpSecret(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    #[test]
    fn rfc_6238_appendix_b_vectors_hold() {
        for (secs, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(rfc_secret().code(Step::at(Timestamp::from_secs(secs))), code, "at {secs}");
        }
    }

    #[test]
    fn rfc_4226_appendix_d_vectors_hold() {
        let expected = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (counter, code) in (0..).zip(expected) {
            assert_eq!(rfc_secret().code(Step(counter)), code, "counter {counter}");
        }
    }

    #[test]
    fn exactly_three_steps_are_live_at_either_end_of_a_step() {
        for second in [0, 29] {
            let now = Timestamp::from_secs(1_700_000_010 + second);
            for delta in -3..=3 {
                let step = Step(Step::at(now).0 + delta);
                let live = rfc_secret().live_step(rfc_secret().code(step), now);
                assert_eq!(live, (-1..=1).contains(&delta).then_some(step), "second {second}, step {delta:+}");
            }
        }
    }

    #[test]
    fn a_code_of_a_wrong_clock_is_found_and_placed() {
        let now = Timestamp::from_secs(1_700_000_000);
        for delta in [-40, -2, 2, 17] {
            let step = Step(Step::at(now).0 + delta);
            assert_eq!(rfc_secret().dead_step(rfc_secret().code(step), now), Some(step));
        }
    }

    #[test]
    fn names_cannot_add_parameters_to_the_uri() {
        let uri = otpauth_uri("Evil&issuer=x", "a?secret=AAAA&issuer=Evil:x%\n", &rfc_secret());
        assert_eq!(
            uri.expose(),
            "otpauth://totp/Evil%26issuer%3Dx:a%3Fsecret%3DAAAA%26issuer%3DEvil%3Ax%25%0A\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Evil%26issuer%3Dx&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn secrets_are_160_bits_and_distinct() {
        let mut rng = rng(7);
        let secrets: std::collections::HashSet<String> =
            (0..200).map(|_| TotpSecret::generate(&mut rng).to_base32().expose().to_owned()).collect();
        assert_eq!(secrets.len(), 200);
        assert!(secrets.iter().all(|s| s.len() == 32));
    }

    #[test]
    fn a_secret_of_fewer_than_128_bits_is_refused() {
        assert!(TotpSecret::from_base32(&BASE32_NOPAD.encode(&[1; 15])).is_none());
        assert!(TotpSecret::from_base32("not base32!").is_none());
        assert!(TotpSecret::from_base32("gezd gnbv gy3t qojq gezd gnbv gy3t qojq").is_some());
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_a_live_code_of_the_secret(seed: u64, secs in 0_i64..20_000_000_000, code in 0_u32..1_000_000) {
            let secret = TotpSecret::generate(&mut rng(seed));
            let now = Timestamp::from_secs(secs);
            if let Some(step) = secret.live_step(code, now) {
                prop_assert_eq!(secret.code(step), code);
                prop_assert!((step.0 - Step::at(now).0).abs() <= 1);
            }
        }
    }
}
