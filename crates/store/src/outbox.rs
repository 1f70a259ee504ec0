//! The outbox: messages on their way.
//!
//! ```text
//!   queued ──claim──▶ leased ──settle──▶ delivered | expired | dead      (payload blanked)
//!     ▲                  │
//!     └──back off, or the lease runs out
//! ```
//!
//! A claim is known by the number of the try: each one counts up, and whoever settles, gives back or extends must name the
//! number it claimed. So a worker that comes too late changes nothing. While a message is held it is due again when the
//! lease runs out; a claim of one that was held counts the lost try, for it may have been a delivery.

use domain::application::webhook::EventKind;
use domain::decision::OutboxMessage;
use domain::delivery::{Course, Stage, Trouble, Unsent};
use domain::ids::{ApplicationId, MessageId, UserId, WebhookId};
use domain::message::{Channel, MessageKind};
use domain::secret::Sealed;
use domain::time::{Duration, Timestamp};

use crate::delivery::{Event, Happened};
use crate::load::{Handle, Reads, count, only};
use crate::{Db, Dialect, Plan, Row, Statement, StoreError, delivery, params};

/// A message a worker holds the lease of.
#[derive(Debug)]
pub struct Claimed {
    /// Which.
    pub id: MessageId,
    /// Whose, if anybody's who is still there.
    pub user: Option<UserId>,
    /// What about; `None` for a kind that this program does not know: a newer one may have left it.
    pub kind: Option<MessageKind>,
    /// Which application is called, and at which address; without one, it is an announcement that is still to be made messages of.
    pub called: Option<(ApplicationId, Option<WebhookId>)>,
    /// What an application is called about.
    pub event: Option<EventKind>,
    /// By which way.
    pub channel: Channel,
    /// Recipient and content, sealed; `None` where there is nothing, which nobody of ours leaves behind.
    pub payload: Option<Sealed>,
    /// What the rules go by.
    pub course: Course,
    /// When it was committed.
    pub created_at: Timestamp,
    /// The request that caused it.
    pub request_id: Option<String>,
}

/// How a message ended, in the words of its row.
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

/// Who took a message, or why nobody did.
#[derive(Clone, Debug)]
pub enum Ending {
    /// A transport has it.
    Accepted {
        /// Which one.
        provider: String,
        /// What it calls the message.
        provider_id: Option<String>,
    },
    /// It is given up.
    GivenUp(Trouble, String),
}

/// A new message, caused by a request.
pub(crate) fn insert(message: &OutboxMessage, request_id: Option<&str>, at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, user_id, kind, channel, payload, state, attempts, available_at, expires_at, created_at, \
         destination, request_id) VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, $7, $6, $8, $9)",
        params![
            message.id.uuid(),
            message.user.map(domain::ids::UserId::uuid),
            message.kind.as_str(),
            message.channel.as_str(),
            message.payload.as_bytes(),
            at,
            message.expires_at,
            message.destination.as_str(),
            request_id,
        ],
    )
}

/// What waits for another try to reach a person is tried at once.
pub(crate) fn hurry(user: UserId, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE outbox SET available_at = $2 WHERE user_id = $1 AND state = 'queued' AND channel <> 'webhook' \
         AND available_at > $2",
        params![user.uuid(), at],
    )
}

/// How many messages wait to be sent to a person.
pub(crate) fn waiting_for(reads: &mut Reads<'_>, user: UserId) -> Handle<usize> {
    reads.read(
        "SELECT count(*) FROM outbox WHERE user_id = $1 AND settled_at IS NULL AND channel <> 'webhook'",
        params![user.uuid()],
        count,
    )
}

/// Drops what waits to be sent to a person and is of this kind.
pub(crate) fn drop_of(user: UserId, kind: MessageKind, at: Timestamp) -> Statement {
    Statement::new(
        "UPDATE outbox SET state = 'dead', settled_at = $2, payload = NULL, lease_until = NULL, trouble = 'superseded' \
         WHERE user_id = $1 AND kind = $3 AND state IN ('queued', 'leased')",
        params![user.uuid(), at, kind.as_str()],
    )
}

