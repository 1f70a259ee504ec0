//! Administrators: roles, and what looks read.

use domain::administrator::Role;
use domain::ids::UserId;
use domain::time::Timestamp;

use crate::load::only;
use crate::{Db, Row, Statement, StoreError, params};

/// Gives somebody a role, or takes it away.
pub(crate) fn set_role(user: UserId, role: Option<Role>, at: Timestamp) -> Statement {
    match role {
        Some(role) => Statement::new(
            "INSERT INTO administrators (user_id, role, created_at, updated_at) VALUES ($1, $2, $3, $3) \
             ON CONFLICT (user_id) DO UPDATE SET role = excluded.role, updated_at = excluded.updated_at",
            params![user.uuid(), role.as_str(), at],
        ),
        None => Statement::new("DELETE FROM administrators WHERE user_id = $1", params![user.uuid()]),
    }
}

/// Reads a role. One that is not known is no role, and no reason to let anybody in.
pub(crate) fn role(name: &str) -> Result<Role, StoreError> {
    Role::parse(name).ok_or_else(|| StoreError::Corrupt {
        table: "administrators".into(),
        column: "role".into(),
        reason: "unknown word".into(),
    })
}

/// An administrator as operators see one.
#[derive(Clone, Debug)]
pub struct AdministratorSummary {
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// What they are for.
    pub role: Role,
    /// Since when there is a second factor.
    pub two_factor_enabled_at: Option<Timestamp>,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// Since when they have a role.
    pub created_at: Timestamp,
}

impl Db {
    /// Every administrator, by address.
    pub async fn administrators(&self) -> Result<Vec<AdministratorSummary>, StoreError> {
        let read = Statement::new(
            "SELECT a.user_id, u.email, a.role, s.enabled_at, u.disabled_at, a.created_at FROM administrators a \
             JOIN users u ON u.id = a.user_id JOIN two_factor_settings s ON s.user_id = a.user_id ORDER BY u.email_key",
            params![],
        );
        only(self.read(vec![read]).await?).iter().map(summary).collect()
    }
}

fn summary(row: &Row) -> Result<AdministratorSummary, StoreError> {
    Ok(AdministratorSummary {
        user: UserId::from_uuid(row.get(0)?),
        email: row.get(1)?,
        role: role(&row.get::<String>(2)?)?,
        two_factor_enabled_at: row.get(3)?,
        disabled_at: row.get(4)?,
        created_at: row.get(5)?,
    })
}
