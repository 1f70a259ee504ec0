//! Reads for operators: users and the keys still in use. They decide nothing and take the read connections.

use domain::ids::UserId;
use domain::secret::KeyId;
use domain::time::Timestamp;

use crate::{Db, Row, SEALED_COLUMNS, Statement, StoreError, params};

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

/// How many rows need a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id, eight hexadecimal digits.
    pub key: String,
    /// The table.
    pub table: &'static str,
    /// Rows sealed or hashed with it.
    pub rows: u64,
    /// Whether they are sealed, and can be sealed anew. What is hashed needs its key until it is used or replaced.
    pub sealed: bool,
}

macro_rules! users_where {
    ($condition:literal) => {
        concat!(
            "SELECT u.id, u.email, s.enabled_at, (SELECT count(*) FROM factors f WHERE f.user_id = u.id), \
             (SELECT count(*) FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL), \
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

    /// Whether nobody is there yet.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let answers = self.read(vec![Statement::new("SELECT id FROM users LIMIT 1", params![])]).await?;
        Ok(answers.first().is_none_or(Vec::is_empty))
    }

    async fn summaries(&self, read: Statement) -> Result<Vec<UserSummary>, StoreError> {
        let answers = self.read(vec![read]).await?;
        answers.first().map(Vec::as_slice).unwrap_or_default().iter().map(summary).collect()
    }

    /// Which keys the database still needs, and for how many rows of which table.
    pub async fn keys_in_use(&self) -> Result<Vec<KeyUse>, StoreError> {
        let sealed = SEALED_COLUMNS.map(|column| (column.table, column.by_key));
        let peppered = [
            ("recovery_codes", "SELECT pepper_id, count(*) FROM recovery_codes WHERE used_at IS NULL GROUP BY 1"),
            (
                "two_factor_codes",
                "SELECT pepper_id, count(*) FROM two_factor_codes WHERE used_at IS NULL AND ended_at IS NULL GROUP BY 1",
            ),
        ];
        let reads = sealed.iter().chain(&peppered).map(|(_, sql)| Statement::new(sql, params![])).collect();
        let answers = self.read(reads).await?;
        let mut uses = Vec::new();
        for ((table, _), rows) in sealed.iter().chain(&peppered).zip(&answers) {
            let sealed = peppered.iter().all(|(peppered, _)| peppered != table);
            for row in rows {
                let key = if sealed {
                    KeyId::from_bytes(&row.get::<Vec<u8>>(0)?).map(|key| key.to_string()).unwrap_or_default()
                } else {
                    row.get::<String>(0)?
                };
                let rows = u64::try_from(row.get::<i64>(1)?).unwrap_or(0);
                // A table may have two sealed columns.
                match uses.iter_mut().find(|used: &&mut KeyUse| used.key == key && used.table == *table) {
                    Some(same) => same.rows += rows,
                    None => uses.push(KeyUse { key, table, rows, sealed }),
                }
            }
        }
        Ok(uses)
    }
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
