//! Applications and their keys.

use domain::application::{ApiKey, Application, KeyScope};
use domain::ids::{ApiKeyId, ApplicationId, ChallengeId};
use domain::secret::TokenHash;
use domain::time::Timestamp;
use serde_json::json;

use crate::load::{Handle, Reads, every, optional};
use crate::{Db, Row, Statement, StoreError, params};

macro_rules! applications_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, name, test_of, second_factor, created_at, display_name FROM applications WHERE ",
            $condition
        )
    };
}

macro_rules! keys_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, application_id, key_hash, scopes, created_at, last_used_at, revoked_at FROM api_keys WHERE ",
            $condition
        )
    };
}

/// An application.
pub(crate) fn by_id(reads: &mut Reads<'_>, id: ApplicationId) -> Handle<Option<Application>> {
    reads.read(applications_where!("id = $1"), params![id.uuid()], |rows| optional(rows, application))
}

/// The application of a name.
pub(crate) fn by_name(reads: &mut Reads<'_>, name: &str) -> Handle<Option<Application>> {
    reads.read(applications_where!("name = $1"), params![name], |rows| optional(rows, application))
}

/// The application of a name, locked: what is its own changes one at a time.
pub(crate) fn locked_by_name(reads: &mut Reads<'_>, name: &str) -> Handle<Option<Application>> {
    reads.lock("SELECT id FROM applications WHERE name = $1 FOR UPDATE", params![name]);
    by_name(reads, name)
}

/// The application of a challenge's person.
pub(crate) fn of_asked(reads: &mut Reads<'_>, id: ChallengeId) -> Handle<Option<Application>> {
    reads.read(
        applications_where!(
            "id = (SELECT u.application_id FROM challenges c JOIN users u ON u.id = c.user_id WHERE c.id = $1)"
        ),
        params![id.uuid()],
        |rows| optional(rows, application),
    )
}

/// A key.
pub(crate) fn key(reads: &mut Reads<'_>, id: ApiKeyId) -> Handle<Option<ApiKey>> {
    reads.read(keys_where!("id = $1"), params![id.uuid()], |rows| optional(rows, api_key))
}

/// A key, locked: it is revoked once.
pub(crate) fn locked_key(reads: &mut Reads<'_>, id: ApiKeyId) -> Handle<Option<ApiKey>> {
    reads.lock("SELECT id FROM api_keys WHERE id = $1 FOR UPDATE", params![id.uuid()]);
    key(reads, id)
}

impl Db {
    /// The key of a hash, however it stands.
    pub async fn api_key(&self, hash: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
        let answers = self.read(vec![Statement::new(keys_where!("key_hash = $1"), params![&hash.0])]).await?;
        optional(answers.first().map(Vec::as_slice).unwrap_or_default(), api_key)
    }

    /// All applications and their test worlds, in the order of their making.
    pub async fn applications(&self) -> Result<Vec<Application>, StoreError> {
        let answers = self.read(vec![Statement::new(applications_where!("TRUE ORDER BY id"), params![])]).await?;
        every(answers.first().map(Vec::as_slice).unwrap_or_default(), application)
    }

    /// All keys, in the order of their making.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let answers = self.read(vec![Statement::new(keys_where!("TRUE ORDER BY id"), params![])]).await?;
        every(answers.first().map(Vec::as_slice).unwrap_or_default(), api_key)
    }
}

fn application(row: &Row) -> Result<Application, StoreError> {
    Ok(Application {
        id: ApplicationId::from_uuid(row.get(0)?),
        name: row.get(1)?,
        test_of: row.get::<Option<_>>(2)?.map(ApplicationId::from_uuid),
        required: row.get::<String>(3)? == "required",
        created_at: row.get(4)?,
        display_name: row.get(5)?,
    })
}

fn api_key(row: &Row) -> Result<ApiKey, StoreError> {
    let corrupt = || StoreError::Corrupt {
        table: "api_keys".into(),
        column: "scopes".into(),
        reason: "not a list of scopes".into(),
    };
    let scopes: serde_json::Value = row.get(3)?;
    let names = scopes.as_array().ok_or_else(corrupt)?.iter();
    let scopes: Option<Vec<KeyScope>> = names.map(|name| KeyScope::parse(name.as_str()?)).collect();
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(row.get(0)?),
        application: ApplicationId::from_uuid(row.get(1)?),
        hash: TokenHash(row.get(2)?),
        scopes: scopes.ok_or_else(corrupt)?,
        created_at: row.get(4)?,
        last_used_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}

/// A new application.
pub(crate) fn insert(new: &Application) -> Statement {
    Statement::new(
        "INSERT INTO applications (id, name, test_of, second_factor, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![
            new.id.uuid(),
            new.name.as_str(),
            new.test_of.map(ApplicationId::uuid),
            if new.required { "required" } else { "optional" },
            new.created_at,
        ],
    )
}

/// What people see of an application.
pub(crate) fn set_display_name(id: ApplicationId, name: Option<&str>) -> Statement {
    Statement::new(
        "UPDATE applications SET display_name = $2 WHERE id = $1",
        params![id.uuid(), name.map(str::to_owned)],
    )
}

/// A new key.
pub(crate) fn insert_key(new: &ApiKey) -> Statement {
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    Statement::new(
        "INSERT INTO api_keys (id, application_id, key_hash, scopes, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![new.id.uuid(), new.application.uuid(), &new.hash.0, json!(scopes), new.created_at],
    )
}

/// Notes that a key was used.
pub(crate) fn use_key(id: ApiKeyId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
        params![id.uuid(), at],
    )
}

/// Revokes a key; guarded by nobody having revoked it before.
pub(crate) fn revoke_key(id: ApiKeyId, at: Timestamp) -> Statement {
    Statement::guarded(
        "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        params![id.uuid(), at],
    )
}
