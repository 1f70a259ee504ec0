//! Idempotency keys: an answer is kept, sealed, in the very commit of what it tells of, and given again to the same call.
//!
//! A call is the same when method, path and body are; another one with the same key is refused. An answer with a secret in it
//! is given again for ten minutes, any other for a day. Replies are kept, and so are wrong codes, which cost something;
//! refusals that cost nothing are decided anew.

use sha2::{Digest as _, Sha256};

use crate::decision::Refusal;
use crate::ids::{ApplicationId, KeptAnswerId};
use crate::secret::{Broken, Fault, KeyRing, Place, Sealed, SecretText, TokenHash};
use crate::time::{Duration, Timestamp};

/// How long an answer is given again.
const GIVEN: Duration = Duration::from_hours(24);
/// The same, of an answer with a secret in it.
const SECRET_GIVEN: Duration = Duration::from_mins(10);

/// An answer as it is sent.
#[derive(Clone, Debug)]
pub struct Words {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: SecretText,
    /// Whether it holds what must not be kept for long.
    pub secret: bool,
}

/// A call that is to be answered once, however often it comes.
#[derive(Clone, Debug)]
pub struct Once {
    /// Hash of the key the caller chose.
    pub key: TokenHash,
    /// Hash of the call: method, path and body.
    pub call: [u8; 32],
}

impl Once {
    /// The part of this number of a call that is several commands: answered once by itself, so that a call that broke off goes on
    /// where it stopped. No key that a caller can choose is that of a part: the number's first byte is no visible character.
    #[must_use]
    pub fn part(&self, number: u8) -> Self {
        let key = Sha256::new().chain_update([0, number]).chain_update(self.key.0).finalize();
        Self { key: TokenHash(key.into()), call: self.call }
    }
}

/// An answer as stored. What is sealed begins with the hash of the call, for a body may hold a code that could be guessed from
/// a hash beside it.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// Its row.
    pub id: KeptAnswerId,
    /// Whose.
    pub application: ApplicationId,
    /// Hash of the key the caller chose.
    pub key: TokenHash,
    /// The call's hash and the answer; blanked when its time is over.
    pub answer: Option<Sealed>,
    /// When it was first given.
    pub created_at: Timestamp,
    /// Until when it is given again.
    pub given_until: Timestamp,
    /// Until when its key is remembered.
    pub expires_at: Timestamp,
}

impl KeptAnswer {
    const fn place(id: KeptAnswerId, application: ApplicationId) -> Place {
        Place { table: "kept_answers", column: "answer", row: id.uuid(), owner: application.uuid() }
    }

    /// Seals an answer to be kept from `now` on.
    pub(crate) fn of(
        once: &Once,
        words: &Words,
        application: ApplicationId,
        now: Timestamp,
        keys: &KeyRing,
        rng: &mut dyn rand::CryptoRng,
    ) -> Self {
        let id = KeptAnswerId::new(now, rng);
        let mut plain = zeroize::Zeroizing::new(once.call.to_vec());
        plain.extend_from_slice(&words.status.to_be_bytes());
        plain.extend_from_slice(words.body.expose().as_bytes());
        Self {
            id,
            application,
            key: once.key,
            answer: Some(keys.seal(&Self::place(id, application), &plain, rng)),
            created_at: now,
            given_until: now + if words.secret { SECRET_GIVEN } else { GIVEN },
            expires_at: now + GIVEN,
        }
    }

    /// Whether its key is remembered at `now`. One from the future was kept by a wrong clock.
    pub(crate) fn is_remembered(&self, now: Timestamp) -> bool {
        self.created_at <= now && now < self.expires_at
    }

    /// The answer, for the same call.
    pub(crate) fn again(&self, once: &Once, now: Timestamp, keys: &KeyRing) -> Result<Result<Words, Refusal>, Broken> {
        let Some(answer) = &self.answer else { return Ok(Err(Refusal::ReplayExpired)) };
        let place = Self::place(self.id, self.application);
        let plain = keys.open(&place, answer)?;
        let altered = || place.broken(Fault::Altered);
        let (call, rest) = plain.split_at_checked(32).ok_or_else(altered)?;
        let (status, body) = rest.split_at_checked(2).ok_or_else(altered)?;
        if call != once.call {
            return Ok(Err(Refusal::IdempotencyKeyReused));
        }
        if now >= self.given_until {
            return Ok(Err(Refusal::ReplayExpired));
        }
        let status = u16::from_be_bytes(status.try_into().map_err(|_| altered())?);
        let body = SecretText::new(std::str::from_utf8(body).map_err(|_| altered())?);
        Ok(Ok(Words { status, body, secret: self.given_until < self.expires_at }))
    }
}