/// Ends a message unsent. An expired one is guarded by the try that found it so, any other by its waiting still.
pub(crate) fn end(id: MessageId, how: Unsent, at: Timestamp) -> Vec<Statement> {
    let (trouble, statement) = match how {
        Unsent::Expired { tries } => (
            Trouble::Expired,
            Statement::guarded(
                "UPDATE outbox SET state = 'expired', settled_at = $2, lease_until = NULL, \
                 payload = CASE WHEN channel = 'webhook' THEN payload END, trouble = 'expired' WHERE id = $1 AND state = 'leased' AND attempts = $3",
                params![id.uuid(), at, tries],
            ),
        ),
        Unsent::Dropped => (
            Trouble::Dropped,
            Statement::guarded(
                "UPDATE outbox SET state = 'dead', settled_at = $2, payload = NULL, lease_until = NULL, \
                 trouble = 'dropped' WHERE id = $1 AND settled_at IS NULL",
                params![id.uuid(), at],
            ),
        ),
    };
    vec![statement, delivery::happened(id, &Happened::new(Event::Failed, at).trouble(trouble))]
}

/// What claims messages. Those for applications go by share: who has fewer than six under way gets at most six more, so that
/// one whose addresses answer late holds up nobody but itself.
const fn claims(dialect: Dialect, channel: Channel) -> &'static str {
    // PostgreSQL may run a LIMIT inside IN (…) more than once; the materialized list claims what it says. SQLite's one
    // writer needs no lock to skip, and has no LATERAL.
    macro_rules! claim {
        ($($list:expr),+; $($from:expr),+) => {
            concat!(
                $($list,)+
                "UPDATE outbox SET lost = lost + CASE WHEN state = 'leased' THEN 1 ELSE 0 END, state = 'leased', \
                 lease_until = $2, available_at = $2, attempts = attempts + 1 WHERE id IN (",
                $($from,)+
                ") RETURNING id, user_id, kind, channel, payload, attempts, lost, expires_at, created_at, request_id, \
                 application_id, webhook_id, EXISTS (SELECT 1 FROM two_factor_codes c JOIN users u ON u.id = c.user_id WHERE c.id = outbox.id \
                 AND c.used_at IS NULL AND c.ended_at IS NULL AND u.disabled_at IS NULL)"
            )
        };
    }
    macro_rules! due {
        () => {
            "settled_at IS NULL AND channel = $4 AND available_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)"
        };
    }
    // What one application is given, and whoever has their share already.
    macro_rules! share {
        () => {
            concat!("e.application_id = a.id AND ", due!(), " ORDER BY e.available_at LIMIT 6")
        };
    }
    macro_rules! served {
        () => {
            "SELECT application_id FROM outbox WHERE state = 'leased' AND channel = $4 AND available_at > $1 \
             AND application_id IS NOT NULL GROUP BY application_id HAVING count(*) >= 6"
        };
    }
    match (dialect, channel) {
        (Dialect::Postgres, Channel::Email | Channel::Sms) => claim!(
            "WITH due AS MATERIALIZED (SELECT id FROM outbox WHERE ",
            due!(),
            " ORDER BY available_at LIMIT $3 FOR UPDATE SKIP LOCKED) ";
            "SELECT id FROM due"
        ),
        (Dialect::Postgres, Channel::Webhook) => claim!(
            "WITH due AS MATERIALIZED (SELECT m.id FROM applications a CROSS JOIN LATERAL \
             (SELECT e.id, e.available_at FROM outbox e WHERE ",
            share!(),
            " FOR UPDATE SKIP LOCKED) m WHERE a.id NOT IN (",
            served!(),
            ") ORDER BY m.available_at LIMIT $3) ";
            "SELECT id FROM due"
        ),
        (Dialect::Sqlite, Channel::Email | Channel::Sms) => claim!(
            "";
            "SELECT id FROM outbox WHERE ",
            due!(),
            " ORDER BY available_at LIMIT $3"
        ),
        (Dialect::Sqlite, Channel::Webhook) => claim!(
            "";
            "SELECT m.id FROM applications a JOIN outbox m ON m.id IN (SELECT e.id FROM outbox e WHERE ",
            share!(),
            ") WHERE a.id NOT IN (",
            served!(),
            ") ORDER BY m.available_at LIMIT $3"
        ),
    }
}

