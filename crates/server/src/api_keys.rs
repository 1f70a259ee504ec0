//! Whose a key is, and how often it called: what never changes of a key is remembered, so that a call costs no question of its
//! own, and its calls are counted by the minute, on this node. Whether a key still lives is read with every command.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::application::keyed::KeyHolder;
use domain::ids::AdminKeyId;
use domain::secret::TokenHash;
use store::{Db, StoreError};
use tokio::time::Instant;

/// Keys that are remembered. Beyond it, all are forgotten and asked for again.
const REMEMBERED: usize = 10_000;

/// What calls are counted by.
const WINDOW: Duration = Duration::from_mins(1);

/// The keys of one kind that this process has seen, and who holds them. Those that do not exist are not among them.
#[derive(Debug)]
pub struct Keys<H> {
    /// Calls of a key in a minute.
    limit: u32,
    seen: Mutex<HashMap<[u8; 32], Seen<H>>>,
}

/// Those of applications.
pub type ApiKeys = Keys<KeyHolder>;

/// Those of the administration.
pub type AdminKeys = Keys<AdminKeyId>;

#[derive(Debug)]
struct Seen<H> {
    holder: H,
    since: Instant,
    calls: u32,
}

/// How many calls a key has left, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls in a minute.
    pub limit: u32,
    /// Calls left of them.
    pub left: u32,
    /// Seconds until they begin anew.
    pub seconds: u64,
    /// Whether this call was one too many.
    pub spent: bool,
}

impl ApiKeys {
    /// Who has a key; `None` when nobody has it.
    pub async fn holder(&self, db: &Db, key: TokenHash) -> Result<Option<KeyHolder>, StoreError> {
        if let Some(known) = self.known(&key) {
            return Ok(Some(known));
        }
        let found = db.api_key(&key).await?.filter(|found| found.revoked_at.is_none());
        Ok(found.map(|found| self.remember(&key, KeyHolder { key: found.id, application: found.application })))
    }
}

impl AdminKeys {
    /// Which key it is; `None` when there is none.
    pub async fn holder(&self, db: &Db, key: TokenHash) -> Result<Option<AdminKeyId>, StoreError> {
        if let Some(known) = self.known(&key) {
            return Ok(Some(known));
        }
        let found = db.admin_key(&key).await?.filter(|found| found.revoked_at.is_none());
        Ok(found.map(|found| self.remember(&key, found.id)))
    }
}

impl<H: Copy> Keys<H> {
    /// With so many calls of a key in a minute.
    pub fn new(limit: u32) -> Self {
        Self { limit, seen: Mutex::default() }
    }

    fn known(&self, key: &TokenHash) -> Option<H> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&key.0).map(|seen| seen.holder)
    }

    fn remember(&self, key: &TokenHash, holder: H) -> H {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.entry(key.0).or_insert(Seen { holder, since: Instant::now(), calls: 0 });
        holder
    }

    /// Counts a call of a key that is known; `None` where it is not.
    pub fn count(&self, key: &TokenHash) -> Option<Quota> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get_mut(&key.0)?;
        if seen.since.elapsed() >= WINDOW {
            (seen.since, seen.calls) = (Instant::now(), 0);
        }
        seen.calls = seen.calls.saturating_add(1);
        let rest = WINDOW.saturating_sub(seen.since.elapsed());
        let seconds = rest.as_secs() + u64::from(rest.subsec_nanos() > 0);
        let left = self.limit.saturating_sub(seen.calls);
        Some(Quota { limit: self.limit, left, seconds, spent: seen.calls > self.limit })
    }
}
