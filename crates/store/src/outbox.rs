//! The outbox: messages on their way.
//!
//! ```text
//!   queued ──claim──▶ leased ──settle──▶ delivered | expired | dead      (payload blanked)
//!     ▲                  │
//!     └──back off, or the lease runs out
//! ```

use domain::decision::OutboxMessage;
use domain::ids::{MessageId, UserId};
use domain::message::{Channel, MessageKind};
use domain::secret::Sealed;
use domain::time::{Duration, Timestamp};

use crate::{Db, Dialect, Plan, Row, Statement, StoreError, params};

/// A message a worker holds the lease of.
#[derive(Debug)]
pub struct Claimed {
    /// Which.
    pub id: MessageId,
    /// What about.
    pub kind: MessageKind,
    /// By which way.
    pub channel: Channel,
    /// Recipient and content, sealed.
    pub payload: Sealed,
    /// Tries so far, this one included.
    pub attempts: u32,
    /// After this it is not sent any more.
    pub expires_at: Option<Timestamp>,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Handed over.
    Delivered,
    /// Too old to be of use; not sent.
    Expired,
    /// Given up.
    Dead,
}

impl Settled {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Expired => "expired",
            Self::Dead => "dead",
        }
    }
}

/// A new message.
pub(crate) fn insert(message: &OutboxMessage, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, user_id, kind, channel, payload, state, attempts, available_at, expires_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, $7, $6)",
        params![
            message.id.uuid(),
            message.user.map(domain::ids::UserId::uuid),
            message.kind.as_str(),
            message.channel.as_str(),
            message.payload.as_bytes(),
            at,
            message.expires_at,
        ],
    )
}

/// Drops what waits to be sent to a person and is of this kind.
pub(crate) fn drop_of(user: UserId, kind: MessageKind, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE outbox SET state = 'dead', settled_at = $2, payload = NULL, lease_until = NULL \
         WHERE user_id = $1 AND kind = $3 AND state IN ('queued', 'leased')",
        params![user.uuid(), at, kind.as_str()],
    )
}

impl Db {
    /// Takes up to `limit` messages that are due, and leases them: no other worker gets them before the lease runs out.
    pub async fn claim_messages(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        // PostgreSQL may run a LIMIT inside IN (…) more than once; the materialized list claims what it says. SQLite's one
        // writer needs no lock to skip.
        let sql = match self.dialect() {
            Dialect::Postgres => {
                "WITH due AS MATERIALIZED (SELECT id FROM outbox WHERE (state = 'queued' AND available_at <= $1) \
                 OR (state = 'leased' AND lease_until <= $1) ORDER BY available_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
                 UPDATE outbox SET state = 'leased', lease_until = $2, attempts = attempts + 1 \
                 WHERE id IN (SELECT id FROM due) RETURNING id, kind, channel, payload, attempts, expires_at"
            }
            Dialect::Sqlite => {
                "UPDATE outbox SET state = 'leased', lease_until = $2, attempts = attempts + 1 \
                 WHERE id IN (SELECT id FROM outbox WHERE (state = 'queued' AND available_at <= $1) \
                 OR (state = 'leased' AND lease_until <= $1) ORDER BY available_at LIMIT $3) \
                 RETURNING id, kind, channel, payload, attempts, expires_at"
            }
        };
        let claim = Statement::new(sql, params![now, now + lease, limit]);
        self.transact(vec![claim], |answers| {
            let rows = answers.first().map(Vec::as_slice).unwrap_or_default();
            Ok(Plan { writes: vec![], reply: rows.iter().map(claimed).collect::<Result<_, _>>()? })
        })
        .await
    }

    /// Settles a message: its payload is blanked. `with` is committed in the same transaction. A lease lost meanwhile is a
    /// conflict, and nothing of it is committed.
    pub async fn settle_message(
        &self,
        message: &Claimed,
        how: Settled,
        at: Timestamp,
        with: Vec<Statement>,
    ) -> Result<(), StoreError> {
        let settle = Statement::guarded(
            "UPDATE outbox SET state = $2, settled_at = $3, payload = NULL, lease_until = NULL \
             WHERE id = $1 AND state = 'leased' AND attempts = $4",
            params![message.id.uuid(), how.as_str(), at, message.attempts],
        );
        let writes: Vec<Statement> = std::iter::once(settle).chain(with).collect();
        self.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
    }

    /// Gives a message back for a later try.
    pub async fn back_off_message(&self, message: &Claimed, until: Timestamp) -> Result<(), StoreError> {
        let back = Statement::new(
            "UPDATE outbox SET state = 'queued', available_at = $2, lease_until = NULL \
             WHERE id = $1 AND state = 'leased' AND attempts = $3",
            params![message.id.uuid(), until, message.attempts],
        );
        self.transact(vec![], move |_| Ok(Plan { writes: vec![back.clone()], reply: () })).await
    }

    /// How many messages wait or are under way.
    pub async fn messages_under_way(&self) -> Result<usize, StoreError> {
        let count = Statement::new("SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased')", params![]);
        let answers = self.read(vec![count]).await?;
        crate::load::count(answers.first().map(Vec::as_slice).unwrap_or_default())
    }
}

fn claimed(row: &Row) -> Result<Claimed, StoreError> {
    let corrupt = |column: &str| StoreError::Corrupt {
        table: "outbox".into(),
        column: column.into(),
        reason: "unknown word".into(),
    };
    Ok(Claimed {
        id: MessageId::from_uuid(row.get(0)?),
        kind: MessageKind::parse(&row.get::<String>(1)?).ok_or_else(|| corrupt("kind"))?,
        channel: Channel::parse(&row.get::<String>(2)?).ok_or_else(|| corrupt("channel"))?,
        payload: Sealed::from_bytes(row.get(3)?),
        attempts: row.get(4)?,
        expires_at: row.get(5)?,
    })
}
