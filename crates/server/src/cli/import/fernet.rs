//! Fernet tokens, opened and never made: AES-128-CBC under HMAC-SHA-256. Source: the Fernet specification,
//! <https://github.com/fernet/spec/blob/master/Spec.md>.
//!
//! The time in a token is not judged: what is at rest does not expire.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use aes::Aes128;
use anyhow::Context as _;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use data_encoding::{BASE64URL, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// How every token begins: the version and the first bytes of a time before the year 4147.
const BEGINNING: &str = "gAAAA";
/// Bytes of the version and the time.
const HEAD: usize = 1 + 8;
/// Bytes of the initialization vector.
const IV: usize = 16;
/// Bytes of the MAC.
const TAG: usize = 32;

/// A key: 16 bytes that sign, 16 that encrypt.
struct Key(Zeroizing<[u8; 32]>);

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    fn open(&self, token: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (signed, tag) = token.split_at_checked(token.len().checked_sub(TAG)?)?;
        let (signing, encryption) = self.0.split_at(16);
        let mut mac = Hmac::<Sha256>::new_from_slice(signing).ok()?;
        mac.update(signed);
        mac.verify_slice(tag).ok()?;
        let (_, rest) = signed.split_at_checked(HEAD)?;
        let (iv, sealed) = rest.split_at_checked(IV)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let cipher = Decryptor::<Aes128>::new_from_slices(encryption, iv).ok()?;
        let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

/// The keys of an application, of which any may have made a token, and how many tokens they met.
#[derive(Default)]
pub(super) struct Keys {
    all: Vec<Key>,
    opened: Cell<u64>,
    shut: Cell<u64>,
}

impl Keys {
    /// Reads a file of keys.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = Zeroizing::new(
            fs::read_to_string(file).with_context(|| format!("--fernet-key-file {} cannot be read", file.display()))?,
        );
        let keys: Option<Vec<Key>> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Key::parse).collect();
        let keys = keys.filter(|keys| !keys.is_empty()).with_context(|| {
            format!("--fernet-key-file {}: is not one key a line, each 32 bytes in base64url", file.display())
        })?;
        Ok(Self { all: keys, ..Self::default() })
    }

    /// The text of a field: as it stands, or out of its token. `None` for a token that no key opens.
    pub(super) fn reveal(&self, text: &str) -> Option<Zeroizing<String>> {
        if !text.starts_with(BEGINNING) {
            return Some(Zeroizing::new(text.to_owned()));
        }
        let token = BASE64URL.decode(text.as_bytes()).ok();
        let plain = token.and_then(|token| self.all.iter().find_map(|key| key.open(&token)));
        let count = if plain.is_some() { &self.opened } else { &self.shut };
        count.set(count.get() + 1);
        Some(Zeroizing::new(std::str::from_utf8(&plain?).ok()?.to_owned()))
    }

    /// Refuses keys that open nothing of what is there: they are the wrong ones, or were not given.
    pub(super) fn ensure_right(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.opened.get() > 0 || self.shut.get() == 0,
            "{}; nothing was imported",
            if self.all.is_empty() {
                "the secrets are encrypted: name the file of the Fernet key with --fernet-key-file"
            } else {
                "the Fernet key opens none of the secrets"
            }
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `generate.json` and `verify.json` of the specification.
    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    const TOKEN: &str =
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

    fn keys(of: &[&str]) -> Keys {
        Keys { all: of.iter().map(|key| Key::parse(key).unwrap()).collect(), ..Keys::default() }
    }

    #[test]
    fn the_token_of_the_specification_opens_with_any_of_the_keys() {
        let other = BASE64URL.encode(&[7; 32]);
        for all in [vec![KEY], vec![&other, KEY]] {
            let keys = keys(&all);
            assert_eq!(keys.reveal(TOKEN).as_deref().map(String::as_str), Some("hello"));
            assert!(keys.ensure_right().is_ok());
        }
        for all in [vec![], vec![other.as_str()]] {
            let keys = keys(&all);
            assert!(keys.reveal(TOKEN).is_none());
            assert!(keys.ensure_right().is_err());
        }
        assert_eq!(keys(&[]).reveal("plain").as_deref().map(String::as_str), Some("plain"));
    }

    #[test]
    fn a_token_that_was_changed_anywhere_or_cut_stays_shut() {
        let keys = keys(&[KEY]);
        let token = BASE64URL.decode(TOKEN.as_bytes()).unwrap();
        for place in 0..token.len() {
            let mut changed = token.clone();
            changed[place] ^= 1;
            assert!(keys.all[0].open(&changed).is_none(), "byte {place}");
            assert!(keys.all[0].open(&token[..place]).is_none(), "{place} bytes");
        }
    }

    #[test]
    fn what_is_not_32_bytes_is_no_key() {
        for text in ["", "hunter2", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4Q", "not base64!"] {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }
}