impl Db {
    /// Takes up to `limit` messages of a channel that are due, and leases them: no other worker gets them before the lease
    /// runs out.
    pub async fn claim_messages(
        &self,
        channel: Channel,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let sql = claims(self.dialect(), channel);
        let claim = Statement::new(sql, params![now, now + lease, limit, channel.as_str()]);
        self.transact(vec![claim], |answers| {
            let rows = answers.first().map(Vec::as_slice).unwrap_or_default();
            Ok(Plan { writes: vec![], reply: rows.iter().map(claimed).collect::<Result<_, _>>()? })
        })
        .await
    }

    /// Settles a message: its payload is blanked, but for that of a dead letter to an application. `happened` and `with` are committed in the same transaction. A lease lost
    /// meanwhile is a conflict, and nothing of it is committed.
    pub async fn settle_message(
        &self,
        message: &Claimed,
        ending: &Ending,
        at: Timestamp,
        happened: &[Happened],
        with: Vec<Statement>,
    ) -> Result<(), StoreError> {
        let (state, trouble, reason, provider, provider_id) = match ending {
            Ending::Accepted { provider, provider_id } => {
                (Settled::Delivered, None, None, Some(provider.as_str()), provider_id.as_deref())
            }
            Ending::GivenUp(trouble, reason) => {
                (Settled::Dead, Some(trouble.as_str()), Some(reason.as_str()), None, None)
            }
        };
        let settle = Statement::guarded(
            "UPDATE outbox SET state = $2, settled_at = $3, lease_until = NULL, trouble = $5, reason = $6, \
             payload = CASE WHEN channel = 'webhook' AND $2 = 'dead' THEN payload END, provider = $7, provider_id = $8 WHERE id = $1 AND state = 'leased' AND attempts = $4",
            params![
                message.id.uuid(),
                state.as_str(),
                at,
                message.course.tries,
                trouble,
                reason,
                provider,
                provider_id
            ],
        );
        self.write_all(settle, message.id, happened, with).await
    }

    /// Gives a message back for a later try, `lost` more of its tries being perhaps deliveries. A lease lost meanwhile is a
    /// conflict.
    pub async fn back_off_message(
        &self,
        message: &Claimed,
        until: Timestamp,
        (lost, trouble, reason): (u32, Trouble, &str),
        happened: &[Happened],
    ) -> Result<(), StoreError> {
        let back = Statement::guarded(
            "UPDATE outbox SET state = 'queued', available_at = $2, lease_until = NULL, lost = lost + $4, trouble = $5, \
             reason = $6 WHERE id = $1 AND state = 'leased' AND attempts = $3",
            params![message.id.uuid(), until, message.course.tries, lost, trouble.as_str(), reason],
        );
        self.write_all(back, message.id, happened, vec![]).await
    }

    /// Holds a message longer, for its transport takes its time. A lease lost meanwhile is a conflict.
    pub async fn hold_message(&self, message: &Claimed, until: Timestamp) -> Result<(), StoreError> {
        let hold = Statement::guarded(
            "UPDATE outbox SET lease_until = $2, available_at = $2 WHERE id = $1 AND state = 'leased' AND attempts = $3",
            params![message.id.uuid(), until, message.course.tries],
        );
        self.write_all(hold, message.id, &[], vec![]).await
    }

