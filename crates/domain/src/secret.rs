//! Keys and what is done with them: sealing (reversible), hashing (not), signing keys. Pure functions of their arguments.
//!
//! A [`KeyRing`] holds root keys of 256 bits, the active one first. From each root HKDF-SHA-256 (RFC 5869) derives one key
//! per purpose, so that nothing made for one purpose is of use for another. A key's id is the beginning of its own hash:
//! a ring cannot name a wrong key.
//!
//! A sealed value is `1 ‖ key id (4) ‖ nonce (24) ‖ XChaCha20-Poly1305 ciphertext`; where it stands (table, column, row and
//! owner) is authenticated with it, so a value copied into another row does not open. What cannot be opened is
//! [`Broken`], never "not there".

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Text that must not be shown: no `Display`, redacted `Debug`, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Shows it, to whoever must have it. Every use of this is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A token carried by a machine: 256 random bits, base64url without padding (43 characters).
pub fn new_token(rng: &mut dyn CryptoRng) -> SecretText {
    let mut bytes = Zeroizing::new([0; 32]);
    rng.fill_bytes(bytes.as_mut());
    SecretText::new(BASE64URL_NOPAD.encode(bytes.as_ref()))
}

/// What is stored of a token, and looked up by: SHA-256 of its text. A token has 256 random bits, so no key is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Hashes a token as it was received; any text will do.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Names a root key: the first four bytes of its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// From the four bytes at the head of a sealed value.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The four bytes.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }

    /// From its eight hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&HEXLOWER.decode(text.as_bytes()).ok()?)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A value that cannot be trusted: its key is missing, it does not open, or what must be there is not. The command fails
/// closed and the operator is told; nobody is told "no second factor".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}.{column}: {fault}")]
pub struct Broken {
    /// Where it is stored.
    pub table: &'static str,
    /// In which column.
    pub column: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a [`Broken`] value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The ring has no key of this id.
    #[error("sealed or hashed with key {0}, which the key ring does not hold")]
    MissingKey(KeyId),
    /// The ciphertext was altered, cut, or moved from another row.
    #[error("does not open: altered, or moved from another row")]
    Altered,
    /// A row or value that must exist does not.
    #[error("missing where it must exist")]
    Missing,
}

/// Where a sealed value stands. It opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Table name.
    pub table: &'static str,
    /// Column name.
    pub column: &'static str,
    /// The row's id.
    pub row: Uuid,
    /// Whose row it is; nil where a row has no owner.
    pub owner: Uuid,
}

impl Place {
    fn aad(&self) -> Vec<u8> {
        let mut aad = Vec::with_capacity(80);
        for part in [self.table.as_bytes(), self.column.as_bytes()] {
            aad.extend_from_slice(part);
            aad.push(0);
        }
        aad.extend_from_slice(self.row.as_bytes());
        aad.extend_from_slice(self.owner.as_bytes());
        aad
    }

    /// The fault of the value that stands here.
    pub fn broken(&self, fault: Fault) -> Broken {
        Broken { table: self.table, column: self.column, fault }
    }
}

/// A sealed value: safe to store, of no use without the ring.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// From the database.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// For the database.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key it was sealed with, when the head is whole.
    pub fn key_id(&self) -> Option<KeyId> {
        (self.0.first() == Some(&SEAL_VERSION)).then(|| self.0.get(1..5).and_then(KeyId::from_bytes)).flatten()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A keyed hash of something short enough to be guessed, with the id of the pepper that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PepperedHash {
    /// Which root key's pepper.
    pub pepper: KeyId,
    /// HMAC-SHA-256.
    pub hash: [u8; 32],
}

const SEAL_VERSION: u8 = 1;
const HEAD: usize = 1 + 4 + 24;

struct Keys {
    id: KeyId,
    root: Zeroizing<[u8; 32]>,
    seal: XChaCha20Poly1305,
    pepper: Zeroizing<[u8; 32]>,
    index: Zeroizing<[u8; 32]>,
    signing: ed25519_dalek::SigningKey,
    checkpoint: ed25519_dalek::SigningKey,
    receipt: ed25519_dalek::SigningKey,
}

impl Keys {
    fn derive(root: Zeroizing<[u8; 32]>) -> Self {
        let derive = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            match Hkdf::<Sha256>::new(Some(b"twinlock"), root.as_ref()).expand(purpose.as_bytes(), key.as_mut()) {
                Ok(()) => key,
                Err(_) => unreachable!("HKDF gives up to 255 blocks, and one was asked for"),
            }
        };
        Self {
            id: KeyId(Sha256::digest(root.as_ref())[..4].try_into().unwrap_or_default()),
            seal: XChaCha20Poly1305::new(&(*derive("seal")).into()),
            pepper: derive("pepper"),
            index: derive("blind-index"),
            signing: ed25519_dalek::SigningKey::from_bytes(&derive("access-token")),
            checkpoint: ed25519_dalek::SigningKey::from_bytes(&derive("audit-checkpoint")),
            receipt: ed25519_dalek::SigningKey::from_bytes(&derive("receipt")),
            root,
        }
    }
}

