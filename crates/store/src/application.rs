//! Applications and their keys.

use domain::application::rules::{Rules, SecondFactor};
use domain::application::{ApiKey, Application, KeyScope};
use domain::factor::Method;
use domain::ids::{ApiKeyId, ApplicationId, ChallengeId};
use domain::secret::TokenHash;
use domain::time::Timestamp;
use serde_json::json;

use crate::load::{Handle, Reads, every, only, optional};
use crate::{Db, Row, Statement, StoreError, params};

macro_rules! applications_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, name, test_of, second_factor, created_at, display_name, required_from, methods, trust_days, issuer \
             FROM applications WHERE ",
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

/// An application, locked.
pub(crate) fn locked(reads: &mut Reads<'_>, id: ApplicationId) -> Handle<Option<Application>> {
    reads.lock("SELECT id FROM applications WHERE id = $1 FOR UPDATE", params![id.uuid()]);
    by_id(reads, id)
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

/// The application of a session's person, by its refresh family.
pub(crate) fn of_session(reads: &mut Reads<'_>, family: &TokenHash) -> Handle<Option<Application>> {
    reads.read(
        applications_where!(
            "id = (SELECT u.application_id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.family_hash = $1)"
        ),
        params![&family.0],
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
        optional(&only(self.read(vec![Statement::new(keys_where!("key_hash = $1"), params![&hash.0])]).await?), api_key)
    }

    /// All applications and their test worlds, in the order of their making.
    pub async fn applications(&self) -> Result<Vec<Application>, StoreError> {
        every(
            &only(self.read(vec![Statement::new(applications_where!("TRUE ORDER BY id"), params![])]).await?),
            application,
        )
    }

    /// All keys, in the order of their making.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        every(&only(self.read(vec![Statement::new(keys_where!("TRUE ORDER BY id"), params![])]).await?), api_key)
    }
}

fn application(row: &Row) -> Result<Application, StoreError> {
    Ok(Application {
        id: ApplicationId::from_uuid(row.get(0)?),
        name: row.get(1)?,
        test_of: row.get::<Option<_>>(2)?.map(ApplicationId::from_uuid),
        rules: rules(row)?,
        created_at: row.get(4)?,
        display_name: row.get(5)?,
    })
}

/// Whoever cannot read what an application wants must not guess that it wants nothing.
fn rules(row: &Row) -> Result<Rules, StoreError> {
    let corrupt = |column: &str, reason: &str| StoreError::Corrupt {
        table: "applications".into(),
        column: column.into(),
        reason: reason.into(),
    };
    let second_factor = match row.get::<String>(3)?.as_str() {
        "optional" => SecondFactor::Optional,
        "required" => SecondFactor::Required { from: row.get(6)? },
        _ => return Err(corrupt("second_factor", "unknown word")),
    };
    let listed = |list: serde_json::Value| {
        let names = list.as_array()?.iter();
        names.map(|name| Method::parse(name.as_str()?)).collect::<Option<Vec<_>>>()
    };
    let methods = row.get::<Option<serde_json::Value>>(7)?;
    let methods = methods.map(|list| listed(list).ok_or_else(|| corrupt("methods", "not a list of methods")));
    Ok(Rules { second_factor, methods: methods.transpose()?, trust_days: row.get(8)?, issuer: row.get(9)? })
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
            new.rules.second_factor.as_str(),
            new.created_at,
        ],
    )
}

/// What people see of an application, and what it wants of their second factor.
pub(crate) fn set(changed: &Application) -> Statement {
    let rules = &changed.rules;
    let methods: Option<Vec<&str>> =
        rules.methods.as_ref().map(|methods| methods.iter().map(|method| method.as_str()).collect());
    Statement::new(
        "UPDATE applications SET display_name = $2, second_factor = $3, required_from = $4, methods = $5, \
         trust_days = $6, issuer = $7 WHERE id = $1",
        params![
            changed.id.uuid(),
            changed.display_name.clone(),
            rules.second_factor.as_str(),
            rules.second_factor.from(),
            methods.map(|methods| json!(methods)),
            rules.trust_days,
            rules.issuer.clone(),
        ],
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