    async fn write_all(
        &self,
        first: Statement,
        id: MessageId,
        happened: &[Happened],
        with: Vec<Statement>,
    ) -> Result<(), StoreError> {
        let events = happened.iter().map(|happened| delivery::happened(id, happened));
        let writes: Vec<Statement> = std::iter::once(first).chain(events).chain(with).collect();
        self.transact(vec![], move |_| Ok(Plan { writes: writes.clone(), reply: () })).await
    }

    /// Brings back what a wrong clock put off: no message waits longer than `most`. How many were brought back.
    pub async fn recall_messages(&self, now: Timestamp, most: Duration) -> Result<usize, StoreError> {
        let recall = Statement::new(
            "UPDATE outbox SET available_at = $1, lease_until = NULL \
             WHERE settled_at IS NULL AND channel IN ('email', 'sms', 'webhook') AND available_at > $2 RETURNING 1",
            params![now, now + most],
        );
        self.transact(vec![recall], |rows| Ok(Plan { writes: vec![], reply: rows.first().map_or(0, Vec::len) })).await
    }

    /// How many messages wait or are under way.
    pub async fn messages_under_way(&self) -> Result<usize, StoreError> {
        let count = Statement::new("SELECT count(*) FROM outbox WHERE settled_at IS NULL", params![]);
        crate::load::count(&only(self.read(vec![count]).await?))
    }
}

/// How far a message has come, by the words of its row. One whose row is gone was handed over long ago.
pub(crate) fn stage(state: Option<&str>, receipt: Option<&str>, trouble: Option<&str>) -> Result<Stage, StoreError> {
    let trouble = trouble.map(|word| Trouble::parse(word).ok_or_else(|| corrupt("trouble"))).transpose()?;
    Ok(match (state, receipt) {
        (Some("queued" | "leased"), _) => trouble.map_or(Stage::Queued, Stage::Delayed),
        (None, _) | (Some("delivered"), None | Some("accepted" | "sent")) => Stage::Accepted,
        (Some("delivered"), Some("delivered")) => Stage::Delivered,
        (Some("delivered"), Some("failed")) => Stage::Failed(trouble.unwrap_or(Trouble::Undelivered)),
        (Some("expired"), _) => Stage::Failed(Trouble::Expired),
        (Some("dead"), _) => Stage::Failed(trouble.unwrap_or(Trouble::Dropped)),
        (Some("delivered"), Some(_)) => return Err(corrupt("receipt")),
        (Some(_), _) => return Err(corrupt("state")),
    })
}

pub(crate) fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt { table: "outbox".into(), column: column.into(), reason: "unknown word".into() }
}

fn claimed(row: &Row) -> Result<Claimed, StoreError> {
    let name: String = row.get(2)?;
    let (kind, event) = (MessageKind::parse(&name), EventKind::parse(&name));
    let channel = Channel::parse(&row.get::<String>(3)?).ok_or_else(|| corrupt("channel"))?;
    let application = row.get::<Option<_>>(10)?.map(ApplicationId::from_uuid);
    let webhook = row.get::<Option<_>>(11)?.map(WebhookId::from_uuid);
    let live: bool = row.get(12)?;
    Ok(Claimed {
        id: MessageId::from_uuid(row.get(0)?),
        user: row.get::<Option<_>>(1)?.map(UserId::from_uuid),
        kind,
        called: application.map(|application| (application, webhook)),
        event,
        channel,
        payload: row.get::<Option<_>>(4)?.map(Sealed::from_bytes),
        course: Course {
            tries: row.get(5)?,
            lost: if channel.knows_repeats() { 0 } else { row.get(6)? },
            expires_at: row.get(7)?,
            superseded: kind.is_some_and(MessageKind::carries_code) && !live,
        },
        created_at: row.get(8)?,
        request_id: row.get(9)?,
    })
}
