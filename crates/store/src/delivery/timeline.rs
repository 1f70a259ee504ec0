//! Messages as operators see them: lists, and what happened to those of one person. No content.

use domain::delivery::Stage;
use domain::ids::{MessageId, UserId};
use domain::time::Timestamp;
use uuid::Uuid;

use crate::load::{every, only};
use crate::outbox::stage;
use crate::{Db, Row, Statement, StoreError, params};

/// A message as operators see it: everything but its content.
#[derive(Clone, Debug)]
pub struct MessageSummary {
    /// Which.
    pub id: MessageId,
    /// Whose, if anybody's.
    pub user: Option<UserId>,
    /// What about.
    pub kind: String,
    /// By which way.
    pub channel: String,
    /// Where it goes, masked.
    pub destination: String,
    /// How far it has come.
    pub stage: Stage,
    /// What the last failure was, in words.
    pub reason: Option<String>,
    /// Who took it.
    pub provider: Option<String>,
    /// What they call it.
    pub provider_id: Option<String>,
    /// Tries so far.
    pub attempts: u32,
    /// When it is looked at next.
    pub available_at: Timestamp,
    /// When its life is over.
    pub expires_at: Option<Timestamp>,
    /// When it was committed.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
    /// The request that caused it.
    pub request_id: Option<String>,
}

/// One line of a timeline.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// Of which message, where it is about one.
    pub message: Option<MessageId>,
    /// What happened: `asked`, `queued`, or an [`Event`].
    pub event: String,
    /// What the message is about.
    pub kind: Option<String>,
    /// By which way.
    pub channel: Option<String>,
    /// Where to, masked.
    pub destination: Option<String>,
    /// Who did it.
    pub provider: Option<String>,
    /// What was in the way.
    pub trouble: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

macro_rules! summaries_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_id, kind, channel, destination, state, receipt, trouble, reason, provider, provider_id, \
             attempts, available_at, expires_at, created_at, settled_at, request_id FROM outbox WHERE ",
            $condition,
            " ORDER BY created_at DESC, id DESC LIMIT $1"
        )
    };
}

/// Which messages a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that wait or are under way.
    Waiting,
    /// Those that came to an end without having been handed over.
    Failed,
    /// All there are.
    All,
}

impl Db {
    /// The newest messages, without content.
    pub async fn message_summaries(&self, which: Which, limit: u32) -> Result<Vec<MessageSummary>, StoreError> {
        let sql = match which {
            Which::Waiting => summaries_where!("settled_at IS NULL"),
            Which::Failed => summaries_where!("state IN ('dead', 'expired') OR receipt = 'failed'"),
            Which::All => summaries_where!("created_at IS NOT NULL"),
        };
        self.message_list(Statement::new(sql, params![limit])).await
    }

    /// One message, without content, and what happened to it.
    pub async fn message_summary(
        &self,
        id: MessageId,
    ) -> Result<Option<(MessageSummary, Vec<TimelineEntry>)>, StoreError> {
        let row = Statement::new(summaries_where!("id = $2"), params![1_u32, id.uuid()]);
        let events = Statement::new(
            "SELECT message_id, event, kind, channel, destination, provider, trouble, reason, created_at \
             FROM delivery_events WHERE message_id = $1 ORDER BY number",
            params![id.uuid()],
        );
        let answers = self.read(vec![row, events]).await?;
        let [row, events] = answers.as_slice() else { return Ok(None) };
        let Some(row) = row.first() else { return Ok(None) };
        Ok(Some((summary(row)?, every(events, event)?)))
    }

    /// Everything known of the messages to a person since `since`, oldest first: what they asked for, what was queued, and
    /// what became of it.
    pub async fn timeline(&self, user: UserId, since: Timestamp) -> Result<Vec<TimelineEntry>, StoreError> {
        let asked = Statement::new(
            "SELECT created_at, success, method, detail FROM two_factor_audit_log \
             WHERE person_id = (SELECT person_id FROM users WHERE id = $1) AND action = 'code_sent' AND created_at >= $2",
            params![user.uuid(), since],
        );
        let queued = Statement::new(
            summaries_where!("user_id = $2 AND created_at >= $3"),
            params![1_000_u32, user.uuid(), since],
        );
        let events = Statement::new(
            "SELECT message_id, event, kind, channel, destination, provider, trouble, reason, created_at \
             FROM delivery_events WHERE user_id = $1 AND created_at >= $2 ORDER BY created_at, number",
            params![user.uuid(), since],
        );
        let answers = self.read(vec![asked, queued, events]).await?;
        let [asked, queued, events] = answers.as_slice() else { return Ok(vec![]) };
        let mut lines = every(asked, asked_for)?;
        for row in queued {
            lines.push(put_on_its_way(summary(row)?));
        }
        lines.extend(every(events, event)?);
        // Stable: what happened in one moment keeps its order.
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }

