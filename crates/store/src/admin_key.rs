//! Keys of the administration.

use domain::administrator::key::{AdminKey, AdminScope};
use domain::ids::AdminKeyId;
use domain::secret::TokenHash;
use domain::time::Timestamp;

use crate::load::{Handle, Reads, every, only, optional};
use crate::{Db, Row, Statement, StoreError, params};

macro_rules! keys_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, name, key_hash, scope, created_at, expires_at, last_used_at, revoked_at FROM admin_keys WHERE ",
            $condition
        )
    };
}

/// A key.
pub(crate) fn by_id(reads: &mut Reads<'_>, id: AdminKeyId) -> Handle<Option<AdminKey>> {
    reads.read(keys_where!("id = $1"), params![id.uuid()], |rows| optional(rows, admin_key))
}

/// A key, locked: it is revoked once.
pub(crate) fn locked(reads: &mut Reads<'_>, id: AdminKeyId) -> Handle<Option<AdminKey>> {
    reads.lock("SELECT id FROM admin_keys WHERE id = $1 FOR UPDATE", params![id.uuid()]);
    by_id(reads, id)
}

impl Db {
    /// The key of a hash, however it stands.
    pub async fn admin_key(&self, hash: &TokenHash) -> Result<Option<AdminKey>, StoreError> {
        optional(
            &only(self.read(vec![Statement::new(keys_where!("key_hash = $1"), params![&hash.0])]).await?),
            admin_key,
        )
    }

    /// All keys, in the order of their making.
    pub async fn admin_keys(&self) -> Result<Vec<AdminKey>, StoreError> {
        every(&only(self.read(vec![Statement::new(keys_where!("TRUE ORDER BY id"), params![])]).await?), admin_key)
    }
}

fn admin_key(row: &Row) -> Result<AdminKey, StoreError> {
    let corrupt =
        || StoreError::Corrupt { table: "admin_keys".into(), column: "scope".into(), reason: "unknown word".into() };
    Ok(AdminKey {
        id: AdminKeyId::from_uuid(row.get(0)?),
        name: row.get(1)?,
        hash: TokenHash(row.get(2)?),
        scope: AdminScope::parse(&row.get::<String>(3)?).ok_or_else(corrupt)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

/// A new key.
pub(crate) fn insert(new: &AdminKey) -> Statement {
    Statement::new(
        "INSERT INTO admin_keys (id, name, key_hash, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![new.id.uuid(), new.name.as_str(), &new.hash.0, new.scope.as_str(), new.created_at, new.expires_at],
    )
}

/// Notes that a key was used.
pub(crate) fn note_use(id: AdminKeyId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE admin_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
        params![id.uuid(), at],
    )
}

/// Revokes a key; guarded by nobody having revoked it before.
pub(crate) fn revoke(id: AdminKeyId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE admin_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        params![id.uuid(), at],
    )
}
