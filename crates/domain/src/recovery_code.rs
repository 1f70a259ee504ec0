//! Recovery codes: ten of `XXXX-XXXX-XXXX` in Crockford's base32, 60 random bits each, used once.
//!
//! Stored as HMAC(pepper, user id ‖ code): with fewer than 112 bits a plain hash could be searched, so the key stands outside
//! the database. Shown once, when they are made.

pub mod set;

use std::fmt;

use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ids::{RecoveryCodeId, UserId};
use crate::secret::{Broken, Fault, KeyRing, PepperedHash, SecretText};
use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SYMBOLS: usize = 12;

/// A recovery code in its one spelling: twelve upper-case symbols.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; SYMBOLS]);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode")
    }
}

impl RecoveryCode {
    /// Draws a code: twelve symbols of five bits.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0; SYMBOLS];
        rng.fill_bytes(&mut bytes);
        Self(bytes.map(|byte| ALPHABET[usize::from(byte & 31)]))
    }

    /// Reads a code: any case, spaces and dashes ignored, O for 0, I and L for 1.
    pub fn parse(text: &str) -> Option<Self> {
        let mut symbols =
            text.bytes().filter(|byte| !b" -".contains(byte)).map(|byte| match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            });
        let mut code = Self([0; SYMBOLS]);
        for place in &mut code.0 {
            *place = symbols.next().filter(|symbol| ALPHABET.contains(symbol))?;
        }
        symbols.next().is_none().then_some(code)
    }

    /// As a person reads it.
    pub fn to_text(&self) -> SecretText {
        let groups: Vec<&str> = self.0.chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        SecretText::new(groups.join("-"))
    }

    pub(crate) fn hash(&self, user: UserId, keys: &KeyRing) -> PepperedHash {
        keys.peppered("recovery-code", &[user.uuid().as_bytes(), &self.0])
    }
}

/// A code as stored: of the current set, or a bypass code ([`crate::administrator::bypass`]).
#[derive(Clone, Debug)]
pub struct StoredRecoveryCode {
    /// Its row.
    pub id: RecoveryCodeId,
    /// Its hash and pepper.
    pub hash: PepperedHash,
    /// Whether it was used up.
    pub used: bool,
    /// When it is good no more: a bypass code has an end, those of the set have none.
    pub expires_at: Option<Timestamp>,
}

impl StoredRecoveryCode {
    /// A drawn code, as it is stored.
    pub(crate) fn of(
        code: &RecoveryCode,
        user: UserId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
        context: (&KeyRing, &mut dyn CryptoRng),
    ) -> Self {
        let (keys, rng) = context;
        Self { id: RecoveryCodeId::new(now, rng), hash: code.hash(user, keys), used: false, expires_at }
    }
}

/// How many of a set are left.
pub fn unused(stored: &[StoredRecoveryCode]) -> usize {
    stored.iter().filter(|code| !code.used && code.expires_at.is_none()).count()
}

/// Draws a new set.
pub fn generate_set(
    user: UserId,
    count: usize,
    now: Timestamp,
    keys: &KeyRing,
    rng: &mut dyn CryptoRng,
) -> (Vec<SecretText>, Vec<StoredRecoveryCode>) {
    (0..count)
        .map(|_| {
            let code = RecoveryCode::generate(rng);
            let stored = StoredRecoveryCode::of(&code, user, None, now, (keys, rng));
            (code.to_text(), stored)
        })
        .unzip()
}

/// Finds the code that was typed, used and over or not. Every stored code is compared, in constant time.
pub fn find(
    typed: &RecoveryCode,
    user: UserId,
    stored: &[StoredRecoveryCode],
    keys: &KeyRing,
) -> Result<Option<StoredRecoveryCode>, Broken> {
    let mut found = None;
    for code in stored {
        let matches = keys
            .pepper_matches(&code.hash, "recovery-code", &[user.uuid().as_bytes(), &typed.0])
            .map_err(|key| Broken { table: "recovery_codes", column: "code_hash", fault: Fault::MissingKey(key) })?;
        if matches {
            found = Some(code.clone());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    #[test]
    fn a_code_reads_back_however_it_is_spelled() {
        let code = RecoveryCode::generate(&mut rng(1));
        let text = code.to_text().expose().to_owned();
        assert_eq!(text.len(), 14);
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(RecoveryCode::parse(&sloppy), Some(code));
    }

    #[test]
    fn other_lengths_and_letters_are_not_codes() {
        for text in ["", "AAAA-BBBB", "AAAA-BBBB-CCCC-D", "AAAA-BBBB-CCCU", "ÄAAA-BBBB-CCCC"] {
            assert_eq!(RecoveryCode::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_same_code_of_two_people_is_stored_differently() {
        let keys = KeyRing::generate(&mut rng(1));
        let code = RecoveryCode::generate(&mut rng(2));
        let (a, b) = (UserId::new(Timestamp::EPOCH, &mut rng(3)), UserId::new(Timestamp::EPOCH, &mut rng(4)));
        assert_ne!(code.hash(a, &keys), code.hash(b, &keys));
    }

    #[test]
    fn symbols_are_drawn_evenly() {
        let mut rng = rng(5);
        let mut counts = [0_u32; 256];
        for _ in 0..20_000 {
            for symbol in RecoveryCode::generate(&mut rng).0 {
                counts[usize::from(symbol)] += 1;
            }
        }
        // 240,000 draws over 32 symbols: chi-square with 31 degrees of freedom stays below 61.1 with p = 0.999.
        let chi: f64 = ALPHABET.iter().map(|s| (f64::from(counts[usize::from(*s)]) - 7500.0).powi(2) / 7500.0).sum();
        assert!(chi < 61.1, "chi-square {chi}");
    }
}