    /// What became of the messages to a person in a span of time, newest first and each in its order: what was queued, and
    /// the newest `limit` events. `until` itself is not in it.
    pub(crate) async fn deliveries(
        &self,
        user: UserId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TimelineEntry>, StoreError> {
        let queued = Statement::new(
            summaries_where!("user_id = $2 AND created_at >= $3 AND created_at < $4"),
            params![limit, user.uuid(), since, until],
        );
        let events = Statement::new(
            "SELECT message_id, event, kind, channel, destination, provider, trouble, reason, created_at \
             FROM delivery_events WHERE user_id = $1 AND created_at >= $2 AND created_at < $3 \
             ORDER BY created_at DESC, number DESC LIMIT $4",
            params![user.uuid(), since, until, limit],
        );
        let answers = self.read(vec![queued, events]).await?;
        let [queued, events] = answers.as_slice() else { return Ok(vec![]) };
        let mut lines = every(events, event)?;
        lines.extend(every(queued, summary)?.into_iter().map(put_on_its_way));
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        Ok(lines)
    }

    async fn message_list(&self, read: Statement) -> Result<Vec<MessageSummary>, StoreError> {
        every(&only(self.read(vec![read]).await?), summary)
    }
}

/// The line a message begins with.
fn put_on_its_way(message: MessageSummary) -> TimelineEntry {
    TimelineEntry {
        at: message.created_at,
        message: Some(message.id),
        event: "queued".to_owned(),
        kind: Some(message.kind),
        channel: Some(message.channel),
        destination: Some(message.destination),
        provider: None,
        trouble: None,
        reason: None,
    }
}

fn summary(row: &Row) -> Result<MessageSummary, StoreError> {
    let [state, receipt, trouble]: [Option<String>; 3] = [row.get(5)?, row.get(6)?, row.get(7)?];
    Ok(MessageSummary {
        id: MessageId::from_uuid(row.get(0)?),
        user: row.get::<Option<Uuid>>(1)?.map(UserId::from_uuid),
        kind: row.get(2)?,
        channel: row.get(3)?,
        destination: row.get(4)?,
        stage: stage(state.as_deref(), receipt.as_deref(), trouble.as_deref())?,
        reason: row.get(8)?,
        provider: row.get(9)?,
        provider_id: row.get(10)?,
        attempts: row.get(11)?,
        available_at: row.get(12)?,
        expires_at: row.get(13)?,
        created_at: row.get(14)?,
        settled_at: row.get(15)?,
        request_id: row.get(16)?,
    })
}

fn event(row: &Row) -> Result<TimelineEntry, StoreError> {
    Ok(TimelineEntry {
        message: Some(MessageId::from_uuid(row.get(0)?)),
        event: row.get(1)?,
        kind: row.get(2)?,
        channel: row.get(3)?,
        destination: row.get(4)?,
        provider: row.get(5)?,
        trouble: row.get(6)?,
        reason: row.get(7)?,
        at: row.get(8)?,
    })
}

/// A request for a code, from the audit log: what for when it was granted, why not when it was refused.
fn asked_for(row: &Row) -> Result<TimelineEntry, StoreError> {
    let (granted, method): (bool, Option<String>) = (row.get(1)?, row.get(2)?);
    let detail: String = row.get(3)?;
    let detail = detail.split(':').next().unwrap_or_default().to_owned();
    Ok(TimelineEntry {
        at: row.get(0)?,
        message: None,
        event: "asked".to_owned(),
        kind: Some(detail.clone()).filter(|_| granted),
        channel: method,
        destination: None,
        provider: None,
        trouble: (!granted).then(|| "refused".to_owned()),
        reason: Some(detail).filter(|_| !granted),
    })
}