/// The root keys of an installation, the active one first.
pub struct KeyRing(Vec<Keys>);

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

/// Why a text is not a key ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// Nothing in it.
    #[error("holds no key")]
    Empty,
    /// An entry is not 43 base64url characters.
    #[error("key number {0} is not 32 bytes in base64url (43 characters)")]
    Malformed(usize),
    /// An entry stands twice.
    #[error("key number {0} is there twice")]
    Duplicate(usize),
    /// All bytes equal: a placeholder, not a key.
    #[error("key number {0} is a placeholder, not a random key")]
    Weak(usize),
}

impl KeyRing {
    /// Reads keys of 43 base64url characters separated by commas or white space, the active one first.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<Keys> = Vec::new();
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        for (number, entry) in (1..).zip(entries) {
            let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(entry.as_bytes()).unwrap_or_default());
            let root: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyRingError::Malformed(number))?;
            if root.iter().all(|byte| *byte == root[0]) {
                return Err(KeyRingError::Weak(number));
            }
            let key = Keys::derive(Zeroizing::new(root));
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyRingError::Duplicate(number));
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self(keys)) }
    }

    /// A ring of one new key.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut root = Zeroizing::new([0; 32]);
        rng.fill_bytes(root.as_mut());
        Self(vec![Keys::derive(root)])
    }

    /// The text [`KeyRing::parse`] reads, one key a line.
    pub fn to_text(&self) -> SecretText {
        let lines: Vec<String> = self.0.iter().map(|key| BASE64URL_NOPAD.encode(key.root.as_ref())).collect();
        SecretText::new(lines.join("\n"))
    }

    /// The ids of all keys, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(|key| key.id)
    }

    fn active(&self) -> &Keys {
        &self.0[0]
    }

    fn find(&self, id: KeyId) -> Option<&Keys> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Seals `plain` for one place, with the active key and a nonce from `rng`.
    pub fn seal(&self, place: &Place, plain: &[u8], rng: &mut dyn CryptoRng) -> Sealed {
        let key = self.active();
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let aad = place.aad();
        // Encryption fails only for a plaintext of more than 256 GiB; an empty body would then not open: fail closed.
        let body = key.seal.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad }).unwrap_or_default();
        let mut out = Vec::with_capacity(HEAD + body.len());
        out.push(SEAL_VERSION);
        out.extend_from_slice(&key.id.0);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        Sealed(out)
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Broken> {
        let id = sealed.key_id().ok_or_else(|| place.broken(Fault::Altered))?;
        let key = self.find(id).ok_or_else(|| place.broken(Fault::MissingKey(id)))?;
        let (Some(nonce), Some(body)) = (sealed.0.get(5..HEAD), sealed.0.get(HEAD..)) else {
            return Err(place.broken(Fault::Altered));
        };
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| place.broken(Fault::Altered))?;
        key.seal
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: &place.aad() })
            .map(Zeroizing::new)
            .map_err(|_| place.broken(Fault::Altered))
    }

    /// Hashes something guessable under the active pepper. `purpose` keeps hashes of different kinds apart.
    pub fn peppered(&self, purpose: &str, parts: &[&[u8]]) -> PepperedHash {
        let key = self.active();
        PepperedHash { pepper: key.id, hash: keyed_hash(&key.pepper, purpose, parts) }
    }

    /// Whether the parts hash to `stored`, in constant time; `None` when the ring lacks the pepper.
    pub fn pepper_matches(&self, stored: &PepperedHash, purpose: &str, parts: &[&[u8]]) -> Result<bool, KeyId> {
        let key = self.find(stored.pepper).ok_or(stored.pepper)?;
        Ok(keyed_hash(&key.pepper, purpose, parts).ct_eq(&stored.hash).into())
    }

    /// A blind index: the same value gives the same bytes, and without the key nobody learns which value.
    pub fn blind_index(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        keyed_hash(&self.active().index, purpose, parts)
    }

    /// The key that signs access tokens, with its id.
    pub fn signing_key(&self) -> (KeyId, &ed25519_dalek::SigningKey) {
        (self.active().id, &self.active().signing)
    }

    /// The key that signs checkpoints of the audit log.
    pub fn checkpoint_key(&self) -> &ed25519_dalek::SigningKey {
        &self.active().checkpoint
    }

    /// The public keys of checkpoints: the active one and those before it.
    pub fn checkpoint_public_keys(&self) -> impl Iterator<Item = [u8; 32]> {
        self.0.iter().map(|key| key.checkpoint.verifying_key().to_bytes())
    }

    /// The key that signs receipts, with the name it is published under.
    pub fn receipt_key(&self) -> (String, &ed25519_dalek::SigningKey) {
        (receipt_name(self.active().id), &self.active().receipt)
    }

    /// The keys receipts are verified with, by name: the active one and those before it.
    pub fn receipt_public_keys(&self) -> impl Iterator<Item = (String, ed25519_dalek::VerifyingKey)> {
        self.0.iter().map(|key| (receipt_name(key.id), key.receipt.verifying_key()))
    }

    /// The keys access tokens are verified with: the active one and those before it.
    pub fn verifying_keys(&self) -> impl Iterator<Item = (KeyId, ed25519_dalek::VerifyingKey)> {
        self.0.iter().map(|key| (key.id, key.signing.verifying_key()))
    }
}

