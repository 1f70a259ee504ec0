//! Password hashes made by Django: checked at the next login, and replaced by one of ours then.
//!
//! | form | made by |
//! |---|---|
//! | `pbkdf2_sha256$rounds$salt$base64`, `pbkdf2_sha1$…` | PBKDF2 |
//! | `bcrypt_sha256$$2b$…` | bcrypt over the hexadecimal SHA-256 of the password |
//! | `bcrypt$$2b$…` | bcrypt over the password, of which 72 bytes count |
//! | `scrypt$n$salt$r$p$base64` | scrypt |
//! | `argon2$argon2id$v=19$…` | Argon2 |
//!
//! A hash carries its own costs, and an import could name any: those beyond [`is_known`]'s bounds are no hashes at all.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Argon2, Params, PasswordVerifier};
use data_encoding::{BASE64, HEXLOWER};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The most rounds of PBKDF2: several times what Django uses.
const MOST_ROUNDS: u32 = 5_000_000;
/// The highest cost of bcrypt, as a power of two: about a second of work.
const MOST_BCRYPT: u32 = 15;
/// The most memory one check may take.
const MOST_KIB: u32 = 256 * 1024;
/// The most memory one check may go over, all passes together.
const MOST_KIB_WRITTEN: u32 = 1024 * 1024;

