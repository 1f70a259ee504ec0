//! Whose a key is: what never changes of one, remembered, so that a call costs no question of its own. Whether a key still
//! lives is read with every command.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::application::keyed::KeyHolder;
use domain::secret::TokenHash;
use store::{Db, StoreError};

/// Keys that are remembered. Beyond it, all are forgotten and asked for again.
const REMEMBERED: usize = 10_000;

/// The keys this process has seen. Those that do not exist are not among them.
#[derive(Debug, Default)]
pub struct ApiKeys(Mutex<HashMap<[u8; 32], KeyHolder>>);

impl ApiKeys {
    /// Who has a key; `None` when nobody has it.
    pub async fn holder(&self, db: &Db, key: TokenHash) -> Result<Option<KeyHolder>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key.0).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = db.api_key(&key).await?.filter(|found| found.revoked_at.is_none());
        let holder = found.map(|found| KeyHolder { key: found.id, application: found.application });
        if let Some(holder) = holder {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.len() >= REMEMBERED {
                seen.clear();
            }
            seen.insert(key.0, holder);
        }
        Ok(holder)
    }
}