/// No access token names this key.
fn receipt_name(id: KeyId) -> String {
    format!("{id}.receipt")
}

/// HMAC-SHA-256 over the purpose and the parts, each with its length before it: no two lists of parts read the same.
fn keyed_hash(key: &[u8; 32], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes keys of any length") };
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    fn place() -> Place {
        Place { table: "factors", column: "secret", row: Uuid::from_u128(1), owner: Uuid::from_u128(2) }
    }

    #[test]
    fn what_is_sealed_opens_only_where_it_was_sealed() {
        let ring = KeyRing::generate(&mut rng(1));
        let sealed = ring.seal(&place(), b"secret", &mut rng(2));
        assert_eq!(ring.open(&place(), &sealed).unwrap().as_slice(), b"secret");
        for other in [
            Place { table: "enrollments", ..place() },
            Place { column: "other", ..place() },
            Place { row: Uuid::from_u128(3), ..place() },
            Place { owner: Uuid::from_u128(3), ..place() },
        ] {
            assert_eq!(ring.open(&other, &sealed).unwrap_err().fault, Fault::Altered);
        }
    }

    #[test]
    fn any_altered_or_missing_byte_is_refused() {
        let ring = KeyRing::generate(&mut rng(1));
        let sealed = ring.seal(&place(), b"secret", &mut rng(2));
        for at in 0..sealed.0.len() {
            let mut altered = sealed.clone();
            altered.0[at] ^= 1;
            assert!(ring.open(&place(), &altered).is_err(), "byte {at}");
            assert!(ring.open(&place(), &Sealed(sealed.0[..at].to_vec())).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_ring_without_the_key_names_the_key() {
        let ring = KeyRing::generate(&mut rng(1));
        let sealed = ring.seal(&place(), b"secret", &mut rng(2));
        let other = KeyRing::generate(&mut rng(3));
        assert_eq!(other.open(&place(), &sealed).unwrap_err().fault, Fault::MissingKey(ring.ids().next().unwrap()));
    }

    #[test]
    fn a_ring_survives_its_own_text_and_keeps_old_keys() {
        let old = KeyRing::generate(&mut rng(1));
        let new = KeyRing::generate(&mut rng(2));
        let both = KeyRing::parse(&format!("{}, {}", new.to_text().expose(), old.to_text().expose())).unwrap();
        assert_eq!(both.ids().collect::<Vec<_>>(), new.ids().chain(old.ids()).collect::<Vec<_>>());
        let sealed = old.seal(&place(), b"secret", &mut rng(3));
        assert!(both.open(&place(), &sealed).is_ok());
        assert_eq!(both.seal(&place(), b"x", &mut rng(3)).key_id(), new.ids().next());
    }

    #[test]
    fn a_wrong_ring_is_refused_with_its_reason() {
        let key = KeyRing::generate(&mut rng(1)).to_text();
        assert_eq!(KeyRing::parse(" ").unwrap_err(), KeyRingError::Empty);
        assert_eq!(KeyRing::parse("short").unwrap_err(), KeyRingError::Malformed(1));
        assert_eq!(KeyRing::parse(&format!("{0},{0}", key.expose())).unwrap_err(), KeyRingError::Duplicate(2));
        assert_eq!(KeyRing::parse(&"A".repeat(43)).unwrap_err(), KeyRingError::Weak(1));
    }

    #[test]
    fn nothing_secret_is_shown_by_debug() {
        let ring = KeyRing::generate(&mut rng(1));
        let text = ring.to_text();
        assert!(!format!("{ring:?} {text:?}").contains(text.expose()));
    }

    #[test]
    fn parts_of_a_keyed_hash_cannot_be_shifted() {
        let ring = KeyRing::generate(&mut rng(1));
        assert_ne!(ring.blind_index("p", &[b"ab", b"c"]), ring.blind_index("p", &[b"a", b"bc"]));
        assert_ne!(ring.blind_index("p", &[b"ab"]), ring.blind_index("q", &[b"ab"]));
    }
}