/// A hash, taken apart and within bounds.
enum Hash<'a> {
    Pbkdf2Sha256 { rounds: u32, salt: &'a str, hash: Vec<u8> },
    Pbkdf2Sha1 { rounds: u32, salt: &'a str, hash: Vec<u8> },
    BcryptSha256(&'a str),
    Bcrypt(&'a str),
    Scrypt { params: scrypt::Params, salt: &'a str, hash: Vec<u8> },
    Argon2(Box<Phc>),
}

/// Whether this is a hash that can be checked, Django's or one of ours, at costs this server bears.
pub fn is_known(stored: &str) -> bool {
    parse(stored).is_some()
}

/// Whether a password is that of a hash. What is not [`is_known`] is nobody's password.
pub(crate) fn verify(password: &str, stored: &str) -> bool {
    let password = password.as_bytes();
    match parse(stored) {
        None => false,
        Some(Hash::Pbkdf2Sha256 { rounds, salt, hash }) => {
            let mut made = Zeroizing::new([0; 32]);
            pbkdf2::pbkdf2_hmac::<Sha256>(password, salt.as_bytes(), rounds, made.as_mut());
            made.ct_eq(hash.as_slice()).into()
        }
        Some(Hash::Pbkdf2Sha1 { rounds, salt, hash }) => {
            let mut made = Zeroizing::new([0; 20]);
            pbkdf2::pbkdf2_hmac::<Sha1>(password, salt.as_bytes(), rounds, made.as_mut());
            made.ct_eq(hash.as_slice()).into()
        }
        Some(Hash::BcryptSha256(bcrypt)) => {
            let digest = Zeroizing::new(HEXLOWER.encode(&Sha256::digest(password)));
            bcrypt::verify(digest.as_bytes(), bcrypt).unwrap_or(false)
        }
        Some(Hash::Bcrypt(bcrypt)) => bcrypt::verify(password, bcrypt).unwrap_or(false),
        Some(Hash::Scrypt { params, salt, hash }) => {
            let mut made = Zeroizing::new([0; 64]);
            let done = scrypt::scrypt(password, salt.as_bytes(), &params, made.as_mut());
            done.is_ok() && made.ct_eq(hash.as_slice()).into()
        }
        Some(Hash::Argon2(phc)) => Argon2::default().verify_password(password, &*phc).is_ok(),
    }
}

fn parse(stored: &str) -> Option<Hash<'_>> {
    if stored.starts_with("$argon2") {
        return argon2(stored);
    }
    let (algorithm, rest) = stored.split_once('$')?;
    match algorithm {
        "pbkdf2_sha256" => pbkdf2(rest, 32).map(|(rounds, salt, hash)| Hash::Pbkdf2Sha256 { rounds, salt, hash }),
        "pbkdf2_sha1" => pbkdf2(rest, 20).map(|(rounds, salt, hash)| Hash::Pbkdf2Sha1 { rounds, salt, hash }),
        "bcrypt_sha256" => bcrypt_within(rest).then_some(Hash::BcryptSha256(rest)),
        "bcrypt" => bcrypt_within(rest).then_some(Hash::Bcrypt(rest)),
        "scrypt" => scrypt_of(rest),
        "argon2" => argon2(stored.strip_prefix("argon2")?),
        _ => None,
    }
}

fn pbkdf2(rest: &str, length: usize) -> Option<(u32, &str, Vec<u8>)> {
    let mut parts = rest.split('$');
    let (rounds, salt, hash) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    let hash = BASE64.decode(hash.as_bytes()).ok()?;
    let fits = (1..=MOST_ROUNDS).contains(&rounds) && !salt.is_empty() && hash.len() == length;
    (fits && parts.next().is_none()).then_some((rounds, salt, hash))
}

fn bcrypt_within(bcrypt: &str) -> bool {
    bcrypt.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() <= MOST_BCRYPT)
}

fn scrypt_of(rest: &str) -> Option<Hash<'_>> {
    let mut parts = rest.split('$');
    let n: u32 = parts.next()?.parse().ok()?;
    let salt = parts.next()?;
    let (r, p): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let hash = BASE64.decode(parts.next()?.as_bytes()).ok()?;
    // A block is 128 bytes (RFC 7914).
    let kib = n.checked_mul(r)? / 8;
    let fits = n.is_power_of_two() && kib <= MOST_KIB && kib.checked_mul(p)? <= MOST_KIB_WRITTEN && p <= 64;
    if !fits || hash.len() != 64 || salt.is_empty() || parts.next().is_some() {
        return None;
    }
    let params = scrypt::Params::new(u8::try_from(n.ilog2()).ok()?, r, p).ok()?;
    Some(Hash::Scrypt { params, salt, hash })
}

fn argon2(phc: &str) -> Option<Hash<'_>> {
    let parsed = Phc::new(phc).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    let kib = params.m_cost();
    let fits = kib <= MOST_KIB && kib.checked_mul(params.t_cost())? <= MOST_KIB_WRITTEN && params.p_cost() <= 64;
    (fits && parsed.hash.is_some() && parsed.salt.is_some()).then(|| Hash::Argon2(Box::new(parsed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "correct horse ünd 🔑";

    /// Made by Django 5.2.19's own hashers, all but the last at low costs.
    const MADE_BY_DJANGO: [&str; 7] = [
        "pbkdf2_sha256$1000$seasalt2seasalt2seasalt2$yrLOsR1rKMloOPPmWy4rVo7Q0RDEuiHDqsFvCLcfkog=",
        "pbkdf2_sha1$1000$seasalt2seasalt2seasalt2$NuNYclJJOKql1c3yE7HQtbUc5uk=",
        "bcrypt_sha256$$2b$04$yJZ8OM9/F8DzlN5gNYQrxumjhPJg9IRwzj45YsDT.hP9x4nn72vWm",
        "bcrypt$$2b$04$ukCk9DRMuZti94G.gSbgU.Bru4KHODBulYrfmrnaaONSVtZSe1Ziq",
        "scrypt$64$seasalt2seasalt2seasalt2$8$5$u8o1T9ljbGiYoiQjFACtj0fmbq/2vD8TEyPmvyBO1nHfxq/d/Eb6Fq6CDUFbiKO0FlvrAisKFCLTzjczfjwzsw==",
        "argon2$argon2id$v=19$m=64,t=1,p=2$c2Vhc2FsdDJzZWFzYWx0MnNlYXNhbHQy$r8o0+RJXqcJ2R763MhVeVTktNlMX5ElYp4BZ1A7Eauo",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$c2Vhc2FsdDJzZWFzYWx0MnNlYXNhbHQy$exz7LSile1z/pfV91cUkVeztP+YkKJ1SgCxDgp4nWbc",
    ];

    #[test]
    fn what_django_made_verifies_and_nothing_near_it_does() {
        for stored in MADE_BY_DJANGO {
            assert!(verify(PASSWORD, stored), "{stored}");
            assert!(!verify("correct horse und 🔑", stored), "{stored}");
            assert!(!verify("", stored), "{stored}");
        }
    }

    #[test]
    fn bcrypt_over_sha_256_counts_the_whole_password() {
        let stored = "bcrypt_sha256$$2b$04$DK0ITSfc/xgUclM3rbAOPeO.RvfTlmKQmP9XxWrVM6KXCr5/Jmmo6";
        let password = "0123456789".repeat(10);
        assert!(verify(&password, stored));
        assert!(!verify(&password[..72], stored));
    }

    #[test]
    fn costs_that_would_take_the_machine_and_malformed_hashes_are_unknown() {
        let (hash32, hash64) = (BASE64.encode(&[0; 32]), BASE64.encode(&[0; 64]));
        let bcrypt = |cost: &str| format!("bcrypt$$2b${cost}$ukCk9DRMuZti94G.gSbgU.Bru4KHODBulYrfmrnaaONSVtZSe1Ziq");
        let argon2 = |costs: &str| {
            format!("argon2$argon2id$v=19${costs}$c2Vhc2FsdDJzZWFzYWx0Mg$r8o0+RJXqcJ2R763MhVeVTktNlMX5ElYp4BZ1A7Eauo")
        };
        assert!(is_known(&format!("pbkdf2_sha256$1000000$salt${hash32}")) && is_known(&bcrypt("12")));
        assert!(is_known(&argon2("m=102400,t=2,p=8")) && is_known(&format!("scrypt$16384$salt$8$5${hash64}")));
        for refused in [
            format!("pbkdf2_sha256$4000000000$salt${hash32}"),
            format!("pbkdf2_sha256$0$salt${hash32}"),
            format!("pbkdf2_sha256$1000$salt${hash64}"),
            format!("pbkdf2_sha256$1000$salt${hash32}$more"),
            format!("pbkdf2_md5$1000$salt${hash32}"),
            bcrypt("31"),
            bcrypt("16"),
            format!("scrypt$1073741824$salt$8$1${hash64}"),
            format!("scrypt$16385$salt$8$1${hash64}"),
            format!("scrypt$16384$salt$4294967295$1${hash64}"),
            format!("scrypt$16384$salt$8$1000000${hash64}"),
            argon2("m=4194304,t=1,p=1"),
            argon2("m=65536,t=1000000,p=1"),
            "md5$salt$0123".to_owned(),
            "!".to_owned(),
            String::new(),
        ] {
            assert!(!is_known(&refused) && !verify(PASSWORD, &refused), "{refused}");
        }
    }
}
