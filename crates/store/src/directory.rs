//! Reads for operators: users. They decide nothing and take the read connections.

use domain::application::ExternalId;
use domain::factor::Method;
use domain::ids::{ApplicationId, UserId};
use domain::time::Timestamp;

use crate::load::only;
use crate::{Db, Row, Statement, StoreError, params};

/// A user as an operator sees one.
#[derive(Clone, Debug)]
pub struct UserSummary {
    /// Which.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// Since when a second factor is asked.
    pub two_factor_enabled_at: Option<Timestamp>,
    /// Factors.
    pub factors: u32,
    /// Unused recovery codes.
    pub recovery_codes: u32,
    /// Live sessions, as far as the clock of the reader tells.
    pub sessions: u32,
    /// Locked until then.
    pub locked_until: Option<Timestamp>,
    /// Stopped until a stronger proof.
    pub stopped_at: Option<Timestamp>,
    /// Since when the user may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// When the user came to be.
    pub created_at: Timestamp,
}

/// A user of an application, and the kinds of their factors.
#[derive(Clone, Debug)]
pub struct UserKinds {
    /// Which.
    pub id: UserId,
    /// What the application knows them by.
    pub external: ExternalId,
    /// Each kind once.
    pub kinds: Vec<Method>,
}

/// How many factors of a kind somebody has.
macro_rules! factors_by {
    ($method:literal) => {
        concat!("(SELECT count(*) FROM factors f WHERE f.user_id = u.id AND f.method = '", $method, "')")
    };
}

macro_rules! users_where {
    ($condition:literal) => {
        concat!(
            "SELECT u.id, u.email, s.enabled_at, (SELECT count(*) FROM factors f WHERE f.user_id = u.id), \
             (SELECT count(*) FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL AND r.expires_at IS NULL), \
             (SELECT count(*) FROM sessions e WHERE e.user_id = u.id AND e.ended_at IS NULL AND e.idle_expires_at > $1), \
             s.locked_until, s.stopped_at, u.disabled_at, u.created_at \
             FROM users u JOIN two_factor_settings s ON s.user_id = u.id WHERE ",
            $condition
        )
    };
}

impl Db {
    /// Users in the order of their making, `limit` after the one of id `after`.
    pub async fn users(
        &self,
        now: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserSummary>, StoreError> {
        let after = after.map_or(uuid::Uuid::nil(), UserId::uuid);
        let read = Statement::new(users_where!("u.id > $2 ORDER BY u.id LIMIT $3"), params![now, after, limit]);
        self.summaries(read).await
    }

    /// The user of an address.
    pub async fn user_by_email(&self, now: Timestamp, email_key: &str) -> Result<Option<UserSummary>, StoreError> {
        let read = Statement::new(users_where!("u.email_key = $2 ORDER BY u.id LIMIT 1"), params![now, email_key]);
        Ok(self.summaries(read).await?.pop())
    }

    /// Users of an application who may sign in, in the order of their making, `limit` after the one of id `after`.
    pub async fn kinds_of_users(
        &self,
        application: ApplicationId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserKinds>, StoreError> {
        let after = after.map_or(uuid::Uuid::nil(), UserId::uuid);
        let text = concat!(
            "SELECT u.id, u.email_key, ",
            factors_by!("totp"),
            ", ",
            factors_by!("sms"),
            ", ",
            factors_by!("email"),
            " FROM users u WHERE u.application_id = $1 AND u.id > $2 AND u.disabled_at IS NULL ORDER BY u.id LIMIT $3"
        );
        only(self.read(vec![Statement::new(text, params![application.uuid(), after, limit])]).await?)
            .iter()
            .filter_map(|row| kinds(row).transpose())
            .collect()
    }

    /// Whether nobody is there yet.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let answers = self.read(vec![Statement::new("SELECT id FROM users LIMIT 1", params![])]).await?;
        Ok(answers.first().is_none_or(Vec::is_empty))
    }

    async fn summaries(&self, read: Statement) -> Result<Vec<UserSummary>, StoreError> {
        only(self.read(vec![read]).await?).iter().map(summary).collect()
    }
}

/// `None` for somebody whom no application knows by an id of its own.
fn kinds(row: &Row) -> Result<Option<UserKinds>, StoreError> {
    let Some(external) = ExternalId::of_key(&row.get::<String>(1)?) else { return Ok(None) };
    let mut kinds = Vec::new();
    for (column, method) in [(2, Method::Totp), (3, Method::Sms), (4, Method::Email)] {
        if row.get::<u32>(column)? > 0 {
            kinds.push(method);
        }
    }
    Ok(Some(UserKinds { id: UserId::from_uuid(row.get(0)?), external, kinds }))
}

fn summary(row: &Row) -> Result<UserSummary, StoreError> {
    Ok(UserSummary {
        id: UserId::from_uuid(row.get(0)?),
        email: row.get(1)?,
        two_factor_enabled_at: row.get(2)?,
        factors: row.get(3)?,
        recovery_codes: row.get(4)?,
        sessions: row.get(5)?,
        locked_until: row.get(6)?,
        stopped_at: row.get(7)?,
        disabled_at: row.get(8)?,
        created_at: row.get(9)?,
    })
}
