//! What one thread hashes with.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use domain::user::PasswordHash;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::django_hash;
use crate::fault::Fault;

/// Parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Argon2id with today's parameters, and its memory while there is one password after the other.
pub(super) struct Desk {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Desk {
    pub(super) fn new() -> Result<Self, Fault> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| Fault::plain(format!("Argon2 refuses its parameters: {error}")))?;
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory: Vec::new() })
    }

    /// Hashes a new password.
    pub(super) fn hash(&self, password: &str, salt: &[u8; 16]) -> Result<PasswordHash, Fault> {
        hash(&self.argon2, password, salt)
    }

    /// Whether a password is that of a hash, made with today's parameters or others.
    pub(super) fn verify(&mut self, password: &str, stored: &str) -> bool {
        if is_todays(stored) {
            self.verify_todays(password, stored).unwrap_or(false)
        } else {
            django_hash::verify(password, stored)
        }
    }

    fn verify_todays(&mut self, password: &str, stored: &str) -> Option<bool> {
        let stored = Phc::new(stored).ok()?;
        let (salt, hash) = (stored.salt?, stored.hash?);
        let mut made = Zeroizing::new(vec![0; hash.len()]);
        self.memory.resize_with(self.argon2.params().block_count(), Block::new);
        self.argon2.hash_password_into_with_memory(password.as_bytes(), &salt, made.as_mut(), &mut self.memory).ok()?;
        Some(made.ct_eq(hash.as_bytes()).into())
    }

    /// Gives the memory back to the system.
    pub(super) fn clear(&mut self) {
        self.memory = Vec::new();
    }

    #[cfg(test)]
    pub(super) fn has_memory(&self) -> bool {
        !self.memory.is_empty()
    }
}

/// Hashes a password with an Argon2 of any parameters.
pub(super) fn hash(argon2: &Argon2<'static>, password: &str, salt: &[u8; 16]) -> Result<PasswordHash, Fault> {
    let made: Phc = argon2
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| Fault::plain(format!("a password could not be hashed: {error}")))?;
    Ok(PasswordHash::new(made.to_string()))
}

/// Whether a hash was made with the parameters of today.
pub(super) fn is_todays(stored: &str) -> bool {
    stored.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}
